//! Performs a plan: jobs side by side, dates of one job in order, a job behind those it needs on the date.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use relift_job::{EffectiveDate, JobName, Side};
use relift_platform::schedule::Schedule;

use super::plan::{RunPlan, Why};
use super::{Repeat, RewriteFiles, run_legacy, run_rewrite};
use crate::bench::{Bench, lock};
use crate::{MigrationError, ledger};

/// Makes every planned run. A failed one is recorded and the others go on; jobs that need it are skipped on
/// its date.
pub(crate) fn perform(bench: &Bench<'_>, plan: &RunPlan) -> Result<(), MigrationError> {
    let units: Vec<(&JobName, EffectiveDate, Why)> = plan
        .jobs
        .iter()
        .flat_map(|job| job.dates.iter().map(|(date, why)| (&job.job, *date, *why)))
        .collect();
    if units.is_empty() {
        return Ok(());
    }
    let count = u32::try_from(units.len()).map_err(|_| {
        MigrationError::Unknown(format!("{} runs are too many for one command", units.len()))
    })?;
    let rounds = match plan.side {
        Side::Legacy => BTreeMap::new(),
        Side::Rewrite => ledger::rounds(bench.store.read())?,
    };
    let phase = format!("{} runs", plan.side.word());
    bench.progress.begin(&phase, u64::from(count));
    let work = Work {
        bench,
        side: plan.side,
        rounds: &rounds,
        files: Mutex::default(),
    };
    let waits = plan.waits(&bench.project.edges);
    let state = Mutex::new((Schedule::new(count, &waits), None));
    let changed = Condvar::new();
    std::thread::scope(|threads| {
        for _ in 0..bench.workers.min(units.len()) {
            threads.spawn(|| {
                let mut held = lock(&state);
                loop {
                    if held.0.is_over() || held.1.is_some() {
                        break;
                    }
                    let Some(unit) = held.0.take() else {
                        held = changed.wait(held).unwrap_or_else(PoisonError::into_inner);
                        continue;
                    };
                    drop(held);
                    let bell = Bell {
                        state: &state,
                        changed: &changed,
                    };
                    let (job, date, why) = units[unit as usize];
                    let result = work.run(job, date, why);
                    bench.progress.step(&phase, &format!("{job} {date}"));
                    drop(bell);
                    held = lock(&state);
                    held.0.done(unit);
                    if let Err(error) = result {
                        held.1.get_or_insert(error);
                    }
                    changed.notify_all();
                }
            });
        }
    });
    bench.progress.end(&phase);
    let (_, failure) = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    failure.map_or(Ok(()), Err)
}

/// Lets the others stop when a worker panics: what it had in hand would never be done.
struct Bell<'a> {
    state: &'a Mutex<(Schedule, Option<MigrationError>)>,
    changed: &'a Condvar,
}

impl Drop for Bell<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let stopped = MigrationError::Record("a run ended in a bug of relift".to_owned());
            lock(self.state).1.get_or_insert(stopped);
            self.changed.notify_all();
        }
    }
}

struct Work<'a> {
    bench: &'a Bench<'a>,
    side: Side,
    rounds: &'a BTreeMap<JobName, u32>,
    files: Mutex<BTreeMap<JobName, Arc<RewriteFiles>>>,
}

impl Work<'_> {
    fn run(&self, name: &JobName, date: EffectiveDate, why: Why) -> Result<(), MigrationError> {
        let repeat = match why {
            Why::Asked => Repeat::Always,
            Why::Missing | Why::Stale | Why::Errored | Why::Upstream => Repeat::Stale,
        };
        let unknown = || MigrationError::Unknown(format!("there is no job {name} to run"));
        match self.side {
            Side::Legacy => {
                let job = self.bench.project.jobs.get(name).ok_or_else(unknown)?;
                run_legacy(self.bench, job, date, repeat)?;
            }
            Side::Rewrite => {
                let files = self.files(name)?.ok_or_else(unknown)?;
                let round = self.rounds.get(name).copied().unwrap_or(1);
                run_rewrite(self.bench, name, &files, date, round, repeat)?;
            }
        }
        Ok(())
    }

    fn files(&self, name: &JobName) -> Result<Option<Arc<RewriteFiles>>, MigrationError> {
        if let Some(known) = lock(&self.files).get(name) {
            return Ok(Some(Arc::clone(known)));
        }
        let Some(files) = RewriteFiles::read(self.bench, name)?.map(Arc::new) else {
            return Ok(None);
        };
        lock(&self.files).insert(name.clone(), Arc::clone(&files));
        Ok(Some(files))
    }
}
