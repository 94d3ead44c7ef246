//! Markers of values before a row, decided or renamed once a loop's body is known.

use std::collections::BTreeMap;

use relift_dataflow::{Expr, ExprKind, Function};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::state::{all, any, choose, not};

/// The expression with a presence decided, simplified bottom-up.
pub(crate) fn resolve_marker(expr: &Expr, marker: &ColumnName, value: bool) -> Expr {
    expr.clone().map(&mut |part| {
        let span = part.span.clone();
        match part.kind {
            ExprKind::Previous(name) if name == *marker => Expr::bool(value).at(span),
            ExprKind::If { arms, otherwise } => {
                let mut result = *otherwise;
                for (condition, value) in arms.into_iter().rev() {
                    result = choose(&condition, value, result);
                }
                result.at_unset(span)
            }
            ExprKind::Call(Function::And, parts) => all(parts).at_unset(span),
            ExprKind::Call(Function::Or, parts) => any(parts).at_unset(span),
            ExprKind::Call(Function::Not, mut parts) => not(parts.remove(0)).at_unset(span),
            ExprKind::Call(function, arguments) => {
                crate::arithmetic::folded(function, arguments).at_unset(span)
            }
            kind => Expr { kind, span },
        }
    })
}

/// What an entry holds when the row creates it. Branches on which it stays absent would read a slot that
/// is not there; nobody asks for their value, so they are left out.
pub(crate) fn first_value(expr: Expr, slot: &impl Fn(&ColumnName) -> bool) -> Option<Expr> {
    let span = expr.span.clone();
    match expr.kind {
        ExprKind::Previous(name) if slot(&name) => None,
        ExprKind::If { arms, otherwise } => {
            let mut result = first_value(*otherwise, slot);
            for (condition, value) in arms.into_iter().rev() {
                let value = first_value(value, slot);
                result = match (value, result) {
                    (Some(value), Some(otherwise)) => {
                        let condition = first_value(condition, slot)?;
                        Some(choose(&condition, value, otherwise))
                    }
                    (value, otherwise) => value.or(otherwise),
                };
            }
            result
        }
        ExprKind::Call(function, arguments) => {
            let arguments: Option<Vec<Expr>> = arguments
                .into_iter()
                .map(|argument| first_value(argument, slot))
                .collect();
            Some(crate::arithmetic::folded(function, arguments?).at_unset(span))
        }
        kind => Some(Expr { kind, span }),
    }
}

/// The place of an expression that has none yet.
pub(crate) trait AtUnset {
    fn at_unset(self, span: Option<Span>) -> Self;
}

impl AtUnset for Expr {
    fn at_unset(mut self, span: Option<Span>) -> Self {
        if self.span.is_none() {
            self.span = span;
        }
        self
    }
}

/// The expression with markers renamed to slots; nothing when a marker is not among them.
pub(crate) fn rename_markers(expr: &Expr, own: &BTreeMap<ColumnName, ColumnName>) -> Option<Expr> {
    let mut foreign = false;
    let renamed = expr.clone().map(&mut |part| match &part.kind {
        ExprKind::Previous(name) => {
            if let Some(slot) = own.get(name) {
                Expr::new(ExprKind::Previous(slot.clone())).at(part.span)
            } else {
                foreign = true;
                part
            }
        }
        _ => part,
    });
    (!foreign).then_some(renamed)
}
