//! Which lake tables the SQL of an External may read.
//!
//! Names are taken from the string constants of the job's Python: a table whose name stands in one as a
//! word is handed over, whether or not a query uses it. Too many tables cost time; one too few is an error
//! that names it when the query runs, never an empty answer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use relift_diagnostics::SourceFile;
use relift_job::{EffectiveDate, Job, ModuleKind, TableName};
use relift_platform::legacy::LakeView;
use relift_python::syntax;

use crate::bench::Bench;
use crate::{MigrationError, Project};

/// The module by which Externals reach the lake.
const MODULE: &str = "relift_lake";

/// Tables that the job's own SQL may read, with the versions it reads them at; none for other jobs.
pub(super) fn tables(
    project: &Project,
    job: &Job,
    latest: &BTreeMap<TableName, u64>,
) -> Result<BTreeMap<TableName, u64>, MigrationError> {
    let python = python_of(project, job)?;
    if python.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut texts = Vec::new();
    for source in &python {
        match syntax::parse(source) {
            Ok(module) => texts.extend(syntax::string_constants(&module)),
            // The run will say what is wrong with it.
            Err(_) => texts.push(source.text().to_owned()),
        }
    }
    let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
    let words: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| text.split(|letter: char| !is_of_a_name(letter)))
        .collect();
    let named = |table: &TableName| {
        let name = table.table.to_lowercase();
        if name.chars().all(is_of_a_name) {
            words.contains(name.as_str())
        } else {
            texts.iter().any(|text| text.contains(&name))
        }
    };
    let wanted = latest.iter().filter(|(table, _)| named(table));
    Ok(wanted
        .map(|(table, version)| (table.clone(), *version))
        .collect())
}

/// Lays them out for a run; `None` for a job that does not ask for the lake.
pub(super) fn write(
    bench: &Bench<'_>,
    job: &Job,
    date: EffectiveDate,
    staging: &Path,
) -> Result<Option<LakeView>, MigrationError> {
    if python_of(&bench.project, job)?.is_empty() {
        return Ok(None);
    }
    let tables = tables(&bench.project, job, bench.versions()?)?;
    let folder = staging.join("in").join("lake");
    let view = bench.wait(LakeView::write(&bench.project.lake, &tables, date, &folder));
    view.map(Some).map_err(|error| {
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        MigrationError::Record(text)
    })
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The job's Python when any of it names the module, else nothing.
fn python_of(project: &Project, job: &Job) -> Result<Vec<SourceFile>, MigrationError> {
    let is_python = |module: &relift_job::Module| matches!(module.kind, ModuleKind::External(_));
    if !job.modules.iter().any(is_python) {
        return Ok(Vec::new());
    }
    let mut sources = project.sources(job)?;
    sources.retain(|source| source.name().ends_with(".py"));
    if !sources.iter().any(|source| source.text().contains(MODULE)) {
        sources.clear();
    }
    Ok(sources)
}
