//! A folder of Delta tables, `<root>/<schema>/<table>`, read by effective date and version.
//!
//! The same type reads the lake and the output zones: a zone's tables are just not partitioned by
//! date. Snapshots of versions are kept, since the jobs of a portfolio read the same few of them
//! thousands of times.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::{FieldRef, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use relift_job::{
    Catalog, ColumnFacts, ColumnName, DateMode, DateRange, EffectiveDate, Nulls, TableFacts,
    TableName,
};

use crate::EngineError;
use crate::history::{self, CommittedRun};
use crate::scan::{Scan, ScanFile};
use crate::schema::{lake_type, stored_type};
use crate::snapshot::{Snapshot, StoredFile};

/// Snapshots kept at most; output tables gain a version per run.
const SNAPSHOTS_MAX: usize = 256;

/// A folder of Delta tables.
#[derive(Debug)]
pub struct Lake {
    root: PathBuf,
    effective_date_column: String,
    snapshots: Mutex<BTreeMap<(TableName, u64), Arc<Snapshot>>>,
}

/// A table or column that [`Lake::catalog`] could not describe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogGap {
    /// The table.
    pub table: TableName,
    /// The column; `None` when the whole table is missing in the catalog.
    pub column: Option<ColumnName>,
    /// Why.
    pub reason: String,
}

impl Lake {
    /// Opens the lake at `root`, which need not exist yet.
    pub fn open(root: PathBuf, effective_date_column: impl Into<String>) -> Self {
        Self {
            root,
            effective_date_column: effective_date_column.into(),
            snapshots: Mutex::default(),
        }
    }

    /// The lake's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Name of the effective date column.
    pub fn effective_date_column(&self) -> &str {
        &self.effective_date_column
    }

    /// The folder of a table.
    pub fn table_folder(&self, table: &TableName) -> PathBuf {
        self.root.join(table.schema.as_str()).join(&*table.table)
    }

    /// Every table, by name.
    pub fn tables(&self) -> Result<Vec<TableName>, EngineError> {
        let mut tables = BTreeSet::new();
        for (schema, schema_folder) in subfolders(&self.root)? {
            for (table, table_folder) in subfolders(&schema_folder)? {
                if history::log_folder(&table_folder).is_dir() {
                    tables.insert(TableName::new(schema.as_str(), &table));
                }
            }
        }
        Ok(tables.into_iter().collect())
    }

    /// The latest version of a table.
    pub fn latest_version(&self, table: &TableName) -> Result<u64, EngineError> {
        match history::latest_version(&self.table_folder(table))? {
            Some(version) => Ok(version),
            None => Err(EngineError::NoSuchTable {
                table: table.clone(),
                root: self.root.clone(),
                known: self.tables()?,
            }),
        }
    }

    /// What is known of every table at its latest version, nulls counted over the dates of `range`.
    ///
    /// What cannot be described is told beside the catalog, so that other tables stay usable.
    pub async fn catalog(
        &self,
        range: DateRange,
    ) -> Result<(Catalog, Vec<CatalogGap>), EngineError> {
        let mut catalog = Catalog::default();
        let mut gaps = Vec::new();
        for table in self.tables()? {
            let described = match self.latest_version(&table) {
                Ok(version) => self.table_facts(&table, version, range).await,
                Err(error) => Err(error),
            };
            match described {
                Ok((facts, missing)) => {
                    gaps.extend(missing);
                    catalog.tables.insert(table, facts);
                }
                Err(error) => gaps.push(CatalogGap {
                    table,
                    column: None,
                    reason: error.to_string(),
                }),
            }
        }
        Ok((catalog, gaps))
    }

    async fn table_facts(
        &self,
        table: &TableName,
        version: u64,
        range: DateRange,
    ) -> Result<(TableFacts, Vec<CatalogGap>), EngineError> {
        let snapshot = self.snapshot(table, version).await?;
        let mut files_by_date: BTreeMap<Option<EffectiveDate>, Vec<&StoredFile>> = BTreeMap::new();
        for file in &snapshot.files {
            if file.rows == Some(0) {
                continue;
            }
            let date = match snapshot.date_of(file, &self.effective_date_column) {
                Ok(date) if range.contains(date) => Some(date),
                Ok(_) => continue,
                Err(EngineError::NotPartitioned { .. }) => None,
                Err(error) => return Err(error),
            };
            files_by_date.entry(date).or_default().push(file);
        }
        let mut facts = TableFacts {
            columns: Vec::new(),
            version,
        };
        let mut gaps = Vec::new();
        for field in snapshot.schema.fields() {
            let name = ColumnName::from(field.name().as_str());
            match lake_type(field.data_type()) {
                Some(lake_type) => {
                    let nulls = if snapshot.partition_columns.contains(field.name()) {
                        partition_nulls(&files_by_date, field.name())
                    } else {
                        column_nulls(&files_by_date, field.name())
                    };
                    facts.columns.push(ColumnFacts {
                        name,
                        lake_type,
                        nulls,
                    });
                }
                None => gaps.push(CatalogGap {
                    table: table.clone(),
                    column: Some(name),
                    reason: format!("jobs cannot read columns of type {}", field.data_type()),
                }),
            }
        }
        Ok((facts, gaps))
    }

    /// Rows per effective date, dates without rows left out.
    pub async fn row_counts(
        &self,
        table: &TableName,
        version: u64,
    ) -> Result<BTreeMap<EffectiveDate, u64>, EngineError> {
        let snapshot = self.snapshot(table, version).await?;
        let mut counts = BTreeMap::new();
        if snapshot.files.is_empty() {
            return Ok(counts);
        }
        for file in &snapshot.files {
            let date = snapshot.date_of(file, &self.effective_date_column)?;
            let rows = match file.rows {
                Some(rows) => rows,
                None => rows_in_footer(&snapshot, file)?,
            };
            if rows > 0 {
                *counts.entry(date).or_default() += rows;
            }
        }
        Ok(counts)
    }

    /// Effective dates that have rows, ascending.
    pub async fn dates(
        &self,
        table: &TableName,
        version: u64,
    ) -> Result<Vec<EffectiveDate>, EngineError> {
        Ok(self.row_counts(table, version).await?.into_keys().collect())
    }

    /// The dates that a source with the given mode reads for effective date `today`, ascending.
    pub async fn resolve_dates(
        &self,
        table: &TableName,
        version: u64,
        mode: &DateMode,
        today: EffectiveDate,
    ) -> Result<Vec<EffectiveDate>, EngineError> {
        let dates = self.dates(table, version).await?;
        Ok(wanted_dates(&dates, mode, today))
    }

    /// Rows of some dates, ordered by date and inside a date in stored order.
    ///
    /// The effective date column comes last unless it is listed.
    pub async fn scan(
        &self,
        table: &TableName,
        version: u64,
        dates: &[EffectiveDate],
        columns: &[ColumnName],
    ) -> Result<Scan, EngineError> {
        let snapshot = self.snapshot(table, version).await?;
        let mut files_by_date: BTreeMap<EffectiveDate, Vec<&StoredFile>> =
            dates.iter().map(|date| (*date, Vec::new())).collect();
        if !snapshot
            .partition_columns
            .contains(&self.effective_date_column)
        {
            return Err(EngineError::NotPartitioned {
                table: table.clone(),
                column: self.effective_date_column.clone(),
            });
        }
        for file in &snapshot.files {
            let date = snapshot.date_of(file, &self.effective_date_column)?;
            if let Some(files) = files_by_date.get_mut(&date) {
                files.push(file);
            }
        }
        let mut names: Vec<&str> = columns.iter().map(ColumnName::as_str).collect();
        if !names.contains(&self.effective_date_column.as_str()) {
            names.push(&self.effective_date_column);
        }
        let fields = names
            .into_iter()
            .map(|name| readable_field(&snapshot, name))
            .collect::<Result<_, _>>()?;
        Ok(scan_of(
            &snapshot,
            fields,
            files_by_date.into_values().flatten(),
        ))
    }

    /// All rows and columns of a table, in stored order.
    pub async fn scan_table(&self, table: &TableName, version: u64) -> Result<Scan, EngineError> {
        let snapshot = self.snapshot(table, version).await?;
        Ok(scan_of(
            &snapshot,
            readable_fields(&snapshot)?,
            snapshot.files.iter(),
        ))
    }

    /// The rows that the given version itself added, in stored order.
    pub async fn scan_added(&self, table: &TableName, version: u64) -> Result<Scan, EngineError> {
        let snapshot = self.snapshot(table, version).await?;
        let added = snapshot
            .files
            .iter()
            .filter(|file| file.added_in == version);
        Ok(scan_of(&snapshot, readable_fields(&snapshot)?, added))
    }

    /// Runs found in a table's log by application id; empty when there is no table.
    pub fn committed_runs(
        &self,
        table: &TableName,
    ) -> Result<BTreeMap<String, CommittedRun>, EngineError> {
        let folder = self.table_folder(table);
        match history::latest_version(&folder)? {
            Some(version) => Ok(history::committed_runs(&history::read(
                table, &folder, version,
            )?)),
            None => Ok(BTreeMap::new()),
        }
    }

    pub(crate) async fn snapshot(
        &self,
        table: &TableName,
        version: u64,
    ) -> Result<Arc<Snapshot>, EngineError> {
        let key = (table.clone(), version);
        if let Some(snapshot) = self.kept().get(&key) {
            return Ok(Arc::clone(snapshot));
        }
        let latest = self.latest_version(table)?;
        if version > latest {
            return Err(EngineError::NoSuchVersion {
                table: table.clone(),
                version,
                latest,
            });
        }
        let snapshot = Arc::new(Snapshot::read(table, &self.table_folder(table), version).await?);
        let mut kept = self.kept();
        if kept.len() >= SNAPSHOTS_MAX {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&snapshot));
        Ok(snapshot)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, BTreeMap<(TableName, u64), Arc<Snapshot>>> {
        // The map is whole after every operation, whatever happened to the thread that held it.
        self.snapshots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of the dates a table has, ascending, those that a source reads for effective date `today`.
pub(crate) fn wanted_dates(
    dates: &[EffectiveDate],
    mode: &DateMode,
    today: EffectiveDate,
) -> Vec<EffectiveDate> {
    let latest = |before: &dyn Fn(EffectiveDate) -> bool| -> Vec<EffectiveDate> {
        dates
            .iter()
            .copied()
            .filter(|date| before(*date))
            .max()
            .into_iter()
            .collect()
    };
    let between = |range: DateRange| {
        dates
            .iter()
            .copied()
            .filter(|date| range.contains(*date))
            .collect()
    };
    match mode {
        DateMode::Exact => between(DateRange {
            first: today,
            last: today,
        }),
        // Fixed bounds may lie ahead of the date: what a later day brought is not there yet.
        DateMode::Between(range) => between(DateRange {
            first: range.first,
            last: range.last.min(today),
        }),
        DateMode::Lookback(days) => {
            // Saturates at the first day of the calendar, before which no table has rows.
            let first = EffectiveDate(
                today
                    .0
                    .saturating_sub(jiff::Span::new().days(i64::from(*days).min(3_000_000))),
            );
            between(DateRange { first, last: today })
        }
        DateMode::MostRecentPrior => latest(&|date| date < today),
        DateMode::MostRecent => latest(&|date| date <= today),
    }
}

pub(crate) fn readable_field(snapshot: &Snapshot, name: &str) -> Result<FieldRef, EngineError> {
    let Ok(field) = snapshot.schema.field_with_name(name) else {
        return Err(EngineError::NoSuchColumn {
            table: snapshot.table.clone(),
            column: ColumnName::from(name),
            known: snapshot
                .schema
                .fields()
                .iter()
                .map(|field| field.name().clone())
                .collect(),
        });
    };
    if stored_type(field.data_type()).is_none() {
        return Err(EngineError::Unsupported {
            table: snapshot.table.clone(),
            what: format!("type {} in column {name}", field.data_type()),
        });
    }
    Ok(Arc::new(field.clone()))
}

fn readable_fields(snapshot: &Snapshot) -> Result<Vec<FieldRef>, EngineError> {
    snapshot
        .schema
        .fields()
        .iter()
        .map(|field| readable_field(snapshot, field.name()))
        .collect()
}

pub(crate) fn scan_of<'a>(
    snapshot: &Snapshot,
    fields: Vec<FieldRef>,
    files: impl Iterator<Item = &'a StoredFile>,
) -> Scan {
    let files = files.map(|file| ScanFile {
        path: snapshot.folder.join(&file.path),
        partition: snapshot
            .partition_columns
            .iter()
            .map(|column| {
                (
                    column.clone(),
                    file.partition.get(column).cloned().flatten(),
                )
            })
            .collect(),
    });
    Scan {
        table: snapshot.table.clone(),
        version: snapshot.version,
        columns: Arc::new(Schema::new(fields)),
        files: files.collect(),
        row_number: None,
    }
}

fn column_nulls(
    files_by_date: &BTreeMap<Option<EffectiveDate>, Vec<&StoredFile>>,
    column: &str,
) -> Nulls {
    let per_date = files_by_date.values().map(|files| {
        files
            .iter()
            .map(|file| file.nulls.get(column).copied())
            .sum::<Option<u64>>()
            .map(|nulls| nulls > 0)
    });
    nulls_over_dates(per_date)
}

fn partition_nulls(
    files_by_date: &BTreeMap<Option<EffectiveDate>, Vec<&StoredFile>>,
    column: &str,
) -> Nulls {
    let is_null = |file: &&StoredFile| file.partition.get(column).is_none_or(Option::is_none);
    nulls_over_dates(
        files_by_date
            .values()
            .map(|files| Some(files.iter().any(is_null))),
    )
}

/// Folds "has NULL" of each date; `None` is a date of which it is not known.
fn nulls_over_dates(per_date: impl Iterator<Item = Option<bool>>) -> Nulls {
    let mut over_all = None;
    for date in per_date {
        match (date, over_all) {
            (None, _) => return Nulls::Sometimes,
            (Some(has_null), None) => over_all = Some(has_null),
            (Some(has_null), Some(before)) if has_null == before => {}
            (Some(_), Some(_)) => return Nulls::Sometimes,
        }
    }
    match over_all {
        Some(true) => Nulls::Always,
        Some(false) => Nulls::Never,
        None => Nulls::Sometimes,
    }
}

fn rows_in_footer(snapshot: &Snapshot, file: &StoredFile) -> Result<u64, EngineError> {
    let path = snapshot.folder.join(&file.path);
    let corrupt = |detail: String| EngineError::CorruptFile {
        table: snapshot.table.clone(),
        file: path.clone(),
        detail,
    };
    let handle = File::open(&path).map_err(|error| corrupt(error.to_string()))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(handle)
        .map_err(|error| corrupt(error.to_string()))?;
    u64::try_from(builder.metadata().file_metadata().num_rows())
        .map_err(|error| corrupt(error.to_string()))
}

/// Folders directly below `folder` by name; none when it does not exist.
fn subfolders(folder: &Path) -> Result<BTreeMap<String, PathBuf>, EngineError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(EngineError::io("list", folder)(error)),
    };
    let mut found = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(EngineError::io("list", folder))?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .map(str::to_owned);
        if let Some(name) = name.filter(|name| !name.starts_with('.') && path.is_dir()) {
            found.insert(name, path);
        }
    }
    Ok(found)
}
