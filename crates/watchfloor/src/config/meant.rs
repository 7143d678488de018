//! The file as meant: what its words stand for, taken together. Files it names are not opened here.

use super::problem::{Problems, Words, did_you_mean, words};
use super::shape::CONFIGURATION;
use super::typed::{self, At, Fields, Typed};
use event::time::Duration;
use ingest::settings::Duplicates;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;

/// What a configuration says.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    pub namespace: String,
    pub secret: Option<At<String>>,
    pub site_model: Option<At<String>>,
    pub rules: Vec<At<String>>,
    pub kafka: Option<Kafka>,
    pub group: Group,
    pub state_folder: String,
    pub listen: SocketAddr,
}

/// Where the broker is and who we are to it.
#[derive(Clone, Debug)]
pub(crate) struct Kafka {
    pub brokers: Vec<String>,
    pub instance: String,
    pub tls: Option<Tls>,
    pub sasl: Option<Sasl>,
    pub properties: BTreeMap<String, String>,
}

/// Encrypted connections.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    pub ca: Option<At<String>>,
    pub certificate: Option<At<String>>,
    pub key: Option<At<String>>,
}

/// Who we are to the broker.
#[derive(Clone, Debug)]
pub(crate) struct Sasl {
    pub mechanism: String,
    pub username: String,
    pub password_file: At<String>,
}

/// Whose time settles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The broker's.
    Broker,
    /// That of the records.
    Recorded,
}

/// Topics that are read together.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub name: String,
    pub clock: Clock,
    pub topics: Vec<Topic>,
}

/// What a topic says about its records.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub name: At<String>,
    pub formats: Vec<At<String>>,
    pub mapping: Option<At<String>>,
    pub site: Site,
    pub keyed_by_site: bool,
    pub source: Option<String>,
    pub zone: TimeZone,
    pub year: Option<i16>,
    pub life_safety: bool,
    pub lateness: Option<Duration>,
    pub max_future: Option<Duration>,
    pub duplicates: Duplicates,
    pub require_crc: bool,
    pub panel_keys: Option<At<String>>,
}

/// Which site a record belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    FromKey,
    Fixed(String),
    Field { field: String, through_model: bool },
}

/// Reads a text. Without a configuration there is an error among the problems.
pub(super) fn read(text: &str, problems: &mut Problems<'_>) -> Option<Configuration> {
    let root = typed::read(text, &CONFIGURATION, problems)?;
    not_yet(&root, problems);
    let namespace = name(&root, "namespace", NAMESPACE_BYTES_MAX, problems);
    let group = group(&root, problems);
    let state = root.section("state");
    let listen = match root.section("http").and_then(|http| http.get("listen")).map(|at| &at.value) {
        Some(Typed::Address(address)) => *address,
        _ => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
    };
    let configuration = Configuration {
        namespace: namespace.unwrap_or_default(),
        secret: root.section("secret").and_then(|secret| at(secret, "file")),
        site_model: at(&root, "site_model"),
        rules: root.texts("rules"),
        kafka: root.section("kafka").and_then(|fields| kafka(fields, problems)),
        group: group?,
        state_folder: state.and_then(|state| state.text("folder")).unwrap_or_default().to_owned(),
        listen,
    };
    whole(&configuration, &root, problems);
    let errors = problems.found.iter().any(event::diagnostic::Diagnostic::is_error);
    (!errors).then_some(configuration)
}

/// So that the names of own topics stay within the broker's 249 characters.
const NAMESPACE_BYTES_MAX: usize = 100;

/// What the contract names and this build does not do: said, never silently left out.
fn not_yet(root: &Fields, problems: &mut Problems<'_>) {
    let mut say = |span: Range<usize>, what: &str, instead: &str| {
        problems.error(
            "CF009",
            span,
            words(format!("{what} is not built yet"), instead, "remove it for now"),
        );
    };
    if root.text("delivery") == Some("idempotent") {
        say(root.span_of("delivery"), "`delivery: idempotent`", "`delivery: transactional`");
    }
    if root.section("site_model").is_some() {
        say(root.span_of("site_model"), "a site model in a topic", "the path of a file");
    }
    if let Some(sink) = root.list("sinks").first() {
        say(sink.span.clone(), "a sink", "`sinks: []`; incidents are on the topic `incidents`");
    }
    if let Some(second) = root.list("groups").get(1) {
        say(second.span.clone(), "a second group", "one group");
    }
    for group in root.sections("groups") {
        if let Some(layout @ ("topic_per_site" | "none")) = group.text("partitioned") {
            let what = format!("`partitioned: {layout}`");
            say(
                group.span_of("partitioned"),
                &what,
                "`partitioned: by_site`: the key of each record is its site",
            );
        }
    }
}

fn group(root: &Fields, problems: &mut Problems<'_>) -> Option<Group> {
    let Some(group) = root.sections("groups").next() else {
        if root.get("groups").is_some() && root.list("groups").is_empty() {
            let said = words("there is no group", "one group", "groups: [{name: main, topics: […]}]");
            problems.error("CF003", root.span_of("groups"), said);
        }
        return None;
    };
    let clock = if group.text("clock") == Some("recorded") { Clock::Recorded } else { Clock::Broker };
    let topics: Vec<Topic> = group.sections("topics").filter_map(|fields| topic(fields, problems)).collect();
    if group.list("topics").is_empty() && group.says("topics") {
        let said = words("the group has no topics", "at least one", "topics: [{topic: …, formats: […]}]");
        problems.error("CF003", group.span_of("topics"), said);
    }
    Some(Group { name: group.text("name").unwrap_or_default().to_owned(), clock, topics })
}

fn topic(fields: &Fields, problems: &mut Problems<'_>) -> Option<Topic> {
    let formats = fields.texts("formats");
    if formats.is_empty() && fields.list("formats").is_empty() && fields.says("formats") {
        let said = words("the topic has no formats", "at least one", "`watchfloor formats` lists them");
        problems.error("CF003", fields.span_of("formats"), said);
    }
    let name = name(fields, "topic", TOPIC_BYTES_MAX, problems)?;
    let duplicates = match fields.text("duplicates") {
        Some("by_content") => Duplicates::ByContent,
        _ => Duplicates::ByCoordinates,
    };
    Some(Topic {
        name: At { value: name, span: fields.span_of("topic") },
        formats,
        mapping: at(fields, "mapping"),
        site: site(fields, problems),
        keyed_by_site: flag(fields, "keyed_by_site"),
        source: fields.text("source").map(str::to_owned),
        zone: match fields.get("time_zone").map(|at| &at.value) {
            Some(Typed::Zone(zone)) => zone.clone(),
            _ => TimeZone::UTC,
        },
        year: match fields.get("year").map(|at| &at.value) {
            Some(Typed::Whole(year)) => i16::try_from(*year).ok(),
            _ => None,
        },
        life_safety: fields.text("lane") == Some("life_safety"),
        lateness: duration(fields, "lateness"),
        max_future: duration(fields, "max_future"),
        duplicates,
        require_crc: flag(fields, "require_crc"),
        panel_keys: at(fields, "panel_keys"),
    })
}

/// The longest name that the broker takes.
const TOPIC_BYTES_MAX: usize = 249;

fn site(fields: &Fields, problems: &mut Problems<'_>) -> Site {
    let Some(site) = fields.section("site") else { return Site::FromKey };
    let mut wrong = |said: Words| problems.error("CF011", site.span.clone(), said);
    match (site.text("fixed"), site.text("field"), site.text("through")) {
        (Some(fixed), None, None) => Site::Fixed(fixed.to_owned()),
        (None, Some(field), through) => {
            Site::Field { field: field.to_owned(), through_model: through.is_some() }
        }
        (Some(_), _, _) => {
            wrong(words("`fixed` stands with `field` or `through`", "one of them", "remove the others"));
            Site::FromKey
        }
        (None, None, _) => {
            wrong(words(
                "`site` names nothing",
                "from_key, {fixed: …} or {field: …}",
                "site: {fixed: harbour}",
            ));
            Site::FromKey
        }
    }
}

fn kafka(fields: &Fields, problems: &mut Problems<'_>) -> Option<Kafka> {
    let brokers: Vec<String> = fields.texts("brokers").into_iter().map(|broker| broker.value).collect();
    if fields.says("brokers") && fields.list("brokers").is_empty() {
        let said = words("no broker", "at least one", "brokers: [\"127.0.0.1:9092\"]");
        problems.error("CF003", fields.span_of("brokers"), said);
    }
    let instance = name(fields, "instance", NAMESPACE_BYTES_MAX, problems)?;
    let tls = fields.section("tls").map(|tls| Tls {
        ca: at(tls, "ca"),
        certificate: at(tls, "certificate"),
        key: at(tls, "key"),
    });
    let sasl = fields.section("sasl").and_then(|sasl| {
        Some(Sasl {
            mechanism: sasl.text("mechanism")?.to_owned(),
            username: sasl.text("username")?.to_owned(),
            password_file: at(sasl.section("password")?, "file")?,
        })
    });
    let properties = match fields.get("properties").map(|at| &at.value) {
        Some(Typed::Pairs(pairs)) => pairs.clone(),
        _ => BTreeMap::new(),
    };
    Some(Kafka { brokers, instance, tls, sasl, properties })
}

/// A name as topics may have it.
fn name(fields: &Fields, key: &str, bytes_max: usize, problems: &mut Problems<'_>) -> Option<String> {
    let name = fields.text(key)?;
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if name.len() <= bytes_max && name.bytes().all(legal) && !matches!(name, "." | "..") {
        return Some(name.to_owned());
    }
    let expected = format!("at most {bytes_max} of the characters a-z A-Z 0-9 . _ -");
    problems.error(
        "CF005",
        fields.span_of(key),
        words(format!("`{name}` is no value of `{key}`"), expected, ""),
    );
    None
}

fn at(fields: &Fields, key: &str) -> Option<At<String>> {
    Some(At { value: fields.text(key)?.to_owned(), span: fields.span_of(key) })
}

fn duration(fields: &Fields, key: &str) -> Option<Duration> {
    match fields.get(key)?.value {
        Typed::Duration(duration) => Some(duration),
        _ => None,
    }
}

fn flag(fields: &Fields, key: &str) -> bool {
    matches!(fields.get(key).map(|at| &at.value), Some(Typed::Flag(true)))
}

/// What holds between parts.
fn whole(configuration: &Configuration, root: &Fields, problems: &mut Problems<'_>) {
    let mut seen = BTreeSet::new();
    for topic in &configuration.group.topics {
        let name = &topic.name.value;
        if !seen.insert(name) {
            let said =
                words(format!("topic `{name}` stands twice"), "each topic once", "join the two entries");
            problems.error("CF008", topic.name.span.clone(), said);
        }
        let own = name.strip_prefix(&configuration.namespace).and_then(|rest| rest.strip_prefix('.'));
        if let Some(own) = own.filter(|own| OWN_TOPICS.contains(own)) {
            let said = words(
                format!("`{name}` is Watchfloor's own topic `{own}` of this namespace"),
                "an input topic",
                "give the input another name, or the instance another namespace",
            );
            problems.error("CF008", topic.name.span.clone(), said);
        }
        mapping(topic, problems);
        without_model(configuration, topic, problems);
    }
    unlimited(root, problems);
    if configuration.secret.is_none() && !root.says("secret") {
        let said = words(
            "no `secret`: the key of symbol hashes is derived from the namespace",
            "`secret: {file: …}`, at least 16 random bytes, the same on all instances",
            "whoever knows the namespace can make texts that collide; no output depends on it",
        );
        problems.warning("CF020", root.span.start..root.span.start, said);
    }
}

/// The bound on memory is checked as a setting, and nothing sheds by it yet: whoever relies on it has to
/// know.
fn unlimited(root: &Fields, problems: &mut Problems<'_>) {
    if let Some(state) = root.section("state").filter(|state| state.says("memory")) {
        let said = words(
            "`state.memory` limits nothing yet",
            "room for the state of the rules in force",
            "limit the process by its service manager",
        );
        problems.warning("CF022", state.span_of("memory"), said);
    }
}

/// The topics of contracts.md §5.
pub(crate) const OWN_TOPICS: &[&str] = &[
    "incidents",
    "alerts",
    "hits",
    "events",
    "rejects",
    "late",
    "quarantine",
    "ticks",
    "state",
    "commands",
    "artifacts",
    "status",
];

fn mapping(topic: &Topic, problems: &mut Problems<'_>) {
    let mapped = topic.formats.iter().find(|format| format.value == "mapped");
    match (mapped, &topic.mapping) {
        (Some(format), None) => {
            let said = words(
                "`mapped` without a mapping",
                "`mapping: FILE`",
                "name the file that says how rows become events",
            );
            problems.error("CF011", format.span.clone(), said);
        }
        (None, Some(mapping)) => {
            let names = topic.formats.iter().map(|format| format.value.as_str());
            let help = did_you_mean("mapped", names, "add `mapped` to `formats`, or remove it");
            let said =
                words("a mapping, but the format `mapped` is not among `formats`", "formats: [mapped]", help);
            problems.error("CF011", mapping.span.clone(), said);
        }
        _ => {}
    }
}

fn without_model(configuration: &Configuration, topic: &Topic, problems: &mut Problems<'_>) {
    let through_model = matches!(topic.site, Site::Field { through_model: true, .. });
    if through_model && configuration.site_model.is_none() {
        let said = words("`through: site_model`, but there is none", "`site_model: FILE`", "");
        problems.error("CF011", topic.name.span.clone(), said);
    }
}
