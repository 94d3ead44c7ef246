//! SQL on both sides: legacy SQL as relations, and relations as SQL.
//!
//! A frontend per legacy dialect lowers text to the dataflow with that dialect's own semantics
//! ([`sqlite`]); a printer per target turns the dataflow into text meant to be read ([`datafusion`]).
//! Neither knows the other: everything passes through the dataflow.

pub mod datafusion;
pub mod literals;
pub mod loops;
mod names;
pub mod sqlite;
