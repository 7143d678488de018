//! What sshd and PAM say: sentences with a user, an address and a port.
//!
//! User names are the attacker's text, so what stands behind the last fixed word counts
//! (`invalid user from 1.2.3.4 from 192.0.2.9 port 22`).

use event::class::{self, ClassId};
use event::field;
use event::row::RowWriter;
use ingest::fold;
use ingest::pairs;

const SENTENCES: &[&str] = &[
    "Accepted ",
    "Failed ",
    "Invalid user ",
    "Connection closed by ",
    "Connection reset by ",
    "Connection from ",
    "Postponed ",
    "Disconnected from ",
    "Received disconnect from ",
    "Disconnecting ",
    "Bad protocol version",
    "Did not receive identification",
    "Unable to negotiate with ",
    "error: maximum authentication attempts exceeded",
    "pam_unix(sshd",
    "banner exchange: Connection from ",
    "ssh_dispatch_run_fatal: Connection from ",
    "main: sshd: ",
    "fatal: userauth_finish: ",
    "User child is on pid ",
];

/// Whether a text is a sentence of sshd's.
pub(super) fn is_known(text: &str) -> bool {
    SENTENCES.iter().any(|start| text.starts_with(start))
}

/// What sshd says: who tried what from where, and the phase of the protocol in which it was said.
pub(super) fn write(row: &mut RowWriter<'_>, body: &str) -> Option<ClassId> {
    row.text(field::NATIVE_CODE, &format!("sshd:{}", phase(body)));
    // The last " from " and " port " are sshd's own; a user may be called either.
    let (front, behind) = body.rsplit_once(" from ").or(body.rsplit_once(" by ")).unwrap_or((body, ""));
    peer(row, behind);
    if !row.has(field::SRC_IP) {
        peer(row, body.rsplit_once(" with ").map_or("", |(_, rest)| rest));
    }
    row.text(field::APP, "ssh");
    for start in ["Accepted ", "Failed ", "Postponed "] {
        if let Some((method, user)) = front.strip_prefix(start).and_then(|rest| rest.split_once(" for ")) {
            set_method(row, method);
            return attempt(row, start, user);
        }
    }
    if let Some(user) = front.strip_prefix("Invalid user ") {
        fold::set(row, field::USER, user);
        row.text(field::REASON, "no_such_user").text(field::OUTCOME, "failure");
        return Some(class::AUTH_FAILED);
    }
    if let Some((_, user)) = front.split_once("attempts exceeded for ") {
        fold::set(row, field::USER, user.trim_start_matches("invalid user "));
        row.text(field::REASON, "lockout").text(field::OUTCOME, "failure");
        return Some(class::AUTH_FAILED);
    }
    session(row, body)
}

/// One try to log in; a postponed one is neither a success nor a failure yet.
fn attempt(row: &mut RowWriter<'_>, start: &str, user: &str) -> Option<ClassId> {
    let name = user.trim_start_matches("invalid user ").trim_start_matches("illegal user ");
    fold::set(row, field::USER, name);
    if start == "Accepted " {
        row.text(field::OUTCOME, "success");
        return Some(class::AUTH_LOGIN);
    }
    if start == "Postponed " {
        return row.has(field::SRC_IP).then_some(class::NET_SESSION);
    }
    let reason = if name.len() < user.len() { "no_such_user" } else { "wrong_password" };
    row.text(field::OUTCOME, "failure").text(field::REASON, reason);
    Some(class::AUTH_FAILED)
}

/// `192.0.2.9 port 4711 ssh2`, `authenticating user root 192.0.2.9 port 22`, `192.0.2.9 port 4711 on
/// 192.0.2.1 port 22`, `192.0.2.9 port 33980:11: Bye`.
fn peer(row: &mut RowWriter<'_>, text: &str) {
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).take(16).collect();
    let number = |at: usize| words.get(at).map(|port| port.split(':').next().unwrap_or(port));
    for (at, word) in words.iter().enumerate() {
        let is_end = at == 0 || words[at - 1] != "port";
        let field = if row.has(field::SRC_IP) { field::DST_IP } else { field::SRC_IP };
        if !is_end || row.set(field, word.trim_end_matches(':')).is_err() {
            continue;
        }
        let port = if field == field::SRC_IP { field::SRC_PORT } else { field::DST_PORT };
        if words.get(at + 1) == Some(&"port") {
            row.maybe(port, number(at + 2));
        }
        // An empty name leaves no word between `user` and the address.
        if field == field::SRC_IP && at >= 2 && words[at - 2] == "user" {
            fold::set(row, field::USER, words[at - 1]);
        }
    }
}

fn set_method(row: &mut RowWriter<'_>, method: &str) {
    let method = match method {
        "password" | "keyboard-interactive/pam" | "keyboard-interactive" => "password",
        "publickey" | "hostbased" => "ssh_key",
        "gssapi-with-mic" | "gssapi-keyex" => "kerberos",
        _ => "unknown",
    };
    row.text(field::AUTH_METHOD, method);
}

/// sshd numbers no messages. What it says belongs to the negotiation of a connection, to a session that
/// somebody may begin, or to the connection itself.
fn phase(body: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| body.contains(word));
    match () {
        () if body.starts_with("Accepted ") || body.starts_with("Postponed ") => "session",
        () if has(&[
            "Unable to negotiate",
            "Bad protocol",
            "corrupted",
            "Did not receive",
            "banner exchange",
        ]) =>
        {
            "negotiate"
        }
        () => "connection",
    }
}

/// Sessions as PAM and sshd open and close them; else two ends that spoke.
pub(super) fn session(row: &mut RowWriter<'_>, body: &str) -> Option<ClassId> {
    if let Some((_, user)) = body.split_once("session opened for user ") {
        fold::set(row, field::USER, user.split([' ', '(']).next().unwrap_or(user));
        return Some(class::AUTH_LOGIN);
    }
    if let Some((front, _)) = body.split_once("' granted access")
        && let Some((_, user)) = front.rsplit_once("user '")
    {
        // The account may be used; the session that follows says that it is.
        fold::set(row, field::USER, user);
        row.text(field::OUTCOME, "success");
        return None;
    }
    if let Some((_, user)) = body.split_once("session closed for user ") {
        fold::set(row, field::USER, user.split([' ', '(']).next().unwrap_or(user));
        return Some(class::AUTH_LOGOUT);
    }
    if body.ends_with("user unknown") {
        row.text(field::OUTCOME, "failure").text(field::REASON, "no_such_user");
        return None;
    }
    let failed = ["Unable to negotiate", "Bad protocol", "corrupted", "Did not receive", "fatal"];
    if !row.has(field::OUTCOME) {
        let has_failed = failed.iter().any(|word| body.contains(word));
        row.text(field::OUTCOME, if has_failed { "failure" } else { "success" });
    }
    row.has(field::SRC_IP).then_some(class::NET_SESSION)
}

/// `pam_unix(sshd:auth): authentication failure; logname= uid=0 rhost=192.0.2.9  user=root`.
pub(super) fn pam(row: &mut RowWriter<'_>, body: &str) -> Option<ClassId> {
    write_pam_code(row, body);
    let pairs = pairs::quoted(body).ok()?;
    fold::set(row, field::USER, pairs.any(&["user", "ruser", "logname"])?);
    if let Some(remote) = pairs.get("rhost")
        && row.set(field::SRC_IP, remote).is_err()
    {
        row.text(field::SRC_HOST, remote);
    }
    row.text(field::OUTCOME, "failure").text(field::REASON, "wrong_password");
    Some(class::AUTH_FAILED)
}

/// `pam_unix(sshd:auth): …` names the service and the phase; what sshd says for PAM is about its own `auth`.
pub(super) fn write_pam_code(row: &mut RowWriter<'_>, body: &str) {
    let named = body.split_once('(').filter(|(front, _)| front.starts_with("pam_") && !front.contains(' '));
    let code = named.and_then(|(_, rest)| rest.split_once(')')).map(|(code, _)| code);
    if let Some(code) = code.or(body.starts_with("PAM ").then_some("sshd:auth")) {
        row.text(field::NATIVE_CODE, &format!("pam:{code}"));
    }
}
