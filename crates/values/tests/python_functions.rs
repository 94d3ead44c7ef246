//! Every operation of [`PythonFunction`] beside what CPython 3.11 answered.
//!
//! `fixtures/record_python_functions.py` makes the table. An answer that is not modelled is allowed, a
//! different one is not.

use std::collections::BTreeMap;

use relift_values::{Decimal, PythonError, PythonFunction, PythonValue};

fn unescaped(text: &str) -> String {
    let mut made = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c != '\\' {
            made.push(c);
            continue;
        }
        match characters.clone().next() {
            Some('x') => {
                characters.next();
                let digits: String = characters.by_ref().take(2).collect();
                made.push(char::from(
                    u8::from_str_radix(&digits, 16).expect("hexadecimal"),
                ));
            }
            Some('u') => {
                characters.next();
                let digits: String = characters.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).expect("hexadecimal");
                made.push(char::from_u32(code).expect("a character"));
            }
            other => {
                characters.next();
                made.push(match other {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some('r') => '\r',
                    Some(other) => other,
                    None => panic!("{text:?} ends in a backslash"),
                });
            }
        }
    }
    made
}

fn value(text: &str) -> PythonValue {
    let (kind, text) = text.split_once(':').expect("a kind");
    match kind {
        "b" => PythonValue::Bool(text == "True"),
        "i" => PythonValue::Int(text.parse().expect("an integer")),
        "f" => PythonValue::Float(text.parse().expect("a float")),
        "x" => PythonValue::Decimal(Decimal::parse(text).expect("a decimal")),
        "m" => PythonValue::Timestamp(text.parse().expect("microseconds")),
        "d" => PythonValue::Date(text.parse().expect("days")),
        _ => PythonValue::Text(unescaped(text)),
    }
}

fn exception(error: &PythonError) -> &'static str {
    match error {
        PythonError::ZeroDivision(_) => "ZeroDivisionError",
        PythonError::Value(_) => "ValueError",
        PythonError::Overflow(_) => "OverflowError",
        PythonError::InvalidOperation(_) => "InvalidOperation",
        PythonError::Index(_) => "IndexError",
        PythonError::BeyondInt64(_) => "big",
        PythonError::Unmodelled(_) => "unmodelled",
    }
}

fn same(a: &PythonValue, b: &PythonValue) -> bool {
    match (a, b) {
        (PythonValue::Float(a), PythonValue::Float(b)) => a.to_bits() == b.to_bits(),
        (a, b) => a == b,
    }
}

#[test]
fn operations_answer_what_python_answered() {
    let table = include_str!("fixtures/python_functions.tsv");
    let mut wrong = Vec::new();
    let mut asked: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for line in table.split_terminator('\n') {
        let mut fields = line.split('\t');
        let name = fields.next().expect("a name");
        let expected = fields.next().expect("a result");
        let function = PythonFunction::parse(name).expect("a known function");
        let arguments: Vec<PythonValue> = fields.map(value).collect();
        let answer = function.evaluate(&arguments);
        let counts = asked.entry(name).or_default();
        counts.0 += 1;
        let right = match (&answer, expected.strip_prefix('!')) {
            (Err(PythonError::Unmodelled(_)), _) => {
                counts.1 += 1;
                true
            }
            (Err(error), Some(wanted)) => {
                // A signal of the context is an InvalidOperation or a ZeroDivisionError.
                function.may_raise()
                    && (exception(error) == wanted
                        || (exception(error) == "ValueError" && wanted == "IllegalMonthError")
                        || (exception(error) == "ZeroDivisionError" && wanted == "DivisionByZero")
                        || (exception(error) == "InvalidOperation"
                            && wanted == "DivisionUndefined"))
            }
            (Ok(found), None) => same(found, &value(expected)),
            _ => false,
        };
        if !right {
            wrong.push(format!("{line}\n    {answer:?}"));
        }
    }
    assert_eq!(
        asked.len(),
        PythonFunction::ALL.len(),
        "every function is recorded"
    );
    for (name, (all, unmodelled)) in asked {
        assert!(
            unmodelled * 2 < all,
            "{name}: {unmodelled} of {all} are not modelled"
        );
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}
