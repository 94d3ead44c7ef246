//! A program under test: modules, the tables they read, and the rows of those on a few dates.
//!
//! Its text form is what is kept of programs that once failed, so it is meant to be read:
//!
//! ```text
//! ### python
//! import pandas as pd
//! ...
//! ### table orders: order_id int64, amount decimal(12,2)?
//! ### date 2024-02-29
//! orders [1, "2.50"]
//! orders [2, null]
//! ```

use std::fmt::Write as _;

use relift_job::LakeType;
use serde_json::Value as Json;

/// Frame every program leaves its answer in.
pub const RESULT: &str = "result";

/// A chain of modules with tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// What it is known by: a seed, or the file it was kept in.
    pub name: String,
    /// Constructs it was made of.
    pub constructs: Vec<&'static str>,
    /// Modules in order; the last sets the frame [`RESULT`].
    pub modules: Vec<ModuleText>,
    /// Tables, each sourced under its own name.
    pub tables: Vec<TableType>,
    /// Rows on each date.
    pub days: Vec<Day>,
}

/// A module.
#[derive(Clone, Debug, PartialEq)]
pub enum ModuleText {
    /// An External with a function.
    Python {
        /// The module's text.
        text: String,
        /// The function that gets the shared state.
        function: String,
    },
    /// A Transformation.
    Sql {
        /// The query.
        text: String,
        /// Frame it fills.
        result: String,
    },
}

/// A table's columns.
#[derive(Clone, Debug, PartialEq)]
pub struct TableType {
    /// Its name, and that of its frame.
    pub name: String,
    /// Columns.
    pub columns: Vec<ColumnType>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnType {
    /// Its name.
    pub name: String,
    /// Its type.
    pub lake_type: LakeType,
    /// Whether it may hold NULL.
    pub nullable: bool,
}

/// The rows of one date: per table, in the order of the tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// ISO text.
    pub date: String,
    /// Rows; cells as JSON, decimals, dates, timestamps and floats that JSON has no number for as text.
    pub rows: Vec<Vec<Vec<Json>>>,
}

impl Program {
    /// The text form.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for module in &self.modules {
            let (head, body) = match module {
                ModuleText::Python { text, function } => (format!("### python {function}"), text),
                ModuleText::Sql { text, result } => (format!("### sql {result}"), text),
            };
            let _ = writeln!(text, "{head}\n{}", body.trim_end());
        }
        for table in &self.tables {
            let columns: Vec<String> = table
                .columns
                .iter()
                .map(|column| {
                    let mark = if column.nullable { "?" } else { "" };
                    format!("{} {}{mark}", column.name, type_text(column.lake_type))
                })
                .collect();
            let _ = writeln!(text, "### table {}: {}", table.name, columns.join(", "));
        }
        for day in &self.days {
            let _ = writeln!(text, "### date {}", day.date);
            for (table, rows) in self.tables.iter().zip(&day.rows) {
                for row in rows {
                    let _ = writeln!(text, "{} {}", table.name, Json::Array(row.clone()));
                }
            }
        }
        text
    }

    /// Reads the text form.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut program = Self {
            name: name.to_owned(),
            constructs: Vec::new(),
            modules: Vec::new(),
            tables: Vec::new(),
            days: Vec::new(),
        };
        let at = |line: usize| move |what: String| format!("{name}:{}: {what}", line + 1);
        for (number, line) in text.lines().enumerate() {
            let Some(head) = line.strip_prefix("### ") else {
                program.line(line).map_err(at(number))?;
                continue;
            };
            let (kind, rest) = head.split_once(' ').unwrap_or((head, ""));
            match kind {
                "python" => program.modules.push(ModuleText::Python {
                    text: String::new(),
                    function: if rest.is_empty() { "execute" } else { rest }.to_owned(),
                }),
                "sql" => program.modules.push(ModuleText::Sql {
                    text: String::new(),
                    result: if rest.is_empty() { RESULT } else { rest }.to_owned(),
                }),
                "table" => program.tables.push(table_type(rest).map_err(at(number))?),
                "date" => program.days.push(Day {
                    date: rest.to_owned(),
                    rows: vec![Vec::new(); program.tables.len()],
                }),
                other => return Err(at(number)(format!("there are no sections `### {other}`"))),
            }
        }
        Ok(program)
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        let Some(day) = self.days.last_mut() else {
            if self.tables.is_empty()
                && let Some(ModuleText::Python { text, .. } | ModuleText::Sql { text, .. }) =
                    self.modules.last_mut()
            {
                text.push_str(line);
                text.push('\n');
            }
            return Ok(());
        };
        let Some((table, cells)) = line.split_once(' ') else {
            return Ok(());
        };
        let at = self
            .tables
            .iter()
            .position(|known| known.name == table)
            .ok_or_else(|| format!("there is no table {table}"))?;
        let Ok(Json::Array(cells)) = serde_json::from_str(cells) else {
            return Err("a row is a table's name and a JSON list".to_owned());
        };
        if cells.len() != self.tables[at].columns.len() {
            return Err(format!(
                "{table} has {} columns",
                self.tables[at].columns.len()
            ));
        }
        day.rows[at].push(cells);
        Ok(())
    }
}

impl ModuleText {
    /// Its text.
    pub fn text(&self) -> &str {
        match self {
            Self::Python { text, .. } | Self::Sql { text, .. } => text,
        }
    }
}

/// The word for a type.
pub(crate) fn type_text(lake_type: LakeType) -> String {
    match lake_type {
        LakeType::Boolean => "bool".to_owned(),
        LakeType::Int32 => "int32".to_owned(),
        LakeType::Int64 => "int64".to_owned(),
        LakeType::Float64 => "float64".to_owned(),
        LakeType::Decimal { precision, scale } => format!("decimal({precision};{scale})"),
        LakeType::Text => "text".to_owned(),
        LakeType::Date => "date".to_owned(),
        LakeType::Timestamp => "timestamp".to_owned(),
    }
}

fn table_type(text: &str) -> Result<TableType, String> {
    let (name, columns) = text.split_once(": ").ok_or("a table is `name: columns`")?;
    let columns = columns
        .split(", ")
        .map(|column| {
            let (name, kind) = column.split_once(' ').ok_or("a column is `name type`")?;
            let kind_only = kind.trim_end_matches('?');
            Ok(ColumnType {
                name: name.to_owned(),
                lake_type: lake_type(kind_only)
                    .ok_or_else(|| format!("there is no type {kind_only}"))?,
                nullable: kind.ends_with('?'),
            })
        })
        .collect::<Result<_, String>>()?;
    Ok(TableType {
        name: name.to_owned(),
        columns,
    })
}

fn lake_type(word: &str) -> Option<LakeType> {
    Some(match word {
        "bool" => LakeType::Boolean,
        "int32" => LakeType::Int32,
        "int64" => LakeType::Int64,
        "float64" => LakeType::Float64,
        "text" => LakeType::Text,
        "date" => LakeType::Date,
        "timestamp" => LakeType::Timestamp,
        other => {
            let digits = other.strip_prefix("decimal(")?.strip_suffix(')')?;
            let (precision, scale) = digits.split_once(';')?;
            LakeType::Decimal {
                precision: precision.parse().ok()?,
                scale: scale.parse().ok()?,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_reads_back() {
        let text = "### python run\nx = 1\n\ny = 2\n### sql result\nselect 1\n### table t: a int64, b decimal(12;2)?\n### date 2024-01-01\nt [1,\"2.50\"]\nt [2,null]\n### date 2024-01-02\n";
        let program = Program::parse("kept", text).expect("it is well formed");
        assert_eq!(program.text(), text);
        assert_eq!(program.days[0].rows[0].len(), 2);
        assert!(Program::parse("kept", "### tables t").is_err());
    }
}
