//! Queries over scans and batches.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use relift_engine::{EngineError, Lake, Session, commit_table};

use super::{commit, date, on, rows, schema, words};

#[tokio::test]
async fn a_query_sees_scans_with_row_numbers_and_batches() {
    let folder = tempfile::tempdir().unwrap();
    let many: Vec<(i64, Option<&str>)> = (0..20_000).map(|id| (id % 100, Some("w"))).collect();
    commit_table(&commit(
        folder.path(),
        "load",
        on("2024-10-01"),
        &rows(&many),
    ))
    .await
    .unwrap();
    let lake = Lake::open(folder.path().to_owned(), "as_of");
    let scan = lake
        .scan(&words(), 0, &[date("2024-10-01")], &["id".into()])
        .await
        .unwrap();

    let session = Session::new();
    session.register_scan("Events", scan, Some("row")).unwrap();
    session
        .register_batches("names", schema(), vec![rows(&[(7, Some("seven"))])])
        .unwrap();
    let sql = "SELECT e.id, max(e.row) AS last_row, min(n.word) AS word FROM Events e \
               JOIN names n ON n.id = e.id GROUP BY e.id";
    let result = session.query(sql).await.unwrap();
    assert_eq!(result.row_count(), 1);
    assert_eq!(
        result.batches[0]
            .column(1)
            .as_primitive::<Int64Type>()
            .value(0),
        19_907
    );
    assert_eq!(
        result.batches[0].column(2).as_string::<i32>().value(0),
        "seven"
    );

    let empty = session
        .query("SELECT id, row FROM Events WHERE id > 1000")
        .await
        .unwrap();
    assert_eq!((empty.row_count(), empty.schema.fields().len()), (0, 2));
    let wrong = session.query("SELECT id FROM events").await.unwrap_err();
    assert!(
        wrong.to_string().contains("events"),
        "names are case-sensitive: {wrong}"
    );
    assert!(
        session.query("CREATE TABLE t AS SELECT 1").await.is_err(),
        "a session only reads"
    );
}

#[tokio::test]
async fn a_corrupt_file_is_named_through_a_query() {
    let folder = tempfile::tempdir().unwrap();
    commit_table(&commit(
        folder.path(),
        "load",
        on("2024-10-01"),
        &rows(&[(1, None)]),
    ))
    .await
    .unwrap();
    let lake = Lake::open(folder.path().to_owned(), "as_of");
    let day = lake.table_folder(&words()).join("as_of=2024-10-01");
    let file = std::fs::read_dir(&day)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    std::fs::write(&file, b"not parquet").unwrap();

    let session = Session::new();
    let scan = lake
        .scan(&words(), 0, &[date("2024-10-01")], &["id".into()])
        .await
        .unwrap();
    session.register_scan("words", scan, None).unwrap();
    let error = session
        .query("SELECT sum(id) FROM words")
        .await
        .unwrap_err();
    assert!(matches!(error, EngineError::CorruptFile { .. }), "{error}");
}
