//! `relift.toml`.

use crate::{CareSettings, DateRange, SchemaName};

/// What Transformation modules are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// Spark SQL.
    Spark,
}

/// How DECIMAL columns reach Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimals {
    /// As `float64`.
    Float,
    /// As `decimal.Decimal`.
    Exact,
}

/// What happens when this machine lacks a layer of the isolation of legacy code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Jobs run with what there is, and records say which level that was.
    Prefer,
    /// No job runs.
    Require,
}

/// Which of the two programs a run belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The job as it was.
    Legacy,
    /// Its rewrite.
    Rewrite,
}

impl Side {
    /// The word used in commands and records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Rewrite => "rewrite",
        }
    }

    /// The side with this word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Legacy, Self::Rewrite]
            .into_iter()
            .find(|side| side.word() == word)
    }
}

/// A workspace's settings; paths are relative to the folder that holds `relift.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Workspace {
    /// `[workspace] name`.
    pub name: String,
    /// `[dates]`.
    pub dates: DateRange,
    /// `[lake] root`.
    pub lake_root: String,
    /// `[lake] effective_date_column`.
    pub effective_date_column: String,
    /// `[portfolio] jobs`.
    pub job_folders: Vec<String>,
    /// `[portfolio] python_path`.
    pub python_path: Vec<String>,
    /// `[portfolio] dependencies`.
    pub dependencies: Option<String>,
    /// `[legacy] sql_dialect`.
    pub sql_dialect: Dialect,
    /// `[legacy] decimals`.
    pub decimals: Decimals,
    /// `[legacy] requirements`.
    pub requirements: Option<String>,
    /// `[legacy] csv_date_format`: `None` is ISO, otherwise strftime text.
    pub csv_date_format: Option<String>,
    /// `[legacy] output_date_column`.
    pub output_date_column: String,
    /// `[legacy] run_seconds_max`: a legacy run is stopped after that many seconds.
    pub run_seconds_max: u64,
    /// `[legacy] run_memory_mb_max`: what a legacy run may use beyond the warm interpreter.
    pub run_memory_mb_max: u64,
    /// `[legacy] isolation`.
    pub isolation: Isolation,
    /// `[output] curated_schema`.
    pub curated_schema: SchemaName,
    /// `[output] rewrite_schema`.
    pub rewrite_schema: SchemaName,
    /// `[output] files`.
    pub output_files: String,
    /// `[sealed] paths`.
    pub sealed: Vec<String>,
    /// `[calendar]`, `[quality]` and `[dictionary]`.
    pub care: CareSettings,
}
