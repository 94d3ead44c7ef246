//! A running confined process: it never outlives its handle.

use std::process::{Child, ExitStatus};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::IsolationLevel;

/// A confined process; dropping it kills it and everything in its process group.
#[derive(Debug)]
pub struct Confined {
    /// The process, for its streams and its end.
    pub child: Child,
    level: IsolationLevel,
}

impl Confined {
    pub(crate) fn new(child: Child, level: IsolationLevel) -> Self {
        Self { child, level }
    }

    /// Returns the isolation it runs under.
    pub fn level(&self) -> IsolationLevel {
        self.level
    }

    /// Kills the whole process group and waits for the process.
    pub fn kill(&mut self) -> std::io::Result<ExitStatus> {
        if self.child.try_wait()?.is_none() {
            // The process leads its own session, so its id is that of its group.
            let group = Pid::from_raw(self.child.id().cast_signed());
            if killpg(group, Signal::SIGKILL).is_err() {
                self.child.kill()?;
            }
        }
        self.child.wait()
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        // Nothing is left to do for a process that cannot be killed or waited for.
        let _ = self.kill();
    }
}
