//! Conditions in the engine's words: where NULL and FALSE act alike, where they do not, and in which
//! order parts are evaluated.

use relift_dataflow::{
    AggregateFunction, Base, Comparison, Dataflow, Expr, ExprKind, Flavour, Function, Literal,
    Missing, NodeId, Op, Refusal, RuleMutant,
};

use super::expression::Translator;
use super::fragment::{Existence, Sql};
use super::identifier::refuse;

/// When an expression asks only whether a relation has rows: that relation, and whether it must have
/// none.
pub(crate) fn emptiness(flow: &Dataflow, expr: &Expr) -> Option<(NodeId, bool)> {
    let ExprKind::Call(function, arguments) = &expr.kind else {
        return None;
    };
    match (function, &arguments[..]) {
        (Function::Not, [inner]) => emptiness(flow, inner).map(|(id, none)| (id, !none)),
        (Function::Truthy, [count]) => counted(flow, count).map(|id| (id, false)),
        (Function::Compare(comparison, _), [left, right]) => {
            let (comparison, count, literal) = match (left.as_literal(), right.as_literal()) {
                (_, Some(literal)) => (*comparison, left, literal),
                (Some(literal), _) => (comparison.flipped(), right, literal),
                _ => return None,
            };
            let Literal::Int(bound) = literal else {
                return None;
            };
            let none = match (comparison, *bound) {
                (Comparison::Gt | Comparison::Ne, 0) | (Comparison::Ge, 1) => false,
                (Comparison::Eq | Comparison::Le, 0) | (Comparison::Lt, 1) => true,
                _ => return None,
            };
            counted(flow, count).map(|id| (id, none))
        }
        _ => None,
    }
}

/// The relation whose rows a scalar counts.
fn counted(flow: &Dataflow, expr: &Expr) -> Option<NodeId> {
    let ExprKind::Scalar { relation, column } = &expr.kind else {
        return None;
    };
    let Op::Aggregate {
        input,
        keys,
        aggregates,
        ..
    } = &flow.node(*relation).op
    else {
        return None;
    };
    let (_, aggregate) = aggregates.iter().find(|(name, _)| name == column)?;
    (keys.is_empty()
        && aggregate.function == AggregateFunction::Count
        && aggregate.filter.is_none())
    .then_some(*input)
}

/// Whether evaluating it can fail on values of its types.
fn can_fail(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| {
        if let ExprKind::Call(function, _) = &part.kind {
            found |= matches!(function, Function::Python(named) if named.may_raise());
            found |= matches!(
                function,
                Function::Divide
                    | Function::FloorDivide
                    | Function::Modulo
                    | Function::ToInt
                    | Function::ToFloat
                    | Function::PyRoundToInt
                    | Function::DecimalOfFloat
                    | Function::Quantize(_)
            );
        }
    });
    found
}

/// Whether it can fail and so must not be evaluated where an earlier condition is false.
pub(crate) fn needs_order(expr: &Expr) -> bool {
    can_fail(expr)
}

impl Translator<'_> {
    /// Conjuncts of a condition behind WHERE, where NULL and FALSE act alike and EXISTS is allowed.
    pub(crate) fn conjuncts(&self, expr: &Expr) -> Result<Vec<Sql>, Refusal> {
        if let Some((relation, negated)) = emptiness(self.flow, expr)
            && let Some(table) = self.tables.get(&relation)
        {
            return Ok(vec![Sql::Exists(Box::new(Existence {
                negated,
                table: table.clone(),
                source: u32::MAX,
                conditions: Vec::new(),
            }))]);
        }
        if let ExprKind::Call(Function::And, parts) = &expr.kind
            && !parts.iter().skip(1).any(can_fail)
        {
            let mut all = Vec::new();
            for part in parts {
                all.extend(self.conjuncts(part)?);
            }
            return Ok(all);
        }
        Ok(match self.condition(expr)? {
            Sql::And(parts) => parts,
            Sql::Constant(text) if text == "TRUE" => Vec::new(),
            one => vec![one],
        })
    }

    /// A condition where NULL and FALSE act alike.
    pub(crate) fn condition(&self, expr: &Expr) -> Result<Sql, Refusal> {
        self.truth(expr, true)
    }

    /// A truth value. With `lenient`, NULL may stand for FALSE.
    pub(super) fn truth(&self, expr: &Expr, lenient: bool) -> Result<Sql, Refusal> {
        let ExprKind::Call(function, arguments) = &expr.kind else {
            return self.value(expr);
        };
        match function {
            Function::And | Function::Or => {
                let and = *function == Function::And;
                if arguments.iter().skip(1).any(can_fail) {
                    return self.ordered_connection(and, arguments);
                }
                if let Some(list) = self.in_list(and, arguments, lenient)? {
                    return Ok(list);
                }
                let parts = arguments
                    .iter()
                    .map(|part| self.truth(part, lenient))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(if and {
                    Sql::all(parts)
                } else {
                    let mut flat = Vec::new();
                    for part in parts {
                        match part {
                            Sql::Or(inner) => flat.extend(inner),
                            other => flat.push(other),
                        }
                    }
                    Sql::Or(flat)
                })
            }
            Function::Not => match &self.truth(&arguments[0], RuleMutant::SqlNotNull.is_on())? {
                Sql::IsNull(inner, negated) => Ok(Sql::IsNull(inner.clone(), !negated)),
                Sql::Not(inner) => Ok(inner.as_ref().clone()),
                Sql::Distinct(a, b, equal) => Ok(Sql::Distinct(a.clone(), b.clone(), !equal)),
                Sql::In(a, list, negated) => Ok(Sql::In(a.clone(), list.clone(), !negated)),
                other => Ok(Sql::Not(Box::new(other.clone()))),
            },
            Function::Truthy => self.truthy(&arguments[0], lenient),
            Function::Compare(comparison, flavour) => {
                self.comparison(*comparison, *flavour, arguments, lenient, expr)
            }
            _ => self.value(expr),
        }
    }

    /// Python's short circuit: CASE is the only form that evaluates in order.
    fn ordered_connection(&self, and: bool, arguments: &[Expr]) -> Result<Sql, Refusal> {
        let (last, before) = arguments.split_last().expect("a connection has parts");
        let mut all = self.truth(last, false)?;
        for part in before.iter().rev() {
            let ty = self.ty(part)?;
            if ty.missing.possible() {
                return refuse(
                    "condition",
                    "its parts must be evaluated in order, and an earlier one may be missing",
                    part.span.as_ref(),
                );
            }
            let condition = self.truth(part, false)?;
            all = if and {
                Sql::Case(
                    vec![(condition, all)],
                    Box::new(Sql::Constant("FALSE".to_owned())),
                )
            } else {
                Sql::Case(
                    vec![(condition, Sql::Constant("TRUE".to_owned()))],
                    Box::new(all),
                )
            };
        }
        Ok(all)
    }

    /// `x = 1 OR x = 2` as `x IN (1, 2)`, `x <> 1 AND x <> 2` as `x NOT IN (1, 2)`.
    fn in_list(
        &self,
        and: bool,
        arguments: &[Expr],
        lenient: bool,
    ) -> Result<Option<Sql>, Refusal> {
        let wanted = if and { Comparison::Ne } else { Comparison::Eq };
        let mut probe: Option<(&Expr, Flavour)> = None;
        let mut values = Vec::new();
        for argument in arguments {
            let ExprKind::Call(Function::Compare(comparison, flavour), sides) = &argument.kind
            else {
                return Ok(None);
            };
            let [left, right] = &sides[..] else {
                return Ok(None);
            };
            let constant = matches!(
                right.as_literal(),
                Some(Literal::Int(_) | Literal::Text(_) | Literal::Date(_))
            );
            if *comparison != wanted
                || !constant
                || probe.is_some_and(|(before, other)| before != left || other != *flavour)
                || self.ty(left)?.base != self.ty(right)?.base
            {
                return Ok(None);
            }
            probe = Some((left, *flavour));
            values.push(self.value(right)?);
        }
        let Some((left, flavour)) = probe.filter(|_| values.len() > 1) else {
            return Ok(None);
        };
        let missing = self.ty(left)?.missing.possible();
        let list = Sql::In(Box::new(self.value(left)?), values, and);
        Ok(Some(
            if !missing || flavour == Flavour::Sql || RuleMutant::SqlInMissing.is_on() {
                list
            } else if and {
                list.or_else("TRUE")
            } else if lenient {
                list
            } else {
                list.or_else("FALSE")
            },
        ))
    }

    fn truthy(&self, argument: &Expr, lenient: bool) -> Result<Sql, Refusal> {
        let ty = self.ty(argument)?;
        let span = argument.span.as_ref();
        let nonzero = |sql: Sql| Sql::infix("<>", sql, Sql::Constant("0".to_owned()));
        let sql = match ty.base {
            Base::Bool => self.truth(argument, lenient)?,
            Base::Int64 | Base::Float64 | Base::Number | Base::Decimal { .. } => {
                nonzero(self.value(argument)?)
            }
            Base::Text => Sql::infix("<>", self.value(argument)?, Sql::Constant("''".to_owned())),
            Base::Date => return Ok(Sql::IsNull(Box::new(self.value(argument)?), true)),
            Base::Nothing => return Ok(Sql::Constant("FALSE".to_owned())),
            Base::Timestamp => {
                return refuse("truth of a timestamp", "NaT has a truth of its own", span);
            }
        };
        match (ty.missing.none, ty.missing.nan) {
            (false, false) => Ok(sql),
            (true, false) if lenient => Ok(sql),
            (true, false) => Ok(sql.or_else("FALSE")),
            (false, true) => Ok(sql.or_else("TRUE")),
            (true, true) => refuse(
                "truth of a value",
                "it may be None, which is false, or NaN, which is true",
                span,
            ),
        }
    }

    fn comparison(
        &self,
        comparison: Comparison,
        flavour: Flavour,
        arguments: &[Expr],
        lenient: bool,
        expr: &Expr,
    ) -> Result<Sql, Refusal> {
        let [left, right] = arguments else {
            return refuse("comparison", "needs two sides", expr.span.as_ref());
        };
        let (lt, rt) = (self.ty(left)?, self.ty(right)?);
        let exact = |base: Base| matches!(base, Base::Decimal { .. });
        if exact(lt.base) && rt.base == Base::Float64 || exact(rt.base) && lt.base == Base::Float64
        {
            return refuse(
                "comparison of a decimal with a float",
                "the engine would round one of them first",
                expr.span.as_ref(),
            );
        }
        if flavour == Flavour::Python && matches!(comparison, Comparison::Eq | Comparison::Ne) {
            for (side, other) in [(left, right), (right, left)] {
                if matches!(side.as_literal(), Some(Literal::None)) {
                    let test = self.is_none(other)?;
                    return Ok(match (comparison, test) {
                        (Comparison::Eq, test) => test,
                        (_, Sql::IsNull(inner, negated)) => Sql::IsNull(inner, !negated),
                        (_, test) => Sql::Not(Box::new(test)),
                    });
                }
            }
        }
        let (l, r) = (self.value(left)?, self.value(right)?);
        let plain = |l, r| Sql::comparison(comparison.symbol(), l, r);
        if flavour == Flavour::Sql {
            return Ok(plain(l, r));
        }
        let missing = lt.missing.or(rt.missing);
        let both_none = lt.missing.none && rt.missing.none;
        Ok(match comparison {
            _ if !missing.possible() || RuleMutant::SqlEquals.is_on() => plain(l, r),
            Comparison::Eq | Comparison::Ne if both_none && missing.nan => {
                return refuse(
                    "comparison",
                    "both sides may be None, which are equal, and one may be NaN, which is not",
                    expr.span.as_ref(),
                );
            }
            Comparison::Eq if !both_none && lenient => plain(l, r),
            Comparison::Eq if missing.nan => plain(l, r).or_else("FALSE"),
            Comparison::Ne if missing.nan => plain(l, r).or_else("TRUE"),
            Comparison::Eq | Comparison::Ne => {
                Sql::Distinct(Box::new(l), Box::new(r), comparison == Comparison::Eq)
            }
            // None would have raised; with NaN the answer is False.
            _ if lenient => plain(l, r),
            _ => plain(l, r).or_else("FALSE"),
        })
    }

    pub(super) fn is_none(&self, argument: &Expr) -> Result<Sql, Refusal> {
        let ty = self.ty(argument)?;
        match ty.missing {
            Missing {
                none: true,
                nan: true,
            } => refuse(
                "test for None",
                "the value may be None or NaN and both are NULL here",
                argument.span.as_ref(),
            ),
            Missing {
                none: false,
                nan: true,
            } => Ok(Sql::Constant("FALSE".to_owned())),
            _ => self.is_missing(argument),
        }
    }

    pub(super) fn is_missing(&self, argument: &Expr) -> Result<Sql, Refusal> {
        let sql = self.value(argument)?;
        let null = sql.clone().null_test();
        if matches!(
            sql,
            Sql::Column {
                lake_float: true,
                ..
            }
        ) {
            return Ok(Sql::Or(vec![null, Sql::Call("isnan", vec![sql])]));
        }
        Ok(null)
    }
}
