//! Filling gaps: which partitions are missing or damaged, where each can be had again, and doing it.
//!
//! The plan and its application are two commands, and the second makes the plan anew: what is filled is
//! what is missing when it is filled. A gap that cannot be filled is listed with the reason. Partitions come
//! first, because jobs are run again over them.

use std::collections::{BTreeMap, BTreeSet};

use relift_governance::LedgerEvent;
use relift_job::{DateRange, EffectiveDate, JobName, ModuleKind, Side, TableName};
use relift_platform::care::{self, AuditRequest, CellState};
use relift_platform::control::RunStatus;
use relift_platform::lake::{GapKind, RestoreError, RestoreSource, restore, restore_source};
use serde::Serialize;

use super::{declared, named_tables};
use crate::runs::{Repeat, run_key, run_legacy, zone_folder};
use crate::{Migration, MigrationError, ledger};

/// What is missing and what will be done about it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct GapPlan {
    /// Partitions of lake tables, and outputs of jobs.
    pub gaps: Vec<PlannedGap>,
}

/// One gap.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedGap {
    /// The table, or the job whose output is gone.
    pub what: String,
    /// The date; a table without dates has none.
    pub date: Option<String>,
    /// `missing` or `damaged`.
    pub state: &'static str,
    /// What will be done.
    pub action: Option<String>,
    /// Why nothing can be done.
    pub reason: Option<String>,
    #[serde(skip)]
    kind: PlannedKind,
}

#[derive(Clone, Debug)]
enum PlannedKind {
    Partition {
        table: TableName,
        date: Option<EffectiveDate>,
        kind: GapKind,
        source: Option<RestoreSource>,
    },
    Output {
        job: JobName,
        date: EffectiveDate,
    },
}

/// What became of a gap.
#[derive(Clone, Debug, Serialize)]
pub struct Filled {
    /// The table, or the job.
    pub what: String,
    /// The date.
    pub date: Option<String>,
    /// Whether it is closed.
    pub filled: bool,
    /// Rows brought back.
    pub rows: Option<u64>,
    /// Whether the log proves them the rows that were there.
    pub verified: bool,
    /// What was done, or why not.
    pub detail: String,
}

impl GapPlan {
    /// Gaps nothing can be done about.
    pub fn unfillable(&self) -> usize {
        self.gaps.iter().filter(|gap| gap.action.is_none()).count()
    }
}

impl Migration<'_> {
    /// Looks for gaps in the lake and in what jobs wrote, and says how each can be closed.
    pub fn plan_gaps(
        &self,
        tables: &[String],
        dates: DateRange,
    ) -> Result<GapPlan, MigrationError> {
        let mut plan = GapPlan::default();
        self.plan_partitions(tables, dates, &mut plan)?;
        if tables.is_empty() {
            self.plan_outputs(dates, &mut plan)?;
        }
        Ok(plan)
    }

    fn plan_partitions(
        &self,
        tables: &[String],
        dates: DateRange,
        plan: &mut GapPlan,
    ) -> Result<(), MigrationError> {
        let bench = &self.bench;
        let project = &bench.project;
        // The calendar of a table is learned beside all others, whichever are to be filled.
        let all = named_tables(&project.lake, &[])?;
        let chosen: BTreeSet<TableName> =
            named_tables(&project.lake, tables)?.into_iter().collect();
        let checks = declared::quality_checks(project)?;
        let (keys, references) = declared::rules(&checks);
        let request = AuditRequest {
            lake: &project.lake,
            tables: &all,
            range: dates,
            learned_from: project.workspace.dates,
            settings: &project.workspace.care,
            keys: &keys,
            references: &references,
            workers: bench.workers,
        };
        let audit = bench.wait(care::completeness(&request))?;
        for (table, date, state) in audit.gaps() {
            if !chosen.contains(&table) {
                continue;
            }
            let kind = if state == CellState::Damaged {
                GapKind::Damaged
            } else {
                GapKind::Missing
            };
            let (source, action, reason) = match restore_source(&project.lake, &table, date) {
                Ok(source) => {
                    let words = source.words();
                    (Some(source), Some(words), None)
                }
                Err(error) => (None, None, Some(error.to_string())),
            };
            plan.gaps.push(PlannedGap {
                what: table.to_string(),
                date: date.map(|date| date.to_string()),
                state: match kind {
                    GapKind::Missing => "missing",
                    GapKind::Damaged => "damaged",
                },
                action,
                reason,
                kind: PlannedKind::Partition {
                    table,
                    date,
                    kind,
                    source,
                },
            });
        }
        Ok(())
    }

    /// Outputs that a succeeded run recorded and that are not there any more.
    fn plan_outputs(&self, dates: DateRange, plan: &mut GapPlan) -> Result<(), MigrationError> {
        let bench = &self.bench;
        let mut outputs: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for event in ledger::load(bench.store.read())? {
            if let LedgerEvent::RunFinished(run) = event
                && run.side == Side::Legacy.word()
            {
                let written = run.outputs.into_keys().collect();
                outputs.insert((run.job, run.effective_date), written);
            }
        }
        let zone = zone_folder(bench, Side::Legacy);
        for (name, job) in &bench.project.jobs {
            let broken_tables = self.broken_tables(job)?;
            for date in dates.iter() {
                let Some(written) = outputs.get(&(name.to_string(), date.to_string())) else {
                    continue;
                };
                let key = run_key(name, date, Side::Legacy);
                let Some(run) = bench.store.read().latest_run(&key)? else {
                    continue;
                };
                if run.status != RunStatus::Succeeded {
                    continue;
                }
                let mut gone: Vec<&str> = written
                    .iter()
                    // Tables are recorded by their name alone, files by their path.
                    .filter(|output| output.contains('/') && !zone.join(output).exists())
                    .map(String::as_str)
                    .collect();
                for (table, versions) in &broken_tables {
                    let version = run.outcome.output_versions.get(&table.to_string());
                    if version.is_some_and(|version| versions.contains(version)) {
                        gone.push(&table.table);
                    }
                }
                if gone.is_empty() {
                    continue;
                }
                plan.gaps.push(PlannedGap {
                    what: format!("job {name}"),
                    date: Some(date.to_string()),
                    state: "missing",
                    action: Some(format!("run again for {}", gone.join(", "))),
                    reason: None,
                    kind: PlannedKind::Output {
                        job: name.clone(),
                        date,
                    },
                });
            }
        }
        Ok(())
    }

    /// Tables a job writes of which files are gone, with the versions that wrote these.
    fn broken_tables(
        &self,
        job: &relift_job::Job,
    ) -> Result<Vec<(TableName, BTreeSet<u64>)>, MigrationError> {
        let workspace = &self.bench.project.workspace;
        let mut broken = Vec::new();
        for module in &job.modules {
            let ModuleKind::DataFrameWriter(writer) = &module.kind else {
                continue;
            };
            let schema = writer.schema.as_ref().unwrap_or(&workspace.curated_schema);
            let table = TableName::new(schema.clone(), &writer.table);
            if self.bench.zone.latest_version(&table).is_err() {
                continue;
            }
            let inventory = self.bench.zone.inventory(&table)?;
            let versions: BTreeSet<u64> = inventory
                .files
                .iter()
                .filter(|file| !inventory.folder.join(&file.path).is_file())
                .map(|file| file.added_in)
                .collect();
            if !versions.is_empty() {
                broken.push((table, versions));
            }
        }
        Ok(broken)
    }

    /// Closes the gaps of a plan, one after the other.
    pub fn fill_gaps(&self, plan: &GapPlan) -> Result<Vec<Filled>, MigrationError> {
        let bench = &self.bench;
        let phase = "filling gaps";
        bench.progress.begin(phase, plan.gaps.len() as u64);
        let mut filled = Vec::new();
        for gap in &plan.gaps {
            let what = gap.what.clone();
            let date = gap.date.clone();
            let mut outcome = Filled {
                what,
                date,
                filled: false,
                rows: None,
                verified: false,
                detail: gap.reason.clone().unwrap_or_default(),
            };
            match &gap.kind {
                PlannedKind::Partition {
                    table,
                    date,
                    kind,
                    source: Some(source),
                } => self.fill_partition(table, *date, *kind, source, &mut outcome)?,
                PlannedKind::Partition { source: None, .. } => {}
                PlannedKind::Output { job, date } => self.fill_output(job, *date, &mut outcome)?,
            }
            bench.progress.step(phase, &gap.what);
            filled.push(outcome);
        }
        bench.progress.end(phase);
        Ok(filled)
    }

    fn fill_partition(
        &self,
        table: &TableName,
        date: Option<EffectiveDate>,
        kind: GapKind,
        source: &RestoreSource,
        outcome: &mut Filled,
    ) -> Result<(), MigrationError> {
        let bench = &self.bench;
        let scratch = bench.staging().join("fill-gaps");
        crate::runs::remove_folder(&scratch)?;
        std::fs::create_dir_all(&scratch)
            .map_err(MigrationError::file("create", scratch.as_path()))?;
        let lake = &bench.project.lake;
        let restored = bench.wait(restore(lake, table, date, kind, source, &scratch));
        crate::runs::remove_folder(&scratch)?;
        match restored {
            Ok(restored) => {
                outcome.filled = true;
                outcome.rows = Some(restored.rows);
                outcome.verified = restored.verified;
                let proof = if restored.verified {
                    "the same rows, by the hash in the log"
                } else {
                    "the log has no hash of earlier rows"
                };
                outcome.detail =
                    format!("{}; {proof}; version {}", source.words(), restored.version);
            }
            // One gap that stays open does not keep the others open.
            Err(error @ (RestoreError::NoSource(_) | RestoreError::OtherRows { .. })) => {
                outcome.detail = error.to_string();
            }
            Err(error) => {
                return Err(MigrationError::Record(format!(
                    "{table} {}: {error}",
                    outcome.date.clone().unwrap_or_default()
                )));
            }
        }
        Ok(())
    }

    fn fill_output(
        &self,
        job: &JobName,
        date: EffectiveDate,
        outcome: &mut Filled,
    ) -> Result<(), MigrationError> {
        let Some(known) = self.bench.project.jobs.get(job) else {
            outcome.detail = format!("job {job} is not in the portfolio any more");
            return Ok(());
        };
        let run = run_legacy(&self.bench, known, date, Repeat::Always)?;
        outcome.rows = run.outcome.rows;
        outcome.filled = run.status == RunStatus::Succeeded;
        outcome.detail = match &run.outcome.error {
            Some(error) => error.clone(),
            None => "run again".to_owned(),
        };
        Ok(())
    }
}
