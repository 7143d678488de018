//! What an instance needs to read the site: configuration, site model, mappings.
//!
//! The model is written from the tables of [`crate::place`], so that devices and model cannot drift apart; the rest
//! stands in files beside this crate, as an engineer would write them.

use crate::place::{
    AREAS, CAMERAS, CONTROLLERS, DOORS, HOSTS, PANEL, PANEL_NAME, Person, RELEASED, SENSORS, SITE, ZONES,
    account, card, everybody,
};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The name of the configuration among [`files`].
pub const CONFIGURATION: &str = "watchfloor.yaml";

/// The files by name. The configuration names the folder of rules `rules/`, which is not among them.
pub fn files() -> BTreeMap<String, String> {
    let fixed = [
        (CONFIGURATION, include_str!("../site/watchfloor.yaml")),
        ("access.yaml", include_str!("../site/access.yaml")),
        ("counters.yaml", include_str!("../site/counters.yaml")),
        ("vpn.yaml", include_str!("../site/vpn.yaml")),
    ];
    let fixed = fixed.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned()));
    fixed.chain([("site.yaml".to_owned(), model())]).collect()
}

fn model() -> String {
    let mut text = String::from("# Two buildings at a quay. Written from the tables of the simulator.\n");
    let released: Vec<String> = RELEASED.iter().map(|door| quoted(door)).collect();
    line(&mut text, "sites:");
    entry(
        &mut text,
        &format!(
            "id: {SITE}, time_zone: Europe/London, country: GB, release_doors: [{}]",
            released.join(", ")
        ),
    );
    zones(&mut text);
    doors(&mut text);
    devices(&mut text);
    panel(&mut text);
    aliases(&mut text);
    people(&mut text);
    // The own vulnerability scanner, and places that everything hangs on.
    line(&mut text, "lists:");
    entry(&mut text, "id: scanners, type: ip, owner: network team, entries: [10.20.5.250]");
    line(&mut text, "hubs: [street, north lobby, south lobby]");
    text
}

fn zones(text: &mut String) {
    line(text, "zones:");
    for building in ["north building", "south building"] {
        entry(text, &format!("id: {building}, site: {SITE}, kind: interior, level: 1"));
    }
    for zone in ZONES {
        let parent =
            if zone.building.is_empty() { String::new() } else { format!(", parent: {}", zone.building) };
        let two = if zone.kind == "vault" { ", two_person: true" } else { "" };
        let (id, kind, level) = (quoted(zone.id), zone.kind, zone.level);
        entry(text, &format!("id: {id}, site: {SITE}{parent}, kind: {kind}, level: {level}{two}"));
    }
}

fn doors(text: &mut String) {
    line(text, "doors:");
    for door in DOORS {
        let outside = ["street", "yard", "car park"].contains(&door.from);
        entry(
            text,
            &format!(
                "id: {}, from_zone: {}, to_zone: {}, controller: {}, monitored: true, perimeter: {outside}",
                quoted(door.id),
                quoted(door.from),
                quoted(door.to),
                CONTROLLERS[door.controller].id
            ),
        );
    }
    line(text, "readers:");
    for door in DOORS {
        for direction in ["in", "out"] {
            let id = quoted(&reader(door.id, direction));
            entry(text, &format!("id: {id}, door: {}, direction: {direction}", quoted(door.id)));
        }
    }
    line(text, "controllers:");
    for controller in CONTROLLERS {
        let (id, zone, ip) = (controller.id, quoted(controller.zone), controller.ip);
        entry(
            text,
            &format!("id: {id}, zone: {zone}, kind: access_controller, criticality: 80, ips: [{ip}]"),
        );
    }
}

/// The reader on one side of a door.
pub(crate) fn reader(door: &str, direction: &str) -> String {
    format!("{door}, reader {direction}")
}

fn devices(text: &mut String) {
    line(text, "cameras:");
    for camera in CAMERAS {
        let north = ["north", "server", "records"].iter().any(|word| camera.views.starts_with(word));
        let switch = if north { "sw-north" } else { "sw-south" };
        let zone = quoted(camera.views);
        entry(
            text,
            &format!(
                "id: {}, zone: {zone}, views: [{zone}], switch: {switch}, ips: [{}]",
                camera.id, camera.ip
            ),
        );
    }
    line(text, "hosts:");
    for host in HOSTS {
        entry(
            text,
            &format!("id: {}, kind: {}, zone: {}, ips: [{}]", host.id, host.kind, quoted(host.zone), host.ip),
        );
    }
}

fn panel(text: &mut String) {
    line(text, "panels:");
    let areas: Vec<String> = (1..=3).map(partition).collect();
    let sensors: Vec<String> = SENSORS
        .iter()
        .map(|s| {
            let (id, zone, area) = (s.id, quoted(s.zone), AREAS[usize::from(s.area) - 1]);
            format!("      - {{id: {id}, zone: {zone}, partition: {area}, technology: {}}}\n", s.technology)
        })
        .collect();
    let _infallible = write!(
        text,
        "  - id: {PANEL_NAME}\n    zone: control room\n    partitions:\n{}    sensors:\n{}",
        areas.concat(),
        sensors.concat()
    );
}

/// What the panel's own numbers mean.
fn aliases(text: &mut String) {
    line(text, "aliases:");
    let mut alias = |native: &str, kind: &str, id: &str| {
        entry(text, &format!("source: {PANEL}, native: {native}, entity: {{{kind}: {id}}}"));
    };
    alias(PANEL, "panel", PANEL_NAME);
    for (area, name) in (1..).zip(AREAS) {
        alias(&format!("\"{area}\""), "partition", name);
    }
    for sensor in SENSORS {
        alias(&format!("{}/{}", sensor.area, sensor.number), "sensor", sensor.id);
    }
}

fn partition(area: u8) -> String {
    let mut zones: Vec<&str> =
        SENSORS.iter().filter(|sensor| sensor.area == area).map(|sensor| sensor.zone).collect();
    zones.dedup();
    let zones: Vec<String> = zones.into_iter().map(quoted).collect();
    format!("      - {{id: {}, zones: [{}]}}\n", AREAS[usize::from(area) - 1], zones.join(", "))
}

fn people(text: &mut String) {
    line(text, "people:");
    for person in everybody() {
        let Person { name, kind, status, .. } = person;
        entry(
            text,
            &format!(
                "id: {name}, status: {status}, kind: {kind}, home_site: {SITE}, credentials: [\"{}\"], accounts: [{}]",
                card(person),
                account(person)
            ),
        );
    }
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn entry(text: &mut String, entry: &str) {
    text.push_str(&format!("  - {{{entry}}}\n"));
}

fn quoted(text: &str) -> String {
    if text.contains(',') { format!("\"{text}\"") } else { text.to_owned() }
}
