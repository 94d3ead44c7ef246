//! `cargo xtask tpch`: the 22 queries of TPC-H as legacy jobs, both styles, both sides.
//!
//! The work is done by the `tpch` bench of `relift-migration`, which links the engine; this only starts it. The
//! bench is built as part of the whole workspace: another selection of packages would ask other features of the
//! dependencies, and build the engine's anew.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use clap::Args;

/// Runs the jobs of tpch/ as they are and lifted, compares them, and checks their answers.
#[derive(Args)]
pub(crate) struct Tpch {
    /// The benchmark's scale factor: 0.01 are 60 thousand lines of orders.
    #[arg(long, default_value_t = 0.01)]
    scale: f64,
    /// So many lines of orders instead of a scale.
    #[arg(long, conflicts_with = "scale")]
    rows: Option<u64>,
    /// Jobs whose names begin so, such as `q01` or `q07_pandas`; all unless given.
    #[arg(long)]
    only: Vec<String>,
    /// The workspace to make; one of an earlier run is replaced.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Optimised, for times that mean something.
    #[arg(long)]
    release: bool,
}

impl Tpch {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let verb = if self.release { "bench" } else { "test" };
        let mut command = Command::new(env!("CARGO"));
        command.args([verb, "--quiet", "--workspace", "--bench", "tpch", "--"]);
        match self.rows {
            Some(rows) => command.args(["--rows", &rows.to_string()]),
            None => command.args(["--scale", &self.scale.to_string()]),
        };
        for job in &self.only {
            command.args(["--only", job]);
        }
        if let Some(folder) = &self.dir {
            let folder = std::path::absolute(folder).context("the folder of the workspace")?;
            command.arg("--dir").arg(folder);
        }
        let status = command.status().context("starting cargo")?;
        ensure!(
            status.success(),
            "some jobs differ or have a wrong answer, see the table"
        );
        Ok(())
    }
}
