//! A loop becomes a job without Python, with guards for what is not proven.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::{
    Dataflow, Emit, Expr, ExprKind, Fold, FoldKind, FoldState, Function, LookupValue, MapSlot,
    NodeId, Obligation, ObligationKind, Op, Sink,
};
use relift_job::{
    Catalog, ColumnFacts, ColumnName, CsvFileWriter, DataFrameWriter, DateMode, FileTarget, Job,
    LakeType, LineEnding, Module, ModuleKind, Nulls, RewrittenModule, TableFacts, TableName,
    WriteMode,
};
use relift_lift::{Level, emit, lift};

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
            column("note", LakeType::Text, Nulls::Sometimes),
        ],
        version: 0,
    };
    let people = TableFacts {
        columns: vec![
            column("id", LakeType::Text, Nulls::Sometimes),
            column("region", LakeType::Text, Nulls::Sometimes),
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

struct Graph {
    flow: Dataflow,
    catalog: Catalog,
}

impl Graph {
    fn add(&mut self, module: usize, op: Op, name: &str) -> NodeId {
        self.flow
            .add(op, module, Vec::new(), Some(name), &self.catalog)
            .expect("the graph is typed")
    }

    fn scan(&mut self, module: usize, table: &str, columns: &[&str]) -> NodeId {
        let op = Op::Scan {
            table: TableName::new("shop", table),
            columns: columns.iter().map(|name| ColumnName::from(*name)).collect(),
            dates: DateMode::Exact,
            frame: table.into(),
        };
        self.add(module, op, table)
    }

    fn state(&mut self, module: usize, input: NodeId, name: &str, kind: FoldKind) -> NodeId {
        let states = vec![FoldState {
            name: name.to_owned(),
            kind,
            spans: Vec::new(),
        }];
        let fold = self.add(module, Op::Fold(Fold { input, states }), "loop");
        self.add(module, Op::State { fold, state: 0 }, name)
    }
}

/// `region_of[p.id] = p.region`; `acc[region_of.get(o.customer)] += o.amount`.
fn region_totals() -> (Dataflow, Catalog) {
    let mut graph = Graph {
        flow: Dataflow::new("region_totals".into()),
        catalog: catalog(),
    };
    let orders = graph.scan(0, "orders", &["customer", "amount", "note"]);
    let people = graph.scan(1, "people", &["id", "region"]);
    graph.flow.obligations.push(Obligation {
        node: orders,
        kind: ObligationKind::NeverMissing(vec!["amount".into()]),
        why: "pandas would hold NaN".to_owned(),
        spans: Vec::new(),
    });
    let region = Expr::column("region");
    let region_of = graph.state(
        2,
        people,
        "region_of",
        FoldKind::Map {
            keys: vec![("id".into(), Expr::column("id"))],
            creates: Expr::bool(true),
            slots: vec![MapSlot {
                name: "region".into(),
                first: region.clone(),
                next: region,
            }],
        },
    );
    let lookup = |value| {
        Expr::new(ExprKind::Lookup {
            relation: region_of,
            keys: vec![("id".into(), Expr::column("customer"))],
            value,
        })
    };
    let key = Expr::branch(
        lookup(LookupValue::Present),
        lookup(LookupValue::Column("region".into())),
        Expr::text("UNKNOWN"),
    );
    let add = |start: Expr, value: Expr| Expr::call(Function::Add, vec![start, value]);
    let slot = |name: &str, start: Expr, value: Expr| MapSlot {
        name: name.into(),
        first: add(start, value.clone()),
        next: add(Expr::new(ExprKind::Previous(name.into())), value),
    };
    let zero = Expr::literal(relift_dataflow::Literal::Float(0.0));
    let acc = graph.state(
        2,
        orders,
        "acc",
        FoldKind::Map {
            keys: vec![("region".into(), key)],
            creates: Expr::bool(true),
            slots: vec![
                slot("orders", Expr::int(0), Expr::int(1)),
                slot("total", zero, Expr::column("amount")),
            ],
        },
    );
    let total = Expr::call(Function::PyRound, vec![Expr::column("total"), Expr::int(2)]);
    let rows = graph.state(
        2,
        acc,
        "rows",
        FoldKind::Rows(vec![Emit {
            guard: Expr::bool(true),
            columns: vec![
                ("region".into(), Expr::column("region")),
                ("orders".into(), Expr::column("orders")),
                ("total".into(), total),
            ],
        }]),
    );
    for module in [3, 4] {
        graph.flow.sinks.push(Sink {
            module,
            input: rows,
        });
    }
    (graph.flow, graph.catalog)
}

fn legacy_job() -> Job {
    let file = relift_diagnostics::SourceFile::new("jobs/region_totals.json", "{}");
    let csv = CsvFileWriter {
        source: "out".into(),
        target: FileTarget {
            output_directory: "Output/curated".to_owned(),
            job_dir: "region_totals".to_owned(),
            table_dir: "regions".to_owned(),
            file_name: "regions.csv".to_owned(),
        },
        mode: WriteMode::Overwrite,
        include_header: true,
        trailer: Some("END|{row_count}".to_owned()),
        line_ending: LineEnding::Lf,
        trailer_source: None,
    };
    let table = DataFrameWriter {
        source: "out".into(),
        table: "regions".to_owned(),
        schema: None,
        mode: WriteMode::Overwrite,
    };
    let external = relift_job::External {
        module: "region_totals.py".to_owned(),
        function: "execute".to_owned(),
    };
    let kinds = [
        ModuleKind::External(external.clone()),
        ModuleKind::External(external.clone()),
        ModuleKind::External(external),
        ModuleKind::CsvFileWriter(csv),
        ModuleKind::DataFrameWriter(table),
    ];
    Job {
        name: "region_totals".into(),
        first_effective_date: None,
        modules: kinds
            .into_iter()
            .map(|kind| Module {
                span: file.whole(),
                kind,
            })
            .collect(),
        file: file.name().clone(),
    }
}

#[test]
fn the_rewritten_job_reads_what_it_needs_and_writes_what_the_legacy_job_wrote() {
    let (flow, catalog) = region_totals();
    let lifted = lift(&flow, &catalog).expect("every construct has a rule");
    let rules: Vec<(&str, Level)> = lifted
        .decisions
        .iter()
        .map(|decision| (decision.rule, decision.level))
        .collect();
    assert_eq!(
        rules,
        [
            ("overwrite-to-pick", Level::Window),
            ("lookup-to-left-join", Level::Flat),
            ("accumulate-to-aggregate", Level::Window),
            ("append-to-map", Level::Flat),
        ]
    );
    let rewrite = emit(&legacy_job(), &lifted, &BTreeMap::new(), &BTreeSet::new())
        .expect("everything prints");
    let sources: Vec<(String, Vec<&str>, bool)> = rewrite
        .job
        .modules
        .iter()
        .filter_map(|module| match module {
            RewrittenModule::DataSourcing(source) => Some((
                source.result.to_string(),
                source.columns.iter().map(ColumnName::as_str).collect(),
                source.row_number.is_some(),
            )),
            _ => None,
        })
        .collect();
    assert_eq!(
        sources,
        [
            ("orders".to_owned(), vec!["customer", "amount"], true),
            ("people".to_owned(), vec!["id", "region"], true),
        ]
    );
    let words: Vec<&str> = rewrite
        .job
        .modules
        .iter()
        .map(|module| match module {
            RewrittenModule::DataSourcing(_) => "source",
            RewrittenModule::Guard(_) => "guard",
            RewrittenModule::Transformation(_) => "sql",
            RewrittenModule::DataFrameWriter(_) => "table",
            RewrittenModule::CsvFileWriter(_) => "csv",
            RewrittenModule::ParquetFileWriter(_) => "parquet",
            RewrittenModule::LegacyModules(_) => "legacy",
        })
        .collect();
    assert_eq!(words, ["source", "source", "guard", "sql", "csv", "table"]);
    assert_eq!(rewrite.sink_files, ["out.sql", "out.sql"]);
    let sql = &rewrite.files["out.sql"];
    assert!(sql.contains("ORDER BY"), "{sql}");
    let text = rewrite.job.to_json();
    let file = relift_diagnostics::SourceFile::new("job.json", &text);
    let read = relift_job::RewrittenJob::parse(&file).expect("it reads back");
    assert_eq!(read, rewrite.job);
}

#[test]
fn a_product_of_all_rows_stays_a_loop() {
    let (mut flow, catalog) = region_totals();
    let orders = NodeId(0);
    let previous = |name: &str| Expr::new(ExprKind::Previous(name.into()));
    let next = Expr::call(
        Function::Multiply,
        vec![previous("factor"), Expr::column("amount")],
    );
    let states = vec![FoldState {
        name: "factor".to_owned(),
        kind: FoldKind::Scalar {
            name: "factor".into(),
            initial: Expr::literal(relift_dataflow::Literal::Float(1.0)),
            next,
        },
        spans: Vec::new(),
    }];
    let fold = Op::Fold(Fold {
        input: orders,
        states,
    });
    let fold = flow
        .add(fold, 2, Vec::new(), None, &catalog)
        .expect("typed");
    let state = flow
        .add(Op::State { fold, state: 0 }, 2, Vec::new(), None, &catalog)
        .expect("typed");
    // As long as nobody needs it, it stands in nobody's way.
    assert!(lift(&flow, &catalog).is_ok());
    flow.sinks[0].input = state;
    let lifted = lift(&flow, &catalog).expect("a product is a loop in the engine");
    let decision = lifted
        .decisions
        .iter()
        .find(|decision| decision.construct.contains("factor"))
        .expect("the variable is decided on");
    assert_eq!(decision.rule, "loop-to-running");
    assert_eq!(decision.level, relift_lift::Level::OrderedAggregate);
}
