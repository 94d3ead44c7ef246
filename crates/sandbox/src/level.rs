//! How well a process is isolated, in words a report can print.

use std::fmt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::OnceLock;

use nix::errno::Errno;

use crate::namespaces::{IdMaps, Namespaces, enter_processes};
use crate::root::{Needs, Plan, Root};
use crate::{landlock, seccomp};

/// What holds for a confined process; each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IsolationLevel {
    /// Own process group, clean environment, limits on resources.
    Limits,
    /// Only the named folders can be read or written.
    Files,
    /// No TCP connections either.
    FilesAndTcp,
    /// No network at all.
    FilesAndNetwork,
    /// A root folder, processes, network and shared memory of its own; nothing else is there to be named.
    Namespaces,
    /// Behind that, Landlock and a filter on system calls.
    Complete,
}

impl IsolationLevel {
    /// Every level, the weakest first.
    pub const ALL: [Self; 6] = [
        Self::Limits,
        Self::Files,
        Self::FilesAndTcp,
        Self::FilesAndNetwork,
        Self::Namespaces,
        Self::Complete,
    ];

    /// Returns one short word for records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Limits => "limits",
            Self::Files => "files",
            Self::FilesAndTcp => "files-and-tcp",
            Self::FilesAndNetwork => "files-and-network",
            Self::Namespaces => "namespaces",
            Self::Complete => "complete",
        }
    }

    /// Reads the word of a record.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.word() == word)
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
            Self::Namespaces => {
                "jobs have a root folder and processes of their own and no network; Landlock or the system call filter is missing"
            }
            Self::Complete => {
                "jobs have a root folder and processes of their own and no network, behind Landlock and a system call filter"
            }
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
    /// How a machine gets it.
    pub remedy: &'static str,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.layer, self.reason)
    }
}

/// What this kernel offers.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) namespaces: Namespaces,
    /// A view of its own processes can be mounted.
    pub(crate) proc: bool,
    pub(crate) landlock_abi: u32,
    pub(crate) seccomp: bool,
    pub(crate) missing: Vec<Missing>,
}

impl Offer {
    pub(crate) fn level(&self) -> IsolationLevel {
        let own_root = self.namespaces != Namespaces::None;
        match (own_root, self.landlock_abi, self.seccomp) {
            (true, 1.., true) if self.proc => IsolationLevel::Complete,
            (true, _, _) => IsolationLevel::Namespaces,
            (false, 0, _) => IsolationLevel::Limits,
            (false, _, true) => IsolationLevel::FilesAndNetwork,
            (false, 4.., false) => IsolationLevel::FilesAndTcp,
            (false, _, false) => IsolationLevel::Files,
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
                layer: "Landlock",
                reason: error.desc().to_owned(),
                remedy: "Linux 5.13 or newer with `landlock` among the security modules of the boot line (`lsm=landlock,...`)",
            });
            0
        });
        let seccomp = match seccomp::offered() {
            Ok(()) => true,
            Err(reason) => {
                missing.push(Missing {
                    layer: "system call filter",
                    reason,
                    remedy: "a kernel built with CONFIG_SECCOMP_FILTER, on x86_64 or aarch64",
                });
                false
            }
        };
        let (namespaces, proc) = find_namespaces(&mut missing);
        Offer {
            namespaces,
            proc,
            landlock_abi,
            seccomp,
            missing,
        }
    })
}

/// Finds the best namespaces in which a root folder can really be built.
fn find_namespaces(missing: &mut Vec<Missing>) -> (Namespaces, bool) {
    let kinds = [Namespaces::WithUser, Namespaces::WithoutUser];
    let mut without_proc = None;
    let mut refused = None;
    for kind in kinds {
        match may_enter(kind, true) {
            Ok(()) => return (kind, true),
            Err(reason) => {
                if without_proc.is_none() && may_enter(kind, false).is_ok() {
                    without_proc = Some((kind, reason));
                } else if refused.is_none() {
                    refused = Some(reason);
                }
            }
        }
    }
    if let Some((kind, reason)) = without_proc {
        missing.push(Missing {
            layer: "own view of processes",
            reason,
            remedy: "inside a container: run it with an unmasked /proc (docker: `--security-opt systempaths=unconfined`)",
        });
        return (kind, false);
    }
    missing.push(Missing {
        layer: "namespaces for files, processes and network",
        reason: refused.unwrap_or_default(),
        remedy: "allow user namespaces (`sysctl user.max_user_namespaces=15000`; on Ubuntu also `sysctl kernel.apparmor_restrict_unprivileged_userns=0`; in a container `--security-opt seccomp=unconfined`), or run as root",
    });
    (Namespaces::None, false)
}

/// Tries it in a child that never gets to run a program.
fn may_enter(namespaces: Namespaces, proc: bool) -> Result<(), String> {
    const WORKED: Errno = Errno::EALREADY;
    let maps = IdMaps::of_this_process();
    let needs = Needs {
        proc,
        ..Needs::default()
    };
    let root = Root::prepare(&Plan::new(&needs)).map_err(|error| error.to_string())?;
    let mut command = Command::new("/");
    // SAFETY: the closure makes system calls on values prepared above and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            enter_processes(namespaces, &maps, false)?;
            root.enter()?;
            Err(WORKED.into())
        });
    }
    match command.spawn() {
        Err(error) if error.raw_os_error() == Some(WORKED as i32) => Ok(()),
        // The kernel's words for it speak of a device.
        Err(error) if error.raw_os_error() == Some(Errno::ENOSPC as i32) => {
            Err("user namespaces are switched off or used up".to_owned())
        }
        Err(error) => Err(error.to_string()),
        Ok(mut child) => {
            // It cannot run a folder; nothing is left of it.
            let _ = child.wait();
            Err("a folder was run as a program".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_follow_from_what_is_offered() {
        let level = |namespaces, proc, landlock_abi, seccomp| {
            Offer {
                namespaces,
                proc,
                landlock_abi,
                seccomp,
                missing: Vec::new(),
            }
            .level()
        };
        let (user, root, none) = (
            Namespaces::WithUser,
            Namespaces::WithoutUser,
            Namespaces::None,
        );
        assert_eq!(level(none, false, 0, true), IsolationLevel::Limits);
        assert_eq!(level(none, false, 1, false), IsolationLevel::Files);
        assert_eq!(level(none, false, 4, false), IsolationLevel::FilesAndTcp);
        assert_eq!(level(none, false, 1, true), IsolationLevel::FilesAndNetwork);
        assert_eq!(level(user, true, 0, true), IsolationLevel::Namespaces);
        assert_eq!(level(user, true, 7, false), IsolationLevel::Namespaces);
        assert_eq!(level(root, false, 7, true), IsolationLevel::Namespaces);
        assert_eq!(level(user, true, 1, true), IsolationLevel::Complete);
        assert_eq!(level(root, true, 7, true), IsolationLevel::Complete);
    }

    #[test]
    fn a_level_below_the_highest_comes_with_what_is_missing() {
        let (level, missing) = probe();
        assert_eq!(
            level == IsolationLevel::Complete,
            missing.is_empty(),
            "{missing:?}"
        );
    }

    #[test]
    fn words_of_records_are_read_back() {
        for level in IsolationLevel::ALL {
            assert_eq!(IsolationLevel::from_word(level.word()), Some(level));
        }
        assert_eq!(IsolationLevel::from_word("none"), None);
    }
}
