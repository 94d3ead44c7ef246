//! The frontend from outside: Python text in, dataflow text or refusals out.

mod market;
mod portfolio;
