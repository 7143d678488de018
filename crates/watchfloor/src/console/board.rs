//! The incidents that there are, by what their newest revisions say.

use super::revision::Revision;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Incidents that are kept. Beyond it the one goes that changed least recently.
const INCIDENTS_MAX: usize = 1_000;
/// Revisions that wait for whoever prints them.
const NEWS_MAX: usize = 10_000;

/// One incident.
#[derive(Clone, Debug)]
pub(crate) struct Posted {
    /// The newest revision with a document.
    pub document: Arc<[u8]>,
    /// It was taken back, or became part of another.
    pub is_gone: bool,
    /// How many revisions there have been on this board.
    changed: u64,
}

/// All of them, by id.
#[derive(Debug, Default)]
pub(crate) struct Board {
    posted: BTreeMap<String, Posted>,
    by_change: BTreeMap<u64, String>,
    changes: u64,
    /// Revisions that nobody has printed yet; none if nobody wants to.
    news: Option<VecDeque<Arc<[u8]>>>,
}

impl Board {
    /// From now on revisions are kept for whoever prints them.
    pub fn keep_news(&mut self) {
        self.news.get_or_insert_default();
    }

    /// Those since the last call.
    pub fn take_news(&mut self) -> Vec<Arc<[u8]>> {
        self.news.as_mut().map(|news| news.drain(..).collect()).unwrap_or_default()
    }

    /// Takes a row of the topic. It is read later, by whoever looks.
    pub fn take(&mut self, key: &[u8], value: &[u8]) {
        let id = String::from_utf8_lossy(key).into_owned();
        let value: Arc<[u8]> = value.into();
        if let Some(news) = &mut self.news {
            news.push_back(value.clone());
            news.truncate(NEWS_MAX);
        }
        let is_gone = is_gone(&value);
        self.changes += 1;
        let posted =
            self.posted.entry(id.clone()).or_insert(Posted { document: value.clone(), is_gone, changed: 0 });
        self.by_change.remove(&posted.changed);
        posted.changed = self.changes;
        posted.is_gone = is_gone;
        // What is gone is shown as it was.
        if !is_gone {
            posted.document = value;
        }
        self.by_change.insert(self.changes, id);
        if self.posted.len() > INCIDENTS_MAX
            && let Some((_, oldest)) = self.by_change.pop_first()
        {
            self.posted.remove(&oldest);
        }
    }

    /// All, the newest change first.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Posted)> {
        let ids = self.by_change.values().rev();
        ids.filter_map(|id| Some((id.as_str(), self.posted.get(id)?)))
    }

    /// One of them.
    pub fn get(&self, id: &str) -> Option<&Posted> {
        self.posted.get(id)
    }
}

/// `kind` stands at the front of a revision, before anything that a sender chose.
fn is_gone(value: &[u8]) -> bool {
    let head = &value[..value.len().min(64)];
    let says = |kind: &str| head.windows(kind.len()).any(|at| at == kind.as_bytes());
    says("\"kind\":\"merged\"") || says("\"kind\":\"withdrawn\"")
}

/// How many incidents are open, by severity, the worst first.
pub(crate) fn open(board: &Board) -> BTreeMap<String, u64> {
    let mut open = BTreeMap::new();
    for (_, posted) in board.all().filter(|(_, posted)| !posted.is_gone) {
        if let Some(revision) =
            Revision::read(&posted.document).filter(|revision| revision.incident.is_open())
        {
            *open.entry(revision.incident.severity).or_default() += 1;
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: &str, title: &str) -> Vec<u8> {
        format!("{{\"schema\":1,\"kind\":\"{kind}\",\"incident_id\":\"a\",\"incident\":{{\"title\":\"{title}\",\"severity\":\"high\"}}}}")
            .into_bytes()
    }

    #[test]
    fn what_is_taken_back_is_shown_as_it_was() {
        let mut board = Board::default();
        board.keep_news();
        board.take(b"a", &row("opened", "one"));
        board.take(b"b", &row("opened", "two"));
        board.take(b"a", &row("withdrawn", ""));
        let shown: Vec<(&str, bool)> = board.all().map(|(id, posted)| (id, posted.is_gone)).collect();
        assert_eq!(shown, [("a", true), ("b", false)]);
        let posted = board.get("a").expect("it is there");
        assert_eq!(Revision::read(&posted.document).expect("a revision").incident.title, "one");
        assert_eq!(open(&board), BTreeMap::from([("high".to_owned(), 1)]));
        assert_eq!((board.take_news().len(), board.take_news().len()), (3, 0));
    }

    #[test]
    fn the_board_is_bounded() {
        let mut board = Board::default();
        for n in 0..INCIDENTS_MAX + 5 {
            board.take(format!("{n}").as_bytes(), &row("opened", "x"));
        }
        assert_eq!(board.all().count(), INCIDENTS_MAX);
        assert!(board.get("4").is_none() && board.get("5").is_some());
    }
}
