//! The test runner.

use crate::role::declare_role;

declare_role! {
    /// Runs both sides for every effective date, each date by itself.
    ///
    /// Running is apart from comparing, so that a verdict never depends on who produced the output.
    pub static TEST_RUNNER = {
        name: "test runner",
        stage: Run,
        reads: [Configuration, LegacySource, LakeSnapshot, Tests, RewrittenJob],
        writes: [Baseline, RewriteOutput],
        reviews: [],
        outcomes: { Completed => Next(Reconcile), Broken => Back(Rewrite), Rejected => Finish(Failed) },
    }
}
