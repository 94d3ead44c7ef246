//! Windows that stand on each other become one, where they look at the same rows in the same order.

use relift_dataflow::{Expr, Node, NodeId, Op, WindowFunction};
use relift_job::ColumnName;

/// Operations a value may have to be written again inside a window.
const REPEATED_MAX: usize = 6;

/// The operators that stand for a window over another: the inner one first, in which the outer one's
/// functions are computed too, and the projection above it, if there is one.
pub(crate) struct Merged {
    pub(crate) window: Op,
    pub(crate) projection: Vec<(ColumnName, Expr)>,
}

/// Merges `op`, a window, with the window below it, directly or under the projection `between`.
pub(crate) fn merged(
    op: &Op,
    between: Option<&[(ColumnName, Expr)]>,
    below: &Node,
    input: &Node,
) -> Option<Merged> {
    let Op::Window {
        partition,
        order,
        functions,
        ..
    } = op
    else {
        return None;
    };
    let Op::Window {
        input: source,
        partition: inner_partition,
        order: inner_order,
        functions: inner,
    } = &below.op
    else {
        return None;
    };
    let mut repeated = 0;
    let over_source = |expr: &Expr| match between {
        None => expr.clone(),
        Some(columns) => expr.clone().substitute(&|name| {
            let (_, value) = columns.iter().find(|(own, _)| own == name)?;
            Some(value.clone())
        }),
    };
    let same_rows = partition.len() == inner_partition.len()
        && partition
            .iter()
            .zip(inner_partition)
            .all(|(own, other)| over_source(own) == *other)
        && order.len() == inner_order.len()
        && order.iter().zip(inner_order).all(|(own, other)| {
            over_source(&own.expr) == other.expr
                && own.descending == other.descending
                && own.missing_first == other.missing_first
        });
    if !same_rows {
        return None;
    }
    let mut all = inner.clone();
    let mut made: Vec<(ColumnName, Expr)> = Vec::new();
    for (name, function) in functions {
        let moved = function.clone().rebuild(&mut |expr| over_source(&expr));
        for expr in moved.exprs() {
            let mut size = 0;
            expr.walk(&mut |_| size += 1);
            repeated = repeated.max(size);
            let reads_inner = expr
                .columns()
                .iter()
                .any(|column| inner.iter().any(|(own, _)| own == column));
            if reads_inner {
                return None;
            }
        }
        made.push((name.clone(), placed(&mut all, input, name, moved)));
    }
    if between.is_some() && repeated > REPEATED_MAX {
        return None;
    }
    let mut projection: Vec<(ColumnName, Expr)> = match between {
        Some(columns) => columns.to_vec(),
        None => below
            .schema
            .names()
            .map(|name| (name.clone(), Expr::column(name.clone())))
            .collect(),
    };
    projection.extend(made);
    Some(Merged {
        window: Op::Window {
            input: *source,
            partition: inner_partition.clone(),
            order: inner_order.clone(),
            functions: all,
        },
        projection,
    })
}

/// The column that holds a function's value, an equal one's if there is one.
fn placed(
    all: &mut Vec<(ColumnName, WindowFunction)>,
    input: &Node,
    name: &ColumnName,
    function: WindowFunction,
) -> Expr {
    if let Some((own, _)) = all.iter().find(|(_, other)| *other == function) {
        return Expr::column(own.clone());
    }
    let mut own = name.clone();
    let mut count = 1;
    while input.schema.has(&own) || all.iter().any(|(other, _)| *other == own) {
        count += 1;
        own = ColumnName::from(format!("{name}_{count}"));
    }
    all.push((own.clone(), function));
    Expr::column(own)
}

/// Columns of a projection.
type Columns<'a> = &'a [(ColumnName, Expr)];

/// The window below a window, and the projection between them.
pub(crate) fn below<'a>(
    node: &'a dyn Fn(NodeId) -> &'a Node,
    once: &dyn Fn(&NodeId) -> bool,
    input: NodeId,
) -> Option<(&'a Node, Option<Columns<'a>>)> {
    if !once(&input) {
        return None;
    }
    match &node(input).op {
        Op::Window { .. } => Some((node(input), None)),
        Op::Map {
            input: lower,
            columns,
        } if once(lower) && matches!(node(*lower).op, Op::Window { .. }) => {
            Some((node(*lower), Some(columns)))
        }
        _ => None,
    }
}
