//! Plays whole conversions with scripted answers: good ones, absurd ones, late ones, and crashes.
//!
//! Possible because the machine is a pure function: a crash is forgetting the state and folding the
//! recorded events again.

use relift_job::JobName;

use crate::state::{ATTEMPTS_MAX, ROUNDS_MAX};
use crate::{
    Effect, End, Event, JobState, Outcome, Portfolio, Reply, Stage, Ticket, pending, roles, start,
    step,
};

/// SplitMix64: every seed gives one fixed sequence.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % bound
    }
}

/// Mostly good news, sometimes what the role may answer, seldom what it may not, or a failure.
fn reply(sequence: &mut Sequence, stage: Stage) -> Reply {
    let declared = roles::of_stage(stage).outcomes;
    let outcome = match sequence.below(20) {
        0..12 => Outcome::Completed,
        12..18 => declared[sequence.below(declared.len() as u64) as usize].0,
        18 => Outcome::ALL[sequence.below(Outcome::ALL.len() as u64) as usize],
        _ => return Reply::failure("worker died"),
    };
    // Differences are frequent, so that some jobs use up their rounds.
    let outcome = if stage == Stage::Reconcile && sequence.below(2) == 0 {
        Outcome::Differs
    } else {
        outcome
    };
    match outcome {
        Outcome::Completed => Reply::completed(),
        other => Reply::because(other, format!("cause {}", sequence.below(3))),
    }
}

/// Plays one job to its end; gives the recorded events and all states.
fn play(seed: u64) -> (Vec<Event>, Vec<JobState>) {
    let mut sequence = Sequence(seed);
    let (mut state, mut effects) = start(JobName::from(format!("job_{seed}")));
    let (mut events, mut states) = (Vec::new(), vec![state.clone()]);
    while !effects.is_empty() {
        let ticket = effects.iter().find_map(|effect| match effect {
            Effect::Perform(task) => Some(task.ticket),
            Effect::Reopen { .. } | Effect::Finish { .. } | Effect::Ignore { .. } => None,
        });
        let Some(ticket) = ticket else { break };
        let event = Event {
            ticket,
            reply: reply(&mut sequence, ticket.stage),
        };
        events.push(event.clone());
        (state, effects) = step(&state, &event);
        states.push(state.clone());
        if sequence.below(5) == 0 {
            // The same answer once more, and one from a stage nobody is at.
            let stray = Event {
                ticket: Ticket {
                    stage: Stage::Audit,
                    round: 9,
                    attempt: 9,
                },
                reply: Reply::completed(),
            };
            for late in [event, stray] {
                events.push(late.clone());
                let (unchanged, noted) = step(&state, &late);
                assert_eq!(unchanged, state);
                assert!(matches!(noted[..], [Effect::Ignore { .. }]));
            }
        }
        if sequence.below(4) == 0 {
            // Crash: all that is left are the events.
            let job = state.job.clone();
            let resumed =
                Portfolio::resume([job.clone()], events.iter().map(|event| (&job, event)));
            state = resumed.job(&job).expect("in scope").clone();
            effects = pending(&state);
            assert_eq!(&state, states.last().expect("at least the first"));
        }
    }
    (events, states)
}

#[test]
fn every_conversion_ends_within_its_budgets() {
    let mut ends = std::collections::BTreeMap::new();
    for seed in 0..1_000 {
        let (events, states) = play(seed);
        let last = states.last().expect("at least the first");
        *ends.entry(last.end().expect("the game ended")).or_insert(0) += 1;
        let steps_max = Stage::ALL.len() * (ROUNDS_MAX * ATTEMPTS_MAX) as usize;
        assert!(
            states.len() <= steps_max + 1,
            "seed {seed}: {} steps",
            states.len()
        );
        assert!(states.iter().all(|state| state.round <= ROUNDS_MAX));
        assert!(events.len() >= states.len() - 1);
    }
    assert_eq!(
        ends.keys().copied().collect::<Vec<_>>(),
        End::ALL,
        "not every end was met: {ends:?}"
    );
}

#[test]
fn the_same_events_give_the_same_states() {
    for seed in 0..50 {
        assert_eq!(play(seed), play(seed));
    }
}

#[test]
fn every_stage_is_met() {
    let met: std::collections::BTreeSet<Stage> = (0..200)
        .flat_map(|seed| play(seed).1)
        .filter_map(|state| state.ticket().map(|ticket| ticket.stage))
        .collect();
    assert_eq!(met.into_iter().collect::<Vec<_>>(), Stage::ALL);
}
