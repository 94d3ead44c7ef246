//! Rows that only legacy has: a filter too strict, or an inner join where legacy keeps unmatched rows.

use super::{CauseKind, Hypothesis};

pub(super) const MISSING_ROWS: CauseKind = CauseKind {
    name: "missing-rows",
    summary: "the rewrite drops rows, as an inner join does where legacy keeps unmatched rows",
    test: |case| {
        let missing = &case.pairing.only_legacy;
        if missing.is_empty() {
            return None;
        }
        let which = case
            .common_values(case.legacy, missing)
            .map(|values| format!(", all with {values}"));
        let assumption = format!(
            "the rewrite drops {} rows that legacy keeps (an inner join for an outer one, or a filter){}",
            missing.len(),
            which.unwrap_or_default()
        );
        Some(Hypothesis {
            assumption,
            agreeing: case.pairing.matched.len() + missing.len(),
        })
    },
};
