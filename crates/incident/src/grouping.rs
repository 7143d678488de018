//! Which alerts belong together (design engine.md §2.5): the rule itself, as pure functions of a set of
//! alerts.
//!
//! [`edge`] says whether two alerts are linked, [`group`] what follows for a whole set, both as plainly as
//! they can be said. [`links`] says the same as `edge` in the form of keys: two alerts that are near each
//! other have an edge exactly if they share a key, so that the table finds edges through one list for each
//! key. Nothing here keeps state; the table does the same work step by step, and its tests compare it with
//! `group`.
//!
//! Hubs (a lobby, a NAT address, a guard's master badge) are a configured list. A live test such as "more
//! than so many alerts share it" would make the grouping depend on what came first.

use event::alert::{Alert, Entities, link_of_kind};
use event::field::Link;
use event::id::Id;
use event::kind::Kind;
use event::symbol::lower;
use event::time::{Duration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// What the rule takes from the configuration.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Spans of linked alerts lie at most this far apart.
    pub t_merge: Duration,
    /// Entities that count nowhere, by id.
    pub hubs: BTreeSet<Arc<str>>,
    /// How long after its ts a detection of a rule is decided, lateness apart. Where that is more than an
    /// hour, the alerts of the rule join incidents at that later time: nobody could have seen them with what
    /// happened at their ts. Rules that are not named are decided at once.
    pub decided: BTreeMap<Arc<str>, Duration>,
    /// The rules that absorb, by name.
    pub absorb: BTreeMap<Arc<str>, Absorb>,
    /// How large one incident may become.
    pub caps: Caps,
}

/// What a rule absorbs: alerts of these rules that begin in the span of one of its alerts and have the parts of its key
/// among their entities. They are its children, in one incident with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Absorb {
    /// The rules whose alerts become children.
    pub rules: BTreeSet<Arc<str>>,
    /// Of which kind each part of the key is.
    pub kinds: Vec<&'static str>,
}

/// How large one incident may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Alerts of one incident.
    pub alerts: usize,
    /// Time between the first and the last to join.
    pub span: Duration,
}

impl Default for Caps {
    fn default() -> Self {
        Caps { alerts: 500, span: Duration::from_secs(24 * 3_600) }
    }
}

impl Default for Rule {
    fn default() -> Self {
        Rule {
            t_merge: Duration::from_secs(15 * 60),
            hubs: BTreeSet::new(),
            decided: BTreeMap::new(),
            absorb: BTreeMap::new(),
            caps: Caps::default(),
        }
    }
}

/// An alert that is decided later than this after its ts joins incidents when it is decided.
const DECIDED_LATE: Duration = Duration::from_secs(3_600);

/// The place of an alert in the order in which alerts join incidents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    /// ts of its first detection, or when that was decided.
    pub at: Timestamp,
    /// Its id.
    pub id: Id,
}

impl Rule {
    /// The place of an alert.
    pub fn rank(&self, alert: &Alert) -> Rank {
        Rank { at: alert.first_at + self.delay(alert), id: alert.id }
    }

    /// Until when an alert reaches, as others see it that may join it.
    pub fn until(&self, alert: &Alert) -> Timestamp {
        end(alert) + self.delay(alert)
    }

    fn delay(&self, alert: &Alert) -> Duration {
        let decided = self.decided.get(&alert.rule).copied();
        decided.filter(|decided| *decided > DECIDED_LATE).unwrap_or_default()
    }
}

/// One incident of [`group`], as indices into the given alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// In the order of [`Rank`].
    pub members: Vec<usize>,
    /// Groups that a cap kept apart from this one, by their index in the result.
    pub related: Vec<usize>,
}

/// True for alerts that open or join incidents: of an active rule, no building block, and still there.
pub fn groups(alert: &Alert) -> bool {
    !alert.internal && !alert.trial && !alert.withdrawn && alert.merged_into.is_none()
}

/// True if two alerts are linked: same site, near each other, and sharing one strong entity or two weak ones.
pub fn edge(a: &Alert, b: &Alert, rule: &Rule) -> bool {
    groups(a) && groups(b) && a.site == b.site && near(a, b, rule) && shares_enough(a, b, &rule.hubs)
}

/// True if one alert may have another as its child, were there no other absorber.
pub fn takes(absorber: &Alert, child: &Alert, rule: &Rule) -> bool {
    let Some(absorb) = rule.absorb.get(&absorber.rule) else { return false };
    absorb.rules.contains(&child.rule)
        && groups(absorber)
        && groups(child)
        && absorber.site == child.site
        && !child.life_safety
        && (absorber.first_at..=end(absorber)).contains(&child.first_at)
        && absorb.kinds.len() == absorber.key.len()
        && absorb.kinds.iter().zip(&absorber.key).all(|(kind, (_, id))| names(child, kind, id))
}

/// Whether an entity of that kind is one of the alert's: its site is, said or not.
fn names(alert: &Alert, kind: &str, id: &str) -> bool {
    let same = |other: &str| lower(other) == lower(id);
    let listed = alert.entities.get(kind).is_some_and(|ids| ids.iter().any(|other| same(other)));
    listed || (kind == Kind::Site.name() && same(&alert.site))
}

/// Of those that may take it, the alert with the least (first_at, id).
pub fn absorber<'a>(child: &Alert, among: impl Iterator<Item = &'a Alert>, rule: &Rule) -> Option<&'a Alert> {
    among.filter(|alert| takes(alert, child, rule)).min_by_key(|alert| (alert.first_at, alert.id))
}

/// The ordered join of a whole set. Every alert, by [`Rank`], joins the part with the least first alert among
/// those that it has an edge to (a child has one to its absorber) and that have room for it; the other parts that it has an edge to are merged
/// into that one, in the order of their first alerts, as far as there is room. Parts that an edge touches and
/// a cap keeps apart are related. Groups come in the order of their first alerts.
pub fn group(alerts: &[&Alert], rule: &Rule) -> Vec<Group> {
    let mut order: Vec<usize> = (0..alerts.len()).filter(|&n| groups(alerts[n])).collect();
    order.sort_by_key(|&n| rule.rank(alerts[n]));
    let absorbers: Vec<Option<Id>> = alerts
        .iter()
        .map(|child| absorber(child, alerts.iter().copied(), rule).map(|alert| alert.id))
        .collect();
    let is_child =
        |a: usize, b: usize| absorbers[a] == Some(alerts[b].id) || absorbers[b] == Some(alerts[a].id);
    let linked = |a: usize, b: usize| edge(alerts[a], alerts[b], rule) || is_child(a, b);
    let edges: BTreeSet<(usize, usize)> = pairs(&order).filter(|&(a, b)| linked(a, b)).collect();
    let joined = |part: &Vec<usize>, n: usize| part.iter().any(|&m| edges.contains(&(m, n)));
    let mut parts: Vec<Vec<usize>> = Vec::new();
    for &n in &order {
        let room = |part: &Vec<usize>| {
            let span = rule.rank(alerts[n]).at - rule.rank(alerts[part[0]]).at;
            part.len() < rule.caps.alerts && span <= rule.caps.span
        };
        let touched: Vec<usize> = (0..parts.len()).filter(|&p| joined(&parts[p], n)).collect();
        let Some(&target) = touched.iter().find(|&&p| room(&parts[p])) else {
            parts.push(vec![n]);
            continue;
        };
        parts[target].push(n);
        // Parts before the target had no room for this alert; those after it begin later, so only their size
        // matters.
        for &other in touched.iter().filter(|&&p| p > target) {
            if parts[target].len() + parts[other].len() <= rule.caps.alerts {
                let members = std::mem::take(&mut parts[other]);
                parts[target].extend(members);
                parts[target].sort_by_key(|&m| rule.rank(alerts[m]));
            }
        }
        parts.retain(|part| !part.is_empty());
    }
    let crosses = |p: &[usize], q: &[usize]| {
        p.iter().any(|&a| q.iter().any(|&b| edges.contains(&(a, b)) || edges.contains(&(b, a))))
    };
    let apart = |p: usize, q: usize| p != q && crosses(&parts[p], &parts[q]);
    let related = |p: usize| (0..parts.len()).filter(|&q| apart(p, q)).collect();
    let related: Vec<Vec<usize>> = (0..parts.len()).map(related).collect();
    parts.into_iter().zip(related).map(|(members, related)| Group { members, related }).collect()
}

/// Each two, the earlier first.
fn pairs(order: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    order.iter().enumerate().flat_map(|(at, &later)| order[..at].iter().map(move |&earlier| (earlier, later)))
}

/// True if the spans of two alerts lie at most `t_merge` apart.
pub fn near(a: &Alert, b: &Alert, rule: &Rule) -> bool {
    let (earlier, later) = if rule.rank(a) <= rule.rank(b) { (a, b) } else { (b, a) };
    rule.rank(later).at <= rule.until(earlier) + rule.t_merge
}

/// End of an alert's span; never before its beginning.
pub fn end(alert: &Alert) -> Timestamp {
    alert.last_at.max(alert.first_at)
}

fn shares_enough(a: &Alert, b: &Alert, hubs: &BTreeSet<Arc<str>>) -> bool {
    let (a_ids, b_ids) = (Named::of(&a.entities, hubs), Named::of(&b.entities, hubs));
    if a_ids.strong.intersection(&b_ids.strong).next().is_some() {
        return true;
    }
    let shared: Vec<_> = a_ids.weak.intersection(&b_ids.weak).collect();
    // Every two alerts of a site share it: it says something only where no place inside it has been said
    // already.
    let site_counts = !hubs.contains(&a.site) && !shared.iter().any(|(kind, id)| lies_in_site(kind, id));
    shared.len() + usize::from(site_counts) >= 2
}

/// The keys of an alert: near alerts of one site share one exactly if [`edge`] holds. One key for each strong
/// entity; one for each weak entity that a site counts beside (with the site it makes two); one for each pair
/// of the other weak ones.
pub fn links(alert: &Alert, hubs: &BTreeSet<Arc<str>>) -> BTreeSet<Arc<str>> {
    let named = Named::of(&alert.entities, hubs);
    let mut keys: BTreeSet<Arc<str>> =
        named.strong.iter().map(|(kind, id)| Arc::from(format!("{kind}\u{1f}{id}"))).collect();
    let beside_site = |(kind, id): &(&str, &str)| !hubs.contains(&alert.site) && !lies_in_site(kind, id);
    let (alone, paired): (Vec<_>, Vec<_>) = named.weak.into_iter().partition(beside_site);
    keys.extend(alone.iter().map(|(kind, id)| Arc::from(format!("{kind}\u{1f}{id}"))));
    for (at, (kind, id)) in paired.iter().enumerate() {
        for (kind_2, id_2) in &paired[at + 1..] {
            keys.insert(Arc::from(format!("{kind}\u{1f}{id}\u{1e}{kind_2}\u{1f}{id_2}")));
        }
    }
    keys
}

/// The entities that two or more of these alerts share and that link, by kind: what an officer is told as the
/// reason.
pub fn shared<'a>(alerts: impl IntoIterator<Item = &'a Alert>, hubs: &BTreeSet<Arc<str>>) -> Entities {
    let mut seen: BTreeMap<(&'static str, Arc<str>), usize> = BTreeMap::new();
    for alert in alerts {
        for (kind, ids) in &alert.entities {
            let counts = link_of_kind(kind) != Link::None && *kind != Kind::Site.name();
            for id in ids.iter().filter(|id| counts && !hubs.contains(*id)) {
                *seen.entry((kind, id.clone())).or_default() += 1;
            }
        }
    }
    let mut shared = Entities::new();
    for ((kind, id), _) in seen.into_iter().filter(|(_, alerts)| *alerts > 1) {
        shared.entry(kind).or_default().insert(id);
    }
    shared
}

/// The entities of an alert that count, by strength, each with its kind.
struct Named<'a> {
    strong: BTreeSet<(&'static str, &'a str)>,
    weak: BTreeSet<(&'static str, &'a str)>,
}

impl<'a> Named<'a> {
    fn of(entities: &'a Entities, hubs: &BTreeSet<Arc<str>>) -> Self {
        let mut named = Named { strong: BTreeSet::new(), weak: BTreeSet::new() };
        for (kind, ids) in entities {
            let ids = ids.iter().filter(|id| !hubs.contains(*id)).map(|id| &**id);
            match link_of_kind(kind) {
                Link::Strong => named.strong.extend(ids.map(|id| (*kind, id))),
                // An alert's own site is known without its entities; another site is no place that it lies
                // in.
                Link::Weak if *kind != Kind::Site.name() => named.weak.extend(ids.map(|id| (*kind, id))),
                Link::Weak | Link::None => {}
            }
        }
        named
    }
}

/// True for weak entities that already say the site: a zone, and an address that only means something inside
/// it.
fn lies_in_site(kind: &str, id: &str) -> bool {
    kind == Kind::Zone.name() || (kind == "ip" && is_private(id))
}

/// True for addresses that name another machine at another site.
fn is_private(id: &str) -> bool {
    match id.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests;
