//! Care for the lake: the use cases that join what the platform measures with jobs, runs and settings,
//! and the pages that show it.
//!
//! Reports go to `reports/lake/` and hold no times, so that the same data give the same files; nothing
//! here touches `governance/`.

mod declared;
mod derivation;
mod dictionary;
mod gaps;
mod pages;
mod quality;

use std::path::{Path, PathBuf};

use relift_engine::Lake;
use relift_job::{DateRange, TableName};
use relift_platform::care::{
    self, Audit, AuditRequest, CareError, CareProgress, ProfileRequest, TableProfile,
};
use serde::Serialize;

use crate::package::write_whole;
use crate::{Migration, MigrationError};

pub use gaps::{Filled, GapPlan, PlannedGap};
pub use quality::QualityReport;
pub(crate) use quality::check_staged;

/// Folder of the reports below the workspace.
const REPORTS: &str = "reports/lake";

impl Migration<'_> {
    /// Audits lake tables over some dates; all tables when none are named.
    pub fn audit_lake(&self, tables: &[String], dates: DateRange) -> Result<Audit, MigrationError> {
        let bench = &self.bench;
        let project = &bench.project;
        let checks = declared::quality_checks(project)?;
        let (keys, references) = declared::rules(&checks);
        let tables = named_tables(&project.lake, tables)?;
        let request = AuditRequest {
            lake: &project.lake,
            tables: &tables,
            range: dates,
            learned_from: project.workspace.dates,
            settings: &project.workspace.care,
            keys: &keys,
            references: &references,
            workers: bench.workers,
        };
        self.with_care_progress("audit", |tell| bench.wait(care::audit(&request, tell)))
    }

    /// Profiles lake tables and tables that jobs wrote; all of them when none are named.
    pub fn profile_tables(
        &self,
        tables: &[String],
        dates: DateRange,
    ) -> Result<Vec<TableProfile>, MigrationError> {
        let bench = &self.bench;
        let lake = &bench.project.lake;
        let zone = &bench.zone;
        let mut profiles = Vec::new();
        let in_lake = lake.tables()?;
        let in_zone: Vec<TableName> = zone
            .tables()?
            .into_iter()
            .filter(|table| !in_lake.contains(table))
            .collect();
        let wanted = |known: &[TableName]| -> Vec<TableName> {
            let named = |table: &&TableName| {
                tables.is_empty() || tables.iter().any(|pattern| matches(pattern, table))
            };
            known.iter().filter(named).cloned().collect()
        };
        let chosen = [(lake, wanted(&in_lake)), (zone, wanted(&in_zone))];
        let found: usize = chosen.iter().map(|(_, tables)| tables.len()).sum();
        if found == 0 {
            let known = in_lake.iter().chain(&in_zone);
            return Err(no_table(tables, known));
        }
        for (lake, tables) in chosen {
            if tables.is_empty() {
                continue;
            }
            let request = ProfileRequest {
                lake,
                tables: &tables,
                range: dates,
                workers: bench.workers,
            };
            profiles.extend(
                self.with_care_progress("profile", |tell| {
                    bench.wait(care::profile(&request, tell))
                })?,
            );
        }
        Ok(profiles)
    }

    /// Writes the audit as a page and as JSON; where they are.
    pub fn write_audit(
        &self,
        audit: &Audit,
        out: Option<&Path>,
    ) -> Result<Vec<PathBuf>, MigrationError> {
        let name = &self.bench.project.workspace.name;
        self.write_reports(
            out,
            &[
                ("audit.html", pages::audit(name, audit)),
                ("audit.json", json(audit)?),
            ],
        )
    }

    /// Writes profiles as a page, as Markdown and as JSON; where they are.
    pub fn write_profiles(
        &self,
        profiles: &[TableProfile],
        out: Option<&Path>,
    ) -> Result<Vec<PathBuf>, MigrationError> {
        let name = &self.bench.project.workspace.name;
        self.write_reports(
            out,
            &[
                ("profile.html", pages::profile(name, profiles)),
                ("profile.md", pages::profile_markdown(name, profiles)),
                ("profile.json", json(&Versioned::of(profiles))?),
            ],
        )
    }

    /// Writes the data dictionary as a page, as Markdown and as JSON; where they are.
    pub fn write_dictionary(
        &self,
        dates: DateRange,
        out: Option<&Path>,
    ) -> Result<(usize, Vec<PathBuf>), MigrationError> {
        let dictionary = dictionary::dictionary(self, dates)?;
        let name = &self.bench.project.workspace.name;
        let files = self.write_reports(
            out,
            &[
                ("dictionary.html", pages::dictionary(name, &dictionary)),
                (
                    "dictionary.md",
                    pages::dictionary_markdown(name, &dictionary),
                ),
                ("dictionary.json", json(&dictionary)?),
            ],
        )?;
        Ok((dictionary.tables.len(), files))
    }

    fn write_reports(
        &self,
        out: Option<&Path>,
        files: &[(&str, String)],
    ) -> Result<Vec<PathBuf>, MigrationError> {
        let folder = match out {
            Some(folder) => folder.to_owned(),
            None => self.bench.project.root.join(REPORTS),
        };
        std::fs::create_dir_all(&folder)
            .map_err(MigrationError::file("create", folder.as_path()))?;
        let mut written = Vec::new();
        for (name, content) in files {
            let path = folder.join(name);
            write_whole(&path, content.as_bytes())?;
            written.push(path);
        }
        Ok(written)
    }

    fn with_care_progress<T>(
        &self,
        phase: &str,
        work: impl FnOnce(&(dyn Fn(&CareProgress) + Sync)) -> Result<T, CareError>,
    ) -> Result<T, MigrationError> {
        let progress = self.bench.progress;
        let begun = std::sync::Once::new();
        let result = work(&|step: &CareProgress| {
            begun.call_once(|| progress.begin(phase, step.total as u64));
            progress.step(phase, &step.table.to_string());
        });
        progress.end(phase);
        Ok(result?)
    }
}

/// Tables of the lake chosen by name or pattern; none chosen means all.
fn named_tables(lake: &Lake, patterns: &[String]) -> Result<Vec<TableName>, MigrationError> {
    let known = lake.tables()?;
    if known.is_empty() {
        return Err(MigrationError::Unknown(format!(
            "there are no tables in {}; fill the lake with `relift lake generate` or `relift lake import`",
            lake.root().display()
        )));
    }
    for pattern in patterns {
        if !known.iter().any(|table| matches(pattern, table)) {
            return Err(no_table(std::slice::from_ref(pattern), known.iter()));
        }
    }
    Ok(known
        .into_iter()
        .filter(|table| {
            patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, table))
        })
        .collect())
}

/// Whether a pattern (`market.orders`, `orders`, `market.*`) names a table.
fn matches(pattern: &str, table: &TableName) -> bool {
    let whole = table.to_string();
    pattern.split(',').map(str::trim).any(|pattern| {
        crate::project::matches_pattern(pattern, &whole)
            || crate::project::matches_pattern(pattern, &table.table)
    })
}

fn no_table<'t>(patterns: &[String], known: impl Iterator<Item = &'t TableName>) -> MigrationError {
    let known: Vec<String> = known.map(ToString::to_string).collect();
    MigrationError::Unknown(format!(
        "no table is named by \"{}\"; the tables are: {}",
        patterns.join(","),
        known.join(", ")
    ))
}

/// A list with the version of its form.
#[derive(Serialize)]
struct Versioned<'a, T> {
    schema_version: u32,
    tables: &'a [T],
}

impl<'a, T> Versioned<'a, T> {
    fn of(tables: &'a [T]) -> Self {
        Self {
            schema_version: 1,
            tables,
        }
    }
}

fn json(value: &impl Serialize) -> Result<String, MigrationError> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| MigrationError::Record(error.to_string()))?;
    text.push('\n');
    Ok(text)
}
