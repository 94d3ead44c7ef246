//! The members of the team, one file each, in the order a job meets them.

mod analyst;
mod auditor;
mod code_writer;
mod data_profiler;
mod portfolio_scanner;
mod reconciler;
mod requirements_writer;
mod specification_writer;
mod test_designer;
mod test_runner;

pub use analyst::ANALYST;
pub use auditor::AUDITOR;
pub use code_writer::CODE_WRITER;
pub use data_profiler::DATA_PROFILER;
pub use portfolio_scanner::PORTFOLIO_SCANNER;
pub use reconciler::RECONCILER;
pub use requirements_writer::REQUIREMENTS_WRITER;
pub use specification_writer::SPECIFICATION_WRITER;
pub use test_designer::TEST_DESIGNER;
pub use test_runner::TEST_RUNNER;

use crate::{Role, Stage};

/// Every role.
pub static ALL: &[&Role] = &[
    &PORTFOLIO_SCANNER,
    &ANALYST,
    &DATA_PROFILER,
    &REQUIREMENTS_WRITER,
    &SPECIFICATION_WRITER,
    &TEST_DESIGNER,
    &CODE_WRITER,
    &TEST_RUNNER,
    &RECONCILER,
    &AUDITOR,
];

/// The role that performs a stage.
pub fn of_stage(stage: Stage) -> &'static Role {
    ALL.iter()
        .copied()
        .find(|role| role.stage == stage)
        .expect("a test asserts that every stage has one role")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{Artifact, Route};

    #[test]
    fn every_file_is_registered() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/roles");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .expect("the folder of this file")
            .map(|entry| {
                entry
                    .expect("readable")
                    .file_name()
                    .into_string()
                    .expect("UTF-8")
            })
            .filter(|name| name != "mod.rs")
            .collect();
        let registered: BTreeSet<String> = ALL
            .iter()
            .map(|role| {
                role.file
                    .rsplit(['/', '\\'])
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect();
        assert_eq!(files, registered);
    }

    #[test]
    fn every_role_is_documented_and_named_after_its_file() {
        for role in ALL {
            assert!(
                role.documentation.trim().lines().count() > 1,
                "{} says what it does but not why",
                role.name
            );
            assert!(
                role.file
                    .ends_with(&format!("{}.rs", role.name.replace(' ', "_"))),
                "{}",
                role.name
            );
        }
    }

    #[test]
    fn every_stage_has_exactly_one_role_in_order() {
        let stages: Vec<Stage> = ALL.iter().map(|role| role.stage).collect();
        assert_eq!(stages, Stage::ALL);
    }

    #[test]
    fn no_role_reviews_what_it_writes() {
        for role in ALL {
            for artifact in role.reviews {
                assert!(
                    !role.writes.contains(artifact),
                    "{} reviews its own {artifact:?}",
                    role.name
                );
            }
        }
    }

    #[test]
    fn every_artifact_has_one_author() {
        for role in ALL {
            for artifact in role.reads.iter().chain(role.reviews) {
                let authors = ALL
                    .iter()
                    .filter(|other| other.writes.contains(artifact))
                    .count();
                assert_eq!(
                    authors,
                    usize::from(!artifact.given()),
                    "{artifact:?}, used by {}",
                    role.name
                );
            }
        }
    }

    /// On a job's first way through, what a role reads is there; only causes come from a later stage.
    #[test]
    fn what_a_role_reads_was_written_before() {
        let mut written: BTreeSet<Artifact> = BTreeSet::new();
        for role in ALL {
            for artifact in role.reads {
                assert!(
                    artifact.given() || written.contains(artifact) || *artifact == Artifact::Cause,
                    "{} reads {artifact:?} before it is written",
                    role.name
                );
            }
            written.extend(role.writes);
        }
    }

    #[test]
    fn nobody_who_builds_sees_the_expected_output() {
        for role in ALL.iter().filter(|role| role.stage != Stage::Reconcile) {
            assert!(
                !role.reads.contains(&Artifact::Baseline),
                "{} reads the baseline",
                role.name
            );
        }
    }

    #[test]
    fn routes_go_where_they_say() {
        for role in ALL {
            for (outcome, route) in role.outcomes {
                match route {
                    Route::Next(stage) => assert!(*stage > role.stage, "{} {outcome}", role.name),
                    Route::Back(stage) => assert!(*stage < role.stage, "{} {outcome}", role.name),
                    Route::Finish(_) => {}
                }
            }
        }
    }
}
