//! What a run produced, as the comparison takes it.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

/// Lines of a text file that are not rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextLayout {
    /// Whether the first line names the columns.
    pub header: bool,
    /// Whether the last line is a trailer.
    pub trailer: bool,
}

/// One output of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A CSV or other text file.
    Text {
        /// The file.
        bytes: Vec<u8>,
        /// Which of its lines are rows.
        layout: TextLayout,
    },
    /// A folder of Parquet files, by file name.
    Parquet {
        /// The files.
        parts: BTreeMap<String, Vec<u8>>,
    },
    /// Rows of a table at the version the run committed.
    Table {
        /// Columns, also when there are no rows.
        schema: SchemaRef,
        /// Rows.
        batches: Vec<RecordBatch>,
    },
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum RunOutput {
    /// It ended well; outputs by name (path below the zone, or `schema.table` without the schema).
    Wrote(BTreeMap<String, Output>),
    /// It raised; the message is shown, not compared.
    Raised(String),
    /// There is no such run.
    Missing,
}
