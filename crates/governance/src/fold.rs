//! The fold of ledger events into the model.
//!
//! Independent of how often an interrupted stage was repeated and of how jobs interleave: each event
//! replaces what its kind said before, under its own key.

use std::collections::{BTreeMap, BTreeSet};

use relift_job::{DateRange, EffectiveDate};
use relift_team::{Effect, Stage, start, step};

use crate::event::{JobDiscovered, LedgerEvent, ScopeDeclared};
use crate::model::{JobModel, Model, Reopened};

/// Why events make no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// Nothing was begun.
    #[error("the ledger declares no scope; run `relift scan` first")]
    NoScope,
    /// The scope's dates are none.
    #[error("the declared dates {first} to {last} are no range of dates")]
    Dates {
        /// First.
        first: String,
        /// Last.
        last: String,
    },
    /// An event uses a word unknown here.
    #[error("job {job} reports a stage or outcome `{word}` that this program does not know")]
    Word {
        /// The job.
        job: String,
        /// The word.
        word: String,
    },
}

impl Model {
    /// Folds a ledger.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a LedgerEvent>) -> Result<Self, FoldError> {
        let mut scope: Option<&ScopeDeclared> = None;
        let mut jobs: BTreeMap<String, JobModel> = BTreeMap::new();
        for event in events {
            if let LedgerEvent::ScopeDeclared(declared) = event {
                scope = Some(declared);
            }
            if let Some(name) = event.job() {
                jobs.entry(name.to_owned())
                    .or_insert_with(|| JobModel::new(name))
                    .take(event)?;
            }
        }
        let scope = scope.ok_or(FoldError::NoScope)?;
        let dates = dates(scope)?;
        let declared: BTreeSet<String> = scope.jobs.iter().cloned().collect();
        let surplus = jobs
            .keys()
            .filter(|name| !declared.contains(*name))
            .cloned()
            .collect();
        let jobs = declared
            .into_iter()
            .map(|name| {
                let job = jobs.remove(&name).unwrap_or_else(|| JobModel::new(&name));
                (name, job)
            })
            .collect();
        Ok(Self {
            workspace: scope.workspace.clone(),
            dates,
            jobs,
            surplus,
        })
    }
}

impl JobModel {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            discovered: JobDiscovered {
                job: name.to_owned(),
                ..JobDiscovered::default()
            },
            state: start(name.into()).0,
            reopened: Vec::new(),
            findings: Vec::new(),
            disposed: Vec::new(),
            obligations: Vec::new(),
            requirements: Vec::new(),
            constructs: Vec::new(),
            tests: Vec::new(),
            rewrites: BTreeMap::new(),
            causes: BTreeMap::new(),
            runs: BTreeMap::new(),
            cells: BTreeMap::new(),
        }
    }

    fn take(&mut self, event: &LedgerEvent) -> Result<(), FoldError> {
        match event {
            LedgerEvent::ScopeDeclared(_) => {}
            LedgerEvent::JobDiscovered(event) => {
                // Other files are another job: nothing said of the old ones holds for them. Before the
                // first discovery there are no old ones: the legacy side may run without being scanned.
                let known = !self.discovered.sources.is_empty();
                // Only a job that is begun anew is discovered after it went further.
                let further = self
                    .state
                    .ticket()
                    .is_none_or(|ticket| ticket.stage > Stage::Discover);
                if further || (known && event.sources != self.discovered.sources) {
                    // Runs stay until others replace them: those that are still current are not repeated.
                    let runs = std::mem::take(&mut self.runs);
                    *self = Self {
                        runs,
                        ..Self::new(&self.name)
                    };
                }
                self.discovered = event.clone();
            }
            LedgerEvent::JobAnalysed(event) => self.findings.clone_from(&event.findings),
            LedgerEvent::JobProfiled(event) => self.obligations.clone_from(&event.obligations),
            LedgerEvent::RequirementsRecorded(event) => {
                self.requirements.clone_from(&event.requirements);
            }
            LedgerEvent::JobLifted(event) => self.constructs.clone_from(&event.constructs),
            LedgerEvent::TestsDesigned(event) => self.tests.clone_from(&event.tests),
            LedgerEvent::JobRewritten(event) => {
                self.rewrites.insert(event.round, event.clone());
            }
            LedgerEvent::FindingsDisposed(event) => self.disposed.clone_from(&event.findings),
            LedgerEvent::RunFinished(event) => {
                self.runs.insert(
                    (event.effective_date.clone(), event.side.clone()),
                    event.clone(),
                );
            }
            LedgerEvent::CellCompared(event) => {
                self.cells
                    .insert((event.effective_date.clone(), event.round), event.clone());
            }
            LedgerEvent::CauseNamed(event) => {
                self.causes
                    .insert((event.round, event.cause.clone()), event.clone());
            }
            LedgerEvent::StageReported(reported) => {
                let event = reported.event().map_err(|word| FoldError::Word {
                    job: self.name.clone(),
                    word,
                })?;
                let (state, effects) = step(&self.state, &event);
                self.state = state;
                for effect in effects {
                    match effect {
                        Effect::Reopen {
                            from,
                            to,
                            round,
                            cause,
                            ..
                        } => {
                            self.reopened.push(Reopened {
                                from,
                                to,
                                round,
                                cause,
                            });
                        }
                        Effect::Perform(_) | Effect::Finish { .. } | Effect::Ignore { .. } => {}
                    }
                }
            }
        }
        Ok(())
    }
}

fn dates(scope: &ScopeDeclared) -> Result<Vec<String>, FoldError> {
    let none = || FoldError::Dates {
        first: scope.first.clone(),
        last: scope.last.clone(),
    };
    let first = EffectiveDate::parse(&scope.first).ok_or_else(none)?;
    let last = EffectiveDate::parse(&scope.last).ok_or_else(none)?;
    if last < first {
        return Err(none());
    }
    Ok(DateRange { first, last }
        .iter()
        .map(|date| date.to_string())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RunFinished, fixture};

    #[test]
    fn repeating_a_stage_that_was_interrupted_changes_nothing() {
        let events = fixture::conversion();
        let whole = Model::fold(&events).expect("folds");
        for (at, event) in events.iter().enumerate() {
            // As after a kill: the events of this stage so far once more, then the rest.
            let mut repeated = events[..=at].to_vec();
            if !matches!(event, LedgerEvent::StageReported(_)) {
                repeated.push(event.clone());
            }
            repeated.extend_from_slice(&events[at + 1..]);
            assert_eq!(
                Model::fold(&repeated).expect("folds"),
                whole,
                "after event {at}"
            );
        }
    }

    #[test]
    fn interleaving_of_jobs_changes_nothing() {
        let events = fixture::conversion();
        let mut by_job = events.clone();
        by_job.sort_by(|left, right| right.job().cmp(&left.job()));
        assert_eq!(
            Model::fold(&by_job).expect("folds"),
            Model::fold(&events).expect("folds")
        );
    }

    #[test]
    fn changed_files_begin_a_job_anew() {
        let mut events = fixture::conversion();
        let discovered = events
            .iter()
            .find_map(|event| match event {
                LedgerEvent::JobDiscovered(event) if event.job == "late_orders" => {
                    Some(event.clone())
                }
                _ => None,
            })
            .expect("in the fixture");
        let mut changed = discovered;
        changed.sources[0].hash = "blake3:other".into();
        events.push(LedgerEvent::JobDiscovered(changed));
        let model = Model::fold(&events).expect("folds");
        let job = &model.jobs["late_orders"];
        assert_eq!(job.state.word(), "discover");
        assert!(job.cells.is_empty() && job.requirements.is_empty());
    }

    #[test]
    fn legacy_runs_may_come_before_the_first_discovery() {
        let run = RunFinished {
            job: "late_orders".into(),
            effective_date: "2024-10-01".into(),
            side: "legacy".into(),
            status: "succeeded".into(),
            ..RunFinished::default()
        };
        let mut events = vec![LedgerEvent::RunFinished(run.clone())];
        events.extend(fixture::conversion().into_iter().filter(
            |event| !matches!(event, LedgerEvent::RunFinished(own) if own.side == "legacy"),
        ));
        let model = Model::fold(&events).expect("folds");
        let key = (run.effective_date.clone(), run.side.clone());
        assert_eq!(model.jobs["late_orders"].runs.get(&key), Some(&run));
    }

    #[test]
    fn a_ledger_without_scope_or_dates_says_so() {
        assert_eq!(Model::fold(&[]), Err(FoldError::NoScope));
        let scope = ScopeDeclared {
            first: "2024-10-31".into(),
            last: "2024-10-01".into(),
            ..ScopeDeclared::default()
        };
        assert!(matches!(
            Model::fold(&[LedgerEvent::ScopeDeclared(scope)]),
            Err(FoldError::Dates { .. })
        ));
    }
}
