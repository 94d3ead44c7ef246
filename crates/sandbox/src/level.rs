//! How well a process is isolated, in words a report can print.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::OnceLock;

use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::unistd::{getgid, getuid};

use crate::landlock;

/// What holds for a confined process; each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IsolationLevel {
    /// Own process group, clean environment, limits on resources.
    Limits,
    /// Only the named folders can be read or written.
    Files,
    /// No TCP connections either.
    FilesAndTcp,
    /// No network at all: the process has an empty network of its own.
    FilesAndNetwork,
}

impl IsolationLevel {
    /// Returns one short word for records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Limits => "limits",
            Self::Files => "files",
            Self::FilesAndTcp => "files-and-tcp",
            Self::FilesAndNetwork => "files-and-network",
        }
    }
}

impl fmt::Display for IsolationLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Limits => {
                "limits on resources only; files and network of this machine are open to jobs"
            }
            Self::Files => "jobs see only the folders they need; the network is open to them",
            Self::FilesAndTcp => {
                "jobs see only the folders they need and cannot open TCP connections"
            }
            Self::FilesAndNetwork => "jobs see only the folders they need and have no network",
        })
    }
}

/// A layer this machine lacks, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The layer.
    pub layer: &'static str,
    /// What the kernel answered.
    pub reason: String,
}

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
    pub(crate) fn flags(self) -> CloneFlags {
        let own = CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS;
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

/// Moves the calling process into namespaces of its own; meant for the time between fork and exec.
pub(crate) fn enter_namespaces(namespaces: Namespaces, maps: &IdMaps) -> io::Result<()> {
    if namespaces != Namespaces::None {
        nix::sched::unshare(namespaces.flags())?;
    }
    if namespaces == Namespaces::WithUser {
        write_once("/proc/self/setgroups", "deny")?;
        write_once("/proc/self/uid_map", &maps.user)?;
        write_once("/proc/self/gid_map", &maps.group)?;
    }
    Ok(())
}

fn write_once(path: &str, text: &str) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .open(path)?
        .write_all(text.as_bytes())
}

/// What this kernel offers.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) namespaces: Namespaces,
    pub(crate) landlock_abi: u32,
    pub(crate) missing: Vec<Missing>,
}

impl Offer {
    pub(crate) fn level(&self) -> IsolationLevel {
        match (self.landlock_abi, self.namespaces) {
            (0, _) => IsolationLevel::Limits,
            (_, Namespaces::WithUser | Namespaces::WithoutUser) => IsolationLevel::FilesAndNetwork,
            (4.., Namespaces::None) => IsolationLevel::FilesAndTcp,
            (_, Namespaces::None) => IsolationLevel::Files,
        }
    }
}

/// Finds the level reached on this machine and what is missing for a higher one.
pub fn probe() -> (IsolationLevel, Vec<Missing>) {
    let offer = offer();
    (offer.level(), offer.missing.clone())
}

/// Asks the kernel once.
pub(crate) fn offer() -> &'static Offer {
    static OFFER: OnceLock<Offer> = OnceLock::new();
    OFFER.get_or_init(|| {
        let mut missing = Vec::new();
        let landlock_abi = landlock::abi().unwrap_or_else(|error| {
            missing.push(Missing {
                layer: "landlock",
                reason: error.desc().to_owned(),
            });
            0
        });
        let namespaces = match (
            may_unshare(Namespaces::WithUser),
            may_unshare(Namespaces::WithoutUser),
        ) {
            (Ok(()), _) => Namespaces::WithUser,
            (Err(_), Ok(())) => Namespaces::WithoutUser,
            (Err(reason), Err(_)) => {
                missing.push(Missing {
                    layer: "network namespace",
                    reason,
                });
                Namespaces::None
            }
        };
        Offer {
            namespaces,
            landlock_abi,
            missing,
        }
    })
}

/// Tries it in a child that never gets to run a program.
fn may_unshare(namespaces: Namespaces) -> Result<(), String> {
    const WORKED: Errno = Errno::EALREADY;
    let maps = IdMaps::of_this_process();
    let mut command = Command::new("/");
    // SAFETY: the closure makes system calls on values prepared above and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            enter_namespaces(namespaces, &maps)?;
            Err(WORKED.into())
        });
    }
    match command.spawn() {
        Err(error) if error.raw_os_error() == Some(WORKED as i32) => Ok(()),
        Err(error) => Err(error.to_string()),
        Ok(_) => Err("a folder was run as a program".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_follow_from_what_is_offered() {
        let level = |landlock_abi, namespaces| {
            Offer {
                namespaces,
                landlock_abi,
                missing: Vec::new(),
            }
            .level()
        };
        assert_eq!(level(0, Namespaces::WithUser), IsolationLevel::Limits);
        assert_eq!(level(1, Namespaces::None), IsolationLevel::Files);
        assert_eq!(level(4, Namespaces::None), IsolationLevel::FilesAndTcp);
        assert_eq!(
            level(1, Namespaces::WithoutUser),
            IsolationLevel::FilesAndNetwork
        );
    }

    #[test]
    fn a_level_below_the_highest_comes_with_what_is_missing() {
        let (level, missing) = probe();
        assert_eq!(
            level == IsolationLevel::FilesAndNetwork,
            missing.is_empty(),
            "{missing:?}"
        );
    }
}
