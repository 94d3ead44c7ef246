//! SQL that Python code runs by itself: queries with parameters, over tables of the code's own making.
//!
//! Parameters are bound as the sqlite3 module binds them, so they are values without a column's affinity,
//! like literals. What comes back is either what pandas makes of the rows, or the rows as they are.

use std::collections::BTreeMap;

use relift_dataflow::{Dataflow, Expr, NodeId, Op, Refusal};
use relift_job::{Catalog, ColumnName, FrameName};
use sqlparser::ast::{ObjectName, Query, SetExpr, Statement, TableObject, Values};

use sqlparser::parser::Parser;

use super::affinity::Affinity;
use super::places::SqlText;
use super::query::{Lowering, Place, syntax_refusal};
use super::relation::RowOrder;
use super::{Places, Sqlite};
use crate::names::free_name;

/// Who reads the rows of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBy {
    /// `pandas.read_sql_query`.
    Pandas,
    /// A cursor: each row is a tuple of the values.
    Cursor,
}

/// A query of Python code with what it refers to.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedQuery<'q> {
    /// Tables by name; one of an attached database also as `schema.table`.
    pub tables: &'q BTreeMap<FrameName, NodeId>,
    /// Affinities by table and column, where they are not those pandas declares by what a column holds.
    pub declared: &'q BTreeMap<(String, ColumnName), Affinity>,
    /// Values of the parameters, in the order of their question marks.
    pub positional: &'q [Expr],
    /// Values of the parameters that have names.
    pub named: &'q BTreeMap<String, Expr>,
    /// Who reads it.
    pub read_by: ReadBy,
}

/// Lowers a query of Python code; the columns of a cursor's rows come in their order.
pub fn lower_embedded(
    flow: &mut Dataflow,
    sql: &SqlText<'_>,
    query: &EmbeddedQuery<'_>,
    module: usize,
    catalog: &Catalog,
) -> Result<NodeId, Vec<Refusal>> {
    let (numbered, count) = numbered(sql.text);
    let whole = (sql.span_of)(0..sql.text.len());
    let text = SqlText {
        text: &numbered,
        // Places in the text of a Python string are unsure: the string is the place.
        span_of: &|_| whole.clone(),
    };
    let places = Places::new(&text);
    if count != query.positional.len() {
        return Err(vec![Refusal::new(
            "SQL text",
            format!(
                "has {count} question marks and {} parameters",
                query.positional.len()
            ),
            Some(whole),
        )]);
    }
    let mut parameters: BTreeMap<String, Expr> = query
        .named
        .iter()
        .map(|(name, value)| (format!(":{name}"), value.clone()))
        .collect();
    for (at, value) in query.positional.iter().enumerate() {
        parameters.insert(format!("?{}", at + 1), value.clone());
    }
    let statements = Parser::new(&Sqlite)
        .try_with_sql(&numbered)
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| vec![syntax_refusal(&places, &error)])?;
    let [Statement::Query(parsed)] = &statements[..] else {
        return Err(vec![Refusal::new(
            "SQL text",
            "is not one query",
            Some(whole),
        )]);
    };
    let mut lowering = Lowering::new(flow, &places, query.tables, module, catalog);
    lowering.parameters = parameters;
    lowering.declared.clone_from(query.declared);
    let node = match query.read_by {
        ReadBy::Pandas => lowering.result(parsed).inspect(|_| {
            lowering
                .flow
                .obligations
                .extend(lowering.if_python_reads.take());
        }),
        ReadBy::Cursor => lowering.rows(parsed),
    };
    node.map_err(|refusal| vec![refusal])
}

impl Lowering<'_> {
    /// The rows of a query as a cursor gives them.
    fn rows(&mut self, query: &Query) -> Result<NodeId, Refusal> {
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
        let mut columns: Vec<(ColumnName, Expr)> = Vec::new();
        for column in &relation.columns {
            let name = free_name(&column.name, |name| {
                columns.iter().any(|(before, _)| before.as_str() == name)
            });
            let value = Expr::column(column.column.clone()).at(Some(span.clone()));
            columns.push((name.as_str().into(), value));
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
}

/// What a statement of Python code does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmbeddedStatement {
    /// It is a query.
    Query,
    /// It creates a table: names and declared types of the columns, and nothing else.
    Create {
        /// The table.
        table: String,
        /// Its columns.
        columns: Vec<(String, Affinity)>,
    },
    /// It inserts one row of question marks.
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

/// Tells what a statement does. A statement counts as understood when it is, word for word, what is known
/// of it.
pub fn embedded_statement(text: &str) -> EmbeddedStatement {
    let parsed = Parser::new(&Sqlite)
        .try_with_sql(text)
        .and_then(|mut parser| parser.parse_statements());
    let Ok([statement]) = parsed.as_deref() else {
        return EmbeddedStatement::Other;
    };
    match statement {
        Statement::Query(_) => EmbeddedStatement::Query,
        Statement::CreateTable(create) => {
            let written: Vec<String> = create
                .columns
                .iter()
                .map(|column| match column.data_type.to_string().as_str() {
                    "" => column.name.to_string(),
                    declared => format!("{} {declared}", column.name),
                })
                .collect();
            let whole = format!("CREATE TABLE {} ({})", create.name, written.join(", "));
            let columns = create.columns.iter().map(|column| {
                let declared = column.data_type.to_string();
                (column.name.value.clone(), Affinity::of(&declared))
            });
            match plain(&create.name) {
                Some(table) if statement.to_string() == whole => EmbeddedStatement::Create {
                    table,
                    columns: columns.collect(),
                },
                _ => EmbeddedStatement::Other,
            }
        }
        Statement::Insert(insert) => {
            let SetExpr::Values(rows) = insert
                .source
                .as_ref()
                .map_or(&NOTHING, |source| &*source.body)
            else {
                return EmbeddedStatement::Other;
            };
            let values = rows.rows.first().map_or(0, |row| row.content.len());
            let marks = vec!["?"; values].join(", ");
            let listed: Vec<String> = insert.columns.iter().map(ToString::to_string).collect();
            let columns = if listed.is_empty() {
                String::new()
            } else {
                format!(" ({})", listed.join(", "))
            };
            let whole = format!("INSERT INTO {}{columns} VALUES ({marks})", insert.table);
            let TableObject::TableName(name) = &insert.table else {
                return EmbeddedStatement::Other;
            };
            let columns: Option<Vec<String>> = insert.columns.iter().map(plain).collect();
            match (plain(name), columns) {
                (Some(table), Some(columns)) if statement.to_string() == whole => {
                    EmbeddedStatement::Insert {
                        table,
                        columns: (!columns.is_empty()).then_some(columns),
                        values,
                    }
                }
                _ => EmbeddedStatement::Other,
            }
        }
        _ => EmbeddedStatement::Other,
    }
}

/// No rows to insert.
static NOTHING: SetExpr = SetExpr::Values(Values {
    explicit_row: false,
    value_keyword: false,
    rows: Vec::new(),
});

/// A name of one part.
fn plain(name: &ObjectName) -> Option<String> {
    let [part] = &name.0[..] else { return None };
    part.as_ident().map(|ident| ident.value.clone())
}

/// The text with its question marks numbered, and how many there are.
fn numbered(text: &str) -> (String, usize) {
    let mut made = String::with_capacity(text.len());
    let mut count = 0;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        // Literals, quoted names and comments are left alone.
        let skipped = match letter {
            '\'' | '"' | '`' => rest[1..].find(letter).map(|at| at + 2),
            '[' => rest.find(']').map(|at| at + 1),
            '-' if rest.starts_with("--") => rest.find('\n'),
            '/' if rest.starts_with("/*") => rest.find("*/").map(|at| at + 2),
            '?' => {
                let digits = rest[1..].starts_with(|next: char| next.is_ascii_digit());
                if !digits {
                    count += 1;
                    made.push_str(&format!("?{count}"));
                    rest = &rest[1..];
                    continue;
                }
                Some(1)
            }
            _ => Some(letter.len_utf8()),
        };
        let end = skipped.unwrap_or(rest.len());
        made.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    (made, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_apart() {
        use EmbeddedStatement as S;
        assert_eq!(embedded_statement("select 1"), S::Query);
        assert_eq!(
            embedded_statement("CREATE TABLE Totals (name TEXT, n int, share double precision, x)"),
            S::Create {
                table: "Totals".to_owned(),
                columns: vec![
                    ("name".to_owned(), Affinity::Text),
                    ("n".to_owned(), Affinity::Integer),
                    ("share".to_owned(), Affinity::Real),
                    ("x".to_owned(), Affinity::Blob),
                ]
            }
        );
        assert_eq!(
            embedded_statement("INSERT INTO t (a, b) VALUES (?, ?)"),
            S::Insert {
                table: "t".to_owned(),
                columns: Some(vec!["a".to_owned(), "b".to_owned()]),
                values: 2
            }
        );
        for text in [
            "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)",
            "CREATE TABLE t (x TEXT NOT NULL)",
            "CREATE TABLE t (x TEXT, UNIQUE (x))",
            "CREATE TABLE IF NOT EXISTS t (x TEXT)",
            "CREATE TABLE t AS SELECT 1",
            "INSERT OR REPLACE INTO t VALUES (?)",
            "INSERT INTO t VALUES (?, 1)",
            "INSERT INTO t SELECT 1",
            "CREATE INDEX i ON t (x)",
            "DELETE FROM t",
            "SELECT 1; SELECT 2",
        ] {
            assert_eq!(embedded_statement(text), S::Other, "{text}");
        }
    }

    #[test]
    fn only_parameters_are_numbered() {
        let (text, count) =
            numbered("SELECT '?', \"a?\", x /* ? */ FROM t WHERE a = ? AND b IN (?, ?) -- ?");
        assert_eq!(count, 3);
        assert_eq!(
            text,
            "SELECT '?', \"a?\", x /* ? */ FROM t WHERE a = ?1 AND b IN (?2, ?3) -- ?"
        );
        assert_eq!(
            numbered("SELECT 'it''s ?' || ?").0,
            "SELECT 'it''s ?' || ?1"
        );
    }
}
