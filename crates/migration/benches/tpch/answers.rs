//! The benchmark's own queries, and whether a job's file holds their answer.
//!
//! The queries add decimals where the jobs add floats, and neither promises an order among equal sort keys, so
//! rows are compared as a bag and numbers up to the last places.

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use relift_engine::{QueryResult, Session};

use crate::tables::Table;

/// Answers questions about generated tables.
pub(crate) struct Reference {
    session: Session,
    runtime: tokio::runtime::Runtime,
}

impl Reference {
    pub(crate) fn new(tables: &[Table]) -> Self {
        let session = Session::new();
        for table in tables {
            session
                .register_batches(
                    table.name,
                    std::sync::Arc::clone(&table.schema),
                    table.batches.clone(),
                )
                .expect("a new name");
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        Self { session, runtime }
    }

    /// The rows a query yields, as text.
    pub(crate) fn rows(&self, sql: &str) -> Result<Vec<Vec<String>>, String> {
        let result = self.runtime.block_on(self.session.query(sql));
        Ok(cells(&result.map_err(|error| error.to_string())?))
    }
}

fn cells(result: &QueryResult) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for batch in &result.batches {
        let columns: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| cast(column, &DataType::Utf8).expect("everything has a text"))
            .collect();
        for row in 0..batch.num_rows() {
            let cell = |column: &arrow::array::ArrayRef| {
                let texts = column.as_string::<i32>();
                if texts.is_null(row) {
                    String::new()
                } else {
                    texts.value(row).to_owned()
                }
            };
            rows.push(columns.iter().map(cell).collect());
        }
    }
    rows
}

/// Rows of a CSV file without its header and without the effective date, its last column.
pub(crate) fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = vec![String::new()];
    let mut quoted = false;
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => {
                row.pop();
                rows.push(std::mem::replace(&mut row, vec![String::new()]));
            }
            other => row.last_mut().expect("never empty").push(other),
        }
    }
    if !rows.is_empty() {
        rows.remove(0);
    }
    rows
}

/// What is wrong with the rows, if anything.
pub(crate) fn difference(found: &[Vec<String>], expected: &[Vec<String>]) -> Option<String> {
    if found.len() != expected.len() {
        return Some(format!(
            "{} rows, the benchmark's query has {}",
            found.len(),
            expected.len()
        ));
    }
    let mut left: Vec<&Vec<String>> = expected.iter().collect();
    for row in found {
        let at = left.iter().position(|other| {
            row.len() == other.len() && row.iter().zip(*other).all(|(a, b)| same(a, b))
        });
        match at {
            Some(at) => {
                left.remove(at);
            }
            None => return Some(format!("the benchmark's query has no row {row:?}")),
        }
    }
    None
}

fn same(a: &str, b: &str) -> bool {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        // Averages of decimals have six places.
        (Ok(a), Ok(b)) => (a - b).abs() <= 2e-6 + 1e-9 * b.abs(),
        _ => a == b,
    }
}
