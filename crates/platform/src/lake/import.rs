//! Brings tables from elsewhere: a folder per table with Parquet files, or `column=value` folders.
//!
//! Rows keep their types and their order: files by path, rows as in the file. Where the workspace's
//! effective date column is found, as a folder or a column, the table is partitioned by it with one
//! commit per date; otherwise the whole table is one commit. A partition that already holds the same
//! rows is left alone, so an import can be repeated and interrupted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{CastOptions, cast_with_options, take};
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use relift_engine::{ColumnChange, Lake, content_hash};
use relift_job::{EffectiveDate, SchemaName, TableName};
use serde_json::json;

use super::{LakeError, LakeProgress, LakeSummary, Load, Partition, loading_run};

/// How Hive and Spark write NULL as a folder's name.
const NULL_FOLDER: &str = "__HIVE_DEFAULT_PARTITION__";

/// Imports every folder of `from` as a table of `schema`.
pub async fn import(
    lake: &Lake,
    schema: &SchemaName,
    from: &Path,
    progress: &mut (dyn FnMut(&LakeProgress) + Send),
) -> Result<LakeSummary, LakeError> {
    let mut sources = Vec::new();
    for (name, folder) in subfolders(from)? {
        let table = TableName::new(schema.clone(), &name);
        let source = Source::find(&folder, lake.effective_date_column())?;
        if !source.files.is_empty() {
            sources.push((table, source));
        }
    }
    if sources.is_empty() {
        return Err(LakeError::NothingToImport(from.to_owned()));
    }
    let mut summary = LakeSummary {
        tables: sources.len(),
        ..LakeSummary::default()
    };
    // A date column inside the files tells its dates only when they are read.
    let known: Vec<usize> = sources
        .iter()
        .map(|(_, source)| source.date_folders().map_or(1, |dates| dates.len()))
        .collect();
    let mut total: usize = known.iter().sum();
    let mut done = 0;
    for ((table, source), known) in sources.iter().zip(known) {
        let parts = source.parts(lake.effective_date_column())?;
        total = total - known + parts.len();
        for part in parts {
            let (date, load) = load(lake, from, table, source, part).await?;
            done += 1;
            summary.count(load);
            progress(&LakeProgress {
                table: table.clone(),
                date,
                load,
                done,
                total,
            });
        }
    }
    Ok(summary)
}

async fn load(
    lake: &Lake,
    from: &Path,
    table: &TableName,
    source: &Source,
    part: Part<'_>,
) -> Result<(Option<EffectiveDate>, Load), LakeError> {
    let (date, batches) = match part {
        Part::Files(date, files) => (date, source.read(&files)?),
        Part::Rows(date, batches) => (Some(date), batches),
    };
    let runs = lake.committed_runs(table)?;
    let before = runs.get(&loading_run(table, date));
    let hash = content_hash(&source.schema, &batches)?;
    if before.is_some_and(|run| run.content_hash == Some(hash)) {
        return Ok((date, Load::Present));
    }
    let absolute = std::path::absolute(from).map_err(|error| unusable(from, &error.to_string()))?;
    let partition = Partition {
        root: lake.root(),
        table,
        date,
        date_column: lake.effective_date_column(),
        schema: Arc::clone(&source.schema),
        batches: batches.into_iter(),
        columns: ColumnChange::Refused,
        origin: json!({ "import": { "from": absolute.to_string_lossy() } }),
    };
    Ok((date, partition.commit(before).await?))
}

/// Whether a table's folder has rows for a date, or any for a table without dates.
pub(super) fn has_date(
    folder: &Path,
    date_column: &str,
    date: Option<EffectiveDate>,
) -> Result<bool, LakeError> {
    let source = Source::find(folder, date_column)?;
    if source.files.is_empty() {
        return Ok(false);
    }
    Ok(match (source.date_folders(), date) {
        (Some(dates), Some(date)) => dates.contains(&date),
        (None, None) => source.date == DatePlace::Nowhere,
        (None, Some(_)) if source.date == DatePlace::Column => source
            .parts(date_column)?
            .iter()
            .any(|part| part.date() == date),
        _ => false,
    })
}

/// The rows a table's folder has for a date, or all of a table without dates.
pub(super) fn rows_of(
    folder: &Path,
    date_column: &str,
    date: Option<EffectiveDate>,
) -> Result<Option<(SchemaRef, Vec<RecordBatch>)>, LakeError> {
    let source = Source::find(folder, date_column)?;
    let mut parts = source.parts(date_column)?.into_iter();
    let Some(part) = parts.find(|part| part.date() == date) else {
        return Ok(None);
    };
    let batches = match part {
        Part::Files(_, files) => source.read(&files)?,
        Part::Rows(_, batches) => batches,
    };
    Ok(Some((Arc::clone(&source.schema), batches)))
}

/// A table to import.
struct Source {
    files: Vec<SourceFile>,
    /// Columns without the effective date.
    schema: SchemaRef,
    /// Where the effective date stands.
    date: DatePlace,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum DatePlace {
    Folder,
    Column,
    Nowhere,
}

struct SourceFile {
    path: PathBuf,
    /// Values of `column=value` folders above it.
    folders: BTreeMap<String, Option<String>>,
    /// Of the `column=value` folder that names the effective date.
    date: Option<EffectiveDate>,
}

/// What becomes one commit.
enum Part<'a> {
    /// These files, whole.
    Files(Option<EffectiveDate>, Vec<&'a SourceFile>),
    /// These rows of all files.
    Rows(EffectiveDate, Vec<RecordBatch>),
}

impl Part<'_> {
    fn date(&self) -> Option<EffectiveDate> {
        match self {
            Self::Files(date, _) => *date,
            Self::Rows(date, _) => Some(*date),
        }
    }
}

impl Source {
    fn find(folder: &Path, date_column: &str) -> Result<Self, LakeError> {
        if folder.join("_delta_log").is_dir() {
            return Err(LakeError::DeltaTable(folder.to_owned()));
        }
        let mut files = Vec::new();
        find_files(folder, &BTreeMap::new(), &mut files)?;
        let Some(first) = files.first() else {
            return Ok(Self {
                files,
                schema: Arc::new(Schema::empty()),
                date: DatePlace::Nowhere,
            });
        };
        let folder_columns: BTreeSet<String> = first.folders.keys().cloned().collect();
        let columns = file_schema(&first.path)?;
        let date = if folder_columns.contains(date_column) {
            DatePlace::Folder
        } else if columns.index_of(date_column).is_ok() {
            DatePlace::Column
        } else {
            DatePlace::Nowhere
        };
        for file in &mut files {
            if file.folders.keys().ne(folder_columns.iter()) {
                return Err(unusable(
                    &file.path,
                    "it lies below other column=value folders than the first file of its table",
                ));
            }
            if let Some(difference) = difference(&columns, &*file_schema(&file.path)?) {
                return Err(unusable(
                    &file.path,
                    &format!("its columns differ from those of the first file: {difference}"),
                ));
            }
            if date == DatePlace::Folder {
                let value = file
                    .folders
                    .get(date_column)
                    .cloned()
                    .flatten()
                    .unwrap_or_default();
                let parsed = EffectiveDate::parse(&value);
                let wrong = || {
                    unusable(
                        &file.path,
                        &format!("its folder {date_column}={value} is no date; write YYYY-MM-DD"),
                    )
                };
                file.date = Some(parsed.ok_or_else(wrong)?);
            }
        }
        let in_files = columns
            .fields()
            .iter()
            .filter(|field| field.name() != date_column && !folder_columns.contains(field.name()));
        let mut fields: Vec<Field> = in_files.map(|field| field.as_ref().clone()).collect();
        for column in folder_columns
            .iter()
            .filter(|column| *column != date_column)
        {
            let values = files
                .iter()
                .filter_map(|file| file.folders.get(column)?.as_deref());
            fields.push(Field::new(column, folder_type(&values), true));
        }
        Ok(Self {
            files,
            schema: Arc::new(Schema::new(fields)),
            date,
        })
    }

    fn date_folders(&self) -> Option<BTreeSet<EffectiveDate>> {
        (self.date == DatePlace::Folder)
            .then(|| self.files.iter().filter_map(|file| file.date).collect())
    }

    fn parts(&self, date_column: &str) -> Result<Vec<Part<'_>>, LakeError> {
        match self.date {
            DatePlace::Nowhere => Ok(vec![Part::Files(None, self.files.iter().collect())]),
            DatePlace::Folder => {
                let mut by_date: BTreeMap<Option<EffectiveDate>, Vec<&SourceFile>> =
                    BTreeMap::new();
                for file in &self.files {
                    by_date.entry(file.date).or_default().push(file);
                }
                Ok(by_date
                    .into_iter()
                    .map(|(date, files)| Part::Files(date, files))
                    .collect())
            }
            DatePlace::Column => {
                let mut by_date: BTreeMap<i32, Vec<RecordBatch>> = BTreeMap::new();
                for file in &self.files {
                    self.split_by_date(file, date_column, &mut by_date)?;
                }
                Ok(by_date
                    .into_iter()
                    .map(|(day, batches)| Part::Rows(date_of_day(day), batches))
                    .collect())
            }
        }
    }

    fn read(&self, files: &[&SourceFile]) -> Result<Vec<RecordBatch>, LakeError> {
        let mut batches = Vec::new();
        for file in files {
            for batch in read_file(&file.path)? {
                batches.push(self.complete(&batch?, file)?);
            }
        }
        Ok(batches)
    }

    fn split_by_date(
        &self,
        file: &SourceFile,
        date_column: &str,
        by_date: &mut BTreeMap<i32, Vec<RecordBatch>>,
    ) -> Result<(), LakeError> {
        for batch in read_file(&file.path)? {
            let batch = batch?;
            let failed = |detail: &dyn std::fmt::Display| {
                unusable(&file.path, &format!("column {date_column}: {detail}"))
            };
            let dates = batch
                .column_by_name(date_column)
                .ok_or_else(|| failed(&"it is missing"))?;
            let dates = cast_strictly(dates, &DataType::Date32).map_err(|error| failed(&error))?;
            let mut rows: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
            for (row, day) in (0_u32..).zip(dates.as_primitive::<Date32Type>()) {
                rows.entry(
                    day.ok_or_else(|| failed(&format!("row {row} of a batch has no date")))?,
                )
                .or_default()
                .push(row);
            }
            let complete = self.complete(&batch, file)?;
            for (day, rows) in rows {
                let rows = UInt32Array::from(rows);
                let columns = complete
                    .columns()
                    .iter()
                    .map(|column| take(column, &rows, None));
                let columns = columns
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|error| failed(&error))?;
                let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)
                    .map_err(|error| failed(&error))?;
                by_date.entry(day).or_default().push(batch);
            }
        }
        Ok(())
    }

    /// The columns of the table, those of folders filled in.
    fn complete(&self, batch: &RecordBatch, file: &SourceFile) -> Result<RecordBatch, LakeError> {
        let failed = |error: &dyn std::fmt::Display| unusable(&file.path, &error.to_string());
        let mut columns: Vec<ArrayRef> = Vec::new();
        for field in self.schema.fields() {
            let column = match file.folders.get(field.name()) {
                Some(value) => {
                    let texts: ArrayRef =
                        Arc::new(StringArray::from(vec![value.as_deref(); batch.num_rows()]));
                    cast_strictly(&texts, field.data_type()).map_err(|error| failed(&error))?
                }
                None => Arc::clone(
                    batch
                        .column_by_name(field.name())
                        .ok_or_else(|| failed(&"a column is missing"))?,
                ),
            };
            columns.push(column);
        }
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|error| failed(&error))
    }
}

/// Parquet files below `folder`, in the order of their paths.
fn find_files(
    folder: &Path,
    above: &BTreeMap<String, Option<String>>,
    files: &mut Vec<SourceFile>,
) -> Result<(), LakeError> {
    for path in entries(folder)? {
        let name = file_name(&path)?;
        if name.starts_with(['.', '_']) {
            continue;
        }
        if path.is_dir() {
            let Some((column, value)) = name.split_once('=') else {
                return Err(unusable(
                    &path,
                    "a folder inside a table must be called column=value",
                ));
            };
            let mut folders = above.clone();
            folders.insert(
                column.to_owned(),
                (value != NULL_FOLDER).then(|| unescaped(value)),
            );
            find_files(&path, &folders, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
        {
            files.push(SourceFile {
                path,
                folders: above.clone(),
                date: None,
            });
        }
    }
    Ok(())
}

fn subfolders(folder: &Path) -> Result<BTreeMap<String, PathBuf>, LakeError> {
    let mut found = BTreeMap::new();
    for path in entries(folder)? {
        let name = file_name(&path)?;
        if path.is_dir() && !name.starts_with(['.', '_']) {
            found.insert(name, path);
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, LakeError> {
    let failed = |error: std::io::Error| unusable(folder, &error.to_string());
    let listed = fs::read_dir(folder).map_err(failed)?;
    let mut paths = listed
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>, std::io::Error>>()
        .map_err(failed)?;
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> Result<String, LakeError> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .map(str::to_owned);
    name.ok_or_else(|| unusable(path, "its name is no UTF-8; rename it"))
}

fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, LakeError> {
    let file = File::open(path).map_err(|error| unusable(path, &error.to_string()))?;
    ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| unusable(path, &format!("it is no readable Parquet file: {error}")))
}

fn file_schema(path: &Path) -> Result<SchemaRef, LakeError> {
    Ok(Arc::clone(open(path)?.schema()))
}

fn read_file(
    path: &Path,
) -> Result<impl Iterator<Item = Result<RecordBatch, LakeError>>, LakeError> {
    let reader = open(path)?
        .build()
        .map_err(|error| unusable(path, &error.to_string()))?;
    Ok(reader.map(|batch| batch.map_err(|error| unusable(path, &error.to_string()))))
}

fn unusable(path: &Path, detail: &str) -> LakeError {
    LakeError::Unusable {
        path: path.to_owned(),
        detail: detail.to_owned(),
    }
}

fn cast_strictly(
    column: &ArrayRef,
    data_type: &DataType,
) -> Result<ArrayRef, arrow::error::ArrowError> {
    cast_with_options(
        column,
        data_type,
        &CastOptions {
            safe: false,
            ..CastOptions::default()
        },
    )
}

fn difference(first: &Schema, other: &Schema) -> Option<String> {
    let describe = |schema: &Schema| {
        let columns = schema
            .fields()
            .iter()
            .map(|field| format!("{} {}", field.name(), field.data_type()));
        columns.collect::<Vec<_>>().join(", ")
    };
    let (first, other) = (describe(first), describe(other));
    (first != other).then(|| format!("({other}) instead of ({first})"))
}

/// BIGINT or DATE when every value is written as one, otherwise TEXT.
fn folder_type<'a>(values: &(impl Iterator<Item = &'a str> + Clone)) -> DataType {
    let integer = |text: &str| {
        text.parse::<i64>()
            .is_ok_and(|number| number.to_string() == text)
    };
    if values.clone().next().is_none() {
        DataType::Utf8
    } else if values.clone().all(integer) {
        DataType::Int64
    } else if values
        .clone()
        .all(|text| EffectiveDate::parse(text).is_some_and(|date| date.to_string() == text))
    {
        DataType::Date32
    } else {
        DataType::Utf8
    }
}

/// Undoes the escapes that Hive and Spark write into folder names.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        match rest
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
        {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[at + 3..];
            }
            None => {
                bytes.push(b'%');
                rest = &rest[at + 1..];
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

fn date_of_day(day: i32) -> EffectiveDate {
    EffectiveDate(jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(day)))
}

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;
    use arrow::datatypes::Int64Type;
    use parquet::arrow::ArrowWriter;

    use super::*;

    fn date(text: &str) -> EffectiveDate {
        EffectiveDate::parse(text).expect("a date")
    }

    fn write(path: &Path, batch: &RecordBatch) {
        fs::create_dir_all(path.parent().expect("a parent")).expect("folder");
        let mut writer =
            ArrowWriter::try_new(File::create(path).expect("file"), batch.schema(), None)
                .expect("writer");
        writer.write(batch).expect("written");
        writer.close().expect("closed");
    }

    fn numbers(numbers: &[i64]) -> RecordBatch {
        let column: ArrayRef = Arc::new(Int64Array::from(numbers.to_vec()));
        RecordBatch::try_from_iter([("n", column)]).expect("batch")
    }

    async fn imported(lake: &Lake, from: &Path) -> Result<LakeSummary, LakeError> {
        import(lake, &SchemaName::from("legacy"), from, &mut |step| {
            assert!(step.done <= step.total);
        })
        .await
    }

    async fn read(lake: &Lake, table: &TableName) -> Vec<RecordBatch> {
        let version = lake.latest_version(table).expect("version");
        let scan = lake.scan_table(table, version).await.expect("scan");
        scan.read().collect::<Result<_, _>>().expect("rows")
    }

    #[tokio::test]
    async fn folders_become_columns_and_partitions() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let from = folder.path().join("from");
        let lake = Lake::open(folder.path().join("lake"), "as_of");
        write(
            &from.join("sales/as_of=2024-10-02/shop=7/b.parquet"),
            &numbers(&[3]),
        );
        write(
            &from.join("sales/as_of=2024-10-02/shop=12/a.parquet"),
            &numbers(&[2, 1]),
        );
        write(
            &from.join("sales/as_of=2024-10-01/shop=__HIVE_DEFAULT_PARTITION__/c.parquet"),
            &numbers(&[9]),
        );
        write(&from.join("plain/x.parquet"), &numbers(&[5, 4]));

        let first = imported(&lake, &from).await.expect("imported");
        assert_eq!((first.tables, first.written, first.rows), (2, 3, 6));
        let again = imported(&lake, &from).await.expect("again");
        assert_eq!((again.written, again.present), (0, 3));

        let sales = TableName::new("legacy", "sales");
        let dates = [date("2024-10-01"), date("2024-10-02")];
        let scan = lake
            .scan(&sales, 1, &dates, &["n".into(), "shop".into()])
            .await
            .expect("scan");
        let mut rows = Vec::new();
        for batch in scan.read() {
            let batch = batch.expect("batch");
            let shops = batch.column(1).as_primitive::<Int64Type>().clone();
            rows.extend(
                batch
                    .column(0)
                    .as_primitive::<Int64Type>()
                    .iter()
                    .zip(shops.iter()),
            );
        }
        assert_eq!(
            rows,
            [
                (Some(9), None),
                (Some(2), Some(12)),
                (Some(1), Some(12)),
                (Some(3), Some(7))
            ]
        );
        assert_eq!(
            read(&lake, &TableName::new("legacy", "plain")).await[0].columns(),
            numbers(&[5, 4]).columns()
        );

        write(
            &from.join("sales/as_of=2024-10-01/shop=1/d.parquet"),
            &numbers(&[8]),
        );
        let changed = imported(&lake, &from).await.expect("changed");
        assert_eq!((changed.written, changed.present, changed.rows), (1, 2, 2));
    }

    #[tokio::test]
    async fn a_date_column_partitions_too() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let from = folder.path().join("from");
        let lake = Lake::open(folder.path().join("lake"), "as_of");
        let days: ArrayRef = Arc::new(StringArray::from(vec![
            "2024-10-02",
            "2024-10-01",
            "2024-10-02",
        ]));
        let values: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let batch = RecordBatch::try_from_iter([("as_of", days), ("n", values)]).expect("batch");
        write(&from.join("t/one.parquet"), &batch);
        let summary = imported(&lake, &from).await.expect("imported");
        assert_eq!((summary.written, summary.rows), (2, 3));
        let table = TableName::new("legacy", "t");
        let scan = lake
            .scan(&table, 1, &[date("2024-10-02")], &["n".into()])
            .await
            .expect("scan");
        let batches: Vec<_> = scan.read().collect::<Result<_, _>>().expect("rows");
        assert_eq!(
            batches[0].column(0).as_primitive::<Int64Type>().values(),
            &[1, 3]
        );
    }

    #[tokio::test]
    async fn bad_folders_are_answered_by_name() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let from = folder.path().join("from");
        let lake = Lake::open(folder.path().join("lake"), "as_of");
        fs::create_dir_all(&from).expect("folder");
        assert!(matches!(
            imported(&lake, &from).await,
            Err(LakeError::NothingToImport(_))
        ));

        write(&from.join("t/as_of=yesterday/a.parquet"), &numbers(&[1]));
        let error = imported(&lake, &from)
            .await
            .expect_err("no date")
            .to_string();
        assert!(error.contains("as_of=yesterday is no date"), "{error}");
        fs::remove_dir_all(from.join("t")).expect("removed");

        write(&from.join("t/a.parquet"), &numbers(&[1]));
        fs::write(from.join("t/b.parquet"), b"no parquet").expect("written");
        let error = imported(&lake, &from)
            .await
            .expect_err("corrupt")
            .to_string();
        assert!(
            error.contains("b.parquet") && error.contains("no readable Parquet file"),
            "{error}"
        );
        assert!(
            lake.tables().expect("tables").is_empty(),
            "nothing is imported of a broken source"
        );
    }
}
