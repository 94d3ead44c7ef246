//! Running the modules of a rewritten job in order.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Date32Array, RecordBatch, TimestampMicrosecondArray, new_null_array,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use relift_engine::{EngineError, Lake, OutputRead, QueryResult, Session};
use relift_job::{
    ColumnName, DateMode, EffectiveDate, FileTarget, FrameName, FrameType, JobName, RewrittenJob,
    RewrittenModule, RewrittenSource, RewrittenTransformation, SourceOrigin, TableName, Workspace,
};

use super::RewriteFailure;
use super::conform::{arrow_type, check_columns, conformed, declared_schema, is_read_as};
use crate::outputs::{StagedFile, StagedTable};
use crate::writers::{CsvSettings, Frame, WriterError, write_csv, write_parquet, write_table};

/// The dialect whose SQL texts run here.
const DIALECT: &str = "datafusion";
/// One-row table every query can read: the parameters of the run.
const PARAMETERS: &str = "run_parameters";

/// A table that another rewritten job committed.
#[derive(Clone, Debug)]
pub struct CuratedInput<'a> {
    /// The zone that holds it.
    pub zone: &'a Lake,
    /// Its name there.
    pub table: TableName,
    /// The version that (job, date) committed.
    pub version: u64,
}

/// One run: everything it may depend on.
#[derive(Clone, Copy, Debug)]
pub struct RewriteRun<'a> {
    /// The rewritten job.
    pub job: &'a RewrittenJob,
    /// Its SQL texts by file name.
    pub sql: &'a BTreeMap<String, String>,
    /// Settings that show in outputs.
    pub workspace: &'a Workspace,
    /// The date processed.
    pub date: EffectiveDate,
    /// The processing time recorded for (job, date), the same on both sides.
    pub processing_time: jiff::Timestamp,
    /// The lake.
    pub lake: &'a Lake,
    /// Versions to read lake tables at; the latest where a table is not named.
    pub versions: &'a BTreeMap<TableName, u64>,
    /// Tables of other rewritten jobs, by job and table.
    pub curated: &'a BTreeMap<(JobName, String), CuratedInput<'a>>,
    /// Latest earlier partition of each appending file writer, by position of the module.
    pub prior: &'a BTreeMap<usize, PathBuf>,
    /// Folder of this run alone.
    pub staging: &'a Path,
}

/// What a run staged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RewriteOutcome {
    /// Files and folders, in the order of the writers.
    pub files: Vec<StagedFile>,
    /// Tables, in the order of the writers.
    pub tables: Vec<StagedTable>,
    /// Versions the inputs were read at.
    pub input_versions: BTreeMap<TableName, u64>,
    /// Arrow IPC file for each result that modules of the legacy job are given, by index of the module.
    pub given: BTreeMap<usize, PathBuf>,
}

/// Runs a rewritten job for one date: sources, guards and queries first, then the writers.
pub async fn run(run: RewriteRun<'_>) -> Result<RewriteOutcome, RewriteFailure> {
    let session = Session::new();
    let mut versions = BTreeMap::new();
    for (module, step) in run.job.modules.iter().enumerate() {
        if let RewrittenModule::DataSourcing(source) = step {
            register_source(&session, &run, module, source, &mut versions).await?;
        }
    }
    let mut outcome = run_registered(&session, run).await?;
    outcome.input_versions = versions;
    Ok(outcome)
}

/// Runs a rewritten job whose sources are in the session already.
pub async fn run_registered(
    session: &Session,
    run: RewriteRun<'_>,
) -> Result<RewriteOutcome, RewriteFailure> {
    let mut outcome = RewriteOutcome::default();
    let mut frames: BTreeMap<FrameName, Frame> = BTreeMap::new();
    register_parameters(session, run.date, run.processing_time).map_err(engine(
        0,
        None,
        "cannot register the parameters of the run",
    ))?;
    for (module, step) in run.job.modules.iter().enumerate() {
        match step {
            RewrittenModule::Guard(guard) => {
                let result = query(session, &run, module, guard.sql_file.get(DIALECT)).await?;
                if result.row_count() > 0 {
                    return Err(RewriteFailure::Guard {
                        name: guard.name.clone(),
                        obligation: guard.obligation.clone(),
                        rows: result.row_count(),
                    });
                }
            }
            RewrittenModule::Transformation(transformation) => {
                let frame = transformed(session, &run, module, transformation).await?;
                frames.insert(transformation.result.clone(), frame);
            }
            RewrittenModule::DataSourcing(_)
            | RewrittenModule::DataFrameWriter(_)
            | RewrittenModule::CsvFileWriter(_)
            | RewrittenModule::ParquetFileWriter(_)
            | RewrittenModule::LegacyModules(_) => {}
        }
    }
    let folder = run.staging.join("out");
    fs::create_dir_all(&folder).map_err(|source| RewriteFailure::Staging {
        folder: folder.clone(),
        source,
    })?;
    for (module, step) in run.job.modules.iter().enumerate() {
        write(&run, module, step, &frames, &folder, &mut outcome)?;
    }
    Ok(outcome)
}

fn engine(
    module: usize,
    file: Option<&String>,
    what: &'static str,
) -> impl FnOnce(EngineError) -> RewriteFailure {
    let file = file.cloned();
    move |source| RewriteFailure::Engine {
        module,
        file,
        what,
        source: Box::new(source),
    }
}

/// Registers `run_parameters(effective_date DATE, processing_time TIMESTAMP)`, by which SQL texts are the same
/// on every date.
pub fn register_parameters(
    session: &Session,
    date: EffectiveDate,
    processing_time: jiff::Timestamp,
) -> Result<(), EngineError> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("effective_date", DataType::Date32, false),
        Field::new(
            "processing_time",
            DataType::Timestamp(TimeUnit::Microsecond, None),
            false,
        ),
    ]));
    let date = Date32Array::from(vec![date.days_since_epoch()]);
    let time = TimestampMicrosecondArray::from(vec![processing_time.as_microsecond()]);
    let row = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(date), Arc::new(time)])?;
    session.register_batches(PARAMETERS, schema, vec![row])
}

async fn register_source(
    session: &Session,
    run: &RewriteRun<'_>,
    module: usize,
    source: &RewrittenSource,
    versions: &mut BTreeMap<TableName, u64>,
) -> Result<(), RewriteFailure> {
    let failed = || engine(module, None, "cannot read the source");
    let row_number = source
        .row_number
        .as_ref()
        .map(relift_job::ColumnName::as_str);
    match &source.origin {
        SourceOrigin::Lake { table, dates } => {
            let version = match run.versions.get(table) {
                Some(version) => *version,
                None => run.lake.latest_version(table).map_err(failed())?,
            };
            let dates = run
                .lake
                .resolve_dates(table, version, dates, run.date)
                .await
                .map_err(failed())?;
            let scan = run
                .lake
                .scan(table, version, &dates, &source.columns)
                .await
                .map_err(failed())?;
            versions.insert(table.clone(), version);
            for (name, declared) in &source.types {
                check_source(module, table, &scan.schema(), name, *declared)?;
            }
            session
                .register_scan(source.result.as_str(), scan, row_number)
                .map_err(failed())
        }
        SourceOrigin::Curated { job, table, .. } => {
            let input = run
                .curated
                .get(&(job.clone(), table.clone()))
                .ok_or_else(|| RewriteFailure::CuratedMissing {
                    module,
                    job: job.clone(),
                    table: table.clone(),
                })?;
            let read = OutputRead {
                columns: &source.columns,
                dates: &DateMode::Exact,
                today: run.date,
            };
            let rows = input
                .zone
                .read_output(&input.table, input.version, &read)
                .await
                .map_err(failed())?;
            versions.insert(input.table.clone(), input.version);
            let rows = as_lifted(module, &input.table, &rows, source)?;
            session
                .register_rows(source.result.as_str(), rows, row_number)
                .map_err(failed())
        }
    }
}

/// A column of a source against the type the job was lifted for.
fn check_source(
    module: usize,
    table: &TableName,
    schema: &Schema,
    column: &ColumnName,
    declared: FrameType,
) -> Result<(), RewriteFailure> {
    match schema.field_with_name(column.as_str()) {
        Ok(field) if !is_read_as(field.data_type(), declared) => {
            Err(RewriteFailure::SourceChanged {
                module,
                table: table.clone(),
                column: column.clone(),
                declared,
                found: field.data_type().to_string(),
            })
        }
        // A column that is gone was an error of the scan.
        _ => Ok(()),
    }
}

/// Rows of another job's table with the types the job was lifted for. A column without a single value is text
/// in a table for want of knowledge; it has whatever type it should have.
fn as_lifted(
    module: usize,
    table: &TableName,
    rows: &QueryResult,
    source: &RewrittenSource,
) -> Result<QueryResult, RewriteFailure> {
    let untyped = |at: usize| {
        let mut columns = rows.batches.iter().map(|batch| batch.column(at));
        columns.all(|column| column.null_count() == column.len())
    };
    let mut fields = Vec::with_capacity(rows.schema.fields().len());
    for (at, field) in rows.schema.fields().iter().enumerate() {
        let name = ColumnName::from(field.name().as_str());
        let declared = source.types.get(&name).copied();
        let field = field.as_ref().clone();
        fields.push(match declared {
            Some(declared) if !is_read_as(field.data_type(), declared) && untyped(at) => {
                field.with_data_type(arrow_type(declared))
            }
            _ => field,
        });
    }
    let schema = Arc::new(Schema::new(fields));
    for (name, declared) in &source.types {
        check_source(module, table, &schema, name, *declared)?;
    }
    let batches = rows.batches.iter().map(|batch| {
        let columns = batch.columns().iter().zip(schema.fields());
        let columns: Vec<ArrayRef> = columns
            .map(|(column, field)| {
                if column.data_type() == field.data_type() {
                    Arc::clone(column)
                } else {
                    new_null_array(field.data_type(), batch.num_rows())
                }
            })
            .collect();
        RecordBatch::try_new(Arc::clone(&schema), columns).map_err(EngineError::from)
    });
    let batches = batches.collect::<Result<_, _>>().map_err(engine(
        module,
        None,
        "cannot read the source",
    ))?;
    Ok(QueryResult { schema, batches })
}

async fn query(
    session: &Session,
    run: &RewriteRun<'_>,
    module: usize,
    file: Option<&String>,
) -> Result<QueryResult, RewriteFailure> {
    let missing = || RewriteFailure::SqlMissing {
        module,
        file: file.cloned().unwrap_or_else(|| DIALECT.to_owned()),
    };
    let sql = file
        .and_then(|file| run.sql.get(file))
        .ok_or_else(missing)?;
    session
        .query(sql)
        .await
        .map_err(engine(module, file, "the query failed"))
}

/// Runs a query, checks its columns and names its rows for the queries after it.
async fn transformed(
    session: &Session,
    run: &RewriteRun<'_>,
    module: usize,
    step: &RewrittenTransformation,
) -> Result<Frame, RewriteFailure> {
    let refused = |detail| RewriteFailure::Columns {
        module,
        frame: step.result.clone(),
        detail,
    };
    let result = query(session, run, module, step.sql_file.get(DIALECT)).await?;
    let declared = declared_schema(&step.columns);
    check_columns(&result.schema, &declared).map_err(refused)?;
    let batches: Result<Vec<RecordBatch>, String> = result
        .batches
        .iter()
        .map(|batch| conformed(batch, &declared))
        .collect();
    let batches = batches.map_err(refused)?;
    let frame = Frame::new(&declared, &batches)
        .map_err(|source| RewriteFailure::Writer { module, source })?;
    session
        .register_batches(step.result.as_str(), declared, batches)
        .map_err(engine(module, None, "cannot register the frame"))?;
    Ok(frame)
}

fn write(
    run: &RewriteRun<'_>,
    module: usize,
    step: &RewrittenModule,
    frames: &BTreeMap<FrameName, Frame>,
    folder: &Path,
    outcome: &mut RewriteOutcome,
) -> Result<(), RewriteFailure> {
    let frame = |name: &FrameName| {
        frames.get(name).ok_or_else(|| RewriteFailure::NoSuchFrame {
            module,
            frame: name.clone(),
        })
    };
    let failed = |source: WriterError| RewriteFailure::Writer { module, source };
    let prior = run.prior.get(&module).map(PathBuf::as_path);
    let staged = folder.join(format!("file-{module}"));
    match step {
        RewrittenModule::CsvFileWriter(writer) => {
            let trailer_values = writer.trailer_source.as_ref().map(&frame).transpose()?;
            let settings = CsvSettings {
                writer,
                workspace: run.workspace,
                date: run.date,
                processing_time: run.processing_time,
                trailer_values,
            };
            let rows =
                write_csv(&staged, frame(&writer.source)?, prior, &settings).map_err(failed)?;
            outcome.files.push(StagedFile {
                module: Some(module),
                relative: relative(&writer.target, run.date),
                staged,
                rows: Some(rows),
            });
        }
        RewrittenModule::ParquetFileWriter(writer) => {
            let column = &run.workspace.output_date_column;
            let frame = frame(&writer.source)?;
            let rows = write_parquet(&staged, frame, prior, writer.parts, column, run.date)
                .map_err(failed)?;
            outcome.files.push(StagedFile {
                module: Some(module),
                relative: relative(&writer.target, run.date),
                staged,
                rows: Some(rows),
            });
        }
        RewrittenModule::DataFrameWriter(writer) => {
            let arrow_file = folder.join(format!("table-{module}.arrow"));
            let frame = frame(&writer.source)?;
            let untyped = write_table(&arrow_file, frame).map_err(failed)?;
            outcome.tables.push(StagedTable {
                module,
                schema: run.workspace.rewrite_schema.clone(),
                table: writer.table.clone(),
                mode: writer.mode,
                arrow_file,
                rows: frame.row_count() as u64,
                untyped,
            });
        }
        RewrittenModule::LegacyModules(legacy) => {
            for (index, name) in &legacy.given {
                let path = folder.join(format!("given-{index}.arrow"));
                write_table(&path, frame(name)?).map_err(failed)?;
                outcome.given.insert(*index, path);
            }
        }
        RewrittenModule::DataSourcing(_)
        | RewrittenModule::Guard(_)
        | RewrittenModule::Transformation(_) => {}
    }
    Ok(())
}

fn relative(target: &FileTarget, date: EffectiveDate) -> String {
    format!(
        "{}/{}/{date}/{}",
        target.job_dir, target.table_dir, target.file_name
    )
}
