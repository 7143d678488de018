//! From rows to a draft: which sections there are, and what each of their entries may hold.
//!
//! Attributes and relations of entities are passed on as they are; [`crate::lower`] knows their names and types.

use crate::calendar::{Calendar, Span};
use crate::constant::{expected, fold, one_of};
use crate::draft::{Alias, Draft, Entry, Placed, Said};
use crate::list::{List, TYPES, type_of};
use crate::lower::{property, splits};
use crate::problem::{Files, Origin, Problems, did_you_mean, words};
use crate::validity::Validity;
use crate::yaml::{Cell, Item, Piece, Row};
use crate::{csv_table, yaml};
use event::field::FieldType;
use event::kind::Kind;
use event::relation::Target;
use event::symbol::SymbolKey;
use event::time::{Duration, Timestamp};

/// Sections whose entries are entities.
pub(crate) const ENTITIES: &[(&str, Kind)] = &[
    ("sites", Kind::Site),
    ("zones", Kind::Zone),
    ("areas", Kind::Area),
    ("doors", Kind::Door),
    ("readers", Kind::Reader),
    ("controllers", Kind::Controller),
    ("panels", Kind::Panel),
    ("partitions", Kind::Partition),
    ("sensors", Kind::Sensor),
    ("cameras", Kind::Camera),
    ("assets", Kind::Asset),
    ("hosts", Kind::Host),
    ("people", Kind::Person),
    ("credentials", Kind::Credential),
    ("accounts", Kind::Account),
    ("guards", Kind::Guard),
    ("tours", Kind::Tour),
    ("checkpoints", Kind::Checkpoint),
    ("vehicles", Kind::Vehicle),
    ("plates", Kind::Plate),
];

const OTHERS: &[&str] = &["calendars", "lists", "hubs", "aliases", "clock_error"];

/// Gives the text of a file that the model names.
pub(crate) type Load<'a> = &'a mut dyn FnMut(&str) -> Result<String, String>;

/// Reads the text of a model and the tables that it names.
pub(crate) fn read(
    files: &mut Files,
    name: &str,
    text: &str,
    key: SymbolKey,
    load: Load<'_>,
    problems: &mut Problems,
) -> Draft {
    let file = files.add(name, text);
    let root = yaml::read(files, file, text, problems);
    let mut reader = Reader { files, key, load, problems, draft: Draft::default() };
    for section in root.iter().flat_map(|root| &root.cells) {
        reader.section(section);
    }
    reader.draft
}

struct Reader<'a> {
    files: &'a mut Files,
    key: SymbolKey,
    load: Load<'a>,
    problems: &'a mut Problems,
    draft: Draft,
}

impl Reader<'_> {
    fn section(&mut self, section: &Cell) {
        if let Some((_, kind)) = ENTITIES.iter().find(|(name, _)| *name == section.name) {
            for row in self.rows(section) {
                self.entity(*kind, &row, Validity::ALWAYS);
            }
            return;
        }
        match section.name.as_str() {
            "calendars" => self.rows(section).iter().for_each(|row| self.calendar(row)),
            "lists" => self.rows(section).iter().for_each(|row| self.list(row)),
            "aliases" => self.rows(section).iter().for_each(|row| self.alias(row)),
            "hubs" => self.hubs(section),
            "clock_error" => self.clock_errors(section),
            _ => self.unknown_section(section),
        }
    }

    fn unknown_section(&mut self, section: &Cell) {
        let known: Vec<&str> = ENTITIES.iter().map(|(name, _)| *name).chain(OTHERS.iter().copied()).collect();
        let help = did_you_mean(&section.name, known.iter().copied(), "remove it");
        let message = format!("no section `{}`", section.name);
        self.problems.error("SM002", section.origin, words(message, one_of(&known), help));
    }

    /// The entries of a section: those written in it, and those of the tables that it names.
    fn rows(&mut self, section: &Cell) -> Vec<Row> {
        let mut rows = Vec::new();
        for item in &section.items {
            match item {
                Item::Row(row) => match row.cell("csv") {
                    Some(csv) if row.cells.len() == 1 => self.table(csv, &mut rows),
                    _ => rows.push(row.clone()),
                },
                Item::Text(piece) => {
                    let message = format!("`{}` is no entry of `{}`", piece.text, section.name);
                    let help = format!("write {{id: {}}}", piece.text);
                    self.problems.error(
                        "SM004",
                        piece.origin,
                        words(message, "a mapping with `id`, or {csv: FILE}", help),
                    );
                }
            }
        }
        rows
    }

    fn table(&mut self, csv: &Cell, rows: &mut Vec<Row>) {
        for piece in csv.texts() {
            match (self.load)(&piece.text) {
                Ok(text) => rows.extend(csv_table::read(self.files, &piece.text, &text, self.problems)),
                Err(error) => {
                    let message = format!("cannot read `{}`: {error}", piece.text);
                    self.problems.error(
                        "SM011",
                        piece.origin,
                        words(message, "a file beside the model", "mend the path"),
                    );
                }
            }
        }
    }

    fn entity(&mut self, kind: Kind, row: &Row, outer: Validity) {
        let validity = self.validity(row, outer);
        let Some(id) = self.id(row, kind.name()) else { return };
        let mut said = Vec::new();
        for cell in &row.cells {
            if !matches!(cell.name.as_str(), "id" | "valid_from" | "valid_to") {
                said.push(self.said(kind, cell, validity));
            }
        }
        self.draft.entities.push(Entry { kind, id, validity, said });
    }

    fn said(&mut self, kind: Kind, cell: &Cell, validity: Validity) -> Said {
        let mut values = Vec::new();
        for item in &cell.items {
            match item {
                Item::Text(piece) if splits(kind, &cell.name) => split(piece, &mut values),
                Item::Text(piece) => values.push(piece.clone()),
                Item::Row(row) => self.nested(kind, cell, row, validity, &mut values),
            }
        }
        Said { name: cell.name.clone(), origin: cell.origin, values }
    }

    /// An entry written where it is referred to: `partitions: [{id: p1-a, …}]`.
    fn nested(&mut self, kind: Kind, cell: &Cell, row: &Row, outer: Validity, values: &mut Vec<Piece>) {
        match property(kind, &cell.name).map(|p| (p.to, p.many)) {
            Some((Target::Entity(to), true)) => {
                self.entity(to, row, outer);
                values.extend(row.cell("id").and_then(|id| id.texts().next()).cloned());
            }
            Some(_) => {
                let message = format!("`{}` holds no entries", cell.name);
                self.problems.error("SM004", row.origin, words(message, "a text", "write the value alone"));
            }
            None => {}
        }
    }

    fn id(&mut self, row: &Row, what: &str) -> Option<Piece> {
        let id = row.cell("id").and_then(|cell| cell.texts().next()).filter(|id| !id.text.trim().is_empty());
        if id.is_none() {
            let said =
                words(format!("a {what} without `id`"), "`id`", "give it the id that its events carry");
            self.problems.error("SM006", row.origin, said);
        }
        id.cloned()
    }

    fn validity(&mut self, row: &Row, outer: Validity) -> Validity {
        let from = self.time(row, "valid_from").unwrap_or(outer.from);
        let to = self.time(row, "valid_to").unwrap_or(outer.to);
        Validity { from, to }.meet(outer).unwrap_or_else(|| {
            let said = words(
                "it is never valid",
                "`valid_from` before `valid_to`",
                "mend the times, or remove the entry",
            );
            self.problems.error("SM010", row.origin, said);
            outer
        })
    }

    fn time(&mut self, row: &Row, name: &str) -> Option<Timestamp> {
        let piece = row.cell(name)?.texts().next()?;
        let time = Timestamp::parse_rfc3339(&piece.text);
        if time.is_none() {
            let message = format!("`{}` is no time", piece.text);
            let help = "add the time of day and the offset from UTC";
            self.problems.error("SM005", piece.origin, words(message, expected(FieldType::Time), help));
        }
        time
    }

    fn calendar(&mut self, row: &Row) {
        let Some(id) = self.id(row, "calendar") else { return };
        let mut calendar =
            Calendar { validity: self.validity(row, Validity::ALWAYS), ..Calendar::new(&id.text) };
        for cell in &row.cells {
            match cell.name.as_str() {
                "id" | "name" | "valid_from" | "valid_to" => {}
                "site" => calendar.site = cell.texts().next().map(|site| fold(&site.text)),
                "weekly" => cell.rows().for_each(|days| self.hours(&mut calendar, days, Days::Week)),
                "except" => cell.rows().for_each(|days| self.hours(&mut calendar, days, Days::Dates)),
                _ => self.unknown_cell(
                    "calendar",
                    cell,
                    &["id", "name", "site", "weekly", "except", "valid_from", "valid_to"],
                ),
            }
        }
        self.draft.calendars.push(Placed { origin: id.origin, what: calendar });
    }

    fn hours(&mut self, calendar: &mut Calendar, days: &Row, which: Days) {
        for cell in &days.cells {
            let date = cell.name.parse().ok();
            if (which == Days::Dates) != date.is_some() {
                let message = format!("`{}` cannot stand here", cell.name);
                let help = "weekdays belong in `weekly`, dates in `except`";
                self.problems.error("SM016", cell.origin, words(message, which.expected(), help));
                continue;
            }
            if let Some(date) = date {
                calendar.except.entry(date).or_default();
            }
            for piece in cell.texts() {
                let added = match Span::parse(&piece.text) {
                    Some(span) => calendar.add(&cell.name, span),
                    None => Err("a span such as 08:00-18:00; 22:00-06:00 ends on the next day"),
                };
                if let Err(expected) = added {
                    let message = format!("`{}: {}` is no time of a calendar", cell.name, piece.text);
                    self.problems.error(
                        "SM016",
                        piece.origin,
                        words(message, expected, "write {mon-fri: [\"08:00-18:00\"]}"),
                    );
                }
            }
        }
    }

    fn list(&mut self, row: &Row) {
        let Some(id) = self.id(row, "list") else { return };
        for cell in &row.cells {
            let known = ["id", "name", "type", "owner", "entries", "valid_from", "valid_to"];
            if !known.contains(&cell.name.as_str()) {
                self.unknown_cell("list", cell, &known);
            }
        }
        let validity = self.validity(row, Validity::ALWAYS);
        let owner =
            row.cell("owner").and_then(|cell| cell.texts().next()).map_or("", |piece| piece.text.as_str());
        let Some(ty) = self.list_type(row, &id) else { return };
        let mut list = List::new(&id.text, ty, owner);
        for cell in row.cell("entries").into_iter() {
            self.entries(&mut list, cell, validity);
        }
        self.draft.lists.push(Placed { origin: id.origin, what: list });
    }

    fn list_type(&mut self, row: &Row, id: &Piece) -> Option<FieldType> {
        let known: Vec<&str> =
            TYPES.iter().copied().chain(Kind::ALL.iter().map(|kind| kind.name())).collect();
        let Some(piece) = row.cell("type").and_then(|cell| cell.texts().next()) else {
            let message = format!("list `{}` has no `type`", id.text);
            self.problems.error(
                "SM017",
                id.origin,
                words(message, one_of(&known), "add `type: ip` or what it holds"),
            );
            return None;
        };
        let ty = type_of(&fold(&piece.text));
        if ty.is_none() {
            let help = did_you_mean(&piece.text, known.iter().copied(), "choose one of them");
            let message = format!("no type `{}` of a list", piece.text);
            self.problems.error("SM017", piece.origin, words(message, one_of(&known), help));
        }
        ty
    }

    fn entries(&mut self, list: &mut List, cell: &Cell, validity: Validity) {
        let mut texts = Vec::new();
        cell.texts().for_each(|piece| split(piece, &mut texts));
        for piece in texts {
            self.entry(list, &piece, validity);
        }
        let only_rows = Cell { items: cell.rows().cloned().map(Item::Row).collect(), ..cell.clone() };
        for row in self.rows(&only_rows) {
            let until = self.time(&row, "until").unwrap_or(Timestamp::MAX);
            let from = self.time(&row, "from").unwrap_or(Timestamp::MIN);
            let known = ["value", "until", "from", "note"];
            row.cells
                .iter()
                .filter(|c| !known.contains(&c.name.as_str()))
                .for_each(|c| self.unknown_cell("list entry", c, &known));
            match row.cell("value").and_then(|cell| cell.texts().next()) {
                Some(value) => match (Validity { from, to: until }).meet(validity) {
                    Some(validity) => self.entry(list, value, validity),
                    None => {
                        let said = words(
                            format!("`{}` is never in the list", value.text),
                            "`until` after `from`",
                            "remove it",
                        );
                        self.problems.warning("SM060", value.origin, said);
                    }
                },
                None => {
                    let said = words("an entry without `value`", "`value`", "{value: 10.9.0.0/24, until: …}");
                    self.problems.error("SM017", row.origin, said);
                }
            }
        }
    }

    fn entry(&mut self, list: &mut List, piece: &Piece, validity: Validity) {
        if let Err(expected) = list.add(&piece.text, validity, self.key) {
            let message = format!("`{}` does not belong in list `{}`", piece.text, list.id);
            self.problems.error(
                "SM017",
                piece.origin,
                words(message, expected, "mend it, or the list's `type`"),
            );
        }
    }

    fn alias(&mut self, row: &Row) {
        let validity = self.validity(row, Validity::ALWAYS);
        let source = row.cell("source").and_then(|cell| cell.texts().next()).cloned();
        let entity = self.alias_entity(row);
        let text = |name: &str| {
            row.cell(name).and_then(|cell| cell.texts().next()).map_or("", |piece| piece.text.as_str())
        };
        match (source, entity) {
            (Some(source), Some((kind, id))) => {
                let native = [text("native"), text("channel")].join(" ").trim().to_owned();
                self.draft.aliases.push(Alias { source, native, kind, id, validity });
            }
            (None, _) => {
                let said = words(
                    "an alias without `source`",
                    "`source`",
                    "name the device or system that uses the id",
                );
                self.problems.error("SM012", row.origin, said);
            }
            (_, None) => {
                let said =
                    words("an alias without `entity`", "`entity: {kind: id}`", "write entity: {sensor: s1}");
                self.problems.error("SM012", row.origin, said);
            }
        }
    }

    /// `entity: {sensor: s1}`; in a table a column of the kind's name.
    fn alias_entity(&mut self, row: &Row) -> Option<(Kind, Piece)> {
        let known = ["source", "native", "channel", "format", "entity", "valid_from", "valid_to"];
        let mut found = None;
        for cell in &row.cells {
            let inner = cell.rows().flat_map(|entity| &entity.cells);
            let named = if cell.name == "entity" { inner.collect() } else { vec![cell] };
            for cell in named {
                match Kind::by_name(&cell.name) {
                    Some(kind) => found = cell.texts().next().map(|id| (kind, id.clone())).or(found),
                    None if known.contains(&cell.name.as_str()) => {}
                    None => {
                        let kinds: Vec<&str> =
                            Kind::ALL.iter().map(|kind| kind.name()).chain(known).collect();
                        self.unknown_cell("alias", cell, &kinds);
                    }
                }
            }
        }
        found
    }

    fn hubs(&mut self, section: &Cell) {
        self.draft.hubs.extend(section.texts().cloned());
        let only_rows = Cell { items: section.rows().cloned().map(Item::Row).collect(), ..section.clone() };
        for row in self.rows(&only_rows) {
            let id = self.id(&row, "hub");
            self.draft.hubs.extend(id);
        }
    }

    fn clock_errors(&mut self, section: &Cell) {
        if let Some(piece) = section.texts().next() {
            let said = words("`clock_error` is no list", "a mapping of sources", "write {c1: 500ms}");
            self.problems.error("SM004", piece.origin, said);
        }
        for cell in section.rows().flat_map(|row| &row.cells) {
            let text = cell.texts().next().map_or("", |piece| piece.text.as_str());
            match Duration::parse(text).filter(|error| *error >= Duration::ZERO) {
                Some(error) => {
                    let source = Piece { text: cell.name.clone(), origin: cell.origin };
                    self.draft.clock_errors.push((source, error));
                }
                None => {
                    let message = format!("`{text}` is no clock error of `{}`", cell.name);
                    self.problems.error(
                        "SM005",
                        cell.origin,
                        words(message, expected(FieldType::Duration), "write 500ms"),
                    );
                }
            }
        }
    }

    fn unknown_cell(&mut self, what: &str, cell: &Cell, known: &[&str]) {
        let help = did_you_mean(&cell.name, known.iter().copied(), "remove it");
        let message = format!("no attribute `{}` of a {what}", cell.name);
        self.problems.error("SM003", cell.origin, words(message, one_of(known), help));
    }
}

/// Where hours stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Days {
    Week,
    Dates,
}

impl Days {
    fn expected(self) -> &'static str {
        match self {
            Days::Week => "weekdays such as mon-fri",
            Days::Dates => "a date such as \"2026-12-25\"",
        }
    }
}

/// Several values in one cell of a table.
fn split(piece: &Piece, values: &mut Vec<Piece>) {
    let parts = piece.text.split(';').map(str::trim).filter(|part| !part.is_empty());
    values.extend(parts.map(|part| Piece { text: part.to_owned(), origin: piece.origin }));
}

/// Where nothing was written.
pub(crate) const NOWHERE: Origin = Origin(u32::MAX);
