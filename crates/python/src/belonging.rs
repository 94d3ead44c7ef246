//! Lists of the rows that belong together: the rows of a key, or those a loop found for the current row.

use relift_dataflow::{
    Aggregate, AggregateFunction, Comparison, Expr, ExprKind, Flavour, Function, GroupOrder,
    LookupValue, Op, PickWhich, Refusal,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::lowering::Lowerer;
use crate::state::{all, choose};
use crate::values::{Content, Matching, NO_ROW, Relation, SegmentKind, Term, Value};

impl Lowerer<'_> {
    /// The rows as a relation of their own, where no loop chooses among them.
    pub(crate) fn chosen(&mut self, rows: &Matching, span: &Span) -> Result<Relation, Refusal> {
        if rows.on.is_empty() {
            return Ok(rows.relation.clone());
        }
        if rows.on.iter().any(|(_, term)| term.scope != NO_ROW) {
            return Err(Refusal::new(
                "list",
                "its rows belong to a row of a loop and are used outside of it",
                Some(span.clone()),
            ));
        }
        let predicate = all(rows.on.iter().map(|(column, term)| {
            Expr::compare(
                Comparison::Eq,
                Flavour::Python,
                Expr::column(column.clone()),
                term.expr.clone(),
            )
            .at(Some(span.clone()))
        }));
        let name = self.flow.node(rows.relation.node).name.clone();
        let node = self.add(
            Op::Filter {
                input: rows.relation.node,
                predicate,
            },
            span,
            name.as_deref(),
        )?;
        Ok(Relation {
            node,
            element: rows.relation.element.clone(),
        })
    }

    /// The value as rows of a relation, where it is a list of nothing else.
    pub(crate) fn as_matching(&self, value: &Value) -> Option<Matching> {
        match value {
            Value::Matching(matching) => Some((**matching).clone()),
            Value::Object(id) => {
                let Content::List(segments) = &self.state.heap.get(id)?.content else {
                    return None;
                };
                let [segment] = &segments[..] else {
                    return None;
                };
                let guarded = segment
                    .guard
                    .iter()
                    .any(|fact| self.state.known(&fact.expr) != Some(true));
                match &segment.kind {
                    SegmentKind::Matching(matching) if !guarded => Some(matching.clone()),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// One row per key: an aggregate of the rows that belong to it, read for the current row. Missing
    /// where there are no such rows.
    pub(crate) fn matching_aggregate(
        &mut self,
        rows: &Matching,
        function: AggregateFunction,
        argument: Option<Expr>,
        span: &Span,
    ) -> Result<(Term, Expr), Refusal> {
        let mut column = ColumnName::from(function.name());
        let mut count = 1;
        while rows.on.iter().any(|(key, _)| *key == column) {
            count += 1;
            column = ColumnName::from(format!("{}_{count}", function.name()));
        }
        let relation = self.add(
            Op::Aggregate {
                input: rows.relation.node,
                keys: rows
                    .on
                    .iter()
                    .map(|(key, _)| (key.clone(), Expr::column(key.clone())))
                    .collect(),
                aggregates: vec![(
                    column.clone(),
                    Aggregate {
                        function,
                        argument,
                        filter: None,
                    },
                )],
                order: GroupOrder::Unordered,
            },
            span,
            None,
        )?;
        let keys: Vec<(ColumnName, Expr)> = rows
            .on
            .iter()
            .map(|(key, term)| (key.clone(), term.expr.clone()))
            .collect();
        let present = Term {
            expr: Expr::new(ExprKind::Lookup {
                relation,
                keys: keys.clone(),
                value: LookupValue::Present,
            })
            .at(Some(span.clone())),
            scope: rows.scope(),
            numpy: false,
        };
        let value = Expr::new(ExprKind::Lookup {
            relation,
            keys,
            value: LookupValue::Column(column),
        })
        .at(Some(span.clone()));
        Ok((present, value))
    }

    /// The aggregate, or what it is of no rows.
    pub(crate) fn matching_or(
        &mut self,
        rows: &Matching,
        function: AggregateFunction,
        argument: Option<Expr>,
        none: Expr,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let (present, value) = self.matching_aggregate(rows, function, argument, span)?;
        let known = Expr::call(Function::Known, vec![value]).at(Some(span.clone()));
        Ok(Term {
            expr: choose(&present.expr, known, none).at(Some(span.clone())),
            ..present
        })
    }

    /// Number of rows.
    pub(crate) fn matching_count(&mut self, rows: &Matching, span: &Span) -> Result<Term, Refusal> {
        if rows.on.is_empty() {
            return self.count(rows.relation.node, span);
        }
        self.matching_or(rows, AggregateFunction::Count, None, Expr::int(0), span)
    }

    /// Whether there are rows.
    pub(crate) fn matching_present(
        &mut self,
        rows: &Matching,
        span: &Span,
    ) -> Result<Term, Refusal> {
        if rows.on.is_empty() {
            let empty = self.empty(rows.relation.node, span)?;
            return Ok(Term {
                expr: crate::state::not(empty.expr.clone()),
                ..empty
            });
        }
        let (present, _) = self.matching_aggregate(rows, AggregateFunction::Count, None, span)?;
        Ok(present)
    }

    /// The first or last row, and whether there is one.
    pub(crate) fn matching_end(
        &mut self,
        rows: &Matching,
        which: PickWhich,
        span: &Span,
    ) -> Result<(Term, Value), Refusal> {
        let node = rows.relation.node;
        let (found, column) = self.first_row(node, &rows.on, which, span)?;
        let schema = self.flow.node(node).schema.clone();
        let element = rows.relation.element.substitute(found.scope, &|name| {
            schema.has(name).then(|| column(self, name))
        });
        Ok((found, element))
    }
}

impl Matching {
    /// The row the terms read.
    pub(crate) fn scope(&self) -> u32 {
        self.on
            .iter()
            .map(|(_, term)| term.scope)
            .fold(NO_ROW, u32::max)
    }

    /// All rows of a relation.
    pub(crate) fn all(relation: Relation) -> Self {
        Self {
            relation,
            on: Vec::new(),
        }
    }
}
