//! What a comparison of one (job, effective date) found, as it is kept.

use serde::{Deserialize, Serialize};

use crate::{CellStatus, Grade};

/// Row counts of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowsCompared {
    /// Rows the legacy side produced.
    pub legacy: u64,
    /// Rows the rewritten side produced.
    pub rewrite: u64,
    /// Rows that have a partner on the other side.
    pub matched: u64,
}

impl RowsCompared {
    /// Matched rows in hundredths of a percent of the larger side, rounded down; 0 of 0 is all.
    pub fn matched_basis_points(self) -> u64 {
        let larger = self.legacy.max(self.rewrite);
        if larger == 0 {
            return 10_000;
        }
        (u128::from(self.matched.min(larger)) * 10_000 / u128::from(larger)) as u64
    }

    /// `match_percent` with two decimals; never `100.00` when a row is missing.
    pub fn match_percent(self) -> String {
        percent(self.matched_basis_points())
    }

    /// Adds the counts of another comparison.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            legacy: self.legacy + other.legacy,
            rewrite: self.rewrite + other.rewrite,
            matched: self.matched + other.matched,
        }
    }
}

/// Hundredths of a percent as `99.87`.
pub(crate) fn percent(basis_points: u64) -> String {
    format!("{}.{:02}", basis_points / 100, basis_points % 100)
}

/// One (job, effective date) was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellCompared {
    /// The job.
    pub job: String,
    /// The date, ISO.
    pub effective_date: String,
    /// The round of rewriting that was compared.
    pub round: u32,
    /// The verdict.
    pub status: CellStatus,
    /// The grade of the weakest output.
    pub grade: Grade,
    /// Rows over all outputs.
    pub rows: RowsCompared,
    /// Why the two sides differ, in a sentence.
    #[serde(default)]
    pub cause: Option<String>,
    /// Columns of a financial or regulatory class that differ; any of them escalates.
    #[serde(default)]
    pub sensitive_columns: Vec<String>,
    /// Output by output.
    #[serde(default)]
    pub outputs: Vec<OutputCompared>,
}

/// One output of a job on one date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputCompared {
    /// Its table or path.
    pub output: String,
    /// What holds for it.
    pub grade: Grade,
    /// Its rows.
    pub rows: RowsCompared,
    /// What is to be said besides: a missing file, another schema.
    #[serde(default)]
    pub note: Option<String>,
    /// The first differing rows.
    #[serde(default)]
    pub differences: Vec<RowDifference>,
}

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowDifference {
    /// Which row, in words: `row 12`, `only in the rewrite`.
    pub row: String,
    /// The columns that differ.
    pub columns: Vec<ColumnDifference>,
}

/// A value that differs; a side that has no such row has no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDifference {
    /// The column.
    pub column: String,
    /// Value of the legacy side.
    pub legacy: Option<String>,
    /// Value of the rewritten side.
    pub rewrite: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(legacy: u64, rewrite: u64, matched: u64) -> RowsCompared {
        RowsCompared {
            legacy,
            rewrite,
            matched,
        }
    }

    #[test]
    fn percentages_never_flatter() {
        assert_eq!(rows(0, 0, 0).match_percent(), "100.00");
        assert_eq!(rows(1_000_000, 1_000_000, 999_999).match_percent(), "99.99");
        assert_eq!(rows(10, 20, 10).match_percent(), "50.00");
        assert_eq!(rows(3, 3, 1).match_percent(), "33.33");
        assert_eq!(rows(u64::MAX, u64::MAX, u64::MAX).match_percent(), "100.00");
    }
}
