//! `relift lake import`.

use std::path::PathBuf;

use clap::Args;
use relift_migration::Migration;
use relift_platform::lake::LakeSummary;

/// FOLDER holds a folder per table, with Parquet files or `column=value` partition folders in it.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Schema of the lake to import into.
    #[arg(long, value_name = "NAME")]
    schema: String,
    /// The folder of table folders.
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
}

impl Import {
    pub(crate) fn fill(&self, migration: &Migration<'_>) -> anyhow::Result<LakeSummary> {
        Ok(migration.import_lake(&self.schema, &self.from)?)
    }
}
