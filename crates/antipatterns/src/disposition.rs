//! What became of a finding in the rewritten job.

use relift_job::{RewrittenJob, RewrittenModule, SourceOrigin};

use crate::Finding;

/// Whether the rewritten job still has what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It does not.
    Eliminated,
    /// It does, for this reason.
    Retained(String),
}

impl Disposition {
    /// The word in `antipatterns.csv`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Eliminated => "eliminated",
            Self::Retained(_) => "retained",
        }
    }

    /// The reason; empty when there is nothing to explain.
    pub fn reason(&self) -> &str {
        match self {
            Self::Eliminated => "",
            Self::Retained(reason) => reason,
        }
    }
}

/// Compares a finding with the rewritten job; without one `not_rewritten` says why.
pub fn disposition(
    finding: &Finding,
    rewritten: Option<&RewrittenJob>,
    not_rewritten: &str,
) -> Disposition {
    let Some(job) = rewritten else {
        return Disposition::Retained(format!("the job was not rewritten: {not_rewritten}"));
    };
    let mut sources = job.modules.iter().filter_map(|module| match module {
        RewrittenModule::DataSourcing(source) => Some(source),
        _ => None,
    });
    match (finding.code, &finding.frame, &finding.column) {
        ("AP1", Some(frame), _) => {
            if sources.any(|source| source.result == *frame) {
                Disposition::Retained(format!("the rewritten job still reads \"{frame}\""))
            } else {
                Disposition::Eliminated
            }
        }
        ("AP4", Some(frame), Some(column)) => {
            if sources.any(|source| source.result == *frame && source.columns.contains(column)) {
                Disposition::Retained(format!("the rewritten job still reads \"{column}\""))
            } else {
                Disposition::Eliminated
            }
        }
        ("AP2", _, _) => {
            if sources.any(|source| matches!(source.origin, SourceOrigin::Curated { .. })) {
                Disposition::Eliminated
            } else {
                Disposition::Retained(
                    "reading the other job's output would make this job depend on it".to_owned(),
                )
            }
        }
        // A rewritten job has no Python, and computes nothing that its outputs do not need.
        _ => Disposition::Eliminated,
    }
}
