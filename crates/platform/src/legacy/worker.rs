//! One warm Python process that answers one request at a time.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use relift_sandbox::{Confined, Confinement, IsolationLevel};

use super::LegacyError;

const START_SECONDS_MAX: u64 = 120;

/// What a worker is started from.
#[derive(Debug)]
pub(super) struct WorkerPlan {
    pub(super) python: PathBuf,
    pub(super) confinement: Confinement,
    pub(super) log: PathBuf,
}

/// A running worker.
pub(super) struct Worker {
    process: Confined,
    requests: ChildStdin,
    replies: Receiver<String>,
    log: PathBuf,
}

/// How a worker failed to answer.
pub(super) enum Silence {
    /// It took longer than even its own limit allows.
    Late,
    /// It is gone; the end of its log.
    Gone(String),
}

impl Worker {
    /// Starts a worker and waits until it is warm; returns it with the versions it reports.
    pub(super) fn start(plan: &WorkerPlan) -> Result<(Self, serde_json::Value), LegacyError> {
        let failed = |source| LegacyError::Log {
            path: plan.log.clone(),
            source,
        };
        let log = File::create(&plan.log).map_err(failed)?;
        let mut process = plan.confinement.spawn(&plan.python, |command| {
            command.args(["-s", "-B", "-m", "relift_worker"]);
            command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(log)
                .current_dir("/");
        })?;
        let requests = process
            .child
            .stdin
            .take()
            .expect("stdin of a worker is piped");
        let answers = process
            .child
            .stdout
            .take()
            .expect("stdout of a worker is piped");
        let (sender, replies) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(answers).lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let worker = Self {
            process,
            requests,
            replies,
            log: plan.log.clone(),
        };
        let told = worker
            .replies
            .recv_timeout(Duration::from_secs(START_SECONDS_MAX));
        let versions = told
            .ok()
            .and_then(|line| serde_json::from_str::<serde_json::Value>(&line).ok())
            .and_then(|mut answer| answer.get_mut("ready").map(serde_json::Value::take));
        match versions {
            Some(versions) => Ok((worker, versions)),
            None => Err(LegacyError::Start {
                printed: last_lines(&plan.log),
            }),
        }
    }

    pub(super) fn isolation(&self) -> IsolationLevel {
        self.process.level()
    }

    /// Sends a request and waits for its reply.
    pub(super) fn ask(
        &mut self,
        request: &serde_json::Value,
        patience: Duration,
    ) -> Result<String, Silence> {
        let mut line = request.to_string();
        line.push('\n');
        if self
            .requests
            .write_all(line.as_bytes())
            .and_then(|()| self.requests.flush())
            .is_err()
        {
            return Err(Silence::Gone(last_lines(&self.log)));
        }
        self.replies
            .recv_timeout(patience)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => Silence::Late,
                RecvTimeoutError::Disconnected => Silence::Gone(last_lines(&self.log)),
            })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // A worker's own log matters only when it fails, and then it has been read.
        let _ = std::fs::remove_file(&self.log);
    }
}

fn last_lines(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
