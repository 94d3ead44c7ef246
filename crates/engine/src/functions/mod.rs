//! Functions that every session knows beside DataFusion's own: what a value means in Python and SQLite.
//!
//! They are thin, vectorised shells over `relift_values`, one file per family. NULL in gives NULL out; what
//! raises in Python is an execution error that names the exception.

mod decimals;
mod division;
mod extremes;
mod function;
mod numbers_of_text;
mod pandas_sums;
mod python;
mod rounding;
mod run_loop;
mod sqlite;
mod text;

use deltalake::datafusion::logical_expr::{ScalarUDF, WindowUDF};
use deltalake::datafusion::prelude::SessionContext;
use relift_values::{PythonFunction, SqliteFunction};

pub use function::Function;

/// Every function, by family.
pub static ALL: &[Function] = &[
    rounding::PY_ROUND,
    rounding::NUMPY_ROUND,
    rounding::SQLITE_ROUND,
    decimals::ROUND_HALF_EVEN,
    decimals::QUANTIZE,
    decimals::DECIMAL_OF_DOUBLE,
    division::PY_FLOORDIV,
    division::PY_MOD,
    division::SQLITE_DIV,
    division::SQLITE_MOD,
    extremes::PY_MAX,
    extremes::PY_MIN,
    text::PY_REPR,
    text::FIXED_TEXT,
    text::GROUPED_TEXT,
    text::SQLITE_TEXT,
    text::PY_STRIP,
    text::PY_TITLE,
    numbers_of_text::PY_INT_OF_TEXT,
    numbers_of_text::PY_FLOAT_OF_TEXT,
    pandas_sums::PANDAS_GROUP_SUM,
    pandas_sums::PANDAS_GROUP_MEAN,
    pandas_sums::PANDAS_GROUP_VARIANCE,
    pandas_sums::PANDAS_SUM,
    pandas_sums::PANDAS_MEAN,
    pandas_sums::PANDAS_VARIANCE,
    pandas_sums::PANDAS_MEDIAN,
];

/// Makes the functions known to a session.
pub fn register(context: &SessionContext) {
    for function in ALL {
        context.register_udf(ScalarUDF::new_from_impl(*function));
    }
    for function in SqliteFunction::ALL {
        context.register_udf(ScalarUDF::new_from_impl(sqlite::Call(*function)));
    }
    for function in PythonFunction::ALL {
        context.register_udf(ScalarUDF::new_from_impl(python::Operation(*function)));
    }
    context.register_udwf(WindowUDF::new_from_impl(run_loop::RunLoop));
}

#[cfg(test)]
mod tests {
    use arrow::array::RecordBatch;
    use arrow::util::pretty::pretty_format_batches;

    use super::*;
    use crate::Session;

    async fn answer(expression: &str) -> String {
        let result = Session::new()
            .query(&format!("SELECT {expression} AS a"))
            .await;
        match result {
            Ok(result) => {
                let batches: Vec<RecordBatch> = result.batches;
                let table = pretty_format_batches(&batches)
                    .expect("a table")
                    .to_string();
                let cell = table
                    .lines()
                    .nth(3)
                    .unwrap_or_default()
                    .trim_matches('|')
                    .trim()
                    .to_owned();
                format!("{} {cell}", result.schema.field(0).data_type())
                    .trim_end()
                    .to_owned()
            }
            Err(error) => {
                let mut chain = error.to_string();
                let mut source = std::error::Error::source(&error);
                while let Some(cause) = source {
                    chain = format!("{chain}: {cause}");
                    source = cause.source();
                }
                format!("error {chain}")
            }
        }
    }

    #[tokio::test]
    async fn functions_answer_as_documented() {
        let cases = [
            ("py_round(2.675, 2)", "Float64 2.67"),
            ("py_round(CAST(2.5 AS DOUBLE))", "Int64 2"),
            ("py_round(1250, -2)", "Int64 1200"),
            ("py_round(CAST(NULL AS DOUBLE), 2)", "Float64"),
            ("numpy_round(2.675, 2)", "Float64 2.68"),
            ("sqlite_round(2.675, 2)", "Float64 2.67"),
            ("sqlite_round(2.675, 2, '3.40.1')", "Float64 2.68"),
            ("py_repr(CAST(1e16 AS DOUBLE))", "Utf8 1e+16"),
            ("py_repr(5)", "Utf8 5.0"),
            ("fixed_text(1234.5, 2)", "Utf8 1234.50"),
            ("grouped_text(1234.5, 2)", "Utf8 1,234.50"),
            ("py_floordiv(-7, 2)", "Int64 -4"),
            ("py_floordiv(-7.0, 2)", "Float64 -4.0"),
            ("py_mod(-7, 3)", "Int64 2"),
            ("sqlite_div(-7, 2)", "Int64 -3"),
            ("sqlite_div(7, 0)", "Int64"),
            ("sqlite_mod(-7, 3)", "Int64 -1"),
            (
                "round_half_even(CAST(0.125 AS DECIMAL(9,3)), 2)",
                "Decimal128(9, 2) 0.12",
            ),
            (
                "quantize(CAST(0.125 AS DECIMAL(9,3)), 2, 'ROUND_HALF_UP')",
                "Decimal128(38, 2) 0.13",
            ),
            (
                "decimal_of_double(CAST(0.1 AS DOUBLE), 12, 4)",
                "Decimal128(12, 4) 0.1000",
            ),
            ("py_strip(' a\t')", "Utf8 a"),
            ("py_title('it''s')", "Utf8 It'S"),
            ("py_int_of_text(' 1_0 ')", "Int64 10"),
            ("py_float_of_text('1e3')", "Float64 1000.0"),
            ("py_part('a-b-c', '-', -1, 1)", "Utf8 b"),
            ("sqlite_date('2024-01-31', '+1 month')", "Utf8 2024-03-02"),
            ("sqlite_julianday('2024-02-29')", "Float64 2460369.5"),
            ("sqlite_int_of_text('12abc')", "Int64 12"),
            (
                "sqlite_format('%05.1f|%s', 2.25, NULL, '3.40.1')",
                "Utf8 002.3|",
            ),
            ("py_is_int(' 12 ')", "Boolean true"),
            ("py_part('a-b', '-', -1, 2)", "Utf8"),
            ("py_date(2023, 2, 29)", "Date32"),
            ("py_decimal_divide('1', '0')", "Utf8"),
            ("py_is_int(CAST(NULL AS VARCHAR))", "Boolean"),
            ("py_format_float(1234.5, ',.2f')", "Utf8 1,234.50"),
            ("py_power(2, 0.5)", "Float64 1.4142135623730951"),
            ("py_date(2024, 2, 29)", "Date32 2024-02-29"),
            (
                "py_strptime('2024-02-29 13:05:09', '%Y-%m-%d %H:%M:%S')",
                "Timestamp(µs) 2024-02-29T13:05:09",
            ),
            ("py_hour(TIMESTAMP '2024-02-29 13:05:09')", "Int64 13"),
            ("py_strftime(DATE '2024-02-29', '%d %b')", "Utf8 29 Feb"),
            (
                "py_decimal_quantize(py_decimal_divide('1', '3'), 2, 'ROUND_HALF_UP')",
                "Decimal128(38, 2) 0.33",
            ),
            (
                "pandas_group_sum([0.1, 0.2, 0.3, 1e16, -1e16])",
                "Float64 0.0",
            ),
            (
                "pandas_sum([0.1, NULL, 0.2])",
                "Float64 0.30000000000000004",
            ),
            ("pandas_mean([1.0, NULL, 2.0])", "Float64 1.5"),
            ("pandas_median([3.0, 1.0, NULL, 2.0, 5.0])", "Float64 2.5"),
            (
                "pandas_variance([1.0, 2.0, 4.0])",
                "Float64 2.333333333333333",
            ),
            ("pandas_group_variance([1.0])", "Float64"),
        ];
        for (expression, expected) in cases {
            assert_eq!(answer(expression).await, expected, "{expression}");
        }
    }

    #[tokio::test]
    async fn a_loop_runs_over_the_rows_of_each_partition_in_order() {
        let query = "SELECT k, get_field(carried, 'stock') AS a FROM (
            SELECT k, n, run_loop(
                'columns { wanted } { creates true, presence p, slot before after stock
                   first least(wanted, 5) next least(add(previous(before), wanted), 5) }',
                named_struct('before', CAST(NULL AS BIGINT), 'stock', CAST(NULL AS BIGINT)),
                wanted
            ) OVER (PARTITION BY k ORDER BY n DESC) AS carried
            FROM (VALUES ('x', 1, 2), ('x', 2, 4), ('y', 3, 9), ('x', 4, -1)) AS t (k, n, wanted)
        ) ORDER BY k, n";
        let result = Session::new().query(query).await.expect("it runs");
        let table = pretty_format_batches(&result.batches)
            .expect("a table")
            .to_string();
        let cells: Vec<&str> = table
            .lines()
            .filter_map(|line| line.split('|').nth(2))
            .map(str::trim)
            .collect();
        // From the last row on: -1, then -1 + 4, then 3 + 2.
        assert_eq!(cells, ["a", "5", "3", "-1", "5"]);
    }

    #[tokio::test]
    async fn what_raises_in_python_is_an_error_that_says_so() {
        let cases = [
            ("py_floordiv(1, 0)", "ZeroDivisionError"),
            ("py_mod(1.5, 0.0)", "ZeroDivisionError"),
            ("py_int('99999999999999999999')", "64 bits"),
            ("py_exp(1000)", "OverflowError"),
            ("py_isalpha('日')", "not modelled"),
            (
                "py_decimal_quantize('1E+30', 2, 'ROUND_UP')",
                "InvalidOperation",
            ),
            (
                "py_int_of_text('5.7')",
                "ValueError: invalid literal for int() with base 10: '5.7'",
            ),
            (
                "decimal_of_double(CAST(0.12345 AS DOUBLE), 12, 4)",
                "0.12345 has more digits than decimal(12,4)",
            ),
            (
                "quantize(CAST(1 AS DECIMAL(9,3)), 2, 'ROUND_BANKERS')",
                "ROUND_HALF_EVEN",
            ),
            (
                "round_half_even(CAST(1 AS DECIMAL(9,3)), 99)",
                "round_half_even",
            ),
        ];
        for (expression, expected) in cases {
            let found = answer(expression).await;
            assert!(
                found.starts_with("error") && found.contains(expected),
                "{expression}: {found}"
            );
        }
    }

    #[test]
    fn names_are_unique() {
        let all = ALL.iter().map(|function| function.name);
        let names: std::collections::BTreeSet<&str> = all
            .chain(PythonFunction::ALL.iter().map(|function| function.name()))
            .chain(SqliteFunction::ALL.iter().map(|function| function.name()))
            .collect();
        let count = ALL.len() + PythonFunction::ALL.len() + SqliteFunction::ALL.len();
        assert_eq!(names.len(), count);
    }
}
