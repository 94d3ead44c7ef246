//! What was decided about each construct of a job, and what came out.

use relift_dataflow::{Dataflow, Schema};
use relift_diagnostics::Span;

/// A job whose dataflow is plain relational algebra.
#[derive(Clone, Debug)]
pub struct Lifted {
    /// Only what outputs and guards need; no folds, states or lookups are left.
    pub flow: Dataflow,
    /// One entry per loop variable, per lookup and per step without a loop, in the order of the modules.
    pub decisions: Vec<Decision>,
    /// Columns of each output as the legacy code types them, in the order of the sinks. Exact
    /// simplification may know more afterwards than the legacy values had: how a decimal was padded.
    pub sink_schemas: Vec<Schema>,
}

/// How one construct was lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Index of the legacy module.
    pub module: usize,
    /// What it is: "dictionary `acc` filled in a loop over rows".
    pub construct: String,
    /// What it became.
    pub level: Level,
    /// Name of the rule; `relational-as-it-is` where none was needed.
    pub rule: &'static str,
    /// Why it is allowed, as a clause.
    pub reason: String,
    /// Where it stands.
    pub span: Option<Span>,
}

/// How far a construct was lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Plain relational SQL.
    Flat,
    /// SQL with window functions.
    Window,
    /// SQL with aggregates that observe the order of rows.
    OrderedAggregate,
    /// Part of it stays Python.
    Partial,
    /// It stays Python.
    None,
}

impl Level {
    /// The word in `lift_report.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::Window => "window",
            Self::OrderedAggregate => "ordered_aggregate",
            Self::Partial => "partial",
            Self::None => "none",
        }
    }
}
