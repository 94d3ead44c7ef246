//! Texts as numbers, as SQLite 3.40.1 took them when it was asked: `typeof(x + 0)`, `x + 0`, and how 12,
//! 9007199254740993 and -5 of an INTEGER column and 12.0 of a REAL column compare with the text.

use std::cmp::Ordering;

use relift_values::{
    SqliteNumber, sqlite_compare_with_text, sqlite_operand_of_text, sqlite_whole_of_text,
};

const TEXTS: &[(&str, bool, i64, &str)] = &[
    ("", true, 0, "<<<<"),
    ("abc", true, 0, "<<<<"),
    ("12", true, 12, "=><="),
    (" 12 ", true, 12, "=><="),
    ("12abc", true, 12, "<<<<"),
    ("1.5x", false, 0, "<<<<"),
    (".5", false, 0, ">><>"),
    ("12.", false, 0, "=><="),
    ("12.0", false, 0, "=><="),
    ("1e2", false, 0, "<><<"),
    ("1e", true, 1, "<<<<"),
    ("12e+", true, 12, "<<<<"),
    ("-3", true, -3, ">><>"),
    ("+4", true, 4, ">><>"),
    ("- 5", true, 0, "<<<<"),
    ("0x10", true, 0, "<<<<"),
    (
        "9223372036854775807",
        true,
        9_223_372_036_854_775_807,
        "<<<<",
    ),
    ("9223372036854775808", false, 0, "<<<<"),
    ("9007199254740993", true, 9_007_199_254_740_993, "<=<<"),
    ("-.5e1", false, 0, ">>=>"),
    ("1e400", false, 0, "<<<<"),
    ("\t7\n", true, 7, ">><>"),
    ("1_000", true, 1, "<<<<"),
    ("--1", true, 0, "<<<<"),
    ("e5", true, 0, "<<<<"),
    (".", true, 0, "<<<<"),
    ("12.5.6", false, 0, "<<<<"),
];

#[test]
fn texts_are_the_numbers_sqlite_takes_them_for() {
    for (text, is_integer, integer, _) in TEXTS {
        match sqlite_operand_of_text(text) {
            SqliteNumber::Integer(value) => {
                assert!(*is_integer && value == *integer, "{text:?}: {value}");
            }
            SqliteNumber::Real(value) => assert!(!is_integer, "{text:?}: {value}"),
        }
    }
}

#[test]
fn numbers_compare_with_texts_as_in_sqlite() {
    let numbers = [
        SqliteNumber::Integer(12),
        SqliteNumber::Integer(9_007_199_254_740_993),
        SqliteNumber::Integer(-5),
        SqliteNumber::Real(12.0),
    ];
    for (text, _, _, expected) in TEXTS {
        let found: String = numbers
            .iter()
            .map(|number| match sqlite_compare_with_text(*number, text) {
                Ordering::Less => '<',
                Ordering::Equal => '=',
                Ordering::Greater => '>',
            })
            .collect();
        assert_eq!(found, *expected, "{text:?}");
        let equal = sqlite_whole_of_text(text) == Some(12);
        assert_eq!(equal, expected.starts_with('='), "{text:?}");
    }
}
