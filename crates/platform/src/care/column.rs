//! What one column holds, gathered while a table is read once.
//!
//! Memory does not grow with the table: different values are kept with their counts up to a bound, and
//! estimated from there on, and the result says which of the two it is.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DecimalType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use serde::Serialize;

use super::cells::{Texts, date_of_day, marks, type_word};
use super::personal::{ContentJudge, Personal, masked};
use super::shapes::shape;
use super::sketch::{DistinctEstimate, Frequent};

/// Different values kept exactly.
const VALUES_MAX: usize = 20_000;
/// Most frequent values told.
const TOP: usize = 10;
/// Shapes told.
const SHAPES: usize = 8;
/// Shapes kept while reading.
const SHAPES_MAX: usize = 512;
/// Characters of a value told.
const VALUE_LENGTH_MAX: usize = 80;

/// A column's profile.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: String,
    /// Whether it tells of persons; its values are then shown as shapes.
    pub personal: Option<Personal>,
    /// Rows.
    pub rows: u64,
    /// Rows without a value.
    pub nulls: u64,
    /// Their share.
    pub null_percent: f64,
    /// Texts without a character, NULLs aside.
    pub empty: u64,
    /// NaN, which is a value and no number.
    pub nans: u64,
    /// Different values, NULL aside.
    pub distinct: u64,
    /// Whether that is counted; otherwise it is estimated, within about 2 %.
    pub distinct_exact: bool,
    /// Least value.
    pub min: Option<String>,
    /// Greatest value.
    pub max: Option<String>,
    /// Mean of numbers.
    pub mean: Option<f64>,
    /// Most frequent values.
    pub top: Vec<TopValue>,
    /// Whether their counts are exact; otherwise they are at least that.
    pub top_exact: bool,
    /// Most frequent shapes of texts: capitals A, small letters a, digits 9.
    pub shapes: Vec<ShapeCount>,
}

/// A frequent value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TopValue {
    /// The value, or its shape.
    pub value: String,
    /// How often.
    pub count: u64,
}

/// A frequent shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShapeCount {
    /// The shape.
    pub shape: String,
    /// How often.
    pub count: u64,
}

/// Sum of numbers without rounding where the type allows it.
enum Sum {
    None,
    Whole { sum: i128, scale: i8 },
    Float { sum: f64 },
}

/// Gathers a column's profile batch by batch.
pub(super) struct ColumnGatherer {
    name: String,
    data_type: DataType,
    judge: ContentJudge,
    rows: u64,
    nulls: u64,
    empty: u64,
    nans: u64,
    sum: Sum,
    numbers: u64,
    values: Frequent,
    estimate: Option<DistinctEstimate>,
    shapes: Frequent,
    least: Option<Extreme>,
    greatest: Option<Extreme>,
}

/// A least or greatest value, comparable within its column.
#[derive(Clone, PartialEq, PartialOrd)]
enum Extreme {
    /// Numbers, days, microseconds, truth; all compare like their values.
    Whole(i128),
    Float(f64),
    Text(String),
}

impl ColumnGatherer {
    pub(super) fn new(table: &str, name: &str, data_type: &DataType) -> Self {
        let sum = match data_type {
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
                Sum::Whole { sum: 0, scale: 0 }
            }
            DataType::Decimal128(_, scale) => Sum::Whole {
                sum: 0,
                scale: *scale,
            },
            DataType::Float32 | DataType::Float64 => Sum::Float { sum: 0.0 },
            _ => Sum::None,
        };
        Self {
            name: name.to_owned(),
            data_type: data_type.clone(),
            judge: ContentJudge::of(table, name, data_type),
            rows: 0,
            nulls: 0,
            empty: 0,
            nans: 0,
            sum,
            numbers: 0,
            values: Frequent::new(VALUES_MAX),
            estimate: None,
            shapes: Frequent::new(SHAPES_MAX),
            least: None,
            greatest: None,
        }
    }

    pub(super) fn see(&mut self, column: &ArrayRef) {
        self.rows += column.len() as u64;
        self.nulls += column.null_count() as u64;
        self.judge.see(column);
        self.add_up(column);
        let texts = Texts::of(column);
        let is_text = self.data_type == DataType::Utf8;
        for (row, mark) in marks(column).into_iter().enumerate() {
            let Some(mark) = mark else { continue };
            if self.estimate.is_none() && self.values.is_full() && !self.values.contains(mark) {
                self.overflow();
            }
            if let Some(estimate) = &mut self.estimate {
                estimate.add(mark);
                if is_text {
                    let text = shape(column.as_string::<i32>().value(row));
                    self.shapes.add(shape_mark(&text), 1, || text.clone());
                }
            }
            self.values.add(mark, 1, || cut(&texts.at(row)));
        }
        if is_text {
            let values = column.as_string::<i32>();
            self.empty += values
                .iter()
                .flatten()
                .filter(|text| text.is_empty())
                .count() as u64;
        }
        self.extremes(column);
    }

    /// From exact to estimated: what was counted so far goes into the estimate.
    fn overflow(&mut self) {
        let mut estimate = DistinctEstimate::new();
        self.values.marks().for_each(|mark| estimate.add(mark));
        self.estimate = Some(estimate);
        if self.data_type == DataType::Utf8 {
            for counted in self.values.sorted() {
                let text = shape(&counted.text);
                self.shapes
                    .add(shape_mark(&text), counted.count, || text.clone());
            }
        }
    }

    fn add_up(&mut self, column: &ArrayRef) {
        macro_rules! whole {
            ($type:ty) => {{
                let values = column.as_primitive::<$type>();
                if let Sum::Whole { sum, .. } = &mut self.sum {
                    for value in values.iter().flatten() {
                        *sum = sum.saturating_add(i128::from(value));
                    }
                }
                self.numbers += (values.len() - values.null_count()) as u64;
            }};
        }
        macro_rules! float {
            ($type:ty) => {{
                if let Sum::Float { sum } = &mut self.sum {
                    for value in column.as_primitive::<$type>().iter().flatten() {
                        if value.is_nan() {
                            self.nans += 1;
                        } else {
                            *sum += f64::from(value);
                            self.numbers += 1;
                        }
                    }
                }
            }};
        }
        match &self.data_type {
            DataType::Int8 => whole!(Int8Type),
            DataType::Int16 => whole!(Int16Type),
            DataType::Int32 => whole!(Int32Type),
            DataType::Int64 => whole!(Int64Type),
            DataType::Decimal128(_, _) => whole!(Decimal128Type),
            DataType::Float32 => float!(Float32Type),
            DataType::Float64 => float!(Float64Type),
            _ => {}
        }
    }

    fn extremes(&mut self, column: &ArrayRef) {
        if self.data_type == DataType::Utf8 {
            // Compared as they lie; a text is copied only when it wins.
            let (mut least, mut greatest): (Option<&str>, Option<&str>) = (None, None);
            for text in column.as_string::<i32>().iter().flatten() {
                least = Some(least.map_or(text, |known| known.min(text)));
                greatest = Some(greatest.map_or(text, |known| known.max(text)));
            }
            for text in [least, greatest].into_iter().flatten() {
                self.stretch(Extreme::Text(text.to_owned()));
            }
            return;
        }
        for row in (0..column.len()).filter(|row| column.is_valid(*row)) {
            if let Some(value) = extreme(column, &self.data_type, row) {
                self.stretch(value);
            }
        }
    }

    fn stretch(&mut self, value: Extreme) {
        if self.least.as_ref().is_none_or(|least| value < *least) {
            self.least = Some(value.clone());
        }
        if self.greatest.as_ref().is_none_or(|most| value > *most) {
            self.greatest = Some(value);
        }
    }

    pub(super) fn finish(self, marked: Option<Personal>) -> ColumnProfile {
        let personal = marked.or_else(|| self.judge.verdict());
        let shown = |text: &str| {
            if personal.is_some() {
                masked(text)
            } else {
                cut(text)
            }
        };
        let mean = match self.sum {
            _ if self.numbers == 0 => None,
            Sum::None => None,
            Sum::Whole { sum, scale } => {
                Some(sum as f64 / 10_f64.powi(i32::from(scale)) / self.numbers as f64)
            }
            Sum::Float { sum } => Some(sum / self.numbers as f64),
        };
        let (distinct, distinct_exact) = match &self.estimate {
            Some(estimate) => (estimate.count(), false),
            None => (self.values.len() as u64, true),
        };
        let mut shapes = self.shapes;
        if self.data_type == DataType::Utf8 && self.estimate.is_none() {
            for counted in self.values.sorted() {
                let text = shape(&counted.text);
                shapes.add(shape_mark(&text), counted.count, || text.clone());
            }
        }
        let mut top: Vec<TopValue> = Vec::new();
        for counted in self.values.sorted() {
            let value = shown(&counted.text);
            // Persons that share a shape are one line: telling how often each occurs tells them apart.
            match top.iter_mut().find(|known| known.value == value) {
                Some(known) if personal.is_some() => known.count += counted.count,
                _ => top.push(TopValue {
                    value,
                    count: counted.count,
                }),
            }
            if personal.is_none() && top.len() == TOP {
                break;
            }
        }
        top.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        top.truncate(TOP);
        let text_of = |extreme: &Option<Extreme>| {
            extreme
                .as_ref()
                .map(|value| shown(&extreme_text(value, &self.data_type)))
        };
        ColumnProfile {
            data_type: type_word(&self.data_type),
            personal,
            rows: self.rows,
            nulls: self.nulls,
            null_percent: if self.rows == 0 {
                0.0
            } else {
                (self.nulls as f64 / self.rows as f64 * 10_000.0).round() / 100.0
            },
            empty: self.empty,
            nans: self.nans,
            distinct,
            distinct_exact,
            min: text_of(&self.least),
            max: text_of(&self.greatest),
            mean: mean.filter(|mean| mean.is_finite() && personal.is_none()),
            top_exact: self.values.is_exact(),
            top,
            shapes: shapes
                .sorted()
                .into_iter()
                .take(SHAPES)
                .map(|counted| ShapeCount {
                    shape: counted.text.clone(),
                    count: counted.count,
                })
                .collect(),
            name: self.name,
        }
    }
}

fn extreme(column: &ArrayRef, data_type: &DataType, row: usize) -> Option<Extreme> {
    macro_rules! whole {
        ($type:ty) => {
            Extreme::Whole(column.as_primitive::<$type>().value(row).into())
        };
    }
    Some(match data_type {
        DataType::Boolean => Extreme::Whole(column.as_boolean().value(row).into()),
        DataType::Int8 => whole!(Int8Type),
        DataType::Int16 => whole!(Int16Type),
        DataType::Int32 => whole!(Int32Type),
        DataType::Int64 => whole!(Int64Type),
        DataType::Decimal128(_, _) => whole!(Decimal128Type),
        DataType::Date32 => whole!(Date32Type),
        DataType::Timestamp(_, _) => whole!(TimestampMicrosecondType),
        DataType::Float32 => {
            let value = column.as_primitive::<Float32Type>().value(row);
            return (!value.is_nan()).then_some(Extreme::Float(value.into()));
        }
        DataType::Float64 => {
            let value = column.as_primitive::<Float64Type>().value(row);
            return (!value.is_nan()).then_some(Extreme::Float(value));
        }
        _ => return None,
    })
}

fn extreme_text(extreme: &Extreme, data_type: &DataType) -> String {
    match (extreme, data_type) {
        (Extreme::Whole(value), DataType::Decimal128(precision, scale)) => {
            Decimal128Type::format_decimal(*value, *precision, *scale)
        }
        (Extreme::Whole(value), DataType::Boolean) => (*value != 0).to_string(),
        (Extreme::Whole(value), DataType::Date32) => {
            date_of_day(i32::try_from(*value).unwrap_or(0)).to_string()
        }
        (Extreme::Whole(value), DataType::Timestamp(_, _)) => {
            let micros = i64::try_from(*value).unwrap_or(0);
            let array: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![micros]));
            Texts::of(&array).at(0)
        }
        (Extreme::Whole(value), _) => value.to_string(),
        (Extreme::Float(value), _) => format!("{value:?}"),
        (Extreme::Text(text), _) => text.clone(),
    }
}

fn shape_mark(text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// A text as long as a report shows it.
fn cut(text: &str) -> String {
    match text.char_indices().nth(VALUE_LENGTH_MAX) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, Float64Array, Int64Array, StringArray};

    use super::*;

    fn profiled(name: &str, column: impl Array + 'static) -> ColumnProfile {
        let column: ArrayRef = Arc::new(column);
        let mut gatherer = ColumnGatherer::new("things", name, column.data_type());
        gatherer.see(&column);
        gatherer.finish(None)
    }

    #[test]
    fn small_columns_are_counted_exactly() {
        let column = StringArray::from(vec![Some("b"), None, Some("b"), Some(""), Some("a9")]);
        let profile = profiled("kind", column);
        assert_eq!((profile.rows, profile.nulls, profile.empty), (5, 1, 1));
        assert_eq!((profile.distinct, profile.distinct_exact), (3, true));
        assert!((profile.null_percent - 20.0).abs() < 1e-9);
        assert_eq!(profile.top[0].value, "b");
        assert_eq!(profile.top[0].count, 2);
        assert_eq!(profile.min.as_deref(), Some(""));
        assert_eq!(profile.max.as_deref(), Some("b"));
        assert_eq!(profile.shapes[0].shape, "a");
    }

    #[test]
    fn numbers_have_a_mean_and_exact_ends() {
        let decimals = Decimal128Array::from(vec![Some(-125), Some(1000), None])
            .with_precision_and_scale(12, 2)
            .expect("a decimal type");
        let profile = profiled("price", decimals);
        assert_eq!(profile.min.as_deref(), Some("-1.25"));
        assert_eq!(profile.max.as_deref(), Some("10.00"));
        assert_eq!(profile.mean, Some(4.375));
        let floats = Float64Array::from(vec![f64::NAN, 1.5, 0.5]);
        let profile = profiled("weight", floats);
        assert_eq!((profile.nans, profile.mean), (1, Some(1.0)));
        assert_eq!(profile.max.as_deref(), Some("1.5"));
    }

    #[test]
    fn many_values_are_estimated_and_said_to_be() {
        let column = Int64Array::from_iter_values((0..60_000).map(|n| n % 30_000));
        let profile = profiled("n", column);
        assert!(!profile.distinct_exact);
        assert!(
            profile.distinct.abs_diff(30_000) < 1_200,
            "{}",
            profile.distinct
        );
        assert_eq!(profile.max.as_deref(), Some("29999"));
    }

    #[test]
    fn personal_values_leave_as_shapes() {
        let column = StringArray::from(vec!["ada@x.org", "bob@y.org", "eve.1@z.com"]);
        let profile = profiled("reachable_at", column);
        assert!(profile.personal.is_some());
        let whole = serde_json::to_string(&profile).expect("JSON");
        for value in ["ada", "x.org", "eve"] {
            assert!(!whole.contains(value), "{whole}");
        }
        assert_eq!(profile.top[0].count, 2);
    }
}
