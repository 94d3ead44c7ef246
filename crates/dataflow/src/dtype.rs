//! Dtypes that depend on the data of the day.
//!
//! pandas holds a column of integers as int64 on a day without a missing value and as float64 on the
//! others. Numbers compare and add alike either way, but their texts differ. Such a column is a
//! [`Base::Number`](crate::Base::Number) made by [`Function::PandasInteger`] under a condition on the whole
//! column, and here the condition is found again where a text needs it.

use relift_diagnostics::Span;
use relift_job::{Catalog, ColumnName};

use crate::{
    Aggregate, AggregateFunction, Base, Cardinality, Comparison, Dataflow, Expr, ExprKind, Flavour,
    Fold, FoldKind, Function, GroupOrder, LookupValue, NodeId, Obligation, ObligationKind, Op,
    Schema, TypeError, type_of,
};

/// Floats hold every whole number up to this one.
const EXACT_MAX: i64 = 1 << 53;

/// Integer columns of a relation that becomes a frame.
#[derive(Clone, Debug)]
pub struct DatedIntegers<'a> {
    /// The relation whose rows the frame holds.
    pub node: NodeId,
    /// Its columns of integers that can be NULL.
    pub columns: &'a [ColumnName],
    /// The module that makes the frame.
    pub module: usize,
    /// Where it does.
    pub spans: &'a [Span],
}

/// What pandas makes of the columns, over the same relation: floats on a day on which one of the rows has
/// a NULL there. The engine computes with them as doubles, so whole numbers beyond 2**53 are excluded.
pub fn dated_integers(
    flow: &mut Dataflow,
    integers: &DatedIntegers<'_>,
    catalog: &Catalog,
) -> Result<Vec<(ColumnName, Expr)>, TypeError> {
    if integers.columns.is_empty() {
        return Ok(Vec::new());
    }
    let flag = |column: &ColumnName| ColumnName::from(format!("{column}_missing"));
    let aggregates = integers
        .columns
        .iter()
        .map(|column| {
            let missing = Expr::call(Function::IsNone, vec![Expr::column(column.clone())]);
            let any = Aggregate {
                function: AggregateFunction::Any,
                argument: Some(missing),
                filter: None,
            };
            (flag(column), any)
        })
        .collect();
    let name = flow
        .node(integers.node)
        .name
        .as_ref()
        .map(|name| format!("{name}_dtypes"));
    let flags = flow.add(
        Op::Aggregate {
            input: integers.node,
            keys: Vec::new(),
            aggregates,
            order: GroupOrder::Unordered,
        },
        integers.module,
        integers.spans.to_vec(),
        name.as_deref(),
        catalog,
    )?;
    let mut made = Vec::new();
    let mut exact = Vec::new();
    for column in integers.columns {
        let value = Expr::column(column.clone());
        let bound = |comparison, bound: i64| {
            Expr::compare(comparison, Flavour::Sql, value.clone(), Expr::int(bound))
        };
        exact.push(Expr::call(
            Function::Or,
            vec![
                Expr::call(Function::IsNone, vec![value.clone()]),
                Expr::all([
                    bound(Comparison::Ge, -EXACT_MAX),
                    bound(Comparison::Le, EXACT_MAX),
                ]),
            ],
        ));
        let condition = Expr::new(ExprKind::Scalar {
            relation: flags,
            column: flag(column),
        });
        made.push((
            column.clone(),
            Expr::call(Function::PandasInteger, vec![value, condition]),
        ));
    }
    flow.obligations.push(Obligation {
        node: integers.node,
        kind: ObligationKind::Holds(Expr::all(exact)),
        why: "a float does not hold the whole number exactly".to_owned(),
        spans: integers.spans.to_vec(),
    });
    Ok(made)
}

/// When the values of a numeric expression over a relation's columns are floats rather than ints, missing
/// ones aside: a condition that reads no columns. `None` when it differs from row to row or is not known.
pub fn float_condition(flow: &Dataflow, expr: &Expr, node: NodeId) -> Option<Expr> {
    match type_of(expr, &flow.node(node).schema, &Schema::default(), flow)
        .ok()?
        .base
    {
        Base::Float64 => return Some(Expr::bool(true)),
        Base::Int64 => return Some(Expr::bool(false)),
        Base::Number => {}
        _ => return None,
    }
    match &expr.kind {
        ExprKind::Column(name) => of_column(flow, name, node),
        ExprKind::Call(Function::PandasInteger, arguments) => Some(arguments[1].clone()),
        ExprKind::Call(
            Function::Known
            | Function::NotMissing
            | Function::Negate
            | Function::Absolute
            | Function::MissingAsNan,
            arguments,
        ) => float_condition(flow, &arguments[0], node),
        ExprKind::Call(Function::Add | Function::Subtract | Function::Multiply, arguments) => {
            let parts = arguments
                .iter()
                .map(|argument| float_condition(flow, argument, node))
                .collect::<Option<Vec<_>>>()?;
            Some(either(parts))
        }
        ExprKind::If { arms, otherwise } => {
            // Missing values have no kind of their own.
            let mut last = missing_or(flow, otherwise, node)?;
            for (condition, value) in arms.iter().rev() {
                let value = missing_or(flow, value, node)?;
                last = match (value, last) {
                    (None, other) | (other, None) => other,
                    (Some(a), Some(b)) if a == b => Some(a),
                    (Some(a), Some(b)) if condition.columns().is_empty() => {
                        Some(if a.is_true() && b.is_false() {
                            condition.clone()
                        } else if b.is_false() {
                            Expr::all([condition.clone(), a])
                        } else if a.is_true() {
                            either(vec![condition.clone(), b])
                        } else {
                            Expr::branch(condition.clone(), a, b)
                        })
                    }
                    _ => return None,
                };
            }
            last
        }
        ExprKind::Scalar { relation, column } => of_column(flow, column, *relation),
        ExprKind::Lookup {
            relation,
            value: LookupValue::Column(column),
            ..
        } => float_condition(flow, &Expr::column(column.clone()), *relation),
        _ => None,
    }
}

/// The outer `None` is not known, the inner one a value that is always missing.
#[expect(
    clippy::option_option,
    reason = "not known and never there are two answers"
)]
fn missing_or(flow: &Dataflow, expr: &Expr, node: NodeId) -> Option<Option<Expr>> {
    match expr.as_literal() {
        Some(crate::Literal::None) => Some(None),
        Some(crate::Literal::Float(value)) if value.is_nan() => Some(Some(Expr::bool(true))),
        _ => float_condition(flow, expr, node).map(Some),
    }
}

fn either(parts: Vec<Expr>) -> Expr {
    let mut kept: Vec<Expr> = Vec::new();
    for part in parts {
        if part.is_true() {
            return part;
        }
        if !part.is_false() && !kept.contains(&part) {
            kept.push(part);
        }
    }
    match kept.len() {
        0 => Expr::bool(false),
        1 => kept.remove(0),
        _ => Expr::call(Function::Or, kept),
    }
}

/// The condition for a column of a relation, where it was made.
fn of_column(flow: &Dataflow, name: &ColumnName, node: NodeId) -> Option<Expr> {
    let column = Expr::column(name.clone());
    match &flow.node(node).op {
        Op::Map { input, columns } => {
            let (_, value) = columns.iter().find(|(other, _)| other == name)?;
            let condition = float_condition(flow, value, *input)?;
            if condition.columns().is_empty() {
                return Some(condition);
            }
            // Of one row, the columns are values everybody can ask for.
            (flow.node(*input).cardinality == Cardinality::One).then(|| {
                condition.substitute(&|column| {
                    Some(Expr::new(ExprKind::Scalar {
                        relation: *input,
                        column: column.clone(),
                    }))
                })
            })
        }
        Op::Filter { input, .. }
        | Op::Sort { input, .. }
        | Op::Limit { input, .. }
        | Op::Pick { input, .. }
        | Op::Distinct { input }
        | Op::When { input, .. } => float_condition(flow, &column, *input),
        Op::Join { left, right, .. } => {
            let side = if flow.node(*left).schema.has(name) {
                *left
            } else {
                *right
            };
            float_condition(flow, &column, side)
        }
        Op::Aggregate {
            input,
            keys,
            aggregates,
            ..
        } => {
            if let Some((_, key)) = keys.iter().find(|(other, _)| other == name) {
                return float_condition(flow, key, *input);
            }
            let (_, aggregate) = aggregates.iter().find(|(other, _)| other == name)?;
            match aggregate.function {
                AggregateFunction::Min
                | AggregateFunction::Max
                | AggregateFunction::First
                | AggregateFunction::Last => {
                    float_condition(flow, aggregate.argument.as_ref()?, *input)
                }
                _ => None,
            }
        }
        Op::Union { inputs } => same(
            inputs
                .iter()
                .map(|input| float_condition(flow, &column, *input)),
        ),
        Op::Values { columns, rows } => {
            let at = columns.iter().position(|other| other == name)?;
            same(
                rows.iter()
                    .map(|row| float_condition(flow, row.get(at)?, node)),
            )
        }
        Op::State { fold, state } => {
            let Op::Fold(Fold { input, states }) = &flow.node(*fold).op else {
                return None;
            };
            let FoldKind::Rows(emits) = &states[*state].kind else {
                return None;
            };
            same(emits.iter().map(|emit| {
                let (_, value) = emit.columns.iter().find(|(other, _)| other == name)?;
                float_condition(flow, value, *input)
            }))
        }
        _ => None,
    }
}

/// The one answer all give.
fn same(mut answers: impl Iterator<Item = Option<Expr>>) -> Option<Expr> {
    let first = answers.next()??;
    answers
        .all(|answer| answer.as_ref() == Some(&first))
        .then_some(first)
}
