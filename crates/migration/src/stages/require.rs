//! Writes down what the job does, with evidence: the code it is read from, and queries whose answers are
//! kept with the table versions they were asked of.

use std::collections::BTreeMap;

use relift_governance::{Evidence, LedgerEvent, Requirement, RequirementsRecorded};
use relift_requirements::{Citation, Requirements};
use relift_team::{Reply, Task};

use crate::bench::Bench;
use crate::evidence::{Answers, answer};
use crate::package::write_whole;
use crate::runs::versions_on;
use crate::{MigrationError, ledger};

pub(super) fn perform(bench: &Bench<'_>, task: &Task) -> Result<Reply, MigrationError> {
    let Some(job) = bench.project.jobs.get(&task.job) else {
        return Err(MigrationError::Unknown(format!("no job {}", task.job)));
    };
    let mut answers = Answers::new();
    let mut requirements = bench.requirements(&task.job)?.to_vec();
    for requirement in &mut requirements {
        if let Some(query) = &mut requirement.evidence.query {
            let mut results = BTreeMap::new();
            for date in bench.evidence_dates() {
                let Some(versions) = versions_on(bench, &task.job, date)? else {
                    continue;
                };
                results.insert(
                    date.to_string(),
                    answer(bench, job, query, date, &versions, &mut answers)?,
                );
            }
            query.results = results;
        }
    }
    let recorded = requirements.iter().map(recorded).collect();
    let folder = bench.project.artifacts(&task.job);
    std::fs::create_dir_all(&folder).map_err(MigrationError::file("create", folder.as_path()))?;
    let document = Requirements::new(task.job.as_str(), requirements);
    write_whole(
        &folder.join("requirements.json"),
        document.to_json().as_bytes(),
    )?;
    let event = RequirementsRecorded {
        job: task.job.to_string(),
        requirements: recorded,
    };
    ledger::append(&bench.store, &[LedgerEvent::RequirementsRecorded(event)])?;
    Ok(Reply::completed())
}

fn recorded(requirement: &relift_requirements::Requirement) -> Requirement {
    let code = requirement
        .evidence
        .code
        .iter()
        .map(|citation| Evidence::Code {
            span: place(citation),
            hash: citation.hash.clone().unwrap_or_default(),
        });
    let query = requirement.evidence.query.iter().flat_map(|query| {
        query.results.iter().map(|(date, result)| Evidence::Query {
            sql: query.sql.clone(),
            versions: result.versions.clone(),
            digest: result.digest.clone(),
            summary: format!("{} rows on {date}", result.rows),
        })
    });
    let evidence: Vec<Evidence> = code.chain(query).collect();
    let kinds = usize::from(!requirement.evidence.code.is_empty())
        + usize::from(requirement.evidence.query.is_some());
    Requirement {
        id: requirement.id.clone(),
        sentence: requirement.sentence.clone(),
        kind: serde_json::to_value(requirement.kind)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default(),
        // Read off the code and seen in the data, one of the two, or neither.
        confidence_percent: [0, 90, 99][kinds.min(2)],
        evidence,
    }
}

fn place(citation: &Citation) -> String {
    if citation.first_line == citation.last_line {
        format!("{}:{}", citation.file, citation.first_line)
    } else {
        format!(
            "{}:{}-{}",
            citation.file, citation.first_line, citation.last_line
        )
    }
}
