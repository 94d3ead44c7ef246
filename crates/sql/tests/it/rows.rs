//! Random rows for the shop: few values, so that ties, duplicates, NULL and empty groups are common.
//!
//! Fractions are quarters and eighths, whose sums are exact, so that the order and the way of adding do
//! not matter: SQLite changed the latter in 3.43.

use std::collections::BTreeMap;

use relift_dataflow::interpret::{Table, Value};
use relift_job::LakeType;

use super::shop::TABLES;

/// A generator of numbers that are the same on every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        dice.below(2);
        dice
    }

    /// A number from 0 to `bound - 1`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    fn signed(&mut self, from: i64, to: i64) -> i64 {
        from + self.below((to - from + 1) as u64) as i64
    }

    fn choice(&mut self, all: &[&str]) -> Value {
        Value::from(all[self.below(all.len() as u64) as usize])
    }
}

const TEXTS: &[&str] = &[
    "open", "Open", "done", "OPEN", "", " done ", "b%", "12", "7.5x", "-3e1", "Zoë", "o'k", "open",
    "5", "3", " 2 ", "1e0", "07",
];

/// Tables of the shop. In every second one keys are unique, so that obligations are met.
pub(crate) fn tables(seed: u64) -> BTreeMap<&'static str, Table> {
    let mut dice = Dice::new(seed);
    let unique = seed.is_multiple_of(2);
    TABLES
        .iter()
        .map(|(name, columns)| {
            let count = if dice.below(8) == 0 { 0 } else { dice.below(9) };
            let mut numbers: Vec<i64> = (1..=12).collect();
            for at in (1..numbers.len()).rev() {
                numbers.swap(at, dice.below(at as u64 + 1) as usize);
            }
            let rows = (0..count)
                .map(|row| {
                    columns
                        .iter()
                        .enumerate()
                        .map(|(at, (column, lake_type, nulls))| {
                            let nullable =
                                *nulls != relift_job::Nulls::Never && *lake_type != LakeType::Int64;
                            if nullable && dice.below(4) == 0 {
                                return Value::None;
                            }
                            if at == 0 && (unique || *column == "visit_id") {
                                return Value::Int(numbers[row as usize]);
                            }
                            value(&mut dice, *lake_type)
                        })
                        .collect()
                })
                .collect();
            let names = columns.iter().map(|(name, ..)| *name);
            (*name, Table::new(names, rows))
        })
        .collect()
}

fn value(dice: &mut Dice, lake_type: LakeType) -> Value {
    // Around a leap day and a turn of the year.
    let day = |dice: &mut Dice| match dice.below(4) {
        0 => 19_782 + dice.signed(-2, 2),
        1 => 19_722 + dice.signed(-2, 2),
        _ => 19_700 + dice.signed(0, 90),
    };
    match lake_type {
        LakeType::Int64 | LakeType::Int32 => Value::Int(dice.signed(1, 6)),
        LakeType::Decimal { .. } => Value::decimal(i128::from(dice.signed(-8, 40)) * 25, 2),
        LakeType::Float64 => Value::Float(dice.signed(-20, 60) as f64 / 8.0),
        LakeType::Text => dice.choice(TEXTS),
        LakeType::Boolean => Value::Bool(dice.below(2) == 1),
        LakeType::Date => Value::Date(day(dice) as i32),
        LakeType::Timestamp => {
            let second = match dice.below(4) {
                0 => 0,
                1 => 86_399,
                _ => dice.signed(0, 86_399),
            };
            Value::Timestamp((day(dice) * 86_400 + second) * 1_000_000)
        }
    }
}
