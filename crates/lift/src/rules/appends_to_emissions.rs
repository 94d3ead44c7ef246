//! Loops that append several records per row.

use relift_dataflow::{
    Comparison, Expr, Flavour, FoldKind, JoinKind, Op, Rewriter, RuleMutant, simplify,
};

use crate::Level;
use crate::rule::{Applies, Lifting, Rewritten, StateCase, declare_lifting_rule, fresh_name};

declare_lifting_rule! {
    /// ## Lifts
    /// A loop over rows that may append several records for one row.
    ///
    /// ## To
    /// The rows, each paired with the numbers of the appends; a filter keeps the pairs whose append
    /// happens, and a projection chooses the record by the number.
    ///
    /// ## Holds when
    /// Always: rows in order, then numbers in order, is the order of the appends.
    static APPENDS_TO_EMISSIONS = {
        name: "appends-to-emissions",
        since: "0.1.0",
        applies: Applies::State(lift),
    };
}

fn lift(case: &StateCase<'_>, rewriter: &mut Rewriter<'_>) -> Lifting {
    let FoldKind::Rows(emits) = case.kind else {
        return Lifting::NotMine;
    };
    let built = (|| {
        if emits.is_empty() {
            return rewriter.add(
                case.id,
                Op::Values {
                    columns: Vec::new(),
                    rows: Vec::new(),
                },
            );
        }
        let number = fresh_name("emission", &[&rewriter.flow.node(case.input).schema]);
        let numbers = rewriter.add(
            case.id,
            Op::Values {
                columns: vec![number.clone()],
                rows: (0..emits.len())
                    .map(|index| {
                        let reversed = RuleMutant::EmissionsReversed.is_on();
                        let index = if reversed {
                            emits.len() - 1 - index
                        } else {
                            index
                        };
                        vec![Expr::int(index as i64)]
                    })
                    .collect(),
            },
        )?;
        let pairs = rewriter.add(
            case.id,
            Op::Join {
                left: case.input,
                right: numbers,
                kind: JoinKind::Cross,
                on: Vec::new(),
                null_safe: false,
                condition: None,
                presence: None,
            },
        )?;
        let choose = |values: Vec<Expr>| {
            let mut values = values.into_iter().enumerate().collect::<Vec<_>>();
            let otherwise = values.pop().map_or_else(Expr::none, |(_, value)| value);
            values
                .into_iter()
                .rev()
                .fold(otherwise, |rest, (index, value)| {
                    let test = Expr::compare(
                        Comparison::Eq,
                        Flavour::Python,
                        Expr::column(number.clone()),
                        Expr::int(index as i64),
                    );
                    Expr::branch(test, value, rest)
                })
        };
        let predicate = simplify(choose(
            emits.iter().map(|emit| emit.guard.clone()).collect(),
        ));
        let rows = if predicate.is_true() {
            pairs
        } else {
            rewriter.add(
                case.id,
                Op::Filter {
                    input: pairs,
                    predicate,
                },
            )?
        };
        let columns = emits[0]
            .columns
            .iter()
            .map(|(name, _)| {
                let values = emits
                    .iter()
                    .map(|emit| {
                        let column = emit.columns.iter().find(|(other, _)| other == name);
                        column.map_or_else(Expr::none, |(_, value)| value.clone())
                    })
                    .collect();
                (name.clone(), simplify(choose(values)))
            })
            .collect();
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
            reason: "each record depends on its own row and the number of its append only"
                .to_owned(),
            obligations: Vec::new(),
        }),
        Err(error) => case.mistyped(&error),
    }
}
