//! Operators over rows; folds and aggregates have files of their own.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use relift_job::ColumnName;
use relift_values::DecimalRounding;

use super::expression::Scope;
use super::value::Key;
use super::{Cause, Interpreter, Raised, Table, Value};
use crate::{Base, Expr, Fold, JoinKind, NodeId, Op, PickWhich, Schema, SortKey};

/// Values of a key.
pub(super) fn key(values: impl IntoIterator<Item = Value>) -> Vec<Key> {
    values.into_iter().map(Key).collect()
}

/// Positions of equal keys, groups in order of first appearance.
pub(super) fn groups(keys: impl IntoIterator<Item = Vec<Key>>) -> Vec<Vec<usize>> {
    let mut group_of: BTreeMap<Vec<Key>, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (position, key) in keys.into_iter().enumerate() {
        let group = *group_of.entry(key).or_insert(groups.len());
        if group == groups.len() {
            groups.push(Vec::new());
        }
        groups[group].push(position);
    }
    groups
}

/// Indices of named columns.
pub(super) fn indices(table: &Table, names: &[ColumnName]) -> Result<Vec<usize>, Cause> {
    names
        .iter()
        .map(|name| {
            table
                .index(name)
                .ok_or_else(|| Cause::UnknownColumn(name.to_string()))
        })
        .collect()
}

fn project(table: &Table, names: &[ColumnName]) -> Result<Vec<Vec<Value>>, Cause> {
    let columns = indices(table, names)?;
    let row = |row: &Vec<Value>| columns.iter().map(|at| row[*at].clone()).collect();
    Ok(table.rows.iter().map(row).collect())
}

/// Gives values the exact form their column's type promises: an int in a float column is a float, a
/// decimal in a padded column has all its digits.
fn conform(rows: &mut [Vec<Value>], schema: &Schema) {
    for (at, column) in schema.columns().iter().enumerate() {
        for value in rows.iter_mut().filter_map(|row| row.get_mut(at)) {
            conform_value(value, column.ty.base);
        }
    }
}

/// Gives one value the exact form its type promises.
pub(super) fn conform_value(value: &mut Value, base: Base) {
    match (&*value, base) {
        (Value::Int(whole), Base::Float64) => *value = Value::Float(*whole as f64),
        (
            Value::Decimal(decimal),
            Base::Decimal {
                scale,
                padded: true,
                ..
            },
        ) if decimal.scale < i32::from(scale) => {
            if let Some(padded) = decimal.rescaled(i32::from(scale), DecimalRounding::Down) {
                *value = Value::Decimal(padded);
            }
        }
        _ => {}
    }
}

impl Interpreter<'_> {
    pub(super) fn compute(&self, id: NodeId) -> Result<Table, Raised> {
        let node = self.flow.node(id);
        let mut rows = self.rows(id, &node.op, &node.schema)?;
        conform(&mut rows, &node.schema);
        Ok(Table::new(node.schema.names().cloned(), rows))
    }

    fn rows(&self, id: NodeId, op: &Op, schema: &Schema) -> Result<Vec<Vec<Value>>, Raised> {
        match op {
            Op::Scan { columns, table, .. } => {
                let given = (self.inputs)(id, op)
                    .ok_or_else(|| Cause::Input(format!("no rows were given for {table}")))?;
                if given
                    .rows
                    .iter()
                    .any(|row| row.len() != given.columns.len())
                {
                    let message = format!("a row given for {table} has not one value per column");
                    return Err(Cause::Input(message).into());
                }
                Ok(project(&given, columns).map_err(|cause| {
                    Cause::Input(format!("the rows given for {table} do not fit: {cause}"))
                })?)
            }
            Op::Values { rows, .. } => rows
                .iter()
                .map(|row| {
                    row.iter()
                        .map(|expr| self.eval(expr, Scope::EMPTY))
                        .collect()
                })
                .collect(),
            Op::Filter { input, predicate } => {
                let input = self.table(*input)?;
                let mut kept = Vec::new();
                for row in &input.rows {
                    if self.holds(predicate, Scope::of(&input.columns, row))? {
                        kept.push(row.clone());
                    }
                }
                Ok(kept)
            }
            Op::Map { input, columns } => {
                let input = self.table(*input)?;
                input
                    .rows
                    .iter()
                    .map(|row| {
                        let scope = Scope::of(&input.columns, row);
                        columns
                            .iter()
                            .map(|(_, expr)| self.eval(expr, scope))
                            .collect()
                    })
                    .collect()
            }
            Op::Join {
                left,
                right,
                kind,
                on,
                null_safe,
                condition,
                presence,
            } => {
                let join = Join {
                    left: self.table(*left)?,
                    right: self.table(*right)?,
                    kind: *kind,
                    on,
                    null_safe: *null_safe,
                    condition: condition.as_ref(),
                    presence: presence.is_some(),
                };
                self.join(&join)
            }
            Op::Aggregate {
                input,
                keys,
                aggregates,
                order,
            } => {
                let input = self.table(*input)?;
                self.aggregate(&input, keys, aggregates, *order, schema)
            }
            Op::Pick { input, keys, which } => {
                let input = self.table(*input)?;
                let columns = indices(&input, keys)?;
                let groups = groups(
                    input
                        .rows
                        .iter()
                        .map(|row| key(columns.iter().map(|at| row[*at].clone()))),
                );
                let picked = groups.iter().filter_map(|rows| match which {
                    PickWhich::First => rows.first(),
                    PickWhich::Last => rows.last(),
                });
                Ok(picked.map(|row| input.rows[*row].clone()).collect())
            }
            Op::Sort { input, by } => {
                let input = self.table(*input)?;
                self.sort(&input, by)
            }
            Op::Limit { input, count } => {
                let input = self.table(*input)?;
                let count = usize::try_from(*count).unwrap_or(usize::MAX);
                Ok(input.rows.iter().take(count).cloned().collect())
            }
            Op::Distinct { input } => {
                let input = self.table(*input)?;
                let groups = groups(input.rows.iter().map(|row| key(row.iter().cloned())));
                let firsts = groups.iter().filter_map(|rows| rows.first());
                Ok(firsts.map(|row| input.rows[*row].clone()).collect())
            }
            Op::Union { inputs } => {
                let names: Vec<ColumnName> = schema.names().cloned().collect();
                let mut rows = Vec::new();
                for input in inputs {
                    rows.extend(project(&*self.table(*input)?, &names)?);
                }
                Ok(rows)
            }
            Op::When { input, condition } => {
                if self.holds(condition, Scope::EMPTY)? {
                    Ok(self.table(*input)?.rows.clone())
                } else {
                    Ok(Vec::new())
                }
            }
            Op::Window {
                input,
                partition,
                order,
                functions,
            } => {
                let input = self.table(*input)?;
                self.window(&input, partition, order, functions, schema)
            }
            Op::Running(running) => {
                let input = self.table(running.input)?;
                self.running(&input, running, schema)
            }
            Op::Fold(_) => Ok(Vec::new()),
            Op::State { fold, state } => {
                let Op::Fold(Fold { input, states }) = &self.flow.node(*fold).op else {
                    return Err(Cause::Input(format!("{fold} is not a fold")).into());
                };
                let input = self.table(*input)?;
                self.fold(&input, &states[*state].kind)
            }
        }
    }

    fn sort(&self, input: &Table, by: &[SortKey]) -> Result<Vec<Vec<Value>>, Raised> {
        let mut keyed = input
            .rows
            .iter()
            .map(|row| {
                let scope = Scope::of(&input.columns, row);
                let values = by
                    .iter()
                    .map(|key| self.eval(&key.expr, scope))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok((key(values), row))
            })
            .collect::<Result<Vec<_>, Raised>>()?;
        keyed.sort_by(|(left, _), (right, _)| {
            by.iter()
                .zip(left.iter().zip(right))
                .map(|(criterion, (left, right))| compare(criterion, left, right))
                .find(|order| *order != Ordering::Equal)
                .unwrap_or(Ordering::Equal)
        });
        Ok(keyed.into_iter().map(|(_, row)| row.clone()).collect())
    }

    fn join(&self, join: &Join<'_>) -> Result<Vec<Vec<Value>>, Raised> {
        let left_keys = self.join_keys(
            &join.left,
            &join.on.iter().map(|(left, _)| left).collect::<Vec<_>>(),
        )?;
        let right_keys = self.join_keys(
            &join.right,
            &join.on.iter().map(|(_, right)| right).collect::<Vec<_>>(),
        )?;
        let mut joined = Vec::new();
        for (row, left_key) in join.left.rows.iter().zip(&left_keys) {
            let mut matching = Vec::new();
            let unknown = !join.null_safe && left_key.iter().any(|Key(value)| value.is_missing());
            for (other, right_key) in join.right.rows.iter().zip(&right_keys) {
                if unknown || left_key != right_key {
                    continue;
                }
                let holds = match join.condition {
                    None => true,
                    Some(condition) => {
                        let left = (&join.left.columns[..], &row[..]);
                        let right = (&join.right.columns[..], &other[..]);
                        self.holds(condition, Scope::pair(left, right))?
                    }
                };
                if holds {
                    matching.push(other);
                }
            }
            join.emit(row, &matching, &mut joined);
        }
        Ok(joined)
    }

    fn join_keys(&self, table: &Table, exprs: &[&Expr]) -> Result<Vec<Vec<Key>>, Raised> {
        table
            .rows
            .iter()
            .map(|row| {
                let scope = Scope::of(&table.columns, row);
                exprs
                    .iter()
                    .map(|expr| self.eval(expr, scope).map(Key))
                    .collect()
            })
            .collect()
    }
}

/// Descending and the place of missing values are independent of each other.
pub(super) fn compare(criterion: &SortKey, left: &Key, right: &Key) -> Ordering {
    match (left.0.is_missing(), right.0.is_missing()) {
        (true, true) => Ordering::Equal,
        (true, false) if criterion.missing_first => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if criterion.missing_first => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) if criterion.descending => right.cmp(left),
        (false, false) => left.cmp(right),
    }
}

struct Join<'a> {
    left: Rc<Table>,
    right: Rc<Table>,
    kind: JoinKind,
    on: &'a [(Expr, Expr)],
    null_safe: bool,
    condition: Option<&'a Expr>,
    presence: bool,
}

impl Join<'_> {
    /// What one left row contributes.
    fn emit(&self, row: &[Value], matching: &[&Vec<Value>], joined: &mut Vec<Vec<Value>>) {
        let mut push = |other: &[Value], matched: bool| {
            let presence = self.presence.then_some(Value::Bool(matched));
            joined.push(row.iter().chain(other).cloned().chain(presence).collect());
        };
        match self.kind {
            JoinKind::Semi if !matching.is_empty() => push(&[], true),
            JoinKind::Anti if matching.is_empty() => push(&[], false),
            JoinKind::Semi | JoinKind::Anti => {}
            JoinKind::Left if matching.is_empty() => {
                push(&vec![Value::None; self.right.columns.len()], false);
            }
            JoinKind::Inner | JoinKind::Left | JoinKind::Cross => {
                for other in matching {
                    push(other, true);
                }
            }
        }
    }
}
