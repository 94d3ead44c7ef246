//! Loops that append at most one record per row.

use relift_dataflow::{Expr, FoldKind, Op, Rewriter, RuleMutant, Schema, simplify};

use crate::Level;
use crate::conditions::{Scope, split};
use crate::rule::{Applies, Lifting, Rewritten, StateCase, declare_lifting_rule};

declare_lifting_rule! {
    /// ## Lifts
    /// A loop over rows that appends at most one record per row to a list, in one or in several branches.
    ///
    /// ## To
    /// A filter for the rows that append, and a projection to the record.
    ///
    /// ## Holds when
    /// No row satisfies the conditions of two appends, which case analysis of the conditions shows.
    static APPEND_TO_MAP = {
        name: "append-to-map",
        since: "0.1.0",
        applies: Applies::State(lift),
    };
}

fn lift(case: &StateCase<'_>, rewriter: &mut Rewriter<'_>) -> Lifting {
    let FoldKind::Rows(emits) = case.kind else {
        return Lifting::NotMine;
    };
    if emits.is_empty() {
        return Lifting::NotMine;
    }
    let (predicate, columns) = if let [emit] = &emits[..] {
        (simplify(emit.guard.clone()), emit.columns.clone())
    } else {
        let schema = rewriter.flow.node(case.input).schema.clone();
        let scope = Scope {
            flow: &rewriter.flow,
            input: case.input,
            schema: &schema,
            previous: &Schema::default(),
        };
        let guards: Vec<Expr> = emits.iter().map(|emit| emit.guard.clone()).collect();
        let Some(cases) = split(&scope, &guards, &[]) else {
            return Lifting::NotMine;
        };
        let exclusive = cases.leaves().into_iter().all(|(guards, _)| {
            guards
                .iter()
                .all(|guard| guard.is_true() || guard.is_false())
                && guards.iter().filter(|guard| guard.is_true()).count() <= 1
        });
        if !exclusive {
            return Lifting::NotMine;
        }
        let predicate = cases.condition(&|(guards, _)| guards.iter().any(Expr::is_true));
        let columns = emits[0]
            .columns
            .iter()
            .map(|(name, _)| {
                let value = |index: usize| {
                    let column = emits[index].columns.iter().find(|(other, _)| other == name);
                    column.map(|(_, value)| value.clone())
                };
                let value = cases
                    .occurring(&mut |(guards, _)| {
                        guards.iter().position(Expr::is_true).and_then(value)
                    })
                    .map_or_else(Expr::none, crate::conditions::Cases::into_expr);
                (name.clone(), value)
            })
            .collect();
        (predicate, columns)
    };
    let built = (|| {
        let mut rows = case.input;
        if !predicate.is_true() && !RuleMutant::AppendUnfiltered.is_on() {
            rows = rewriter.add(
                case.id,
                Op::Filter {
                    input: rows,
                    predicate,
                },
            )?;
        }
        rewriter.add(
            case.id,
            Op::Map {
                input: rows,
                columns,
            },
        )
    })();
    match built {
        Ok(node) => Lifting::Rewritten(Rewritten {
            node,
            level: Level::Flat,
            reason: "each record depends on its own row only".to_owned(),
            obligations: Vec::new(),
        }),
        Err(error) => case.mistyped(&error),
    }
}
