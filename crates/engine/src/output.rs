//! Reading what another job wrote, as that job left it on a date.
//!
//! Output tables are not partitioned by date. One that holds the effective date column is read like a lake
//! table, by that column; any other is read whole and gets the column with the reader's own date. Rows that
//! a run of a later date added do not exist for the reader, whatever was repeated since.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Date32Type, Field, FieldRef, Float64Type, Schema, SchemaRef};
use relift_job::{ColumnName, DateMode, EffectiveDate, LakeType, TableName};

use crate::history;
use crate::lake::{readable_field, scan_of, wanted_dates};
use crate::schema::lake_type;
use crate::{EngineError, Lake, QueryResult};

/// What a job reads of an output table.
#[derive(Clone, Copy, Debug)]
pub struct OutputRead<'a> {
    /// Columns; the effective date column comes last unless it is among them.
    pub columns: &'a [ColumnName],
    /// Which dates, where the table holds the effective date column.
    pub dates: &'a DateMode,
    /// The reader's effective date.
    pub today: EffectiveDate,
}

/// What the rows that are read of an output hold in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputColumn {
    /// Its name.
    pub name: ColumnName,
    /// Its type; `None` when jobs cannot read it.
    pub lake_type: Option<LakeType>,
    /// Rows that are read.
    pub rows: usize,
    /// Of these, how many are NULL.
    pub nulls: usize,
    /// Of these, how many are NaN, which is another missing value than NULL.
    pub nans: usize,
}

impl Lake {
    /// Types and missing values of the rows that [`Lake::read_output`] reads.
    pub async fn output_columns(
        &self,
        table: &TableName,
        version: u64,
        read: &OutputRead<'_>,
    ) -> Result<Vec<OutputColumn>, EngineError> {
        let rows = self.read_output(table, version, read).await?;
        let columns = rows.schema.fields().iter().enumerate();
        Ok(columns
            .map(|(at, field)| {
                let arrays = || rows.batches.iter().map(|batch| batch.column(at));
                OutputColumn {
                    name: field.name().as_str().into(),
                    lake_type: lake_type(field.data_type()),
                    rows: arrays().map(arrow::array::Array::len).sum(),
                    nulls: arrays().map(arrow::array::Array::null_count).sum(),
                    nans: arrays().map(nan_count).sum(),
                }
            })
            .collect())
    }

    /// Names of an output table's columns at a version.
    pub async fn output_names(
        &self,
        table: &TableName,
        version: u64,
    ) -> Result<Vec<ColumnName>, EngineError> {
        let snapshot = self.snapshot(table, version).await?;
        let fields = snapshot.schema.fields().iter();
        Ok(fields.map(|field| field.name().as_str().into()).collect())
    }

    /// Rows of an output table at a version, ordered by effective date and inside a date in stored order.
    pub async fn read_output(
        &self,
        table: &TableName,
        version: u64,
        read: &OutputRead<'_>,
    ) -> Result<QueryResult, EngineError> {
        let snapshot = self.snapshot(table, version).await?;
        let later = self.added_later(table, version, read.today)?;
        let files = snapshot
            .files
            .iter()
            .filter(|file| !later.contains(&file.added_in));
        let date_column = self.effective_date_column();
        let held = snapshot.schema.field_with_name(date_column).is_ok();
        let mut names: Vec<&str> = read.columns.iter().map(ColumnName::as_str).collect();
        if !names.contains(&date_column) {
            names.push(date_column);
        }
        let stored: Vec<FieldRef> = names
            .iter()
            .filter(|name| held || **name != date_column)
            .map(|name| readable_field(&snapshot, name))
            .collect::<Result<_, _>>()?;
        let scan = scan_of(&snapshot, stored, files);
        let batches = scan.read().collect::<Result<Vec<_>, _>>()?;
        if held {
            let schema = scan.schema();
            let batches = of_dates(table, &schema, batches, date_column, read)?;
            return Ok(QueryResult { schema, batches });
        }
        let at = names
            .iter()
            .position(|name| *name == date_column)
            .unwrap_or(names.len());
        let mut fields = scan.schema().fields().to_vec();
        fields.insert(
            at,
            Arc::new(Field::new(date_column, DataType::Date32, true)),
        );
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let day = read.today.days_since_epoch();
        let dated = |batch: &RecordBatch| {
            let mut columns = batch.columns().to_vec();
            let date: ArrayRef = Arc::new(Date32Array::from_value(day, batch.num_rows()));
            columns.insert(at, date);
            RecordBatch::try_new(Arc::clone(&schema), columns)
        };
        let batches = batches.iter().map(dated).collect::<Result<_, _>>()?;
        Ok(QueryResult { schema, batches })
    }

    /// Versions that a run of a date after `today` committed.
    fn added_later(
        &self,
        table: &TableName,
        version: u64,
        today: EffectiveDate,
    ) -> Result<BTreeSet<u64>, EngineError> {
        let entries = history::read(table, &self.table_folder(table), version)?;
        let later = entries.iter().filter(|entry| {
            // `<workspace>/<table>/<job>/<date>/<side>`, see the commits of runs.
            let mut dates = entry
                .transactions
                .iter()
                .filter_map(|(app_id, _)| EffectiveDate::parse(app_id.rsplit('/').nth(1)?));
            dates.any(|date| date > today)
        });
        Ok(later.map(|entry| entry.version).collect())
    }
}

fn nan_count(array: &ArrayRef) -> usize {
    match array.as_primitive_opt::<Float64Type>() {
        Some(floats) => floats.iter().flatten().filter(|it| it.is_nan()).count(),
        None => 0,
    }
}

/// Rows of the wanted dates, by date.
fn of_dates(
    table: &TableName,
    schema: &SchemaRef,
    batches: Vec<RecordBatch>,
    date_column: &str,
    read: &OutputRead<'_>,
) -> Result<Vec<RecordBatch>, EngineError> {
    let at = schema.index_of(date_column)?;
    let dated: Vec<(RecordBatch, Vec<Option<EffectiveDate>>)> = batches
        .into_iter()
        .map(|batch| {
            let dates = dates_of(table, date_column, batch.column(at))?;
            Ok((batch, dates))
        })
        .collect::<Result<_, EngineError>>()?;
    let present: BTreeSet<EffectiveDate> = dated
        .iter()
        .flat_map(|(_, dates)| dates.iter().flatten().copied())
        .collect();
    let present: Vec<EffectiveDate> = present.into_iter().collect();
    let wanted = wanted_dates(&present, read.dates, read.today);
    let mut by_date: BTreeMap<EffectiveDate, Vec<RecordBatch>> = BTreeMap::new();
    for (batch, dates) in &dated {
        for date in &wanted {
            let keep: BooleanArray = dates.iter().map(|own| Some(*own == Some(*date))).collect();
            if keep.true_count() > 0 {
                let kept = filter_record_batch(batch, &keep)?;
                by_date.entry(*date).or_default().push(kept);
            }
        }
    }
    Ok(by_date.into_values().flatten().collect())
}

/// The effective date of each row; dates may also be ISO text, which SQLite makes of them.
fn dates_of(
    table: &TableName,
    name: &str,
    column: &ArrayRef,
) -> Result<Vec<Option<EffectiveDate>>, EngineError> {
    let unusable = |what: String| EngineError::Unsupported {
        table: table.clone(),
        what: format!("{what} in the effective date column {name}"),
    };
    match column.data_type() {
        DataType::Date32 => Ok(column
            .as_primitive::<Date32Type>()
            .iter()
            .map(|day| day.and_then(EffectiveDate::from_days_since_epoch))
            .collect()),
        DataType::Utf8 => column
            .as_string::<i32>()
            .iter()
            .map(|text| match text {
                None => Ok(None),
                Some(text) => EffectiveDate::parse(text)
                    .map(Some)
                    .ok_or_else(|| unusable(format!("the text \"{text}\""))),
            })
            .collect(),
        other => Err(unusable(format!("type {other}"))),
    }
}
