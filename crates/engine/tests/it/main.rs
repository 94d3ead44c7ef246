//! Tables, sessions and commits against real Delta tables in temporary folders.

#![expect(clippy::unwrap_used, reason = "tests")]

mod commits;
mod lakes;
mod planning;
mod sessions;
mod streams;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use relift_engine::{CommitMode, Scan, TableCommit};
use relift_job::{EffectiveDate, TableName};

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("word", DataType::Utf8, true),
    ]))
}

fn rows(rows: &[(i64, Option<&str>)]) -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0)));
    let words: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<StringArray>());
    RecordBatch::try_new(schema(), vec![ids, words]).unwrap()
}

fn date(text: &str) -> EffectiveDate {
    EffectiveDate::parse(text).unwrap()
}

fn words() -> TableName {
    TableName::new("market", "words")
}

fn commit(root: &Path, app_id: &str, mode: CommitMode, batch: &RecordBatch) -> TableCommit {
    TableCommit {
        root: root.to_owned(),
        table: words(),
        app_id: app_id.to_owned(),
        generation: 1,
        mode,
        schema: batch.schema(),
        batches: vec![batch.clone()],
        metadata: BTreeMap::new(),
    }
}

fn on(day: &str) -> CommitMode {
    CommitMode::ReplacePartition {
        column: "as_of".into(),
        date: date(day),
    }
}

/// Ids of a scan, in order.
fn ids(scan: &Scan) -> Vec<i64> {
    let mut ids = Vec::new();
    for batch in scan.read() {
        let batch = batch.unwrap();
        let column = batch
            .column_by_name("id")
            .unwrap()
            .as_any()
            .downcast_ref::<Int64Array>()
            .unwrap()
            .clone();
        ids.extend(column.values());
    }
    ids
}
