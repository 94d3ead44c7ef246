//! How an event is stored: job, kind and body apart, the body with its schema version.

use serde_json::{Value, json};

use crate::LedgerEvent;

/// Version of event bodies and of every file of the package.
pub const SCHEMA_VERSION: u64 = 1;

/// An event in the form a ledger keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The job it is about, if it is about one.
    pub job: Option<String>,
    /// The event's kind.
    pub kind: String,
    /// Its content and `schema_version`.
    pub body: Value,
}

/// A stored event that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A newer version of the program wrote it.
    #[error(
        "a `{kind}` event has schema version {found}, this program knows {SCHEMA_VERSION}; use the newer relift that wrote it"
    )]
    Newer {
        /// Kind of the event.
        kind: String,
        /// Its version.
        found: u64,
    },
    /// The body has no schema version.
    #[error("a `{kind}` event has no schema version, so it was not written by relift")]
    Unversioned {
        /// Kind of the event.
        kind: String,
    },
    /// The body is not of its kind.
    #[error("a `{kind}` event cannot be read: {source}")]
    Malformed {
        /// Kind of the event.
        kind: String,
        /// What serde says.
        source: serde_json::Error,
    },
}

impl LedgerEvent {
    /// Puts the event into the form a ledger keeps.
    pub fn to_record(&self) -> Record {
        let mut value = serde_json::to_value(self).expect("text keys, no fractions");
        let kind = value["kind"].as_str().expect("the tag").to_owned();
        let mut body = value["body"].take();
        body["schema_version"] = SCHEMA_VERSION.into();
        Record {
            job: self.job().map(str::to_owned),
            kind,
            body,
        }
    }

    /// Reads a stored event.
    pub fn from_record(kind: &str, mut body: Value) -> Result<Self, RecordError> {
        let version = body
            .as_object_mut()
            .and_then(|members| members.remove("schema_version"));
        match version.as_ref().and_then(Value::as_u64) {
            Some(SCHEMA_VERSION) => {}
            Some(found) => {
                return Err(RecordError::Newer {
                    kind: kind.to_owned(),
                    found,
                });
            }
            None => {
                return Err(RecordError::Unversioned {
                    kind: kind.to_owned(),
                });
            }
        }
        serde_json::from_value(json!({ "kind": kind, "body": body })).map_err(|source| {
            RecordError::Malformed {
                kind: kind.to_owned(),
                source,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn every_event_comes_back_as_it_was() {
        for event in fixture::conversion() {
            let record = event.to_record();
            assert_eq!(record.job.as_deref(), event.job());
            assert_eq!(
                LedgerEvent::from_record(&record.kind, record.body).expect("reads"),
                event
            );
        }
    }

    #[test]
    fn unreadable_events_say_so() {
        let error = |kind: &str, body: Value| {
            LedgerEvent::from_record(kind, body)
                .expect_err("unreadable")
                .to_string()
        };
        assert!(error("job_lifted", json!({ "schema_version": 9 })).contains("newer relift"));
        assert!(error("job_lifted", json!({})).contains("no schema version"));
        assert!(
            error("job_lifted", json!({ "schema_version": 1 })).contains("missing field `job`")
        );
        assert!(
            error("job_left", json!({ "schema_version": 1 }))
                .contains("unknown variant `job_left`")
        );
    }
}
