//! What the tests of every decoder ask: does it say what it should, only what it stated, and never panic on
//! damage.
//!
//! Not part of the way of the data. It is here, and not in test code, because decoders live in several rooms.

use crate::decoder::{Decoded, Decoder, Record};
use crate::formats::Chosen;
use crate::output::{Counts, Output};
use crate::settings::{Settings, SiteRule};
use crate::stage::{Arrival, Input, Stage};
use crate::time::{Clock, Year};
use event::class;
use event::coordinates::TopicId;
use event::field::FieldType;
use event::id::Ids;
use event::row::{Batch, RowRef};
use event::symbol::SymbolKey;
use event::time::Timestamp;
use event::value::{Value, display_ip};
use jiff::tz::TimeZone;
use std::sync::Arc;

/// A row in one line: class, lifecycle unless new, time, `source`, then its fields in the order in which they
/// were set.
pub fn render(row: RowRef<'_>) -> String {
    let class = row.row.class.def().map_or("?", |def| def.name);
    let mut parts = vec![class.to_owned()];
    if row.row.lifecycle != class::Lifecycle::New {
        parts.push(row.row.lifecycle.name().to_owned());
    }
    parts.extend(row.row.device_time.map(|time| time.to_string()));
    if !row.source().text.is_empty() {
        parts.push(format!("source={}", row.source().text));
    }
    parts.extend(row.native_id().map(|id| format!("native_id={id}")));
    for (field, value) in row.fields() {
        let word = match (value, field.def().ty) {
            (Value::Enum(index), FieldType::Enum(of)) => of.value(index).unwrap_or("?").to_owned(),
            (Value::Text(text), _) => text.text.to_owned(),
            (Value::List(list), _) => list.replace('\u{1f}', ","),
            (Value::Int(n), _) => n.to_string(),
            (Value::Float(x), _) => x.to_string(),
            (Value::Bool(truth), _) => truth.to_string(),
            (Value::Ip(ip), _) => display_ip(ip).to_string(),
            (Value::Time(time), _) => time.to_string(),
            (Value::Duration(length), _) => length.to_string(),
            (Value::Geo(geo), _) => format!("{}/{}", geo.latitude, geo.longitude),
            (Value::Enum(index), _) => index.to_string(),
        };
        let quoted = if word.contains(' ') { format!("{word:?}") } else { word };
        parts.push(format!("{}={quoted}", field.name()));
    }
    parts.join(" ")
}

/// What a decoder makes of one message, a line a row; `control`, or `reject REASON: detail`.
pub fn decode(decoder: &dyn Decoder, value: &[u8]) -> String {
    let mut batch = Batch::new(SymbolKey::derive(b"check"));
    let zone = TimeZone::UTC;
    let record = Record::of(value, Clock { zone: &zone, year: Year::Fixed(2026) });
    match decoder.decode(&record, &mut batch) {
        Ok(Decoded::Events(_)) => batch.iter().map(render).collect::<Vec<_>>().join("\n"),
        Ok(Decoded::Control) => "control".to_owned(),
        Ok(Decoded::Skipped) => "skipped".to_owned(),
        Err(refusal) => format!("reject {}: {}", refusal.reason.name(), refusal.detail),
    }
}

/// The stage of a topic that carries one format, at site `harbour`, zone UTC, year 2026.
pub fn stage(decoder: impl Decoder + 'static) -> Stage {
    let chosen = Chosen::only(0, Arc::new(decoder));
    let mut settings = Settings::new(TopicId(0), "test", chosen, SiteRule::Fixed("harbour".into()));
    settings.year = Some(2026);
    Stage::new(settings, Ids::new("test"))
}

/// Sends messages through the whole stage, each arriving as it happened.
pub fn run<'a>(stage: &Stage, values: impl IntoIterator<Item = &'a [u8]>) -> Output {
    let mut out = Output::new(SymbolKey::derive(b"check"));
    let arrival = Arrival::AsHappened { otherwise: Timestamp::from_millis(1_790_000_000_000) };
    for (offset, value) in (0u64..).zip(values) {
        stage.decode(
            &Input { partition: 0, offset, arrival, key: None, headers: &[], value: Some(value) },
            &mut out,
        );
    }
    assert!(out.counts.conserved());
    out
}

/// The line of a table of samples: records, events, unclassified, control, and rejects with their reasons.
pub fn tally(out: &Output) -> String {
    let Counts { read, events, unclassified, control, rejected, .. } = out.counts;
    let mut reasons: Vec<&str> = out.rejects.iter().map(|reject| reject.reason.name()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    let decoded = format!("records {read} events {events} unclassified {unclassified} control {control}");
    format!("{decoded} rejects {rejected} {}", reasons.join(" ")).trim_end().to_owned()
}

/// Panics if a decoder yields, for one of these messages, a class in a kind of record that it did not state.
pub fn stated<'a>(decoder: &dyn Decoder, values: impl IntoIterator<Item = &'a [u8]>) {
    let produces = decoder.produces();
    let zone = TimeZone::UTC;
    for value in values {
        let mut batch = Batch::new(SymbolKey::derive(b"check"));
        let record = Record::of(value, Clock { zone: &zone, year: Year::Fixed(2026) });
        let Ok(Decoded::Events(kind)) = decoder.decode(&record, &mut batch) else { continue };
        for row in batch.iter() {
            let stated = produces.iter().any(|p| p.class == row.row.class && p.kind == kind);
            let class = row.row.class.def().map_or("?", |def| def.name);
            assert!(stated, "{} yields {class} in kind {} without stating it", decoder.format(), kind.name);
            let allowed = row.row.class.def().is_none_or(|def| def.form.allows(row.row.lifecycle));
            assert!(allowed, "{class} has no lifecycle {}", row.row.lifecycle.name());
        }
    }
}

/// Damages each message: cut after every byte, and bytes flipped by a fixed sequence. The only claim is that
/// the stage answers: no panic, sums exact.
pub fn survives_damage<'a>(stage: &Stage, values: impl IntoIterator<Item = &'a [u8]>) {
    let mut random = Sequence(0x2545_F491_4F6C_DD1D);
    for value in values {
        let cut = (0..value.len()).map(|len| value[..len].to_vec());
        let flipped: Vec<Vec<u8>> = (0..200).map(|_| random.flip(value)).collect();
        let damaged: Vec<Vec<u8>> = cut.chain(flipped).collect();
        run(stage, damaged.iter().map(Vec::as_slice));
    }
}

/// Messages that nobody meant: arbitrary bytes, and runs of what formats are made of, of every length up to a
/// few hundred; the same in every run.
pub fn noise() -> Vec<Vec<u8>> {
    const MADE_OF: &[&str] = &[
        "<14>",
        "1 ",
        "Jan  5 ",
        "08:52:35 ",
        "=",
        "|",
        "\"",
        "\\",
        ",",
        ":",
        " ",
        "{",
        "}",
        "[",
        "]",
        "CEF:0|",
        "LEEF:2.0|",
        "%ASA-6-302013: ",
        "src",
        "type",
        "\t",
        "\n",
        "\u{e9}",
        "192.0.2.9",
        "/",
        "443",
        "0x",
        "-",
        "IN=",
        "User '",
        "from ",
        "port ",
        "<Event",
        ">",
        "class_uid",
        "@timestamp",
        "null",
        "1e999",
        "99999999999999999999",
    ];
    let mut random = Sequence(0x9E37_79B9_7F4A_7C15);
    let arbitrary =
        |random: &mut Sequence, len: usize| (0..len).map(|_| (random.next() >> 16) as u8).collect();
    let mut noise: Vec<Vec<u8>> = (0..300).map(|len| arbitrary(&mut random, len)).collect();
    for words in 0..600 {
        let word = |random: &mut Sequence| MADE_OF[(random.next() >> 16) as usize % MADE_OF.len()];
        noise.push((0..words % 60).map(|_| word(&mut random)).collect::<String>().into_bytes());
    }
    noise
}

/// Xorshift: the same numbers in every run.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// One to four bytes changed, some of them to what formats are made of.
    fn flip(&mut self, value: &[u8]) -> Vec<u8> {
        const TELLING: &[u8] = b"\"{}[]<>|=,:;\\\0\n\x7F\xFF\xC3*#/0-";
        let mut damaged = value.to_vec();
        for _ in 0..=self.next() % 4 {
            let (place, byte) = (self.next() as usize, self.next() as usize);
            if let Some(at) = place.checked_rem(damaged.len()) {
                damaged[at] =
                    if byte % 2 == 0 { TELLING[byte / 2 % TELLING.len()] } else { (byte >> 8) as u8 };
            }
        }
        damaged
    }
}

/// Compares with a file of expected lines; with the environment variable `BLESS` set, writes it.
pub fn golden(path: &str, actual: &str) {
    let actual = format!("{}\n", actual.trim_end());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &actual).unwrap_or_else(|e| panic!("cannot write {path}: {e}"));
    }
    let expected = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("cannot read {path}: {e}"));
    for (line, (expect, actual)) in expected.lines().zip(actual.lines()).enumerate() {
        assert_eq!(actual, expect, "{path}:{}", line + 1);
    }
    assert_eq!(actual.lines().count(), expected.lines().count(), "{path}: number of lines");
}

/// The tests of a format whose fixtures are files of lines: `fixture_tests!("okta", Okta, "written.ndjson")`.
/// The sums of a file and what each line becomes are compared with the `.out.txt` beside it.
#[macro_export]
macro_rules! fixture_tests {
    ($folder:literal, $decoder:expr, $($file:literal),+ $(,)?) => {
        const FIXTURES: &[(&str, &str)] = &[$(($file, include_str!(concat!("fixtures/", $file)))),+];

        fn fixture_lines() -> impl Iterator<Item = &'static [u8]> {
            FIXTURES.iter().flat_map(|(_, text)| text.lines().map(str::as_bytes))
        }

        #[test]
        fn says_what_each_line_means() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/", $folder, "/fixtures");
            for (file, text) in FIXTURES {
                let lines = || text.lines().map(str::as_bytes);
                let tally = $crate::check::tally(&$crate::check::run(&$crate::check::stage($decoder), lines()));
                let said = lines().map(|line| $crate::check::decode(&$decoder, line));
                let said: Vec<String> = std::iter::once(tally).chain(said).collect();
                let name = file.split('.').next().unwrap_or(file);
                $crate::check::golden(&format!("{folder}/{name}.out.txt"), &said.join("\n"));
            }
        }

        #[test]
        fn states_all_that_it_yields() {
            $crate::check::stated(&$decoder, fixture_lines());
        }

        #[test]
        fn recognises_its_own() {
            use $crate::decoder::Decoder;
            for line in fixture_lines() {
                assert!($decoder.sniff(line), "{}", String::from_utf8_lossy(line));
            }
        }

        #[test]
        fn survives_damage_and_noise() {
            let stage = $crate::check::stage($decoder);
            $crate::check::survives_damage(&stage, fixture_lines());
            let noise = $crate::check::noise();
            $crate::check::run(&stage, noise.iter().map(Vec::as_slice));
        }
    };
}
