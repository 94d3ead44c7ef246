//! Which jobs read what another job writes instead of computing it again.
//!
//! Who may read from whom is settled once, before jobs are worked on, so that it does not depend on which of
//! them is quicker: a job that reads waits for the one that writes. What is read is settled when the job is
//! written down, from what is known then. That the two agree is shown as everywhere, by running both sides
//! on every date; a rewrite that does not pass computes for itself in its next round.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use relift_job::{
    Catalog, ColumnFacts, ColumnName, JobName, ModuleKind, Nulls, Side, TableFacts, TableName,
    WriteMode,
};
use relift_lift::{
    Lifted, Share, SharedRelations, Writer, WrittenBy, WrittenTable, is_run_date, stored,
};
use relift_team::End;

use crate::MigrationError;
use crate::analysis::{Analysis, lake_type};
use crate::bench::{Bench, lock};
use crate::runs::RewriteFiles;
use crate::stages::{contents, write_down};

/// Who reads from whom.
#[derive(Debug, Default)]
pub(crate) struct SharedPlan {
    /// Jobs that write what a job computes.
    homes: BTreeMap<JobName, BTreeSet<JobName>>,
    /// The tables they write it to.
    tables: BTreeSet<TableName>,
}

impl SharedPlan {
    /// Jobs whose output a job may read instead of computing it.
    pub(crate) fn homes(&self, job: &JobName) -> impl Iterator<Item = &JobName> {
        self.homes.get(job).into_iter().flatten()
    }

    /// Tables that are read so; the order of their rows may matter to who reads them.
    pub(crate) fn tables(&self) -> &BTreeSet<TableName> {
        &self.tables
    }
}

/// A job in the form that reads from others.
pub(crate) struct SharedForm {
    pub(crate) lifted: Lifted,
    /// Every table of another job that it reads.
    pub(crate) written_by: BTreeMap<TableName, WrittenBy>,
}

impl Bench<'_> {
    /// What was settled by [`Bench::settle_sharing`]; nothing before.
    pub(crate) fn shared_plan(&self) -> Arc<SharedPlan> {
        lock(&self.shared).clone().unwrap_or_default()
    }

    /// Settles which of the selected jobs may read from which job that is selected too, or done.
    pub(crate) fn settle_sharing(
        &self,
        selected: &BTreeSet<JobName>,
    ) -> Result<(), MigrationError> {
        let mut analyses: BTreeMap<JobName, Arc<Analysis>> = BTreeMap::new();
        for name in self.project.jobs.keys() {
            let open = match self.end_of(name)? {
                None => selected.contains(name),
                Some(end) => end == End::Done,
            };
            if open {
                analyses.insert(name.clone(), self.analysis(name)?);
            }
        }
        let lifted = || {
            analyses
                .iter()
                .filter_map(|(name, analysis)| Some((name, analysis.lifted.as_ref().ok()?)))
        };
        let relations = SharedRelations::of(lifted().map(|(name, lifted)| Writer {
            job: name.clone(),
            flow: &lifted.flow,
            tables: self.tables_of(name, lifted),
        }));
        let mut pairs: Vec<(JobName, Share)> = Vec::new();
        for (name, lifted) in lifted().filter(|(name, _)| selected.contains(*name)) {
            let shares = relations.shares(name, &lifted.flow, &|_| true);
            pairs.extend(shares.into_iter().map(|share| (name.clone(), share)));
        }
        let waits: Vec<_> = pairs
            .iter()
            .map(|(job, share)| (job.clone(), share.home.clone()))
            .collect();
        if let Err(circle) = self.project.edges.order_with(&waits) {
            // Jobs that would wait for each other each compute for themselves.
            pairs.retain(|(job, _)| !circle.contains(job));
        }
        let mut plan = SharedPlan::default();
        for (job, share) in pairs {
            plan.tables.insert(share.table);
            plan.homes.entry(job).or_default().insert(share.home);
        }
        *lock(&self.shared) = Some(Arc::new(plan));
        Ok(())
    }

    /// Tables that a job writes anew on each date and that no other job writes to.
    fn tables_of(&self, name: &JobName, lifted: &Lifted) -> Vec<WrittenTable> {
        let Some(job) = self.project.jobs.get(name) else {
            return Vec::new();
        };
        let workspace = &self.project.workspace;
        let target = |module: usize| match job.modules.get(module).map(|module| &module.kind) {
            Some(ModuleKind::DataFrameWriter(writer)) => {
                let schema = writer.schema.as_ref().unwrap_or(&workspace.curated_schema);
                Some((TableName::new(schema.clone(), &writer.table), writer.mode))
            }
            _ => None,
        };
        let targets: Vec<TableName> = (0..job.modules.len())
            .filter_map(|module| Some(target(module)?.0))
            .collect();
        let dates = ColumnName::from(workspace.effective_date_column.as_str());
        let sinks = lifted.flow.sinks.iter().enumerate();
        sinks
            .filter_map(|(index, sink)| {
                let (table, mode) = target(sink.module)?;
                let alone = self.project.edges.writers(&table).count() == 1
                    && targets.iter().filter(|other| **other == table).count() == 1;
                // A table with the date column is read by it: rows of other dates would be left out.
                let dated = !lifted.flow.node(sink.input).schema.has(&dates)
                    || is_run_date(&lifted.flow, sink.input, &dates, &dates);
                (alone && dated && mode == WriteMode::Overwrite)
                    .then_some(WrittenTable { table, sink: index })
            })
            .collect()
    }

    /// The job in the form that reads from others; `None` when it computes everything itself.
    pub(crate) fn shared_form(&self, name: &JobName) -> Result<Option<SharedForm>, MigrationError> {
        let analysis = self.analysis(name)?;
        let Ok(lifted) = &analysis.lifted else {
            return Ok(None);
        };
        let mut homes: BTreeMap<JobName, Arc<Analysis>> = BTreeMap::new();
        for home in self.shared_plan().homes(name) {
            if self.may_be_read(home)? {
                homes.insert(home.clone(), self.analysis(home)?);
            }
        }
        let writers = homes.iter().filter_map(|(home, analysis)| {
            let lifted = analysis.lifted.as_ref().ok()?;
            Some(Writer {
                job: home.clone(),
                flow: &lifted.flow,
                tables: self.tables_of(home, lifted),
            })
        });
        let relations = SharedRelations::of(writers);
        let shares = relations.shares(name, &lifted.flow, &|_| true);
        if shares.is_empty() {
            return Ok(None);
        }
        let mut catalog = analysis.catalog(self.catalog()?).clone();
        let mut written_by = analysis.written_by.clone();
        for share in &shares {
            let Some(analysis) = homes.get(&share.home) else {
                return Ok(None);
            };
            let Some(facts) = self.facts_of_shared(&share.home, analysis, &share.table) else {
                return Ok(None);
            };
            catalog.tables.entry(share.table.clone()).or_insert(facts);
            let writer = WrittenBy {
                job: share.home.clone(),
                side: Side::Rewrite,
            };
            if written_by
                .insert(share.table.clone(), writer.clone())
                .is_some_and(|known| known != writer)
            {
                return Ok(None);
            }
        }
        Ok(self
            .read_shared(&relations, lifted, &shares, &catalog)
            .map(|lifted| SharedForm { lifted, written_by }))
    }

    fn read_shared(
        &self,
        relations: &SharedRelations,
        lifted: &Lifted,
        shares: &[Share],
        catalog: &Catalog,
    ) -> Option<Lifted> {
        match relations.read(lifted, shares, catalog) {
            Ok(form) => form,
            Err(error) => {
                let job = &lifted.flow.job;
                self.progress
                    .note(&format!("{job}: computes what others write: {error}"));
                None
            }
        }
    }

    /// Columns of a table that come back from it as they were.
    fn facts_of_shared(
        &self,
        home: &JobName,
        analysis: &Analysis,
        table: &TableName,
    ) -> Option<TableFacts> {
        let lifted = analysis.lifted.as_ref().ok()?;
        let written = self.tables_of(home, lifted);
        let sink = written.iter().find(|written| written.table == *table)?.sink;
        let node = lifted.flow.node(lifted.flow.sinks.get(sink)?.input);
        let columns = node.schema.columns().iter().filter_map(|column| {
            let ty = stored(column.ty)?;
            Some(ColumnFacts {
                name: column.name.clone(),
                lake_type: lake_type(ty.base)?,
                nulls: if ty.missing.possible() {
                    Nulls::Sometimes
                } else {
                    Nulls::Never
                },
            })
        });
        Some(TableFacts {
            columns: columns.collect(),
            version: 0,
        })
    }

    /// Whether a job's rewrite is there to be read, or about to be; one that is done must have been written
    /// down as it would be now, its rows in order.
    fn may_be_read(&self, home: &JobName) -> Result<bool, MigrationError> {
        match self.end_of(home)? {
            None => Ok(true),
            Some(End::Done) => self.stands_as_written(home),
            Some(_) => Ok(false),
        }
    }

    fn stands_as_written(&self, job: &JobName) -> Result<bool, MigrationError> {
        let Some(files) = RewriteFiles::read(self, job)? else {
            return Ok(false);
        };
        let analysis = self.analysis(job)?;
        let Ok(plain) = &analysis.lifted else {
            return Ok(false);
        };
        let shared = self.shared_form(job)?;
        let forms = shared
            .iter()
            .map(|form| (&form.lifted, &form.written_by))
            .chain([(plain, &analysis.written_by)]);
        for (lifted, written_by) in forms {
            if let Ok(rewrite) = write_down(self, job, lifted, written_by)?
                && rewrite.job == files.job
                && contents(&rewrite)
                    .iter()
                    .all(|(name, text)| files.sql.get(name).is_none_or(|known| known == text))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
