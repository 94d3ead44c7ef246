//! How large a marketplace is, in the words of whoever asks for one.

use relift_job::DateRange;

use super::LakeError;

/// Customers of the demonstration.
pub(super) const DEMO_CUSTOMERS: u32 = 2_000;
/// More would leave the room that a day has in the numbering of ids.
const CUSTOMERS_MAX: u32 = 400_000_000;
/// An order has 2.76 lines on average, and each customer orders once a day.
const LINES_PER_HUNDRED_ORDERS: u64 = 276;

/// A size of the marketplace.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum LakeSize {
    /// That of the demonstration: 2,000 customers.
    #[default]
    Demo,
    /// So many customers, and everything else to go with them.
    Customers(u32),
    /// So many times the demonstration.
    Scale(f64),
    /// About so many order lines over all dates together.
    OrderLines(u64),
}

impl LakeSize {
    /// Customers of a marketplace of this size.
    pub fn customers(self, dates: DateRange) -> Result<u32, LakeError> {
        let customers = match self {
            Self::Demo => f64::from(DEMO_CUSTOMERS),
            Self::Customers(customers) => f64::from(customers),
            Self::Scale(scale) => (f64::from(DEMO_CUSTOMERS) * scale).round(),
            Self::OrderLines(lines) => {
                let days = dates.iter().count().max(1) as u64;
                (lines.saturating_mul(100)).div_ceil(LINES_PER_HUNDRED_ORDERS * days) as f64
            }
        };
        // Not a number is no size either.
        if (1.0..=f64::from(CUSTOMERS_MAX)).contains(&customers) {
            Ok(customers as u32)
        } else {
            Err(LakeError::Size {
                asked: customers,
                customers_max: CUSTOMERS_MAX,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use relift_job::EffectiveDate;

    use super::*;

    #[test]
    fn sizes_are_numbers_of_customers() {
        let date = |text| EffectiveDate::parse(text).expect("a date");
        let dates = DateRange {
            first: date("2024-10-01"),
            last: date("2024-10-31"),
        };
        let customers = |size: LakeSize| size.customers(dates).ok();
        assert_eq!(customers(LakeSize::Demo), Some(2_000));
        assert_eq!(customers(LakeSize::Scale(1.0)), Some(2_000));
        assert_eq!(customers(LakeSize::Scale(0.1)), Some(200));
        assert_eq!(customers(LakeSize::Customers(7)), Some(7));
        assert_eq!(
            customers(LakeSize::OrderLines(100_000_000)),
            Some(1_168_771)
        );
        for nothing in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
            let error = LakeSize::Scale(nothing)
                .customers(dates)
                .expect_err("no size");
            assert!(error.to_string().contains("from 1 to 400000000"), "{error}");
        }
    }
}
