//! From staging into the zone: files by renaming, tables by one Delta commit.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::reader::FileReader;
use relift_engine::{CommitMode, EngineError, TableCommit, commit_table};
use relift_job::{FileTarget, Job, ModuleKind, Side, TableName, WriteMode};
use relift_platform::outputs::{self, StagedFile, StagedTable};

use super::{Attempt, Written, zone_folder};
use crate::MigrationError;
use crate::bench::Bench;

/// Files a job's writers write.
pub(super) fn targets(job: &Job) -> impl Iterator<Item = &FileTarget> {
    job.modules.iter().filter_map(|module| match &module.kind {
        ModuleKind::CsvFileWriter(writer) => Some(&writer.target),
        ModuleKind::ParquetFileWriter(writer) => Some(&writer.target),
        _ => None,
    })
}

/// Commits everything a run staged. What an earlier attempt wrote to the job's `targets`, or by itself, and
/// this one did not, is taken back: the date holds what its last run left, as if there had been no other.
pub(super) fn commit<'t>(
    bench: &Bench<'_>,
    attempt: &Attempt<'_>,
    targets: impl Iterator<Item = &'t FileTarget>,
    files: &[StagedFile],
    tables: &[StagedTable],
) -> Result<Written, MigrationError> {
    let mut written = Written::default();
    let zone = zone_folder(bench, attempt.key.side);
    let failed = |error| MigrationError::Output(Box::new(error));
    for file in outputs::commit(&zone, files).map_err(failed)? {
        written.rows += file.rows.unwrap_or(0);
        written.files += 1;
        written
            .hashes
            .insert(file.relative, file.content_hash.to_string());
    }
    let (job, date) = (&attempt.key.job, attempt.key.date);
    for target in targets {
        let (folder, table) = (&target.job_dir, &target.table_dir);
        let relative = format!("{folder}/{table}/{date}/{}", target.file_name);
        if !written.hashes.contains_key(&relative) {
            outputs::withdraw(&zone, &relative).map_err(failed)?;
        }
    }
    let kept = |relative: &str| written.hashes.contains_key(relative);
    outputs::withdraw_below(&zone, &format!("{job}/files/{date}"), &kept).map_err(failed)?;
    for table in tables {
        let schema = match attempt.key.side {
            Side::Legacy => &table.schema,
            Side::Rewrite => &bench.project.workspace.rewrite_schema,
        };
        let name = TableName::new(schema.clone(), &table.table);
        let outcome = commit_staged_table(bench, attempt, table, &name)?;
        written.rows += outcome.rows;
        // Both sides call it by the table's own name, so that they can be put side by side.
        written
            .hashes
            .insert(table.table.clone(), outcome.content_hash.to_string());
        written
            .versions
            .insert(name.to_string(), outcome.delta_version);
    }
    Ok(written)
}

fn commit_staged_table(
    bench: &Bench<'_>,
    attempt: &Attempt<'_>,
    staged: &StagedTable,
    name: &TableName,
) -> Result<relift_engine::CommitOutcome, MigrationError> {
    let (schema, batches) = read_arrow(&staged.arrow_file)?;
    let (schema, batches) = with_known_types(bench, name, staged, schema, batches)?;
    let key = attempt.key;
    let mut commit = TableCommit {
        root: bench.zone.root().to_owned(),
        table: name.clone(),
        app_id: format!(
            "{}/{name}/{}/{}/{}",
            bench.project.workspace.name,
            key.job,
            key.date,
            key.side.word()
        ),
        generation: attempt.generation,
        mode: match staged.mode {
            WriteMode::Overwrite => CommitMode::OverwriteAll,
            WriteMode::Append => CommitMode::ReplaceRun,
        },
        schema,
        batches,
        metadata: BTreeMap::new(),
    };
    // An attempt that was cut off after its commit may have had other code or inputs: what it left is replaced
    // by one more generation of the run. The first try finds out which that is.
    for _ in 0..3 {
        match bench.wait(commit_table(&commit)) {
            Err(EngineError::Diverged { generation, .. }) => commit.generation = generation + 1,
            Err(EngineError::Outdated { committed, .. }) => commit.generation = committed,
            result => return Ok(result?),
        }
    }
    Ok(bench.wait(commit_table(&commit))?)
}

/// Reads a staged table.
pub(crate) fn read_arrow(path: &Path) -> Result<(SchemaRef, Vec<RecordBatch>), MigrationError> {
    let file = File::open(path).map_err(MigrationError::file("read", path))?;
    let record = |error: arrow::error::ArrowError| {
        MigrationError::Record(format!("{} cannot be read: {error}", path.display()))
    };
    let reader = FileReader::try_new(file, None).map_err(record)?;
    let schema = reader.schema();
    Ok((schema, reader.collect::<Result<_, _>>().map_err(record)?))
}

/// Gives columns without a single value the type they have in the table, if there is one.
fn with_known_types(
    bench: &Bench<'_>,
    name: &TableName,
    staged: &StagedTable,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
) -> Result<(SchemaRef, Vec<RecordBatch>), MigrationError> {
    let Ok(version) = bench.zone.latest_version(name) else {
        return Ok((schema, batches));
    };
    if staged.untyped.is_empty() {
        return Ok((schema, batches));
    }
    let known = bench.wait(bench.zone.scan_table(name, version))?.schema();
    let fields: Vec<_> = schema
        .fields()
        .iter()
        .map(|field| match known.field_with_name(field.name()) {
            Ok(known)
                if staged
                    .untyped
                    .iter()
                    .any(|name| name.as_str() == field.name()) =>
            {
                std::sync::Arc::new(
                    field
                        .as_ref()
                        .clone()
                        .with_data_type(known.data_type().clone()),
                )
            }
            _ => field.clone(),
        })
        .collect();
    let typed: SchemaRef = std::sync::Arc::new(Schema::new(fields));
    let record =
        |error: arrow::error::ArrowError| MigrationError::Record(format!("{name}: {error}"));
    let batches = batches
        .iter()
        .map(|batch| {
            let columns = batch
                .columns()
                .iter()
                .zip(typed.fields())
                .map(|(column, field)| cast(column, field.data_type()))
                .collect::<Result<Vec<_>, _>>()?;
            RecordBatch::try_new(typed.clone(), columns)
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(record)?;
    Ok((typed, batches))
}
