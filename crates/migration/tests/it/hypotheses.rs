//! What is tried when both sides differ: another reading of the code, and running the legacy job again.

use std::collections::BTreeMap;

use relift_job::{DateRange, EffectiveDate, Side};
use relift_migration::{BaselineImport, End, Migration, Reprocess, Standing};

use crate::run_control::{PETS, csv, job, sql, zoo};
use crate::typed_csv::TypedCsv;
use crate::workspace::{Place, all};

/// Amounts whose third digit decides, with what Python's `round` makes of them and what SQLite's does.
const DUES: [(&str, &str, &str); 4] = [
    ("2.675", "2.67", "2.68"),
    ("1.005", "1.0", "1.01"),
    ("4.35", "4.35", "4.35"),
    ("8.125", "8.12", "8.13"),
];

/// A job in SQLite's SQL whose outputs were recorded where numbers are rounded otherwise.
fn place(fee: impl Fn(usize) -> String) -> Place {
    let place = Place::new("2024-05-30", "2024-06-01", "");
    let days = ["2024-05-30", "2024-05-31", "2024-06-01"];
    let mut dues = String::from("ship:bigint,due:double,as_of:date\n");
    for (day, date) in days.into_iter().enumerate() {
        let mut recorded = String::from("ship,fee,etl_effective_date\n");
        for (ship, (due, ..)) in DUES.iter().enumerate().skip(day % 2) {
            dues.push_str(&format!("{ship},{due},{date}\n"));
            recorded.push_str(&format!("{ship},{},{date}\n", fee(ship)));
        }
        place.write(&format!("recorded/{date}/fees.csv"), &recorded);
    }
    place.import(
        "port",
        &BTreeMap::from([("dues".to_owned(), TypedCsv::parse(&dues))]),
    );
    let source = r#"{"type": "DataSourcing", "resultName": "dues", "schema": "port", "table": "dues", "columns": ["ship", "due"]}"#;
    let fees = sql(
        "fees",
        "SELECT ship, ROUND(due, 2) AS fee FROM dues ORDER BY ship",
    );
    place.write(
        "jobs/fees.json",
        &job("fees", &[source, &fees, &csv("fees", "fees")]),
    );
    place
}

fn modernised(place: &Place) -> Standing {
    let migration = place.open();
    let from = place.root().join("recorded");
    let import = BaselineImport {
        job: "fees",
        from: &from,
        date_column: None,
        keep_date_column: false,
    };
    migration.import_baseline(&import).expect("imported");
    let (mut standings, _) = migration
        .modernise(&all(&migration))
        .unwrap_or_else(|error| panic!("{error}"));
    standings.remove(0)
}

#[test]
fn the_reading_that_explains_a_difference_is_written_in_the_next_round() {
    let place = place(|ship| DUES[ship].1.to_owned());
    let standing = modernised(&place);
    assert_eq!(standing.end, Some(End::Done), "{standing:?}");
    let matrix = place.matrix("fees");
    assert!(
        matrix.len() == 3 && matrix.iter().all(|line| line.contains(",pass,")),
        "{matrix:?}"
    );
    let report = place.read("governance/lift_report.csv");
    assert!(
        report.contains(
            "reading-found-by-comparison: both sides are equal on all dates where `sqlite_round` is `py_round`"
        ),
        "{report}"
    );
    let decisions = place.read("governance/decisions.jsonl");
    assert!(
        decisions.contains("other-reading") && decisions.contains("rounding-mode"),
        "{decisions}"
    );
}

#[test]
fn what_was_tried_is_told_when_nothing_explains_a_difference() {
    let place = place(|ship| format!("{}", 100 + ship));
    let standing = modernised(&place);
    assert_eq!(standing.end, Some(End::Legacy), "{standing:?}");
    let cause = standing.cause.expect("there is one");
    assert!(
        cause.contains("no other lowering is known; 3 of 3 dates differ, first 2024-05-30")
            && cause.contains("tried without success: ")
            && cause.contains("; `sqlite_round` is `py_round`; `sqlite_round` is `numpy_round`"),
        "{cause}"
    );
}

#[test]
fn a_legacy_job_that_is_not_the_same_twice_is_found_out() {
    let place = zoo("");
    let code = "import random\n\n\ndef execute(state):\n    pets = state['pets'].copy()\n    \
                pets['ticket'] = [random.random() for _ in range(len(pets))]\n    state['tickets'] = pets\n    return state\n";
    place.write("externals/tickets.py", code);
    let external = r#"{"type": "External", "module": "tickets.py"}"#;
    place.write(
        "jobs/tickets.json",
        &job("tickets", &[PETS, external, &csv("tickets", "tickets")]),
    );
    let migration = place.open();
    let date = EffectiveDate::parse("2024-10-01").expect("a date");
    run(&migration, date);
    let told = |job: &str| {
        migration
            .repeat(&job.into(), date)
            .unwrap_or_else(|error| panic!("{error}"))
    };
    let tickets = told("tickets").expect("it is not the same");
    assert!(
        tickets.starts_with(
            "the legacy job gives another output when it is run again for 2024-10-01 ("
        ) && tickets.ends_with("proposed for exclusion: ticket of tickets/tickets/tickets.csv"),
        "{tickets}"
    );
    assert_eq!(told("walkers"), None);
    assert_eq!(told("a_report"), None);
}

fn run(migration: &Migration<'_>, date: EffectiveDate) {
    let dates = DateRange {
        first: date,
        last: date,
    };
    let plan = migration
        .plan(&all(migration), dates, Side::Legacy, Reprocess::Missing)
        .expect("a plan");
    migration.perform(&plan).expect("runs");
}
