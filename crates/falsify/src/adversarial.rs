//! Small tables made to tell a wrong rewrite from a right one.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::interpret::{Table, Value};
use relift_dataflow::{Dataflow, NodeId, Op};
use relift_job::{ColumnName, EffectiveDate};

use crate::candidates::candidates;
use crate::origins::{Source, sources, sources_of_column};

/// Most cases of one job.
const CASES_MAX: usize = 256;

/// Rows a table has unless a case says otherwise.
const ROWS: usize = 3;

/// Tables for every scan of a job, with what they probe.
#[derive(Clone, Debug, PartialEq)]
pub struct AdversarialCase {
    /// What is special: "orders.amount is 100".
    pub name: String,
    /// Rows of each scan.
    pub tables: BTreeMap<NodeId, Table>,
}

/// Builds the cases of a job: no rows, boundary values, missing values where types allow them, repeated
/// and unmatched keys. The same job and date always give the same cases.
pub fn adversarial_cases(
    flow: &Dataflow,
    date: EffectiveDate,
    effective_date_column: &str,
) -> Vec<AdversarialCase> {
    let day = date.days_since_epoch();
    let builder = Builder {
        flow,
        day,
        date_column: effective_date_column,
        values: candidates(flow, day),
        scans: flow
            .nodes()
            .filter(|(_, node)| matches!(node.op, Op::Scan { .. }))
            .map(|(id, _)| id)
            .collect(),
    };
    let mut cases = builder.cases();
    let mut seen: Vec<BTreeMap<NodeId, Table>> = Vec::new();
    cases.retain(|case| {
        let new = !seen.contains(&case.tables);
        if new {
            seen.push(case.tables.clone());
        }
        new
    });
    cases.truncate(CASES_MAX);
    cases
}

struct Builder<'a> {
    flow: &'a Dataflow,
    day: i32,
    date_column: &'a str,
    values: BTreeMap<Source, Vec<Value>>,
    scans: Vec<NodeId>,
}

impl Builder<'_> {
    fn cases(&self) -> Vec<AdversarialCase> {
        let mut cases = vec![
            self.case("ordinary rows", |_, _| {}),
            self.case("no rows at all", |_, table| table.rows.clear()),
            self.case("one row each", |_, table| table.rows.truncate(1)),
        ];
        for scan in &self.scans {
            let name = self.name(*scan);
            cases.push(self.case(&format!("{name} has no rows"), |id, table| {
                if id == *scan {
                    table.rows.clear();
                }
            }));
            cases.push(
                self.case(&format!("{name} has each row twice"), |id, table| {
                    if id == *scan {
                        table.rows.extend(table.rows.clone());
                    }
                }),
            );
            cases.push(
                self.case(&format!("{name} stands in reverse order"), |id, table| {
                    if id == *scan {
                        table.rows.reverse();
                    }
                }),
            );
        }
        for (scan, column) in self.keys() {
            let name = self.name(scan);
            cases.push(self.case(&format!("{name}.{column} repeats"), |id, table| {
                if id == scan {
                    Self::repeat(table, &column);
                }
            }));
            cases.push(
                self.case(&format!("{name}.{column} never matches"), |id, table| {
                    if id == scan {
                        self.isolate(table, &column);
                    }
                }),
            );
        }
        for ((scan, column), values) in &self.values {
            if column.as_str() == self.date_column {
                continue;
            }
            for value in values {
                let name = format!("{}.{column} is {value}", self.name(*scan));
                cases.push(self.case(&name, |id, table| {
                    if id == *scan
                        && let Some(at) = table.index(column)
                        && let Some(row) = table.rows.first_mut()
                    {
                        row[at] = value.clone();
                    }
                }));
            }
        }
        cases
    }

    fn name(&self, scan: NodeId) -> String {
        match &self.flow.node(scan).op {
            Op::Scan { frame, .. } => frame.to_string(),
            _ => scan.to_string(),
        }
    }

    fn case(&self, name: &str, change: impl Fn(NodeId, &mut Table)) -> AdversarialCase {
        let mut tables: BTreeMap<NodeId, Table> = BTreeMap::new();
        for scan in &self.scans {
            let mut table = self.ordinary(*scan);
            change(*scan, &mut table);
            tables.insert(*scan, table);
        }
        AdversarialCase {
            name: name.to_owned(),
            tables,
        }
    }

    /// Row `n` holds the `n`-th value of every column.
    fn ordinary(&self, scan: NodeId) -> Table {
        let names: Vec<ColumnName> = self.flow.node(scan).schema.names().cloned().collect();
        let rows = (0..ROWS)
            .map(|row| {
                names
                    .iter()
                    .map(|name| {
                        if name.as_str() == self.date_column {
                            return Value::Date(self.day);
                        }
                        let values = self.values.get(&(scan, name.clone()));
                        values
                            .filter(|values| !values.is_empty())
                            .map_or(Value::None, |values| values[row % values.len()].clone())
                    })
                    .collect()
            })
            .collect();
        Table::new(names, rows)
    }

    /// Gives all rows the first row's value.
    fn repeat(table: &mut Table, column: &ColumnName) {
        if let Some(at) = table.index(column)
            && let Some(value) = table.rows.first().map(|row| row[at].clone())
        {
            for row in &mut table.rows {
                row[at] = value.clone();
            }
        }
    }

    /// Gives the column values that no other column has.
    fn isolate(&self, table: &mut Table, column: &ColumnName) {
        let Some(at) = table.index(column) else {
            return;
        };
        for (number, row) in table.rows.iter_mut().enumerate() {
            let number = number as i64;
            row[at] = match &row[at] {
                Value::Int(_) => Value::Int(900_001 + number),
                Value::Text(_) => Value::Text(format!("unmatched {number}")),
                Value::Float(_) => Value::Float(900_001.5 + number as f64),
                Value::Date(_) => Value::Date(self.day - 3000 - number as i32),
                other => other.clone(),
            };
        }
    }

    /// Lake columns that decide about matches, groups and choices.
    fn keys(&self) -> BTreeSet<Source> {
        let mut keys = BTreeSet::new();
        for (_, node) in self.flow.nodes() {
            match &node.op {
                Op::Join {
                    left, right, on, ..
                } => {
                    for (l, r) in on {
                        keys.extend(sources(self.flow, &[*left], l));
                        keys.extend(sources(self.flow, &[*right], r));
                    }
                }
                Op::Aggregate {
                    input,
                    keys: grouped,
                    ..
                } => {
                    for (_, key) in grouped {
                        keys.extend(sources(self.flow, &[*input], key));
                    }
                }
                Op::Pick {
                    input,
                    keys: picked,
                    ..
                } => {
                    for key in picked {
                        keys.extend(sources_of_column(self.flow, *input, key));
                    }
                }
                Op::Sort { input, by } => {
                    for key in by {
                        keys.extend(sources(self.flow, &[*input], &key.expr));
                    }
                }
                _ => {}
            }
        }
        keys
    }
}
