//! Exit codes, and how errors are told.

use std::process::ExitCode;

use relift_migration::MigrationError;
use relift_platform::control::ControlError;

/// What the exit code says; the numbers are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything rewritten and equal, or the command did what was asked.
    Good,
    /// A check failed, data differ, or a job was not rewritten.
    ChecksFailed,
    /// Wrong usage or configuration, or an internal error.
    Trouble,
    /// An escalation waits for a person.
    Escalated,
    /// Try again later.
    Temporary,
}

impl Exit {
    /// The exit code of an error.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        match error.downcast_ref::<MigrationError>() {
            Some(MigrationError::Control(ControlError::Locked { .. })) => Self::Temporary,
            _ => Self::Trouble,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Good => 0,
            Exit::ChecksFailed => 1,
            Exit::Trouble => 2,
            Exit::Escalated => 3,
            Exit::Temporary => 75,
        })
    }
}

/// Tells an error and what caused it on stderr.
#[expect(clippy::print_stderr, reason = "the one place where errors are told")]
pub(crate) fn complain(error: &anyhow::Error) {
    eprintln!("error: {error}");
    let mut told = error.to_string();
    for cause in error.chain().skip(1) {
        let text = cause.to_string();
        if !told.contains(&text) {
            eprintln!("  because: {text}");
            told.push_str(&text);
        }
    }
}
