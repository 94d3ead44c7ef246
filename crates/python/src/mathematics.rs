//! `math`, `statistics` and powers.

use relift_dataflow::{Base, Comparison, Expr, Flavour, Function, Literal, Refusal};
use relift_diagnostics::Span;
use relift_values::PythonFunction as F;
use ruff_python_ast::Operator;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::state::{all, any, not};
use crate::values::{Term, Value};

impl Lowerer<'_> {
    /// Functions of `math`; nothing when it is not one of them.
    pub(crate) fn mathematics(
        &mut self,
        path: &str,
        arguments: &Arguments,
    ) -> Option<Result<Value, Refusal>> {
        let name = path.strip_prefix("math.")?;
        Some(match name {
            "floor" | "ceil" | "trunc" => self.whole_part(name, arguments),
            "sqrt" => self.of_float(F::SquareRoot, Some((Comparison::Ge, 0.0)), arguments),
            "exp" => self.of_float(F::Exponential, None, arguments),
            "log10" => self.of_float(F::Logarithm10, Some((Comparison::Gt, 0.0)), arguments),
            "log2" => self.of_float(F::Logarithm2, Some((Comparison::Gt, 0.0)), arguments),
            "log" => self.logarithm(arguments),
            "pow" => self.math_power(arguments),
            "fabs" => self.magnitude(arguments),
            "isnan" => self.is_nan(arguments),
            "isinf" | "isfinite" => self.is_infinite(name == "isfinite", arguments),
            "isclose" => self.is_close(arguments),
            _ => return None,
        })
    }

    /// An argument as `math` takes it: a float.
    fn float_argument(&mut self, index: usize, arguments: &Arguments) -> Result<Term, Refusal> {
        let value = arguments.need(index, "x")?.clone();
        if let Value::Scalar(term) = &value
            && matches!(self.type_of(term)?.base, Base::Text)
        {
            return Err(arguments.refuse("of a text it raises TypeError"));
        }
        self.float_of(&value, &arguments.span)
    }

    fn condition(&self, comparison: Comparison, term: &Term, bound: f64) -> Term {
        let _ = self;
        Term {
            expr: crate::arithmetic::folded(
                Function::Compare(comparison, Flavour::Python),
                vec![term.expr.clone(), Expr::literal(Literal::Float(bound))],
            ),
            numpy: false,
            ..term.clone()
        }
    }

    /// Where the number is NaN or the condition holds.
    fn nan_or(&self, term: &Term, condition: Term) -> Result<Term, Refusal> {
        if !self.type_of(term)?.missing.nan {
            return Ok(condition);
        }
        let missing = Expr::call(Function::IsMissing, vec![term.expr.clone()]);
        Ok(Term {
            expr: any([missing, condition.expr]),
            ..condition
        })
    }

    fn of_float(
        &mut self,
        function: F,
        domain: Option<(Comparison, f64)>,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(1, &[])?;
        let term = self.float_argument(0, arguments)?;
        self.within(&term, domain, arguments)?;
        Ok(Value::Scalar(self.python(
            function,
            vec![term],
            &arguments.span,
        )?))
    }

    fn within(
        &mut self,
        term: &Term,
        domain: Option<(Comparison, f64)>,
        arguments: &Arguments,
    ) -> Result<(), Refusal> {
        let Some((comparison, bound)) = domain else {
            return Ok(());
        };
        let inside = self.condition(comparison, term, bound);
        let inside = self.nan_or(term, inside)?;
        self.require(
            &inside,
            &arguments.construct,
            "a number outside its domain raises ValueError",
            &arguments.span,
        )
    }

    fn logarithm(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(2, &[])?;
        let domain = Some((Comparison::Gt, 0.0));
        let term = self.float_argument(0, arguments)?;
        self.within(&term, domain, arguments)?;
        let natural = self.python(F::Logarithm, vec![term], &arguments.span)?;
        if arguments.positional.len() < 2 {
            return Ok(Value::Scalar(natural));
        }
        let base = self.float_argument(1, arguments)?;
        self.within(&base, domain, arguments)?;
        let base = self.python(F::Logarithm, vec![base], &arguments.span)?;
        Ok(Value::Scalar(self.numeric(
            Function::Divide,
            natural,
            base,
            &arguments.span,
        )?))
    }

    fn math_power(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(2, &[])?;
        let base = self.float_argument(0, arguments)?;
        let exponent = self.float_argument(1, arguments)?;
        let span = &arguments.span;
        // Outside the ordinary the two powers of Python differ in what they raise.
        let ordinary = self.condition(Comparison::Gt, &base, 0.0);
        self.demand(
            &ordinary,
            &arguments.construct,
            "the power of a number that is not positive",
            span,
        )?;
        Ok(Value::Scalar(self.python(
            F::Power,
            vec![base, exponent],
            span,
        )?))
    }

    fn whole_part(&mut self, name: &str, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        arguments.only(1, &[])?;
        let value = arguments.need(0, "x")?.clone();
        if name == "trunc" {
            if let Value::Scalar(term) = &value
                && self.type_of(term)?.base == Base::Text
            {
                return Err(arguments.refuse("of a text it raises TypeError"));
            }
            return Ok(Value::Scalar(self.integer_of(&value, span)?));
        }
        let mode = if name == "floor" {
            relift_dataflow::RoundingMode::Floor
        } else {
            relift_dataflow::RoundingMode::Ceiling
        };
        if let Value::Exact(term) = &value {
            let whole = self.exact_quantize(term, 0, mode, span)?;
            return Ok(Value::Scalar(self.apply(
                Function::ToInt,
                vec![whole],
                span,
            )?));
        }
        let term = self.scalar(&value, &arguments.construct, span)?;
        let term = self.known(term, &arguments.construct, "None raises TypeError", span)?;
        let term = Term {
            numpy: false,
            ..term
        };
        match self.type_of(&term)?.base {
            Base::Int64 => Ok(Value::Scalar(term)),
            Base::Float64 | Base::Number => {
                let term =
                    self.not_nan(term, &arguments.construct, "NaN raises ValueError", span)?;
                let term = self.apply(Function::ToFloat, vec![term], span)?;
                let function = if name == "floor" {
                    F::Floor
                } else {
                    F::Ceiling
                };
                Ok(Value::Scalar(self.python(function, vec![term], span)?))
            }
            Base::Decimal { .. } => {
                let zero = Term::literal(Literal::Int(0));
                let whole = self.apply(Function::Quantize(mode), vec![term, zero], span)?;
                Ok(Value::Scalar(self.apply(
                    Function::ToInt,
                    vec![whole],
                    span,
                )?))
            }
            base => Err(arguments.refuse(format!("it is not lifted for {base}"))),
        }
    }

    fn magnitude(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(1, &[])?;
        let term = self.float_argument(0, arguments)?;
        Ok(Value::Scalar(self.apply(
            Function::Absolute,
            vec![term],
            &arguments.span,
        )?))
    }

    fn is_nan(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        arguments.only(1, &[])?;
        let value = arguments.need(0, "x")?.clone();
        let term = self.scalar(&value, &arguments.construct, span)?;
        let term = self.known(term, &arguments.construct, "None raises TypeError", span)?;
        match self.type_of(&term)?.base {
            Base::Text | Base::Date | Base::Timestamp => {
                Err(arguments.refuse("of something else than a number it raises TypeError"))
            }
            _ => Ok(Value::Scalar(self.apply(
                Function::IsMissing,
                vec![term],
                span,
            )?)),
        }
    }

    fn is_infinite(&mut self, finite: bool, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        arguments.only(1, &[])?;
        let term = self.float_argument(0, arguments)?;
        let nan = self.type_of(&term)?.missing.nan;
        let missing = Expr::call(Function::IsMissing, vec![term.expr.clone()]);
        let infinite = self.python(F::IsInfinite, vec![term], span)?;
        let expr = match (finite, nan) {
            (false, false) => infinite.expr.clone(),
            (true, false) => not(infinite.expr.clone()),
            (false, true) => all([not(missing), infinite.expr.clone()]),
            (true, true) => all([not(missing), not(infinite.expr.clone())]),
        };
        Ok(Value::Scalar(Term { expr, ..infinite }))
    }

    /// `math.isclose` of finite numbers.
    fn is_close(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        arguments.only(2, &["rel_tol", "abs_tol"])?;
        let mut bounds = Vec::new();
        for (name, default) in [("rel_tol", 1e-9), ("abs_tol", 0.0)] {
            bounds.push(match arguments.named(name).map(Value::as_literal) {
                None => default,
                Some(Some(Literal::Float(value))) if *value >= 0.0 => *value,
                Some(Some(Literal::Int(value))) if *value >= 0 => *value as f64,
                Some(_) => return Err(arguments.refuse("its tolerances are not constant")),
            });
        }
        let a = self.float_argument(0, arguments)?;
        let b = self.float_argument(1, arguments)?;
        for term in [&a, &b] {
            self.not_nan(
                term.clone(),
                &arguments.construct,
                "one of them is NaN",
                span,
            )?;
            let infinite = self.python(F::IsInfinite, vec![term.clone()], span)?;
            let finite = Term {
                expr: not(infinite.expr),
                ..infinite
            };
            self.demand(
                &finite,
                &arguments.construct,
                "one of them is infinite",
                span,
            )?;
        }
        let difference = self.apply(Function::Subtract, vec![b.clone(), a.clone()], span)?;
        let distance = self.apply(Function::Absolute, vec![difference], span)?;
        let mut parts = vec![Expr::compare(
            Comparison::Eq,
            Flavour::Python,
            a.expr.clone(),
            b.expr.clone(),
        )];
        let within = |bound: Expr| {
            Expr::compare(
                Comparison::Le,
                Flavour::Python,
                distance.expr.clone(),
                bound,
            )
        };
        for side in [&b, &a] {
            let scaled = self.apply(
                Function::Multiply,
                vec![Term::literal(Literal::Float(bounds[0])), side.clone()],
                span,
            )?;
            parts.push(within(Expr::call(Function::Absolute, vec![scaled.expr])));
        }
        if bounds[1] > 0.0 {
            parts.push(within(Expr::literal(Literal::Float(bounds[1]))));
        }
        Ok(Value::Scalar(Term {
            expr: any(parts).at(Some(span.clone())),
            ..distance
        }))
    }

    /// `base ** exponent`.
    pub(crate) fn power(
        &mut self,
        base: Term,
        exponent: Term,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let construct = format!("operator `{}`", Operator::Pow.as_str());
        let refuse =
            |reason: &str| Err(Refusal::new(construct.clone(), reason, Some(span.clone())));
        if base.numpy || exponent.numpy {
            return refuse("powers of numpy numbers are not lifted");
        }
        let (of_base, of_exponent) = (self.type_of(&base)?, self.type_of(&exponent)?);
        if of_base.missing.nan || of_exponent.missing.nan {
            return refuse("one of them may be NaN");
        }
        match (of_base.base, of_exponent.base) {
            (Base::Int64, Base::Int64) => match exponent.as_literal() {
                Some(Literal::Int(0..)) => Ok(Value::Scalar(self.python(
                    F::IntPower,
                    vec![base, exponent],
                    span,
                )?)),
                Some(Literal::Int(value)) => {
                    // Below zero it is the power of floats.
                    let exponent = Term::literal(Literal::Float(*value as f64));
                    let base = self.apply(Function::ToFloat, vec![base], span)?;
                    self.power(base, exponent, span)
                }
                _ => refuse("whether the power is an integer or a float depends on the exponent"),
            },
            (Base::Int64 | Base::Float64, Base::Int64 | Base::Float64) => {
                let base = self.apply(Function::ToFloat, vec![base], span)?;
                let whole = match exponent.as_literal() {
                    Some(Literal::Int(value)) => Some(*value as f64),
                    Some(Literal::Float(value)) => Some(*value),
                    _ => None,
                };
                let exponent = match whole {
                    Some(value) => Term::literal(Literal::Float(value)),
                    None => self.apply(Function::ToFloat, vec![exponent], span)?,
                };
                let integral = whole.is_some_and(|value| value.fract() == 0.0);
                if !integral {
                    let real = self.condition(Comparison::Ge, &base, 0.0);
                    self.demand(&real, &construct, "the power of a negative number", span)?;
                }
                if whole.is_none_or(|value| value < 0.0) {
                    let mut defined = vec![self.condition(Comparison::Ne, &base, 0.0)];
                    if whole.is_none() {
                        defined.push(self.condition(Comparison::Ge, &exponent, 0.0));
                    }
                    let scope = self.scope_of(&defined.iter().collect::<Vec<_>>(), span)?;
                    let defined = Term {
                        expr: any(defined.into_iter().map(|term| term.expr)),
                        scope,
                        numpy: false,
                    };
                    self.require(
                        &defined,
                        &construct,
                        "zero to a negative power raises ZeroDivisionError",
                        span,
                    )?;
                }
                Ok(Value::Scalar(self.python(
                    F::Power,
                    vec![base, exponent],
                    span,
                )?))
            }
            _ => refuse("it is lifted for integers and floats"),
        }
    }
}
