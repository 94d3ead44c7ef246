//! The reconciler.

use crate::role::declare_role;

declare_role! {
    /// Compares both sides for every date and names the cause of a difference.
    ///
    /// It alone sees expected and actual output together; what leaves it is a verdict and a cause.
    pub static RECONCILER = {
        name: "reconciler",
        stage: Reconcile,
        reads: [Baseline, RewriteOutput],
        writes: [Comparison, Cause],
        reviews: [RewrittenJob],
        outcomes: { Completed => Next(Audit), Differs => Back(Rewrite) },
    }
}
