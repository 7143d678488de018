//! Mappings that run, and mappings that are wrong.

use super::{Mapped, load};
use crate::check;
use crate::decoder::Decoder;
use event::diagnostic::Diagnostic;
use std::sync::Arc;

const ONGUARD: &str = r#"
read: csv
time: {field: EVENT_TIME, formats: ["%Y-%m-%d %H:%M:%S%.f", "%s"], zone: America/New_York}
id: [PANELID, SERIALNUM]
set: {source: {field: PANELNAME}, door: {field: READERDESC}, credential: {field: CARDNUM}, person: {field: EMPID}}
class:
  - {when: {EVDESCR: ["Access Granted", "Granted Access"]}, class: access.granted, set: {direction: {field: DIR, map: {IN: in, OUT: out}}}}
  - {when: {EVDESCR: ["Access Denied*"], DIR: "*"}, class: access.denied, set: {reason: {field: EVDESCR}, lifecycle: test}}
otherwise: unclassified
"#;

fn mapped(text: &str) -> Mapped {
    let (mapping, found) = load("m.yaml", text);
    let errors: Vec<String> = found.iter().filter(|d| d.is_error()).map(Diagnostic::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    Mapped::new(Arc::new(mapping.expect("a mapping")))
}

#[track_caller]
fn check(mapping: &str, row: &str, expect: &str) {
    assert_eq!(check::decode(&mapped(mapping), row.as_bytes()), expect);
}

fn onguard(row: &str) -> String {
    format!("EVENT_TIME, PANELID ,SERIALNUM,PANELNAME,READERDESC,CARDNUM,EMPID,EVDESCR,DIR\r\n{row}\r\n")
}

#[test]
fn rows_of_csv_become_events() {
    check(
        ONGUARD,
        &onguard("2026-07-01 10:00:00.5,1,77,Panel 1,Front,0012,30,granted access, IN "),
        "access.granted 2026-07-01T14:00:00.5Z source=Panel 1 native_id=1\u{1f}77 door=front credential=0012 person=30 \
         direction=in native_code=\"mapped:granted access\"",
    );
    check(
        ONGUARD,
        &onguard("1782914400,1,,Panel 1,\"Front, left\",0012,,Access Denied - expired,"),
        "unclassified 2026-07-01T14:00:00Z source=Panel 1 door=\"front, left\" credential=0012 \
         native_code=\"mapped:Access Denied - expired\"",
    );
    check(
        ONGUARD,
        &onguard("yesterday,1,78,,Front,,,Access Denied - expired,SIDE"),
        "access.denied test native_id=1\u{1f}78 door=front native_reason=\"Access Denied - expired\" reason=other \
         native_code=\"mapped:Access Denied - expired\"",
    );
}

#[test]
fn seconds_since_1970_keep_their_fraction() {
    let text = "read: kv\ntime: {field: T, formats: [\"%s%.f\"]}\nclass: [{class: door.opened}]\n";
    for (sent, time) in [
        ("1782914400", "2026-07-01T14:00:00Z"),
        ("1782914400.25", "2026-07-01T14:00:00.25Z"),
        ("1782914400.123456789", "2026-07-01T14:00:00.123456789Z"),
        ("01782914400.5", "2026-07-01T14:00:00.5Z"),
        ("-1.5", "1969-12-31T23:59:58.5Z"),
    ] {
        let said = check::decode(&mapped(text), format!("T={sent}").as_bytes());
        assert!(said.starts_with(&format!("door.opened {time} ")), "{sent}: {said}");
    }
    for sent in ["1782914400.", "1782914400.1234567890", ".5", "1782914400x", ""] {
        let said = check::decode(&mapped(text), format!("T={sent} X=1").as_bytes());
        assert!(!said.contains("2026-07-01"), "{sent}: {said}");
    }
}

#[test]
fn several_rows_below_one_header_are_several_events() {
    let out = check::run(
        &check::stage(mapped(ONGUARD)),
        [onguard("1,1,1,P,D,C,E,Granted Access,IN\n2,1,2,P,D,C,E,x,y").as_bytes()],
    );
    assert_eq!((out.batch.len(), out.counts.decoded), (2, 1));
    assert_eq!(out.judged[0].lateness, event::time::Duration::from_secs(900));
    assert!(out.batch.row(0).row.identity.is_some());
    assert_eq!(out.batch.row(1).row.coordinates.index, 1);
}

#[test]
fn rows_without_a_header_need_their_columns_named() {
    let text = "read: csv\ncolumns: [A, B]\ndelimiter: ';'\nclass: [{when: {A: x}, class: door.opened, set: {door: {field: B}}}]\n";
    check(text, "X;d1", "door.opened door=d1 native_code=mapped:X");
    let said = check::decode(&mapped(ONGUARD), b"a,b,c");
    assert!(said.starts_with("reject malformed: "), "{said}");
}

#[test]
fn rows_of_json_by_name_and_by_pointer() {
    let text = r#"
read: json
time: {field: /event/at}
set:
  door: {field: "id.door"}
  zone: {text: "{FLOOR}-{/event/zone}"}
  person: {field: who, capture: '^E(\d+)'}
  tags: polled
class:
  - {when: {/event/kind: open, FORCED: "true"}, class: door.forced, set: {lifecycle: {field: END, map: {"1": restore, "0": new}}}}
  - {when: {/event/kind: [open, ajar]}, class: door.opened}
otherwise: reject
"#;
    check(
        text,
        r#"{"event":{"at":1767232800123,"kind":"OPEN","zone":"7"},"id.door":"D 1","FLOOR":2,"who":"E0030x","FORCED":true,"END":1}"#,
        "door.forced restore 2026-01-01T02:00:00.123Z door=\"d 1\" zone=2-7 person=0030 tags=polled native_code=\"mapped:OPEN true\"",
    );
    check(
        text,
        r#"{"event":{"at":"2026-01-01 02:00:00","kind":"ajar"},"id.door":"d1","FLOOR":2}"#,
        "door.opened 2026-01-01T02:00:00Z door=d1 tags=polled native_code=mapped:ajar",
    );
    check(text, r#"{"event":{"kind":"shut"}}"#, "reject unmapped: no class of the mapping fits `shut`");
    check(text, r#"{"other":1}"#, "reject malformed: none of the mapping's columns is in the row");
}

#[test]
fn a_row_inside_an_envelope_is_found() {
    let text = "read: json\nclass: [{when: {K: x}, class: door.opened, set: {door: {field: D}}}]\n";
    let out = check::run(
        &check::stage(mapped(text)),
        [
            &br#"{"schema":{},"payload":{"K":"x","D":"d1"}}"#[..],
            br#"[{"K":"x","D":"d1"},{"K":"y","D":"d2"}]"#,
        ],
    );
    assert_eq!(check::tally(&out), "records 2 events 3 unclassified 1 control 0 rejects 0");
}

#[test]
fn rows_of_pairs_and_of_xml() {
    let text = "read: kv\nclass: [{when: {EVDESCR: granted*}, class: access.granted, set: {door: {field: READER}}}]\notherwise: skip\n";
    check(
        text,
        "EVDESCR=Granted Access READER=\"Front door\"",
        "access.granted door=\"front door\" native_code=\"mapped:Granted Access\"",
    );
    check(text, "EVDESCR=Denied", "skipped");
    let text =
        "read: xml\nset: {door: {field: /E/S/@door}}\nclass: [{when: {Code: '46'}, class: door.opened}]\n";
    check(text, "<E><S door=\"d1\"><Code> 46 </Code></S></E>", "door.opened door=d1 native_code=mapped:46");
    check(
        text,
        "<E><S",
        "reject malformed: XML: syntax error: tag not closed: `>` not found before end of input",
    );
}

#[test]
fn users_are_split_and_a_last_assignment_wins() {
    let text = "read: json\nset: {user: {field: U}, door: front}\nclass: [{class: access.granted, set: {door: back}}]\n";
    check(
        text,
        r#"{"U":"HARBOUR\\JDoe"}"#,
        "access.granted user=jdoe user.domain=harbour door=back native_code=mapped:",
    );
}

#[test]
fn survives_damage() {
    for (text, row) in [
        (ONGUARD, onguard("2026-07-01 10:00:00,1,77,\"Panel 1\",Front,0012,30,granted access,IN")),
        ("read: kv\nclass: [{when: {A: b}, class: door.opened}]\n", "A=\"b c\" D: 'x' é=ü".to_owned()),
        (
            "read: xml\nclass: [{when: {A: b}, class: door.opened}]\n",
            "<?xml?><E a='é'><A>b&amp;</A><![CDATA[x]]></E>".to_owned(),
        ),
        (
            "read: json\nclass: [{when: {A: b}, class: door.opened}]\n",
            r#"{"A":"b","c":[1,{"é":null}]}"#.to_owned(),
        ),
    ] {
        check::survives_damage(&check::stage(mapped(text)), [row.as_bytes()]);
    }
}

#[test]
fn states_its_classes() {
    let mapped = mapped(ONGUARD);
    let names: Vec<_> = mapped.produces().iter().filter_map(|p| Some(p.class.def()?.name)).collect();
    assert_eq!(names, ["access.granted", "access.denied", "unclassified"]);
}

#[test]
fn every_mistake_is_found_at_once_with_its_line() {
    let text = r#"read: csv
tiem: {field: A}
time: {field: A, formats: ["%Y-%", "%Y-%m-%d"], zone: Europe/Pari}
id: {a: b}
set:
  dor: {field: B}
  ts: {field: B}
  direction: sideways
  src.port: many
  person: {field: B, capture: '(a'}
  zone: {text: "{A-"}
  area: {fields: B}
class:
  - {when: {A: [x]}, class: door.opend}
  - {when: {A: [y]}, class: door.forced, set: {door: {field: D}, lifecycle: restored}}
  - {when: {A: [z]}, class: door.opened, set: {door: d, lifecycle: restore}}
otherwise: ignore
"#;
    let (mapping, found) = load("m.yaml", text);
    assert!(mapping.is_none());
    let said: Vec<String> =
        found.iter().map(|d| format!("{}:{} {} | {}", d.code, d.line, d.message, d.help)).collect();
    check::golden(concat!(env!("CARGO_MANIFEST_DIR"), "/src/mapping/mistakes.out.txt"), &said.join("\n"));
}

#[test]
fn what_is_no_mapping_at_all_is_said_too() {
    let codes = |text: &str| load("m.yaml", text).1.iter().map(|d| (d.code, d.line)).collect::<Vec<_>>();
    assert_eq!(codes("read: [\n"), [("MP001", 1)]);
    assert_eq!(codes("- a\n"), [("MP003", 1)]);
    assert_eq!(codes("class: []\n"), [("MP003", 1)]);
    assert_eq!(codes("read: csv\n"), [("MP003", 1)]);
    assert_eq!(codes(""), [("MP003", 1)]);
}

#[test]
fn a_required_field_that_nothing_sets_is_a_warning() {
    let (mapping, found) = load("m.yaml", "read: csv\nclass: [{when: {A: x}, class: door.forced}]\n");
    assert!(mapping.is_some());
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), ["MP013"]);
}
