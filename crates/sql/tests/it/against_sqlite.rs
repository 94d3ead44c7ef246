//! Every case SQLite can run is run by SQLite: on random tables its rows and the interpreter's are the
//! same to the last bit, unless the tables break an obligation of the lowering.
//!
//! The linked SQLite answers by default. `SQLITE_BY=python3` asks the one of that interpreter instead,
//! which is how the release of the legacy runtime is held against the interpreter too.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use relift_dataflow::interpret::{Parameters, Table, Value, interpret, violations};
use relift_dataflow::{Base, Dataflow, ExprKind, Function, NodeId, Op, Schema, type_of};
use relift_diagnostics::SourceFile;
use relift_job::{EffectiveDate, JobName, LakeType};
use relift_sql::sqlite::{SqlText, lower_query};
use relift_values::{SqliteRelease, date_from_days, iso_date, timestamp_isoformat};
use rusqlite::types::ValueRef;

use super::rows::tables;
use super::shop;

const SEEDS: u64 = 60;

/// The text of a cell, with floats by their bits.
fn cell(value: &Value) -> String {
    match value {
        value if value.is_missing() => "null".to_owned(),
        Value::Int(value) => format!("int {value}"),
        Value::Float(value) => format!("real {:016x}", value.to_bits()),
        Value::Text(text) => format!("text {}", hex(text.as_bytes())),
        other => format!("unexpected {other}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").expect("text");
    }
    text
}

fn lines(rows: impl Iterator<Item = Vec<String>>) -> Vec<String> {
    rows.map(|row| row.join(" | ")).collect()
}

/// The statements that make a table as pandas hands it over.
fn script(name: &str, table: &Table) -> Vec<String> {
    let (_, columns) = shop::TABLES
        .iter()
        .find(|(own, _)| *own == name)
        .expect("a table of the shop");
    let declared: Vec<String> = columns
        .iter()
        .map(|(column, lake_type, _)| {
            let ty = match lake_type {
                LakeType::Int64 | LakeType::Int32 | LakeType::Boolean => "INTEGER",
                LakeType::Float64 | LakeType::Decimal { .. } => "REAL",
                LakeType::Text | LakeType::Date | LakeType::Timestamp => "TEXT",
            };
            format!("\"{column}\" {ty}")
        })
        .collect();
    let mut statements = vec![format!("CREATE TABLE \"{name}\" ({})", declared.join(", "))];
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(constant).collect();
        statements.push(format!(
            "INSERT INTO \"{name}\" VALUES ({})",
            cells.join(", ")
        ));
    }
    statements
}

fn constant(value: &Value) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    match value {
        Value::None => "NULL".to_owned(),
        Value::Bool(value) => u8::from(*value).to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Decimal(value) => format!("{:?}", value.nearest_float()),
        Value::Text(text) => quoted(text),
        Value::Date(days) => quoted(&iso_date(date_from_days(*days).expect("a date"))),
        Value::Timestamp(micros) => quoted(&timestamp_isoformat(*micros).expect("a time")),
    }
}

/// A query and the tables it runs over.
struct Run {
    label: String,
    sql: String,
    script: Vec<String>,
    interpreted: Vec<String>,
    /// Columns in which pandas makes floats of SQLite's ints.
    widened: Vec<bool>,
}

impl Run {
    /// SQLite's rows as pandas reads them.
    fn read(&self, rows: &[String]) -> Vec<String> {
        let cell = |(text, widened): (&str, &bool)| match text.strip_prefix("int ") {
            Some(int) if *widened => {
                let whole: i64 = int.parse().expect("an int");
                format!("real {:016x}", (whole as f64).to_bits())
            }
            _ => text.to_owned(),
        };
        rows.iter()
            .map(|row| {
                let cells: Vec<String> = row.split(" | ").zip(&self.widened).map(cell).collect();
                cells.join(" | ")
            })
            .collect()
    }
}

/// Whether each column of the result is made of ints, or ints and floats, that pandas reads as floats.
fn widened(flow: &Dataflow, root: NodeId) -> Vec<bool> {
    let Op::Map { input, columns } = &flow.node(root).op else {
        return Vec::new();
    };
    let schema = &flow.node(*input).schema;
    columns
        .iter()
        .map(|(_, value)| match &value.kind {
            ExprKind::Call(Function::ToPandasFloat, inner) => {
                let ty = type_of(&inner[0], schema, &Schema::default(), flow).expect("a type");
                matches!(ty.base, Base::Int64 | Base::Number)
            }
            _ => false,
        })
        .collect()
}

fn by_linked(runs: &[Run]) -> Vec<Result<Vec<String>, String>> {
    runs.iter()
        .map(|run| {
            let failed = |error: rusqlite::Error| error.to_string();
            let connection = rusqlite::Connection::open_in_memory().map_err(failed)?;
            for statement in &run.script {
                connection.execute(statement, []).map_err(failed)?;
            }
            let mut statement = connection.prepare(&run.sql).map_err(failed)?;
            let width = statement.column_count();
            let mut rows = statement.query([]).map_err(failed)?;
            let mut all = Vec::new();
            while let Some(row) = rows.next().map_err(failed)? {
                let mut cells = Vec::new();
                for at in 0..width {
                    cells.push(match row.get_ref(at).map_err(failed)? {
                        ValueRef::Null => "null".to_owned(),
                        ValueRef::Integer(value) => format!("int {value}"),
                        ValueRef::Real(value) => format!("real {:016x}", value.to_bits()),
                        ValueRef::Text(text) => format!("text {}", hex(text)),
                        ValueRef::Blob(blob) => format!("blob {}", hex(blob)),
                    });
                }
                all.push(cells);
            }
            Ok(lines(all.into_iter()))
        })
        .collect()
}

const PYTHON: &str = r#"
import sqlite3, struct, sys
def cell(v):
    if v is None: return "null"
    if isinstance(v, int): return f"int {v}"
    if isinstance(v, float): return f"real {struct.pack('>d', v).hex()}"
    if isinstance(v, bytes): return f"blob {v.hex()}"
    return f"text {v.encode().hex()}"
for block in sys.stdin.read().split("\x01"):
    if not block: continue
    *script, sql = block.split("\x02")
    c = sqlite3.connect(":memory:")
    for s in script: c.execute(s)
    try:
        out = [" | ".join(map(cell, r)) for r in c.execute(sql)]
    except Exception as e:
        out = [f"error {e}"]
    sys.stdout.write("\x02".join(out) + "\x01")
"#;

fn by_python(python: &str, runs: &[Run]) -> Vec<Result<Vec<String>, String>> {
    let mut input = String::new();
    for run in runs {
        for statement in &run.script {
            input.push_str(statement);
            input.push('\u{2}');
        }
        input.push_str(&run.sql);
        input.push('\u{1}');
    }
    let mut child = Command::new(python)
        .args(["-c", PYTHON])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the interpreter");
    let mut stdin = child.stdin.take().expect("its input");
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("its answer");
    writer.join().expect("the writer").expect("written");
    let text = String::from_utf8(output.stdout).expect("text");
    let mut answers: Vec<&str> = text.split('\u{1}').collect();
    answers.pop();
    answers
        .into_iter()
        .map(|block| match block.strip_prefix("error ") {
            Some(error) => Err(error.to_owned()),
            None if block.is_empty() => Ok(Vec::new()),
            None => Ok(block.split('\u{2}').map(str::to_owned).collect()),
        })
        .collect()
}

/// Lowers a query and interprets it on tables; `None` when it is refused.
fn lowered(name: &str, text: &str, version: &str) -> Option<(Dataflow, NodeId)> {
    let catalog = shop::catalog();
    let mut flow = Dataflow::new(JobName::from("case"));
    flow.sqlite = Some(version.to_owned());
    let frames = shop::frames(&mut flow, &catalog);
    let file = SourceFile::new(name, text);
    let span_of = |range| file.span(range);
    let sql = SqlText {
        text,
        span_of: &span_of,
    };
    let lowered = lower_query(&mut flow, &sql, &frames, 1, &catalog).ok()?;
    Some((flow, lowered.node))
}

#[test]
fn sqlite_and_the_interpreter_agree_on_every_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").file_name())
        .filter_map(|name| name.to_str().map(str::to_owned))
        .filter(|name| name.ends_with(".sqlite"))
        .collect();
    names.sort();
    let python = std::env::var("SQLITE_BY").ok();
    let release = if python.is_some() {
        SqliteRelease::Before343
    } else {
        SqliteRelease::Since343
    };
    let version = match release {
        SqliteRelease::Before343 => super::SQLITE,
        SqliteRelease::Since343 => rusqlite::version(),
    };
    let mut runs = Vec::new();
    let mut wrong = String::new();
    let mut met: BTreeMap<String, u64> = BTreeMap::new();
    for name in &names {
        let text = std::fs::read_to_string(folder.join(name)).expect("a case");
        let Some((flow, root)) = lowered(name, &text, version) else {
            continue;
        };
        met.insert(name.clone(), 0);
        for seed in 0..SEEDS {
            let given = tables(seed);
            let inputs = |_: NodeId, op: &Op| match op {
                Op::Scan { table, .. } => given.get(&*table.table).cloned(),
                _ => None,
            };
            let parameters = Parameters {
                sqlite: release,
                ..Parameters::on(EffectiveDate::parse("2024-10-01").expect("a date"))
            };
            let broken = flow.obligations.iter().any(|obligation| {
                violations(&flow, obligation, &inputs, parameters)
                    .map_or(true, |rows| !rows.rows.is_empty())
            });
            if broken {
                continue;
            }
            *met.entry(name.clone()).or_default() += 1;
            match interpret(&flow, root, &inputs, parameters) {
                Ok(table) => runs.push(Run {
                    widened: widened(&flow, root),
                    label: format!("{name} seed {seed}"),
                    sql: text.clone(),
                    script: given
                        .iter()
                        .flat_map(|(name, table)| script(name, table))
                        .collect(),
                    interpreted: lines(
                        table
                            .rows
                            .iter()
                            .map(|row| row.iter().map(cell).collect::<Vec<_>>()),
                    ),
                }),
                Err(raised) => writeln!(wrong, "{name} seed {seed}: {raised:?}").expect("text"),
            }
        }
    }
    let answers = match &python {
        Some(python) => by_python(python, &runs),
        None => by_linked(&runs),
    };
    assert_eq!(answers.len(), runs.len());
    let mut told: BTreeMap<String, u32> = BTreeMap::new();
    for (run, answer) in runs.iter().zip(answers) {
        if answer.as_ref().map(|rows| run.read(rows)) == Ok(run.interpreted.clone()) {
            continue;
        }
        let case = run.label.split(' ').next().unwrap_or_default().to_owned();
        let times = told.entry(case).or_default();
        *times += 1;
        if *times == 1 {
            writeln!(
                wrong,
                "---- {}\n{}\n{}\nsqlite: {answer:#?}\ninterpreter: {:#?}",
                run.label,
                run.script.join(";\n"),
                run.sql,
                run.interpreted
            )
            .expect("text");
        }
    }
    for (case, times) in told {
        writeln!(wrong, "{case} differs on {times} tables").expect("text");
    }
    let few: Vec<_> = met.iter().filter(|(_, count)| **count < 5).collect();
    assert!(wrong.is_empty(), "{wrong}");
    assert!(
        few.is_empty(),
        "obligations are met on too few tables: {few:?}"
    );
}
