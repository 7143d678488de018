//! The events that cells, registers, states and candidates name: kept once per task, by number, until nothing can name
//! them any more.
//!
//! Rows are appended to chunks of equal patience. A chunk goes when the clock has passed the longest patience in it, so
//! nothing is counted and nothing is freed one by one; a chunk costs memory for as long as its most patient rule.

use event::alert::Place;
use event::class::ClassId;
use event::codec::{Codec, Corrupt, Reader};
use event::coordinates::Coordinates;
use event::id::Id;
use event::row::{Batch, RowRef};
use event::symbol::SymbolKey;
use event::time::{Duration, Timestamp};
use std::cmp::Ordering;
use std::sync::Arc;

/// A kept event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventRef(pub u32);

const CHUNK_BITS: u32 = 10;
const CHUNK_LEN: usize = 1 << CHUNK_BITS;
/// Released chunks whose memory is kept for the next ones: a few MB.
const SPARE_MAX: usize = 32;
/// Upper ends of the classes of patience.
const PATIENCE: [Duration; 7] = [
    Duration::from_secs(120),
    Duration::from_secs(900),
    Duration::from_secs(2 * 3_600),
    Duration::from_secs(12 * 3_600),
    Duration::from_secs(3 * 86_400),
    Duration::from_secs(40 * 86_400),
    Duration(i64::MAX),
];

/// All kept events of a task.
#[derive(Debug)]
pub struct Events {
    symbols: SymbolKey,
    chunks: Vec<Chunk>,
    free: Vec<u32>,
    /// Memory of released chunks.
    spare: Vec<Chunk>,
    open: [Option<u32>; PATIENCE.len()],
}

#[derive(Debug)]
struct Chunk {
    batch: Batch,
    /// Of events of the engine: what they stand by in ≺ after their terminal event, and their own id.
    derived: Vec<Option<Box<Derived>>>,
    keep_until: Timestamp,
}

/// What an event of the engine itself has beyond a row.
#[derive(Clone, Debug)]
pub struct Derived {
    /// Rule and key, by text: the last part of its place in ≺.
    pub order: Arc<str>,
    /// Source of its terminal event: it stands in ≺ where that stands, but at its own ts.
    pub source: Arc<str>,
    /// Native sequence of its terminal event, or 0.
    pub seq: u64,
    /// H(rule, key, …).
    pub id: Id,
}

event::codec!(Derived { order, source, seq, id });

impl Events {
    /// None yet.
    pub fn new(symbols: SymbolKey) -> Self {
        Events {
            symbols,
            chunks: Vec::new(),
            free: Vec::new(),
            spare: Vec::new(),
            open: [None; PATIENCE.len()],
        }
    }

    /// The key of the symbols in rows.
    pub fn symbols(&self) -> SymbolKey {
        self.symbols
    }

    /// Keeps a copy of a row until the clock is `patience` past the later of its ts and append.
    pub fn keep(&mut self, row: RowRef<'_>, derived: Option<Derived>, patience: Duration) -> EventRef {
        let class = PATIENCE.iter().position(|end| patience <= *end).unwrap_or(PATIENCE.len() - 1);
        let at = self.open[class].filter(|at| self.chunks[*at as usize].batch.len() < CHUNK_LEN);
        let at = at.unwrap_or_else(|| self.open_chunk(class));
        let chunk = &mut self.chunks[at as usize];
        let until = row.row.ts.max(row.row.append) + patience;
        chunk.keep_until = chunk.keep_until.max(until);
        chunk.batch.push(row);
        chunk.derived.push(derived.map(Box::new));
        EventRef(at << CHUNK_BITS | (chunk.batch.len() - 1) as u32)
    }

    fn open_chunk(&mut self, class: usize) -> u32 {
        let chunk = self.spare.pop().unwrap_or_else(|| Chunk::empty(self.symbols));
        let at = match self.free.pop() {
            Some(at) => {
                self.chunks[at as usize] = chunk;
                at
            }
            None => {
                self.chunks.push(chunk);
                self.chunks.len() as u32 - 1
            }
        };
        assert!(at < 1 << (32 - CHUNK_BITS), "four billion events are kept at once");
        self.open[class] = Some(at);
        at
    }

    /// The row of a kept event.
    pub fn row(&self, event: EventRef) -> RowRef<'_> {
        self.chunks[(event.0 >> CHUNK_BITS) as usize].batch.row(index_in_chunk(event))
    }

    /// What it is beyond a row, if the engine made it.
    pub fn derived(&self, event: EventRef) -> Option<&Derived> {
        self.chunks[(event.0 >> CHUNK_BITS) as usize].derived[index_in_chunk(event)].as_deref()
    }

    /// Compares two events by ≺.
    pub fn compare(&self, a: EventRef, b: EventRef) -> Ordering {
        if a == b {
            return Ordering::Equal;
        }
        self.order(a).cmp(&self.order(b))
    }

    fn order(&self, event: EventRef) -> (Timestamp, &str, u64, Coordinates, Option<&str>) {
        let row = self.row(event);
        let (source, seq, order) = match self.derived(event) {
            Some(derived) => (&*derived.source, derived.seq, Some(&*derived.order)),
            None => (row.source().text, row.row.seq, None),
        };
        (row.row.ts, source, seq, row.row.coordinates, order)
    }

    /// Its place in ≺, as a value; `like`: a source that may be its own, and is shared then.
    pub fn place(&self, event: EventRef, like: Option<&Arc<str>>) -> Place {
        let (ts, source, seq, coordinates, order) = self.order(event);
        let source = like.filter(|like| ***like == *source).map_or_else(|| source.into(), Arc::clone);
        Place { ts, source, seq, coordinates, derived: order.map(Arc::from) }
    }

    /// Drops the chunks that nothing can name any more.
    pub fn release(&mut self, clock: Timestamp) {
        for at in 0..self.chunks.len() as u32 {
            let chunk = &mut self.chunks[at as usize];
            if chunk.batch.is_empty() || chunk.keep_until >= clock {
                continue;
            }
            let mut released = std::mem::replace(chunk, Chunk::empty(self.symbols));
            if self.spare.len() < SPARE_MAX {
                released.clear();
                self.spare.push(released);
            }
            self.open.iter_mut().filter(|open| **open == Some(at)).for_each(|open| *open = None);
            self.free.push(at);
        }
    }

    /// Whether the event is kept.
    pub fn has(&self, event: EventRef) -> bool {
        let chunk = self.chunks.get((event.0 >> CHUNK_BITS) as usize);
        chunk.is_some_and(|chunk| index_in_chunk(event) < chunk.batch.len())
    }

    /// Whether the number still stands for an event of that instant: what came later has a later one.
    pub fn remembers(&self, event: EventRef, ts: i64) -> bool {
        self.has(event) && self.row(event).row.ts.0 == ts
    }

    /// Whether the number still stands for this row: once nothing could name it, it may have been given to another.
    pub fn holds(&self, event: EventRef, row: RowRef<'_>) -> bool {
        let same = |kept: RowRef<'_>| {
            (kept.row.ts, kept.row.class, kept.row.coordinates)
                == (row.row.ts, row.row.class, row.row.coordinates)
        };
        self.has(event) && same(self.row(event))
    }

    /// Appends them for a snapshot.
    pub fn write(&self, out: &mut Vec<u8>) {
        (self.chunks.len() as u32).write(out);
        for chunk in &self.chunks {
            chunk.keep_until.write(out);
            chunk.batch.write(out);
            let derived = chunk
                .derived
                .iter()
                .enumerate()
                .filter_map(|(at, d)| Some((at as u32, (**d.as_ref()?).clone())));
            derived.collect::<Vec<(u32, Derived)>>().write(out);
        }
        (self.free.clone(), self.open.to_vec()).write(out);
    }

    /// Reads them into an empty store.
    pub fn read(&mut self, from: &mut Reader<'_>) -> Result<(), Corrupt> {
        let chunks = from.length()?;
        for _ in 0..chunks {
            let keep_until = Codec::read(from)?;
            let batch = Batch::read(self.symbols, from)?;
            let mut derived: Vec<Option<Box<Derived>>> = (0..batch.len()).map(|_| None).collect();
            for (at, one) in Vec::<(u32, Derived)>::read(from)? {
                *derived.get_mut(at as usize).ok_or(Corrupt("a derived event outside its chunk"))? =
                    Some(Box::new(one));
            }
            self.chunks.push(Chunk { batch, derived, keep_until });
        }
        let (free, open): (Vec<u32>, Vec<Option<u32>>) = Codec::read(from)?;
        let all = free.iter().chain(open.iter().flatten());
        if all.copied().any(|at| at as usize >= self.chunks.len()) {
            return Err(Corrupt("a chunk that is not there"));
        }
        self.free = free;
        self.open = open.try_into().map_err(|_| Corrupt("classes of patience"))?;
        Ok(())
    }

    /// Keeps an event at least until then.
    pub fn keep_until(&mut self, event: EventRef, until: Timestamp) {
        let chunk = &mut self.chunks[(event.0 >> CHUNK_BITS) as usize];
        chunk.keep_until = chunk.keep_until.max(until);
    }

    /// Gives every row the class that its own one is now.
    pub fn reclass(&mut self, of: impl Fn(ClassId) -> ClassId) {
        for batch in self.chunks.iter_mut().map(|chunk| &mut chunk.batch) {
            for at in 0..batch.len() {
                let row = batch.envelope_mut(at);
                row.class = of(row.class);
            }
        }
    }

    /// How many rows are kept.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.batch.len()).sum()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn index_in_chunk(event: EventRef) -> usize {
    event.0 as usize & (CHUNK_LEN - 1)
}

impl Chunk {
    fn empty(symbols: SymbolKey) -> Chunk {
        Chunk { batch: Batch::new(symbols), derived: Vec::new(), keep_until: Timestamp::MIN }
    }

    /// Forgets everything and keeps the memory.
    fn clear(&mut self) {
        self.batch.clear();
        self.derived.clear();
        self.keep_until = Timestamp::MIN;
    }
}
