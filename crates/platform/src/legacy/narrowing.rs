//! What the worker takes away from each run, on top of what it lacks itself.
//!
//! The worker outlives its runs, so only what may outlive a run is set where the worker starts. The
//! rest is handed to it with each request and set after the fork (`relift_worker/confine.py`).

use std::path::{Path, PathBuf};

use relift_sandbox::{Access, Confinement, Filter, Needs, Offered, Plan, Step};
use serde_json::{Value, json};

/// Processes of one run; it is stopped when it has more.
const PROCESSES_MAX: u64 = 256;
/// Processes and threads it can start at all, where the kernel counts them for each run.
const PROCESS_IDS_MAX: u64 = 1024;
/// Size of a run's own `/tmp` and `/dev/shm` each.
const SCRATCH_BYTES_MAX: u64 = 1 << 30;
const SCRATCH: [&str; 2] = ["/tmp", "/dev/shm"];

/// What is the same for each run.
#[derive(Debug)]
pub(super) struct Narrowing {
    pub(super) offered: Offered,
    pub(super) read: Vec<PathBuf>,
    pub(super) hidden: Vec<PathBuf>,
    pub(super) memory_bytes_max: u64,
    pub(super) seconds_max: u64,
    filter: Option<String>,
}

impl Narrowing {
    /// Prepares what is the same for each run.
    pub(super) fn new(
        read: Vec<PathBuf>,
        hidden: Vec<PathBuf>,
        memory_bytes_max: u64,
        seconds_max: u64,
    ) -> Self {
        let offered = Confinement::offered();
        let filter = Filter::of_run().filter(|_| offered.filter);
        Self {
            offered,
            read,
            hidden,
            memory_bytes_max,
            seconds_max,
            filter: filter.map(|filter| hexadecimal(&filter.bytes())),
        }
    }

    /// Returns what the worker is asked to set for a run with this staging folder.
    ///
    /// The run sees the folder, and may change only what it is to fill.
    pub(super) fn of_run(&self, staging: &Path) -> Value {
        let Offered {
            namespaces,
            proc,
            landlock_version,
            ..
        } = self.offered;
        let mut read = self.read.clone();
        read.push(staging.to_owned());
        let mut write = vec![staging.join("work"), staging.join("out")];
        let plan = if namespaces {
            Plan::new(&Needs {
                read: read.clone(),
                write: write.clone(),
                hidden: self.hidden.clone(),
                scratch_bytes_max: Some(SCRATCH_BYTES_MAX),
                proc,
                settings: false,
            })
        } else {
            Plan::default()
        };
        write.push("/dev/null".into());
        if namespaces {
            read.push("/proc".into());
            write.extend(SCRATCH.map(PathBuf::from));
        }
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        json!({
            "namespaces": namespaces,
            "proc": proc,
            "landlock": landlock_version,
            "filter": self.filter,
            "steps": plan.steps.iter().map(written).collect::<Vec<_>>(),
            "read": read,
            "write": write,
            "memory_bytes_max": self.memory_bytes_max,
            "processes_max": PROCESSES_MAX,
            "process_ids_max": PROCESS_IDS_MAX,
            // Time on the clock is the worker's to measure; this ends what would spin beside it.
            "cpu_seconds_max": self.seconds_max.saturating_mul(threads as u64).saturating_add(1),
        })
    }
}

fn written(step: &Step) -> Value {
    match step {
        Step::Folder(path) => json!(["folder", path]),
        Step::File(path) => json!(["file", path]),
        Step::Link { at, to } => json!(["link", at, to]),
        Step::Bind { path, access } => {
            let access = match access {
                Access::Read => "read",
                Access::Write => "write",
                Access::Device => "device",
            };
            json!(["bind", path, access])
        }
        Step::Scratch { at, bytes_max } => json!(["scratch", at, bytes_max]),
        Step::Hide(path) => json!(["hide", path]),
        Step::Processes { at, settings } => json!(["processes", at, settings]),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(half.into(), 16));
        }
        text
    })
}
