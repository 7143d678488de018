//! The numbers of Contact ID: `Q EEE`, a qualifier and an event.
//!
//! The qualifier is 1 for new or *opening*, 3 for restored or *closing*, 6 for still present. What that makes
//! of an event is its row's sense: of `1401` a disarming, of `3401` an arming, of `3130` the end of an alarm.

use super::About::{self, *};
use super::{Meaning, Said};
use event::class::{self, ClassId, Lifecycle};
use event::field::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What an event says, apart from its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Qualifier {
    /// 1.
    New,
    /// 3.
    Restore,
    /// 6.
    StillPresent,
}

/// What the qualifier makes of an event.
#[derive(Clone, Copy)]
enum Sense {
    /// A condition begins, ends, lasts.
    Condition(ClassId),
    /// A point cannot do its work, can again.
    Fault(ClassId),
    /// A point is taken out of service, put back.
    Shunt(ClassId),
    /// A point is tested.
    Tested(ClassId),
    /// An alarm is taken back.
    TakenBack(ClassId),
    /// It happens; the qualifier is 1 by rule, and anything else is a correction.
    Happens(ClassId),
    /// It happens, and the qualifier says only whether at opening or at closing.
    HappensEitherWay(ClassId),
    /// A sign of life.
    Beats,
    /// 1 is the first class, 3 the second.
    Sides(ClassId, ClassId),
    /// 1 is the first action, 3 the second.
    Does(ClassId, &'static str, &'static str),
}

struct Row {
    codes: &'static [u16],
    sense: Sense,
    about: About,
    says: &'static [Said],
}

const fn row(codes: &'static [u16], sense: Sense, about: About) -> Row {
    Row { codes, sense, about, says: &[] }
}

impl Row {
    const fn says(self, says: &'static [Said]) -> Row {
        Row { says, ..self }
    }
}

static BY_CODE: LazyLock<BTreeMap<u16, &'static Row>> =
    LazyLock::new(|| ROWS.iter().flat_map(|row| row.codes.iter().map(move |code| (*code, row))).collect());

/// What an event means; `None` if it is not known here.
pub(crate) fn meaning(qualifier: Qualifier, event: &str) -> Option<Meaning> {
    let row = BY_CODE.get(&event.parse().ok()?)?;
    let (class, lifecycle) = row.sense.of(qualifier)?;
    let action = row.sense.action(qualifier);
    Some(Meaning { class, lifecycle, about: row.about, action, says: row.says })
}

/// Every class of the table.
pub(crate) fn classes() -> impl Iterator<Item = ClassId> {
    ROWS.iter().flat_map(|row| match row.sense {
        Sense::Condition(class)
        | Sense::Fault(class)
        | Sense::Shunt(class)
        | Sense::Tested(class)
        | Sense::TakenBack(class)
        | Sense::Happens(class)
        | Sense::HappensEitherWay(class)
        | Sense::Does(class, ..) => [class, class],
        Sense::Beats => [class::HEALTH_HEARTBEAT, class::HEALTH_HEARTBEAT],
        Sense::Sides(opening, closing) => [opening, closing],
    })
}

impl Sense {
    fn action(self, qualifier: Qualifier) -> Option<&'static str> {
        match (self, qualifier) {
            (Sense::Does(_, _, after), Qualifier::Restore) => Some(after),
            (Sense::Does(_, before, _), _) => Some(before),
            _ => None,
        }
    }

    fn of(self, qualifier: Qualifier) -> Option<(ClassId, Lifecycle)> {
        use Qualifier as Q;
        let by = |class, new, restore, still| {
            let lifecycle = match qualifier {
                Q::New => new,
                Q::Restore => restore,
                Q::StillPresent => still,
            };
            Some((class, lifecycle))
        };
        match self {
            Sense::Condition(class) => by(class, Lifecycle::New, Lifecycle::Restore, Lifecycle::StillPresent),
            Sense::Fault(class) => {
                by(class, Lifecycle::Trouble, Lifecycle::TroubleRestore, Lifecycle::Trouble)
            }
            Sense::Shunt(class) => by(class, Lifecycle::Bypass, Lifecycle::Unbypass, Lifecycle::Bypass),
            Sense::Tested(class) => by(class, Lifecycle::Test, Lifecycle::Test, Lifecycle::Test),
            Sense::TakenBack(class) => by(class, Lifecycle::Cancel, Lifecycle::Cancel, Lifecycle::Cancel),
            Sense::Happens(class) => by(class, Lifecycle::New, Lifecycle::Update, Lifecycle::Update),
            Sense::HappensEitherWay(class) => by(class, Lifecycle::New, Lifecycle::New, Lifecycle::Update),
            Sense::Does(class, ..) => by(class, Lifecycle::New, Lifecycle::New, Lifecycle::Update),
            Sense::Beats => Some((class::HEALTH_HEARTBEAT, Lifecycle::New)),
            Sense::Sides(opening, closing) => match qualifier {
                Q::New => Some((opening, Lifecycle::New)),
                Q::Restore => Some((closing, Lifecycle::New)),
                // Which of the two is still present, nothing says.
                Q::StillPresent => None,
            },
        }
    }
}

const ARMING: Sense = Sense::Sides(class::PANEL_DISARMED, class::PANEL_ARMED);
const ARMED: Sense = Sense::HappensEitherWay(class::PANEL_ARMED);
const TESTING: Sense = Sense::Sides(class::TEST_STARTED, class::TEST_ENDED);
const ONLINE: Sense = Sense::Sides(class::HEALTH_OFFLINE, class::HEALTH_ONLINE);
const INTRUSION: Sense = Sense::Condition(class::INTRUSION_ALARM);
const FIRE: Sense = Sense::Condition(class::FIRE_ALARM);
const MEASURED: Sense = Sense::Condition(class::ENVIRONMENT_LIMIT_EXCEEDED);
const TAMPERED: Sense = Sense::Condition(class::HEALTH_TAMPER);
const PATH: Sense = Sense::Condition(class::HEALTH_PATH_LOST);
const POWER: Sense = Sense::Condition(class::HEALTH_POWER_LOST);
const BATTERY: Sense = Sense::Condition(class::HEALTH_BATTERY_LOW);
const FAULTY: Sense = Sense::Condition(class::HEALTH_FAULT);
const PROGRAMMED: Sense = Sense::HappensEitherWay(class::PANEL_PROGRAMMING);
const PROGRAMMING: Sense = Sense::Does(class::PANEL_PROGRAMMING, "begin", "end");
const DISABLED: Sense = Sense::Does(class::DEVICE_CONFIG_CHANGED, "disable", "enable");

static ROWS: &[Row] = &[
    // 100 medical, fire, panic.
    row(&[100], Sense::Condition(class::MEDICAL_ALARM), Sensor).says(&[(MEDICAL_KIND, "emergency")]),
    row(&[101], Sense::Condition(class::MEDICAL_ALARM), Sensor).says(&[(MEDICAL_KIND, "pendant")]),
    row(&[102, 641, 654], Sense::Condition(class::PERSON_NO_ACTIVITY), Sensor),
    row(&[110, 112], FIRE, Sensor).says(&[(FIRE_KIND, "general")]),
    row(&[111], FIRE, Sensor).says(&[(FIRE_KIND, "smoke")]),
    row(&[113], FIRE, Sensor).says(&[(FIRE_KIND, "waterflow")]),
    row(&[114], FIRE, Sensor).says(&[(FIRE_KIND, "heat")]),
    row(&[115], FIRE, Sensor).says(&[(FIRE_KIND, "pull_station")]),
    row(&[116], FIRE, Sensor).says(&[(FIRE_KIND, "duct")]),
    row(&[117], FIRE, Sensor).says(&[(FIRE_KIND, "flame")]),
    row(&[118], Sense::Condition(class::FIRE_PREALARM), Sensor),
    row(&[120, 123], Sense::Condition(class::PANIC_ALARM), Sensor),
    row(&[121, 124, 125], Sense::Condition(class::DURESS_ALARM), Sensor),
    row(&[122, 126, 129], Sense::Condition(class::HOLDUP_ALARM), Sensor),
    // 130 burglary.
    row(&[130], INTRUSION, Sensor).says(&[(INTRUSION_KIND, "burglary")]),
    row(&[131], INTRUSION, Sensor).says(&[(INTRUSION_KIND, "perimeter")]),
    row(&[132], INTRUSION, Sensor).says(&[(INTRUSION_KIND, "interior")]),
    row(&[134], INTRUSION, Sensor).says(&[(INTRUSION_KIND, "entry_exit")]),
    row(&[135], INTRUSION, Sensor).says(&[(INTRUSION_KIND, "day_night")]),
    row(&[136], INTRUSION, Sensor).says(&[(INTRUSION_KIND, "outdoor")]),
    row(&[138], INTRUSION, Sensor).says(&[(INTRUSION_KIND, "near_alarm")]),
    row(&[146], INTRUSION, Sensor).says(&[(INTRUSION_KIND, "silent")]),
    row(&[133, 140, 150, 155], INTRUSION, Sensor).says(&[(INTRUSION_KIND, "around_the_clock")]),
    row(&[139], Sense::Condition(class::INTRUSION_CONFIRMED), Sensor),
    row(&[156, 377, 378, 380, 387, 388], Sense::Fault(class::INTRUSION_ALARM), Sensor),
    row(&[406], Sense::TakenBack(class::INTRUSION_ALARM), User),
    row(&[374], Sense::Happens(class::INTRUSION_EXIT_ERROR), Sensor),
    row(&[457], Sense::HappensEitherWay(class::INTRUSION_EXIT_ERROR), User),
    row(&[459], Sense::HappensEitherWay(class::INTRUSION_RECENT_CLOSE), User),
    // 150 hazards, 200 fire supervisory.
    row(&[151], Sense::Condition(class::GAS_ALARM), Sensor).says(&[(GAS_KIND, "combustible")]),
    row(&[162], Sense::Condition(class::GAS_ALARM), Sensor).says(&[(GAS_KIND, "co")]),
    row(&[154], Sense::Condition(class::WATER_LEAK), Sensor),
    row(&[152, 153, 158, 159], MEASURED, Sensor).says(&[(QUANTITY, "temperature")]),
    row(&[157, 163], MEASURED, Sensor).says(&[(QUANTITY, "fill")]),
    row(&[161], MEASURED, Sensor).says(&[(QUANTITY, "airflow")]),
    row(&[168, 169], MEASURED, Sensor).says(&[(QUANTITY, "humidity")]),
    row(&[200, 202, 203, 205, 206], Sense::Condition(class::FIRE_SUPERVISORY), Sensor),
    row(&[201], Sense::Condition(class::FIRE_SUPERVISORY), Sensor).says(&[(QUANTITY, "pressure")]),
    row(&[204], Sense::Condition(class::FIRE_SUPERVISORY), Sensor).says(&[(QUANTITY, "fill")]),
    // 300 troubles.
    row(&[300, 308, 393, 616], FAULTY, Nothing).says(&[(FAULT_KIND, "other")]),
    row(&[301, 314, 926], POWER, Nothing),
    row(&[342], POWER, Part("module")),
    row(&[302, 309, 311], BATTERY, Nothing),
    row(&[338], BATTERY, Part("module")),
    row(&[384], BATTERY, Sensor),
    row(&[303, 304], FAULTY, Nothing).says(&[(FAULT_KIND, "memory")]),
    row(&[305], Sense::Happens(class::HEALTH_RESTARTED), Nothing),
    row(&[339], Sense::Happens(class::HEALTH_RESTARTED), Part("module")),
    row(&[306], PROGRAMMED, Nothing).says(&[(ACTION, "change")]),
    row(&[307], FAULTY, Nothing).says(&[(FAULT_KIND, "self_test")]),
    row(&[343], FAULTY, Part("module")).says(&[(FAULT_KIND, "self_test")]),
    row(&[389], FAULTY, Sensor).says(&[(FAULT_KIND, "self_test")]),
    row(&[310], FAULTY, Nothing).says(&[(FAULT_KIND, "ground")]),
    row(&[312], FAULTY, Nothing).says(&[(FAULT_KIND, "overcurrent")]),
    row(&[313], Sense::Happens(class::PANEL_RESET), User),
    row(&[465], Sense::HappensEitherWay(class::PANEL_RESET), User),
    row(&[912], Sense::Happens(class::PANEL_ACKNOWLEDGED), User),
    row(&[109, 137, 144, 383], TAMPERED, Sensor),
    row(&[145, 341], TAMPERED, Part("module")),
    row(&[316], TAMPERED, Nothing),
    row(&[320, 321, 322, 326, 327], FAULTY, Part("output")).says(&[(FAULT_KIND, "sounder")]),
    row(&[323, 324, 325, 796], FAULTY, Part("output")).says(&[(FAULT_KIND, "output")]),
    row(&[141, 142, 331, 332], FAULTY, Part("loop")).says(&[(FAULT_KIND, "loop")]),
    row(&[370, 371, 372], FAULTY, Sensor).says(&[(FAULT_KIND, "loop")]),
    row(&[143, 330, 333], FAULTY, Part("module")).says(&[(FAULT_KIND, "module")]),
    row(&[334], FAULTY, Part("module")).says(&[(FAULT_KIND, "repeater")]),
    row(&[335, 336], FAULTY, Part("printer")).says(&[(FAULT_KIND, "printer")]),
    row(&[337], FAULTY, Part("module")).says(&[(FAULT_KIND, "supply")]),
    row(&[345], FAULTY, Nothing).says(&[(FAULT_KIND, "encryption")]),
    row(&[147, 391], FAULTY, Sensor).says(&[(FAULT_KIND, "supervision")]),
    row(&[392], FAULTY, Sensor).says(&[(FAULT_KIND, "sensitivity")]),
    row(&[344], Sense::Condition(class::HEALTH_JAMMING), Part("receiver")),
    row(&[350, 354, 356, 358], PATH, Path("communication")),
    row(&[351], PATH, Nothing).says(&[(LINK, "phone line 1")]),
    row(&[352], PATH, Nothing).says(&[(LINK, "phone line 2")]),
    row(&[353, 355, 357], PATH, Path("radio")),
    row(&[373, 385, 386], Sense::Fault(class::FIRE_ALARM), Sensor),
    row(&[375], Sense::Fault(class::PANIC_ALARM), Sensor),
    row(&[376], Sense::Fault(class::HOLDUP_ALARM), Sensor),
    row(&[381], ONLINE, Sensor),
    row(&[382], ONLINE, Part("module")),
    row(&[798, 954], ONLINE, Nothing),
    // 400 opening and closing: 1 is opening, 3 is closing.
    row(&[400], ARMING, User),
    row(&[401, 402], ARMING, User).says(&[(ARM_METHOD, "user")]),
    row(&[403, 405], ARMING, User).says(&[(ARM_METHOD, "automatic")]),
    row(&[404, 452], ARMING, User).says(&[(SCHEDULE_DEVIATION, "late")]),
    row(&[451], ARMING, User).says(&[(SCHEDULE_DEVIATION, "early")]),
    row(&[450], ARMING, User).says(&[(SCHEDULE_DEVIATION, "unknown")]),
    row(&[407], ARMING, User).says(&[(ARM_METHOD, "remote")]),
    row(&[408], ARMING, User).says(&[(ARM_METHOD, "quick")]),
    row(&[409], ARMING, Nothing).says(&[(ARM_METHOD, "keyswitch")]),
    row(&[441], ARMING, User).says(&[(ARM_LEVEL, "stay")]),
    row(&[442], ARMING, Nothing).says(&[(ARM_LEVEL, "stay"), (ARM_METHOD, "keyswitch")]),
    row(&[456, 470], ARMING, User).says(&[(ARM_LEVEL, "partial")]),
    row(&[463], ARMED, Nothing).says(&[(ARM_METHOD, "automatic")]),
    row(&[910], ARMED, Nothing).says(&[(ARM_METHOD, "automatic"), (ARM_LEVEL, "partial")]),
    row(&[911], ARMED, User).says(&[(ARM_LEVEL, "partial")]),
    row(&[453], Sense::HappensEitherWay(class::PANEL_DISARM_OVERDUE), User),
    row(&[454, 455], Sense::HappensEitherWay(class::PANEL_ARM_OVERDUE), User),
    row(&[461], Sense::HappensEitherWay(class::PANEL_WRONG_CODE), User),
    // 411 remote, 420 access.
    row(&[411], PROGRAMMED, Nothing).says(&[(ACTION, "begin")]),
    row(&[412], PROGRAMMED, Nothing).says(&[(ACTION, "end"), (OUTCOME, "success")]),
    row(&[413, 900, 902, 904], PROGRAMMED, Nothing).says(&[(ACTION, "end"), (OUTCOME, "failure")]),
    row(&[414, 415], Sense::Does(class::PANEL_PROGRAMMING, "disable", "enable"), Nothing),
    row(&[416], PROGRAMMED, Nothing).says(&[(ACTION, "read"), (OUTCOME, "success")]),
    row(&[429, 627], PROGRAMMED, User).says(&[(ACTION, "begin")]),
    row(&[430, 628], PROGRAMMED, User).says(&[(ACTION, "end")]),
    row(&[630, 631], PROGRAMMED, User).says(&[(ACTION, "change")]),
    row(&[901, 903], PROGRAMMING, Nothing),
    row(&[421], Sense::HappensEitherWay(class::ACCESS_DENIED), Reader).says(&[(REASON, "unknown")]),
    row(&[424], Sense::HappensEitherWay(class::ACCESS_DENIED), Reader)
        .says(&[(REASON, "unknown"), (DIRECTION, "out")]),
    row(&[921], Sense::HappensEitherWay(class::ACCESS_DENIED), Reader)
        .says(&[(REASON, "unknown_credential")]),
    row(&[422, 435, 462], Sense::HappensEitherWay(class::ACCESS_GRANTED), Reader),
    row(&[425], Sense::HappensEitherWay(class::ACCESS_GRANTED), Reader).says(&[(DIRECTION, "out")]),
    row(&[423], Sense::Condition(class::DOOR_FORCED), Door),
    row(&[426], Sense::Condition(class::DOOR_HELD), Door),
    row(&[427], Sense::Condition(class::DOOR_FAULT), Door).says(&[(FAULT_KIND, "position_switch")]),
    row(&[428], Sense::Condition(class::DOOR_FAULT), Door).says(&[(FAULT_KIND, "exit_device")]),
    row(&[432], Sense::Condition(class::DOOR_FAULT), Door).says(&[(FAULT_KIND, "output")]),
    row(&[433, 434, 576, 577], Sense::Shunt(class::DOOR_FORCED), Door),
    row(&[431], Sense::Sides(class::MODE_STARTED, class::MODE_ENDED), ThreatLevel)
        .says(&[(MODE_KIND, "threat_level")]),
    row(&[632], Sense::HappensEitherWay(class::ACCESS_RIGHTS_CHANGED), User).says(&[(ACTION, "change")]),
    // 500 disabled, 570 bypassed.
    row(&[501], DISABLED, Part("reader")).says(&[(CONFIG_ITEM, "other")]),
    row(&[520, 521, 522, 523, 524, 525, 526, 527], DISABLED, Part("output")).says(&[(CONFIG_ITEM, "other")]),
    row(&[531], Sense::HappensEitherWay(class::DEVICE_CONFIG_CHANGED), Part("module"))
        .says(&[(CONFIG_ITEM, "other"), (ACTION, "create")]),
    row(&[532], Sense::HappensEitherWay(class::DEVICE_CONFIG_CHANGED), Part("module"))
        .says(&[(CONFIG_ITEM, "other"), (ACTION, "delete")]),
    row(&[551, 552, 553], DISABLED, Nothing).says(&[(CONFIG_ITEM, "network")]),
    row(&[570, 572, 573, 575, 578, 579], Sense::Shunt(class::INTRUSION_ALARM), Sensor),
    row(&[574], Sense::Shunt(class::INTRUSION_ALARM), Nothing),
    row(&[571], Sense::Shunt(class::FIRE_ALARM), Sensor),
    row(&[925], Sense::Shunt(class::HOLDUP_ALARM), Sensor),
    // 600 tests and logs. 608 is a periodic test that tells of troubles: a test that began would never end.
    row(&[601, 602, 603, 608], Sense::Beats, Nothing),
    row(&[604, 614], Sense::Tested(class::FIRE_ALARM), Sensor),
    row(&[613], Sense::Tested(class::INTRUSION_ALARM), Sensor),
    row(&[615], Sense::Tested(class::PANIC_ALARM), Sensor),
    row(&[914], Sense::Tested(class::HOLDUP_ALARM), Sensor),
    row(&[607], TESTING, Nothing).says(&[(TEST_KIND, "walk_test")]),
    row(&[915, 916, 917, 918, 919], TESTING, Nothing).says(&[(TEST_KIND, "on_test")]),
    row(&[611, 612], Sense::HappensEitherWay(class::TEST_ENDED), TestedSensor)
        .says(&[(TEST_KIND, "point_test")]),
    row(&[621], Sense::Happens(class::LOG_CLEARED), Nothing),
    row(&[622, 623, 624], Sense::Condition(class::HEALTH_STORAGE), Nothing),
    row(&[625], Sense::Condition(class::HEALTH_CLOCK_SKEW), Nothing).says(&[(CLOCK_KIND, "set")]),
    row(&[626], Sense::Condition(class::HEALTH_CLOCK_SKEW), Nothing).says(&[(CLOCK_KIND, "drift")]),
];
