//! Isolation of foreign processes: legacy jobs are programs nobody here has read.
//!
//! A [`Confinement`] says what a process may read, write and use up; [`Confinement::spawn`] starts
//! it with the strongest isolation this kernel offers and says which level that is. A missing
//! layer lowers the declared level, it is never passed over in silence.
//!
//! This is the only crate with `unsafe`: between fork and exec only plain system calls are made.
#![expect(
    unsafe_code,
    reason = "system calls between fork and exec, and Landlock, have no safe interface"
)]

mod capabilities;
mod confinement;
mod landlock;
mod level;
mod limits;
mod namespaces;
mod process;
mod root;
mod seccomp;

pub use confinement::{Confinement, Offered, SandboxError};
pub use level::{IsolationLevel, Missing, probe};
pub use limits::Limits;
pub use process::Confined;
pub use root::{Access, Needs, Plan, Step};
pub use seccomp::Filter;
