//! `decimal.Decimal`: construction and quantizing.

use relift_dataflow::{Base, Function, Literal, Refusal, RoundingMode};
use relift_diagnostics::Span;

use crate::arithmetic::text_of;
use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::values::{Term, Value};

/// Digits up to which the shortest text of a float is the decimal it came from.
const FLOAT_DIGITS: u8 = 15;

impl Lowerer<'_> {
    /// `Decimal(x)`.
    pub(crate) fn decimal(&mut self, value: &Value, span: &Span) -> Result<Term, Refusal> {
        let construct = "call of `Decimal`";
        let refuse = |reason: &str| Err(Refusal::new(construct, reason, Some(span.clone())));
        match value.as_literal() {
            Some(Literal::Text(text)) => {
                return match literal_decimal(text) {
                    Some(literal) => Ok(Term::literal(literal).at(span)),
                    None => refuse("the text is not a plain decimal number"),
                };
            }
            Some(Literal::Int(number)) => {
                return Ok(Term::literal(Literal::Decimal {
                    unscaled: i128::from(*number),
                    scale: 0,
                })
                .at(span));
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
            return match (ty.base, ty.from_decimal) {
                (Base::Int64, _) => self.apply(Function::ToDecimal, vec![inner], span),
                (Base::Decimal { .. }, _) => Ok(inner),
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
                    )
                }
                _ => refuse("how many digits the text of the float has depends on the data"),
            };
        }
        match self.type_of(&term)?.base {
            Base::Int64 => {
                if term.numpy {
                    return refuse("a numpy integer raises TypeError");
                }
                self.apply(Function::ToDecimal, vec![term], span)
            }
            Base::Decimal { .. } => Ok(term),
            Base::Float64 => refuse("a float becomes a decimal of up to a thousand digits"),
            _ => refuse("parsing a text may raise InvalidOperation"),
        }
    }

    /// `x.quantize(exponent, rounding=…)`.
    pub(crate) fn quantize(&mut self, term: Term, arguments: &Arguments) -> Result<Term, Refusal> {
        arguments.only(2, &["exp", "rounding"])?;
        let scale = match arguments.need(0, "exp")?.as_literal() {
            Some(Literal::Decimal { scale, .. }) => *scale,
            Some(Literal::Int(_)) => 0,
            _ => return Err(arguments.refuse("the exponent is not constant")),
        };
        let mode = match arguments.get(1, "rounding") {
            None => RoundingMode::HalfEven,
            Some(value) => {
                let name = match value {
                    Value::Global(path) => path.rsplit('.').next().unwrap_or("").to_owned(),
                    other if other.is_none() => "ROUND_HALF_EVEN".to_owned(),
                    other => other.as_text().unwrap_or("").to_owned(),
                };
                rounding_mode(&name)
                    .ok_or_else(|| arguments.refuse("the rounding mode is not known"))?
            }
        };
        let span = &arguments.span;
        let term = self.known(
            term,
            &arguments.construct,
            "None has no method and raises AttributeError",
            span,
        )?;
        self.apply(
            Function::Quantize(mode),
            vec![term, Term::literal(Literal::Int(i64::from(scale)))],
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
