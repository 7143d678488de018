//! What the class table says, written for others: the JSON Schema of decoded events and the reference page.
//!
//! Both are texts made of the table alone; a test keeps the copies in `docs/` equal to them. This is not how events
//! are written or read: it only says what may be expected of them.

use crate::class::{self, ClassDef, ClassId, Codes, Form, Lifecycle};
use crate::field::{self, EnumId, FieldDef, FieldId, FieldType, Link};
use crate::kind::Kind;
use crate::relation::{self, RelationDef, Target};
use std::fmt::Write;

/// What a decoded event always has, whatever its class.
const ALWAYS: &[&str] = &["id", "ts", "append", "site", "source", "class", "lifecycle", "raw"];

/// The JSON Schema (2020-12) of one decoded event: a flat object whose keys are the dotted names of fields.
pub fn json_schema() -> String {
    let mut out = String::from("{\n");
    out.push_str("\"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n");
    out.push_str("\"title\": \"Watchfloor event\",\n");
    out.push_str("\"description\": \"One decoded event. Written from the class table; do not edit.\",\n");
    out.push_str("\"type\": \"object\",\n");
    let _ = writeln!(out, "\"required\": {},", words(ALWAYS.iter().copied()));
    out.push_str("\"additionalProperties\": false,\n");
    let _ = writeln!(out, "\"properties\": {{\n{},\n\"media\": {MEDIA},\n\"raw\": {RAW}\n}},", properties());
    let classes: Vec<_> = class::all().filter_map(ClassId::def).map(class_schema).collect();
    let _ = writeln!(out, "\"allOf\": [\n{}\n]\n}}", classes.join(",\n"));
    out
}

/// The reference page of classes, fields, words and relations, in Markdown.
pub fn reference_page() -> String {
    let mut out = String::from(PAGE_HEAD);
    class_section(&mut out);
    group_section(&mut out);
    code_section(&mut out);
    field_section(&mut out);
    enum_section(&mut out);
    relation_section(&mut out);
    out
}

const MEDIA: &str = "{\"type\": \"array\", \"items\": {\"type\": \"object\"}, \"description\": \"pictures and \
    recordings: camera, from, to, uri, hash\"}";

const RAW: &str = "{\"type\": \"object\", \"required\": [\"offset\", \"format\"], \"properties\": {\"path\": \
    {\"type\": \"string\"}, \"topic\": {\"type\": \"string\"}, \"partition\": {\"type\": \"integer\"}, \"offset\": \
    {\"type\": \"integer\"}, \"index\": {\"type\": \"integer\"}, \"format\": {\"type\": \"string\"}, \"sha256\": \
    {\"type\": \"string\"}}, \"description\": \"where the record was read\"}";

const PAGE_HEAD: &str = "\
# Classes and fields

Written from the class table by a test; do not edit. To change it, change the table and run the tests of `event`
with `WATCHFLOOR_UPDATE=1`.

A class says what happened: `noun.what_happened`. Its form fixes its lifecycles:

";

fn properties() -> String {
    let rows: Vec<_> = field::all().map(|field| property(field.def())).collect();
    rows.join(",\n")
}

fn property(def: &FieldDef) -> String {
    let ty = match def.name {
        "class" => class_type(),
        _ => json_type(def.ty),
    };
    let unit = match def.unit.symbol() {
        "" => String::new(),
        symbol => format!(", \"x-unit\": {}", quoted(symbol)),
    };
    let minimum = match def.ty {
        FieldType::Int | FieldType::Float if def.non_negative => ", \"minimum\": 0",
        _ => "",
    };
    format!("{}: {{{ty}{minimum}{unit}, \"description\": {}}}", quoted(def.name), quoted(def.meaning))
}

fn class_type() -> String {
    let names = words(class::all().filter_map(ClassId::def).map(|def| def.name));
    format!(
        "\"anyOf\": [{{\"enum\": {names}}}, {{\"pattern\": \"^(alert|detection)\\\\.[a-z][a-z0-9_]*$\"}}]"
    )
}

fn json_type(ty: FieldType) -> String {
    match ty {
        FieldType::Id(_) | FieldType::Text | FieldType::Code => "\"type\": \"string\"".into(),
        FieldType::Enum(of) => format!("\"enum\": {}", words(of.def().values.iter().copied())),
        FieldType::Int => "\"type\": \"integer\"".into(),
        FieldType::Float => "\"type\": \"number\"".into(),
        FieldType::Bool => "\"type\": \"boolean\"".into(),
        FieldType::Time => "\"type\": \"string\", \"format\": \"date-time\"".into(),
        FieldType::Duration => {
            "\"type\": \"string\", \"pattern\": \"^-?[0-9]+(\\\\.[0-9]+)?(ms|s|m|h|d|w)$\"".into()
        }
        FieldType::Ip => {
            "\"type\": \"string\", \"anyOf\": [{\"format\": \"ipv4\"}, {\"format\": \"ipv6\"}]".into()
        }
        FieldType::Mac => "\"type\": \"string\", \"pattern\": \"^[0-9a-f]{2}(:[0-9a-f]{2})*$\"".into(),
        FieldType::Geo => {
            "\"type\": \"array\", \"items\": {\"type\": \"number\"}, \"minItems\": 2, \"maxItems\": 3".into()
        }
        FieldType::TextList => {
            "\"type\": \"array\", \"items\": {\"type\": \"string\"}, \"maxItems\": 16".into()
        }
    }
}

/// What holds for events of one class: its lifecycles, and the fields that it needs.
fn class_schema(def: &ClassDef) -> String {
    let lifecycles = words(lifecycles(def.form).map(Lifecycle::name));
    let needs: Vec<_> = def.required.iter().filter(|one_of| may_be_asked(def, one_of)).map(need).collect();
    let needs = if needs.is_empty() { String::new() } else { format!(", \"allOf\": [{}]", needs.join(", ")) };
    format!(
        "{{\"if\": {{\"properties\": {{\"class\": {{\"const\": {}}}}}}}, \
         \"then\": {{\"properties\": {{\"lifecycle\": {{\"enum\": {lifecycles}}}}}{needs}}}}}",
        quoted(def.name)
    )
}

/// A life-safety event stays what it is even if it is incomplete, and its source stands for a device not sent.
fn may_be_asked(def: &ClassDef, one_of: &[FieldId]) -> bool {
    !def.life_safety && one_of != [field::DEVICE]
}

fn need(one_of: &&'static [FieldId]) -> String {
    let each: Vec<_> =
        one_of.iter().map(|field| format!("{{\"required\": [{}]}}", quoted(field.name()))).collect();
    if each.len() == 1 { each.concat() } else { format!("{{\"anyOf\": [{}]}}", each.join(", ")) }
}

fn lifecycles(form: Form) -> impl Iterator<Item = Lifecycle> {
    Lifecycle::ALL.iter().copied().filter(move |lifecycle| form.allows(*lifecycle))
}

fn words(values: impl Iterator<Item = &'static str>) -> String {
    let values: Vec<_> = values.map(quoted).collect();
    format!("[{}]", values.join(", "))
}

/// A JSON string. The table holds no control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn class_section(out: &mut String) {
    out.push_str("| form | lifecycles |\n| --- | --- |\n");
    for form in Form::ALL {
        let names: Vec<_> = lifecycles(*form).map(Lifecycle::name).collect();
        let _ = writeln!(out, "| {} | {} |", form.name(), names.join(", "));
    }
    out.push_str(
        "\n## Classes\n\nOf each entry of *required* one field must be set. *L* is the default lateness in seconds. \
         Marks: **L** life safety, **C** covert. ⇄ names the other side of a state. ● = a recorded sample fills \
         the class. `alert.<rule>` and `detection.<rule>` are classes too: ",
    );
    let _ = writeln!(
        out,
        "{}, then the rule's key and captured entities.\n",
        field_names(class::CHAINED_FIELDS, ", ")
    );
    out.push_str("| class | domain | form | required | further fields | L | mark | senders |\n");
    out.push_str("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for def in class::all().filter_map(ClassId::def) {
        class_row(out, def);
    }
}

fn class_row(out: &mut String, def: &ClassDef) {
    let other = def.other_side().and_then(ClassId::def).map(|other| format!(" ⇄ {}", other.name));
    let required: Vec<_> = def.required.iter().map(|one_of| field_names(one_of, " or ")).collect();
    let is_required = |field: &&FieldId| def.required.iter().any(|one_of| one_of.contains(field));
    let further: Vec<_> = def.fields.iter().filter(|f| !is_required(f)).map(|f| f.name()).collect();
    let _ = writeln!(
        out,
        "| {}{} | {} | {} | {} | {} | {} | {}{} | {} |",
        def.name,
        other.unwrap_or_default(),
        def.domain.name(),
        def.form.name(),
        required.join("; "),
        further.join(", "),
        def.lateness_s.map_or("–".to_owned(), |seconds| seconds.to_string()),
        if def.life_safety { "L" } else { "" },
        if def.covert { "C" } else { "" },
        def.senders
    );
}

fn field_names(fields: &[FieldId], between: &str) -> String {
    let names: Vec<_> = fields.iter().map(|field| field.name()).collect();
    names.join(between)
}

fn group_section(out: &mut String) {
    out.push_str("\n## Groups of classes\n\n");
    for name in class::GROUPS {
        let members = class::group(name).unwrap_or_default();
        let members: Vec<_> = members.iter().filter_map(|class| class.def()).map(|def| def.name).collect();
        let _ = writeln!(out, "- **{name}**: {}", members.join(", "));
    }
}

fn code_section(out: &mut String) {
    out.push_str("\n## What other catalogues call them\n\n");
    out.push_str("P1-P7 are the classes 4230001-4230007 of the OCSF extension for physical security.\n\n");
    out.push_str("| class | SIA DC-03 | Contact ID | ONVIF topic | OCSF | ECS |\n");
    out.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for def in class::all().filter_map(ClassId::def) {
        let Codes { dc03, contact_id, onvif, ocsf, ecs } = def.codes;
        if [dc03, contact_id, onvif, ocsf, ecs].iter().any(|code| !code.is_empty()) {
            let _ = writeln!(out, "| {} | {dc03} | {contact_id} | {onvif} | {ocsf} | {ecs} |", def.name);
        }
    }
}

fn field_section(out: &mut String) {
    out.push_str(
        "\n## Fields\n\nLink: **S** one shared value joins alerts into incidents, **W** two are needed. `code` is text \
         folded to lower case. ≥ 0: never negative, so sums only grow. Envelope fields exist in every class.\n\n",
    );
    out.push_str(
        "| field | type | unit | link | envelope | meaning |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for def in field::all().map(FieldId::def) {
        let link = match def.link {
            Link::None => "",
            Link::Strong => "S",
            Link::Weak => "W",
        };
        let sign = if def.non_negative { " ≥ 0" } else { "" };
        let envelope = if def.envelope { "yes" } else { "" };
        let (name, ty, unit) = (def.name, type_name(def.ty), def.unit.symbol());
        let _ = writeln!(out, "| {name} | {ty}{sign} | {unit} | {link} | {envelope} | {} |", def.meaning);
    }
}

fn type_name(ty: FieldType) -> String {
    match ty {
        FieldType::Id(kind) => format!("{} id", kind.name()),
        FieldType::Enum(of) => format!("[{}](#words)", of.def().name),
        _ => ty.name().to_owned(),
    }
}

fn enum_section(out: &mut String) {
    out.push_str(
        "\n## Words\n\nA word that is not listed becomes `other`, or `unknown` where there is no `other`. ",
    );
    out.push_str("In an ordered list the least comes first.\n\n| of | words |\n| --- | --- |\n");
    for def in EnumId::all().map(EnumId::def) {
        let ordered = if def.ordered { " (ordered)" } else { "" };
        let _ = writeln!(out, "| {}{ordered} | {} |", def.name, def.values.join(", "));
    }
}

fn relation_section(out: &mut String) {
    out.push_str(
        "\n## Relations and attributes\n\nA path starts at a field or at an entity that the event implies. ",
    );
    let _ = writeln!(
        out,
        "At most {} steps; of many values {} count.\n",
        relation::STEPS_MAX,
        relation::VALUES_MAX
    );
    out.push_str("| from | name | to | how many |\n| --- | --- | --- | --- |\n");
    for def in relation::all() {
        let from: Vec<_> = def.from.iter().map(|kind| kind.name()).collect();
        let from = if def.from == Kind::ALL { "every kind".to_owned() } else { from.join(", ") };
        relation_row(out, &from, def);
    }
    for def in relation::all_of_fields() {
        relation_row(out, &field_names(def.fields, ", "), &def.relation);
    }
}

fn relation_row(out: &mut String, from: &str, def: &RelationDef) {
    let to = match def.to {
        Target::Entity(kind) => kind.name().to_owned(),
        Target::Attribute(ty) => type_name(ty),
    };
    let count = if def.many { "many" } else { "one" };
    let _ = writeln!(out, "| {from} | {} | {to} | {count} |", def.name);
}
