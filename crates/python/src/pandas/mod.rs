//! Where lake tables become pandas frames.

mod source_frame;

pub use source_frame::source_frame;
