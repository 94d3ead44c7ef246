//! Rows that only the rewrite has: repeated by a join on a key that is not unique, or not filtered out.

use super::{CauseKind, Hypothesis};

pub(super) const SURPLUS_ROWS: CauseKind = CauseKind {
    name: "surplus-rows",
    summary: "the rewrite has rows too many: repeated by a join, or not filtered out",
    test: |case| {
        let surplus = &case.pairing.only_rewrite;
        if surplus.is_empty() {
            return None;
        }
        let known = &case.legacy.rows;
        let repeated = surplus
            .iter()
            .filter(|at| known.contains(&case.rewrite.rows[**at]))
            .count();
        let count = surplus.len();
        let what = if repeated == count {
            format!("the rewrite repeats {count} rows (a join on a key that is not unique)")
        } else {
            let which = case
                .common_values(case.rewrite, surplus)
                .map(|values| format!(", all with {values}"));
            format!(
                "the rewrite has {count} rows that legacy does not write{}",
                which.unwrap_or_default()
            )
        };
        // Without the surplus the legacy rows are what can agree; the surplus itself is explained.
        Some(Hypothesis {
            assumption: what,
            agreeing: case.pairing.matched.len() + count,
        })
    },
};
