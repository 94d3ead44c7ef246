//! SQL in the cases, understood as the migration has it understood.

use relift_dataflow::{Dataflow, NodeId, Refusal};
use relift_job::Catalog;
use relift_python::{DeclaredType, OwnQuery, OwnStatement, RowsReadBy, SqlFrontend};
use relift_sql::sqlite::{
    Affinity, EmbeddedQuery, EmbeddedStatement, ReadBy, SqlText, embedded_statement, lower_embedded,
};

/// SQLite's dialect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sqlite;

impl SqlFrontend for Sqlite {
    fn query(
        &self,
        flow: &mut Dataflow,
        query: &OwnQuery<'_>,
        catalog: &Catalog,
    ) -> Result<NodeId, Vec<Refusal>> {
        let text = SqlText {
            text: query.text,
            span_of: &|_| query.span.clone(),
        };
        let declared = query
            .declared
            .iter()
            .map(|(column, declared)| (column.clone(), affinity(*declared)))
            .collect();
        let embedded = EmbeddedQuery {
            tables: query.tables,
            declared: &declared,
            positional: query.positional,
            named: query.named,
            read_by: match query.read_by {
                RowsReadBy::Pandas => ReadBy::Pandas,
                RowsReadBy::Cursor => ReadBy::Cursor,
            },
        };
        lower_embedded(flow, &text, &embedded, query.module, catalog)
    }

    fn statement(&self, text: &str) -> OwnStatement {
        match embedded_statement(text) {
            EmbeddedStatement::Query => OwnStatement::Query,
            EmbeddedStatement::Create { table, columns } => OwnStatement::Create {
                table,
                columns: columns
                    .into_iter()
                    .map(|(column, affinity)| (column, declared(affinity)))
                    .collect(),
            },
            EmbeddedStatement::Insert {
                table,
                columns,
                values,
            } => OwnStatement::Insert {
                table,
                columns,
                values,
            },
            EmbeddedStatement::Other => OwnStatement::Other,
        }
    }
}

fn declared(affinity: Affinity) -> DeclaredType {
    match affinity {
        Affinity::Integer => DeclaredType::Integer,
        Affinity::Real => DeclaredType::Real,
        Affinity::Text => DeclaredType::Text,
        Affinity::Blob => DeclaredType::None,
        Affinity::Numeric => DeclaredType::Other,
    }
}

fn affinity(declared: DeclaredType) -> Affinity {
    match declared {
        DeclaredType::Integer => Affinity::Integer,
        DeclaredType::Real => Affinity::Real,
        DeclaredType::Text => Affinity::Text,
        DeclaredType::None => Affinity::Blob,
        DeclaredType::Numeric | DeclaredType::Other => Affinity::Numeric,
    }
}
