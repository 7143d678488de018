//! Every key of the configuration, with its form and its manual: the one table by which a file is read and
//! from which the JSON Schema is written.

use Need::{Default, Optional, Required};
use Shape::{
    Address, Any, Duration, Either, File, Flag, List, Pairs, Sections, Size, Text, Whole, Word, Zone,
};

/// A section: what keys it may hold.
#[derive(Debug)]
pub(crate) struct Section {
    /// What it is called in messages.
    pub name: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

/// One key of a section.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be there.
    pub need: Need,
    /// What may stand there.
    pub shape: Shape,
    /// The manual.
    pub doc: &'static str,
}

/// Whether a key must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// It must.
    Required,
    /// It may.
    Optional,
    /// It may; without it this counts as written.
    Default(&'static str),
}

/// What may stand at a key.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A text that is not empty.
    Text,
    /// A path, relative to the file that names it.
    File,
    /// `15m`
    Duration,
    /// `2GiB`
    Size,
    /// A whole number between these.
    Whole(i64, i64),
    /// `true`, `false`
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A name of the IANA time zone database.
    Zone,
    /// `127.0.0.1:9600`
    Address,
    /// A list.
    List(&'static Shape),
    /// A section.
    Sections(&'static Section),
    /// Names and texts, any of them.
    Pairs,
    /// One of these: the first whose outer form fits.
    Either(&'static [Shape]),
    /// Not looked into.
    Any,
}

const fn key(name: &'static str, need: Need, shape: Shape, doc: &'static str) -> Key {
    Key { name, need, shape, doc }
}

/// The file.
pub(crate) const CONFIGURATION: Section = Section {
    name: "the configuration",
    keys: &[
        key("namespace", Required, Text, "Prefix of all own topics; part of every id."),
        key(
            "secret",
            Optional,
            Sections(&SECRET),
            "Key of symbol hashes, the same on all instances; no output depends \
            on it. Without it, it is derived from the namespace.",
        ),
        key("site_model", Optional, Either(&[File, Sections(&SITE_TOPIC)]), "The site model: a YAML file."),
        key("rules", Default("[]"), List(&File), "Rule files, or folders of `*.rules`."),
        key("kafka", Optional, Sections(&KAFKA), "The broker. `replay` needs none."),
        key(
            "groups",
            Required,
            List(&Sections(&GROUP)),
            "Input topics that are read together; one group for now.",
        ),
        key(
            "delivery",
            Default("transactional"),
            Word(&["transactional", "idempotent"]),
            "How rows and offsets are \
            published: in one transaction, or rows first, for readers that de-duplicate by (id, revision).",
        ),
        key(
            "state",
            Default("{}"),
            Sections(&STATE),
            "Where snapshots are kept, and how much memory the state may take.",
        ),
        key("http", Default("{}"), Sections(&HTTP), "Metrics, health and the API."),
        key("sinks", Default("[]"), List(&Any), "Receivers of incidents beside the topic."),
    ],
};

const SECRET: Section = Section {
    name: "`secret`",
    keys: &[key("file", Required, File, "A file that holds the key, at least 16 bytes.")],
};

const SITE_TOPIC: Section =
    Section { name: "`site_model`", keys: &[key("topic", Required, Text, "A compacted topic.")] };

const KAFKA: Section = Section {
    name: "`kafka`",
    keys: &[
        key("brokers", Required, List(&Text), "Bootstrap servers, `host:port`."),
        key(
            "instance",
            Required,
            Text,
            "Stable name of this instance: static membership and the transactional id.",
        ),
        key("tls", Optional, Sections(&TLS), "Encrypted connections."),
        key("sasl", Optional, Sections(&SASL), "Who we are to the broker."),
        key(
            "properties",
            Optional,
            Pairs,
            "Further properties of librdkafka. None of them overrides one that a \
            promise rests on.",
        ),
    ],
};

const TLS: Section = Section {
    name: "`tls`",
    keys: &[
        key(
            "ca",
            Optional,
            File,
            "Certificates of the authorities that sign the brokers'; without it the system's.",
        ),
        key("certificate", Optional, File, "Our own certificate."),
        key("key", Optional, File, "Its key."),
    ],
};

const SASL: Section = Section {
    name: "`sasl`",
    keys: &[
        key(
            "mechanism",
            Default("SCRAM-SHA-512"),
            Word(&["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]),
            "How.",
        ),
        key("username", Required, Text, "Who."),
        key("password", Required, Sections(&PASSWORD), "The secret: a file, never the text."),
    ],
};

const PASSWORD: Section =
    Section { name: "`password`", keys: &[key("file", Required, File, "A file that holds the password.")] };

const GROUP: Section = Section {
    name: "a group",
    keys: &[
        key("name", Required, Text, "Its name."),
        key(
            "partitioned",
            Default("by_site"),
            Word(&["by_site", "topic_per_site", "none"]),
            "How its topics are laid \
            out: keyed by site, one topic a site, or in no way that matters.",
        ),
        key(
            "clock",
            Default("broker"),
            Word(&["broker", "recorded"]),
            "Whose time settles: the broker's, or that of \
            the records (recordings, tests).",
        ),
        key("topics", Required, List(&Sections(&TOPIC)), "Its topics."),
    ],
};

const TOPIC: Section = Section {
    name: "a topic",
    keys: &[
        key("topic", Required, Text, "Its name."),
        key(
            "formats",
            Required,
            List(&Text),
            "The formats it carries, in the order in which they are asked \
            (`watchfloor formats`).",
        ),
        key(
            "mapping",
            Optional,
            Text,
            "The mapping of the format `mapped`: a file, or the name of a shipped one.",
        ),
        key(
            "site",
            Default("from_key"),
            Either(&[Word(&["from_key"]), Sections(&SITE)]),
            "Which site a record belongs \
            to: that of its key, always the same, or the one that a field names.",
        ),
        key(
            "keyed_by_site",
            Default("false"),
            Flag,
            "The producers key this topic by site though `site` does not read \
            the key: needed with `site: {fixed|field}` and more than one partition.",
        ),
        key(
            "source",
            Optional,
            Text,
            "The source of records that name none; without it the name of the format.",
        ),
        key("time_zone", Default("UTC"), Zone, "The zone of times that name none."),
        key(
            "year",
            Optional,
            Whole(1, 9999),
            "The year of times that name none; without it the one nearest to the \
            arrival.",
        ),
        key(
            "lane",
            Default("normal"),
            Word(&["normal", "life_safety"]),
            "Life-safety topics are read first.",
        ),
        key(
            "lateness",
            Optional,
            Duration,
            "How long after it happened a record may arrive; without it what the \
            formats say.",
        ),
        key(
            "max_future",
            Optional,
            Duration,
            "How far a device's clock may be ahead of the broker; without it 60 s \
            for panels and doors, else 5 s.",
        ),
        key(
            "require_crc",
            Default("false"),
            Flag,
            "Whether a frame with a wrong checksum is a reject, not an event with the tag `integrity:crc`.",
        ),
        key(
            "panel_keys",
            Optional,
            Text,
            "The file of the keys of DC-09 panels that encrypt: `ACCOUNT KEY` a line, `*` for all others.",
        ),
        key(
            "duplicates",
            Default("by_coordinates"),
            Word(&["by_coordinates", "by_content"]),
            "How events without a \
            native id are told apart.",
        ),
    ],
};

const SITE: Section = Section {
    name: "`site`",
    keys: &[
        key("fixed", Optional, Text, "Always this site."),
        key("field", Optional, Text, "The field of the event or of the record's JSON that names it."),
        key(
            "through",
            Optional,
            Word(&["site_model"]),
            "The field names a thing of the site model, whose site it is.",
        ),
    ],
};

const STATE: Section = Section {
    name: "`state`",
    keys: &[
        key("folder", Default("state"), File, "Folder of the snapshots."),
        key("memory", Default("2GiB"), Size, "How much memory the state may take."),
    ],
};

const HTTP: Section = Section {
    name: "`http`",
    keys: &[key(
        "listen",
        Default("127.0.0.1:9600"),
        Address,
        "Address and port of /metrics, /livez, /readyz and \
        /startupz.",
    )],
};
