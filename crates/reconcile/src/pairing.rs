//! Which rows of the two sides are the same record.
//!
//! Equal rows match first, as a multiset. What is left is paired by a column (or two) whose values are
//! unique among the rows left, else by position when as many are left on both sides; the rest stands alone.

use std::collections::BTreeMap;

use relift_diagnostics::ContentHash;

use crate::Grid;
use crate::row_key::row_key;

/// Rows that match, rows that claim to be the same record, and rows without a counterpart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairing {
    /// Equal rows: legacy position, rewrite position.
    pub matched: Vec<(usize, usize)>,
    /// Rows that differ but belong together.
    pub pairs: Vec<(usize, usize)>,
    /// Rows only legacy has.
    pub only_legacy: Vec<usize>,
    /// Rows only the rewrite has.
    pub only_rewrite: Vec<usize>,
}

impl Pairing {
    /// Pairs the rows of two grids.
    pub fn new(legacy: &Grid, rewrite: &Grid) -> Self {
        let mut waiting: BTreeMap<ContentHash, Vec<usize>> = BTreeMap::new();
        // Latest first, so that taking from the end gives the earliest.
        for (at, row) in rewrite.rows.iter().enumerate().rev() {
            waiting.entry(row_key(row)).or_default().push(at);
        }
        let mut pairing = Self::default();
        let mut left = Vec::new();
        for (at, row) in legacy.rows.iter().enumerate() {
            match waiting.get_mut(&row_key(row)).and_then(Vec::pop) {
                Some(twin) => pairing.matched.push((at, twin)),
                None => left.push(at),
            }
        }
        let mut right: Vec<usize> = waiting.into_values().flatten().collect();
        right.sort_unstable();
        pairing.pair_rest(legacy, rewrite, left, right);
        pairing
    }

    fn pair_rest(&mut self, legacy: &Grid, rewrite: &Grid, left: Vec<usize>, right: Vec<usize>) {
        let mut found = by_best_key(legacy, rewrite, &left, &right);
        if found.is_empty() && left.len() == right.len() {
            found = left.iter().copied().zip(right.iter().copied()).collect();
        }
        found.sort_unstable();
        let paired_right: Vec<usize> = {
            let mut positions: Vec<usize> = found.iter().map(|(_, at)| *at).collect();
            positions.sort_unstable();
            positions
        };
        self.only_legacy = left
            .into_iter()
            .filter(|at| found.binary_search_by_key(at, |(a, _)| *a).is_err())
            .collect();
        self.only_rewrite = right
            .into_iter()
            .filter(|at| paired_right.binary_search(at).is_err())
            .collect();
        self.pairs = found;
    }
}

/// Pairs by the column, or two columns, that bring most rows together.
fn by_best_key(
    legacy: &Grid,
    rewrite: &Grid,
    left: &[usize],
    right: &[usize],
) -> Vec<(usize, usize)> {
    const COLUMNS_MAX: usize = 12;
    let width = legacy.columns.len().min(rewrite.columns.len());
    let mut best: Vec<(usize, usize)> = Vec::new();
    let enough = left.len().min(right.len());
    let singles = (0..width).map(|column| vec![column]);
    let narrow = width.min(COLUMNS_MAX);
    let doubles = (0..narrow).flat_map(|a| (a + 1..narrow).map(move |b| vec![a, b]));
    for key in singles.chain(doubles) {
        if key.len() == width && width > 1 {
            continue;
        }
        let found = by_key(legacy, rewrite, left, right, &key);
        if found.len() > best.len() {
            best = found;
        }
        if best.len() == enough {
            break;
        }
    }
    best
}

fn by_key(
    legacy: &Grid,
    rewrite: &Grid,
    left: &[usize],
    right: &[usize],
    key: &[usize],
) -> Vec<(usize, usize)> {
    let positions = |grid: &Grid, rows: &[usize]| {
        let mut by_value: BTreeMap<ContentHash, Option<usize>> = BTreeMap::new();
        for at in rows {
            let cells: Option<Vec<_>> = key
                .iter()
                .map(|column| grid.rows[*at].get(*column).cloned())
                .collect();
            let Some(cells) = cells else { continue };
            // A value seen twice names no single row.
            by_value
                .entry(row_key(&cells))
                .and_modify(|known| *known = None)
                .or_insert(Some(*at));
        }
        by_value
    };
    let right = positions(rewrite, right);
    positions(legacy, left)
        .into_iter()
        .filter_map(|(value, at)| Some((at?, (*right.get(&value)?)?)))
        .collect()
}
