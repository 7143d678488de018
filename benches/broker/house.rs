//! A site with doors that are forced one by one, its topics under a namespace of its own, and the process that watches it.

use crate::log::{self, PATIENCE, now};
use kafka::consumer::{Consumer, Partition, Position};
use kafka::error::Error;
use kafka::settings::Settings;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Doors that are only ever opened with a badge.
const ORDINARY: u64 = 500;
/// The inputs behind the namespace.
const INPUTS: [&str; 2] = ["badge", "network"];

/// Whose time settles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The broker's.
    Broker,
    /// That of the records.
    Recorded,
}

/// A site, its topics and its configuration.
pub struct House {
    namespace: String,
    folder: tempfile::TempDir,
}

/// The daemon.
pub struct Daemon {
    child: Child,
    log: PathBuf,
    started: Instant,
}

/// How fast the end of a recording was reached.
pub struct Reached {
    /// From the first committed position on.
    pub records_a_second: f64,
    /// From the start of the process on.
    pub seconds_from_start: f64,
}

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "records that happen now need to know when that is")]
pub fn unix_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// A door that opens without a badge, once.
pub fn forced_door(number: u64) -> String {
    format!("forced-{number:05}")
}

impl House {
    /// A house with its topics.
    pub fn new(name: &str, clock: Clock, forced: u64) -> House {
        let folder = tempfile::tempdir().expect("a folder");
        let house = House { namespace: format!("{name}-{}", std::process::id()), folder };
        let write =
            |name: &str, text: &str| fs::write(house.folder.path().join(name), text).expect("it is written");
        write("site.yaml", &house.site(forced));
        write("badge.yaml", crate::records::MAPPING);
        write("watchfloor.yaml", &house.configuration(clock));
        house.call(&["topics", "--create"]);
        house
    }

    /// Every door has a zone of its own behind it, so that no two openings are about the same place.
    fn site(&self, forced: u64) -> String {
        let ordinary = (0..ORDINARY).map(|number| self.ordinary_door(number));
        let doors: Vec<String> = ordinary.chain((0..forced).map(forced_door)).collect();
        let mut text = "sites: [{id: harbour, time_zone: Europe/Paris, country: FR}]\nzones:\n\
                        \x20 - {id: yard, site: harbour, kind: public, level: 1}\n"
            .to_owned();
        for door in &doors {
            let _written =
                writeln!(text, "  - {{id: behind-{door}, site: harbour, kind: interior, level: 2}}");
        }
        text.push_str("doors:\n");
        for door in &doors {
            let _written = writeln!(
                text,
                "  - {{id: {door}, from_zone: yard, to_zone: behind-{door}, monitored: true}}"
            );
        }
        text.push_str("lists: [{id: scanners, type: ip, owner: network team, entries: [10.0.0.5]}]\n");
        text
    }

    fn configuration(&self, clock: Clock) -> String {
        let ns = &self.namespace;
        let clock = match clock {
            Clock::Broker => "broker",
            Clock::Recorded => "recorded",
        };
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
        format!(
            "namespace: {ns}\n\
             site_model: site.yaml\n\
             rules: [{}]\n\
             kafka: {{brokers: [\"{}\"], instance: a}}\n\
             groups:\n  - name: main\n    clock: {clock}\n    topics:\n\
             \x20     - {{topic: {ns}.badge, formats: [mapped], mapping: badge.yaml, site: {{fixed: harbour}}, \
                        lateness: 10s}}\n\
             \x20     - {{topic: {ns}.network, formats: [suricata], site: {{fixed: harbour}}}}\n\
             state: {{folder: state}}\n\
             http: {{listen: \"127.0.0.1:0\"}}\n",
            rules.display(),
            log::address(),
        )
    }

    /// A door that is only ever opened with a badge.
    pub fn ordinary_door(&self, number: u64) -> String {
        format!("door-{:03}", number % ORDINARY)
    }

    /// The only partition of a topic.
    pub fn partition(&self, name: &str) -> Partition {
        Partition { topic: Arc::from(format!("{}.{name}", self.namespace)), partition: 0 }
    }

    /// The same position in every input.
    pub fn positions(&self, next: u64) -> Vec<Position> {
        INPUTS.map(|input| Position { of: self.partition(input), next }).to_vec()
    }

    /// A client of the namespace; its name is not the daemon's.
    pub fn settings(&self) -> Settings {
        Settings::new(&log::address(), &self.namespace, "bench")
    }

    fn command(&self, command: &str) -> Command {
        let mut called = Command::new(std::env::current_exe().expect("this executable"));
        called
            .args([command, "--config"])
            .arg(self.folder.path().join("watchfloor.yaml"))
            .stdin(Stdio::null());
        called
    }

    fn call(&self, args: &[&str]) {
        let output = self.command(args[0]).args(&args[1..]).output().expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts the daemon.
    pub fn start(&self) -> Daemon {
        let log = self.folder.path().join("log");
        let errors = fs::File::create(&log).expect("a file");
        let started = now();
        let child = self.command("run").stdout(Stdio::null()).stderr(errors).spawn().expect("it starts");
        Daemon { child, log, started }
    }

    /// Waits until the group has committed everything.
    pub fn await_committed(&self, records: u64, daemon: &mut Daemon) -> Reached {
        let reader = Consumer::reader(&self.settings()).expect("a reader");
        let inputs = INPUTS.map(|input| self.partition(input));
        let mut first = None;
        let deadline = now() + PATIENCE;
        loop {
            let sum: u64 = match reader.committed(&inputs, PATIENCE) {
                Ok(committed) => committed.into_iter().flatten().sum(),
                // The first to ask makes the broker look for who keeps positions.
                Err(Error::Retry(_)) => 0,
                Err(error) => panic!("positions: {error}"),
            };
            let at = now();
            if sum > 0 {
                let (first_at, first_sum) = *first.get_or_insert((at, sum));
                if sum >= records {
                    let seconds = (at - first_at).as_secs_f64().max(1e-3);
                    let since_start = (at - daemon.started).as_secs_f64();
                    // A recording so small that its first commit is its last has no other measure.
                    let is_one = first_sum == sum;
                    let rate =
                        if is_one { sum as f64 / since_start } else { (sum - first_sum) as f64 / seconds };
                    return Reached { records_a_second: rate, seconds_from_start: since_start };
                }
            }
            assert!(at < deadline, "{sum} of {records} are committed\n{}", daemon.said());
            daemon.assert_alive();
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Daemon {
    /// What it has logged.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// It must not have ended by itself.
    pub fn assert_alive(&mut self) {
        let ended = self.child.try_wait().expect("it is ours");
        assert!(ended.is_none(), "{ended:?}: {}", self.said());
    }

    /// CPU seconds of all its threads so far, in hundredths.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The name may hold blanks; user and system time are the 12th and 13th words behind it.
        let words = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
        words.filter_map(|word| word.parse::<f64>().ok()).sum::<f64>() / 100.0
    }

    /// Status and body of an answer, once it listens.
    fn get(&self, path: &str) -> Option<(u16, String)> {
        let said = self.said();
        let from = said.find("listening at=")? + "listening at=".len();
        let mut stream = TcpStream::connect(said[from..].split_whitespace().next()?).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// Waits until it does its work.
    pub fn await_ready(&mut self) {
        self.wait_for("ready", |daemon| daemon.get("/readyz").is_some_and(|(status, _)| status == 200));
    }

    /// Waits until a series has come to this; it tells them twice a second.
    pub fn await_figure(&mut self, series: &str, value: f64) {
        self.wait_for(series, |daemon| {
            let Some((_, metrics)) = daemon.get("/metrics") else { return false };
            let mut lines = metrics.lines();
            let told = lines.find_map(|line| line.strip_prefix(series)?.trim().parse::<f64>().ok());
            told == Some(value)
        });
    }

    fn wait_for(&mut self, what: &str, is_so: impl Fn(&Daemon) -> bool) {
        let deadline = now() + PATIENCE;
        while !is_so(self) {
            assert!(now() < deadline, "{what}: {:?}\n{}", self.get("/metrics"), self.said());
            self.assert_alive();
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// SIGTERM; it has to end well.
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().is_ok_and(|status| status.success()));
        let status = self.child.wait().expect("it is ours");
        assert!(status.success(), "{status:?}: {}", self.said());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It has ended long ago, unless something failed.
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}
