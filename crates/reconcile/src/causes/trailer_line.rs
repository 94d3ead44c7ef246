//! Every row agrees and the trailer does not.

use super::{CauseKind, Hypothesis};

pub(super) const TRAILER_LINE: CauseKind = CauseKind {
    name: "trailer-line",
    summary: "the last line of the file is composed differently",
    test: |case| {
        let differs = case.legacy.trailer != case.rewrite.trailer
            && case.legacy.header == case.rewrite.header;
        (differs && case.rows_in_order()).then(|| Hypothesis {
            assumption: "only the trailer differs".into(),
            agreeing: case.rows(),
        })
    },
};
