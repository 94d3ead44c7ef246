//! A kept SQL linter passes on everything the cases print.
//!
//! The linter has no dialect of DataFusion's own; DuckDB's is the nearest and parses all of it. Rules that are
//! left out are named with the reason.

use std::fs;
use std::path::{Path, PathBuf};

use sqruff_lib::core::config::FluffConfig;
use sqruff_lib::core::linter::core::Linter;

/// * LT02 wants each condition of a WHERE in a line of its own below the keyword; here the first one stands
///   beside it and the others below each other.
/// * LT08 wants a blank line between common table expressions; here each begins with a comment that says what
///   it holds.
/// * Long lines are left to the reader's editor.
/// * `CAST` is a keyword here and a function to the linter.
const SETTINGS: &str = "[sqruff]\n\
    dialect = duckdb\n\
    max_line_length = 0\n\
    exclude_rules = LT02, LT08\n\
    \n\
    [sqruff:rules:capitalisation.functions]\n\
    extended_capitalisation_policy = lower\n\
    ignore_words = cast, try_cast\n";

fn complaints(linter: &Linter, name: &str, sql: &str) -> Vec<String> {
    let linted = linter
        .lint_string(sql, None, false)
        .unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let violations = linted.violations().iter();
    violations
        .map(|found| {
            let rule = found.rule.as_ref().map_or("PRS", |rule| rule.code);
            let (line, column) = (found.line_no, found.line_pos);
            format!("{name}:{line}:{column}: {rule} {}", found.description)
        })
        .collect()
}

fn linter() -> Linter {
    let config = FluffConfig::from_source(SETTINGS, None);
    Linter::new(config, None, None, true).expect("the settings are sound")
}

/// The queries of a `lifted.sql`: each stands below a line `== name`.
fn queries(file: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(file).expect("a file of the cases");
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("== ") {
            found.push((format!("{}: {name}", file.display()), String::new()));
        } else if let Some((_, query)) = found.last_mut() {
            query.push_str(line);
            query.push('\n');
        }
    }
    for (_, query) in &mut found {
        *query = format!("{}\n", query.trim_end());
    }
    found
}

#[test]
fn printed_sql_passes_the_linter() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases");
    let mut files: Vec<PathBuf> = fs::read_dir(cases)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path().join("lifted.sql"))
        .filter(|file| file.is_file())
        .collect();
    files.sort();
    let linter = linter();
    let (mut count, mut found) = (0, Vec::new());
    for file in &files {
        for (name, query) in queries(file) {
            count += 1;
            found.extend(complaints(&linter, &name, &query));
        }
    }
    assert!(count >= 10, "only {count} queries were found");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_linter_notices_what_it_should() {
    let linter = linter();
    for (sql, rule) in [
        ("SELECT count(*) FROM t GROUP BY\n", "PRS"),
        ("SELECT a  FROM t\n", "LT01"),
        ("select a FROM t\n", "CP01"),
        ("SELECT SUM(a) AS s FROM t\n", "CP03"),
        ("SELECT a FROM t WHERE a = NULL\n", "CV05"),
        ("WITH u AS (SELECT a FROM t) SELECT b FROM v\n", "ST03"),
    ] {
        let found = complaints(&linter, "sql", sql);
        let noticed = found.iter().any(|line| line.contains(rule));
        assert!(noticed, "{rule} is not among {found:?} of {sql}");
    }
}
