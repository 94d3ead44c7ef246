//! The `relift` command: reads arguments, calls a use case, prints its result, answers with an exit code.

mod bars;
mod commands;
mod exit;
mod output;

use std::process::ExitCode;

use clap::Parser;

use crate::commands::Arguments;
use crate::exit::Exit;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match commands::run(&arguments) {
        Ok(exit) => exit.into(),
        Err(error) => {
            exit::complain(&error);
            Exit::of(&error).into()
        }
    }
}
