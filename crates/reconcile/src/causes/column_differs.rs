//! One column, or a few, in which the sides disagree by no rule known here.

use super::{CauseKind, Hypothesis, in_columns};

pub(super) const COLUMN_DIFFERS: CauseKind = CauseKind {
    name: "column-differs",
    summary: "all differences lie in the same few columns",
    test: |case| {
        let (agreeing, names) = case.with_cells(|_, _| true)?;
        if names.len() == case.legacy.columns.len() {
            return None;
        }
        let mut constant = "";
        let mut cells = case.differing_cells();
        if let Some((at, _, first)) = cells.next()
            && cells.all(|(other, _, cell)| other == at && cell == first)
            && case.pairing.pairs.len() > 1
        {
            constant = if first.blank() {
                ", where the rewrite has nothing"
            } else {
                ", where the rewrite always has the same value"
            };
        }
        let assumption = format!("only {} is wrong{constant}", in_columns(&names));
        Some(Hypothesis {
            assumption,
            agreeing,
        })
    },
};
