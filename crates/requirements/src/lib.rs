//! Requirements of a job, each with evidence: the legacy code it comes from and a query that shows it.
//!
//! They are read off the lifted dataflow, one relation at a time, so nothing the outputs depend on is
//! left out and nothing is invented. Sentences follow EARS ("When …, the job shall …").

mod derive;
mod document;
mod explain;
mod outputs;
mod sentences;
mod windows;
mod words;

pub use derive::{Traced, derive};
pub use document::{
    Citation, Evidence, EvidenceQuery, EvidenceResult, EvidenceSource, Kind, Requirement,
    Requirements, Trace,
};
pub use explain::explain;
