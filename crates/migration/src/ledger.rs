//! Typed access to the ledger of the control store.

use std::collections::BTreeMap;

use relift_governance::{JobRewritten, LedgerEvent};
use relift_job::JobName;
use relift_platform::control::{ControlReader, ControlStore, LedgerEntry, NewEvent};

use crate::MigrationError;

/// Appends events, all or none.
pub(crate) fn append(store: &ControlStore, events: &[LedgerEvent]) -> Result<(), MigrationError> {
    if events.is_empty() {
        return Ok(());
    }
    let events: Vec<NewEvent> = events.iter().map(to_new).collect();
    store.append_all(&events, jiff::Timestamp::now())?;
    Ok(())
}

/// Every event, in order.
pub(crate) fn load(reader: &ControlReader) -> Result<Vec<LedgerEvent>, MigrationError> {
    reader.ledger()?.into_iter().map(typed).collect()
}

/// Every event about one job, in order.
pub(crate) fn of_job(
    reader: &ControlReader,
    job: &JobName,
) -> Result<Vec<LedgerEvent>, MigrationError> {
    reader.events(job)?.into_iter().map(typed).collect()
}

/// The round of rewriting each job is in; jobs that were never rewritten are in the first.
pub(crate) fn rounds(reader: &ControlReader) -> Result<BTreeMap<JobName, u32>, MigrationError> {
    let kind = LedgerEvent::JobRewritten(JobRewritten::default())
        .to_record()
        .kind;
    let mut rounds = BTreeMap::new();
    for entry in reader.last_events(&kind)? {
        if let LedgerEvent::JobRewritten(rewritten) = typed(entry)? {
            rounds.insert(rewritten.job.as_str().into(), rewritten.round);
        }
    }
    Ok(rounds)
}

/// An entry as the event it records.
pub(crate) fn typed(entry: LedgerEntry) -> Result<LedgerEvent, MigrationError> {
    LedgerEvent::from_record(&entry.kind, entry.body)
        .map_err(|error| MigrationError::Record(format!("ledger entry {}: {error}", entry.seq)))
}

/// An event as the store takes it.
pub(crate) fn to_new(event: &LedgerEvent) -> NewEvent {
    let record = event.to_record();
    NewEvent {
        job: record.job.map(Into::into),
        kind: record.kind,
        body: record.body,
    }
}
