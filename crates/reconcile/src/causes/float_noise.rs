//! Floats that differ in their last bits: summed or multiplied in another order.

use super::{CauseKind, Hypothesis, in_columns};
use crate::Cell;

/// Relative difference up to which two floats are the same computation in another order.
const RELATIVE_MAX: f64 = 1e-11;

pub(super) const FLOAT_NOISE: CauseKind = CauseKind {
    name: "float-noise",
    summary: "floats differ in their last bits, as after summing in another order",
    test: |case| {
        let (agreeing, names) = case.with_cells(|a, b| match (float(a), float(b)) {
            (Some(x), Some(y)) => {
                x.to_bits() != y.to_bits() && (x - y).abs() <= RELATIVE_MAX * x.abs().max(y.abs())
            }
            _ => false,
        })?;
        let assumption = format!(
            "floats are equal up to rounding noise in {}",
            in_columns(&names)
        );
        Some(Hypothesis {
            assumption,
            agreeing,
        })
    },
};

fn float(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Float(value) => Some(*value),
        Cell::Text(text) if text.contains(['.', 'e']) => text.parse().ok(),
        _ => None,
    }
}
