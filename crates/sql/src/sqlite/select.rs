//! One SELECT: FROM, WHERE, grouping, the list, ORDER BY, DISTINCT, LIMIT.

use relift_dataflow::{Expr, Op, Refusal};
use sqlparser::ast::{
    self, BinaryOperator, Distinct, GroupByExpr, LimitClause, OrderBy, Select, SelectItem, VisitMut,
};

use super::expression::Context;
use super::ordering::{by_place, group_directions};
use super::query::{Lowering, Place};
use super::relation::{NotFound, Relation, RowOrder};
use super::windows::has_windows;

impl Lowering<'_> {
    pub(crate) fn select(
        &mut self,
        select: &Select,
        order: Option<&OrderBy>,
        limit: Option<&LimitClause>,
        place: Place,
    ) -> Result<Relation, Refusal> {
        let span = self.places.of(select);
        self.refuse_foreign_clauses(select)?;
        let asked = select.selection.as_ref().map(conjuncts).unwrap_or_default();
        let (mut relation, asked) = self.tables_where(&select.from, asked, &span)?;
        let selection = all_of(&asked);
        let named = |condition: &ast::Expr, relation: &Relation| {
            let mut condition = condition.clone();
            let mut aliases = AliasNames {
                select,
                relation,
                depth: 0,
            };
            let _: std::ops::ControlFlow<()> = condition.visit(&mut aliases);
            condition
        };
        if let Some(condition) = &selection {
            let condition = named(condition, &relation);
            relation = self.filtered(relation, &condition)?;
        }
        let group_by = match &select.group_by {
            GroupByExpr::Expressions(keys, modifiers) if modifiers.is_empty() => keys,
            other => {
                return Err(Refusal::new(
                    "GROUP BY",
                    "this form is not SQLite's",
                    Some(self.places.of(other)),
                ));
            }
        };
        let terms = self.order_terms(order)?;
        let aggregated =
            !group_by.is_empty() || select.having.is_some() || Self::has_aggregate(select, &terms);
        let plain = !aggregated
            && !has_windows(select, &terms)
            && select.distinct.is_none()
            && terms.is_empty()
            && select.from.len() == 1
            && select.from[0].joins.is_empty();
        if !plain && relation.order == RowOrder::KnownToPlainSelect {
            relation.order = RowOrder::Unknown;
        }
        if relation.order == RowOrder::AsWritten {
            // An ORDER BY that tells rows apart needs no more, and what is around a subquery may ask its tables
            // for more than it does itself.
            let sorted = !terms.is_empty() && !aggregated;
            relation.order = if place == Place::Top && !sorted && !has_windows(select, &terms) {
                let selection = selection.as_ref();
                let selection = selection.map(|condition| named(condition, &relation));
                Self::begins_as_written(&relation, selection.as_ref(), select.having.as_ref())
            } else {
                RowOrder::Unknown
            };
        }
        let mut context = if aggregated {
            self.grouped(&relation, select, group_by, &terms)?
        } else {
            Context::of(&relation)
        };
        if let Some(having) = &select.having {
            let having = &named(having, &relation);
            let predicate = self.condition(having, &context)?;
            let place = self.places.of(having);
            context.relation.node = self.add(
                Op::Filter {
                    input: context.relation.node,
                    predicate,
                },
                place,
                None,
            )?;
        }
        self.windowed(&mut context, select, &terms)?;
        let items = self.items(select, &context)?;
        let distinct = match &select.distinct {
            None | Some(Distinct::All) => false,
            Some(Distinct::Distinct) => true,
            Some(Distinct::On(_)) => {
                return Err(Refusal::new("DISTINCT ON", "is not SQLite's", Some(span)));
            }
        };
        context.aliases = items
            .iter()
            .map(|item| (item.name.clone(), item.value.clone()))
            .collect();
        let order_place = order.map_or_else(|| span.clone(), |order| self.places.of(order));
        let directions = if has_windows(select, &terms) {
            Vec::new()
        } else {
            group_directions(group_by, &terms)
        };
        if !distinct && !terms.is_empty() {
            self.sort(
                &mut context,
                &terms,
                &directions,
                &order_place,
                limit.is_some() || place == Place::Top,
            )?;
        }
        let mut relation = self.projected(&context, &items, &span)?;
        if distinct {
            let keyed = !self.flow.node(relation.node).keys.is_empty();
            // Rows that a key already tells apart are different.
            if !keyed {
                relation.node = self.add(
                    Op::Distinct {
                        input: relation.node,
                    },
                    span.clone(),
                    None,
                )?;
            }
            if !terms.is_empty() {
                let terms = by_place(&select.projection, terms);
                let mut context = Context::of(&relation);
                context.aliases = relation
                    .columns
                    .iter()
                    .map(|column| (column.name.clone(), Expr::column(column.column.clone())))
                    .collect();
                self.sort(
                    &mut context,
                    &terms,
                    &[],
                    &order_place,
                    limit.is_some() || place == Place::Top,
                )?;
                relation = context.relation;
            }
        }
        self.limited(relation, limit)
    }

    fn refuse_foreign_clauses(&self, select: &Select) -> Result<(), Refusal> {
        let foreign = select.top.is_some()
            || select.into.is_some()
            || !select.lateral_views.is_empty()
            || select.prewhere.is_some()
            || !select.connect_by.is_empty()
            || !select.cluster_by.is_empty()
            || !select.distribute_by.is_empty()
            || !select.sort_by.is_empty()
            || select.qualify.is_some()
            || select.value_table_mode.is_some();
        if foreign {
            return Err(Refusal::new(
                "SELECT clause",
                "is not SQLite's",
                Some(self.places.of(select)),
            ));
        }
        Ok(())
    }

    pub(crate) fn filtered(
        &mut self,
        mut relation: Relation,
        condition: &ast::Expr,
    ) -> Result<Relation, Refusal> {
        let mut parts = Vec::new();
        let mut places = Vec::new();
        for part in conjuncts(condition) {
            if let Some(joined) = self.semi_join(&relation, part)? {
                relation = joined;
                continue;
            }
            let predicate = self.condition(part, &Context::of(&relation))?;
            if relation.reads_optional(&predicate) {
                // SQLite may turn the LEFT JOIN into an inner one and exchange the loops.
                relation.order = RowOrder::Unknown;
            }
            places.push(self.places.of(part));
            parts.push(predicate);
        }
        if let Some(span) = places.into_iter().reduce(|all, one| all.to(&one)) {
            relation.node = self.add(
                Op::Filter {
                    input: relation.node,
                    predicate: Expr::all(parts).at(Some(span.clone())),
                },
                span,
                None,
            )?;
        }
        Ok(relation)
    }
}

/// Puts the items of the list in the place of their names where no column has the name.
struct AliasNames<'a> {
    select: &'a Select,
    relation: &'a Relation,
    depth: usize,
}

impl ast::VisitorMut for AliasNames<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &mut ast::Query) -> std::ops::ControlFlow<()> {
        self.depth += 1;
        std::ops::ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut ast::Query) -> std::ops::ControlFlow<()> {
        self.depth -= 1;
        std::ops::ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut ast::Expr) -> std::ops::ControlFlow<()> {
        if let ast::Expr::Identifier(name) = expr
            && self.depth == 0
            && matches!(
                self.relation.resolve(None, &name.value),
                Err(NotFound::Unknown)
            )
        {
            let item = self.select.projection.iter().find_map(|item| match item {
                SelectItem::ExprWithAlias { expr, alias }
                    if alias.value.eq_ignore_ascii_case(&name.value) =>
                {
                    Some(expr)
                }
                _ => None,
            });
            if let Some(item) = item {
                *expr = ast::Expr::Nested(Box::new(item.clone()));
            }
        }
        std::ops::ControlFlow::Continue(())
    }
}

/// The condition that all of these are true.
pub(crate) fn all_of(conditions: &[&ast::Expr]) -> Option<ast::Expr> {
    let mut parts = conditions.iter().map(|part| (*part).clone());
    let first = parts.next()?;
    Some(parts.fold(first, |left, right| ast::Expr::BinaryOp {
        left: Box::new(left),
        op: BinaryOperator::And,
        right: Box::new(right),
    }))
}

/// The conjuncts of a condition.
pub(crate) fn conjuncts(condition: &ast::Expr) -> Vec<&ast::Expr> {
    match unnested(condition) {
        ast::Expr::BinaryOp {
            left,
            op: BinaryOperator::And,
            right,
        } => {
            let mut parts = conjuncts(left);
            parts.extend(conjuncts(right));
            parts
        }
        other => vec![other],
    }
}

/// The expression inside parentheses.
pub(crate) fn unnested(expr: &ast::Expr) -> &ast::Expr {
    match expr {
        ast::Expr::Nested(inner) => unnested(inner),
        other => other,
    }
}
