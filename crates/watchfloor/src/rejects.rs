//! A reject as a document (contracts.md §6): the reason, where the record stood, and the record itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use event::coordinates::Topics;
use event::document::string;
use event::reject::RejectedRecord;
use std::fmt::Write;

/// How much of a record's value a document keeps.
pub(crate) const VALUE_BYTES_MAX: usize = 64 * 1024;

/// Writes the object, without a line end. `place` is `topic`, or `path` where the topics are files.
pub(crate) fn write(reject: &RejectedRecord, topics: &Topics, place: &str, out: &mut String) {
    let at = reject.coordinates;
    let value = &reject.value[..reject.value.len().min(VALUE_BYTES_MAX)];
    let texts = [
        ("reason", reject.reason.name()),
        ("detail", &*reject.detail),
        (place, &**topics.name(at.topic)),
        ("format", reject.format),
        ("value", &*STANDARD.encode(value)),
    ];
    out.push('{');
    for (key, text) in texts {
        string(out, key);
        out.push(':');
        string(out, text);
        out.push(',');
    }
    let _infallible =
        write!(out, "\"partition\":{},\"offset\":{},\"index\":{}}}", at.partition, at.offset, at.index);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema_file;
    use event::coordinates::{Coordinates, TopicId};
    use event::reject::Reject;

    fn schema() -> serde_json::Value {
        let reasons: Vec<&str> = Reject::ALL.iter().map(|reason| reason.name()).collect();
        let whole = |what: &str| serde_json::json!({"type": "integer", "minimum": 0, "description": what});
        let text = |what: &str| serde_json::json!({"type": "string", "description": what});
        serde_json::json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Watchfloor reject",
            "description": "A record that is no event. Written by a test; do not edit.",
            "type": "object",
            "required": ["reason", "detail", "format", "value", "partition", "offset", "index"],
            "oneOf": [{"required": ["topic"]}, {"required": ["path"]}],
            "additionalProperties": false,
            "properties": {
                "reason": {"enum": reasons},
                "detail": text("one sentence for whoever mends it"),
                "topic": text("where the record stood"),
                "path": text("the file, where files are read"),
                "format": text("the format that refused it, or -"),
                "value": text("the record in base64; of its bytes at most the first 65536"),
                "partition": whole("of a file: the number of the input"),
                "offset": whole("of a file: the number of the record"),
                "index": whole("always 0: a record is refused as a whole"),
            },
        })
    }

    #[test]
    fn the_schema_in_the_docs_is_this_one() {
        schema_file::check("reject", &schema());
    }

    #[test]
    fn a_reject_keeps_to_the_schema_and_its_value_to_the_bound() {
        let topics = Topics::new(["a"]);
        let coordinates = Coordinates { topic: TopicId(0), partition: 1, offset: 2, index: 0 };
        let value = vec![0xFF; VALUE_BYTES_MAX + 1].into();
        let reject = RejectedRecord {
            reason: Reject::Malformed,
            detail: "no \"end\"".into(),
            coordinates,
            format: "x",
            value,
        };
        let mut line = String::new();
        write(&reject, &topics, "path", &mut line);
        let document: serde_json::Value = serde_json::from_str(&line).unwrap();
        let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["reason", "detail", "path", "format", "value", "partition", "offset", "index"]);
        assert!(keys.iter().all(|key| schema()["properties"][key.as_str()].is_object()));
        let kept = STANDARD.decode(document["value"].as_str().unwrap()).unwrap();
        assert_eq!(kept.len(), VALUE_BYTES_MAX);
    }
}
