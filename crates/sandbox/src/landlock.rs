//! Landlock, by its three system calls.
//!
//! Rules are prepared in the parent, where allocation is free, and made between fork and exec: a
//! process with a root folder of its own has mounts there that its parent cannot name.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::libc;

const VERSION: libc::c_long = 1;
const PATH_BENEATH: libc::c_long = 1;

const EXECUTE: u64 = 1 << 0;
const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_FOLDER: u64 = 1 << 3;
const MAKE_DEVICE: u64 = 1 << 6;
const MAKE_BLOCK_DEVICE: u64 = 1 << 11;
const TRUNCATE: u64 = 1 << 14;
const IOCTL: u64 = 1 << 15;
/// Rights that a rule on a file, rather than a folder, may grant.
const ON_A_FILE: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL;

#[repr(C)]
#[derive(Debug)]
struct Handled {
    files: u64,
    network: u64,
    scoped: u64,
}

#[repr(C, packed)]
struct Beneath {
    allowed: u64,
    folder: i32,
}

/// Returns the newest interface version the kernel speaks.
pub(crate) fn abi() -> Result<u32, Errno> {
    // SAFETY: with a null attribute and the version flag the call only returns a number.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0usize,
            VERSION,
        )
    };
    Errno::result(answer).map(|version| version as u32)
}

/// Every right on files that this version knows.
fn file_rights(abi: u32) -> u64 {
    let count = match abi {
        0 | 1 => 13,
        2 => 14,
        3 | 4 => 15,
        _ => 16,
    };
    (1 << count) - 1
}

/// Rights on what may be changed: all but running programs from it and making devices in it.
fn change_rights(abi: u32) -> u64 {
    file_rights(abi) & !(EXECUTE | MAKE_DEVICE | MAKE_BLOCK_DEVICE)
}

/// A ruleset to be made and entered between fork and exec.
#[derive(Debug)]
pub(crate) struct Ruleset {
    handled: Handled,
    size: usize,
    rules: Vec<(CString, u64)>,
}

impl Ruleset {
    /// Prepares a ruleset that allows reading `read` and everything in `write`, and no TCP.
    ///
    /// Paths that do not exist when it is entered grant nothing and are no error.
    pub(crate) fn prepare(abi: u32, read: &[PathBuf], write: &[PathBuf]) -> io::Result<Self> {
        let handled = Handled {
            files: file_rights(abi),
            network: if abi >= 4 { 0b11 } else { 0 },
            scoped: if abi >= 6 { 0b11 } else { 0 },
        };
        // Older kernels refuse a longer attribute, even when what they do not know is zero.
        let size = match abi {
            0..4 => 8usize,
            4 | 5 => 16,
            _ => 24,
        };
        let mut rules = Vec::new();
        for (paths, rights) in [
            (read, EXECUTE | READ_FILE | READ_FOLDER),
            (write, change_rights(abi)),
        ] {
            for path in paths {
                let text = CString::new(path.as_os_str().as_bytes())?;
                let allowed = if path.is_dir() {
                    rights
                } else {
                    rights & ON_A_FILE & handled.files
                };
                rules.push((text, allowed));
            }
        }
        Ok(Self {
            handled,
            size,
            rules,
        })
    }

    /// Puts the calling process under the rules, for good; no new privileges must be set already.
    pub(crate) fn enter(&self) -> Result<(), Errno> {
        // SAFETY: the attribute lives through the call and `size` is at most its size.
        let answer = unsafe {
            libc::syscall(
                libc::SYS_landlock_create_ruleset,
                &raw const self.handled,
                self.size,
                0,
            )
        };
        let fd = Errno::result(answer)?;
        // SAFETY: the kernel has just given this descriptor to us.
        let ruleset = unsafe { OwnedFd::from_raw_fd(fd as RawFd) };
        for (path, rights) in &self.rules {
            allow(&ruleset, path, *rights)?;
        }
        // SAFETY: the call takes two numbers.
        let answer =
            unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0) };
        Errno::result(answer).map(drop)
    }
}

fn allow(ruleset: &OwnedFd, path: &CStr, allowed: u64) -> Result<(), Errno> {
    // SAFETY: `path` is a terminated string that outlives the call.
    let fd =
        match Errno::result(unsafe { libc::open(path.as_ptr(), libc::O_PATH | libc::O_CLOEXEC) }) {
            Ok(fd) => fd,
            Err(Errno::ENOENT) => return Ok(()),
            Err(error) => return Err(error),
        };
    // SAFETY: `open` has just given this descriptor to us.
    let opened = unsafe { OwnedFd::from_raw_fd(fd) };
    let rule = Beneath {
        allowed,
        folder: opened.as_raw_fd(),
    };
    // SAFETY: the rule lives through the call and has the layout the kernel expects.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_landlock_add_rule,
            ruleset.as_raw_fd(),
            PATH_BENEATH,
            &raw const rule,
            0,
        )
    };
    Errno::result(answer).map(drop)
}
