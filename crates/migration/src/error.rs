//! What can go wrong in a use case, sorted by whose turn it is.

use std::path::PathBuf;

use relift_diagnostics::Diagnostic;
use relift_engine::EngineError;
use relift_platform::control::ControlError;
use thiserror::Error;

/// Why a command could not do its work. Problems of one job do not end up here: they are recorded for
/// that job while the others go on.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// No `relift.toml` in the folder or above it.
    #[error("no relift.toml in {} or a folder above it; `relift init` makes one, `relift demo` shows one", .folder.display())]
    NoWorkspace {
        /// Where the search began.
        folder: PathBuf,
    },
    /// `relift.toml`, or the dependencies file, is wrong.
    #[error("{}", lines(.0))]
    Configuration(Vec<Diagnostic>),
    /// A selection that names nothing.
    #[error("no job is selected by \"{selection}\"; the jobs are: {known}")]
    NothingSelected {
        /// What was asked for.
        selection: String,
        /// Names there are.
        known: String,
    },
    /// A date the workspace does not have.
    #[error("{what}")]
    Dates {
        /// Which, and the range there is.
        what: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {}", .path.display())]
    File {
        /// `read`, `write`, `create`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// Something exists that must not be overwritten.
    #[error("{} already exists", .path.display())]
    Exists {
        /// It.
        path: PathBuf,
    },
    /// A word that names nothing.
    #[error("{0}")]
    Unknown(String),
    /// The lake or an output table.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The control store.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The Python side.
    #[error("{0}")]
    Python(String),
    /// A legacy run has no outcome.
    #[error(transparent)]
    Legacy(Box<relift_platform::legacy::LegacyFailure>),
    /// A rewrite run has no outcome.
    #[error(transparent)]
    Rewrite(Box<relift_platform::set_based::RewriteFailure>),
    /// Recorded outputs cannot be imported or used.
    #[error(transparent)]
    Recorded(Box<relift_platform::recorded::RecordedError>),
    /// Staged output cannot be committed.
    #[error(transparent)]
    Output(Box<relift_platform::outputs::OutputError>),
    /// The demonstration lake or an import.
    #[error(transparent)]
    Lake(#[from] relift_platform::lake::LakeError),
    /// Data cannot be looked at, or a declared check cannot be made.
    #[error(transparent)]
    Care(#[from] relift_platform::care::CareError),
    /// A declared check found what must not be committed.
    #[error("{0}")]
    Quality(String),
    /// Records that do not fit this program.
    #[error("{0}")]
    Record(String),
}

impl MigrationError {
    /// Whether the machine is at fault and not the job.
    pub(crate) fn is_environment(&self) -> bool {
        matches!(
            self,
            Self::Python(_) | Self::Control(_) | Self::Output(_) | Self::File { .. }
        )
    }

    /// Whether a job's own code raised, on either side.
    pub(crate) fn is_exception(&self) -> bool {
        use relift_platform::legacy::LegacyFailure;
        use relift_platform::set_based::RewriteFailure;
        match self {
            Self::Legacy(failure) => matches!(**failure, LegacyFailure::Raised(_)),
            Self::Rewrite(failure) => matches!(
                **failure,
                RewriteFailure::Guard { .. }
                    | RewriteFailure::Engine {
                        what: "the query failed",
                        ..
                    }
            ),
            _ => false,
        }
    }

    /// The message with everything that caused it.
    pub(crate) fn whole(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let more = error.to_string();
            if !text.contains(&more) {
                text.push_str(": ");
                text.push_str(&more);
            }
            cause = error.source();
        }
        text
    }

    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}

fn lines(diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}
