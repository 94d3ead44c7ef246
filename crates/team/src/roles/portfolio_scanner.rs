//! The portfolio scanner.

use crate::role::declare_role;

declare_role! {
    /// Finds a job's files and records their hashes, inputs and outputs.
    ///
    /// Everything later is about these bytes, so they are pinned before anybody interprets them.
    pub static PORTFOLIO_SCANNER = {
        name: "portfolio scanner",
        stage: Discover,
        reads: [Configuration, LegacySource],
        writes: [Inventory],
        reviews: [],
        outcomes: { Completed => Next(Analyse), Rejected => Finish(Failed) },
    }
}
