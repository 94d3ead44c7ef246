//! Whatever is recognised as what another job writes gives the same answer when it is read: random pairs of
//! jobs, some of which differ in one detail, on random tables.

use relift_dataflow::interpret::{Parameters, Table, Value, interpret};
use relift_dataflow::{
    Aggregate, AggregateFunction, Comparison, Dataflow, Expr, Flavour, Function, GroupOrder,
    JoinKind, NodeId, Op, PickWhich, Sink, SortKey,
};
use relift_job::{
    Catalog, ColumnFacts, ColumnName, DateMode, EffectiveDate, JobName, LakeType, Nulls,
    TableFacts, TableName,
};
use relift_lift::{Lifted, SharedRelations, Writer, WrittenTable, lift, stored};

/// Draws that are the same on every run of the test.
struct Draws(u64);

impl Draws {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}

fn facts(columns: &[(&str, LakeType, Nulls)]) -> TableFacts {
    TableFacts {
        columns: columns
            .iter()
            .map(|(name, lake_type, nulls)| ColumnFacts {
                name: (*name).into(),
                lake_type: *lake_type,
                nulls: *nulls,
            })
            .collect(),
        version: 0,
    }
}

fn catalog() -> Catalog {
    let stays = facts(&[
        ("ward", LakeType::Text, Nulls::Sometimes),
        ("nights", LakeType::Int64, Nulls::Never),
        ("charge", LakeType::Float64, Nulls::Sometimes),
    ]);
    let wards = facts(&[
        ("name", LakeType::Text, Nulls::Sometimes),
        ("floor", LakeType::Int64, Nulls::Never),
    ]);
    Catalog {
        tables: [("stays", stays), ("wards", wards)]
            .map(|(name, facts)| (TableName::new("clinic", name), facts))
            .into_iter()
            .collect(),
    }
}

struct Graph {
    flow: Dataflow,
    catalog: Catalog,
}

fn column(name: &str) -> Expr {
    Expr::column(name)
}

impl Graph {
    fn new(job: &str) -> Self {
        Self {
            flow: Dataflow::new(JobName::from(job)),
            catalog: catalog(),
        }
    }

    fn add(&mut self, op: Op) -> NodeId {
        self.flow
            .add(op, 0, Vec::new(), None, &self.catalog)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    fn scan(&mut self, table: &str, columns: &[&str]) -> NodeId {
        self.add(Op::Scan {
            table: TableName::new("clinic", table),
            columns: columns.iter().map(|name| ColumnName::from(*name)).collect(),
            dates: DateMode::Exact,
            frame: table.into(),
        })
    }

    /// Totals per ward, with details drawn: the same draws mean the same. `prefix` names the columns.
    fn totals(&mut self, details: &mut Draws, prefix: &str, turned: bool) -> NodeId {
        let stays = self.scan("stays", &["ward", "nights", "charge"]);
        let names =
            ["w", "n", "c"].map(|name| ColumnName::from(format!("{prefix}{name}").as_str()));
        let charge = Expr::call(Function::ToPandasFloat, vec![column("charge")]);
        let mapped = self.add(Op::Map {
            input: stays,
            columns: vec![
                (names[0].clone(), column("ward")),
                (names[1].clone(), column("nights")),
                (names[2].clone(), charge),
            ],
        });
        let nights = || Expr::column(names[1].clone());
        let limit = Expr::int(details.below(2) as i64);
        let above = if turned {
            Expr::compare(Comparison::Lt, Flavour::Python, limit, nights())
        } else {
            Expr::compare(Comparison::Gt, Flavour::Python, nights(), limit)
        };
        let below = Expr::compare(Comparison::Lt, Flavour::Python, nights(), Expr::int(5));
        let conditions = if turned {
            [below, above]
        } else {
            [above, below]
        };
        let kept = self.add(Op::Filter {
            input: mapped,
            predicate: Expr::all(conditions),
        });
        let wide = if details.one_in(3) {
            let wards = self.scan("wards", &["name", "floor"]);
            let sides = if details.one_in(2) {
                JoinKind::Inner
            } else {
                JoinKind::Left
            };
            self.add(Op::Join {
                left: kept,
                right: wards,
                kind: sides,
                on: vec![(Expr::column(names[0].clone()), column("name"))],
                null_safe: details.one_in(2),
                condition: None,
                presence: None,
            })
        } else {
            kept
        };
        let sorted = if details.one_in(2) {
            self.add(Op::Sort {
                input: wide,
                by: vec![SortKey {
                    expr: nights(),
                    descending: details.one_in(2),
                    missing_first: true,
                }],
            })
        } else {
            wide
        };
        let key = names[0].clone();
        match details.below(3) {
            0 => self.add(Op::Pick {
                input: sorted,
                keys: vec![key],
                which: if details.one_in(2) {
                    PickWhich::First
                } else {
                    PickWhich::Last
                },
            }),
            _ => {
                let aggregate = |function, argument| Aggregate {
                    function,
                    argument,
                    filter: None,
                };
                let charges = Expr::column(names[2].clone());
                let order = match details.below(3) {
                    0 => GroupOrder::ByKey,
                    1 => GroupOrder::Unordered,
                    _ => GroupOrder::FirstSeen,
                };
                self.add(Op::Aggregate {
                    input: sorted,
                    keys: vec![(key, Expr::column(names[0].clone()))],
                    aggregates: vec![
                        (
                            names[1].clone(),
                            aggregate(AggregateFunction::Sum, Some(nights())),
                        ),
                        (
                            names[2].clone(),
                            aggregate(AggregateFunction::FloatSum, Some(charges)),
                        ),
                    ],
                    order,
                })
            }
        }
    }

    /// What a reader does with totals: something that shows their order, or not.
    fn use_of(&mut self, totals: NodeId, prefix: &str, draws: &mut Draws) {
        let name = |name: &str| ColumnName::from(format!("{prefix}{name}").as_str());
        let input = match draws.below(3) {
            0 => self.add(Op::Filter {
                input: totals,
                predicate: Expr::compare(
                    Comparison::Ne,
                    Flavour::Python,
                    Expr::column(name("n")),
                    Expr::int(3),
                ),
            }),
            1 => self.add(Op::Aggregate {
                input: totals,
                keys: vec![("nights".into(), Expr::column(name("n")))],
                aggregates: vec![(
                    "wards".into(),
                    Aggregate {
                        function: AggregateFunction::Count,
                        argument: None,
                        filter: None,
                    },
                )],
                order: GroupOrder::ByKey,
            }),
            _ => self.add(Op::Limit {
                input: totals,
                count: 2,
            }),
        };
        self.flow.sinks.push(Sink { module: 0, input });
    }

    fn lifted(self) -> (Lifted, Catalog) {
        let lifted =
            lift(&self.flow, &self.catalog).unwrap_or_else(|refusals| panic!("{refusals:?}"));
        (lifted, self.catalog)
    }
}

fn rows(draws: &mut Draws) -> [Table; 2] {
    let wards = ["north", "south", "east"];
    let stay = |draws: &mut Draws| {
        let ward = match draws.below(4) {
            3 => Value::None,
            at => Value::Text(wards[at as usize].to_owned()),
        };
        let nights = Value::Int(draws.below(7) as i64);
        let charge = match draws.below(5) {
            0 => Value::None,
            at => Value::Float(0.1 * at as f64),
        };
        vec![ward, nights, charge]
    };
    let stays = (0..draws.below(9)).map(|_| stay(draws)).collect();
    let floor = |draws: &mut Draws| {
        let ward = wards[draws.below(3) as usize];
        vec![
            Value::Text(ward.to_owned()),
            Value::Int(draws.below(3) as i64),
        ]
    };
    let floors = (0..draws.below(4)).map(|_| floor(draws)).collect();
    [
        Table::new(["ward", "nights", "charge"], stays),
        Table::new(["name", "floor"], floors),
    ]
}

fn answer(flow: &Dataflow, tables: &[Table; 2], written: Option<&Table>) -> Table {
    let inputs = |_: NodeId, op: &Op| match op {
        Op::Scan { table, .. } => Some(match &*table.table {
            "stays" => tables[0].clone(),
            "wards" => tables[1].clone(),
            _ => written
                .expect("only shared tables are read besides")
                .clone(),
        }),
        _ => None,
    };
    let date = EffectiveDate::parse("2024-02-29").expect("a date");
    interpret(flow, flow.sinks[0].input, &inputs, Parameters::on(date)).expect("nothing raises")
}

/// The rows as a table gives them back: one missing value.
fn as_stored(mut table: Table) -> Table {
    for value in table.rows.iter_mut().flatten() {
        if matches!(value, Value::Float(float) if float.is_nan()) {
            *value = Value::None;
        }
    }
    table
}

#[test]
fn what_is_read_is_what_was_computed() {
    let mut draws = Draws(0x9e37_79b9_7f4a_7c15);
    let (mut shared, mut same, mut kept) = (0, 0, 0);
    for _ in 0..1500 {
        let seed = draws.below(u64::MAX - 1) + 1;
        let equal = draws.one_in(2);
        let other = if equal {
            seed
        } else {
            draws.below(u64::MAX - 1) + 1
        };
        let mut home = Graph::new("home");
        let totals = home.totals(&mut Draws(seed), "", false);
        home.flow.sinks.push(Sink {
            module: 0,
            input: totals,
        });
        let (home, mut catalog) = home.lifted();
        let mut reader = Graph::new("reader");
        let totals = reader.totals(&mut Draws(other), "x_", true);
        reader.use_of(totals, "x_", &mut draws);
        let (reader, _) = reader.lifted();

        let table = TableName::new("curated", "totals");
        let relations = SharedRelations::of([Writer {
            job: "home".into(),
            flow: &home.flow,
            tables: vec![WrittenTable {
                table: table.clone(),
                sink: 0,
            }],
        }]);
        let own = relations.shares(&"home".into(), &home.flow, &|_| true);
        assert!(own.is_empty(), "a job does not read what it writes");
        let shares = relations.shares(&"reader".into(), &reader.flow, &|_| true);
        if shares.is_empty() {
            kept += 1;
            continue;
        }
        let written = &home.flow.node(home.flow.sinks[0].input).schema;
        let columns = written.columns().iter().filter_map(|column| {
            let ty = stored(column.ty)?;
            let lake_type = match ty.base {
                relift_dataflow::Base::Int64 => LakeType::Int64,
                relift_dataflow::Base::Float64 => LakeType::Float64,
                _ => LakeType::Text,
            };
            let nulls = if ty.missing.possible() {
                Nulls::Sometimes
            } else {
                Nulls::Never
            };
            Some(ColumnFacts {
                name: column.name.clone(),
                lake_type,
                nulls,
            })
        });
        let facts = TableFacts {
            columns: columns.collect(),
            version: 0,
        };
        catalog.tables.insert(table, facts);
        let form = relations
            .read(&reader, &shares, &catalog)
            .unwrap_or_else(|error| panic!("{error}"));
        let Some(form) = form else {
            kept += 1;
            continue;
        };
        shared += 1;
        same += usize::from(equal);
        let scans = form
            .flow
            .nodes()
            .filter(|(_, node)| matches!(node.op, Op::Scan { .. }));
        assert_eq!(scans.count(), 1, "only the shared table is read");
        for _ in 0..4 {
            let tables = rows(&mut draws);
            let written = as_stored(answer(&home.flow, &tables, None));
            let expected = answer(&reader.flow, &tables, None);
            let read = answer(&form.flow, &tables, Some(&written));
            assert_eq!(read.to_string(), expected.to_string());
        }
    }
    assert!(
        shared > 300 && same < shared && kept > 300,
        "{shared} shared, {same} of them drawn alike, {kept} kept"
    );
}
