//! One SELECT: FROM, WHERE, grouping, the list, ORDER BY, DISTINCT, LIMIT.

use std::collections::BTreeSet;

use relift_dataflow::{Expr, JoinKind, Obligation, ObligationKind, Op, Refusal, SortKey};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use sqlparser::ast::{
    self, BinaryOperator, Distinct, GroupByExpr, JoinConstraint, JoinOperator, LimitClause,
    OrderBy, OrderByExpr, OrderByKind, Select, SelectItem, SelectItemQualifiedWildcardKind,
    TableFactor, TableWithJoins,
};

use crate::names::free_name;

use super::expression::Context;
use super::query::{Lowering, Place, unique_names};
use super::relation::{Relation, RowOrder, ScopeColumn};

/// An item of a SELECT list, stars expanded.
struct Item {
    name: String,
    value: Expr,
}

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
        let mut relation = self.from(&select.from, &span)?;
        if let Some(condition) = &select.selection {
            relation = self.filtered(relation, condition)?;
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
            && select.distinct.is_none()
            && terms.is_empty()
            && select.from.len() == 1
            && select.from[0].joins.is_empty();
        if !plain && relation.order == RowOrder::KnownToPlainSelect {
            relation.order = RowOrder::Unknown;
        }
        let mut context = if aggregated {
            self.grouped(&relation, select, group_by, &terms)?
        } else {
            Context::of(&relation)
        };
        if let Some(having) = &select.having {
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
        if !distinct && !terms.is_empty() {
            self.sort(
                &mut context,
                &terms,
                &group_directions(group_by, &terms),
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
        if !select.named_window.is_empty() {
            return Err(Refusal::new(
                "WINDOW clause",
                "window functions are not lifted from SQLite yet",
                Some(self.places.of(select)),
            ));
        }
        Ok(())
    }

    pub(crate) fn from(
        &mut self,
        from: &[TableWithJoins],
        span: &Span,
    ) -> Result<Relation, Refusal> {
        let Some((first, rest)) = from.split_first() else {
            let node = self.add(
                Op::Values {
                    columns: Vec::new(),
                    rows: vec![Vec::new()],
                },
                span.clone(),
                None,
            )?;
            return Ok(Relation {
                node,
                columns: Vec::new(),
                order: RowOrder::Known,
                unique: Vec::new(),
            });
        };
        let mut relation = self.joined(first)?;
        for next in rest {
            let right = self.joined(next)?;
            let place = self.places.of(next);
            relation = self.join(
                &relation,
                right,
                JoinKind::Cross,
                &JoinConstraint::None,
                place,
            )?;
            // A comma, unlike CROSS JOIN, lets the planner choose.
            relation.order = RowOrder::Unknown;
        }
        Ok(relation)
    }

    fn joined(&mut self, table: &TableWithJoins) -> Result<Relation, Refusal> {
        let mut relation = self.factor(&table.relation)?;
        for join in &table.joins {
            let right = self.factor(&join.relation)?;
            let place = self.places.of(join);
            let (kind, constraint) = match &join.join_operator {
                JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => {
                    (JoinKind::Inner, constraint)
                }
                JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
                    (JoinKind::Left, constraint)
                }
                JoinOperator::CrossJoin(constraint) => (JoinKind::Cross, constraint),
                JoinOperator::Right(_)
                | JoinOperator::RightOuter(_)
                | JoinOperator::FullOuter(_) => {
                    return Err(Refusal::new(
                        "RIGHT or FULL JOIN",
                        "the order of its unmatched rows is the planner's choice",
                        Some(place),
                    ));
                }
                _ => {
                    return Err(Refusal::new("join", "is not SQLite's", Some(place)));
                }
            };
            relation = self.join(&relation, right, kind, constraint, place)?;
        }
        Ok(relation)
    }

    fn factor(&mut self, factor: &TableFactor) -> Result<Relation, Refusal> {
        let span = self.places.of(factor);
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                ..
            } => {
                let [part] = &name.0[..] else {
                    return Err(Refusal::new(
                        format!("table \"{name}\""),
                        "frames have no schema",
                        Some(span),
                    ));
                };
                let name = part
                    .as_ident()
                    .map_or_else(|| name.to_string(), |ident| ident.value.clone());
                let relation = self.table(&name, span)?;
                let alias = alias
                    .as_ref()
                    .map_or(name, |alias| alias.name.value.clone());
                Ok(relation.aliased(&alias))
            }
            TableFactor::Derived {
                lateral: false,
                subquery,
                alias,
                ..
            } => {
                let relation = self.query(subquery, Place::Inner)?;
                match alias {
                    Some(alias) => {
                        self.flow.rename(relation.node, &alias.name.value);
                        Ok(relation.aliased(&alias.name.value))
                    }
                    None => Ok(relation.aliased("")),
                }
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } => self.joined(table_with_joins),
            _ => Err(Refusal::new(
                "table expression",
                "is not lifted",
                Some(span),
            )),
        }
    }

    fn join(
        &mut self,
        left: &Relation,
        right: Relation,
        kind: JoinKind,
        constraint: &JoinConstraint,
        span: Span,
    ) -> Result<Relation, Refusal> {
        let right = self.renamed_apart(left, right, &span)?;
        let left_width = left.columns.len();
        let mut columns = left.columns.clone();
        columns.extend(right.columns.iter().map(|column| ScopeColumn {
            optional: column.optional || kind == JoinKind::Left,
            ..column.clone()
        }));
        let order = match kind {
            // The planner may exchange the loops of an inner join.
            JoinKind::Inner => RowOrder::Unknown,
            _ if left.order == RowOrder::Known && right.order == RowOrder::Known => RowOrder::Known,
            _ => RowOrder::Unknown,
        };
        let mut on = Vec::new();
        let mut rest = Vec::new();
        match constraint {
            JoinConstraint::None => {}
            JoinConstraint::On(condition) => {
                let both = Relation {
                    node: left.node,
                    columns: columns.clone(),
                    order,
                    unique: Vec::new(),
                };
                for part in conjuncts(condition) {
                    match self.equality(part, left, &right)? {
                        Some(pair) => on.push(pair),
                        None => rest.push((part, both.clone())),
                    }
                }
            }
            JoinConstraint::Using(names) => {
                for name in names {
                    let text = name.to_string();
                    let text = text.trim_matches(['"', '`', '[', ']']);
                    let (Ok(l), Ok(r)) = (left.resolve(None, text), right.resolve(None, text))
                    else {
                        return Err(Refusal::new(
                            format!("USING ({name})"),
                            "both sides need exactly one column of that name",
                            Some(span),
                        ));
                    };
                    on.push((
                        Expr::column(l.column.clone()).at(Some(span.clone())),
                        Expr::column(r.column.clone()).at(Some(span.clone())),
                    ));
                    for column in &mut columns[left_width..] {
                        if column.column == r.column {
                            column.merged = true;
                        }
                    }
                }
            }
            JoinConstraint::Natural => {
                return Err(Refusal::new(
                    "NATURAL JOIN",
                    "which columns it compares changes with the tables",
                    Some(span),
                ));
            }
        }
        for (l, r) in &on {
            self.comparable(l, left.node, r, right.node)?;
        }
        let kind = if kind == JoinKind::Cross && !(on.is_empty() && rest.is_empty()) {
            JoinKind::Inner
        } else if kind == JoinKind::Inner && on.is_empty() && rest.is_empty() {
            JoinKind::Cross
        } else {
            kind
        };
        let condition = if rest.is_empty() {
            None
        } else {
            // Conditions are typed over a join of all pairs that exists for that purpose alone.
            let probe = self.add(
                Op::Join {
                    left: left.node,
                    right: right.node,
                    kind: JoinKind::Cross,
                    on: Vec::new(),
                    null_safe: false,
                    condition: None,
                    presence: None,
                },
                span.clone(),
                None,
            )?;
            let mut parts = Vec::new();
            for (part, scope) in rest {
                let scope = Relation {
                    node: probe,
                    ..scope
                };
                parts.push(self.condition(part, &Context::of(&scope))?);
            }
            Some(Expr::all(parts).at(Some(span.clone())))
        };
        let mut unique = left.unique.clone();
        unique.extend(right.unique.iter().cloned());
        let mut order = order;
        if order == RowOrder::Known && !on.is_empty() {
            // An equality lets SQLite look matches up in an index it makes for the query.
            let probed: Option<Vec<ColumnName>> = on
                .iter()
                .map(|(_, found)| found.as_column().cloned())
                .collect();
            match probed {
                None => order = RowOrder::Unknown,
                Some(columns) => {
                    let proven = self
                        .flow
                        .node(right.node)
                        .keys
                        .iter()
                        .any(|key| key.iter().all(|column| columns.contains(column)));
                    if !proven {
                        unique.push((right.node, columns));
                    }
                }
            }
        }
        let node = self.add(
            Op::Join {
                left: left.node,
                right: right.node,
                kind,
                on,
                null_safe: false,
                condition,
                presence: None,
            },
            span,
            None,
        )?;
        Ok(Relation {
            node,
            columns,
            order,
            unique,
        })
    }

    /// The right side with columns renamed whose names the left side has too.
    fn renamed_apart(
        &mut self,
        left: &Relation,
        mut right: Relation,
        span: &Span,
    ) -> Result<Relation, Refusal> {
        let taken: BTreeSet<ColumnName> =
            self.flow.node(left.node).schema.names().cloned().collect();
        let own: Vec<ColumnName> = self.flow.node(right.node).schema.names().cloned().collect();
        if !own.iter().any(|name| taken.contains(name)) {
            return Ok(right);
        }
        let mut used = taken.clone();
        used.extend(own.iter().filter(|name| !taken.contains(*name)).cloned());
        let mut columns = Vec::new();
        for name in own {
            let mut new = name.clone();
            if taken.contains(&name) {
                let prefix = right
                    .columns
                    .iter()
                    .find(|column| column.column == name)
                    .and_then(|column| column.qualifier.clone())
                    .filter(|qualifier| !qualifier.is_empty())
                    .unwrap_or_else(|| "right".to_owned());
                new = ColumnName::from(free_name(&format!("{prefix}_{name}"), |candidate| {
                    used.iter().any(|other| other.as_str() == candidate)
                }));
                used.insert(new.clone());
            }
            for column in right
                .columns
                .iter_mut()
                .filter(|column| column.column == name)
            {
                column.column = new.clone();
            }
            columns.push((new, Expr::column(name)));
        }
        right.node = self.add(
            Op::Map {
                input: right.node,
                columns,
            },
            span.clone(),
            None,
        )?;
        Ok(right)
    }

    /// An equality between the two sides, as (left, right).
    pub(crate) fn equality(
        &mut self,
        condition: &ast::Expr,
        left: &Relation,
        right: &Relation,
    ) -> Result<Option<(Expr, Expr)>, Refusal> {
        let ast::Expr::BinaryOp {
            left: a,
            op: BinaryOperator::Eq,
            right: b,
        } = unnested(condition)
        else {
            return Ok(None);
        };
        for (l, r) in [(a, b), (b, a)] {
            if !Self::only_reads(l, left, right) || !Self::only_reads(r, right, left) {
                continue;
            }
            let l = self.value(l, &Context::of(left))?;
            let r = self.value(r, &Context::of(right))?;
            return Ok(Some((l, r)));
        }
        Ok(None)
    }

    /// Whether an expression reads columns of `own`, at least one, and none of `other`.
    pub(crate) fn only_reads(expr: &ast::Expr, own: &Relation, other: &Relation) -> bool {
        let mut reads = false;
        let mut foreign = false;
        let _: std::ops::ControlFlow<()> = ast::visit_expressions(expr, |part| {
            let name = match part {
                ast::Expr::Identifier(name) => Some((None, name.value.as_str())),
                ast::Expr::CompoundIdentifier(parts) => match &parts[..] {
                    [table, name] => Some((Some(table.value.as_str()), name.value.as_str())),
                    _ => None,
                },
                ast::Expr::Subquery(_)
                | ast::Expr::Exists { .. }
                | ast::Expr::InSubquery { .. } => {
                    foreign = true;
                    None
                }
                _ => None,
            };
            if let Some((qualifier, name)) = name {
                let here = own.resolve(qualifier, name).is_ok();
                let there = other.resolve(qualifier, name).is_ok();
                reads |= here;
                foreign |= there || !here;
            }
            std::ops::ControlFlow::Continue(())
        });
        reads && !foreign
    }

    /// Refuses equality of text and number, which SQLite decides by the declared types.
    pub(crate) fn comparable(
        &self,
        left: &Expr,
        left_node: relift_dataflow::NodeId,
        right: &Expr,
        right_node: relift_dataflow::NodeId,
    ) -> Result<(), Refusal> {
        let (l, r) = (
            self.type_of(left, left_node)?,
            self.type_of(right, right_node)?,
        );
        let text = |base| base == relift_dataflow::Base::Text;
        let nothing = |base| base == relift_dataflow::Base::Nothing;
        if text(l.base) != text(r.base) && !nothing(l.base) && !nothing(r.base) {
            return Err(Refusal::new(
                "comparison of text with a number",
                "SQLite converts one of them by the type the column was declared with",
                left.span.clone(),
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

    fn items(&mut self, select: &Select, context: &Context) -> Result<Vec<Item>, Refusal> {
        let mut items = Vec::new();
        for item in &select.projection {
            match item {
                SelectItem::ExprWithAlias { expr, alias } => items.push(Item {
                    name: alias.value.clone(),
                    value: self.value(expr, context)?,
                }),
                SelectItem::UnnamedExpr(expr) => {
                    let value = self.value(expr, context)?;
                    let name = self.unnamed(expr, context)?;
                    items.push(Item { name, value });
                }
                SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) => {
                    let place = self.places.of(item);
                    if options.opt_except.is_some()
                        || options.opt_exclude.is_some()
                        || options.opt_replace.is_some()
                        || options.opt_rename.is_some()
                        || options.opt_ilike.is_some()
                    {
                        return Err(Refusal::new("*", "this form is not SQLite's", Some(place)));
                    }
                    if context.is_grouped() {
                        return Err(Refusal::new(
                            "* beside aggregates",
                            "SQLite takes the other columns from an arbitrary row",
                            Some(place),
                        ));
                    }
                    let qualifier = match item {
                        SelectItem::QualifiedWildcard(
                            SelectItemQualifiedWildcardKind::ObjectName(name),
                            _,
                        ) => Some(
                            name.0
                                .last()
                                .and_then(|part| part.as_ident())
                                .map_or_else(|| name.to_string(), |ident| ident.value.clone()),
                        ),
                        _ => None,
                    };
                    let before = items.len();
                    for column in &context.relation.columns {
                        let wanted = match &qualifier {
                            None => !column.merged,
                            Some(table) => column
                                .qualifier
                                .as_ref()
                                .is_some_and(|own| own.eq_ignore_ascii_case(table)),
                        };
                        if wanted {
                            items.push(Item {
                                name: column.name.clone(),
                                value: Expr::column(column.column.clone()).at(Some(place.clone())),
                            });
                        }
                    }
                    if items.len() == before {
                        return Err(Refusal::new("*", "stands for no columns", Some(place)));
                    }
                }
                SelectItem::ExprWithAliases { .. } => {
                    return Err(Refusal::new(
                        "column list",
                        "is not SQLite's",
                        Some(self.places.of(item)),
                    ));
                }
            }
        }
        Ok(items)
    }

    /// The name SQLite gives an item without an alias: the column's own, or the text of the expression.
    fn unnamed(&self, expr: &ast::Expr, context: &Context) -> Result<String, Refusal> {
        let scope = context.input();
        let column = match unnested(expr) {
            ast::Expr::Identifier(name) => scope.resolve(None, &name.value).ok(),
            ast::Expr::CompoundIdentifier(parts) => match &parts[..] {
                [table, name] => scope.resolve(Some(&table.value), &name.value).ok(),
                _ => None,
            },
            _ => None,
        };
        if let Some(column) = column {
            return Ok(column.name.clone());
        }
        self.places
            .item_text(expr)
            .map(str::to_owned)
            .ok_or_else(|| {
                Refusal::new(
                    "column without a name",
                    "needs an alias (AS name)",
                    Some(self.places.of(expr)),
                )
            })
    }

    fn projected(
        &mut self,
        context: &Context,
        items: &[Item],
        span: &Span,
    ) -> Result<Relation, Refusal> {
        let mut columns: Vec<ScopeColumn> = Vec::new();
        for item in items {
            let iso = context.relation.iso(&item.value);
            columns.push(ScopeColumn {
                qualifier: None,
                name: item.name.clone(),
                column: ColumnName::from(item.name.as_str()),
                iso,
                merged: false,
                optional: false,
            });
        }
        let names = unique_names(&columns);
        let mut values = Vec::new();
        for ((column, name), item) in columns.iter_mut().zip(names).zip(items) {
            column.column = name.clone();
            values.push((name, item.value.clone()));
        }
        let node = self.add(
            Op::Map {
                input: context.relation.node,
                columns: values,
            },
            span.clone(),
            None,
        )?;
        Ok(Relation {
            node,
            columns,
            order: context.relation.order,
            unique: context.relation.unique.clone(),
        })
    }

    /// The terms of ORDER BY.
    fn order_terms(&self, order: Option<&OrderBy>) -> Result<Vec<OrderByExpr>, Refusal> {
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
    fn sort(
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
            context.relation.order = RowOrder::Known;
        }
        Ok(())
    }

    /// A term of ORDER BY: a place in the list, an alias, or an expression.
    fn order_value(&mut self, term: &ast::Expr, context: &Context) -> Result<Expr, Refusal> {
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
            _ => self.value(term, context),
        }
    }

    fn limited(
        &mut self,
        mut relation: Relation,
        limit: Option<&LimitClause>,
    ) -> Result<Relation, Refusal> {
        let Some(limit) = limit else {
            return Ok(relation);
        };
        let span = self.places.of(limit);
        let count = match limit {
            LimitClause::LimitOffset {
                limit: Some(ast::Expr::Value(value)),
                offset: None,
                limit_by,
            } if limit_by.is_empty() => value.value.to_string().parse::<u64>().ok(),
            _ => None,
        };
        let Some(count) = count else {
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
fn by_place(list: &[SelectItem], mut terms: Vec<OrderByExpr>) -> Vec<OrderByExpr> {
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

/// In which direction groups come: when GROUP BY and ORDER BY are equally long, SQLite sorts the groups
/// with the directions of ORDER BY, place by place, whatever the terms are.
fn group_directions(keys: &[ast::Expr], terms: &[OrderByExpr]) -> Vec<bool> {
    if keys.len() != terms.len() {
        return Vec::new();
    }
    terms
        .iter()
        .map(|term| term.options.asc == Some(false))
        .collect()
}
