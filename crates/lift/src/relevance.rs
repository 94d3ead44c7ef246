//! Which relations and obligations a job's outputs rest on.

use std::collections::BTreeSet;

use relift_dataflow::{Dataflow, Expr, FoldKind, NodeId, Obligation, ObligationKind, Op, Running};

/// Relations needed for `roots`. A fold's variables count one by one: a list nobody reads needs nothing.
pub(crate) fn needed_nodes(
    flow: &Dataflow,
    roots: impl IntoIterator<Item = NodeId>,
) -> BTreeSet<NodeId> {
    let mut needed: BTreeSet<NodeId> = roots.into_iter().collect();
    let ids: Vec<NodeId> = flow.nodes().map(|(id, _)| id).collect();
    for id in ids.into_iter().rev() {
        if !needed.contains(&id) {
            continue;
        }
        match &flow.node(id).op {
            Op::State { fold, state } => {
                if let Op::Fold(fold) = &flow.node(*fold).op {
                    needed.insert(fold.input);
                    needed.extend(probed_by(&fold.states[*state].kind));
                }
            }
            op => {
                needed.extend(op.inputs());
                needed.extend(op.exprs().into_iter().flat_map(Expr::relations));
            }
        }
    }
    needed
}

fn probed_by(kind: &FoldKind) -> BTreeSet<NodeId> {
    kind.exprs().into_iter().flat_map(Expr::relations).collect()
}

/// The obligations that matter for the outputs.
///
/// What speaks of a needed relation matters. What speaks of rows derived one by one from a needed
/// relation matters too when it is about an error, since the legacy job would stop there whether or not
/// anybody uses the result. What rests on relations that nothing needs goes with them.
pub(crate) fn relevant_obligations(flow: &Dataflow) -> Vec<Obligation> {
    let needed = needed_nodes(flow, flow.sinks.iter().map(|sink| sink.input));
    flow.obligations
        .iter()
        .filter(|obligation| match &obligation.kind {
            ObligationKind::Holds(condition) => {
                !condition.is_true() && stands_on(flow, &needed, obligation.node)
            }
            ObligationKind::NeverMissing(_)
            | ObligationKind::Unique(_)
            | ObligationKind::NotEmpty => needed.contains(&obligation.node),
        })
        .cloned()
        .collect()
}

fn stands_on(flow: &Dataflow, needed: &BTreeSet<NodeId>, node: NodeId) -> bool {
    needed.contains(&node)
        || match &flow.node(node).op {
            Op::Filter { input, .. }
            | Op::Map { input, .. }
            | Op::Sort { input, .. }
            | Op::Limit { input, .. }
            | Op::When { input, .. }
            // What is counted of the rows only to be demanded of them.
            | Op::Aggregate { input, .. }
            | Op::Window { input, .. }
            | Op::Running(Running { input, .. }) => stands_on(flow, needed, *input),
            // What is demanded of the run itself holds whatever is read.
            Op::Values { .. } => true,
            Op::Scan { .. }
            | Op::Join { .. }
            | Op::Pick { .. }
            | Op::Distinct { .. }
            | Op::Union { .. }
            | Op::Fold(_)
            | Op::State { .. } => false,
        }
}

/// Relations an obligation needs to be checked.
pub(crate) fn checked_by(obligation: &Obligation) -> Vec<NodeId> {
    std::iter::once(obligation.node)
        .chain(
            obligation
                .kind
                .exprs()
                .into_iter()
                .flat_map(Expr::relations),
        )
        .collect()
}
