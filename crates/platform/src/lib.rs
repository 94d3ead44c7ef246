//! Placeholder.

pub mod control;
pub mod lake;
pub mod legacy;
pub mod outputs;
