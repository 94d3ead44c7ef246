//! The larger and the smaller of two floats as Python chooses them.
//!
//! SQL's `greatest` puts 0.0 above -0.0; for Python they are equal, and of equal values the first stays.

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use deltalake::datafusion::error::Result;

use super::function::{Function, each_pair, number};

pub(super) const PY_MAX: Function = Function {
    name: "py_max",
    parameters: "double, double",
    summary: "the larger as Python's max(): the first of equal ones, so the sign of a zero stays",
    coerced: two_doubles,
    returned: |_, _| Ok(DataType::Float64),
    computed: |arrays, _| chosen(arrays, |first, second| second > first),
};

pub(super) const PY_MIN: Function = Function {
    name: "py_min",
    parameters: "double, double",
    summary: "the smaller as Python's min(): the first of equal ones, so the sign of a zero stays",
    coerced: two_doubles,
    returned: |_, _| Ok(DataType::Float64),
    computed: |arrays, _| chosen(arrays, |first, second| second < first),
};

fn two_doubles(types: &[DataType]) -> Option<Vec<DataType>> {
    match types {
        [first, second] if number(first) && number(second) => Some(vec![DataType::Float64; 2]),
        _ => None,
    }
}

fn chosen(arrays: &[ArrayRef], takes_second: fn(f64, f64) -> bool) -> Result<ArrayRef> {
    each_pair::<Float64Type, Float64Type, Float64Type>(
        arrays[0].as_primitive(),
        arrays[1].as_primitive(),
        |first, second| {
            Ok(Some(if takes_second(first, second) {
                second
            } else {
                first
            }))
        },
    )
}
