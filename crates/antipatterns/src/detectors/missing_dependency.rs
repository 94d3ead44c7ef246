//! A job that needs another one without saying so.

use relift_job::{Edges, JobName};

use crate::detector::declare_detector;
use crate::{Finding, JobView};

declare_detector! {
    /// ## What it finds
    /// A job that reads a table another job writes, while no dependency between the two is declared.
    ///
    /// ## Why it matters
    /// Nothing keeps the two in order: when the other job is late or fails, this one reads what was left of an
    /// earlier date and nobody notices.
    ///
    /// ## Instead
    /// Declare it in the file of `[portfolio] dependencies`:
    ///
    /// ```toml
    /// [[dependency]]
    /// job = "late_orders"
    /// needs = "clean_orders"
    /// when = "same_day"
    /// ```
    static MISSING_DEPENDENCY = {
        code: "AP12",
        title: "missing dependency",
        summary: "finds a job that reads another job's table without a declared dependency",
        since: "0.2.0",
        find: find,
    };
}

/// Needs the whole portfolio: see [`missing_dependencies`].
fn find(_: &JobView<'_>) -> Vec<Finding> {
    Vec::new()
}

/// One finding for each table that a job reads of another without a declared dependency, with the job each
/// belongs to.
pub fn missing_dependencies(edges: &Edges) -> Vec<(JobName, Finding)> {
    let undeclared = edges.undeclared();
    undeclared
        .flat_map(|edge| {
            edge.reads.iter().map(|read| {
                let finding = Finding {
                    code: MISSING_DEPENDENCY.code,
                    title: MISSING_DEPENDENCY.title,
                    message: format!(
                        "it reads {}, which job \"{}\" writes, and no dependency says so",
                        read.table, edge.needs
                    ),
                    span: Some(read.span.clone()),
                    module: Some(read.module),
                    construct: format!("table `{}`", read.table),
                    frame: None,
                    column: None,
                };
                (edge.job.clone(), finding)
            })
        })
        .collect()
}
