//! A graph as text that people read and the parser reads back.
//!
//! One block per relation, inputs first:
//!
//! ```text
//! job late_orders
//!
//! module 0
//! $0 orders = Scan shop.orders exact as orders { region, amount }  @jobs/late.json:3-9[40..210]
//!   -- region text x {None}, amount float64; in order of stored $0
//! module 1
//! $1 acc = Aggregate first_seen { by region, orders := count(), total := float_sum(amount) }($0)
//!   -- region text x {None}, orders int64, total float64; in order of first_seen $1; key (region)
//!
//! sinks
//! module 2 $1
//! ```
//!
//! What follows from the operators (types, order, keys) is printed as comments, which begin with `--`;
//! the parser infers it again. Names that are no plain words stand in double quotes. Places are those of
//! relations, fold states and obligations; expressions have theirs in memory only.

mod cursor;
mod expression;
mod literal;
mod parse;
mod print;

pub(crate) use literal::{date_text, decimal_literal, float_literal, quoted_text, timestamp_text};
pub(crate) use parse::parse_loop;
pub use parse::{parse, parse_expr};
pub(crate) use print::loop_text;
