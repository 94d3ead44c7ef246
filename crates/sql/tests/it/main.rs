//! Cases as text: each file of `tests/cases` that is a query or a dataflow has beside it the SQL, or the
//! refusal, that it becomes. `UPDATE=1` rewrites what it becomes; the difference is then read as code.

mod against_sqlite;
mod join_order;
mod rows;
mod shop;

use std::fmt::Write as _;
use std::path::Path;

use relift_dataflow::{Dataflow, Expr, ExprKind, Op, Order, Refusal, Sink};
use relift_diagnostics::SourceFile;
use relift_job::{FrameName, JobName};
use relift_sql::datafusion::{Ordered, print_query, print_violations};
use relift_sql::sqlite::{SqlText, lower_predicate, lower_query};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

/// The release that runs the cases' queries, unless a dataflow names its own.
pub(crate) const SQLITE: &str = "3.40.1";

#[test]
fn cases_become_what_stands_beside_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the folder of cases")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    let mut wrong = String::new();
    for name in &names {
        let Some((stem, kind)) = name.rsplit_once('.') else {
            continue;
        };
        let text = std::fs::read_to_string(folder.join(name)).expect("a case");
        let made = match kind {
            "sqlite" => of_sqlite(name, &text),
            "filter" => of_filter(name, &text),
            "dataflow" => of_dataflow(name, &text),
            _ => {
                let has_input = ["sqlite", "filter", "dataflow"]
                    .iter()
                    .any(|kind| names.contains(&format!("{stem}.{kind}")));
                assert!(has_input, "{name} belongs to no case");
                continue;
            }
        };
        let expected = folder.join(format!("{stem}.sql"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expected, &made).expect("the expected text");
        }
        let before = std::fs::read_to_string(&expected).unwrap_or_default();
        if before != made {
            write!(wrong, "---- {stem}.sql\n{made}").expect("text");
        }
    }
    assert!(
        wrong.is_empty(),
        "these differ (UPDATE=1 accepts them):\n{wrong}"
    );
}

/// A Transformation over the shop's frames.
fn of_sqlite(name: &str, text: &str) -> String {
    let catalog = shop::catalog();
    let mut flow = Dataflow::new(JobName::from("case"));
    flow.sqlite = Some(SQLITE.to_owned());
    let frames = shop::frames(&mut flow, &catalog);
    let file = SourceFile::new(name, text);
    let span_of = |range| file.span(range);
    let sql = SqlText {
        text,
        span_of: &span_of,
    };
    match lower_query(&mut flow, &sql, &frames, 1, &catalog) {
        Ok(lowered) => {
            let read: Vec<&str> = lowered
                .frames_read
                .iter()
                .map(|(frame, _)| FrameName::as_str(frame))
                .collect();
            assert!(read.iter().all(|frame| frames.contains_key(*frame)));
            let asks = flow.nodes().any(|(_, node)| {
                let looks_up = |expr: &&Expr| {
                    let mut found = false;
                    expr.walk(&mut |part| found |= matches!(part.kind, ExprKind::Lookup { .. }));
                    found
                };
                node.op.exprs().iter().any(looks_up)
            });
            if !asks {
                return printed(&flow, lowered.node);
            }
            // Lookups become joins before anything is printed.
            flow.sinks.push(Sink {
                module: 1,
                input: lowered.node,
            });
            match relift_lift::lift(&flow, &catalog) {
                Ok(lifted) => {
                    let root = lifted.flow.sinks[0].input;
                    printed(&lifted.flow, root)
                }
                Err(refusals) => refused(&refusals),
            }
        }
        Err(refusals) => refused(&refusals),
    }
}

/// A source filter over the shop's orders.
fn of_filter(name: &str, text: &str) -> String {
    let catalog = shop::catalog();
    let mut flow = Dataflow::new(JobName::from("case"));
    flow.sqlite = Some(SQLITE.to_owned());
    let orders = shop::scan(&mut flow, "orders", &catalog);
    let file = SourceFile::new(name, text);
    let span_of = |range| file.span(range);
    let sql = SqlText {
        text,
        span_of: &span_of,
    };
    match lower_predicate(&flow, &sql, orders, 1, &catalog) {
        Ok(predicate) => {
            let op = Op::Filter {
                input: orders,
                predicate,
            };
            let node = flow
                .add(op, 1, Vec::new(), None, &catalog)
                .expect("a typed filter");
            printed(&flow, node)
        }
        Err(refusals) => refused(&refusals),
    }
}

fn refused(refusals: &[Refusal]) -> String {
    let lines: Vec<String> = refusals
        .iter()
        .map(|refusal| format!("-- refused: {refusal}\n"))
        .collect();
    lines.concat()
}

/// A dataflow in its text form, its last relation being the output.
fn of_dataflow(name: &str, text: &str) -> String {
    let file = SourceFile::new(name, text);
    let flow = relift_dataflow::text::parse(&file, &shop::catalog())
        .unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let (root, _) = flow.nodes().next_back().expect("a relation");
    printed(&flow, root)
}

fn printed(flow: &Dataflow, root: relift_dataflow::NodeId) -> String {
    let ordered = if flow.node(root).order == Order::Unordered {
        Ordered::No
    } else {
        Ordered::Yes
    };
    let mut text = String::new();
    match print_query(flow, root, ordered) {
        Ok(query) => {
            parses_back(&query.sql);
            text.push_str(&query.sql);
            write!(text, "-- level: {:?}", query.level).expect("text");
            for source in &query.sources {
                let columns: Vec<&str> = source
                    .columns
                    .iter()
                    .map(relift_job::ColumnName::as_str)
                    .collect();
                let numbered = source
                    .row_number
                    .as_ref()
                    .map_or_else(String::new, |name| format!(" + {name}"));
                write!(text, "; {}({}{numbered})", source.name, columns.join(", ")).expect("text");
            }
            text.push('\n');
        }
        Err(refusal) => writeln!(text, "-- refused: {refusal}").expect("text"),
    }
    for obligation in &flow.obligations {
        writeln!(text, "\n-- obligation: {}", obligation.why).expect("text");
        match print_violations(flow, obligation) {
            Ok(query) => {
                parses_back(&query.sql);
                text.push_str(&query.sql);
            }
            Err(refusal) => writeln!(text, "-- refused: {refusal}").expect("text"),
        }
    }
    text
}

fn parses_back(sql: &str) {
    if let Err(error) = Parser::parse_sql(&GenericDialect {}, sql) {
        panic!("{error} in\n{sql}");
    }
}
