//! A job's configuration, typed. Key names and behaviour are those of the user's platform.

use std::sync::Arc;

use relift_diagnostics::Span;

use crate::{
    ColumnName, DateMode, Dialect, EffectiveDate, FrameName, JobName, SchemaName, TableName,
};

/// One job: its modules in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// `jobName`.
    pub name: JobName,
    /// `firstEffectiveDate`; metadata only.
    pub first_effective_date: Option<EffectiveDate>,
    /// Steps, in order.
    pub modules: Vec<Module>,
    /// The configuration file, relative to the workspace.
    pub file: Arc<str>,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    /// Its object in the configuration file.
    pub span: Span,
    /// What it does.
    pub kind: ModuleKind,
}

/// The module types.
#[derive(Clone, Debug, PartialEq)]
pub enum ModuleKind {
    /// Reads a lake table into a frame.
    DataSourcing(DataSourcing),
    /// Runs SQL over the frames.
    Transformation(Transformation),
    /// Runs user Python.
    External(External),
    /// Writes a Delta table.
    DataFrameWriter(DataFrameWriter),
    /// Writes a CSV file.
    CsvFileWriter(CsvFileWriter),
    /// Writes a folder of Parquet files.
    ParquetFileWriter(ParquetFileWriter),
}

impl ModuleKind {
    /// The word in the configuration.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::DataSourcing(_) => "DataSourcing",
            Self::Transformation(_) => "Transformation",
            Self::External(_) => "External",
            Self::DataFrameWriter(_) => "DataFrameWriter",
            Self::CsvFileWriter(_) => "CsvFileWriter",
            Self::ParquetFileWriter(_) => "ParquetFileWriter",
        }
    }
}

/// `DataSourcing`.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSourcing {
    /// `resultName`.
    pub result: FrameName,
    /// `schema` and `table`.
    pub table: TableName,
    /// `columns`, without the effective date column unless it is listed.
    pub columns: Vec<ColumnName>,
    /// Span of each entry of `columns`, for findings.
    pub column_spans: Vec<Span>,
    /// `additionalFilter`, in the workspace's legacy SQL dialect.
    pub filter: Option<String>,
    /// Which dates.
    pub dates: DateMode,
}

/// `Transformation`.
#[derive(Clone, Debug, PartialEq)]
pub struct Transformation {
    /// `resultName`.
    pub result: FrameName,
    /// `sql`.
    pub sql: String,
    /// Byte offset in the configuration file of each byte of `sql` (JSON escapes make them differ),
    /// one entry longer than `sql` so that ends have a place too.
    pub sql_offsets: Vec<u32>,
    /// `dialect`, else the workspace's.
    pub dialect: Option<Dialect>,
}

/// `External`.
#[derive(Clone, Debug, PartialEq)]
pub struct External {
    /// `module`: a path below a root of `python_path`, such as `late_orders.py`, or dotted.
    pub module: String,
    /// `function`, `execute` unless given.
    pub function: String,
}

/// Whether a writer replaces or adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// Replaces.
    Overwrite,
    /// Adds.
    Append,
}

/// `DataFrameWriter`.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFrameWriter {
    /// `source`.
    pub source: FrameName,
    /// `targetTable`.
    pub table: String,
    /// `targetSchema`, else the curated schema.
    pub schema: Option<SchemaName>,
    /// `writeMode`.
    pub mode: WriteMode,
}

/// Where a file writer writes: `{outputDirectory}/{jobDirName}/{outputTableDirName}/{date}/{fileName}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTarget {
    /// `outputDirectory`; mapped to the workspace's output root at run time.
    pub output_directory: String,
    /// `jobDirName`.
    pub job_dir: String,
    /// `outputTableDirName`.
    pub table_dir: String,
    /// `fileName`.
    pub file_name: String,
}

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnding {
    /// `\n`.
    Lf,
    /// `\r\n`.
    CrLf,
}

/// `CsvFileWriter`.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvFileWriter {
    /// `source`.
    pub source: FrameName,
    /// Where to.
    pub target: FileTarget,
    /// `writeMode`.
    pub mode: WriteMode,
    /// `includeHeader`, true unless given.
    pub include_header: bool,
    /// `trailerFormat`.
    pub trailer: Option<String>,
    /// `lineEnding`.
    pub line_ending: LineEnding,
    /// `trailerSource`: a one-row frame whose columns are further trailer tokens.
    pub trailer_source: Option<FrameName>,
}

/// `ParquetFileWriter`.
#[derive(Clone, Debug, PartialEq)]
pub struct ParquetFileWriter {
    /// `source`.
    pub source: FrameName,
    /// Where to.
    pub target: FileTarget,
    /// `writeMode`.
    pub mode: WriteMode,
    /// `numParts`, 1 unless given.
    pub parts: u32,
}
