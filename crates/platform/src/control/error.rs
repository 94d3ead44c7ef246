//! What can go wrong with the control store.

use std::path::PathBuf;

use super::lock::LockHolder;

/// Failures of the control store, sorted by whose turn it is.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Another process works on this workspace.
    #[error("another relift works on this workspace: {holder} (lock {path}); wait for it to end, or end it", path = path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Who holds it, as far as it said.
        holder: LockHolder,
    },
    /// A newer version of the program made this file.
    #[error("{path} has control store format {found}, this program knows formats up to {known}; use the newer relift that wrote it", path = path.display())]
    Newer {
        /// The store.
        path: PathBuf,
        /// Format in the file.
        found: i64,
        /// Newest format known here.
        known: i64,
    },
    /// The file is a database of something else, or none at all.
    #[error("{path} is no control store of relift; move it away to begin a new one", path = path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// There is no store yet.
    #[error("no control store at {path}; nothing has run in this workspace yet", path = path.display())]
    Absent {
        /// Where it would be.
        path: PathBuf,
    },
    /// Another process took the workspace over; this one must stop.
    #[error(
        "this process (epoch {ours}) no longer owns the workspace, epoch {current} does; nothing was written"
    )]
    Fenced {
        /// The epoch of this process.
        ours: i64,
        /// The epoch in the store.
        current: i64,
    },
    /// A run was finished that is not running.
    #[error("run {id} is not running, so it cannot be finished")]
    NotRunning {
        /// The run.
        id: i64,
    },
    /// A ledger body holds a number with a fraction, which has no single text form.
    #[error(
        "a ledger entry of kind `{kind}` holds the fractional number {number}; write it as text"
    )]
    FractionInLedger {
        /// Kind of the entry.
        kind: String,
        /// The number.
        number: String,
    },
    /// A stored value cannot be read back: the file was changed by something else.
    #[error("control store {path}: {what}; restore the file from a backup, or move it away to begin a new one", path = path.display())]
    Corrupt {
        /// The store.
        path: PathBuf,
        /// What was found where.
        what: String,
    },
    /// A file or folder cannot be used.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// SQLite answered with an error.
    #[error("control store {path}: {source}", path = path.display())]
    Sqlite {
        /// The store.
        path: PathBuf,
        /// The answer.
        source: rusqlite::Error,
    },
    /// The group of writes this one belonged to could not be committed.
    #[error("the control store could not commit: {reason}")]
    Commit {
        /// Why.
        reason: String,
    },
    /// The writing thread is gone; a bug of ours.
    #[error("the control store's writer has stopped")]
    WriterStopped,
}
