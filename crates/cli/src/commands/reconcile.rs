//! `relift reconcile`.

use clap::Args;
use relift_governance::CellStatus;
use serde_json::{Value, json};

use super::{Common, Scope};
use crate::exit::Exit;
use crate::output::{Format, Listing, print_json, print_text};

/// Compares what both sides committed, for each job and date: the same date only, never another. Shows the
/// first differing rows with both sides and the cause that an experiment on them supports.
#[derive(Debug, Args)]
pub(super) struct Reconcile {
    #[command(flatten)]
    scope: Scope,
}

impl Reconcile {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let bars = common.bars();
        let migration = common.open(&bars)?;
        let (jobs, dates) = self.scope.resolve(&migration)?;
        let cells = migration.reconcile(&jobs, dates)?;
        let expected = jobs.len() * dates.iter().count();
        let passed = cells
            .iter()
            .filter(|cell| cell.compared.status == CellStatus::Pass)
            .count();
        if common.format == Format::Json {
            let cells: Vec<Value> = cells
                .iter()
                .map(|cell| serde_json::to_value(&cell.compared))
                .collect::<Result<_, _>>()?;
            print_json(
                &json!({ "schema_version": 1, "expected": expected, "passed": passed, "cells": cells }),
            )?;
        } else {
            Self::print_text(&jobs, dates.iter().count(), &cells)?;
        }
        Ok(
            if passed == expected && migration.broken_selected().is_empty() {
                Exit::Good
            } else {
                Exit::ChecksFailed
            },
        )
    }

    fn print_text(
        jobs: &[relift_job::JobName],
        dates: usize,
        cells: &[relift_migration::CellResult],
    ) -> anyhow::Result<()> {
        let mut listing = Listing::new(&[
            "job",
            "dates equal",
            "rows legacy",
            "rows rewrite",
            "rows matched",
            "grade",
        ]);
        for name in jobs {
            let own: Vec<_> = cells
                .iter()
                .map(|cell| &cell.compared)
                .filter(|cell| cell.job == name.as_str())
                .collect();
            let passed = own
                .iter()
                .filter(|cell| cell.status == CellStatus::Pass)
                .count();
            listing.row(vec![
                name.as_str().into(),
                format!("{passed}/{dates}").into(),
                own.iter().map(|cell| cell.rows.legacy).sum::<u64>().into(),
                own.iter().map(|cell| cell.rows.rewrite).sum::<u64>().into(),
                own.iter().map(|cell| cell.rows.matched).sum::<u64>().into(),
                own.iter()
                    .map(|cell| cell.grade)
                    .min()
                    .map_or(Value::Null, |grade| grade.word().into()),
            ]);
        }
        listing.print(Format::Text)?;
        for name in jobs {
            let differing = cells
                .iter()
                .map(|cell| &cell.compared)
                .filter(|cell| cell.job == name.as_str() && cell.status != CellStatus::Pass);
            for (shown, cell) in differing.enumerate() {
                if shown == 3 {
                    print_text(&format!(
                        "{name}: more dates differ; see governance/ after `relift report`"
                    ))?;
                    break;
                }
                let cause = cell.cause.as_deref().unwrap_or("no cause found");
                print_text(&format!(
                    "\n{name} {}: {} ({cause})",
                    cell.effective_date, cell.status
                ))?;
                for output in &cell.outputs {
                    if let Some(note) = &output.note {
                        print_text(&format!("  {}: {note}", output.output))?;
                    }
                    for difference in &output.differences {
                        let columns: Vec<String> = difference
                            .columns
                            .iter()
                            .map(|column| {
                                let side = |value: &Option<String>| {
                                    value.clone().unwrap_or_else(|| "(no row)".to_owned())
                                };
                                format!(
                                    "{}: {} | {}",
                                    column.column,
                                    side(&column.legacy),
                                    side(&column.rewrite)
                                )
                            })
                            .collect();
                        print_text(&format!(
                            "  {} {}: {}",
                            output.output,
                            difference.row,
                            columns.join("; ")
                        ))?;
                    }
                }
            }
        }
        Ok(())
    }
}
