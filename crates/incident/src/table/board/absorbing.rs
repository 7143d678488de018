//! Children and their absorbers on a board. Which alert absorbs another hangs on all that could, so an edge of this kind is
//! noted on both ends; when it changes, the later decisions of its component are made again, as for any other change.

use super::Board;
use crate::grouping::{Rank, Rule, absorber, end};
use event::alert::Alert;
use event::time::{Duration, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Board {
    /// Replaces one alert of the set by another, and gives every child that it concerns its absorber.
    pub(super) fn change_among_absorbers(
        &mut self,
        old: Option<Rank>,
        new: Option<Arc<Alert>>,
        rule: &Rule,
    ) -> BTreeSet<Rank> {
        let new_rank = new.as_ref().map(|alert| rule.rank(alert));
        let before = old.map(|rank| self.nodes[&rank].alert.clone());
        let mut concerned = old.map(|rank| self.nodes[&rank].children.clone()).unwrap_or_default();
        let mut touched = BTreeSet::new();
        if let Some(old) = old.filter(|_| old != new_rank) {
            for child in concerned.clone() {
                touched.extend(self.relate(child, None, rule));
            }
            touched.extend(self.relate(old, None, rule));
            self.absorbing.remove(&old);
        }
        if let Some((alert, rank)) = new.as_ref().zip(new_rank) {
            if rule.absorb.contains_key(&alert.rule) {
                self.absorbing.insert(rank);
            }
            concerned.insert(rank);
            concerned.extend(self.newly_covered(before.as_deref(), alert, rule));
        }
        touched.extend(self.replace(old, new, rule));
        for child in concerned {
            if let Some(node) = self.nodes.get(&child) {
                let found = absorber(&node.alert, self.absorbing.iter().map(|rank| self.alert(*rank)), rule);
                let found = found.map(|alert| rule.rank(alert));
                touched.extend(self.relate(child, found, rule));
            }
        }
        touched
    }

    /// Alerts that begin in the span of an alert that absorbs, as far as it is another than before.
    fn newly_covered(&self, before: Option<&Alert>, alert: &Alert, rule: &Rule) -> BTreeSet<Rank> {
        if !rule.absorb.contains_key(&alert.rule) {
            return BTreeSet::new();
        }
        let from = before.filter(|old| old.first_at == alert.first_at).map_or(alert.first_at, end);
        let upto = before.map_or(alert.last_at, |old| end(old).max(end(alert)));
        let from = from.min(end(alert));
        // An alert joins at its beginning or, if it is decided late, so much later.
        let late = rule.decided.values().copied().max().unwrap_or(Duration::ZERO);
        let begins = self.nodes.range(least(from)..).take_while(|(rank, _)| rank.at <= upto + late);
        begins.map(|(rank, _)| *rank).collect()
    }

    /// Makes an alert the child of another, or of none; the parts, old and new, that may be other ones now.
    fn relate(&mut self, child: Rank, absorber: Option<Rank>, rule: &Rule) -> BTreeSet<Rank> {
        let known = self.nodes.get(&child).and_then(|node| node.absorber);
        if known == absorber {
            return BTreeSet::new();
        }
        let from = known.into_iter().chain(absorber).chain([child]).min().unwrap_or(child);
        let mut concerned = self.component_from(child, from, rule);
        self.node(child).absorber = absorber;
        if let Some(known) = known {
            self.node(known).children.remove(&child);
        }
        if let Some(absorber) = absorber {
            self.node(absorber).children.insert(child);
        }
        concerned.extend(self.component_from(child, from, rule));
        if let Some(known) = known {
            concerned.extend(self.component_from(known, from, rule));
        }
        self.decide_again(concerned, None, rule)
    }

    /// Its absorber and its children.
    pub(super) fn family(&self, rank: Rank) -> impl Iterator<Item = Rank> {
        let node = &self.nodes[&rank];
        node.absorber.into_iter().chain(node.children.iter().copied())
    }

    /// Forgets whose child an alert is, and its own: it leaves the board, and decisions stand.
    pub(super) fn part_from_family(&mut self, rank: Rank) {
        self.absorbing.remove(&rank);
        let node = self.node(rank);
        let (absorber, children) = (node.absorber.take(), std::mem::take(&mut node.children));
        if let Some(absorber) = absorber {
            self.node(absorber).children.remove(&rank);
        }
        for child in children {
            self.node(child).absorber = None;
        }
    }
}

fn least(at: Timestamp) -> Rank {
    Rank { at, id: event::id::Id([0; 16]) }
}
