//! What is recorded of steps without loops, and how obligations read.

use relift_dataflow::{
    Aggregate, AggregateFunction, Comparison, Dataflow, Expr, Flavour, FrameBinding, GroupOrder,
    NodeId, Obligation, ObligationKind, Op, Sink,
};
use relift_diagnostics::{SourceFile, Span};
use relift_job::{
    Catalog, ColumnFacts, ColumnName, DateMode, LakeType, Nulls, TableFacts, TableName,
};
use relift_lift::{condition_text, lift};

fn catalog() -> Catalog {
    let column = |name: &str, lake_type| ColumnFacts {
        name: name.into(),
        lake_type,
        nulls: Nulls::Never,
    };
    let meters = TableFacts {
        columns: vec![
            column("meter", LakeType::Int64),
            column("kwh", LakeType::Float64),
        ],
        version: 0,
    };
    Catalog {
        tables: [(TableName::new("energy", "meters"), meters)]
            .into_iter()
            .collect(),
    }
}

fn place(file: &str) -> Vec<Span> {
    vec![SourceFile::new(file, "SELECT").whole()]
}

struct Graph(Dataflow);

impl Graph {
    fn add(&mut self, module: usize, frame: &str, file: &str, op: Op) -> NodeId {
        let node = self
            .0
            .add(op, module, place(file), Some(frame), &catalog())
            .expect("the graph is typed");
        self.0.frames.push(FrameBinding {
            module,
            frame: frame.into(),
            node,
        });
        node
    }

    fn meters() -> (Self, NodeId) {
        let mut graph = Self(Dataflow::new("readings".into()));
        let scan = Op::Scan {
            table: TableName::new("energy", "meters"),
            columns: vec!["meter".into(), "kwh".into()],
            dates: DateMode::Exact,
            frame: "meters".into(),
        };
        let node = graph.add(0, "meters", "jobs/readings.json", scan);
        (graph, node)
    }

    fn write(&mut self, module: usize, input: NodeId) {
        self.0.sinks.push(Sink { module, input });
    }

    fn decisions(&self) -> Vec<String> {
        let lifted = lift(&self.0, &catalog()).expect("there is nothing to refuse");
        lifted
            .decisions
            .iter()
            .map(|decision| {
                format!(
                    "{} {} {}: {}",
                    decision.module,
                    decision.construct,
                    decision.level.word(),
                    decision.reason
                )
            })
            .collect()
    }
}

fn above(limit: i64) -> Expr {
    Expr::compare(
        Comparison::Gt,
        Flavour::Python,
        Expr::column("meter"),
        Expr::int(limit),
    )
}

fn total(input: NodeId, function: AggregateFunction) -> Op {
    Op::Aggregate {
        input,
        keys: vec![("meter".into(), Expr::column("meter"))],
        aggregates: vec![(
            "kwh".into(),
            Aggregate {
                function,
                argument: Some(Expr::column("kwh")),
                filter: None,
            },
        )],
        order: GroupOrder::FirstSeen,
    }
}

#[test]
fn queries_and_loopless_python_have_a_line_with_their_level() {
    let (mut graph, meters) = Graph::meters();
    let json = "jobs/readings.json";
    let summed = graph.add(
        1,
        "summed",
        json,
        total(meters, AggregateFunction::SqlFloatSum),
    );
    let spare = Op::Filter {
        input: meters,
        predicate: above(1),
    };
    graph.add(2, "spare", json, spare);
    let large = Op::Filter {
        input: summed,
        predicate: above(7),
    };
    let large = graph.add(3, "large", "externals/readings.py", large);
    graph.write(4, large);
    assert_eq!(
        graph.decisions(),
        [
            "1 SQL query `summed` window: it is a query, and every operation of it has an exact form \
             in the engine",
            "2 SQL query `spare` flat: no output needs what it computes, so it has no counterpart",
            "3 External `externals/readings.py` flat: it works on whole frames, and every operation of \
             it has an exact form in the engine",
        ]
    );
}

#[test]
fn the_last_row_of_a_group_is_an_ordered_aggregate() {
    let (mut graph, meters) = Graph::meters();
    let last = total(meters, AggregateFunction::Last);
    let last = graph.add(1, "latest", "externals/readings.py", last);
    graph.write(2, last);
    let decisions = graph.decisions();
    assert_eq!(decisions.len(), 1);
    assert!(
        decisions[0].starts_with("1 External `externals/readings.py` ordered_aggregate: "),
        "{decisions:?}"
    );
}

#[test]
fn a_job_that_only_copies_has_a_line_too() {
    let (mut graph, meters) = Graph::meters();
    graph.write(1, meters);
    assert_eq!(
        graph.decisions(),
        ["1 output of `meters` flat: it is written as it was read"]
    );
}

#[test]
fn obligations_say_their_condition() {
    let (mut graph, meters) = Graph::meters();
    graph.write(1, meters);
    let text = |kind| {
        let obligation = Obligation {
            node: meters,
            kind,
            why: "a zero divisor raises ZeroDivisionError".to_owned(),
            spans: Vec::new(),
        };
        condition_text(&graph.0, &obligation)
    };
    let not_zero = Expr::compare(
        Comparison::Ne,
        Flavour::Python,
        Expr::column("kwh"),
        Expr::int(0),
    );
    assert_eq!(
        text(ObligationKind::Holds(not_zero)),
        "kwh <> 0 in every row of meters; otherwise a zero divisor raises ZeroDivisionError"
    );
    assert_eq!(
        text(ObligationKind::Unique(vec![ColumnName::from("meter")])),
        "meter unique in meters; otherwise a zero divisor raises ZeroDivisionError"
    );
}
