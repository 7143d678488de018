//! What programs say in syslog: one function a program, from its body to a class.
//!
//! Sentences are read word by word from their fixed parts; user names are the attacker's text, so what
//! stands behind the last fixed word counts (`invalid user from 1.2.3.4 from 192.0.2.9 port 22`).

use crate::net::set_proto;
use crate::words;
use event::class::{self, ClassId};
use event::field;
use event::row::RowWriter;
use ingest::fold;
use ingest::pairs;
use ingest::syslog::Line;

/// Whether a text without a header is one of the bodies.
pub(super) fn is_known(text: &str) -> bool {
    let text = text.trim_start();
    let begins = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    let named = text.split([':', '[']).next();
    begins(SSHD) || begins(&["pam_", "PAM "]) || is_program(named) || is_netfilter(text) || is_radius(text)
}

/// Whether a name is that of a program whose bodies are read here.
pub(super) fn is_program(name: Option<&str>) -> bool {
    matches!(name, Some("sshd" | "sshd-session" | "sudo" | "su" | "radiusd" | "freeradius"))
}

fn is_radius(text: &str) -> bool {
    ["Login OK: [", "Login incorrect", "Invalid user: ["].iter().any(|word| text.contains(word))
}

/// What the body says; fields that it names are written.
pub(super) fn write(row: &mut RowWriter<'_>, line: &Line<'_>) -> ClassId {
    let body = line.body.trim();
    let app = line.app.unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let begins = |starts: &[&str]| starts.iter().any(|start| body.starts_with(start));
    let class = match app {
        "sudo" => sudo(row, body),
        "su" => su(row, body),
        _ if is_netfilter(body) => Some(netfilter(row, body)),
        _ if body.contains("pam_") && body.contains("authentication failure") => pam(row, body),
        _ if body.starts_with("PAM ") => pam(row, body),
        _ if is_radius(body) => radius(row, body),
        _ if app.starts_with("sshd") || begins(SSHD) => sshd(row, body),
        _ if body.starts_with("pam_") => session(row, body),
        _ => None,
    };
    let class = class.unwrap_or(class::HOST_LOG);
    let names_nobody =
        matches!(class, class::AUTH_LOGIN | class::AUTH_LOGOUT | class::AUTH_FAILED) && !row.has(field::USER);
    if class != class::HOST_LOG && !matches!(class, class::NET_FLOW | class::NET_SESSION) {
        row.maybe(field::HOST, line.host);
    }
    if names_nobody { class::HOST_LOG } else { class }
}

const SSHD: &[&str] = &[
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
];

fn sshd(row: &mut RowWriter<'_>, body: &str) -> Option<ClassId> {
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

fn session(row: &mut RowWriter<'_>, body: &str) -> Option<ClassId> {
    if let Some((_, user)) = body.split_once("session opened for user ") {
        fold::set(row, field::USER, user.split([' ', '(']).next().unwrap_or(user));
        return Some(class::AUTH_LOGIN);
    }
    if let Some((_, user)) = body.split_once("session closed for user ") {
        fold::set(row, field::USER, user.split([' ', '(']).next().unwrap_or(user));
        return Some(class::AUTH_LOGOUT);
    }
    let failed = ["Unable to negotiate", "Bad protocol", "corrupted", "Did not receive", "fatal"];
    if !row.has(field::OUTCOME) {
        let has_failed = failed.iter().any(|word| body.contains(word));
        row.text(field::OUTCOME, if has_failed { "failure" } else { "success" });
    }
    row.has(field::SRC_IP).then_some(class::NET_SESSION)
}

/// `jdoe : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh`.
fn sudo(row: &mut RowWriter<'_>, body: &str) -> Option<ClassId> {
    if body.starts_with("pam_") {
        return if body.contains("authentication failure") { pam(row, body) } else { None };
    }
    let (user, rest) = body.split_once(" : ")?;
    fold::set(row, field::USER, user.trim());
    let part = |name: &str| rest.split(" ; ").find_map(|part| part.trim().strip_prefix(name));
    row.maybe(field::TARGET_ACCOUNT, part("USER=")).maybe(field::PROCESS_COMMAND, part("COMMAND="));
    let refused = ["incorrect password", "NOT in sudoers", "command not allowed", "authentication failure"];
    if refused.iter().any(|word| rest.contains(word)) {
        row.text(field::OUTCOME, "failure");
        words::set_reason(row, rest.split(" ; ").next().unwrap_or_default());
        return Some(class::AUTH_FAILED);
    }
    row.text(field::OUTCOME, "success");
    part("COMMAND=").map(|_| class::AUTH_ELEVATED)
}

/// `(to root) jdoe on pts/0`, `FAILED SU (to root) jdoe on pts/0`.
fn su(row: &mut RowWriter<'_>, body: &str) -> Option<ClassId> {
    if body.starts_with("pam_") {
        return if body.contains("authentication failure") { pam(row, body) } else { session(row, body) };
    }
    let (front, rest) = body.split_once("(to ")?;
    let (target, rest) = rest.split_once(") ")?;
    row.text(field::TARGET_ACCOUNT, target);
    fold::set(row, field::USER, rest.split(' ').next().unwrap_or_default());
    if front.contains("FAILED") {
        row.text(field::OUTCOME, "failure").text(field::REASON, "wrong_password");
        return Some(class::AUTH_FAILED);
    }
    Some(class::AUTH_ELEVATED)
}

/// `pam_unix(sshd:auth): authentication failure; logname= uid=0 rhost=192.0.2.9  user=root`.
fn pam(row: &mut RowWriter<'_>, body: &str) -> Option<ClassId> {
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

/// `Login incorrect (mschap: …): [jdoe/<via Auth-Type = eap>] (from client ap port 0 cli 02-00-00-00-00-01)`.
fn radius(row: &mut RowWriter<'_>, body: &str) -> Option<ClassId> {
    let start = ["Login OK", "Login incorrect", "Invalid user"].iter().find_map(|word| body.find(word))?;
    let body = &body[start..];
    let (_, rest) = body.split_once(": [").or(body.split_once('['))?;
    let (user, rest) = rest.split_once(']')?;
    // A password may stand behind the slash (R12): only what comes before it is taken.
    let (user, machine) = match user.strip_prefix("host/") {
        Some(machine) => (machine, Some(machine)),
        None => (user.split('/').next().unwrap_or(user), None),
    };
    fold::set(row, field::USER, user);
    row.maybe(field::SRC_HOST, machine);
    row.text(field::AUTH_METHOD, "radius");
    let after = |word: &str| rest.split_once(word).and_then(|(_, rest)| rest.split([' ', ')']).next());
    row.maybe(field::SRC_MAC, after(" cli ")).maybe(field::HOST, after("from client "));
    if let Some(station) = after(" cli ").filter(|_| !row.has(field::SRC_MAC)) {
        row.text(field::SRC_IP, station);
    }
    if body.starts_with("Login OK") {
        row.text(field::OUTCOME, "success");
        return Some(class::AUTH_LOGIN);
    }
    row.text(field::OUTCOME, "failure");
    let why = body.split_once('(').and_then(|(_, why)| why.split_once("): [")).map_or(body, |(why, _)| why);
    words::set_reason(row, why);
    Some(class::AUTH_FAILED)
}

fn is_netfilter(body: &str) -> bool {
    body.contains("IN=") && body.contains(" SRC=") && body.contains(" DST=") && body.contains("PROTO=")
}

/// The prefix is the site's own text; the verdict can only be read from it.
fn netfilter(row: &mut RowWriter<'_>, body: &str) -> ClassId {
    let Ok(pairs) = pairs::quoted(body) else { return class::HOST_LOG };
    row.maybe(field::SRC_IP, pairs.get("SRC")).maybe(field::DST_IP, pairs.get("DST"));
    row.maybe(field::SRC_PORT, pairs.get("SPT")).maybe(field::DST_PORT, pairs.get("DPT"));
    if let Some(proto) = pairs.get("PROTO") {
        set_proto(row, proto);
    }
    // Receiver, sender, type of frame.
    if let Some(macs) = pairs.get("MAC").filter(|macs| macs.len() >= 35 && macs.is_ascii()) {
        row.text(field::DST_MAC, &macs[..17]).text(field::SRC_MAC, &macs[18..35]);
    }
    row.maybe(field::BYTES_OUT, pairs.get("LEN"));
    let prefix = body.split("IN=").next().unwrap_or_default();
    let verdict = prefix.split([' ', '-', '_', ':', '[', ']']).filter_map(words::outcome).next_back();
    row.maybe(field::OUTCOME, verdict);
    class::NET_FLOW
}
