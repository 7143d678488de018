//! Random streams: at most 40 events within 80 units of time, so dense that ties and borders of windows are
//! everywhere; copies, late ones within the lateness and beyond it, corrections and tests; and the orders in
//! which they may arrive.

use super::random::Random;
use super::world::{Spec, class_of};
use event::class::Lifecycle;
use std::collections::BTreeMap;

/// What may happen where: class, fields that are always there, fields that may be.
struct Happening {
    class: &'static str,
    always: &'static [(&'static str, &'static [&'static str])],
    maybe: &'static [(&'static str, &'static [&'static str])],
    /// Topic by [`super::world::TOPICS`].
    topic: usize,
}

type Values = &'static [&'static str];

const CAUSE: (&str, Values) = ("cause", &["badge", "key", "operator"]);
const WHO: (&str, Values) = ("person", &["30", "31"]);
const CARD: (&str, Values) = ("credential", &["k30", "k32", "k9"]);
const TECHNOLOGY: (&str, Values) = ("technology", &["pir", "microwave"]);
const SURE: (&str, Values) = ("confidence", &["0.5", "0.500001", "0.9"]);
const WARM: (&str, Values) = ("temperature", &["1.5", "-2", "0.000001"]);
const DOOR: (&str, Values) = ("door", &["d1", "d1", "D1", "d2", "d3", "d4", "d5", "d9"]);
const SENSOR: (&str, Values) = ("sensor", &["s1", "s1", "s2", "s3", "s9"]);
const LONG: (&str, Values) = ("duration", &["PT2S", "PT5S", "PT9S", "PT2H", "P3D"]);
const FROM: (&str, Values) = ("src.geo", &["48.1,-1.68", "48.2,-1.68", "48.2,-1.6,3000"]);
const DEVICE: (&str, Values) = ("device", &["c1", "c1", "c2", "c3", "cam1", "cam2"]);
const CAMERA: (&str, Values) = ("camera", &["cam1", "cam1", "cam2", "cam3"]);
const ADDRESS: (&str, Values) = ("src.ip", &["10.0.0.5", "10.9.0.7", "8.8.8.8"]);
const PARTITION: (&str, Values) = ("partition", &["a", "a", "b", "c"]);

const HAPPENINGS: &[Happening] = &[
    Happening { class: "door.opened", always: &[DOOR], maybe: &[CAUSE, SURE], topic: 0 },
    Happening { class: "door.opened", always: &[DOOR], maybe: &[CAUSE], topic: 1 },
    Happening { class: "door.closed", always: &[DOOR], maybe: &[CAUSE, WARM], topic: 0 },
    Happening { class: "door.forced", always: &[DOOR], maybe: &[SURE], topic: 0 },
    Happening {
        class: "access.granted",
        always: &[DOOR],
        maybe: &[WHO, CARD, ("direction", &["in", "out"])],
        topic: 0,
    },
    Happening {
        class: "access.granted",
        always: &[("reader", &["r1", "r2"])],
        maybe: &[WHO, CARD],
        topic: 0,
    },
    Happening {
        class: "access.denied",
        always: &[DOOR],
        maybe: &[WHO, ("reason", &["expired", "lost"])],
        topic: 0,
    },
    Happening {
        class: "sensor.motion",
        always: &[SENSOR],
        maybe: &[TECHNOLOGY, WARM, ("zone", &["z1", "z0"])],
        topic: 1,
    },
    Happening { class: "intrusion.alarm", always: &[SENSOR], maybe: &[TECHNOLOGY], topic: 1 },
    Happening {
        class: "panel.armed",
        always: &[PARTITION],
        maybe: &[("arm.level", &["away", "stay"])],
        topic: 1,
    },
    Happening { class: "panel.disarmed", always: &[PARTITION], maybe: &[], topic: 1 },
    Happening { class: "fire.alarm", always: &[("panel", &["p9"])], maybe: &[SENSOR], topic: 1 },
    Happening {
        class: "video.person",
        always: &[CAMERA],
        maybe: &[("count", &["1", "2", "3"]), SURE, LONG],
        topic: 1,
    },
    Happening { class: "video.loss", always: &[CAMERA], maybe: &[], topic: 1 },
    Happening {
        class: "ids.alert",
        always: &[ADDRESS, ("sig.name", &["ET Scan", "et-SCBN", "worm"])],
        maybe: &[("dst.ip", &["10.0.0.5"]), FROM],
        topic: 0,
    },
    Happening { class: "health.offline", always: &[DEVICE], maybe: &[], topic: 0 },
    Happening { class: "health.online", always: &[DEVICE], maybe: &[], topic: 0 },
    Happening {
        class: "auth.failed",
        always: &[("user", &["root", "Eve"])],
        maybe: &[ADDRESS, FROM],
        topic: 0,
    },
];

/// Of each site its own: in a life-safety rule the source stands for a missing key, and keys lie within a
/// site.
const SOURCES: [&[&str]; 3] = [&["s1", "s1", "S2", "s3"], &["K1", "k2"], &["m1"]];

const EVENTS_MAX: i64 = 40;
const UNITS_MAX: i64 = 80;

/// Whether some events come again. Ids are kept for ten minutes, so copies need short units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    None,
    Some,
}

/// A random stream in which classes that the rules name come up more often.
pub fn stream(random: &mut Random, rules: &str, copied: Copied) -> Vec<Spec> {
    let asked = |class: &str| rules.contains(class) || class.starts_with("health") && rules.contains("blind");
    let named: Vec<&Happening> = HAPPENINGS.iter().filter(|h| asked(h.class)).collect();
    let named = if named.is_empty() { HAPPENINGS.iter().collect() } else { named };
    // Nothing is unusual before four weeks have gone by.
    let weeks = rules.contains("unusual");
    let length = if weeks { UNITS_MAX } else { random.between(10, UNITS_MAX) };
    let focus = weeks || random.one_in(2);
    let mut events: Vec<Spec> = (0..random.between(if weeks { 25 } else { 2 }, EVENTS_MAX))
        .map(|_| {
            let happening = if random.one_in(8) {
                &HAPPENINGS[random.below(HAPPENINGS.len())]
            } else {
                named[random.below(named.len())]
            };
            event(random, happening, length, focus)
        })
        .collect();
    if copied == Copied::Some {
        copies(random, &mut events);
    }
    offsets(random, &mut events);
    events
}

fn event(random: &mut Random, happening: &Happening, length: i64, focus: bool) -> Spec {
    let mut fields: Vec<(&'static str, String)> = Vec::new();
    let value = |random: &mut Random, values: Values| {
        values[if focus && !random.one_in(4) { 0 } else { random.below(values.len()) }].to_owned()
    };
    for (name, values) in happening.always {
        fields.push((name, value(random, values)));
    }
    for (name, values) in happening.maybe {
        if random.one_in(2) {
            fields.push((name, value(random, values)));
        }
    }
    let ts = random.between(0, length);
    let site = site_of(&fields);
    if site != 0 {
        // What the event names has to lie within its site, so that keys do.
        fields.retain(|(name, _)| *name != "zone");
    }
    let lifecycle = match random.below(16) {
        0 => Lifecycle::Restore,
        1 => *random.pick(&[&Lifecycle::Update, &Lifecycle::Snapshot, &Lifecycle::Test, &Lifecycle::Trouble]),
        _ => Lifecycle::New,
    };
    Spec {
        ts,
        append: ts + delay(random),
        class: class_of(happening.class),
        fields,
        lifecycle,
        test: random.one_in(16),
        source: random.pick(SOURCES[site]),
        seq: if random.one_in(3) { random.between(1, 5) as u64 } else { 0 },
        native: None,
        topic: happening.topic,
        site,
        offset: 0,
    }
}

/// Most come at once, some within the lateness of most classes, a few beyond it.
fn delay(random: &mut Random) -> i64 {
    match random.below(12) {
        0..=4 => 0,
        // A device's clock may be ahead.
        10 => random.between(-4, -1),
        5 | 6 => random.between(0, 5),
        7 | 8 => random.between(0, 20),
        _ => random.between(5, 70),
    }
}

fn site_of(fields: &[(&'static str, String)]) -> usize {
    let has = |value: &str| fields.iter().any(|(_, v)| v == value);
    match () {
        () if has("d4") || has("s3") || has("cam3") || has("c") || has("c3") => 1,
        () if has("d5") => 2,
        () => 0,
    }
}

/// Some events come again under the same native id, some with other content, from the other topic too.
fn copies(random: &mut Random, events: &mut Vec<Spec>) {
    let mut more = Vec::new();
    for (at, event) in events.iter_mut().enumerate() {
        if !random.one_in(8) {
            continue;
        }
        event.native = Some(at as u32);
        for _ in 0..=random.below(2) {
            let mut copy = event.clone();
            copy.append = (copy.append + random.between(-3, 6)).max(copy.ts);
            if random.one_in(3) {
                copy.topic = 1 - copy.topic;
            }
            match random.below(6) {
                0 => copy.ts = (copy.ts + random.between(-2, 2)).max(0),
                1 => copy.fields.truncate(1),
                2 => copy.lifecycle = Lifecycle::Restore,
                _ => {}
            }
            more.push(copy);
        }
    }
    events.extend(more);
}

/// Offsets of each partition follow append.
fn offsets(random: &mut Random, events: &mut [Spec]) {
    random.shuffle(events);
    events.sort_by_key(|event| event.append);
    let mut next: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for event in events {
        let offset = next.entry((event.topic, event.site)).or_default();
        event.offset = *offset;
        *offset += 1;
    }
}

/// An order of arrival: as appended, disturbed a little, or any at all.
pub fn arrival(random: &mut Random, events: &[Spec]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..events.len()).collect();
    let jitter = *random.pick(&[&0, &0, &4, &25]);
    if random.one_in(4) {
        random.shuffle(&mut order);
        return order;
    }
    let keys: Vec<i64> = events.iter().map(|event| event.append + random.between(0, jitter)).collect();
    order.sort_by_key(|&at| keys[at]);
    order
}
