//! `lift_report.csv`: every construct and how far it was lifted.

use super::declare_report;
use crate::csv::Csv;
use crate::{Model, Package};

declare_report! {
    /// How far was each construct lifted, and why not further?
    ///
    /// One line per construct; the reason is the rule that lifted it, or the refusal.
    pub static LIFT_REPORT = { file: "lift_report.csv", render: render }
}

fn render(model: &Model, _: &Package) -> String {
    let mut csv = Csv::new(["job", "module", "construct", "level", "reason", "span"]);
    for job in model.jobs.values() {
        for construct in &job.constructs {
            csv.line(&[
                &job.name,
                &construct.module,
                &construct.construct,
                construct.level.word(),
                &construct.reason,
                &construct.span,
            ]);
        }
    }
    csv.finish()
}
