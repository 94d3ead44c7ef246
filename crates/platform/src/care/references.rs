//! References between tables: values that another table should hold, and rows that refer to nothing.
//!
//! A reference is declared (a `references` check) or discovered: same name as the column that identifies
//! another table's rows, and most of its values found there. A value counts as found when the other table
//! had it on that date or on one before, so that snapshots which dropped a row later do not make orphans.
//!
//! Both sides are kept as marks. A column with too many different ones is thinned by the marks' own bits,
//! the same on both sides, so shares stay true while memory stays bounded; the share looked at is told.

use std::collections::{BTreeMap, HashMap};

use arrow::datatypes::DataType;
use relift_job::EffectiveDate;
use serde::Serialize;

use super::keys::{is_key_like, singular};
use super::{Check, Finding, Origin, Weight};

/// Marks kept per column over all dates.
const MARKS_MAX: usize = 600_000;
/// Share of a column's rows that must be found for a reference to be discovered, in percent.
const FOUND_PERCENT_MIN: f64 = 80.0;
/// Points above the usual share of orphans that make a date stand out.
const OUTLIER_POINTS: f64 = 10.0;

/// Columns of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TableColumns {
    /// The table.
    pub table: String,
    /// Columns, in the order they are compared.
    pub columns: Vec<String>,
}

/// One reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reference {
    /// Who refers.
    pub from: TableColumns,
    /// To what.
    pub to: TableColumns,
    /// How it is known.
    pub origin: Origin,
}

/// What a table offers for guessing references.
pub(super) struct TableShape {
    pub(super) schema: String,
    pub(super) table: String,
    pub(super) columns: Vec<(String, DataType)>,
    /// Single columns that are unique in samples.
    pub(super) unique: Vec<String>,
}

impl TableShape {
    fn name(&self) -> String {
        format!("{}.{}", self.schema, self.table)
    }

    /// The column that identifies its rows by name, such as `customer_id` of customers.
    fn identity(&self) -> Option<&str> {
        let own = singular(&self.table);
        let words = ["id", "no", "code", "key", "number"];
        let by_name = |wanted: String| {
            self.columns
                .iter()
                .find(|(name, _)| name.to_lowercase() == wanted)
        };
        words
            .iter()
            .find_map(|word| by_name(format!("{own}_{word}")))
            .or_else(|| words.iter().find_map(|word| by_name((*word).to_owned())))
            .or_else(|| {
                let last = own.rsplit('_').next().unwrap_or(&own);
                words
                    .iter()
                    .filter_map(|word| by_name(format!("{last}_{word}")))
                    .find(|(name, _)| self.unique.contains(name))
            })
            .or_else(|| {
                self.columns
                    .iter()
                    .find(|(name, _)| self.unique.contains(name) && is_key_like(name))
            })
            .map(|(name, _)| name.as_str())
    }

    fn column_type(&self, column: &str) -> Option<&DataType> {
        self.columns
            .iter()
            .find(|(name, _)| name == column)
            .map(|(_, data_type)| data_type)
    }
}

/// References that names suggest; the data decide later.
pub(super) fn suggested(tables: &[TableShape]) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut owners: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for table in tables {
        if let Some(identity) = table.identity() {
            *owners.entry((&table.schema, identity)).or_default() += 1;
        }
    }
    for parent in tables {
        let Some(identity) = parent.identity() else {
            continue;
        };
        let own = singular(&parent.table);
        let generic = !identity.contains('_');
        let speaks_of_it = identity.to_lowercase().starts_with(&format!("{own}_"));
        // Two tables that call their rows by one name: only the one named after it is the place to look.
        if !generic && !speaks_of_it && owners[&(&*parent.schema, identity)] > 1 {
            continue;
        }
        for child in tables
            .iter()
            .filter(|child| child.schema == parent.schema && child.table != parent.table)
        {
            let child_follows = child.table.starts_with(&format!("{own}_"));
            let named = |column: &str| {
                if generic {
                    column == format!("{own}_{identity}") || (child_follows && column == identity)
                } else {
                    column == identity
                }
            };
            for (column, data_type) in &child.columns {
                if named(column)
                    && (child.identity() != Some(column) || child_follows)
                    && same_family(data_type, parent.column_type(identity))
                {
                    found.push(Reference {
                        from: TableColumns {
                            table: child.name(),
                            columns: vec![column.clone()],
                        },
                        to: TableColumns {
                            table: parent.name(),
                            columns: vec![identity.to_owned()],
                        },
                        origin: Origin::Discovered,
                    });
                }
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn same_family(left: &DataType, right: Option<&DataType>) -> bool {
    let family = |data_type: &DataType| match data_type {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Some(1),
        DataType::Utf8 => Some(2),
        _ => None,
    };
    family(left).is_some() && Some(family(left)) == right.map(family)
}

/// Marks of one column by date.
#[derive(Default)]
pub(super) struct MarksByDate {
    by_date: BTreeMap<Option<EffectiveDate>, HashMap<u64, u64>>,
    /// Only marks whose lowest bits are zero are kept.
    thinned_bits: u32,
    kept: usize,
}

impl MarksByDate {
    pub(super) fn add(&mut self, date: Option<EffectiveDate>, mark: u64) {
        if !is_kept(mark, self.thinned_bits) {
            return;
        }
        let count = self
            .by_date
            .entry(date)
            .or_default()
            .entry(mark)
            .or_default();
        self.kept += usize::from(*count == 0);
        *count += 1;
        while self.kept > MARKS_MAX {
            self.thinned_bits += 1;
            let bits = self.thinned_bits;
            self.kept = 0;
            for marks in self.by_date.values_mut() {
                marks.retain(|mark, _| is_kept(*mark, bits));
                self.kept += marks.len();
            }
        }
    }

    /// What was collected, for looking up.
    pub(super) fn into_parents(self) -> Parents {
        Parents {
            first_seen: self.first_seen(self.thinned_bits),
            bits: self.thinned_bits,
        }
    }

    /// The first date each mark is seen on.
    fn first_seen(&self, bits: u32) -> HashMap<u64, Option<EffectiveDate>> {
        let mut first = HashMap::new();
        for (date, marks) in &self.by_date {
            for mark in marks.keys().filter(|mark| is_kept(**mark, bits)) {
                first.entry(*mark).or_insert(*date);
            }
        }
        first
    }
}

/// The values a table had, with the first date of each.
pub(super) struct Parents {
    first_seen: HashMap<u64, Option<EffectiveDate>>,
    bits: u32,
}

impl Parents {
    /// Whether the value was there up to a date; values that were thinned out are taken as there.
    pub(super) fn holds(&self, mark: u64, date: EffectiveDate) -> bool {
        !is_kept(mark, self.bits)
            || self
                .first_seen
                .get(&mark)
                .is_some_and(|first| *first <= Some(date))
    }

    /// Of how many values one is looked for, when not all are.
    pub(super) fn thinned(&self) -> Option<u64> {
        (self.bits > 0).then(|| 1 << self.bits)
    }
}

fn is_kept(mark: u64, bits: u32) -> bool {
    mark.trailing_zeros() >= bits
}

/// What became of a reference.
pub(super) struct Checked {
    /// Whether the reference is one: declared, or found in the data.
    pub(super) is_reference: bool,
    pub(super) findings: Vec<Finding>,
}

/// Looks for rows of `child` that refer to nothing in `parent`.
pub(super) fn check(reference: &Reference, child: &MarksByDate, parent: &MarksByDate) -> Checked {
    let bits = child.thinned_bits.max(parent.thinned_bits);
    let first_seen = parent.first_seen(bits);
    // Rows and orphans per date.
    let mut per_date: Vec<(Option<EffectiveDate>, u64, u64)> = Vec::new();
    for (date, marks) in &child.by_date {
        let (mut rows, mut orphans) = (0, 0);
        let kept = marks.iter().filter(|(mark, _)| is_kept(**mark, bits));
        kept.for_each(|(mark, count)| {
            rows += count;
            let found = first_seen
                .get(mark)
                .is_some_and(|first| first <= date || date.is_none());
            if !found {
                orphans += count;
            }
        });
        per_date.push((*date, rows, orphans));
    }
    let rows: u64 = per_date.iter().map(|(_, rows, _)| rows).sum();
    let orphans: u64 = per_date.iter().map(|(_, _, orphans)| orphans).sum();
    let none = Checked {
        is_reference: reference.origin == Origin::Declared,
        findings: Vec::new(),
    };
    if rows == 0 {
        return Checked {
            is_reference: false,
            ..none
        };
    }
    let discovered = reference.origin == Origin::Discovered;
    // A lake begins somewhere: its first dates refer to what was before. The later half decides.
    let later = &per_date[per_date.len() / 2..];
    let later_rows: u64 = later.iter().map(|(_, rows, _)| rows).sum();
    let later_orphans: u64 = later.iter().map(|(_, _, orphans)| orphans).sum();
    if discovered && percent(later_rows - later_orphans, later_rows) < FOUND_PERCENT_MIN {
        return Checked {
            is_reference: false,
            ..none
        };
    }
    if orphans == 0 {
        return Checked {
            is_reference: true,
            ..none
        };
    }
    let from = reference.from.columns.join(", ");
    let to = format!(
        "{}({})",
        reference.to.table,
        reference.to.columns.join(", ")
    );
    let looked = match bits {
        0 => String::new(),
        bits => format!(" (by one value in {})", 1_u64 << bits),
    };
    let share = percent(orphans, rows);
    let worst = per_date
        .iter()
        .max_by(|a, b| percent(a.2, a.1).total_cmp(&percent(b.2, b.1)));
    let worst = match worst {
        Some((Some(date), rows, orphans)) if per_date.len() > 1 => {
            format!(", most on {date} with {:.1} %", percent(*orphans, *rows))
        }
        _ => String::new(),
    };
    let weight = if discovered {
        Weight::Warning
    } else {
        Weight::Error
    };
    let finding = |message: String| {
        Finding::new(
            weight,
            Check::OrphanedReference,
            &reference.from.table,
            message,
        )
        .about(&reference.from.columns)
        .known(reference.origin)
    };
    let mut findings = vec![finding(format!(
        "{orphans} of {rows} rows ({share:.1} %){looked} have a value in {from} that {to} does not have up to their date{worst}"
    ))];
    let shares: Vec<f64> = per_date
        .iter()
        .map(|(_, rows, orphans)| percent(*orphans, *rows))
        .collect();
    let mut sorted = shares.clone();
    sorted.sort_by(f64::total_cmp);
    let usual = sorted[sorted.len() / 2];
    let stands_out = |share: &f64| *share > usual + OUTLIER_POINTS;
    let begin = shares.iter().take_while(|share| stands_out(share)).count();
    for ((date, rows, orphans), share) in per_date.iter().zip(&shares).skip(begin) {
        if let (Some(date), true) = (date, stands_out(share)) {
            findings.push(
                finding(format!(
                    "{orphans} of {rows} rows ({share:.1} %, usually {usual:.1} %) have a value in {from} that {to} does not have"
                ))
                .on(*date),
            );
        }
    }
    Checked {
        is_reference: true,
        findings,
    }
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64 * 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(day: i8) -> EffectiveDate {
        EffectiveDate(jiff::civil::date(2024, 10, day))
    }

    fn shape(table: &str, columns: &[&str], unique: &[&str]) -> TableShape {
        TableShape {
            schema: "s".to_owned(),
            table: table.to_owned(),
            columns: columns
                .iter()
                .map(|name| ((*name).to_owned(), DataType::Int64))
                .collect(),
            unique: unique.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn pairs(tables: &[TableShape]) -> Vec<String> {
        suggested(tables)
            .iter()
            .map(|found| {
                format!(
                    "{}.{} -> {}.{}",
                    found.from.table, found.from.columns[0], found.to.table, found.to.columns[0]
                )
            })
            .collect()
    }

    #[test]
    fn names_suggest_references() {
        let tables = [
            shape("customers", &["customer_id"], &[]),
            shape("orders", &["order_id", "customer_id"], &["order_id"]),
            shape("order_lines", &["order_id", "line_no"], &[]),
            shape("coupons", &["code"], &["code"]),
            shape("coupon_uses", &["use_id", "code"], &["use_id"]),
            shape("airports", &["code"], &["code"]),
        ];
        assert_eq!(
            pairs(&tables),
            [
                "s.coupon_uses.code -> s.coupons.code",
                "s.order_lines.order_id -> s.orders.order_id",
                "s.orders.customer_id -> s.customers.customer_id",
            ]
        );
    }

    #[test]
    fn orphans_are_rows_without_a_parent_up_to_their_date() {
        let reference = Reference {
            from: TableColumns {
                table: "s.orders".to_owned(),
                columns: vec!["customer_id".to_owned()],
            },
            to: TableColumns {
                table: "s.customers".to_owned(),
                columns: vec!["customer_id".to_owned()],
            },
            origin: Origin::Discovered,
        };
        let (mut child, mut parent) = (MarksByDate::default(), MarksByDate::default());
        for customer in 0..10 {
            parent.add(Some(date(1)), customer);
        }
        parent.add(Some(date(3)), 77);
        for day in 1..=4 {
            for order in 0..50 {
                child.add(Some(date(day)), order % 10);
            }
            // Known from the third on only.
            child.add(Some(date(day)), 77);
        }
        let checked = check(&reference, &child, &parent);
        assert!(checked.is_reference);
        assert_eq!(checked.findings.len(), 1);
        let message = &checked.findings[0].message;
        assert!(message.starts_with("2 of 204 rows (1.0 %)"), "{message}");
        assert_eq!(checked.findings[0].weight, Weight::Warning);

        let strangers = MarksByDate::default();
        assert!(!check(&reference, &child, &strangers).is_reference);
    }

    #[test]
    fn thinning_keeps_shares() {
        let mut marks = MarksByDate::default();
        for value in 0..700_000_u64 {
            // Spread like real marks.
            marks.add(Some(date(1)), value.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        }
        assert!(marks.thinned_bits >= 1 && marks.kept <= MARKS_MAX);
    }
}
