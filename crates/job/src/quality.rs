//! Declared checks of data: `quality.toml`.
//!
//! ```toml
//! [[check]]
//! table = "market.orders"      # or job = "late_orders", whose output is checked before it is committed
//! check = "not_null"           # unique, references, range, accepted_values, row_count_deviation, freshness
//! columns = ["order_id"]
//! severity = "abort"           # or "warn", which is the default
//! ```
//!
//! Further keys by check: `to = "market.customers"` and `to_columns` for `references`, `min` and `max` for
//! `range`, `values` for `accepted_values`, `percent` for `row_count_deviation`, `days` for `freshness`,
//! and `output` for a job that writes several.

use std::fmt;

use relift_diagnostics::{Diagnostic, SourceFile, Span};

use crate::document::{Fields, Node, Reader, parse_toml};
use crate::{ColumnName, JobName, TableName};

/// What is checked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QualityTarget {
    /// A table of the lake, date by date.
    Table(TableName),
    /// What a job writes.
    Job {
        /// The job.
        job: JobName,
        /// The table or folder of files it writes; any when it writes only one.
        output: Option<String>,
    },
}

impl fmt::Display for QualityTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(table) => fmt::Display::fmt(table, f),
            Self::Job { job, output: None } => write!(f, "job {job}"),
            Self::Job {
                job,
                output: Some(output),
            } => write!(f, "{output} of job {job}"),
        }
    }
}

/// What happens when a check fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QualitySeverity {
    /// It is recorded.
    Warn,
    /// It is recorded, the command fails, and a job's run fails.
    Abort,
}

/// What must hold.
#[derive(Clone, Debug, PartialEq)]
pub enum QualityRule {
    /// No NULL in the columns.
    NotNull,
    /// No two rows of a date agree in the columns.
    Unique,
    /// The values are found in another table up to the date.
    References {
        /// The other table.
        table: TableName,
        /// Its columns.
        columns: Vec<ColumnName>,
    },
    /// Values lie between bounds, both included.
    Range {
        /// Least value, as written.
        min: Option<String>,
        /// Greatest value, as written.
        max: Option<String>,
    },
    /// Values are some of these.
    AcceptedValues {
        /// As written.
        values: Vec<String>,
    },
    /// The number of rows is near the usual one.
    RowCountDeviation {
        /// How far it may be away.
        percent: f64,
    },
    /// There is a partition that is not too old.
    Freshness {
        /// Days it may be old.
        days: u32,
    },
}

impl QualityRule {
    /// The word in the file.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotNull => "not_null",
            Self::Unique => "unique",
            Self::References { .. } => "references",
            Self::Range { .. } => "range",
            Self::AcceptedValues { .. } => "accepted_values",
            Self::RowCountDeviation { .. } => "row_count_deviation",
            Self::Freshness { .. } => "freshness",
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq)]
pub struct QualityCheck {
    /// What is checked.
    pub target: QualityTarget,
    /// Columns; none for checks of whole partitions.
    pub columns: Vec<ColumnName>,
    /// What must hold.
    pub rule: QualityRule,
    /// What happens otherwise.
    pub severity: QualitySeverity,
    /// Where it is declared.
    pub span: Span,
}

/// All declared checks, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QualityChecks {
    /// Checks.
    pub checks: Vec<QualityCheck>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    NotNull,
    Unique,
    References,
    Range,
    AcceptedValues,
    RowCountDeviation,
    Freshness,
}

const WORDS: [(&str, Word); 7] = [
    ("not_null", Word::NotNull),
    ("unique", Word::Unique),
    ("references", Word::References),
    ("range", Word::Range),
    ("accepted_values", Word::AcceptedValues),
    ("row_count_deviation", Word::RowCountDeviation),
    ("freshness", Word::Freshness),
];
const SEVERITIES: [(&str, QualitySeverity); 2] = [
    ("warn", QualitySeverity::Warn),
    ("abort", QualitySeverity::Abort),
];

impl QualityChecks {
    /// Parses the file; whether tables, columns and jobs exist is for the caller to check.
    pub fn parse(source: &SourceFile) -> Result<Self, Vec<Diagnostic>> {
        let document = parse_toml(source)?;
        let mut reader = Reader::new(source);
        let checks = read_checks(&mut reader, &document);
        reader.finish(checks)
    }
}

fn read_checks(reader: &mut Reader<'_>, document: &Node) -> Option<QualityChecks> {
    let root = reader.object(document, "", &["check"])?;
    let Some(node) = root.get("check") else {
        return Some(QualityChecks::default());
    };
    let items = reader.list(node, "check")?;
    let mut checks = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        if let Some(check) = read_check(reader, item, &format!("check[{at}]")) {
            checks.push(check);
        }
    }
    Some(QualityChecks { checks })
}

fn read_check(reader: &mut Reader<'_>, item: &Node, path: &str) -> Option<QualityCheck> {
    let fields = reader.any_object(item, path)?;
    let word = reader.required_choice(&fields, "check", &WORDS)?;
    let own: &[&str] = match word {
        Word::NotNull | Word::Unique => &["columns"],
        Word::References => &["columns", "to", "to_columns"],
        Word::Range => &["columns", "min", "max"],
        Word::AcceptedValues => &["columns", "values"],
        Word::RowCountDeviation => &["percent"],
        Word::Freshness => &["days"],
    };
    let known: Vec<&str> = ["table", "job", "output", "check", "severity"]
        .iter()
        .chain(own)
        .copied()
        .collect();
    reader.check_keys(&fields, &known);
    let target = read_target(reader, item, &fields, word)?;
    let severity = reader
        .choice(&fields, "severity", &SEVERITIES)
        .unwrap_or(QualitySeverity::Warn);
    let columns = if own.contains(&"columns") {
        read_columns(reader, &fields, "columns")?
    } else {
        Vec::new()
    };
    let rule = match word {
        Word::NotNull => QualityRule::NotNull,
        Word::Unique => QualityRule::Unique,
        Word::References => {
            let table = read_table(reader, &fields, "to")?;
            let to = match fields.get("to_columns") {
                Some(_) => read_columns(reader, &fields, "to_columns")?,
                None => columns.clone(),
            };
            if to.len() != columns.len() {
                let node = fields.get("to_columns").unwrap_or(item);
                let message = format!("{} columns refer to {}", columns.len(), to.len());
                reader.report(&node.range, &fields.path_of("to_columns"), message);
                return None;
            }
            QualityRule::References { table, columns: to }
        }
        Word::Range => {
            let bound = |reader: &mut Reader<'_>, key: &str| {
                let node = fields.get(key)?;
                reader.scalar(node, &fields.path_of(key))
            };
            let (min, max) = (bound(reader, "min"), bound(reader, "max"));
            if fields.get("min").is_none() && fields.get("max").is_none() {
                reader.report(&item.range, path, "a range needs \"min\", \"max\" or both");
                return None;
            }
            QualityRule::Range { min, max }
        }
        Word::AcceptedValues => {
            let node = reader.required(&fields, "values")?;
            let values_path = fields.path_of("values");
            let items = reader.list(node, &values_path)?;
            let mut values = Vec::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                values.push(reader.scalar(item, &format!("{values_path}[{at}]"))?);
            }
            QualityRule::AcceptedValues { values }
        }
        Word::RowCountDeviation => {
            let percent = match fields.get("percent") {
                None => 20.0,
                Some(node) => {
                    let path = fields.path_of("percent");
                    let text = reader.scalar(node, &path)?;
                    match text.parse::<f64>() {
                        Ok(percent) if percent.is_finite() && percent >= 0.0 => percent,
                        _ => {
                            reader.report(&node.range, &path, "expected a percentage such as 20");
                            return None;
                        }
                    }
                }
            };
            QualityRule::RowCountDeviation { percent }
        }
        Word::Freshness => {
            reader.required(&fields, "days")?;
            QualityRule::Freshness {
                days: reader.optional_count(&fields, "days", 0)?,
            }
        }
    };
    if columns.len() > 1 && matches!(word, Word::Range | Word::AcceptedValues) {
        let message = "this check is about one column; write one check per column";
        reader.report(&item.range, &fields.path_of("columns"), message);
        return None;
    }
    let line = item.range.start..(item.range.start + 1).min(item.range.end);
    Some(QualityCheck {
        target,
        columns,
        rule,
        severity,
        span: reader.span(&line),
    })
}

fn read_target(
    reader: &mut Reader<'_>,
    item: &Node,
    fields: &Fields<'_>,
    word: Word,
) -> Option<QualityTarget> {
    match (fields.get("table"), fields.get("job")) {
        (Some(_), None) => {
            if let Some(node) = fields.get("output") {
                reader.report(
                    &node.range,
                    &fields.path_of("output"),
                    "only a check of a job has an \"output\"",
                );
            }
            Some(QualityTarget::Table(read_table(reader, fields, "table")?))
        }
        (None, Some(node)) => {
            if matches!(word, Word::RowCountDeviation | Word::Freshness) {
                reader.report_with_hint(
                    &node.range,
                    &fields.path_of("job"),
                    "this check compares partitions, and a run has one output",
                    "declare it for a table",
                );
                return None;
            }
            Some(QualityTarget::Job {
                job: reader.name(fields, "job")?.into(),
                output: reader.optional_text(fields, "output"),
            })
        }
        _ => {
            let line = item.range.start..(item.range.start + 1).min(item.range.end);
            reader.report_with_hint(
                &line,
                fields.path(),
                "a check is of a table or of a job",
                "write table = \"schema.table\" or job = \"name\", one of them",
            );
            None
        }
    }
}

fn read_table(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &str) -> Option<TableName> {
    let text = reader.name(fields, key)?;
    match text.split_once('.') {
        Some((schema, table)) if !schema.is_empty() && !table.is_empty() => {
            Some(TableName::new(schema, table))
        }
        _ => {
            let node = fields.get(key)?;
            let message = format!("\"{text}\" is not a table written schema.table");
            reader.report(&node.range, &fields.path_of(key), message);
            None
        }
    }
}

fn read_columns(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    key: &str,
) -> Option<Vec<ColumnName>> {
    let node = reader.required(fields, key)?;
    let path = fields.path_of(key);
    let texts = reader.texts(node, &path)?;
    if texts.is_empty() {
        reader.report(&node.range, &path, "must name at least one column");
        return None;
    }
    Some(texts.into_iter().map(|(text, _)| text.into()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<QualityChecks, Vec<Diagnostic>> {
        QualityChecks::parse(&SourceFile::new("quality.toml", text))
    }

    fn problem(text: &str) -> String {
        let problems = parsed(text).expect_err("a problem");
        problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn checks_are_read() {
        let text = "[[check]]\ntable = \"s.t\"\ncheck = \"range\"\ncolumns = [\"price\"]\nmin = 0\nmax = 9_999.50\n\
                    [[check]]\njob = \"late\"\ncheck = \"references\"\ncolumns = [\"a\"]\nto = \"s.u\"\n\
                    to_columns = [\"b\"]\nseverity = \"abort\"\n\
                    [[check]]\ntable = \"s.t\"\ncheck = \"row_count_deviation\"\n";
        let checks = parsed(text).expect("sound").checks;
        assert_eq!(
            checks[0].rule,
            QualityRule::Range {
                min: Some("0".to_owned()),
                max: Some("9999.50".to_owned())
            }
        );
        assert_eq!(checks[0].severity, QualitySeverity::Warn);
        assert_eq!(checks[1].target.to_string(), "job late");
        assert_eq!(checks[1].severity, QualitySeverity::Abort);
        assert_eq!(
            checks[2].rule,
            QualityRule::RowCountDeviation { percent: 20.0 }
        );
    }

    #[test]
    fn mistakes_name_place_and_nearest_word() {
        let text = "[[check]]\ntable = \"s.t\"\ncheck = \"not_nul\"\ncolumns = [\"a\"]\n";
        let told = problem(text);
        assert!(told.contains("quality.toml:3"), "{told}");
        assert!(told.contains("did you mean \"not_null\""), "{told}");
        let text = "[[check]]\ntable = \"t\"\ncheck = \"unique\"\ncolumns = [\"a\"]\ncolums = []\n";
        let told = problem(text);
        assert!(told.contains("did you mean \"columns\""), "{told}");
        assert!(told.contains("schema.table"), "{told}");
        assert!(
            problem("[[check]]\ncheck = \"unique\"\ncolumns = [\"a\"]\n")
                .contains("of a table or of a job")
        );
        assert!(
            problem("[[check]]\njob = \"j\"\ncheck = \"freshness\"\ndays = 3\n")
                .contains("one output")
        );
    }
}
