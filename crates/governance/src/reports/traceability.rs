//! `traceability.csv`: requirement, legacy code, evidence, test, new code, on one line.

use super::declare_report;
use crate::csv::Csv;
use crate::event::Evidence;
use crate::{Model, Package};

declare_report! {
    /// Where does each requirement come from, what tests it, and what computes it?
    ///
    /// One line per requirement; several spans, digests, tests or places are separated by `; `.
    pub static TRACEABILITY = { file: "traceability.csv", render: render }
}

/// Test names are sentences, so blanks do not separate them.
const SEPARATOR: &str = "; ";

fn render(model: &Model, _: &Package) -> String {
    let mut csv = Csv::new([
        "job",
        "requirement",
        "kind",
        "confidence_percent",
        "legacy_code",
        "query_digests",
        "tests",
        "rewritten_code",
        "sentence",
    ]);
    for job in model.jobs.values() {
        for requirement in &job.requirements {
            let (mut spans, mut digests) = (Vec::new(), Vec::new());
            for evidence in &requirement.evidence {
                match evidence {
                    // Several expressions of one line are one place here; each has its own hash in
                    // the job's requirements.json.
                    Evidence::Code { span, .. } if spans.contains(&span.as_str()) => {}
                    Evidence::Code { span, .. } => spans.push(span.as_str()),
                    Evidence::Query { digest, .. } => digests.push(digest.as_str()),
                }
            }
            csv.line(&[
                job.name.clone(),
                requirement.id.clone(),
                requirement.kind.clone(),
                requirement.confidence_percent.to_string(),
                spans.join(SEPARATOR),
                digests.join(SEPARATOR),
                job.tests_of(&requirement.id)
                    .collect::<Vec<_>>()
                    .join(SEPARATOR),
                job.code_of(&requirement.id)
                    .collect::<Vec<_>>()
                    .join(SEPARATOR),
                requirement.sentence.clone(),
            ]);
        }
    }
    csv.finish()
}
