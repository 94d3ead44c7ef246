//! Externals beside what CPython and pandas made of them: the interpreted dataflow must make the same.
//!
//! `tests/cases/record.py` writes the tables and the `.expected` files; nothing here does. A case whose
//! name begins with `refused_` must be refused, with the reason in its `.refused` file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use relift_dataflow::interpret::{Interpreter, Parameters, Table, Value};
use relift_dataflow::{NodeId, Op};
use relift_diagnostics::SourceFile;
use relift_job::{ColumnName, EffectiveDate, LakeType, TableName};
use relift_python::{Siblings, syntax};
use relift_values::Decimal;
use serde_json::Value as Json;

use crate::market::{Market, catalog};

const TABLES: [(&str, &str); 5] = [
    (
        "customers",
        "customers: customer_id, full_name, email, region, segment, signup_date, loyalty_points",
    ),
    (
        "orders",
        "orders: order_id, customer_id, channel, status, ordered_at, promised_on, shipped_on, currency, shipping_fee",
    ),
    (
        "order_lines",
        "order_lines: order_id, line_no, product_id, quantity, unit_price, discount_rate, tax_rate",
    ),
    ("exchange_rates", "exchange_rates: currency, rate, source"),
    (
        "support_tickets",
        "support_tickets: ticket_id, customer_id, topic, satisfaction",
    ),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The modules that every case can import.
fn siblings() -> Siblings {
    fn add(siblings: &mut Siblings, folder: &Path, package: &str) {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
            .expect("a folder of modules")
            .map(|entry| entry.expect("readable").path())
            .collect();
        entries.sort();
        for path in entries {
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let stem = stem.expect("a name").to_owned();
            if path.is_dir() {
                if stem != "__pycache__" {
                    add(siblings, &path, &format!("{package}{stem}."));
                }
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a module");
            let name = format!("{package}{stem}");
            let file = format!("externals/{}.py", name.replace('.', "/"));
            let module = syntax::parse(&SourceFile::new(&file, &text)).expect("valid syntax");
            match name.strip_suffix(".__init__") {
                Some(package) => siblings.insert(package, Some(module), true),
                None => siblings.insert(&name, Some(module), false),
            }
        }
    }
    let mut siblings = Siblings::default();
    add(&mut siblings, &folder().join("siblings"), "");
    siblings
}

fn days(text: &str) -> i32 {
    EffectiveDate::parse(text)
        .expect("a date")
        .days_since_epoch()
}

fn value(json: &Json, lake_type: LakeType) -> Value {
    match (json, lake_type) {
        (Json::Null, _) => Value::None,
        (Json::Number(number), _) => Value::Int(number.as_i64().expect("an integer")),
        (Json::String(text), LakeType::Date) => Value::Date(days(text)),
        (Json::String(text), LakeType::Timestamp) => {
            let at: jiff::civil::DateTime = text.parse().expect("a timestamp");
            let micros = at
                .to_zoned(jiff::tz::TimeZone::UTC)
                .expect("in range")
                .timestamp()
                .as_microsecond();
            Value::Timestamp(micros)
        }
        (Json::String(text), LakeType::Decimal { scale, .. }) => {
            let decimal = Decimal::parse(text).expect("a decimal");
            Value::Decimal(
                decimal
                    .rescaled(i32::from(scale), relift_values::DecimalRounding::HalfEven)
                    .expect("fits"),
            )
        }
        (Json::String(text), _) => Value::Text(text.clone()),
        other => panic!("{other:?}"),
    }
}

fn tables() -> BTreeMap<TableName, Table> {
    let json: Json = serde_json::from_str(&read("tables.json")).expect("valid JSON");
    let catalog = catalog();
    let mut tables = BTreeMap::new();
    for (name, _) in TABLES {
        let facts = &catalog.tables[&TableName::new("market", name)];
        let rows = json[name]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| {
                facts
                    .columns
                    .iter()
                    .map(|column| value(&row[column.name.as_str()], column.lake_type))
                    .collect()
            })
            .collect();
        let columns = facts.columns.iter().map(|column| column.name.clone());
        tables.insert(TableName::new("market", name), Table::new(columns, rows));
    }
    tables
}

fn cell(value: &Value) -> String {
    match value {
        Value::None => "-".to_owned(),
        Value::Float(float) if float.is_nan() => "-".to_owned(),
        Value::Bool(value) => format!("bool {}", if *value { "True" } else { "False" }),
        Value::Int(value) => format!("int {value}"),
        Value::Float(value) => format!("float {}", relift_values::python_float_text(*value)),
        Value::Decimal(value) => format!("decimal {}", value.python_text()),
        Value::Text(text) => format!("text {text}"),
        Value::Date(days) => format!(
            "date {}",
            relift_values::iso_date(relift_values::date_from_days(*days).expect("in range"))
        ),
        Value::Timestamp(at) => format!(
            "timestamp {}",
            relift_values::timestamp_isoformat(*at).expect("in range")
        ),
    }
}

/// What the dataflow makes of a case, in the form of its `.expected` file.
fn made(name: &str) -> String {
    let source = SourceFile::new(
        &format!("externals/{name}.py"),
        &read(&format!("{name}.py")),
    );
    let mut market = Market::new(&TABLES.map(|(_, columns)| columns));
    let lowered = match market.lower_beside(&source, "execute", &siblings()) {
        Ok(lowered) => lowered,
        Err(refusals) => {
            let mut text = String::new();
            for refusal in &refusals {
                let _ = writeln!(text, "refused {refusal}");
            }
            return text;
        }
    };
    let tables = tables();
    let inputs = |_: NodeId, op: &Op| {
        let Op::Scan { table, columns, .. } = op else {
            return None;
        };
        let table = tables.get(table)?;
        let places: Vec<usize> = columns
            .iter()
            .map(|column| table.index(column))
            .collect::<Option<_>>()?;
        let rows = table
            .rows
            .iter()
            .map(|row| places.iter().map(|place| row[*place].clone()).collect())
            .collect();
        Some(Table::new(columns.clone(), rows))
    };
    let day = EffectiveDate::parse("2024-10-31").expect("a date");
    let interpreter = Interpreter::new(&market.flow, &inputs, Parameters::on(day));
    let mut text = String::new();
    for obligation in &market.flow.obligations {
        match interpreter.violations(obligation) {
            Ok(broken) if broken.rows.is_empty() => {}
            Ok(broken) => {
                let _ = writeln!(text, "violated {obligation:?}\n{broken}");
            }
            Err(raised) => {
                let _ = writeln!(text, "raised {raised}");
            }
        }
    }
    for (frame, node) in &lowered.frames_set {
        // Frames that were there before are changed by some cases, too.
        if TABLES.iter().any(|(table, _)| *table == frame.as_str()) {
            continue;
        }
        let table = match interpreter.table(*node) {
            Ok(table) => table,
            Err(raised) => {
                let _ = writeln!(text, "raised {raised}\n{}", market.flow);
                continue;
            }
        };
        let names: Vec<&str> = table.columns.iter().map(ColumnName::as_str).collect();
        let _ = writeln!(text, "{frame}: {}", names.join(", "));
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(cell).collect();
            let _ = writeln!(text, "  {}", cells.join(" | "));
        }
    }
    text
}

#[test]
fn cases_make_what_python_made() {
    let mut failed = Vec::new();
    let mut seen = 0;
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .expect("the folder of the cases")
        .filter_map(|entry| {
            let path = entry.expect("readable").path();
            let name = path.file_name()?.to_str()?.strip_suffix(".py")?.to_owned();
            (name != "record").then_some(name)
        })
        .collect();
    names.sort();
    for name in names {
        seen += 1;
        let made = made(&name);
        if name.starts_with("refused_") {
            let file = folder().join(format!("{name}.refused"));
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(&file, &made).expect("writable");
            }
            let expected = std::fs::read_to_string(&file).unwrap_or_default();
            if !made.starts_with("refused ") || made != expected {
                failed.push(format!("{name}:\n{made}"));
            }
        } else if made != read(&format!("{name}.expected")) {
            let expected = read(&format!("{name}.expected"));
            let place = made
                .lines()
                .zip(expected.lines())
                .find(|(a, b)| a != b)
                .map(|(a, b)| format!("made     {a}\nexpected {b}"));
            failed.push(format!(
                "{name}:\n{}",
                place.unwrap_or_else(|| format!("made:\n{made}"))
            ));
        }
    }
    assert!(seen > 5, "only {seen} cases");
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

/// Modules of one job see what an earlier call has left in them.
#[test]
fn what_outlives_the_call_is_told() {
    let remembers = |body: &str| {
        let text = format!(
            "import wording\nSEEN = {{}}\n\n\ndef execute(shared_state):\n    orders = shared_state['orders']\n    {body}\n    shared_state['out'] = orders\n    return shared_state\n"
        );
        let source = SourceFile::new("externals/a.py", &text);
        let mut market = Market::new(&TABLES.map(|(_, columns)| columns));
        let lowered = market.lower_beside(&source, "execute", &siblings());
        lowered.expect("it is understood").remembers
    };
    assert!(!remembers("note = wording.worded('open')"));
    assert!(remembers("wording.remember(1)"));
    assert!(remembers("SEEN['a'] = 1"));
}
