//! Checks again what the package rests on, without trusting the process that made it.

use std::collections::BTreeMap;

use relift_diagnostics::ContentHash;
use relift_governance::{LedgerEvent, Package};
use relift_job::{EffectiveDate, JobName, TableName};
use relift_requirements::Requirements;

use crate::bench::Bench;
use crate::evidence::{Answers, answer};
use crate::project::read_source;
use crate::{MigrationError, ledger, package};

/// One kind of check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub what: &'static str,
    /// How many things.
    pub checked: usize,
    /// What is not as it was said to be, one line each.
    pub failures: Vec<String>,
}

impl Check {
    fn new(what: &'static str) -> Self {
        Self {
            what,
            checked: 0,
            failures: Vec::new(),
        }
    }

    fn count(&mut self, failure: Option<String>) {
        self.checked += 1;
        self.failures.extend(failure);
    }
}

/// Everything that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// By kind.
    pub checks: Vec<Check>,
}

impl Verification {
    /// Whether there was something to check and nothing failed.
    pub fn holds(&self) -> bool {
        self.checks.iter().any(|check| check.checked > 0)
            && self.checks.iter().all(|check| check.failures.is_empty())
    }
}

/// Checks the whole workspace.
pub(crate) fn verify(bench: &Bench<'_>) -> Result<Verification, MigrationError> {
    let events = ledger::load(bench.store.read())?;
    let mut code = Check::new("cited code");
    let mut queries = Check::new("cited queries");
    let jobs: Vec<JobName> = bench.project.scope().into_iter().collect();
    bench.progress.begin("verifying", jobs.len() as u64);
    for job in &jobs {
        let own = code_evidence(bench, job)?;
        code.checked += own.checked;
        code.failures.extend(own.failures);
        let own = query_evidence(bench, job)?;
        queries.checked += own.checked;
        queries.failures.extend(own.failures);
        bench.progress.step("verifying", job.as_str());
    }
    bench.progress.end("verifying");
    let checks = vec![
        code,
        queries,
        sources(bench, &events),
        rewrites(bench, &events),
        chain(bench)?,
        reports(bench)?,
    ];
    Ok(Verification { checks })
}

/// Hashes of the code that a job's requirements cite.
pub(crate) fn code_evidence(bench: &Bench<'_>, job: &JobName) -> Result<Check, MigrationError> {
    let mut check = Check::new("cited code");
    let Some(requirements) = requirements(bench, job)? else {
        return Ok(check);
    };
    let mut files = BTreeMap::new();
    for requirement in &requirements.requirements {
        if requirement.evidence.code.is_empty() && requirement.evidence.query.is_none() {
            check.count(Some(format!(
                "{}: there is no evidence for it",
                requirement.id
            )));
        }
        for citation in &requirement.evidence.code {
            let source = files
                .entry(citation.file.clone())
                .or_insert_with(|| read_source(&bench.project.root, &citation.file).ok());
            let found = source.as_ref().map(|source| {
                let text = source.text().as_bytes();
                let cited = text
                    .get(citation.start as usize..citation.end as usize)
                    .unwrap_or_default();
                ContentHash::of(cited).to_string()
            });
            let place = format!("{}:{}", citation.file, citation.first_line);
            check.count(match (found, &citation.hash) {
                (Some(found), Some(hash)) if found == *hash => None,
                (Some(_), _) => Some(format!(
                    "{place}: the code cited by {} has changed",
                    requirement.id
                )),
                (None, _) => Some(format!(
                    "{place}: the file cited by {} cannot be read",
                    requirement.id
                )),
            });
        }
    }
    Ok(check)
}

fn requirements(bench: &Bench<'_>, job: &JobName) -> Result<Option<Requirements>, MigrationError> {
    let file = format!("artifacts/{job}/requirements.json");
    if !bench.project.root.join(&file).is_file() {
        return Ok(None);
    }
    let source = read_source(&bench.project.root, &file)?;
    Requirements::parse(source.text())
        .map(Some)
        .map_err(|error| MigrationError::Record(format!("{file}: {error}")))
}

/// Queries that a job's requirements cite, run again at the cited versions.
fn query_evidence(bench: &Bench<'_>, name: &JobName) -> Result<Check, MigrationError> {
    let mut check = Check::new("cited queries");
    let (Some(requirements), Some(job)) =
        (requirements(bench, name)?, bench.project.jobs.get(name))
    else {
        return Ok(check);
    };
    let mut answers = Answers::new();
    for requirement in &requirements.requirements {
        let Some(query) = &requirement.evidence.query else {
            continue;
        };
        for (date, cited) in &query.results {
            let failure = match EffectiveDate::parse(date) {
                None => Some(format!("{}: \"{date}\" is no date", requirement.id)),
                Some(date) => {
                    let versions: BTreeMap<TableName, u64> = query
                        .sources
                        .iter()
                        .filter_map(|source| {
                            let (schema, table) = source.table.split_once('.')?;
                            Some((
                                TableName::new(schema, table),
                                *cited.versions.get(&source.name)?,
                            ))
                        })
                        .collect();
                    match answer(bench, job, query, date, &versions, &mut answers) {
                        Ok(found) if found == *cited => None,
                        Ok(found) => Some(format!(
                            "{}: its query on {date} returns {} rows with another digest, {} were cited",
                            requirement.id, found.rows, cited.rows
                        )),
                        Err(error) => Some(format!(
                            "{}: its query on {date} cannot be run: {}",
                            requirement.id,
                            error.whole()
                        )),
                    }
                }
            };
            check.count(failure);
        }
    }
    Ok(check)
}

fn hashed(bench: &Bench<'_>, path: &str, hash: &str, what: &str) -> Option<String> {
    match std::fs::read(bench.project.root.join(path)) {
        Ok(bytes) if ContentHash::of(&bytes).to_string() == hash => None,
        Ok(_) => Some(format!("{path}: {what} has changed since it was recorded")),
        Err(error) => Some(format!("{path}: {what} cannot be read: {error}")),
    }
}

/// Source files of every job.
fn sources(bench: &Bench<'_>, events: &[LedgerEvent]) -> Check {
    let mut check = Check::new("legacy files");
    let mut latest = BTreeMap::new();
    for event in events {
        if let LedgerEvent::JobDiscovered(discovered) = event {
            latest.insert(&discovered.job, &discovered.sources);
        }
    }
    for file in latest.into_values().flatten() {
        check.count(hashed(bench, &file.path, &file.hash, "the legacy code"));
    }
    check
}

/// Files of every rewritten job.
fn rewrites(bench: &Bench<'_>, events: &[LedgerEvent]) -> Check {
    let mut check = Check::new("rewritten files");
    let mut latest = BTreeMap::new();
    for event in events {
        if let LedgerEvent::JobRewritten(rewritten) = event {
            latest.insert(&rewritten.job, &rewritten.files);
        }
    }
    for file in latest.into_values().flatten() {
        check.count(hashed(bench, &file.path, &file.hash, "the rewritten job"));
    }
    check
}

/// The chain of the ledger.
fn chain(bench: &Bench<'_>) -> Result<Check, MigrationError> {
    let mut check = Check::new("ledger");
    match bench.store.read().verify_ledger()? {
        Ok(head) => check.checked = usize::try_from(head.seq).unwrap_or(usize::MAX),
        Err(fault) => check.count(Some(fault.to_string())),
    }
    Ok(check)
}

/// Every file of the package, folded again from the ledger.
fn reports(bench: &Bench<'_>) -> Result<Check, MigrationError> {
    let mut check = Check::new("package files");
    let model = package::model(bench)?;
    for file in Package::of(&model).files() {
        let path = bench.project.root.join("governance").join(file.name);
        check.count(match std::fs::read(&path) {
            Ok(bytes) if bytes == file.content.as_bytes() => None,
            Ok(_) => Some(format!(
                "governance/{}: is not what the ledger says",
                file.name
            )),
            Err(error) => Some(format!("governance/{}: cannot be read: {error}", file.name)),
        });
    }
    Ok(check)
}
