//! One notification, whatever form it came in: a topic, named items, and what happened to the property.

/// One notification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notification {
    /// As sent, with its prefixes: `tns1:RuleEngine/LineDetector/Crossed`.
    pub topic: String,
    /// Address of the producer, as sent.
    pub producer: String,
    /// `UtcTime`, as sent.
    pub time: String,
    /// What happened to the property.
    pub operation: Operation,
    /// Items of source, key and data.
    pub items: Vec<Item>,
}

/// One named value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Which of the three lists it stood in.
    pub part: Part,
    /// Its name.
    pub name: String,
    /// Its value, as text.
    pub value: String,
}

/// Where an item stands in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// What the message is about.
    Source,
    /// Which of several things of one source.
    Key,
    /// What is said of it.
    Data,
}

/// What happened to a property.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Not said: no property, or a form that leaves it out.
    #[default]
    Unsaid,
    /// Its value when somebody subscribed.
    Initialized,
    /// It changed.
    Changed,
    /// It is no more.
    Deleted,
}

impl Operation {
    /// The operation of that name.
    pub fn of(word: &str) -> Operation {
        match word {
            "Initialized" => Operation::Initialized,
            "Changed" => Operation::Changed,
            "Deleted" => Operation::Deleted,
            _ => Operation::Unsaid,
        }
    }
}

impl Part {
    /// The list of that name.
    pub fn of(word: &str) -> Option<Part> {
        match word {
            "Source" => Some(Part::Source),
            "Key" => Some(Part::Key),
            "Data" => Some(Part::Data),
            _ => None,
        }
    }
}

impl Notification {
    /// The topic without its prefixes: `RuleEngine/LineDetector/Crossed`.
    pub fn path(&self) -> String {
        let plain = |segment: &str| segment.split_once(':').map_or(segment, |(_, name)| name).to_owned();
        self.topic
            .trim()
            .split('/')
            .map(plain)
            .filter(|segment| !segment.is_empty())
            .collect::<Vec<_>>()
            .join("/")
    }

    /// The first of these items that has a value.
    pub fn item(&self, names: &[&str]) -> Option<&str> {
        let named = |name: &&str| self.items.iter().find(|item| item.name.eq_ignore_ascii_case(name));
        names.iter().filter_map(named).map(|item| item.value.trim()).find(|value| !value.is_empty())
    }

    /// Whether an item of that name stands there, even an empty one.
    pub fn has(&self, name: &str) -> bool {
        self.items.iter().any(|item| item.name.eq_ignore_ascii_case(name))
    }

    /// The truth of the first of these items of the data, or of any if none are named, that is one.
    pub fn truth(&self, names: &[&str]) -> Option<bool> {
        let wanted = |item: &&Item| {
            item.part == Part::Data
                && (names.is_empty() || names.iter().any(|name| item.name.eq_ignore_ascii_case(name)))
        };
        self.items.iter().filter(wanted).find_map(|item| truth(&item.value))
    }
}

/// Senders write truth in many ways.
pub(crate) fn truth(text: &str) -> Option<bool> {
    const YES: &[&str] = &["true", "1", "active", "on", "yes"];
    const NO: &[&str] = &["false", "0", "inactive", "off", "no"];
    let is_one_of = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text.trim()));
    match (is_one_of(YES), is_one_of(NO)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}
