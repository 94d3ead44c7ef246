//! A pool of warm workers that run legacy jobs, one run per worker at a time.
//!
//! Workers are started by one thread that lives as long as the pool: the kernel kills them when
//! that thread ends, and so also when this program is killed in the middle of a run.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, thread};

use relift_job::{
    Decimals, EffectiveDate, Isolation, Job, LegacyModules, ModuleKind, SchemaName, Workspace,
};
use relift_sandbox::{Confinement, IsolationLevel, Limits, Missing, SandboxError};

use super::lake_view::LakeView;
use super::narrowing::Narrowing;
use super::outcome::{Context, LegacyFailure, LegacyOutcome, Reply};
use super::request::{Brought, Surroundings, request};
use super::worker::{Silence, Worker, WorkerPlan};
use super::{EnvironmentIdentity, PythonEnvironment, scripts};

/// Longest time a worker may take beyond a run's own limit before it is given up.
const GRACE: Duration = Duration::from_secs(15);
const FILE_BYTES_MAX: u64 = 16 << 30;
const OPEN_FILES_MAX: u64 = 1024;

/// What a runtime is started with.
#[derive(Clone, Debug)]
pub struct LegacyConfig<'a> {
    /// The Python to run in.
    pub environment: PythonEnvironment,
    /// Folder of `relift.toml`.
    pub workspace_root: &'a Path,
    /// Its settings.
    pub workspace: &'a Workspace,
    /// Folder for the worker's scripts.
    pub cache: &'a Path,
    /// Folder that holds the staging folder of every run.
    pub staging_root: &'a Path,
    /// Runs at the same time, at least one.
    pub workers: usize,
}

/// One run of one job for one date.
#[derive(Clone, Debug)]
pub struct LegacyRun<'a> {
    /// The job.
    pub job: &'a Job,
    /// Its effective date.
    pub date: EffectiveDate,
    /// What the clock shows during the run.
    pub processing_time: jiff::Timestamp,
    /// Arrow IPC file for each `DataSourcing`, by index of the module, before `additionalFilter`.
    pub inputs: BTreeMap<usize, PathBuf>,
    /// File or folder of the latest earlier partition, by index of the appending file writer.
    pub prior: BTreeMap<usize, PathBuf>,
    /// The modules that are run, when these are not all.
    pub part: Option<LegacyPart<'a>>,
    /// What `relift_lake` shows, for a job whose Python names it.
    pub lake: Option<LakeView>,
    /// The run's own folder below the staging root; its content is replaced, `in` excepted.
    pub staging: &'a Path,
}

/// The modules of a job that are run in one run, where the others have become something else.
#[derive(Clone, Debug)]
pub struct LegacyPart<'a> {
    /// Which, and what they are given.
    pub modules: &'a LegacyModules,
    /// Arrow IPC file of each given result, by index of the module.
    pub given: BTreeMap<usize, PathBuf>,
}

/// Why legacy jobs cannot be run at all.
#[derive(Debug, thiserror::Error)]
pub enum LegacyError {
    /// A worker did not come up.
    #[error(
        "a Python worker did not start\n{printed}\nhint: `relift doctor` checks the Python environment"
    )]
    Start {
        /// The end of its log.
        printed: String,
    },
    /// The environment changed after it was recorded.
    #[error(
        "the Python worker reports {found}, the environment was recorded as {recorded}\nhint: remove the environment's folder in the cache, it is built again"
    )]
    Changed {
        /// What the worker reports.
        found: String,
        /// What was recorded.
        recorded: String,
    },
    /// The workspace asks for more isolation than this machine gives.
    #[error(
        "legacy code is not run: relift.toml says `[legacy] isolation = \"require\"`, and this machine lacks {}\nhint: {}; or `isolation = \"prefer\"` runs it at the level \"{}\", which every record then names",
        layers(missing),
        remedies(missing),
        level.word()
    )]
    Isolation {
        /// The level jobs would run at.
        level: IsolationLevel,
        /// The layers.
        missing: Vec<Missing>,
    },
    /// The sandbox cannot be set up.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A sealed folder lies where jobs may read, and this machine cannot hide it.
    #[error("the sealed folder {} lies inside {}, which legacy jobs can read\nhint: move it, or narrow `[portfolio] python_path`", sealed.display(), readable.display())]
    Sealed {
        /// The sealed folder.
        sealed: PathBuf,
        /// What jobs can read.
        readable: PathBuf,
    },
    /// A folder the runtime needs is not usable.
    #[error("cannot {doing} {}", path.display())]
    Folder {
        /// What was tried.
        doing: &'static str,
        /// The folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A worker's log cannot be written.
    #[error("cannot write {}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

/// The parts of a workspace that runs depend on.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) roots: Vec<(PathBuf, String)>,
    pub(super) decimals: Decimals,
    pub(super) csv_date_format: Option<String>,
    pub(super) output_date_column: String,
    pub(super) run_seconds_max: u64,
    pub(super) curated_schema: SchemaName,
}

/// Runs legacy jobs; shared between threads.
pub struct LegacyRuntime {
    settings: Settings,
    identity: EnvironmentIdentity,
    isolation: IsolationLevel,
    narrowing: Narrowing,
    staging_root: PathBuf,
    idle: Mutex<Vec<Option<Worker>>>,
    returned: Condvar,
    starter: Sender<Sender<Result<Worker, LegacyError>>>,
}

impl LegacyRuntime {
    /// Starts the first worker; further ones start when they are first needed.
    pub fn start(config: LegacyConfig<'_>) -> Result<Self, LegacyError> {
        let (level, missing) = relift_sandbox::probe();
        demand(config.workspace.isolation, level, &missing)?;
        let scripts = scripts::unpack(config.cache)
            .map_err(folder_error("unpack scripts into", config.cache))?;
        fs::create_dir_all(config.staging_root)
            .map_err(folder_error("create", config.staging_root))?;
        let staging_root = config
            .staging_root
            .canonicalize()
            .map_err(folder_error("find", config.staging_root))?;
        let mut roots = Vec::new();
        for name in &config.workspace.python_path {
            let root = config.workspace_root.join(name);
            // A workspace of SQL jobs needs no such folder; a missing module is named by its run.
            if let Ok(root) = root.canonicalize() {
                roots.push((root, name.trim_end_matches('/').to_owned()));
            }
        }
        let settings = Settings {
            roots,
            decimals: config.workspace.decimals,
            csv_date_format: config.workspace.csv_date_format.clone(),
            output_date_column: config.workspace.output_date_column.clone(),
            run_seconds_max: config.workspace.run_seconds_max,
            curated_schema: config.workspace.curated_schema.clone(),
        };
        let mut readable = Confinement::system_folders();
        readable.extend(config.environment.readable.iter().cloned());
        readable.extend(settings.roots.iter().map(|(root, _)| root.clone()));
        readable.push(scripts.clone());
        let mut hidden = Vec::new();
        for sealed in &config.workspace.sealed {
            let Ok(sealed) = config.workspace_root.join(sealed).canonicalize() else {
                continue;
            };
            let mut open = readable.iter().chain([&staging_root]);
            let exposed = open.find(|folder| sealed.starts_with(folder)).cloned();
            // Where folders can be hidden it does not matter that one of these holds it.
            if let (Some(readable), true) = (exposed, !Confinement::offered().namespaces) {
                return Err(LegacyError::Sealed { sealed, readable });
            }
            hidden.push(sealed);
        }

        let mut environment = Confinement::fixed_environment();
        environment.push(("PYTHONPATH".into(), scripts.into()));
        // The worker forks, so Arrow's allocator must not keep a thread of its own.
        environment.push((
            "JE_ARROW_MALLOC_CONF".into(),
            "background_thread:false".into(),
        ));
        let confinement = Confinement {
            read: readable.clone(),
            write: vec![staging_root.clone()],
            hidden: hidden.clone(),
            scratch_bytes_max: None,
            environment,
            limits: Limits {
                file_bytes_max: Some(FILE_BYTES_MAX),
                open_files_max: Some(OPEN_FILES_MAX),
                ..Limits::default()
            },
            dies_with_thread: true,
            narrows_children: true,
        };
        let narrowing = Narrowing::new(
            readable,
            hidden,
            config.workspace.run_memory_mb_max.saturating_mul(1 << 20),
            config.workspace.run_seconds_max,
        );
        let identity = config.environment.identity.clone();
        let starter = start_workers(config.environment, confinement, staging_root.clone());
        let first = start_one(&starter)?;
        let isolation = first.isolation();
        let mut idle: Vec<Option<Worker>> = std::iter::repeat_with(|| None)
            .take(config.workers.max(1) - 1)
            .collect();
        idle.push(Some(first));
        let (idle, returned) = (Mutex::new(idle), Condvar::new());
        Ok(Self {
            settings,
            identity,
            isolation,
            narrowing,
            staging_root,
            idle,
            returned,
            starter,
        })
    }

    /// Returns how well runs are isolated on this machine.
    pub fn isolation(&self) -> IsolationLevel {
        self.isolation
    }

    /// Returns the versions runs are made with.
    pub fn identity(&self) -> &EnvironmentIdentity {
        &self.identity
    }

    /// Runs a job, waiting for a free worker; nothing outside its staging folder changes.
    pub fn run(&self, run: &LegacyRun<'_>) -> Result<LegacyOutcome, LegacyFailure> {
        let staging = self.staging(run)?;
        let brought = bring(run, &staging)?;
        let around = Surroundings {
            settings: &self.settings,
            narrowing: &self.narrowing,
        };
        let request = request(run, &staging, &around, &brought);
        let context = Context {
            job: run.job,
            date: run.date.to_string(),
            curated_schema: &self.settings.curated_schema,
            staging: &staging,
            seconds_max: self.settings.run_seconds_max,
        };
        let mut slot = Slot {
            worker: self.take(),
            runtime: self,
        };
        let worker = match &mut slot.worker {
            Some(worker) => worker,
            empty => empty.insert(start_one(&self.starter)?),
        };
        let patience = Duration::from_secs(self.settings.run_seconds_max).saturating_add(GRACE);
        match worker.ask(&request, patience) {
            Ok(line) => {
                let reply = serde_json::from_str(&line).unwrap_or_else(|error| Reply::Died {
                    reason: format!("its answer cannot be read: {error}"),
                });
                context.outcome(reply)
            }
            Err(Silence::Late) => {
                slot.worker = None;
                Err(LegacyFailure::TimedOut {
                    seconds: context.seconds_max,
                })
            }
            Err(Silence::Gone(log)) => {
                slot.worker = None;
                let printed = [log, context.printed()].join("\n").trim().to_owned();
                Err(LegacyFailure::Died {
                    reason: "its worker is gone; the next run starts a new one".to_owned(),
                    printed,
                })
            }
        }
    }

    /// Makes the run's folder ready and returns its resolved path.
    fn staging(&self, run: &LegacyRun<'_>) -> Result<PathBuf, LegacyFailure> {
        fs::create_dir_all(run.staging).map_err(staging_error("create", run.staging))?;
        let staging = run
            .staging
            .canonicalize()
            .map_err(staging_error("find", run.staging))?;
        if staging == self.staging_root || !staging.starts_with(&self.staging_root) {
            let reason =
                io::Error::other(format!("it is not below {}", self.staging_root.display()));
            return Err(staging_error("use", run.staging)(reason));
        }
        for name in ["work", "out", "log.txt"] {
            let path = staging.join(name);
            let removed = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            match removed {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(staging_error("empty", &path)(error));
                }
                _ => {}
            }
        }
        for name in ["in", "work", "out"] {
            let path = staging.join(name);
            fs::create_dir_all(&path).map_err(staging_error("create", &path))?;
        }
        Ok(staging)
    }

    fn take(&self) -> Option<Worker> {
        let mut idle = self.idle();
        loop {
            // Warm workers stand at the end, places of workers not yet started before them.
            if let Some(worker) = idle.pop() {
                return worker;
            }
            idle = self
                .returned
                .wait(idle)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Option<Worker>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the pool, given back however the run ends.
struct Slot<'a> {
    worker: Option<Worker>,
    runtime: &'a LegacyRuntime,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let worker = self.worker.take();
        let mut idle = self.runtime.idle();
        if worker.is_some() {
            idle.push(worker);
        } else {
            idle.insert(0, None);
        }
        drop(idle);
        self.runtime.returned.notify_one();
    }
}

/// Brings a run's input files into its folder, where alone it may read.
fn bring(run: &LegacyRun<'_>, staging: &Path) -> Result<Brought, LegacyFailure> {
    let mut inputs = BTreeMap::new();
    for (at, module) in run.job.modules.iter().enumerate() {
        let part = run.part.as_ref();
        if part.is_some_and(|part| !part.modules.modules.contains(&at)) {
            continue;
        }
        if let Some(given) = part.and_then(|part| part.given.get(&at)) {
            inputs.insert(at, bring_one(given, staging, &format!("given-{at}.arrow"))?);
            continue;
        }
        if !matches!(module.kind, ModuleKind::DataSourcing(_)) {
            continue;
        }
        let Some(path) = run.inputs.get(&at) else {
            let message = "no input file was handed over for this source".to_owned();
            let (file, module_type) = (run.job.file.to_string(), module.kind.type_name());
            return Err(LegacyFailure::Refused {
                file,
                module: at,
                module_type,
                message,
            });
        };
        inputs.insert(at, bring_one(path, staging, &format!("input-{at}.arrow"))?);
    }
    let mut priors = BTreeMap::new();
    for (at, path) in &run.prior {
        priors.insert(*at, bring_one(path, staging, &format!("prior-{at}"))?);
    }
    let mut lake = BTreeMap::new();
    for (at, (schema, path)) in run.lake.iter().flat_map(|view| &view.files).enumerate() {
        let brought = bring_one(path, staging, &format!("lake-{at}.sqlite"))?;
        lake.insert(schema.clone(), brought);
    }
    Ok(Brought {
        inputs,
        priors,
        lake,
    })
}

fn bring_one(path: &Path, staging: &Path, name: &str) -> Result<PathBuf, LegacyFailure> {
    let found = path
        .canonicalize()
        .map_err(staging_error("find the input", path))?;
    if found.starts_with(staging) {
        return Ok(found);
    }
    let target = staging.join("in").join(name);
    if found.is_dir() {
        if target.exists() {
            fs::remove_dir_all(&target).map_err(staging_error("empty", &target))?;
        }
        fs::create_dir(&target).map_err(staging_error("create", &target))?;
        for entry in fs::read_dir(&found).map_err(staging_error("list", &found))? {
            let entry = entry.map_err(staging_error("list", &found))?;
            let copy = target.join(entry.file_name());
            fs::copy(entry.path(), &copy).map_err(staging_error("copy an input to", &copy))?;
        }
    } else {
        // A copy, not a link: the run may write to its own folder, never to what is committed.
        fs::copy(&found, &target).map_err(staging_error("copy an input to", &target))?;
    }
    Ok(target)
}

fn staging_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LegacyFailure {
    let path = path.to_owned();
    move |source| LegacyFailure::Staging {
        doing,
        path,
        source,
    }
}

fn folder_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LegacyError {
    let path = path.to_owned();
    move |source| LegacyError::Folder {
        doing,
        path,
        source,
    }
}

/// Refuses to go on where a layer is missing that the workspace requires.
fn demand(
    wanted: Isolation,
    level: IsolationLevel,
    missing: &[Missing],
) -> Result<(), LegacyError> {
    match wanted {
        Isolation::Require if !missing.is_empty() => Err(LegacyError::Isolation {
            level,
            missing: missing.to_vec(),
        }),
        Isolation::Require | Isolation::Prefer => Ok(()),
    }
}

fn layers(missing: &[Missing]) -> String {
    let layers: Vec<String> = missing.iter().map(ToString::to_string).collect();
    layers.join(", ")
}

fn remedies(missing: &[Missing]) -> String {
    let remedies: Vec<&str> = missing.iter().map(|missing| missing.remedy).collect();
    remedies.join("; ")
}

/// Starts the thread that starts workers.
fn start_workers(
    environment: PythonEnvironment,
    confinement: Confinement,
    logs: PathBuf,
) -> Sender<Sender<Result<Worker, LegacyError>>> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let (starter, wanted) = channel::<Sender<Result<Worker, LegacyError>>>();
    thread::spawn(move || {
        for reply in wanted {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let log = logs.join(format!("worker-{}-{number}.log", std::process::id()));
            let plan = WorkerPlan {
                python: environment.python.clone(),
                confinement: confinement.clone(),
                log,
            };
            let answer = Worker::start(&plan).and_then(|(worker, versions)| {
                environment.identity.check(&versions)?;
                Ok(worker)
            });
            // Nobody waits any more when the pool was dropped meanwhile.
            let _ = reply.send(answer);
        }
    });
    starter
}

fn start_one(starter: &Sender<Sender<Result<Worker, LegacyError>>>) -> Result<Worker, LegacyError> {
    let (reply, answer) = channel();
    starter
        .send(reply)
        .expect("the starting thread lives as long as the pool");
    answer
        .recv()
        .expect("the starting thread answers every request")
}

impl EnvironmentIdentity {
    /// Compares with what a worker reports.
    fn check(&self, versions: &serde_json::Value) -> Result<(), LegacyError> {
        let of = |key: &str| versions[key].as_str().unwrap_or("?").to_owned();
        let found = Self {
            python: of("python"),
            pandas: of("pandas"),
            pyarrow: of("pyarrow"),
            numpy: of("numpy"),
            sqlite: of("sqlite"),
            lock: self.lock.clone(),
        };
        if found == *self {
            return Ok(());
        }
        Err(LegacyError::Changed {
            found: found.to_string(),
            recorded: self.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_that_is_required_and_missing_is_named_with_the_way_to_get_it() {
        let missing = [Missing {
            layer: "Landlock",
            reason: "Function not implemented".to_owned(),
            remedy: "Linux 5.13 or newer",
        }];
        let level = IsolationLevel::Namespaces;
        assert!(demand(Isolation::Prefer, level, &missing).is_ok());
        assert!(demand(Isolation::Require, IsolationLevel::Complete, &[]).is_ok());
        let refused = demand(Isolation::Require, level, &missing).expect_err("it is required");
        assert_eq!(
            refused.to_string(),
            "legacy code is not run: relift.toml says `[legacy] isolation = \"require\"`, and this machine lacks \
             Landlock (Function not implemented)\nhint: Linux 5.13 or newer; or `isolation = \"prefer\"` runs it at \
             the level \"namespaces\", which every record then names"
        );
    }
}
