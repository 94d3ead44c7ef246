//! The legacy runtime: module chains of legacy jobs run in CPython with pandas frames and SQLite SQL.
//!
//! Their meaning is whatever that real stack does, so nothing of it is imitated here. This module
//! finds and pins a Python environment, keeps warm confined workers, and turns what a run wrote
//! into its staging folder into an outcome the platform can commit.

mod environment;
mod interpreter;
mod lake_view;
mod narrowing;
mod outcome;
mod request;
mod runtime;
mod scripts;
mod worker;

pub use environment::{
    EnvironmentError, EnvironmentIdentity, EnvironmentRequest, PythonEnvironment, prepare,
};
pub use interpreter::{Interpreter, find_interpreter};
pub use lake_view::{LakeView, LakeViewError};
pub use outcome::{LegacyFailure, LegacyOutcome, Raised};
pub use runtime::{LegacyConfig, LegacyError, LegacyPart, LegacyRun, LegacyRuntime};
