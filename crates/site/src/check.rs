//! Whether a model holds together: every finding is said, and errors keep the model from being used.
//!
//! Worlds of rule tests are checked for contradictions only: they hold what a test is about, and leave out the rest.

use crate::draft::{Entity, Given};
use crate::problem::{Origin, Problems, did_you_mean, words};
use crate::validity::Validity;
use crate::web::{End, Link, Web};
use event::kind::Kind;
use event::relation::{self, Target, VALUES_MAX};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds that exist by being named: nobody keeps a section of plates, or of the areas that zones name.
const BY_NAME: &[Kind] = &[Kind::Area, Kind::Credential, Kind::Account, Kind::Guard, Kind::Plate];

/// Finding a near id costs a walk over all of them.
const SUGGESTIONS_MAX: usize = 50;

/// No id twice at one time.
pub(crate) fn duplicates(web: &Web, problems: &mut Problems) {
    for spot in &web.spots {
        for (at, (validity, origin)) in spot.declared.iter().enumerate() {
            if spot.declared[..at].iter().any(|(earlier, _)| earlier.overlaps(*validity)) {
                let message = format!("{} `{}` has two entries for one time", spot.kind.name(), spot.id);
                let help = "remove one, or part them by `valid_from` and `valid_to`";
                problems.error("SM008", *origin, words(message, "one entry for each time", help));
            }
        }
    }
}

/// Every entity that is named has an entry while it is.
pub(crate) fn dangling(entities: &[Entity], web: &Web, problems: &mut Problems) {
    let mut suggestions = SUGGESTIONS_MAX;
    for entity in entities {
        for fact in &entity.facts {
            if let Given::Entity(kind, id) = &fact.value {
                let from = format!("{} `{}`", entity.kind.name(), entity.id);
                let reference =
                    Reference { from, name: fact.name, kind: *kind, id, validity: entity.validity };
                reference.check(web, fact.origin, &mut suggestions, problems);
            }
        }
    }
}

/// One naming of an entity.
pub(crate) struct Reference<'a> {
    pub from: String,
    pub name: &'a str,
    pub kind: Kind,
    pub id: &'a str,
    pub validity: Validity,
}

impl Reference<'_> {
    pub fn check(&self, web: &Web, origin: Origin, suggestions: &mut usize, problems: &mut Problems) {
        if BY_NAME.contains(&self.kind) || self.name == "parent" {
            return;
        }
        let (kind, id) = (self.kind.name(), self.id);
        let entries = entries(web, self.kind, id);
        if entries.is_empty() {
            let message = format!("{} names {kind} `{id}` as `{}`, and there is none", self.from, self.name);
            let help = self.cure(web, suggestions);
            problems.error("SM009", origin, words(message, format!("an entry for {kind} `{id}`"), help));
        } else if !entries.iter().any(|validity| validity.overlaps(self.validity)) {
            let message = format!(
                "{} names {kind} `{id}` as `{}`, which has no entry at that time",
                self.from, self.name
            );
            let help = "mend `valid_from` and `valid_to` of one of them";
            problems.error("SM009", origin, words(message, "entries that hold at the same time", help));
        }
    }

    fn cure(&self, web: &Web, suggestions: &mut usize) -> String {
        let otherwise = format!("add {{id: {}}} to its section", self.id);
        if *suggestions == 0 {
            return otherwise;
        }
        *suggestions -= 1;
        let kinds = if self.kind == Kind::Asset { Kind::ASSETS } else { std::slice::from_ref(&self.kind) };
        let spots =
            kinds.iter().flat_map(|kind| web.of_kind(*kind)).map(|number| &web.spots[number as usize]);
        did_you_mean(
            self.id,
            spots.filter(|spot| !spot.declared.is_empty()).map(|spot| spot.id.as_str()),
            &otherwise,
        )
    }
}

/// When there is an entry; a device of any kind is an asset, and an asset may be called by what it is.
fn entries(web: &Web, kind: Kind, id: &str) -> Vec<Validity> {
    let all =
        if kind == Kind::Asset || kind == Kind::Host { Kind::ASSETS } else { std::slice::from_ref(&kind) };
    let spots = all.iter().filter_map(|kind| web.number(*kind, id)).map(|number| &web.spots[number as usize]);
    spots.flat_map(|spot| spot.declared.iter().map(|(validity, _)| *validity)).collect()
}

/// What has one value has one value at a time. Shared credentials and accounts have no person, which is no mistake.
pub(crate) fn one_value(web: &mut Web, problems: &mut Problems) {
    let mut shared = BTreeSet::new();
    for (from, name, links) in web.all() {
        let kind = web.kind(from);
        let one = crate::lower::property(kind, name).is_some_and(|property| !property.many);
        let Some(second) = contradiction(links).filter(|_| one) else { continue };
        let id = &web.spots[from as usize].id;
        if name == "person" {
            shared.insert(from);
            let message = format!("{} `{id}` belongs to several people", kind.name());
            let help = "nothing, if it is shared: then it stands for nobody";
            problems.warning("SM053", second, words(message, "one person", help));
        } else {
            let message = format!("{} `{id}` has two `{name}` at one time", kind.name());
            let help = "remove one of them; the other side of the relation may say it too";
            problems.error("SM014", second, words(message, "one", help));
        }
    }
    shared.into_iter().for_each(|from| web.clear(from, "person"));
}

/// Where a second value is said for a time that has one.
fn contradiction(links: &[Link]) -> Option<Origin> {
    let second = links.iter().enumerate().find(|(at, link)| {
        links[..*at].iter().any(|old| old.end != link.end && old.validity.overlaps(link.validity))
    });
    second.map(|(_, link)| link.origin)
}

/// Parents that lead back to where they start.
pub(crate) fn parents(web: &Web, problems: &mut Problems) {
    for zone in web.of_kind(Kind::Zone) {
        let id = &web.spots[zone as usize].id;
        let own =
            web.ends(zone, "areas").into_iter().find(|(area, _, _)| web.spots[*area as usize].id == *id);
        if let Some((_, _, origin)) = own {
            let message = format!("zone `{id}` lies in itself");
            problems.error(
                "SM015",
                origin,
                words(message, "parents without a circle", "take one `parent` away"),
            );
        }
    }
}

/// What is probably not meant.
pub(crate) fn doubts(web: &Web, problems: &mut Problems) {
    let several_sites = web.of_kind(Kind::Site).len() > 1;
    for (number, spot) in (0u32..).zip(&web.spots) {
        let Some((_, origin)) = spot.declared.first() else { continue };
        let without = |name: &str| web.links(number, name).is_empty();
        let doubt = match spot.kind {
            Kind::Door if without("to_zone") => ("SM050", "door", "`to_zone`", "events of it have no zone"),
            Kind::Sensor if without("zone") && without("partition") => {
                ("SM058", "sensor", "`zone` or `partition`", "events of it have neither")
            }
            Kind::Camera if without("views") && without("zone") => {
                ("SM059", "camera", "`views`", "events of it have no zone")
            }
            Kind::Zone if several_sites && without("site") => {
                ("SM057", "zone", "`site`", "say which site it is in")
            }
            Kind::Site if without("time_zone") => ("SM051", "site", "`time_zone`", "UTC is taken"),
            _ => continue,
        };
        let (code, kind, expected, help) = doubt;
        let message = format!("{kind} `{}` has no {expected}", spot.id);
        problems.warning(code, *origin, words(message, expected, help));
    }
}

/// Two devices under one id are one asset, which is seldom meant.
pub(crate) fn twins(web: &Web, problems: &mut Problems) {
    let devices = Kind::ASSETS.iter().filter(|kind| !matches!(kind, Kind::Asset | Kind::Host));
    let mut seen: BTreeMap<&str, Kind> = BTreeMap::new();
    for spot in devices.flat_map(|kind| web.of_kind(*kind)).map(|number| &web.spots[number as usize]) {
        let Some((_, origin)) = spot.declared.first() else { continue };
        if let Some(other) = seen.insert(&spot.id, spot.kind) {
            let message = format!("`{}` is a {} and a {}", spot.id, other.name(), spot.kind.name());
            let help = "devices share the ids of assets: give one of them another id";
            problems.warning("SM054", *origin, words(message, "an id for each device", help));
        }
    }
}

/// Relations that a key cuts: one finding for each, with the worst case.
pub(crate) fn crowds(web: &Web, problems: &mut Problems) {
    let mut worst: BTreeMap<(Kind, &str), (usize, u32, Origin, usize)> = BTreeMap::new();
    for (from, name, links) in web.all() {
        let kind = web.kind(from);
        let relation = relation::of(kind, name).filter(|def| def.many && matches!(def.to, Target::Entity(_)));
        let ends: BTreeSet<u32> = web.ends(from, name).into_iter().map(|(to, _, _)| to).collect();
        if relation.is_none() || kind == Kind::Site || ends.len() <= VALUES_MAX {
            continue;
        }
        let origin = links.first().map_or(crate::read::NOWHERE, |link| link.origin);
        let entry = worst.entry((kind, name)).or_insert((0, from, origin, 0));
        entry.3 += 1;
        if ends.len() > entry.0 {
            (entry.0, entry.1, entry.2) = (ends.len(), from, origin);
        }
    }
    for ((kind, name), (most, from, origin, how_many)) in worst {
        let (kind, id) = (kind.name(), &web.spots[from as usize].id);
        let message = format!("{kind} `{id}` has {most} `{name}`, the most of {how_many} over the limit");
        let help = format!("a key takes the first {VALUES_MAX} by id; where all are meant use `for each`");
        problems.warning("SM052", origin, words(message, format!("at most {VALUES_MAX}"), help));
    }
}

/// A door's schedule is a calendar.
pub(crate) fn schedules(web: &Web, calendars: &BTreeSet<&str>, problems: &mut Problems) {
    for door in web.of_kind(Kind::Door) {
        for link in web.links(door, "schedule") {
            let End::Value(Given::Text(name)) = &link.end else { continue };
            if !calendars.contains(name.as_str()) {
                let message = format!(
                    "door `{}` has schedule `{name}`, and there is no such calendar",
                    web.spots[door as usize].id
                );
                let help = did_you_mean(name, calendars.iter().copied(), "add it to `calendars`");
                problems.warning("SM056", link.origin, words(message, "the id of a calendar", help));
            }
        }
    }
}
