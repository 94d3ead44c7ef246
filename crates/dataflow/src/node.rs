//! Operators and what every node states about its rows.

use std::fmt;

use relift_diagnostics::Span;
use relift_job::{ColumnName, DateMode, FrameName, TableName};

use crate::{Aggregate, Expr, Running, RunningSlot, Schema, WindowFunction};

/// A node's place in its [`Dataflow`](crate::Dataflow); inputs have smaller numbers than their users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", self.0)
    }
}

/// One relation.
#[derive(Clone, Debug)]
pub struct Node {
    /// How it is made.
    pub op: Op,
    /// Its columns.
    pub schema: Schema,
    /// Its order.
    pub order: Order,
    /// Sets of columns no two rows agree on.
    pub keys: Vec<Vec<ColumnName>>,
    /// How many rows it can have.
    pub cardinality: Cardinality,
    /// Where in the legacy code it comes from.
    pub spans: Vec<Span>,
    /// What the legacy code called it; names a common table expression.
    pub name: Option<String>,
    /// Index of the legacy module it comes from.
    pub module: usize,
}

/// How many rows a relation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// Exactly one.
    One,
    /// Any number.
    Many,
}

/// In which order rows stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Nothing is promised, so nothing may depend on it.
    Unordered,
    /// By these terms, the first being the most significant.
    By(Vec<OrderTerm>),
}

/// One criterion of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderTerm {
    /// Stored order of a scan, or listed order of values.
    Position(NodeId),
    /// First appearance of a group's key in the input of that node.
    FirstSeen(NodeId),
    /// Branch of a union, then the branch's own order.
    Branch(NodeId),
    /// Position of an emission among those of one input row.
    Emission(NodeId),
    /// Value of a column.
    Column {
        /// Which column.
        name: ColumnName,
        /// Largest first.
        descending: bool,
        /// Missing values before all others.
        missing_first: bool,
    },
}

/// Operators.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Rows of a lake table, with the lake's own types; the effective date column is one of `columns`.
    Scan {
        /// The table.
        table: TableName,
        /// Columns, in order.
        columns: Vec<ColumnName>,
        /// Which dates.
        dates: DateMode,
        /// The shared-state frame it fills.
        frame: FrameName,
    },
    /// Rows written out; every row has one expression (without columns) per column.
    Values {
        /// Column names.
        columns: Vec<ColumnName>,
        /// Rows.
        rows: Vec<Vec<Expr>>,
    },
    /// Rows for which the predicate is true.
    Filter {
        /// Input.
        input: NodeId,
        /// Condition.
        predicate: Expr,
    },
    /// Exactly these columns, computed per row.
    Map {
        /// Input.
        input: NodeId,
        /// Name and value of each column.
        columns: Vec<(ColumnName, Expr)>,
    },
    /// Pairs of rows. Column names of the two sides must differ.
    Join {
        /// Left input; its order leads.
        left: NodeId,
        /// Right input.
        right: NodeId,
        /// Which rows survive.
        kind: JoinKind,
        /// Pairs of expressions, over left and over right, that must be equal.
        on: Vec<(Expr, Expr)>,
        /// Whether missing equals missing.
        null_safe: bool,
        /// Further condition over both sides.
        condition: Option<Expr>,
        /// For a left join: a bool column telling whether the right side matched.
        presence: Option<ColumnName>,
    },
    /// One row per group; without keys exactly one row, also on no input.
    Aggregate {
        /// Input.
        input: NodeId,
        /// Keys: missing equals missing.
        keys: Vec<(ColumnName, Expr)>,
        /// Aggregates.
        aggregates: Vec<(ColumnName, Aggregate)>,
        /// Order of the groups.
        order: GroupOrder,
    },
    /// One whole row per key; groups stand in order of first appearance.
    Pick {
        /// Input.
        input: NodeId,
        /// Key columns; missing equals missing.
        keys: Vec<ColumnName>,
        /// Which row of a group.
        which: PickWhich,
    },
    /// Stable sort.
    Sort {
        /// Input.
        input: NodeId,
        /// Criteria.
        by: Vec<SortKey>,
    },
    /// The first rows.
    Limit {
        /// Input.
        input: NodeId,
        /// How many.
        count: u64,
    },
    /// Different rows, each at its first appearance; missing equals missing.
    Distinct {
        /// Input.
        input: NodeId,
    },
    /// Inputs one after the other; columns are matched by name, those of the first input leading.
    Union {
        /// Inputs.
        inputs: Vec<NodeId>,
    },
    /// The input, or no rows unless the condition holds. The condition reads no columns.
    When {
        /// Input.
        input: NodeId,
        /// Condition over parameters and scalars.
        condition: Expr,
    },
    /// The input's rows, in their order, with further columns computed over the rows of a partition.
    Window {
        /// Input.
        input: NodeId,
        /// Rows see those with equal values only; missing equals missing. Empty: all rows.
        partition: Vec<Expr>,
        /// How the rows of a partition stand for that; ties keep the input's order.
        order: Vec<SortKey>,
        /// Name and value of each further column.
        functions: Vec<(ColumnName, WindowFunction)>,
    },
    /// A loop's rows with what it carries from row to row as further columns.
    Running(Running),
    /// A loop over rows, in order, that is not yet classified. Has no rows of its own: see [`Op::State`].
    Fold(Fold),
    /// What one state variable of a fold holds after the last row.
    State {
        /// The fold.
        fold: NodeId,
        /// Index into its states.
        state: usize,
    },
}

/// A loop over rows with the variables it updates.
#[derive(Clone, Debug, PartialEq)]
pub struct Fold {
    /// Rows it runs over.
    pub input: NodeId,
    /// What it updates.
    pub states: Vec<FoldState>,
}

/// One variable a loop updates.
#[derive(Clone, Debug)]
pub struct FoldState {
    /// Its name in the legacy code.
    pub name: String,
    /// How it changes per row.
    pub kind: FoldKind,
    /// Statements that change it.
    pub spans: Vec<Span>,
}

impl PartialEq for FoldState {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// The change per row, in normal form.
#[derive(Clone, Debug, PartialEq)]
pub enum FoldKind {
    /// A list: for each row, the emissions whose guard is true are appended, in order.
    Rows(Vec<Emit>),
    /// A dictionary touched under one key per row.
    Map {
        /// Key columns and their values for this row.
        keys: Vec<(ColumnName, Expr)>,
        /// Whether this row creates the entry when the key is absent.
        creates: Expr,
        /// The entry's values.
        slots: Vec<MapSlot>,
    },
    /// A scalar: starts as `initial`, becomes `next` (over [`ExprKind::Previous`](crate::ExprKind) of its own name).
    Scalar {
        /// Column the result is read by.
        name: ColumnName,
        /// Before the first row.
        initial: Expr,
        /// After each row.
        next: Expr,
    },
}

/// One append.
#[derive(Clone, Debug, PartialEq)]
pub struct Emit {
    /// When.
    pub guard: Expr,
    /// Values of the appended record; all emissions of a list have the same columns.
    pub columns: Vec<(ColumnName, Expr)>,
}

/// One value of a dictionary's entry.
#[derive(Clone, Debug, PartialEq)]
pub struct MapSlot {
    /// Column it is read by.
    pub name: ColumnName,
    /// Value when this row creates the entry.
    pub first: Expr,
    /// Value when the entry is there; may read [`ExprKind::Previous`](crate::ExprKind) slots of this entry.
    pub next: Expr,
}

/// Which rows a join keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// Matching pairs.
    Inner,
    /// Matching pairs, and left rows without a match.
    Left,
    /// Left rows with a match; only left columns.
    Semi,
    /// Left rows without a match; only left columns.
    Anti,
    /// All pairs.
    Cross,
}

/// Order of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupOrder {
    /// By first appearance of the key in the input's order.
    FirstSeen,
    /// Ascending by key, missing first: what SQLite's grouping yields.
    ByKey,
    /// None promised.
    Unordered,
}

/// Which row of a group is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PickWhich {
    /// The first.
    First,
    /// The last.
    Last,
}

/// A sort criterion.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// By what.
    pub expr: Expr,
    /// Largest first (ties keep their order).
    pub descending: bool,
    /// Missing before all others.
    pub missing_first: bool,
}

impl Op {
    /// Its input relations (those its expressions probe aside), in order.
    pub fn inputs(&self) -> Vec<NodeId> {
        match self {
            Self::Scan { .. } | Self::Values { .. } => Vec::new(),
            Self::Filter { input, .. }
            | Self::Map { input, .. }
            | Self::Aggregate { input, .. }
            | Self::Pick { input, .. }
            | Self::Sort { input, .. }
            | Self::Limit { input, .. }
            | Self::Distinct { input }
            | Self::When { input, .. }
            | Self::Window { input, .. }
            | Self::Running(Running { input, .. })
            | Self::Fold(Fold { input, .. })
            | Self::State { fold: input, .. } => vec![*input],
            Self::Join { left, right, .. } => vec![*left, *right],
            Self::Union { inputs } => inputs.clone(),
        }
    }

    /// Its expressions, in the order they are written.
    pub fn exprs(&self) -> Vec<&Expr> {
        match self {
            Self::Scan { .. }
            | Self::Pick { .. }
            | Self::Limit { .. }
            | Self::Distinct { .. }
            | Self::Union { .. }
            | Self::State { .. } => Vec::new(),
            Self::Values { rows, .. } => rows.iter().flatten().collect(),
            Self::Filter { predicate, .. } => vec![predicate],
            Self::Map { columns, .. } => columns.iter().map(|(_, value)| value).collect(),
            Self::Join { on, condition, .. } => on
                .iter()
                .flat_map(|(left, right)| [left, right])
                .chain(condition)
                .collect(),
            Self::Aggregate {
                keys, aggregates, ..
            } => {
                let aggregates = aggregates.iter().flat_map(|(_, one)| one.exprs());
                keys.iter().map(|(_, key)| key).chain(aggregates).collect()
            }
            Self::Sort { by, .. } => by.iter().map(|key| &key.expr).collect(),
            Self::When { condition, .. } => vec![condition],
            Self::Window {
                partition,
                order,
                functions,
                ..
            } => partition
                .iter()
                .chain(order.iter().map(|key| &key.expr))
                .chain(functions.iter().flat_map(|(_, function)| function.exprs()))
                .collect(),
            Self::Running(running) => running
                .keys
                .iter()
                .chain([&running.creates])
                .chain(
                    running
                        .slots
                        .iter()
                        .flat_map(|slot| [&slot.first, &slot.next]),
                )
                .collect(),
            Self::Fold(fold) => fold
                .states
                .iter()
                .flat_map(|state| state.kind.exprs())
                .collect(),
        }
    }

    /// The same operator with every expression and every input exchanged.
    #[must_use]
    pub fn rebuild(
        self,
        input: &mut impl FnMut(NodeId) -> NodeId,
        expr: &mut impl FnMut(Expr) -> Expr,
    ) -> Op {
        let named = |columns: Vec<(ColumnName, Expr)>, expr: &mut dyn FnMut(Expr) -> Expr| {
            columns
                .into_iter()
                .map(|(name, value)| (name, expr(value)))
                .collect::<Vec<_>>()
        };
        match self {
            scan @ Self::Scan { .. } => scan,
            Self::Values { columns, rows } => Self::Values {
                columns,
                rows: rows
                    .into_iter()
                    .map(|row| row.into_iter().map(&mut *expr).collect())
                    .collect(),
            },
            Self::Filter {
                input: i,
                predicate,
            } => Self::Filter {
                input: input(i),
                predicate: expr(predicate),
            },
            Self::Map { input: i, columns } => Self::Map {
                input: input(i),
                columns: named(columns, expr),
            },
            Self::Join {
                left,
                right,
                kind,
                on,
                null_safe,
                condition,
                presence,
            } => Self::Join {
                left: input(left),
                right: input(right),
                kind,
                on: on.into_iter().map(|(l, r)| (expr(l), expr(r))).collect(),
                null_safe,
                condition: condition.map(&mut *expr),
                presence,
            },
            Self::Aggregate {
                input: i,
                keys,
                aggregates,
                order,
            } => Self::Aggregate {
                input: input(i),
                keys: named(keys, expr),
                aggregates: aggregates
                    .into_iter()
                    .map(|(name, aggregate)| (name, aggregate.rebuild(expr)))
                    .collect(),
                order,
            },
            Self::Pick {
                input: i,
                keys,
                which,
            } => Self::Pick {
                input: input(i),
                keys,
                which,
            },
            Self::Sort { input: i, by } => Self::Sort {
                input: input(i),
                by: criteria(by, expr),
            },
            Self::Limit { input: i, count } => Self::Limit {
                input: input(i),
                count,
            },
            Self::Distinct { input: i } => Self::Distinct { input: input(i) },
            Self::Union { inputs } => Self::Union {
                inputs: inputs.into_iter().map(input).collect(),
            },
            Self::When {
                input: i,
                condition,
            } => Self::When {
                input: input(i),
                condition: expr(condition),
            },
            Self::Window {
                input: i,
                partition,
                order,
                functions,
            } => Self::Window {
                input: input(i),
                partition: partition.into_iter().map(&mut *expr).collect(),
                order: criteria(order, expr),
                functions: functions
                    .into_iter()
                    .map(|(name, function)| (name, function.rebuild(expr)))
                    .collect(),
            },
            Self::Running(running) => Self::Running(Running {
                input: input(running.input),
                keys: running.keys.into_iter().map(&mut *expr).collect(),
                creates: expr(running.creates),
                presence: running.presence,
                slots: running
                    .slots
                    .into_iter()
                    .map(|slot| RunningSlot {
                        first: expr(slot.first),
                        next: expr(slot.next),
                        ..slot
                    })
                    .collect(),
            }),
            Self::Fold(Fold { input: i, states }) => Self::Fold(Fold {
                input: input(i),
                states: states
                    .into_iter()
                    .map(|state| FoldState {
                        kind: match state.kind {
                            FoldKind::Rows(emits) => FoldKind::Rows(
                                emits
                                    .into_iter()
                                    .map(|Emit { guard, columns }| Emit {
                                        guard: expr(guard),
                                        columns: named(columns, expr),
                                    })
                                    .collect(),
                            ),
                            FoldKind::Map {
                                keys,
                                creates,
                                slots,
                            } => FoldKind::Map {
                                keys: named(keys, expr),
                                creates: expr(creates),
                                slots: slots
                                    .into_iter()
                                    .map(|MapSlot { name, first, next }| MapSlot {
                                        name,
                                        first: expr(first),
                                        next: expr(next),
                                    })
                                    .collect(),
                            },
                            FoldKind::Scalar {
                                name,
                                initial,
                                next,
                            } => FoldKind::Scalar {
                                name,
                                initial: expr(initial),
                                next: expr(next),
                            },
                        },
                        ..state
                    })
                    .collect(),
            }),
            Self::State { fold, state } => Self::State {
                fold: input(fold),
                state,
            },
        }
    }
}

/// Criteria with their expressions exchanged.
fn criteria(by: Vec<SortKey>, expr: &mut dyn FnMut(Expr) -> Expr) -> Vec<SortKey> {
    by.into_iter()
        .map(|key| SortKey {
            expr: expr(key.expr),
            ..key
        })
        .collect()
}

impl FoldKind {
    /// Its expressions.
    pub fn exprs(&self) -> Vec<&Expr> {
        match self {
            Self::Rows(emits) => emits
                .iter()
                .flat_map(|emit| {
                    std::iter::once(&emit.guard).chain(emit.columns.iter().map(|(_, value)| value))
                })
                .collect(),
            Self::Map {
                keys,
                creates,
                slots,
            } => keys
                .iter()
                .map(|(_, key)| key)
                .chain([creates])
                .chain(slots.iter().flat_map(|slot| [&slot.first, &slot.next]))
                .collect(),
            Self::Scalar { initial, next, .. } => vec![initial, next],
        }
    }
}
