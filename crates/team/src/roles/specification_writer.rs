//! The specification writer.

use crate::role::declare_role;

declare_role! {
    /// Decides for each construct how it becomes relational, or refuses it with a reason.
    ///
    /// A refusal is an answer: a job that is not understood stays as it is and is counted as such.
    pub static SPECIFICATION_WRITER = {
        name: "specification writer",
        stage: Specify,
        reads: [Dataflow, Facts, Requirements],
        writes: [Specification],
        reviews: [],
        outcomes: { Completed => Next(Test), Refused => Finish(Legacy) },
    }
}
