//! Dictionaries whose entries accumulate.

use relift_dataflow::{Expr, GroupOrder, Op, Rewriter, RuleMutant};

use crate::Level;
use crate::entries::{Entries, obligations_of};
use crate::rule::{Applies, Lifting, Rewritten, StateCase, declare_lifting_rule};

declare_lifting_rule! {
    /// ## Lifts
    /// A dictionary whose values count, add up, keep the best, the first or the last value, or set flags,
    /// each possibly under conditions of the row.
    ///
    /// ## To
    /// Grouping by the key, groups in order of first appearance. Counts, exact sums, extremes and flags
    /// are plain aggregates; float sums, first and last values observe the order of rows.
    ///
    /// ## Holds when
    /// Each value changes in one way only (adding, replacing, comparing), reads no other running value, and
    /// rows that do not create an entry do not change one. The first row of a key may start a value
    /// differently when exact arithmetic can take the difference out again.
    static ACCUMULATE_TO_AGGREGATE = {
        name: "accumulate-to-aggregate",
        since: "0.1.0",
        applies: Applies::State(lift),
    };
}

fn lift(case: &StateCase<'_>, rewriter: &mut Rewriter<'_>) -> Lifting {
    let Some(entries) = Entries::of(case) else {
        return Lifting::NotMine;
    };
    let plans = match entries.plans(case, rewriter) {
        Ok(plans) => plans,
        Err(reason) => return case.refuse(reason),
    };
    let (rows, mut obligations) = match entries.rows(case, rewriter) {
        Ok(rows) => rows,
        Err(reason) => return case.refuse(reason),
    };
    let mut aggregates = Vec::new();
    let mut columns: Vec<_> = entries
        .key_names()
        .into_iter()
        .map(|name| (name.clone(), Expr::column(name)))
        .collect();
    let mut level = Level::Flat;
    let mut reasons: Vec<String> = Vec::new();
    let mut plain = true;
    for (plan, slot) in plans.iter().zip(entries.slots) {
        obligations.extend(obligations_of(plan, rows, case));
        aggregates.extend(plan.aggregates.iter().cloned());
        plain &= plan.value == Expr::column(slot.name.clone());
        columns.push((slot.name.clone(), plan.value.clone()));
        level = level.max(plan.level);
        let reason = format!("{}: {}", slot.name, plan.reason);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let names: Vec<_> = aggregates
        .iter()
        .map(|(name, _)| name)
        .chain(entries.keys.iter().map(|(name, _)| name))
        .collect();
    if (1..names.len()).any(|index| names[..index].contains(&names[index])) {
        return case.refuse("two of its values have the same name");
    }
    let built = (|| {
        let groups = rewriter.add(
            case.id,
            Op::Aggregate {
                input: rows,
                keys: entries.keys.to_vec(),
                aggregates,
                order: if RuleMutant::GroupsByKey.is_on() {
                    GroupOrder::ByKey
                } else {
                    GroupOrder::FirstSeen
                },
            },
        )?;
        if plain {
            return Ok(groups);
        }
        rewriter.add(
            case.id,
            Op::Map {
                input: groups,
                columns,
            },
        )
    })();
    match built {
        Ok(node) => Lifting::Rewritten(Rewritten {
            node,
            level,
            reason: reasons.join("; "),
            obligations,
        }),
        Err(error) => case.mistyped(&error),
    }
}
