//! From a draft to a model: understand, connect, check, freeze.

use crate::address::{Prefixes, is_private};
use crate::calendar::{self, Calendar};
use crate::constant::{Net, fold};
use crate::draft::{Draft, Entity, Given};
use crate::graph::Graph;
use crate::login::Logins;
use crate::model::{Held, Other, Parts, Site, SiteModel};
use crate::problem::{Origin, Problems, did_you_mean, words};
use crate::read::NOWHERE;
use crate::validity::Validity;
use crate::web::{End, Web};
use crate::{check, derive, lower};
use event::kind::Kind;
use event::symbol::{Symbol, SymbolKey};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

/// How much a model has to say by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything that it names has an entry.
    Whole,
    /// It holds what a rule test is about.
    World,
}

/// What a model is built with.
pub(crate) struct Setting {
    pub key: SymbolKey,
    pub scope: Scope,
    /// Of sites that say none.
    pub zone: TimeZone,
    pub hash: [u8; 16],
}

/// Builds the model, unless there is an error.
pub(crate) fn build(draft: Draft, setting: Setting, problems: &mut Problems) -> Option<SiteModel> {
    let entities: Vec<Entity> = draft.entities.iter().map(|entry| lower::entity(entry, problems)).collect();
    let mut web = Web::of(&entities);
    check::duplicates(&web, problems);
    derive::all(&mut web);
    check::one_value(&mut web, problems);
    check::parents(&web, problems);
    if setting.scope == Scope::Whole {
        check_whole(&draft, &entities, &web, problems);
    }
    let sites = sites(&web, &setting, problems);
    let addresses = addresses(&web, setting.key, problems);
    let aliases = aliases(&draft, &web, setting.key, problems);
    let calendars = calendars(draft.calendars, &web, problems);
    let lists = lists(draft.lists, problems);
    if problems.any_error() {
        return None;
    }
    let symbol = |text: &str| setting.key.symbol(&fold(text));
    Some(SiteModel::of(Parts {
        graph: Graph::of(&web, setting.key),
        logins: Logins::of(&web, setting.key),
        hubs: draft.hubs.iter().map(|hub| (symbol(&hub.text), fold(&hub.text))).collect(),
        clock_errors: draft
            .clock_errors
            .iter()
            .map(|(source, error)| (symbol(&source.text), *error))
            .collect(),
        key: setting.key,
        hash: setting.hash,
        zone: setting.zone,
        sites,
        addresses,
        aliases,
        calendars,
        lists,
    }))
}

fn check_whole(draft: &Draft, entities: &[Entity], web: &Web, problems: &mut Problems) {
    check::dangling(entities, web, problems);
    check::doubts(web, problems);
    check::twins(web, problems);
    check::crowds(web, problems);
    let calendars: BTreeSet<&str> =
        draft.calendars.iter().map(|calendar| calendar.what.id.as_str()).collect();
    check::schedules(web, &calendars, problems);
    for hub in &draft.hubs {
        let id = fold(&hub.text);
        let known = Kind::ALL.iter().any(|kind| web.number(*kind, &id).is_some());
        if !known && crate::constant::net(&id).is_none() {
            let ids = web.spots.iter().map(|spot| spot.id.as_str()).take(10_000);
            let help = did_you_mean(&id, ids, "remove it");
            let message = format!("hub `{id}` is no entity of the model");
            problems.warning("SM055", hub.origin, words(message, "an id or an address", help));
        }
    }
}

fn sites(web: &Web, setting: &Setting, problems: &mut Problems) -> Vec<Site> {
    let mut sites = Vec::new();
    for number in web.of_kind(Kind::Site) {
        let spot = &web.spots[number as usize];
        let mut site = Site {
            id: spot.id.clone(),
            written: spot.written.clone(),
            partition: None,
            zone: setting.zone.clone(),
        };
        for link in web.links(number, "partition") {
            if let End::Value(Given::Int(partition)) = link.end {
                site.partition = u32::try_from(partition).ok();
            }
        }
        for link in web.links(number, "time_zone") {
            let End::Value(Given::Text(name)) = &link.end else { continue };
            match calendar::zone(name) {
                Some(zone) => site.zone = zone,
                None => no_zone(name, link.origin, problems),
            }
        }
        sites.push(site);
    }
    sites
}

fn no_zone(name: &str, origin: Origin, problems: &mut Problems) {
    let message = format!("no time zone `{name}`");
    problems.error("SM018", origin, words(message, "an IANA name such as Europe/Paris", "mend the name"));
}

/// Who holds which address, at which site, from when until when.
fn addresses(web: &Web, key: SymbolKey, problems: &mut Problems) -> Prefixes<Held> {
    let mut addresses = Prefixes::default();
    let mut known: BTreeMap<Net, Vec<Held>> = BTreeMap::new();
    for device in Kind::ASSETS.iter().flat_map(|kind| web.of_kind(*kind)) {
        let Some(asset) = web.as_asset(device) else { continue };
        for link in web.links(device, "ips") {
            let End::Value(Given::Net(net)) = link.end else { continue };
            for held in places(web, device, asset, link.validity, key) {
                let others = known.entry(net).or_default();
                if let Some(other) = others.iter().find(|other| other.contradicts(&held, net)) {
                    let ids = [other.asset, asset].map(|asset| web.spots[asset as usize].id.as_str());
                    let message =
                        format!("assets `{}` and `{}` hold {} at one time", ids[0], ids[1], shown(net));
                    let help = "remove one, or part them by `valid_from` and `valid_to`";
                    problems.error("SM013", link.origin, words(message, "one holder of an address", help));
                }
                others.push(held);
                addresses.insert(net, held);
            }
        }
    }
    addresses
}

/// One entry for each site that the device is in while it holds the address.
fn places(web: &Web, device: u32, asset: u32, validity: Validity, key: SymbolKey) -> Vec<Held> {
    let mut held = Vec::new();
    for number in [device, asset] {
        for (site, at_site, _) in web.ends_over(number, "zone", "site") {
            let site = Some(key.symbol(&web.spots[site as usize].id));
            held.extend(validity.meet(at_site).map(|validity| Held { asset, site, validity }));
        }
        if !held.is_empty() {
            return held;
        }
    }
    vec![Held { asset, site: None, validity }]
}

impl Held {
    /// Two sites may use one private address.
    fn contradicts(&self, other: &Held, net: Net) -> bool {
        let apart =
            is_private(net.addr()) && self.site != other.site && self.site.is_some() && other.site.is_some();
        self.asset != other.asset && self.validity.overlaps(other.validity) && !apart
    }
}

fn shown(net: Net) -> String {
    match (crate::constant::single(net), net.addr().to_ipv4_mapped()) {
        (Some(ip), _) => event::value::display_ip(ip).to_string(),
        (None, Some(v4)) => format!("{v4}/{}", net.prefix_len().saturating_sub(96)),
        (None, None) => net.to_string(),
    }
}

type Aliases = BTreeMap<(Symbol, Symbol), Vec<Other>>;

fn aliases(draft: &Draft, web: &Web, key: SymbolKey, problems: &mut Problems) -> Aliases {
    let mut aliases = Aliases::new();
    let mut suggestions = 10;
    for alias in &draft.aliases {
        let id = crate::constant::fold_id(alias.kind, &alias.id.text);
        let from = format!("alias `{}` of `{}`", alias.native, alias.source.text);
        let reference =
            check::Reference { from, name: "entity", kind: alias.kind, id: &id, validity: alias.validity };
        reference.check(web, alias.id.origin, &mut suggestions, problems);
        let symbols = (key.symbol(&fold(&alias.source.text)), key.symbol(&fold(&alias.native)));
        let others = aliases.entry(symbols).or_default();
        let other = Other { kind: alias.kind, id, validity: alias.validity };
        let same = |old: &&Other| (old.kind, &old.id) == (other.kind, &other.id);
        if let Some(old) = others.iter().find(|old| old.validity.overlaps(other.validity) && !same(old)) {
            let (one, two) = ((old.kind.name(), &old.id), (other.kind.name(), &other.id));
            let message = format!(
                "`{}` of `{}` stands for {} `{}` and {} `{}` at one time",
                alias.native, alias.source.text, one.0, one.1, two.0, two.1
            );
            let help = "part them by `valid_from` and `valid_to`, or remove one";
            problems.error("SM012", alias.source.origin, words(message, "one entity for each time", help));
        }
        others.push(other);
    }
    aliases
}

fn calendars(
    placed: Vec<crate::draft::Placed<Calendar>>,
    web: &Web,
    problems: &mut Problems,
) -> BTreeMap<String, Vec<Calendar>> {
    let mut calendars: BTreeMap<String, Vec<Calendar>> = BTreeMap::new();
    for calendar in placed {
        let (origin, calendar) = (calendar.origin, calendar.what);
        if let Some(site) = &calendar.site {
            let from = format!("calendar `{}`", calendar.id);
            let reference = check::Reference {
                from,
                name: "site",
                kind: Kind::Site,
                id: site,
                validity: calendar.validity,
            };
            reference.check(web, origin, &mut 0, problems);
        }
        let same = calendars.entry(calendar.id.clone()).or_default();
        if same.iter().any(|old| old.site == calendar.site && old.validity.overlaps(calendar.validity)) {
            let message = format!("calendar `{}` has two entries for one time", calendar.id);
            let help = "remove one, part them by `valid_from` and `valid_to`, or give each a `site`";
            problems.error("SM008", origin, words(message, "one entry for each time and site", help));
        }
        same.push(calendar);
    }
    calendars
}

fn lists(
    placed: Vec<crate::draft::Placed<crate::list::List>>,
    problems: &mut Problems,
) -> BTreeMap<String, crate::list::List> {
    let mut lists = BTreeMap::new();
    for list in placed {
        let id = list.what.id.clone();
        if lists.insert(id.clone(), list.what).is_some() {
            let help = "join them; entries may say `from` and `until`";
            problems.error(
                "SM008",
                list.origin,
                words(format!("list `{id}` stands twice"), "one list of a name", help),
            );
        }
    }
    lists
}

/// A name of a zone that stands for the whole model.
pub(crate) fn zone_or_utc(name: Option<&str>, problems: &mut Problems) -> TimeZone {
    let Some(name) = name else { return TimeZone::UTC };
    calendar::zone(name).unwrap_or_else(|| {
        no_zone(name, NOWHERE, problems);
        TimeZone::UTC
    })
}
