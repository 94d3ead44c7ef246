//! What columns over the rows of a partition demand.

use relift_dataflow::{Bound, Dataflow, Expr, Frame, NodeId, SortKey, WindowFunction};
use relift_job::ColumnName;

use crate::Kind;
use crate::sentences::{Demand, aggregate_words};
use crate::words::{Scope, column_name, listed, relation_name, value_of};

/// One demand per column.
pub(crate) fn window_demands(
    flow: &Dataflow,
    id: NodeId,
    input: NodeId,
    partition: &[Expr],
    order: &[SortKey],
    functions: &[(ColumnName, WindowFunction)],
) -> Vec<Demand> {
    let (name, from) = (relation_name(flow, id), relation_name(flow, input));
    let inputs = [input];
    let scope = Scope::over(flow, &inputs);
    let among = if partition.is_empty() {
        format!("the rows of {from}")
    } else {
        let keys: Vec<String> = partition.iter().map(|key| scope.value(key)).collect();
        format!("the rows of {from} with the same {}", listed(&keys))
    };
    let sorted = if order.is_empty() {
        "in their order".to_owned()
    } else {
        let terms: Vec<String> = order
            .iter()
            .map(|key| {
                let direction = if key.descending {
                    "descending"
                } else {
                    "ascending"
                };
                format!("{} {direction}", scope.value(&key.expr))
            })
            .collect();
        format!("ordered by {}", listed(&terms))
    };
    functions
        .iter()
        .map(|(column, function)| {
            let column = column_name(flow, id, column);
            let value = function_words(&scope, function, &among, &sorted);
            let keys = order.iter().map(|key| &key.expr);
            let exprs: Vec<&Expr> = function
                .exprs()
                .into_iter()
                .chain(partition)
                .chain(keys)
                .collect();
            Demand::new(
                Kind::Derive,
                format!("{column} of {name}"),
                format!("The job shall set {} to {value}.", value_of(&column, &name)),
            )
            .of(&exprs)
        })
        .collect()
}

fn function_words(
    scope: &Scope<'_>,
    function: &WindowFunction,
    among: &str,
    sorted: &str,
) -> String {
    match function {
        WindowFunction::RowNumber => {
            format!("the row's place among {among}, {sorted}, counted from 1")
        }
        WindowFunction::Rank => format!(
            "the row's rank among {among}, {sorted}, equal rows sharing the first of their places"
        ),
        WindowFunction::DenseRank => format!(
            "the row's rank among {among}, {sorted}, equal rows sharing a rank and no rank being left out"
        ),
        WindowFunction::Tile(count) => format!(
            "the number of the group the row falls into when {among}, {sorted}, are divided into {count} groups of nearly equal size"
        ),
        WindowFunction::Offset {
            value,
            rows,
            default,
        } => {
            let side = if *rows < 0 { "after" } else { "before" };
            let count = rows.unsigned_abs();
            let place = if count == 1 {
                format!("the row {side} it")
            } else {
                format!("the row {count} places {side} it")
            };
            format!(
                "{} of {place} among {among}, {sorted}, or {} where there is none",
                scope.operand(value),
                scope.value(default)
            )
        }
        WindowFunction::Over { aggregate, frame } => {
            let rows = format!("{} {among}, {sorted}", frame_words(*frame));
            format!(
                "{}, taken over {rows}",
                aggregate_words(scope, aggregate, among)
            )
        }
    }
}

fn frame_words(frame: Frame) -> String {
    let from = match frame.start {
        Bound::Unbounded => "the first".to_owned(),
        Bound::Preceding(rows) => format!("{rows} rows before"),
        Bound::CurrentRow => "itself".to_owned(),
        Bound::Peers => "the first row equal to it".to_owned(),
        Bound::Following(rows) => format!("{rows} rows after"),
    };
    let to = match frame.end {
        Bound::Unbounded => "the last".to_owned(),
        Bound::Preceding(1) => "the one before it".to_owned(),
        Bound::Preceding(rows) => format!("{rows} rows before it"),
        Bound::CurrentRow => "itself".to_owned(),
        Bound::Peers => "the last row equal to it".to_owned(),
        Bound::Following(rows) => format!("{rows} rows after it"),
    };
    format!("from {from} to {to} of")
}
