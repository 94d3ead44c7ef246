//! The pinned Python environment: interpreter plus packages from a lock file with hashes.
//!
//! It is built once into a cache folder. A marker is written last, so an environment whose set-up
//! was interrupted is recognised and built again; a lock keeps two set-ups apart.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use relift_diagnostics::ContentHash;
use serde::{Deserialize, Serialize};

use super::Interpreter;
use super::interpreter::find_interpreter;

const LOCKS: [(u32, &str); 3] = [
    (11, include_str!("../../python/locks/requirements-3.11.txt")),
    (12, include_str!("../../python/locks/requirements-3.12.txt")),
    (13, include_str!("../../python/locks/requirements-3.13.txt")),
];

const MARKER: &str = "relift-complete.json";

const VERSIONS: &str = "import json, sqlite3, numpy, pandas, pyarrow, pyarrow.parquet
print(json.dumps({'pandas': pandas.__version__, 'pyarrow': pyarrow.__version__,
                  'numpy': numpy.__version__, 'sqlite': sqlite3.sqlite_version}))";

/// Versions that are part of what a baseline means; baselines of different identities do not mix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentIdentity {
    /// CPython, such as `3.11.7`.
    pub python: String,
    /// pandas.
    pub pandas: String,
    /// pyarrow.
    pub pyarrow: String,
    /// numpy.
    pub numpy: String,
    /// The SQLite library that Python is linked to.
    pub sqlite: String,
    /// Hash of the lock file the packages come from.
    pub lock: String,
}

impl fmt::Display for EnvironmentIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            python,
            pandas,
            pyarrow,
            numpy,
            sqlite,
            ..
        } = self;
        write!(
            f,
            "CPython {python}, pandas {pandas}, pyarrow {pyarrow}, numpy {numpy}, SQLite {sqlite}"
        )
    }
}

/// An environment that is ready.
#[derive(Clone, Debug)]
pub struct PythonEnvironment {
    /// Its interpreter.
    pub python: PathBuf,
    /// Folders a process running in it must be able to read.
    pub readable: Vec<PathBuf>,
    /// What is installed.
    pub identity: EnvironmentIdentity,
}

/// What environment is wanted and where it may be kept.
#[derive(Clone, Copy, Debug)]
pub struct EnvironmentRequest<'a> {
    /// Folder for environments; may be shared between workspaces.
    pub cache: &'a Path,
    /// The interpreter to use (`RELIFT_PYTHON`); otherwise one is searched for.
    pub python: Option<&'a Path>,
    /// The workspace's own lock file (`[legacy] requirements`).
    pub requirements: Option<&'a Path>,
}

/// Why there is no Python environment.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// No candidate is a supported interpreter.
    #[error(
        "no usable Python interpreter was found\n  {tried}\nhint: install Python 3.11, 3.12 or 3.13 with venv, or name one in the environment variable RELIFT_PYTHON"
    )]
    NoInterpreter {
        /// Each candidate with the reason against it.
        tried: String,
    },
    /// The workspace's lock file cannot be read.
    #[error("cannot read the lock file {}\nhint: `[legacy] requirements` in relift.toml names it; remove the setting to use the pinned default", path.display())]
    LockFile {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A command of the set-up failed.
    #[error("{doing} failed ({status})\nrun: {command}\n{printed}\nhint: {hint}")]
    Command {
        /// What it was for.
        doing: &'static str,
        /// How it ended.
        status: String,
        /// The whole command.
        command: String,
        /// The end of what it printed.
        printed: String,
        /// The way out.
        hint: String,
    },
    /// A file of the cache cannot be written or read.
    #[error("cannot {doing} {}", path.display())]
    Cache {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

fn cache_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> EnvironmentError {
    let path = path.to_owned();
    move |source| EnvironmentError::Cache {
        doing,
        path,
        source,
    }
}

/// Makes the environment ready, building it if it is not in the cache.
///
/// `tell` hears what takes long, in a few words each.
pub fn prepare(
    request: EnvironmentRequest<'_>,
    tell: &dyn Fn(&str),
) -> Result<PythonEnvironment, EnvironmentError> {
    let interpreter = find_interpreter(request.python)?;
    let lock = lock_text(request.requirements, interpreter.version.1)?;
    fs::create_dir_all(request.cache).map_err(cache_error("create", request.cache))?;
    let cache = request
        .cache
        .canonicalize()
        .map_err(cache_error("find", request.cache))?;

    let (major, minor, patch) = interpreter.version;
    let key = format!("{}\n{lock}", interpreter.executable.display());
    let digest = blake3::hash(key.as_bytes()).to_hex();
    let name = format!("python-{major}.{minor}.{patch}-{}", &digest[..12]);
    let folder = cache.join(&name);

    let lock_path = cache.join(format!("{name}.lock"));
    let lock_file = File::create(&lock_path).map_err(cache_error("create", &lock_path))?;
    match lock_file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            tell("waiting for another process that sets up the same Python environment");
            lock_file.lock().map_err(cache_error("lock", &lock_path))?;
        }
        Err(TryLockError::Error(error)) => return Err(cache_error("lock", &lock_path)(error)),
    }

    let marker = folder.join(MARKER);
    let python = folder.join("bin/python");
    let identity = match finished(&marker, &python) {
        Some(identity) => identity,
        None => build(&interpreter, &lock, &folder, tell)?,
    };
    let mut readable = interpreter.prefixes;
    readable.extend([interpreter.executable, folder]);
    Ok(PythonEnvironment {
        python,
        readable,
        identity,
    })
}

fn lock_text(requirements: Option<&Path>, minor: u32) -> Result<String, EnvironmentError> {
    if let Some(path) = requirements {
        return fs::read_to_string(path).map_err(|source| EnvironmentError::LockFile {
            path: path.to_owned(),
            source,
        });
    }
    let pinned = LOCKS.iter().find(|(version, _)| *version == minor);
    Ok(pinned
        .expect("every interpreter that is accepted has a lock file")
        .1
        .to_owned())
}

/// What the marker of a complete environment says; `None` when it has to be built.
fn finished(marker: &Path, python: &Path) -> Option<EnvironmentIdentity> {
    let text = fs::read(marker).ok()?;
    let identity = serde_json::from_slice(&text).ok()?;
    python.exists().then_some(identity)
}

fn build(
    interpreter: &Interpreter,
    lock: &str,
    folder: &Path,
    tell: &dyn Fn(&str),
) -> Result<EnvironmentIdentity, EnvironmentError> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(cache_error("remove the unfinished", folder))?;
    }
    let (major, minor, patch) = interpreter.version;
    tell(&format!(
        "setting up Python {major}.{minor}.{patch} with pandas and pyarrow"
    ));
    let mut venv = Command::new(&interpreter.executable);
    venv.args(["-I", "-m", "venv"]).arg(folder);
    let hint = format!(
        "the interpreter cannot make virtual environments; on Debian and Ubuntu install python3.{minor}-venv, or name another interpreter in RELIFT_PYTHON"
    );
    output_of("creating a virtual environment", &mut venv, &hint)?;

    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, lock).map_err(cache_error("write", &requirements))?;
    let python = folder.join("bin/python");
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--quiet",
    ])
    .args([
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--requirement",
    ])
    .arg(&requirements);
    let hint = "pip needs its package index: check the network and pip's own configuration (`pip config list`); a hash or platform it does not find means that this machine has no pinned wheel";
    output_of("installing the pinned packages", &mut pip, hint)?;

    let mut versions = Command::new(&python);
    versions.args(["-I", "-B", "-c", VERSIONS]);
    let hint = "the packages are installed but do not load; remove the folder and try again, or name another interpreter in RELIFT_PYTHON";
    let printed = output_of("loading pandas and pyarrow", &mut versions, hint)?;
    let identity =
        identity_of(interpreter, lock, &printed).ok_or_else(|| EnvironmentError::Command {
            doing: "loading pandas and pyarrow",
            status: "unexpected output".to_owned(),
            command: shown(&versions),
            printed: printed.clone(),
            hint: hint.to_owned(),
        })?;
    let marker = folder.join(MARKER);
    write_marker(&marker, &identity).map_err(cache_error("write", &marker))?;
    Ok(identity)
}

#[derive(Deserialize)]
struct Versions {
    pandas: String,
    pyarrow: String,
    numpy: String,
    sqlite: String,
}

fn identity_of(
    interpreter: &Interpreter,
    lock: &str,
    printed: &str,
) -> Option<EnvironmentIdentity> {
    let Versions {
        pandas,
        pyarrow,
        numpy,
        sqlite,
    } = serde_json::from_str(printed).ok()?;
    let (major, minor, patch) = interpreter.version;
    let lock = ContentHash::of(lock.as_bytes()).to_string();
    Some(EnvironmentIdentity {
        python: format!("{major}.{minor}.{patch}"),
        pandas,
        pyarrow,
        numpy,
        sqlite,
        lock,
    })
}

fn write_marker(marker: &Path, identity: &EnvironmentIdentity) -> io::Result<()> {
    let temporary = marker.with_extension("part");
    let mut file = File::create(&temporary)?;
    serde_json::to_writer(&mut file, identity)?;
    file.flush()?;
    file.sync_all()?;
    fs::rename(temporary, marker)
}

/// Runs a command of the set-up and returns what it printed.
fn output_of(
    doing: &'static str,
    command: &mut Command,
    hint: &str,
) -> Result<String, EnvironmentError> {
    // A caller inside another Python environment must not leak into this one.
    command
        .stdin(Stdio::null())
        .env_remove("PYTHONPATH")
        .env_remove("PYTHONHOME")
        .env_remove("VIRTUAL_ENV");
    let failed = |status: String, printed: String, command: &Command| EnvironmentError::Command {
        doing,
        status,
        command: shown(command),
        printed,
        hint: hint.to_owned(),
    };
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => return Err(failed(error.to_string(), String::new(), command)),
    };
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    let all = printed + &String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = all.lines().collect();
    let last = lines[lines.len().saturating_sub(20)..].join("\n");
    Err(failed(output.status.to_string(), last, command))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
