//! Whole jobs through the use cases, from their configuration to the verdict, in real Python and
//! on the real engine.

mod baseline;
mod care;
mod cases;
mod faults;
mod hypotheses;
mod rename;
mod resume;
mod run_control;
mod scale;
mod sharing;
mod typed_csv;
mod workspace;
