//! Event classes: what happened, in one word of two parts, and what each class carries.
//!
//! The rows are in the class table; here is what a row says and how one is found. The classes that rules
//! make, `alert.<rule>` and `detection.<rule>`, have ids too but no row: which rules there are is not known
//! here.

use crate::field::FieldId;
use crate::table::classes::CLASSES;
use crate::table::names::Names;
use std::sync::LazyLock;

pub use crate::table::classes::constants::*;

/// One class, by its place in the table, or by the place of its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub u32);

/// One row of the class table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassDef {
    /// `noun.what_happened`.
    pub name: &'static str,
    /// Where it belongs.
    pub domain: Domain,
    /// Which lifecycles it has.
    pub form: Form,
    /// Fields beyond the envelope, groups expanded, in the order of the reference page.
    pub fields: &'static [FieldId],
    /// Of each inner list one field must be set.
    pub required: &'static [&'static [FieldId]],
    /// Default lateness in seconds; none if that comes from elsewhere.
    pub lateness_s: Option<u32>,
    /// Never suppressed, shelved, sampled or delayed.
    pub life_safety: bool,
    /// Alerts of it are restricted: no wall display, nobody whom the event names.
    pub covert: bool,
    /// Who sends it: names of formats and groups of formats; ● = a recorded sample fills it.
    pub senders: &'static str,
    /// What other catalogues call it.
    pub codes: Codes,
    pub(crate) other_side: Option<ClassId>,
}

/// What other catalogues call a class, as text of the reference page. Empty: nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Codes {
    /// Letters of SIA DC-03.
    pub dc03: &'static str,
    /// Contact ID.
    pub contact_id: &'static str,
    /// ONVIF topic without `tns1:`.
    pub onvif: &'static str,
    /// OCSF class, or class of its physical security extension.
    pub ocsf: &'static str,
    /// ECS category and type.
    pub ecs: &'static str,
}

/// Where a class belongs. Any sender may produce a class of any domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// Alarm panels and detection points.
    Alarm,
    /// Doors and badges.
    Badge,
    /// Cameras and microphones.
    Video,
    /// Networks and hosts.
    Network,
    /// Logins and accounts.
    Identity,
    /// State of devices and data.
    Health,
    /// People at work: tours, visits, tests, operators.
    Operations,
    /// What the engine itself says.
    Engine,
    /// That of the topic from which the record came.
    Topic,
}

/// Which lifecycles a class has, so that nothing can be said in two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// It happens at an instant.
    Once,
    /// One of two normal states; the other class is its end.
    Side,
    /// An abnormal condition with begin and end.
    Span,
    /// A detection point reports a span, and its own troubles.
    Point,
    /// A sign of life, never matched by a rule.
    Beat,
}

/// Which part of an occurrence an event tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Lifecycle {
    /// It began or happened.
    New,
    /// It is over.
    Restore,
    /// Same native id, more or corrected fields.
    Update,
    /// The sender takes it back.
    Cancel,
    /// Repeated while it lasts.
    StillPresent,
    /// The value at subscription or poll.
    Snapshot,
    /// The point cannot do its work.
    Trouble,
    /// The point can do its work again.
    TroubleRestore,
    /// The point is taken out of service.
    Bypass,
    /// The point is put back into service.
    Unbypass,
    /// Stands for `new` inside a test.
    Test,
}

/// Fields of `alert.<rule>` and `detection.<rule>`, which have no row: these, then the rule's key and
/// captures.
pub const CHAINED_FIELDS: &[FieldId] = &[crate::field::RULE, crate::field::SEVERITY, crate::field::TITLE];

const ALERT_BIT: u32 = 1 << 30;
const DETECTION_BIT: u32 = 1 << 29;
const RULE_MASK: u32 = DETECTION_BIT - 1;

static NAMES: LazyLock<Names> = LazyLock::new(|| Names::of(CLASSES.iter().map(|class| class.name)));

impl ClassId {
    /// The class of a rule's alerts. Rule sets are far smaller than the 2^29 places there are.
    pub const fn alert(rule_index: u32) -> ClassId {
        ClassId(ALERT_BIT | (rule_index & RULE_MASK))
    }

    /// The class of a rule's detections.
    pub const fn detection(rule_index: u32) -> ClassId {
        ClassId(DETECTION_BIT | (rule_index & RULE_MASK))
    }

    /// The rule whose alerts these are.
    pub const fn as_alert(self) -> Option<u32> {
        if self.0 & !RULE_MASK == ALERT_BIT { Some(self.0 & RULE_MASK) } else { None }
    }

    /// The rule whose detections these are.
    pub const fn as_detection(self) -> Option<u32> {
        if self.0 & !RULE_MASK == DETECTION_BIT { Some(self.0 & RULE_MASK) } else { None }
    }

    /// The row of the class; none for the classes that rules make.
    pub fn def(self) -> Option<&'static ClassDef> {
        CLASSES.get(usize::try_from(self.0).ok()?)
    }
}

/// The class of that name.
pub fn by_name(name: &str) -> Option<ClassId> {
    NAMES.find(name).map(|at| ClassId(u32::from(at)))
}

/// All classes with a row, in the order of the table.
pub fn all() -> impl Iterator<Item = ClassId> {
    (0u32..).take(CLASSES.len()).map(ClassId)
}

/// The classes of one noun: what `door.*` means.
pub fn noun(noun: &str) -> impl Iterator<Item = ClassId> {
    all().filter(move |class| class.def().is_some_and(|def| def.noun() == noun))
}

/// The classes of a shorthand group: `any.life_safety`, `any.presence`, `any.alarm`, `any.lost`.
pub fn group(name: &str) -> Option<&'static [ClassId]> {
    match name {
        "any.life_safety" => Some(&LIFE_SAFETY_CLASSES),
        "any.presence" => Some(PRESENCE),
        "any.alarm" => Some(&ALARM_CLASSES),
        "any.lost" => Some(LOST),
        _ => None,
    }
}

/// The names that [`group`] knows.
pub const GROUPS: &[&str] = &["any.life_safety", "any.presence", "any.alarm", "any.lost"];

const ALARM: &[ClassId] = &[
    INTRUSION_ALARM,
    INTRUSION_CONFIRMED,
    DOOR_FORCED,
    DOOR_HELD,
    HEALTH_TAMPER,
    VIDEO_TAMPER,
    VIDEO_LOSS,
    VIDEO_INTRUSION,
    EXPLOSIVE_ALARM,
];

const PRESENCE: &[ClassId] = &[
    SENSOR_MOTION,
    INTRUSION_ALARM,
    VIDEO_PERSON,
    VIDEO_INTRUSION,
    VIDEO_LINE_CROSSED,
    VIDEO_ZONE_ENTERED,
    VIDEO_LOITERING,
    VIDEO_FACE_MATCHED,
    ACCESS_TAKEN,
];

const LOST: &[ClassId] =
    &[HEALTH_OFFLINE, HEALTH_SILENT, HEALTH_PATH_LOST, HEALTH_POWER_LOST, VIDEO_LOSS, NET_PORT_DOWN];

static LIFE_SAFETY_CLASSES: LazyLock<Vec<ClassId>> =
    LazyLock::new(|| all().filter(|class| class.def().is_some_and(|def| def.life_safety)).collect());

static ALARM_CLASSES: LazyLock<Vec<ClassId>> =
    LazyLock::new(|| ALARM.iter().chain(LIFE_SAFETY_CLASSES.iter()).copied().collect());

impl ClassDef {
    /// The part before the dot; the whole of `unclassified`.
    pub fn noun(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(noun, _)| noun)
    }

    /// The class that ends this one, for the two sides of a state.
    pub fn other_side(&self) -> Option<ClassId> {
        self.other_side
    }

    /// True if every required list has a field for which `is_set` says yes.
    pub fn complete(&self, is_set: impl Fn(FieldId) -> bool) -> bool {
        self.required.iter().all(|one_of| one_of.iter().any(|field| is_set(*field)))
    }
}

impl Domain {
    /// The word of the reference page.
    pub const fn name(self) -> &'static str {
        match self {
            Domain::Alarm => "alarm",
            Domain::Badge => "badge",
            Domain::Video => "video",
            Domain::Network => "network",
            Domain::Identity => "identity",
            Domain::Health => "health",
            Domain::Operations => "operations",
            Domain::Engine => "engine",
            Domain::Topic => "as the topic",
        }
    }
}

impl Form {
    /// Every form.
    pub const ALL: &'static [Form] = &[Form::Once, Form::Side, Form::Span, Form::Point, Form::Beat];

    /// The word of the reference page.
    pub const fn name(self) -> &'static str {
        match self {
            Form::Once => "once",
            Form::Side => "side",
            Form::Span => "span",
            Form::Point => "point",
            Form::Beat => "beat",
        }
    }

    /// True if a class of this form may have that lifecycle.
    pub const fn allows(self, lifecycle: Lifecycle) -> bool {
        use Lifecycle::*;
        match self {
            Form::Once => matches!(lifecycle, New | Update | Cancel | Test),
            Form::Side => matches!(lifecycle, New | Update | Snapshot | Test),
            Form::Span => {
                matches!(lifecycle, New | Update | StillPresent | Restore | Cancel | Snapshot | Test)
            }
            Form::Point => true,
            Form::Beat => matches!(lifecycle, New),
        }
    }
}

impl Lifecycle {
    /// Every lifecycle, in the order of the words of the enumeration `lifecycle`.
    pub const ALL: &'static [Lifecycle] = &[
        Lifecycle::New,
        Lifecycle::Restore,
        Lifecycle::Update,
        Lifecycle::Cancel,
        Lifecycle::StillPresent,
        Lifecycle::Snapshot,
        Lifecycle::Trouble,
        Lifecycle::TroubleRestore,
        Lifecycle::Bypass,
        Lifecycle::Unbypass,
        Lifecycle::Test,
    ];

    /// The word of rules and outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Lifecycle::New => "new",
            Lifecycle::Restore => "restore",
            Lifecycle::Update => "update",
            Lifecycle::Cancel => "cancel",
            Lifecycle::StillPresent => "still_present",
            Lifecycle::Snapshot => "snapshot",
            Lifecycle::Trouble => "trouble",
            Lifecycle::TroubleRestore => "trouble_restore",
            Lifecycle::Bypass => "bypass",
            Lifecycle::Unbypass => "unbypass",
            Lifecycle::Test => "test",
        }
    }

    /// The lifecycle of that name.
    pub fn by_name(name: &str) -> Option<Lifecycle> {
        Lifecycle::ALL.iter().copied().find(|lifecycle| lifecycle.name() == name)
    }
}

// Builders for the table's macro.
impl ClassDef {
    pub(crate) const EMPTY: ClassDef = ClassDef {
        name: "",
        domain: Domain::Topic,
        form: Form::Once,
        fields: &[],
        required: &[],
        lateness_s: None,
        life_safety: false,
        covert: false,
        senders: "",
        codes: Codes { dc03: "", contact_id: "", onvif: "", ocsf: "", ecs: "" },
        other_side: None,
    };

    pub(crate) const fn life_safety(self) -> ClassDef {
        ClassDef { life_safety: true, ..self }
    }

    pub(crate) const fn covert(self) -> ClassDef {
        ClassDef { covert: true, ..self }
    }

    pub(crate) const fn named(self, name: &'static str, other_side: Option<ClassId>) -> ClassDef {
        ClassDef { name, other_side, ..self }
    }
}
