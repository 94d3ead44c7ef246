//! Printed queries, run on the lake for one effective date.

use std::collections::BTreeMap;

use relift_dataflow::{Dataflow, Op};
use relift_engine::{OutputRead, QueryResult, Session};
use relift_job::{ColumnName, DateMode, EffectiveDate, Job, ModuleKind, TableName};
use relift_platform::set_based::register_parameters;
use relift_requirements::EvidenceSource;
use relift_sql::datafusion::PrintedQuery;

use crate::MigrationError;
use crate::bench::Bench;
use crate::runs::nominal_processing_time;

/// A lake table under the name a query uses.
pub(crate) struct QuerySource {
    name: String,
    table: TableName,
    dates: DateMode,
    columns: Vec<ColumnName>,
    row_number: Option<String>,
}

/// Sources of a query printed from a dataflow.
pub(crate) fn sources_of(flow: &Dataflow, printed: &PrintedQuery) -> Vec<QuerySource> {
    printed
        .sources
        .iter()
        .filter_map(|source| match &flow.node(source.scan).op {
            Op::Scan { table, dates, .. } => Some(QuerySource {
                name: source.name.clone(),
                table: table.clone(),
                dates: dates.clone(),
                columns: source.columns.clone(),
                row_number: source.row_number.as_ref().map(ToString::to_string),
            }),
            _ => None,
        })
        .collect()
}

/// Sources of a query cited as evidence.
pub(crate) fn cited_sources(
    job: &Job,
    sources: &[EvidenceSource],
) -> Result<Vec<QuerySource>, MigrationError> {
    sources
        .iter()
        .map(
            |source| match job.modules.get(source.module).map(|module| &module.kind) {
                Some(ModuleKind::DataSourcing(sourcing)) => Ok(QuerySource {
                    name: source.name.clone(),
                    table: sourcing.table.clone(),
                    dates: sourcing.dates.clone(),
                    columns: source
                        .columns
                        .iter()
                        .map(|name| name.as_str().into())
                        .collect(),
                    row_number: source.row_number.clone(),
                }),
                _ => Err(MigrationError::Record(format!(
                    "modules[{}] of {} reads no table, but evidence cites it",
                    source.module, job.name
                ))),
            },
        )
        .collect()
}

/// Runs `sql` over its sources, at `versions` where given, else at the latest.
pub(crate) fn run(
    bench: &Bench<'_>,
    sources: &[QuerySource],
    sql: &str,
    date: EffectiveDate,
    versions: &BTreeMap<TableName, u64>,
) -> Result<QueryResult, MigrationError> {
    let lake = &bench.project.lake;
    Ok(bench.wait(async {
        let session = Session::new();
        for source in sources {
            let version = match versions.get(&source.table) {
                Some(version) => *version,
                None if bench.project.edges.is_written(&source.table) => {
                    bench.zone.latest_version(&source.table)?
                }
                None => lake.latest_version(&source.table)?,
            };
            if bench.project.edges.is_written(&source.table) {
                let read = OutputRead {
                    columns: &source.columns,
                    dates: &source.dates,
                    today: date,
                };
                let rows = bench
                    .zone
                    .read_output(&source.table, version, &read)
                    .await?;
                session.register_rows(&source.name, rows, source.row_number.as_deref())?;
                continue;
            }
            let dates = lake
                .resolve_dates(&source.table, version, &source.dates, date)
                .await?;
            let scan = lake
                .scan(&source.table, version, &dates, &source.columns)
                .await?;
            session.register_scan(&source.name, scan, source.row_number.as_deref())?;
        }
        register_parameters(&session, date, nominal_processing_time(date))?;
        session.query(sql).await
    })?)
}

impl QuerySource {
    /// Its name in the query and its table.
    pub(crate) fn names(&self) -> (&str, &TableName) {
        (&self.name, &self.table)
    }
}
