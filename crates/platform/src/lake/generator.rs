//! The generated marketplace: a partition per table and date, all from one seed.
//!
//! Dimensions are daily snapshots that change a little from day to day, events are the rows of their
//! day. Each partition follows from the seed, its table and its date alone, so an interrupted
//! generation goes on where it was and a later one can add dates.

use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use relift_engine::{ColumnChange, CommittedRun, Lake};
use relift_job::{DateRange, EffectiveDate, TableName};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::draw::Draw;
use super::tables::{GeneratedTable, TABLES};
use super::{LakeError, LakeProgress, LakeSummary, Load, Partition, loading_run};

/// Counts changes of what is generated from the same options; partitions of another revision are made anew.
const REVISION: u32 = 1;
/// Customers of the demonstration.
const DEMO_CUSTOMERS: u32 = 2_000;

/// What to generate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratorOptions {
    /// Schema of the tables.
    pub schema: String,
    /// Everything random follows from it.
    pub seed: u64,
    /// Customers at the start of 2024, which also sets the number of orders per day.
    pub customers: u32,
    /// Dates to generate.
    pub dates: DateRange,
    /// Name of the partition column.
    pub effective_date_column: String,
}

impl GeneratorOptions {
    /// The demonstration lake for some dates: schema `market`, 2,000 customers.
    pub fn new(dates: DateRange, effective_date_column: impl Into<String>) -> Self {
        Self {
            schema: "market".to_owned(),
            seed: 20_241_001,
            customers: DEMO_CUSTOMERS,
            dates,
            effective_date_column: effective_date_column.into(),
        }
    }

    fn origin(&self) -> Value {
        json!({ "generator": REVISION, "seed": self.seed, "customers": self.customers })
    }
}

/// What the rows of all tables follow from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Market {
    pub(super) seed: u64,
    pub(super) customers: u32,
}

impl Market {
    /// Events a day has room for in the numbering of ids.
    fn room_per_day(self) -> i64 {
        let mut room = 1_000_000;
        while room < 2 * i64::from(self.customers) {
            room *= 10;
        }
        room
    }

    /// The id of an event (an order, a shipment) of a day.
    pub(super) fn event_id(self, day: i64, ordinal: i64) -> i64 {
        day * self.room_per_day() + ordinal
    }

    /// From here on ordinals of a day belong to no event.
    pub(super) fn unknown_event(self) -> i64 {
        self.room_per_day() / 10 * 9
    }

    /// From here on ids belong to no customer.
    pub(super) fn unknown_customer(self) -> i64 {
        self.room_per_day() * 9
    }

    /// How many events of a kind a day has: about `usual` with as many customers as the demonstration.
    pub(super) fn daily(self, topic: &str, day: i64, usual: i64) -> i64 {
        let usual = (i64::from(self.customers) * usual / i64::from(DEMO_CUSTOMERS)).max(20);
        usual + Draw::keyed(self.seed, topic, &[day]).between(-usual / 25, usual / 25)
    }
}

/// Generates the tables below `root`, and skips partitions that hold the same rows already.
///
/// Tables are made side by side, the dates of one table in order.
pub async fn generate(
    root: &Path,
    options: &GeneratorOptions,
    progress: &mut (dyn FnMut(&LakeProgress) + Send),
) -> Result<LakeSummary, LakeError> {
    if options.dates.last < options.dates.first {
        return Err(LakeError::EmptyRange {
            first: options.dates.first,
            last: options.dates.last,
        });
    }
    let total = TABLES
        .iter()
        .map(|table| table.dates(options.dates).len())
        .sum();
    let shared = Arc::new((root.to_owned(), options.clone()));
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    for table in &TABLES {
        let shared = Arc::clone(&shared);
        let sender = sender.clone();
        tasks.spawn(async move { generate_table(&shared.0, &shared.1, table, &sender).await });
    }
    drop(sender);

    let mut summary = LakeSummary {
        tables: TABLES.len(),
        ..LakeSummary::default()
    };
    let mut done = 0;
    while let Some((table, date, load)) = receiver.recv().await {
        done += 1;
        summary.count(load);
        progress(&LakeProgress {
            table,
            date: Some(date),
            load,
            done,
            total,
        });
    }
    while let Some(finished) = tasks.join_next().await {
        match finished {
            Ok(result) => result?,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Nobody cancels these tasks but the runtime's own end, which this does not survive either.
            Err(_) => {}
        }
    }
    Ok(summary)
}

async fn generate_table(
    root: &Path,
    options: &GeneratorOptions,
    generated: &GeneratedTable,
    progress: &mpsc::UnboundedSender<(TableName, EffectiveDate, Load)>,
) -> Result<(), LakeError> {
    let table = TableName::new(options.schema.as_str(), generated.name);
    let market = Market {
        seed: options.seed,
        customers: options.customers,
    };
    let runs =
        Lake::open(root.to_owned(), &*options.effective_date_column).committed_runs(&table)?;
    let origin = options.origin();
    for date in generated.dates(options.dates) {
        let before = runs.get(&loading_run(&table, Some(date)));
        let load = if before.is_some_and(|run| comes_from(run, &origin)) {
            Load::Present
        } else {
            let day = i64::from(date.days_since_epoch());
            let mut rows = (generated.rows)(market, day).peekable();
            // A partition has at least one batch, if only an empty one.
            let schema = rows
                .peek()
                .map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
            let partition = Partition {
                root,
                table: &table,
                date: Some(date),
                date_column: &options.effective_date_column,
                schema,
                batches: rows,
                // Tables gain columns over time, and dates may be made in any order.
                columns: ColumnChange::Additive,
                origin: origin.clone(),
            };
            partition.commit(before).await?
        };
        if progress.send((table.clone(), date, load)).is_err() {
            // The caller is gone.
            break;
        }
    }
    Ok(())
}

fn comes_from(run: &CommittedRun, origin: &Value) -> bool {
    run.metadata.get("origin") == Some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> EffectiveDate {
        EffectiveDate::parse(text).expect("a date")
    }

    fn october(first: &str, last: &str, customers: u32) -> GeneratorOptions {
        let dates = DateRange {
            first: date(first),
            last: date(last),
        };
        GeneratorOptions {
            customers,
            ..GeneratorOptions::new(dates, "as_of")
        }
    }

    #[tokio::test]
    async fn a_lake_is_generated_once_and_extended() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let mut seen = 0;
        let mut count = |step: &LakeProgress| {
            seen += 1;
            assert_eq!((step.done, step.total), (seen, 47));
        };
        // Friday to Saturday: 19 tables have two dates, 9 have one.
        let weekend = october("2024-10-04", "2024-10-05", 50);
        let first = generate(folder.path(), &weekend, &mut count)
            .await
            .expect("generated");
        assert_eq!(
            (first.tables, first.written, first.present, seen),
            (28, 47, 0, 47)
        );

        let again = generate(
            folder.path(),
            &october("2024-10-03", "2024-10-05", 50),
            &mut |_| {},
        )
        .await
        .expect("again");
        // Thursday is a holiday, on which three more tables have no rows.
        assert_eq!((again.written, again.present), (25, 47));

        let lake = Lake::open(folder.path().to_owned(), "as_of");
        let orders = TableName::new("market", "orders");
        let version = lake.latest_version(&orders).expect("version");
        assert_eq!(version, 2);
        let dates = lake.dates(&orders, version).await.expect("dates");
        assert_eq!(
            dates,
            [date("2024-10-03"), date("2024-10-04"), date("2024-10-05")]
        );
        let suppliers = TableName::new("market", "suppliers");
        assert_eq!(
            lake.dates(&suppliers, 1).await.expect("dates").len(),
            2,
            "no suppliers on a Saturday"
        );

        let other = GeneratorOptions {
            seed: 1,
            ..october("2024-10-04", "2024-10-04", 50)
        };
        let replaced = generate(folder.path(), &other, &mut |_| {})
            .await
            .expect("other seed");
        assert_eq!((replaced.written, replaced.present), (28, 0));
        assert_eq!(lake.dates(&orders, 3).await.expect("dates").len(), 3);
    }

    #[tokio::test]
    async fn a_column_comes_on_its_date_in_whatever_order_dates_are_made() {
        let days = [date("2024-10-15"), date("2024-10-16")];
        let mut read = Vec::new();
        for order in [days, [days[1], days[0]]] {
            let folder = tempfile::tempdir().expect("temporary folder");
            for day in order {
                let options = GeneratorOptions {
                    customers: 20,
                    ..GeneratorOptions::new(
                        DateRange {
                            first: day,
                            last: day,
                        },
                        "as_of",
                    )
                };
                generate(folder.path(), &options, &mut |_| {})
                    .await
                    .expect("generated");
            }
            let lake = Lake::open(folder.path().to_owned(), "as_of");
            let shipments = TableName::new("market", "shipments");
            let scan = lake
                .scan(&shipments, 1, &days, &["co2_grams".into()])
                .await
                .expect("a scan");
            let batches: Vec<RecordBatch> = scan.read().collect::<Result<_, _>>().expect("rows");
            let (before, after) = (&batches[0], &batches[1]);
            assert_eq!(before.column(0).null_count(), before.num_rows());
            assert!(after.column(0).null_count() < after.num_rows());
            read.push(batches);
        }
        assert_eq!(read[0], read[1]);
    }
}
