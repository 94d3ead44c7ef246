//! Compares what two programs produced for one (job, effective date), and says why they differ.
//!
//! Bytes and Arrow batches come in, a [`Comparison`] goes out; nothing is read from disk here. Causes are
//! found by experiment: each hypothesis states how many rows would agree if it were true.

mod causes;
mod comparison;
mod grid;
mod output;
mod pairing;
mod report;
mod row_key;

pub use causes::{ALL as CAUSES, Cause, CauseKind, Hypothesis, HypothesisCase};
pub use comparison::{Comparison, Grade, OutputComparison, RowDifference, Status, reconcile};
pub use grid::{Cell, Column, Grid};
pub use output::{Output, RunOutput, TextLayout};
pub use pairing::Pairing;
pub use report::{
    CauseReport, DateReport, DifferenceReport, OutputReport, RECONCILE_SCHEMA_VERSION,
    ReconcileReport, RowReport,
};
