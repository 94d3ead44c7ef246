//! `relift modernise`.

use clap::Args;

use super::{Again, Common, Scope, summary};
use crate::exit::Exit;

/// Takes jobs through all stages, each job end to end and several at a time: read, profile, require,
/// specify, test, rewrite, run both sides on every date, compare, go back on a difference, audit; then
/// writes the package. Interrupted at any moment, the same command goes on where it was.
#[derive(Debug, Args)]
pub(super) struct Modernise {
    /// Jobs: names or patterns with *, separated by commas [default: all].
    #[arg(long, short, value_name = "JOBS")]
    select: Vec<String>,
    #[command(flatten)]
    again: Again,
}

impl Modernise {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let bars = common.bars();
        let migration = common.open_for(self.again, &bars)?;
        let scope = Scope {
            select: self.select.clone(),
            start: None,
            end: None,
        };
        let (jobs, _) = scope.resolve(&migration)?;
        let (_, result) = migration.modernise(&jobs)?;
        let page = migration.project().root.join("governance/index.html");
        summary::print(&result, common.format, &page.display().to_string())
    }
}
