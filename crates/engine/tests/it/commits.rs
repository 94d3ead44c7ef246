//! Writing: each run exactly once, whatever is repeated, raced or replaced.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use deltalake::DeltaTableBuilder;
use deltalake::kernel::Transaction;
use deltalake::kernel::transaction::CommitProperties;
use relift_engine::{CommitMode, EngineError, Lake, commit_table, content_hash};

use super::{commit, date, ids, on, rows, schema, words};

#[tokio::test]
async fn a_repeated_commit_is_adopted() {
    let folder = tempfile::tempdir().unwrap();
    let first = commit(
        folder.path(),
        "job/2024-10-01",
        CommitMode::Append,
        &rows(&[(1, Some("a")), (2, None)]),
    );
    let made = commit_table(&first).await.unwrap();
    assert_eq!((made.delta_version, made.adopted, made.rows), (0, false, 2));

    let mut again = first.clone();
    again.batches = vec![first.batches[0].slice(0, 1), first.batches[0].slice(1, 1)];
    let adopted = commit_table(&again).await.unwrap();
    assert_eq!((adopted.delta_version, adopted.adopted), (0, true));
    assert_eq!(adopted.content_hash, made.content_hash);

    again.batches.pop();
    assert!(matches!(
        commit_table(&again).await.unwrap_err(),
        EngineError::Diverged {
            delta_version: 0,
            ..
        }
    ));
    again.generation = 0;
    assert!(matches!(
        commit_table(&again).await.unwrap_err(),
        EngineError::Outdated { committed: 1, .. }
    ));
}

#[tokio::test]
async fn delta_itself_does_not_refuse_a_repeated_transaction() {
    // The reason why commits look into the log first. If this fails, delta-rs has learnt it.
    let folder = tempfile::tempdir().unwrap();
    let mut table =
        DeltaTableBuilder::from_url(url::Url::from_directory_path(folder.path()).unwrap())
            .unwrap()
            .build()
            .unwrap();
    for version in 0..2 {
        let properties =
            CommitProperties::default().with_application_transaction(Transaction::new("run", 1));
        table = table
            .write(vec![rows(&[(1, None)])])
            .with_commit_properties(properties)
            .await
            .unwrap();
        assert_eq!(table.version(), Some(version));
    }
}

#[tokio::test]
async fn modes_replace_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_owned(), "as_of");
    let run = async |app_id: &str, generation, mode, id| {
        let mut commit = commit(folder.path(), app_id, mode, &rows(&[(id, None)]));
        commit.generation = generation;
        let version = commit_table(&commit).await.unwrap().delta_version;
        ids(&lake.scan_table(&words(), version).await.unwrap())
    };
    assert_eq!(run("d1", 1, CommitMode::Append, 1).await, [1]);
    assert_eq!(run("d2", 1, CommitMode::Append, 2).await, [1, 2]);
    assert_eq!(run("d3", 1, CommitMode::Append, 3).await, [1, 2, 3]);
    assert_eq!(run("d2", 2, CommitMode::ReplaceRun, 22).await, [1, 3, 22]);
    assert_eq!(run("d2", 3, CommitMode::ReplaceRun, 23).await, [1, 3, 23]);
    assert_eq!(run("d4", 1, CommitMode::OverwriteAll, 4).await, [4]);
    assert_eq!(
        ids(&lake.scan_table(&words(), 2).await.unwrap()),
        [1, 2, 3],
        "old versions stay readable"
    );
    assert_eq!(ids(&lake.scan_added(&words(), 4).await.unwrap()), [23]);

    let runs = lake.committed_runs(&words()).unwrap();
    assert_eq!(runs.keys().collect::<Vec<_>>(), ["d1", "d2", "d3", "d4"]);
    assert_eq!((runs["d2"].generation, runs["d2"].delta_version), (3, 4));
    assert!(runs["d2"].content_hash.is_some());
}

#[tokio::test]
async fn a_partition_is_replaced_alone_and_only_by_its_own_date() {
    let folder = tempfile::tempdir().unwrap();
    for (app_id, day, id) in [
        ("a", "2024-10-01", 1),
        ("b", "2024-10-02", 2),
        ("c", "2024-10-01", 3),
    ] {
        commit_table(&commit(
            folder.path(),
            app_id,
            on(day),
            &rows(&[(id, None)]),
        ))
        .await
        .unwrap();
    }
    let lake = Lake::open(folder.path().to_owned(), "as_of");
    let dates = [date("2024-10-01"), date("2024-10-02")];
    assert_eq!(
        ids(&lake
            .scan(&words(), 2, &dates, &["id".into()])
            .await
            .unwrap()),
        [3, 2]
    );

    let scan = lake
        .scan(&words(), 2, &dates, &["id".into(), "word".into()])
        .await
        .unwrap();
    let batches: Vec<RecordBatch> = scan.read().collect::<Result<_, _>>().unwrap();
    let mut both = commit(folder.path(), "d", on("2024-10-01"), &batches[0]);
    assert_eq!(
        commit_table(&both).await.unwrap().delta_version,
        3,
        "the date column may be given"
    );
    both.app_id = "e".to_owned();
    both.batches = batches;
    let error = commit_table(&both).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("as_of must hold the date 2024-10-01"),
        "{error}"
    );
}

#[tokio::test]
async fn columns_change_only_with_the_whole_content() {
    let folder = tempfile::tempdir().unwrap();
    commit_table(&commit(
        folder.path(),
        "a",
        CommitMode::Append,
        &rows(&[(1, None)]),
    ))
    .await
    .unwrap();
    let other = Arc::new(Schema::new(vec![Field::new("id", DataType::Float64, true)]));
    let mut changed = commit(folder.path(), "b", CommitMode::Append, &rows(&[]));
    changed.schema = other.clone();
    changed.batches = vec![];
    let error = commit_table(&changed).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("column 1 is id Int64 in the table and id Float64 in the rows"),
        "{error}"
    );
    changed.mode = CommitMode::OverwriteAll;
    assert_eq!(commit_table(&changed).await.unwrap().delta_version, 1);
    let lake = Lake::open(folder.path().to_owned(), "as_of");
    let scan = lake.scan_table(&words(), 1).await.unwrap();
    assert_eq!((scan.schema(), scan.read().count()), (other, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_writers_lose_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut writers = Vec::new();
    for writer in 0..8_i64 {
        let root = folder.path().to_owned();
        writers.push(tokio::spawn(async move {
            for turn in 0..4 {
                // Writers 2k and 2k+1 are two processes doing the same run.
                let run = writer / 2 * 100 + turn;
                let rows = rows(&[(run, Some("x"))]);
                commit_table(&commit(
                    &root,
                    &format!("run/{run}"),
                    CommitMode::Append,
                    &rows,
                ))
                .await
                .unwrap();
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let lake = Lake::open(folder.path().to_owned(), "as_of");
    let version = lake.latest_version(&words()).unwrap();
    let mut found = ids(&lake.scan_table(&words(), version).await.unwrap());
    found.sort_unstable();
    let expected: Vec<i64> = (0..4)
        .flat_map(|pair| (0..4).map(move |turn| pair * 100 + turn))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(version, 15);
}

#[test]
fn content_hashes_see_values_and_order_but_no_batches() {
    let hash = |batches: &[RecordBatch]| content_hash(&schema(), batches).unwrap();
    let whole = rows(&[(1, Some("a")), (2, None), (3, Some(""))]);
    assert_eq!(
        hash(std::slice::from_ref(&whole)),
        hash(&[whole.slice(0, 2), whole.slice(2, 1)])
    );
    assert_ne!(
        hash(std::slice::from_ref(&whole)),
        hash(&[rows(&[(1, Some("a")), (2, Some("")), (3, None)])])
    );
    assert_ne!(
        hash(std::slice::from_ref(&whole)),
        hash(&[rows(&[(2, None), (1, Some("a")), (3, Some(""))])])
    );
    assert_ne!(hash(&[]), hash(&[whole]));
}
