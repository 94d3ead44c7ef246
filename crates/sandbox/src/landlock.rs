//! Landlock, by its three system calls.
//!
//! Rules are made in the parent, where allocation is free; between fork and exec the child only
//! enters the finished ruleset.

use std::ffi::CString;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::libc;

const VERSION: libc::c_long = 1;
const PATH_BENEATH: libc::c_long = 1;

const EXECUTE: u64 = 1 << 0;
const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_FOLDER: u64 = 1 << 3;
const TRUNCATE: u64 = 1 << 14;
const IOCTL: u64 = 1 << 15;
/// Rights that a rule on a file, rather than a folder, may grant.
const ON_A_FILE: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL;

#[repr(C)]
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

/// Makes a ruleset that allows reading `read` and everything in `write`, and no TCP.
///
/// Folders that do not exist grant nothing and are no error.
pub(crate) fn ruleset(
    abi: u32,
    read: &[PathBuf],
    write: &[PathBuf],
) -> Result<OwnedFd, (PathBuf, Errno)> {
    let handled = Handled {
        files: file_rights(abi),
        network: if abi >= 4 { 0b11 } else { 0 },
        scoped: if abi >= 6 { 0b11 } else { 0 },
    };
    // Older kernels refuse a longer attribute whose tail they do not know, even when it is zero-sized work.
    let size = match abi {
        0..4 => 8usize,
        4 | 5 => 16,
        _ => 24,
    };
    // SAFETY: the attribute lives through the call and `size` is at most its size.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            &raw const handled,
            size,
            0,
        )
    };
    let fd = Errno::result(answer).map_err(|error| (PathBuf::from("/"), error))?;
    // SAFETY: the kernel has just given this descriptor to us.
    let ruleset = unsafe { OwnedFd::from_raw_fd(fd as RawFd) };
    for path in read {
        allow(&ruleset, path, EXECUTE | READ_FILE | READ_FOLDER)
            .map_err(|error| (path.clone(), error))?;
    }
    for path in write {
        allow(&ruleset, path, handled.files).map_err(|error| (path.clone(), error))?;
    }
    Ok(ruleset)
}

fn allow(ruleset: &OwnedFd, path: &Path, rights: u64) -> Result<(), Errno> {
    let text = CString::new(path.as_os_str().as_bytes()).map_err(|_| Errno::EINVAL)?;
    // SAFETY: `text` is a terminated string that outlives the call.
    let fd =
        match Errno::result(unsafe { libc::open(text.as_ptr(), libc::O_PATH | libc::O_CLOEXEC) }) {
            Ok(fd) => fd,
            Err(Errno::ENOENT) => return Ok(()),
            Err(error) => return Err(error),
        };
    // SAFETY: `open` has just given this descriptor to us.
    let opened = unsafe { OwnedFd::from_raw_fd(fd) };
    let allowed = if path.is_dir() {
        rights
    } else {
        rights & ON_A_FILE
    };
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

/// Puts the calling process under the ruleset, for good.
pub(crate) fn enter(ruleset: RawFd) -> Result<(), Errno> {
    // SAFETY: the call takes two numbers.
    let answer = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset, 0) };
    Errno::result(answer).map(drop)
}
