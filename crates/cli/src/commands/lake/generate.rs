//! `relift lake generate`.

use clap::Args;
use relift_migration::Migration;
use relift_platform::lake::LakeSummary;

/// Same seed, same data. Partitions that are there are left alone.
#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// Seed of the data.
    #[arg(long)]
    seed: Option<u64>,
    /// Customers per daily snapshot; everything else grows with it.
    #[arg(long, value_name = "N")]
    customers: Option<u32>,
}

impl Generate {
    pub(crate) fn fill(&self, migration: &Migration<'_>) -> anyhow::Result<LakeSummary> {
        Ok(migration.generate_lake(self.seed, self.customers)?)
    }
}
