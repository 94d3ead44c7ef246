//! One version of one table: its columns, and its files in stored order.
//!
//! Which files are in a version is delta-rs' knowledge; where each stands in the order of rows comes
//! from the log's entries. A version never changes, so a snapshot can be kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use deltalake::{DeltaTable, DeltaTableBuilder};
use relift_job::{EffectiveDate, TableName};
use url::Url;

use crate::EngineError;
use crate::history::{self, AddedFile};
use crate::schema::stored_type;

/// A table at a version.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) table: TableName,
    pub(crate) folder: PathBuf,
    pub(crate) version: u64,
    /// Data columns in stored order, then partition columns.
    pub(crate) schema: SchemaRef,
    pub(crate) partition_columns: Vec<String>,
    /// In stored order.
    pub(crate) files: Vec<StoredFile>,
}

/// A file of a version.
#[derive(Debug)]
pub(crate) struct StoredFile {
    /// Version that added it.
    pub(crate) added_in: u64,
    /// Path below the table's folder.
    pub(crate) path: String,
    /// Partition values by column.
    pub(crate) partition: BTreeMap<String, Option<String>>,
    /// Rows, if known.
    pub(crate) rows: Option<u64>,
    /// NULLs by column, as far as known.
    pub(crate) nulls: BTreeMap<String, u64>,
}

impl Snapshot {
    /// Reads a version of the table in `folder`.
    pub(crate) async fn read(
        table: &TableName,
        folder: &Path,
        version: u64,
    ) -> Result<Self, EngineError> {
        let mut placed: BTreeMap<String, (u64, usize, AddedFile)> = BTreeMap::new();
        for entry in history::read(table, folder, version)? {
            for (ordinal, added) in entry.adds.into_iter().enumerate() {
                placed.insert(added.path.clone(), (entry.version, ordinal, added));
            }
        }
        let delta = open(table, folder, Some(version)).await?;
        let state = delta
            .snapshot()
            .map_err(EngineError::delta("open", table))?;
        refuse_unsupported(table, &delta)?;

        let partition_columns: Vec<String> = state.metadata().partition_columns().to_vec();
        let (data, partition): (Vec<_>, Vec<_>) = state
            .snapshot()
            .arrow_schema()
            .fields()
            .iter()
            .cloned()
            .partition(|field| !partition_columns.contains(field.name()));
        let fields = data.iter().chain(&partition).map(|field| {
            // A type Relift cannot store stays as it is: only reading that column is an error.
            let data_type =
                stored_type(field.data_type()).unwrap_or_else(|| field.data_type().clone());
            Field::new(field.name(), data_type, true)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));

        let mut ordered = Vec::new();
        for view in state.log_data().iter() {
            let path = view.path().into_owned();
            if view.deletion_vector_descriptor().is_some() {
                return Err(EngineError::Unsupported {
                    table: table.clone(),
                    what: "deletion vectors".to_owned(),
                });
            }
            if path.starts_with('/') || path.contains("://") {
                return Err(EngineError::Unsupported {
                    table: table.clone(),
                    what: "files outside its folder".to_owned(),
                });
            }
            let Some((added_in, ordinal, added)) = placed.remove(&path) else {
                return Err(EngineError::CorruptLog {
                    table: table.clone(),
                    file: history::log_folder(folder),
                    detail: format!("no entry up to version {version} adds the file {path}"),
                });
            };
            ordered.push((added_in, ordinal, added));
        }
        ordered.sort_by_key(|(added_in, ordinal, _)| (*added_in, *ordinal));
        let files = ordered.into_iter().map(|(added_in, _, added)| {
            let AddedFile {
                path,
                partition,
                rows,
                nulls,
            } = added;
            StoredFile {
                added_in,
                path,
                partition,
                rows,
                nulls,
            }
        });
        let files = files.collect();
        Ok(Self {
            table: table.clone(),
            folder: folder.to_owned(),
            version,
            schema,
            partition_columns,
            files,
        })
    }

    /// The date of a file in a table partitioned by `column`.
    pub(crate) fn date_of(
        &self,
        file: &StoredFile,
        column: &str,
    ) -> Result<EffectiveDate, EngineError> {
        if !self
            .partition_columns
            .iter()
            .any(|partition| partition == column)
        {
            return Err(EngineError::NotPartitioned {
                table: self.table.clone(),
                column: column.to_owned(),
            });
        }
        let value = file
            .partition
            .get(column)
            .cloned()
            .flatten()
            .unwrap_or_default();
        EffectiveDate::parse(&value).ok_or_else(|| EngineError::NoDate {
            table: self.table.clone(),
            column: column.to_owned(),
            value: if value.is_empty() {
                "NULL".to_owned()
            } else {
                value
            },
            file: file.path.clone(),
        })
    }
}

/// Opens a table with delta-rs.
pub(crate) async fn open(
    table: &TableName,
    folder: &Path,
    version: Option<u64>,
) -> Result<DeltaTable, EngineError> {
    let mut builder = DeltaTableBuilder::from_url(folder_url(folder)?)
        .map_err(EngineError::delta("open", table))?;
    if let Some(version) = version {
        builder = builder.with_version(version);
    }
    builder
        .load()
        .await
        .map_err(EngineError::delta("open", table))
}

/// The folder as a URL.
pub(crate) fn folder_url(folder: &Path) -> Result<Url, EngineError> {
    let absolute = std::path::absolute(folder).map_err(EngineError::io("locate", folder))?;
    Url::from_directory_path(&absolute).map_err(|()| {
        let reason = std::io::Error::new(std::io::ErrorKind::InvalidInput, "the path is no URL");
        EngineError::io("locate", absolute)(reason)
    })
}

fn refuse_unsupported(table: &TableName, delta: &DeltaTable) -> Result<(), EngineError> {
    let state = delta
        .snapshot()
        .map_err(EngineError::delta("open", table))?;
    match state
        .metadata()
        .configuration()
        .get("delta.columnMapping.mode")
        .map(String::as_str)
    {
        None | Some("none") => Ok(()),
        Some(_) => Err(EngineError::Unsupported {
            table: table.clone(),
            what: "column mapping".to_owned(),
        }),
    }
}
