//! What the roles do, one file per stage. A stage reads what it needs, appends what it found to the
//! ledger and answers; where the job goes next is not its business.

mod analyse;
mod audit;
mod discover;
mod profile;
mod reconcile;
mod require;
mod rewrite;
mod run;
mod specify;
mod test;

use relift_team::{Reply, Stage, Task};

use crate::MigrationError;
use crate::bench::Bench;

pub(crate) use discover::discovered;
pub(crate) use rewrite::{contents, plan_sabotage, write_down};

/// Performs a task. An error of the machine is a failure that may be tried again.
pub(crate) fn perform(bench: &Bench<'_>, task: &Task) -> Reply {
    let result = match task.ticket.stage {
        Stage::Discover => discover::perform(bench, task),
        Stage::Analyse => analyse::perform(bench, task),
        Stage::Profile => profile::perform(bench, task),
        Stage::Require => require::perform(bench, task),
        Stage::Specify => specify::perform(bench, task),
        Stage::Test => test::perform(bench, task),
        Stage::Rewrite => rewrite::perform(bench, task),
        Stage::Run => run::perform(bench, task),
        Stage::Reconcile => reconcile::perform(bench, task),
        Stage::Audit => audit::perform(bench, task),
    };
    result.unwrap_or_else(|error: MigrationError| Reply::failure(error.whole()))
}

/// Several complaints as one cause.
fn joined(complaints: impl IntoIterator<Item = impl ToString>) -> String {
    complaints
        .into_iter()
        .map(|complaint| complaint.to_string())
        .collect::<Vec<_>>()
        .join("; ")
}
