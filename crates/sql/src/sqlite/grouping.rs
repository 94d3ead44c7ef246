//! GROUP BY and aggregates.

use relift_dataflow::{
    Aggregate, AggregateFunction, Base, Expr, Function, GroupOrder, Literal, NodeId, Obligation,
    ObligationKind, Op, Refusal, SortKey,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use sqlparser::ast::{
    self, DuplicateTreatment, FunctionArg, FunctionArgExpr, FunctionArguments, OrderByExpr, Select,
    SelectItem,
};

use super::expression::{Context, Grouping};
use super::query::Lowering;
use super::relation::{Relation, RowOrder, ScopeColumn};
use super::select::unnested;

impl Lowering<'_> {
    /// Whether a SELECT aggregates without saying GROUP BY.
    pub(crate) fn has_aggregate(select: &Select, terms: &[OrderByExpr]) -> bool {
        !aggregate_calls(select, terms).is_empty()
    }

    /// The groups of a relation, as a context in which keys and aggregates are columns.
    pub(crate) fn grouped(
        &mut self,
        relation: &Relation,
        select: &Select,
        group_by: &[ast::Expr],
        terms: &[OrderByExpr],
    ) -> Result<Context, Refusal> {
        let span = self.places.of(select);
        let plain = Context::of(relation);
        let mut keys: Vec<(ColumnName, Expr)> = Vec::new();
        let mut columns: Vec<ScopeColumn> = Vec::new();
        for key in group_by {
            let source = self.group_source(key, select, relation)?;
            let value = self.value(source, &plain)?;
            if keys.iter().any(|(_, other)| *other == value) {
                continue;
            }
            let wanted = match value.as_column() {
                Some(name) => name.to_string(),
                None => alias_of(source, select).unwrap_or_else(|| "group_key".to_owned()),
            };
            let name = free_column(&wanted, &keys, &[]);
            columns.push(ScopeColumn {
                qualifier: None,
                name: name.to_string(),
                column: name.clone(),
                iso: relation.iso(&value),
                affinity: relation.affinity_of(&value),
                merged: false,
                optional: false,
            });
            keys.push((name, value));
        }
        let mut aggregates: Vec<(ColumnName, Aggregate)> = Vec::new();
        let mut calls: Vec<(ast::Function, Expr)> = Vec::new();
        for call in aggregate_calls(select, terms) {
            if calls.iter().any(|(other, _)| *other == call) {
                continue;
            }
            let place = self.places.of(&call);
            let (aggregate, default) = self.aggregate(&call, &plain)?;
            let known = aggregates
                .iter()
                .find(|(_, other)| *other == aggregate)
                .map(|(name, _)| name.clone());
            let name = known.unwrap_or_else(|| {
                let wanted =
                    alias_of_call(&call, select).unwrap_or_else(|| default_name(&aggregate));
                let name = free_column(&wanted, &keys, &aggregates);
                aggregates.push((name.clone(), aggregate));
                name
            });
            let mut value = Expr::column(name).at(Some(place.clone()));
            if let Some(default) = default {
                value = Expr::call(Function::Coalesce, vec![value, default]).at(Some(place));
            }
            calls.push((call, value));
        }
        let bare_columns = self.bare_columns(select, terms, relation, &keys);
        let mut bare = Vec::new();
        let mut input = relation.node;
        if !bare_columns.is_empty() && relation.order == RowOrder::Known {
            input = self.chosen_row_first(relation, &aggregates, &span)?;
            for name in bare_columns {
                let own = free_column(name.as_str(), &keys, &aggregates);
                let iso = relation.iso(&Expr::column(name.clone()));
                let affinity = relation.affinity_of(&Expr::column(name.clone()));
                columns.push(ScopeColumn {
                    qualifier: None,
                    name: format!("\u{1}bare {own}"),
                    column: own.clone(),
                    iso,
                    affinity,
                    merged: false,
                    optional: false,
                });
                bare.push((name.clone(), Expr::column(own.clone())));
                aggregates.push((
                    own,
                    Aggregate {
                        function: AggregateFunction::First,
                        argument: Some(Expr::column(name)),
                        filter: None,
                    },
                ));
            }
        }
        let node = self.add(
            Op::Aggregate {
                input,
                keys: keys.clone(),
                aggregates,
                order: GroupOrder::ByKey,
            },
            span,
            None,
        )?;
        Ok(Context {
            relation: Relation {
                node,
                columns,
                order: RowOrder::Known,
                unique: Vec::new(),
                written: None,
            },
            aliases: Vec::new(),
            windows: Vec::new(),
            grouping: Some(Grouping {
                input: relation.clone(),
                keys,
                bare,
                calls,
            }),
        })
    }

    /// Columns the list, HAVING and ORDER BY read beside keys and aggregates.
    fn bare_columns(
        &mut self,
        select: &Select,
        terms: &[OrderByExpr],
        relation: &Relation,
        keys: &[(ColumnName, Expr)],
    ) -> Vec<ColumnName> {
        let mut parts = Parts {
            outside: Vec::new(),
            within: 0,
        };
        let items = select.projection.iter().filter_map(|item| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
            _ => None,
        });
        let aliased = |expr: &ast::Expr| {
            matches!(unnested(expr), ast::Expr::Identifier(name)
                if alias_item(select, &name.value).is_some())
        };
        let plain = Context::of(relation);
        let mut found: Vec<ColumnName> = Vec::new();
        for expr in items.chain(&select.having).chain(
            terms
                .iter()
                .map(|term| &term.expr)
                .filter(|expr| !aliased(expr)),
        ) {
            parts.outside.clear();
            let _: std::ops::ControlFlow<()> = ast::Visit::visit(expr, &mut parts);
            let mut settled: Vec<ast::Expr> = Vec::new();
            for part in std::mem::take(&mut parts.outside) {
                let Ok(value) = self.value(&part, &plain) else {
                    continue;
                };
                if keys.iter().any(|(_, key)| *key == value) {
                    settled.push(part);
                    continue;
                }
                let inside = settled.iter().any(|whole| contains(whole, &part));
                if let Some(name) = value.as_column()
                    && !inside
                    && !found.contains(name)
                    && matches!(
                        part,
                        ast::Expr::Identifier(_) | ast::Expr::CompoundIdentifier(_)
                    )
                {
                    found.push(name.clone());
                }
            }
        }
        found
    }

    /// The rows with the one first in each group that such columns come from: the row of the smallest or
    /// largest value when one MIN or MAX is asked, else the first.
    fn chosen_row_first(
        &mut self,
        relation: &Relation,
        aggregates: &[(ColumnName, Aggregate)],
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        self.rely_on_order(relation, span);
        let extremes: Vec<&Aggregate> = aggregates
            .iter()
            .map(|(_, aggregate)| aggregate)
            .filter(|aggregate| {
                matches!(
                    aggregate.function,
                    AggregateFunction::Min | AggregateFunction::Max
                )
            })
            .collect();
        let no = |reason: &str| {
            Err(Refusal::new(
                "column beside aggregates",
                reason,
                Some(span.clone()),
            ))
        };
        let [extreme] = extremes[..] else {
            return if extremes.is_empty() {
                Ok(relation.node)
            } else {
                no("several MIN and MAX leave open from which row it comes")
            };
        };
        if extreme.filter.is_some() {
            return no("comes from a row that a FILTER chooses, which is not lifted");
        }
        if aggregates
            .iter()
            .any(|(_, aggregate)| aggregate.function.observes_order())
        {
            return no("a sum of floats beside it needs the rows in another order");
        }
        let Some(argument) = extreme.argument.clone() else {
            return no("MIN and MAX need an argument");
        };
        if self.type_of(&argument, relation.node)?.missing.possible() {
            let Some(column) = argument.as_column() else {
                return no("MIN or MAX of an expression that may be NULL");
            };
            self.flow.obligations.push(Obligation {
                node: relation.node,
                kind: ObligationKind::NeverMissing(vec![column.clone()]),
                why: "SQLite would take the columns beside MIN or MAX of nothing but NULL from another row"
                    .to_owned(),
                spans: vec![span.clone()],
            });
        }
        let by = vec![SortKey {
            expr: argument,
            descending: extreme.function == AggregateFunction::Max,
            missing_first: false,
        }];
        self.add(
            Op::Sort {
                input: relation.node,
                by,
            },
            span.clone(),
            None,
        )
    }

    /// What a term of GROUP BY stands for: a place in the list, a column, or else an alias.
    fn group_source<'s>(
        &self,
        key: &'s ast::Expr,
        select: &'s Select,
        relation: &Relation,
    ) -> Result<&'s ast::Expr, Refusal> {
        let items = || {
            select.projection.iter().map(|item| match item {
                SelectItem::UnnamedExpr(expr) => Some((None, expr)),
                SelectItem::ExprWithAlias { expr, alias } => Some((Some(alias), expr)),
                _ => None,
            })
        };
        match unnested(key) {
            ast::Expr::Value(value) => {
                let place = value.value.to_string().parse::<usize>().ok();
                place
                    .and_then(|place| place.checked_sub(1))
                    .filter(|index| items().take(index + 1).all(|item| item.is_some()))
                    .and_then(|index| items().nth(index).flatten())
                    .map(|(_, expr)| expr)
                    .ok_or_else(|| {
                        Refusal::new(
                            "GROUP BY",
                            "the number is no place in the list",
                            Some(self.places.of(key)),
                        )
                    })
            }
            ast::Expr::Identifier(name) if relation.resolve(None, &name.value).is_err() => {
                Ok(items()
                    .flatten()
                    .find(|(alias, _)| {
                        alias.is_some_and(|alias| alias.value.eq_ignore_ascii_case(&name.value))
                    })
                    .map_or(key, |(_, expr)| expr))
            }
            _ => Ok(key),
        }
    }

    /// An aggregate, and what stands for its NULL if not NULL.
    pub(crate) fn aggregate(
        &mut self,
        call: &ast::Function,
        rows: &Context,
    ) -> Result<(Aggregate, Option<Expr>), Refusal> {
        let span = self.places.of(call);
        let name = call.name.to_string().to_ascii_uppercase();
        let no = |reason: &str| {
            Err(Refusal::new(
                format!("`{name}`"),
                reason,
                Some(span.clone()),
            ))
        };
        let FunctionArguments::List(list) = &call.args else {
            return no("needs arguments");
        };
        if !list.clauses.is_empty() || !call.within_group.is_empty() {
            return no("with these clauses is not lifted");
        }
        let relation = &rows.relation;
        let filter = match &call.filter {
            Some(filter) => Some(self.condition(filter, rows)?),
            None => None,
        };
        let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
        let argument = match &list.args[..] {
            [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] => None,
            [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] => {
                Some(self.value(argument, rows)?)
            }
            [] if name == "COUNT" => None,
            _ => return no("takes one argument"),
        };
        let Some(mut argument) = argument else {
            if name != "COUNT" || distinct {
                return no("needs an argument");
            }
            return Ok((
                Aggregate {
                    function: AggregateFunction::Count,
                    argument: None,
                    filter,
                },
                None,
            ));
        };
        let mut base = self.type_of(&argument, relation.node)?.base;
        if base == Base::Text && matches!(name.as_str(), "AVG" | "TOTAL") {
            // These add what texts begin with as floats.
            argument = Expr::call(Function::SqliteReal, vec![argument]);
            base = Base::Float64;
        }
        let number = matches!(
            base,
            Base::Int64 | Base::Float64 | Base::Number | Base::Nothing
        );
        let ordered = |function: AggregateFunction| {
            if relation.order == RowOrder::Known {
                Ok(function)
            } else {
                Err(Refusal::new(
                    format!("`{name}` of floats"),
                    "its last digits depend on the row order, which is the planner's choice here",
                    Some(span.clone()),
                ))
            }
        };
        if distinct && name != "COUNT" && !matches!(name.as_str(), "MIN" | "MAX") {
            return no("of DISTINCT values is not lifted");
        }
        let mut default = None;
        let function = match name.as_str() {
            "COUNT" if distinct => AggregateFunction::CountDistinct,
            "COUNT" => AggregateFunction::CountValues,
            "MIN" => AggregateFunction::Min,
            "MAX" => AggregateFunction::Max,
            _ if !number => return no("of text is not lifted"),
            "SUM" if base == Base::Int64 => AggregateFunction::SqlSum,
            "SUM" => ordered(AggregateFunction::SqlFloatSum)?,
            "TOTAL" => {
                default = Some(Expr::literal(Literal::Float(0.0)));
                argument = as_float(argument, base);
                ordered(AggregateFunction::SqlFloatSum)?
            }
            "AVG" if base == Base::Int64 => AggregateFunction::SqlAverage,
            "AVG" => {
                argument = as_float(argument, base);
                ordered(AggregateFunction::SqlAverage)?
            }
            _ => return no("is not lifted"),
        };
        if function.observes_order() && base != Base::Int64 {
            self.rely_on_order(relation, &span);
        }
        Ok((
            Aggregate {
                function,
                argument: Some(argument),
                filter,
            },
            default,
        ))
    }
}

/// An argument some of whose values may be ints, as floats.
fn as_float(argument: Expr, base: Base) -> Expr {
    if base == Base::Number {
        let span = argument.span.clone();
        Expr::call(Function::ToFloat, vec![argument]).at(span)
    } else {
        argument
    }
}

/// The item of the list that has a name.
fn alias_item<'s>(select: &'s Select, name: &str) -> Option<&'s ast::Expr> {
    select.projection.iter().find_map(|item| match item {
        SelectItem::ExprWithAlias { expr, alias } if alias.value.eq_ignore_ascii_case(name) => {
            Some(expr)
        }
        _ => None,
    })
}

/// Whether an expression has another one inside.
fn contains(whole: &ast::Expr, part: &ast::Expr) -> bool {
    let mut found = false;
    let _: std::ops::ControlFlow<()> = ast::visit_expressions(whole, |expr| {
        found |= std::ptr::eq(expr, part) || expr == part;
        std::ops::ControlFlow::Continue(())
    });
    found
}

/// Collects the expressions that stand outside of aggregates, windows and subqueries.
struct Parts {
    outside: Vec<ast::Expr>,
    within: usize,
}

impl ast::Visitor for Parts {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &ast::Query) -> std::ops::ControlFlow<()> {
        self.within += 1;
        std::ops::ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &ast::Query) -> std::ops::ControlFlow<()> {
        self.within -= 1;
        std::ops::ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &ast::Expr) -> std::ops::ControlFlow<()> {
        if matches!(expr, ast::Expr::Function(call) if is_aggregate(call)) {
            self.within += 1;
        }
        if self.within == 0 {
            self.outside.push(expr.clone());
        }
        std::ops::ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &ast::Expr) -> std::ops::ControlFlow<()> {
        if matches!(expr, ast::Expr::Function(call) if is_aggregate(call)) {
            self.within -= 1;
        }
        std::ops::ControlFlow::Continue(())
    }
}

/// Whether a function call aggregates: MIN and MAX of several arguments do not.
pub(crate) fn is_aggregate(call: &ast::Function) -> bool {
    if call.over.is_some() {
        return false;
    }
    let arguments = match &call.args {
        FunctionArguments::List(list) => list.args.len(),
        _ => 0,
    };
    match call.name.to_string().to_ascii_uppercase().as_str() {
        "COUNT" | "SUM" | "TOTAL" | "AVG" | "GROUP_CONCAT" | "STRING_AGG" => true,
        "MIN" | "MAX" => arguments == 1,
        _ => false,
    }
}

/// Aggregate calls of the list, HAVING and ORDER BY; those inside subqueries are theirs.
fn aggregate_calls(select: &Select, terms: &[OrderByExpr]) -> Vec<ast::Function> {
    let mut calls = Vec::new();
    let exprs = select
        .projection
        .iter()
        .filter_map(|item| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
            _ => None,
        })
        .chain(&select.having)
        .chain(terms.iter().map(|term| &term.expr));
    for expr in exprs {
        let mut finder = Finder {
            depth: 0,
            calls: &mut calls,
        };
        let _: std::ops::ControlFlow<()> = ast::Visit::visit(expr, &mut finder);
    }
    calls
}

struct Finder<'c> {
    depth: usize,
    calls: &'c mut Vec<ast::Function>,
}

impl ast::Visitor for Finder<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &ast::Query) -> std::ops::ControlFlow<()> {
        self.depth += 1;
        std::ops::ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &ast::Query) -> std::ops::ControlFlow<()> {
        self.depth -= 1;
        std::ops::ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &ast::Expr) -> std::ops::ControlFlow<()> {
        if let ast::Expr::Function(call) = expr
            && self.depth == 0
            && is_aggregate(call)
        {
            self.calls.push(call.clone());
        }
        std::ops::ControlFlow::Continue(())
    }
}

fn alias_of(expr: &ast::Expr, select: &Select) -> Option<String> {
    select.projection.iter().find_map(|item| match item {
        SelectItem::ExprWithAlias { expr: own, alias } if own == expr => Some(alias.value.clone()),
        _ => None,
    })
}

fn alias_of_call(call: &ast::Function, select: &Select) -> Option<String> {
    select.projection.iter().find_map(|item| match item {
        SelectItem::ExprWithAlias {
            expr: ast::Expr::Function(own),
            alias,
        } if own == call => Some(alias.value.clone()),
        _ => None,
    })
}

fn default_name(aggregate: &Aggregate) -> String {
    let word = match aggregate.function {
        AggregateFunction::Count => return "row_count".to_owned(),
        AggregateFunction::CountValues | AggregateFunction::CountDistinct => "count",
        AggregateFunction::Min => "min",
        AggregateFunction::Max => "max",
        AggregateFunction::SqlAverage => "avg",
        _ => "sum",
    };
    match aggregate.argument.as_ref().and_then(Expr::as_column) {
        Some(column) => format!("{word}_{column}"),
        None => word.to_owned(),
    }
}

fn free_column(
    wanted: &str,
    keys: &[(ColumnName, Expr)],
    aggregates: &[(ColumnName, Aggregate)],
) -> ColumnName {
    ColumnName::from(crate::names::free_name(wanted, |name| {
        keys.iter().any(|(key, _)| key.as_str() == name)
            || aggregates.iter().any(|(other, _)| other.as_str() == name)
    }))
}
