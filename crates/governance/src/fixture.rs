//! A small conversion for tests: one job that passes in its second round after a planted fault, one
//! that is refused, one that ends as a dead letter.

use std::collections::BTreeMap;

use relift_team::{Effect, Event, JobState, Outcome, Reply, Stage, start, step};

use crate::event::*;
use crate::{
    Answer, CellCompared, CellStatus, ColumnDifference, Disposition, Grade, Isolation, Level,
    OutputCompared, RowDifference, RowsCompared,
};

pub(crate) const DATES: [&str; 2] = ["2024-10-01", "2024-10-02"];

/// All three jobs.
pub(crate) fn conversion() -> Vec<LedgerEvent> {
    conversion_of(&["late_orders", "refund_ledger", "daily_revenue"])
}

/// The same work, with failed attempts in between, as after crashes of workers.
pub(crate) fn conversion_with_failed_attempts() -> Vec<LedgerEvent> {
    play(&["late_orders", "refund_ledger", "daily_revenue"], true)
}

/// A scope and the events of those of its jobs that this fixture knows.
pub(crate) fn conversion_of(jobs: &[&str]) -> Vec<LedgerEvent> {
    play(jobs, false)
}

fn play(jobs: &[&str], failing: bool) -> Vec<LedgerEvent> {
    let mut events = vec![LedgerEvent::ScopeDeclared(ScopeDeclared {
        workspace: "october".into(),
        first: DATES[0].into(),
        last: DATES[1].into(),
        jobs: jobs.iter().map(ToString::to_string).collect(),
    })];
    for job in jobs {
        let script: fn(&str, Stage, u32) -> (Vec<LedgerEvent>, Reply) = match *job {
            "late_orders" => late_orders,
            "refund_ledger" => refund_ledger,
            "daily_revenue" => daily_revenue,
            _ => continue,
        };
        let (mut state, mut effects): (JobState, Vec<Effect>) = start((*job).into());
        while let Some(ticket) = state.ticket() {
            assert!(!effects.is_empty());
            if failing && ticket.attempt == 1 && ticket.stage == Stage::Run {
                let event = Event {
                    ticket,
                    reply: Reply::failure("worker died"),
                };
                events.push(LedgerEvent::StageReported(StageReported::new(job, &event)));
                (state, effects) = step(&state, &event);
                continue;
            }
            let (said, reply) = script(job, ticket.stage, ticket.round);
            events.extend(said);
            let event = Event { ticket, reply };
            events.push(LedgerEvent::StageReported(StageReported::new(job, &event)));
            (state, effects) = step(&state, &event);
        }
    }
    events
}

fn late_orders(job: &str, stage: Stage, round: u32) -> (Vec<LedgerEvent>, Reply) {
    let wrong = round == 1;
    let mut events = both(job, stage, round);
    match stage {
        Stage::Rewrite if wrong => {
            if let Some(LedgerEvent::JobRewritten(rewritten)) = events.last_mut() {
                rewritten.sabotage = Some(Sabotage {
                    file: "late_orders/out.sql".into(),
                    change: "LEFT JOIN became INNER JOIN".into(),
                });
            }
        }
        Stage::Reconcile if wrong => {
            let rows = RowsCompared {
                legacy: 5,
                rewrite: 4,
                matched: 4,
            };
            for date in DATES {
                events.push(LedgerEvent::CellCompared(compared(
                    job,
                    date,
                    round,
                    CellStatus::Differs,
                    Grade::Differs,
                    rows,
                )));
            }
            events.push(LedgerEvent::CauseNamed(CauseNamed {
                job: job.into(),
                round,
                cause: "inner-instead-of-outer-join".into(),
                experiment: "assuming an outer join, 10 of 10 rows agree".into(),
                explained: 2,
                of: 2,
            }));
            return (
                events,
                Reply::because(Outcome::Differs, "rows without a partner are missing"),
            );
        }
        Stage::Reconcile => {
            let rows = RowsCompared {
                legacy: 5,
                rewrite: 5,
                matched: 5,
            };
            for date in DATES {
                events.push(LedgerEvent::CellCompared(compared(
                    job,
                    date,
                    round,
                    CellStatus::Pass,
                    Grade::Bytes,
                    rows,
                )));
            }
        }
        Stage::Audit => events.push(LedgerEvent::FindingsDisposed(FindingsDisposed {
            job: job.into(),
            findings: vec![
                Disposed {
                    code: "AP6".into(),
                    location: format!("externals/{job}.py:11-12"),
                    disposition: Disposition::Eliminated,
                    reason: "a left join does it".into(),
                },
                Disposed {
                    code: "AP7".into(),
                    location: format!("externals/{job}.py:29"),
                    disposition: Disposition::LoadBearing,
                    reason: "without the limit 12 rows change".into(),
                },
            ],
        })),
        _ => {}
    }
    (events, Reply::completed())
}

fn refund_ledger(job: &str, stage: Stage, round: u32) -> (Vec<LedgerEvent>, Reply) {
    if stage == Stage::Specify {
        let refused = Construct {
            module: "modules[1]".into(),
            construct: "call".into(),
            level: Level::None,
            reason: "the loop calls itself".into(),
            span: format!("externals/{job}.py:7"),
        };
        let event = LedgerEvent::JobLifted(JobLifted {
            job: job.into(),
            constructs: vec![refused],
        });
        return (
            vec![event],
            Reply::because(Outcome::Refused, "the loop calls itself"),
        );
    }
    (both(job, stage, round), Reply::completed())
}

fn daily_revenue(job: &str, stage: Stage, round: u32) -> (Vec<LedgerEvent>, Reply) {
    let mut events = both(job, stage, round);
    if stage == Stage::Reconcile {
        let rows = RowsCompared {
            legacy: 400,
            rewrite: 400,
            matched: 100,
        };
        for date in DATES {
            let cell = compared(job, date, round, CellStatus::Differs, Grade::Differs, rows);
            let cause = Some("rounded half-up, not half-even".into());
            events.push(LedgerEvent::CellCompared(CellCompared { cause, ..cell }));
        }
        return (
            events,
            Reply::because(Outcome::Differs, "rounded half-up, not half-even"),
        );
    }
    (events, Reply::completed())
}

/// What every job has in common.
fn both(job: &str, stage: Stage, round: u32) -> Vec<LedgerEvent> {
    let span = format!("externals/{job}.py:11-12");
    let requirement = format!("req~{job}.region~1");
    let hash = "blake3:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned();
    let event = match stage {
        Stage::Discover => LedgerEvent::JobDiscovered(JobDiscovered {
            job: job.into(),
            sources: vec![FileHash {
                path: format!("jobs/{job}.json"),
                hash,
            }],
            inputs: vec!["sales.orders".into()],
            outputs: vec![format!("output/curated/{job}")],
        }),
        Stage::Analyse => LedgerEvent::JobAnalysed(JobAnalysed {
            job: job.into(),
            findings: vec![
                Finding {
                    code: "AP6".into(),
                    location: span,
                    message: "a loop over rows".into(),
                },
                Finding {
                    code: "AP7".into(),
                    location: format!("externals/{job}.py:29"),
                    message: "a number without a name".into(),
                },
            ],
        }),
        Stage::Profile => LedgerEvent::JobProfiled(JobProfiled {
            job: job.into(),
            obligations: vec![ObligationAnswered {
                obligation: "customers.customer_id is unique per date".into(),
                answer: Answer::Fails,
                evidence: "3 to 9 customers twice on 2 of 2 dates".into(),
                span,
            }],
        }),
        Stage::Require => LedgerEvent::RequirementsRecorded(RequirementsRecorded {
            job: job.into(),
            requirements: vec![Requirement {
                id: requirement,
                sentence: "The job shall use the region of the customer's last entry.".into(),
                kind: "lookup".into(),
                confidence_percent: 99,
                evidence: vec![
                    Evidence::Code {
                        span,
                        hash: hash.clone(),
                    },
                    Evidence::Query {
                        sql: "SELECT count(*) FROM customers".into(),
                        versions: BTreeMap::from([("sales.customers".into(), 31)]),
                        digest: hash,
                        summary: "3 to 9 per day".into(),
                    },
                ],
            }],
        }),
        Stage::Specify => LedgerEvent::JobLifted(JobLifted {
            job: job.into(),
            constructs: vec![Construct {
                module: "modules[1]".into(),
                construct: "lookup".into(),
                level: Level::Window,
                reason: "last-entry-wins".into(),
                span,
            }],
        }),
        Stage::Test => LedgerEvent::TestsDesigned(TestsDesigned {
            job: job.into(),
            tests: vec![TestDesigned {
                test: "last_region_wins".into(),
                requirements: vec![requirement],
            }],
        }),
        Stage::Rewrite => LedgerEvent::JobRewritten(JobRewritten {
            job: job.into(),
            round,
            files: vec![FileHash {
                path: format!("artifacts/{job}/out.sql"),
                hash,
            }],
            implements: vec![Implements {
                requirement,
                code: "out.sql:3-9".into(),
            }],
            sabotage: None,
        }),
        Stage::Run => {
            let run = |date: &str, side: &str| {
                LedgerEvent::RunFinished(RunFinished {
                    job: job.into(),
                    effective_date: date.into(),
                    side: side.into(),
                    round,
                    status: "succeeded".into(),
                    rows: Some(5),
                    files: Some(1),
                    inputs: BTreeMap::from([("sales.orders".into(), "version 31".into())]),
                    outputs: BTreeMap::from([(format!("{job}/{date}/out.csv"), hash.clone())]),
                    error: None,
                    isolation: (side == "legacy").then_some(Isolation::Complete),
                    recorded: false,
                })
            };
            return DATES
                .iter()
                .flat_map(|date| [run(date, "legacy"), run(date, "rewrite")])
                .collect();
        }
        Stage::Reconcile | Stage::Audit => return Vec::new(),
    };
    vec![event]
}

/// A comparison with one output.
pub(crate) fn compared(
    job: &str,
    date: &str,
    round: u32,
    status: CellStatus,
    grade: Grade,
    rows: RowsCompared,
) -> CellCompared {
    let differences = if status == CellStatus::Pass {
        Vec::new()
    } else {
        let column = ColumnDifference {
            column: "amount".into(),
            legacy: Some("2.34".into()),
            rewrite: Some("2.35".into()),
        };
        vec![RowDifference {
            row: "row 3".into(),
            columns: vec![column],
        }]
    };
    CellCompared {
        job: job.into(),
        effective_date: date.into(),
        round,
        status,
        grade,
        rows,
        cause: None,
        sensitive_columns: Vec::new(),
        outputs: vec![OutputCompared {
            output: format!("{job}/out.csv"),
            grade,
            rows,
            note: None,
            differences,
        }],
    }
}
