//! What commands print: a table for people or JSON for programs, always on stdout.

use std::io::{self, Write};

use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value};

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned tables.
    #[value(alias = "table")]
    #[default]
    #[value(alias = "table")]
    Text,
    /// One JSON document.
    Json,
}

/// A table with a title row; cells keep their JSON type.
pub(crate) struct Listing {
    columns: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
}

impl Listing {
    /// An empty table.
    pub(crate) fn new(columns: &[&'static str]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row with one cell per column.
    pub(crate) fn row(&mut self, cells: Vec<Value>) {
        self.rows.push(cells);
    }

    /// Prints it. JSON is an array of objects named by the columns, spaces as underscores.
    pub(crate) fn print(&self, format: Format) -> io::Result<()> {
        match format {
            Format::Json => print_json(&self.to_json()),
            Format::Text => {
                let mut table = Table::new();
                table
                    .load_style(presets::UTF8_BORDERS_ONLY)
                    .set_content_arrangement(ContentArrangement::Dynamic);
                table.set_header(self.columns.iter().copied());
                for row in &self.rows {
                    table.add_row(row.iter().map(cell));
                }
                print_text(&table.to_string())
            }
        }
    }

    /// The rows as an array of objects.
    pub(crate) fn to_json(&self) -> Value {
        let object = |row: &Vec<Value>| {
            let fields = self
                .columns
                .iter()
                .map(|name| name.replace(' ', "_"))
                .zip(row.iter().cloned());
            Value::Object(fields.collect::<Map<_, _>>())
        };
        Value::Array(self.rows.iter().map(object).collect())
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Prints a JSON document.
pub(crate) fn print_json(value: &Value) -> io::Result<()> {
    print_text(&serde_json::to_string_pretty(value)?)
}

/// Prints text and a line end. A reader that went away is no error.
pub(crate) fn print_text(text: &str) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
