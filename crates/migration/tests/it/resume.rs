//! Work that was cut off and taken up again leads to the package of undisturbed work.

use std::path::Path;

use relift_job::{DateRange, Side};

use crate::workspace::{Place, all};

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
