//! Expressions over the columns of a node's input.

use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::{Comparison, Flavour, Function, NodeId};

/// An expression and where it stands. Equality ignores the place.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands in the legacy code; `None` for what the platform itself does.
    pub span: Option<Span>,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// The shapes an expression can have.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A column of the input.
    Column(ColumnName),
    /// A constant.
    Literal(Literal),
    /// Something the run is given.
    Parameter(Parameter),
    /// A named operation.
    Call(Function, Vec<Expr>),
    /// The value of the first arm whose condition is true, else `otherwise`. Arms are evaluated in order
    /// and only as far as needed.
    If {
        /// Condition and value.
        arms: Vec<(Expr, Expr)>,
        /// When no condition is true.
        otherwise: Box<Expr>,
    },
    /// A probe of another relation by a key that is unique in it; keys match null-safe.
    Lookup {
        /// The probed relation.
        relation: NodeId,
        /// Key column of the probed relation, and what it is compared with.
        keys: Vec<(ColumnName, Expr)>,
        /// What is asked; missing when there is no match.
        value: LookupValue,
    },
    /// A column of a relation of exactly one row.
    Scalar {
        /// The one-row relation.
        relation: NodeId,
        /// Its column.
        column: ColumnName,
    },
    /// In a fold: a slot's value before this row.
    Previous(ColumnName),
}

/// What a lookup asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupValue {
    /// The value of a column of the matching row.
    Column(ColumnName),
    /// Whether there is a match; never missing.
    Present,
}

/// A constant.
#[derive(Clone, Debug)]
pub enum Literal {
    /// None or NULL.
    None,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float; compared by its bits.
    Float(f64),
    /// `unscaled * 10^-scale`.
    Decimal {
        /// Digits as one integer.
        unscaled: i128,
        /// Digits after the point.
        scale: i8,
    },
    /// Text.
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
}

impl PartialEq for Literal {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (
                Self::Decimal {
                    unscaled: a,
                    scale: s,
                },
                Self::Decimal {
                    unscaled: b,
                    scale: t,
                },
            ) => a == b && s == t,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Date(a), Self::Date(b)) => a == b,
            _ => false,
        }
    }
}

/// What a run is given from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// The effective date.
    EffectiveDate,
    /// The recorded processing time.
    ProcessingTime,
}

impl Expr {
    /// An expression without a place.
    pub fn new(kind: ExprKind) -> Self {
        Self { kind, span: None }
    }

    /// The same expression at a place.
    #[must_use]
    pub fn at(mut self, span: Option<Span>) -> Self {
        if span.is_some() {
            self.span = span;
        }
        self
    }

    /// A column.
    pub fn column(name: impl Into<ColumnName>) -> Self {
        Self::new(ExprKind::Column(name.into()))
    }

    /// A constant.
    pub fn literal(literal: Literal) -> Self {
        Self::new(ExprKind::Literal(literal))
    }

    /// An integer constant.
    pub fn int(value: i64) -> Self {
        Self::literal(Literal::Int(value))
    }

    /// A text constant.
    pub fn text(value: impl Into<String>) -> Self {
        Self::literal(Literal::Text(value.into()))
    }

    /// A truth value.
    pub fn bool(value: bool) -> Self {
        Self::literal(Literal::Bool(value))
    }

    /// None.
    pub fn none() -> Self {
        Self::literal(Literal::None)
    }

    /// A call.
    pub fn call(function: Function, arguments: Vec<Expr>) -> Self {
        Self::new(ExprKind::Call(function, arguments))
    }

    /// A comparison.
    pub fn compare(comparison: Comparison, flavour: Flavour, left: Expr, right: Expr) -> Self {
        Self::call(Function::Compare(comparison, flavour), vec![left, right])
    }

    /// `condition ? value : otherwise`.
    pub fn branch(condition: Expr, value: Expr, otherwise: Expr) -> Self {
        Self::new(ExprKind::If {
            arms: vec![(condition, value)],
            otherwise: Box::new(otherwise),
        })
    }

    /// Conjunction; the empty one is true, and true parts vanish.
    pub fn all(parts: impl IntoIterator<Item = Expr>) -> Self {
        let mut kept: Vec<Expr> = Vec::new();
        for part in parts {
            match part.kind {
                ExprKind::Literal(Literal::Bool(true)) => {}
                ExprKind::Call(Function::And, inner) => kept.extend(inner),
                kind => kept.push(Expr {
                    kind,
                    span: part.span,
                }),
            }
        }
        match kept.len() {
            0 => Self::bool(true),
            1 => kept.remove(0),
            _ => Self::call(Function::And, kept),
        }
    }

    /// Negation.
    #[must_use]
    pub fn negated(self) -> Self {
        let span = self.span.clone();
        Self::call(Function::Not, vec![self]).at(span)
    }

    /// The constant, when it is one.
    pub fn as_literal(&self) -> Option<&Literal> {
        match &self.kind {
            ExprKind::Literal(literal) => Some(literal),
            _ => None,
        }
    }

    /// The column's name, when it is one.
    pub fn as_column(&self) -> Option<&ColumnName> {
        match &self.kind {
            ExprKind::Column(name) => Some(name),
            _ => None,
        }
    }

    /// Whether it is the constant `true`.
    pub fn is_true(&self) -> bool {
        matches!(self.as_literal(), Some(Literal::Bool(true)))
    }

    /// Whether it is the constant `false`.
    pub fn is_false(&self) -> bool {
        matches!(self.as_literal(), Some(Literal::Bool(false)))
    }

    /// Whether evaluating it can raise a Python exception, by its shape alone.
    pub fn may_raise(&self) -> bool {
        let own = match &self.kind {
            ExprKind::Call(
                Function::Divide | Function::FloorDivide | Function::Modulo,
                arguments,
            ) => match arguments.get(1).and_then(Self::as_literal) {
                Some(Literal::Int(divisor)) => *divisor == 0,
                Some(Literal::Float(divisor)) => *divisor == 0.0,
                _ => true,
            },
            ExprKind::Call(function, _) => function.may_raise(),
            _ => false,
        };
        own || self.children().into_iter().any(Self::may_raise)
    }

    /// Its direct parts.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Column(_)
            | ExprKind::Literal(_)
            | ExprKind::Parameter(_)
            | ExprKind::Scalar { .. }
            | ExprKind::Previous(_) => Vec::new(),
            ExprKind::Call(_, arguments) => arguments.iter().collect(),
            ExprKind::If { arms, otherwise } => arms
                .iter()
                .flat_map(|(condition, value)| [condition, value])
                .chain([otherwise.as_ref()])
                .collect(),
            ExprKind::Lookup { keys, .. } => keys.iter().map(|(_, key)| key).collect(),
        }
    }

    /// Calls `visit` for it and everything below, parents first.
    pub fn walk(&self, visit: &mut impl FnMut(&Expr)) {
        visit(self);
        for child in self.children() {
            child.walk(visit);
        }
    }

    /// Rebuilds it bottom-up; `change` sees each part after its own parts were rebuilt.
    #[must_use]
    pub fn map(self, change: &mut impl FnMut(Expr) -> Expr) -> Expr {
        let rebuilt = self.map_children(&mut |part| part.map(change));
        change(rebuilt)
    }

    /// Rebuilds it with its direct parts changed.
    #[must_use]
    pub fn map_children(self, change: &mut dyn FnMut(Expr) -> Expr) -> Expr {
        let span = self.span;
        let kind = match self.kind {
            ExprKind::Call(function, arguments) => {
                ExprKind::Call(function, arguments.into_iter().map(&mut *change).collect())
            }
            ExprKind::If { arms, otherwise } => ExprKind::If {
                arms: arms
                    .into_iter()
                    .map(|(condition, value)| (change(condition), change(value)))
                    .collect(),
                otherwise: Box::new(change(*otherwise)),
            },
            ExprKind::Lookup {
                relation,
                keys,
                value,
            } => ExprKind::Lookup {
                relation,
                keys: keys
                    .into_iter()
                    .map(|(name, key)| (name, change(key)))
                    .collect(),
                value,
            },
            leaf => leaf,
        };
        Expr { kind, span }
    }

    /// Replaces every column by what `value` says; `None` keeps the column.
    #[must_use]
    pub fn substitute(self, value: &impl Fn(&ColumnName) -> Option<Expr>) -> Expr {
        self.map(&mut |part| match &part.kind {
            ExprKind::Column(name) => value(name).map_or(part.clone(), |new| {
                let span = new.span.clone().or(part.span.clone());
                new.at(span)
            }),
            _ => part,
        })
    }

    /// Input columns it reads, each once, in order of appearance.
    pub fn columns(&self) -> Vec<ColumnName> {
        let mut found = Vec::new();
        self.walk(&mut |part| {
            if let ExprKind::Column(name) = &part.kind
                && !found.contains(name)
            {
                found.push(name.clone());
            }
        });
        found
    }

    /// Other relations it asks (lookups and scalars), each once.
    pub fn relations(&self) -> Vec<NodeId> {
        let mut found = Vec::new();
        self.walk(&mut |part| {
            if let ExprKind::Lookup { relation, .. } | ExprKind::Scalar { relation, .. } =
                &part.kind
                && !found.contains(relation)
            {
                found.push(*relation);
            }
        });
        found
    }
}
