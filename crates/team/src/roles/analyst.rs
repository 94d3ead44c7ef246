//! The analyst.

use crate::role::declare_role;

declare_role! {
    /// Reads a job's code into a dataflow and finds bad practice in it.
    ///
    /// It sees code only: what a job does must not be guessed from what it produced.
    pub static ANALYST = {
        name: "analyst",
        stage: Analyse,
        reads: [Configuration, LegacySource, Inventory],
        writes: [Dataflow, Findings],
        reviews: [],
        outcomes: { Completed => Next(Profile), Rejected => Finish(Failed) },
    }
}
