//! Which partition a site's records are in: what Kafka's default partitioner does with the site as key.
//!
//! Murmur2 as in the Java client, which no producer of ours may replace: the events of a site must meet in one task.

/// The partition of a key among `partitions`, as Kafka's default partitioner picks it.
pub fn of_key(key: &[u8], partitions: u32) -> u32 {
    let positive = murmur2(key) as u32 & 0x7fff_ffff;
    positive.checked_rem(partitions).unwrap_or(0)
}

/// Murmur2 with Kafka's seed.
pub fn murmur2(data: &[u8]) -> i32 {
    const M: u32 = 0x5bd1_e995;
    let mut h = 0x9747_b28c ^ data.len() as u32;
    let words = data.chunks_exact(4);
    let tail = words.remainder();
    for word in words {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]).wrapping_mul(M);
        k = (k ^ (k >> 24)).wrapping_mul(M);
        h = h.wrapping_mul(M) ^ k;
    }
    if !tail.is_empty() {
        for (at, byte) in tail.iter().enumerate() {
            h ^= u32::from(*byte) << (8 * at);
        }
        h = h.wrapping_mul(M);
    }
    h = (h ^ (h >> 13)).wrapping_mul(M);
    (h ^ (h >> 15)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_vectors_of_kafkas_own_test() {
        let known: [(&str, i32); 7] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
            ("", 275_646_681),
        ];
        for (key, hash) in known {
            assert_eq!(murmur2(key.as_bytes()), hash, "{key}");
        }
    }

    #[test]
    fn no_partitions_is_no_panic() {
        assert_eq!(of_key(b"harbour", 0), 0);
        assert!(of_key(b"harbour", 3) < 3);
    }
}
