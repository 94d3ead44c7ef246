//! Scores of the small conversion against keys that agree with it more or less.

use relift_diagnostics::SourceFile;

use super::*;
use crate::fixture::conversion;

const CONFIGURATION: &str =
    "{\n\"modules\": [\n{\"type\": \"DataSourcing\"},\n{\"type\": \"External\"}\n]}";

fn key(body: &str) -> AnswerKey {
    let text = format!("schema_version = 1\njob = \"late_orders\"\nbusiness = \"x\"\n{body}");
    AnswerKey::parse(&SourceFile::new("late_orders.toml", &text)).expect("a key")
}

fn requirement(kind: &str, source: &str, literals: &str) -> String {
    format!(
        "[[requirement]]\nid = \"r\"\nkind = \"{kind}\"\ntext = \"x\"\ncolumns = []\nsource = \"{source}\"\nliterals = [{literals}]\n"
    )
}

fn flaw(code: &str, location: &str) -> String {
    format!("[[flaw]]\ncode = \"{code}\"\nlocation = \"{location}\"\nnote = \"x\"\n")
}

fn scored(body: &str) -> Score {
    let model = Model::fold(&conversion()).expect("folds");
    let mut code = JobCode::default();
    let python = "x\n".repeat(40);
    for (name, text) in [
        ("jobs/late_orders.json", CONFIGURATION),
        ("externals/late_orders.py", python.as_str()),
    ] {
        code.files.insert(name.into(), SourceFile::new(name, text));
    }
    let module = CodePlace::parse("jobs/late_orders.json#modules[1]").expect("a place");
    code.externals
        .push((module, "externals/late_orders.py".into()));
    let key = key(body);
    let code = BTreeMap::from([("late_orders".to_owned(), code)]);
    assert_eq!(
        stray_places(std::slice::from_ref(&key), &code),
        Vec::<String>::new()
    );
    score(&model, &[key], &code)
}

#[test]
fn a_flaw_is_found_by_its_code_and_place() {
    let found = scored(&flaw("AP6", "externals/late_orders.py:12-20"));
    assert_eq!(found.codes["AP6"].found, 1);
    assert_eq!(found.codes["AP6"].confirmed, 1);
    let elsewhere = scored(&flaw("AP6", "externals/late_orders.py:40"));
    assert_eq!(elsewhere.codes["AP6"].found, 0);
    assert_eq!(elsewhere.codes["AP6"].confirmed, 0);
    assert_eq!(elsewhere.jobs["late_orders"].missed_flaws.len(), 1);
    let other = scored(&flaw("AP3", "externals/late_orders.py:12-20"));
    assert_eq!(other.codes["AP3"].recall(), Some(0.0));
    assert_eq!(other.codes["AP3"].precision(), None);
}

#[test]
fn a_module_that_calls_code_stands_for_it() {
    let found = scored(&flaw("AP6", "jobs/late_orders.json#modules[1]"));
    assert_eq!(found.codes["AP6"].found, 1);
    let source = scored(&flaw("AP6", "jobs/late_orders.json#modules[0]"));
    assert_eq!(source.codes["AP6"].found, 0);
}

#[test]
fn a_requirement_is_found_by_its_kind_and_place_and_complete_by_its_literals() {
    let place = "externals/late_orders.py:11";
    let found = scored(&requirement("lookup", place, ""));
    assert_eq!((found.requirements.found, found.complete), (1, 1));
    assert_eq!(found.requirements.precision(), Some(1.0));
    let unstated = scored(&requirement("lookup", place, "\"guest\""));
    assert_eq!((unstated.requirements.found, unstated.complete), (1, 0));
    let order = scored(&requirement("order", place, ""));
    assert_eq!(order.requirements.found, 0);
    assert_eq!(order.requirements.precision(), Some(0.0));
}

#[test]
fn jobs_without_a_key_count_nowhere_and_are_named() {
    let score = scored("");
    assert_eq!(score.jobs.len(), 1);
    assert!(score.without_key.contains("refund_ledger"));
}
