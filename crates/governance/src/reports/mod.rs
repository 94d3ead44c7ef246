//! The reports, one file each, in the order they are made.

mod antipatterns;
mod decisions;
mod index;
mod lift_report;
mod lineage;
mod manifest;
mod match_matrix;
mod run_results;
mod traceability;

pub use antipatterns::ANTIPATTERNS;
pub use decisions::DECISIONS;
pub use index::INDEX;
pub use lift_report::LIFT_REPORT;
pub use lineage::LINEAGE;
pub use manifest::MANIFEST;
pub use match_matrix::MATCH_MATRIX;
pub use run_results::RUN_RESULTS;
pub use traceability::TRACEABILITY;

use crate::{Model, Package};

/// A file of the package.
pub struct Report {
    /// Its name.
    pub file: &'static str,
    /// First line: the question it answers. Then what it holds.
    pub documentation: &'static str,
    /// Makes it from the model and the files made before it.
    pub render: fn(&Model, &Package) -> String,
    /// Where it is declared.
    pub declared_in: &'static str,
}

impl Report {
    /// The question it answers.
    pub fn question(&self) -> &'static str {
        self.documentation
            .trim()
            .lines()
            .next()
            .unwrap_or_default()
            .trim()
    }
}

/// Declares a report from its doc comment.
macro_rules! declare_report {
    ($(#[doc = $doc:literal])+ pub static $ident:ident = { file: $file:literal, render: $render:path $(,)? }) => {
        $(#[doc = $doc])+
        pub static $ident: $crate::reports::Report = $crate::reports::Report {
            file: $file,
            documentation: concat!($($doc, "\n"),+),
            render: $render,
            declared_in: file!(),
        };
    };
}

pub(crate) use declare_report;

/// A JSON document as a file: indented, one line end at the end.
fn document(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("text keys, no fractions");
    text.push('\n');
    text
}

/// Every report; the page and the manifest speak about the others and come last.
pub static ALL: &[&Report] = &[
    &MATCH_MATRIX,
    &RUN_RESULTS,
    &DECISIONS,
    &TRACEABILITY,
    &ANTIPATTERNS,
    &LIFT_REPORT,
    &LINEAGE,
    &INDEX,
    &MANIFEST,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::fixture;

    #[test]
    fn every_file_is_registered_and_documented() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reports");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .expect("the folder of this file")
            .map(|entry| entry.expect("readable").path())
            .map(|path| {
                path.file_stem()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned()
            })
            .filter(|name| name != "mod")
            .collect();
        let registered: BTreeSet<String> = ALL
            .iter()
            .map(|report| report.file.split('.').next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(files, registered);
        for report in ALL {
            assert!(
                report.question().ends_with('?'),
                "{}: {}",
                report.file,
                report.question()
            );
            assert!(report.declared_in.contains("reports"));
        }
    }

    #[test]
    fn json_lines_and_documents_carry_their_version() {
        let package = Package::of(&Model::fold(&fixture::conversion()).expect("folds"));
        for file in package.files() {
            let documents: Vec<&str> = match file.name.rsplit('.').next() {
                Some("json") => vec![&file.content],
                Some("jsonl" | "ndjson") => file.content.lines().collect(),
                _ => continue,
            };
            for document in documents {
                let value: serde_json::Value = serde_json::from_str(document).expect("JSON");
                let version = value
                    .get("schema_version")
                    .or_else(|| value["run"]["facets"]["relift"].get("schema_version"));
                assert_eq!(
                    version.and_then(serde_json::Value::as_u64),
                    Some(1),
                    "{}: {document}",
                    file.name
                );
            }
        }
    }
}
