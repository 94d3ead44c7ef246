//! Names that say something else than what they hold.

use relift_job::{DateMode, ModuleKind};

use crate::detector::declare_detector;
use crate::queries::queries;
use crate::{Finding, JobView};

/// Words of one day.
const ONE_DAY: [&str; 5] = ["today", "daily", "current", "todays", "day"];

/// Last words of names by what they promise. Words that mean several things, such as `amount`, `value`
/// and `total`, are left out.
const MEASURES: [(&str, &[&str]); 4] = [
    (
        "money",
        &[
            "price", "prices", "cost", "costs", "fee", "fees", "revenue", "salary", "turnover",
        ],
    ),
    (
        "a quantity",
        &["quantity", "qty", "units", "pieces", "count", "items"],
    ),
    ("a date", &["date", "day", "month", "year"]),
    ("a rate", &["rate", "percent", "pct", "ratio", "share"]),
];

declare_detector! {
    /// ## What it finds
    /// A frame named after one table that reads another, a frame named after one day that holds several,
    /// and a column of a query whose name promises money, a quantity, a date or a rate and that is taken
    /// from one that promises another of them.
    ///
    /// ## Why it matters
    /// Readers trust names. The next change is made to what the name says, not to what is there.
    ///
    /// ## Instead
    /// A name that says what is in it. Output columns keep theirs, since consumers know them by it.
    static MISLEADING_NAME = {
        code: "AP9",
        title: "misleading name",
        summary: "finds names that say something else than what they hold",
        since: "0.2.0",
        find: find,
    };
}

fn find(view: &JobView<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, module) in view.job.modules.iter().enumerate() {
        let ModuleKind::DataSourcing(source) = &module.kind else {
            continue;
        };
        let name = source.result.as_str();
        let several = match &source.dates {
            DateMode::Lookback(days) => *days > 0,
            DateMode::Between(range) => range.first != range.last,
            _ => false,
        };
        let table = &*source.table.table;
        let message = if !name.eq_ignore_ascii_case(table)
            && view
                .tables
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
        {
            format!("frame \"{name}\" is named after a table and holds {table}")
        } else if several && words(name).any(|word| ONE_DAY.contains(&&*word)) {
            format!("frame \"{name}\" is named after one day and holds several")
        } else {
            continue;
        };
        findings.push(Finding {
            code: MISLEADING_NAME.code,
            title: MISLEADING_NAME.title,
            message,
            span: Some(module.span.clone()),
            module: Some(index),
            construct: format!("frame `{name}`"),
            frame: Some(source.result.clone()),
            column: None,
        });
    }
    for (module, facts) in queries(view) {
        for renamed in facts.renamed {
            let kept = matches!(
                renamed.function.as_deref(),
                None | Some("sum" | "min" | "max" | "avg" | "total")
            );
            let (Some(promised), Some(held)) = (measure(&renamed.name), measure(&renamed.source))
            else {
                continue;
            };
            if !kept || promised == held {
                continue;
            }
            findings.push(Finding {
                code: MISLEADING_NAME.code,
                title: MISLEADING_NAME.title,
                message: format!(
                    "\"{}\" promises {promised} and is {held}, \"{}\"",
                    renamed.name, renamed.source
                ),
                span: Some(renamed.span),
                module: Some(module),
                construct: format!("column `{}`", renamed.name),
                frame: None,
                column: Some(renamed.name.as_str().into()),
            });
        }
    }
    findings
}

/// What the last telling word of a name promises.
fn measure(name: &str) -> Option<&'static str> {
    let words: Vec<String> = words(name).collect();
    words.iter().rev().find_map(|word| {
        MEASURES
            .iter()
            .find(|(_, known)| known.contains(&word.as_str()))
            .map(|(promised, _)| *promised)
    })
}

fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(|letter: char| !letter.is_alphanumeric())
        .map(str::to_lowercase)
}
