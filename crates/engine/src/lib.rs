//! Lake tables, queries and commits: the only crate that names Delta Lake and DataFusion.
//!
//! Reading goes file by file in stored order, because first-wins and last-wins lookups of legacy
//! jobs depend on it and a parallel scan keeps no order. Writing is one Delta commit per run,
//! recognised by its application transaction, so that a repeated run neither doubles nor loses rows.

mod commit;
mod content;
mod data_files;
mod durable;
mod error;
pub mod functions;
mod history;
mod inventory;
mod lake;
mod output;
mod planning;
mod scan;
mod schema;
mod session;
mod snapshot;

pub use commit::{
    ColumnChange, CommitMode, CommitOutcome, TableCommit, commit_stream, commit_table,
};
pub use content::content_hash;
pub use error::EngineError;
pub use history::CommittedRun;
pub use inventory::{Inventory, InventoryFile, LoggedColumn, LoggedVersion};
pub use lake::{CatalogGap, Lake};
pub use output::{OutputColumn, OutputRead};
pub use scan::{BatchStream, Scan, ScanReader};
pub use session::{QueryResult, Session};
