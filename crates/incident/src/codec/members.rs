//! The header `members` of a revision: which alerts an incident holds, all of them, in binary.
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | version, 1 |
//! | 4 | number of alerts |
//! | 48 each | run = H(rule, key) (16), id (16), first_at (8), last_at (8) |
//!
//! Numbers are little-endian; alerts stand by (first_at, id). Documents are cut and this is not, so matching
//! goes by it.

use super::Malformed;
use crate::table::Member;
use event::id::Id;
use event::time::Timestamp;

const VERSION: u8 = 1;
const MEMBER_BYTES: usize = 48;
/// More than any incident holds.
pub const MEMBERS_MAX: usize = 4_096;

/// The header of these members, which come by (first_at, id).
pub fn encode_members(members: &[Member]) -> Vec<u8> {
    let members = &members[..members.len().min(MEMBERS_MAX)];
    let mut bytes = Vec::with_capacity(5 + members.len() * MEMBER_BYTES);
    bytes.push(VERSION);
    bytes.extend((members.len() as u32).to_le_bytes());
    for member in members {
        bytes.extend(member.run.0);
        bytes.extend(member.id.0);
        bytes.extend(member.first_at.0.to_le_bytes());
        bytes.extend(member.last_at.0.to_le_bytes());
    }
    bytes
}

/// Reads the header. Whatever the bytes, it returns, and allocates no more than they are long.
pub fn decode_members(bytes: &[u8]) -> Result<Vec<Member>, Malformed> {
    let ([version, count @ ..], rest) =
        bytes.split_first_chunk::<5>().ok_or(Malformed("members: too short"))?;
    if *version != VERSION {
        return Err(Malformed("members: another version"));
    }
    let count = u32::from_le_bytes(*count) as usize;
    let (chunks, tail) = rest.as_chunks::<MEMBER_BYTES>();
    if count != chunks.len() || count > MEMBERS_MAX || !tail.is_empty() {
        return Err(Malformed("members: another number than it says"));
    }
    let members: Vec<Member> = chunks.iter().map(member).collect();
    let forward = members.iter().all(|member| member.first_at <= member.last_at);
    if !forward || !members.is_sorted_by(|a, b| (a.first_at, a.id) < (b.first_at, b.id)) {
        return Err(Malformed("members: out of order"));
    }
    Ok(members)
}

fn member(bytes: &[u8; MEMBER_BYTES]) -> Member {
    Member {
        run: Id(part(bytes, 0)),
        id: Id(part(bytes, 16)),
        first_at: Timestamp(i64::from_le_bytes(part(bytes, 32))),
        last_at: Timestamp(i64::from_le_bytes(part(bytes, 40))),
    }
}

fn part<const N: usize>(bytes: &[u8; MEMBER_BYTES], at: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[at..at + N]);
    part
}
