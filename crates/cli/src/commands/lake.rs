//! `relift lake ...`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::Common;
use crate::exit::Exit;
use crate::output::{Format, print_json, print_text};

/// Fills the lake.
#[derive(Debug, Subcommand)]
pub(super) enum Lake {
    /// Generates the online marketplace of the demonstration as Delta tables.
    Generate(Generate),
    /// Brings Parquet files into the lake as Delta tables; types and the order of rows are kept.
    Import(Import),
}

/// Same seed, same data. Partitions that are there are left alone.
#[derive(Debug, Args)]
pub(super) struct Generate {
    /// Seed of the data.
    #[arg(long)]
    seed: Option<u64>,
    /// Customers per daily snapshot; everything else grows with it.
    #[arg(long, value_name = "N")]
    customers: Option<u32>,
}

/// FOLDER holds a folder per table, with Parquet files or `column=value` partition folders in it.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// Schema of the lake to import into.
    #[arg(long, value_name = "NAME")]
    schema: String,
    /// The folder of table folders.
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
}

impl Lake {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let bars = common.bars();
        let migration = common.open(&bars)?;
        let summary = match self {
            Self::Generate(options) => migration.generate_lake(options.seed, options.customers)?,
            Self::Import(options) => migration.import_lake(&options.schema, &options.from)?,
        };
        if common.format == Format::Json {
            print_json(&json!({
                "tables": summary.tables, "written": summary.written, "present": summary.present, "rows": summary.rows,
            }))?;
        } else {
            print_text(&format!(
                "{} tables: {} partitions written with {} rows, {} were there before",
                summary.tables, summary.written, summary.rows, summary.present
            ))?;
        }
        Ok(Exit::Good)
    }
}
