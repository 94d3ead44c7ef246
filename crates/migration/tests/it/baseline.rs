//! Recorded baselines: legacy jobs whose outputs come from elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use relift_job::Side;
use relift_migration::{Baseline, BaselineChange, BaselineImport, Migration, Reprocess};
use serde_json::Value;

use crate::typed_csv::TypedCsv;
use crate::workspace::{Place, all};

/// Plain SQL, so that the rewrite is at hand; two files and a table.
const JOB: &str = r#"{"jobName": "totals", "modules": [
  {"type": "DataSourcing", "resultName": "sales", "schema": "market", "table": "sales", "columns": ["id", "amount"]},
  {"type": "Transformation", "resultName": "out", "sql": "SELECT id, amount FROM sales"},
  {"type": "CsvFileWriter", "source": "out", "outputDirectory": "o", "jobDirName": "totals", "outputTableDirName": "t",
   "fileName": "f.csv", "writeMode": "Overwrite", "trailerFormat": "T|{row_count}"},
  {"type": "ParquetFileWriter", "source": "out", "outputDirectory": "o", "jobDirName": "totals", "outputTableDirName": "p",
   "fileName": "parts", "writeMode": "Overwrite"},
  {"type": "DataFrameWriter", "source": "out", "targetTable": "totals", "writeMode": "Overwrite"}]}"#;

/// Three days of sales and what the job would write of them.
fn place() -> Place {
    let place = Place::new("2024-10-01", "2024-10-03", "");
    place.write("jobs/totals.json", JOB);
    let sales =
        "id:bigint,amount:bigint,as_of:date\n1,10,2024-10-01\n2,20,2024-10-02\n3,30,2024-10-03\n";
    place.import(
        "market",
        &BTreeMap::from([("sales".to_owned(), TypedCsv::parse(sales))]),
    );
    place
}

fn csv(day: u32, amount: u32) -> String {
    format!("id,amount,etl_effective_date\n{day},{amount},2024-10-0{day}\nT|1\n")
}

fn table(rows: &str) -> TypedCsv {
    TypedCsv::parse(&format!("id:bigint,amount:bigint\n{rows}"))
}

/// Records a day as the job would have written it, in a folder per date.
fn record(place: &Place, day: u32, amount: u32) {
    let folder = format!("recorded/2024-10-0{day}");
    place.write(&format!("{folder}/f.csv"), &csv(day, amount));
    let root = place.root().join(&folder);
    let dated =
        format!("id:bigint,amount:bigint,etl_effective_date:date\n{day},{amount},2024-10-0{day}\n");
    TypedCsv::parse(&dated).write_parquet(&root.join("p/parts/part-00000.parquet"));
    table(&format!("{day},{amount}\n")).write_parquet(&root.join("totals.parquet"));
}

fn import(migration: &Migration<'_>, from: &Path) -> Result<Baseline, String> {
    let import = BaselineImport {
        job: "totals",
        from,
        date_column: None,
        keep_date_column: false,
    };
    migration
        .import_baseline(&import)
        .map_err(|error| error.to_string())
}

/// How the dates stand in the match matrix: status, grade and cause.
fn cells(place: &Place) -> Vec<(String, String, String)> {
    let lines = place.matrix("totals").into_iter();
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (
                fields[1].to_owned(),
                fields[2].to_owned(),
                fields[7..].join(","),
            )
        })
        .collect()
}

fn reconciled(place: &Place) -> Vec<(String, String, String)> {
    let migration = place.open();
    let jobs = all(&migration);
    migration.lift(&jobs).expect("it is lifted");
    let dates = migration.project().dates(None, None).expect("dates");
    for side in [Side::Legacy, Side::Rewrite] {
        let plan = migration
            .plan(&jobs, dates, side, Reprocess::Missing)
            .expect("a plan");
        migration.perform(&plan).expect("runs");
    }
    migration.reconcile(&jobs, dates).expect("compared");
    migration.report().expect("reported");
    cells(place)
}

fn cell(status: &str, grade: &str, cause: &str) -> (String, String, String) {
    (status.to_owned(), grade.to_owned(), cause.to_owned())
}

#[test]
fn recorded_dates_are_the_oracle_and_marked_wherever_they_count() {
    let place = place();
    for (day, amount) in [(1, 10), (2, 21), (3, 30)] {
        record(&place, day, amount);
    }
    fs::remove_dir_all(place.root().join("recorded/2024-10-03")).expect("it is there");
    record(&place, 4, 40);
    let from = place.root().join("recorded");
    {
        let migration = place.open();
        let imported = import(&migration, &from).expect("imported");
        assert_eq!(imported.count(BaselineChange::New), 2);
        assert_eq!(imported.failed, []);
        let days = |dates: &mut dyn Iterator<Item = String>| dates.collect::<Vec<_>>();
        assert_eq!(
            days(&mut imported.missing.iter().map(ToString::to_string)),
            ["2024-10-03"]
        );
        assert_eq!(
            days(&mut imported.summary.left_out.iter().map(ToString::to_string)),
            ["2024-10-04"]
        );
    }
    let found = reconciled(&place);
    assert_eq!(found[0], cell("pass", "multiset", "recorded baseline"));
    assert_eq!(
        (found[1].0.as_str(), found[1].1.as_str()),
        ("differs", "differs")
    );
    assert!(found[1].2.contains("recorded baseline; "), "{found:?}");
    assert_eq!(found[2].0, "missing");
    // The recording was committed; the job itself was never run, so it left no log and needed no Python.
    assert_eq!(
        place.read("output/curated/totals/t/2024-10-02/f.csv"),
        csv(2, 21)
    );
    assert!(
        !place
            .root()
            .join("output/curated/totals/t/2024-10-03")
            .exists()
    );
    let manifest: Value =
        serde_json::from_str(&place.read("governance/manifest.json")).expect("JSON");
    assert_eq!(manifest["scope"][0]["dates_recorded"], 2);
    let runs: Value =
        serde_json::from_str(&place.read("governance/run_results.json")).expect("JSON");
    let marked = runs["runs"].as_array().expect("a list").iter();
    let marked = marked.filter(|run| run["recorded"] == true && run["side"] == "legacy");
    assert_eq!(marked.count(), 2);
    assert!(
        place
            .read("governance/index.html")
            .contains("2 of these squares stand on recorded baselines")
    );
}

#[test]
fn importing_again_changes_nothing_and_other_outputs_make_a_new_attempt() {
    let place = place();
    for day in 1..=3 {
        record(&place, day, day * 10);
    }
    let from = place.root().join("recorded");
    let attempts = |place: &Place| {
        let store = rusqlite::Connection::open(place.root().join(".relift/control.sqlite"))
            .expect("a store");
        let count: i64 = store
            .query_row(
                "SELECT count(*) FROM runs WHERE side = 'legacy'",
                [],
                |row| row.get(0),
            )
            .expect("a count");
        count
    };
    let migration = place.open();
    assert_eq!(
        import(&migration, &from)
            .expect("imported")
            .count(BaselineChange::New),
        3
    );
    let before = place.files("output");
    let again = import(&migration, &from).expect("imported");
    assert_eq!(again.count(BaselineChange::Unchanged), 3);
    assert_eq!((place.files("output"), attempts(&place)), (before, 3));

    // The job wrote no file on the second day after all, and other rows.
    fs::remove_file(from.join("2024-10-02/f.csv")).expect("it is there");
    table("2,99\n").write_parquet(&from.join("2024-10-02/totals.parquet"));
    let changed = import(&migration, &from).expect("imported");
    assert_eq!(
        (
            changed.count(BaselineChange::Replaced),
            changed.count(BaselineChange::Unchanged)
        ),
        (1, 2)
    );
    assert_eq!(attempts(&place), 4);
    assert!(
        !place
            .root()
            .join("output/curated/totals/t/2024-10-02/f.csv")
            .exists()
    );
    assert!(
        place
            .root()
            .join("output/curated/totals/t/2024-10-01/f.csv")
            .exists()
    );
    drop(migration);
    let found = reconciled(&place);
    assert_eq!(found[0], cell("pass", "multiset", "recorded baseline"));
    assert_eq!(found[1].0, "differs");
}

#[test]
fn tables_of_many_dates_and_the_platforms_own_layout_are_understood() {
    let place = place();
    let from = place.root().join("old");
    for day in 1..=3 {
        place.write(
            &format!("old/totals/t/2024-10-0{day}/f.csv"),
            &csv(day, day * 10),
        );
        let dated = format!(
            "id:bigint,amount:bigint,etl_effective_date:date\n{day},{},2024-10-0{day}\n",
            day * 10
        );
        TypedCsv::parse(&dated)
            .write_parquet(&from.join(format!("totals/p/2024-10-0{day}/parts/part-00000.parquet")));
    }
    // Narrow integers and dates as text are the exporter's choice.
    TypedCsv::parse(
        "id:int,amount:bigint,etl_effective_date:string\n3,30,2024-10-03\n1,10,2024-10-01\n2,20,2024-10-02\n",
    )
    .write_parquet(&from.join("totals.parquet"));
    let imported = import(&place.open(), &from).expect("imported");
    assert_eq!(
        (imported.count(BaselineChange::New), imported.missing.len()),
        (3, 0)
    );
    assert_eq!(
        reconciled(&place),
        vec![cell("pass", "multiset", "recorded baseline"); 3]
    );
}

#[test]
fn what_is_no_output_of_the_job_is_named() {
    let place = place();
    let migration = place.open();
    let from = place.root().join("recorded");
    fs::create_dir_all(&from).expect("a folder");
    let complaint = |from: &Path| import(&migration, from).expect_err("it is refused");
    let nothing = complaint(&from);
    assert!(
        nothing.contains("is an output of job totals on a date of the workspace")
            && nothing.contains("<date>/totals/t/f.csv"),
        "{nothing}"
    );
    assert!(
        !place.root().join("baselines/totals").exists(),
        "nothing is left behind"
    );

    place.write("recorded/2024-10-01/other.csv", "x\n");
    let other = complaint(&from);
    assert!(
        other.contains("2024-10-01/other.csv: job totals writes no such file"),
        "{other}"
    );

    fs::remove_dir_all(from.join("2024-10-01")).expect("it is there");
    table("1,10\n").write_parquet(&from.join("totals.parquet"));
    let undated = complaint(&from);
    assert!(
        undated.contains(
            "it has no column etl_effective_date to tell the date by, its columns are id, amount"
        ),
        "{undated}"
    );
    let unknown = migration
        .import_baseline(&BaselineImport {
            job: "total",
            from: &from,
            date_column: None,
            keep_date_column: false,
        })
        .expect_err("there is no such job");
    assert!(
        unknown.to_string().contains("the jobs are: totals"),
        "{unknown}"
    );
}
