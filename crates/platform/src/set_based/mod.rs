//! The set-based runtime: one rewritten job for one date, from Delta scans through SQL to staged outputs.
//!
//! Nothing is committed here. Guards are checked before the first writer runs, so that a rewrite whose
//! obligations do not hold on a date leaves nothing behind but the reason.

mod conform;
mod failure;
mod run;

pub use failure::RewriteFailure;
pub use run::{CuratedInput, RewriteOutcome, RewriteRun, register_parameters, run, run_registered};
