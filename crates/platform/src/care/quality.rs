//! Declared checks of rows, date by date, in one pass per table.
//!
//! Each outcome says how many rows were looked at and how many failed, with one failing value as an
//! example; a personal one is shown as its shape. NULL fails `not_null` only.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, Scalar, StringArray};
use arrow::compute::kernels::cmp::{gt, lt};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Schema};
use relift_engine::{Inventory, Lake};
use relift_job::{
    ColumnName, DateRange, EffectiveDate, QualityCheck, QualityRule, QualitySeverity,
    QualityTarget, TableName,
};
use serde::Serialize;

use super::cells::{joint_mark, marks};
use super::keys::key_text;
use super::partitions::{check_files, deviation_percent, usual_rows};
use super::personal::{PersonalColumns, personal_columns};
use super::references::{MarksByDate, Parents, TableColumns};
use super::{CareError, CareProgress, Weight};

/// Which checks to make.
pub struct QualityRequest<'a> {
    /// The lake.
    pub lake: &'a Lake,
    /// Checks of tables; those of jobs are left out.
    pub checks: &'a [QualityCheck],
    /// Dates.
    pub range: DateRange,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QualityStatus {
    /// As declared.
    Passed,
    /// Not as declared, and worth a warning.
    Warned,
    /// Not as declared, and reason to stop.
    Failed,
    /// There was nothing to look at.
    Skipped,
}

impl QualityStatus {
    /// The word used in records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One check on one date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckOutcome {
    /// The table, or the output of a job.
    pub table: String,
    /// The rule's word, such as `not_null`.
    pub check: String,
    /// Columns, separated by commas.
    pub column: String,
    /// The date.
    pub effective_date: String,
    /// How it came out.
    pub status: QualityStatus,
    /// Rows looked at.
    pub rows_checked: u64,
    /// Rows that failed.
    pub rows_failed: u64,
    /// What is wrong, for people.
    pub detail: String,
}

/// Makes the checks declared for tables, each table read once.
pub async fn check_tables(
    request: &QualityRequest<'_>,
    progress: &(dyn Fn(&CareProgress) + Sync),
) -> Result<Vec<CheckOutcome>, CareError> {
    let mut by_table: BTreeMap<&TableName, Vec<&QualityCheck>> = BTreeMap::new();
    for check in request.checks {
        if let QualityTarget::Table(table) = &check.target {
            by_table.entry(table).or_default().push(check);
        }
    }
    let checks: Vec<&QualityCheck> = by_table.values().flatten().copied().collect();
    let parents = parents_of(request.lake, &checks, request.range).await?;
    let total = by_table.len();
    let mut outcomes = Vec::new();
    for (done, (table, checks)) in by_table.into_iter().enumerate() {
        outcomes.extend(check_table(request, table, &checks, &parents).await?);
        progress(&CareProgress {
            table: table.clone(),
            done: done + 1,
            total,
        });
    }
    Ok(outcomes)
}

/// Makes checks on rows that are at hand: the output of a job before it is committed.
pub async fn check_rows(
    lake: &Lake,
    output: &str,
    checks: &[&QualityCheck],
    date: EffectiveDate,
    schema: &Schema,
    batches: &[RecordBatch],
) -> Result<Vec<CheckOutcome>, CareError> {
    let range = DateRange {
        first: date,
        last: date,
    };
    let parents = parents_of(lake, checks, range).await?;
    let mut personal = PersonalColumns::default();
    for (index, field) in schema.fields().iter().enumerate() {
        let mut judge = super::personal::ContentJudge::of(output, field.name(), field.data_type());
        for batch in batches {
            judge.see(batch.column(index));
        }
        if let Some(found) = judge.verdict() {
            personal.insert(field.name(), found);
        }
    }
    let mut outcomes = Vec::new();
    for check in checks {
        let mut watch = RowWatch::new(check, schema, &parents)?;
        for batch in batches {
            watch.see(date, batch, &personal)?;
        }
        outcomes.push(watch.outcome(output, date));
    }
    Ok(outcomes)
}

async fn check_table(
    request: &QualityRequest<'_>,
    table: &TableName,
    checks: &[&QualityCheck],
    parents: &BTreeMap<TableColumns, Parents>,
) -> Result<Vec<CheckOutcome>, CareError> {
    let lake = request.lake;
    let date_column = lake.effective_date_column();
    let inventory = lake.inventory(table)?;
    let whole = lake.scan_table(table, inventory.version).await?;
    let schema = whole.schema();
    if !inventory.is_partitioned_by(date_column) {
        return Err(CareError::Check(format!(
            "{}: {table} is not partitioned by {date_column}; checks are made date by date",
            checks[0].span
        )));
    }
    let files = check_files(&inventory, date_column, request.range, &schema);
    let sound: BTreeSet<EffectiveDate> = dates_of(&inventory, request.range)
        .filter(|date| !files.damaged.contains(date))
        .collect();
    let dates: Vec<EffectiveDate> = sound.iter().copied().collect();
    let personal = personal_columns(lake, table, inventory.version, &dates).await?;
    let mut outcomes = Vec::new();
    let mut watches = Vec::new();
    for check in checks {
        match &check.rule {
            QualityRule::RowCountDeviation { percent } => {
                for date in request.range.iter() {
                    outcomes.push(row_count(check, table, &files.rows, date, *percent));
                }
            }
            QualityRule::Freshness { days } => {
                let known: BTreeSet<EffectiveDate> = inventory
                    .files
                    .iter()
                    .filter_map(|file| file.date)
                    .collect();
                for date in request.range.iter() {
                    outcomes.push(freshness(check, table, &known, date, *days));
                }
            }
            _ => watches.push(RowWatch::new(check, &schema, parents)?),
        }
    }
    if watches.is_empty() {
        return Ok(outcomes);
    }
    let columns: BTreeSet<&ColumnName> = watches
        .iter()
        .flat_map(|watch| &watch.check.columns)
        .collect();
    let columns: Vec<ColumnName> = columns.into_iter().cloned().collect();
    for date in request.range.iter() {
        if !sound.contains(&date) {
            let reason = if files.damaged.contains(&date) {
                "the partition is damaged; `relift lake audit` tells how"
            } else {
                "there is no partition"
            };
            outcomes.extend(
                watches
                    .iter()
                    .map(|watch| skipped(watch.check, &table.to_string(), date, reason)),
            );
            continue;
        }
        let scan = lake
            .scan(table, inventory.version, &[date], &columns)
            .await?;
        for batch in scan.read() {
            let batch = batch?;
            for watch in &mut watches {
                watch.see(date, &batch, &personal)?;
            }
        }
        for watch in &mut watches {
            outcomes.push(watch.outcome(&table.to_string(), date));
        }
    }
    Ok(outcomes)
}

fn dates_of(inventory: &Inventory, range: DateRange) -> impl Iterator<Item = EffectiveDate> + '_ {
    inventory
        .files
        .iter()
        .filter_map(|file| file.date)
        .filter(move |date| range.contains(*date))
}

/// Reads the columns that references lead to, up to the last date.
async fn parents_of(
    lake: &Lake,
    checks: &[&QualityCheck],
    range: DateRange,
) -> Result<BTreeMap<TableColumns, Parents>, CareError> {
    let mut parents = BTreeMap::new();
    for check in checks {
        let QualityRule::References { table, columns } = &check.rule else {
            continue;
        };
        let side = TableColumns {
            table: table.to_string(),
            columns: columns.iter().map(ToString::to_string).collect(),
        };
        if parents.contains_key(&side) {
            continue;
        }
        let inventory = lake.inventory(table)?;
        let date_column = lake.effective_date_column();
        let partitioned = inventory.is_partitioned_by(date_column);
        let whole = lake.scan_table(table, inventory.version).await?;
        missing_column(check, &table.to_string(), columns, &whole.schema())?;
        let mut collected = MarksByDate::default();
        let mut collect = |date: Option<EffectiveDate>, batch: &RecordBatch| {
            let marked: Vec<Vec<Option<u64>>> = columns
                .iter()
                .filter_map(|column| batch.column_by_name(column.as_str()))
                .map(marks)
                .collect();
            let parts: Vec<&[Option<u64>]> = marked.iter().map(Vec::as_slice).collect();
            for row in 0..batch.num_rows() {
                if let Some(mark) = joint_mark(&parts, row) {
                    collected.add(date, mark);
                }
            }
        };
        if partitioned {
            let dates: BTreeSet<EffectiveDate> = inventory
                .files
                .iter()
                .filter_map(|file| file.date)
                .filter(|date| *date <= range.last)
                .collect();
            for date in dates {
                let scan = lake
                    .scan(table, inventory.version, &[date], columns)
                    .await?;
                for batch in scan.read() {
                    collect(Some(date), &batch?);
                }
            }
        } else {
            for batch in whole.read() {
                collect(None, &batch?);
            }
        }
        parents.insert(side, collected.into_parents());
    }
    Ok(parents)
}

fn missing_column(
    check: &QualityCheck,
    table: &str,
    columns: &[ColumnName],
    schema: &Schema,
) -> Result<(), CareError> {
    for column in columns {
        if schema.field_with_name(column.as_str()).is_err() {
            let known: Vec<&str> = schema
                .fields()
                .iter()
                .map(|field| field.name().as_str())
                .collect();
            return Err(CareError::Check(format!(
                "{}: {table} has no column {column}; its columns are {}",
                check.span,
                known.join(", ")
            )));
        }
    }
    Ok(())
}

fn skipped(check: &QualityCheck, table: &str, date: EffectiveDate, reason: &str) -> CheckOutcome {
    CheckOutcome {
        status: QualityStatus::Skipped,
        ..blank(check, table, date, reason.to_owned())
    }
}

fn blank(check: &QualityCheck, table: &str, date: EffectiveDate, detail: String) -> CheckOutcome {
    CheckOutcome {
        table: table.to_owned(),
        check: check.rule.word().to_owned(),
        column: check
            .columns
            .iter()
            .map(ColumnName::as_str)
            .collect::<Vec<_>>()
            .join(", "),
        effective_date: date.to_string(),
        status: QualityStatus::Passed,
        rows_checked: 0,
        rows_failed: 0,
        detail,
    }
}

fn bad(check: &QualityCheck) -> QualityStatus {
    match check.severity {
        QualitySeverity::Warn => QualityStatus::Warned,
        QualitySeverity::Abort => QualityStatus::Failed,
    }
}

fn row_count(
    check: &QualityCheck,
    table: &TableName,
    rows: &BTreeMap<EffectiveDate, u64>,
    date: EffectiveDate,
    percent: f64,
) -> CheckOutcome {
    let table = table.to_string();
    let Some(count) = rows.get(&date).copied() else {
        return skipped(check, &table, date, "there is no partition");
    };
    let Some(usual) = usual_rows(rows, date) else {
        return skipped(check, &table, date, "too few partitions to compare with");
    };
    let deviation = deviation_percent(count, usual);
    let mut outcome = blank(
        check,
        &table,
        date,
        format!("{count} rows, {deviation:+.1} % against the usual {usual}"),
    );
    outcome.rows_checked = count;
    if deviation.abs() > percent {
        outcome.status = bad(check);
        outcome.rows_failed = count;
    }
    outcome
}

fn freshness(
    check: &QualityCheck,
    table: &TableName,
    known: &BTreeSet<EffectiveDate>,
    date: EffectiveDate,
    days: u32,
) -> CheckOutcome {
    let latest = known.range(..=date).next_back();
    let (detail, fresh) = match latest {
        None => ("no partition up to this date".to_owned(), false),
        Some(latest) => {
            let age = date.days_since_epoch() - latest.days_since_epoch();
            let detail = format!("the latest partition is {latest}, {age} days old");
            (detail, i64::from(age) <= i64::from(days))
        }
    };
    let mut outcome = blank(check, &table.to_string(), date, detail);
    if !fresh {
        outcome.status = bad(check);
    }
    outcome
}

/// Watches rows for one check.
struct RowWatch<'a> {
    check: &'a QualityCheck,
    names: Vec<String>,
    seen: HashSet<u64>,
    accepted: HashSet<u64>,
    least: Option<Scalar<ArrayRef>>,
    greatest: Option<Scalar<ArrayRef>>,
    parents: Option<&'a Parents>,
    rows: u64,
    failed: u64,
    example: Option<String>,
}

impl<'a> RowWatch<'a> {
    fn new(
        check: &'a QualityCheck,
        schema: &Schema,
        parents: &'a BTreeMap<TableColumns, Parents>,
    ) -> Result<Self, CareError> {
        missing_column(check, &check.target.to_string(), &check.columns, schema)?;
        let names: Vec<String> = check.columns.iter().map(ToString::to_string).collect();
        let mut watch = Self {
            check,
            seen: HashSet::new(),
            accepted: HashSet::new(),
            least: None,
            greatest: None,
            parents: None,
            rows: 0,
            failed: 0,
            example: None,
            names,
        };
        let first_type = || -> Result<&DataType, CareError> {
            let first = watch.names.first().map_or("", String::as_str);
            Ok(schema.field_with_name(first)?.data_type())
        };
        match &check.rule {
            QualityRule::AcceptedValues { values } => {
                let texts: Vec<&str> = values.iter().map(String::as_str).collect();
                let typed = as_type(check, &texts, first_type()?)?;
                watch.accepted = marks(&typed).into_iter().flatten().collect();
            }
            QualityRule::Range { min, max } => {
                let bound = |text: &Option<String>| -> Result<Option<Scalar<ArrayRef>>, CareError> {
                    let Some(text) = text else { return Ok(None) };
                    Ok(Some(Scalar::new(as_type(check, &[text], first_type()?)?)))
                };
                let (least, greatest) = (bound(min)?, bound(max)?);
                watch.least = least;
                watch.greatest = greatest;
            }
            QualityRule::References { table, columns } => {
                watch.parents = parents.get(&TableColumns {
                    table: table.to_string(),
                    columns: columns.iter().map(ToString::to_string).collect(),
                });
            }
            QualityRule::NotNull
            | QualityRule::Unique
            | QualityRule::RowCountDeviation { .. }
            | QualityRule::Freshness { .. } => {}
        }
        Ok(watch)
    }

    fn see(
        &mut self,
        date: EffectiveDate,
        batch: &RecordBatch,
        personal: &PersonalColumns,
    ) -> Result<(), CareError> {
        self.rows += batch.num_rows() as u64;
        let columns: Vec<&ArrayRef> = self
            .names
            .iter()
            .filter_map(|name| batch.column_by_name(name))
            .collect();
        let mut fails = vec![false; batch.num_rows()];
        match &self.check.rule {
            QualityRule::NotNull => {
                for (row, fails) in fails.iter_mut().enumerate() {
                    *fails = columns.iter().any(|column| column.is_null(row));
                }
            }
            QualityRule::Range { .. } => {
                for column in &columns {
                    if let Some(least) = &self.least {
                        set_true(&mut fails, &lt(column, least)?);
                    }
                    if let Some(greatest) = &self.greatest {
                        set_true(&mut fails, &gt(column, greatest)?);
                    }
                }
            }
            QualityRule::Unique
            | QualityRule::AcceptedValues { .. }
            | QualityRule::References { .. } => {
                let marked: Vec<Vec<Option<u64>>> =
                    columns.iter().map(|column| marks(column)).collect();
                let parts: Vec<&[Option<u64>]> = marked.iter().map(Vec::as_slice).collect();
                for (row, fails) in fails.iter_mut().enumerate() {
                    let Some(mark) = joint_mark(&parts, row) else {
                        continue;
                    };
                    *fails = match (&self.check.rule, self.parents) {
                        (QualityRule::Unique, _) => !self.seen.insert(mark),
                        (QualityRule::AcceptedValues { .. }, _) => !self.accepted.contains(&mark),
                        (_, Some(parents)) => !parents.holds(mark, date),
                        (_, None) => true,
                    };
                }
            }
            QualityRule::RowCountDeviation { .. } | QualityRule::Freshness { .. } => {}
        }
        self.failed += fails.iter().filter(|fails| **fails).count() as u64;
        if let (None, Some(row)) = (&self.example, fails.iter().position(|fails| *fails)) {
            self.example = Some(key_text(batch, &self.names, row, personal));
        }
        Ok(())
    }

    /// The outcome for a date; the watch is ready for the next one.
    fn outcome(&mut self, table: &str, date: EffectiveDate) -> CheckOutcome {
        let mut outcome = blank(self.check, table, date, String::new());
        outcome.rows_checked = std::mem::take(&mut self.rows);
        outcome.rows_failed = std::mem::take(&mut self.failed);
        self.seen.clear();
        if let Some(example) = self.example.take() {
            outcome.status = bad(self.check);
            outcome.detail = format!("such as {example}");
        }
        if let Some(thinned) = self.parents.and_then(Parents::thinned) {
            let more = if outcome.detail.is_empty() { "" } else { "; " };
            outcome
                .detail
                .push_str(&format!("{more}looked for one value in {thinned}"));
        }
        outcome
    }
}

fn set_true(fails: &mut [bool], found: &BooleanArray) {
    for (fails, found) in fails.iter_mut().zip(found) {
        *fails |= found == Some(true);
    }
}

fn as_type(
    check: &QualityCheck,
    texts: &[&str],
    data_type: &DataType,
) -> Result<ArrayRef, CareError> {
    let array: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
    let strict = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(&array, data_type, &strict).map_err(|error| {
        CareError::Check(format!(
            "{}: a value of the check does not fit the column's type: {error}",
            check.span
        ))
    })
}

/// Whether any outcome asks to stop.
pub fn worst(outcomes: &[CheckOutcome]) -> Option<Weight> {
    let has = |status| outcomes.iter().any(|outcome| outcome.status == status);
    if has(QualityStatus::Failed) {
        Some(Weight::Error)
    } else if has(QualityStatus::Warned) {
        Some(Weight::Warning)
    } else {
        None
    }
}
