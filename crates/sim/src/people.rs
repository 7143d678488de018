//! What forty people do in a day: they come, go on errands, eat, and leave. Every door they pass, they pass with their
//! own badge, so that none of this is worth an incident.

use crate::place::{Desk, PEOPLE, Person};
use crate::script::{Script, Way, s};
use event::time::Timestamp;

/// Writes the day that begins at this midnight.
pub(crate) fn day(script: &mut Script, midnight: Timestamp, day: u64) {
    let weekend = day % 7 >= 5;
    for person in PEOPLE {
        if weekend && !script.random.percent(15) {
            continue;
        }
        let comes = script.random.between(24_600, 32_400);
        let leaves = script.random.between(58_000, 66_000);
        let eats = script.random.between(43_200, 47_400);
        come(script, midnight + s(comes), person);
        errands(script, midnight, (comes + 3_600, eats - 1_800), person);
        if script.random.percent(45) {
            go(script, midnight + s(eats), person);
            come(script, midnight + s(eats + 2_100), person);
        }
        errands(script, midnight, (eats + 4_200, leaves - 1_800), person);
        go(script, midnight + s(leaves), person);
    }
    alarm_system(script, midnight);
}

/// The doors from the street to a desk.
fn route(desk: Desk) -> [&'static str; 2] {
    match desk {
        Desk::North1 => ["main entrance", "north stair, level 1"],
        Desk::North2 => ["main entrance", "north stair, level 2"],
        Desk::South => ["south entrance", "south stair"],
        Desk::Floor => ["south entrance", "warehouse door"],
    }
}

/// Where somebody has business beside their desk.
fn errand(person: &Person) -> &'static str {
    match person.desk {
        // Two of them look after the servers.
        Desk::North1 if ["Lewis Kerr", "Stefan Novak"].contains(&person.name) => "server room door",
        Desk::North1 => "link bridge",
        Desk::North2 => "archive door",
        Desk::South => "laboratory door",
        Desk::Floor => "workshop door",
    }
}

fn come(script: &mut Script, at: Timestamp, person: &Person) {
    let [outer, inner] = route(person.desk);
    script.pass(at, outer, (person, Way::In));
    let walk = script.random.between(25, 55);
    script.pass(at + s(walk), inner, (person, Way::In));
}

fn go(script: &mut Script, at: Timestamp, person: &Person) {
    let [outer, inner] = route(person.desk);
    script.pass(at, inner, (person, Way::Out));
    let walk = script.random.between(25, 55);
    script.pass(at + s(walk), outer, (person, Way::Out));
}

/// Some errands between two times of the day, in seconds.
fn errands(script: &mut Script, midnight: Timestamp, (from, to): (i64, i64), person: &Person) {
    let mut at = from + script.random.between(0, 3_000);
    while at + 1_500 < to {
        let stay = script.random.between(120, 1_200);
        script.pass(midnight + s(at), errand(person), (person, Way::In));
        script.pass(midnight + s(at + stay), errand(person), (person, Way::Out));
        at += stay + script.random.between(2_400, 9_000);
    }
}

/// The caretaker disarms in the morning and arms at night; a test call once a day.
fn alarm_system(script: &mut Script, midnight: Timestamp) {
    for area in [1, 3] {
        script.panel(midnight + s(23_410 + i64::from(area) * 7), area, "OP", 501);
        script.panel(midnight + s(72_000 + i64::from(area) * 9), area, "CL", 501);
    }
    script.panel(midnight + s(30_000), 1, "RP", 0);
}
