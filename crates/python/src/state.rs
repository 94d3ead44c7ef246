//! The state of a symbolic execution: variables, objects, the shared state and the path.

use std::rc::Rc;

use relift_dataflow::{Expr, ExprKind, Function, Literal, Refusal};
use relift_job::FrameName;

use crate::shared_map::SharedMap;
use crate::values::{Condition, Content, Object, ObjectId, Scope, Value, may_raise};

/// Everything an execution can change.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    /// Variables of the function being executed.
    pub(crate) locals: SharedMap<String, Value>,
    /// Variables of the module.
    pub(crate) globals: SharedMap<String, Value>,
    pub(crate) heap: SharedMap<ObjectId, Object>,
    /// Frames of the shared state.
    pub(crate) shared: SharedMap<FrameName, Value>,
    /// Conditions that hold here, from the beginning.
    pub(crate) path: Vec<Condition>,
    /// Nothing comes here: every path has left.
    pub(crate) dead: bool,
}

impl State {
    /// Whether the path says that the condition is true or false.
    pub(crate) fn known(&self, condition: &Expr) -> Option<bool> {
        if let Some(Literal::Bool(value)) = condition.as_literal() {
            return Some(*value);
        }
        let stripped = without_known(condition);
        let opposite = not(stripped.clone());
        for fact in &self.path {
            if implies(&fact.expr, &stripped) {
                return Some(true);
            }
            if implies(&fact.expr, &opposite) {
                return Some(false);
            }
        }
        None
    }

    /// Whether the path says that the value is not None.
    pub(crate) fn known_not_none(&self, value: &Expr) -> bool {
        let value = without_known(value);
        let about = |expr: &Expr| without_known(expr) == value;
        self.path.iter().any(|fact| not_none_by(&fact.expr, &about))
    }

    /// Whether the path says that the value is neither None nor NaN.
    pub(crate) fn known_not_missing(&self, value: &Expr) -> bool {
        let opposite = not(Expr::call(Function::IsMissing, vec![without_known(value)]));
        self.path.iter().any(|fact| implies(&fact.expr, &opposite))
    }

    /// Makes an object unusable from here on.
    pub(crate) fn poison(&mut self, id: ObjectId, refusal: &Rc<Refusal>) {
        if let Some(object) = self.heap.get_mut(&id)
            && !matches!(&object.content, Content::Poisoned(old) if !crate::nesting::is_waiting(old))
        {
            object.content = Content::Poisoned(refusal.clone());
        }
    }
}

/// Whether `fact` being true makes `goal` true, by their shape.
fn implies(fact: &Expr, goal: &Expr) -> bool {
    if without_known(fact) == *goal {
        return true;
    }
    match &fact.kind {
        ExprKind::Call(Function::And, parts) => parts.iter().any(|part| implies(part, goal)),
        _ => match &goal.kind {
            ExprKind::Call(Function::Or, parts) => parts.iter().any(|part| implies(fact, part)),
            _ => false,
        },
    }
}

fn not_none_by(fact: &Expr, about: &impl Fn(&Expr) -> bool) -> bool {
    match &fact.kind {
        ExprKind::Call(Function::And, parts) => parts.iter().any(|part| not_none_by(part, about)),
        ExprKind::Call(Function::Truthy, arguments) => about(&arguments[0]),
        ExprKind::Call(Function::Not, arguments) => matches!(
            &arguments[0].kind,
            ExprKind::Call(Function::IsNone | Function::IsMissing, inner) if about(&inner[0])
        ),
        ExprKind::Call(
            Function::Compare(relift_dataflow::Comparison::Eq, relift_dataflow::Flavour::Python),
            sides,
        ) => {
            let literal = |expr: &Expr| {
                expr.as_literal()
                    .is_some_and(|literal| *literal != Literal::None)
            };
            (about(&sides[0]) && literal(&sides[1])) || (about(&sides[1]) && literal(&sides[0]))
        }
        _ => false,
    }
}

/// The expression without the marks that a value is not None here.
pub(crate) fn without_known(expr: &Expr) -> Expr {
    expr.clone().map(&mut |part| match part.kind {
        ExprKind::Call(Function::Known | Function::NotMissing, mut arguments) => {
            arguments.remove(0)
        }
        kind => Expr {
            kind,
            span: part.span,
        },
    })
}

/// Negation in a form that reads well and is recognised again.
pub(crate) fn not(expr: Expr) -> Expr {
    use relift_dataflow::{Comparison, Flavour};
    let span = expr.span.clone();
    match expr.kind {
        ExprKind::Literal(Literal::Bool(value)) => Expr::bool(!value).at(span),
        ExprKind::Call(Function::Not, mut inner) => inner.remove(0),
        ExprKind::Call(Function::Or, parts) => Expr::all(parts.into_iter().map(not)).at(span),
        ExprKind::Call(Function::And, parts)
            if parts
                .iter()
                .all(|part| matches!(part.kind, ExprKind::Call(Function::Not, _))) =>
        {
            any(parts.into_iter().map(not)).at(span)
        }
        ExprKind::Call(Function::Compare(Comparison::Eq, Flavour::Python), sides) => {
            Expr::call(Function::Compare(Comparison::Ne, Flavour::Python), sides).at(span)
        }
        ExprKind::Call(Function::Compare(Comparison::Ne, Flavour::Python), sides) => {
            Expr::call(Function::Compare(Comparison::Eq, Flavour::Python), sides).at(span)
        }
        kind => Expr { kind, span }.negated(),
    }
}

/// Disjunction; the empty one is false.
pub(crate) fn any(parts: impl IntoIterator<Item = Expr>) -> Expr {
    let mut kept: Vec<Expr> = Vec::new();
    for part in parts {
        match part.kind {
            ExprKind::Literal(Literal::Bool(false)) => {}
            ExprKind::Literal(Literal::Bool(true)) => return Expr::bool(true),
            ExprKind::Call(Function::Or, inner) => kept.extend(inner),
            kind => kept.push(Expr {
                kind,
                span: part.span,
            }),
        }
    }
    match kept.len() {
        0 => Expr::bool(false),
        1 => kept.remove(0),
        _ => Expr::call(Function::Or, kept),
    }
}

/// Conjunction that is false when a part is.
pub(crate) fn all(parts: impl IntoIterator<Item = Expr>) -> Expr {
    let parts: Vec<Expr> = parts.into_iter().collect();
    if parts.iter().any(Expr::is_false) {
        return Expr::bool(false);
    }
    Expr::all(parts)
}

/// `condition ? yes : no`, in the simplest form that means the same.
pub(crate) fn choose(condition: &Expr, yes: Expr, no: Expr) -> Expr {
    if let Some(Literal::Bool(value)) = condition.as_literal() {
        return if *value { yes } else { no };
    }
    if let ExprKind::Call(Function::Not, inner) = &condition.kind {
        return choose(&inner[0], no, yes);
    }
    // Inside a branch its own condition is decided.
    let yes = decide(yes, condition, true);
    let no = decide(no, condition, false);
    if yes == no {
        return yes;
    }
    let free = !may_raise(&yes) && !may_raise(&no);
    if yes.is_true() && no.is_false() {
        return condition.clone();
    }
    if yes.is_false() && no.is_true() {
        return not(condition.clone());
    }
    if free && yes.is_true() {
        return any([condition.clone(), no]);
    }
    if free && yes.is_false() {
        return all([not(condition.clone()), no]);
    }
    if free && no.is_false() {
        return all([condition.clone(), yes]);
    }
    if free && no.is_true() {
        return any([not(condition.clone()), yes]);
    }
    let span = condition.span.clone();
    // A chain of conditions stays one level deep.
    if let ExprKind::If { arms, otherwise } = no.kind {
        let mut all_arms = vec![(condition.clone(), yes)];
        all_arms.extend(arms);
        return Expr::new(ExprKind::If {
            arms: all_arms,
            otherwise,
        })
        .at(span);
    }
    Expr::branch(condition.clone(), yes, no).at(span)
}

/// Simplifies conditions inside an expression that is only reached when `condition` has this value.
pub(crate) fn decide(expr: Expr, condition: &Expr, value: bool) -> Expr {
    let fact = if value {
        condition.clone()
    } else {
        not(condition.clone())
    };
    given(expr, &conjuncts(fact))
}

fn conjuncts(fact: Expr) -> Vec<Expr> {
    match fact.kind {
        ExprKind::Call(Function::And, parts) => parts,
        kind => vec![Expr {
            kind,
            span: fact.span,
        }],
    }
}

/// The expression where all the facts are true.
fn given(expr: Expr, facts: &[Expr]) -> Expr {
    if facts.contains(&expr) {
        return Expr::bool(true).at(expr.span);
    }
    let span = expr.span.clone();
    match expr.kind {
        ExprKind::If { arms, otherwise } => {
            let mut kept: Vec<(Expr, Expr)> = Vec::new();
            let mut last = None;
            // Later arms are reached only when the earlier conditions are false.
            let mut facts = facts.to_vec();
            for (test, result) in arms {
                let test = given(test, &facts);
                if test.is_false() {
                    continue;
                }
                let mut inside = facts.clone();
                inside.extend(conjuncts(test.clone()));
                let result = given(result, &inside);
                if test.is_true() {
                    last = Some(result);
                    break;
                }
                facts.extend(conjuncts(not(test.clone())));
                kept.push((test, result));
            }
            let otherwise = last.unwrap_or_else(|| given(*otherwise, &facts));
            if kept.is_empty() {
                return otherwise;
            }
            Expr {
                kind: ExprKind::If {
                    arms: kept,
                    otherwise: Box::new(otherwise),
                },
                span,
            }
        }
        ExprKind::Call(Function::And, parts) => {
            all(parts.into_iter().map(|part| given(part, facts))).at(span)
        }
        ExprKind::Call(Function::Or, parts) => {
            any(parts.into_iter().map(|part| given(part, facts))).at(span)
        }
        ExprKind::Call(Function::Not, mut inner) => not(given(inner.remove(0), facts)).at(span),
        kind => {
            let expr = Expr { kind, span };
            let opposite = not(expr.clone());
            if facts.contains(&opposite) {
                return Expr::bool(false).at(expr.span);
            }
            expr
        }
    }
}

/// The common scope of two, or nothing when they are rows of different loops.
pub(crate) fn common_scope(a: Scope, b: Scope) -> Option<Scope> {
    match (a, b) {
        (0, other) | (other, 0) => Some(other),
        (a, b) if a == b => Some(a),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choosing_between_truth_values_gives_connectives() {
        let c = Expr::column("c");
        let x = Expr::column("x");
        assert_eq!(choose(&c, Expr::bool(true), Expr::bool(false)), c);
        assert_eq!(
            choose(&c, c.clone(), x.clone()),
            any([c.clone(), x.clone()])
        );
        assert_eq!(
            choose(&not(c.clone()), Expr::int(1), Expr::int(2)),
            Expr::branch(c.clone(), Expr::int(2), Expr::int(1))
        );
        assert!(choose(&c, Expr::bool(true), not(c.clone())).span.is_none());
    }
}
