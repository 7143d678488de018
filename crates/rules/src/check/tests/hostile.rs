//! Damaged files: whatever is left of them, the checker answers and its findings can be shown.

use super::{checked_as, folder};
use crate::render::render;

/// A small generator of numbers: the same ones in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// Takes out a piece, or puts a piece of elsewhere there.
fn damaged(text: &str, numbers: &mut Numbers) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (from, len) = (numbers.below(chars.len()), numbers.below(40));
    let to = (from + len).min(chars.len());
    let other = numbers.below(chars.len());
    let piece = match numbers.below(3) {
        0 => &[][..],
        1 => &chars[other..(other + len).min(chars.len())],
        _ => &['é', '{', '"', ' '][..],
    };
    [&chars[..from], piece, &chars[to..]].concat().into_iter().collect()
}

#[test]
fn damaged_files_are_answered() {
    let mut numbers = Numbers(7);
    let files: Vec<(_, String)> = folder("language").into_iter().chain(folder("refused")).collect();
    for (_, text) in &files {
        for _ in 0..20 {
            let mut text = text.clone();
            for _ in 0..=numbers.below(3) {
                text = damaged(&text, &mut numbers);
            }
            for found in &checked_as("a.rules", &text, None).diagnostics {
                assert!(!render(found, &text).is_empty());
            }
        }
    }
}
