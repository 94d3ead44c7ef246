//! `relift demo`.

use std::path::PathBuf;

use clap::Args;
use relift_migration::demo::{self, DemoOptions};

use super::{Common, summary};
use crate::exit::Exit;

/// Creates a workspace with a generated marketplace and 36 badly written jobs, runs them for each day of
/// October 2024, lifts them, runs the rewrites, compares every job on every date, and writes the package.
/// Interrupted, it goes on where it was. Exits with 0 only when all jobs are rewritten and equal everywhere.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Plants a wrong operator into one rewritten job, to show that it is found and repaired.
    #[arg(long)]
    sabotage: bool,
}

impl Demo {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let folder = common.dir.clone().unwrap_or_else(|| PathBuf::from("demo"));
        let bars = common.bars();
        let options = DemoOptions {
            sabotage: self.sabotage,
        };
        let result = demo::demo(&folder, &options, common.settings(), &bars)?;
        summary::print(
            &result,
            common.format,
            &folder.join("governance/index.html").display().to_string(),
        )
    }
}
