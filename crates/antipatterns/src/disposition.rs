//! What became of a finding in the rewritten job.

use relift_job::{DateMode, LegacyModules, RewrittenJob, RewrittenModule, SourceOrigin};

use crate::Finding;

/// Whether the rewritten job still has what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It does not.
    Eliminated,
    /// It does, for this reason.
    Retained(String),
    /// It has nothing the finding could be about, for this reason.
    NotApplicable(String),
}

impl Disposition {
    /// The word in `antipatterns.csv`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Eliminated => "eliminated",
            Self::Retained(_) => "retained",
            Self::NotApplicable(_) => "not applicable",
        }
    }

    /// The reason; empty when there is nothing to explain.
    pub fn reason(&self) -> &str {
        match self {
            Self::Eliminated => "",
            Self::Retained(reason) | Self::NotApplicable(reason) => reason,
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
    let stays = job.modules.iter().any(|module| match module {
        RewrittenModule::LegacyModules(legacy) => {
            finding.module.is_some_and(|index| stays(legacy, index))
        }
        _ => false,
    });
    if stays {
        return Disposition::Retained("the module it stands in stays as it is".to_owned());
    }
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
            if sources.any(|source| is_read_for(finding, &source.origin)) {
                Disposition::Eliminated
            } else {
                Disposition::Retained(
                    "what the other job writes is not in a table that gives these rows and types back, in this order"
                        .to_owned(),
                )
            }
        }
        ("AP5", _, _) => Disposition::Retained(
            "the output shows each stand-in; other ones would change it".to_owned(),
        ),
        ("AP7", _, _) => Disposition::Retained(
            "the numbers decide the output; the requirements name each of them".to_owned(),
        ),
        ("AP9", Some(frame), None) => {
            if sources.any(|source| source.result == *frame) {
                Disposition::Retained(format!("the rewritten job keeps the name \"{frame}\""))
            } else {
                Disposition::Eliminated
            }
        }
        ("AP9", _, column) => {
            let mut written = job.modules.iter().filter_map(|module| match module {
                RewrittenModule::Transformation(step) => Some(&step.columns),
                _ => None,
            });
            let named = column.as_ref().is_none_or(|column| {
                written.any(|columns| columns.iter().any(|own| own.name == *column))
            });
            if named {
                Disposition::Retained(
                    "consumers of the output know the column by this name".to_owned(),
                )
            } else {
                Disposition::NotApplicable("no output has a column of this name".to_owned())
            }
        }
        ("AP10", Some(frame), _) => {
            let several = |origin: &SourceOrigin| {
                matches!(
                    origin,
                    SourceOrigin::Lake {
                        dates: DateMode::Between(_) | DateMode::Lookback(1..),
                        ..
                    }
                )
            };
            if sources.any(|source| source.result == *frame && several(&source.origin)) {
                Disposition::Retained(format!(
                    "the rewritten job reads the same dates of \"{frame}\" and filters them at once"
                ))
            } else {
                Disposition::Eliminated
            }
        }
        ("AP12", _, _) => {
            // What is not read at all needs no dependency.
            let mut curated = sources
                .filter(|source| matches!(source.origin, SourceOrigin::Curated { .. }))
                .peekable();
            if curated.peek().is_none()
                || curated.any(|source| is_read_for(finding, &source.origin))
            {
                Disposition::Eliminated
            } else {
                Disposition::Retained("the dependency is not declared".to_owned())
            }
        }
        // A rewritten job has no Python, and computes nothing that its outputs do not need.
        _ => Disposition::Eliminated,
    }
}

/// Whether a module of the legacy job still runs.
fn stays(legacy: &LegacyModules, module: usize) -> bool {
    legacy.modules.contains(&module) && !legacy.given.contains_key(&module)
}

/// Whether the source reads what the job writes that a finding of duplicated logic names.
fn is_read_for(finding: &Finding, origin: &SourceOrigin) -> bool {
    matches!(origin, SourceOrigin::Curated { job, .. }
        if finding.message.contains(&format!("job \"{job}\"")))
}

/// What stands in the rewritten job where the finding was, for the record; lower case, no period.
pub fn replacement(finding: &Finding, job: &RewrittenJob) -> String {
    let sources = || {
        job.modules.iter().filter_map(|module| match module {
            RewrittenModule::DataSourcing(source) => Some(source),
            _ => None,
        })
    };
    let files: Vec<String> = job
        .modules
        .iter()
        .filter_map(|module| match module {
            RewrittenModule::Transformation(step) => step.sql_file.values().next(),
            _ => None,
        })
        .map(|file| format!("`{file}`"))
        .collect();
    let sql = match files.split_last() {
        None => "the modules that read and write".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    };
    match (finding.code, &finding.frame, &finding.column) {
        ("AP1", Some(frame), _) => {
            format!("the rewritten job computes its outputs without reading `{frame}`")
        }
        ("AP4", Some(frame), Some(column)) => {
            if sources().any(|source| source.result == *frame) {
                format!("the rewritten job reads `{frame}` without `{column}`")
            } else {
                format!("the rewritten job does not read `{frame}` at all")
            }
        }
        ("AP2", _, _) => {
            let read: Vec<String> = sources()
                .filter_map(|source| match &source.origin {
                    SourceOrigin::Curated { job, table, .. } => {
                        Some(format!("`{table}`, which job `{job}` writes"))
                    }
                    SourceOrigin::Lake { .. } => None,
                })
                .collect();
            if read.is_empty() {
                format!("{sql} computes it once")
            } else {
                format!("the rewritten job reads {}", read.join(", and "))
            }
        }
        ("AP12", _, _) => {
            "the rewritten job names the job whose table it reads, and runs behind it".to_owned()
        }
        ("AP3", _, _) => format!("{sql} does what the External did, without Python"),
        ("AP6", _, _) => {
            format!("{sql} treats all rows at once where the loop visited them one by one")
        }
        ("AP8", _, _) => format!("{sql} does without it"),
        ("AP10", Some(frame), _) => format!("the rewritten job reads one date of `{frame}`"),
        (_, Some(frame), _) => format!("no step of the rewritten job computes `{frame}`"),
        (_, None, _) => format!("it has no counterpart in {sql}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use relift_job::{RewrittenSource, RewrittenTransformation, TableName};

    use super::*;

    fn finding(code: &'static str, frame: Option<&str>, column: Option<&str>) -> Finding {
        Finding {
            code,
            title: "",
            message: String::new(),
            span: None,
            module: None,
            construct: String::new(),
            frame: frame.map(Into::into),
            column: column.map(Into::into),
        }
    }

    #[test]
    fn what_replaced_a_finding_is_named() {
        let source = RewrittenSource {
            result: "orders".into(),
            origin: SourceOrigin::Lake {
                table: TableName::new("market", "orders"),
                dates: DateMode::Exact,
            },
            columns: vec!["order_id".into()],
            row_number: None,
            types: BTreeMap::new(),
        };
        let step = RewrittenTransformation {
            result: "totals".into(),
            sql_file: BTreeMap::from([("datafusion".to_owned(), "totals.sql".to_owned())]),
            columns: Vec::new(),
        };
        let job = RewrittenJob {
            name: "late".into(),
            modules: vec![
                RewrittenModule::DataSourcing(source),
                RewrittenModule::Transformation(step),
            ],
        };
        for (found, expected) in [
            (
                finding("AP1", Some("tickets"), None),
                "the rewritten job computes its outputs without reading `tickets`",
            ),
            (
                finding("AP4", Some("orders"), Some("currency")),
                "the rewritten job reads `orders` without `currency`",
            ),
            (
                finding("AP4", Some("tickets"), Some("topic")),
                "the rewritten job does not read `tickets` at all",
            ),
            (
                finding("AP6", None, None),
                "`totals.sql` treats all rows at once where the loop visited them one by one",
            ),
        ] {
            assert_eq!(replacement(&found, &job), expected);
        }
    }
}
