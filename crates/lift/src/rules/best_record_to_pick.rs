//! Dictionaries that keep, per key, the record with the best value.

use relift_dataflow::{
    Base, Comparison, Expr, ExprKind, Function, JoinKind, Op, PickWhich, Rewriter, RuleMutant,
    SortKey, simplify, type_of,
};
use relift_job::ColumnName;

use crate::Level;
use crate::changes::{Change, comparison, is_exact, recognise};
use crate::conditions::{Scope, reads_previous, same, split, without_marks};
use crate::entries::Entries;
use crate::rule::{Applies, Lifting, Rewritten, StateCase, declare_lifting_rule, fresh_name};
use crate::slots::never_negative_zero;

declare_lifting_rule! {
    /// ## Lifts
    /// `if k not in best or row.x > best[k].x: best[k] = record of row`.
    ///
    /// ## To
    /// A stable sort by the compared value and the first (or, for `>=`, last) row per key, in the order
    /// in which the keys first appeared.
    ///
    /// ## Holds when
    /// All values of the entry are replaced together, the compared value is one of them, is never
    /// missing, and orders in SQL as in Python.
    static BEST_RECORD_TO_PICK = {
        name: "best-record-to-pick",
        since: "0.1.0",
        applies: Applies::State(lift),
    };
}

/// A record that replaces the entry when `better`.
struct Replacement {
    /// Index of the compared slot.
    compared: usize,
    better: Comparison,
    values: Vec<Expr>,
}

fn lift(case: &StateCase<'_>, rewriter: &mut Rewriter<'_>) -> Lifting {
    let Some(entries) = Entries::of(case) else {
        return Lifting::NotMine;
    };
    if entries.slots.len() < 2 {
        return Lifting::NotMine;
    }
    let Some((compared, better, values)) = replacement(&entries, case, rewriter) else {
        return Lifting::NotMine;
    };
    let (rows, mut obligations) = match entries.rows(case, rewriter) {
        Ok(rows) => rows,
        Err(reason) => return case.refuse(reason),
    };
    let schema = rewriter.flow.node(rows).schema.clone();
    let ty = match type_of(&values[compared], &schema, case.schema, &rewriter.flow) {
        Ok(ty) => ty,
        Err(error) => return case.mistyped(&error),
    };
    let float = ty.base == Base::Float64 && !ty.missing.possible();
    if !is_exact(ty) && !float {
        return case.refuse(format!("{ty} values have no order that SQL shares"));
    }
    if float && !never_negative_zero(&rewriter.flow, rows, &values[compared]) {
        let test = Expr::compare(
            Comparison::Ne,
            relift_dataflow::Flavour::Python,
            Expr::call(Function::ToText, vec![values[compared].clone()]),
            Expr::text("-0.0"),
        );
        let why = "0.0 and -0.0 are equal in Python but not in the order of SQL";
        obligations.push(case.holds(rows, test, why));
    }
    let (descending, which) = match better {
        Comparison::Gt => (true, PickWhich::First),
        Comparison::Ge => (false, PickWhich::Last),
        Comparison::Lt => (false, PickWhich::First),
        Comparison::Le => (true, PickWhich::Last),
        Comparison::Eq | Comparison::Ne => return Lifting::NotMine,
    };
    let which = match which {
        PickWhich::First if RuleMutant::BestTie.is_on() => PickWhich::Last,
        PickWhich::Last if RuleMutant::BestTie.is_on() => PickWhich::First,
        right => right,
    };
    let descending =
        descending != (RuleMutant::BestTie.is_on() || RuleMutant::BestDirection.is_on());
    let keys = entries.key_names();
    let built = (|| {
        let mut columns = entries.keys.to_vec();
        for (slot, value) in entries.slots.iter().zip(&values) {
            columns.push((slot.name.clone(), value.clone()));
        }
        let records = rewriter.add(
            case.id,
            Op::Map {
                input: rows,
                columns,
            },
        )?;
        let sorted = rewriter.add(
            case.id,
            Op::Sort {
                input: records,
                by: vec![SortKey {
                    expr: Expr::column(entries.slots[compared].name.clone()),
                    descending,
                    missing_first: false,
                }],
            },
        )?;
        let best = rewriter.add(
            case.id,
            Op::Pick {
                input: sorted,
                keys: keys.clone(),
                which,
            },
        )?;
        if !case.order_observed || RuleMutant::BestOrder.is_on() {
            return Ok(best);
        }
        // The pick stands in sorted order; the dictionary in order of first appearance.
        let schema = rewriter.flow.node(best).schema.clone();
        let renamed: Vec<(ColumnName, ColumnName)> = keys
            .iter()
            .map(|key| (key.clone(), fresh_name(&format!("first_{key}"), &[&schema])))
            .collect();
        let appearances = rewriter.add(
            case.id,
            Op::Map {
                input: records,
                columns: renamed
                    .iter()
                    .map(|(key, new)| (new.clone(), Expr::column(key.clone())))
                    .collect(),
            },
        )?;
        let order = rewriter.add(case.id, Op::Distinct { input: appearances })?;
        let nullable = keys
            .iter()
            .any(|key| schema.ty(key).is_some_and(|ty| ty.missing.possible()));
        let joined = rewriter.add(
            case.id,
            Op::Join {
                left: order,
                right: best,
                kind: JoinKind::Inner,
                on: renamed
                    .iter()
                    .map(|(key, new)| (Expr::column(new.clone()), Expr::column(key.clone())))
                    .collect(),
                null_safe: nullable && !RuleMutant::BestNotNullSafe.is_on(),
                condition: None,
                presence: None,
            },
        )?;
        let columns = schema
            .names()
            .map(|name| (name.clone(), Expr::column(name.clone())))
            .collect();
        rewriter.add(
            case.id,
            Op::Map {
                input: joined,
                columns,
            },
        )
    })();
    match built {
        Ok(node) => Lifting::Rewritten(Rewritten {
            node,
            level: Level::Window,
            reason: "the whole record is replaced whenever the compared value is better".to_owned(),
            obligations,
        }),
        Err(error) => case.mistyped(&error),
    }
}

fn replacement(
    entries: &Entries<'_>,
    case: &StateCase<'_>,
    rewriter: &Rewriter<'_>,
) -> Option<(usize, Comparison, Vec<Expr>)> {
    let scope = Scope {
        flow: &rewriter.flow,
        input: case.input,
        schema: &rewriter.flow.node(case.input).schema,
        previous: case.schema,
    };
    let count = entries.slots.len();
    let values: Vec<Expr> = entries
        .slots
        .iter()
        .map(|slot| &slot.next)
        .chain(entries.slots.iter().map(|slot| &slot.first))
        .map(|value| without_marks(value.clone()))
        .collect();
    let cases = split(&scope, std::slice::from_ref(&entries.creates), &values)?;
    let mut all_fit = true;
    let replacements = cases.occurring(&mut |(conditions, values)| {
        let (next, first) = values.split_at(count);
        if conditions[0].is_false() {
            all_fit &= entries.slots.iter().zip(next).all(|(slot, next)| {
                case.schema
                    .ty(&slot.name)
                    .is_some_and(|ty| recognise(next, &slot.name, ty) == Ok(Change::Keep))
            });
            return None;
        }
        let found = replaced(entries, next, first).filter(|_| conditions[0].is_true());
        all_fit &= found.is_some();
        found.map(std::rc::Rc::new)
    })?;
    if !all_fit {
        return None;
    }
    let leaves = replacements.leaves();
    let (compared, better) = (leaves[0].compared, leaves[0].better);
    if leaves
        .iter()
        .any(|leaf| leaf.compared != compared || leaf.better != better)
    {
        return None;
    }
    let values = (0..count)
        .map(|index| {
            replacements
                .map(&mut |leaf| leaf.values[index].clone())
                .into_expr()
        })
        .collect();
    Some((compared, better, values))
}

/// All slots replaced under one test of one of them.
fn replaced(entries: &Entries<'_>, next: &[Expr], first: &[Expr]) -> Option<Replacement> {
    let mut test: Option<&Expr> = None;
    let mut values = Vec::new();
    for ((slot, next), first) in entries.slots.iter().zip(next).zip(first) {
        let ExprKind::If { arms, otherwise } = &next.kind else {
            return None;
        };
        let [(own, value)] = &arms[..] else {
            return None;
        };
        let stays = matches!(&otherwise.kind, ExprKind::Previous(name) if *name == slot.name);
        if !stays || reads_previous(value) || !same(value, first) {
            return None;
        }
        if test.is_some_and(|test| test != own) {
            return None;
        }
        test = Some(own);
        values.push(simplify(value.clone()));
    }
    let test = test?;
    entries.slots.iter().enumerate().find_map(|(index, slot)| {
        let (better, other) = comparison(test, &slot.name)?;
        same(&other, &values[index]).then(|| Replacement {
            compared: index,
            better,
            values: values.clone(),
        })
    })
}
