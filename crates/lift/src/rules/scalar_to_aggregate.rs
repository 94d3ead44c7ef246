//! Single variables that accumulate over a loop.

use relift_dataflow::{Expr, FoldKind, GroupOrder, Op, Rewriter, RuleMutant};

use crate::conditions::Scope;
use crate::rule::{Applies, Lifting, Rewritten, StateCase, declare_lifting_rule};
use crate::slots::{Start, plan};

declare_lifting_rule! {
    /// ## Lifts
    /// A variable that counts, adds up, keeps the best, the first or the last value, or is a flag, over
    /// all rows of a loop.
    ///
    /// ## To
    /// One aggregate over all rows, combined with the initial value.
    ///
    /// ## Holds when
    /// The variable changes in one way only and reads no other running value. A float sum starts from 0;
    /// one that starts from the int 0 needs at least one addition, else the int would remain.
    static SCALAR_TO_AGGREGATE = {
        name: "scalar-to-aggregate",
        since: "0.1.0",
        applies: Applies::State(lift),
    };
}

fn lift(case: &StateCase<'_>, rewriter: &mut Rewriter<'_>) -> Lifting {
    let FoldKind::Scalar {
        name,
        initial,
        next,
    } = case.kind
    else {
        return Lifting::NotMine;
    };
    let Some(ty) = case.schema.ty(name) else {
        return case.refuse("it has no type");
    };
    let schema = rewriter.flow.node(case.input).schema.clone();
    let scope = Scope {
        flow: &rewriter.flow,
        input: case.input,
        schema: &schema,
        previous: case.schema,
    };
    let plan = match plan(&scope, name, ty, &Start::Initial(initial), next) {
        Ok(plan) => plan,
        Err(reason) => return case.refuse(reason),
    };
    let mut obligations = crate::entries::obligations_of(&plan, case.input, case);
    let built = (|| {
        if let Some((condition, why)) = &plan.occurs
            && !RuleMutant::SumOccurs.is_on()
        {
            let rows = if condition.is_true() {
                case.input
            } else {
                rewriter.add(
                    case.id,
                    Op::Filter {
                        input: case.input,
                        predicate: condition.clone(),
                    },
                )?
            };
            obligations.push(case.not_empty(rows, why));
        }
        if plan.aggregates.is_empty() {
            return rewriter.add(
                case.id,
                Op::Values {
                    columns: vec![name.clone()],
                    rows: vec![vec![plan.value.clone()]],
                },
            );
        }
        let total = rewriter.add(
            case.id,
            Op::Aggregate {
                input: case.input,
                keys: Vec::new(),
                aggregates: plan.aggregates.clone(),
                order: GroupOrder::FirstSeen,
            },
        )?;
        if plan.value == Expr::column(name.clone()) {
            return Ok(total);
        }
        rewriter.add(
            case.id,
            Op::Map {
                input: total,
                columns: vec![(name.clone(), plan.value.clone())],
            },
        )
    })();
    match built {
        Ok(node) => Lifting::Rewritten(Rewritten {
            node,
            level: plan.level,
            reason: plan.reason.to_owned(),
            obligations,
        }),
        Err(error) => case.mistyped(&error),
    }
}
