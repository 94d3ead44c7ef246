//! The control store: what ran, and everything that was decided, in one SQLite file.
//!
//! One process owns a workspace at a time (a lock of the operating system, and an epoch that every
//! write carries, so that a process that lost the lock cannot write any more). One thread writes;
//! writes that arrive while it waits for the disk share the next sync. Nothing is acknowledged
//! before it is durable, so what a caller was told survives `kill -9` and a loss of power.

mod canonical;
mod error;
mod ledger;
mod lock;
mod runs;
mod schema;
mod store;
#[cfg(test)]
mod tests;
mod writer;

pub use canonical::canonical_json;
pub use error::ControlError;
pub use ledger::{ChainFault, LedgerEntry, LedgerHead, NewEvent};
pub use lock::{LockHolder, WorkspaceLock};
pub use runs::{
    RunFilter, RunKey, RunOutcome, RunRecord, RunState, RunStates, RunStatus, versions_text,
};
pub use store::{ControlReader, ControlStore};
