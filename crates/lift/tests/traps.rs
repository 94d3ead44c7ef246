//! Loops for which an almost right rewrite gives another answer: each stands here with the rows that tell.
//!
//! The graphs are in the text form. A rewrite has the loop's answer, or states what the rows must meet; where
//! the rows do not meet it, that must be said.

use std::rc::Rc;

use relift_dataflow::interpret::{Interpreter, Parameters, Table};
use relift_dataflow::{Dataflow, NodeId, Op, text};
use relift_diagnostics::SourceFile;
use relift_job::{Catalog, EffectiveDate};
use relift_lift::{Lifted, lift};

fn graph(text: &str) -> (Dataflow, Catalog) {
    let catalog = Catalog {
        tables: std::collections::BTreeMap::new(),
    };
    let flow = text::parse(&SourceFile::new("graph.txt", text), &catalog)
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    (flow, catalog)
}

fn parameters() -> Parameters {
    Parameters::on(EffectiveDate::parse("2024-10-31").expect("a date"))
}

fn written(flow: &Dataflow) -> Rc<Table> {
    let none = |_: NodeId, _: &Op| None;
    let interpreter = Interpreter::new(flow, &none, parameters());
    let table = interpreter.table(flow.sinks[0].input);
    table.unwrap_or_else(|raised| panic!("{raised}\n{flow}"))
}

/// How many obligations of the lifted form the rows break.
fn broken(lifted: &Lifted) -> usize {
    let none = |_: NodeId, _: &Op| None;
    let interpreter = Interpreter::new(&lifted.flow, &none, parameters());
    let is_broken = |obligation: &&relift_dataflow::Obligation| {
        let rows = interpreter.violations(obligation);
        !rows.expect("can be checked").rows.is_empty()
    };
    lifted.flow.obligations.iter().filter(is_broken).count()
}

/// The rewrite has the loop's answer, without conditions that the rows break.
fn agrees(text: &str) -> Lifted {
    let (flow, catalog) = graph(text);
    let lifted = lift(&flow, &catalog).unwrap_or_else(|refused| panic!("{refused:?}"));
    assert_eq!(broken(&lifted), 0, "{}", lifted.flow);
    assert_eq!(written(&flow), written(&lifted.flow), "{}", lifted.flow);
    lifted
}

/// The rewrite says that it does not hold for these rows.
fn warns(text: &str) {
    let (flow, catalog) = graph(text);
    let lifted = lift(&flow, &catalog).unwrap_or_else(|refused| panic!("{refused:?}"));
    assert_eq!(broken(&lifted), 1, "{}", lifted.flow);
}

/// There is no rewrite, for this reason.
fn refuses(text: &str, reason: &str) {
    let (flow, catalog) = graph(text);
    match lift(&flow, &catalog) {
        Ok(lifted) => panic!("lifted to\n{}", lifted.flow),
        Err(refusals) => assert!(
            refusals
                .iter()
                .any(|refusal| refusal.reason.contains(reason)),
            "{refusals:?}"
        ),
    }
}

/// `d[k] = v` for all rows, then whether k is there and what stands under it.
#[test]
fn a_key_with_nothing_under_it_is_there() {
    agrees(
        "job presence
        $0 = Values { k, v } rows { ('a', None), ('b', 'x') }
        $1 = Values { key } rows { ('a'), ('b'), ('c') }
        $2 = Fold { map d { by k, creates true, slot v first v next v } }($0)
        $3 = State 0 ($2)
        $4 = Fold { rows out { when true {
            key, found := lookup($3, k = key, v), present := present($3, k = key)
        } } }($1)
        $5 = State 0 ($4)
        sinks
        module 1 $5",
    );
}

#[test]
fn none_is_found_among_the_keys() {
    agrees(
        "job none_key
        $0 = Values { k, v } rows { (None, 'none'), ('b', 'x') }
        $1 = Values { key } rows { (None), ('b') }
        $2 = Fold { map d { by k, creates true, slot v first v next v } }($0)
        $3 = State 0 ($2)
        $4 = Fold { rows out { when true { key, found := lookup($3, k = key, v) } } }($1)
        $5 = State 0 ($4)
        sinks
        module 1 $5",
    );
}

#[test]
fn a_probed_relation_may_have_a_key_twice() {
    warns(
        "job twice
        $0 = Values { k, v } rows { ('a', 1), ('a', 2) }
        $1 = Values { key } rows { ('a') }
        $2 = Fold { rows out { when true { key, found := lookup($0, k = key, v) } } }($1)
        $3 = State 0 ($2)
        sinks
        module 1 $3",
    );
}

#[test]
fn zeros_of_both_signs_are_one_key() {
    warns(
        "job zero_key
        $0 = Values { k, n } rows { (0.0, 1), (-0.0, 2) }
        $1 = Fold { map d { by k, creates true, slot n first n next add(previous(n), n) } }($0)
        $2 = State 0 ($1)
        sinks
        module 1 $2",
    );
}

#[test]
fn each_nan_is_a_key_of_its_own() {
    refuses(
        "job nan_key
        $0 = Values { f, n } rows { (1.0, 1), (None, 2), (None, 3) }
        $1 = Map { k := to_pandas_float(f), n }($0)
        $2 = Fold { map d { by k, creates true, slot n first n next add(previous(n), n) } }($1)
        $3 = State 0 ($2)
        sinks
        module 1 $3",
        "NaN",
    );
}

/// `if b != 0: d[k] += a // b`: an engine may compute what an aggregate adds also for rows it leaves out.
#[test]
fn a_division_stays_behind_its_test() {
    let lifted = agrees(
        "job guarded
        $0 = Values { k, a, b } rows { ('x', 7, 2), ('x', 1, 0), ('y', 5, 0), ('y', 9, 3) }
        $1 = Fold { map d {
            by k,
            creates true,
            slot n first if py_ne(b, 0) then floor_divide(a, b) else 0
                next if py_ne(b, 0) then add(previous(n), floor_divide(a, b)) else previous(n)
        } }($0)
        $2 = State 0 ($1)
        sinks
        module 1 $2",
    );
    let text = lifted.flow.to_string();
    assert!(
        text.contains("if py_ne(b, 0) then floor_divide(a, b) else"),
        "{text}"
    );
}

/// `s = s + f + g`: with 1e16, 1.0 and -1e16 the one is lost or not.
#[test]
fn two_floats_of_a_row_are_added_one_after_the_other() {
    agrees(
        "job several
        $0 = Values { f, g } rows { (1e16, 1.0), (1.0, -1e16) }
        $1 = Fold { scalar s { s initial 0.0 next add(add(previous(s), f), g) } }($0)
        $2 = State 0 ($1)
        sinks
        module 1 $2",
    );
}

/// `s = 0` and no row: the int 0 is not the float 0.0.
#[test]
fn a_sum_of_no_floats_stays_an_int() {
    warns(
        "job nothing_added
        $0 = Values { f } rows { (1.5), (2.5) }
        $1 = Filter { py_gt(f, 9.0) }($0)
        $2 = Fold { scalar s { s initial 0 next add(previous(s), f) } }($1)
        $3 = State 0 ($2)
        sinks
        module 1 $3",
    );
}

/// `last = 'none yet'`, then `if b: last = v`, where the last v is None.
#[test]
fn a_variable_set_to_none_is_set() {
    agrees(
        "job set_to_none
        $0 = Values { v, b } rows { ('x', true), (None, true), ('y', false) }
        $1 = Fold { scalar last { last initial 'none yet' next if b then v else previous(last) } }($0)
        $2 = State 0 ($1)
        sinks
        module 1 $2",
    );
}

/// `if first is None: first = v`
#[test]
fn the_first_value_that_is_not_none_stays() {
    agrees(
        "job first_value
        $0 = Values { v } rows { (None), ('x'), (None), ('y') }
        $1 = Fold { scalar first { first initial None next if is_none(previous(first)) then v else previous(first) } }($0)
        $2 = State 0 ($1)
        sinks
        module 1 $2",
    );
}

#[test]
fn one_row_raises_a_flag() {
    agrees(
        "job flag
        $0 = Values { b } rows { (false), (true), (false) }
        $1 = Fold { scalar any { any initial false next or(previous(any), b) } }($0)
        $2 = State 0 ($1)
        sinks
        module 1 $2",
    );
}
