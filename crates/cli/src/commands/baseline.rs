//! `relift baseline ...`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use relift_migration::{BaselineChange, BaselineImport};
use serde_json::{Value, json};

use super::Common;
use crate::exit::Exit;
use crate::output::{Format, print_json, print_text};

/// Handles recorded outputs of legacy jobs that cannot run here.
#[derive(Debug, Subcommand)]
pub(super) enum Baseline {
    /// Imports what a legacy job wrote elsewhere as its legacy side; its own code does not run any more.
    Import(Import),
}

/// FOLDER holds a folder per date with the job's outputs, `FOLDER/<date>/[<job dir>/<table dir>/]<file>`, or the
/// platform's own layout, `FOLDER/<job dir>/<table dir>/<date>/<file>`. Tables are Parquet: per date,
/// `FOLDER/<date>/<table>.parquet`, or all dates in one, `FOLDER/<table>.parquet` or a folder of that name.
/// Importing the same again changes nothing; dates that differ are replaced, others stay. The recordings
/// are kept below `baselines/<job>/`; without that folder the job runs again.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The job.
    job: String,
    /// The folder of recorded outputs.
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// The column that tells the date in a table of many dates [default: the output date column].
    #[arg(long, value_name = "NAME")]
    date_column: Option<String>,
    /// The date column is one of the job's own and stays in its rows.
    #[arg(long)]
    keep_date_column: bool,
}

impl Baseline {
    pub(super) fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        match self {
            Self::Import(import) => import.run(common),
        }
    }
}

impl Import {
    fn run(&self, common: &Common) -> anyhow::Result<Exit> {
        let bars = common.bars();
        let migration = common.open(&bars)?;
        let imported = migration.import_baseline(&BaselineImport {
            job: &self.job,
            from: &self.from,
            date_column: self.date_column.as_deref(),
            keep_date_column: self.keep_date_column,
        })?;
        let [new, replaced, unchanged] = [
            BaselineChange::New,
            BaselineChange::Replaced,
            BaselineChange::Unchanged,
        ]
        .map(|change| imported.count(change));
        let failed = &imported.failed;
        let dates = |dates: &mut dyn Iterator<Item = String>| dates.collect::<Vec<_>>();
        let missing = dates(&mut imported.missing.iter().map(ToString::to_string));
        let left_out = dates(&mut imported.summary.left_out.iter().map(ToString::to_string));
        if common.format == Format::Json {
            let failed: Vec<Value> = failed
                .iter()
                .map(|(date, error)| json!({"effective_date": date.to_string(), "error": error}))
                .collect();
            print_json(&json!({
                "schema_version": 1, "job": imported.job.as_str(), "new": new, "replaced": replaced,
                "unchanged": unchanged, "missing": missing, "left_out": left_out, "failed": failed,
            }))?;
        } else {
            print_text(&format!(
                "{}: {new} dates recorded, {replaced} replaced, {unchanged} as before",
                imported.job
            ))?;
            for (what, dates) in [
                ("not recorded, so missing", &missing),
                ("left out, as they are no dates of the workspace", &left_out),
            ] {
                if !dates.is_empty() {
                    print_text(&format!("{what}: {}", dates.join(", ")))?;
                }
            }
            for (date, error) in failed {
                print_text(&format!("{date}: {error}"))?;
            }
        }
        Ok(if failed.is_empty() {
            Exit::Good
        } else {
            Exit::ChecksFailed
        })
    }
}
