//! The same logic is recognised under other names.

use relift_antipatterns::duplicates;
use relift_dataflow::{
    Aggregate, AggregateFunction, Comparison, Dataflow, Expr, Flavour, Function, GroupOrder,
    Literal, Op, RoundingMode, Sink, SortKey,
};
use relift_job::{Catalog, ColumnFacts, DateMode, LakeType, Nulls, TableFacts, TableName};

fn catalog() -> Catalog {
    let column = |name: &str, lake_type| ColumnFacts {
        name: name.into(),
        lake_type,
        nulls: Nulls::Never,
    };
    let facts = TableFacts {
        columns: vec![
            column("customer", LakeType::Text),
            column(
                "price",
                LakeType::Decimal {
                    precision: 9,
                    scale: 2,
                },
            ),
            column("note", LakeType::Text),
        ],
        version: 0,
    };
    Catalog {
        tables: [(TableName::new("shop", "orders"), facts)]
            .into_iter()
            .collect(),
    }
}

/// What one job does with the orders; the defaults are those of the job that writes.
#[derive(Clone, Copy)]
struct Variant {
    job: &'static str,
    /// Names of frame, key and total.
    names: [&'static str; 3],
    limit: i64,
    rounding: RoundingMode,
    /// Whether it counts the orders as well.
    counts: bool,
    /// Whether the result is sorted.
    sorted: bool,
    /// Whether something else is made of the totals.
    further: bool,
}

const HOME: Variant = Variant {
    job: "totals",
    names: ["orders", "customer", "total"],
    limit: 100,
    rounding: RoundingMode::HalfEven,
    counts: true,
    sorted: false,
    further: false,
};

const OTHER: Variant = Variant {
    job: "large_customers",
    names: ["o", "who", "s"],
    counts: false,
    further: true,
    ..HOME
};

/// Rounded totals per customer of orders above a limit.
fn totals(variant: Variant) -> Dataflow {
    let catalog = catalog();
    let names = variant.names;
    let mut flow = Dataflow::new(variant.job.into());
    let mut add = |op: Op| {
        flow.add(op, 0, Vec::new(), Some(names[0]), &catalog)
            .expect("the graph is typed")
    };
    let mut columns = vec!["customer", "price"];
    if variant.counts {
        columns.push("note");
    }
    let orders = add(Op::Scan {
        table: TableName::new("shop", "orders"),
        columns: columns.into_iter().map(Into::into).collect(),
        dates: DateMode::Exact,
        frame: names[0].into(),
    });
    let above = |column: &str, limit: Expr| {
        Expr::compare(Comparison::Gt, Flavour::Python, Expr::column(column), limit)
    };
    let decimal = |unscaled| Expr::literal(Literal::Decimal { unscaled, scale: 2 });
    let large = add(Op::Filter {
        input: orders,
        predicate: above("price", decimal(i128::from(variant.limit))),
    });
    let rounded = Expr::call(
        Function::Quantize(variant.rounding),
        vec![Expr::column("price"), Expr::int(1)],
    );
    let mut aggregates = vec![(
        names[2].into(),
        Aggregate {
            function: AggregateFunction::Sum,
            argument: Some(rounded),
            filter: None,
        },
    )];
    if variant.counts {
        aggregates.push((
            "orders_counted".into(),
            Aggregate {
                function: AggregateFunction::Count,
                argument: None,
                filter: None,
            },
        ));
    }
    let mut last = add(Op::Aggregate {
        input: large,
        keys: vec![(names[1].into(), Expr::column("customer"))],
        aggregates,
        order: if variant.sorted {
            GroupOrder::ByKey
        } else {
            GroupOrder::FirstSeen
        },
    });
    if variant.sorted {
        last = add(Op::Sort {
            input: last,
            by: vec![SortKey {
                expr: Expr::column(names[2]),
                descending: true,
                missing_first: false,
            }],
        });
    }
    if variant.further {
        last = add(Op::Filter {
            input: last,
            predicate: above(names[2], decimal(1000)),
        });
    }
    flow.sinks.push(Sink {
        module: 1,
        input: last,
    });
    flow
}

fn found(home: &Dataflow, other: &Dataflow) -> Vec<(String, String)> {
    let jobs = [(home.job.clone(), home), (other.job.clone(), other)];
    duplicates(&jobs)
        .into_iter()
        .map(|(job, finding)| (job.to_string(), finding.message))
        .collect()
}

#[test]
fn recomputing_some_of_another_jobs_columns_is_found_whatever_the_names() {
    let expected = [(
        "large_customers".to_owned(),
        "\"o\" is what job \"totals\" computes and writes too".to_owned(),
    )];
    assert_eq!(found(&totals(HOME), &totals(OTHER)), expected);
    // Which of them comes first makes no difference when only one writes all of it.
    assert_eq!(found(&totals(OTHER), &totals(HOME)), expected);
}

#[test]
fn order_that_nobody_observes_is_no_difference() {
    let sorted = Variant {
        sorted: true,
        ..OTHER
    };
    assert_eq!(found(&totals(HOME), &totals(sorted)).len(), 1);
}

#[test]
fn two_jobs_that_write_the_same_are_one_finding_for_the_later() {
    let twin = Variant {
        job: "twin",
        ..HOME
    };
    let found = found(&totals(HOME), &totals(twin));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "twin");
}

#[test]
fn another_limit_is_other_logic() {
    let other = Variant {
        limit: 101,
        ..OTHER
    };
    assert_eq!(found(&totals(HOME), &totals(other)), []);
}

#[test]
fn another_rounding_is_other_logic() {
    let other = Variant {
        rounding: RoundingMode::HalfUp,
        ..OTHER
    };
    assert_eq!(found(&totals(HOME), &totals(other)), []);
}

#[test]
fn a_column_the_other_job_does_not_write_is_other_logic() {
    let home = Variant {
        counts: false,
        ..HOME
    };
    let other = Variant {
        counts: true,
        ..OTHER
    };
    assert_eq!(found(&totals(home), &totals(other)), []);
}

#[test]
fn filtering_a_table_alike_is_no_finding() {
    let filtered = |job: &str| {
        let catalog = catalog();
        let mut flow = Dataflow::new(job.into());
        let mut add = |op: Op| {
            flow.add(op, 0, Vec::new(), None, &catalog)
                .expect("the graph is typed")
        };
        let orders = add(Op::Scan {
            table: TableName::new("shop", "orders"),
            columns: vec!["customer".into(), "note".into()],
            dates: DateMode::Exact,
            frame: "orders".into(),
        });
        let input = add(Op::Filter {
            input: orders,
            predicate: Expr::compare(
                Comparison::Eq,
                Flavour::Python,
                Expr::column("note"),
                Expr::text("late"),
            ),
        });
        flow.sinks.push(Sink { module: 1, input });
        flow
    };
    assert_eq!(found(&filtered("one"), &filtered("two")), []);
}
