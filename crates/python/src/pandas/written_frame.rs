//! A frame as a writer takes it: columns of integers that are floats on some days.
//!
//! The writers of rewritten jobs make an integer column with a NULL a column of floats, as pandas does.
//! That is the legacy answer where the day's dtype was decided by the very rows that are written. A frame
//! that lost or gained rows since then keeps its dtype in pandas; there the text is written out, or, where
//! the format has types, it must not matter.

use relift_dataflow::{
    Aggregate, AggregateFunction, Base, Dataflow, Expr, ExprKind, Function, GroupOrder, NodeId,
    Obligation, ObligationKind, Op, TypeError, float_condition,
};
use relift_job::{Catalog, ColumnName};

/// What a writer makes of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Their texts.
    Text,
    /// Values with types.
    Typed,
}

/// The relation a writer writes for a frame: the frame itself where its types are the same every day.
pub fn written_frame(
    flow: &mut Dataflow,
    node: NodeId,
    written: Written,
    module: usize,
    catalog: &Catalog,
) -> Result<NodeId, TypeError> {
    let mut changed = false;
    let mut columns = Vec::new();
    let mut typed = Vec::new();
    for column in flow.node(node).schema.columns().to_vec() {
        let value = Expr::column(column.name.clone());
        let condition = match column.ty.base {
            Base::Number => float_condition(flow, &value, node),
            _ => None,
        };
        let Some(condition) = condition else {
            columns.push((column.name, value));
            continue;
        };
        changed = true;
        let whole = Expr::call(Function::NullableInteger, vec![value.clone()]);
        let decided_here = decided_by(flow, &column.name, node, &condition);
        let value = match written {
            Written::Text if !decided_here => {
                let text = |function| {
                    let number = Expr::call(function, vec![value.clone()]);
                    Expr::call(Function::ToText, vec![number])
                };
                Expr::new(ExprKind::If {
                    arms: vec![
                        (
                            Expr::call(Function::IsMissing, vec![value.clone()]),
                            Expr::none(),
                        ),
                        (condition, text(Function::ToFloat)),
                    ],
                    otherwise: Box::new(text(Function::ToInt)),
                })
            }
            Written::Text => whole,
            Written::Typed => {
                if !decided_here {
                    typed.push((column.name.clone(), condition));
                }
                whole
            }
        };
        columns.push((column.name, value));
    }
    if !changed {
        return Ok(node);
    }
    if !typed.is_empty() {
        same_dtype(flow, node, &typed, module, catalog)?;
    }
    let wanted = Op::Map {
        input: node,
        columns: columns.clone(),
    };
    // Two writers of one frame write one relation.
    if let Some((known, _)) = flow.nodes().find(|(_, other)| other.op == wanted) {
        return Ok(known);
    }
    let frame = flow.node(node);
    let (spans, name) = (frame.spans.clone(), frame.name.clone());
    flow.add(
        Op::Map {
            input: node,
            columns,
        },
        module,
        spans,
        name.as_deref(),
        catalog,
    )
}

/// Demands that columns whose dtype other rows decided hold a missing value when they are floats.
fn same_dtype(
    flow: &mut Dataflow,
    node: NodeId,
    columns: &[(ColumnName, Expr)],
    module: usize,
    catalog: &Catalog,
) -> Result<(), TypeError> {
    let flag = |column: &ColumnName| ColumnName::from(format!("{column}_missing"));
    let aggregates = columns
        .iter()
        .map(|(column, _)| {
            let missing = Expr::call(Function::IsMissing, vec![Expr::column(column.clone())]);
            let any = Aggregate {
                function: AggregateFunction::Any,
                argument: Some(missing),
                filter: None,
            };
            (flag(column), any)
        })
        .collect();
    let spans = flow.node(node).spans.clone();
    let flags = flow.add(
        Op::Aggregate {
            input: node,
            keys: Vec::new(),
            aggregates,
            order: GroupOrder::Unordered,
        },
        module,
        spans.clone(),
        None,
        catalog,
    )?;
    let holds = Expr::all(columns.iter().map(|(column, condition)| {
        Expr::call(
            Function::Or,
            vec![condition.clone().negated(), Expr::column(flag(column))],
        )
    }));
    flow.obligations.push(Obligation {
        node: flags,
        kind: ObligationKind::Holds(holds),
        why: "pandas writes floats on a day on which a missing value was dropped before".to_owned(),
        spans,
    });
    Ok(())
}

/// Whether a column of one relation is, row by row, the expression over another.
fn holds_column(
    flow: &Dataflow,
    (asked, column): (NodeId, &ColumnName),
    (node, expr): (NodeId, &Expr),
) -> bool {
    if asked == node && expr.as_column() == Some(column) {
        return true;
    }
    match &flow.node(asked).op {
        Op::Map { input, columns } => {
            *input == node
                && columns
                    .iter()
                    .any(|(name, value)| name == column && value == expr)
        }
        _ => false,
    }
}

/// Whether the condition asks for a missing value among exactly the column's own rows.
fn decided_by(flow: &Dataflow, name: &ColumnName, node: NodeId, condition: &Expr) -> bool {
    let ExprKind::Scalar { relation, column } = &condition.kind else {
        return false;
    };
    let Op::Aggregate {
        input: asked,
        keys,
        aggregates,
        ..
    } = &flow.node(*relation).op
    else {
        return false;
    };
    let of = aggregates.iter().find_map(|(other, aggregate)| {
        let argument = aggregate.argument.as_ref()?;
        let ExprKind::Call(Function::IsNone, inner) = &argument.kind else {
            return None;
        };
        let simple = aggregate.function == AggregateFunction::Any && aggregate.filter.is_none();
        (other == column && simple)
            .then(|| inner[0].as_column())
            .flatten()
    });
    let Some(of) = of.filter(|_| keys.is_empty()) else {
        return false;
    };
    let (mut node, mut name) = (node, name.clone());
    loop {
        match &flow.node(node).op {
            Op::Sort { input, .. } => node = *input,
            Op::Map { input, columns } => {
                let Some((_, value)) = columns.iter().find(|(other, _)| *other == name) else {
                    return false;
                };
                match &value.kind {
                    ExprKind::Column(column) => {
                        node = *input;
                        name = column.clone();
                    }
                    ExprKind::Call(Function::PandasInteger, arguments) => {
                        return holds_column(flow, (*asked, of), (*input, &arguments[0]));
                    }
                    _ => return false,
                }
            }
            _ => return false,
        }
    }
}
