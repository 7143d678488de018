//! What door systems say in their own words, brought to ours: why somebody was refused, and how it was asked.

use event::class;
use event::class::ClassId;

/// Why a door stayed closed, from a sentence or a code in words; `other` where it says something else.
pub(crate) fn reason(sentence: &str) -> &'static str {
    let text = sentence.to_ascii_lowercase().replace(['_', '-'], " ");
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if text.trim().is_empty() => "unknown",
        () if has(&["unknown card", "unknown cred", "not found", "invalid card", "unrecogni", "unknown"]) => {
            "unknown_credential"
        }
        () if has(&["expired", "out of date"]) => "expired",
        () if has(&["not yet", "not active", "before activation"]) => "not_yet_valid",
        () if has(&["lost"]) => "lost",
        () if has(&["stolen"]) => "stolen",
        () if has(&["suspend", "disabled", "inactive", "deactivated"]) => "suspended",
        () if has(&["passback"]) => "antipassback",
        () if has(&["time", "schedule", "period"]) => "wrong_time",
        () if has(&["pin", "password", "code"]) => "wrong_pin",
        () if has(&["interlock"]) => "interlock",
        () if has(&["lockdown", "locked down"]) => "lockdown",
        () if has(&["locked out", "lockout"]) => "lockout",
        () if has(&["two person", "dual", "multi"]) => "two_person",
        () if has(&["escort"]) => "escort_missing",
        () if has(&["face", "finger", "biometric"]) => "biometric_mismatch",
        () if has(&["permission", "privilege", "right", "authori", "no access", "not allowed", "zone"]) => {
            "no_permission"
        }
        () => "other",
    }
}

/// 0-100 of what begins, where the sender gives no severity (formats.md §8).
pub(crate) fn severity(class: ClassId) -> Option<i64> {
    match class {
        class::DURESS_ALARM | class::PANIC_ALARM | class::FIRE_ALARM => Some(100),
        class::DOOR_FORCED => Some(75),
        class::HEALTH_TAMPER => Some(60),
        class::DOOR_HELD => Some(45),
        class::ACCESS_DENIED => Some(25),
        class::ACCESS_GRANTED | class::ACCESS_TAKEN => Some(5),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_many_makers() {
        let pairs = [
            ("Access denied: card expired", "expired"),
            ("Wrong PIN", "wrong_pin"),
            ("NO_ZONE_PRIVILEGE", "no_permission"),
            ("Outside schedule", "wrong_time"),
            ("Unknown card", "unknown_credential"),
            ("Anti-passback violation", "antipassback"),
            ("", "unknown"),
            ("because", "other"),
        ];
        for (sentence, expected) in pairs {
            assert_eq!(reason(sentence), expected, "{sentence}");
        }
    }
}
