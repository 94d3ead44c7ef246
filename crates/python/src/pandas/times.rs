//! Columns of points in time: `pd.to_datetime`, and what `.dt` says of them.

use relift_dataflow::{Base, Expr, Function, ObligationKind, Refusal};
use relift_values::PythonFunction;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::pandas::elements::missing;
use crate::state::{any, choose};
use crate::values::{Series, Value};

impl Lowerer<'_> {
    /// `pd.to_datetime(column)` of timestamps, dates and ISO texts.
    pub(crate) fn datetime_column(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(1, &["arg", "format", "errors"])?;
        let span = arguments.span.clone();
        let Value::Series(series) = arguments.need(0, "arg")?.clone() else {
            return Err(arguments.refuse("only a column is lifted"));
        };
        let ty = self.type_over(&series.expr, series.frame)?;
        if arguments
            .named("errors")
            .is_some_and(|errors| errors.as_text() != Some("raise"))
        {
            return Err(arguments.refuse("only `errors=\"raise\"` is lifted"));
        }
        let format = match arguments.named("format") {
            None => None,
            Some(format) if format.is_none() => None,
            Some(format) => Some(
                format
                    .as_text()
                    .ok_or_else(|| arguments.refuse("the format is not constant"))?
                    .to_owned(),
            ),
        };
        let present = if ty.missing.possible() {
            Expr::call(Function::NotMissing, vec![series.expr.clone()])
        } else {
            series.expr.clone()
        };
        let gap = missing(&series.expr);
        let moment = match ty.base {
            Base::Timestamp => return Ok(Value::Series(series)),
            Base::Date if format.is_none() => {
                Expr::call(Function::Python(PythonFunction::Midnight), vec![present])
            }
            Base::Text if matches!(format.as_deref(), None | Some("%Y-%m-%d")) => {
                let whole = Expr::compare(
                    relift_dataflow::Comparison::Eq,
                    relift_dataflow::Flavour::Python,
                    Expr::call(Function::Length, vec![present.clone()]),
                    Expr::int(10),
                );
                let date = Expr::call(
                    Function::Python(PythonFunction::IsIsoDateText),
                    vec![present.clone()],
                );
                let sound = Expr::all([whole, date]);
                let sound = if ty.missing.possible() {
                    any([gap.clone(), sound])
                } else {
                    sound
                };
                self.oblige(
                    series.frame,
                    ObligationKind::Holds(sound),
                    "only dates written YYYY-MM-DD are read here as pandas reads them",
                    &span,
                );
                let date = Expr::call(
                    Function::Python(PythonFunction::DateOfIsoText),
                    vec![present],
                );
                Expr::call(Function::Python(PythonFunction::Midnight), vec![date])
            }
            _ => return Err(arguments.refuse(format!("it is not lifted for a column of {ty}"))),
        };
        let expr = if ty.missing.possible() {
            let value = choose(&gap, Expr::none(), moment);
            Expr::call(Function::MissingAsNan, vec![value])
        } else {
            moment
        };
        self.column_of(series.frame, expr, &span)
    }

    /// `series.dt.part` and `series.dt.method(…)`.
    pub(crate) fn date_accessor(
        &mut self,
        series: &Series,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        let ty = self.type_over(&series.expr, series.frame)?;
        if ty.base != Base::Timestamp {
            return Err(arguments.refuse(format!("a column of {ty} has no `.dt`")));
        }
        // What was converted is a column of timestamps also without rows.
        if !converted(&series.expr) {
            self.require_typed(
                series.frame,
                "a column of objects has no `.dt` and raises AttributeError",
                &span,
            );
        }
        let given = arguments.clone();
        let python = |method: &'static str, arguments: Vec<Value>| {
            let call = Arguments {
                positional: arguments,
                named: Vec::new(),
                ..given.clone()
            };
            move |lowerer: &mut Self, value: &Value| lowerer.call_method(value, method, &call)
        };
        let called = |function: Function| {
            let span = span.clone();
            move |lowerer: &mut Self, value: &Value| {
                let term = lowerer.scalar(value, "attribute of times", &span)?;
                Ok(Value::Scalar(lowerer.apply(function, vec![term], &span)?))
            }
        };
        let computed = match name {
            "year" | "month" | "day" | "hour" | "minute" | "second" | "microsecond" => {
                let part = name.to_owned();
                self.each_value(series, ty, arguments, |lowerer, value| {
                    lowerer.attribute(value, &part, &span)
                })?
            }
            "weekday" | "dayofweek" | "day_of_week" => {
                self.each_value(series, ty, arguments, python("weekday", Vec::new()))?
            }
            "dayofyear" | "day_of_year" => {
                let function = Function::Python(PythonFunction::DayOfYear);
                self.each_value(series, ty, arguments, called(function))?
            }
            "date" => self.each_value(series, ty, arguments, python("date", Vec::new()))?,
            "quarter" => {
                let month = self.each_value(series, ty, arguments, |lowerer, value| {
                    lowerer.attribute(value, "month", &span)
                })?;
                let before = Expr::call(Function::Subtract, vec![month, Expr::int(1)]);
                let whole = Expr::call(Function::FloorDivide, vec![before, Expr::int(3)]);
                Expr::call(Function::Add, vec![whole, Expr::int(1)])
            }
            "days_in_month" | "daysinmonth" => {
                let mut parts = Vec::new();
                for part in ["year", "month"] {
                    parts.push(self.each_value(series, ty, arguments, |lowerer, value| {
                        lowerer.attribute(value, part, &span)
                    })?);
                }
                Expr::call(Function::Python(PythonFunction::DaysInMonth), parts)
            }
            "is_month_start" | "is_month_end" | "is_year_start" | "is_year_end" => {
                self.edge_of_period(series, ty, name, arguments)?
            }
            "normalize" => {
                arguments.only(0, &[])?;
                let date = self.each_value(series, ty, arguments, python("date", Vec::new()))?;
                Expr::call(Function::Python(PythonFunction::Midnight), vec![date])
            }
            "day_name" | "month_name" => {
                arguments.only(0, &[])?;
                let (function, number) = if name == "day_name" {
                    (
                        PythonFunction::DayName,
                        self.each_value(series, ty, arguments, python("weekday", Vec::new()))?,
                    )
                } else {
                    let month = self.each_value(series, ty, arguments, |lowerer, value| {
                        lowerer.attribute(value, "month", &span)
                    })?;
                    (PythonFunction::MonthName, month)
                };
                Expr::call(Function::Python(function), vec![number])
            }
            "strftime" => {
                arguments.only(1, &["date_format"])?;
                let format = arguments.need(0, "date_format")?.clone();
                self.each_value(series, ty, arguments, python("strftime", vec![format]))?
            }
            _ => return Err(arguments.refuse("this part of dates is not lifted")),
        };
        // A column of texts has NaN where there is no time.
        if ty.missing.possible() && matches!(name, "strftime" | "day_name" | "month_name") {
            let value = choose(&missing(&series.expr), Expr::none(), computed);
            let value = Expr::call(Function::MissingAsNan, vec![value]);
            return self.column_of(series.frame, value, &span);
        }
        if ty.missing.possible() && matches!(name, "date") {
            return Err(arguments.refuse("a date that may be missing is NaT, which is not lifted"));
        }
        if ty.missing.possible() && name.starts_with("is_") {
            // NaT is at no edge.
            let value = choose(&missing(&series.expr), Expr::bool(false), computed);
            return self.column_of(series.frame, value, &span);
        }
        self.spread(series, ty, computed, arguments)
    }

    /// Whether each time lies on the first or last day of its month or year.
    fn edge_of_period(
        &mut self,
        series: &Series,
        ty: relift_dataflow::ColumnType,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Expr, Refusal> {
        let span = arguments.span.clone();
        let part = |lowerer: &mut Self, part: &'static str| {
            lowerer.each_value(series, ty, arguments, |lowerer, value| {
                lowerer.attribute(value, part, &span)
            })
        };
        let (year, month, day) = (
            part(self, "year")?,
            part(self, "month")?,
            part(self, "day")?,
        );
        let equal = |left: Expr, right: Expr| {
            Expr::compare(
                relift_dataflow::Comparison::Eq,
                relift_dataflow::Flavour::Python,
                left,
                right,
            )
        };
        let last = Expr::call(
            Function::Python(PythonFunction::DaysInMonth),
            vec![year, month.clone()],
        );
        Ok(match name {
            "is_month_start" => equal(day, Expr::int(1)),
            "is_month_end" => equal(day, last),
            "is_year_start" => Expr::all([equal(month, Expr::int(1)), equal(day, Expr::int(1))]),
            _ => Expr::all([equal(month, Expr::int(12)), equal(day, Expr::int(31))]),
        })
    }
}

/// Whether the values are what `pd.to_datetime` made of something else.
fn converted(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| {
        found |= matches!(
            part.kind,
            relift_dataflow::ExprKind::Call(Function::Python(PythonFunction::Midnight), _)
        );
    });
    found
}
