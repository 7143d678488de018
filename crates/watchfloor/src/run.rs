//! `watchfloor run`: the daemon. Wiring, wall clock, signals and patience; what an event means is decided elsewhere.
//!
//! ```text
//! inputs (group, reader) ─▶ engine::live ─▶ log (transactions, read-back)
//! ticker (own thread) ─▶ <ns>.ticks             └─▶ state folder, numbers, health
//! ```

mod inputs;
mod rules;
mod ticker;

pub(crate) use ticker::end_recording;

use crate::config::{self, Instance};
use crate::console::told::Told;
use crate::console::{Advice, Console, Eyes};
use crate::failure::Failure;
use crate::health::Health;
use crate::report::{Report, Style, about};
use crate::signals::Stop;
use crate::state::StateFolder;
use crate::{clock, connection, figures, tell, topics};
use engine::live::{Live, LiveError, Plan, Reloaded, Stepped};
use engine::setup::Setup;
use event::coordinates::TopicId;
use event::time::{Duration, Timestamp};
use inputs::KafkaInputs;
use kafka::consumer::Partition;
use kafka::error::Error;
use kafka::group::Group;
use kafka::log::KafkaLog;
use kafka::settings::Settings;
use rules::{Changed, RuleFiles};
use sink::registry::Registry;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use task::log::LogError;
use task::publish::{Publisher, Settings as PublishSettings};
use ticker::Ticker;

/// What `watchfloor run` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How diagnostics are written
    #[arg(long, value_enum, default_value_t)]
    format: Style,
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Go on without a snapshot: what was known is not known any more
    #[arg(long)]
    cold: bool,
}

/// The instance at work.
type Instanced = Live<Told<KafkaLog>, KafkaInputs, StateFolder>;

/// Numbers and health are told this often.
const TELL_EVERY: Duration = Duration::from_millis(500);
/// To say what is left to say at the end.
const FINISH_MAX: Duration = Duration::from_secs(6);
/// For the client library to close; beyond it the process ends without.
const CLOSE_MAX: std::time::Duration = std::time::Duration::from_secs(2);

/// Runs until a signal.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut report = Report::new(args.format);
    let instance = config::load(&args.config, &mut report)?;
    crate::log::to_stderr();
    let settings = connection::settings(&report, &instance)?;
    let survey = topics::survey(&report, &instance, &settings)?;
    if report.diagnostics(&survey.problems(&instance)) {
        return Err(Failure::Usage);
    }
    let plan = crate::plan::of(&report, &instance, survey.partitions().unwrap_or(1), args.cold)?;
    let daemon = Daemon {
        config: args.config.clone(),
        stop: Stop::on_signals().map_err(|error| ended(&report, &format!("no signals: {error}")))?,
        health: Health::new(clock::now()),
        registry: Registry::new(),
        console: Console::new(Advice::of(&plan.setup.shared.program.tree), Eyes::Open),
        settings,
        report,
    };
    daemon.serve(&instance)?;
    daemon.run(&instance, plan)
}

/// What the parts of the process share.
struct Daemon {
    config: PathBuf,
    report: Report,
    settings: Settings,
    stop: Stop,
    health: Health,
    registry: Registry,
    console: Console,
}

impl Daemon {
    fn serve(&self, instance: &Instance) -> Result<(), Failure> {
        let listen = instance.configuration.listen;
        match crate::http::serve(listen, self.health.clone(), self.registry.clone(), self.console.clone()) {
            Ok(at) => {
                tracing::info!(target: "run", %at, "listening");
                Ok(())
            }
            Err(error) => Err(ended(&self.report, &format!("cannot listen at {listen}: {error}"))),
        }
    }

    fn run(&self, instance: &Instance, plan: Plan) -> Result<(), Failure> {
        let folder = instance.folder.join(&instance.configuration.state_folder);
        let store = StateFolder::open(&folder).map_err(|error| ended(&self.report, &error.to_string()))?;
        let ticks: Arc<str> = plan.setup.shared.topics.name(plan.ticks).clone();
        let group = Group::join(&self.settings, &ticks).map_err(|error| self.refused(&error))?;
        let names = plan.setup.shared.topics.clone();
        let log = KafkaLog::new(&self.settings, connection::now, group.membership(), names.clone())
            .map_err(|error| self.refused(&error))?;
        let Some(publisher) = self.fence(Told::new(log, self.console.clone()), &plan)? else { return Ok(()) };
        let inputs = KafkaInputs::new(&self.settings, group, names, urgent(instance, &plan))
            .map_err(|error| self.refused(&error))?;
        let ticker = Ticker::start(&self.settings, connection::now, ticks, &instance.topic_names, plan.time)
            .map_err(|error| self.refused(&error))?;
        let mut live = Live::new(plan, publisher, inputs, store);
        let mut files = RuleFiles::of(instance, &self.config, self.report.style());
        let outcome = self.watch(&mut live, &ticker, &mut files);
        drop(ticker);
        close(live);
        outcome.map_err(|error| ended(&self.report, &error.to_string()))
    }

    /// Fences predecessors; none if it was asked to stop before the broker answered.
    fn fence(
        &self,
        mut log: Told<KafkaLog>,
        plan: &Plan,
    ) -> Result<Option<Publisher<Told<KafkaLog>>>, Failure> {
        while !self.stop.is_asked() {
            let ids = plan.setup.shared.ids.clone();
            match Publisher::start(log, ids, PublishSettings::default()) {
                Ok(publisher) => return Ok(Some(publisher)),
                Err((LogError::Retry(error), back)) => {
                    tracing::warn!(target: "run", %error, "the broker does not answer");
                    self.health.not_ready([format!("the broker does not answer: {error}")]);
                    log = back;
                }
                Err((error, _)) => return Err(ended(&self.report, &error.to_string())),
            }
        }
        Ok(None)
    }

    fn refused(&self, error: &Error) -> Failure {
        connection::failed(&self.report, &self.settings, error)
    }

    /// Steps until a signal, then says what is left to say.
    fn watch(&self, live: &mut Instanced, ticker: &Ticker, files: &mut RuleFiles) -> Result<(), LiveError> {
        let mut told_at = Timestamp::MIN;
        let mut coming = None;
        let mut tasks = BTreeSet::new();
        while !self.stop.is_asked() {
            let now = clock::now();
            let stepped = live.step(now)?;
            self.measure(stepped, now);
            match files.look(live.sums().tasks(), now) {
                Some(Changed::To(setup)) => coming = Some(setup),
                Some(Changed::Broken) => self.refused_rules(live, "they do not check"),
                None => {}
            }
            if let Some(setup) = coming.take() {
                coming = self.reload(live, setup, now)?;
            }
            let own = live.tasks();
            if own != tasks {
                tracing::info!(target: "run", tasks = ?own.iter().map(|task| task.0).collect::<Vec<_>>(), "tasks");
                ticker.shared.own(own.clone());
                tasks = own;
            }
            if now >= told_at + TELL_EVERY {
                self.tell(live, ticker, now);
                told_at = now;
            }
        }
        self.health.not_ready(["stopping".to_owned()]);
        tracing::info!(target: "run", "stopping");
        let until = clock::now() + FINISH_MAX;
        while !live.finish(clock::now())? && clock::now() < until {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        live.save_all(clock::now())?;
        self.tell(live, ticker, clock::now());
        tracing::info!(target: "run", "stopped");
        Ok(())
    }

    /// Brings other rules into force; gives them back if it is not the time yet.
    fn reload(
        &self,
        live: &mut Instanced,
        setup: Box<Setup>,
        now: Timestamp,
    ) -> Result<Option<Box<Setup>>, LiveError> {
        let rules = setup.shared.program.tree.clone();
        match live.reload(Setup::clone(&setup), now)? {
            Reloaded::Later => return Ok(Some(setup)),
            Reloaded::Refused(why) => self.refused_rules(live, &why),
            Reloaded::Done(dropped) => {
                self.console.set_advice(Advice::of(&rules));
                tracing::info!(target: "run", rules = rules.rules.len(), begin_anew = ?dropped, "other rules are in force");
            }
        }
        Ok(None)
    }

    fn refused_rules(&self, live: &mut Instanced, why: &str) {
        live.refused_rules();
        tracing::error!(target: "run", why, "the changed rules are not in force; those of before go on");
    }

    /// How long the records of a step took.
    fn measure(&self, stepped: Stepped, began: Timestamp) {
        let now = clock::now();
        let mut facts = self.console.facts();
        facts.pulse.took_all(now - began, stepped.records as u64);
        facts.pulse.beat(now);
    }

    fn tell(&self, live: &Instanced, ticker: &Ticker, now: Timestamp) {
        let mut reasons = Vec::new();
        if live.tasks().is_empty() {
            reasons.push("no task is assigned".to_owned());
        }
        if live.recovering() > 0 {
            reasons.push(format!("{} tasks are being restored", live.recovering()));
        }
        reasons.extend(live.trouble().map(str::to_owned));
        let ready = reasons.is_empty();
        self.health.lives(now);
        self.health.not_ready(reasons);
        let ends = ticker.shared.ends();
        let end =
            |topic: &str, partition: u32| ends.get(&Partition { topic: topic.into(), partition }).copied();
        self.registry.publish(figures::of(live, &end, ready, now));
        let mut facts = self.console.facts();
        facts.status = tell::status(live, "run", now, None);
        facts.sources = tell::sources(live, now);
    }
}

/// The topics that are read first.
fn urgent(instance: &Instance, plan: &Plan) -> BTreeSet<TopicId> {
    let urgent = instance.topics.iter().filter(|topic| topic.life_safety);
    urgent.filter_map(|topic| plan.setup.shared.topics.id(&topic.settings.topic)).collect()
}

/// Closing waits for the broker; whoever has said everything need not.
fn close(live: Instanced) {
    let (done, closed) = std::sync::mpsc::channel();
    let spawned = std::thread::Builder::new().name("close".to_owned()).spawn(move || {
        drop(live);
        // Nobody may be listening any more.
        let _late = done.send(());
    });
    if spawned.is_ok() && closed.recv_timeout(CLOSE_MAX).is_err() {
        tracing::warn!(target: "run", "the connection did not close in time");
    }
}

fn ended(report: &Report, what: &str) -> Failure {
    report.stop(about("RN001", "").saying(what, "", ""));
    Failure::Work
}
