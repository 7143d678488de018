//! The site as tables: what the model says of it and what its devices call themselves.
//!
//! Ids are the names that the devices really send: of doors and readers what was typed into the door system, of
//! cameras and servers their host names. What the panel numbers has names by aliases.

/// The id of the site.
pub(crate) const SITE: &str = "quayside";
/// What the panel calls itself: receiver, prefix, account.
pub(crate) const PANEL: &str = "0-0-7001";
/// What people call it.
pub(crate) const PANEL_NAME: &str = "alarm panel";
/// What people call its areas, the first first.
pub(crate) const AREAS: [&str; 3] = ["warehouse area", "fire and emergency area", "strong room area"];
/// Its account.
pub(crate) const ACCOUNT: &str = "7001";

/// A room, or a place outside.
pub(crate) struct Zone {
    pub id: &'static str,
    pub building: &'static str,
    pub kind: &'static str,
    pub level: u8,
}

const fn zone(id: &'static str, building: &'static str, kind: &'static str, level: u8) -> Zone {
    Zone { id, building, kind, level }
}

/// Every place of the site.
pub(crate) const ZONES: &[Zone] = &[
    zone("street", "", "public", 0),
    zone("yard", "", "perimeter", 0),
    zone("car park", "", "parking", 0),
    zone("north lobby", "north building", "interior", 1),
    zone("north offices, level 1", "north building", "interior", 2),
    zone("north offices, level 2", "north building", "interior", 2),
    zone("server room", "north building", "server_room", 4),
    zone("records archive", "north building", "restricted", 4),
    zone("control room", "north building", "restricted", 4),
    zone("plant room", "north building", "restricted", 3),
    zone("south lobby", "south building", "interior", 1),
    zone("south offices", "south building", "interior", 2),
    zone("canteen", "south building", "interior", 1),
    zone("warehouse", "south building", "interior", 1),
    zone("loading bay", "south building", "interior", 1),
    zone("workshop", "south building", "interior", 2),
    zone("laboratory", "south building", "restricted", 4),
    zone("strong room", "south building", "vault", 5),
];

/// A door; each has a reader on both sides.
pub(crate) struct Door {
    pub id: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub controller: usize,
}

const fn door(id: &'static str, from: &'static str, to: &'static str, controller: usize) -> Door {
    Door { id, from, to, controller }
}

/// The twenty doors.
pub(crate) const DOORS: &[Door] = &[
    door("main entrance", "street", "north lobby", 0),
    door("north side door", "street", "north lobby", 0),
    door("control room door", "north lobby", "control room", 0),
    door("plant room door", "north lobby", "plant room", 0),
    door("north stair, level 1", "north lobby", "north offices, level 1", 1),
    door("north stair, level 2", "north lobby", "north offices, level 2", 1),
    door("server room door", "north offices, level 1", "server room", 1),
    door("archive door", "north offices, level 2", "records archive", 1),
    door("north fire exit", "street", "north offices, level 1", 1),
    door("link bridge", "north offices, level 1", "south offices", 2),
    door("south entrance", "street", "south lobby", 2),
    door("south stair", "south lobby", "south offices", 2),
    door("canteen door", "south lobby", "canteen", 2),
    door("laboratory door", "south offices", "laboratory", 2),
    door("warehouse door", "south lobby", "warehouse", 3),
    door("workshop door", "warehouse", "workshop", 3),
    door("strong room door", "warehouse", "strong room", 3),
    door("loading bay inner door", "warehouse", "loading bay", 3),
    door("loading bay shutter", "yard", "loading bay", 4),
    door("yard gate", "car park", "yard", 4),
];

/// Doors that the fire plan releases.
pub(crate) const RELEASED: &[&str] = &["main entrance", "south entrance", "north fire exit"];

/// A box that drives doors, with its address.
pub(crate) struct Controller {
    pub id: &'static str,
    pub zone: &'static str,
    pub ip: &'static str,
}

/// The controllers of the doors.
pub(crate) const CONTROLLERS: &[Controller] = &[
    Controller { id: "ctl-north-0", zone: "plant room", ip: "10.20.5.10" },
    Controller { id: "ctl-north-1", zone: "plant room", ip: "10.20.5.11" },
    Controller { id: "ctl-south-0", zone: "south offices", ip: "10.20.5.12" },
    Controller { id: "ctl-south-1", zone: "warehouse", ip: "10.20.5.13" },
    Controller { id: "ctl-yard", zone: "warehouse", ip: "10.20.5.14" },
];

/// A camera: where it hangs is what it views.
pub(crate) struct Camera {
    pub id: &'static str,
    pub views: &'static str,
    pub ip: &'static str,
    /// Whether people pass it in the course of a day.
    pub busy: bool,
}

const fn camera(id: &'static str, views: &'static str, ip: &'static str, busy: bool) -> Camera {
    Camera { id, views, ip, busy }
}

/// The eight cameras.
pub(crate) const CAMERAS: &[Camera] = &[
    camera("cam-main-entrance", "north lobby", "10.20.6.11", true),
    camera("cam-north-stair", "north offices, level 2", "10.20.6.12", false),
    camera("cam-server-room", "server room", "10.20.6.13", false),
    camera("cam-archive", "records archive", "10.20.6.14", false),
    camera("cam-south-lobby", "south lobby", "10.20.6.15", true),
    camera("cam-warehouse", "warehouse", "10.20.6.16", true),
    camera("cam-loading-bay", "loading bay", "10.20.6.17", false),
    camera("cam-yard", "yard", "10.20.6.18", false),
];

/// A point of the panel: `area/number`.
pub(crate) struct Sensor {
    pub id: &'static str,
    pub area: u8,
    pub number: u16,
    pub zone: &'static str,
    pub technology: &'static str,
}

const fn sensor(
    id: &'static str,
    (area, number): (u8, u16),
    zone: &'static str,
    technology: &'static str,
) -> Sensor {
    Sensor { id, area, number, zone, technology }
}

/// The points of the panel. Area 1 is armed at night, area 2 is fire and people, area 3 the strong room.
pub(crate) const SENSORS: &[Sensor] = &[
    sensor("warehouse motion detector", (1, 1), "warehouse", "pir"),
    sensor("warehouse glass-break detector", (1, 2), "warehouse", "glass_break"),
    sensor("loading bay motion detector", (1, 3), "loading bay", "pir"),
    sensor("workshop motion detector", (1, 4), "workshop", "pir"),
    sensor("archive smoke detector", (2, 11), "records archive", "smoke"),
    sensor("archive heat detector", (2, 12), "records archive", "heat"),
    sensor("canteen smoke detector", (2, 13), "canteen", "smoke"),
    sensor("canteen heat detector", (2, 14), "canteen", "heat"),
    sensor("south lobby call point", (2, 15), "south lobby", "contact"),
    sensor("laboratory gas detector", (2, 16), "laboratory", "gas"),
    sensor("reception panic button", (2, 17), "north lobby", "button"),
    sensor("workshop first-aid button", (2, 18), "workshop", "button"),
    sensor("plant room water detector", (2, 19), "plant room", "contact"),
    sensor("strong room seismic detector", (3, 31), "strong room", "seismic"),
];

/// A server of the security estate.
pub(crate) struct Host {
    pub id: &'static str,
    pub kind: &'static str,
    pub zone: &'static str,
    pub ip: &'static str,
}

/// Servers and switches.
pub(crate) const HOSTS: &[Host] = &[
    Host { id: "nvr-1", kind: "recorder", zone: "server room", ip: "10.20.5.40" },
    Host { id: "access-1", kind: "server", zone: "server room", ip: "10.20.5.41" },
    Host { id: "sw-north", kind: "switch", zone: "plant room", ip: "10.20.5.2" },
    Host { id: "sw-south", kind: "switch", zone: "warehouse", ip: "10.20.5.3" },
];

/// Where somebody works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Desk {
    /// North offices, level 1.
    North1,
    /// North offices, level 2.
    North2,
    /// South offices.
    South,
    /// Warehouse and workshop.
    Floor,
}

/// Somebody with a badge.
pub(crate) struct Person {
    pub name: &'static str,
    pub desk: Desk,
    pub kind: &'static str,
    pub status: &'static str,
}

const fn person(name: &'static str, desk: Desk) -> Person {
    Person { name, desk, kind: "employee", status: "active" }
}

use Desk::{Floor, North1, North2, South};

/// The forty people who come to work.
pub(crate) const PEOPLE: &[Person] = &[
    person("Ewan Reid", North1),
    person("Isla Grant", North1),
    person("Callum Fraser", North1),
    person("Morag Sinclair", North1),
    person("Lewis Kerr", North1),
    person("Aisha Khan", North1),
    person("Jamie Doyle", North1),
    person("Rona Macleod", North1),
    person("Stefan Novak", North1),
    person("Grace Okafor", North1),
    person("Hamish Boyd", North2),
    person("Eilidh Ross", North2),
    person("Duncan Weir", North2),
    person("Priya Nair", North2),
    person("Fiona Muir", North2),
    person("Angus Baird", North2),
    person("Marta Silva", North2),
    person("Kirsty Lamb", North2),
    person("Owen Price", North2),
    person("Nadia Haddad", North2),
    person("Rory Stewart", South),
    person("Catriona Bell", South),
    person("Neil Gordon", South),
    person("Shona Adair", South),
    person("Viktor Lind", South),
    person("Beth Calder", South),
    person("Alasdair Hume", South),
    person("Yusuf Demir", South),
    person("Lorna Petrie", South),
    person("Chen Wei", South),
    person("Gavin Tait", Floor),
    person("Donna Rennie", Floor),
    person("Scott Mackay", Floor),
    person("Pawel Zielinski", Floor),
    person("Heather Innes", Floor),
    person("Craig Dunbar", Floor),
    person("Maeve Quinn", Floor),
    person("Tomas Ruiz", Floor),
    person("Ian Galloway", Floor),
    person("Olga Petrov", Floor),
];

/// Somebody who left, with a badge that nobody took away.
pub(crate) const LEAVER: Person =
    Person { name: "Kenneth Shaw", desk: North1, kind: "employee", status: "terminated" };
/// A visitor.
pub(crate) const VISITOR: Person =
    Person { name: "Laura Finch", desk: North1, kind: "visitor", status: "active" };

/// Everybody with a badge, in the order of their badges.
pub(crate) fn everybody() -> impl Iterator<Item = &'static Person> {
    PEOPLE.iter().chain([&LEAVER, &VISITOR])
}

/// The number of somebody's badge.
pub(crate) fn card(of: &Person) -> String {
    let number = everybody().position(|person| person.name == of.name).unwrap_or_default();
    format!("100-{}", 4701 + number)
}

/// The account of somebody: first letter and last name.
pub(crate) fn account(of: &Person) -> String {
    let (first, last) = of.name.split_once(' ').unwrap_or((of.name, ""));
    format!("{}{last}", &first[..1]).to_ascii_lowercase()
}

/// The door of that name.
pub(crate) fn door_of(id: &str) -> &'static Door {
    // Doors are named by this crate alone, and a test names each.
    DOORS.iter().find(|door| door.id == id).unwrap_or(&DOORS[0])
}
