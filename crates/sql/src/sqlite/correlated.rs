//! Subqueries that read the row around them, as lookups.
//!
//! What ties the subquery to the row must be equalities. Its rows are then grouped by the inner sides once,
//! and each row around looks its own group up; NULL on either side finds none. What an aggregate is over no
//! rows at all is worked out here and stands in where there is no group.

use relift_dataflow::{
    Base, Dataflow, Expr, ExprKind, Function, LookupValue, NodeId, Obligation, ObligationKind, Op,
    PickWhich, Refusal,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use sqlparser::ast::{
    self, Distinct, GroupByExpr, LimitClause, Query, Select, SelectItem, SetExpr, TableFactor,
    VisitMut, VisitorMut,
};

use super::affinity::{Side, SideAffinity};
use super::expression::Context;
use super::grouping::is_aggregate;
use super::query::{Lowering, Place};
use super::relation::{Relation, RowOrder, ScopeColumn};
use super::select::{conjuncts, unnested};

/// The inner rows and what ties them to the row around.
struct Tied {
    rows: Relation,
    /// Whether they are one frame's, which SQLite then scans in stored order each time: for a table that
    /// stands alone an index made for the query never pays.
    stored: bool,
    /// Name of the inner side among the columns of `rows`, and the outer side.
    keys: Vec<(ColumnName, Expr)>,
}

/// A query of one column that reads the row around it.
pub(crate) struct TiedColumn {
    /// Its rows.
    pub(crate) rows: Relation,
    /// What must be equal, the outer side first.
    pub(crate) pairs: Vec<(Expr, Expr)>,
    /// Its column.
    pub(crate) found: Side,
}

impl Lowering<'_> {
    /// Value of a query of one column for the row around it.
    pub(crate) fn correlated_scalar(
        &mut self,
        query: &Query,
        context: &Context,
    ) -> Result<Expr, Refusal> {
        let span = self.places.of(query);
        let no = |reason: &str| {
            Err(Refusal::new(
                "scalar subquery that reads the row around it",
                reason,
                Some(span.clone()),
            ))
        };
        let Some(select) = plain_select(query) else {
            return no("is lifted only as one SELECT without WITH, GROUP BY or DISTINCT");
        };
        let [SelectItem::UnnamedExpr(item) | SelectItem::ExprWithAlias { expr: item, .. }] =
            &select.projection[..]
        else {
            return no("must have one column");
        };
        let terms = self.order_terms(query.order_by.as_ref())?;
        let tied = self.tied(select, context, &span)?;
        if Self::has_aggregate(select, &[]) {
            if query.limit_clause.is_some() {
                return no("with LIMIT over an aggregate is not lifted");
            }
            return self.grouped_value(select, item, tied, &span);
        }
        let mut rows = Context::of(&tied.rows);
        if !terms.is_empty() {
            self.sort(&mut rows, &terms, &[], &span, true)?;
        }
        match &query.limit_clause {
            None => {}
            Some(limit) if is_one(limit) => {}
            Some(_) => return no("takes the first row only, so LIMIT must be 1"),
        }
        let name = ColumnName::from("value");
        let value = self.value(item, &rows)?;
        let mut columns: Vec<(ColumnName, Expr)> = tied
            .keys
            .iter()
            .map(|(key, _)| (key.clone(), Expr::column(key.clone())))
            .collect();
        let keys: Vec<ColumnName> = columns.iter().map(|(key, _)| key.clone()).collect();
        let name = free(&name, &keys);
        columns.push((name.clone(), value));
        let sorted = rows.relation.node;
        // Which of several rows comes first is SQLite's choice, unless ORDER BY tells them apart.
        let mut settled = keys.clone();
        let named = by_keys(self.flow, &tied.rows, &keys);
        let mapped = self.add(
            Op::Map {
                input: sorted,
                columns,
            },
            span.clone(),
            None,
        )?;
        if !tied.stored {
            for term in &terms {
                let Some(column) = self.value(&term.expr, &rows)?.as_column().cloned() else {
                    return no(
                        "sorts by an expression, which cannot be checked to tell rows apart",
                    );
                };
                settled.push(column);
            }
            let (told, apart) = if terms.is_empty() {
                (mapped, keys.clone())
            } else {
                (sorted, settled)
            };
            self.oblige_unique(
                told,
                apart,
                "SQLite would choose which of several rows of the subquery counts",
                &span,
            );
        }
        let node = if terms.is_empty() && !tied.stored {
            mapped
        } else {
            self.add(
                Op::Pick {
                    input: mapped,
                    keys,
                    which: PickWhich::First,
                },
                span.clone(),
                None,
            )?
        };
        self.flow.rename(node, &named);
        Ok(lookup(node, tied.keys, LookupValue::Column(name)).at(Some(span)))
    }

    /// EXISTS for the row around it.
    pub(crate) fn correlated_exists(
        &mut self,
        query: &Query,
        negated: bool,
        context: &Context,
    ) -> Result<Expr, Refusal> {
        let span = self.places.of(query);
        let Some(select) = plain_select(query).filter(|_| query.limit_clause.is_none()) else {
            return Err(Refusal::new(
                "EXISTS that reads the row around it",
                "is lifted only as one SELECT without WITH, GROUP BY or LIMIT",
                Some(span),
            ));
        };
        let tied = self.tied(select, context, &span)?;
        let node = self.different_keys(&tied, &span)?;
        let found = lookup(node, tied.keys, LookupValue::Present).at(Some(span));
        Ok(if negated { found.negated() } else { found })
    }

    /// `value IN (SELECT …)` of a query that does not read the row around it: true, false, or NULL where
    /// a NULL on either side leaves it open.
    pub(crate) fn membership(
        &mut self,
        probe: &Side,
        query: &Query,
        negated: bool,
        context: &Context,
    ) -> Result<Expr, Refusal> {
        let span = self.places.of(query);
        let mut asked = self.query(query, Place::Inner)?;
        let [column] = &asked.columns[..] else {
            return Err(Refusal::new(
                "IN (SELECT …)",
                "the query must have one column",
                Some(span),
            ));
        };
        let column = column.clone();
        let (sought, converted) = self.equal_pair(probe, &asked.side(&column, &span))?;
        let probe = &probe.value;
        let found = Expr::column(column.column.clone());
        let mut key = column.column.clone();
        if converted.as_column().is_none() {
            // What the comparison makes of the column stands beside it: a text that is no number is not NULL.
            key = free(&ColumnName::from("key"), std::slice::from_ref(&key));
            asked.node = self.add(
                Op::Map {
                    input: asked.node,
                    columns: vec![
                        (column.column.clone(), found.clone()),
                        (key.clone(), converted),
                    ],
                },
                span.clone(),
                None,
            )?;
        }
        let open = self.type_of(&found, asked.node)?.missing.possible();
        let absent = self
            .type_of(probe, context.relation.node)?
            .missing
            .possible();
        let tied = Tied {
            rows: asked.clone(),
            stored: false,
            keys: vec![(key.clone(), sought)],
        };
        let tied = self.present_keys(tied, &span)?;
        let node = self.different_keys(&tied, &span)?;
        let inside = lookup(node, tied.keys, LookupValue::Present).at(Some(span.clone()));
        let mut arms = Vec::new();
        let null = |condition: Expr| (condition, Expr::none());
        if absent {
            let missing = Expr::call(Function::IsMissing, vec![probe.clone()]);
            let some = self.any_rows(asked.node, &span)?;
            arms.push(null(Expr::all([missing, some])));
        }
        if open {
            let gap = Expr::call(Function::IsMissing, vec![found]);
            let gaps = self.add(
                Op::Filter {
                    input: asked.node,
                    predicate: gap,
                },
                span.clone(),
                None,
            )?;
            let some = self.any_rows(gaps, &span)?;
            arms.push(null(Expr::all([inside.clone().negated(), some])));
        }
        let answer = if negated { inside.negated() } else { inside };
        Ok(if arms.is_empty() {
            answer
        } else {
            Expr::new(ExprKind::If {
                arms,
                otherwise: Box::new(answer),
            })
        }
        .at(Some(span)))
    }

    /// A query of one column that reads the row around it.
    pub(crate) fn tied_column(
        &mut self,
        query: &Query,
        context: &Context,
    ) -> Result<TiedColumn, Refusal> {
        let span = self.places.of(query);
        let select = plain_select(query)
            .filter(|select| query.limit_clause.is_none() && !Self::has_aggregate(select, &[]));
        let item = select.and_then(|select| match &select.projection[..] {
            [SelectItem::UnnamedExpr(item) | SelectItem::ExprWithAlias { expr: item, .. }] => {
                Some((select, item))
            }
            _ => None,
        });
        let Some((select, item)) = item else {
            return Err(Refusal::new(
                "IN (SELECT …) that reads the row around it",
                "is lifted only as one SELECT of one column without WITH, aggregates or LIMIT",
                Some(span),
            ));
        };
        let tied = self.tied(select, context, &span)?;
        let found = self.side(item, &Context::of(&tied.rows))?;
        let pairs = tied
            .keys
            .into_iter()
            .map(|(name, around)| (around, Expr::column(name)))
            .collect();
        Ok(TiedColumn {
            rows: tied.rows,
            pairs,
            found,
        })
    }

    /// The inner rows that a condition of their own lets pass, and the equalities with the row around.
    fn tied(&mut self, select: &Select, context: &Context, span: &Span) -> Result<Tied, Refusal> {
        let no = |reason: &str, span: Span| {
            Err(Refusal::new(
                "subquery that reads the row around it",
                reason,
                Some(span),
            ))
        };
        let inner = self.from(&select.from, span)?;
        let mut pairs = Vec::new();
        let mut rows = inner.clone();
        if let Some(selection) = &select.selection {
            let mut local = Vec::new();
            for part in conjuncts(selection) {
                if Self::resolves_inside(part, &inner) {
                    local.push(part);
                    continue;
                }
                match self.equality_around(part, &context.relation, &inner)? {
                    Some(pair) => pairs.push(pair),
                    None => {
                        return no(
                            "is tied to it by a condition that is no equality",
                            self.places.of(part),
                        );
                    }
                }
            }
            for part in local {
                rows = self.filtered(rows, part)?;
            }
        }
        if pairs.is_empty() {
            return no("is not tied to it by an equality", span.clone());
        }
        let mut keys = Vec::new();
        let mut computed = Vec::new();
        for (around, inside) in pairs {
            let name = match inside.as_column() {
                Some(name) => name.clone(),
                None => {
                    let schema = &self.flow.node(rows.node).schema;
                    let name = ColumnName::from(crate::names::free_name("tie", |name| {
                        schema.has(&ColumnName::from(name))
                            || computed
                                .iter()
                                .any(|(other, _): &(ColumnName, Expr)| other.as_str() == name)
                    }));
                    computed.push((name.clone(), inside));
                    name
                }
            };
            keys.push((name, around));
        }
        if !computed.is_empty() {
            let mut columns: Vec<(ColumnName, Expr)> = self
                .flow
                .node(rows.node)
                .schema
                .names()
                .map(|name| (name.clone(), Expr::column(name.clone())))
                .collect();
            columns.extend(computed);
            rows.node = self.add(
                Op::Map {
                    input: rows.node,
                    columns,
                },
                span.clone(),
                None,
            )?;
        }
        let stored = self.is_one_frame(select);
        self.present_keys(Tied { rows, stored, keys }, span)
    }

    /// Without rows that no key finds.
    fn present_keys(&mut self, mut tied: Tied, span: &Span) -> Result<Tied, Refusal> {
        let schema = &self.flow.node(tied.rows.node).schema;
        let known: Vec<Expr> = tied
            .keys
            .iter()
            .filter(|(name, _)| schema.ty(name).is_some_and(|ty| ty.missing.possible()))
            .map(|(name, _)| {
                Expr::call(Function::IsMissing, vec![Expr::column(name.clone())]).negated()
            })
            .collect();
        if !known.is_empty() {
            tied.rows.node = self.add(
                Op::Filter {
                    input: tied.rows.node,
                    predicate: Expr::all(known),
                },
                span.clone(),
                None,
            )?;
            let columns = self
                .flow
                .node(tied.rows.node)
                .schema
                .names()
                .map(|name| {
                    let value = Expr::column(name.clone());
                    let known = tied.keys.iter().any(|(key, _)| key == name);
                    let value = if known {
                        Expr::call(Function::Known, vec![value])
                    } else {
                        value
                    };
                    (name.clone(), value)
                })
                .collect();
            tied.rows.node = self.add(
                Op::Map {
                    input: tied.rows.node,
                    columns,
                },
                span.clone(),
                None,
            )?;
        }
        Ok(tied)
    }

    fn different_keys(&mut self, tied: &Tied, span: &Span) -> Result<NodeId, Refusal> {
        let mut columns: Vec<(ColumnName, Expr)> = Vec::new();
        for (name, _) in &tied.keys {
            if !columns.iter().any(|(other, _)| other == name) {
                columns.push((name.clone(), Expr::column(name.clone())));
            }
        }
        let input = self.add(
            Op::Map {
                input: tied.rows.node,
                columns,
            },
            span.clone(),
            None,
        )?;
        let node = self.add(Op::Distinct { input }, span.clone(), None)?;
        let words: Vec<&str> = tied.keys.iter().map(|(name, _)| name.as_str()).collect();
        let name = format!(
            "{}_in_{}",
            words.join("_"),
            table_word(self.flow, tied.rows.node)
        );
        self.flow.rename(node, &name);
        Ok(node)
    }

    /// An item over the aggregates of a group.
    fn grouped_value(
        &mut self,
        select: &Select,
        item: &ast::Expr,
        mut tied: Tied,
        span: &Span,
    ) -> Result<Expr, Refusal> {
        let names: Vec<ColumnName> = tied.keys.iter().map(|(name, _)| name.clone()).collect();
        // The keys under names that no written name can mean.
        let keys: Vec<ast::Expr> = names
            .iter()
            .enumerate()
            .map(|(index, column)| {
                let name = format!("\u{1}key {index}");
                tied.rows.columns.push(ScopeColumn {
                    qualifier: None,
                    name: name.clone(),
                    column: column.clone(),
                    iso: None,
                    affinity: SideAffinity::Unsure,
                    merged: false,
                    optional: false,
                });
                ast::Expr::Identifier(ast::Ident::new(name))
            })
            .collect();
        // An index made for the query brings the rows of a key in an order of its own.
        if tied.rows.order == RowOrder::Known && !tied.stored {
            tied.rows.order = RowOrder::Unknown;
        }
        let groups = self.grouped(&tied.rows, select, &keys, &[])?;
        let value = self.value(item, &groups)?;
        let keys: Vec<ColumnName> = groups.group_keys();
        let name = free(&ColumnName::from("value"), &keys);
        let mut columns: Vec<(ColumnName, Expr)> = keys
            .iter()
            .map(|key| (key.clone(), Expr::column(key.clone())))
            .collect();
        let ty = self.type_of(&value, groups.relation.node)?;
        columns.push((name.clone(), value));
        let node = self.add(
            Op::Map {
                input: groups.relation.node,
                columns,
            },
            span.clone(),
            None,
        )?;
        let named = by_keys(self.flow, &tied.rows, &keys);
        self.flow.rename(node, &named);
        let by = tied.keys;
        let found = lookup(node, by.clone(), LookupValue::Column(name)).at(Some(span.clone()));
        let otherwise = self.over_nothing(item)?;
        let none = matches!(otherwise.as_literal(), Some(relift_dataflow::Literal::None));
        Ok(if none {
            found
        } else if !ty.missing.possible() && ty.base != Base::Nothing {
            Expr::call(Function::Coalesce, vec![found, otherwise]).at(Some(span.clone()))
        } else {
            let present = lookup(node, by, LookupValue::Present).at(Some(span.clone()));
            Expr::branch(present, found, otherwise).at(Some(span.clone()))
        })
    }

    /// An item when no row is there to aggregate.
    fn over_nothing(&mut self, item: &ast::Expr) -> Result<Expr, Refusal> {
        let mut item = item.clone();
        let _: std::ops::ControlFlow<()> = item.visit(&mut OverNothing);
        let nothing = self.from(&[], &self.places.of(&item))?;
        let value = self.value(&item, &Context::of(&nothing))?;
        Ok(relift_dataflow::simplify(value))
    }

    /// Whether a SELECT reads one frame and nothing else.
    fn is_one_frame(&self, select: &Select) -> bool {
        let [table] = &select.from[..] else {
            return false;
        };
        let TableFactor::Table { name, .. } = &table.relation else {
            return false;
        };
        let own = |name: &str| self.tables.iter().any(|(table, _)| table == name);
        table.joins.is_empty() && !own(&name.to_string().to_ascii_lowercase())
    }

    fn oblige_unique(&mut self, node: NodeId, columns: Vec<ColumnName>, why: &str, span: &Span) {
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
                why: why.to_owned(),
                spans: vec![span.clone()],
            });
        }
    }
}

/// Puts what an aggregate is over no rows in its place.
struct OverNothing;

impl VisitorMut for OverNothing {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut ast::Expr) -> std::ops::ControlFlow<()> {
        if let ast::Expr::Function(call) = expr
            && is_aggregate(call)
        {
            let value = match call.name.to_string().to_ascii_uppercase().as_str() {
                "COUNT" => ast::Value::Number("0".to_owned(), false),
                "TOTAL" => ast::Value::Number("0.0".to_owned(), false),
                _ => ast::Value::Null,
            };
            *expr = ast::Expr::Value(value.with_empty_span());
        }
        std::ops::ControlFlow::Continue(())
    }

    /// NULL has no type to compute with, so what is NULL because of it is written as NULL.
    fn post_visit_expr(&mut self, expr: &mut ast::Expr) -> std::ops::ControlFlow<()> {
        let null = |part: &ast::Expr| matches!(unnested(part), ast::Expr::Value(value) if value.value == ast::Value::Null);
        let vanishes = match expr {
            ast::Expr::BinaryOp { left, op, right } => {
                let logic = matches!(op, ast::BinaryOperator::And | ast::BinaryOperator::Or);
                !logic && (null(left) || null(right))
            }
            ast::Expr::UnaryOp { expr, .. } | ast::Expr::Cast { expr, .. } => null(expr),
            ast::Expr::Function(call) => {
                let name = call.name.to_string().to_ascii_lowercase();
                let strict = matches!(name.as_str(), "round" | "abs" | "upper" | "lower" | "date");
                strict
                    && matches!(&call.args, ast::FunctionArguments::List(list)
                        if list.args.iter().any(|argument| matches!(argument,
                            ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(argument))
                                if null(argument))))
            }
            _ => false,
        };
        if vanishes {
            *expr = ast::Expr::Value(ast::Value::Null.with_empty_span());
        }
        std::ops::ControlFlow::Continue(())
    }
}

/// What rows are called: as the first table they come from.
fn table_word(flow: &Dataflow, mut node: NodeId) -> String {
    loop {
        let found = flow.node(node);
        match (&found.name, found.op.inputs().first()) {
            (Some(name), _) => return name.clone(),
            (None, Some(input)) => node = *input,
            (None, None) => return "rows".to_owned(),
        }
    }
}

/// What rows grouped by keys are called.
fn by_keys(flow: &Dataflow, rows: &Relation, keys: &[ColumnName]) -> String {
    let words: Vec<&str> = keys.iter().map(ColumnName::as_str).collect();
    format!("{}_by_{}", table_word(flow, rows.node), words.join("_"))
}

/// A query that is one SELECT of rows.
fn plain_select(query: &Query) -> Option<&Select> {
    let SetExpr::Select(select) = query.body.as_ref() else {
        return None;
    };
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
    let plain = !grouped
        && select.having.is_none()
        && query.with.is_none()
        && matches!(select.distinct, None | Some(Distinct::All));
    plain.then_some(select.as_ref())
}

fn is_one(limit: &LimitClause) -> bool {
    matches!(limit, LimitClause::LimitOffset {
        limit: Some(limit),
        offset: None,
        limit_by,
    } if limit_by.is_empty()
        && matches!(unnested(limit), ast::Expr::Value(value) if value.value.to_string() == "1"))
}

fn free(wanted: &ColumnName, taken: &[ColumnName]) -> ColumnName {
    ColumnName::from(crate::names::free_name(wanted.as_str(), |name| {
        taken.iter().any(|other| other.as_str() == name)
    }))
}

fn lookup(relation: NodeId, keys: Vec<(ColumnName, Expr)>, value: LookupValue) -> Expr {
    Expr::new(ExprKind::Lookup {
        relation,
        keys,
        value,
    })
}
