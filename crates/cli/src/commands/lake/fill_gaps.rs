//! `relift lake fill-gaps`.

use clap::Args;
use relift_migration::Migration;
use serde_json::{Value, json};

use super::Chosen;
use crate::commands::Common;
use crate::exit::Exit;
use crate::output::{Format, Listing, print_json, print_text};

/// Brings back missing and damaged partitions from where they came: generated again, imported again, or, for
/// what jobs wrote, run again. Without --apply only the plan is shown. Ends with 1 when gaps are left.
#[derive(Debug, Args)]
pub(crate) struct FillGaps {
    #[command(flatten)]
    chosen: Chosen,
    /// Does what the plan says.
    #[arg(long)]
    apply: bool,
}

impl FillGaps {
    pub(crate) fn run(&self, migration: &Migration<'_>, common: &Common) -> anyhow::Result<Exit> {
        let dates = self.chosen.dates(migration)?;
        let plan = migration.plan_gaps(&self.chosen.tables, dates)?;
        if !self.apply {
            if common.format == Format::Json {
                print_json(&serde_json::to_value(&plan)?)?;
            } else {
                let mut listing = Listing::new(&["what", "date", "state", "what will be done"]);
                for gap in &plan.gaps {
                    let done = match (&gap.action, &gap.reason) {
                        (Some(action), _) => action.clone(),
                        (None, reason) => {
                            format!(
                                "cannot be filled: {}",
                                reason.as_deref().unwrap_or_default()
                            )
                        }
                    };
                    listing.row(vec![
                        gap.what.as_str().into(),
                        gap.date.clone().map_or(Value::Null, Into::into),
                        gap.state.into(),
                        done.into(),
                    ]);
                }
                if !plan.gaps.is_empty() {
                    listing.print(Format::Text)?;
                }
                print_text(&format!(
                    "{} gaps, {} of them cannot be filled{}",
                    plan.gaps.len(),
                    plan.unfillable(),
                    if plan.gaps.len() > plan.unfillable() {
                        "; add --apply to fill the others"
                    } else {
                        ""
                    }
                ))?;
            }
            return Ok(if plan.gaps.is_empty() {
                Exit::Good
            } else {
                Exit::ChecksFailed
            });
        }
        let filled = migration.fill_gaps(&plan)?;
        let open = filled.iter().filter(|gap| !gap.filled).count();
        if common.format == Format::Json {
            print_json(&json!({ "gaps": filled }))?;
        } else {
            let mut listing = Listing::new(&["what", "date", "filled", "rows", "how"]);
            for gap in &filled {
                listing.row(vec![
                    gap.what.as_str().into(),
                    gap.date.clone().map_or(Value::Null, Into::into),
                    if gap.filled { "yes" } else { "no" }.into(),
                    gap.rows.into(),
                    gap.detail.as_str().into(),
                ]);
            }
            if !filled.is_empty() {
                listing.print(Format::Text)?;
            }
            print_text(&format!("{} gaps filled, {open} left", filled.len() - open))?;
        }
        Ok(if open == 0 {
            Exit::Good
        } else {
            Exit::ChecksFailed
        })
    }
}
