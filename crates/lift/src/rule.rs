//! The shape of a lifting rule.

use relift_dataflow::{
    Cardinality, Dataflow, Expr, FoldKind, NodeId, Obligation, ObligationKind, Op, Refusal,
    Rewriter, Schema, TypeError, WindowFunction,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::Level;

/// One way to turn a loop's variable, or a lookup, into relational algebra.
#[derive(Debug)]
pub struct LiftingRule {
    /// Its name in reports.
    pub name: &'static str,
    /// First version that has it.
    pub since: &'static str,
    /// What it lifts, to what, and when that holds.
    pub text: &'static str,
    /// The file it stands in.
    pub file: &'static str,
    pub(crate) applies: Applies,
}

/// What a rule looks at.
#[derive(Debug)]
pub(crate) enum Applies {
    /// A variable of a loop.
    State(fn(&StateCase<'_>, &mut Rewriter<'_>) -> Lifting),
    /// What a loop carries from row to row; see `running_to_window`.
    Running,
    /// Probes inside expressions; see `lookups`.
    Lookups,
}

/// A rule's answer.
#[derive(Debug)]
pub(crate) enum Lifting {
    /// Done.
    Rewritten(Rewritten),
    /// Another rule may know.
    NotMine,
    /// It is this rule's business, but the rewrite would not mean the same.
    Refused(Refusal),
}

/// A relation that stands for a variable.
#[derive(Debug)]
pub(crate) struct Rewritten {
    pub(crate) node: NodeId,
    pub(crate) level: Level,
    pub(crate) reason: String,
    pub(crate) obligations: Vec<Obligation>,
}

/// A variable of a loop, ready to be rewritten.
pub(crate) struct StateCase<'a> {
    /// The state's node in the old graph.
    pub(crate) id: NodeId,
    pub(crate) name: &'a str,
    pub(crate) kind: &'a FoldKind,
    /// Rows the loop runs over, in the new graph.
    pub(crate) input: NodeId,
    /// Types of what the variable holds at the end.
    pub(crate) schema: &'a Schema,
    pub(crate) spans: &'a [Span],
    /// Whether anybody reads the entries in order; probing a dictionary does not.
    pub(crate) order_observed: bool,
}

impl StateCase<'_> {
    /// What the variable is, for reports.
    pub(crate) fn construct(&self) -> String {
        let what = match self.kind {
            FoldKind::Rows(_) => "list",
            FoldKind::Map { slots, .. } if slots.is_empty() => "set",
            FoldKind::Map { .. } => "dictionary",
            FoldKind::Scalar { .. } => "variable",
        };
        format!("{what} `{}` updated in a loop over rows", self.name)
    }

    pub(crate) fn refuse(&self, reason: impl Into<String>) -> Lifting {
        Lifting::Refused(self.refusal(reason))
    }

    pub(crate) fn refusal(&self, reason: impl Into<String>) -> Refusal {
        Refusal::new(self.construct(), reason, self.spans.first().cloned())
    }

    pub(crate) fn mistyped(&self, error: &TypeError) -> Lifting {
        self.refuse(error.to_string())
    }

    pub(crate) fn holds(&self, node: NodeId, condition: Expr, why: &str) -> Obligation {
        Obligation {
            node,
            kind: ObligationKind::Holds(condition),
            why: why.to_owned(),
            spans: self.spans.to_vec(),
        }
    }

    pub(crate) fn not_empty(&self, node: NodeId, why: &str) -> Obligation {
        Obligation {
            node,
            kind: ObligationKind::NotEmpty,
            why: why.to_owned(),
            spans: self.spans.to_vec(),
        }
    }
}

/// A name that none of the schemas has.
pub(crate) fn fresh_name(wanted: &str, taken: &[&Schema]) -> ColumnName {
    let free = |name: &ColumnName| !taken.iter().any(|schema| schema.has(name));
    let name = ColumnName::from(wanted);
    if free(&name) {
        return name;
    }
    (2..=u32::MAX)
        .map(|number| ColumnName::from(format!("{wanted}_{number}")))
        .find(free)
        .expect("a schema has finitely many columns")
}

/// Whether the relation has at most one row per combination of these columns.
pub(crate) fn is_unique(flow: &Dataflow, node: NodeId, columns: &[ColumnName]) -> bool {
    let node = flow.node(node);
    node.cardinality == Cardinality::One
        || node
            .keys
            .iter()
            .any(|key| key.iter().all(|column| columns.contains(column)))
        || is_numbered(&node.op, columns)
}

/// Whether the columns hold the number of a row and what it is counted by.
fn is_numbered(op: &Op, columns: &[ColumnName]) -> bool {
    let Op::Window {
        partition,
        functions,
        ..
    } = op
    else {
        return false;
    };
    let numbered = functions
        .iter()
        .any(|(name, function)| *function == WindowFunction::RowNumber && columns.contains(name));
    numbered
        && partition
            .iter()
            .all(|part| part.as_column().is_some_and(|part| columns.contains(part)))
}

/// Declares a rule; its documentation comment is its text.
macro_rules! declare_lifting_rule {
    ($(#[doc = $text:literal])* static $id:ident = { name: $name:literal, since: $since:literal, applies: $applies:expr $(,)? };) => {
        $(#[doc = $text])*
        pub(crate) static $id: $crate::LiftingRule = $crate::LiftingRule {
            name: $name,
            since: $since,
            text: concat!($($text, "\n"),*),
            file: file!(),
            applies: $applies,
        };
    };
}
pub(crate) use declare_lifting_rule;
