//! The arrows between the rooms: a manifest that names a room it must not know fails here, and so does a table in
//! ARCHITECTURE.md that has other rooms than the folder.

use std::collections::BTreeMap;
use std::path::Path;

/// Which rooms each room may know, as the table of ARCHITECTURE.md says; none: all of them.
fn arrows() -> BTreeMap<String, Option<Vec<String>>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ARCHITECTURE.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let mut arrows = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [rooms, _, known] = cells[..] else { panic!("three cells: {row}") };
        let word = |name: &str| name.trim().trim_matches('`').trim_end_matches("::tree").to_owned();
        let known: Option<Vec<String>> = match known {
            "all" => None,
            "nothing" => Some(Vec::new()),
            names => Some(names.split(',').map(word).collect()),
        };
        arrows.extend(rooms.split_whitespace().map(|room| (word(room), known.clone())));
    }
    arrows
}

fn rooms() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut rooms = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).expect("the folder of crates") {
        let path = entry.expect("a crate").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let manifest = std::fs::read_to_string(path.join("Cargo.toml")).expect("a manifest");
        rooms.insert(name, manifest);
    }
    rooms
}

/// Dependencies that ship, by name: dev-dependencies may point anywhere.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut section = "";
    let mut found = Vec::new();
    for line in manifest.lines() {
        if let Some(name) = line.trim().strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if section == "dependencies"
            && let Some(name) = line.split(['.', '=', ' ']).next().filter(|name| !name.is_empty())
        {
            found.push(name.to_owned());
        }
    }
    found
}

#[test]
fn no_room_knows_what_it_must_not() {
    let rooms = rooms();
    let arrows = arrows();
    assert!(
        arrows.keys().eq(rooms.keys()),
        "the table has {:?}, the folder {:?}",
        arrows.keys(),
        rooms.keys()
    );
    for (room, manifest) in &rooms {
        let Some(allowed) = &arrows[room] else { continue };
        for dependency in dependencies(manifest).iter().filter(|name| rooms.contains_key(*name)) {
            assert!(allowed.contains(dependency), "{room} must not know {dependency}");
        }
    }
}

#[test]
fn the_oracle_reads_the_tree_of_the_rules_and_nothing_else_of_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/oracle/src");
    let mut looked = 0;
    for entry in std::fs::read_dir(folder).expect("the oracle's sources") {
        let path = entry.expect("a source file").path();
        if path.extension().is_none_or(|ending| ending != "rs") || path.ends_with("tests.rs") {
            continue;
        }
        looked += 1;
        for word in std::fs::read_to_string(&path).expect("a source file").split("rules::").skip(1) {
            assert!(
                word.starts_with("tree") || !word.starts_with(['p', 'm', 'c', 's']),
                "{}: rules::{}",
                path.display(),
                &word[..20.min(word.len())]
            );
        }
    }
    assert!(looked > 3);
}

#[test]
fn unsafe_code_stands_where_the_architecture_says() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut folders = vec![crates];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && std::fs::read_to_string(&path).is_ok_and(|text| text.contains("unsafe {"))
            {
                found.push(path.display().to_string());
            }
        }
    }
    assert!(found.iter().all(|path| path.ends_with("kafka/src/raw.rs")), "{found:?}");
}
