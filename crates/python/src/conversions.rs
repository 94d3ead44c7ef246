//! `str`, `int`, `float`, `round` and the other conversions of scalars.

use relift_dataflow::{Base, Expr, Function, Literal, Refusal, RoundingMode};
use relift_diagnostics::Span;

use crate::lowering::Lowerer;
use crate::state::{choose, not};
use crate::values::{Term, Value};

impl Lowerer<'_> {
    /// `str(x)`.
    pub(crate) fn text_of_value(&mut self, value: &Value, span: &Span) -> Result<Term, Refusal> {
        let term = self.scalar(value, "call of `str`", span)?;
        let ty = self.type_of(&term)?;
        let refuse =
            |reason: &str| Err(Refusal::new("text of a value", reason, Some(span.clone())));
        match ty.base {
            Base::Text if !ty.missing.possible() => return Ok(term),
            Base::Nothing => return Ok(Term::literal(Literal::Text("None".to_owned()))),
            Base::Timestamp => return refuse("the text of a timestamp is not lifted"),
            Base::Float64 if term.numpy => {
                return refuse("the text of a numpy float is not lifted");
            }
            _ => {}
        }
        if ty.missing.none {
            let none = Expr::call(Function::IsNone, vec![term.expr.clone()]);
            let known = Term {
                expr: Expr::call(Function::Known, vec![term.expr.clone()]),
                ..term.clone()
            };
            let text = if ty.base == Base::Text {
                known.clone()
            } else {
                self.apply(Function::ToText, vec![known], span)?
            };
            return Ok(Term {
                expr: choose(&none, Expr::text("None"), text.expr).at(Some(span.clone())),
                numpy: false,
                ..term
            });
        }
        let text = self.apply(Function::ToText, vec![term], span)?;
        Ok(Term {
            numpy: false,
            ..text
        })
    }

    /// `int(x)`.
    pub(crate) fn integer_of(&mut self, value: &Value, span: &Span) -> Result<Term, Refusal> {
        let construct = "call of `int`";
        let term = self.scalar(value, construct, span)?;
        let term = self.known(term, construct, "None raises TypeError", span)?;
        let term = Term {
            numpy: false,
            ..term
        };
        let ty = self.type_of(&term)?;
        match ty.base {
            Base::Int64 => Ok(term),
            Base::Bool => Ok(Term {
                expr: choose(&term.expr, Expr::int(1), Expr::int(0)),
                ..term
            }),
            Base::Float64 | Base::Decimal { .. } => {
                let term = self.not_nan(term, construct, "NaN raises ValueError", span)?;
                self.apply(Function::ToInt, vec![term], span)
            }
            _ => Err(Refusal::new(
                construct,
                format!("parsing {ty} may raise ValueError"),
                Some(span.clone()),
            )),
        }
    }

    /// The term, which must not be NaN here.
    pub(crate) fn not_nan(
        &mut self,
        term: Term,
        construct: &str,
        why: &str,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let ty = self.type_of(&term)?;
        if ty.missing.nan && !self.state.known_not_missing(&term.expr) {
            let condition = Term {
                expr: not(Expr::call(Function::IsMissing, vec![term.expr.clone()]))
                    .at(Some(span.clone())),
                ..term.clone()
            };
            self.require(&condition, construct, why, span)?;
        }
        Ok(term)
    }

    /// `float(x)`.
    pub(crate) fn float_of(&mut self, value: &Value, span: &Span) -> Result<Term, Refusal> {
        let construct = "call of `float`";
        if let Some(text) = value.as_text() {
            let parsed = match text.trim().to_lowercase().as_str() {
                "nan" => Some(f64::NAN),
                "inf" | "infinity" => Some(f64::INFINITY),
                "-inf" | "-infinity" => Some(f64::NEG_INFINITY),
                other => other.parse().ok(),
            };
            if let Some(parsed) = parsed {
                return Ok(Term::literal(Literal::Float(parsed)));
            }
        }
        let term = self.scalar(value, construct, span)?;
        let term = self.known(term, construct, "None raises TypeError", span)?;
        let ty = self.type_of(&term)?;
        let term = Term {
            numpy: false,
            ..term
        };
        match ty.base {
            Base::Float64 => Ok(term),
            Base::Int64 | Base::Number | Base::Decimal { .. } | Base::Bool => {
                self.apply(Function::ToFloat, vec![term], span)
            }
            _ => Err(Refusal::new(
                construct,
                format!("parsing {ty} may raise ValueError"),
                Some(span.clone()),
            )),
        }
    }

    /// `round(x)` and `round(x, digits)`.
    pub(crate) fn round(
        &mut self,
        value: &Value,
        digits: Option<&Value>,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let construct = "call of `round`";
        let term = self.scalar(value, construct, span)?;
        let term = self.known(term, construct, "None raises TypeError", span)?;
        let ty = self.type_of(&term)?;
        let refuse = |reason: String| Err(Refusal::new(construct, reason, Some(span.clone())));
        if term.numpy && ty.base != Base::Int64 {
            return refuse("numpy floats round differently from Python's".to_owned());
        }
        let digits = match digits {
            None => None,
            Some(value) if value.is_none() => None,
            Some(value) => match value.as_int() {
                Some(digits) => Some(digits),
                None => return refuse("the number of digits is not constant".to_owned()),
            },
        };
        match (ty.base, digits) {
            (Base::Float64, None) => {
                let term = self.not_nan(term, construct, "NaN raises ValueError", span)?;
                self.apply(Function::PyRoundToInt, vec![term], span)
            }
            (Base::Float64, Some(digits)) => self.apply(
                Function::PyRound,
                vec![term, Term::literal(Literal::Int(digits))],
                span,
            ),
            (Base::Int64, None) => Ok(term),
            (Base::Int64, Some(digits)) if digits >= 0 => Ok(term),
            (Base::Decimal { .. }, Some(digits)) => self.apply(
                Function::Quantize(RoundingMode::HalfEven),
                vec![term, Term::literal(Literal::Int(digits))],
                span,
            ),
            (Base::Decimal { .. }, None) => self.apply(Function::PyRoundToInt, vec![term], span),
            _ => refuse(format!("it is not lifted for {ty}")),
        }
    }

    /// `abs(x)`.
    pub(crate) fn absolute(&mut self, value: &Value, span: &Span) -> Result<Value, Refusal> {
        if let Value::Days(days) = value {
            return Ok(Value::Days(self.apply(
                Function::Absolute,
                vec![days.clone()],
                span,
            )?));
        }
        let term = self.scalar(value, "call of `abs`", span)?;
        let term = self.known(term, "call of `abs`", "None raises TypeError", span)?;
        Ok(Value::Scalar(self.apply(
            Function::Absolute,
            vec![term],
            span,
        )?))
    }

    /// `min` and `max` of given scalars.
    pub(crate) fn extreme(
        &mut self,
        largest: bool,
        values: &[Value],
        span: &Span,
    ) -> Result<Term, Refusal> {
        let construct = if largest {
            "call of `max`"
        } else {
            "call of `min`"
        };
        let mut terms = Vec::new();
        let mut bases = Vec::new();
        for value in values {
            let term = self.scalar(value, construct, span)?;
            let term = self.known(term, construct, "None cannot be ordered", span)?;
            let ty = self.type_of(&term)?;
            if ty.missing.nan {
                return Err(Refusal::new(
                    construct,
                    "with NaN the answer depends on the order of the arguments",
                    Some(span.clone()),
                ));
            }
            bases.push(ty.base);
            terms.push(term);
        }
        if terms.len() == 1 {
            return terms
                .pop()
                .ok_or_else(|| Refusal::new(construct, "it has no arguments", Some(span.clone())));
        }
        let function = if largest {
            Function::Greatest
        } else {
            Function::Least
        };
        self.apply(function, terms, span)
    }
}
