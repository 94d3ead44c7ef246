//! Partitions: which are there, whether their files are sound, and whether they have as many rows as usual.
//!
//! The formula for row counts: a partition deviates when it differs by more than 20 % from the median of
//! the table's other partitions of the same kind of day (working day or weekend), with at least three of
//! them; with fewer, of all other partitions; with fewer than three of those it is not judged. The median
//! is taken over the others alone, so that one bad partition cannot vouch for itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Date32Type, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use relift_engine::{Inventory, InventoryFile};
use relift_job::{DateRange, EffectiveDate};
use serde::{Serialize, Serializer};

use super::calendar::is_weekend;
use super::cells::date_of_day;
use super::{Check, Expectation, Finding, Weight};

/// Deviation in percent above which a partition is named.
pub const DEVIATION_PERCENT_MAX: f64 = 20.0;
/// Partitions needed to speak of a usual number of rows.
const OTHERS_MIN: usize = 3;

/// How a partition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellState {
    /// There, with about as many rows as usual.
    Complete,
    /// There, with many more or fewer rows than usual.
    Deviates,
    /// There, but damaged: files gone, unreadable or with other content.
    Damaged,
    /// Expected and not there.
    Missing,
    /// There though not expected.
    Unexpected,
    /// Neither expected nor there.
    NotExpected,
}

/// One table on one date.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    /// The date.
    #[serde(serialize_with = "one_date")]
    pub date: EffectiveDate,
    /// How it stands.
    pub state: CellState,
    /// Rows there are.
    pub rows: Option<u64>,
    /// Median of comparable partitions.
    pub usual_rows: Option<u64>,
    /// Difference from it in percent.
    pub deviation_percent: Option<f64>,
    /// Files of the partition.
    pub files: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature serde asks for"
)]
fn one_date<S: Serializer>(date: &EffectiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

/// What is known of the files of a table.
pub(super) struct FileCheck {
    /// Dates with a file that cannot be trusted.
    pub(super) damaged: BTreeSet<EffectiveDate>,
    /// Whether a file outside any date cannot be trusted.
    pub(super) damaged_undated: bool,
    /// Rows by date, from footers where the log does not tell.
    pub(super) rows: BTreeMap<EffectiveDate, u64>,
    /// Rows of all files.
    pub(super) rows_total: u64,
    pub(super) findings: Vec<Finding>,
}

/// Opens every file of the range as far as its footer, and compares it with the log.
pub(super) fn check_files(
    inventory: &Inventory,
    date_column: &str,
    range: DateRange,
    expected_schema: &Schema,
) -> FileCheck {
    let table = inventory.table.to_string();
    let mut check = FileCheck {
        damaged: BTreeSet::new(),
        damaged_undated: false,
        rows: BTreeMap::new(),
        rows_total: 0,
        findings: Vec::new(),
    };
    let partitioned = inventory.is_partitioned_by(date_column);
    for file in &inventory.files {
        if file.date.is_some_and(|date| !range.contains(date)) {
            continue;
        }
        let place = |finding: Finding| match file.date {
            Some(date) => finding.on(date),
            None => finding,
        };
        if partitioned && file.date.is_none() {
            let value = file.partition.get(date_column).cloned().flatten();
            let message = format!(
                "a partition has {date_column}={}, which is no date: file {}",
                value.as_deref().unwrap_or("NULL"),
                file.path
            );
            let finding = Finding::new(Weight::Error, Check::PartitionContent, &table, message);
            check.findings.push(
                finding.remedy("delete that partition, or load its rows again under their date"),
            );
            check.damaged_undated = true;
        }
        let problems = match look_into(inventory, file, date_column, expected_schema) {
            Ok((rows, problems)) => {
                check.rows_total += rows;
                if let Some(date) = file.date {
                    *check.rows.entry(date).or_default() += rows;
                }
                problems
            }
            Err(problem) => {
                if let Some(date) = file.date {
                    *check.rows.entry(date).or_default() += file.rows.unwrap_or(0);
                }
                vec![problem]
            }
        };
        for problem in problems {
            if problem.weight == Weight::Error {
                match file.date {
                    Some(date) => {
                        check.damaged.insert(date);
                    }
                    None => check.damaged_undated = true,
                }
            }
            check.findings.push(place(problem));
        }
    }
    if let Some(stray) = stray_files(inventory) {
        check.findings.push(stray);
    }
    check
}

fn look_into(
    inventory: &Inventory,
    file: &InventoryFile,
    date_column: &str,
    expected: &Schema,
) -> Result<(u64, Vec<Finding>), Finding> {
    let table = inventory.table.to_string();
    let restore = "restore it with `relift lake fill-gaps --apply`";
    let damaged = |message: String| {
        Finding::new(Weight::Error, Check::DamagedFile, &table, message).remedy(restore)
    };
    let path = inventory.folder.join(&file.path);
    let size = match std::fs::metadata(&path) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(damaged(format!(
                "the log's version {} names a file that is not on disk: {}",
                file.added_in, file.path
            )));
        }
        Err(error) => return Err(damaged(format!("{} cannot be read: {error}", file.path))),
    };
    if file.bytes.is_some_and(|bytes| bytes != size) {
        let logged = file.bytes.unwrap_or_default();
        return Err(damaged(format!(
            "{} has {size} bytes and had {logged} when it was written",
            file.path
        )));
    }
    let unreadable = |error: &dyn std::fmt::Display| {
        damaged(format!(
            "{} is no readable Parquet file: {error}",
            file.path
        ))
    };
    let handle = File::open(&path).map_err(|error| unreadable(&error))?;
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(handle).map_err(|error| unreadable(&error))?;
    let rows = u64::try_from(builder.metadata().file_metadata().num_rows())
        .map_err(|error| unreadable(&error))?;
    let mut problems = Vec::new();
    if let Some(logged) = file.rows.filter(|logged| *logged != rows) {
        problems.push(damaged(format!(
            "{} holds {rows} rows and the log says {logged}",
            file.path
        )));
    }
    if rows == 0 {
        let message = format!("{} has no rows", file.path);
        problems.push(
            Finding::new(Weight::Warning, Check::EmptyFile, &table, message)
                .remedy("load the partition again, or leave it away"),
        );
    }
    for field in builder.schema().fields() {
        let message = match expected.field_with_name(field.name()) {
            Ok(known) if compatible(field.data_type(), known.data_type()) => continue,
            Ok(known) => format!(
                "{} holds column {} as {} and the table has it as {}",
                file.path,
                field.name(),
                field.data_type(),
                known.data_type()
            ),
            Err(_) => format!(
                "{} holds a column {} that the table does not have",
                file.path,
                field.name()
            ),
        };
        problems.push(
            Finding::new(Weight::Warning, Check::SchemaDrift, &table, message)
                .about(&[field.name().clone()]),
        );
    }
    let folder = Path::new(&file.path)
        .components()
        .filter_map(|part| part.as_os_str().to_str()?.split_once('='))
        .find(|(column, _)| *column == date_column)
        .and_then(|(_, value)| EffectiveDate::parse(value));
    let Some(date) = file.date else {
        return Ok((rows, problems));
    };
    let content = |message: String| {
        Finding::new(Weight::Error, Check::PartitionContent, &table, message)
            .about(&[date_column.to_owned()])
            .remedy("load the partition again from its source")
    };
    if let Some(folder) = folder.filter(|folder| *folder != date) {
        problems.push(content(format!(
            "{} lies in the folder of {folder} and the log counts it to {date}",
            file.path
        )));
    }
    if let Ok(index) = builder.schema().index_of(date_column) {
        let foreign = foreign_dates(builder, index, date).map_err(|error| unreadable(&error))?;
        if let Some((first, count)) = foreign {
            problems.push(content(format!(
                "{} of {rows} rows in {} say {date_column} is another date, such as {first}",
                count, file.path
            )));
        }
    }
    Ok((rows, problems))
}

/// Rows whose own date is not the partition's: the first such date and how many there are.
fn foreign_dates(
    builder: ParquetRecordBatchReaderBuilder<File>,
    index: usize,
    date: EffectiveDate,
) -> Result<Option<(String, u64)>, parquet::errors::ParquetError> {
    let mask = ProjectionMask::roots(builder.parquet_schema(), [index]);
    let mut first = None;
    let mut count = 0;
    for batch in builder.with_projection(mask).build()? {
        let batch = batch?;
        let days = arrow::compute::cast(batch.column(0), &DataType::Date32)?;
        for day in days.as_primitive::<Date32Type>() {
            if day != Some(date.days_since_epoch()) {
                count += 1;
                first.get_or_insert_with(|| {
                    day.map_or_else(|| "NULL".to_owned(), |day| date_of_day(day).to_string())
                });
            }
        }
    }
    Ok(first.map(|first| (first, count)))
}

/// Whether a file's type is read as the table's without change of meaning.
fn compatible(file: &DataType, table: &DataType) -> bool {
    use DataType as T;
    file == table
        || match (file, table) {
            (T::Utf8 | T::LargeUtf8 | T::Utf8View, T::Utf8)
            | (T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_), T::Binary)
            | (T::Timestamp(_, _), T::Timestamp(_, _))
            | (T::Int8, T::Int16 | T::Int32 | T::Int64)
            | (T::Int16, T::Int32 | T::Int64)
            | (T::Int32, T::Int64)
            | (T::Float32, T::Float64) => true,
            (
                T::Decimal32(_, scale) | T::Decimal64(_, scale) | T::Decimal128(_, scale),
                T::Decimal128(_, other),
            ) => scale == other,
            (T::Dictionary(_, values), other) => compatible(values, other),
            _ => false,
        }
}

fn stray_files(inventory: &Inventory) -> Option<Finding> {
    let mut strays = Vec::new();
    let mut waiting = vec![inventory.folder.clone()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if name.to_string_lossy().starts_with(['.', '_']) {
                continue;
            }
            if path.is_dir() {
                waiting.push(path);
            } else if let Ok(relative) = path.strip_prefix(&inventory.folder) {
                let relative = relative.to_string_lossy().into_owned();
                if !inventory.named.contains(&relative) {
                    strays.push(relative);
                }
            }
        }
    }
    strays.sort();
    let first = strays.first()?;
    let message = format!(
        "{} on disk that no version of the table names, such as {first}",
        counted(strays.len() as u64, "file")
    );
    Some(
        Finding::new(
            Weight::Note,
            Check::StrayFile,
            &inventory.table.to_string(),
            message,
        )
        .remedy("nobody reads them; remove them when nothing is being written"),
    )
}

/// The cells of a table over the range, with what is wrong with them.
pub(super) fn cells(
    inventory: &Inventory,
    files: &FileCheck,
    expected: &Expectation,
    range: DateRange,
) -> (Vec<Cell>, Vec<Finding>) {
    let table = inventory.table.to_string();
    let removed = inventory.removed_dates();
    let mut findings = Vec::new();
    let mut cells = Vec::new();
    let mut files_by_date: BTreeMap<EffectiveDate, usize> = BTreeMap::new();
    for date in inventory.files.iter().filter_map(|file| file.date) {
        *files_by_date.entry(date).or_default() += 1;
    }
    for date in range.iter() {
        let count = files_by_date.get(&date).copied().unwrap_or(0);
        let mut cell = Cell {
            date,
            state: CellState::NotExpected,
            rows: None,
            usual_rows: None,
            deviation_percent: None,
            files: count,
        };
        if count == 0 {
            if let Some((version, operation)) = removed.get(&date) {
                cell.state = CellState::Missing;
                let message = format!(
                    "the partition was there until version {version} removed it ({operation})"
                );
                findings.push(missing(&table, date, message, expected));
            } else if expected.shared.contains(&date) {
                cell.state = CellState::Missing;
                let message = "no partition, as in other tables with data on the same days: \
                               a holiday, or an outage of where they come from";
                let mut finding = missing(&table, date, message.to_owned(), expected);
                finding.weight = Weight::Warning;
                findings.push(finding);
            } else if expected.expects(date) {
                cell.state = CellState::Missing;
                let message = format!(
                    "no partition, though the table has data {}",
                    expected.words()
                );
                findings.push(missing(&table, date, message, expected));
            }
            cells.push(cell);
            continue;
        }
        let rows = files.rows.get(&date).copied().unwrap_or(0);
        cell.rows = Some(rows);
        cell.state = CellState::Complete;
        if files.damaged.contains(&date) {
            cell.state = CellState::Damaged;
        } else if !expected.expects(date) {
            cell.state = CellState::Unexpected;
            let message = format!(
                "a partition with {}, though the table has data {}",
                counted(rows, "row"),
                expected.words()
            );
            findings.push(
                Finding::new(Weight::Warning, Check::UnexpectedPartition, &table, message)
                    .on(date)
                    .known(expected.origin),
            );
        } else if let Some(usual) = usual_rows(&files.rows, date) {
            cell.usual_rows = Some(usual);
            let deviation = deviation_percent(rows, usual);
            cell.deviation_percent = Some((deviation * 10.0).round() / 10.0);
            if deviation.abs() > DEVIATION_PERCENT_MAX {
                cell.state = CellState::Deviates;
                let message = format!(
                    "{}, {deviation:+.1} % against the usual {usual} of comparable dates",
                    counted(rows, "row")
                );
                findings
                    .push(Finding::new(Weight::Warning, Check::RowCount, &table, message).on(date));
            }
        }
        cells.push(cell);
    }
    (cells, findings)
}

fn missing(table: &str, date: EffectiveDate, message: String, expected: &Expectation) -> Finding {
    Finding::new(Weight::Error, Check::MissingPartition, table, message)
        .on(date)
        .known(expected.origin)
        .remedy(
            "fill it with `relift lake fill-gaps --apply`, or declare the table's calendar in relift.toml, [calendar]",
        )
}

/// Median over comparable dates, the date itself left out.
pub(super) fn usual_rows(rows: &BTreeMap<EffectiveDate, u64>, date: EffectiveDate) -> Option<u64> {
    let others = |comparable: &dyn Fn(EffectiveDate) -> bool| -> Vec<u64> {
        rows.iter()
            .filter(|(other, _)| **other != date && comparable(**other))
            .map(|(_, rows)| *rows)
            .collect()
    };
    let same_kind = others(&|other| is_weekend(other) == is_weekend(date));
    let others = if same_kind.len() >= OTHERS_MIN {
        same_kind
    } else {
        others(&|_| true)
    };
    (others.len() >= OTHERS_MIN).then(|| median(others))
}

/// Signed difference in percent; anything against nothing is 100.
pub(super) fn deviation_percent(rows: u64, usual: u64) -> f64 {
    match (rows, usual) {
        (0, 0) => 0.0,
        (_, 0) => 100.0,
        _ => (rows as f64 - usual as f64) / usual as f64 * 100.0,
    }
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        values[middle - 1].midpoint(values[middle])
    } else {
        values[middle]
    }
}

/// `1 row`, `2 rows`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(counts: &[(&str, u64)]) -> BTreeMap<EffectiveDate, u64> {
        counts
            .iter()
            .map(|(date, rows)| (EffectiveDate::parse(date).expect("a date"), *rows))
            .collect()
    }

    #[test]
    fn a_partition_is_compared_with_the_others_of_its_kind_of_day() {
        let rows = rows(&[
            ("2024-10-01", 100),
            ("2024-10-02", 110),
            ("2024-10-03", 500),
            ("2024-10-04", 90),
            ("2024-10-05", 10),
            ("2024-10-06", 12),
            ("2024-10-12", 11),
            ("2024-10-13", 13),
        ]);
        let usual = |date| usual_rows(&rows, EffectiveDate::parse(date).expect("a date"));
        assert_eq!(usual("2024-10-03"), Some(100));
        assert_eq!(usual("2024-10-05"), Some(12));
        assert!((deviation_percent(500, 100) - 400.0).abs() < 1e-9);
        assert!((deviation_percent(0, 100) + 100.0).abs() < 1e-9);
    }

    #[test]
    fn few_partitions_are_not_judged() {
        let rows = rows(&[("2024-10-01", 1), ("2024-10-02", 9), ("2024-10-03", 1)]);
        let date = EffectiveDate::parse("2024-10-02").expect("a date");
        assert_eq!(usual_rows(&rows, date), None);
    }
}
