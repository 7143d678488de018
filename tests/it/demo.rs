//! The demo as a process: what people see of it on a terminal, in a pipe and in a browser, and how it ends.

mod browser;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A demo that runs.
struct Demo {
    child: Child,
    out: BufReader<ChildStdout>,
    /// `http://127.0.0.1:port/`
    url: String,
}

impl Demo {
    fn start(args: &[&str]) -> Demo {
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
        command.args(["demo", "--listen", "127.0.0.1:0"]).args(args).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        while !line.contains("Console: ") {
            line.clear();
            assert!(out.read_line(&mut line).expect("text") > 0, "it ended without a word");
        }
        let url =
            line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").to_owned();
        Demo { child, out, url }
    }

    /// Waits for its end, and gives the exit code and what it printed.
    fn end(mut self) -> (Option<i32>, String) {
        let mut text = String::new();
        self.out.read_to_string(&mut text).expect("text");
        (self.child.wait().expect("it ends").code(), text)
    }

    fn interrupt(&self) {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }

    /// The id of the incident with the most alerts, as soon as there is one with several.
    fn incident(&self) -> String {
        for _ in 0..240 {
            let page = browser::open(&self.url).dom;
            let alerts =
                |row: &&str| row.split(" alerts").next()?.rsplit([' ', '>']).next()?.parse::<u32>().ok();
            let several = page.split("<li").filter(|row| row.contains(" alerts")).max_by_key(alerts);
            if let Some(id) = several.and_then(|row| row.split("#/incidents/").nth(1)?.split('"').next()) {
                return id.to_owned();
            }
            std::thread::sleep(Duration::from_millis(250));
        }
        panic!("no incident with several alerts came");
    }
}

/// The numbers of a line of the summary.
fn numbers(text: &str, label: &str) -> Vec<u64> {
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with(label))
        .unwrap_or_else(|| panic!("no {label}: {text}"));
    line.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

#[track_caller]
fn check_balanced(text: &str) {
    for label in ["records", "events", "alerts"] {
        let [whole, parts @ ..] = &numbers(text, label)[..] else { panic!("{label}: {text}") };
        assert_eq!(*whole, parts.iter().sum::<u64>(), "{label}: {text}");
    }
    assert!(numbers(text, "records")[0] > 100, "{text}");
}

#[test]
fn incidents_are_printed_in_plain_words_and_the_sums_balance() {
    let (code, text) = Demo::start(&["--for", "16s"]).end();
    assert_eq!(code, Some(0), "{text}");
    for word in [
        "Door north stair, level 2 opened without a badge",
        "CRITICAL",
        " where ",
        " since ",
        " why ",
        " seen ",
        " do ",
    ] {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
    assert!(!text.contains('\u{1b}'), "colour in a pipe: {text}");
    check_balanced(&text);
}

#[test]
fn an_interrupt_ends_it_with_the_sums() {
    let demo = Demo::start(&[]);
    std::thread::sleep(Duration::from_secs(4));
    demo.interrupt();
    let (code, text) = demo.end();
    assert_eq!(code, Some(0), "{text}");
    check_balanced(&text);
}

#[test]
fn a_port_that_is_taken_is_one_error_with_its_cure() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = taken.local_addr().expect("an address").to_string();
    let ran = Command::new(env!("CARGO_BIN_EXE_watchfloor"))
        .args(["demo", "--listen", &at])
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2), "{said}");
    assert!(said.contains(&at) && said.contains("--listen 127.0.0.1:0"), "{said}");
}

/// Where pictures for people go; they are painted anew with WATCHFLOOR_UPDATE=1.
fn pictures(scratch: &Path) -> PathBuf {
    match std::env::var_os("WATCHFLOOR_UPDATE").is_some() {
        true => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures"),
        false => scratch.to_owned(),
    }
}

#[test]
fn the_pages_show_it_in_a_browser() {
    let demo = Demo::start(&[]);
    if std::env::var_os("WATCHFLOOR_UPDATE").is_some() {
        // A picture of a fuller morning.
        std::thread::sleep(Duration::from_secs(75));
    }
    let incident = format!("{}#/incidents/{}", demo.url, demo.incident());
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = pictures(scratch.path());
    std::fs::create_dir_all(&folder).expect("a folder");
    for (url, name, words) in [
        (
            incident,
            "incident.png",
            &["What to do", "Why we think so", "It may also be", "Evidence", "<circle"][..],
        ),
        (format!("{}#/sources", demo.url), "sources.png", &["ctl-north-1", "quayside.access", ">heard"][..]),
        (
            format!("{}#/pipeline", demo.url),
            "pipeline.png",
            &["Records a second", "<path", " read = ", " raised = "][..],
        ),
    ] {
        let seen = browser::open(&url);
        assert_eq!(seen.complaints, Vec::<String>::new(), "{url}");
        for word in words {
            assert!(seen.dom.contains(word), "`{word}` is not at {url}: {}", seen.dom);
        }
        browser::paint(&url, &folder.join(name), (1280, 860));
    }
    demo.interrupt();
    assert_eq!(demo.end().0, Some(0));
}
