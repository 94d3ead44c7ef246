//! Other readings of a job: graphs in which something that could have been understood otherwise is.
//!
//! Each belongs to the causes of difference it would explain: another rounding, another order of groups or
//! ties, another text of dates. They are no guesses about the business: limits, conditions and amounts stay.
//! A reading counts for nothing until both sides have been run with it.

use std::collections::BTreeSet;

use relift_dataflow::{
    AggregateFunction, Base, Dataflow, Expr, ExprKind, Function, GroupOrder, JoinKind, Literal,
    NodeId, Op, PickWhich, Rewriter, RoundingMode,
};
use relift_job::Catalog;

/// One thing understood otherwise.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What: "`py_round` is `numpy_round`". Different for each reading of a graph.
    pub name: String,
    /// The graph.
    pub flow: Dataflow,
}

/// An exchange of one expression or operator for another.
type Exchange = (String, Change);

/// What stands in the place of something, if it is to be exchanged.
type Other<T> = dyn Fn(&T) -> Option<T>;

enum Change {
    Part(Box<Other<Expr>>),
    Operator(Box<Other<Op>>),
}

/// Readings that would explain a difference of that cause, the likely ones first; none for causes that lie in
/// how files are written. Those that give no well-typed graph, or the same one, are left out.
pub fn readings(flow: &Dataflow, catalog: &Catalog, cause: &str) -> Vec<Reading> {
    let mut found: Vec<Reading> = Vec::new();
    let mut known = BTreeSet::new();
    for (name, change) in exchanges(cause) {
        // A construct is usually read wrongly everywhere, so all places together come first.
        let places = places(flow, &change);
        let mut all: Vec<(String, BTreeSet<usize>)> = Vec::new();
        if places > 1 {
            all.push((format!("{name} everywhere"), (0..places).collect()));
        }
        all.extend((0..places).map(|place| {
            let name = if places > 1 {
                format!("{name} at place {}", place + 1)
            } else {
                name.clone()
            };
            (name, BTreeSet::from([place]))
        }));
        for (name, wanted) in all {
            if let Some(changed) = changed(flow, catalog, &change, &wanted)
                && known.insert(name.clone())
            {
                found.push(Reading {
                    name,
                    flow: changed,
                });
            }
        }
    }
    found.extend(
        typed_outputs(flow, catalog, cause)
            .into_iter()
            .filter(|reading| known.insert(reading.name.clone())),
    );
    found
}

/// Causes for which there are readings.
const CAUSES: [&str; 9] = [
    "rounding-mode",
    "float-noise",
    "row-order",
    "date-text",
    "date-shift",
    "null-text",
    "number-text",
    "missing-rows",
    "column-differs",
];

/// The reading of that name, whatever cause it belongs to.
pub fn reading_named(flow: &Dataflow, catalog: &Catalog, name: &str) -> Option<Reading> {
    CAUSES.iter().find_map(|cause| {
        let mut all = readings(flow, catalog, cause).into_iter();
        all.find(|reading| reading.name == name)
    })
}

fn exchanges(cause: &str) -> Vec<Exchange> {
    match cause {
        "rounding-mode" | "float-noise" => {
            let mut all = roundings();
            all.extend(sums());
            all
        }
        "row-order" => orders(),
        "date-text" => dates_as_text(),
        "date-shift" => day_shifts(),
        "null-text" => missing_texts(),
        "missing-rows" | "surplus-rows" => {
            let mut all = joins();
            all.extend(choices());
            all
        }
        "column-differs" => {
            let mut all = choices();
            all.extend(orders());
            all.extend(roundings());
            all.extend(dates_as_text());
            all.extend(missing_texts());
            all.extend(day_shifts());
            all
        }
        _ => Vec::new(),
    }
}

fn function(from: Function, to: Function) -> Exchange {
    let change = move |part: &Expr| match &part.kind {
        ExprKind::Call(found, arguments) if *found == from => {
            Some(Expr::call(to, arguments.clone()).at(part.span.clone()))
        }
        _ => None,
    };
    (
        format!("`{from}` is `{to}`"),
        Change::Part(Box::new(change)),
    )
}

fn operator(name: &str, change: impl Fn(&Op) -> Option<Op> + 'static) -> Exchange {
    (name.to_owned(), Change::Operator(Box::new(change)))
}

fn roundings() -> Vec<Exchange> {
    let of_floats = [
        Function::PyRound,
        Function::NumpyRound,
        Function::SqliteRound,
    ];
    let of_decimals = RoundingMode::ALL.map(Function::Quantize);
    let mut all = Vec::new();
    for family in [&of_floats[..], &of_decimals[..]] {
        for from in family {
            all.extend(
                family
                    .iter()
                    .filter(|to| *to != from)
                    .map(|to| function(*from, *to)),
            );
        }
    }
    all
}

fn sums() -> Vec<Exchange> {
    aggregates(&[
        (AggregateFunction::FloatSum, AggregateFunction::SqlFloatSum),
        (AggregateFunction::SqlFloatSum, AggregateFunction::FloatSum),
    ])
}

fn aggregates(pairs: &[(AggregateFunction, AggregateFunction)]) -> Vec<Exchange> {
    let one = |(from, to): &(AggregateFunction, AggregateFunction)| {
        let (from, to) = (*from, *to);
        operator(
            &format!("`{}` is `{}`", from.name(), to.name()),
            move |op| {
                let mut changed = op.clone();
                let Op::Aggregate { aggregates, .. } = &mut changed else {
                    return None;
                };
                let mut any = false;
                for (_, aggregate) in aggregates {
                    if aggregate.function == from {
                        aggregate.function = to;
                        any = true;
                    }
                }
                any.then_some(changed)
            },
        )
    };
    pairs.iter().map(one).collect()
}

fn orders() -> Vec<Exchange> {
    let grouped = |from: GroupOrder, to: GroupOrder| {
        move |op: &Op| {
            let mut changed = op.clone();
            match &mut changed {
                Op::Aggregate { order, .. } if *order == from => *order = to,
                _ => return None,
            }
            Some(changed)
        }
    };
    vec![
        operator(
            "groups stand by key",
            grouped(GroupOrder::FirstSeen, GroupOrder::ByKey),
        ),
        operator(
            "groups stand by first appearance",
            grouped(GroupOrder::ByKey, GroupOrder::FirstSeen),
        ),
        operator("missing values stand at the other end", |op| {
            let mut changed = op.clone();
            let Op::Sort { by, .. } = &mut changed else {
                return None;
            };
            for key in by {
                key.missing_first = !key.missing_first;
            }
            Some(changed)
        }),
    ]
}

fn choices() -> Vec<Exchange> {
    let mut all = vec![operator("the other row of a key wins", |op| match op {
        Op::Pick { input, keys, which } => Some(Op::Pick {
            input: *input,
            keys: keys.clone(),
            which: match which {
                PickWhich::First => PickWhich::Last,
                PickWhich::Last => PickWhich::First,
            },
        }),
        _ => None,
    })];
    all.extend(aggregates(&[
        (AggregateFunction::First, AggregateFunction::Last),
        (AggregateFunction::Last, AggregateFunction::First),
    ]));
    all
}

fn joins() -> Vec<Exchange> {
    let kinds = |from: JoinKind, to: JoinKind| {
        move |op: &Op| {
            let mut changed = op.clone();
            match &mut changed {
                Op::Join {
                    kind,
                    presence: None,
                    ..
                } if *kind == from => *kind = to,
                _ => return None,
            }
            Some(changed)
        }
    };
    vec![
        operator("missing keys match the other way", |op| {
            let mut changed = op.clone();
            match &mut changed {
                Op::Join { null_safe, .. } => *null_safe = !*null_safe,
                _ => return None,
            }
            Some(changed)
        }),
        operator(
            "rows without a match stay",
            kinds(JoinKind::Inner, JoinKind::Left),
        ),
        operator(
            "rows without a match go",
            kinds(JoinKind::Left, JoinKind::Inner),
        ),
    ]
}

fn dates_as_text() -> Vec<Exchange> {
    vec![
        function(Function::IsoText, Function::ToText),
        function(Function::ToText, Function::IsoText),
    ]
}

fn day_shifts() -> Vec<Exchange> {
    let by = |days: i32| {
        move |part: &Expr| match part.as_literal() {
            Some(Literal::Date(day)) => {
                let other = Literal::Date(day.checked_add(days)?);
                Some(Expr::literal(other).at(part.span.clone()))
            }
            _ => None,
        }
    };
    vec![
        (
            "a date is one day later".to_owned(),
            Change::Part(Box::new(by(1))),
        ),
        (
            "a date is one day earlier".to_owned(),
            Change::Part(Box::new(by(-1))),
        ),
    ]
}

fn missing_texts() -> Vec<Exchange> {
    let empty = |literal: &Literal| matches!(literal, Literal::Text(text) if text.is_empty());
    let change = move |part: &Expr, from: &dyn Fn(&Literal) -> bool, to: &Literal| {
        let ExprKind::If { arms, otherwise } = &part.kind else {
            return None;
        };
        let exchanged = |value: &Expr| {
            value
                .as_literal()
                .is_some_and(from)
                .then(|| Expr::literal(to.clone()).at(value.span.clone()))
        };
        let mut any = false;
        let mut new = |value: &Expr| match exchanged(value) {
            Some(other) => {
                any = true;
                other
            }
            None => value.clone(),
        };
        let arms = arms
            .iter()
            .map(|(test, value)| (test.clone(), new(value)))
            .collect();
        let otherwise = Box::new(new(otherwise));
        any.then(|| Expr::new(ExprKind::If { arms, otherwise }).at(part.span.clone()))
    };
    vec![
        (
            "an empty text is a missing value".to_owned(),
            Change::Part(Box::new(move |part| change(part, &empty, &Literal::None))),
        ),
        (
            "a missing value is an empty text".to_owned(),
            Change::Part(Box::new(move |part| {
                let none = |literal: &Literal| *literal == Literal::None;
                change(part, &none, &Literal::Text(String::new()))
            })),
        ),
    ]
}

/// Integer columns of an output that are floats.
fn typed_outputs(flow: &Dataflow, catalog: &Catalog, cause: &str) -> Vec<Reading> {
    if !matches!(cause, "number-text" | "column-differs") {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (index, sink) in flow.sinks.iter().enumerate() {
        for column in flow.node(sink.input).schema.columns() {
            if column.ty.base != Base::Int64 {
                continue;
            }
            let columns = flow.node(sink.input).schema.names().map(|name| {
                let value = Expr::column(name.clone());
                let value = if *name == column.name {
                    Expr::call(Function::ToFloat, vec![value])
                } else {
                    value
                };
                (name.clone(), value)
            });
            let op = Op::Map {
                input: sink.input,
                columns: columns.collect(),
            };
            let node = flow.node(sink.input);
            let mut changed = flow.clone();
            let name = node.name.as_deref();
            if let Ok(outer) = changed.add(op, node.module, node.spans.clone(), name, catalog) {
                changed.sinks[index].input = outer;
                all.push(Reading {
                    name: format!("\"{}\" of output {} holds floats", column.name, index + 1),
                    flow: changed,
                });
            }
        }
    }
    all
}

/// How many places an exchange has among the relations that outputs need.
fn places(flow: &Dataflow, change: &Change) -> usize {
    let mut count = 0;
    each_place(flow, change, &mut |_, _| count += 1);
    count
}

fn each_place(flow: &Dataflow, change: &Change, visit: &mut dyn FnMut(NodeId, usize)) {
    let live = flow.live();
    let mut place = 0;
    for (id, node) in flow.nodes().filter(|(id, _)| live[id.0 as usize]) {
        match change {
            Change::Operator(change) => {
                if change(&node.op).is_some() {
                    visit(id, place);
                    place += 1;
                }
            }
            Change::Part(change) => {
                for expr in node.op.exprs() {
                    expr.walk(&mut |part| {
                        if change(part).is_some() {
                            visit(id, place);
                            place += 1;
                        }
                    });
                }
            }
        }
    }
}

/// The graph with the exchange made at some of its places.
fn changed(
    flow: &Dataflow,
    catalog: &Catalog,
    change: &Change,
    wanted: &BTreeSet<usize>,
) -> Option<Dataflow> {
    let live = flow.live();
    let mut rewriter = Rewriter::new(flow, catalog);
    let mut place = 0;
    for (id, node) in flow.nodes() {
        let mut op = node.op.clone();
        if live[id.0 as usize] {
            match change {
                Change::Operator(change) => {
                    if let Some(other) = change(&op) {
                        if wanted.contains(&place) {
                            op = other;
                        }
                        place += 1;
                    }
                }
                Change::Part(change) => {
                    op = op.rebuild(&mut |input| input, &mut |expr| {
                        // Places are counted as they are visited: a part before those below it.
                        let mut own = BTreeSet::new();
                        let mut at = 0;
                        expr.walk(&mut |part| {
                            if change(part).is_some() {
                                if wanted.contains(&place) {
                                    own.insert(at);
                                }
                                place += 1;
                            }
                            at += 1;
                        });
                        if own.is_empty() {
                            return expr;
                        }
                        let mut at = 0;
                        exchanged(expr, &own, &mut at, change)
                    });
                }
            }
        }
        let op = rewriter.op(op);
        rewriter.replace(id, op).ok()?;
    }
    Some(rewriter.finish())
}

/// Exchanges the parts of these numbers, counted as [`Expr::walk`] meets them.
fn exchanged(
    mut expr: Expr,
    wanted: &BTreeSet<usize>,
    at: &mut usize,
    change: &dyn Fn(&Expr) -> Option<Expr>,
) -> Expr {
    if wanted.contains(at)
        && let Some(other) = change(&expr)
    {
        expr = other;
    }
    *at += 1;
    let mut below = |part: &mut Expr| {
        let taken = std::mem::replace(part, Expr::none());
        *part = exchanged(taken, wanted, at, change);
    };
    match &mut expr.kind {
        ExprKind::Call(_, arguments) => arguments.iter_mut().for_each(&mut below),
        ExprKind::If { arms, otherwise } => {
            for (test, value) in arms {
                below(test);
                below(value);
            }
            below(otherwise);
        }
        ExprKind::Lookup { keys, .. } => keys.iter_mut().for_each(|(_, key)| below(key)),
        ExprKind::Column(_)
        | ExprKind::Literal(_)
        | ExprKind::Parameter(_)
        | ExprKind::Scalar { .. }
        | ExprKind::Previous(_) => {}
    }
    expr
}

#[cfg(test)]
mod tests {
    use relift_dataflow::Sink;
    use relift_job::{ColumnFacts, DateMode, LakeType, Nulls, TableFacts, TableName};

    use super::*;

    /// `round(round(price, 2) * rate, 2)` of the rows, one group per port in order of first appearance.
    fn graph() -> (Dataflow, Catalog) {
        let column = |name: &str, lake_type| ColumnFacts {
            name: name.into(),
            lake_type,
            nulls: Nulls::Never,
        };
        let facts = TableFacts {
            columns: vec![
                column("port", LakeType::Text),
                column("price", LakeType::Float64),
                column("rate", LakeType::Float64),
            ],
            version: 0,
        };
        let table = TableName::new("port", "dues");
        let catalog = Catalog {
            tables: [(table.clone(), facts)].into_iter().collect(),
        };
        let mut flow = Dataflow::new("dues".into());
        let mut add = |op| {
            flow.add(op, 0, Vec::new(), None, &catalog)
                .unwrap_or_else(|error| panic!("{error}"))
        };
        let scan = add(Op::Scan {
            table,
            columns: ["port", "price", "rate"].map(Into::into).to_vec(),
            dates: DateMode::Exact,
            frame: "dues".into(),
        });
        let round = |value| Expr::call(Function::PyRound, vec![value, Expr::int(2)]);
        let due = Expr::call(
            Function::Multiply,
            vec![round(Expr::column("price")), Expr::column("rate")],
        );
        let map = add(Op::Map {
            input: scan,
            columns: vec![
                ("port".into(), Expr::column("port")),
                ("due".into(), round(due)),
            ],
        });
        let groups = add(Op::Aggregate {
            input: map,
            keys: vec![("port".into(), Expr::column("port"))],
            aggregates: vec![(
                "n".into(),
                relift_dataflow::Aggregate {
                    function: AggregateFunction::Count,
                    argument: None,
                    filter: None,
                },
            )],
            order: GroupOrder::FirstSeen,
        });
        for (module, input) in [(1, map), (2, groups)] {
            flow.sinks.push(Sink { module, input });
        }
        (flow, catalog)
    }

    fn names(cause: &str) -> Vec<String> {
        let (flow, catalog) = graph();
        let readings = readings(&flow, &catalog, cause).into_iter();
        readings.map(|reading| reading.name).collect()
    }

    #[test]
    fn readings_belong_to_the_cause() {
        assert_eq!(
            names("rounding-mode"),
            [
                "`py_round` is `numpy_round` everywhere",
                "`py_round` is `numpy_round` at place 1",
                "`py_round` is `numpy_round` at place 2",
                "`py_round` is `sqlite_round` everywhere",
                "`py_round` is `sqlite_round` at place 1",
                "`py_round` is `sqlite_round` at place 2",
            ]
        );
        assert_eq!(names("row-order"), ["groups stand by key"]);
        assert_eq!(names("number-text"), ["\"n\" of output 2 holds floats"]);
        assert_eq!(names("line-ending"), [""; 0]);
    }

    #[test]
    fn only_the_named_place_is_read_otherwise() {
        let (flow, catalog) = graph();
        let functions = |flow: &Dataflow| {
            let mut found = Vec::new();
            for expr in flow.node(NodeId(1)).op.exprs() {
                expr.walk(&mut |part| {
                    if let ExprKind::Call(
                        function @ (Function::PyRound | Function::NumpyRound),
                        _,
                    ) = &part.kind
                    {
                        found.push(function.name());
                    }
                });
            }
            found
        };
        let readings = readings(&flow, &catalog, "rounding-mode");
        assert_eq!(functions(&readings[0].flow), ["numpy_round", "numpy_round"]);
        assert_eq!(functions(&readings[1].flow), ["numpy_round", "py_round"]);
        assert_eq!(functions(&readings[2].flow), ["py_round", "numpy_round"]);
        let named = reading_named(&flow, &catalog, &readings[2].name).expect("it is there");
        assert_eq!(functions(&named.flow), ["py_round", "numpy_round"]);
        assert!(reading_named(&flow, &catalog, "`py_round` is `floor`").is_none());
    }
}
