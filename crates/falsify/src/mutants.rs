//! Wrong operators planted into a right dataflow, one at a time.
//!
//! Each is a mistake a rewrite could contain: another join, a boundary off by one, a tie broken the other
//! way, another rounding. Evidence that accepts a mutant does not show that the rewrite is right.

use relift_dataflow::{
    AggregateFunction, Comparison, Dataflow, Expr, ExprKind, Function, GroupOrder, JoinKind,
    Literal, NodeId, Op, PickWhich, Rewriter, RoundingMode, TypeError,
};
use relift_diagnostics::Span;
use relift_job::Catalog;

/// A graph with one wrong operator.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// What is wrong: "acc: `<` became `<=`".
    pub description: String,
    /// The relation that was changed.
    pub node: NodeId,
    /// Where the right one comes from.
    pub span: Option<Span>,
    /// The graph.
    pub flow: Dataflow,
}

/// All mutants of the relations that outputs need, in the order of the relations. Changes that give no
/// well-typed graph are left out.
pub fn mutants(flow: &Dataflow, catalog: &Catalog) -> Vec<Mutant> {
    let live = flow.live();
    let mut all = Vec::new();
    for (id, node) in flow.nodes().filter(|(id, _)| live[id.0 as usize]) {
        let name = node.name.clone().unwrap_or_else(|| id.to_string());
        for (what, span, op) in operator_changes(&node.op)
            .into_iter()
            .map(|(what, op)| (what, None, op))
            .chain(expression_changes(&node.op))
        {
            if let Ok(changed) = with_op(flow, id, &op, catalog) {
                all.push(Mutant {
                    description: format!("{name}: {what}"),
                    node: id,
                    span: span.or_else(|| node.spans.first().cloned()),
                    flow: changed,
                });
            }
        }
    }
    all
}

fn with_op(
    flow: &Dataflow,
    changed: NodeId,
    op: &Op,
    catalog: &Catalog,
) -> Result<Dataflow, TypeError> {
    let mut rewriter = Rewriter::new(flow, catalog);
    for (id, _) in flow.nodes() {
        if id == changed {
            let op = rewriter.op(op.clone());
            rewriter.replace(id, op)?;
        } else {
            rewriter.keep(id)?;
        }
    }
    Ok(rewriter.finish())
}

fn operator_changes(op: &Op) -> Vec<(String, Op)> {
    let mut all = Vec::new();
    match op {
        Op::Join {
            kind,
            null_safe,
            presence,
            ..
        } => {
            let other = match kind {
                JoinKind::Left if presence.is_none() => {
                    Some((JoinKind::Inner, "left join", "inner join"))
                }
                JoinKind::Inner => Some((JoinKind::Left, "inner join", "left join")),
                JoinKind::Semi => Some((JoinKind::Anti, "semi join", "anti join")),
                JoinKind::Anti => Some((JoinKind::Semi, "anti join", "semi join")),
                JoinKind::Left | JoinKind::Cross => None,
            };
            if let Some((other, before, after)) = other {
                let mut changed = op.clone();
                if let Op::Join { kind, .. } = &mut changed {
                    *kind = other;
                }
                all.push((format!("the {before} became an {after}"), changed));
            }
            if *null_safe {
                let mut changed = op.clone();
                if let Op::Join { null_safe, .. } = &mut changed {
                    *null_safe = false;
                }
                all.push(("missing keys no longer match".to_owned(), changed));
            }
        }
        Op::Pick { input, keys, which } => {
            let (which, after) = match which {
                PickWhich::First => (PickWhich::Last, "the last"),
                PickWhich::Last => (PickWhich::First, "the first"),
            };
            all.push((
                format!("{after} row of a key wins"),
                Op::Pick {
                    input: *input,
                    keys: keys.clone(),
                    which,
                },
            ));
        }
        Op::Sort { input, by } => {
            for index in 0..by.len() {
                let mut flipped = by.clone();
                flipped[index].descending = !flipped[index].descending;
                all.push((
                    "a sort direction is turned".to_owned(),
                    Op::Sort {
                        input: *input,
                        by: flipped,
                    },
                ));
                let mut shorter = by.clone();
                shorter.remove(index);
                all.push((
                    "a tie-break is dropped".to_owned(),
                    Op::Sort {
                        input: *input,
                        by: shorter,
                    },
                ));
            }
        }
        Op::Limit { input, count } => all.push((
            "the limit is one higher".to_owned(),
            Op::Limit {
                input: *input,
                count: count + 1,
            },
        )),
        Op::Filter { input, .. } => all.push((
            "the filter is dropped".to_owned(),
            Op::Filter {
                input: *input,
                predicate: Expr::bool(true),
            },
        )),
        Op::When { input, .. } => all.push((
            "the condition is dropped".to_owned(),
            Op::When {
                input: *input,
                condition: Expr::bool(true),
            },
        )),
        Op::Distinct { input } => all.push((
            "equal rows stay".to_owned(),
            Op::Filter {
                input: *input,
                predicate: Expr::bool(true),
            },
        )),
        Op::Aggregate {
            aggregates, order, ..
        } => {
            if *order == GroupOrder::FirstSeen {
                let mut changed = op.clone();
                if let Op::Aggregate { order, .. } = &mut changed {
                    *order = GroupOrder::ByKey;
                }
                all.push(("groups stand by key".to_owned(), changed));
            }
            for index in 0..aggregates.len() {
                all.extend(aggregate_changes(op, index));
            }
        }
        Op::Union { inputs } if inputs.len() > 1 => all.push((
            "the last part of the union is dropped".to_owned(),
            Op::Union {
                inputs: inputs[..inputs.len() - 1].to_vec(),
            },
        )),
        _ => {}
    }
    all
}

fn aggregate_changes(op: &Op, index: usize) -> Vec<(String, Op)> {
    let Op::Aggregate { aggregates, .. } = op else {
        return Vec::new();
    };
    let (name, aggregate) = &aggregates[index];
    let with = |change: &dyn Fn(&mut relift_dataflow::Aggregate)| {
        let mut changed = op.clone();
        if let Op::Aggregate { aggregates, .. } = &mut changed {
            change(&mut aggregates[index].1);
        }
        changed
    };
    let mut all = Vec::new();
    let other = match aggregate.function {
        AggregateFunction::Min => Some(AggregateFunction::Max),
        AggregateFunction::Max | AggregateFunction::Sum => Some(AggregateFunction::Min),
        AggregateFunction::First => Some(AggregateFunction::Last),
        AggregateFunction::Last => Some(AggregateFunction::First),
        AggregateFunction::Any => Some(AggregateFunction::All),
        AggregateFunction::All => Some(AggregateFunction::Any),
        AggregateFunction::CountValues => Some(AggregateFunction::CountDistinct),
        AggregateFunction::CountDistinct => Some(AggregateFunction::CountValues),
        AggregateFunction::FloatSum
        | AggregateFunction::SqlFloatSum
        | AggregateFunction::SqlAverage
        | AggregateFunction::PandasGroupSum
        | AggregateFunction::PandasGroupMean
        | AggregateFunction::PandasGroupVariance
        | AggregateFunction::PandasSum
        | AggregateFunction::PandasMean
        | AggregateFunction::PandasVariance
        | AggregateFunction::PandasMedian => Some(AggregateFunction::Max),
        AggregateFunction::SqlSum => Some(AggregateFunction::Max),
        AggregateFunction::Count => None,
    };
    if let Some(other) = other {
        all.push((
            format!(
                "{name}: {} became {}",
                aggregate.function.name(),
                other.name()
            ),
            with(&|aggregate| aggregate.function = other),
        ));
    }
    if aggregate.filter.is_some() {
        all.push((
            format!("{name}: counts all rows"),
            with(&|aggregate| aggregate.filter = None),
        ));
    }
    all
}

/// Changes inside the operator's expressions.
fn expression_changes(op: &Op) -> Vec<(String, Option<Span>, Op)> {
    let mut all = Vec::new();
    for (position, expr) in op.exprs().into_iter().enumerate() {
        let mut parts = 0;
        expr.walk(&mut |_| parts += 1);
        for part in 0..parts {
            let mut target = None;
            visit(expr.clone(), part, &mut |found| {
                target = Some(found.clone());
                found
            });
            let Some(target) = target else { continue };
            for (what, replacement) in part_changes(&target) {
                let span = target.span.clone();
                let mut seen = 0;
                let changed = op.clone().rebuild(&mut |input| input, &mut |expr| {
                    seen += 1;
                    if seen - 1 == position {
                        visit(expr, part, &mut |found| {
                            replacement.clone().at(found.span.clone())
                        })
                    } else {
                        expr
                    }
                });
                all.push((what, span, changed));
            }
        }
    }
    all
}

/// Exchanges the part of that number, counted in the order in which parts are rebuilt.
fn visit(expr: Expr, number: usize, change: &mut dyn FnMut(Expr) -> Expr) -> Expr {
    let mut seen = 0;
    expr.map(&mut |part| {
        seen += 1;
        if seen - 1 == number {
            change(part)
        } else {
            part
        }
    })
}

fn part_changes(part: &Expr) -> Vec<(String, Expr)> {
    let mut all = Vec::new();
    match &part.kind {
        ExprKind::Call(function, arguments) => {
            for (what, other) in function_changes(*function) {
                all.push((what, Expr::call(other, arguments.clone())));
            }
            // Second arguments of these are numbers of digits or positions, not values.
            let values = match function {
                Function::PyRound
                | Function::NumpyRound
                | Function::SqliteRound
                | Function::Quantize(_)
                | Function::DecimalOfFloat
                | Function::FixedText
                | Function::ThousandsText
                | Function::Strftime
                | Function::Slice
                | Function::Python(_)
                | Function::Sqlite(_)
                | Function::SqliteSubstr => 1,
                _ => arguments.len(),
            };
            for index in 0..values.min(arguments.len()) {
                for (what, literal) in literal_changes(&arguments[index]) {
                    let mut changed = arguments.clone();
                    changed[index] = literal;
                    all.push((what, Expr::call(*function, changed)));
                }
            }
        }
        ExprKind::If { arms, otherwise } => {
            for (what, literal) in literal_changes(otherwise) {
                all.push((
                    what,
                    Expr::new(ExprKind::If {
                        arms: arms.clone(),
                        otherwise: Box::new(literal),
                    }),
                ));
            }
            if let [(test, value)] = &arms[..] {
                all.push((
                    "the two sides of a choice are exchanged".to_owned(),
                    Expr::branch(test.clone(), (**otherwise).clone(), value.clone()),
                ));
            }
        }
        _ => {}
    }
    all
}

fn function_changes(function: Function) -> Vec<(String, Function)> {
    let became = |other: Function| (format!("`{function}` became `{other}`"), other);
    match function {
        Function::Compare(comparison, flavour) => {
            let others: &[Comparison] = match comparison {
                Comparison::Lt => &[Comparison::Le, Comparison::Gt],
                Comparison::Le => &[Comparison::Lt],
                Comparison::Gt => &[Comparison::Ge, Comparison::Lt],
                Comparison::Ge => &[Comparison::Gt],
                Comparison::Eq => &[Comparison::Ne],
                Comparison::Ne => &[Comparison::Eq],
            };
            others
                .iter()
                .map(|other| {
                    (
                        format!("`{}` became `{}`", comparison.symbol(), other.symbol()),
                        Function::Compare(*other, flavour),
                    )
                })
                .collect()
        }
        Function::Quantize(RoundingMode::HalfEven) => {
            vec![became(Function::Quantize(RoundingMode::HalfUp))]
        }
        Function::Quantize(RoundingMode::HalfUp) => {
            vec![became(Function::Quantize(RoundingMode::HalfEven))]
        }
        Function::PyRound => vec![became(Function::SqliteRound), became(Function::NumpyRound)],
        Function::NumpyRound | Function::SqliteRound => vec![became(Function::PyRound)],
        Function::And => vec![became(Function::Or)],
        Function::Or => vec![became(Function::And)],
        Function::Add => vec![became(Function::Subtract)],
        Function::Subtract => vec![became(Function::Add)],
        Function::Greatest => vec![became(Function::Least)],
        Function::Least => vec![became(Function::Greatest)],
        _ => Vec::new(),
    }
}

fn literal_changes(expr: &Expr) -> Vec<(String, Expr)> {
    let changed =
        |literal: Literal, what: String| (what, Expr::literal(literal).at(expr.span.clone()));
    match expr.as_literal() {
        Some(Literal::Int(value)) => [value.checked_add(1), value.checked_sub(1)]
            .into_iter()
            .flatten()
            .map(|other| changed(Literal::Int(other), format!("{value} became {other}")))
            .collect(),
        Some(Literal::Float(value)) => {
            let other = value + 1.0;
            vec![changed(
                Literal::Float(other),
                format!("{value} became {other}"),
            )]
        }
        Some(Literal::Decimal { unscaled, scale }) => vec![changed(
            Literal::Decimal {
                unscaled: unscaled + 1,
                scale: *scale,
            },
            "a decimal became one unit larger".to_owned(),
        )],
        Some(Literal::Text(text)) => {
            let other = format!("{text}x");
            vec![changed(
                Literal::Text(other.clone()),
                format!("\"{text}\" became \"{other}\""),
            )]
        }
        Some(Literal::Date(day)) => vec![changed(
            Literal::Date(day + 1),
            "a date became one day later".to_owned(),
        )],
        Some(Literal::Bool(_) | Literal::None) | None => Vec::new(),
    }
}
