//! The test designer.

use crate::role::declare_role;

declare_role! {
    /// Writes tests from the requirements.
    ///
    /// It never sees the rewritten job, so a test cannot be fitted to it.
    pub static TEST_DESIGNER = {
        name: "test designer",
        stage: Test,
        reads: [Requirements, Facts],
        writes: [Tests],
        reviews: [],
        outcomes: { Completed => Next(Rewrite) },
    }
}
