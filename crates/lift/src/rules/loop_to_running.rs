//! Variables and dictionaries that no aggregate expresses.

use relift_dataflow::{
    Aggregate, AggregateFunction, Expr, ExprKind, FoldKind, Function, GroupOrder, NodeId, Op,
    Rewriter, RuleMutant, Running, RunningSlot, TypeError, simplify, type_of,
};
use relift_job::ColumnName;

use crate::conditions::reads_previous;
use crate::rule::{Applies, Lifting, Rewritten, StateCase, declare_lifting_rule, fresh_name};
use crate::rules::lift_running;

declare_lifting_rule! {
    /// ## Lifts
    /// A variable or a dictionary whose final values no single aggregate expresses: a stock that is capped,
    /// a counter that starts anew, values that depend on each other.
    ///
    /// ## To
    /// What it holds after each row, as columns of the rows (see `running-to-window`), and of these the
    /// last per key.
    ///
    /// ## Holds when
    /// Always: what a loop leaves behind is what it held after its last row.
    static LOOP_TO_RUNNING = {
        name: "loop-to-running",
        since: "0.1.0",
        applies: Applies::State(lift),
    };
}

fn lift(case: &StateCase<'_>, rewriter: &mut Rewriter<'_>) -> Lifting {
    let lifted = match case.kind {
        FoldKind::Rows(_) => return Lifting::NotMine,
        FoldKind::Scalar {
            name,
            initial,
            next,
        } => {
            if reads_previous(initial) {
                return Lifting::NotMine;
            }
            let first = next.clone().map(&mut |part| match &part.kind {
                ExprKind::Previous(own) if own == name => initial.clone().at(part.span.clone()),
                _ => part,
            });
            let slots = vec![(name.clone(), first, next.clone())];
            over_rows(case, rewriter, &[], &Expr::bool(true), slots, Some(initial))
        }
        FoldKind::Map {
            keys,
            creates,
            slots,
        } => {
            let slots = slots
                .iter()
                .map(|slot| (slot.name.clone(), slot.first.clone(), slot.next.clone()))
                .collect();
            over_rows(
                case,
                rewriter,
                keys,
                &simplify(creates.clone()),
                slots,
                None,
            )
        }
    };
    match lifted {
        Ok(Ok(rewritten)) => Lifting::Rewritten(rewritten),
        Ok(Err(refusal)) => Lifting::Refused(refusal),
        Err(error) => case.mistyped(&error),
    }
}

/// The values after the last row, per key.
fn over_rows(
    case: &StateCase<'_>,
    rewriter: &mut Rewriter<'_>,
    keys: &[(ColumnName, Expr)],
    creates: &Expr,
    slots: Vec<(ColumnName, Expr, Expr)>,
    initial: Option<&Expr>,
) -> Result<Result<Rewritten, relift_dataflow::Refusal>, TypeError> {
    let mut schema = rewriter.flow.node(case.input).schema.clone();
    let mut fresh = |wanted: &str| {
        let name = fresh_name(wanted, &[&schema]);
        let mut columns = schema.columns().to_vec();
        columns.push(relift_dataflow::Column {
            name: name.clone(),
            ty: relift_dataflow::ColumnType::of(relift_dataflow::Base::Nothing),
        });
        schema = relift_dataflow::Schema::new(columns);
        name
    };
    let names: Vec<(ColumnName, ColumnName, ColumnName)> = slots
        .iter()
        .map(|(name, ..)| {
            let before = fresh(&format!("previous_{name}"));
            (name.clone(), before, fresh(name.as_str()))
        })
        .collect();
    let presence = fresh(&format!("has_{}", case.name));
    let own = |expr: Expr| {
        expr.map(&mut |part| match &part.kind {
            ExprKind::Previous(name) => names.iter().find(|(slot, ..)| slot == name).map_or(
                part.clone(),
                |(_, before, _)| {
                    Expr::new(ExprKind::Previous(before.clone())).at(part.span.clone())
                },
            ),
            _ => part,
        })
    };
    let running = Running {
        input: case.input,
        keys: keys.iter().map(|(_, key)| key.clone()).collect(),
        creates: creates.clone(),
        presence: presence.clone(),
        slots: slots
            .into_iter()
            .zip(&names)
            .map(|((_, first, next), (_, before, after))| RunningSlot {
                before: before.clone(),
                after: after.clone(),
                first,
                next: own(next),
            })
            .collect(),
    };
    let columns: Vec<ColumnName> = rewriter
        .flow
        .node(case.input)
        .schema
        .names()
        .cloned()
        .chain([presence.clone()])
        .chain(names.iter().map(|(_, _, after)| after.clone()))
        .collect();
    let lifted = match lift_running(case.id, &running, &columns, case.spans, rewriter) {
        Ok(lifted) => lifted,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let rows = if creates.is_true() || RuleMutant::RunningUntouched.is_on() {
        lifted.node
    } else {
        let touched = Expr::call(Function::Or, vec![Expr::column(presence), creates.clone()]);
        rewriter.add(
            case.id,
            Op::Filter {
                input: lifted.node,
                predicate: touched,
            },
        )?
    };
    let node = last_values(case, rewriter, rows, keys, &names, initial)?;
    Ok(Ok(Rewritten {
        node,
        level: lifted.level,
        reason: format!(
            "it holds what it held after the last row; {}",
            lifted.reason
        ),
        obligations: lifted.obligations,
    }))
}

fn last_values(
    case: &StateCase<'_>,
    rewriter: &mut Rewriter<'_>,
    rows: NodeId,
    keys: &[(ColumnName, Expr)],
    names: &[(ColumnName, ColumnName, ColumnName)],
    initial: Option<&Expr>,
) -> Result<NodeId, TypeError> {
    let mut aggregates: Vec<(ColumnName, Aggregate)> = names
        .iter()
        .map(|(name, _, after)| {
            let last = Aggregate {
                function: if RuleMutant::RunningLast.is_on() {
                    AggregateFunction::First
                } else {
                    AggregateFunction::Last
                },
                argument: Some(Expr::column(after.clone())),
                filter: None,
            };
            (name.clone(), last)
        })
        .collect();
    let touched = ColumnName::from(format!("{}_rows", case.name));
    if initial.is_some() {
        let any = Aggregate {
            function: AggregateFunction::Any,
            argument: Some(Expr::bool(true)),
            filter: None,
        };
        aggregates.push((touched.clone(), any));
    }
    let grouped = Op::Aggregate {
        input: rows,
        keys: keys.to_vec(),
        aggregates,
        order: GroupOrder::FirstSeen,
    };
    let grouped = rewriter.add(case.id, grouped)?;
    let Some(initial) = initial else {
        return Ok(grouped);
    };
    let columns = names
        .iter()
        .map(|(name, _, after)| {
            let flow = &rewriter.flow;
            let schema = &flow.node(rows).schema;
            let ty = type_of(&Expr::column(after.clone()), schema, case.schema, flow)?;
            let held = Expr::column(name.clone());
            let held = if ty.missing.none {
                held
            } else {
                Expr::call(Function::Known, vec![held])
            };
            let value = if RuleMutant::RunningInitial.is_on() {
                held
            } else {
                Expr::branch(Expr::column(touched.clone()), held, initial.clone())
            };
            Ok((name.clone(), value))
        })
        .collect::<Result<Vec<_>, TypeError>>()?;
    rewriter.add(
        case.id,
        Op::Map {
            input: grouped,
            columns,
        },
    )
}
