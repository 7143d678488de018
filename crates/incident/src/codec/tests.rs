use super::members::{decode_members, encode_members};
use super::*;
use crate::document::{Frame, Incident, compose};
use crate::lifecycle::State;
use crate::samples::{Random, alert, evidence, seconds, text_field, with};
use crate::table::Member;
use event::alert::{Alert, Evidence, Identity, Unknown};
use event::time::Duration;
use event::value::{Micro, OwnedValue};
use std::collections::BTreeSet;
use std::sync::Arc;

fn incident(mut alerts: Vec<Alert>) -> Incident {
    alerts.sort_by_key(|alert| (alert.first_at, alert.id));
    let alerts: Vec<Arc<Alert>> = alerts.into_iter().map(Arc::new).collect();
    let frame = Frame {
        canonical_id: Id([0xc; 16]),
        state: State::New,
        settled_at: Some(seconds(960)),
        related: vec![Id([0xd; 16])],
        hubs: &BTreeSet::new(),
    };
    compose(&alerts.iter().collect::<Vec<_>>(), frame).unwrap()
}

fn forced() -> Alert {
    let mut made = with(alert(1, 0, 0), &[("door", "d1"), ("zone", "vault")]);
    Arc::make_mut(&mut made.evidence[0]).fields = text_field("door", "d1");
    made.captured.insert("zone".into(), OwnedValue::Text("vault".into()));
    made
}

fn revision(incident: Document) -> Revision {
    Revision {
        kind: Kind::Updated,
        incident_id: Id([0xc; 16]),
        revision: 2,
        task: 0,
        clock: seconds(1),
        cause: Cause::Events,
        removed: vec![Id([1; 16])],
        merged_from: vec![Id([2; 16]), Id([3; 16])],
        merged_into: Some(Id([4; 16])),
        split_from: vec![Id([5; 16])],
        incident,
    }
}

/// Holds a value against a schema, as far as ours use the language.
fn fits(value: &Value, schema: &Value) -> bool {
    let any = |schemas: &Value| schemas.as_array().unwrap().iter().any(|schema| fits(value, schema));
    let is = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        _ => value.is_null(),
    };
    let nothing = Map::new();
    let entries = value.as_object().unwrap_or(&nothing);
    let property = |(name, value): (&String, &Value)| match schema["properties"].get(name) {
        Some(schema) => fits(value, schema),
        None => match schema.get("additionalProperties") {
            Some(Value::Bool(allowed)) => *allowed,
            Some(schema) => fits(value, schema),
            None => true,
        },
    };
    schema.get("anyOf").is_none_or(any)
        && schema.get("type").is_none_or(is)
        && schema.get("const").is_none_or(|only| only == value)
        && schema.get("enum").is_none_or(|words| words.as_array().unwrap().contains(value))
        && schema.get("pattern").is_none_or(|_| Id::parse(value.as_str().unwrap()).is_some())
        && schema.get("required").is_none_or(|names| {
            names.as_array().unwrap().iter().all(|name| entries.contains_key(name.as_str().unwrap()))
        })
        && entries.iter().all(property)
        && schema
            .get("items")
            .is_none_or(|schema| value.as_array().unwrap().iter().all(|item| fits(item, schema)))
}

#[track_caller]
fn check_schema(file: &str, text: &str) {
    let schema = schema::files().into_iter().find(|(name, _)| *name == file).unwrap().1;
    let (schema, value) = (serde_json::from_str(&schema).unwrap(), serde_json::from_str(text).unwrap());
    assert!(fits(&value, &schema), "{text} does not fit {file}");
}

#[test]
fn the_schemas_in_the_docs_are_these() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema");
    for (name, wanted) in schema::files() {
        let path = folder.join(name);
        if std::env::var_os("WATCHFLOOR_UPDATE").is_some_and(|value| value == "1") {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &wanted).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "docs/schema/{name} is stale: run this test with WATCHFLOOR_UPDATE=1");
    }
}

#[test]
fn an_alert_as_the_contract_shows_it() {
    let text = alert_json(&forced());
    let wanted = concat!(
        r#"{"alert_id":"01010101010101010101010101010101","rule":"door_forced","title":"Door d1 forced","#,
        r#""key":{"door":"d1"},"site":"harbour","severity":"high","emission":"E","#,
        r#""first_at":"2026-01-10T02:00:00Z","last_at":"2026-01-10T02:00:00Z","detections":1,"#,
        r#""evidence":[{"event_id":"41414141414141414141414141414141","step":"open","#,
        r#""ts":"2026-01-10T02:00:00Z","class":"door.opened","topic":"harbour.badge","partition":0,"#,
        r#""offset":1,"door":"d1"}],"captured":{"zone":"vault"},"#,
        r#""entities":{"door":["d1"],"zone":["vault"]},"settled":true,"exact":true,"withdrawn":false}"#,
    );
    assert_eq!(text, wanted);
    check_schema("alert.schema.json", &text);
}

#[test]
fn every_mark_of_an_alert_fits_its_schema() {
    let mut odd = forced();
    odd.unknown = vec![Unknown { source: "cam1".into(), from: seconds(0), to: seconds(5) }];
    odd.merged_into = Some(Id([7; 16]));
    (odd.trial, odd.internal, odd.restricted, odd.life_safety) = (true, true, true, true);
    Arc::make_mut(&mut odd.evidence[0]).place.coordinates.index = 3;
    odd.captured = [
        ("n", OwnedValue::Int(-4)),
        ("x", OwnedValue::Float(Micro(-1_250_000))),
        ("on", OwnedValue::Bool(true)),
        ("due", OwnedValue::Time(seconds(9))),
        ("for", OwnedValue::Duration(Duration::from_secs(90))),
        ("tags", OwnedValue::List(vec!["a".into(), "b".into()])),
    ]
    .map(|(name, value)| (name.into(), value))
    .into();
    let text = alert_json(&odd);
    check_schema("alert.schema.json", &text);
    assert!(text.contains(concat!(
        r#""captured":{"due":"2026-01-10T02:00:09Z","for":"90s","n":-4,"#,
        r#""on":true,"tags":["a","b"],"x":-1.25}"#,
    )));
    assert!(text.contains(r#""offset":1,"index":3,"door":"d1""#));
}

#[test]
fn a_captured_field_never_hides_a_name_of_evidence() {
    let mut entry = evidence(1, 0, "door.opened");
    entry.fields = text_field("topic", "other");
    let text = evidence_json(&entry);
    assert!(text.contains(r#""topic":"harbour.badge""#) && text.contains(r#""captured.topic":"other""#));
}

#[test]
fn an_incident_fits_its_schema() {
    let text = incident_json(&incident(vec![forced()]));
    check_schema("incident.schema.json", &text);
    assert!(text.starts_with(r#"{"incident_id":"0c0c"#));
    assert!(text.contains(r#""related":["0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d"],"about":null"#));
    assert!(text.ends_with(r#","restricted":false,"life_safety":false}"#));
    assert_eq!(Document::of(&incident(vec![forced()])).text(), text);
}

#[test]
fn a_revision_reads_back_as_it_was_written() {
    let mut odd = forced();
    odd.captured.insert("x".into(), OwnedValue::Float(Micro(9_007_199_254_740_993)));
    odd.captured.insert("odd \"key\"\u{1}".into(), OwnedValue::Text("\u{2028}\u{0}\\ é 😀".into()));
    let documents = [Document::of(&incident(vec![odd])), Document::counts(Id([0xc; 16]), 3, 7)];
    for written in documents.map(revision) {
        let text = written.to_json();
        check_schema("revision.schema.json", &text);
        assert_eq!(Revision::parse(text.as_bytes()), Ok(written));
    }
}

#[test]
fn refuses_what_is_no_revision() {
    let good = revision(Document::counts(Id([0xc; 16]), 1, 1)).to_json();
    let bad = [
        (r#""schema":1"#, r#""schema":2"#),
        (r#""kind":"updated""#, r#""kind":"odd""#),
        (r#""revision":2"#, r#""revision":-2"#),
        (r#""task":0"#, r#""task":4294967296"#),
        (r#""clock":""#, r#""clock":"x"#),
        (r#""removed":["#, r#""removed":["z","#),
        (r#""merged_into":""#, r#""merged_into":"z"#),
        (r#""incident":{"#, r#""incident_":{"#),
    ];
    for (from, to) in bad {
        assert!(good.contains(from), "{from}");
        assert!(Revision::parse(good.replace(from, to).as_bytes()).is_err(), "{to}");
    }
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    assert_eq!(Revision::parse(&deep), Err(Malformed("no JSON")));
    assert!(Revision::parse(&vec![b' '; REVISION_BYTES_MAX + 1]).is_err());
}

#[test]
fn no_bytes_make_a_reader_fall() {
    let revision = revision(Document::of(&incident(vec![forced()]))).to_json().into_bytes();
    let members = encode_members(&[Member::of(&forced())]);
    let mut random = Random::new(1);
    for _ in 0..5_000 {
        for good in [&revision, &members] {
            let mut bytes = good[..random.below(good.len() + 1)].to_vec();
            for _ in 0..random.below(4) {
                let at = random.below(bytes.len() + 1);
                bytes.insert(at, random.below(256) as u8);
            }
            let _ = (Revision::parse(&bytes), decode_members(&bytes));
        }
    }
}

#[test]
fn a_revision_holds_fifty_alerts_and_says_how_many_there_are() {
    let alerts = (0..120u8).map(|n| alert(n, i64::from(n), i64::from(n))).collect();
    let document: Value = serde_json::from_str(Document::of(&incident(alerts)).text()).unwrap();
    assert_eq!(
        (document["alerts"].as_array().unwrap().len(), &document["alerts_total"]),
        (50, &Value::from(120))
    );
    assert_eq!(
        (document["evidence"].as_array().unwrap().len(), &document["evidence_total"]),
        (64, &Value::from(120))
    );
}

/// An alert whose every text is long and costs six bytes a character.
fn hostile(n: u8, text: usize) -> Alert {
    let long: Arc<str> = "\u{1}".repeat(text).into();
    let mut made = alert(n, 0, 0);
    (made.title, made.site) = (long.to_string(), long.clone());
    made.key = vec![("door".into(), long.clone())];
    for kind in event::kind::Kind::ALL {
        let ids = (0..3).map(|id| Arc::from(format!("{id}{long}")));
        made.entities.insert(kind.name(), ids.collect());
    }
    let entry = |at: u8| Evidence {
        identity: Identity::Given(Id([at; 16])),
        fields: text_field("user", &long),
        ..evidence(at, i64::from(at), "door.opened")
    };
    made.evidence = (0..64).map(|at| Arc::new(entry(at))).collect();
    made
}

#[test]
fn a_hostile_incident_still_fits_into_a_message() {
    for text in [10, 100, 1_000, 20_000] {
        let alerts = (0..4).map(|n| hostile(n, text)).collect();
        let mut sent = revision(Document::of(&incident(alerts)));
        assert!(sent.incident.text().len() <= DOCUMENT_BYTES_MAX, "{text}: {}", sent.incident.text().len());
        sent.removed = (0..2_000u32).map(|n| Id(u128::from(n).to_be_bytes())).collect();
        (sent.merged_from, sent.split_from) = (sent.removed.clone(), sent.removed.clone());
        let json = sent.to_json();
        assert!(json.len() <= REVISION_BYTES_MAX);
        check_schema("revision.schema.json", &json);
        assert_eq!(Revision::parse(json.as_bytes()).unwrap().removed, sent.removed[..IDS_MAX]);
    }
}

#[test]
fn evidence_of_life_safety_goes_up_to_the_size_the_newest_first() {
    let mut fire = alert(1, 0, 5_000);
    fire.life_safety = true;
    let entry = |n: u32| Evidence {
        identity: Identity::Given(Id(u128::from(n).to_be_bytes())),
        ..evidence(0, n.into(), "fire.alarm")
    };
    fire.evidence = (0..5_000).map(|n| Arc::new(entry(n))).collect();
    let document = Document::of(&incident(vec![fire]));
    assert!(
        document.text().len() <= DOCUMENT_BYTES_MAX && document.text().len() > DOCUMENT_BYTES_MAX - 1_000
    );
    let document: Value = serde_json::from_str(document.text()).unwrap();
    let shown = document["evidence"].as_array().unwrap();
    assert!(shown.len() > 500);
    assert_eq!(shown[0]["ts"], seconds(0).to_string());
    assert_eq!(shown[shown.len() - 1]["ts"], seconds(4_999).to_string());
    assert_eq!(document["evidence_total"], 5_000);
}

#[test]
fn members_read_back() {
    let mut members: Vec<Member> =
        (0..=255u8).map(|n| Member::of(&alert(n, i64::from(n / 3), 100))).collect();
    members.sort();
    let bytes = encode_members(&members);
    assert_eq!(decode_members(&bytes), Ok(members.clone()));
    assert_eq!(decode_members(&encode_members(&[])), Ok(Vec::new()));
    members.reverse();
    assert!(decode_members(&encode_members(&members)).is_err());
    assert!(decode_members(&bytes[..bytes.len() - 1]).is_err());
    assert!(decode_members(&[1, 255, 255, 255, 255]).is_err());
    assert!(decode_members(&[2, 0, 0, 0, 0]).is_err());
}
