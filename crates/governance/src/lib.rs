//! What is recorded of a conversion, and everything that is shown of it.
//!
//! A conversion is a list of [`LedgerEvent`]s. [`Model::fold`] folds them into what holds, and each
//! file of the governance package is a function of that model: no report reads another source, so
//! none can disagree with the record. The package holds no times, hosts or attempts, so the same
//! work gives the same bytes, interrupted or not.

mod cell;
mod compared;
mod csv;
mod event;
mod fold;
pub mod html;
mod model;
mod package;
mod record;
pub mod reports;
pub mod score;
mod verdict;
mod words;

#[cfg(test)]
mod fixture;

pub use cell::Cell;
pub use compared::{CellCompared, ColumnDifference, OutputCompared, RowDifference, RowsCompared};
pub use event::{
    CauseNamed, Construct, Disposed, Evidence, FileHash, Finding, FindingsDisposed, Implements,
    JobAnalysed, JobDiscovered, JobLifted, JobProfiled, JobRewritten, LedgerEvent,
    ObligationAnswered, Requirement, RequirementsRecorded, RunFinished, Sabotage, ScopeDeclared,
    StageReported, TestDesigned, TestsDesigned,
};
pub use fold::FoldError;
pub use model::{Conservation, JobModel, Model, Reopened};
pub use package::{Package, PackageFile};
pub use record::{Record, RecordError, SCHEMA_VERSION};
pub use verdict::{Attention, PackageVerdict};
pub use words::{Answer, CellStatus, Disposition, Grade, Isolation, Level};
