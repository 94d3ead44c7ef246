//! Tries to show that a rewrite is wrong, or that the evidence for it is weak.
//!
//! [`adversarial_cases`] builds small tables out of the constants, keys and types of a job, where wrong
//! operators betray themselves; [`mutants`] plants wrong operators, which good evidence must notice.

mod adversarial;
mod candidates;
mod mutants;
mod origins;

pub use adversarial::{AdversarialCase, adversarial_cases};
pub use mutants::{Mutant, mutants};
