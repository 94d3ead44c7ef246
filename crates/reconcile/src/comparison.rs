//! The verdict over one (job, effective date): grade, status, counts, first differences and cause.

use std::collections::{BTreeMap, BTreeSet};

use relift_job::EffectiveDate;

use crate::causes::{Cause, HypothesisCase, find_cause};
use crate::{Grid, Output, Pairing, RunOutput};

/// How many differing rows are kept for showing.
const DIFFERENCES_MAX: usize = 5;

/// How strong the agreement is, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// There is nothing to compare.
    None,
    /// Rows differ.
    Differs,
    /// Equal only within declared tolerances.
    Tolerance,
    /// The same rows in another order.
    Multiset,
    /// The same rows in the same order, of the same types, in the same parts.
    Ordered,
    /// Text files identical.
    Bytes,
}

impl Grade {
    /// The word in `match_matrix.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Differs => "differs",
            Self::Tolerance => "tolerance",
            Self::Multiset => "multiset",
            Self::Ordered => "ordered",
            Self::Bytes => "bytes",
        }
    }
}

/// The verdict on one cell of the match matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Every output is as equal as its kind must be.
    Pass,
    /// Some output is not.
    Differs,
    /// The rewrite failed where legacy did not.
    Error,
    /// One of the sides has not run.
    Missing,
}

impl Status {
    /// The word in `match_matrix.csv`; `legacy`, for jobs that are not rewritten, is not decided here.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Differs => "differs",
            Self::Error => "error",
            Self::Missing => "missing",
        }
    }
}

/// A row that differs, both sides as text; NULL is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDifference {
    /// Position in the legacy output, from 1, and its cells.
    pub legacy: Option<(usize, Vec<Option<String>>)>,
    /// Position in the rewrite's output, from 1, and its cells.
    pub rewrite: Option<(usize, Vec<Option<String>>)>,
    /// Names of the columns that differ; empty for a row without counterpart.
    pub columns: Vec<String>,
}

/// One output on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputComparison {
    /// Its name.
    pub name: String,
    /// `text`, `parquet` or `table`.
    pub kind: &'static str,
    /// How strong the agreement is.
    pub grade: Grade,
    /// Whether that is enough for its kind.
    pub passes: bool,
    /// Rows legacy wrote.
    pub rows_legacy: u64,
    /// Rows the rewrite wrote.
    pub rows_rewrite: u64,
    /// Rows equal on both sides, as a multiset.
    pub rows_matched: u64,
    /// Columns of the legacy output.
    pub columns: Vec<String>,
    /// What differs beside rows: a missing file, types, part names, header, trailer.
    pub remarks: Vec<String>,
    /// First differing rows.
    pub differences: Vec<RowDifference>,
    /// The best explanation.
    pub cause: Option<Cause>,
}

/// Both sides of one (job, effective date).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The verdict.
    pub status: Status,
    /// The weakest grade over the outputs.
    pub grade: Grade,
    /// Rows legacy wrote, over all outputs.
    pub rows_legacy: u64,
    /// Rows the rewrite wrote.
    pub rows_rewrite: u64,
    /// Rows equal on both sides.
    pub rows_matched: u64,
    /// What raised, or which side is missing.
    pub remark: Option<String>,
    /// Outputs by name.
    pub outputs: Vec<OutputComparison>,
}

impl Comparison {
    /// Matched rows in percent of the larger side; nothing of nothing is 100.
    pub fn match_percent(&self) -> f64 {
        percent(self.rows_matched, self.rows_legacy.max(self.rows_rewrite))
    }

    /// One line for the `cause` column; empty when it passes.
    pub fn cause_line(&self) -> String {
        if self.status == Status::Pass {
            return String::new();
        }
        let of_output = |output: &OutputComparison| {
            let cause = output
                .cause
                .as_ref()
                .map(|cause| format!("{}: {}", cause.name, cause.statement));
            let text = cause.or_else(|| output.remarks.first().cloned());
            text.map(|text| format!("{}: {text}", output.name))
        };
        let failing = self
            .outputs
            .iter()
            .filter(|output| !output.passes)
            .filter_map(of_output);
        let lines: Vec<String> = self.remark.iter().cloned().chain(failing).collect();
        lines.join("; ")
    }

    fn without_outputs(status: Status, remark: Option<String>) -> Self {
        Self {
            status,
            grade: Grade::None,
            rows_legacy: 0,
            rows_rewrite: 0,
            rows_matched: 0,
            remark,
            outputs: Vec::new(),
        }
    }
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        100.0
    } else {
        100.0 * part as f64 / whole as f64
    }
}

/// Compares what legacy and rewrite produced for one date.
pub fn reconcile(legacy: &RunOutput, rewrite: &RunOutput, date: EffectiveDate) -> Comparison {
    match (legacy, rewrite) {
        (RunOutput::Missing, _) => Comparison::without_outputs(
            Status::Missing,
            Some("there is no legacy run of this date".into()),
        ),
        (_, RunOutput::Missing) => Comparison::without_outputs(
            Status::Missing,
            Some("there is no rewrite run of this date".into()),
        ),
        (RunOutput::Raised(_), RunOutput::Raised(_)) => {
            Comparison::without_outputs(Status::Pass, None)
        }
        (RunOutput::Raised(reason), RunOutput::Wrote(_)) => Comparison::without_outputs(
            Status::Differs,
            Some(format!(
                "the legacy run raised and the rewrite did not: {}",
                first_line(reason)
            )),
        ),
        (RunOutput::Wrote(_), RunOutput::Raised(reason)) => Comparison::without_outputs(
            Status::Error,
            Some(format!("the rewrite failed: {}", first_line(reason))),
        ),
        (RunOutput::Wrote(legacy), RunOutput::Wrote(rewrite)) => of_outputs(legacy, rewrite, date),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn of_outputs(
    legacy: &BTreeMap<String, Output>,
    rewrite: &BTreeMap<String, Output>,
    date: EffectiveDate,
) -> Comparison {
    let names: BTreeSet<&String> = legacy.keys().chain(rewrite.keys()).collect();
    let outputs: Vec<OutputComparison> = names
        .into_iter()
        .map(|name| compare_output(name, legacy.get(name), rewrite.get(name), date))
        .collect();
    let passes = outputs.iter().all(|output| output.passes);
    let sum = |rows: fn(&OutputComparison) -> u64| outputs.iter().map(rows).sum();
    Comparison {
        status: if passes {
            Status::Pass
        } else {
            Status::Differs
        },
        grade: outputs
            .iter()
            .map(|output| output.grade)
            .min()
            .unwrap_or(Grade::None),
        rows_legacy: sum(|output| output.rows_legacy),
        rows_rewrite: sum(|output| output.rows_rewrite),
        rows_matched: sum(|output| output.rows_matched),
        remark: None,
        outputs,
    }
}

fn kind(output: &Output) -> &'static str {
    match output {
        Output::Text { .. } => "text",
        Output::Parquet { .. } => "parquet",
        Output::Table { .. } => "table",
    }
}

fn decoded(output: &Output) -> Result<Grid, String> {
    match output {
        Output::Text { bytes, layout } => Ok(Grid::of_text(bytes, *layout)),
        Output::Parquet { parts } => Grid::of_parquet(parts.iter()),
        Output::Table { schema, batches } => Ok(Grid::of_batches(schema, batches)),
    }
}

fn compare_output(
    name: &str,
    legacy: Option<&Output>,
    rewrite: Option<&Output>,
    date: EffectiveDate,
) -> OutputComparison {
    let one_sided = |output: &Output, remark: &str| {
        let rows = decoded(output).map_or(0, |grid| grid.rows.len() as u64);
        let legacy_side = legacy.is_some();
        OutputComparison {
            name: name.to_owned(),
            kind: kind(output),
            grade: Grade::Differs,
            passes: false,
            rows_legacy: if legacy_side { rows } else { 0 },
            rows_rewrite: if legacy_side { 0 } else { rows },
            rows_matched: 0,
            columns: Vec::new(),
            remarks: vec![remark.to_owned()],
            differences: Vec::new(),
            cause: None,
        }
    };
    match (legacy, rewrite) {
        (Some(output), None) => one_sided(output, "the rewrite did not write it"),
        (None, Some(output)) => one_sided(output, "only the rewrite wrote it"),
        (Some(legacy), Some(rewrite)) => match (decoded(legacy), decoded(rewrite)) {
            (Ok(left), Ok(right)) => compare_grids(name, legacy, rewrite, &left, &right, date),
            (left, right) => {
                let mut comparison = one_sided(legacy, "");
                comparison.remarks = [("legacy", left), ("rewrite", right)]
                    .into_iter()
                    .filter_map(|(side, grid)| Some(format!("{side}: {}", grid.err()?)))
                    .collect();
                comparison
            }
        },
        (None, None) => unreachable!("a name comes from one of the sides"),
    }
}

fn compare_grids(
    name: &str,
    legacy: &Output,
    rewrite: &Output,
    left: &Grid,
    right: &Grid,
    date: EffectiveDate,
) -> OutputComparison {
    let mut remarks = remarks(legacy, rewrite, left, right);
    let identical = matches!((legacy, rewrite), (Output::Text { bytes: a, .. }, Output::Text { bytes: b, .. }) if a == b);
    let same_kind = kind(legacy) == kind(rewrite);
    let rows_in_order = left.rows == right.rows;
    let pairing = if rows_in_order {
        Pairing {
            matched: (0..left.rows.len()).map(|at| (at, at)).collect(),
            ..Pairing::default()
        }
    } else {
        Pairing::new(left, right)
    };
    let matched = pairing.matched.len();
    let all_matched = matched == left.rows.len() && matched == right.rows.len();
    // Columns of a text file are compared as its header line; the rest has types to compare.
    let same_columns = same_kind && left.columns == right.columns;
    let same_parts = left.part_rows == right.part_rows
        && remarks.iter().all(|remark| !remark.starts_with("part"));
    // The rows of a table have no order. Should two runs leave them in one order all the same, that
    // is chance, and the next run of the same SQL may not: a matrix has to come out the same again.
    let keeps_order = !matches!(legacy, Output::Table { .. });
    let grade = if identical {
        Grade::Bytes
    } else if keeps_order && rows_in_order && same_columns && same_parts {
        Grade::Ordered
    } else if all_matched && same_columns {
        Grade::Multiset
    } else {
        Grade::Differs
    };
    let passes = match legacy {
        Output::Text { .. } => grade == Grade::Bytes,
        Output::Parquet { .. } => grade >= Grade::Ordered && same_kind,
        Output::Table { .. } => grade >= Grade::Multiset && same_kind,
    };
    let cause = if passes {
        None
    } else {
        let bytes = match (legacy, rewrite) {
            (Output::Text { bytes: a, .. }, Output::Text { bytes: b, .. }) => {
                Some((a.as_slice(), b.as_slice()))
            }
            _ => None,
        };
        find_cause(&HypothesisCase {
            legacy: left,
            rewrite: right,
            pairing: &pairing,
            bytes,
            date,
        })
    };
    if passes {
        remarks.clear();
    }
    OutputComparison {
        name: name.to_owned(),
        kind: kind(legacy),
        grade,
        passes,
        rows_legacy: left.rows.len() as u64,
        rows_rewrite: right.rows.len() as u64,
        rows_matched: matched as u64,
        columns: left
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect(),
        remarks,
        differences: differences(left, right, &pairing),
        cause,
    }
}

/// What differs beside the rows.
fn remarks(legacy: &Output, rewrite: &Output, left: &Grid, right: &Grid) -> Vec<String> {
    let mut remarks = Vec::new();
    if kind(legacy) != kind(rewrite) {
        remarks.push(format!(
            "legacy wrote {}, the rewrite {}",
            kind(legacy),
            kind(rewrite)
        ));
    }
    if let (Output::Parquet { parts: a }, Output::Parquet { parts: b }) = (legacy, rewrite) {
        let names = |parts: &BTreeMap<String, Vec<u8>>| {
            parts.keys().cloned().collect::<Vec<_>>().join(", ")
        };
        if !a.keys().eq(b.keys()) {
            remarks.push(format!(
                "parts: legacy wrote {}, the rewrite {}",
                names(a),
                names(b)
            ));
        } else if left.part_rows != right.part_rows {
            remarks.push(format!(
                "parts have rows {:?} in legacy and {:?} in the rewrite",
                left.part_rows, right.part_rows
            ));
        }
    }
    let line = |text: &Option<String>| text.clone().unwrap_or_default();
    if left.header != right.header {
        remarks.push(format!(
            "header: legacy {:?}, rewrite {:?}",
            line(&left.header),
            line(&right.header)
        ));
    }
    if left.trailer != right.trailer {
        remarks.push(format!(
            "trailer: legacy {:?}, rewrite {:?}",
            line(&left.trailer),
            line(&right.trailer)
        ));
    }
    if left.header.is_none() && left.columns != right.columns {
        let list = |grid: &Grid| {
            let column = |column: &crate::Column| format!("{} {}", column.name, column.column_type);
            grid.columns
                .iter()
                .map(column)
                .collect::<Vec<_>>()
                .join(", ")
        };
        remarks.push(format!(
            "columns: legacy {}, rewrite {}",
            list(left),
            list(right)
        ));
    }
    remarks
}

fn differences(left: &Grid, right: &Grid, pairing: &Pairing) -> Vec<RowDifference> {
    let cells = |grid: &Grid, at: usize| {
        (
            at + 1,
            grid.rows[at].iter().map(crate::Cell::text).collect(),
        )
    };
    let pairs = pairing.pairs.iter().map(|(a, b)| RowDifference {
        legacy: Some(cells(left, *a)),
        rewrite: Some(cells(right, *b)),
        columns: differing_columns(left, right, *a, *b),
    });
    let missing = pairing.only_legacy.iter().map(|at| RowDifference {
        legacy: Some(cells(left, *at)),
        rewrite: None,
        columns: Vec::new(),
    });
    let surplus = pairing.only_rewrite.iter().map(|at| RowDifference {
        legacy: None,
        rewrite: Some(cells(right, *at)),
        columns: Vec::new(),
    });
    pairs
        .chain(missing)
        .chain(surplus)
        .take(DIFFERENCES_MAX)
        .collect()
}

fn differing_columns(left: &Grid, right: &Grid, a: usize, b: usize) -> Vec<String> {
    let (a, b) = (&left.rows[a], &right.rows[b]);
    let differs = |at: &usize| a.get(*at) != b.get(*at);
    let name = |at: usize| {
        let column = left.columns.get(at).or_else(|| right.columns.get(at));
        column.map_or_else(
            || format!("column {}", at + 1),
            |column| column.name.clone(),
        )
    };
    (0..a.len().max(b.len()))
        .filter(differs)
        .map(name)
        .collect()
}
