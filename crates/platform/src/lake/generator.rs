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
use super::restore::{RecordedRows, schema_of};
use super::size::DEMO_CUSTOMERS;
use super::tables::{GeneratedTable, TABLES};
use super::{LakeError, LakeProgress, LakeSummary, Load, Partition, loading_run};

/// Counts changes of what is generated from the same options; partitions of another revision are made anew.
const REVISION: u32 = 1;

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
    /// Tables to generate; none named means all.
    pub tables: Vec<String>,
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
            tables: Vec::new(),
        }
    }

    /// The tables to generate, by name.
    fn wanted(&self) -> Result<Vec<&'static GeneratedTable>, LakeError> {
        for name in &self.tables {
            if !TABLES.iter().any(|table| table.name == name) {
                return Err(LakeError::NoSuchTable {
                    name: name.clone(),
                    hint: hint(name),
                });
            }
        }
        let wanted = |table: &&GeneratedTable| {
            self.tables.is_empty() || self.tables.iter().any(|name| name == table.name)
        };
        Ok(TABLES.iter().filter(wanted).collect())
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

/// The nearest name of a table, or all of them.
fn hint(name: &str) -> String {
    let distance = |known: &str| strsim::damerau_levenshtein(known, name);
    let known = || TABLES.iter().map(|table| table.name);
    match known().min_by_key(|known| distance(known)) {
        Some(nearest) if distance(nearest) <= 1 + nearest.len() / 3 => {
            format!("did you mean {nearest}?")
        }
        _ => format!("its tables are {}", known().collect::<Vec<_>>().join(", ")),
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
    let tables = options.wanted()?;
    let total = tables
        .iter()
        .map(|table| table.dates(options.dates).len())
        .sum();
    let mut summary = LakeSummary {
        tables: tables.len(),
        ..LakeSummary::default()
    };
    let shared = Arc::new((root.to_owned(), options.clone()));
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    for table in tables {
        let shared = Arc::clone(&shared);
        let sender = sender.clone();
        tasks.spawn(async move {
            let (root, options) = &*shared;
            generate_table(root, options, table, &sender).await
        });
    }
    drop(sender);

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
    let lake = Lake::open(root.to_owned(), &*options.effective_date_column);
    let runs = lake.committed_runs(&table)?;
    // A partition that was loaded may have been deleted since.
    let with_rows = if runs.is_empty() {
        Vec::new()
    } else {
        lake.dates(&table, lake.latest_version(&table)?).await?
    };
    let origin = options.origin();
    for date in generated.dates(options.dates) {
        let before = runs.get(&loading_run(&table, Some(date)));
        let kept = before.is_some_and(|run| comes_from(run, &origin))
            && with_rows.binary_search(&date).is_ok();
        let load = if kept {
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

/// The rows of a partition as the recorded options make them, or why they cannot be made.
pub(super) fn recorded_rows(
    origin: &Value,
    table: &TableName,
    date: EffectiveDate,
) -> Result<RecordedRows, String> {
    let number = |name: &str| {
        origin
            .get(name)
            .and_then(Value::as_u64)
            .ok_or_else(|| format!("the generator's option {name} is not recorded"))
    };
    let revision = number("generator")?;
    if revision != u64::from(REVISION) {
        return Err(format!(
            "it was made by revision {revision} of the generator, and this is revision {REVISION}"
        ));
    }
    let customers = number("customers")?;
    let market = Market {
        seed: number("seed")?,
        customers: u32::try_from(customers)
            .map_err(|_| format!("{customers} customers are too many"))?,
    };
    let generated = TABLES
        .iter()
        .find(|generated| generated.name == &*table.table)
        .ok_or_else(|| format!("the generator has no table {}", table.table))?;
    let only = DateRange {
        first: date,
        last: date,
    };
    if generated.dates(only).is_empty() {
        return Err(format!("the generator makes no rows for {date}"));
    }
    let mut rows = (generated.rows)(market, i64::from(date.days_since_epoch())).peekable();
    Ok(RecordedRows {
        schema: schema_of(rows.peek()),
        batches: Box::new(rows),
    })
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

    /// Rows of a date.
    async fn rows_of(root: &Path, table: &TableName, day: EffectiveDate) -> Vec<RecordBatch> {
        let lake = Lake::open(root.to_owned(), "as_of");
        let version = lake.latest_version(table).expect("version");
        let whole = lake.scan_table(table, version).await.expect("a scan");
        let columns: Vec<_> = whole
            .schema()
            .fields()
            .iter()
            .map(|field| field.name().as_str().into())
            .collect();
        let scan = lake.scan(table, version, &[day], &columns).await;
        let scan = scan.expect("a scan");
        scan.read().collect::<Result<_, _>>().expect("rows")
    }

    /// The data files below a lake with their bytes.
    fn data_files(root: &Path) -> Vec<(String, Vec<u8>)> {
        let mut folders = vec![root.to_owned()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|kind| kind == "parquet") {
                    let name = path
                        .strip_prefix(root)
                        .expect("below")
                        .display()
                        .to_string();
                    files.push((name, std::fs::read(&path).expect("a file")));
                }
            }
        }
        files.sort();
        files
    }

    #[tokio::test]
    async fn two_lakes_of_the_same_options_have_the_same_files() {
        let options = october("2024-10-16", "2024-10-16", 30);
        let mut lakes = Vec::new();
        for _ in 0..2 {
            let folder = tempfile::tempdir().expect("temporary folder");
            generate(folder.path(), &options, &mut |_| {})
                .await
                .expect("generated");
            lakes.push(data_files(folder.path()));
        }
        assert_eq!(lakes[0].len(), 28);
        assert!(lakes[0] == lakes[1], "names or bytes differ");
    }

    #[tokio::test]
    async fn some_tables_can_be_asked_for() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let mut options = october("2024-10-01", "2024-10-02", 20);
        options.tables = vec!["wallets".to_owned(), "orders".to_owned()];
        let summary = generate(folder.path(), &options, &mut |_| {})
            .await
            .expect("generated");
        assert_eq!((summary.tables, summary.written), (2, 4));

        options.tables.push("order_line".to_owned());
        let error = generate(folder.path(), &options, &mut |_| {})
            .await
            .expect_err("no such table");
        assert_eq!(
            error.to_string(),
            "the marketplace has no table order_line; did you mean order_lines?"
        );
        options.tables = vec!["x".to_owned()];
        let error = generate(folder.path(), &options, &mut |_| {})
            .await
            .expect_err("no such table");
        assert!(
            error.to_string().contains("its tables are addresses, "),
            "{error}"
        );
    }

    #[tokio::test]
    async fn what_was_deleted_is_made_again() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let root = folder.path();
        let table = TableName::new("market", "orders");
        let day = date("2024-10-02");
        let mut options = october("2024-10-01", "2024-10-02", 20);
        options.seed = 77;
        options.tables = vec!["orders".to_owned()];
        generate(root, &options, &mut |_| {})
            .await
            .expect("generated");
        let before = rows_of(root, &table, day).await;

        // Somebody deletes the rows, by a commit that is no load.
        let deletion = relift_engine::TableCommit {
            root: root.to_owned(),
            table: table.clone(),
            app_id: "somebody".to_owned(),
            generation: 1,
            mode: relift_engine::CommitMode::ReplacePartition {
                column: "as_of".into(),
                date: day,
            },
            schema: before[0].schema(),
            batches: Vec::new(),
            metadata: std::collections::BTreeMap::new(),
        };
        relift_engine::commit_table(&deletion)
            .await
            .expect("deleted");
        assert!(rows_of(root, &table, day).await.is_empty());
        let again = generate(root, &options, &mut |_| {})
            .await
            .expect("generated");
        assert_eq!((again.written, again.present), (1, 1));
        assert_eq!(rows_of(root, &table, day).await, before);
    }
}
