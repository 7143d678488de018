//! `deploy/` is tried as far as it can be without the machines it is for: our own commands, systemd's, Prometheus's, and the
//! answer of a running instance.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)
}

fn ran(command: &mut Command, package: &str) -> Output {
    let output = command.stdin(Stdio::null()).output();
    output.unwrap_or_else(|error| panic!("{command:?}: {error}; apt-get install {package}"))
}

#[track_caller]
fn check_ran(command: &mut Command, package: &str) -> String {
    let output = ran(command, package);
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copy(&path, &target),
            false => drop(fs::copy(&path, &target).expect("it is copied")),
        }
    }
}

#[test]
fn the_configurations_have_no_mistakes() {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&deploy("../rules"), &folder.path().join("rules"));
    copy(&deploy("etc"), folder.path());
    copy(&deploy("docker/etc"), &folder.path().join("compose"));
    fs::write(folder.path().join("symbol.key"), [7; 32]).expect("it is written");
    for name in ["watchfloor.yaml", "compose/watchfloor.yaml"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
        check_ran(command.args(["config", "check"]).arg(folder.path().join(name)), "");
    }
}

#[test]
fn the_unit_is_shut_as_far_as_it_should() {
    let mut command = Command::new("systemd-analyze");
    command.args(["security", "--offline=yes", "--threshold=20", "--no-pager"]);
    check_ran(command.arg(deploy("systemd/watchfloor.service")), "systemd");
}

#[test]
fn the_alerts_fire_and_stay_quiet_where_they_should() {
    for args in [
        &["check", "rules", "alerts.yaml"][..],
        &["test", "rules", "alerts.test.yaml"],
        &["check", "config", "--syntax-only", "prometheus.yml"],
    ] {
        let said =
            check_ran(Command::new("promtool").args(args).current_dir(deploy("prometheus")), "prometheus");
        assert!(said.contains("SUCCESS"), "{said}");
    }
    let tests = fs::read_to_string(deploy("prometheus/alerts.test.yaml")).expect("text");
    let alerts = fs::read_to_string(deploy("prometheus/alerts.yaml")).expect("text");
    for alert in alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert_eq!(
            tests.matches(&format!("alertname: {alert}")).count(),
            2,
            "{alert}: a case that fires, one that does not"
        );
    }
}

#[test]
fn every_file_parses() {
    for name in [
        "docker/compose.yaml",
        "grafana/provisioning/datasources/prometheus.yaml",
        "grafana/provisioning/dashboards/watchfloor.yaml",
    ] {
        let text = fs::read_to_string(deploy(name)).expect("text");
        let parsed: Result<Value, _> = serde_saphyr::from_str(&text);
        assert!(parsed.as_ref().is_ok_and(Value::is_object), "{name}: {parsed:?}");
    }
    for (name, board) in dashboards() {
        assert!(board["panels"].as_array().is_some_and(|panels| !panels.is_empty()), "{name}");
        assert_eq!(board["uid"], format!("watchfloor-{name}"));
    }
}

fn dashboards() -> BTreeMap<String, Value> {
    let files = fs::read_dir(deploy("grafana/dashboards")).expect("a folder");
    let paths = files.map(|file| file.expect("a file").path());
    let read = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, serde_json::from_str(&fs::read_to_string(path).expect("text")).expect("JSON"))
    };
    paths.map(read).collect()
}

/// The names of our metrics in a text.
fn metrics(text: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    text.split(|c| !is_name(c)).filter(|word| word.starts_with("watchfloor_")).map(str::to_owned).collect()
}

#[test]
fn every_metric_that_is_named_is_answered_with_its_type_and_help() {
    let mut named = metrics(&fs::read_to_string(deploy("prometheus/alerts.yaml")).expect("text"));
    for board in dashboards().values() {
        named.extend(metrics(&board.to_string()));
    }
    assert!(named.len() > 12, "{named:?}");
    let answer = scrape();
    for name in &named {
        let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
        assert!(answer.contains(&format!("# TYPE {name} {kind}\n")), "{name} is not there: {answer}");
        assert!(answer.contains(&format!("# HELP {name} ")), "{name}");
        assert!(
            answer
                .lines()
                .any(|line| line.starts_with(&format!("{name}{{")) || line.starts_with(&format!("{name} "))),
            "{name}"
        );
    }
}

/// What a running instance answers.
fn scrape() -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
    command
        .args(["demo", "--listen", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    while !line.contains("http://") {
        line.clear();
        assert!(out.read_line(&mut line).expect("text") > 0, "it ended without a word");
    }
    let url = line.split_whitespace().find_map(|word| word.strip_prefix("http://")).expect("an address");
    let at = url.trim_end_matches('/').to_owned();
    std::thread::sleep(std::time::Duration::from_secs(3));
    let mut stream = TcpStream::connect(&at).expect("it listens");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("it reads");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("it answers");
    child.kill().expect("it ends");
    let _ended = child.wait();
    text
}
