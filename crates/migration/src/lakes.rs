//! Generating the marketplace as a user asks for it.

use relift_job::{DateRange, EffectiveDate};
use relift_platform::lake::{GeneratorOptions, LakeSize, LakeSummary, generate};

use crate::{Migration, MigrationError};

/// What to generate; what is left out is that of the demonstration and of the workspace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LakeRequest {
    /// Everything random follows from it.
    pub seed: Option<u64>,
    /// How large the marketplace is.
    pub size: LakeSize,
    /// First date, the workspace's if left out.
    pub first: Option<EffectiveDate>,
    /// Last date, the workspace's if left out.
    pub last: Option<EffectiveDate>,
    /// Tables to generate; none named means all.
    pub tables: Vec<String>,
}

impl Migration<'_> {
    /// Generates the tables of the marketplace, or some of them, into the workspace's lake.
    pub fn fill_lake(&self, request: &LakeRequest) -> Result<LakeSummary, MigrationError> {
        let workspace = &self.bench.project.workspace;
        let dates = DateRange {
            first: request.first.unwrap_or(workspace.dates.first),
            last: request.last.unwrap_or(workspace.dates.last),
        };
        let mut options = GeneratorOptions::new(dates, workspace.effective_date_column.as_str());
        options.seed = request.seed.unwrap_or(options.seed);
        options.customers = request.size.customers(dates)?;
        options.tables.clone_from(&request.tables);
        let root = self.bench.project.root.join(&workspace.lake_root);
        self.with_lake_progress(|tell| self.bench.wait(generate(&root, &options, tell)))
    }
}
