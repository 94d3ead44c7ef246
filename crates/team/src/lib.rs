//! The team: who does what to a job, and what happens next.
//!
//! Routing is a state machine and nothing else. A role declares the stage it performs, what it may
//! read and write, and where each of its outcomes leads; the transition table is read off those
//! declarations. [`step`] is a pure function of a job's state and one event, so a conversion is the
//! fold of what was recorded, and an interrupted one goes on by folding the same record again. The
//! machine never judges: it only counts attempts and rounds, so that no loop is without an end.

mod artifact;
mod machine;
mod portfolio;
mod role;
pub mod roles;
mod stage;
mod state;
mod transitions;

#[cfg(test)]
mod simulation;

pub use artifact::Artifact;
pub use machine::{Effect, Event, Reply, Task, pending, start, step};
pub use portfolio::{Conservation, Portfolio};
pub use role::{Role, Route};
pub use stage::{End, Outcome, Stage};
pub use state::{ATTEMPTS_MAX, JobState, Position, ROUNDS_MAX, Ticket};
pub use transitions::{Transition, route, transitions};
