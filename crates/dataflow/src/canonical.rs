//! What a relation means, whatever its parts are called.
//!
//! Two relations are the same when the same rows arise from the same tables, and a column is the same
//! when it is computed alike from table columns. Projections only rename, and an unambiguous left join
//! only adds columns, so both vanish; names of frames, of intermediate columns and of jobs do not occur.
//! Order counts only where something below observes it: a first row, a limit, a float sum.

use std::collections::BTreeMap;

use relift_diagnostics::ContentHash;
use relift_job::ColumnName;

use crate::{
    Cardinality, Comparison, Dataflow, Expr, ExprKind, Function, GroupOrder, JoinKind, LookupValue,
    NodeId, ObligationKind, Op,
};

/// Whether the order of a relation's rows is part of its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sequence {
    Observed,
    Ignored,
}

/// Canonical texts of a graph's relations.
pub struct Canonical<'a> {
    flow: &'a Dataflow,
    rows: BTreeMap<(NodeId, Sequence), String>,
    columns: BTreeMap<(NodeId, ColumnName), String>,
}

impl<'a> Canonical<'a> {
    /// Of a graph without loops: variables of loops only equal themselves.
    pub fn new(flow: &'a Dataflow) -> Self {
        Self {
            flow,
            rows: BTreeMap::new(),
            columns: BTreeMap::new(),
        }
    }

    /// Number of operations that choose, combine or group rows, and of calculations on their values.
    pub fn operations(&self, node: NodeId) -> usize {
        let reached = self.flow.reachable([node]);
        self.flow
            .nodes()
            .filter(|(id, _)| reached[id.0 as usize])
            .map(|(_, node)| {
                let chooses = !matches!(
                    node.op,
                    Op::Scan { .. } | Op::Map { .. } | Op::Values { .. } | Op::Sort { .. }
                );
                let mut calculations = 0;
                for expr in node.op.exprs() {
                    expr.walk(&mut |part| {
                        calculations += usize::from(
                            matches!(&part.kind, ExprKind::Call(function, _) if calculates(*function)),
                        );
                    });
                }
                usize::from(chooses) + calculations
            })
            .sum()
    }

    /// Digest of how its rows arise, whatever order they stand in.
    pub fn rows(&mut self, id: NodeId) -> String {
        self.digest(id, Sequence::Ignored)
    }

    /// Digest of how its rows arise, their order included.
    pub fn sequence(&mut self, id: NodeId) -> String {
        self.digest(id, Sequence::Observed)
    }

    /// What an obligation asks of a relation, one text per condition.
    pub fn conditions_of(&mut self, id: NodeId, kind: &ObligationKind) -> Vec<String> {
        let rows = self.rows(id);
        match kind {
            ObligationKind::NeverMissing(columns) => columns
                .iter()
                .map(|name| format!("{rows} never missing {}", self.column(id, name)))
                .collect(),
            ObligationKind::Unique(columns) => {
                let mut columns: Vec<String> =
                    columns.iter().map(|name| self.column(id, name)).collect();
                columns.sort();
                vec![format!("{rows} unique {columns:?}")]
            }
            ObligationKind::Holds(condition) => {
                vec![format!("{rows} holds {}", self.expr(condition, &[id]))]
            }
            ObligationKind::NotEmpty => vec![format!("{rows} not empty")],
        }
    }

    fn digest(&mut self, id: NodeId, sequence: Sequence) -> String {
        if let Some(known) = self.rows.get(&(id, sequence)) {
            return known.clone();
        }
        let digest = match self.same_rows_as(id, sequence) {
            Some(input) => self.digest(input, sequence),
            None => ContentHash::of(self.rows_text(id, sequence).as_bytes()).to_string(),
        };
        self.rows.insert((id, sequence), digest.clone());
        digest
    }

    /// The input whose rows these are, when the operator changes none.
    fn same_rows_as(&self, id: NodeId, sequence: Sequence) -> Option<NodeId> {
        match &self.flow.node(id).op {
            Op::Map { input, .. } | Op::Window { input, .. } => Some(*input),
            Op::Sort { input, .. } if sequence == Sequence::Ignored => Some(*input),
            Op::Join { left, .. } if self.only_adds_columns(id) => Some(*left),
            _ => None,
        }
    }

    /// Whether a join keeps every left row exactly once: at most one right row matches.
    fn only_adds_columns(&self, id: NodeId) -> bool {
        let Op::Join {
            right,
            kind: JoinKind::Left,
            on,
            ..
        } = &self.flow.node(id).op
        else {
            return false;
        };
        let right = self.flow.node(*right);
        let compared = |name: &ColumnName| on.iter().any(|(_, r)| r.as_column() == Some(name));
        right.cardinality == Cardinality::One
            || right.keys.iter().any(|key| key.iter().all(compared))
    }

    fn rows_text(&mut self, id: NodeId, sequence: Sequence) -> String {
        let flow = self.flow;
        match &flow.node(id).op {
            Op::Scan { table, dates, .. } => format!("scan {table} {dates:?}"),
            Op::Values { rows, .. } => {
                let rows: Vec<String> = rows
                    .iter()
                    .flatten()
                    .map(|value| self.expr(value, &[]))
                    .collect();
                format!("values {}", rows.join(","))
            }
            Op::Map { input, .. } | Op::Window { input, .. } => self.digest(*input, sequence),
            Op::Filter { .. } => {
                let mut conditions = Vec::new();
                let base = self.conditions(id, sequence, &mut conditions);
                conditions.sort();
                conditions.dedup();
                format!("filter {} {conditions:?}", self.digest(base, sequence))
            }
            Op::Join { .. } => self.join_text(id, sequence),
            Op::Aggregate {
                input, keys, order, ..
            } => {
                let keys = keys
                    .iter()
                    .map(|(_, key)| self.expr(key, &[*input]))
                    .collect();
                self.groups_text(*input, keys, *order, sequence)
            }
            Op::Distinct { input } => {
                let keys = flow
                    .node(*input)
                    .schema
                    .names()
                    .map(|name| self.column(*input, name))
                    .collect();
                self.groups_text(*input, keys, GroupOrder::FirstSeen, sequence)
            }
            Op::Pick { input, keys, which } => {
                let mut keys: Vec<String> =
                    keys.iter().map(|key| self.column(*input, key)).collect();
                keys.sort();
                let input = self.digest(*input, Sequence::Observed);
                format!("pick {which:?} {input} {keys:?}")
            }
            Op::Sort { input, by } => {
                let by: Vec<String> = by
                    .iter()
                    .map(|key| {
                        let value = self.expr(&key.expr, &[*input]);
                        format!("{value} {} {}", key.descending, key.missing_first)
                    })
                    .collect();
                format!("sort {} {by:?}", self.digest(*input, sequence))
            }
            Op::Limit { input, count } => {
                format!("limit {count} {}", self.digest(*input, Sequence::Observed))
            }
            Op::Union { inputs } => {
                let inputs: Vec<String> = inputs
                    .iter()
                    .map(|input| self.digest(*input, sequence))
                    .collect();
                format!("union {inputs:?}")
            }
            Op::When { input, condition } => {
                let condition = self.expr(condition, &[]);
                format!("when {} {condition}", self.digest(*input, sequence))
            }
            // Loops are compared after lifting only; here each is itself.
            Op::Running(_) | Op::Fold(_) | Op::State { .. } => format!("loop {} {id}", flow.job),
        }
    }

    /// Collects what a chain of filters asks; returns what the chain starts from.
    fn conditions(&mut self, id: NodeId, sequence: Sequence, found: &mut Vec<String>) -> NodeId {
        if let Op::Filter { input, predicate } = &self.flow.node(id).op {
            match &predicate.kind {
                ExprKind::Call(Function::And, parts) => {
                    found.extend(parts.iter().map(|part| self.expr(part, &[*input])));
                }
                _ => found.push(self.expr(predicate, &[*input])),
            }
            return self.conditions(*input, sequence, found);
        }
        match self.same_rows_as(id, sequence) {
            Some(input) => self.conditions(input, sequence, found),
            None => id,
        }
    }

    fn groups_text(
        &mut self,
        input: NodeId,
        mut keys: Vec<String>,
        order: GroupOrder,
        sequence: Sequence,
    ) -> String {
        keys.sort();
        keys.dedup();
        let rows = self.digest(input, sequence);
        match sequence {
            Sequence::Observed => format!("group {rows} {keys:?} {order:?}"),
            Sequence::Ignored => format!("group {rows} {keys:?}"),
        }
    }

    fn join_text(&mut self, id: NodeId, sequence: Sequence) -> String {
        let Op::Join {
            left,
            right,
            kind,
            on,
            null_safe,
            condition,
            ..
        } = &self.flow.node(id).op
        else {
            return String::new();
        };
        let mut sides = [self.digest(*left, sequence), self.digest(*right, sequence)];
        // Without an order, and with sides that can be told apart, an inner join is symmetric.
        let turned = sequence == Sequence::Ignored
            && matches!(kind, JoinKind::Inner | JoinKind::Cross)
            && self.rows(*left) > self.rows(*right);
        let mut pairs: Vec<String> = on
            .iter()
            .map(|(l, r)| {
                let (l, r) = (self.expr(l, &[*left]), self.expr(r, &[*right]));
                if turned {
                    format!("{r}={l}")
                } else {
                    format!("{l}={r}")
                }
            })
            .collect();
        pairs.sort();
        if turned {
            sides.reverse();
        }
        let extra = condition
            .as_ref()
            .map(|condition| self.sided(condition, id, *left, *right));
        format!("join {kind:?} {null_safe} {sides:?} {pairs:?} {extra:?}")
    }

    /// A condition over both sides of a join.
    fn sided(&mut self, condition: &Expr, join: NodeId, left: NodeId, right: NodeId) -> String {
        let mut names = Vec::new();
        for name in condition.columns() {
            let side = if self.flow.node(left).schema.has(&name) {
                left
            } else {
                right
            };
            names.push(self.side_column(join, side, &name));
        }
        format!("{} {names:?}", self.expr(condition, &[left, right]))
    }

    /// A column of one side of a join; which side it is shows by where its rows come from, and by its
    /// place only when both come from the same.
    fn side_column(&mut self, join: NodeId, side: NodeId, name: &ColumnName) -> String {
        let Op::Join { left, right, .. } = &self.flow.node(join).op else {
            return String::new();
        };
        let column = self.column(side, name);
        let (left, right) = (*left, *right);
        if self.rows(left) == self.rows(right) {
            let place = if side == left { "left" } else { "right" };
            return format!("{place}({column})");
        }
        format!("of({} {column})", self.rows(side))
    }

    /// Canonical text of a column.
    pub fn column(&mut self, id: NodeId, name: &ColumnName) -> String {
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
            Op::Join { left, right, .. } if self.only_adds_columns(id) => {
                if flow.node(*left).schema.has(name) {
                    self.column(*left, name)
                } else {
                    self.added_column(id, *right, name)
                }
            }
            Op::Join {
                left, right, kind, ..
            } => {
                if matches!(kind, JoinKind::Semi | JoinKind::Anti) {
                    self.column(*left, name)
                } else if flow.node(*left).schema.has(name) {
                    self.side_column(id, *left, name)
                } else if flow.node(*right).schema.has(name) {
                    self.side_column(id, *right, name)
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
                } else if let Some((_, aggregate)) = aggregates.iter().find(|(own, _)| own == name)
                {
                    let argument = aggregate
                        .argument
                        .as_ref()
                        .map(|part| self.expr(part, &[*input]));
                    let filter = aggregate
                        .filter
                        .as_ref()
                        .map(|part| self.expr(part, &[*input]));
                    let observed = aggregate
                        .function
                        .observes_order()
                        .then(|| self.digest(*input, Sequence::Observed));
                    let function = aggregate.function.name();
                    let rows = self.rows(id);
                    format!("{function}({argument:?} {filter:?} {observed:?} of {rows})")
                } else {
                    String::new()
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
            Op::Window {
                input,
                partition,
                order,
                functions,
            } => match functions.iter().find(|(own, _)| own == name) {
                None => self.column(*input, name),
                Some((_, function)) => {
                    let rows = self.digest(*input, Sequence::Observed);
                    let keys: Vec<String> = partition
                        .iter()
                        .map(|key| self.expr(key, &[*input]))
                        .collect();
                    let by: Vec<String> = order
                        .iter()
                        .map(|key| {
                            let value = self.expr(&key.expr, &[*input]);
                            format!("{value} {} {}", key.descending, key.missing_first)
                        })
                        .collect();
                    let parts: Vec<String> = function
                        .exprs()
                        .into_iter()
                        .map(|part| self.expr(part, &[*input]))
                        .collect();
                    // Expressions are compared by what they are over, so the function keeps its shape only.
                    let shape = function.clone().rebuild(&mut |_| Expr::none());
                    format!("window({rows} {keys:?} {by:?} {shape:?} {parts:?})")
                }
            },
            Op::Running(_) | Op::Fold(_) | Op::State { .. } => {
                format!("{}.{name}", self.rows(id))
            }
        };
        // Texts of texts would double with each level.
        let text = if text.len() > 200 {
            ContentHash::of(text.as_bytes()).to_string()
        } else {
            text
        };
        self.columns.insert(key, text.clone());
        text
    }

    /// A column that a join adds to its left rows, or whether it found any.
    fn added_column(&mut self, join: NodeId, right: NodeId, name: &ColumnName) -> String {
        let Op::Join {
            left,
            on,
            null_safe,
            condition,
            ..
        } = &self.flow.node(join).op
        else {
            return String::new();
        };
        let mut pairs: Vec<String> = on
            .iter()
            .map(|(l, r)| format!("{}={}", self.expr(r, &[right]), self.expr(l, &[*left])))
            .collect();
        pairs.sort();
        let extra = condition
            .as_ref()
            .map(|condition| self.sided(condition, join, *left, right));
        let value = if self.flow.node(right).schema.has(name) {
            self.column(right, name)
        } else {
            "present".to_owned()
        };
        let rows = self.rows(right);
        format!("added({rows} {null_safe} {pairs:?} {extra:?} {value})")
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
            // What an obligation says of a value does not change the value.
            ExprKind::Call(Function::Known, arguments) if arguments.len() == 1 => {
                self.expr(&arguments[0], inputs)
            }
            ExprKind::Call(function, arguments) => {
                let mut arguments: Vec<String> = arguments
                    .iter()
                    .map(|argument| self.expr(argument, inputs))
                    .collect();
                let function = match function {
                    Function::Compare(comparison @ (Comparison::Gt | Comparison::Ge), flavour) => {
                        arguments.reverse();
                        Function::Compare(comparison.flipped(), *flavour)
                    }
                    other => *other,
                };
                if is_symmetric(function) {
                    arguments.sort();
                }
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

/// Whether the arguments may be exchanged without changing the value.
fn is_symmetric(function: Function) -> bool {
    matches!(
        function,
        Function::And
            | Function::Or
            | Function::Add
            | Function::Multiply
            | Function::Compare(Comparison::Eq | Comparison::Ne, _)
    )
}

/// Whether it makes a new value, rather than testing one or saying how it is represented.
fn calculates(function: Function) -> bool {
    !matches!(
        function,
        Function::Compare(..)
            | Function::And
            | Function::Or
            | Function::Not
            | Function::IsNone
            | Function::IsMissing
            | Function::Truthy
            | Function::Known
            | Function::ToFloat
            | Function::ToPandasFloat
            | Function::NotMissing
            | Function::PandasInteger
            | Function::NullableInteger
            | Function::MissingAsNan
            | Function::ToInt
            | Function::ToText
            | Function::ToDecimal
            | Function::DecimalOfFloat
            | Function::SqliteInt
            | Function::SqliteReal
            | Function::SqliteText
            | Function::IsoText
            | Function::ToDate
    )
}
