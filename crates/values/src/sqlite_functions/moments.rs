//! Dates and times after `date.c`: a moment is a number of milliseconds of the Julian day.
//!
//! What asks the clock or the time zone of the machine (`now`, `localtime`, `utc`) has no value here.

use super::SqliteValue;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// The largest moment, the end of the year 9999.
const LAST: i64 = 464_269_060_799_999;

/// A moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    julian: i64,
}

/// A moment while modifiers work on it.
enum Reading {
    /// Known.
    At(Moment),
    /// A number outside of the calendar, of which only `unixepoch` can make a moment.
    Number,
}

/// Whether an argument asks the clock or the zone of the machine, or says what only later releases know.
pub(super) fn asks_machine(argument: &SqliteValue) -> bool {
    let SqliteValue::Text(text) = argument else {
        return false;
    };
    let words = [
        "now",
        "localtime",
        "utc",
        "auto",
        "julianday",
        "subsec",
        "subsecond",
        "ceiling",
        "floor",
    ];
    words
        .iter()
        .any(|word| text.trim().eq_ignore_ascii_case(word))
}

/// The moment a value and its modifiers stand for.
pub(super) fn moment(value: &SqliteValue, modifiers: &[SqliteValue]) -> Option<Moment> {
    let mut raw = None;
    let mut reading = match value {
        SqliteValue::Null => return None,
        SqliteValue::Integer(number) => {
            raw = Some(*number as f64);
            of_number(*number as f64)
        }
        SqliteValue::Real(number) => {
            raw = Some(*number);
            of_number(*number)
        }
        SqliteValue::Text(text) => match of_text(text) {
            Some(at) => Reading::At(at),
            None => {
                let number = whole_number(text)?;
                raw = Some(number);
                of_number(number)
            }
        },
    };
    for (at, modifier) in modifiers.iter().enumerate() {
        let SqliteValue::Text(modifier) = modifier else {
            return None;
        };
        let word = modifier.to_ascii_lowercase();
        reading = match (word.as_str(), raw) {
            ("unixepoch", Some(seconds)) if at == 0 => {
                let milliseconds = seconds * 1000.0 + 210_866_760_000_000.0;
                if !(0.0..464_269_060_800_000.0).contains(&milliseconds) {
                    return None;
                }
                Reading::At(Moment {
                    julian: (milliseconds + 0.5) as i64,
                })
            }
            (word, _) => match reading {
                Reading::At(moment) => Reading::At(modified(moment, word)?),
                Reading::Number => return None,
            },
        };
    }
    match reading {
        Reading::At(moment) if (0..=LAST).contains(&moment.julian) => Some(moment),
        Reading::At(_) | Reading::Number => None,
    }
}

fn of_number(number: f64) -> Reading {
    if (0.0..5_373_484.5).contains(&number) {
        Reading::At(Moment {
            julian: (number * 86_400_000.0 + 0.5) as i64,
        })
    } else {
        Reading::Number
    }
}

/// A text that is a number and nothing else.
fn whole_number(text: &str) -> Option<f64> {
    let trimmed = text.trim_matches(|c: char| c == ' ' || ('\t'..='\r').contains(&c));
    let number = trimmed
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    let digits = trimmed.bytes().any(|byte| byte.is_ascii_digit());
    (number && digits).then(|| trimmed.parse().ok()).flatten()
}

/// `YYYY-MM-DD`, perhaps with a time behind it, or a time of 2000-01-01.
fn of_text(text: &str) -> Option<Moment> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if let Some((year, month, day, rest)) = date_part(unsigned) {
        let rest = rest.trim_start_matches(|c: char| c == 'T' || is_space(c));
        let year = if negative { -year } else { year };
        let day_start = Moment::of_day(year, month, day);
        if rest.is_empty() {
            return Some(day_start);
        }
        return Some(Moment {
            julian: day_start.julian + time_part(rest)?,
        });
    }
    Some(Moment {
        julian: Moment::of_day(2000, 1, 1).julian + time_part(text)?,
    })
}

fn is_space(c: char) -> bool {
    c == ' ' || ('\t'..='\r').contains(&c)
}

fn date_part(text: &str) -> Option<(i64, i64, i64, &str)> {
    let (year, rest) = digits(text, 4, 9999)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2, 12)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 2, 31)?;
    (month >= 1 && day >= 1).then_some((year, month, day, rest))
}

/// Milliseconds of `HH:MM[:SS[.FFF]]` and its zone.
fn time_part(text: &str) -> Option<i64> {
    let (hour, rest) = digits(text, 2, 24)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2, 59)?;
    let (mut seconds, mut rest) = (0.0, rest);
    if let Some(after) = rest.strip_prefix(':') {
        let (whole, after) = digits(after, 2, 59)?;
        seconds = whole as f64;
        rest = after;
        let fraction = after
            .strip_prefix('.')
            .filter(|fraction| fraction.starts_with(|c: char| c.is_ascii_digit()));
        if let Some(fraction) = fraction {
            let count = fraction.bytes().take_while(u8::is_ascii_digit).count();
            let (own, after) = fraction.split_at(count);
            let (mut value, mut scale) = (0.0, 1.0);
            for digit in own.bytes() {
                value = value * 10.0 + f64::from(digit - b'0');
                scale *= 10.0;
            }
            seconds += value / scale;
            rest = after;
        }
    }
    let zone = zone_part(rest)?;
    let own = hour * 3_600_000 + minute * 60_000 + (seconds * 1000.0 + 0.5) as i64;
    Some(own - zone * 60_000)
}

/// Minutes of a zone behind a time.
fn zone_part(text: &str) -> Option<i64> {
    let text = text.trim_start_matches(is_space);
    let (sign, rest) = match text.as_bytes().first() {
        None => return Some(0),
        Some(b'Z' | b'z') => {
            return text[1..]
                .trim_start_matches(is_space)
                .is_empty()
                .then_some(0);
        }
        Some(b'+') => (1, &text[1..]),
        Some(b'-') => (-1, &text[1..]),
        Some(_) => return None,
    };
    let (hours, rest) = digits(rest, 2, 14)?;
    let (minutes, rest) = digits(rest.strip_prefix(':')?, 2, 59)?;
    rest.trim_start_matches(is_space)
        .is_empty()
        .then_some(sign * (hours * 60 + minutes))
}

/// That many digits, and what follows.
fn digits(text: &str, count: usize, max: i64) -> Option<(i64, &str)> {
    let own = text.get(..count)?;
    if !own.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: i64 = own.parse().ok()?;
    (value <= max).then_some((value, &text[count..]))
}

fn modified(moment: Moment, modifier: &str) -> Option<Moment> {
    let day_start = |julian: i64| (julian + DAY / 2).div_euclid(DAY) * DAY - DAY / 2;
    let of_start = |year, month, day| Some(Moment::of_day(year, month, day));
    let (year, month, _) = moment.calendar();
    match modifier {
        "start of day" => {
            return Some(Moment {
                julian: day_start(moment.julian),
            });
        }
        "start of month" => return of_start(year, month, 1),
        "start of year" => return of_start(year, 1, 1),
        _ => {}
    }
    if let Some(weekday) = modifier.strip_prefix("weekday ") {
        let wanted: f64 = weekday.trim().parse().ok()?;
        if !(0.0..7.0).contains(&wanted) || wanted.fract() != 0.0 {
            return None;
        }
        let wanted = wanted as i64;
        let mut today = (moment.julian + 129_600_000).div_euclid(DAY) % 7;
        if today > wanted {
            today -= 7;
        }
        return Some(Moment {
            julian: moment.julian + (wanted - today) * DAY,
        });
    }
    if !modifier.starts_with(|c: char| c == '+' || c == '-' || c.is_ascii_digit()) {
        return None;
    }
    let end = modifier[1..]
        .find(|c: char| is_space(c) || c == ':')
        .map(|at| at + 1)?;
    let amount: f64 = whole_number(&modifier[..end])?;
    if modifier[end..].starts_with(':') {
        let (sign, time) = match modifier.as_bytes()[0] {
            b'-' => (-1, &modifier[1..]),
            b'+' => (1, &modifier[1..]),
            _ => (1, modifier),
        };
        return Some(Moment {
            julian: moment.julian + sign * time_part(time)?,
        });
    }
    let unit = modifier[end..].trim_start_matches(is_space);
    if !(3..=10).contains(&unit.len()) {
        return None;
    }
    let unit = unit.strip_suffix('s').unwrap_or(unit);
    let (seconds, limit) = match unit {
        "second" => (1.0, 4.6427e14),
        "minute" => (60.0, 7.7379e12),
        "hour" => (3600.0, 1.2897e11),
        "day" => (86_400.0, 5_373_485.0),
        "month" => (2_592_000.0, 176_546.0),
        "year" => (31_536_000.0, 14_713.0),
        _ => return None,
    };
    if amount.abs() >= limit {
        return None;
    }
    let whole = amount as i64;
    let (moved, rest) = match unit {
        "month" => {
            let (year, month, day) = moment.calendar();
            let months = month + whole;
            let years = if months > 0 {
                (months - 1) / 12
            } else {
                (months - 12) / 12
            };
            let start = Moment::of_day(year + years, months - years * 12, day);
            (
                start.julian + moment.of_day_milliseconds(),
                amount - whole as f64,
            )
        }
        "year" => {
            let (year, month, day) = moment.calendar();
            let start = Moment::of_day(year + whole, month, day);
            (
                start.julian + moment.of_day_milliseconds(),
                amount - whole as f64,
            )
        }
        _ => (moment.julian, amount),
    };
    let rounder = if amount < 0.0 { -0.5 } else { 0.5 };
    Some(Moment {
        julian: moved + (rest * 1000.0 * seconds + rounder) as i64,
    })
}

impl Moment {
    /// Midnight of a day; days beyond the end of a month go on into the next.
    fn of_day(year: i64, month: i64, day: i64) -> Self {
        let (year, month) = if month <= 2 {
            (year - 1, month + 12)
        } else {
            (year, month)
        };
        let century = year / 100;
        let correction = 2 - century + century / 4;
        let of_years = 36_525 * (year + 4716) / 100;
        let of_months = 306_001 * (month + 1) / 10_000;
        let julian = (of_years + of_months + day + correction) as f64 - 1524.5;
        Self {
            julian: (julian * 86_400_000.0) as i64,
        }
    }

    /// Year, month and day.
    fn calendar(self) -> (i64, i64, i64) {
        let days = ((self.julian + DAY / 2) / DAY) as i32;
        let alpha = ((f64::from(days) - 1_867_216.25) / 36_524.25) as i32;
        let shifted = days + 1 + alpha - alpha / 4 + 1524;
        let years = ((f64::from(shifted) - 122.1) / 365.25) as i32;
        let before = 36_525 * (years & 32_767) / 100;
        let months = (f64::from(shifted - before) / 30.6001) as i32;
        let day = shifted - before - (30.6001 * f64::from(months)) as i32;
        let month = if months < 14 { months - 1 } else { months - 13 };
        let year = if month > 2 {
            years - 4716
        } else {
            years - 4715
        };
        (i64::from(year), i64::from(month), i64::from(day))
    }

    fn of_day_milliseconds(self) -> i64 {
        (self.julian + DAY / 2).rem_euclid(DAY)
    }

    /// `YYYY-MM-DD`.
    pub(super) fn date(self) -> String {
        let (year, month, day) = self.calendar();
        let sign = if year < 0 { "-" } else { "" };
        format!("{sign}{:04}-{month:02}-{day:02}", year.abs())
    }

    /// `HH:MM:SS`.
    pub(super) fn time(self) -> String {
        let seconds = self.of_day_milliseconds() / 1000;
        format!(
            "{:02}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )
    }

    /// Days of the Julian calendar.
    pub(super) fn julian_day(self) -> f64 {
        self.julian as f64 / 86_400_000.0
    }

    /// In a format; none when it has a directive that not every release knows.
    pub(super) fn formatted(self, format: &str) -> Option<String> {
        let (year, month, day) = self.calendar();
        let milliseconds = self.of_day_milliseconds();
        let seconds = milliseconds / 1000;
        let first = Self::of_day(year, 1, 1).julian;
        let of_year = (self.julian - milliseconds - first) / DAY;
        let mut text = String::new();
        let mut rest = format.chars();
        while let Some(c) = rest.next() {
            if c != '%' {
                text.push(c);
                continue;
            }
            match rest.next()? {
                'd' => text.push_str(&format!("{day:02}")),
                'f' => {
                    let shown = (milliseconds % 60_000) as f64 / 1000.0;
                    text.push_str(&format!("{:06.3}", shown.min(59.999)));
                }
                'H' => text.push_str(&format!("{:02}", seconds / 3600)),
                'j' => text.push_str(&format!("{:03}", of_year + 1)),
                'm' => text.push_str(&format!("{month:02}")),
                'M' => text.push_str(&format!("{:02}", seconds / 60 % 60)),
                's' => text.push_str(&(self.julian / 1000 - 210_866_760_000).to_string()),
                'S' => text.push_str(&format!("{:02}", seconds % 60)),
                'w' => {
                    let weekday = (self.julian + 129_600_000) / DAY % 7;
                    text.push_str(&weekday.to_string());
                }
                'W' => {
                    let from_monday = (self.julian + DAY / 2) / DAY % 7;
                    text.push_str(&format!("{:02}", (of_year + 7 - from_monday) / 7));
                }
                'Y' => text.push_str(&format!("{year:04}")),
                '%' => text.push('%'),
                _ => return None,
            }
        }
        Some(text)
    }
}

/// Whether a format has only directives that every release knows.
pub(super) fn known_format(format: &str) -> bool {
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        if c == '%' && !rest.next().is_some_and(|c| "dfHjmMsSwWY%".contains(c)) {
            return false;
        }
    }
    true
}
