//! Which job waits for which: edges that are declared, and those that follow from what jobs read and write.
//!
//! A job that reads a table another job writes depends on it whether anybody wrote that down or not, so
//! such edges order runs like declared ones; that they are not declared is told apart.

use std::collections::{BTreeMap, BTreeSet};

use relift_diagnostics::{Diagnostic, Span};

use crate::{Dependencies, DependencyWhen, Job, JobName, ModuleKind, SchemaName, TableName};

/// A job waits for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The job that waits.
    pub job: JobName,
    /// The job it waits for.
    pub needs: JobName,
    /// Which run of it.
    pub when: DependencyWhen,
    /// Where it is declared; `None` when it was only found.
    pub declared: Option<Span>,
    /// What the job reads of the other's tables, in the order of its modules.
    pub reads: Vec<FoundRead>,
}

/// A module that reads a table another job writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRead {
    /// The table.
    pub table: TableName,
    /// Index of the module.
    pub module: usize,
    /// The module.
    pub span: Span,
}

impl Edge {
    /// The declaration to put into `dependencies.toml`.
    pub fn declaration(&self) -> String {
        format!(
            "[[dependency]]\njob = \"{}\"\nneeds = \"{}\"\nwhen = \"{}\"",
            self.job,
            self.needs,
            self.when.word()
        )
    }

    fn place(&self) -> String {
        match (&self.declared, self.reads.first()) {
            (Some(span), _) => span.to_string(),
            (None, Some(read)) => format!("{} reads {}", read.span, read.table),
            (None, None) => String::new(),
        }
    }
}

/// All edges of a portfolio, and an order that respects them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edges {
    needs: BTreeMap<JobName, Vec<Edge>>,
    writers: BTreeMap<TableName, BTreeSet<JobName>>,
    own: BTreeMap<JobName, Vec<FoundRead>>,
    order: Vec<JobName>,
    faults: BTreeMap<JobName, Vec<Diagnostic>>,
}

impl Edges {
    /// Finds them; `curated` is the schema of tables that are written without a schema of their own.
    pub fn of<'j>(
        jobs: impl Iterator<Item = &'j Job> + Clone,
        curated: &SchemaName,
        declared: &Dependencies,
    ) -> Self {
        let mut edges = Self {
            writers: writers(jobs.clone(), curated),
            ..Self::default()
        };
        for dependency in &declared.edges {
            let own = edges.needs.entry(dependency.job.clone()).or_default();
            own.push(Edge {
                job: dependency.job.clone(),
                needs: dependency.needs.clone(),
                when: dependency.when,
                declared: Some(dependency.span.clone()),
                reads: Vec::new(),
            });
        }
        for job in jobs.clone() {
            edges.read(job);
        }
        for own in edges.needs.values_mut() {
            own.sort_by(|a, b| a.needs.cmp(&b.needs));
        }
        edges.sort(&jobs.map(|job| job.name.clone()).collect());
        edges
    }

    /// Adds what a job reads of others.
    fn read(&mut self, job: &Job) {
        for (module, step) in job.modules.iter().enumerate() {
            let ModuleKind::DataSourcing(source) = &step.kind else {
                continue;
            };
            let Some(writers) = self.writers.get(&source.table) else {
                continue;
            };
            let found = FoundRead {
                table: source.table.clone(),
                module,
                span: step.span.clone(),
            };
            let own = self.needs.entry(job.name.clone()).or_default();
            let declared: BTreeSet<&JobName> = own
                .iter()
                .filter(|edge| edge.declared.is_some() && writers.contains(&edge.needs))
                .map(|edge| &edge.needs)
                .collect();
            let home = match (writers.len(), declared.len()) {
                (1, _) => writers.first().cloned(),
                (_, 1) => declared.first().map(|name| (*name).clone()),
                _ => None,
            };
            let Some(home) = home else {
                let names: Vec<&str> = writers.iter().map(JobName::as_str).collect();
                let message = format!(
                    "{} is written by several jobs ({}), so it is not clear whose content is meant",
                    source.table,
                    names.join(", ")
                );
                let problem = Diagnostic::error(message)
                    .at(found.span.clone())
                    .path(format!("modules[{module}].table"))
                    .hint("declare in dependencies.toml which one of them this job needs");
                self.faults
                    .entry(job.name.clone())
                    .or_default()
                    .push(problem);
                continue;
            };
            if home == job.name {
                self.own.entry(home).or_default().push(found);
                continue;
            }
            match own.iter_mut().find(|edge| edge.needs == home) {
                Some(edge) => edge.reads.push(found),
                None => own.push(Edge {
                    job: job.name.clone(),
                    needs: home,
                    when: DependencyWhen::SameDay,
                    declared: None,
                    reads: vec![found],
                }),
            }
        }
    }

    /// Orders the jobs; those that need each other in a circle are left out and named.
    fn sort(&mut self, jobs: &BTreeSet<JobName>) {
        let mut waits: BTreeMap<&JobName, usize> = BTreeMap::new();
        let mut followers: BTreeMap<&JobName, Vec<&JobName>> = BTreeMap::new();
        for job in jobs {
            let needs = self.needs.get(job).map_or(&[][..], Vec::as_slice);
            let known = needs.iter().filter(|edge| jobs.contains(&edge.needs));
            waits.insert(job, known.clone().count());
            for edge in known {
                followers.entry(&edge.needs).or_default().push(job);
            }
        }
        let mut ready: BTreeSet<&JobName> = waits
            .iter()
            .filter(|(_, count)| **count == 0)
            .map(|(job, _)| *job)
            .collect();
        let mut order = Vec::with_capacity(jobs.len());
        loop {
            while let Some(job) = ready.pop_first() {
                waits.remove(job);
                order.push(job.clone());
                for follower in followers.get(job).into_iter().flatten() {
                    if let Some(count) = waits.get_mut(*follower) {
                        *count -= 1;
                        if *count == 0 {
                            ready.insert(*follower);
                        }
                    }
                }
            }
            // What is left waits for a circle or is part of one.
            let Some(circle) = self.circle(&waits) else {
                break;
            };
            let problem = told(&circle);
            for edge in &circle {
                self.faults
                    .entry(edge.job.clone())
                    .or_default()
                    .push(problem.clone());
            }
            let members: BTreeSet<&JobName> = circle
                .iter()
                .filter_map(|edge| waits.get_key_value(&edge.job).map(|(job, _)| *job))
                .collect();
            waits.retain(|job, _| !members.contains(job));
            for job in members {
                for follower in followers.get(job).into_iter().flatten() {
                    if let Some(count) = waits.get_mut(*follower) {
                        *count -= 1;
                        if *count == 0 {
                            ready.insert(*follower);
                        }
                    }
                }
            }
        }
        self.order = order;
    }

    /// A circle among the jobs that still wait, as the edges that close it.
    fn circle(&self, waiting: &BTreeMap<&JobName, usize>) -> Option<Vec<Edge>> {
        let mut path: Vec<&Edge> = Vec::new();
        let mut job: &JobName = waiting.keys().next()?;
        loop {
            if let Some(start) = path.iter().position(|edge| edge.job == *job) {
                return Some(path[start..].iter().map(|edge| (*edge).clone()).collect());
            }
            // Each of them waits for another one of them, else it would be ready.
            let edge = self
                .needs
                .get(job)?
                .iter()
                .find(|edge| waiting.contains_key(&edge.needs))?;
            path.push(edge);
            job = &edge.needs;
        }
    }

    /// What a job waits for, by name.
    pub fn needs(&self, job: &JobName) -> &[Edge] {
        self.needs.get(job).map_or(&[], Vec::as_slice)
    }

    /// Every edge.
    pub fn all(&self) -> impl Iterator<Item = &Edge> {
        self.needs.values().flatten()
    }

    /// Edges that follow from what jobs read and that nobody declared.
    pub fn undeclared(&self) -> impl Iterator<Item = &Edge> {
        self.all().filter(|edge| edge.declared.is_none())
    }

    /// Jobs that write a table.
    pub fn writers(&self, table: &TableName) -> impl Iterator<Item = &JobName> {
        self.writers.get(table).into_iter().flatten()
    }

    /// Whether some job writes the table.
    pub fn is_written(&self, table: &TableName) -> bool {
        self.writers.contains_key(table)
    }

    /// The one job whose content of a table the given job reads; itself when it reads its own.
    pub fn home<'e>(&'e self, reader: &'e JobName, table: &TableName) -> Option<&'e JobName> {
        let reads = |reads: &[FoundRead]| reads.iter().any(|read| read.table == *table);
        let other = self.needs(reader).iter().find(|edge| reads(&edge.reads));
        match other {
            Some(edge) => Some(&edge.needs),
            None => self
                .own_reads(reader)
                .iter()
                .any(|read| read.table == *table)
                .then_some(reader),
        }
    }

    /// Tables a job reads that it writes itself: as it left them on its date before.
    pub fn own_reads(&self, job: &JobName) -> &[FoundRead] {
        self.own.get(job).map_or(&[], Vec::as_slice)
    }

    /// Tables that some job reads of another or of itself.
    pub fn read_tables(&self) -> BTreeSet<&TableName> {
        let edges = self.all().flat_map(|edge| &edge.reads);
        edges
            .chain(self.own.values().flatten())
            .map(|read| &read.table)
            .collect()
    }

    /// Jobs so that each stands behind those it needs; jobs with a fault are left out.
    pub fn order(&self) -> &[JobName] {
        &self.order
    }

    /// The same order with further pairs of a job and one it waits for; as near to it as these allow. The
    /// error names jobs that would then wait in a circle, or for one that does.
    pub fn order_with(
        &self,
        more: &[(JobName, JobName)],
    ) -> Result<Vec<JobName>, BTreeSet<JobName>> {
        let place: BTreeMap<&JobName, usize> = self.order.iter().zip(0..).collect();
        let mut waits = vec![0_usize; self.order.len()];
        let mut followers: Vec<Vec<usize>> = vec![Vec::new(); self.order.len()];
        let own = self.all().map(|edge| (&edge.job, &edge.needs));
        for (job, needs) in own.chain(more.iter().map(|(job, needs)| (job, needs))) {
            if let (Some(job), Some(needs)) = (place.get(job), place.get(needs)) {
                waits[*job] += 1;
                followers[*needs].push(*job);
            }
        }
        let mut ready: BTreeSet<usize> = (0..waits.len()).filter(|at| waits[*at] == 0).collect();
        let mut order = Vec::with_capacity(self.order.len());
        while let Some(at) = ready.pop_first() {
            order.push(self.order[at].clone());
            for follower in &followers[at] {
                waits[*follower] -= 1;
                if waits[*follower] == 0 {
                    ready.insert(*follower);
                }
            }
        }
        if order.len() == self.order.len() {
            return Ok(order);
        }
        let left = (0..waits.len()).filter(|at| waits[*at] > 0);
        Err(left.map(|at| self.order[at].clone()).collect())
    }

    /// Jobs whose edges cannot be honoured, with what is wrong.
    pub fn faults(&self) -> &BTreeMap<JobName, Vec<Diagnostic>> {
        &self.faults
    }

    /// Every job that the given one waits for, directly or not, in an order that respects the edges.
    pub fn waited_for(&self, job: &JobName) -> Vec<JobName> {
        let mut found = BTreeSet::new();
        let mut waiting: Vec<&JobName> = vec![job];
        while let Some(job) = waiting.pop() {
            for edge in self.needs(job) {
                if found.insert(&edge.needs) {
                    waiting.push(&edge.needs);
                }
            }
        }
        if found.is_empty() {
            return Vec::new();
        }
        let order = self.order.iter();
        order.filter(|job| found.contains(job)).cloned().collect()
    }

    /// The given jobs and every job whose tables they read, directly or not.
    pub fn with_upstream(&self, jobs: impl IntoIterator<Item = JobName>) -> BTreeSet<JobName> {
        let mut found = BTreeSet::new();
        let mut waiting: Vec<JobName> = jobs.into_iter().collect();
        while let Some(job) = waiting.pop() {
            let read = self
                .needs(&job)
                .iter()
                .filter(|edge| !edge.reads.is_empty());
            waiting.extend(
                read.map(|edge| edge.needs.clone())
                    .filter(|needs| !found.contains(needs)),
            );
            found.insert(job);
        }
        found
    }
}

fn writers<'j>(
    jobs: impl Iterator<Item = &'j Job>,
    curated: &SchemaName,
) -> BTreeMap<TableName, BTreeSet<JobName>> {
    let mut found: BTreeMap<TableName, BTreeSet<JobName>> = BTreeMap::new();
    for job in jobs {
        for module in &job.modules {
            if let ModuleKind::DataFrameWriter(writer) = &module.kind {
                let schema = writer.schema.clone().unwrap_or_else(|| curated.clone());
                found
                    .entry(TableName::new(schema, &writer.table))
                    .or_default()
                    .insert(job.name.clone());
            }
        }
    }
    found
}

fn told(circle: &[Edge]) -> Diagnostic {
    let mut names: Vec<&str> = circle.iter().map(|edge| edge.job.as_str()).collect();
    names.extend(circle.first().map(|edge| edge.job.as_str()));
    let places: Vec<String> = circle
        .iter()
        .map(|edge| {
            format!(
                "\"{}\" needs \"{}\" ({})",
                edge.job,
                edge.needs,
                edge.place()
            )
        })
        .collect();
    let problem = Diagnostic::error(format!(
        "jobs need each other in a circle: {}",
        names.join(" -> ")
    ))
    .hint(format!("one of these must go: {}", places.join("; ")));
    match circle.iter().find_map(|edge| edge.declared.clone()) {
        Some(span) => problem.at(span),
        None => match circle.first().and_then(|edge| edge.reads.first()) {
            Some(read) => problem.at(read.span.clone()),
            None => problem,
        },
    }
}
