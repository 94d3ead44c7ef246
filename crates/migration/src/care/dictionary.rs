//! The data dictionary: every table and column with what is declared, measured and derived of it.

use std::collections::{BTreeMap, BTreeSet};

use relift_diagnostics::Diagnostic;
use relift_job::{ColumnName, DateRange, Job, ModuleKind, TableName};
use relift_platform::care::ColumnProfile;
use serde::Serialize;

use super::{declared, derivation, named_tables};
use crate::{Migration, MigrationError};

/// Everything known of the data.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Dictionary {
    pub(super) schema_version: u32,
    /// First and last date looked at.
    pub(super) first: String,
    pub(super) last: String,
    pub(super) tables: Vec<DescribedTable>,
    pub(super) outputs: Vec<DescribedOutput>,
}

/// A lake table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DescribedTable {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) rows: u64,
    pub(super) dates: Option<usize>,
    pub(super) problem: Option<String>,
    pub(super) columns: Vec<DescribedColumn>,
    /// Jobs that read it.
    pub(super) read_by: Vec<String>,
}

/// A column of a lake table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DescribedColumn {
    pub(super) profile: ColumnProfile,
    pub(super) description: Option<String>,
    /// Jobs that source it.
    pub(super) read_by: Vec<String>,
    /// Output columns computed from it: `output.column`.
    pub(super) feeds: Vec<String>,
}

/// Something a job writes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DescribedOutput {
    pub(super) job: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) columns: Vec<DerivedColumn>,
    /// Why its columns are not known.
    pub(super) problem: Option<String>,
}

/// A column of an output.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DerivedColumn {
    pub(super) name: String,
    pub(super) data_type: String,
    pub(super) description: Option<String>,
    /// Lake columns its value comes from: `schema.table.column`.
    pub(super) sources: Vec<String>,
}

/// Describes all tables over some dates.
pub(super) fn dictionary(
    migration: &Migration<'_>,
    dates: DateRange,
) -> Result<Dictionary, MigrationError> {
    let bench = &migration.bench;
    let project = &bench.project;
    let descriptions = declared::descriptions(project)?;
    let names = named_tables(&project.lake, &[])?;
    let patterns: Vec<String> = names.iter().map(ToString::to_string).collect();
    let profiles = migration.profile_tables(&patterns, dates)?;

    let mut outputs = Vec::new();
    let mut feeds: BTreeMap<(TableName, ColumnName), BTreeSet<String>> = BTreeMap::new();
    let mut readers: BTreeMap<TableName, BTreeSet<String>> = BTreeMap::new();
    let mut column_readers: BTreeMap<(TableName, ColumnName), BTreeSet<String>> = BTreeMap::new();
    bench.progress.begin("lineage", project.jobs.len() as u64);
    for (name, job) in &project.jobs {
        for module in &job.modules {
            if let ModuleKind::DataSourcing(source) = &module.kind {
                let reader = name.to_string();
                readers
                    .entry(source.table.clone())
                    .or_default()
                    .insert(reader.clone());
                for column in &source.columns {
                    column_readers
                        .entry((source.table.clone(), column.clone()))
                        .or_default()
                        .insert(reader.clone());
                }
            }
        }
        outputs.extend(outputs_of(migration, job, &descriptions, &mut feeds)?);
        bench.progress.step("lineage", name.as_str());
    }
    bench.progress.end("lineage");

    let mut problems = Vec::new();
    for (table, described) in &descriptions.tables {
        let columns: Option<Vec<&str>> = profiles
            .iter()
            .find(|profile| profile.table == *table)
            .map(|profile| {
                profile
                    .columns
                    .iter()
                    .map(|column| column.name.as_str())
                    .collect()
            })
            .or_else(|| {
                outputs
                    .iter()
                    .find(|output| output.name == *table)
                    .map(|output| {
                        output
                            .columns
                            .iter()
                            .map(|column| column.name.as_str())
                            .collect()
                    })
            });
        let Some(columns) = columns else {
            let known = patterns
                .iter()
                .map(String::as_str)
                .chain(outputs.iter().map(|output| output.name.as_str()));
            problems.push(
                Diagnostic::error(format!("there is no table or output \"{table}\""))
                    .at(described.span.clone())
                    .hint(relift_job::nearest_hint(table, known)),
            );
            continue;
        };
        for (column, (_, span)) in &described.columns {
            if !columns.is_empty() && !columns.contains(&column.as_str()) {
                problems.push(
                    Diagnostic::error(format!("{table} has no column \"{column}\""))
                        .at(span.clone())
                        .hint(relift_job::nearest_hint(column, columns.iter().copied())),
                );
            }
        }
    }
    if !problems.is_empty() {
        return Err(MigrationError::Configuration(problems));
    }

    let listed = |set: Option<&BTreeSet<String>>| -> Vec<String> {
        set.into_iter().flatten().cloned().collect()
    };
    let tables = names
        .iter()
        .zip(profiles)
        .map(|(name, profile)| {
            let described = descriptions.tables.get(&profile.table);
            let columns = profile
                .columns
                .into_iter()
                .map(|column| {
                    let key = (name.clone(), ColumnName::from(column.name.as_str()));
                    DescribedColumn {
                        description: described
                            .and_then(|table| table.columns.get(&column.name))
                            .map(|(text, _)| text.clone()),
                        read_by: listed(column_readers.get(&key)),
                        feeds: listed(feeds.get(&key)),
                        profile: column,
                    }
                })
                .collect();
            DescribedTable {
                description: described.and_then(|table| table.description.clone()),
                owner: described.and_then(|table| table.owner.clone()),
                rows: profile.rows,
                dates: profile.dates,
                problem: profile.problem,
                columns,
                read_by: listed(readers.get(name)),
                name: profile.table,
            }
        })
        .collect();
    Ok(Dictionary {
        schema_version: 1,
        first: dates.first.to_string(),
        last: dates.last.to_string(),
        tables,
        outputs,
    })
}

fn outputs_of(
    migration: &Migration<'_>,
    job: &Job,
    descriptions: &relift_job::Descriptions,
    feeds: &mut BTreeMap<(TableName, ColumnName), BTreeSet<String>>,
) -> Result<Vec<DescribedOutput>, MigrationError> {
    let bench = &migration.bench;
    let analysis = bench.analysis(&job.name)?;
    let mut outputs = Vec::new();
    for (index, module) in job.modules.iter().enumerate() {
        let name = match &module.kind {
            ModuleKind::DataFrameWriter(writer) => {
                let curated = &bench.project.workspace.curated_schema;
                let schema = writer.schema.as_ref().unwrap_or(curated);
                format!("{schema}.{}", writer.table)
            }
            ModuleKind::CsvFileWriter(writer) => file_name(&writer.target),
            ModuleKind::ParquetFileWriter(writer) => file_name(&writer.target),
            _ => continue,
        };
        let described = descriptions.tables.get(&name);
        let sink = analysis.flow.sinks.iter().find(|sink| sink.module == index);
        let mut columns = Vec::new();
        if let Some(sink) = sink {
            let schema = &analysis.flow.node(sink.input).schema;
            for column in schema.columns() {
                let sources = derivation::sources(&analysis.flow, sink.input, &column.name);
                for source in &sources {
                    feeds
                        .entry(source.clone())
                        .or_default()
                        .insert(format!("{name}.{}", column.name));
                }
                columns.push(DerivedColumn {
                    name: column.name.to_string(),
                    data_type: column.ty.to_string(),
                    description: described
                        .and_then(|table| table.columns.get(column.name.as_str()))
                        .map(|(text, _)| text.clone()),
                    sources: sources
                        .into_iter()
                        .map(|(table, column)| format!("{table}.{column}"))
                        .collect(),
                });
            }
        }
        let problem = sink.is_none().then(|| {
            let rejected = analysis.rejected.first().map(ToString::to_string);
            let refused = analysis
                .lifted
                .as_ref()
                .err()
                .and_then(|refusals| refusals.first())
                .map(|(_, refusal)| refusal.to_string());
            rejected
                .or(refused)
                .unwrap_or_else(|| "the code that makes it is not understood".to_owned())
        });
        outputs.push(DescribedOutput {
            job: job.name.to_string(),
            description: described.and_then(|table| table.description.clone()),
            name,
            columns,
            problem,
        });
    }
    Ok(outputs)
}

fn file_name(target: &relift_job::FileTarget) -> String {
    format!(
        "{}/{}/{}",
        target.job_dir, target.table_dir, target.file_name
    )
}
