//! What a declared state is, read off its lines before any rule asks it: on or off, a kept value, a count.

use crate::check::paths;
use crate::check::types::Type;
use crate::syntax::tree::{Line, Path as WrittenPath, State};
use crate::tree::StateKind;
use event::field::{FieldType, Unit};

/// A state's kind, and the type of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinded {
    pub kind: StateKind,
    pub ty: Type,
}

/// The kind of a state; the first line that keeps or counts decides. None: the path of its value is wrong, which its
/// declaration reports.
pub(crate) fn of(state: &State) -> Option<Kinded> {
    let deciding = state.lines.iter().find_map(|line| match &line.node {
        Line::Keep { value, .. } => Some((Some(value), true)),
        Line::Add { value, .. } | Line::Take { value, .. } => Some((value.as_ref(), false)),
        _ => None,
    });
    let Some((value, keeps)) = deciding else {
        return Some(Kinded { kind: StateKind::OnOff, ty: Type::Bool });
    };
    let (ty, field) = match value {
        Some(path) => typed(path)?,
        None => (Type::Number, FieldType::Int),
    };
    let kind = if keeps { StateKind::Kept(field) } else { StateKind::Counter(field) };
    Some(Kinded { kind, ty })
}

/// The type of a path's values.
pub(crate) fn typed(path: &WrittenPath) -> Option<(Type, FieldType)> {
    let words: Vec<&str> = path.names.iter().map(|name| name.node.as_str()).collect();
    let path = paths::walk(&words).ok()?;
    Some((Type::of(path.ty, paths::unit(&path)), path.ty))
}

/// Whether a state is on or off: only such a one has members.
pub(crate) fn is_on_off(state: &State) -> bool {
    of(state).is_some_and(|kinded| kinded.kind == StateKind::OnOff)
}

/// The type of a value that a counter without a path counts in.
pub(crate) fn counts_in(value: Option<&WrittenPath>) -> Option<Type> {
    value.map_or(Some(Type::of(FieldType::Int, Unit::None)), |path| typed(path).map(|(ty, _)| ty))
}
