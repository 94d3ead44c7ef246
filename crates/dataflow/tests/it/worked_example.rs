//! The module that counts late orders per region: a row loop, its dataflow and its rows.
//!
//! ```python
//! region_of = {}
//! for _, p in people.iterrows():
//!     region_of[p["customer_id"]] = p["region"] if p["region"] else "NONE"
//! acc = {}
//! for _, o in orders.iterrows():
//!     if o["status"] == "cancelled":
//!         continue
//!     r = region_of.get(o["customer_id"], "UNKNOWN")
//!     if r not in acc:
//!         acc[r] = [0, 0, 0.0]
//!     acc[r][0] += 1
//!     if o["shipped_on"] is not None and o["shipped_on"] > o["promised_on"]:
//!         acc[r][1] += 1
//!     acc[r][2] += o["amount"]
//! ```

use relift_dataflow::interpret::{Table, Value};
use relift_job::{Catalog, LakeType, Nulls};

use crate::graphs::{Frames, catalog, date, graph, last};

const GRAPH: &str = "job region_late_orders

module 0
$0 orders = Scan shop.orders exact as orders { customer_id, status, shipped_on, promised_on, amount }
module 1
$1 people = Scan shop.customers exact as customers { customer_id, region }
module 2
$2 = Fold {
    map region_of {
        by customer_id,
        creates true,
        slot region first if truthy(region) then region else 'NONE'
                    next if truthy(region) then region else 'NONE'
    }
}($1)  @externals/late.py:11-12[300..420]
$3 region_of = State 0 ($2)  @externals/late.py:10[280..299]
$4 kept = Filter { not(py_eq(status, 'cancelled')) }($0)  @externals/late.py:16-17[500..560]
$5 counted = Map {
    region := if present($3, customer_id = customer_id)
              then lookup($3, customer_id = customer_id, region)
              else 'UNKNOWN',
    late := and(not(is_none(shipped_on)), py_gt(shipped_on, promised_on)),
    amount
}($4)
$6 = Fold {
    map acc {
        by region,
        creates true,
        slot orders first add(0, 1) next add(previous(orders), 1),
        slot late first if late then add(0, 1) else 0
                  next if late then add(previous(late), 1) else previous(late),
        slot total first add(0.0, amount) next add(previous(total), amount)
    }
}($5)  @externals/late.py:14-25[430..900]
$7 acc = State 0 ($6)
$8 averages = Map { region, orders, late, avg_value := py_round(divide(total, orders), 2) }($7)
$9 lines = Map {
    region, orders, late, avg_value,
    band := if py_gt(avg_value, 100) then 'high' elif py_gt(avg_value, 20) then 'mid' else 'low'
}($8)
$10 totals = Aggregate first_seen { orders := sum(orders), late := sum(late) }($7)
$11 = Map { region := 'ALL', orders, late, avg_value := None, band := '' }($10)
$12 all = When { py_eq(@effective_date, last_day_of_month(@effective_date)) }($11)
$13 = Union ($9, $12)
$14 = Aggregate first_seen { n := count() }($0)
$15 = Aggregate first_seen { n := count() }($1)
$16 = When { and(py_gt($14.n, 0), py_gt($15.n, 0)) }($13)
$17 out = Map { region, orders, late, avg_value := to_pandas_float(avg_value), band }($16)

sinks
module 3 $17
";

fn shop() -> Catalog {
    catalog(&[
        (
            "orders",
            &[
                ("customer_id", LakeType::Int64, Nulls::Sometimes),
                ("status", LakeType::Text, Nulls::Sometimes),
                ("shipped_on", LakeType::Date, Nulls::Sometimes),
                ("promised_on", LakeType::Date, Nulls::Never),
                ("amount", LakeType::Float64, Nulls::Never),
            ],
        ),
        (
            "customers",
            &[
                ("customer_id", LakeType::Int64, Nulls::Sometimes),
                ("region", LakeType::Text, Nulls::Sometimes),
            ],
        ),
    ])
}

fn order(
    customer: Option<i64>,
    status: Option<&str>,
    shipped: Option<&str>,
    promised: &str,
    amount: f64,
) -> Vec<Value> {
    vec![
        customer.into(),
        status.into(),
        shipped.map_or(Value::None, date),
        date(promised),
        amount.into(),
    ]
}

fn frames() -> Frames {
    let orders = vec![
        order(Some(2), Some("open"), None, "2024-10-02", 10.1),
        order(Some(1), None, Some("2024-10-05"), "2024-10-04", 250.0),
        order(
            Some(1),
            Some("cancelled"),
            Some("2024-10-09"),
            "2024-10-04",
            999.0,
        ),
        order(
            Some(9),
            Some("open"),
            Some("2024-10-03"),
            "2024-10-03",
            30.005,
        ),
        order(
            Some(2),
            Some("open"),
            Some("2024-10-03"),
            "2024-10-02",
            20.2,
        ),
        order(None, Some("open"), None, "2024-10-03", 5.0),
    ];
    // Customer 1 moved: the last entry counts. A missing customer is a customer like any other.
    let people: [(Option<i64>, Option<&str>); 4] = [
        (Some(1), Some("west")),
        (Some(2), None),
        (Some(1), Some("east")),
        (None, Some("")),
    ];
    let people = people
        .iter()
        .map(|(id, region)| vec![(*id).into(), (*region).into()])
        .collect();
    Frames::from([
        (
            "orders",
            Table::new(
                [
                    "customer_id",
                    "status",
                    "shipped_on",
                    "promised_on",
                    "amount",
                ],
                orders,
            ),
        ),
        ("customers", Table::new(["customer_id", "region"], people)),
    ])
}

const LINES: &str = "region | orders | late | avg_value | band
'NONE' | 3 | 1 | 11.77 | 'low'
'east' | 1 | 1 | 250.0 | 'high'
'UNKNOWN' | 1 | 0 | 30.0 | 'mid'
";

#[test]
fn on_an_ordinary_day_there_is_a_line_per_region() {
    let flow = graph(GRAPH, &shop());
    let table = last(&flow, &frames(), "2024-10-30").unwrap();
    assert_eq!(table.to_string(), LINES);
}

#[test]
fn at_month_end_a_line_of_totals_follows() {
    let flow = graph(GRAPH, &shop());
    let table = last(&flow, &frames(), "2024-10-31").unwrap();
    assert_eq!(
        table.to_string(),
        format!("{LINES}'ALL' | 5 | 2 | nan | ''\n")
    );
}

#[test]
fn without_customers_there_is_nothing_even_at_month_end() {
    let flow = graph(GRAPH, &shop());
    let mut frames = frames();
    frames.get_mut("customers").unwrap().rows.clear();
    let table = last(&flow, &frames, "2024-10-31").unwrap();
    assert!(table.rows.is_empty());
}

#[test]
fn when_every_order_is_cancelled_the_totals_are_zero() {
    let flow = graph(GRAPH, &shop());
    let mut frames = frames();
    frames
        .get_mut("orders")
        .unwrap()
        .rows
        .retain(|row| row[1] == Value::from("cancelled"));
    let table = last(&flow, &frames, "2024-10-31").unwrap();
    assert_eq!(
        table.to_string(),
        "region | orders | late | avg_value | band\n'ALL' | 0 | 0 | nan | ''\n"
    );
}
