//! ORDER BY and LIMIT: which order SQLite is certain to keep, and what must hold for that.

use relift_dataflow::{
    Base, Comparison, Expr, Flavour, Function, NodeId, Obligation, ObligationKind, Op, Refusal,
    SortKey, WindowFunction,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use sqlparser::ast::{self, LimitClause, OrderBy, OrderByExpr, OrderByKind, SelectItem};

use super::expression::Context;
use super::query::{Lowering, Place};
use super::relation::{Relation, RowOrder};
use super::select::unnested;

impl Lowering<'_> {
    /// ORDER BY and LIMIT of a UNION ALL.
    pub(crate) fn sorted_compound(
        &mut self,
        relation: &Relation,
        order: Option<&OrderBy>,
        limit: Option<&LimitClause>,
        place: Place,
    ) -> Result<Relation, Refusal> {
        let terms = self.order_terms(order)?;
        let mut context = Context::of(relation);
        context.aliases = relation
            .columns
            .iter()
            .map(|column| (column.name.clone(), Expr::column(column.column.clone())))
            .collect();
        if let Some(order) = order {
            let span = self.places.of(order);
            self.sort(
                &mut context,
                &terms,
                &[],
                &span,
                limit.is_some() || place == Place::Top,
            )?;
        }
        self.limited(context.relation, limit)
    }

    /// The terms of ORDER BY.
    pub(crate) fn order_terms(&self, order: Option<&OrderBy>) -> Result<Vec<OrderByExpr>, Refusal> {
        match order.map(|order| &order.kind) {
            None => Ok(Vec::new()),
            Some(OrderByKind::Expressions(terms)) => Ok(terms.clone()),
            Some(OrderByKind::All(_)) => Err(Refusal::new(
                "ORDER BY ALL",
                "is not SQLite's",
                order.map(|order| self.places.of(order)),
            )),
        }
    }

    /// Sorts the context's relation. `group` are the directions in which groups came, when they are not
    /// all ascending. `final_order` says that the sorting is certain to be carried out.
    pub(crate) fn sort(
        &mut self,
        context: &mut Context,
        terms: &[OrderByExpr],
        group: &[bool],
        span: &Span,
        final_order: bool,
    ) -> Result<(), Refusal> {
        let mut by = Vec::new();
        for term in terms {
            let descending = term.options.asc == Some(false);
            by.push(SortKey {
                expr: self.order_value(&term.expr, context)?,
                descending,
                missing_first: term.options.nulls_first.unwrap_or(!descending),
            });
        }
        if group.contains(&true) {
            let keys = context.group_keys();
            for (key, descending) in keys.into_iter().zip(group) {
                by.push(SortKey {
                    expr: Expr::column(key),
                    descending: *descending,
                    missing_first: !descending,
                });
            }
        }
        let columns: Option<Vec<ColumnName>> =
            by.iter().map(|key| key.expr.as_column().cloned()).collect();
        context.relation.node = self.add(
            Op::Sort {
                input: context.relation.node,
                by,
            },
            span.clone(),
            None,
        )?;
        if !final_order {
            // SQLite leaves out the ORDER BY of a subquery where the query around it sorts or groups.
            context.relation.order = match context.relation.order {
                RowOrder::Unknown => RowOrder::Unknown,
                _ => RowOrder::KnownToPlainSelect,
            };
            return Ok(());
        }
        if context.relation.order != RowOrder::Known {
            let Some(columns) = columns else {
                return Err(Refusal::new(
                    "ORDER BY",
                    "SQLite chooses the order of equal rows here, and an expression cannot be checked \
                     to tell all rows apart",
                    Some(span.clone()),
                ));
            };
            let node = context.relation.node;
            let proven = self
                .flow
                .node(node)
                .keys
                .iter()
                .any(|key| key.iter().all(|column| columns.contains(column)));
            if !proven {
                self.flow.obligations.push(Obligation {
                    node,
                    kind: ObligationKind::Unique(columns),
                    why: "SQLite would choose the order of rows that ORDER BY leaves equal"
                        .to_owned(),
                    spans: vec![span.clone()],
                });
            }
            // What tells all rows apart leaves nothing to the order of matches.
            context.relation.unique.clear();
            context.relation.order = RowOrder::Known;
        }
        Ok(())
    }

    /// The rows behind the first ones.
    fn behind(&mut self, input: NodeId, skipped: u64, span: &Span) -> Result<NodeId, Refusal> {
        let schema = self.flow.node(input).schema.clone();
        let name = ColumnName::from(crate::names::free_name("row_number", |name| {
            schema.has(&ColumnName::from(name))
        }));
        let numbered = self.add(
            Op::Window {
                input,
                partition: Vec::new(),
                order: Vec::new(),
                functions: vec![(name.clone(), WindowFunction::RowNumber)],
            },
            span.clone(),
            None,
        )?;
        let skipped = i64::try_from(skipped).unwrap_or(i64::MAX);
        let kept = self.add(
            Op::Filter {
                input: numbered,
                predicate: Expr::compare(
                    Comparison::Gt,
                    Flavour::Sql,
                    Expr::column(name),
                    Expr::int(skipped),
                ),
            },
            span.clone(),
            None,
        )?;
        let columns = schema
            .names()
            .map(|name| (name.clone(), Expr::column(name.clone())))
            .collect();
        self.add(
            Op::Map {
                input: kept,
                columns,
            },
            span.clone(),
            None,
        )
    }

    /// A term of ORDER BY: a place in the list, an alias, or an expression.
    pub(crate) fn order_value(
        &mut self,
        term: &ast::Expr,
        context: &Context,
    ) -> Result<Expr, Refusal> {
        let span = self.places.of(term);
        match unnested(term) {
            ast::Expr::Value(value) => {
                let place = value.value.to_string().parse::<usize>().ok();
                place
                    .and_then(|place| place.checked_sub(1))
                    .and_then(|index| context.aliases.get(index))
                    .map(|(_, value)| value.clone())
                    .ok_or_else(|| Refusal::new("ORDER BY", "a constant does not sort", Some(span)))
            }
            ast::Expr::Identifier(name) => {
                let alias = context
                    .aliases
                    .iter()
                    .find(|(alias, _)| alias.eq_ignore_ascii_case(&name.value));
                match alias {
                    Some((_, value)) => Ok(value.clone().at(Some(span))),
                    None => self.value(term, context),
                }
            }
            ast::Expr::Collate { expr, collation } => {
                let value = self.order_value(expr, context)?;
                match collation.to_string().to_ascii_uppercase().as_str() {
                    "BINARY" => Ok(value),
                    // Letters of ASCII are taken as equal whatever their case.
                    "NOCASE" if self.type_of(&value, context.relation.node)?.base == Base::Text => {
                        Ok(Expr::call(Function::SqliteLower, vec![value]).at(Some(span)))
                    }
                    _ => Err(Refusal::new(
                        "COLLATE",
                        "this one is not lifted",
                        Some(span),
                    )),
                }
            }
            _ => self.value(term, context),
        }
    }

    pub(crate) fn limited(
        &mut self,
        mut relation: Relation,
        limit: Option<&LimitClause>,
    ) -> Result<Relation, Refusal> {
        let Some(limit) = limit else {
            return Ok(relation);
        };
        let span = self.places.of(limit);
        let number = |expr: &ast::Expr| match unnested(expr) {
            ast::Expr::Value(value) => value.value.to_string().parse::<u64>().ok(),
            _ => None,
        };
        let counts = match limit {
            LimitClause::LimitOffset {
                limit: Some(count),
                offset,
                limit_by,
            } if limit_by.is_empty() => match offset {
                None => number(count).map(|count| (0, count)),
                Some(offset) => number(&offset.value).zip(number(count)),
            },
            LimitClause::OffsetCommaLimit { offset, limit } => number(offset).zip(number(limit)),
            LimitClause::LimitOffset { .. } => None,
        };
        let Some((skipped, count)) = counts else {
            return Err(Refusal::new(
                "LIMIT",
                "only a constant number of rows from the first on is lifted",
                Some(span),
            ));
        };
        if relation.order == RowOrder::Unknown {
            return Err(Refusal::new(
                "LIMIT",
                "which rows come first is the planner's choice",
                Some(span),
            ));
        }
        self.rely_on_order(&relation, &span);
        relation.unique.clear();
        if skipped > 0 {
            relation.node = self.behind(relation.node, skipped, &span)?;
        }
        relation.node = self.add(
            Op::Limit {
                input: relation.node,
                count,
            },
            span,
            None,
        )?;
        relation.order = RowOrder::Known;
        Ok(relation)
    }
}

/// Terms of ORDER BY that are written like an item of the list, as the item's place: after DISTINCT the
/// tables around the list are out of reach, and SQLite takes such a term for the item too.
pub(crate) fn by_place(list: &[SelectItem], mut terms: Vec<OrderByExpr>) -> Vec<OrderByExpr> {
    let wildcard = |item: &SelectItem| {
        !matches!(
            item,
            SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. }
        )
    };
    if list.iter().any(wildcard) {
        return terms;
    }
    for term in &mut terms {
        let written = unnested(&term.expr);
        let place = list.iter().position(|item| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                let (expr, other) = (unnested(expr), written);
                // The case of letters matters in literals, but not in names.
                let named = matches!(expr, ast::Expr::CompoundIdentifier(_));
                let (expr, other) = (expr.to_string(), other.to_string());
                expr == other || named && expr.eq_ignore_ascii_case(&other)
            }
            _ => false,
        });
        let alias = matches!(
            unnested(&term.expr),
            ast::Expr::Identifier(_) | ast::Expr::Value(_)
        );
        if let (Some(place), false) = (place, alias) {
            let number = ast::Value::Number((place + 1).to_string(), false);
            term.expr = ast::Expr::Value(number.with_empty_span());
        }
    }
    terms
}

/// In which direction groups come: when GROUP BY and ORDER BY are equally long, SQLite sorts the groups
/// with the directions of ORDER BY, place by place, whatever the terms are.
pub(crate) fn group_directions(keys: &[ast::Expr], terms: &[OrderByExpr]) -> Vec<bool> {
    if keys.len() != terms.len() {
        return Vec::new();
    }
    terms
        .iter()
        .map(|term| term.options.asc == Some(false))
        .collect()
}
