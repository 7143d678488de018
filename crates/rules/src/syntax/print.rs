//! Lays a rule file out in its one canonical form: what `rules fmt` writes.
//!
//! One clause, line, step, fact or event a line, two blanks an inner level, a blank line between
//! declarations, numbers and texts as they were written. Comments stay: one that stood on a line of its own
//! stands before what it stood before, any other at the end of the line on which what it followed now ends.
//! Long lines are not broken.
//!
//! Reading what is printed gives the same tree. Of a file with errors only what could be read is printed, so
//! callers print files without errors.

mod clause;
mod parts;
mod test;

use super::tree::{Comment, Decl, File, Line, Rule, Spanned, State};
use parts::{class_list, path_list, step, text};

/// The canonical text of a file.
pub fn print(file: &File) -> String {
    let mut page = Page { out: String::new(), depth: 0, comments: &file.comments, commented: false };
    for (at, decl) in file.decls.iter().enumerate() {
        page.trailing_comments(decl.span.start);
        if at > 0 {
            page.out.push('\n');
        }
        page.own_comments(decl.span.start);
        match &decl.node {
            Decl::Rule(rule) => print_rule(&mut page, rule, decl.span.end),
            Decl::State(state) => print_state(&mut page, state, decl.span.end),
            Decl::Param(param) => page.line(&parts::param(param)),
            Decl::World(world) => test::print_world(&mut page, world, decl.span.end),
            Decl::Test(test) => test::print_test(&mut page, test, decl.span.end),
        }
    }
    page.comments_before(usize::MAX);
    page.out
}

/// The text so far, and the comments that are not in it yet.
struct Page<'a> {
    out: String,
    depth: usize,
    comments: &'a [Spanned<Comment>],
    /// Whether the last line ends in a comment, so that no other can follow on it.
    commented: bool,
}

impl Page<'_> {
    /// A line at the depth of the page.
    fn line(&mut self, text: &str) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
        self.out.push_str(text);
        self.out.push('\n');
        self.commented = false;
    }

    /// A line about what starts at byte `start` of the file: comments before it come first.
    fn line_at(&mut self, start: usize, text: &str) {
        self.comments_before(start);
        self.line(text);
    }

    /// `head {`, the body one level deeper, `}`. The braces of the file end at byte `end`.
    fn braces(&mut self, head: &str, end: usize, body: impl FnOnce(&mut Self)) {
        self.line(&format!("{head} {{"));
        self.depth += 1;
        body(self);
        self.comments_before(end);
        self.depth -= 1;
        self.line("}");
    }

    fn comments_before(&mut self, start: usize) {
        self.trailing_comments(start);
        self.own_comments(start);
    }

    /// Comments that stood behind something, up to the first that stood alone.
    fn trailing_comments(&mut self, start: usize) {
        while let Some((comment, rest)) = self.comments.split_first() {
            if comment.span.start >= start || comment.node.own_line || self.commented || self.out.is_empty() {
                return;
            }
            self.comments = rest;
            self.out.pop();
            self.out.push_str("  ");
            self.out.push_str(&comment_text(&comment.node));
            self.out.push('\n');
            self.commented = true;
        }
    }

    fn own_comments(&mut self, start: usize) {
        while let Some((comment, rest)) = self.comments.split_first() {
            if comment.span.start >= start {
                return;
            }
            self.comments = rest;
            self.line(&comment_text(&comment.node));
            self.commented = true;
        }
    }
}

fn comment_text(comment: &Comment) -> String {
    if comment.text.is_empty() { "#".to_owned() } else { format!("# {}", comment.text) }
}

fn print_rule(page: &mut Page<'_>, rule: &Rule, end: usize) {
    let head =
        format!("rule {} {} severity {}", rule.name.node, text(&rule.title.node), rule.severity.node.word());
    page.braces(&head, end, |page| {
        for clause in &rule.clauses {
            clause::print_clause(page, clause);
        }
    });
}

fn print_state(page: &mut Page<'_>, state: &State, end: usize) {
    let head = format!("state {} by {}", state.name.node, path_list(&state.by));
    page.braces(&head, end, |page| {
        for line in &state.lines {
            page.line_at(line.span.start, &line_text(&line.node));
        }
    });
}

fn line_text(line: &Line) -> String {
    match line {
        Line::Set(of) => format!("set {}", step(of)),
        Line::Clear(of) => format!("clear {}", step(of)),
        Line::Keep { value, of } => format!("keep {} of {}", value.dotted(), step(of)),
        Line::Add { value: Some(value), of } => format!("add {} of {}", value.dotted(), step(of)),
        Line::Add { value: None, of } => format!("add {}", step(of)),
        Line::Take { value: Some(value), of } => format!("take {} of {}", value.dotted(), step(of)),
        Line::Take { value: None, of } => format!("take {}", step(of)),
        Line::Forget(span) => format!("forget after {}", parts::time_span(span)),
        Line::TieSet => "tie set".to_owned(),
    }
}

/// `alert.a, alert.b`
fn absorb_text(classes: &[Spanned<super::tree::ClassRef>]) -> String {
    format!("absorb {}", class_list(classes, ", "))
}
