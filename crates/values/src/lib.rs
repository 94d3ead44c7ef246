//! What a value means on every side: number text, rounding, division, missing kinds, dates as text.
//!
//! Writers, comparison, engine functions and interpreter all ask here, so that a float, a half cent
//! or a date cannot mean two things in one workspace. Every rule names the implementation it models;
//! the tables in `tests/fixtures` were recorded from those implementations.

mod arithmetic;
mod csv_text;
mod dates;
mod decimal;
mod errors;
mod extended;
mod float_text;
mod missing;
mod number_text;
mod pandas_sums;
mod patterns;
mod python;
mod rounding;
mod sqlite;
mod sqlite_functions;
mod sqlite_text;
mod text;
mod title_case;

pub use arithmetic::{
    python_divide_floats, python_divide_integers, python_floor_divide_floats,
    python_floor_divide_integers, python_modulo_floats, python_modulo_integers,
};
pub use csv_text::{CsvRecords, push_csv_record};
pub use dates::{
    DateFormat, DateFormatError, date_from_days, iso_date, pandas_timestamp_text,
    timestamp_isoformat,
};
pub use decimal::{Decimal, DecimalRounding, decimal_text};
pub use errors::PythonError;
pub use float_text::{
    fixed_text, grouped_fixed_text, grouped_thousands, python_bool_text, python_float_text,
};
pub use missing::Missing;
pub use number_text::{python_float_of_text, python_int_of_text};
pub use pandas_sums::{
    pandas_group_mean, pandas_group_sum, pandas_group_variance, pandas_mean, pandas_median,
    pandas_sum, pandas_variance,
};
pub use patterns::Pattern;
pub use python::{
    ContextDecimal, FormatSpec, PercentField, PythonFunction, PythonKind, PythonValue,
    percent_fields,
};
pub use rounding::{
    numpy_round, python_int_of_float, python_round_float, python_round_float_to_integer,
    python_round_integer,
};
pub use sqlite::{
    SqliteNumber, SqliteRelease, sqlite_compare_with_text, sqlite_divide, sqlite_integer_of_text,
    sqlite_modulo, sqlite_numeric_of_text, sqlite_operand_of_text, sqlite_real_of_text,
    sqlite_real_text, sqlite_round, sqlite_whole_of_text,
};
pub use sqlite_functions::{
    SqliteFunction, SqliteKind, SqliteValue, sqlite_format_values, sqlite_knows_moment_format,
};
pub use sqlite_text::{sqlite_like, sqlite_substr};
pub use text::{
    python_is_space, python_lower, python_slice, python_strip, python_title, python_upper,
};
