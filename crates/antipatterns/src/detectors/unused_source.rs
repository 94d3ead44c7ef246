//! Sources no output needs.

use std::cell::LazyCell;

use relift_dataflow::{Dataflow, NodeId, Op};
use relift_job::ModuleKind;

use crate::detector::declare_detector;
use crate::uses::Uses;
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
    // Names are asked only where meaning is not known.
    let uses = LazyCell::new(|| Uses::of(view));
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
                None => uses.may_be(&source.result),
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

/// The lake scan of a `DataSourcing` module.
pub(super) fn scan_of(flow: &Dataflow, module: usize) -> Option<NodeId> {
    flow.nodes()
        .find(|(_, node)| node.module == module && matches!(node.op, Op::Scan { .. }))
        .map(|(id, _)| id)
}
