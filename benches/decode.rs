//! JSON straight into slots: records of some 300 bytes through the whole decode stage, beside a generic tree
//! (`serde_json::Value`) of the same bytes in the same run; the ratio is what holds on other machines.
//!
//! What comes out is compared with the tree first: a decoder that is fast and wrong has no figure.
//! `cargo bench -p benches --bench decode`

mod figures;
mod records;

use criterion::{Criterion, Throughput};
use event::coordinates::TopicId;
use event::field::{self, FieldId};
use event::id::Ids;
use event::row::RowRef;
use event::symbol::SymbolKey;
use event::time::Timestamp;
use event::value::Value as Slot;
use figures::{Figures, Size};
use ingest::decoder::Decoder;
use ingest::formats::Chosen;
use ingest::mapping::{Mapped, load};
use ingest::output::Output;
use ingest::settings::{Settings, SiteRule};
use ingest::stage::{Arrival, Input, Stage};
use ingest_network::suricata::Suricata;
use serde_json::Value;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Records that are decoded at once, as a batch from the broker is.
const BATCH: usize = 1_024;
/// 2026-01-10T02:00:00Z.
const START_MS: i64 = 1_768_010_400_000;

/// A format, its records, and which word of a record has to be in which slot.
struct Case {
    name: &'static str,
    stage: Stage,
    records: Vec<String>,
    words: &'static [(&'static str, FieldId)],
}

fn cases() -> [Case; 2] {
    let (mapping, mistakes) = load("badge.yaml", records::MAPPING);
    let mapped = Mapped::new(Arc::new(mapping.unwrap_or_else(|| panic!("{mistakes:?}"))));
    let whats = ["Access Granted", "Door Opened", "Door Closed"];
    let row =
        |n: u64| records::badge(n, START_MS + n as i64, &format!("d{}", n / 3 % 500), whats[n as usize % 3]);
    [
        Case {
            name: "suricata",
            stage: stage(Suricata),
            records: (0..BATCH as u64).map(|n| records::alert(n, START_MS + n as i64)).collect(),
            words: &[
                ("/src_ip", field::SRC_IP),
                ("/dest_ip", field::DST_IP),
                ("/alert/signature", field::SIG_NAME),
            ],
        },
        Case {
            name: "mapped",
            stage: stage(mapped),
            records: (0..BATCH as u64).map(row).collect(),
            words: &[("/DOOR", field::DOOR), ("/CARD", field::CREDENTIAL), ("/EMPLOYEE", field::PERSON)],
        },
    ]
}

fn stage(decoder: impl Decoder + 'static) -> Stage {
    let site = SiteRule::Fixed("harbour".into());
    let settings = Settings::new(TopicId(0), "bench", Chosen::only(0, Arc::new(decoder)), site);
    Stage::new(settings, Ids::new("bench"))
}

fn decode(case: &Case, out: &mut Output) {
    out.clear();
    for (offset, record) in (0u64..).zip(&case.records) {
        let arrival = Arrival::At(Timestamp::from_millis(START_MS + offset as i64));
        let value = Some(record.as_bytes());
        black_box(
            case.stage.decode(&Input { partition: 0, offset, arrival, key: None, headers: &[], value }, out),
        );
    }
}

fn trees(case: &Case) {
    for record in &case.records {
        black_box(serde_json::from_slice::<Value>(record.as_bytes()).is_ok());
    }
}

/// Every record is one event of a known class, with the words of the tree in its slots.
fn check(case: &Case, out: &mut Output) {
    decode(case, out);
    assert_eq!((out.counts.decoded, out.counts.events), (BATCH as u64, BATCH as u64), "{}", case.name);
    assert_eq!((out.counts.unclassified, out.counts.incomplete, out.counts.late), (0, 0, 0), "{}", case.name);
    for (row, record) in out.batch.iter().zip(&case.records) {
        let tree: Value = serde_json::from_str(record).expect("JSON");
        for (path, slot) in case.words {
            assert_eq!(word(&row, *slot).as_deref(), tree.pointer(path).and_then(Value::as_str), "{record}");
        }
    }
}

fn word(row: &RowRef<'_>, slot: FieldId) -> Option<String> {
    match row.get(slot)? {
        Slot::Ip(ip) => Some(event::value::display_ip(ip).to_string()),
        _ => row.text(slot).map(|text| text.text.to_owned()),
    }
}

fn measure(criterion: &mut Criterion, case: &Case, out: &mut Output) {
    let mut group = criterion.benchmark_group(case.name);
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("tree", |bencher| bencher.iter(|| trees(case)));
    group.bench_function("slots", |bencher| bencher.iter(|| decode(case, out)));
    group.finish();
}

/// Where criterion keeps what it found.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("criterion")
}

/// ns per record, as criterion estimated the median.
fn nanoseconds(case: &str, way: &str) -> f64 {
    let path = folder().join(case).join(way).join("new/estimates.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let estimates: Value = serde_json::from_str(&text).expect("JSON");
    let median = estimates.pointer("/median/point_estimate").and_then(Value::as_f64);
    median.expect("the median of a run") / BATCH as f64
}

fn main() {
    let size = Size::asked();
    let mut criterion = Criterion::default()
        .output_directory(&folder())
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .without_plots()
        .configure_from_args();
    let cases = cases();
    let mut out = Output::new(SymbolKey::derive(b"bench"));
    for case in &cases {
        check(case, &mut out);
        measure(&mut criterion, case, &mut out);
    }
    criterion.final_summary();
    if size == Size::Small {
        return;
    }
    let mut figures = Figures::new("cargo bench -p benches --bench decode", size);
    for case in &cases {
        let bytes = case.records.iter().map(String::len).sum::<usize>() / BATCH;
        let (tree, slots) = (nanoseconds(case.name, "tree"), nanoseconds(case.name, "slots"));
        let what = format!("{}, JSON of {bytes} bytes", case.name);
        figures.add(&format!("{what}, decode stage"), slots, "ns a record");
        figures.add(&format!("{what}, `serde_json::Value`"), tree, "ns a record");
        figures.add(&format!("{what}, decode stage ÷ `serde_json::Value`"), slots / tree, "×");
    }
    figures.print();
}
