//! Python that says what SQL can say.

use relift_job::ModuleKind;

use crate::detector::declare_detector;
use crate::{Finding, JobView};

declare_detector! {
    /// ## What it finds
    /// An `External` module that lifts wholly to relational form.
    ///
    /// ## Why it matters
    /// Python between two relational steps hides the logic from the engine: rows are copied out, handled
    /// one process at a time, and copied back, and nobody can read off what the job computes.
    ///
    /// ## Instead
    /// A SQL transformation. The rewritten job has one in its place.
    static UNNEEDED_EXTERNAL = {
        code: "AP3",
        title: "unneeded External",
        summary: "finds Python that lifts wholly to SQL",
        since: "0.1.0",
        find: find,
    };
}

fn find(view: &JobView<'_>) -> Vec<Finding> {
    if view.lifted.is_none() {
        return Vec::new();
    }
    view.job
        .modules
        .iter()
        .enumerate()
        .filter_map(|(index, module)| {
            let ModuleKind::External(external) = &module.kind else {
                return None;
            };
            Some(Finding {
                code: UNNEEDED_EXTERNAL.code,
                title: UNNEEDED_EXTERNAL.title,
                message: format!(
                    "`{}` of {} does nothing that SQL cannot do",
                    external.function, external.module
                ),
                span: Some(module.span.clone()),
                module: Some(index),
                construct: format!("External `{}`", external.module),
                frame: None,
                column: None,
            })
        })
        .collect()
}
