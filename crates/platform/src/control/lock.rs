//! One process per workspace.
//!
//! The operating system holds the lock, so it is free again soon after its owner dies, however it
//! dies. Soon, not at once: a child that was being started still shares the owner's files until it
//! has become another program. So a lock whose owner is gone is waited for, a moment long.
//!
//! The file only says who the owner was; it stays behind, because removing a lock file lets two
//! processes lock two files of one name.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::ControlError;

/// How long a lock whose owner has died may take to come free.
const DYING: Duration = Duration::from_secs(3);
/// How often such a lock is tried.
const PAUSE: Duration = Duration::from_millis(50);

/// Who says it holds a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// Process id; 0 when it did not say.
    pub process: u32,
    /// Since when, RFC 3339.
    pub since: String,
    /// What it was called as.
    pub command: String,
}

impl LockHolder {
    /// Whether its process runs; where that cannot be told, it is taken to.
    fn lives(&self) -> bool {
        if !cfg!(target_os = "linux") {
            return true;
        }
        let status = Path::new("/proc")
            .join(self.process.to_string())
            .join("status");
        // A killed process that nobody has waited for is still listed, as a zombie.
        std::fs::read_to_string(status).is_ok_and(|status| {
            !status
                .lines()
                .any(|line| line.starts_with("State:") && line.contains("(zombie)"))
        })
    }
}

impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.process == 0 {
            return f.write_str("a process that did not say which");
        }
        write!(
            f,
            "process {} since {}, `{}`",
            self.process, self.since, self.command
        )
    }
}

/// The exclusive right to change a workspace, for as long as this value lives.
#[derive(Debug)]
pub struct WorkspaceLock {
    file: File,
    path: PathBuf,
}

impl WorkspaceLock {
    /// Takes the lock at `path`, or says who has it.
    pub fn take(path: &Path, now: jiff::Timestamp) -> Result<Self, ControlError> {
        let io = |action| {
            move |source| ControlError::Io {
                action,
                path: path.to_owned(),
                source,
            }
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io("create the folder of"))?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(io("open"))?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => return Err(io("lock")(source)),
            }
            let mut text = String::new();
            file.seek(SeekFrom::Start(0)).map_err(io("read"))?;
            file.read_to_string(&mut text).map_err(io("read"))?;
            let holder: LockHolder = serde_json::from_str(&text).unwrap_or_default();
            if holder.lives() || started.elapsed() > DYING {
                return Err(ControlError::Locked {
                    path: path.to_owned(),
                    holder,
                });
            }
            std::thread::sleep(PAUSE);
        }
        let holder = LockHolder {
            process: std::process::id(),
            since: now.to_string(),
            command: std::env::args().collect::<Vec<_>>().join(" "),
        };
        let text = serde_json::to_string(&holder).expect("three plain fields");
        file.seek(SeekFrom::Start(0)).map_err(io("write"))?;
        file.set_len(0).map_err(io("write"))?;
        file.write_all(text.as_bytes()).map_err(io("write"))?;
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    /// The lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for WorkspaceLock {
    /// Frees the lock itself: closing the file would leave it to a child that is just being started
    /// and still shares the file.
    fn drop(&mut self) {
        // What cannot be unlocked is closed next, which frees it all the same.
        let _ = self.file.unlock();
    }
}
