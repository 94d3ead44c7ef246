//! The ledger: everything decided and measured, appended and chained by hash.
//!
//! `hash = SHA-256("relift-log-v1" || seq || previous hash || SHA-256(record))`, the sequence number
//! as eight bytes big-endian, the hashes as bytes, the record as canonical JSON of body, job, kind and
//! the volatile fields. Volatile is what differs between two runs of the same work (when, by whom):
//! it is chained like the rest but stands apart, so that nothing folded from bodies depends on it.
//!
//! The chain shows changes in the middle, and the head kept beside it a cut at the end. Against
//! someone who rewrites file and head together only a head that was noted elsewhere helps.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, ToSql, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use relift_job::JobName;

use super::{ControlError, ControlReader, ControlStore, canonical_json};

/// Sets hashes of this log apart from all others.
const DOMAIN: &[u8] = b"relift-log-v1";

/// Previous hash of the first entry.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Something to be appended.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// The job it is about, if it is about one.
    pub job: Option<JobName>,
    /// What kind of event.
    pub kind: String,
    /// Its content: text, whole numbers, lists and objects, no fractions.
    pub body: Value,
}

/// One entry, as recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerEntry {
    /// Position, from 1, without gaps.
    pub seq: i64,
    /// The job it is about, if it is about one.
    pub job: Option<JobName>,
    /// What kind of event.
    pub kind: String,
    /// Its content.
    pub body: Value,
    /// What differs between two runs of the same work: `recorded_at`, `epoch`.
    pub volatile: Value,
    /// Hash of the entry, which covers everything before it.
    pub hash: String,
}

/// Where the ledger ends; a few characters of the hash printed elsewhere anchor the whole of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerHead {
    /// Number of entries.
    pub seq: i64,
    /// Hash of the last, 64 hex digits.
    pub hash: String,
}

/// The first place where the chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainFault {
    /// The entry.
    pub seq: i64,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ledger entry {}: {}", self.seq, self.what)
    }
}

impl ControlStore {
    /// Appends one event; returns its sequence number once it is durable.
    pub fn append(&self, event: &NewEvent, now: jiff::Timestamp) -> Result<i64, ControlError> {
        self.append_all(std::slice::from_ref(event), now)
    }

    /// Appends several events, all or none; returns the last sequence number.
    pub fn append_all(
        &self,
        events: &[NewEvent],
        now: jiff::Timestamp,
    ) -> Result<i64, ControlError> {
        let prepared = Prepared::all(events, now, self.epoch())?;
        self.write(move |connection| append_prepared(connection, &prepared))
    }
}

impl ControlReader {
    /// Every entry about a job, in order.
    pub fn events(&self, job: &JobName) -> Result<Vec<LedgerEntry>, ControlError> {
        self.entries("WHERE job = ?1 ORDER BY seq", params![job.as_str()])
    }

    /// The last entry of a kind about a job.
    pub fn last_event(
        &self,
        job: &JobName,
        kind: &str,
    ) -> Result<Option<LedgerEntry>, ControlError> {
        let condition = "WHERE job = ?1 AND kind = ?2 ORDER BY seq DESC LIMIT 1";
        Ok(self.entries(condition, params![job.as_str(), kind])?.pop())
    }

    /// The last entry of a kind about each job, in the order of the jobs, in one sweep.
    pub fn last_events(&self, kind: &str) -> Result<Vec<LedgerEntry>, ControlError> {
        let condition =
            "WHERE seq IN (SELECT max(seq) FROM ledger WHERE kind = ?1 GROUP BY job) ORDER BY job";
        self.entries(condition, params![kind])
    }

    /// Every entry of some kinds, in order.
    pub fn events_of(&self, kinds: &[&str]) -> Result<Vec<LedgerEntry>, ControlError> {
        let words = serde_json::to_string(kinds).expect("a list of words is JSON");
        let condition = "WHERE kind IN (SELECT value FROM json_each(?1)) ORDER BY seq";
        self.entries(condition, params![words])
    }

    /// The whole ledger, in order.
    pub fn ledger(&self) -> Result<Vec<LedgerEntry>, ControlError> {
        self.entries("ORDER BY seq", params![])
    }

    /// Where the ledger ends.
    pub fn ledger_head(&self) -> Result<LedgerHead, ControlError> {
        self.query(head)
    }

    /// Recomputes every hash; the first fault, or the head that was reached.
    pub fn verify_ledger(&self) -> Result<Result<LedgerHead, ChainFault>, ControlError> {
        self.query(|connection| {
            let mut statement = connection
                .prepare("SELECT seq, job, kind, body, volatile, previous_hash, hash FROM ledger ORDER BY seq")?;
            let mut rows = statement.query([])?;
            let mut reached = LedgerHead { seq: 0, hash: GENESIS.to_owned() };
            while let Some(row) = rows.next()? {
                let seq: i64 = row.get(0)?;
                let fault = |what: &str| Ok(Err(ChainFault { seq, what: what.to_owned() }));
                if seq != reached.seq + 1 {
                    return fault(&format!("entry {} is missing before it", reached.seq + 1));
                }
                let (job, kind): (Option<String>, String) = (row.get(1)?, row.get(2)?);
                let (body, volatile): (String, String) = (row.get(3)?, row.get(4)?);
                let (previous, hash): (String, String) = (row.get(5)?, row.get(6)?);
                if previous != reached.hash {
                    return fault("it does not follow the entry before it");
                }
                if hash != entry_hash(seq, &previous, &record(job.as_deref(), &kind, &body, &volatile)) {
                    return fault("its content does not match its hash");
                }
                reached = LedgerHead { seq, hash };
            }
            let noted = head(connection)?;
            if noted != reached {
                let what = format!("the ledger ends here, but {} entries were noted", noted.seq);
                return Ok(Err(ChainFault { seq: reached.seq, what }));
            }
            Ok(Ok(reached))
        })
    }

    fn entries(
        &self,
        condition: &str,
        arguments: &[&dyn ToSql],
    ) -> Result<Vec<LedgerEntry>, ControlError> {
        let sql = format!("SELECT seq, job, kind, body, volatile, hash FROM ledger {condition}");
        let rows: Vec<StoredEntry> = self.query(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(arguments, |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                ))
            })?;
            rows.collect()
        })?;
        let parse = |seq: i64, text: &str| {
            serde_json::from_str(text).map_err(|error| ControlError::Corrupt {
                path: self.path().to_owned(),
                what: format!("ledger entry {seq} is no JSON: {error}"),
            })
        };
        rows.into_iter()
            .map(|(seq, job, kind, body, volatile, hash)| {
                let (body, volatile) = (parse(seq, &body)?, parse(seq, &volatile)?);
                Ok(LedgerEntry {
                    seq,
                    job: job.map(JobName::from),
                    kind,
                    body,
                    volatile,
                    hash,
                })
            })
            .collect()
    }
}

/// `seq`, `job`, `kind`, `body`, `volatile`, `hash` as SQLite gives them.
type StoredEntry = (i64, Option<String>, String, String, String, String);

/// An event in the form it is stored in.
pub(super) struct Prepared {
    job: Option<String>,
    kind: String,
    body: String,
    volatile: String,
}

impl Prepared {
    /// Prints bodies before the writer is asked, so that a body which cannot be stored stops nobody else.
    pub(super) fn all(
        events: &[NewEvent],
        now: jiff::Timestamp,
        epoch: i64,
    ) -> Result<Vec<Self>, ControlError> {
        let volatile = json!({ "epoch": epoch, "recorded_at": now.to_string() }).to_string();
        events
            .iter()
            .map(|event| {
                let body = canonical_json(&event.body).map_err(|number| {
                    ControlError::FractionInLedger {
                        kind: event.kind.clone(),
                        number: number.to_string(),
                    }
                })?;
                let job = event.job.as_ref().map(ToString::to_string);
                Ok(Self {
                    job,
                    kind: event.kind.clone(),
                    body,
                    volatile: volatile.clone(),
                })
            })
            .collect()
    }
}

/// Appends inside a transaction; gives back the last sequence number.
pub(super) fn append_prepared(
    connection: &Connection,
    events: &[Prepared],
) -> rusqlite::Result<i64> {
    let mut head = head(connection)?;
    for event in events {
        let seq = head.seq + 1;
        let hash = entry_hash(
            seq,
            &head.hash,
            &record(
                event.job.as_deref(),
                &event.kind,
                &event.body,
                &event.volatile,
            ),
        );
        connection
            .prepare_cached("INSERT INTO ledger (seq, job, kind, body, volatile, previous_hash, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute(params![seq, event.job, event.kind, event.body, event.volatile, head.hash, hash])?;
        head = LedgerHead { seq, hash };
    }
    connection
        .prepare_cached("INSERT INTO meta (key, value) VALUES ('ledger_head', ?1) ON CONFLICT (key) DO UPDATE SET value = excluded.value")?
        .execute([format!("{} {}", head.seq, head.hash)])?;
    Ok(head.seq)
}

fn head(connection: &Connection) -> rusqlite::Result<LedgerHead> {
    let text: Option<String> = connection
        .prepare_cached("SELECT value FROM meta WHERE key = 'ledger_head'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let parts = text.as_deref().and_then(|text| text.split_once(' '));
    Ok(parts
        .and_then(|(seq, hash)| {
            Some(LedgerHead {
                seq: seq.parse().ok()?,
                hash: hash.to_owned(),
            })
        })
        .unwrap_or(LedgerHead {
            seq: 0,
            hash: GENESIS.to_owned(),
        }))
}

/// The canonical JSON object that is hashed; body and volatile are canonical JSON already.
fn record(job: Option<&str>, kind: &str, body: &str, volatile: &str) -> String {
    let job = job.map_or(Value::Null, Value::from);
    format!(
        "{{\"body\":{body},\"job\":{job},\"kind\":{},\"volatile\":{volatile}}}",
        Value::from(kind)
    )
}

fn entry_hash(seq: i64, previous: &str, record: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(DOMAIN);
    digest.update(seq.to_be_bytes());
    digest.update(bytes_of_hex(previous));
    digest.update(Sha256::digest(record.as_bytes()));
    hex(&digest.finalize())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// Bytes of a hash in hex; text that is none (somebody changed it) hashes as itself.
fn bytes_of_hex(text: &str) -> Vec<u8> {
    let pair = |pair: &[u8]| {
        std::str::from_utf8(pair)
            .ok()
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
    };
    let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(pair).collect();
    bytes
        .filter(|bytes| bytes.len() == 32)
        .unwrap_or_else(|| text.as_bytes().to_vec())
}
