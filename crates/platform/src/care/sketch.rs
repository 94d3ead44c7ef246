//! Counting with bounded memory: exactly while there are few different values, estimated after that.
//!
//! A column of customer numbers has millions of different values, and nobody needs their number to the
//! last digit. Up to a bound every value is kept with its count; beyond it the number of different
//! values is estimated (HyperLogLog) and the most frequent ones are those that survive a bounded list
//! (Misra-Gries). What was estimated is always said.

use std::collections::HashMap;

/// Registers of the estimate: a standard error of 0.8 %.
const REGISTER_BITS: u32 = 14;

/// Estimates how many different marks were seen.
#[derive(Clone)]
pub(super) struct DistinctEstimate {
    registers: Vec<u8>,
}

impl DistinctEstimate {
    pub(super) fn new() -> Self {
        Self {
            registers: vec![0; 1 << REGISTER_BITS],
        }
    }

    pub(super) fn add(&mut self, mark: u64) {
        let register = (mark >> (64 - REGISTER_BITS)) as usize;
        let rest = mark << REGISTER_BITS;
        let rank = (rest.leading_zeros() + 1).min(64 - REGISTER_BITS + 1) as u8;
        self.registers[register] = self.registers[register].max(rank);
    }

    pub(super) fn count(&self) -> u64 {
        let size = self.registers.len() as f64;
        let sum: f64 = self
            .registers
            .iter()
            .map(|rank| (-f64::from(*rank)).exp2())
            .sum();
        let raw = 0.7213 / (1.0 + 1.079 / size) * size * size / sum;
        let empty: usize = self
            .registers
            .iter()
            .map(|rank| usize::from(*rank == 0))
            .sum();
        let estimate = if raw <= 2.5 * size && empty > 0 {
            size * (size / empty as f64).ln()
        } else {
            raw
        };
        estimate.round() as u64
    }
}

/// A value with how often it was seen.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) text: String,
    pub(super) count: u64,
}

/// The most frequent values of a stream; exact until a value had to be dropped.
pub(super) struct Frequent {
    kept: HashMap<u64, Counted>,
    kept_max: usize,
    dropped: bool,
}

impl Frequent {
    pub(super) fn new(kept_max: usize) -> Self {
        Self {
            kept: HashMap::new(),
            kept_max,
            dropped: false,
        }
    }

    /// Counts a value; `text` is asked for only when it is new.
    pub(super) fn add(&mut self, mark: u64, count: u64, text: impl FnOnce() -> String) {
        if let Some(counted) = self.kept.get_mut(&mark) {
            counted.count += count;
            return;
        }
        if self.kept.len() == self.kept_max {
            self.dropped = true;
            self.kept.retain(|_, counted| {
                counted.count = counted.count.saturating_sub(count);
                counted.count > 0
            });
            if self.kept.len() == self.kept_max {
                return;
            }
        }
        let text = text();
        self.kept.insert(mark, Counted { text, count });
    }

    pub(super) fn is_full(&self) -> bool {
        self.kept.len() == self.kept_max
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn is_exact(&self) -> bool {
        !self.dropped
    }

    pub(super) fn contains(&self, mark: u64) -> bool {
        self.kept.contains_key(&mark)
    }

    pub(super) fn marks(&self) -> impl Iterator<Item = u64> + '_ {
        self.kept.keys().copied()
    }

    /// All kept values, the most frequent first, then by text.
    pub(super) fn sorted(&self) -> Vec<&Counted> {
        let mut all: Vec<&Counted> = self.kept.values().collect();
        all.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.text.cmp(&b.text)));
        all
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hasher};

    use super::*;

    fn mark(value: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(value);
        hasher.finish()
    }

    #[test]
    fn the_estimate_is_close() {
        for size in [100_u64, 5_000, 200_000] {
            let mut estimate = DistinctEstimate::new();
            for value in (0..size).chain(0..size) {
                estimate.add(mark(value));
            }
            let error = estimate.count().abs_diff(size) * 100;
            assert!(error <= 4 * size, "{size}: {}", estimate.count());
        }
    }

    #[test]
    fn the_most_frequent_survive() {
        let mut frequent = Frequent::new(10);
        for value in 0..1_000_u64 {
            frequent.add(mark(value), 1, || value.to_string());
            frequent.add(mark(7), 1, || "7".to_owned());
        }
        assert!(!frequent.is_exact());
        let first = frequent.sorted()[0];
        assert_eq!(first.text, "7");
        assert!(first.count > 800 && first.count <= 1_001, "{}", first.count);
    }
}
