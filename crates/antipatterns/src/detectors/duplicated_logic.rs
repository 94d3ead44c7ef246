//! Logic that another job has too.

use relift_dataflow::{Dataflow, NodeId};
use relift_job::JobName;

use crate::canonical::Canonical;
use crate::detector::declare_detector;
use crate::{Finding, JobView};

/// Fewest operations two relations must share to be called the same logic; a filtered scan is not.
const OPERATIONS_MIN: usize = 2;

declare_detector! {
    /// ## What it finds
    /// A relation that a job computes although another job computes and writes the same one: same tables,
    /// same filters, joins and groupings, whatever the names of frames and columns.
    ///
    /// ## Why it matters
    /// The two copies drift apart when one of them is corrected, and the work is done twice.
    ///
    /// ## Instead
    /// Read what the other job wrote.
    static DUPLICATED_LOGIC = {
        code: "AP2",
        title: "duplicated logic",
        summary: "finds a relation that another job computes and writes too",
        since: "0.1.0",
        find: find,
    };
}

/// Needs several jobs: see [`duplicates`].
fn find(_: &JobView<'_>) -> Vec<Finding> {
    Vec::new()
}

/// Findings about logic that occurs in several jobs, with the job each belongs to. `jobs` are lifted; the
/// first job that writes a relation is taken for its home.
pub fn duplicates(jobs: &[(JobName, &Dataflow)]) -> Vec<(JobName, Finding)> {
    let mut canonical: Vec<Canonical<'_>> =
        jobs.iter().map(|(_, flow)| Canonical::new(flow)).collect();
    let mut findings = Vec::new();
    for home in 0..jobs.len() {
        for sink in &jobs[home].1.sinks {
            if canonical[home].operations(sink.input) < OPERATIONS_MIN {
                continue;
            }
            let rows = canonical[home].rows(sink.input);
            let written: Vec<String> = columns(&mut canonical[home], jobs[home].1, sink.input);
            for (other, (job, flow)) in jobs.iter().enumerate() {
                if other == home || (other < home && writes(&mut canonical[other], flow, &rows)) {
                    continue;
                }
                let live = flow.live();
                // The last such relation is the largest.
                let found = flow
                    .nodes()
                    .rev()
                    .filter(|(id, _)| live[id.0 as usize])
                    .map(|(id, _)| id)
                    .find(|id| {
                        canonical[other].rows(*id) == rows
                            && columns(&mut canonical[other], flow, *id)
                                .iter()
                                .all(|column| written.contains(column))
                    });
                let Some(node) = found.map(|id| flow.node(id)) else {
                    continue;
                };
                let name = node.name.clone().unwrap_or_else(|| "relation".to_owned());
                findings.push((
                    job.clone(),
                    Finding {
                        code: DUPLICATED_LOGIC.code,
                        title: DUPLICATED_LOGIC.title,
                        message: format!(
                            "\"{name}\" is what job \"{}\" computes and writes too",
                            jobs[home].0
                        ),
                        span: node.spans.first().cloned(),
                        module: Some(node.module),
                        construct: format!("relation `{name}`"),
                        frame: None,
                        column: None,
                    },
                ));
            }
        }
    }
    findings
}

fn columns(canonical: &mut Canonical<'_>, flow: &Dataflow, node: NodeId) -> Vec<String> {
    flow.node(node)
        .schema
        .names()
        .map(|name| canonical.column(node, name))
        .collect()
}

fn writes(canonical: &mut Canonical<'_>, flow: &Dataflow, rows: &str) -> bool {
    flow.sinks
        .iter()
        .any(|sink| canonical.rows(sink.input) == rows)
}
