//! Tests of the text form and the interpreter, in one binary. Graphs are written in the text form.

#![expect(clippy::unwrap_used, reason = "tests")]

mod expressions;
mod folds;
mod functions;
mod graphs;
mod obligations;
mod operators;
mod simplification;
mod text_form;
mod windows;
mod worked_example;
