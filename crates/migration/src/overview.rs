//! A workspace looked at without taking it: how runs stand, their history and their logs, also while another
//! process works on it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use relift_governance::LedgerEvent;
use relift_job::{DateRange, EffectiveDate, JobName, Side};
use relift_platform::control::{
    ControlError, ControlReader, RunFilter, RunRecord, RunStates, RunStatus,
};
use relift_platform::legacy::EnvironmentIdentity;
use relift_team::JobState;

use crate::bench::{IDENTITY, table_versions};
use crate::runs::log_text;
use crate::runs::survey::{JobBasis, Recorded, Standing, standing};
use crate::{MigrationError, Project, conversion, ledger};

/// A workspace, opened to look at.
pub struct Overview {
    project: Project,
    /// `None` when nothing has run yet.
    store: Option<ControlReader>,
}

/// How the runs of one side of a job stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideStatus {
    /// The job.
    pub job: JobName,
    /// The side.
    pub side: Side,
    /// Dates by how they stand; every date of the range is in one of them.
    pub dates: BTreeMap<Standing, Vec<EffectiveDate>>,
    /// The latest attempt: when it began and how it stands.
    pub last_attempt: Option<(String, RunStatus)>,
    /// Rows written on the dates that are done.
    pub rows: u64,
}

impl SideStatus {
    /// How many dates stand so.
    pub fn count(&self, standing: Standing) -> usize {
        self.dates.get(&standing).map_or(0, Vec::len)
    }
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobStatus {
    /// The job.
    pub job: JobName,
    /// Its sides; the rewrite only where there is one.
    pub sides: Vec<SideStatus>,
    /// Where its conversion is, or how it ended; `None` before it was begun.
    pub conversion: Option<&'static str>,
    /// Why, when it ended other than well.
    pub cause: Option<String>,
    /// Dates on which both sides were found equal, of those that were compared.
    pub equal: Option<(usize, usize)>,
    /// What is wrong with its configuration.
    pub problem: Option<String>,
}

/// An attempt with what it printed.
#[derive(Clone, Debug)]
pub struct AttemptLog {
    /// Its record.
    pub run: RunRecord,
    /// Its log; `None` when it printed nothing and did not fail.
    pub text: Option<String>,
    /// How many attempts there are.
    pub attempts: u32,
}

impl Overview {
    /// Opens the workspace of `folder` without its lock.
    pub fn open(folder: &Path) -> Result<Self, MigrationError> {
        let project = Project::open(folder)?;
        let store = match ControlReader::open(&project.state().join("control.sqlite")) {
            Ok(store) => Some(store),
            Err(ControlError::Absent { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { project, store })
    }

    /// The workspace.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// How the selected jobs stand, broken ones behind the others.
    pub fn status(
        &self,
        jobs: &[JobName],
        dates: DateRange,
    ) -> Result<Vec<JobStatus>, MigrationError> {
        let days: Vec<EffectiveDate> = dates.iter().collect();
        let sweep = |side| match &self.store {
            Some(store) => store.run_states(side),
            None => Ok(RunStates::new()),
        };
        let (legacy, rewrite) = (sweep(Side::Legacy)?, sweep(Side::Rewrite)?);
        let latest = table_versions(&self.project.lake)?;
        let identity = self.identity()?;
        let conversions = self.conversions()?;
        let equal = self.equal(dates)?;
        let mut found = Vec::with_capacity(jobs.len());
        for name in jobs {
            let Some(job) = self.project.jobs.get(name) else {
                continue;
            };
            let code = match (&identity, legacy.contains_key(name)) {
                (Some(identity), true) => {
                    Some(format!("{} {identity}", self.project.code_hash(job)?))
                }
                _ => None,
            };
            let basis = code
                .map(|code| JobBasis::legacy(&self.project, job, Arc::from(code), &latest))
                .transpose()?;
            let mut sides = vec![side_status(
                Recorded {
                    own: &legacy,
                    legacy: &legacy,
                },
                name,
                Side::Legacy,
                &days,
                basis.as_ref(),
            )];
            let basis = JobBasis::rewrite(&self.project, job, &latest)?;
            if basis.is_some() || rewrite.contains_key(name) {
                let side = Side::Rewrite;
                let states = Recorded {
                    own: &rewrite,
                    legacy: &legacy,
                };
                sides.push(side_status(states, name, side, &days, basis.as_ref()));
            }
            let conversion = conversions.get(name);
            found.push(JobStatus {
                job: name.clone(),
                sides,
                conversion: conversion.map(JobState::word),
                cause: conversion.and_then(|state| state.cause.clone()),
                equal: equal.get(name).copied(),
                problem: None,
            });
        }
        for (job, problems) in &self.project.broken {
            found.push(JobStatus {
                job: job.clone(),
                sides: Vec::new(),
                conversion: None,
                cause: None,
                equal: None,
                problem: problems.first().map(ToString::to_string),
            });
        }
        Ok(found)
    }

    /// Versions of Python that the last runs were made with.
    fn identity(&self) -> Result<Option<EnvironmentIdentity>, MigrationError> {
        let Some(store) = &self.store else {
            return Ok(None);
        };
        let text = store.setting(IDENTITY)?;
        text.map(|text| {
            serde_json::from_str(&text).map_err(|error| MigrationError::Record(error.to_string()))
        })
        .transpose()
    }

    /// Where the conversion of each job is.
    fn conversions(&self) -> Result<BTreeMap<JobName, JobState>, MigrationError> {
        let Some(store) = &self.store else {
            return Ok(BTreeMap::new());
        };
        let entries = store.events_of(&["job_discovered", "stage_reported"])?;
        let events: Vec<LedgerEvent> = entries
            .into_iter()
            .map(ledger::typed)
            .collect::<Result<_, _>>()?;
        if events.is_empty() {
            return Ok(BTreeMap::new());
        }
        let begun: std::collections::BTreeSet<&str> =
            events.iter().filter_map(LedgerEvent::job).collect();
        let portfolio = conversion::resume(&self.project.scope(), &events)?;
        let states = portfolio.jobs();
        Ok(states
            .filter(|state| begun.contains(state.job.as_str()))
            .map(|state| (state.job.clone(), state.clone()))
            .collect())
    }

    /// Dates on which both sides are equal, and dates compared, by job: the last comparison of each counts.
    fn equal(&self, dates: DateRange) -> Result<BTreeMap<JobName, (usize, usize)>, MigrationError> {
        let Some(store) = &self.store else {
            return Ok(BTreeMap::new());
        };
        let mut cells: BTreeMap<JobName, BTreeMap<EffectiveDate, bool>> = BTreeMap::new();
        for entry in store.events_of(&["cell_compared"])? {
            let text = |key: &str| entry.body.get(key).and_then(|value| value.as_str());
            let date = text("effective_date").and_then(EffectiveDate::parse);
            if let (Some(job), Some(date)) = (&entry.job, date)
                && dates.contains(date)
            {
                let own = cells.entry(job.clone()).or_default();
                own.insert(date, text("status") == Some("pass"));
            }
        }
        let counted = |own: BTreeMap<EffectiveDate, bool>| {
            (own.values().filter(|equal| **equal).count(), own.len())
        };
        Ok(cells
            .into_iter()
            .map(|(job, own)| (job, counted(own)))
            .collect())
    }

    /// Attempts, the newest first.
    pub fn history(&self, filter: &RunFilter) -> Result<Vec<RunRecord>, MigrationError> {
        match &self.store {
            Some(store) => Ok(store.history(filter)?),
            None => Ok(Vec::new()),
        }
    }

    /// One attempt with its log: the last one unless it is named.
    pub fn log(
        &self,
        job: &JobName,
        date: EffectiveDate,
        side: Side,
        attempt: Option<u32>,
    ) -> Result<AttemptLog, MigrationError> {
        if !self.project.scope().contains(job) {
            return Err(self.project.unknown_job(job.as_str()));
        }
        let attempts = self.history(&RunFilter {
            job: Some(job.clone()),
            date: Some(date),
            side: Some(side),
            limit: None,
        })?;
        let count = attempts.iter().map(|run| run.attempt).max().unwrap_or(0);
        let run = attempts
            .into_iter()
            .find(|run| attempt.is_none_or(|wanted| run.attempt == wanted));
        let Some(run) = run else {
            let side = side.word();
            return Err(MigrationError::Unknown(match (attempt, count) {
                (_, 0) => format!("the {side} side of {job} has not run for {date}"),
                (attempt, count) => format!(
                    "the {side} run of {job} for {date} has no attempt {}; it has {count}",
                    attempt.unwrap_or(0)
                ),
            }));
        };
        Ok(AttemptLog {
            text: log_text(&self.project, &run)?,
            run,
            attempts: count,
        })
    }
}

fn side_status(
    states: Recorded<'_>,
    job: &JobName,
    side: Side,
    days: &[EffectiveDate],
    basis: Option<&JobBasis>,
) -> SideStatus {
    let mut status = SideStatus {
        job: job.clone(),
        side,
        dates: BTreeMap::new(),
        last_attempt: None,
        rows: 0,
    };
    let own = states.own.get(job);
    for date in days {
        let stands = standing(states, job, *date, basis);
        status.dates.entry(stands).or_default().push(*date);
        let Some(state) = own.and_then(|own| own.get(date)) else {
            continue;
        };
        if stands == Standing::Done {
            status.rows += state.rows.unwrap_or(0);
        }
        // Times are recorded in UTC to the same precision, but for zeros at the end that are left out.
        let newer = status
            .last_attempt
            .as_ref()
            .is_none_or(|(known, _)| time(known) <= time(&state.started_at));
        if newer {
            status.last_attempt = Some((state.started_at.clone(), state.status));
        }
    }
    status
}

/// Text of a time so that later times sort later.
fn time(text: &str) -> &str {
    text.trim_end_matches('Z')
}
