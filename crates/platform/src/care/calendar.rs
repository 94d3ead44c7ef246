//! On which dates a table should have a partition: learned from the dates it has, or declared.
//!
//! Learning is by weekday. A day of the week on which a table mostly has data is expected always, so a
//! single gap stands out; one on which it never has any is not expected. Gaps that recur are taken as
//! the table's habit only when something besides the gap itself speaks for it: the same day of every
//! month, or at least two gaps that other tables share to the day (holidays). A single gap that three
//! tables share may be a holiday or an outage, and is a warning. Whatever the log says was there once is
//! expected in any case.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Weekday;
use relift_job::{CalendarRule, CareSettings, DateRange, EffectiveDate, TableName};
use serde::Serialize;

/// Months a range must touch before a day of the month can be seen to recur.
const MONTHS_MIN: usize = 3;
/// Gaps tables must share before these are taken for holidays.
const SHARED_GAPS_MIN: usize = 2;
/// Other tables that must share a single gap before it is no more than a warning.
const SHARING_TABLES_MIN: usize = 2;

/// How something came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Written down by the user.
    Declared,
    /// Found in the data.
    Discovered,
}

impl Origin {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Discovered => "discovered",
        }
    }
}

/// When a table should have data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// By weekday, Monday first.
    weekdays: [bool; 7],
    /// Dates on which nothing is expected all the same.
    pub except: BTreeSet<EffectiveDate>,
    /// Gaps that other tables share, too few of them to speak of a habit: a holiday, or an outage.
    pub shared: BTreeSet<EffectiveDate>,
    /// How this is known.
    pub origin: Origin,
}

impl Expectation {
    /// Whether a partition is expected.
    pub fn expects(&self, date: EffectiveDate) -> bool {
        self.weekdays[weekday(date)] && !self.except.contains(&date)
    }

    /// The calendar in words.
    pub fn words(&self) -> String {
        const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let days: Vec<&str> = NAMES
            .into_iter()
            .zip(self.weekdays)
            .filter_map(|(name, expected)| expected.then_some(name))
            .collect();
        let mut words = match days.as_slice() {
            [] => "never".to_owned(),
            days if days.len() == 7 => "every day".to_owned(),
            ["Mon", "Tue", "Wed", "Thu", "Fri"] => "weekdays".to_owned(),
            days => days.join(", "),
        };
        if !self.except.is_empty() {
            let except: Vec<String> = self.except.iter().map(ToString::to_string).collect();
            words.push_str(&format!(" except {}", except.join(", ")));
        }
        words
    }

    fn declared(rule: CalendarRule, settings: &CareSettings) -> Self {
        let mut weekdays = [true; 7];
        let mut except = BTreeSet::new();
        if rule != CalendarRule::EveryDay {
            weekdays[5] = false;
            weekdays[6] = false;
        }
        if rule == CalendarRule::BusinessDays {
            except.extend(settings.holidays.iter().copied());
        }
        Self {
            weekdays,
            except,
            shared: BTreeSet::new(),
            origin: Origin::Declared,
        }
    }

    fn learned(present: &BTreeSet<EffectiveDate>, range: DateRange) -> Self {
        let mut seen = [0_usize; 7];
        let mut all = [0_usize; 7];
        for date in range.iter() {
            all[weekday(date)] += 1;
            seen[weekday(date)] += usize::from(present.contains(&date));
        }
        let mostly = |days: &[usize]| {
            let (seen, all) = days
                .iter()
                .fold((0, 0), |sum, day| (sum.0 + seen[*day], sum.1 + all[*day]));
            seen > 0 && seen * 2 >= all
        };
        let working = mostly(&[0, 1, 2, 3, 4]);
        let mut weekdays = [false; 7];
        for (day, expected) in weekdays.iter_mut().enumerate() {
            // Too few of a day say nothing about it; its neighbours do.
            *expected = match (all[day], day) {
                (0..=2, 0..=4) => working,
                (0..=1, _) => mostly(&[5, 6]),
                _ => mostly(&[day]),
            };
        }
        let mut learned = Self {
            weekdays,
            except: BTreeSet::new(),
            shared: BTreeSet::new(),
            origin: Origin::Discovered,
        };
        learned.except = monthly_gaps(&learned, present, range);
        learned
    }
}

/// Gaps on a day of the month on which there never was data, in each of several months.
fn monthly_gaps(
    expected: &Expectation,
    present: &BTreeSet<EffectiveDate>,
    range: DateRange,
) -> BTreeSet<EffectiveDate> {
    let mut by_day: BTreeMap<i8, (usize, BTreeSet<EffectiveDate>)> = BTreeMap::new();
    for date in range.iter().filter(|date| expected.expects(*date)) {
        let (seen, gaps) = by_day.entry(date.0.day()).or_default();
        if present.contains(&date) {
            *seen += 1;
        } else {
            gaps.insert(date);
        }
    }
    by_day
        .into_values()
        .filter(|(seen, gaps)| *seen == 0 && gaps.len() >= MONTHS_MIN)
        .flat_map(|(_, gaps)| gaps)
        .collect()
}

/// Dates of one table.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownDates {
    /// Dates with a partition.
    pub(super) present: BTreeSet<EffectiveDate>,
    /// Dates that had one in an earlier version.
    pub(super) removed: BTreeSet<EffectiveDate>,
}

/// What is expected of each table.
pub(super) fn expectations(
    tables: &BTreeMap<TableName, KnownDates>,
    settings: &CareSettings,
    range: DateRange,
) -> BTreeMap<TableName, Expectation> {
    let mut expectations: BTreeMap<TableName, Expectation> = BTreeMap::new();
    let mut gaps: BTreeMap<TableName, BTreeSet<EffectiveDate>> = BTreeMap::new();
    for (table, dates) in tables {
        let declared = settings.calendar.get(&table.to_string());
        let expectation = match declared {
            Some(rule) => Expectation::declared(*rule, settings),
            None => {
                let known = dates.present.union(&dates.removed).copied().collect();
                let learned = Expectation::learned(&known, range);
                let missing = range
                    .iter()
                    .filter(|date| learned.expects(*date) && !known.contains(date));
                gaps.insert(table.clone(), missing.collect());
                learned
            }
        };
        expectations.insert(table.clone(), expectation);
    }
    for (table, own) in &gaps {
        let alike: Vec<BTreeSet<EffectiveDate>> = gaps
            .iter()
            .filter(|(other, _)| {
                *other != table && expectations[*other].weekdays == expectations[table].weekdays
            })
            .map(|(_, gaps)| gaps.intersection(own).copied().collect())
            .collect();
        let habit = alike
            .iter()
            .filter(|shared| shared.len() >= SHARED_GAPS_MIN)
            .max_by_key(|shared| shared.len())
            .cloned()
            .unwrap_or_default();
        let in_others = |date: &EffectiveDate| {
            alike.iter().filter(|shared| shared.contains(date)).count() >= SHARING_TABLES_MIN
        };
        let doubtful = own.iter().copied().filter(in_others).collect();
        if let Some(expectation) = expectations.get_mut(table) {
            expectation.except.extend(habit);
            expectation.shared = doubtful;
        }
    }
    for (table, expectation) in &mut expectations {
        let removed = tables.get(table).map(|dates| &dates.removed);
        expectation
            .except
            .retain(|date| !removed.is_some_and(|removed| removed.contains(date)));
        let except = expectation.except.clone();
        expectation.shared.retain(|date| !except.contains(date));
    }
    expectations
}

/// Monday is 0.
pub(super) fn weekday(date: EffectiveDate) -> usize {
    date.0.weekday().to_monday_zero_offset() as usize
}

/// Whether the date is a Saturday or Sunday.
pub(super) fn is_weekend(date: EffectiveDate) -> bool {
    matches!(date.0.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> EffectiveDate {
        EffectiveDate::parse(text).expect("a date")
    }

    fn october() -> DateRange {
        DateRange {
            first: date("2024-10-01"),
            last: date("2024-10-31"),
        }
    }

    fn known(without: &[&str], weekends: bool) -> KnownDates {
        let without: BTreeSet<_> = without.iter().map(|text| date(text)).collect();
        KnownDates {
            present: october()
                .iter()
                .filter(|day| (weekends || !is_weekend(*day)) && !without.contains(day))
                .collect(),
            removed: BTreeSet::new(),
        }
    }

    fn learned(tables: &[(&str, KnownDates)]) -> BTreeMap<TableName, Expectation> {
        let tables = tables
            .iter()
            .map(|(name, dates)| (TableName::new("s", name), dates.clone()));
        expectations(&tables.collect(), &CareSettings::default(), october())
    }

    #[test]
    fn a_single_gap_is_expected_data() {
        let all = learned(&[
            ("a", known(&["2024-10-07"], true)),
            ("b", known(&["2024-10-08"], false)),
        ]);
        let a = &all[&TableName::new("s", "a")];
        assert_eq!(a.words(), "every day");
        assert!(a.expects(date("2024-10-07")));
        let b = &all[&TableName::new("s", "b")];
        assert_eq!(b.words(), "weekdays");
        assert!(b.expects(date("2024-10-08")) && !b.expects(date("2024-10-05")));
    }

    #[test]
    fn gaps_shared_to_the_day_are_holidays_unless_the_log_knows_better() {
        let gaps = ["2024-10-03", "2024-10-31"];
        let mut deleted = known(&["2024-10-03", "2024-10-31", "2024-10-10"], false);
        deleted.removed.insert(date("2024-10-03"));
        let all = learned(&[
            ("a", known(&gaps, false)),
            ("b", known(&gaps, false)),
            ("c", deleted),
            ("d", known(&[], false)),
        ]);
        let of = |name| &all[&TableName::new("s", name)];
        assert_eq!(of("a").words(), "weekdays except 2024-10-03, 2024-10-31");
        assert!(of("c").expects(date("2024-10-03")) && of("c").expects(date("2024-10-10")));
        assert!(of("d").expects(date("2024-10-03")));
    }

    #[test]
    fn a_single_gap_of_three_tables_is_doubtful() {
        let gap = ["2024-10-03"];
        let all = learned(&[
            ("a", known(&gap, false)),
            ("b", known(&gap, false)),
            ("c", known(&gap, false)),
            ("d", known(&["2024-10-04"], false)),
        ]);
        let of = |name| &all[&TableName::new("s", name)];
        assert!(
            of("a").expects(date("2024-10-03")) && of("a").shared.contains(&date("2024-10-03"))
        );
        assert!(of("d").shared.is_empty());
    }

    #[test]
    fn short_ranges_do_not_hide_a_gap() {
        let range = DateRange {
            first: date("2024-10-01"),
            last: date("2024-10-03"),
        };
        let present = [date("2024-10-01"), date("2024-10-03")].into();
        assert!(Expectation::learned(&present, range).expects(date("2024-10-02")));
    }

    #[test]
    fn a_declared_calendar_wins() {
        let settings = CareSettings {
            holidays: [date("2024-10-03")].into(),
            calendar: [("s.a".to_owned(), CalendarRule::BusinessDays)].into(),
            ..CareSettings::default()
        };
        let tables = [(TableName::new("s", "a"), known(&["2024-10-03"], true))].into();
        let all = expectations(&tables, &settings, october());
        let a = &all[&TableName::new("s", "a")];
        assert_eq!(a.words(), "weekdays except 2024-10-03");
        assert_eq!(a.origin, Origin::Declared);
    }
}
