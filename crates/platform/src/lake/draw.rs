//! The generator's chance: SplitMix64, started from a key.
//!
//! Every value depends only on the seed and on what it belongs to (a topic and some numbers, such as
//! a day and an order), never on what was drawn before. So any partition can be made alone and comes
//! out the same on every machine and in every order.

/// A stream of draws that belongs to one key.
#[derive(Clone, Debug)]
pub(super) struct Draw(u64);

impl Draw {
    /// The stream of a topic and its numbers.
    pub(super) fn keyed(seed: u64, topic: &str, keys: &[i64]) -> Self {
        let mut state = mixed(seed ^ 0x7265_6c69_6674_2d31);
        for byte in topic.bytes() {
            state = mixed(state ^ u64::from(byte));
        }
        for key in keys {
            state = mixed(state.rotate_left(17) ^ *key as u64);
        }
        Self(state)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// A number from 0 to `count - 1`.
    pub(super) fn below(&mut self, count: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(count)) >> 64) as u64
    }

    /// A number from `first` to `last`, both included.
    pub(super) fn between(&mut self, first: i64, last: i64) -> i64 {
        first + self.below((last - first + 1) as u64) as i64
    }

    /// True in `percent` of 100 cases.
    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// How often the value of `topic` of thing `id` has changed by `day`, if it lives `days` at a time.
///
/// Each thing has its own phase, so that every day a few of them change and most do not.
pub(super) fn changes(seed: u64, topic: &str, id: i64, day: i64, days: i64) -> i64 {
    let phase = Draw::keyed(seed, topic, &[id, -1]).below(days as u64) as i64;
    (day + phase).div_euclid(days)
}

/// The day on which the value that [`changes`] counts changed last.
pub(super) fn changed_on(seed: u64, topic: &str, id: i64, day: i64, days: i64) -> i64 {
    let phase = Draw::keyed(seed, topic, &[id, -1]).below(days as u64) as i64;
    day - (day + phase).rem_euclid(days)
}

/// SplitMix64's finaliser.
fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_from_their_key_alone() {
        let drawn = |seed, topic, keys: &[i64]| {
            let mut draw = Draw::keyed(seed, topic, keys);
            [draw.below(1000), draw.below(1000), draw.below(1000)]
        };
        assert_eq!(drawn(1, "a", &[1, 2]), drawn(1, "a", &[1, 2]));
        assert_ne!(drawn(1, "a", &[1, 2]), drawn(1, "a", &[2, 1]));
        assert_ne!(drawn(1, "a", &[1, 2]), drawn(2, "a", &[1, 2]));
        assert_ne!(drawn(1, "ab", &[]), drawn(1, "ba", &[]));
    }

    #[test]
    fn the_day_of_the_last_change_is_known() {
        for id in 0..100 {
            let turn = changes(7, "x", id, 20_000, 50);
            let since = changed_on(7, "x", id, 20_000, 50);
            assert!((19_951..=20_000).contains(&since));
            assert_eq!(changes(7, "x", id, since, 50), turn);
            assert_eq!(changes(7, "x", id, since - 1, 50), turn - 1);
        }
    }

    #[test]
    fn values_change_now_and_then() {
        let changed = (1..=1000)
            .filter(|id| changes(7, "x", *id, 20_000, 50) != changes(7, "x", *id, 20_001, 50))
            .count();
        assert!(
            (5..=40).contains(&changed),
            "{changed} of 1000 changed in one day of 50"
        );
    }
}
