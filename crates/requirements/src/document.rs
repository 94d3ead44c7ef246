//! `requirements.json`.
//!
//! What a query returned, and on which table versions, is filled in by whoever runs it; `verify` runs it
//! again and compares the digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of the format.
const SCHEMA_VERSION: u32 = 1;

/// All requirements of one job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirements {
    /// Version of the format.
    pub schema_version: u32,
    /// The job.
    pub job: String,
    /// In the order of the data's way through the job.
    pub requirements: Vec<Requirement>,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// `req~<job>.<slug>~<revision>`.
    pub id: String,
    /// What it is about.
    pub kind: Kind,
    /// One EARS sentence.
    pub sentence: String,
    /// Why it is believed.
    pub evidence: Evidence,
    /// Where it is met.
    pub trace: Trace,
}

/// What a requirement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What is read.
    Source,
    /// Which rows count.
    Filter,
    /// How rows are combined.
    Join,
    /// How a value is looked up.
    Lookup,
    /// How a value is computed.
    Derive,
    /// How rows are grouped and summed.
    Aggregate,
    /// Which of several rows counts.
    Choice,
    /// In which order rows stand.
    Order,
    /// How a number is rounded.
    Rounding,
    /// When something exists at all.
    Condition,
    /// What the data must satisfy.
    Assumption,
    /// What is written.
    Output,
    /// The last line of a file.
    Trailer,
    /// What is kept of earlier dates.
    Append,
    /// What happens without rows.
    EmptyInput,
}

/// Why a requirement is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Legacy code it comes from.
    pub code: Vec<Citation>,
    /// A query whose rows show it.
    pub query: Option<EvidenceQuery>,
}

/// A place in the legacy code with the hash of its bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// Path relative to the workspace.
    pub file: String,
    /// First line.
    pub first_line: u32,
    /// Last line.
    pub last_line: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Hash of the bytes; absent when the file was not at hand.
    pub hash: Option<String>,
}

/// A query over the lake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceQuery {
    /// Its text.
    pub sql: String,
    /// The tables it reads, by the names it uses.
    pub sources: Vec<EvidenceSource>,
    /// Result by effective date: filled in by whoever ran it.
    pub results: BTreeMap<String, EvidenceResult>,
}

/// A table under the name a query uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceSource {
    /// Name in the query.
    pub name: String,
    /// `schema.table`.
    pub table: String,
    /// Which dates, in words.
    pub dates: String,
    /// The job's module that reads it.
    pub module: usize,
    /// Columns.
    pub columns: Vec<String>,
    /// Name of the row number column, when order matters.
    pub row_number: Option<String>,
}

/// What a query returned for one date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceResult {
    /// Delta version of each table, by the name in the query.
    pub versions: BTreeMap<String, u64>,
    /// Number of rows.
    pub rows: u64,
    /// Digest of the rows.
    pub digest: String,
}

/// Where a requirement is met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// Legacy module it comes from.
    pub module: usize,
    /// SQL files of the rewritten job that do it.
    pub sql_files: Vec<String>,
    /// Outputs that depend on it, by the index of their writer module.
    pub writers: Vec<usize>,
}

impl Requirements {
    /// The requirements of a job.
    pub fn new(job: &str, requirements: Vec<Requirement>) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            job: job.to_owned(),
            requirements,
        }
    }

    /// The text of `requirements.json`.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("plain structures always print");
        text + "\n"
    }

    /// Reads `requirements.json`; the message says where it is not one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parsed: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if parsed.schema_version == SCHEMA_VERSION {
            Ok(parsed)
        } else {
            Err(format!(
                "schema_version {} is not {SCHEMA_VERSION}, which this release reads",
                parsed.schema_version
            ))
        }
    }
}
