//! Which alerts make one incident (engine.md §2.5), by looking at all pairs.

use crate::{Part, Settings, absorb};
use event::alert::{Alert, link_of_kind};
use event::field::Link;
use event::id::Id;
use event::time::{Duration, Timestamp};
use rules::tree::RuleSet;
use site::SiteModel;
use std::collections::BTreeSet;
use std::net::IpAddr;

const ALERTS_MAX: usize = 500;
const LENGTH_MAX: Duration = Duration::from_secs(24 * 3_600);
const HOUR: Duration = Duration::from_secs(3_600);

/// An alert with the span in which it joins others.
struct Member<'a> {
    alert: &'a Alert,
    from: Timestamp,
    to: Timestamp,
    /// Whose child it is.
    absorber: Option<Id>,
}

/// Alerts that are together so far, by index.
struct Group {
    members: Vec<usize>,
}

/// The settled incidents of these alerts.
pub(crate) fn parts(
    rules: &RuleSet,
    site: &SiteModel,
    alerts: &[Alert],
    settings: &Settings<'_>,
) -> Vec<Part> {
    let mut members: Vec<Member<'_>> =
        alerts.iter().filter(|a| !a.internal && !a.trial).map(|alert| member(rules, alerts, alert)).collect();
    members.sort_by_key(|member| (member.from, member.alert.id));
    let mut groups: Vec<Group> = Vec::new();
    let mut apart: Vec<(usize, usize)> = Vec::new();
    for new in 0..members.len() {
        join(&members, site, settings.t_merge, new, &mut groups, &mut apart);
    }
    let canonical = |group: &Group| {
        let least = group.members.iter().map(|&m| members[m].alert).min_by_key(|a| (a.first_at, a.id));
        settings.ids.incident(least.map(|a| a.id).unwrap_or_default(), 1)
    };
    let group_of = |m: usize| groups.iter().position(|g| g.members.contains(&m));
    let mut parts: Vec<Part> = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        let mut ours: Vec<&Alert> = group.members.iter().map(|&m| members[m].alert).collect();
        ours.sort_by_key(|a| (a.first_at, a.id));
        let others = apart.iter().flat_map(|&(a, b)| {
            let (a, b) = (group_of(a), group_of(b));
            if a == Some(at) {
                b
            } else if b == Some(at) {
                a
            } else {
                None
            }
        });
        let related: BTreeSet<_> = others.filter(|&o| o != at).map(|o| canonical(&groups[o])).collect();
        parts.push(Part {
            canonical: canonical(group),
            alerts: ours.iter().map(|a| a.id).collect(),
            related: related.into_iter().collect(),
        });
    }
    parts.sort();
    parts
}

/// Where an alert is decided more than an hour after its ts, it joins at its decided instant.
fn member<'a>(rules: &RuleSet, alerts: &[Alert], alert: &'a Alert) -> Member<'a> {
    let rule = rules.rules.iter().find(|rule| rule.name == alert.rule);
    let later = rule.map(|rule| rule.decided).filter(|&d| d > HOUR).unwrap_or(Duration::ZERO);
    let absorber = absorb::absorber(rules, alerts, alert);
    Member { alert, from: alert.first_at + later, to: alert.last_at + later, absorber }
}

/// `new` joins the open group, among those that it has an edge to, with the least first alert; the others are
/// merged into it. What the bounds keep apart is noted as a pair of members.
fn join(
    members: &[Member<'_>],
    site: &SiteModel,
    t_merge: Duration,
    new: usize,
    groups: &mut Vec<Group>,
    apart: &mut Vec<(usize, usize)>,
) {
    let touches =
        |group: &Group| group.members.iter().any(|&m| edge(&members[m], &members[new], t_merge, site));
    let (mut touched, rest): (Vec<Group>, Vec<Group>) = groups.drain(..).partition(touches);
    *groups = rest;
    touched.sort_by_key(|group| group.members.iter().min().copied());
    let mut home = Group { members: vec![new] };
    for other in touched {
        if fits(members, &home, &other) {
            home.members.extend(other.members);
        } else {
            apart.push((new, other.members[0]));
            groups.push(other);
        }
    }
    groups.push(home);
}

fn fits(members: &[Member<'_>], a: &Group, b: &Group) -> bool {
    let both = || a.members.iter().chain(&b.members);
    let first = both().map(|&m| members[m].from).min();
    let last = both().map(|&m| members[m].from).max();
    let long = first.zip(last).is_some_and(|(first, last)| last - first > LENGTH_MAX);
    both().count() <= ALERTS_MAX && !long
}

/// They share enough, and their spans lie close; or one has the other as its child: children "stay alerts of the
/// absorber's incident, incidents of their own are `merged` into it" (language.md §4.2).
fn edge(a: &Member<'_>, b: &Member<'_>, t_merge: Duration, site: &SiteModel) -> bool {
    if a.absorber == Some(b.alert.id) || b.absorber == Some(a.alert.id) {
        return true;
    }
    let near = a.from - b.to <= t_merge && b.from - a.to <= t_merge;
    near && a.alert.site == b.alert.site && shares_enough(a.alert, b.alert, site)
}

/// One strong entity or two weak ones. A site counts beside no shared zone and no private address.
fn shares_enough(a: &Alert, b: &Alert, site: &SiteModel) -> bool {
    let mut weak = 0;
    let mut site_counts = true;
    for (kind, ids) in &a.entities {
        let Some(others) = b.entities.get(kind) else { continue };
        for id in ids.intersection(others).filter(|id| !site.is_hub(id)) {
            match link_of_kind(kind) {
                Link::Strong => return true,
                Link::Weak if *kind == "site" => {}
                Link::Weak => {
                    weak += 1;
                    site_counts &= *kind != "zone" && !is_private(id);
                }
                Link::None => {}
            }
        }
    }
    let same_site = !a.site.is_empty() && a.site == b.site && !site.is_hub(&a.site);
    weak + usize::from(same_site && site_counts) >= 2
}

/// An address that means another machine at another site.
fn is_private(id: &str) -> bool {
    match id.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local(),
        Err(_) => false,
    }
}
