//! Scalar functions, line by line: expression and value.

use relift_dataflow::interpret::Interpreter;
use relift_dataflow::{Dataflow, text};
use relift_diagnostics::SourceFile;
use relift_job::JobName;

use crate::graphs::on;

/// The value as printed, or the exception's name.
fn value(expr: &str) -> String {
    let expr = text::parse_expr(&SourceFile::new("expr.txt", expr), 0)
        .unwrap_or_else(|error| panic!("{error}"));
    let flow = Dataflow::new(JobName::from("test"));
    let none = |_, _: &_| None;
    match Interpreter::new(&flow, &none, on("2024-10-31")).evaluate(&expr, &[], &[]) {
        Ok(value) => value.to_string(),
        Err(raised) => raised
            .exception()
            .map_or_else(|| raised.to_string(), str::to_owned),
    }
}

fn check(table: &[(&str, &str)]) {
    for (expr, expected) in table {
        assert_eq!(value(expr), *expected, "{expr}");
    }
}

#[test]
fn comparison_and_truth() {
    check(&[
        ("py_eq(None, None)", "true"),
        ("py_ne(None, 1)", "true"),
        ("py_eq(nan, nan)", "false"),
        ("py_ge(nan, 1.0)", "false"),
        ("not(py_lt(nan, 1.0))", "true"),
        ("sql_eq(None, None)", "None"),
        ("py_eq(1, 1.0)", "true"),
        ("py_eq(1.0d, 1.00d)", "true"),
        ("py_lt('B', 'a')", "true"),
        ("and(None, false)", "false"),
        ("and(None, true)", "None"),
        ("or(None, true)", "true"),
        ("or(false, None)", "None"),
        ("and()", "true"),
        ("and(false, py_eq(divide(1, 0), 1))", "false"),
        ("or(false, py_eq(divide(1, 0), 1))", "ZeroDivisionError"),
        ("truthy(nan)", "true"),
        ("truthy('')", "false"),
        ("truthy(0.00d)", "false"),
        ("truthy(None)", "false"),
        ("is_none(nan)", "false"),
        ("is_missing(nan)", "true"),
        ("coalesce(nan, None, 2.0)", "2.0"),
        ("coalesce(None, None)", "None"),
        ("nullif(1, 1)", "None"),
        ("nullif(1, None)", "1"),
        ("if None then 1 elif true then 2 else 3", "2"),
        ("if true then 1 else divide(1, 0)", "1"),
        ("greatest(1, 1.0, 0)", "1"),
        ("least('b', 'a')", "'a'"),
    ]);
}

#[test]
fn arithmetic() {
    check(&[
        ("add(1, 2)", "3"),
        ("add(1, 0.5)", "1.5"),
        ("add(1.50d, 2)", "3.50d"),
        ("subtract(1.5d, 2.25d)", "-0.75d"),
        ("multiply(1.50d, 0.2d)", "0.300d"),
        ("add(1, None)", "None"),
        ("negate(-2.5)", "2.5"),
        ("absolute(-3.10d)", "3.10d"),
        ("divide(7, 2)", "3.5"),
        ("divide(1, 0)", "ZeroDivisionError"),
        ("divide(1.0, 0.0)", "ZeroDivisionError"),
        ("floor_divide(-7, 2)", "-4"),
        ("modulo(-7, 3)", "2"),
        ("modulo(7.5, -2)", "-0.5"),
        ("sqlite_divide(-7, 2)", "-3"),
        ("sqlite_divide(1, 0)", "None"),
        ("sqlite_modulo(-7, 3)", "-1"),
        (
            "add(9223372036854775807, 1)",
            "integer result does not fit in 64 bits: add(9223372036854775807, 1)",
        ),
    ]);
}

#[test]
fn rounding_and_numbers() {
    check(&[
        ("py_round(2.675, 2)", "2.67"),
        ("numpy_round(2.675, 2)", "2.68"),
        ("sqlite_round(2.675, 2)", "2.68"),
        ("py_round(15, -1)", "20"),
        ("py_round(nan, 2)", "nan"),
        ("py_round_to_int(2.5)", "2"),
        ("quantize_half_up(2.675d, 2)", "2.68d"),
        ("quantize_half_even(2.665d, 2)", "2.66d"),
        ("to_int(-2.7)", "-2"),
        ("to_int(' 5 ')", "5"),
        ("to_int('5.7')", "ValueError"),
        ("to_int(nan)", "ValueError"),
        ("to_float(0.10d)", "0.1"),
        ("to_pandas_float(None)", "nan"),
        ("decimal_of_float(0.1, 4, 2)", "0.1d"),
        ("decimal_of_float(3.0, 4, 0)", "3d"),
        ("sqlite_int('12abc')", "12"),
        ("sqlite_real(nan)", "None"),
        ("sqlite_real('1.5x')", "1.5"),
    ]);
}

#[test]
fn texts() {
    check(&[
        ("to_text(1.0)", "'1.0'"),
        ("to_text(1e16)", "'1e+16'"),
        ("to_text(None)", "'None'"),
        ("to_text(true)", "'True'"),
        ("to_text(2.50d)", "'2.50'"),
        ("to_text(date '2024-02-29')", "'2024-02-29'"),
        ("sqlite_text(1.0)", "'1.0'"),
        ("sqlite_text(true)", "'1'"),
        ("concat('a', 'b', 'c')", "'abc'"),
        ("concat('a', None)", "None"),
        ("upper('straße')", "'STRASSE'"),
        ("sqlite_upper('é')", "'é'"),
        ("strip('\\ta b ')", "'a b'"),
        ("sqlite_trim(' \\ta ')", "'\\ta'"),
        ("title('it\\'s')", "'It\\'S'"),
        ("length('añb')", "3"),
        ("slice('hello', None, 3)", "'hel'"),
        ("slice('hello', -2, None)", "'lo'"),
        ("slice(None, 0, 1)", "None"),
        ("sqlite_substr('hello', -3, 2)", "'ll'"),
        ("sqlite_substr('hello', 0, 2)", "'h'"),
        ("replace('aXbX', 'X', '-')", "'a-b-'"),
        ("starts_with('abc', 'ab')", "true"),
        ("contains('abc', 'x')", "false"),
        ("sqlite_like('Hello', 'h%O')", "true"),
        ("fixed_text(2.675, 2)", "'2.67'"),
        ("fixed_text(3, 1)", "'3.0'"),
        ("fixed_text(2.665d, 2)", "'2.66'"),
        ("thousands_text(-1234567.891, 2)", "'-1,234,567.89'"),
        ("thousands_text(1234.50d, 1)", "'1,234.5'"),
    ]);
}

#[test]
fn dates() {
    check(&[
        ("@effective_date", "date '2024-10-31'"),
        ("iso_text(@processing_time)", "'2024-10-31T00:00:00'"),
        ("to_date(@processing_time)", "date '2024-10-31'"),
        ("year(@effective_date)", "2024"),
        ("weekday(@effective_date)", "3"),
        ("days_between(date '2024-03-01', date '2024-02-01')", "29"),
        ("add_days(date '2024-02-28', 2)", "date '2024-03-01'"),
        ("add_days(date '9999-12-31', 1)", "OverflowError"),
        ("last_day_of_month(date '2023-02-10')", "date '2023-02-28'"),
        ("strftime(date '2024-02-03', '%d/%m/%Y')", "'03/02/2024'"),
    ]);
}
