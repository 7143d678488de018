//! Kinds of entities: the nouns of the site model that an event may name.
//!
//! A kind says which table of the site model an id belongs to. It holds no entity itself: those live in the
//! site model, and an event carries only their ids.

/// What sort of thing an entity id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// One place with its own clock, calendar and partition.
    Site,
    /// The smallest place of the site model; not a panel's "zone", which is a [`Kind::Sensor`].
    Zone,
    /// A named group of zones.
    Area,
    /// Door, gate, turnstile, barrier, lift landing.
    Door,
    /// One reader of credentials.
    Reader,
    /// What decides at doors.
    Controller,
    /// An intrusion or fire panel.
    Panel,
    /// Part of a panel that is armed as one.
    Partition,
    /// One detection point.
    Sensor,
    /// One imager.
    Camera,
    /// A protected or moved thing, and the general kind of every device.
    Asset,
    /// A computer.
    Host,
    /// Anybody: employee, visitor, guard, principal.
    Person,
    /// A badge or another thing that opens doors.
    Credential,
    /// A login in a directory or product.
    Account,
    /// The officer on duty, whoever that is at the time.
    Guard,
    /// One guard tour definition.
    Tour,
    /// A point of a tour.
    Checkpoint,
    /// A car or truck.
    Vehicle,
    /// A licence plate.
    Plate,
}

impl Kind {
    /// Every kind, in the order of declaration.
    pub const ALL: &'static [Kind] = &[
        Kind::Site,
        Kind::Zone,
        Kind::Area,
        Kind::Door,
        Kind::Reader,
        Kind::Controller,
        Kind::Panel,
        Kind::Partition,
        Kind::Sensor,
        Kind::Camera,
        Kind::Asset,
        Kind::Host,
        Kind::Person,
        Kind::Credential,
        Kind::Account,
        Kind::Guard,
        Kind::Tour,
        Kind::Checkpoint,
        Kind::Vehicle,
        Kind::Plate,
    ];

    /// The kinds that share the ids of assets: [`Kind::Asset`] itself and every device.
    pub const ASSETS: &'static [Kind] =
        &[Kind::Asset, Kind::Host, Kind::Camera, Kind::Reader, Kind::Controller, Kind::Panel, Kind::Sensor];

    /// The word that rules and the site model use.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Site => "site",
            Kind::Zone => "zone",
            Kind::Area => "area",
            Kind::Door => "door",
            Kind::Reader => "reader",
            Kind::Controller => "controller",
            Kind::Panel => "panel",
            Kind::Partition => "partition",
            Kind::Sensor => "sensor",
            Kind::Camera => "camera",
            Kind::Asset => "asset",
            Kind::Host => "host",
            Kind::Person => "person",
            Kind::Credential => "credential",
            Kind::Account => "account",
            Kind::Guard => "guard",
            Kind::Tour => "tour",
            Kind::Checkpoint => "checkpoint",
            Kind::Vehicle => "vehicle",
            Kind::Plate => "plate",
        }
    }

    /// The kind of that name.
    pub fn by_name(name: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// True for kinds whose ids are asset ids, so that a camera may be compared with a device.
    pub fn is_asset(self) -> bool {
        Kind::ASSETS.contains(&self)
    }
}
