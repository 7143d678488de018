//! Axis cameras over MQTT: `{"timestamp":…,"topic":"onvif:Device/axis:Sensor/PIR","message":{"source","key","data"}}`.
//!
//! The same notifications as ONVIF's with other words around them, so what a topic means is said once, by the
//! decoder of `onvif`. The camera is not in the payload unless it was configured to be: then by `serial`, else
//! by what stands in front of the topic in the record's key (`axis/ACCC8E000001/event/tns:…`). Values are
//! properties; Axis does not say whether one was initialised or changed.

use crate::onvif::{self, Item, Notification, Operation, Part};
use event::class::Domain;
use event::row::Batch;
use event::time::Timestamp;
use ingest::decoder::{Decoded, Decoder, Production, Record, Refusal};
use ingest::json::{Word, looks_like_object, refusal};
use ingest::json_paths;
use serde_json::Value;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

json_paths! {
    AXIS {
        TIME: "timestamp",
        TOPIC: "topic",
        SERIAL: "serial",
        SOURCE: "message/source{}",
        KEY: "message/key{}",
        DATA: "message/data{}",
    }
}

static WORDS: LazyLock<[Word; 3]> = LazyLock::new(|| ["topic", "message", "timestamp"].map(Word::new));

/// The decoder of Axis' MQTT events.
#[derive(Clone, Copy, Debug, Default)]
pub struct AxisMqtt;

impl Decoder for AxisMqtt {
    fn format(&self) -> &'static str {
        "axis-mqtt"
    }

    fn domain(&self) -> Domain {
        Domain::Video
    }

    fn reads(&self) -> &'static str {
        "Events of Axis cameras over MQTT as JSON"
    }

    fn produces(&self) -> Vec<Production> {
        onvif::Onvif.produces()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let names_topic = ["\"onvif:", "\"tns1:", "\"tnsaxis:", "\"axis:"];
        looks_like_object(value)
            && WORDS.iter().all(|word| word.is_in(value))
            && names_topic.iter().any(|start| ingest::json::holds(value, start))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let json = AXIS.read(record.text()?)?;
        let Some(topic) = json[TOPIC].text() else {
            return Err(Refusal::malformed("no `topic`"));
        };
        let serial = json[SERIAL].text().or_else(|| serial(record.key_text()?));
        let mut notification = Notification {
            topic: topic.strip_prefix("onvif:").unwrap_or(topic).to_owned(),
            producer: serial.unwrap_or_default().to_owned(),
            time: time(&json[TIME]),
            operation: Operation::Unsaid,
            items: Vec::new(),
        };
        for (part, place) in [(Part::Source, SOURCE), (Part::Key, KEY), (Part::Data, DATA)] {
            let raw = json[place].raw().unwrap_or("{}");
            let value: Value = serde_json::from_str(raw).map_err(|error| refusal(&error))?;
            collect(part, &value, &mut notification.items);
        }
        Ok(Decoded::Events(onvif::write(&[notification], out)))
    }
}

/// Milliseconds since 1970, or text.
fn time(sent: &ingest::json::Json<'_>) -> String {
    let at: Option<Timestamp> = sent.int().and_then(ingest::time::epoch);
    at.map(|at| at.to_string()).unwrap_or_else(|| sent.text().unwrap_or_default().to_owned())
}

/// `axis/ACCC8E000001/event/…` and `ACCC8E000001/event/…`: the part that looks like Axis' serials.
fn serial(key: &str) -> Option<&str> {
    key.split('/').find(|part| part.len() == 12 && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn collect(part: Part, value: &Value, items: &mut Vec<Item>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Bool(truth) => truth.to_string(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        items.push(Item { part, name: name.clone(), value });
    }
}
