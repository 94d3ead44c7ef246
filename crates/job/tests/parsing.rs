//! Reading of workspaces, jobs, dependencies and rewritten jobs, and what is said about bad ones.

use relift_diagnostics::{Diagnostic, SourceFile};
use relift_job::{
    DateMode, Dependencies, DependencyWhen, EffectiveDate, Isolation, Job, ModuleKind,
    RewrittenJob, Side, SourceOrigin, Workspace, WriteMode,
};

fn workspace() -> Workspace {
    let text = Workspace::initial_text("october", dates());
    Workspace::parse(&SourceFile::new("relift.toml", &text)).expect("the initial text is valid")
}

fn dates() -> relift_job::DateRange {
    let day = |text| EffectiveDate::parse(text).expect("a date");
    relift_job::DateRange {
        first: day("2024-10-01"),
        last: day("2024-10-31"),
    }
}

fn job(text: &str) -> Result<Job, Vec<Diagnostic>> {
    Job::parse(&SourceFile::new("jobs/a.json", text), &workspace())
}

fn problems(result: Result<Job, Vec<Diagnostic>>) -> String {
    let diagnostics = result.expect_err("the job is bad");
    diagnostics
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

const GOOD: &str = r#"{
  "jobName": "late",
  "firstEffectiveDate": "2024-10-01",
  "modules": [
    {"type": "DataSourcing", "resultName": "orders", "schema": "market", "table": "orders",
     "columns": ["order_id", "status"], "additionalFilter": "status <> 'x'", "lookbackDays": 3},
    {"type": "Transformation", "resultName": "out", "sql": "SELECT \"é\" ,\n\u00e9 \ud83d\ude00 FROM orders"},
    {"type": "CsvFileWriter", "source": "out", "outputDirectory": "Output/curated", "jobDirName": "late",
     "outputTableDirName": "late_orders", "fileName": "late.csv", "writeMode": "Append",
     "trailerFormat": "TRAILER|{row_count}", "lineEnding": "CRLF"}
  ]
}
"#;

#[test]
fn a_job_keeps_its_places() {
    let source = SourceFile::new("jobs/a.json", GOOD);
    let job = Job::parse(&source, &workspace()).expect("a good job");
    assert_eq!(job.modules.len(), 3);
    let ModuleKind::DataSourcing(sourcing) = &job.modules[0].kind else {
        panic!("a source")
    };
    assert_eq!(sourcing.dates, DateMode::Lookback(3));
    assert_eq!(source.snippet(&sourcing.column_spans[1]), "\"status\"");
    assert_eq!(job.modules[0].span.to_string(), "jobs/a.json:5-6");
    let ModuleKind::Transformation(step) = &job.modules[1].kind else {
        panic!("a transformation")
    };
    assert_eq!(step.sql, "SELECT \"é\" ,\né 😀 FROM orders");
    assert_eq!(step.sql_offsets.len(), step.sql.len() + 1);
    for (at, c) in step
        .sql
        .char_indices()
        .filter(|(_, c)| c.is_ascii_alphanumeric())
    {
        let offset = step.sql_offsets[at] as usize;
        assert_eq!(GOOD[offset..].chars().next(), Some(c), "byte {at}");
    }
    let from = step.sql.find("FROM").expect("it is there");
    assert!(GOOD[step.sql_offsets[from] as usize..].starts_with("FROM orders"));
    let ModuleKind::CsvFileWriter(writer) = &job.modules[2].kind else {
        panic!("a writer")
    };
    assert!(writer.include_header && writer.mode == WriteMode::Append);
}

#[test]
fn bad_jobs_are_answered_with_place_and_way_out() {
    let text = GOOD
        .replace("\"columns\"", "\"colums\"")
        .replace(
            "\"lookbackDays\": 3",
            "\"lookbackDays\": 3, \"mostRecent\": true",
        )
        .replace("\"Append\"", "\"append\"")
        .replace("\"Transformation\"", "\"Transfromation\"");
    assert_eq!(
        problems(job(&text)),
        "jobs/a.json:6: modules[0].colums: unknown key \"colums\"\n  hint: did you mean \"columns\"? known are type, \
         resultName, schema, table, columns, additionalFilter, minEffectiveDate, maxEffectiveDate, lookbackDays, \
         mostRecentPrior, mostRecent\n\
         jobs/a.json:5: modules[0]: missing key \"columns\"\n\
         jobs/a.json:6: modules[0].mostRecent: more than one date mode: \"lookbackDays\" and \"mostRecent\"\n  \
         hint: keep one of them\n\
         jobs/a.json:7: modules[1].type: unknown module type \"Transfromation\"\n  hint: did you mean \
         \"Transformation\"? known are DataSourcing, Transformation, External, DataFrameWriter, CsvFileWriter, \
         ParquetFileWriter\n\
         jobs/a.json:9: modules[2].writeMode: unknown value \"append\"\n  hint: did you mean \"Append\"? known are \
         Overwrite, Append"
    );
    assert!(problems(job("{\"jobName\": \"a\",}")).contains("jobs/a.json:1: malformed JSON"));
    assert!(problems(job("")).contains("the file is empty"));
    assert!(problems(job("[1]")).contains("expected an object, found a list"));
    assert!(
        problems(job("{\"jobName\": 7, \"modules\": []}"))
            .contains("jobName: expected text, found a whole number")
    );
    assert!(
        problems(job(
            "{\"jobName\": \"a\", \"jobName\": \"b\", \"modules\": []}"
        ))
        .contains("appears twice")
    );
    let text = GOOD.replace("\"source\": \"out\"", "\"source\": \"outt\"");
    assert!(
        problems(job(&text))
            .contains("modules[2].source: no earlier module makes a frame \"outt\"")
    );
    let text = GOOD.replace("\"late_orders\"", "\"../up\"");
    assert!(problems(job(&text)).contains("without separators"));
    let text = GOOD.replace(
        "\"lookbackDays\": 3",
        "\"minEffectiveDate\": \"2024-10-01\"",
    );
    assert!(problems(job(&text)).contains("needs \"maxEffectiveDate\" beside it"));
}

#[test]
fn a_workspace_has_defaults_and_its_errors_have_places() {
    let short = "[workspace]\nname = \"w\"\n[dates]\nfirst = 2024-10-01\nlast = \"2024-10-02\"\n";
    let parsed =
        Workspace::parse(&SourceFile::new("relift.toml", short)).expect("defaults for the rest");
    assert_eq!(
        parsed,
        Workspace {
            name: "w".into(),
            dates: parsed.dates,
            ..workspace_with(parsed.clone())
        }
    );
    assert_eq!(parsed.run_seconds_max, 600);
    assert_eq!(
        (parsed.run_memory_mb_max, parsed.isolation),
        (4096, Isolation::Prefer)
    );
    let strict = format!("{short}[legacy]\nisolation = \"require\"\nrun_memory_mb_max = 64\n");
    let strict = Workspace::parse(&SourceFile::new("relift.toml", &strict)).expect("good");
    assert_eq!(
        (strict.run_memory_mb_max, strict.isolation),
        (64, Isolation::Require)
    );
    let wrong = format!("{short}[legacy]\nisolation = \"required\"\nrun_memory_mb_max = 1\n");
    let problems = Workspace::parse(&SourceFile::new("relift.toml", &wrong)).expect_err("bad");
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(
        text.iter().any(
            |line| line.contains("legacy.isolation: unknown value \"required\"")
                && line.contains("did you mean \"require\"?")
        ),
        "{text:?}"
    );
    assert!(
        text.iter().any(|line| line
            .contains("legacy.run_memory_mb_max: expected a whole number of at least 64")),
        "{text:?}"
    );
    let bad = "[workspace]\nname = 3\n[date]\n[legacy]\nsql_dialect = \"sqlit\"\n";
    let problems = Workspace::parse(&SourceFile::new("relift.toml", bad)).expect_err("bad");
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        text[0],
        "relift.toml:3: date: unknown key \"date\"\n  hint: did you mean \"dates\"? known are workspace, dates, lake, portfolio, legacy, output, sealed, calendar, quality, dictionary"
    );
    assert!(
        text.iter()
            .any(|line| line.contains("missing section [dates]"))
    );
    assert!(
        text.iter()
            .any(|line| line.starts_with("relift.toml:2: workspace.name: expected text"))
    );
    assert!(
        text.iter()
            .any(|line| line.contains("did you mean \"sqlite\"?"))
    );
    let broken =
        Workspace::parse(&SourceFile::new("relift.toml", "[workspace\n")).expect_err("bad");
    assert!(
        broken[0]
            .to_string()
            .starts_with("relift.toml:1: malformed TOML")
    );
}

/// The initial text spells the defaults out; a workspace without them must be the same.
fn workspace_with(parsed: Workspace) -> Workspace {
    Workspace {
        name: parsed.name,
        dates: parsed.dates,
        ..workspace()
    }
}

#[test]
fn dependencies_are_read() {
    let text = "[[dependency]]\njob = \"b\"\nneeds = \"a\"\nwhen = \"latest\"\n[[dependency]]\njob = \"c\"\nneeds = \"b\"\n";
    let read = Dependencies::parse(&SourceFile::new("dependencies.toml", text)).expect("good");
    assert_eq!(read.edges[0].when, DependencyWhen::Latest);
    assert_eq!(read.edges[1].when, DependencyWhen::SameDay);
    let own = Dependencies::parse(&SourceFile::new(
        "d.toml",
        "[[dependency]]\njob = \"b\"\nneeds = \"b\"\n",
    ));
    assert!(
        own.expect_err("bad")[0]
            .message
            .contains("cannot need itself")
    );
}

#[test]
fn a_rewritten_job_prints_and_parses() {
    let text = r#"{"schema_version": 1, "jobName": "late", "modules": [
        {"type": "DataSourcing", "resultName": "o", "schema": "market", "table": "orders", "columns": ["a"], "rowNumber": "row_no", "mostRecent": true, "types": {"a": "decimal(12,2)"}},
        {"type": "DataSourcing", "resultName": "c", "curated": {"job": "clean", "table": "clean_orders"}, "columns": ["x"]},
        {"type": "DataSourcing", "resultName": "k", "curated": {"job": "kept", "table": "totals", "side": "legacy"}, "columns": ["x"]},
        {"type": "Guard", "name": "unique", "sqlFile": {"datafusion": "guard_1.sql"}, "obligation": "a is unique"},
        {"type": "Transformation", "resultName": "out", "sqlFile": {"datafusion": "out.sql"}, "columns": [{"name": "a", "type": "decimal(12,2)"}, {"name": "b", "type": "timestamp"}]},
        {"type": "DataFrameWriter", "source": "out", "targetTable": "t", "writeMode": "Overwrite"},
        {"type": "CsvFileWriter", "source": "out", "outputDirectory": "o", "jobDirName": "j", "outputTableDirName": "t", "fileName": "f.csv", "writeMode": "Append", "trailerFormat": "T|{total}", "trailerSource": "totals"},
        {"type": "ParquetFileWriter", "source": "out", "outputDirectory": "o", "jobDirName": "j", "outputTableDirName": "t", "fileName": "f", "writeMode": "Overwrite", "numParts": 3},
        {"type": "LegacyModules", "configuration": "jobs/late.json", "modules": [{"module": 0}, {"module": 2, "given": "out"}, {"module": 3, "unchanged": ["o"]}]}
    ]}"#;
    let read = RewrittenJob::parse(&SourceFile::new("job.json", text)).expect("good");
    assert_eq!(
        read.sql_files("datafusion").collect::<Vec<_>>(),
        ["guard_1.sql", "out.sql"]
    );
    let relift_job::RewrittenModule::DataSourcing(source) = &read.modules[1] else {
        panic!("a source")
    };
    assert!(
        matches!(&source.origin, SourceOrigin::Curated { job, side: Side::Rewrite, .. } if job.as_str() == "clean")
    );
    let relift_job::RewrittenModule::DataSourcing(source) = &read.modules[2] else {
        panic!("a source")
    };
    assert!(
        matches!(&source.origin, SourceOrigin::Curated { job, side: Side::Legacy, .. } if job.as_str() == "kept")
    );
    let again = RewrittenJob::parse(&SourceFile::new("job.json", &read.to_json()))
        .expect("printed jobs are good");
    assert_eq!(again, read);
    let bad = text
        .replace("decimal(12,2)", "decimal(99,2)")
        .replace("\"schema_version\": 1", "\"schema_version\": 9")
        .replace("\"side\": \"legacy\"", "\"side\": \"left\"");
    let problems = RewrittenJob::parse(&SourceFile::new("job.json", &bad)).expect_err("bad");
    assert_eq!(problems.len(), 4);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parsers_panic(text in "[\\[\\]{}:,\"a-z0-9\\\\u\n .=-]{0,60}") {
        let source = SourceFile::new("x", &text);
        let _ = Job::parse(&source, &workspace());
        let _ = Workspace::parse(&source);
        let _ = Dependencies::parse(&source);
        let _ = RewrittenJob::parse(&source);
    }
}

#[test]
fn the_demonstration_portfolio_parses() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../portfolio");
    let read =
        |path: &std::path::Path| std::fs::read_to_string(path).expect("a file of the portfolio");
    let settings = SourceFile::new("relift.toml", &read(&root.join("relift.toml")));
    let workspace = Workspace::parse(&settings).expect("its settings");
    let mut jobs = 0;
    for entry in std::fs::read_dir(root.join("jobs")).expect("its jobs") {
        let path = entry.expect("an entry").path();
        let name = format!(
            "jobs/{}",
            path.file_name().expect("a name").to_string_lossy()
        );
        let parsed = Job::parse(&SourceFile::new(&name, &read(&path)), &workspace);
        jobs += usize::from(
            parsed
                .map_err(|problems| problems[0].to_string())
                .is_ok_and(|job| !job.modules.is_empty()),
        );
    }
    assert!(jobs >= 8, "{jobs} jobs parse");
}

#[test]
fn a_declared_job_that_does_not_exist_is_named_with_the_nearest() {
    let text = "[[dependency]]\njob = \"late\"\nneeds = \"clen_orders\"\n";
    let read = Dependencies::parse(&SourceFile::new("dependencies.toml", text)).expect("good");
    let known = ["late", "clean_orders"].map(Into::into).into();
    let told: Vec<String> = read
        .unknown_jobs(&known)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "dependencies.toml:3: dependency[0].needs: there is no job \"clen_orders\"\n  hint: did you mean \"clean_orders\"?"
        ]
    );
}

#[test]
fn a_dependency_declared_twice_is_told() {
    let text = "[[dependency]]\njob = \"b\"\nneeds = \"a\"\n[[dependency]]\njob = \"b\"\nneeds = \"a\"\nwhen = \"latest\"\n";
    let twice = Dependencies::parse(&SourceFile::new("dependencies.toml", text));
    let told = twice.expect_err("it is declared twice")[0].to_string();
    assert!(told.contains("declared twice"), "{told}");
}
