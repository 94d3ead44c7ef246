//! Columns computed over the rows around a row, and loops seen from inside.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use relift_job::ColumnName;

use super::aggregates::zero;
use super::expression::Scope;
use super::relations::{compare, conform_value, groups, key};
use super::value::Key;
use super::{Interpreter, Raised, Table, Value};
use crate::{Base, Bound, Expr, Frame, Running, Schema, SortKey, WindowFunction};

impl Interpreter<'_> {
    pub(super) fn window(
        &self,
        input: &Table,
        partition: &[Expr],
        order: &[SortKey],
        functions: &[(ColumnName, WindowFunction)],
        schema: &Schema,
    ) -> Result<Vec<Vec<Value>>, Raised> {
        let keys = |exprs: &[&Expr]| {
            input
                .rows
                .iter()
                .map(|row| {
                    let scope = Scope::of(&input.columns, row);
                    let values = exprs.iter().map(|expr| self.eval(expr, scope));
                    values.collect::<Result<Vec<_>, _>>().map(key)
                })
                .collect::<Result<Vec<_>, Raised>>()
        };
        let partitions = keys(&partition.iter().collect::<Vec<_>>())?;
        let sort_keys = keys(&order.iter().map(|key| &key.expr).collect::<Vec<_>>())?;
        let mut made = vec![Vec::with_capacity(functions.len()); input.rows.len()];
        for mut rows in groups(partitions) {
            let by_order = |a: &usize, b: &usize| {
                order
                    .iter()
                    .zip(sort_keys[*a].iter().zip(&sort_keys[*b]))
                    .map(|(criterion, (a, b))| compare(criterion, a, b))
                    .find(|order| *order != Ordering::Equal)
                    .unwrap_or(Ordering::Equal)
            };
            rows.sort_by(by_order);
            let peers = Peers::new(&rows, &by_order);
            for (name, function) in functions {
                for (at, row) in rows.iter().enumerate() {
                    let place = Place {
                        rows: &rows,
                        at,
                        peers: &peers,
                    };
                    let value = self.windowed(input, &place, function, &zero(schema, name))?;
                    made[*row].push(value);
                }
            }
        }
        Ok(input
            .rows
            .iter()
            .zip(made)
            .map(|(row, made)| row.iter().cloned().chain(made).collect())
            .collect())
    }

    fn windowed(
        &self,
        input: &Table,
        place: &Place<'_>,
        function: &WindowFunction,
        zero: &Value,
    ) -> Result<Value, Raised> {
        let Place { rows, at, peers } = *place;
        Ok(match function {
            WindowFunction::RowNumber => Value::Int(at as i64 + 1),
            WindowFunction::Rank => Value::Int(peers.first[at] as i64 + 1),
            WindowFunction::DenseRank => Value::Int(peers.number[at] as i64 + 1),
            WindowFunction::Tile(tiles) => {
                let tiles = usize::try_from(*tiles).unwrap_or(usize::MAX).max(1);
                let (small, larger) = (rows.len() / tiles, rows.len() % tiles);
                let boundary = larger * (small + 1);
                let tile = if at < boundary {
                    at / (small + 1)
                } else {
                    larger + (at - boundary) / small.max(1)
                };
                Value::Int(tile as i64 + 1)
            }
            WindowFunction::Offset {
                value,
                rows: back,
                default,
            } => {
                let other = i64::try_from(at)
                    .ok()
                    .and_then(|at| usize::try_from(at - back).ok())
                    .and_then(|at| rows.get(at));
                let (expr, row) = match other {
                    Some(row) => (value, *row),
                    None => (default, rows[at]),
                };
                self.eval(expr, Scope::of(&input.columns, &input.rows[row]))?
            }
            WindowFunction::Over { aggregate, frame } => {
                let framed = place.frame(*frame);
                self.over(input, framed, aggregate, zero)?
            }
        })
    }

    /// Each row with what its entry held before and holds after it.
    pub(super) fn running(
        &self,
        input: &Table,
        running: &Running,
        schema: &Schema,
    ) -> Result<Vec<Vec<Value>>, Raised> {
        let names: Vec<ColumnName> = running
            .slots
            .iter()
            .map(|slot| slot.before.clone())
            .collect();
        let bases: Vec<Base> = names
            .iter()
            .map(|name| schema.ty(name).map_or(Base::Nothing, |ty| ty.base))
            .collect();
        let mut entries: BTreeMap<Vec<Key>, Vec<Value>> = BTreeMap::new();
        let mut rows = Vec::with_capacity(input.rows.len());
        for row in &input.rows {
            let scope = Scope::of(&input.columns, row);
            let wanted = running
                .keys
                .iter()
                .map(|expr| self.eval(expr, scope))
                .collect::<Result<Vec<_>, _>>()
                .map(key)?;
            let before = entries.get(&wanted);
            let mut after = match before {
                Some(before) => {
                    let scope = scope.with_previous(&names, before);
                    Some(self.slots(running.slots.iter().map(|slot| &slot.next), scope)?)
                }
                None if self.holds(&running.creates, scope)? => {
                    Some(self.slots(running.slots.iter().map(|slot| &slot.first), scope)?)
                }
                None => None,
            };
            for (value, base) in after.iter_mut().flatten().zip(&bases) {
                conform_value(value, *base);
            }
            let mut made = row.clone();
            made.push(Value::Bool(before.is_some()));
            for at in 0..names.len() {
                let of = |values: Option<&Vec<Value>>| {
                    values.map_or(Value::None, |values| values[at].clone())
                };
                made.push(of(before));
                made.push(of(after.as_ref()));
            }
            rows.push(made);
            if let Some(after) = after {
                entries.insert(wanted, after);
            }
        }
        Ok(rows)
    }

    fn slots<'e>(
        &self,
        exprs: impl Iterator<Item = &'e Expr>,
        scope: Scope<'_>,
    ) -> Result<Vec<Value>, Raised> {
        exprs.map(|expr| self.eval(expr, scope)).collect()
    }
}

/// A row of a partition.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The partition's rows, in order.
    rows: &'a [usize],
    at: usize,
    peers: &'a Peers,
}

impl<'a> Place<'a> {
    fn frame(&self, frame: Frame) -> &'a [usize] {
        let back = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
        // Both as the number of rows before the boundary.
        let start = match frame.start {
            Bound::Unbounded => 0,
            Bound::Preceding(rows) => self.at.saturating_sub(back(rows)),
            Bound::CurrentRow => self.at,
            Bound::Peers => self.peers.first[self.at],
            Bound::Following(rows) => self.at.saturating_add(back(rows)),
        };
        let end = match frame.end {
            Bound::Unbounded => self.rows.len(),
            Bound::Preceding(rows) => (self.at + 1).saturating_sub(back(rows)),
            Bound::CurrentRow => self.at + 1,
            Bound::Peers => self.peers.last[self.at] + 1,
            Bound::Following(rows) => (self.at + 1).saturating_add(back(rows)),
        };
        let end = end.min(self.rows.len());
        &self.rows[start.min(end)..end]
    }
}

/// Which rows of a partition sort alike.
struct Peers {
    /// For each row, the first that sorts like it.
    first: Vec<usize>,
    /// For each row, the last that sorts like it.
    last: Vec<usize>,
    /// For each row, how many different sort keys stand before.
    number: Vec<usize>,
}

impl Peers {
    fn new(rows: &[usize], by_order: &impl Fn(&usize, &usize) -> Ordering) -> Self {
        let mut peers = Self {
            first: Vec::with_capacity(rows.len()),
            last: vec![0; rows.len()],
            number: Vec::with_capacity(rows.len()),
        };
        for at in 0..rows.len() {
            let begins = at == 0 || by_order(&rows[at - 1], &rows[at]) != Ordering::Equal;
            let (first, number) = match (begins, at.checked_sub(1)) {
                (false, Some(before)) => (peers.first[before], peers.number[before]),
                (_, before) => (at, before.map_or(0, |before| peers.number[before] + 1)),
            };
            peers.first.push(first);
            peers.number.push(number);
        }
        for at in (0..rows.len()).rev() {
            let same = at + 1 < rows.len() && peers.first[at + 1] == peers.first[at];
            peers.last[at] = if same { peers.last[at + 1] } else { at };
        }
        peers
    }
}
