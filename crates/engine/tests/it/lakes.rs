//! Reading: catalog, dates, stored order, and answers to bad lakes.

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use relift_engine::{EngineError, Lake, commit_table};
use relift_job::{DateMode, DateRange, LakeType, Nulls, TableName};

use super::{commit, date, ids, on, rows, words};

/// Three dates, the middle one written last and with a NULL.
async fn three_dates(root: &std::path::Path) -> Lake {
    let write = async |day: &str, batch| {
        commit_table(&commit(root, &format!("load/{day}"), on(day), &batch))
            .await
            .unwrap();
    };
    write("2024-10-03", rows(&[(31, Some("x")), (30, Some("y"))])).await;
    write(
        "2024-10-01",
        rows(&[(11, Some("a")), (10, Some("b")), (11, Some("c"))]),
    )
    .await;
    write("2024-10-02", rows(&[(20, None)])).await;
    Lake::open(root.to_owned(), "as_of")
}

#[tokio::test]
async fn a_catalog_tells_types_and_nulls() {
    let folder = tempfile::tempdir().unwrap();
    let lake = three_dates(folder.path()).await;
    assert_eq!(lake.tables().unwrap(), [words()]);
    assert_eq!(lake.latest_version(&words()).unwrap(), 2);

    let nulls = async |first, last| {
        let range = DateRange {
            first: date(first),
            last: date(last),
        };
        let (catalog, gaps) = lake.catalog(range).await.unwrap();
        assert!(gaps.is_empty(), "{gaps:?}");
        let facts = &catalog.tables[&words()];
        let names: Vec<_> = facts
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(names, ["id", "word", "as_of"]);
        assert_eq!(facts.column("as_of").unwrap().lake_type, LakeType::Date);
        (
            facts.column("id").unwrap().nulls,
            facts.column("word").unwrap().nulls,
        )
    };
    assert_eq!(
        nulls("2024-10-01", "2024-10-03").await,
        (Nulls::Never, Nulls::Sometimes)
    );
    assert_eq!(
        nulls("2024-10-01", "2024-10-01").await,
        (Nulls::Never, Nulls::Never)
    );
    assert_eq!(
        nulls("2024-10-02", "2024-10-02").await,
        (Nulls::Never, Nulls::Always)
    );
    // Nothing is known of dates without rows.
    assert_eq!(
        nulls("2025-01-01", "2025-01-02").await,
        (Nulls::Sometimes, Nulls::Sometimes)
    );
}

#[tokio::test]
async fn date_modes_find_their_dates() {
    let folder = tempfile::tempdir().unwrap();
    let lake = three_dates(folder.path()).await;
    let dates = async |mode, today| {
        let found = lake
            .resolve_dates(&words(), 2, &mode, date(today))
            .await
            .unwrap();
        found.iter().map(|date| date.0.day()).collect::<Vec<_>>()
    };
    assert_eq!(dates(DateMode::Exact, "2024-10-02").await, [2]);
    assert!(dates(DateMode::Exact, "2024-10-04").await.is_empty());
    assert_eq!(dates(DateMode::Lookback(1), "2024-10-02").await, [1, 2]);
    assert_eq!(
        dates(DateMode::Lookback(u32::MAX), "2024-10-02").await,
        [1, 2]
    );
    assert_eq!(dates(DateMode::MostRecentPrior, "2024-10-03").await, [2]);
    assert_eq!(dates(DateMode::MostRecent, "2024-12-24").await, [3]);
    assert!(
        dates(DateMode::MostRecentPrior, "2024-10-01")
            .await
            .is_empty()
    );
    let range = DateRange {
        first: date("2024-10-02"),
        last: date("2024-10-09"),
    };
    let bounds = DateMode::Between(range);
    assert_eq!(dates(bounds.clone(), "2024-10-09").await, [2, 3]);
    assert_eq!(dates(bounds.clone(), "2024-12-24").await, [2, 3]);
    assert_eq!(
        dates(bounds.clone(), "2024-10-02").await,
        [2],
        "no later date"
    );
    assert!(dates(bounds, "2024-10-01").await.is_empty());
    let counts = lake.row_counts(&words(), 2).await.unwrap();
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [3, 1, 2]);
}

#[tokio::test]
async fn rows_come_by_date_and_then_in_stored_order() {
    let folder = tempfile::tempdir().unwrap();
    let lake = three_dates(folder.path()).await;
    let dates = [date("2024-10-03"), date("2024-10-01"), date("2024-10-07")];
    let scan = lake
        .scan(&words(), 2, &dates, &["id".into()])
        .await
        .unwrap()
        .with_row_number("row")
        .unwrap();
    assert_eq!(ids(&scan), [11, 10, 11, 31, 30]);

    let batches: Vec<_> = scan.read().collect::<Result<_, _>>().unwrap();
    let last = batches.last().unwrap();
    let names: Vec<_> = last
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    assert_eq!(names, ["id", "as_of", "row"]);
    assert_eq!(
        last.column(1).as_primitive::<Date32Type>().value(0),
        date("2024-10-03").days_since_epoch()
    );
    assert_eq!(last.column(2).as_primitive::<Int64Type>().values(), &[3, 4]);

    let only_dates = lake.scan(&words(), 2, &dates, &[]).await.unwrap();
    assert_eq!(
        only_dates
            .read()
            .map(|batch| batch.unwrap().num_rows())
            .sum::<usize>(),
        5
    );
    let nothing = lake
        .scan(&words(), 2, &[], &["word".into(), "as_of".into()])
        .await
        .unwrap();
    assert_eq!(nothing.schema().field(1).data_type(), &DataType::Date32);
    assert_eq!(nothing.read().count(), 0);
}

#[tokio::test]
async fn order_is_that_of_the_log_and_not_of_file_names() {
    // Two files of one date, added in one commit against the order of their names.
    let folder = tempfile::tempdir().unwrap();
    let lake = three_dates(folder.path()).await;
    let table = lake.table_folder(&words());
    let entry = |version: u64| table.join(format!("_delta_log/{version:020}.json"));
    let text = std::fs::read_to_string(entry(1)).unwrap();
    let add: serde_json::Value = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .find(|line| line.get("add").is_some())
        .unwrap();
    let path = add["add"]["path"].as_str().unwrap().to_owned();
    let source = table.join(path.replace("%3D", "="));
    for name in ["zz.parquet", "aa.parquet"] {
        std::fs::copy(&source, table.join("as_of=2024-10-01").join(name)).unwrap();
    }
    let line = |name: &str| {
        let mut line = add.clone();
        line["add"]["path"] = format!("as_of=2024-10-01/{name}").into();
        line.to_string()
    };
    std::fs::write(
        entry(3),
        [line("zz.parquet"), line("aa.parquet")].join("\n"),
    )
    .unwrap();

    let scan = lake
        .scan(&words(), 3, &[date("2024-10-01")], &["id".into()])
        .await
        .unwrap();
    assert_eq!(ids(&scan).len(), 9);
    let debug = format!("{scan:?}");
    assert!(
        debug.find("part-00000") < debug.find("zz.parquet"),
        "{debug}"
    );
    assert!(
        debug.find("zz.parquet") < debug.find("aa.parquet"),
        "{debug}"
    );
    assert_eq!(ids(&lake.scan_added(&words(), 3).await.unwrap()).len(), 6);
}

#[tokio::test]
async fn bad_lakes_are_answered_with_name_and_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let lake = three_dates(folder.path()).await;
    let table = lake.table_folder(&words());

    let missing = lake
        .latest_version(&TableName::new("market", "wrods"))
        .unwrap_err();
    assert!(matches!(missing, EngineError::NoSuchTable { .. }));
    assert!(missing.hint().unwrap().contains("market.words"));
    let missing = lake
        .scan(&words(), 2, &[], &["wrod".into()])
        .await
        .unwrap_err();
    assert_eq!(missing.to_string(), "table market.words has no column wrod");
    assert_eq!(missing.hint().unwrap(), "its columns are id, word, as_of");
    let missing = lake.scan(&words(), 7, &[], &[]).await.unwrap_err();
    assert_eq!(
        missing.to_string(),
        "table market.words has no version 7, the latest is 2"
    );

    let other = Lake::open(folder.path().to_owned(), "business_date");
    let wrong = other.dates(&words(), 2).await.unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "table market.words is not partitioned by business_date"
    );

    let day = table.join("as_of=2024-10-02");
    let file = std::fs::read_dir(&day)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    std::fs::write(&file, b"PAR1 nothing PAR1").unwrap();
    let scan = lake
        .scan(&words(), 2, &[date("2024-10-02")], &["id".into()])
        .await
        .unwrap();
    let results: Vec<_> = scan.read().collect();
    assert_eq!(results.len(), 1, "reading ends at the first error");
    let text = results[0].as_ref().unwrap_err().to_string();
    assert!(
        text.contains("market.words") && text.contains(file.to_str().unwrap()),
        "{text}"
    );

    std::fs::remove_file(table.join("_delta_log/00000000000000000001.json")).unwrap();
    let cleaned = Lake::open(folder.path().to_owned(), "as_of")
        .dates(&words(), 2)
        .await
        .unwrap_err();
    assert!(
        matches!(cleaned, EngineError::LogCleaned { version: 1, .. }),
        "{cleaned}"
    );
}
