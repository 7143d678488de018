//! Who uses whom, read off the text before anything is resolved: the levels of rules, circles, and what
//! `alert.*` means have to be known first.

use crate::check::names::{Names, on_trial};
use crate::check::say::{At, Say};
use crate::syntax::tree::{
    Call, Check, ClassRef, Clause, Comparison, Cond, CondNode, Group, GroupItem, Line, Members, Pattern,
    Product, Rule, SequencePart, Spanned, Step, Sum, Tail, Value, ValueNode,
};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// What a step does for its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// It has to occur.
    Positive,
    /// It must not occur, or its absence counts: by the word of its clause.
    Negative(&'static str),
}

/// That a rule reads the events of another.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    /// The rule that is read.
    pub rule: u32,
    pub at: At,
    pub how: Use,
}

/// The graph of rules, states folded in.
pub(crate) struct Graph {
    /// What each rule reads.
    pub edges: Vec<Vec<Edge>>,
    /// The rules that `alert.*` and `detection.*` stand for: all in force that do not use these words
    /// themselves or through others.
    pub every: Vec<u32>,
    /// Levels of rules, what is read before what reads it. Rules of a circle are left out: they are reported.
    pub strata: Vec<Vec<u32>>,
}

const DEPTH_MAX: usize = 8;

/// Every step of a rule, whether its clause runs or not.
pub(crate) fn steps(rule: &Rule) -> Vec<(&Step, Use)> {
    let mut steps = Vec::new();
    for clause in &rule.clauses {
        match &clause.node {
            Clause::Pattern(pattern) => pattern_steps(pattern, &mut steps),
            Clause::Unless(unless) => steps.push((&unless.step, Use::Negative("unless"))),
            Clause::Until(step) => steps.push((step, Use::Negative("until"))),
            _ => {}
        }
    }
    steps.sort_by_key(|(step, _)| step.span.start);
    steps
}

fn pattern_steps<'t>(pattern: &'t Pattern, steps: &mut Vec<(&'t Step, Use)>) {
    let positive = |step: &'t Step| (step, Use::Positive);
    match pattern {
        Pattern::When(step) => steps.push(positive(step)),
        Pattern::Sequence(sequence) => steps.extend(sequence.parts.iter().map(|part| match &part.node {
            SequencePart::Step(step) => (step, Use::Positive),
            SequencePart::Gone(step) => (step, Use::Negative("not")),
        })),
        Pattern::All(all) => steps.extend(all.steps.iter().map(positive)),
        Pattern::Any(any) => steps.extend(any.steps.iter().map(positive)),
        Pattern::Count(count) => steps.push(positive(&count.of)),
        Pattern::Distinct(distinct) => steps.push(positive(&distinct.of)),
        Pattern::Total(total) => steps.push(positive(&total.of)),
        Pattern::Speed(speed) => steps.push(positive(&speed.of)),
        Pattern::Compare(compare) => {
            steps.extend(compare.aggregates.iter().map(|agg| positive(&agg.node.of)))
        }
        Pattern::After(after) => {
            steps.push(positive(&after.trigger));
            steps.push((&after.expected, Use::Negative("expect")));
        }
        Pattern::Unusual(unusual) => steps.push(positive(&unusual.of)),
        Pattern::First(first) => steps.push(positive(&first.of)),
    }
}

/// The steps at which a match can end.
pub(crate) fn terminal(rule: &Rule) -> Vec<&Step> {
    match rule.pattern() {
        Some(Pattern::Sequence(sequence)) => {
            let last = sequence.parts.iter().rev().find_map(|part| match &part.node {
                SequencePart::Step(step) => Some(step),
                SequencePart::Gone(_) => None,
            });
            last.into_iter().collect()
        }
        Some(pattern) => {
            let mut steps = Vec::new();
            pattern_steps(pattern, &mut steps);
            steps.into_iter().filter(|(_, how)| *how == Use::Positive).map(|(step, _)| step).collect()
        }
        None => Vec::new(),
    }
}

/// The step of a state's line.
pub(crate) fn line_step(line: &Line) -> Option<&Step> {
    match line {
        Line::Set(step) | Line::Clear(step) => Some(step),
        Line::Keep { of, .. } | Line::Add { of, .. } | Line::Take { of, .. } => Some(of),
        Line::Forget(_) | Line::TieSet => None,
    }
}

impl Graph {
    /// Reads the graph off the declarations and reports circles and chains that are too deep.
    pub fn read<'a>(names: &Names<'a>, say: &mut Say<'a>) -> Graph {
        let asked: Vec<Read> =
            names.rules.values().map(|rule| rule_reads(names, rule.file, rule.node)).collect();
        let uses_every = uses_every(&asked);
        let trial: Vec<bool> = names.rules.values().map(|rule| on_trial(rule.node)).collect();
        let every: Vec<u32> = (0u32..)
            .zip(&trial)
            .filter(|(rule, trial)| !**trial && !uses_every.contains(rule))
            .map(|(rule, _)| rule)
            .collect();
        let edges: Vec<Vec<Edge>> = asked.into_iter().map(|read| read.with_every(&every)).collect();
        let strata = strata(&edges);
        let graph = Graph { edges, every, strata };
        graph.report_circles(names, say);
        graph
    }

    fn report_circles<'a>(&self, names: &Names<'a>, say: &mut Say<'a>) {
        let done: BTreeSet<u32> = self.strata.iter().flatten().copied().collect();
        let mut told = done.clone();
        for rule in (0u32..).take(self.edges.len()) {
            if !told.contains(&rule) {
                if let Some(circle) = self.circle(rule, &done) {
                    told.extend(circle.iter().map(|edge| edge.rule));
                    report_circle(names, &circle, say);
                }
                told.insert(rule);
            }
        }
        self.report_depth(names, &self.strata, say);
    }

    /// A way from `rule` back to itself, if it lies on a circle: the edges in the order of walking.
    fn circle(&self, rule: u32, done: &BTreeSet<u32>) -> Option<Vec<&Edge>> {
        let mut from: BTreeMap<u32, (u32, &Edge)> = BTreeMap::new();
        let mut open = vec![rule];
        while let Some(at) = open.pop() {
            for edge in self.edges[at as usize].iter().filter(|edge| !done.contains(&edge.rule)) {
                if edge.rule == rule {
                    return Some(way_back(rule, at, edge, &from));
                }
                if let Entry::Vacant(entry) = from.entry(edge.rule) {
                    entry.insert((at, edge));
                    open.push(edge.rule);
                }
            }
        }
        None
    }

    fn report_depth<'a>(&self, names: &Names<'a>, strata: &[Vec<u32>], say: &mut Say<'a>) {
        let Some(&last) = strata.get(DEPTH_MAX).and_then(|level| level.first()) else { return };
        let mut first = last;
        for level in strata[..DEPTH_MAX].iter().rev() {
            let below = self.edges[first as usize].iter().find(|edge| level.contains(&edge.rule));
            first = below.map_or(first, |edge| edge.rule);
        }
        if let (Some(first), Some(last)) = (names.rules.nth(first), names.rules.nth(last)) {
            let at = At::new(last.file, &last.node.name.span);
            say.too_deep(&at, (&first.node.name.node, &last.node.name.node), strata.len());
        }
    }
}

/// Kahn's algorithm, a level at a time.
fn strata(edges: &[Vec<Edge>]) -> Vec<Vec<u32>> {
    let mut placed: BTreeSet<u32> = BTreeSet::new();
    let mut strata: Vec<Vec<u32>> = Vec::new();
    let mut open: Vec<u32> = (0u32..).take(edges.len()).collect();
    loop {
        let reads_only_placed =
            |rule: &u32| edges[*rule as usize].iter().all(|edge| placed.contains(&edge.rule));
        let (ready, rest): (Vec<u32>, Vec<u32>) = open.into_iter().partition(reads_only_placed);
        if ready.is_empty() {
            return strata;
        }
        placed.extend(&ready);
        strata.push(ready);
        open = rest;
    }
}

fn way_back<'e>(
    rule: u32,
    mut at: u32,
    last: &'e Edge,
    from: &BTreeMap<u32, (u32, &'e Edge)>,
) -> Vec<&'e Edge> {
    let mut way = vec![last];
    while at != rule {
        let Some(&(before, edge)) = from.get(&at) else { break };
        way.push(edge);
        at = before;
    }
    way.reverse();
    way
}

fn report_circle<'a>(names: &Names<'a>, circle: &[&Edge], say: &mut Say<'a>) {
    let name = |rule: u32| names.rules.nth(rule).map_or("", |rule| rule.node.name.node.as_str()).to_owned();
    let negative = circle.iter().find_map(|edge| match edge.how {
        Use::Negative(clause) => Some((edge, clause)),
        Use::Positive => None,
    });
    if let Some((edge, clause)) = negative {
        return say.not_below(&edge.at, clause, &name(edge.rule));
    }
    let Some(last) = circle.last() else { return };
    let mut way = vec![name(last.rule)];
    way.extend(circle.iter().map(|edge| name(edge.rule)));
    say.circle(&circle[0].at, &way);
}

/// What one rule reads, `alert.*` not yet spelled out.
#[derive(Default)]
struct Read {
    edges: Vec<Edge>,
    every: Vec<(At, Use)>,
}

impl Read {
    fn with_every(self, every: &[u32]) -> Vec<Edge> {
        let mut edges = self.edges;
        for (at, how) in self.every {
            edges.extend(every.iter().map(|&rule| Edge { rule, at: at.clone(), how }));
        }
        edges
    }

    fn step(&mut self, names: &Names<'_>, file: usize, step: &Step, how: Use) {
        for class in step.node.options.iter().flat_map(|option| &option.node.classes) {
            self.class(names, file, class, how);
        }
    }

    fn class(&mut self, names: &Names<'_>, file: usize, class: &Spanned<ClassRef>, how: Use) {
        let at = At::new(file, &class.span);
        match chained(&class.node) {
            Some(Chained::Every) => self.every.push((at, how)),
            Some(Chained::Rule(name)) => {
                self.edges.extend(names.rules.index(name).map(|rule| Edge { rule, at, how }));
            }
            None => {}
        }
    }
}

/// What a class reference says about rules.
pub(crate) enum Chained<'t> {
    /// `alert.*`, `detection.*`, `any.alert`
    Every,
    /// `alert.x`, `detection.x`
    Rule(&'t str),
}

/// Whether a class is one that rules make.
pub(crate) fn chained(class: &ClassRef) -> Option<Chained<'_>> {
    let made = |noun: &str| noun == "alert" || noun == "detection";
    match class {
        ClassRef::Class { noun, verb } if noun.node == "any" && verb.node == "alert" => Some(Chained::Every),
        ClassRef::Class { noun, verb } if made(&noun.node) => Some(Chained::Rule(&verb.node)),
        ClassRef::Every { noun } if made(&noun.node) => Some(Chained::Every),
        _ => None,
    }
}

fn rule_reads<'a>(names: &Names<'a>, file: usize, rule: &'a Rule) -> Read {
    let mut read = Read::default();
    for (step, how) in steps(rule) {
        read.step(names, file, step, how);
    }
    let absorbs = rule.clauses.iter().filter_map(|clause| match &clause.node {
        Clause::Absorb(classes) => Some(classes),
        _ => None,
    });
    absorbs.flatten().for_each(|class| read.class(names, file, class, Use::Positive));
    let mut states = BTreeSet::new();
    asked_by_rule(rule, &mut states);
    for state in states.iter().filter_map(|name| names.states.get(name)) {
        for step in state.node.lines.iter().filter_map(|line| line_step(&line.node)) {
            read.step(names, state.file, step, Use::Positive);
        }
    }
    read
}

fn uses_every(asked: &[Read]) -> BTreeSet<u32> {
    let mut users: BTreeSet<u32> =
        (0u32..).zip(asked).filter(|(_, read)| !read.every.is_empty()).map(|(rule, _)| rule).collect();
    loop {
        let len = users.len();
        for (rule, read) in (0u32..).zip(asked) {
            if read.edges.iter().any(|edge| users.contains(&edge.rule)) {
                users.insert(rule);
            }
        }
        if users.len() == len {
            return users;
        }
    }
}

fn asked_by_rule(rule: &Rule, names: &mut BTreeSet<String>) {
    for (step, _) in steps(rule) {
        asked_by_step(step, names);
    }
    for clause in &rule.clauses {
        match &clause.node {
            Clause::While(cond) | Clause::ClearWhen(cond) => asked_by_cond(cond, names),
            Clause::Raise(raise) => asked_by_cond(&raise.when, names),
            Clause::Pattern(Pattern::Compare(compare)) => asked_by_cond(&compare.fire, names),
            _ => {}
        }
    }
}

fn asked_by_step(step: &Step, names: &mut BTreeSet<String>) {
    for cond in step.node.options.iter().filter_map(|option| option.node.cond.as_ref()) {
        asked_by_cond(cond, names);
    }
    for tail in &step.node.tails {
        if let Tail::ForEach { of: Members::Call(call), .. } = &tail.node {
            asked_by_call(call, names);
        }
    }
}

fn asked_by_cond(cond: &Cond, names: &mut BTreeSet<String>) {
    match &cond.node {
        CondNode::Or(parts) | CondNode::And(parts) => {
            parts.iter().for_each(|part| asked_by_cond(part, names))
        }
        CondNode::Not(part) => asked_by_cond(part, names),
        CondNode::Check(check) => asked_by_check(check, names),
    }
}

fn asked_by_check(check: &Check, names: &mut BTreeSet<String>) {
    asked_by_sum(&check.left, names);
    match check.test.as_ref().map(|test| &test.node) {
        Some(Comparison::Compare(_, right)) => asked_by_sum(right, names),
        Some(Comparison::In(group)) => match &group.node {
            Group::Items(items) => items.iter().for_each(|item| {
                if let GroupItem::Call(call) = &item.node {
                    asked_by_call(call, names);
                }
            }),
            Group::Call(call) => asked_by_call(call, names),
            Group::List(_) | Group::Path(_) => {}
        },
        _ => {}
    }
}

fn asked_by_sum(sum: &Sum, names: &mut BTreeSet<String>) {
    let products = std::iter::once(&sum.node.first).chain(sum.node.rest.iter().map(|(_, product)| product));
    products.flat_map(values).for_each(|value| asked_by_value(value, names));
}

fn values(product: &Product) -> impl Iterator<Item = &Value> {
    std::iter::once(&product.node.first)
        .chain(product.node.rest.iter().map(|(_, sign)| sign))
        .map(|sign| &sign.node.value)
}

fn asked_by_value(value: &Value, names: &mut BTreeSet<String>) {
    match &value.node {
        ValueNode::Call(call) | ValueNode::Was(call) => asked_by_call(call, names),
        ValueNode::Cond(cond) => asked_by_cond(cond, names),
        ValueNode::Literal(_) | ValueNode::Path(_) => {}
    }
}

fn asked_by_call(call: &Call, names: &mut BTreeSet<String>) {
    let name = call.node.name.node.as_str();
    names.insert(if name == "occupancy" { "present" } else { name }.to_owned());
    call.node.args.iter().for_each(|arg| asked_by_sum(arg, names));
}
