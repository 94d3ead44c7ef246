//! What an audit finds: one thing wrong at one place, how it is known, and what to do.

use relift_job::EffectiveDate;
use serde::{Serialize, Serializer};

use super::Origin;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// The data are not what they should be.
    Error,
    /// Somebody should look.
    Warning,
    /// Worth knowing.
    Note,
}

impl Weight {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What an audit looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// An expected partition is not there.
    MissingPartition,
    /// A partition is there on a date on which none is expected.
    UnexpectedPartition,
    /// A file of the table is gone, unreadable, or not what the log says.
    DamagedFile,
    /// A file without rows.
    EmptyFile,
    /// A file that no version of the table knows.
    StrayFile,
    /// A partition's value and its content disagree.
    PartitionContent,
    /// A partition has many more or fewer rows than others.
    RowCount,
    /// Columns changed.
    SchemaDrift,
    /// Several rows with one key.
    DuplicateKey,
    /// Rows that refer to nothing.
    OrphanedReference,
    /// Dates and times far from the partition's date.
    TimeOutOfRange,
    /// Something the audit could not look at.
    NotAudited,
}

impl Check {
    /// The words used in reports.
    pub fn words(self) -> &'static str {
        match self {
            Self::MissingPartition => "missing partition",
            Self::UnexpectedPartition => "unexpected partition",
            Self::DamagedFile => "damaged file",
            Self::EmptyFile => "empty file",
            Self::StrayFile => "stray file",
            Self::PartitionContent => "partition content",
            Self::RowCount => "row count",
            Self::SchemaDrift => "schema drift",
            Self::DuplicateKey => "duplicate key",
            Self::OrphanedReference => "orphaned reference",
            Self::TimeOutOfRange => "time out of range",
            Self::NotAudited => "not audited",
        }
    }
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub weight: Weight,
    /// What was looked for.
    pub check: Check,
    /// The table.
    pub table: String,
    /// The partition, if it is about one.
    #[serde(serialize_with = "date_text")]
    pub date: Option<EffectiveDate>,
    /// Columns it is about.
    pub columns: Vec<String>,
    /// What is wrong.
    pub message: String,
    /// How the rule it breaks is known, where there is one.
    pub origin: Option<Origin>,
    /// What to do.
    pub remedy: Option<String>,
}

impl Finding {
    /// A finding about a table.
    pub(super) fn new(weight: Weight, check: Check, table: &str, message: String) -> Self {
        Self {
            weight,
            check,
            table: table.to_owned(),
            date: None,
            columns: Vec::new(),
            message,
            origin: None,
            remedy: None,
        }
    }

    pub(super) fn on(mut self, date: EffectiveDate) -> Self {
        self.date = Some(date);
        self
    }

    pub(super) fn about(mut self, columns: &[String]) -> Self {
        self.columns = columns.to_vec();
        self
    }

    pub(super) fn known(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    pub(super) fn remedy(mut self, remedy: &str) -> Self {
        self.remedy = Some(remedy.to_owned());
        self
    }
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature serde asks for"
)]
pub(super) fn date_text<S: Serializer>(
    date: &Option<EffectiveDate>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match date {
        Some(date) => serializer.serialize_some(&date.to_string()),
        None => serializer.serialize_none(),
    }
}
