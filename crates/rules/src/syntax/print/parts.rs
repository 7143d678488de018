//! The canonical text of what fits on one line: literals, conditions, steps.

use super::super::tree::{
    Amount, Assign, Call, ClassRef, Comparison, Cond, CondNode, Constant, Duration, Group, GroupItem, KeyMap,
    Literal, Members, Opt, Param, Path, Product, Quote, Sign, Spanned, Step, Sum, Tail, Text, TextOperand,
    TimeSpan, TimeSpanNode, Value, ValueNode,
};

pub(super) fn path_list(paths: &[Path]) -> String {
    joined(paths, ", ", Path::dotted)
}

pub(super) fn class_list(classes: &[Spanned<ClassRef>], between: &str) -> String {
    joined(classes, between, |class| class_ref(&class.node))
}

pub(super) fn joined<T>(parts: &[T], between: &str, print: impl Fn(&T) -> String) -> String {
    let parts: Vec<String> = parts.iter().map(print).collect();
    parts.join(between)
}

pub(super) fn text(text: &Text) -> String {
    if text.quote == Quote::Single {
        return format!("'{}'", text.value);
    }
    let mut out = String::from("\"");
    for c in text.value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

pub(super) fn class_ref(class: &ClassRef) -> String {
    match class {
        ClassRef::Class { noun, verb } => format!("{}.{}", noun.node, verb.node),
        ClassRef::Every { noun } => format!("{}.*", noun.node),
        ClassRef::SigmaName(name) => format!("sigma:{}", name.node),
        ClassRef::SigmaText(title) => format!("sigma:{}", text(&title.node)),
    }
}

pub(super) fn duration(duration: &Duration) -> String {
    format!("{}{}", duration.text, duration.unit.word())
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Number(number) => number.text.clone(),
        Literal::Duration(time) => duration(time),
        Literal::Quantity(quantity) => format!("{} {}", quantity.text, quantity.unit.word()),
        Literal::Text(of) => text(of),
        Literal::Bool(yes) => yes.to_string(),
    }
}

pub(super) fn amount(amount: &Amount) -> String {
    match amount {
        Amount::Number(number) => number.text.clone(),
        Amount::Duration(time) => duration(time),
        Amount::Quantity(quantity) => format!("{} {}", quantity.text, quantity.unit.word()),
        Amount::Path(path) => path.dotted(),
    }
}

pub(super) fn time_span(span: &TimeSpan) -> String {
    match &span.node {
        TimeSpanNode::Duration(time) => duration(time),
        TimeSpanNode::Path(path) => path.dotted(),
    }
}

pub(super) fn constant(of: &Constant) -> String {
    match of {
        Constant::Literal { negative: true, literal: of } => format!("-{}", literal(of)),
        Constant::Literal { negative: false, literal: of } => literal(of),
        Constant::Name(name) => name.node.clone(),
        Constant::Call(of) => call(of),
    }
}

pub(super) fn param(param: &Param) -> String {
    format!("param {} = {} {}", param.name.node, constant(&param.value.node), text(&param.source.node))
}

pub(super) fn assigns(assigns: &[Spanned<Assign>]) -> String {
    joined(assigns, ", ", |assign| {
        format!("{} = {}", assign.node.path.dotted(), constant(&assign.node.value.node))
    })
}

pub(super) fn step(step: &Step) -> String {
    let label = step.node.label.as_ref().map_or(String::new(), |label| format!("{}: ", label.node));
    let tails: String = step.node.tails.iter().map(|of| format!(" {}", tail(&of.node))).collect();
    format!("{label}{}{tails}", joined(&step.node.options, ", ", |of| option(&of.node)))
}

fn option(option: &Opt) -> String {
    let mut out = class_list(&option.classes, " or ");
    if let Some(of) = &option.cond {
        out.push_str(&format!(" where {}", cond(of)));
    }
    if !option.from.is_empty() {
        out.push_str(&format!(" from {}", joined(&option.from, " and ", |map| key_map(&map.node))));
    }
    out
}

fn key_map(map: &KeyMap) -> String {
    format!("{} = {}", map.key.dotted(), map.path.dotted())
}

fn tail(tail: &Tail) -> String {
    match tail {
        Tail::Repeated { at_least, at_most: None } => format!("repeated >= {}", at_least.node.text),
        Tail::Repeated { at_least, at_most: Some(at_most) } => {
            format!("repeated {} to {}", at_least.node.text, at_most.node.text)
        }
        Tail::Gap(span) => format!("gap {}", time_span(span)),
        Tail::ForEach { member, of: Members::Call(of) } => {
            format!("for each {} in {}", member.node, call(of))
        }
        Tail::ForEach { member, of: Members::Path(of) } => {
            format!("for each {} in {}", member.node, of.dotted())
        }
    }
}

pub(super) fn cond(of: &Cond) -> String {
    match &of.node {
        CondNode::Or(parts) => joined(parts, " or ", cond),
        CondNode::And(parts) => joined(parts, " and ", cond),
        CondNode::Not(of) => format!("not {}", cond(of)),
        CondNode::Check(check) => {
            let test = check.test.as_ref().map_or(String::new(), |test| comparison(&test.node));
            format!("{}{test}", sum(&check.left))
        }
    }
}

fn comparison(comparison: &Comparison) -> String {
    match comparison {
        Comparison::Compare(op, right) => format!(" {} {}", op.node.word(), sum(right)),
        Comparison::In(of) => format!(" in {}", group(&of.node)),
        Comparison::Text(op, operand) => {
            let operand = match &operand.node {
                TextOperand::Text(of) => text(of),
                TextOperand::List(name) => format!("@{name}"),
            };
            format!(" {} {operand}", op.node.word())
        }
        Comparison::Exists => " exists".to_owned(),
    }
}

fn group(group: &Group) -> String {
    match group {
        Group::Items(items) => format!("({})", joined(items, ", ", |item| group_item(&item.node))),
        Group::List(name) => format!("@{name}"),
        Group::Call(of) => call(of),
        Group::Path(path) => path.dotted(),
    }
}

fn group_item(item: &GroupItem) -> String {
    match item {
        GroupItem::Literal(of) => literal(of),
        GroupItem::Path(path) => path.dotted(),
        GroupItem::Call(of) => call(of),
    }
}

fn sum(sum: &Sum) -> String {
    let rest: String =
        sum.node.rest.iter().map(|(op, of)| format!(" {} {}", op.node.word(), product(of))).collect();
    format!("{}{rest}", product(&sum.node.first))
}

fn product(product: &Product) -> String {
    let rest: String =
        product.node.rest.iter().map(|(op, of)| format!(" {} {}", op.node.word(), sign(of))).collect();
    format!("{}{rest}", sign(&product.node.first))
}

fn sign(sign: &Sign) -> String {
    format!("{}{}", if sign.node.negative { "-" } else { "" }, value(&sign.node.value))
}

fn value(value: &Value) -> String {
    match &value.node {
        ValueNode::Literal(of) => literal(of),
        ValueNode::Path(path) => path.dotted(),
        ValueNode::Call(of) => call(of),
        ValueNode::Was(of) => format!("was {}", call(of)),
        ValueNode::Cond(of) => format!("({})", cond(of)),
    }
}

pub(super) fn call(call: &Call) -> String {
    let fields: String = call.node.fields.iter().map(|field| format!(".{}", field.node)).collect();
    format!("{}({}){fields}", call.node.name.node, joined(&call.node.args, ", ", sum))
}
