//! Sign-ins and risks.

use super::*;
use event::class::Lifecycle;
use ingest::fold;

/// A sign-in, interactive or not.
pub(super) fn write(row: &mut RowWriter<'_>, outer: &Outer<'_>, body: &Body<'_>) -> ClassId {
    if let Some(user) = [USER, USER_NAME, USER_ID].iter().find_map(|&at| body[at].text()).or(outer.identity) {
        fold::set(row, field::USER, user);
    }
    if !row.has(field::SRC_IP) {
        row.maybe(field::SRC_IP, body[ADDRESS].text());
    }
    row.maybe(field::APP, body[APP_NAME].text()).maybe(field::USER_AGENT, body[AGENT].text());
    row.maybe(field::SRC_HOST, body[DEVICE].text()).maybe(field::SRC_COUNTRY, body[COUNTRY].text());
    row.maybe(field::SESSION, body[SESSION].text()).text(field::LOGON_TYPE, "cloud");
    if body[REQUIREMENT].text() == Some("multiFactorAuthentication") {
        row.text(field::AUTH_METHOD, "mfa");
    }
    let code = body[ERROR_CODE].int().or_else(|| outer.result.as_deref()?.parse().ok()).unwrap_or(0);
    if code == 0 {
        row.text(field::OUTCOME, "success");
        return class::AUTH_LOGIN;
    }
    row.text(field::OUTCOME, "failure").text(field::REASON, reason(code));
    row.text(field::NATIVE_REASON, body[FAILURE].text().or(outer.why).unwrap_or(&code.to_string()));
    class::AUTH_FAILED
}

/// Why, by the codes of the security token service.
fn reason(code: i64) -> &'static str {
    match code {
        50_126 | 50_056 | 50_064 => "wrong_password",
        50_034 | 50_059 | 90_002 => "no_such_user",
        50_053 => "account_locked",
        50_057 => "account_disabled",
        50_055 | 50_144 | 50_173 => "expired",
        50_074 | 50_076 | 50_079 | 50_158 | 500_121 => "mfa_failed",
        53_000 | 53_001 | 53_002 | 53_003 | 53_004 | 530_031 | 50_097 => "policy",
        50_105 | 65_001 => "no_permission",
        _ => "other",
    }
}

/// A risk of a user or of one sign-in of his.
pub(super) fn write_risk(row: &mut RowWriter<'_>, body: &Body<'_>) -> ClassId {
    if let Some(user) = [USER, USER_NAME, USER_ID].iter().find_map(|&at| body[at].text()) {
        fold::set(row, field::USER, user);
    }
    row.maybe(field::SRC_IP, body[ADDRESS].text()).maybe(field::SRC_COUNTRY, body[COUNTRY].text());
    row.maybe(field::SIG_NAME, body[RISK_EVENT].text()).maybe(field::NATIVE_REASON, body[RISK_STATE].text());
    if let Some(severity) = body[RISK_LEVEL].text().and_then(risk) {
        row.int(field::NATIVE_SEVERITY, severity);
    }
    if matches!(body[RISK_STATE].text(), Some("confirmedSafe" | "remediated" | "dismissed" | "none")) {
        row.lifecycle(Lifecycle::Restore);
    }
    class::AUTH_RISK_DETECTED
}
