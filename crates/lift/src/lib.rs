//! Lifts row-by-row code to set-based SQL, with the conditions under which that is allowed.
//!
//! [`lift`] turns loops and lookups of a job's dataflow into relational algebra by small rules (see
//! [`RULES`]), or refuses with a place and a reason. What it cannot prove it states as an obligation,
//! which is measured on data and guards the rewritten job. [`emit`] writes that job down.

mod changes;
mod conditions;
mod decisions;
mod emit;
mod entries;
mod lifting;
mod relevance;
mod rule;
mod rules;
mod shared;
mod slots;
mod steps;
mod tidy;
mod windows;

pub use decisions::{Decision, Level, Lifted};
pub use emit::{Rewrite, WrittenBy, condition_text, emit};
pub use lifting::lift;
pub use rule::LiftingRule;
pub use rules::RULES;
pub use shared::{Share, SharedRelations, Writer, WrittenTable, is_run_date, stored};
