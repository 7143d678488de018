//! Microsoft Entra: sign-ins, audits, risks and Graph calls, as Azure's diagnostic settings send them and as
//! Graph answers them.
//!
//! ```text
//! {"time":…,"operationName":"Sign-in activity","category":"SignInLogs","properties":{…}}   Event Hubs, alone or in {"records":[…]}
//! {"createdDateTime":…,"userPrincipalName":…,"status":{"errorCode":0}}                     Graph, the same without its wrapping
//! ```
//! The category, or without one the fields that only one kind has, says what a record is. Audits name what was
//! done in words of Microsoft's list; a table of their beginnings says which class that is, and an operation
//! without a row is `api.called` by whoever asked for it. A risk is a span: it ends when somebody dismisses it
//! or the account is remediated. Sign-ins arrive minutes to hours late.

use crate::words::{self, set_time};
use event::class::{self, ClassId, Domain};
use event::field;
use event::row::{Batch, RowWriter, TimeQuality};
use ingest::decoder::{Decoded, Decoder, Kind, Production, Record, Refusal, changes};
use ingest::json::{self, PathList, Values, Word, looks_like_object};
use ingest::json_paths;
use std::sync::LazyLock;

mod audit;
mod signin;
#[cfg(test)]
mod tests;

/// Sign-ins and Graph are up to two hours behind (classes.md §6).
const KIND: Kind = Kind::new("*", 7_200);

const CLASSES: &[ClassId] = &[
    class::AUTH_LOGIN,
    class::AUTH_FAILED,
    class::AUTH_RISK_DETECTED,
    class::ACCOUNT_CREATED,
    class::ACCOUNT_DELETED,
    class::ACCOUNT_CHANGED,
    class::ACCOUNT_RIGHTS_CHANGED,
    class::ACCOUNT_ENABLED,
    class::ACCOUNT_DISABLED,
    class::API_CALLED,
    class::IDS_ALERT,
    class::UNCLASSIFIED,
];

/// What stands around a body, in the order of [`one`].
static OUTER: LazyLock<PathList> = LazyLock::new(|| {
    PathList::new([
        "time",
        "operationName",
        "category",
        "callerIpAddress",
        "identity",
        "resultType",
        "resultDescription",
        "level",
        "properties{}",
        "tenantId",
        "correlationId",
    ])
});

/// Event Hubs put many records into one.
static RECORDS: LazyLock<PathList> = LazyLock::new(|| PathList::new(["records{}"]));

json_paths! {
    /// What Graph answers and `properties` hold.
    BODY {
        ID: "id",
        KIND_NAME: "@odata.type",
        CREATED: "createdDateTime",
        ACTIVITY_TIME: "activityDateTime",
        DETECTED: "detectedDateTime",
        RISK_CHANGED: "riskLastUpdatedDateTime",
        GENERATED: "timeGenerated",
        ACTIVITY: "activityDisplayName",
        OPERATION_TYPE: "operationType",
        RESULT: "result",
        RESULT_REASON: "resultReason",
        BY_USER: "initiatedBy/user/userPrincipalName",
        BY_USER_NAME: "initiatedBy/user/displayName",
        BY_USER_ID: "initiatedBy/user/id",
        BY_ADDRESS: "initiatedBy/user/ipAddress",
        BY_APP: "initiatedBy/app/displayName",
        TARGETS: "targetResources{}",
        USER: "userPrincipalName",
        USER_NAME: "userDisplayName",
        USER_ID: "userId",
        ADDRESS: "ipAddress",
        ERROR_CODE: "status/errorCode",
        FAILURE: "status/failureReason",
        APP_NAME: "appDisplayName",
        DEVICE: "deviceDetail/displayName",
        COUNTRY: "location/countryOrRegion",
        AGENT: "userAgent",
        REQUIREMENT: "authenticationRequirement",
        SESSION: "sessionId",
        INTERACTIVE: "isInteractive",
        RISK_EVENT: "riskEventType",
        RISK_LEVEL: "riskLevel",
        RISK_STATE: "riskState",
        METHOD: "requestMethod",
        URI: "requestUri",
        RESPONSE: "responseStatusCode",
        OBJECT_ID: "UserPrincipalObjectID",
        TITLE: "displayName",
        SEVERITY: "severity",
        STATUS: "status",
    }
}

/// What records are recognised by.
static WORDS: LazyLock<[Word; 8]> = LazyLock::new(|| {
    [
        "operationName",
        "resourceId",
        "activityDisplayName",
        "activityDateTime",
        "userPrincipalName",
        "createdDateTime",
        "riskState",
        "@odata.type",
    ]
    .map(Word::new)
});

/// The decoder of Microsoft Entra.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entra;

/// What stands around a body.
struct Outer<'a> {
    operation: Option<&'a str>,
    category: &'a str,
    caller: Option<&'a str>,
    identity: Option<&'a str>,
    result: Option<String>,
    why: Option<&'a str>,
}

type Body<'a> = Values<'a, { Place::Count as usize }>;

impl Decoder for Entra {
    fn format(&self) -> &'static str {
        "entra"
    }

    fn domain(&self) -> Domain {
        Domain::Identity
    }

    fn reads(&self) -> &'static str {
        "Microsoft Entra sign-ins, audits, risks and Graph calls, of Event Hubs or of Graph"
    }

    fn produces(&self) -> Vec<Production> {
        changes(KIND, CLASSES).collect()
    }

    fn sniff(&self, value: &[u8]) -> bool {
        let [operation, resource, activity, activity_time, user, created, risk, odata] = &*WORDS;
        let both = |one: &Word, other: &Word| one.is_in(value) && other.is_in(value);
        looks_like_object(value)
            && (both(activity, activity_time)
                || (both(operation, resource) && is_directory(value))
                || both(user, created)
                || both(user, risk)
                || (odata.is_in(value) && json::holds(value, "#microsoft.graph.")))
    }

    fn decode(&self, record: &Record<'_>, out: &mut Batch) -> Result<Decoded, Refusal> {
        let text = record.text()?;
        let Some(records) = RECORDS.read(text)?[0].raw().and_then(json::elements) else {
            one(text, record, out)?;
            return Ok(Decoded::Events(KIND));
        };
        for text in &records {
            one(text, record, out)?;
        }
        Ok(if records.is_empty() { Decoded::Control } else { Decoded::Events(KIND) })
    }
}

/// Diagnostics of other services of Azure have the same outside.
fn is_directory(value: &[u8]) -> bool {
    ["icrosoft.aadiam", "ICROSOFT.AADIAM", "SignInLogs", "AuditLogs", "MicrosoftGraphActivityLogs"]
        .iter()
        .any(|word| json::holds(value, word))
}

fn one(text: &str, record: &Record<'_>, out: &mut Batch) -> Result<(), Refusal> {
    let values = OUTER.read(text)?;
    let [time, operation, category, caller, identity, result, why, level, properties, tenant, correlation] =
        &values[..]
    else {
        return Ok(());
    };
    let body = BODY.read(properties.raw().unwrap_or(text))?;
    let outer = Outer {
        operation: operation.text(),
        category: category.text().unwrap_or_default(),
        caller: caller.text(),
        identity: identity.text(),
        result: result.written().map(|result| result.into_owned()),
        why: why.text(),
    };
    let known = [ACTIVITY, ERROR_CODE, RISK_EVENT, RISK_STATE].iter().any(|&at| body[at].is_some());
    let is_graph = body[KIND_NAME].text().is_some_and(|kind| kind.starts_with("#microsoft.graph."));
    let is_told = outer.operation.is_some() && time.is_some();
    if !(known || is_graph || is_told) {
        return Err(Refusal::malformed("neither a sign-in, an audit, a risk nor an operation of Azure's"));
    }
    let mut row = out.begin(class::UNCLASSIFIED);
    let operation = body[ACTIVITY].text().or(outer.operation).or(body[RISK_EVENT].text());
    let kind = body[KIND_NAME].text().and_then(|kind| kind.rsplit('.').next());
    let name = operation.or(kind).unwrap_or(if body[ERROR_CODE].is_some() { "signIn" } else { "-" });
    row.text(field::NATIVE_CODE, &["entra:", name].concat());
    let sent = time.text().or_else(|| {
        [ACTIVITY_TIME, CREATED, DETECTED, RISK_CHANGED, GENERATED].iter().find_map(|&at| body[at].text())
    });
    set_time(&mut row, sent.and_then(|text| record.clock.sent(text)), TimeQuality::Device);
    if let Some(id) = body[ID].text().or(correlation.text()) {
        row.native_id(id);
    }
    if let Some(tenant) = tenant.text() {
        row.source(tenant);
    }
    if let Some(level) = level.text().and_then(words::severity) {
        row.int(field::NATIVE_SEVERITY, level);
    }
    words::set_address_in(&mut row, field::SRC_IP, outer.caller.unwrap_or_default());
    let class = write(&mut row, &outer, &body);
    row.class(class);
    row.finish();
    Ok(())
}

fn write(row: &mut RowWriter<'_>, outer: &Outer<'_>, body: &Body<'_>) -> ClassId {
    let is_signin = outer.category.ends_with("SignInLogs") || body[ERROR_CODE].is_some();
    let is_risk = body[RISK_EVENT].is_some() || (body[RISK_STATE].is_some() && !is_signin);
    match () {
        () if is_signin => signin::write(row, outer, body),
        () if is_risk => signin::write_risk(row, body),
        () if outer.category == "MicrosoftGraphActivityLogs" => audit::write_call(row, body),
        () if body[ACTIVITY].is_some() => audit::write(row, outer, body),
        () if body[TITLE].is_some() && body[SEVERITY].is_some() => write_incident(row, body),
        () => {
            row.maybe(field::USER, outer.identity);
            class::UNCLASSIFIED
        }
    }
}

/// An incident of Defender's, as Graph lists it beside Entra's own: it names no machine and no address.
fn write_incident(row: &mut RowWriter<'_>, body: &Body<'_>) -> ClassId {
    row.maybe(field::SIG_NAME, body[TITLE].text()).maybe(field::NATIVE_REASON, body[STATUS].text());
    if let Some(severity) = body[SEVERITY].text().and_then(risk) {
        row.int(field::NATIVE_SEVERITY, severity);
    }
    class::IDS_ALERT
}

/// 0-100 of a level of risk, as OCSF's severities are weighed.
fn risk(level: &str) -> Option<i64> {
    Some(match level {
        "none" | "informational" | "hidden" => 10,
        "low" => 30,
        "medium" => 50,
        "high" => 75,
        _ => return None,
    })
}
