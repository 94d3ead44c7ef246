//! Columns no output needs.

use relift_job::ModuleKind;

use crate::detector::declare_detector;
use crate::detectors::unused_source::scan_of;
use crate::{Finding, JobView};

declare_detector! {
    /// ## What it finds
    /// A column that a `DataSourcing` module lists and no output needs.
    ///
    /// ## Why it matters
    /// Columnar storage reads what is asked for: every listed column costs reading, memory and conversion,
    /// and a change of an unneeded column can break the job.
    ///
    /// ## Instead
    /// List what is used. The rewritten job does.
    static UNUSED_COLUMN = {
        code: "AP4",
        title: "unused column",
        summary: "finds a sourced column that no output needs",
        since: "0.1.0",
        find: find,
    };
}

fn find(view: &JobView<'_>) -> Vec<Finding> {
    let Some(lifted) = view.lifted else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for (index, module) in view.job.modules.iter().enumerate() {
        let ModuleKind::DataSourcing(source) = &module.kind else {
            continue;
        };
        // A source that is unused as a whole is one finding, not one per column.
        let Some(scan) = scan_of(lifted, index) else {
            continue;
        };
        let needed = &lifted.node(scan).schema;
        for (position, column) in source.columns.iter().enumerate() {
            if needed.has(column) {
                continue;
            }
            let place = source.column_spans.get(position).unwrap_or(&module.span);
            findings.push(Finding {
                code: UNUSED_COLUMN.code,
                title: UNUSED_COLUMN.title,
                message: format!(
                    "column \"{column}\" of frame \"{}\" is read and no output needs it",
                    source.result
                ),
                span: Some(place.clone()),
                module: Some(index),
                construct: format!("column `{column}` of frame `{}`", source.result),
                frame: Some(source.result.clone()),
                column: Some(column.clone()),
            });
        }
    }
    findings
}
