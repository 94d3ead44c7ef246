//! What a row can know of the rows around it: window functions, and variables a loop carries along.

use relift_job::ColumnName;

use crate::{Aggregate, Expr, NodeId};

/// A column computed over the rows of a partition.
#[derive(Clone, Debug, PartialEq)]
pub enum WindowFunction {
    /// Place in the partition, from 1; ties stand in the input's order.
    RowNumber,
    /// One more than the number of rows that sort before.
    Rank,
    /// One more than the number of different sort keys before.
    DenseRank,
    /// Which of so many groups of nearly equal size the row falls into, from 1; earlier groups are the
    /// larger ones.
    Tile(u64),
    /// The value that many rows before, or after when negative.
    Offset {
        /// Of what.
        value: Expr,
        /// How many rows back.
        rows: i64,
        /// Over the current row, when the partition has no such row.
        default: Expr,
    },
    /// An aggregate over the rows of a frame, in the partition's order.
    Over {
        /// Which.
        aggregate: Aggregate,
        /// Which rows.
        frame: Frame,
    },
}

/// Rows of a partition relative to the current one; none when `end` comes before `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// First row.
    pub start: Bound,
    /// Last row.
    pub end: Bound,
}

/// One end of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The partition's end on that side.
    Unbounded,
    /// So many rows before the current one.
    Preceding(u64),
    /// The current row.
    CurrentRow,
    /// The row on that side which is farthest away among those that sort as the current one.
    Peers,
    /// So many rows after the current one.
    Following(u64),
}

impl Frame {
    /// From the first row up to and including the current one.
    pub const RUNNING: Self = Self {
        start: Bound::Unbounded,
        end: Bound::CurrentRow,
    };

    /// All rows before the current one.
    pub const BEFORE: Self = Self {
        start: Bound::Unbounded,
        end: Bound::Preceding(1),
    };

    /// The whole partition.
    pub const WHOLE: Self = Self {
        start: Bound::Unbounded,
        end: Bound::Unbounded,
    };
}

impl WindowFunction {
    /// Its expressions, in the order they are written.
    pub fn exprs(&self) -> Vec<&Expr> {
        match self {
            Self::RowNumber | Self::Rank | Self::DenseRank | Self::Tile(_) => Vec::new(),
            Self::Offset { value, default, .. } => vec![value, default],
            Self::Over { aggregate, .. } => aggregate.exprs(),
        }
    }

    /// Whether the result can depend on the order in which ties stand.
    pub fn observes_order(&self) -> bool {
        let whole = |bound: Bound| matches!(bound, Bound::Unbounded | Bound::Peers);
        match self {
            Self::Rank | Self::DenseRank => false,
            Self::RowNumber | Self::Tile(_) | Self::Offset { .. } => true,
            Self::Over { aggregate, frame } => {
                aggregate.function.observes_order() || !whole(frame.start) || !whole(frame.end)
            }
        }
    }

    /// The same function with its expressions exchanged.
    #[must_use]
    pub fn rebuild(self, expr: &mut dyn FnMut(Expr) -> Expr) -> Self {
        match self {
            Self::Offset {
                value,
                rows,
                default,
            } => Self::Offset {
                value: expr(value),
                rows,
                default: expr(default),
            },
            Self::Over { aggregate, frame } => Self::Over {
                aggregate: aggregate.rebuild(expr),
                frame,
            },
            other => other,
        }
    }
}

/// A loop seen from inside: its rows, each with what an entry of a dictionary held before it and holds
/// after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    /// Rows the loop runs over.
    pub input: NodeId,
    /// Key of the entry a row touches; without keys there is one entry, as for plain variables.
    pub keys: Vec<Expr>,
    /// Whether a row creates the entry when it is absent.
    pub creates: Expr,
    /// A bool column: whether the entry was there before the row.
    pub presence: ColumnName,
    /// The entry's values.
    pub slots: Vec<RunningSlot>,
}

/// One value of an entry, before and after each row.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningSlot {
    /// Column with the value before the row; missing where the entry was absent.
    pub before: ColumnName,
    /// Column with the value after the row; missing where the entry is still absent.
    pub after: ColumnName,
    /// Value when the row creates the entry.
    pub first: Expr,
    /// Value when the entry is there; may read [`ExprKind::Previous`](crate::ExprKind) of the `before`
    /// columns of this entry.
    pub next: Expr,
}
