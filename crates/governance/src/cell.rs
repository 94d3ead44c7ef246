//! One line of the match matrix: how a (job, effective date) stands, whatever was or was not recorded.

use relift_team::End;

use crate::{CellStatus, Grade, JobModel, RowsCompared};

/// A (job, effective date) of the scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell<'a> {
    /// The date, ISO.
    pub effective_date: &'a str,
    /// How it stands.
    pub status: CellStatus,
    /// How well both sides agree.
    pub grade: Grade,
    /// Rows of both sides; absent where nothing was compared.
    pub rows: Option<RowsCompared>,
    /// Why it is not a pass.
    pub cause: Option<&'a str>,
    /// Whether the legacy side was imported from a recording.
    pub recorded: bool,
}

impl<'a> Cell<'a> {
    /// Every date of the scope gets a cell; a job that was not rewritten is `legacy` whatever was compared before.
    pub(crate) fn of(job: &'a JobModel, date: &'a str) -> Self {
        let ended = |status| Self {
            effective_date: date,
            status,
            grade: Grade::None,
            rows: None,
            cause: job.state.cause.as_deref(),
            recorded: job.recorded(date),
        };
        if job.state.end() == Some(End::Legacy) {
            return ended(CellStatus::Legacy);
        }
        match job.compared(date) {
            Some(compared) => Self {
                effective_date: date,
                status: compared.status,
                grade: compared.grade,
                rows: Some(compared.rows),
                cause: compared.cause.as_deref(),
                recorded: job.recorded(date),
            },
            None if job.state.end() == Some(End::Failed) => ended(CellStatus::Error),
            None => Self {
                cause: None,
                ..ended(CellStatus::Missing)
            },
        }
    }
}
