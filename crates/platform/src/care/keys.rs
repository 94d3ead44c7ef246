//! Keys: sets of columns in which no two rows of a date agree, and the rows that break them.
//!
//! A declared key holds on every date. A discovered one is a guess from three dates: key-like columns
//! that are unique there. It is worth a word only where it holds on every other date, because then the
//! date on which it does not hold is the odd one, and not the guess.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use relift_job::EffectiveDate;

use super::cells::{Texts, joint_mark, marks};
use super::partitions::counted;
use super::personal::PersonalColumns;
use super::{Check, Finding, Origin, Weight};

/// Keys guessed per table.
const GUESSES_MAX: usize = 3;
/// Columns that pairs are formed of.
const PAIRED_MAX: usize = 12;
/// Rows of one date up to which a key is checked.
const ROWS_PER_DATE_MAX: usize = 16_000_000;
/// Dates on which a guess must hold before its failure means something.
const HOLDS_MIN: usize = 4;

/// The word for one thing of a table: `categories` holds a `category`.
pub(super) fn singular(table: &str) -> String {
    if let Some(stem) = table.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for end in ["sses", "xes", "ches", "shes"] {
        if table.ends_with(end) {
            return table[..table.len() - 2].to_owned();
        }
    }
    match table.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') && !stem.is_empty() => stem.to_owned(),
        _ => table.to_owned(),
    }
}

/// Whether a column's name says that it identifies something.
pub(super) fn is_key_like(column: &str) -> bool {
    const WHOLE: [&str; 8] = ["id", "code", "key", "no", "number", "sku", "uuid", "nr"];
    let lower = column.to_lowercase();
    WHOLE.contains(&&*lower)
        || WHOLE.iter().any(|word| {
            lower
                .strip_suffix(word)
                .is_some_and(|rest| rest.ends_with('_'))
        })
        || column.ends_with("Id")
}

/// Whether keys are made of such values.
fn is_key_type(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Utf8
            | DataType::Date32
    )
}

/// Whether a column may be the lesser part of a key: a text or date that tells rows apart, or a number that
/// counts within something. Amounts and quantities may be unique by accident.
fn is_key_part(column: &str, data_type: &DataType) -> bool {
    const COUNTING: [&str; 10] = [
        "line", "seq", "sequence", "revision", "version", "position", "ordinal", "step", "part",
        "index",
    ];
    let lower = column.to_lowercase();
    matches!(data_type, DataType::Utf8 | DataType::Date32)
        || COUNTING
            .iter()
            .any(|word| lower.split('_').any(|token| token == *word))
}

/// Guesses the keys of a table from samples of several dates.
pub(super) fn guess(
    table: &str,
    schema: &Schema,
    date_column: &str,
    samples: &[Vec<RecordBatch>],
) -> Vec<Vec<String>> {
    let samples: Vec<&Vec<RecordBatch>> = samples
        .iter()
        .filter(|batches| batches.iter().map(RecordBatch::num_rows).sum::<usize>() > 1)
        .collect();
    if samples.is_empty() {
        return Vec::new();
    }
    let columns: Vec<usize> = (0..schema.fields().len())
        .filter(|index| {
            let field = schema.field(*index);
            field.name() != date_column && is_key_type(field.data_type())
        })
        .collect();
    let marked: Vec<Vec<Vec<Option<u64>>>> = samples
        .iter()
        .map(|batches| {
            let whole = |column: &usize| {
                batches
                    .iter()
                    .flat_map(|batch| marks(batch.column(*column)))
                    .collect()
            };
            columns.iter().map(whole).collect()
        })
        .collect();
    // One date may be the odd one: a guess may fail on it, but not on most.
    let may_fail = usize::from(samples.len() > 2);
    let holds = |set: &[usize]| {
        let failing = marked.iter().filter(|sample| {
            let parts: Vec<&[Option<u64>]> = set
                .iter()
                .map(|column| sample[*column].as_slice())
                .collect();
            let rows = parts.first().map_or(0, |part| part.len());
            let mut seen = HashSet::with_capacity(rows);
            !(0..rows).all(|row| joint_mark(&parts, row).is_some_and(|mark| seen.insert(mark)))
        });
        failing.count() <= may_fail
    };
    let name = |at: usize| schema.field(columns[at]).name().as_str();
    let key_like = |at: usize| is_key_like(name(at));
    let own = singular(table);
    // A name such as order_id in orders is the best guess, then the place in the table.
    let rank = |at: usize| {
        (
            !name(at).to_lowercase().starts_with(&own),
            !key_like(at),
            at,
        )
    };
    let mut singles: Vec<usize> = (0..columns.len())
        .filter(|at| key_like(*at) && holds(&[*at]))
        .collect();
    singles.sort_by_key(|at| rank(*at));
    let mut found: Vec<Vec<usize>> = singles.into_iter().map(|at| vec![at]).collect();
    if found.is_empty() {
        let paired: Vec<usize> = (0..columns.len()).take(PAIRED_MAX).collect();
        let mut pairs: Vec<Vec<usize>> = Vec::new();
        for (at, left) in paired.iter().enumerate() {
            for right in &paired[at + 1..] {
                let pair = [*left, *right];
                let other_is_part = |at: usize| {
                    key_like(at) || is_key_part(name(at), schema.field(columns[at]).data_type())
                };
                if pair.iter().any(|at| key_like(*at))
                    && pair.iter().all(|at| other_is_part(*at))
                    && holds(&pair)
                {
                    pairs.push(pair.to_vec());
                }
            }
        }
        pairs.sort_by_key(|pair| {
            (
                pair.iter().filter(|at| !key_like(**at)).count(),
                pair.clone(),
            )
        });
        found = pairs;
    }
    found.truncate(GUESSES_MAX);
    found
        .into_iter()
        .map(|set| set.into_iter().map(|at| name(at).to_owned()).collect())
        .collect()
}

/// Rows of one date that break a key.
#[derive(Clone, Debug)]
struct Broken {
    rows: u64,
    example: String,
}

/// Watches one key while a table is read, date by date.
pub(super) struct KeyWatch {
    pub(super) columns: Vec<String>,
    pub(super) origin: Origin,
    seen: HashSet<u64>,
    date: Option<EffectiveDate>,
    dates: BTreeSet<EffectiveDate>,
    broken: BTreeMap<Option<EffectiveDate>, Broken>,
    overflow: bool,
}

impl KeyWatch {
    pub(super) fn new(columns: Vec<String>, origin: Origin) -> Self {
        Self {
            columns,
            origin,
            seen: HashSet::new(),
            date: None,
            dates: BTreeSet::new(),
            broken: BTreeMap::new(),
            overflow: false,
        }
    }

    /// Takes a batch of one date; `parts` are the marks of the key's columns.
    pub(super) fn see(
        &mut self,
        date: Option<EffectiveDate>,
        batch: &RecordBatch,
        parts: &[&[Option<u64>]],
        personal: &PersonalColumns,
    ) {
        if self.date != date {
            self.seen.clear();
            self.date = date;
        }
        self.dates.extend(date);
        if self.overflow {
            return;
        }
        for row in 0..batch.num_rows() {
            // A NULL in a key is nobody's double; not_null checks look for it.
            let Some(mark) = joint_mark(parts, row) else {
                continue;
            };
            if self.seen.insert(mark) {
                if self.seen.len() > ROWS_PER_DATE_MAX {
                    self.overflow = true;
                    self.seen = HashSet::new();
                    return;
                }
                continue;
            }
            self.broken
                .entry(date)
                .or_insert_with(|| Broken {
                    rows: 0,
                    example: key_text(batch, &self.columns, row, personal),
                })
                .rows += 1;
        }
    }

    /// Whether the key holds on every date read.
    pub(super) fn holds(&self) -> bool {
        self.broken.is_empty() && !self.overflow
    }

    pub(super) fn findings(&self, table: &str) -> Vec<Finding> {
        let key = self.columns.join(", ");
        if self.overflow {
            let message = format!(
                "key ({key}) was not checked: a date has more than {ROWS_PER_DATE_MAX} rows"
            );
            return vec![Finding::new(
                Weight::Note,
                Check::NotAudited,
                table,
                message,
            )];
        }
        let held = self.dates.len() - self.broken.len().min(self.dates.len());
        let weight = match self.origin {
            Origin::Declared => Weight::Error,
            // A guess that fails on more than one date in ten, or held too seldom, was a wrong guess.
            Origin::Discovered if self.broken.len() * 10 > self.dates.len().max(10) => {
                return Vec::new();
            }
            Origin::Discovered if held < HOLDS_MIN => return Vec::new(),
            Origin::Discovered if self.broken.len() == 1 => Weight::Error,
            Origin::Discovered => Weight::Warning,
        };
        let findings = self.broken.iter().map(|(date, broken)| {
            let why = match self.origin {
                Origin::Declared => "a declared key".to_owned(),
                Origin::Discovered => format!("a key on {held} other dates"),
            };
            let message = format!(
                "{} with a ({key}) that is there already, {why}; such as {}",
                counted(broken.rows, "row"),
                broken.example
            );
            let finding = Finding::new(weight, Check::DuplicateKey, table, message)
                .about(&self.columns)
                .known(self.origin)
                .remedy("load the partition again, or declare which row counts");
            match date {
                Some(date) => finding.on(*date),
                None => finding,
            }
        });
        findings.collect()
    }
}

/// The key of a row as a report may show it.
pub(super) fn key_text(
    batch: &RecordBatch,
    columns: &[String],
    row: usize,
    personal: &PersonalColumns,
) -> String {
    let parts = columns.iter().filter_map(|name| {
        let text = Texts::of(batch.column_by_name(name)?).at(row);
        Some(format!("{name} = {}", personal.shown(name, &text)))
    });
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    fn batch(ids: &[i64], lines: &[i64]) -> RecordBatch {
        let ids: ArrayRef = Arc::new(Int64Array::from(ids.to_vec()));
        let lines: ArrayRef = Arc::new(Int64Array::from(lines.to_vec()));
        let notes: ArrayRef = Arc::new(StringArray::from(vec!["x"; lines.len()]));
        RecordBatch::try_from_iter([("order_id", ids), ("line_no", lines), ("note", notes)])
            .expect("batch")
    }

    #[test]
    fn words_in_the_singular() {
        for (many, one) in [
            ("categories", "category"),
            ("addresses", "address"),
            ("warehouses", "warehouse"),
            ("tax_rates", "tax_rate"),
            ("stock", "stock"),
        ] {
            assert_eq!(singular(many), one);
        }
    }

    #[test]
    fn a_key_is_guessed_although_one_date_breaks_it() {
        let good = vec![batch(&[1, 2, 3], &[1, 1, 1])];
        let odd = vec![batch(&[1, 2, 2], &[1, 1, 1])];
        let schema = good[0].schema();
        let keys = guess("orders", &schema, "as_of", &[good.clone(), odd, good]);
        assert_eq!(keys, [vec!["order_id".to_owned()]]);
    }

    #[test]
    fn pairs_are_guessed_when_no_column_is_enough() {
        let lines = vec![batch(&[1, 1, 2], &[1, 2, 1])];
        let schema = lines[0].schema();
        let keys = guess(
            "order_lines",
            &schema,
            "as_of",
            &[lines.clone(), lines.clone()],
        );
        assert_eq!(keys, [vec!["order_id".to_owned(), "line_no".to_owned()]]);
    }

    #[test]
    fn only_the_odd_date_is_named() {
        let personal = PersonalColumns::default();
        let mut watch = KeyWatch::new(vec!["order_id".to_owned()], Origin::Discovered);
        for day in 1..=8 {
            let date = EffectiveDate::parse(&format!("2024-10-0{day}"));
            let batch = if day == 5 {
                batch(&[7, 7, 8], &[1, 1, 1])
            } else {
                batch(&[7, 8], &[1, 1])
            };
            let part = marks(batch.column(0));
            watch.see(date, &batch, &[&part], &personal);
        }
        let findings = watch.findings("s.orders");
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].weight, Weight::Error);
        assert_eq!(findings[0].date, EffectiveDate::parse("2024-10-05"));
        assert!(findings[0].message.contains("order_id = 7"), "{findings:?}");
    }
}
