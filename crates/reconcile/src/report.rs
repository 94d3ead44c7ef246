//! `reconcile.json`: the comparisons of one job, date by date.

use serde::{Deserialize, Serialize};

use relift_job::{EffectiveDate, JobName};

use crate::{Comparison, OutputComparison, RowDifference};

/// Version of the format.
pub const RECONCILE_SCHEMA_VERSION: u32 = 1;

/// The file as written and read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReconcileReport {
    /// [`RECONCILE_SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The job.
    pub job: String,
    /// One entry per date, ascending.
    pub dates: Vec<DateReport>,
}

/// One date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DateReport {
    /// `YYYY-MM-DD`.
    pub effective_date: String,
    /// `pass`, `differs`, `error` or `missing`.
    pub status: String,
    /// The weakest grade over the outputs.
    pub grade: String,
    /// Rows legacy wrote.
    pub rows_legacy: u64,
    /// Rows the rewrite wrote.
    pub rows_rewrite: u64,
    /// Rows equal on both sides.
    pub rows_matched: u64,
    /// Matched rows in percent of the larger side.
    pub match_percent: f64,
    /// What raised, or which side is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Outputs by name.
    pub outputs: Vec<OutputReport>,
}

/// One output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputReport {
    /// Its name.
    pub name: String,
    /// `text`, `parquet` or `table`.
    pub kind: String,
    /// How strong the agreement is.
    pub grade: String,
    /// Whether that is enough for its kind.
    pub passes: bool,
    /// Rows legacy wrote.
    pub rows_legacy: u64,
    /// Rows the rewrite wrote.
    pub rows_rewrite: u64,
    /// Rows equal on both sides.
    pub rows_matched: u64,
    /// Columns of the legacy output.
    pub columns: Vec<String>,
    /// What differs beside rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// The best explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<CauseReport>,
    /// First differing rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<DifferenceReport>,
}

/// An explanation with its counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CauseReport {
    /// Its name.
    pub name: String,
    /// `assuming ..., N of M rows agree`.
    pub statement: String,
    /// N.
    pub agreeing: u64,
    /// M.
    pub of: u64,
}

/// A differing row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifferenceReport {
    /// Columns that differ; empty for a row without counterpart.
    pub columns: Vec<String>,
    /// The legacy row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legacy: Option<RowReport>,
    /// The rewrite's row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<RowReport>,
}

/// A row as text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowReport {
    /// Position in its output, from 1.
    pub row: u64,
    /// Cells; NULL is null.
    pub cells: Vec<Option<String>>,
}

impl ReconcileReport {
    /// Converts comparisons, which come in the order of their dates.
    pub fn new<'c>(
        job: &JobName,
        comparisons: impl IntoIterator<Item = (EffectiveDate, &'c Comparison)>,
    ) -> Self {
        let dates = comparisons
            .into_iter()
            .map(|(date, comparison)| date_report(date, comparison))
            .collect();
        Self {
            schema_version: RECONCILE_SCHEMA_VERSION,
            job: job.to_string(),
            dates,
        }
    }

    /// Prints the file.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data always prints") + "\n"
    }
}

fn date_report(date: EffectiveDate, comparison: &Comparison) -> DateReport {
    DateReport {
        effective_date: date.to_string(),
        status: comparison.status.word().to_owned(),
        grade: comparison.grade.word().to_owned(),
        rows_legacy: comparison.rows_legacy,
        rows_rewrite: comparison.rows_rewrite,
        rows_matched: comparison.rows_matched,
        match_percent: comparison.match_percent(),
        remark: comparison.remark.clone(),
        outputs: comparison.outputs.iter().map(output_report).collect(),
    }
}

fn output_report(output: &OutputComparison) -> OutputReport {
    OutputReport {
        name: output.name.clone(),
        kind: output.kind.to_owned(),
        grade: output.grade.word().to_owned(),
        passes: output.passes,
        rows_legacy: output.rows_legacy,
        rows_rewrite: output.rows_rewrite,
        rows_matched: output.rows_matched,
        columns: output.columns.clone(),
        remarks: output.remarks.clone(),
        cause: output.cause.as_ref().map(|cause| CauseReport {
            name: cause.name.to_owned(),
            statement: cause.statement.clone(),
            agreeing: cause.agreeing,
            of: cause.of,
        }),
        differences: output.differences.iter().map(difference_report).collect(),
    }
}

fn difference_report(difference: &RowDifference) -> DifferenceReport {
    let row = |side: &Option<(usize, Vec<Option<String>>)>| {
        side.as_ref().map(|(row, cells)| RowReport {
            row: *row as u64,
            cells: cells.clone(),
        })
    };
    DifferenceReport {
        columns: difference.columns.clone(),
        legacy: row(&difference.legacy),
        rewrite: row(&difference.rewrite),
    }
}
