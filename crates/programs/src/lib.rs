//! Random legacy programs, run by the legacy stack and as rewritten, compared byte by byte.
//!
//! A wrong rewrite is the one thing the product must never hand over, so it is looked for where nobody
//! has looked: [`grammar`] writes programs people might have written, [`Court`] runs each on both sides
//! and says which step disagrees, [`shrunk`] makes what fails small enough to read.

mod chance;
#[cfg(feature = "engine")]
mod engine;
pub mod grammar;
mod interpretation;
mod interpreter;
mod legacy;
mod lifting;
mod own_sql;
mod program;
mod shrinking;
mod survey;
mod trial;
mod values;

pub use chance::Chance;
#[cfg(feature = "engine")]
pub use engine::Engine;
pub use interpreter::python_of_environment;
pub use legacy::{Answer, Legacy};
pub use lifting::{Refused, Understood, understand, workspace};
pub use program::{ColumnType, Day, ModuleText, Program, RESULT, TableType};
pub use shrinking::shrunk;
pub use survey::{Judged, Survey, judged, processing_time};
pub use trial::{Court, Fault, FaultKind, Outcome, Rewritten, Verdict};
