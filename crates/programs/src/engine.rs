//! The rewritten side in full: the job as it is handed over, run by the set-based runtime.
//!
//! Only the lake is left out: the rows of a program are a few and stand in memory.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array,
    RecordBatch, RecordBatchOptions, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Schema};
use relift_dataflow::interpret::Value;
use relift_engine::{Lake, QueryResult, Session};
use relift_job::{ColumnName, EffectiveDate, LakeType, RewrittenModule, SourceOrigin, Workspace};
use relift_platform::legacy::{EnvironmentRequest, prepare};
use relift_platform::set_based::{RewriteFailure, RewriteRun, run_registered};

use crate::lifting::Understood;
use crate::program::{Program, TableType};
use crate::trial::{Outcome, Rewritten};
use crate::values::value;

/// A session of DataFusion, used again for every program, and a place for files.
pub struct Engine {
    session: Session,
    runtime: tokio::runtime::Runtime,
    staging: tempfile::TempDir,
    lake: Lake,
    processing_time: jiff::Timestamp,
}

/// The Python of the legacy runtime, set up in `cache` where it is missing.
pub(crate) fn python(cache: &Path, wanted: Option<&Path>) -> Result<PathBuf, String> {
    let request = EnvironmentRequest {
        cache,
        python: wanted,
        requirements: None,
    };
    prepare(request, &|_| {})
        .map(|environment| environment.python)
        .map_err(|error| error.to_string())
}

impl Engine {
    /// Starts one.
    pub fn start(
        workspace: &Workspace,
        processing_time: jiff::Timestamp,
    ) -> Result<Self, std::io::Error> {
        let staging = tempfile::tempdir()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let lake = Lake::open(
            staging.path().join("lake"),
            workspace.effective_date_column.as_str(),
        );
        Ok(Self {
            session: Session::new(),
            runtime,
            staging,
            lake,
            processing_time,
        })
    }

    fn register(
        &self,
        program: &Program,
        day: usize,
        understood: &Understood,
        date_column: &str,
    ) -> Result<(), String> {
        for module in &understood.rewrite.job.modules {
            let RewrittenModule::DataSourcing(source) = module else {
                continue;
            };
            let SourceOrigin::Lake { table, .. } = &source.origin else {
                return Err("it reads no table of the program".to_owned());
            };
            let at = program
                .tables
                .iter()
                .position(|known| known.name == *table.table)
                .ok_or_else(|| format!("it reads {table}, which the program does not have"))?;
            let mut columns = source.columns.clone();
            if columns.iter().all(|name| name.as_str() != date_column) {
                columns.push(date_column.into());
            }
            let rows = rows(&program.tables[at], &program.days[day].rows[at], &columns)?;
            let number = source.row_number.as_ref().map(ColumnName::as_str);
            self.session
                .register_rows(source.result.as_str(), rows, number)
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

impl Rewritten for Engine {
    fn run(
        &mut self,
        program: &Program,
        day: usize,
        understood: &Understood,
        workspace: &Workspace,
    ) -> Outcome {
        if let Err(what) = self.register(program, day, understood, &workspace.effective_date_column)
        {
            return Outcome::Failed(what);
        }
        let Some(date) = EffectiveDate::parse(&program.days[day].date) else {
            return Outcome::Failed(format!("{} is no date", program.days[day].date));
        };
        let run = RewriteRun {
            job: &understood.rewrite.job,
            sql: &understood.rewrite.files,
            workspace,
            date,
            processing_time: self.processing_time,
            lake: &self.lake,
            versions: &BTreeMap::new(),
            curated: &BTreeMap::new(),
            prior: &BTreeMap::new(),
            staging: self.staging.path(),
        };
        match self.runtime.block_on(run_registered(&self.session, run)) {
            Err(RewriteFailure::Guard { obligation, .. }) => Outcome::Guarded(obligation),
            Err(failure) => Outcome::Failed(chain(&failure)),
            Ok(outcome) => match outcome.files.first() {
                None => Outcome::Failed("it wrote no file".to_owned()),
                Some(file) => std::fs::read_to_string(&file.staged)
                    .map_or_else(|error| Outcome::Failed(error.to_string()), Outcome::Wrote),
            },
        }
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("\n  {error}"));
        cause = error.source();
    }
    text
}

fn rows(
    table: &TableType,
    rows: &[Vec<serde_json::Value>],
    wanted: &[ColumnName],
) -> Result<QueryResult, String> {
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for name in wanted {
        let at = table
            .columns
            .iter()
            .position(|column| column.name == name.as_str())
            .ok_or_else(|| format!("{} has no column {name}", table.name))?;
        let lake_type = table.columns[at].lake_type;
        let values: Vec<Value> = rows
            .iter()
            .map(|row| value(&row[at], lake_type))
            .collect::<Result<_, _>>()?;
        let array = array(lake_type, &values)?;
        fields.push(Field::new(name.as_str(), array.data_type().clone(), true));
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new(fields));
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options)
        .map_err(|error| error.to_string())?;
    Ok(QueryResult {
        schema,
        batches: vec![batch],
    })
}

fn array(lake_type: LakeType, values: &[Value]) -> Result<ArrayRef, String> {
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
        LakeType::Decimal { precision, scale } => Arc::new(
            collect!(Decimal128Array, Value::Decimal(it) => it.unscaled)
                .with_precision_and_scale(precision, scale)
                .map_err(|error| error.to_string())?,
        ),
        LakeType::Text => Arc::new(collect!(StringArray, Value::Text(it) => it.as_str())),
        LakeType::Date => Arc::new(collect!(Date32Array, Value::Date(it) => *it)),
        LakeType::Timestamp => {
            Arc::new(collect!(TimestampMicrosecondArray, Value::Timestamp(it) => *it))
        }
    })
}
