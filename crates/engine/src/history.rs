//! The Delta log read entry by entry: which commit added which file, in which place, for which run.
//!
//! Delta's snapshot is a set of files. The order of rows is not in it, and neither are the runs that
//! wrote them; both stand in the log's JSON entries, which Relift therefore keeps and reads.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use relift_diagnostics::ContentHash;
use relift_job::TableName;
use serde_json::{Map, Value};

use crate::EngineError;

/// Key of commitInfo under which a commit says which run it is.
pub(crate) const RUN_KEY: &str = "relift";

/// A run found in a table's log.
#[derive(Clone, Debug, PartialEq)]
pub struct CommittedRun {
    /// Its generation.
    pub generation: i64,
    /// The version that holds it.
    pub delta_version: u64,
    /// Hash of the rows it wrote, when recorded.
    pub content_hash: Option<ContentHash>,
    /// What the writer recorded beside it.
    pub metadata: BTreeMap<String, Value>,
}

/// One entry of the log.
pub(crate) struct LogEntry {
    /// The version it made.
    pub(crate) version: u64,
    /// Files added, in order.
    pub(crate) adds: Vec<AddedFile>,
    /// Application transactions.
    pub(crate) transactions: Vec<(String, i64)>,
    /// What the writer said of itself.
    pub(crate) info: Map<String, Value>,
}

/// One added file.
#[derive(Clone)]
pub(crate) struct AddedFile {
    /// Path below the table's folder, decoded.
    pub(crate) path: String,
    /// Partition values by column.
    pub(crate) partition: BTreeMap<String, Option<String>>,
    /// Rows, if known.
    pub(crate) rows: Option<u64>,
    /// NULLs by column, as far as known.
    pub(crate) nulls: BTreeMap<String, u64>,
}

/// The folder of a table's log.
pub(crate) fn log_folder(table_folder: &Path) -> PathBuf {
    table_folder.join("_delta_log")
}

/// The file of one entry.
pub(crate) fn entry_file(table_folder: &Path, version: u64) -> PathBuf {
    log_folder(table_folder).join(format!("{version:020}.json"))
}

/// The highest version with an entry; `None` when there is no table.
pub(crate) fn latest_version(table_folder: &Path) -> Result<Option<u64>, EngineError> {
    let folder = log_folder(table_folder);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(EngineError::io("list", folder)(error)),
    };
    let mut latest = None;
    for entry in entries {
        let entry = entry.map_err(EngineError::io("list", &folder))?;
        let name = entry.file_name();
        let version = name
            .to_str()
            .and_then(|name| name.strip_suffix(".json"))
            .filter(|stem| stem.len() == 20);
        if let Some(version) = version.and_then(|stem| stem.parse::<u64>().ok()) {
            latest = latest.max(Some(version));
        }
    }
    Ok(latest)
}

/// Reads every entry up to `version`.
pub(crate) fn read(
    table: &TableName,
    table_folder: &Path,
    version: u64,
) -> Result<Vec<LogEntry>, EngineError> {
    (0..=version)
        .map(|version| read_entry(table, table_folder, version))
        .collect()
}

fn read_entry(
    table: &TableName,
    table_folder: &Path,
    version: u64,
) -> Result<LogEntry, EngineError> {
    let file = entry_file(table_folder, version);
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(EngineError::LogCleaned {
                table: table.clone(),
                version,
                folder: log_folder(table_folder),
            });
        }
        Err(error) => return Err(EngineError::io("read", file)(error)),
    };
    let corrupt = |line: usize, detail: String| EngineError::CorruptLog {
        table: table.clone(),
        file: file.clone(),
        detail: format!("line {line}: {detail}"),
    };
    let mut entry = LogEntry {
        version,
        adds: Vec::new(),
        transactions: Vec::new(),
        info: Map::new(),
    };
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let action: Value =
            serde_json::from_str(line).map_err(|error| corrupt(index + 1, error.to_string()))?;
        if let Some(add) = action.get("add") {
            entry
                .adds
                .push(added_file(add).map_err(|detail| corrupt(index + 1, detail))?);
        } else if let Some(txn) = action.get("txn") {
            let app_id = txn.get("appId").and_then(Value::as_str);
            let generation = txn.get("version").and_then(Value::as_i64);
            let (Some(app_id), Some(generation)) = (app_id, generation) else {
                return Err(corrupt(
                    index + 1,
                    "a txn without appId or version".to_owned(),
                ));
            };
            entry.transactions.push((app_id.to_owned(), generation));
        } else if let Some(Value::Object(info)) = action.get("commitInfo") {
            entry.info.clone_from(info);
        }
    }
    Ok(entry)
}

fn added_file(add: &Value) -> Result<AddedFile, String> {
    let path = add
        .get("path")
        .and_then(Value::as_str)
        .ok_or("an add without path")?;
    let partition = match add.get("partitionValues") {
        Some(Value::Object(values)) => values
            .iter()
            .map(|(column, value)| (column.clone(), value.as_str().map(str::to_owned)))
            .collect(),
        _ => BTreeMap::new(),
    };
    let stats: Option<Value> = match add.get("stats").and_then(Value::as_str) {
        Some(text) if !text.is_empty() => {
            Some(serde_json::from_str(text).map_err(|error| format!("statistics: {error}"))?)
        }
        _ => None,
    };
    let rows = stats
        .as_ref()
        .and_then(|stats| stats.get("numRecords"))
        .and_then(Value::as_u64);
    let nulls = match stats.as_ref().and_then(|stats| stats.get("nullCount")) {
        Some(Value::Object(counts)) => counts
            .iter()
            .filter_map(|(column, count)| Some((column.clone(), count.as_u64()?)))
            .collect(),
        _ => BTreeMap::new(),
    };
    Ok(AddedFile {
        path: percent_decoded(path),
        partition,
        rows,
        nulls,
    })
}

/// The runs of a log by application id; of several generations the last.
pub(crate) fn committed_runs(entries: &[LogEntry]) -> BTreeMap<String, CommittedRun> {
    let mut runs = BTreeMap::new();
    for entry in entries {
        for (app_id, generation) in &entry.transactions {
            let said = entry.info.get(RUN_KEY).and_then(Value::as_object);
            let content_hash = said
                .and_then(|run| run.get("contentHash"))
                .and_then(Value::as_str)
                .and_then(ContentHash::parse);
            let metadata = said
                .and_then(|run| run.get("metadata"))
                .and_then(Value::as_object)
                .map(|object| {
                    object
                        .iter()
                        .map(|(key, value)| (key.clone(), value.clone()))
                        .collect()
                })
                .unwrap_or_default();
            let run = CommittedRun {
                generation: *generation,
                delta_version: entry.version,
                content_hash,
                metadata,
            };
            runs.insert(app_id.clone(), run);
        }
    }
    runs
}

/// Undoes the URI encoding of paths in the log.
pub(crate) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten();
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::percent_decoded;

    #[test]
    fn paths_are_decoded_as_uris() {
        assert_eq!(
            percent_decoded("as_of=2024-10-01/a%20b%C3%A9.parquet"),
            "as_of=2024-10-01/a bé.parquet"
        );
        assert_eq!(percent_decoded("100%/x%zz"), "100%/x%zz");
    }
}
