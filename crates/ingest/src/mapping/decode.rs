//! A mapping as a decoder: rows in, events out.

use super::expression::Cells;
use super::rows::{Row, may_be, unmapped};
use super::{ClassRule, Mapping, Otherwise, POLLED, Target, TimeRule};
use crate::decoder::{Decoded, Decoder, Production, Record, Refusal, changes};
use crate::fold;
use crate::time::{Clock, epoch_text, local_in};
use event::class::{self, ClassId, Domain, Lifecycle};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use event::time::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;
use std::sync::Arc;

/// The decoder of one mapping, under the name of its format.
#[derive(Clone, Debug)]
pub struct Mapped {
    name: &'static str,
    mapping: Arc<Mapping>,
}

impl Mapped {
    /// A mapping of the site's own: the format `mapped`.
    pub fn new(mapping: Arc<Mapping>) -> Self {
        Mapped { name: "mapped", mapping }
    }

    /// A shipped mapping under its own name (`duo`, `keycloak`).
    pub fn named(name: &'static str, mapping: Arc<Mapping>) -> Self {
        Mapped { name, mapping }
    }

    /// The mapping.
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }
}

impl Decoder for Mapped {
    fn format(&self) -> &'static str {
        self.name
    }

    /// Polled door databases are what mappings are for first.
    fn domain(&self) -> Domain {
        Domain::Badge
    }

    fn reads(&self) -> &'static str {
        "rows of CSV, JSON, key=value or XML by a mapping file"
    }

    fn produces(&self) -> Vec<Production> {
        let mut classes: Vec<ClassId> = self.mapping.classes().collect();
        // A row in which a required field is missing is unclassified too.
        classes.push(class::UNCLASSIFIED);
        classes.sort();
        classes.dedup();
        changes(POLLED, &classes).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        may_be(self.mapping.read, value)
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let rows = self.mapping.rows(record.text()?)?;
        let first = out.len();
        for row in &rows {
            self.mapping.event(row, record.clock, out)?;
        }
        Ok(if out.len() > first { Decoded::Events(POLLED) } else { Decoded::Skipped })
    }
}

impl Mapping {
    /// Writes the event of one row, or says why there is none; a row to be skipped writes nothing.
    fn event(&self, cells: &Row<'_>, clock: Clock<'_>, out: &mut Batch) -> Result<(), Refusal> {
        let rule = self.classes.iter().find(|rule| rule.fits(cells));
        let class = match (rule, self.otherwise) {
            (Some(rule), _) => rule.class,
            (None, Otherwise::Unclassified) => class::UNCLASSIFIED,
            (None, Otherwise::Skip) => return Ok(()),
            (None, Otherwise::Reject) => return Err(unmapped(&self.told(cells))),
        };
        let mut row = out.begin(class);
        if let Some((time, assumed)) = self.time.as_ref().and_then(|time| time.of(cells, clock)) {
            row.device_time(time, TimeQuality::Device);
            if assumed {
                row.zone_assumed();
            }
        }
        if let Some(id) = self.native_id(cells) {
            row.native_id(&id);
        }
        for assignment in self.set.iter().chain(rule.into_iter().flat_map(|rule| &rule.set)) {
            if let Some(value) = assignment.value.of(cells) {
                assign(&mut row, assignment.target, &value);
            }
        }
        if !row.has(field::NATIVE_CODE) {
            row.text(field::NATIVE_CODE, &format!("mapped:{}", self.told(cells)));
        }
        let index = row.finish();
        mend_lifecycle(out, index);
        Ok(())
    }

    /// The cells that decide the class, as the row's own name for what happened.
    fn told(&self, cells: &Cells<'_>) -> String {
        let told: Vec<&str> = self.telling.iter().filter_map(|&column| cells[column].as_deref()).collect();
        told.join(" ")
    }

    /// The columns of `id` behind each other; none if one of them is missing.
    fn native_id(&self, cells: &Cells<'_>) -> Option<String> {
        let parts: Option<Vec<&str>> = self.id.iter().map(|&column| cells[column].as_deref()).collect();
        parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join("\u{1f}"))
    }
}

impl ClassRule {
    fn fits(&self, cells: &Cells<'_>) -> bool {
        self.when.iter().all(|(column, patterns)| match cells[*column].as_deref() {
            Some(text) => patterns.iter().any(|pattern| pattern.matches(text)),
            None => patterns.iter().any(|pattern| pattern.matches_missing()),
        })
    }
}

fn assign(row: &mut RowWriter<'_>, target: Target, value: &str) {
    match target {
        Target::Field(field) => {
            fold::set(row, field, value);
            row
        }
        Target::Source => row.source(value),
        Target::Site => row.site(value),
        // A word that is no lifecycle says nothing; the event is new, which somebody will see.
        Target::Lifecycle => row.lifecycle(Lifecycle::by_name(value.trim()).unwrap_or(Lifecycle::New)),
        Target::Test if matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "1" | "y" | "t") => {
            row.test()
        }
        Target::Test => row,
        Target::Seq => match value.trim().parse() {
            Ok(seq) => row.seq(seq),
            Err(_) => row,
        },
    };
}

/// A lifecycle that the row's class does not have is an update, which no step hits.
fn mend_lifecycle(out: &mut Batch, index: usize) {
    let row = out.envelope_mut(index);
    if row.class.def().is_some_and(|def| !def.form.allows(row.lifecycle)) {
        row.lifecycle = Lifecycle::Update;
    }
}

impl TimeRule {
    /// The time of a row, and whether its zone was assumed.
    fn of(&self, cells: &Cells<'_>, clock: Clock<'_>) -> Option<(Timestamp, bool)> {
        let text = self.from.of(cells)?;
        let clock = Clock { zone: self.zone.as_ref().unwrap_or(clock.zone), ..clock };
        if self.formats.is_empty() {
            return clock.iso(&text).or_else(|| Some((epoch_text(&text)?, false)));
        }
        self.formats.iter().find_map(|format| parse(format, &text, clock))
    }
}

fn parse(format: &str, text: &str, clock: Clock<'_>) -> Option<(Timestamp, bool)> {
    let parts = BrokenDownTime::parse(format, text).ok()?;
    if let Ok(instant) = parts.to_timestamp() {
        return i64::try_from(instant.as_nanosecond()).ok().map(|ns| (Timestamp(ns), false));
    }
    match parts.to_datetime() {
        Ok(local) => local_in(clock.zone, local).map(|time| (time, true)),
        Err(_) => {
            let (month, day) = (parts.month()?, parts.day()?);
            clock.local_without_year(month, day, parts.to_time().ok()?).map(|time| (time, true))
        }
    }
}
