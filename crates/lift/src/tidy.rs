//! Leaves out what nothing needs and merges what belongs together.
//!
//! Two passes alternate until nothing changes: one narrows relations to needed columns and drops
//! operators that do nothing, the other merges neighbours that only feed each other.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::{
    Base, Dataflow, Expr, ExprKind, Function, JoinKind, Literal, NodeId, Obligation,
    ObligationKind, Op, Rewriter, Schema, TypeError, needed_columns, simplify, type_of,
};
use relift_job::{Catalog, ColumnName};

use crate::conditions::may_raise;
use crate::relevance::checked_by;
use crate::rule::is_unique;
use crate::windows::{below, merged};

/// Rounds after which tidying stops; each only makes the graph smaller.
const ROUNDS_MAX: usize = 8;

/// Operations an expression may have to be written twice.
const SMALL: usize = 2;

/// The smallest graph with the same outputs and the same guards.
pub(crate) fn tidy(flow: &Dataflow, catalog: &Catalog) -> Result<Dataflow, TypeError> {
    let mut current = narrow(flow, catalog)?;
    for _ in 0..ROUNDS_MAX {
        let before = size(&current);
        // Merging leaves the inner neighbour behind, narrowing drops it.
        current = narrow(&merge(&current, catalog)?, catalog)?;
        if size(&current) == before {
            break;
        }
    }
    Ok(current)
}

fn size(flow: &Dataflow) -> (usize, usize, usize) {
    let columns = flow
        .nodes()
        .map(|(_, node)| node.schema.columns().len())
        .sum();
    (flow.nodes().count(), columns, flow.obligations.len())
}

/// Columns outputs and obligations need of each relation, and which relations they need at all.
fn needs(
    flow: &Dataflow,
    catalog: &Catalog,
) -> Result<(Vec<BTreeSet<ColumnName>>, Vec<bool>), TypeError> {
    // A projection per obligation stands for what checking it reads.
    let mut extended = flow.clone();
    let mut roots: Vec<NodeId> = flow.sinks.iter().map(|sink| sink.input).collect();
    let column = |name: &ColumnName| (name.clone(), Expr::column(name.clone()));
    for obligation in &flow.obligations {
        let columns = match &obligation.kind {
            ObligationKind::Holds(condition) => {
                vec![(ColumnName::from("holds"), condition.clone())]
            }
            ObligationKind::Unique(columns) => columns.iter().map(column).collect(),
            ObligationKind::NotEmpty => Vec::new(),
            // Says how needed columns arrive; it needs none by itself.
            ObligationKind::NeverMissing(_) => continue,
        };
        let check = Op::Map {
            input: obligation.node,
            columns,
        };
        let module = flow.node(obligation.node).module;
        roots.push(extended.add(check, module, Vec::new(), None, catalog)?);
    }
    let columns = needed_columns(&extended, &roots);
    let reachable = extended.reachable(roots);
    Ok((columns, reachable))
}

fn narrow(flow: &Dataflow, catalog: &Catalog) -> Result<Dataflow, TypeError> {
    let (needed, reachable) = needs(flow, catalog)?;
    let mut old = flow.clone();
    old.obligations.clear();
    let mut rewriter = Rewriter::new(&old, catalog);
    for (id, node) in flow.nodes().filter(|(id, _)| reachable[id.0 as usize]) {
        let own = &needed[id.0 as usize];
        let op = rewriter.op(node.op.clone());
        match narrowed(flow, &rewriter, id, op, own) {
            Narrowed::Same(input) => {
                rewriter.redirect(id, input);
                if let Some(name) = &node.name
                    && rewriter.flow.node(input).name.is_none()
                {
                    rewriter.flow.rename(input, name);
                }
            }
            Narrowed::Op(op) => {
                let op = match op {
                    Op::Union { inputs } => {
                        union_of_needed(&mut rewriter, id, inputs, own, &node.schema)?
                    }
                    op => op,
                };
                rewriter.replace(id, op)?;
            }
        }
    }
    let obligations: Vec<Obligation> = flow
        .obligations
        .iter()
        .filter(|obligation| reachable[obligation.node.0 as usize])
        .filter_map(|obligation| {
            let kind = match &obligation.kind {
                ObligationKind::NeverMissing(columns) => {
                    let own = &needed[obligation.node.0 as usize];
                    let kept: Vec<ColumnName> = columns
                        .iter()
                        .filter(|column| own.contains(*column))
                        .cloned()
                        .collect();
                    if kept.is_empty() {
                        return None;
                    }
                    ObligationKind::NeverMissing(kept)
                }
                ObligationKind::Holds(condition) => {
                    let condition = simplify(rewriter.expr(condition.clone()));
                    if condition.is_true() {
                        return None;
                    }
                    ObligationKind::Holds(condition)
                }
                ObligationKind::Unique(columns) => {
                    if is_unique(flow, obligation.node, columns) {
                        return None;
                    }
                    obligation.kind.clone()
                }
                ObligationKind::NotEmpty => obligation.kind.clone(),
            };
            Some(Obligation {
                node: rewriter.new_id(obligation.node),
                kind,
                ..obligation.clone()
            })
        })
        .collect();
    let mut narrowed = rewriter.finish();
    for obligation in obligations {
        let known = narrowed
            .obligations
            .iter_mut()
            .find(|other| other.node == obligation.node && other.kind == obligation.kind);
        match known {
            Some(other) => other.spans.extend(obligation.spans),
            None => narrowed.obligations.push(obligation),
        }
    }
    Ok(narrowed)
}

enum Narrowed {
    /// The operator does nothing to this input.
    Same(NodeId),
    Op(Op),
}

/// The operator (already over new inputs) with needed columns only.
fn narrowed(
    flow: &Dataflow,
    rewriter: &Rewriter<'_>,
    id: NodeId,
    op: Op,
    own: &BTreeSet<ColumnName>,
) -> Narrowed {
    let new = &rewriter.flow;
    Narrowed::Op(match op {
        Op::Scan {
            table,
            columns,
            dates,
            frame,
        } => Op::Scan {
            table,
            columns: kept_or_first(columns, |name| own.contains(name)),
            dates,
            frame,
        },
        Op::Map { input, columns } => {
            let columns = kept_or_first(columns, |(name, _)| own.contains(name));
            let columns: Vec<_> = columns
                .into_iter()
                .map(|(name, value)| (name, exact(simplify(value), &new.node(input).schema, new)))
                .collect();
            let same = columns.len() == new.node(input).schema.columns().len()
                && columns
                    .iter()
                    .zip(new.node(input).schema.names())
                    .all(|((name, value), own)| name == own && value.as_column() == Some(own));
            if same {
                return Narrowed::Same(input);
            }
            Op::Map { input, columns }
        }
        Op::Values { columns, rows } => {
            let kept: Vec<usize> = kept_or_first((0..columns.len()).collect(), |index: &usize| {
                own.contains(&columns[*index])
            });
            Op::Values {
                columns: kept.iter().map(|index| columns[*index].clone()).collect(),
                rows: rows
                    .into_iter()
                    .map(|row| kept.iter().map(|index| row[*index].clone()).collect())
                    .collect(),
            }
        }
        Op::Filter { input, predicate } => {
            let predicate = exact(simplify(predicate), &new.node(input).schema, new);
            if predicate.is_true() {
                return Narrowed::Same(input);
            }
            Op::Filter { input, predicate }
        }
        Op::When { input, condition } => {
            let condition = simplify(condition);
            if condition.is_true() {
                return Narrowed::Same(input);
            }
            Op::When { input, condition }
        }
        Op::Aggregate {
            input,
            keys,
            aggregates,
            order,
        } => {
            let mut kept: Vec<_> = aggregates
                .iter()
                .filter(|(name, _)| own.contains(name))
                .cloned()
                .collect();
            if kept.is_empty() && keys.is_empty() {
                kept = aggregates.into_iter().take(1).collect();
            }
            for (_, aggregate) in &mut kept {
                aggregate.filter = aggregate
                    .filter
                    .take()
                    .map(simplify)
                    .filter(|filter| !filter.is_true());
                aggregate.argument = aggregate.argument.take().map(simplify);
            }
            Op::Aggregate {
                input,
                keys,
                aggregates: kept,
                order,
            }
        }
        Op::Window {
            input,
            partition,
            order,
            functions,
        } => {
            let functions: Vec<_> = functions
                .into_iter()
                .filter(|(name, _)| own.contains(name))
                .map(|(name, function)| (name, function.rebuild(&mut simplify)))
                .collect();
            if functions.is_empty() {
                return Narrowed::Same(input);
            }
            Op::Window {
                input,
                partition,
                order,
                functions,
            }
        }
        Op::Pick { input, keys, which } => {
            if is_unique(new, input, &keys) {
                return Narrowed::Same(input);
            }
            Op::Pick { input, keys, which }
        }
        Op::Distinct { input } => {
            let all: Vec<ColumnName> = new.node(input).schema.names().cloned().collect();
            if is_unique(new, input, &all) {
                return Narrowed::Same(input);
            }
            Op::Distinct { input }
        }
        Op::Sort { input, by } if by.is_empty() => return Narrowed::Same(input),
        Op::Join {
            left,
            right,
            kind,
            on,
            null_safe,
            condition,
            presence,
        } => {
            let presence = presence.filter(|name| own.contains(name));
            let joined_on: Vec<ColumnName> = on
                .iter()
                .filter_map(|(_, key)| key.as_column().cloned())
                .collect();
            let Op::Join {
                left: old_left,
                right: old_right,
                ..
            } = &flow.node(id).op
            else {
                return Narrowed::Same(left);
            };
            let left_schema = &flow.node(*old_left).schema;
            let right_schema = &flow.node(*old_right).schema;
            let unread = presence.is_none()
                && own
                    .iter()
                    .all(|name| left_schema.has(name) || !right_schema.has(name));
            if kind == JoinKind::Left && unread && is_unique(new, right, &joined_on) {
                return Narrowed::Same(left);
            }
            let null_safe = null_safe
                && on
                    .iter()
                    .any(|(l, r)| can_miss(new, left, l) && can_miss(new, right, r));
            Op::Join {
                left,
                right,
                kind,
                on,
                null_safe,
                condition,
                presence,
            }
        }
        op => op,
    })
}

fn can_miss(flow: &Dataflow, node: NodeId, expr: &Expr) -> bool {
    type_of(expr, &flow.node(node).schema, &Schema::default(), flow)
        .map_or(true, |ty| ty.missing.possible())
}

/// What is wanted; a relation keeps one column even when only its number of rows matters.
fn kept_or_first<T: Clone>(all: Vec<T>, wanted: impl Fn(&T) -> bool) -> Vec<T> {
    let kept: Vec<T> = all.iter().filter(|item| wanted(item)).cloned().collect();
    if kept.is_empty() {
        all.into_iter().take(1).collect()
    } else {
        kept
    }
}

/// Inputs of a union must all have its columns, and may have been narrowed differently.
fn union_of_needed(
    rewriter: &mut Rewriter<'_>,
    id: NodeId,
    inputs: Vec<NodeId>,
    own: &BTreeSet<ColumnName>,
    schema: &Schema,
) -> Result<Op, TypeError> {
    let wanted: Vec<ColumnName> =
        kept_or_first(schema.names().cloned().collect(), |name| own.contains(name));
    let mut projected = Vec::new();
    for input in inputs {
        let has: Vec<ColumnName> = rewriter.flow.node(input).schema.names().cloned().collect();
        let fits = if projected.is_empty() {
            has == wanted
        } else {
            has.len() == wanted.len() && wanted.iter().all(|name| has.contains(name))
        };
        if fits || has.is_empty() {
            projected.push(input);
            continue;
        }
        // A column kept only for the sake of having one may be another one here.
        let columns = wanted
            .iter()
            .map(|name| {
                let value = if has.contains(name) {
                    Expr::column(name.clone())
                } else {
                    Expr::none()
                };
                (name.clone(), value)
            })
            .collect();
        projected.push(rewriter.add(id, Op::Map { input, columns })?);
    }
    Ok(Op::Union { inputs: projected })
}

/// `Decimal(str(x))` of a float that is the nearest one of a short decimal is that decimal.
fn exact(expr: Expr, schema: &Schema, flow: &Dataflow) -> Expr {
    expr.map(&mut |part| {
        let ExprKind::Call(Function::DecimalOfFloat, arguments) = &part.kind else {
            return part;
        };
        let ExprKind::Call(Function::ToPandasFloat, inner) = &arguments[0].kind else {
            return part;
        };
        let (Some(Literal::Int(precision)), Some(Literal::Int(scale))) =
            (arguments[1].as_literal(), arguments[2].as_literal())
        else {
            return part;
        };
        let fits = type_of(&inner[0], schema, &Schema::default(), flow).is_ok_and(|ty| {
            matches!(ty.base, Base::Decimal { precision: p, scale: s, .. }
                if p <= 15 && i64::from(p) == *precision && i64::from(s) == *scale)
                && !ty.missing.possible()
        });
        if fits { inner[0].clone() } else { part }
    })
}

fn merge(flow: &Dataflow, catalog: &Catalog) -> Result<Dataflow, TypeError> {
    let mut uses: BTreeMap<NodeId, usize> = BTreeMap::new();
    for (id, _) in flow.nodes() {
        for input in flow.dependencies(id) {
            *uses.entry(input).or_default() += 1;
        }
    }
    // What is written, checked or asked by an expression stays as it is.
    for root in flow
        .sinks
        .iter()
        .map(|sink| sink.input)
        .chain(flow.obligations.iter().flat_map(checked_by))
        .chain(flow.nodes().flat_map(|(_, node)| {
            node.op
                .exprs()
                .into_iter()
                .flat_map(Expr::relations)
                .collect::<Vec<_>>()
        }))
    {
        *uses.entry(root).or_default() += 2;
    }
    let once = |id: &NodeId| uses.get(id).copied() == Some(1);
    let mut rewriter = Rewriter::new(flow, catalog);
    let at = |id: NodeId| flow.node(id);
    for (id, node) in flow.nodes() {
        if let Op::Window { input, .. } = &node.op
            && let Some((lower, between)) = below(&at, &once, *input)
            && let Some(source) = lower.op.inputs().first()
            && let Some(merged) = merged(&node.op, between, lower, flow.node(*source))
        {
            let window = rewriter.op(merged.window);
            let window = rewriter.add(id, window)?;
            rewriter.flow.add_spans(window, lower.spans.iter().cloned());
            let columns = merged
                .projection
                .into_iter()
                .map(|(name, value)| (name, rewriter.expr(value)))
                .collect();
            rewriter.replace(
                id,
                Op::Map {
                    input: window,
                    columns,
                },
            )?;
            continue;
        }
        let op = match &node.op {
            Op::Map { input, columns } if once(input) => match &flow.node(*input).op {
                Op::Map {
                    input: below,
                    columns: inner,
                } => substituted(columns, inner).map(|columns| Op::Map {
                    input: *below,
                    columns,
                }),
                _ => None,
            },
            Op::Filter { input, predicate } if once(input) && !may_raise(predicate) => {
                match &flow.node(*input).op {
                    Op::Filter {
                        input: below,
                        predicate: inner,
                    } => Some(Op::Filter {
                        input: *below,
                        predicate: Expr::all([inner.clone(), predicate.clone()]),
                    }),
                    _ => None,
                }
            }
            _ => None,
        };
        match op {
            Some(op) => {
                let inner = flow.node(node.op.inputs()[0]);
                let op = rewriter.op(op);
                let new = rewriter.replace(id, op)?;
                rewriter.flow.add_spans(new, inner.spans.iter().cloned());
                if node.name.is_none()
                    && let Some(name) = &inner.name
                {
                    rewriter.flow.rename(new, name);
                }
            }
            None => {
                rewriter.keep(id)?;
            }
        }
    }
    Ok(rewriter.finish())
}

/// The outer columns over the inner input; none when something large would be written twice.
fn substituted(
    outer: &[(ColumnName, Expr)],
    inner: &[(ColumnName, Expr)],
) -> Option<Vec<(ColumnName, Expr)>> {
    let mut reads: BTreeMap<&ColumnName, usize> = BTreeMap::new();
    for (_, value) in outer {
        value.walk(&mut |part| {
            if let ExprKind::Column(name) = &part.kind
                && let Some((own, _)) = inner.iter().find(|(own, _)| own == name)
            {
                *reads.entry(own).or_default() += 1;
            }
        });
    }
    let duplicates = inner
        .iter()
        .any(|(name, value)| reads.get(name).copied().unwrap_or(0) > 1 && weight(value) > SMALL);
    if duplicates {
        return None;
    }
    Some(
        outer
            .iter()
            .map(|(name, value)| {
                let value = value.clone().substitute(&|column| {
                    inner
                        .iter()
                        .find(|(own, _)| own == column)
                        .map(|(_, value)| value.clone())
                });
                (name.clone(), value)
            })
            .collect(),
    )
}

fn weight(expr: &Expr) -> usize {
    let mut count = 0;
    expr.walk(&mut |part| {
        if matches!(part.kind, ExprKind::Call(..) | ExprKind::If { .. }) {
            count += 1;
        }
    });
    count
}
