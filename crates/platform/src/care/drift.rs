//! How a table's columns changed from version to version.

use std::collections::BTreeMap;

use relift_engine::{Inventory, LoggedColumn};

use super::{Check, Finding, Weight};

/// One finding per changed column: added, dropped, or of another type, and since when.
pub(super) fn schema_drift(inventory: &Inventory) -> Vec<Finding> {
    let table = inventory.table.to_string();
    let mut findings = Vec::new();
    let mut before: Option<&Vec<LoggedColumn>> = None;
    for version in &inventory.versions {
        let Some(columns) = &version.columns else {
            continue;
        };
        if let Some(before) = before {
            let since = match version.added.iter().next() {
                Some(date) => format!("since version {}, which wrote {date}", version.version),
                None => format!("since version {}", version.version),
            };
            let old: BTreeMap<&str, &str> = types(before);
            let new: BTreeMap<&str, &str> = types(columns);
            let mut push = |weight, column: &str, message: String| {
                let finding = Finding::new(weight, Check::SchemaDrift, &table, message)
                    .about(&[column.to_owned()]);
                findings.push(match version.added.iter().next() {
                    Some(date) => finding.on(*date),
                    None => finding,
                });
            };
            for (column, data_type) in &new {
                match old.get(column) {
                    None => push(
                        Weight::Warning,
                        column,
                        format!(
                            "column {column} ({data_type}) was added {since}; it is NULL before"
                        ),
                    ),
                    Some(other) if other != data_type => push(
                        Weight::Error,
                        column,
                        format!("column {column} was {other} and is {data_type} {since}"),
                    ),
                    Some(_) => {}
                }
            }
            for (column, data_type) in old.iter().filter(|(column, _)| !new.contains_key(*column)) {
                push(
                    Weight::Error,
                    column,
                    format!("column {column} ({data_type}) was dropped {since}"),
                );
            }
        }
        before = Some(columns);
    }
    findings
}

fn types(columns: &[LoggedColumn]) -> BTreeMap<&str, &str> {
    columns
        .iter()
        .map(|column| (column.name.as_str(), column.data_type.as_str()))
        .collect()
}
