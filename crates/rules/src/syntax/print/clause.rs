//! The canonical layout of the clauses of a rule.

use super::super::tree::{
    After, Aggregate, Blind, Clause, Compare, CompareOver, First, Note, Pattern, Raise, Sequence,
    SequencePart, Spanned, Speed, Step, TimeSpan, Unless, Unusual,
};
use super::Page;
use super::parts::{amount, cond, joined, param, path_list, step, text, time_span};

pub(super) fn print_clause(page: &mut Page<'_>, clause: &Spanned<Clause>) {
    page.comments_before(clause.span.start);
    let end = clause.span.end;
    match &clause.node {
        Clause::Pattern(Pattern::Sequence(sequence)) => print_sequence(page, sequence, end),
        Clause::Pattern(Pattern::All(all)) => {
            let head = format!("all within {}", time_span(&all.within));
            print_steps(page, &head, &all.steps, end);
        }
        Clause::Pattern(Pattern::Any(any)) => {
            let head = format!("any {} within {}", any.at_least.node.text, time_span(&any.within));
            print_steps(page, &head, &any.steps, end);
        }
        Clause::Pattern(Pattern::Compare(compare)) => print_compare(page, compare),
        Clause::Meta(notes) => page.braces("meta", end, |page| {
            for note in notes {
                page.line_at(note.span.start, &note_text(&note.node));
            }
        }),
        clause => page.line(&clause_text(clause)),
    }
}

fn print_sequence(page: &mut Page<'_>, sequence: &Sequence, end: usize) {
    let within =
        sequence.within.as_ref().map_or(String::new(), |span| format!(" within {}", time_span(span)));
    page.braces(&format!("sequence{within}"), end, |page| {
        for part in &sequence.parts {
            let text = match &part.node {
                SequencePart::Step(of) => step(of),
                SequencePart::Gone(of) => format!("not {}", step(of)),
            };
            page.line_at(part.span.start, &text);
        }
    });
}

fn print_steps(page: &mut Page<'_>, head: &str, steps: &[Step], end: usize) {
    page.braces(head, end, |page| {
        for of in steps {
            page.line_at(of.span.start, &step(of));
        }
    });
}

fn print_compare(page: &mut Page<'_>, compare: &Compare) {
    page.line("compare");
    page.depth += 1;
    for aggregate in &compare.aggregates {
        page.line_at(aggregate.span.start, &aggregate_text(&aggregate.node));
    }
    let over = match &compare.over {
        CompareOver::Within(span) => format!("within {}", time_span(span)),
        CompareOver::Session { gap, at_most } => format!("session gap {}{}", time_span(gap), limit(at_most)),
    };
    page.line(&over);
    page.line_at(compare.fire.span.start, &format!("fire when {}", cond(&compare.fire)));
    page.depth -= 1;
}

fn aggregate_text(aggregate: &Aggregate) -> String {
    let value = aggregate.value.as_ref().map_or(String::new(), |path| format!("{} of ", path.dotted()));
    let function = aggregate.function.node.word();
    format!("{} = {function}({value}{})", aggregate.name.node, step(&aggregate.of))
}

fn limit(at_most: &Option<TimeSpan>) -> String {
    at_most.as_ref().map_or(String::new(), |span| format!(" at most {}", time_span(span)))
}

fn clause_text(clause: &Clause) -> String {
    match clause {
        Clause::By(paths) => format!("by {}", path_list(paths)),
        Clause::Pattern(pattern) => pattern_text(pattern),
        Clause::Unless(unless) => unless_text(unless),
        Clause::While(of) => format!("while {}", cond(of)),
        Clause::Until(of) => format!("until {}", step(of)),
        Clause::Policy(policy) => policy.word().to_owned(),
        Clause::Quiet(span) => format!("quiet {}", time_span(span)),
        Clause::Timing(timing) => timing.word().to_owned(),
        Clause::ClearWhen(of) => format!("clear when {}", cond(of)),
        Clause::Raise(Raise { to, when }) => format!("raise to {} when {}", to.node.word(), cond(when)),
        Clause::Blind(blind) => blind_text(blind),
        Clause::Absorb(classes) => super::absorb_text(classes),
        Clause::Entities(paths) => format!("entities {}", path_list(paths)),
        Clause::Mark(mark) => mark.word().to_owned(),
        Clause::Meta(notes) => format!("meta {{ {} }}", joined(notes, " ", |note| note_text(&note.node))),
        Clause::Param(of) => param(of),
    }
}

fn pattern_text(pattern: &Pattern) -> String {
    match pattern {
        Pattern::When(of) => format!("when {}", step(of)),
        Pattern::Count(count) => {
            format!("count >= {}", measured(&amount(&count.at_least.node), &count.of, &count.within))
        }
        Pattern::Distinct(of) => {
            let rest = measured(&amount(&of.at_least.node), &of.of, &of.within);
            format!("distinct {} >= {rest}", of.value.dotted())
        }
        Pattern::Total(of) => {
            let rest = measured(&amount(&of.at_least.node), &of.of, &of.within);
            format!("sum {} >= {rest}", of.value.dotted())
        }
        Pattern::Speed(speed) => speed_text(speed),
        Pattern::After(after) => after_text(after),
        Pattern::Unusual(Unusual { sigma, of, per }) => {
            format!("unusual count > {} sigma of {} per {}", sigma.node.text, step(of), time_span(per))
        }
        Pattern::First(first) => first_text(first),
        // These stand on several lines, and `print_clause` has printed them.
        Pattern::Sequence(_) | Pattern::All(_) | Pattern::Any(_) | Pattern::Compare(_) => String::new(),
    }
}

/// `N of step within W`
fn measured(amount: &str, of: &Step, within: &TimeSpan) -> String {
    format!("{amount} of {} within {}", step(of), time_span(within))
}

fn speed_text(speed: &Speed) -> String {
    let distance = speed
        .distance
        .as_ref()
        .map_or(String::new(), |distance| format!(" and distance >= {}", amount(&distance.node)));
    let above = format!("{}{distance}", amount(&speed.above.node));
    format!("speed > {}", measured(&above, &speed.of, &speed.within))
}

fn after_text(after: &After) -> String {
    let within = time_span(&after.within);
    let limit = limit(&after.at_most);
    format!("after {} expect {} within {within}{limit}", step(&after.trigger), step(&after.expected))
}

fn first_text(first: &First) -> String {
    let learning =
        first.learning.as_ref().map_or(String::new(), |span| format!(" learning {}", time_span(span)));
    let within = time_span(&first.within);
    format!("first {} of {} within {within}{learning}", first.value.dotted(), step(&first.of))
}

fn unless_text(unless: &Unless) -> String {
    let (side, label) = (unless.side.node.word(), &unless.label.node);
    format!("unless {} within {} {side} {label}", step(&unless.step), time_span(&unless.within))
}

fn blind_text(blind: &Blind) -> String {
    let severity =
        blind.severity.as_ref().map_or(String::new(), |level| format!(" as {}", level.node.word()));
    format!("blind {}{severity}", path_list(&blind.paths))
}

fn note_text(note: &Note) -> String {
    match note {
        Note::Texts { kind, texts } => {
            format!("{} {}", kind.node.word(), joined(texts, " ", |of| text(&of.node)))
        }
        Note::Type(name) => format!("type {}", name.node),
        Note::Status(status) => format!("status {}", status.node.word()),
    }
}
