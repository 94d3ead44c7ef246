//! Opening the store, settings, and the one processing time of each (job, effective date).

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use relift_job::{EffectiveDate, JobName};

use super::writer::{self, Writer};
use super::{ControlError, WorkspaceLock, schema};

/// The store, opened by the one process that may change it.
#[derive(Debug)]
pub struct ControlStore {
    // Order of fields is order of dropping: the writer ends before the lock is let go.
    writer: Writer,
    reader: ControlReader,
    epoch: i64,
    _lock: WorkspaceLock,
}

/// The store, opened to look at; several may, also while another process writes.
#[derive(Debug)]
pub struct ControlReader {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl ControlStore {
    /// Opens or creates the store at `path` and takes the workspace (`<path>.lock`).
    ///
    /// Runs that a dead process left as running become interrupted.
    pub fn open(path: &Path, now: jiff::Timestamp) -> Result<Self, ControlError> {
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
        let lock = WorkspaceLock::take(Path::new(&lock_path), now)?;
        let mut connection = schema::open_to_write(path)?;
        let epoch = take_over(path, &mut connection, now)?;
        let reader = ControlReader::open(path)?;
        let writer = Writer::start(path, connection, epoch)?;
        Ok(Self {
            writer,
            reader,
            epoch,
            _lock: lock,
        })
    }

    /// Everything that can be asked without writing.
    pub fn read(&self) -> &ControlReader {
        &self.reader
    }

    /// Number of this ownership of the workspace; each open is one more.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Keeps a setting, replacing its earlier value.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), ControlError> {
        let (key, value) = (format!("setting:{key}"), value.to_owned());
        self.write(move |connection| {
            let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
            connection.prepare_cached(sql)?.execute(params![key, value])?;
            Ok(())
        })
    }

    /// The moment a job sees as "now" for a date: the first one proposed stays, on both sides and on re-runs.
    pub fn processing_time(
        &self,
        job: &JobName,
        date: EffectiveDate,
        proposed: jiff::Timestamp,
    ) -> Result<jiff::Timestamp, ControlError> {
        if let Some(recorded) = self.reader.processing_time(job, date)? {
            return Ok(recorded);
        }
        let (name, day, path) = (job.to_string(), date.to_string(), self.reader.path.clone());
        self.write_checked(move |connection| {
            let text = record_processing_time(connection, &name, &day, proposed)
                .map_err(|source| schema::classify(&path, source))?;
            parse_time(&path, &text)
        })
    }

    /// Performs a write of plain statements; returns when it is durable.
    pub(super) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ControlError> {
        let path = self.reader.path.clone();
        self.writer.write(move |connection| {
            work(connection).map_err(|source| schema::classify(&path, source))
        })
    }

    /// Performs a write that can fail in other ways than SQLite does.
    pub(super) fn write_checked<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, ControlError> + Send + 'static,
    ) -> Result<T, ControlError> {
        self.writer.write(work)
    }
}

impl ControlReader {
    /// Opens an existing store without taking the workspace.
    pub fn open(path: &Path) -> Result<Self, ControlError> {
        let connection = schema::open_to_read(path)?;
        Ok(Self {
            path: path.to_owned(),
            connection: Mutex::new(connection),
        })
    }

    /// The store's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A setting's value.
    pub fn setting(&self, key: &str) -> Result<Option<String>, ControlError> {
        let key = format!("setting:{key}");
        self.query(|connection| {
            connection
                .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()
        })
    }

    /// The recorded processing time, if there is one.
    pub fn processing_time(
        &self,
        job: &JobName,
        date: EffectiveDate,
    ) -> Result<Option<jiff::Timestamp>, ControlError> {
        let text: Option<String> = self.query(|connection| {
            connection
                .prepare_cached(
                    "SELECT time FROM processing_times WHERE job = ?1 AND effective_date = ?2",
                )?
                .query_row(params![job.as_str(), date.to_string()], |row| row.get(0))
                .optional()
        })?;
        text.map(|text| parse_time(&self.path, &text)).transpose()
    }

    /// Runs a query.
    pub(super) fn query<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, ControlError> {
        work(&self.connection()).map_err(|source| schema::classify(&self.path, source))
    }

    /// Runs a query whose rows are checked while they are read.
    pub(super) fn query_checked<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, ControlError>,
    ) -> Result<T, ControlError> {
        work(&self.connection())
    }

    /// A reader that panicked left nothing behind but the panic.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins a new epoch and closes what the last one left open.
fn take_over(
    path: &Path,
    connection: &mut Connection,
    now: jiff::Timestamp,
) -> Result<i64, ControlError> {
    let mut work = || -> rusqlite::Result<i64> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let epoch = writer::current_epoch(&transaction)? + 1;
        transaction.execute(
            "INSERT INTO meta (key, value) VALUES ('epoch', ?1) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [epoch.to_string()],
        )?;
        transaction.execute(
            "UPDATE runs SET status = 'interrupted', ended_at = ?1, error = 'the process that ran it ended' WHERE status = 'running'",
            [now.to_string()],
        )?;
        transaction.commit()?;
        Ok(epoch)
    };
    work().map_err(|source| schema::classify(path, source))
}

/// Records the time unless one is recorded; gives back the one that counts.
pub(super) fn record_processing_time(
    connection: &Connection,
    job: &str,
    date: &str,
    proposed: jiff::Timestamp,
) -> rusqlite::Result<String> {
    connection
        .prepare_cached("INSERT INTO processing_times (job, effective_date, time) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![job, date, proposed.to_string()])?;
    connection
        .prepare_cached("SELECT time FROM processing_times WHERE job = ?1 AND effective_date = ?2")?
        .query_row(params![job, date], |row| row.get(0))
}

/// Reads a stored time back.
pub(super) fn parse_time(path: &Path, text: &str) -> Result<jiff::Timestamp, ControlError> {
    text.parse().map_err(|_| ControlError::Corrupt {
        path: path.to_owned(),
        what: format!("`{text}` is no time"),
    })
}
