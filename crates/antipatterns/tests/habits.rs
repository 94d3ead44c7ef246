//! What is found in the text of a job alone, whether or not it is understood.

use std::collections::{BTreeMap, BTreeSet};

use relift_antipatterns::{JobView, detect};
use relift_diagnostics::SourceFile;
use relift_job::{Job, ModuleKind, Workspace};
use relift_python::syntax;

const SETTINGS: &str = r#"
[workspace]
name = "harbour"
[dates]
first = "2024-10-01"
last = "2024-10-31"
[lake]
root = "lake"
effective_date_column = "as_of"
[portfolio]
jobs = ["jobs"]
python_path = ["externals"]
"#;

/// `modules` are JSON; an External module calls `python`.
fn found(modules: &str, python: &str) -> Vec<String> {
    let settings = SourceFile::new("relift.toml", SETTINGS);
    let workspace = Workspace::parse(&settings).expect("settings");
    let text = format!(
        r#"{{"jobName": "berths", "modules": [
{modules},
{{"type": "DataFrameWriter", "source": "out", "targetTable": "out", "writeMode": "Overwrite"}}]}}"#
    );
    let configuration = SourceFile::new("jobs/berths.json", &text);
    let job = Job::parse(&configuration, &workspace).expect("a job");
    let mut externals = BTreeMap::new();
    for (index, module) in job.modules.iter().enumerate() {
        if matches!(module.kind, ModuleKind::External(_)) {
            let source = SourceFile::new("externals/berths.py", python);
            externals.insert(index, syntax::parse(&source).expect("Python"));
        }
    }
    let tables = BTreeSet::from(["ships".to_owned(), "tides".to_owned()]);
    detect(&JobView {
        job: &job,
        flow: None,
        lifted: None,
        configuration: &configuration,
        externals: &externals,
        siblings: &BTreeMap::new(),
        tables: &tables,
        effective_date_column: "as_of",
        refusals: &[],
    })
    .into_iter()
    .map(|finding| {
        let place = finding
            .span
            .map(|span| span.to_string())
            .unwrap_or_default();
        format!("{} {place}: {}", finding.code, finding.message)
    })
    .collect()
}

fn source(name: &str, table: &str, dates: &str) -> String {
    format!(
        r#"{{"type": "DataSourcing", "resultName": "{name}", "schema": "harbour", "table": "{table}", "columns": ["a"]{dates}}}"#
    )
}

fn query(sql: &str) -> String {
    format!(r#"{{"type": "Transformation", "resultName": "out", "sql": "{sql}"}}"#)
}

const EXTERNAL: &str = r#"{"type": "External", "module": "berths.py"}"#;

#[test]
fn different_stand_ins_are_found_across_sql_and_python() {
    let modules = [
        source("s", "ships", ""),
        query("SELECT COALESCE(flag, 'none') AS flag FROM s"),
        EXTERNAL.to_owned(),
    ]
    .join(",\n");
    let python = "def execute(state):\n    x = state['out']\n    y = x['flag'].fillna('n/a')\n    return state\n";
    assert_eq!(
        found(&modules, python),
        [
            "AP5 jobs/berths.json:3: a missing \"flag\" is \"none\" here, \"n/a\" at externals/berths.py:3",
            "AP5 externals/berths.py:3: a missing \"flag\" is \"n/a\" here, \"none\" at jobs/berths.json:3",
        ]
    );
}

#[test]
fn one_stand_in_written_in_two_ways_is_one() {
    let modules = [source("s", "ships", ""), EXTERNAL.to_owned()].join(",\n");
    let python = "def execute(state):\n    s = state['s']\n    a = s['n'].fillna(0)\n    b = s['n'].fillna(0.0)\n    return state\n";
    assert_eq!(found(&modules, python), [""; 0]);
}

#[test]
fn bare_numbers_are_one_finding_per_function_and_query() {
    let modules = [
        source("s", "ships", ""),
        query("SELECT a FROM s WHERE a > 12"),
        EXTERNAL.to_owned(),
    ]
    .join(",\n");
    let python = "def size(n):\n    if n > 300:\n        return 'big'\n    return n * 0.5\n\ndef execute(state):\n    return state\n";
    assert_eq!(
        found(&modules, python),
        [
            "AP7 jobs/berths.json:3: 12 has no name",
            "AP7 externals/berths.py:2-4: 300, 0.5 have no name",
        ]
    );
}

#[test]
fn dates_read_and_filtered_away_are_found_and_a_used_range_is_not() {
    let filtered = [
        source("s", "ships", r#", "lookbackDays": 6"#),
        source("t", "berths", r#", "lookbackDays": 6"#),
        EXTERNAL.to_owned(),
    ]
    .join(",\n");
    let python = "def execute(state):\n    s = state['s']\n    state['out'] = s[s['as_of'] == s['as_of'].max()]\n    return state\n";
    assert_eq!(
        found(&filtered, python),
        [
            "AP1 jobs/berths.json:3: frame \"t\" is read from harbour.berths and no output needs it",
            "AP10 jobs/berths.json:2: frame \"s\" holds 7 dates of harbour.ships, and rows are chosen by \"as_of\" later",
        ]
    );
    let used = python.replace("s[s['as_of'] == s['as_of'].max()]", "s");
    assert!(
        !found(&filtered, &used)
            .iter()
            .any(|line| line.starts_with("AP10"))
    );
}

#[test]
fn names_that_say_something_else_are_found() {
    let modules = [
        source("tides", "ships", ""),
        source("ships_today", "ships", r#", "lookbackDays": 2"#),
        query(
            "SELECT SUM(quantity) AS total_price, MAX(fee) AS highest_fee FROM tides, ships_today",
        ),
    ]
    .join(",\n");
    assert_eq!(
        found(&modules, ""),
        [
            "AP9 jobs/berths.json:2: frame \"tides\" is named after a table and holds ships",
            "AP9 jobs/berths.json:3: frame \"ships_today\" is named after one day and holds several",
            "AP9 jobs/berths.json:4: \"total_price\" promises money and is a quantity, \"quantity\"",
        ]
    );
}

#[test]
fn a_frame_may_be_used_when_keys_are_made_at_run_time() {
    let modules = [source("t1", "ships", ""), EXTERNAL.to_owned()].join(",\n");
    let python = "def execute(state):\n    for n in (1, 2):\n        x = state['t' + str(n)]\n    return state\n";
    assert_eq!(found(&modules, python), [""; 0]);
}

#[test]
fn what_feeds_only_a_frame_nobody_uses_is_unused_too() {
    let modules = [
        source("s", "ships", ""),
        source("t", "tides", ""),
        r#"{"type": "Transformation", "resultName": "spare", "sql": "SELECT a FROM t"}"#.to_owned(),
        EXTERNAL.to_owned(),
    ]
    .join(",\n");
    let python = "def execute(state):\n    state['extra'] = state['s'].copy()\n    state['out'] = state['s']\n    return state\n";
    assert_eq!(
        found(&modules, python),
        [
            "AP1 jobs/berths.json:3: frame \"t\" is read from harbour.tides and no output needs it",
            "AP11 jobs/berths.json:4: frame \"spare\" is computed and no output needs it",
            "AP11 externals/berths.py:2: frame \"extra\" is computed and no output needs it",
        ]
    );
}
