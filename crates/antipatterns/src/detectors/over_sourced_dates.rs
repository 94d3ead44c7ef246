//! Dates that are read and filtered away.

use relift_job::{DateMode, ModuleKind};
use relift_python::syntax::{comparisons_with, mentions};

use crate::detector::declare_detector;
use crate::queries::queries;
use crate::{Finding, JobView};

declare_detector! {
    /// ## What it finds
    /// A source that reads several dates whose rows are then filtered by the effective date column, in SQL
    /// or Python.
    ///
    /// ## Why it matters
    /// Every further date is read from storage, converted and held in memory, to be thrown away.
    ///
    /// ## Instead
    /// Source the dates that are used. Where a latest date is looked for, `mostRecent` says so.
    static OVER_SOURCED_DATES = {
        code: "AP10",
        title: "over-sourced dates",
        summary: "finds dates that are read and then filtered away",
        since: "0.2.0",
        find: find,
    };
}

fn find(view: &JobView<'_>) -> Vec<Finding> {
    let column = view.effective_date_column;
    let in_python = view
        .python()
        .any(|(_, syntax)| !comparisons_with(syntax, column).is_empty());
    let in_sql = queries(view).iter().any(|(_, facts)| {
        facts
            .comparisons
            .iter()
            .any(|(columns, _)| columns.iter().any(|name| name == column))
    });
    if !in_python && !in_sql {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (index, module) in view.job.modules.iter().enumerate() {
        let ModuleKind::DataSourcing(source) = &module.kind else {
            continue;
        };
        let dates = match &source.dates {
            DateMode::Lookback(days @ 1..) => format!("{} dates", days + 1),
            DateMode::Between(range) if range.first != range.last => {
                format!("{} dates", range.iter().count())
            }
            _ => continue,
        };
        // The filter has to see this frame: by its name in Python, or as a table of a query.
        let named = |text: &str| {
            text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .any(|word| word.eq_ignore_ascii_case(source.result.as_str()))
        };
        let seen = view
            .python()
            .any(|(_, syntax)| in_python && mentions(syntax, source.result.as_str()) > 0)
            || view.job.modules.iter().any(|module| {
                matches!(&module.kind, ModuleKind::Transformation(step) if in_sql && named(&step.sql))
            });
        if !seen {
            continue;
        }
        findings.push(Finding {
            code: OVER_SOURCED_DATES.code,
            title: OVER_SOURCED_DATES.title,
            message: format!(
                "frame \"{}\" holds {dates} of {}, and rows are chosen by \"{column}\" later",
                source.result, source.table
            ),
            span: Some(module.span.clone()),
            module: Some(index),
            construct: format!("frame `{}`", source.result),
            frame: Some(source.result.clone()),
            column: None,
        });
    }
    findings
}
