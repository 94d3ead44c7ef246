//! The case files of the frontends as programs.

use std::path::{Path, PathBuf};

use relift_job::LakeType;
use relift_programs::{Chance, ColumnType, Day, ModuleText, Program, RESULT, TableType};
use serde_json::{Value as Json, json};

const MONEY: LakeType = LakeType::Decimal {
    precision: 12,
    scale: 2,
};

type Columns = &'static [(&'static str, LakeType, bool)];

/// Tables of `crates/python/tests/cases/tables.json`.
const MARKET: &[(&str, Columns)] = &[
    (
        "customers",
        &[
            ("customer_id", LakeType::Int64, false),
            ("full_name", LakeType::Text, false),
            ("email", LakeType::Text, true),
            ("region", LakeType::Text, true),
            ("segment", LakeType::Text, false),
            ("signup_date", LakeType::Date, false),
            ("loyalty_points", LakeType::Int64, false),
            ("as_of", LakeType::Date, false),
        ],
    ),
    (
        "orders",
        &[
            ("order_id", LakeType::Int64, false),
            ("customer_id", LakeType::Int64, false),
            ("channel", LakeType::Text, false),
            ("status", LakeType::Text, true),
            ("ordered_at", LakeType::Timestamp, false),
            ("promised_on", LakeType::Date, false),
            ("shipped_on", LakeType::Date, true),
            ("currency", LakeType::Text, false),
            ("shipping_fee", MONEY, false),
            ("as_of", LakeType::Date, false),
        ],
    ),
    (
        "order_lines",
        &[
            ("order_id", LakeType::Int64, false),
            ("line_no", LakeType::Int64, false),
            ("product_id", LakeType::Int64, false),
            ("quantity", LakeType::Int64, false),
            ("unit_price", MONEY, false),
            ("discount_rate", decimal(5, 4), false),
            ("tax_rate", decimal(5, 4), false),
            ("as_of", LakeType::Date, false),
        ],
    ),
    (
        "exchange_rates",
        &[
            ("currency", LakeType::Text, false),
            ("rate", decimal(12, 6), false),
            ("source", LakeType::Text, false),
            ("as_of", LakeType::Date, false),
        ],
    ),
];

/// Tables of `crates/sql/tests/it/shop.rs`.
const SHOP: &[(&str, Columns)] = &[
    (
        "orders",
        &[
            ("order_id", LakeType::Int64, false),
            ("customer_id", LakeType::Int64, true),
            ("status", LakeType::Text, true),
            ("amount", MONEY, false),
            ("discount", MONEY, true),
            ("weight", LakeType::Float64, true),
            ("placed_on", LakeType::Date, false),
            ("shipped_on", LakeType::Date, true),
            ("as_of", LakeType::Date, false),
        ],
    ),
    (
        "customers",
        &[
            ("customer_id", LakeType::Int64, false),
            ("region", LakeType::Text, true),
            ("segment", LakeType::Text, false),
            ("points", LakeType::Int64, false),
            ("as_of", LakeType::Date, false),
        ],
    ),
    (
        "order_lines",
        &[
            ("order_id", LakeType::Int64, false),
            ("product", LakeType::Text, false),
            ("quantity", LakeType::Int64, false),
            ("price", MONEY, false),
            ("as_of", LakeType::Date, false),
        ],
    ),
];

const fn decimal(precision: u8, scale: i8) -> LakeType {
    LakeType::Decimal { precision, scale }
}

/// One program for every frame a case sets.
pub(crate) fn cases() -> Vec<Program> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut programs = externals(&crates.join("python/tests/cases"));
    programs.extend(queries(&crates.join("sql/tests/cases")));
    programs
}

fn files(folder: &Path, extension: &str) -> Vec<(String, String)> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of the cases")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    found.sort();
    found
        .iter()
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy();
            let text = std::fs::read_to_string(path).expect("readable");
            (name.into_owned(), text)
        })
        .collect()
}

fn types(tables: &[(&str, Columns)]) -> Vec<TableType> {
    tables
        .iter()
        .map(|(name, columns)| TableType {
            name: (*name).to_owned(),
            columns: columns
                .iter()
                .map(|(name, lake_type, nullable)| ColumnType {
                    name: (*name).to_owned(),
                    lake_type: *lake_type,
                    nullable: *nullable,
                })
                .collect(),
        })
        .collect()
}

fn externals(folder: &Path) -> Vec<Program> {
    let text = std::fs::read_to_string(folder.join("tables.json")).expect("the tables");
    let json: Json = serde_json::from_str(&text).expect("valid JSON");
    let rows = MARKET
        .iter()
        .map(|(table, columns)| {
            let rows = json[*table].as_array().expect("rows");
            rows.iter()
                .map(|row| {
                    columns
                        .iter()
                        .map(|(name, ..)| row[*name].clone())
                        .collect()
                })
                .collect()
        })
        .collect();
    let days = vec![Day {
        date: "2024-10-31".to_owned(),
        rows,
    }];
    let mut programs = Vec::new();
    for (name, text) in files(folder, "py") {
        // Those with modules of their own beside them are more than one file.
        if name == "record" || name.contains("import") {
            continue;
        }
        for frame in frames_set(&text) {
            let shown = format!(
                "def execute(state):\n    state[\"{RESULT}\"] = state[\"{frame}\"]\n    return state\n"
            );
            let module = |text: String| ModuleText::Python {
                text,
                function: "execute".to_owned(),
            };
            programs.push(Program {
                name: format!("{name}: {frame}"),
                constructs: Vec::new(),
                modules: vec![module(text.clone()), module(shown)],
                tables: types(MARKET),
                days: days.clone(),
            });
        }
    }
    programs
}

/// Names in `state["name"] = …`.
fn frames_set(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let Some((before, after)) = line.split_once("[\"") else {
            continue;
        };
        let before = before.trim();
        let plain = matches!(before, "s" | "shared_state" | "state");
        if plain
            && let Some((name, rest)) = after.split_once("\"]")
            && rest.trim_start().starts_with("= ")
            && !found.contains(&name.to_owned())
        {
            found.push(name.to_owned());
        }
    }
    found
}

fn queries(folder: &Path) -> Vec<Program> {
    let days: Vec<Day> = [("2024-10-31", 12), ("2024-11-30", 2), ("2024-12-31", 0)]
        .iter()
        .map(|(date, count)| shop_day(date, *count))
        .collect();
    let filters = files(folder, "filter")
        .into_iter()
        .map(|(name, text)| (name, format!("SELECT * FROM orders WHERE {text}")));
    files(folder, "sqlite")
        .into_iter()
        .chain(filters)
        .map(|(name, text)| Program {
            name,
            constructs: Vec::new(),
            modules: vec![ModuleText::Sql {
                text,
                result: RESULT.to_owned(),
            }],
            tables: types(SHOP),
            days: days.clone(),
        })
        .collect()
}

fn shop_day(date: &str, count: i64) -> Day {
    let mut chance = Chance::new(count.unsigned_abs());
    let rows = SHOP
        .iter()
        .map(|(_, columns)| {
            (0..count)
                .map(|row| {
                    columns
                        .iter()
                        .enumerate()
                        .map(|(at, (name, lake_type, nullable))| {
                            // A column with NULLs has one on every date that has rows.
                            let null =
                                *nullable && (row == at as i64 % count || chance.percent(25));
                            if *name == "as_of" {
                                json!(date)
                            } else if null {
                                Json::Null
                            } else {
                                cell(&mut chance, *lake_type, row, at == 0)
                            }
                        })
                        .collect()
                })
                .collect()
        })
        .collect();
    Day {
        date: date.to_owned(),
        rows,
    }
}

fn cell(chance: &mut Chance, lake_type: LakeType, row: i64, key: bool) -> Json {
    match lake_type {
        LakeType::Int32 | LakeType::Int64 if key => json!(100 + row % 9),
        LakeType::Int32 | LakeType::Int64 => json!(chance.between(-2, 8)),
        LakeType::Decimal { .. } => {
            json!(chance.pick(&["0.10", "19.99", "-2.50", "0.00", "100.00", "7.35"]))
        }
        LakeType::Float64 => json!(chance.pick(&[0.1, 0.2, 2.675, -0.0, 12.5])),
        LakeType::Text => json!(chance.pick(&["north", "open", "shipped", "", "a", "X-1"])),
        LakeType::Date => json!(chance.pick(&["2024-01-31", "2024-02-29", "2023-12-31"])),
        LakeType::Timestamp => json!("2024-02-29T10:00:00"),
        LakeType::Boolean => json!(chance.percent(50)),
    }
}
