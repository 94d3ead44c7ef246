//! The transition table, read off the roles.

use crate::{Outcome, Role, Route, Stage, roles};

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Transition {
    /// Where the job is.
    pub from: Stage,
    /// Who answers there.
    pub role: &'static Role,
    /// What is answered.
    pub outcome: Outcome,
    /// Where that leads.
    pub route: Route,
}

/// The whole table, in the order of stages.
pub fn transitions() -> impl Iterator<Item = Transition> {
    roles::ALL.iter().flat_map(|role| {
        role.outcomes.iter().map(|&(outcome, route)| Transition {
            from: role.stage,
            role,
            outcome,
            route,
        })
    })
}

/// Where an outcome leads from a stage; `None` when the stage's role may not answer that.
pub fn route(stage: Stage, outcome: Outcome) -> Option<Route> {
    roles::of_stage(stage)
        .outcomes
        .iter()
        .find(|(declared, _)| *declared == outcome)
        .map(|&(_, route)| route)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::End;

    #[test]
    fn every_stage_and_every_end_is_reachable() {
        let mut stages = BTreeSet::from([Stage::Discover]);
        let mut ends = BTreeSet::new();
        let mut open = vec![Stage::Discover];
        while let Some(stage) = open.pop() {
            for line in transitions().filter(|line| line.from == stage) {
                match line.route {
                    Route::Next(next) | Route::Back(next) => {
                        if stages.insert(next) {
                            open.push(next);
                        }
                    }
                    Route::Finish(end) => {
                        ends.insert(end);
                    }
                }
            }
        }
        assert_eq!(stages.into_iter().collect::<Vec<_>>(), Stage::ALL);
        // The dead letter is reached by running out of rounds, which the simulation shows.
        ends.insert(End::DeadLetter);
        assert_eq!(ends.into_iter().collect::<Vec<_>>(), End::ALL);
    }

    #[test]
    fn every_outcome_has_one_successor_and_every_outcome_is_used() {
        let mut used = BTreeSet::new();
        for role in roles::ALL {
            let mut seen = BTreeSet::new();
            for (outcome, _) in role.outcomes {
                assert!(
                    seen.insert(*outcome),
                    "{} declares {outcome} twice",
                    role.name
                );
                used.insert(*outcome);
            }
            assert!(
                seen.contains(&Outcome::Completed),
                "{} cannot complete",
                role.name
            );
        }
        assert_eq!(used.into_iter().collect::<Vec<_>>(), Outcome::ALL);
    }

    #[test]
    fn the_only_way_to_done_is_the_audit() {
        for line in transitions().filter(|line| line.route == Route::Finish(End::Done)) {
            assert_eq!(line.from, Stage::Audit);
        }
    }
}
