//! How every (job, date) of a side stands, told from one sweep over the recorded runs: what is there, what is
//! missing, and what was made from other code or inputs than those there are now.
//!
//! Planning and `status` share it, so that what a plan would run is what the status calls missing or stale.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use relift_job::{DependencyWhen, EffectiveDate, Job, JobName, Side, TableName};
use relift_platform::control::{RunState, RunStates, RunStatus, versions_text};

use super::legacy::lake_versions;
use super::recorded;
use super::rewrite::{RewriteFiles, lake_versions as rewrite_lake_versions};
use super::upstream::{RewriteRead, rewrite_reads};
use crate::{MigrationError, Project};

/// How one (job, date) of a side stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It has run from the code and inputs there are now.
    Done,
    /// It has run from other code or inputs.
    Stale,
    /// It failed.
    Failed,
    /// It did not take place because of another job.
    Skipped,
    /// It has never run to its end.
    Missing,
}

impl Standing {
    /// The word used in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Stale => "stale",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Missing => "missing",
        }
    }
}

/// What runs of one job's side are made from.
pub(crate) struct JobBasis {
    code: Arc<str>,
    lake: BTreeMap<String, u64>,
    lake_text: Arc<str>,
    /// What it reads of other jobs.
    reads: Vec<RewriteRead>,
    /// Tables of its own that it reads.
    own: Vec<String>,
    /// Code by date of a job whose outputs were recorded; nothing else counts for it.
    recorded: Option<BTreeMap<EffectiveDate, String>>,
}

impl JobBasis {
    fn new(
        code: Arc<str>,
        lake: BTreeMap<String, u64>,
        reads: Vec<RewriteRead>,
        own: Vec<String>,
    ) -> Self {
        Self {
            code,
            lake_text: versions_text(&lake).into(),
            lake,
            reads,
            own,
            recorded: None,
        }
    }

    /// Of a legacy job.
    pub(crate) fn legacy(
        project: &Project,
        job: &Job,
        code: Arc<str>,
        latest: &BTreeMap<TableName, u64>,
    ) -> Result<Self, MigrationError> {
        let mut lake = BTreeMap::new();
        let recordings = recorded::of(project, &job.name);
        if recordings.is_none() {
            lake = lake_versions(project, job, latest)?;
        }
        let edges = project.edges.needs(&job.name).iter();
        let reads = edges.flat_map(|edge| {
            edge.reads.iter().map(|read| RewriteRead {
                job: edge.needs.clone(),
                side: Side::Legacy,
                when: edge.when,
                table: read.table.clone(),
                named: read.table.clone(),
            })
        });
        let own = project.edges.own_reads(&job.name).iter();
        let own = own.map(|read| read.table.to_string()).collect();
        let mut basis = Self::new(code, lake, reads.collect(), own);
        if let Some(recordings) = recordings {
            let dates = project.workspace.dates.iter();
            let folders = dates.filter_map(|date| Some((date, recordings.date(date)?)));
            let codes = folders.map(|(date, folder)| Ok((date, recorded::code(&folder)?)));
            basis.recorded = Some(codes.collect::<Result<_, MigrationError>>()?);
        }
        Ok(basis)
    }

    /// Of a rewritten job; `None` when there is no rewrite.
    pub(crate) fn rewrite(
        project: &Project,
        job: &Job,
        latest: &BTreeMap<TableName, u64>,
    ) -> Result<Option<Self>, MigrationError> {
        let Some(files) = RewriteFiles::of(project, &job.name)? else {
            return Ok(None);
        };
        let lake = rewrite_lake_versions(project, &files, latest)?;
        let code = files.code.as_str().into();
        let reads = rewrite_reads(project, &job.name, &files);
        Ok(Some(Self::new(code, lake, reads, Vec::new())))
    }

    /// What its runs read of other jobs.
    pub(crate) fn reads(&self) -> &[RewriteRead] {
        &self.reads
    }

    /// Whether it reads what it wrote on the date before.
    pub(crate) fn reads_itself(&self) -> bool {
        !self.own.is_empty()
    }
}

/// The recorded runs of a side, and those of the legacy side, whose tables rewrites may read too.
#[derive(Clone, Copy)]
pub(crate) struct Recorded<'s> {
    /// Of the side that is looked at.
    pub(crate) own: &'s RunStates,
    /// Of legacy jobs.
    pub(crate) legacy: &'s RunStates,
}

impl<'s> Recorded<'s> {
    /// The states a read is about, `side` being that of the reader.
    fn of(self, read: &RewriteRead) -> &'s RunStates {
        match read.side {
            Side::Legacy => self.legacy,
            Side::Rewrite => self.own,
        }
    }

    /// Whether what is read has been written, as far as is recorded.
    pub(crate) fn has(self, read: &RewriteRead, date: EffectiveDate) -> bool {
        is_there(self.of(read), &read.job, read.when, date)
    }
}

/// How a (job, date) stands; `basis` is absent when it is not known what a run would be made from.
pub(crate) fn standing(
    states: Recorded<'_>,
    job: &JobName,
    date: EffectiveDate,
    basis: Option<&JobBasis>,
) -> Standing {
    let Some(state) = states.own.get(job).and_then(|own| own.get(&date)) else {
        return Standing::Missing;
    };
    match state.status {
        RunStatus::Running | RunStatus::Interrupted => Standing::Missing,
        RunStatus::Skipped => Standing::Skipped,
        RunStatus::Failed => Standing::Failed,
        RunStatus::Succeeded => match basis {
            Some(basis) if !is_current(states, job, date, state, basis) => Standing::Stale,
            _ => Standing::Done,
        },
    }
}

fn is_current(
    states: Recorded<'_>,
    job: &JobName,
    date: EffectiveDate,
    state: &RunState,
    basis: &JobBasis,
) -> bool {
    if let Some(recorded) = &basis.recorded {
        return recorded.get(&date).map(String::as_str) == state.code_hash.as_deref();
    }
    state.code_hash.as_deref() == Some(&*basis.code)
        && inputs(states, job, date, basis).is_some_and(|text| text == *state.input_versions)
}

/// The inputs a run would have now, as they are recorded; `None` when one of them is not there.
fn inputs<'b>(
    states: Recorded<'_>,
    job: &JobName,
    date: EffectiveDate,
    basis: &'b JobBasis,
) -> Option<Cow<'b, str>> {
    if basis.reads.is_empty() && basis.own.is_empty() {
        return Some(Cow::Borrowed(&basis.lake_text));
    }
    let mut versions = basis.lake.clone();
    for read in &basis.reads {
        let own = states.of(read).get(&read.job)?;
        let state = match read.when {
            DependencyWhen::SameDay => own.get(&date),
            DependencyWhen::Latest => latest(own, date, true),
        };
        let state = state.filter(|state| state.status == RunStatus::Succeeded)?;
        let table = read.table.to_string();
        let version = state.output_version(&table)?;
        versions.insert(table, version);
    }
    for table in &basis.own {
        let before = states.own.get(job).and_then(|own| latest(own, date, false));
        if let Some(state) = before {
            if state.status != RunStatus::Succeeded {
                return None;
            }
            versions.insert(table.clone(), state.output_version(table)?);
        }
    }
    Some(Cow::Owned(versions_text(&versions)))
}

/// The latest run before a date, or at it too, that took place or was skipped.
fn latest(
    own: &BTreeMap<EffectiveDate, RunState>,
    date: EffectiveDate,
    at_it_too: bool,
) -> Option<&RunState> {
    let ended = |status| {
        matches!(
            status,
            RunStatus::Succeeded | RunStatus::Failed | RunStatus::Skipped
        )
    };
    own.range(..=date)
        .rev()
        .filter(|(own, _)| at_it_too || **own < date)
        .map(|(_, state)| state)
        .find(|state| ended(state.status))
}

/// Whether a job that is waited for has ended well, as far as is recorded.
pub(crate) fn is_there(
    states: &RunStates,
    needs: &JobName,
    when: DependencyWhen,
    date: EffectiveDate,
) -> bool {
    let Some(own) = states.get(needs) else {
        return false;
    };
    let state = match when {
        DependencyWhen::SameDay => own.get(&date),
        DependencyWhen::Latest => latest(own, date, true),
    };
    state.is_some_and(|state| state.status == RunStatus::Succeeded)
}
