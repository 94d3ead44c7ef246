//! The same logic is recognised under other names.

use relift_antipatterns::duplicates;
use relift_dataflow::{
    Aggregate, AggregateFunction, Comparison, Dataflow, Expr, Flavour, GroupOrder, Op, Sink,
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
            column("cents", LakeType::Int64),
        ],
        version: 0,
    };
    Catalog {
        tables: [(TableName::new("shop", "orders"), facts)]
            .into_iter()
            .collect(),
    }
}

/// Totals per customer of orders above a limit; `names` are those of frame, key and total.
fn totals(job: &str, names: [&str; 3], limit: i64, further: bool) -> Dataflow {
    let catalog = catalog();
    let mut flow = Dataflow::new(job.into());
    let mut add = |op: Op| {
        flow.add(op, 0, Vec::new(), Some(names[0]), &catalog)
            .expect("the graph is typed")
    };
    let orders = add(Op::Scan {
        table: TableName::new("shop", "orders"),
        columns: vec!["customer".into(), "cents".into()],
        dates: DateMode::Exact,
        frame: names[0].into(),
    });
    let above = |column: &str, limit: i64| {
        Expr::compare(
            Comparison::Gt,
            Flavour::Python,
            Expr::column(column),
            Expr::int(limit),
        )
    };
    let large = add(Op::Filter {
        input: orders,
        predicate: above("cents", limit),
    });
    let mut last = add(Op::Aggregate {
        input: large,
        keys: vec![(names[1].into(), Expr::column("customer"))],
        aggregates: vec![(
            names[2].into(),
            Aggregate {
                function: AggregateFunction::Sum,
                argument: Some(Expr::column("cents")),
                filter: None,
            },
        )],
        order: GroupOrder::FirstSeen,
    });
    if further {
        last = add(Op::Filter {
            input: last,
            predicate: above(names[2], 1000),
        });
    }
    flow.sinks.push(Sink {
        module: 1,
        input: last,
    });
    flow
}

#[test]
fn recomputing_another_jobs_output_is_found_whatever_the_names() {
    let home = totals("totals", ["orders", "customer", "total"], 100, false);
    let other = totals("large_customers", ["o", "who", "s"], 100, true);
    let found = duplicates(&[("totals".into(), &home), ("large_customers".into(), &other)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0.as_str(), "large_customers");
    assert_eq!(
        found[0].1.message,
        "\"o\" is what job \"totals\" computes and writes too"
    );
}

#[test]
fn another_limit_is_other_logic() {
    let home = totals("totals", ["orders", "customer", "total"], 100, false);
    let other = totals("large_customers", ["o", "who", "s"], 101, true);
    let found = duplicates(&[("totals".into(), &home), ("large_customers".into(), &other)]);
    assert!(found.is_empty());
}
