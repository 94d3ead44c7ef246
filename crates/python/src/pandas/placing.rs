//! Columns of one frame used beside another with the same rows.
//!
//! pandas aligns columns by the labels of their rows. Where one frame was made of another by adding,
//! dropping or changing columns only, the labels are the same, row by row; what a column was computed from
//! is then computed again beside the rows of the frame it is used with.

use std::collections::BTreeMap;

use relift_dataflow::{
    Expr, ExprKind, JoinKind, NodeId, Op, Refusal, Running, RunningSlot, SortKey, WindowFunction,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::lowering::Lowerer;
use crate::values::Series;

/// Columns by what they are called elsewhere.
type Names = BTreeMap<ColumnName, ColumnName>;

fn renamed(expr: &Expr, names: &Names) -> Option<Expr> {
    let known = expr
        .columns()
        .iter()
        .all(|column| names.contains_key(column));
    known.then(|| {
        expr.clone()
            .substitute(&|column| names.get(column).cloned().map(Expr::column))
    })
}

impl Lowerer<'_> {
    /// The frame whose rows, with the same labels, a frame has.
    fn rows_of(&self, frame: NodeId) -> Option<NodeId> {
        let input = match &self.flow.node(frame).op {
            Op::Map { input, .. }
            | Op::Window { input, .. }
            | Op::Running(Running { input, .. })
            | Op::Join {
                left: input,
                kind: JoinKind::Left,
                ..
            } => *input,
            _ => return None,
        };
        match &self.flow.node(frame).op {
            Op::Map { .. } if self.numbered.contains(&frame) && !self.labels_are_places(input) => {
                None
            }
            Op::Join { .. } if !self.extends(frame, input) => None,
            _ => Some(input),
        }
    }

    /// The series over rows that hold all columns of `node`, with others beside them.
    pub(crate) fn beside_frame(
        &mut self,
        series: &Series,
        node: NodeId,
        span: &Span,
    ) -> Result<Series, Refusal> {
        let refuse = || {
            Refusal::new(
                "column",
                "columns of frames with different rows are aligned by index",
                Some(span.clone()),
            )
        };
        if let Ok(expr) = self.rebased(series, node, span) {
            return Ok(Series { frame: node, expr });
        }
        if self.extends(series.frame, node) {
            return Ok(series.clone());
        }
        let mut below = vec![node];
        while let Some(input) = below.last().and_then(|last| self.rows_of(*last)) {
            below.push(input);
        }
        // What was done to the rows both have.
        let mut steps = Vec::new();
        let mut shared = series.frame;
        let common = loop {
            if let Some(at) = below.iter().position(|other| *other == shared) {
                break at;
            }
            steps.push(shared);
            shared = self.rows_of(shared).ok_or_else(refuse)?;
        };
        let (mut frame, mut names) = self
            .carried_along(&below[..=common], span)?
            .ok_or_else(refuse)?;
        for step in steps.into_iter().rev() {
            (frame, names) = self
                .repeated(step, frame, &names, span)?
                .ok_or_else(refuse)?;
        }
        let expr = renamed(&series.expr, &names).ok_or_else(refuse)?;
        Ok(Series { frame, expr })
    }

    /// The first frame with the columns of the last beside its own, and what those are called there.
    fn carried_along(
        &mut self,
        chain: &[NodeId],
        span: &Span,
    ) -> Result<Option<(NodeId, Names)>, Refusal> {
        let (Some(&top), Some(&bottom)) = (chain.first(), chain.last()) else {
            return Ok(None);
        };
        let wanted: Vec<ColumnName> = self.flow.node(bottom).schema.names().cloned().collect();
        // The columns of the frame over those of the one below, as far as columns were only mapped.
        let own: Vec<ColumnName> = self.flow.node(top).schema.names().cloned().collect();
        let mut over: Vec<(ColumnName, Expr)> = own
            .iter()
            .map(|name| (name.clone(), Expr::column(name.clone())))
            .collect();
        let mut mapped = true;
        for frame in &chain[..chain.len() - 1] {
            let columns = match &self.flow.node(*frame).op {
                Op::Map { columns, .. } => columns.clone(),
                _ => {
                    mapped = false;
                    continue;
                }
            };
            over = over
                .into_iter()
                .map(|(name, value)| {
                    let value = value.substitute(&|column| {
                        columns
                            .iter()
                            .find(|(other, _)| other == column)
                            .map(|(_, value)| value.clone())
                    });
                    (name, value)
                })
                .collect();
        }
        let kept: Names = wanted
            .iter()
            .filter_map(|name| {
                let held = over
                    .iter()
                    .find(|(_, value)| value.as_column() == Some(name))?;
                Some((name.clone(), held.0.clone()))
            })
            .collect();
        if kept.len() == wanted.len() || !mapped {
            // Columns that are not carried along are missed only where they are asked for.
            return Ok(Some((top, kept)));
        }
        let title = self.flow.node(top).name.clone();
        let mut names = kept;
        for name in wanted {
            if names.contains_key(&name) {
                continue;
            }
            let free = self.free_column(&[top, bottom], &format!("{name} before"));
            over.push((free.clone(), Expr::column(name.clone())));
            names.insert(name, free);
        }
        let frame = self.add(
            Op::Map {
                input: bottom,
                columns: over,
            },
            span,
            title.as_deref(),
        )?;
        if self.numbered.contains(&top) {
            self.numbered.insert(frame);
        }
        Ok(Some((frame, names)))
    }

    /// A step done to other rows, done to these; what its columns are called after it.
    fn repeated(
        &mut self,
        step: NodeId,
        frame: NodeId,
        names: &Names,
        span: &Span,
    ) -> Result<Option<(NodeId, Names)>, Refusal> {
        let mut names = names.clone();
        let own: Vec<ColumnName> = self.flow.node(frame).schema.names().cloned().collect();
        let title = self.flow.node(frame).name.clone();
        let op = match self.flow.node(step).op.clone() {
            Op::Map { columns, .. } => {
                let mut added = Vec::new();
                let mut after = Names::new();
                for (name, value) in &columns {
                    let Some(value) = renamed(value, &names) else {
                        continue;
                    };
                    if let Some(column) = value.as_column() {
                        after.insert(name.clone(), column.clone());
                        continue;
                    }
                    let taken: Vec<&ColumnName> = added.iter().map(|(name, _)| name).collect();
                    let mut free = self.free_column(&[frame], name.as_str());
                    while taken.contains(&&free) {
                        free = self.free_column(&[frame], &format!("{free} again"));
                    }
                    after.insert(name.clone(), free.clone());
                    added.push((free, value));
                }
                let frame = self.with_columns(frame, &own, &added, title.as_deref(), span)?;
                return Ok(Some((frame, after)));
            }
            Op::Window {
                partition,
                order,
                functions,
                ..
            } => {
                let Some(partition) = all_renamed(&partition, &names) else {
                    return Ok(None);
                };
                let mut by = Vec::new();
                for key in order {
                    let Some(expr) = renamed(&key.expr, &names) else {
                        return Ok(None);
                    };
                    by.push(SortKey { expr, ..key });
                }
                let mut made: Vec<(ColumnName, WindowFunction)> = Vec::new();
                for (name, function) in functions {
                    let known = function
                        .exprs()
                        .iter()
                        .all(|expr| renamed(expr, &names).is_some());
                    if !known {
                        return Ok(None);
                    }
                    let function =
                        function.rebuild(&mut |expr| renamed(&expr, &names).unwrap_or(expr));
                    let free = self.free_beside(frame, made.iter().map(|(name, _)| name), &name);
                    made.push((free.clone(), function));
                    names.insert(name, free);
                }
                Op::Window {
                    input: frame,
                    partition,
                    order: by,
                    functions: made,
                }
            }
            Op::Running(running) => {
                let Some(keys) = all_renamed(&running.keys, &names) else {
                    return Ok(None);
                };
                let Some(creates) = renamed(&running.creates, &names) else {
                    return Ok(None);
                };
                let mut made: Vec<ColumnName> = Vec::new();
                let mut before = Names::new();
                for slot in &running.slots {
                    for (column, own) in [(&slot.before, true), (&slot.after, false)] {
                        let free = self.free_beside(frame, made.iter(), column);
                        made.push(free.clone());
                        if own {
                            before.insert(column.clone(), free.clone());
                        }
                        names.insert(column.clone(), free);
                    }
                }
                let presence = self.free_beside(frame, made.iter(), &running.presence);
                let mut slots = Vec::new();
                for slot in &running.slots {
                    let (Some(first), Some(next)) =
                        (renamed(&slot.first, &names), renamed(&slot.next, &names))
                    else {
                        return Ok(None);
                    };
                    let next = next.map(&mut |part| match &part.kind {
                        ExprKind::Previous(column) => match before.get(column) {
                            Some(own) => Expr {
                                kind: ExprKind::Previous(own.clone()),
                                span: part.span,
                            },
                            None => part,
                        },
                        _ => part,
                    });
                    slots.push(RunningSlot {
                        before: names[&slot.before].clone(),
                        after: names[&slot.after].clone(),
                        first,
                        next,
                    });
                }
                names.insert(running.presence.clone(), presence.clone());
                Op::Running(Running {
                    input: frame,
                    keys,
                    creates,
                    presence,
                    slots,
                })
            }
            Op::Join {
                right,
                on,
                null_safe,
                condition: None,
                presence,
                ..
            } => {
                let mut pairs = Vec::new();
                let mut columns: Vec<(ColumnName, Expr)> = Vec::new();
                let mut beside = Names::new();
                for name in self
                    .flow
                    .node(right)
                    .schema
                    .names()
                    .cloned()
                    .collect::<Vec<_>>()
                {
                    let free = self.free_beside(frame, columns.iter().map(|(name, _)| name), &name);
                    columns.push((free.clone(), Expr::column(name.clone())));
                    beside.insert(name, free);
                }
                for (left, own) in &on {
                    let (Some(left), Some(own)) = (renamed(left, &names), renamed(own, &beside))
                    else {
                        return Ok(None);
                    };
                    pairs.push((left, own));
                }
                let presence = presence.map(|name| {
                    let free = self.free_beside(frame, columns.iter().map(|(name, _)| name), &name);
                    names.insert(name, free.clone());
                    free
                });
                names.extend(beside);
                let right = self.add(
                    Op::Map {
                        input: right,
                        columns,
                    },
                    span,
                    None,
                )?;
                Op::Join {
                    left: frame,
                    right,
                    kind: JoinKind::Left,
                    on: pairs,
                    null_safe,
                    condition: None,
                    presence,
                }
            }
            _ => return Ok(None),
        };
        let frame = self.add(op, span, title.as_deref())?;
        Ok(Some((frame, names)))
    }

    /// A column name that neither the relation nor the others have.
    fn free_beside<'n>(
        &self,
        node: NodeId,
        others: impl Iterator<Item = &'n ColumnName>,
        wanted: &ColumnName,
    ) -> ColumnName {
        let others: Vec<&ColumnName> = others.collect();
        let mut name = self.free_column(&[node], wanted.as_str());
        let mut count = 1;
        while others.contains(&&name) {
            count += 1;
            name = self.free_column(&[node], &format!("{wanted}_{count}"));
        }
        name
    }
}

fn all_renamed(exprs: &[Expr], names: &Names) -> Option<Vec<Expr>> {
    exprs.iter().map(|expr| renamed(expr, names)).collect()
}
