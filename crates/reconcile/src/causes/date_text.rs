//! Dates and times that are equal and print differently.

use jiff::civil::{Date, DateTime};

use super::{CauseKind, Hypothesis, in_columns};
use crate::Cell;

pub(super) const DATE_TEXT: CauseKind = CauseKind {
    name: "date-text",
    summary: "equal dates or times are printed in another format",
    test: |case| {
        let (agreeing, names) = case.with_cells(|a, b| match (a, b) {
            (Cell::Text(a), Cell::Text(b)) => {
                let (left, right) = (readings(a), readings(b));
                left.iter().any(|reading| right.contains(reading))
            }
            _ => false,
        })?;
        let assumption = format!(
            "equal dates are printed in another format in {}",
            in_columns(&names)
        );
        Some(Hypothesis {
            assumption,
            agreeing,
        })
    },
};

/// Every moment a text may mean: ISO, with `T` or a blank, and day and month in either order.
pub(super) fn readings(text: &str) -> Vec<DateTime> {
    let iso: Option<DateTime> = text.replacen(' ', "T", 1).parse().ok();
    let mut readings: Vec<DateTime> = iso.into_iter().collect();
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let parts: Vec<i16> = date
        .split(['/', '.', '-'])
        .filter_map(|part| part.parse().ok())
        .collect();
    if let [first, second, year] = parts[..] {
        for (month, day) in [(first, second), (second, first)] {
            let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else {
                continue;
            };
            if let (Ok(date), Ok(time)) = (Date::new(year, month, day), time.parse()) {
                readings.push(DateTime::from_parts(date, time));
            }
        }
    }
    readings
}
