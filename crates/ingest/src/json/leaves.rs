//! JSON as its leaves: every text, number and truth with the name of the member that holds it. For decoders of makers who
//! nest the same few values differently from device to device; whoever knows where a value stands wants its path instead.

use super::{check_bounds, refusal};
use crate::decoder::Refusal;
use serde_json::Value;

/// The leaves of a document, in its order; of an array each under the array's name. Nulls are none.
pub fn leaves(text: &str) -> Result<Vec<(String, String)>, Refusal> {
    check_bounds(text)?;
    let tree: Value = serde_json::from_str(text).map_err(|error| refusal(&error))?;
    let mut leaves = Vec::new();
    collect("", &tree, &mut leaves);
    Ok(leaves)
}

fn collect(name: &str, value: &Value, leaves: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| collect(name, value, leaves)),
        Value::Array(values) => values.iter().for_each(|value| collect(name, value, leaves)),
        Value::String(text) => leaves.push((name.to_owned(), text.clone())),
        Value::Number(number) => leaves.push((name.to_owned(), number.to_string())),
        Value::Bool(truth) => leaves.push((name.to_owned(), truth.to_string())),
        Value::Null => {}
    }
}
