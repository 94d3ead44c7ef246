//! `relift report`.

use clap::Args;

use super::{Common, summary};
use crate::exit::Exit;

/// Writes governance/ from the ledger: the match matrix, the findings, the requirements, the page to open.
#[derive(Debug, Args)]
pub(super) struct Report {}

impl Report {
    #[expect(clippy::unused_self, reason = "commands are called alike")]
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let bars = common.bars();
        let migration = common.open(&bars)?;
        let result = migration.report()?;
        let page = migration.project().root.join("governance/index.html");
        summary::print(&result, common.format, &page.display().to_string())
    }
}
