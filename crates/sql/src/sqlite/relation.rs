//! Relations as a SELECT sees them: names in scope, and whether the order of rows is a fact.

use relift_dataflow::{Expr, ExprKind, Function, NodeId};
use relift_job::ColumnName;
use relift_values::SqliteFunction;

use super::affinity::SideAffinity;
use super::planning::Written;

/// Whether SQLite's order of rows is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowOrder {
    /// It is the node's.
    Known,
    /// It is the node's, if a SELECT does no more than filter and compute: the ORDER BY of a subquery is
    /// left out when the query around it groups, joins or sorts.
    KnownToPlainSelect,
    /// It is the node's, if the SELECT around makes the planner begin with the first table.
    AsWritten,
    /// The planner decides.
    Unknown,
}

/// What a text column is known to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IsoText {
    /// `YYYY-MM-DD`.
    Date,
    /// `YYYY-MM-DDTHH:MM:SS`.
    Timestamp,
}

/// A column in scope.
#[derive(Clone, Debug)]
pub(crate) struct ScopeColumn {
    /// Alias of the table it comes from, in lower case.
    pub(crate) qualifier: Option<String>,
    /// Its name there.
    pub(crate) name: String,
    /// Its name in the node.
    pub(crate) column: ColumnName,
    /// What its text is known to be.
    pub(crate) iso: Option<IsoText>,
    /// Its affinity.
    pub(crate) affinity: SideAffinity,
    /// The right one of two columns joined by USING: reached by its qualifier only.
    pub(crate) merged: bool,
    /// It comes from the right side of a LEFT JOIN.
    pub(crate) optional: bool,
}

/// A relation in scope.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    /// The node.
    pub(crate) node: NodeId,
    /// Its columns.
    pub(crate) columns: Vec<ScopeColumn>,
    /// Its order.
    pub(crate) order: RowOrder,
    /// Right sides of joins and the columns in which they must be unique for that order to be the node's:
    /// several matches of one row come in the order of a temporary index.
    pub(crate) unique: Vec<(NodeId, Vec<ColumnName>)>,
    /// What is known of the frames that are joined here.
    pub(crate) written: Option<Written>,
}

/// Why a name does not resolve.
pub(crate) enum NotFound {
    /// No column has it.
    Unknown,
    /// Several have it.
    Ambiguous,
}

impl Relation {
    /// The column of a name, without regard to case.
    pub(crate) fn resolve(
        &self,
        qualifier: Option<&str>,
        name: &str,
    ) -> Result<&ScopeColumn, NotFound> {
        let mut matches = self.columns.iter().filter(|column| {
            column.name.eq_ignore_ascii_case(name)
                && match qualifier {
                    Some(wanted) => column
                        .qualifier
                        .as_ref()
                        .is_some_and(|own| own.eq_ignore_ascii_case(wanted)),
                    None => !column.merged,
                }
        });
        match (matches.next(), matches.next()) {
            (Some(column), None) => Ok(column),
            (Some(_), Some(_)) => Err(NotFound::Ambiguous),
            (None, _) => Err(NotFound::Unknown),
        }
    }

    /// The same rows under an alias.
    #[must_use]
    pub(crate) fn aliased(mut self, alias: &str) -> Self {
        for column in &mut self.columns {
            column.qualifier = Some(alias.to_ascii_lowercase());
            column.optional = false;
            column.merged = false;
        }
        self
    }

    /// What a value's text is known to be.
    pub(crate) fn iso(&self, value: &Expr) -> Option<IsoText> {
        if let ExprKind::Call(Function::Sqlite(SqliteFunction::Date), _) = &value.kind {
            return Some(IsoText::Date);
        }
        let name = value.as_column()?;
        self.columns
            .iter()
            .find(|column| column.column == *name)
            .and_then(|column| column.iso)
    }

    /// Whether a value reads the right side of a LEFT JOIN.
    pub(crate) fn reads_optional(&self, value: &Expr) -> bool {
        value.columns().iter().any(|name| {
            self.columns
                .iter()
                .any(|column| column.optional && column.column == *name)
        })
    }
}
