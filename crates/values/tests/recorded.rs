//! Answers recorded from CPython, numpy and SQLite; `tests/fixtures/record.py` says how to renew them.

use relift_values::{
    CsvRecords, DateFormat, Decimal, DecimalRounding, PythonError, SqliteNumber, SqliteRelease,
    date_from_days, decimal_text, fixed_text, grouped_fixed_text, iso_date, numpy_round,
    pandas_group_mean, pandas_group_sum, pandas_group_variance, pandas_mean, pandas_median,
    pandas_sum, pandas_timestamp_text, pandas_variance, push_csv_record, python_float_of_text,
    python_float_text, python_floor_divide_floats, python_floor_divide_integers,
    python_int_of_text, python_lower, python_modulo_floats, python_modulo_integers,
    python_round_float, python_round_float_to_integer, python_strip, python_title, python_upper,
    sqlite_divide, sqlite_integer_of_text, sqlite_modulo, sqlite_numeric_of_text,
    sqlite_real_of_text, sqlite_real_text, sqlite_round, timestamp_isoformat,
};

fn float(bits: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(bits, 16).expect("recorded bits"))
}

/// Bits as recorded; every NaN is one.
fn bits(value: f64) -> String {
    if value.is_nan() {
        "nan".to_owned()
    } else {
        format!("{:016x}", value.to_bits())
    }
}

fn recorded_bits(field: &str) -> String {
    if field.starts_with('!') || field == "nan" {
        field.to_owned()
    } else {
        bits(float(field))
    }
}

/// The name of the exception, as the recorder writes it.
fn exception<T>(answer: Result<T, PythonError>, text: impl Fn(T) -> String) -> String {
    match answer {
        Ok(value) => text(value),
        Err(PythonError::BeyondInt64(_)) => "!big".to_owned(),
        Err(PythonError::InvalidOperation(_)) => "!InvalidOperation".to_owned(),
        Err(error) => format!(
            "!{}",
            error.to_string().split(':').next().unwrap_or_default()
        ),
    }
}

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().map(|line| line.split('\t').collect())
}

#[test]
#[expect(
    clippy::excessive_precision,
    reason = "every digit of the value is meant: it lies between two shortest texts"
)]
fn a_tie_between_the_shortest_texts_of_a_float_goes_to_the_even_digit() {
    for (value, text) in [
        (2_157_922_921_882_730.25, "2157922921882730.2"),
        (2_157_922_921_882_730.75, "2157922921882730.8"),
        (-2_157_922_921_882_730.25, "-2157922921882730.2"),
        (562_949_953_421_312.25, "562949953421312.2"),
        (562_949_953_421_313.75, "562949953421313.8"),
        (9_007_199_254_740_992.0, "9007199254740992.0"),
        (0.000_123, "0.000123"),
        (-0.0, "-0.0"),
        (100.0, "100.0"),
    ] {
        assert_eq!(python_float_text(value), text);
    }
}

#[test]
fn years_are_padded_in_iso_dates_and_not_by_strftime() {
    let first = jiff::civil::date(1, 1, 1);
    let text = |pattern| DateFormat::parse(pattern).expect("a format").text(first);
    assert_eq!(
        (text("iso"), text("%Y-%m-%d")),
        ("0001-01-01".into(), "1-01-01".into())
    );
}

#[test]
fn floats_print_and_round_as_in_python_and_numpy() {
    for row in rows(include_str!("fixtures/floats.tsv")) {
        let x = float(row[0]);
        assert_eq!(python_float_text(x), row[1]);
        assert_eq!(fixed_text(x, 2), row[2], "{x:?}");
        assert_eq!(grouped_fixed_text(x, 3), row[3], "{x:?}");
        assert_eq!(fixed_text(x, 0), row[4], "{x:?}");
        for (n, field) in [0, 1, 2, 5, -1, -2].into_iter().zip(&row[5..11]) {
            assert_eq!(
                exception(python_round_float(x, n), bits),
                recorded_bits(field),
                "round({x:?}, {n})"
            );
        }
        assert_eq!(
            exception(python_round_float_to_integer(x), |n| n.to_string()),
            row[11],
            "round({x:?})"
        );
        for (n, field) in [0, 2, 3, -1].into_iter().zip(&row[12..]) {
            assert_eq!(
                bits(numpy_round(x, n)),
                recorded_bits(field),
                "numpy.round({x:?}, {n})"
            );
        }
    }
}

#[test]
fn division_floors_as_in_python() {
    for row in rows(include_str!("fixtures/division.tsv")) {
        if row[0] == "int" {
            let (a, b) = (
                row[1].parse().expect("an integer"),
                row[2].parse().expect("an integer"),
            );
            assert_eq!(
                exception(python_floor_divide_integers(a, b), |n| n.to_string()),
                row[3],
                "{a} // {b}"
            );
            assert_eq!(
                exception(python_modulo_integers(a, b), |n| n.to_string()),
                row[4],
                "{a} % {b}"
            );
        } else {
            let (a, b) = (float(row[1]), float(row[2]));
            assert_eq!(
                exception(python_floor_divide_floats(a, b), bits),
                recorded_bits(row[3]),
                "{a:?} // {b:?}"
            );
            assert_eq!(
                exception(python_modulo_floats(a, b), bits),
                recorded_bits(row[4]),
                "{a:?} % {b:?}"
            );
        }
    }
}

#[test]
fn decimals_quantize_in_every_mode_as_in_python() {
    for row in rows(include_str!("fixtures/decimals.tsv")) {
        let value = Decimal::parse(row[0]).expect("a decimal");
        assert_eq!(value.python_text(), row[1]);
        let scale = row[2].parse().expect("a scale");
        for (mode, field) in DecimalRounding::ALL.into_iter().zip(&row[3..]) {
            let text = exception(value.quantize(scale, mode), |d| {
                decimal_text(d.unscaled, d.scale)
            });
            // A zero has no sign here.
            let zero = field
                .trim_start_matches('-')
                .bytes()
                .all(|b| b == b'0' || b == b'.');
            let expected = if zero {
                field.trim_start_matches('-')
            } else {
                field
            };
            assert_eq!(
                text,
                expected,
                "{} to {scale} by {}",
                row[0],
                mode.python_name()
            );
        }
    }
}

#[test]
fn text_methods_and_conversions_answer_as_in_python() {
    let unescaped = |text: &str| {
        text.replace("\\t", "\t")
            .replace("\\n", "\n")
            .replace("\\x1c", "\u{1c}")
            .replace("\\x1f", "\u{1f}")
            .replace("\\x85", "\u{85}")
            .replace("\\u00a0", "\u{a0}")
            .replace("\\u2003", "\u{2003}")
            .replace("\\u200b", "\u{200b}")
    };
    for row in rows(include_str!("fixtures/text.tsv")) {
        match row[0] {
            "case" => {
                assert_eq!(python_upper(row[1]), row[2]);
                assert_eq!(python_lower(row[1]), row[3]);
                assert_eq!(python_title(row[1]), row[4], "{:?}.title()", row[1]);
            }
            "strip" => assert_eq!(python_strip(&unescaped(row[1])), unescaped(row[2])),
            "int" => assert_eq!(
                exception(python_int_of_text(row[1]), |n| n.to_string()),
                row[2],
                "int({:?})",
                row[1]
            ),
            _ => assert_eq!(
                exception(python_float_of_text(row[1]), bits),
                recorded_bits(row[2]),
                "float({:?})",
                row[1]
            ),
        }
    }
}

#[test]
fn sqlite_answers_as_recorded() {
    let mut release = None;
    let number = |field: &str| match field.split_at(1) {
        ("i", integer) => SqliteNumber::Integer(integer.parse().expect("an integer")),
        (_, real) => SqliteNumber::Real(float(real)),
    };
    let cell = |value: Option<SqliteNumber>| match value {
        None => "NULL".to_owned(),
        Some(SqliteNumber::Integer(n)) => format!("i{n}"),
        Some(SqliteNumber::Real(x)) => format!("r{}", bits(x)),
    };
    for row in rows(include_str!("fixtures/sqlite.tsv")) {
        match row[0] {
            "version" => release = SqliteRelease::of_version(row[1]),
            "real" => {
                let (x, release) = (float(row[1]), release.expect("the version comes first"));
                assert_eq!(
                    sqlite_real_text(x, release).as_deref(),
                    Some(row[2]),
                    "{x:?}"
                );
                for (n, field) in [0, 1, 2, 4, 12].into_iter().zip(&row[3..]) {
                    assert_eq!(
                        bits(sqlite_round(x, n, release)),
                        *field,
                        "round({x:?}, {n})"
                    );
                }
            }
            "op" => {
                let (a, b) = (number(row[1]), number(row[2]));
                assert_eq!(cell(sqlite_divide(a, b)), row[3], "{a:?} / {b:?}");
                assert_eq!(cell(sqlite_modulo(a, b)), row[4], "{a:?} % {b:?}");
            }
            _ => {
                assert_eq!(
                    sqlite_integer_of_text(row[1]).to_string(),
                    row[2],
                    "{:?}",
                    row[1]
                );
                assert_eq!(bits(sqlite_real_of_text(row[1])), row[3], "{:?}", row[1]);
                let kept =
                    sqlite_numeric_of_text(row[1]).map_or("text".to_owned(), |n| cell(Some(n)));
                assert_eq!(kept, row[4], "{:?}", row[1]);
            }
        }
    }
}

#[test]
fn later_sqlite_rounds_the_exact_value() {
    let since = SqliteRelease::Since343;
    for (x, n, expected) in [
        (2.675, 2, 2.67),
        (0.125, 2, 0.13),
        (-0.125, 2, -0.13),
        (9.995, 2, 9.99),
        (99.5, 0, 100.0),
        (0.05, 1, 0.1),
        (9.96, 1, 10.0),
    ] {
        assert_eq!(
            sqlite_round(x, n, since).to_bits(),
            f64::to_bits(expected),
            "round({x}, {n})"
        );
    }
    assert_eq!(sqlite_real_text(0.1 + 0.2, since).as_deref(), Some("0.3"));
    assert_eq!(sqlite_real_text(1e15, since).as_deref(), Some("1.0e+15"));
    assert_eq!(
        sqlite_real_text(-0.00001, since).as_deref(),
        Some("-1.0e-05")
    );
    assert_eq!(
        sqlite_real_text(999_999_999_999_999.6, since).as_deref(),
        Some("1.0e+15")
    );
}

#[test]
fn dates_print_in_the_configured_format() {
    let day = date_from_days(19_997).expect("a date");
    assert_eq!(iso_date(day), "2024-10-01");
    let format = DateFormat::parse("%-m/%-d/%Y").expect("a pattern");
    assert_eq!(format.text(day), "10/1/2024");
    assert_eq!(
        DateFormat::parse("%a %d %B %y 100%%")
            .expect("a pattern")
            .text(day),
        "Tue 01 October 24 100%"
    );
    assert_eq!(
        DateFormat::parse("%Q")
            .expect_err("no such directive")
            .directive,
        "%Q"
    );
    assert_eq!(
        timestamp_isoformat(1_727_773_800_000_000).as_deref(),
        Some("2024-10-01T09:10:00")
    );
    assert_eq!(
        pandas_timestamp_text(-1).as_deref(),
        Some("1969-12-31 23:59:59.999999")
    );
}

#[test]
fn csv_records_quote_like_python() {
    let mut line = String::new();
    push_csv_record(&mut line, ["a,b", "q\"q", "", " x", "n\nl"], "\n");
    push_csv_record(&mut line, [""], "\r\n");
    assert_eq!(line, "\"a,b\",\"q\"\"q\",, x,\"n\nl\"\n\"\"\r\n");
    let read: Vec<Vec<String>> = CsvRecords::new(&line).map(|(_, fields)| fields).collect();
    assert_eq!(read, [vec!["a,b", "q\"q", "", " x", "n\nl"], vec![""]]);
}

proptest::proptest! {
    #[test]
    fn float_text_reads_back(raw: u64) {
        let x = f64::from_bits(raw);
        let read = python_float_of_text(&python_float_text(x)).expect("printed floats are floats");
        proptest::prop_assert!(read.to_bits() == x.to_bits() || x.is_nan() && read.is_nan());
    }

    #[test]
    fn floor_division_and_modulo_fit_together(a: i64, b: i64) {
        if let (Ok(q), Ok(m)) = (python_floor_divide_integers(a, b), python_modulo_integers(a, b)) {
            proptest::prop_assert_eq!(i128::from(q) * i128::from(b) + i128::from(m), i128::from(a));
            proptest::prop_assert!(m == 0 || (m < 0) == (b < 0));
        }
    }

    #[test]
    fn csv_reads_what_it_writes(records: Vec<(String, String)>) {
        let mut text = String::new();
        for (a, b) in &records {
            push_csv_record(&mut text, [a.as_str(), b.as_str()], "\n");
        }
        let read: Vec<Vec<String>> = CsvRecords::new(&text).map(|(_, fields)| fields).collect();
        let written: Vec<Vec<String>> = records.into_iter().map(|(a, b)| vec![a, b]).collect();
        proptest::prop_assert_eq!(read, written);
    }

    #[test]
    fn rounding_never_moves_by_more_than_half_a_unit(cents in -1_000_000_000_i64..1_000_000_000, mode in 0_usize..3) {
        let value = Decimal::new(cents.into(), 4);
        let rounded = value.quantize(2, DecimalRounding::ALL[mode]).expect("few digits");
        proptest::prop_assert!((rounded.unscaled * 100 - value.unscaled).abs() <= 50);
    }
}

#[test]
fn floats_of_a_column_sum_up_as_in_pandas() {
    let mut seen = 0;
    for row in rows(include_str!("fixtures/pandas_sums.tsv")) {
        let number = |field: &str| {
            if field == "nan" {
                f64::NAN
            } else {
                float(field)
            }
        };
        let values: Vec<f64> = row[7..].iter().map(|field| number(field)).collect();
        let answers = [
            pandas_group_sum(&values),
            pandas_group_mean(&values),
            pandas_group_variance(&values),
            pandas_sum(&values),
            pandas_mean(&values),
            pandas_variance(&values),
            pandas_median(&values),
        ];
        let made: Vec<String> = answers.iter().map(|answer| bits(*answer)).collect();
        let recorded: Vec<String> = row[..7].iter().map(|field| recorded_bits(field)).collect();
        assert_eq!(made, recorded, "{} values", values.len());
        seen += 1;
    }
    assert!(seen > 50, "only {seen} columns");
}
