//! What the writers of a job demand.

use relift_job::{FileTarget, LineEnding, ModuleKind, WriteMode};

use crate::Kind;
use crate::sentences::Demand;
use crate::words::humanised;

/// The demands of a writer; none when the module is no writer.
pub(crate) fn output_demands(module: &ModuleKind) -> Vec<Demand> {
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
                    "The job shall write {source} to the CSV file {file} of the effective date, with {header} and lines ending in {ending}."
                ),
            )];
            if let Some(trailer) = &writer.trailer {
                demands.push(demand(
                    Kind::Trailer,
                    format!("trailer {file}"),
                    format!(
                        "The job shall end {file} with the line \"{trailer}\", row_count being the number of rows written."
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
                format!("If there are no rows, then the job shall write {file} {rest}."),
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
                    "The job shall write {source} to the Parquet folder {file} of the effective date in {} parts, earlier parts taking the extra rows.",
                    writer.parts
                ),
            )];
            demands.extend(appended(writer.mode, &file));
            demands.push(demand(
                Kind::EmptyInput,
                format!("no rows {file}"),
                format!("If there are no rows, then the job shall leave the folder {file} empty."),
            ));
            demands
        }
        ModuleKind::DataSourcing(_) | ModuleKind::Transformation(_) | ModuleKind::External(_) => {
            Vec::new()
        }
    }
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
