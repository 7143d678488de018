//! The decoders that this binary has, and `watchfloor formats`.
//!
//! The order is the one in which `auto` asks: the strictest first. The number of a format is its place here,
//! in every topic the same; a topic's own mapping comes behind.

use crate::failure::Failure;
use crate::report::{Report, stdout_failed};
use event::class::Domain;
use ingest::decoder::Decoder;
use ingest::formats::{Formats, UnknownFormat};
use ingest::mapping::{Mapped, Mapping};
use ingest_alarm::sia_dc09::{Keys, SiaDc09};
use std::io::Write;
use std::sync::Arc;

/// What `watchfloor formats` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One JSON array instead of a table
    #[arg(long)]
    json: bool,
}

/// Every decoder of the binary.
pub(crate) fn all() -> Formats {
    with(None)
}

/// The format of a topic's own mapping.
pub(crate) const MAPPED: &str = "mapped";

/// Every decoder of the binary and, with the number behind theirs, that of a mapping.
pub(crate) fn with(mapping: Option<Arc<Mapping>>) -> Formats {
    of(mapping, SiaDc09::default())
}

/// The same with what a topic says of its panels: whether a frame with a wrong checksum is a reject, and the
/// keys of those that encrypt.
pub(crate) fn with_panels(mapping: Option<Arc<Mapping>>, require_crc: bool, keys: Keys) -> Formats {
    let sia_dc09 = if require_crc { SiaDc09::requiring_crc() } else { SiaDc09::default() };
    of(mapping, sia_dc09.with_keys(keys))
}

fn of(mapping: Option<Arc<Mapping>>, sia_dc09: SiaDc09) -> Formats {
    let mut decoders: Vec<Arc<dyn Decoder>> = vec![Arc::new(sia_dc09)];
    decoders.extend(ingest_badge::all());
    decoders.extend(ingest_network::strict());
    decoders.extend(ingest_video::all());
    decoders.extend(ingest_alarm::all());
    decoders.extend(ingest::shipped::decoders());
    decoders.extend(ingest_network::loose());
    decoders.extend(mapping.map(|mapping| Arc::new(Mapped::new(mapping)) as Arc<dyn Decoder>));
    Formats::new(decoders)
}

/// What is wrong with a name that no decoder has, what was expected, and the cure.
pub(crate) fn unknown(formats: &Formats, unknown: &UnknownFormat) -> (String, String, String) {
    let known: Vec<&str> = formats.iter().map(|decoder| decoder.format()).collect();
    let help = match unknown.nearest {
        Some(nearest) => format!("did you mean `{nearest}`"),
        None => "`watchfloor formats` says what each reads".to_owned(),
    };
    (format!("no format `{}`", unknown.name), format!("auto or one of {}", known.join(", ")), help)
}

/// `watchfloor formats [--json]`
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let formats = all();
    let text = if args.json { as_json(&formats) } else { as_table(&formats) };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| stdout_failed(&Report::default(), &error))
}

fn as_table(formats: &Formats) -> String {
    let lines = formats.iter().map(|decoder| {
        format!("{:<16} {:<10} {}\n", decoder.format(), domain(decoder.domain()), decoder.reads())
    });
    lines.collect()
}

fn as_json(formats: &Formats) -> String {
    let objects: Vec<serde_json::Value> = formats
        .iter()
        .map(|decoder| {
            serde_json::json!({
                "format": decoder.format(),
                "domain": domain(decoder.domain()),
                "reads": decoder.reads(),
                "classes": classes(decoder),
            })
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Array(objects))
}

fn classes(decoder: &dyn Decoder) -> Vec<&'static str> {
    let productions = decoder.produces();
    let mut names: Vec<&str> = productions.iter().filter_map(|p| Some(p.class.def()?.name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn domain(domain: Domain) -> &'static str {
    match domain {
        Domain::Alarm => "alarm",
        Domain::Badge => "badge",
        Domain::Video => "video",
        Domain::Network => "network",
        Domain::Identity => "identity",
        Domain::Health => "health",
        Domain::Operations => "operations",
        Domain::Engine => "engine",
        Domain::Topic => "any",
    }
}
