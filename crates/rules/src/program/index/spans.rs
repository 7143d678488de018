//! Spans on a line, and which of them hold a point: a balanced tree in one slice, in which each place knows how far up the
//! spans below it reach. One look costs log n and what it finds, however the spans overlap.

/// A span with what it stands for; both ends are in it.
#[derive(Clone, Copy, Debug)]
pub struct Span<T> {
    pub low: i128,
    pub high: i128,
    pub stands_for: T,
}

/// The spans, sorted by their lower ends.
#[derive(Debug)]
pub struct Spans<T> {
    spans: Vec<Span<T>>,
    /// The greatest upper end in the part of which a place is the middle.
    reach: Vec<i128>,
}

impl<T: Copy> Spans<T> {
    pub fn new(mut spans: Vec<Span<T>>) -> Self {
        spans.sort_by_key(|span| (span.low, span.high));
        let mut reach = vec![i128::MIN; spans.len()];
        fill(&spans, &mut reach);
        Spans { spans, reach }
    }

    /// Gives what stands at a point.
    pub fn at(&self, point: i128, give: &mut impl FnMut(T)) {
        look(&self.spans, &self.reach, point, give);
    }
}

fn fill<T>(spans: &[Span<T>], reach: &mut [i128]) -> i128 {
    if spans.is_empty() {
        return i128::MIN;
    }
    let middle = spans.len() / 2;
    let (left, right) = (&mut reach[..middle], &spans[..middle]);
    let below = fill(right, left);
    let above = fill(&spans[middle + 1..], &mut reach[middle + 1..]);
    reach[middle] = spans[middle].high.max(below).max(above);
    reach[middle]
}

fn look<T: Copy>(spans: &[Span<T>], reach: &[i128], point: i128, give: &mut impl FnMut(T)) {
    if spans.is_empty() {
        return;
    }
    let middle = spans.len() / 2;
    if reach[middle] < point {
        return;
    }
    look(&spans[..middle], &reach[..middle], point, give);
    let span = &spans[middle];
    if span.low <= point {
        if span.high >= point {
            give(span.stands_for);
        }
        look(&spans[middle + 1..], &reach[middle + 1..], point, give);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spans_of_every_point() {
        let mut state = 1u64;
        let mut random = |end: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            i128::from(state % end)
        };
        for count in 0..40u32 {
            let all: Vec<Span<u32>> = (0..count)
                .map(|at| {
                    let low = random(30);
                    Span { low, high: low + random(10), stands_for: at }
                })
                .collect();
            let spans = Spans::new(all.clone());
            for point in -1..45 {
                let mut found = Vec::new();
                spans.at(point, &mut |at| found.push(at));
                found.sort_unstable();
                let holds = |span: &&Span<u32>| span.low <= point && point <= span.high;
                let expected: Vec<u32> = all.iter().filter(holds).map(|span| span.stands_for).collect();
                assert_eq!(found, expected, "{point} of {count}");
            }
        }
    }
}
