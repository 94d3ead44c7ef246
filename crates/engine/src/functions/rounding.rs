//! The three roundings of floats: Python's, numpy's, SQLite's.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use deltalake::datafusion::error::Result;
use relift_values::{
    SqliteRelease, numpy_round, python_round_float, python_round_float_to_integer,
    python_round_integer, sqlite_round,
};

use super::function::{
    Constants, Function, each, each_pair, failed, integer, number, text, text_at,
};

pub(super) const PY_ROUND: Function = Function {
    name: "py_round",
    parameters: "number [, digits]",
    summary: "rounds as Python's round(): the exact binary value, half to even; to an integer without digits",
    coerced: |types| match types {
        [x] | [x, _] if types[1..].iter().all(integer) && number(x) => {
            let x = if integer(x) {
                DataType::Int64
            } else {
                DataType::Float64
            };
            Some(
                [x].into_iter()
                    .chain(types[1..].iter().map(|_| DataType::Int64))
                    .collect(),
            )
        }
        _ => None,
    },
    returned: |types, _| {
        Ok(if types.len() == 1 {
            DataType::Int64
        } else {
            types[0].clone()
        })
    },
    computed: |arrays, _| match (arrays, arrays[0].data_type()) {
        ([x], DataType::Int64) => Ok(x.clone()),
        ([x], _) => each::<Float64Type, Int64Type>(x.as_primitive(), |x| {
            python_round_float_to_integer(x).map(Some).map_err(failed)
        }),
        (_, DataType::Int64) => each_pair::<Int64Type, Int64Type, Int64Type>(
            arrays[0].as_primitive(),
            arrays[1].as_primitive(),
            |x, n| python_round_integer(x, n).map(Some).map_err(failed),
        ),
        _ => doubles(arrays, |x, n| python_round_float(x, n).map_err(failed)),
    },
};

pub(super) const NUMPY_ROUND: Function = Function {
    name: "numpy_round",
    parameters: "double, digits",
    summary: "rounds as numpy.round and Series.round: multiplied, rounded half to even, divided",
    coerced: double_and_digits,
    returned: |_, _| Ok(DataType::Float64),
    computed: |arrays, _| doubles(arrays, |x, n| Ok(numpy_round(x, n))),
};

pub(super) const SQLITE_ROUND: Function = Function {
    name: "sqlite_round",
    parameters: "double, digits [, sqlite_version]",
    summary: "rounds as SQLite's round(); before 3.43 its answers differ near ties, hence the version",
    coerced: |types| match types {
        [x, n] => double_and_digits(&[x.clone(), n.clone()]),
        [x, n, version] if number(x) && integer(n) && text(version) => {
            Some(vec![DataType::Float64, DataType::Int64, DataType::Utf8])
        }
        _ => None,
    },
    returned: |_, constants| sqlite_version(constants, 2).map(|()| DataType::Float64),
    computed: |arrays, _| {
        let release = sqlite_release(arrays.get(2))?;
        doubles(arrays, |x, n| Ok(sqlite_round(x, n, release)))
    },
};

/// Checks that an optional version is a constant and names a release.
pub(super) fn sqlite_version(constants: &Constants<'_>, at: usize) -> Result<()> {
    constants
        .text(at, "sqlite_version")?
        .map_or(Ok(()), |version| release_of(version).map(|_| ()))
}

/// The release named by an optional version column, which was checked to be a constant.
pub(super) fn sqlite_release(versions: Option<&ArrayRef>) -> Result<SqliteRelease> {
    let version = versions.and_then(|versions| {
        let versions = versions.as_string::<i32>();
        if versions.is_empty() {
            None
        } else {
            text_at(versions, 0)
        }
    });
    version.map_or(Ok(SqliteRelease::Since343), release_of)
}

fn release_of(version: &str) -> Result<SqliteRelease> {
    SqliteRelease::of_version(version)
        .ok_or_else(|| failed(format!("\"{version}\" is not a version of SQLite 3")))
}

fn double_and_digits(types: &[DataType]) -> Option<Vec<DataType>> {
    match types {
        [x, n] if number(x) && integer(n) => Some(vec![DataType::Float64, DataType::Int64]),
        _ => None,
    }
}

fn doubles(arrays: &[ArrayRef], f: impl Fn(f64, i64) -> Result<f64>) -> Result<ArrayRef> {
    each_pair::<Float64Type, Int64Type, Float64Type>(
        arrays[0].as_primitive(),
        arrays[1].as_primitive(),
        |x, n| f(x, n).map(Some),
    )
}
