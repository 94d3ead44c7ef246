//! Bad practice in all jobs at once: some of it only shows when jobs are put side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use relift_antipatterns::{Finding, JobView, detect, duplicates, missing_dependencies};
use relift_dataflow::Refusal;
use relift_job::JobName;

use crate::MigrationError;
use crate::bench::{Bench, lock};

/// Findings of every sound job.
pub(crate) type Findings = BTreeMap<JobName, Vec<Finding>>;

impl Bench<'_> {
    /// Findings of one job; all jobs are looked at on the first call of a command.
    pub(crate) fn findings(&self, job: &JobName) -> Result<Vec<Finding>, MigrationError> {
        let mut slot = lock(&self.found);
        if slot.is_none() {
            *slot = Some(Arc::new(self.find()?));
        }
        Ok(slot
            .as_ref()
            .and_then(|all| all.get(job))
            .cloned()
            .unwrap_or_default())
    }

    fn find(&self) -> Result<Findings, MigrationError> {
        let mut all = Findings::new();
        let mut analyses = Vec::new();
        let tables = self
            .catalog()?
            .tables
            .keys()
            .map(|table| table.table.to_string())
            .collect();
        for (name, job) in &self.project.jobs {
            let analysis = self.analysis(name)?;
            if !analysis.rejected.is_empty() {
                continue;
            }
            let lifted = analysis.lifted.as_ref();
            let refusals: Vec<Refusal> = lifted
                .err()
                .into_iter()
                .flatten()
                .map(|(_, refusal)| refusal.clone())
                .collect();
            let view = JobView {
                job,
                flow: refusals.is_empty().then_some(&analysis.flow),
                lifted: lifted.ok().map(|lifted| &lifted.flow),
                configuration: &analysis.sources[0],
                externals: &analysis.externals,
                siblings: &analysis.siblings,
                tables: &tables,
                effective_date_column: &self.project.workspace.effective_date_column,
                refusals: &refusals,
            };
            all.insert(name.clone(), detect(&view));
            analyses.push((name.clone(), Arc::clone(&analysis)));
        }
        let flows: Vec<_> = analyses
            .iter()
            .filter_map(|(name, analysis)| {
                Some((name.clone(), &analysis.lifted.as_ref().ok()?.flow))
            })
            .collect();
        for (job, finding) in duplicates(&flows) {
            all.entry(job).or_default().push(finding);
        }
        for (job, finding) in missing_dependencies(&self.project.edges) {
            if let Some(own) = all.get_mut(&job) {
                own.push(finding);
            }
        }
        Ok(all)
    }
}
