//! `watchfloor decode`: the events of recorded files as JSON, one a line, on the standard output.
//!
//! It shows what a record means to the rest: every event, heartbeats too, complete but for what only an
//! instance knows. Nothing is correlated, compared or left out here.

use crate::failure::Failure;
use crate::inputs::{self, InputFile};
use crate::progress::Progress;
use crate::report::{Report, Style, about, stdout_failed, unreadable, unwritable};
use crate::{config, formats, rejects};
use event::coordinates::Topics;
use event::document;
use event::id::Ids;
use event::symbol::SymbolKey;
use event::time::Timestamp;
use ingest::decoder::Header;
use ingest::mapping::Mapping;
use ingest::output::{Counts, Output};
use ingest::read::{self, Expect, FileRecord};
use ingest::settings::{Settings, SiteRule};
use ingest::stage::{Arrival, Input, Outcome, Stage};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows that are written at a time.
const BATCH_ROWS: usize = 1024;

/// What `watchfloor decode` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A format of `watchfloor formats`, or `auto`; several may be given. `json` writes diagnostics as JSON
    #[arg(long, value_name = "NAME")]
    format: Vec<String>,
    /// A mapping file, or the name of a shipped mapping
    #[arg(long, value_name = "FILE|NAME")]
    mapping: Option<String>,
    /// Read the files as records of a topic of this configuration
    #[arg(long, value_name = "FILE", requires = "topic")]
    config: Option<PathBuf>,
    /// The topic of the configuration
    #[arg(long, value_name = "TOPIC", requires = "config", conflicts_with_all = ["mapping"])]
    topic: Option<String>,
    /// The zone of times that name none
    #[arg(long, value_name = "IANA")]
    zone: Option<String>,
    /// The year of times that name none
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1..=9999))]
    year: Option<i16>,
    /// Write records that are no event to this file
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// PATH[?read=auto|lines|whole|array|csv|tsv|dc09|kafka][&at=/json/pointer][&clock=/json/pointer|column]
    #[arg(required = true, value_name = "SPEC")]
    specs: Vec<String>,
}

/// What all files have in common.
struct Manner {
    settings: Settings,
    expect: Expect,
    ids: Ids,
    symbols: SymbolKey,
    format_names: Arc<[&'static str]>,
}

/// `watchfloor decode`
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let (style, names) = formats_and_style(&args.format);
    let mut report = Report::errors_only(style);
    let files = inputs::files(&report, &args.specs)?;
    let manner = manner(args, &names, &mut report)?;
    let topics = Topics::new(topic_names(&report, &files)?.iter().map(String::as_str));
    let rejects = args.rejects.as_deref().map(|path| create(&report, path)).transpose()?;
    let mut decoding = Decoding {
        report: &report,
        manner: &manner,
        topics: &topics,
        out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
        rejects,
        progress: Progress::over(files.iter().map(|file| file.path.as_path())),
        total: Counts::default(),
        reasons: BTreeMap::new(),
        predecessor: Timestamp(0),
    };
    let decoded = decoding.files(&files);
    decoding.progress.done();
    if decoded != Err(Failure::ReaderGone) {
        decoding.summary();
    }
    decoded
}

/// `--format json` is the style of diagnostics, as everywhere; any other name is a format.
fn formats_and_style(given: &[String]) -> (Style, Vec<&str>) {
    let names = given.iter().map(String::as_str).filter(|name| *name != "json").collect();
    let json = given.iter().any(|name| name == "json");
    (if json { Style::Json } else { Style::Text }, names)
}

fn manner(args: &Args, names: &[&str], report: &mut Report) -> Result<Manner, Failure> {
    let mut manner = match (&args.config, &args.topic) {
        (Some(config), Some(topic)) => configured(config, topic, report)?,
        _ => unconfigured(args, names, report)?,
    };
    if let Some(zone) = &args.zone {
        manner.settings.zone = config::units::zone(zone).map_err(|help| {
            report.stop(about("CL002", "").saying(
                format!("no time zone `{zone}`"),
                "a name of the IANA time zone database, such as Europe/Paris",
                help,
            ))
        })?;
    }
    manner.settings.year = args.year.or(manner.settings.year);
    Ok(manner)
}

fn unconfigured(args: &Args, names: &[&str], report: &mut Report) -> Result<Manner, Failure> {
    let mapping = args.mapping.as_deref().map(|path| mapping(path, report)).transpose()?.map(Arc::new);
    let formats = formats::with(mapping.clone());
    let names = match (names, &mapping) {
        ([], Some(_)) => &[formats::MAPPED],
        ([], None) => &["auto"],
        (names, _) => names,
    };
    let chosen = formats.choose(names.iter().copied()).map_err(|unknown| {
        let (message, expected, help) = formats::unknown(&formats, &unknown);
        let help = match (&*unknown.name, &mapping) {
            (formats::MAPPED, None) => "name the mapping: `--mapping FILE`".to_owned(),
            _ => help,
        };
        report.stop(about("CL001", "").saying(message, expected, help))
    })?;
    let expect = match (&mapping, names) {
        (Some(mapping), [_]) => mapping.expect(),
        _ => Expect::Any,
    };
    let site = SiteRule::Fixed("local".into());
    let settings =
        Settings { year: Some(crate::clock::year()), ..Settings::new(Default::default(), "", chosen, site) };
    let format_names = formats.iter().map(|decoder| decoder.format()).collect();
    Ok(Manner {
        settings,
        expect,
        ids: Ids::new("local"),
        symbols: SymbolKey::derive(b"local"),
        format_names,
    })
}

fn mapping(path: &str, report: &mut Report) -> Result<Mapping, Failure> {
    // A file of that name comes first: it is the site's own.
    let text = match (std::fs::read_to_string(path), ingest::shipped::text(path)) {
        (Ok(text), _) => text,
        (Err(_), Some(shipped)) => shipped.to_owned(),
        (Err(error), None) => return Err(report.stop(unreadable(path, &error))),
    };
    report.source(path, &text);
    let (mapping, diagnostics) = ingest::mapping::load(path, &text);
    report.diagnostics(&diagnostics);
    mapping.ok_or(Failure::Usage)
}

fn configured(config: &Path, topic: &str, report: &mut Report) -> Result<Manner, Failure> {
    let instance = config::load(config, report)?;
    let found = instance.topic(topic).map_err(|unknown| report.stop(*unknown))?;
    let mut settings = found.settings.clone();
    settings.year = settings.year.or(Some(crate::clock::year()));
    Ok(Manner {
        settings,
        expect: found.expect,
        ids: instance.ids,
        symbols: instance.symbols,
        format_names: instance.format_names,
    })
}

/// The files are the topics here.
fn topic_names(report: &Report, files: &[InputFile]) -> Result<Vec<String>, Failure> {
    let names: Vec<String> = files.iter().map(|file| file.path.display().to_string()).collect();
    match names.len() > usize::from(u16::MAX) {
        true => Err(report.stop(about("CL004", "").saying(
            format!("{} files at once", names.len()),
            format!("at most {}", u16::MAX),
            "decode one folder after the other",
        ))),
        false => Ok(names),
    }
}

fn create(report: &Report, path: &Path) -> Result<BufWriter<File>, Failure> {
    let file = File::create(path);
    file.map(BufWriter::new).map_err(|error| report.stop(unwritable(&path.display().to_string(), &error)))
}

/// The work itself.
struct Decoding<'a> {
    report: &'a Report,
    manner: &'a Manner,
    topics: &'a Topics,
    out: BufWriter<io::StdoutLock<'static>>,
    rejects: Option<BufWriter<File>>,
    progress: Progress,
    total: Counts,
    reasons: BTreeMap<&'static str, u64>,
    /// When the last record of the file arrived, as far as is known: what a record without a time gets.
    predecessor: Timestamp,
}

impl Decoding<'_> {
    /// A file that cannot be read does not keep the others from being read.
    fn files(&mut self, files: &[InputFile]) -> Result<(), Failure> {
        let mut result = Ok(());
        for file in files {
            self.progress.file(&file.path);
            match self.file(file) {
                Err(Failure::ReaderGone) => return Err(Failure::ReaderGone),
                Err(failure) => result = Err(failure),
                Ok(()) => {}
            }
        }
        self.flush().and(result)
    }

    fn file(&mut self, file: &InputFile) -> Result<(), Failure> {
        let stage = self.stage(&file.path);
        self.predecessor = Timestamp(0);
        let failed = |error| self.report.stop(inputs::diagnostic(&error));
        let records = read::open(&file.spec, &file.path, self.manner.expect).map_err(failed)?;
        let mut output = Output::new(self.manner.symbols);
        let mut bytes = 0;
        for record in records {
            match record {
                Ok(record) => {
                    bytes += record.value.as_ref().map_or(0, |value| value.len() as u64 + 1);
                    self.record(file, &stage, &record, &mut output);
                }
                Err(error) => {
                    self.write(&mut output)?;
                    return Err(self.report.stop(inputs::diagnostic(&error)));
                }
            }
            if output.batch.len() >= BATCH_ROWS || output.rejects.len() >= BATCH_ROWS {
                self.progress.read(bytes);
                self.write(&mut output)?;
            }
        }
        self.write(&mut output)
    }

    fn stage(&self, path: &Path) -> Stage {
        let topic = path.display().to_string();
        let mut settings = self.manner.settings.clone();
        settings.topic_id = self.topics.id(&topic).unwrap_or_default();
        settings.topic = topic.into();
        Stage::new(settings, self.manner.ids.clone())
    }

    fn record(&mut self, file: &InputFile, stage: &Stage, record: &FileRecord, output: &mut Output) {
        let headers: Vec<Header<'_>> = record
            .headers
            .iter()
            .map(|(name, value)| Header { name: name.as_bytes(), value: value.as_deref() })
            .collect();
        // A recorded arrival is asked for by `clock=` alone; that of a dump only fills in for a missing time.
        let arrival = match (record.clock, &file.spec.clock) {
            (Some(clock), Some(_)) => Arrival::At(clock),
            (known, _) => Arrival::AsHappened { otherwise: known.unwrap_or(self.predecessor) },
        };
        let input = Input {
            partition: record.partition.unwrap_or(file.input),
            offset: record.offset,
            arrival,
            key: record.key.as_deref(),
            headers: &headers,
            value: record.value.as_deref(),
        };
        if let Outcome::Decoded { first } = stage.decode(&input, output) {
            let last = output.batch.len().max(first + 1) - 1;
            self.predecessor = output.batch.row(last).row.append;
        }
    }

    /// Writes what has been decoded, and counts it.
    fn write(&mut self, output: &mut Output) -> Result<(), Failure> {
        let names = document::Names {
            ids: &self.manner.ids,
            topics: self.topics,
            formats: &self.manner.format_names,
            place: "path",
        };
        let mut text = String::new();
        for row in output.batch.iter() {
            document::write(row, &names, &mut text);
            text.push('\n');
        }
        self.out.write_all(text.as_bytes()).map_err(|error| stdout_failed(self.report, &error))?;
        self.write_rejects(output)?;
        self.total += output.counts;
        output.clear();
        Ok(())
    }

    fn write_rejects(&mut self, output: &Output) -> Result<(), Failure> {
        let mut text = String::new();
        for reject in &output.rejects {
            *self.reasons.entry(reject.reason.name()).or_default() += 1;
            if self.rejects.is_some() {
                rejects::write(reject, self.topics, "path", &mut text);
                text.push('\n');
            }
        }
        let written = self.rejects.as_mut().map_or(Ok(()), |file| file.write_all(text.as_bytes()));
        written.map_err(|error| self.report.stop(unwritable("the file of --rejects", &error)))
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|error| stdout_failed(self.report, &error))?;
        let flushed = self.rejects.as_mut().map_or(Ok(()), Write::flush);
        flushed.map_err(|error| self.report.stop(unwritable("the file of --rejects", &error)))
    }

    fn summary(&self) {
        let Counts { read, decoded, rejected, control, events, unclassified, .. } = self.total;
        let line = match self.report.style() {
            Style::Json => serde_json::json!({
                "records": {"read": read, "decoded": decoded, "rejected": rejected, "control": control},
                "events": {"decoded": events, "unclassified": unclassified},
                "rejects": self.reasons,
            })
            .to_string(),
            Style::Text => {
                let reasons: Vec<String> =
                    self.reasons.iter().map(|(reason, n)| format!("{reason} {n}")).collect();
                let reasons =
                    if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
                format!(
                    "records: {read} read, {decoded} decoded, {rejected} rejected{reasons}, {control} control; \
                     events: {events}, of these {unclassified} unclassified"
                )
            }
        };
        // Nobody is left to tell if this stream is closed.
        let _closed = writeln!(io::stderr().lock(), "{line}");
    }
}
