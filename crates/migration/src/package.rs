//! The governance package: folded from the ledger, written beside and renamed.

use std::collections::BTreeSet;
use std::path::Path;

use relift_governance::{Disposition, Model, Package, PackageVerdict};
use relift_job::JobName;

use crate::bench::Bench;
use crate::runs::{RewriteFiles, rewrite_reads};
use crate::{MigrationError, ledger};

/// What the package says, for a table.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Each job in scope.
    pub jobs: Vec<JobSummary>,
    /// The whole.
    pub verdict: PackageVerdict,
    /// Jobs in scope and accounted for agree by name.
    pub conserved: bool,
}

/// One job.
#[derive(Clone, Debug)]
pub struct JobSummary {
    /// The job.
    pub job: JobName,
    /// How it stands.
    pub status: String,
    /// Weakest lift level of its constructs.
    pub level: Option<String>,
    /// Dates that pass.
    pub passes: usize,
    /// Dates in scope.
    pub dates: usize,
    /// Rows of the legacy side on all dates.
    pub rows: u64,
    /// Matched rows, two decimals; absent where nothing was compared.
    pub match_percent: Option<String>,
    /// Findings, and how many of them are gone in the rewrite.
    pub findings: usize,
    /// Findings eliminated.
    pub eliminated: usize,
    /// Requirements with evidence.
    pub requirements: usize,
    /// Rounds of rewriting it took.
    pub rounds: u32,
    /// Why it is not done.
    pub cause: Option<String>,
}

/// Folds the recorded events.
pub(crate) fn model(bench: &Bench<'_>) -> Result<Model, MigrationError> {
    let events = ledger::load(bench.store.read())?;
    Model::fold(&events).map_err(|error| MigrationError::Record(error.to_string()))
}

/// Writes every report and returns what they say.
pub(crate) fn write(bench: &Bench<'_>) -> Result<Summary, MigrationError> {
    let model = model(bench)?;
    let folder = bench.project.root.join("governance");
    std::fs::create_dir_all(&folder).map_err(MigrationError::file("create", folder.as_path()))?;
    for file in Package::of(&model).files() {
        write_whole(&folder.join(file.name), file.content.as_bytes())?;
    }
    write_dependencies(bench)?;
    Ok(summary(&model))
}

/// Declares which rewritten job reads what another one writes, for whoever runs them elsewhere.
fn write_dependencies(bench: &Bench<'_>) -> Result<(), MigrationError> {
    let mut text = "# Which rewritten job reads what another one writes.\n".to_owned();
    let mut declared = BTreeSet::new();
    for job in bench.project.jobs.keys() {
        let Some(files) = RewriteFiles::read(bench, job)? else {
            continue;
        };
        for read in rewrite_reads(&bench.project, job, &files) {
            if declared.insert((job.clone(), read.job.clone())) {
                text.push_str(&format!(
                    "\n[[dependency]]\njob = \"{job}\"\nneeds = \"{}\"\nwhen = \"{}\"\n",
                    read.job,
                    read.when.word()
                ));
            }
        }
    }
    let file = bench
        .project
        .root
        .join("artifacts")
        .join("dependencies.toml");
    if !declared.is_empty() {
        return write_whole(&file, text.as_bytes());
    }
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(MigrationError::file("remove", file.as_path())(error))
        }
        _ => Ok(()),
    }
}

/// Writes beside and renames, so that a reader never meets half a file.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<(), MigrationError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = Path::new(&beside);
    std::fs::write(beside, content).map_err(MigrationError::file("write", beside))?;
    std::fs::rename(beside, path).map_err(MigrationError::file("write", path))
}

fn summary(model: &Model) -> Summary {
    let jobs = model
        .jobs
        .values()
        .map(|job| {
            let rows = job.rows(&model.dates);
            let compared = model.dates.iter().any(|date| job.compared(date).is_some());
            JobSummary {
                job: job.name.as_str().into(),
                status: model.status(job).to_owned(),
                level: job.level().map(|level| level.word().to_owned()),
                passes: model
                    .cells(job)
                    .filter(|cell| cell.status == relift_governance::CellStatus::Pass)
                    .count(),
                dates: model.dates.len(),
                rows: rows.legacy,
                match_percent: compared.then(|| rows.match_percent()),
                findings: job.findings.len(),
                eliminated: job.findings_with(Disposition::Eliminated),
                requirements: job.requirements.len(),
                rounds: job.state.round,
                cause: job.state.cause.clone().filter(|_| !model.passes(job)),
            }
        })
        .collect();
    Summary {
        jobs,
        verdict: model.verdict(),
        conserved: model.conservation().holds,
    }
}
