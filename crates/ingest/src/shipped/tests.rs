//! Every shipped mapping loads, recognises its own rows where it can, and says what its fixture expects.

use super::{ALL, decoders};
use crate::check;
use crate::formats::Chosen;
use crate::mapping;
use crate::output::Output;
use crate::read::{self, Expect, Spec};
use crate::settings::{Settings, SiteRule};
use crate::stage::{Arrival, Input, Stage};
use event::coordinates::TopicId;
use event::id::Ids;
use event::symbol::SymbolKey;
use event::time::Timestamp;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/shipped/fixtures")
}

/// The records of a mapping's fixture, cut as `decode --mapping NAME` cuts them.
fn records(name: &str, expect: Expect) -> Vec<Vec<u8>> {
    let file = ["ndjson", "csv", "log", "xml"].iter().map(|end| folder().join(format!("{name}.{end}")));
    let path = file.into_iter().find(|path| path.exists()).unwrap_or_else(|| panic!("no fixture of {name}"));
    let spec = Spec::parse(&path.display().to_string()).expect("a path");
    let records = read::open(&spec, &path, expect).unwrap_or_else(|e| panic!("{}: {e:?}", path.display()));
    records.map(|record| record.expect("readable").value.unwrap_or_default().to_vec()).collect()
}

#[test]
fn every_mapping_loads_without_a_mistake() {
    for shipped in ALL {
        let (mapping, found) = mapping::load(shipped.name, shipped.text);
        let errors: Vec<String> =
            found.iter().filter(|d| d.is_error()).map(|d| format!("{}: {}", d.line, d.message)).collect();
        assert!(mapping.is_some() && errors.is_empty(), "{}: {errors:?}", shipped.name);
    }
    assert_eq!(decoders().len(), ALL.len());
}

#[test]
fn says_what_each_row_means() {
    for decoder in decoders() {
        let name = decoder.format();
        let expect = mapping::load(name, super::text(name).unwrap_or_default()).0.map(|m| m.expect());
        let records = records(name, expect.unwrap_or(Expect::Any));
        let said: Vec<String> = records.iter().map(|record| check::decode(&*decoder, record)).collect();
        check::golden(&format!("{}/{name}.out.txt", folder().display()), &said.join("\n"));
        for (record, said) in records.iter().zip(&said) {
            assert!(!said.starts_with("reject"), "{name}: {said}");
            assert!(decoder.only_by_name() || decoder.sniff(record), "{name} does not know {said}");
        }
        let chosen = Chosen::only(0, decoder.clone());
        let settings = Settings::new(TopicId(0), "test", chosen, SiteRule::Fixed("harbour".into()));
        let stage = Stage::new(settings, Ids::new("test"));
        check::survives_damage(&stage, records.iter().map(Vec::as_slice));
        check::stated(&*decoder, records.iter().map(Vec::as_slice));
    }
}

#[test]
fn no_mapping_takes_the_rows_of_another() {
    for owner in decoders() {
        let expect = mapping::load("", super::text(owner.format()).unwrap_or_default()).0.map(|m| m.expect());
        for record in records(owner.format(), expect.unwrap_or(Expect::Any)) {
            let taker = decoders().into_iter().filter(|d| !d.only_by_name()).find(|d| d.sniff(&record));
            let taker = taker.map(|decoder| decoder.format());
            let expected = if owner.only_by_name() { None } else { Some(owner.format()) };
            assert_eq!(taker, expected, "{}", String::from_utf8_lossy(&record));
        }
    }
}

#[test]
fn noise_is_answered() {
    for decoder in decoders() {
        let chosen = Chosen::only(0, decoder);
        let settings = Settings::new(TopicId(0), "test", chosen, SiteRule::Fixed("harbour".into()));
        let stage = Stage::new(settings, Ids::new("test"));
        let mut out = Output::new(SymbolKey::derive(b"check"));
        let arrival = Arrival::AsHappened { otherwise: Timestamp(0) };
        for value in check::noise() {
            let input =
                Input { partition: 0, offset: 0, arrival, key: None, headers: &[], value: Some(&value) };
            stage.decode(&input, &mut out);
        }
        assert!(out.counts.conserved());
    }
}
