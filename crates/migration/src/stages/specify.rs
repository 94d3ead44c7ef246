//! Decides construct by construct how the rewrite computes it, or refuses.

use relift_governance::{Construct, JobLifted, LedgerEvent, Level};
use relift_job::JobName;
use relift_team::{End, Outcome, Reply, Task};

use super::joined;
use crate::analysis::needs_kept;
use crate::bench::{Bench, lock};
use crate::{MigrationError, ledger};

pub(super) fn perform(bench: &Bench<'_>, task: &Task) -> Result<Reply, MigrationError> {
    let analysis = bench.analysis(&task.job)?;
    let (constructs, refused) = match &analysis.lifted {
        Ok(lifted) => {
            let constructs = lifted
                .decisions
                .iter()
                .map(|decision| Construct {
                    module: format!("modules[{}]", decision.module),
                    construct: decision.construct.clone(),
                    level: Level::parse(decision.level.word()).unwrap_or(Level::None),
                    reason: format!("{}: {}", decision.rule, decision.reason),
                    span: decision
                        .span
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default(),
                })
                .collect();
            let failed = bench.obligations(&task.job)?;
            let failed: Vec<String> = failed
                .iter()
                .filter(|answered| !answered.holds())
                .map(|answered| format!("{} ({})", answered.text, answered.evidence()))
                .collect();
            let refused = if failed.is_empty() {
                kept_upstream(bench, &task.job)
            } else {
                Some(joined(failed))
            };
            (constructs, refused)
        }
        Err(refusals) => {
            let constructs = refusals
                .iter()
                .map(|(module, refusal)| Construct {
                    module: module
                        .map_or_else(|| "job".to_owned(), |module| format!("modules[{module}]")),
                    construct: refusal.construct.clone(),
                    level: Level::None,
                    reason: refusal.reason.clone(),
                    span: refusal
                        .span
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default(),
                })
                .collect();
            (
                constructs,
                Some(joined(refusals.iter().map(|(_, refusal)| refusal))),
            )
        }
    };
    ledger::append(
        &bench.store,
        &[LedgerEvent::JobLifted(JobLifted {
            job: task.job.to_string(),
            constructs,
        })],
    )?;
    Ok(match refused {
        Some(reason) => Reply::because(Outcome::Refused, reason),
        None => Reply::completed(),
    })
}

/// Why the job cannot be rewritten because another one was not.
fn kept_upstream(bench: &Bench<'_>, job: &JobName) -> Option<String> {
    let ended = lock(&bench.ended);
    bench.project.edges.needs(job).iter().find_map(|edge| {
        let (end, cause) = ended.get(&edge.needs)?;
        let why = cause.as_deref().unwrap_or(end.word());
        (!edge.reads.is_empty() && *end != End::Done)
            .then(|| format!("{} ({why})", needs_kept(&edge.needs)))
    })
}
