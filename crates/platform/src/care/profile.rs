//! Profiles of tables: one pass over a table, every column at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use relift_engine::{Lake, Scan};
use relift_job::{ColumnName, DateRange, EffectiveDate, TableName};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::audit::ended;
use super::column::ColumnGatherer;
use super::{CareError, CareProgress, ColumnProfile};

/// What to profile.
pub struct ProfileRequest<'a> {
    /// The lake, or an output zone.
    pub lake: &'a Lake,
    /// Tables.
    pub tables: &'a [TableName],
    /// Dates of tables that are partitioned by date; of others everything is read.
    pub range: DateRange,
    /// Tables read side by side.
    pub workers: usize,
}

/// One table.
#[derive(Clone, Debug, Serialize)]
pub struct TableProfile {
    /// Its name.
    pub table: String,
    /// The version read.
    pub version: u64,
    /// Dates read; none when it is not partitioned by date.
    pub dates: Option<usize>,
    /// Rows read.
    pub rows: u64,
    /// Its columns.
    pub columns: Vec<ColumnProfile>,
    /// Why it could not be read; its columns are those read until then.
    pub problem: Option<String>,
}

/// Profiles tables, in the order they are given.
pub async fn profile(
    request: &ProfileRequest<'_>,
    progress: &(dyn Fn(&CareProgress) + Sync),
) -> Result<Vec<TableProfile>, CareError> {
    let permits = Arc::new(Semaphore::new(request.workers.max(1)));
    let mut tasks = JoinSet::new();
    for (at, table) in request.tables.iter().enumerate() {
        let (scan, dates) = scan_of(request, table).await?;
        let (name, permits) = (table.clone(), Arc::clone(&permits));
        tasks.spawn(async move {
            let _permit = permits.acquire_owned().await;
            let table = name.clone();
            let read = tokio::task::spawn_blocking(move || read(&table, &scan, dates));
            (at, name, read.await)
        });
    }
    let mut profiles: Vec<Option<TableProfile>> = request.tables.iter().map(|_| None).collect();
    let mut done = 0;
    while let Some(finished) = tasks.join_next().await {
        let Some((at, table, read)) = ended(finished) else {
            continue;
        };
        profiles[at] = ended(read);
        done += 1;
        progress(&CareProgress {
            table,
            done,
            total: request.tables.len(),
        });
    }
    Ok(profiles.into_iter().flatten().collect())
}

async fn scan_of(
    request: &ProfileRequest<'_>,
    table: &TableName,
) -> Result<(Scan, Option<usize>), CareError> {
    let lake = request.lake;
    let inventory = lake.inventory(table)?;
    let whole = lake.scan_table(table, inventory.version).await?;
    if !inventory.is_partitioned_by(lake.effective_date_column()) {
        return Ok((whole, None));
    }
    let schema = whole.schema();
    let columns: Vec<ColumnName> = schema
        .fields()
        .iter()
        .map(|field| ColumnName::from(field.name().as_str()))
        .collect();
    let dates: BTreeSet<EffectiveDate> = inventory
        .files
        .iter()
        .filter_map(|file| file.date)
        .filter(|date| request.range.contains(*date))
        .collect();
    let dates: Vec<EffectiveDate> = dates.into_iter().collect();
    let scan = lake
        .scan(table, inventory.version, &dates, &columns)
        .await?;
    Ok((scan, Some(dates.len())))
}

fn read(table: &TableName, scan: &Scan, dates: Option<usize>) -> TableProfile {
    let schema = scan.schema();
    let mut gatherers: Vec<ColumnGatherer> = schema
        .fields()
        .iter()
        .map(|field| ColumnGatherer::new(&table.table, field.name(), field.data_type()))
        .collect();
    let mut rows = 0;
    let mut problem = None;
    for batch in scan.read() {
        match batch {
            Ok(batch) => {
                rows += batch.num_rows() as u64;
                for (gatherer, column) in gatherers.iter_mut().zip(batch.columns()) {
                    gatherer.see(column);
                }
            }
            Err(error) => problem = Some(error.to_string()),
        }
    }
    TableProfile {
        table: table.to_string(),
        version: scan.version(),
        dates,
        rows,
        columns: gatherers
            .into_iter()
            .map(|gatherer| gatherer.finish(None))
            .collect(),
        problem,
    }
}
