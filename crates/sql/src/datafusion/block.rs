//! A SELECT under construction, into which operators are merged as long as that keeps the meaning.

use std::collections::BTreeMap;

use relift_job::ColumnName;

use super::expression::Columns;
use super::fragment::{OrderKey, SourceId, Sql};

/// How a source joins those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinKind {
    /// It is the first.
    First,
    /// All pairs.
    Cross,
    /// Matching pairs.
    Inner,
    /// Matching pairs and unmatched rows before.
    Left,
}

/// A table in a FROM clause.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Number by which columns refer to it.
    pub(crate) id: SourceId,
    /// Table or common table expression.
    pub(crate) table: String,
    /// How it joins.
    pub(crate) join: JoinKind,
    /// Conditions of the join.
    pub(crate) on: Vec<Sql>,
}

/// Rows of a relation as one SELECT, not yet written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    /// FROM.
    pub(crate) sources: Vec<Source>,
    /// WHERE.
    pub(crate) filters: Vec<Sql>,
    /// GROUP BY; the empty list aggregates everything to one row.
    pub(crate) group: Option<Vec<Sql>>,
    /// HAVING.
    pub(crate) having: Vec<Sql>,
    /// DISTINCT.
    pub(crate) distinct: bool,
    /// LIMIT, in the order of `order`.
    pub(crate) limit: Option<u64>,
    /// The relation's needed columns.
    pub(crate) columns: Columns,
    /// Criteria of its order; exact only where the order is observed.
    pub(crate) order: Vec<OrderKey>,
    /// Whether a filter was merged into it before anything else was made of its rows.
    pub(crate) filtered: bool,
    /// Tables that were joined to its first one.
    pub(crate) joined: Vec<String>,
    /// Clauses for a comment, from what else was merged into it.
    pub(crate) story: Vec<String>,
}

impl Block {
    /// Whether rows can still be filtered, joined and grouped in the same SELECT.
    pub(crate) fn is_plain(&self) -> bool {
        self.group.is_none() && !self.distinct && self.limit.is_none()
    }

    /// Whether it is all rows of one table and its columns are that table's.
    pub(crate) fn is_table(&self) -> Option<&str> {
        match &self.sources[..] {
            [source] if self.is_plain() && self.filters.is_empty() => Some(&source.table),
            _ => None,
        }
    }

    /// Adds a clause to its comment, once.
    pub(crate) fn tell(&mut self, clause: impl Into<String>) {
        let clause = clause.into();
        if !self.story.contains(&clause) {
            self.story.push(clause);
        }
    }

    /// What it holds, in words; empty when its text says as much.
    pub(crate) fn comment(&self) -> String {
        let Some(first) = self.sources.first() else {
            return self.story.join("; ");
        };
        let mut joined: Vec<&str> = Vec::new();
        for table in &self.joined {
            if !joined.contains(&table.as_str()) {
                joined.push(table);
            }
        }
        let rows = match joined.split_last() {
            None if self.filtered => format!("the rows of {} that pass the filter", first.table),
            None => return self.story.join("; "),
            Some((last, [])) => format!("{} joined with {last}", first.table),
            Some((last, others)) => {
                format!(
                    "{} joined with {} and {last}",
                    first.table,
                    others.join(", ")
                )
            }
        };
        let rows = if self.filtered && !joined.is_empty() {
            format!("{rows}, filtered")
        } else {
            rows
        };
        if self.story.is_empty() {
            rows
        } else {
            format!("{}; from {rows}", self.story.join("; "))
        }
    }

    /// A copy whose sources have new numbers, so that it can stand beside the first.
    pub(crate) fn fresh(&self, next: &mut SourceId) -> Self {
        let mut new = BTreeMap::new();
        for source in &self.sources {
            new.insert(source.id, *next);
            *next += 1;
        }
        let one = |sql: &Sql| sql.renumbered(&new);
        let many = |parts: &[Sql]| parts.iter().map(one).collect::<Vec<_>>();
        Self {
            sources: self
                .sources
                .iter()
                .map(|source| Source {
                    id: new[&source.id],
                    on: many(&source.on),
                    ..source.clone()
                })
                .collect(),
            filters: many(&self.filters),
            group: self.group.as_deref().map(many),
            having: many(&self.having),
            columns: self
                .columns
                .iter()
                .map(|(name, sql)| (name.clone(), one(sql)))
                .collect(),
            order: self
                .order
                .iter()
                .map(|key| key.over(one(&key.sql)))
                .collect(),
            ..self.clone()
        }
    }

    /// The value of a column.
    pub(crate) fn column(&self, name: &ColumnName) -> Option<&Sql> {
        self.columns.get(name)
    }

    /// The SELECT with these columns and this order.
    pub(crate) fn select(&self, columns: Vec<(String, Sql)>, order: Vec<OrderKey>) -> Select {
        Select {
            distinct: self.distinct,
            columns,
            sources: self.sources.clone(),
            filters: self.filters.clone(),
            group: self.group.clone(),
            having: self.having.clone(),
            order,
            limit: self.limit,
        }
    }
}

/// A complete SELECT.
#[derive(Clone, Debug)]
pub(crate) struct Select {
    pub(crate) distinct: bool,
    pub(crate) columns: Vec<(String, Sql)>,
    pub(crate) sources: Vec<Source>,
    pub(crate) filters: Vec<Sql>,
    pub(crate) group: Option<Vec<Sql>>,
    pub(crate) having: Vec<Sql>,
    pub(crate) order: Vec<OrderKey>,
    pub(crate) limit: Option<u64>,
}

/// What stands in a common table expression, or at the end.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// One SELECT.
    Select(Select),
    /// Several, by UNION ALL.
    Union(Vec<Select>),
    /// Rows written out.
    Values {
        /// Column names.
        columns: Vec<String>,
        /// Constants of each row.
        rows: Vec<Vec<String>>,
    },
}
