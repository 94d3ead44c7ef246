//! Care for the lake, end to end: gaps are named and filled, checks recorded, persons not shown.

use std::collections::BTreeMap;
use std::path::PathBuf;

use relift_job::{DateRange, EffectiveDate, TableName};
use relift_migration::Migration;
use relift_platform::care::{CellState, Check, QualityStatus, Weight};

use crate::workspace::Place;

fn date(text: &str) -> EffectiveDate {
    EffectiveDate::parse(text).expect("a date")
}

fn whole(migration: &Migration<'_>) -> DateRange {
    migration.project().workspace.dates
}

/// A generated lake of 40 customers.
fn generated(first: &str, last: &str) -> Place {
    let place = Place::new(first, last, "");
    place
        .open()
        .generate_lake(None, Some(40))
        .expect("generated");
    place
}

/// The data files of one partition by path.
fn files_of(place: &Place, table: &str, day: &str) -> BTreeMap<String, Vec<u8>> {
    place.files(&format!("lake/market/{table}/as_of={day}"))
}

#[test]
fn a_partition_whose_files_are_gone_is_named_and_restored_to_the_byte() {
    let place = generated("2024-10-04", "2024-10-13");
    let before = files_of(&place, "orders", "2024-10-07");
    assert!(!before.is_empty());
    let sound = place.open();
    let audit = sound.audit_lake(&[], whole(&sound)).expect("audited");
    let errors: Vec<_> = audit
        .findings
        .iter()
        .filter(|finding| finding.weight == Weight::Error)
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    drop(sound);

    std::fs::remove_dir_all(place.root().join("lake/market/orders/as_of=2024-10-07"))
        .expect("removed");
    let migration = place.open();
    let others = ["payments".to_owned(), "market.c*".to_owned()];
    let audit = migration
        .audit_lake(&others, whole(&migration))
        .expect("audited");
    assert!(audit.tables.len() > 1 && audit.errors == 0, "{audit:?}");
    let audit = migration
        .audit_lake(&[], whole(&migration))
        .expect("audited");
    let found = audit
        .findings
        .iter()
        .find(|finding| finding.check == Check::DamagedFile)
        .expect("found");
    assert_eq!(found.table, "market.orders");
    assert_eq!(found.date, Some(date("2024-10-07")));
    assert_eq!(found.weight, Weight::Error);
    assert_eq!(audit.cells_in(CellState::Damaged), 1);

    let plan = migration
        .plan_gaps(&[], whole(&migration))
        .expect("planned");
    assert_eq!(plan.gaps.len(), 1, "{plan:?}");
    let version = |migration: &Migration<'_>| {
        let table = TableName::new("market", "orders");
        migration
            .project()
            .lake
            .latest_version(&table)
            .expect("a version")
    };
    let old = version(&migration);
    let filled = migration.fill_gaps(&plan).expect("filled");
    assert!(filled[0].filled && filled[0].verified, "{filled:?}");
    assert_eq!(files_of(&place, "orders", "2024-10-07"), before);
    assert_eq!(version(&migration), old, "the table keeps its version");
    drop(migration);
    let migration = place.open();
    assert!(
        migration
            .plan_gaps(&[], whole(&migration))
            .expect("planned")
            .gaps
            .is_empty()
    );
}

#[test]
fn a_partition_removed_by_a_commit_is_named_and_restored() {
    let place = generated("2024-10-04", "2024-10-13");
    let table = TableName::new("market", "payments");
    let rows = |migration: &Migration<'_>| -> Vec<arrow::array::RecordBatch> {
        let lake = &migration.project().lake;
        let version = lake.latest_version(&table).expect("a version");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let dates = [date("2024-10-08")];
        let columns = ["payment_id".into(), "amount".into(), "paid_at".into()];
        let scan = runtime
            .block_on(lake.scan(&table, version, &dates, &columns))
            .expect("a scan");
        scan.read().collect::<Result<_, _>>().expect("rows")
    };
    let before = rows(&place.open());
    remove_partition(&place, "payments", "2024-10-08");

    let migration = place.open();
    let audit = migration
        .audit_lake(&[], whole(&migration))
        .expect("audited");
    let found: Vec<_> = audit
        .findings
        .iter()
        .filter(|finding| finding.check == Check::MissingPartition)
        .collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].date, Some(date("2024-10-08")));
    assert!(
        found[0].message.contains("removed it (DELETE)"),
        "{found:#?}"
    );

    let plan = migration
        .plan_gaps(&[], whole(&migration))
        .expect("planned");
    let filled = migration.fill_gaps(&plan).expect("filled");
    assert!(
        filled.len() == 1 && filled[0].filled && filled[0].verified,
        "{filled:?}"
    );
    drop(migration);
    let migration = place.open();
    assert_eq!(rows(&migration), before);
    let audit = migration
        .audit_lake(&[], whole(&migration))
        .expect("audited");
    assert_eq!(audit.cells_in(CellState::Missing), 0);
}

/// Commits a removal of a partition, as another tool's DELETE would.
fn remove_partition(place: &Place, table: &str, day: &str) {
    let folder = place.root().join(format!("lake/market/{table}"));
    let mut versions: Vec<PathBuf> = std::fs::read_dir(folder.join("_delta_log"))
        .expect("a log")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    versions.sort();
    let next = versions.len();
    let mut entry = String::from("{\"commitInfo\":{\"timestamp\":0,\"operation\":\"DELETE\"}}\n");
    for file in files_of(place, table, day).keys() {
        let path = file
            .strip_prefix(&format!("lake/market/{table}/"))
            .expect("below the table");
        entry.push_str(&format!(
            "{{\"remove\":{{\"path\":\"{path}\",\"deletionTimestamp\":0,\"dataChange\":true,\
             \"extendedFileMetadata\":true,\"partitionValues\":{{\"as_of\":\"{day}\"}},\"size\":1}}}}\n"
        ));
    }
    std::fs::write(folder.join(format!("_delta_log/{next:020}.json")), entry).expect("written");
}

#[test]
fn imported_partitions_come_back_from_their_folder_or_are_refused() {
    let place = Place::new("2024-10-01", "2024-10-04", "");
    let from = place.root().join("source");
    for (day, value) in [
        ("2024-10-01", 1),
        ("2024-10-02", 2),
        ("2024-10-03", 3),
        ("2024-10-04", 4),
    ] {
        write_numbers(&from.join(format!("t/as_of={day}/a.parquet")), &[value, 10]);
    }
    place.open().import_lake("s", &from).expect("imported");
    let before = place.files("lake/s/t/as_of=2024-10-03");
    std::fs::remove_dir_all(place.root().join("lake/s/t/as_of=2024-10-03")).expect("removed");
    let migration = place.open();
    let plan = migration
        .plan_gaps(&[], whole(&migration))
        .expect("planned");
    assert!(
        plan.gaps[0]
            .action
            .as_deref()
            .is_some_and(|action| action.contains("source"))
    );
    migration.fill_gaps(&plan).expect("filled");
    assert_eq!(place.files("lake/s/t/as_of=2024-10-03"), before);
    drop(migration);

    // Other rows at the source are not taken for the old ones.
    std::fs::remove_dir_all(place.root().join("lake/s/t/as_of=2024-10-03")).expect("removed");
    write_numbers(&from.join("t/as_of=2024-10-03/a.parquet"), &[99]);
    let migration = place.open();
    let plan = migration
        .plan_gaps(&[], whole(&migration))
        .expect("planned");
    let filled = migration.fill_gaps(&plan).expect("tried");
    assert!(
        !filled[0].filled && filled[0].detail.contains("other rows"),
        "{filled:?}"
    );

    std::fs::remove_dir_all(&from).expect("removed");
    let plan = migration
        .plan_gaps(&[], whole(&migration))
        .expect("planned");
    assert_eq!(plan.unfillable(), 1);
    let reason = plan.gaps[0].reason.as_deref().unwrap_or_default();
    assert!(reason.contains("is gone"), "{reason}");
}

fn write_numbers(path: &std::path::Path, numbers: &[i64]) {
    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
    let column: ArrayRef = std::sync::Arc::new(Int64Array::from(numbers.to_vec()));
    let batch = RecordBatch::try_from_iter([("n", column)]).expect("a batch");
    let file = std::fs::File::create(path).expect("a file");
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

#[test]
fn reports_show_no_person_and_are_the_same_twice() {
    let place = generated("2024-10-01", "2024-10-03");
    place.write(
        "dictionary.toml",
        "[[table]]\nname = \"market.customers\"\ndescription = \"Who buys.\"\n\
         columns = { email = \"Where to write.\" }\n",
    );
    let reports = |place: &Place| {
        let migration = place.open();
        let dates = whole(&migration);
        let audit = migration.audit_lake(&[], dates).expect("audited");
        migration.write_audit(&audit, None).expect("written");
        let profiles = migration.profile_tables(&[], dates).expect("profiled");
        migration.write_profiles(&profiles, None).expect("written");
        migration.write_dictionary(dates, None).expect("written");
        place.files("reports/lake")
    };
    let first = reports(&place);
    assert_eq!(first.len(), 8, "{:?}", first.keys());
    assert_eq!(reports(&place), first);

    let migration = place.open();
    let lake = &migration.project().lake;
    let customers = TableName::new("market", "customers");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let scan = runtime
        .block_on(lake.scan(
            &customers,
            lake.latest_version(&customers).expect("a version"),
            &[date("2024-10-03")],
            &["email".into(), "full_name".into()],
        ))
        .expect("a scan");
    let mut persons = Vec::new();
    for batch in scan.read() {
        use arrow::array::AsArray;
        let batch = batch.expect("rows");
        for column in &batch.columns()[..2] {
            persons.extend(
                column
                    .as_string::<i32>()
                    .iter()
                    .flatten()
                    .map(str::to_owned),
            );
        }
    }
    assert!(persons.len() > 40);
    for (file, content) in &first {
        let text = String::from_utf8_lossy(content);
        for person in &persons {
            assert!(!text.contains(person.as_str()), "{person} in {file}");
        }
    }
    let dictionary = String::from_utf8_lossy(&first["reports/lake/dictionary.md"]).into_owned();
    assert!(dictionary.contains("Where to write."));
}

#[test]
fn checks_are_made_recorded_and_repeated_without_a_trace() {
    let place = generated("2024-10-01", "2024-10-04");
    place.write(
        "quality.toml",
        "[[check]]\ntable = \"market.orders\"\ncheck = \"unique\"\ncolumns = [\"order_id\"]\nseverity = \"abort\"\n\
         [[check]]\ntable = \"market.customers\"\ncheck = \"not_null\"\ncolumns = [\"email\"]\n\
         [[check]]\ntable = \"market.orders\"\ncheck = \"references\"\ncolumns = [\"customer_id\"]\n\
         to = \"market.customers\"\n\
         [[check]]\ntable = \"market.suppliers\"\ncheck = \"freshness\"\ndays = 0\n\
         [[check]]\ntable = \"market.payments\"\ncheck = \"range\"\ncolumns = [\"fee_rate\"]\nmin = 0\nmax = 0.00001\n\
         [[check]]\ntable = \"market.orders\"\ncheck = \"accepted_values\"\ncolumns = [\"channel\"]\n\
         values = [\"web\", \"app\", \"phone\", \"store\", \"partner\"]\n",
    );
    let migration = place.open();
    let report = migration.check_quality(whole(&migration)).expect("checked");
    let status = |check: &str| {
        let found = report
            .outcomes
            .iter()
            .filter(|outcome| outcome.check == check);
        found.map(|outcome| outcome.status).collect::<Vec<_>>()
    };
    assert_eq!(status("unique"), vec![QualityStatus::Passed; 4]);
    assert_eq!(status("accepted_values"), vec![QualityStatus::Passed; 4]);
    assert_eq!(status("range"), vec![QualityStatus::Warned; 4]);
    assert_eq!(status("freshness"), vec![QualityStatus::Passed; 4]);
    assert!(status("not_null").contains(&QualityStatus::Warned));
    assert!(!report.aborts());
    let log = TableName::new("curated_quality", "data_quality_log");
    let zone = outputs(&place);
    let version = zone.latest_version(&log).expect("a log");
    migration.check_quality(whole(&migration)).expect("again");
    assert_eq!(zone.latest_version(&log).expect("a log"), version);
    drop(migration);

    place.write(
        "quality.toml",
        "[[check]]\ntable = \"market.ordrs\"\ncheck = \"unique\"\ncolumns = [\"order_id\"]\n",
    );
    let migration = place.open();
    let told = migration
        .check_quality(whole(&migration))
        .expect_err("no such table")
        .to_string();
    assert!(
        told.contains("quality.toml:1") && told.contains("did you mean \"market.orders\""),
        "{told}"
    );
}

fn outputs(place: &Place) -> relift_engine::Lake {
    relift_engine::Lake::open(place.root().join("output"), "as_of")
}

#[test]
fn a_check_of_a_job_stops_what_it_must() {
    let place = generated("2024-10-01", "2024-10-02");
    place.write(
        "jobs/fees.json",
        r#"{ "jobName": "fees", "modules": [
            { "type": "DataSourcing", "resultName": "p", "schema": "market", "table": "payments",
              "columns": ["payment_id", "method"] },
            { "type": "DataFrameWriter", "source": "p", "targetTable": "fees", "writeMode": "Overwrite" } ] }"#,
    );
    let check = |columns: &str, severity: &str| {
        format!(
            "[[check]]\njob = \"fees\"\ncheck = \"unique\"\ncolumns = [\"{columns}\"]\nseverity = \"{severity}\"\n"
        )
    };
    place.write("quality.toml", &check("method", "abort"));
    let run = |place: &Place| {
        let migration = place.open();
        let jobs = crate::workspace::all(&migration);
        let dates = whole(&migration);
        migration
            .run(&jobs, dates, relift_job::Side::Legacy)
            .expect("runs")
    };
    let runs = run(&place);
    for run in &runs {
        let error = run.error.as_deref().expect("stopped");
        assert!(
            error.contains("quality check unique of fees(method)"),
            "{error}"
        );
    }
    let zone = outputs(&place);
    let fees = TableName::new("curated", "fees");
    assert!(zone.latest_version(&fees).is_err(), "nothing was committed");

    place.write("quality.toml", &check("method", "warn"));
    assert!(run(&place).iter().all(|run| run.error.is_none()));
    let log = TableName::new("curated_quality", "data_quality_log");
    let rows = outputs(&place);
    let version = rows.latest_version(&log).expect("a log");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let scan = runtime
        .block_on(rows.scan_table(&log, version))
        .expect("a scan");
    let count: usize = scan
        .read()
        .map(|batch| batch.expect("rows").num_rows())
        .sum();
    assert_eq!(
        count, 2,
        "the outcomes of the second runs replaced those of the first"
    );
}

#[test]
fn outputs_that_are_gone_are_made_by_running_their_dates_again() {
    let place = generated("2024-10-07", "2024-10-09");
    place.write(
        "jobs/fees.json",
        r#"{ "jobName": "fees", "modules": [
            { "type": "DataSourcing", "resultName": "p", "schema": "market", "table": "payments",
              "columns": ["payment_id", "amount"] },
            { "type": "CsvFileWriter", "source": "p", "outputDirectory": "Output/curated", "jobDirName": "fees",
              "outputTableDirName": "fees", "fileName": "fees.csv", "writeMode": "Overwrite" },
            { "type": "DataFrameWriter", "source": "p", "targetTable": "all_fees", "writeMode": "Append" } ] }"#,
    );
    let migration = place.open();
    let jobs = crate::workspace::all(&migration);
    let runs = migration
        .run(&jobs, whole(&migration), relift_job::Side::Legacy)
        .expect("runs");
    assert!(runs.iter().all(|run| run.error.is_none()), "{runs:?}");
    assert!(
        migration
            .plan_gaps(&[], whole(&migration))
            .expect("planned")
            .gaps
            .is_empty()
    );
    let before = place.files("output/curated/fees");
    assert_eq!(before.len(), 3);

    std::fs::remove_dir_all(place.root().join("output/curated/fees/fees/2024-10-08"))
        .expect("removed");
    let log = place.root().join("output/curated/all_fees");
    let first_rows = std::fs::read_dir(&log)
        .expect("a table")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "parquet")
        })
        .min()
        .expect("a file");
    std::fs::remove_file(first_rows).expect("removed");

    let plan = migration
        .plan_gaps(&[], whole(&migration))
        .expect("planned");
    assert!((1..=2).contains(&plan.gaps.len()), "{plan:?}");
    let filled = migration.fill_gaps(&plan).expect("filled");
    assert!(filled.iter().all(|gap| gap.filled), "{filled:?}");
    assert_eq!(place.files("output/curated/fees"), before);
    drop(migration);
    let migration = place.open();
    assert!(
        migration
            .plan_gaps(&[], whole(&migration))
            .expect("planned")
            .gaps
            .is_empty()
    );
    let zone = outputs(&place);
    let table = TableName::new("curated", "all_fees");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let version = zone.latest_version(&table).expect("a version");
    let scan = runtime
        .block_on(zone.scan_table(&table, version))
        .expect("a scan");
    assert!(
        scan.read().all(|batch| batch.is_ok()),
        "every row can be read again"
    );
}
