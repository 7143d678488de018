//! What relies on something not happening: `after … expect`, with its deadline, and `blind`, which says whose silence is
//! no evidence. `not` stands with the sequences and `unless` with the clauses that narrow.

use super::steps::Terminal;
use super::{RuleReader, level};
use crate::check::conditions::words;
use crate::check::context::Limit;
use crate::check::paths;
use crate::check::say::At;
use crate::check::types::{Type, fits_state_key};
use crate::syntax::tree::{
    After, Blind as WrittenBlind, Clause, CompareOver, Path as WrittenPath, Pattern as WrittenPattern,
    SequencePart, Tail, TimeSpanNode,
};
use crate::tree::{Blind, Pattern};
use event::class::ClassId;
use event::field::{FieldType, Unit};
use event::time::Duration;
use site::path::Path;

impl<'a> RuleReader<'_, '_, 'a> {
    pub(super) fn after(&mut self, after: &'a After) -> Option<Pattern> {
        self.facts.has_final_row = true;
        let (within, read_at) =
            self.deadline(after).map_or((None, None), |(within, path)| (Some(within), path));
        let trigger = self.positive(&after.trigger, Terminal::Yes);
        let expect = self.negative(&after.expected, "expect");
        self.check_expected(after);
        self.facts.window = within.unwrap_or(Duration::ZERO);
        Some(Pattern::After { trigger: trigger?, expect: expect?, within: within?, read_at })
    }

    fn check_expected(&mut self, after: &'a After) {
        for tail in &after.expected.node.tails {
            if let Tail::Repeated { at_most: Some(_), .. } = &tail.node {
                let at = self.at(&tail.span);
                let help = "`repeated >= n`: fewer than n are a detection";
                self.say.means_nothing(&at, ("repeated … to …", "expect"), "the steps of `sequence`", help);
                self.whole = false;
            }
        }
    }

    /// The deadline, or the longest one and the path at which it is read.
    fn deadline(&mut self, after: &'a After) -> Option<(Duration, Option<Path>)> {
        if let TimeSpanNode::Path(path) = &after.within.node
            && paths::walk(&words(path)).is_ok()
        {
            let at = self.at(&path.span());
            if path.single().is_some_and(|name| self.scope.is_param(name)) {
                self.say.ambiguous(&at, &path.dotted(), ("a parameter", "a field of the event"));
                return None;
            }
            let Some(at_most) = &after.at_most else {
                self.say.no_upper_limit(&at, &path.dotted());
                return None;
            };
            let at_most = self.span(at_most, Limit::Deadline);
            let classes = self.classes_named(&after.trigger);
            let read_at = self.path_of(path, &classes)?;
            let ty = Type::of(read_at.ty, paths::unit(&read_at));
            if ty != Type::Duration {
                let wanted = ("a duration", "name a field that is one");
                self.say.wrong_dimension(&at, &path.dotted(), &ty.name(), wanted);
                return None;
            }
            return Some((at_most?, Some(read_at)));
        }
        if let Some(at_most) = &after.at_most {
            let at = self.at(&at_most.span);
            let help = "it bounds a deadline that is read from the event";
            self.say.means_nothing(&at, ("at most", "a fixed deadline"), "`within path`", help);
            self.whole = false;
        }
        Some((self.span(&after.within, Limit::Deadline)?, None))
    }

    /// WF091: `blind` has nothing to say of a rule that relies on no absence.
    pub(super) fn relies_on_absence(&mut self, at: &At) -> bool {
        let unless = self.rule.clauses.iter().any(|clause| matches!(clause.node, Clause::Unless(_)));
        let relies = unless || self.rule.pattern().is_some_and(relies_on_absence);
        if !relies {
            self.say.blind_for_nothing(at);
        }
        relies
    }

    /// `blind`: sources that the state `up` knows.
    pub(super) fn blind_clause(&mut self, blind: &'a WrittenBlind, at: &At) -> Option<Blind> {
        let (up, wanted) = self.up(at)?;
        self.facts.raise_states.insert(up);
        let sources = self.blind_sources(blind, wanted)?;
        let severity = blind.severity.as_ref().map(|severity| level(severity.node));
        Some(Blind { sources, severity, up })
    }

    /// The state `up` and the type of its only key.
    fn up(&mut self, at: &At) -> Option<(u32, FieldType)> {
        let context = self.scope.context;
        let Some(up) = context.names.states.index("up") else {
            self.say.unknown(at, "state", "up", context.names.states.keys());
            return None;
        };
        let state = context.names.states.nth(up)?;
        let keys = context.state_keys(state.node);
        let [Some(wanted)] = keys.as_slice() else {
            let texts: Vec<String> = state.node.by.iter().map(WrittenPath::dotted).collect();
            self.say.wrong_key_count(at, "up", &texts, 1);
            return None;
        };
        Some((up, *wanted))
    }

    fn blind_sources(&mut self, blind: &'a WrittenBlind, wanted: FieldType) -> Option<Vec<Path>> {
        let terminal: Vec<ClassId> = self.facts.terminal.iter().copied().collect();
        let mut sources = Vec::new();
        for written in &blind.paths {
            let path = self.path_of(written, &terminal)?;
            if !fits_state_key("device", wanted, path.ty) {
                let (found, wanted) = (Type::of(path.ty, Unit::None), Type::of(wanted, Unit::None));
                self.say.wrong_argument(&self.at(&written.span()), "blind", &found.name(), &wanted.name());
                return None;
            }
            sources.push(path);
        }
        Some(sources)
    }
}

/// Whether a pattern detects that something did not happen.
fn relies_on_absence(pattern: &WrittenPattern) -> bool {
    match pattern {
        WrittenPattern::After(_) => true,
        WrittenPattern::Compare(compare) => matches!(compare.over, CompareOver::Session { .. }),
        WrittenPattern::Sequence(sequence) => {
            sequence.parts.iter().any(|part| matches!(part.node, SequencePart::Gone(_)))
        }
        _ => false,
    }
}
