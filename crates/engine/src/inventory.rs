//! What a table's log says of its files and of what each version changed.
//!
//! An audit looks at tables that a job could no longer read: files may be gone, partitions may be no
//! dates. So this reads the log's entries alone, opens no data file, and judges nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use relift_job::{EffectiveDate, TableName};
use serde_json::Value;

use crate::history::{entry_file, latest_version, log_folder, percent_decoded};
use crate::{EngineError, Lake};

/// A table as its log describes it.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// The table.
    pub table: TableName,
    /// Its folder.
    pub folder: PathBuf,
    /// The latest version.
    pub version: u64,
    /// Columns that partition it.
    pub partition_columns: Vec<String>,
    /// Columns of the latest version.
    pub columns: Vec<LoggedColumn>,
    /// Files of the latest version, in stored order.
    pub files: Vec<InventoryFile>,
    /// Every version, from 0.
    pub versions: Vec<LoggedVersion>,
    /// Every path that any version names.
    pub named: BTreeSet<String>,
    /// Whether rows are removed by deletion vectors, which Relift does not read.
    pub deletion_vectors: bool,
}

/// A column as the log spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedColumn {
    /// Its name.
    pub name: String,
    /// Its Delta type, such as `decimal(12,2)`.
    pub data_type: String,
}

/// A file of the latest version.
#[derive(Clone, Debug)]
pub struct InventoryFile {
    /// Path below the table's folder.
    pub path: String,
    /// Partition values by column.
    pub partition: BTreeMap<String, Option<String>>,
    /// Its date, when the table is partitioned by the effective date and the value is one.
    pub date: Option<EffectiveDate>,
    /// Rows by the log's statistics.
    pub rows: Option<u64>,
    /// Size by the log.
    pub bytes: Option<u64>,
    /// Version that added it.
    pub added_in: u64,
}

/// What one version changed.
#[derive(Clone, Debug)]
pub struct LoggedVersion {
    /// Its number.
    pub version: u64,
    /// The columns, when it set them.
    pub columns: Option<Vec<LoggedColumn>>,
    /// Dates that gained files.
    pub added: BTreeSet<EffectiveDate>,
    /// Dates that lost files.
    pub removed: BTreeSet<EffectiveDate>,
    /// `WRITE`, `DELETE` and so on, as the writer said.
    pub operation: Option<String>,
}

impl Inventory {
    /// Dates that had files in some version and have none in the latest, with the version that took the
    /// last of them and its operation.
    pub fn removed_dates(&self) -> BTreeMap<EffectiveDate, (u64, String)> {
        let present: BTreeSet<EffectiveDate> =
            self.files.iter().filter_map(|file| file.date).collect();
        let mut removed = BTreeMap::new();
        for version in &self.versions {
            let operation = version.operation.clone().unwrap_or_default();
            for date in version.removed.difference(&present) {
                removed.insert(*date, (version.version, operation.clone()));
            }
        }
        removed
    }

    /// Whether the table is partitioned by `column`.
    pub fn is_partitioned_by(&self, column: &str) -> bool {
        self.partition_columns.iter().any(|known| known == column)
    }
}

impl Lake {
    /// Reads a table's log up to its latest version.
    pub fn inventory(&self, table: &TableName) -> Result<Inventory, EngineError> {
        let folder = self.table_folder(table);
        let Some(latest) = latest_version(&folder)? else {
            return Err(EngineError::NoSuchTable {
                table: table.clone(),
                root: self.root().to_owned(),
                known: self.tables()?,
            });
        };
        let mut inventory = Inventory {
            table: table.clone(),
            folder,
            version: latest,
            partition_columns: Vec::new(),
            columns: Vec::new(),
            files: Vec::new(),
            versions: Vec::new(),
            named: BTreeSet::new(),
            deletion_vectors: false,
        };
        for version in 0..=latest {
            inventory.replay(version, self.effective_date_column())?;
        }
        Ok(inventory)
    }
}

impl Inventory {
    fn replay(&mut self, version: u64, date_column: &str) -> Result<(), EngineError> {
        let file = entry_file(&self.folder, version);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(EngineError::LogCleaned {
                    table: self.table.clone(),
                    version,
                    folder: log_folder(&self.folder),
                });
            }
            Err(error) => return Err(EngineError::io("read", file)(error)),
        };
        let mut logged = LoggedVersion {
            version,
            columns: None,
            added: BTreeSet::new(),
            removed: BTreeSet::new(),
            operation: None,
        };
        let mut gone: BTreeSet<String> = BTreeSet::new();
        let mut added = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let corrupt = |detail: String| EngineError::CorruptLog {
                table: self.table.clone(),
                file: file.clone(),
                detail: format!("line {}: {detail}", index + 1),
            };
            let action: Value =
                serde_json::from_str(line).map_err(|error| corrupt(error.to_string()))?;
            if let Some(add) = action.get("add") {
                let file = added_file(add, version, date_column).map_err(corrupt)?;
                self.deletion_vectors |= add
                    .get("deletionVector")
                    .is_some_and(|vector| !vector.is_null());
                logged.added.extend(file.date);
                self.named.insert(file.path.clone());
                added.push(file);
            } else if let Some(remove) = action.get("remove") {
                let path = remove
                    .get("path")
                    .and_then(Value::as_str)
                    .ok_or_else(|| corrupt("a remove without path".to_owned()))?;
                let path = percent_decoded(path);
                self.named.insert(path.clone());
                gone.insert(path);
            } else if let Some(metadata) = action.get("metaData") {
                let columns = logged_columns(metadata).map_err(corrupt)?;
                self.partition_columns = metadata
                    .get("partitionColumns")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(|column| column.as_str().map(str::to_owned))
                    .collect();
                self.columns.clone_from(&columns);
                logged.columns = Some(columns);
            } else if let Some(info) = action.get("commitInfo") {
                logged.operation = info
                    .get("operation")
                    .and_then(Value::as_str)
                    .map(str::to_owned);
            }
        }
        let lost = self.files.iter().filter(|file| gone.contains(&file.path));
        logged.removed.extend(lost.filter_map(|file| file.date));
        let again: BTreeSet<&str> = added.iter().map(|file| file.path.as_str()).collect();
        self.files
            .retain(|file| !gone.contains(&file.path) && !again.contains(file.path.as_str()));
        self.files.append(&mut added);
        self.versions.push(logged);
        Ok(())
    }
}

fn added_file(add: &Value, version: u64, date_column: &str) -> Result<InventoryFile, String> {
    let path = add
        .get("path")
        .and_then(Value::as_str)
        .ok_or("an add without path")?;
    let partition: BTreeMap<String, Option<String>> = match add.get("partitionValues") {
        Some(Value::Object(values)) => values
            .iter()
            .map(|(column, value)| (column.clone(), value.as_str().map(str::to_owned)))
            .collect(),
        _ => BTreeMap::new(),
    };
    let rows = match add.get("stats").and_then(Value::as_str) {
        Some(text) if !text.is_empty() => serde_json::from_str::<Value>(text)
            .map_err(|error| format!("statistics: {error}"))?
            .get("numRecords")
            .and_then(Value::as_u64),
        _ => None,
    };
    let date = partition
        .get(date_column)
        .and_then(|value| EffectiveDate::parse(value.as_deref()?));
    Ok(InventoryFile {
        path: percent_decoded(path),
        date,
        partition,
        rows,
        bytes: add.get("size").and_then(Value::as_u64),
        added_in: version,
    })
}

fn logged_columns(metadata: &Value) -> Result<Vec<LoggedColumn>, String> {
    let text = metadata
        .get("schemaString")
        .and_then(Value::as_str)
        .ok_or("metadata without schemaString")?;
    let schema: Value =
        serde_json::from_str(text).map_err(|error| format!("schemaString: {error}"))?;
    let fields = schema
        .get("fields")
        .and_then(Value::as_array)
        .ok_or("schemaString without fields")?;
    let columns = fields.iter().map(|field| {
        let name = field
            .get("name")
            .and_then(Value::as_str)
            .ok_or("a field without name")?;
        let data_type = match field.get("type") {
            Some(Value::String(word)) => word.clone(),
            Some(nested) => nested.to_string(),
            None => return Err("a field without type".to_owned()),
        };
        Ok(LoggedColumn {
            name: name.to_owned(),
            data_type,
        })
    });
    columns.collect()
}
