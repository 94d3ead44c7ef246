//! Writers of the set-based runtime: the same bytes as the legacy runtime's writers.
//!
//! The legacy ones stand in `python/relift_worker/frames.py`; these follow them line by line, with the
//! texts of values from `relift_values`. They write into a staging folder only; committing what they
//! staged is another step.

mod cells;
mod csv;
mod failure;
mod frame;
mod parquet;
mod table;

pub use csv::{CsvSettings, write_csv};
pub use failure::WriterError;
pub use frame::Frame;
pub use parquet::write_parquet;
pub use table::write_table;
