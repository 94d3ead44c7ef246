//! The requirements writer.

use crate::role::declare_role;

declare_role! {
    /// Writes down what a job does for the business, each sentence with evidence.
    ///
    /// Requirements come before the rewrite, so that they describe the old job and not the new one.
    pub static REQUIREMENTS_WRITER = {
        name: "requirements writer",
        stage: Require,
        reads: [LegacySource, Dataflow, Findings, Facts],
        writes: [Requirements],
        reviews: [],
        outcomes: { Completed => Next(Specify) },
    }
}
