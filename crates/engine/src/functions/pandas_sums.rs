//! What pandas computes over the floats of a column or a group, given as a list in row order.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Float64Type};
use deltalake::datafusion::error::Result;
use relift_values::{
    pandas_group_mean, pandas_group_sum, pandas_group_variance, pandas_mean, pandas_median,
    pandas_sum, pandas_variance,
};

use super::function::{Function, failed};

pub(super) const PANDAS_GROUP_SUM: Function = of_list(
    "pandas_group_sum",
    "adds as groupby().sum(): compensated, in row order, without missing values",
    |arrays, _| each_list(arrays, pandas_group_sum),
);

pub(super) const PANDAS_GROUP_MEAN: Function = of_list(
    "pandas_group_mean",
    "averages as groupby().mean(): a compensated sum in row order, without missing values",
    |arrays, _| each_list(arrays, pandas_group_mean),
);

pub(super) const PANDAS_GROUP_VARIANCE: Function = of_list(
    "pandas_group_variance",
    "the sample variance as groupby().var(): in one pass, in row order, without missing values",
    |arrays, _| each_list(arrays, pandas_group_variance),
);

pub(super) const PANDAS_SUM: Function = of_list(
    "pandas_sum",
    "adds as Series.sum(): in pairs, missing values counting as 0",
    |arrays, _| each_list(arrays, pandas_sum),
);

pub(super) const PANDAS_MEAN: Function = of_list(
    "pandas_mean",
    "averages as Series.mean(): a sum in pairs, without missing values",
    |arrays, _| each_list(arrays, pandas_mean),
);

pub(super) const PANDAS_VARIANCE: Function = of_list(
    "pandas_variance",
    "the sample variance as Series.var(): sums in pairs, without missing values",
    |arrays, _| each_list(arrays, pandas_variance),
);

pub(super) const PANDAS_MEDIAN: Function = of_list(
    "pandas_median",
    "the median as pandas computes it, without missing values",
    |arrays, _| each_list(arrays, pandas_median),
);

const fn of_list(
    name: &'static str,
    summary: &'static str,
    computed: fn(&[ArrayRef], &DataType) -> Result<ArrayRef>,
) -> Function {
    Function {
        name,
        parameters: "list of doubles",
        summary,
        coerced: |types| match types {
            [DataType::List(item)] if *item.data_type() == DataType::Float64 => {
                Some(types.to_vec())
            }
            _ => None,
        },
        returned: |_, _| Ok(DataType::Float64),
        computed,
    }
}

/// NULL in a list is a missing value, and so is NaN in the result.
fn each_list(arrays: &[ArrayRef], f: impl Fn(&[f64]) -> f64) -> Result<ArrayRef> {
    let lists = arrays
        .first()
        .and_then(|array| array.as_list_opt::<i32>())
        .ok_or_else(|| failed("needs a list"))?;
    let computed: Float64Array = lists
        .iter()
        .map(|list| {
            let list = list?;
            let values: Vec<f64> = list
                .as_primitive::<Float64Type>()
                .iter()
                .map(|value| value.unwrap_or(f64::NAN))
                .collect();
            Some(f(&values)).filter(|result| !result.is_nan())
        })
        .collect();
    Ok(Arc::new(computed))
}
