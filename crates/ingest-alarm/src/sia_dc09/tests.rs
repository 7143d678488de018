//! DC-09 against frames that another project published with what it expects of them, and frames written here.

use super::{BadKey, Keys, SiaDc09, frame};
use crate::codes::contact_id::{self, Qualifier};
use crate::codes::sia;
use event::class;
use event::field;
use ingest::check;
use ingest::decoder::Decoder;
use serde_json::Value;

const CASES: &str = include_str!("fixtures/pysiaalarm_cases.a.ndjson");
const LINES: &str = include_str!("fixtures/pysiaalarm_lines.ndjson");
const SEALED: &str = include_str!("fixtures/sealed.ndjson");
const WRITTEN: &str = include_str!("fixtures/written.ndjson");

fn records(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a fixture is JSON")).collect()
}

fn frames(text: &str) -> Vec<String> {
    records(text).iter().map(|record| record["frame"].as_str().expect("a frame").to_owned()).collect()
}

fn bytes(frames: &[String]) -> impl Iterator<Item = &[u8]> {
    frames.iter().map(String::as_bytes)
}

#[test]
fn every_fixture_decodes() {
    let tally = |text| check::tally(&check::run(&check::stage(SiaDc09::default()), bytes(&frames(text))));
    assert_eq!(tally(CASES), "records 9 events 5 unclassified 0 control 0 rejects 4 encrypted malformed");
    assert_eq!(tally(LINES), "records 9 events 6 unclassified 0 control 0 rejects 3 encrypted");
    assert_eq!(tally(WRITTEN), "records 30 events 27 unclassified 3 control 1 rejects 5 malformed truncated");
}

#[test]
fn says_what_each_frame_means() {
    for (file, text) in [("pysiaalarm_cases.a", CASES), ("pysiaalarm_lines", LINES), ("written", WRITTEN)] {
        let said: Vec<String> =
            bytes(&frames(text)).map(|frame| check::decode(&SiaDc09::default(), frame)).collect();
        let path = format!("{}/src/sia_dc09/fixtures/{file}.out.txt", env!("CARGO_MANIFEST_DIR"));
        check::golden(&path, &said.join("\n"));
    }
}

#[test]
fn agrees_with_what_the_other_project_expects() {
    for record in records(CASES) {
        let (value, expected) = (record["frame"].as_str().expect("a frame"), &record["expected"]);
        let said = check::decode(&SiaDc09::default(), value.as_bytes());
        if expected["error"].is_string() {
            assert!(said.starts_with("reject malformed: "), "{value}: {said}");
            continue;
        }
        let (frame, _) = frame::parse(value.as_bytes()).expect("a frame");
        assert_eq!(Some(frame.account), expected["account"].as_str(), "{value}");
        assert_eq!(Some(frame.encrypted), expected["encrypted"].as_bool(), "{value}");
        if frame.encrypted {
            assert!(said.starts_with("reject encrypted: "), "{value}: {said}");
            continue;
        }
        assert_eq!(Some(!frame.extended.is_empty()), expected["extended_data"].as_bool(), "{value}");
        let expected = sia::meaning(expected["code"].as_str().expect("a code")).expect("a known code");
        let class = expected.class.def().expect("a row").name;
        assert!(said.starts_with(&format!("{class} ")), "{value}: {said}");
    }
}

#[test]
fn reads_what_its_key_opens() {
    let keys = |text| SiaDc09::default().with_keys(Keys::parse(text).expect("keys"));
    let sealed = frames(SEALED);
    let right = keys(
        "# a remark\n\n10303117  AAAAAAAAAAAAAAAA\n10303118\t4242424242424242424242424242424242424242424242424242424242424242\n\
        * 434343434343434343434343434343434343434343434343",
    );
    let said: Vec<String> = bytes(&sealed).map(|frame| check::decode(&right, frame)).collect();
    let path = format!("{}/src/sia_dc09/fixtures/sealed.out.txt", env!("CARGO_MANIFEST_DIR"));
    check::golden(&path, &said.join("\n"));
    // What another project sealed: a sign of life has no bar.
    let published =
        r#"76D80055"*NULL"0000R0L0#AAAB[B4BC8B40D0E6D959D6BEA78E88CC0B2155741A3C44FBB96D476A3E557CAD64D9"#;
    let said = check::decode(&keys("AAAB AAAAAAAAAAAAAAAA"), published.as_bytes());
    assert!(said.starts_with("health.heartbeat "), "{said}");
    for frame in bytes(&sealed) {
        for other in ["* BAAAAAAAAAAAAAAA", "9999 AAAAAAAAAAAAAAAA", "* 00112233445566778899aabbccddeeff"] {
            let said = check::decode(&keys(other), frame);
            assert!(said.starts_with("reject encrypted: "), "{other}: {said}");
        }
    }
}

#[test]
fn says_what_is_wrong_with_a_key_and_never_shows_it() {
    let bad = |text: &str| Keys::parse(text).expect_err("a mistake");
    assert_eq!(bad(""), BadKey { line: 1, what: "no key" });
    assert_eq!(bad("\n12AB"), BadKey { line: 2, what: "no key behind its account" });
    assert_eq!(bad("12AB short"), BadKey { line: 1, what: "a key that is not 16, 24 or 32 bytes long" });
    let twice = "12ab AAAAAAAAAAAAAAAA\n12AB BAAAAAAAAAAAAAAA";
    assert_eq!(bad(twice), BadKey { line: 2, what: "an account that stands above" });
    assert_eq!(format!("{:?}", Keys::parse("* AAAAAAAAAAAAAAAA").expect("keys")), "Keys(1)");
}

#[test]
fn states_all_that_it_yields() {
    let decoder = SiaDc09::default();
    for text in [CASES, LINES, WRITTEN] {
        check::stated(&decoder, bytes(&frames(text)));
    }
    for production in decoder.produces() {
        let seconds =
            event::table::lateness::of("sia-dc09", production.kind.name).expect("a row of the table");
        assert_eq!(production.kind.lateness, event::time::Duration::from_secs(i64::from(seconds)));
    }
}

#[test]
fn survives_damage() {
    let stage = check::stage(SiaDc09::default());
    for text in [CASES, LINES, WRITTEN] {
        check::survives_damage(&stage, bytes(&frames(text)));
    }
}

#[test]
fn recognises_frames_only() {
    let decoder = SiaDc09::default();
    let odd =
        ["this is not a parsable event", "GET / HTTP/1.1", "<x0A>CE110032\"SIA-DCS\"9876", "1130 01 003", ""];
    for text in odd {
        assert!(!decoder.sniff(text.as_bytes()), "{text}");
    }
    for frame in frames(LINES) {
        assert!(decoder.sniff(frame.as_bytes()), "{frame}");
    }
}

#[test]
fn a_wrong_checksum_is_marked_or_refused() {
    let wrong = b"00000028\"SIA-DCS\"0101L0#1234[#1234|Nri1/FA003]";
    assert!(check::decode(&SiaDc09::default(), wrong).contains("tags=integrity:crc"));
    assert_eq!(check::decode(&SiaDc09::requiring_crc(), wrong), "reject checksum: the checksum is wrong");
}

#[test]
fn a_checksum_may_be_two_raw_bytes() {
    let body = b"\"SIA-DCS\"0101L0#1234[#1234|Nri1/FA003]";
    let crc = frame::crc16(body).to_be_bytes();
    let whole = [&crc, &b"0026"[..], body].concat();
    assert!(!check::decode(&SiaDc09::default(), &whole).contains("integrity"));
    // The line ends of a frame come off before it gets here, and with them a byte of such a checksum.
    let (gone, kept) = (0x0Au8, crc[1]);
    assert_ne!(crc[0], gone);
    assert!(
        check::decode(&SiaDc09::default(), &[&[kept], &b"0026"[..], body].concat()).contains("integrity:crc")
    );
}

#[test]
fn the_checksum_is_crc_16_arc() {
    assert_eq!(frame::crc16(b"123456789"), 0xBB3D);
}

#[test]
fn a_frame_sent_again_is_the_same_event_and_supervision_never() {
    let frames = frames(WRITTEN);
    let identities = |text: &str| {
        let out = check::run(&check::stage(SiaDc09::default()), [text.as_bytes(), text.as_bytes()]);
        (out.batch.row(0).row.identity, out.batch.row(out.batch.len() - 1).row.identity)
    };
    let (first, second) = identities(&frames[0]);
    assert!(first.is_some());
    assert_eq!(first, second);
    let null = frames.iter().find(|frame| frame.contains("\"NULL\"")).expect("a supervision");
    assert_eq!(identities(null), (None, None));
    // Two events of one frame are two.
    let out = check::run(&check::stage(SiaDc09::default()), [frames[1].as_bytes()]);
    assert_ne!(out.batch.row(0).row.identity, out.batch.row(1).row.identity);
}

#[test]
fn both_ways_of_saying_it_name_the_same_sensor() {
    let frames = frames(WRITTEN);
    let sensor = |nth: usize| {
        let out = check::run(&check::stage(SiaDc09::default()), [frames[nth].as_bytes()]);
        let row = out.batch.row(0);
        assert_eq!(row.row.class, class::INTRUSION_ALARM);
        row.text(field::SENSOR).map(|text| text.text.to_owned())
    };
    assert_eq!(sensor(0).as_deref(), Some("1-2-1234/1/3"));
    assert_eq!(sensor(0), sensor(11));
}

#[test]
fn opening_is_one_and_closing_is_three() {
    let class = |qualifier, event| contact_id::meaning(qualifier, event).map(|meaning| meaning.class);
    assert_eq!(class(Qualifier::New, "401"), Some(class::PANEL_DISARMED));
    assert_eq!(class(Qualifier::Restore, "401"), Some(class::PANEL_ARMED));
    assert_eq!(class(Qualifier::Restore, "441"), Some(class::PANEL_ARMED));
    assert_eq!(class(Qualifier::New, "463"), Some(class::PANEL_ARMED));
}
