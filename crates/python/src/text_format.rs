//! f-strings, `format`, `str.format` and `%`.

use relift_dataflow::{Base, Expr, Function, Literal, Refusal};
use relift_diagnostics::Span;
use relift_values::{FormatSpec, PercentField, PythonFunction, percent_fields};
use ruff_python_ast::{self as ast, ConversionFlag, InterpolatedStringElement};

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::state::choose;
use crate::values::{Content, Term, Value};

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
                        parts.extend(self.f_string_element(element, &span)?);
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
    ) -> Result<Vec<Term>, Refusal> {
        let refuse = |reason: &str| Err(Refusal::new("f-string", reason, Some(span.clone())));
        let element = match element {
            InterpolatedStringElement::Literal(literal) => {
                return Ok(vec![Term::literal(Literal::Text(
                    literal.value.to_string(),
                ))]);
            }
            InterpolatedStringElement::Interpolation(element) => element,
        };
        let value = self.eval(&element.expression)?;
        let mut format = String::new();
        if let Some(spec) = &element.format_spec {
            for part in &spec.elements {
                match part {
                    InterpolatedStringElement::Literal(literal) => format.push_str(&literal.value),
                    InterpolatedStringElement::Interpolation(inner) => {
                        let part = self.eval(&inner.expression)?;
                        let part = self.text_of_value(&part, span)?;
                        match part.as_literal() {
                            Some(Literal::Text(part)) => format.push_str(part),
                            _ => return refuse("the format is not constant"),
                        }
                    }
                }
            }
        }
        let mut parts = Vec::new();
        let conversion = match (&element.debug_text, element.conversion) {
            (Some(text), conversion) => {
                let place = self.span(&*element.expression);
                let source = self.home.syntax.source().snippet(&place).to_owned();
                let shown = format!("{}{source}{}", text.leading(), text.trailing());
                parts.push(Term::literal(Literal::Text(shown)));
                if conversion == ConversionFlag::None && format.is_empty() {
                    ConversionFlag::Repr
                } else {
                    conversion
                }
            }
            (None, conversion) => conversion,
        };
        parts.push(match conversion {
            ConversionFlag::None => self.formatted(&value, &format, span)?,
            ConversionFlag::Str => {
                let text = self.text_of_value(&value, span)?;
                self.formatted(&Value::Scalar(text), &format, span)?
            }
            ConversionFlag::Repr => {
                let text = self.repr_of_value(&value, span)?;
                self.formatted(&Value::Scalar(text), &format, span)?
            }
            ConversionFlag::Ascii => return refuse("`!a` is not lifted"),
        });
        Ok(parts)
    }

    /// `repr(value)` of texts and numbers.
    pub(crate) fn repr_of_value(&mut self, value: &Value, span: &Span) -> Result<Term, Refusal> {
        let term = self.scalar(value, "repr", span)?;
        let ty = self.type_of(&term)?;
        match ty.base {
            Base::Text => {
                let known = Term {
                    expr: Expr::call(Function::Known, vec![term.expr.clone()]),
                    ..term.clone()
                };
                let known = if ty.missing.none { known } else { term.clone() };
                let text = self.python(PythonFunction::ReprText, vec![known], span)?;
                if !ty.missing.none {
                    return Ok(text);
                }
                let none = Expr::call(Function::IsNone, vec![term.expr]);
                Ok(Term {
                    expr: choose(&none, Expr::text("None"), text.expr),
                    ..text
                })
            }
            Base::Bool | Base::Int64 | Base::Float64 | Base::Number | Base::Nothing => {
                self.text_of_value(value, span)
            }
            _ => Err(Refusal::new(
                "repr",
                format!("of {ty} is not lifted"),
                Some(span.clone()),
            )),
        }
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
        let parsed = FormatSpec::parse(spec);
        let spec_term = Term::literal(Literal::Text(spec.to_owned()));
        let value = &crate::merging::resolve(value, &self.state);
        if let Value::Exact(term) = value {
            return match parsed {
                Ok(parsed) if parsed.is_of_decimal() => self.python(
                    PythonFunction::FormatDecimal,
                    vec![term.clone(), spec_term],
                    span,
                ),
                _ => refuse(format!("`{spec}` is not lifted for decimals")),
            };
        }
        let term = self.scalar(value, "format", span)?;
        let term = self.known(term, "format", "None raises TypeError", span)?;
        let ty = self.type_of(&term)?;
        if matches!(ty.base, Base::Date | Base::Timestamp) {
            return self.formatted_time(term, spec, span);
        }
        let Ok(parsed) = parsed else {
            return refuse(format!("`{spec}` is not a format for {ty}"));
        };
        let term = match ty.base {
            // Truth values are formatted as the integers they are.
            Base::Bool => Term {
                expr: choose(&term.expr, Expr::int(1), Expr::int(0)),
                ..term
            },
            _ => term,
        };
        let (grouped, rest) = match spec.strip_prefix(',') {
            Some(rest) => (true, rest),
            None => (false, spec),
        };
        let digits = rest
            .strip_prefix('.')
            .and_then(|rest| rest.strip_suffix('f'))
            .and_then(|digits| digits.parse::<i64>().ok())
            .filter(|digits| *digits <= 20);
        match (ty.base, digits) {
            (Base::Float64 | Base::Int64, Some(digits)) => {
                let function = if grouped {
                    Function::ThousandsText
                } else {
                    Function::FixedText
                };
                let digits = Term::literal(Literal::Int(digits));
                self.number_or_nan(term, "nan", span, |lowerer, term| {
                    lowerer.apply(function, vec![term, digits], span)
                })
            }
            (Base::Text, _) if parsed.is_of_text() => {
                self.python(PythonFunction::FormatText, vec![term, spec_term], span)
            }
            (Base::Int64 | Base::Bool, _) if parsed.is_of_integer() => {
                self.python(PythonFunction::FormatInt, vec![term, spec_term], span)
            }
            (Base::Float64, _) if parsed.is_of_float() => {
                let nan = PythonFunction::FormatFloat.evaluate(&[f64::NAN.into(), spec.into()]);
                let Ok(relift_values::PythonValue::Text(nan)) = nan else {
                    return refuse(format!("`{spec}` is not lifted for {ty}"));
                };
                self.number_or_nan(term, &nan, span, |lowerer, term| {
                    lowerer.python(PythonFunction::FormatFloat, vec![term, spec_term], span)
                })
            }
            (Base::Decimal { .. }, _) if parsed.is_of_decimal() => {
                let text = self.exact(&Value::Scalar(term), span)?;
                self.python(PythonFunction::FormatDecimal, vec![text, spec_term], span)
            }
            _ => refuse(format!("`{spec}` is not lifted for {ty}")),
        }
    }

    /// The text of a number, and what NaN is printed as where there may be one.
    fn number_or_nan(
        &mut self,
        term: Term,
        nan: &str,
        span: &Span,
        print: impl FnOnce(&mut Self, Term) -> Result<Term, Refusal>,
    ) -> Result<Term, Refusal> {
        let possible =
            self.type_of(&term)?.missing.nan && !self.state.known_not_missing(&term.expr);
        let missing = Expr::call(Function::IsMissing, vec![term.expr.clone()]);
        let text = print(self, term)?;
        let expr = if possible {
            choose(&missing, Expr::text(nan), text.expr).at(Some(span.clone()))
        } else {
            text.expr
        };
        Ok(Term {
            expr,
            scope: text.scope,
            numpy: false,
        })
    }

    /// `"{} {:.2f}".format(a, b)`.
    pub(crate) fn format_method(
        &mut self,
        receiver: Option<&Literal>,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let Some(Literal::Text(template)) = receiver else {
            return Err(arguments.refuse("the format is not constant"));
        };
        let mut parts = Vec::new();
        let mut rest = template.as_str();
        let mut next = 0;
        while let Some(at) = rest.find(['{', '}']) {
            if rest[at..].starts_with("{{") || rest[at..].starts_with("}}") {
                parts.push(Term::literal(Literal::Text(rest[..=at].to_owned())));
                rest = &rest[at + 2..];
                continue;
            }
            parts.push(Term::literal(Literal::Text(rest[..at].to_owned())));
            let end = rest[at..]
                .find('}')
                .ok_or_else(|| arguments.refuse("the format is not closed"))?;
            let field = &rest[at + 1..at + end];
            if field.contains('{') {
                return Err(arguments.refuse("a format inside a format is not lifted"));
            }
            let (name, spec) = field.split_once(':').unwrap_or((field, ""));
            let (name, conversion) = match name.split_once('!') {
                Some((name, conversion)) => (name, Some(conversion)),
                None => (name, None),
            };
            let value = if name.is_empty() {
                next += 1;
                arguments.positional.get(next - 1)
            } else if let Ok(index) = name.parse::<usize>() {
                arguments.positional.get(index)
            } else {
                arguments.named(name)
            };
            let value = value
                .cloned()
                .ok_or_else(|| arguments.refuse(format!("there is no value for `{name}`")))?;
            let value = match conversion {
                None => value,
                Some("s") => Value::Scalar(self.text_of_value(&value, &arguments.span)?),
                Some("r") => Value::Scalar(self.repr_of_value(&value, &arguments.span)?),
                Some(_) => return Err(arguments.refuse("this conversion is not lifted")),
            };
            parts.push(self.formatted(&value, spec, &arguments.span)?);
            rest = &rest[at + end + 1..];
        }
        parts.push(Term::literal(Literal::Text(rest.to_owned())));
        self.concatenated(parts, &arguments.span)
    }

    /// `"%s: %.2f" % (a, b)`.
    pub(crate) fn percent_format(
        &mut self,
        template: &str,
        values: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let refuse =
            |reason: &str| Refusal::new("operator `%`", reason.to_owned(), Some(span.clone()));
        let fields = percent_fields(template).ok_or_else(|| refuse("the format is not lifted"))?;
        let mut given = match values {
            Value::Tuple(items) => items.clone(),
            other => vec![other.clone()],
        }
        .into_iter();
        let mut parts = Vec::new();
        let mut by_name = false;
        for field in fields {
            let (name, conversion, spec) = match field {
                PercentField::Literal(text) => {
                    parts.push(Term::literal(Literal::Text(text)));
                    continue;
                }
                PercentField::Value {
                    name,
                    conversion,
                    spec,
                } => (name, conversion, spec),
            };
            let value = match name {
                Some(name) => {
                    by_name = true;
                    self.item(values, &Value::text(&name), span)?
                }
                None => given
                    .next()
                    .ok_or_else(|| refuse("there are more fields than values"))?,
            };
            parts.push(self.percent_field(&value, conversion, &spec, span)?);
        }
        let mapping = matches!(values, Value::Record(_))
            || matches!(values, Value::Object(id) if matches!(
                self.state.heap.get(id).map(|object| &object.content),
                Some(Content::Dict(_))
            ));
        if !by_name && !mapping && given.next().is_some() {
            return Err(refuse("there are more values than fields"));
        }
        self.concatenated(parts, span)
    }

    fn percent_field(
        &mut self,
        value: &Value,
        conversion: char,
        spec: &str,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let text = match conversion {
            's' => Some(self.text_of_value(value, span)?),
            'r' => Some(self.repr_of_value(value, span)?),
            _ => None,
        };
        if let Some(text) = text {
            return self.formatted(&Value::Scalar(text), spec, span);
        }
        let number = match conversion {
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' => match value {
                // A text raises here, where `float` would read it.
                Value::Scalar(term) if self.type_of(term)?.base == Base::Text => None,
                value => Some(self.float_of(value, span)?),
            },
            _ => match value {
                Value::Scalar(term)
                    if matches!(
                        self.type_of(term)?.base,
                        Base::Int64 | Base::Bool | Base::Float64 | Base::Decimal { .. }
                    ) && (conversion == 'd'
                        || conversion == 'i'
                        || conversion == 'u'
                        || matches!(self.type_of(term)?.base, Base::Int64 | Base::Bool)) =>
                {
                    Some(self.integer_of(value, span)?)
                }
                _ => None,
            },
        };
        match number {
            Some(number) => self.formatted(&Value::Scalar(number), spec, span),
            None => Err(Refusal::new(
                "operator `%`",
                format!("`%{conversion}` of this value is not lifted"),
                Some(span.clone()),
            )),
        }
    }
}
