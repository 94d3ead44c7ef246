//! A requirement for a reader at a terminal.

use std::fmt::Write;

use crate::Requirement;

/// Sentence, code and query of a requirement.
pub fn explain(requirement: &Requirement) -> String {
    let mut text = format!("{}\n\n  {}\n", requirement.id, requirement.sentence);
    if !requirement.evidence.code.is_empty() {
        text.push_str("\nLegacy code\n");
        for place in &requirement.evidence.code {
            let lines = if place.first_line == place.last_line {
                place.first_line.to_string()
            } else {
                format!("{}-{}", place.first_line, place.last_line)
            };
            let hash = place.hash.as_deref().unwrap_or("file not at hand");
            let _ = writeln!(text, "  {}:{lines}  {hash}", place.file);
        }
    }
    if let Some(query) = &requirement.evidence.query {
        for (date, result) in &query.results {
            let _ = writeln!(
                text,
                "\n{date}: {} rows, digest {}",
                result.rows, result.digest
            );
        }
        text.push_str("\nEvidence query\n");
        for line in query.sql.lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    if !requirement.trace.sql_files.is_empty() {
        let _ = writeln!(text, "\nMet by {}", requirement.trace.sql_files.join(", "));
    }
    text
}
