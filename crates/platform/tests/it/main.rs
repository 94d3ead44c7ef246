//! Integration tests of the platform, in one binary so that the engine is linked once.

mod boundaries;
mod escape;
mod lake_view;
mod legacy;
mod set_based;
mod writers;
