//! Where a record stood: topic, partition, offset, and the index of the event in its record.

use std::sync::Arc;

/// A topic of this instance, numbered in the order of the topics' names: comparing numbers compares text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicId(pub u16);

/// The place of one event in the logs. Ordered as the design's total order ≺ ends: topic, partition, offset, index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coordinates {
    /// The topic.
    pub topic: TopicId,
    /// The partition.
    pub partition: u32,
    /// The record's offset.
    pub offset: u64,
    /// 0 for the first event of the record.
    pub index: u32,
}

/// The topics of an instance, sorted by name.
#[derive(Clone, Debug, Default)]
pub struct Topics {
    names: Vec<Arc<str>>,
}

impl Topics {
    /// At most 65,536 names, in any order, repetitions allowed.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names: Vec<Arc<str>> = names.into_iter().map(Arc::from).collect();
        names.sort();
        names.dedup();
        assert!(names.len() <= usize::from(u16::MAX) + 1);
        Topics { names }
    }

    /// The number of a name.
    pub fn id(&self, name: &str) -> Option<TopicId> {
        self.names.binary_search_by(|n| (**n).cmp(name)).ok().map(|at| TopicId(at as u16))
    }

    /// The name of a number that [`Topics::id`] gave.
    pub fn name(&self, id: TopicId) -> &Arc<str> {
        &self.names[usize::from(id.0)]
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = (TopicId, &Arc<str>)> {
        self.names.iter().enumerate().map(|(at, name)| (TopicId(at as u16), name))
    }
}

crate::codec!(newtype TopicId);
crate::codec!(Coordinates { topic, partition, offset, index });
