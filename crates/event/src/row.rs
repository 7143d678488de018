//! Event rows: normalised events as flat slots in a batch, written without an allocation per event.
//!
//! A [`Batch`] holds rows, their slots and one arena of text. Decoders fill it through a [`RowWriter`]; everything after
//! reads through a [`RowRef`], which an [`OwnedRow`] also gives, so that an event that must outlive its batch reads alike.

use crate::class::{ClassId, Lifecycle};
use crate::codec::{Codec, Corrupt, Reader, write_text};
use crate::coordinates::Coordinates;
use crate::field::{self, EnumId, FieldId, FieldType};
use crate::id::Id;
use crate::symbol::{Symbol, SymbolKey, lower};
use crate::texts::{Fold, Piece, Texts};
use crate::time::{Duration, Timestamp};
use crate::value::{Geo, Micro, Text, Value, store_ip};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whose clock `ts` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeQuality {
    /// The device's own.
    Device,
    /// That of the receiver or relay in between.
    Receiver,
    /// The broker's: the device's was missing or unusable.
    #[default]
    Append,
}

/// One value of one field. Read it through [`RowRef::get`].
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    a: u64,
    b: u64,
    field: FieldId,
    tag: Tag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    Text,
    Int,
    Float,
    Bool,
    Enum,
    Ip,
    Time,
    Duration,
    Geo,
    List,
}

impl Tag {
    const ALL: [Tag; 10] = [
        Tag::Text,
        Tag::Int,
        Tag::Float,
        Tag::Bool,
        Tag::Enum,
        Tag::Ip,
        Tag::Time,
        Tag::Duration,
        Tag::Geo,
        Tag::List,
    ];
}

const _: () = assert!(size_of::<Slot>() == 24);

/// What every event has (classes.md §2), and where its slots stand in the batch.
#[derive(Clone, Debug)]
pub struct Row {
    /// When it happened.
    pub ts: Timestamp,
    /// The broker's time of the record.
    pub append: Timestamp,
    /// The device's own time as sent, usable or not.
    pub device_time: Option<Timestamp>,
    /// What happened.
    pub class: ClassId,
    /// Begin, end, repetition …
    pub lifecycle: Lifecycle,
    /// Whose clock `ts` is.
    pub time_quality: TimeQuality,
    /// The source gave no zone; the configured one was used.
    pub tz_assumed: bool,
    /// Inside a test, drill or canary.
    pub test: bool,
    /// An active life-safety value in a snapshot that nobody had reported yet.
    pub from_snapshot: bool,
    /// The sender's own counter; 0 if it has none.
    pub seq: u64,
    /// Number of the format that decoded it, given by the instance.
    pub format: u8,
    /// Where it stood.
    pub coordinates: Coordinates,
    /// Its id where that is native or by content; else the coordinates identify it.
    pub identity: Option<Id>,
    source: Piece,
    site: Option<Piece>,
    native_id: Option<Piece>,
    slots: (u32, u32),
}

impl Row {
    /// It belongs to a test, drill or canary, or is one itself.
    pub fn is_test(&self) -> bool {
        self.test || self.lifecycle == Lifecycle::Test
    }
}

/// Rows that travel together, with their slots and text.
#[derive(Clone, Debug)]
pub struct Batch {
    rows: Vec<Row>,
    slots: Vec<Slot>,
    texts: Texts,
}

/// One row of a batch, or an owned one.
#[derive(Clone, Copy, Debug)]
pub struct RowRef<'a> {
    /// The envelope.
    pub row: &'a Row,
    slots: &'a [Slot],
    arena: &'a str,
}

/// A row that outlives its batch.
#[derive(Clone, Debug)]
pub struct OwnedRow {
    row: Row,
    slots: Box<[Slot]>,
    arena: Box<str>,
}

/// Fills one row; nothing of it stays unless [`RowWriter::finish`] is called.
#[must_use = "a row that is not finished is taken back"]
pub struct RowWriter<'a> {
    batch: &'a mut Batch,
    row: Row,
    slots_start: usize,
    arena_start: usize,
    finished: bool,
}

/// A text that does not fit the type of its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadValue {
    /// The field.
    pub field: FieldId,
}

impl Batch {
    /// An empty batch whose symbols are those of a namespace.
    pub fn new(symbols: SymbolKey) -> Self {
        Batch { rows: Vec::new(), slots: Vec::new(), texts: Texts::new(symbols) }
    }

    /// The key of its symbols.
    pub fn symbols(&self) -> SymbolKey {
        self.texts.symbols()
    }

    /// Takes everything out and keeps the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.slots.clear();
        self.texts.truncate(0);
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A row by its index.
    pub fn row(&self, index: usize) -> RowRef<'_> {
        let row = &self.rows[index];
        RowRef {
            row,
            slots: &self.slots[row.slots.0 as usize..row.slots.1 as usize],
            arena: self.texts.arena(),
        }
    }

    /// The envelope of a row, to complete what a decoder cannot know (times, coordinates, identity).
    pub fn envelope_mut(&mut self, index: usize) -> &mut Row {
        &mut self.rows[index]
    }

    /// All rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = RowRef<'_>> {
        (0..self.rows.len()).map(|at| self.row(at))
    }

    /// Begins an event of `class`.
    pub fn begin(&mut self, class: ClassId) -> RowWriter<'_> {
        let (slots_start, arena_start) = (self.slots.len(), self.texts.arena().len());
        let row = Row {
            ts: Timestamp::default(),
            append: Timestamp::default(),
            device_time: None,
            class,
            lifecycle: Lifecycle::New,
            time_quality: TimeQuality::Append,
            tz_assumed: false,
            test: false,
            from_snapshot: false,
            seq: 0,
            format: 0,
            coordinates: Coordinates::default(),
            identity: None,
            source: Piece::default(),
            site: None,
            native_id: None,
            slots: (0, 0),
        };
        RowWriter { batch: self, row, slots_start, arena_start, finished: false }
    }

    /// Puts a copy of a row of any other batch at the end.
    pub fn push(&mut self, from: RowRef<'_>) {
        let mut row = from.row.clone();
        row.source = self.texts.copy(row.source, from.arena);
        row.site = row.site.map(|piece| self.texts.copy(piece, from.arena));
        row.native_id = row.native_id.map(|piece| self.texts.copy(piece, from.arena));
        let start = self.slots.len() as u32;
        for slot in from.slots {
            let slot = match slot.piece() {
                Some(piece) => slot.with_piece(self.texts.copy(piece, from.arena)),
                None => *slot,
            };
            self.slots.push(slot);
        }
        row.slots = (start, self.slots.len() as u32);
        self.rows.push(row);
    }

    /// Takes back the rows from `len` on (a record whose later part was refused).
    pub fn truncate(&mut self, len: usize) {
        if let Some(row) = self.rows.get(len) {
            self.slots.truncate(row.slots.0 as usize);
        }
        self.rows.truncate(len);
    }

    /// Gives row `index` a site: what the topic's rule found, which the decoder cannot know.
    pub fn set_site(&mut self, index: usize, site: &str) {
        let piece = self.texts.add(site, Fold::Lower);
        self.rows[index].site = piece;
    }

    /// Gives row `index` a source, where the record names none.
    pub fn set_source(&mut self, index: usize, source: &str) {
        if let Some(piece) = self.texts.add(source, Fold::Keep) {
            self.rows[index].source = piece;
        }
    }
}

impl RowWriter<'_> {
    /// The device's own time and whose clock it is.
    pub fn device_time(&mut self, time: Timestamp, quality: TimeQuality) -> &mut Self {
        self.row.device_time = Some(time);
        self.row.time_quality = quality;
        self
    }

    /// The zone of the device time was assumed.
    pub fn zone_assumed(&mut self) -> &mut Self {
        self.row.tz_assumed = true;
        self
    }

    /// The lifecycle; `New` without.
    pub fn lifecycle(&mut self, lifecycle: Lifecycle) -> &mut Self {
        self.row.lifecycle = lifecycle;
        self
    }

    /// The sender says that it is a test.
    pub fn test(&mut self) -> &mut Self {
        self.row.test = true;
        self
    }

    /// The sender's own counter.
    pub fn seq(&mut self, seq: u64) -> &mut Self {
        self.row.seq = seq;
        self
    }

    /// The sending device or system.
    pub fn source(&mut self, source: &str) -> &mut Self {
        if let Some(piece) = self.batch.texts.add(source, Fold::Keep) {
            self.row.source = piece;
        }
        self
    }

    /// The site, where the record says it.
    pub fn site(&mut self, site: &str) -> &mut Self {
        self.row.site = self.batch.texts.add(site, Fold::Lower);
        self
    }

    /// The id that the sender gave the occurrence, if formats.md names one for the format.
    pub fn native_id(&mut self, id: &str) -> &mut Self {
        self.row.native_id = self.batch.texts.add(id, Fold::Keep);
        self
    }

    /// Sets a field from text, read as the field's type says. Empty text sets nothing. A text that an enum does not know
    /// becomes `other` or `unknown` and is kept in `native_reason`.
    pub fn set(&mut self, field: FieldId, raw: &str) -> Result<&mut Self, BadValue> {
        let raw = trimmed(raw);
        if raw.is_empty() {
            return Ok(self);
        }
        let bad = BadValue { field };
        match field.def().ty {
            FieldType::Text => self.piece(field, Tag::Text, raw, Fold::Keep),
            FieldType::Id(_) | FieldType::Code => self.piece(field, Tag::Text, raw, Fold::Lower),
            FieldType::Mac => self.piece(field, Tag::Text, &tidy_mac(raw).ok_or(bad)?, Fold::Lower),
            FieldType::TextList => self.piece(field, Tag::List, raw, Fold::Keep),
            FieldType::Enum(of) => self.enumerated(field, of, raw),
            FieldType::Int => self.int(field, parse_int(raw).ok_or(bad)?),
            FieldType::Float => self.float(field, raw.parse().ok().and_then(Micro::from_f64).ok_or(bad)?),
            FieldType::Bool => self.boolean(field, parse_bool(raw).ok_or(bad)?),
            FieldType::Ip => self.ip(field, parse_ip(raw).ok_or(bad)?),
            FieldType::Time => self.time(field, Timestamp::parse_rfc3339(raw).ok_or(bad)?),
            FieldType::Duration => self.duration(field, Duration::parse(raw).ok_or(bad)?),
            FieldType::Geo => return Err(bad),
        };
        Ok(self)
    }

    /// Sets a field from text if the text fits it; else the field stays missing.
    pub fn text(&mut self, field: FieldId, raw: &str) -> &mut Self {
        let _fits = self.set(field, raw).is_ok();
        self
    }

    /// The same, of something that may be missing.
    pub fn maybe(&mut self, field: FieldId, raw: Option<&str>) -> &mut Self {
        if let Some(raw) = raw {
            self.text(field, raw);
        }
        self
    }

    /// A whole number in a field of any type, as it would be written.
    pub fn digits(&mut self, field: FieldId, value: i64) -> &mut Self {
        let (mut digits, mut at, mut rest) = ([0; 20], 20, value.unsigned_abs());
        while rest > 0 || at == 20 {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        if value < 0 {
            at -= 1;
            digits[at] = b'-';
        }
        self.maybe(field, std::str::from_utf8(&digits[at..]).ok())
    }

    /// A whole number.
    pub fn int(&mut self, field: FieldId, value: i64) -> &mut Self {
        self.slot(field, Tag::Int, value as u64, 0)
    }

    /// A decimal.
    pub fn float(&mut self, field: FieldId, value: Micro) -> &mut Self {
        self.slot(field, Tag::Float, value.0 as u64, 0)
    }

    /// Yes or no.
    pub fn boolean(&mut self, field: FieldId, value: bool) -> &mut Self {
        self.slot(field, Tag::Bool, u64::from(value), 0)
    }

    /// An address.
    pub fn ip(&mut self, field: FieldId, value: IpAddr) -> &mut Self {
        let bits = u128::from(store_ip(value));
        self.slot(field, Tag::Ip, (bits >> 64) as u64, bits as u64)
    }

    /// An instant.
    pub fn time(&mut self, field: FieldId, value: Timestamp) -> &mut Self {
        self.slot(field, Tag::Time, value.0 as u64, 0)
    }

    /// A length of time.
    pub fn duration(&mut self, field: FieldId, value: Duration) -> &mut Self {
        self.slot(field, Tag::Duration, value.0 as u64, 0)
    }

    /// A place.
    pub fn geo(&mut self, field: FieldId, value: Geo) -> &mut Self {
        let degrees = u64::from(value.latitude as u32) << 32 | u64::from(value.longitude as u32);
        self.slot(field, Tag::Geo, degrees, u64::from(value.radius_m))
    }

    /// A value of the field's enum by index.
    pub fn index(&mut self, field: FieldId, value: u16) -> &mut Self {
        self.slot(field, Tag::Enum, u64::from(value), 0)
    }

    /// A value read from elsewhere, of the type of the field.
    pub fn value(&mut self, field: FieldId, value: Value<'_>) -> &mut Self {
        match value {
            Value::Text(t) => self.piece(field, Tag::Text, t.text, Fold::Keep),
            Value::List(l) => self.piece(field, Tag::List, l, Fold::Keep),
            Value::Int(n) => self.int(field, n),
            Value::Float(x) => self.float(field, x),
            Value::Bool(b) => self.boolean(field, b),
            Value::Enum(index) => self.index(field, index),
            Value::Ip(ip) => self.ip(field, ip.into()),
            Value::Time(t) => self.time(field, t),
            Value::Duration(d) => self.duration(field, d),
            Value::Geo(g) => self.geo(field, g),
        }
    }

    /// Whether the field has been set.
    pub fn has(&self, field: FieldId) -> bool {
        self.batch.slots[self.slots_start..].iter().any(|slot| slot.field == field)
    }

    /// Another class than the one it began with (a required field is missing, a sensor's technology decides …).
    pub fn class(&mut self, class: ClassId) -> &mut Self {
        self.row.class = class;
        self
    }

    /// Puts the row into its batch and returns its index there.
    pub fn finish(mut self) -> usize {
        self.finished = true;
        self.row.slots = (self.slots_start as u32, self.batch.slots.len() as u32);
        self.batch.rows.push(self.row.clone());
        self.batch.rows.len() - 1
    }

    fn enumerated(&mut self, field: FieldId, of: EnumId, raw: &str) -> &mut Self {
        match index_of(of, raw) {
            Some(index) => self.index(field, index),
            None => {
                if !self.has(field::NATIVE_REASON) {
                    self.piece(field::NATIVE_REASON, Tag::Text, raw, Fold::Keep);
                }
                match of.fallback() {
                    Some(index) => self.index(field, index),
                    None => self,
                }
            }
        }
    }

    fn piece(&mut self, field: FieldId, tag: Tag, raw: &str, fold: Fold) -> &mut Self {
        let Some(piece) = self.batch.texts.add(raw, fold) else { return self };
        self.slot(field, tag, piece.symbol.0, u64::from(piece.start) << 32 | u64::from(piece.len))
    }

    /// The last value set wins, so that a mapping can correct what a decoder said.
    fn slot(&mut self, field: FieldId, tag: Tag, a: u64, b: u64) -> &mut Self {
        let slot = Slot { a, b, field, tag };
        match self.batch.slots[self.slots_start..].iter_mut().find(|s| s.field == field) {
            Some(old) => *old = slot,
            None => self.batch.slots.push(slot),
        }
        self
    }
}

impl Drop for RowWriter<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.batch.slots.truncate(self.slots_start);
            self.batch.texts.truncate(self.arena_start);
        }
    }
}

impl Slot {
    /// The field it belongs to.
    pub fn field(&self) -> FieldId {
        self.field
    }

    fn piece(&self) -> Option<Piece> {
        matches!(self.tag, Tag::Text | Tag::List).then_some(Piece {
            symbol: Symbol(self.a),
            start: (self.b >> 32) as u32,
            len: self.b as u32,
        })
    }

    fn with_piece(self, piece: Piece) -> Slot {
        Slot { a: piece.symbol.0, b: u64::from(piece.start) << 32 | u64::from(piece.len), ..self }
    }

    fn value(self, arena: &str) -> Value<'_> {
        let piece = || self.piece().map_or("", |piece| piece.of(arena));
        match self.tag {
            Tag::Text => Value::Text(Text { symbol: Symbol(self.a), text: piece() }),
            Tag::List => Value::List(piece()),
            Tag::Int => Value::Int(self.a as i64),
            Tag::Float => Value::Float(Micro(self.a as i64)),
            Tag::Bool => Value::Bool(self.a != 0),
            Tag::Enum => Value::Enum(self.a as u16),
            Tag::Ip => Value::Ip(Ipv6Addr::from(u128::from(self.a) << 64 | u128::from(self.b))),
            Tag::Time => Value::Time(Timestamp(self.a as i64)),
            Tag::Duration => Value::Duration(Duration(self.a as i64)),
            Tag::Geo => Value::Geo(Geo {
                latitude: (self.a >> 32) as u32 as i32,
                longitude: self.a as u32 as i32,
                radius_m: self.b as u32,
            }),
        }
    }
}

impl<'a> RowRef<'a> {
    /// The value of a field; those of the envelope too.
    pub fn get(&self, field: FieldId) -> Option<Value<'a>> {
        if let Some(slot) = self.slots.iter().find(|slot| slot.field == field) {
            return Some(slot.value(self.arena));
        }
        match field {
            field::TS => Some(Value::Time(self.row.ts)),
            field::APPEND => Some(Value::Time(self.row.append)),
            field::DEVICE_TIME => self.row.device_time.map(Value::Time),
            field::SITE => self.site().map(Value::Text),
            field::SOURCE => Some(Value::Text(self.source())).filter(|_| self.row.source.len > 0),
            field::LIFECYCLE => Some(Value::Enum(self.row.lifecycle as u16)),
            field::TEST => Some(Value::Bool(self.row.is_test())),
            field::FROM_SNAPSHOT => Some(Value::Bool(self.row.from_snapshot)),
            field::TZ_ASSUMED => Some(Value::Bool(self.row.tz_assumed)),
            field::TIME_QUALITY => Some(Value::Enum(self.row.time_quality as u16)),
            field::SEQ => Some(self.row.seq).filter(|&n| n != 0).map(|n| Value::Int(n as i64)),
            _ => None,
        }
    }

    /// The text of a field that holds text, a code or an id.
    pub fn text(&self, field: FieldId) -> Option<Text<'a>> {
        match self.get(field) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The sending device or system.
    pub fn source(&self) -> Text<'a> {
        self.resolve(self.row.source)
    }

    /// The site, once it is known.
    pub fn site(&self) -> Option<Text<'a>> {
        self.row.site.map(|piece| self.resolve(piece))
    }

    /// The sender's own id of the occurrence.
    pub fn native_id(&self) -> Option<&'a str> {
        self.row.native_id.map(|piece| self.resolve(piece).text)
    }

    /// The fields that are set, in the order in which they were.
    pub fn fields(&self) -> impl Iterator<Item = (FieldId, Value<'a>)> + use<'a> {
        let arena = self.arena;
        self.slots.iter().map(move |slot| (slot.field, slot.value(arena)))
    }

    /// A copy that outlives the batch.
    pub fn to_owned_row(&self) -> OwnedRow {
        let mut batch = Batch::new(SymbolKey::derive(b""));
        batch.push(*self);
        let mut row = batch.rows.remove(0);
        row.slots = (0, batch.slots.len() as u32);
        OwnedRow {
            row,
            slots: batch.slots.into_boxed_slice(),
            arena: batch.texts.into_arena().into_boxed_str(),
        }
    }

    fn resolve(&self, piece: Piece) -> Text<'a> {
        Text { symbol: piece.symbol, text: piece.of(self.arena) }
    }
}

impl OwnedRow {
    /// Gives it another class: what a class of a rule is called in another set of rules.
    pub fn set_class(&mut self, class: ClassId) {
        self.row.class = class;
    }

    /// Reads it like a row of a batch.
    pub fn as_ref(&self) -> RowRef<'_> {
        RowRef { row: &self.row, slots: &self.slots, arena: &self.arena }
    }
}

/// Without blanks at its ends, which few texts have.
#[inline]
fn trimmed(raw: &str) -> &str {
    match raw.as_bytes() {
        [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => raw,
        _ => raw.trim(),
    }
}

/// The place of a word in an enumeration, whatever its case; a blank or hyphen is an underscore.
fn index_of(of: EnumId, raw: &str) -> Option<u16> {
    if !raw.is_ascii() {
        return of.index_of(&lower(raw).replace([' ', '-'], "_"));
    }
    let folded = |byte: &u8| if matches!(byte, b' ' | b'-') { b'_' } else { byte.to_ascii_lowercase() };
    let is = |known: &str| known.len() == raw.len() && known.bytes().eq(raw.as_bytes().iter().map(folded));
    u16::try_from(of.def().values.iter().position(|known| is(known))?).ok()
}

fn parse_int(raw: &str) -> Option<i64> {
    raw.parse().ok().or_else(|| {
        let decimal: f64 = raw.parse().ok()?;
        (decimal.fract() == 0.0 && decimal.abs() < 9e15).then_some(decimal as i64)
    })
}

fn parse_bool(raw: &str) -> Option<bool> {
    match &*lower(raw) {
        "true" | "1" | "yes" | "on" | "active" => Some(true),
        "false" | "0" | "no" | "off" | "inactive" => Some(false),
        _ => None,
    }
}

fn parse_ip(raw: &str) -> Option<IpAddr> {
    ipv4(raw.as_bytes())
        .map(IpAddr::V4)
        .or_else(|| raw.parse().ok())
        .or_else(|| raw.split_once('%')?.0.parse().ok())
}

/// Four numbers without leading zeros, as nearly all addresses are written; the standard library reads all others.
fn ipv4(raw: &[u8]) -> Option<Ipv4Addr> {
    let (mut octets, mut at) = ([0u8; 4], 0);
    for (nth, octet) in octets.iter_mut().enumerate() {
        let (start, mut number) = (at, 0u16);
        while let Some(digit @ b'0'..=b'9') = raw.get(at).filter(|_| at < start + 3) {
            number = number * 10 + u16::from(digit - b'0');
            at += 1;
        }
        if at == start || at > start + 1 && raw[start] == b'0' {
            return None;
        }
        *octet = u8::try_from(number).ok()?;
        if nth < 3 {
            raw.get(at).filter(|byte| **byte == b'.')?;
            at += 1;
        }
    }
    (at == raw.len()).then(|| Ipv4Addr::from(octets))
}

crate::codec!(newtype FieldId);
crate::codec!(newtype ClassId);
crate::codec!(Lifecycle as u8, Lifecycle::ALL);
crate::codec!(TimeQuality as u8, [TimeQuality::Device, TimeQuality::Receiver, TimeQuality::Append]);
crate::codec!(Tag as u8, Tag::ALL);
crate::codec!(Slot { a, b, field, tag });
crate::codec!(Row {
    ts,
    append,
    device_time,
    class,
    lifecycle,
    time_quality,
    tz_assumed,
    test,
    from_snapshot,
    seq,
    format,
    coordinates,
    identity,
    source,
    site,
    native_id,
    slots,
});

impl Batch {
    /// Appends its rows, slots and text for a snapshot.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.rows.write(out);
        self.slots.write(out);
        write_text(self.texts.arena(), out);
    }

    /// Reads a batch back. Every place that a row or slot names is checked here, so that reading never fails later.
    pub fn read(symbols: SymbolKey, from: &mut Reader<'_>) -> Result<Batch, Corrupt> {
        let (rows, slots, arena) = (Codec::read(from)?, Codec::read(from)?, Codec::read(from)?);
        let batch = Batch { rows, slots, texts: Texts::of_arena(symbols, arena) };
        if batch.is_sound() { Ok(batch) } else { Err(Corrupt("a row points outside its batch")) }
    }

    fn is_sound(&self) -> bool {
        let piece = |p: Piece| {
            let end = p.start.checked_add(p.len).map(|end| end as usize);
            end.is_some_and(|end| self.texts.arena().get(p.start as usize..end).is_some())
        };
        self.slots.iter().filter_map(Slot::piece).all(piece)
            && self.rows.iter().all(|row| {
                let pieces = [Some(row.source), row.site, row.native_id];
                let (start, end) = (row.slots.0 as usize, row.slots.1 as usize);
                pieces.into_iter().flatten().all(piece) && self.slots.get(start..end).is_some()
            })
    }
}

impl OwnedRow {
    /// Appends it for a snapshot.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut batch = Batch::new(SymbolKey::derive(b""));
        batch.push(self.as_ref());
        batch.write(out);
    }

    /// Reads it back.
    pub fn read(from: &mut Reader<'_>) -> Result<OwnedRow, Corrupt> {
        let batch = Batch::read(SymbolKey::derive(b""), from)?;
        if batch.len() == 1 { Ok(batch.row(0).to_owned_row()) } else { Err(Corrupt("one row")) }
    }
}

/// `aa:bb:cc:dd:ee:ff` of any of the usual ways to write a MAC address.
fn tidy_mac(raw: &str) -> Option<Cow<'static, str>> {
    let hex: Vec<u8> = raw.bytes().filter(|b| !matches!(b, b':' | b'-' | b'.' | b' ')).collect();
    if hex.len() != 12 || !hex.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let pairs: Vec<&str> = hex.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap_or("00")).collect();
    Some(Cow::Owned(pairs.join(":")))
}
