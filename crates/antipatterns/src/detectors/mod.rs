//! The detectors, one file each.
//!
//! | code | finds |
//! |---|---|
//! | AP1 | a source nothing needs |
//! | AP2 | logic another job has too |
//! | AP3 | Python that is not needed |
//! | AP4 | a column nothing needs |
//! | AP5 | different stand-ins for one missing value |
//! | AP6 | iteration row by row |
//! | AP7 | numbers without a name |
//! | AP8 | SQL that could be left out |
//! | AP9 | names that say something else |
//! | AP10 | dates read and filtered away |
//! | AP11 | a frame nothing uses |
//! | AP12 | a job needed without saying so |

mod duplicated_logic;
mod inconsistent_defaults;
mod magic_values;
mod misleading_name;
mod missing_dependency;
mod needless_sql;
mod over_sourced_dates;
mod row_by_row_iteration;
mod unneeded_external;
mod unused_column;
mod unused_frame;
mod unused_source;

use crate::Detector;

pub use duplicated_logic::duplicates;
pub use missing_dependency::missing_dependencies;

/// All detectors in the order of their codes.
pub static DETECTORS: &[&Detector] = &[
    &unused_source::UNUSED_SOURCE,
    &duplicated_logic::DUPLICATED_LOGIC,
    &unneeded_external::UNNEEDED_EXTERNAL,
    &unused_column::UNUSED_COLUMN,
    &inconsistent_defaults::INCONSISTENT_DEFAULTS,
    &row_by_row_iteration::ROW_BY_ROW_ITERATION,
    &magic_values::MAGIC_VALUES,
    &needless_sql::NEEDLESS_SQL,
    &misleading_name::MISLEADING_NAME,
    &over_sourced_dates::OVER_SOURCED_DATES,
    &unused_frame::UNUSED_FRAME,
    &missing_dependency::MISSING_DEPENDENCY,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_is_registered_and_documented() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/detectors");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .expect("the folder is there")
            .map(|entry| {
                let name = entry.expect("readable").file_name();
                name.to_string_lossy().into_owned()
            })
            .filter(|name| name != "mod.rs")
            .collect();
        let registered: BTreeSet<String> = DETECTORS
            .iter()
            .map(|detector| {
                let name = detector.file.rsplit(['/', '\\']).next();
                name.unwrap_or_default().to_owned()
            })
            .collect();
        assert_eq!(files, registered);
        for detector in DETECTORS {
            for heading in ["## What it finds", "## Why it matters", "## Instead"] {
                assert!(
                    detector.text.contains(heading),
                    "{}: {heading}",
                    detector.code
                );
            }
        }
    }
}
