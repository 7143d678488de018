//! The JSON forms: what client libraries make of the XML, what event loggers write, and the payload of
//! `onvif-ej`.
//!
//! ```text
//! {"Topic":{"_value_1":T},"Message":{"_value_1":{"UtcTime":…,"Data":{"SimpleItem":[{"Name":…,"Value":…}]}}}}
//! {"Topic":T,"UtcTime":…,"Source":{"Rule":…},"Data":{"IsInside":true}}
//! {"UtcTime":…,"Source":{…},"Data":{…}}      the topic is that of MQTT, which bridges put into the key
//! ```

use super::notification::{Item, Notification, Operation, Part};
use ingest::decoder::{Record, Refusal};
use ingest::json::{Word, refusal};
use ingest::json_paths;
use serde_json::Value;
use std::sync::LazyLock;

json_paths! {
    /// A notification in any of the forms.
    FORMS {
        TOPIC: "Topic", TOPIC_VALUE: "Topic/_value_1",
        PRODUCER: "ProducerReference/Address", PRODUCER_VALUE: "ProducerReference/Address/_value_1",
        TIME: "UtcTime", TIME_INSIDE: "Message/UtcTime", TIME_VALUE: "Message/_value_1/UtcTime",
        OPERATION: "PropertyOperation", OPERATION_INSIDE: "Message/PropertyOperation",
        OPERATION_VALUE: "Message/_value_1/PropertyOperation",
        SOURCE: "Source{}", SOURCE_INSIDE: "Message/Source{}", SOURCE_VALUE: "Message/_value_1/Source{}",
        KEY: "Key{}", KEY_INSIDE: "Message/Key{}", KEY_VALUE: "Message/_value_1/Key{}",
        DATA: "Data{}", DATA_INSIDE: "Message/Data{}", DATA_VALUE: "Message/_value_1/Data{}",
        FRAME: "Frame{}", SENSOR_DATA: "SensorData{}",
    }
}

/// What a JSON record holds.
pub(crate) enum Form {
    /// A notification.
    Notification(Notification),
    /// A description of a scene: nothing to notify.
    Scene,
}

/// Reads a record.
pub(crate) fn parse(record: &Record<'_>) -> Result<Form, Refusal> {
    let json = FORMS.read(record.text()?)?;
    let text =
        |places: &[usize]| places.iter().find_map(|at| json[*at].text()).unwrap_or_default().to_owned();
    let mut notification = Notification {
        topic: text(&[TOPIC, TOPIC_VALUE]),
        producer: text(&[PRODUCER, PRODUCER_VALUE]),
        time: text(&[TIME, TIME_INSIDE, TIME_VALUE]),
        operation: Operation::of(&text(&[OPERATION, OPERATION_INSIDE, OPERATION_VALUE])),
        items: Vec::new(),
    };
    let parts: [(Part, &[usize]); 3] = [
        (Part::Source, &[SOURCE, SOURCE_INSIDE, SOURCE_VALUE]),
        (Part::Key, &[KEY, KEY_INSIDE, KEY_VALUE]),
        (Part::Data, &[DATA, DATA_INSIDE, DATA_VALUE, SENSOR_DATA]),
    ];
    for (part, places) in parts {
        if let Some(raw) = places.iter().find_map(|at| json[*at].raw()) {
            let value: Value = serde_json::from_str(raw).map_err(|error| refusal(&error))?;
            collect(part, "", &value, &mut notification.items);
        }
    }
    if notification.topic.is_empty() {
        let measured = json[SENSOR_DATA].is_some().then_some("SensorData");
        notification.topic = topic_of_key(record).or(measured).unwrap_or_default().to_owned();
    }
    // Data without topic and time is somebody else's: `Source` and `Data` are words of many formats.
    let told =
        !notification.topic.is_empty() || !(notification.items.is_empty() || notification.time.is_empty());
    match told {
        true => Ok(Form::Notification(notification)),
        false if json[FRAME].is_some() => Ok(Form::Scene),
        false => Err(Refusal::malformed("JSON without a topic, and without data and their time")),
    }
}

/// The topic within that of MQTT, whose last parts are the values of the source.
fn topic_of_key<'a>(record: &Record<'a>) -> Option<&'a str> {
    let topic = record.key_text()?.split_once("onvif-ej/")?.1;
    Some(topic.split_once("/&").map_or(topic, |(topic, _)| topic))
}

/// The named values inside a part: of `SimpleItem` by name, else each leaf under the name nearest to it.
fn collect(part: Part, name: &str, value: &Value, items: &mut Vec<Item>) {
    match value {
        Value::Object(members) => match (members.get("Name"), members.get("Value")) {
            (Some(Value::String(name)), Some(value)) => push(part, name, value, items),
            _ => {
                for (key, value) in members.iter().filter(|(key, _)| !key.starts_with('@')) {
                    // What a library adds to hold text and attributes is no name.
                    let inner = if key.starts_with(['#', '_']) { name } else { key };
                    collect(part, inner, value, items);
                }
            }
        },
        Value::Array(values) => values.iter().for_each(|value| collect(part, name, value, items)),
        _ => push(part, name, value, items),
    }
}

fn push(part: Part, name: &str, value: &Value, items: &mut Vec<Item>) {
    let value = match value {
        Value::String(text) => text.clone(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        _ => return,
    };
    items.push(Item { part, name: name.to_owned(), value });
}

static TOPIC_WORD: LazyLock<Word> = LazyLock::new(|| Word::new("Topic"));
static TIME_WORD: LazyLock<Word> = LazyLock::new(|| Word::new("UtcTime"));
static FRAME_TIME_WORD: LazyLock<Word> = LazyLock::new(|| Word::new("@UtcTime"));
static DATA_WORD: LazyLock<Word> = LazyLock::new(|| Word::new("Data"));
static MESSAGE_WORD: LazyLock<Word> = LazyLock::new(|| Word::new("Message"));

/// Whether a JSON object may be of one of the forms.
pub(crate) fn sniff(value: &[u8]) -> bool {
    let has = |word: &LazyLock<Word>| word.is_in(value);
    ingest::json::looks_like_object(value)
        && ((has(&TOPIC_WORD) && (has(&MESSAGE_WORD) || has(&TIME_WORD)))
            || (has(&TIME_WORD) && has(&DATA_WORD))
            || has(&FRAME_TIME_WORD))
}
