//! CloudEvents 1.0 around something that no other format knows, structured or with its attributes in headers.
//!
//! What an event carries is offered to the topic's other formats first: the stage takes the envelope off. So
//! what comes here is an event of a kind that nobody reads: it is kept `unclassified` with its type, subject and
//! time, and is known by source and id, which is what CloudEvents define for that.

use crate::words::set_time;
use event::class::{self, Domain};
use event::field;
use event::row::{Batch, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::json::{Values, Word, looks_like_object};
use ingest::json_paths;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

const KIND: Kind = Kind::new("*", 60);

json_paths! {
    CLOUD_EVENT {
        SPEC_VERSION: "specversion",
        ID: "id",
        SOURCE: "source",
        TYPE: "type",
        TIME: "time",
        SUBJECT: "subject",
    }
}

static WORD: LazyLock<Word> = LazyLock::new(|| Word::new("specversion"));

/// The decoder of CloudEvents.
#[derive(Clone, Copy, Debug, Default)]
pub struct CloudEvents;

/// The attributes of one event.
struct Attributes {
    id: String,
    source: String,
    kind: String,
    time: Option<String>,
    subject: Option<String>,
}

impl Decoder for CloudEvents {
    fn format(&self) -> &'static str {
        "cloudevents"
    }

    fn domain(&self) -> Domain {
        Domain::Network
    }

    fn reads(&self) -> &'static str {
        "CloudEvents 1.0 of types that no other format reads, structured or binary"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, &[class::UNCLASSIFIED]).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        looks_like_object(value) && WORD.is_in(value)
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let attributes = match of_headers(record) {
            Some(attributes) => attributes,
            None => of_json(&CLOUD_EVENT.read(record.text()?)?)?,
        };
        let mut row = out.begin(class::UNCLASSIFIED);
        row.source(&attributes.source).text(field::NATIVE_CODE, &["ce:", &attributes.kind].concat());
        row.native_id(&[&*attributes.source, "/", &*attributes.id].concat());
        let sent = attributes.time.and_then(|text| record.clock.sent(&text));
        set_time(&mut row, sent, TimeQuality::Device);
        row.maybe(field::MESSAGE, attributes.subject.as_deref());
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

/// Binary mode: `ce_id`, `ce_source`, `ce_type` …
fn of_headers(record: &Record<'_>) -> Option<Attributes> {
    let get = |name: &str| record.header(name).map(str::to_owned);
    Some(Attributes {
        id: get("ce_id")?,
        source: get("ce_source")?,
        kind: get("ce_type")?,
        time: get("ce_time"),
        subject: get("ce_subject"),
    })
}

fn of_json(json: &Values<'_, { Place::Count as usize }>) -> Result<Attributes, Refusal> {
    let get = |at: usize| json[at].text().map(str::to_owned);
    match (json[SPEC_VERSION].is_some(), get(ID), get(SOURCE), get(TYPE)) {
        (true, Some(id), Some(source), Some(kind)) => {
            Ok(Attributes { id, source, kind, time: get(TIME), subject: get(SUBJECT) })
        }
        _ => Err(Refusal::malformed("no `specversion`, `id`, `source` and `type`")),
    }
}
