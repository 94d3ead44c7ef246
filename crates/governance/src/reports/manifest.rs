//! `manifest.json`: the scope by name, the books, and the hash of every other file.

use std::collections::BTreeMap;

use serde::Serialize;

use super::declare_report;
use crate::compared::percent;
use crate::model::Conservation;
use crate::{CellStatus, Disposition, FileHash, Isolation, Level, Model, Package, SCHEMA_VERSION};

const UNRECORDED: &str = "unrecorded";

declare_report! {
    /// Is every job of the scope accounted for, and are these the files that say so?
    ///
    /// Every job by name with its status, conservation of jobs and of (job, date) cells, and the hash
    /// of every other file of the package.
    pub static MANIFEST = { file: "manifest.json", render: render }
}

#[derive(Serialize)]
struct Manifest<'a> {
    schema_version: u64,
    workspace: &'a str,
    verdict: &'static str,
    dates: Dates<'a>,
    scope: Vec<ScopedJob<'a>>,
    /// Legacy runs by how well the code was isolated.
    isolation: BTreeMap<&'static str, usize>,
    conservation: Books,
    files: Vec<ManifestFile>,
}

#[derive(Serialize)]
struct Dates<'a> {
    first: Option<&'a str>,
    last: Option<&'a str>,
    count: usize,
}

#[derive(Serialize)]
struct ScopedJob<'a> {
    job: &'a str,
    status: &'static str,
    attention: &'static str,
    rounds: u32,
    dates_passed: usize,
    dates_compared: usize,
    dates_recorded: usize,
    rows_matched: u64,
    rows_legacy: u64,
    rows_rewrite: u64,
    match_percent: String,
    findings: usize,
    findings_eliminated: usize,
    findings_load_bearing: usize,
    findings_reproduced: usize,
    requirements: usize,
    level: Option<&'static str>,
    cause: Option<&'a str>,
    sources: Vec<ManifestSource<'a>>,
    artifacts: Vec<ManifestSource<'a>>,
}

#[derive(Serialize)]
struct ManifestSource<'a> {
    path: &'a str,
    hash: &'a str,
}

#[derive(Serialize)]
struct Books {
    jobs_in_scope: usize,
    jobs_ended: BTreeMap<&'static str, Vec<String>>,
    jobs_open: Vec<String>,
    jobs_surplus: Vec<String>,
    cells_in_scope: usize,
    cells: BTreeMap<&'static str, usize>,
    holds: bool,
}

#[derive(Serialize)]
struct ManifestFile {
    name: &'static str,
    schema_version: u64,
    bytes: usize,
    hash: String,
}

fn render(model: &Model, package: &Package) -> String {
    let Conservation {
        ended,
        open,
        surplus,
        cells,
        holds,
    } = model.conservation();
    let scope = model
        .jobs
        .values()
        .map(|job| {
            let cells: Vec<_> = model.cells(job).collect();
            let rows = job.rows(&model.dates);
            let compared = cells.iter().filter(|cell| cell.rows.is_some()).count();
            ScopedJob {
                job: &job.name,
                status: model.status(job),
                attention: model.attention(job).word(),
                rounds: job.state.round,
                dates_passed: cells
                    .iter()
                    .filter(|cell| cell.status == CellStatus::Pass)
                    .count(),
                dates_compared: compared,
                dates_recorded: cells.iter().filter(|cell| cell.recorded).count(),
                rows_matched: rows.matched,
                rows_legacy: rows.legacy,
                rows_rewrite: rows.rewrite,
                match_percent: if compared == 0 {
                    String::new()
                } else {
                    percent(rows.matched_basis_points())
                },
                findings: job.findings.len(),
                findings_eliminated: job.findings_with(Disposition::Eliminated),
                findings_load_bearing: job.findings_with(Disposition::LoadBearing),
                findings_reproduced: job.findings_with(Disposition::Reproduced),
                requirements: job.requirements.len(),
                level: job.level().map(Level::word),
                cause: job.state.cause.as_deref().filter(|_| !model.passes(job)),
                sources: files(&job.discovered.sources),
                artifacts: job
                    .rewrite()
                    .map_or_else(Vec::new, |rewrite| files(&rewrite.files)),
            }
        })
        .collect();
    let manifest = Manifest {
        schema_version: SCHEMA_VERSION,
        workspace: &model.workspace,
        verdict: model.verdict().word(),
        dates: Dates {
            first: model.dates.first().map(String::as_str),
            last: model.dates.last().map(String::as_str),
            count: model.dates.len(),
        },
        scope,
        isolation: model
            .isolation()
            .into_iter()
            .map(|(level, runs)| (level.map_or(UNRECORDED, Isolation::word), runs))
            .collect(),
        conservation: Books {
            jobs_in_scope: model.jobs.len(),
            jobs_ended: ended,
            jobs_open: open,
            jobs_surplus: surplus,
            cells_in_scope: model.jobs.len() * model.dates.len(),
            cells,
            holds,
        },
        files: package
            .files()
            .iter()
            .map(|file| ManifestFile {
                name: file.name,
                schema_version: SCHEMA_VERSION,
                bytes: file.content.len(),
                hash: file.hash().to_string(),
            })
            .collect(),
    };
    super::document(&manifest)
}

fn files(hashes: &[FileHash]) -> Vec<ManifestSource<'_>> {
    hashes
        .iter()
        .map(|file| ManifestSource {
            path: &file.path,
            hash: &file.hash,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::fixture;

    #[test]
    fn a_job_nobody_declared_breaks_the_books() {
        let scope = ["late_orders", "never_seen"];
        let mut events = fixture::conversion_of(&scope);
        let read = |events: &[crate::LedgerEvent]| -> Value {
            let model = Model::fold(events).expect("folds");
            serde_json::from_str(
                &Package::of(&model)
                    .file("manifest.json")
                    .expect("made")
                    .content,
            )
            .expect("JSON")
        };
        let manifest = read(&events);
        assert_eq!(manifest["conservation"]["holds"], true);
        assert_eq!(manifest["conservation"]["cells"]["missing"], 2);
        assert_eq!(manifest["isolation"], serde_json::json!({ "complete": 2 }));
        let names: Vec<_> = manifest["scope"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|job| &job["job"])
            .collect();
        assert_eq!(names, scope);
        events.extend(
            fixture::conversion_of(&["refund_ledger"])
                .into_iter()
                .filter(|event| event.job().is_some()),
        );
        let manifest = read(&events);
        assert_eq!(manifest["conservation"]["holds"], false);
        assert_eq!(
            manifest["conservation"]["jobs_surplus"],
            serde_json::json!(["refund_ledger"])
        );
        assert_eq!(manifest["verdict"], "differs");
    }

    #[test]
    fn every_other_file_is_hashed() {
        let package = Package::of(&Model::fold(&fixture::conversion()).expect("folds"));
        let manifest: Value =
            serde_json::from_str(&package.file("manifest.json").expect("made").content)
                .expect("JSON");
        let hashed = manifest["files"].as_array().expect("a list");
        assert_eq!(hashed.len() + 1, package.files().len());
        for (entry, file) in hashed.iter().zip(package.files()) {
            assert_eq!(entry["name"], file.name);
            assert_eq!(entry["hash"], file.hash().to_string());
        }
    }
}
