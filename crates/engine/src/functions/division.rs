//! Division and remainder as Python (towards minus infinity) and SQLite (truncating, NULL by zero) have them.

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use deltalake::datafusion::error::Result;
use relift_values::{
    PythonError, SqliteNumber, python_floor_divide_floats, python_floor_divide_integers,
    python_modulo_floats, python_modulo_integers, sqlite_divide, sqlite_modulo,
};

use super::function::{Function, each_pair, failed, integer, number};

pub(super) const PY_FLOORDIV: Function = Function {
    name: "py_floordiv",
    parameters: "a, b",
    summary: "divides as Python's a // b; by zero is an error",
    coerced: both_numbers,
    returned: |types, _| Ok(types[0].clone()),
    computed: |arrays, _| {
        python(
            arrays,
            python_floor_divide_integers,
            python_floor_divide_floats,
        )
    },
};

pub(super) const PY_MOD: Function = Function {
    name: "py_mod",
    parameters: "a, b",
    summary: "takes the remainder as Python's a % b, with the sign of b; by zero is an error",
    coerced: both_numbers,
    returned: |types, _| Ok(types[0].clone()),
    computed: |arrays, _| python(arrays, python_modulo_integers, python_modulo_floats),
};

pub(super) const SQLITE_DIV: Function = Function {
    name: "sqlite_div",
    parameters: "a, b",
    summary: "divides as SQLite's a / b: integers truncate, by zero is NULL",
    coerced: both_numbers,
    returned: |types, _| Ok(types[0].clone()),
    computed: |arrays, _| sqlite(arrays, sqlite_divide),
};

pub(super) const SQLITE_MOD: Function = Function {
    name: "sqlite_mod",
    parameters: "a, b",
    summary: "takes the remainder as SQLite's a % b: both sides become integers, by zero is NULL",
    coerced: both_numbers,
    returned: |types, _| Ok(types[0].clone()),
    computed: |arrays, _| sqlite(arrays, sqlite_modulo),
};

/// Two integers stay integers; anything else is computed in doubles.
fn both_numbers(types: &[DataType]) -> Option<Vec<DataType>> {
    match types {
        [a, b] if integer(a) && integer(b) => Some(vec![DataType::Int64; 2]),
        [a, b] if number(a) && number(b) => Some(vec![DataType::Float64; 2]),
        _ => None,
    }
}

fn python(
    arrays: &[ArrayRef],
    integers: fn(i64, i64) -> Result<i64, PythonError>,
    floats: fn(f64, f64) -> Result<f64, PythonError>,
) -> Result<ArrayRef> {
    let (a, b) = (&arrays[0], &arrays[1]);
    if a.data_type() == &DataType::Int64 {
        each_pair::<Int64Type, Int64Type, Int64Type>(a.as_primitive(), b.as_primitive(), |a, b| {
            integers(a, b).map(Some).map_err(failed)
        })
    } else {
        each_pair::<Float64Type, Float64Type, Float64Type>(
            a.as_primitive(),
            b.as_primitive(),
            |a, b| floats(a, b).map(Some).map_err(failed),
        )
    }
}

fn sqlite(
    arrays: &[ArrayRef],
    operation: fn(SqliteNumber, SqliteNumber) -> Option<SqliteNumber>,
) -> Result<ArrayRef> {
    let (a, b) = (&arrays[0], &arrays[1]);
    if a.data_type() == &DataType::Int64 {
        each_pair::<Int64Type, Int64Type, Int64Type>(a.as_primitive(), b.as_primitive(), |a, b| {
            match operation(SqliteNumber::Integer(a), SqliteNumber::Integer(b)) {
                None => Ok(None),
                Some(SqliteNumber::Integer(whole)) => Ok(Some(whole)),
                // The smallest integer divided by -1 is a REAL in SQLite.
                Some(SqliteNumber::Real(_)) => {
                    Err(failed(format!("{a} and {b} give a number beyond 64 bits")))
                }
            }
        })
    } else {
        each_pair::<Float64Type, Float64Type, Float64Type>(
            a.as_primitive(),
            b.as_primitive(),
            |a, b| {
                Ok(operation(SqliteNumber::Real(a), SqliteNumber::Real(b)).map(SqliteNumber::real))
            },
        )
    }
}
