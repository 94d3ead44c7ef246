//! Logic that another job has too.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::{Canonical, Dataflow, Node, NodeId, Op};
use relift_job::JobName;

use crate::detector::declare_detector;
use crate::{Finding, JobView};

/// Fewest operations two relations must share to be called the same logic; a filtered scan has one.
const OPERATIONS_MIN: usize = 2;

declare_detector! {
    /// ## What it finds
    /// A relation that a job computes although another job computes and writes the same one: same tables,
    /// same filters, joins and groupings, and columns that the other has too, whatever the names.
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

/// Findings about logic that occurs in several jobs, with the job each belongs to. `jobs` are lifted, so
/// each computes only the columns it needs: a relation is the same as a written one when it has the same
/// rows and some of its columns. The first job that writes a relation is taken for its home.
pub fn duplicates(jobs: &[(JobName, &Dataflow)]) -> Vec<(JobName, Finding)> {
    let mut canonical: Vec<Canonical<'_>> =
        jobs.iter().map(|(_, flow)| Canonical::new(flow)).collect();
    let mut written: BTreeMap<String, Vec<Written>> = BTreeMap::new();
    for (home, (_, flow)) in jobs.iter().enumerate() {
        for (sink, output) in flow.sinks.iter().enumerate() {
            let relation = Relation::of(&mut canonical[home], flow, output.input);
            written.entry(relation.rows).or_default().push(Written {
                home,
                sink,
                columns: relation.columns,
            });
        }
    }
    let mut found: BTreeMap<(usize, usize, usize), NodeId> = BTreeMap::new();
    for (other, (_, flow)) in jobs.iter().enumerate() {
        let live = flow.live();
        // The last such relation is the largest.
        let nodes = flow.nodes().rev().map(|(id, _)| id);
        for id in nodes.filter(|id| live[id.0 as usize]) {
            let rows = canonical[other].rows(id);
            let Some(candidates) = written.get(&rows) else {
                continue;
            };
            if canonical[other].operations(id) < OPERATIONS_MIN {
                continue;
            }
            let relation = Relation::of(&mut canonical[other], flow, id);
            let home = candidates.iter().find(|written| {
                let own =
                    |one: &&Written| one.home == other && written.columns.is_subset(&one.columns);
                let homes_it = other < written.home && candidates.iter().any(|one| own(&one));
                written.home != other && !homes_it && relation.columns.is_subset(&written.columns)
            });
            if let Some(written) = home {
                found
                    .entry((written.home, written.sink, other))
                    .or_insert(id);
            }
        }
    }
    let mut findings: Vec<(JobName, Finding)> = Vec::new();
    let mut own: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
    for ((home, _, other), id) in found {
        let (job, flow) = &jobs[other];
        let finding = finding(flow, id, &jobs[home].0);
        let known = own.entry(other).or_default();
        if !known.contains(&finding) {
            known.push(finding.clone());
            findings.push((job.clone(), finding));
        }
    }
    findings
}

/// A relation that a job writes.
struct Written {
    home: usize,
    sink: usize,
    columns: BTreeSet<String>,
}

fn finding(flow: &Dataflow, id: NodeId, home: &JobName) -> Finding {
    // Projections are named after their readers; what made the rows is the logic.
    let made = std::iter::successors(Some(id), |id| match &flow.node(*id).op {
        Op::Map { input, .. } | Op::Sort { input, .. } => Some(*input),
        _ => None,
    });
    let upwards: Vec<&Node> = made.map(|id| flow.node(id)).collect();
    let nearest = || upwards.iter().rev();
    let name = nearest()
        .find_map(|node| node.name.clone())
        .unwrap_or_else(|| "relation".to_owned());
    let span = nearest().find_map(|node| node.spans.first().cloned());
    let module = nearest().next().map(|node| node.module);
    Finding {
        code: DUPLICATED_LOGIC.code,
        title: DUPLICATED_LOGIC.title,
        message: format!("\"{name}\" is what job \"{home}\" computes and writes too"),
        span,
        module,
        construct: format!("relation `{name}`"),
        frame: None,
        column: None,
    }
}

/// What a relation means, for comparison with those of other jobs.
struct Relation {
    rows: String,
    columns: BTreeSet<String>,
}

impl Relation {
    fn of(canonical: &mut Canonical<'_>, flow: &Dataflow, node: NodeId) -> Self {
        let names = flow.node(node).schema.names();
        Self {
            rows: canonical.rows(node),
            columns: names.map(|name| canonical.column(node, name)).collect(),
        }
    }
}
