//! Dates and timestamps: made from parts, read from text, printed.
//!
//! English names, as in the C locale a job runs in unless it sets another.

use jiff::civil::{Date, DateTime};

use super::{PythonFunction, PythonValue, beyond};
use crate::{
    PythonError, date_from_days, iso_date, pandas_timestamp_text, python_is_space,
    timestamp_isoformat,
};

const DAY: i64 = 86_400_000_000;
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

pub(super) fn evaluate(
    function: PythonFunction,
    arguments: &[PythonValue],
) -> Option<Result<PythonValue, PythonError>> {
    use PythonFunction as F;
    use PythonValue as V;
    Some(match (function, arguments) {
        (F::IsDate, [V::Int(year), V::Int(month), V::Int(day)]) => {
            Ok(V::Bool(date(*year, *month, *day).is_some()))
        }
        (F::DateOf, [V::Int(year), V::Int(month), V::Int(day)]) => {
            match date(*year, *month, *day) {
                Some(days) => Ok(V::Date(days)),
                None => Err(value_error("day, month or year is out of range")),
            }
        }
        (F::IsIsoDateText, [V::Text(text)]) => {
            iso_date_of(text).map(|date| V::Bool(date.is_some()))
        }
        (F::DateOfIsoText, [V::Text(text)]) => iso_date_of(text).and_then(|date| {
            date.map(V::Date)
                .ok_or_else(|| PythonError::Value(format!("Invalid isoformat string: {text:?}")))
        }),
        (F::IsIsoTimestampText, [V::Text(text)]) => {
            iso_timestamp_of(text).map(|at| V::Bool(at.is_some()))
        }
        (F::TimestampOfIsoText, [V::Text(text)]) => iso_timestamp_of(text).and_then(|at| {
            at.map(V::Timestamp)
                .ok_or_else(|| PythonError::Value(format!("Invalid isoformat string: {text:?}")))
        }),
        (F::IsTimeText, [V::Text(text), V::Text(format)]) => {
            parsed(text, format).map(|at| V::Bool(at.is_some()))
        }
        (F::ParseTime, [V::Text(text), V::Text(format)]) => parsed(text, format).and_then(|at| {
            at.map(V::Timestamp).ok_or_else(|| {
                PythonError::Value(format!(
                    "time data '{text}' does not match format '{format}'"
                ))
            })
        }),
        (F::FormatTime, [V::Date(days), V::Text(format)]) => {
            formatted(i64::from(*days) * DAY, format).map(V::Text)
        }
        (F::FormatTime, [V::Timestamp(at), V::Text(format)]) => formatted(*at, format).map(V::Text),
        (F::Midnight, [V::Date(days)]) => Ok(V::Timestamp(i64::from(*days) * DAY)),
        (F::Hour, [V::Timestamp(at)]) => Ok(V::Int(at.rem_euclid(DAY) / 3_600_000_000)),
        (F::Minute, [V::Timestamp(at)]) => Ok(V::Int(at.rem_euclid(DAY) / 60_000_000 % 60)),
        (F::Second, [V::Timestamp(at)]) => Ok(V::Int(at.rem_euclid(DAY) / 1_000_000 % 60)),
        (F::Microsecond, [V::Timestamp(at)]) => Ok(V::Int(at.rem_euclid(1_000_000))),
        (
            F::AtTime,
            [
                V::Timestamp(at),
                V::Int(hour),
                V::Int(minute),
                V::Int(second),
                V::Int(micro),
            ],
        ) => {
            if (0..24).contains(hour)
                && (0..60).contains(minute)
                && (0..60).contains(second)
                && (0..1_000_000).contains(micro)
            {
                let of_day = ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro;
                Ok(V::Timestamp(at - at.rem_euclid(DAY) + of_day))
            } else {
                Err(value_error("hour, minute or second is out of range"))
            }
        }
        (F::MicrosecondsBetween, [V::Timestamp(a), V::Timestamp(b)]) => a
            .checked_sub(*b)
            .map(V::Int)
            .ok_or(PythonError::Overflow("date value out of range")),
        (F::AddMicroseconds, [V::Timestamp(at), V::Int(count)]) => at
            .checked_add(*count)
            .filter(|end| civil(*end).is_some_and(|at| (1..=9999).contains(&at.year())))
            .map(V::Timestamp)
            .ok_or(PythonError::Overflow("date value out of range")),
        (F::TimestampIsoText, [V::Timestamp(at)]) => {
            timestamp_isoformat(*at).map(V::Text).ok_or_else(outside)
        }
        (F::TimestampText, [V::Timestamp(at)]) => {
            pandas_timestamp_text(*at).map(V::Text).ok_or_else(outside)
        }
        (F::DaysInMonth, [V::Int(year), V::Int(month)]) => match first_of(*year, *month) {
            Some(first) => Ok(V::Int(first.days_in_month().into())),
            None => Err(value_error("bad month number")),
        },
        (F::DayOfYear, [V::Date(days)]) => date_from_days(*days)
            .map(|date| V::Int(date.day_of_year().into()))
            .ok_or_else(outside),
        (F::DayOfYear, [V::Timestamp(at)]) => civil(*at)
            .map(|at| V::Int(at.date().day_of_year().into()))
            .ok_or_else(outside),
        (F::MonthName, [V::Int(month)]) => match month {
            // `calendar.month_name[0]` is empty, and indices may be negative.
            0 | -13 => Ok("".into()),
            1..=12 => Ok(MONTHS[*month as usize - 1].into()),
            -12..=-1 => Ok(MONTHS[(month + 12) as usize].into()),
            _ => Err(beyond("list index out of range")),
        },
        (F::DayName, [V::Int(day)]) => match day {
            0..=6 => Ok(DAYS[*day as usize].into()),
            -7..=-1 => Ok(DAYS[(day + 7) as usize].into()),
            _ => Err(beyond("list index out of range")),
        },
        _ => return None,
    })
}

fn value_error(text: &str) -> PythonError {
    PythonError::Value(text.to_owned())
}

fn outside() -> PythonError {
    PythonError::Overflow("date value out of range")
}

fn first_of(year: i64, month: i64) -> Option<Date> {
    let (year, month) = (i16::try_from(year).ok()?, i8::try_from(month).ok()?);
    (1..=9999).contains(&year).then_some(())?;
    Date::new(year, month, 1).ok()
}

fn date(year: i64, month: i64, day: i64) -> Option<i32> {
    let first = first_of(year, month)?;
    let day = i8::try_from(day).ok()?;
    let date = Date::new(first.year(), first.month(), day).ok()?;
    Some(days_of(date))
}

fn days_of(date: Date) -> i32 {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch
        .until((jiff::Unit::Day, date))
        .map_or(0, |span| span.get_days())
}

fn civil(microseconds: i64) -> Option<DateTime> {
    let date = date_from_days(i32::try_from(microseconds.div_euclid(DAY)).ok()?)?;
    let time = date.to_datetime(jiff::civil::Time::midnight());
    time.checked_add(
        jiff::Span::new()
            .try_microseconds(microseconds.rem_euclid(DAY))
            .ok()?,
    )
    .ok()
}

fn digits(text: &str) -> Option<i64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

/// `date.fromisoformat`: `YYYY-MM-DD` and `YYYYMMDD`; dates by week are not modelled.
fn iso_date_of(text: &str) -> Result<Option<i32>, PythonError> {
    if !text.is_ascii() {
        return Ok(None);
    }
    if text.contains(['W', 'w']) && matches!(text.len(), 7 | 8 | 10) {
        return Err(PythonError::Unmodelled(format!("the ISO week {text:?}")));
    }
    let parts = match text.len() {
        10 if text[4..5] == *"-" && text[7..8] == *"-" => (&text[..4], &text[5..7], &text[8..]),
        8 => (&text[..4], &text[4..6], &text[6..]),
        _ => return Ok(None),
    };
    Ok(match (digits(parts.0), digits(parts.1), digits(parts.2)) {
        (Some(year), Some(month), Some(day)) => date(year, month, day),
        _ => None,
    })
}

/// `datetime.fromisoformat` without zones: a date, and after one character a time of day.
fn iso_timestamp_of(text: &str) -> Result<Option<i64>, PythonError> {
    let unmodelled = || Err(PythonError::Unmodelled(format!("the ISO time {text:?}")));
    if !text.is_ascii() {
        return unmodelled();
    }
    if matches!(text.len(), 8 | 10) {
        return Ok(iso_date_of(text)?.map(|days| i64::from(days) * DAY));
    }
    if text.len() < 11 || text[4..5] != *"-" || text[7..8] != *"-" {
        // Basic forms and weeks.
        return if text.bytes().take(4).all(|byte| byte.is_ascii_digit()) && text.len() > 8 {
            unmodelled()
        } else {
            Ok(None)
        };
    }
    let Some(days) = iso_date_of(&text[..10])? else {
        return Ok(None);
    };
    let time = &text[11..];
    if time.contains(['+', '-', 'Z', 'z', ',']) {
        return unmodelled();
    }
    let (clock, fraction) = match time.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (time, None),
    };
    let fields: Vec<Option<i64>> = clock
        .split(':')
        .map(|field| digits(field).filter(|_| field.len() == 2))
        .collect();
    let Some(fields) = fields.into_iter().collect::<Option<Vec<i64>>>() else {
        return if clock.bytes().all(|byte| byte.is_ascii_digit()) && !clock.is_empty() {
            unmodelled()
        } else {
            Ok(None)
        };
    };
    let micros = match fraction {
        None => 0,
        Some(fraction) if fields.len() == 3 && matches!(fraction.len(), 3 | 6) => {
            match digits(fraction) {
                Some(number) if fraction.len() == 3 => number * 1000,
                Some(number) => number,
                None => return Ok(None),
            }
        }
        Some(_) => return unmodelled(),
    };
    let (hour, minute, second) = match fields[..] {
        [hour] => (hour, 0, 0),
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return Ok(None),
    };
    if hour > 23 || minute > 59 || second > 59 {
        return Ok(None);
    }
    let of_day = ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros;
    Ok(Some(i64::from(days) * DAY + of_day))
}

/// `datetime.strptime`, for the directives that are common; `None` when the text does not match.
///
/// `_strptime` turns the format into a regular expression that may take fewer digits where the rest matches
/// only then; so a number followed directly by another is not modelled unless both have their full width.
fn parsed(text: &str, format: &str) -> Result<Option<i64>, PythonError> {
    let unmodelled = || {
        Err(PythonError::Unmodelled(format!(
            "strptime of {text:?} with {format:?}"
        )))
    };
    if !text.is_ascii() {
        return unmodelled();
    }
    let (mut year, mut month, mut day) = (1900, 1, 1);
    let (mut hour, mut minute, mut second, mut micro) = (0, 0, 0, 0);
    let mut afternoon: Option<bool> = None;
    let mut twelve = false;
    let mut rest = text;
    let mut directives = format.chars().peekable();
    while let Some(c) = directives.next() {
        if c != '%' {
            if python_is_space(c) {
                // White space in the format matches any amount, but at least one.
                let trimmed = rest.trim_start_matches(python_is_space);
                if trimmed.len() == rest.len() {
                    return Ok(None);
                }
                while directives.next_if(|next| python_is_space(*next)).is_some() {}
                rest = trimmed;
                continue;
            }
            match rest.chars().next() {
                Some(found) if found.eq_ignore_ascii_case(&c) => rest = &rest[1..],
                _ => return Ok(None),
            }
            continue;
        }
        let Some(letter) = directives.next() else {
            return unmodelled();
        };
        let follows_digit = directives
            .peek()
            .is_some_and(|c| *c == '%' || c.is_ascii_digit());
        let width = match letter {
            'Y' => 4,
            'm' | 'd' | 'H' | 'I' | 'M' | 'S' | 'y' => 2,
            'f' => 6,
            'b' | 'B' | 'p' => 0,
            '%' => {
                match rest.strip_prefix('%') {
                    Some(after) => rest = after,
                    None => return Ok(None),
                }
                continue;
            }
            _ => return unmodelled(),
        };
        if width == 0 {
            let lowered = rest.to_ascii_lowercase();
            if letter == 'p' {
                afternoon = Some(match () {
                    () if lowered.starts_with("am") => false,
                    () if lowered.starts_with("pm") => true,
                    () => return Ok(None),
                });
                rest = &rest[2..];
                continue;
            }
            let found = MONTHS.iter().position(|name| {
                let name = name.to_ascii_lowercase();
                let name = if letter == 'b' { &name[..3] } else { &name[..] };
                lowered.starts_with(name)
            });
            let Some(found) = found else {
                return Ok(None);
            };
            month = found as i64 + 1;
            rest = &rest[if letter == 'b' {
                3
            } else {
                MONTHS[found].len()
            }..];
            continue;
        }
        let available = rest
            .bytes()
            .take(width)
            .take_while(u8::is_ascii_digit)
            .count();
        let exact = matches!(letter, 'Y' | 'y');
        if available == 0 || (exact && available < width) {
            return Ok(None);
        }
        if available < width && follows_digit {
            return unmodelled();
        }
        let Some(number) = digits(&rest[..available]) else {
            return Ok(None);
        };
        let limits = match letter {
            'm' => 1..=12,
            'd' => 1..=31,
            'H' => 0..=23,
            'I' => 1..=12,
            'M' => 0..=59,
            'S' => 0..=61,
            _ => 0..=999_999,
        };
        if !limits.contains(&number) {
            // The expression would take one digit only and go on with the other.
            let single = digits(&rest[..1]).is_some_and(|digit| limits.contains(&digit));
            if single && available == 2 && follows_digit {
                return unmodelled();
            }
            return Ok(None);
        }
        match letter {
            'Y' => year = number,
            'y' => {
                year = if number <= 68 {
                    2000 + number
                } else {
                    1900 + number
                }
            }
            'm' => month = number,
            'd' => day = number,
            'H' => hour = number,
            'I' => {
                hour = number;
                twelve = true;
            }
            'M' => minute = number,
            'S' => second = number,
            _ => micro = number * 10_i64.pow(6 - available as u32),
        }
        rest = &rest[available..];
    }
    if !rest.is_empty() {
        return Ok(None);
    }
    if twelve {
        hour = match afternoon {
            Some(true) => hour % 12 + 12,
            _ => hour % 12,
        };
    }
    if second > 59 {
        return unmodelled();
    }
    let Some(days) = date(year, month, day) else {
        return Ok(None);
    };
    let of_day = ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro;
    Ok(Some(i64::from(days) * DAY + of_day))
}

/// `strftime`.
fn formatted(at: i64, format: &str) -> Result<String, PythonError> {
    let unmodelled = || PythonError::Unmodelled(format!("strftime with {format:?}"));
    let moment = civil(at).ok_or_else(outside)?;
    let (date, time) = (moment.date(), moment.time());
    let weekday = date.weekday();
    let mut text = String::new();
    let mut directives = format.chars();
    while let Some(c) = directives.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let mut letter = directives.next().ok_or_else(unmodelled)?;
        let padded = letter != '-';
        if !padded {
            letter = directives.next().ok_or_else(unmodelled)?;
        }
        let month = MONTHS[date.month().unsigned_abs() as usize - 1];
        let day = DAYS[weekday.to_monday_zero_offset() as usize];
        let number = |value: i64, width: usize| {
            if padded {
                format!("{value:0width$}")
            } else {
                value.to_string()
            }
        };
        let hour = i64::from(time.hour());
        let yearday = i64::from(date.day_of_year()) - 1;
        let piece = match letter {
            'm' => number(date.month().into(), 2),
            'd' => number(date.day().into(), 2),
            'H' => number(hour, 2),
            'I' => number((hour + 11) % 12 + 1, 2),
            'M' => number(time.minute().into(), 2),
            'S' => number(time.second().into(), 2),
            'j' => number(date.day_of_year().into(), 3),
            'y' => number(i64::from(date.year()).rem_euclid(100), 2),
            _ if !padded => return Err(unmodelled()),
            // The C library does not pad years.
            'Y' => date.year().to_string(),
            'b' | 'h' => month[..3].to_owned(),
            'B' => month.to_owned(),
            'a' => day[..3].to_owned(),
            'A' => day.to_owned(),
            'p' => (if hour < 12 { "AM" } else { "PM" }).to_owned(),
            'f' => format!("{:06}", at.rem_euclid(1_000_000)),
            'F' => {
                // Here the year is padded by one C library and not by another.
                if date.year() < 1000 {
                    return Err(unmodelled());
                }
                iso_date(date)
            }
            'D' => format!(
                "{:02}/{:02}/{:02}",
                date.month(),
                date.day(),
                date.year().rem_euclid(100)
            ),
            'T' => format!(
                "{:02}:{:02}:{:02}",
                time.hour(),
                time.minute(),
                time.second()
            ),
            'R' => format!("{:02}:{:02}", time.hour(), time.minute()),
            'u' => weekday.to_monday_one_offset().to_string(),
            'w' => weekday.to_sunday_zero_offset().to_string(),
            'G' => date.iso_week_date().year().to_string(),
            'V' => format!("{:02}", date.iso_week_date().week()),
            'U' => {
                let from_sunday = i64::from(weekday.to_sunday_zero_offset());
                format!("{:02}", (yearday + 7 - from_sunday) / 7)
            }
            'W' => {
                let from_monday = i64::from(weekday.to_monday_zero_offset());
                format!("{:02}", (yearday + 7 - from_monday) / 7)
            }
            '%' => "%".to_owned(),
            _ => return Err(unmodelled()),
        };
        text.push_str(&piece);
    }
    Ok(text)
}
