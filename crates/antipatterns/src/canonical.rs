//! What a relation means, whatever its parts are called.
//!
//! Two relations are the same when the same rows arise from the same tables, and a column is the same
//! when it is computed alike from table columns. Projections only rename, so they vanish; names of
//! frames, of intermediate columns and of jobs do not occur.

use std::collections::BTreeMap;

use relift_dataflow::{Dataflow, Expr, ExprKind, LookupValue, NodeId, Op};
use relift_diagnostics::ContentHash;
use relift_job::ColumnName;

/// Canonical texts of a graph's relations.
pub(crate) struct Canonical<'a> {
    flow: &'a Dataflow,
    rows: BTreeMap<NodeId, String>,
    columns: BTreeMap<(NodeId, ColumnName), String>,
}

impl<'a> Canonical<'a> {
    pub(crate) fn new(flow: &'a Dataflow) -> Self {
        Self {
            flow,
            rows: BTreeMap::new(),
            columns: BTreeMap::new(),
        }
    }

    /// Number of operations that choose, combine or group rows.
    pub(crate) fn operations(&self, node: NodeId) -> usize {
        let reached = self.flow.reachable([node]);
        self.flow
            .nodes()
            .filter(|(id, node)| {
                reached[id.0 as usize]
                    && !matches!(
                        node.op,
                        Op::Scan { .. } | Op::Map { .. } | Op::Values { .. }
                    )
            })
            .count()
    }

    /// Digest of how its rows arise.
    pub(crate) fn rows(&mut self, id: NodeId) -> String {
        if let Some(known) = self.rows.get(&id) {
            return known.clone();
        }
        let flow = self.flow;
        let text = match &flow.node(id).op {
            Op::Scan { table, dates, .. } => format!("scan {table} {dates:?}"),
            Op::Values { rows, .. } => {
                let rows: Vec<String> = rows
                    .iter()
                    .flatten()
                    .map(|value| self.expr(value, &[]))
                    .collect();
                format!("values {}", rows.join(","))
            }
            Op::Map { input, .. } => return self.rows(*input),
            Op::Filter { input, predicate } => {
                let predicate = self.expr(predicate, &[*input]);
                format!("filter {} {predicate}", self.rows(*input))
            }
            Op::Join {
                left,
                right,
                kind,
                on,
                null_safe,
                condition,
                ..
            } => {
                let mut pairs: Vec<String> = on
                    .iter()
                    .map(|(l, r)| format!("{}={}", self.expr(l, &[*left]), self.expr(r, &[*right])))
                    .collect();
                pairs.sort();
                let extra = condition
                    .as_ref()
                    .map(|condition| self.expr(condition, &[*left, *right]));
                format!(
                    "join {kind:?} {null_safe} {} {} {pairs:?} {extra:?}",
                    self.rows(*left),
                    self.rows(*right)
                )
            }
            Op::Aggregate { input, keys, .. } => {
                let mut keys: Vec<String> = keys
                    .iter()
                    .map(|(_, key)| self.expr(key, &[*input]))
                    .collect();
                keys.sort();
                format!("group {} {keys:?}", self.rows(*input))
            }
            Op::Pick { input, keys, which } => {
                let mut keys: Vec<String> =
                    keys.iter().map(|key| self.column(*input, key)).collect();
                keys.sort();
                format!("pick {which:?} {} {keys:?}", self.rows(*input))
            }
            Op::Sort { input, by } => {
                let by: Vec<String> = by
                    .iter()
                    .map(|key| {
                        let value = self.expr(&key.expr, &[*input]);
                        format!("{value} {} {}", key.descending, key.missing_first)
                    })
                    .collect();
                format!("sort {} {by:?}", self.rows(*input))
            }
            Op::Limit { input, count } => format!("limit {count} {}", self.rows(*input)),
            Op::Distinct { input } => {
                let mut columns: Vec<String> = flow
                    .node(*input)
                    .schema
                    .names()
                    .map(|name| self.column(*input, name))
                    .collect();
                columns.sort();
                format!("distinct {} {columns:?}", self.rows(*input))
            }
            Op::Union { inputs } => {
                let inputs: Vec<String> = inputs.iter().map(|input| self.rows(*input)).collect();
                format!("union {inputs:?}")
            }
            Op::When { input, condition } => {
                let condition = self.expr(condition, &[]);
                format!("when {} {condition}", self.rows(*input))
            }
            // Loops are compared after lifting only; here each is itself.
            Op::Fold(_) | Op::State { .. } => format!("loop {} {id}", flow.job),
        };
        let digest = ContentHash::of(text.as_bytes()).to_string();
        self.rows.insert(id, digest.clone());
        digest
    }

    /// Canonical text of a column.
    pub(crate) fn column(&mut self, id: NodeId, name: &ColumnName) -> String {
        let key = (id, name.clone());
        if let Some(known) = self.columns.get(&key) {
            return known.clone();
        }
        let flow = self.flow;
        let text = match &flow.node(id).op {
            Op::Scan { .. } => format!("{}.{name}", self.rows(id)),
            Op::Map { input, columns } => columns
                .iter()
                .find(|(own, _)| own == name)
                .map_or_else(String::new, |(_, value)| self.expr(value, &[*input])),
            Op::Filter { input, .. }
            | Op::Pick { input, .. }
            | Op::Sort { input, .. }
            | Op::Limit { input, .. }
            | Op::Distinct { input }
            | Op::When { input, .. } => self.column(*input, name),
            Op::Join { left, right, .. } => {
                if flow.node(*left).schema.has(name) {
                    format!("left({})", self.column(*left, name))
                } else if flow.node(*right).schema.has(name) {
                    format!("right({})", self.column(*right, name))
                } else {
                    format!("matched({})", self.rows(id))
                }
            }
            Op::Aggregate {
                input,
                keys,
                aggregates,
                ..
            } => {
                if let Some((_, key)) = keys.iter().find(|(own, _)| own == name) {
                    self.expr(key, &[*input])
                } else {
                    let aggregate = aggregates.iter().find(|(own, _)| own == name);
                    let text = aggregate.map(|(_, aggregate)| {
                        let part = |part: &Option<Expr>, own: &mut Self| {
                            part.as_ref().map(|part| own.expr(part, &[*input]))
                        };
                        let argument = part(&aggregate.argument, self);
                        let filter = part(&aggregate.filter, self);
                        format!("{} {argument:?} {filter:?}", aggregate.function.name())
                    });
                    format!("aggregate({text:?} of {})", self.rows(id))
                }
            }
            Op::Union { inputs } => {
                let inputs: Vec<String> = inputs
                    .iter()
                    .map(|input| self.column(*input, name))
                    .collect();
                format!("union{inputs:?}")
            }
            Op::Values { columns, rows } => {
                let at = columns.iter().position(|own| own == name);
                let values: Vec<String> = rows
                    .iter()
                    .filter_map(|row| row.get(at?))
                    .map(|value| self.expr(value, &[]))
                    .collect();
                format!("values{values:?}")
            }
            Op::Fold(_) | Op::State { .. } => format!("{}.{name}", self.rows(id)),
        };
        self.columns.insert(key, text.clone());
        text
    }

    fn expr(&mut self, expr: &Expr, inputs: &[NodeId]) -> String {
        match &expr.kind {
            ExprKind::Column(name) => {
                let side = inputs
                    .iter()
                    .copied()
                    .find(|input| self.flow.node(*input).schema.has(name));
                side.map_or_else(|| name.to_string(), |side| self.column(side, name))
            }
            ExprKind::Literal(literal) => format!("{literal:?}"),
            ExprKind::Parameter(parameter) => format!("{parameter:?}"),
            ExprKind::Call(function, arguments) => {
                let arguments: Vec<String> = arguments
                    .iter()
                    .map(|argument| self.expr(argument, inputs))
                    .collect();
                format!("{function}({})", arguments.join(","))
            }
            ExprKind::If { arms, otherwise } => {
                let arms: Vec<String> = arms
                    .iter()
                    .map(|(test, value)| {
                        format!("{}:{}", self.expr(test, inputs), self.expr(value, inputs))
                    })
                    .collect();
                format!("if({},{})", arms.join(","), self.expr(otherwise, inputs))
            }
            ExprKind::Lookup {
                relation,
                keys,
                value,
            } => {
                let keys: Vec<String> = keys
                    .iter()
                    .map(|(column, key)| {
                        let column = self.column(*relation, column);
                        format!("{column}={}", self.expr(key, inputs))
                    })
                    .collect();
                let value = match value {
                    LookupValue::Present => "present".to_owned(),
                    LookupValue::Column(name) => self.column(*relation, name),
                };
                format!("lookup({} {keys:?} {value})", self.rows(*relation))
            }
            ExprKind::Scalar { relation, column } => {
                let column = self.column(*relation, column);
                format!("scalar({} {column})", self.rows(*relation))
            }
            ExprKind::Previous(name) => format!("previous({name})"),
        }
    }
}
