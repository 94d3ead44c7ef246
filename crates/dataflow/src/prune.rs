//! Which columns of each relation some root needs.

use std::collections::BTreeSet;

use relift_job::ColumnName;

use crate::{Dataflow, Expr, ExprKind, Fold, FoldKind, LookupValue, NodeId, Op};

/// For each relation, the columns needed to compute all columns of `roots`. A relation that is needed only
/// for its number of rows has an empty set; [`Dataflow::reachable`] tells it from an unneeded one.
pub fn needed_columns(flow: &Dataflow, roots: &[NodeId]) -> Vec<BTreeSet<ColumnName>> {
    let mut needed = Needed {
        sets: vec![BTreeSet::new(); flow.nodes().count()],
    };
    let reachable = flow.reachable(roots.iter().copied());
    for root in roots {
        let all: Vec<_> = flow.node(*root).schema.names().cloned().collect();
        needed.sets[root.0 as usize].extend(all);
    }
    for (id, node) in flow
        .nodes()
        .rev()
        .filter(|(id, _)| reachable[id.0 as usize])
    {
        let own = needed.sets[id.0 as usize].clone();
        needed.inputs_of(flow, &node.op, &own);
    }
    needed.sets
}

struct Needed {
    sets: Vec<BTreeSet<ColumnName>>,
}

impl Needed {
    fn want(&mut self, input: NodeId, columns: impl IntoIterator<Item = ColumnName>) {
        self.sets[input.0 as usize].extend(columns);
    }

    /// Columns and probed relations of an expression over `input`.
    fn expr(&mut self, input: NodeId, expr: &Expr) {
        self.want(input, expr.columns());
        self.probes(expr);
    }

    fn probes(&mut self, expr: &Expr) {
        expr.walk(&mut |part| match &part.kind {
            ExprKind::Lookup {
                relation,
                keys,
                value,
            } => {
                self.want(*relation, keys.iter().map(|(name, _)| name.clone()));
                if let LookupValue::Column(name) = value {
                    self.want(*relation, [name.clone()]);
                }
            }
            ExprKind::Scalar { relation, column } => self.want(*relation, [column.clone()]),
            _ => {}
        });
    }

    fn inputs_of(&mut self, flow: &Dataflow, op: &Op, own: &BTreeSet<ColumnName>) {
        match op {
            Op::Scan { .. } | Op::Fold(_) => {}
            Op::Values { .. } => op.exprs().into_iter().for_each(|expr| self.probes(expr)),
            Op::Filter { input, predicate } => {
                self.want(*input, own.iter().cloned());
                self.expr(*input, predicate);
            }
            Op::Map { input, columns } => {
                for (_, value) in columns.iter().filter(|(name, _)| own.contains(name)) {
                    self.expr(*input, value);
                }
            }
            Op::Join {
                left,
                right,
                on,
                condition,
                ..
            } => {
                let also = condition.iter().flat_map(Expr::columns);
                for column in own.iter().cloned().chain(also) {
                    if flow.node(*left).schema.has(&column) {
                        self.want(*left, [column]);
                    } else if flow.node(*right).schema.has(&column) {
                        self.want(*right, [column]);
                    }
                }
                if let Some(condition) = condition {
                    self.probes(condition);
                }
                for (l, r) in on {
                    self.expr(*left, l);
                    self.expr(*right, r);
                }
            }
            Op::Aggregate {
                input,
                keys,
                aggregates,
                ..
            } => {
                for (_, key) in keys {
                    self.expr(*input, key);
                }
                for (_, aggregate) in aggregates.iter().filter(|(name, _)| own.contains(name)) {
                    for expr in aggregate.argument.iter().chain(&aggregate.filter) {
                        self.expr(*input, expr);
                    }
                }
            }
            Op::Pick { input, keys, .. } => self.want(*input, own.iter().chain(keys).cloned()),
            Op::Sort { input, by } => {
                self.want(*input, own.iter().cloned());
                for key in by {
                    self.expr(*input, &key.expr);
                }
            }
            Op::Limit { input, .. } => self.want(*input, own.iter().cloned()),
            Op::Distinct { input } => {
                let all: Vec<_> = flow.node(*input).schema.names().cloned().collect();
                self.want(*input, all);
            }
            Op::Union { inputs } => {
                for input in inputs {
                    self.want(*input, own.iter().cloned());
                }
            }
            Op::When { input, condition } => {
                self.want(*input, own.iter().cloned());
                self.probes(condition);
            }
            Op::Window {
                input,
                partition,
                order,
                functions,
            } => {
                let made = |name: &ColumnName| functions.iter().any(|(made, _)| made == name);
                self.want(*input, own.iter().filter(|name| !made(name)).cloned());
                for expr in partition.iter().chain(order.iter().map(|key| &key.expr)) {
                    self.expr(*input, expr);
                }
                for (_, function) in functions.iter().filter(|(name, _)| own.contains(name)) {
                    for expr in function.exprs() {
                        self.expr(*input, expr);
                    }
                }
            }
            Op::Running(running) => {
                let made = |name: &ColumnName| {
                    *name == running.presence
                        || running
                            .slots
                            .iter()
                            .any(|slot| slot.before == *name || slot.after == *name)
                };
                self.want(
                    running.input,
                    own.iter().filter(|name| !made(name)).cloned(),
                );
                for expr in op.exprs() {
                    self.expr(running.input, expr);
                }
            }
            Op::State { fold, state } => {
                if let Op::Fold(Fold { input, states }) = &flow.node(*fold).op {
                    self.state(*input, &states[*state].kind, own);
                }
            }
        }
    }

    fn state(&mut self, input: NodeId, kind: &FoldKind, own: &BTreeSet<ColumnName>) {
        match kind {
            FoldKind::Rows(emits) => {
                for emit in emits {
                    self.expr(input, &emit.guard);
                    for (_, value) in emit.columns.iter().filter(|(name, _)| own.contains(name)) {
                        self.expr(input, value);
                    }
                }
            }
            FoldKind::Map {
                keys,
                creates,
                slots,
            } => {
                self.expr(input, creates);
                for (_, key) in keys {
                    self.expr(input, key);
                }
                // A slot's next value may read other slots; few enough to want them all.
                for slot in slots {
                    self.expr(input, &slot.first);
                    self.expr(input, &slot.next);
                }
            }
            FoldKind::Scalar { initial, next, .. } => {
                self.expr(input, initial);
                self.expr(input, next);
            }
        }
    }
}
