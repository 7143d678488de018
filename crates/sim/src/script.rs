//! A script: what happens at which instant, and the records that devices send of it.
//!
//! Verbs of people and places become records here, with the little delays that wires have; what people do is decided
//! by the others.

use crate::place::{CONTROLLERS, Person, card, door_of};
use crate::random::Random;
use crate::wire::{self, AtDoor};
use crate::{Feed, Record};
use event::time::{Duration, Timestamp};

/// Which way through a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Into the zone behind it.
    In,
    /// Back.
    Out,
}

impl Way {
    fn written(self) -> &'static str {
        match self {
            Way::In => "IN",
            Way::Out => "OUT",
        }
    }

    fn counted(self) -> &'static str {
        match self {
            Way::In => "in",
            Way::Out => "out",
        }
    }
}

/// Doors with a people counter above them.
const COUNTED: &[&str] = &["main entrance", "south entrance", "loading bay shutter"];

/// Seconds as a duration.
pub(crate) const fn s(seconds: i64) -> Duration {
    Duration::from_secs(seconds)
}

/// What has been written so far.
pub(crate) struct Script {
    /// The records, in no order.
    pub records: Vec<Record>,
    pub random: Random,
    /// Numbers of rows, of frames and of flows go on from day to day.
    serial: u64,
    frame: u32,
}

impl Script {
    /// Of day `day`, an empty one.
    pub fn new(seed: u64, day: u64, of: u64) -> Script {
        Script {
            records: Vec::new(),
            random: Random::new(seed, day * 8 + of),
            serial: (day * 8 + of) * 1_000_000,
            frame: ((day * 8 + of) * 997 % 9_000) as u32,
        }
    }

    /// A number that was not used before.
    pub fn number(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    fn send(&mut self, feed: Feed, at: Timestamp, value: Vec<u8>) {
        let delay = Duration::from_millis(self.random.between(40, 900));
        self.records.push(Record { at: at + delay, feed, value });
    }

    /// The same record again, a little later: the sender did not hear that it had arrived.
    pub fn repeat_last(&mut self) {
        if let Some(last) = self.records.last().cloned() {
            self.records.push(Record { at: last.at + s(4), ..last });
        }
    }

    /// The last record, as it is when a line breaks in the middle of it.
    pub fn break_last(&mut self) {
        if let Some(last) = self.records.last_mut() {
            last.value.truncate(last.value.len() / 3);
        }
    }

    /// The last record reaches us so much later.
    pub fn delay_last(&mut self, by: Duration) {
        if let Some(last) = self.records.last_mut() {
            last.at = last.at + by;
        }
    }

    /// A row of the door system.
    pub fn door(&mut self, at: Timestamp, event: &str, door: &str) {
        self.row(at, &AtDoor { event, door, ..AtDoor::default() });
    }

    fn row(&mut self, at: Timestamp, row: &AtDoor<'_>) {
        let controller = CONTROLLERS[door_of(row.door).controller].id;
        let serial = self.number();
        let value = wire::access(&AtDoor { controller, serial, ..*row }, at);
        self.send(Feed::Access, at, value);
    }

    /// A badge at a reader, and what the door system says to it.
    pub fn badge(&mut self, at: Timestamp, event: &str, door: &str, (who, way): (&Person, Way)) {
        let card = card(who);
        self.row(
            at,
            &AtDoor {
                event,
                door,
                direction: way.written(),
                card: &card,
                holder: who.name,
                ..AtDoor::default()
            },
        );
    }

    /// A card that nobody knows.
    pub fn unknown_card(&mut self, at: Timestamp, door: &str, card: &str) {
        let event = "Access Denied - Unknown Card";
        self.row(at, &AtDoor { event, door, direction: "IN", card, ..AtDoor::default() });
    }

    /// Somebody goes through a door with their badge, as people do.
    pub fn pass(&mut self, at: Timestamp, door: &str, who: (&Person, Way)) {
        self.badge(at, "Access Granted", door, who);
        self.door(at + Duration::from_millis(900), "Door Opened", door);
        self.badge(at + Duration::from_millis(2_100), "Access Taken", door, who);
        if COUNTED.contains(&door) {
            self.count(at + Duration::from_millis(2_600), door, who.1, 1);
        }
        self.door(at + s(6), "Door Closed", door);
    }

    /// What the counter above a door says.
    pub fn count(&mut self, at: Timestamp, door: &str, way: Way, people: u32) {
        self.send(Feed::Counters, at, wire::counted(door, way.counted(), people, at));
    }

    /// A code of SIA DC-03 with its number: `BA`, 3.
    pub fn panel(&mut self, at: Timestamp, area: u8, code: &str, number: u16) {
        let data = format!("#{}|Nri{area}/{code}{number:03}", crate::place::ACCOUNT);
        self.frame(at, "SIA-DCS", &data);
    }

    /// A code of Contact ID with its zone: 1110, 11.
    pub fn contact_id(&mut self, at: Timestamp, area: u8, code: &str, number: u16) {
        let data = format!("#{}|{code} {area:02} {number:03}", crate::place::ACCOUNT);
        self.frame(at, "ADM-CID", &data);
    }

    fn frame(&mut self, at: Timestamp, id: &str, data: &str) {
        self.frame = self.frame % 9_998 + 1;
        let value = wire::dc09(id, self.frame, data, at);
        self.send(Feed::Alarm, at, value);
    }

    /// The panel's sign of life.
    pub fn alive(&mut self, at: Timestamp) {
        self.send(Feed::Alarm, at, wire::dc09("NULL", 0, "", at));
    }

    /// A property of a camera: `State` is its usual name.
    pub fn camera(&mut self, at: Timestamp, camera: &str, topic: &str, is_on: &str) {
        let name = if topic.ends_with("People") { "IsPeople" } else { "State" };
        self.send(Feed::Video, at, wire::onvif(camera, topic, (name, is_on), at));
    }

    /// A camera sees somebody, and then nobody.
    pub fn person(&mut self, at: Timestamp, camera: &str) {
        self.camera(at, camera, "RuleEngine/PeopleDetector/People", "true");
        self.camera(at + s(20), camera, "RuleEngine/PeopleDetector/People", "false");
    }

    /// A line of a server's log.
    pub fn log(&mut self, at: Timestamp, host: &str, program: &str, line: &str) {
        self.send(Feed::Hosts, at, wire::syslog(host, program, line, at));
    }

    /// A record of a network sensor.
    pub fn network(&mut self, at: Timestamp, value: Vec<u8>) {
        self.send(Feed::Network, at, value);
    }

    /// Any other record of video.
    pub fn video(&mut self, at: Timestamp, value: Vec<u8>) {
        self.send(Feed::Video, at, value);
    }

    /// A connection to the VPN.
    pub fn vpn(&mut self, at: Timestamp, user: &str, remote: &str, country: &str) {
        self.send(Feed::Vpn, at, wire::vpn(user, remote, country, at));
    }
}
