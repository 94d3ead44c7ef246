//! The legacy vocabulary: workspaces, job configurations, modules, write modes and effective dates.
//!
//! Nothing here reads a file: callers hand in text and get typed values or diagnostics that name
//! file, line, path and the nearest known word.

mod answer_key;
mod care;
mod dates;
mod dependencies;
mod descriptions;
mod document;
mod edges;
mod job;
mod job_parsing;
mod names;
mod quality;
pub mod rewritten;
mod table;
mod workspace;
mod workspace_parsing;

pub use answer_key::{
    AnswerKey, CodePlace, KeyDefect, KeyFlaw, KeyRequirement, RequirementKind, locate_in_json,
};
pub use care::{CalendarRule, CareSettings};
pub use dates::{DateMode, DateRange, EffectiveDate};
pub use dependencies::{Dependencies, Dependency, DependencyWhen};
pub use descriptions::{Descriptions, TableDescription};
pub use document::nearest_hint;
pub use edges::{Edge, Edges, FoundRead};
pub use job::{
    CsvFileWriter, DataFrameWriter, DataSourcing, External, FileTarget, Job, LineEnding, Module,
    ModuleKind, ParquetFileWriter, Transformation, WriteMode,
};
pub use names::{ColumnName, FrameName, JobName, SchemaName, TableName};
pub use quality::{QualityCheck, QualityChecks, QualityRule, QualitySeverity, QualityTarget};
pub use rewritten::{
    FrameColumn, FrameType, Guard, LegacyModules, RewrittenJob, RewrittenModule, RewrittenSource,
    RewrittenTransformation, SourceOrigin,
};
pub use table::{Catalog, ColumnFacts, LakeType, Nulls, TableFacts};
pub use workspace::{Decimals, Dialect, Isolation, Side, Workspace};
