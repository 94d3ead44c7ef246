//! Rows read by their index: `rows[i]`, `frame.iloc[i]`, `for i in range(len(rows))`.
//!
//! An index is one less than the place of a row, so counting through a list is going through its rows with
//! their places. `rows[i]` of the row that is being looked at is that row; any other index is a lookup of
//! the place, of which Python demands that it exists. Where the code says itself that it does (`i > 0`,
//! `i + 1 < len(rows)`), that is read off the path instead of being asked of the data.

use relift_dataflow::{
    AggregateFunction, Base, Comparison, Expr, ExprKind, Flavour, Function, Literal, LookupValue,
    NodeId, Op, WindowFunction,
};
use relift_dataflow::{Refusal, SortKey};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::lowering::Lowerer;
use crate::state::{all, choose};
use crate::values::{
    Content, Matching, NO_ROW, RecordKind, Relation, Scope, TEMPLATE, Term, Value,
};
use ruff_python_ast as ast;

/// `place + count + constant`, of which the first two may be missing.
#[derive(Clone, Debug, Default, PartialEq)]
struct Linear {
    place: Option<ColumnName>,
    /// The number of rows of a relation.
    count: Option<NodeId>,
    constant: i64,
}

/// The relation of which the rows of a loop are numbered.
#[derive(Clone, Debug, PartialEq)]
struct Numbered {
    source: NodeId,
    /// The relation that has the numbers.
    node: NodeId,
    place: ColumnName,
    /// No place is smaller.
    from: i64,
}

/// What is known of the place a row has.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// No place is smaller.
    least: i64,
    /// No place is larger than the number of rows and this.
    most: i64,
}

impl Lowerer<'_> {
    /// `range(from, to, step)` where the end is the number of rows of something.
    pub(crate) fn range_of_rows(
        &mut self,
        bounds: &[Value],
        span: &Span,
    ) -> Result<Option<Value>, Refusal> {
        let (from, to, step) = match bounds {
            [to] => (Value::int(0), to.clone(), 1),
            [from, to] => (from.clone(), to.clone(), 1),
            [from, to, step] => match step.as_int() {
                Some(step @ (1 | -1)) => (from.clone(), to.clone(), step),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        let (Value::Scalar(from), Value::Scalar(to)) = (&from, &to) else {
            return Ok(None);
        };
        // The places from the one after `from` to `to`, or back from that of `from` to that after `to`.
        let (low, high) = if step == 1 { (from, to) } else { (to, from) };
        let (Some(low), Some(high)) = (self.linear(low), self.linear(high)) else {
            return Ok(None);
        };
        let Linear {
            place: None,
            count: Some(node),
            constant: high,
        } = high
        else {
            return Ok(None);
        };
        if low.place.is_some() || low.count.is_some() {
            return Ok(None);
        }
        let shift = i64::from(step == -1);
        let (low, high) = (low.constant + shift, high + shift);
        if low < 0 || high > 0 {
            return Ok(None);
        }
        let relation = self.indices(node, low, high, step == -1, span)?;
        Ok(Some(Value::Rows(Box::new(relation))))
    }

    /// The indices from `low` on, the last `-high` left out.
    fn indices(
        &mut self,
        node: NodeId,
        low: i64,
        high: i64,
        backwards: bool,
        span: &Span,
    ) -> Result<Relation, Refusal> {
        let rows = Matching::all(Relation {
            node,
            element: Value::Unbound,
        });
        let (mut node, place) = self.numbering(&rows, span)?;
        let mut index = Term::template(&place);
        index.expr = Expr::call(Function::Subtract, vec![index.expr, Expr::int(1)]);
        let index = Value::Scalar(index.at(span));
        let mut conditions = Vec::new();
        if low > 0 {
            conditions.push(Expr::compare(
                Comparison::Gt,
                Flavour::Python,
                Expr::column(place.clone()),
                Expr::int(low),
            ));
        }
        if high < 0 {
            let count = self.count(rows.relation.node, span)?;
            conditions.push(Expr::compare(
                Comparison::Le,
                Flavour::Python,
                Expr::column(place.clone()),
                Expr::call(Function::Add, vec![count.expr, Expr::int(high)]),
            ));
        }
        if !conditions.is_empty() {
            let predicate = all(conditions).at(Some(span.clone()));
            node = self.add(
                Op::Filter {
                    input: node,
                    predicate,
                },
                span,
                None,
            )?;
        }
        if backwards {
            let by = vec![SortKey {
                expr: Expr::column(place),
                descending: true,
                missing_first: false,
            }];
            node = self.add(Op::Sort { input: node, by }, span, None)?;
        }
        Ok(Relation {
            node,
            element: index,
        })
    }

    /// The rows with their places.
    fn numbering(&mut self, rows: &Matching, span: &Span) -> Result<(NodeId, ColumnName), Refusal> {
        let place = self.fresh_column(rows.relation.node, "place");
        let functions = vec![(place.clone(), WindowFunction::RowNumber)];
        Ok((self.windowed(rows, functions, span)?, place))
    }

    /// All indices of the rows a term counts, and how many more than that it says.
    pub(crate) fn counted(&self, term: &Term) -> Option<(NodeId, i64)> {
        match self.linear(term)? {
            Linear {
                place: None,
                count: Some(node),
                constant,
            } => Some((node, constant)),
            _ => None,
        }
    }

    fn linear(&self, term: &Term) -> Option<Linear> {
        self.linear_of(&self.expanded(term.expr.clone(), term.scope))
    }

    fn linear_of(&self, expr: &Expr) -> Option<Linear> {
        match &expr.kind {
            ExprKind::Literal(Literal::Int(constant)) => Some(Linear {
                constant: *constant,
                ..Linear::default()
            }),
            ExprKind::Column(place) => Some(Linear {
                place: Some(place.clone()),
                ..Linear::default()
            }),
            ExprKind::Scalar { relation, column } => {
                let Op::Aggregate {
                    input,
                    keys,
                    aggregates,
                    ..
                } = &self.flow.node(*relation).op
                else {
                    return None;
                };
                let (_, counted) = aggregates.iter().find(|(name, _)| name == column)?;
                let all = counted.function == AggregateFunction::Count
                    && counted.argument.is_none()
                    && counted.filter.is_none()
                    && keys.is_empty();
                all.then(|| Linear {
                    count: Some(*input),
                    ..Linear::default()
                })
            }
            ExprKind::Call(Function::Known, inner) => self.linear_of(&inner[0]),
            ExprKind::Call(function @ (Function::Add | Function::Subtract), sides) => {
                let [a, b] = &sides[..] else {
                    return None;
                };
                let (a, b) = (self.linear_of(a)?, self.linear_of(b)?);
                if *function == Function::Subtract {
                    return (b.place.is_none() && b.count.is_none()).then(|| Linear {
                        constant: a.constant - b.constant,
                        ..a
                    });
                }
                if a.place.is_some() && b.place.is_some() || a.count.is_some() && b.count.is_some()
                {
                    return None;
                }
                Some(Linear {
                    place: a.place.or(b.place),
                    count: a.count.or(b.count),
                    constant: a.constant + b.constant,
                })
            }
            _ => None,
        }
    }

    /// What the rows of a scope are numbered by.
    fn numbered(&self, scope: Scope) -> Option<Numbered> {
        let mut node = self.scopes.iter().find(|row| row.scope == scope)?.node;
        let mut filters = Vec::new();
        loop {
            match &self.flow.node(node).op {
                Op::Filter { input, predicate } => {
                    filters.push(predicate.clone());
                    node = *input;
                }
                Op::Sort { input, .. } => node = *input,
                Op::Window {
                    input,
                    partition,
                    order,
                    functions,
                } if partition.is_empty() && order.is_empty() => {
                    let (place, _) = functions
                        .iter()
                        .find(|(_, function)| *function == WindowFunction::RowNumber)?;
                    let mut from = 1;
                    for fact in &filters {
                        from = from.max(self.least(fact, place));
                    }
                    return Some(Numbered {
                        source: *input,
                        node,
                        place: place.clone(),
                        from,
                    });
                }
                _ => return None,
            }
        }
    }

    /// The smallest place for which a fact can hold.
    fn least(&self, fact: &Expr, place: &ColumnName) -> i64 {
        let mut bounds = Bounds { least: 1, most: 0 };
        self.narrow(fact, place, None, &mut bounds);
        bounds.least
    }

    /// Takes from a fact what it says of a place.
    fn narrow(&self, fact: &Expr, place: &ColumnName, rows: Option<NodeId>, bounds: &mut Bounds) {
        match &fact.kind {
            ExprKind::Call(Function::And, parts) => {
                for part in parts {
                    self.narrow(part, place, rows, bounds);
                }
            }
            // An index that is not 0 is larger.
            ExprKind::Call(Function::Truthy, index) => {
                if let Some(Linear {
                    place: Some(of),
                    count: None,
                    constant: -1,
                }) = self.linear_of(&index[0])
                    && of == *place
                {
                    bounds.least = bounds.least.max(2);
                }
            }
            ExprKind::Call(Function::Not, inner) => {
                if let ExprKind::Call(Function::Compare(comparison, Flavour::Python), sides) =
                    &inner[0].kind
                {
                    let opposite = match comparison {
                        Comparison::Lt => Comparison::Ge,
                        Comparison::Le => Comparison::Gt,
                        Comparison::Gt => Comparison::Le,
                        Comparison::Ge => Comparison::Lt,
                        Comparison::Eq => Comparison::Ne,
                        Comparison::Ne => Comparison::Eq,
                    };
                    self.compared(opposite, sides, place, rows, bounds);
                }
            }
            ExprKind::Call(Function::Compare(comparison, Flavour::Python), sides) => {
                self.compared(*comparison, sides, place, rows, bounds);
            }
            _ => {}
        }
    }

    fn compared(
        &self,
        comparison: Comparison,
        sides: &[Expr],
        place: &ColumnName,
        rows: Option<NodeId>,
        bounds: &mut Bounds,
    ) {
        let [left, right] = sides else {
            return;
        };
        let (Some(left), Some(right)) = (self.linear_of(left), self.linear_of(right)) else {
            return;
        };
        let (own, other, comparison) = if left.place.as_ref() == Some(place) {
            (left, right, comparison)
        } else if right.place.as_ref() == Some(place) {
            (right, left, mirrored(comparison))
        } else {
            return;
        };
        if own.count.is_some() || other.place.is_some() {
            return;
        }
        // The place against a number, or against the number of rows and a number.
        let bound = other.constant - own.constant;
        match other.count {
            None => {
                let least = match comparison {
                    Comparison::Gt => bound + 1,
                    Comparison::Ge | Comparison::Eq => bound,
                    Comparison::Ne if bound == bounds.least => bound + 1,
                    _ => return,
                };
                bounds.least = bounds.least.max(least);
            }
            Some(node) if Some(node) == rows => {
                let most = match comparison {
                    Comparison::Lt => bound - 1,
                    Comparison::Le | Comparison::Eq => bound,
                    Comparison::Ne if bound == bounds.most => bound - 1,
                    _ => return,
                };
                bounds.most = bounds.most.min(most);
            }
            Some(_) => {}
        }
    }

    /// `rows[index]` for an index that is not constant.
    pub(crate) fn row_by_index(
        &mut self,
        rows: &Matching,
        index: &Term,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let ty = self.type_of(index)?;
        if ty.base != Base::Int64 || ty.missing.possible() {
            return Err(Refusal::new(
                "subscript",
                format!("the index is {ty}"),
                Some(span.clone()),
            ));
        }
        let node = rows.relation.node;
        let own = self.numbered(index.scope);
        let linear = self.linear(index);
        let mut bounds = None;
        if rows.on.is_empty()
            && let (Some(own), Some(linear)) = (&own, &linear)
            && own.source == node
            && linear.place.as_ref() == Some(&own.place)
            && linear.count.is_none()
        {
            if linear.constant == -1 {
                return Ok(rows.relation.element.in_scope(index.scope));
            }
            let mut known = Bounds {
                least: own.from,
                most: 0,
            };
            for fact in self.path_of(index.scope) {
                let fact = self.expanded(fact, index.scope);
                self.narrow(&fact, &own.place, Some(node), &mut known);
            }
            bounds = Some((known, linear.constant));
        }
        let not_negative = bounds.is_some_and(|(known, shift)| known.least + shift >= 0);
        let not_beyond = bounds.is_some_and(|(known, shift)| known.most + shift < 0);
        let (numbered, place) = match own.filter(|own| rows.on.is_empty() && own.source == node) {
            Some(own) => (own.node, own.place),
            None => self.numbering(rows, span)?,
        };
        let one = |expr: Expr, more: i64| {
            crate::arithmetic::folded(Function::Add, vec![expr, Expr::int(more)])
        };
        let mut asked = match &linear {
            Some(Linear {
                place: Some(own),
                count: None,
                constant,
            }) => match constant + 1 {
                0 => Expr::column(own.clone()),
                shift => one(Expr::column(own.clone()), shift),
            },
            _ => one(index.expr.clone(), 1),
        };
        if !not_negative {
            // An index below zero counts from the end.
            let count = self.matching_count(rows, span)?;
            let negative = Expr::compare(
                Comparison::Lt,
                Flavour::Python,
                index.expr.clone(),
                Expr::int(0),
            );
            let from_end = Expr::call(Function::Add, vec![asked.clone(), count.expr]);
            asked = choose(&negative, from_end, asked);
        }
        let mut keys: Vec<(ColumnName, Expr)> = rows
            .on
            .iter()
            .map(|(column, term)| (column.clone(), term.expr.clone()))
            .collect();
        keys.push((place, asked));
        let scope = rows.scope().max(index.scope);
        if rows.scope() != NO_ROW && index.scope != NO_ROW && rows.scope() != index.scope {
            return Err(Refusal::new(
                "subscript",
                "the index and the list belong to rows of different loops",
                Some(span.clone()),
            ));
        }
        if !(not_negative && not_beyond) {
            let present = Term {
                expr: Expr::new(ExprKind::Lookup {
                    relation: numbered,
                    keys: keys.clone(),
                    value: LookupValue::Present,
                })
                .at(Some(span.clone())),
                scope,
                numpy: false,
            };
            self.require(
                &present,
                "subscript",
                "an index beyond the end of the list raises IndexError",
                span,
            )?;
        }
        let schema = self.flow.node(node).schema.clone();
        Ok(rows.relation.element.substitute(scope, &|name| {
            schema
                .has(name)
                .then(|| self.lookup_of(numbered, &keys, name, span))
        }))
    }
}

impl<'a> Lowerer<'a> {
    /// `frame.iloc[index]`, `frame.iloc[index, column]` and `column.iloc[index]` for an index that is not
    /// constant.
    pub(crate) fn by_place(
        &mut self,
        receiver: &Value,
        slice: &'a ast::Expr,
        span: &Span,
    ) -> Result<Option<Value>, Refusal> {
        let (index, column) = match slice {
            ast::Expr::Tuple(parts) => match &parts.elts[..] {
                [index, column] => (index, Some(column)),
                _ => return Ok(None),
            },
            ast::Expr::Slice(_) => return Ok(None),
            other => (other, None),
        };
        // What is evaluated here and left to others afterwards must leave nothing behind.
        if matches!(index, ast::Expr::Slice(_)) || matches!(column, Some(ast::Expr::Slice(_))) {
            return Ok(None);
        }
        let Value::Scalar(index) = self.eval(index)? else {
            return Ok(None);
        };
        if index.as_literal().is_some() || self.type_of(&index)?.base != Base::Int64 {
            return Ok(None);
        }
        let relation = match self.resolved(receiver, "subscript", span)? {
            Value::Series(series) => Relation {
                node: series.frame,
                element: Value::Scalar(Term {
                    expr: series.expr.clone(),
                    scope: TEMPLATE,
                    numpy: true,
                }),
            },
            Value::Object(id) => match self.state.heap.get(&id).map(|object| &object.content) {
                Some(Content::Frame(node)) => {
                    let node = *node;
                    Relation {
                        node,
                        element: self.frame_row(node, RecordKind::Series),
                    }
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        let relation = Relation {
            element: self.without_numbers(&relation, span),
            ..relation
        };
        let row = self.row_by_index(&Matching::all(relation), &index, span)?;
        match (column, &row) {
            (None, _) => Ok(Some(row)),
            (Some(column), Value::Record(record)) => {
                let column = self.eval(column)?;
                let fields = record.fields.iter().map(|(_, value)| value.clone());
                let fields = Value::Tuple(fields.collect());
                self.item(&fields, &column, span).map(Some)
            }
            (Some(_), _) => Ok(None),
        }
    }

    /// The element without its numbers: those of a single row or cell of a frame are numpy's, which some
    /// functions treat otherwise than Python's.
    fn without_numbers(&self, relation: &Relation, span: &Span) -> Value {
        let plain = |value: &Value| match value {
            Value::Scalar(term)
                if self.type_over(&term.expr, relation.node).is_ok_and(|ty| {
                    matches!(
                        ty.base,
                        Base::Int64 | Base::Float64 | Base::Number | Base::Bool
                    )
                }) =>
            {
                Value::unknown(Refusal::new(
                    "subscript",
                    "a single number of a frame is one of numpy's",
                    Some(span.clone()),
                ))
            }
            other => other.clone(),
        };
        match &relation.element {
            Value::Record(record) => Value::Record(std::rc::Rc::new(crate::values::Record {
                kind: record.kind,
                fields: record
                    .fields
                    .iter()
                    .map(|(name, value)| (name.clone(), plain(value)))
                    .collect(),
            })),
            other => plain(other),
        }
    }

    /// Whether two terms are one number by their shape.
    pub(crate) fn same_number(&self, a: &Term, b: &Term) -> bool {
        match (self.linear(a), self.linear(b)) {
            (Some(left), Some(right)) => {
                left == right && (left.place.is_none() || a.scope == b.scope)
            }
            _ => a.expr == b.expr && a.scope == b.scope,
        }
    }
}

fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Lt => Comparison::Gt,
        Comparison::Le => Comparison::Ge,
        Comparison::Gt => Comparison::Lt,
        Comparison::Ge => Comparison::Le,
        same @ (Comparison::Eq | Comparison::Ne) => same,
    }
}
