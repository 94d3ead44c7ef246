//! In which order units of work are done when some wait for others and several are done at a time.
//!
//! Units are numbers, given in the order they would be done by one worker; each waits for units with smaller
//! numbers only, so there is always one that can be done. A unit that waits no more is handed out in that
//! order, whoever asks.

use std::collections::BTreeSet;

/// Units that are still to be done.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// How many units each one waits for.
    waits: Vec<u32>,
    /// Units that wait for each one: the part of `followers` from its own start to the next one's.
    starts: Vec<usize>,
    followers: Vec<u32>,
    ready: BTreeSet<u32>,
    /// Units not done, those that are being done included.
    left: usize,
}

impl Schedule {
    /// Plans `count` units; `edges` are pairs of a unit and an earlier one it waits for. An edge that points
    /// forward would never be met, so it is left out.
    pub fn new(count: u32, edges: &[(u32, u32)]) -> Self {
        let sound = || {
            edges
                .iter()
                .copied()
                .filter(|(unit, earlier)| earlier < unit && *unit < count)
        };
        let mut waits = vec![0; count as usize];
        let mut starts = vec![0; count as usize + 1];
        for (unit, earlier) in sound() {
            waits[unit as usize] += 1;
            starts[earlier as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut followers = vec![0; starts.last().copied().unwrap_or(0)];
        for (unit, earlier) in sound() {
            let slot = &mut next[earlier as usize];
            followers[*slot] = unit;
            *slot += 1;
        }
        let ready = (0..count)
            .filter(|unit| waits[*unit as usize] == 0)
            .collect();
        Self {
            waits,
            starts,
            followers,
            ready,
            left: count as usize,
        }
    }

    /// Hands out the first unit that waits for nothing.
    pub fn take(&mut self) -> Option<u32> {
        self.ready.pop_first()
    }

    /// Notes that a unit is done, well or not; returns how many others became ready.
    pub fn done(&mut self, unit: u32) -> usize {
        self.left = self.left.saturating_sub(1);
        let mut freed = 0;
        for at in self.starts[unit as usize]..self.starts[unit as usize + 1] {
            let follower = self.followers[at];
            let waits = &mut self.waits[follower as usize];
            *waits = waits.saturating_sub(1);
            if *waits == 0 {
                self.ready.insert(follower);
                freed += 1;
            }
        }
        freed
    }

    /// Whether every unit is done.
    pub fn is_over(&self) -> bool {
        self.left == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_handed_out_when_those_it_waits_for_are_done() {
        let mut schedule = Schedule::new(4, &[(1, 0), (3, 1), (3, 2)]);
        assert_eq!(schedule.take(), Some(0));
        assert_eq!(schedule.take(), Some(2));
        assert_eq!(schedule.take(), None);
        assert_eq!(schedule.done(2), 0);
        assert_eq!(schedule.done(0), 1);
        assert_eq!(schedule.take(), Some(1));
        assert_eq!(schedule.done(1), 1);
        assert_eq!(schedule.take(), Some(3));
        assert!(!schedule.is_over());
        schedule.done(3);
        assert!(schedule.is_over());
    }

    #[test]
    fn every_unit_of_a_large_plan_comes_after_those_it_waits_for() {
        let count = 20_000_u32;
        let edges: Vec<(u32, u32)> = (1..count)
            .flat_map(|unit| [(unit, unit / 2), (unit, u32::saturating_sub(unit, 7))])
            .collect();
        let mut schedule = Schedule::new(count, &edges);
        let mut place = vec![0; count as usize];
        let mut at = 0;
        while let Some(unit) = schedule.take() {
            place[unit as usize] = at;
            at += 1;
            schedule.done(unit);
        }
        assert!(schedule.is_over());
        for (unit, earlier) in edges.into_iter().filter(|(unit, earlier)| earlier < unit) {
            assert!(place[earlier as usize] < place[unit as usize]);
        }
    }

    #[test]
    fn an_edge_that_points_forward_stops_nobody() {
        let mut schedule = Schedule::new(2, &[(0, 1), (1, 1)]);
        assert_eq!((schedule.take(), schedule.take()), (Some(0), Some(1)));
    }
}
