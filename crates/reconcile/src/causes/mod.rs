//! Causes of a difference, each a hypothesis that is tried on the data.
//!
//! A hypothesis says: if this were the only fault, so many rows would agree. The one that explains most
//! rows is the cause; among equals the earlier in the list, which goes from the specific to the vague.

mod column_differs;
mod date_shift;
mod date_text;
mod float_noise;
mod header_line;
mod line_ending;
mod missing_rows;
mod null_text;
mod number_text;
mod part_split;
mod rounding_mode;
mod row_order;
mod surplus_rows;
mod trailer_line;

use relift_job::EffectiveDate;

use crate::{Cell, Grid, Pairing};

/// Every cause, the specific ones first.
pub static ALL: &[CauseKind] = &[
    line_ending::LINE_ENDING,
    trailer_line::TRAILER_LINE,
    header_line::HEADER_LINE,
    part_split::PART_SPLIT,
    row_order::ROW_ORDER,
    rounding_mode::ROUNDING_MODE,
    float_noise::FLOAT_NOISE,
    number_text::NUMBER_TEXT,
    date_text::DATE_TEXT,
    date_shift::DATE_SHIFT,
    null_text::NULL_TEXT,
    missing_rows::MISSING_ROWS,
    surplus_rows::SURPLUS_ROWS,
    column_differs::COLUMN_DIFFERS,
];

/// A way in which outputs come to differ.
pub struct CauseKind {
    /// Its name, as reports show it.
    pub name: &'static str,
    /// What it means, in one line.
    pub summary: &'static str,
    /// Tries it; `None` when nothing speaks for it.
    pub test: fn(&HypothesisCase<'_>) -> Option<Hypothesis>,
}

/// Two outputs that differ.
#[derive(Clone, Copy, Debug)]
pub struct HypothesisCase<'a> {
    /// The legacy output.
    pub legacy: &'a Grid,
    /// The rewrite's.
    pub rewrite: &'a Grid,
    /// Which rows belong together.
    pub pairing: &'a Pairing,
    /// The files themselves, for text.
    pub bytes: Option<(&'a [u8], &'a [u8])>,
    /// The effective date.
    pub date: EffectiveDate,
}

/// What would follow if a cause were the only fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hypothesis {
    /// The assumption in words, to stand after "assuming".
    pub assumption: String,
    /// Rows that agree under it.
    pub agreeing: usize,
}

/// The explanation kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Name of its kind.
    pub name: &'static str,
    /// `assuming ..., N of M rows agree`.
    pub statement: String,
    /// Rows that agree under it.
    pub agreeing: u64,
    /// Rows of the larger side.
    pub of: u64,
}

/// Tries every cause and keeps the one that explains most.
pub(crate) fn find_cause(case: &HypothesisCase<'_>) -> Option<Cause> {
    let of = case.rows();
    let mut best: Option<(&CauseKind, Hypothesis)> = None;
    for kind in ALL {
        let Some(hypothesis) = (kind.test)(case) else {
            continue;
        };
        if best
            .as_ref()
            .is_none_or(|(_, known)| hypothesis.agreeing > known.agreeing)
        {
            best = Some((kind, hypothesis));
        }
    }
    best.map(|(kind, hypothesis)| Cause {
        name: kind.name,
        statement: format!(
            "assuming {}, {} of {of} rows agree",
            hypothesis.assumption, hypothesis.agreeing
        ),
        agreeing: hypothesis.agreeing as u64,
        of: of as u64,
    })
}

impl HypothesisCase<'_> {
    /// Rows of the larger side.
    pub fn rows(&self) -> usize {
        self.legacy.rows.len().max(self.rewrite.rows.len())
    }

    /// Whether every row has its equal.
    pub fn all_matched(&self) -> bool {
        self.pairing.matched.len() == self.rows()
    }

    /// Whether both sides have the same rows in the same order.
    pub fn rows_in_order(&self) -> bool {
        self.all_matched() && self.pairing.matched.iter().all(|(a, b)| a == b)
    }

    /// Counts the rows that agree when pairs of cells for which `same` holds are taken as equal.
    ///
    /// The columns in which it was needed are named; `None` when it helps no row.
    pub fn with_cells(&self, same: impl Fn(&Cell, &Cell) -> bool) -> Option<(usize, Vec<String>)> {
        let mut needed = vec![false; self.legacy.columns.len().max(self.rewrite.columns.len())];
        let mut explained = 0;
        for (a, b) in &self.pairing.pairs {
            let (left, right) = (&self.legacy.rows[*a], &self.rewrite.rows[*b]);
            let agree = |(x, y): (&Cell, &Cell)| x == y || same(x, y);
            if left.len() == right.len() && left.iter().zip(right).all(agree) {
                explained += 1;
                for (at, (x, y)) in left.iter().zip(right).enumerate() {
                    needed[at] |= x != y;
                }
            }
        }
        let names = self
            .legacy
            .columns
            .iter()
            .zip(&needed)
            .filter(|(_, needed)| **needed);
        let names = names.map(|(column, _)| column.name.clone()).collect();
        (explained > 0).then(|| (self.pairing.matched.len() + explained, names))
    }

    /// Cells that differ inside paired rows: column, legacy, rewrite.
    pub fn differing_cells(&self) -> impl Iterator<Item = (usize, &Cell, &Cell)> {
        self.pairing.pairs.iter().flat_map(|(a, b)| {
            let cells = self.legacy.rows[*a]
                .iter()
                .zip(&self.rewrite.rows[*b])
                .enumerate();
            cells
                .filter(|(_, (x, y))| x != y)
                .map(|(at, (x, y))| (at, x, y))
        })
    }

    /// Values that all given rows have in a column where not every row of the grid has it, in words.
    pub fn common_values(&self, grid: &Grid, rows: &[usize]) -> Option<String> {
        let first = grid.rows.get(*rows.first()?)?;
        let shared = grid.columns.iter().enumerate().filter_map(|(at, column)| {
            let value = first.get(at)?;
            let all = |rows: &mut dyn Iterator<Item = usize>| {
                let mut rows = rows;
                (&mut rows).all(|row| grid.rows[row].get(at) == Some(value))
            };
            let of_rows = all(&mut rows.iter().copied());
            let of_grid = all(&mut (0..grid.rows.len()));
            let shown = value
                .text()
                .filter(|text| !text.is_empty())
                .unwrap_or_else(|| "nothing".to_owned());
            (of_rows && !of_grid).then(|| format!("{} = {shown}", column.name))
        });
        let shared: Vec<String> = shared.take(3).collect();
        (!shared.is_empty()).then(|| shared.join(", "))
    }
}

/// `column a`, or `columns a, b`.
fn in_columns(names: &[String]) -> String {
    match names {
        [one] => format!("column {one}"),
        many => format!("columns {}", many.join(", ")),
    }
}
