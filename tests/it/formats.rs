//! The pages of `docs/formats/`: one a format, written from its decoder: what it reads, how it maps, its quirks (the
//! words at the head of its module or mapping), a record of its fixtures and the event that becomes of it.
//!
//! A page that is not what the code says fails here; `BLESS=1 cargo test -p tests --test it formats` writes them.

use ingest::check;
use ingest::decoder::{Decoder, Production};
use ingest_alarm::sia_dc09::SiaDc09;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A record that is longer is cut on its page.
const RECORD_CHARS_MAX: usize = 1_600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every decoder that a room or a mapping makes.
fn decoders() -> Vec<Arc<dyn Decoder>> {
    let sia: Vec<Arc<dyn Decoder>> = vec![Arc::new(SiaDc09::default())];
    let network = ingest_network::all();
    let all = [
        sia,
        ingest_alarm::all(),
        ingest_badge::all(),
        ingest_video::all(),
        network,
        ingest::shipped::decoders(),
    ];
    all.concat()
}

/// Where a format is at home: the folder of its decoder, or of the mappings that ship.
enum Home {
    Decoder(PathBuf),
    Mapping(PathBuf),
}

fn home(format: &str) -> Home {
    let folder = format.replace('-', "_");
    let rooms = ["ingest-alarm", "ingest-badge", "ingest-network", "ingest-video"];
    let found = rooms.iter().map(|room| root().join("crates").join(room).join("src").join(&folder));
    match found.into_iter().find(|path| path.join("mod.rs").exists()) {
        Some(path) => Home::Decoder(path),
        None => Home::Mapping(root().join("crates/ingest/src/shipped")),
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The words at the head of a module, or of a mapping.
fn words(format: &str, home: &Home) -> String {
    let (path, mark) = match home {
        Home::Decoder(folder) => (folder.join("mod.rs"), "//!"),
        Home::Mapping(folder) => (folder.join(format!("{format}.yaml")), "#"),
    };
    let text = read(&path);
    let lines = text.lines().map_while(|line| line.strip_prefix(mark));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// Files of fixtures, those that others published first.
fn fixtures(format: &str, home: &Home) -> Vec<PathBuf> {
    let (folder, of_mapping) = match home {
        Home::Decoder(folder) => (folder.join("fixtures"), None),
        Home::Mapping(folder) => (folder.join("fixtures"), Some(format!("{format}."))),
    };
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| {
        let name = name(path);
        let is_own = of_mapping.as_ref().is_none_or(|start| name.starts_with(start.as_str()));
        is_own && !name.ends_with(".out.txt") && !name.ends_with(".md")
    });
    files.sort_by_key(|path| (name(path).starts_with("written"), name(path)));
    files
}

/// The lines of a file, and what stands as text inside those that are wrappers.
fn records(path: &Path) -> Vec<String> {
    let text = String::from_utf8_lossy(&std::fs::read(path).expect("a fixture")).into_owned();
    let inner = |line: &str| {
        let object: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(line).ok();
        let texts = object.into_iter().flatten().filter_map(|(_, value)| Some(value.as_str()?.to_owned()));
        texts.collect::<Vec<_>>()
    };
    text.lines().flat_map(|line| std::iter::once(line.to_owned()).chain(inner(line))).collect()
}

/// A record that shows the format at its best, and what becomes of it.
fn example(decoder: &dyn Decoder, home: &Home) -> (PathBuf, String, String) {
    for path in fixtures(decoder.format(), home) {
        for record in records(&path) {
            let said = check::decode(decoder, record.as_bytes());
            let shows = !said.starts_with("reject") && said != "control" && said != "skipped";
            let known = decoder.format() == "cloudevents" || !said.starts_with("unclassified");
            if shows && known && record.len() <= RECORD_CHARS_MAX {
                return (path, record, said);
            }
        }
    }
    panic!("no fixture of {} shows an event", decoder.format());
}

/// Classes by kind of record: how late they may be, and whether they come as values.
fn table(productions: &[Production]) -> String {
    let mut rows: BTreeMap<(&str, i64, &str), Vec<&str>> = BTreeMap::new();
    for production in productions {
        let seconds = production.kind.lateness.0 / 1_000_000_000;
        let comes = if production.as_value { "a value" } else { "a change" };
        let class = production.class.def().map_or("?", |def| def.name);
        rows.entry((production.kind.name, seconds, comes)).or_default().push(class);
    }
    let mut table = String::from("| records | late by | comes as | classes |\n| --- | --- | --- | --- |\n");
    for ((kind, seconds, comes), mut classes) in rows {
        classes.sort_unstable();
        classes.dedup();
        let kind = if kind == "*" { "all" } else { kind };
        let classes: Vec<String> = classes.iter().map(|class| format!("`{class}`")).collect();
        writeln!(table, "| {kind} | {seconds} s | {comes} | {} |", classes.join(", ")).expect("memory");
    }
    table
}

fn page(decoder: &dyn Decoder) -> String {
    let format = decoder.format();
    let home = home(format);
    let (path, record, said) = example(decoder, &home);
    let shown = |path: &Path| {
        let plain = path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned();
        plain.trim_start_matches("../").to_owned()
    };
    let code = match &home {
        Home::Decoder(folder) => shown(&folder.join("mod.rs")),
        Home::Mapping(folder) => shown(&folder.join(format!("{format}.yaml"))),
    };
    let asked =
        if decoder.only_by_name() { "Only where a topic names it." } else { "By name and by `auto`." };
    let words = words(format, &home);
    let table = table(&decoder.produces());
    format!(
        "# `{format}`\n\n{reads}. {asked} Domain: {domain:?}. Written by a test from `{code}`; do not edit.\n\n\
         {words}\n\n## What it says\n\n{table}\n## A record and its event\n\n\
         Of `{fixture}`; whose it is stands beside it in `SOURCES.md`.\n\n```text\n{record}\n```\n\n```text\n{said}\n```\n",
        reads = decoder.reads(),
        domain = decoder.domain(),
        fixture = shown(&path),
    )
}

fn index(decoders: &[Arc<dyn Decoder>]) -> String {
    let mut index = String::from(
        "# Formats\n\nWritten by a test; do not edit. `watchfloor formats` prints the same list.\n\n\
         | format | domain | reads |\n| --- | --- | --- |\n",
    );
    for decoder in decoders {
        let format = decoder.format();
        let domain = format!("{:?}", decoder.domain()).to_lowercase();
        writeln!(index, "| [`{format}`]({format}.md) | {domain} | {} |", decoder.reads()).expect("memory");
    }
    index
}

#[test]
fn every_format_has_a_page_that_says_what_its_code_does() {
    let folder = root().join("docs/formats");
    let mut decoders = decoders();
    decoders.sort_by_key(|decoder| (format!("{:?}", decoder.domain()), decoder.format()));
    let pages = decoders.iter().map(|decoder| (format!("{}.md", decoder.format()), page(&**decoder)));
    let mut pages: BTreeMap<String, String> = pages.collect();
    pages.insert("README.md".to_owned(), index(&decoders));
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(&folder).expect("the folder of pages");
        pages.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).expect("a page"));
    }
    for (name, expected) in &pages {
        let found = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(
            found == *expected,
            "docs/formats/{name} is stale: BLESS=1 cargo test -p tests --test it formats"
        );
    }
    let known = |name: &str| pages.contains_key(name);
    for entry in std::fs::read_dir(&folder).expect("the folder of pages").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(known(&name), "docs/formats/{name} is of no format");
    }
}
