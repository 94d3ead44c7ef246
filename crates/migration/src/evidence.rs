//! Requirements of a job, and their queries answered by the lake.

use std::collections::BTreeMap;
use std::sync::Arc;

use relift_engine::content_hash;
use relift_job::{EffectiveDate, Job, JobName, TableName};
use relift_requirements::{EvidenceQuery, EvidenceResult, Requirement, Traced, derive};

use crate::bench::{Bench, lock};
use crate::{MigrationError, queries, stages};

impl Bench<'_> {
    /// Requirements of a job without the answers of their queries; none when it is not lifted.
    pub(crate) fn requirements(
        &self,
        name: &JobName,
    ) -> Result<Arc<Vec<Requirement>>, MigrationError> {
        if let Some(known) = lock(&self.required).get(name) {
            return Ok(Arc::clone(known));
        }
        let analysis = self.analysis(name)?;
        let mut requirements = Vec::new();
        if let (Some(lifted), Some(job)) = (analysis.rewritable(), self.project.jobs.get(name)) {
            let sink_files = stages::write_down(self, name, lifted, &analysis.written_by)?
                .map_or_else(|_| Vec::new(), |rewrite| rewrite.sink_files);
            let sources = analysis
                .sources
                .iter()
                .map(|source| (source.name().to_string(), source.clone()))
                .collect();
            let traced = Traced {
                sources: &sources,
                sink_files: &sink_files,
            };
            requirements = derive(job, lifted, traced).requirements;
        }
        let requirements = Arc::new(requirements);
        lock(&self.required).insert(name.clone(), Arc::clone(&requirements));
        Ok(requirements)
    }

    /// Dates whose answers are kept as evidence: the first, the middle and the last.
    pub(crate) fn evidence_dates(&self) -> Vec<EffectiveDate> {
        let all: Vec<EffectiveDate> = self.project.workspace.dates.iter().collect();
        let mut dates = vec![all[0], all[all.len() / 2], all[all.len() - 1]];
        dates.dedup();
        dates
    }
}

/// Answers of queries already asked: requirements about one relation share its query.
pub(crate) type Answers = BTreeMap<(String, EffectiveDate), EvidenceResult>;

/// Runs a cited query for one date at the given versions.
pub(crate) fn answer(
    bench: &Bench<'_>,
    job: &Job,
    query: &EvidenceQuery,
    date: EffectiveDate,
    versions: &BTreeMap<TableName, u64>,
    answers: &mut Answers,
) -> Result<EvidenceResult, MigrationError> {
    let key = (query.sql.clone(), date);
    if let Some(known) = answers.get(&key) {
        return Ok(known.clone());
    }
    let sources = queries::cited_sources(job, &query.sources)?;
    let result = queries::run(bench, &sources, &query.sql, date, versions)?;
    let answer = EvidenceResult {
        versions: sources
            .iter()
            .filter_map(|source| {
                let (name, table) = source.names();
                Some((name.to_owned(), versions.get(table).copied()?))
            })
            .collect(),
        rows: result.row_count() as u64,
        digest: content_hash(&result.schema, &result.batches)?.to_string(),
    };
    answers.insert(key, answer.clone());
    Ok(answer)
}
