//! Lifting knows no names: a portfolio whose names are all different is lifted in the same way.

use std::collections::BTreeMap;
use std::path::Path;

use relift_job::{Catalog, JobName, TableName};
use relift_migration::{Migration, Project, SETTINGS};
use xtask::rename::{Names, rename};

use crate::workspace::Place;

/// Jobs whose renamed copy does not lift alike yet: some name decides there, and must not.
const OPEN: &[&str] = &[
    "fee_accrual_quarterly",
    "session_paths",
    "warehouse_shift_log",
];

#[test]
fn renamed_jobs_are_lifted_alike() {
    let place = Place::new("2024-10-01", "2024-10-02", "");
    let settings = place.read(SETTINGS);
    let portfolio = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../portfolio");
    let renamed = place.root().join("renamed");
    let names = rename(&portfolio, &renamed).expect("renamed");
    for folder in ["jobs", "externals"] {
        for entry in std::fs::read_dir(portfolio.join(folder)).expect("the portfolio") {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("a text");
            place.write(
                &format!(
                    "{folder}/{}",
                    path.file_name().expect("a name").to_string_lossy()
                ),
                &text,
            );
        }
    }
    place.write(&format!("renamed/{SETTINGS}"), &settings);

    let migration = place.open();
    migration.generate_lake(None, Some(30)).expect("a lake");
    let catalog = migration.catalog().expect("the catalog");
    let other = Project::open(&renamed).expect("the renamed portfolio");
    assert!(other.broken.is_empty(), "{:?}", other.broken);
    let jobs = migration.project().select(&[]).expect("jobs");
    assert_eq!(jobs.len(), other.jobs.len());
    let other_catalog = renamed_catalog(catalog, &names);
    let mut lifted = 0;
    let mut differing = Vec::new();
    for job in &jobs {
        let there = JobName::from(names[job.as_str()].as_str());
        let own = Migration::lift_outline(migration.project(), job, catalog).expect("read");
        let same = Migration::lift_outline(&other, &there, &other_catalog).expect("read");
        assert!(!own.is_empty(), "{job}");
        let refused = |outline: &[String]| outline[0].starts_with("refused");
        if refused(&own) {
            // What is not understood may show in more places when a name clashes with a method's.
            assert!(refused(&same), "{job}: {same:?}");
        } else {
            lifted += 1;
            if own != same {
                differing.push(job.to_string());
            }
        }
    }
    assert_eq!(differing, OPEN);
    assert!(lifted >= 8, "only {lifted} jobs are lifted");
}

fn renamed_catalog(catalog: &Catalog, names: &Names) -> Catalog {
    let new = |old: &str| names.get(old).cloned().unwrap_or_else(|| old.to_owned());
    let tables = catalog.tables.iter().map(|(name, facts)| {
        let mut facts = facts.clone();
        for column in &mut facts.columns {
            column.name = new(column.name.as_str()).as_str().into();
        }
        (
            TableName::new(name.schema.clone(), &new(&name.table)),
            facts,
        )
    });
    Catalog {
        tables: tables.collect::<BTreeMap<_, _>>(),
    }
}
