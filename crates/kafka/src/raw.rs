//! The calls of librdkafka that rdkafka does not offer safely: batches off a queue, and headers as bytes.
//!
//! Why: one record at a time costs three to five times as much as a batch, and rdkafka's header iterator
//! panics on a header whose *name* is not UTF-8, which any producer can send: the same record would kill the
//! process at the same offset for ever. One of the two files of the workspace with `unsafe`; everything it
//! exposes is safe to call.
//!
//! What it deliberately leaves out: `rd_kafka_position`. After an end of partition came out of a batch, that
//! call answers one too many (the batch call advances it past the *end event* as if that were a record), so
//! positions are kept by [`crate::consumer::Feed`] from what was really handed out. For the same reason
//! nothing here pauses.
#![expect(unsafe_code, reason = "rdkafka has no batch consumption and no header reader that cannot panic")]

use std::ffi::{CStr, CString, c_char, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::consumer::Consumer as _;
use rdkafka::types::{RDKafkaMessage, RDKafkaQueue, RDKafkaRespErr};

use crate::consumer::Client;

/// One record, readable as long as its batch lives. Nothing in it has been checked: key, value, header names
/// and header values are the producer's bytes.
#[derive(Clone, Copy)]
pub struct Record<'b>(Message<'b>);

/// The time that a record carries, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// Set by the broker when it appended the record.
    Append(i64),
    /// Set by the producer.
    Create(i64),
    /// None: a record of a very old format.
    Missing,
}

/// The headers of a record in their order: name and value as bytes. A name ends before its first zero byte.
pub struct Headers<'b> {
    list: *mut sys::rd_kafka_headers_t,
    next: usize,
    record: PhantomData<&'b RDKafkaMessage>,
}

/// What a queue hands out: a record, or an event about a partition.
#[derive(Clone, Copy)]
pub(crate) struct Message<'b> {
    native: *const RDKafkaMessage,
    /// 0 for a record, else the event that stands in its place.
    pub(crate) code: i32,
    /// A number that is the same for all messages of a topic in one batch (and means nothing beyond it).
    pub(crate) topic_key: usize,
    pub(crate) partition: i32,
    /// Of a record: its offset. Of an end of partition: the offset that the next record will have at least.
    pub(crate) offset: i64,
    key: Option<&'b [u8]>,
    /// The value of a record, the text of an event.
    pub(crate) payload: Option<&'b [u8]>,
}

/// A queue of ours, into which partitions are forwarded.
pub(crate) struct Queue {
    queue: NonNull<RDKafkaQueue>,
    // Dropped after the queue: the library frees a queue only while its client lives.
    client: Arc<Client>,
}

/// Messages taken off a queue at once; they go back to the library when it is dropped.
pub(crate) struct Batch {
    messages: Vec<*mut RDKafkaMessage>,
    // Dropped after the messages, which the library frees only while their client lives.
    _client: Arc<Client>,
}

// SAFETY: librdkafka documents its queues as usable from any thread; the pointer is owned by this value
// alone.
unsafe impl Send for Queue {}
// SAFETY: messages are plain heap objects of the library that any one thread may read and destroy; the batch
// owns them alone. It is not `Sync`: reading headers parses them inside the message on first use.
unsafe impl Send for Batch {}

impl Queue {
    pub(crate) fn new(client: Arc<Client>) -> Self {
        // SAFETY: the handle is valid as long as `client`, which this value keeps.
        let queue = unsafe { sys::rd_kafka_queue_new(client.client().native_ptr()) };
        Queue { queue: NonNull::new(queue).expect("the library aborts rather than return null here"), client }
    }

    /// Lets everything that is fetched from this partition come out here. Called before the partition is
    /// assigned, it lets no record take another way. `false` if the name cannot be a topic's.
    pub(crate) fn forward(&self, topic: &str, partition: i32) -> bool {
        let Ok(topic) = CString::new(topic) else { return false };
        // SAFETY: the client outlives the call, the name is a C string that the call copies.
        let source = unsafe {
            sys::rd_kafka_queue_get_partition(self.client.client().native_ptr(), topic.as_ptr(), partition)
        };
        let Some(source) = NonNull::new(source) else { return false };
        // SAFETY: both queues are valid; forwarding holds its own reference to the target, so that our
        // reference to the source can be given back at once. A target that is destroyed discards what still
        // arrives.
        unsafe {
            sys::rd_kafka_queue_forward(source.as_ptr(), self.queue.as_ptr());
            sys::rd_kafka_queue_destroy(source.as_ptr());
        }
        true
    }

    /// Takes up to `max` messages: what is there, else waits for the first one and takes what is there then.
    /// (The library's own call would wait out the time-out unless the batch is full.)
    pub(crate) fn poll(&mut self, max: usize, timeout: Duration) -> Batch {
        let mut batch = Batch { messages: Vec::with_capacity(max), _client: Arc::clone(&self.client) };
        self.fill(&mut batch, max, Duration::ZERO);
        if batch.messages.is_empty() && !timeout.is_zero() {
            self.fill(&mut batch, 1, timeout);
            if !batch.messages.is_empty() {
                self.fill(&mut batch, max, Duration::ZERO);
            }
        }
        batch
    }

    fn fill(&mut self, batch: &mut Batch, max: usize, timeout: Duration) {
        let room =
            max.saturating_sub(batch.messages.len()).min(batch.messages.capacity() - batch.messages.len());
        let timeout_ms = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        let spare = batch.messages.spare_capacity_mut();
        // SAFETY: the queue is valid; the array has room for `room` pointers, and the call writes at most
        // that many.
        let count = unsafe {
            sys::rd_kafka_consume_batch_queue(
                self.queue.as_ptr(),
                timeout_ms,
                spare.as_mut_ptr().cast(),
                room,
            )
        };
        let count = usize::try_from(count).unwrap_or(0);
        assert!(count <= room);
        // SAFETY: the call initialised exactly the first `count` of the spare elements, and `count` fits.
        unsafe { batch.messages.set_len(batch.messages.len() + count) };
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: created by us, destroyed once, and the client is still alive (the field after this one).
        unsafe { sys::rd_kafka_queue_destroy(self.queue.as_ptr()) };
    }
}

impl Batch {
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Message<'_>> {
        // SAFETY: the library handed out valid messages that nobody frees before this batch is dropped, which
        // the lifetime of the result ends before.
        self.messages.iter().map(|&message| unsafe { Message::read(message) })
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        for &message in &self.messages {
            // SAFETY: owned by this batch alone, destroyed once, and the client is still alive.
            unsafe { sys::rd_kafka_message_destroy(message) };
        }
    }
}

impl<'b> Message<'b> {
    /// SAFETY: the caller passes a message of the library that is neither written nor freed during `'b`.
    unsafe fn read(native: *const RDKafkaMessage) -> Self {
        // SAFETY: valid by the contract above. The error is read as a number: a broker newer than the library
        // can send one that the enum does not have.
        unsafe {
            Message {
                native,
                code: (&raw const (*native).err).cast::<i32>().read(),
                topic_key: (*native).rkt as usize,
                partition: (*native).partition,
                offset: (*native).offset,
                key: bytes((*native).key, (*native).key_len),
                payload: bytes((*native).payload, (*native).len),
            }
        }
    }

    pub(crate) fn record(self) -> Option<Record<'b>> {
        (self.code == 0).then_some(Record(self))
    }

    /// Empty if the message is of no topic.
    pub(crate) fn topic(self) -> &'b str {
        let topic = self.topic_key as *mut sys::rd_kafka_topic_t;
        if topic.is_null() {
            return "";
        }
        // SAFETY: the message holds a reference to its topic, whose name is a C string that lives as long.
        let name = unsafe { CStr::from_ptr::<'b>(sys::rd_kafka_topic_name(topic)) };
        name.to_str().unwrap_or("")
    }
}

impl<'b> Record<'b> {
    /// Its offset in the partition.
    pub fn offset(self) -> u64 {
        u64::try_from(self.0.offset).expect("a record read from a broker has an offset")
    }

    /// The key, if there is one.
    pub fn key(self) -> Option<&'b [u8]> {
        self.0.key
    }

    /// The value; none for a tombstone.
    pub fn value(self) -> Option<&'b [u8]> {
        self.0.payload
    }

    /// The time it carries.
    pub fn stamp(self) -> Stamp {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: a valid message; the call only reads it and writes the kind.
        let ms = unsafe { sys::rd_kafka_message_timestamp(self.0.native, &mut kind) };
        match kind {
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => Stamp::Append(ms),
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_CREATE_TIME => Stamp::Create(ms),
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE => Stamp::Missing,
        }
    }

    /// Its headers, none if it has none; `None` if they cannot be read at all.
    pub fn headers(self) -> Option<Headers<'b>> {
        let mut list = ptr::null_mut();
        // SAFETY: a valid message. The call parses the headers inside it on first use and keeps them there;
        // this is the only writer, and the batch that owns the message stays on one thread (`Batch` is not
        // `Sync`).
        let error = unsafe { sys::rd_kafka_message_headers(self.0.native, &mut list) };
        match error {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => {}
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__NOENT => list = ptr::null_mut(),
            _ => return None,
        }
        Some(Headers { list, next: 0, record: PhantomData })
    }
}

impl<'b> Iterator for Headers<'b> {
    type Item = (&'b [u8], Option<&'b [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.list.is_null() {
            return None;
        }
        let mut name: *const c_char = ptr::null();
        let mut value: *const c_void = ptr::null();
        let mut value_len = 0;
        // SAFETY: the list belongs to the message, which lives for `'b`; the call fails past the last header.
        let error = unsafe {
            sys::rd_kafka_header_get_all(self.list, self.next, &mut name, &mut value, &mut value_len)
        };
        if error != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        self.next += 1;
        // SAFETY: the library ends every name with a zero byte; name and value live as long as the list.
        unsafe { Some((CStr::from_ptr::<'b>(name).to_bytes(), bytes(value, value_len))) }
    }
}

/// The bytes behind a pointer of the library: none for a null pointer, which is how it says "no value".
/// SAFETY: the caller passes a pointer and a length out of one message that lives for `'b`.
unsafe fn bytes<'b>(start: *const c_void, len: usize) -> Option<&'b [u8]> {
    // SAFETY: a slice that is not null is valid by the contract above.
    (!start.is_null()).then(|| unsafe { slice::from_raw_parts(start.cast(), len) })
}
