//! Tables of the control store and how its file is opened.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::ControlError;

/// Format written by this program; kept in SQLite's `user_version`.
pub(super) const FORMAT: i64 = 1;

/// `RLFT`, kept in SQLite's `application_id`, tells the file from any other database.
const APPLICATION: i64 = 0x524c_4654;

/// The ledger's triggers make "append-only" a property of the file and not of good manners.
const TABLES: &str = "
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE processing_times (
    job            TEXT NOT NULL,
    effective_date TEXT NOT NULL,
    time           TEXT NOT NULL,
    PRIMARY KEY (job, effective_date)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id              INTEGER PRIMARY KEY,
    job             TEXT NOT NULL,
    effective_date  TEXT NOT NULL,
    side            TEXT NOT NULL CHECK (side IN ('legacy', 'rewrite')),
    attempt         INTEGER NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('running', 'succeeded', 'failed', 'interrupted', 'skipped')),
    epoch           INTEGER NOT NULL,
    processing_time TEXT NOT NULL,
    started_at      TEXT NOT NULL,
    ended_at        TEXT,
    rows            INTEGER,
    files           INTEGER,
    input_versions  TEXT NOT NULL DEFAULT '{}',
    output_versions TEXT NOT NULL DEFAULT '{}',
    output_hash     TEXT,
    code_hash       TEXT,
    error           TEXT,
    log_path        TEXT,
    UNIQUE (job, effective_date, side, attempt)
) STRICT;

CREATE TABLE ledger (
    seq           INTEGER PRIMARY KEY,
    job           TEXT,
    kind          TEXT NOT NULL,
    body          TEXT NOT NULL,
    volatile      TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash          TEXT NOT NULL
) STRICT;
CREATE INDEX ledger_by_job ON ledger (job, seq);
CREATE TRIGGER ledger_keeps_entries BEFORE DELETE ON ledger BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_keeps_bodies BEFORE UPDATE ON ledger BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
";

/// Opens the file for its one writer, creating it if need be.
pub(super) fn open_to_write(path: &Path) -> Result<Connection, ControlError> {
    let sqlite = |source| classify(path, source);
    let mut connection = Connection::open(path).map_err(sqlite)?;
    connection
        .busy_timeout(Duration::from_secs(10))
        .map_err(sqlite)?;
    // Reading the header first: a foreign file must not be turned into a WAL database.
    check(path, &connection)?;
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .map_err(sqlite)?;
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(sqlite)?;
    connection
        .pragma_update(None, "foreign_keys", "ON")
        .map_err(sqlite)?;
    if format(&connection).map_err(sqlite)? == 0 {
        let transaction = connection.transaction().map_err(sqlite)?;
        transaction.execute_batch(TABLES).map_err(sqlite)?;
        transaction
            .pragma_update(None, "application_id", APPLICATION)
            .map_err(sqlite)?;
        transaction
            .pragma_update(None, "user_version", FORMAT)
            .map_err(sqlite)?;
        transaction.commit().map_err(sqlite)?;
    }
    Ok(connection)
}

/// Opens an existing file for reading, also while another process writes.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, ControlError> {
    if !path.exists() {
        return Err(ControlError::Absent {
            path: path.to_owned(),
        });
    }
    let sqlite = |source| classify(path, source);
    // Readers of a WAL database take part in its shared memory, so the file is opened to write and
    // the connection is forbidden to.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    connection
        .busy_timeout(Duration::from_secs(10))
        .map_err(sqlite)?;
    check(path, &connection)?;
    if format(&connection).map_err(sqlite)? == 0 {
        return Err(ControlError::Absent {
            path: path.to_owned(),
        });
    }
    connection
        .pragma_update(None, "query_only", "ON")
        .map_err(sqlite)?;
    Ok(connection)
}

fn format(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn check(path: &Path, connection: &Connection) -> Result<(), ControlError> {
    let sqlite = |source| classify(path, source);
    let found = format(connection).map_err(sqlite)?;
    let application: i64 = connection
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .map_err(sqlite)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(sqlite)?;
    if application != APPLICATION && (tables > 0 || found > 0) {
        return Err(ControlError::Foreign {
            path: path.to_owned(),
        });
    }
    if found > FORMAT {
        return Err(ControlError::Newer {
            path: path.to_owned(),
            found,
            known: FORMAT,
        });
    }
    Ok(())
}

/// Tells damage to the file from other answers of SQLite.
pub(super) fn classify(path: &Path, source: rusqlite::Error) -> ControlError {
    match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => ControlError::Foreign {
            path: path.to_owned(),
        },
        Some(rusqlite::ErrorCode::DatabaseCorrupt) => ControlError::Corrupt {
            path: path.to_owned(),
            what: "the database is damaged".into(),
        },
        _ => ControlError::Sqlite {
            path: path.to_owned(),
            source,
        },
    }
}
