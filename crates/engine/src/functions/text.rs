//! Numbers printed as Python and SQLite print them, and Python's text methods.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use deltalake::datafusion::error::Result;
use relift_values::{
    fixed_text, grouped_fixed_text, python_float_text, python_strip, python_title, sqlite_real_text,
};

use super::function::{Function, each_pair_text, failed, integer, number, text};
use super::rounding::{sqlite_release, sqlite_version};

pub(super) const PY_REPR: Function = Function {
    name: "py_repr",
    parameters: "double",
    summary: "prints a float as Python's str(): 0.1, 5.0, 1e-05, 1e+16",
    coerced: |types| match types {
        [x] if number(x) => Some(vec![DataType::Float64]),
        _ => None,
    },
    returned: |_, _| Ok(DataType::Utf8),
    computed: |arrays, _| {
        let texts = arrays[0]
            .as_primitive::<Float64Type>()
            .iter()
            .map(|x| x.map(python_float_text));
        Ok(Arc::new(texts.collect::<StringArray>()))
    },
};

pub(super) const FIXED_TEXT: Function = Function {
    name: "fixed_text",
    parameters: "double, digits",
    summary: "prints a float as Python's f\"{x:.{digits}f}\"",
    coerced: double_and_digits,
    returned: |_, _| Ok(DataType::Utf8),
    computed: |arrays, _| printed(arrays, fixed_text),
};

pub(super) const GROUPED_TEXT: Function = Function {
    name: "grouped_text",
    parameters: "double, digits",
    summary: "prints a float as Python's f\"{x:,.{digits}f}\"",
    coerced: double_and_digits,
    returned: |_, _| Ok(DataType::Utf8),
    computed: |arrays, _| printed(arrays, grouped_fixed_text),
};

pub(super) const SQLITE_TEXT: Function = Function {
    name: "sqlite_text",
    parameters: "double [, sqlite_version]",
    summary: "prints a REAL as SQLite's CAST(x AS TEXT): 15 significant digits",
    coerced: |types| match types {
        [x] if number(x) => Some(vec![DataType::Float64]),
        [x, version] if number(x) && text(version) => Some(vec![DataType::Float64, DataType::Utf8]),
        _ => None,
    },
    returned: |_, constants| sqlite_version(constants, 1).map(|()| DataType::Utf8),
    computed: |arrays, _| {
        let release = sqlite_release(arrays.get(1))?;
        let reals = arrays[0].as_primitive::<Float64Type>();
        let texts = reals
            .iter()
            .map(|x| x.and_then(|x| sqlite_real_text(x, release)));
        Ok(Arc::new(texts.collect::<StringArray>()))
    },
};

pub(super) const PY_STRIP: Function = Function {
    name: "py_strip",
    parameters: "text",
    summary: "strips all white space from both ends as Python's str.strip()",
    coerced: one_text,
    returned: |_, _| Ok(DataType::Utf8),
    computed: |arrays, _| {
        let texts = arrays[0]
            .as_string::<i32>()
            .iter()
            .map(|text| text.map(python_strip));
        Ok(Arc::new(texts.collect::<StringArray>()))
    },
};

pub(super) const PY_TITLE: Function = Function {
    name: "py_title",
    parameters: "text",
    summary: "converts as Python's str.title(): a word starts after every character without case",
    coerced: one_text,
    returned: |_, _| Ok(DataType::Utf8),
    computed: |arrays, _| {
        let texts = arrays[0]
            .as_string::<i32>()
            .iter()
            .map(|text| text.map(python_title));
        Ok(Arc::new(texts.collect::<StringArray>()))
    },
};

pub(super) fn one_text(types: &[DataType]) -> Option<Vec<DataType>> {
    match types {
        [given] if text(given) => Some(vec![DataType::Utf8]),
        _ => None,
    }
}

fn double_and_digits(types: &[DataType]) -> Option<Vec<DataType>> {
    match types {
        [x, n] if number(x) && integer(n) => Some(vec![DataType::Float64, DataType::Int64]),
        _ => None,
    }
}

fn printed(arrays: &[ArrayRef], print: fn(f64, usize) -> String) -> Result<ArrayRef> {
    each_pair_text::<Float64Type, Int64Type>(
        arrays[0].as_primitive(),
        arrays[1].as_primitive(),
        |x, digits| match usize::try_from(digits) {
            Ok(digits) if digits <= 400 => Ok(print(x, digits)),
            _ => Err(failed(format!(
                "ValueError: {digits} digits after the point"
            ))),
        },
    )
}
