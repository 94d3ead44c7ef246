//! Upper bounds on what a process uses up.

use std::io;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

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
    /// Processes of this user, in a user namespace those inside of it; root outside of one has no such bound.
    pub processes_max: Option<u64>,
}

impl Limits {
    pub(crate) fn apply(self) -> io::Result<()> {
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
                let (_, hard) = getrlimit(resource)?;
                let bound = bound.min(hard);
                setrlimit(resource, bound, bound)?;
            }
        }
        Ok(())
    }
}
