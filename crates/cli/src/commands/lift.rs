//! `relift lift`.

use clap::Args;
use serde_json::Value;

use super::{Again, Common, Scope};
use crate::exit::Exit;
use crate::output::Listing;

/// Lifts jobs to set-based SQL and writes job.json and its SQL below artifacts/. Conditions the
/// rewrite depends on are measured on every date first.
#[derive(Debug, Args)]
pub(super) struct Lift {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    again: Again,
}

impl Lift {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let bars = common.bars();
        let migration = common.open_for(self.again, &bars)?;
        let (jobs, _) = self.scope.resolve(&migration)?;
        let standings = migration.lift(&jobs)?;
        let mut listing = Listing::new(&["job", "state", "reason"]);
        let mut refused = false;
        for standing in standings {
            let word = match standing.end {
                None => "rewritten".to_owned(),
                Some(relift_migration::End::Done) => "done".to_owned(),
                Some(end) => {
                    refused = true;
                    end.word().to_owned()
                }
            };
            let reason = standing
                .cause
                .filter(|_| word != "done" && word != "rewritten");
            listing.row(vec![
                standing.job.as_str().into(),
                word.into(),
                reason.map_or(Value::Null, Into::into),
            ]);
        }
        listing.print(common.format)?;
        Ok(if refused {
            Exit::ChecksFailed
        } else {
            Exit::Good
        })
    }
}
