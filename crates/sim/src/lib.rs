//! A simulated site, for the demo and for tests: two buildings whose people live a day, and whose devices say so in
//! the formats that such devices really send.
//!
//! ```text
//! seed ─▶ people (badges, counters) ─┐
//!         stories (labelled)         ├─▶ Traffic: records in the order of their arrival, day after day
//!         devices (video, network)  ─┘
//! files() ─▶ configuration, site model, mappings: what an instance needs to read them
//! ```
//! The same seed gives the same bytes. It reads no clock and decodes nothing; what a record means is decided by the
//! decoders, as with real ones.

mod files;
mod place;
mod random;
mod wire;

mod devices;
mod people;
mod script;
mod stories;
mod traffic;

pub use files::{CONFIGURATION, files};
pub use stories::Story;
pub use traffic::{START, Traffic};

use event::time::Timestamp;

/// A topic of the simulated site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feed {
    /// The alarm panel.
    Alarm,
    /// The door controllers.
    Access,
    /// People counters above doors.
    Counters,
    /// Cameras and their analytics.
    Video,
    /// Network sensors.
    Network,
    /// The logs of servers.
    Hosts,
    /// The gateway of the VPN.
    Vpn,
}

impl Feed {
    /// All of them.
    pub const ALL: [Feed; 7] =
        [Feed::Alarm, Feed::Access, Feed::Counters, Feed::Video, Feed::Network, Feed::Hosts, Feed::Vpn];

    /// The name of the topic.
    pub const fn topic(self) -> &'static str {
        match self {
            Feed::Alarm => "quayside.alarm",
            Feed::Access => "quayside.access",
            Feed::Counters => "quayside.counters",
            Feed::Video => "quayside.video",
            Feed::Network => "quayside.network",
            Feed::Hosts => "quayside.hosts",
            Feed::Vpn => "quayside.vpn",
        }
    }
}

/// One record as a device sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it arrives.
    pub at: Timestamp,
    /// Where.
    pub feed: Feed,
    /// Its bytes.
    pub value: Vec<u8>,
}

#[cfg(test)]
mod tests;
