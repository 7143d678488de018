//! The canonical layout of worlds and tests.

use super::super::tree::{Expect, Fact, Found, Hours, Instant, Test, TestEvent, World};
use super::Page;
use super::parts::{assigns, call, class_ref, constant, duration, joined, text, time_span};

/// A world whose braces end at byte `end` of the file.
pub(super) fn print_world(page: &mut Page<'_>, world: &World, end: usize) {
    page.braces("world", end, |page| {
        for fact in &world.facts {
            page.line_at(fact.span.start, &fact_text(&fact.node));
        }
    });
}

pub(super) fn print_test(page: &mut Page<'_>, test: &Test, end: usize) {
    let head = format!("test {} {}", test.rule.node, text(&test.name.node));
    page.braces(&head, end, |page| {
        if let Some(world) = &test.world {
            page.comments_before(world.span.start);
            print_world(page, &world.node, world.span.end);
        }
        for event in &test.events {
            page.line_at(event.span.start, &event_text(&event.node));
        }
        for expect in &test.expects {
            page.line_at(expect.span.start, &expect_text(&expect.node));
        }
    });
}

fn fact_text(fact: &Fact) -> String {
    match fact {
        Fact::Now { instant, zone } => format!("now {} in {}", text(&instant.node), text(&zone.node)),
        Fact::List { name, values } => {
            format!("list {} = {}", name.node, joined(values, ", ", |value| constant(&value.node)))
        }
        Fact::Calendar { name, hours } => {
            format!("calendar {} = {}", text(&name.node), joined(hours, ", ", |of| hours_text(&of.node)))
        }
        Fact::Lateness { class, span } => format!("lateness {} {}", class_ref(&class.node), time_span(span)),
        Fact::Given { state, value: None } => format!("given {}", call(state)),
        Fact::Given { state, value: Some(value) } => {
            format!("given {} = {}", call(state), constant(&value.node))
        }
        Fact::Entity { kind, id, attributes } if attributes.is_empty() => {
            format!("{} {}", kind.node, text(&id.node))
        }
        Fact::Entity { kind, id, attributes } => {
            format!("{} {} with {}", kind.node, text(&id.node), assigns(attributes))
        }
    }
}

fn hours_text(hours: &Hours) -> String {
    let on = hours.on.as_ref().map_or(String::new(), |on| format!(" on {}", text(&on.node)));
    format!("{} to {}{on}", text(&hours.from.node), text(&hours.to.node))
}

fn event_text(event: &TestEvent) -> String {
    let mut out = format!("at {} {}", instant(&event.at.node), class_ref(&event.class.node));
    if !event.fields.is_empty() {
        out.push_str(&format!(" {}", assigns(&event.fields)));
    }
    if let Some(arrives) = &event.arrives {
        out.push_str(&format!(" arrives {}", instant(&arrives.node)));
    }
    out
}

fn instant(instant: &Instant) -> String {
    match instant {
        Instant::Offset { negative: true, duration: of } => format!("-{}", duration(of)),
        Instant::Offset { negative: false, duration: of } => duration(of),
        Instant::Local(of) => text(of),
    }
}

fn expect_text(expect: &Expect) -> String {
    match expect {
        Expect::Nothing => "expect nothing".to_owned(),
        Expect::Withdrawn(found) => format!("expect withdrawn{}", optional_found(found.as_ref())),
        Expect::Unknown(found) => format!("expect unknown{}", optional_found(found.as_ref())),
        Expect::Found(found) => format!("expect {}", found_text(found)),
    }
}

fn optional_found(found: Option<&Found>) -> String {
    found.map_or(String::new(), |found| format!(" {}", found_text(found)))
}

fn found_text(found: &Found) -> String {
    let mut out = found.rule.node.clone();
    if !found.fields.is_empty() {
        out.push_str(&format!(" {}", assigns(&found.fields)));
    }
    if let Some(at) = &found.at {
        out.push_str(&format!(" at {}", instant(&at.node)));
    }
    out
}
