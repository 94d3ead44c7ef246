//! Jobs that depend on each other beyond what they declare: those that compute what another one writes, and
//! those whose upstream job stays as it is.

use std::collections::BTreeMap;

use relift_job::Side;
use relift_migration::{End, Migration, Reprocess};
use relift_platform::control::RunStatus;

use crate::run_control::{PETS, csv, job, sql, table, zoo};
use crate::typed_csv::TypedCsv;
use crate::workspace::{Place, all};

const STAYS: &str = r#"{"type": "DataSourcing", "resultName": "stays", "schema": "clinic", "table": "stays", "columns": ["ward", "patient", "nights", "charge"]}"#;

/// What a job makes of the stays of a day, under names of its own.
const BY_WARD: &str = "SELECT ward AS unit, COUNT(*) AS stays, SUM(nights) AS nights FROM stays WHERE nights > 0 GROUP BY ward";

/// Three days of stays in the wards of a clinic.
fn clinic() -> Place {
    let place = Place::new("2024-02-28", "2024-03-01", "");
    let mut stays =
        String::from("ward:string,patient:string,nights:int,charge:double,as_of:date\n");
    for (day, date) in ["2024-02-28", "2024-02-29", "2024-03-01"]
        .into_iter()
        .enumerate()
    {
        for stay in 0..12 {
            let ward = ["north", "south", "east", "west"][(stay * 7 + day) % 4];
            let (nights, charge) = ((stay + day) % 4, f64::from(stay as u32 * 37) / 8.0);
            stays.push_str(&format!("{ward},p{stay},{nights},{charge:?},{date}\n"));
        }
    }
    place.import(
        "clinic",
        &BTreeMap::from([("stays".to_owned(), TypedCsv::parse(&stays))]),
    );
    place
}

/// A frame that no rule will ever lift.
fn kept(place: &Place, lines: &str) {
    let code = format!(
        "def execute(state):\n    pets = state['pets']\n    lucky = eval('4')\n{lines}    return state\n"
    );
    place.write("externals/walkers.py", &code);
    let external = r#"{"type": "External", "module": "walkers.py"}"#;
    place.write(
        "jobs/walkers.json",
        &job(
            "walkers",
            &[PETS, external, &table("walkers", "walkers", "Overwrite")],
        ),
    );
}

fn modernised(migration: &Migration<'_>) -> BTreeMap<String, (Option<End>, String)> {
    let (standings, _) = migration
        .modernise(&all(migration))
        .unwrap_or_else(|error| panic!("{error}"));
    standings
        .into_iter()
        .map(|standing| {
            let cause = standing.cause.unwrap_or_default();
            (standing.job.to_string(), (standing.end, cause))
        })
        .collect()
}

fn passes(place: &Place, job: &str) -> usize {
    let matrix = place.matrix(job);
    matrix.iter().filter(|line| line.contains(",pass,")).count()
}

#[test]
fn a_rewrite_reads_what_a_job_left_that_is_kept_legacy() {
    let place = zoo("");
    kept(
        &place,
        "    state['walkers'] = pets[pets['legs'] >= lucky][['pet', 'legs']]\n",
    );
    {
        let migration = place.open();
        let ends = modernised(&migration);
        assert_eq!(ends["walkers"].0, Some(End::Legacy), "{ends:?}");
        assert_eq!(ends["a_report"].0, Some(End::Done), "{ends:?}");
    }
    assert_eq!(passes(&place, "a_report"), 3);
    let rewritten = place.read("artifacts/a_report/job.json");
    assert!(rewritten.contains("\"side\": \"legacy\""), "{rewritten}");
    let report = place.read("governance/lift_report.csv");
    assert!(
        report.contains(
            "read-legacy-output: job \"\"walkers\"\", which writes curated.walkers, is not rewritten as a whole"
        ),
        "{report}"
    );
    {
        // Its runs follow those of the legacy job: nothing is stale, and what is made again is the same.
        let migration = place.open();
        let dates = migration.project().workspace.dates;
        let plan = |reprocess| {
            migration
                .plan(&all(&migration), dates, Side::Rewrite, reprocess)
                .expect("a plan")
        };
        assert_eq!(plan(Reprocess::Missing).count(), 0);
        let before = place.files("output/double_secret_curated/a_report");
        let runs = migration.perform(&plan(Reprocess::All)).expect("runs");
        assert!(runs.iter().all(|run| run.status == RunStatus::Succeeded));
        assert_eq!(before, place.files("output/double_secret_curated/a_report"));
    }
    // Once there is a rewrite of that job, its table is read.
    let keep = sql("walkers", "SELECT pet, legs FROM pets WHERE legs >= 4");
    place.write(
        "jobs/walkers.json",
        &job(
            "walkers",
            &[PETS, &keep, &table("walkers", "walkers", "Overwrite")],
        ),
    );
    let ends = modernised(&place.open());
    assert_eq!(ends["walkers"].0, Some(End::Done), "{ends:?}");
    assert_eq!(ends["a_report"].0, Some(End::Done), "{ends:?}");
    let rewritten = place.read("artifacts/a_report/job.json");
    assert!(!rewritten.contains("\"side\""), "{rewritten}");
    assert_eq!(passes(&place, "a_report"), 3);
}

#[test]
fn a_table_whose_types_change_between_dates_is_nothing_to_build_on() {
    let place = zoo("");
    kept(
        &place,
        "    day = str(state['__etlEffectiveDate'])\n    walkers = pets[['pet', 'legs']].copy()\n    \
         if day == '2024-10-02':\n        walkers['legs'] = walkers['legs'] / 2\n    state['walkers'] = walkers\n",
    );
    let ends = modernised(&place.open());
    let (end, cause) = &ends["a_report"];
    assert_eq!(*end, Some(End::Legacy), "{ends:?}");
    assert!(
        cause.contains("it needs the output of job \"walkers\", which is kept legacy, and the type of its column \"legs\" changes between dates, first on 2024-10-02"),
        "{cause}"
    );
}

#[test]
fn what_another_job_writes_is_read() {
    let place = clinic();
    // The reader stands before the writer in every listing.
    let own = sql("by_ward", BY_WARD);
    place.write(
        "jobs/ward_totals.json",
        &job(
            "ward_totals",
            &[STAYS, &own, &table("by_ward", "ward_totals", "Overwrite")],
        ),
    );
    let again = sql(
        "busy",
        "SELECT ward, SUM(nights) AS total, COUNT(*) AS n FROM stays WHERE 0 < nights GROUP BY ward",
    );
    let kept = sql(
        "long",
        "SELECT ward, total * 1.0 / n AS average FROM busy WHERE total > 3 ORDER BY ward DESC",
    );
    place.write(
        "jobs/a_digest.json",
        &job(
            "a_digest",
            &[STAYS, &again, &kept, &csv("long", "a_digest")],
        ),
    );
    {
        let migration = place.open();
        let ends = modernised(&migration);
        assert!(
            ends.values().all(|(end, _)| *end == Some(End::Done)),
            "{ends:?}"
        );
    }
    assert_eq!(passes(&place, "a_digest"), 3);
    assert_eq!(passes(&place, "ward_totals"), 3);
    let rewritten = place.read("artifacts/a_digest/job.json");
    assert!(
        rewritten.contains("\"job\": \"ward_totals\"") && !rewritten.contains("\"clinic\""),
        "{rewritten}"
    );
    let findings = place.read("governance/antipatterns.csv");
    let duplicated: Vec<&str> = findings
        .lines()
        .filter(|line| line.starts_with("a_digest,AP2,"))
        .collect();
    assert!(
        duplicated.len() == 1 && duplicated[0].contains("eliminated"),
        "{findings}"
    );
    let report = place.read("governance/lift_report.csv");
    assert!(report.contains("read-shared-output"), "{report}");
    assert_eq!(
        place.read("artifacts/dependencies.toml"),
        "# Which rewritten job reads what another one writes.\n\n\
         [[dependency]]\njob = \"a_digest\"\nneeds = \"ward_totals\"\nwhen = \"same_day\"\n"
    );
    // The runs stand in the order of what they read.
    let migration = place.open();
    let dates = migration.project().workspace.dates;
    let plan = migration
        .plan(&all(&migration), dates, Side::Rewrite, Reprocess::All)
        .expect("a plan");
    let order: Vec<&str> = plan.jobs.iter().map(|job| job.job.as_str()).collect();
    assert_eq!(order, ["ward_totals", "a_digest"]);
    let before = place.files("output/double_secret_curated/a_digest");
    let runs = migration.perform(&plan).expect("runs");
    assert!(
        runs.iter().all(|run| run.status == RunStatus::Succeeded),
        "{runs:?}"
    );
    assert_eq!(before, place.files("output/double_secret_curated/a_digest"));
}

#[test]
fn what_no_table_gives_back_is_computed_again() {
    let place = clinic();
    // The same rows in a file, in a table that grows, and beside a column that only some rows have.
    let totals = sql("by_ward", BY_WARD);
    let own = [STAYS, &totals];
    let write = |name: &str, last: &str| {
        place.write(
            &format!("jobs/{name}.json"),
            &job(name, &[own[0], own[1], last]),
        );
    };
    write("in_a_file", &csv("by_ward", "in_a_file"));
    write("in_a_log", &table("by_ward", "ward_log", "Append"));
    let again = sql(
        "again",
        "SELECT unit, nights FROM by_ward ORDER BY nights, unit",
    );
    place.write(
        "jobs/reader.json",
        &job("reader", &[STAYS, &totals, &again, &csv("again", "reader")]),
    );
    let ends = modernised(&place.open());
    assert!(
        ends.values().all(|(end, _)| *end == Some(End::Done)),
        "{ends:?}"
    );
    for name in ["reader", "in_a_file", "in_a_log"] {
        let rewritten = place.read(&format!("artifacts/{name}/job.json"));
        assert!(!rewritten.contains("\"curated\": {"), "{rewritten}");
        assert_eq!(passes(&place, name), 3);
    }
    let findings = place.read("governance/antipatterns.csv");
    assert!(findings.contains("reader,AP2,"), "{findings}");
}

#[test]
fn jobs_that_would_wait_for_each_other_compute_for_themselves() {
    let place = clinic();
    let by_ward = sql("by_ward", BY_WARD);
    let by_night = sql(
        "by_night",
        "SELECT nights, COUNT(*) AS stays, SUM(nights) AS total FROM stays WHERE nights > 1 GROUP BY nights",
    );
    let of_wards = sql("w", "SELECT unit, stays + 1 AS more FROM by_ward");
    let of_nights = sql("n", "SELECT nights, stays + 1 AS more FROM by_night");
    place.write(
        "jobs/wards.json",
        &job(
            "wards",
            &[
                STAYS,
                &by_ward,
                &by_night,
                &of_nights,
                &table("by_ward", "wards", "Overwrite"),
                &csv("n", "wards"),
            ],
        ),
    );
    place.write(
        "jobs/nights.json",
        &job(
            "nights",
            &[
                STAYS,
                &by_ward,
                &by_night,
                &of_wards,
                &table("by_night", "nights", "Overwrite"),
                &csv("w", "nights"),
            ],
        ),
    );
    let ends = modernised(&place.open());
    assert!(
        ends.values().all(|(end, _)| *end == Some(End::Done)),
        "{ends:?}"
    );
    for name in ["wards", "nights"] {
        let rewritten = place.read(&format!("artifacts/{name}/job.json"));
        assert!(!rewritten.contains("\"curated\": {"), "{rewritten}");
    }
}

#[test]
fn what_the_output_depends_on_is_shown_by_the_date_that_differs_without_it() {
    let place = clinic();
    let limits = sql(
        "long",
        "SELECT patient, cost AS units FROM (SELECT patient, nights, charge AS cost FROM stays) WHERE nights >= 3 AND cost < 4000 ORDER BY patient",
    );
    place.write(
        "jobs/long_stays.json",
        &job("long_stays", &[STAYS, &limits, &csv("long", "long_stays")]),
    );
    let idle = sql(
        "all_stays",
        "SELECT patient, ward FROM stays WHERE charge < 4000 ORDER BY patient",
    );
    place.write(
        "jobs/all_stays.json",
        &job("all_stays", &[STAYS, &idle, &csv("all_stays", "all_stays")]),
    );
    let ends = modernised(&place.open());
    assert!(
        ends.values().all(|(end, _)| *end == Some(End::Done)),
        "{ends:?}"
    );
    let findings = place.read("governance/antipatterns.csv");
    let line = |job: &str, code: &str| {
        let start = format!("{job},{code},");
        let found = findings.lines().find(|line| line.starts_with(&start));
        found
            .unwrap_or_else(|| panic!("{start} is not in {findings}"))
            .to_owned()
    };
    let bearing = line("long_stays", "AP7");
    assert!(
        bearing.contains(",load-bearing,")
            && bearing.contains("with one more than 3: 2024-02-28 differs: "),
        "{bearing}"
    );
    let named = line("long_stays", "AP9");
    assert!(
        named.contains(",load-bearing,") && named.contains("with another name for \"\"units\"\""),
        "{named}"
    );
    let idle = line("all_stays", "AP7");
    assert!(idle.contains(",reproduced,"), "{idle}");
}
