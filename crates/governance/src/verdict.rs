//! Thresholds: when a difference needs a look, and when it needs a human.
//!
//! Below 100 % is never a pass. From 99.5 % on a review is enough; below 95 %, or when a financial or
//! regulatory column differs, it escalates. An escalation waits only once the team has given up on the
//! job: before that the job is on its way back to rewriting, and nobody needs to be called.

use relift_team::End;

use crate::{CellCompared, CellStatus, Model};

/// What a comparison asks of a human.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attention {
    /// Nothing.
    None,
    /// A look at a handful of rows.
    Review,
    /// Something is wrong, the team is to mend it.
    Differs,
    /// A decision.
    Escalate,
}

impl Attention {
    /// Applies the thresholds to one comparison.
    pub fn of(cell: &CellCompared) -> Self {
        let basis_points = cell.rows.matched_basis_points();
        match cell.status {
            CellStatus::Pass => Self::None,
            _ if !cell.sensitive_columns.is_empty() || basis_points < 9_500 => Self::Escalate,
            // All rows match, yet it is no pass: a file is missing, a schema differs, a side failed.
            _ if basis_points < 9_950 || basis_points == 10_000 => Self::Differs,
            _ => Self::Review,
        }
    }

    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Review => "review",
            Self::Differs => "differs",
            Self::Escalate => "escalate",
        }
    }
}

/// What the package says as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PackageVerdict {
    /// Every job in scope is rewritten and passes on every date.
    AllPass,
    /// Every job that was rewritten passes on every date; the others were refused and stay as they are.
    Incomplete,
    /// All jobs are rewritten; what differs is above 99.5 % everywhere.
    NeedsReview,
    /// Data differ, or jobs failed, are missing or not finished.
    Differs,
    /// The team gave up on a job whose difference is large or touches a sensitive column.
    Escalation,
}

impl PackageVerdict {
    pub(crate) fn of(model: &Model) -> Self {
        if !model.surplus.is_empty() {
            return Self::Differs;
        }
        model
            .jobs
            .values()
            .map(|job| match (job.state.end(), model.attention(job)) {
                _ if model.passes(job) => Self::AllPass,
                (Some(End::Legacy), _) => Self::Incomplete,
                (Some(End::DeadLetter), Attention::Escalate) => Self::Escalation,
                (Some(End::Done | End::DeadLetter), Attention::Review) => Self::NeedsReview,
                _ => Self::Differs,
            })
            .max()
            // Nothing in scope proves nothing.
            .unwrap_or(Self::Differs)
    }

    /// The exit code that says so: 0 all pass, 1 it does not, 3 an escalation waits.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::AllPass => 0,
            Self::Incomplete | Self::NeedsReview | Self::Differs => 1,
            Self::Escalation => 3,
        }
    }

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::AllPass => "all-pass",
            Self::Incomplete => "incomplete",
            Self::NeedsReview => "needs-review",
            Self::Differs => "differs",
            Self::Escalation => "escalation",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Grade, RowsCompared, fixture};

    fn cell(legacy: u64, rewrite: u64, matched: u64) -> CellCompared {
        let rows = RowsCompared {
            legacy,
            rewrite,
            matched,
        };
        fixture::compared(
            "late_orders",
            "2024-10-01",
            1,
            CellStatus::Differs,
            Grade::Differs,
            rows,
        )
    }

    #[test]
    fn thresholds_are_those_of_the_contract() {
        assert_eq!(Attention::of(&cell(1000, 1000, 999)), Attention::Review);
        assert_eq!(Attention::of(&cell(1000, 1000, 995)), Attention::Review);
        assert_eq!(Attention::of(&cell(1000, 1000, 994)), Attention::Differs);
        assert_eq!(Attention::of(&cell(1000, 1000, 950)), Attention::Differs);
        assert_eq!(Attention::of(&cell(1000, 1000, 949)), Attention::Escalate);
        assert_eq!(Attention::of(&cell(0, 0, 0)), Attention::Differs);
        let mut sensitive = cell(1000, 1000, 999);
        sensitive.sensitive_columns.push("amount".into());
        assert_eq!(Attention::of(&sensitive), Attention::Escalate);
        let pass = CellCompared {
            status: CellStatus::Pass,
            ..cell(10, 10, 10)
        };
        assert_eq!(Attention::of(&pass), Attention::None);
    }

    #[test]
    fn the_package_is_as_good_as_its_worst_job() {
        let verdict = |jobs: &[&str]| {
            Model::fold(&fixture::conversion_of(jobs))
                .expect("folds")
                .verdict()
        };
        assert_eq!(verdict(&["late_orders"]), PackageVerdict::AllPass);
        assert_eq!(
            verdict(&["late_orders", "refund_ledger"]),
            PackageVerdict::Incomplete
        );
        assert_eq!(
            verdict(&["late_orders", "daily_revenue"]),
            PackageVerdict::Escalation
        );
        assert_eq!(
            verdict(&["late_orders", "never_seen"]),
            PackageVerdict::Differs
        );
        assert_eq!(PackageVerdict::Incomplete.exit_code(), 1);
        assert_eq!(PackageVerdict::Escalation.exit_code(), 3);
    }
}
