//! Care for data: what is missing, what changed, what looks wrong, and what the columns hold.
//!
//! Everything here measures and returns values; nothing is printed, repaired or decided. A value of a
//! personal column never leaves this module but as its shape.

mod audit;
mod calendar;
mod cells;
mod column;
mod drift;
mod finding;
mod keys;
mod partitions;
mod personal;
mod profile;
mod quality;
mod references;
mod shapes;
mod sketch;
mod times;

use relift_engine::EngineError;

pub use audit::{
    Audit, AuditRequest, AuditedColumn, CareProgress, TableAudit, audit, completeness,
};
pub use calendar::{Expectation, Origin};
pub use column::{ColumnProfile, ShapeCount, TopValue};
pub use finding::{Check, Finding, Weight};
pub use partitions::{Cell, CellState, DEVIATION_PERCENT_MAX};
pub use personal::{Personal, PersonalColumns, PersonalKind, Sign, masked, personal_columns};
pub use profile::{ProfileRequest, TableProfile, profile};
pub use quality::{CheckOutcome, QualityRequest, QualityStatus, check_rows, check_tables, worst};
pub use references::{Reference, TableColumns};

/// Why data could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum CareError {
    /// A table cannot be read.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Columns do not fit together, which is a fault of this program.
    #[error("columns of a table do not fit: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// A declared check cannot be made.
    #[error("{0}")]
    Check(String),
}
