//! Asking the data: each obligation of a lifted job, on every date of the workspace.

use std::collections::BTreeMap;
use std::sync::Arc;

use relift_dataflow::{ObligationKind, Op};
use relift_job::{EffectiveDate, JobName};
use relift_sql::datafusion::print_violations;

use crate::bench::Bench;
use crate::runs::{make_upstream, versions_on};
use crate::{MigrationError, queries};

/// An obligation with the data's answer.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    /// What must hold, in words.
    pub(crate) text: String,
    /// Code that depends on it.
    pub(crate) span: String,
    /// Rows that break it, by date; dates without any are left out.
    pub(crate) broken: BTreeMap<EffectiveDate, u64>,
    /// How many dates were asked.
    pub(crate) dates: usize,
    /// How the answer was found.
    pub(crate) method: &'static str,
}

impl Answered {
    /// Whether no row of any date breaks it.
    pub(crate) fn holds(&self) -> bool {
        self.broken.is_empty()
    }

    /// The measurement in a few words.
    pub(crate) fn evidence(&self) -> String {
        match self.broken.iter().next() {
            None => format!("no row breaks it on {} dates ({})", self.dates, self.method),
            Some((first, rows)) => format!(
                "{} of {} dates have rows that break it, {first} has {rows} ({})",
                self.broken.len(),
                self.dates,
                self.method
            ),
        }
    }
}

impl Bench<'_> {
    /// Answers for the obligations of a job's lifted form, in its order; none when nothing of it is lifted.
    pub(crate) fn obligations(&self, job: &JobName) -> Result<Arc<Vec<Answered>>, MigrationError> {
        if let Some(known) = crate::bench::lock(&self.answers).get(job) {
            return Ok(Arc::clone(known));
        }
        let answered = Arc::new(self.ask(job)?);
        crate::bench::lock(&self.answers).insert(job.clone(), Arc::clone(&answered));
        Ok(answered)
    }

    fn ask(&self, job: &JobName) -> Result<Vec<Answered>, MigrationError> {
        let analysis = self.analysis(job)?;
        let Some(lifted) = analysis.rewritable() else {
            return Ok(Vec::new());
        };
        make_upstream(self, job)?;
        let dates = self.project.workspace.dates;
        let mut answers = Vec::new();
        for obligation in &lifted.flow.obligations {
            let mut answer = Answered {
                text: relift_lift::condition_text(&lifted.flow, obligation),
                span: obligation
                    .spans
                    .first()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                broken: BTreeMap::new(),
                dates: dates.iter().count(),
                method: "query",
            };
            // The types of lake columns come from Delta's own null counts of these dates.
            let on_scan = matches!(&lifted.flow.node(obligation.node).op,
                Op::Scan { table, .. } if !self.project.edges.is_written(table));
            if let ObligationKind::NeverMissing(columns) = &obligation.kind
                && on_scan
                && columns.iter().all(|column| {
                    lifted
                        .flow
                        .node(obligation.node)
                        .schema
                        .ty(column)
                        .is_some_and(|ty| !ty.missing.possible())
                })
            {
                answer.method = "null counts of the Delta log";
                answers.push(answer);
                continue;
            }
            let printed = print_violations(&lifted.flow, obligation)
                .map_err(|refusal| MigrationError::Record(refusal.to_string()))?;
            let sources = queries::sources_of(&lifted.flow, &printed);
            answer.dates = 0;
            for date in dates.iter() {
                // Where a job it depends on left nothing, this job does not run either.
                let Some(versions) = versions_on(self, job, date)? else {
                    continue;
                };
                answer.dates += 1;
                let rows = queries::run(self, &sources, &printed.sql, date, &versions)?.row_count();
                if rows > 0 {
                    answer.broken.insert(date, rows as u64);
                }
            }
            answers.push(answer);
        }
        Ok(answers)
    }
}
