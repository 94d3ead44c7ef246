//! The generated marketplace: ten tables, a partition per date, from one seed.
//!
//! Dimensions are daily snapshots that change a little from day to day, events are the rows of their
//! day. Each partition follows from the seed, its table and its date alone, so an interrupted
//! generation goes on where it was and a later one can add dates.

use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use jiff::civil::Weekday;
use relift_engine::{CommittedRun, Lake};
use relift_job::{DateRange, EffectiveDate, TableName};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

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
}

impl GeneratorOptions {
    /// The demonstration lake for some dates: schema `market`, 2,000 customers.
    pub fn new(dates: DateRange, effective_date_column: impl Into<String>) -> Self {
        Self {
            schema: "market".to_owned(),
            seed: 20_241_001,
            customers: 2_000,
            dates,
            effective_date_column: effective_date_column.into(),
        }
    }

    fn origin(&self) -> Value {
        json!({ "generator": REVISION, "seed": self.seed, "customers": self.customers })
    }
}

/// What the rows of all tables follow from.
#[derive(Clone, Copy)]
pub(super) struct Market {
    pub(super) seed: u64,
    pub(super) customers: u32,
}

/// On which days a table has rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Calendar {
    EveryDay,
    Weekdays,
}

struct GeneratedTable {
    name: &'static str,
    calendar: Calendar,
    rows: fn(&Market, i64) -> RecordBatch,
}

const TABLES: [GeneratedTable; 10] = [
    GeneratedTable {
        name: "addresses",
        calendar: Calendar::Weekdays,
        rows: Market::addresses,
    },
    GeneratedTable {
        name: "customers",
        calendar: Calendar::EveryDay,
        rows: Market::customers,
    },
    GeneratedTable {
        name: "exchange_rates",
        calendar: Calendar::Weekdays,
        rows: Market::exchange_rates,
    },
    GeneratedTable {
        name: "order_lines",
        calendar: Calendar::EveryDay,
        rows: Market::order_lines,
    },
    GeneratedTable {
        name: "orders",
        calendar: Calendar::EveryDay,
        rows: Market::orders,
    },
    GeneratedTable {
        name: "payments",
        calendar: Calendar::EveryDay,
        rows: Market::payments,
    },
    GeneratedTable {
        name: "products",
        calendar: Calendar::EveryDay,
        rows: Market::products,
    },
    GeneratedTable {
        name: "returns",
        calendar: Calendar::EveryDay,
        rows: Market::returns,
    },
    GeneratedTable {
        name: "suppliers",
        calendar: Calendar::Weekdays,
        rows: Market::suppliers,
    },
    GeneratedTable {
        name: "support_tickets",
        calendar: Calendar::EveryDay,
        rows: Market::support_tickets,
    },
];

impl GeneratedTable {
    fn dates(&self, range: DateRange) -> Vec<EffectiveDate> {
        let weekend =
            |date: EffectiveDate| matches!(date.0.weekday(), Weekday::Saturday | Weekday::Sunday);
        range
            .iter()
            .filter(|date| self.calendar == Calendar::EveryDay || !weekend(*date))
            .collect()
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
            let rows = (generated.rows)(&market, i64::from(date.days_since_epoch()));
            let partition = Partition {
                root,
                table: &table,
                date: Some(date),
                date_column: &options.effective_date_column,
                schema: rows.schema(),
                batches: vec![rows],
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
    use std::collections::BTreeMap;

    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Decimal128Type, Int32Type, Int64Type};
    use relift_engine::content_hash;
    use relift_job::{LakeType, Nulls};

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
            assert_eq!((step.done, step.total), (seen, 17));
        };
        // Friday to Saturday: seven tables have two dates, three have one.
        let weekend = october("2024-10-04", "2024-10-05", 50);
        let first = generate(folder.path(), &weekend, &mut count)
            .await
            .expect("generated");
        assert_eq!(
            (first.tables, first.written, first.present, seen),
            (10, 17, 0, 17)
        );

        let again = generate(
            folder.path(),
            &october("2024-10-03", "2024-10-05", 50),
            &mut |_| {},
        )
        .await
        .expect("again");
        assert_eq!((again.written, again.present), (10, 17));

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
        assert_eq!((replaced.written, replaced.present), (10, 0));
        assert_eq!(lake.dates(&orders, 3).await.expect("dates").len(), 3);
    }

    #[tokio::test]
    async fn the_catalog_is_the_documented_one() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let options = october("2024-10-01", "2024-10-01", 2_000);
        generate(folder.path(), &options, &mut |_| {})
            .await
            .expect("generated");
        let lake = Lake::open(folder.path().to_owned(), "as_of");
        let (catalog, gaps) = lake.catalog(options.dates).await.expect("catalog");
        assert!(gaps.is_empty());
        let word = |lake_type| match lake_type {
            LakeType::Boolean => "BOOLEAN".to_owned(),
            LakeType::Int32 => "INT".to_owned(),
            LakeType::Int64 => "BIGINT".to_owned(),
            LakeType::Float64 => "DOUBLE".to_owned(),
            LakeType::Decimal { precision, scale } => format!("DECIMAL({precision},{scale})"),
            LakeType::Text => "TEXT".to_owned(),
            LakeType::Date => "DATE".to_owned(),
            LakeType::Timestamp => "TIMESTAMP".to_owned(),
        };
        let described: BTreeMap<String, String> = catalog
            .tables
            .iter()
            .map(|(name, facts)| {
                let columns = facts.columns.iter().map(|column| {
                    let mark = if column.nulls == Nulls::Always {
                        "?"
                    } else {
                        ""
                    };
                    format!("{} {}{mark}", column.name, word(column.lake_type))
                });
                (
                    name.table.to_string(),
                    columns.collect::<Vec<_>>().join(", "),
                )
            })
            .collect();
        let expected = [
            (
                "addresses",
                "address_id BIGINT, customer_id BIGINT, line1 TEXT, city TEXT, postcode TEXT?, country TEXT, is_primary BOOLEAN, as_of DATE",
            ),
            (
                "customers",
                "customer_id BIGINT, full_name TEXT, email TEXT?, region TEXT?, segment TEXT, signup_date DATE, loyalty_points BIGINT, as_of DATE",
            ),
            (
                "exchange_rates",
                "currency TEXT, rate DECIMAL(12,6), source TEXT, as_of DATE",
            ),
            (
                "order_lines",
                "order_id BIGINT, line_no INT, product_id BIGINT, quantity INT, unit_price DECIMAL(12,2), discount_rate DECIMAL(5,4), tax_rate DECIMAL(5,4), as_of DATE",
            ),
            (
                "orders",
                "order_id BIGINT, customer_id BIGINT, channel TEXT, status TEXT?, ordered_at TIMESTAMP, promised_on DATE, shipped_on DATE?, currency TEXT, shipping_fee DECIMAL(10,2), as_of DATE",
            ),
            (
                "payments",
                "payment_id BIGINT, order_id BIGINT, method TEXT?, amount DECIMAL(12,2), fee_rate DECIMAL(6,5), paid_at TIMESTAMP?, as_of DATE",
            ),
            (
                "products",
                "product_id BIGINT, sku TEXT, product_name TEXT, category TEXT?, list_price DECIMAL(12,2), unit_cost DECIMAL(12,4), active BOOLEAN, supplier_id BIGINT, as_of DATE",
            ),
            (
                "returns",
                "return_id BIGINT, order_id BIGINT, line_no INT, reason TEXT?, refund DECIMAL(12,2), as_of DATE",
            ),
            (
                "suppliers",
                "supplier_id BIGINT, supplier_name TEXT, country TEXT, lead_days BIGINT, as_of DATE",
            ),
            (
                "support_tickets",
                "ticket_id BIGINT, customer_id BIGINT?, topic TEXT, opened_at TIMESTAMP, satisfaction BIGINT?, as_of DATE",
            ),
        ];
        for (table, columns) in expected {
            assert_eq!(described[table], columns, "{table}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_rows() {
        let hashes = |seed| -> Vec<String> {
            let market = Market {
                seed,
                customers: 100,
            };
            let hash = |table: &GeneratedTable| {
                let rows = (table.rows)(&market, 20_000);
                content_hash(&rows.schema(), &[rows])
                    .expect("hash")
                    .to_string()
            };
            TABLES.iter().map(hash).collect()
        };
        assert_eq!(hashes(5), hashes(5));
        assert!(
            hashes(5)
                .iter()
                .zip(hashes(6))
                .all(|(left, right)| *left != right)
        );
    }

    #[test]
    fn the_rows_have_what_jobs_stumble_over() {
        let market = Market {
            seed: GeneratorOptions::new(october("2024-10-01", "2024-10-01", 1).dates, "d").seed,
            customers: 2_000,
        };
        for day in 19_997..20_028 {
            let customers = market.customers(day);
            let ids = customers
                .column(0)
                .as_primitive::<Int64Type>()
                .values()
                .to_vec();
            let distinct: std::collections::BTreeSet<i64> = ids.iter().copied().collect();
            assert!(
                distinct.len() >= 2_000 && ids.len() > distinct.len(),
                "duplicate keys"
            );
            let regions = customers.column(3).as_string::<i32>();
            assert!(regions.iter().any(|region| region == Some("")) && regions.null_count() > 0);

            let lines = market.order_lines(day);
            assert!(
                lines.num_rows() >= 5_000,
                "{} lines on day {day}",
                lines.num_rows()
            );
            let quantity = lines.column(3).as_primitive::<Int32Type>();
            let price = lines.column(4).as_primitive::<Decimal128Type>();
            let discount = lines.column(5).as_primitive::<Decimal128Type>();
            let tie = |row: &usize| {
                let amount = price.value(*row)
                    * i128::from(quantity.value(*row))
                    * (10_000 - discount.value(*row));
                amount % 10_000 == 5_000
            };
            assert!(
                (0..lines.num_rows()).filter(tie).count() > 500,
                "half cents"
            );
            assert!((market.orders(day).num_rows() as i64 - 2_000).abs() <= 40);
            for table in [
                market.returns(day),
                market.support_tickets(day),
                market.products(day),
                market.payments(day),
            ] {
                for (column, field) in table.columns().iter().zip(table.schema().fields()) {
                    let nulls = [
                        "reason",
                        "customer_id",
                        "satisfaction",
                        "category",
                        "method",
                        "paid_at",
                    ];
                    assert_eq!(
                        column.null_count() > 0,
                        nulls.contains(&field.name().as_str()),
                        "{} on {day}",
                        field.name()
                    );
                }
            }
        }
    }
}
