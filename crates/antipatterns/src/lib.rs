//! Detectors of anti-patterns in legacy jobs, one file each, and what became of the findings.
//!
//! A detector sees a job as configured, as understood and as lifted; the last two are absent when the
//! job was refused, and detectors that need no understanding still speak then. The catalogue text of a
//! finding code is the documentation comment of its detector.

mod catalogue;
mod detector;
mod detectors;
mod disposition;
mod finding;
mod queries;
mod sarif;
mod uses;

pub use catalogue::{ORDERED_CODES, catalogue_text, detector};
pub use detector::{Detector, JobView};
pub use detectors::{DETECTORS, duplicates, missing_dependencies};
pub use disposition::{Disposition, disposition, replacement};
pub use finding::{Finding, detect};
pub use sarif::sarif;
