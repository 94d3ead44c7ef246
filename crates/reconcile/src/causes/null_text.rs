//! Absent values that are written differently: NULL, nothing, NaN, `None`.

use super::{CauseKind, Hypothesis, in_columns};
use crate::Cell;

pub(super) const NULL_TEXT: CauseKind = CauseKind {
    name: "null-text",
    summary: "an absent value is NULL on one side and empty, NaN or a word on the other",
    test: |case| {
        let (agreeing, names) = case.with_cells(|a, b| Cell::blank(a) && Cell::blank(b))?;
        let assumption = format!(
            "absent values are written differently in {}",
            in_columns(&names)
        );
        Some(Hypothesis {
            assumption,
            agreeing,
        })
    },
};
