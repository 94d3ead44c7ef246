//! From which lake columns a value comes.

use std::collections::BTreeSet;

use relift_dataflow::{Dataflow, Expr, ExprKind, LookupValue, NodeId, Op};
use relift_job::ColumnName;

/// A column of a scan.
pub(crate) type Source = (NodeId, ColumnName);

/// The lake columns an expression over `inputs` is computed from.
pub(crate) fn sources(flow: &Dataflow, inputs: &[NodeId], expr: &Expr) -> BTreeSet<Source> {
    let mut found = BTreeSet::new();
    expr.walk(&mut |part| match &part.kind {
        ExprKind::Column(name) => {
            let side = inputs
                .iter()
                .find(|input| flow.node(**input).schema.has(name));
            if let Some(side) = side {
                found.extend(sources_of_column(flow, *side, name));
            }
        }
        ExprKind::Lookup {
            relation,
            value: LookupValue::Column(name),
            ..
        }
        | ExprKind::Scalar {
            relation,
            column: name,
        } => found.extend(sources_of_column(flow, *relation, name)),
        _ => {}
    });
    found
}

/// The lake columns a column of a relation is computed from.
pub(crate) fn sources_of_column(
    flow: &Dataflow,
    node: NodeId,
    column: &ColumnName,
) -> BTreeSet<Source> {
    let nothing = BTreeSet::new;
    match &flow.node(node).op {
        Op::Scan { .. } => BTreeSet::from([(node, column.clone())]),
        Op::Map { input, columns } => columns
            .iter()
            .find(|(own, _)| own == column)
            .map_or_else(nothing, |(_, value)| sources(flow, &[*input], value)),
        Op::Filter { input, .. }
        | Op::Pick { input, .. }
        | Op::Sort { input, .. }
        | Op::Limit { input, .. }
        | Op::Distinct { input }
        | Op::When { input, .. } => sources_of_column(flow, *input, column),
        Op::Join { left, right, .. } => [*left, *right]
            .into_iter()
            .find(|side| flow.node(*side).schema.has(column))
            .map_or_else(nothing, |side| sources_of_column(flow, side, column)),
        Op::Aggregate {
            input,
            keys,
            aggregates,
            ..
        } => {
            let key = keys
                .iter()
                .find(|(own, _)| own == column)
                .map(|(_, key)| key);
            let argument = aggregates
                .iter()
                .find(|(own, _)| own == column)
                .and_then(|(_, aggregate)| aggregate.argument.as_ref());
            key.or(argument)
                .map_or_else(nothing, |expr| sources(flow, &[*input], expr))
        }
        Op::Window {
            input, functions, ..
        } => match functions.iter().find(|(own, _)| own == column) {
            None => sources_of_column(flow, *input, column),
            Some((_, function)) => function
                .exprs()
                .into_iter()
                .flat_map(|expr| sources(flow, &[*input], expr))
                .collect(),
        },
        Op::Running(running) => {
            let slot = running
                .slots
                .iter()
                .find(|slot| slot.before == *column || slot.after == *column);
            match slot {
                Some(slot) => [&slot.first, &slot.next]
                    .into_iter()
                    .flat_map(|expr| sources(flow, &[running.input], expr))
                    .collect(),
                None if running.presence == *column => {
                    sources(flow, &[running.input], &running.creates)
                }
                None => sources_of_column(flow, running.input, column),
            }
        }
        Op::Union { inputs } => inputs
            .iter()
            .flat_map(|input| sources_of_column(flow, *input, column))
            .collect(),
        Op::Values { .. } | Op::Fold(_) => nothing(),
        Op::State { fold, state } => match &flow.node(*fold).op {
            Op::Fold(fold) => fold.states[*state]
                .kind
                .exprs()
                .into_iter()
                .flat_map(|expr| sources(flow, &[fold.input], expr))
                .collect(),
            _ => nothing(),
        },
    }
}
