//! What is known of lake tables before any job is understood: schemas, and nulls per column.
//!
//! pandas chooses a column's dtype by its data (one NULL makes an integer column float64), so the
//! frontends need to know for each column whether it holds NULL on no date, some or all.

use std::collections::BTreeMap;

use crate::{ColumnName, TableName};

/// Type of a lake column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LakeType {
    /// True or false.
    Boolean,
    /// Signed integers of at most 32 bits.
    Int32,
    /// 64-bit integer.
    Int64,
    /// Binary float.
    Float64,
    /// Exact decimal.
    Decimal {
        /// Total digits.
        precision: u8,
        /// Digits after the point.
        scale: i8,
    },
    /// UTF-8 text.
    Text,
    /// Calendar date.
    Date,
    /// Microseconds since the epoch, without zone.
    Timestamp,
}

/// On how many dates of the workspace a column holds NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// On none.
    Never,
    /// On some dates, or it is not known.
    Sometimes,
    /// On every date that has rows.
    Always,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnFacts {
    /// Its name.
    pub name: ColumnName,
    /// Its type.
    pub lake_type: LakeType,
    /// Its nulls.
    pub nulls: Nulls,
}

/// One table, columns in stored order, the partition column last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFacts {
    /// Columns.
    pub columns: Vec<ColumnFacts>,
    /// Delta version the facts were read at.
    pub version: u64,
}

impl TableFacts {
    /// The named column.
    pub fn column(&self, name: &str) -> Option<&ColumnFacts> {
        self.columns
            .iter()
            .find(|column| column.name.as_str() == name)
    }
}

/// All tables a portfolio may read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// By name.
    pub tables: BTreeMap<TableName, TableFacts>,
}
