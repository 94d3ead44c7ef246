//! `str`, `int`, `float`, `round` and the other conversions of scalars.

use relift_dataflow::{
    Base, ColumnType, Expr, ExprKind, Function, Literal, NodeId, Refusal, RoundingMode,
};
use relift_diagnostics::Span;
use relift_values::{PythonFunction, PythonValue};

use crate::lowering::Lowerer;
use crate::state::{choose, not};
use crate::values::{Term, Value};

impl Lowerer<'_> {
    /// An operation of Python on single values, computed at once where all its arguments are constants.
    pub(crate) fn python(
        &self,
        function: PythonFunction,
        terms: Vec<Term>,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let constants: Option<Vec<PythonValue>> = terms
            .iter()
            .map(|term| term.as_literal().and_then(constant))
            .collect();
        if let Some(constants) = constants
            && let Ok(value) = function.evaluate(&constants)
            && let Some(literal) = literal(value)
        {
            return Ok(Term::literal(literal).at(span));
        }
        let term = self.apply(Function::Python(function), terms, span)?;
        Ok(Term {
            numpy: false,
            ..term
        })
    }

    /// `str(x)`.
    pub(crate) fn text_of_value(&mut self, value: &Value, span: &Span) -> Result<Term, Refusal> {
        let value = &crate::merging::resolve(value, &self.state);
        if let Value::Exact(term) = value {
            return Ok(term.clone());
        }
        let term = self.scalar(value, "call of `str`", span)?;
        let constant = match term.as_literal() {
            Some(Literal::Int(value)) => Some(value.to_string()),
            Some(Literal::Float(value)) => Some(relift_values::python_float_text(*value)),
            Some(Literal::Bool(value)) => Some(relift_values::python_bool_text(*value).to_owned()),
            _ => None,
        };
        if let Some(text) = constant {
            return Ok(Term::literal(Literal::Text(text)).at(span));
        }
        let ty = self.type_of(&term)?;
        let refuse =
            |reason: &str| Err(Refusal::new("text of a value", reason, Some(span.clone())));
        match ty.base {
            Base::Text if !ty.missing.possible() => return Ok(term),
            Base::Nothing => return Ok(Term::literal(Literal::Text("None".to_owned()))),
            Base::Timestamp => return self.text_of_timestamp(term, ty, span),
            Base::Float64 if term.numpy => {
                return refuse("the text of a numpy float is not lifted");
            }
            Base::Number if !ty.missing.none && self.float_condition(&term).is_some() => {
                return self.text_of_number(&term, ty, span);
            }
            Base::Number => return self.text_of_mixed(&term, span),
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

    /// `str(x)` of a number that is an int on some paths and a float on others.
    fn text_of_mixed(&mut self, term: &Term, span: &Span) -> Result<Term, Refusal> {
        let expr = self.expanded(term.expr.clone(), term.scope);
        let ExprKind::If { arms, otherwise } = expr.kind else {
            return Err(Refusal::new(
                "text of a value",
                "some rows hold an int, others a float",
                Some(span.clone()),
            ));
        };
        let mut text = |expr: Expr| {
            let value = Value::Scalar(Term {
                expr,
                ..term.clone()
            });
            self.text_of_value(&value, span).map(|term| term.expr)
        };
        let arms = arms
            .into_iter()
            .map(|(condition, value)| Ok((condition, text(value)?)))
            .collect::<Result<Vec<_>, Refusal>>()?;
        let otherwise = Box::new(text(*otherwise)?);
        Ok(Term {
            expr: Expr::new(ExprKind::If { arms, otherwise }).at(Some(span.clone())),
            scope: term.scope,
            numpy: false,
        })
    }

    /// `str(timestamp)`; a missing one is NaT.
    fn text_of_timestamp(
        &mut self,
        term: Term,
        ty: ColumnType,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let text = self.python(PythonFunction::TimestampText, vec![term.clone()], span)?;
        if !ty.missing.possible() || self.state.known_not_missing(&term.expr) {
            return Ok(text);
        }
        let missing = Expr::call(Function::IsMissing, vec![term.expr]);
        Ok(Term {
            expr: choose(&missing, Expr::text("NaT"), text.expr).at(Some(span.clone())),
            ..text
        })
    }

    /// `str(x)` of a value of a column that is integers on some days and floats on others.
    fn text_of_number(&self, term: &Term, ty: ColumnType, span: &Span) -> Result<Term, Refusal> {
        let float = self.float_condition(term).filter(|_| !ty.missing.none);
        let Some(float) = float else {
            return Err(Refusal::new(
                "text of a value",
                "some rows hold an int, others a float, and their texts differ",
                Some(span.clone()),
            ));
        };
        let text = |function| {
            let number = Expr::call(function, vec![term.expr.clone()]);
            Expr::call(Function::ToText, vec![number])
        };
        Ok(Term {
            expr: choose(&float, text(Function::ToFloat), text(Function::ToInt))
                .at(Some(span.clone())),
            numpy: false,
            ..term.clone()
        })
    }

    /// When the values of a numeric term are floats, as a condition on the whole column.
    pub(crate) fn float_condition(&self, term: &Term) -> Option<Expr> {
        let expr = self.expanded(term.expr.clone(), term.scope);
        let node = self
            .scopes
            .iter()
            .find(|row| row.scope == term.scope)
            .map(|row| row.node)
            .or_else(|| (term.scope == crate::values::NO_ROW).then_some(NodeId(0)))?;
        relift_dataflow::float_condition(self.flow, &expr, node)
    }

    /// `int(x)`.
    pub(crate) fn integer_of(&mut self, value: &Value, span: &Span) -> Result<Term, Refusal> {
        let construct = "call of `int`";
        let value = &crate::merging::resolve(value, &self.state);
        if let Value::Exact(term) = value {
            return self.python(PythonFunction::ContextToInt, vec![term.clone()], span);
        }
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
            Base::Float64 | Base::Number | Base::Decimal { .. } => {
                let term = self.not_nan(term, construct, "NaN raises ValueError", span)?;
                self.apply(Function::ToInt, vec![term], span)
            }
            Base::Text => {
                let accepted = self.python(PythonFunction::IsIntText, vec![term.clone()], span)?;
                self.require(
                    &accepted,
                    construct,
                    "a text that is no integer raises ValueError",
                    span,
                )?;
                self.python(PythonFunction::IntOfText, vec![term], span)
            }
            _ => Err(Refusal::new(
                construct,
                format!("an integer of {ty} is not lifted"),
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
        let value = &crate::merging::resolve(value, &self.state);
        if let Value::Exact(term) = value {
            return self.python(PythonFunction::ContextToFloat, vec![term.clone()], span);
        }
        if let Some(text) = value.as_text()
            && let Ok(parsed) = relift_values::python_float_of_text(text)
        {
            return Ok(Term::literal(Literal::Float(parsed)));
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
            Base::Text => {
                let accepted =
                    self.python(PythonFunction::IsFloatText, vec![term.clone()], span)?;
                self.require(
                    &accepted,
                    construct,
                    "a text that is no number raises ValueError",
                    span,
                )?;
                // The word is accepted, but what it makes has no place among numbers.
                let word = self.python(PythonFunction::IsNanText, vec![term.clone()], span)?;
                let number = Term {
                    expr: not(word.expr),
                    ..word
                };
                self.demand(&number, construct, "the text says that it is NaN", span)?;
                self.python(PythonFunction::FloatOfText, vec![term], span)
            }
            _ => Err(Refusal::new(
                construct,
                format!("a float of {ty} is not lifted"),
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
    ) -> Result<Value, Refusal> {
        let construct = "call of `round`";
        let value = &crate::merging::resolve(value, &self.state);
        if let Value::Exact(term) = value {
            let scale = match digits {
                Some(value) if !value.is_none() => value.as_int(),
                _ => Some(0),
            };
            let whole = digits.is_none_or(Value::is_none);
            let Some(scale) = scale.filter(|scale| (0..=20).contains(scale)) else {
                return Err(Refusal::new(
                    construct,
                    "the number of digits is not a constant from 0 on",
                    Some(span.clone()),
                ));
            };
            let rounded = self.exact_quantize(term, scale, RoundingMode::HalfEven, span)?;
            return if whole {
                self.apply(Function::ToInt, vec![rounded], span)
                    .map(Value::Scalar)
            } else {
                Ok(Value::Scalar(rounded))
            };
        }
        self.round_scalar(value, digits, span).map(Value::Scalar)
    }

    fn round_scalar(
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
            (Base::Int64, Some(digits)) if !term.numpy && digits >= -18 => self.apply(
                Function::PyRound,
                vec![term, Term::literal(Literal::Int(digits))],
                span,
            ),
            (Base::Bool, _) => {
                let term = Term {
                    expr: choose(&term.expr, Expr::int(1), Expr::int(0)),
                    ..term
                };
                self.round_scalar(&Value::Scalar(term), digits.map(Value::int).as_ref(), span)
            }
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
        let value = &crate::merging::resolve(value, &self.state);
        if let Value::Exact(term) = value {
            return Ok(Value::Exact(self.python(
                PythonFunction::ContextAbsolute,
                vec![term.clone()],
                span,
            )?));
        }
        if let Value::Span(micros) = value {
            return Ok(Value::Span(self.apply(
                Function::Absolute,
                vec![micros.clone()],
                span,
            )?));
        }
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
            let term = self.known(
                term,
                construct,
                "None cannot be ordered and raises TypeError",
                span,
            )?;
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

fn constant(literal: &Literal) -> Option<PythonValue> {
    Some(match literal {
        Literal::Bool(value) => PythonValue::Bool(*value),
        Literal::Int(value) => PythonValue::Int(*value),
        Literal::Float(value) => PythonValue::Float(*value),
        Literal::Text(value) => PythonValue::Text(value.clone()),
        Literal::Date(days) => PythonValue::Date(*days),
        Literal::None | Literal::Decimal { .. } => return None,
    })
}

fn literal(value: PythonValue) -> Option<Literal> {
    Some(match value {
        PythonValue::Bool(value) => Literal::Bool(value),
        PythonValue::Int(value) => Literal::Int(value),
        PythonValue::Float(value) => Literal::Float(value),
        PythonValue::Text(value) => Literal::Text(value),
        PythonValue::Date(days) => Literal::Date(days),
        PythonValue::Decimal(value) => Literal::Decimal {
            unscaled: value.unscaled,
            scale: i8::try_from(value.scale).ok()?,
        },
        PythonValue::None | PythonValue::Timestamp(_) => return None,
    })
}
