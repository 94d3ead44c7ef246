//! A program's answer by the reference interpreter, as the CSV file it would be.

use relift_dataflow::interpret::{Interpreter, Parameters, Table, Value};
use relift_dataflow::{ColumnType, Dataflow, NodeId, Op};
use relift_job::{ColumnName, EffectiveDate, Workspace};
use relift_values::{
    SqliteRelease, date_from_days, iso_date, pandas_timestamp_text, push_csv_record,
    python_bool_text, python_float_text,
};

use crate::program::{Day, Program};
use crate::values::value;

/// What the interpreter says of one date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Interpreted {
    /// The file.
    Wrote(String),
    /// An obligation does not hold, in words.
    Unmet(String),
    /// The graph has no answer.
    Raised(String),
}

/// Interprets a relation of a graph on the rows of a date.
pub(crate) fn interpreted(
    program: &Program,
    day: &Day,
    flow: &Dataflow,
    root: NodeId,
    workspace: &Workspace,
    processing_time: jiff::Timestamp,
) -> Interpreted {
    let Some(date) = EffectiveDate::parse(&day.date) else {
        return Interpreted::Raised(format!("{} is no date", day.date));
    };
    let inputs = |_: NodeId, op: &Op| scanned(program, day, op).ok();
    let parameters = Parameters {
        processing_time: processing_time.as_microsecond(),
        sqlite: flow
            .sqlite
            .as_deref()
            .and_then(SqliteRelease::of_version)
            .unwrap_or(SqliteRelease::Before343),
        ..Parameters::on(date)
    };
    let interpreter = Interpreter::new(flow, &inputs, parameters);
    for obligation in &flow.obligations {
        match interpreter.violations(obligation) {
            Ok(broken) if broken.rows.is_empty() => {}
            Ok(broken) => {
                let rows = broken.rows.len();
                return Interpreted::Unmet(format!(
                    "{} ({rows} rows, of {})",
                    relift_lift::condition_text(flow, obligation),
                    obligation.node
                ));
            }
            Err(raised) => {
                return Interpreted::Unmet(format!("an obligation cannot be checked: {raised}"));
            }
        }
    }
    match interpreter.table(root) {
        Err(raised) => Interpreted::Raised(raised.to_string()),
        Ok(table) => {
            let types: Vec<ColumnType> = flow
                .node(root)
                .schema
                .columns()
                .iter()
                .map(|column| column.ty)
                .collect();
            csv(&table, &types, workspace, &day.date)
                .map_or_else(Interpreted::Raised, Interpreted::Wrote)
        }
    }
}

fn scanned(program: &Program, day: &Day, op: &Op) -> Result<Table, String> {
    let Op::Scan { table, columns, .. } = op else {
        return Err("it is no scan".to_owned());
    };
    let at = program
        .tables
        .iter()
        .position(|known| known.name == *table.table)
        .ok_or("there is no such table")?;
    let types = &program.tables[at].columns;
    let places: Vec<usize> = columns
        .iter()
        .map(|name| types.iter().position(|column| column.name == name.as_str()))
        .collect::<Option<_>>()
        .ok_or("there is no such column")?;
    let rows = day.rows[at]
        .iter()
        .map(|row| {
            places
                .iter()
                .map(|place| value(&row[*place], types[*place].lake_type))
                .collect()
        })
        .collect::<Result<_, _>>()?;
    Ok(Table::new(columns.clone(), rows))
}

/// The file the legacy writer makes of such a frame.
fn csv(
    table: &Table,
    types: &[ColumnType],
    workspace: &Workspace,
    date: &str,
) -> Result<String, String> {
    let mut text = String::new();
    let header = table
        .columns
        .iter()
        .map(ColumnName::as_str)
        .chain([workspace.output_date_column.as_str()]);
    push_csv_record(&mut text, header, "\n");
    // pandas holds integers of a column with a missing value as floats.
    let as_floats: Vec<bool> = (0..types.len())
        .map(|at| table.rows.iter().any(|row| row[at].is_missing()))
        .collect();
    for row in &table.rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&as_floats)
            .map(|(cell, as_float)| cell_text(cell, *as_float))
            .collect::<Result<_, _>>()?;
        push_csv_record(
            &mut text,
            cells.iter().map(String::as_str).chain([date]),
            "\n",
        );
    }
    Ok(text)
}

fn cell_text(value: &Value, as_float: bool) -> Result<String, String> {
    Ok(match value {
        Value::None => String::new(),
        Value::Float(float) if float.is_nan() => String::new(),
        Value::Bool(value) => python_bool_text(*value).to_owned(),
        Value::Int(value) if as_float => python_float_text(*value as f64),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => python_float_text(*value),
        Value::Decimal(value) => value.python_text(),
        Value::Text(text) => text.clone(),
        Value::Date(days) => iso_date(date_from_days(*days).ok_or("a day beyond the calendar")?),
        Value::Timestamp(at) => pandas_timestamp_text(*at).ok_or("a time beyond the calendar")?,
    })
}
