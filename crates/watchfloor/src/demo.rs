//! `watchfloor demo`: a simulated site through the whole pipeline, at sixty times the speed of life. It needs no service
//! and no file.
//!
//! ```text
//! sim ─▶ inputs ─▶ engine::live ─▶ log in memory ─▶ console ─▶ terminal, pages over HTTP
//! ```
//! Decode stage, task and publisher are those of the daemon; only the ends differ. What is printed is what a reader of
//! the topic of incidents would read.

mod ends;
mod screen;
mod site;
mod words;

#[cfg(test)]
mod tests;

use crate::config;
use crate::console::told::Told;
use crate::console::{Advice, Console, Eyes, board, revision::Revision};
use crate::failure::Failure;
use crate::files::Files;
use crate::health::Health;
use crate::report::{Report, about};
use crate::signals::Stop;
use crate::{clock, figures, plan, tell};
use ends::{NoStore, Pace, SPEED, SiteInputs};
use engine::live::{Live, LiveError, Plan};
use engine::memory::MemoryLog;
use event::time::{Duration, Timestamp};
use screen::Screen;
use sink::registry::Registry;
use std::net::SocketAddr;
use std::path::Path;
use task::publish::{Publisher, Settings as PublishSettings};
use task::sources::Outcome;

/// What `watchfloor demo` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  watchfloor demo\n  watchfloor demo --for 2m --listen 127.0.0.1:8080\n\n\
                        NO_COLOR=1 turns colour off; in a pipe the output is plain text."
)]
pub(crate) struct Args {
    /// Where pages, metrics and probes are answered; port 0 takes any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9600")]
    listen: SocketAddr,
    /// End by itself after this time, such as 90s or 5m; without it Ctrl-C ends it
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    length: Option<Duration>,
    /// Which days the site has: the same seed, the same days
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = Duration::parse(text).filter(|length| *length > Duration::ZERO);
    parsed.ok_or_else(|| "expected a length of time such as 90s or 5m".to_owned())
}

/// The instance at work.
type Demo = Live<Told<MemoryLog>, SiteInputs, NoStore>;

/// Numbers and the line on the terminal are told this often.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// Runs until a signal, or until its time is over.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut report = Report::errors_only(crate::report::Style::Text);
    let files = site::files();
    let instance = config::load_from(Files::Held(&files), Path::new(sim::CONFIGURATION), None, &mut report)?;
    let plan = plan::of(&report, &instance, 1, false)?;
    let console = Console::new(Advice::of(&plan.setup.shared.program.tree), Eyes::All);
    console.facts().board.keep_news();
    let theatre = Theatre {
        stop: Stop::on_signals().map_err(|error| ended(&report, &format!("no signals: {error}")))?,
        health: Health::new(clock::now()),
        registry: Registry::new(),
        console,
        pace: Pace::from(clock::now()),
    };
    let at = theatre.serve(&report, args.listen)?;
    let mut screen = Screen::new();
    screen.say(&welcome(theatre.console.advice().len(), at, args.length));
    let mut demo = theatre.open(&report, plan, args.seed)?;
    let outcome = theatre.watch(&mut demo, args.length, &mut screen, at);
    screen.end();
    outcome.map_err(|error| ended(&report, &error.to_string()))?;
    screen.say(&theatre.summary(&demo));
    Ok(())
}

fn welcome(rules: usize, at: SocketAddr, length: Option<Duration>) -> String {
    let until = match length {
        Some(length) => format!("It ends after {length}; Ctrl-C ends it sooner."),
        None => "Ctrl-C ends it.".to_owned(),
    };
    format!(
        "Watchfloor demo: a simulated site with two buildings, 20 doors, 8 cameras, an alarm panel and a network, \
         at {SPEED} times\nthe speed of life, watched by {rules} rules. Console: http://{at}/  {until}\n\n"
    )
}

/// What the parts of the process share.
struct Theatre {
    stop: Stop,
    health: Health,
    registry: Registry,
    console: Console,
    pace: Pace,
}

impl Theatre {
    fn serve(&self, report: &Report, listen: SocketAddr) -> Result<SocketAddr, Failure> {
        let served =
            crate::http::serve(listen, self.health.clone(), self.registry.clone(), self.console.clone());
        served.map_err(|error| {
            let said = about("DM001", "").saying(
                format!("cannot listen at {listen}: {error}"),
                "an address of this machine and a port that is free",
                "--listen 127.0.0.1:0 takes any free port",
            );
            report.stop(said)
        })
    }

    fn open(&self, report: &Report, plan: Plan, seed: u64) -> Result<Demo, Failure> {
        let log = Told::new(MemoryLog::new(1), self.console.clone());
        let publisher = Publisher::start(log, plan.setup.shared.ids.clone(), PublishSettings::default());
        let publisher = publisher.map_err(|(error, _)| ended(report, &error.to_string()))?;
        let topics = plan.setup.shared.topics.clone();
        let inputs = SiteInputs::new(seed, self.pace, plan.ticks, |name| topics.id(name));
        Ok(Live::new(plan, publisher, inputs, NoStore))
    }

    fn watch(
        &self,
        demo: &mut Demo,
        length: Option<Duration>,
        screen: &mut Screen,
        at: SocketAddr,
    ) -> Result<(), LiveError> {
        let until = length.map_or(Timestamp::MAX, |length| clock::now() + length);
        let mut told_at = Timestamp::MIN;
        while !self.stop.is_asked() && !screen.is_gone() && clock::now() < until {
            demo.step(clock::now())?;
            self.measure(demo);
            self.print(screen);
            if clock::now() >= told_at + TELL_EVERY {
                told_at = clock::now();
                self.tell(demo);
                screen.status(self.status(at));
            }
        }
        demo.finish(clock::now())?;
        self.print(screen);
        self.tell(demo);
        Ok(())
    }

    /// How long the records of the last step took, from when they were due to where their incidents are readable.
    fn measure(&self, demo: &mut Demo) {
        let due = demo.inputs_mut().take_due();
        let now = clock::now();
        let mut facts = self.console.facts();
        due.into_iter().for_each(|due| facts.pulse.took(now - due));
        facts.pulse.beat(now);
    }

    fn print(&self, screen: &mut Screen) {
        let news = self.console.facts().board.take_news();
        for revision in news.iter().filter_map(|bytes| Revision::read(bytes)) {
            screen.revision(&revision, &self.console.advice());
        }
    }

    fn tell(&self, demo: &Demo) {
        let now = clock::now();
        let ready = demo.recovering() == 0;
        self.health.lives(now);
        self.health.not_ready((!ready).then(|| "starting".to_owned()));
        self.registry.publish(figures::of(demo, &|topic, _| demo.inputs().end(topic), ready, now));
        let site = self.pace.site(now);
        let mut facts = self.console.facts();
        facts.status = tell::status(demo, "demo", site, Some(SPEED));
        facts.sources = tell::sources(demo, site);
    }

    fn status(&self, at: SocketAddr) -> String {
        let facts = self.console.facts();
        let open = board::open(&facts.board);
        let all: u64 = open.values().sum();
        let critical = open.get("critical").copied().unwrap_or(0);
        let site = self.pace.site(clock::now()).to_string();
        format!(
            " {} site time · {} events/s · p99 {:.1} ms · {all} open incidents, {critical} critical · http://{at}/",
            words::clock(&site),
            facts.pulse.rate(),
            facts.pulse.recent_p99().as_secs_f64() * 1e3,
        )
    }

    /// The sums, each of them as an equation that has to hold.
    fn summary(&self, demo: &Demo) -> String {
        let records = &demo.sums().records;
        let mut text = format!(
            "Summary\n  records    {} read = {} decoded + {} rejected + {} control\n",
            records.read, records.decoded, records.rejected, records.control
        );
        for (_, task, _) in demo.machines() {
            let of = |outcome| format!("{} {}", task.events.of(outcome), outcome.name());
            let parts: Vec<String> = Outcome::ALL.into_iter().map(of).collect();
            text += &format!("  events     {} decoded = {}\n", task.events.decoded(), parts.join(" + "));
            let alerts = &task.alerts;
            let open = alerts.raised - alerts.settled - alerts.withdrawn - alerts.merged;
            text += &format!(
                "  alerts     {} raised = {} settled + {} withdrawn + {} merged + {open} not settled yet\n",
                alerts.raised, alerts.settled, alerts.withdrawn, alerts.merged
            );
        }
        let facts = self.console.facts();
        let open = board::open(&facts.board);
        let by_level: Vec<String> = crate::console::revision::LEVELS
            .iter()
            .filter_map(|level| Some(format!("{} {level}", open.get(*level)?)))
            .collect();
        let quantile = |share| facts.pulse.quantile(share).as_secs_f64() * 1e3;
        text += &format!("  incidents  {} open: {}\n", open.values().sum::<u64>(), by_level.join(", "));
        text += &format!(
            "  latency    p50 {:.1} ms, p99 {:.1} ms, from the arrival of a record to its published incidents\n",
            quantile(0.5),
            quantile(0.99)
        );
        text
    }
}

fn ended(report: &Report, what: &str) -> Failure {
    report.stop(about("DM002", "").saying(what, "", ""));
    Failure::Work
}
