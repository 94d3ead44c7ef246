//! The store under two owners, dead owners, and hands that reach into the file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use serde_json::json;

use relift_job::{EffectiveDate, JobName, Side};

use super::*;

const KILLED_CHILD: &str = "RELIFT_TEST_CONTROL_STORE";

struct Folder {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn folder() -> Folder {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("state").join("control.sqlite");
    Folder {
        _folder: folder,
        path,
    }
}

fn time(seconds: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_730_000_000 + seconds).expect("in range")
}

fn key(job: &str, day: &str, side: Side) -> RunKey {
    RunKey {
        job: job.into(),
        date: EffectiveDate::parse(day).expect("a date"),
        side,
    }
}

fn event(job: &str, number: i64) -> NewEvent {
    NewEvent {
        job: Some(job.into()),
        kind: "noted".into(),
        body: json!({ "number": number }),
    }
}

fn open(path: &Path) -> ControlStore {
    ControlStore::open(path, time(0)).expect("opens")
}

/// A killed owner's half-started child shares the lock for a moment.
#[test]
#[cfg(target_os = "linux")]
fn a_lock_whose_owner_died_is_waited_for() {
    let place = folder();
    drop(open(&place.path));
    let lock = place.path.with_extension("sqlite.lock");
    let mut dead = std::process::Command::new("true").spawn().expect("starts");
    dead.wait().expect("ends");
    let holder = LockHolder {
        process: dead.id(),
        ..LockHolder::default()
    };
    std::fs::write(&lock, serde_json::to_string(&holder).expect("plain")).expect("written");
    let file = std::fs::File::open(&lock).expect("opens");
    file.lock().expect("locks");
    let child = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        drop(file);
    });
    assert!(ControlStore::open(&place.path, time(1)).is_ok());
    child.join().expect("ends");
}

#[test]
fn a_second_owner_hears_who_the_first_is() {
    let place = folder();
    let first = open(&place.path);
    match ControlStore::open(&place.path, time(1)) {
        Err(error @ ControlError::Locked { .. }) => {
            let text = error.to_string();
            assert!(
                text.contains(&format!("process {}", std::process::id())),
                "{text}"
            );
            assert!(text.contains(&time(0).to_string()), "{text}");
        }
        other => panic!("{other:?}"),
    }
    drop(first);
    assert_eq!(open(&place.path).epoch(), 2);
}

#[test]
fn a_replaced_owner_cannot_write() {
    let place = folder();
    let store = open(&place.path);
    store.append(&event("a", 1), time(1)).expect("appends");
    let other = Connection::open(&place.path).expect("opens");
    other
        .execute("UPDATE meta SET value = '9' WHERE key = 'epoch'", [])
        .expect("bumps");
    match store.append(&event("a", 2), time(2)) {
        Err(ControlError::Fenced {
            ours: 1,
            current: 9,
        }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(store.read().ledger_head().expect("reads").seq, 1);
}

#[test]
fn one_processing_time_for_both_sides_and_every_attempt() {
    let place = folder();
    let store = open(&place.path);
    let date = EffectiveDate::parse("2024-10-01").expect("a date");
    assert_eq!(
        store
            .processing_time(&"a".into(), date, time(5))
            .expect("records"),
        time(5)
    );
    let legacy = store
        .begin_run(&key("a", "2024-10-01", Side::Legacy), time(60))
        .expect("begins");
    let rewrite = store
        .begin_run(&key("a", "2024-10-01", Side::Rewrite), time(90))
        .expect("begins");
    let other_day = store
        .begin_run(&key("a", "2024-10-02", Side::Legacy), time(95))
        .expect("begins");
    assert_eq!(
        (legacy.processing_time, rewrite.processing_time),
        (time(5), time(5))
    );
    assert_eq!(other_day.processing_time, time(95));
    drop(store);
    let store = open(&place.path);
    assert_eq!(
        store
            .processing_time(&"a".into(), date, time(500))
            .expect("reads"),
        time(5)
    );
}

#[test]
fn a_run_is_recorded_whole_and_only_its_latest_attempt_counts() {
    let place = folder();
    let store = open(&place.path);
    let run = key("a", "2024-10-01", Side::Rewrite);
    let first = store.begin_run(&run, time(1)).expect("begins");
    let error = RunOutcome {
        error: Some("division by zero".into()),
        ..RunOutcome::default()
    };
    store
        .finish_run(first.id, &error, &[], time(2))
        .expect("finishes");
    let second = store.begin_run(&run, time(3)).expect("begins");
    let outcome = RunOutcome {
        rows: Some(12),
        files: Some(1),
        input_versions: BTreeMap::from([("sales.orders".into(), 31)]),
        output_versions: BTreeMap::from([("curated.late_orders".into(), 4)]),
        output_hash: Some("blake3:00".into()),
        error: None,
        log_path: Some(".relift/logs/a.log".into()),
        code_hash: Some("blake3:11".into()),
    };
    store
        .finish_run(second.id, &outcome, &[event("a", 7)], time(4))
        .expect("finishes");
    let latest = store.read().latest_runs(Some(&"a".into())).expect("reads");
    assert_eq!(latest.len(), 1);
    assert_eq!(
        (latest[0].attempt, latest[0].status),
        (2, RunStatus::Succeeded)
    );
    assert_eq!(latest[0].outcome, outcome);
    assert_eq!(latest[0].ended_at, Some(time(4)));
    assert_eq!(
        store.read().latest_run(&run).expect("reads").as_ref(),
        Some(&latest[0])
    );
    assert_eq!(
        store.read().events(&"a".into()).expect("reads")[0].body,
        json!({ "number": 7 })
    );
    match store.finish_run(second.id, &outcome, &[event("a", 8)], time(5)) {
        Err(ControlError::NotRunning { id }) => assert_eq!(id, second.id),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        store.read().ledger_head().expect("reads").seq,
        1,
        "a refused finish leaves no event behind"
    );
}

#[test]
fn a_skipped_run_says_why() {
    let place = folder();
    let store = open(&place.path);
    let run = key("a", "2024-10-01", Side::Legacy);
    store
        .skip_run(&run, "upstream job b failed", time(1))
        .expect("records");
    let latest = store
        .read()
        .latest_run(&run)
        .expect("reads")
        .expect("is there");
    assert_eq!(
        (latest.status, latest.outcome.error.as_deref()),
        (RunStatus::Skipped, Some("upstream job b failed"))
    );
}

#[test]
fn runs_of_a_dead_owner_are_interrupted() {
    let place = folder();
    let run = key("a", "2024-10-01", Side::Legacy);
    open(&place.path).begin_run(&run, time(1)).expect("begins");
    let store = ControlStore::open(&place.path, time(9)).expect("opens");
    let latest = store
        .read()
        .latest_run(&run)
        .expect("reads")
        .expect("is there");
    assert_eq!(
        (latest.status, latest.ended_at),
        (RunStatus::Interrupted, Some(time(9)))
    );
    assert_eq!(store.begin_run(&run, time(10)).expect("begins").attempt, 2);
}

#[test]
fn many_writers_share_syncs_and_lose_nothing() {
    let place = folder();
    let store = Arc::new(open(&place.path));
    let threads: Vec<_> = (0..8)
        .map(|writer| {
            let store = Arc::clone(&store);
            std::thread::spawn(move || {
                for number in 0..50 {
                    store
                        .append(&event(&format!("job_{writer}"), number), time(number))
                        .expect("appends");
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
    let head = store
        .read()
        .verify_ledger()
        .expect("reads")
        .expect("the chain holds");
    assert_eq!(head.seq, 400);
    for writer in 0..8 {
        let events = store
            .read()
            .events(&JobName::from(format!("job_{writer}")))
            .expect("reads");
        let numbers: Vec<i64> = events
            .iter()
            .filter_map(|entry| entry.body["number"].as_i64())
            .collect();
        assert_eq!(numbers, (0..50).collect::<Vec<_>>());
    }
}

#[test]
fn events_are_appended_all_or_none() {
    let place = folder();
    let store = open(&place.path);
    let fraction = NewEvent {
        job: None,
        kind: "measured".into(),
        body: json!({ "share": 0.5 }),
    };
    match store.append_all(&[event("a", 1), fraction], time(1)) {
        Err(ControlError::FractionInLedger { kind, number }) => {
            assert_eq!((&*kind, &*number), ("measured", "0.5"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(store.read().ledger().expect("reads"), []);
    assert_eq!(
        store
            .append_all(&[event("a", 1), event("b", 2)], time(1))
            .expect("appends"),
        2
    );
}

#[test]
fn every_touched_entry_is_found() {
    let place = folder();
    let store = open(&place.path);
    store
        .append_all(
            &(1..=5).map(|number| event("a", number)).collect::<Vec<_>>(),
            time(1),
        )
        .expect("appends");
    drop(store);
    let whole = ControlReader::open(&place.path)
        .expect("opens")
        .verify_ledger()
        .expect("reads")
        .expect("holds");
    assert_eq!(whole.seq, 5);
    let attacks = [
        ("UPDATE ledger SET body = '{\"number\":9}' WHERE seq = 3", 3),
        ("UPDATE ledger SET volatile = '{}' WHERE seq = 2", 2),
        ("UPDATE ledger SET job = NULL WHERE seq = 4", 4),
        ("UPDATE ledger SET kind = 'x' WHERE seq = 1", 1),
        ("UPDATE ledger SET hash = previous_hash WHERE seq = 5", 5),
        ("DELETE FROM ledger WHERE seq = 2", 3),
        ("DELETE FROM ledger WHERE seq = 5", 4),
        ("DELETE FROM ledger", 0),
    ];
    for (attack, found_at) in attacks {
        let copy = place.path.with_file_name("copy.sqlite");
        std::fs::copy(&place.path, &copy).expect("copies");
        let hand = Connection::open(&copy).expect("opens");
        let refused = hand
            .execute(attack, [])
            .expect_err("the triggers refuse")
            .to_string();
        assert!(refused.contains("append-only"), "{refused}");
        hand.execute_batch("DROP TRIGGER ledger_keeps_entries; DROP TRIGGER ledger_keeps_bodies")
            .expect("drops");
        hand.execute(attack, []).expect("changes");
        drop(hand);
        let fault = ControlReader::open(&copy)
            .expect("opens")
            .verify_ledger()
            .expect("reads")
            .expect_err(attack);
        assert_eq!(fault.seq, found_at, "{attack}: {fault}");
    }
}

#[test]
fn settings_are_kept() {
    let place = folder();
    let store = open(&place.path);
    assert_eq!(store.read().setting("baseline").expect("reads"), None);
    store.set_setting("baseline", "3.11.7").expect("keeps");
    store.set_setting("baseline", "3.12.1").expect("keeps");
    drop(store);
    let reader = ControlReader::open(&place.path).expect("opens");
    assert_eq!(
        reader.setting("baseline").expect("reads").as_deref(),
        Some("3.12.1")
    );
}

#[test]
fn other_files_are_left_alone() {
    let place = folder();
    assert!(matches!(
        ControlReader::open(&place.path),
        Err(ControlError::Absent { .. })
    ));
    std::fs::create_dir_all(place.path.parent().expect("has one")).expect("creates");
    std::fs::write(
        &place.path,
        "not a database, but long enough to be looked at as if it were one",
    )
    .expect("writes");
    assert!(matches!(
        ControlStore::open(&place.path, time(0)),
        Err(ControlError::Foreign { .. })
    ));
    std::fs::remove_file(&place.path).expect("removes");
    Connection::open(&place.path)
        .expect("opens")
        .execute_batch("CREATE TABLE theirs (x)")
        .expect("creates");
    assert!(matches!(
        ControlStore::open(&place.path, time(0)),
        Err(ControlError::Foreign { .. })
    ));
    std::fs::remove_file(&place.path).expect("removes");
    drop(open(&place.path));
    Connection::open(&place.path)
        .expect("opens")
        .pragma_update(None, "user_version", 99)
        .expect("sets");
    assert!(matches!(
        ControlStore::open(&place.path, time(0)),
        Err(ControlError::Newer { found: 99, .. })
    ));
}

/// Started again by [`killed_owners_lose_nothing_acknowledged`]; does nothing by itself.
#[test]
fn writes_until_killed() {
    use std::io::Write;

    let Ok(path) = std::env::var(KILLED_CHILD) else {
        return;
    };
    let store = open(Path::new(&path));
    let mut out = std::io::stdout();
    for number in 0.. {
        let run = key("a", "2024-10-01", Side::Legacy);
        let begun = store.begin_run(&run, time(number)).expect("begins");
        let seq = store
            .append_all(&[event("a", number), event("b", number)], time(number))
            .expect("appends");
        store
            .finish_run(
                begun.id,
                &RunOutcome::default(),
                &[event("a", number)],
                time(number),
            )
            .expect("finishes");
        writeln!(out, "acknowledged {} {}", begun.attempt, seq + 1).expect("the parent reads");
        out.flush().expect("the parent reads");
    }
}

#[test]
fn killed_owners_lose_nothing_acknowledged() {
    use std::io::{BufRead, BufReader};

    let place = folder();
    let (mut attempt, mut seq) = (0_i64, 0_i64);
    for lines in [1_usize, 3, 7, 4] {
        let mut child = std::process::Command::new(std::env::current_exe().expect("this test"))
            .args([
                "--exact",
                "--nocapture",
                "control::tests::writes_until_killed",
            ])
            .env(KILLED_CHILD, &place.path)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        // The test harness prints its own words in front of the first line.
        for line in output
            .lines()
            .map(|line| line.expect("text"))
            .filter(|line| line.contains("acknowledged"))
            .take(lines)
        {
            let numbers: Vec<i64> = line
                .split_whitespace()
                .filter_map(|word| word.parse().ok())
                .collect();
            (attempt, seq) = (numbers[0], numbers[1]);
        }
        child.kill().expect("kills");
        child.wait().expect("ends");
        let store = open(&place.path);
        let head = store
            .read()
            .verify_ledger()
            .expect("reads")
            .expect("the chain holds");
        assert!(head.seq >= seq, "{} entries, {seq} acknowledged", head.seq);
        let latest = store
            .read()
            .latest_run(&key("a", "2024-10-01", Side::Legacy))
            .expect("reads")
            .expect("is there");
        assert!(i64::from(latest.attempt) >= attempt);
        assert_ne!(latest.status, RunStatus::Running);
        let both = |job: &str| store.read().events(&job.into()).expect("reads").len() as i64;
        assert_eq!(both("a") + both("b"), head.seq);
        // An `a` and a `b` are appended together, and at most one more `a` with the end of the run.
        assert!((0..=i64::from(latest.attempt)).contains(&(both("a") - both("b"))));
    }
    assert!(attempt >= 15);
}

#[test]
fn sweeps_show_the_latest_attempts_and_histories_all_of_them() {
    let place = folder();
    let store = open(&place.path);
    let finish = |key: &RunKey, at: i64, version: u64, error: Option<&str>| {
        let run = store.begin_run(key, time(at)).expect("begins");
        let outcome = RunOutcome {
            code_hash: Some("code".into()),
            output_versions: BTreeMap::from([("curated.a".to_owned(), version)]),
            error: error.map(str::to_owned),
            ..RunOutcome::default()
        };
        store
            .finish_run(run.id, &outcome, &[], time(at + 1))
            .expect("ends");
    };
    let (first, second) = (
        key("a", "2024-10-01", Side::Legacy),
        key("a", "2024-10-02", Side::Legacy),
    );
    finish(&first, 0, 0, Some("failed"));
    finish(&first, 2, 1, None);
    finish(&key("a", "2024-10-01", Side::Rewrite), 4, 9, None);
    store
        .skip_run(&second, "it needs another", time(6))
        .expect("skipped");
    finish(&key("b", "2024-10-03", Side::Legacy), 8, 3, None);
    store
        .begin_run(&key("b", "2024-10-04", Side::Legacy), time(9))
        .expect("begins");

    let read = store.read();
    let states = read.run_states(Side::Legacy).expect("a sweep");
    let (a, b) = (&states[&JobName::from("a")], &states[&JobName::from("b")]);
    assert_eq!(a[&first.date].attempt, 2);
    assert_eq!(a[&first.date].output_version("curated.a"), Some(1));
    assert_eq!(a[&second.date].status, RunStatus::Skipped);
    assert_eq!(b.len(), 2);

    let until = |job: &str, day: &str| {
        let day = EffectiveDate::parse(day).expect("a date");
        read.latest_run_until(&job.into(), Side::Legacy, day)
            .expect("a query")
            .map(|run| (run.key.date.to_string(), run.status))
    };
    assert_eq!(
        until("a", "2024-10-09"),
        Some(("2024-10-02".to_owned(), RunStatus::Skipped))
    );
    assert_eq!(
        until("a", "2024-10-01"),
        Some(("2024-10-01".to_owned(), RunStatus::Succeeded))
    );
    assert_eq!(
        until("b", "2024-10-04"),
        Some(("2024-10-03".to_owned(), RunStatus::Succeeded)),
        "a run that has not ended does not count"
    );
    assert_eq!(until("b", "2024-10-02"), None);

    let history = |filter: &RunFilter| read.history(filter).expect("a history").len();
    let of_a = RunFilter {
        job: Some("a".into()),
        ..RunFilter::default()
    };
    assert_eq!(history(&RunFilter::default()), 6);
    assert_eq!(history(&of_a), 4);
    let legacy = RunFilter {
        side: Some(Side::Legacy),
        date: Some(first.date),
        ..of_a.clone()
    };
    assert_eq!(history(&legacy), 2);
    let limited = RunFilter {
        limit: Some(1),
        ..of_a
    };
    let newest = read.history(&limited).expect("a history");
    assert_eq!(newest[0].status, RunStatus::Skipped);
}

#[test]
fn the_last_event_of_a_kind_is_found_for_one_job_and_for_all() {
    let place = folder();
    let store = open(&place.path);
    for (job, number) in [("a", 1), ("b", 2), ("a", 3)] {
        store.append(&event(job, number), time(0)).expect("appends");
    }
    let read = store.read();
    let number = |entry: &LedgerEntry| entry.body["number"].as_i64();
    let last = read.last_event(&"a".into(), "noted").expect("a query");
    assert_eq!(last.as_ref().and_then(number), Some(3));
    assert_eq!(
        read.last_event(&"a".into(), "other").expect("a query"),
        None
    );
    let all = read.last_events("noted").expect("a query");
    assert_eq!(
        all.iter().map(number).collect::<Vec<_>>(),
        [Some(3), Some(2)]
    );
    assert_eq!(read.events_of(&["noted"]).expect("a query").len(), 3);
    assert!(read.events_of(&["other"]).expect("a query").is_empty());
}
