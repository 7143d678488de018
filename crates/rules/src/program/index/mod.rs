//! The stateless index: which rules and states an event may concern. Looks at everything but states, so it runs on any
//! thread and in any order (engine.md §4).
//!
//! Options are filed by class; those whose condition needs something of a field are filed under that, so that a thousand
//! rules on one class that ask for other things cost one look-up a field.

mod field;
mod spans;
#[cfg(test)]
mod tests;

use super::condition::{Need, NoStates, Truth};
use super::{CompiledOption, CompiledRule, CompiledState, Program};
use event::class::ClassId;
use event::field::FieldId;
use event::hit::{Hit, KeyHash, RuleIndex};
use event::row::RowRef;
use field::{ByField, Probes};
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use site::SiteModel;
use std::collections::BTreeMap;

/// What the index says about a batch.
#[derive(Debug, Default)]
pub struct Matches {
    /// Steps of rules that ask no state.
    pub hits: Vec<Hit>,
    /// Lines of states.
    pub lines: Vec<Line>,
    /// Events that a rule may want once the states have been asked.
    pub candidates: Vec<Candidate>,
}

/// An event satisfies lines of a state under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The state.
    pub state: u32,
    /// The key.
    pub key: KeyHash,
    /// Bits of the lines, by their place.
    pub lines: u64,
    /// Index of the row.
    pub row: u32,
}

/// An event that a rule has to judge with its states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The rule.
    pub rule: RuleIndex,
    /// Index of the row.
    pub row: u32,
}

/// A rule's or a state's option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Probe {
    of: Of,
    bit: u8,
    option: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Rule(u32),
    State(u32),
}

/// Options by class, then by what they need.
#[derive(Debug, Default)]
pub struct Index {
    classes: HashMap<ClassId, ByClass, RandomState>,
}

#[derive(Debug, Default)]
struct ByClass {
    always: Vec<Probe>,
    needing: Vec<(FieldId, ByField)>,
}

/// Options of one class as they are filed.
#[derive(Default)]
struct Filing {
    always: Vec<Probe>,
    needing: BTreeMap<FieldId, Vec<(Need, Probe)>>,
}

impl Matches {
    /// Whether nothing wants the rows.
    pub fn is_empty(&self) -> bool {
        self.hits.is_empty() && self.lines.is_empty() && self.candidates.is_empty()
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.hits.clear();
        self.lines.clear();
        self.candidates.clear();
    }
}

impl Index {
    pub(super) fn build(rules: &[CompiledRule], states: &[CompiledState]) -> Index {
        let rules = (0u32..).zip(rules).map(|(at, rule)| (Of::Rule(at), &rule.steps));
        let states = (0u32..).zip(states).map(|(at, state)| (Of::State(at), &state.steps));
        let mut filing: BTreeMap<ClassId, Filing> = BTreeMap::new();
        for (of, steps) in rules.chain(states) {
            for (bit, step) in (0u8..).zip(steps) {
                for (option, at) in step.options.iter().zip(0u8..) {
                    let probe = Probe { of, bit, option: at };
                    let cover = option.test.as_ref().and_then(|test| test.cover());
                    let classes = option.classes.iter();
                    classes.for_each(|class| filing.entry(*class).or_default().file(probe, cover.as_deref()));
                }
            }
        }
        Index { classes: filing.into_iter().map(|(class, filing)| (class, ByClass::of(filing))).collect() }
    }

    /// Whether any rule or state reads the class.
    pub fn reads(&self, class: ClassId) -> bool {
        self.classes.contains_key(&class)
    }
}

impl Filing {
    fn file(&mut self, probe: Probe, cover: Option<&[(FieldId, Need)]>) {
        match cover {
            None => self.always.push(probe),
            Some(cover) => {
                for (field, need) in cover {
                    self.needing.entry(*field).or_default().push((need.clone(), probe));
                }
            }
        }
    }
}

impl ByClass {
    fn of(filing: Filing) -> ByClass {
        let needing = filing.needing.into_iter().map(|(field, needs)| (field, ByField::of(needs)));
        ByClass { always: filing.always, needing: needing.collect() }
    }

    fn probes(&self, row: RowRef<'_>) -> Probes {
        let mut probes = Probes::from_slice(&self.always);
        for (field, by_field) in &self.needing {
            by_field.find(row.get(*field), &mut probes);
        }
        if probes.len() > 1 {
            probes.sort_unstable();
            probes.dedup();
        }
        probes
    }
}

impl Program {
    /// What `row`, number `at` of its batch, concerns; added to `out`.
    pub fn match_row(&self, row: RowRef<'_>, at: u32, site: &SiteModel, out: &mut Matches) {
        let Some(by_class) = self.index.classes.get(&row.row.class) else { return };
        let probes = by_class.probes(row);
        for same in probes.chunk_by(|a, b| a.of == b.of) {
            match same[0].of {
                Of::Rule(rule) if self.rules[rule as usize].asks_states => {
                    if same.iter().any(|p| self.possible(*p, row, site) != Truth::No) {
                        out.candidates.push(Candidate { rule: RuleIndex(rule), row: at });
                    }
                }
                Of::Rule(rule) => self.hit(rule, same, row, at, site, out),
                Of::State(state) => self.line(state, same, row, at, site, out),
            }
        }
    }

    fn option(&self, probe: Probe) -> &CompiledOption {
        let steps = match probe.of {
            Of::Rule(rule) => &self.rules[rule as usize].steps,
            Of::State(state) => &self.states[state as usize].steps,
        };
        &steps[usize::from(probe.bit)].options[usize::from(probe.option)]
    }

    fn possible(&self, probe: Probe, row: RowRef<'_>, site: &SiteModel) -> Truth {
        self.option(probe).satisfied(row, site, &NoStates)
    }

    fn hit(
        &self,
        rule: u32,
        probes: &[Probe],
        row: RowRef<'_>,
        at: u32,
        site: &SiteModel,
        out: &mut Matches,
    ) {
        let start = out.hits.len();
        let missing = self.rules[rule as usize].source_for_missing_key.then(|| row.source().symbol);
        for probe in probes {
            let steps = self.option(*probe).mask;
            self.option(*probe).hits(row, (site, self.symbols, missing), &NoStates, |key| {
                match out.hits[start..].iter_mut().find(|hit| hit.key == key) {
                    Some(hit) => hit.steps |= steps,
                    None => out.hits.push(Hit { rule: RuleIndex(rule), key, steps, row: at }),
                }
            });
        }
    }

    fn line(
        &self,
        state: u32,
        probes: &[Probe],
        row: RowRef<'_>,
        at: u32,
        site: &SiteModel,
        out: &mut Matches,
    ) {
        let start = out.lines.len();
        for probe in probes.iter().filter(|p| self.possible(**p, row, site) == Truth::Yes) {
            let lines = 1u64.checked_shl(u32::from(probe.bit)).unwrap_or(0);
            self.option(*probe).keys(row, site, self.symbols, None, |key| {
                match out.lines[start..].iter_mut().find(|line| line.key == key) {
                    Some(line) => line.lines |= lines,
                    None => out.lines.push(Line { state, key, lines, row: at }),
                }
            });
        }
    }
}
