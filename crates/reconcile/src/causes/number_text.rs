//! Numbers that are equal and print differently: `1.50` and `1.5`, `7` and `7.0`.

use super::{CauseKind, Hypothesis, in_columns};
use crate::Cell;

pub(super) const NUMBER_TEXT: CauseKind = CauseKind {
    name: "number-text",
    summary: "equal numbers are printed with other digits, such as trailing zeros",
    test: |case| {
        let (agreeing, names) = case.with_cells(|a, b| match (a, b) {
            (Cell::Text(_), Cell::Text(_)) => match (a.decimal(), b.decimal()) {
                (Some(x), Some(y)) => x.normalized() == y.normalized(),
                _ => false,
            },
            _ => false,
        })?;
        let assumption = format!(
            "equal numbers are printed differently in {}",
            in_columns(&names)
        );
        Some(Hypothesis {
            assumption,
            agreeing,
        })
    },
};
