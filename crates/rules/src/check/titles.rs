//! Titles: `{path}` is filled from the terminal event or the key, `{{` is a brace.

use crate::check::conditions::{Asking, Reader, Scope};
use crate::check::say::{At, Say};
use crate::syntax::tree::{Path, Spanned, Text};
use crate::tree::TitlePart;
use event::class::ClassId;
use std::collections::BTreeMap;

/// Reads a title; `keys` are the parts of `by`. None: something was reported.
pub(crate) fn read<'a>(
    scope: &Scope<'_, 'a>,
    (title, keys): (&Spanned<Text>, &[&str]),
    terminal: &[ClassId],
    say: &mut Say<'a>,
) -> Option<Vec<TitlePart>> {
    let at = At::new(scope.file, &title.span);
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = title.node.value.as_str();
    let mut whole = true;
    while let Some(brace) = rest.find(['{', '}']) {
        let (before, after) = (&rest[..brace], &rest[brace + 1..]);
        let open = rest[brace..].starts_with('{');
        text.push_str(before);
        let doubled = after.starts_with(if open { '{' } else { '}' });
        if doubled || !open {
            text.push(if open { '{' } else { '}' });
            rest = if doubled { &after[1..] } else { after };
            continue;
        }
        let Some(end) = after.find('}') else {
            say.no_field(&at, after, "the event: a brace is not closed", []);
            return None;
        };
        if !text.is_empty() {
            parts.push(TitlePart::Text(std::mem::take(&mut text).into()));
        }
        match part(scope, (after[..end].trim(), &title.span), keys, terminal, say) {
            Some(part) => parts.push(part),
            None => whole = false,
        }
        rest = &after[end + 1..];
    }
    text.push_str(rest);
    if !text.is_empty() {
        parts.push(TitlePart::Text(text.into()));
    }
    whole.then_some(parts)
}

fn part<'a>(
    scope: &Scope<'_, 'a>,
    (path, span): (&str, &std::ops::Range<usize>),
    keys: &[&str],
    terminal: &[ClassId],
    say: &mut Say<'a>,
) -> Option<TitlePart> {
    if let Some(key) = keys.iter().position(|key| *key == path) {
        return Some(TitlePart::Key(key));
    }
    let bare = Scope {
        context: scope.context,
        file: scope.file,
        params: BTreeMap::new(),
        labels: Vec::new(),
        states: Asking::Forbidden,
    };
    let names = path.split('.').map(|name| Spanned::new(name.to_owned(), span.clone())).collect();
    Reader::new(&bare, terminal, say).path(&Path { names }).map(TitlePart::Path)
}
