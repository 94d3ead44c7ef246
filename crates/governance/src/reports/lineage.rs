//! `lineage.ndjson`: OpenLineage run events, one START and one COMPLETE or FAIL per run.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use relift_diagnostics::ContentHash;

use super::declare_report;
use crate::event::RunFinished;
use crate::{Model, Package, SCHEMA_VERSION};

declare_report! {
    /// Which data went into which data?
    ///
    /// OpenLineage events; a dataset's version is the Delta version read or the hash of what was written. Run ids are hashes of workspace, job, date and side; the event time is the
    /// effective date, because the same work must give the same file.
    pub static LINEAGE = { file: "lineage.ndjson", render: render }
}

fn render(model: &Model, _: &Package) -> String {
    let mut text = String::new();
    for run in model.jobs.values().flat_map(|job| job.runs.values()) {
        let end = match run.status.as_str() {
            "succeeded" => "COMPLETE",
            "skipped" => "ABORT",
            _ => "FAIL",
        };
        for (kind, whole) in [("START", false), (end, true)] {
            text.push_str(&event(model, run, kind, whole).to_string());
            text.push('\n');
        }
    }
    text
}

fn event(model: &Model, run: &RunFinished, kind: &str, whole: bool) -> Value {
    const PRODUCER: &str = "urn:relift:governance";
    let time = format!("{}T00:00:00Z", run.effective_date);
    let facet = |schema: &str| json!({ "_producer": PRODUCER, "_schemaURL": schema });
    let mut nominal = facet("https://openlineage.io/spec/facets/1-0-1/NominalTimeRunFacet.json");
    nominal["nominalStartTime"] = time.clone().into();
    let mut relift = facet("urn:relift:run-facet:1");
    relift["schema_version"] = SCHEMA_VERSION.into();
    relift["side"] = run.side.clone().into();
    let mut facets = json!({ "nominalTime": nominal, "relift": relift });
    if let (true, Some(error)) = (whole, &run.error) {
        let mut message =
            facet("https://openlineage.io/spec/facets/1-0-1/ErrorMessageRunFacet.json");
        message["message"] = error.clone().into();
        message["programmingLanguage"] = if run.side == "legacy" {
            "PYTHON"
        } else {
            "SQL"
        }
        .into();
        facets["errorMessage"] = message;
    }
    let datasets = |sets: &BTreeMap<String, String>| -> Vec<Value> {
        let namespace = format!("relift://{}", model.workspace);
        sets.iter()
            .map(|(name, state)| {
                let mut version = facet(
                    "https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json",
                );
                version["datasetVersion"] = state.clone().into();
                json!({ "namespace": namespace, "name": name, "facets": { "version": version } })
            })
            .collect()
    };
    json!({
        "eventType": kind,
        "eventTime": time,
        "producer": PRODUCER,
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": { "runId": run_id(model, run), "facets": facets },
        "job": { "namespace": format!("relift://{}/{}", model.workspace, run.side), "name": run.job },
        "inputs": datasets(&run.inputs),
        "outputs": if whole { datasets(&run.outputs) } else { Vec::new() },
    })
}

/// A version 8 UUID over what a run is of; each part's length keeps the parts apart.
fn run_id(model: &Model, run: &RunFinished) -> String {
    let parts = [&model.workspace, &run.job, &run.effective_date, &run.side];
    let parts = parts.map(|part| format!("{}:{part}", part.len()));
    let name = format!("relift-run:{}", parts.join(":"));
    let hash = ContentHash::of(name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..4], &hex[4..6], &hex[6..8], &hex[8..10], &hex[10..]]
        .map(<[String]>::concat)
        .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn runs_start_and_end_under_one_id() {
        let model = Model::fold(&fixture::conversion()).expect("folds");
        let text = render(&model, &Package::default());
        let events: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert!(!events.is_empty());
        for pair in events.chunks(2) {
            assert_eq!(pair[0]["run"]["runId"], pair[1]["run"]["runId"]);
            assert_eq!(pair[0]["run"]["runId"].as_str().map(str::len), Some(36));
            assert_eq!(pair[0]["eventType"], "START");
        }
        let ids: std::collections::BTreeSet<&str> = events
            .iter()
            .filter_map(|event| event["run"]["runId"].as_str())
            .collect();
        assert_eq!(ids.len() * 2, events.len());
    }
}
