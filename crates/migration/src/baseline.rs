//! Recorded baselines: outputs of a legacy job that cannot run here, brought into the workspace.

use std::path::Path;

use relift_job::{EffectiveDate, JobName};
use relift_platform::recorded::{Change, Import, ImportSummary, import};

use crate::runs::{Repeat, recorded, run_legacy};
use crate::{Migration, MigrationError};

/// What is imported, and how dates are told apart.
#[derive(Clone, Copy, Debug)]
pub struct BaselineImport<'a> {
    /// The job.
    pub job: &'a str,
    /// Folder with its outputs.
    pub from: &'a Path,
    /// Column that tells the date in a table of many dates; the one that file writers inject unless given.
    pub date_column: Option<&'a str>,
    /// Whether that column is one of the job's own.
    pub keep_date_column: bool,
}

/// An imported baseline.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// The job.
    pub job: JobName,
    /// What became of each date found.
    pub summary: ImportSummary,
    /// Dates of the workspace that are not recorded; they stay missing.
    pub missing: Vec<EffectiveDate>,
    /// Imported dates that could not be committed as the legacy side, with the reason.
    pub failed: Vec<(EffectiveDate, String)>,
}

impl Baseline {
    /// How many dates became what.
    pub fn count(&self, change: Change) -> usize {
        let changes = self.summary.dates.values();
        changes.filter(|found| **found == change).count()
    }
}

impl Migration<'_> {
    /// Imports recorded outputs as the legacy side of a job; from then on its own code does not run.
    pub fn import_baseline(
        &self,
        baseline: &BaselineImport<'_>,
    ) -> Result<Baseline, MigrationError> {
        let bench = &self.bench;
        let workspace = &bench.project.workspace;
        let name = JobName::from(baseline.job);
        let Some(job) = bench.project.jobs.get(&name) else {
            // A broken job says what is wrong with it, an unknown one which there are.
            return Err(match bench.project.broken.get(&name) {
                Some(problems) => MigrationError::Configuration(problems.clone()),
                None => MigrationError::NothingSelected {
                    selection: baseline.job.to_owned(),
                    known: bench
                        .project
                        .scope()
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join(", "),
                },
            });
        };
        let into = recorded::folder(&bench.project, &name);
        let options = Import {
            job,
            from: baseline.from,
            dates: workspace.dates,
            date_column: baseline
                .date_column
                .unwrap_or(&workspace.output_date_column),
            keep_date_column: baseline.keep_date_column,
        };
        let summary =
            import(&options, &into).map_err(|error| MigrationError::Recorded(Box::new(error)))?;
        let mut failed = Vec::new();
        for date in summary.dates.keys() {
            let run = run_legacy(bench, job, *date, Repeat::Stale)?;
            failed.extend(run.outcome.error.map(|error| (*date, error)));
        }
        let recordings = recorded::of(&bench.project, &name);
        let missing = workspace
            .dates
            .iter()
            .filter(|date| {
                recordings
                    .as_ref()
                    .is_none_or(|recordings| recordings.date(*date).is_none())
            })
            .collect();
        Ok(Baseline {
            job: name,
            summary,
            missing,
            failed,
        })
    }
}
