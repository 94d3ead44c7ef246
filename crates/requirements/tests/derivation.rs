//! Every relation an output needs yields a requirement with evidence.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::{
    Aggregate, AggregateFunction, Comparison, Dataflow, Expr, Flavour, GroupOrder, JoinKind, Op,
    PickWhich, Sink,
};
use relift_diagnostics::SourceFile;
use relift_job::{
    Catalog, ColumnFacts, CsvFileWriter, DataSourcing, DateMode, FileTarget, Job, LakeType,
    LineEnding, Module, ModuleKind, Nulls, TableFacts, TableName, WriteMode,
};
use relift_lift::lift;
use relift_requirements::{Kind, Requirements, Traced, derive, explain};

const CODE: &str = "for o in orders:\n    if o.status == 'late':\n        n[o.customer] += 1\n";

fn job(conf: &SourceFile) -> Job {
    let sourcing = ModuleKind::DataSourcing(DataSourcing {
        result: "orders".into(),
        table: TableName::new("market", "orders"),
        columns: vec!["customer".into(), "status".into()],
        column_spans: Vec::new(),
        filter: None,
        dates: DateMode::Exact,
    });
    let csv = ModuleKind::CsvFileWriter(CsvFileWriter {
        source: "late_counts".into(),
        target: FileTarget {
            output_directory: "Output/curated".to_owned(),
            job_dir: "late".to_owned(),
            table_dir: "counts".to_owned(),
            file_name: "counts.csv".to_owned(),
        },
        mode: WriteMode::Overwrite,
        include_header: true,
        trailer: Some("END|{row_count}".to_owned()),
        line_ending: LineEnding::Lf,
        trailer_source: None,
    });
    Job {
        name: "late".into(),
        first_effective_date: None,
        modules: [sourcing, csv]
            .into_iter()
            .map(|kind| Module {
                span: conf.whole(),
                kind,
            })
            .collect(),
        file: conf.name().clone(),
    }
}

fn late_counts(code: &SourceFile) -> (Dataflow, Catalog) {
    let text = |name: &str| ColumnFacts {
        name: name.into(),
        lake_type: LakeType::Text,
        nulls: Nulls::Sometimes,
    };
    let facts = TableFacts {
        columns: vec![text("customer"), text("status")],
        version: 0,
    };
    let table = TableName::new("shop", "orders");
    let catalog = Catalog {
        tables: [(table.clone(), facts)].into_iter().collect(),
    };
    let mut flow = Dataflow::new("late".into());
    let mut add = |op: Op, name: &str| {
        flow.add(op, 0, vec![code.span(0..16)], Some(name), &catalog)
            .expect("the graph is typed")
    };
    let orders = add(
        Op::Scan {
            table,
            columns: vec!["customer".into(), "status".into()],
            dates: DateMode::Exact,
            frame: "orders".into(),
        },
        "orders",
    );
    let late = Expr::compare(
        Comparison::Eq,
        Flavour::Python,
        Expr::column("status"),
        Expr::text("late"),
    );
    let late = add(
        Op::Filter {
            input: orders,
            predicate: late.at(Some(code.span(24..42))),
        },
        "late_orders",
    );
    let last = add(
        Op::Pick {
            input: late,
            keys: vec!["customer".into(), "status".into()],
            which: PickWhich::Last,
        },
        "last_orders",
    );
    let counts = add(
        Op::Aggregate {
            input: last,
            keys: vec![("customer_id".into(), Expr::column("customer"))],
            aggregates: vec![(
                "late_count".into(),
                Aggregate {
                    function: AggregateFunction::Count,
                    argument: None,
                    filter: None,
                },
            )],
            order: GroupOrder::FirstSeen,
        },
        "late_counts",
    );
    flow.sinks.push(Sink {
        module: 1,
        input: counts,
    });
    (flow, catalog)
}

#[test]
fn requirements_are_ears_sentences_with_evidence() {
    let code = SourceFile::new("externals/late.py", CODE);
    let conf = SourceFile::new("jobs/late.json", "{}");
    let (flow, catalog) = late_counts(&code);
    let lifted = lift(&flow, &catalog).expect("there is nothing to lift");
    let sources = BTreeMap::from([(code.name().to_string(), code.clone())]);
    let files = ["late_counts.sql".to_owned()];
    let traced = Traced {
        sources: &sources,
        sink_files: &files,
    };
    let found = derive(&job(&conf), &lifted, traced);
    let sentence = |id: &str| {
        let requirement = found.requirements.iter().find(|own| own.id == id);
        requirement.map_or("", |own| own.sentence.as_str())
    };
    assert_eq!(
        sentence("req~late.filter-late-orders~1"),
        "When status is \"late\", the job shall use the row of orders; otherwise it shall leave it out."
    );
    assert_eq!(
        sentence("req~late.last-last-orders~1"),
        "When the same customer and status appears more than once in late orders, the job shall use the last entry."
    );
    assert_eq!(
        sentence("req~late.late-count-of-late-counts~1"),
        "The job shall set late count of late counts to the number of its rows in last orders."
    );
    let kinds: BTreeSet<Kind> = found.requirements.iter().map(|own| own.kind).collect();
    for kind in [
        Kind::Source,
        Kind::Filter,
        Kind::Choice,
        Kind::Aggregate,
        Kind::Order,
        Kind::Output,
        Kind::Trailer,
        Kind::EmptyInput,
    ] {
        assert!(kinds.contains(&kind), "{kind:?}");
    }
    let ids: BTreeSet<&str> = found
        .requirements
        .iter()
        .map(|own| own.id.as_str())
        .collect();
    assert_eq!(ids.len(), found.requirements.len());
    let filter = found
        .requirements
        .iter()
        .find(|own| own.kind == Kind::Filter)
        .expect("there is a filter");
    assert_eq!(filter.evidence.code[0].first_line, 2);
    assert_eq!(
        filter.evidence.code[0].hash.as_deref(),
        Some(code.hash(&code.span(24..42)).to_string().as_str())
    );
    assert!(filter.evidence.query.is_some());
    assert_eq!(filter.trace.sql_files, ["late_counts.sql"]);
    assert!(explain(filter).contains("externals/late.py:2"));
    let text = found.to_json();
    assert_eq!(Requirements::parse(&text), Ok(found));
}

/// Orders with the number of orders of their customer, looked up as a lifting looks a dictionary up.
fn looked_up(code: &SourceFile) -> (Dataflow, Catalog) {
    let (mut flow, catalog) = late_counts(code);
    flow.sinks.clear();
    let mut add = |op: Op, name: &str| {
        flow.add(op, 0, vec![code.span(0..16)], Some(name), &catalog)
            .expect("the graph is typed")
    };
    let scan = |frame: &str| Op::Scan {
        table: TableName::new("shop", "orders"),
        columns: vec!["customer".into(), "status".into()],
        dates: DateMode::Exact,
        frame: frame.into(),
    };
    let orders = add(scan("orders"), "orders");
    let counted = add(
        Op::Aggregate {
            input: orders,
            keys: vec![("customer".into(), Expr::column("customer"))],
            aggregates: vec![(
                "order_count".into(),
                Aggregate {
                    function: AggregateFunction::Count,
                    argument: None,
                    filter: None,
                },
            )],
            order: GroupOrder::Unordered,
        },
        "counted",
    );
    let known = add(
        Op::Map {
            input: counted,
            columns: vec![
                ("known_customer".into(), Expr::column("customer")),
                ("known".into(), Expr::column("order_count")),
            ],
        },
        "known",
    );
    let joined = add(
        Op::Join {
            left: orders,
            right: known,
            kind: JoinKind::Left,
            on: vec![(Expr::column("customer"), Expr::column("known_customer"))],
            null_safe: false,
            condition: None,
            presence: Some("in_known".into()),
        },
        "orders_prepared",
    );
    let count = Expr::branch(
        Expr::column("in_known"),
        Expr::column("known"),
        Expr::int(0),
    );
    let few = Expr::compare(Comparison::Lt, Flavour::Python, count.clone(), Expr::int(3));
    let result = add(
        Op::Map {
            input: joined,
            columns: vec![
                ("known".into(), Expr::column("customer")),
                ("n".into(), count),
                (
                    "size".into(),
                    Expr::branch(few, Expr::text("few"), Expr::text("many")),
                ),
            ],
        },
        "result",
    );
    flow.sinks.push(Sink {
        module: 1,
        input: result,
    });
    (flow, catalog)
}

#[test]
fn what_a_lifting_made_up_is_said_in_the_words_of_the_job() {
    let code = SourceFile::new("externals/late.py", CODE);
    let conf = SourceFile::new("jobs/late.json", "{}");
    let (flow, catalog) = looked_up(&code);
    let lifted = lift(&flow, &catalog).expect("there is nothing to lift");
    let traced = Traced {
        sources: &BTreeMap::new(),
        sink_files: &[],
    };
    let found = derive(&job(&conf), &lifted, traced);
    let sentences: Vec<&str> = found
        .requirements
        .iter()
        .map(|own| own.sentence.as_str())
        .collect();
    for expected in [
        "For each row of orders, the job shall look up the row of known with the same customer, and keep the row of orders when there is none.",
        "The job shall set n of result to the order count in known if known has an entry for the row, otherwise 0.",
        "The job shall set size of result to \"few\" if n is less than 3, otherwise \"many\".",
        "The job shall set known of result to customer.",
        "The job shall write the columns `known`, `n` and `size`, in this order, to counts/counts.csv.",
        "The job shall end counts/counts.csv with the line \"END|{row_count}\", in which {row_count} is the number of rows written.",
    ] {
        assert!(sentences.contains(&expected), "{expected}\n{sentences:#?}");
    }
    assert!(
        !sentences
            .iter()
            .any(|sentence| sentence.contains("in known holds")
                || sentence.contains("known customer"))
    );
    let different: BTreeSet<&&str> = sentences.iter().collect();
    assert_eq!(different.len(), sentences.len());
}
