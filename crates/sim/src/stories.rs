//! The stories: what happens at the site that a watch officer wants to know, each with the rules that have to find it.

use crate::place::{LEAVER, PEOPLE, Person, VISITOR};
use crate::script::{Script, Way, s};
use crate::wire::{self, Talk};
use event::time::Timestamp;

/// Something that happens, and what has to be found of it.
#[derive(Clone, Copy)]
pub struct Story {
    /// In a few words.
    pub name: &'static str,
    /// The rules that have to say so.
    pub rules: &'static [&'static str],
    tell: fn(&mut Script, Timestamp),
}

impl Story {
    /// Every story of a day.
    pub fn all() -> &'static [Story] {
        STORIES
    }
}

const fn story(
    name: &'static str,
    rules: &'static [&'static str],
    tell: fn(&mut Script, Timestamp),
) -> Story {
    Story { name, rules, tell }
}

/// Who scans and guesses.
const INTRUDER: &str = "10.20.7.66";

static STORIES: &[Story] = &[
    story("a stair door is forced", &["door_forced", "forced_then_presence"], forced_stair),
    story(
        "from the network to the archive",
        &["controller_probed", "camera_blind", "door_forced", "probed_then_forced", "blinded_then_forced"],
        network_to_door,
    ),
    story("a delivery props the shutter", &["held_open", "propped_in_use"], delivery),
    story("cards are tried one after the other", &["unknown_cards", "refused_often"], unknown_cards),
    story("refused, then forced", &["revoked_badge_tried", "denied_then_forced"], refused_then_forced),
    story("the recorder's password is guessed", &["device_taken_over"], recorder_guessed),
    story("two on one badge", &["tailgating"], tailgating),
    story("somebody who left comes back", &["leaver_badge"], leaver),
    story("alone in the strong room", &["alone_in_vault"], alone),
    story("a badge in two places", &["badge_in_two_places"], copied_card),
    story("door after door", &["door_probing"], probing),
    story("a call for help", &["duress"], panic_button),
    story("three cameras go dark", &["cameras_lost", "camera_blind"], cameras_lost),
    story("somebody waits, then tries", &["loitering_then_attempt"], loitering),
    story("here, and abroad", &["vpn_while_here"], abroad),
    story("a visitor alone", &["visitor_unescorted"], visitor),
    story("fire in the canteen", &["fire", "fire_confirmed", "fire_doors_locked"], fire),
    story("a door chatters", &["chattering_door"], chatter),
    story("gas in the laboratory", &["gas_where_people_are"], gas),
    story("refused, and let in by another", &["followed_in"], followed),
    story("opened, and nobody goes in", &["granted_not_taken"], not_taken),
    story("somebody is hurt", &["medical_unattended"], medical),
    story("a camera is turned, then a door held", &["blinded_then_held"], turned_then_held),
    story("a call point as a key", &["pull_station_diversion"], call_point),
    story("the code is guessed", &["code_guessed"], code_guessed),
    story("a break-in at night", &["motion_while_armed", "confirmed_intrusion", "dual_technology"], break_in),
    story("a person in a closed room", &["person_unbadged"], hidden),
    story("dark, then somebody at the fence", &["power_cut_then_perimeter"], power_cut),
    story("from the yard to the strong room", &["perimeter_to_core"], to_the_core),
    story("a detector that swings", &["swinger"], swinger),
];

/// When what begins: hour, minute, and its place among the stories. Hours from 24 on are the night after.
const TIMETABLE: &[(i64, i64, usize)] = &[
    (6, 32, 0),
    (6, 37, 1),
    (6, 47, 2),
    (6, 55, 3),
    (7, 4, 4),
    (7, 15, 5),
    (7, 26, 6),
    (7, 35, 7),
    (7, 44, 8),
    (7, 55, 9),
    (8, 10, 10),
    (8, 25, 11),
    (8, 40, 12),
    (9, 0, 13),
    (9, 20, 14),
    (9, 40, 15),
    (10, 20, 16),
    (11, 0, 17),
    (11, 20, 18),
    (11, 45, 19),
    (12, 10, 20),
    (12, 40, 21),
    (13, 10, 2),
    (14, 5, 22),
    (14, 40, 23),
    (15, 20, 1),
    (16, 10, 3),
    (17, 0, 6),
    (18, 20, 0),
    (20, 20, 24),
    (21, 10, 2),
    (22, 5, 25),
    (23, 15, 26),
    (24, 20, 27),
    (25, 20, 28),
    (26, 20, 5),
    (27, 30, 29),
    (28, 50, 0),
    (29, 40, 3),
];

/// Writes the stories of the day that begins at this midnight. The first day keeps to the timetable, later ones not
/// quite.
pub(crate) fn day(script: &mut Script, midnight: Timestamp, day: u64) {
    for (hour, minute, story) in TIMETABLE {
        let shift = if day == 0 { 0 } else { script.random.between(-120, 120) };
        (STORIES[*story].tell)(script, midnight + s(hour * 3_600 + minute * 60 + shift));
    }
    mishaps(script, midnight);
}

/// What goes wrong on the wires: a frame is sent again, one breaks off, a row comes far too late.
fn mishaps(script: &mut Script, midnight: Timestamp) {
    script.panel(midnight + s(26_000), 2, "RP", 0);
    script.repeat_last();
    script.panel(midnight + s(28_980), 2, "RP", 0);
    script.break_last();
    script.door(midnight + s(34_380), "Locked", "north side door");
    script.delay_last(s(300));
}

fn who(name: &str) -> &'static Person {
    PEOPLE.iter().find(|person| person.name == name).unwrap_or(&PEOPLE[0])
}

fn open_and_close(script: &mut Script, at: Timestamp, door: &str) {
    script.door(at, "Door Opened", door);
    script.door(at + s(25), "Door Closed", door);
}

fn forced_stair(script: &mut Script, at: Timestamp) {
    open_and_close(script, at, "north stair, level 2");
    script.person(at + s(18), "cam-north-stair");
}

fn network_to_door(script: &mut Script, at: Timestamp) {
    let talk = |number, port| Talk { from: INTRUDER, to: "10.20.5.11", port, number };
    for (n, port) in (0..).zip([22, 23, 80, 443, 4050, 8080]) {
        let (at, number) = (at + s(n * 4), script.number());
        script.network(
            at,
            wire::suricata_alert(talk(number, port), "ET SCAN Suspicious inbound to access controller", at),
        );
    }
    let number = script.number();
    script.network(at + s(30), wire::zeek_scan(talk(number, 443), at + s(30)));
    script.camera(at + s(150), "cam-archive", "VideoSource/SignalLoss", "true");
    open_and_close(script, at + s(290), "archive door");
    script.camera(at + s(800), "cam-archive", "VideoSource/SignalLoss", "false");
}

fn delivery(script: &mut Script, at: Timestamp) {
    let door = "loading bay shutter";
    script.door(at, "Exit Request", door);
    script.door(at + s(2), "Door Opened", door);
    script.door(at + s(32), "Door Held", door);
    script.count(at + s(75), door, Way::In, 2);
    script.door(at + s(260), "Door Closed", door);
}

fn unknown_cards(script: &mut Script, at: Timestamp) {
    for n in 0..12 {
        script.unknown_card(at + s(n * 4), "north side door", &format!("731-{}", 20_440 + n));
    }
}

fn refused_then_forced(script: &mut Script, at: Timestamp) {
    let holder = (who("Ian Galloway"), Way::In);
    script.badge(at, "Access Denied - Stolen", "plant room door", holder);
    script.badge(at + s(9), "Access Denied - Stolen", "plant room door", holder);
    open_and_close(script, at + s(48), "plant room door");
}

fn recorder_guessed(script: &mut Script, at: Timestamp) {
    for n in 0..14 {
        let line = format!("Failed password for admin from {INTRUDER} port {} ssh2", 50_100 + n);
        script.log(at + s(n * 6), "nvr-1", "sshd[2214]", &line);
    }
    let line = format!("Accepted password for admin from {INTRUDER} port 50190 ssh2");
    script.log(at + s(120), "nvr-1", "sshd[2214]", &line);
}

fn tailgating(script: &mut Script, at: Timestamp) {
    let (door, holder) = ("south entrance", (who("Craig Dunbar"), Way::Out));
    script.badge(at, "Access Granted", door, (holder.0, Way::In));
    script.door(at + s(1), "Door Opened", door);
    script.badge(at + s(2), "Access Taken", door, (holder.0, Way::In));
    script.count(at + s(3), door, Way::In, 3);
    script.door(at + s(9), "Door Closed", door);
    script.pass(at + s(240), door, holder);
}

fn leaver(script: &mut Script, at: Timestamp) {
    script.pass(at, "north side door", (&LEAVER, Way::In));
    script.pass(at + s(600), "north side door", (&LEAVER, Way::Out));
}

fn alone(script: &mut Script, at: Timestamp) {
    let holder = who("Donna Rennie");
    script.pass(at, "strong room door", (holder, Way::In));
    script.pass(at + s(420), "strong room door", (holder, Way::Out));
}

fn copied_card(script: &mut Script, at: Timestamp) {
    let holder = (who("Eilidh Ross"), Way::In);
    script.badge(at, "Access Granted", "archive door", holder);
    open_and_close(script, at + s(1), "archive door");
    script.badge(at + s(24), "Access Granted", "laboratory door", holder);
    open_and_close(script, at + s(25), "laboratory door");
}

fn probing(script: &mut Script, at: Timestamp) {
    let holder = (who("Viktor Lind"), Way::In);
    let doors =
        ["control room door", "plant room door", "server room door", "archive door", "strong room door"];
    for (n, door) in (0..).zip(doors) {
        script.badge(at + s(n * 95), "Access Denied - No Access Level", door, holder);
    }
}

fn panic_button(script: &mut Script, at: Timestamp) {
    script.panel(at, 2, "PA", 17);
    script.repeat_last();
    script.panel(at + s(400), 2, "PR", 17);
}

fn cameras_lost(script: &mut Script, at: Timestamp) {
    for (n, camera) in (0..).zip(["cam-main-entrance", "cam-north-stair", "cam-server-room"]) {
        script.camera(at + s(n * 14), camera, "VideoSource/SignalLoss", "true");
        script.camera(at + s(300 + n * 5), camera, "VideoSource/SignalLoss", "false");
    }
}

fn loitering(script: &mut Script, at: Timestamp) {
    let topic = "RuleEngine/LoiteringDetector/ObjectIsLoitering";
    script.camera(at, "cam-south-lobby", topic, "true");
    script.camera(at + s(200), "cam-south-lobby", topic, "false");
    script.unknown_card(at + s(240), "warehouse door", "731-20901");
}

fn abroad(script: &mut Script, at: Timestamp) {
    script.vpn(at, "pnair", "203.0.113.77", "BR");
}

fn visitor(script: &mut Script, at: Timestamp) {
    script.pass(at, "control room door", (&VISITOR, Way::In));
    script.pass(at + s(180), "control room door", (&VISITOR, Way::Out));
}

fn fire(script: &mut Script, at: Timestamp) {
    script.contact_id(at, 2, "1111", 13);
    script.contact_id(at + s(70), 2, "1114", 14);
    for door in ["main entrance", "south entrance"] {
        script.door(at + s(3), "Unlocked - Fire", door);
    }
    script.contact_id(at + s(900), 2, "3111", 13);
    script.contact_id(at + s(905), 2, "3114", 14);
    for door in ["main entrance", "south entrance"] {
        script.door(at + s(930), "Locked", door);
    }
}

fn chatter(script: &mut Script, at: Timestamp) {
    for n in 0..4 {
        script.door(at + s(n * 13), "Door Held", "workshop door");
    }
    script.door(at + s(60), "Door Closed", "workshop door");
}

fn gas(script: &mut Script, at: Timestamp) {
    script.panel(at, 2, "GA", 16);
    script.panel(at + s(420), 2, "GR", 16);
}

fn followed(script: &mut Script, at: Timestamp) {
    let door = "south entrance";
    script.badge(at, "Access Denied - Wrong Time", door, (&LEAVER, Way::In));
    script.badge(at + s(20), "Access Granted", door, (who("Maeve Quinn"), Way::In));
    script.door(at + s(21), "Door Opened", door);
    script.count(at + s(23), door, Way::In, 2);
    script.door(at + s(29), "Door Closed", door);
}

fn not_taken(script: &mut Script, at: Timestamp) {
    for n in 0..4 {
        let holder = (who("Owen Price"), Way::In);
        script.badge(at + s(n * 70), "Access Granted", "server room door", holder);
        script.badge(at + s(n * 70 + 6), "Access Not Taken", "server room door", holder);
    }
}

fn medical(script: &mut Script, at: Timestamp) {
    script.panel(at, 2, "QA", 18);
    script.panel(at + s(900), 2, "QR", 18);
}

fn turned_then_held(script: &mut Script, at: Timestamp) {
    script.camera(at, "cam-loading-bay", "VideoSource/GlobalSceneChange/ImagingService", "true");
    script.pass(at + s(180), "loading bay inner door", (who("Pawel Zielinski"), Way::In));
    script.door(at + s(240), "Door Held", "loading bay inner door");
    script.door(at + s(330), "Door Closed", "loading bay inner door");
    script.camera(at + s(900), "cam-loading-bay", "VideoSource/GlobalSceneChange/ImagingService", "false");
}

fn call_point(script: &mut Script, at: Timestamp) {
    script.contact_id(at, 2, "1115", 15);
    for door in crate::place::RELEASED {
        script.door(at + s(4), "Unlocked - Fire", door);
        script.door(at + s(700), "Locked", door);
    }
    script.door(at + s(130), "Exit Request", "archive door");
    open_and_close(script, at + s(132), "archive door");
    script.contact_id(at + s(600), 2, "3115", 15);
}

fn code_guessed(script: &mut Script, at: Timestamp) {
    for n in 0..4 {
        script.panel(at + s(n * 15), 3, "JA", 0);
    }
    script.panel(at + s(75), 3, "OP", 504);
    script.panel(at + s(400), 3, "CL", 501);
}

fn break_in(script: &mut Script, at: Timestamp) {
    script.panel(at, 1, "BA", 3);
    script.panel(at + s(55), 1, "BA", 2);
    script.panel(at + s(70), 1, "BA", 1);
    script.person(at + s(80), "cam-warehouse");
    for (n, sensor) in (0..).zip([3, 2, 1]) {
        script.panel(at + s(240 + n * 3), 1, "BR", sensor);
    }
}

fn hidden(script: &mut Script, at: Timestamp) {
    script.person(at, "cam-server-room");
    script.person(at + s(90), "cam-server-room");
}

fn power_cut(script: &mut Script, at: Timestamp) {
    script.panel(at, 1, "AT", 0);
    script.panel(at + s(40), 1, "YC", 1);
    script.camera(at + s(55), "cam-loading-bay", "VideoSource/SignalLoss", "true");
    script.camera(at + s(200), "cam-yard", "RuleEngine/FieldDetector/ObjectsInside", "true");
    script.camera(at + s(260), "cam-yard", "RuleEngine/FieldDetector/ObjectsInside", "false");
    script.camera(at + s(1_500), "cam-loading-bay", "VideoSource/SignalLoss", "false");
    script.panel(at + s(1_510), 1, "YK", 1);
    script.panel(at + s(1_520), 1, "AR", 0);
}

fn to_the_core(script: &mut Script, at: Timestamp) {
    script.camera(at, "cam-yard", "RuleEngine/LineDetector/Crossed", "true");
    open_and_close(script, at + s(130), "loading bay shutter");
    script.panel(at + s(320), 3, "BA", 31);
    script.panel(at + s(600), 3, "BR", 31);
}

fn swinger(script: &mut Script, at: Timestamp) {
    for n in 0..3 {
        script.panel(at + s(n * 1_100), 1, "BA", 4);
        script.panel(at + s(n * 1_100 + 40), 1, "BR", 4);
    }
}
