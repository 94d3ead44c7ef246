//! What a foreign process may read, write and use up.

use std::ffi::{CStr, CString, OsString};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sys::resource::{Resource, setrlimit};

use crate::level::{IdMaps, Namespaces, enter_namespaces, offer};
use crate::{Confined, IsolationLevel, landlock};

/// Upper bounds; `None` leaves what the parent has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Address space in bytes.
    pub memory_bytes_max: Option<u64>,
    /// Size of one written file in bytes.
    pub file_bytes_max: Option<u64>,
    /// Open files.
    pub open_files_max: Option<u64>,
    /// Processor time in seconds.
    pub cpu_seconds_max: Option<u64>,
    /// Processes of this user, counted over the whole machine.
    pub processes_max: Option<u64>,
}

/// Describes a confined process before it starts.
#[derive(Clone, Debug, Default)]
pub struct Confinement {
    /// Files and folders it may read and run programs from.
    pub read: Vec<PathBuf>,
    /// Files and folders it may also change.
    pub write: Vec<PathBuf>,
    /// Folders that are empty for it, so that not even their names and sizes can be asked for.
    ///
    /// Takes namespaces; where there are none, only reading is denied.
    pub hidden: Vec<PathBuf>,
    /// Its whole environment; nothing is inherited.
    pub environment: Vec<(OsString, OsString)>,
    /// Bounds on what it uses up.
    pub limits: Limits,
    /// Dies when the *thread* that spawned it ends; spawn from one that lives as long as the process should.
    pub dies_with_thread: bool,
}

/// Why a confined process did not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A path of the confinement exists but cannot be opened for a rule.
    #[error("cannot allow access to {} in the sandbox", path.display())]
    Rule {
        /// The path.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The program could not be started, or a layer that this kernel offers could not be applied.
    #[error("cannot start {} in the sandbox", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
}

impl Confinement {
    /// Returns folders every dynamically linked program reads: libraries, time zones, name tables.
    pub fn system_folders() -> Vec<PathBuf> {
        [
            "/usr",
            "/lib",
            "/lib64",
            "/bin",
            "/etc/ld.so.cache",
            "/etc/ld.so.conf",
            "/etc/ld.so.conf.d",
            "/etc/localtime",
            "/etc/nsswitch.conf",
            "/etc/passwd",
            "/etc/group",
            "/etc/ssl/openssl.cnf",
            "/dev/urandom",
            "/dev/random",
            "/dev/zero",
            "/proc/cpuinfo",
            "/proc/meminfo",
            "/sys/devices/system/cpu",
        ]
        .map(PathBuf::from)
        .to_vec()
    }

    /// Returns an environment in which time zone, locale and hash seed never vary.
    pub fn fixed_environment() -> Vec<(OsString, OsString)> {
        [
            ("PATH", "/usr/bin:/bin"),
            ("TZ", "UTC"),
            ("LANG", "C.UTF-8"),
            ("LC_ALL", "C.UTF-8"),
            ("PYTHONHASHSEED", "0"),
            ("PYTHONUTF8", "1"),
            ("OMP_NUM_THREADS", "1"),
            ("OPENBLAS_NUM_THREADS", "1"),
        ]
        .map(|(key, value)| (key.into(), value.into()))
        .to_vec()
    }

    /// Returns the level a process started here and now reaches.
    pub fn level() -> IsolationLevel {
        offer().level()
    }

    /// Starts `program` under this confinement.
    ///
    /// `prepare` sets arguments, working directory and standard streams.
    pub fn spawn(
        &self,
        program: &std::path::Path,
        prepare: impl FnOnce(&mut Command),
    ) -> Result<Confined, SandboxError> {
        let offer = offer();
        let ruleset = if offer.landlock_abi > 0 {
            let mut write = self.write.clone();
            write.push(PathBuf::from("/dev/null"));
            let made = landlock::ruleset(offer.landlock_abi, &self.read, &write).map_err(
                |(path, error)| SandboxError::Rule {
                    path,
                    source: error.into(),
                },
            )?;
            Some(made)
        } else {
            None
        };
        let mut command = Command::new(program);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        prepare(&mut command);
        command
            .env_clear()
            .envs(self.environment.iter().map(|(key, value)| (key, value)));

        let namespaces = offer.namespaces;
        let limits = self.limits;
        let dies_with_thread = self.dies_with_thread;
        let maps = IdMaps::of_this_process();
        let hidden = self.hidden.iter().filter(|path| path.is_dir());
        let hidden: Vec<CString> = hidden
            .filter_map(|path| CString::new(path.as_os_str().as_bytes()).ok())
            .collect();
        let ruleset_fd = ruleset.as_ref().map(AsRawFd::as_raw_fd);
        // SAFETY: the closure makes system calls on values prepared above and allocates nothing.
        unsafe {
            command.pre_exec(move || {
                nix::unistd::setsid()?;
                enter_namespaces(namespaces, &maps)?;
                if namespaces != Namespaces::None {
                    hide(&hidden)?;
                }
                limits.apply()?;
                if dies_with_thread {
                    prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong)?;
                }
                prctl(libc::PR_SET_NO_NEW_PRIVS, 1)?;
                if let Some(fd) = ruleset_fd {
                    landlock::enter(fd)?;
                }
                Ok(())
            });
        }
        let child = command.spawn().map_err(|source| SandboxError::Start {
            program: program.to_owned(),
            source,
        })?;
        Ok(Confined::new(child, offer.level()))
    }
}

impl Limits {
    fn apply(self) -> io::Result<()> {
        let bounds = [
            (Resource::RLIMIT_AS, self.memory_bytes_max),
            (Resource::RLIMIT_FSIZE, self.file_bytes_max),
            (Resource::RLIMIT_NOFILE, self.open_files_max),
            (Resource::RLIMIT_CPU, self.cpu_seconds_max),
            (Resource::RLIMIT_NPROC, self.processes_max),
            (Resource::RLIMIT_CORE, Some(0)),
        ];
        for (resource, bound) in bounds {
            if let Some(bound) = bound {
                // A bound above what the parent may have itself is already kept.
                let (_, hard) = nix::sys::resource::getrlimit(resource)?;
                let bound = bound.min(hard);
                setrlimit(resource, bound, bound)?;
            }
        }
        Ok(())
    }
}

/// Covers folders by empty ones, in the mount namespace of the calling process only.
fn hide(folders: &[CString]) -> io::Result<()> {
    if folders.is_empty() {
        return Ok(());
    }
    let nothing: Option<&CStr> = None;
    mount(
        nothing,
        c"/",
        nothing,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        nothing,
    )?;
    for folder in folders {
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_RDONLY;
        mount(
            Some(c"none"),
            folder.as_c_str(),
            Some(c"tmpfs"),
            flags,
            nothing,
        )?;
    }
    Ok(())
}

fn prctl(option: libc::c_int, value: libc::c_ulong) -> io::Result<()> {
    // SAFETY: both options used here take one number.
    Errno::result(unsafe { libc::prctl(option, value, 0, 0, 0) })?;
    Ok(())
}
