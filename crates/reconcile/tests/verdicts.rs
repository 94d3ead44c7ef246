//! Verdicts and causes on small outputs.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use relift_job::EffectiveDate;
use relift_reconcile::{
    CAUSES, Comparison, Grade, Output, ReconcileReport, RunOutput, Status, TextLayout, reconcile,
};

fn date() -> EffectiveDate {
    EffectiveDate::parse("2024-10-31").expect("a date")
}

fn text(content: &str) -> RunOutput {
    let layout = TextLayout {
        header: true,
        trailer: content.contains("TRAILER"),
    };
    wrote(Output::Text {
        bytes: content.as_bytes().to_vec(),
        layout,
    })
}

fn wrote(output: Output) -> RunOutput {
    RunOutput::Wrote(BTreeMap::from([("out".to_owned(), output)]))
}

fn compare(legacy: &str, rewrite: &str) -> Comparison {
    reconcile(&text(legacy), &text(rewrite), date())
}

/// Name and statement of the cause, for outputs that differ.
fn cause(comparison: &Comparison) -> String {
    assert_ne!(comparison.status, Status::Pass);
    let cause = comparison.outputs[0].cause.as_ref().expect("a cause");
    format!("{}: {}", cause.name, cause.statement)
}

#[test]
fn each_cause_is_found_by_its_case() {
    let cases = [
        (
            "id\n1\n2\n",
            "id\r\n1\r\n2\r\n",
            "line-ending: assuming only line ends differ, 2 of 2 rows agree",
        ),
        (
            "id\n1\n2\nTRAILER|2\n",
            "id\n1\n2\nTRAILER|3\n",
            "trailer-line: assuming only the trailer differs, 2 of 2 rows agree",
        ),
        (
            "id\n1\n",
            "ID\n1\n",
            "columns: assuming only names or types of columns differ, 1 of 1 rows agree",
        ),
        (
            "id\n1\n2\n3\n",
            "id\n2\n1\n3\n",
            "row-order: assuming only the order differs (2 rows stand elsewhere), 3 of 3 rows agree",
        ),
        (
            "id,x\n1,0.12\n2,2.5\n3,0.14\n",
            "id,x\n1,0.13\n2,2.5\n3,0.15\n",
            "rounding-mode: assuming legacy rounds half to even and the rewrite half up in column x, 3 of 3 rows agree",
        ),
        (
            "id,x\n1,0.13\n2,0.15\n",
            "id,x\n1,0.12\n2,0.14\n",
            "rounding-mode: assuming legacy rounds half up and the rewrite half to even in column x, 2 of 2 rows agree",
        ),
        (
            "id,x\n1,0.30000000000000004\n2,5.0\n",
            "id,x\n1,0.3\n2,5.0\n",
            "float-noise: assuming floats are equal up to rounding noise in column x, 2 of 2 rows agree",
        ),
        (
            "id,x\n1,1.50\n2,7\n",
            "id,x\n1,1.5\n2,7.0\n",
            "number-text: assuming equal numbers are printed differently in column x, 2 of 2 rows agree",
        ),
        (
            "id,d\n1,10/1/2024\n2,10/31/2024\n",
            "id,d\n1,2024-10-01\n2,2024-10-31\n",
            "date-text: assuming equal dates are printed in another format in column d, 2 of 2 rows agree",
        ),
        (
            "id,d\n1,2024-10-31\n2,2024-10-01\n",
            "id,d\n1,2024-11-01\n2,2024-10-02\n",
            "date-shift: assuming dates of the rewrite are 1 day later in column d (effective date 2024-10-31), 2 of 2 \
             rows agree",
        ),
        (
            "id,r\n1,\n2,north\n",
            "id,r\n1,None\n2,north\n",
            "null-text: assuming absent values are written differently in column r, 2 of 2 rows agree",
        ),
        (
            "id,r\n1,north\n2,UNKNOWN\n3,UNKNOWN\n",
            "id,r\n1,north\n",
            "missing-rows: assuming the rewrite drops 2 rows that legacy keeps (an inner join for an outer one, or a \
             filter), all with r = UNKNOWN, 3 of 3 rows agree",
        ),
        (
            "id,r\n1,north\n2,south\n",
            "id,r\n1,north\n2,south\n2,south\n",
            "surplus-rows: assuming the rewrite repeats 1 rows (a join on a key that is not unique), 3 of 3 rows agree",
        ),
        (
            "id,r,s\n1,north,a\n2,south,b\n",
            "id,r,s\n1,x,a\n2,x,b\n",
            "column-differs: assuming only column r is wrong, where the rewrite always has the same value, 2 of 2 rows \
             agree",
        ),
    ];
    for (legacy, rewrite, expected) in cases {
        assert_eq!(cause(&compare(legacy, rewrite)), expected);
    }
    let (parted, whole) = (parquet(&[&[1, 2], &[3]]), parquet(&[&[1], &[2, 3]]));
    let expected = "part-split: assuming only the split into parts differs, 3 of 3 rows agree";
    assert_eq!(cause(&reconcile(&parted, &whole, date())), expected);
    assert_eq!(CAUSES.len(), cases.len());
}

fn parquet(parts: &[&[i64]]) -> RunOutput {
    let part = |values: &[i64]| {
        let column: ArrayRef = Arc::new(Int64Array::from(values.to_vec()));
        let batch = RecordBatch::try_from_iter([("id", column)]).expect("a batch");
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
        writer.write(&batch).expect("written");
        writer.close().expect("closed");
        bytes
    };
    let parts = parts
        .iter()
        .enumerate()
        .map(|(at, values)| (format!("part-{at:05}.parquet"), part(values)))
        .collect();
    wrote(Output::Parquet { parts })
}

fn table(columns: Vec<(&str, ArrayRef)>) -> RunOutput {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    )
    .expect("a batch");
    let schema: SchemaRef = batch.schema();
    wrote(Output::Table {
        schema,
        batches: vec![batch],
    })
}

fn integers(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

#[test]
fn grades_are_those_of_the_kind_of_output() {
    let same = compare("id\n1\n", "id\n1\n");
    assert_eq!(
        (same.status, same.grade, same.match_percent()),
        (Status::Pass, Grade::Bytes, 100.0)
    );
    let moved = compare("id\n1\n2\n", "id\n2\n1\n");
    assert_eq!(
        (moved.status, moved.grade, moved.match_percent()),
        (Status::Differs, Grade::Multiset, 100.0)
    );
    let parquet_same = reconcile(&parquet(&[&[1, 2]]), &parquet(&[&[1, 2]]), date());
    assert_eq!(
        (parquet_same.status, parquet_same.grade),
        (Status::Pass, Grade::Ordered)
    );
    let parquet_moved = reconcile(&parquet(&[&[1, 2]]), &parquet(&[&[2, 1]]), date());
    assert_eq!(
        (parquet_moved.status, parquet_moved.grade),
        (Status::Differs, Grade::Multiset)
    );
    let empty = reconcile(&parquet(&[]), &parquet(&[]), date());
    assert_eq!((empty.status, empty.match_percent()), (Status::Pass, 100.0));
    let one = reconcile(&parquet(&[]), &parquet(&[&[1]]), date());
    assert_eq!((one.status, one.match_percent()), (Status::Differs, 0.0));
    let tables = reconcile(
        &table(vec![("id", integers(&[1, 2]))]),
        &table(vec![("id", integers(&[2, 1]))]),
        date(),
    );
    assert_eq!(
        (tables.status, tables.grade),
        (Status::Pass, Grade::Multiset)
    );
}

#[test]
fn types_and_names_of_columns_count() {
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let typed = reconcile(
        &table(vec![("id", integers(&[1, 2]))]),
        &table(vec![("id", floats)]),
        date(),
    );
    assert_eq!(
        (typed.status, typed.grade, typed.rows_matched),
        (Status::Differs, Grade::Differs, 0)
    );
    let named = reconcile(
        &table(vec![("id", integers(&[1]))]),
        &table(vec![("ID", integers(&[1]))]),
        date(),
    );
    assert_eq!(
        cause(&named),
        "columns: assuming only names or types of columns differ, 1 of 1 rows agree"
    );
    let missing: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>]));
    let empty: ArrayRef = Arc::new(StringArray::from(vec![""]));
    let nulls = reconcile(
        &table(vec![("id", integers(&[1])), ("r", missing)]),
        &table(vec![("id", integers(&[1])), ("r", empty)]),
        date(),
    );
    assert!(cause(&nulls).starts_with("null-text"));
}

#[test]
fn runs_that_raise_or_are_missing_have_their_status() {
    let raised = RunOutput::Raised("KeyError: 'x'\nmore".into());
    let wrote = text("id\n1\n");
    let status = |a: &RunOutput, b: &RunOutput| reconcile(a, b, date()).status;
    assert_eq!(status(&raised, &raised), Status::Pass);
    assert_eq!(status(&raised, &wrote), Status::Differs);
    assert_eq!(status(&wrote, &raised), Status::Error);
    assert_eq!(status(&RunOutput::Missing, &wrote), Status::Missing);
    assert_eq!(status(&wrote, &RunOutput::Missing), Status::Missing);
    let nothing = RunOutput::Wrote(BTreeMap::new());
    assert_eq!(status(&nothing, &nothing), Status::Pass);
    assert_eq!(status(&nothing, &wrote), Status::Differs);
    let line = reconcile(&wrote, &nothing, date()).cause_line();
    assert_eq!(line, "out: the rewrite did not write it");
}

#[test]
fn differing_rows_show_both_sides_and_the_report_reads_back() {
    let comparison = compare("id,x\n1,a\n2,b\n", "id,x\n1,a\n2,c\n");
    let difference = &comparison.outputs[0].differences[0];
    assert_eq!(difference.columns, ["x"]);
    assert_eq!(difference.legacy.as_ref().map(|(row, _)| *row), Some(2));
    let report = ReconcileReport::new(&"late".into(), [(date(), &comparison)]);
    let read: ReconcileReport = serde_json::from_str(&report.to_json()).expect("it reads back");
    assert_eq!(read, report);
}

proptest::proptest! {
    #[test]
    fn equal_outputs_are_clean(rows in proptest::collection::vec((0_i64..5, "[a-c]{0,2}"), 0..12)) {
        let content = rows.iter().fold("id,x\n".to_owned(), |text, (id, x)| format!("{text}{id},{x}\n"));
        let comparison = compare(&content, &content);
        proptest::prop_assert_eq!(comparison.status, Status::Pass);
        proptest::prop_assert_eq!(comparison.rows_matched, rows.len() as u64);
    }

    #[test]
    fn mutated_outputs_are_not(
        rows in proptest::collection::vec((0_i64..5, "[a-c]{0,2}"), 1..12),
        at in 0_usize..12,
        mutation in 0_usize..3,
    ) {
        let print = |rows: &[(i64, String)]| rows.iter().fold("id,x\n".to_owned(), |text, (id, x)| format!("{text}{id},{x}\n"));
        let mut changed = rows.clone();
        let at = at % rows.len();
        match mutation {
            0 => changed[at].0 += 100,
            1 => { changed.remove(at); }
            _ => changed.insert(at, (7, "new".to_owned())),
        }
        let comparison = compare(&print(&rows), &print(&changed));
        proptest::prop_assert_eq!(comparison.status, Status::Differs);
        proptest::prop_assert!(comparison.match_percent() < 100.0);
        proptest::prop_assert!(comparison.outputs[0].cause.is_some());
        proptest::prop_assert!(!comparison.outputs[0].differences.is_empty());
    }
}
