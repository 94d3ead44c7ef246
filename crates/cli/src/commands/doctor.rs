//! `relift doctor`.

use clap::Args;
use relift_migration::doctor::{self, Health};
use serde_json::Value;

use super::Common;
use crate::exit::Exit;
use crate::output::Listing;

/// Checks this machine and, inside a workspace, the workspace: Python, its environment, isolation, disk,
/// settings, jobs, lake.
#[derive(Debug, Args)]
pub(super) struct Doctor {}

impl Doctor {
    #[expect(clippy::unused_self, reason = "commands are called alike")]
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let bars = common.bars();
        let findings = doctor::examine(&common.folder(), &common.settings(), &bars);
        let mut listing = Listing::new(&["what", "state", "found", "what to do"]);
        for finding in &findings {
            let state = match finding.health {
                Health::Good => "good",
                Health::Warning => "warning",
                Health::Bad => "missing",
            };
            let remedy = finding.remedy.clone().map_or(Value::Null, Into::into);
            listing.row(vec![
                finding.what.into(),
                state.into(),
                finding.found.as_str().into(),
                remedy,
            ]);
        }
        listing.print(common.format)?;
        let sick = findings.iter().any(|finding| finding.health == Health::Bad);
        Ok(if sick { Exit::ChecksFailed } else { Exit::Good })
    }
}
