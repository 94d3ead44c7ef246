//! Loops that a query carries as text, for the engine to run: what it needs to know of them.

pub use relift_dataflow::Base;
pub use relift_dataflow::interpret::{LoopProgram, Value};
