//! Effective dates: the data date a run processes.

use std::fmt;

use jiff::civil::Date;

/// The data date of a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectiveDate(pub Date);

impl EffectiveDate {
    /// Parses `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    /// The date that `Date32` counts as `days`; none outside the calendar.
    pub fn from_days_since_epoch(days: i32) -> Option<Self> {
        let span = jiff::Span::new().try_days(i64::from(days)).ok()?;
        let date = jiff::civil::date(1970, 1, 1).checked_add(span).ok()?;
        Some(Self(date))
    }

    /// Days since 1970-01-01, as Arrow's `Date32` counts them.
    pub fn days_since_epoch(self) -> i32 {
        (self.0 - jiff::civil::date(1970, 1, 1)).get_days()
    }
}

impl fmt::Display for EffectiveDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for EffectiveDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// First and last date, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateRange {
    /// First date.
    pub first: EffectiveDate,
    /// Last date.
    pub last: EffectiveDate,
}

impl DateRange {
    /// Every date, ascending.
    pub fn iter(self) -> impl Iterator<Item = EffectiveDate> {
        self.first
            .0
            .series(jiff::Span::new().days(1))
            .take_while(move |day| *day <= self.last.0)
            .map(EffectiveDate)
    }

    /// Whether the date lies inside.
    pub fn contains(self, date: EffectiveDate) -> bool {
        self.first <= date && date <= self.last
    }
}

/// Which dates of a table a source reads for effective date T.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DateMode {
    /// T only.
    Exact,
    /// Fixed bounds, both included (`minEffectiveDate`, `maxEffectiveDate`).
    Between(DateRange),
    /// T-N to T (`lookbackDays`).
    Lookback(u32),
    /// Latest date before T that has rows.
    MostRecentPrior,
    /// Latest date at or before T that has rows.
    MostRecent,
}
