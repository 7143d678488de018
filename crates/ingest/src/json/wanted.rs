//! The wanted paths as a tree of keys: which key leads where, which value goes into which slot.
//!
//! It is built once a decoder or mapping and asked for every key of every message. So a key is known by its length and
//! its first and last eight bytes as numbers, and each table is so made that its keys do not meet: one look finds a key or
//! says that nobody wants it. It reads no JSON.

const NONE: u16 = u16::MAX;

/// Wanted keys, level by level.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    nodes: Vec<Node>,
    /// One for each node that has children.
    tables: Vec<Table>,
}

/// The children of one node.
#[derive(Clone, Debug)]
struct Table {
    /// Spreads these keys without two of them meeting, if there is such a number.
    multiplier: u64,
    /// The first child in each bucket; a power of two.
    buckets: Vec<u16>,
    children: Vec<u16>,
}

/// A key under the keys above it.
#[derive(Clone, Debug)]
pub(super) struct Node {
    head: u64,
    tail: u64,
    key: Box<str>,
    /// The next child of the same parent in the same bucket.
    next: u16,
    /// Index of the value, if a path ends here.
    slot: u16,
    /// The value's text is wanted, whatever it is.
    raw: bool,
    /// Its table of children; none if no path goes on.
    children: u16,
}

/// A key as it is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'k> {
    bytes: &'k [u8],
    /// The first eight bytes, the last ones of a longer key.
    head: u64,
    tail: u64,
}

impl Default for Wanted {
    fn default() -> Self {
        Wanted { nodes: vec![Node::new(Key::of(""), "")], tables: Vec::new() }
    }
}

impl Wanted {
    /// Wants the value at the end of these keys. A path that is wanted twice gets its value in the last slot.
    pub(super) fn add<'p>(&mut self, keys: impl Iterator<Item = &'p str>, raw: bool, slot: usize) {
        let mut node = 0;
        for key in keys {
            node = self.place(node, Key::of(key)).unwrap_or_else(|| self.grow(node, key));
        }
        assert!(self.nodes.len() < usize::from(NONE) && slot < usize::from(NONE));
        self.nodes[node].slot = slot as u16;
        self.nodes[node].raw |= raw;
    }

    /// Makes the tables; to be called when everything is added.
    pub(super) fn spread(mut self) -> Self {
        for table in &mut self.tables {
            table.spread(&mut self.nodes);
        }
        self
    }

    /// Where every message begins.
    pub(super) fn root(&self) -> &Node {
        &self.nodes[0]
    }

    /// Where a key of an object leads; nowhere if nobody wants what is there.
    #[inline]
    pub(super) fn child(&self, node: &Node, key: Key<'_>) -> Option<&Node> {
        let mut at = self.tables.get(usize::from(node.children))?.first(key);
        while let Some(child) = self.nodes.get(usize::from(at)) {
            if child.is(key) {
                return Some(child);
            }
            at = child.next;
        }
        None
    }

    /// Where a place of an array leads.
    pub(super) fn element(&self, node: &Node, index: usize) -> Option<&Node> {
        match u8::try_from(index) {
            Ok(index @ 0..=9) => self.child(node, Key::in_bytes(&[b'0' + index])),
            _ => self.child(node, Key::of(&index.to_string())),
        }
    }

    fn place(&self, node: usize, key: Key<'_>) -> Option<usize> {
        let table = self.tables.get(usize::from(self.nodes[node].children))?;
        let is = |child: &&u16| self.nodes[usize::from(**child)].is(key);
        table.children.iter().find(is).map(|&child| usize::from(child))
    }

    fn grow(&mut self, node: usize, text: &str) -> usize {
        let new = self.nodes.len();
        self.nodes.push(Node::new(Key::of(text), text));
        if self.nodes[node].children == NONE {
            self.nodes[node].children = self.tables.len() as u16;
            self.tables.push(Table { multiplier: 0, buckets: vec![NONE], children: Vec::new() });
        }
        let table = &mut self.tables[usize::from(self.nodes[node].children)];
        table.children.push(new as u16);
        new
    }
}

impl Table {
    #[inline]
    fn first(&self, key: Key<'_>) -> u16 {
        let place = key.mixed(self.multiplier) as usize & (self.buckets.len() - 1);
        self.buckets[place]
    }

    /// Looks for a multiplier under which no two keys meet, and takes the best that it finds.
    fn spread(&mut self, nodes: &mut [Node]) {
        let size = (4 * self.children.len()).next_power_of_two();
        let meet = |multiplier: u64| {
            let mut seen = vec![false; size];
            let place =
                |child: &u16| nodes[usize::from(*child)].key().mixed(multiplier) as usize & (size - 1);
            self.children.iter().filter(|child| std::mem::replace(&mut seen[place(child)], true)).count()
        };
        let tried = || (1..=TRIES).map(|nth: u64| nth.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let best =
            tried().find(|&multiplier| meet(multiplier) == 0).or_else(|| tried().min_by_key(|&m| meet(m)));
        self.multiplier = best.unwrap_or(1);
        self.buckets = vec![NONE; size];
        for &child in &self.children {
            let node = &mut nodes[usize::from(child)];
            let place = node.key().mixed(self.multiplier) as usize & (size - 1);
            node.next = std::mem::replace(&mut self.buckets[place], child);
        }
    }
}

/// Multipliers that are tried for a table.
const TRIES: u64 = 200;

impl Node {
    fn new(key: Key<'_>, text: &str) -> Self {
        Node {
            head: key.head,
            tail: key.tail,
            key: text.into(),
            next: NONE,
            slot: NONE,
            raw: false,
            children: NONE,
        }
    }

    #[inline]
    fn is(&self, key: Key<'_>) -> bool {
        let len = key.bytes.len();
        let ends = self.head == key.head && self.tail == key.tail && self.key.len() == len;
        // Of a key of up to 16 bytes that is all there is.
        ends && (len <= 16 || self.key.as_bytes() == key.bytes)
    }

    fn key(&self) -> Key<'_> {
        Key { bytes: self.key.as_bytes(), head: self.head, tail: self.tail }
    }

    /// Where the value goes, if it is wanted itself.
    pub(super) fn slot(&self) -> Option<usize> {
        (self.slot != NONE).then_some(usize::from(self.slot))
    }

    /// The value's text is wanted.
    pub(super) fn is_raw(&self) -> bool {
        self.raw
    }

    /// Something inside the value is wanted.
    pub(super) fn goes_on(&self) -> bool {
        self.children != NONE
    }
}

impl<'k> Key<'k> {
    pub(super) fn of(text: &'k str) -> Self {
        Key::in_bytes(text.as_bytes())
    }

    /// A key that nothing is known of but its bytes.
    pub(super) fn in_bytes(bytes: &'k [u8]) -> Self {
        match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => Key::of_ends(bytes, *first, *last),
            _ => {
                let head = bytes.iter().rev().fold(0, |head, byte| head << 8 | u64::from(*byte));
                Key { bytes, head, tail: 0 }
            }
        }
    }

    /// The first `len` bytes of a text that goes on behind the key, so that eight can be read at once.
    #[inline(always)]
    pub(super) fn at_start_of(text: &'k [u8], len: usize) -> Self {
        let bytes = &text[..len];
        match (text.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => Key::of_ends(bytes, *first, *last),
            (Some(first), None) => {
                Key { bytes, head: u64::from_le_bytes(*first) & ((1 << (8 * len)) - 1), tail: 0 }
            }
            _ => Key::in_bytes(bytes),
        }
    }

    #[inline(always)]
    fn of_ends(bytes: &'k [u8], first: [u8; 8], last: [u8; 8]) -> Self {
        Key { bytes, head: u64::from_le_bytes(first), tail: u64::from_le_bytes(last) }
    }

    #[inline(always)]
    fn mixed(&self, multiplier: u64) -> u64 {
        let parts = self.head ^ self.tail.rotate_left(23) ^ self.bytes.len() as u64;
        parts.wrapping_mul(multiplier) >> 40
    }
}
