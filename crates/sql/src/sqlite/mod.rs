//! The SQLite frontend: Transformation modules and source filters as relations, with SQLite's own
//! semantics.
//!
//! What is particular to SQLite and modelled here: frames arrive as pandas hands them over (dates as
//! ISO text, NaN as NULL) and results leave as pandas reads them; names match without case; integers
//! divide to integers; NULL sorts before everything; groups come out sorted by their keys, each in the
//! direction ORDER BY gives the term of the same place when both lists are equally long; sorting is
//! stable; a sum of floats adds in row order.
//!
//! Row order is a fact only where the engine has no choice. A plain scan, a LEFT JOIN and a CROSS JOIN
//! keep theirs, as long as a row has no two matches: those come in the order of an index made for the
//! query, so where the order matters uniqueness becomes an obligation. The planner may exchange the loops
//! of an inner join, and of a LEFT JOIN whose right side WHERE tests, except where `planning` knows it does not. Whatever depends on such an order is
//! refused.

mod affinity;
mod compound;
mod correlated;
mod dialect;
mod embedded;
mod expression;
mod from;
mod functions;
mod grouping;
mod list;
mod ordering;
mod places;
mod planning;
mod query;
mod recursive;
mod relation;
mod select;
mod subquery;
mod windows;

pub use affinity::Affinity;
pub(crate) use dialect::Sqlite;
pub use embedded::{EmbeddedQuery, EmbeddedStatement, ReadBy, embedded_statement, lower_embedded};
pub(crate) use places::Places;
pub use places::SqlText;
pub use query::{Lowered, lower_predicate, lower_query};
