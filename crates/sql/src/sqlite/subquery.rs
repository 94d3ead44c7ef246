//! Queries inside expressions: IN and EXISTS as half joins, one-row queries as scalars.

use relift_dataflow::{
    Aggregate, AggregateFunction, Cardinality, Comparison, Expr, ExprKind, Flavour, Function,
    GroupOrder, JoinKind, NodeId, Op, Refusal,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use sqlparser::ast::{self, GroupByExpr, Query, SetExpr, UnaryOperator};

use super::affinity::Side;
use super::correlated::TiedColumn;
use super::expression::{Context, NOT_FOUND};
use super::query::{Lowering, Place};
use super::relation::Relation;
use super::select::{conjuncts, unnested};

impl Lowering<'_> {
    /// A conjunct of WHERE as a half join of the relation, if it asks another query.
    pub(crate) fn semi_join(
        &mut self,
        relation: &Relation,
        condition: &ast::Expr,
    ) -> Result<Option<Relation>, Refusal> {
        let span = self.places.of(condition);
        match unnested(condition) {
            ast::Expr::InSubquery {
                expr,
                subquery,
                negated,
            } => {
                let probe = self.side(expr, &Context::of(relation))?;
                let before = self.flow.obligations.len();
                let asked = match self.query(subquery, Place::Inner) {
                    Err(refusal) if refusal.reason == NOT_FOUND => {
                        self.flow.obligations.truncate(before);
                        return self
                            .correlated_member(relation, &probe, subquery, *negated, span)
                            .map(Some);
                    }
                    asked => asked?,
                };
                let [column] = &asked.columns[..] else {
                    return Err(Refusal::new(
                        "IN (SELECT …)",
                        "the query must have one column",
                        Some(span),
                    ));
                };
                let found = asked.side(column, &self.places.of(subquery.as_ref()));
                let (probe, found) = self.equal_pair(&probe, &found)?;
                if *negated {
                    let possible = self.type_of(&probe, relation.node)?.missing.possible()
                        || self.type_of(&found, asked.node)?.missing.possible();
                    if possible {
                        // A NULL on either side leaves it open.
                        return Ok(None);
                    }
                }
                let pairs = vec![(probe, found)];
                self.half(relation, &asked, pairs, *negated, span).map(Some)
            }
            ast::Expr::Exists { subquery, negated } => {
                self.correlated(relation, subquery, *negated, span)
            }
            ast::Expr::UnaryOp {
                op: UnaryOperator::Not,
                expr,
            } => match unnested(expr) {
                ast::Expr::Exists { subquery, negated } => {
                    self.correlated(relation, subquery, !*negated, span)
                }
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn half(
        &mut self,
        relation: &Relation,
        asked: &Relation,
        pairs: Vec<(Expr, Expr)>,
        negated: bool,
        span: Span,
    ) -> Result<Relation, Refusal> {
        // The two sides are compared by position in `on`; equal column names do not matter to them.
        let node = self.add(
            Op::Join {
                left: relation.node,
                right: asked.node,
                kind: if negated {
                    JoinKind::Anti
                } else {
                    JoinKind::Semi
                },
                on: pairs,
                null_safe: false,
                condition: None,
                presence: None,
            },
            span,
            None,
        )?;
        Ok(Relation {
            node,
            ..relation.clone()
        })
    }

    /// EXISTS whose conditions on the rows around it are equalities; `None` when it has none.
    fn correlated(
        &mut self,
        relation: &Relation,
        subquery: &Query,
        negated: bool,
        span: Span,
    ) -> Result<Option<Relation>, Refusal> {
        let SetExpr::Select(select) = subquery.body.as_ref() else {
            return Ok(None);
        };
        let Some(selection) = &select.selection else {
            return Ok(None);
        };
        let grouped =
            !matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
        if grouped || select.having.is_some() || subquery.with.is_some() {
            return Ok(None);
        }
        if subquery.limit_clause.is_some() {
            return Ok(None);
        }
        // The rows without their conditions, then condition by condition.
        let inner = self.from(&select.from, &self.places.of(select.as_ref()))?;
        let mut pairs = Vec::new();
        let mut local = Vec::new();
        let mut others = Vec::new();
        for part in conjuncts(selection) {
            // Inside, a name is the subquery's own first.
            if Self::resolves_inside(part, &inner) {
                local.push(part);
                continue;
            }
            match self.equality_around(part, relation, &inner)? {
                Some(pair) => pairs.push(pair),
                None => others.push(part),
            }
        }
        if pairs.is_empty() && others.is_empty() {
            return Ok(None);
        }
        let mut asked = inner;
        for part in local {
            asked = self.filtered(asked, part)?;
        }
        if others.is_empty() {
            return self.half(relation, &asked, pairs, negated, span).map(Some);
        }
        self.half_on(relation, asked, pairs, &others, negated, span)
            .map(Some)
    }

    /// A half join on equalities and further conditions on both sides.
    fn half_on(
        &mut self,
        relation: &Relation,
        asked: Relation,
        pairs: Vec<(Expr, Expr)>,
        others: &[&ast::Expr],
        negated: bool,
        span: Span,
    ) -> Result<Relation, Refusal> {
        let before = asked.columns.clone();
        let asked = self.renamed_apart(relation, asked, &span)?;
        let renamed = |name: &ColumnName| {
            let index = before.iter().position(|column| column.column == *name)?;
            Some(Expr::column(asked.columns[index].column.clone()))
        };
        let pairs: Vec<(Expr, Expr)> = pairs
            .into_iter()
            .map(|(probe, found)| (probe, found.substitute(&renamed)))
            .collect();
        let node = self.pairs(relation, &asked, &span)?;
        let both = Relation {
            node,
            columns: relation
                .columns
                .iter()
                .chain(&asked.columns)
                .cloned()
                .collect(),
            ..relation.clone()
        };
        let mut conditions = Vec::new();
        for part in others {
            conditions.push(self.condition(part, &Context::of(&both))?);
        }
        let condition = Expr::all(conditions);
        if !condition.relations().is_empty() {
            return Err(Refusal::new(
                "EXISTS",
                "asks further tables in a condition on the row around it",
                Some(span),
            ));
        }
        let node = self.add(
            Op::Join {
                left: relation.node,
                right: asked.node,
                kind: if negated {
                    JoinKind::Anti
                } else {
                    JoinKind::Semi
                },
                on: pairs,
                null_safe: false,
                condition: Some(condition),
                presence: None,
            },
            span,
            None,
        )?;
        Ok(Relation {
            node,
            ..relation.clone()
        })
    }

    /// `probe IN (SELECT …)` of a query that reads the row around it.
    fn correlated_member(
        &mut self,
        relation: &Relation,
        probe: &Side,
        query: &Query,
        negated: bool,
        span: Span,
    ) -> Result<Relation, Refusal> {
        let TiedColumn {
            rows,
            mut pairs,
            found,
        } = self.tied_column(query, &Context::of(relation))?;
        let (probe, found) = self.equal_pair(probe, &found)?;
        let open = self.type_of(&probe, relation.node)?.missing.possible()
            || self.type_of(&found, rows.node)?.missing.possible();
        if negated && open {
            return Err(Refusal::new(
                "NOT IN (SELECT …)",
                "reads the row around it, and a NULL on either side leaves it open",
                Some(span),
            ));
        }
        pairs.push((probe, found));
        self.half(relation, &rows, pairs, negated, span)
    }

    pub(crate) fn resolves_inside(condition: &ast::Expr, inner: &Relation) -> bool {
        let mut inside = true;
        let _: std::ops::ControlFlow<()> = ast::visit_expressions(condition, |part| {
            inside &= match part {
                ast::Expr::Identifier(name) => inner.resolve(None, &name.value).is_ok(),
                ast::Expr::CompoundIdentifier(parts) => match &parts[..] {
                    [table, name] => inner.resolve(Some(&table.value), &name.value).is_ok(),
                    _ => false,
                },
                _ => true,
            };
            std::ops::ControlFlow::Continue(())
        });
        inside
    }

    /// `inner = outer` or `outer = inner`, as (outer, inner).
    pub(crate) fn equality_around(
        &mut self,
        condition: &ast::Expr,
        outer: &Relation,
        inner: &Relation,
    ) -> Result<Option<(Expr, Expr)>, Refusal> {
        let ast::Expr::BinaryOp {
            left,
            op: ast::BinaryOperator::Eq,
            right,
        } = unnested(condition)
        else {
            return Ok(None);
        };
        for (inside, around) in [(left, right), (right, left)] {
            if Self::resolves_inside(inside, inner) && !Self::resolves_inside(around, inner) {
                let probe = self.side(around, &Context::of(outer))?;
                let found = self.side(inside, &Context::of(inner))?;
                return self.equal_pair(&probe, &found).map(Some);
            }
        }
        Ok(None)
    }

    /// A query of exactly one row and one column.
    pub(crate) fn scalar(&mut self, query: &Query) -> Result<Expr, Refusal> {
        let span = self.places.of(query);
        let relation = self.query(query, Place::Inner)?;
        let [column] = &relation.columns[..] else {
            return Err(Refusal::new(
                "scalar subquery",
                "must have one column",
                Some(span),
            ));
        };
        if self.flow.node(relation.node).cardinality != Cardinality::One {
            return Err(Refusal::new(
                "scalar subquery",
                "is lifted only when it has exactly one row, as an aggregate without GROUP BY has",
                Some(span),
            ));
        }
        Ok(Expr::new(ExprKind::Scalar {
            relation: relation.node,
            column: column.column.clone(),
        }))
    }

    /// EXISTS that does not depend on the rows around it.
    pub(crate) fn exists(&mut self, query: &Query, negated: bool) -> Result<Expr, Refusal> {
        let span = self.places.of(query);
        let relation = self.query(query, Place::Inner)?;
        let some = self.any_rows(relation.node, &span)?;
        Ok(match (negated, some.kind) {
            (true, ExprKind::Call(_, sides)) => {
                Expr::call(Function::Compare(Comparison::Eq, Flavour::Sql), sides)
            }
            (_, kind) => Expr::new(kind),
        })
    }

    /// Whether a relation has rows.
    pub(crate) fn any_rows(&mut self, node: NodeId, span: &Span) -> Result<Expr, Refusal> {
        let count = ColumnName::from("row_count");
        let counted = self.add(
            Op::Aggregate {
                input: node,
                keys: Vec::new(),
                aggregates: vec![(
                    count.clone(),
                    Aggregate {
                        function: AggregateFunction::Count,
                        argument: None,
                        filter: None,
                    },
                )],
                order: GroupOrder::Unordered,
            },
            span.clone(),
            None,
        )?;
        let value = Expr::new(ExprKind::Scalar {
            relation: counted,
            column: count,
        });
        Ok(Expr::compare(
            Comparison::Gt,
            Flavour::Sql,
            value,
            Expr::int(0),
        ))
    }

    /// A subquery as one that stands alone or, when it names what only the row around it has, as one that
    /// reads that row.
    pub(crate) fn apart(
        &mut self,
        alone: impl FnOnce(&mut Self) -> Result<Expr, Refusal>,
        tied: impl FnOnce(&mut Self) -> Result<Expr, Refusal>,
    ) -> Result<Expr, Refusal> {
        let before = self.flow.obligations.len();
        match alone(self) {
            Err(refusal) if refusal.reason == NOT_FOUND => {
                self.flow.obligations.truncate(before);
                tied(self)
            }
            other => other,
        }
    }
}
