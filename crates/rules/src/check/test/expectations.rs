//! `expect`: which alerts a test wants to see, and what they have to show.
//!
//! Nothing is compared here: the tests are run by `engine`.

use super::Reader;
use super::values::{as_documents_write, as_field_takes};
use crate::check::conditions::words;
use crate::check::paths;
use crate::check::rule::level;
use crate::check::types::{Type, whole};
use crate::syntax::tree::{
    Assign, Constant as Written, Expect as WrittenExpect, Found as WrittenFound, Level as WrittenLevel,
    Literal, Path, Spanned,
};
use crate::test_tree::{Expect, Found};
use event::alert::Level;
use event::field::{self, FieldType};
use event::time::Timestamp;
use jiff::tz::TimeZone;
use std::ops::Range;
use std::sync::Arc;

impl<'a> Reader<'_, 'a> {
    /// Reads one expectation. None: reported.
    pub(super) fn expect(
        &mut self,
        expect: &'a Spanned<WrittenExpect>,
        clock: (Timestamp, &TimeZone),
    ) -> Option<Expect> {
        let span = &expect.span;
        Some(match &expect.node {
            WrittenExpect::Nothing => Expect::Nothing,
            WrittenExpect::Withdrawn(None) => Expect::Withdrawn(None),
            WrittenExpect::Unknown(None) => Expect::Unknown(None),
            WrittenExpect::Withdrawn(Some(found)) => Expect::Withdrawn(Some(self.found(found, span, clock)?)),
            WrittenExpect::Unknown(Some(found)) => Expect::Unknown(Some(self.found(found, span, clock)?)),
            WrittenExpect::Found(found) => Expect::Found(self.found(found, span, clock)?),
        })
    }

    fn found(
        &mut self,
        written: &'a WrittenFound,
        span: &Range<usize>,
        clock: (Timestamp, &TimeZone),
    ) -> Option<Found> {
        let rule = self.rule(&written.rule)?;
        let at = match &written.at {
            Some(at) => Some(self.instant(at, clock)?),
            None => None,
        };
        let mut found = Found {
            rule,
            key: Vec::new(),
            severity: None,
            detections: None,
            captured: Vec::new(),
            at,
            span: span.clone(),
        };
        for assign in &written.fields {
            let said = self.expect_field(&mut found, &assign.node);
            self.whole &= said.is_some();
        }
        Some(found)
    }

    fn expect_field(&mut self, found: &mut Found, assign: &'a Assign) -> Option<()> {
        let name = assign.path.dotted();
        let value = &assign.value;
        let key = self.key_names(found.rule);
        match name.as_str() {
            "severity" => found.severity = Some(self.severity(value)?),
            "detections" => found.detections = Some(self.detections(value)?),
            _ => match key.iter().position(|part| *part == name) {
                Some(part) => found.key.push((part, self.shown_value(&assign.path, value)?)),
                None => found.captured.push((name.as_str().into(), self.shown_value(&assign.path, value)?)),
            },
        }
        Some(())
    }

    fn key_names(&self, rule: u32) -> Vec<String> {
        let rule = self.context.names.rules.nth(rule);
        rule.map(|rule| rule.node.by().iter().map(|path| path.dotted()).collect()).unwrap_or_default()
    }

    fn severity(&mut self, value: &'a Spanned<Written>) -> Option<Level> {
        let word = match &value.node {
            Written::Name(name) => name.node.as_str(),
            _ => self.context.text(self.file, &value.span),
        };
        let found = WrittenLevel::from_word(word).map(level);
        if found.is_none() {
            let known = WrittenLevel::ALL.iter().map(|level| level.word());
            self.say.no_value(&self.at(&value.span), word, "severity", known);
        }
        found
    }

    fn detections(&mut self, value: &'a Spanned<Written>) -> Option<u64> {
        if let Written::Literal { negative: false, literal: Literal::Number(number) } = &value.node
            && let Some(count) = whole(number.micros).and_then(|count| u64::try_from(count).ok())
        {
            return Some(count);
        }
        let text = self.context.text(self.file, &value.span);
        self.say.wrong_dimension(
            &self.at(&value.span),
            text,
            "no whole number",
            ("a whole number", "write `2`"),
        );
        None
    }

    /// A value as documents write it; its type is that of the path that names it.
    fn shown_value(&mut self, path: &'a Path, value: &'a Spanned<Written>) -> Option<Arc<str>> {
        let walked = match paths::walk(&words(path)) {
            Ok(walked) => walked,
            Err(_) => {
                let known = field::all().map(|field| field.name());
                self.say.no_field(&self.at(&path.span()), &path.dotted(), "an alert", known);
                return None;
            }
        };
        if let (FieldType::Enum(of), Written::Name(name)) = (walked.ty, &value.node) {
            if of.index_of(&name.node).is_none() {
                let known = of.def().values.iter().copied();
                self.say.no_value(&self.at(&value.span), &name.node, &path.dotted(), known);
                return None;
            }
            return Some(name.node.as_str().into());
        }
        let (constant, ty) = self.typed_constant(value)?;
        let wanted = Type::of(walked.ty, paths::unit(&walked));
        if ty != wanted && !(matches!(wanted, Type::Entity(_)) && ty == Type::Text) {
            let at = self.at(&value.span);
            self.say.cannot_compare(&at, &wanted.name(), &ty.name(), wanted.literal());
            return None;
        }
        Some(as_documents_write(as_field_takes(walked.ty, constant)?))
    }
}
