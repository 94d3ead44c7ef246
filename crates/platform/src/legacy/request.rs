//! A run as the worker reads it: one JSON object.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use relift_job::{Decimals, LineEnding, ModuleKind, SchemaName, TableName, WriteMode};
use serde_json::{Value, json};

use super::lake_view::LakeView;
use super::narrowing::Narrowing;
use super::runtime::{LegacyRun, Settings};

/// Everything of a request that is the same for each run.
pub(super) struct Surroundings<'a> {
    pub(super) settings: &'a Settings,
    pub(super) narrowing: &'a Narrowing,
}

/// Files that were brought into staging, by index of the module that reads them.
pub(super) struct Brought {
    pub(super) inputs: BTreeMap<usize, PathBuf>,
    pub(super) priors: BTreeMap<usize, PathBuf>,
    /// By schema of the lake.
    pub(super) lake: BTreeMap<SchemaName, PathBuf>,
}

/// Writes a run as a request.
pub(super) fn request(
    run: &LegacyRun<'_>,
    staging: &Path,
    around: &Surroundings<'_>,
    brought: &Brought,
) -> Value {
    let settings = around.settings;
    json!({
        "date": run.date.to_string(),
        "processing_time": run.processing_time.strftime("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
        "staging": staging,
        "seconds_max": settings.run_seconds_max,
        "confine": around.narrowing.of_run(staging),
        "roots": settings.roots,
        "decimals": match settings.decimals { Decimals::Float => "float", Decimals::Exact => "exact" },
        "settings": {
            "csv_date_format": settings.csv_date_format,
            "output_date_column": settings.output_date_column,
        },
        "modules": modules(run, brought),
        "lake": run.lake.as_ref().map(|view| lake(view, brought)),
    })
}

fn lake(view: &LakeView, brought: &Brought) -> Value {
    let files: BTreeMap<&str, &PathBuf> = brought
        .lake
        .iter()
        .map(|(schema, path)| (schema.as_str(), path))
        .collect();
    let names = |tables: &BTreeSet<TableName>| -> Vec<String> {
        tables.iter().map(ToString::to_string).collect()
    };
    json!({
        "files": files,
        "known": names(&view.known),
        "undated": names(&view.undated),
        "effective_date_column": view.effective_date_column,
    })
}

/// The modules by their index; `null` for one that is not run.
fn modules(run: &LegacyRun<'_>, brought: &Brought) -> Vec<Value> {
    let part = run.part.as_ref().map(|part| part.modules);
    let prior = |at: usize, mode| match mode {
        WriteMode::Append => brought.priors.get(&at),
        WriteMode::Overwrite => None,
    };
    let module = |(at, module): (usize, &relift_job::Module)| {
        if part.is_some_and(|part| !part.modules.contains(&at)) {
            return Value::Null;
        }
        let given = part.is_some_and(|part| part.given.contains_key(&at));
        let mut value = match &module.kind {
            ModuleKind::Transformation(query) if given => {
                return json!({
                    "type": "Given", "result": query.result.as_str(), "input": brought.inputs.get(&at),
                });
            }
            ModuleKind::DataSourcing(source) => json!({
                "result": source.result.as_str(), "filter": source.filter, "input": brought.inputs.get(&at),
            }),
            ModuleKind::Transformation(query) => {
                json!({ "result": query.result.as_str(), "sql": query.sql })
            }
            ModuleKind::External(external) => {
                let unchanged = part.and_then(|part| part.unchanged.get(&at));
                let unchanged = unchanged.into_iter().flatten();
                let unchanged: Vec<&str> = unchanged.map(relift_job::FrameName::as_str).collect();
                json!({ "module": external.module, "function": external.function, "unchanged": unchanged })
            }
            ModuleKind::DataFrameWriter(writer) => json!({ "source": writer.source.as_str() }),
            ModuleKind::CsvFileWriter(writer) => json!({
                "source": writer.source.as_str(),
                "prior": prior(at, writer.mode),
                "trailer_source": writer.trailer_source.as_ref().map(relift_job::FrameName::as_str),
                "settings": {
                    "include_header": writer.include_header,
                    "trailer": writer.trailer,
                    "line_ending": match writer.line_ending { LineEnding::Lf => "\n", LineEnding::CrLf => "\r\n" },
                },
            }),
            ModuleKind::ParquetFileWriter(writer) => json!({
                "source": writer.source.as_str(), "prior": prior(at, writer.mode), "parts": writer.parts,
            }),
        };
        value["type"] = module.kind.type_name().into();
        value
    };
    run.job.modules.iter().enumerate().map(module).collect()
}
