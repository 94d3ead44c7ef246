//! Tables of generated programs: columns with the names of some trade, rows rich in what breaks rewrites.
//!
//! NULL and NaN, ties, duplicates, keys that match nothing, empty tables, negative zero, half cents.

use relift_job::LakeType;
use serde_json::{Value as Json, json};

use crate::chance::Chance;
use crate::program::{ColumnType, Day, TableType};

/// What a column is for; templates ask for columns by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Numbers rows; unique in most tables.
    Id,
    /// A few texts that repeat.
    Kind,
    /// A few small integers that repeat.
    Place,
    /// A decimal.
    Money,
    /// A binary float.
    Measure,
    /// A small integer, also 0 and negative.
    Count,
    /// True or false.
    Flag,
    /// A date.
    Day,
    /// A moment.
    Moment,
    /// Free text, numbers among it.
    Note,
}

/// Names by role, one set per trade.
const NAMES: &[(Role, &[&str])] = &[
    (
        Role::Id,
        &[
            "order_id",
            "ticket",
            "ref_no",
            "claim_id",
            "shipment",
            "reading_id",
            "visit",
        ],
    ),
    (
        Role::Kind,
        &[
            "region", "category", "status", "grade", "species", "channel", "ward", "tariff",
        ],
    ),
    (
        Role::Place,
        &["store", "bay", "team_no", "zone", "lane", "ward_no", "gate"],
    ),
    (
        Role::Money,
        &["amount", "price", "fee", "premium", "charge", "cost"],
    ),
    (
        Role::Measure,
        &["weight", "rate", "level", "score", "volume", "temperature"],
    ),
    (
        Role::Count,
        &["qty", "points", "nights", "pieces", "delay", "copies"],
    ),
    (Role::Flag, &["active", "paid", "urgent", "insured"]),
    (
        Role::Day,
        &["due_on", "booked_on", "opened", "sampled_on", "birth_date"],
    ),
    (
        Role::Moment,
        &["created_at", "scanned_at", "left_at", "updated"],
    ),
    (
        Role::Note,
        &["remark", "code", "label", "comment", "serial"],
    ),
];

const MAIN: &[&str] = &[
    "orders", "claims", "readings", "visits", "parcels", "loans", "bookings", "tickets",
];
const SIDE: &[&str] = &["rates", "partners", "tariffs", "regions", "stock", "sites"];

const KINDS: &[&str] = &[
    "north", "South", "a", "B", "zoë", "x, y", "O'Hara", "", " pad ", "gold", "10",
];
const NOTES: &[&str] = &[
    "12", "3.5", "abc", "", " 7 ", "A-1", "x;y", "-4", "It's ok", "été", "1e3", "aXb", "00x",
];
const FLOATS: &[f64] = &[
    0.1, 0.2, 0.3, 1.005, 2.675, 0.125, -0.0, 0.0, -1.5, 100.0, 1e-5, 12345.678, 2.5, 3.5, -0.125,
    7.0,
];
const MONEY: &[&str] = &[
    "0.10", "19.99", "2.50", "0.00", "-0.05", "100.00", "7.35", "0.29", "-12.40", "1234.56",
];
const DAYS: &[&str] = &[
    "2024-01-31",
    "2024-02-29",
    "2023-12-31",
    "2024-03-01",
    "2024-01-01",
    "2023-02-28",
    "2024-06-30",
];
const MOMENTS: &[&str] = &[
    "2024-01-31T23:59:59",
    "2024-02-29T00:00:00",
    "2023-12-31T12:30:00",
    "2024-02-28T08:05:09",
];

/// A column of a generated table.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) lake_type: LakeType,
    pub(super) nullable: bool,
}

/// A generated table.
#[derive(Clone, Debug)]
pub(super) struct Generated {
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
}

impl Generated {
    pub(super) fn field(&self, role: Role) -> Option<&Field> {
        self.fields.iter().find(|field| field.role == role)
    }
}

/// One to three tables; those after the first share key columns with it.
pub(super) fn tables(chance: &mut Chance, count: usize) -> Vec<Generated> {
    let names: Vec<(Role, &str)> = NAMES
        .iter()
        .map(|(role, names)| (*role, *chance.pick(names)))
        .collect();
    let mains = chance.shuffled(MAIN.to_vec());
    let sides = chance.shuffled(SIDE.to_vec());
    let mut tables = vec![main(chance, mains[0], &names)];
    if count > 1 {
        tables.push(side(chance, sides[0], &names));
    }
    if count > 2 {
        tables.push(main(chance, mains[1], &names));
    }
    tables
}

fn named(names: &[(Role, &str)], role: Role) -> String {
    names
        .iter()
        .find(|(known, _)| *known == role)
        .map_or_else(String::new, |(_, name)| (*name).to_owned())
}

fn main(chance: &mut Chance, name: &str, names: &[(Role, &str)]) -> Generated {
    let mut roles = vec![Role::Id, Role::Kind, Role::Money, Role::Count];
    let more = [
        Role::Place,
        Role::Measure,
        Role::Flag,
        Role::Day,
        Role::Moment,
        Role::Note,
    ];
    roles.extend(more.into_iter().filter(|_| chance.percent(70)));
    let rest = chance.shuffled(roles.split_off(1));
    roles.extend(rest);
    let fields = roles
        .into_iter()
        .map(|role| field(chance, named(names, role), role))
        .collect();
    Generated {
        name: name.to_owned(),
        fields,
    }
}

fn side(chance: &mut Chance, name: &str, names: &[(Role, &str)]) -> Generated {
    let mut fields = vec![field(chance, named(names, Role::Kind), Role::Kind)];
    fields[0].nullable = fields[0].nullable && chance.percent(50);
    if chance.percent(60) {
        let mut place = field(chance, named(names, Role::Place), Role::Place);
        place.nullable = false;
        fields.push(place);
    }
    fields.push(field(chance, "factor".to_owned(), Role::Measure));
    fields.push(field(chance, "title".to_owned(), Role::Note));
    if chance.percent(50) {
        fields.push(field(chance, "bonus".to_owned(), Role::Count));
    }
    Generated {
        name: name.to_owned(),
        fields,
    }
}

fn field(chance: &mut Chance, name: String, role: Role) -> Field {
    let (lake_type, nulls) = match role {
        Role::Id => (LakeType::Int64, 0),
        Role::Kind => (LakeType::Text, 30),
        Role::Place => (
            if chance.percent(50) {
                LakeType::Int32
            } else {
                LakeType::Int64
            },
            15,
        ),
        Role::Money => (
            LakeType::Decimal {
                precision: 12,
                scale: 2,
            },
            30,
        ),
        Role::Measure => (LakeType::Float64, 40),
        Role::Count => (LakeType::Int64, 15),
        Role::Flag => (LakeType::Boolean, 10),
        Role::Day => (LakeType::Date, 40),
        Role::Moment => (LakeType::Timestamp, 30),
        Role::Note => (LakeType::Text, 50),
    };
    Field {
        name,
        role,
        lake_type,
        nullable: chance.percent(nulls),
    }
}

/// The columns as a program states them, the effective date last.
pub(super) fn table_type(table: &Generated) -> TableType {
    let mut columns: Vec<ColumnType> = table
        .fields
        .iter()
        .map(|field| ColumnType {
            name: field.name.clone(),
            lake_type: field.lake_type,
            nullable: field.nullable,
        })
        .collect();
    columns.push(ColumnType {
        name: "as_of".to_owned(),
        lake_type: LakeType::Date,
        nullable: false,
    });
    TableType {
        name: table.name.clone(),
        columns,
    }
}

/// Rows of a few dates: many, few, and some table without any.
pub(super) fn days(chance: &mut Chance, tables: &[Generated]) -> Vec<Day> {
    let kinds = chance.shuffled(KINDS.to_vec());
    let kinds = &kinds[..4];
    let empty = chance.below(tables.len() * 2);
    let plan = [("2024-02-29", 5, 9), ("2024-03-31", 1, 4)];
    plan.iter()
        .enumerate()
        .map(|(number, (date, least, most))| {
            let rows = tables
                .iter()
                .enumerate()
                .map(|(at, table)| {
                    if number == 1 && at == empty {
                        return Vec::new();
                    }
                    let count = chance.between(*least, *most) as usize;
                    rows(chance, table, kinds, date, count)
                })
                .collect();
            Day {
                date: (*date).to_owned(),
                rows,
            }
        })
        .collect()
}

fn rows(
    chance: &mut Chance,
    table: &Generated,
    kinds: &[&str],
    date: &str,
    count: usize,
) -> Vec<Vec<Json>> {
    let first = chance.between(1, 90);
    // One row of every nullable column is NULL on every date that has rows, so that a column's type does
    // not change between dates; dates without a NULL are rare in real tables of such columns, too.
    let mut rows: Vec<Vec<Json>> = (0..count)
        .map(|number| {
            let mut row: Vec<Json> = table
                .fields
                .iter()
                .map(|field| {
                    if field.nullable && chance.percent(25) {
                        return Json::Null;
                    }
                    cell(chance, field.role, kinds, first + number as i64)
                })
                .collect();
            row.push(json!(date));
            row
        })
        .collect();
    for (at, field) in table.fields.iter().enumerate() {
        if field.nullable && chance.percent(95) {
            let row = chance.below(count);
            rows[row][at] = Json::Null;
        }
    }
    if chance.percent(25) && count > 1 {
        // The same row twice.
        let copied = rows[chance.below(count)].clone();
        rows.push(copied);
    }
    rows
}

fn cell(chance: &mut Chance, role: Role, kinds: &[&str], id: i64) -> Json {
    match role {
        Role::Id => json!(id),
        Role::Kind => json!(chance.pick(kinds)),
        Role::Place => json!(chance.between(1, 3)),
        Role::Money => json!(chance.pick(MONEY)),
        Role::Measure => json!(chance.pick(FLOATS)),
        Role::Count => json!(chance.between(-3, 12)),
        Role::Flag => json!(chance.percent(50)),
        Role::Day => json!(chance.pick(DAYS)),
        Role::Moment => json!(chance.pick(MOMENTS)),
        Role::Note => json!(chance.pick(NOTES)),
    }
}
