//! The driver: gives waiting tasks to workers until nobody waits, and records every answer first.
//!
//! It decides nothing. Which task comes next is said by the team's transition table; what a task answers
//! is said by the stage. After an interruption the recorded answers are folded again, so the work goes on
//! at the stage where each job was.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use relift_governance::{LedgerEvent, ScopeDeclared, StageReported};
use relift_job::{Edges, JobName, Side};
use relift_team::{Effect, End, Event, JobState, Portfolio, Stage, Task};

use crate::analysis::needs_kept;
use crate::bench::Bench;
use crate::runs::RewriteFiles;
use crate::sharing::SharedPlan;
use crate::stages;
use crate::{MigrationError, ledger};

/// How far jobs are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until each has ended.
    End,
    /// Until each has ended or waits for this stage.
    Stage(Stage),
}

/// How each selected job stands after the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The job.
    pub job: JobName,
    /// How it ended; `None` when it waits at `stage`.
    pub end: Option<End>,
    /// The stage it waits at.
    pub stage: Option<Stage>,
    /// Why, unless it is done.
    pub cause: Option<String>,
}

/// Drives the selected jobs and returns where all jobs of the scope stand.
pub(crate) fn drive(
    bench: &Bench<'_>,
    selected: &[JobName],
    until: Until,
) -> Result<Vec<Standing>, MigrationError> {
    let scope = bench.project.scope();
    let recorded = ledger::load(bench.store.read())?;
    declare_scope(bench, &scope, &recorded)?;
    let mut portfolio = resume(&scope, &recorded)?;
    // A job is rewritten and compared on the output of those whose tables it reads.
    let chosen = selected.len();
    let mut selected = bench.project.edges.with_upstream(selected.iter().cloned());
    if selected.len() > chosen {
        let more = selected.len() - chosen;
        bench.progress.note(&format!(
            "{more} more jobs are taken along, because selected ones read their output"
        ));
    }
    selected.extend(bench.project.broken.keys().cloned());
    reopen_changed(bench, &selected, &recorded, &mut portfolio)?;
    bench.convert(&selected, ends(&portfolio));

    let waits = |portfolio: &Portfolio, job: &JobName| {
        portfolio
            .job(job)
            .and_then(JobState::ticket)
            .is_some_and(|ticket| match until {
                Until::End => true,
                Until::Stage(stage) => ticket.stage < stage,
            })
    };
    let count = selected.iter().filter(|job| waits(&portfolio, job)).count();
    bench.progress.begin("jobs", count as u64);
    if count > 0 {
        bench.settle_sharing(&selected)?;
    }
    let queue = Queue::new(portfolio, selected, until, bench);
    let failures: Mutex<Vec<MigrationError>> = Mutex::default();
    std::thread::scope(|threads| {
        for _ in 0..bench.workers {
            threads.spawn(|| {
                while let Some(task) = queue.take() {
                    if let Err(error) = perform(bench, &queue, &task) {
                        // The record itself cannot be written: nobody may go on.
                        failures
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(error);
                        queue.stop();
                    }
                }
            });
        }
    });
    bench.progress.end("jobs");
    if let Some(error) = failures
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .into_iter()
        .next()
    {
        return Err(error);
    }
    Ok(queue.standings())
}

/// Jobs whose conversion is over, with how and why.
pub(crate) fn ends(portfolio: &Portfolio) -> BTreeMap<JobName, (End, Option<String>)> {
    let ended = portfolio.jobs();
    ended
        .filter_map(|job| Some((job.job.clone(), (job.end()?, job.cause.clone()))))
        .collect()
}

fn perform(bench: &Bench<'_>, queue: &Queue<'_>, task: &Task) -> Result<(), MigrationError> {
    let reply = stages::perform(bench, task);
    let event = Event {
        ticket: task.ticket,
        reply,
    };
    ledger::append(
        &bench.store,
        &[LedgerEvent::StageReported(StageReported::new(
            task.job.as_str(),
            &event,
        ))],
    )?;
    let effects = queue.report(bench, &task.job, &event);
    for effect in effects {
        match effect {
            Effect::Reopen {
                job, round, cause, ..
            } => {
                bench
                    .progress
                    .note(&format!("{job}: back to rewriting, round {round}: {cause}"));
            }
            Effect::Finish { job, end, .. } => bench.progress.step("jobs", &format!("{job} {end}")),
            Effect::Perform(_) | Effect::Ignore { .. } => {}
        }
    }
    Ok(())
}

fn declare_scope(
    bench: &Bench<'_>,
    scope: &BTreeSet<JobName>,
    recorded: &[LedgerEvent],
) -> Result<(), MigrationError> {
    let dates = bench.project.workspace.dates;
    let declared = ScopeDeclared {
        workspace: bench.project.workspace.name.clone(),
        first: dates.first.to_string(),
        last: dates.last.to_string(),
        jobs: scope.iter().map(ToString::to_string).collect(),
    };
    let last = recorded.iter().rev().find_map(|event| match event {
        LedgerEvent::ScopeDeclared(declared) => Some(declared),
        _ => None,
    });
    if last == Some(&declared) {
        return Ok(());
    }
    ledger::append(&bench.store, &[LedgerEvent::ScopeDeclared(declared)])
}

/// Folds the recorded answers, those after the last change of a job's files only.
pub(crate) fn resume(
    scope: &BTreeSet<JobName>,
    recorded: &[LedgerEvent],
) -> Result<Portfolio, MigrationError> {
    let mut portfolio = Portfolio::new(scope.iter().cloned());
    let mut sources: BTreeMap<&str, &Vec<relift_governance::FileHash>> = BTreeMap::new();
    for event in recorded {
        match event {
            LedgerEvent::JobDiscovered(discovered) => {
                let job: JobName = discovered.job.as_str().into();
                let before = sources.insert(&discovered.job, &discovered.sources);
                // Only a job that is begun anew is discovered after it went further.
                let further = portfolio.job(&job).is_some_and(|state| {
                    state
                        .ticket()
                        .is_none_or(|ticket| ticket.stage > Stage::Discover)
                });
                if further || before.is_some_and(|before| *before != discovered.sources) {
                    portfolio.restart(&job);
                }
            }
            LedgerEvent::StageReported(reported) => {
                let event = reported.event().map_err(|word| {
                    MigrationError::Record(format!("the ledger has the unknown word \"{word}\""))
                })?;
                portfolio.step(&reported.job.as_str().into(), &event);
            }
            _ => {}
        }
    }
    Ok(portfolio)
}

/// A job whose files are not those of its record begins anew, and so does one that had failed: what stood
/// in its way may be gone. One that was refused, whole or in part, does when that is asked for. Jobs that read
/// the output of such a job follow it.
fn reopen_changed(
    bench: &Bench<'_>,
    selected: &BTreeSet<JobName>,
    recorded: &[LedgerEvent],
    portfolio: &mut Portfolio,
) -> Result<(), MigrationError> {
    let mut last = BTreeMap::new();
    for event in recorded {
        if let LedgerEvent::JobDiscovered(discovered) = event {
            last.insert(discovered.job.as_str(), discovered);
        }
    }
    let edges = &bench.project.edges;
    let mut restarted = BTreeSet::new();
    for job in edges.order().iter().filter(|job| selected.contains(*job)) {
        let Some(last) = last.get(job.as_str()) else {
            // One that was never begun is new for those that read it, and one that could not be read can be.
            if portfolio
                .job(job)
                .is_some_and(|state| state.end().is_some())
            {
                portfolio.restart(job);
            }
            restarted.insert(job);
            continue;
        };
        let changed = match bench.project.jobs.get(job) {
            Some(known) => stages::discovered(bench, known)?.sources != last.sources,
            None => false,
        };
        let state = portfolio.job(job);
        let end = state.and_then(JobState::end);
        let read = || {
            edges
                .needs(job)
                .iter()
                .filter(|edge| !edge.reads.is_empty())
        };
        let upstream = read().any(|edge| restarted.contains(&edge.needs));
        // What it needs was not rewritten then and is now.
        let freed = end == Some(End::Legacy)
            && state
                .and_then(|state| state.cause.as_deref())
                .is_some_and(|cause| {
                    read().any(|edge| {
                        cause.contains(&needs_kept(&edge.needs))
                            && portfolio.job(&edge.needs).and_then(JobState::end) == Some(End::Done)
                    })
                });
        // It reads what a legacy run left, and there is a rewrite of that job now.
        let freed =
            freed || (end == Some(End::Done) && reads_legacy_of_done(bench, job, portfolio)?);
        let again = bench.tries_again()
            && match end {
                Some(End::Done) => {
                    RewriteFiles::read(bench, job)?.is_some_and(|files| files.legacy.is_some())
                }
                other => other.is_some(),
            };
        if changed || upstream || freed || again || end == Some(End::Failed) {
            portfolio.restart(job);
            restarted.insert(job);
        }
    }
    // Rewrites that read what a job writes which their legacy jobs do not read.
    let mut reads = Vec::new();
    for job in selected.iter().filter(|job| !restarted.contains(*job)) {
        if portfolio.job(job).and_then(JobState::end) == Some(End::Done)
            && let Some(files) = RewriteFiles::read(bench, job)?
        {
            let read = files.upstream().into_iter().map(|read| read.job);
            reads.push((job, read.collect::<BTreeSet<JobName>>()));
        }
    }
    loop {
        let before = restarted.len();
        for (job, read) in &reads {
            if !restarted.contains(*job) && read.iter().any(|needs| restarted.contains(needs)) {
                portfolio.restart(job);
                restarted.insert(*job);
            }
        }
        if restarted.len() == before {
            return Ok(());
        }
    }
}

/// Whether the rewritten job reads the legacy runs of a job whose rewrite is done.
fn reads_legacy_of_done(
    bench: &Bench<'_>,
    job: &JobName,
    portfolio: &Portfolio,
) -> Result<bool, MigrationError> {
    if bench.project.edges.needs(job).is_empty() {
        return Ok(false);
    }
    let Some(files) = RewriteFiles::read(bench, job)? else {
        return Ok(false);
    };
    for read in files.upstream() {
        // A job that is done may still be Python in part, and is read as it was.
        if read.side == Side::Legacy
            && portfolio.job(&read.job).and_then(JobState::end) == Some(End::Done)
            && bench.read_side(&read.job)? == Side::Rewrite
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Tasks that wait, shared by the workers.
struct Queue<'e> {
    state: Mutex<QueueState>,
    changed: Condvar,
    selected: BTreeSet<JobName>,
    until: Until,
    edges: &'e Edges,
    shared: Arc<SharedPlan>,
}

struct QueueState {
    portfolio: Portfolio,
    waiting: Vec<Task>,
    busy: usize,
    stopped: bool,
}

impl<'e> Queue<'e> {
    fn new(
        portfolio: Portfolio,
        selected: BTreeSet<JobName>,
        until: Until,
        bench: &'e Bench<'_>,
    ) -> Self {
        let state = QueueState {
            portfolio,
            waiting: Vec::new(),
            busy: 0,
            stopped: false,
        };
        let queue = Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            selected,
            until,
            edges: &bench.project.edges,
            shared: bench.shared_plan(),
        };
        let first = queue.lock().portfolio.pending();
        queue.add(&mut queue.lock(), first);
        queue
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, state: &mut QueueState, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Perform(task) = effect {
                let beyond = match self.until {
                    Until::End => false,
                    Until::Stage(stage) => task.ticket.stage >= stage,
                };
                if self.selected.contains(&task.job) && !beyond {
                    state.waiting.push(task);
                }
            }
        }
    }

    /// The next task; `None` when there is none and nobody can add one.
    fn take(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            // The job that has come furthest goes on, so that jobs are finished rather than begun.
            let furthest = (0..state.waiting.len())
                .filter(|at| self.may_go_on(&state, &state.waiting[*at]))
                .max_by_key(|at| state.waiting[*at].ticket.stage);
            if let Some(furthest) = furthest {
                state.busy += 1;
                return Some(state.waiting.swap_remove(furthest));
            }
            if state.busy == 0 {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether what the task depends on is there: the measurements on the data and everything after them
    /// use the output of jobs whose tables this one reads, so those come first, as far as they are taken.
    fn may_go_on(&self, state: &QueueState, task: &Task) -> bool {
        if task.ticket.stage < Stage::Profile {
            return true;
        }
        let read = self.edges.needs(&task.job).iter();
        let read = read.filter(|edge| !edge.reads.is_empty());
        // What it could compute itself is only asked for when it is written down.
        let shared = self.shared.homes(&task.job);
        let shared = shared.filter(|_| task.ticket.stage >= Stage::Rewrite);
        read.map(|edge| &edge.needs).chain(shared).all(|needs| {
            let ticket = state.portfolio.job(needs).and_then(JobState::ticket);
            match (ticket, self.until) {
                (None, _) => true,
                (Some(_), Until::End) => !self.selected.contains(needs),
                (Some(ticket), Until::Stage(stage)) => {
                    ticket.stage >= stage || !self.selected.contains(needs)
                }
            }
        })
    }

    fn report(&self, bench: &Bench<'_>, job: &JobName, event: &Event) -> Vec<Effect> {
        let mut state = self.lock();
        state.busy -= 1;
        let effects = state.portfolio.step(job, event).unwrap_or_default();
        if let Some(ended) = state.portfolio.job(job)
            && let Some(end) = ended.end()
        {
            bench.note_end(job, end, ended.cause.clone());
        }
        self.add(&mut state, effects.clone());
        self.changed.notify_all();
        effects
    }

    fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        state.busy = state.busy.saturating_sub(1);
        self.changed.notify_all();
    }

    fn standings(self) -> Vec<Standing> {
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        state
            .portfolio
            .jobs()
            .map(|job| Standing {
                job: job.job.clone(),
                end: job.end(),
                stage: job.ticket().map(|ticket| ticket.stage),
                cause: job.cause.clone(),
            })
            .collect()
    }
}
