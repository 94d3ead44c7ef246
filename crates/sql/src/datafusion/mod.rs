//! Prints relations as SQL for DataFusion, to be read by people first.
//!
//! A relation becomes one SELECT where its operators allow it, and a chain of named common table
//! expressions where they do not. Order is not a property of SQL tables, so positions travel as
//! hidden columns and only as far as something observes them. What has no exact form in the engine is
//! refused by name.

mod aggregation;
mod block;
mod compiler;
mod expression;
mod fragment;
mod identifier;
mod layout;
mod operators;
mod truth;
mod violations;
mod windows;

pub use compiler::{Ordered, PrintLevel, PrintedQuery, PrintedSource, print_query};
pub use violations::{condition_text, print_violations};
