//! Lake tables for Externals that bring their own SQL: one SQLite file per schema, without any later date.
//!
//! A run sees its inputs and nothing else, so there is no lake to connect to from inside it. The tables
//! its Python names are laid out for it here, a batch at a time, in stored order: SQLite answers a query
//! that asks for no order in the order of insertion. There are no indexes, because they would change it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, Schema, TimeUnit, TimestampMicrosecondType,
};
use relift_engine::{EngineError, Lake, Scan};
use relift_job::{ColumnName, EffectiveDate, SchemaName, TableName};
use relift_values::{Decimal, date_from_days, iso_date};
use rusqlite::types::{Null, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, ToSql};

/// What a run may see of the lake through `relift_lake`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LakeView {
    /// SQLite file of each schema.
    pub files: BTreeMap<SchemaName, PathBuf>,
    /// Every table of the lake, for messages about those that were not handed over.
    pub known: BTreeSet<TableName>,
    /// Wanted tables that are not partitioned by date, so that no later date can be kept out.
    pub undated: BTreeSet<TableName>,
    /// Name of the effective date column.
    pub effective_date_column: String,
}

/// Why the lake could not be laid out.
#[derive(Debug, thiserror::Error)]
pub enum LakeViewError {
    /// The lake cannot be read.
    #[error(transparent)]
    Lake(#[from] EngineError),
    /// A table has something SQLite has no place for, such as two columns that differ in case only.
    #[error("table {table} cannot be shown to SQL of the job's own")]
    Table {
        /// The table.
        table: TableName,
        /// SQLite's answer.
        source: rusqlite::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl LakeView {
    /// Lays out `wanted` tables at their versions, up to `date`, below `folder`.
    pub async fn write(
        lake: &Lake,
        wanted: &BTreeMap<TableName, u64>,
        date: EffectiveDate,
        folder: &Path,
    ) -> Result<Self, LakeViewError> {
        fresh(folder).map_err(|source| LakeViewError::File {
            path: folder.to_owned(),
            source,
        })?;
        let mut view = Self {
            known: lake.tables()?.into_iter().collect(),
            effective_date_column: lake.effective_date_column().to_owned(),
            ..Self::default()
        };
        for (table, version) in wanted {
            let scan = match up_to(lake, table, *version, date).await {
                Err(EngineError::NotPartitioned { .. }) => {
                    view.undated.insert(table.clone());
                    continue;
                }
                scan => scan?,
            };
            let next = view.files.len();
            let path = view
                .files
                .entry(table.schema.clone())
                .or_insert_with(|| folder.join(format!("schema-{next}.sqlite")));
            write_table(path, table, &scan)?;
        }
        Ok(view)
    }
}

/// Makes an empty folder in the place of what a cut-off attempt left.
fn fresh(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    }
}

/// All columns and every date that is not after `date`.
async fn up_to(
    lake: &Lake,
    table: &TableName,
    version: u64,
    date: EffectiveDate,
) -> Result<Scan, EngineError> {
    let whole = lake.scan_table(table, version).await?.schema();
    let columns: Vec<ColumnName> = whole
        .fields()
        .iter()
        .map(|field| field.name().as_str().into())
        .collect();
    let mut dates = lake.dates(table, version).await?;
    dates.retain(|found| *found <= date);
    lake.scan(table, version, &dates, &columns).await
}

fn write_table(path: &Path, table: &TableName, scan: &Scan) -> Result<(), LakeViewError> {
    let failed = |source| LakeViewError::Table {
        table: table.clone(),
        source,
    };
    let schema = scan.schema();
    let mut connection = Connection::open(path).map_err(failed)?;
    // The file is an input of one run: after a crash it is written again, never read.
    connection
        .execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        .map_err(failed)?;
    let transaction = connection.transaction().map_err(failed)?;
    transaction
        .execute_batch(&create(table, &schema))
        .map_err(failed)?;
    let places = vec!["?"; schema.fields().len()].join(", ");
    let insert = format!("INSERT INTO {} VALUES ({places})", quoted(&table.table));
    let mut statement = transaction.prepare(&insert).map_err(failed)?;
    for batch in scan.read() {
        insert_rows(&mut statement, &batch?).map_err(failed)?;
    }
    drop(statement);
    transaction.commit().map_err(failed)
}

fn create(table: &TableName, schema: &Schema) -> String {
    let column = |field: &std::sync::Arc<Field>| {
        let declared = match field.data_type() {
            DataType::Boolean
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64 => "INTEGER",
            DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => "REAL",
            DataType::Binary => "BLOB",
            _ => "TEXT",
        };
        format!("{} {declared}", quoted(field.name()))
    };
    let columns: Vec<String> = schema.fields().iter().map(column).collect();
    format!(
        "CREATE TABLE {} ({})",
        quoted(&table.table),
        columns.join(", ")
    )
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn insert_rows(statement: &mut Statement<'_>, batch: &RecordBatch) -> rusqlite::Result<()> {
    for row in 0..batch.num_rows() {
        for (at, column) in batch.columns().iter().enumerate() {
            bind(statement, at + 1, column.as_ref(), row)?;
        }
        statement.raw_execute()?;
    }
    Ok(())
}

/// Binds a value as the frames of a Transformation hold it in SQLite: decimals as floats, dates as ISO text.
fn bind(
    statement: &mut Statement<'_>,
    place: usize,
    column: &dyn Array,
    row: usize,
) -> rusqlite::Result<()> {
    let mut put = |value: &dyn ToSql| statement.raw_bind_parameter(place, value);
    if column.is_null(row) {
        return put(&Null);
    }
    match column.data_type() {
        DataType::Boolean => put(&column.as_boolean().value(row)),
        DataType::Int8 => put(&column.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => put(&column.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => put(&column.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => put(&column.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => put(&f64::from(column.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => put(&column.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale) => {
            let unscaled = column.as_primitive::<Decimal128Type>().value(row);
            put(&Decimal::new(unscaled, (*scale).into()).nearest_float())
        }
        DataType::Utf8 => put(&column.as_string::<i32>().value(row)),
        DataType::Date32 => {
            let days = column.as_primitive::<Date32Type>().value(row);
            put(&date_from_days(days).map(iso_date))
        }
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            let at = column.as_primitive::<TimestampMicrosecondType>().value(row);
            put(&iso_seconds(at))
        }
        DataType::Binary => put(&Blob(column.as_binary::<i32>().value(row))),
        other => Err(rusqlite::Error::ToSqlConversionFailure(
            format!("a column holds {other}").into(),
        )),
    }
}

/// `YYYY-MM-DDTHH:MM:SS`, the fraction cut off, as the frames of a Transformation have it.
fn iso_seconds(microseconds: i64) -> Option<String> {
    let at = jiff::Timestamp::from_microsecond(microseconds).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

struct Blob<'a>(&'a [u8]);

impl ToSql for Blob<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0)))
    }
}
