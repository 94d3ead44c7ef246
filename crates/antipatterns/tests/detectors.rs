//! What each detector says of a job that has everything, and what it does not say of a clean one.

use std::collections::{BTreeMap, BTreeSet};

use relift_antipatterns::{Disposition, Finding, JobView, detect, disposition};
use relift_dataflow::{Comparison, Dataflow, Expr, Flavour, FrameBinding, NodeId, Op, Sink};
use relift_diagnostics::{SourceFile, Span};
use relift_job::{
    Catalog, ColumnFacts, ColumnName, DataFrameWriter, DataSourcing, DateMode, External, FrameName,
    Job, LakeType, Module, ModuleKind, Nulls, RewrittenJob, RewrittenModule, RewrittenSource, Side,
    SourceOrigin, TableFacts, TableName, WriteMode,
};
use relift_python::syntax::{self, ModuleSyntax};

const CODE: &str = "def execute(shared_state):
    rows = []
    for _, stay in shared_state[\"stays\"].iterrows():
        for _, ward in shared_state[\"wards\"].iterrows():
            rows.append(stay)
    shared_state[\"spare\"] = shared_state[\"stays\"]
    return shared_state
";

const CONFIGURATION: &str = "[\"stays\", \"wards\", \"query\", \"external\", \"writer\"]";

fn catalog() -> Catalog {
    let facts = |columns: &[&str]| TableFacts {
        columns: columns
            .iter()
            .map(|name| ColumnFacts {
                name: ColumnName::from(*name),
                lake_type: LakeType::Int64,
                nulls: Nulls::Never,
            })
            .collect(),
        version: 0,
    };
    let stays = (
        TableName::new("hospital", "stays"),
        facts(&["id", "ward", "days"]),
    );
    let wards = (
        TableName::new("hospital", "wards"),
        facts(&["ward", "beds"]),
    );
    Catalog {
        tables: [stays, wards].into_iter().collect(),
    }
}

fn place(word: &str) -> Span {
    let file = SourceFile::new("jobs/stays.json", CONFIGURATION);
    let start = CONFIGURATION.find(word).expect("the word is there");
    file.span(start..start + word.len())
}

fn sourcing(table: &str, columns: &[&str]) -> Module {
    Module {
        span: place(table),
        kind: ModuleKind::DataSourcing(DataSourcing {
            result: FrameName::from(table),
            table: TableName::new("hospital", table),
            columns: columns.iter().map(|name| ColumnName::from(*name)).collect(),
            column_spans: Vec::new(),
            filter: None,
            dates: DateMode::Exact,
        }),
    }
}

/// Two sources, an External that makes `out` and `spare`, a writer of `out`.
fn job() -> Job {
    Job {
        name: "stays".into(),
        first_effective_date: None,
        modules: vec![
            sourcing("stays", &["id", "ward", "days"]),
            sourcing("wards", &["ward", "beds"]),
            Module {
                span: place("external"),
                kind: ModuleKind::External(External {
                    module: "stays.py".to_owned(),
                    function: "execute".to_owned(),
                }),
            },
            Module {
                span: place("writer"),
                kind: ModuleKind::DataFrameWriter(DataFrameWriter {
                    source: "out".into(),
                    table: "long_stays".to_owned(),
                    schema: None,
                    mode: WriteMode::Overwrite,
                }),
            },
        ],
        file: "jobs/stays.json".into(),
    }
}

fn scan(flow: &mut Dataflow, module: usize, table: &str, columns: &[&str]) -> NodeId {
    let op = Op::Scan {
        table: TableName::new("hospital", table),
        columns: columns.iter().map(|name| ColumnName::from(*name)).collect(),
        dates: DateMode::Exact,
        frame: table.into(),
    };
    let node = flow
        .add(op, module, vec![place(table)], Some(table), &catalog())
        .expect("the columns exist");
    flow.frames.push(FrameBinding {
        module,
        frame: table.into(),
        node,
    });
    node
}

fn long(flow: &mut Dataflow, input: NodeId, days: i64, frame: &str) -> NodeId {
    let predicate = Expr::compare(
        Comparison::Gt,
        Flavour::Python,
        Expr::column("days"),
        Expr::int(days),
    );
    let op = Op::Filter { input, predicate };
    let node = flow
        .add(op, 2, Vec::new(), Some(frame), &catalog())
        .expect("the graph is typed");
    flow.frames.push(FrameBinding {
        module: 2,
        frame: frame.into(),
        node,
    });
    node
}

/// The job as understood: `out` is written, `spare` is not.
fn understood() -> Dataflow {
    let mut flow = Dataflow::new("stays".into());
    let stays = scan(&mut flow, 0, "stays", &["id", "ward", "days"]);
    scan(&mut flow, 1, "wards", &["ward", "beds"]);
    let out = long(&mut flow, stays, 7, "out");
    long(&mut flow, stays, 30, "spare");
    flow.sinks.push(Sink {
        module: 3,
        input: out,
    });
    flow
}

/// The job as lifted: only what `out` needs.
fn lifted() -> Dataflow {
    let mut flow = Dataflow::new("stays".into());
    let stays = scan(&mut flow, 0, "stays", &["id", "days"]);
    let out = long(&mut flow, stays, 7, "out");
    flow.sinks.push(Sink {
        module: 3,
        input: out,
    });
    flow
}

fn externals() -> BTreeMap<usize, ModuleSyntax> {
    let source = SourceFile::new("externals/stays.py", CODE);
    BTreeMap::from([(2, syntax::parse(&source).expect("it is Python"))])
}

/// What is found in a job as understood and as lifted.
fn found_in(
    job: &Job,
    flow: Option<&Dataflow>,
    lifted: Option<&Dataflow>,
    externals: &BTreeMap<usize, ModuleSyntax>,
) -> Vec<Finding> {
    detect(&JobView {
        job,
        flow,
        lifted,
        configuration: &SourceFile::new("jobs/stays.json", CONFIGURATION),
        externals,
        siblings: &BTreeMap::new(),
        tables: &BTreeSet::new(),
        effective_date_column: "as_of",
        refusals: &[],
    })
}

fn findings() -> Vec<Finding> {
    found_in(&job(), Some(&understood()), Some(&lifted()), &externals())
}

fn lines(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| format!("{} {}", finding.code, finding.message))
        .collect()
}

#[test]
fn each_anti_pattern_is_found_once_and_where_it_is() {
    let findings = findings();
    assert_eq!(
        lines(&findings),
        [
            "AP1 frame \"wards\" is read from hospital.wards and no output needs it",
            "AP3 `execute` of stays.py does nothing that SQL cannot do",
            "AP4 column \"ward\" of frame \"stays\" is read and no output needs it",
            "AP6 rows are visited one by one with iterrows",
            "AP6 rows are visited one by one with iterrows, inside another loop",
            "AP11 frame \"spare\" is computed and no output needs it",
        ]
    );
    let lines: Vec<u32> = findings
        .iter()
        .filter(|finding| finding.code == "AP6")
        .filter_map(|finding| finding.span.as_ref().map(|span| span.first_line))
        .collect();
    assert_eq!(lines, [3, 4]);
}

#[test]
fn of_a_refused_job_only_its_syntax_is_spoken_of() {
    let findings = found_in(&job(), None, None, &externals());
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["AP6", "AP6", "AP11"]);
}

#[test]
fn a_clean_job_has_no_findings() {
    let mut job = job();
    job.modules[0] = sourcing("stays", &["id", "days"]);
    job.modules.remove(1);
    job.modules.remove(1);
    let flow = lifted();
    let findings = found_in(&job, Some(&flow), Some(&flow), &BTreeMap::new());
    assert_eq!(lines(&findings), [""; 0]);
}

fn rewritten(sources: &[(&str, &[&str], SourceOrigin)]) -> RewrittenJob {
    let source = |(name, columns, origin): &(&str, &[&str], SourceOrigin)| RewrittenSource {
        result: FrameName::from(*name),
        origin: origin.clone(),
        columns: columns.iter().map(|name| ColumnName::from(*name)).collect(),
        row_number: None,
        types: BTreeMap::new(),
    };
    RewrittenJob {
        name: "stays".into(),
        modules: sources
            .iter()
            .map(|one| RewrittenModule::DataSourcing(source(one)))
            .collect(),
    }
}

fn lake(table: &str) -> SourceOrigin {
    SourceOrigin::Lake {
        table: TableName::new("hospital", table),
        dates: DateMode::Exact,
    }
}

#[test]
fn a_finding_is_eliminated_only_when_the_rewritten_job_shows_it() {
    let findings = findings();
    let words = |job: Option<&RewrittenJob>| -> BTreeMap<String, &str> {
        findings
            .iter()
            .map(|finding| {
                let key = format!("{} {}", finding.code, finding.construct);
                (
                    key,
                    disposition(finding, job, "its loop was refused").word(),
                )
            })
            .collect()
    };
    let clean = rewritten(&[("stays", &["id", "days"], lake("stays"))]);
    assert!(
        words(Some(&clean))
            .values()
            .all(|word| *word == "eliminated")
    );
    let careless = rewritten(&[
        ("stays", &["id", "ward", "days"], lake("stays")),
        ("wards", &["ward"], lake("wards")),
    ]);
    let kept: Vec<String> = words(Some(&careless))
        .into_iter()
        .filter(|(_, word)| *word == "retained")
        .map(|(key, _)| key)
        .collect();
    assert_eq!(
        kept,
        ["AP1 frame `wards`", "AP4 column `ward` of frame `stays`"]
    );
    assert!(words(None).values().all(|word| *word == "retained"));
    let reason = disposition(&findings[0], None, "its loop was refused");
    assert_eq!(
        reason.reason(),
        "the job was not rewritten: its loop was refused"
    );
}

#[test]
fn duplicated_logic_is_eliminated_by_reading_what_the_other_job_wrote() {
    let finding = Finding {
        code: "AP2",
        message: "\"stays\" is what job \"totals\" computes and writes too".to_owned(),
        ..findings().remove(0)
    };
    let curated = SourceOrigin::Curated {
        job: "totals".into(),
        table: "totals".to_owned(),
        side: Side::Rewrite,
    };
    let reads = rewritten(&[("totals", &["id"], curated)]);
    assert_eq!(
        disposition(&finding, Some(&reads), ""),
        Disposition::Eliminated
    );
    let other = SourceOrigin::Curated {
        job: "beds".into(),
        table: "beds".to_owned(),
        side: Side::Rewrite,
    };
    let reads_another = rewritten(&[("beds", &["id"], other)]);
    assert_eq!(
        disposition(&finding, Some(&reads_another), "").word(),
        "retained"
    );
    let recomputes = rewritten(&[("stays", &["id"], lake("stays"))]);
    assert_eq!(
        disposition(&finding, Some(&recomputes), "").word(),
        "retained"
    );
}
