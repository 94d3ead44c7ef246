//! A root folder of a process's own, in which only what it needs is there at all.
//!
//! It is a small file system in memory with the needed folders bound to the paths they have outside,
//! so that nothing has to be told other names. What is not bound cannot be listed, asked for its
//! size, or reached by any link.
//!
//! The plan is plain data: it is carried out here before a program starts, and by the worker of
//! legacy jobs once more for each run, with the same steps and less in it.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::libc;
use nix::mount::{MntFlags, MsFlags, mount, umount2};

/// Where the former root is while the new one is built.
const FORMER: &str = "/.former";
/// Any folder that is sure to be there; it is covered only until the new root is entered.
const COVERED: &CStr = c"/usr";
const LINKS_MAX: usize = 40;

/// What may be done with a bound file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read it, and run programs from it.
    Read,
    /// Read and change it; programs in it do not run.
    Write,
    /// Use the device that it is.
    Device,
}

/// One step of building a root folder; paths are absolute, and bound ones the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Makes an empty folder unless it is there.
    Folder(PathBuf),
    /// Makes an empty file unless it is there, for something to be bound to.
    File(PathBuf),
    /// Makes a symbolic link as it is outside.
    Link {
        /// The link.
        at: PathBuf,
        /// Its text.
        to: PathBuf,
    },
    /// Makes what is there outside visible.
    Bind {
        /// The file or folder.
        path: PathBuf,
        /// What may be done with it.
        access: Access,
    },
    /// Mounts an empty folder that is gone with the process and holds so many bytes.
    Scratch {
        /// The folder.
        at: PathBuf,
        /// Its size.
        bytes_max: u64,
    },
    /// Covers a folder by an empty one that cannot be changed.
    Hide(PathBuf),
    /// Mounts a view of the namespace's own processes.
    Processes {
        /// The folder.
        at: PathBuf,
        /// Settings of the kernel too; needed by who narrows children further.
        settings: bool,
    },
}

/// What a root folder is to hold.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Files and folders to read and run programs from.
    pub read: Vec<PathBuf>,
    /// Files and folders to change.
    pub write: Vec<PathBuf>,
    /// Folders inside of those that are to be empty.
    pub hidden: Vec<PathBuf>,
    /// Size of `/tmp` and of `/dev/shm` each, if there are to be any.
    pub scratch_bytes_max: Option<u64>,
    /// Whether there is `/proc`.
    pub proc: bool,
    /// Whether `/proc` has the kernel's settings too.
    pub settings: bool,
}

/// The steps that build a root folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In order.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Plans a root folder; what does not exist is left out.
    pub fn new(needs: &Needs) -> Self {
        let mut plan = Self::default();
        let mut made = BTreeSet::new();
        if let Some(bytes_max) = needs.scratch_bytes_max {
            for at in Scratch::FOLDERS {
                let at = PathBuf::from(at);
                plan.parents(&at, &mut made);
                plan.steps.push(Step::Folder(at.clone()));
                plan.steps.push(Step::Scratch { at, bytes_max });
            }
        }
        if needs.proc {
            let at = PathBuf::from("/proc");
            plan.steps.push(Step::Folder(at.clone()));
            plan.steps.push(Step::Processes {
                at,
                settings: needs.settings,
            });
        }
        let mut links = BTreeSet::new();
        for (paths, access) in [(&needs.read, Access::Read), (&needs.write, Access::Write)] {
            let mut wanted = BTreeSet::new();
            for path in paths {
                // What the kernel shows of processes is never taken from outside.
                if path.starts_with("/proc") {
                    continue;
                }
                if let Ok(found) = path.canonicalize() {
                    links_on(path, &mut links);
                    wanted.insert(found);
                }
            }
            let mut covered: Option<&PathBuf> = None;
            for path in &wanted {
                // Sorted, so a folder comes before what is inside of it.
                if covered.is_some_and(|folder| path.starts_with(folder)) {
                    continue;
                }
                covered = Some(path);
                plan.bind(path, access, &mut made);
            }
        }
        for (at, to) in links {
            plan.parents(&at, &mut made);
            plan.steps.push(Step::Link { at, to });
        }
        for folder in &needs.hidden {
            if let Ok(found) = folder.canonicalize()
                && plan.shows(&found)
                && found.is_dir()
            {
                plan.steps.push(Step::Hide(found));
            }
        }
        plan
    }

    /// Returns whether a path outside is also there inside.
    fn shows(&self, path: &Path) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step, Step::Bind { path: bound, .. } if path.starts_with(bound)))
    }

    fn bind(&mut self, path: &Path, access: Access, made: &mut BTreeSet<PathBuf>) {
        let access = if path.starts_with("/dev") {
            Access::Device
        } else {
            access
        };
        self.parents(path, made);
        let path = path.to_owned();
        self.steps.push(if path.is_dir() {
            Step::Folder(path.clone())
        } else {
            Step::File(path.clone())
        });
        self.steps.push(Step::Bind { path, access });
    }

    fn parents(&mut self, path: &Path, made: &mut BTreeSet<PathBuf>) {
        let parents: Vec<&Path> = path.ancestors().skip(1).collect();
        for parent in parents.into_iter().rev() {
            if parent != Path::new("/") && made.insert(parent.to_owned()) {
                self.steps.push(Step::Folder(parent.to_owned()));
            }
        }
    }
}

/// Folders for what need not be kept.
pub(crate) struct Scratch;

impl Scratch {
    pub(crate) const FOLDERS: [&str; 2] = ["/tmp", "/dev/shm"];
}

/// Collects the symbolic links met on the way to what `path` names.
fn links_on(path: &Path, links: &mut BTreeSet<(PathBuf, PathBuf)>) {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        let mut walked = PathBuf::from("/");
        let mut rest = path.components();
        let mut followed = None;
        for component in rest.by_ref() {
            match component {
                Component::ParentDir => {
                    walked.pop();
                }
                Component::Normal(name) => {
                    walked.push(name);
                    if let Ok(to) = walked.read_link() {
                        followed = Some(to);
                        break;
                    }
                }
                _ => {}
            }
        }
        let Some(to) = followed else { return };
        let parent = walked.parent().unwrap_or(Path::new("/"));
        let next = parent.join(&to).join(rest.as_path());
        links.insert((walked, to));
        path = next;
    }
}

/// A step with its texts as the kernel reads them.
#[derive(Debug)]
enum Call {
    Folder(CString),
    File(CString),
    Link(CString, CString),
    Bind(CString, CString, Access),
    Scratch(CString, CString),
    Hide(CString),
    Processes(CString, &'static CStr),
}

/// A plan that can be carried out between fork and exec.
#[derive(Debug)]
pub(crate) struct Root {
    calls: Vec<Call>,
}

impl Root {
    pub(crate) fn prepare(plan: &Plan) -> io::Result<Self> {
        let text = |path: &Path| CString::new(path.as_os_str().as_bytes()).map_err(io::Error::from);
        let calls = plan.steps.iter().map(|step| {
            Ok(match step {
                Step::Folder(path) => Call::Folder(text(path)?),
                Step::File(path) => Call::File(text(path)?),
                Step::Link { at, to } => Call::Link(text(at)?, text(to)?),
                Step::Bind { path, access } => {
                    let mut former = FORMER.as_bytes().to_vec();
                    former.extend(path.as_os_str().as_bytes());
                    Call::Bind(CString::new(former)?, text(path)?, *access)
                }
                Step::Scratch { at, bytes_max } => {
                    let options = format!("mode=1777,size={bytes_max},nr_inodes=65536");
                    Call::Scratch(text(at)?, CString::new(options)?)
                }
                Step::Hide(path) => Call::Hide(text(path)?),
                Step::Processes { at, settings } => {
                    let options = if *settings { c"" } else { c"subset=pid" };
                    Call::Processes(text(at)?, options)
                }
            })
        });
        Ok(Self {
            calls: calls.collect::<io::Result<_>>()?,
        })
    }

    /// Builds the root folder in the calling process's own mount namespace and moves there.
    pub(crate) fn enter(&self) -> io::Result<()> {
        let nothing: Option<&CStr> = None;
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(nothing, c"/", nothing, private, nothing)?;
        let plain = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        in_memory(COVERED, plain, c"mode=0755,size=4194304,nr_inodes=65536")?;
        nix::unistd::chdir(COVERED)?;
        folder(c".former")?;
        nix::unistd::pivot_root(c".", c".former")?;
        nix::unistd::chdir(c"/")?;
        for call in &self.calls {
            call.make()?;
        }
        umount2(c"/.former", MntFlags::MNT_DETACH)?;
        // SAFETY: the text is terminated and outlives the call.
        Errno::result(unsafe { libc::rmdir(c"/.former".as_ptr()) })?;
        restrict_mount(c"/", READ_ONLY | NO_SET_USER | NO_DEVICES, Below::Itself)?;
        Ok(())
    }
}

impl Call {
    fn make(&self) -> io::Result<()> {
        let plain = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        match self {
            Self::Folder(path) => folder(path)?,
            Self::File(path) => {
                // SAFETY: the text is terminated and outlives the call.
                let made = unsafe { libc::mknod(path.as_ptr(), libc::S_IFREG | 0o444, 0) };
                there_already(Errno::result(made).map(drop))?;
            }
            Self::Link(at, to) => {
                // SAFETY: both texts are terminated and outlive the call.
                let made = unsafe { libc::symlink(to.as_ptr(), at.as_ptr()) };
                there_already(Errno::result(made).map(drop))?;
            }
            Self::Bind(from, to, access) => {
                let nothing: Option<&CStr> = None;
                let whole = MsFlags::MS_BIND | MsFlags::MS_REC;
                mount(
                    Some(from.as_c_str()),
                    to.as_c_str(),
                    nothing,
                    whole,
                    nothing,
                )?;
                let attributes = match access {
                    Access::Read => READ_ONLY | NO_SET_USER | NO_DEVICES,
                    Access::Write => NO_SET_USER | NO_DEVICES | NO_PROGRAMS,
                    Access::Device => READ_ONLY | NO_SET_USER | NO_PROGRAMS,
                };
                restrict_mount(to, attributes, Below::Everything)?;
            }
            Self::Scratch(at, options) => in_memory(at, plain | MsFlags::MS_NOEXEC, options)?,
            Self::Hide(path) => in_memory(path, plain | MsFlags::MS_RDONLY, c"size=4096")?,
            Self::Processes(at, options) => {
                mount(
                    Some(c"proc"),
                    at.as_c_str(),
                    Some(c"proc"),
                    plain | MsFlags::MS_NOEXEC,
                    Some(*options),
                )?;
            }
        }
        Ok(())
    }
}

fn in_memory(at: &CStr, flags: MsFlags, options: &CStr) -> Result<(), Errno> {
    mount(Some(c"tmpfs"), at, Some(c"tmpfs"), flags, Some(options))
}

fn folder(path: &CStr) -> Result<(), Errno> {
    // SAFETY: the text is terminated and outlives the call.
    there_already(Errno::result(unsafe { libc::mkdir(path.as_ptr(), 0o755) }).map(drop))
}

/// A place inside a bound folder is there already, and such folders mostly cannot be changed.
fn there_already(made: Result<(), Errno>) -> Result<(), Errno> {
    match made {
        Err(Errno::EEXIST | Errno::EROFS) => Ok(()),
        other => other,
    }
}

const READ_ONLY: u64 = 1 << 0;
const NO_SET_USER: u64 = 1 << 1;
const NO_DEVICES: u64 = 1 << 2;
const NO_PROGRAMS: u64 = 1 << 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Below {
    Itself,
    Everything,
}

#[repr(C)]
struct MountAttributes {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

/// Adds restrictions to a mount, and to every mount inside of it.
fn restrict_mount(at: &CStr, set: u64, below: Below) -> Result<(), Errno> {
    const RECURSIVE: libc::c_long = 0x8000;
    let attributes = MountAttributes {
        set,
        clear: 0,
        propagation: 0,
        user_namespace: 0,
    };
    let flags = match below {
        Below::Itself => 0,
        Below::Everything => RECURSIVE,
    };
    // SAFETY: path and attributes live through the call, and the size is that of the attributes.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::c_long::from(libc::AT_FDCWD),
            at.as_ptr(),
            flags,
            &raw const attributes,
            size_of::<MountAttributes>(),
        )
    };
    Errno::result(answer).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(plan: &Plan) -> Vec<&Path> {
        let paths = plan.steps.iter().filter_map(|step| match step {
            Step::Bind { path, .. } => Some(path.as_path()),
            _ => None,
        });
        paths.collect()
    }

    #[test]
    fn what_is_inside_a_bound_folder_is_not_bound_again_and_what_is_missing_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("it is there");
        std::fs::create_dir_all(root.join("a/b")).expect("a folder");
        let plan = Plan::new(&Needs {
            read: vec![root.join("a/b"), root.join("a"), root.join("none")],
            ..Needs::default()
        });
        assert_eq!(bound(&plan), [root.join("a")]);
    }

    #[test]
    fn links_on_the_way_are_made_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("it is there");
        std::fs::create_dir_all(root.join("real/inner")).expect("a folder");
        let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, root.join(at));
        link("real", "first").expect("a link");
        link("../first/inner", "real/second").expect("a link");
        let plan = Plan::new(&Needs {
            read: vec![root.join("first/second")],
            ..Needs::default()
        });
        assert_eq!(bound(&plan), [root.join("real/inner")]);
        let links: Vec<_> = plan
            .steps
            .iter()
            .filter_map(|step| match step {
                Step::Link { at, to } => Some((at.clone(), to.clone())),
                _ => None,
            })
            .collect();
        assert_eq!(
            links,
            [
                (root.join("first"), "real".into()),
                (root.join("real/second"), "../first/inner".into())
            ]
        );
    }

    #[test]
    fn only_folders_that_would_show_are_hidden() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("it is there");
        for name in ["seen/sealed", "other"] {
            std::fs::create_dir_all(root.join(name)).expect("a folder");
        }
        let plan = Plan::new(&Needs {
            read: vec![root.join("seen")],
            hidden: vec![root.join("seen/sealed"), root.join("other")],
            ..Needs::default()
        });
        assert_eq!(
            plan.steps.last(),
            Some(&Step::Hide(root.join("seen/sealed")))
        );
        assert!(!plan.steps.contains(&Step::Hide(root.join("other"))));
    }
}
