//! Sums, means and variances of floats as pandas 2.3 with numpy 2 computes them, to the last bit.
//!
//! A grouped sum is compensated (Kahan), value by value in row order; a grouped variance is Welford's. A
//! sum of a whole column is numpy's pairwise sum, NaN counting as 0.0 in its place. NaN is skipped by all
//! of them.

/// numpy adds so many values in one go before it splits.
const BLOCK: usize = 128;

/// `groupby(...)["x"].sum()` of one group.
pub fn pandas_group_sum(values: &[f64]) -> f64 {
    let (mut sum, mut compensation) = (0.0, 0.0);
    for value in values.iter().filter(|value| !value.is_nan()) {
        let corrected = value - compensation;
        let total = sum + corrected;
        compensation = total - sum - corrected;
        if compensation.is_nan() {
            compensation = 0.0;
        }
        sum = total;
    }
    sum
}

/// `groupby(...)["x"].mean()` of one group; NaN of no values.
pub fn pandas_group_mean(values: &[f64]) -> f64 {
    match count(values) {
        0 => f64::NAN,
        count => pandas_group_sum(values) / count as f64,
    }
}

/// `groupby(...)["x"].var()` of one group; NaN of fewer than two values.
pub fn pandas_group_variance(values: &[f64]) -> f64 {
    let (mut mean, mut squares, mut count) = (0.0, 0.0, 0.0);
    for value in values.iter().filter(|value| !value.is_nan()) {
        count += 1.0;
        let before = mean;
        mean += (value - before) / count;
        squares += (value - mean) * (value - before);
    }
    if count < 2.0 {
        f64::NAN
    } else {
        squares / (count - 1.0)
    }
}

/// `Series.sum()`.
pub fn pandas_sum(values: &[f64]) -> f64 {
    let filled: Vec<f64> = values
        .iter()
        .map(|value| if value.is_nan() { 0.0 } else { *value })
        .collect();
    pairwise(&filled)
}

/// `Series.mean()`; NaN of no values.
pub fn pandas_mean(values: &[f64]) -> f64 {
    match count(values) {
        0 => f64::NAN,
        count => pandas_sum(values) / count as f64,
    }
}

/// `Series.var()`; NaN of fewer than two values.
pub fn pandas_variance(values: &[f64]) -> f64 {
    let count = count(values);
    if count < 2 {
        return f64::NAN;
    }
    let mean = pandas_mean(values);
    let squares: Vec<f64> = values
        .iter()
        .map(|value| {
            if value.is_nan() {
                0.0
            } else {
                let distance = mean - value;
                distance * distance
            }
        })
        .collect();
    pairwise(&squares) / (count as f64 - 1.0)
}

/// `Series.median()` and the median of a group; NaN of no values.
#[expect(
    clippy::manual_midpoint,
    reason = "numpy adds and divides; a midpoint without overflow has other bits"
)]
pub fn pandas_median(values: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

fn count(values: &[f64]) -> usize {
    values.iter().filter(|value| !value.is_nan()).count()
}

/// numpy's `add.reduce` of a column.
fn pairwise(values: &[f64]) -> f64 {
    let length = values.len();
    if length < 8 {
        return values.iter().fold(0.0, |sum, value| sum + value);
    }
    if length <= BLOCK {
        let mut sums = [0.0; 8];
        sums.copy_from_slice(&values[..8]);
        let whole = length - length % 8;
        for chunk in values[8..whole].chunks_exact(8) {
            for (sum, value) in sums.iter_mut().zip(chunk) {
                *sum += value;
            }
        }
        let total = ((sums[0] + sums[1]) + (sums[2] + sums[3]))
            + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
        return values[whole..].iter().fold(total, |sum, value| sum + value);
    }
    let half = length / 2;
    let (left, right) = values.split_at(half - half % 8);
    pairwise(left) + pairwise(right)
}
