//! `datetime`, `date`, `timedelta` and `calendar`.

use std::rc::Rc;

use relift_dataflow::{Base, Expr, Function, Literal, Refusal};
use relift_diagnostics::Span;
use relift_values::PythonFunction as F;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::values::{Record, RecordKind, Term, Value};

pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const DAY: i64 = 86_400 * SECOND;

/// The parts of a timestamp, in the order in which it is made.
const NAMES: [&str; 7] = [
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "microsecond",
];

/// The units of a time difference in microseconds, in the order of its arguments.
const UNITS: [(&str, i64); 7] = [
    ("days", DAY),
    ("seconds", SECOND),
    ("microseconds", 1),
    ("milliseconds", 1000),
    ("minutes", 60 * SECOND),
    ("hours", 3600 * SECOND),
    ("weeks", 7 * DAY),
];

/// Days from 0001-01-01, the first in Python's count, to 1970-01-01.
const EPOCH_ORDINAL: i64 = 719_163;

impl Lowerer<'_> {
    fn whole(&mut self, value: &Value, arguments: &Arguments) -> Result<Term, Refusal> {
        let span = &arguments.span;
        let term = self.scalar(value, &arguments.construct, span)?;
        let term = self.known(term, &arguments.construct, "None raises TypeError", span)?;
        if self.type_of(&term)?.base != Base::Int64 {
            return Err(arguments.refuse("its parts are not integers"));
        }
        Ok(Term {
            numpy: false,
            ..term
        })
    }

    fn text_of_argument(&mut self, index: usize, arguments: &Arguments) -> Result<Term, Refusal> {
        let value = arguments.need(index, "text")?.clone();
        let term = self.scalar(&value, &arguments.construct, &arguments.span)?;
        let term = self.known(
            term,
            &arguments.construct,
            "None raises TypeError",
            &arguments.span,
        )?;
        if self.type_of(&term)?.base != Base::Text {
            return Err(arguments.refuse("it is given something else than text"));
        }
        Ok(term)
    }

    /// The date of parts that must be those of one.
    fn date_of(
        &mut self,
        parts: &[Term; 3],
        construct: &str,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let exists = self.python(F::IsDate, parts.to_vec(), span)?;
        self.require(
            &exists,
            construct,
            "a date that does not exist raises ValueError",
            span,
        )?;
        self.python(F::DateOf, parts.to_vec(), span)
    }

    /// Hour, minute, second and microsecond put on the day of a timestamp.
    fn at_time(
        &mut self,
        day: Term,
        clock: [Term; 4],
        construct: &str,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let limits = [24, 60, 60, SECOND];
        if clock
            .iter()
            .all(|part| part.as_literal() == Some(&Literal::Int(0)))
        {
            return Ok(day);
        }
        for (part, limit) in clock.iter().zip(limits) {
            let low = self.folded_compare(part, relift_dataflow::Comparison::Ge, 0);
            let high = self.folded_compare(part, relift_dataflow::Comparison::Lt, limit);
            let inside = Term {
                expr: crate::state::all([low, high]),
                ..part.clone()
            };
            self.require(
                &inside,
                construct,
                "a time of day that does not exist raises ValueError",
                span,
            )?;
        }
        let mut terms = vec![day];
        terms.extend(clock);
        self.python(F::AtTime, terms, span)
    }

    pub(crate) fn folded_compare(
        &self,
        part: &Term,
        comparison: relift_dataflow::Comparison,
        bound: i64,
    ) -> Expr {
        let _ = self;
        crate::arithmetic::folded(
            Function::Compare(comparison, relift_dataflow::Flavour::Python),
            vec![part.expr.clone(), Expr::int(bound)],
        )
    }

    /// Functions of `datetime` and `calendar`; nothing when it is not one of them.
    pub(crate) fn moment_function(
        &mut self,
        path: &str,
        arguments: &Arguments,
    ) -> Option<Result<Value, Refusal>> {
        Some(match path {
            "datetime.date" | "datetime.datetime" => self.moment_of_parts(path, arguments),
            "datetime.timedelta" => self.time_delta(arguments),
            "datetime.datetime.strptime" => self.parsed_time(arguments),
            "datetime.date.fromisoformat" => {
                self.moment_of_iso(arguments, F::IsIsoDateText, F::DateOfIsoText)
            }
            "datetime.datetime.fromisoformat" => {
                self.moment_of_iso(arguments, F::IsIsoTimestampText, F::TimestampOfIsoText)
            }
            "datetime.date.fromordinal" => self.moment_of_ordinal(arguments),
            "datetime.datetime.combine" => self.combined(arguments),
            "calendar.monthrange" => self.month_range(arguments),
            "calendar.isleap" => self.leap_year(arguments),
            _ => return None,
        })
    }

    fn moment_of_parts(&mut self, path: &str, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let with_time = path == "datetime.datetime";
        let names = if with_time { &NAMES[..] } else { &NAMES[..3] };
        arguments.only(names.len(), names)?;
        let mut parts = Vec::new();
        for (index, name) in names.iter().enumerate() {
            parts.push(match arguments.get(index, name).cloned() {
                Some(value) => self.whole(&value, arguments)?,
                None if index > 2 => Term::literal(Literal::Int(0)),
                None => return Err(arguments.refuse(format!("the {name} is missing"))),
            });
        }
        let clock = parts.split_off(3);
        let [year, month, day] = <[Term; 3]>::try_from(parts)
            .map_err(|_| arguments.refuse("its parts are not year, month and day"))?;
        let date = self.date_of(&[year, month, day], &arguments.construct, span)?;
        let Ok(clock) = <[Term; 4]>::try_from(clock) else {
            return Ok(Value::Scalar(date));
        };
        let midnight = self.apply(Function::Python(F::Midnight), vec![date], span)?;
        let term = self.at_time(midnight, clock, &arguments.construct, span)?;
        Ok(Value::Scalar(term))
    }

    fn parsed_time(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        arguments.only(2, &[])?;
        if arguments.need(1, "format")?.as_text().is_none() {
            return Err(arguments.refuse("the format is not constant"));
        }
        let text = self.text_of_argument(0, arguments)?;
        let format = self.text_of_argument(1, arguments)?;
        let accepted = self.python(F::IsTimeText, vec![text.clone(), format.clone()], span)?;
        self.require(
            &accepted,
            &arguments.construct,
            "a text of another form raises ValueError",
            span,
        )?;
        Ok(Value::Scalar(self.python(
            F::ParseTime,
            vec![text, format],
            span,
        )?))
    }

    fn moment_of_iso(
        &mut self,
        arguments: &Arguments,
        accepts: F,
        reads: F,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        arguments.only(1, &[])?;
        let text = self.text_of_argument(0, arguments)?;
        let accepted = self.python(accepts, vec![text.clone()], span)?;
        self.require(
            &accepted,
            &arguments.construct,
            "a text of another form raises ValueError",
            span,
        )?;
        Ok(Value::Scalar(self.python(reads, vec![text], span)?))
    }

    fn moment_of_ordinal(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(1, &[])?;
        let count = arguments.need(0, "n")?.clone();
        let count = self.whole(&count, arguments)?;
        let days = self.apply(
            Function::Subtract,
            vec![count, Term::literal(Literal::Int(EPOCH_ORDINAL))],
            &arguments.span,
        )?;
        let epoch = Term::literal(Literal::Date(0));
        Ok(Value::Scalar(self.apply(
            Function::AddDays,
            vec![epoch, days],
            &arguments.span,
        )?))
    }

    /// `datetime.combine(date, datetime.min.time())`: only midnight.
    fn combined(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        arguments.only(2, &[])?;
        let midnight = match arguments.need(1, "time")? {
            Value::Bound(inner, name) => {
                matches!(&**inner, Value::Global(path) if &**path == "datetime.datetime.min")
                    && &**name == "time"
            }
            Value::Global(path) => {
                matches!(
                    &**path,
                    "datetime.time.min" | "datetime.datetime.min.time()"
                )
            }
            _ => false,
        };
        if !midnight {
            return Err(arguments.refuse("a time of day other than midnight"));
        }
        let date = arguments.need(0, "date")?.clone();
        let date = self.scalar(&date, &arguments.construct, span)?;
        let date = self.known(date, &arguments.construct, "None raises TypeError", span)?;
        if self.type_of(&date)?.base != Base::Date {
            return Err(arguments.refuse("it is given something else than a date"));
        }
        Ok(Value::Scalar(self.apply(
            Function::Python(F::Midnight),
            vec![date],
            span,
        )?))
    }

    /// `timedelta(…)`: whole days, or microseconds.
    fn time_delta(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        arguments.only(7, &UNITS.map(|(name, _)| name))?;
        let given: Vec<(i64, Value)> = UNITS
            .iter()
            .enumerate()
            .filter_map(|(index, (name, unit))| Some((*unit, arguments.get(index, name)?.clone())))
            .collect();
        let in_days = given.iter().all(|(unit, _)| unit % DAY == 0);
        let mut total: Option<Term> = None;
        for (unit, value) in given {
            if let Some(Literal::Float(number)) = value.as_literal() {
                // Parts of a unit are rounded to whole microseconds.
                let micros = number * unit as f64;
                if micros.fract() != 0.0 || micros.abs() > 9e15 {
                    return Err(arguments.refuse("parts of microseconds are not lifted"));
                }
                return Ok(Value::Span(Term::literal(Literal::Int(micros as i64))));
            }
            let count = self.whole(&value, arguments)?;
            let unit = if in_days { unit / DAY } else { unit };
            let part = if unit == 1 {
                count
            } else {
                let unit = Term::literal(Literal::Int(unit));
                self.apply_folded(Function::Multiply, vec![count, unit], span)?
            };
            total = Some(match total {
                None => part,
                Some(before) => self.apply_folded(Function::Add, vec![before, part], span)?,
            });
        }
        let total = total.unwrap_or_else(|| Term::literal(Literal::Int(0)));
        Ok(if in_days {
            Value::Days(total)
        } else {
            Value::Span(total)
        })
    }

    fn month_range(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        arguments.only(2, &["year", "month"])?;
        let year = arguments.need(0, "year")?.clone();
        let month = arguments.need(1, "month")?.clone();
        let (year, month) = (
            self.whole(&year, arguments)?,
            self.whole(&month, arguments)?,
        );
        let one = Term::literal(Literal::Int(1));
        if let (
            relift_dataflow::ExprKind::Call(Function::Year, of_year),
            relift_dataflow::ExprKind::Call(Function::Month, of_month),
        ) = (&year.expr.kind, &month.expr.kind)
            && of_year == of_month
        {
            let date = Term {
                expr: of_year[0].clone(),
                ..year.clone()
            };
            if self.type_of(&date)?.base == Base::Date {
                let last = self.apply(Function::LastDayOfMonth, vec![date], span)?;
                let day = self.apply(Function::Day, vec![last], span)?;
                let first = self.python(F::DateOf, vec![year, month, one], span)?;
                let weekday = self.apply(Function::Weekday, vec![first], span)?;
                return Ok(Value::Tuple(vec![
                    Value::Scalar(weekday),
                    Value::Scalar(day),
                ]));
            }
        }
        let first = self.date_of(
            &[year.clone(), month.clone(), one],
            &arguments.construct,
            span,
        )?;
        let weekday = self.apply(Function::Weekday, vec![first], span)?;
        let days = self.python(F::DaysInMonth, vec![year, month], span)?;
        Ok(Value::Tuple(vec![
            Value::Scalar(weekday),
            Value::Scalar(days),
        ]))
    }

    fn leap_year(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(1, &["year"])?;
        let year = arguments.need(0, "year")?.clone();
        let year = self.whole(&year, arguments)?;
        let february = Term::literal(Literal::Int(2));
        let leap_day = Term::literal(Literal::Int(29));
        // The rule is that of the calendar itself, but for years outside it.
        let inside = Term {
            expr: crate::state::all([
                self.folded_compare(&year, relift_dataflow::Comparison::Ge, 1),
                self.folded_compare(&year, relift_dataflow::Comparison::Lt, 10_000),
            ]),
            ..year.clone()
        };
        self.demand(
            &inside,
            &arguments.construct,
            "the year lies outside the calendar",
            &arguments.span,
        )?;
        Ok(Value::Scalar(self.python(
            F::IsDate,
            vec![year, february, leap_day],
            &arguments.span,
        )?))
    }

    /// `calendar.month_name[n]` and its like.
    pub(crate) fn calendar_name(
        &mut self,
        path: &str,
        key: &Value,
        span: &Span,
    ) -> Option<Result<Value, Refusal>> {
        let (function, short) = match path {
            "calendar.month_name" => (F::MonthName, false),
            "calendar.month_abbr" => (F::MonthName, true),
            "calendar.day_name" => (F::DayName, false),
            "calendar.day_abbr" => (F::DayName, true),
            _ => return None,
        };
        Some(self.named_by_number(function, short, key, span))
    }

    fn named_by_number(
        &mut self,
        function: F,
        short: bool,
        key: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let number = self.scalar(key, "subscript", span)?;
        let number = self.known(number, "subscript", "None raises TypeError", span)?;
        let (low, high) = if function == F::MonthName {
            (-13, 13)
        } else {
            (-7, 7)
        };
        let inside = Term {
            expr: crate::state::all([
                self.folded_compare(&number, relift_dataflow::Comparison::Ge, low),
                self.folded_compare(&number, relift_dataflow::Comparison::Lt, high),
            ]),
            ..number.clone()
        };
        self.require(
            &inside,
            "subscript",
            "a number without a name raises IndexError",
            span,
        )?;
        let name = self.python(function, vec![number], span)?;
        if !short {
            return Ok(Value::Scalar(name));
        }
        let bounds = [Literal::None, Literal::Int(3)].map(Term::literal);
        Ok(Value::Scalar(self.apply(
            Function::Slice,
            [name].into_iter().chain(bounds).collect(),
            span,
        )?))
    }

    /// Monday is 1.
    fn iso_weekday(&mut self, date: Term, span: &Span) -> Result<Term, Refusal> {
        let weekday = self.apply(Function::Weekday, vec![date], span)?;
        let one = Term::literal(Literal::Int(1));
        self.apply(Function::Add, vec![weekday, one], span)
    }

    /// Attributes of dates and timestamps.
    pub(crate) fn moment_attribute(base: Base, name: &str) -> Option<Function> {
        let of_day = base == Base::Timestamp;
        Some(match name {
            "year" => Function::Year,
            "month" => Function::Month,
            "day" => Function::Day,
            "hour" if of_day => Function::Python(F::Hour),
            "minute" if of_day => Function::Python(F::Minute),
            "second" if of_day => Function::Python(F::Second),
            "microsecond" if of_day => Function::Python(F::Microsecond),
            _ => return None,
        })
    }

    pub(crate) fn date_method(
        &mut self,
        term: Term,
        base: Base,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let simple = match name {
            "weekday" => Some(Function::Weekday),
            "isoformat" if base == Base::Date => Some(Function::IsoText),
            "isoformat" => Some(Function::Python(F::TimestampIsoText)),
            "date" if base == Base::Timestamp => Some(Function::ToDate),
            _ => None,
        };
        if let Some(function) = simple {
            arguments.only(0, &[])?;
            return Ok(Value::Scalar(self.apply(function, vec![term], span)?));
        }
        match name {
            "isoweekday" => {
                arguments.only(0, &[])?;
                Ok(Value::Scalar(self.iso_weekday(term, span)?))
            }
            "isocalendar" => {
                arguments.only(0, &[])?;
                let year = self.apply(Function::IsoYear, vec![term.clone()], span)?;
                let week = self.apply(Function::IsoWeek, vec![term.clone()], span)?;
                let weekday = self.iso_weekday(term, span)?;
                Ok(record([
                    ("year", year),
                    ("week", week),
                    ("weekday", weekday),
                ]))
            }
            "timetuple" => {
                arguments.only(0, &[])?;
                let mut fields = Vec::new();
                for (field, function) in [
                    ("tm_year", Function::Year),
                    ("tm_mon", Function::Month),
                    ("tm_mday", Function::Day),
                    ("tm_wday", Function::Weekday),
                    ("tm_yday", Function::Python(F::DayOfYear)),
                ] {
                    fields.push((field, self.apply(function, vec![term.clone()], span)?));
                }
                Ok(Value::Record(Rc::new(Record {
                    // Its places are not those of the fields named here.
                    kind: RecordKind::Series,
                    fields: fields
                        .into_iter()
                        .map(|(field, value)| (field.to_owned(), Value::Scalar(value)))
                        .collect(),
                })))
            }
            "toordinal" => {
                arguments.only(0, &[])?;
                let date = match base {
                    Base::Date => term,
                    _ => self.apply(Function::ToDate, vec![term], span)?,
                };
                let epoch = Term::literal(Literal::Date(0));
                let days = self.apply(Function::DaysBetween, vec![date, epoch], span)?;
                Ok(Value::Scalar(self.apply(
                    Function::Add,
                    vec![days, Term::literal(Literal::Int(EPOCH_ORDINAL))],
                    span,
                )?))
            }
            "strftime" => {
                arguments.only(1, &["format"])?;
                let format = arguments.need(0, "format")?.clone();
                match format.as_text() {
                    Some(format) => {
                        let format = format.to_owned();
                        Ok(Value::Scalar(self.formatted_time(term, &format, span)?))
                    }
                    None => Err(arguments.refuse("the format is not constant")),
                }
            }
            "replace" => self.replaced_parts(term, base, arguments),
            _ => Err(arguments.refuse("this method of dates is not lifted")),
        }
    }

    /// `moment.strftime(format)`.
    pub(crate) fn formatted_time(
        &self,
        term: Term,
        format: &str,
        span: &Span,
    ) -> Result<Term, Refusal> {
        // Formats of the day alone have a counterpart in SQL.
        let day_only = format.split('%').skip(1).all(|rest| {
            let rest = rest.strip_prefix('-').unwrap_or(rest);
            matches!(
                rest.chars().next(),
                Some('Y' | 'm' | 'd' | 'j' | 'y' | 'B' | 'b')
            )
        });
        let function = if day_only {
            Function::Strftime
        } else {
            Function::Python(F::FormatTime)
        };
        let format = Term::literal(Literal::Text(format.to_owned()));
        self.apply(function, vec![term, format], span)
    }

    fn replaced_parts(
        &mut self,
        term: Term,
        base: Base,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        if base == Base::Date
            && arguments.named.len() == 1
            && arguments.positional.is_empty()
            && arguments.named("day").and_then(Value::as_int) == Some(1)
        {
            let day = self.apply(Function::Day, vec![term.clone()], span)?;
            let back = self.apply(
                Function::Subtract,
                vec![Term::literal(Literal::Int(1)), day],
                span,
            )?;
            return Ok(Value::Scalar(self.apply(
                Function::AddDays,
                vec![term, back],
                span,
            )?));
        }
        let names = if base == Base::Date {
            &NAMES[..3]
        } else {
            &NAMES[..]
        };
        arguments.only(names.len(), names)?;
        let mut parts = Vec::new();
        for (index, name) in names.iter().enumerate() {
            parts.push(match arguments.get(index, name).cloned() {
                Some(value) => self.whole(&value, arguments)?,
                None => {
                    let Some(function) = Self::moment_attribute(base, name) else {
                        return Err(arguments.refuse("it has no such part"));
                    };
                    self.apply(function, vec![term.clone()], span)?
                }
            });
        }
        let same_day = (0..3).all(|index| arguments.get(index, NAMES[index]).is_none());
        let clock = parts.split_off(3);
        let date = if same_day && base == Base::Timestamp {
            self.apply(Function::ToDate, vec![term.clone()], span)?
        } else {
            let parts = <[Term; 3]>::try_from(parts)
                .map_err(|_| arguments.refuse("its parts are not year, month and day"))?;
            self.date_of(&parts, &arguments.construct, span)?
        };
        let Ok(clock) = <[Term; 4]>::try_from(clock) else {
            return Ok(Value::Scalar(date));
        };
        let midnight = self.apply(Function::Python(F::Midnight), vec![date], span)?;
        let term = self.at_time(midnight, clock, &arguments.construct, span)?;
        Ok(Value::Scalar(term))
    }
}

fn record<const N: usize>(fields: [(&str, Term); N]) -> Value {
    Value::Record(Rc::new(Record {
        kind: RecordKind::NamedTuple,
        fields: fields
            .map(|(name, field)| (name.to_owned(), Value::Scalar(field)))
            .into(),
    }))
}
