//! The alerts of one site and the parts they form, kept up to date alert by alert.
//!
//! The definition (`grouping::group`) takes alerts in the order of [`Rank`] and decides for each which part
//! it joins and which parts it merges. A board keeps these decisions in a form that can be taken back. When
//! an alert comes, changes or goes, the later decisions of its edge-connected component are taken back, the
//! greatest first, and made again, the least first; all others stand. So the result is the one that the
//! definition gives for the set as it is now.
//!
//! Edges are never listed, but for those of children to their absorbers, which no key says. Alerts stand in one list for each of their keys (`grouping::links`), by rank; who
//! is near in a list is linked. A board knows no clock and no documents.

mod absorbing;

use crate::grouping::{Rank, Rule, links};
use event::alert::Alert;
use event::id::Id;
use event::time::{Duration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// With so few later alerts it costs less to decide them all again than to look which of them are concerned.
const FEW: usize = if cfg!(test) { 2 } else { 32 };

/// The alerts of one site.
#[derive(Debug, Default)]
pub(super) struct Board {
    nodes: BTreeMap<Rank, Node>,
    lists: BTreeMap<Arc<str>, List>,
    parts: BTreeMap<Rank, BTreeSet<Rank>>,
    /// Alerts of rules that absorb.
    absorbing: BTreeSet<Rank>,
}

/// An alert and the decision that was made about it.
#[derive(Debug)]
struct Node {
    alert: Arc<Alert>,
    links: BTreeSet<Arc<str>>,
    /// End of the span in which it joins others; its rank is the beginning.
    until: Timestamp,
    /// First alert of the part it is in; none while its decision is taken back.
    part: Option<Rank>,
    /// Parts that were merged into its part because of it.
    merged: Vec<BTreeSet<Rank>>,
    /// One alert of each part that it has an edge to and that a cap kept apart from its own.
    apart: BTreeSet<Rank>,
    /// The alerts that name this one in `apart`.
    apart_of: BTreeSet<Rank>,
    /// Least alerts of retired parts that were related because of it.
    retired: BTreeSet<Id>,
    /// Whose child it is, and its own children.
    absorber: Option<Rank>,
    children: BTreeSet<Rank>,
}

/// The alerts that share one key, by rank.
#[derive(Debug, Default)]
struct List {
    entries: BTreeMap<Rank, Entry>,
    /// No span of the list has been longer: how far back a look for neighbours must go.
    longest: Duration,
}

/// What a look along a list must know of an alert. The part is that of its node: reading it here keeps the
/// look local, which counts when thousands of alerts share one key.
#[derive(Clone, Copy, Debug)]
struct Entry {
    end: Timestamp,
    part: Option<Rank>,
}

/// A run of a list: its alerts follow each other so closely that they are connected.
type Run = BTreeSet<Rank>;

impl Board {
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// First alerts of all parts.
    pub(super) fn parts(&self) -> impl Iterator<Item = Rank> {
        self.parts.keys().copied()
    }

    /// The alerts of a part, by (first_at, id); none if no part begins with that rank.
    pub(super) fn alerts(&self, part: Rank) -> Option<Vec<&Arc<Alert>>> {
        let members = self.parts.get(&part)?;
        let mut alerts: Vec<&Arc<Alert>> = members.iter().map(|rank| &self.nodes[rank].alert).collect();
        alerts.sort_by_key(|alert| (alert.first_at, alert.id));
        Some(alerts)
    }

    /// Its alert with the least (first_at, id), which names it in every run.
    fn least_alert(&self, part: Rank) -> Id {
        let alerts = self.members(part).map(|rank| self.alert(rank));
        alerts.map(|alert| (alert.first_at, alert.id)).min().map_or(part.id, |(_, id)| id)
    }

    /// An alert that is on the board.
    pub(super) fn alert(&self, rank: Rank) -> &Alert {
        &self.nodes[&rank].alert
    }

    /// The part of an alert.
    pub(super) fn part_of(&self, rank: Rank) -> Option<Rank> {
        self.nodes.get(&rank)?.part
    }

    /// Ids of the least alerts of the parts that a cap keeps apart from this one.
    pub(super) fn related(&self, part: Rank) -> BTreeSet<Id> {
        let retired = self.members(part).flat_map(|rank| &self.nodes[&rank].retired).copied();
        self.related_parts(part).into_iter().map(|other| self.least_alert(other)).chain(retired).collect()
    }

    /// Replaces one alert of the set by another; either may be missing. Returns the parts, old and new, that
    /// may be other ones now, by their first ranks.
    pub(super) fn change(
        &mut self,
        old: Option<Rank>,
        new: Option<Arc<Alert>>,
        rule: &Rule,
    ) -> BTreeSet<Rank> {
        match rule.absorb.is_empty() {
            true => self.replace(old, new, rule),
            false => self.change_among_absorbers(old, new, rule),
        }
    }

    /// The same; children keep their absorbers.
    fn replace(&mut self, old: Option<Rank>, new: Option<Arc<Alert>>, rule: &Rule) -> BTreeSet<Rank> {
        let new = new.map(|alert| (links(&alert, &rule.hubs), alert));
        if let (Some(rank), Some((keys, alert))) = (old, &new)
            && self.keeps_edges(rank, keys, alert, rule)
        {
            let (keys, alert) = new.expect("matched above");
            self.unlist(rank);
            self.write(rank, alert, keys, rule);
            return self.part_of(rank).into_iter().collect();
        }
        self.regroup(old, new, rule)
    }

    /// Forgets a part whole. Parts that it was related to keep its name.
    pub(super) fn retire(&mut self, part: Rank) {
        let members: Vec<Rank> = self.members(part).collect();
        let least = self.least_alert(part);
        for &rank in &members {
            self.unlist(rank);
            let node = &self.nodes[&rank];
            let (earlier, later) = (node.apart.clone(), node.apart_of.clone());
            for other in earlier.union(&later) {
                let other = self.nodes.get_mut(other).expect("related alerts are on the board");
                other.apart.remove(&rank);
                other.apart_of.remove(&rank);
                other.retired.insert(least);
            }
        }
        for rank in &members {
            self.part_from_family(*rank);
        }
        for rank in &members {
            self.nodes.remove(rank);
        }
        self.parts.remove(&part);
    }

    /// True if putting this alert into the place of the old one changes no edge and no order.
    fn keeps_edges(&self, rank: Rank, keys: &BTreeSet<Arc<str>>, alert: &Alert, rule: &Rule) -> bool {
        let Some(node) = self.nodes.get(&rank).filter(|_| rank == rule.rank(alert)) else { return false };
        let ends = (node.until.min(rule.until(alert)), node.until.max(rule.until(alert)));
        let alone = |key: &Arc<str>| self.near(key, rank, ends.1, rule).all(|(other, _)| *other == rank);
        // An end that moves changes edges only with alerts that begin between its two reaches.
        let undisturbed = |key: &Arc<str>| {
            let list = self.lists.get(key);
            list.is_none_or(|list| {
                list.begins_between(ends.0 + rule.t_merge, ends.1 + rule.t_merge).all(|r| r == rank)
            })
        };
        node.links.symmetric_difference(keys).all(alone) && node.links.intersection(keys).all(undisturbed)
    }

    fn regroup(
        &mut self,
        old: Option<Rank>,
        new: Option<(BTreeSet<Arc<str>>, Arc<Alert>)>,
        rule: &Rule,
    ) -> BTreeSet<Rank> {
        let new_rank = new.as_ref().map(|(_, alert)| rule.rank(alert));
        let Some(from) = old.into_iter().chain(new_rank).min() else { return BTreeSet::new() };
        let mut concerned = old.map_or_else(BTreeSet::new, |rank| self.component_from(rank, from, rule));
        if let Some(rank) = old {
            self.unlist(rank);
        }
        if let Some((keys, alert)) = new {
            let rank = rule.rank(&alert);
            self.write(rank, alert, keys, rule);
            concerned.extend(self.component_from(rank, from, rule));
        }
        let gone = old.filter(|_| old != new_rank);
        self.decide_again(concerned, gone, rule)
    }

    /// Takes the decisions about these alerts back and makes them again, but for the one that has gone.
    fn decide_again(
        &mut self,
        mut concerned: BTreeSet<Rank>,
        gone: Option<Rank>,
        rule: &Rule,
    ) -> BTreeSet<Rank> {
        let mut touched = self.parts_around(&concerned);
        for &rank in concerned.iter().rev() {
            self.leave(rank, &mut touched);
        }
        if let Some(rank) = gone {
            self.nodes.remove(&rank);
            concerned.remove(&rank);
        }
        for &rank in &concerned {
            self.join(rank, rule, &mut touched);
        }
        touched.extend(self.parts_around(&concerned));
        touched
    }

    /// Makes the decision about one alert; those about all earlier ones of its component stand. Adds the
    /// parts that are no more to `touched`.
    fn join(&mut self, rank: Rank, rule: &Rule, touched: &mut BTreeSet<Rank>) {
        let linked = self.linked_parts(rank, rule);
        let room =
            |part: &&Rank| self.parts[*part].len() < rule.caps.alerts && rank.at - part.at <= rule.caps.span;
        let target = linked.iter().find(room).copied().unwrap_or(rank);
        self.parts.entry(target).or_default().insert(rank);
        let (mut merged, mut apart) = (Vec::new(), BTreeSet::new());
        for &other in linked.iter().filter(|&&part| part != target) {
            // A part that begins before the target had no room for this alert, so it has none for more.
            if other > target && self.parts[&target].len() + self.parts[&other].len() <= rule.caps.alerts {
                let members = self.parts.remove(&other).expect("linked parts exist");
                self.move_to(&members, target);
                self.parts.entry(target).or_default().extend(&members);
                merged.push(members);
                touched.insert(other);
            } else {
                apart.insert(other);
            }
        }
        for other in &apart {
            self.node(*other).apart_of.insert(rank);
        }
        self.set_part(rank, Some(target));
        let node = self.node(rank);
        (node.merged, node.apart) = (merged, apart);
    }

    /// Takes back the decision about one alert; those about all later ones of its component have been taken
    /// back. Adds the parts that are there again to `touched`.
    fn leave(&mut self, rank: Rank, touched: &mut BTreeSet<Rank>) {
        let Some(part) = self.part_of(rank) else { return };
        self.set_part(rank, None);
        let node = self.node(rank);
        let (merged, apart) = (std::mem::take(&mut node.merged), std::mem::take(&mut node.apart));
        for other in apart {
            self.node(other).apart_of.remove(&rank);
        }
        let members = self.parts.get_mut(&part).expect("the part of an alert exists");
        members.remove(&rank);
        members.retain(|member| !merged.iter().any(|other| other.contains(member)));
        if members.is_empty() {
            self.parts.remove(&part);
        }
        for members in merged {
            let first = *members.first().expect("no part is empty");
            self.move_to(&members, first);
            self.parts.insert(first, members);
            touched.insert(first);
        }
    }

    fn move_to(&mut self, members: &BTreeSet<Rank>, part: Rank) {
        for &member in members {
            self.set_part(member, Some(part));
        }
    }

    fn set_part(&mut self, rank: Rank, part: Option<Rank>) {
        let node = self.nodes.get_mut(&rank).expect("the alert is on the board");
        node.part = part;
        for key in &node.links {
            // An alert that goes has left its lists before its decision is taken back.
            if let Some(entry) = self.lists.get_mut(key).and_then(|list| list.entries.get_mut(&rank)) {
                entry.part = part;
            }
        }
    }

    /// The alerts from a rank on whose decisions may depend on the alert at `rank`.
    fn component_from(&self, rank: Rank, from: Rank, rule: &Rule) -> BTreeSet<Rank> {
        if self.nodes.range(from..).nth(FEW).is_none() {
            return self.nodes.range(from..).map(|(rank, _)| *rank).collect();
        }
        let mut runs: BTreeMap<&Arc<str>, Vec<Run>> = BTreeMap::new();
        let (mut component, mut open) = (BTreeSet::from([rank]), vec![rank]);
        while let Some(rank) = open.pop() {
            let family: Vec<Rank> = self.family(rank).collect();
            open.extend(family.into_iter().filter(|&other| component.insert(other)));
            for key in &self.nodes[&rank].links {
                let runs = runs.entry(key).or_insert_with(|| self.lists[key].runs(rule.t_merge));
                // A run is taken out when it is first met: each list is walked once, however many alerts name
                // it.
                if let Some(at) = runs.iter().position(|run| run.contains(&rank)) {
                    open.extend(runs.swap_remove(at).into_iter().filter(|&other| component.insert(other)));
                }
            }
        }
        component.split_off(&from)
    }

    /// The parts, as they stand, that an alert has an edge to.
    fn linked_parts(&self, rank: Rank, rule: &Rule) -> BTreeSet<Rank> {
        let node = &self.nodes[&rank];
        let family = self.family(rank).filter(|other| *other < rank);
        let mut parts: BTreeSet<Rank> = family.filter_map(|other| self.part_of(other)).collect();
        for key in &node.links {
            let mut last = None;
            let earlier = self.near(key, rank, rank.at, rule).take_while(|(other, _)| **other < rank);
            // Neighbours in a list are mostly of one part.
            for part in earlier.filter_map(|(_, entry)| entry.part) {
                if last.replace(part) != Some(part) {
                    parts.insert(part);
                }
            }
        }
        parts
    }

    /// The alerts of a list whose spans lie near one that begins at `rank` and ends at `end`; itself, if it
    /// is there.
    fn near(
        &self,
        key: &Arc<str>,
        rank: Rank,
        end: Timestamp,
        rule: &Rule,
    ) -> impl Iterator<Item = (&Rank, &Entry)> {
        let t_merge = rule.t_merge;
        self.lists.get(key).into_iter().flat_map(move |list| {
            let reach = list.from(rank.at - t_merge - list.longest);
            let begun = reach.take_while(move |(other, _)| other.at <= end + t_merge);
            begun.filter(move |(_, entry)| entry.end + t_merge >= rank.at)
        })
    }

    /// The parts of these alerts, and those related to them: their documents name each other.
    fn parts_around(&self, alerts: &BTreeSet<Rank>) -> BTreeSet<Rank> {
        let parts: BTreeSet<Rank> = alerts.iter().filter_map(|rank| self.nodes[rank].part).collect();
        let related: BTreeSet<Rank> = parts.iter().flat_map(|&part| self.related_parts(part)).collect();
        parts.union(&related).copied().collect()
    }

    fn related_parts(&self, part: Rank) -> BTreeSet<Rank> {
        let others = |rank: Rank| self.nodes[&rank].apart.iter().chain(&self.nodes[&rank].apart_of);
        self.members(part)
            .flat_map(others)
            .map(|&other| self.part(other))
            .filter(|&other| other != part)
            .collect()
    }

    fn members(&self, part: Rank) -> impl Iterator<Item = Rank> {
        self.parts.get(&part).into_iter().flatten().copied()
    }

    /// The part of an alert whose decision stands.
    fn part(&self, rank: Rank) -> Rank {
        self.nodes[&rank].part.expect("earlier decisions stand")
    }

    fn node(&mut self, rank: Rank) -> &mut Node {
        self.nodes.get_mut(&rank).expect("the alert is on the board")
    }

    /// Puts an alert on the board and into its lists; a decision made about its rank is kept.
    fn write(&mut self, rank: Rank, alert: Arc<Alert>, links: BTreeSet<Arc<str>>, rule: &Rule) {
        let until = rule.until(&alert);
        let part = self.part_of(rank);
        for key in &links {
            let list = self.lists.entry(key.clone()).or_default();
            list.entries.insert(rank, Entry { end: until, part });
            list.longest = Duration(list.longest.0.max((until - rank.at).0));
        }
        match self.nodes.get_mut(&rank) {
            Some(node) => (node.alert, node.links, node.until) = (alert, links, until),
            None => {
                self.nodes.insert(rank, Node::new(alert, links, until));
            }
        }
    }

    /// Takes an alert out of its lists.
    fn unlist(&mut self, rank: Rank) {
        for key in &self.nodes[&rank].links {
            let list = self.lists.get_mut(key).expect("an alert stands in its lists");
            list.entries.remove(&rank);
            if list.entries.is_empty() {
                self.lists.remove(key);
            }
        }
    }
}

impl Node {
    fn new(alert: Arc<Alert>, links: BTreeSet<Arc<str>>, until: Timestamp) -> Self {
        Node {
            alert,
            links,
            until,
            part: None,
            merged: Vec::new(),
            apart: BTreeSet::new(),
            apart_of: BTreeSet::new(),
            retired: BTreeSet::new(),
            absorber: None,
            children: BTreeSet::new(),
        }
    }
}

impl List {
    fn from(&self, at: Timestamp) -> impl Iterator<Item = (&Rank, &Entry)> {
        self.entries.range(Rank { at, id: Id([0; 16]) }..)
    }

    /// The alerts that begin after one instant and not after another.
    fn begins_between(&self, after: Timestamp, until: Timestamp) -> impl Iterator<Item = Rank> {
        let later = self.from(after).map(|(rank, _)| *rank).skip_while(move |rank| rank.at <= after);
        later.take_while(move |rank| rank.at <= until)
    }

    fn runs(&self, t_merge: Duration) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut reach = Timestamp::MIN;
        for (&rank, entry) in &self.entries {
            match runs.last_mut() {
                Some(run) if rank.at <= reach => run.insert(rank),
                _ => {
                    runs.push(Run::from([rank]));
                    false
                }
            };
            reach = reach.max(entry.end + t_merge);
        }
        runs
    }
}
