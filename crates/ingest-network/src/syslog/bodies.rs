//! What programs say in syslog: one function a program, from its body to a class.
//!
//! Sentences are read word by word from their fixed parts; those of sshd and PAM stand apart.

use super::sshd::{self, pam, session};
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
    sshd::is_known(text)
        || begins(&["pam_", "PAM "])
        || is_program(named)
        || is_netfilter(text)
        || is_radius(text)
        || is_process(text)
        || is_sudo(text)
}

/// Whether a name is that of a program whose bodies are read here.
pub(super) fn is_program(name: Option<&str>) -> bool {
    matches!(name, Some("sshd" | "sshd-session" | "sudo" | "su" | "radiusd" | "freeradius"))
}

/// sudo's sentence without its name.
fn is_sudo(text: &str) -> bool {
    text.contains(" : ") && text.contains(" ; PWD=") && text.contains(" ; COMMAND=")
}

/// `l2ald[1111]: …`, `/usr/sbin/cron[41404]: …`: a program with the number of its process.
fn is_process(text: &str) -> bool {
    let Some((name, rest)) = text.split_once('[').filter(|(name, _)| !name.is_empty() && name.len() <= 48)
    else {
        return false;
    };
    let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'));
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    is_name && (1..=10).contains(&digits) && rest[digits..].starts_with("]: ")
}

fn is_radius(text: &str) -> bool {
    ["Login OK: [", "Login incorrect", "Invalid user: [", "Ignoring request to auth address "]
        .iter()
        .any(|word| text.contains(word))
}

/// What the body says; fields that it names are written.
pub(super) fn write(row: &mut RowWriter<'_>, line: &Line<'_>) -> ClassId {
    let body = line.body.trim();
    let app = line.app.unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let class = match app {
        "sudo" => sudo(row, body),
        "su" => su(row, body),
        "" if is_sudo(body) => sudo(row, body),
        _ if is_netfilter(body) => Some(netfilter(row, body)),
        _ if body.contains("pam_") && body.contains("authentication failure") => pam(row, body),
        _ if body.starts_with("PAM ") => pam(row, body),
        _ if is_radius(body) => radius(row, body),
        _ if body.starts_with("pam_") => {
            sshd::write_pam_code(row, body);
            session(row, body)
        }
        _ if app.starts_with("sshd") || sshd::is_known(body) => sshd::write(row, body),
        "cron" | "CRON" => cron(row, body),
        "rshd" => rshd(row, body),
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

/// `Login incorrect (mschap: …): [jdoe/<via Auth-Type = eap>] (from client ap port 0 cli 02-00-00-00-00-01)`.
fn radius(row: &mut RowWriter<'_>, body: &str) -> Option<ClassId> {
    if let Some(rest) = body.split_once("Ignoring request to auth address ").map(|(_, rest)| rest) {
        return Some(ignored(row, rest));
    }
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
    // The port of the access point or switch, not one of the transport protocol.
    row.maybe(field::SWITCH_PORT, after(" port "));
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

/// `* port 1812 bound to server default from unknown client 192.0.2.9 port 9459 proto udp`: somebody who is no
/// client of the server asked it.
fn ignored(row: &mut RowWriter<'_>, rest: &str) -> ClassId {
    let after = |text: &'_ str, word: &str| -> Option<String> {
        let (_, rest) = text.split_once(word)?;
        rest.split(' ').next().map(str::to_owned)
    };
    let (server, client) = rest.split_once(" from ").unwrap_or((rest, ""));
    row.maybe(field::DST_PORT, after(server, "port ").as_deref());
    row.maybe(field::HOST, after(server, "server ").as_deref());
    row.maybe(field::SRC_IP, after(client, "client ").as_deref());
    row.maybe(field::SRC_PORT, after(client, "port ").as_deref());
    if let Some(proto) = after(client, "proto ") {
        set_proto(row, &proto);
    }
    row.text(field::APP, "radius").text(field::OUTCOME, "failure");
    class::NET_SESSION
}

/// `(root) CMD (run-parts /etc/cron.hourly)`.
fn cron(row: &mut RowWriter<'_>, body: &str) -> Option<ClassId> {
    let (user, rest) = body.strip_prefix('(')?.split_once(") ")?;
    let (word, rest) = rest.split_once(" (")?;
    fold::set(row, field::USER, user);
    row.text(field::NATIVE_REASON, word).text(field::PROCESS_COMMAND, rest.trim_end_matches(')').trim());
    None
}

/// `root@192.0.2.9 as root: cmd='rcp -t /var/etc'`.
fn rshd(row: &mut RowWriter<'_>, body: &str) -> Option<ClassId> {
    let (who, rest) = body.split_once(" as ")?;
    let (user, from) = who.split_once('@')?;
    let (target, command) = rest.split_once(": cmd=")?;
    row.text(field::USER, user).text(field::TARGET_ACCOUNT, target);
    row.text(field::PROCESS_COMMAND, command.trim_matches('\''));
    if row.set(field::SRC_IP, from).is_err() {
        row.text(field::SRC_HOST, from);
    }
    row.text(field::APP, "rsh");
    Some(class::NET_SESSION)
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
    let mut said = prefix.split([' ', '-', '_', ':', '[', ']']).filter(|word| words::outcome(word).is_some());
    if let Some(word) = said.next_back() {
        words::set_action(row, word);
    }
    class::NET_FLOW
}
