//! The 22 queries of TPC-H as legacy jobs: written as loops over records and with pandas, lifted, run on both
//! sides, compared, and checked against the benchmark's own SQL.
//!
//! `cargo xtask tpch --scale 0.01` calls it. A job that is not lifted is listed with the reason; a job whose
//! rewrite differs, or whose answer is not the benchmark's, makes the run fail. Called without a scale, as a
//! test run does, it only generates a little and asks the benchmark's queries.

mod answers;
mod tables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use relift_governance::CellStatus;
use relift_job::{JobName, Side};
use relift_migration::{Migration, Overview, Settings, Silent};
use relift_platform::control::{RunFilter, RunStatus};

use answers::{Reference, csv_rows, difference};
use tables::generate;

const DATE: &str = "2024-01-31";

/// Rows of `lineitem` at scale 1.
const LINES: f64 = 6_001_215.0;

fn main() {
    let options = Options::parse(std::env::args().skip(1));
    let Some(scale) = options.scale else {
        ask_the_benchmark(0.001);
        return;
    };
    let folder = options
        .folder
        .clone()
        .unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tpch-{scale}")));
    let rows = compared(&folder, scale, &options);
    if !print(&rows) {
        std::process::exit(1);
    }
}

/// What the command line says.
#[derive(Default)]
struct Options {
    scale: Option<f64>,
    folder: Option<PathBuf>,
    /// Jobs whose names begin with one of these; all when empty.
    only: Vec<String>,
}

impl Options {
    fn parse(mut words: impl Iterator<Item = String>) -> Self {
        let mut options = Self::default();
        while let Some(word) = words.next() {
            let mut value = || {
                words
                    .next()
                    .unwrap_or_else(|| panic!("{word} wants a value"))
            };
            match word.as_str() {
                "--scale" => options.scale = Some(value().parse().expect("a number")),
                "--rows" => {
                    let rows: f64 = value().parse().expect("a number of lines");
                    options.scale = Some(rows / LINES);
                }
                "--dir" => options.folder = Some(PathBuf::from(value())),
                "--only" => options.only.push(value()),
                // What the harness adds.
                "--bench" | "--test" => {}
                other => panic!("{other} is not understood: --scale, --rows, --dir, --only"),
            }
        }
        options
    }
}

fn portfolio() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tpch")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn query(number: &str) -> String {
    read(&portfolio().join("sql").join(format!("{number}.sql")))
}

/// Checks that generator and queries are sound, without jobs.
fn ask_the_benchmark(scale: f64) {
    let reference = Reference::new(&generate(scale));
    for number in 1..=22 {
        let name = format!("q{number:02}");
        if let Err(error) = reference.rows(&query(&name)) {
            panic!("{name}: {error}");
        }
    }
}

/// One line of the table.
struct Row {
    job: String,
    level: String,
    equal: Equal,
    /// What is wrong with the legacy answer.
    answer: Option<String>,
    rows: u64,
    legacy: Option<f64>,
    rewritten: Option<f64>,
    reason: String,
}

enum Equal {
    Yes,
    No,
    Refused,
}

fn compared(folder: &Path, scale: f64, options: &Options) -> Vec<Row> {
    let tables = generate(scale);
    let lines = tables.iter().map(tables::Table::rows).max().unwrap_or(0);
    say(&format!(
        "scale {scale}: {lines} lines, in {}",
        folder.display()
    ));
    prepare(folder, &options.only);
    for table in &tables {
        let date = folder
            .join("import")
            .join(table.name)
            .join(format!("as_of={DATE}"));
        table.write_parquet(&date.join("part.parquet"));
    }
    let settings = Settings {
        workers: Some(1),
        python: None,
        cache: std::env::var_os("RELIFT_CACHE").map(PathBuf::from),
        again: false,
    };
    let migration =
        Migration::open(folder, settings, &Silent).unwrap_or_else(|error| panic!("{error}"));
    migration
        .import_lake("tpch", &folder.join("import"))
        .unwrap_or_else(|error| panic!("{error}"));
    let broken = migration.broken_selected();
    assert!(broken.is_empty(), "{broken:?}");
    let jobs = migration.project().select(&[]).expect("jobs");
    let dates = migration.project().workspace.dates;

    let scans = migration.scan(&jobs).expect("scanned");
    let legacy = migration.run(&jobs, dates, Side::Legacy).expect("legacy");
    let standings = migration.lift(&jobs).expect("lifted");
    let causes: BTreeMap<JobName, String> = standings
        .into_iter()
        .filter_map(|standing| Some((standing.job, standing.cause?)))
        .collect();
    let lifted: Vec<JobName> = scans
        .iter()
        .filter(|scan| scan.level.is_some() && !causes.contains_key(&scan.job))
        .map(|scan| scan.job.clone())
        .collect();
    let rewritten = migration.run(&lifted, dates, Side::Rewrite).expect("run");
    let cells = migration.reconcile(&lifted, dates).expect("compared");

    let reference = Reference::new(&tables);
    let mut rows = Vec::new();
    for scan in scans {
        let name = scan.job.as_str();
        let run = legacy.iter().find(|run| run.job == scan.job);
        let answer = match run {
            Some(run) if run.status == RunStatus::Succeeded => {
                let file = format!("output/curated/{name}/result/{DATE}/result.csv");
                let expected = reference.rows(&query(&name[..3]));
                expected.map_or_else(Some, |expected| {
                    difference(&csv_rows(&read(&folder.join(file))), &expected)
                })
            }
            Some(run) => Some(format!(
                "the legacy job failed: {}",
                run.error.as_deref().unwrap_or_default()
            )),
            None => Some("the legacy job did not run".to_owned()),
        };
        let cell = cells.iter().find(|cell| cell.compared.job == name);
        let failed = rewritten
            .iter()
            .find(|run| run.job == scan.job)
            .and_then(|run| run.error.clone());
        let (equal, reason) = match cell {
            Some(cell) if cell.compared.status == CellStatus::Pass => (Equal::Yes, String::new()),
            Some(cell) => {
                let cause = failed.or_else(|| cell.compared.cause.clone());
                (Equal::No, cause.unwrap_or_default())
            }
            None if lifted.contains(&scan.job) => (
                Equal::No,
                failed.unwrap_or_else(|| "not compared".to_owned()),
            ),
            None => {
                let cause = causes.get(&scan.job).cloned().unwrap_or_default();
                let reason = scan.problems.first().cloned().unwrap_or(cause);
                (Equal::Refused, reason)
            }
        };
        rows.push(Row {
            job: name.to_owned(),
            level: scan.level.clone().unwrap_or_else(|| "none".to_owned()),
            equal,
            answer,
            rows: run.and_then(|run| run.rows).unwrap_or(0),
            legacy: seconds(folder, &scan.job, Side::Legacy),
            rewritten: seconds(folder, &scan.job, Side::Rewrite),
            reason,
        });
    }
    rows
}

/// Writes a workspace that holds the jobs and nothing else.
fn prepare(folder: &Path, only: &[String]) {
    if folder.exists() {
        assert!(
            folder.join("relift.toml").is_file(),
            "{} is not a workspace of an earlier run",
            folder.display()
        );
        std::fs::remove_dir_all(folder).expect("removed");
    }
    let jobs = folder.join("jobs");
    std::fs::create_dir_all(&jobs).expect("created");
    let settings = format!(
        "[workspace]\nname = \"tpch\"\n[dates]\nfirst = \"{DATE}\"\nlast = \"{DATE}\"\n[lake]\nroot = \"lake\"\n\
         effective_date_column = \"as_of\"\n[portfolio]\njobs = [\"jobs\"]\npython_path = [\"externals\"]\n\
         [legacy]\nsql_dialect = \"sqlite\"\n[output]\ncurated_schema = \"curated\"\n\
         rewrite_schema = \"double_secret_curated\"\nfiles = \"output\"\n"
    );
    std::fs::write(folder.join("relift.toml"), settings).expect("written");
    let wanted = |name: &str| only.is_empty() || only.iter().any(|start| name.starts_with(start));
    copy(&portfolio().join("jobs"), &jobs, &wanted);
    for style in ["loops", "pandas"] {
        let to = folder.join("externals").join(style);
        std::fs::create_dir_all(&to).expect("created");
        copy(&portfolio().join(style), &to, &|_| true);
    }
}

fn copy(from: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool) {
    let entries =
        std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    for entry in entries {
        let name = entry.expect("an entry").file_name();
        if wanted(&name.to_string_lossy()) {
            std::fs::copy(from.join(&name), to.join(&name)).expect("copied");
        }
    }
}

/// How long the last run of a side took.
fn seconds(folder: &Path, job: &JobName, side: Side) -> Option<f64> {
    let overview = Overview::open(folder).expect("the workspace just used");
    let filter = RunFilter {
        job: Some(job.clone()),
        side: Some(side),
        limit: Some(1),
        ..RunFilter::default()
    };
    let run = overview.history(&filter).expect("its history").pop()?;
    let ended = run.ended_at?;
    Some(ended.duration_since(run.started_at).as_secs_f64())
}

/// Prints the table; whether everything that was lifted is equal and every answer right.
fn print(rows: &[Row]) -> bool {
    say("query  style   level               equal    answer  rows   legacy s  rewritten s  ratio");
    let mut ratios = Vec::new();
    let mut sound = true;
    let shown = |seconds: Option<f64>| seconds.map_or("-".to_owned(), |s| format!("{s:.3}"));
    for row in rows {
        let (query, style) = row.job.split_once('_').unwrap_or((&row.job, ""));
        let equal = match row.equal {
            Equal::Yes => "yes",
            Equal::No => "NO",
            Equal::Refused => "refused",
        };
        let ratio = match (row.legacy, row.rewritten) {
            (Some(legacy), Some(rewritten)) if matches!(row.equal, Equal::Yes) => {
                ratios.push(legacy / rewritten);
                format!("{:.2}", legacy / rewritten)
            }
            _ => "-".to_owned(),
        };
        let answer = if row.answer.is_none() {
            "right"
        } else {
            "WRONG"
        };
        say(&format!(
            "{query:6} {style:7} {:19} {equal:8} {answer:7} {:6} {:>8} {:>12} {ratio:>6}  {}",
            row.level,
            row.rows,
            shown(row.legacy),
            shown(row.rewritten),
            row.reason.lines().next().unwrap_or_default(),
        ));
        if let Some(answer) = &row.answer {
            say(&format!("       {answer}"));
        }
        sound &= row.answer.is_none() && !matches!(row.equal, Equal::No);
    }
    let count = |wanted: fn(&Equal) -> bool| rows.iter().filter(|row| wanted(&row.equal)).count();
    ratios.sort_by(f64::total_cmp);
    say(&format!(
        "{} jobs: {} equal, {} different, {} refused; median ratio {}",
        rows.len(),
        count(|equal| matches!(equal, Equal::Yes)),
        count(|equal| matches!(equal, Equal::No)),
        count(|equal| matches!(equal, Equal::Refused)),
        ratios
            .get(ratios.len() / 2)
            .map_or("-".to_owned(), |ratio| format!("{ratio:.2}")),
    ));
    sound
}

#[expect(clippy::print_stdout, reason = "the table is the result")]
fn say(line: &str) {
    println!("{line}");
}
