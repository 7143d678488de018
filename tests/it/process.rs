//! The real binary as a process: exit codes, what goes where, and one clear error for each thing that a
//! person gets wrong.
//!
//! What commands compute is tested in their rooms; here is only what a shell sees.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a call gave.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name)
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().expect("not killed"),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

/// Runs it in the folder of fixtures.
fn watchfloor(args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
    ran(command.args(args).current_dir(fixture("")).stdin(Stdio::null()).output().expect("it starts"))
}

/// Exit code 2 or 1, nothing on the standard output, and an error that holds all of these.
#[track_caller]
fn check_error(args: &[&str], code: i32, parts: &[&str]) {
    let ran = watchfloor(args);
    assert_eq!(ran.code, code, "{args:?}: {}", ran.err);
    for part in parts {
        assert!(ran.err.contains(part), "{args:?}: `{part}` is not in: {}", ran.err);
    }
}

fn lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn help_is_0_and_wrong_usage_is_2() {
    assert_eq!(watchfloor(&["--help"]).code, 0);
    assert_eq!(watchfloor(&["--version"]).code, 0);
    assert_eq!(watchfloor(&[]).code, 2);
    check_error(&["dekode"], 2, &["dekode", "decode"]);
    check_error(&["decode", "--formatt", "auto", "x"], 2, &["--formatt"]);
}

const EXPLAIN: [&str; 6] =
    ["rules", "explain", "--config", "explain/watchfloor.yaml", "--input", "house.badge=explain/badge.csv"];

fn explain(words: &[&str]) -> Ran {
    watchfloor(&[&EXPLAIN[..], words].concat())
}

/// `explain/explain.txt` holds calls and what they print, one for each kind of pattern.
#[test]
fn rules_explain_says_what_is_there_what_is_missing_and_why_not() {
    let told = std::fs::read_to_string(fixture("explain/explain.txt")).expect("text");
    let asked: Vec<(&str, &str)> = told.split("$ ").skip(1).filter_map(|one| one.split_once('\n')).collect();
    assert!(asked.len() >= 15);
    for (words, expected) in asked {
        let ran = explain(&words.split(' ').collect::<Vec<_>>());
        assert_eq!((ran.code, &*ran.out), (0, expected), "{words}: {}", ran.err);
    }
}

#[test]
fn rules_explain_prints_what_the_manual_shows() {
    let ran = explain(&["steps", "door=d1", "--at", "2026-01-10T02:00:25Z"]);
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules/explain.md");
    let page = std::fs::read_to_string(page).expect("text");
    assert!(page.contains(&format!("```text\n{}```", ran.out)), "{}", ran.out);
}

#[test]
fn rules_explain_as_json_and_its_errors() {
    let held = explain(&["closes", "d1", "--at", "2026-01-10T02:03:00Z", "--format", "json"]);
    let held = &lines(&held.out)[0];
    assert_eq!(held["key"]["door"], "d1");
    assert_eq!(held["detections"]["latest"][0]["at"], "2026-01-10T02:02:40Z");
    assert!(held["detections"]["latest"][0]["held_until"].is_string(), "{held}");
    let settled = explain(&["closes", "d1", "--at", "2026-01-10T03:00:00Z", "--format", "json"]);
    let settled = &lines(&settled.out)[0];
    assert_eq!(settled["alerts"][0]["settled"], true, "{settled}");
    let five = &lines(&explain(&["five", "D1", "--format", "json"]).out)[0];
    assert_eq!((&five["there"]["total"], &five["missing"][0]["left_s"]), (&2.into(), &20.0.into()));
    let wrong = |words: &[&str], parts: &[&str]| check_error(&[&EXPLAIN[..], words].concat(), 2, parts);
    wrong(&["fife", "d1"], &["CL009", "no rule `fife`", "`five`"]);
    wrong(&["five", "d1", "zone=lab"], &["CL009", "`zone=lab`", "`door`"]);
    wrong(&["five", "d1", "--at", "noon"], &["--at", "2026-01-10T02:00:00Z"]);
}

#[test]
fn rules_fmt_marks_the_first_line_that_differs() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("doors.rules");
    let text = "rule opened \"Opened\" severity low {\n  by door\n    when door.opened\n}\n";
    std::fs::write(&file, text).expect("it is written");
    let name = file.to_str().expect("text");
    let ran = watchfloor(&["rules", "fmt", "--check", name]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("RF001") && ran.err.contains("doors.rules:3:1"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(&file).expect("text"), text);
}

#[test]
fn decode_prints_events_counts_control_and_keeps_rejects() {
    let folder = tempfile::tempdir().expect("a folder");
    let rejects = folder.path().join("rejects.ndjson");
    let ran = watchfloor(&[
        "decode",
        "--format",
        "suricata",
        "--rejects",
        rejects.to_str().expect("text"),
        "house/eve.ndjson",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let events = lines(&ran.out);
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["site"], "local");
    assert_eq!(events[0]["append"], events[0]["ts"]);
    assert_eq!(events[1]["raw"]["path"], "house/eve.ndjson");
    assert_eq!((&events[1]["raw"]["partition"], &events[1]["raw"]["offset"]), (&0.into(), &1.into()));
    assert!(
        ran.err.contains("4 read, 2 decoded, 1 rejected") && ran.err.contains("1 control"),
        "{}",
        ran.err
    );
    let rejects = lines(&std::fs::read_to_string(rejects).expect("it was written"));
    assert_eq!(rejects.len(), 1);
    assert_eq!((&rejects[0]["offset"], &rejects[0]["format"]), (&3.into(), &"suricata".into()));
    assert_eq!(rejects[0]["path"], "house/eve.ndjson");
}

#[test]
fn decode_reads_rows_by_a_mapping() {
    let ran = watchfloor(&["decode", "--mapping", "house/badge.yaml", "house/badge.csv"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let events = lines(&ran.out);
    let classes: Vec<&str> = events.iter().map(|event| event["class"].as_str().expect("text")).collect();
    assert_eq!(
        classes,
        ["access.granted", "access.denied", "access.denied", "access.denied", "unclassified"],
        "{}",
        ran.err
    );
    assert_eq!(events[0]["ts"], "2026-01-10T02:00:00Z");
    let configured = watchfloor(&[
        "decode",
        "--config",
        "house/watchfloor.yaml",
        "--topic",
        "house.badge",
        "house/badge.csv",
    ]);
    assert_eq!(configured.code, 0, "{}", configured.err);
    assert_eq!(lines(&configured.out)[0]["site"], "house");
}

#[test]
fn decoded_events_keep_to_their_schema() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema/event.schema.json");
    let schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(schema).expect("text")).expect("JSON");
    let suricata = watchfloor(&["decode", "house/eve.ndjson"]);
    let badge = watchfloor(&["decode", "--mapping", "house/badge.yaml", "house/badge.csv"]);
    for event in lines(&(suricata.out + &badge.out)) {
        let event = event.as_object().expect("an object");
        for required in schema["required"].as_array().expect("a list") {
            assert!(event.contains_key(required.as_str().expect("text")), "{required} in {event:?}");
        }
        for (key, value) in event {
            let property = &schema["properties"][key];
            assert!(property.is_object(), "{key} is not in the schema");
            let fits = match property["type"].as_str() {
                Some("string") => value.is_string(),
                Some("integer") => value.is_i64() || value.is_u64(),
                Some("number") => value.is_number(),
                Some("boolean") => value.is_boolean(),
                Some("array") => value.is_array(),
                Some("object") => value.is_object(),
                _ => true,
            };
            assert!(fits, "{key} = {value} against {property}");
        }
    }
}

/// Runs it with this on its standard input.
fn fed(args: &[&str], input: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    ran(child.wait_with_output().expect("it ends"))
}

#[test]
fn a_malformed_record_of_each_format_is_one_counted_reject() {
    let formats: serde_json::Value =
        serde_json::from_str(&watchfloor(&["formats", "--json"]).out).expect("JSON");
    for format in formats.as_array().expect("a list").iter().filter_map(|format| format["format"].as_str()) {
        for broken in ["{\"broken\n", "<broken\n", "\u{1}\u{2}\n"] {
            let ran = fed(&["decode", "--format", format, "-"], broken);
            assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{format}: {}", ran.err);
            assert!(ran.err.contains("1 read, 0 decoded, 1 rejected ("), "{format}, {broken:?}: {}", ran.err);
        }
    }
}

#[test]
fn decode_says_what_is_wrong() {
    check_error(
        &["decode", "--format", "suricatta", "house/eve.ndjson"],
        2,
        &["no format `suricatta`", "did you mean `suricata`"],
    );
    check_error(&["decode", "house/missing.ndjson"], 2, &["house/missing.ndjson", "No such file"]);
    check_error(&["decode", "house/eve.ndjson?read=lined"], 2, &["`lined`", "lines"]);
    check_error(
        &["decode", "--zone", "Europe/Pariss", "house/eve.ndjson"],
        2,
        &["did you mean `Europe/Paris`"],
    );
    check_error(&["decode", "--mapping", "house/site.yaml", "house/badge.csv"], 2, &["house/site.yaml:1"]);
    check_error(
        &["decode", "--config", "house/watchfloor.yaml", "--topic", "house.badg", "house/badge.csv"],
        2,
        &["did you mean `house.badge`"],
    );
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
    let mut child = command
        .args(["decode", "house/eve.ndjson"])
        .current_dir(fixture(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let ran = ran(child.wait_with_output().expect("it ends"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}

#[test]
fn bad_configurations_name_file_and_line() {
    assert_eq!(watchfloor(&["config", "check", "house/watchfloor.yaml"]).code, 0);
    check_error(
        &["config", "check", "broken/unknown-key.yaml"],
        2,
        &["broken/unknown-key.yaml:2:1", "`rulez`", "did you mean `rules`"],
    );
    check_error(
        &["config", "check", "broken/unknown-format.yaml"],
        2,
        &["broken/unknown-format.yaml:5", "did you mean `suricata`"],
    );
    check_error(&["config", "check", "broken/missing.yaml"], 2, &["broken/missing.yaml"]);
}

#[test]
fn bad_rules_and_site_models_are_1() {
    assert_eq!(watchfloor(&["site", "check", "house/site.yaml"]).code, 0);
    check_error(&["site", "check", "broken/dangling.yaml"], 1, &["broken/dangling.yaml:3", "cellar"]);
    check_error(&["site", "check", "broken/missing.yaml"], 2, &["broken/missing.yaml"]);
    check_error(
        &["rules", "check", "broken/typo.rules"],
        1,
        &["broken/typo.rules:3", "did you mean `door.opened`"],
    );
    check_error(&["rules", "check", "broken/missing.rules"], 2, &["broken/missing.rules"]);
    let checked = watchfloor(&["rules", "check", "house"]);
    assert_eq!(checked.code, 0, "{}", checked.err);
    assert!(checked.out.contains("refused_thrice"), "{}", checked.out);
}

#[test]
fn tests_of_rules_are_run() {
    let ran = watchfloor(&["rules", "test", "house"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "rule tests: 2 passed, 0 failed\n"), "{}", ran.err);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.rules");
    let rules = std::fs::read_to_string(fixture("house/house.rules")).expect("text");
    std::fs::write(&path, rules.replace(">= 3", ">= 2")).expect("written");
    let path = path.to_str().expect("text");
    check_error(&["rules", "test", path], 1, &["two are none", &format!("{path}:18")]);
}

#[test]
fn the_shipped_states_do_not_replace_themselves() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/standard.rules");
    let ran = watchfloor(&["rules", "check", shipped.to_str().expect("text")]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn diagnostics_are_json_on_request() {
    let ran = watchfloor(&["rules", "check", "--format", "json", "broken/typo.rules"]);
    let found = lines(&ran.err);
    assert_eq!(found.len(), 1, "{}", ran.err);
    assert_eq!((&found[0]["code"], &found[0]["line"]), (&"WF010".into(), &3.into()));
    assert_eq!(found[0]["file"], "broken/typo.rules");
}

#[test]
fn rules_have_one_layout() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.rules");
    std::fs::copy(fixture("house/house.rules"), &path).expect("a copy");
    let path = path.to_str().expect("text");
    assert_eq!(watchfloor(&["rules", "fmt", "--check", path]).code, 0);
    std::fs::write(path, "param a=2m \"x\"\n").expect("written");
    assert_eq!(watchfloor(&["rules", "fmt", "--check", path]).code, 1);
    assert_eq!(watchfloor(&["rules", "fmt", path]).code, 0);
    assert_eq!(watchfloor(&["rules", "fmt", "--check", path]).code, 0);
}

#[test]
fn formats_are_listed() {
    let ran = watchfloor(&["formats", "--json"]);
    let formats: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let names: Vec<&str> =
        formats.as_array().expect("a list").iter().filter_map(|f| f["format"].as_str()).collect();
    assert!(names.contains(&"suricata"), "{names:?}");
    assert!(watchfloor(&["formats"]).out.contains("suricata"));
}

/// The files of a replay's folder, by name.
fn replay(folder: &Path, extra: &[&str]) -> Vec<(String, Vec<u8>)> {
    let out = folder.to_str().expect("text");
    let mut args = vec!["replay", "--config", "house/watchfloor.yaml", "--out", out];
    args.extend(["--input", "house.badge=house/badge.csv", "--input", "house.network=house/eve.ndjson"]);
    args.extend(extra);
    let ran = watchfloor(&args);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let names = [
        "alerts.ndjson",
        "incidents.ndjson",
        "revisions.ndjson",
        "rejects.ndjson",
        "late.ndjson",
        "summary.json",
    ];
    names.iter().map(|name| (name.to_string(), std::fs::read(folder.join(name)).expect("a file"))).collect()
}

#[test]
fn replay_twice_gives_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = replay(&folder.path().join("a"), &[]);
    assert_eq!(first, replay(&folder.path().join("b"), &[]));
    let incidents = lines(std::str::from_utf8(&first[1].1).expect("text"));
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0]["alerts"][0]["rule"], "refused_thrice");
    let summary: serde_json::Value = serde_json::from_slice(&first[5].1).expect("JSON");
    assert_eq!(summary["records"], serde_json::json!({"read": 9, "decoded": 7, "rejected": 1, "control": 1}));
    assert_eq!(summary["events"]["decoded"], 7);
}

#[test]
fn other_orders_batches_and_tasks_give_the_same_incidents() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = replay(&folder.path().join("a"), &[]);
    for (number, extra) in
        [["--order", "shuffle:7"], ["--order", "file"], ["--batch", "1"]].iter().enumerate()
    {
        let other = replay(&folder.path().join(number.to_string()), extra);
        assert_eq!(first[..2], other[..2], "{extra:?}");
    }
}

#[test]
fn replay_says_what_is_wrong() {
    let call = |input: &str, extra: &[&str], parts: &[&str]| {
        let mut args = vec!["replay", "--config", "house/watchfloor.yaml", "--input", input];
        args.extend(extra);
        check_error(&args, 2, parts);
    };
    call("house/badge.csv", &[], &["TOPIC=SPEC"]);
    call("house.badg=house/badge.csv", &[], &["did you mean `house.badge`"]);
    call("house.badge=house/missing.csv", &[], &["house/missing.csv"]);
    call("house.badge=house/badge.csv", &["--order", "sideways"], &["shuffle:SEED"]);
    call("house.badge=house/badge.csv", &["--tasks", "0"], &["--tasks"]);
    call("house.badge=house/badge.csv", &["--tasks", "3"], &["refused_thrice"]);
    call("house.badge=house/badge.csv", &["--rules", "broken/missing"], &["broken/missing"]);
}
