//! What every part of the checker looks things up in: the files, what they declare, who reads whom, and what
//! is known of the instance.

use crate::check::carry::Carriage;
use crate::check::names::Names;
use crate::check::paths;
use crate::check::say::{At, Say};
use crate::check::uses::Graph;
use crate::check::{Environment, Source, conditions, constants};
use crate::syntax::tree::{Constant, Param, Path, State, TimeSpan, TimeSpanNode};
use event::field::FieldType;
use event::time::Duration;
use std::collections::BTreeMap;
use std::ops::Range;

/// All that is known before the first rule is resolved.
pub(crate) struct Context<'a> {
    pub sources: &'a [Source<'a>],
    pub environment: &'a Environment<'a>,
    pub names: Names<'a>,
    pub graph: Graph,
    pub carriage: Carriage,
}

/// The longest a span may be.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    /// Windows, gaps, `quiet`.
    Window,
    /// Deadlines of `after`, `unless … before`, `forget`.
    Deadline,
}

impl Limit {
    const fn days(self) -> i64 {
        match self {
            Limit::Window => 31,
            Limit::Deadline => 400,
        }
    }

    fn longest(self) -> Duration {
        Duration::from_secs(self.days() * 86_400)
    }
}

impl<'a> Context<'a> {
    /// A piece of a file.
    pub fn text(&self, file: usize, span: &Range<usize>) -> &'a str {
        self.sources.get(file).and_then(|source| source.text.get(span.clone())).unwrap_or("")
    }

    /// The types of a state's key parts; none where the path is wrong, which its declaration reports.
    pub fn state_keys(&self, state: &State) -> Vec<Option<FieldType>> {
        state.by.iter().map(|path| paths::walk(&conditions::words(path)).ok().map(|path| path.ty)).collect()
    }
}

/// Reads a length of time: a literal, or a parameter that is one. None: reported.
pub(crate) fn span<'a>(
    context: &Context<'a>,
    (file, params): (usize, &BTreeMap<&'a str, &'a Param>),
    written: &TimeSpan,
    limit: Limit,
    say: &mut Say<'a>,
) -> Option<Duration> {
    let at = At::new(file, &written.span);
    let length = match &written.node {
        TimeSpanNode::Duration(duration) => constants::duration(duration),
        TimeSpanNode::Path(path) => duration_param(context, (file, params), path, say)?,
    };
    if length > limit.longest() {
        say.too_long(&at, context.text(file, &written.span), &format!("{}d", limit.days()));
        return None;
    }
    if length < Duration::ZERO {
        say.bad_span(&at, context.text(file, &written.span), "is negative", "a length of time");
        return None;
    }
    Some(length)
}

fn duration_param<'a>(
    context: &Context<'a>,
    (file, params): (usize, &BTreeMap<&'a str, &'a Param>),
    path: &Path,
    say: &mut Say<'a>,
) -> Option<Duration> {
    let at = At::new(file, &path.span());
    let param = find_param(context, params, path, &at, say)?;
    if let Constant::Literal { negative: false, literal } = &param.value.node
        && let Some((crate::tree::Constant::Duration(duration), _)) = constants::literal(literal)
    {
        return Some(duration);
    }
    say.wrong_dimension(&at, &path.dotted(), "no duration", ("a duration", "write `10s` or `5m`"));
    None
}

/// The parameter of that name. None: reported.
pub(crate) fn find_param<'a>(
    context: &Context<'a>,
    params: &BTreeMap<&'a str, &'a Param>,
    path: &Path,
    at: &At,
    say: &mut Say<'a>,
) -> Option<&'a Param> {
    let name = path.dotted();
    let global = context.names.params.get(name.as_str()).map(|param| param.node);
    let found = params.get(name.as_str()).copied().or(global);
    if found.is_none() {
        let known = params.keys().copied().chain(context.names.params.keys());
        say.unknown(at, "parameter", &name, known);
    }
    found
}
