//! Dates and timestamps as text: ISO, `isoformat`, pandas' `str(Timestamp)`, and strftime patterns.

use jiff::civil::{Date, DateTime, Time};
use thiserror::Error;

/// Returns the date `days` after 1970-01-01, as Arrow's `Date32` counts; `None` outside years -9999 to 9999.
pub fn date_from_days(days: i32) -> Option<Date> {
    jiff::civil::date(1970, 1, 1)
        .checked_add(jiff::Span::new().try_days(days).ok()?)
        .ok()
}

/// Prints `YYYY-MM-DD`.
pub fn iso_date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

/// Prints microseconds since 1970 as `datetime.isoformat` does: `2024-10-01T09:30:00`, with six digits of fraction if any.
pub fn timestamp_isoformat(microseconds: i64) -> Option<String> {
    timestamp_text(microseconds, 'T')
}

/// Prints microseconds since 1970 as `str(pandas.Timestamp)` and `str(datetime)` do, with a blank between date and time.
pub fn pandas_timestamp_text(microseconds: i64) -> Option<String> {
    timestamp_text(microseconds, ' ')
}

fn timestamp_text(microseconds: i64, separator: char) -> Option<String> {
    let (date, time) = parts(microseconds)?;
    let fraction = match time.subsec_nanosecond() / 1_000 {
        0 => String::new(),
        micros => format!(".{micros:06}"),
    };
    Some(format!(
        "{}{separator}{:02}:{:02}:{:02}{fraction}",
        iso_date(date),
        time.hour(),
        time.minute(),
        time.second()
    ))
}

fn parts(microseconds: i64) -> Option<(Date, Time)> {
    const DAY: i64 = 86_400_000_000;
    let date = date_from_days(i32::try_from(microseconds.div_euclid(DAY)).ok()?)?;
    let in_day = microseconds.rem_euclid(DAY);
    let start = DateTime::from_parts(date, Time::midnight());
    let at = start
        .checked_add(jiff::Span::new().try_microseconds(in_day).ok()?)
        .ok()?;
    Some((date, at.time()))
}

/// A strftime pattern, checked once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateFormat {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Iso,
    Literal(String),
    Directive { letter: char, padded: bool },
}

/// A strftime pattern that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown directive {directive:?} in date format {pattern:?}; known are {known}")]
pub struct DateFormatError {
    /// The whole pattern.
    pub pattern: String,
    /// What was not understood.
    pub directive: String,
    /// The directives there are.
    pub known: &'static str,
}

const KNOWN: &str = "%Y %y %m %-m %d %-d %j %-j %b %B %a %A %F %D %H %M %S %%";
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

impl DateFormat {
    /// Parses the `csv_date_format` setting: `iso`, or strftime text such as `%-m/%-d/%Y`.
    pub fn parse(pattern: &str) -> Result<Self, DateFormatError> {
        if pattern == "iso" {
            // Not `%Y-%m-%d`: strftime does not pad years.
            let pieces = vec![Piece::Iso];
            return Ok(Self { pieces });
        }
        let refused = |directive: String| DateFormatError {
            pattern: pattern.to_owned(),
            directive,
            known: KNOWN,
        };
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = pattern.chars();
        while let Some(c) = rest.next() {
            if c != '%' {
                literal.push(c);
                continue;
            }
            let mut letter = rest.next();
            let padded = letter != Some('-');
            if !padded {
                letter = rest.next();
            }
            match letter {
                Some('%') if padded => literal.push('%'),
                Some('F') if padded => {
                    pieces.extend(flush(&mut literal).into_iter().chain(expanded("Y-m-d")));
                }
                Some('D') if padded => {
                    pieces.extend(flush(&mut literal).into_iter().chain(expanded("m/d/y")));
                }
                Some(letter @ ('Y' | 'y' | 'b' | 'B' | 'a' | 'A')) if padded => {
                    pieces.extend(flush(&mut literal));
                    pieces.push(Piece::Directive { letter, padded });
                }
                Some(letter @ ('m' | 'd' | 'j' | 'H' | 'M' | 'S')) => {
                    pieces.extend(flush(&mut literal));
                    pieces.push(Piece::Directive { letter, padded });
                }
                other => {
                    let minus = if padded { "" } else { "-" };
                    return Err(refused(format!(
                        "%{minus}{}",
                        other.map(String::from).unwrap_or_default()
                    )));
                }
            }
        }
        pieces.extend(flush(&mut literal));
        Ok(Self { pieces })
    }

    /// Prints a date; hours, minutes and seconds of a date are zero.
    pub fn text(&self, date: Date) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Iso => text.push_str(&iso_date(date)),
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Directive { letter, padded } => {
                    text.push_str(&directive_text(*letter, *padded, date));
                }
            }
        }
        text
    }
}

fn flush(literal: &mut String) -> Option<Piece> {
    (!literal.is_empty()).then(|| Piece::Literal(std::mem::take(literal)))
}

fn expanded(shape: &str) -> Vec<Piece> {
    let piece = |c: char| match c {
        'Y' | 'y' | 'm' | 'd' => Piece::Directive {
            letter: c,
            padded: true,
        },
        literal => Piece::Literal(literal.to_string()),
    };
    shape.chars().map(piece).collect()
}

fn directive_text(letter: char, padded: bool, date: Date) -> String {
    let number = |value: i64, width: usize| {
        if padded {
            format!("{value:0width$}")
        } else {
            value.to_string()
        }
    };
    let month = MONTHS[usize::from(date.month().unsigned_abs()) - 1];
    let day = DAYS[date.weekday().to_monday_zero_offset() as usize];
    match letter {
        'Y' => date.year().to_string(),
        'y' => format!("{:02}", date.year().rem_euclid(100)),
        'm' => number(date.month().into(), 2),
        'd' => number(date.day().into(), 2),
        'j' => number(date.day_of_year().into(), 3),
        'b' => month[..3].to_owned(),
        'B' => month.to_owned(),
        'a' => day[..3].to_owned(),
        'A' => day.to_owned(),
        _ => number(0, 2),
    }
}
