//! Whole queries: WITH, UNION ALL, and the boundaries to pandas on both ends.

use std::collections::BTreeMap;

use relift_dataflow::{
    Aggregate, AggregateFunction, Base, ColumnType, Comparison, Dataflow, Expr, ExprKind, Flavour,
    Function, GroupOrder, Literal, NodeId, Obligation, ObligationKind, Op, Refusal, Schema,
    WindowFunction, type_of,
};
use relift_diagnostics::Span;
use relift_job::{Catalog, ColumnName, FrameName};
use sqlparser::ast::{LimitClause, OrderBy, Query, SetExpr, Statement};
use sqlparser::parser::{Parser, ParserError};

use crate::names::free_name;

use super::affinity::Affinity;
use super::dialect::Sqlite;
use super::expression::Context;
use super::places::{Places, SqlText};
use super::planning::Written;
use super::relation::{IsoText, Relation, RowOrder, ScopeColumn};

/// A lowered Transformation.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The result, as pandas reads it.
    pub node: NodeId,
    /// What must hold when Python reads the result: without it, what is lifted as floats would be objects.
    pub if_python_reads: Option<Obligation>,
    /// Frames it reads, in order of appearance.
    pub frames_read: Vec<(FrameName, NodeId)>,
}

/// Lowers the SQL of a Transformation over the frames of the shared state.
pub fn lower_query(
    flow: &mut Dataflow,
    sql: &SqlText<'_>,
    frames: &BTreeMap<FrameName, NodeId>,
    module: usize,
    catalog: &Catalog,
) -> Result<Lowered, Vec<Refusal>> {
    let places = Places::new(sql);
    let statements = Parser::new(&Sqlite)
        .try_with_sql(sql.text)
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| vec![syntax_refusal(&places, &error)])?;
    let [Statement::Query(query)] = &statements[..] else {
        return Err(vec![Refusal::new(
            "SQL text",
            "is not one query",
            Some(places.whole()),
        )]);
    };
    let mut lowering = Lowering::new(flow, &places, frames, module, catalog);
    lowering
        .result(query)
        .map(|node| Lowered {
            node,
            if_python_reads: lowering.if_python_reads,
            frames_read: lowering.read,
        })
        .map_err(|refusal| vec![refusal])
}

/// Lowers a source filter to a condition over the columns of `input`, which has the lake's types. The
/// legacy runtime evaluates it in SQLite after handing the rows over as it hands over frames.
pub fn lower_predicate(
    flow: &Dataflow,
    sql: &SqlText<'_>,
    input: NodeId,
    module: usize,
    catalog: &Catalog,
) -> Result<Expr, Vec<Refusal>> {
    let places = Places::new(sql);
    let ast = Parser::new(&Sqlite)
        .try_with_sql(sql.text)
        .and_then(|mut parser| {
            let expr = parser.parse_expr()?;
            match parser.next_token().token {
                sqlparser::tokenizer::Token::EOF => Ok(expr),
                token => Err(ParserError::ParserError(format!(
                    "{token} follows the condition"
                ))),
            }
        })
        .map_err(|error| vec![syntax_refusal(&places, &error)])?;
    let frames = BTreeMap::new();
    // The table SQLite sees exists for its types alone, so it does not enter the graph.
    let mut scratch = flow.clone();
    let mut lowering = Lowering::new(&mut scratch, &places, &frames, module, catalog);
    let one = |refusal| vec![refusal];
    let stored = lowering.stored(input).map_err(one)?;
    let columns = stored
        .iter()
        .map(|(name, value, _)| (name.clone(), value.clone()))
        .collect();
    let table = lowering
        .add(Op::Map { input, columns }, places.whole(), None)
        .map_err(one)?;
    let relation = lowering
        .frame_relation(table, "rows", &stored)
        .map_err(one)?;
    let condition = lowering
        .condition(&ast, &Context::of(&relation))
        .map_err(one)?;
    if !condition.relations().is_empty() {
        return Err(vec![Refusal::new(
            "source filter",
            "asks other tables",
            Some(places.whole()),
        )]);
    }
    Ok(condition.substitute(&|name| {
        stored
            .iter()
            .find(|(column, ..)| column == name)
            .map(|(_, value, _)| value.clone())
    }))
}

pub(crate) fn syntax_refusal(places: &Places<'_>, error: &ParserError) -> Refusal {
    let message = error.to_string();
    let message = message.trim_start_matches("sql parser error: ").to_owned();
    // The parser puts the place at the end of its message.
    let place = message.rsplit_once(" at Line: ").and_then(|(_, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((line.trim().parse().ok()?, column.trim().parse().ok()?))
    });
    let span = match place {
        Some((line, column)) => places.of_location(line, column),
        None => places.whole(),
    };
    Refusal::new(
        "SQL text",
        format!("is not SQLite SQL: {message}"),
        Some(span),
    )
}

/// A frame's column as SQLite stores it.
type Stored = (ColumnName, Expr, Option<IsoText>);

/// The state of lowering one text.
pub(crate) struct Lowering<'a> {
    pub(crate) flow: &'a mut Dataflow,
    pub(crate) places: &'a Places<'a>,
    frames: &'a BTreeMap<FrameName, NodeId>,
    pub(crate) module: usize,
    pub(crate) catalog: &'a Catalog,
    bases: BTreeMap<NodeId, Relation>,
    read: Vec<(FrameName, NodeId)>,
    /// Values of parameters, by how the text writes them.
    pub(crate) parameters: BTreeMap<String, Expr>,
    /// Affinities of columns that pandas does not declare by what they hold, by table and column.
    pub(crate) declared: BTreeMap<(String, ColumnName), Affinity>,
    /// See [`Lowered::if_python_reads`].
    pub(crate) if_python_reads: Option<Obligation>,
    /// Common table expressions in sight; the last of a name counts.
    pub(crate) tables: Vec<(String, Result<Relation, Refusal>)>,
}

impl<'a> Lowering<'a> {
    pub(crate) fn new(
        flow: &'a mut Dataflow,
        places: &'a Places<'a>,
        frames: &'a BTreeMap<FrameName, NodeId>,
        module: usize,
        catalog: &'a Catalog,
    ) -> Self {
        Self {
            flow,
            places,
            frames,
            module,
            catalog,
            bases: BTreeMap::new(),
            read: Vec::new(),
            parameters: BTreeMap::new(),
            declared: BTreeMap::new(),
            if_python_reads: None,
            tables: Vec::new(),
        }
    }

    /// The whole query as pandas reads its result.
    pub(crate) fn result(&mut self, query: &Query) -> Result<NodeId, Refusal> {
        let relation = self.query(query, Place::Top)?;
        let span = self.places.whole();
        if relation.order == RowOrder::Unknown {
            return Err(Refusal::new(
                "query without a fixed row order",
                "SQLite may exchange the loops of its join, so the order of rows is not known; an \
                 ORDER BY that tells all rows apart would fix it",
                Some(span),
            ));
        }
        self.rely_on_order(&relation, &span);
        let schema = self.flow.node(relation.node).schema.clone();
        let mut columns = Vec::new();
        let mut never_missing = Vec::new();
        let mut gaps = Vec::new();
        for column in &relation.columns {
            let name = ColumnName::from(column.name.as_str());
            if columns.iter().any(|(before, _)| *before == name) {
                return Err(Refusal::new(
                    format!("column \"{name}\""),
                    "is twice in the result",
                    Some(span),
                ));
            }
            let value = Expr::column(column.column.clone()).at(Some(span.clone()));
            let ty = schema
                .ty(&column.column)
                .unwrap_or(ColumnType::of(Base::Nothing));
            if matches!(ty.base, Base::Float64 | Base::Number | Base::Int64)
                && ty.missing.possible()
            {
                gaps.push(column.column.clone());
            }
            let read = match ty.base {
                Base::Float64 => Expr::call(Function::ToPandasFloat, vec![value]),
                Base::Int64 if self.reaches_before(relation.node, &column.column) => {
                    let gap = Expr::call(Function::IsMissing, vec![value.clone()]);
                    let why = "pandas would read an integer column without NULL as ints";
                    self.some_row(&relation, gap, why, &span)?;
                    Expr::call(Function::ToPandasFloat, vec![value])
                }
                Base::Int64 if ty.missing.possible() => {
                    never_missing.push(column.column.clone());
                    Expr::call(Function::Known, vec![value])
                }
                Base::Number => {
                    let whole = Expr::call(Function::SqliteInt, vec![value.clone()]);
                    let broken = Expr::compare(
                        Comparison::Ne,
                        Flavour::Sql,
                        Expr::call(Function::ToFloat, vec![value.clone()]),
                        Expr::call(Function::ToFloat, vec![whole]),
                    );
                    let gap = Expr::call(Function::IsMissing, vec![value.clone()]);
                    let float = Expr::call(Function::Or, vec![gap, broken]);
                    let why = "pandas would read a column as ints on a day when no row of it has a \
                               fraction or is NULL";
                    self.some_row(&relation, float, why, &span)?;
                    Expr::call(Function::ToPandasFloat, vec![value])
                }
                _ => value,
            };
            columns.push((name, read.at(Some(span.clone()))));
        }
        gaps.retain(|column| !never_missing.contains(column));
        self.if_python_reads = self.some_value(&relation, &gaps, &span)?;
        if !never_missing.is_empty() {
            self.flow.obligations.push(Obligation {
                node: relation.node,
                kind: ObligationKind::NeverMissing(never_missing),
                why: "pandas would read an integer column with NULL as floats".to_owned(),
                spans: vec![span.clone()],
            });
        }
        self.add(
            Op::Map {
                input: relation.node,
                columns,
            },
            span,
            None,
        )
    }

    /// Whether a column is the value of another row of a window, and NULL where there is no such row.
    fn reaches_before(&self, node: NodeId, column: &ColumnName) -> bool {
        match &self.flow.node(node).op {
            Op::Map { input, columns } => columns
                .iter()
                .find(|(name, _)| name == column)
                .is_some_and(|(_, value)| self.is_missing_with_row(*input, value)),
            Op::Sort { input, .. } => self.reaches_before(*input, column),
            Op::Window {
                input, functions, ..
            } => match functions.iter().find(|(name, _)| name == column) {
                Some((_, WindowFunction::Offset { default, .. })) => {
                    matches!(default.as_literal(), Some(Literal::None))
                }
                Some(_) => false,
                None => self.reaches_before(*input, column),
            },
            _ => false,
        }
    }

    /// Whether a value is computed from such a column and NULL whenever that is.
    fn is_missing_with_row(&self, node: NodeId, value: &Expr) -> bool {
        match &value.kind {
            ExprKind::Column(name) => self.reaches_before(node, name),
            ExprKind::Call(
                Function::Add | Function::Subtract | Function::Multiply | Function::Negate,
                arguments,
            ) => arguments
                .iter()
                .any(|argument| self.is_missing_with_row(node, argument)),
            _ => false,
        }
    }

    /// Notes that a condition must hold for some row of a relation, if it has any.
    fn some_row(
        &mut self,
        relation: &Relation,
        condition: Expr,
        why: &str,
        span: &Span,
    ) -> Result<(), Refusal> {
        let found = ColumnName::from("found");
        let counted = self.add(
            Op::Aggregate {
                input: relation.node,
                keys: Vec::new(),
                aggregates: vec![(
                    found.clone(),
                    Aggregate {
                        function: AggregateFunction::Count,
                        argument: None,
                        filter: Some(condition),
                    },
                )],
                order: GroupOrder::Unordered,
            },
            span.clone(),
            None,
        )?;
        // Asked of every row, so of none when there is none.
        let count = Expr::new(ExprKind::Scalar {
            relation: counted,
            column: found,
        });
        let holds = Expr::compare(Comparison::Gt, Flavour::Sql, count, Expr::int(0));
        self.flow.obligations.push(Obligation {
            node: relation.node,
            kind: ObligationKind::Holds(holds),
            why: why.to_owned(),
            spans: vec![span.clone()],
        });
        Ok(())
    }

    /// That columns of numbers with gaps hold a number somewhere, if there are rows.
    fn some_value(
        &mut self,
        relation: &Relation,
        columns: &[ColumnName],
        span: &Span,
    ) -> Result<Option<Obligation>, Refusal> {
        if columns.is_empty() {
            return Ok(None);
        }
        let aggregates = columns
            .iter()
            .map(|column| {
                let counted = Aggregate {
                    function: AggregateFunction::CountValues,
                    argument: Some(Expr::column(column.clone())),
                    filter: None,
                };
                (column.clone(), counted)
            })
            .collect();
        let counted = self.add(
            Op::Aggregate {
                input: relation.node,
                keys: Vec::new(),
                aggregates,
                order: GroupOrder::Unordered,
            },
            span.clone(),
            None,
        )?;
        let some = columns.iter().map(|column| {
            let count = Expr::new(ExprKind::Scalar {
                relation: counted,
                column: column.clone(),
            });
            Expr::compare(Comparison::Gt, Flavour::Sql, count, Expr::int(0))
        });
        Ok(Some(Obligation {
            node: relation.node,
            kind: ObligationKind::Holds(Expr::all(some)),
            why: "pandas would read a column of nothing but NULL as objects".to_owned(),
            spans: vec![span.clone()],
        }))
    }

    /// Adds a node.
    pub(crate) fn add(
        &mut self,
        op: Op,
        span: Span,
        name: Option<&str>,
    ) -> Result<NodeId, Refusal> {
        self.flow
            .add(op, self.module, vec![span.clone()], name, self.catalog)
            .map_err(|error| Refusal::new("SQL expression", error.to_string(), Some(span)))
    }

    /// Notes what must hold for the order of rows to be the node's, now that something observes it.
    pub(crate) fn rely_on_order(&mut self, relation: &Relation, span: &Span) {
        for (node, columns) in &relation.unique {
            let kind = ObligationKind::Unique(columns.clone());
            let known = self
                .flow
                .obligations
                .iter()
                .any(|other| other.node == *node && other.kind == kind);
            if !known {
                self.flow.obligations.push(Obligation {
                    node: *node,
                    kind,
                    why: "SQLite would return several matches of one row in the order of a temporary index"
                        .to_owned(),
                    spans: vec![span.clone()],
                });
            }
        }
    }

    /// Type of a value over a node's columns.
    pub(crate) fn type_of(&self, value: &Expr, node: NodeId) -> Result<ColumnType, Refusal> {
        let schema = &self.flow.node(node).schema;
        type_of(value, schema, &Schema::default(), self.flow)
            .map_err(|error| Refusal::new("SQL expression", error.to_string(), value.span.clone()))
    }

    /// A query with its common table expressions.
    pub(crate) fn query(&mut self, query: &Query, place: Place) -> Result<Relation, Refusal> {
        let refuse = |what: &str, span: Span| Err(Refusal::new(what, "is not lifted", Some(span)));
        if query.fetch.is_some()
            || !query.locks.is_empty()
            || query.for_clause.is_some()
            || !query.pipe_operators.is_empty()
        {
            return refuse("query clause", self.places.of(query));
        }
        let outer = self.tables.len();
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                let name = cte.alias.name.value.clone();
                // One that cannot be lifted matters only if something reads it.
                let relation = if with.recursive && mentions(cte) {
                    self.recursive(cte)
                } else {
                    self.query(&cte.query, Place::Inner)
                        .and_then(|relation| self.with_names(relation, cte))
                };
                if let Ok(relation) = &relation {
                    self.named(relation.node, &name);
                }
                self.tables.push((name.to_ascii_lowercase(), relation));
            }
        }
        let relation = self.body(
            &query.body,
            query.order_by.as_ref(),
            query.limit_clause.as_ref(),
            place,
        );
        self.tables.truncate(outer);
        relation
    }

    /// Names a relation, and what it is a mere selection of when that has no name of its own.
    pub(crate) fn named(&mut self, node: NodeId, name: &str) {
        self.flow.rename(node, name);
        if let Op::Map { input, .. } = self.flow.node(node).op
            && matches!(self.flow.node(input).op, Op::Window { .. })
            && self.flow.node(input).name.is_none()
        {
            self.flow.rename(input, name);
        }
    }

    fn with_names(
        &mut self,
        mut relation: Relation,
        cte: &sqlparser::ast::Cte,
    ) -> Result<Relation, Refusal> {
        if cte.alias.columns.is_empty() {
            return Ok(relation);
        }
        if cte.alias.columns.len() != relation.columns.len() {
            return Err(Refusal::new(
                "WITH",
                "its column list is not as long as its query's",
                Some(self.places.of(cte)),
            ));
        }
        for (column, named) in relation.columns.iter_mut().zip(&cte.alias.columns) {
            column.name.clone_from(&named.name.value);
        }
        if let Op::Values { rows, .. } = &self.flow.node(relation.node).op {
            // Rows that are written out have no better names.
            let columns = unique_names(&relation.columns);
            for (column, name) in relation.columns.iter_mut().zip(&columns) {
                column.column.clone_from(name);
            }
            let rows = rows.clone();
            relation.node = self.add(Op::Values { columns, rows }, self.places.of(cte), None)?;
        }
        Ok(relation)
    }

    pub(crate) fn body(
        &mut self,
        body: &SetExpr,
        order: Option<&OrderBy>,
        limit: Option<&LimitClause>,
        place: Place,
    ) -> Result<Relation, Refusal> {
        match body {
            SetExpr::Select(select) => self.select(select, order, limit, place),
            SetExpr::Query(query) if order.is_none() && limit.is_none() => self.query(query, place),
            SetExpr::SetOperation {
                op,
                set_quantifier,
                left,
                right,
            } => {
                let span = self.places.of(body);
                let left = self.body(left, None, None, Place::Inner)?;
                let right = self.body(right, None, None, Place::Inner)?;
                let both = self.compound(*op, *set_quantifier, &left, &right, &span)?;
                self.sorted_compound(&both, order, limit, place)
            }
            SetExpr::Values(values) => {
                let rows = self.written_rows(values)?;
                self.sorted_compound(&rows, order, limit, place)
            }
            other => Err(Refusal::new(
                "query",
                "is no SELECT",
                Some(self.places.of(other)),
            )),
        }
    }

    /// A table or common table expression by name.
    /// Whether there is a frame of that name.
    pub(crate) fn has_table(&self, name: &str) -> bool {
        let mut frames = self.frames.keys();
        frames.any(|frame| frame.as_str().eq_ignore_ascii_case(name))
    }

    pub(crate) fn table(&mut self, name: &str, span: Span) -> Result<Relation, Refusal> {
        let folded = name.to_ascii_lowercase();
        if let Some((_, relation)) = self.tables.iter().rev().find(|(own, _)| *own == folded) {
            return relation.clone();
        }
        let Some((frame, node)) = self
            .frames
            .iter()
            .find(|(frame, _)| frame.as_str().eq_ignore_ascii_case(name))
            .map(|(frame, node)| (frame.clone(), *node))
        else {
            return Err(Refusal::new(
                format!("table \"{name}\""),
                "no frame of that name is in the shared state here",
                Some(span),
            ));
        };
        if let Some(relation) = self.bases.get(&node) {
            self.flow.add_spans(relation.node, [span]);
            return Ok(relation.clone());
        }
        let stored = self.stored(node)?;
        let changed = stored
            .iter()
            .any(|(_, value, _)| value.as_column().is_none());
        let base = if changed {
            let columns = stored
                .iter()
                .map(|(name, value, _)| (name.clone(), value.clone()))
                .collect();
            self.add(
                Op::Map {
                    input: node,
                    columns,
                },
                span,
                Some(frame.as_str()),
            )?
        } else {
            node
        };
        let relation = self.frame_relation(base, frame.as_str(), &stored)?;
        self.bases.insert(node, relation.clone());
        self.read.push((frame, node));
        Ok(relation)
    }

    fn frame_relation(
        &self,
        node: NodeId,
        name: &str,
        stored: &[Stored],
    ) -> Result<Relation, Refusal> {
        for (index, (column, ..)) in stored.iter().enumerate() {
            let twice = stored[..index]
                .iter()
                .any(|(before, ..)| before.as_str().eq_ignore_ascii_case(column.as_str()));
            if twice {
                return Err(Refusal::new(
                    format!("frame \"{name}\""),
                    format!("has two columns \"{column}\" that differ in case only"),
                    Some(self.places.whole()),
                ));
            }
        }
        let columns = stored
            .iter()
            .map(|(column, _, iso)| ScopeColumn {
                qualifier: Some(name.to_ascii_lowercase()),
                name: column.to_string(),
                column: column.clone(),
                iso: *iso,
                affinity: self.column_affinity(node, name, column),
                merged: false,
                optional: false,
            })
            .collect();
        Ok(Relation {
            node,
            columns,
            order: RowOrder::Known,
            unique: Vec::new(),
            written: Some(Written::frame(stored.len())),
        })
    }

    /// The columns of a frame as SQLite stores them: `DataFrame.to_sql` after dates became text.
    fn stored(&self, node: NodeId) -> Result<Vec<Stored>, Refusal> {
        let schema = &self.flow.node(node).schema;
        schema
            .columns()
            .iter()
            .map(|column| {
                let value = Expr::column(column.name.clone());
                let (value, iso) = match column.ty.base {
                    Base::Int64 | Base::Text | Base::Nothing => (value, None),
                    Base::Float64 => {
                        let real = Expr::call(Function::SqliteReal, vec![value]);
                        (without_negative_zero(real, column.ty), None)
                    }
                    Base::Decimal { .. } => {
                        let float = Expr::call(Function::ToPandasFloat, vec![value]);
                        (Expr::call(Function::SqliteReal, vec![float]), None)
                    }
                    Base::Bool => (Expr::call(Function::SqliteInt, vec![value]), None),
                    Base::Date => (
                        Expr::call(Function::IsoText, vec![value]),
                        Some(IsoText::Date),
                    ),
                    Base::Timestamp => (
                        Expr::call(Function::IsoText, vec![value]),
                        Some(IsoText::Timestamp),
                    ),
                    Base::Number => {
                        return Err(Refusal::new(
                            format!("column \"{}\"", column.name),
                            "holds ints in some rows and floats in others",
                            Some(self.places.whole()),
                        ));
                    }
                };
                Ok((column.name.clone(), value, iso))
            })
            .collect()
    }
}

/// A REAL as it comes back from a table: SQLite stores whole numbers as integers, which have no negative
/// zero. Adding zero changes no other float.
fn without_negative_zero(real: Expr, ty: ColumnType) -> Expr {
    if ty.from_decimal.is_some() {
        return real;
    }
    let zero = Expr::literal(Literal::Float(0.0));
    Expr::call(Function::Add, vec![real, zero])
}

/// Where a query stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is the whole text.
    Top,
    /// Another query reads it.
    Inner,
}

/// Names for the columns that no two share.
pub(crate) fn unique_names(columns: &[ScopeColumn]) -> Vec<ColumnName> {
    let mut names: Vec<ColumnName> = Vec::new();
    for column in columns {
        let name = ColumnName::from(free_name(&column.name, |name| {
            names.iter().any(|before| before.as_str() == name)
        }));
        names.push(name);
    }
    names
}

/// Whether a common table expression reads itself.
fn mentions(cte: &sqlparser::ast::Cte) -> bool {
    let name = cte.alias.name.value.to_ascii_lowercase();
    let mut found = false;
    let _: std::ops::ControlFlow<()> =
        sqlparser::ast::visit_relations(cte.query.as_ref(), |relation| {
            found |= relation.to_string().to_ascii_lowercase() == name;
            std::ops::ControlFlow::Continue(())
        });
    found
}
