//! Which options a field's value may satisfy: one structure a kind of need, so that a thousand rules on one field cost one
//! look-up (engine.md §4).

use super::Probe;
use super::spans::{Span, Spans};
use crate::program::condition::{Atom, Need, atom_of, folded, measure};
use aho_corasick::{AhoCorasick, MatchKind};
use event::value::Value;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use smallvec::SmallVec;

/// Options that may hold, with repetitions.
pub(super) type Probes = SmallVec<[Probe; 8]>;

/// Options by what they need of one field.
#[derive(Debug)]
pub(super) struct ByField {
    equal: HashMap<Atom, Vec<Probe>, RandomState>,
    between: Option<Spans<Probe>>,
    parts: Option<Parts>,
    present: Vec<Probe>,
    absent: Vec<Probe>,
}

/// Options by a part that their text must have.
#[derive(Debug)]
struct Parts {
    automaton: AhoCorasick,
    /// By number of the pattern.
    probes: Vec<Vec<Probe>>,
}

impl ByField {
    pub(super) fn of(needs: Vec<(Need, Probe)>) -> ByField {
        let mut equal: HashMap<Atom, Vec<Probe>, RandomState> = HashMap::default();
        let (mut between, mut present, mut absent) = (Vec::new(), Vec::new(), Vec::new());
        let mut parts: Vec<(Box<str>, Probe)> = Vec::new();
        for (need, probe) in needs {
            match need {
                Need::Equals(atom) => equal.entry(atom).or_default().push(probe),
                Need::Between(low, high) => between.push(Span { low, high, stands_for: probe }),
                Need::Has(part) => parts.push((part, probe)),
                Need::Present => present.push(probe),
                Need::Absent => absent.push(probe),
            }
        }
        let (parts, unfound) = Parts::of(parts);
        present.extend(unfound);
        ByField { equal, between: (!between.is_empty()).then(|| Spans::new(between)), parts, present, absent }
    }

    /// The options that a value, or that there is none, lets hold.
    pub(super) fn find(&self, value: Option<Value<'_>>, found: &mut Probes) {
        let Some(value) = value else {
            found.extend_from_slice(&self.absent);
            return;
        };
        found.extend_from_slice(&self.present);
        if let Some(probes) = atom_of(value).and_then(|atom| self.equal.get(&atom)) {
            found.extend_from_slice(probes);
        }
        if let Some((spans, point)) = self.between.as_ref().zip(measure(value)) {
            spans.at(point, &mut |probe| found.push(probe));
        }
        if let Some(parts) = &self.parts {
            match value {
                Value::Text(text) => parts.find(text.text, found),
                // A label that is the part is in the list that has it.
                Value::List(labels) => parts.find(labels, found),
                _ => {}
            }
        }
    }
}

impl Parts {
    /// One automaton; options that it cannot hold are given back.
    fn of(mut parts: Vec<(Box<str>, Probe)>) -> (Option<Parts>, Vec<Probe>) {
        if parts.is_empty() {
            return (None, Vec::new());
        }
        parts.sort();
        let same: Vec<_> = parts.chunk_by(|a, b| a.0 == b.0).collect();
        let built = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(same.iter().map(|same| &*same[0].0));
        match built {
            Ok(automaton) => {
                let probes = same.iter().map(|same| same.iter().map(|(_, probe)| *probe).collect());
                (Some(Parts { automaton, probes: probes.collect() }), Vec::new())
            }
            // More text than an automaton numbers: they are asked one by one.
            Err(_) => (None, parts.into_iter().map(|(_, probe)| probe).collect()),
        }
    }

    fn find(&self, text: &str, found: &mut Probes) {
        // The automaton ignores the case of ASCII by itself.
        let text = if text.is_ascii() { text.into() } else { folded(text) };
        for hit in self.automaton.find_overlapping_iter(&*text) {
            found.extend_from_slice(&self.probes[hit.pattern()]);
        }
    }
}
