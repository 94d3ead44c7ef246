//! Chores of this repository: `cargo xtask tidy`, `rename`, `tpch`, `rule-mutants`, `programs`.

mod programs;
mod rule_mutants;
mod tidy;
mod tpch;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Chores of this repository.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Checks what the compiler does not: arrows between crates, file heads, sizes.
    Tidy,
    /// Copies a portfolio under other names for jobs, tables, columns, functions and variables.
    Rename {
        /// The portfolio to copy.
        #[arg(long, default_value = "portfolio")]
        from: PathBuf,
        /// Where to; must not exist.
        #[arg(long)]
        to: PathBuf,
    },
    /// Runs the tests under each wrong variant of the lowering rules; ends with 1 when one survives.
    RuleMutants {
        /// Only variants whose words contain this.
        #[arg(long)]
        only: Option<String>,
    },
    /// Generates legacy programs and compares what both sides make of them; ends with 1 when they differ.
    Programs {
        /// Which programs: `0..2000`.
        #[arg(long)]
        seeds: String,
        /// Folder for programs with wrong results, made small.
        #[arg(long)]
        save: Option<PathBuf>,
    },
    /// Runs the 22 queries of TPC-H, written as legacy jobs in two styles, on both sides.
    Tpch(tpch::Tpch),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().chore {
        Chore::Tidy => tidy::tidy(),
        Chore::Rename { from, to } => xtask::rename::rename(&from, &to).map(drop),
        Chore::RuleMutants { only } => rule_mutants::rule_mutants(only.as_deref()),
        Chore::Programs { seeds, save } => programs::programs(&seeds, save.as_deref()),
        Chore::Tpch(tpch) => tpch.run(),
    }
}
