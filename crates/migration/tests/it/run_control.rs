//! Runs of jobs that need each other: order, what is read, failures upstream, repetition, history and logs.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use relift_job::{DateRange, EffectiveDate, JobName, Side};
use relift_migration::{
    End, Migration, MigrationError, Overview, Reprocess, RunResult, RunStanding, Settings, Silent,
    Why, compressed,
};
use relift_platform::control::{RunFilter, RunStatus};

use crate::typed_csv::TypedCsv;
use crate::workspace::{Place, all, settings};

const KILLED_CHILD: &str = "RELIFT_TEST_KILLED_RUN";

pub(crate) const PETS: &str = r#"{"type": "DataSourcing", "resultName": "pets", "schema": "zoo", "table": "pets", "columns": ["pet", "legs"]}"#;

pub(crate) fn job(name: &str, modules: &[&str]) -> String {
    format!(
        "{{\"jobName\": \"{name}\", \"modules\": [\n  {}\n]}}\n",
        modules.join(",\n  ")
    )
}

pub(crate) fn sql(result: &str, sql: &str) -> String {
    format!(r#"{{"type": "Transformation", "resultName": "{result}", "sql": "{sql}"}}"#)
}

pub(crate) fn table(source: &str, table: &str, mode: &str) -> String {
    format!(
        r#"{{"type": "DataFrameWriter", "source": "{source}", "targetTable": "{table}", "writeMode": "{mode}"}}"#
    )
}

pub(crate) fn csv(source: &str, name: &str) -> String {
    format!(
        r#"{{"type": "CsvFileWriter", "source": "{source}", "outputDirectory": "Output/curated", "jobDirName": "{name}", "outputTableDirName": "{name}", "fileName": "{name}.csv", "writeMode": "Overwrite"}}"#
    )
}

fn curated(table: &str, columns: &str) -> String {
    format!(
        r#"{{"type": "DataSourcing", "resultName": "{table}", "schema": "curated", "table": "{table}", "columns": [{columns}]}}"#
    )
}

/// Three days of pets; `walkers` keeps those with legs, `a_report` counts what it kept.
pub(crate) fn zoo(more: &str) -> Place {
    let place = Place::new("2024-10-01", "2024-10-03", more);
    let pets = "pet:string,legs:int,as_of:date\ncat,4,2024-10-01\nsnake,0,2024-10-01\nant,6,2024-10-02\nfly,6,2024-10-02\n\
                dog,4,2024-10-03\n";
    place.import(
        "zoo",
        &BTreeMap::from([("pets".to_owned(), TypedCsv::parse(pets))]),
    );
    let keep = sql("walkers", "SELECT pet, legs FROM pets WHERE legs > 0");
    place.write(
        "jobs/walkers.json",
        &job(
            "walkers",
            &[PETS, &keep, &table("walkers", "walkers", "Overwrite")],
        ),
    );
    let read = curated("walkers", "\"pet\", \"legs\"");
    let count = sql(
        "n",
        "SELECT count(*) AS pets, sum(legs) AS legs FROM walkers",
    );
    place.write(
        "jobs/a_report.json",
        &job("a_report", &[&read, &count, &csv("n", "a_report")]),
    );
    place
}

fn day(text: &str) -> EffectiveDate {
    EffectiveDate::parse(text).expect("a date")
}

fn range(first: &str, last: &str) -> DateRange {
    DateRange {
        first: day(first),
        last: day(last),
    }
}

fn legacy(migration: &Migration<'_>, reprocess: Reprocess) -> Vec<RunResult> {
    let dates = migration.project().workspace.dates;
    let plan = migration
        .plan(&all(migration), dates, Side::Legacy, reprocess)
        .expect("a plan");
    migration
        .perform(&plan)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn result<'r>(runs: &'r [RunResult], job: &str, date: &str) -> &'r RunResult {
    runs.iter()
        .find(|run| run.job.as_str() == job && run.date == day(date))
        .expect("it was run")
}

fn report(place: &Place, date: &str) -> String {
    place.read(&format!(
        "output/curated/a_report/a_report/{date}/a_report.csv"
    ))
}

#[test]
fn a_job_reads_what_another_wrote_on_its_date() {
    let place = zoo("");
    let migration = place.open();
    let dates = migration.project().workspace.dates;
    let plan = migration
        .plan(&all(&migration), dates, Side::Legacy, Reprocess::Missing)
        .expect("a plan");
    let order: Vec<&str> = plan.jobs.iter().map(|job| job.job.as_str()).collect();
    assert_eq!(order, ["walkers", "a_report"]);
    assert_eq!(plan.undeclared.len(), 1);
    assert_eq!(
        plan.undeclared[0].declaration(),
        "[[dependency]]\njob = \"a_report\"\nneeds = \"walkers\"\nwhen = \"same_day\""
    );
    let runs = migration.perform(&plan).expect("runs");
    assert!(
        runs.iter().all(|run| run.status == RunStatus::Succeeded),
        "{runs:?}"
    );
    // Later dates have overwritten the table; each report still counts its own date.
    assert_eq!(
        report(&place, "2024-10-01"),
        "pets,legs,etl_effective_date\n1,4,2024-10-01\n"
    );
    assert_eq!(
        report(&place, "2024-10-02"),
        "pets,legs,etl_effective_date\n2,12,2024-10-02\n"
    );

    let (standings, _) = migration.modernise(&all(&migration)).expect("modernised");
    for standing in &standings {
        assert_eq!(standing.end, Some(End::Done), "{standing:?}");
    }
    assert_eq!(place.matrix("a_report").len(), 3);
    let rewritten = place.read("artifacts/a_report/job.json");
    assert!(rewritten.contains("\"curated\": {"), "{rewritten}");
}

#[test]
fn a_failure_upstream_skips_what_needs_it_on_that_date() {
    let place = zoo("");
    let external = r#"{"type": "External", "module": "walkers.py"}"#;
    place.write(
        "jobs/walkers.json",
        &job(
            "walkers",
            &[PETS, external, &table("walkers", "walkers", "Overwrite")],
        ),
    );
    let code = "def execute(state):\n    walkers = state['pets']\n    if str(state['__etlEffectiveDate']) == '2024-10-02':\n        \
                print('two flies are too many')\n        raise ValueError('too many')\n    \
                state['walkers'] = walkers[['pet', 'legs']]\n    return state\n";
    place.write("externals/walkers.py", code);
    {
        let migration = place.open();
        let runs = legacy(&migration, Reprocess::default());
        let failed = result(&runs, "walkers", "2024-10-02");
        assert_eq!(failed.status, RunStatus::Failed);
        let skipped = result(&runs, "a_report", "2024-10-02");
        assert_eq!(skipped.status, RunStatus::Skipped);
        assert_eq!(
            skipped.error.as_deref(),
            Some("it needs job \"walkers\", whose run of 2024-10-02 failed")
        );
        assert_eq!(
            result(&runs, "a_report", "2024-10-03").status,
            RunStatus::Succeeded
        );
        // What stands in its way is still there, so there is nothing to be tried again.
        let dates = migration.project().workspace.dates;
        let missing = migration
            .plan(&all(&migration), dates, Side::Legacy, Reprocess::Missing)
            .expect("a plan");
        assert_eq!(missing.count(), 0, "{missing:?}");
        let errored = migration
            .plan(
                &all(&migration),
                dates,
                Side::Legacy,
                Reprocess::MissingAndErrored,
            )
            .expect("a plan");
        let planned: Vec<_> = errored
            .jobs
            .iter()
            .map(|job| (job.job.as_str(), job.dates.clone()))
            .collect();
        let only = |why| BTreeMap::from([(day("2024-10-02"), why)]);
        assert_eq!(
            planned,
            [
                ("walkers", only(Why::Errored)),
                ("a_report", only(Why::Missing))
            ]
        );
    }
    let overview = Overview::open(place.root()).expect("a workspace");
    let jobs = overview.project().select(&[]).expect("jobs");
    let status = overview
        .status(&jobs, overview.project().workspace.dates)
        .expect("a status");
    let counts = |job: &str, standing| {
        let job = status.iter().find(|status| status.job.as_str() == job);
        job.expect("it is in scope").sides[0].count(standing)
    };
    assert_eq!(counts("walkers", RunStanding::Failed), 1);
    assert_eq!(counts("a_report", RunStanding::Skipped), 1);
    assert_eq!(counts("a_report", RunStanding::Done), 2);

    let log = |attempt| {
        let log = overview
            .log(&"walkers".into(), day("2024-10-02"), Side::Legacy, attempt)
            .expect("a log");
        (log.attempts, log.text.unwrap_or_default())
    };
    let (_, text) = log(None);
    assert!(text.starts_with("two flies are too many\n"), "{text}");
    assert!(
        text.contains("jobs/walkers.json:3: modules[1] (External)"),
        "{text}"
    );
    assert!(
        text.contains("externals/walkers.py:5: ValueError: too many"),
        "{text}"
    );
    assert!(text.contains("Traceback (most recent call last)"), "{text}");

    // Corrected code makes every run stale; the log of the first attempt stays.
    place.write(
        "externals/walkers.py",
        &code.replace("raise ValueError('too many')", "pass"),
    );
    let migration = place.open();
    let runs = legacy(&migration, Reprocess::Missing);
    assert_eq!(result(&runs, "walkers", "2024-10-01").attempt, 2);
    assert_eq!(
        result(&runs, "walkers", "2024-10-02").status,
        RunStatus::Failed,
        "it was not asked for"
    );
    let runs = legacy(&migration, Reprocess::MissingAndErrored);
    assert!(
        runs.iter().all(|run| run.status == RunStatus::Succeeded),
        "{runs:?}"
    );
    assert_eq!(log(Some(1)).1, text);
    assert_eq!(log(None), (2, "two flies are too many\n".to_owned()));
    let history = overview
        .history(&RunFilter {
            job: Some("a_report".into()),
            date: Some(day("2024-10-02")),
            ..RunFilter::default()
        })
        .expect("a history");
    let told: Vec<_> = history
        .iter()
        .map(|run| (run.attempt, run.status))
        .collect();
    assert_eq!(told, [(2, RunStatus::Succeeded), (1, RunStatus::Skipped)]);
}

#[test]
fn everything_made_again_is_the_same_and_nothing_is_there_twice() {
    let place = zoo("");
    let append = sql("seen", "SELECT pet FROM pets");
    place.write(
        "jobs/seen.json",
        &job("seen", &[PETS, &append, &table("seen", "seen", "Append")]),
    );
    let read = curated("seen", "\"pet\"");
    let count = sql("n", "SELECT count(*) AS pets FROM seen");
    place.write(
        "jobs/so_far.json",
        &job("so_far", &[&read, &count, &csv("n", "so_far")]),
    );
    let migration = place.open();
    let hashes = |runs: &[RunResult]| -> BTreeMap<(String, String), Option<String>> {
        runs.iter()
            .map(|run| {
                let key = (run.job.to_string(), run.date.to_string());
                (key, run.output_hash.clone())
            })
            .collect()
    };
    let first = legacy(&migration, Reprocess::default());
    assert!(
        first.iter().all(|run| run.status == RunStatus::Succeeded),
        "{first:?}"
    );
    let files = place.files("output/curated/so_far");
    let so_far = |date: &str| {
        place
            .read(&format!("output/curated/so_far/so_far/{date}/so_far.csv"))
            .lines()
            .nth(1)
            .map(str::to_owned)
    };
    assert_eq!(so_far("2024-10-01").as_deref(), Some("2,2024-10-01"));
    assert_eq!(so_far("2024-10-03").as_deref(), Some("5,2024-10-03"));
    let again = legacy(&migration, Reprocess::All);
    assert!(again.iter().all(|run| run.attempt == 2), "{again:?}");
    assert_eq!(hashes(&first), hashes(&again));
    // A date that is made again after later ones does not see their rows.
    assert_eq!(files, place.files("output/curated/so_far"));
    let once = migration
        .plan(
            &["seen".into(), "so_far".into()],
            range("2024-10-01", "2024-10-01"),
            Side::Legacy,
            Reprocess::All,
        )
        .expect("a plan");
    let third = migration.perform(&once).expect("runs");
    assert!(third.iter().all(|run| run.attempt == 3), "{third:?}");
    assert_eq!(files, place.files("output/curated/so_far"));
    // Later dates of the reader rest on versions that are still there, so nothing is stale.
    let dates = migration.project().workspace.dates;
    let rest = migration
        .plan(&all(&migration), dates, Side::Legacy, Reprocess::Missing)
        .expect("a plan");
    assert_eq!(rest.count(), 0, "{rest:?}");
}

#[test]
fn the_latest_run_counts_where_that_is_declared() {
    let place = zoo("");
    let settings = place.read("relift.toml").replace(
        "python_path = [\"externals\"]",
        "python_path = [\"externals\"]\ndependencies = \"dependencies.toml\"",
    );
    place.write("relift.toml", &settings);
    let edge = "[[dependency]]\njob = \"a_report\"\nneeds = \"walkers\"\nwhen = \"latest\"\n";
    place.write("dependencies.toml", edge);
    let migration = place.open();
    let run = |jobs: &[JobName], first: &str, last: &str| {
        migration
            .run(jobs, range(first, last), Side::Legacy)
            .unwrap_or_else(|error| panic!("{error}"))
    };
    let reports: [JobName; 1] = ["a_report".into()];
    let early = run(&reports, "2024-10-01", "2024-10-01");
    assert_eq!(
        early[0].error.as_deref(),
        Some("it needs job \"walkers\", which has no run at or before 2024-10-01; select it too")
    );
    run(&["walkers".into()], "2024-10-02", "2024-10-02");
    let late = run(&reports, "2024-10-02", "2024-10-03");
    assert!(
        late.iter().all(|run| run.status == RunStatus::Succeeded),
        "{late:?}"
    );
    assert_eq!(
        report(&place, "2024-10-03"),
        "pets,legs,etl_effective_date\n2,12,2024-10-03\n"
    );
    // A later run of the needed job makes the report stale.
    run(&["walkers".into()], "2024-10-03", "2024-10-03");
    let plan = migration
        .plan(
            &reports,
            range("2024-10-02", "2024-10-03"),
            Side::Legacy,
            Reprocess::Missing,
        )
        .expect("a plan");
    assert_eq!(
        plan.jobs[0].dates,
        BTreeMap::from([(day("2024-10-03"), Why::Stale)])
    );
}

#[test]
fn a_job_reads_its_own_table_as_it_left_it_the_day_before() {
    let place = zoo("");
    let own = curated("total", "\"legs\"");
    let add = sql(
        "total",
        "SELECT (SELECT coalesce(sum(legs), 0) FROM pets) + (SELECT coalesce(max(legs), 0) FROM total) AS legs",
    );
    place.write(
        "jobs/total.json",
        &job(
            "total",
            &[
                PETS,
                &own,
                &add,
                &table("total", "total", "Overwrite"),
                &csv("total", "total"),
            ],
        ),
    );
    let migration = place.open();
    legacy(&migration, Reprocess::default());
    let total = |date: &str| {
        let file = format!("output/curated/total/total/{date}/total.csv");
        place.read(&file).lines().nth(1).map(str::to_owned)
    };
    assert_eq!(total("2024-10-01").as_deref(), Some("4,2024-10-01"));
    assert_eq!(total("2024-10-03").as_deref(), Some("20,2024-10-03"));
    legacy(&migration, Reprocess::All);
    assert_eq!(total("2024-10-03").as_deref(), Some("20,2024-10-03"));
}

#[test]
fn a_reader_of_a_job_that_is_kept_is_kept_with_that_reason() {
    let place = zoo("");
    let external = r#"{"type": "External", "module": "walkers.py"}"#;
    place.write(
        "jobs/walkers.json",
        &job(
            "walkers",
            &[PETS, external, &table("walkers", "walkers", "Overwrite")],
        ),
    );
    place.write(
        "externals/walkers.py",
        "def execute(state):\n    frame = state['pets']\n    exec('kept = frame[[\"pet\", \"legs\"]]', {}, state)\n    \
         state['walkers'] = frame[['pet', 'legs']].copy()\n    state.pop('kept', None)\n    return state\n",
    );
    let migration = place.open();
    let (standings, _) = migration
        .modernise(&["a_report".into()])
        .expect("modernised");
    let standing = |job: &str| {
        let found = standings
            .iter()
            .find(|standing| standing.job.as_str() == job);
        found.expect("in scope").clone()
    };
    assert_eq!(standing("walkers").end, Some(End::Legacy), "{standings:?}");
    let reader = standing("a_report");
    assert_eq!(reader.end, Some(End::Legacy), "{reader:?}");
    let cause = reader.cause.unwrap_or_default();
    assert!(
        cause.contains("it needs the output of job \"walkers\", which is kept legacy"),
        "{cause}"
    );
}

#[test]
fn circles_and_unknown_jobs_are_told_with_their_place() {
    let place = zoo("");
    let read = curated("numbers", "\"pets\"");
    let keep = sql("walkers", "SELECT pet, legs FROM pets");
    place.write(
        "jobs/walkers.json",
        &job(
            "walkers",
            &[
                PETS,
                &read,
                &keep,
                &table("walkers", "walkers", "Overwrite"),
            ],
        ),
    );
    let read = curated("walkers", "\"pet\"");
    let count = sql("n", "SELECT count(*) AS pets FROM walkers");
    place.write(
        "jobs/a_report.json",
        &job(
            "a_report",
            &[&read, &count, &table("n", "numbers", "Overwrite")],
        ),
    );
    place.write(
        "jobs/free.json",
        &job("free", &[PETS, &csv("pets", "free")]),
    );
    {
        let migration = place.open();
        let names: Vec<String> = all(&migration).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["free"]);
        let broken = migration.broken_selected();
        assert_eq!(broken.len(), 2);
        assert!(
            broken[0]
                .1
                .contains("jobs need each other in a circle: a_report -> walkers -> a_report"),
            "{broken:?}"
        );
    }
    let settings = place.read("relift.toml").replace(
        "python_path = [\"externals\"]",
        "python_path = [\"externals\"]\ndependencies = \"dependencies.toml\"",
    );
    place.write("relift.toml", &settings);
    place.write(
        "dependencies.toml",
        "[[dependency]]\njob = \"free\"\nneeds = \"walker\"\n",
    );
    match Migration::open(place.root(), settings_of_test(), &Silent) {
        Err(error @ MigrationError::Configuration(_)) => assert_eq!(
            error.to_string(),
            "dependencies.toml:3: dependency[0].needs: there is no job \"walker\"\n  hint: did you mean \"walkers\"?"
        ),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it opened"),
    }
}

fn settings_of_test() -> Settings {
    settings()
}

#[test]
fn a_table_that_nobody_writes_is_named() {
    let place = zoo("");
    let read = curated("walkrs", "\"pet\"");
    place.write(
        "jobs/lost.json",
        &job("lost", &[&read, &csv("walkrs", "lost")]),
    );
    let migration = place.open();
    let scans = migration.scan(&["lost".into()]).expect("scanned");
    let lost = scans
        .iter()
        .find(|scan| scan.job.as_str() == "lost")
        .expect("in scope");
    assert!(
        lost.problems[0].contains("modules[0].table: no job writes the table curated.walkrs, and the lake does not have it either"),
        "{:?}",
        lost.problems
    );
}

#[test]
fn killed_in_the_middle_and_started_again_gives_what_was_asked_for() {
    if let Some(folder) = std::env::var_os(KILLED_CHILD) {
        let migration = Migration::open(folder.as_ref(), settings(), &Silent).expect("opens");
        legacy(&migration, Reprocess::default());
        return;
    }
    let slow = |place: &Place| {
        let external = r#"{"type": "External", "module": "slow.py"}"#;
        place.write(
            "jobs/slow.json",
            &job(
                "slow",
                &[
                    PETS,
                    external,
                    &table("slow", "slow", "Append"),
                    &csv("slow", "slow"),
                ],
            ),
        );
        place.write(
            "externals/slow.py",
            "import time\n\n\ndef execute(state):\n    print('begun', flush=True)\n    time.sleep(0.7)\n    \
             state['slow'] = state['pets'][['pet']]\n    return state\n",
        );
    };
    let whole = zoo("");
    slow(&whole);
    legacy(&whole.open(), Reprocess::default());

    let cut = zoo("");
    slow(&cut);
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args([
            "--exact",
            "run_control::killed_in_the_middle_and_started_again_gives_what_was_asked_for",
        ])
        .env(KILLED_CHILD, cut.root())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    // The second date of the slow job is running.
    let begun = cut
        .root()
        .join(".relift/staging/slow-2024-10-02-legacy/log.txt");
    let deadline = Instant::now() + Duration::from_mins(1);
    while std::fs::metadata(&begun).map_or(0, |found| found.len()) == 0 {
        assert!(Instant::now() < deadline, "the run did not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");

    let runs = legacy(&cut.open(), Reprocess::default());
    assert!(
        runs.iter().all(|run| run.status == RunStatus::Succeeded),
        "{runs:?}"
    );
    assert_eq!(result(&runs, "slow", "2024-10-01").attempt, 1);
    assert_eq!(result(&runs, "slow", "2024-10-02").attempt, 2);
    let overview = Overview::open(cut.root()).expect("opens");
    let history = overview
        .history(&RunFilter {
            job: Some("slow".into()),
            date: Some(day("2024-10-02")),
            ..RunFilter::default()
        })
        .expect("a history");
    assert_eq!(history[1].status, RunStatus::Interrupted);
    for folder in ["output/curated/slow/slow", "output/curated/a_report"] {
        let files = |place: &Place| -> BTreeMap<String, Vec<u8>> {
            let files = place.files(folder).into_iter();
            files.filter(|(name, _)| name.contains(".csv")).collect()
        };
        assert_eq!(files(&whole), files(&cut), "{folder}");
    }
}

#[test]
fn dates_are_shown_as_ranges() {
    assert_eq!(
        compressed(range("2024-10-01", "2024-10-03").iter()),
        "2024-10-01 .. 2024-10-03"
    );
}
