//! `antipatterns.csv`: every finding and what became of it.

use super::declare_report;
use crate::csv::Csv;
use crate::{Model, Package};

declare_report! {
    /// What became of each piece of bad practice?
    ///
    /// One line per finding: eliminated, load-bearing with the date that shows it, reproduced with the reason,
    /// not applicable, or still open.
    pub static ANTIPATTERNS = { file: "antipatterns.csv", render: render }
}

fn render(model: &Model, _: &Package) -> String {
    let mut csv = Csv::new(["job", "code", "location", "disposition", "reason"]);
    for job in model.jobs.values() {
        for finding in &job.findings {
            let (disposition, reason) = job.disposition(finding);
            csv.line(&[
                &job.name,
                &finding.code,
                &finding.location,
                disposition.word(),
                reason,
            ]);
        }
    }
    csv.finish()
}
