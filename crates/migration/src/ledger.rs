//! Typed access to the ledger of the control store.

use relift_governance::LedgerEvent;
use relift_platform::control::{ControlReader, ControlStore, NewEvent};

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
    reader
        .ledger()?
        .into_iter()
        .map(|entry| {
            LedgerEvent::from_record(&entry.kind, entry.body).map_err(|error| {
                MigrationError::Record(format!("ledger entry {}: {error}", entry.seq))
            })
        })
        .collect()
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
