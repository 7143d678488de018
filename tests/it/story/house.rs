//! A site with its own namespace and folder, and the real process that watches it.

use super::broker::{self, PATIENCE, Producers, Row, now};
use super::told::{Table, Told};
use super::traffic::Moment;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The inputs behind the namespace.
const INPUTS: [&str; 4] = ["alarm", "badge", "video", "network"];
/// A process that was asked to stop has stopped by then.
const STOP_MAX: Duration = Duration::from_secs(10);

/// A site, its topics and its configuration.
pub struct House {
    namespace: String,
    folder: tempfile::TempDir,
    producers: RefCell<Producers>,
}

/// A process that watches a house.
pub struct Watch {
    child: Child,
    log: PathBuf,
}

/// How a process ended.
pub struct Ended {
    /// Its exit code.
    pub code: Option<i32>,
    /// What it said on the standard error.
    pub said: String,
}

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "records that happen now need to know when that is")]
pub fn unix_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as i64
}

/// The number of a series in the text of metrics.
#[track_caller]
pub fn figure(metrics: &str, series: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in:\n{metrics}")).parse().expect("a number")
}

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_watchfloor"))
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("it is there")
}

impl House {
    /// A house of its own, with its topics.
    pub fn new(name: &str, clock: &str) -> House {
        let house = House::without_topics(name, clock);
        house.create_topics();
        house
    }

    /// The same before its topics were created.
    pub fn without_topics(name: &str, clock: &str) -> House {
        let folder = tempfile::tempdir().expect("a folder");
        let namespace = format!("{name}-{}", std::process::id());
        let house = House { namespace, folder, producers: RefCell::new(Producers::new()) };
        let fixtures = repository().join("tests/fixtures/story");
        for file in ["site.yaml", "badge.yaml"] {
            fs::copy(fixtures.join(file), house.folder.path().join(file)).expect("it is copied");
        }
        fs::write(house.config(), house.configuration(clock)).expect("it is written");
        house
    }

    /// The same house under another clock.
    pub fn with_clock(self, clock: &str) -> House {
        fs::write(self.config(), self.configuration(clock)).expect("it is written");
        self
    }

    fn configuration(&self, clock: &str) -> String {
        let ns = &self.namespace;
        format!(
            "namespace: {ns}\n\
             site_model: site.yaml\n\
             rules: [{}]\n\
             kafka: {{brokers: [\"{}\"], instance: a}}\n\
             groups:\n  - name: main\n    clock: {clock}\n    topics:\n\
             \x20     - {{topic: {ns}.alarm, formats: [sia-dc09], site: from_key, lane: life_safety}}\n\
             \x20     - {{topic: {ns}.badge, formats: [mapped], mapping: badge.yaml, site: {{fixed: harbour}}, \
                        lateness: 10s}}\n\
             \x20     - {{topic: {ns}.video, formats: [deepstream, onvif], site: {{fixed: harbour}}}}\n\
             \x20     - {{topic: {ns}.network, formats: [suricata], site: {{fixed: harbour}}}}\n\
             state: {{folder: state}}\n\
             http: {{listen: \"127.0.0.1:0\"}}\n",
            repository().join("rules").display(),
            broker::address(),
        )
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("watchfloor.yaml")
    }

    /// The full name of a topic.
    pub fn topic(&self, name: &str) -> String {
        format!("{}.{name}", self.namespace)
    }

    fn call(&self, args: &[&str]) -> Ended {
        let mut command = binary();
        let output = command.args(args).stdin(Stdio::null()).output().expect("it starts");
        Ended {
            code: output.status.code(),
            said: String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        }
    }

    #[track_caller]
    fn topics(&self, args: &[&str]) {
        let config = self.config().display().to_string();
        let ended = self.call(&[&["topics", "--config", &config], args].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.said);
    }

    /// Creates what is missing.
    pub fn create_topics(&self) {
        self.topics(&["--create"]);
    }

    /// The recording is over.
    pub fn settle(&self) {
        self.topics(&["--settle", "main"]);
    }

    /// Sends records, each topic in its order.
    pub fn send(&self, moments: &[Moment]) {
        for input in INPUTS {
            let own = moments.iter().filter(|moment| moment.topic == input);
            let records: Vec<(i64, &[u8])> = own.map(|moment| (moment.at_ms, &*moment.value)).collect();
            if !records.is_empty() {
                self.producers.borrow_mut().append(&self.topic(input), b"harbour", &records);
            }
        }
    }

    /// Sends values with no time of their own.
    pub fn send_values(&self, input: &str, values: &[Vec<u8>]) {
        let records: Vec<(i64, &[u8])> = values.iter().map(|value| (0, &**value)).collect();
        self.producers.borrow_mut().append(&self.topic(input), b"harbour", &records);
    }

    /// How many records the inputs hold.
    pub fn sent(&self) -> usize {
        INPUTS.iter().map(|input| broker::read_all(&self.topic(input)).len()).sum()
    }

    /// Starts the daemon.
    pub fn start(&self, args: &[&str]) -> Watch {
        let log = self.folder.path().join(format!("log-{}", unix_ms()));
        let errors = fs::File::create(&log).expect("a file");
        let child = binary()
            .args(["run", "--config"])
            .arg(self.config())
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .expect("it starts");
        Watch { child, log }
    }

    /// Deletes every snapshot.
    pub fn forget_state(&self) {
        fs::remove_dir_all(self.folder.path().join("state")).expect("it was there");
    }

    /// What readers have been told.
    pub fn told(&self) -> Told {
        Told::of(&broker::read_all(&self.topic("incidents")))
    }

    /// Waits until the settled incidents are these.
    pub fn await_settled(&self, expected: &Table, watch: &mut Watch) -> Told {
        self.await_told(watch, |told| told.settled() == *expected)
    }

    /// Waits until all incidents are these.
    pub fn await_table(&self, expected: &Table, watch: &mut Watch) -> Told {
        self.await_told(watch, |told| told.table() == *expected)
    }

    fn await_told(&self, watch: &mut Watch, is_all: impl Fn(&Told) -> bool) -> Told {
        let deadline = now() + PATIENCE;
        loop {
            let told = self.told();
            if is_all(&told) || now() > deadline {
                // One word too many would come right behind.
                std::thread::sleep(Duration::from_millis(500));
                return self.told();
            }
            watch.assert_alive();
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Waits for so many rejects: reason and value of each.
    pub fn await_rejects(&self, count: usize, watch: &mut Watch) -> Vec<(String, Vec<u8>)> {
        let deadline = now() + PATIENCE;
        loop {
            let rows = broker::read_all(&self.topic("rejects"));
            if rows.len() >= count {
                let reject =
                    |row: &Row| (row.header("watchfloor.reason").unwrap_or_default(), row.value.clone());
                return rows.iter().map(reject).collect();
            }
            assert!(now() < deadline, "{rows:?}\n{}", watch.said());
            watch.assert_alive();
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until the daemon has read everything and said something.
    pub fn await_told_something(&self, watch: &mut Watch) {
        let deadline = now() + PATIENCE;
        while self.told().len() == 0 {
            assert!(now() < deadline, "{}", watch.said());
            watch.assert_alive();
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The incidents of a replay of what the topics hold, with time running on behind the last record.
    pub fn replayed(&self) -> Table {
        self.replay("settle")
    }

    /// The same, with the clock stopped there.
    pub fn replayed_open(&self) -> Table {
        self.replay("open")
    }

    fn replay(&self, end: &str) -> Table {
        let config = self.config().display().to_string();
        let out = self.folder.path().join("replayed").display().to_string();
        let mut args: Vec<String> =
            ["replay", "--config", &config, "--order", "file", "--end", end, "--out", &out]
                .map(str::to_owned)
                .into();
        args.push("--input".to_owned());
        args.extend(INPUTS.iter().map(|input| {
            let file = self.dump(input);
            format!("{}={}?read=kafka", self.topic(input), file.display())
        }));
        let ended = self.call(&args.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(ended.code, Some(0), "{}", ended.said);
        let text = fs::read_to_string(Path::new(&out).join("incidents.ndjson")).expect("it was written");
        let incidents: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        Table::of(&incidents)
    }

    /// A topic as a file, as replay reads it.
    fn dump(&self, input: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{input}.ndjson"));
        let mut file = fs::File::create(&path).expect("a file");
        let topic = self.topic(input);
        for row in broker::read_all(&topic) {
            let line = json!({
                "topic": topic, "partition": 0, "offset": row.offset, "timestamp": row.time_ms,
                "key": row.key.map(|key| STANDARD.encode(key)), "headers": [], "value": STANDARD.encode(row.value),
            });
            writeln!(file, "{line}").expect("it is written");
        }
        path
    }
}

impl Watch {
    /// What it has logged.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Where it answers, once it listens.
    fn address(&self) -> Option<String> {
        let said = self.said();
        let from = said.find("listening at=")? + "listening at=".len();
        said[from..].split_whitespace().next().map(str::to_owned)
    }

    /// Status and body of an answer.
    fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(self.address()?).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// Waits until it does its work.
    pub fn await_ready(&mut self) {
        let deadline = now() + PATIENCE;
        while self.get("/readyz").is_none_or(|(status, _)| status != 200) {
            assert!(now() < deadline, "{:?}\n{}", self.get("/readyz"), self.said());
            self.assert_alive();
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(self.get("/livez").map(|(status, _)| status), Some(200));
        assert_eq!(self.get("/startupz").map(|(status, _)| status), Some(200));
    }

    /// Its numbers now.
    pub fn metrics(&self) -> String {
        self.get("/metrics").expect("it answers").1
    }

    /// Its numbers once this series has come to this; it tells them once a second.
    #[track_caller]
    pub fn await_metrics(&mut self, series: &str, value: f64) -> String {
        let deadline = now() + PATIENCE;
        loop {
            let metrics = self.metrics();
            if figure(&metrics, series) == value {
                return metrics;
            }
            assert!(now() < deadline, "{series} is not {value}:\n{metrics}");
            self.assert_alive();
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// It must not have ended by itself.
    #[track_caller]
    pub fn assert_alive(&mut self) {
        let ended = self.child.try_wait().expect("it is ours");
        assert!(ended.is_none(), "{ended:?}: {}", self.said());
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.assert_alive();
        self.child.kill().expect("it is ours");
        self.child.wait().expect("it is ours");
    }

    /// SIGTERM; it has to end in time.
    pub fn stop(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill is there").success());
        let asked = now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                return status;
            }
            assert!(now() < asked + STOP_MAX, "it does not stop: {}", self.said());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until it has ended by itself.
    pub fn ended(mut self) -> Ended {
        let deadline = now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                return Ended { code: status.code(), said: self.said() };
            }
            assert!(now() < deadline, "it does not end: {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It has ended long ago, unless a test failed.
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}
