//! A panel and its parts as events name them: stable ids made of what was sent, never of labels.
//!
//! ```text
//! panel      receiver-prefix-account            0-7896-3456
//! partition  panel/area                         0-7896-3456/1
//! sensor     panel/area/zone, area 0 = unsaid   0-7896-3456/1/57     (a door in the same way)
//! part       panel/kind/number                  0-7896-3456/output/2
//! ```
//! Numbers lose leading zeros, so that `01 003` of Contact ID and `ri1/BA3` of SIA are one sensor; 0 is no
//! number.

use crate::codes::{About, Meaning};
use event::class::{self, ClassId, Lifecycle};
use event::field;
use event::row::RowWriter;

/// Where something happened, in the panel's own words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place<'a> {
    /// The panel's id; empty if the message names none.
    pub panel: &'a str,
    /// The area, as sent.
    pub area: &'a str,
    /// Zone, user, door or part, as sent.
    pub number: &'a str,
    /// A user that is said beside the number.
    pub user: &'a str,
}

/// The id of a panel; parts that are missing are 0, an account that is missing is left out.
pub(crate) fn panel_id(receiver: &str, prefix: &str, account: &str) -> String {
    let or_zero = |part: &str| if plain(part).is_empty() { "0".to_owned() } else { plain(part).to_owned() };
    let line = format!("{}-{}", or_zero(receiver), or_zero(prefix));
    let id = if account.is_empty() { line } else { format!("{line}-{account}") };
    id.to_ascii_lowercase()
}

/// Writes what a code means at a place.
pub(crate) fn write(row: &mut RowWriter<'_>, meaning: &Meaning, place: &Place<'_>) {
    row.class(meaning.class).lifecycle(meaning.lifecycle);
    let area_in_number = meaning.about == About::Area && plain(place.area).is_empty();
    let area = plain(if area_in_number { place.number } else { place.area });
    row.text(field::PANEL, place.panel);
    if !area.is_empty() {
        row.text(field::PARTITION, &joined(&[place.panel, area]));
    }
    row.text(field::USER, plain(place.user));
    write_number(row, meaning, &Place { area, number: plain(place.number), ..place.clone() });
    for (field, word) in meaning.says {
        row.text(*field, word);
    }
    row.maybe(field::ACTION, meaning.action);
    if meaning.needs_scope() && !row.has(field::SCOPE) {
        row.text(field::SCOPE, &joined(&[place.panel, area]));
    }
    if let Some(severity) = severity(meaning.class, meaning.lifecycle) {
        row.int(field::NATIVE_SEVERITY, severity);
    }
}

fn write_number(row: &mut RowWriter<'_>, meaning: &Meaning, place: &Place<'_>) {
    let Place { panel, area, number, .. } = *place;
    let point = || joined(&[panel, if area.is_empty() { "0" } else { area }, number]);
    match meaning.about {
        About::Reader => {
            // Panels tell who was at a keypad, and no more of the keypad than its area.
            row.text(field::USER, number).text(field::READER, &joined(&[panel, area]));
        }
        About::Path(name) => {
            row.text(field::LINK, &format!("{name} {number}"));
        }
        _ if number.is_empty() => {}
        About::Nothing | About::Area => {}
        About::Sensor => {
            row.text(field::SENSOR, &point());
        }
        About::TestedSensor => {
            row.text(field::SENSOR, &point()).text(field::SCOPE, &point());
        }
        About::Door => {
            row.text(field::DOOR, &point());
        }
        About::User => {
            row.text(field::USER, number);
        }
        About::Credential => {
            row.text(field::USER, number).text(field::CREDENTIAL, &joined(&[panel, "user", number]));
        }
        About::Part(kind) => {
            row.text(field::DEVICE, &joined(&[panel, kind, number]));
        }
        About::ThreatLevel => {
            row.text(field::MODE, &format!("threat level {number}"));
        }
    }
}

/// A number without leading zeros, other text as it is.
pub(crate) fn plain(text: &str) -> &str {
    let text = text.trim();
    if text.bytes().all(|b| b.is_ascii_digit()) { text.trim_start_matches('0') } else { text }
}

fn joined(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join("/")
}

/// Panels send no severity; formats.md §8 gives one to what begins.
fn severity(class: ClassId, lifecycle: Lifecycle) -> Option<i64> {
    match lifecycle {
        Lifecycle::Trouble => return Some(30),
        Lifecycle::Bypass => return Some(35),
        Lifecycle::Test => return Some(10),
        Lifecycle::New | Lifecycle::StillPresent => {}
        _ => return None,
    }
    let def = class.def()?;
    match class {
        _ if def.life_safety => Some(100),
        class::INTRUSION_ALARM | class::INTRUSION_CONFIRMED => Some(80),
        class::DOOR_FORCED => Some(75),
        class::HEALTH_TAMPER => Some(60),
        class::DOOR_HELD => Some(45),
        class::ACCESS_DENIED | class::PANEL_WRONG_CODE => Some(25),
        class::ACCESS_GRANTED | class::PANEL_ARMED | class::PANEL_DISARMED => Some(5),
        class::TEST_STARTED | class::TEST_ENDED => Some(10),
        _ if def.noun() == "health" && class != class::HEALTH_HEARTBEAT => Some(30),
        _ => None,
    }
}
