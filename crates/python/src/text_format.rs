//! f-strings and `format`.

use relift_dataflow::{Base, Function, Literal, Refusal};
use relift_diagnostics::Span;
use ruff_python_ast::{self as ast, ConversionFlag, InterpolatedStringElement};

use crate::lowering::Lowerer;
use crate::values::{Term, Value};

impl<'a> Lowerer<'a> {
    pub(crate) fn f_string(&mut self, text: &'a ast::ExprFString) -> Result<Value, Refusal> {
        let span = self.span(text);
        let mut parts: Vec<Term> = Vec::new();
        for part in text.value.as_slice() {
            match part {
                ast::FStringPart::Literal(literal) => {
                    parts.push(Term::literal(Literal::Text(literal.value.to_string())));
                }
                ast::FStringPart::FString(text) => {
                    for element in &text.elements {
                        parts.push(self.f_string_element(element, &span)?);
                    }
                }
            }
        }
        self.concatenated(parts, &span)
    }

    pub(crate) fn concatenated(&mut self, parts: Vec<Term>, span: &Span) -> Result<Value, Refusal> {
        let mut joined: Vec<Term> = Vec::new();
        for part in parts {
            if let (Some(Literal::Text(next)), Some(Literal::Text(last))) = (
                part.as_literal(),
                joined.last().and_then(|last| last.as_literal()),
            ) {
                let text = format!("{last}{next}");
                joined.pop();
                joined.push(Term::literal(Literal::Text(text)));
            } else if part.as_literal() != Some(&Literal::Text(String::new())) {
                joined.push(part);
            }
        }
        match joined.len() {
            0 => Ok(Value::text("")),
            1 => Ok(Value::Scalar(joined.remove(0).at(span))),
            _ => Ok(Value::Scalar(self.apply(Function::Concat, joined, span)?)),
        }
    }

    fn f_string_element(
        &mut self,
        element: &'a InterpolatedStringElement,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let refuse = |reason: &str| Err(Refusal::new("f-string", reason, Some(span.clone())));
        let element = match element {
            InterpolatedStringElement::Literal(literal) => {
                return Ok(Term::literal(Literal::Text(literal.value.to_string())));
            }
            InterpolatedStringElement::Interpolation(element) => element,
        };
        if element.debug_text.is_some() {
            return refuse("the `=` form is not lifted");
        }
        let value = self.eval(&element.expression)?;
        match element.conversion {
            ConversionFlag::None | ConversionFlag::Str => {}
            ConversionFlag::Repr | ConversionFlag::Ascii => {
                return refuse("repr of a value is not lifted");
            }
        }
        let mut format = String::new();
        if let Some(spec) = &element.format_spec {
            for part in &spec.elements {
                match part {
                    InterpolatedStringElement::Literal(literal) => format.push_str(&literal.value),
                    InterpolatedStringElement::Interpolation(_) => {
                        return refuse("the format is not constant");
                    }
                }
            }
        }
        self.formatted(&value, &format, span)
    }

    /// `format(value, spec)`.
    pub(crate) fn formatted(
        &mut self,
        value: &Value,
        spec: &str,
        span: &Span,
    ) -> Result<Term, Refusal> {
        if spec.is_empty() {
            return self.text_of_value(value, span);
        }
        let refuse = |reason: String| Err(Refusal::new("format", reason, Some(span.clone())));
        let term = self.scalar(value, "format", span)?;
        let term = self.known(term, "format", "None raises TypeError", span)?;
        let ty = self.type_of(&term)?;
        if matches!(ty.base, Base::Date) && spec.contains('%') {
            return self.apply(
                Function::Strftime,
                vec![term, Term::literal(Literal::Text(spec.to_owned()))],
                span,
            );
        }
        let (grouped, rest) = match spec.strip_prefix(',') {
            Some(rest) => (true, rest),
            None => (false, spec),
        };
        let digits = rest
            .strip_prefix('.')
            .and_then(|rest| rest.strip_suffix('f'))
            .and_then(|digits| digits.parse::<i64>().ok());
        match (ty.base, digits) {
            (Base::Float64 | Base::Int64, Some(digits)) if digits <= 20 => {
                let term = self.not_nan(term, "format", "NaN is printed as a word", span)?;
                let function = if grouped {
                    Function::ThousandsText
                } else {
                    Function::FixedText
                };
                let text = self.apply(
                    function,
                    vec![term, Term::literal(Literal::Int(digits))],
                    span,
                )?;
                Ok(Term {
                    numpy: false,
                    ..text
                })
            }
            _ => refuse(format!("`{spec}` is not lifted for {ty}")),
        }
    }
}
