//! `decimal.Decimal`: construction and quantizing.

use relift_dataflow::{Base, Comparison, Flavour, Function, Literal, Refusal, RoundingMode};
use relift_diagnostics::Span;
use relift_values::PythonFunction;

use crate::arithmetic::text_of;
use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::values::{Term, Value};

/// Digits up to which the shortest text of a float is the decimal it came from.
const FLOAT_DIGITS: u8 = 15;

impl Lowerer<'_> {
    /// `Decimal(x)`.
    pub(crate) fn decimal(&mut self, value: &Value, span: &Span) -> Result<Value, Refusal> {
        let value = &crate::merging::resolve(value, &self.state);
        if let Value::Exact(_) = value {
            return Ok(value.clone());
        }
        let construct = "call of `Decimal`";
        let refuse = |reason: &str| Err(Refusal::new(construct, reason, Some(span.clone())));
        match value.as_literal() {
            Some(Literal::Text(text)) => {
                if let Some(literal) = literal_decimal(text) {
                    return Ok(Value::Scalar(Term::literal(literal).at(span)));
                }
            }
            Some(Literal::Int(number)) => {
                return Ok(Value::Scalar(
                    Term::literal(Literal::Decimal {
                        unscaled: i128::from(*number),
                        scale: 0,
                    })
                    .at(span),
                ));
            }
            _ => {}
        }
        let term = self.scalar(value, construct, span)?;
        let term = self.known(term, construct, "None raises TypeError", span)?;
        if let Some(inner) = text_of(&term.expr) {
            let inner = Term {
                expr: inner.clone(),
                ..term.clone()
            };
            let ty = self.type_of(&inner)?;
            let made = match (ty.base, ty.from_decimal) {
                (Base::Int64, _) => self.apply(Function::ToDecimal, vec![inner], span)?,
                (Base::Decimal { .. }, _) => inner,
                (Base::Float64, Some((precision, scale))) if precision <= FLOAT_DIGITS => {
                    let inner =
                        self.not_nan(inner, construct, "NaN becomes Decimal('NaN')", span)?;
                    self.apply(
                        Function::DecimalOfFloat,
                        vec![
                            inner,
                            Term::literal(Literal::Int(i64::from(precision))),
                            Term::literal(Literal::Int(i64::from(scale))),
                        ],
                        span,
                    )?
                }
                (Base::Float64, _) => {
                    // The text is that of a number, but for NaN.
                    self.not_nan(inner, construct, "NaN becomes Decimal('NaN')", span)?;
                    return Ok(Value::Exact(self.python(
                        PythonFunction::ContextDecimalOfText,
                        vec![term],
                        span,
                    )?));
                }
                _ => return self.exact_of_text(term, span),
            };
            return Ok(Value::Scalar(made));
        }
        match self.type_of(&term)?.base {
            Base::Int64 => {
                if term.numpy {
                    return refuse("a numpy integer raises TypeError");
                }
                let term = self.apply(Function::ToDecimal, vec![term], span)?;
                Ok(Value::Scalar(term))
            }
            Base::Decimal { .. } => Ok(Value::Scalar(term)),
            Base::Float64 => {
                let term = self.not_nan(term, construct, "NaN becomes Decimal('NaN')", span)?;
                Ok(Value::Exact(self.python(
                    PythonFunction::ContextDecimalOfFloat,
                    vec![term],
                    span,
                )?))
            }
            Base::Text => self.exact_of_text(term, span),
            _ => refuse("it is given something else than a number or text"),
        }
    }

    /// Methods of a Decimal, whose number of digits is known or not.
    pub(crate) fn decimal_method(
        &mut self,
        receiver: &Value,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        match name {
            "quantize" => {
                arguments.only(2, &["exp", "rounding"])?;
                let scale = match arguments.need(0, "exp")?.as_literal() {
                    Some(Literal::Decimal { scale, .. }) => *scale,
                    Some(Literal::Int(_)) => 0,
                    _ => return Err(arguments.refuse("the exponent is not constant")),
                };
                let mode = Self::rounding_of(arguments.get(1, "rounding"), arguments)?;
                self.rounded_to(receiver, i64::from(scale), mode, arguments)
            }
            "to_integral_value" | "to_integral" => {
                arguments.only(1, &["rounding"])?;
                let mode = Self::rounding_of(arguments.get(0, "rounding"), arguments)?;
                self.rounded_to(receiver, 0, mode, arguments)
            }
            "normalize" => {
                arguments.only(0, &[])?;
                let text = self.exact(receiver, span)?;
                Ok(Value::Exact(self.python(
                    PythonFunction::ContextNormalize,
                    vec![text],
                    span,
                )?))
            }
            "is_nan" | "is_infinite" => {
                arguments.only(0, &[])?;
                Ok(Value::literal(Literal::Bool(false)))
            }
            "is_zero" => {
                arguments.only(0, &[])?;
                let truth = self.truth(receiver, span)?;
                Ok(Value::Scalar(Term {
                    expr: crate::state::not(truth.expr),
                    ..truth
                }))
            }
            "copy_abs" => self.absolute(receiver, span),
            _ => Err(arguments.refuse("this method of Decimals is not lifted")),
        }
    }

    fn rounding_of(mode: Option<&Value>, arguments: &Arguments) -> Result<RoundingMode, Refusal> {
        let name = match mode {
            None => return Ok(RoundingMode::HalfEven),
            Some(value) if value.is_none() => return Ok(RoundingMode::HalfEven),
            Some(Value::Global(path)) => path.rsplit('.').next().unwrap_or("").to_owned(),
            Some(other) => other.as_text().unwrap_or("").to_owned(),
        };
        rounding_mode(&name).ok_or_else(|| arguments.refuse("the rounding mode is not known"))
    }

    fn rounded_to(
        &mut self,
        receiver: &Value,
        scale: i64,
        mode: RoundingMode,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        if !(0..=20).contains(&scale) {
            return Err(arguments.refuse("only digits after the point are lifted"));
        }
        if let Value::Exact(term) = receiver {
            return Ok(Value::Scalar(self.exact_quantize(term, scale, mode, span)?));
        }
        let term = self.scalar(receiver, &arguments.construct, span)?;
        let term = self.known(
            term,
            &arguments.construct,
            "None has no method and raises AttributeError",
            span,
        )?;
        let finer = match self.type_of(&term)?.base {
            Base::Decimal { scale: digits, .. } => i64::from(digits) > scale,
            _ => true,
        };
        let quantized = self.apply(
            Function::Quantize(mode),
            vec![term.clone(), Term::literal(Literal::Int(scale))],
            span,
        )?;
        if finer {
            self.without_negative_zero(&term, &quantized, &arguments.construct, span)?;
        }
        Ok(Value::Scalar(quantized))
    }

    /// `Decimal("-0.4").quantize(Decimal("1"))` is `Decimal("-0")`, which no other decimal type has.
    fn without_negative_zero(
        &mut self,
        term: &Term,
        quantized: &Term,
        construct: &str,
        span: &Span,
    ) -> Result<(), Refusal> {
        let zero = || Term::literal(Literal::Int(0));
        let at_least = Function::Compare(Comparison::Ge, Flavour::Python);
        let unequal = Function::Compare(Comparison::Ne, Flavour::Python);
        let positive = self.apply(at_least, vec![term.clone(), zero()], span)?;
        let something = self.apply(unequal, vec![quantized.clone(), zero()], span)?;
        let sound = self.apply(Function::Or, vec![positive, something], span)?;
        self.require(
            &sound,
            construct,
            "a negative value that becomes zero keeps its sign",
            span,
        )
    }
}

fn rounding_mode(name: &str) -> Option<RoundingMode> {
    let word = name.strip_prefix("ROUND_")?.to_lowercase();
    RoundingMode::ALL
        .into_iter()
        .find(|mode| mode.word() == word)
}

/// The decimal a plain text such as `-12.50` stands for, with its digits after the point.
fn literal_decimal(text: &str) -> Option<Literal> {
    let text = text.trim().replace('_', "");
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, &text[..]),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let all = format!("{whole}{fraction}");
    if !all.bytes().all(|byte| byte.is_ascii_digit()) || all.len() > 28 {
        return None;
    }
    let unscaled: i128 = all.parse().ok()?;
    Some(Literal::Decimal {
        unscaled: if negative { -unscaled } else { unscaled },
        scale: i8::try_from(fraction.len()).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_literals_keep_their_digits() {
        let decimal = |unscaled, scale| Some(Literal::Decimal { unscaled, scale });
        assert_eq!(literal_decimal("0.01"), decimal(1, 2));
        assert_eq!(literal_decimal("-1.50"), decimal(-150, 2));
        assert_eq!(literal_decimal("1E+3"), None);
        assert_eq!(rounding_mode("ROUND_HALF_UP"), Some(RoundingMode::HalfUp));
        assert_eq!(rounding_mode("ROUND_05UP"), None);
    }
}
