//! One table per operator.

use relift_dataflow::interpret::{Cause, Table, Value};
use relift_job::{LakeType, Nulls};

use crate::graphs::{Frames, catalog, check, graph, last};

const SALES: &str = "
    $0 = Values { region, amount } rows {
        ('north', 10), (None, 5), ('south', 7), ('north', 3), (None, 1)
    }";

#[test]
fn values_filter_and_map() {
    check(
        &format!(
            "{SALES}
            $1 = Filter {{ sql_eq(region, 'north') }}($0)
            $2 = Map {{ region, double := multiply(amount, 2) }}($1)"
        ),
        "region | double
         'north' | 20
         'north' | 6",
    );
    // A condition that is NULL does not hold; Python's comparison is never NULL.
    check(
        &format!("{SALES} $1 = Filter {{ sql_ne(region, 'north') }}($0)"),
        "region | amount
         'south' | 7",
    );
    check(
        &format!("{SALES} $1 = Filter {{ py_ne(region, 'north') }}($0)"),
        "region | amount
         None | 5
         'south' | 7
         None | 1",
    );
}

const BOTH: &str = "
    $0 = Values { a, x } rows { (1, 'one'), (None, 'none'), (2, 'two'), (3, 'three') }
    $1 = Values { b, y } rows { (2, 'B'), (1, 'A'), (None, 'N'), (1, 'AA') }";

#[test]
fn joins_keep_the_order_of_the_left_then_of_the_right() {
    check(
        &format!("{BOTH} $2 = Join inner {{ on a = b }}($0, $1)"),
        "a | x | b | y
         1 | 'one' | 1 | 'A'
         1 | 'one' | 1 | 'AA'
         2 | 'two' | 2 | 'B'",
    );
    check(
        &format!("{BOTH} $2 = Join left null_safe {{ on a = b, presence found }}($0, $1)"),
        "a | x | b | y | found
         1 | 'one' | 1 | 'A' | true
         1 | 'one' | 1 | 'AA' | true
         None | 'none' | None | 'N' | true
         2 | 'two' | 2 | 'B' | true
         3 | 'three' | None | None | false",
    );
    check(
        &format!("{BOTH} $2 = Join left {{ on a = b, where sql_eq(y, 'AA') }}($0, $1)"),
        "a | x | b | y
         1 | 'one' | 1 | 'AA'
         None | 'none' | None | None
         2 | 'two' | None | None
         3 | 'three' | None | None",
    );
    check(
        &format!("{BOTH} $2 = Join semi {{ on a = b }}($0, $1)"),
        "a | x
         1 | 'one'
         2 | 'two'",
    );
    check(
        &format!("{BOTH} $2 = Join anti {{ on a = b }}($0, $1)"),
        "a | x
         None | 'none'
         3 | 'three'",
    );
    check(
        &format!("{BOTH} $2 = Join cross {{ where py_lt(b, a) }}($0, $1)"),
        "a | x | b | y
         2 | 'two' | 1 | 'A'
         2 | 'two' | 1 | 'AA'
         3 | 'three' | 2 | 'B'
         3 | 'three' | 1 | 'A'
         3 | 'three' | 1 | 'AA'",
    );
}

#[test]
fn groups_stand_in_the_order_asked_for() {
    check(
        &format!(
            "{SALES}
            $1 = Aggregate first_seen {{ by region, n := count(), total := sum(amount) }}($0)"
        ),
        "region | n | total
         'north' | 2 | 13
         None | 2 | 6
         'south' | 1 | 7",
    );
    check(
        &format!("{SALES} $1 = Aggregate by_key {{ by r := region, most := max(amount) }}($0)"),
        "r | most
         None | 5
         'north' | 10
         'south' | 7",
    );
}

#[test]
fn aggregates_differ_in_what_nothing_means() {
    let all = "{ n := count(), values := count_values(x), kinds := count_distinct(x), \
               sum := sum(x), sql_sum := sql_sum(x), floats := float_sum(x), \
               sql_floats := sql_float_sum(x), average := sql_average(x), least := min(x), \
               most := max(x), first := first(x), last := last(x), \
               any := any(py_eq(x, 1)), all := all(py_eq(x, 1)), \
               ones := count() where py_eq(x, 1) }";
    let header = "n | values | kinds | sum | sql_sum | floats | sql_floats | average | least | most \
                  | first | last | any | all | ones";
    check(
        &format!(
            "$0 = Values {{ x }} rows {{ (None), (1), (4), (1) }}
             $1 = Aggregate first_seen {all}($0)"
        ),
        &format!(
            "{header}\n4 | 3 | 2 | 6 | 6 | 6.0 | 6.0 | 2.0 | 1 | 4 | None | 1 | true | false | 2"
        ),
    );
    check(
        &format!(
            "$0 = Values {{ x }} rows {{ (1) }}
             $1 = Filter {{ false }}($0)
             $2 = Aggregate first_seen {all}($1)"
        ),
        &format!(
            "{header}\n0 | 0 | 0 | 0 | None | 0.0 | None | None | None | None | None | None | false \
             | true | 0"
        ),
    );
}

#[test]
fn floats_are_added_in_row_order_and_decimals_exactly() {
    check(
        "$0 = Values { f, d } rows { (0.1, 0.10d), (0.2, 0.20d), (0.3, 0.30d) }
         $1 = Aggregate first_seen { f := float_sum(f), d := sum(d) }($0)",
        "f | d
         0.6000000000000001 | 0.60d",
    );
    check(
        "$0 = Values { f, d } rows { (0.3, 0.30d), (0.2, 0.20d), (0.1, 0.10d) }
         $1 = Aggregate first_seen { f := float_sum(f), none := sum(d) where py_lt(d, 0) }($0)",
        "f | none
         0.6 | 0.00d",
    );
    check(
        "$0 = Values { f } rows { (0.5), (nan) }
         $1 = Aggregate first_seen { f := float_sum(f), s := sql_float_sum(f) }($0)",
        "f | s
         nan | 0.5",
    );
}

#[test]
fn pick_keeps_whole_rows_at_the_place_of_their_key() {
    check(
        &format!("{SALES} $1 = Pick last {{ region }}($0)"),
        "region | amount
         'north' | 3
         None | 1
         'south' | 7",
    );
    check(
        &format!("{SALES} $1 = Pick first {{ region }}($0)"),
        "region | amount
         'north' | 10
         None | 5
         'south' | 7",
    );
}

#[test]
fn sorting_is_stable_both_ways() {
    let rows = "$0 = Values { k, n } rows { (2, 1), (None, 2), (1, 3), (2, 4), (1, 5) }";
    check(
        &format!("{rows} $1 = Sort {{ k }}($0)"),
        "k | n
         1 | 3
         1 | 5
         2 | 1
         2 | 4
         None | 2",
    );
    check(
        &format!("{rows} $1 = Sort {{ k desc missing_first }}($0)"),
        "k | n
         None | 2
         2 | 1
         2 | 4
         1 | 3
         1 | 5",
    );
    check(
        &format!("{rows} $1 = Sort {{ is_none(k), negate(n) }}($0) $2 = Limit 2 ($1)"),
        "k | n
         1 | 5
         2 | 4",
    );
}

#[test]
fn distinct_rows_and_unions_by_name() {
    check(
        "$0 = Values { a, b } rows { (1, None), (2, 'x'), (1, None) }
         $1 = Distinct ($0)
         $2 = Values { b, a } rows { ('y', 3) }
         $3 = Union ($1, $2)",
        "a | b
         1 | None
         2 | 'x'
         3 | 'y'",
    );
}

#[test]
fn conditions_read_parameters_and_one_row_relations() {
    let graph = |condition: &str| {
        format!(
            "{SALES}
             $1 = Aggregate first_seen {{ n := count(), total := sum(amount) }}($0)
             $2 = When {{ {condition} }}($0)
             $3 = Map {{ share := divide(amount, $1.total) }}($2)
             $4 = Limit 1 ($3)"
        )
    };
    check(
        &graph("and(py_gt($1.n, 0), py_eq(@effective_date, date '2024-10-31'))"),
        "share
         0.38461538461538464",
    );
    check(&graph("py_lt(@effective_date, date '2024-10-31')"), "share");
}

#[test]
fn lookups_match_missing_keys_and_tell_absence_from_none() {
    check(
        "$0 = Values { id, name } rows { (1, 'one'), (2, None), (None, 'nobody') }
         $1 = Values { x } rows { (1), (2), (3), (None) }
         $2 = Map { x, found := present($0, id = x), name := lookup($0, id = x, name) }($1)",
        "x | found | name
         1 | true | 'one'
         2 | true | None
         3 | false | None
         None | true | 'nobody'",
    );
}

#[test]
fn a_lookup_under_a_key_that_is_not_unique_is_an_error() {
    let flow = graph(
        "job test
         $0 = Values { id, v } rows { (1, 1), (1, 2) }
         $1 = Map { v := lookup($0, id = 1, v) }($0)",
        &catalog(&[]),
    );
    let raised = last(&flow, &Frames::new(), "2024-10-31").unwrap_err();
    assert!(matches!(raised.cause, Cause::Rows { rows: 2, .. }));
    assert_eq!(raised.exception(), None);
}

#[test]
fn scans_take_their_columns_by_name() {
    let catalog = catalog(&[(
        "orders",
        &[
            ("id", LakeType::Int64, Nulls::Never),
            (
                "amount",
                LakeType::Decimal {
                    precision: 12,
                    scale: 2,
                },
                Nulls::Sometimes,
            ),
        ],
    )]);
    let flow = graph(
        "job test
         $0 orders = Scan shop.orders exact as orders { amount, id }
         $1 = Map { id, amount := to_pandas_float(amount) }($0)",
        &catalog,
    );
    let rows = vec![
        vec![Value::Int(1), Value::decimal(1010, 2)],
        vec![Value::Int(2), Value::None],
    ];
    let frames = Frames::from([("orders", Table::new(["id", "amount"], rows))]);
    let table = last(&flow, &frames, "2024-10-31").unwrap();
    assert_eq!(table.to_string(), "id | amount\n1 | 10.1\n2 | nan\n");
    let raised = last(&flow, &Frames::new(), "2024-10-31").unwrap_err();
    assert_eq!(raised.to_string(), "$0: no rows were given for shop.orders");
}
