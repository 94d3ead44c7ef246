//! The log of each attempt, kept beside those of the attempts before it.
//!
//! It holds what the job printed and, when the attempt failed, where: the module with its place in the
//! configuration, the line of the user's own Python, and the whole traceback.

use std::io::Write;
use std::path::Path;

use relift_platform::control::{RunKey, RunRecord};
use relift_platform::legacy::LegacyFailure;

use crate::bench::Bench;
use crate::{MigrationError, Project};

/// What a run prints beyond this is cut: the first part tells more than the last.
const PRINTED_BYTES_MAX: u64 = 16 << 20;

/// What is to be told about a failed attempt below its own output.
pub(super) fn told(error: &MigrationError) -> String {
    let mut text = error.whole();
    if let MigrationError::Legacy(failure) = error
        && let LegacyFailure::Raised(raised) = &**failure
        && !raised.traceback.trim().is_empty()
    {
        text.push_str("\n\n");
        text.push_str(raised.traceback.trim_end());
    }
    text.push('\n');
    text
}

/// Copies what the run printed, with what is told, below the workspace's state; `None` when both are nothing.
pub(super) fn keep(
    bench: &Bench<'_>,
    key: &RunKey,
    attempt: u32,
    staging: &Path,
    told: Option<&str>,
) -> Result<Option<String>, MigrationError> {
    let printed = staging.join("log.txt");
    let size = std::fs::metadata(&printed).map_or(0, |found| found.len());
    if size == 0 && told.is_none() {
        return Ok(None);
    }
    let relative = format!(
        "logs/{}/{}-{}-{attempt}.txt",
        key.job,
        key.date,
        key.side.word()
    );
    let kept = bench.project.state().join(&relative);
    if let Some(folder) = kept.parent() {
        std::fs::create_dir_all(folder).map_err(MigrationError::file("create", folder))?;
    }
    let failed = |error| MigrationError::file("write", kept.as_path())(error);
    let mut file = std::fs::File::create(&kept).map_err(failed)?;
    if size > 0 {
        let source = std::fs::File::open(&printed)
            .map_err(MigrationError::file("read", printed.as_path()))?;
        let mut first = std::io::Read::take(source, PRINTED_BYTES_MAX);
        std::io::copy(&mut first, &mut file).map_err(failed)?;
        if size > PRINTED_BYTES_MAX {
            let cut = size - PRINTED_BYTES_MAX;
            writeln!(file, "\n[{cut} more bytes were printed and are not kept]").map_err(failed)?;
        }
    }
    if let Some(told) = told {
        let told = with_place(bench, key, told);
        let space = if size > 0 { "\n" } else { "" };
        write!(file, "{space}--- the run failed ---\n{told}").map_err(failed)?;
    }
    Ok(Some(relative))
}

/// Puts the place of the module in the configuration in front, where the text names one.
fn with_place(bench: &Bench<'_>, key: &RunKey, told: &str) -> String {
    let module = told
        .split_once("modules[")
        .and_then(|(_, rest)| rest.split_once(']'))
        .and_then(|(index, _)| index.parse::<usize>().ok());
    let job = bench.project.jobs.get(&key.job);
    let place = job.zip(module).and_then(|(job, module)| {
        let step = job.modules.get(module)?;
        Some(format!(
            "{}: modules[{module}] ({})\n",
            step.span,
            step.kind.type_name()
        ))
    });
    format!("{}{told}", place.unwrap_or_default())
}

/// The kept log of an attempt; `None` when it printed nothing and did not fail.
pub(crate) fn log_text(
    project: &Project,
    run: &RunRecord,
) -> Result<Option<String>, MigrationError> {
    let Some(relative) = &run.outcome.log_path else {
        return Ok(None);
    };
    let path = project.state().join(relative);
    let bytes = std::fs::read(&path).map_err(MigrationError::file("read", path.as_path()))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
