//! Work that was cut off and taken up again leads to the package of undisturbed work.

use std::collections::BTreeMap;
use std::path::Path;

use relift_job::{DateRange, Side};
use relift_migration::{Migration, Settings, Silent};

use crate::typed_csv::TypedCsv;
use crate::workspace::{Place, all, settings};

const JOBS: [(&str, &str); 3] = [
    ("order_totals.json", "order_totals.py"),
    ("region_revenue.json", "region_revenue.py"),
    ("returns_register.json", "register.py"),
];

/// Some jobs of the demonstration with their lake.
fn market() -> Place {
    let place = Place::new("2024-10-01", "2024-10-03", "");
    let portfolio = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../portfolio");
    let read = |file: String| std::fs::read_to_string(portfolio.join(file)).expect("the portfolio");
    for (job, external) in JOBS {
        place.write(&format!("jobs/{job}"), &read(format!("jobs/{job}")));
        place.write(
            &format!("externals/{external}"),
            &read(format!("externals/{external}")),
        );
    }
    place.open().generate_lake(None, Some(25)).expect("a lake");
    place
}

#[test]
fn interrupted_work_ends_in_the_same_package() {
    let whole = market();
    {
        let migration = whole.open();
        let (_, summary) = migration.modernise(&all(&migration)).expect("modernised");
        let open: Vec<_> = summary
            .jobs
            .iter()
            .filter(|job| job.status != "done")
            .collect();
        assert!(open.is_empty(), "{open:?}");
    }

    let parts = market();
    {
        let migration = parts.open();
        let dates = migration.project().workspace.dates;
        let first = DateRange {
            first: dates.first,
            last: dates.first,
        };
        migration
            .run(&all(&migration)[1..], first, Side::Legacy)
            .expect("runs");
    }
    {
        let migration = parts.open();
        migration.lift(&all(&migration)[..2]).expect("lifted");
    }
    // A killed process leaves half a run behind.
    parts.write(
        ".relift/staging/order_totals-2024-10-02-legacy/half.csv",
        "order_id,li",
    );
    {
        let migration = parts.open();
        migration.modernise(&all(&migration)).expect("modernised");
    }
    let same = |folder: &str| {
        let (expected, found) = (whole.files(folder), parts.files(folder));
        assert_eq!(
            expected.keys().collect::<Vec<_>>(),
            found.keys().collect::<Vec<_>>(),
            "files of {folder}"
        );
        for (file, content) in expected {
            let other = String::from_utf8_lossy(&found[&file]);
            assert!(
                other == String::from_utf8_lossy(&content),
                "{file} differs:\n{}",
                first_difference(&content, &found[&file])
            );
        }
    };
    same("governance");
    same("artifacts");

    let before = (
        parts.files("governance"),
        parts.files("artifacts"),
        parts.files("output"),
    );
    let migration = parts.open();
    migration.modernise(&all(&migration)).expect("modernised");
    assert!(
        before.2 == parts.files("output"),
        "a repeated command commits nothing"
    );
    assert!(
        before.0 == parts.files("governance") && before.1 == parts.files("artifacts"),
        "and reports the same"
    );
}

fn first_difference(one: &[u8], other: &[u8]) -> String {
    let (one, other) = (String::from_utf8_lossy(one), String::from_utf8_lossy(other));
    let pair = one
        .lines()
        .zip(other.lines())
        .find(|(one, other)| one != other);
    pair.map_or_else(
        || "one is longer".to_owned(),
        |(one, other)| format!("{one}\n{other}"),
    )
}

#[test]
fn a_refused_job_is_tried_again_when_that_is_asked_for() {
    let place = Place::new("2024-10-01", "2024-10-01", "");
    place.write(
        "jobs/legs.json",
        r#"{
  "jobName": "legs",
  "modules": [
    {"type": "DataSourcing", "resultName": "pets", "schema": "zoo", "table": "pets", "columns": ["pet", "legs"]},
    {"type": "Transformation", "resultName": "least", "sql": "SELECT pet, legs FROM pets ORDER BY pet"},
    {"type": "DataFrameWriter", "source": "least", "targetTable": "least", "writeMode": "Overwrite"}
  ]
}"#,
    );
    // On a day with a gap pandas reads the legs as floats, on others as ints.
    let gap = "pet:string,legs:int?,as_of:date\ncat,4,2024-10-01\nsnake,,2024-10-01\n";
    let zoo = |rows: &str| {
        let tables = BTreeMap::from([("pets".to_owned(), TypedCsv::parse(rows))]);
        place.import("zoo", &tables);
    };
    let ends = |again: bool| {
        let settings = Settings {
            again,
            ..settings()
        };
        let migration = Migration::open(place.root(), settings, &Silent).expect("opened");
        let (_, summary) = migration.modernise(&all(&migration)).expect("modernised");
        summary.jobs[0].status.clone()
    };
    zoo(gap);
    assert_eq!(ends(false), "legacy");
    zoo(&gap.replace("snake,", "snake,0"));
    assert_eq!(ends(false), "legacy");
    assert_eq!(ends(true), "done");
}
