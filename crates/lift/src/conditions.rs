//! Case analysis of expressions by the conditions of the current row.
//!
//! A loop body is straight-line code under conditions. To see what it does to a variable its value is
//! split by every condition that reads only the current row; what remains under each combination is
//! small enough to be recognised by shape. Only two-valued conditions are split: for a NULL condition
//! "not true" is not the same as "its negation is true".

use relift_dataflow::{
    Base, Comparison, Dataflow, Expr, ExprKind, Flavour, Function, NodeId, Schema, simplify,
    type_of,
};

/// Most combinations looked at; more is refused rather than printed as an unreadable query.
const LEAVES_MAX: usize = 128;

/// The columns and slots expressions are read in.
pub(crate) struct Scope<'a> {
    pub(crate) flow: &'a Dataflow,
    pub(crate) input: NodeId,
    pub(crate) schema: &'a Schema,
    pub(crate) previous: &'a Schema,
}

impl Scope<'_> {
    /// Whether the expression is true or false, never missing.
    pub(crate) fn two_valued(&self, expr: &Expr) -> bool {
        type_of(expr, self.schema, self.previous, self.flow)
            .is_ok_and(|ty| ty.base == Base::Bool && !ty.missing.possible())
    }
}

/// Values by case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cases<T> {
    Always(T),
    When {
        condition: Expr,
        yes: Box<Cases<T>>,
        no: Box<Cases<T>>,
    },
}

/// Splits `conditions` and `values` by the conditions that decide them and read only the row. In every
/// case the conditions are constants, unless one of them is not two-valued.
pub(crate) fn split(
    scope: &Scope<'_>,
    conditions: &[Expr],
    values: &[Expr],
) -> Option<Cases<(Vec<Expr>, Vec<Expr>)>> {
    split_by(scope, conditions, values, values.len())
}

/// As [`split`], but only the first `deciding` values are taken apart.
pub(crate) fn split_by(
    scope: &Scope<'_>,
    conditions: &[Expr],
    values: &[Expr],
    deciding: usize,
) -> Option<Cases<(Vec<Expr>, Vec<Expr>)>> {
    let mut leaves = 0;
    split_further(
        scope,
        conditions.iter().cloned().map(simplify).collect(),
        values.iter().cloned().map(simplify).collect(),
        deciding,
        &mut leaves,
    )
}

fn split_further(
    scope: &Scope<'_>,
    conditions: Vec<Expr>,
    values: Vec<Expr>,
    deciding: usize,
    leaves: &mut usize,
) -> Option<Cases<(Vec<Expr>, Vec<Expr>)>> {
    let mut atoms = Vec::new();
    for condition in &conditions {
        atoms_of(condition, &mut atoms);
    }
    for value in values.iter().take(deciding) {
        deciding_atoms(value, &mut atoms);
    }
    let atom = atoms
        .into_iter()
        .find(|atom| !reads_previous(atom) && scope.two_valued(atom));
    let Some(atom) = atom else {
        *leaves += 1;
        return (*leaves <= LEAVES_MAX).then_some(Cases::Always((conditions, values)));
    };
    let mut under = |truth: bool| {
        let assumed = |expr: &Expr| assume(expr.clone(), &atom, truth);
        split_further(
            scope,
            conditions.iter().map(assumed).collect(),
            values.iter().map(assumed).collect(),
            deciding,
            leaves,
        )
    };
    let (yes, no) = (under(true)?, under(false)?);
    Some(if yes == no {
        yes
    } else {
        Cases::When {
            condition: atom,
            yes: Box::new(yes),
            no: Box::new(no),
        }
    })
}

/// Whether the expression depends on the state before the row.
pub(crate) fn reads_previous(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| found |= matches!(part.kind, ExprKind::Previous(_)));
    found
}

/// The expression where the condition is known to have that truth.
pub(crate) fn assume(expr: Expr, condition: &Expr, truth: bool) -> Expr {
    let opposite = complement(condition);
    simplify(expr.map(&mut |part| {
        if part == *condition {
            Expr::bool(truth)
        } else if opposite.as_ref() == Some(&part) {
            Expr::bool(!truth)
        } else {
            part
        }
    }))
}

/// The comparison that is its exact negation.
fn complement(condition: &Expr) -> Option<Expr> {
    let ExprKind::Call(Function::Compare(comparison, Flavour::Python), arguments) = &condition.kind
    else {
        return None;
    };
    let other = match comparison {
        Comparison::Eq => Comparison::Ne,
        Comparison::Ne => Comparison::Eq,
        // With NaN neither an ordering nor its opposite holds.
        Comparison::Lt | Comparison::Le | Comparison::Gt | Comparison::Ge => return None,
    };
    Some(Expr::call(
        Function::Compare(other, Flavour::Python),
        arguments.clone(),
    ))
}

/// Conditions in the order they decide: tests first that stand outermost.
fn deciding_atoms(value: &Expr, found: &mut Vec<Expr>) {
    match &value.kind {
        ExprKind::If { arms, otherwise } => {
            for (condition, value) in arms {
                atoms_of(condition, found);
                deciding_atoms(value, found);
            }
            deciding_atoms(otherwise, found);
        }
        // `(0 if new else old) + 1`: what is chosen inside decides about the whole.
        ExprKind::Call(_, arguments) if reads_previous(value) => {
            for argument in arguments.iter().filter(|part| reads_previous(part)) {
                deciding_atoms(argument, found);
            }
        }
        _ => {}
    }
}

fn atoms_of(condition: &Expr, found: &mut Vec<Expr>) {
    match &condition.kind {
        ExprKind::Literal(_) => {}
        ExprKind::Call(Function::And | Function::Or | Function::Not, parts) => {
            for part in parts {
                atoms_of(part, found);
            }
        }
        ExprKind::If { arms, otherwise } => {
            for (inner, value) in arms {
                atoms_of(inner, found);
                atoms_of(value, found);
            }
            atoms_of(otherwise, found);
        }
        _ => {
            let opposite = complement(condition);
            if !found.contains(condition) && !opposite.is_some_and(|other| found.contains(&other)) {
                found.push(condition.clone());
            }
        }
    }
}

impl<T> Cases<T> {
    /// Every value, cases that hold first.
    pub(crate) fn leaves(&self) -> Vec<&T> {
        match self {
            Self::Always(value) => vec![value],
            Self::When { yes, no, .. } => {
                let mut all = yes.leaves();
                all.extend(no.leaves());
                all
            }
        }
    }

    /// The same cases with other values.
    pub(crate) fn map<U>(&self, change: &mut impl FnMut(&T) -> U) -> Cases<U> {
        match self {
            Self::Always(value) => Cases::Always(change(value)),
            Self::When { condition, yes, no } => Cases::When {
                condition: condition.clone(),
                yes: Box::new(yes.map(change)),
                no: Box::new(no.map(change)),
            },
        }
    }

    /// Leaves out the cases without a value, which the caller knows not to occur.
    pub(crate) fn occurring<U: Clone>(
        &self,
        value: &mut impl FnMut(&T) -> Option<U>,
    ) -> Option<Cases<U>> {
        match self {
            Self::Always(leaf) => value(leaf).map(Cases::Always),
            Self::When { condition, yes, no } => {
                match (yes.occurring(value), no.occurring(value)) {
                    (Some(yes), Some(no)) => Some(Cases::When {
                        condition: condition.clone(),
                        yes: Box::new(yes),
                        no: Box::new(no),
                    }),
                    (only, None) | (None, only) => only,
                }
            }
        }
    }

    /// The condition under which `wanted` holds of the value.
    pub(crate) fn condition(&self, wanted: &impl Fn(&T) -> bool) -> Expr {
        match self {
            Self::Always(value) => Expr::bool(wanted(value)),
            Self::When { condition, yes, no } => {
                let (yes, no) = (yes.condition(wanted), no.condition(wanted));
                let condition = condition.clone();
                let negated = || simplify(condition.clone().negated());
                if yes == no {
                    yes
                } else if may_raise(&yes) || may_raise(&no) {
                    // A choice is the only form that is evaluated no further than needed.
                    Expr::branch(condition, yes, no)
                } else if yes.is_true() && no.is_false() {
                    condition
                } else if yes.is_false() && no.is_true() {
                    negated()
                } else if no.is_false() {
                    Expr::all([condition, yes])
                } else if yes.is_false() {
                    Expr::all([negated(), no])
                } else if yes.is_true() {
                    any([condition, no])
                } else if no.is_true() {
                    any([negated(), yes])
                } else {
                    any([
                        Expr::all([condition.clone(), yes]),
                        Expr::all([negated(), no]),
                    ])
                }
            }
        }
    }
}

impl Cases<Expr> {
    /// One expression that chooses between the cases.
    pub(crate) fn into_expr(self) -> Expr {
        match self {
            Self::Always(value) => value,
            Self::When { condition, yes, no } => {
                let (yes, no) = (yes.into_expr(), no.into_expr());
                if yes == no {
                    yes
                } else {
                    simplify(Expr::branch(condition, yes, no))
                }
            }
        }
    }
}

/// Disjunction of two-valued parts.
pub(crate) fn any(parts: impl IntoIterator<Item = Expr>) -> Expr {
    simplify(Expr::call(Function::Or, parts.into_iter().collect()))
}

/// Whether evaluating it can raise, so that it must not be evaluated where the legacy code does not.
pub(crate) fn may_raise(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| {
        found |= matches!(
            part.kind,
            ExprKind::Call(Function::Python(named), _) if named.may_raise()
        );
        found |= matches!(
            part.kind,
            ExprKind::Call(
                Function::Divide
                    | Function::FloorDivide
                    | Function::Modulo
                    | Function::ToInt
                    | Function::ToFloat
                    | Function::ToDecimal
                    | Function::DecimalOfFloat
                    | Function::Quantize(_)
                    | Function::AddDays,
                _
            )
        );
    });
    found
}

/// The expression without marks that say nothing about its value.
pub(crate) fn without_marks(expr: Expr) -> Expr {
    expr.map(&mut |part| match part.kind {
        ExprKind::Call(Function::Known, mut arguments) if arguments.len() == 1 => {
            arguments.remove(0)
        }
        kind => Expr {
            kind,
            span: part.span,
        },
    })
}

/// Whether both have the same value, marks aside.
pub(crate) fn same(left: &Expr, right: &Expr) -> bool {
    left == right || without_marks(left.clone()) == without_marks(right.clone())
}
