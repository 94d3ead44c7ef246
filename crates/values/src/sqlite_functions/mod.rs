//! SQLite's functions on single values, as far as the engine's own do not mean the same.
//!
//! A function fixes its meaning to the last bit under its name; interpreter and engine both ask here.
//! NULL in any argument gives NULL unless a function says otherwise.

mod format;
mod moments;
mod texts;

use crate::{
    PythonError, SqliteNumber, SqliteRelease, sqlite_compare_with_text, sqlite_integer_of_text,
    sqlite_operand_of_text, sqlite_real_of_text, sqlite_substr, sqlite_whole_of_text,
};

/// A value as SQLite holds it.
#[derive(Clone, Debug, PartialEq)]
pub enum SqliteValue {
    /// NULL.
    Null,
    /// INTEGER.
    Integer(i64),
    /// REAL.
    Real(f64),
    /// TEXT.
    Text(String),
}

/// What a function takes or returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqliteKind {
    /// INTEGER.
    Integer,
    /// REAL.
    Real,
    /// TEXT.
    Text,
}

macro_rules! sqlite_functions {
    ($( $(#[doc = $doc:literal])* $name:ident = $text:literal -> $result:ident, )*) => {
        /// A function of SQLite on single values.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum SqliteFunction {
            $( $(#[doc = $doc])* $name, )*
        }

        impl SqliteFunction {
            /// Every function.
            pub const ALL: &'static [Self] = &[$( Self::$name, )*];

            /// Its name, in the dataflow's text form and in SQL.
            pub fn name(self) -> &'static str {
                match self { $( Self::$name => $text, )* }
            }

            /// What it does, in one line.
            pub fn summary(self) -> &'static str {
                match self { $( Self::$name => concat!($($doc),*).trim_ascii(), )* }
            }

            /// What it returns.
            pub fn result(self) -> SqliteKind {
                match self { $( Self::$name => SqliteKind::$result, )* }
            }
        }
    };
}

sqlite_functions! {
    /// the day of a moment after its modifiers: `date(moment, modifiers…)`
    Date = "sqlite_date" -> Text,
    /// the time of day of a moment after its modifiers: `time(moment, modifiers…)`
    Time = "sqlite_time" -> Text,
    /// day and time of a moment after its modifiers: `datetime(moment, modifiers…)`
    DateTime = "sqlite_datetime" -> Text,
    /// days since noon of 24 November 4714 BC: `julianday(moment, modifiers…)`
    JulianDay = "sqlite_julianday" -> Real,
    /// a moment in a format: `strftime(format, moment, modifiers…)`
    Strftime = "sqlite_strftime" -> Text,
    /// place of the first occurrence of a text in another, from 1, or 0: `instr(text, part)`
    Instr = "sqlite_instr" -> Integer,
    /// a text without these characters at its start: `ltrim(text, characters)`
    TrimStart = "sqlite_ltrim" -> Text,
    /// a text without these characters at its end: `rtrim(text, characters)`
    TrimEnd = "sqlite_rtrim" -> Text,
    /// a text without these characters at both ends: `trim(text, characters)`
    TrimBoth = "sqlite_trim_of" -> Text,
    /// a part of a text, counted from its end when the start is negative: `substr(text, start, length)`
    Substr = "sqlite_substring" -> Text,
    /// a text with every occurrence of a part replaced; nothing is replaced for an empty part
    Replace = "sqlite_replace" -> Text,
    /// the bytes of a text in hexadecimal: `hex(text)`
    Hex = "sqlite_hex" -> Text,
    /// 1 when a text matches a pattern of `*`, `?` and `[…]`, else 0: `text GLOB pattern`
    Glob = "sqlite_glob" -> Integer,
    /// 1 when a text matches a pattern of `%` and `_`, which the third argument escapes, else 0
    LikeEscape = "sqlite_like_escape" -> Integer,
    /// the integer a text begins with, or 0: `CAST(text AS INTEGER)`
    IntegerOfText = "sqlite_int_of_text" -> Integer,
    /// the number a text begins with, or 0.0: `CAST(text AS REAL)`
    RealOfText = "sqlite_real_of_text" -> Real,
    /// 1 when the number a text begins with, or the 0 it counts as, is an integer, else 0
    HasWhole = "sqlite_has_whole" -> Integer,
    /// -1, 0 or 1 as a number is less than, equal to or more than a text that may be a number
    CompareWithText = "sqlite_compare" -> Integer,
    /// the integer that a text is, as a number; NULL when it is none
    WholeOfText = "sqlite_whole_of_text" -> Integer,
    /// values in a format: `printf(format, values…, release of SQLite)`
    Format = "sqlite_format" -> Text,
}

impl SqliteFunction {
    /// The function of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|function| function.name() == name)
            .copied()
    }

    /// Whether it takes arguments of these kinds; none stands for NULL.
    pub fn accepts(self, kinds: &[Option<SqliteKind>]) -> bool {
        let text = |kind: &Option<SqliteKind>| matches!(kind, None | Some(SqliteKind::Text));
        let whole = |kind: &Option<SqliteKind>| matches!(kind, None | Some(SqliteKind::Integer));
        match (self, kinds) {
            (Self::Date | Self::Time | Self::DateTime | Self::JulianDay, [_, modifiers @ ..]) => {
                modifiers.iter().all(text)
            }
            (Self::Strftime, [format, _, modifiers @ ..]) => {
                text(format) && modifiers.iter().all(text)
            }
            (
                Self::Instr | Self::TrimStart | Self::TrimEnd | Self::TrimBoth | Self::Glob,
                [a, b],
            ) => text(a) && text(b),
            (Self::Substr, [a, start]) => text(a) && whole(start),
            (Self::Substr, [a, start, length]) => text(a) && whole(start) && whole(length),
            (Self::Replace | Self::LikeEscape, [a, b, c]) => text(a) && text(b) && text(c),
            (
                Self::Hex
                | Self::IntegerOfText
                | Self::RealOfText
                | Self::HasWhole
                | Self::WholeOfText,
                [a],
            ) => text(a),
            (Self::CompareWithText, [number, a]) => {
                matches!(number, None | Some(SqliteKind::Integer | SqliteKind::Real)) && text(a)
            }
            (Self::Format, [format, .., release]) => text(format) && text(release),
            _ => false,
        }
    }

    /// Whether it can be NULL for arguments that are not.
    pub fn may_be_null(self) -> bool {
        matches!(
            self,
            Self::Date
                | Self::Time
                | Self::DateTime
                | Self::JulianDay
                | Self::Strftime
                | Self::WholeOfText
        )
    }

    /// Its value; an error where SQLite has one that is not modelled here.
    pub fn evaluate(self, arguments: &[SqliteValue]) -> Result<SqliteValue, PythonError> {
        use SqliteValue as V;
        let unmodelled = || PythonError::Unmodelled(format!("`{}` of these values", self.name()));
        if self == Self::Format {
            return format::printed(arguments)
                .map(V::Text)
                .ok_or_else(unmodelled);
        }
        if arguments.contains(&V::Null) {
            return Ok(V::Null);
        }
        let at = |moment: &V, modifiers: &[V]| {
            if moments::asks_machine(moment) || modifiers.iter().any(moments::asks_machine) {
                return Err(unmodelled());
            }
            Ok(moments::moment(moment, modifiers))
        };
        let text = |text: Option<String>| text.map_or(V::Null, V::Text);
        let truth = |holds: bool| V::Integer(i64::from(holds));
        Ok(match (self, arguments) {
            (Self::Date, [moment, modifiers @ ..]) => {
                text(at(moment, modifiers)?.map(moments::Moment::date))
            }
            (Self::Time, [moment, modifiers @ ..]) => {
                text(at(moment, modifiers)?.map(moments::Moment::time))
            }
            (Self::DateTime, [moment, modifiers @ ..]) => {
                text(at(moment, modifiers)?.map(|at| format!("{} {}", at.date(), at.time())))
            }
            (Self::JulianDay, [moment, modifiers @ ..]) => {
                at(moment, modifiers)?.map_or(V::Null, |at| V::Real(at.julian_day()))
            }
            (Self::Strftime, [V::Text(format), moment, modifiers @ ..]) => {
                text(at(moment, modifiers)?.and_then(|at| at.formatted(format)))
            }
            (Self::Instr, [V::Text(text), V::Text(part)]) => V::Integer(texts::place(text, part)),
            (
                Self::TrimStart | Self::TrimEnd | Self::TrimBoth,
                [V::Text(text), V::Text(characters)],
            ) => {
                let cut = |c: char| characters.contains(c);
                V::Text(
                    match self {
                        Self::TrimStart => text.trim_start_matches(cut),
                        Self::TrimEnd => text.trim_end_matches(cut),
                        _ => text.trim_matches(cut),
                    }
                    .to_owned(),
                )
            }
            (Self::Substr, [V::Text(text), V::Integer(start)]) => {
                V::Text(sqlite_substr(text, *start, None))
            }
            (Self::Substr, [V::Text(text), V::Integer(start), V::Integer(length)]) => {
                V::Text(sqlite_substr(text, *start, Some(*length)))
            }
            (Self::Replace, [V::Text(text), V::Text(part), V::Text(new)]) => {
                V::Text(if part.is_empty() {
                    text.clone()
                } else {
                    text.replace(part.as_str(), new)
                })
            }
            (Self::Hex, [V::Text(text)]) => V::Text(texts::hexadecimal(text)),
            (Self::Glob, [V::Text(text), V::Text(pattern)]) => truth(texts::glob(text, pattern)),
            (Self::LikeEscape, [V::Text(text), V::Text(pattern), V::Text(escape)]) => {
                truth(texts::like_escape(text, pattern, escape).ok_or_else(unmodelled)?)
            }
            (Self::IntegerOfText, [V::Text(text)]) => V::Integer(sqlite_integer_of_text(text)),
            (Self::HasWhole, [V::Text(text)]) => truth(matches!(
                sqlite_operand_of_text(text),
                SqliteNumber::Integer(_)
            )),
            (Self::WholeOfText, [V::Text(text)]) => {
                sqlite_whole_of_text(text).map_or(V::Null, V::Integer)
            }
            (Self::CompareWithText, [number, V::Text(text)]) => {
                let number = match number {
                    V::Integer(value) => SqliteNumber::Integer(*value),
                    V::Real(value) => SqliteNumber::Real(*value),
                    V::Text(_) | V::Null => return Err(unmodelled()),
                };
                V::Integer(sqlite_compare_with_text(number, text) as i64)
            }
            (Self::RealOfText, [V::Text(text)]) => V::Real(sqlite_real_of_text(text)),
            _ => return Err(unmodelled()),
        })
    }
}

/// Whether a format of `strftime` means the same in every release.
pub fn sqlite_knows_moment_format(format: &str) -> bool {
    moments::known_format(format)
}

/// How many values a format of `printf` takes; none when it has directives that are not modelled.
pub fn sqlite_format_values(format: &str) -> Option<usize> {
    format::values_of(format)
}

/// The release named by the last argument of a function whose answer depends on it.
fn release(argument: &SqliteValue) -> Option<SqliteRelease> {
    match argument {
        SqliteValue::Text(version) => SqliteRelease::of_version(version),
        _ => None,
    }
}
