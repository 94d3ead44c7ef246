//! Lifting never changes the answer: random loop bodies on random small tables, run as loops and as
//! relational algebra by the reference interpreter.

use relift_dataflow::interpret::{Parameters, Table, Value, interpret, violations};
use relift_dataflow::{
    Comparison, Dataflow, Emit, Expr, ExprKind, Flavour, Fold, FoldKind, FoldState, Function,
    Literal, LookupValue, MapSlot, NodeId, Op, Sink,
};
use relift_job::{
    Catalog, ColumnFacts, ColumnName, DateMode, EffectiveDate, LakeType, Nulls, TableFacts,
    TableName,
};
use relift_lift::{Lifted, lift};

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
}

fn catalog() -> Catalog {
    let column = |name: &str, lake_type, nulls| ColumnFacts {
        name: name.into(),
        lake_type,
        nulls,
    };
    let decimal = LakeType::Decimal {
        precision: 9,
        scale: 2,
    };
    let facts = TableFacts {
        columns: vec![
            column("k", LakeType::Text, Nulls::Sometimes),
            column("a", LakeType::Int64, Nulls::Never),
            column("f", LakeType::Float64, Nulls::Never),
            column("d", decimal, Nulls::Never),
            column("b", LakeType::Boolean, Nulls::Never),
        ],
        version: 0,
    };
    let tables = ["rows", "others"].map(|name| (TableName::new("shop", name), facts.clone()));
    Catalog {
        tables: tables.into_iter().collect(),
    }
}

fn scan(flow: &mut Dataflow, table: &str, module: usize) -> NodeId {
    let op = Op::Scan {
        table: TableName::new("shop", table),
        columns: ["k", "a", "f", "d", "b"].map(ColumnName::from).to_vec(),
        dates: DateMode::Exact,
        frame: table.into(),
    };
    flow.add(op, module, Vec::new(), Some(table), &catalog())
        .expect("the columns exist")
}

fn random_table(choices: &mut Choices, rows: usize) -> Table {
    let rows = (0..rows)
        .map(|_| {
            vec![
                choices.one(&[
                    Value::None,
                    Value::Text("x".into()),
                    Value::Text("y".into()),
                ]),
                Value::Int(choices.below(5) as i64 - 2),
                Value::Float(choices.one(&[0.1, 0.2, 0.3, -0.7, 1e16, -1e16, 0.0, -0.0])),
                Value::decimal(choices.below(500) as i128 - 250, 2),
                Value::Bool(choices.below(2) == 0),
            ]
        })
        .collect();
    Table::new(["k", "a", "f", "d", "b"], rows)
}

fn column(name: &str) -> Expr {
    Expr::column(name)
}

fn compare(comparison: Comparison, left: Expr, right: Expr) -> Expr {
    Expr::compare(comparison, Flavour::Python, left, right)
}

fn previous(name: &str) -> Expr {
    Expr::new(ExprKind::Previous(name.into()))
}

fn condition(choices: &mut Choices) -> Expr {
    let atom = |choices: &mut Choices| match choices.below(4) {
        0 => column("b"),
        1 => compare(Comparison::Gt, column("a"), Expr::int(0)),
        2 => compare(Comparison::Eq, column("k"), Expr::text("x")),
        _ => compare(Comparison::Le, column("a"), Expr::int(1)),
    };
    let (first, second) = (atom(choices), atom(choices));
    match choices.below(5) {
        0 => Expr::all([first, second]),
        1 => Expr::call(Function::Or, vec![first, second]),
        2 => first.negated(),
        _ => first,
    }
}

/// A value of one of the types a slot can have.
fn term(choices: &mut Choices, kind: usize) -> Expr {
    match kind {
        0 => choices.one(&[column("a"), Expr::int(1), Expr::int(3)]),
        1 => column("f"),
        _ => column("d"),
    }
}

fn zero(choices: &mut Choices, kind: usize) -> Expr {
    match kind {
        0 => Expr::int(choices.one(&[0, 0, 7])),
        1 => Expr::literal(Literal::Float(0.0)),
        _ => Expr::literal(Literal::Decimal {
            unscaled: choices.one(&[0, 0, 125]),
            scale: 2,
        }),
    }
}

/// What a row does to a variable, given how its value before is read.
fn step(choices: &mut Choices, kind: usize, before: &Expr) -> Expr {
    let value = term(choices, kind);
    let stays = before.clone();
    let add = |value: Expr| Expr::call(Function::Add, vec![before.clone(), value]);
    let test = condition(choices);
    match choices.below(10) {
        0 => add(value),
        1 => Expr::branch(test, add(value), stays),
        2 => Expr::branch(test, add(value), add(term(choices, kind))),
        3 => value,
        4 => Expr::branch(test, value, stays),
        5 => Expr::call(Function::Greatest, vec![stays, value]),
        6 => {
            let better = compare(Comparison::Gt, value.clone(), stays.clone());
            Expr::branch(better, value, stays)
        }
        7 => {
            let better = compare(Comparison::Lt, value.clone(), stays.clone());
            Expr::branch(Expr::all([test, better]), value, stays)
        }
        8 => Expr::call(Function::Subtract, vec![stays, value]),
        _ => stays,
    }
}

fn with_before(step: &Expr, name: &str, value: &Expr) -> Expr {
    step.clone().map(&mut |part| {
        if part == previous(name) {
            value.clone()
        } else {
            part
        }
    })
}

fn slot(choices: &mut Choices, name: &str) -> MapSlot {
    let kind = choices.below(3);
    let next = step(choices, kind, &previous(name));
    let first = match choices.below(4) {
        // `d[k] = start` and then the same step.
        0 | 1 => with_before(&next, name, &zero(choices, kind)),
        // `d[k] = value` instead of the step.
        2 => term(choices, kind),
        // `d[k] = start` instead of the step.
        _ => zero(choices, kind),
    };
    MapSlot {
        name: name.into(),
        first,
        next,
    }
}

fn dictionary(choices: &mut Choices) -> FoldKind {
    let mut slots: Vec<MapSlot> = (0..choices.below(3))
        .map(|index| slot(choices, &format!("v{index}")))
        .collect();
    let mut creates = Expr::bool(true);
    if choices.below(2) == 0 {
        // The whole body stands under a condition.
        creates = condition(choices);
        for slot in &mut slots {
            let stays = Expr::new(ExprKind::Previous(slot.name.clone()));
            slot.next = Expr::branch(creates.clone(), slot.next.clone(), stays);
        }
    }
    FoldKind::Map {
        keys: vec![("k".into(), column("k"))],
        creates,
        slots,
    }
}

fn best_record(choices: &mut Choices) -> FoldKind {
    let comparison = choices.one(&[
        Comparison::Gt,
        Comparison::Ge,
        Comparison::Lt,
        Comparison::Le,
    ]);
    let better = compare(comparison, column("a"), previous("best"));
    let slot = |name: &str, value: Expr| MapSlot {
        name: name.into(),
        first: value.clone(),
        next: Expr::branch(
            better.clone(),
            value,
            Expr::new(ExprKind::Previous(name.into())),
        ),
    };
    FoldKind::Map {
        keys: vec![("k".into(), column("k"))],
        creates: Expr::bool(true),
        slots: vec![slot("best", column("a")), slot("its", column("d"))],
    }
}

fn list(choices: &mut Choices) -> FoldKind {
    let emits = (0..=choices.below(3))
        .map(|_| {
            let kind = choices.below(2);
            let guard = if choices.below(4) == 0 {
                Expr::bool(true)
            } else {
                condition(choices)
            };
            Emit {
                guard,
                columns: vec![
                    ("key".into(), column("k")),
                    (
                        "n".into(),
                        Expr::call(
                            Function::Add,
                            vec![term(choices, 0), Expr::int(kind as i64)],
                        ),
                    ),
                ],
            }
        })
        .collect();
    FoldKind::Rows(emits)
}

fn scalar(choices: &mut Choices) -> FoldKind {
    let kind = choices.below(3);
    let next = step(choices, kind, &previous("s"));
    let mut initial = zero(choices, kind);
    let mut next = next;
    if choices.below(4) == 0 {
        // `if best is None or x > best`.
        let value = term(choices, 0);
        initial = Expr::none();
        let none = Expr::call(Function::IsNone, vec![previous("s")]);
        let better = compare(Comparison::Gt, value.clone(), previous("s"));
        next = Expr::branch(
            Expr::call(Function::Or, vec![none, better]),
            value,
            previous("s"),
        );
    }
    FoldKind::Scalar {
        name: "s".into(),
        initial,
        next,
    }
}

/// A job with one loop whose variable is written out, or probed by a second loop whose list is.
fn job(kind: FoldKind, choices: &mut Choices) -> Option<Dataflow> {
    let catalog = catalog();
    let mut flow = Dataflow::new("random".into());
    let rows = scan(&mut flow, "rows", 0);
    let others = scan(&mut flow, "others", 1);
    let probed = match &kind {
        FoldKind::Map { slots, .. } => slots.first().map(|slot| slot.name.clone()),
        FoldKind::Rows(_) | FoldKind::Scalar { .. } => None,
    };
    let variable = |flow: &mut Dataflow, input, kind, name: &str| {
        let state = FoldState {
            name: name.to_owned(),
            kind,
            spans: Vec::new(),
        };
        let states = vec![state];
        let fold = flow
            .add(
                Op::Fold(Fold { input, states }),
                2,
                Vec::new(),
                None,
                &catalog,
            )
            .ok()?;
        let op = Op::State { fold, state: 0 };
        flow.add(op, 2, Vec::new(), Some(name), &catalog).ok()
    };
    let mut output = variable(&mut flow, rows, kind, "acc")?;
    if let Some(value) = probed
        && choices.below(2) == 0
    {
        let lookup = |value| {
            Expr::new(ExprKind::Lookup {
                relation: output,
                keys: vec![("k".into(), column("k"))],
                value,
            })
        };
        let emit = Emit {
            guard: Expr::call(
                Function::Or,
                vec![column("b"), lookup(LookupValue::Present).negated()],
            ),
            columns: vec![
                ("key".into(), column("k")),
                ("value".into(), lookup(LookupValue::Column(value))),
                ("present".into(), lookup(LookupValue::Present)),
            ],
        };
        output = variable(&mut flow, others, FoldKind::Rows(vec![emit]), "found")?;
    }
    flow.sinks.push(Sink {
        module: 3,
        input: output,
    });
    Some(flow)
}

fn parameters() -> Parameters {
    Parameters::on(EffectiveDate::parse("2024-10-31").expect("a date"))
}

/// The written rows, when they are as many as can be had and every obligation is met.
fn answer(flow: &Dataflow, tables: &[Table; 2]) -> Option<Table> {
    let inputs = |_: NodeId, op: &Op| match op {
        Op::Scan { table, .. } => Some(tables[usize::from(&*table.table == "others")].clone()),
        _ => None,
    };
    for obligation in &flow.obligations {
        let broken = violations(flow, obligation, &inputs, parameters()).expect("can be checked");
        if !broken.rows.is_empty() {
            return None;
        }
    }
    Some(interpret(flow, flow.sinks[0].input, &inputs, parameters()).expect("nothing raises"))
}

fn is_plain(lifted: &Lifted) -> bool {
    lifted.flow.nodes().all(|(_, node)| {
        let mut lookups = false;
        for expr in node.op.exprs() {
            expr.walk(&mut |part| lookups |= matches!(part.kind, ExprKind::Lookup { .. }));
        }
        !lookups && !matches!(node.op, Op::Fold(_) | Op::State { .. })
    })
}

fn check(make: fn(&mut Choices) -> FoldKind, share_min: usize) {
    let (mut typed, mut accepted, mut compared) = (0, 0, 0);
    for seed in 0..400 {
        let mut choices = Choices(seed * 7919 + 17);
        let kind = make(&mut choices);
        let Some(flow) = job(kind.clone(), &mut choices) else {
            continue;
        };
        typed += 1;
        let Ok(lifted) = lift(&flow, &catalog()) else {
            continue;
        };
        accepted += 1;
        assert!(is_plain(&lifted), "seed {seed}: {kind:?}");
        for size in [0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8] {
            let tables = [
                random_table(&mut choices, size),
                random_table(&mut choices, 3),
            ];
            let Some(after) = answer(&lifted.flow, &tables) else {
                continue;
            };
            let before = answer(&flow, &tables).expect("there are no obligations before");
            compared += 1;
            assert_eq!(
                before,
                after,
                "seed {seed}\n{kind:#?}\nrows\n{}others\n{}\nlifted {:#?}",
                tables[0],
                tables[1],
                lifted
                    .flow
                    .nodes()
                    .map(|(id, node)| (id, &node.op))
                    .collect::<Vec<_>>()
            );
        }
    }
    assert!(typed > 100, "only {typed} loops have types");
    assert!(
        accepted * 100 >= typed * share_min,
        "only {accepted} of {typed} were lifted"
    );
    assert!(compared > accepted, "obligations hid everything");
}

#[test]
fn dictionaries() {
    check(dictionary, 40);
}

#[test]
fn best_records() {
    check(best_record, 100);
}

#[test]
fn lists() {
    check(list, 100);
}

#[test]
fn scalars() {
    check(scalar, 60);
}
