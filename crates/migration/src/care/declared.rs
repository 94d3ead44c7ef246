//! What users declared about their data: checks and descriptions, read and compared with what is there.

use relift_diagnostics::Diagnostic;
use relift_job::{
    Descriptions, JobName, QualityCheck, QualityChecks, QualityRule, QualityTarget, TableName,
};
use relift_platform::care::{Origin, Reference, TableColumns};

use crate::project::read_source;
use crate::{MigrationError, Project};

/// Checks are here unless the settings say otherwise.
pub(super) const QUALITY: &str = "quality.toml";
/// Descriptions are here unless the settings say otherwise.
const DICTIONARY: &str = "dictionary.toml";

/// The declared checks; none when there is no file.
pub(super) fn quality_checks(project: &Project) -> Result<QualityChecks, MigrationError> {
    let declared = project.workspace.care.quality.as_deref();
    let file = declared.unwrap_or(QUALITY);
    if declared.is_none() && !project.root.join(file).is_file() {
        return Ok(QualityChecks::default());
    }
    let source = read_source(&project.root, file)?;
    let checks = QualityChecks::parse(&source).map_err(MigrationError::Configuration)?;
    let mut problems = Vec::new();
    let tables: Vec<String> = project
        .lake
        .tables()?
        .iter()
        .map(ToString::to_string)
        .collect();
    let jobs: Vec<String> = project.scope().iter().map(JobName::to_string).collect();
    for check in &checks.checks {
        match &check.target {
            QualityTarget::Table(table) => expect(check, &tables, "table", table, &mut problems),
            QualityTarget::Job { job, .. } => expect(check, &jobs, "job", job, &mut problems),
        }
        if let QualityRule::References { table, .. } = &check.rule {
            expect(check, &tables, "table", table, &mut problems);
        }
    }
    if problems.is_empty() {
        Ok(checks)
    } else {
        Err(MigrationError::Configuration(problems))
    }
}

fn expect(
    check: &QualityCheck,
    known: &[String],
    what: &str,
    name: &impl ToString,
    problems: &mut Vec<Diagnostic>,
) {
    let name = name.to_string();
    if !known.contains(&name) {
        let hint = relift_job::nearest_hint(&name, known.iter().map(String::as_str));
        problems.push(
            Diagnostic::error(format!("there is no {what} \"{name}\""))
                .at(check.span.clone())
                .hint(hint),
        );
    }
}

/// Keys and references among the checks.
pub(super) fn rules(checks: &QualityChecks) -> (Vec<TableColumns>, Vec<Reference>) {
    let side = |table: &TableName, columns: &[relift_job::ColumnName]| TableColumns {
        table: table.to_string(),
        columns: columns.iter().map(ToString::to_string).collect(),
    };
    let mut keys = Vec::new();
    let mut references = Vec::new();
    for check in &checks.checks {
        let QualityTarget::Table(table) = &check.target else {
            continue;
        };
        match &check.rule {
            QualityRule::Unique => keys.push(side(table, &check.columns)),
            QualityRule::References { table: to, columns } => references.push(Reference {
                from: side(table, &check.columns),
                to: side(to, columns),
                origin: Origin::Declared,
            }),
            _ => {}
        }
    }
    (keys, references)
}

/// The declared descriptions; none when there is no file.
pub(super) fn descriptions(project: &Project) -> Result<Descriptions, MigrationError> {
    let declared = project.workspace.care.dictionary.as_deref();
    let file = declared.unwrap_or(DICTIONARY);
    if declared.is_none() && !project.root.join(file).is_file() {
        return Ok(Descriptions::default());
    }
    let source = read_source(&project.root, file)?;
    Descriptions::parse(&source).map_err(MigrationError::Configuration)
}
