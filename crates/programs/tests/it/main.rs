//! Programs on both sides: the cases of the frontends, those that ever failed, and generated ones.

mod cases;

use std::path::{Path, PathBuf};
use std::process::Command;

use relift_programs::{Judged, Program, Survey, grammar, judged, python_of_environment};

/// Seeds that are the same in every run.
const FIXED: u64 = 1_500;

/// Seeds that another commit changes.
const OF_COMMIT: u64 = 500;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn run(programs: &[Program]) -> Vec<Judged> {
    let python = python_of_environment().unwrap_or_else(|what| panic!("{what}"));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    judged(programs, threads, &python).unwrap_or_else(|what| panic!("{what}"))
}

/// Everything that is wrong, shrunk.
fn faults(judged: &[Judged]) -> String {
    judged
        .iter()
        .filter_map(|one| {
            let (program, fault) = one.shrunk.as_ref()?;
            Some(format!(
                "==== {}: {fault}\n{}",
                one.program.name,
                program.text()
            ))
        })
        .collect()
}

/// The cases the frontends are developed against meet the engine as well.
#[test]
fn cases_of_the_frontends_agree_on_all_sides() {
    let judged = run(&cases::cases());
    assert!(judged.len() > 60, "only {} cases", judged.len());
    let lifted = judged
        .iter()
        .filter(|one| one.verdict.lifted.is_ok())
        .count();
    assert!(lifted > 30, "only {lifted} of {} are lifted", judged.len());
    let faults = faults(&judged);
    assert!(faults.is_empty(), "{faults}");
}

/// Programs that failed once, made small.
#[test]
fn programs_that_ever_failed_do_not_fail_again() {
    let programs = kept();
    let judged = run(&programs);
    let faults = faults(&judged);
    assert!(faults.is_empty(), "{faults}");
    for one in &judged {
        // Where the legacy program raises on every date nothing is compared.
        assert!(
            one.verdict.raised.iter().any(Option::is_none)
                || one.program.name.starts_with("raises_"),
            "{} raises: {:?}",
            one.program.name,
            one.verdict.raised
        );
    }
}

fn kept() -> Vec<Program> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder().join("kept"))
        .expect("the folder of kept programs")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let name = file.file_stem().expect("a name").to_string_lossy();
            let text = std::fs::read_to_string(file).expect("readable");
            Program::parse(&name, &text).unwrap_or_else(|what| panic!("{what}"))
        })
        .collect()
}

/// Wrong results: none. How often each construct occurs is a test of the grammar.
#[test]
fn generated_programs_agree_on_both_sides() {
    let of_commit = seed_of_commit();
    let seeds = (0..FIXED).chain(of_commit..of_commit + OF_COMMIT);
    let programs: Vec<Program> = seeds.map(grammar::generate).collect();
    let judged = run(&programs);
    let faults = faults(&judged);
    assert!(
        faults.is_empty(),
        "{faults}\nkeep what is shrunk above in crates/programs/kept"
    );
    let survey = Survey::of(&judged);
    for program in &programs {
        assert!(
            program.constructs.len() >= 3,
            "{} has {:?} only",
            program.name,
            program.constructs
        );
    }
    let runs = survey.programs - survey.raising;
    assert!(
        runs * 100 >= survey.programs * 80,
        "{} of {} raise",
        survey.raising,
        survey.programs
    );
    let known: Vec<&str> = grammar::constructs()
        .map(|construct| construct.name)
        .collect();
    let unknown: Vec<&&str> = survey
        .constructs
        .keys()
        .filter(|name| !known.contains(name))
        .collect();
    assert!(unknown.is_empty(), "not in the table: {unknown:?}");
}

/// Other seeds for every commit, so that each finds what the others did not look at.
fn seed_of_commit() -> u64 {
    let commit = Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output();
    let digits = commit
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default();
    let number = digits
        .get(..10)
        .and_then(|digits| u64::from_str_radix(digits, 16).ok());
    // Below the seeds of long runs, beyond the fixed ones; without a repository they are fixed, too.
    10_000_000 + number.unwrap_or(0) % 1_000_000_000
}
