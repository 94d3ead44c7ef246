//! Adversarial trials: small tables on which wrong operators betray themselves, run through the legacy
//! job and its rewrite as they are, each with its real engine.
//!
//! A trial has a lake of its own in the staging folder, so nothing in it differs from a run on a real date
//! but the data. The legacy job's answer is the expectation. Where it raises, or where the tables break an
//! obligation, the rewrite must fail loudly.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array,
    Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use relift_dataflow::Op;
use relift_dataflow::interpret::{Table, Value};
use relift_engine::{CommitMode, Lake, TableCommit, commit_table};
use relift_falsify::{AdversarialCase, adversarial_cases};
use relift_job::{EffectiveDate, Job, JobName, LakeType, ModuleKind, TableFacts, TableName};
use relift_platform::legacy::{LegacyFailure, LegacyRun};
use relift_platform::outputs::{StagedFile, StagedTable};
use relift_platform::set_based::{self, RewriteFailure, RewriteRun};
use relift_reconcile::{Output, RunOutput, Status, TextLayout, reconcile};

use crate::bench::Bench;
use crate::runs::{
    RewriteFiles, Upstream, bring_inputs, nominal_processing_time, read_arrow, remove_folder,
};
use crate::{MigrationError, comparison};

/// Cases per job; what is beyond adds time rather than new kinds of rows.
const CASES_MAX: usize = 24;

/// The cases of a job, named.
pub(crate) fn cases(
    bench: &Bench<'_>,
    job: &JobName,
) -> Result<Vec<AdversarialCase>, MigrationError> {
    let analysis = bench.analysis(job)?;
    if analysis.lifted.is_err() {
        return Ok(Vec::new());
    }
    let configured = bench.project.jobs.get(job).is_some_and(|job| {
        analysis.flow.nodes().all(|(_, node)| {
            let module = job.modules.get(node.module).map(|module| &module.kind);
            !matches!(node.op, Op::Scan { .. })
                || matches!(module, Some(ModuleKind::DataSourcing(_)))
        })
    });
    if !configured {
        // What an External reads of the lake by itself has no adversarial form yet.
        return Ok(Vec::new());
    }
    let date = bench.project.workspace.dates.first;
    let mut cases = adversarial_cases(
        &analysis.flow,
        date,
        &bench.project.workspace.effective_date_column,
    );
    cases.truncate(CASES_MAX);
    Ok(cases)
}

/// Runs every case through both sides; returns the differences, one line each.
pub(crate) fn run(
    bench: &Bench<'_>,
    job: &Job,
    files: &RewriteFiles,
) -> Result<Vec<String>, MigrationError> {
    if !files.upstream().is_empty() {
        // The tables of another job have no adversarial form yet.
        return Ok(Vec::new());
    }
    let mut differences = Vec::new();
    for (index, case) in cases(bench, &job.name)?.iter().enumerate() {
        let folder = bench.staging().join(format!("{}-trial-{index}", job.name));
        remove_folder(&folder)?;
        if let Some(difference) = (Trial {
            bench,
            job,
            files,
            folder: &folder,
        })
        .run(case)?
        {
            differences.push(format!("on adversarial data ({}): {difference}", case.name));
        }
        remove_folder(&folder)?;
    }
    Ok(differences)
}

struct Trial<'a> {
    bench: &'a Bench<'a>,
    job: &'a Job,
    files: &'a RewriteFiles,
    folder: &'a Path,
}

impl Trial<'_> {
    fn run(&self, case: &AdversarialCase) -> Result<Option<String>, MigrationError> {
        let date = self.bench.project.workspace.dates.first;
        let column = self.bench.project.workspace.effective_date_column.as_str();
        let lake = Lake::open(self.folder.join("lake"), column);
        self.fill(&lake, case, date)?;
        let legacy = self.legacy(&lake, date)?;
        let (rewrite, guarded) = self.rewrite(&lake, date)?;
        if guarded {
            return Ok(None);
        }
        let comparison = reconcile(&legacy, &rewrite, date);
        Ok((comparison.status != Status::Pass).then(|| comparison.cause_line()))
    }

    /// One Delta table per table read; the first scan of a table says what is in it.
    fn fill(
        &self,
        lake: &Lake,
        case: &AdversarialCase,
        date: EffectiveDate,
    ) -> Result<(), MigrationError> {
        let analysis = self.bench.analysis(&self.job.name)?;
        let catalog = analysis.catalog(self.bench.catalog()?);
        let mut filled = BTreeMap::new();
        for (node, rows) in &case.tables {
            if let Op::Scan { table, .. } = &analysis.flow.node(*node).op {
                filled.entry(table.clone()).or_insert(rows);
            }
        }
        for (table, rows) in filled {
            let Some(facts) = catalog.tables.get(&table) else {
                continue;
            };
            let batch = batch(facts, rows, lake.effective_date_column(), date)?;
            self.commit(lake, &table, batch, date)?;
        }
        Ok(())
    }

    fn commit(
        &self,
        lake: &Lake,
        table: &TableName,
        batch: RecordBatch,
        date: EffectiveDate,
    ) -> Result<(), MigrationError> {
        let commit = TableCommit {
            root: lake.root().to_owned(),
            table: table.clone(),
            app_id: format!("trial/{table}"),
            generation: 1,
            mode: CommitMode::ReplacePartition {
                column: lake.effective_date_column().into(),
                date,
            },
            schema: batch.schema(),
            batches: vec![batch],
            metadata: BTreeMap::new(),
        };
        self.bench.wait(commit_table(&commit))?;
        Ok(())
    }

    fn legacy(&self, lake: &Lake, date: EffectiveDate) -> Result<RunOutput, MigrationError> {
        let staging = self.folder.to_owned();
        let all = |_| true;
        let read = Upstream::new();
        let inputs = bring_inputs(self.bench, lake, self.job, &all, date, &read, &staging)?;
        let run = LegacyRun {
            job: self.job,
            date,
            processing_time: nominal_processing_time(date),
            inputs,
            prior: BTreeMap::new(),
            part: None,
            lake: None,
            staging: &staging,
        };
        match self.bench.legacy()?.run(&run) {
            Ok(outcome) => self.outputs(&outcome.files, &outcome.tables),
            Err(LegacyFailure::Raised(raised)) => Ok(RunOutput::Raised(raised.to_string())),
            Err(LegacyFailure::Worker(error)) => Err(MigrationError::Python(error.to_string())),
            Err(other) => Err(MigrationError::Legacy(Box::new(other))),
        }
    }

    /// The rewrite's output, and whether a guard stopped it.
    fn rewrite(
        &self,
        lake: &Lake,
        date: EffectiveDate,
    ) -> Result<(RunOutput, bool), MigrationError> {
        let staging = self.folder.join("rewrite");
        std::fs::create_dir_all(&staging)
            .map_err(MigrationError::file("create", staging.as_path()))?;
        let run = self.bench.wait(set_based::run(RewriteRun {
            job: &self.files.job,
            sql: &self.files.sql,
            workspace: &self.bench.project.workspace,
            date,
            processing_time: nominal_processing_time(date),
            lake,
            versions: &BTreeMap::new(),
            curated: &BTreeMap::new(),
            prior: &BTreeMap::new(),
            staging: &staging,
        }));
        match run {
            Ok(outcome) => Ok((self.outputs(&outcome.files, &outcome.tables)?, false)),
            Err(failure) => {
                let guarded = matches!(failure, RewriteFailure::Guard { .. });
                let error = MigrationError::Rewrite(Box::new(failure));
                if !error.is_exception() {
                    return Err(error);
                }
                Ok((RunOutput::Raised(error.whole()), guarded))
            }
        }
    }

    fn outputs(
        &self,
        files: &[StagedFile],
        tables: &[StagedTable],
    ) -> Result<RunOutput, MigrationError> {
        let mut outputs = BTreeMap::new();
        for file in files {
            let output = if file.staged.is_dir() {
                Output::Parquet {
                    parts: comparison::parts(&file.staged)?,
                }
            } else {
                let bytes = std::fs::read(&file.staged)
                    .map_err(MigrationError::file("read", file.staged.as_path()))?;
                Output::Text {
                    bytes,
                    layout: self.layout(&file.relative),
                }
            };
            outputs.insert(file.relative.clone(), output);
        }
        for table in tables {
            let (schema, batches) = read_arrow(&table.arrow_file)?;
            // An untyped column has no type to compare before it meets its table.
            let keep: Vec<usize> = (0..schema.fields().len())
                .filter(|at| {
                    !table
                        .untyped
                        .contains(&schema.field(*at).name().as_str().into())
                })
                .collect();
            let project = |batch: &RecordBatch| {
                batch
                    .project(&keep)
                    .map_err(|error| MigrationError::Record(error.to_string()))
            };
            let batches = batches.iter().map(project).collect::<Result<Vec<_>, _>>()?;
            let schema = Arc::new(
                schema
                    .project(&keep)
                    .map_err(|error| MigrationError::Record(error.to_string()))?,
            );
            outputs.insert(table.table.clone(), Output::Table { schema, batches });
        }
        Ok(RunOutput::Wrote(outputs))
    }

    fn layout(&self, relative: &str) -> TextLayout {
        let of = self
            .job
            .modules
            .iter()
            .find_map(|module| match &module.kind {
                ModuleKind::CsvFileWriter(writer)
                    if relative.ends_with(&format!("/{}", writer.target.file_name)) =>
                {
                    Some(TextLayout {
                        header: writer.include_header,
                        trailer: writer.trailer.is_some(),
                    })
                }
                _ => None,
            });
        of.unwrap_or_default()
    }
}

/// Rows as a partition of a lake table: its columns, those a case does not speak of NULL or a plain value.
fn batch(
    facts: &TableFacts,
    rows: &Table,
    date_column: &str,
    date: EffectiveDate,
) -> Result<RecordBatch, MigrationError> {
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for column in &facts.columns {
        let at = rows.columns.iter().position(|name| *name == column.name);
        let values: Vec<Value> = rows
            .rows
            .iter()
            .map(|row| match at {
                _ if column.name.as_str() == date_column => Value::Date(date.days_since_epoch()),
                Some(at) => row[at].clone(),
                None => Value::None,
            })
            .collect();
        let array = array(column.lake_type, &values)?;
        fields.push(Field::new(
            column.name.as_str(),
            array.data_type().clone(),
            true,
        ));
        columns.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .map_err(|error| MigrationError::Record(error.to_string()))
}

fn array(lake_type: LakeType, values: &[Value]) -> Result<ArrayRef, MigrationError> {
    macro_rules! collect {
        ($array:ty, $pattern:pat => $value:expr) => {
            values
                .iter()
                .map(|value| match value {
                    $pattern => Some($value),
                    _ => None,
                })
                .collect::<$array>()
        };
    }
    Ok(match lake_type {
        LakeType::Boolean => Arc::new(collect!(BooleanArray, Value::Bool(it) => *it)),
        LakeType::Int32 => Arc::new(collect!(Int32Array, Value::Int(it) => *it as i32)),
        LakeType::Int64 => Arc::new(collect!(Int64Array, Value::Int(it) => *it)),
        LakeType::Float64 => Arc::new(collect!(Float64Array, Value::Float(it) => *it)),
        LakeType::Decimal { precision, scale } => {
            let rescaled = collect!(Decimal128Array, Value::Decimal(it) => rescale(it.unscaled, it.scale, scale));
            let typed = rescaled.with_precision_and_scale(precision, scale);
            Arc::new(typed.map_err(|error| MigrationError::Record(error.to_string()))?)
        }
        LakeType::Text => Arc::new(
            values
                .iter()
                .map(|value| match value {
                    Value::Text(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect::<StringArray>(),
        ),
        LakeType::Date => Arc::new(collect!(Date32Array, Value::Date(it) => *it)),
        LakeType::Timestamp => {
            let array = collect!(TimestampMicrosecondArray, Value::Timestamp(it) => *it);
            debug_assert_eq!(
                array.data_type(),
                &DataType::Timestamp(TimeUnit::Microsecond, None)
            );
            Arc::new(array)
        }
    })
}

fn rescale(unscaled: i128, from: i32, to: i8) -> i128 {
    let to = i32::from(to);
    let shift = (to - from).unsigned_abs();
    if to >= from {
        unscaled * 10_i128.pow(shift)
    } else {
        unscaled / 10_i128.pow(shift)
    }
}
