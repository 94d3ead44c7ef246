//! The data profiler.

use crate::role::declare_role;

declare_role! {
    /// Answers from the data of all dates what the dataflow depends on.
    ///
    /// An obligation is a question to the data; whoever wants a certain answer does not get to measure it.
    pub static DATA_PROFILER = {
        name: "data profiler",
        stage: Profile,
        reads: [Dataflow, LakeSnapshot],
        writes: [Facts],
        reviews: [],
        outcomes: { Completed => Next(Require), Rejected => Finish(Failed) },
    }
}
