//! The decode stage: one record in, complete rows or one reject out.
//!
//! It is a function of the record and the topic's settings: no state, no clock, any thread, any order. A
//! record is taken or refused as a whole, so that the sums over records are exact; an array of messages is
//! one record.

use crate::complete;
use crate::decoder::{Decoded, Decoder, Header, Record, Refusal};
use crate::envelope;
use crate::json::PathList;
use crate::output::{Counts, Output, Span};
use crate::settings::{Settings, SiteRule};
use crate::time::{Clock, Year};
use event::class;
use event::coordinates::Coordinates;
use event::field;
use event::id::Ids;
use event::reject::{Reject, RejectedRecord};
use event::row::{Batch, RowRef};
use event::time::Timestamp;
use event::value::{Value, display_ip};
use std::sync::Arc;

/// The most headers a record may have.
pub const HEADERS_MAX: usize = 256;
/// The most characters of a reject's detail.
pub const DETAIL_CHARS_MAX: usize = 256;

/// One record as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Its partition (of a file: the index of the input).
    pub partition: u32,
    /// Its offset (of a file: its number, from 0).
    pub offset: u64,
    /// When it arrived.
    pub arrival: Arrival,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its headers.
    pub headers: &'a [Header<'a>],
    /// Its value; a tombstone has none.
    pub value: Option<&'a [u8]>,
}

/// What is known of a record's arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The broker's time, or a recorded one.
    At(Timestamp),
    /// Nothing: it arrives as it happens. A record without a usable time has this one, that of its
    /// predecessor.
    AsHappened {
        /// The predecessor's.
        otherwise: Timestamp,
    },
    /// Nothing but that it came after what came before it: the greatest time so far, or its own if that is
    /// later.
    Running {
        /// The greatest append so far.
        least: Timestamp,
    },
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It gave rows: those from this index of the batch on.
    Decoded {
        /// The first.
        first: usize,
    },
    /// It is no event by design.
    Control,
    /// It is the last of the rejects.
    Rejected,
}

/// The decode stage of one topic.
pub struct Stage {
    settings: Settings,
    ids: Ids,
    /// Where the JSON of a record names the site, if that is the rule.
    site_path: Option<PathList>,
}

/// A refusal, and the decoder that refused.
type Refused = (Option<u8>, Refusal);

impl Stage {
    /// The stage of a topic; ids are those of the instance's namespace.
    pub fn new(settings: Settings, ids: Ids) -> Self {
        let site_path = match &settings.site {
            SiteRule::Field { field, .. } => Some(PathList::new([&*json_path(field)])),
            _ => None,
        };
        Stage { settings, ids, site_path }
    }

    /// The topic's settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Decodes one record into `out`.
    pub fn decode(&self, input: &Input<'_>, out: &mut Output) -> Outcome {
        let mut spans = std::mem::take(&mut out.spans);
        let outcome = self.decode_messages(input, out, &mut spans);
        spans.clear();
        out.spans = spans;
        outcome
    }

    fn decode_messages(&self, input: &Input<'_>, out: &mut Output, spans: &mut Vec<Span>) -> Outcome {
        let first = out.batch.len();
        let mut counts = Counts { read: 1, ..Counts::default() };
        let decoded = self.messages(input, &mut out.batch, spans);
        let sited = decoded.and_then(|decoded| self.sites(input, out, spans).map(|()| decoded));
        let outcome = match sited {
            Ok(Decoded::Events(_)) if out.batch.len() > first => {
                self.complete(input, out, spans, &mut counts);
                counts.decoded = 1;
                Outcome::Decoded { first }
            }
            Ok(decoded) => {
                counts.control = 1;
                counts.skipped = u64::from(decoded == Decoded::Skipped);
                Outcome::Control
            }
            Err(refused) => {
                out.batch.truncate(first);
                counts.rejected = 1;
                out.count(refused.0, counts);
                out.rejects.push(self.reject(input, refused));
                return Outcome::Rejected;
            }
        };
        out.count(spans.first().map(|span| span.number), counts);
        outcome
    }

    /// Takes envelopes off and lets the format's decoder write its rows.
    fn messages(
        &self,
        input: &Input<'_>,
        batch: &mut Batch,
        spans: &mut Vec<Span>,
    ) -> Result<Decoded, Refused> {
        check_headers(input.headers).map_err(|refusal| (None, refusal))?;
        let value = envelope::unfold(input.value.unwrap_or_default()).map_err(|refusal| (None, refusal))?;
        if value.is_empty() {
            return Ok(Decoded::Control);
        }
        let record = Record {
            value: &value,
            key: input.key,
            headers: input.headers,
            topic: &self.settings.topic,
            clock: Clock { zone: &self.settings.zone, year: self.year(input.arrival) },
        };
        let mut refused = None;
        if let Some((number, decoder)) = self.settings.formats.first()
            && decoder.sniff(&value)
        {
            match message(number, decoder, &record, batch, spans) {
                Ok(decoded) => return Ok(decoded),
                // Its words may stand deeper: an envelope that holds the message as an object, not as text.
                Err(refusal) => refused = Some(refusal),
            }
        }
        self.unwrapped(&record, refused, batch, spans)
    }

    /// A message whose outermost form is not that of the topic's first format: another format, or an
    /// envelope.
    fn unwrapped(
        &self,
        record: &Record<'_>,
        mut refused: Option<Refused>,
        batch: &mut Batch,
        spans: &mut Vec<Span>,
    ) -> Result<Decoded, Refused> {
        let layers = envelope::layers(record.value);
        if layers.iter().any(|layer| envelope::is_deletion(layer)) {
            return Ok(Decoded::Control);
        }
        for (number, decoder) in self.settings.formats.iter() {
            for layer in layers.iter().filter(|layer| decoder.sniff(layer)) {
                match message(number, decoder, &Record { value: layer, ..*record }, batch, spans) {
                    Ok(decoded) => return Ok(decoded),
                    Err(refusal) => refused = refused.or(Some(refusal)),
                }
            }
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        match layers.iter().find_map(|layer| envelope::elements(layer)) {
            Some(elements) => self.elements(&elements, record, batch, spans),
            None => self.unrecognised(record, batch, spans),
        }
    }

    /// An array of messages: each by the format that it has.
    fn elements(
        &self,
        elements: &[&str],
        record: &Record<'_>,
        batch: &mut Batch,
        spans: &mut Vec<Span>,
    ) -> Result<Decoded, Refused> {
        let mut all = Decoded::Control;
        for element in elements {
            let record = Record { value: element.as_bytes(), ..*record };
            let decoded = match self.settings.formats.of(&record) {
                Some((number, decoder)) => message(number, decoder, &record, batch, spans)?,
                None => return Err((None, unknown(&record))),
            };
            if !matches!(all, Decoded::Events(_)) {
                all = decoded;
            }
        }
        Ok(all)
    }

    /// What no format recognises. The only format of a topic is asked nevertheless: its own words say best
    /// what is wrong.
    fn unrecognised(
        &self,
        record: &Record<'_>,
        batch: &mut Batch,
        spans: &mut Vec<Span>,
    ) -> Result<Decoded, Refused> {
        match self.settings.formats.of(record) {
            Some((number, decoder)) => message(number, decoder, record, batch, spans),
            None => Err((None, unknown(record))),
        }
    }

    fn year(&self, arrival: Arrival) -> Year {
        match (self.settings.year, arrival) {
            (Some(year), _) => Year::Fixed(year),
            (None, Arrival::At(time)) => Year::Nearest(time),
            (None, Arrival::AsHappened { otherwise }) => Year::Nearest(otherwise),
            (None, Arrival::Running { least }) => Year::Nearest(least),
        }
    }

    /// Gives every row its site, or refuses the record.
    fn sites(&self, input: &Input<'_>, out: &mut Output, spans: &[Span]) -> Result<(), Refused> {
        let Some(first) = spans.first() else { return Ok(()) };
        for index in first.first..out.batch.len() {
            if out.batch.row(index).site().is_some() {
                continue;
            }
            match &self.settings.site {
                SiteRule::Fixed(site) => out.batch.set_site(index, site),
                rule => match self.site(rule, input, out.batch.row(index)) {
                    Some(site) => out.batch.set_site(index, &site),
                    None => return Err((Some(first.number), self.no_site())),
                },
            }
            if out.batch.row(index).site().is_none() {
                return Err((Some(first.number), self.no_site()));
            }
        }
        Ok(())
    }

    fn site(&self, rule: &SiteRule, input: &Input<'_>, row: RowRef<'_>) -> Option<Arc<str>> {
        match rule {
            SiteRule::Fixed(site) => Some(site.clone()),
            SiteRule::FromKey { otherwise } => {
                let key = std::str::from_utf8(input.key.unwrap_or_default()).ok()?.trim();
                if key.is_empty() { otherwise.clone() } else { Some(key.into()) }
            }
            SiteRule::Field { field, through } => {
                let value = event_field(row, field).or_else(|| self.json_field(input))?;
                match through {
                    Some(site_of) => site_of(&value, row.row.device_time.unwrap_or(row.row.ts)),
                    None => Some(value.into()),
                }
            }
        }
    }

    /// The value at the rule's path in the record itself, whatever envelope it is in.
    fn json_field(&self, input: &Input<'_>) -> Option<String> {
        let value = envelope::unfold(input.value?).ok()?;
        envelope::layers(&value).iter().find_map(|layer| {
            let values = self.site_path.as_ref()?.read(std::str::from_utf8(layer).ok()?).ok()?;
            values.first()?.written().map(|value| value.into_owned())
        })
    }

    fn no_site(&self) -> Refusal {
        let detail = match &self.settings.site {
            SiteRule::Fixed(_) => "the configured site is empty".to_owned(),
            SiteRule::FromKey { .. } => "the record's key names no site".to_owned(),
            SiteRule::Field { field, .. } => format!("`{field}` names no site"),
        };
        Refusal::new(Reject::NoSite, detail)
    }

    /// Fills in what no decoder can know.
    fn complete(&self, input: &Input<'_>, out: &mut Output, spans: &[Span], counts: &mut Counts) {
        let start = spans.first().map_or(0, |span| span.first);
        for (at, span) in spans.iter().enumerate() {
            let end = spans.get(at + 1).map_or(out.batch.len(), |next| next.first);
            for index in span.first..end {
                self.place(input, out, span, (index, index - start));
                if let Some(alias) = &self.settings.alias {
                    complete::translate(out, index, alias, input.arrival);
                }
                complete::amend(out, index, counts);
                self.judge(input, out, span, (index, counts));
            }
        }
        if let Arrival::Running { .. } = input.arrival {
            share_append(out, start);
        }
        counts.events = (out.batch.len() - start) as u64;
        counts.late = out.judged[start..].iter().filter(|judged| judged.late).count() as u64;
    }

    /// Coordinates, format and source of row `index`, the `nth` of its record.
    fn place(&self, input: &Input<'_>, out: &mut Output, span: &Span, (index, nth): (usize, usize)) {
        if out.batch.row(index).source().text.is_empty() {
            let format = self.settings.formats.name(span.number);
            out.batch.set_source(index, self.settings.source.as_deref().unwrap_or(format));
        }
        let row = out.batch.envelope_mut(index);
        row.format = span.number;
        row.coordinates = Coordinates {
            topic: self.settings.topic_id,
            partition: input.partition,
            offset: input.offset,
            index: nth as u32,
        };
        complete::test(row);
    }

    fn judge(&self, input: &Input<'_>, out: &mut Output, span: &Span, (index, counts): (usize, &mut Counts)) {
        let max_future = self.settings.max_future.unwrap_or(complete::max_future(span.domain));
        complete::times(out.batch.envelope_mut(index), input.arrival, max_future, counts);
        let identity = complete::identity(out.batch.row(index), &self.ids, self.settings.duplicates);
        let row = out.batch.envelope_mut(index);
        row.identity = identity;
        let judged = complete::judge(row, self.settings.lateness.unwrap_or(span.kind.lateness));
        counts.unclassified += u64::from(row.class == class::UNCLASSIFIED);
        out.judged.push(judged);
    }

    fn reject(&self, input: &Input<'_>, (number, refusal): Refused) -> RejectedRecord {
        RejectedRecord {
            reason: refusal.reason,
            detail: printable(&refusal.detail),
            coordinates: Coordinates {
                topic: self.settings.topic_id,
                partition: input.partition,
                offset: input.offset,
                index: 0,
            },
            format: number.map_or("-", |number| self.settings.formats.name(number)),
            value: input.value.unwrap_or_default().into(),
        }
    }
}

/// Lets one decoder read one message; what it wrote before it refused is taken back.
fn message(
    number: u8,
    decoder: &dyn Decoder,
    record: &Record<'_>,
    batch: &mut Batch,
    spans: &mut Vec<Span>,
) -> Result<Decoded, Refused> {
    let first = batch.len();
    let decoded = decoder.decode(record, batch);
    match decoded {
        Ok(Decoded::Events(kind)) => spans.push(Span { first, number, kind, domain: decoder.domain() }),
        _ => batch.truncate(first),
    }
    decoded.map_err(|refusal| (Some(number), refusal))
}

/// All rows of a record arrived at once: with the last of them.
fn share_append(out: &mut Output, start: usize) {
    let append = (start..out.batch.len()).map(|index| out.batch.row(index).row.append).max();
    for index in start..out.batch.len() {
        let row = out.batch.envelope_mut(index);
        row.append = append.unwrap_or(row.append);
        let judged = complete::judge(row, out.judged[index].lateness);
        out.judged[index] = judged;
    }
}

fn check_headers(headers: &[Header<'_>]) -> Result<(), Refusal> {
    if headers.len() > HEADERS_MAX {
        return Err(Refusal::new(
            Reject::Header,
            format!("{} headers, {HEADERS_MAX} are allowed", headers.len()),
        ));
    }
    match headers.iter().position(|header| std::str::from_utf8(header.name).is_err()) {
        Some(at) => Err(Refusal::new(Reject::Header, format!("the name of header {at} is not UTF-8"))),
        None => Ok(()),
    }
}

fn unknown(record: &Record<'_>) -> Refusal {
    let start = String::from_utf8_lossy(&record.value[..record.value.len().min(40)]);
    Refusal::unknown_format(format!("none of the topic's formats; it begins with `{start}`"))
}

/// The text of an event field of that name, if there is one and it is set.
fn event_field(row: RowRef<'_>, name: &str) -> Option<String> {
    match row.get(field::by_name(name)?)? {
        Value::Text(text) => Some(text.text.to_owned()),
        Value::Int(n) => Some(n.to_string()),
        Value::Ip(ip) => Some(display_ip(ip).to_string()),
        _ => None,
    }
}

/// `sensor.id` and `/sensor/id` as a path of [`crate::json`].
fn json_path(field: &str) -> String {
    match field.strip_prefix('/') {
        Some(pointer) => pointer.to_owned(),
        None => field.replace('.', "/"),
    }
}

/// A detail as it may be shown: bounded, control characters escaped.
fn printable(detail: &str) -> Box<str> {
    let escaped = detail.chars().flat_map(|c| {
        let (plain, escape) = if c.is_control() { (None, Some(c.escape_default())) } else { (Some(c), None) };
        plain.into_iter().chain(escape.into_iter().flatten())
    });
    escaped.take(DETAIL_CHARS_MAX).collect::<String>().into()
}

#[cfg(test)]
mod tests;
