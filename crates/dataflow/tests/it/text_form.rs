//! Printing and parsing are inverse; errors name the line and the way out.

use proptest::prelude::*;
use relift_dataflow::text::{parse, parse_expr};
use relift_diagnostics::SourceFile;
use relift_job::{LakeType, Nulls};

use crate::expressions::Choices;
use crate::graphs::{catalog, graph};

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn expressions_survive(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let expr = Choices::new(bytes).any(4);
        let printed = expr.to_string();
        let parsed = parse_expr(&SourceFile::new("expr.txt", &printed), 3);
        prop_assert_eq!(parsed.as_ref(), Ok(&expr), "{}", printed);
        prop_assert_eq!(parsed.map(|expr| expr.to_string()), Ok(printed));
    }

    #[test]
    fn nonsense_is_refused_and_never_panics(text in "[ -~\n]{0,60}") {
        let _ = parse_expr(&SourceFile::new("expr.txt", &text), 1);
        let whole = format!("job x\n$0 = Values {{ a }} rows {{ (1) }}\n$1 = {text}");
        let _ = parse(&SourceFile::new("graph.txt", &whole), &catalog(&[]));
    }

    #[test]
    fn damaged_graphs_never_panic(at in 0..2000_usize, with in "[ -~]{0,3}") {
        let mut text = EVERYTHING.to_owned();
        let at = at % text.len();
        if text.is_char_boundary(at) && text.is_char_boundary(at + 1) {
            text.replace_range(at..=at, &with);
        }
        let _ = parse(&SourceFile::new("graph.txt", &text), &orders());
    }
}

fn orders() -> relift_job::Catalog {
    catalog(&[(
        "orders",
        &[
            ("id", LakeType::Int64, Nulls::Never),
            ("region", LakeType::Text, Nulls::Sometimes),
            ("amount", LakeType::Float64, Nulls::Never),
        ],
    )])
}

/// Every operator and section, as printed.
const EVERYTHING: &str = r#"job everything
sqlite '3.40.1'

module 0
$0 orders = Scan shop.orders exact as orders { id, region, amount }  @jobs/a.json:3-9[40..210]
  -- id int64, region text x {None}, amount float64; in order of stored $0
$1 = Scan shop.orders lookback 7 as week { id }
  -- id int64; in order of stored $1
$2 = Scan shop.orders between 2024-10-01 2024-10-31 as month { id }
  -- id int64; in order of stored $2
module 2
$3 "the values" = Values { n, "is it" } rows { (1, 'a'), (2, None) }
  -- n int64, "is it" text x {None}; in order of stored $3
$4 = Filter { and(py_gt(amount, 0.5), sql_ne(region, 'x')) }($0)  @"my job.py":4[1..2] @b.py:1-2[0..9]
  -- id int64, region text x {None}, amount float64; in order of stored $0
$5 = Map {
    id,
    band := if py_gt(amount, 2.0) then 'high' elif py_lt(amount, 1.0) then 'low' else (if is_none(region) then '' else region)
}($4)
  -- id int64, band text x {None}; in order of stored $0
$6 = Join left null_safe { on id = n, where py_ne("is it", band), presence found }($5, $3)
  -- id int64, band text x {None}, n int64 x {None}, "is it" text x {None}, found bool; in order of stored $0, stored $3
$7 = Aggregate by_key {
    by region,
    by late := false,
    n := count(),
    total := float_sum(amount) where py_gt(id, 1)
}($0)
  -- region text x {None}, late bool, n int64, total float64; in order of region missing_first, late missing_first; key (region, late)
$8 = Pick last { region }($7)
  -- region text x {None}, late bool, n int64, total float64; in order of first_seen $8; key (region)
$9 = Sort { n desc, region missing_first }($8)
  -- region text x {None}, late bool, n int64, total float64; in order of n desc, region missing_first, first_seen $8; key (region)
$10 = Limit 5 ($9)
  -- region text x {None}, late bool, n int64, total float64; in order of n desc, region missing_first, first_seen $8; key (region)
$11 = Union ($10, $7)
  -- region text x {None}, late bool, n int64, total float64; in order of branch $11
$12 = Distinct ($11)
  -- region text x {None}, late bool, n int64, total float64; in order of first_seen $12; key (region, late, n, total)
$13 = Aggregate first_seen { n := count() }($12)
  -- n int64; one row
$14 = When { py_gt($13.n, 0) }($12)
  -- region text x {None}, late bool, n int64, total float64; in order of first_seen $12; key (region, late, n, total)
$15 loop = Fold {
    rows out { when py_gt(amount, 1.0) { id, what := 'more' }, when true { id, what := to_text(amount) } },
    map acc {
        by region,
        creates present($8, region = region),
        slot total first amount next add(previous(total), amount)
    }  @a.py:5[70..80],
    scalar last { last initial None next lookup($8, region = region, n) }
}($0)  @a.py:3-9[60..99]
$16 out = State 0 ($15)
  -- id int64, what text; in order of stored $0, emission $16
$17 acc = State 1 ($15)
  -- region text x {None}, total float64; in order of first_seen $17; key (region)
$18 = State 2 ($15)
  -- last int64 x {None}; one row
$19 = Window {
    by region,
    order amount desc missing_first,
    place := row_number,
    before := offset 1 of amount default 0.0,
    next := offset -2 of id default None,
    so_far := float_sum(amount) where py_gt(id, 1) rows unbounded to preceding 1,
    near := max(id) rows peers to following 3
}($0)
  -- id int64, region text x {None}, amount float64, place int64, before float64, next int64 x {None}, so_far float64, near int64; in order of stored $0
$20 = Running {
    by region,
    creates true,
    presence seen,
    slot old after new first id next add(previous(old), id)
}($0)
  -- id int64, region text x {None}, amount float64, seen bool, old int64 x {None}, new int64; in order of stored $0

frames
module 0 orders = $0
module 2 out = $16

reads
module 2 orders = $0

sinks
module 3 $16

obligations
$0 never_missing { id, amount } 'NULL would turn the column into floats'
$8 unique { region } 'by construction'  @a.py:3[60..70]
$0 holds { present($8, region = region) } 'a missing key raises KeyError'
$13 not_empty 'it\'s one row'
"#;

#[test]
fn a_graph_prints_as_it_was_written() {
    assert_eq!(graph(EVERYTHING, &orders()).to_string(), EVERYTHING);
}

#[test]
fn errors_name_the_line_and_the_way_out() {
    let error = |text: &str| {
        parse(&SourceFile::new("graph.txt", text), &orders())
            .unwrap_err()
            .to_string()
    };
    let scan = "job x\n$0 = Scan shop.orders exact as orders { id }\n";
    assert_eq!(
        error(&format!("{scan}$2 = Distinct ($0)")),
        "graph.txt:3: expected relation $1, found $2\n  \
         hint: relations are numbered from 0 in the order they stand"
    );
    assert_eq!(
        error(&format!("{scan}$1 = Map {{ a := idd }}($0)")),
        "graph.txt:3: $1: there is no column \"idd\" here"
    );
    assert_eq!(
        error(&format!("{scan}$1 = Filter {{ py_eq(id, $1.n) }}($0)")),
        "graph.txt:3: $1 does not stand before its use"
    );
    assert_eq!(
        error(&format!("{scan}$1 = Filter {{ equals(id, 1) }}($0)")),
        "graph.txt:3: unknown function `equals`"
    );
    assert_eq!(
        error(&format!("{scan}$1 = Distinct ($0")),
        "graph.txt:3: expected `)`, found the end"
    );
    assert_eq!(
        error("job x\n$0 = Scan shop.people exact as p { id }"),
        "graph.txt:2: $0: there is no column \"id\" here"
    );
}
