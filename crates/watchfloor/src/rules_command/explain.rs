//! `watchfloor rules explain`: how far a rule is for a key at an instant of a recording, for people or as JSON.
//!
//! What is so is found by the engine; here it is laid out.

use crate::config;
use crate::failure::Failure;
use crate::replay::{inputs, setup, stages, time, with_recordings};
use crate::report::{Report, Style, about, stdout_failed};
use engine::explain::{Answer, Question, explain};
use event::alert::Alert;
use event::time::Timestamp;
use rules::machine::explain::{Detected, Elsewhere, Missing, NotCounted, Seen};
use rules::tree::Rule;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

/// What `watchfloor rules explain` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How diagnostics and the answer are written
    #[arg(long, value_enum, default_value_t)]
    format: Style,
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Records of a topic: TOPIC=PATH[?read=…][&at=…][&clock=…]; once for each
    #[arg(long, value_name = "TOPIC=SPEC", required = true)]
    input: Vec<String>,
    /// Rules in place of those of the configuration: a file, or a folder of *.rules
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// At which instant; without, at the last event
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    /// The name of the rule
    #[arg(value_name = "RULE")]
    rule: String,
    /// The parts of its key: `door=D1`, or values in the order of `by`
    #[arg(value_name = "KEY", required = true)]
    key: Vec<String>,
}

/// Runs it.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut report = Report::errors_only(args.format);
    let inputs = inputs(&report, &args.input)?;
    let instance = config::load_with(&args.config, args.rules.as_deref(), &mut report)?;
    let stages = stages(&report, &instance, &inputs)?;
    let setup = setup(&instance);
    let question = Question { rule: &args.rule, key: &args.key, at: args.at };
    let answer =
        with_recordings(&report, &inputs, &stages, |recordings| explain(&setup, recordings, question))?;
    let answer = answer.map_err(|why| {
        let (expected, help) = why.cure();
        report.stop(about("CL009", "").saying(why.to_string(), expected, help))
    })?;
    let rules = &setup.shared.program.tree.rules;
    let Some(rule) = rules.iter().find(|rule| *rule.name == *args.rule) else { return Err(Failure::Usage) };
    let text = match report.style() {
        Style::Text => in_words(rule, &answer),
        Style::Json => format!("{}\n", as_json(rule, &answer)),
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| stdout_failed(&report, &error))
}

fn in_words(rule: &Rule, answer: &Answer) -> String {
    let said = &answer.explanation;
    let key: Vec<String> = answer.key.iter().map(|(part, value)| format!("{part} = {value}")).collect();
    let mut text = format!("{} for {} at {}\n", rule.name, key.join(", "), answer.at);
    let _infallible = writeln!(text, "  {}, class {}", said.pattern, rule.emission.name());
    if !said.exact {
        text.push_str("  a bound was hit: older events are counted, not kept\n");
    }
    block(&mut text, "alerts", answer.alerts.iter().map(|alert| alert_in_words(alert)));
    let detections = said.detections.iter().flat_map(detection_in_words);
    block(&mut text, &counted("detections", said.detected, said.detections.len()), detections);
    let there = said.there.iter().map(seen_in_words);
    block(&mut text, &counted("there", said.counted, said.there.len()), there);
    let missing = said.missing.iter().map(|missing| missing_in_words(missing, answer.at));
    block(&mut text, "missing", missing);
    block(&mut text, "does not count", said.apart.iter().flat_map(apart_in_words));
    block(&mut text, "hits under other keys", said.elsewhere.iter().map(elsewhere_in_words));
    text
}

/// A title, and so many of so many that are shown.
fn counted(title: &str, all: usize, shown: usize) -> String {
    if all > shown { format!("{title} (the last {shown} of {all})") } else { title.to_owned() }
}

fn block(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() && title != "there" {
        return;
    }
    let _infallible = writeln!(text, "{title}:");
    match lines.is_empty() {
        true => text.push_str("  nothing\n"),
        false => lines.iter().for_each(|line| {
            // Texts of events are hostile: a terminal gets no control characters.
            let plain = line
                .chars()
                .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] });
            text.push_str("  ");
            text.extend(plain);
            text.push('\n');
        }),
    }
}

fn alert_in_words(alert: &Alert) -> String {
    let state = if alert.settled { "settled" } else { "not settled" };
    format!(
        "{}  {}  detections: {}, {state}: {}",
        alert.first_at,
        alert.severity.name(),
        alert.detections,
        alert.title
    )
}

fn detection_in_words(detected: &Detected) -> Vec<String> {
    let held = detected
        .held_until
        .map_or_else(String::new, |until| format!(", reported at {until} if nothing changes"));
    let head = std::iter::once(format!("{}{held}", detected.at));
    head.chain(detected.rests_on.iter().map(|seen| format!("  {}", seen_in_words(seen)))).collect()
}

fn seen_in_words(seen: &Seen) -> String {
    let (partition, offset, index) = seen.at;
    let class = if seen.step == seen.class { String::new() } else { format!("  {}", seen.class) };
    let index = if index == 0 { String::new() } else { format!(".{index}") };
    format!("{}  {}{class}  {}/{partition}/{offset}{index}", seen.ts, seen.step, seen.topic)
}

fn missing_in_words(missing: &Missing, at: Timestamp) -> String {
    match missing.until {
        Some(until) => format!("{}, until {until}: {} left", missing.what, until - at),
        None => missing.what.clone(),
    }
}

fn apart_in_words(apart: &NotCounted) -> Vec<String> {
    let head = std::iter::once(seen_in_words(&apart.event));
    head.chain(apart.why.iter().map(|why| format!("  {why}"))).collect()
}

fn elsewhere_in_words(elsewhere: &Elsewhere) -> String {
    format!("{}: {}, the last {} ({})", elsewhere.last.step, elsewhere.hits, elsewhere.last.ts, elsewhere.key)
}

fn as_json(rule: &Rule, answer: &Answer) -> Value {
    let said = &answer.explanation;
    let key: serde_json::Map<String, Value> =
        answer.key.iter().map(|(part, value)| (part.to_string(), json!(value))).collect();
    json!({
        "rule": &*rule.name,
        "key": key,
        "at": answer.at.to_string(),
        "pattern": said.pattern,
        "emission": rule.emission.name(),
        "exact": said.exact,
        "alerts": answer.alerts.iter().map(|alert| alert_json(alert)).collect::<Vec<_>>(),
        "detections": {
            "total": said.detected,
            "latest": said.detections.iter().map(detection_json).collect::<Vec<_>>(),
        },
        "there": {
            "total": said.counted,
            "latest": said.there.iter().map(seen_json).collect::<Vec<_>>(),
        },
        "missing": said.missing.iter().map(|missing| missing_json(missing, answer.at)).collect::<Vec<_>>(),
        "does_not_count": said.apart.iter().map(|apart| {
            json!({"event": seen_json(&apart.event), "why": apart.why})
        }).collect::<Vec<_>>(),
        "other_keys": said.elsewhere.iter().map(|elsewhere| {
            json!({"hits": elsewhere.hits, "last": seen_json(&elsewhere.last), "key": elsewhere.key})
        }).collect::<Vec<_>>(),
    })
}

fn alert_json(alert: &Alert) -> Value {
    json!({
        "alert_id": alert.id.to_string(),
        "first_at": alert.first_at.to_string(),
        "last_at": alert.last_at.to_string(),
        "severity": alert.severity.name(),
        "detections": alert.detections,
        "settled": alert.settled,
        "title": alert.title,
    })
}

fn detection_json(detected: &Detected) -> Value {
    json!({
        "at": detected.at.to_string(),
        "held_until": detected.held_until.map(|until| until.to_string()),
        "rests_on": detected.rests_on.iter().map(seen_json).collect::<Vec<_>>(),
    })
}

fn seen_json(seen: &Seen) -> Value {
    let (partition, offset, index) = seen.at;
    json!({
        "step": &*seen.step,
        "ts": seen.ts.to_string(),
        "class": &*seen.class,
        "topic": &*seen.topic,
        "partition": partition,
        "offset": offset,
        "index": index,
    })
}

fn missing_json(missing: &Missing, at: Timestamp) -> Value {
    json!({
        "what": missing.what,
        "until": missing.until.map(|until| until.to_string()),
        "left_s": missing.until.map(|until| (until - at).as_secs_f64()),
    })
}
