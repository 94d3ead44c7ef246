//! Dates and times far from the date of their partition.
//!
//! How far is far is learned per column. A column whose values lie within two months of the partition's
//! date (all but one in a hundred) tells of events; its outliers are those beyond the usual span by
//! more than a month and three times the span's width. Other columns (birthdays, sign-up dates) are only
//! asked to lie between 1900 and a century after the partition.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, TimestampMicrosecondType};
use relift_job::EffectiveDate;

use super::cells::date_of_day;
use super::partitions::counted;
use super::personal::PersonalColumns;
use super::{Check, Finding, Weight};

/// Days around the partition's date within which a column tells of events.
const EVENT_DAYS: i32 = 60;
const MARGIN_DAYS: i32 = 30;
const CENTURY_DAYS: i32 = 36_525;
/// 1900-01-01 in days since 1970-01-01.
const EARLIEST_DAY: i32 = -25_567;
/// Beyond that many days offsets are kept by the month.
const EXACT_DAYS: i32 = 366;
const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;

/// Whether a column has times to look at.
pub(super) fn is_time(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Date32 | DataType::Timestamp(_, _))
}

#[derive(Default)]
struct Offsets {
    /// Offsets in days, with how often they occur.
    counts: BTreeMap<i32, u64>,
    least: Option<i32>,
    greatest: Option<i32>,
}

/// Watches one column while a table is read.
pub(super) struct TimeWatch {
    column: String,
    by_date: BTreeMap<EffectiveDate, Offsets>,
}

impl TimeWatch {
    pub(super) fn new(column: &str) -> Self {
        Self {
            column: column.to_owned(),
            by_date: BTreeMap::new(),
        }
    }

    pub(super) fn column(&self) -> &str {
        &self.column
    }

    pub(super) fn see(&mut self, date: EffectiveDate, values: &ArrayRef) {
        let today = date.days_since_epoch();
        let offsets = self.by_date.entry(date).or_default();
        let mut count = |day: i64| {
            let day = day.clamp(i64::from(i32::MIN / 2), i64::from(i32::MAX / 2)) as i32;
            let offset = day - today;
            offsets.least = Some(offsets.least.map_or(offset, |least| least.min(offset)));
            offsets.greatest = Some(offsets.greatest.map_or(offset, |most| most.max(offset)));
            *offsets.counts.entry(coarse(offset)).or_default() += 1;
        };
        match values.data_type() {
            DataType::Date32 => values
                .as_primitive::<Date32Type>()
                .iter()
                .flatten()
                .for_each(|day| count(day.into())),
            DataType::Timestamp(_, _) => values
                .as_primitive::<TimestampMicrosecondType>()
                .iter()
                .flatten()
                .for_each(|at| count(at.div_euclid(MICROSECONDS_PER_DAY))),
            _ => {}
        }
    }

    pub(super) fn findings(&self, table: &str, personal: &PersonalColumns) -> Vec<Finding> {
        let mut all: BTreeMap<i32, u64> = BTreeMap::new();
        for (offset, count) in self.by_date.values().flat_map(|offsets| &offsets.counts) {
            *all.entry(*offset).or_default() += count;
        }
        let (Some(low), Some(high)) = (quantile(&all, 1), quantile(&all, 99)) else {
            return Vec::new();
        };
        let events = low >= -EVENT_DAYS && high <= EVENT_DAYS;
        let margin = MARGIN_DAYS.max(3 * (high - low));
        let mut findings = Vec::new();
        for (date, offsets) in &self.by_date {
            let (from, to) = if events {
                (low - margin, high + margin)
            } else {
                (EARLIEST_DAY - date.days_since_epoch(), CENTURY_DAYS)
            };
            let outside: u64 = offsets
                .counts
                .iter()
                .filter(|(offset, _)| **offset < from || **offset > to)
                .map(|(_, count)| count)
                .sum();
            if outside == 0 {
                continue;
            }
            let extremes = [
                offsets.least.filter(|offset| *offset < from),
                offsets.greatest.filter(|offset| *offset > to),
            ];
            let shown: Vec<String> = extremes
                .into_iter()
                .flatten()
                .map(|offset| date_of_day(date.days_since_epoch().saturating_add(offset)))
                .map(|day| personal.shown(&self.column, &day.to_string()).into_owned())
                .collect();
            let values = counted(outside, "value");
            let message = if events {
                format!(
                    "{values} far from the partition's date, usually {low} to {high} days away: {}",
                    shown.join(", ")
                )
            } else {
                format!(
                    "{values} before 1900 or more than a century ahead: {}",
                    shown.join(", ")
                )
            };
            findings.push(
                Finding::new(Weight::Warning, Check::TimeOutOfRange, table, message)
                    .about(std::slice::from_ref(&self.column))
                    .on(*date),
            );
        }
        findings
    }
}

/// The offset as it is kept: exact near the date, by the month further away.
fn coarse(offset: i32) -> i32 {
    if offset.abs() <= EXACT_DAYS {
        offset
    } else {
        (offset.clamp(-20 * CENTURY_DAYS, 80 * CENTURY_DAYS)) / 30 * 30
    }
}

fn quantile(counts: &BTreeMap<i32, u64>, percent: u64) -> Option<i32> {
    let total: u64 = counts.values().sum();
    let wanted = (total * percent).div_ceil(100).max(1);
    let mut seen = 0;
    counts.iter().find_map(|(offset, count)| {
        seen += count;
        (seen >= wanted).then_some(*offset)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Date32Array;

    use super::*;

    fn watched(values: &[i32], odd: i32) -> Vec<Finding> {
        let mut watch = TimeWatch::new("at");
        for day in 1..=10 {
            let date = EffectiveDate(jiff::civil::date(2024, 10, day));
            let mut days: Vec<i32> = values
                .iter()
                .cycle()
                .take(40)
                .map(|offset| date.days_since_epoch() + offset)
                .collect();
            if day == 4 {
                days.push(odd);
            }
            let array: ArrayRef = Arc::new(Date32Array::from(days));
            watch.see(date, &array);
        }
        watch.findings("s.t", &PersonalColumns::default())
    }

    #[test]
    fn an_event_of_another_year_stands_out() {
        let odd = EffectiveDate(jiff::civil::date(2019, 10, 4)).days_since_epoch();
        let findings = watched(&[0, 0, -1], odd);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].date, EffectiveDate::parse("2024-10-04"));
        assert!(findings[0].message.contains("2019-10-04"), "{findings:?}");
        let near = EffectiveDate(jiff::civil::date(2024, 9, 20)).days_since_epoch();
        assert!(watched(&[0, 0, -1], near).is_empty());
    }

    #[test]
    fn old_dates_are_usual_where_they_are_usual() {
        let old = EffectiveDate(jiff::civil::date(1955, 1, 1)).days_since_epoch();
        assert!(watched(&[-9_000, -200, -3_000], old).is_empty());
        let zero = EffectiveDate(jiff::civil::date(1, 1, 1)).days_since_epoch();
        assert_eq!(watched(&[-9_000, -200, -3_000], zero).len(), 1);
    }
}
