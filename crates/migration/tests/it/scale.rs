//! Ten thousand jobs over a month: how long it takes to open them, to tell how they stand and to plan their
//! runs. Prints the times and asserts none, so that a busy machine fails no build.
//!
//! Debug builds take a smaller portfolio; `RELIFT_SCALE=10000` asks for another size.

use std::time::Instant;

use relift_job::Side;
use relift_migration::{Migration, Overview, Reprocess, RunStanding, Silent};
use rusqlite::{Connection, params};

use crate::workspace::{Place, all, settings};

#[test]
#[expect(clippy::print_stdout, reason = "the figures are what the test is for")]
fn a_large_portfolio_is_planned_and_told_about() {
    let count: usize = std::env::var("RELIFT_SCALE")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(if cfg!(debug_assertions) { 300 } else { 10_000 });
    let place = Place::new("2024-10-01", "2024-10-31", "");
    for at in 0..count {
        place.write(&format!("jobs/job_{at:05}.json"), &configuration(at));
    }
    let begun = Instant::now();
    let migration = Migration::open(place.root(), settings(), &Silent).expect("opens");
    let opened = begun.elapsed();
    assert_eq!(migration.project().jobs.len(), count);
    let jobs = all(&migration);
    let dates = migration.project().workspace.dates;
    let begun = Instant::now();
    let plan = migration
        .plan(&jobs, dates, Side::Legacy, Reprocess::default())
        .expect("a plan");
    println!(
        "{count} jobs x 31 dates: opened in {opened:.2?}, planned without records in {:.2?}",
        begun.elapsed()
    );
    assert_eq!(plan.count(), count * 31);
    drop(migration);

    record(&place, count);
    let begun = Instant::now();
    let overview = Overview::open(place.root()).expect("opens");
    let jobs = overview.project().select(&[]).expect("jobs");
    let status = overview.status(&jobs, dates).expect("a status");
    println!(
        "opened and told the status of {} recorded runs in {:.2?}",
        count * 31,
        begun.elapsed()
    );
    let known: usize = status
        .iter()
        .flat_map(|job| &job.sides)
        .map(|side| 31 - side.count(RunStanding::Missing))
        .sum();
    assert_eq!(known, count * 31);
    let begun = Instant::now();
    let migration = Migration::open(place.root(), settings(), &Silent).expect("opens");
    let plan = migration
        .plan(&jobs, dates, Side::Legacy, Reprocess::All)
        .expect("a plan");
    println!(
        "opened and planned {} runs again in {:.2?}",
        plan.count(),
        begun.elapsed()
    );
    assert_eq!(plan.count(), count * 31);
}

/// Every tenth job reads what the one before it writes.
fn configuration(at: usize) -> String {
    let source = if at % 10 == 1 {
        format!(r#""schema": "curated", "table": "table_{:05}""#, at - 1)
    } else {
        format!(r#""schema": "market", "table": "orders_{}""#, at % 20)
    };
    format!(
        "{{\"jobName\": \"job_{at:05}\", \"modules\": [\n  {{\"type\": \"DataSourcing\", \"resultName\": \"orders\", {source}, \"columns\": [\"order_id\", \"amount\"]}},\n  \
         {{\"type\": \"Transformation\", \"resultName\": \"out\", \"sql\": \"SELECT order_id, sum(amount) AS amount FROM orders GROUP BY order_id\"}},\n  \
         {{\"type\": \"DataFrameWriter\", \"source\": \"out\", \"targetTable\": \"table_{at:05}\", \"writeMode\": \"Overwrite\"}}\n]}}\n"
    )
}

/// Records a finished run of every job and date, as the control store would.
fn record(place: &Place, count: usize) {
    let path = place.root().join(".relift/control.sqlite");
    let mut connection = Connection::open(path).expect("the store");
    let transaction = connection.transaction().expect("begun");
    {
        let mut insert = transaction
            .prepare(
                "INSERT INTO runs (job, effective_date, side, attempt, status, epoch, processing_time, started_at, ended_at,
                                   rows, files, input_versions, output_versions, output_hash, code_hash)
                 VALUES (?1, ?2, 'legacy', 1, 'succeeded', 1, '2024-11-01T06:00:00Z', '2024-11-01T06:00:00.5Z',
                         '2024-11-01T06:00:01Z', 10, 1, '{\"market.orders_0\":31}', ?3, 'blake3:0', 'blake3:1 CPython')",
            )
            .expect("prepared");
        for at in 0..count {
            for day in 1..=31 {
                let versions = format!("{{\"curated.table_{at:05}\":{day}}}");
                insert
                    .execute(params![
                        format!("job_{at:05}"),
                        format!("2024-10-{day:02}"),
                        versions
                    ])
                    .expect("inserted");
            }
        }
    }
    transaction.commit().expect("committed");
}
