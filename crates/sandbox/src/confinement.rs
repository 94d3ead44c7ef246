//! What a foreign process may read, write and use up, and how it is started that way.

use std::ffi::{CString, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::libc;
use nix::sys::stat::{Mode, umask};

use crate::capabilities::{self, Kept};
use crate::landlock::Ruleset;
use crate::level::{Offer, offer};
use crate::limits::Limits;
use crate::namespaces::{IdMaps, Namespaces, die_with_parent, enter_processes};
use crate::root::{Needs, Plan, Root, Scratch};
use crate::seccomp::{Audience, Filter};
use crate::{Confined, IsolationLevel};

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
    /// Size of a `/tmp` and a `/dev/shm` of its own; takes namespaces.
    pub scratch_bytes_max: Option<u64>,
    /// Its whole environment; nothing is inherited.
    pub environment: Vec<(OsString, OsString)>,
    /// Bounds on what it uses up.
    pub limits: Limits,
    /// Dies when the *thread* that spawned it ends; spawn from one that lives as long as the process should.
    pub dies_with_thread: bool,
    /// It narrows its own children further, for which it keeps the means where there are namespaces.
    ///
    /// It must be a program of ours, not foreign code; its children give the means up.
    pub narrows_children: bool,
}

/// Layers a process started here and now can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offered {
    /// A root folder, processes, network and shared memory of its own.
    pub namespaces: bool,
    /// A view of those processes.
    pub proc: bool,
    /// The version of Landlock, zero for none.
    pub landlock_version: u32,
    /// A filter on system calls.
    pub filter: bool,
}

/// Why a confined process did not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A path has a character that no path can have.
    #[error("a path of the sandbox contains a zero byte")]
    Path(#[source] io::Error),
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
            "/dev/null",
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

    /// Returns what this machine offers, for a process that narrows its children itself.
    pub fn offered() -> Offered {
        let offer = offer();
        Offered {
            namespaces: offer.namespaces != Namespaces::None,
            proc: offer.proc,
            landlock_version: offer.landlock_abi,
            filter: offer.seccomp,
        }
    }

    /// Starts `program` under this confinement.
    ///
    /// `prepare` sets arguments, working directory and standard streams.
    pub fn spawn(
        &self,
        program: &Path,
        prepare: impl FnOnce(&mut Command),
    ) -> Result<Confined, SandboxError> {
        let offer = offer();
        let mut command = Command::new(program);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        prepare(&mut command);
        command
            .env_clear()
            .envs(self.environment.iter().map(|(key, value)| (key, value)));
        let folder = command.get_current_dir().map(Path::to_owned);
        let layers = self.layers(offer, folder.as_deref())?;
        // SAFETY: the closure makes system calls on values prepared above and allocates nothing.
        unsafe {
            command.pre_exec(move || layers.enter());
        }
        let child = command.spawn().map_err(|source| SandboxError::Start {
            program: program.to_owned(),
            source,
        })?;
        Ok(Confined::new(child, offer.level()))
    }

    fn layers(&self, offer: &Offer, folder: Option<&Path>) -> Result<Layers, SandboxError> {
        let own_root = offer.namespaces != Namespaces::None;
        let narrows = self.narrows_children && own_root;
        let root = if own_root {
            let plan = Plan::new(&Needs {
                read: self.read.clone(),
                write: self.write.clone(),
                hidden: self.hidden.clone(),
                scratch_bytes_max: self.scratch_bytes_max,
                proc: offer.proc,
                settings: narrows,
            });
            Some(Root::prepare(&plan).map_err(SandboxError::Path)?)
        } else {
            None
        };
        // Under Landlock nothing can be mounted, so a process that will is not put under it.
        let ruleset = if offer.landlock_abi > 0 && !narrows {
            let mut write = self.write.clone();
            write.push(PathBuf::from("/dev/null"));
            let mut read = self.read.clone();
            if own_root {
                read.push(PathBuf::from("/proc"));
                if self.scratch_bytes_max.is_some() {
                    write.extend(Scratch::FOLDERS.map(PathBuf::from));
                }
            }
            let ruleset = Ruleset::prepare(offer.landlock_abi, &read, &write);
            Some(ruleset.map_err(SandboxError::Path)?)
        } else {
            None
        };
        let (audience, kept) = if narrows {
            (Audience::Narrowing, Kept::ForNarrowing)
        } else {
            (Audience::Final, Kept::Nothing)
        };
        let filter = if offer.seccomp {
            Filter::new(audience)
        } else {
            None
        };
        let folder = match folder {
            Some(folder) if own_root => {
                let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
                let text = CString::new(real.as_os_str().as_bytes());
                Some(text.map_err(|error| SandboxError::Path(error.into()))?)
            }
            _ => None,
        };
        Ok(Layers {
            namespaces: offer.namespaces,
            maps: IdMaps::of_this_process(),
            dies_with_thread: self.dies_with_thread,
            root,
            folder,
            limits: self.limits,
            kept,
            ruleset,
            filter,
        })
    }
}

/// What is done between fork and exec, prepared to the last text.
struct Layers {
    namespaces: Namespaces,
    maps: IdMaps,
    dies_with_thread: bool,
    root: Option<Root>,
    folder: Option<CString>,
    limits: Limits,
    kept: Kept,
    ruleset: Option<Ruleset>,
    filter: Option<Filter>,
}

impl Layers {
    /// Each layer needs what a later one takes away, so the order matters.
    fn enter(&self) -> io::Result<()> {
        nix::unistd::setsid()?;
        if self.dies_with_thread {
            die_with_parent()?;
        }
        enter_processes(self.namespaces, &self.maps, self.dies_with_thread)?;
        if let Some(root) = &self.root {
            root.enter()?;
        }
        if let Some(folder) = &self.folder {
            nix::unistd::chdir(folder.as_c_str())?;
        }
        umask(Mode::from_bits_truncate(0o022));
        close_on_exec()?;
        self.limits.apply()?;
        no_new_privileges()?;
        capabilities::keep(self.kept)?;
        if let Some(ruleset) = &self.ruleset {
            ruleset.enter()?;
        }
        if let Some(filter) = &self.filter {
            filter.enter()?;
        }
        Ok(())
    }
}

/// Keeps files that this program's own parent left open from the new program.
fn close_on_exec() -> io::Result<()> {
    const ON_EXEC: libc::c_uint = 1 << 2;
    const FILES_MAX: libc::rlim_t = 1 << 16;
    // SAFETY: the call takes three numbers.
    let answer = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, ON_EXEC) };
    if Errno::result(answer).is_ok() {
        return Ok(());
    }
    let (most, _) = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE)?;
    for fd in 3..most.min(FILES_MAX) as libc::c_int {
        // SAFETY: for a number that is no open file the call only fails.
        unsafe {
            libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
        }
    }
    Ok(())
}

fn no_new_privileges() -> io::Result<()> {
    // SAFETY: the option takes one number.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
    Ok(())
}
