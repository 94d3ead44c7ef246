//! Placeholder.

pub mod control;
pub mod lake;
pub mod legacy;
pub mod outputs;
pub mod set_based;
pub mod writers;
