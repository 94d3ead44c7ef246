//! Small tables: column names and rows.

use std::fmt;

use relift_job::ColumnName;

use super::Value;

/// Rows in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Column names.
    pub columns: Vec<ColumnName>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// A table with these columns and rows.
    pub fn new<N: Into<ColumnName>>(
        columns: impl IntoIterator<Item = N>,
        rows: Vec<Vec<Value>>,
    ) -> Self {
        Self {
            columns: columns.into_iter().map(Into::into).collect(),
            rows,
        }
    }

    /// Index of the named column.
    pub fn index(&self, name: &ColumnName) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Value of a column in a row.
    pub fn value(&self, row: usize, name: &ColumnName) -> Option<&Value> {
        self.rows.get(row)?.get(self.index(name)?)
    }
}

impl fmt::Display for Table {
    /// One line per row, cells as constants of the text form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.columns.iter().map(ColumnName::as_str).collect();
        writeln!(f, "{}", names.join(" | "))?;
        for row in &self.rows {
            let cells: Vec<_> = row.iter().map(ToString::to_string).collect();
            writeln!(f, "{}", cells.join(" | "))?;
        }
        Ok(())
    }
}
