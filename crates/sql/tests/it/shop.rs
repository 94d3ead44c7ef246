//! The tables of a small shop, which all cases read.

use std::collections::BTreeMap;

use relift_dataflow::{Base, Dataflow, Expr, Function, NodeId, Op};
use relift_job::{
    Catalog, ColumnFacts, ColumnName, DateMode, FrameName, LakeType, Nulls, TableFacts, TableName,
};

pub(crate) type Columns = &'static [(&'static str, LakeType, Nulls)];

const MONEY: LakeType = LakeType::Decimal {
    precision: 12,
    scale: 2,
};

pub(crate) const TABLES: &[(&str, Columns)] = &[
    (
        "orders",
        &[
            ("order_id", LakeType::Int64, Nulls::Never),
            ("customer_id", LakeType::Int64, Nulls::Sometimes),
            ("status", LakeType::Text, Nulls::Sometimes),
            ("amount", MONEY, Nulls::Never),
            ("discount", MONEY, Nulls::Sometimes),
            ("weight", LakeType::Float64, Nulls::Sometimes),
            ("placed_on", LakeType::Date, Nulls::Never),
            ("shipped_on", LakeType::Date, Nulls::Sometimes),
        ],
    ),
    (
        "customers",
        &[
            ("customer_id", LakeType::Int64, Nulls::Never),
            ("region", LakeType::Text, Nulls::Sometimes),
            ("segment", LakeType::Text, Nulls::Never),
            ("points", LakeType::Int64, Nulls::Never),
        ],
    ),
    (
        "order_lines",
        &[
            ("order_id", LakeType::Int64, Nulls::Never),
            ("product", LakeType::Text, Nulls::Never),
            ("quantity", LakeType::Int64, Nulls::Never),
            ("price", MONEY, Nulls::Never),
        ],
    ),
    (
        "visits",
        &[
            ("visit_id", LakeType::Int64, Nulls::Never),
            ("customer_id", LakeType::Int64, Nulls::Never),
            ("came_at", LakeType::Timestamp, Nulls::Sometimes),
            ("note", LakeType::Text, Nulls::Sometimes),
            ("score", LakeType::Float64, Nulls::Sometimes),
            ("again", LakeType::Boolean, Nulls::Never),
        ],
    ),
];

pub(crate) fn catalog() -> Catalog {
    let tables = TABLES.iter().map(|(name, columns)| {
        let columns = columns
            .iter()
            .map(|(name, lake_type, nulls)| ColumnFacts {
                name: ColumnName::from(*name),
                lake_type: *lake_type,
                nulls: *nulls,
            })
            .collect();
        (
            TableName::new("shop", name),
            TableFacts {
                columns,
                version: 1,
            },
        )
    });
    Catalog {
        tables: tables.collect(),
    }
}

/// A table as it is.
pub(crate) fn scan(flow: &mut Dataflow, table: &str, catalog: &Catalog) -> NodeId {
    let (_, columns) = TABLES
        .iter()
        .find(|(name, _)| *name == table)
        .expect("a table of the shop");
    let op = Op::Scan {
        table: TableName::new("shop", table),
        columns: columns
            .iter()
            .map(|(name, ..)| ColumnName::from(*name))
            .collect(),
        dates: DateMode::Exact,
        frame: FrameName::from(table),
    };
    flow.add(op, 0, Vec::new(), Some(table), catalog)
        .expect("a typed scan")
}

/// Every table as the pandas frame a source module makes of it.
pub(crate) fn frames(flow: &mut Dataflow, catalog: &Catalog) -> BTreeMap<FrameName, NodeId> {
    let mut frames = BTreeMap::new();
    for (table, _) in TABLES {
        let input = scan(flow, table, catalog);
        let columns = flow
            .node(input)
            .schema
            .columns()
            .iter()
            .map(|column| {
                let value = Expr::column(column.name.clone());
                let value = match column.ty.base {
                    Base::Decimal { .. } | Base::Float64 => {
                        Expr::call(Function::ToPandasFloat, vec![value])
                    }
                    Base::Int64 if column.ty.missing.possible() => {
                        Expr::call(Function::Known, vec![value])
                    }
                    _ => value,
                };
                (column.name.clone(), value)
            })
            .collect();
        let frame = flow
            .add(
                Op::Map { input, columns },
                0,
                Vec::new(),
                Some(table),
                catalog,
            )
            .expect("a typed frame");
        frames.insert(FrameName::from(*table), frame);
    }
    frames
}
