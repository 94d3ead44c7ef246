//! The one thread that writes, and group commit.
//!
//! A sync costs milliseconds, a statement microseconds. While one group waits for the disk the next
//! one gathers, so nobody waits for a timer and many writers share one sync. Each write has its own
//! savepoint: one that fails takes nothing with it. Before each group the epoch is read back, so a
//! process that was replaced finds out before it writes and not after.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::{ControlError, schema};

/// A group is cut here, so that the first of it does not wait for a long queue.
const GROUP_MAX: usize = 256;

/// A write that waits for its turn, and then for the sync of its group.
trait QueuedWrite: Send {
    /// Does it, inside the group's transaction.
    fn perform(&mut self, connection: &Connection);
    /// Tells the caller, once it is known whether the group is durable.
    fn acknowledge(self: Box<Self>, committed: Result<(), ControlError>);
}

/// Work, where its result goes, and the result in between.
struct Queued<T, F> {
    path: PathBuf,
    work: Option<F>,
    result: Option<Result<T, ControlError>>,
    reply: Sender<Result<T, ControlError>>,
}

impl<T, F> QueuedWrite for Queued<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, ControlError> + Send,
{
    fn perform(&mut self, connection: &Connection) {
        self.result = self
            .work
            .take()
            .map(|work| within_savepoint(&self.path, connection, work));
    }

    fn acknowledge(self: Box<Self>, committed: Result<(), ControlError>) {
        let result = self.result.unwrap_or(Err(ControlError::WriterStopped));
        // The caller may have gone; the write stands all the same.
        let _ = self.reply.send(committed.and(result));
    }
}

/// Handle on the writing thread.
#[derive(Debug)]
pub(super) struct Writer {
    /// `None` only while being dropped.
    queue: Option<Sender<Box<dyn QueuedWrite>>>,
    thread: Option<JoinHandle<()>>,
    path: PathBuf,
}

impl Writer {
    /// Starts the thread on a connection that belongs to it from here on.
    pub(super) fn start(
        path: &Path,
        connection: Connection,
        epoch: i64,
    ) -> Result<Self, ControlError> {
        let (queue, writes) = channel();
        let at = path.to_owned();
        let thread = std::thread::Builder::new()
            .name("control-store".into())
            .spawn(move || run(&at, connection, epoch, &writes))
            .map_err(|source| ControlError::Io {
                action: "start the writer of",
                path: path.to_owned(),
                source,
            })?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
            path: path.to_owned(),
        })
    }

    /// Performs a write; returns when it is durable.
    pub(super) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, ControlError> + Send + 'static,
    ) -> Result<T, ControlError> {
        let (reply, answer) = channel();
        let write = Queued {
            path: self.path.clone(),
            work: Some(work),
            result: None,
            reply,
        };
        let queue = self.queue.as_ref().ok_or(ControlError::WriterStopped)?;
        queue
            .send(Box::new(write))
            .map_err(|_| ControlError::WriterStopped)?;
        answer.recv().map_err(|_| ControlError::WriterStopped)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has already failed the writes it concerned.
            let _ = thread.join();
        }
    }
}

fn within_savepoint<T>(
    path: &Path,
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, ControlError>,
) -> Result<T, ControlError> {
    let batch = |sql: &str| {
        connection
            .execute_batch(sql)
            .map_err(|source| schema::classify(path, source))
    };
    batch("SAVEPOINT one_write")?;
    let result = work(connection);
    batch(if result.is_ok() {
        "RELEASE one_write"
    } else {
        "ROLLBACK TO one_write; RELEASE one_write"
    })?;
    result
}

fn run(
    path: &Path,
    mut connection: Connection,
    epoch: i64,
    writes: &Receiver<Box<dyn QueuedWrite>>,
) {
    while let Ok(first) = writes.recv() {
        let mut group: Vec<_> = std::iter::once(first)
            .chain(writes.try_iter().take(GROUP_MAX - 1))
            .collect();
        let committed = commit(path, &mut connection, epoch, &mut group);
        for write in group {
            write.acknowledge(match &committed {
                Ok(()) => Ok(()),
                Err(ControlError::Fenced { ours, current }) => Err(ControlError::Fenced {
                    ours: *ours,
                    current: *current,
                }),
                Err(other) => Err(ControlError::Commit {
                    reason: other.to_string(),
                }),
            });
        }
    }
}

fn commit(
    path: &Path,
    connection: &mut Connection,
    epoch: i64,
    group: &mut [Box<dyn QueuedWrite>],
) -> Result<(), ControlError> {
    let sqlite = |source| schema::classify(path, source);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(sqlite)?;
    let current = current_epoch(&transaction).map_err(sqlite)?;
    if current != epoch {
        return Err(ControlError::Fenced {
            ours: epoch,
            current,
        });
    }
    for write in group {
        write.perform(&transaction);
    }
    transaction.commit().map_err(sqlite)
}

/// The epoch in the store; 0 before the first.
pub(super) fn current_epoch(connection: &Connection) -> rusqlite::Result<i64> {
    let text: Option<String> = connection
        .query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
}
