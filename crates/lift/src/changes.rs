//! What one row does to one variable, recognised by shape.

use relift_dataflow::{Base, ColumnType, Comparison, Expr, ExprKind, Flavour, Function, simplify};
use relift_job::ColumnName;

use crate::conditions::{reads_previous, same, without_marks};

/// The effect of a row on a variable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// It stays.
    Keep,
    /// It is replaced.
    Set(Expr),
    /// Something is added to it.
    Add(Expr),
    /// It is replaced when the value is better.
    Extreme {
        /// The value.
        value: Expr,
        /// Whether larger is better.
        largest: bool,
        /// Whether None gives way to any value.
        from_none: bool,
    },
    /// None is replaced.
    Fill(Expr),
    /// It becomes true when the condition holds.
    Or(Expr),
    /// It becomes false unless the condition holds.
    And(Expr),
}

/// Recognises the change of the variable `name`; the reason when it has no shape that is known.
pub(crate) fn recognise(
    next: &Expr,
    name: &ColumnName,
    ty: ColumnType,
) -> Result<Change, &'static str> {
    let next = set_unless_equal(simplify(prepare(next.clone(), name, ty)), name, ty);
    if is_previous(&next, name) {
        return Ok(Change::Keep);
    }
    if !reads_previous(&next) {
        return Ok(Change::Set(next));
    }
    match &next.kind {
        ExprKind::Call(Function::Add | Function::Subtract, _) => {
            added(&next, name).ok_or("the sum also reads other running values")
        }
        ExprKind::Call(function @ (Function::Greatest | Function::Least), arguments) => {
            match &arguments[..] {
                [a, b] if is_previous(a, name) && !reads_previous(b) => Ok(Change::Extreme {
                    value: b.clone(),
                    largest: *function == Function::Greatest,
                    from_none: false,
                }),
                [a, b] if is_previous(b, name) && !reads_previous(a) => Ok(Change::Extreme {
                    value: a.clone(),
                    largest: *function == Function::Greatest,
                    from_none: false,
                }),
                _ => Err("the comparison also reads other running values"),
            }
        }
        ExprKind::Call(function @ (Function::Or | Function::And), arguments) => {
            let (own, others): (Vec<_>, Vec<_>) = arguments
                .iter()
                .cloned()
                .partition(|part| is_previous(part, name));
            if own.len() != 1 || others.iter().any(reads_previous) {
                return Err("the condition also reads other running values");
            }
            let rest = simplify(Expr::call(*function, others));
            Ok(if *function == Function::Or {
                Change::Or(rest)
            } else {
                Change::And(rest)
            })
        }
        ExprKind::If { arms, otherwise } => choice(arms, otherwise, name)
            .ok_or("its new value depends on its old one in a way no aggregate expresses"),
        _ => Err("its new value depends on its old one in a way no aggregate expresses"),
    }
}

/// `x if x != v else v` is x, where equal values are the same value.
fn set_unless_equal(next: Expr, name: &ColumnName, ty: ColumnType) -> Expr {
    let alike = !ty.missing.nan
        && matches!(
            ty.base,
            Base::Int64 | Base::Text | Base::Date | Base::Timestamp | Base::Bool
        );
    let ExprKind::If { arms, otherwise } = &next.kind else {
        return next;
    };
    let [(test, value)] = &arms[..] else {
        return next;
    };
    let ExprKind::Call(Function::Compare(comparison, Flavour::Python), sides) = &test.kind else {
        return next;
    };
    let (set, kept) = match comparison {
        Comparison::Ne => (value, otherwise.as_ref()),
        Comparison::Eq => (otherwise.as_ref(), value),
        _ => return next,
    };
    let [left, right] = &sides[..] else {
        return next;
    };
    let compared = is_previous(&without_marks(left.clone()), name) && same(right, set)
        || is_previous(&without_marks(right.clone()), name) && same(left, set);
    if alike && compared && is_previous(&without_marks(kept.clone()), name) && !reads_previous(set)
    {
        set.clone()
    } else {
        next
    }
}

fn is_previous(expr: &Expr, name: &ColumnName) -> bool {
    matches!(&expr.kind, ExprKind::Previous(slot) if slot == name)
}

/// Drops marks on the variable and tests for None that its type answers.
fn prepare(next: Expr, name: &ColumnName, ty: ColumnType) -> Expr {
    next.map(&mut |part| {
        let ExprKind::Call(function, arguments) = &part.kind else {
            return part;
        };
        let [argument] = &arguments[..] else {
            return part;
        };
        if !is_previous(argument, name) {
            return part;
        }
        match function {
            Function::Known => argument.clone(),
            Function::IsNone if !ty.missing.none => Expr::bool(false),
            Function::IsMissing if !ty.missing.possible() => Expr::bool(false),
            _ => part,
        }
    })
}

/// `previous + e`, `e + previous`, `previous - e`; of exact types also with several terms.
fn added(next: &Expr, name: &ColumnName) -> Option<Change> {
    let ExprKind::Call(function, arguments) = &next.kind else {
        return None;
    };
    let [left, right] = &arguments[..] else {
        return None;
    };
    let term = |expr: &Expr| {
        if *function == Function::Subtract {
            Expr::call(Function::Negate, vec![expr.clone()])
        } else {
            expr.clone()
        }
    };
    if is_previous(left, name) && !reads_previous(right) {
        return Some(Change::Add(term(right)));
    }
    if *function == Function::Add && is_previous(right, name) && !reads_previous(left) {
        return Some(Change::Add(left.clone()));
    }
    if !reads_previous(right)
        && let Some(Change::Add(inner)) = added(left, name)
    {
        return Some(Change::Add(Expr::call(
            *function,
            vec![inner, right.clone()],
        )));
    }
    None
}

/// Whether an addition has one term, which alone is exact for floats.
pub(crate) fn is_single_addition(next: &Expr) -> bool {
    match &next.kind {
        ExprKind::Call(Function::Add | Function::Subtract, arguments) => arguments
            .iter()
            .filter(|part| reads_previous(part))
            .all(|part| matches!(without_marks(part.clone()).kind, ExprKind::Previous(_))),
        _ => true,
    }
}

/// `if test then a else b` where one side is the old value.
fn choice(arms: &[(Expr, Expr)], otherwise: &Expr, name: &ColumnName) -> Option<Change> {
    // `if v is None: v = x elif x > v: v = x` is one test.
    let (test, value, otherwise) = match arms {
        [(test, value)] => (test.clone(), value, otherwise),
        [(first, a), (second, b)] if same(a, b) => (
            Expr::call(Function::Or, vec![first.clone(), second.clone()]),
            a,
            otherwise,
        ),
        _ => return None,
    };
    if is_previous(otherwise, name) && !reads_previous(value) {
        return replaced_when(&test, value, name);
    }
    // `v if v > x else x`: replaced unless the old value is better.
    if is_previous(value, name) && !reads_previous(otherwise) {
        if let ExprKind::Call(Function::Not, parts) = &test.kind
            && let [test] = &parts[..]
        {
            return replaced_when(test, otherwise, name);
        }
        let (comparison, other) = comparison(&test, name)?;
        if !same(&other, otherwise) {
            return None;
        }
        // `comparison` is written with the new value on the left: v > x is x < v.
        let largest = match comparison {
            Comparison::Lt | Comparison::Le => true,
            Comparison::Gt | Comparison::Ge => false,
            Comparison::Eq | Comparison::Ne => return None,
        };
        return Some(Change::Extreme {
            value: otherwise.clone(),
            largest,
            from_none: false,
        });
    }
    None
}

fn replaced_when(test: &Expr, value: &Expr, name: &ColumnName) -> Option<Change> {
    let (tests, from_none) = match &test.kind {
        ExprKind::Call(Function::Or, parts) => {
            let (none, rest): (Vec<_>, Vec<_>) = parts
                .iter()
                .cloned()
                .partition(|part| is_none_of(part, name));
            (rest, !none.is_empty())
        }
        _ if is_none_of(test, name) => (Vec::new(), true),
        _ => (vec![test.clone()], false),
    };
    match &tests[..] {
        [] => Some(Change::Fill(value.clone())),
        [test] => {
            let (comparison, other) = comparison(test, name)?;
            if !same(&other, value) {
                return None;
            }
            let largest = match comparison {
                Comparison::Gt | Comparison::Ge => true,
                Comparison::Lt | Comparison::Le => false,
                Comparison::Eq | Comparison::Ne => return None,
            };
            Some(Change::Extreme {
                value: value.clone(),
                largest,
                from_none,
            })
        }
        _ => None,
    }
}

fn is_none_of(test: &Expr, name: &ColumnName) -> bool {
    matches!(
        &test.kind,
        ExprKind::Call(Function::IsNone, arguments) if is_previous(&arguments[0], name)
    )
}

/// A comparison with the old value of `name`, turned so that the other operand stands left.
pub(crate) fn comparison(test: &Expr, name: &ColumnName) -> Option<(Comparison, Expr)> {
    let ExprKind::Call(Function::Compare(comparison, Flavour::Python), arguments) = &test.kind
    else {
        return None;
    };
    let [left, right] = &arguments[..] else {
        return None;
    };
    if is_previous(&without_marks(right.clone()), name) && !reads_previous(left) {
        Some((*comparison, left.clone()))
    } else if is_previous(&without_marks(left.clone()), name) && !reads_previous(right) {
        Some((comparison.flipped(), right.clone()))
    } else {
        None
    }
}

/// Whether values of the type have one representation per value and a total order.
pub(crate) fn is_exact(ty: ColumnType) -> bool {
    !ty.missing.possible()
        && matches!(
            ty.base,
            Base::Int64 | Base::Decimal { .. } | Base::Text | Base::Date | Base::Timestamp
        )
}
