//! Two works timed side by side.

use std::time::{Duration, Instant};

/// The median times of two works that take turns.
pub(crate) fn medians(
    rounds: usize,
    mut ours: impl FnMut(),
    mut plain: impl FnMut(),
) -> [Duration; 2] {
    let timed = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    let mut times: [Vec<Duration>; 2] = Default::default();
    for _ in 0..rounds {
        times[0].push(timed(&mut ours));
        times[1].push(timed(&mut plain));
    }
    times.map(|mut times| {
        times.sort_unstable();
        times[rounds / 2]
    })
}
