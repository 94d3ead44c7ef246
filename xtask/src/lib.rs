//! Chores of this repository that tests use too.

pub mod rename;
