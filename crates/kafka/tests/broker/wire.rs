//! A record put on the wire by hand, for what no client library will send: bytes that are not text where
//! Kafka's protocol says "string". One request (Produce, version 3), one batch of one record, nothing else of
//! the protocol.

use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::{Context, ensure};

/// Appends one record with one header to a partition; the header's name may be any bytes.
pub fn produce(
    broker: &str,
    topic: &str,
    partition: i32,
    value: &[u8],
    header: (&[u8], &[u8]),
) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(broker).context("connect")?;
    stream.write_all(&framed(&request(topic, partition, &batch(value, header))))?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; usize::try_from(i32::from_be_bytes(length))?];
    stream.read_exact(&mut answer)?;
    // Correlation, one topic, its name, one partition, its number: then the error.
    let error_at = 4 + 4 + 2 + topic.len() + 4 + 4;
    let error = answer.get(error_at..error_at + 2).context("the answer is too short")?;
    ensure!(error == [0, 0], "the broker refused the record: {error:?}");
    Ok(())
}

fn request(topic: &str, partition: i32, batch: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(0_i16.to_be_bytes()); // Produce
    out.extend(3_i16.to_be_bytes()); // version
    out.extend(1_i32.to_be_bytes()); // correlation
    out.extend((-1_i16).to_be_bytes()); // no client id
    out.extend((-1_i16).to_be_bytes()); // no transactional id
    out.extend((-1_i16).to_be_bytes()); // all in-sync copies acknowledge
    out.extend(10_000_i32.to_be_bytes()); // time-out, ms
    out.extend(1_i32.to_be_bytes()); // topics
    out.extend((topic.len() as i16).to_be_bytes());
    out.extend(topic.as_bytes());
    out.extend(1_i32.to_be_bytes()); // partitions
    out.extend(partition.to_be_bytes());
    out.extend(framed(batch));
    out
}

fn batch(value: &[u8], header: (&[u8], &[u8])) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(0_i16.to_be_bytes()); // attributes: not compressed, create time, no transaction
    body.extend(0_i32.to_be_bytes()); // last offset delta
    body.extend(0_i64.to_be_bytes()); // first time
    body.extend(0_i64.to_be_bytes()); // newest time
    body.extend((-1_i64).to_be_bytes()); // no producer id
    body.extend((-1_i16).to_be_bytes()); // no epoch
    body.extend((-1_i32).to_be_bytes()); // no sequence
    body.extend(1_i32.to_be_bytes()); // records
    body.extend(record(value, header));

    let mut out = Vec::new();
    out.extend(0_i64.to_be_bytes()); // base offset: the broker's to give
    out.extend((body.len() as i32 + 9).to_be_bytes());
    out.extend((-1_i32).to_be_bytes()); // leader epoch: unknown
    out.push(2); // magic
    out.extend(crc32c(&body).to_be_bytes());
    out.extend(body);
    out
}

fn record(value: &[u8], (name, content): (&[u8], &[u8])) -> Vec<u8> {
    let mut body = vec![0]; // attributes
    varint(&mut body, 0); // time delta
    varint(&mut body, 0); // offset delta
    varint(&mut body, -1); // no key
    varint(&mut body, value.len() as i64);
    body.extend(value);
    varint(&mut body, 1); // headers
    for part in [name, content] {
        varint(&mut body, part.len() as i64);
        body.extend(part);
    }
    let mut out = Vec::new();
    varint(&mut out, body.len() as i64);
    out.extend(body);
    out
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut out = (bytes.len() as i32).to_be_bytes().to_vec();
    out.extend(bytes);
    out
}

/// Zigzag, then seven bits a byte, low ones first.
fn varint(out: &mut Vec<u8>, number: i64) {
    let mut left = ((number << 1) ^ (number >> 63)) as u64;
    while left >= 0x80 {
        out.push((left as u8) | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}

/// Castagnoli's polynomial, bit by bit: a test sends one record.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82F6_3B78 } else { crc >> 1 };
        }
    }
    !crc
}
