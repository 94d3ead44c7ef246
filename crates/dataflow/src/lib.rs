//! The relational form every legacy module is lowered to, whatever language it was written in.
//!
//! A [`Dataflow`] is a graph of ordered bags: each [`Node`] states its operator, schema, order, keys and
//! cardinality, and carries the source spans it came from. Operations are named by what they mean
//! ([`Function`]), never by how a target spells them, so that one graph can be interpreted here,
//! printed as SQL, questioned by detectors and described by requirements.
//!
//! Missing values are part of a type ([`ColumnType`]): `int64 x {None}` is not `float64 x {NaN}`.

mod aggregate;
mod blocks;
mod canonical;
mod dtype;
mod expr;
mod function;
mod graph;
pub mod interpret;
mod mutants;
mod node;
mod properties;
mod prune;
mod refusal;
mod rewrite;
mod simplify;
pub mod text;
mod types;
mod typing;
mod window;

pub use aggregate::{Aggregate, AggregateFunction};
pub use canonical::Canonical;
pub use dtype::{DatedIntegers, dated_integers, float_condition};
pub use expr::{Expr, ExprKind, Literal, LookupValue, Parameter};
pub use function::{Comparison, Flavour, Function, RoundingMode};
pub use graph::{Dataflow, FrameBinding, Obligation, ObligationKind, Sink};
pub use mutants::RuleMutant;
pub use node::{
    Cardinality, Emit, Fold, FoldKind, FoldState, GroupOrder, JoinKind, MapSlot, Node, NodeId, Op,
    Order, OrderTerm, PickWhich, SortKey,
};
pub use properties::running_types;
pub use prune::needed_columns;
pub use refusal::Refusal;
pub use rewrite::Rewriter;
pub use simplify::simplify;
pub use types::{Base, Column, ColumnType, Missing, Schema};
pub use typing::{TypeError, type_of};
pub use window::{Bound, Frame, Running, RunningSlot, WindowFunction};
