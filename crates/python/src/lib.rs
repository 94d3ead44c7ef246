//! The Python frontend: what the frames and row loops of an External mean, as a dataflow.
//!
//! An External is executed symbolically: its variables hold expressions instead of values, its frames
//! hold relations, and a loop body runs once for a row of which nothing but the columns is known. What a
//! loop does to the variables around it becomes a fold in normal form. Anything whose meaning is not
//! certain is a [`Refusal`](relift_dataflow::Refusal) that becomes an error only where something needed
//! depends on it.

mod appearances;
mod arithmetic;
mod belonging;
mod builtins;
mod callables;
mod calls;
mod classes;
mod comparisons;
mod comprehensions;
mod construction;
mod conversions;
mod correlation;
mod databases;
mod decimals;
mod demands;
mod differences;
mod early_exits;
mod enums;
mod exact;
mod exceptions;
mod expressions;
mod flattening;
mod folds;
mod frames;
mod groups;
mod indices;
mod inner_dicts;
mod iteration;
mod kept;
mod lists;
mod loops;
mod lowering;
mod mappings;
mod markers;
mod matching;
mod mathematics;
mod mentions;
mod merging;
mod methods;
mod moments;
mod nesting;
mod own_changes;
mod pairs;
pub mod pandas;
mod positions;
mod running;
mod series;
mod shared_map;
mod shared_records;
mod siblings;
mod state;
mod statements;
pub mod syntax;
mod tables;
mod text_format;
mod texts;
mod values;
mod while_loops;

pub use databases::{DeclaredType, OwnQuery, OwnStatement, RowsReadBy, SqlFrontend};
pub use lowering::{ExternalCode, ExternalLowered, lower_external};
pub use siblings::Siblings;
