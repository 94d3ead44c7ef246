//! What an External does with pandas: the dtypes at the frame boundaries and the vocabulary of frames, apart
//! from what is Python's own.

mod around;
pub(crate) mod elements;
pub(crate) mod groups;
pub(crate) mod indexed;
mod integers;
mod merge;
pub(crate) mod reduction;
mod selection;
mod source_frame;
mod typed;
mod written_frame;

pub use source_frame::{framed_rows, source_frame, source_scan};
pub use written_frame::{Written, written_frame};
