//! The platform jobs run on: the lake, both runtimes, the writers, and the record of what ran.
//!
//! A job stages its output; only the platform commits it, exactly once per (job, date, side).

pub mod care;
pub mod control;
pub mod lake;
pub mod legacy;
pub mod outputs;
pub mod recorded;
pub mod schedule;
pub mod set_based;
pub mod writers;
