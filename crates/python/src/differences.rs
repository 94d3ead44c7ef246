//! Time differences: `timedelta`, what is between two timestamps, and arithmetic with them.
//!
//! Whole days stay days, so that dates move by them; everything else is microseconds.

use relift_dataflow::{Base, Function, Literal, Refusal};
use relift_diagnostics::Span;
use relift_values::PythonFunction as F;
use ruff_python_ast::Operator;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::moments::{DAY, SECOND};
use crate::values::{Term, Value};

impl Lowerer<'_> {
    /// A time difference in microseconds.
    pub(crate) fn microseconds(&self, value: &Value, span: &Span) -> Result<Term, Refusal> {
        match value {
            Value::Span(term) => Ok(term.clone()),
            Value::Days(days) => self.apply_folded(
                Function::Multiply,
                vec![days.clone(), Term::literal(Literal::Int(DAY))],
                span,
            ),
            other => Err(Refusal::new(
                "time difference",
                format!("{} is none", other.kind()),
                Some(span.clone()),
            )),
        }
    }

    /// `.days`, `.seconds` and `.microseconds` of a time difference.
    pub(crate) fn difference_attribute(
        &mut self,
        value: &Value,
        name: &str,
        span: &Span,
    ) -> Option<Result<Value, Refusal>> {
        if let (Value::Days(days), "days") = (value, name) {
            return Some(Ok(Value::Scalar(days.clone())));
        }
        let parts: &[(Function, i64)] = match name {
            "days" => &[(Function::FloorDivide, DAY)],
            "seconds" => &[(Function::Modulo, DAY), (Function::FloorDivide, SECOND)],
            "microseconds" => &[(Function::Modulo, SECOND)],
            _ => return None,
        };
        let done = self.microseconds(value, span).and_then(|micros| {
            parts.iter().try_fold(micros, |term, (function, unit)| {
                self.apply(
                    *function,
                    vec![term, Term::literal(Literal::Int(*unit))],
                    span,
                )
            })
        });
        Some(done.map(Value::Scalar))
    }

    /// Methods of a time difference.
    pub(crate) fn difference_method(
        &mut self,
        value: &Value,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        arguments.only(0, &[])?;
        if name != "total_seconds" {
            return Err(arguments.refuse("this method of a time difference is not lifted"));
        }
        let micros = self.microseconds(value, span)?;
        let second = Term::literal(Literal::Int(SECOND));
        if let Value::Span(_) = value {
            // pandas adds the fraction of a second in another order than datetime does.
            let fraction =
                self.apply_folded(Function::Modulo, vec![micros.clone(), second.clone()], span)?;
            let whole = Term {
                expr: self.folded_compare(&fraction, relift_dataflow::Comparison::Eq, 0),
                ..fraction
            };
            self.demand(
                &whole,
                &arguments.construct,
                "the difference has fractions of a second",
                span,
            )?;
        }
        Ok(Value::Scalar(self.apply(
            Function::Divide,
            vec![micros, second],
            span,
        )?))
    }

    /// Arithmetic with at least one time difference in microseconds, or of a timestamp.
    pub(crate) fn difference_binary(
        &mut self,
        operator: Operator,
        left: &Value,
        right: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let construct = format!("operator `{}`", operator.as_str());
        let refuse = || {
            Err(Refusal::new(
                construct.clone(),
                "it is not lifted for time differences",
                Some(span.clone()),
            ))
        };
        let difference = |value: &Value| matches!(value, Value::Days(_) | Value::Span(_));
        match (difference(left), difference(right), operator) {
            (true, true, Operator::Add | Operator::Sub) => {
                let function = if operator == Operator::Add {
                    Function::Add
                } else {
                    Function::Subtract
                };
                let terms = vec![
                    self.microseconds(left, span)?,
                    self.microseconds(right, span)?,
                ];
                Ok(Value::Span(self.apply_folded(function, terms, span)?))
            }
            (true, true, Operator::Div | Operator::FloorDiv) => {
                let (a, b) = (
                    self.microseconds(left, span)?,
                    self.microseconds(right, span)?,
                );
                let function = if operator == Operator::Div {
                    Function::Divide
                } else {
                    Function::FloorDivide
                };
                Ok(Value::Scalar(self.numeric(function, a, b, span)?))
            }
            (true, true, Operator::Mod) => {
                let (a, b) = (
                    self.microseconds(left, span)?,
                    self.microseconds(right, span)?,
                );
                Ok(Value::Span(self.numeric(Function::Modulo, a, b, span)?))
            }
            (true, false, Operator::Mult) | (false, true, Operator::Mult) => {
                let (span_of, times) = if difference(left) {
                    (left, right)
                } else {
                    (right, left)
                };
                let times = self.scalar(times, &construct, span)?;
                let times = self.known(times, &construct, "None raises TypeError", span)?;
                if self.type_of(&times)?.base != Base::Int64 {
                    return refuse();
                }
                Ok(match span_of {
                    Value::Days(days) => Value::Days(self.apply_folded(
                        Function::Multiply,
                        vec![days.clone(), times],
                        span,
                    )?),
                    other => {
                        let micros = self.microseconds(other, span)?;
                        Value::Span(self.apply_folded(
                            Function::Multiply,
                            vec![micros, times],
                            span,
                        )?)
                    }
                })
            }
            (false, true, Operator::Add | Operator::Sub) | (true, false, Operator::Add) => {
                let (moment, shift) = if difference(right) {
                    (left, right)
                } else {
                    (right, left)
                };
                let moment = self.scalar(moment, &construct, span)?;
                let moment = self.known(
                    moment,
                    &construct,
                    "None has no dates and raises TypeError",
                    span,
                )?;
                let base = self.type_of(&moment)?.base;
                let negated = operator == Operator::Sub;
                if base == Base::Date {
                    // Only the whole days of a difference move a date.
                    let Some(days) = self.difference_attribute(shift, "days", span) else {
                        return refuse();
                    };
                    let days = self.scalar(&days?, &construct, span)?;
                    let days = if negated {
                        self.apply_folded(Function::Negate, vec![days], span)?
                    } else {
                        days
                    };
                    return Ok(Value::Scalar(self.apply(
                        Function::AddDays,
                        vec![moment, days],
                        span,
                    )?));
                }
                if base != Base::Timestamp {
                    return refuse();
                }
                let micros = self.microseconds(shift, span)?;
                let micros = if negated {
                    self.apply_folded(Function::Negate, vec![micros], span)?
                } else {
                    micros
                };
                Ok(Value::Scalar(self.apply(
                    Function::Python(F::AddMicroseconds),
                    vec![moment, micros],
                    span,
                )?))
            }
            _ => refuse(),
        }
    }
}
