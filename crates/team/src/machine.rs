//! The step function: one event in, the next state and what is to be done about it out.
//!
//! Time, randomness and results arrive in events. Two kinds of loop exist and both are counted:
//! a stage that fails by itself is tried [`ATTEMPTS_MAX`] times within a round, and a job is sent
//! back at most so often that it goes through [`ROUNDS_MAX`] rounds. An answer that nobody asked for
//! changes nothing; an answer the role may not give is a failed attempt.

use relift_job::JobName;

use crate::state::{ATTEMPTS_MAX, ROUNDS_MAX};
use crate::{End, JobState, Outcome, Position, Role, Route, Stage, Ticket, roles, transitions};

/// An answer to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The task it answers.
    pub ticket: Ticket,
    /// The answer.
    pub reply: Reply,
}

/// What came back from a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The role did its work.
    Outcome {
        /// What it found.
        outcome: Outcome,
        /// Why, when it is not `completed`: the refusal, the cause of the difference, the fault in the input.
        cause: Option<String>,
    },
    /// The role could not work: a process died, a disk was full, a limit was reached.
    Failure {
        /// What went wrong.
        message: String,
    },
}

impl Reply {
    /// The plain good answer.
    pub fn completed() -> Self {
        Self::Outcome {
            outcome: Outcome::Completed,
            cause: None,
        }
    }

    /// Any other answer, which has a cause.
    pub fn because(outcome: Outcome, cause: impl Into<String>) -> Self {
        Self::Outcome {
            outcome,
            cause: Some(cause.into()),
        }
    }

    /// The role could not work.
    pub fn failure(message: impl Into<String>) -> Self {
        Self::Failure {
            message: message.into(),
        }
    }
}

/// Work for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// For which job.
    pub job: JobName,
    /// To be given back with the answer.
    pub ticket: Ticket,
    /// Why the job was sent back, if it was.
    pub cause: Option<String>,
}

impl Task {
    /// Who is to do it.
    pub fn role(&self) -> &'static Role {
        roles::of_stage(self.ticket.stage)
    }
}

/// What is to be done about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Perform a stage.
    Perform(Task),
    /// Tell that the job was sent back.
    Reopen {
        /// The job.
        job: JobName,
        /// From where.
        from: Stage,
        /// To where.
        to: Stage,
        /// The round that begins.
        round: u32,
        /// Why.
        cause: String,
    },
    /// Tell that the conversion is over.
    Finish {
        /// The job.
        job: JobName,
        /// How.
        end: End,
        /// Why, unless it is done.
        cause: Option<String>,
    },
    /// Note an answer that nobody waited for.
    Ignore {
        /// The job.
        job: JobName,
        /// What was answered.
        ticket: Ticket,
    },
}

/// A new job and its first task.
pub fn start(job: JobName) -> (JobState, Vec<Effect>) {
    let ticket = Ticket {
        stage: Stage::Discover,
        round: 1,
        attempt: 1,
    };
    let state = JobState {
        job,
        position: Position::At(ticket),
        round: 1,
        cause: None,
    };
    let effects = pending(&state);
    (state, effects)
}

/// What a job in this state waits for; what to do after the events so far have been folded.
pub fn pending(state: &JobState) -> Vec<Effect> {
    let task = |ticket| {
        Effect::Perform(Task {
            job: state.job.clone(),
            ticket,
            cause: state.cause.clone(),
        })
    };
    state.ticket().map(task).into_iter().collect()
}

/// Takes one event.
pub fn step(state: &JobState, event: &Event) -> (JobState, Vec<Effect>) {
    if state.ticket() != Some(event.ticket) {
        return (
            state.clone(),
            vec![Effect::Ignore {
                job: state.job.clone(),
                ticket: event.ticket,
            }],
        );
    }
    match &event.reply {
        Reply::Failure { message } => retry(state, event.ticket, message),
        Reply::Outcome { outcome, cause } => match transitions::route(event.ticket.stage, *outcome)
        {
            None => {
                let role = roles::of_stage(event.ticket.stage);
                retry(
                    state,
                    event.ticket,
                    &format!("the {} may not answer `{outcome}`", role.name),
                )
            }
            Some(Route::Next(to)) => at(
                state,
                Ticket {
                    stage: to,
                    round: state.round,
                    attempt: 1,
                },
                state.cause.clone(),
            ),
            Some(Route::Back(to)) => {
                send_back(state, event.ticket.stage, to, *outcome, cause.as_deref())
            }
            Some(Route::Finish(End::Done)) => finish(state, End::Done, None),
            Some(Route::Finish(end)) => {
                finish(state, end, Some(cause_or(*outcome, cause.as_deref())))
            }
        },
    }
}

fn at(state: &JobState, ticket: Ticket, cause: Option<String>) -> (JobState, Vec<Effect>) {
    let state = JobState {
        job: state.job.clone(),
        position: Position::At(ticket),
        round: ticket.round,
        cause,
    };
    let effects = pending(&state);
    (state, effects)
}

fn retry(state: &JobState, ticket: Ticket, message: &str) -> (JobState, Vec<Effect>) {
    if ticket.attempt >= ATTEMPTS_MAX {
        return finish(
            state,
            End::Failed,
            Some(format!(
                "{} failed {ATTEMPTS_MAX} times: {message}",
                ticket.stage
            )),
        );
    }
    at(
        state,
        Ticket {
            attempt: ticket.attempt + 1,
            ..ticket
        },
        state.cause.clone(),
    )
}

fn send_back(
    state: &JobState,
    from: Stage,
    to: Stage,
    outcome: Outcome,
    cause: Option<&str>,
) -> (JobState, Vec<Effect>) {
    let cause = cause_or(outcome, cause);
    if state.round >= ROUNDS_MAX {
        return finish(
            state,
            End::DeadLetter,
            Some(format!(
                "still `{outcome}` after {ROUNDS_MAX} rounds: {cause}"
            )),
        );
    }
    let round = state.round + 1;
    let reopened = Effect::Reopen {
        job: state.job.clone(),
        from,
        to,
        round,
        cause: cause.clone(),
    };
    let (state, tasks) = at(
        state,
        Ticket {
            stage: to,
            round,
            attempt: 1,
        },
        Some(cause),
    );
    (state, std::iter::once(reopened).chain(tasks).collect())
}

fn finish(state: &JobState, end: End, cause: Option<String>) -> (JobState, Vec<Effect>) {
    let effect = Effect::Finish {
        job: state.job.clone(),
        end,
        cause: cause.clone(),
    };
    (
        JobState {
            job: state.job.clone(),
            position: Position::Ended(end),
            round: state.round,
            cause,
        },
        vec![effect],
    )
}

fn cause_or(outcome: Outcome, cause: Option<&str>) -> String {
    cause.map_or_else(
        || format!("`{outcome}` without a stated cause"),
        str::to_owned,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(state: &JobState, reply: Reply) -> (JobState, Vec<Effect>) {
        step(
            state,
            &Event {
                ticket: state.ticket().expect("not over"),
                reply,
            },
        )
    }

    fn brought_to(goal: Stage) -> JobState {
        let (mut state, _) = start("late_orders".into());
        while state.ticket().expect("not over").stage != goal {
            state = answer(&state, Reply::completed()).0;
        }
        state
    }

    #[test]
    fn an_easy_job_meets_every_stage_once() {
        let (mut state, _) = start("late_orders".into());
        let mut met = Vec::new();
        while let Some(ticket) = state.ticket() {
            met.push(ticket.stage);
            state = answer(&state, Reply::completed()).0;
        }
        assert_eq!(met, Stage::ALL);
        assert_eq!(state.end(), Some(End::Done));
    }

    #[test]
    fn a_difference_goes_back_to_rewriting_with_its_cause() {
        let (state, effects) = answer(
            &brought_to(Stage::Reconcile),
            Reply::because(Outcome::Differs, "inner join"),
        );
        let ticket = Ticket {
            stage: Stage::Rewrite,
            round: 2,
            attempt: 1,
        };
        assert_eq!(state.ticket(), Some(ticket));
        assert_eq!(
            effects,
            [
                Effect::Reopen {
                    job: "late_orders".into(),
                    from: Stage::Reconcile,
                    to: Stage::Rewrite,
                    round: 2,
                    cause: "inner join".into()
                },
                Effect::Perform(Task {
                    job: "late_orders".into(),
                    ticket,
                    cause: Some("inner join".into())
                }),
            ]
        );
    }

    #[test]
    fn the_fifth_difference_is_a_dead_letter() {
        let mut state = brought_to(Stage::Reconcile);
        let mut differences = 0;
        while let Some(ticket) = state.ticket() {
            let differs = ticket.stage == Stage::Reconcile;
            differences += u32::from(differs);
            let reply = if differs {
                Reply::because(Outcome::Differs, "rounding")
            } else {
                Reply::completed()
            };
            state = answer(&state, reply).0;
        }
        assert_eq!(
            (state.end(), differences),
            (Some(End::DeadLetter), ROUNDS_MAX)
        );
        assert_eq!(
            state.cause.as_deref(),
            Some("still `differs` after 5 rounds: rounding")
        );
    }

    #[test]
    fn failures_are_retried_a_bounded_number_of_times() {
        let mut state = brought_to(Stage::Run);
        let mut tries = 0;
        while state.ticket().is_some() {
            state = answer(&state, Reply::failure("worker died")).0;
            tries += 1;
        }
        assert_eq!((state.end(), tries), (Some(End::Failed), ATTEMPTS_MAX));
        assert_eq!(
            state.cause.as_deref(),
            Some("run failed 3 times: worker died")
        );
    }

    #[test]
    fn a_refusal_leaves_the_job_as_it_is_and_says_why() {
        let (state, _) = answer(
            &brought_to(Stage::Specify),
            Reply::because(Outcome::Refused, "recursion"),
        );
        assert_eq!(
            (state.end(), state.cause.as_deref()),
            (Some(End::Legacy), Some("recursion"))
        );
    }

    #[test]
    fn late_answers_change_nothing() {
        let early = brought_to(Stage::Run);
        let late = Event {
            ticket: early.ticket().expect("not over"),
            reply: Reply::completed(),
        };
        let (state, _) = step(&early, &late);
        let (again, effects) = step(&state, &late);
        assert_eq!(again, state);
        assert!(matches!(effects[..], [Effect::Ignore { .. }]));
    }

    #[test]
    fn an_answer_the_role_may_not_give_is_a_failed_attempt() {
        let (state, _) = answer(
            &brought_to(Stage::Require),
            Reply::because(Outcome::Differs, "nonsense"),
        );
        assert_eq!(
            state.ticket(),
            Some(Ticket {
                stage: Stage::Require,
                round: 1,
                attempt: 2
            })
        );
    }
}
