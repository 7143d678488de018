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
use std::borrow::Cow;
use std::sync::Arc;

/// The decoder of one mapping, under the name of its format.
#[derive(Clone, Debug)]
pub struct Mapped {
    shipped: Shipped,
    mapping: Arc<Mapping>,
}

/// A mapping that comes with the program: what `formats` says of it, and its text.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// Its name, as a format and as a mapping.
    pub name: &'static str,
    /// Where its senders are at home.
    pub domain: Domain,
    /// One line for people: what it reads.
    pub reads: &'static str,
    /// The mapping itself.
    pub text: &'static str,
}

impl Mapped {
    /// A mapping of the site's own: the format `mapped`. Polled door databases are what those are for first.
    pub fn new(mapping: Arc<Mapping>) -> Self {
        let reads = "rows of CSV, JSON, key=value or XML by a mapping file";
        Mapped { shipped: Shipped { name: "mapped", domain: Domain::Badge, reads, text: "" }, mapping }
    }

    /// A shipped mapping under its own name (`duo`, `keycloak`).
    pub fn shipped(shipped: Shipped, mapping: Arc<Mapping>) -> Self {
        Mapped { shipped, mapping }
    }

    /// The mapping.
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }
}

impl Decoder for Mapped {
    fn format(&self) -> &'static str {
        self.shipped.name
    }

    fn domain(&self) -> Domain {
        self.shipped.domain
    }

    fn reads(&self) -> &'static str {
        self.shipped.reads
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
        let known = &self.mapping.recognise;
        let is_one = || known.iter().any(|keys| keys.iter().all(|key| key.is_in(value)));
        may_be(self.mapping.read, value) && (known.is_empty() || is_one())
    }

    /// Rows that nothing marks are read where somebody says what they are.
    fn only_by_name(&self) -> bool {
        self.mapping.recognise.is_empty() && !self.shipped.text.is_empty()
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        // A row of the site's own may be anything; what ships knows its own.
        if !self.mapping.recognise.is_empty() && !self.sniff(record.value) {
            return Err(Refusal::malformed("none of the keys that mark such rows"));
        }
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
            row.text(field::NATIVE_CODE, &["mapped:", &*self.told(cells)].concat());
        }
        let index = row.finish();
        mend_lifecycle(out, index);
        Ok(())
    }

    /// The cells that decide the class, as the row's own name for what happened.
    fn told<'v>(&self, cells: &'v Cells<'_>) -> Cow<'v, str> {
        if let [column] = self.telling[..] {
            return cells[column].as_deref().unwrap_or_default().into();
        }
        let told: Vec<&str> = self.telling.iter().filter_map(|&column| cells[column].as_deref()).collect();
        told.join(" ").into()
    }

    /// The columns of `id` behind each other; none if one of them is missing.
    fn native_id<'v>(&self, cells: &'v Cells<'_>) -> Option<Cow<'v, str>> {
        if let [column] = self.id[..] {
            return cells[column].as_deref().map(Cow::Borrowed);
        }
        let parts: Option<Vec<&str>> = self.id.iter().map(|&column| cells[column].as_deref()).collect();
        parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join("\u{1f}").into())
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

/// Seconds since 1970 of up to ten digits, which databases write more than anything else; all others are left to the
/// general way.
fn unix_seconds(format: &str, text: &str) -> Option<Timestamp> {
    let (whole, part) = match format {
        "%s" => (text, ""),
        "%s%.f" => text.split_once('.').unwrap_or((text, "0")),
        _ => return None,
    };
    let short = |digits: &str, max: usize| digits.len() <= max && digits.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !short(whole, 10) || !short(part, 9) || part.is_empty() && format != "%s" {
        return None;
    }
    let number = |digits: &str| digits.bytes().fold(0i64, |n, digit| n * 10 + i64::from(digit - b'0'));
    let nanos = number(part) * 10i64.pow(9 - part.len() as u32);
    number(whole).checked_mul(1_000_000_000)?.checked_add(nanos).map(Timestamp)
}

fn parse(format: &str, text: &str, clock: Clock<'_>) -> Option<(Timestamp, bool)> {
    if let Some(time) = unix_seconds(format, text) {
        return Some((time, false));
    }
    let parts = BrokenDownTime::parse(format, text).ok()?;
    if let Ok(instant) = parts.to_timestamp() {
        let whole = i64::try_from(instant.as_nanosecond()).ok()?;
        // Of seconds since 1970 the fraction is read and then left out by the library.
        let part = parts.timestamp().and(parts.subsec_nanosecond()).map_or(0, i64::from);
        return whole.checked_add(if whole < 0 { -part } else { part }).map(|ns| (Timestamp(ns), false));
    }
    match parts.to_datetime() {
        Ok(local) => local_in(clock.zone, local).map(|time| (time, true)),
        Err(_) => {
            let (month, day) = (parts.month()?, parts.day()?);
            clock.local_without_year(month, day, parts.to_time().ok()?).map(|time| (time, true))
        }
    }
}
