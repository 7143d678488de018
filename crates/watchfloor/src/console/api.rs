//! `/api/v1`: what the pages read, as JSON. Every answer is a copy of facts; nothing can be asked that changes any.

use super::board::Posted;
use super::revision::Revision;
use super::{Console, Eyes};
use serde_json::{Map, Value, json};

/// Incidents of one answer.
const LISTED_MAX: usize = 300;
/// Characters of a title in a list. The whole of it is in the incident.
const TITLE_CHARS_MAX: usize = 200;

/// Sums, state, rates and latencies.
pub(super) fn status(console: &Console) -> Value {
    let facts = console.facts();
    let mut status = facts.status.clone();
    if let Value::Object(map) = &mut status {
        map.insert("rules".into(), console.advice().len().into());
        map.insert("open".into(), json!(super::board::open(&facts.board)));
        map.insert("seconds".into(), facts.pulse.json());
        let ms = |share| facts.pulse.quantile(share).as_secs_f64() * 1e3;
        map.insert("latency_ms".into(), json!({"p50": ms(0.5), "p99": ms(0.99), "max": ms(1.0)}));
    }
    status
}

/// The incidents, those first that changed last.
pub(super) fn incidents(console: &Console) -> Value {
    let facts = console.facts();
    let rows = facts.board.all().take(LISTED_MAX).filter_map(|(id, posted)| row(id, posted, console.eyes()));
    Value::Array(rows.collect())
}

fn row(id: &str, posted: &Posted, eyes: Eyes) -> Option<Value> {
    let incident = Revision::read(&posted.document)?.incident;
    let hidden = incident.restricted && eyes == Eyes::Open;
    let worst = incident.worst().map_or(&incident.title, |worst| &worst.title);
    let title = if hidden { "Restricted incident" } else { worst };
    Some(json!({
        "incident_id": id,
        "title": clip(title, TITLE_CHARS_MAX),
        "severity": incident.severity,
        "state": if posted.is_gone { "withdrawn" } else { incident.state.as_str() },
        "score": incident.score.total,
        "opened_at": incident.opened_at,
        "last_at": incident.last_at,
        "alerts": incident.alerts_total,
        "zones": if hidden { None } else { incident.entities.get("zone") },
        "people": if hidden { None } else { incident.entities.get("person").map(|ids| &ids[..ids.len().min(8)]) },
        "life_safety": incident.life_safety,
        "restricted": incident.restricted,
    }))
}

/// One incident, whole, with what its rules say to people.
pub(super) fn incident(console: &Console, id: &str) -> Option<Value> {
    let facts = console.facts();
    let posted = facts.board.get(id)?;
    let revision = Revision::read(&posted.document)?;
    if revision.incident.restricted && console.eyes() == Eyes::Open {
        return row(id, posted, console.eyes());
    }
    let mut document: Value = serde_json::from_slice(&posted.document).ok()?;
    let mut incident = document.get_mut("incident")?.take();
    let advice: Map<String, Value> = revision
        .incident
        .alerts
        .iter()
        .filter_map(|alert| Some((alert.rule.clone(), console.advice().on(&alert.rule)?.json())))
        .collect();
    if let Value::Object(map) = &mut incident {
        map.insert("advice".into(), Value::Object(advice));
        map.insert("gone".into(), posted.is_gone.into());
    }
    Some(incident)
}

/// Who has been heard.
pub(super) fn sources(console: &Console) -> Value {
    console.facts().sources.clone()
}

fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::Advice;

    fn console(eyes: Eyes) -> Console {
        let console = Console::new(Advice::default(), eyes);
        let row = r#"{"kind":"opened","incident_id":"a","incident":{"title":"The badge of ann","restricted":true,
            "severity":"high","entities":{"zone":["lab"]}}}"#;
        console.facts().board.take(b"a", row.as_bytes());
        console
    }

    #[test]
    fn what_is_restricted_is_for_those_who_may_see_it() {
        let open = console(Eyes::Open);
        assert!(!format!("{}{:?}", incidents(&open), incident(&open, "a")).contains("ann"));
        assert!(!incidents(&open).to_string().contains("lab"));
        let all = console(Eyes::All);
        assert_eq!(incident(&all, "a").expect("it is there")["title"], "The badge of ann");
        assert_eq!(incident(&all, "b"), None);
    }
}
