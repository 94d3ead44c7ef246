//! `relift verify`.

use clap::Args;
use serde_json::Value;

use super::Common;
use crate::exit::Exit;
use crate::output::{Format, Listing, print_text};

/// Checks everything the package says against what it rests on: hashes of cited code, queries at cited table
/// versions, the rewritten files, the chain of the ledger, every file of the package.
#[derive(Debug, Args)]
pub(super) struct Verify {}

impl Verify {
    #[expect(clippy::unused_self, reason = "commands are called alike")]
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let bars = common.bars();
        let migration = common.open(&bars)?;
        let verification = migration.verify()?;
        let mut listing = Listing::new(&["check", "checked", "failed"]);
        for check in &verification.checks {
            listing.row(vec![
                check.what.into(),
                check.checked.into(),
                check.failures.len().into(),
            ]);
        }
        if common.format == Format::Json {
            let mut listing = Listing::new(&["check", "checked", "failures"]);
            for check in &verification.checks {
                listing.row(vec![
                    check.what.into(),
                    check.checked.into(),
                    Value::from(check.failures.clone()),
                ]);
            }
            listing.print(Format::Json)?;
        } else {
            listing.print(Format::Text)?;
            for failure in verification.checks.iter().flat_map(|check| &check.failures) {
                print_text(failure)?;
            }
        }
        Ok(if verification.holds() {
            Exit::Good
        } else {
            Exit::ChecksFailed
        })
    }
}
