//! What a loop carries from row to row, as a loop and lifted, on random small tables.

use relift_dataflow::interpret::{Parameters, Table, Value, interpret, violations};
use relift_dataflow::{Op, Sink, text};
use relift_diagnostics::SourceFile;
use relift_job::{Catalog, ColumnFacts, EffectiveDate, LakeType, Nulls, TableFacts, TableName};
use relift_lift::{Level, lift};

fn catalog() -> Catalog {
    let column = |name: &str, lake_type, nulls| ColumnFacts {
        name: name.into(),
        lake_type,
        nulls,
    };
    let facts = TableFacts {
        columns: vec![
            column("k", LakeType::Text, Nulls::Sometimes),
            column("a", LakeType::Int64, Nulls::Never),
            column("n", LakeType::Int64, Nulls::Sometimes),
            column("f", LakeType::Float64, Nulls::Never),
            column("b", LakeType::Boolean, Nulls::Never),
        ],
        version: 0,
    };
    Catalog {
        tables: [(TableName::new("shop", "rows"), facts)]
            .into_iter()
            .collect(),
    }
}

/// A small deterministic source of choices.
struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((self.0 >> 33) as usize) % limit
    }

    fn one<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    fn table(&mut self) -> Table {
        let count = self.below(9);
        let rows = (0..count)
            .map(|_| {
                vec![
                    self.one(&[
                        Value::None,
                        Value::Text("x".into()),
                        Value::Text("y".into()),
                    ]),
                    Value::Int(self.below(5) as i64 - 2),
                    self.one(&[Value::None, Value::Int(1), Value::Int(2)]),
                    Value::Float(self.one(&[0.1, 0.2, 0.3, -0.7, 1e16, -1e16])),
                    Value::Bool(self.below(2) == 0),
                ]
            })
            .collect();
        Table::new(["k", "a", "n", "f", "b"], rows)
    }
}

/// The body of a loop and the level it must reach.
const BODIES: &[(&str, Level)] = &[
    (
        "creates true, presence p, slot s0 after s1 first a next add(previous(s0), a)",
        Level::Window,
    ),
    (
        "by k, creates true, presence p, slot s0 after s1 first a next add(previous(s0), a)",
        Level::Window,
    ),
    (
        "by k, creates true, presence p, slot s0 after s1 first add(0.0, f) next add(previous(s0), f)",
        Level::Window,
    ),
    (
        "by k, creates b, presence p, slot s0 after s1 first a next if b then add(previous(s0), a) else previous(s0)",
        Level::Window,
    ),
    (
        "by k, creates b, presence p, slot s0 after s1 first a next add(previous(s0), a)",
        Level::OrderedAggregate,
    ),
    (
        "creates true, presence p, slot s0 after s1 first k next k",
        Level::Window,
    ),
    (
        "creates true, presence p, slot s0 after s1 first n next n",
        Level::Window,
    ),
    // The last known value.
    (
        "by k, creates true, presence p, slot s0 after s1 first n next if is_none(n) then previous(s0) else n",
        Level::Window,
    ),
    (
        "by k, creates true, presence p, slot s0 after s1 first if b then a else 7 next if b then a else previous(s0)",
        Level::Window,
    ),
    (
        "by k, creates true, presence p, slot s0 after s1 first if b then n else None next if b then n else previous(s0)",
        Level::Window,
    ),
    // Streaks and islands.
    (
        "creates true, presence p, slot s0 after s1 first 1 next if b then 1 else add(previous(s0), 1)",
        Level::Window,
    ),
    (
        "creates true, presence p, slot s0 after s1 first if b then 1 else add(0, 1) next if b then 1 else add(previous(s0), 1)",
        Level::Window,
    ),
    (
        "by k, creates true, presence p, slot s0 after s1 first f next if b then f else add(previous(s0), f)",
        Level::Window,
    ),
    (
        "by k, creates true, presence p, slot s0 after s1 first 0 next if b then 0 else add(previous(s0), a)",
        Level::Window,
    ),
    (
        "creates true, presence p, slot s0 after s1 first a next if b then a else if py_gt(a, previous(s0)) then a else previous(s0)",
        Level::Window,
    ),
    // One value reads another.
    (
        "creates true, presence p,
      slot s0 after s1 first k next k,
      slot t0 after t1 first 1 next if py_eq(previous(s0), k) then add(previous(t0), 1) else 1",
        Level::Window,
    ),
    (
        "by k, creates true, presence p,
      slot s0 after s1 first a next if py_gt(a, previous(s0)) then a else previous(s0),
      slot t0 after t1 first n next if py_gt(a, previous(s0)) then n else previous(t0)",
        Level::Window,
    ),
    // Differences to the row before, added up.
    (
        "by k, creates true, presence p,
      slot s0 after s1 first a next a,
      slot t0 after t1 first 0 next add(previous(t0), subtract(a, previous(s0)))",
        Level::OrderedAggregate,
    ),
    // Caps have no window.
    (
        "creates true, presence p, slot s0 after s1 first a next least(add(previous(s0), a), 3)",
        Level::OrderedAggregate,
    ),
    (
        "by k, creates true, presence p,
      slot s0 after s1 first a next subtract(previous(t0), previous(s0)),
      slot t0 after t1 first 1 next add(previous(s0), previous(t0))",
        Level::OrderedAggregate,
    ),
];

#[test]
fn windows_hold_what_the_loop_holds() {
    let mut choices = Choices(11);
    for (body, level) in BODIES {
        let source = format!(
            "job loops
             $0 rows = Scan shop.rows exact as rows {{ k, a, n, f, b }}
             $1 = Running {{ {body} }}($0)
             sinks module 1 $1"
        );
        let mut flow = text::parse(&SourceFile::new("loop.txt", &source), &catalog())
            .unwrap_or_else(|error| panic!("{error}\n{body}"));
        let root = flow.sinks[0].input;
        flow.sinks = vec![Sink {
            module: 1,
            input: root,
        }];
        let lifted =
            lift(&flow, &catalog()).unwrap_or_else(|refusals| panic!("{refusals:?}\n{body}"));
        let reached = lifted.decisions.iter().map(|one| one.level).max();
        assert_eq!(reached, Some(*level), "{body}\n{}", lifted.flow);
        let loops = lifted
            .flow
            .nodes()
            .any(|(_, node)| matches!(node.op, Op::Running(_)));
        assert_eq!(loops, *level == Level::OrderedAggregate, "{body}");
        for _ in 0..60 {
            let table = choices.table();
            let inputs = |_, _: &Op| Some(table.clone());
            let date = EffectiveDate::parse("2024-10-31").expect("a date");
            let parameters = Parameters::on(date);
            let met = lifted.flow.obligations.iter().all(|obligation| {
                violations(&lifted.flow, obligation, &inputs, parameters)
                    .expect("obligations can be checked")
                    .rows
                    .is_empty()
            });
            if !met {
                continue;
            }
            let looped = interpret(&flow, root, &inputs, parameters).expect("the loop runs");
            let windowed = interpret(
                &lifted.flow,
                lifted.flow.sinks[0].input,
                &inputs,
                parameters,
            )
            .expect("the lifted form runs");
            assert_eq!(
                format!("{looped:?}"),
                format!("{windowed:?}"),
                "{body}\nover {table:?}\n{}",
                lifted.flow
            );
        }
    }
}
