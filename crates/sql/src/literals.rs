//! Constants in legacy SQL and parts it could do without, from its syntax alone.
//!
//! Detectors ask here also about SQL that was refused, so nothing in this file depends on lowering. Text
//! that cannot be parsed has none of it; saying so is the frontend's part.

use std::ops::ControlFlow;

use relift_diagnostics::Span;
use sqlparser::ast::{
    BinaryOperator, Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    GroupByExpr, Ident, Query, Select, SelectItem, SetExpr, Spanned, Statement, TableFactor, Value,
    Visit, Visitor,
};
use sqlparser::parser::Parser;

use crate::sqlite::{Places, SqlText, Sqlite};

/// What stands in where a column is NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlDefault {
    /// The column.
    pub name: String,
    /// The constant, as it is written.
    pub default: String,
    /// Where.
    pub span: Span,
}

/// A number or a needless part, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlPart {
    /// The number as it is written, or what is needless in words.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A column of a SELECT list that is one other column, or one sum or the like of it, under another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The new name.
    pub name: String,
    /// The column it comes from.
    pub source: String,
    /// The function over it, in lower case.
    pub function: Option<String>,
    /// Where.
    pub span: Span,
}

/// What the syntax of a query shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlFacts {
    /// `COALESCE(x, 0)`, `IFNULL(x, 0)`.
    pub null_defaults: Vec<SqlDefault>,
    /// Numbers in comparisons and computations, other than 0, 1, 2 and 100.
    pub bare_numbers: Vec<SqlPart>,
    /// Parts that change nothing.
    pub needless: Vec<SqlPart>,
    /// Columns that only get another name or are summed.
    pub renamed: Vec<Renamed>,
    /// Comparisons, each with the names of the columns it compares.
    pub comparisons: Vec<(Vec<String>, Span)>,
}

/// Reads the facts off a text; none of a text that is not SQL.
pub fn facts(sql: &SqlText<'_>) -> SqlFacts {
    let Ok(statements) = Parser::parse_sql(&Sqlite, sql.text) else {
        return SqlFacts::default();
    };
    let mut reader = Reader {
        places: Places::new(sql),
        depth: 0,
        facts: SqlFacts::default(),
    };
    for statement in &statements {
        if let Statement::Query(query) = statement {
            let _ = query.visit(&mut reader);
        }
    }
    reader.facts
}

struct Reader<'a> {
    places: Places<'a>,
    /// Queries around the one being read.
    depth: u32,
    facts: SqlFacts,
}

impl Reader<'_> {
    fn needless(&mut self, text: impl Into<String>, part: &impl Spanned) {
        self.facts.needless.push(SqlPart {
            text: text.into(),
            span: self.places.of(part),
        });
    }

    fn number(&mut self, expr: &Expr) {
        if let Expr::Value(value) = expr
            && let Value::Number(text, _) = &value.value
            && !matches!(
                text.as_str(),
                "0" | "1" | "2" | "100" | "0.0" | "1.0" | "100.0"
            )
        {
            self.facts.bare_numbers.push(SqlPart {
                text: text.clone(),
                span: self.places.of(expr),
            });
        }
    }

    fn select(&mut self, select: &Select) {
        let distinct = matches!(select.distinct, Some(Distinct::Distinct));
        if let GroupByExpr::Expressions(keys, _) = &select.group_by
            && !keys.is_empty()
            && distinct
        {
            let all_selected = keys.iter().all(|key| {
                select.projection.iter().any(|item| match item {
                    SelectItem::UnnamedExpr(expr) => same(expr, key),
                    SelectItem::ExprWithAlias { expr, alias } => {
                        same(expr, key)
                            || matches!(key, Expr::Identifier(name) if same_name(name, alias))
                    }
                    _ => false,
                })
            });
            if all_selected {
                self.needless("DISTINCT over rows that are grouped by their keys", select);
            }
        }
        if let Some(condition) = &select.selection {
            self.conjuncts(condition);
        }
        if let Some(condition) = &select.having {
            if counts_something(condition) {
                self.needless("a HAVING that holds for every group", condition);
            }
            self.conjuncts(condition);
        }
        if let [table] = select.from.as_slice()
            && table.joins.is_empty()
            && let TableFactor::Derived { subquery, .. } = &table.relation
            && let SetExpr::Select(inner) = &*subquery.body
            && passes_through(inner)
            && subquery.limit_clause.is_none()
        {
            self.needless("a subquery that hands its rows on as they are", &**subquery);
        }
        for item in &select.projection {
            self.item(item);
        }
    }

    fn conjuncts(&mut self, condition: &Expr) {
        match condition {
            Expr::BinaryOp {
                left,
                op: BinaryOperator::And,
                right,
            } => {
                self.conjuncts(left);
                self.conjuncts(right);
            }
            Expr::Nested(inner) => self.conjuncts(inner),
            Expr::BinaryOp { left, op, right } => {
                let constant = |side: &Expr| matches!(side, Expr::Value(_));
                if constant(left) && constant(right) {
                    self.needless("a condition that is always the same", condition);
                } else if matches!(
                    op,
                    BinaryOperator::Eq | BinaryOperator::GtEq | BinaryOperator::LtEq
                ) && same(left, right)
                {
                    self.needless("a column compared with itself", condition);
                }
            }
            _ => {}
        }
    }

    fn item(&mut self, item: &SelectItem) {
        let SelectItem::ExprWithAlias { expr, alias } = item else {
            return;
        };
        let (source, function) = match expr {
            Expr::Function(function) => match arguments(function).as_slice() {
                [argument] => (
                    column(argument),
                    Some(function.name.to_string().to_lowercase()),
                ),
                _ => (None, None),
            },
            other => (column(other), None),
        };
        if let Some(source) = source {
            self.facts.renamed.push(Renamed {
                name: alias.value.clone(),
                source,
                function,
                span: self.places.of(item),
            });
        }
    }

    fn unread_ctes(&mut self, query: &Query) {
        let Some(with) = &query.with else { return };
        for (at, cte) in with.cte_tables.iter().enumerate() {
            let name = &cte.alias.name;
            let mut reads = Names { name, found: false };
            let _ = query.body.visit(&mut reads);
            for later in &with.cte_tables[at + 1..] {
                let _ = later.query.visit(&mut reads);
            }
            if !reads.found {
                self.needless(
                    format!("the CTE `{}` is read nowhere", name.value),
                    &*cte.query,
                );
            }
        }
    }
}

impl Visitor for Reader<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.depth > 0
            && query.limit_clause.is_none()
            && query.fetch.is_none()
            && let Some(order) = &query.order_by
        {
            self.needless(
                "an ORDER BY inside, which the outer query does not keep",
                order,
            );
        }
        self.unread_ctes(query);
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        self.select(select);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::BinaryOp { left, op, right } => {
                self.number(left);
                self.number(right);
                let compares = matches!(
                    op,
                    BinaryOperator::Eq
                        | BinaryOperator::NotEq
                        | BinaryOperator::Lt
                        | BinaryOperator::LtEq
                        | BinaryOperator::Gt
                        | BinaryOperator::GtEq
                );
                if compares {
                    let columns: Vec<String> = [left, right]
                        .into_iter()
                        .filter_map(|side| column(side))
                        .collect();
                    let span = self.places.of(expr);
                    self.facts.comparisons.push((columns, span));
                }
            }
            Expr::InList { list, .. } => list.iter().for_each(|item| self.number(item)),
            Expr::Between { low, high, .. } => {
                self.number(low);
                self.number(high);
            }
            Expr::Case {
                conditions,
                else_result: Some(otherwise),
                ..
            } if conditions.iter().any(|when| same(&when.result, otherwise))
                && conditions
                    .last()
                    .is_some_and(|when| same(&when.result, otherwise)) =>
            {
                self.needless("a CASE whose last branch is its ELSE", expr);
            }
            Expr::InSubquery {
                expr: tested,
                subquery,
                negated: false,
            } => {
                if let SetExpr::Select(inner) = &*subquery.body
                    && inner.selection.is_none()
                    && inner.having.is_none()
                    && let [SelectItem::UnnamedExpr(selected)] = inner.projection.as_slice()
                    && column(selected).is_some()
                    && column(selected) == column(tested)
                {
                    self.needless("a membership in all values of the column's like", expr);
                }
            }
            Expr::Function(function) => {
                let name = function.name.to_string().to_lowercase();
                if matches!(name.as_str(), "coalesce" | "ifnull" | "nvl")
                    && let [first, .., last] = arguments(function).as_slice()
                    && let (Some(name), Expr::Value(value)) = (column(first), last)
                {
                    self.facts.null_defaults.push(SqlDefault {
                        name,
                        default: value.to_string().replace('\'', "\""),
                        span: self.places.of(expr),
                    });
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Looks for a table of a name.
struct Names<'a> {
    name: &'a Ident,
    found: bool,
}

impl Visitor for Names<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &sqlparser::ast::ObjectName) -> ControlFlow<()> {
        self.found |= relation
            .to_string()
            .eq_ignore_ascii_case(&self.name.to_string());
        ControlFlow::Continue(())
    }
}

fn arguments(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else {
        return Vec::new();
    };
    list.args
        .iter()
        .filter_map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        })
        .collect()
}

/// The column an expression names, without its table.
fn column(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.clone()),
        Expr::Nested(inner) => column(inner),
        _ => None,
    }
}

/// Whether two expressions are written alike, whatever the case of names.
fn same(left: &Expr, right: &Expr) -> bool {
    left.to_string().eq_ignore_ascii_case(&right.to_string())
}

fn same_name(left: &Ident, right: &Ident) -> bool {
    left.value.eq_ignore_ascii_case(&right.value)
}

/// `COUNT(*) > 0` and `COUNT(*) >= 1`.
fn counts_something(condition: &Expr) -> bool {
    let text = condition.to_string().to_lowercase().replace(' ', "");
    matches!(
        text.as_str(),
        "count(*)>0" | "count(*)>=1" | "0<count(*)" | "1<=count(*)"
    )
}

/// `SELECT * FROM one_thing` with nothing else.
fn passes_through(select: &Select) -> bool {
    matches!(select.projection.as_slice(), [SelectItem::Wildcard(_)])
        && select.selection.is_none()
        && select.having.is_none()
        && select.distinct.is_none()
        && select.from.len() == 1
        && select.from[0].joins.is_empty()
        && matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty())
}

#[cfg(test)]
mod tests {
    use relift_diagnostics::SourceFile;

    use super::*;

    fn read(text: &str) -> SqlFacts {
        let source = SourceFile::new("a.sql", text);
        facts(&SqlText {
            text,
            span_of: &|range| source.span(range),
        })
    }

    fn needless(text: &str) -> Vec<String> {
        read(text)
            .needless
            .into_iter()
            .map(|part| part.text)
            .collect()
    }

    #[test]
    fn needless_parts_are_found() {
        for (text, expected) in [
            ("SELECT a FROM t WHERE 1 = 1 AND b > 3", "always the same"),
            (
                "SELECT DISTINCT a, COUNT(*) AS n FROM t GROUP BY a",
                "DISTINCT",
            ),
            (
                "SELECT a, COUNT(*) FROM t GROUP BY a HAVING COUNT(*) > 0",
                "HAVING",
            ),
            (
                "WITH x AS (SELECT a FROM t ORDER BY a) SELECT a FROM x",
                "ORDER BY",
            ),
            (
                "WITH x AS (SELECT a FROM t) SELECT a FROM t",
                "read nowhere",
            ),
            ("SELECT a FROM (SELECT * FROM t) AS b", "hands its rows on"),
            ("SELECT a FROM t WHERE a IN (SELECT a FROM t)", "membership"),
            (
                "SELECT CASE WHEN a > 0 THEN b ELSE b END AS c FROM t",
                "CASE",
            ),
        ] {
            let found = needless(text);
            assert!(
                found.len() == 1 && found[0].contains(expected),
                "{text}: {found:?}"
            );
        }
    }

    #[test]
    fn what_is_needed_is_left_alone() {
        for text in [
            "SELECT DISTINCT a FROM t ORDER BY a",
            "SELECT DISTINCT n FROM t GROUP BY a, n",
            "SELECT a FROM (SELECT a FROM t ORDER BY b LIMIT 3) AS x WHERE a > b",
            "WITH x AS (SELECT a FROM t) SELECT a FROM x WHERE a IN (SELECT a FROM t WHERE b = 2)",
            "SELECT a, COUNT(*) FROM t GROUP BY a HAVING COUNT(*) > 1",
        ] {
            assert_eq!(needless(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn constants_and_names_are_read() {
        let found = read(
            "SELECT COALESCE(region, 'none') AS region, SUM(l.quantity) AS total_price FROM l WHERE points >= 5000",
        );
        assert_eq!(found.null_defaults[0].default, "\"none\"");
        assert_eq!(found.bare_numbers[0].text, "5000");
        assert_eq!(found.renamed[0].name, "total_price");
        assert_eq!(found.renamed[0].source, "quantity");
        assert_eq!(found.comparisons[0].0, ["points"]);
    }
}
