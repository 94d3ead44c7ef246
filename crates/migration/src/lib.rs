//! The use cases: what the commands do, from opening a workspace to the verified package.
//!
//! This crate performs what the team asks for. It joins the pure crates, which understand and decide,
//! with the rim, which reads, runs and commits; it holds no judgement of its own.

mod analysis;
mod baseline;
mod bench;
pub mod care;
mod comparison;
mod conversion;
pub mod demo;
pub mod doctor;
mod error;
mod evidence;
mod experiments;
mod explain;
mod findings;
mod hypotheses;
mod kept;
mod lakes;
mod ledger;
mod modules;
mod obligations;
mod overview;
mod own_sql;
mod package;
mod partial;
mod progress;
mod project;
mod queries;
mod runs;
mod scoring;
mod sharing;
mod stages;
pub mod template;
mod trials;
mod usecases;
mod verify;

pub use baseline::{Baseline, BaselineImport};
pub use bench::Settings;
pub use conversion::{Standing, Until};
pub use error::MigrationError;
pub use explain::explain_code;
pub use lakes::LakeRequest;
pub use overview::{AttemptLog, JobStatus, Overview, SideStatus};
pub use package::Summary;
pub use progress::{Progress, Silent};
pub use project::{Project, SETTINGS};
pub use relift_platform::recorded::Change as BaselineChange;
pub use relift_team::End;
pub use runs::plan::{PlannedJob, Reprocess, RunPlan, Why, compressed, ranges};
pub use runs::survey::Standing as RunStanding;
pub use usecases::{CellResult, JobScan, Migration, RunResult};
pub use verify::{Check, Verification};
