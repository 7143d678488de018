//! The topics of an instance: what they have to be, what they are, and what is wrong with that (contracts.md §5).
//!
//! `watchfloor topics` shows it, `--create` makes what is missing, `--settle` ends a recording. `run` asks the same
//! questions at its start and refuses where they are answered wrongly. No topic that exists is ever changed here.

use crate::config::{self, InputTopic, Instance};
use crate::connection;
use crate::failure::Failure;
use crate::replay::setup;
use crate::report::{Report, Style, about, stdout_failed};
use crate::run::end_recording;
use event::diagnostic::Diagnostic;
use ingest::settings::SiteRule;
use kafka::admin::{Admin, Cleanup, NewTopicSpec, RecordTime, TopicFacts};
use kafka::settings::Settings;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use task::clock::Time;

/// What `watchfloor topics` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How diagnostics are written
    #[arg(long, value_enum, default_value_t)]
    format: Style,
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Create the topics that are missing
    #[arg(long)]
    create: bool,
    /// The recording of this group is over: settle everything
    #[arg(long, value_name = "GROUP")]
    settle: Option<String>,
}

/// What a topic is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Input,
    Own,
}

/// A topic that the instance needs.
#[derive(Clone, Debug)]
struct Wanted {
    name: String,
    role: Role,
    retention: Option<Duration>,
}

/// The topics of an instance as they are.
pub(crate) struct Survey {
    wanted: Vec<(Wanted, Option<TopicFacts>)>,
    time: Time,
}

const PATIENCE: Duration = Duration::from_secs(15);
const DAY: Duration = Duration::from_secs(86_400);

/// Runs it.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut report = Report::new(args.format);
    let instance = config::load(&args.config, &mut report)?;
    let settings = connection::settings(&report, &instance)?;
    let mut survey = survey(&report, &instance, &settings)?;
    if args.create {
        create(&report, &settings, &survey)?;
        survey = self::survey(&report, &instance, &settings)?;
    }
    show(&report, &survey)?;
    let found = survey.problems(&instance);
    if report.diagnostics(&found) {
        return Err(Failure::Work);
    }
    match &args.settle {
        Some(group) => settle(&report, &instance, &settings, &survey, group),
        None => Ok(()),
    }
}

/// The name of the topic of ticks.
pub(crate) fn ticks(instance: &Instance) -> String {
    crate::plan::ticks(instance)
}

fn own(instance: &Instance, name: &str) -> String {
    format!("{}.{name}", instance.ids.namespace())
}

/// What the instance needs. Ticks have to last as long as anything can still depend on them.
fn wanted(instance: &Instance) -> Vec<Wanted> {
    let horizon = Duration::from_nanos(setup(instance).shared.horizon().0.unsigned_abs());
    let own = |name: &str, retention| Wanted {
        name: own(instance, name),
        role: Role::Own,
        retention: Some(retention),
    };
    let inputs = instance.topics.iter().map(|topic| Wanted {
        name: topic.settings.topic.to_string(),
        role: Role::Input,
        retention: None,
    });
    let owned = [
        own("incidents", 30 * DAY),
        own("rejects", 14 * DAY),
        own("late", 14 * DAY),
        own("ticks", (2 * horizon).max(7 * DAY)),
    ];
    inputs.chain(owned).collect()
}

/// Asks the broker.
pub(crate) fn survey(report: &Report, instance: &Instance, settings: &Settings) -> Result<Survey, Failure> {
    let wanted = wanted(instance);
    let names: Vec<&str> = wanted.iter().map(|topic| topic.name.as_str()).collect();
    let facts = Admin::new(settings, PATIENCE).and_then(|admin| admin.describe(&names));
    let facts = facts.map_err(|error| connection::failed(report, settings, &error))?;
    Ok(Survey { wanted: wanted.into_iter().zip(facts).collect(), time: instance.time() })
}

fn create(report: &Report, settings: &Settings, survey: &Survey) -> Result<(), Failure> {
    let partitions = survey.partitions().unwrap_or(1);
    let time = match survey.time {
        Time::Broker => RecordTime::Append,
        Time::Recorded => RecordTime::Create,
    };
    let missing = survey.wanted.iter().filter(|(_, facts)| facts.is_none());
    let specs: Vec<NewTopicSpec> = missing
        .map(|(wanted, _)| NewTopicSpec {
            name: wanted.name.clone(),
            partitions,
            replication: None,
            time: if wanted.role == Role::Input { time } else { RecordTime::Append },
            cleanup: Cleanup::Delete,
            retention_ms: wanted.retention.and_then(|time| u64::try_from(time.as_millis()).ok()),
        })
        .collect();
    if specs.is_empty() {
        return Ok(());
    }
    let created = Admin::new(settings, PATIENCE).and_then(|admin| admin.create(&specs));
    created.map(|_| ()).map_err(|error| connection::failed(report, settings, &error))
}

fn settle(
    report: &Report,
    instance: &Instance,
    settings: &Settings,
    survey: &Survey,
    group: &str,
) -> Result<(), Failure> {
    let known = &instance.configuration.group.name;
    if group != known {
        let said =
            about("CL007", "").saying(format!("there is no group `{group}`"), format!("`{known}`"), "");
        return Err(report.stop(said));
    }
    if survey.time == Time::Broker {
        let said = about("CL008", "").saying(
            format!("group `{group}` goes by the broker's clock, which has no end"),
            "a group with `clock: recorded`",
            "",
        );
        return Err(report.stop(said));
    }
    let inputs: Vec<Arc<str>> = instance.topics.iter().map(|topic| topic.settings.topic.clone()).collect();
    let tasks = survey.partitions().unwrap_or(0);
    let ended = end_recording(settings, connection::now, &ticks(instance).into(), &inputs, tasks);
    ended.map_err(|error| connection::failed(report, settings, &error))
}

impl Survey {
    /// The number of partitions of the inputs that exist, and so of tasks.
    pub fn partitions(&self) -> Option<u32> {
        let inputs = self.wanted.iter().filter(|(wanted, _)| wanted.role == Role::Input);
        inputs.filter_map(|(_, facts)| facts.as_ref()).map(|facts| facts.partitions).max()
    }

    /// Everything that is not as it has to be.
    pub fn problems(&self, instance: &Instance) -> Vec<Diagnostic> {
        let file = &instance.file;
        let mut found = Vec::new();
        let missing: Vec<&str> =
            self.wanted.iter().filter(|(_, facts)| facts.is_none()).map(|(w, _)| w.name.as_str()).collect();
        if !missing.is_empty() {
            found.push(about("KF001", file).saying(
                format!("there is no topic {}", missing.join(", ")),
                "every topic to exist",
                format!("watchfloor topics --config {file} --create"),
            ));
        }
        let there = self.wanted.iter().filter_map(|(wanted, facts)| Some((wanted, facts.as_ref()?)));
        for (wanted, facts) in there.clone() {
            found.extend(self.stamp(wanted, facts, file));
        }
        let counts: BTreeSet<u32> = there.clone().map(|(_, facts)| facts.partitions).collect();
        if counts.len() > 1 {
            let each: Vec<String> =
                there.map(|(wanted, facts)| format!("{} has {}", wanted.name, facts.partitions)).collect();
            found.push(about("KF003", file).saying(
                format!("the topics differ in their number of partitions: {}", each.join(", ")),
                "the same number for all: partition p of each belongs to task p",
                "create those anew that differ",
            ));
        }
        found.extend(self.keyed(instance));
        found
    }

    /// Whose time the records carry.
    fn stamp(&self, wanted: &Wanted, facts: &TopicFacts, file: &str) -> Option<Diagnostic> {
        let must = wanted.role == Role::Own || self.time == Time::Broker;
        let is_wrong = must && facts.time != RecordTime::Append;
        is_wrong.then(|| {
            about("KF002", file).saying(
                format!("the records of {} carry their producers' time", wanted.name),
                "message.timestamp.type=LogAppendTime",
                format!(
                    "kafka-configs --alter --entity-type topics --entity-name {} --add-config \
                     message.timestamp.type=LogAppendTime; for recordings say `clock: recorded`",
                    wanted.name
                ),
            )
        })
    }

    /// With several partitions the producers have to key by site, whatever the site is read from.
    fn keyed(&self, instance: &Instance) -> Vec<Diagnostic> {
        if self.partitions().unwrap_or(1) <= 1 {
            return Vec::new();
        }
        let reads_key = |topic: &InputTopic| matches!(topic.settings.site, SiteRule::FromKey { .. });
        let unkeyed = instance.topics.iter().filter(|topic| !topic.keyed_by_site && !reads_key(topic));
        unkeyed
            .map(|topic| {
                about("KF004", &instance.file).saying(
                    format!(
                        "{} has several partitions, and its site is not read from the key",
                        topic.settings.topic
                    ),
                    "records keyed by site: a site's events have to be in one partition",
                    "if its producers key it by site, say `keyed_by_site: true`; else give it one partition",
                )
            })
            .collect()
    }
}

fn show(report: &Report, survey: &Survey) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for (wanted, facts) in &survey.wanted {
        let line = match facts {
            None => format!("{}\tmissing", wanted.name),
            Some(facts) => format!(
                "{}\t{} partitions\t{} copies\t{}\tkept {}",
                wanted.name,
                facts.partitions,
                facts.replication,
                match facts.time {
                    RecordTime::Append => "broker's time",
                    RecordTime::Create => "producers' time",
                },
                facts.retention_ms.map_or("for ever".to_owned(), |ms| format!("{} h", ms / 3_600_000)),
            ),
        };
        writeln!(out, "{line}").map_err(|error| stdout_failed(report, &error))?;
    }
    Ok(())
}
