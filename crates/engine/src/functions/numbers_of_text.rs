//! Numbers read from text as Python's `int()` and `float()` read them.

use std::sync::Arc;

use arrow::array::{AsArray, Float64Array, Int64Array};
use arrow::datatypes::DataType;
use deltalake::datafusion::error::Result;
use relift_values::{python_float_of_text, python_int_of_text};

use super::function::{Function, failed};
use super::text::one_text;

pub(super) const PY_INT_OF_TEXT: Function = Function {
    name: "py_int_of_text",
    parameters: "text",
    summary: "reads an integer as Python's int(text); anything else is an error",
    coerced: one_text,
    returned: |_, _| Ok(DataType::Int64),
    computed: |arrays, _| {
        let texts = arrays[0].as_string::<i32>().iter();
        let numbers: Result<Int64Array> = texts
            .map(|text| {
                text.map(|text| python_int_of_text(text).map_err(failed))
                    .transpose()
            })
            .collect();
        Ok(Arc::new(numbers?))
    },
};

pub(super) const PY_FLOAT_OF_TEXT: Function = Function {
    name: "py_float_of_text",
    parameters: "text",
    summary: "reads a float as Python's float(text); anything else is an error",
    coerced: one_text,
    returned: |_, _| Ok(DataType::Float64),
    computed: |arrays, _| {
        let texts = arrays[0].as_string::<i32>().iter();
        let numbers: Result<Float64Array> = texts
            .map(|text| {
                text.map(|text| python_float_of_text(text).map_err(failed))
                    .transpose()
            })
            .collect();
        Ok(Arc::new(numbers?))
    },
};
