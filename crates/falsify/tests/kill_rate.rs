//! The adversarial tables notice wrong operators.

use relift_dataflow::interpret::{Parameters, interpret};
use relift_dataflow::{
    Aggregate, AggregateFunction, Comparison, Dataflow, Expr, Flavour, Function, GroupOrder,
    JoinKind, NodeId, Op, PickWhich, Sink,
};
use relift_falsify::{adversarial_cases, mutants};
use relift_job::{
    Catalog, ColumnFacts, ColumnName, DateMode, EffectiveDate, LakeType, Nulls, TableFacts,
    TableName,
};

fn catalog() -> Catalog {
    let column = |name: &str, lake_type, nulls| ColumnFacts {
        name: name.into(),
        lake_type,
        nulls,
    };
    let orders = TableFacts {
        columns: vec![
            column("customer", LakeType::Text, Nulls::Sometimes),
            column("amount", LakeType::Float64, Nulls::Never),
            column("as_of", LakeType::Date, Nulls::Never),
        ],
        version: 0,
    };
    let people = TableFacts {
        columns: vec![
            column("id", LakeType::Text, Nulls::Sometimes),
            column("region", LakeType::Text, Nulls::Never),
        ],
        version: 0,
    };
    Catalog {
        tables: [("orders", orders), ("people", people)]
            .map(|(name, facts)| (TableName::new("shop", name), facts))
            .into_iter()
            .collect(),
    }
}

fn job() -> Dataflow {
    let catalog = catalog();
    let mut flow = Dataflow::new("late".into());
    let mut add = |op: Op, name: &str| {
        flow.add(op, 0, Vec::new(), Some(name), &catalog)
            .expect("the graph is typed")
    };
    let scan = |name: &str, columns: &[&str]| Op::Scan {
        table: TableName::new("shop", name),
        columns: columns.iter().map(|name| ColumnName::from(*name)).collect(),
        dates: DateMode::Exact,
        frame: name.into(),
    };
    let orders = add(scan("orders", &["customer", "amount", "as_of"]), "orders");
    let people = add(scan("people", &["id", "region"]), "people");
    let last = add(
        Op::Pick {
            input: people,
            keys: vec!["id".into()],
            which: PickWhich::Last,
        },
        "last_people",
    );
    let large = add(
        Op::Filter {
            input: orders,
            predicate: Expr::compare(
                Comparison::Gt,
                Flavour::Python,
                Expr::column("amount"),
                Expr::literal(relift_dataflow::Literal::Float(20.0)),
            ),
        },
        "large",
    );
    let joined = add(
        Op::Join {
            left: large,
            right: last,
            kind: JoinKind::Left,
            on: vec![(Expr::column("customer"), Expr::column("id"))],
            null_safe: true,
            condition: None,
            presence: None,
        },
        "joined",
    );
    let groups = add(
        Op::Aggregate {
            input: joined,
            keys: vec![("region".into(), Expr::column("region"))],
            aggregates: vec![(
                "total".into(),
                Aggregate {
                    function: AggregateFunction::FloatSum,
                    argument: Some(Expr::column("amount")),
                    filter: None,
                },
            )],
            order: GroupOrder::FirstSeen,
        },
        "groups",
    );
    let lines = add(
        Op::Map {
            input: groups,
            columns: vec![
                ("region".into(), Expr::column("region")),
                (
                    "total".into(),
                    Expr::call(Function::PyRound, vec![Expr::column("total"), Expr::int(2)]),
                ),
            ],
        },
        "lines",
    );
    flow.sinks.push(Sink {
        module: 1,
        input: lines,
    });
    flow
}

#[test]
fn most_mutants_are_noticed() {
    let flow = job();
    let date = EffectiveDate::parse("2024-10-31").expect("a date");
    let cases = adversarial_cases(&flow, date, "as_of");
    assert_eq!(cases, adversarial_cases(&flow, date, "as_of"));
    let answer = |flow: &Dataflow, case: usize| {
        let inputs = |id: NodeId, op: &Op| match op {
            Op::Scan { .. } => cases[case].tables.get(&id).cloned(),
            _ => None,
        };
        interpret(flow, flow.sinks[0].input, &inputs, Parameters::on(date)).ok()
    };
    let all = mutants(&flow, &catalog());
    let survivors: Vec<&str> = all
        .iter()
        .filter(|mutant| {
            (0..cases.len()).all(|case| answer(&flow, case) == answer(&mutant.flow, case))
        })
        .map(|mutant| mutant.description.as_str())
        .collect();
    assert!(all.len() >= 10, "{} mutants", all.len());
    assert!(
        survivors.len() * 10 <= all.len() * 2,
        "{} of {} survive: {survivors:?}",
        survivors.len(),
        all.len()
    );
}

#[test]
fn never_missing_columns_stay_so() {
    let flow = job();
    let date = EffectiveDate::parse("2024-10-31").expect("a date");
    for case in adversarial_cases(&flow, date, "as_of") {
        for (id, table) in &case.tables {
            for column in flow.node(*id).schema.columns() {
                let at = table.index(&column.name).expect("the column is there");
                let holds =
                    column.ty.missing.none || table.rows.iter().all(|row| !row[at].is_missing());
                assert!(holds, "{}: {}", case.name, column.name);
            }
        }
    }
}
