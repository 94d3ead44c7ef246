//! Aggregate functions. Those that depend on the order of rows say so.

use crate::Expr;

/// One aggregate over the rows of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// Which.
    pub function: AggregateFunction,
    /// Of what; `None` for [`AggregateFunction::Count`].
    pub argument: Option<Expr>,
    /// Only rows where this is true.
    pub filter: Option<Expr>,
}

impl Aggregate {
    /// Its expressions, in the order they are written.
    pub fn exprs(&self) -> Vec<&Expr> {
        self.argument.iter().chain(&self.filter).collect()
    }

    /// The same aggregate with its expressions exchanged.
    #[must_use]
    pub fn rebuild(self, expr: &mut dyn FnMut(Expr) -> Expr) -> Self {
        Self {
            function: self.function,
            argument: self.argument.map(&mut *expr),
            filter: self.filter.map(&mut *expr),
        }
    }
}

/// The aggregates. "Python" ones start from a value and so are never missing on an empty group;
/// "SQL" ones are NULL there and skip NULL arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AggregateFunction {
    /// Number of rows.
    Count,
    /// Number of rows whose argument is not missing.
    CountValues,
    /// Number of different non-missing values.
    CountDistinct,
    /// Sum of integers or decimals, 0 on no rows; exact, so in any order.
    Sum,
    /// Sum of floats one after the other in row order from 0.0, to the last bit.
    FloatSum,
    /// SQL `SUM` of integers or decimals.
    SqlSum,
    /// SQL `SUM` of floats as SQLite before 3.43 adds them: in row order, to the last bit. Of values some
    /// of which are ints it is an int when all are.
    SqlFloatSum,
    /// SQL `AVG`: the float sum in row order divided by the count.
    SqlAverage,
    /// pandas `groupby().sum()` of floats: compensated, in row order; missing values are skipped, 0.0 on none.
    PandasGroupSum,
    /// pandas `groupby().mean()`: such a sum divided by the number of values; NaN on none.
    PandasGroupMean,
    /// pandas `groupby().var()`: the sample variance in one pass over the rows; NaN on fewer than two values.
    PandasGroupVariance,
    /// pandas `Series.sum()` of floats: in pairs, a missing value counting as 0.0 in its place.
    PandasSum,
    /// pandas `Series.mean()`: such a sum divided by the number of values; NaN on none.
    PandasMean,
    /// pandas `Series.var()`: the sample variance with sums in pairs; NaN on fewer than two values.
    PandasVariance,
    /// pandas' median; missing values are skipped, NaN on none.
    PandasMedian,
    /// Smallest; the argument is never missing; missing on no rows.
    Min,
    /// Largest; likewise.
    Max,
    /// Argument of the first row.
    First,
    /// Argument of the last row.
    Last,
    /// Whether the argument is true in some row; false on no rows.
    Any,
    /// Whether the argument is true in every row; true on no rows.
    All,
}

impl AggregateFunction {
    /// All functions with their names in the text form.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Count, "count"),
        (Self::CountValues, "count_values"),
        (Self::CountDistinct, "count_distinct"),
        (Self::Sum, "sum"),
        (Self::FloatSum, "float_sum"),
        (Self::SqlSum, "sql_sum"),
        (Self::SqlFloatSum, "sql_float_sum"),
        (Self::SqlAverage, "sql_average"),
        (Self::PandasGroupSum, "pandas_group_sum"),
        (Self::PandasGroupMean, "pandas_group_mean"),
        (Self::PandasGroupVariance, "pandas_group_variance"),
        (Self::PandasSum, "pandas_sum"),
        (Self::PandasMean, "pandas_mean"),
        (Self::PandasVariance, "pandas_variance"),
        (Self::PandasMedian, "pandas_median"),
        (Self::Min, "min"),
        (Self::Max, "max"),
        (Self::First, "first"),
        (Self::Last, "last"),
        (Self::Any, "any"),
        (Self::All, "all"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED
            .iter()
            .find(|(function, _)| *function == self)
            .map_or("", |(_, name)| name)
    }

    /// The function of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMED
            .iter()
            .find(|(_, text)| *text == name)
            .map(|(function, _)| *function)
    }

    /// Whether it is one of pandas' own over the floats of a column, computed from all of them in row order.
    pub fn of_list(self) -> bool {
        matches!(
            self,
            Self::PandasGroupSum
                | Self::PandasGroupMean
                | Self::PandasGroupVariance
                | Self::PandasSum
                | Self::PandasMean
                | Self::PandasVariance
                | Self::PandasMedian
        )
    }

    /// Whether the result can depend on the order of the rows.
    pub fn observes_order(self) -> bool {
        matches!(
            self,
            Self::FloatSum | Self::SqlFloatSum | Self::SqlAverage | Self::First | Self::Last
        ) || self.of_list() && self != Self::PandasMedian
    }
}
