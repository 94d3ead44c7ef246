//! Commits whose rows come batch by batch, and tables that gain columns by them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use relift_engine::{
    ColumnChange, CommitMode, EngineError, Lake, TableCommit, commit_stream, commit_table,
};

use super::{commit, date, ids, on, rows, words};

/// The commit with its rows as a stream.
fn streamed(
    commit: TableCommit,
) -> TableCommit<impl Iterator<Item = Result<RecordBatch, EngineError>> + Send> {
    TableCommit {
        root: commit.root,
        table: commit.table,
        app_id: commit.app_id,
        generation: commit.generation,
        mode: commit.mode,
        schema: commit.schema,
        batches: commit.batches.into_iter().map(Ok),
        metadata: commit.metadata,
    }
}

/// Files below a folder with their bytes, by path.
fn parquet_files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut folders = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "parquet") {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                files.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[tokio::test]
async fn many_rows_become_files_of_bounded_size_in_stored_order() {
    const ROWS: i64 = 1_100_000;
    let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, true)]));
    let folder = tempfile::tempdir().unwrap();
    let whole = |step: i64| {
        let schema = Arc::clone(&schema);
        (0..ROWS).step_by(step as usize).map(move |first| {
            let ids = Int64Array::from_iter_values(first..(first + step).min(ROWS));
            let columns: Vec<ArrayRef> = vec![Arc::new(ids)];
            Ok(RecordBatch::try_new(Arc::clone(&schema), columns)?)
        })
    };
    let offer = |step| TableCommit {
        root: folder.path().to_owned(),
        table: words(),
        app_id: "many".to_owned(),
        generation: 1,
        mode: on("2024-10-01"),
        schema: Arc::clone(&schema),
        batches: whole(step),
        metadata: BTreeMap::new(),
    };
    let made = commit_stream(offer(100_000), ColumnChange::Refused)
        .await
        .unwrap();
    assert_eq!((made.rows, made.adopted), (ROWS as u64, false));
    let files = parquet_files(folder.path());
    assert_eq!(files.len(), 2, "a million rows and a bit per file");
    let lake = Lake::open(folder.path().to_owned(), "as_of");
    let scan = lake
        .scan(&words(), 0, &[date("2024-10-01")], &["id".into()])
        .await
        .unwrap();
    let mut next = 0;
    for batch in scan.read() {
        let batch = batch.unwrap();
        for id in batch.column(0).as_primitive::<Int64Type>().values() {
            assert_eq!(*id, next);
            next += 1;
        }
    }
    assert_eq!(next, ROWS);

    let again = commit_stream(offer(70_001), ColumnChange::Refused)
        .await
        .unwrap();
    assert!(again.adopted && again.content_hash == made.content_hash);
    assert_eq!(
        parquet_files(folder.path()),
        files,
        "rows that are there are not written again"
    );
}

#[tokio::test]
async fn files_do_not_depend_on_how_rows_arrive() {
    let rows = rows(&[(1, Some("a")), (2, None), (3, Some("c"))]);
    let mut seen = Vec::new();
    for cut in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let mut offered = commit(folder.path(), "run", CommitMode::Append, &rows);
        offered.batches = vec![rows.slice(0, cut), rows.slice(cut, 3 - cut)];
        commit_stream(streamed(offered), ColumnChange::Additive)
            .await
            .unwrap();
        seen.push(parquet_files(folder.path()));
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn a_stream_that_breaks_off_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let good = rows(&[(1, Some("a"))]);
    let mut offered = commit(folder.path(), "run", on("2024-10-01"), &good);
    let narrow = good.project(&[0]).unwrap();
    offered.batches = vec![good, narrow];
    let error = commit_table(&offered).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("2 columns are declared and 1 are given"),
        "{error}"
    );
    assert!(parquet_files(folder.path()).is_empty());
    let lake = Lake::open(folder.path().to_owned(), "as_of");
    assert!(lake.tables().unwrap().is_empty(), "and no table");
}

#[tokio::test]
async fn a_table_gains_columns_and_keeps_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    commit_table(&commit(
        root,
        "a",
        on("2024-10-01"),
        &rows(&[(1, Some("x"))]),
    ))
    .await
    .unwrap();
    let wide = Arc::new(Schema::new(vec![
        Field::new("more", DataType::Utf8, true),
        Field::new("id", DataType::Int64, true),
    ]));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![Some("y")])),
        Arc::new(Int64Array::from(vec![2])),
    ];
    let wide = RecordBatch::try_new(wide, columns).unwrap();
    let offer = |app_id, day| commit(root, app_id, on(day), &wide);

    let error = commit_table(&offer("b", "2024-10-02")).await.unwrap_err();
    assert!(
        matches!(error, EngineError::SchemaDiffers { .. }),
        "{error}"
    );
    let made = commit_stream(streamed(offer("b", "2024-10-02")), ColumnChange::Additive)
        .await
        .unwrap();
    assert_eq!(made.delta_version, 1);
    // Rows without the new column still fit.
    let narrow = commit(root, "c", on("2024-10-03"), &rows(&[(3, Some("z"))]));
    commit_stream(streamed(narrow), ColumnChange::Additive)
        .await
        .unwrap();

    let lake = Lake::open(root.to_owned(), "as_of");
    let scan = lake.scan_table(&words(), 2).await.unwrap();
    let names: Vec<String> = scan
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    assert_eq!(names, ["id", "word", "more", "as_of"]);
    let mut read = Vec::new();
    for batch in scan.read() {
        let batch = batch.unwrap();
        let text = |name: &str| {
            let column = batch.column_by_name(name).unwrap().as_string::<i32>();
            column.iter().next().flatten().map(str::to_owned)
        };
        read.push((text("word"), text("more")));
    }
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        read,
        [(some("x"), None), (None, some("y")), (some("z"), None)]
    );
    assert_eq!(ids(&lake.scan_table(&words(), 0).await.unwrap()), [1]);
    assert!(
        lake.scan(&words(), 0, &[date("2024-10-01")], &["more".into()])
            .await
            .is_err(),
        "an earlier version does not know the column"
    );

    let other = Arc::new(Schema::new(vec![Field::new("more", DataType::Int64, true)]));
    let columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(vec![4]))];
    let other = RecordBatch::try_new(other, columns).unwrap();
    let refused = commit(root, "d", on("2024-10-04"), &other);
    let error = commit_stream(streamed(refused), ColumnChange::Additive)
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("column more is Utf8 in the table and Int64 in the rows"),
        "{error}"
    );
    assert_eq!(lake.latest_version(&words()).unwrap(), 2);
}
