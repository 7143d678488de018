//! What a topic says about its records: zone, site, source, lateness. The binary makes these from the
//! configuration.

use crate::formats::Chosen;
use event::coordinates::TopicId;
use event::kind::Kind;
use event::time::{Duration, Timestamp};
use jiff::tz::TimeZone;
use std::fmt;
use std::sync::Arc;

/// The settings of one topic (or one file that stands for one).
#[derive(Clone)]
pub struct Settings {
    /// Its number among the instance's topics.
    pub topic_id: TopicId,
    /// Its name.
    pub topic: Arc<str>,
    /// The formats it carries, in the order in which they are asked.
    pub formats: Chosen,
    /// The zone of times that name none.
    pub zone: TimeZone,
    /// The year of times that name none; without it the one nearest to the arrival.
    pub year: Option<i16>,
    /// Which site a record belongs to.
    pub site: SiteRule,
    /// The source of records that name none; without it the name of the format.
    pub source: Option<Arc<str>>,
    /// The topic's own lateness, before that of its formats.
    pub lateness: Option<Duration>,
    /// How far a device may be ahead of the broker; without it 60 s for panels and doors, else 5 s.
    pub max_future: Option<Duration>,
    /// How events without a native id are identified.
    pub duplicates: Duplicates,
    /// What sources mean by ids of their own; none if the site model knows no aliases.
    pub alias: Option<AliasOf>,
}

/// How events without a native id are identified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// By topic, partition, offset and index.
    #[default]
    ByCoordinates,
    /// By what they say, for bridges that deliver at least once and give no ids.
    ByContent,
}

/// Looks a value up that names a site indirectly, as of a time: the site of a camera, of a tenant.
pub type SiteOf = Arc<dyn Fn(&str, Timestamp) -> Option<Arc<str>> + Send + Sync>;

/// What a source means by an id of its own, as of a time: the aliases of the site model.
pub type AliasOf = Arc<dyn Fn(&str, &str, Timestamp) -> Option<(Kind, Arc<str>)> + Send + Sync>;

/// Which site a record belongs to.
#[derive(Clone)]
pub enum SiteRule {
    /// Always this one.
    Fixed(Arc<str>),
    /// The record's key; without one the model's only site, if it has but one.
    FromKey {
        /// The only site.
        otherwise: Option<Arc<str>>,
    },
    /// A field of the event (`camera`) or, where no field has that name or it is not set, of the record's
    /// JSON (`sensor.id`, `/sensor/id`).
    Field {
        /// Its name.
        field: Arc<str>,
        /// Turns the value into a site; without it the value is the site.
        through: Option<SiteOf>,
    },
}

impl fmt::Debug for SiteRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SiteRule::Fixed(site) => write!(f, "Fixed({site})"),
            SiteRule::FromKey { otherwise } => write!(f, "FromKey({otherwise:?})"),
            SiteRule::Field { field, .. } => write!(f, "Field({field})"),
        }
    }
}

impl Settings {
    /// Settings of a topic with nothing said but its name, formats and site: zone UTC, ids by coordinates.
    pub fn new(topic_id: TopicId, topic: &str, formats: Chosen, site: SiteRule) -> Self {
        Settings {
            topic_id,
            topic: topic.into(),
            formats,
            zone: TimeZone::UTC,
            year: None,
            site,
            source: None,
            lateness: None,
            max_future: None,
            duplicates: Duplicates::default(),
            alias: None,
        }
    }
}
