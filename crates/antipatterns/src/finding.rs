//! One thing found in one job.

use relift_diagnostics::Span;
use relift_job::{ColumnName, FrameName};

use crate::{DETECTORS, JobView};

/// A place in a job that an anti-pattern was found at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Code of the anti-pattern, `AP6`.
    pub code: &'static str,
    /// What such findings are about.
    pub title: &'static str,
    /// What is the matter here; lower case, no period.
    pub message: String,
    /// Where.
    pub span: Option<Span>,
    /// Index of the module.
    pub module: Option<usize>,
    /// The thing it is about: "frame `orders`", "for loop".
    pub construct: String,
    /// The frame it is about, when it is about one.
    pub frame: Option<FrameName>,
    /// The column of the frame, when it is about one.
    pub column: Option<ColumnName>,
}

/// Everything the detectors find in a job, by code, then by place.
pub fn detect(job: &JobView<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for detector in DETECTORS {
        let mut own = (detector.find)(job);
        own.sort_by(|a, b| {
            (a.module, &a.span, &a.construct).cmp(&(b.module, &b.span, &b.construct))
        });
        findings.append(&mut own);
    }
    findings
}
