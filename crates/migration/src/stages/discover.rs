//! Finds and hashes the files of a job.

use relift_diagnostics::ContentHash;
use relift_governance::{FileHash, JobDiscovered, LedgerEvent};
use relift_job::{Job, ModuleKind};
use relift_team::{Outcome, Reply, Task};

use super::joined;
use crate::bench::Bench;
use crate::{MigrationError, ledger};

pub(super) fn perform(bench: &Bench<'_>, task: &Task) -> Result<Reply, MigrationError> {
    if let Some(problems) = bench.project.broken.get(&task.job) {
        return Ok(Reply::because(Outcome::Rejected, joined(problems)));
    }
    let Some(job) = bench.project.jobs.get(&task.job) else {
        return Ok(Reply::because(
            Outcome::Rejected,
            "its configuration is gone",
        ));
    };
    ledger::append(
        &bench.store,
        &[LedgerEvent::JobDiscovered(discovered(bench, job)?)],
    )?;
    Ok(Reply::completed())
}

/// The job's files as they are now.
pub(crate) fn discovered(bench: &Bench<'_>, job: &Job) -> Result<JobDiscovered, MigrationError> {
    let code = bench.project.sources(job)?;
    let mut sources: Vec<FileHash> = code
        .iter()
        .map(|source| FileHash {
            path: source.name().to_string(),
            hash: ContentHash::of(source.text().as_bytes()).to_string(),
        })
        .collect();
    let data = bench.project.data_files(&code)?;
    sources.extend(data.into_iter().map(|(path, hash)| FileHash {
        path,
        hash: hash.to_string(),
    }));
    let mut inputs = Vec::new();
    let mut outputs = Vec::new();
    for module in &job.modules {
        let file = |target: &relift_job::FileTarget| {
            format!(
                "{}/{}/{}",
                target.job_dir, target.table_dir, target.file_name
            )
        };
        match &module.kind {
            ModuleKind::DataSourcing(source) => inputs.push(source.table.to_string()),
            ModuleKind::DataFrameWriter(writer) => outputs.push(writer.table.clone()),
            ModuleKind::CsvFileWriter(writer) => outputs.push(file(&writer.target)),
            ModuleKind::ParquetFileWriter(writer) => outputs.push(file(&writer.target)),
            ModuleKind::Transformation(_) | ModuleKind::External(_) => {}
        }
    }
    Ok(JobDiscovered {
        job: job.name.to_string(),
        sources,
        inputs,
        outputs,
    })
}
