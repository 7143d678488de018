//! What the run loop tells the console of itself, as the API says it: sums, state, and who has been heard.

use engine::live::{Inputs, Live, Store, Voice};
use event::time::{Duration, Timestamp};
use serde_json::{Value, json};
use task::log::Log;
use task::sources::Outcome;

/// Who pauses for this long, and for so many times as long as ever before, is silent.
const SILENT_MIN: Duration = Duration::from_secs(300);
const SILENT_TIMES: i64 = 3;
/// Of who spoke less often nobody knows how often they do.
const SPOKEN_MIN: u64 = 30;
/// By rank, those first who need a look.
const STATES: [&str; 3] = ["blind", "silent", "heard"];

/// Sums and state. `now` is the time of the site; `speed` how much faster than the wall clock it goes, if it does.
pub(crate) fn status<L: Log, I: Inputs, S: Store>(
    live: &Live<L, I, S>,
    mode: &str,
    now: Timestamp,
    speed: Option<i64>,
) -> Value {
    let sums = live.sums();
    let records = &sums.records;
    let (mut events, mut alerts) = (serde_json::Map::new(), [0u64; 4]);
    for (_, task, _) in live.machines() {
        for outcome in Outcome::ALL {
            let sum = events.get(outcome.name()).and_then(Value::as_u64).unwrap_or(0);
            events.insert(outcome.name().to_owned(), (sum + task.events.of(outcome)).into());
        }
        let of = &task.alerts;
        for (sum, more) in alerts.iter_mut().zip([of.raised, of.settled, of.withdrawn, of.merged]) {
            *sum += more;
        }
    }
    json!({
        "mode": mode,
        "version": env!("CARGO_PKG_VERSION"),
        "now": now.to_string(),
        "speed": speed.unwrap_or(1),
        "ready": live.recovering() == 0 && !live.tasks().is_empty(),
        "trouble": live.trouble(),
        "records": {"read": records.read, "decoded": records.decoded, "rejected": records.rejected, "control": records.control},
        "rejects": sums.rejects,
        "events": events,
        "alerts": {"raised": alerts[0], "settled": alerts[1], "withdrawn": alerts[2], "merged": alerts[3]},
    })
}

/// Who has been heard, those first who need a look.
pub(crate) fn sources<L: Log, I: Inputs, S: Store>(live: &Live<L, I, S>, now: Timestamp) -> Value {
    let Some(topics) = live.machines().next().map(|(_, task, _)| task.shared().topics.clone()) else {
        return Value::Array(Vec::new());
    };
    let mut voices: Vec<(u8, &Voice)> =
        live.sums().heard.voices().map(|voice| (rank(voice, now), voice)).collect();
    voices.sort_by(|a, b| (a.0, &a.1.source).cmp(&(b.0, &b.1.source)));
    let rows = voices.into_iter().take(500).map(|(rank, voice)| {
        json!({
            "source": voice.source,
            "topic": &**topics.name(voice.topic),
            "state": STATES[usize::from(rank)],
            "blind_since": voice.blind_since.map(|since| since.to_string()),
            "last": voice.last.to_string(),
            "quiet_s": (now - voice.last).max(Duration::ZERO).as_secs_f64().round(),
            "events": voice.events,
            "late": voice.late,
        })
    });
    Value::Array(rows.collect())
}

/// A rank of [`STATES`]. Badge readers speak when somebody comes: only who has spoken for long enough, and now pauses far
/// longer than ever, is silent.
fn rank(voice: &Voice, now: Timestamp) -> u8 {
    let is_known = voice.events >= SPOKEN_MIN;
    let patience = SILENT_MIN.max(Duration(voice.pause_max.0.saturating_mul(SILENT_TIMES)));
    match voice.blind_since {
        Some(_) => 0,
        None if is_known && now - voice.last > patience => 1,
        None => 2,
    }
}
