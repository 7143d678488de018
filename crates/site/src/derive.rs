//! What follows from what a model says: the other direction of each relation, which camera sees which door, what is next
//! to what. All of it as of a time: what follows from two links holds while both do.
//!
//! Rules read relations from either side, and nobody should have to keep both sides in step by hand.

use crate::draft::Given;
use crate::problem::Origin;
use crate::validity::Validity;
use crate::web::{End, Link, Web};
use event::kind::Kind;

/// Relations that are each other's other direction.
const MUTUAL: &[(Kind, &str, Kind, &str)] = &[
    (Kind::Reader, "door", Kind::Door, "readers"),
    (Kind::Door, "controller", Kind::Controller, "doors"),
    (Kind::Door, "zones", Kind::Zone, "doors"),
    (Kind::Partition, "panel", Kind::Panel, "partitions"),
    (Kind::Sensor, "panel", Kind::Panel, "sensors"),
    (Kind::Sensor, "partition", Kind::Partition, "sensors"),
    (Kind::Sensor, "zone", Kind::Zone, "sensors"),
    (Kind::Partition, "zones", Kind::Zone, "partitions"),
    (Kind::Camera, "views", Kind::Zone, "cameras"),
    (Kind::Zone, "areas", Kind::Area, "zones"),
    (Kind::Zone, "site", Kind::Site, "zones"),
    (Kind::Credential, "person", Kind::Person, "credentials"),
    (Kind::Account, "person", Kind::Person, "accounts"),
    (Kind::Plate, "vehicle", Kind::Vehicle, "plates"),
    (Kind::Checkpoint, "tours", Kind::Tour, "checkpoints"),
    (Kind::Asset, "devices", Kind::Asset, "assets"),
];

/// How far a zone's areas may be nested.
const NESTING_MAX: usize = 16;

/// Adds everything that follows. Which steps come first matters: later ones read what earlier ones added.
pub(crate) fn all(web: &mut Web) {
    areas(web);
    door_zones(web);
    assets(web);
    sites_of_zones(web);
    mutual(web);
    panels(web);
    mutual(web);
    readers(web);
    views(web);
    openings(web);
    neighbours(web);
    zone_assets(web);
    members_of_sites(web);
}

fn mutual(web: &mut Web) {
    for &(one, forth, other, back) in MUTUAL {
        inverse(web, one, forth, back);
        inverse(web, other, back, forth);
    }
}

/// For each `from.forth = to` of a kind also `to.back = from`.
fn inverse(web: &mut Web, from_kind: Kind, forth: &'static str, back: &'static str) {
    for from in web.of_kind(from_kind) {
        for (to, validity, origin) in web.ends(from, forth) {
            web.add_ends(to, back, vec![(from, validity, origin)]);
        }
    }
}

/// What a relation is taken from when nobody says it.
fn add_if_none(web: &mut Web, from: u32, name: &'static str, ends: Vec<(u32, Validity, Origin)>) {
    if web.links(from, name).is_empty() {
        web.add_ends(from, name, ends);
    }
}

/// A parent is an area, and so are the areas of the zone of that name.
fn areas(web: &mut Web) {
    for zone in web.of_kind(Kind::Zone) {
        let mut found = web.ends(zone, "parent");
        let mut at = 0;
        while let Some(&(area, validity, origin)) = found.get(at).filter(|_| found.len() < NESTING_MAX) {
            at += 1;
            let Some(as_zone) = web.number(Kind::Zone, &web.spots[area as usize].id) else { continue };
            for (next, later, _) in web.ends(as_zone, "parent") {
                let new = found.iter().all(|(known, _, _)| *known != next);
                found.extend(validity.meet(later).filter(|_| new).map(|both| (next, both, origin)));
            }
        }
        web.add_ends(zone, "areas", found);
    }
}

fn door_zones(web: &mut Web) {
    for door in web.of_kind(Kind::Door) {
        let sides = [web.ends(door, "from_zone"), web.ends(door, "to_zone")].concat();
        web.add_ends(door, "zones", sides);
    }
}

/// A host is the asset of the same id; what a sensor protects is protected by it; relations said of a device hold for
/// the asset of its id.
fn assets(web: &mut Web) {
    for host in web.of_kind(Kind::Host) {
        let same = web.as_asset(host).map(|asset| (asset, Validity::ALWAYS, crate::read::NOWHERE));
        web.add_ends(host, "asset", same.into_iter().collect());
    }
    for sensor in web.of_kind(Kind::Sensor) {
        for (asset, validity, origin) in web.ends(sensor, "asset") {
            web.add_ends(asset, "sensors", vec![(sensor, validity, origin)]);
            let twin = web.as_asset(sensor).map(|twin| (twin, validity, origin));
            web.add_ends(asset, "devices", twin.into_iter().collect());
        }
    }
    for kind in Kind::ASSETS.iter().copied().filter(|kind| *kind != Kind::Asset) {
        for device in web.of_kind(kind) {
            for name in ["devices", "assets"] {
                let ends = web.ends(device, name);
                if let Some(twin) = web.as_asset(device) {
                    web.add_ends(twin, name, ends);
                }
            }
        }
    }
}

/// A zone without a site has that of an area around it, or the only one that there is. An area has that of its zones.
fn sites_of_zones(web: &mut Web) {
    inverse(web, Kind::Area, "zones", "areas");
    inverse(web, Kind::Site, "zones", "site");
    let sites = web.of_kind(Kind::Site);
    let only = (sites.len() == 1).then_some((sites.start, Validity::ALWAYS, crate::read::NOWHERE));
    for zone in web.of_kind(Kind::Zone) {
        let mut around = web.ends_over(zone, "areas", "site");
        for (area, validity, origin) in web.ends(zone, "areas") {
            let as_zone = web.number(Kind::Zone, &web.spots[area as usize].id);
            let of_zone = as_zone.map(|as_zone| web.ends(as_zone, "site")).unwrap_or_default();
            around.extend(
                of_zone.into_iter().filter_map(|(site, v, _)| Some((site, validity.meet(v)?, origin))),
            );
        }
        around.truncate(1);
        add_if_none(web, zone, "site", around);
        add_if_none(web, zone, "site", only.into_iter().collect());
    }
    inverse(web, Kind::Zone, "areas", "zones");
    for area in web.of_kind(Kind::Area) {
        let of_zones = web.ends_over(area, "zones", "site");
        let first = of_zones.first().map(|(site, _, _)| *site);
        // An area over two sites has none.
        if of_zones.iter().all(|(site, _, _)| Some(*site) == first) {
            add_if_none(web, area, "site", of_zones);
        }
    }
}

/// What a panel, a partition or a sensor leaves out, taken from the others.
fn panels(web: &mut Web) {
    for partition in web.of_kind(Kind::Partition) {
        let of_sensors = web.ends_over(partition, "sensors", "zone");
        add_if_none(web, partition, "zones", of_sensors);
    }
    for sensor in web.of_kind(Kind::Sensor) {
        let of_partition = web.ends_over(sensor, "partition", "panel");
        add_if_none(web, sensor, "panel", of_partition);
    }
    for panel in web.of_kind(Kind::Panel) {
        let of_partitions = web.ends_over(panel, "partitions", "zones");
        let of_sensors = web.ends_over(panel, "sensors", "zone");
        add_if_none(web, panel, "zones", of_partitions);
        add_if_none(web, panel, "zones", of_sensors);
    }
}

fn readers(web: &mut Web) {
    for reader in web.of_kind(Kind::Reader) {
        let of_door = web.ends_over(reader, "door", "controller");
        add_if_none(web, reader, "controller", of_door);
    }
}

/// A door is seen by the cameras that view one of its sides.
fn views(web: &mut Web) {
    for door in web.of_kind(Kind::Door) {
        let cameras = web.ends_over(door, "zones", "cameras");
        web.add_ends(door, "cameras", cameras);
    }
}

/// Zones on the two sides of a door, and declared openings, are next to each other.
fn neighbours(web: &mut Web) {
    for zone in web.of_kind(Kind::Zone) {
        let one_way = web.ends(zone, "one_way_to");
        web.add_ends(zone, "adjacent", one_way);
    }
    for door in web.of_kind(Kind::Door) {
        let one_way = web.links(door, "one_way").iter().any(|link| link.end == End::Value(Given::Bool(true)));
        for (from, early, origin) in web.ends(door, "from_zone") {
            for (to, late, _) in web.ends(door, "to_zone") {
                let Some(both) = early.meet(late).filter(|_| from != to) else { continue };
                web.add_ends(from, "adjacent", vec![(to, both, origin)]);
                if !one_way {
                    web.add_ends(to, "adjacent", vec![(from, both, origin)]);
                }
            }
        }
    }
}

/// Declared openings lead both ways; done before doors add those that may not.
fn openings(web: &mut Web) {
    inverse(web, Kind::Zone, "adjacent", "adjacent");
}

fn zone_assets(web: &mut Web) {
    for kind in Kind::ASSETS.iter().copied() {
        for device in web.of_kind(kind) {
            let Some(twin) = web.as_asset(device) else { continue };
            for (zone, validity, origin) in web.ends(device, "zone") {
                web.add_ends(zone, "assets", vec![(twin, validity, origin)]);
            }
        }
    }
}

fn members_of_sites(web: &mut Web) {
    for (kind, name) in [(Kind::Door, "doors"), (Kind::Partition, "partitions")] {
        for member in web.of_kind(kind) {
            for (site, validity, origin) in web.ends_over(member, "zones", "site") {
                web.add_ends(site, name, vec![(member, validity, origin)]);
            }
        }
    }
    for partition in web.of_kind(Kind::Partition) {
        for (panel, early, origin) in web.ends(partition, "panel") {
            for (site, late, _) in web.ends_over(panel, "zone", "site") {
                let both =
                    early.meet(late).map(|both| Link { end: End::Node(partition), validity: both, origin });
                both.into_iter().for_each(|link| web.add(site, "partitions", link));
            }
        }
    }
}
