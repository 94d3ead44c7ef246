//! The same rows in another order.

use super::{CauseKind, Hypothesis};

pub(super) const ROW_ORDER: CauseKind = CauseKind {
    name: "row-order",
    summary: "the rows are the same and stand in another order",
    test: |case| {
        let moved = case.pairing.matched.iter().filter(|(a, b)| a != b).count();
        (case.all_matched() && moved > 0).then(|| Hypothesis {
            assumption: format!("only the order differs ({moved} rows stand elsewhere)"),
            agreeing: case.rows(),
        })
    },
};
