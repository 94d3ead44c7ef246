//! Groups and what is computed over their rows.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use relift_job::ColumnName;
use relift_values::{
    Decimal, PythonError, pandas_group_mean, pandas_group_sum, pandas_group_variance, pandas_mean,
    pandas_median, pandas_sum, pandas_variance,
};

use super::expression::Scope;
use super::functions::{float, within_digits};
use super::relations::{groups, key};
use super::value::Key;
use super::{Cause, Interpreter, Raised, Table, Value};
use crate::AggregateFunction as A;
use crate::{Aggregate, Base, Expr, GroupOrder, Schema};

impl Interpreter<'_> {
    pub(super) fn aggregate(
        &self,
        input: &Table,
        keys: &[(ColumnName, Expr)],
        aggregates: &[(ColumnName, Aggregate)],
        order: GroupOrder,
        schema: &Schema,
    ) -> Result<Vec<Vec<Value>>, Raised> {
        let key_values = input
            .rows
            .iter()
            .map(|row| {
                let scope = Scope::of(&input.columns, row);
                keys.iter()
                    .map(|(_, expr)| self.eval(expr, scope))
                    .collect::<Result<Vec<_>, _>>()
            })
            .collect::<Result<Vec<_>, Raised>>()?;
        let mut grouped = if keys.is_empty() {
            vec![(0..input.rows.len()).collect()]
        } else {
            groups(key_values.iter().map(|values| key(values.iter().cloned())))
        };
        if order == GroupOrder::ByKey && !keys.is_empty() {
            grouped
                .sort_by_cached_key(|rows: &Vec<usize>| key(key_values[rows[0]].iter().cloned()));
        }
        grouped
            .iter()
            .map(|rows| {
                let mut result = if keys.is_empty() {
                    Vec::new()
                } else {
                    key_values[rows[0]].clone()
                };
                for (name, aggregate) in aggregates {
                    result.push(self.over(input, rows, aggregate, &zero(schema, name))?);
                }
                Ok(result)
            })
            .collect()
    }

    /// One aggregate over the given rows.
    pub(super) fn over(
        &self,
        input: &Table,
        rows: &[usize],
        aggregate: &Aggregate,
        zero: &Value,
    ) -> Result<Value, Raised> {
        let mut count = 0;
        let mut values = Vec::new();
        for row in rows {
            let scope = Scope::of(&input.columns, &input.rows[*row]);
            if let Some(filter) = &aggregate.filter
                && !self.holds(filter, scope)?
            {
                continue;
            }
            count += 1;
            if let Some(argument) = &aggregate.argument {
                values.push(self.eval(argument, scope)?);
            }
        }
        Ok(result(aggregate.function, count, values, zero)?)
    }
}

/// What a sum in that column is on no rows.
pub(super) fn zero(schema: &Schema, name: &ColumnName) -> Value {
    match schema.ty(name).map(|ty| ty.base) {
        Some(Base::Decimal { scale, .. }) => Value::decimal(0, i32::from(scale)),
        Some(Base::Float64) => Value::Float(0.0),
        _ => Value::Int(0),
    }
}

fn result(function: A, rows: i64, values: Vec<Value>, zero: &Value) -> Result<Value, Cause> {
    let present = || values.iter().filter(|value| !value.is_missing());
    Ok(match function {
        A::Count => Value::Int(rows),
        A::CountValues => Value::Int(present().count() as i64),
        A::CountDistinct => {
            let distinct: BTreeSet<Key> = present().cloned().map(Key).collect();
            Value::Int(distinct.len() as i64)
        }
        A::Sum => exact_sum(present(), zero)?,
        A::SqlSum if present().next().is_none() => Value::None,
        A::SqlSum => exact_sum(present(), zero)?,
        // NaN is a float that spoils the sum; None would have raised.
        A::FloatSum => {
            let added = values.iter().filter(|value| !matches!(value, Value::None));
            Value::Float(float_sum(added)?)
        }
        A::SqlFloatSum | A::SqlAverage if present().next().is_none() => Value::None,
        A::SqlFloatSum
            if matches!(zero, Value::Int(_))
                && present().all(|value| matches!(value, Value::Int(_))) =>
        {
            exact_sum(present(), zero)?
        }
        A::SqlFloatSum => Value::Float(float_sum(present())?),
        A::SqlAverage => Value::Float(float_sum(present())? / present().count() as f64),
        A::PandasGroupSum => Value::Float(pandas_group_sum(&floats(&values)?)),
        A::PandasGroupMean => Value::Float(pandas_group_mean(&floats(&values)?)),
        A::PandasGroupVariance => Value::Float(pandas_group_variance(&floats(&values)?)),
        A::PandasSum => Value::Float(pandas_sum(&floats(&values)?)),
        A::PandasMean => Value::Float(pandas_mean(&floats(&values)?)),
        A::PandasVariance => Value::Float(pandas_variance(&floats(&values)?)),
        A::PandasMedian => Value::Float(pandas_median(&floats(&values)?)),
        A::Min => extreme(present(), Ordering::Less),
        A::Max => extreme(present(), Ordering::Greater),
        A::First => values.into_iter().next().unwrap_or(Value::None),
        A::Last => values.into_iter().next_back().unwrap_or(Value::None),
        A::Any => Value::Bool(values.iter().any(Value::is_true)),
        A::All => Value::Bool(values.iter().all(Value::is_true)),
    })
}

fn exact_sum<'a>(values: impl Iterator<Item = &'a Value>, zero: &Value) -> Result<Value, Cause> {
    if matches!(zero, Value::Int(_)) {
        // The order of addition must not decide whether the sum fits.
        let mut sum = 0_i128;
        for value in values {
            let Value::Int(value) = value else {
                return Err(undefined("sum", value));
            };
            sum += i128::from(*value);
        }
        let sum = i64::try_from(sum).map_err(|_| PythonError::BeyondInt64("sum".to_owned()))?;
        return Ok(Value::Int(sum));
    }
    let mut sum = zero.exact().unwrap_or(Decimal::new(0, 0));
    for value in values {
        let exact = value.exact().ok_or_else(|| undefined("sum", value))?;
        sum = within_digits("sum", sum.plus(exact))?;
    }
    Ok(Value::Decimal(sum))
}

/// All values as pandas holds them in a column of floats.
fn floats(values: &[Value]) -> Result<Vec<f64>, Cause> {
    values
        .iter()
        .map(|value| match value {
            Value::None => Ok(f64::NAN),
            other => float(other).ok_or_else(|| undefined("a sum of floats", other)),
        })
        .collect()
}

/// One after the other from 0.0.
fn float_sum<'a>(values: impl Iterator<Item = &'a Value>) -> Result<f64, Cause> {
    let mut sum = 0.0;
    for value in values {
        sum += float(value).ok_or_else(|| undefined("float_sum", value))?;
    }
    Ok(sum)
}

/// The first of the smallest, or largest, values.
fn extreme<'a>(values: impl Iterator<Item = &'a Value>, wanted: Ordering) -> Value {
    let mut best: Option<&Value> = None;
    for value in values {
        if best.is_none_or(|best| value.compare(best) == Some(wanted)) {
            best = Some(value);
        }
    }
    best.cloned().unwrap_or(Value::None)
}

fn undefined(function: &str, value: &Value) -> Cause {
    Cause::Undefined {
        function: function.to_owned(),
        arguments: value.kind().to_owned(),
    }
}
