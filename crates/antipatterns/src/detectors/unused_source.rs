//! Sources no output needs.

use relift_dataflow::{Dataflow, NodeId, Op};
use relift_job::{FrameName, ModuleKind};
use relift_python::syntax::{has_computed_keys, mentions};

use crate::detector::declare_detector;
use crate::{Finding, JobView};

declare_detector! {
    /// ## What it finds
    /// A `DataSourcing` module whose frame no output needs, neither for its values nor for whether it has
    /// rows.
    ///
    /// ## Why it matters
    /// The table is read, held in memory and copied on every run; an outage of it stops a job that does
    /// not depend on it.
    ///
    /// ## Instead
    /// Remove the module. The rewritten job reads only what its outputs need.
    static UNUSED_SOURCE = {
        code: "AP1",
        title: "unused source",
        summary: "finds a source that no output needs",
        since: "0.1.0",
        find: find,
    };
}

fn find(view: &JobView<'_>) -> Vec<Finding> {
    view.job
        .modules
        .iter()
        .enumerate()
        .filter_map(|(index, module)| {
            let ModuleKind::DataSourcing(source) = &module.kind else {
                return None;
            };
            let used = match view.lifted {
                Some(lifted) => scan_of(lifted, index).is_some(),
                None => may_be_used(view, &source.result),
            };
            if used {
                return None;
            }
            Some(Finding {
                code: UNUSED_SOURCE.code,
                title: UNUSED_SOURCE.title,
                message: format!(
                    "frame \"{}\" is read from {} and no output needs it",
                    source.result, source.table
                ),
                span: Some(module.span.clone()),
                module: Some(index),
                construct: format!("frame `{}`", source.result),
                frame: Some(source.result.clone()),
                column: None,
            })
        })
        .collect()
}

/// Whether any later module could use a frame of a job that is not understood: a frame whose name stands
/// in no query, no string of the Python code and no writer is used by none.
fn may_be_used(view: &JobView<'_>, frame: &FrameName) -> bool {
    let unread = view.job.modules.iter().enumerate().any(|(index, module)| {
        matches!(module.kind, ModuleKind::External(_)) && !view.externals.contains_key(&index)
    });
    let in_python = view
        .externals
        .values()
        .any(|syntax| has_computed_keys(syntax) || mentions(syntax, frame.as_str()));
    let letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    let elsewhere = view.job.modules.iter().any(|module| match &module.kind {
        ModuleKind::Transformation(step) => step
            .sql
            .split(|part| !letter(part))
            .any(|word| word.eq_ignore_ascii_case(frame.as_str())),
        ModuleKind::DataFrameWriter(writer) => writer.source == *frame,
        ModuleKind::CsvFileWriter(writer) => writer.source == *frame,
        ModuleKind::ParquetFileWriter(writer) => writer.source == *frame,
        ModuleKind::DataSourcing(_) | ModuleKind::External(_) => false,
    });
    unread || in_python || elsewhere
}

/// The lake scan of a `DataSourcing` module.
pub(super) fn scan_of(flow: &Dataflow, module: usize) -> Option<NodeId> {
    flow.nodes()
        .find(|(_, node)| node.module == module && matches!(node.op, Op::Scan { .. }))
        .map(|(id, _)| id)
}
