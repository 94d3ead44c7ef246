//! The legacy vocabulary: workspaces, job configurations, modules, write modes and effective dates.
//!
//! Nothing here reads a file: callers hand in text and get typed values or diagnostics that name
//! file, line, path and the nearest known word.

mod dates;
mod job;
mod names;
mod table;
mod workspace;

pub use dates::{DateMode, DateRange, EffectiveDate};
pub use job::{
    CsvFileWriter, DataFrameWriter, DataSourcing, External, FileTarget, Job, LineEnding, Module,
    ModuleKind, ParquetFileWriter, Transformation, WriteMode,
};
pub use names::{ColumnName, FrameName, JobName, SchemaName, TableName};
pub use table::{Catalog, ColumnFacts, LakeType, Nulls, TableFacts};
pub use workspace::{Decimals, Dialect, Side, Workspace};
