//! From a configuration to an instance: the files that it names are opened, and each room reads its own.

use super::meant::{self, Configuration, Site, Topic};
use super::problem::{Problems, did_you_mean, words};
use super::typed::At;
use crate::failure::Failure;
use crate::files::Files;
use crate::report::{Report, about, unreadable};
use crate::{formats, rule_files};
use event::coordinates::Topics;
use event::diagnostic::Diagnostic;
use event::id::Ids;
use event::kind::Kind;
use event::producers::Producers;
use event::symbol::SymbolKey;
use event::time::Timestamp;
use event::value::Value;
use ingest::formats::{Chosen, Formats};
use ingest::mapping::{self, Mapping};
use ingest::read::Expect;
use ingest::settings::{AliasOf, Settings, SiteOf, SiteRule};
use ingest_alarm::sia_dc09::Keys;
use rules::check::{Environment, Known, check};
use rules::tree::RuleSet;
use site::SiteModel;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything that an instance is made of.
pub(crate) struct Instance {
    /// Its file, as the user gave it.
    pub file: String,
    /// What the file says.
    pub configuration: Configuration,
    /// The folder of the file: what paths in it are relative to.
    pub folder: PathBuf,
    /// Ids of the namespace.
    pub ids: Ids,
    /// The key of symbols.
    pub symbols: SymbolKey,
    /// The inputs, in the order of the file.
    pub topics: Vec<InputTopic>,
    /// Their names.
    pub topic_names: Arc<Topics>,
    /// Names of formats, by the number that rows carry.
    pub format_names: Arc<[&'static str]>,
    /// The rules.
    pub rules: Arc<RuleSet>,
    /// The site model.
    pub site: Arc<SiteModel>,
    /// How late the events of each class may come.
    pub producers: Producers,
}

impl Instance {
    /// The input of that name, or what is wrong with the name.
    pub fn topic(&self, name: &str) -> Result<&InputTopic, Box<Diagnostic>> {
        self.topics.iter().find(|topic| *topic.settings.topic == *name).ok_or_else(|| {
            let known: Vec<&str> = self.topics.iter().map(|topic| &*topic.settings.topic).collect();
            let expected = format!("one of {}", known.join(", "));
            Box::new(about("CL003", &self.file).saying(
                format!("`{}` has no topic `{name}`", self.file),
                expected,
                did_you_mean(name, known.iter().copied(), ""),
            ))
        })
    }
}

/// One input topic.
pub(crate) struct InputTopic {
    /// How its records become events.
    pub settings: Settings,
    /// How a file of its records is cut.
    pub expect: Expect,
    /// It is read before others.
    pub life_safety: bool,
    /// Its producers key it by site.
    pub keyed_by_site: bool,
}

/// Reads a configuration and all that it names. What is wrong has been reported, all of it.
pub(crate) fn load(path: &Path, report: &mut Report) -> Result<Instance, Failure> {
    load_with(path, None, report)
}

/// The same with other rules than it names: a file or a folder.
pub(crate) fn load_with(path: &Path, rules: Option<&Path>, report: &mut Report) -> Result<Instance, Failure> {
    load_from(Files::Disk, path, rules, report)
}

/// The same from files that need not be on the disk.
pub(crate) fn load_from(
    files: Files<'_>,
    path: &Path,
    rules: Option<&Path>,
    report: &mut Report,
) -> Result<Instance, Failure> {
    let name = path.display().to_string();
    let text = files.text(path).map_err(|error| report.stop(unreadable(&name, &error)))?;
    report.source(&name, &text);
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let mut problems = Problems::new(&name, &text);
    let instance = meant::read(&text, &mut problems).and_then(|configuration| {
        let file = name.clone();
        Loading { files, file, folder, rules, report, problems: &mut problems }.instance(configuration)
    });
    let broken = report.diagnostics(&problems.found);
    instance.filter(|_| !broken).ok_or(Failure::Usage)
}

struct Loading<'a, 'p> {
    files: Files<'a>,
    file: String,
    folder: PathBuf,
    /// In place of the configuration's.
    rules: Option<&'a Path>,
    report: &'a mut Report,
    problems: &'a mut Problems<'p>,
}

impl Loading<'_, '_> {
    fn instance(mut self, configuration: Configuration) -> Option<Instance> {
        let symbols = self.symbols(&configuration);
        let site = self.site(&configuration, symbols).map(Arc::new);
        let topic_names =
            Topics::new(configuration.group.topics.iter().map(|topic| topic.name.value.as_str()));
        let model = site.clone().unwrap_or_else(|| Arc::new(SiteModel::empty(symbols)));
        let topics: Vec<Option<InputTopic>> =
            configuration.group.topics.iter().map(|topic| self.topic(topic, &topic_names, &model)).collect();
        let topics = topics.into_iter().collect::<Option<Vec<_>>>();
        let producers = producers(topics.as_deref().unwrap_or_default());
        let rules = self.rules(&configuration, &producers, site.as_deref());
        Some(Instance {
            file: self.file,
            ids: Ids::new(&configuration.namespace),
            symbols,
            topics: topics?,
            topic_names: Arc::new(topic_names),
            format_names: format_names(),
            rules: Arc::new(rules?),
            site: site?,
            producers,
            folder: self.folder,
            configuration,
        })
    }

    fn path(&self, written: &str) -> PathBuf {
        self.folder.join(written)
    }

    /// The text of a file that the configuration names at a place.
    fn text(&mut self, at: &At<String>) -> Option<(String, String)> {
        let path = self.path(&at.value);
        match self.files.text(&path) {
            Ok(text) => Some((path.display().to_string(), text)),
            Err(error) => {
                self.missing(at, &path, &error);
                None
            }
        }
    }

    fn missing(&mut self, at: &At<String>, path: &Path, error: &std::io::Error) {
        let said = words(
            format!("cannot read `{}`: {error}", path.display()),
            "a file that can be read",
            "paths are relative to the folder of the configuration",
        );
        self.problems.error("CF007", at.span.clone(), said);
    }

    /// Prints what another room found in a file of its own; it counts here as one error of this file.
    fn found(&mut self, at: &At<String>, diagnostics: &[Diagnostic]) {
        if self.report.diagnostics(diagnostics) {
            let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
            let plural = if errors == 1 { "error" } else { "errors" };
            let said =
                words(format!("`{}` has {errors} {plural}", at.value), "a file without errors", "see above");
            self.problems.error("CF012", at.span.clone(), said);
        }
    }

    fn symbols(&mut self, configuration: &Configuration) -> SymbolKey {
        let Some(at) = &configuration.secret else {
            return SymbolKey::derive(configuration.namespace.as_bytes());
        };
        let path = self.path(&at.value);
        match self.files.read(&path) {
            Ok(secret) if secret.len() >= SECRET_BYTES_MIN => return SymbolKey::derive(&secret),
            Ok(secret) => {
                let said = words(
                    format!("`{}` holds {} bytes", path.display(), secret.len()),
                    format!("at least {SECRET_BYTES_MIN} bytes"),
                    format!("head -c 32 /dev/urandom > {}", at.value),
                );
                self.problems.error("CF005", at.span.clone(), said);
            }
            Err(error) => self.missing(at, &path, &error),
        }
        SymbolKey::derive(b"")
    }

    /// The site model; one that knows nothing, if none is named.
    fn site(&mut self, configuration: &Configuration, symbols: SymbolKey) -> Option<SiteModel> {
        let Some(at) = &configuration.site_model else { return Some(SiteModel::empty(symbols)) };
        let (name, text) = self.text(at)?;
        let (model, diagnostics) = crate::site_command::parse(self.report, &name, &text, symbols);
        self.found(at, &diagnostics);
        model
    }

    fn topic(&mut self, topic: &Topic, names: &Topics, site: &Arc<SiteModel>) -> Option<InputTopic> {
        let mapping = match &topic.mapping {
            Some(at) => Some(self.mapping(at)?),
            None => None,
        };
        let expect = match (&mapping, &topic.formats[..]) {
            (Some(mapping), [_]) => mapping.expect(),
            _ => Expect::Any,
        };
        let keys = match &topic.panel_keys {
            Some(at) => self.panel_keys(at)?,
            None => Keys::default(),
        };
        let chosen = self.formats(topic, mapping.map(Arc::new), keys)?;
        self.lane(topic, &chosen);
        let settings = Settings {
            zone: topic.zone.clone(),
            year: topic.year,
            source: topic.source.as_deref().map(Arc::from),
            lateness: topic.lateness,
            max_future: topic.max_future,
            duplicates: topic.duplicates,
            alias: site.has_aliases().then(|| alias_of(site.clone())),
            ..Settings::new(
                names.id(&topic.name.value)?,
                &topic.name.value,
                chosen,
                site_rule(&topic.site, site),
            )
        };
        Some(InputTopic {
            settings,
            expect,
            life_safety: topic.life_safety,
            keyed_by_site: topic.keyed_by_site,
        })
    }

    fn mapping(&mut self, at: &At<String>) -> Option<Mapping> {
        // A file of that name comes first: it is the site's own.
        let shipped = ingest::shipped::text(&at.value).filter(|_| !self.path(&at.value).exists());
        let (name, text) = match shipped {
            Some(text) => (at.value.clone(), text.to_owned()),
            None => self.text(at)?,
        };
        self.report.source(&name, &text);
        let (mapping, diagnostics) = mapping::load(&name, &text);
        self.found(at, &diagnostics);
        mapping
    }

    /// The keys of panels that encrypt. What is said of them never shows one.
    fn panel_keys(&mut self, at: &At<String>) -> Option<Keys> {
        let path = self.path(&at.value);
        let text = match self.files.read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => {
                self.missing(at, &path, &error);
                return None;
            }
        };
        let bad = match Keys::parse(&text) {
            Ok(keys) => return Some(keys),
            Err(bad) => bad,
        };
        let said = words(
            format!("line {} of `{}`: {}", bad.line, path.display(), bad.what),
            "`ACCOUNT KEY` a line, `*` for all other panels",
            "a key is 32, 48 or 64 hex digits, or 16, 24 or 32 characters",
        );
        self.problems.error("CF005", at.span.clone(), said);
        None
    }

    fn formats(&mut self, topic: &Topic, mapping: Option<Arc<Mapping>>, keys: Keys) -> Option<Chosen> {
        let known = formats::with_panels(mapping, topic.require_crc, keys);
        let mut all = true;
        for format in &topic.formats {
            if let Err(unknown) = known.choose([format.value.as_str()]) {
                let said = formats::unknown(&known, &unknown);
                // Without a mapping that has been said already.
                if format.value != formats::MAPPED {
                    self.problems.error("CF010", format.span.clone(), words(said.0, said.1, said.2));
                }
                all = false;
            }
        }
        known.choose(topic.formats.iter().map(|format| format.value.as_str())).ok().filter(|_| all)
    }

    /// Life-safety events on a topic of the normal lane wait their turn; nobody should find out in an
    /// emergency.
    fn lane(&mut self, topic: &Topic, chosen: &Chosen) {
        let carries = chosen.iter().flat_map(|(_, decoder)| decoder.produces());
        let mut classes: Vec<&str> =
            carries.filter_map(|p| p.class.def()).filter(|def| def.life_safety).map(|def| def.name).collect();
        classes.sort_unstable();
        classes.dedup();
        if let (false, Some(first)) = (topic.life_safety, classes.first()) {
            let said = words(
                format!("`{}` can carry `{first}` and waits its turn behind others", topic.name.value),
                "life safety on a topic of its own lane",
                "lane: life_safety",
            );
            self.problems.warning("CF021", topic.name.span.clone(), said);
        }
    }

    fn rules(
        &mut self,
        configuration: &Configuration,
        producers: &Producers,
        site: Option<&SiteModel>,
    ) -> Option<RuleSet> {
        let paths = match self.rules {
            Some(path) => match self.files.rules_under(path) {
                Ok(found) => found,
                Err(error) => {
                    let name = path.display().to_string();
                    self.report.stop(unreadable(&name, &error));
                    return None;
                }
            },
            None => self.rule_paths(&configuration.rules)?,
        };
        let loaded = rule_files::load(self.files, self.report, &paths).ok()?.without_shipped();
        let checked = check(&loaded.files, &Environment { producers, known: site.map(known) });
        let mut diagnostics: Vec<Diagnostic> = loaded.diagnostics;
        diagnostics.extend(checked.diagnostics);
        if self.report.diagnostics(&diagnostics) {
            return None;
        }
        checked.rules
    }

    /// The rule files that the configuration names.
    fn rule_paths(&mut self, named: &[At<String>]) -> Option<Vec<PathBuf>> {
        let (mut paths, mut complete) = (Vec::new(), true);
        for at in named {
            let path = self.path(&at.value);
            match self.files.rules_under(&path) {
                Ok(found) => paths.extend(found),
                Err(error) => {
                    self.missing(at, &path, &error);
                    complete = false;
                }
            }
        }
        complete.then_some(paths)
    }
}

/// The shortest key of symbols.
const SECRET_BYTES_MIN: usize = 16;

/// Names of formats by number: those built in, and behind them a topic's own mapping.
fn format_names() -> Arc<[&'static str]> {
    let built_in: Formats = formats::all();
    built_in.iter().map(|decoder| decoder.format()).chain([formats::MAPPED]).collect()
}

/// What the topics' formats can say, with the lateness that a topic sets itself.
fn producers(topics: &[InputTopic]) -> Producers {
    let mut producers = Producers::default();
    for topic in topics {
        match topic.settings.lateness {
            None => topic.settings.formats.state(&mut producers),
            Some(lateness) => {
                for production in topic.settings.formats.iter().flat_map(|(_, decoder)| decoder.produces()) {
                    let produced = event::producers::Produced { lateness, as_value: production.as_value };
                    producers.state(production.class, produced);
                }
            }
        }
    }
    producers
}

/// What rules may name of a site model.
pub(crate) fn known(site: &SiteModel) -> Known {
    let lists = site.list_names().filter_map(|name| Some((name.to_owned(), site.list(name)?.ty())));
    Known {
        lists: lists.collect(),
        calendars: site.calendar_names().map(str::to_owned).collect(),
        ..Known::default()
    }
}

fn site_rule(site: &Site, model: &Arc<SiteModel>) -> SiteRule {
    match site {
        Site::FromKey => SiteRule::FromKey { otherwise: model.only_site().map(Arc::from) },
        Site::Fixed(site) => SiteRule::Fixed(site.as_str().into()),
        Site::Field { field, through_model } => SiteRule::Field {
            field: field.as_str().into(),
            through: through_model.then(|| {
                let model = model.clone();
                let site_of: SiteOf = Arc::new(move |id, ts| site_of(&model, id, ts).map(Arc::from));
                site_of
            }),
        },
    }
}

fn alias_of(model: Arc<SiteModel>) -> AliasOf {
    Arc::new(move |source, native, ts| {
        model.alias(source, native, ts).map(|(kind, id)| (kind, Arc::from(id)))
    })
}

/// The site of the thing that an id names, whatever it is.
fn site_of(model: &SiteModel, id: &str, ts: Timestamp) -> Option<String> {
    if model.entity(Kind::Site, id, ts) {
        return Some(id.to_owned());
    }
    let text = |kind, id: &str, name| match model.attribute(kind, id, name, ts)? {
        Value::Text(text) => Some(text.text.to_owned()),
        _ => None,
    };
    PLACED.iter().filter(|(kind, _)| model.entity(*kind, id, ts)).find_map(|(kind, relations)| {
        relations.iter().find_map(|relation| match *relation {
            "site" => text(*kind, id, "site"),
            relation => text(Kind::Zone, &text(*kind, id, relation)?, "site"),
        })
    })
}

/// How things lead to a site, or to a zone that has one.
const PLACED: &[(Kind, &[&str])] = &[
    (Kind::Camera, &["zone", "views"]),
    (Kind::Sensor, &["zone"]),
    (Kind::Reader, &["zone"]),
    (Kind::Door, &["to_zone", "from_zone", "zones"]),
    (Kind::Controller, &["zone"]),
    (Kind::Panel, &["zone", "zones"]),
    (Kind::Partition, &["zones"]),
    (Kind::Checkpoint, &["zone"]),
    (Kind::Host, &["zone"]),
    (Kind::Asset, &["zone"]),
    (Kind::Zone, &["site"]),
    (Kind::Area, &["site"]),
];
