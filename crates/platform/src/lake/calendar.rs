//! Days and moments of the generated marketplace: weekends, holidays, hours of the day.
//!
//! Days are counted from 1970-01-01, as Arrow's dates are.

use jiff::civil::{Date, Weekday, date};

use super::draw::Draw;

/// Month and day of the holidays, the same in every year.
const HOLIDAYS: [(i8, i8); 6] = [(10, 3), (10, 31), (11, 1), (12, 25), (12, 26), (1, 1)];

const DAY_SECONDS: i64 = 86_400;

/// On which days a table has rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calendar {
    EveryDay,
    Weekdays,
    /// Weekdays that are no holidays.
    WorkingDays,
}

impl Calendar {
    /// Whether the table has rows on a day.
    pub(super) fn has(self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let holiday = HOLIDAYS.contains(&(day.month(), day.day()));
        match self {
            Self::EveryDay => true,
            Self::Weekdays => !weekend,
            Self::WorkingDays => !weekend && !holiday,
        }
    }
}

/// The last working days before a day, the latest first.
pub(super) fn working_days_before(day: i64) -> impl Iterator<Item = i64> {
    let epoch = date(1970, 1, 1);
    (1..).map(move |back| day - back).filter(move |day| {
        let civil = epoch.saturating_add(jiff::Span::new().days(*day));
        Calendar::WorkingDays.has(civil)
    })
}

/// When the one with `ordinal` of `count` events of a day happens, in seconds since 1970.
///
/// A later ordinal never happens earlier.
pub(super) fn moment(day: i64, ordinal: i64, count: i64, draw: &mut Draw) -> i64 {
    let within = (ordinal * DAY_SECONDS + draw.between(0, DAY_SECONDS - 1)) / count.max(1);
    day * DAY_SECONDS + within
}

/// A day's hours by how much happens in each; some hours are quiet.
#[derive(Clone, Debug)]
pub(super) struct Hours {
    day: i64,
    /// What happens before each hour, and in the end the whole.
    before: [i64; 25],
}

impl Hours {
    /// The hours of a day.
    pub(super) fn of(seed: u64, day: i64) -> Self {
        let mut before = [0; 25];
        for hour in 0..24_usize {
            let mut draw = Draw::keyed(seed, "hour", &[day, hour as i64]);
            let usual = match hour {
                0..6 => draw.between(0, 1),
                6..9 => draw.between(2, 5),
                9..18 => draw.between(4, 8),
                18..22 => draw.between(6, 12),
                _ => draw.between(1, 3),
            };
            // Now and then nobody comes for an hour; noon always has somebody.
            let quiet = hour != 12 && draw.percent(12);
            before[hour + 1] = before[hour] + if quiet { 0 } else { usual };
        }
        Self { day, before }
    }

    /// As [`moment`], but busy and quiet like the day's hours.
    pub(super) fn moment(&self, ordinal: i64, count: i64, draw: &mut Draw) -> i64 {
        let whole = self.before[24] * 3_600;
        let at = (ordinal * whole + draw.between(0, whole - 1)) / count.max(1);
        let hour = (0..24)
            .find(|hour| at < self.before[hour + 1] * 3_600)
            .unwrap_or(23);
        let width = (self.before[hour + 1] - self.before[hour]).max(1);
        let second = (at - self.before[hour] * 3_600) / width;
        self.day * DAY_SECONDS + hour as i64 * 3_600 + second.min(3_599)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holidays_and_weekends_are_left_out() {
        let days = |calendar: Calendar| -> Vec<i8> {
            let october = date(2024, 10, 1).series(jiff::Span::new().days(1)).take(31);
            october
                .filter(|day| !calendar.has(*day))
                .map(Date::day)
                .collect()
        };
        assert!(days(Calendar::EveryDay).is_empty());
        assert_eq!(days(Calendar::Weekdays), [5, 6, 12, 13, 19, 20, 26, 27]);
        assert_eq!(
            days(Calendar::WorkingDays),
            [3, 5, 6, 12, 13, 19, 20, 26, 27, 31]
        );
        // 2024-10-07 is a Monday after a weekend; Thursday before it was a holiday.
        let before: Vec<i64> = working_days_before(20_003).take(3).collect();
        assert_eq!(before, [20_000, 19_998, 19_997]);
    }

    #[test]
    fn moments_come_in_order_and_stay_in_their_day() {
        let hours = Hours::of(3, 20_000);
        let mut last = (0, 0);
        for ordinal in 0..5_000 {
            let mut draw = Draw::keyed(3, "moment", &[ordinal]);
            let even = moment(20_000, ordinal, 5_000, &mut draw);
            let busy = hours.moment(ordinal, 5_000, &mut draw);
            assert!(even >= last.0 && busy >= last.1, "{ordinal}");
            for moment in [even, busy] {
                assert_eq!(moment.div_euclid(DAY_SECONDS), 20_000);
            }
            last = (even, busy);
        }
    }
}
