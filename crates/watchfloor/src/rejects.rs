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
