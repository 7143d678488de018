//! The configured mapper: a YAML file turns rows (CSV, JSON, key=value, XML) into events without code
//! (contracts.md §4).
//!
//! A mapping is read in two stages, as written and as meant, and every mistake in it is found at once with
//! its line. What runs is a table of columns by number and a list of assignments: no name is looked up per
//! row but those of a CSV header. Texts are compared without regard to case, here as in rules. No expression
//! backtracks; nothing of a row is code.

use crate::decoder::Kind;
use crate::json::{PathList, Word};
use event::class::ClassId;
use event::diagnostic::Diagnostic;
use event::field::FieldId;
use jiff::tz::TimeZone;

mod compile;
mod decode;
mod expression;
pub(crate) mod rows;

#[cfg(test)]
mod tests;

pub use decode::{Mapped, Shipped};

/// Polled databases are 5 to 15 minutes behind (classes.md §6).
const POLLED: Kind = Kind::new("*", 900);

/// A mapping that has been checked and can run.
#[derive(Debug)]
pub struct Mapping {
    read: Read,
    /// Names of the columns in rows that come without a header.
    header: Option<Vec<String>>,
    delimiter: u8,
    /// Keys by which its rows are known among those of other formats: all of one of these.
    recognise: Vec<Vec<Word>>,
    columns: Vec<Column>,
    /// Where the columns are in JSON.
    paths: PathList,
    time: Option<TimeRule>,
    /// Columns that make the native id; empty if there is none.
    id: Vec<usize>,
    set: Vec<Assignment>,
    classes: Vec<ClassRule>,
    otherwise: Otherwise,
    /// Columns that decide the class: what such a row is called where nothing else says it.
    telling: Vec<usize>,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// A header row and rows below it.
    Csv,
    /// An object.
    Json,
    /// `key=value` pairs in any of their usual forms.
    KeyValue,
    /// A document of elements and attributes.
    Xml,
}

/// What happens to a row that no class fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Otherwise {
    Unclassified,
    Reject,
    Skip,
}

/// A part of a row that the mapping mentions.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    /// As written.
    name: String,
    /// Keys from the root: one for a plain name, several for a path that begins with `/`.
    path: Vec<String>,
    /// Whether it was written as a path.
    is_path: bool,
}

#[derive(Debug)]
struct TimeRule {
    from: expression::Source,
    /// strftime; without any, RFC 3339, the same without a zone, or a number since 1970.
    formats: Vec<String>,
    zone: Option<TimeZone>,
}

#[derive(Debug)]
struct ClassRule {
    /// All must match, each column one of its patterns.
    when: Vec<(usize, Vec<expression::Pattern>)>,
    class: ClassId,
    set: Vec<Assignment>,
}

#[derive(Debug)]
struct Assignment {
    target: Target,
    value: expression::Expression,
}

/// What an assignment sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Field(FieldId),
    Source,
    Site,
    Lifecycle,
    Test,
    Seq,
}

/// Reads a mapping. The diagnostics are all that there are, `MP0xx`; a mapping comes back only if none is an
/// error.
pub fn load(file: &str, text: &str) -> (Option<Mapping>, Vec<Diagnostic>) {
    compile::compile(file, text)
}

impl Mapping {
    /// What its rows are.
    pub fn read(&self) -> Read {
        self.read
    }

    /// How a file of its rows is cut where nothing else is said.
    pub fn expect(&self) -> crate::read::Expect {
        let has_header = self.read == Read::Csv && self.header.is_none();
        if has_header { crate::read::Expect::Csv } else { crate::read::Expect::Any }
    }

    /// The classes that it can produce, `unclassified` among them if it can.
    pub fn classes(&self) -> impl Iterator<Item = ClassId> + '_ {
        let other = (self.otherwise == Otherwise::Unclassified).then_some(event::class::UNCLASSIFIED);
        self.classes.iter().map(|rule| rule.class).chain(other)
    }
}
