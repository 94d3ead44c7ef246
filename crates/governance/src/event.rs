//! Ledger events: the only things the package is made of.
//!
//! They are plain values, converted by hand from the types of other crates, so that a stored event
//! never changes its meaning because a type inside the program did. An event about a job replaces
//! what an earlier event of its kind said (for one round, one date, one side where it has them), so
//! a stage that was interrupted and repeated leaves the same model. No event holds a fraction.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use relift_team::{Event, Outcome, Reply, Stage, Ticket};

use crate::{Answer, CellCompared, Disposition, Isolation, Level};

/// Something that was decided or measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum LedgerEvent {
    /// What the conversion is about.
    ScopeDeclared(ScopeDeclared),
    /// A job's files were found; other hashes than before begin the job anew.
    JobDiscovered(JobDiscovered),
    /// A job's code was read.
    JobAnalysed(JobAnalysed),
    /// The data answered.
    JobProfiled(JobProfiled),
    /// Requirements were written.
    RequirementsRecorded(RequirementsRecorded),
    /// Every construct was lifted or refused.
    JobLifted(JobLifted),
    /// Tests were written.
    TestsDesigned(TestsDesigned),
    /// The set-based job was written.
    JobRewritten(JobRewritten),
    /// What became of the findings.
    FindingsDisposed(FindingsDisposed),
    /// A run ended.
    RunFinished(RunFinished),
    /// One (job, effective date) was compared.
    CellCompared(CellCompared),
    /// A cause of difference was found by experiment.
    CauseNamed(CauseNamed),
    /// A role answered; folding these gives the state of the job.
    StageReported(StageReported),
}

impl LedgerEvent {
    /// The job it is about; the scope is about all.
    pub fn job(&self) -> Option<&str> {
        match self {
            Self::ScopeDeclared(_) => None,
            Self::JobDiscovered(event) => Some(&event.job),
            Self::JobAnalysed(event) => Some(&event.job),
            Self::JobProfiled(event) => Some(&event.job),
            Self::RequirementsRecorded(event) => Some(&event.job),
            Self::JobLifted(event) => Some(&event.job),
            Self::TestsDesigned(event) => Some(&event.job),
            Self::JobRewritten(event) => Some(&event.job),
            Self::FindingsDisposed(event) => Some(&event.job),
            Self::RunFinished(event) => Some(&event.job),
            Self::CellCompared(event) => Some(&event.job),
            Self::CauseNamed(event) => Some(&event.job),
            Self::StageReported(event) => Some(&event.job),
        }
    }
}

/// See [`LedgerEvent::ScopeDeclared`]; a later scope replaces an earlier one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeDeclared {
    /// Name of the workspace.
    pub workspace: String,
    /// First effective date, ISO.
    pub first: String,
    /// Last effective date, ISO.
    pub last: String,
    /// Every job, by name.
    pub jobs: Vec<String>,
}

/// A file and the hash of its bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileHash {
    /// Path relative to the workspace.
    pub path: String,
    /// `blake3:…`.
    pub hash: String,
}

/// See [`LedgerEvent::JobDiscovered`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobDiscovered {
    /// The job.
    pub job: String,
    /// Configuration first, then everything it names.
    pub sources: Vec<FileHash>,
    /// Tables it reads.
    pub inputs: Vec<String>,
    /// Tables and files it writes.
    pub outputs: Vec<String>,
}

/// See [`LedgerEvent::JobAnalysed`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobAnalysed {
    /// The job.
    pub job: String,
    /// Bad practice, each at its place.
    pub findings: Vec<Finding>,
}

/// Bad practice at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `AP1` and onward.
    pub code: String,
    /// `externals/late.py:11-12`.
    pub location: String,
    /// What was found there.
    pub message: String,
}

/// See [`LedgerEvent::FindingsDisposed`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingsDisposed {
    /// The job.
    pub job: String,
    /// One entry per finding; those left out stay open.
    pub findings: Vec<Disposed>,
}

/// What became of a finding; the first of a code at a place settles the first such finding, and so on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposed {
    /// The finding's code.
    pub code: String,
    /// The finding's place.
    pub location: String,
    /// What became of it.
    pub disposition: Disposition,
    /// Why that may be said: what replaced it, or the run that proves it is needed.
    pub reason: String,
}

/// See [`LedgerEvent::JobProfiled`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobProfiled {
    /// The job.
    pub job: String,
    /// Every obligation that was asked.
    pub obligations: Vec<ObligationAnswered>,
}

/// A question to the data and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObligationAnswered {
    /// What must hold.
    pub obligation: String,
    /// What the data says.
    pub answer: Answer,
    /// What was measured.
    pub evidence: String,
    /// The code that depends on it.
    pub span: String,
}

/// See [`LedgerEvent::RequirementsRecorded`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequirementsRecorded {
    /// The job.
    pub job: String,
    /// All of them.
    pub requirements: Vec<Requirement>,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// `req~late_orders.region~1`.
    pub id: String,
    /// The sentence.
    pub sentence: String,
    /// What kind of requirement, in one word.
    pub kind: String,
    /// How sure, 0 to 100.
    pub confidence_percent: u8,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

/// Something that can be looked up or run again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Legacy code.
    Code {
        /// `externals/late.py:11-12`.
        span: String,
        /// Hash of those bytes.
        hash: String,
    },
    /// A query on the lake.
    Query {
        /// Its text.
        sql: String,
        /// Tables and the Delta versions it ran on.
        versions: BTreeMap<String, u64>,
        /// Hash of the result.
        digest: String,
        /// The result in words.
        summary: String,
    },
}

/// See [`LedgerEvent::JobLifted`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLifted {
    /// The job.
    pub job: String,
    /// Every construct.
    pub constructs: Vec<Construct>,
}

/// A construct of the legacy job and how far it was lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Construct {
    /// The module it stands in, such as `modules[2]`.
    pub module: String,
    /// What it is, such as `aggregate`.
    pub construct: String,
    /// How far.
    pub level: Level,
    /// The rule that lifted it, or the reason of the refusal.
    pub reason: String,
    /// Where.
    pub span: String,
}

/// See [`LedgerEvent::TestsDesigned`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestsDesigned {
    /// The job.
    pub job: String,
    /// All of them.
    pub tests: Vec<TestDesigned>,
}

/// One test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestDesigned {
    /// Its name.
    pub test: String,
    /// Requirements it tests.
    pub requirements: Vec<String>,
}

/// See [`LedgerEvent::JobRewritten`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRewritten {
    /// The job.
    pub job: String,
    /// Which round.
    pub round: u32,
    /// What was written.
    pub files: Vec<FileHash>,
    /// Where each requirement went.
    #[serde(default)]
    pub implements: Vec<Implements>,
    /// A fault planted on purpose, to show that it is found.
    #[serde(default)]
    pub sabotage: Option<Sabotage>,
}

/// Where a requirement stands in the new code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Implements {
    /// The requirement.
    pub requirement: String,
    /// `lines.sql:3-9`.
    pub code: String,
}

/// A planted fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sabotage {
    /// The file it was planted in.
    pub file: String,
    /// What was changed into what.
    pub change: String,
}

/// See [`LedgerEvent::RunFinished`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFinished {
    /// The job.
    pub job: String,
    /// The date, ISO.
    pub effective_date: String,
    /// `legacy` or `rewrite`.
    pub side: String,
    /// Which round of rewriting it belongs to.
    pub round: u32,
    /// `succeeded`, `failed` or `skipped`.
    pub status: String,
    /// Rows written.
    #[serde(default)]
    pub rows: Option<u64>,
    /// Files written.
    #[serde(default)]
    pub files: Option<u64>,
    /// What was read: a table, and its Delta version or the hash of its content.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// What was written: a table or path, and the hash of its content.
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
    /// What went wrong.
    #[serde(default)]
    pub error: Option<String>,
    /// How well the legacy code was isolated; absent on the other side and in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<Isolation>,
    /// Whether its outputs were imported from a recording instead of made here.
    #[serde(default, skip_serializing_if = "is_not")]
    pub recorded: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands it over this way"
)]
fn is_not(value: &bool) -> bool {
    !value
}

/// See [`LedgerEvent::CauseNamed`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseNamed {
    /// The job.
    pub job: String,
    /// The round that differed.
    pub round: u32,
    /// The cause's name, such as `inner-instead-of-outer-join`.
    pub cause: String,
    /// The experiment: `assuming …, 412 of 412 rows agree`.
    pub experiment: String,
    /// Differing rows the cause explains.
    pub explained: u64,
    /// Differing rows there are.
    pub of: u64,
}

/// See [`LedgerEvent::StageReported`]: an event of the team, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageReported {
    /// The job.
    pub job: String,
    /// The stage's word.
    pub stage: String,
    /// The round.
    pub round: u32,
    /// The attempt; differs between an undisturbed conversion and another, so no report shows it.
    pub attempt: u32,
    /// The outcome's word; absent when the role could not work.
    pub outcome: Option<String>,
    /// The cause, or what went wrong.
    pub cause: Option<String>,
}

impl StageReported {
    /// Puts an event of the team into words.
    pub fn new(job: &str, event: &Event) -> Self {
        let (outcome, cause) = match &event.reply {
            Reply::Outcome { outcome, cause } => (Some(outcome.word().to_owned()), cause.clone()),
            Reply::Failure { message } => (None, Some(message.clone())),
        };
        let Ticket {
            stage,
            round,
            attempt,
        } = event.ticket;
        Self {
            job: job.to_owned(),
            stage: stage.word().to_owned(),
            round,
            attempt,
            outcome,
            cause,
        }
    }

    /// Reads the event back; the word that is none of its kind if there is one.
    pub fn event(&self) -> Result<Event, String> {
        let stage = Stage::parse(&self.stage).ok_or_else(|| self.stage.clone())?;
        let reply = match &self.outcome {
            Some(word) => Reply::Outcome {
                outcome: Outcome::parse(word).ok_or_else(|| word.clone())?,
                cause: self.cause.clone(),
            },
            None => Reply::Failure {
                message: self.cause.clone().unwrap_or_default(),
            },
        };
        Ok(Event {
            ticket: Ticket {
                stage,
                round: self.round,
                attempt: self.attempt,
            },
            reply,
        })
    }
}
