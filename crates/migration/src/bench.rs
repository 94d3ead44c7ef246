//! What every stage works with: the project, the record, the engines, and what is known of each job.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use relift_engine::Lake;
use relift_job::{Catalog, Edge, Job, JobName, ModuleKind, Side, TableName};
use relift_platform::control::ControlStore;
use relift_platform::legacy::{
    EnvironmentIdentity, EnvironmentRequest, LegacyConfig, LegacyRuntime, PythonEnvironment,
    prepare,
};
use relift_team::End;

use crate::analysis::{Analysis, UpstreamFacts, upstream_facts};
use crate::conversion::{ends, resume};
use crate::{MigrationError, Progress, Project, kept, ledger};

/// Setting that holds the versions of the last environment.
pub(crate) const IDENTITY: &str = "environment";

/// Held while a run of one job's side is made.
pub(crate) type Turn = Arc<Mutex<()>>;

/// What the caller decides about a command.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How many jobs are worked on at the same time; the number of cores unless given.
    pub workers: Option<usize>,
    /// The interpreter the legacy environment is built with.
    pub python: Option<PathBuf>,
    /// Where environments are kept between workspaces.
    pub cache: Option<PathBuf>,
    /// Whether selected jobs that were refused, whole or in part, are begun anew though their files are the
    /// same.
    pub again: bool,
}

/// How each job ended, and why.
type Ended = BTreeMap<JobName, (End, Option<String>)>;

/// The shared tools of the stages.
pub(crate) struct Bench<'a> {
    pub(crate) project: Project,
    pub(crate) store: ControlStore,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) workers: usize,
    /// Where output tables live.
    pub(crate) zone: Lake,
    settings: Settings,
    runtime: tokio::runtime::Runtime,
    catalog: OnceLock<Catalog>,
    versions: OnceLock<BTreeMap<TableName, u64>>,
    codes: Mutex<BTreeMap<JobName, Arc<str>>>,
    turns: Mutex<BTreeMap<(JobName, Side), Turn>>,
    /// Jobs whose conversion is over, with how and why; `None` until somebody asks.
    ended: Mutex<Option<Ended>>,
    /// Jobs whose analysis may make the legacy runs it needs the output of.
    converting: Mutex<BTreeSet<JobName>>,
    /// Whose runs the readers of a job's tables read, as long as its conversion has ended as it had then.
    sides: Mutex<BTreeMap<JobName, (Option<End>, Side)>>,
    environment: Mutex<Option<PythonEnvironment>>,
    legacy: Mutex<Option<Result<Arc<LegacyRuntime>, String>>>,
    analyses: Mutex<BTreeMap<JobName, Arc<Analysis>>>,
    /// Who reads what another one writes; see the module on sharing.
    pub(crate) shared: Mutex<Option<Arc<crate::sharing::SharedPlan>>>,
    pub(crate) found: Mutex<Option<Arc<crate::findings::Findings>>>,
    pub(crate) required: Mutex<BTreeMap<JobName, Arc<Vec<relift_requirements::Requirement>>>>,
    pub(crate) answers: Mutex<BTreeMap<JobName, Arc<Vec<crate::obligations::Answered>>>>,
}

impl<'a> Bench<'a> {
    /// Whether jobs that were refused are begun anew.
    pub(crate) fn tries_again(&self) -> bool {
        self.settings.again
    }

    pub(crate) fn new(
        project: Project,
        settings: Settings,
        progress: &'a dyn Progress,
    ) -> Result<Self, MigrationError> {
        let state = project.state();
        std::fs::create_dir_all(&state).map_err(MigrationError::file("create", state.as_path()))?;
        let store = ControlStore::open(&state.join("control.sqlite"), jiff::Timestamp::now())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(MigrationError::file(
                "start threads for",
                project.root.as_path(),
            ))?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let zone = Lake::open(
            project.root.join(&project.workspace.output_files),
            project.workspace.effective_date_column.as_str(),
        );
        Ok(Self {
            workers: settings.workers.unwrap_or(cores).max(1),
            project,
            store,
            progress,
            zone,
            settings,
            runtime,
            catalog: OnceLock::new(),
            versions: OnceLock::new(),
            codes: Mutex::default(),
            turns: Mutex::default(),
            ended: Mutex::default(),
            converting: Mutex::default(),
            sides: Mutex::default(),
            environment: Mutex::default(),
            legacy: Mutex::default(),
            analyses: Mutex::default(),
            shared: Mutex::default(),
            found: Mutex::default(),
            required: Mutex::default(),
            answers: Mutex::default(),
        })
    }

    /// Waits for work of the engine.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Schemas and nulls of the lake, read once per command.
    pub(crate) fn catalog(&self) -> Result<&Catalog, MigrationError> {
        if let Some(catalog) = self.catalog.get() {
            return Ok(catalog);
        }
        let (catalog, gaps) = self.wait(self.project.lake.catalog(self.project.workspace.dates))?;
        for gap in gaps {
            let column = gap
                .column
                .map_or_else(String::new, |column| format!(", column {column}"));
            self.progress
                .note(&format!("{}{column}: {}", gap.table, gap.reason));
        }
        Ok(self.catalog.get_or_init(|| catalog))
    }

    /// Versions the lake's tables are read at during this command. A table whose log cannot be read has none:
    /// the runs that read it say what is wrong with it.
    pub(crate) fn versions(&self) -> Result<&BTreeMap<TableName, u64>, MigrationError> {
        if let Some(versions) = self.versions.get() {
            return Ok(versions);
        }
        let versions = match self.catalog.get() {
            Some(catalog) => catalog
                .tables
                .iter()
                .map(|(name, facts)| (name.clone(), facts.version))
                .collect(),
            None => table_versions(&self.project.lake)?,
        };
        Ok(self.versions.get_or_init(|| versions))
    }

    /// What a legacy run of the job is made with: its code and the versions of Python.
    pub(crate) fn legacy_code(&self, job: &Job) -> Result<Arc<str>, MigrationError> {
        if let Some(known) = lock(&self.codes).get(&job.name) {
            return Ok(Arc::clone(known));
        }
        if crate::runs::recorded::of(&self.project, &job.name).is_some() {
            // Each date's recording stands for it, and Python need not be there.
            return Ok("recorded".into());
        }
        // A baseline made with other versions is another baseline.
        let code = format!("{} {}", self.project.code_hash(job)?, self.identity()?);
        let code: Arc<str> = code.into();
        lock(&self.codes).insert(job.name.clone(), Arc::clone(&code));
        Ok(code)
    }

    /// The right to make runs of a job's side; runs of one are made one after the other.
    pub(crate) fn turn(&self, job: &JobName, side: Side) -> Turn {
        let mut turns = lock(&self.turns);
        Arc::clone(turns.entry((job.clone(), side)).or_default())
    }

    /// The legacy runtime, set up by the first run that needs it. A failure is kept: Python that could not
    /// be set up is not tried again for each run of the command.
    pub(crate) fn legacy(&self) -> Result<Arc<LegacyRuntime>, MigrationError> {
        let mut slot = lock(&self.legacy);
        let known = slot.get_or_insert_with(|| {
            self.start_legacy()
                .map(Arc::new)
                .map_err(|error| error.to_string())
        });
        known.clone().map_err(MigrationError::Python)
    }

    /// A runtime with processes of its own.
    pub(crate) fn start_legacy(&self) -> Result<LegacyRuntime, MigrationError> {
        let environment = self.environment()?;
        let staging = self.staging();
        LegacyRuntime::start(LegacyConfig {
            environment,
            workspace_root: &self.project.root,
            workspace: &self.project.workspace,
            cache: &self.cache(),
            staging_root: &staging,
            workers: self.workers,
        })
        .map_err(|error| MigrationError::Python(error.to_string()))
    }

    /// The Python environment of this workspace, built if need be.
    pub(crate) fn environment(&self) -> Result<PythonEnvironment, MigrationError> {
        let mut slot = lock(&self.environment);
        if let Some(known) = slot.as_ref() {
            return Ok(known.clone());
        }
        let requirements = self
            .project
            .workspace
            .requirements
            .as_ref()
            .map(|file| self.project.root.join(file));
        let request = EnvironmentRequest {
            cache: &self.cache(),
            python: self.settings.python.as_deref(),
            requirements: requirements.as_deref(),
        };
        let ready = prepare(request, &|text| self.progress.note(text))
            .map_err(|error| MigrationError::Python(error.to_string()))?;
        let identity = serde_json::to_string(&ready.identity)
            .map_err(|error| MigrationError::Record(error.to_string()))?;
        self.store.set_setting(IDENTITY, &identity)?;
        *slot = Some(ready.clone());
        Ok(ready)
    }

    /// Versions that are part of what a legacy run means. Where Python cannot be set up any more, those of
    /// the last environment that could.
    pub(crate) fn identity(&self) -> Result<EnvironmentIdentity, MigrationError> {
        match self.environment() {
            Ok(ready) => Ok(ready.identity),
            Err(error) => match self.store.read().setting(IDENTITY)? {
                Some(text) => serde_json::from_str(&text)
                    .map_err(|error| MigrationError::Record(error.to_string())),
                None => Err(error),
            },
        }
    }

    fn cache(&self) -> PathBuf {
        self.settings
            .cache
            .clone()
            .unwrap_or_else(|| self.project.state().join("cache"))
    }

    /// Folder of staging folders; what is left in it by a killed process means nothing.
    pub(crate) fn staging(&self) -> PathBuf {
        self.project.state().join("staging")
    }

    /// What a job does, read once per command.
    pub(crate) fn analysis(&self, job: &JobName) -> Result<Arc<Analysis>, MigrationError> {
        let recent = lock(&self.analyses).get(job).cloned();
        if let Some(recent) = recent
            && self.reads_as_before(job, &recent)?
        {
            return Ok(recent);
        }
        let known = self.project.jobs.get(job).ok_or_else(|| {
            MigrationError::Unknown(format!("there is no sound job \"{job}\" in this workspace"))
        })?;
        // SQLite rounds and prints numbers by its release; a job without SQL needs no Python to be read.
        let has_sql = known
            .modules
            .iter()
            .any(|module| matches!(module.kind, ModuleKind::Transformation(_)));
        let sqlite = if has_sql {
            self.identity().ok().map(|identity| identity.sqlite)
        } else {
            None
        };
        let upstream = upstream_facts(&self.project, job, &mut |edge, table| {
            self.facts_of(edge, table)
        })?;
        let catalog = self.catalog()?;
        let analysis = Arc::new(Analysis::of(
            &self.project,
            known,
            catalog,
            sqlite,
            &upstream,
        )?);
        lock(&self.analyses).insert(job.clone(), Arc::clone(&analysis));
        Ok(analysis)
    }
}

impl Bench<'_> {
    /// From here on, legacy runs are made where the analysis of one of the jobs needs what they write.
    pub(crate) fn convert(
        &self,
        jobs: &BTreeSet<JobName>,
        ended: BTreeMap<JobName, (End, Option<String>)>,
    ) {
        *lock(&self.ended) = Some(ended);
        let mut converting = lock(&self.converting);
        if !jobs.is_subset(&converting) {
            converting.extend(jobs.iter().cloned());
            // What was read before did without them.
            lock(&self.analyses).clear();
            lock(&self.sides).clear();
            lock(&self.found).take();
        }
    }

    /// A job's conversion is over.
    pub(crate) fn note_end(&self, job: &JobName, end: End, cause: Option<String>) {
        let mut ended = lock(&self.ended);
        ended
            .get_or_insert_default()
            .insert(job.clone(), (end, cause));
    }

    /// How a job's conversion ended, if it has.
    pub(crate) fn end_of(&self, job: &JobName) -> Result<Option<End>, MigrationError> {
        let mut ended = lock(&self.ended);
        if ended.is_none() {
            let recorded = ledger::load(self.store.read())?;
            let portfolio = resume(&self.project.scope(), &recorded)?;
            *ended = Some(ends(&portfolio));
        }
        let known = ended.as_ref().and_then(|ended| ended.get(job));
        Ok(known.map(|(end, _)| *end))
    }

    /// Whose runs the readers of a job's tables read: those of its rewrite, unless there is none to come.
    pub(crate) fn read_side(&self, writer: &JobName) -> Result<Side, MigrationError> {
        if !self.project.jobs.contains_key(writer) {
            return Ok(Side::Rewrite);
        }
        let end = self.end_of(writer)?;
        if let Some((then, known)) = lock(&self.sides).get(writer)
            && *then == end
        {
            return Ok(*known);
        }
        let kept =
            end.is_some_and(|end| end != End::Done) || self.analysis(writer)?.lifted.is_err();
        let side = if kept { Side::Legacy } else { Side::Rewrite };
        lock(&self.sides).insert(writer.clone(), (end, side));
        Ok(side)
    }

    /// Whether the tables of other jobs come from the runs they came from when the job was read.
    fn reads_as_before(&self, job: &JobName, recent: &Analysis) -> Result<bool, MigrationError> {
        for edge in self.project.edges.needs(job) {
            for read in &edge.reads {
                if let Some(writer) = recent.written_by.get(&read.table)
                    && writer.side != self.read_side(&edge.needs)?
                {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn facts_of(&self, edge: &Edge, table: &TableName) -> Result<UpstreamFacts, MigrationError> {
        if self.read_side(&edge.needs)? == Side::Legacy {
            let make = lock(&self.converting).contains(&edge.job);
            return kept::facts(self, edge, table, make);
        }
        let facts = match self.project.jobs.get(&edge.needs) {
            Some(writer) => {
                let analysis = self.analysis(&edge.needs)?;
                analysis.written_facts(&self.project, writer, table)
            }
            None => None,
        };
        Ok(match facts {
            Some(facts) => UpstreamFacts::Known(Side::Rewrite, facts),
            None => UpstreamFacts::Kept(edge.needs.clone(), None),
        })
    }
}

/// The latest version of every table of the lake.
pub(crate) fn table_versions(lake: &Lake) -> Result<BTreeMap<TableName, u64>, MigrationError> {
    let tables = lake.tables()?;
    let known = tables.into_iter().filter_map(|table| {
        let version = lake.latest_version(&table).ok()?;
        Some((table, version))
    });
    Ok(known.collect())
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
