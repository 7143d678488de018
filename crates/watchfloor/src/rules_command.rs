//! `watchfloor rules`: what is wrong with rule files, what the checker derived, and the one layout.

mod explain;

use crate::config::{self, known};
use crate::failure::Failure;
use crate::files::Files;
use crate::report::{Report, Style, stdout_failed, unreadable, unwritable};
use crate::rule_files::{self, Loaded};
use engine::rule_tests;
use event::diagnostic::{Diagnostic, Severity, line_and_column};
use event::producers::Producers;
use event::time::Duration;
use rules::check::{Environment, check};
use rules::tree::{Rule, RuleSet};
use std::io::Write;
use std::path::{Path, PathBuf};

/// `watchfloor rules …`
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Find everything that is wrong, and say of each rule how it reports and how long it waits
    Check(Args),
    /// Run the tests that stand in rule files, through the engine and its reference, in many orders of
    /// arrival
    Test(Args),
    /// Say of a rule and a key, on a recording, which steps are there, what is missing, how long is left, and why events do not
    /// count
    Explain(explain::Args),
    /// Lay rule files out in their one form
    Fmt {
        /// How diagnostics are written
        #[arg(long, value_enum, default_value_t)]
        format: Style,
        /// Change nothing; exit with 1 if a file is laid out differently
        #[arg(long)]
        check: bool,
        /// Rule files, or folders of *.rules
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
}

/// Which rules, and what they are checked against.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How diagnostics are written
    #[arg(long, value_enum, default_value_t)]
    pub format: Style,
    /// Check against the formats and the site model of this configuration
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Rule files, or folders of *.rules
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// Runs it.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Check(args) => run_check(args),
        Command::Test(args) => run_test(args),
        Command::Explain(args) => explain::run(args),
        Command::Fmt { format, check, paths } => {
            let way = if *check { Layout::Compare } else { Layout::Write };
            run_fmt(&mut Report::new(*format), paths, way)
        }
    }
}

fn run_check(args: &Args) -> Result<(), Failure> {
    let mut report = Report::new(args.format);
    let Judged { loaded, rules, .. } = judged(args, &mut report)?;
    let text = match report.style() {
        Style::Text => facts_as_text(&rules),
        Style::Json => facts_as_json(&rules, &loaded),
    };
    std::io::stdout().lock().write_all(text.as_bytes()).map_err(|error| stdout_failed(&report, &error))
}

fn run_test(args: &Args) -> Result<(), Failure> {
    let mut report = Report::new(args.format);
    let Judged { loaded, producers, .. } = judged(args, &mut report)?;
    let outcome = rule_tests::run(&loaded.files, &producers);
    let failures: Vec<Diagnostic> = outcome.failures.iter().map(|failure| failed(failure, &loaded)).collect();
    let broken = report.diagnostics(&failures);
    let (passed, failed) = (outcome.passed, outcome.failures.len());
    let line = match report.style() {
        Style::Text => format!("rule tests: {passed} passed, {failed} failed\n"),
        Style::Json => format!("{}\n", serde_json::json!({"passed": passed, "failed": failed})),
    };
    std::io::stdout().lock().write_all(line.as_bytes()).map_err(|error| stdout_failed(&report, &error))?;
    if broken { Err(Failure::Work) } else { Ok(()) }
}

fn failed(failure: &rule_tests::Failure, loaded: &Loaded) -> Diagnostic {
    let file = &*failure.place.0;
    let text = loaded.files.iter().find(|known| known.name == file).map_or("", |known| &*known.text);
    let message = format!("test of `{}` failed: {}", failure.rule, failure.test);
    Diagnostic::new("RT001", Severity::Error, file, text, failure.place.1.clone()).saying(
        message,
        "",
        &*failure.message,
    )
}

/// Files that checked without error.
struct Judged {
    loaded: Loaded,
    rules: RuleSet,
    producers: Producers,
}

/// Reads and checks the files named, and reports what is wrong.
fn judged(args: &Args, report: &mut Report) -> Result<Judged, Failure> {
    let paths = paths(report, &args.paths)?;
    let instance = args.config.as_deref().map(|path| config::load(path, report)).transpose()?;
    let loaded = rule_files::load(Files::Disk, report, &paths)?.without_shipped();
    let producers = instance.as_ref().map_or_else(Producers::default, |instance| instance.producers.clone());
    let known = instance.as_ref().map(|instance| known(&instance.site));
    let checked = check(&loaded.files, &Environment { producers: &producers, known });
    let mut diagnostics = checked.diagnostics;
    diagnostics.extend(loaded.diagnostics.iter().cloned());
    diagnostics.sort_by(|a, b| (&a.file, a.span.start, a.code).cmp(&(&b.file, b.span.start, b.code)));
    let broken = report.diagnostics(&diagnostics);
    let rules = checked.rules.filter(|_| !broken).ok_or(Failure::Work)?;
    Ok(Judged { loaded, rules, producers })
}

fn paths(report: &Report, given: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let (mut paths, mut failure) = (Vec::new(), None);
    for path in given {
        match rule_files::under(path) {
            Ok(found) => paths.extend(found),
            Err(error) => failure = Some(report.stop(unreadable(&path.display().to_string(), &error))),
        }
    }
    failure.map_or(Ok(paths), Err)
}

/// How long after an event a row of the rule can still change.
fn wait(rule: &Rule) -> Duration {
    Duration(rule.decided.0.saturating_add(rule.lateness.0))
}

fn key(rule: &Rule) -> Vec<&str> {
    rule.by.iter().map(|part| &*part.text).collect()
}

fn facts_as_text(rules: &RuleSet) -> String {
    let width = rules.rules.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let line = |rule: &Rule| {
        let wait = match wait(rule) {
            Duration::ZERO => "final at once".to_owned(),
            wait => format!("final after {}s", wait.as_secs_f64()),
        };
        let crosses = if rule.crosses_sites() { ", crosses sites" } else { "" };
        format!(
            "{:width$}  {}  {wait}  by {}{crosses}\n",
            rule.name,
            rule.emission.name(),
            key(rule).join(", ")
        )
    };
    rules.rules.iter().map(line).collect()
}

fn facts_as_json(rules: &RuleSet, loaded: &Loaded) -> String {
    let line = |rule: &Rule| {
        let text =
            loaded.files.iter().find(|file| *file.name == *rule.place.0).map_or("", |file| &*file.text);
        let fact = serde_json::json!({
            "rule": &*rule.name,
            "emission": rule.emission.name(),
            "wait_s": wait(rule).as_secs_f64(),
            "by": key(rule),
            "crosses_sites": rule.crosses_sites(),
            "file": &*rule.place.0,
            "line": line_and_column(text, rule.place.1.start).0,
        });
        format!("{fact}\n")
    };
    rules.rules.iter().map(line).collect()
}

/// What is done about a file that is laid out differently.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Write,
    Compare,
}

fn run_fmt(report: &mut Report, given: &[PathBuf], way: Layout) -> Result<(), Failure> {
    let paths = paths(report, given)?;
    let loaded = rule_files::load(Files::Disk, report, &paths)?;
    report.diagnostics(&loaded.diagnostics);
    let mut result = Ok(());
    for file in &loaded.files {
        if loaded.diagnostics.iter().any(|found| found.is_error() && found.file == file.name) {
            result = Err(Failure::Work);
            continue;
        }
        let laid_out = rules::syntax::print(&file.tree);
        if laid_out != file.text {
            match way {
                Layout::Write => replace(report, Path::new(&file.name), &laid_out)?,
                Layout::Compare => {
                    report.diagnostics(&[differs(&file.name, &file.text, &laid_out)]);
                    result = Err(Failure::Work);
                }
            }
        }
    }
    result
}

/// Marks the first line that the one layout has otherwise.
fn differs(file: &str, text: &str, laid_out: &str) -> Diagnostic {
    let same = text.split_inclusive('\n').zip(laid_out.split_inclusive('\n')).take_while(|(a, b)| a == b);
    let start = same.map(|(line, _)| line.len()).sum::<usize>();
    let line = text[start..].lines().next().unwrap_or_default();
    Diagnostic::new("RF001", Severity::Error, file, text, start..start + line.len()).saying(
        format!("`{file}` is laid out differently"),
        "the one layout",
        format!("watchfloor rules fmt {file}"),
    )
}

/// By a new file beside it and a rename, so that a crash leaves one of the two whole.
fn replace(report: &Report, path: &Path, text: &str) -> Result<(), Failure> {
    let new = path.with_extension("rules.new");
    std::fs::write(&new, text)
        .and_then(|()| std::fs::set_permissions(&new, std::fs::metadata(path)?.permissions()))
        .and_then(|()| std::fs::rename(&new, path))
        .map_err(|error| report.stop(unwritable(&path.display().to_string(), &error)))
}
