//! A loop and the relational form it is lifted to have the same rows.

use proptest::prelude::*;
use relift_dataflow::NodeId;
use relift_dataflow::interpret::{Table, Value};
use relift_job::{Catalog, LakeType, Nulls};

use crate::graphs::{Frames, catalog, graph, relation};

fn orders() -> Catalog {
    catalog(&[(
        "orders",
        &[
            ("region", LakeType::Text, Nulls::Sometimes),
            ("late", LakeType::Boolean, Nulls::Never),
            ("n", LakeType::Int64, Nulls::Never),
            ("amount", LakeType::Float64, Nulls::Never),
        ],
    )])
}

fn rows() -> impl Strategy<Value = Table> {
    let amount = prop::sample::select(vec![0.1, 0.2, 0.3, -0.7, 1e16, 2.5]);
    let row = (
        prop::option::of(prop::sample::select(vec!["north", "south", ""])),
        any::<bool>(),
        -3_i64..4,
        amount,
    )
        .prop_map(|(region, late, n, amount)| -> Vec<Value> {
            vec![region.into(), late.into(), n.into(), amount.into()]
        });
    prop::collection::vec(row, 0..8)
        .prop_map(|rows| Table::new(["region", "late", "n", "amount"], rows))
}

const SCAN: &str = "job loops
    $0 orders = Scan shop.orders exact as orders { region, late, n, amount }\n";

/// The rows of the two last relations.
fn two_last(nodes: &str, orders_rows: Table) -> (Table, Table) {
    let flow = graph(&format!("{SCAN}{nodes}"), &orders());
    let frames = Frames::from([("orders", orders_rows)]);
    let count = u32::try_from(flow.nodes().count()).unwrap();
    let rows = |id| relation(&flow, NodeId(id), &frames, "2024-10-31").unwrap();
    (rows(count - 2), rows(count - 1))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_dictionary_of_totals_is_an_aggregate(rows in rows()) {
        let (looped, aggregated) = two_last(
            "$1 = Fold { map acc {
                by region,
                creates true,
                slot orders first 1 next add(previous(orders), 1),
                slot total first add(0.0, amount) next add(previous(total), amount),
                slot late first if late then 1 else 0
                    next if late then add(previous(late), 1) else previous(late),
                slot most first n next if py_gt(n, previous(most)) then n else previous(most),
                slot opening first n next previous(opening),
                slot closing first n next n
             } }($0)
             $2 = State 0 ($1)
             $3 = Aggregate first_seen {
                by region,
                orders := count(),
                total := float_sum(amount),
                late := count() where late,
                most := max(n),
                opening := first(n),
                closing := last(n)
             }($0)",
            rows,
        );
        prop_assert_eq!(looped, aggregated);
    }

    #[test]
    fn overwriting_is_the_last_row_at_the_place_of_the_first(rows in rows()) {
        let (looped, picked) = two_last(
            "$1 = Map { region, n }($0)
             $2 = Pick last { region }($1)
             $3 = Fold { map d { by region, creates true, slot n first n next n } }($0)
             $4 = State 0 ($3)
             $5 = Map { region, n }($2)",
            rows,
        );
        prop_assert_eq!(looped, picked);
    }

    #[test]
    fn keeping_is_the_first_row_that_may_create_the_entry(rows in rows()) {
        let (looped, picked) = two_last(
            "$1 = Filter { late }($0)
             $2 = Map { region, n }($1)
             $3 = Fold { map d { by region, creates late, slot n first n next previous(n) } }($0)
             $4 = State 0 ($3)
             $5 = Pick first { region }($2)",
            rows,
        );
        prop_assert_eq!(looped, picked);
    }

    #[test]
    fn a_list_of_appends_is_a_filter_and_a_map(rows in rows()) {
        let (looped, mapped) = two_last(
            "$1 = Fold { rows out { when py_gt(n, 0) { region, twice := multiply(n, 2) } } }($0)
             $2 = Filter { py_gt(n, 0) }($0)
             $3 = State 0 ($1)
             $4 = Map { region, twice := multiply(n, 2) }($2)",
            rows,
        );
        prop_assert_eq!(looped, mapped);
    }

    #[test]
    fn a_running_total_is_an_aggregate_without_keys(rows in rows()) {
        let (looped, aggregated) = two_last(
            "$1 = Fold {
                scalar total { total initial 0.0 next add(previous(total), amount) },
                scalar late { late initial false next or(previous(late), late) }
             }($0)
             $2 = State 0 ($1)
             $3 = State 1 ($1)
             $4 = Aggregate first_seen { total := float_sum(amount), late := any(late) }($0)
             $5 = Map { total := $2.total, late := $3.late }($4)
             $6 = Map { total, late }($4)",
            rows,
        );
        prop_assert_eq!(looped, aggregated);
    }
}

#[test]
fn appends_of_one_row_stand_together() {
    crate::graphs::check(
        "$0 = Values { a } rows { (1), (2) }
         $1 = Fold { rows out { when true { a, k := 'first' }, when py_gt(a, 1) { k := 'second', a } } }($0)
         $2 = State 0 ($1)",
        "a | k
         1 | 'first'
         2 | 'first'
         2 | 'second'",
    );
}

#[test]
fn an_int_start_of_a_float_sum_stays_an_int_where_nothing_is_added() {
    // `acc[k] = 0` on first sight, then `+=`: drops each key's first amount.
    crate::graphs::check(
        "$0 = Values { k, v } rows { ('a', 1.5), ('b', 2.5), ('a', 4.0) }
         $1 = Fold { map acc { by k, creates true, slot v first 0 next add(previous(v), v) } }($0)
         $2 = State 0 ($1)",
        "k | v
         'a' | 4.0
         'b' | 0",
    );
}

#[test]
fn slots_are_updated_at_once() {
    crate::graphs::check(
        "$0 = Values { v } rows { (1), (2), (3) }
         $1 = Fold { map acc {
            creates true,
            slot this first v next v,
            slot before first 0 next previous(this)
         } }($0)
         $2 = State 0 ($1)",
        "this | before
         3 | 2",
    );
}
