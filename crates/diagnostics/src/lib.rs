//! Source files, spans, content hashes and diagnostics: how every part of Relift points at legacy code.
//!
//! A span names its file by the path a user knows (relative to the workspace) and keeps line numbers
//! beside byte offsets, so that a message can be printed long after the text has been dropped.

mod diagnostic;
mod hash;
mod source;

pub use diagnostic::{Diagnostic, Severity};
pub use hash::ContentHash;
pub use source::{SourceFile, Span};
