//! Edges between jobs: found, declared, in order, in circles.

use relift_diagnostics::SourceFile;
use relift_job::{Dependencies, DependencyWhen, Edges, EffectiveDate, Job, JobName, Workspace};

/// A job that reads and writes the named tables of the curated schema.
fn job(name: &str, reads: &[&str], writes: &[&str]) -> Job {
    let sources = reads.iter().map(|table| {
        format!(
            r#"{{"type": "DataSourcing", "resultName": "{table}", "schema": "curated", "table": "{table}", "columns": ["a"]}}"#
        )
    });
    let writers = writes.iter().map(|table| {
        format!(r#"{{"type": "DataFrameWriter", "source": "x", "targetTable": "{table}", "writeMode": "Overwrite"}}"#)
    });
    let lake = r#"{"type": "DataSourcing", "resultName": "x", "schema": "market", "table": "x", "columns": ["a"]}"#;
    let modules: Vec<String> = sources.chain([lake.to_owned()]).chain(writers).collect();
    let text = format!(
        "{{\"jobName\": \"{name}\", \"modules\": [\n{}\n]}}",
        modules.join(",\n")
    );
    let day = |text| EffectiveDate::parse(text).expect("a date");
    let dates = relift_job::DateRange {
        first: day("2024-10-01"),
        last: day("2024-10-02"),
    };
    let settings = Workspace::initial_text("w", dates);
    let workspace = Workspace::parse(&SourceFile::new("relift.toml", &settings)).expect("settings");
    Job::parse(
        &SourceFile::new(&format!("jobs/{name}.json"), &text),
        &workspace,
    )
    .expect("a job")
}

fn edges(jobs: &[Job], declared: &str) -> Edges {
    let source = SourceFile::new("dependencies.toml", declared);
    let declared = Dependencies::parse(&source).expect("good");
    Edges::of(jobs.iter(), &"curated".into(), &declared)
}

fn names(jobs: &[JobName]) -> Vec<&str> {
    jobs.iter().map(JobName::as_str).collect()
}

#[test]
fn a_read_of_another_jobs_table_is_an_edge_nobody_declared() {
    let jobs = [
        job("a_report", &["clean"], &[]),
        job("cleaning", &[], &["clean"]),
    ];
    let edges = edges(&jobs, "");
    assert_eq!(names(edges.order()), ["cleaning", "a_report"]);
    let undeclared: Vec<_> = edges.undeclared().collect();
    assert_eq!(undeclared.len(), 1);
    assert_eq!(undeclared[0].reads[0].module, 0);
    assert_eq!(
        undeclared[0].declaration(),
        "[[dependency]]\njob = \"a_report\"\nneeds = \"cleaning\"\nwhen = \"same_day\""
    );
}

#[test]
fn a_declaration_says_which_run_and_joins_what_was_found() {
    let jobs = [
        job("a_report", &["clean"], &[]),
        job("cleaning", &[], &["clean"]),
    ];
    let declared = "[[dependency]]\njob = \"a_report\"\nneeds = \"cleaning\"\nwhen = \"latest\"\n";
    let edges = edges(&jobs, declared);
    assert_eq!(edges.undeclared().count(), 0);
    let edge = &edges.needs(&"a_report".into())[0];
    assert_eq!((edge.when, edge.reads.len()), (DependencyWhen::Latest, 1));
}

#[test]
fn a_circle_is_named_and_leaves_the_others_in_order() {
    let jobs = [
        job("a", &["c"], &["a"]),
        job("b", &["a"], &["b"]),
        job("c", &["b"], &["c"]),
        job("behind", &["c"], &[]),
        job("free", &[], &["f"]),
    ];
    let edges = edges(&jobs, "");
    assert_eq!(names(edges.order()), ["free", "behind"]);
    let broken: Vec<&str> = edges.faults().keys().map(JobName::as_str).collect();
    assert_eq!(broken, ["a", "b", "c"]);
    let told = edges.faults()[&JobName::from("b")][0].to_string();
    assert!(told.contains("in a circle: a -> c -> b -> a"), "{told}");
    assert!(
        told.contains("\"c\" needs \"b\" (jobs/c.json:2 reads curated.b)"),
        "{told}"
    );
}

#[test]
fn a_job_may_read_its_own_table() {
    let jobs = [job("balance", &["balance"], &["balance"])];
    let edges = edges(&jobs, "");
    assert_eq!(names(edges.order()), ["balance"]);
    assert_eq!(edges.own_reads(&"balance".into()).len(), 1);
    assert_eq!(edges.all().count(), 0);
}

#[test]
fn a_table_of_several_writers_needs_a_declaration() {
    let jobs = [
        job("one", &[], &["both"]),
        job("other", &[], &["both"]),
        job("reader", &["both"], &[]),
    ];
    let unclear = edges(&jobs, "");
    let told = unclear.faults()[&JobName::from("reader")][0].to_string();
    assert!(
        told.contains("written by several jobs (one, other)"),
        "{told}"
    );
    assert!(
        told.starts_with("jobs/reader.json:2: modules[0].table: "),
        "{told}"
    );
    let declared = "[[dependency]]\njob = \"reader\"\nneeds = \"other\"\n";
    let clear = edges(&jobs, declared);
    assert!(clear.faults().is_empty());
    assert_eq!(
        clear.home(&"reader".into(), &jobs_table()),
        Some(&"other".into())
    );
}

fn jobs_table() -> relift_job::TableName {
    relift_job::TableName::new("curated", "both")
}

#[test]
fn upstream_is_followed_as_far_as_it_goes() {
    let jobs = [
        job("a", &[], &["a"]),
        job("b", &["a"], &["b"]),
        job("c", &["b"], &[]),
        job("d", &[], &["d"]),
    ];
    let found = edges(&jobs, "").with_upstream([JobName::from("c")]);
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        ["a", "b", "c"].map(JobName::from)
    );
}
