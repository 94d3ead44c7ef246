//! Shapes of queries that DataFusion alone plans wrongly; see `planning.rs` of the engine.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use relift_engine::Session;

/// The answer's rows as text, over a table `t` of three rows.
async fn rows(sql: &str) -> Vec<String> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("weight", DataType::Float64, true),
        Field::new("pieces", DataType::Int64, true),
        Field::new("word", DataType::Utf8, true),
        Field::new("row_no", DataType::Int64, false),
    ]));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Float64Array::from(vec![Some(1.0), Some(-0.0), None])),
        Arc::new(Int64Array::from(vec![Some(1), None, Some(3)])),
        Arc::new(StringArray::from(vec![Some("x"), None, Some("y")])),
        Arc::new(Int64Array::from(vec![0, 1, 2])),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
    let session = Session::new();
    session.register_batches("t", schema, vec![batch]).unwrap();
    let answer = session.query(sql).await.unwrap();
    let mut lines = Vec::new();
    for batch in &answer.batches {
        let options = FormatOptions::default().with_null("-");
        let cells: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
            .collect();
        for row in 0..batch.num_rows() {
            let line: Vec<String> = cells
                .iter()
                .map(|cell| cell.value(row).to_string())
                .collect();
            lines.push(line.join(" "));
        }
    }
    lines
}

#[tokio::test]
async fn windows_are_divided_by_choices_inside_choices() {
    let found = rows(
        "SELECT row_no, row_number() OVER (
            PARTITION BY CASE WHEN CASE WHEN weight IS NULL THEN 5.5 ELSE weight END > pieces
                THEN 'over' ELSE 'under' END
            ORDER BY row_no DESC) AS n
        FROM t ORDER BY row_no",
    )
    .await;
    assert_eq!(found, ["0 2", "1 1", "2 1"]);
}

#[tokio::test]
async fn functions_of_one_window_share_its_computed_keys() {
    // The condition repeats the key where it is not always evaluated.
    let found = rows(
        "SELECT row_no,
            row_number() OVER (ORDER BY weight + 0.0, pieces, row_no) AS n,
            last_value(CASE WHEN weight + 0.0 < 1 THEN row_no END) IGNORE NULLS OVER (
                ORDER BY weight + 0.0, pieces, row_no
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM t ORDER BY row_no",
    )
    .await;
    assert_eq!(found, ["0 2 1", "1 1 -", "2 3 1"]);
}

#[tokio::test]
async fn parts_of_a_union_keep_their_places_through_joins_and_without_an_order() {
    let parts = "WITH parts AS (
            SELECT pieces, word, 1 AS branch, row_no FROM t
            UNION ALL
            SELECT pieces * 10, word, 2 AS branch, row_no FROM t
        )";
    let wanted = ["1 11", "- -", "3 33", "10 11", "- -", "30 33"];
    let joined = rows(&format!(
        "{parts}, totals AS (SELECT word, sum(pieces) AS total FROM parts GROUP BY word)
        SELECT parts.pieces, totals.total
        FROM parts LEFT JOIN totals ON totals.word = parts.word
        ORDER BY branch, row_no"
    ))
    .await;
    assert_eq!(joined, wanted);
    let plain = rows(&format!("{parts} SELECT branch, row_no FROM parts")).await;
    assert_eq!(plain, ["1 0", "1 1", "1 2", "2 0", "2 1", "2 2"]);
}

#[tokio::test]
async fn a_constant_of_the_side_that_may_miss_still_orders() {
    for found in ["TRUE AS found", "pieces AS found"] {
        let sorted = rows(&format!(
            "WITH found AS (SELECT DISTINCT word, {found} FROM t WHERE pieces = 3)
            SELECT t.row_no, CASE WHEN found.found IS NOT NULL THEN 'y' ELSE 'n' END AS has
            FROM t LEFT JOIN found ON found.word = t.word
            ORDER BY has DESC, t.row_no"
        ))
        .await;
        assert_eq!(sorted, ["2 y", "0 n", "1 n"]);
    }
}

#[tokio::test]
async fn the_first_of_equal_zeros_is_chosen() {
    let found = rows(
        "SELECT py_max(-0.0, 0.0), py_max(0.0, -0.0), py_min(0.0, -0.0), py_max(1, 2.5), py_min(weight, 0.5)
        FROM t ORDER BY row_no",
    )
    .await;
    assert_eq!(
        found,
        [
            "-0.0 0.0 0.0 2.5 0.5",
            "-0.0 0.0 0.0 2.5 -0.0",
            "-0.0 0.0 0.0 2.5 -"
        ]
    );
}
