//! The code writer.

use crate::role::declare_role;

declare_role! {
    /// Writes the set-based job, and writes it again when a cause of difference comes back.
    ///
    /// It reads causes, never the expected output: a rewrite that could copy the answer would prove nothing.
    pub static CODE_WRITER = {
        name: "code writer",
        stage: Rewrite,
        reads: [Dataflow, Findings, Facts, Specification, Cause],
        writes: [RewrittenJob],
        reviews: [],
        outcomes: { Completed => Next(Run), Refused => Finish(Legacy) },
    }
}
