//! Who has been heard: of every source when it last spoke, how often, and whether it says itself that it sees nothing.
//!
//! For people to look at. No rule and no clock reads it: silence that matters is an event of its own.

use event::class::{self, Lifecycle};
use event::coordinates::TopicId;
use event::row::RowRef;
use event::symbol::Symbol;
use event::time::{Duration, Timestamp};
use std::collections::BTreeMap;

/// Sources that are told apart. Names come from outside, so there may be any number of them.
const SOURCES_MAX: usize = 10_000;

/// What is known of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Its name.
    pub source: Box<str>,
    /// The topic of its last record.
    pub topic: TopicId,
    /// Append of its last event.
    pub last: Timestamp,
    /// The longest that it has paused between two events.
    pub pause_max: Duration,
    /// Its events.
    pub events: u64,
    /// Those that came too late.
    pub late: u64,
    /// It has said at this instant that it is off, or sees nothing, and has not taken it back.
    pub blind_since: Option<Timestamp>,
}

/// The sources that this process has heard.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    voices: BTreeMap<Symbol, Voice>,
    unlisted: u64,
}

impl Heard {
    /// All that are told apart, in no order of meaning.
    pub fn voices(&self) -> impl ExactSizeIterator<Item = &Voice> {
        self.voices.values()
    }

    /// Events of sources beyond the bound.
    pub fn unlisted(&self) -> u64 {
        self.unlisted
    }

    /// Takes note of an event; `late` if it came too late to count.
    pub(super) fn hear(&mut self, row: RowRef<'_>, late: bool) {
        let source = row.source();
        if self.voices.len() >= SOURCES_MAX && !self.voices.contains_key(&source.symbol) {
            self.unlisted += 1;
            return;
        }
        let append = row.row.append;
        let voice = self.voices.entry(source.symbol).or_insert_with(|| Voice {
            source: source.text.into(),
            topic: row.row.coordinates.topic,
            last: append,
            pause_max: Duration::ZERO,
            events: 0,
            late: 0,
            blind_since: None,
        });
        voice.topic = row.row.coordinates.topic;
        voice.pause_max = voice.pause_max.max(append - voice.last);
        voice.last = voice.last.max(append);
        voice.events += 1;
        voice.late += u64::from(late);
        match sight(row) {
            Some(true) => voice.blind_since = None,
            Some(false) => voice.blind_since = voice.blind_since.or(Some(row.row.ts)),
            None => {}
        }
    }
}

/// Whether an event says of its source that it sees again (or no more).
fn sight(row: RowRef<'_>) -> Option<bool> {
    match (row.row.class, row.row.lifecycle) {
        (class::HEALTH_ONLINE, _) => Some(true),
        (class::HEALTH_OFFLINE | class::VIDEO_LOSS | class::VIDEO_TAMPER, lifecycle) => match lifecycle {
            Lifecycle::New | Lifecycle::Snapshot | Lifecycle::StillPresent => Some(false),
            Lifecycle::Restore | Lifecycle::Cancel => Some(true),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::class::ClassId;
    use event::row::Batch;
    use event::symbol::SymbolKey;

    fn hear(heard: &mut Heard, source: &str, class: ClassId, (lifecycle, second): (Lifecycle, i64)) {
        let mut batch = Batch::new(SymbolKey::derive(b"test"));
        let mut row = batch.begin(class);
        row.source(source).lifecycle(lifecycle);
        let at = row.finish();
        batch.envelope_mut(at).append = Timestamp::from_millis(second * 1_000);
        batch.envelope_mut(at).ts = Timestamp::from_millis(second * 1_000);
        heard.hear(batch.row(at), false);
    }

    #[test]
    fn a_camera_is_blind_from_its_loss_to_its_return() {
        let mut heard = Heard::default();
        hear(&mut heard, "cam", class::VIDEO_LOSS, (Lifecycle::New, 5));
        hear(&mut heard, "cam", class::VIDEO_LOSS, (Lifecycle::New, 9));
        let voice = heard.voices().next().expect("it was heard").clone();
        assert_eq!((voice.events, voice.blind_since), (2, Some(Timestamp::from_millis(5_000))));
        hear(&mut heard, "CAM", class::VIDEO_LOSS, (Lifecycle::Restore, 20));
        let voice = heard.voices().next().expect("it was heard").clone();
        assert_eq!((voice.blind_since, voice.last), (None, Timestamp::from_millis(20_000)));
        assert_eq!(voice.pause_max, Duration::from_secs(11));
    }

    #[test]
    fn no_more_sources_are_kept_than_the_bound() {
        let mut heard = Heard::default();
        for n in 0..SOURCES_MAX + 7 {
            hear(&mut heard, &format!("s{n}"), class::VIDEO_PERSON, (Lifecycle::New, 1));
        }
        assert_eq!((heard.voices().len(), heard.unlisted()), (SOURCES_MAX, 7));
    }
}
