//! Simplified expressions have the same value, and raise the same, on every row.

use proptest::prelude::*;
use relift_dataflow::interpret::{Interpreter, Value};
use relift_dataflow::{Dataflow, simplify};
use relift_job::{ColumnName, JobName};

use crate::expressions::{COLUMNS, Choices};
use crate::graphs::on;

fn row() -> impl Strategy<Value = Vec<Value>> {
    let float = prop::sample::select(vec![0.0, -0.0, 1.0, 2.5, -1.0]);
    let maybe_nan = prop::sample::select(vec![f64::NAN, 0.0, 1.0, 2.5]);
    (
        any::<bool>(),
        any::<Option<bool>>(),
        -1_i64..3,
        prop::option::of(-1_i64..3),
        float,
        maybe_nan,
        -1_i128..3,
    )
        .prop_map(|(b, nb, i, ni, f, nf, d)| {
            vec![
                b.into(),
                nb.into(),
                i.into(),
                ni.into(),
                f.into(),
                nf.into(),
                Value::decimal(d * 50, 2),
            ]
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn simplifying_changes_no_outcome(
        bytes in prop::collection::vec(any::<u8>(), 0..80),
        rows in prop::collection::vec(row(), 4),
    ) {
        let mut choices = Choices::new(bytes);
        let expr = if choices.below(2) == 0 { choices.truth(4) } else { choices.number(4) };
        let simple = simplify(expr.clone());
        let flow = Dataflow::new(JobName::from("test"));
        let none = |_, _: &_| None;
        let interpreter = Interpreter::new(&flow, &none, on("2024-10-31"));
        let columns = COLUMNS.map(ColumnName::from);
        for row in &rows {
            let before = interpreter.evaluate(&expr, &columns, row);
            let after = interpreter.evaluate(&simple, &columns, row);
            match (before, after) {
                (Ok(before), after) => prop_assert_eq!(Ok(before), after, "{} -> {}", expr, simple),
                (Err(before), after) if before.exception().is_some() => {
                    let after = after.err().and_then(|raised| raised.exception());
                    prop_assert_eq!(before.exception(), after, "{} -> {}", expr, simple);
                }
                // Not the legacy code fails, but the graph says nothing of such values.
                (Err(_), _) => {}
            }
        }
    }
}
