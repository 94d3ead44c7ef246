//! From which lake columns the value of an output column comes.
//!
//! Only what becomes part of the value counts, not what decided whether its row is there: a filter's
//! columns would make every column depend on nearly all.

use std::collections::BTreeSet;

use relift_dataflow::{Dataflow, Expr, ExprKind, Fold, FoldKind, LookupValue, NodeId, Op};
use relift_job::{ColumnName, TableName};

/// Lake columns that the column of a node is computed from.
pub(super) fn sources(
    flow: &Dataflow,
    node: NodeId,
    column: &ColumnName,
) -> BTreeSet<(TableName, ColumnName)> {
    let mut trace = Trace {
        flow,
        seen: BTreeSet::new(),
        found: BTreeSet::new(),
    };
    trace.column(node, column);
    trace.found
}

struct Trace<'f> {
    flow: &'f Dataflow,
    seen: BTreeSet<(NodeId, ColumnName)>,
    found: BTreeSet<(TableName, ColumnName)>,
}

impl Trace<'_> {
    fn column(&mut self, id: NodeId, column: &ColumnName) {
        if !self.seen.insert((id, column.clone())) {
            return;
        }
        let flow = self.flow;
        match &flow.node(id).op {
            Op::Scan { table, .. } => {
                self.found.insert((table.clone(), column.clone()));
            }
            Op::Values { columns, rows } => {
                if let Some(at) = columns.iter().position(|name| name == column) {
                    rows.iter()
                        .filter_map(|row| row.get(at))
                        .for_each(|value| self.expr(None, value));
                }
            }
            Op::Filter { input, .. }
            | Op::Pick { input, .. }
            | Op::Sort { input, .. }
            | Op::Limit { input, .. }
            | Op::Distinct { input }
            | Op::When { input, .. } => self.column(*input, column),
            Op::Map { input, columns } => self.named(*input, columns, column),
            Op::Join {
                left,
                right,
                presence,
                on,
                ..
            } => {
                if flow.node(*left).schema.has(column) {
                    self.column(*left, column);
                } else if flow.node(*right).schema.has(column) {
                    self.column(*right, column);
                } else if presence.as_ref() == Some(column) {
                    for (_, key) in on {
                        self.expr(Some(*right), key);
                    }
                }
            }
            Op::Aggregate {
                input,
                keys,
                aggregates,
                ..
            } => {
                self.named(*input, keys, column);
                for (_, aggregate) in aggregates.iter().filter(|(name, _)| name == column) {
                    for part in aggregate.argument.iter().chain(&aggregate.filter) {
                        self.expr(Some(*input), part);
                    }
                }
            }
            Op::Union { inputs } => {
                for input in inputs {
                    self.column(*input, column);
                }
            }
            Op::Window {
                input, functions, ..
            } => match functions.iter().find(|(name, _)| name == column) {
                None => self.column(*input, column),
                Some((_, function)) => {
                    for part in function.exprs() {
                        self.expr(Some(*input), part);
                    }
                }
            },
            Op::Running(running) => {
                let mut own = running
                    .slots
                    .iter()
                    .filter(|slot| slot.before == *column || slot.after == *column)
                    .peekable();
                if own.peek().is_none() && running.presence != *column {
                    self.column(running.input, column);
                }
                for slot in own {
                    self.expr(Some(running.input), &slot.first);
                    self.expr(Some(running.input), &slot.next);
                }
            }
            Op::Fold(_) => {}
            Op::State { fold, state } => {
                if let Op::Fold(loop_) = &flow.node(*fold).op {
                    self.state(loop_, *state, column);
                }
            }
        }
    }

    fn state(&mut self, fold: &Fold, state: usize, column: &ColumnName) {
        let Some(state) = fold.states.get(state) else {
            return;
        };
        match &state.kind {
            FoldKind::Rows(emits) => {
                for emit in emits {
                    self.named(fold.input, &emit.columns, column);
                }
            }
            FoldKind::Map { keys, slots, .. } => {
                self.named(fold.input, keys, column);
                for slot in slots.iter().filter(|slot| slot.name == *column) {
                    self.expr(Some(fold.input), &slot.first);
                    self.expr(Some(fold.input), &slot.next);
                }
            }
            FoldKind::Scalar {
                name,
                initial,
                next,
            } => {
                if name == column {
                    self.expr(Some(fold.input), initial);
                    self.expr(Some(fold.input), next);
                }
            }
        }
    }

    fn named(&mut self, input: NodeId, columns: &[(ColumnName, Expr)], column: &ColumnName) {
        for (_, value) in columns.iter().filter(|(name, _)| name == column) {
            self.expr(Some(input), value);
        }
    }

    fn expr(&mut self, input: Option<NodeId>, expr: &Expr) {
        if let Some(input) = input {
            for column in expr.columns() {
                self.column(input, &column);
            }
        }
        let mut probes = Vec::new();
        expr.walk(&mut |part| match &part.kind {
            ExprKind::Lookup {
                relation,
                value: LookupValue::Column(column),
                ..
            }
            | ExprKind::Scalar { relation, column } => probes.push((*relation, column.clone())),
            _ => {}
        });
        for (relation, column) in probes {
            self.column(relation, &column);
        }
    }
}
