//! The things roles hand to each other.
//!
//! What a role may read is its whole world: the code writer has no way to the baseline it is
//! measured against, because nobody who can see the answer should write the question.

/// A thing one role writes and others read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Artifact {
    /// The job's configuration file.
    Configuration,
    /// User Python and SQL.
    LegacySource,
    /// Tables of the lake at fixed versions.
    LakeSnapshot,
    /// The job's files with their hashes, inputs and outputs.
    Inventory,
    /// The job in relational form.
    Dataflow,
    /// Bad practice and where it stands.
    Findings,
    /// Obligations and what the data answered.
    Facts,
    /// Requirements with evidence.
    Requirements,
    /// Lift decisions and refusals per construct.
    Specification,
    /// Tests.
    Tests,
    /// The rewritten job.
    RewrittenJob,
    /// What the legacy job produced.
    Baseline,
    /// What the rewritten job produced.
    RewriteOutput,
    /// Verdict per date.
    Comparison,
    /// Why the two sides differ, in words that show no expected value.
    Cause,
    /// The result of checking all of it.
    Audit,
}

impl Artifact {
    /// Whether it exists before the team starts.
    pub fn given(self) -> bool {
        matches!(
            self,
            Self::Configuration | Self::LegacySource | Self::LakeSnapshot
        )
    }
}
