//! One file through the decode stage, as `watchfloor decode` reads it, with its sums.

use event::class;
use event::coordinates::TopicId;
use event::field;
use event::id::Ids;
use event::symbol::SymbolKey;
use event::time::Timestamp;
use ingest::decoder::Decoder;
use ingest::formats::{Chosen, Formats};
use ingest::mapping::{self, Mapped};
use ingest::output::{Counts, Output};
use ingest::read::{self, Expect, FileRecord, Spec};
use ingest::settings::{Settings, SiteRule};
use ingest::stage::{Arrival, Input, Outcome, Stage};
use ingest_alarm::sia_dc09::SiaDc09;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows that are kept at a time.
const BATCH_ROWS: usize = 1024;

/// What became of the records of some files.
#[derive(Default)]
pub struct Sums {
    /// As the stage counts.
    pub counts: Counts,
    /// Refused records by their reason.
    pub rejects: BTreeMap<&'static str, u64>,
    /// What the refusals say, each once.
    pub details: BTreeSet<String>,
    /// Unclassified events by what their sender calls them.
    pub codes: BTreeMap<String, u64>,
    /// Records, refused ones too, by the format that took them for its own.
    pub taken: BTreeMap<&'static str, u64>,
}

/// The decoders, and what went wrong so far.
pub struct Decoding {
    root: PathBuf,
    formats: Formats,
    /// Sums that do not hold.
    pub problems: Vec<String>,
}

impl Decoding {
    /// For the files below a folder.
    pub fn new(root: &Path) -> Self {
        // Those of the binary, in its order.
        let mut decoders: Vec<Arc<dyn Decoder>> = vec![Arc::new(SiaDc09::default())];
        decoders.extend(ingest_badge::all());
        decoders.extend(ingest_network::strict());
        decoders.extend(ingest_video::all());
        decoders.extend(ingest_alarm::all());
        decoders.extend(ingest::shipped::decoders());
        decoders.extend(ingest_network::loose());
        Decoding { root: root.to_path_buf(), formats: Formats::new(decoders), problems: Vec::new() }
    }

    /// The formats of the binary.
    pub fn formats(&self) -> Vec<&'static str> {
        self.formats.iter().map(|decoder| decoder.format()).collect()
    }

    /// Decodes one file by a format of the binary, `auto`, or `mapped:` and a mapping file beside the table.
    pub fn file(&mut self, file: &str, reading: &str, format: &str) -> Result<Sums, String> {
        let path = self.root.join(file);
        let spec = Spec::parse(&format!("{}{reading}", path.display())).map_err(|error| error.to_string())?;
        let (chosen, expect) = self.choose(format)?;
        let settings = Settings::new(TopicId::default(), file, chosen, SiteRule::Fixed("local".into()));
        let stage = Stage::new(settings, Ids::new("local"));
        let records = read::open(&spec, &path, expect).map_err(|error| error.to_string())?;
        let mut output = Output::new(SymbolKey::derive(b"local"));
        let (mut sums, mut cut, mut predecessor) = (Sums::default(), 0, Timestamp(0));
        for record in records {
            cut += 1;
            let record = record.map_err(|error| error.to_string())?;
            predecessor = decode(&stage, &record, predecessor, &mut output);
            if output.batch.len() >= BATCH_ROWS {
                self.take(&mut output, &mut sums);
            }
        }
        self.take(&mut output, &mut sums);
        self.check(file, cut, &sums);
        Ok(sums)
    }

    fn choose(&self, format: &str) -> Result<(Chosen, Expect), String> {
        let Some(file) = format.strip_prefix("mapped:") else {
            let chosen =
                self.formats.choose([format]).map_err(|error| format!("no format {}", error.name))?;
            return Ok((chosen, Expect::Any));
        };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(file);
        let text = std::fs::read_to_string(path).map_err(|error| format!("{file}: {error}"))?;
        let (mapping, diagnostics) = mapping::load(file, &text);
        let mapping = mapping.ok_or_else(|| format!("{diagnostics:?}"))?;
        let expect = mapping.expect();
        Ok((Chosen::only(u8::MAX, Arc::new(Mapped::new(Arc::new(mapping)))), expect))
    }

    fn take(&self, output: &mut Output, sums: &mut Sums) {
        sums.counts += output.counts;
        for reject in &output.rejects {
            *sums.rejects.entry(reject.reason.name()).or_default() += 1;
            sums.details.insert(reject.detail.to_string());
        }
        for row in output.batch.iter().filter(|row| row.row.class == class::UNCLASSIFIED) {
            let code = row.text(field::NATIVE_CODE).map_or("", |text| text.text);
            *sums.codes.entry(code.to_owned()).or_default() += 1;
        }
        for (decoder, counts) in self.formats.iter().zip(&output.by_format).filter(|(_, n)| n.read > 0) {
            *sums.taken.entry(decoder.format()).or_default() += counts.read;
        }
        output.clear();
    }

    fn check(&mut self, file: &str, cut: u64, sums: &Sums) {
        let Counts { read, decoded, rejected, control, events, unclassified, .. } = sums.counts;
        if cut != read || read != decoded + rejected + control {
            self.problems.push(format!(
                "{file}: {cut} records cut, {read} read, {decoded} decoded, {rejected} rejected, {control} control"
            ));
        }
        let named: u64 = sums.codes.values().sum();
        if sums.rejects.values().sum::<u64>() != rejected || named != unclassified || unclassified > events {
            self.problems
                .push(format!("{file}: {rejected} rejected and {unclassified} unclassified in sums only"));
        }
    }
}

/// Decodes one record; returns when it arrived, or its predecessor if it gave no event.
fn decode(stage: &Stage, record: &FileRecord, predecessor: Timestamp, output: &mut Output) -> Timestamp {
    let input = Input {
        partition: record.partition.unwrap_or(0),
        offset: record.offset,
        arrival: Arrival::AsHappened { otherwise: record.clock.unwrap_or(predecessor) },
        key: record.key.as_deref(),
        headers: &[],
        value: record.value.as_deref(),
    };
    match stage.decode(&input, output) {
        Outcome::Decoded { first } => output.batch.row(output.batch.len().max(first + 1) - 1).row.append,
        Outcome::Control | Outcome::Rejected => predecessor,
    }
}

impl AddAssign<&Sums> for Sums {
    fn add_assign(&mut self, other: &Sums) {
        self.counts += other.counts;
        for (reason, n) in &other.rejects {
            *self.rejects.entry(reason).or_default() += n;
        }
        for (code, n) in &other.codes {
            *self.codes.entry(code.clone()).or_default() += n;
        }
        for (format, n) in &other.taken {
            *self.taken.entry(format).or_default() += n;
        }
        self.details.extend(other.details.iter().cloned());
    }
}
