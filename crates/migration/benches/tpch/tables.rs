//! The benchmark's eight tables, as its public generator makes them for a scale factor.
//!
//! Rows are read in the generator's text form, which is the same for all tables; amounts are decimals of two
//! places and keys 64-bit integers, as the specification has them.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Decimal128Array, Int32Array, Int64Array, StringArray};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use relift_job::EffectiveDate;
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator,
    PartSuppGenerator, RegionGenerator, SupplierGenerator,
};

/// Columns by table, each with its type.
const TABLES: [(&str, &str); 8] = [
    ("region", "r_regionkey bigint, r_name text, r_comment text"),
    (
        "nation",
        "n_nationkey bigint, n_name text, n_regionkey bigint, n_comment text",
    ),
    (
        "supplier",
        "s_suppkey bigint, s_name text, s_address text, s_nationkey bigint, s_phone text, s_acctbal money, \
         s_comment text",
    ),
    (
        "part",
        "p_partkey bigint, p_name text, p_mfgr text, p_brand text, p_type text, p_size int, p_container text, \
         p_retailprice money, p_comment text",
    ),
    (
        "partsupp",
        "ps_partkey bigint, ps_suppkey bigint, ps_availqty int, ps_supplycost money, ps_comment text",
    ),
    (
        "customer",
        "c_custkey bigint, c_name text, c_address text, c_nationkey bigint, c_phone text, c_acctbal money, \
         c_mktsegment text, c_comment text",
    ),
    (
        "orders",
        "o_orderkey bigint, o_custkey bigint, o_orderstatus text, o_totalprice money, o_orderdate date, \
         o_orderpriority text, o_clerk text, o_shippriority int, o_comment text",
    ),
    (
        "lineitem",
        "l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber int, l_quantity money, \
         l_extendedprice money, l_discount money, l_tax money, l_returnflag text, l_linestatus text, \
         l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct text, l_shipmode text, \
         l_comment text",
    ),
];

const BATCH_ROWS: usize = 65_536;

/// A generated table.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Vec<RecordBatch>,
}

impl Table {
    pub(crate) fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    pub(crate) fn write_parquet(&self, file: &Path) {
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        let file = std::fs::File::create(file).expect("created");
        let mut writer =
            ArrowWriter::try_new(file, Arc::clone(&self.schema), None).expect("a writer");
        for batch in &self.batches {
            writer.write(batch).expect("written");
        }
        writer.close().expect("closed");
    }
}

/// Generates all tables.
pub(crate) fn generate(scale: f64) -> Vec<Table> {
    TABLES
        .into_iter()
        .map(|(name, columns)| {
            let rows: Box<dyn Iterator<Item = String>> = match name {
                "region" => lines(RegionGenerator::new(scale, 1, 1).iter()),
                "nation" => lines(NationGenerator::new(scale, 1, 1).iter()),
                "supplier" => lines(SupplierGenerator::new(scale, 1, 1).iter()),
                "part" => lines(PartGenerator::new(scale, 1, 1).iter()),
                "partsupp" => lines(PartSuppGenerator::new(scale, 1, 1).iter()),
                "customer" => lines(CustomerGenerator::new(scale, 1, 1).iter()),
                "orders" => lines(OrderGenerator::new(scale, 1, 1).iter()),
                _ => lines(LineItemGenerator::new(scale, 1, 1).iter()),
            };
            table(name, columns, rows)
        })
        .collect()
}

fn lines<'a, T: std::fmt::Display + 'a>(
    rows: impl Iterator<Item = T> + 'a,
) -> Box<dyn Iterator<Item = String> + 'a> {
    Box::new(rows.map(|row| row.to_string()))
}

fn table(name: &'static str, columns: &str, rows: impl Iterator<Item = String>) -> Table {
    let columns: Vec<(&str, &str)> = columns
        .split(',')
        .map(|column| column.trim().split_once(' ').expect("a name and a type"))
        .collect();
    let mut batches = Vec::new();
    let mut waiting: Vec<Vec<String>> = vec![Vec::new(); columns.len()];
    let mut empty = true;
    for row in rows {
        for (cells, cell) in waiting.iter_mut().zip(row.split('|')) {
            cells.push(cell.to_owned());
        }
        empty = false;
        if waiting[0].len() == BATCH_ROWS {
            batches.push(batch(&columns, &mut waiting));
        }
    }
    if empty || !waiting[0].is_empty() {
        batches.push(batch(&columns, &mut waiting));
    }
    Table {
        name,
        schema: batches[0].schema(),
        batches,
    }
}

fn batch(columns: &[(&str, &str)], cells: &mut [Vec<String>]) -> RecordBatch {
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for ((name, kind), cells) in columns.iter().zip(cells) {
        let array = array(kind, &std::mem::take(cells));
        fields.push(Field::new(*name, array.data_type().clone(), false));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("columns of one length")
}

fn array(kind: &str, cells: &[String]) -> ArrayRef {
    match kind {
        "bigint" => Arc::new(Int64Array::from_iter_values(
            cells.iter().map(|cell| cell.parse().expect("an integer")),
        )),
        "int" => Arc::new(Int32Array::from_iter_values(
            cells.iter().map(|cell| cell.parse().expect("an integer")),
        )),
        "money" => Arc::new(
            Decimal128Array::from_iter_values(cells.iter().map(|cell| cents(cell)))
                .with_precision_and_scale(15, 2)
                .expect("two places"),
        ),
        "date" => Arc::new(Date32Array::from_iter_values(cells.iter().map(|cell| {
            EffectiveDate::parse(cell)
                .expect("a date")
                .days_since_epoch()
        }))),
        _ => Arc::new(StringArray::from_iter_values(cells)),
    }
}

fn cents(text: &str) -> i128 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{part:0<2}").parse().expect("a number")
}
