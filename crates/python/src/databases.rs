//! SQL that an External runs itself: in an SQLite database of its own, or on the lake.
//!
//! A connection is known by its tables, which are relations; what a query gives is a relation again, so it
//! joins the dataflow around it. SQL texts are understood by whoever understands Transformations, who is
//! handed in: this crate knows no SQL. A connection that was used in a way not foreseen is poisoned like
//! any other object.

use std::collections::BTreeMap;

use relift_dataflow::{
    Base, Cardinality, Dataflow, Expr as FlowExpr, ExprKind, Function, NodeId, ObligationKind, Op,
    Refusal,
};
use relift_diagnostics::Span;
use relift_job::{Catalog, ColumnName, DateMode, FrameName, Nulls, TableName};

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::values::{Content, NO_ROW, ObjectId, Relation, Segment, SegmentKind, Term, Value};

/// More days than any lake has: every date that is not after the effective date.
const ALL_DAYS: u32 = 40_000;

/// Who reads the rows of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowsReadBy {
    /// `pandas.read_sql_query`.
    Pandas,
    /// A cursor.
    Cursor,
}

/// A query an External runs.
#[derive(Clone, Copy, Debug)]
pub struct OwnQuery<'q> {
    /// Its text.
    pub text: &'q str,
    /// The Python expression that gives it.
    pub span: &'q Span,
    /// Tables by name; those of the lake also as `schema.table`.
    pub tables: &'q BTreeMap<FrameName, NodeId>,
    /// Declared types of columns, by table and column, where pandas would not declare them by what they hold.
    pub declared: &'q BTreeMap<(String, ColumnName), DeclaredType>,
    /// Values bound to question marks.
    pub positional: &'q [FlowExpr],
    /// Values bound to names.
    pub named: &'q BTreeMap<String, FlowExpr>,
    /// Who reads it.
    pub read_by: RowsReadBy,
    /// Index of the External.
    pub module: usize,
}

/// A statement that makes or fills a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnStatement {
    /// A query.
    Query,
    /// `CREATE TABLE`, with the type each column is declared with.
    Create {
        /// The table.
        table: String,
        /// Its columns.
        columns: Vec<(String, DeclaredType)>,
    },
    /// `INSERT INTO … VALUES (?, …)` with a question mark for each column.
    Insert {
        /// The table.
        table: String,
        /// The columns, when they are listed.
        columns: Option<Vec<String>>,
        /// How many values there are.
        values: usize,
    },
    /// Something else.
    Other,
}

/// The affinity of a column, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclaredType {
    /// Whole numbers.
    Integer,
    /// Floats.
    Real,
    /// Text.
    Text,
    /// Numbers of any kind, as for `DATE`: texts that are none stay texts.
    Numeric,
    /// None: values stay as they are.
    None,
    /// Another, or one with constraints.
    Other,
}

/// Understands SQL of SQLite.
pub trait SqlFrontend: std::fmt::Debug {
    /// Adds the result of a query to the dataflow.
    fn query(
        &self,
        flow: &mut Dataflow,
        query: &OwnQuery<'_>,
        catalog: &Catalog,
    ) -> Result<NodeId, Vec<Refusal>>;

    /// Tells what a statement is.
    fn statement(&self, text: &str) -> OwnStatement;
}

/// A connection.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Database {
    /// Whether its tables are those of the lake.
    lake: bool,
    tables: BTreeMap<String, Table>,
    /// By table and column.
    declared: BTreeMap<(String, ColumnName), DeclaredType>,
}

/// A table of an External's own.
#[derive(Clone, Debug, PartialEq)]
enum Table {
    Filled(NodeId),
    /// Created, without rows yet.
    Empty(Vec<(String, DeclaredType)>),
}

/// A cursor of a connection, with the rows it has not given yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cursor {
    pub(crate) database: ObjectId,
    rows: Option<Relation>,
}

impl Lowerer<'_> {
    /// `sqlite3.connect(":memory:")` and `relift_lake.connect()`.
    pub(crate) fn connect(&mut self, path: &str, arguments: &Arguments) -> Result<Value, Refusal> {
        let lake = path == "relift_lake.connect";
        if lake {
            arguments.only(0, &[])?;
        } else {
            arguments.only(1, &["database"])?;
            if arguments.need(0, "database")?.as_text() != Some(":memory:") {
                return Err(arguments.refuse("the database is not in memory"));
            }
        }
        if self.sql.is_none() {
            return Err(arguments.refuse("the External runs SQL of its own"));
        }
        self.outside_loops(arguments)?;
        Ok(self.object(Content::Database(Database {
            lake,
            tables: BTreeMap::new(),
            declared: BTreeMap::new(),
        })))
    }

    fn outside_loops(&self, arguments: &Arguments) -> Result<(), Refusal> {
        if self.loops.is_empty() {
            return Ok(());
        }
        Err(arguments.refuse("SQL runs inside a loop"))
    }

    fn database(&mut self, value: &Value, arguments: &Arguments) -> Result<ObjectId, Refusal> {
        let value = self.resolved(value, &arguments.construct, &arguments.span)?;
        let Value::Object(id) = value else {
            return Err(arguments.refuse("it is given no connection that is understood"));
        };
        match self.state.heap.get(&id).map(|object| &object.content) {
            Some(Content::Database(_)) => Ok(id),
            Some(Content::Poisoned(refusal)) => Err((**refusal).clone()),
            _ => Err(arguments.refuse("it is given no connection that is understood")),
        }
    }

    fn database_of(&self, id: ObjectId) -> Option<&Database> {
        match self.state.heap.get(&id).map(|object| &object.content) {
            Some(Content::Database(database)) => Some(database),
            _ => None,
        }
    }

    /// `frame.to_sql(name, connection, index=False)`.
    pub(crate) fn copied_to_sql(
        &mut self,
        node: NodeId,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(
            2,
            &["name", "con", "index", "if_exists", "chunksize", "method"],
        )?;
        self.outside_loops(arguments)?;
        let Some(name) = arguments.need(0, "name")?.as_text().map(str::to_lowercase) else {
            return Err(arguments.refuse("the name of the table is not constant"));
        };
        let connection = arguments.need(1, "con")?.clone();
        let id = self.database(&connection, arguments)?;
        if arguments.flag("index", true)? {
            return Err(arguments.refuse("it stores the labels of the rows as well"));
        }
        let replaces = match arguments.named("if_exists").map(Value::as_text) {
            None | Some(Some("fail")) => false,
            Some(Some("replace")) => true,
            Some(_) => return Err(arguments.refuse("it adds to a table")),
        };
        for column in self.flow.node(node).schema.columns() {
            // pandas declares and writes these in ways of its own.
            if matches!(
                column.ty.base,
                Base::Timestamp | Base::Decimal { .. } | Base::Number
            ) {
                let reason = format!(
                    "how column \"{}\" is stored, which is {}, is not lifted",
                    column.name, column.ty
                );
                return Err(arguments.refuse(reason));
            }
        }
        let known = self
            .database_of(id)
            .is_some_and(|known| known.lake || !replaces && known.tables.contains_key(&name));
        if known {
            return Err(
                arguments.refuse("the table is there already, or the connection is read-only")
            );
        }
        // pandas declares date objects as DATE, which SQLite takes for NUMERIC.
        let dates: Vec<ColumnName> = self
            .flow
            .node(node)
            .schema
            .columns()
            .iter()
            .filter(|column| column.ty.base == Base::Date)
            .map(|column| column.name.clone())
            .collect();
        self.store_table(id, name.clone(), Table::Filled(node));
        for column in dates {
            self.declare(id, (name.clone(), column), DeclaredType::Numeric);
        }
        Ok(Value::none())
    }

    fn store_table(&mut self, id: ObjectId, name: String, table: Table) {
        if let Some(object) = self.state.heap.get_mut(&id)
            && let Content::Database(database) = &mut object.content
        {
            database.declared.retain(|(own, _), _| *own != name);
            database.tables.insert(name, table);
        }
    }

    fn declare(&mut self, id: ObjectId, column: (String, ColumnName), declared: DeclaredType) {
        if let Some(object) = self.state.heap.get_mut(&id)
            && let Content::Database(database) = &mut object.content
        {
            database.declared.insert(column, declared);
        }
    }

    /// `pandas.read_sql_query(text, connection, params=…)`.
    pub(crate) fn read_sql(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(2, &["sql", "con", "params"])?;
        let text = arguments.need(0, "sql")?.clone();
        let connection = arguments.need(1, "con")?.clone();
        let id = self.database(&connection, arguments)?;
        let given = arguments.named("params").cloned();
        let node = self.run_query(id, &text, given.as_ref(), RowsReadBy::Pandas, arguments)?;
        Ok(self.object(Content::Frame(node)))
    }

    /// Methods of connections.
    pub(crate) fn database_method(
        &mut self,
        id: ObjectId,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        match name {
            "cursor" => {
                arguments.only(0, &[])?;
                Ok(self.object(Content::Cursor(Cursor {
                    database: id,
                    rows: None,
                })))
            }
            "execute" | "executemany" => {
                let cursor = self.allocate(Content::Cursor(Cursor {
                    database: id,
                    rows: None,
                }));
                self.execute_sql(cursor, id, name, arguments)
            }
            // Nothing outside sees the database.
            "commit" | "close" => {
                arguments.only(0, &[])?;
                Ok(Value::none())
            }
            _ => Err(arguments.refuse("this method of a connection is not lifted")),
        }
    }

    /// Methods of cursors.
    pub(crate) fn cursor_method(
        &mut self,
        id: ObjectId,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let cursor = self.cursor_of(id, &arguments.span)?.clone();
        match name {
            "execute" | "executemany" => self.execute_sql(id, cursor.database, name, arguments),
            "fetchall" => {
                arguments.only(0, &[])?;
                let rows = self.cursor_rows(id, &arguments.span)?;
                Ok(self.object(Content::List(vec![Segment {
                    guard: Vec::new(),
                    kind: SegmentKind::Rows(rows),
                }])))
            }
            "fetchone" => {
                arguments.only(0, &[])?;
                let rows = self.cursor_rows(id, &arguments.span)?;
                self.only_row(&rows, arguments)
            }
            "close" => {
                arguments.only(0, &[])?;
                Ok(Value::none())
            }
            _ => Err(arguments.refuse("this method of a cursor is not lifted")),
        }
    }

    fn cursor_of(&self, id: ObjectId, span: &Span) -> Result<&Cursor, Refusal> {
        match self.state.heap.get(&id).map(|object| &object.content) {
            Some(Content::Cursor(cursor)) => Ok(cursor),
            Some(Content::Poisoned(refusal)) => Err((**refusal).clone()),
            _ => Err(Refusal::new("cursor", "it is lost", Some(span.clone()))),
        }
    }

    /// The rows of a cursor, which gives each once.
    pub(crate) fn cursor_rows(&mut self, id: ObjectId, span: &Span) -> Result<Relation, Refusal> {
        let mut cursor = self.cursor_of(id, span)?.clone();
        let rows = cursor.rows.take().ok_or_else(|| {
            let reason = "it has no rows, or they have been fetched before";
            Refusal::new("cursor", reason, Some(span.clone()))
        })?;
        if let Some(object) = self.state.heap.get_mut(&id) {
            object.content = Content::Cursor(cursor);
        }
        Ok(rows)
    }

    /// `fetchone` of a query that has one row whatever the data is.
    fn only_row(&mut self, rows: &Relation, arguments: &Arguments) -> Result<Value, Refusal> {
        if self.flow.node(rows.node).cardinality != Cardinality::One {
            return Err(arguments.refuse("whether there is a row depends on the data"));
        }
        let names: Vec<ColumnName> = self.flow.node(rows.node).schema.names().cloned().collect();
        let values = names.into_iter().map(|column| {
            let scalar = ExprKind::Scalar {
                relation: rows.node,
                column,
            };
            Value::Scalar(Term::constant(
                FlowExpr::new(scalar).at(Some(arguments.span.clone())),
            ))
        });
        Ok(Value::Tuple(values.collect()))
    }

    fn execute_sql(
        &mut self,
        cursor: ObjectId,
        database: ObjectId,
        method: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(2, &["sql", "parameters"])?;
        self.outside_loops(arguments)?;
        let text = arguments.need(0, "sql")?.clone();
        let given = arguments.get(1, "parameters").cloned();
        let frontend = self.sql.ok_or_else(|| arguments.refuse("it runs SQL"))?;
        let statement = match text.as_text() {
            Some(text) => frontend.statement(text),
            None => OwnStatement::Query,
        };
        match (statement, method) {
            (OwnStatement::Query, "execute") => {
                let node = self.run_query(
                    database,
                    &text,
                    given.as_ref(),
                    RowsReadBy::Cursor,
                    arguments,
                )?;
                let names: Vec<ColumnName> = self.flow.node(node).schema.names().cloned().collect();
                let row = names.iter().map(|name| Value::Scalar(Term::template(name)));
                let rows = Relation {
                    node,
                    element: Value::Tuple(row.collect()),
                };
                if let Some(object) = self.state.heap.get_mut(&cursor) {
                    object.content = Content::Cursor(Cursor {
                        database,
                        rows: Some(rows),
                    });
                }
            }
            (OwnStatement::Create { table, columns }, "execute") if given.is_none() => {
                let name = table.to_lowercase();
                let known = self
                    .database_of(database)
                    .is_none_or(|known| known.lake || known.tables.contains_key(&name));
                if known {
                    return Err(arguments.refuse("the table is there already"));
                }
                self.store_table(database, name, Table::Empty(columns));
            }
            (
                OwnStatement::Insert {
                    table,
                    columns,
                    values,
                },
                "executemany",
            ) => {
                let rows = given.ok_or_else(|| arguments.refuse("it has no rows"))?;
                self.insert(database, &table, columns, values, &rows, arguments)?;
            }
            _ => return Err(arguments.refuse("this statement is not lifted")),
        }
        Ok(Value::Object(cursor))
    }

    /// `INSERT` of all rows of a list into a table that has none.
    fn insert(
        &mut self,
        database: ObjectId,
        table: &str,
        listed: Option<Vec<String>>,
        values: usize,
        rows: &Value,
        arguments: &Arguments,
    ) -> Result<(), Refusal> {
        let name = table.to_lowercase();
        let known = self
            .database_of(database)
            .and_then(|known| known.tables.get(&name));
        let Some(Table::Empty(columns)) = known.cloned() else {
            return Err(arguments.refuse("it adds to a table that is not known to be empty"));
        };
        let lower = |names: &[String]| -> Vec<String> {
            names.iter().map(|name| name.to_lowercase()).collect()
        };
        let own: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        let all = listed.is_none_or(|listed| lower(&listed) == lower(&own));
        if !all || values != columns.len() {
            return Err(arguments.refuse("it fills some of the table's columns"));
        }
        let relation = match self.iterate(rows, &arguments.span)? {
            crate::iteration::Iteration::Rows(relation) => relation,
            crate::iteration::Iteration::Items(_) => {
                return Err(arguments.refuse("its rows are written out in the code"));
            }
            crate::iteration::Iteration::Matching(_) => {
                return Err(arguments.refuse("its rows belong to a row of another loop"));
            }
        };
        let items = match &relation.element {
            Value::Tuple(items) | Value::FrozenList(items) => items.clone(),
            Value::Record(record) if record.kind == crate::values::RecordKind::NamedTuple => record
                .fields
                .iter()
                .map(|(_, value)| value.clone())
                .collect(),
            _ => return Err(arguments.refuse("its rows are no tuples")),
        };
        if items.len() != columns.len() {
            return Err(arguments.refuse("its rows have another number of values"));
        }
        let mut stored = Vec::new();
        for ((column, declared), item) in columns.iter().zip(&items) {
            let Value::Scalar(term) = item else {
                return Err(arguments.refuse(format!("column \"{column}\" holds {}", item.kind())));
            };
            let ty = self.type_over(&term.expr, relation.node)?;
            let fits = matches!(
                (declared, ty.base),
                (DeclaredType::Integer | DeclaredType::None, Base::Int64)
                    | (DeclaredType::Real | DeclaredType::None, Base::Float64)
                    | (DeclaredType::Text | DeclaredType::None, Base::Text)
                    | (DeclaredType::Text, Base::Date)
            );
            if !fits || term.numpy {
                let reason =
                    format!("what SQLite stores of {ty} in column \"{column}\" is not lifted");
                return Err(arguments.refuse(reason));
            }
            stored.push((ColumnName::from(column.as_str()), term.expr.clone()));
        }
        let node = self.add(
            Op::Map {
                input: relation.node,
                columns: stored,
            },
            &arguments.span,
            Some(table),
        )?;
        self.store_table(database, name.clone(), Table::Filled(node));
        for (column, declared) in columns {
            let column = ColumnName::from(column.as_str());
            self.declare(database, (name.clone(), column), declared);
        }
        Ok(())
    }

    fn run_query(
        &mut self,
        database: ObjectId,
        text: &Value,
        given: Option<&Value>,
        read_by: RowsReadBy,
        arguments: &Arguments,
    ) -> Result<NodeId, Refusal> {
        self.outside_loops(arguments)?;
        let span = &arguments.span;
        let frontend = self.sql.ok_or_else(|| arguments.refuse("it runs SQL"))?;
        let mut named = BTreeMap::new();
        let text = self.query_text(text, &mut named, arguments)?;
        if text.to_lowercase().contains("'now'") || text.to_lowercase().contains("current_") {
            return Err(arguments.refuse("the query asks for the time"));
        }
        let positional = self.bound(given, &mut named, arguments)?;
        let known = self.database_of(database).cloned();
        let Some(known) = known else {
            return Err(arguments.refuse("its connection is lost"));
        };
        let tables = if known.lake {
            self.lake_tables(&text, span)?
        } else {
            let mut tables = BTreeMap::new();
            for (name, table) in &known.tables {
                if let Table::Filled(node) = table {
                    tables.insert(FrameName::from(name.as_str()), *node);
                }
            }
            tables
        };
        let query = OwnQuery {
            text: &text,
            span,
            tables: &tables,
            declared: &known.declared,
            positional: &positional,
            named: &named,
            read_by,
            module: self.module,
        };
        frontend
            .query(self.flow, &query, self.catalog)
            .map_err(|refusals| {
                let first = refusals.into_iter().next();
                first.unwrap_or_else(|| arguments.refuse("its SQL is not lifted"))
            })
    }

    /// The text of a query. Where it is put together from texts and a date, the date becomes a parameter.
    fn query_text(
        &mut self,
        text: &Value,
        named: &mut BTreeMap<String, FlowExpr>,
        arguments: &Arguments,
    ) -> Result<String, Refusal> {
        if let Some(text) = text.as_text() {
            return Ok(text.to_owned());
        }
        let computed = || arguments.refuse("its SQL is put together at run time");
        let Value::Scalar(term) = self.resolved(text, &arguments.construct, &arguments.span)?
        else {
            return Err(computed());
        };
        let ExprKind::Call(Function::Concat, parts) = &term.expr.kind else {
            return Err(computed());
        };
        if term.scope != NO_ROW {
            return Err(computed());
        }
        let mut made = String::new();
        let mut opened = false;
        for part in flattened(parts) {
            if let Some(relift_dataflow::Literal::Text(text)) = part.as_literal() {
                let text = if opened {
                    // The quote that ends the date's own literal.
                    opened = false;
                    text.strip_prefix('\'').ok_or_else(computed)?
                } else {
                    text.as_str()
                };
                made.push_str(text);
                continue;
            }
            // An ISO date has no quotes, so that it is the whole of a literal is certain.
            let date = match &part.kind {
                ExprKind::Call(Function::IsoText | Function::ToText, arguments) => {
                    let date = Term::constant(arguments[0].clone());
                    let ty = self.type_of(&date)?;
                    (ty.base == Base::Date && !ty.missing.possible()).then_some(date)
                }
                _ => None,
            };
            let Some(date) = date.filter(|_| !opened && made.ends_with('\'')) else {
                return Err(computed());
            };
            let date = self.apply(Function::IsoText, vec![date], &arguments.span)?;
            made.pop();
            let name = format!("relift_date_{}", named.len());
            made.push_str(&format!(":{name}"));
            named.insert(name, date.expr);
            opened = true;
        }
        if opened { Err(computed()) } else { Ok(made) }
    }

    /// Values of parameters.
    fn bound(
        &mut self,
        given: Option<&Value>,
        named: &mut BTreeMap<String, FlowExpr>,
        arguments: &Arguments,
    ) -> Result<Vec<FlowExpr>, Refusal> {
        let Some(given) = given.filter(|given| !given.is_none()) else {
            return Ok(Vec::new());
        };
        let unknown = || arguments.refuse("its parameters are not known one by one");
        if let Value::Object(id) = given
            && let Some(Content::Dict(dict)) =
                self.state.heap.get(id).map(|object| object.content.clone())
        {
            if dict.rest != crate::values::Rest::Nothing || dict.class.is_some() || dict.set {
                return Err(unknown());
            }
            for (key, value) in dict.entries {
                let relift_dataflow::Literal::Text(name) = key else {
                    return Err(unknown());
                };
                let value = self.bound_value(&value, arguments)?;
                named.insert(name, value);
            }
            return Ok(Vec::new());
        }
        let items = self.fixed_items(given).ok_or_else(unknown)?;
        items
            .iter()
            .map(|item| self.bound_value(item, arguments))
            .collect()
    }

    /// A value as the sqlite3 module binds it.
    fn bound_value(&mut self, value: &Value, arguments: &Arguments) -> Result<FlowExpr, Refusal> {
        let Value::Scalar(term) = self.resolved(value, &arguments.construct, &arguments.span)?
        else {
            return Err(arguments.refuse(format!("{} is a parameter", value.kind())));
        };
        if term.scope != NO_ROW || term.numpy {
            return Err(arguments.refuse("a parameter depends on a row"));
        }
        let ty = self.type_of(&term)?;
        match ty.base {
            Base::Int64 | Base::Text | Base::Nothing => Ok(term.expr),
            Base::Float64 if !ty.missing.possible() => Ok(term.expr),
            Base::Date if !ty.missing.possible() => Ok(self
                .apply(Function::IsoText, vec![term], &arguments.span)?
                .expr),
            _ => Err(arguments.refuse(format!("a parameter that is {ty} is not lifted"))),
        }
    }

    /// Relations of the lake's tables that a text may name.
    fn lake_tables(
        &mut self,
        text: &str,
        span: &Span,
    ) -> Result<BTreeMap<FrameName, NodeId>, Refusal> {
        let folded = text.to_lowercase();
        let catalog = self.catalog;
        let named: Vec<&TableName> = catalog
            .tables
            .keys()
            .filter(|table| folded.contains(&table.table.to_lowercase()))
            .collect();
        let mut tables = BTreeMap::new();
        for table in &named {
            let facts = &catalog.tables[*table];
            let columns: Vec<ColumnName> = facts
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect();
            let frame = FrameName::from(&*table.table);
            let scan = Op::Scan {
                table: (*table).clone(),
                columns,
                dates: DateMode::Lookback(ALL_DAYS),
                frame: frame.clone(),
            };
            let node = self.add(scan, span, Some(&table.table))?;
            let never = facts
                .columns
                .iter()
                .filter(|column| column.nulls == Nulls::Never);
            let never: Vec<ColumnName> = never.map(|column| column.name.clone()).collect();
            if !never.is_empty() {
                let why = "the columns held no NULL when the job was analysed";
                self.oblige(node, ObligationKind::NeverMissing(never), why, span);
            }
            tables.insert(FrameName::from(table.to_string()), node);
            let alone = named
                .iter()
                .filter(|other| other.table == table.table)
                .count()
                == 1;
            if alone {
                tables.insert(frame, node);
            }
        }
        Ok(tables)
    }
}

/// The parts of texts put together, inner ones included.
fn flattened(parts: &[FlowExpr]) -> Vec<&FlowExpr> {
    let mut flat = Vec::new();
    for part in parts {
        match &part.kind {
            ExprKind::Call(Function::Concat, inner) => flat.extend(flattened(inner)),
            _ => flat.push(part),
        }
    }
    flat
}
