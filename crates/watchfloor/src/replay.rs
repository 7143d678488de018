//! `watchfloor replay`: recordings through the whole pipeline, files in and files out (contracts.md §3).
//!
//! Which order events arrive in and when the clock settles is decided in `engine`; here are the files.

mod folder;
mod recording;
mod show;

use crate::config::{self, Instance};
use crate::failure::Failure;
use crate::inputs;
use crate::progress::Count;
use crate::report::{Report, Style, about};
use engine::replay::{End, Options, Order, Recording, Replayed, replay};
use engine::setup::Setup;
use event::time::Timestamp;
use incident::table::Settings as IncidentSettings;
use ingest::read::{Expect, Spec};
use ingest::stage::Stage;
use recording::Reading;
use std::path::PathBuf;
use std::sync::Arc;

/// What `watchfloor replay` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How diagnostics and, without --out, incidents are written
    #[arg(long, value_enum, default_value_t)]
    format: Style,
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Records of a topic: TOPIC=PATH[?read=…][&at=…][&clock=…]
    #[arg(long, value_name = "TOPIC=SPEC", required = true, num_args = 1..)]
    input: Vec<String>,
    /// Write alerts, incidents, revisions, rejects, late events and a summary to this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// time, file or shuffle:SEED
    #[arg(long, value_name = "ORDER", default_value = "time", value_parser = order)]
    order: Order,
    /// Shift each input so that its last event is at this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    rebase: Option<Timestamp>,
    /// Whether the clock goes on behind the last record until nothing is pending
    #[arg(long, value_enum, default_value_t)]
    end: Ending,
    /// Rules in place of those of the configuration: a file, or a folder of *.rules
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Number of tasks
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=4096))]
    tasks: u32,
    /// Events of a batch
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    batch: u32,
}

/// What happens behind the last record.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Ending {
    /// The clock goes on until nothing is pending
    #[default]
    Settle,
    /// The clock stops; unsettled rows say so
    Open,
}

fn order(text: &str) -> Result<Order, String> {
    match (text, text.strip_prefix("shuffle:")) {
        ("time", _) => Ok(Order::Time),
        ("file", _) => Ok(Order::File),
        (_, Some(seed)) => {
            seed.parse().map(Order::Shuffle).map_err(|_| format!("`{seed}` is no seed: a whole number"))
        }
        _ => Err("expected time, file or shuffle:SEED".to_owned()),
    }
}

/// An instant of the command line.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text).ok_or_else(|| "expected a time such as 2026-01-10T02:00:00Z".to_owned())
}

/// Runs it.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut report = Report::errors_only(args.format);
    let inputs = inputs(&report, &args.input)?;
    let instance = config::load_with(&args.config, args.rules.as_deref(), &mut report)?;
    let stages = stages(&report, &instance, &inputs)?;
    let setup = setup(&instance);
    let replayed = play(args, &report, &setup, &inputs, &stages)?;
    match &args.out {
        Some(folder) => folder::write(&report, folder, &setup, &replayed)?,
        None => show::incidents(&report, &replayed)?,
    }
    show::summary(&report, &replayed);
    Ok(())
}

/// A topic and the files that stand for it.
pub(crate) struct Input {
    topic: String,
    spec: Spec,
    files: Vec<PathBuf>,
}

pub(crate) fn inputs(report: &Report, given: &[String]) -> Result<Vec<Input>, Failure> {
    let (mut inputs, mut failure) = (Vec::new(), None);
    for text in given {
        let Some((topic, spec)) = text.split_once('=').filter(|(topic, _)| !topic.is_empty()) else {
            let said =
                about("CL005", "").saying(format!("`{text}` names no topic"), "--input TOPIC=SPEC", "");
            failure = Some(report.stop(said));
            continue;
        };
        match Spec::parse(spec).and_then(|spec| Ok((spec.files()?, spec))) {
            Ok((files, spec)) => inputs.push(Input { topic: topic.to_owned(), spec, files }),
            Err(error) => failure = Some(report.stop(inputs::diagnostic(&error))),
        }
    }
    failure.map_or(Ok(inputs), Err)
}

/// The decode stage of each input, and how its files are cut.
pub(crate) fn stages(
    report: &Report,
    instance: &Instance,
    inputs: &[Input],
) -> Result<Vec<(Stage, Expect)>, Failure> {
    let (mut stages, mut failure) = (Vec::new(), None);
    for input in inputs {
        match instance.topic(&input.topic) {
            Ok(topic) => {
                stages.push((Stage::new(topic.settings.clone(), instance.ids.clone()), topic.expect))
            }
            Err(unknown) => failure = Some(report.stop(*unknown)),
        }
    }
    failure.map_or(Ok(stages), Err)
}

/// The parts that the engine needs of an instance.
pub(crate) fn setup(instance: &Instance) -> Setup {
    let incidents = IncidentSettings {
        hubs: instance.site.hubs().map(Arc::from).collect(),
        ..IncidentSettings::default()
    };
    Setup::new(
        instance.ids.namespace(),
        instance.symbols,
        instance.rules.clone(),
        instance.site.clone(),
        instance.topic_names.clone(),
        instance.format_names.clone(),
        incidents,
    )
}

fn play(
    args: &Args,
    report: &Report,
    setup: &Setup,
    inputs: &[Input],
    stages: &[(Stage, Expect)],
) -> Result<Replayed, Failure> {
    let options = Options {
        order: args.order,
        rebase: args.rebase,
        end: match args.end {
            Ending::Settle => End::Settle,
            Ending::Open => End::Open,
        },
        tasks: args.tasks,
        batch: args.batch as usize,
    };
    let bar = Count::new("events");
    let played = with_recordings(report, inputs, stages, |recordings| {
        replay(setup, recordings, options, &mut |done, all| bar.at(done, all))
    });
    bar.done();
    played?.map_err(|crossing| report.stop(about("CL006", "").saying(crossing.to_string(), "--tasks 1", "")))
}

/// What is made of the records of the inputs, if all of them can be read.
pub(crate) fn with_recordings<T>(
    report: &Report,
    inputs: &[Input],
    stages: &[(Stage, Expect)],
    run: impl FnOnce(&mut [Recording<'_>]) -> T,
) -> Result<T, Failure> {
    let mut readings: Vec<Reading<'_>> = Vec::new();
    for (input, (_, expect)) in inputs.iter().zip(stages) {
        readings.push(Reading::new(&input.spec, &input.files, *expect));
    }
    let mut recordings: Vec<Recording<'_>> =
        readings.iter_mut().zip(stages).map(|(records, (stage, _))| Recording { stage, records }).collect();
    let made = run(&mut recordings);
    drop(recordings);
    let mut failure = None;
    for error in readings.iter().filter_map(|reading| reading.error.as_ref()) {
        failure = Some(report.stop(inputs::diagnostic(error)));
    }
    failure.map_or(Ok(made), Err)
}
