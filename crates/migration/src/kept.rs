//! What a job that is kept legacy writes, as a rewritten job that reads it must know it.
//!
//! The columns of a lifted job follow from its dataflow. Those of a legacy job are only known from what its
//! runs left, so every date is looked at: types that change between dates, or NaN beside NULL, are no
//! ground to build on.

use std::collections::BTreeMap;

use relift_engine::OutputRead;
use relift_job::{
    ColumnFacts, ColumnName, DataSourcing, Edge, LakeType, ModuleKind, Nulls, Side, TableFacts,
    TableName,
};
use relift_platform::control::RunStatus;

use crate::MigrationError;
use crate::analysis::UpstreamFacts;
use crate::bench::Bench;
use crate::runs::{make_upstream, needed_run, written};

/// What is known so far of one column.
struct Seen {
    lake_type: LakeType,
    dates_with_rows: usize,
    dates_with_nulls: usize,
}

/// Columns of a table as the legacy runs of the job that writes it left them. Runs that are missing are made
/// first when `make` says so.
pub(crate) fn facts(
    bench: &Bench<'_>,
    edge: &Edge,
    table: &TableName,
    make: bool,
) -> Result<UpstreamFacts, MigrationError> {
    let kept = |why: String| Ok(UpstreamFacts::Kept(edge.needs.clone(), Some(why)));
    if make && let Err(error) = make_upstream(bench, &edge.job) {
        return kept(format!("its legacy runs cannot be made: {}", error.whole()));
    }
    let Some(job) = bench.project.jobs.get(&edge.job) else {
        return Ok(UpstreamFacts::Kept(edge.needs.clone(), None));
    };
    let sources: Vec<&DataSourcing> = job
        .modules
        .iter()
        .filter_map(|module| match &module.kind {
            ModuleKind::DataSourcing(source) if source.table == *table => Some(source),
            _ => None,
        })
        .collect();
    let mut seen: BTreeMap<ColumnName, Seen> = BTreeMap::new();
    let mut dates = 0;
    for date in bench.project.workspace.dates.iter() {
        // Where it left nothing, the reader does not run either.
        let run = needed_run(bench, &edge.needs, Side::Legacy, edge.when, date)?;
        let Some(run) = run.filter(|run| run.status == RunStatus::Succeeded) else {
            continue;
        };
        let Ok(found) = written(table, &run) else {
            continue;
        };
        dates += 1;
        for source in &sources {
            let names = bench.wait(bench.zone.output_names(table, found.version))?;
            let there = source.columns.iter().filter(|name| names.contains(name));
            let columns: Vec<ColumnName> = there.cloned().collect();
            let read = OutputRead {
                columns: &columns,
                dates: &source.dates,
                today: date,
            };
            let columns = bench.wait(bench.zone.output_columns(table, found.version, &read))?;
            for column in columns {
                let name = &column.name;
                let Some(lake_type) = column.lake_type else {
                    return kept(format!("its column \"{name}\" has a type no job can read"));
                };
                if column.nans > 0 {
                    return kept(format!("its column \"{name}\" holds NaN on {date}"));
                }
                let own = seen.entry(name.clone()).or_insert(Seen {
                    lake_type,
                    dates_with_rows: 0,
                    dates_with_nulls: 0,
                });
                if own.lake_type != lake_type {
                    return kept(format!(
                        "the type of its column \"{name}\" changes between dates, first on {date}"
                    ));
                }
                own.dates_with_rows += usize::from(column.rows > 0);
                own.dates_with_nulls += usize::from(column.nulls > 0);
            }
        }
    }
    if dates == 0 {
        return kept("it has left no output yet".to_owned());
    }
    let columns = seen.into_iter().map(|(name, seen)| ColumnFacts {
        name,
        lake_type: seen.lake_type,
        nulls: match seen.dates_with_nulls {
            0 => Nulls::Never,
            dates if dates == seen.dates_with_rows => Nulls::Always,
            _ => Nulls::Sometimes,
        },
    });
    let facts = TableFacts {
        columns: columns.collect(),
        version: 0,
    };
    Ok(UpstreamFacts::Known(Side::Legacy, facts))
}
