//! Okta's System Log: one JSON object a fact, known by its `uuid`.
//!
//! What happened is `eventType`, a name of dotted parts that Okta adds to and never renames; a table of the
//! beginnings says which class it is. Who did it is the actor; whom it was done to is the target of type
//! `User`. What no table knows is `api.called` by the actor: an administrator did something to the tenant.

use crate::words::{self, set_time};
use event::class::{self, ClassId, Domain, Lifecycle};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::fold;
use ingest::json::{self, PathList, Values, Word, looks_like_object};
use ingest::json_paths;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

/// Okta's own log is minutes behind (classes.md §6).
const KIND: Kind = Kind::new("*", 300);

const CLASSES: &[ClassId] = &[
    class::AUTH_LOGIN,
    class::AUTH_LOGOUT,
    class::AUTH_FAILED,
    class::AUTH_LOCKED_OUT,
    class::AUTH_ELEVATED,
    class::AUTH_RISK_DETECTED,
    class::ACCOUNT_CREATED,
    class::ACCOUNT_DELETED,
    class::ACCOUNT_CHANGED,
    class::ACCOUNT_RIGHTS_CHANGED,
    class::ACCOUNT_ENABLED,
    class::ACCOUNT_DISABLED,
    class::API_CALLED,
    class::UNCLASSIFIED,
];

json_paths! {
    OKTA {
        UUID: "uuid",
        PUBLISHED: "published",
        EVENT: "eventType",
        SAID: "displayMessage",
        SEVERITY: "severity",
        RESULT: "outcome/result",
        WHY: "outcome/reason",
        ACTOR: "actor/alternateId",
        ACTOR_NAME: "actor/displayName",
        CLIENT: "client/ipAddress",
        AGENT: "client/userAgent/rawUserAgent",
        SESSION: "authenticationContext/externalSessionId",
        TARGET: "target{}",
        URL: "debugContext/debugData/requestUri",
    }
}

/// What the log is recognised by; all three.
static WORDS: LazyLock<[Word; 3]> =
    LazyLock::new(|| ["eventType", "published", "alternateId"].map(Word::new));

static TARGETS: LazyLock<PathList> =
    LazyLock::new(|| PathList::new(["type", "alternateId", "displayName", "id"]));

/// The decoder of Okta's System Log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Okta;

impl Decoder for Okta {
    fn format(&self) -> &'static str {
        "okta"
    }

    fn domain(&self) -> Domain {
        Domain::Identity
    }

    fn reads(&self) -> &'static str {
        "Okta System Log events as JSON"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        looks_like_object(value) && WORDS.iter().all(|word| word.is_in(value))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let json = OKTA.read(record.text()?)?;
        let Some(event) = json[EVENT].text() else {
            return Err(Refusal::malformed("no `eventType`"));
        };
        if !json[PUBLISHED].is_some() || json[ACTOR].text().or(json[ACTOR_NAME].text()).is_none() {
            return Err(Refusal::malformed("no `published` and `actor`"));
        }
        let failed = matches!(json[RESULT].text(), Some("FAILURE" | "DENY" | "REJECT" | "ABANDONED"));
        let (class, action) = class_of(event, failed);
        let mut row = out.begin(class);
        row.text(field::NATIVE_CODE, &["okta:", event].concat());
        row.maybe(field::MESSAGE, json[SAID].text());
        set_time(
            &mut row,
            json[PUBLISHED].text().and_then(|text| record.clock.sent(text)),
            TimeQuality::Device,
        );
        if let Some(id) = json[UUID].text() {
            row.native_id(id);
        }
        if let Some(severity) = json[SEVERITY].text().and_then(words::severity) {
            row.int(field::NATIVE_SEVERITY, severity);
        }
        write_who(&mut row, &json);
        write_outcome(&mut row, class, &json);
        row.maybe(field::ACTION, action);
        if event.contains("unlock") && class == class::AUTH_LOCKED_OUT {
            row.lifecycle(Lifecycle::Restore);
        }
        row.finish();
        Ok(Decoded::Events(KIND))
    }
}

type Json<'a> = Values<'a, { Place::Count as usize }>;

fn write_who(row: &mut RowWriter<'_>, json: &Json<'_>) {
    let known =
        |text: Option<&str>| text.filter(|text| !text.eq_ignore_ascii_case("unknown")).map(str::to_owned);
    let actor = known(json[ACTOR].text()).or(known(json[ACTOR_NAME].text()));
    if let Some(actor) = actor {
        fold::set(row, field::USER, actor.trim_end_matches('\\'));
        row.text(field::ACCOUNT, &actor);
    }
    row.maybe(field::SRC_IP, json[CLIENT].text());
    row.maybe(field::USER_AGENT, json[AGENT].text()).maybe(field::URL, json[URL].text());
    row.maybe(field::SESSION, known(json[SESSION].text()).as_deref());
    for target in json[TARGET].raw().and_then(json::elements).unwrap_or_default() {
        let Ok(values) = TARGETS.read(target) else { continue };
        let [kind, alternate, name, id] = &values[..] else { continue };
        let named = [alternate, name, id].into_iter().find_map(|value| known(value.text()));
        match kind.text() {
            Some("User" | "AppUser") if !row.has(field::TARGET_ACCOUNT) => {
                row.maybe(field::TARGET_ACCOUNT, named.as_deref());
            }
            Some("AppInstance") => {
                row.maybe(field::APP, name.text());
            }
            _ => {}
        }
    }
}

fn write_outcome(row: &mut RowWriter<'_>, class: ClassId, json: &Json<'_>) {
    let outcome = match json[RESULT].text() {
        Some("SUCCESS") => Some("success"),
        Some("FAILURE" | "ABANDONED" | "REJECT") => Some("failure"),
        Some("ALLOW") => Some("allowed"),
        Some("DENY") => Some("blocked"),
        _ => None,
    };
    row.maybe(field::OUTCOME, outcome);
    let why = json[WHY].text().unwrap_or_default();
    match class {
        class::AUTH_FAILED => words::set_reason(row, &why.replace('_', " ").to_ascii_lowercase()),
        _ => {
            row.maybe(field::NATIVE_REASON, Some(why).filter(|why| !why.is_empty()));
        }
    }
    if class == class::AUTH_RISK_DETECTED {
        row.maybe(field::SIG_NAME, json[SAID].text());
    }
}

/// What an event is, by the parts of its name, and the action where the class leaves it open.
fn class_of(event: &str, failed: bool) -> (ClassId, Option<&'static str>) {
    let begins = |starts: &[&str]| starts.iter().any(|start| event.starts_with(start));
    let ends = |words: &[&str]| words.iter().any(|word| event.ends_with(word));
    let login = if failed { class::AUTH_FAILED } else { class::AUTH_LOGIN };
    match () {
        () if begins(&["user.session.end", "user.authentication.slo"]) => (class::AUTH_LOGOUT, None),
        () if begins(&["user.session.access_admin_app", "user.session.impersonation"]) => {
            (class::AUTH_ELEVATED, None)
        }
        () if begins(&["user.session.start", "user.authentication.", "app.generic.unauth_app_access"]) => {
            (login, None)
        }
        () if event == "policy.evaluate_sign_on" && failed => (class::AUTH_FAILED, None),
        () if begins(&["user.account.lock", "user.account.unlock"]) => (class::AUTH_LOCKED_OUT, None),
        () if begins(&["user.risk.", "security.threat.", "security.attack."]) => {
            (class::AUTH_RISK_DETECTED, None)
        }
        () if begins(&["user.lifecycle.create"]) => (class::ACCOUNT_CREATED, None),
        () if begins(&["user.lifecycle.delete"]) => (class::ACCOUNT_DELETED, None),
        () if begins(&["user.lifecycle.deactivate", "user.lifecycle.suspend"]) => {
            (class::ACCOUNT_DISABLED, None)
        }
        () if begins(&["user.lifecycle."]) => (class::ACCOUNT_ENABLED, None),
        () if begins(&[
            "group.user_membership.",
            "group.privilege.",
            "user.account.privilege.",
            "application.user_membership.",
        ]) =>
        {
            let revokes = ends(&["remove", "revoke"]);
            (class::ACCOUNT_RIGHTS_CHANGED, Some(if revokes { "revoke" } else { "grant" }))
        }
        () if begins(&["user.account.", "user.mfa.", "user.credential."]) => {
            (class::ACCOUNT_CHANGED, Some("change"))
        }
        () if ends(&["create", "add", "import"]) => (class::API_CALLED, Some("create")),
        () if ends(&["delete", "remove", "revoke"]) => (class::API_CALLED, Some("delete")),
        () if ends(&["update", "activate", "deactivate", "modify"]) => (class::API_CALLED, Some("change")),
        () => (class::API_CALLED, Some("other")),
    }
}
