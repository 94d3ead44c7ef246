//! What an External does with pandas: the dtypes at the frame boundaries and the vocabulary of frames, apart
//! from what is Python's own.

mod around;
pub(crate) mod bins;
pub(crate) mod elements;
pub(crate) mod groups;
pub(crate) mod indexed;
mod integers;
mod labels;
mod merge;
mod pivots;
mod placing;
mod query;
pub(crate) mod reduction;
pub(crate) mod rolling;
mod selection;
mod source_frame;
mod times;
mod typed;
mod written_frame;

pub use source_frame::{framed_rows, source_frame, source_scan};
pub use written_frame::{Written, written_frame};
