//! Runs: one (job, effective date, side) each, with every attempt kept.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{OptionalExtension, Row, params};

use relift_job::{EffectiveDate, JobName, Side};

use super::ledger::{NewEvent, Prepared, append_prepared};
use super::store::{parse_time, record_processing_time};
use super::{ControlError, ControlReader, ControlStore, schema};

/// What a run is of; there is no run over two dates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunKey {
    /// The job.
    pub job: JobName,
    /// The data date.
    pub date: EffectiveDate,
    /// The old program or the new one.
    pub side: Side,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunStatus {
    /// Begun, not ended.
    Running,
    /// Ended, its outputs are committed.
    Succeeded,
    /// Ended with an error.
    Failed,
    /// Its process died.
    Interrupted,
    /// Not begun, for the reason in `error`.
    Skipped,
}

impl RunStatus {
    /// The word used in records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Skipped => "skipped",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [
            Self::Running,
            Self::Succeeded,
            Self::Failed,
            Self::Interrupted,
            Self::Skipped,
        ]
        .into_iter()
        .find(|status| status.word() == word)
    }
}

/// One attempt of a run, as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// Number in the store.
    pub id: i64,
    /// What it is of.
    pub key: RunKey,
    /// 1 for the first.
    pub attempt: u32,
    /// How it stands.
    pub status: RunStatus,
    /// What the job saw as "now".
    pub processing_time: jiff::Timestamp,
    /// When it began.
    pub started_at: jiff::Timestamp,
    /// When it ended.
    pub ended_at: Option<jiff::Timestamp>,
    /// What it produced.
    pub outcome: RunOutcome,
}

/// What a run produced; the rest of its record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunOutcome {
    /// Rows written, over all outputs.
    pub rows: Option<u64>,
    /// Files written.
    pub files: Option<u64>,
    /// Delta version read of each input table.
    pub input_versions: BTreeMap<String, u64>,
    /// Delta version committed of each output table.
    pub output_versions: BTreeMap<String, u64>,
    /// Hash over all outputs.
    pub output_hash: Option<String>,
    /// What went wrong; a run with an error has failed.
    pub error: Option<String>,
    /// Its log, relative to the workspace.
    pub log_path: Option<String>,
    /// Hash over the code that ran; with other code the run is stale.
    pub code_hash: Option<String>,
}

/// The latest attempt of a run as a sweep over many sees it: enough to tell whether it is current, without
/// what only its own record needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunState {
    /// Which attempt it is.
    pub attempt: u32,
    /// How it stands.
    pub status: RunStatus,
    /// When it began, as recorded.
    pub started_at: String,
    /// Rows written.
    pub rows: Option<u64>,
    /// Hash over the code that ran.
    pub code_hash: Option<Arc<str>>,
    /// Delta version read of each input table, as [`versions_text`] prints them.
    pub input_versions: Arc<str>,
    /// Delta version committed of each output table, likewise.
    pub output_versions: Arc<str>,
}

impl RunState {
    /// The version it committed of a table.
    pub fn output_version(&self, table: &str) -> Option<u64> {
        let versions: BTreeMap<String, u64> = serde_json::from_str(&self.output_versions).ok()?;
        versions.get(table).copied()
    }
}

/// The latest attempts of one side, by job and date.
pub type RunStates = BTreeMap<JobName, BTreeMap<EffectiveDate, RunState>>;

/// Which attempts a history shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Of this job only.
    pub job: Option<JobName>,
    /// Of this date only.
    pub date: Option<EffectiveDate>,
    /// Of this side only.
    pub side: Option<Side>,
    /// At most so many.
    pub limit: Option<u32>,
}

impl ControlStore {
    /// Begins the next attempt of a run. The processing time is the recorded one, or `now` if this is
    /// the first time anybody asks for it.
    pub fn begin_run(&self, key: &RunKey, now: jiff::Timestamp) -> Result<RunRecord, ControlError> {
        let epoch = self.epoch();
        self.insert(key, RunStatus::Running, epoch, now, None)
    }

    /// Records that a run does not take place, and why.
    pub fn skip_run(
        &self,
        key: &RunKey,
        reason: &str,
        now: jiff::Timestamp,
    ) -> Result<RunRecord, ControlError> {
        let epoch = self.epoch();
        self.insert(key, RunStatus::Skipped, epoch, now, Some(reason.to_owned()))
    }

    /// Ends a run; the events that tell of it are appended in the same transaction.
    pub fn finish_run(
        &self,
        id: i64,
        outcome: &RunOutcome,
        events: &[NewEvent],
        now: jiff::Timestamp,
    ) -> Result<(), ControlError> {
        let path = self.read().path().to_owned();
        let prepared = Prepared::all(events, now, self.epoch())?;
        let status = if outcome.error.is_some() {
            RunStatus::Failed
        } else {
            RunStatus::Succeeded
        };
        let outcome = outcome.clone();
        self.write_checked(move |connection| {
            let sqlite = |source| schema::classify(&path, source);
            let sql = "UPDATE runs SET status = ?2, ended_at = ?3, rows = ?4, files = ?5, input_versions = ?6,
                       output_versions = ?7, output_hash = ?8, error = ?9, log_path = ?10, code_hash = ?11
                       WHERE id = ?1 AND status = 'running'";
            let changed = connection
                .prepare_cached(sql)
                .and_then(|mut statement| {
                    statement.execute(params![
                        id,
                        status.word(),
                        now.to_string(),
                        outcome.rows.map(stored_count),
                        outcome.files.map(stored_count),
                        versions_text(&outcome.input_versions),
                        versions_text(&outcome.output_versions),
                        outcome.output_hash,
                        outcome.error,
                        outcome.log_path,
                        outcome.code_hash,
                    ])
                })
                .map_err(sqlite)?;
            if changed == 0 {
                return Err(ControlError::NotRunning { id });
            }
            append_prepared(connection, &prepared).map_err(sqlite)?;
            Ok(())
        })
    }

    fn insert(
        &self,
        key: &RunKey,
        status: RunStatus,
        epoch: i64,
        now: jiff::Timestamp,
        error: Option<String>,
    ) -> Result<RunRecord, ControlError> {
        let path = self.read().path().to_owned();
        let key = key.clone();
        self.write_checked(move |connection| {
            let sqlite = |source| schema::classify(&path, source);
            let (job, date) = (key.job.as_str(), key.date.to_string());
            let processing_time = record_processing_time(connection, job, &date, now).map_err(sqlite)?;
            let ended_at = (status == RunStatus::Skipped).then_some(now);
            let sql = "INSERT INTO runs (job, effective_date, side, attempt, status, epoch, processing_time, started_at, ended_at, error)
                       SELECT ?1, ?2, ?3, coalesce(max(attempt), 0) + 1, ?4, ?5, ?6, ?7, ?8, ?9
                       FROM runs WHERE job = ?1 AND effective_date = ?2 AND side = ?3
                       RETURNING id, attempt";
            let (id, attempt) = connection
                .prepare_cached(sql)
                .and_then(|mut statement| {
                    let values = params![
                        job,
                        date,
                        key.side.word(),
                        status.word(),
                        epoch,
                        processing_time,
                        now.to_string(),
                        ended_at.map(|time| time.to_string()),
                        error
                    ];
                    statement.query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))
                })
                .map_err(sqlite)?;
            let processing_time = parse_time(&path, &processing_time)?;
            let outcome = RunOutcome { error, ..RunOutcome::default() };
            Ok(RunRecord { id, key, attempt, status, processing_time, started_at: now, ended_at, outcome })
        })
    }
}

/// What [`StoredRun::read`] reads.
const COLUMNS: &str =
    "id, job, effective_date, side, attempt, status, processing_time, started_at, ended_at,
           rows, files, input_versions, output_versions, output_hash, error, log_path, code_hash";

/// Latest attempts only; a run without any has no row.
const LATEST: &str = "
    SELECT id, job, effective_date, side, attempt, status, processing_time, started_at, ended_at,
           rows, files, input_versions, output_versions, output_hash, error, log_path, code_hash
    FROM runs AS run
    WHERE attempt = (SELECT max(attempt) FROM runs AS other
                     WHERE other.job = run.job AND other.effective_date = run.effective_date AND other.side = run.side)";

impl ControlReader {
    /// The latest attempt of every run of a side, in one sweep.
    pub fn run_states(&self, side: Side) -> Result<RunStates, ControlError> {
        let path = self.path().to_owned();
        // In the order of the index, so that the last row of a run is its latest attempt.
        let sql = "SELECT job, effective_date, attempt, status, started_at, rows, code_hash, input_versions, output_versions
                   FROM runs WHERE side = ?1 ORDER BY job, effective_date, side, attempt";
        let corrupt = |what: String| ControlError::Corrupt {
            path: path.clone(),
            what,
        };
        let sqlite = |source| schema::classify(&path, source);
        self.query_checked(|connection| {
            let mut statement = connection.prepare_cached(sql).map_err(sqlite)?;
            let mut rows = statement.query([side.word()]).map_err(sqlite)?;
            let mut states = RunStates::new();
            let mut current: Option<(JobName, BTreeMap<EffectiveDate, RunState>)> = None;
            // Most runs of a job have the same code and inputs as the one before.
            let mut known: [Option<Arc<str>>; 3] = [None, None, None];
            while let Some(row) = rows.next().map_err(sqlite)? {
                let text = |at: usize| {
                    row.get_ref(at).map_err(sqlite)?.as_str().map_err(|error| {
                        corrupt(format!("a run has something else than text: {error}"))
                    })
                };
                let job = text(0)?;
                if current
                    .as_ref()
                    .is_none_or(|(name, _)| name.as_str() != job)
                {
                    let next = (JobName::from(job), BTreeMap::new());
                    if let Some((name, own)) = current.replace(next) {
                        states.insert(name, own);
                    }
                }
                let date = text(1)?;
                let date = EffectiveDate::parse(date)
                    .ok_or_else(|| corrupt(format!("a run of {job} has the date `{date}`")))?;
                let status = text(3)?;
                let status = RunStatus::parse(status)
                    .ok_or_else(|| corrupt(format!("a run of {job} has the status `{status}`")))?;
                let mut shared =
                    |slot: usize, at: usize| -> Result<Option<Arc<str>>, ControlError> {
                        let value = row.get_ref(at).map_err(sqlite)?;
                        let Ok(value) = value.as_str() else {
                            return Ok(None);
                        };
                        if known[slot].as_deref() != Some(value) {
                            known[slot] = Some(value.into());
                        }
                        Ok(known[slot].clone())
                    };
                let (code_hash, inputs, outputs) = (shared(0, 6)?, shared(1, 7)?, shared(2, 8)?);
                let state = RunState {
                    attempt: row.get(2).map_err(sqlite)?,
                    status,
                    started_at: text(4)?.to_owned(),
                    rows: row
                        .get::<_, Option<i64>>(5)
                        .map_err(sqlite)?
                        .map(i64::unsigned_abs),
                    code_hash,
                    input_versions: inputs.unwrap_or_else(|| "{}".into()),
                    output_versions: outputs.unwrap_or_else(|| "{}".into()),
                };
                if let Some((_, own)) = &mut current {
                    own.insert(date, state);
                }
            }
            states.extend(current);
            Ok(states)
        })
    }

    /// The latest attempt of a job's side at or before a date that took place or was skipped: runs that a
    /// dead process left behind do not count.
    pub fn latest_run_until(
        &self,
        job: &JobName,
        side: Side,
        date: EffectiveDate,
    ) -> Result<Option<RunRecord>, ControlError> {
        let sql = format!(
            "{LATEST} AND job = ?1 AND side = ?2 AND effective_date <= ?3
             AND status IN ('succeeded', 'failed', 'skipped') ORDER BY effective_date DESC LIMIT 1"
        );
        let row = self.query(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_row(
                    params![job.as_str(), side.word(), date.to_string()],
                    StoredRun::read,
                )
                .optional()
        })?;
        row.map(|row| row.parse(self.path())).transpose()
    }

    /// Attempts, the newest first.
    pub fn history(&self, filter: &RunFilter) -> Result<Vec<RunRecord>, ControlError> {
        // Conditions are spelt out so that the index over jobs is used where it helps.
        let condition = |given: bool, equal, absent| if given { equal } else { absent };
        let sql = format!(
            "SELECT {COLUMNS} FROM runs WHERE {} AND {} AND {} ORDER BY id DESC LIMIT ?4",
            condition(filter.job.is_some(), "job = ?1", "?1 IS NULL"),
            condition(filter.date.is_some(), "effective_date = ?2", "?2 IS NULL"),
            condition(filter.side.is_some(), "side = ?3", "?3 IS NULL"),
        );
        let values = params![
            filter.job.as_ref().map(JobName::as_str),
            filter.date.map(|date| date.to_string()),
            filter.side.map(Side::word),
            filter.limit.map_or(-1, i64::from),
        ];
        let rows: Vec<StoredRun> = self.query(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_map(values, StoredRun::read)?.collect()
        })?;
        rows.into_iter().map(|row| row.parse(self.path())).collect()
    }

    /// How many attempts of a run have succeeded so far.
    pub fn succeeded_runs(&self, key: &RunKey) -> Result<u32, ControlError> {
        let sql = "SELECT count(*) FROM runs
                   WHERE job = ?1 AND effective_date = ?2 AND side = ?3 AND status = 'succeeded'";
        self.query(|connection| {
            connection.prepare_cached(sql)?.query_row(
                params![key.job.as_str(), key.date.to_string(), key.side.word()],
                |row| row.get(0),
            )
        })
    }

    /// The latest attempt of a run.
    pub fn latest_run(&self, key: &RunKey) -> Result<Option<RunRecord>, ControlError> {
        let sql = format!("{LATEST} AND job = ?1 AND effective_date = ?2 AND side = ?3");
        let row = self.query(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_row(
                    params![key.job.as_str(), key.date.to_string(), key.side.word()],
                    StoredRun::read,
                )
                .optional()
        })?;
        row.map(|row| row.parse(self.path())).transpose()
    }

    /// The latest attempt of every run of a job, or of all jobs, by job, date and side.
    pub fn latest_runs(&self, job: Option<&JobName>) -> Result<Vec<RunRecord>, ControlError> {
        let of_job = if job.is_some() {
            "job = ?1"
        } else {
            "?1 IS NULL"
        };
        let sql = format!("{LATEST} AND {of_job} ORDER BY job, effective_date, side");
        let rows: Vec<StoredRun> = self.query(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            statement
                .query_map(params![job.map(JobName::as_str)], StoredRun::read)?
                .collect()
        })?;
        rows.into_iter().map(|row| row.parse(self.path())).collect()
    }
}

/// A row as SQLite gives it.
struct StoredRun {
    id: i64,
    attempt: u32,
    words: [String; 6],
    ended_at: Option<String>,
    rows: Option<u64>,
    files: Option<u64>,
    versions: [String; 2],
    output_hash: Option<String>,
    error: Option<String>,
    log_path: Option<String>,
    code_hash: Option<String>,
}

impl StoredRun {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            words: [
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(5)?,
                row.get(6)?,
                row.get(7)?,
            ],
            attempt: row.get(4)?,
            ended_at: row.get(8)?,
            rows: row.get::<_, Option<i64>>(9)?.map(i64::unsigned_abs),
            files: row.get::<_, Option<i64>>(10)?.map(i64::unsigned_abs),
            versions: [row.get(11)?, row.get(12)?],
            output_hash: row.get(13)?,
            error: row.get(14)?,
            log_path: row.get(15)?,
            code_hash: row.get(16)?,
        })
    }

    fn parse(self, path: &Path) -> Result<RunRecord, ControlError> {
        let corrupt = |what: String| ControlError::Corrupt {
            path: path.to_owned(),
            what,
        };
        let [job, date, side, status, processing_time, started_at] = self.words;
        let date = EffectiveDate::parse(&date)
            .ok_or_else(|| corrupt(format!("run {}: `{date}` is no date", self.id)))?;
        let side = [Side::Legacy, Side::Rewrite]
            .into_iter()
            .find(|known| known.word() == side)
            .ok_or_else(|| corrupt(format!("run {}: `{side}` is no side", self.id)))?;
        let status = RunStatus::parse(&status)
            .ok_or_else(|| corrupt(format!("run {}: `{status}` is no status", self.id)))?;
        let [inputs, outputs] = self.versions.map(|text| {
            serde_json::from_str::<BTreeMap<String, u64>>(&text)
                .map_err(|_| corrupt(format!("run {}: `{text}` is no map of versions", self.id)))
        });
        Ok(RunRecord {
            id: self.id,
            key: RunKey {
                job: job.into(),
                date,
                side,
            },
            attempt: self.attempt,
            status,
            processing_time: parse_time(path, &processing_time)?,
            started_at: parse_time(path, &started_at)?,
            ended_at: self
                .ended_at
                .map(|text| parse_time(path, &text))
                .transpose()?,
            outcome: RunOutcome {
                rows: self.rows,
                files: self.files,
                input_versions: inputs?,
                output_versions: outputs?,
                output_hash: self.output_hash,
                error: self.error,
                log_path: self.log_path,
                code_hash: self.code_hash,
            },
        })
    }
}

/// Versions as they are recorded: JSON with sorted keys, so that equal ones have equal text.
pub fn versions_text(versions: &BTreeMap<String, u64>) -> String {
    serde_json::to_string(versions).expect("text keys and whole numbers")
}

/// SQLite counts with a sign; more rows than it can count do not exist.
fn stored_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
