//! A small catalog of tables as an online marketplace has them, and frames over them.

use std::collections::BTreeMap;

use relift_dataflow::{Dataflow, Expr, NodeId, Op, Refusal};
use relift_diagnostics::SourceFile;
use relift_job::{
    Catalog, ColumnFacts, ColumnName, DataSourcing, DateMode, DateRange, EffectiveDate, FrameName,
    JobName, LakeType, Nulls, TableFacts, TableName, Workspace,
};
use relift_python::{ExternalCode, ExternalLowered, Siblings, lower_external, pandas};

/// Columns as `name type`, a question mark after the type where NULL occurs.
const TABLES: &[(&str, &str)] = &[
    (
        "customers",
        "customer_id int, full_name text, email text?, region text?, segment text, signup_date date, loyalty_points int",
    ),
    (
        "products",
        "product_id int, sku text, product_name text, category text?, list_price decimal 12 2, unit_cost decimal 12 4, active bool, supplier_id int",
    ),
    (
        "orders",
        "order_id int, customer_id int, channel text, status text?, ordered_at timestamp, promised_on date, shipped_on date?, currency text, shipping_fee decimal 10 2",
    ),
    (
        "order_lines",
        "order_id int, line_no int, product_id int, quantity int, unit_price decimal 12 2, discount_rate decimal 5 4, tax_rate decimal 5 4",
    ),
    (
        "payments",
        "payment_id int, order_id int, method text?, amount decimal 12 2, fee_rate decimal 6 5, paid_at timestamp?",
    ),
    (
        "returns",
        "return_id int, order_id int, line_no int, reason text?, refund decimal 12 2, channel text?, currency text?, status text?",
    ),
    (
        "exchange_rates",
        "currency text, rate decimal 12 6, source text",
    ),
    (
        "support_tickets",
        "ticket_id int, customer_id int?, topic text, satisfaction int?",
    ),
];

/// The catalog.
pub(crate) fn catalog() -> Catalog {
    let mut tables = BTreeMap::new();
    for (table, columns) in TABLES {
        let mut facts: Vec<ColumnFacts> = columns
            .split(", ")
            .map(|column| {
                let (column, nulls) = match column.strip_suffix('?') {
                    Some(column) => (column, Nulls::Sometimes),
                    None => (column, Nulls::Never),
                };
                let words: Vec<&str> = column.split(' ').collect();
                let lake_type = match words[1] {
                    "int" => LakeType::Int64,
                    "text" => LakeType::Text,
                    "date" => LakeType::Date,
                    "bool" => LakeType::Boolean,
                    "timestamp" => LakeType::Timestamp,
                    _ => LakeType::Decimal {
                        precision: words[2].parse().expect("a precision"),
                        scale: words[3].parse().expect("a scale"),
                    },
                };
                ColumnFacts {
                    name: ColumnName::from(words[0]),
                    lake_type,
                    nulls,
                }
            })
            .collect();
        facts.push(ColumnFacts {
            name: ColumnName::from("as_of"),
            lake_type: LakeType::Date,
            nulls: Nulls::Never,
        });
        tables.insert(
            TableName::new("market", table),
            TableFacts {
                columns: facts,
                version: 0,
            },
        );
    }
    Catalog { tables }
}

fn workspace() -> Workspace {
    let day = EffectiveDate::parse("2024-10-01").expect("a date");
    let range = DateRange {
        first: day,
        last: day,
    };
    let text = Workspace::initial_text("test", range);
    Workspace::parse(&SourceFile::new("relift.toml", &text)).expect("its own first text")
}

/// A graph with frames over tables.
pub(crate) struct Market {
    pub(crate) flow: Dataflow,
    pub(crate) frames: BTreeMap<FrameName, NodeId>,
    pub(crate) catalog: Catalog,
}

impl Market {
    /// Frames as `orders: order_id, customer_id`, or `frame = table: columns`. Where a column is written
    /// `quantity as units` the frame has the listed columns only, as the result of a query has.
    pub(crate) fn new(sources: &[&str]) -> Self {
        let mut market = Self {
            flow: Dataflow::new(JobName::from("job")),
            frames: BTreeMap::new(),
            catalog: catalog(),
        };
        for source in sources {
            let (frame, columns) = source.split_once(": ").expect("frame: columns");
            let (frame, table) = frame.split_once(" = ").unwrap_or((frame, frame));
            let names: Vec<(&str, &str)> = columns
                .split(", ")
                .map(|column| column.split_once(" as ").unwrap_or((column, column)))
                .collect();
            let sourcing = DataSourcing {
                result: FrameName::from(frame),
                table: TableName::new("market", table),
                columns: names
                    .iter()
                    .map(|(name, _)| ColumnName::from(*name))
                    .collect(),
                column_spans: Vec::new(),
                filter: None,
                dates: DateMode::Exact,
            };
            let mut node = pandas::source_frame(
                &mut market.flow,
                &sourcing,
                &workspace(),
                0,
                None,
                &market.catalog,
            )
            .expect("a known table");
            if columns.contains(" as ") {
                let columns = names
                    .iter()
                    .map(|(name, new)| (ColumnName::from(*new), Expr::column(*name)))
                    .collect();
                node = market
                    .flow
                    .add(
                        Op::Map {
                            input: node,
                            columns,
                        },
                        0,
                        Vec::new(),
                        Some(frame),
                        &market.catalog,
                    )
                    .expect("known columns");
            }
            market.frames.insert(sourcing.result, node);
        }
        market
    }

    pub(crate) fn lower(
        &mut self,
        source: &SourceFile,
        function: &str,
    ) -> Result<ExternalLowered, Vec<Refusal>> {
        self.lower_beside(source, function, &Siblings::default())
    }

    /// The same for an External that can import modules.
    pub(crate) fn lower_beside(
        &mut self,
        source: &SourceFile,
        function: &str,
        siblings: &Siblings,
    ) -> Result<ExternalLowered, Vec<Refusal>> {
        let code = ExternalCode {
            source,
            function,
            name: "external",
            siblings,
            sql: Some(&crate::own_sql::Sqlite),
        };
        lower_external(&mut self.flow, &code, &self.frames, 1, &self.catalog)
    }
}
