//! An incident in the words of a watch officer: what, where, who, since when, why we think so, what to do.

use crate::console::revision::{AlertDocument, Document, EvidenceDocument};
use crate::console::{Advice, revision};
use std::collections::BTreeMap;

/// Kinds of entities that say where, the most telling first.
const WHERE: &[&str] = &[
    "zone",
    "door",
    "reader",
    "camera",
    "sensor",
    "partition",
    "panel",
    "controller",
    "asset",
    "device",
    "host",
];
/// Those that say who.
const WHO: &[&str] = &["person", "credential", "account", "guard", "plate", "vehicle", "visit"];
/// Those of the network.
const NETWORK: &[&str] = &["ip"];
/// Ids of one kind, and events, that one line shows.
const SHOWN: usize = 4;
/// Texts of events are chosen by whoever sends them.
const TEXT_MAX: usize = 160;

/// One line of an incident: its label, and what it says.
pub(crate) type Line = (&'static str, String);

/// What the officer reads of an incident, for its worst alert.
pub(crate) fn lines(incident: &Document, advice: &Advice) -> Vec<Line> {
    let Some(worst) = incident.worst() else { return Vec::new() };
    let mut lines = vec![("where", place(incident))];
    for (label, kinds) in [("who", WHO), ("network", NETWORK)] {
        let named = named(&incident.entities, kinds);
        if !named.is_empty() {
            lines.push((label, named.join(" · ")));
        }
    }
    lines.push(("since", since(incident)));
    let said = advice.on(&worst.rule);
    lines.extend(said.filter(|said| !said.why.is_empty()).map(|said| ("why", said.why.clone())));
    let seen = seen(worst);
    if !seen.is_empty() {
        lines.push(("seen", seen));
    }
    lines.extend(said.filter(|said| !said.procedure.is_empty()).map(|said| ("do", said.procedure.clone())));
    lines.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// The title: of the worst alert, with a capital, and how many there are beside it.
pub(crate) fn title(incident: &Document) -> String {
    let mut own = incident.worst().map_or(incident.title.as_str(), |worst| worst.title.as_str()).to_owned();
    for id in incident.entities.get("person").into_iter().flatten().filter(|id| id.len() > 2) {
        own = own.replace(id.as_str(), &name("person", id));
    }
    let mut letters = own.chars();
    let capital: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    text(&capital)
}

/// `07:14:05` of a time in RFC 3339.
pub(crate) fn clock(time: &str) -> &str {
    time.get(11..19).unwrap_or("--:--:--")
}

fn since(incident: &Document) -> String {
    let more = match incident.alerts_total.max(incident.alerts.len()) {
        0 | 1 => String::new(),
        n => format!(", {n} alerts until {}", clock(&incident.last_at)),
    };
    format!("{}{more}", clock(&incident.opened_at))
}

fn place(incident: &Document) -> String {
    let named = named(&incident.entities, WHERE);
    match named.is_empty() {
        true => format!("site {}", text(&incident.site)),
        false => named.join(" · "),
    }
}

/// `door north stair, level 2` of each kind.
fn named(entities: &BTreeMap<String, Vec<String>>, kinds: &[&str]) -> Vec<String> {
    let of = |kind: &&str| {
        let ids = entities.get(*kind).filter(|ids| !ids.is_empty())?;
        let mut shown: Vec<String> = ids.iter().take(SHOWN).map(|id| name(kind, id)).collect();
        if ids.len() > SHOWN {
            shown.push(format!("{} more", ids.len() - SHOWN));
        }
        // The name of a place says what it is; a number does not.
        let label = if ["zone", "person", "door", "camera", "host", "ip"].contains(kind) {
            String::new()
        } else {
            format!("{kind} ")
        };
        Some(format!("{label}{}", shown.join(", ")))
    };
    kinds.iter().filter_map(of).collect()
}

/// Ids are kept in lower case; people like their names otherwise.
fn name(kind: &str, id: &str) -> String {
    let id = text(id);
    if kind != "person" {
        return id;
    }
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    id.split(' ').map(capital).collect::<Vec<_>>().join(" ")
}

fn seen(alert: &AlertDocument) -> String {
    let more = alert.evidence.len().saturating_sub(SHOWN);
    let mut seen: Vec<String> = alert.evidence.iter().take(SHOWN).map(event).collect();
    if more > 0 {
        seen.push(format!("and {more} more"));
    }
    seen.join("; ")
}

/// `07:14:02 door opened (north stair, level 2)`
fn event(entry: &EvidenceDocument) -> String {
    let class = entry.class.rsplit_once(':').map_or(entry.class.as_str(), |(_, class)| class);
    let class = match class.strip_prefix("detection.").or(class.strip_prefix("alert.")) {
        Some(rule) => format!("alert {}", rule.replace('_', " ")),
        None => class.replace(['.', '_'], " "),
    };
    let about = ["door", "camera", "sensor", "src.ip", "host", "credential", "zone"];
    let about = about.iter().find_map(|field| entry.fields.get(*field)?.as_str());
    match about {
        Some(about) => format!("{} {class} ({})", clock(&entry.ts), text(about)),
        None => format!("{} {class}", clock(&entry.ts)),
    }
}

/// One line without control characters, of a length that can be read.
pub(crate) fn text(raw: &str) -> String {
    let plain: String =
        raw.chars().map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c }).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(TEXT_MAX) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

/// Marks that turn the direction of a text around, or have no width.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// How the severity stands in the margin.
pub(crate) fn margin(severity: &str) -> String {
    let known = revision::LEVELS.contains(&severity);
    if known { severity.to_uppercase() } else { "INCIDENT".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_senders_text_is_one_plain_line() {
        assert_eq!(text("a\u{1b}[31m\nb\t\u{202e}c"), "a [31m b c");
        assert_eq!(text(&"x".repeat(10_000)).chars().count(), TEXT_MAX + 1);
    }

    #[test]
    fn names_read_like_names() {
        let entities = BTreeMap::from([
            ("person".to_owned(), vec!["ewan reid".to_owned()]),
            ("credential".to_owned(), vec!["100-4701".to_owned()]),
        ]);
        assert_eq!(named(&entities, WHO), ["Ewan Reid", "credential 100-4701"]);
    }

    #[test]
    fn evidence_says_when_what_and_where() {
        let entry: EvidenceDocument = serde_json::from_str(
            r#"{"ts":"2026-03-02T07:14:05.25Z","class":"door.opened","step":"open","door":"archive door"}"#,
        )
        .expect("an entry");
        assert_eq!(event(&entry), "07:14:05 door opened (archive door)");
    }
}
