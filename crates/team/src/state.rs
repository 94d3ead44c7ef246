//! Where a job stands, and the budgets that end every loop.

use relift_job::JobName;

use crate::{End, Stage};

/// How often a stage is tried within a round before the conversion counts as failed.
pub const ATTEMPTS_MAX: u32 = 3;

/// How often a job may be sent back before it goes to the dead letters.
pub const ROUNDS_MAX: u32 = 5;

/// Names one piece of work, so that a late or repeated answer is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket {
    /// What is to be done.
    pub stage: Stage,
    /// 1 on the first way through; one more each time the job is sent back.
    pub round: u32,
    /// 1 on the first try in that round.
    pub attempt: u32,
}

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Somebody works on it, or should.
    At(Ticket),
    /// It is over.
    Ended(End),
}

/// Everything the machine knows of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobState {
    /// The job.
    pub job: JobName,
    /// Where it is.
    pub position: Position,
    /// The round it is in, or ended in.
    pub round: u32,
    /// Why it was sent back last, or why it ended other than `done`.
    pub cause: Option<String>,
}

impl JobState {
    /// How it ended, once it has.
    pub fn end(&self) -> Option<End> {
        match self.position {
            Position::At(_) => None,
            Position::Ended(end) => Some(end),
        }
    }

    /// The work in hand.
    pub fn ticket(&self) -> Option<Ticket> {
        match self.position {
            Position::At(ticket) => Some(ticket),
            Position::Ended(_) => None,
        }
    }

    /// One word for a table: the stage, or the end.
    pub fn word(&self) -> &'static str {
        match self.position {
            Position::At(ticket) => ticket.stage.word(),
            Position::Ended(end) => end.word(),
        }
    }
}
