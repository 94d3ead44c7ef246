//! Tries to show that a rewrite is wrong, or that the evidence for it is weak.
//!
//! [`adversarial_cases`] builds small tables out of the constants, keys and types of a job, where wrong
//! operators betray themselves; [`mutants`] plants wrong operators, which good evidence must notice.

mod adversarial;
mod candidates;
mod literals;
mod mutants;
mod origins;
mod readings;

pub use adversarial::{AdversarialCase, adversarial_cases};
pub use literals::with_literals;
pub use mutants::{Mutant, mutants};
pub use readings::{Reading, reading_named, readings};
