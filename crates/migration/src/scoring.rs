//! Scores the recorded conversion with the sealed answer keys; the only place that reads them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use relift_diagnostics::SourceFile;
use relift_governance::score::{JobCode, Score, score, stray_places};
use relift_job::{AnswerKey, CodePlace, ModuleKind};

use crate::bench::Bench;
use crate::{MigrationError, package};

/// So many wrong places are named; one edit of a file moves all of its places.
const SHOWN: usize = 10;

pub(crate) fn score_workspace(bench: &Bench<'_>) -> Result<Score, MigrationError> {
    let keys = read_keys(bench)?;
    let mut code = BTreeMap::new();
    for (name, job) in &bench.project.jobs {
        code.insert(name.to_string(), job_code(bench, job)?);
    }
    let stray = stray_places(&keys, &code);
    if !stray.is_empty() {
        let shown = &stray[..stray.len().min(SHOWN)];
        return Err(MigrationError::Record(format!(
            "{} places of the answer keys are not in the code, such as\n  {}\nhint: correct the line numbers of the keys",
            stray.len(),
            shown.join("\n  ")
        )));
    }
    Ok(score(&package::model(bench)?, &keys, &code))
}

fn job_code(bench: &Bench<'_>, job: &relift_job::Job) -> Result<JobCode, MigrationError> {
    let mut code = JobCode::default();
    for source in bench.project.sources(job)? {
        code.files.insert(source.name().to_string(), source);
    }
    for (index, module) in job.modules.iter().enumerate() {
        if let ModuleKind::External(external) = &module.kind
            && let Ok(source) = bench.project.external(external)
        {
            let module = CodePlace::Path {
                file: job.file.to_string(),
                path: format!("modules[{index}]"),
            };
            code.externals.push((module, source.name().to_string()));
        }
    }
    Ok(code)
}

fn read_keys(bench: &Bench<'_>) -> Result<Vec<AnswerKey>, MigrationError> {
    let mut files = Vec::new();
    for folder in &bench.project.workspace.sealed {
        let folder = bench.project.root.join(folder);
        files.extend(toml_files(&folder)?);
    }
    files.sort();
    if files.is_empty() {
        return Err(MigrationError::Unknown(
            "there is no answer key to score with\nhint: name its folder in relift.toml as `[sealed] paths = [\"../answer-key\"]`; it holds one JOB.toml per job"
                .to_owned(),
        ));
    }
    let mut keys = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        let text =
            std::fs::read_to_string(&file).map_err(MigrationError::file("read", file.as_path()))?;
        match AnswerKey::parse(&SourceFile::new(&file.display().to_string(), &text)) {
            Ok(key) => keys.push(key),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        Ok(keys)
    } else {
        Err(MigrationError::Configuration(problems))
    }
}

fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, MigrationError> {
    let mut files = Vec::new();
    let entries = std::fs::read_dir(folder).map_err(MigrationError::file("read", folder))?;
    for entry in entries {
        let path = entry.map_err(MigrationError::file("read", folder))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    Ok(files)
}
