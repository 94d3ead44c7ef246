//! Decides construct by construct how the rewrite computes it, or refuses.

use relift_diagnostics::Span;
use relift_governance::{Construct, JobLifted, LedgerEvent, Level};
use relift_job::{Job, JobName};
use relift_lift::{Decision, Lifted};
use relift_team::{Outcome, Reply, Task};

use super::joined;
use crate::analysis::RefusedAt;
use crate::bench::Bench;
use crate::partial::Partial;
use crate::{MigrationError, ledger};

pub(super) fn perform(bench: &Bench<'_>, task: &Task) -> Result<Reply, MigrationError> {
    let analysis = bench.analysis(&task.job)?;
    let (constructs, refused) = match &analysis.lifted {
        Ok(lifted) => {
            let constructs = constructs(lifted);
            (constructs, not_rewritable(bench, &task.job)?)
        }
        Err(refusals) => match &analysis.partial {
            Some(partial) => (
                constructs_of(partial, bench.project.jobs.get(&task.job)),
                not_rewritable(bench, &task.job)?,
            ),
            None => (
                refusals.iter().map(refused_construct).collect(),
                Some(joined(refusals.iter().map(|(_, refusal)| refusal))),
            ),
        },
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

/// Why what was lifted cannot take the place of the legacy code: the data.
fn not_rewritable(bench: &Bench<'_>, job: &JobName) -> Result<Option<String>, MigrationError> {
    let answers = bench.obligations(job)?;
    let failed: Vec<String> = answers
        .iter()
        .filter(|answered| !answered.holds())
        .map(|answered| format!("{} ({})", answered.text, answered.evidence()))
        .collect();
    Ok((!failed.is_empty()).then(|| joined(failed)))
}

fn decided(decision: &Decision) -> Construct {
    Construct {
        module: format!("modules[{}]", decision.module),
        construct: decision.construct.clone(),
        level: Level::parse(decision.level.word()).unwrap_or(Level::None),
        reason: format!("{}: {}", decision.rule, decision.reason),
        span: place(decision.span.as_ref()),
    }
}

fn refused_construct((module, refusal): &RefusedAt) -> Construct {
    Construct {
        module: module.map_or_else(|| "job".to_owned(), |module| format!("modules[{module}]")),
        construct: refusal.construct.clone(),
        level: Level::None,
        reason: refusal.reason.clone(),
        span: place(refusal.span.as_ref()),
    }
}

/// What became SQL, what was refused, what stays because of that, and the job as a whole.
fn constructs_of(partial: &Partial, job: Option<&Job>) -> Vec<Construct> {
    let lifted = partial.lifted.decisions.iter().map(decided);
    let mut constructs: Vec<Construct> = lifted.collect();
    constructs.extend(partial.refused.iter().map(refused_construct));
    let modules = |index: usize| job.and_then(|job| job.modules.get(index));
    for (index, reason) in &partial.reasons {
        let module = modules(*index);
        constructs.push(Construct {
            module: format!("modules[{index}]"),
            construct: module
                .map_or("module", |module| module.kind.type_name())
                .to_owned(),
            level: Level::None,
            reason: reason.clone(),
            span: place(module.map(|module| &module.span)),
        });
    }
    let stay: Vec<String> = partial
        .kept
        .modules
        .iter()
        .filter(|index| !partial.kept.given.contains_key(index))
        .map(|index| {
            let kind = modules(*index).map_or("module", |module| module.kind.type_name());
            format!("modules[{index}] ({kind})")
        })
        .collect();
    constructs.push(Construct {
        module: "job".to_owned(),
        construct: "job".to_owned(),
        level: Level::Partial,
        reason: format!("these run as they are beside the SQL: {}", stay.join(", ")),
        span: String::new(),
    });
    constructs
}

fn place(span: Option<&Span>) -> String {
    span.map(ToString::to_string).unwrap_or_default()
}

/// What was decided about each construct, as the ledger keeps it.
pub(super) fn constructs(lifted: &Lifted) -> Vec<Construct> {
    lifted.decisions.iter().map(decided).collect()
}
