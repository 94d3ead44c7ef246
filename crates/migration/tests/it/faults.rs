//! Broken input: each fault is told with its place and the way out, and stops nobody else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use relift_job::{EffectiveDate, Side};
use relift_platform::control::RunStatus;

use crate::typed_csv::TypedCsv;
use crate::workspace::{Place, all};

const SOURCE: &str = r#"{"type": "DataSourcing", "resultName": "pets", "schema": "zoo", "table": "pets", "columns": ["pet", "legs"]}"#;

fn job(name: &str, source: &str, middle: &str, frame: &str) -> String {
    format!(
        r#"{{
  "jobName": "{name}",
  "modules": [
    {source},
    {middle}
    {{"type": "DataFrameWriter", "source": "{frame}", "targetTable": "{name}", "writeMode": "Append"}}
  ]
}}"#
    )
}

fn external(file: &str) -> String {
    format!(r#"{{"type": "External", "module": "{file}"}},"#)
}

fn zoo() -> Place {
    let place = Place::new("2024-10-01", "2024-10-02", "run_seconds_max = 2");
    let pets =
        "pet:string,legs:int,as_of:date\ncat,4,2024-10-01\nsnake,0,2024-10-01\nant,6,2024-10-02\n";
    let tables = ["pets", "torn"].map(|name| (name.to_owned(), TypedCsv::parse(pets)));
    place.import("zoo", &BTreeMap::from(tables));

    place.write(
        "jobs/good.json",
        &job("good", SOURCE, &external("good.py"), "counted"),
    );
    place.write(
        "externals/good.py",
        "import pandas as pd\n\n\ndef execute(state):\n    n = 0\n    for p in state['pets'].itertuples():\n        n += p.legs\n    \
         state['counted'] = pd.DataFrame([{'legs': n}])\n    return state\n",
    );
    place.write(
        "jobs/malformed.json",
        "{\"jobName\": \"malformed\",\n  \"modules\": [\n",
    );
    let wrong = SOURCE.replace("DataSourcing", "DataSorcing");
    place.write(
        "jobs/unknown_type.json",
        &job("unknown_type", &wrong, "", "pets"),
    );
    let wrong = SOURCE.replace("resultName", "resultname");
    place.write(
        "jobs/unknown_key.json",
        &job("unknown_key", &wrong, "", "pets"),
    );
    let wrong = SOURCE.replace("\"table\": \"pets\"", "\"table\": \"cats\"");
    place.write(
        "jobs/missing_table.json",
        &job("missing_table", &wrong, "", "pets"),
    );
    let wrong = SOURCE.replace("\"legs\"", "\"wings\"");
    place.write(
        "jobs/missing_column.json",
        &job("missing_column", &wrong, "", "pets"),
    );
    let torn = SOURCE.replace("\"table\": \"pets\"", "\"table\": \"torn\"");
    place.write(
        "jobs/torn.json",
        &job("torn", &torn, &external("good.py"), "counted"),
    );
    place.write(
        "jobs/syntax.json",
        &job("syntax", SOURCE, &external("syntax.py"), "pets"),
    );
    place.write(
        "externals/syntax.py",
        "def execute(state):\n    return state\n\n\ndef broken(:\n    pass\n",
    );
    place.write(
        "jobs/raises.json",
        &job("raises", SOURCE, &external("raises.py"), "shares"),
    );
    place.write(
        "externals/raises.py",
        "import pandas as pd\n\n\ndef execute(state):\n    rows = []\n    for p in state['pets'].to_dict('records'):\n        \
         rows.append({'pet': p['pet'], 'share': 12 / p['legs']})\n    \
         state['shares'] = pd.DataFrame(rows, columns=['pet', 'share'])\n    return state\n",
    );
    place.write(
        "jobs/endless.json",
        &job("endless", SOURCE, &external("endless.py"), "pets"),
    );
    place.write(
        "externals/endless.py",
        "def execute(state):\n    while True:\n        pass\n",
    );
    place
}

/// The Parquet files of a lake table.
fn data_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a table") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(data_files(&path));
        } else if path
            .extension()
            .is_some_and(|extension| extension == "parquet")
        {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_broken_job_is_told_and_stops_no_other() {
    let place = zoo();
    for file in data_files(&place.root().join("lake/zoo/torn")) {
        std::fs::write(file, b"PAR1 this is torn PAR1").expect("written");
    }
    let migration = place.open();
    let (_, summary) = migration.modernise(&all(&migration)).expect("modernised");
    let status: BTreeMap<&str, (&str, &str)> = summary
        .jobs
        .iter()
        .map(|job| {
            (
                job.job.as_str(),
                (
                    job.status.as_str(),
                    job.cause.as_deref().unwrap_or_default(),
                ),
            )
        })
        .collect();
    assert!(summary.conserved && status.len() == 10, "{status:?}");
    assert_eq!(status["good"], ("done", ""));
    let mut untold = Vec::new();
    let mut told = |job: &str, words: &[&str]| {
        let (end, cause) = status[job];
        if end == "done" || words.iter().any(|word| !cause.contains(word)) {
            untold.push(format!(
                "{job} ends {end}: {cause}\nand should say {words:?}"
            ));
        }
    };
    told("malformed", &["jobs/malformed.json:2", "hint"]);
    told(
        "unknown_type",
        &[
            "jobs/unknown_type.json:4",
            "modules[0].type",
            "DataSorcing",
            "DataSourcing",
        ],
    );
    told(
        "unknown_key",
        &[
            "jobs/unknown_key.json:4",
            "modules[0]",
            "resultname",
            "resultName",
        ],
    );
    told(
        "missing_table",
        &["jobs/missing_table.json:4", "zoo.cats", "zoo.pets"],
    );
    told(
        "missing_column",
        &[
            "jobs/missing_column.json:4",
            "modules[0].columns[1]",
            "wings",
            "legs",
        ],
    );
    told("syntax", &["externals/syntax.py:5"]);
    told("raises", &[]);
    told("torn", &["torn", ".parquet"]);
    told("endless", &["externals/endless.py:2", "while loop"]);
    assert!(untold.is_empty(), "{}", untold.join("\n"));

    // Every (job, date) has its line, and the good job was committed once per date.
    for job in status.keys() {
        assert_eq!(place.matrix(job).len(), 2, "{job}");
    }
    let commits = || {
        let tables = ["curated", "double_secret_curated"]
            .map(|zone| format!("output/{zone}/good/_delta_log"));
        tables.map(|log| place.files(&log).len())
    };
    let before = commits();
    assert!(before.iter().all(|commits| *commits > 0), "{before:?}");
    drop(migration);
    let migration = place.open();
    migration
        .modernise(&all(&migration))
        .expect("modernised again");
    assert_eq!(before, commits());

    let dates = migration.project().workspace.dates;
    let runs = |job: &str| {
        migration
            .run(&[job.into()], dates, Side::Legacy)
            .expect("runs")
    };
    let found = runs("raises");
    assert_eq!(
        [found[0].status, found[1].status],
        [RunStatus::Failed, RunStatus::Succeeded]
    );
    let error = found[0].error.as_deref().expect("an error");
    assert!(
        error.contains("raises.py") && error.contains(":7:") && error.contains("ZeroDivisionError"),
        "{error}"
    );
    let found = runs("endless");
    assert_eq!(
        [found[0].status, found[1].status],
        [RunStatus::Failed, RunStatus::Failed]
    );
    let error = found[0].error.as_deref().expect("an error");
    assert!(
        error.contains("2 seconds") && error.contains("run_seconds_max"),
        "{error}"
    );

    let early = EffectiveDate::parse("2024-09-30");
    let error = migration
        .project()
        .dates(early, None)
        .expect_err("outside")
        .to_string();
    assert!(
        error.contains("2024-09-30") && error.contains("2024-10-01 .. 2024-10-02"),
        "{error}"
    );
    assert!(error.contains("relift.toml"), "{error}");
}
