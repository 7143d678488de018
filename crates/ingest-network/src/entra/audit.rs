//! Audits of the directory, and calls of Graph.

use super::*;
use ingest::fold;
use ingest::json::PathList;

static TARGET: LazyLock<PathList> =
    LazyLock::new(|| PathList::new(["type", "Type", "userPrincipalName", "displayName", "id"]));

/// What was done, in words that begin so; the action where the class leaves it open.
const OPERATIONS: &[(&str, ClassId, &str)] = &[
    ("Add user", class::ACCOUNT_CREATED, "create"),
    ("Create user", class::ACCOUNT_CREATED, "create"),
    ("Invite external user", class::ACCOUNT_CREATED, "create"),
    ("Delete user", class::ACCOUNT_DELETED, "delete"),
    ("Hard Delete user", class::ACCOUNT_DELETED, "delete"),
    ("Disable account", class::ACCOUNT_DISABLED, "disable"),
    ("Enable account", class::ACCOUNT_ENABLED, "enable"),
    ("Restore user", class::ACCOUNT_ENABLED, "enable"),
    ("Add member to ", class::ACCOUNT_RIGHTS_CHANGED, "grant"),
    ("Add eligible member to ", class::ACCOUNT_RIGHTS_CHANGED, "grant"),
    ("Add owner to ", class::ACCOUNT_RIGHTS_CHANGED, "grant"),
    ("Add app role assignment", class::ACCOUNT_RIGHTS_CHANGED, "grant"),
    ("Add delegated permission grant", class::ACCOUNT_RIGHTS_CHANGED, "grant"),
    ("Consent to application", class::ACCOUNT_RIGHTS_CHANGED, "grant"),
    ("Remove member from ", class::ACCOUNT_RIGHTS_CHANGED, "revoke"),
    ("Remove eligible member from ", class::ACCOUNT_RIGHTS_CHANGED, "revoke"),
    ("Remove owner from ", class::ACCOUNT_RIGHTS_CHANGED, "revoke"),
    ("Remove app role assignment", class::ACCOUNT_RIGHTS_CHANGED, "revoke"),
    ("Update user", class::ACCOUNT_CHANGED, "change"),
    ("Change user password", class::ACCOUNT_CHANGED, "change"),
    ("Change password", class::ACCOUNT_CHANGED, "change"),
    ("Reset user password", class::ACCOUNT_CHANGED, "change"),
    ("Reset password", class::ACCOUNT_CHANGED, "change"),
    ("Update StsRefreshTokenValidFrom", class::ACCOUNT_CHANGED, "change"),
    ("User registered ", class::ACCOUNT_CHANGED, "change"),
    ("User deleted security info", class::ACCOUNT_CHANGED, "change"),
];

/// One change of the directory.
pub(super) fn write(row: &mut RowWriter<'_>, outer: &Outer<'_>, body: &Body<'_>) -> ClassId {
    let by =
        [BY_USER, BY_USER_NAME, BY_USER_ID, BY_APP].iter().find_map(|&at| body[at].text()).or(outer.identity);
    if let Some(by) = by {
        fold::set(row, field::USER, by);
        row.text(field::ACCOUNT, by);
    }
    if !row.has(field::SRC_IP) {
        words::set_address_in(row, field::SRC_IP, body[BY_ADDRESS].text().unwrap_or_default());
    }
    write_targets(row, body);
    let outcome = match body[RESULT].text() {
        Some("success") => Some("success"),
        Some("failure" | "timeout") => Some("failure"),
        _ => None,
    };
    row.maybe(field::OUTCOME, outcome).maybe(field::MESSAGE, body[ACTIVITY].text());
    row.maybe(field::NATIVE_REASON, body[RESULT_REASON].text());
    let done = body[ACTIVITY].text().unwrap_or_default();
    let known = OPERATIONS.iter().find(|(start, _, _)| done.starts_with(start));
    let (class, action) = match known {
        Some(&(_, class, action)) if row.has(field::TARGET_ACCOUNT) => (class, action),
        _ => (class::API_CALLED, action(body[OPERATION_TYPE].text().unwrap_or_default())),
    };
    row.text(field::ACTION, action);
    class
}

/// The user that it was done to; without one the application or the device.
fn write_targets(row: &mut RowWriter<'_>, body: &Body<'_>) {
    let targets = body[TARGETS].raw().and_then(json::elements).unwrap_or_default();
    let mut other = None;
    for target in targets {
        let Ok(values) = TARGET.read(target) else { continue };
        let [kind, capital, user, name, id] = &values[..] else { continue };
        let named = [user, name, id].into_iter().find_map(|value| value.text()).map(str::to_owned);
        match kind.text().or(capital.text()) {
            Some("User") if !row.has(field::TARGET_ACCOUNT) => {
                row.maybe(field::TARGET_ACCOUNT, named.as_deref());
            }
            Some("Device") => {
                row.maybe(field::HOST, name.text());
                other = other.or(named);
            }
            Some("ServicePrincipal" | "Application") => {
                row.maybe(field::APP, name.text());
                other = other.or(named);
            }
            _ => {}
        }
    }
    if !row.has(field::TARGET_ACCOUNT) {
        row.maybe(field::TARGET_ACCOUNT, other.as_deref());
    }
}

fn action(operation: &str) -> &'static str {
    match operation {
        "Add" => "create",
        "Update" => "change",
        "Delete" | "Remove" => "delete",
        "Assign" => "grant",
        "Unassign" => "revoke",
        "Get" => "read",
        _ => "other",
    }
}

/// One call of Graph.
pub(super) fn write_call(row: &mut RowWriter<'_>, body: &Body<'_>) -> ClassId {
    row.maybe(field::USER, body[OBJECT_ID].text().or(body[USER_ID].text()));
    if !row.has(field::SRC_IP) {
        row.maybe(field::SRC_IP, body[ADDRESS].text());
    }
    row.maybe(field::URL, body[URI].text()).maybe(field::USER_AGENT, body[AGENT].text());
    let action = match body[METHOD].text() {
        Some("GET" | "HEAD") => "read",
        Some("POST") => "create",
        Some("PATCH" | "PUT") => "change",
        Some("DELETE") => "delete",
        _ => "other",
    };
    row.text(field::ACTION, action);
    let outcome = match body[RESPONSE].int() {
        Some(200..400) => Some("success"),
        Some(400..600) => Some("failure"),
        _ => None,
    };
    row.maybe(field::OUTCOME, outcome);
    class::API_CALLED
}
