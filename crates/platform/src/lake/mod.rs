//! Fills the lake: the generated marketplace, and tables brought from elsewhere.
//!
//! Both load one partition per commit. The run that a partition's commit names is "whoever loads this
//! partition", so the log always tells where its rows come from, and a repeated load writes nothing.

mod bank;
mod calendar;
mod draw;
mod frame;
mod generator;
mod goods;
mod import;
mod marketing;
mod people;
mod pricing;
mod restore;
mod sales;
mod size;
mod staff;
mod stock;
mod tables;
#[cfg(test)]
mod traits;
mod vocabulary;
mod wallets;
mod web;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use relift_engine::{
    ColumnChange, CommitMode, CommittedRun, EngineError, TableCommit, commit_stream,
};
use relift_job::{ColumnName, EffectiveDate, TableName};
use serde_json::Value;

pub use generator::{GeneratorOptions, generate};
pub use import::import;
pub use restore::{GapKind, RestoreError, RestoreSource, Restored, restore, restore_source};
pub use size::LakeSize;

/// Why a lake could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The folder to import from has no tables.
    #[error("no folder with Parquet files in {}", .0.display())]
    NothingToImport(PathBuf),
    /// A folder to import is a Delta table, whose files include removed ones.
    #[error("{} is a Delta table; copy its folder below the lake's root instead of importing its files", .0.display())]
    DeltaTable(PathBuf),
    /// A file or folder to import cannot be used.
    #[error("cannot import {}: {detail}", .path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// Why not, and what to do.
        detail: String,
    },
    /// Dates are asked for that are no range.
    #[error("the last date {last} lies before the first date {first}")]
    EmptyRange {
        /// First date.
        first: EffectiveDate,
        /// Last date.
        last: EffectiveDate,
    },
    /// No marketplace can have this size.
    #[error("a marketplace has from 1 to {customers_max} customers and not {asked}")]
    Size {
        /// Customers asked for.
        asked: f64,
        /// As many as there can be.
        customers_max: u32,
    },
    /// A table is asked for that is none of the marketplace's.
    #[error("the marketplace has no table {name}; {hint}")]
    NoSuchTable {
        /// The name asked for.
        name: String,
        /// The nearest name, or all of them.
        hint: String,
    },
    /// Reading or committing a table failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// One partition was loaded or found loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LakeProgress {
    /// Its table.
    pub table: TableName,
    /// Its date; `None` for a table without dates.
    pub date: Option<EffectiveDate>,
    /// What was done.
    pub load: Load,
    /// Partitions dealt with so far, this one included.
    pub done: usize,
    /// Partitions there are.
    pub total: usize,
}

/// What became of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// It held these rows before.
    Present,
    /// It was committed.
    Written {
        /// How many rows.
        rows: u64,
    },
}

/// How many partitions were loaded and found loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LakeSummary {
    /// Tables dealt with.
    pub tables: usize,
    /// Partitions committed.
    pub written: usize,
    /// Partitions that held their rows before.
    pub present: usize,
    /// Rows committed.
    pub rows: u64,
}

impl LakeSummary {
    fn count(&mut self, load: Load) {
        match load {
            Load::Present => self.present += 1,
            Load::Written { rows } => {
                self.written += 1;
                self.rows += rows;
            }
        }
    }
}

/// The run that loads a partition, or a whole table without dates.
fn loading_run(table: &TableName, date: Option<EffectiveDate>) -> String {
    match date {
        Some(date) => format!("lake/{table}/{date}"),
        None => format!("lake/{table}"),
    }
}

/// Rows for one partition, or for a whole table without dates.
struct Partition<'a, Batches> {
    root: &'a Path,
    table: &'a TableName,
    date: Option<EffectiveDate>,
    date_column: &'a str,
    schema: SchemaRef,
    batches: Batches,
    /// What happens when the table has other columns.
    columns: ColumnChange,
    /// Where the rows come from.
    origin: Value,
}

impl<Batches> Partition<'_, Batches>
where
    Batches: Iterator<Item = RecordBatch> + Send,
{
    /// Commits the rows as the next generation after `before`.
    async fn commit(self, before: Option<&CommittedRun>) -> Result<Load, EngineError> {
        let commit = TableCommit {
            root: self.root.to_owned(),
            table: self.table.clone(),
            app_id: loading_run(self.table, self.date),
            generation: before.map_or(1, |run| run.generation + 1),
            mode: match self.date {
                Some(date) => CommitMode::ReplacePartition {
                    column: ColumnName::from(self.date_column),
                    date,
                },
                None => CommitMode::OverwriteAll,
            },
            schema: self.schema,
            batches: self.batches.map(Ok),
            metadata: BTreeMap::from([("origin".to_owned(), self.origin)]),
        };
        let outcome = commit_stream(commit, self.columns).await?;
        Ok(if outcome.adopted {
            Load::Present
        } else {
            Load::Written { rows: outcome.rows }
        })
    }
}
