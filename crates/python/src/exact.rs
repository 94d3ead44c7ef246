//! Decimals whose number of digits depends on the data: quotients, and what is read from text.
//!
//! Python keeps 28 digits of them, so they have no column type. They travel as [`Value::Exact`], the text
//! that `str` would print, until something gives them a scale: `quantize`, `round`, `float`, a comparison.

use relift_dataflow::{
    Base, Comparison, Expr, ExprKind, Flavour, Function, Literal, Refusal, RoundingMode,
};
use relift_diagnostics::Span;
use relift_values::PythonFunction as F;
use ruff_python_ast::Operator;

use crate::lowering::Lowerer;
use crate::values::{Term, Value};

impl Lowerer<'_> {
    /// `Decimal(text)` of a text that is not constant.
    pub(crate) fn exact_of_text(&mut self, text: Term, span: &Span) -> Result<Value, Refusal> {
        let construct = "call of `Decimal`";
        let accepted = self.python(F::IsDecimalText, vec![text.clone()], span)?;
        let word = self.python(F::IsDecimalWord, vec![text.clone()], span)?;
        let scope = accepted.scope;
        let valid = Term {
            expr: crate::state::any([accepted.expr, word.expr.clone()]),
            scope,
            numpy: false,
        };
        self.require(
            &valid,
            construct,
            "a text that is no number raises InvalidOperation",
            span,
        )?;
        let number = Term {
            expr: crate::state::not(word.expr),
            scope,
            numpy: false,
        };
        self.demand(&number, construct, "the text is no finite number", span)?;
        Ok(Value::Exact(self.python(
            F::ContextDecimalOfText,
            vec![text],
            span,
        )?))
    }

    /// A decimal, an integer or an exact decimal as the text of a decimal.
    pub(crate) fn exact(&mut self, value: &Value, span: &Span) -> Result<Term, Refusal> {
        match value {
            Value::Exact(term) => Ok(term.clone()),
            other => {
                let term = self.scalar(other, "arithmetic", span)?;
                let term = self.known(term, "arithmetic", "None raises TypeError", span)?;
                let expr = self.expanded(term.expr.clone(), term.scope);
                let expr = self.exact_expr(
                    &Term {
                        expr,
                        ..term.clone()
                    },
                    span,
                )?;
                Ok(Term {
                    expr,
                    scope: term.scope,
                    numpy: false,
                })
            }
        }
    }

    fn exact_expr(&self, term: &Term, span: &Span) -> Result<Expr, Refusal> {
        let part = |expr: &Expr| {
            self.exact_expr(
                &Term {
                    expr: expr.clone(),
                    ..term.clone()
                },
                span,
            )
        };
        let ty = self.type_of(term)?;
        let named = |function: F, parts: Vec<Expr>| {
            Expr::call(Function::Python(function), parts).at(Some(span.clone()))
        };
        match (&term.expr.kind, ty.base) {
            (_, Base::Int64 | Base::Decimal { padded: true, .. }) => {
                Ok(Expr::call(Function::ToText, vec![term.expr.clone()]).at(Some(span.clone())))
            }
            (ExprKind::Call(Function::DecimalOfFloat, parts), _) => {
                Ok(Expr::call(Function::ToText, vec![parts[0].clone()]).at(Some(span.clone())))
            }
            (ExprKind::Call(Function::Known, parts), _) => part(&parts[0]),
            (
                ExprKind::Call(
                    function @ (Function::Add | Function::Subtract | Function::Multiply),
                    parts,
                ),
                Base::Decimal { .. },
            ) if parts.len() == 2 => {
                let function = match function {
                    Function::Add => F::ContextAdd,
                    Function::Subtract => F::ContextSubtract,
                    _ => F::ContextMultiply,
                };
                Ok(named(function, vec![part(&parts[0])?, part(&parts[1])?]))
            }
            (ExprKind::Call(Function::Negate, parts), Base::Decimal { .. }) => {
                Ok(named(F::ContextNegate, vec![part(&parts[0])?]))
            }
            (ExprKind::Call(Function::Absolute, parts), Base::Decimal { .. }) => {
                Ok(named(F::ContextAbsolute, vec![part(&parts[0])?]))
            }
            (ExprKind::If { arms, otherwise }, Base::Decimal { .. }) => {
                let arms = arms
                    .iter()
                    .map(|(condition, value)| Ok((condition.clone(), part(value)?)))
                    .collect::<Result<Vec<_>, Refusal>>()?;
                let otherwise = Box::new(part(otherwise)?);
                Ok(Expr::new(ExprKind::If { arms, otherwise }).at(Some(span.clone())))
            }
            _ => Err(Refusal::new(
                "arithmetic",
                format!("how many digits {ty} has depends on the data"),
                Some(span.clone()),
            )),
        }
    }

    /// `left operator right` where the result has as many digits as the context keeps.
    pub(crate) fn exact_binary(
        &mut self,
        operator: Operator,
        left: &Value,
        right: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        for side in [left, right] {
            if let Value::Scalar(term) = side {
                let base = self.type_of(term)?.base;
                if !matches!(base, Base::Int64 | Base::Decimal { .. }) {
                    return Err(Refusal::new(
                        "arithmetic",
                        "a Decimal is combined with something else than an integer",
                        Some(span.clone()),
                    ));
                }
            }
        }
        let a = self.exact(left, span)?;
        let b = self.exact(right, span)?;
        let function = match operator {
            Operator::Add => F::ContextAdd,
            Operator::Sub => F::ContextSubtract,
            Operator::Mult => F::ContextMultiply,
            Operator::Div => {
                let order = self.exact_order(&b, span)?;
                let nonzero = Term {
                    expr: Expr::compare(Comparison::Ne, Flavour::Python, order.expr, Expr::int(0)),
                    ..order
                };
                self.require(
                    &nonzero,
                    "arithmetic",
                    "a zero divisor raises ZeroDivisionError",
                    span,
                )?;
                F::ContextDivide
            }
            _ => {
                return Err(Refusal::new(
                    format!("operator `{}`", operator.as_str()),
                    "it is not lifted for Decimals",
                    Some(span.clone()),
                ));
            }
        };
        Ok(Value::Exact(self.python(function, vec![a, b], span)?))
    }

    /// -1, 0 or 1 for the sign of an exact decimal.
    fn exact_order(&mut self, term: &Term, span: &Span) -> Result<Term, Refusal> {
        let zero = Term::literal(Literal::Text("0".to_owned()));
        self.python(F::ContextCompare, vec![term.clone(), zero], span)
    }

    /// A comparison with at least one exact decimal.
    pub(crate) fn exact_compare(
        &mut self,
        comparison: Comparison,
        left: &Value,
        right: &Value,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let a = self.exact(left, span)?;
        let b = self.exact(right, span)?;
        let order = self.python(F::ContextCompare, vec![a, b], span)?;
        Ok(Term {
            expr: Expr::compare(comparison, Flavour::Python, order.expr, Expr::int(0))
                .at(Some(span.clone())),
            ..order
        })
    }

    /// Whether an exact decimal is not zero.
    pub(crate) fn exact_truth(&mut self, term: &Term, span: &Span) -> Result<Term, Refusal> {
        let order = self.exact_order(term, span)?;
        Ok(Term {
            expr: Expr::compare(Comparison::Ne, Flavour::Python, order.expr, Expr::int(0))
                .at(Some(span.clone())),
            ..order
        })
    }

    /// An exact decimal with a fixed number of digits after the point.
    pub(crate) fn exact_quantize(
        &mut self,
        term: &Term,
        scale: i64,
        mode: RoundingMode,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let mode = format!("ROUND_{}", mode.word().to_ascii_uppercase());
        let quantized = self.python(
            F::ContextQuantize,
            vec![
                term.clone(),
                Term::literal(Literal::Int(scale)),
                Term::literal(Literal::Text(mode)),
            ],
            span,
        )?;
        // A negative amount rounded to nothing is printed with its sign, which a column does not keep.
        let signed = self.python(F::ContextIsNegative, vec![term.clone()], span)?;
        let nothing = Expr::compare(
            Comparison::Eq,
            Flavour::Python,
            quantized.expr.clone(),
            Expr::int(0),
        );
        let plain = Term {
            expr: crate::state::any([crate::state::not(signed.expr), crate::state::not(nothing)]),
            ..quantized.clone()
        };
        self.demand(
            &plain,
            "quantize",
            "a negative amount is rounded to minus zero",
            span,
        )?;
        Ok(quantized)
    }
}
