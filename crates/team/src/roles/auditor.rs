//! The auditor.

use crate::role::declare_role;

declare_role! {
    /// Checks that the record is complete and that its evidence still holds.
    ///
    /// It writes nothing that it checks, and it is the only way to `done`.
    pub static AUDITOR = {
        name: "auditor",
        stage: Audit,
        reads: [Inventory, Findings, Facts, Requirements, Specification, Tests, RewrittenJob, Comparison],
        writes: [Audit],
        reviews: [Requirements, Specification, Tests, RewrittenJob],
        outcomes: { Completed => Finish(Done), Disputed => Back(Require) },
    }
}
