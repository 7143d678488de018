//! XML as its leaves: every attribute and every text with the path that leads to it.
//!
//! Bounded in depth and number, with no entity but the five of the standard; namespaces' prefixes are taken
//! off, since senders choose them freely. For decoders that want a few values of a small document.

use crate::decoder::Refusal;

/// One attribute (`Event/System/Provider/@Name`) or text (`Event/System/EventID`).
pub type Leaf = (Vec<String>, String);

/// The leaves of a document, in its order.
pub fn leaves(text: &str) -> Result<Vec<Leaf>, Refusal> {
    crate::mapping::rows::leaves(text)
}
