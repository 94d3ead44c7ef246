//! The system call filter: the second wall behind namespaces, and the only one against calls that
//! reach into the kernel rather than into files.
//!
//! It names what is denied rather than what is allowed: CPython with pandas and whatever a user's
//! portfolio imports has no fixed list of calls. Calls newer than those known here answer as an
//! older kernel does, so nothing new is open by accident.

use nix::errno::Errno;
use nix::libc;

/// Who the filter is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// A process that gets nothing further taken away.
    Final,
    /// A process that narrows its children further, by namespaces and mounts.
    Narrowing,
}

/// Calls that a confined process has no use for, whoever it runs as.
const DENIED: &[libc::c_long] = &[
    // Other processes' memory, files and kernel objects.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    PROCESS_MADVISE,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    // Files by handle rather than by path, root folders, mounts by the newer interface.
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_fanotify_init,
    // Programs that are no file.
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    // Keys, programs and counters inside the kernel, and rings that pass by this filter.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // The machine itself.
    libc::SYS_reboot,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_personality,
    libc::SYS_nfsservctl,
    libc::SYS_lookup_dcookie,
];

/// The same number everywhere, but not named everywhere.
const PROCESS_MADVISE: libc::c_long = 440;

/// Calls that exist on one architecture only.
#[cfg(target_arch = "x86_64")]
const DENIED_HERE: &[libc::c_long] = &[
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
    libc::SYS__sysctl,
];
#[cfg(not(target_arch = "x86_64"))]
const DENIED_HERE: &[libc::c_long] = &[];

/// Calls by which children are narrowed.
const NARROWING: &[libc::c_long] = &[
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_mount_setattr,
];

/// The newest call this filter has an opinion on (`mseal`).
const NEWEST: u32 = 462;

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: Option<u32> = Some(0xC000_003E);
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: Option<u32> = Some(0xC000_00B7);
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const ARCHITECTURE: Option<u32> = None;

/// Calls of this number and above belong to another calling convention of the same architecture.
const FOREIGN: u32 = 0x4000_0000;

/// New namespaces, as flags of `clone`.
const NEW_NAMESPACES: u32 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET)
    .cast_unsigned();

/// Puts characters into a terminal's input.
const TERMINAL_INPUT: [u32; 2] = [libc::TIOCSTI as u32, 0x541C];

const ALLOW: u32 = 0x7fff_0000;
const KILL: u32 = 0x8000_0000;
const ERROR: u32 = 0x0005_0000;

const NUMBER_AT: u32 = 0;
const ARCHITECTURE_AT: u32 = 4;
/// The lower half of an argument; both architectures store it first.
const fn argument_at(index: u32) -> u32 {
    16 + 8 * index
}

const LOAD: u16 = 0x20;
const IF_EQUAL: u16 = 0x15;
const IF_GREATER: u16 = 0x25;
const IF_AT_LEAST: u16 = 0x35;
const IF_ANY_BIT: u16 = 0x45;
const RETURN: u16 = 0x06;

/// A filter as the kernel reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    program: Vec<libc::sock_filter>,
}

impl Filter {
    /// Returns the filter for a process that gets nothing further taken away; `None` where there are none.
    pub fn of_run() -> Option<Self> {
        Self::new(Audience::Final)
    }

    pub(crate) fn new(audience: Audience) -> Option<Self> {
        let architecture = ARCHITECTURE?;
        let mut filter = Self {
            program: Vec::new(),
        };
        filter.push(LOAD, ARCHITECTURE_AT);
        filter.unless(IF_EQUAL, architecture, KILL);
        filter.push(LOAD, NUMBER_AT);
        filter.when(IF_AT_LEAST, FOREIGN, refuse(Errno::EPERM));
        filter.when(IF_GREATER, NEWEST, refuse(Errno::ENOSYS));
        for call in DENIED.iter().chain(DENIED_HERE) {
            filter.when(IF_EQUAL, *call as u32, refuse(Errno::EPERM));
        }
        if audience == Audience::Final {
            for call in NARROWING {
                filter.when(IF_EQUAL, *call as u32, refuse(Errno::EPERM));
            }
            // Its flags are in memory, where a filter cannot look; the older call is used instead.
            filter.when(IF_EQUAL, libc::SYS_clone3 as u32, refuse(Errno::ENOSYS));
            filter.when_argument(libc::SYS_clone, 0, &[(IF_ANY_BIT, NEW_NAMESPACES)]);
        }
        filter.when_argument(
            libc::SYS_ioctl,
            1,
            &TERMINAL_INPUT.map(|request| (IF_EQUAL, request)),
        );
        for call in [libc::SYS_socket, libc::SYS_socketpair] {
            filter.unless_argument(call, 0, libc::AF_UNIX.cast_unsigned());
        }
        filter.push(RETURN, ALLOW);
        Some(filter)
    }

    /// Returns the program as the kernel's array of eight-byte instructions.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.program.len() * 8);
        for line in &self.program {
            bytes.extend(line.code.to_ne_bytes());
            bytes.extend([line.jt, line.jf]);
            bytes.extend(line.k.to_ne_bytes());
        }
        bytes
    }

    /// Puts the calling process under the filter, for good; no new privileges must be set already.
    pub(crate) fn enter(&self) -> Result<(), Errno> {
        let program = libc::sock_fprog {
            len: self.program.len() as libc::c_ushort,
            filter: self.program.as_ptr().cast_mut(),
        };
        // SAFETY: the program lives through the call, and the kernel only reads it.
        let answer = unsafe {
            libc::prctl(
                libc::PR_SET_SECCOMP,
                libc::SECCOMP_MODE_FILTER,
                &raw const program,
            )
        };
        Errno::result(answer).map(drop)
    }

    fn push(&mut self, code: u16, k: u32) {
        self.jump(code, k, 0, 0);
    }

    fn jump(&mut self, code: u16, k: u32, jt: u8, jf: u8) {
        self.program.push(libc::sock_filter { code, jt, jf, k });
    }

    /// Answers at once when the loaded value passes the test.
    fn when(&mut self, test: u16, value: u32, answer: u32) {
        self.jump(test, value, 0, 1);
        self.push(RETURN, answer);
    }

    /// Answers at once when it does not.
    fn unless(&mut self, test: u16, value: u32, answer: u32) {
        self.jump(test, value, 1, 0);
        self.push(RETURN, answer);
    }

    /// Refuses a call whose argument passes any test.
    fn when_argument(&mut self, call: libc::c_long, argument: u32, tests: &[(u16, u32)]) {
        let length = 2 * tests.len() as u8 + 2;
        self.jump(IF_EQUAL, call as u32, 0, length);
        self.push(LOAD, argument_at(argument));
        for (test, value) in tests {
            self.when(*test, *value, refuse(Errno::EPERM));
        }
        self.push(RETURN, ALLOW);
    }

    /// Refuses a call unless its argument is the one value.
    fn unless_argument(&mut self, call: libc::c_long, argument: u32, value: u32) {
        self.jump(IF_EQUAL, call as u32, 0, 4);
        self.push(LOAD, argument_at(argument));
        self.unless(IF_EQUAL, value, refuse(Errno::EPERM));
        self.push(RETURN, ALLOW);
    }
}

fn refuse(error: Errno) -> u32 {
    ERROR | (error as i32).cast_unsigned()
}

/// Finds whether this kernel takes filters.
pub(crate) fn offered() -> Result<(), String> {
    const ACTION_AVAILABLE: libc::c_long = 2;
    if ARCHITECTURE.is_none() {
        return Err("no filter is known for this architecture".to_owned());
    }
    let action = ERROR;
    // SAFETY: the kernel reads one number through the pointer, which lives through the call.
    let answer =
        unsafe { libc::syscall(libc::SYS_seccomp, ACTION_AVAILABLE, 0, &raw const action) };
    Errno::result(answer)
        .map(drop)
        .map_err(|error| error.desc().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a filter as the kernel would.
    fn answer(filter: &Filter, call: libc::c_long, arguments: [u32; 2]) -> u32 {
        let mut data = [0_u32; 16];
        data[0] = call as u32;
        data[1] = ARCHITECTURE.expect("the tests run where there are filters");
        data[4] = arguments[0];
        data[6] = arguments[1];
        let (mut at, mut loaded) = (0, 0);
        loop {
            let line = filter.program[at];
            at += 1;
            let holds = match line.code {
                LOAD => {
                    loaded = data[line.k as usize / 4];
                    continue;
                }
                RETURN => return line.k,
                IF_EQUAL => loaded == line.k,
                IF_GREATER => loaded > line.k,
                IF_AT_LEAST => loaded >= line.k,
                IF_ANY_BIT => loaded & line.k != 0,
                other => panic!("an instruction {other:#x} that is never written"),
            };
            at += usize::from(if holds { line.jt } else { line.jf });
        }
    }

    #[test]
    fn what_is_listed_is_refused_and_the_ordinary_is_not() {
        let run = Filter::of_run().expect("a filter");
        let denied = refuse(Errno::EPERM);
        for call in DENIED.iter().chain(NARROWING).chain(DENIED_HERE) {
            assert_eq!(answer(&run, *call, [0, 0]), denied, "{call}");
        }
        for call in [
            libc::SYS_read,
            libc::SYS_openat,
            libc::SYS_mmap,
            libc::SYS_execve,
            libc::SYS_kill,
        ] {
            assert_eq!(answer(&run, call, [0, 0]), ALLOW, "{call}");
        }
        assert_eq!(
            answer(&run, libc::SYS_clone3, [0, 0]),
            refuse(Errno::ENOSYS)
        );
        assert_eq!(answer(&run, 9999, [0, 0]), refuse(Errno::ENOSYS));
        assert_eq!(answer(&run, i64::from(FOREIGN) + 1, [0, 0]), denied);
    }

    #[test]
    fn arguments_decide_where_a_call_has_two_faces() {
        let run = Filter::of_run().expect("a filter");
        let denied = refuse(Errno::EPERM);
        let family = |family: i32| answer(&run, libc::SYS_socket, [family.cast_unsigned(), 0]);
        assert_eq!(family(libc::AF_UNIX), ALLOW);
        for other in [
            libc::AF_INET,
            libc::AF_INET6,
            libc::AF_NETLINK,
            libc::AF_PACKET,
            libc::AF_VSOCK,
            libc::AF_ALG,
        ] {
            assert_eq!(family(other), denied, "{other}");
        }
        let clone = |flags: i32| answer(&run, libc::SYS_clone, [flags.cast_unsigned(), 0]);
        assert_eq!(clone(libc::SIGCHLD), ALLOW);
        assert_eq!(clone(libc::CLONE_VM | libc::CLONE_THREAD), ALLOW);
        assert_eq!(clone(libc::CLONE_NEWUSER | libc::SIGCHLD), denied);
        let ioctl = |request: u32| answer(&run, libc::SYS_ioctl, [0, request]);
        assert_eq!(ioctl(libc::TIOCSTI as u32), denied);
        assert_eq!(ioctl(libc::TCGETS as u32), ALLOW);
    }

    #[test]
    fn who_narrows_children_may_mount_and_nothing_else_more() {
        let worker = Filter::new(Audience::Narrowing).expect("a filter");
        for call in NARROWING {
            assert_eq!(answer(&worker, *call, [0, 0]), ALLOW, "{call}");
        }
        for call in DENIED {
            assert_eq!(
                answer(&worker, *call, [0, 0]),
                refuse(Errno::EPERM),
                "{call}"
            );
        }
    }

    #[test]
    fn another_architecture_is_killed() {
        let run = Filter::of_run().expect("a filter");
        assert_eq!(run.program[1].k, ARCHITECTURE.expect("known"));
        assert_eq!(run.program[2].k, KILL);
        assert_eq!(run.bytes().len(), run.program.len() * 8);
    }
}
