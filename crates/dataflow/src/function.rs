//! Named scalar operations. A name fixes the meaning to the last bit; printers and the interpreter
//! implement it, nobody reinterprets it.
//!
//! Unless said otherwise an operation with a missing argument is missing. Where Python would raise on
//! such an argument the frontend adds an obligation that it never happens, so the operation need not.

use std::fmt;

use relift_values::{PythonFunction, SqliteFunction};

/// The six comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Eq,
    /// `<>`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl Comparison {
    /// SQL's spelling.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }

    /// The comparison that holds with the sides exchanged.
    #[must_use]
    pub fn flipped(self) -> Self {
        match self {
            Self::Eq => Self::Eq,
            Self::Ne => Self::Ne,
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
        }
    }
}

/// Whose comparison it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// Two-valued: None equals None, NaN equals nothing, ordering with NaN is false.
    Python,
    /// Three-valued: NULL when either side is NULL.
    Sql,
}

/// How a decimal is rounded; the names of Python's `decimal` module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoundingMode {
    /// Ties to even.
    HalfEven,
    /// Ties away from zero.
    HalfUp,
    /// Ties towards zero.
    HalfDown,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// Towards minus infinity.
    Floor,
    /// Towards plus infinity.
    Ceiling,
}

impl RoundingMode {
    /// All modes.
    pub const ALL: [Self; 7] = [
        Self::HalfEven,
        Self::HalfUp,
        Self::HalfDown,
        Self::Up,
        Self::Down,
        Self::Floor,
        Self::Ceiling,
    ];

    /// `half_even` and so on, as printed and as passed to engine functions.
    pub fn word(self) -> &'static str {
        match self {
            Self::HalfEven => "half_even",
            Self::HalfUp => "half_up",
            Self::HalfDown => "half_down",
            Self::Up => "up",
            Self::Down => "down",
            Self::Floor => "floor",
            Self::Ceiling => "ceiling",
        }
    }
}

macro_rules! functions {
    ($( $(#[$doc:meta])* $name:ident = $text:literal, )*) => {
        /// A scalar operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Function {
            /// A comparison; its type is bool.
            Compare(Comparison, Flavour),
            /// `Decimal.quantize` to the scale given by the second argument, an integer literal.
            Quantize(RoundingMode),
            /// An operation of Python on single values; it fixes its meaning itself.
            Python(PythonFunction),
            /// A function of SQLite on single values; it fixes its meaning itself.
            Sqlite(SqliteFunction),
            $( $(#[$doc])* $name, )*
        }

        impl Function {
            /// The functions without parameters of their own, with their names.
            pub const NAMED: &'static [(Self, &'static str)] = &[$( (Self::$name, $text), )*];
        }
    };
}

functions! {
    /// Kleene and, of any number of arguments.
    And = "and",
    /// Kleene or, of any number of arguments.
    Or = "or",
    /// Kleene not.
    Not = "not",
    /// True for None and NULL only.
    IsNone = "is_none",
    /// True for None, NULL, NaN and NaT: `pandas.isna`, SQL `IS NULL`.
    IsMissing = "is_missing",
    /// Python truth: false for None, zero, empty text; true for NaN. Never missing.
    Truthy = "truthy",
    /// The argument, which an obligation says is never None here.
    Known = "known",
    /// Sum of two numbers of one type, or int and float.
    Add = "add",
    /// Difference.
    Subtract = "subtract",
    /// Product.
    Multiply = "multiply",
    /// Sign change.
    Negate = "negate",
    /// Magnitude.
    Absolute = "absolute",
    /// Python `/`: always a float (for decimals there is no static scale, so it is refused); a zero
    /// divisor raises.
    Divide = "divide",
    /// Python `//`: rounds towards minus infinity; a zero divisor raises.
    FloorDivide = "floor_divide",
    /// Python `%`: the sign of the divisor; a zero divisor raises.
    Modulo = "modulo",
    /// SQLite `/`: integers truncate, a zero divisor gives NULL.
    SqliteDivide = "sqlite_divide",
    /// SQLite `%`: both sides cast to integer, sign of the dividend, a zero divisor gives NULL.
    SqliteModulo = "sqlite_modulo",
    /// Python `max` of scalars: the first of equals.
    Greatest = "greatest",
    /// Python `min` of scalars: the first of equals.
    Least = "least",
    /// Python `round(x, n)` of a float: the correctly rounded binary value, ties to even.
    PyRound = "py_round",
    /// Python `round(x)`: an int, ties to even.
    PyRoundToInt = "py_round_to_int",
    /// numpy's and pandas' rounding: scale, round ties to even, scale back.
    NumpyRound = "numpy_round",
    /// SQLite `ROUND(x, n)`.
    SqliteRound = "sqlite_round",
    /// Python `float(x)` of a number, decimal or text. Missing stays missing of the same kind.
    ToFloat = "to_float",
    /// A lake value as pandas holds it in a float64 column: NULL becomes NaN.
    ToPandasFloat = "to_pandas_float",
    /// The value where the way to it says that it is neither None nor NaN.
    NotMissing = "not_missing",
    /// The square root of a float, correctly rounded; NaN of a negative one, as in numpy.
    SquareRoot = "square_root",
    /// An integer column as pandas holds it on the day: floats with NaN where the second argument, a
    /// condition without columns, is true (some value is NULL), integers where it is not.
    PandasInteger = "pandas_integer",
    /// The whole number a value of such a column is, NULL where it is missing.
    NullableInteger = "nullable_integer",
    /// The value as an object column holds it after rows without a partner were added: what is missing
    /// is NaN (NaT in a column of timestamps).
    MissingAsNan = "missing_as_nan",
    /// Python `int(x)` of a number: towards zero; of text: parsed.
    ToInt = "to_int",
    /// Python `str(x)`.
    ToText = "to_text",
    /// Python `Decimal(x)` of an int or of text.
    ToDecimal = "to_decimal",
    /// Exact decimal of the shortest text of a float: Python `Decimal(str(x))`. The second and third
    /// argument are precision and scale that the values are known to fit.
    DecimalOfFloat = "decimal_of_float",
    /// SQLite `CAST(x AS INTEGER)`.
    SqliteInt = "sqlite_int",
    /// SQLite `CAST(x AS REAL)`; NaN becomes NULL, as it does when a frame is handed to SQLite.
    SqliteReal = "sqlite_real",
    /// SQLite `CAST(x AS TEXT)` and the text of a number in `||`.
    SqliteText = "sqlite_text",
    /// Texts one after the other; missing when any is.
    Concat = "concat",
    /// Python `str.upper`.
    Upper = "upper",
    /// Python `str.lower`.
    Lower = "lower",
    /// SQLite `UPPER`: ASCII letters only.
    SqliteUpper = "sqlite_upper",
    /// SQLite `LOWER`: ASCII letters only.
    SqliteLower = "sqlite_lower",
    /// Python `str.strip()`.
    Strip = "strip",
    /// SQLite `TRIM(x)`: spaces only.
    SqliteTrim = "sqlite_trim",
    /// Python `str.title`.
    Title = "title",
    /// Number of code points.
    Length = "length",
    /// Python `text[start:end]`; bounds are integer literals or None.
    Slice = "slice",
    /// SQLite `SUBSTR(text, start, length)`.
    SqliteSubstr = "sqlite_substr",
    /// Every occurrence of the second argument replaced by the third.
    Replace = "replace",
    /// Whether the text begins with the second argument.
    StartsWith = "starts_with",
    /// Whether the text ends with the second argument.
    EndsWith = "ends_with",
    /// Whether the text (first) contains the second argument.
    Contains = "contains",
    /// Python `f"{x:.nf}"`.
    FixedText = "fixed_text",
    /// Python `f"{x:,.nf}"`.
    ThousandsText = "thousands_text",
    /// SQLite `LIKE`: case-insensitive for ASCII.
    SqliteLike = "sqlite_like",
    /// Year of a date or timestamp.
    Year = "year",
    /// Month, 1 to 12.
    Month = "month",
    /// Day of the month, from 1.
    Day = "day",
    /// Monday is 0.
    Weekday = "weekday",
    /// Year of the ISO 8601 week the date lies in.
    IsoYear = "iso_year",
    /// ISO 8601 week, 1 to 53.
    IsoWeek = "iso_week",
    /// Whole days from the second date to the first: `(a - b).days`.
    DaysBetween = "days_between",
    /// Date plus a number of days.
    AddDays = "add_days",
    /// ISO text: `YYYY-MM-DD`, or `YYYY-MM-DDTHH:MM:SS` of a timestamp.
    IsoText = "iso_text",
    /// Calendar date of a timestamp.
    ToDate = "to_date",
    /// `strftime` of a date; the second argument is a literal format.
    Strftime = "strftime",
    /// Last day of the month the date lies in.
    LastDayOfMonth = "last_day_of_month",
    /// SQL `COALESCE`.
    Coalesce = "coalesce",
    /// SQL `NULLIF`.
    NullIf = "nullif",
}

impl Function {
    /// The name in the text form.
    pub fn name(self) -> String {
        match self {
            Self::Compare(comparison, flavour) => {
                let side = match flavour {
                    Flavour::Python => "py",
                    Flavour::Sql => "sql",
                };
                format!("{side}_{}", format!("{comparison:?}").to_lowercase())
            }
            Self::Quantize(mode) => format!("quantize_{}", mode.word()),
            Self::Python(function) => function.name().to_owned(),
            Self::Sqlite(function) => function.name().to_owned(),
            named => Self::NAMED
                .iter()
                .find(|(function, _)| *function == named)
                .map_or_else(String::new, |(_, name)| (*name).to_owned()),
        }
    }

    /// Whether it raises a Python exception on some arguments of its types.
    pub fn may_raise(self) -> bool {
        if let Self::Python(function) = self {
            return function.may_raise();
        }
        matches!(
            self,
            Self::Divide
                | Self::FloorDivide
                | Self::Modulo
                | Self::PyRound
                | Self::PyRoundToInt
                | Self::Quantize(_)
                | Self::ToFloat
                | Self::ToInt
                | Self::ToDecimal
                | Self::AddDays
        )
    }

    /// The function of that name.
    pub fn parse(name: &str) -> Option<Self> {
        use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
        if let Some(function) = PythonFunction::parse(name) {
            return Some(Self::Python(function));
        }
        if let Some(function) = SqliteFunction::parse(name) {
            return Some(Self::Sqlite(function));
        }
        let parameterised = [Eq, Ne, Lt, Le, Gt, Ge]
            .into_iter()
            .flat_map(|comparison| {
                [Flavour::Python, Flavour::Sql].map(|flavour| Self::Compare(comparison, flavour))
            })
            .chain(RoundingMode::ALL.map(Self::Quantize));
        Self::NAMED
            .iter()
            .map(|(function, _)| *function)
            .chain(parameterised)
            .find(|function| function.name() == name)
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_parse_back() {
        for (function, name) in Function::NAMED {
            assert_eq!(Function::parse(name), Some(*function));
        }
        for function in SqliteFunction::ALL {
            assert_eq!(
                Function::parse(function.name()),
                Some(Function::Sqlite(*function))
            );
            assert!(
                Function::NAMED
                    .iter()
                    .all(|(_, name)| *name != function.name())
            );
        }
        for function in PythonFunction::ALL {
            assert_eq!(
                Function::parse(function.name()),
                Some(Function::Python(*function))
            );
            assert!(
                Function::NAMED
                    .iter()
                    .all(|(_, name)| *name != function.name())
            );
        }
        let compare = Function::Compare(Comparison::Le, Flavour::Python);
        assert_eq!(compare.name(), "py_le");
        assert_eq!(Function::parse("py_le"), Some(compare));
        assert_eq!(
            Function::parse("quantize_half_up"),
            Some(Function::Quantize(RoundingMode::HalfUp))
        );
    }
}
