//! Dates that are off by the same number of days everywhere.

use std::collections::BTreeMap;

use super::{CauseKind, Hypothesis, in_columns};
use crate::Cell;

pub(super) const DATE_SHIFT: CauseKind = CauseKind {
    name: "date-shift",
    summary: "dates are off by a fixed number of days, as when another effective date was used",
    test: |case| {
        let mut shifts: BTreeMap<i32, usize> = BTreeMap::new();
        for (_, a, b) in case.differing_cells() {
            if let Some(days) = shift(a, b) {
                *shifts.entry(days).or_default() += 1;
            }
        }
        let (days, _) = shifts
            .into_iter()
            .max_by_key(|(days, count)| (*count, -days.abs()))?;
        let (agreeing, names) = case.with_cells(|a, b| shift(a, b) == Some(days))?;
        let unit = if days.abs() == 1 { "day" } else { "days" };
        let direction = if days > 0 { "later" } else { "earlier" };
        let columns = in_columns(&names);
        let assumption = format!(
            "dates of the rewrite are {} {unit} {direction} in {columns} (effective date {})",
            days.abs(),
            case.date
        );
        Some(Hypothesis {
            assumption,
            agreeing,
        })
    },
};

fn shift(a: &Cell, b: &Cell) -> Option<i32> {
    let days = |cell: &Cell| match cell {
        Cell::Date(days) => Some(*days),
        Cell::Text(text) if text.len() >= 8 => {
            let moment = super::date_text::readings(text).into_iter().next()?;
            (moment.date() - jiff::civil::date(1970, 1, 1))
                .get_days()
                .into()
        }
        _ => None,
    };
    let difference = days(b)?.checked_sub(days(a)?)?;
    (difference != 0).then_some(difference)
}
