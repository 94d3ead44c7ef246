//! Writes the set-based job below `artifacts/<job>/`.
//!
//! The rewrite is a function of the lifted form, which nobody here can change: a second round that would
//! write what the first wrote is refused instead of run again.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::Op;
use relift_diagnostics::ContentHash;
use relift_engine::content_hash;
use relift_falsify::{mutants, reading_named};
use relift_governance::{FileHash, Implements, JobLifted, JobRewritten, LedgerEvent, Sabotage};
use relift_job::{JobName, LegacyModules, RewrittenModule, TableName};
use relift_lift::{Decision, Level, Lifted, Rewrite, WrittenBy, emit};
use relift_sql::datafusion::{Ordered, print_query};
use relift_team::{Outcome, Reply, Task};

use super::joined;
use super::specify::constructs;
use crate::analysis::Analysis;
use crate::bench::Bench;
use crate::hypotheses::found_reading;
use crate::package::write_whole;
use crate::runs::versions_on;
use crate::{MigrationError, ledger, queries};

/// Setting that names the job to sabotage in its first round.
const SABOTAGE: &str = "sabotage";

pub(super) fn perform(bench: &Bench<'_>, task: &Task) -> Result<Reply, MigrationError> {
    let analysis = bench.analysis(&task.job)?;
    let Some(lifted) = analysis.rewritable() else {
        return Ok(Reply::because(Outcome::Refused, "the job is not lifted"));
    };
    let round = task.ticket.round;
    let sabotaged = bench.store.read().setting(SABOTAGE)?.as_deref() == Some(task.job.as_str());
    let planted = if sabotaged && round == 1 && analysis.lifted.is_ok() {
        saboteur(bench, &task.job, lifted)?
    } else {
        None
    };
    let (change, rewrite) = match planted {
        Some((change, mutant)) => (
            Some(change),
            write_down(bench, &task.job, &mutant, &analysis.written_by)?,
        ),
        None => {
            let round = round.saturating_sub(u32::from(sabotaged)).max(1);
            let (rewrite, decided) = lowering(bench, task, &analysis, lifted, round)?;
            if analysis.lifted.is_ok() && (task.ticket.round > 1 || decided.is_some()) {
                // The specification did not know yet who may read from whom, or it has failed since.
                let lifted = decided.as_ref().unwrap_or(lifted);
                record_decisions(bench, &task.job, lifted)?;
            }
            (None, rewrite)
        }
    };
    let rewrite = match rewrite {
        Ok(rewrite) => rewrite,
        Err(refusals) => return Ok(Reply::because(Outcome::Refused, joined(refusals))),
    };
    let files = contents(&rewrite);
    let hashes: Vec<FileHash> = files
        .iter()
        .map(|(name, content)| FileHash {
            path: format!("artifacts/{}/{name}", task.job),
            hash: ContentHash::of(content.as_bytes()).to_string(),
        })
        .collect();
    if round > 1 && previous(bench, &task.job, round)?.as_ref() == Some(&hashes) {
        let cause = task.cause.as_deref().unwrap_or("the two sides differ");
        return Ok(Reply::because(
            Outcome::Refused,
            format!("no other lowering is known; {cause}"),
        ));
    }
    let folder = bench.project.artifacts(&task.job);
    std::fs::create_dir_all(&folder).map_err(MigrationError::file("create", folder.as_path()))?;
    remove_old_sql(&folder, &files)?;
    for (name, content) in &files {
        write_whole(&folder.join(name), content.as_bytes())?;
    }
    let implements = bench
        .requirements(&task.job)?
        .iter()
        .flat_map(|requirement| {
            rewrite.sink_files.iter().map(|file| Implements {
                requirement: requirement.id.clone(),
                code: format!("artifacts/{}/{file}", task.job),
            })
        })
        .collect();
    let sabotage = change.map(|change| Sabotage {
        file: rewrite.sink_files.first().cloned().unwrap_or_default(),
        change,
    });
    let rewritten = JobRewritten {
        job: task.job.to_string(),
        round,
        files: hashes,
        implements,
        sabotage,
    };
    ledger::append(&bench.store, &[LedgerEvent::JobRewritten(rewritten)])?;
    Ok(Reply::completed())
}

/// The lowering of a round: one that reads what other jobs write comes first, the one that computes everything
/// itself last. With it, the lifted form when it is not the job's own.
fn lowering(
    bench: &Bench<'_>,
    task: &Task,
    analysis: &Analysis,
    lifted: &Lifted,
    round: u32,
) -> Result<(Written, Option<Lifted>), MigrationError> {
    let job = &task.job;
    if let Some(read) = read_otherwise(bench, task, analysis, lifted)? {
        let rewrite = write_down(bench, job, &read, &analysis.written_by)?;
        return Ok((rewrite, Some(read)));
    }
    if round == 1
        && let Some(shared) = bench.shared_form(job)?
    {
        match write_down(bench, job, &shared.lifted, &shared.written_by)? {
            Ok(rewrite) => return Ok((Ok(rewrite), Some(shared.lifted))),
            Err(refusals) => bench.progress.note(&format!(
                "{job}: computes what others write: {}",
                joined(refusals)
            )),
        }
    }
    let own = write_down(bench, job, lifted, &analysis.written_by)?;
    Ok((own, None))
}

/// The job with the reading that was found for the difference of the round before.
fn read_otherwise(
    bench: &Bench<'_>,
    task: &Task,
    analysis: &Analysis,
    lifted: &Lifted,
) -> Result<Option<Lifted>, MigrationError> {
    let Some(name) = found_reading(bench, task)? else {
        return Ok(None);
    };
    let catalog = analysis.catalog(bench.catalog()?);
    let Some(reading) = reading_named(&lifted.flow, catalog, &name) else {
        return Ok(None);
    };
    let mut read = Lifted {
        flow: reading.flow,
        ..lifted.clone()
    };
    let module = read.decisions.first().map_or(0, |decision| decision.module);
    read.decisions.push(Decision {
        module,
        construct: "difference of the round before".to_owned(),
        level: Level::Flat,
        rule: "reading-found-by-comparison",
        reason: format!("both sides are equal on all dates where {}", reading.name),
        span: None,
    });
    read.decisions.sort_by_key(|decision| decision.module);
    Ok(Some(read))
}

fn record_decisions(
    bench: &Bench<'_>,
    job: &JobName,
    lifted: &Lifted,
) -> Result<(), MigrationError> {
    let decided = JobLifted {
        job: job.to_string(),
        constructs: constructs(lifted),
    };
    ledger::append(&bench.store, &[LedgerEvent::JobLifted(decided)])
}

/// A rewrite, or what cannot be written down.
pub(crate) type Written = Result<Rewrite, Vec<relift_dataflow::Refusal>>;

/// The lifted job as files; `written_by` says whose tables it reads.
pub(crate) fn write_down(
    bench: &Bench<'_>,
    job: &JobName,
    lifted: &Lifted,
    written_by: &BTreeMap<TableName, WrittenBy>,
) -> Result<Written, MigrationError> {
    let known = bench
        .project
        .jobs
        .get(job)
        .ok_or_else(|| MigrationError::Unknown(format!("no job {job}")))?;
    let emitted = emit(known, lifted, written_by, &read_on(bench));
    let analysis = bench.analysis(job)?;
    Ok(emitted.map(|mut rewrite| {
        if let Some(partial) = &analysis.partial {
            let given = std::mem::take(&mut rewrite.given);
            let kept = LegacyModules {
                given,
                ..partial.kept.clone()
            };
            let modules = &mut rewrite.job.modules;
            modules.push(RewrittenModule::LegacyModules(kept));
        }
        rewrite
    }))
}

/// Tables that some job reads of another, because the legacy job did or because its rewrite does.
fn read_on(bench: &Bench<'_>) -> BTreeSet<String> {
    let read = bench.project.edges.read_tables();
    let shared = bench.shared_plan();
    read.into_iter()
        .chain(shared.tables())
        .map(|table| table.table.to_string())
        .collect()
}

/// All files of a rewrite by name.
pub(crate) fn contents(rewrite: &Rewrite) -> BTreeMap<String, String> {
    let mut files = rewrite.files.clone();
    files.insert("job.json".to_owned(), rewrite.job.to_json());
    files
}

/// Files recorded for the round before.
fn previous(
    bench: &Bench<'_>,
    job: &JobName,
    round: u32,
) -> Result<Option<Vec<FileHash>>, MigrationError> {
    let events = ledger::of_job(bench.store.read(), job)?;
    Ok(events.into_iter().rev().find_map(|event| match event {
        LedgerEvent::JobRewritten(rewritten) if rewritten.round < round => Some(rewritten.files),
        _ => None,
    }))
}

fn remove_old_sql(
    folder: &std::path::Path,
    files: &BTreeMap<String, String>,
) -> Result<(), MigrationError> {
    for entry in std::fs::read_dir(folder).map_err(MigrationError::file("list", folder))? {
        let path = entry.map_err(MigrationError::file("list", folder))?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.extension().is_some_and(|extension| extension == "sql")
            && !files.contains_key(&name)
        {
            std::fs::remove_file(&path).map_err(MigrationError::file("remove", path.as_path()))?;
        }
    }
    Ok(())
}

/// Chooses the job to sabotage: the first one with a join that can lose rows, else with any operator that can
/// be exchanged. A choice once made stays, also over an interruption.
pub(crate) fn plan_sabotage(bench: &Bench<'_>, jobs: &[JobName]) -> Result<(), MigrationError> {
    if bench.store.read().setting(SABOTAGE)?.is_some() {
        return Ok(());
    }
    for joins_only in [true, false] {
        for job in jobs {
            let analysis = bench.analysis(job)?;
            let Ok(lifted) = &analysis.lifted else {
                continue;
            };
            let joins = lifted
                .flow
                .nodes()
                .any(|(_, node)| matches!(node.op, Op::Join { .. }));
            if (joins || !joins_only) && saboteur(bench, job, lifted)?.is_some() {
                bench.store.set_setting(SABOTAGE, job.as_str())?;
                return Ok(());
            }
        }
    }
    Err(MigrationError::Unknown(
        "no job has an operator to sabotage".to_owned(),
    ))
}

/// The first mutant whose output differs on the first date. A join that loses rows comes first, because it is
/// the mistake people make.
fn saboteur(
    bench: &Bench<'_>,
    job: &JobName,
    lifted: &Lifted,
) -> Result<Option<(String, Lifted)>, MigrationError> {
    let right = output_digest(bench, job, lifted)?;
    let mut mutants = mutants(&lifted.flow, bench.analysis(job)?.catalog(bench.catalog()?));
    mutants.sort_by_key(|mutant| !matches!(lifted.flow.node(mutant.node).op, Op::Join { .. }));
    for mutant in mutants {
        let candidate = Lifted {
            flow: mutant.flow,
            ..lifted.clone()
        };
        let written_by = &bench.analysis(job)?.written_by;
        let differs = write_down(bench, job, &candidate, written_by)?.is_ok()
            && output_digest(bench, job, &candidate)?.is_some_and(|digest| Some(digest) != right);
        if differs {
            return Ok(Some((mutant.description, candidate)));
        }
    }
    Ok(None)
}

/// Digest of the first output on the first date; `None` when it cannot be printed or stops.
fn output_digest(
    bench: &Bench<'_>,
    job: &JobName,
    lifted: &Lifted,
) -> Result<Option<ContentHash>, MigrationError> {
    let Some(sink) = lifted.flow.sinks.first() else {
        return Ok(None);
    };
    let Ok(printed) = print_query(&lifted.flow, sink.input, Ordered::No) else {
        return Ok(None);
    };
    let sources = queries::sources_of(&lifted.flow, &printed);
    let date = bench.project.workspace.dates.first;
    let Some(versions) = versions_on(bench, job, date)? else {
        return Ok(None);
    };
    match queries::run(bench, &sources, &printed.sql, date, &versions) {
        Ok(result) => {
            let digest = content_hash(&result.schema, &result.batches)?;
            Ok(Some(digest))
        }
        Err(_) => Ok(None),
    }
}
