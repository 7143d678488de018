//! The tables against the class table, and against the lists that others published.

use super::contact_id::{self, Qualifier};
use super::{Meaning, sia};
use event::class::{self, ClassId};
use ingest::check;

const SIA_CODES: &str = include_str!("fixtures/sia_codes.csv");
const CONTACT_ID_CODES: &str = include_str!("fixtures/contact_id_codes.csv");
const CID_TO_SIA: &str = include_str!("fixtures/adm_cid_to_sia.csv");

fn golden(file: &str, lines: &[String]) {
    let path = format!("{}/src/codes/fixtures/{file}", env!("CARGO_MANIFEST_DIR"));
    check::golden(&path, &lines.join("\n"));
}

fn name(class: ClassId) -> &'static str {
    class.def().map_or("?", |def| def.name)
}

fn said(meaning: Option<Meaning>) -> String {
    let Some(Meaning { class, lifecycle, about, action, says }) = meaning else { return "-".to_owned() };
    let says = says.iter().map(|(field, word)| format!(" {}={word}", field.name())).collect::<String>();
    let action = action.map(|action| format!(" action={action}")).unwrap_or_default();
    format!("{} {} {about:?}{action}{says}", name(class), lifecycle.name())
}

/// A row's class, or the other side of it: rows of two classes share their codes.
fn is_of(class: ClassId, found: Option<ClassId>) -> bool {
    let row = |class: ClassId| class.def().map(|def| (def.codes.dc03, def.codes.contact_id));
    found.is_some_and(|found| row(found) == row(class))
}

/// Codes that the class table names in two rows, or whose row would do harm; NOTES.md says why.
const DECIDED_OTHERWISE: &[(&str, &str)] = &[
    ("HA", "duress.alarm"),
    ("150", "chemical.alarm"),
    ("604", "test.started"),
    ("604", "test.ended"),
    ("605", "test.started"),
    ("605", "test.ended"),
    ("608", "test.started"),
    ("608", "test.ended"),
];

#[test]
fn follows_the_letters_of_the_class_table() {
    for class in class::all() {
        let Some(def) = class.def() else { continue };
        let words = def.codes.dc03.split(|c: char| !c.is_ascii_alphanumeric());
        for code in words.filter(|word| word.len() == 2 && word.bytes().all(|b| b.is_ascii_uppercase())) {
            let found = sia::meaning(code).map(|meaning| meaning.class);
            let decided = DECIDED_OTHERWISE.contains(&(code, def.name));
            assert!(is_of(class, found) != decided, "{code} of {}: {found:?}", def.name);
        }
    }
}

/// The numbers of a text like `130-136 138, 3400-3405 disarmed`.
fn numbers(text: &str) -> Vec<u32> {
    let ranges = text.split(|c: char| !c.is_ascii_digit() && c != '-');
    let ends = ranges.filter_map(|word| {
        let (from, to) = word.split_once('-').unwrap_or((word, word));
        Some((from.parse::<u32>().ok()?, to.parse::<u32>().ok()?))
    });
    ends.flat_map(|(from, to)| from..=to).collect()
}

#[test]
fn follows_the_numbers_of_the_class_table() {
    for class in class::all() {
        let Some(def) = class.def() else { continue };
        for number in numbers(def.codes.contact_id) {
            let (qualifier, event) = match number / 1000 {
                3 => (Qualifier::Restore, number % 1000),
                _ => (Qualifier::New, number % 1000),
            };
            let event = event.to_string();
            let found = contact_id::meaning(qualifier, &event).map(|meaning| meaning.class);
            let decided = DECIDED_OTHERWISE.contains(&(&event, def.name));
            assert!(is_of(class, found) != decided, "{number} of {}: {found:?}", def.name);
        }
    }
}

#[test]
fn says_what_each_letter_pair_means() {
    let rows = SIA_CODES.lines().skip(1).filter_map(|line| line.split_once(','));
    let lines: Vec<String> =
        rows.map(|(code, name)| format!("{code} {name}: {}", said(sia::meaning(code)))).collect();
    golden("sia_codes.out.txt", &lines);
}

#[test]
fn says_what_each_number_means() {
    let mut lines = Vec::new();
    for line in CONTACT_ID_CODES.lines().skip(1) {
        let mut cells = line.split(',');
        let (Some(code), Some(name)) = (cells.next(), cells.next()) else { continue };
        for (digit, qualifier) in [(1, Qualifier::New), (3, Qualifier::Restore), (6, Qualifier::StillPresent)]
        {
            lines.push(format!("{digit}{code} {name}: {}", said(contact_id::meaning(qualifier, code))));
        }
    }
    golden("contact_id_codes.out.txt", &lines);
}

/// Where a published translation of numbers into letters has another class than these tables: each line is a
/// choice.
#[test]
fn says_where_the_published_translation_differs() {
    let mut lines = Vec::new();
    for line in CID_TO_SIA.lines().skip(1) {
        let mut words = line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let Some(code) = words.next() else { continue };
        while let (Some(digit), Some(letters)) = (words.next(), words.next()) {
            let qualifier = if digit == "1" { Qualifier::New } else { Qualifier::Restore };
            let (ours, theirs) = (contact_id::meaning(qualifier, code), sia::meaning(letters));
            let class = |meaning: Option<Meaning>| meaning.map(|meaning| (meaning.class, meaning.lifecycle));
            if class(ours) != class(theirs) {
                lines.push(format!("{digit}{code}: {} | {letters}: {}", said(ours), said(theirs)));
            }
        }
    }
    golden("adm_cid_to_sia.out.txt", &lines);
}

#[test]
fn every_lifecycle_is_one_that_its_class_has() {
    let letters = ('A'..='Z').flat_map(|a| ('A'..='Z').map(move |b| sia::meaning(&format!("{a}{b}"))));
    let numbers = (0..1000).flat_map(|event| {
        [Qualifier::New, Qualifier::Restore, Qualifier::StillPresent]
            .map(|qualifier| contact_id::meaning(qualifier, &event.to_string()))
    });
    for meaning in letters.chain(numbers).flatten() {
        let allowed = meaning.class.def().is_some_and(|def| def.form.allows(meaning.lifecycle));
        assert!(allowed, "{meaning:?}");
        for (field, word) in meaning.says {
            if let event::field::FieldType::Enum(of) = field.def().ty {
                assert!(of.index_of(word).is_some(), "{} has no {word}", field.name());
            }
        }
    }
}
