//! Operations of Python on single values that SQL has no words for: one list, one meaning each.
//!
//! The interpreter and the engine both call [`PythonFunction::evaluate`], so an operation is written down
//! once. None in gives None out; what raises in Python is an error here, and an answer that is not certain
//! is an error, too.

mod characters;
mod context_decimal;
mod format_spec;
mod moments;
mod numbers;
mod texts;

pub use context_decimal::ContextDecimal;
pub use format_spec::{FormatSpec, PercentField, percent_fields};

use crate::{Decimal, DecimalRounding, PythonError};

/// A value of one of the types columns have.
#[derive(Clone, Debug, PartialEq)]
pub enum PythonValue {
    /// None.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer of at most 64 bits.
    Int(i64),
    /// A float, NaN included.
    Float(f64),
    /// An exact decimal.
    Decimal(Decimal),
    /// Text.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01.
    Timestamp(i64),
}

/// What an operation takes or returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PythonKind {
    /// A truth value.
    Bool,
    /// An integer.
    Int,
    /// A float.
    Float,
    /// A decimal; as a result its scale is the second argument, an integer constant.
    Decimal,
    /// Text.
    Text,
    /// A date.
    Date,
    /// A date with a time of day.
    Timestamp,
    /// A date or a timestamp; only taken.
    Moment,
}

macro_rules! python_functions {
    ($( $(#[doc = $doc:literal])* $name:ident = $text:literal ($($kind:ident),*) -> $result:ident $($raises:ident)?, )*) => {
        /// An operation of Python on single values.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum PythonFunction {
            $( $(#[doc = $doc])* $name, )*
        }

        impl PythonFunction {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$( Self::$name, )*];

            /// Its name, in the dataflow's text form and in SQL.
            pub fn name(self) -> &'static str {
                match self { $( Self::$name => $text, )* }
            }

            /// What it does, in one line.
            pub fn summary(self) -> &'static str {
                match self { $( Self::$name => concat!($($doc),*).trim_ascii(), )* }
            }

            /// What it takes.
            pub fn parameters(self) -> &'static [PythonKind] {
                match self { $( Self::$name => &[$( PythonKind::$kind, )*], )* }
            }

            /// What it returns.
            pub fn result(self) -> PythonKind {
                match self { $( Self::$name => PythonKind::$result, )* }
            }

            /// Whether it raises on some arguments of its kinds.
            pub fn may_raise(self) -> bool {
                match self { $( Self::$name => python_functions!(@raises $($raises)?), )* }
            }
        }
    };
    (@raises raises) => { true };
    (@raises) => { false };
}

python_functions! {
    /// whether `int(text)` accepts the text
    IsIntText = "py_is_int" (Text) -> Bool,
    /// whether `float(text)` accepts the text
    IsFloatText = "py_is_float" (Text) -> Bool,
    /// `int(text)`
    IntOfText = "py_int" (Text) -> Int raises,
    /// `float(text)`
    FloatOfText = "py_float" (Text) -> Float raises,
    /// whether `float(text)` is NaN
    IsNanText = "py_is_nan_text" (Text) -> Bool,
    /// whether `Decimal(text)` is a finite number
    IsDecimalText = "py_is_decimal" (Text) -> Bool raises,
    /// whether `Decimal(text)` is an infinity or NaN
    IsDecimalWord = "py_is_decimal_word" (Text) -> Bool,
    /// `glue.join(text.split())`
    JoinWords = "py_join_words" (Text, Text) -> Text,
    /// whether the second text is among the words of the first
    HasWord = "py_has_word" (Text, Text) -> Bool,
    /// whether the third text is among the parts of the first, split at the second
    HasPart = "py_has_part" (Text, Text, Text) -> Bool raises,
    /// `re.search(pattern, text) is not None` of a pattern that is read alike everywhere
    HasPattern = "py_has_pattern" (Text, Text) -> Bool,
    /// `re.search(pattern, text) is not None` of a pattern that some texts read differently
    HasPatternOfClasses = "py_has_pattern_of_classes" (Text, Text) -> Bool raises,
    /// number of parts of `text.split()`
    SplitCount = "py_word_count" (Text) -> Int,
    /// part of `text.split(None, maxsplit)` at an index
    Word = "py_word" (Text, Int, Int) -> Text raises,
    /// number of parts of `text.split(separator, maxsplit)`
    PartCount = "py_part_count" (Text, Text, Int) -> Int raises,
    /// part of `text.split(separator, maxsplit)` at an index
    Part = "py_part" (Text, Text, Int, Int) -> Text raises,
    /// part of `text.rsplit(separator, maxsplit)` at an index
    PartFromEnd = "py_rpart" (Text, Text, Int, Int) -> Text raises,
    /// item of `text.partition(separator)` at an index
    Partition = "py_partition" (Text, Text, Int) -> Text raises,
    /// item of `text.rpartition(separator)` at an index
    PartitionFromEnd = "py_rpartition" (Text, Text, Int) -> Text raises,
    /// `text.lstrip()`
    StripLeft = "py_lstrip" (Text) -> Text,
    /// `text.rstrip()`
    StripRight = "py_rstrip" (Text) -> Text,
    /// `text.strip(characters)`
    StripCharacters = "py_strip_chars" (Text, Text) -> Text,
    /// `text.lstrip(characters)`
    StripCharactersLeft = "py_lstrip_chars" (Text, Text) -> Text,
    /// `text.rstrip(characters)`
    StripCharactersRight = "py_rstrip_chars" (Text, Text) -> Text,
    /// `text.capitalize()`
    Capitalize = "py_capitalize" (Text) -> Text,
    /// `text.swapcase()`
    SwapCase = "py_swapcase" (Text) -> Text raises,
    /// `text.casefold()`
    CaseFold = "py_casefold" (Text) -> Text raises,
    /// `text.find(part)`
    Find = "py_find" (Text, Text) -> Int,
    /// `text.find(part, start)`
    FindAfter = "py_find_after" (Text, Text, Int) -> Int,
    /// `text.rfind(part)`
    FindFromEnd = "py_rfind" (Text, Text) -> Int,
    /// `text.count(part)`
    CountOf = "py_count" (Text, Text) -> Int,
    /// `text.zfill(width)`
    FillZeros = "py_zfill" (Text, Int) -> Text,
    /// `text.ljust(width, fill)`
    JustifyLeft = "py_ljust" (Text, Int, Text) -> Text raises,
    /// `text.rjust(width, fill)`
    JustifyRight = "py_rjust" (Text, Int, Text) -> Text raises,
    /// `text.center(width, fill)`
    Center = "py_center" (Text, Int, Text) -> Text raises,
    /// `text.isdigit()`
    IsDigits = "py_isdigit" (Text) -> Bool raises,
    /// `text.isdecimal()`
    IsDecimals = "py_isdecimal" (Text) -> Bool raises,
    /// `text.isnumeric()`
    IsNumeric = "py_isnumeric" (Text) -> Bool raises,
    /// `text.isalpha()`
    IsLetters = "py_isalpha" (Text) -> Bool raises,
    /// `text.isalnum()`
    IsLettersOrDigits = "py_isalnum" (Text) -> Bool raises,
    /// `text.isspace()`
    IsBlank = "py_isspace" (Text) -> Bool,
    /// `text.isupper()`
    IsUpperCase = "py_isupper" (Text) -> Bool raises,
    /// `text.islower()`
    IsLowerCase = "py_islower" (Text) -> Bool raises,
    /// `text.removeprefix(prefix)`
    RemovePrefix = "py_removeprefix" (Text, Text) -> Text,
    /// `text.removesuffix(suffix)`
    RemoveSuffix = "py_removesuffix" (Text, Text) -> Text,
    /// `text[index]`
    CharacterAt = "py_char" (Text, Int) -> Text raises,
    /// `text[start:end]` where a negative bound counts from the end
    Substring = "py_slice" (Text, Int, Int) -> Text,
    /// `text[::-1]`
    Reversed = "py_reversed" (Text) -> Text,
    /// `text.replace(old, new, count)`
    ReplaceSome = "py_replace" (Text, Text, Text, Int) -> Text,
    /// `text * times`
    Repeat = "py_repeat" (Text, Int) -> Text raises,
    /// `repr(text)`
    ReprText = "py_repr_text" (Text) -> Text raises,
    /// `format(text, spec)`
    FormatText = "py_format_text" (Text, Text) -> Text raises,
    /// `format(integer, spec)`
    FormatInt = "py_format_int" (Int, Text) -> Text raises,
    /// `format(float, spec)`
    FormatFloat = "py_format_float" (Float, Text) -> Text raises,
    /// `format(decimal, spec)` of a decimal given as its text
    FormatDecimal = "py_format_decimal" (Text, Text) -> Text raises,
    /// `math.floor(float)`
    Floor = "py_floor" (Float) -> Int raises,
    /// `math.ceil(float)`
    Ceiling = "py_ceil" (Float) -> Int raises,
    /// `math.sqrt(float)`
    SquareRoot = "py_sqrt" (Float) -> Float raises,
    /// `math.exp(float)`
    Exponential = "py_exp" (Float) -> Float raises,
    /// `math.log(float)`
    Logarithm = "py_log" (Float) -> Float raises,
    /// `math.log10(float)`
    Logarithm10 = "py_log10" (Float) -> Float raises,
    /// `math.log2(float)`
    Logarithm2 = "py_log2" (Float) -> Float raises,
    /// whether a float is infinite
    IsInfinite = "py_isinf" (Float) -> Bool,
    /// `float ** float` with a real result
    Power = "py_power" (Float, Float) -> Float raises,
    /// `integer ** integer` with an exponent that is not negative
    IntPower = "py_int_power" (Int, Int) -> Int raises,
    /// `Decimal(text)` as its text
    ContextDecimalOfText = "py_decimal_text" (Text) -> Text raises,
    /// `Decimal(float)` as its text
    ContextDecimalOfFloat = "py_decimal_of_float" (Float) -> Text raises,
    /// sum of two decimals given as texts, to 28 digits
    ContextAdd = "py_decimal_add" (Text, Text) -> Text raises,
    /// difference of two decimals given as texts, to 28 digits
    ContextSubtract = "py_decimal_subtract" (Text, Text) -> Text raises,
    /// product of two decimals given as texts, to 28 digits
    ContextMultiply = "py_decimal_multiply" (Text, Text) -> Text raises,
    /// quotient of two decimals given as texts, to 28 digits
    ContextDivide = "py_decimal_divide" (Text, Text) -> Text raises,
    /// negated decimal given as text, to 28 digits
    ContextNegate = "py_decimal_negate" (Text) -> Text raises,
    /// magnitude of a decimal given as text, to 28 digits
    ContextAbsolute = "py_decimal_abs" (Text) -> Text raises,
    /// `normalize()` of a decimal given as text
    ContextNormalize = "py_decimal_normalize" (Text) -> Text raises,
    /// -1, 0 or 1 as the first decimal given as text is less, equal or greater
    ContextCompare = "py_decimal_compare" (Text, Text) -> Int raises,
    /// whether a decimal given as text has a minus sign, minus zero included
    ContextIsNegative = "py_decimal_is_signed" (Text) -> Bool raises,
    /// `quantize` of a decimal given as text: scale and rounding mode
    ContextQuantize = "py_decimal_quantize" (Text, Int, Text) -> Decimal raises,
    /// `float` of a decimal given as text
    ContextToFloat = "py_decimal_to_float" (Text) -> Float raises,
    /// `int` of a decimal given as text
    ContextToInt = "py_decimal_to_int" (Text) -> Int raises,
    /// whether there is such a date
    IsDate = "py_is_date" (Int, Int, Int) -> Bool,
    /// `date(year, month, day)`
    DateOf = "py_date" (Int, Int, Int) -> Date raises,
    /// whether `date.fromisoformat(text)` accepts the text
    IsIsoDateText = "py_is_iso_date" (Text) -> Bool raises,
    /// `date.fromisoformat(text)`
    DateOfIsoText = "py_iso_date" (Text) -> Date raises,
    /// whether `datetime.fromisoformat(text)` accepts the text
    IsIsoTimestampText = "py_is_iso_timestamp" (Text) -> Bool raises,
    /// `datetime.fromisoformat(text)`
    TimestampOfIsoText = "py_iso_timestamp" (Text) -> Timestamp raises,
    /// whether `datetime.strptime(text, format)` accepts the text
    IsTimeText = "py_is_time" (Text, Text) -> Bool raises,
    /// `datetime.strptime(text, format)`
    ParseTime = "py_strptime" (Text, Text) -> Timestamp raises,
    /// `strftime(format)` of a date or timestamp
    FormatTime = "py_strftime" (Moment, Text) -> Text raises,
    /// midnight of a date
    Midnight = "py_midnight" (Date) -> Timestamp,
    /// hour of a timestamp
    Hour = "py_hour" (Timestamp) -> Int,
    /// minute of a timestamp
    Minute = "py_minute" (Timestamp) -> Int,
    /// second of a timestamp
    Second = "py_second" (Timestamp) -> Int,
    /// microsecond of a timestamp
    Microsecond = "py_microsecond" (Timestamp) -> Int,
    /// timestamp of the same day at hour, minute, second and microsecond
    AtTime = "py_at_time" (Timestamp, Int, Int, Int, Int) -> Timestamp raises,
    /// microseconds from the second timestamp to the first
    MicrosecondsBetween = "py_microseconds_between" (Timestamp, Timestamp) -> Int,
    /// timestamp plus a number of microseconds
    AddMicroseconds = "py_add_microseconds" (Timestamp, Int) -> Timestamp raises,
    /// `isoformat()` of a timestamp
    TimestampIsoText = "py_timestamp_iso" (Timestamp) -> Text,
    /// `str()` of a timestamp
    TimestampText = "py_timestamp_text" (Timestamp) -> Text,
    /// number of days of a month of a year
    DaysInMonth = "py_days_in_month" (Int, Int) -> Int raises,
    /// day of the year, from 1
    DayOfYear = "py_day_of_year" (Moment) -> Int,
    /// English name of a month
    MonthName = "py_month_name" (Int) -> Text raises,
    /// English name of a weekday, Monday being 0
    DayName = "py_day_name" (Int) -> Text raises,
}

impl PythonFunction {
    /// The function of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|function| function.name() == name)
    }

    /// Computes it; None when an argument is.
    pub fn evaluate(self, arguments: &[PythonValue]) -> Result<PythonValue, PythonError> {
        use PythonValue as V;
        if arguments.contains(&V::None) {
            return Ok(V::None);
        }
        texts::evaluate(self, arguments)
            .or_else(|| numbers::evaluate(self, arguments))
            .or_else(|| context_decimal::evaluate(self, arguments))
            .or_else(|| moments::evaluate(self, arguments))
            .unwrap_or_else(|| {
                Err(PythonError::Unmodelled(format!(
                    "{} of other values than it takes",
                    self.name()
                )))
            })
    }
}

impl From<bool> for PythonValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for PythonValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<usize> for PythonValue {
    fn from(value: usize) -> Self {
        Self::Int(value as i64)
    }
}

impl From<f64> for PythonValue {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<String> for PythonValue {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for PythonValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<Decimal> for PythonValue {
    fn from(value: Decimal) -> Self {
        Self::Decimal(value)
    }
}

/// A rounding mode by its name in Python.
fn rounding_mode(name: &str) -> Result<DecimalRounding, PythonError> {
    DecimalRounding::of_python_name(name)
        .ok_or_else(|| PythonError::Unmodelled(format!("rounding mode {name}")))
}

/// The error of an index beyond the end.
fn beyond(what: &'static str) -> PythonError {
    PythonError::Index(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_parse_back() {
        for function in PythonFunction::ALL {
            assert_eq!(PythonFunction::parse(function.name()), Some(*function));
            assert!(!function.summary().is_empty());
        }
    }
}
