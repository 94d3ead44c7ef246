//! Namespaces: mounts, processes, network, shared memory and host name of a process's own.
//!
//! A process is never moved into a new process namespace, only what it forks next is. So the child
//! that `Command` made forks once more between fork and exec: the inner one becomes the first
//! process of the namespace and runs the program, the outer one waits for it and passes its end on.

use std::fs::OpenOptions;
use std::io::{self, Write};

use nix::errno::Errno;
use nix::libc;
use nix::sched::CloneFlags;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, getgid, getuid};

/// Namespaces a confined process can be given here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespaces {
    /// With a user namespace, so that being root inside means nothing outside.
    WithUser,
    /// Without one; only root may do that.
    WithoutUser,
    /// None.
    None,
}

impl Namespaces {
    fn flags(self) -> CloneFlags {
        let own = CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWCGROUP;
        match self {
            Self::WithUser => own | CloneFlags::CLONE_NEWUSER,
            Self::WithoutUser => own,
            Self::None => CloneFlags::empty(),
        }
    }
}

/// The user and group that stay themselves inside a user namespace.
pub(crate) struct IdMaps {
    user: String,
    group: String,
}

impl IdMaps {
    pub(crate) fn of_this_process() -> Self {
        Self {
            user: format!("{0} {0} 1", getuid()),
            group: format!("{0} {0} 1", getgid()),
        }
    }
}

/// Goes on as the first process of new namespaces; meant for the time between fork and exec.
///
/// Returns in that process only. The calling one stays behind until it has ended.
pub(crate) fn enter_processes(
    namespaces: Namespaces,
    maps: &IdMaps,
    dies_with_thread: bool,
) -> io::Result<()> {
    if namespaces == Namespaces::None {
        return Ok(());
    }
    nix::sched::unshare(namespaces.flags())?;
    if namespaces == Namespaces::WithUser {
        write_once("/proc/self/setgroups", "deny")?;
        write_once("/proc/self/uid_map", &maps.user)?;
        write_once("/proc/self/gid_map", &maps.group)?;
    }
    if dies_with_thread {
        // Entering a user namespace has undone it.
        die_with_parent()?;
    }
    // SAFETY: without flags but the signal, the call is the plain fork of this single-threaded process.
    let forked = unsafe {
        libc::syscall(
            libc::SYS_clone,
            libc::c_long::from(libc::SIGCHLD),
            0,
            0,
            0,
            0,
        )
    };
    let forked = Errno::result(forked)?;
    if forked > 0 {
        wait_for(Pid::from_raw(forked as libc::pid_t));
    }
    die_with_parent()?;
    let name = c"relift";
    // SAFETY: the text lives through the call and has the length told.
    Errno::result(unsafe { libc::sethostname(name.as_ptr(), name.count_bytes()) })?;
    Ok(())
}

/// Asks the kernel to kill this process when the thread that made it ends.
pub(crate) fn die_with_parent() -> io::Result<()> {
    // SAFETY: the option takes one number.
    let answer = unsafe {
        libc::prctl(
            libc::PR_SET_PDEATHSIG,
            libc::SIGKILL as libc::c_ulong,
            0,
            0,
            0,
        )
    };
    Errno::result(answer)?;
    Ok(())
}

/// Passes on how the inner process ends; its files are closed so that nobody waits for this one.
fn wait_for(inner: Pid) -> ! {
    // SAFETY: this process has nothing left to do with any file; the exit runs no code of the program.
    unsafe {
        libc::syscall(libc::SYS_close_range, 0, libc::c_uint::MAX, 0);
    }
    let code = loop {
        match waitpid(inner, None) {
            Ok(WaitStatus::Exited(_, code)) => break code,
            Ok(WaitStatus::Signaled(_, signal, _)) => break 128 + signal as i32,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => break 1,
        }
    };
    // SAFETY: as above.
    unsafe { libc::_exit(code) }
}

fn write_once(path: &str, text: &str) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .open(path)?
        .write_all(text.as_bytes())
}
