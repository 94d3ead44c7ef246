//! Operators on scalars, texts, dates and lists.

use relift_dataflow::{Base, Comparison, Expr, ExprKind, Flavour, Function, Literal, Refusal};
use relift_diagnostics::Span;
use relift_values::PythonFunction;
use ruff_python_ast::{Operator, UnaryOp};

use crate::lowering::{Lowerer, reads_previous};
use crate::state::{choose, not};
use crate::values::{Content, Term, Value};

/// Digits Python's decimal context keeps.
const CONTEXT_DIGITS: u8 = 28;

/// A call, computed at once where all its arguments are constants.
pub(crate) fn folded(function: Function, arguments: Vec<Expr>) -> Expr {
    let constants = arguments
        .iter()
        .all(|argument| argument.as_literal().is_some());
    if constants
        && arguments.len() == 2
        && let (Some(Literal::Int(a)), Some(Literal::Int(b))) =
            (arguments[0].as_literal(), arguments[1].as_literal())
    {
        let value = match function {
            Function::Add => a.checked_add(*b),
            Function::Subtract => a.checked_sub(*b),
            Function::Multiply => a.checked_mul(*b),
            _ => None,
        };
        if let Some(value) = value {
            return Expr::int(value);
        }
    }
    if constants
        && matches!(
            function,
            Function::Compare(_, Flavour::Python)
                | Function::Truthy
                | Function::IsNone
                | Function::Negate
        )
    {
        if let (Function::Negate, Some(literal)) = (function, arguments[0].as_literal()) {
            match literal {
                Literal::Int(value) => {
                    if let Some(value) = value.checked_neg() {
                        return Expr::int(value);
                    }
                }
                Literal::Float(value) => return Expr::literal(Literal::Float(-value)),
                _ => {}
            }
        }
        return relift_dataflow::simplify(Expr::call(function, arguments));
    }
    Expr::call(function, arguments)
}

impl Lowerer<'_> {
    /// The term, which must not be None here.
    pub(crate) fn known(
        &mut self,
        term: Term,
        construct: &str,
        why: &str,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let ty = self.type_of(&term)?;
        // Among texts, dates and truth values a NaN is a float, with which nothing can be done either.
        let nan = ty.missing.nan && !matches!(ty.base, Base::Float64 | Base::Number);
        if !ty.missing.none && !nan {
            return Ok(term);
        }
        if ty.base == Base::Nothing {
            return Err(Refusal::new(
                construct,
                format!("the value is None here: {why}"),
                Some(span.clone()),
            ));
        }
        let whole = nan || ty.base == Base::Timestamp;
        let decided = if whole {
            self.state.known_not_missing(&term.expr)
        } else {
            self.state.known_not_none(&term.expr) || self.state.known_not_missing(&term.expr)
        };
        if !decided {
            let test = if whole {
                Function::IsMissing
            } else {
                Function::IsNone
            };
            let missing = Expr::call(test, vec![term.expr.clone()]).at(Some(span.clone()));
            let condition = Term {
                expr: not(missing),
                ..term.clone()
            };
            self.require(&condition, construct, why, span)?;
        }
        let place = term.expr.span.clone();
        let mark = if nan {
            Function::NotMissing
        } else {
            Function::Known
        };
        Ok(Term {
            expr: Expr::call(mark, vec![term.expr]).at(place),
            ..term
        })
    }

    /// The scalar a value is.
    pub(crate) fn scalar(
        &mut self,
        value: &Value,
        construct: &str,
        span: &Span,
    ) -> Result<Term, Refusal> {
        match self.resolved(value, construct, span)? {
            Value::Scalar(term) => Ok(self.refined(&term, &self.state)),
            Value::Unknown(refusal) => Err((*refusal).clone()),
            Value::Global(path) if matches!(&*path, "numpy.nan" | "math.nan") => {
                Ok(Term::literal(Literal::Float(f64::NAN)))
            }
            Value::Unbound => Err(Refusal::new(
                construct,
                "the value is not set on every path",
                Some(span.clone()),
            )),
            Value::Choice(choice) => {
                let (yes, no) = (choice.yes.clone(), choice.no.clone());
                let condition = crate::values::Condition {
                    expr: choice.condition.clone(),
                    scope: choice.scope,
                };
                match self.select(&condition, &yes, &no) {
                    Value::Scalar(term) => Ok(term),
                    other => Err(Refusal::new(
                        construct,
                        format!("a scalar is needed, not {}", other.kind()),
                        Some(span.clone()),
                    )),
                }
            }
            other => Err(Refusal::new(
                construct,
                format!("a scalar is needed, not {}", other.kind()),
                Some(span.clone()),
            )),
        }
    }

    /// A value whose choices the path decides; one that may be None instead must not be.
    pub(crate) fn resolved(
        &mut self,
        value: &Value,
        construct: &str,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let value = crate::merging::resolve(value, &self.state);
        match &value {
            Value::Within(part) => {
                let object = self.object_of_part(&part.clone());
                self.settle_part(crate::iteration::object_id(&object));
                return Ok(object);
            }
            Value::Object(id) => self.settle_part(*id),
            _ => {}
        }
        let Value::Choice(choice) = &value else {
            return Ok(value);
        };
        let absent = |side: &Value| side.is_none() || *side == Value::Unbound;
        let (kept, expr) = if absent(&choice.no) {
            (&choice.yes, choice.condition.clone())
        } else if absent(&choice.yes) {
            (&choice.no, not(choice.condition.clone()))
        } else {
            return Ok(value.clone());
        };
        if matches!(kept, Value::Scalar(_)) && (choice.no.is_none() || choice.yes.is_none()) {
            return Ok(value.clone());
        }
        let condition = Term {
            expr,
            scope: choice.scope,
            numpy: false,
        };
        self.require(
            &condition,
            construct,
            "on other paths there is no value",
            span,
        )?;
        let kept = kept.clone();
        self.resolved(&kept, construct, span)
    }

    /// `left operator right`.
    pub(crate) fn binary(
        &mut self,
        operator: Operator,
        left: &Value,
        right: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let construct = format!("operator `{}`", operator.as_str());
        if let (Value::Unknown(refusal), _) | (_, Value::Unknown(refusal)) = (left, right) {
            return Err((**refusal).clone());
        }
        if matches!(left, Value::Series(_)) || matches!(right, Value::Series(_)) {
            return self.series_binary(operator, left, right, span);
        }
        let left = self.resolved(left, &construct, span)?;
        let right = self.resolved(right, &construct, span)?;
        if operator == Operator::Mod
            && let Some(template) = left.as_text()
        {
            let template = template.to_owned();
            return self.percent_format(&template, &right, span);
        }
        if let Some(chosen) = self.of_either(operator, &left, &right, span)? {
            return Ok(chosen);
        }
        if self.has_any_digits(operator, &left, &right)? {
            return self.exact_binary(operator, &left, &right, span);
        }
        match (&left, &right) {
            (Value::Days(_), Value::Days(_))
                if !matches!(operator, Operator::Add | Operator::Sub) =>
            {
                return self.difference_binary(operator, &left, &right, span);
            }
            (Value::Span(_), _) | (_, Value::Span(_)) => {
                return self.difference_binary(operator, &left, &right, span);
            }
            (Value::Scalar(moment), Value::Days(_)) | (Value::Days(_), Value::Scalar(moment))
                if operator != Operator::Mult && self.type_of(moment)?.base == Base::Timestamp =>
            {
                return self.difference_binary(operator, &left, &right, span);
            }
            (Value::Scalar(_), Value::Days(_)) if operator == Operator::Mult => {
                return self.difference_binary(operator, &left, &right, span);
            }
            (Value::Days(a), Value::Days(b)) => {
                let function = additive(operator, &construct, span)?;
                let term = self.numeric(function, a.clone(), b.clone(), span)?;
                return Ok(Value::Days(term));
            }
            (Value::Days(a), Value::Scalar(b)) if operator == Operator::Mult => {
                let term = self.numeric(Function::Multiply, a.clone(), b.clone(), span)?;
                return Ok(Value::Days(term));
            }
            (Value::Scalar(day), Value::Days(days)) => {
                let day = self.known(
                    day.clone(),
                    &construct,
                    "None has no dates and raises TypeError",
                    span,
                )?;
                let days = match additive(operator, &construct, span)? {
                    Function::Add => days.clone(),
                    _ => self.apply_folded(Function::Negate, vec![days.clone()], span)?,
                };
                return Ok(Value::Scalar(self.apply(
                    Function::AddDays,
                    vec![day, days],
                    span,
                )?));
            }
            (Value::Days(days), Value::Scalar(day)) if operator == Operator::Add => {
                let day = self.known(
                    day.clone(),
                    &construct,
                    "None has no dates and raises TypeError",
                    span,
                )?;
                return Ok(Value::Scalar(self.apply(
                    Function::AddDays,
                    vec![day, days.clone()],
                    span,
                )?));
            }
            (Value::Tuple(a), Value::Tuple(b)) if operator == Operator::Add => {
                return Ok(Value::Tuple(a.iter().chain(b).cloned().collect()));
            }
            (Value::Object(a), _) if operator == Operator::Add && self.list(*a).is_ok() => {
                let joined = self.list_of(Vec::new());
                if let Value::Object(id) = joined {
                    self.extend_list(id, &left, span)?;
                    self.extend_list(id, &right, span)?;
                }
                return Ok(joined);
            }
            (Value::Object(a), Value::Scalar(times)) if operator == Operator::Mult => {
                if let (Some(items), Some(Literal::Int(times))) =
                    (self.fixed_items(&Value::Object(*a)), times.as_literal())
                {
                    let times = usize::try_from(*times).unwrap_or(0);
                    let all = std::iter::repeat_n(items, times).flatten().collect();
                    return Ok(self.list_of(all));
                }
            }
            (Value::Object(_), Value::Object(_)) => {
                return self.set_operation(operator, &left, &right, span);
            }
            _ => {}
        }
        let a = self.scalar(&left, &construct, span)?;
        let b = self.scalar(&right, &construct, span)?;
        let a = self.known(a, &construct, "None raises TypeError", span)?;
        let b = self.known(b, &construct, "None raises TypeError", span)?;
        let (ta, tb) = (self.type_of(&a)?, self.type_of(&b)?);
        match (operator, ta.base, tb.base) {
            (Operator::Add, Base::Text, Base::Text) => {
                return Ok(Value::Scalar(self.apply(
                    Function::Concat,
                    vec![a, b],
                    span,
                )?));
            }
            (Operator::Sub, Base::Date, Base::Date) => {
                return Ok(Value::Days(self.apply(
                    Function::DaysBetween,
                    vec![a, b],
                    span,
                )?));
            }
            (Operator::Sub, Base::Timestamp, Base::Timestamp) => {
                return Ok(Value::Span(self.apply(
                    Function::Python(PythonFunction::MicrosecondsBetween),
                    vec![a, b],
                    span,
                )?));
            }
            _ => {}
        }
        if operator == Operator::Pow {
            return self.power(a, b, span);
        }
        if operator == Operator::Mult
            && matches!(
                (ta.base, tb.base),
                (Base::Text, Base::Int64) | (Base::Int64, Base::Text)
            )
        {
            let (text, times) = if ta.base == Base::Text {
                (a, b)
            } else {
                (b, a)
            };
            return Ok(Value::Scalar(self.python(
                PythonFunction::Repeat,
                vec![text, times],
                span,
            )?));
        }
        if operator == Operator::Sub
            || operator == Operator::Add
            || operator == Operator::Mult
            || operator == Operator::Div
            || operator == Operator::FloorDiv
            || operator == Operator::Mod
        {
            let function = match operator {
                Operator::Add => Function::Add,
                Operator::Sub => Function::Subtract,
                Operator::Mult => Function::Multiply,
                Operator::Div => Function::Divide,
                Operator::FloorDiv => Function::FloorDivide,
                _ => Function::Modulo,
            };
            return Ok(Value::Scalar(self.numeric(function, a, b, span)?));
        }
        if matches!(operator, Operator::BitAnd | Operator::BitOr)
            && ta.base == Base::Bool
            && tb.base == Base::Bool
        {
            let function = if operator == Operator::BitAnd {
                Function::And
            } else {
                Function::Or
            };
            return Ok(Value::Scalar(self.apply(function, vec![a, b], span)?));
        }
        Err(Refusal::new(
            construct,
            format!("it is not lifted for {ta} and {tb}"),
            Some(span.clone()),
        ))
    }

    /// An operation on one of two values that did not become one; nothing when neither is.
    fn of_either(
        &mut self,
        operator: Operator,
        left: &Value,
        right: &Value,
        span: &Span,
    ) -> Result<Option<Value>, Refusal> {
        let measured =
            |value: &Value| matches!(value, Value::Exact(_) | Value::Days(_) | Value::Span(_));
        let (choice, is_left) = match (left, right) {
            (Value::Choice(choice), _) if measured(&choice.yes) || measured(&choice.no) => {
                (choice.clone(), true)
            }
            (_, Value::Choice(choice)) if measured(&choice.yes) || measured(&choice.no) => {
                (choice.clone(), false)
            }
            _ => return Ok(None),
        };
        let condition = Term {
            expr: choice.condition.clone(),
            scope: choice.scope,
            numpy: false,
        };
        let opposite = Term {
            expr: not(condition.expr.clone()),
            ..condition.clone()
        };
        let side = |lowerer: &mut Self, value: &Value| {
            if is_left {
                lowerer.binary(operator, value, right, span)
            } else {
                lowerer.binary(operator, left, value, span)
            }
        };
        let yes = self.under(condition.clone(), |lowerer| side(lowerer, &choice.yes))?;
        let no = self.under(opposite, |lowerer| side(lowerer, &choice.no))?;
        let condition = crate::values::Condition {
            expr: condition.expr,
            scope: condition.scope,
        };
        Ok(Some(self.select(&condition, &yes, &no)))
    }

    /// Whether the result of an operation is a Decimal of any number of digits.
    fn has_any_digits(
        &self,
        operator: Operator,
        left: &Value,
        right: &Value,
    ) -> Result<bool, Refusal> {
        if matches!(left, Value::Exact(_)) || matches!(right, Value::Exact(_)) {
            return Ok(true);
        }
        let (Value::Scalar(a), Value::Scalar(b)) = (left, right) else {
            return Ok(false);
        };
        let (a, b) = (self.type_of(a)?, self.type_of(b)?);
        let decimal = |base: Base| matches!(base, Base::Decimal { .. });
        let whole = |base: Base| decimal(base) || base == Base::Int64;
        Ok(operator == Operator::Div
            && (decimal(a.base) || decimal(b.base))
            && whole(a.base)
            && whole(b.base))
    }

    /// Whether a scalar is a decimal.
    pub(crate) fn is_decimal(&self, term: &Term) -> bool {
        self.type_of(term)
            .is_ok_and(|ty| matches!(ty.base, Base::Decimal { .. }) && !ty.missing.possible())
    }

    /// Arithmetic of two scalars that are not None.
    pub(crate) fn numeric(
        &mut self,
        function: Function,
        a: Term,
        b: Term,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let construct = "arithmetic";
        let a = self.as_number(a)?;
        let b = self.as_number(b)?;
        let (ta, tb) = (self.type_of(&a)?, self.type_of(&b)?);
        let numpy = a.numpy || b.numpy;
        let decimal = |base: Base| matches!(base, Base::Decimal { .. });
        if decimal(ta.base) || decimal(tb.base) {
            if ta.base == Base::Float64 || tb.base == Base::Float64 {
                return Err(Refusal::new(
                    construct,
                    "a Decimal and a float raise TypeError",
                    Some(span.clone()),
                ));
            }
            if matches!(
                function,
                Function::Divide | Function::FloorDivide | Function::Modulo
            ) {
                return Err(Refusal::new(
                    construct,
                    "division of Decimals has as many digits as its context keeps",
                    Some(span.clone()),
                ));
            }
        }
        if matches!(
            function,
            Function::Divide | Function::FloorDivide | Function::Modulo
        ) {
            if numpy && function != Function::Divide {
                return Err(Refusal::new(
                    construct,
                    "floor division and modulo of numpy numbers are not lifted",
                    Some(span.clone()),
                ));
            }
            let zero = match tb.base {
                Base::Float64 => Literal::Float(0.0),
                _ => Literal::Int(0),
            };
            let condition = Term {
                expr: folded(
                    Function::Compare(Comparison::Ne, Flavour::Python),
                    vec![b.expr.clone(), Expr::literal(zero)],
                )
                .at(Some(span.clone())),
                ..b.clone()
            };
            self.require(
                &condition,
                construct,
                "a zero divisor raises ZeroDivisionError",
                span,
            )?;
        }
        let result = self.apply_folded(function, vec![a, b], span)?;
        if let Base::Decimal {
            precision, scale, ..
        } = self.type_of(&result)?.base
            && function == Function::Multiply
            && precision > CONTEXT_DIGITS
        {
            if reads_previous(&result.expr) {
                return Err(Refusal::new(
                    construct,
                    "a product of Decimals may have more digits than Python keeps",
                    Some(span.clone()),
                ));
            }
            let bound = Literal::Decimal {
                unscaled: 10_i128.pow(u32::from(CONTEXT_DIGITS)),
                scale,
            };
            let magnitude = Expr::call(Function::Absolute, vec![result.expr.clone()]);
            let condition = Term {
                expr: Expr::compare(
                    Comparison::Lt,
                    Flavour::Python,
                    magnitude,
                    Expr::literal(bound),
                )
                .at(Some(span.clone())),
                ..result.clone()
            };
            self.require(
                &condition,
                construct,
                "a product of more than 28 digits is rounded",
                span,
            )?;
        }
        Ok(result)
    }

    /// True as 1, False as 0.
    fn as_number(&self, term: Term) -> Result<Term, Refusal> {
        if self.type_of(&term)?.base != Base::Bool {
            return Ok(term);
        }
        Ok(Term {
            expr: choose(&term.expr, Expr::int(1), Expr::int(0)),
            ..term
        })
    }

    /// A call, computed at once where all arguments are constants.
    pub(crate) fn apply_folded(
        &self,
        function: Function,
        terms: Vec<Term>,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let arguments: Vec<Expr> = terms.iter().map(|term| term.expr.clone()).collect();
        let mut result = self.apply(function, terms, span)?;
        let expr = folded(function, arguments);
        if expr.as_literal().is_some() {
            result.expr = expr.at(Some(span.clone()));
        }
        Ok(result)
    }

    pub(crate) fn unary(
        &mut self,
        operator: UnaryOp,
        value: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        if let Value::Series(_) = value {
            return self.series_unary(operator, value, span);
        }
        match operator {
            UnaryOp::Not => {
                let term = self.truth(value, span)?;
                Ok(Value::Scalar(Term {
                    expr: not(term.expr).at(Some(span.clone())),
                    ..term
                }))
            }
            UnaryOp::USub if matches!(value, Value::Exact(_) | Value::Span(_) | Value::Days(_)) => {
                match value {
                    Value::Exact(term) => Ok(Value::Exact(self.python(
                        PythonFunction::ContextNegate,
                        vec![term.clone()],
                        span,
                    )?)),
                    Value::Days(term) => Ok(Value::Days(self.apply_folded(
                        Function::Negate,
                        vec![term.clone()],
                        span,
                    )?)),
                    other => {
                        let term = self.microseconds(other, span)?;
                        Ok(Value::Span(self.apply_folded(
                            Function::Negate,
                            vec![term],
                            span,
                        )?))
                    }
                }
            }
            UnaryOp::USub => {
                let term = self.scalar(value, "negation", span)?;
                let term = self.known(term, "negation", "None raises TypeError", span)?;
                let term = self.as_number(term)?;
                Ok(Value::Scalar(self.apply_folded(
                    Function::Negate,
                    vec![term],
                    span,
                )?))
            }
            UnaryOp::UAdd => Ok(Value::Scalar(self.scalar(value, "operator `+`", span)?)),
            UnaryOp::Invert => Err(Refusal::new(
                "operator `~`",
                "bit operations on scalars are not lifted",
                Some(span.clone()),
            )),
        }
    }

    /// Union, intersection and difference of sets of constants.
    fn set_operation(
        &mut self,
        operator: Operator,
        left: &Value,
        right: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let refuse = || {
            Refusal::new(
                format!("operator `{}`", operator.as_str()),
                "it is not lifted for these objects",
                Some(span.clone()),
            )
        };
        let (Value::Object(a), Value::Object(b)) = (left, right) else {
            return Err(refuse());
        };
        let (a, b) = (self.dict(*a)?.clone(), self.dict(*b)?.clone());
        if !a.set
            || !b.set
            || a.rest != crate::values::Rest::Nothing
            || b.rest != crate::values::Rest::Nothing
        {
            return Err(refuse());
        }
        let has = |dict: &crate::values::Dict, key: &Literal| {
            dict.entries.iter().any(|(other, _)| other == key)
        };
        let mut result = a.clone();
        match operator {
            Operator::BitOr => {
                for (key, value) in &b.entries {
                    if !has(&a, key) {
                        result.entries.push((key.clone(), value.clone()));
                    }
                }
            }
            Operator::BitAnd => result.entries.retain(|(key, _)| has(&b, key)),
            Operator::Sub => result.entries.retain(|(key, _)| !has(&b, key)),
            _ => return Err(refuse()),
        }
        Ok(self.object(Content::Dict(result)))
    }
}

fn additive(operator: Operator, construct: &str, span: &Span) -> Result<Function, Refusal> {
    match operator {
        Operator::Add => Ok(Function::Add),
        Operator::Sub => Ok(Function::Subtract),
        _ => Err(Refusal::new(
            construct,
            "it is not lifted for time differences",
            Some(span.clone()),
        )),
    }
}

/// Whether the expression is the text of a number or date, and of what.
pub(crate) fn text_of(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Call(Function::ToText, arguments) => arguments.first(),
        _ => None,
    }
}
