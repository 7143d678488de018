//! The decoders that an instance has, by name. The binary hands them in; a topic picks some of them, in its
//! own order.

use crate::decoder::{Decoder, Record};
use event::diagnostic::nearest;
use event::producers::{Produced, Producers};
use std::sync::Arc;

/// Decoders in a fixed order, each with the number that rows carry.
#[derive(Clone, Default)]
pub struct Formats {
    decoders: Vec<Arc<dyn Decoder>>,
}

/// The decoders of one topic, in the order in which they are asked.
#[derive(Clone, Default)]
pub struct Chosen {
    decoders: Vec<(u8, Arc<dyn Decoder>)>,
}

/// A name that no decoder has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat {
    /// The name as given.
    pub name: String,
    /// The nearest name that there is.
    pub nearest: Option<&'static str>,
}

impl Formats {
    /// At most 256 decoders; the order is that of `auto`, so the strictest come first.
    pub fn new(decoders: Vec<Arc<dyn Decoder>>) -> Self {
        assert!(decoders.len() <= 256);
        Formats { decoders }
    }

    /// The decoders, in order.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Decoder> {
        self.decoders.iter().map(|decoder| &**decoder)
    }

    /// The format name of a number that rows carry; `-` for a number nobody gave out.
    pub fn name(&self, number: u8) -> &'static str {
        self.decoders.get(usize::from(number)).map_or("-", |decoder| decoder.format())
    }

    /// Every decoder that can tell its messages from others, to be asked in turn.
    pub fn auto(&self) -> Chosen {
        let numbered = (0u8..=255).zip(self.decoders.iter().cloned());
        Chosen { decoders: numbered.filter(|(_, decoder)| !decoder.only_by_name()).collect() }
    }

    /// The decoders of these names, in this order; the name `auto` stands for all that are not named.
    pub fn choose<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<Chosen, UnknownFormat> {
        let mut chosen = Chosen::default();
        for name in names {
            if name == "auto" {
                chosen.decoders.extend(self.auto().decoders);
                continue;
            }
            let numbered = (0u8..=255).zip(&self.decoders).find(|(_, decoder)| decoder.format() == name);
            let (number, decoder) = numbered.ok_or_else(|| self.unknown(name))?;
            chosen.decoders.push((number, decoder.clone()));
        }
        Ok(chosen)
    }

    fn unknown(&self, name: &str) -> UnknownFormat {
        let nearest = nearest(name, self.iter().map(|decoder| decoder.format()));
        let nearest = self.iter().map(|decoder| decoder.format()).find(|known| Some(*known) == nearest);
        UnknownFormat { name: name.to_owned(), nearest }
    }
}

impl Chosen {
    /// One decoder alone, under a number of the caller's.
    pub fn only(number: u8, decoder: Arc<dyn Decoder>) -> Self {
        Chosen { decoders: vec![(number, decoder)] }
    }

    /// The decoder for a record. A topic with one format has no other choice, so that a broken message is
    /// refused by the format it should have had; among several the first that recognises it decides.
    pub fn of(&self, record: &Record<'_>) -> Option<(u8, &dyn Decoder)> {
        if let [(number, only)] = &self.decoders[..] {
            return Some((*number, &**only));
        }
        let found = self.decoders.iter().find(|(_, decoder)| decoder.sniff(record.value))?;
        Some((found.0, &*found.1))
    }

    /// The decoder that is asked first.
    pub fn first(&self) -> Option<(u8, &dyn Decoder)> {
        self.iter().next()
    }

    /// The name of the format with this number; `-` if it is not among these.
    pub fn name(&self, number: u8) -> &'static str {
        self.iter().find(|(known, _)| *known == number).map_or("-", |(_, decoder)| decoder.format())
    }

    /// What these decoders can say about each class.
    pub fn state(&self, producers: &mut Producers) {
        for production in self.decoders.iter().flat_map(|(_, decoder)| decoder.produces()) {
            let produced = Produced { lateness: production.kind.lateness, as_value: production.as_value };
            producers.state(production.class, produced);
        }
    }

    /// The decoders with their numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &dyn Decoder)> {
        self.decoders.iter().map(|(number, decoder)| (*number, &**decoder))
    }
}
