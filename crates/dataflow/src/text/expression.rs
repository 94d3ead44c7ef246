//! Expressions as text.

use std::fmt;

use super::literal::{date_text, decimal_literal, float_literal, name_text, quoted_text};
use crate::{Expr, ExprKind, Literal, LookupValue, Parameter};

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EffectiveDate => "@effective_date",
            Self::ProcessingTime => "@processing_time",
        })
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => f.write_str(&float_literal(*value)),
            Self::Decimal { unscaled, scale } => {
                f.write_str(&decimal_literal(*unscaled, i32::from(*scale)))
            }
            Self::Text(value) => f.write_str(&quoted_text(value)),
            Self::Date(days) => f.write_str(&date_text(*days)),
        }
    }
}

impl fmt::Display for Expr {
    /// `if py_gt(total, 2.50d) then 'high' else band`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Column(name) => f.write_str(&name_text(name.as_str())),
            ExprKind::Literal(literal) => literal.fmt(f),
            ExprKind::Parameter(parameter) => parameter.fmt(f),
            ExprKind::Call(function, arguments) => {
                write!(f, "{function}(")?;
                for (index, argument) in arguments.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    argument.fmt(f)?;
                }
                f.write_str(")")
            }
            ExprKind::If { arms, otherwise } => {
                for (index, (condition, value)) in arms.iter().enumerate() {
                    f.write_str(if index == 0 { "if " } else { " elif " })?;
                    inside_choice(condition, f)?;
                    f.write_str(" then ")?;
                    inside_choice(value, f)?;
                }
                if arms.is_empty() {
                    // The parentheses tell `else` from a column of that name.
                    return write!(f, "if else ({otherwise})");
                }
                f.write_str(" else ")?;
                inside_choice(otherwise, f)
            }
            ExprKind::Lookup {
                relation,
                keys,
                value,
            } => {
                f.write_str(match value {
                    LookupValue::Column(_) => "lookup",
                    LookupValue::Present => "present",
                })?;
                write!(f, "({relation}")?;
                for (name, key) in keys {
                    write!(f, ", {} = {key}", name_text(name.as_str()))?;
                }
                if let LookupValue::Column(name) = value {
                    write!(f, ", {}", name_text(name.as_str()))?;
                }
                f.write_str(")")
            }
            ExprKind::Scalar { relation, column } => {
                write!(f, "{relation}.{}", name_text(column.as_str()))
            }
            ExprKind::Previous(name) => write!(f, "previous({})", name_text(name.as_str())),
        }
    }
}

/// A choice inside a choice needs parentheses, or its arms would become the outer one's.
fn inside_choice(expr: &Expr, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if matches!(expr.kind, ExprKind::If { .. }) {
        write!(f, "({expr})")
    } else {
        write!(f, "{expr}")
    }
}
