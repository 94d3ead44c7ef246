//! Every row agrees in order and the part files do not.

use super::{CauseKind, Hypothesis};

pub(super) const PART_SPLIT: CauseKind = CauseKind {
    name: "part-split",
    summary: "the rows are spread over other part files",
    test: |case| {
        (case.rows_in_order() && case.legacy.part_rows != case.rewrite.part_rows).then(|| {
            Hypothesis {
                assumption: "only the split into parts differs".into(),
                agreeing: case.rows(),
            }
        })
    },
};
