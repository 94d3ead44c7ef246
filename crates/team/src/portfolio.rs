//! All jobs of a conversion, accounted for by name.
//!
//! A count that adds up can hide a job that was lost and another that was counted twice, so the
//! books are kept by name.

use std::collections::{BTreeMap, BTreeSet};

use relift_job::JobName;

use crate::{Effect, End, Event, JobState, Stage, machine};

/// Where every job in scope stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Portfolio {
    jobs: BTreeMap<JobName, JobState>,
}

impl Portfolio {
    /// Every job of the scope at its first task.
    pub fn new(scope: impl IntoIterator<Item = JobName>) -> Self {
        Self {
            jobs: scope
                .into_iter()
                .map(|job| (job.clone(), machine::start(job).0))
                .collect(),
        }
    }

    /// Folds what was recorded; events of jobs outside the scope are left out.
    #[must_use]
    pub fn resume<'a>(
        scope: impl IntoIterator<Item = JobName>,
        events: impl IntoIterator<Item = (&'a JobName, &'a Event)>,
    ) -> Self {
        let mut portfolio = Self::new(scope);
        for (job, event) in events {
            portfolio.step(job, event);
        }
        portfolio
    }

    /// Takes one event of one job; `None` when the job is not in scope.
    pub fn step(&mut self, job: &JobName, event: &Event) -> Option<Vec<Effect>> {
        let state = self.jobs.get_mut(job)?;
        let (next, effects) = machine::step(state, event);
        *state = next;
        Some(effects)
    }

    /// Puts a job back to its first task, because its files have changed.
    pub fn restart(&mut self, job: &JobName) -> Option<Vec<Effect>> {
        let state = self.jobs.get_mut(job)?;
        let (next, effects) = machine::start(job.clone());
        *state = next;
        Some(effects)
    }

    /// One job.
    pub fn job(&self, job: &JobName) -> Option<&JobState> {
        self.jobs.get(job)
    }

    /// Every job, by name.
    pub fn jobs(&self) -> impl Iterator<Item = &JobState> {
        self.jobs.values()
    }

    /// Work that waits, by job name.
    pub fn pending(&self) -> Vec<Effect> {
        self.jobs.values().flat_map(machine::pending).collect()
    }

    /// Jobs per stage, every stage listed.
    pub fn board(&self) -> BTreeMap<Stage, Vec<JobName>> {
        let mut board: BTreeMap<Stage, Vec<JobName>> = Stage::ALL
            .iter()
            .map(|stage| (*stage, Vec::new()))
            .collect();
        for state in self.jobs.values() {
            if let Some(ticket) = state.ticket() {
                board
                    .entry(ticket.stage)
                    .or_default()
                    .push(state.job.clone());
            }
        }
        board
    }

    /// Compares a scope with what is accounted for here.
    pub fn conservation(&self, scope: &BTreeSet<JobName>) -> Conservation {
        let mut ended: BTreeMap<End, BTreeSet<JobName>> = BTreeMap::new();
        let mut open = BTreeSet::new();
        for state in self.jobs.values() {
            match state.end() {
                Some(end) => ended.entry(end).or_default().insert(state.job.clone()),
                None => open.insert(state.job.clone()),
            };
        }
        let known: BTreeSet<JobName> = self.jobs.keys().cloned().collect();
        Conservation {
            ended,
            open,
            lost: scope.difference(&known).cloned().collect(),
            surplus: known.difference(scope).cloned().collect(),
        }
    }
}

/// Every name of a scope in exactly one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conservation {
    /// Jobs that are over, by how.
    pub ended: BTreeMap<End, BTreeSet<JobName>>,
    /// Jobs somebody still works on.
    pub open: BTreeSet<JobName>,
    /// In scope, but nowhere.
    pub lost: BTreeSet<JobName>,
    /// Somewhere, but not in scope.
    pub surplus: BTreeSet<JobName>,
}

impl Conservation {
    /// Whether no name was lost and none invented.
    pub fn holds(&self) -> bool {
        self.lost.is_empty() && self.surplus.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reply, Ticket};

    #[test]
    fn a_lost_job_and_an_invented_one_do_not_cancel_out() {
        let portfolio = Portfolio::new(["a".into(), "b".into()]);
        let books = portfolio.conservation(&BTreeSet::from(["a".into(), "c".into()]));
        assert!(!books.holds());
        assert_eq!(books.lost, BTreeSet::from(["c".into()]));
        assert_eq!(books.surplus, BTreeSet::from(["b".into()]));
    }

    #[test]
    fn the_board_shows_every_stage() {
        let mut portfolio = Portfolio::new(["a".into(), "b".into()]);
        let ticket = Ticket {
            stage: Stage::Discover,
            round: 1,
            attempt: 1,
        };
        portfolio.step(
            &"b".into(),
            &Event {
                ticket,
                reply: Reply::completed(),
            },
        );
        let board = portfolio.board();
        assert_eq!(board.len(), Stage::ALL.len());
        assert_eq!(board[&Stage::Discover], ["a".into()]);
        assert_eq!(board[&Stage::Analyse], ["b".into()]);
    }
}
