//! Numbers one unit apart in their last digit: another rounding of the same value.
//!
//! Which rounding can be read off the digits. Half-even and half-up disagree only on ties, and there the
//! half-even side shows the even digit and the other the next one away from zero; a side that cuts digits
//! off is always nearer to zero, whatever the digit.

use relift_values::{Decimal, DecimalRounding};

use super::{CauseKind, Hypothesis, HypothesisCase, in_columns};
use crate::Cell;

pub(super) const ROUNDING_MODE: CauseKind = CauseKind {
    name: "rounding-mode",
    summary: "both sides round, by different rules",
    test: |case| {
        let scales = column_scales(case);
        let step = |at: usize, a: &Cell, b: &Cell| one_unit(a, b, *scales.get(at)?);
        // Pairs of cells are looked at per column, since each has its own number of digits.
        let mut agreeing = case.pairing.matched.len();
        let mut names = Vec::new();
        let mut found = Vec::new();
        for (a, b) in &case.pairing.pairs {
            let cells = case.legacy.rows[*a]
                .iter()
                .zip(&case.rewrite.rows[*b])
                .enumerate();
            let differing: Vec<_> = cells.filter(|(_, (x, y))| x != y).collect();
            let steps: Option<Vec<_>> = differing
                .iter()
                .map(|(at, (x, y))| step(*at, x, y))
                .collect();
            let Some(steps) = steps else { continue };
            agreeing += 1;
            found.extend(steps);
            for (at, _) in differing {
                let name = &case.legacy.columns[at].name;
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        if found.is_empty() {
            return None;
        }
        Some(Hypothesis {
            assumption: format!("{} in {}", rule(&found), in_columns(&names)),
            agreeing,
        })
    },
};

/// A cell's last digits as whole units: legacy, rewrite.
type Step = (i128, i128);

/// Digits after the point of each column, the most that either side shows in a differing cell.
fn column_scales(case: &HypothesisCase<'_>) -> Vec<i32> {
    let mut scales = vec![0; case.legacy.columns.len()];
    for (at, a, b) in case.differing_cells() {
        for value in [a, b].into_iter().filter_map(Cell::decimal) {
            if let Some(scale) = scales.get_mut(at) {
                *scale = (*scale).max(value.normalized().scale);
            }
        }
    }
    scales
}

fn one_unit(a: &Cell, b: &Cell, scale: i32) -> Option<Step> {
    // Beyond a handful of digits a last unit is float noise, not a rounding somebody wrote.
    if !(0..=8).contains(&scale) {
        return None;
    }
    let units = |value: Decimal| {
        value
            .rescaled(scale, DecimalRounding::Down)
            .map(|value| value.unscaled)
    };
    let (x, y) = (units(a.decimal()?)?, units(b.decimal()?)?);
    // Whole numbers one apart are counts, not roundings, unless they are floats.
    let rounded = scale > 0 || matches!(a, Cell::Float(_));
    ((x - y).abs() == 1 && rounded).then_some((x, y))
}

fn rule(steps: &[Step]) -> &'static str {
    let even = |units: i128| units % 2 == 0;
    let further = |from: i128, to: i128| to.abs() > from.abs();
    if steps.iter().all(|(x, y)| even(*x) && further(*x, *y)) {
        "legacy rounds half to even and the rewrite half up"
    } else if steps.iter().all(|(x, y)| even(*y) && further(*y, *x)) {
        "legacy rounds half up and the rewrite half to even"
    } else if steps.iter().all(|(x, y)| further(*y, *x)) {
        "the rewrite cuts digits off that legacy rounds"
    } else if steps.iter().all(|(x, y)| further(*x, *y)) {
        "legacy cuts digits off that the rewrite rounds"
    } else {
        "the last digit is rounded by another rule"
    }
}
