//! What the writers of a job demand.

use relift_job::{FileTarget, LineEnding, ModuleKind, WriteMode};

use crate::Kind;
use crate::sentences::Demand;
use crate::words::{humanised, listed};

/// The demands of a writer of these columns; none when the module is no writer.
pub(crate) fn output_demands(module: &ModuleKind, columns: &[&str]) -> Vec<Demand> {
    match module {
        ModuleKind::DataFrameWriter(writer) => {
            let table = &writer.table;
            let source = humanised(writer.source.as_str());
            let how = match writer.mode {
                WriteMode::Overwrite => "replacing its rows",
                WriteMode::Append => "adding to its rows",
            };
            let mut demands = vec![demand(
                Kind::Output,
                format!("table {table}"),
                format!("The job shall write {source} to table {table}, {how}."),
            )];
            demands.push(columns_demand(&format!("table {table}"), table, columns));
            if writer.mode == WriteMode::Append {
                demands.push(demand(
                    Kind::Append,
                    format!("append {table}"),
                    format!(
                        "When a date is run again, the job shall replace what it added to {table} for that date."
                    ),
                ));
            }
            demands
        }
        ModuleKind::CsvFileWriter(writer) => {
            let file = file_name(&writer.target);
            let source = humanised(writer.source.as_str());
            let header = if writer.include_header {
                "a header line"
            } else {
                "no header line"
            };
            let ending = match writer.line_ending {
                LineEnding::Lf => "LF",
                LineEnding::CrLf => "CR LF",
            };
            let mut demands = vec![demand(
                Kind::Output,
                format!("file {file}"),
                format!(
                    "The job shall write {source} of the effective date to the CSV file {file}, with {header} and lines ending in {ending}."
                ),
            )];
            demands.push(columns_demand(&file, &file, columns));
            if let Some(trailer) = &writer.trailer {
                demands.push(demand(
                    Kind::Trailer,
                    format!("trailer {file}"),
                    format!(
                        "The job shall end {file} with the line \"{trailer}\"{}.",
                        tokens_in_words(trailer)
                    ),
                ));
            }
            demands.extend(appended(writer.mode, &file));
            let rest = match (writer.include_header, writer.trailer.is_some()) {
                (true, true) => "with header and trailer only",
                (true, false) => "with the header only",
                (false, true) => "with the trailer only",
                (false, false) => "empty",
            };
            demands.push(demand(
                Kind::EmptyInput,
                format!("no rows {file}"),
                format!(
                    "If there are no rows of {source}, then the job shall write {file} {rest}."
                ),
            ));
            demands
        }
        ModuleKind::ParquetFileWriter(writer) => {
            let file = file_name(&writer.target);
            let source = humanised(writer.source.as_str());
            let mut demands = vec![demand(
                Kind::Output,
                format!("file {file}"),
                format!(
                    "The job shall write {source} of the effective date to the Parquet folder {file}, in {}.",
                    match writer.parts {
                        1 => "one part".to_owned(),
                        parts => format!(
                            "{parts} parts whose sizes differ by at most one row, larger ones first"
                        ),
                    }
                ),
            )];
            demands.push(columns_demand(&file, &file, columns));
            demands.extend(appended(writer.mode, &file));
            demands.push(demand(
                Kind::EmptyInput,
                format!("no rows {file}"),
                format!("If there are no rows of {source}, then the job shall leave the folder {file} empty."),
            ));
            demands
        }
        ModuleKind::DataSourcing(_) | ModuleKind::Transformation(_) | ModuleKind::External(_) => {
            Vec::new()
        }
    }
}

/// What the tokens of a trailer stand for.
fn tokens_in_words(trailer: &str) -> String {
    let meanings = [
        ("{row_count}", "the number of rows written"),
        ("{date}", "the effective date"),
        ("{timestamp}", "the processing time"),
    ];
    let used: Vec<String> = meanings
        .into_iter()
        .filter(|(token, _)| trailer.contains(token))
        .map(|(token, meaning)| format!("{token} is {meaning}"))
        .collect();
    if used.is_empty() {
        String::new()
    } else {
        format!(", in which {}", listed(&used))
    }
}

fn columns_demand(slug: &str, target: &str, columns: &[&str]) -> Demand {
    let names: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
    let sentence = match &names[..] {
        [only] => format!("The job shall write one column, {only}, to {target}."),
        _ => format!(
            "The job shall write the columns {}, in this order, to {target}.",
            listed(&names)
        ),
    };
    demand(Kind::Output, format!("columns {slug}"), sentence)
}

fn demand(kind: Kind, slug: String, sentence: String) -> Demand {
    Demand {
        kind,
        slug,
        sentence,
        spans: Vec::new(),
    }
}

fn file_name(target: &FileTarget) -> String {
    format!("{}/{}", target.table_dir, target.file_name)
}

fn appended(mode: WriteMode, file: &str) -> Option<Demand> {
    (mode == WriteMode::Append).then(|| {
        demand(
            Kind::Append,
            format!("append {file}"),
            format!(
                "Where {file} has been written for an earlier date, the job shall put the rows of the latest such date before those of the effective date."
            ),
        )
    })
}
