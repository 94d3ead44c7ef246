//! Dictionaries whose entries come from one row each.

use relift_dataflow::{AggregateFunction, Expr, Op, PickWhich, Rewriter, RuleMutant};

use crate::Level;
use crate::entries::Entries;
use crate::rule::{Applies, Lifting, Rewritten, StateCase, declare_lifting_rule};

declare_lifting_rule! {
    /// ## Lifts
    /// A dictionary entry that each row replaces as a whole (`d[k] = …`), or that only the first row of a
    /// key sets (`if k not in d: d[k] = …`); also sets.
    ///
    /// ## To
    /// The last, or the first, row per key; the keys keep the position of their first appearance.
    ///
    /// ## Holds when
    /// The values do not depend on earlier entries, and all of an entry's values come from the same row.
    static OVERWRITE_TO_PICK = {
        name: "overwrite-to-pick",
        since: "0.1.0",
        applies: Applies::State(lift),
    };
}

fn lift(case: &StateCase<'_>, rewriter: &mut Rewriter<'_>) -> Lifting {
    let Some(entries) = Entries::of(case) else {
        return Lifting::NotMine;
    };
    // Why a slot has no plan is said by the rule that is asked last.
    let Ok(plans) = entries.plans(case, rewriter) else {
        return Lifting::NotMine;
    };
    let mut which = None;
    let mut columns = entries.keys.to_vec();
    for (plan, slot) in plans.iter().zip(entries.slots) {
        match &plan.aggregates[..] {
            [] => columns.push((slot.name.clone(), plan.value.clone())),
            [(name, aggregate)]
                if *name == slot.name
                    && aggregate.filter.is_none()
                    && plan.value == Expr::column(name.clone()) =>
            {
                let own = match aggregate.function {
                    AggregateFunction::First => PickWhich::First,
                    AggregateFunction::Last => PickWhich::Last,
                    _ => return Lifting::NotMine,
                };
                if *which.get_or_insert(own) != own {
                    return Lifting::NotMine;
                }
                let value = aggregate.argument.clone().unwrap_or_else(Expr::none);
                columns.push((slot.name.clone(), value));
            }
            _ => return Lifting::NotMine,
        }
    }
    let (rows, obligations) = match entries.rows(case, rewriter) {
        Ok(rows) => rows,
        Err(reason) => return case.refuse(reason),
    };
    let built = (|| {
        let records = rewriter.add(
            case.id,
            Op::Map {
                input: rows,
                columns,
            },
        )?;
        let op = match which {
            None => Op::Distinct { input: records },
            Some(which) => Op::Pick {
                input: records,
                keys: entries.key_names(),
                which: match which {
                    PickWhich::First if RuleMutant::PickOther.is_on() => PickWhich::Last,
                    PickWhich::Last if RuleMutant::PickOther.is_on() => PickWhich::First,
                    right => right,
                },
            },
        };
        rewriter.add(case.id, op)
    })();
    let (level, reason) = match which {
        None => (Level::Flat, "only the keys matter"),
        Some(PickWhich::First) => (Level::Window, "the first row of a key decides"),
        Some(PickWhich::Last) => (
            Level::Window,
            "each row replaces the entry, so the last row of a key decides",
        ),
    };
    match built {
        Ok(node) => Lifting::Rewritten(Rewritten {
            node,
            level,
            reason: reason.to_owned(),
            obligations,
        }),
        Err(error) => case.mistyped(&error),
    }
}
