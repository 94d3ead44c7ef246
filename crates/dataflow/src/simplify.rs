//! Simplification that never changes a value.

use std::cmp::Ordering;

use relift_values::Decimal;

use crate::{Comparison, Expr, ExprKind, Flavour, Function, Literal};

/// Folds constants and removes what cannot matter: double negation, branches that are never taken,
/// branches that all say the same, comparison with `None`.
#[must_use]
pub fn simplify(expr: Expr) -> Expr {
    expr.map(&mut step)
}

fn step(expr: Expr) -> Expr {
    let span = expr.span.clone();
    match expr.kind {
        ExprKind::Call(Function::Not, mut arguments) if arguments.len() == 1 => {
            let argument = arguments.remove(0);
            negate(argument).at(span)
        }
        ExprKind::Call(function @ (Function::And | Function::Or), arguments) => {
            connect(function, arguments).at(span)
        }
        ExprKind::Call(Function::Compare(comparison, flavour), arguments) => {
            compare(comparison, flavour, arguments).at(span)
        }
        ExprKind::Call(Function::IsNone, arguments) => match arguments[0].as_literal() {
            Some(Literal::None) => Expr::bool(true).at(span),
            Some(_) => Expr::bool(false).at(span),
            None => Expr {
                kind: ExprKind::Call(Function::IsNone, arguments),
                span,
            },
        },
        ExprKind::Call(Function::Truthy, mut arguments) => {
            match arguments[0].as_literal().map(truth) {
                Some(value) => Expr::bool(value).at(span),
                None if is_bool(&arguments[0]) => arguments.remove(0),
                None => Expr {
                    kind: ExprKind::Call(Function::Truthy, arguments),
                    span,
                },
            }
        }
        ExprKind::Call(Function::NullableInteger, mut arguments) => {
            match arguments.remove(0).kind {
                ExprKind::Call(Function::PandasInteger, mut inner) => inner.remove(0),
                kind => Expr::call(
                    Function::NullableInteger,
                    vec![Expr {
                        kind,
                        span: span.clone(),
                    }],
                )
                .at(span),
            }
        }
        ExprKind::If { arms, otherwise } => branches(arms, *otherwise).at(span),
        kind => Expr { kind, span },
    }
}

fn truth(literal: &Literal) -> bool {
    match literal {
        Literal::None => false,
        Literal::Bool(value) => *value,
        Literal::Int(value) => *value != 0,
        Literal::Float(value) => *value != 0.0,
        Literal::Decimal { unscaled, .. } => *unscaled != 0,
        Literal::Text(value) => !value.is_empty(),
        Literal::Date(_) => true,
    }
}

/// Whether the expression is a truth value that is never missing, by its shape alone.
fn is_bool(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Bool(_)) => true,
        ExprKind::Call(function, arguments) => match function {
            Function::Compare(_, Flavour::Python)
            | Function::IsNone
            | Function::IsMissing
            | Function::Truthy => true,
            Function::And | Function::Or | Function::Not => arguments.iter().all(is_bool),
            _ => false,
        },
        ExprKind::Lookup {
            value: crate::LookupValue::Present,
            ..
        } => true,
        ExprKind::If { arms, otherwise } => {
            arms.iter().all(|(_, value)| is_bool(value)) && is_bool(otherwise)
        }
        _ => false,
    }
}

fn negate(argument: Expr) -> Expr {
    match argument.kind {
        ExprKind::Literal(Literal::Bool(value)) => Expr::bool(!value),
        ExprKind::Call(Function::Not, mut inner) => inner.remove(0),
        // Python's == and != are complements, also for None and NaN; its orderings are not.
        ExprKind::Call(Function::Compare(Comparison::Eq, Flavour::Python), arguments) => {
            Expr::call(
                Function::Compare(Comparison::Ne, Flavour::Python),
                arguments,
            )
        }
        ExprKind::Call(Function::Compare(Comparison::Ne, Flavour::Python), arguments) => {
            Expr::call(
                Function::Compare(Comparison::Eq, Flavour::Python),
                arguments,
            )
        }
        kind => Expr::call(
            Function::Not,
            vec![Expr {
                kind,
                span: argument.span,
            }],
        ),
    }
}

fn connect(function: Function, arguments: Vec<Expr>) -> Expr {
    let and = function == Function::And;
    let mut kept: Vec<Expr> = Vec::new();
    let parts = arguments
        .into_iter()
        .flat_map(|argument| match argument.kind {
            ExprKind::Call(inner, parts) if inner == function => parts,
            kind => vec![Expr {
                kind,
                span: argument.span,
            }],
        });
    for argument in parts {
        match argument.kind {
            ExprKind::Literal(Literal::Bool(value)) if value == and => {}
            ExprKind::Literal(Literal::Bool(_)) => {
                kept.push(argument);
                // What stands behind is never evaluated; what stands before may be NULL, or raise.
                return if kept.iter().all(|part| is_bool(part) && !part.may_raise()) {
                    Expr::bool(!and)
                } else {
                    Expr::call(function, kept)
                };
            }
            kind => {
                let argument = Expr {
                    kind,
                    span: argument.span,
                };
                if !kept.contains(&argument) {
                    kept.push(argument);
                }
            }
        }
    }
    match kept.len() {
        0 => Expr::bool(and),
        1 => kept.remove(0),
        _ => Expr::call(function, kept),
    }
}

/// How two constants of one kind compare; `None` where that is not known from the constants alone.
/// Python and SQL agree on all of them, NULL and NaN aside.
fn order_of_literals(left: &Literal, right: &Literal) -> Option<Ordering> {
    match (left, right) {
        (Literal::Bool(a), Literal::Bool(b)) => Some(a.cmp(b)),
        (Literal::Int(a), Literal::Int(b)) => Some(a.cmp(b)),
        (Literal::Float(a), Literal::Float(b)) => a.partial_cmp(b),
        (
            Literal::Decimal {
                unscaled: a,
                scale: s,
            },
            Literal::Decimal {
                unscaled: b,
                scale: t,
            },
        ) => {
            let left = Decimal::new(*a, i32::from(*s));
            Some(left.compare(Decimal::new(*b, i32::from(*t))))
        }
        (Literal::Text(a), Literal::Text(b)) => Some(a.cmp(b)),
        (Literal::Date(a), Literal::Date(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn compare(comparison: Comparison, flavour: Flavour, mut arguments: Vec<Expr>) -> Expr {
    if let (Some(left), Some(right)) = (arguments[0].as_literal(), arguments[1].as_literal())
        && let Some(order) = order_of_literals(left, right)
    {
        return Expr::bool(match comparison {
            Comparison::Eq => order.is_eq(),
            Comparison::Ne => order.is_ne(),
            Comparison::Lt => order.is_lt(),
            Comparison::Le => order.is_le(),
            Comparison::Gt => order.is_gt(),
            Comparison::Ge => order.is_ge(),
        });
    }
    if flavour == Flavour::Python && matches!(comparison, Comparison::Eq | Comparison::Ne) {
        let none = arguments
            .iter()
            .position(|argument| matches!(argument.as_literal(), Some(Literal::None)));
        if let Some(none) = none {
            let other = arguments.remove(1 - none);
            let test = step(Expr::call(Function::IsNone, vec![other]));
            return if comparison == Comparison::Eq {
                test
            } else {
                negate(test)
            };
        }
    }
    Expr::call(Function::Compare(comparison, flavour), arguments)
}

fn branches(arms: Vec<(Expr, Expr)>, otherwise: Expr) -> Expr {
    let mut kept: Vec<(Expr, Expr)> = Vec::new();
    let mut otherwise = otherwise;
    for (condition, value) in arms {
        if condition.is_false() || kept.iter().any(|(before, _)| *before == condition) {
            continue;
        }
        // Inside its own branch a condition is true.
        let value = match value.kind {
            ExprKind::If { mut arms, .. }
                if arms.first().is_some_and(|(own, _)| *own == condition) =>
            {
                arms.swap_remove(0).1
            }
            kind => Expr {
                kind,
                span: value.span,
            },
        };
        if condition.is_true() {
            otherwise = value;
            break;
        }
        kept.push((condition, value));
    }
    // `else: if …` becomes further arms of the same choice.
    while let ExprKind::If {
        arms,
        otherwise: inner,
    } = otherwise.kind
    {
        for (condition, value) in arms {
            if !kept.iter().any(|(before, _)| *before == condition) {
                kept.push((condition, value));
            }
        }
        otherwise = *inner;
    }
    let idle = |(condition, value): &(Expr, Expr)| *value == otherwise && !condition.may_raise();
    while kept.last().is_some_and(idle) {
        kept.pop();
    }
    if kept.is_empty() {
        return otherwise;
    }
    if let [(condition, value)] = &kept[..]
        && is_bool(condition)
    {
        if value.is_true() && otherwise.is_false() {
            return condition.clone();
        }
        if value.is_false() && otherwise.is_true() {
            return negate(condition.clone());
        }
    }
    // `x if x is not None else None`
    if let [(condition, value)] = &kept[..]
        && let ExprKind::Call(Function::Not, negated) = &condition.kind
        && let [inner] = &negated[..]
        && let ExprKind::Call(Function::IsNone, tested) = &inner.kind
        && let [tested] = &tested[..]
        && matches!(otherwise.as_literal(), Some(Literal::None))
        && (value == tested
            || matches!(&value.kind, ExprKind::Call(Function::Known, known) if known[0] == *tested))
    {
        return tested.clone();
    }
    Expr::new(ExprKind::If {
        arms: kept,
        otherwise: Box::new(otherwise),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(name: &str) -> Expr {
        Expr::compare(
            Comparison::Eq,
            Flavour::Python,
            Expr::column(name),
            Expr::int(1),
        )
    }

    #[test]
    fn constants_vanish() {
        assert_eq!(
            simplify(Expr::call(Function::And, vec![Expr::bool(true), test("a")])),
            test("a")
        );
        assert_eq!(
            simplify(Expr::branch(Expr::bool(true), Expr::int(1), Expr::int(2))),
            Expr::int(1)
        );
        assert_eq!(
            simplify(Expr::branch(test("a"), Expr::int(2), Expr::int(2))),
            Expr::int(2)
        );
        assert_eq!(simplify(test("a").negated().negated()), test("a"));
    }

    #[test]
    fn comparison_with_none_asks_for_none() {
        let expr = Expr::compare(
            Comparison::Ne,
            Flavour::Python,
            Expr::column("a"),
            Expr::none(),
        );
        assert_eq!(
            simplify(expr),
            Expr::call(Function::IsNone, vec![Expr::column("a")]).negated()
        );
    }

    #[test]
    fn what_may_raise_stays() {
        let quotient = Expr::call(Function::Divide, vec![Expr::int(1), Expr::column("a")]);
        let raises = Expr::compare(Comparison::Gt, Flavour::Python, quotient, Expr::int(2));
        let idle = Expr::branch(raises.clone(), Expr::int(1), Expr::int(1));
        assert_eq!(simplify(idle.clone()), idle);
        let decided = Expr::call(Function::And, vec![raises, Expr::bool(false)]);
        assert_eq!(simplify(decided.clone()), decided);
    }

    #[test]
    fn decimals_are_equal_by_value() {
        let decimal = |unscaled, scale| Expr::literal(Literal::Decimal { unscaled, scale });
        let equal = Expr::compare(
            Comparison::Eq,
            Flavour::Python,
            decimal(10, 1),
            decimal(100, 2),
        );
        assert!(simplify(equal).is_true());
    }

    #[test]
    fn comparisons_of_constants_vanish_in_both_languages() {
        use Comparison::{Eq, Ge, Lt, Ne};
        for flavour in [Flavour::Python, Flavour::Sql] {
            let test =
                |comparison, left, right| simplify(Expr::compare(comparison, flavour, left, right));
            assert!(test(Eq, Expr::int(1), Expr::int(1)).is_true());
            assert!(test(Lt, Expr::text("b"), Expr::text("a")).is_false());
            assert!(test(Ge, Expr::int(2), Expr::int(2)).is_true());
            let kinds_differ = test(Ne, Expr::int(1), Expr::text("1"));
            assert!(kinds_differ.as_literal().is_none(), "{kinds_differ}");
        }
        let unknown = Expr::compare(Eq, Flavour::Sql, Expr::none(), Expr::int(1));
        assert_eq!(simplify(unknown.clone()), unknown);
    }

    #[test]
    fn else_if_becomes_one_choice() {
        let inner = Expr::branch(test("b"), Expr::int(2), Expr::int(3));
        let outer = simplify(Expr::branch(test("a"), Expr::int(1), inner));
        let ExprKind::If { arms, otherwise } = outer.kind else {
            panic!("a choice")
        };
        assert_eq!((arms.len(), *otherwise), (2, Expr::int(3)));
    }
}
