//! Capabilities: what is left of being root.

use nix::errno::Errno;
use nix::libc;

const SYS_ADMIN: u32 = 21;
const SETPCAP: u32 = 8;

const VERSION_3: u32 = 0x2008_0522;
/// No root by user id, no fixing up on changes of user, nothing kept, no ambient ones; each locked.
const SECURE_BITS: libc::c_ulong = 0b1110_1111;

/// Capabilities that a process keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// None, for good.
    Nothing,
    /// Those that narrow its children further; they count in its own namespaces only.
    ForNarrowing,
}

#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Sets {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Gives up every other capability, in the calling process and whatever it runs.
pub(crate) fn keep(kept: Kept) -> Result<(), Errno> {
    let mask: u64 = match kept {
        Kept::Nothing => 0,
        Kept::ForNarrowing => 1 << SYS_ADMIN | 1 << SETPCAP,
    };
    for capability in 0..64 {
        if mask & (1 << capability) != 0 {
            continue;
        }
        match control(libc::PR_CAPBSET_DROP, capability, 0) {
            Ok(()) => {}
            // Past the last capability of this kernel, or an ordinary user, who has none to lose.
            Err(Errno::EINVAL | Errno::EPERM) => break,
            Err(error) => return Err(error),
        }
    }
    if kept == Kept::Nothing {
        match control(libc::PR_SET_SECUREBITS, SECURE_BITS, 0) {
            Ok(()) | Err(Errno::EPERM) => {}
            Err(error) => return Err(error),
        }
    }
    let header = Header {
        version: VERSION_3,
        pid: 0,
    };
    let low = mask as u32;
    let sets = [
        Sets {
            effective: low,
            permitted: low,
            inheritable: low,
        },
        Sets::default(),
    ];
    // SAFETY: header and sets have the layout of version 3 and live through the call.
    let answer = unsafe { libc::syscall(libc::SYS_capset, &raw const header, sets.as_ptr()) };
    Errno::result(answer)?;
    if kept == Kept::ForNarrowing {
        // Only ambient ones survive the start of a program for a user who is not root inside.
        for capability in [SYS_ADMIN, SETPCAP] {
            control(
                libc::PR_CAP_AMBIENT,
                libc::PR_CAP_AMBIENT_RAISE as libc::c_ulong,
                libc::c_ulong::from(capability),
            )?;
        }
    }
    Ok(())
}

fn control(option: libc::c_int, first: libc::c_ulong, second: libc::c_ulong) -> Result<(), Errno> {
    // SAFETY: the options used here take numbers only.
    Errno::result(unsafe { libc::prctl(option, first, second, 0, 0) }).map(drop)
}
