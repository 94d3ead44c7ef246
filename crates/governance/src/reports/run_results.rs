//! `run_results.json`: what ran, on what, with what result.

use std::collections::BTreeMap;

use serde::Serialize;

use super::declare_report;
use crate::{Model, Package, SCHEMA_VERSION};

declare_report! {
    /// Which runs took place, what did they read, and what did they produce?
    ///
    /// One entry per job, date and side; times and attempts are in the control store.
    pub static RUN_RESULTS = { file: "run_results.json", render: render }
}

#[derive(Serialize)]
struct RunResults<'a> {
    schema_version: u64,
    workspace: &'a str,
    runs: Vec<Run<'a>>,
}

#[derive(Serialize)]
struct Run<'a> {
    job: &'a str,
    effective_date: &'a str,
    side: &'a str,
    status: &'a str,
    recorded: bool,
    rows: Option<u64>,
    files: Option<u64>,
    inputs: &'a BTreeMap<String, String>,
    outputs: &'a BTreeMap<String, String>,
    error: Option<&'a str>,
}

fn render(model: &Model, _: &Package) -> String {
    let runs = model
        .jobs
        .values()
        .flat_map(|job| job.runs.values())
        .map(|run| Run {
            job: &run.job,
            effective_date: &run.effective_date,
            side: &run.side,
            status: &run.status,
            recorded: run.recorded,
            rows: run.rows,
            files: run.files,
            inputs: &run.inputs,
            outputs: &run.outputs,
            error: run.error.as_deref(),
        })
        .collect();
    super::document(&RunResults {
        schema_version: SCHEMA_VERSION,
        workspace: &model.workspace,
        runs,
    })
}
