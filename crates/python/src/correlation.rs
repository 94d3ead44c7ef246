//! Inner rows by what the inner loop asks of the outer row.
//!
//! Where outer and inner rows are compared by equality alone, the inner rows by that key are all there is to
//! know, and the outer relation is not needed. Elsewhere the different values that outer rows ask with are
//! paired with the inner rows.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::{
    Base, ColumnType, Comparison, Expr, ExprKind, Flavour, Function, LookupValue, NodeId, Op,
    Refusal,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::folds::resolve_marker;
use crate::lowering::{Lowerer, RowScope, reads_previous};
use crate::pairs::{Level, carried_on, earlier_expr, earlier_name, last_name};
use crate::state::all;
use crate::values::{Term, may_raise};

/// Rows that belong together by a key of the outer row.
pub(crate) struct Correlated {
    pub(crate) node: NodeId,
    /// Key columns of the node and what the outer row says they equal.
    pub(crate) on: Vec<(ColumnName, Term)>,
    /// Outer columns that are not in the node, and what equals them there.
    substitution: BTreeMap<ColumnName, Expr>,
    /// Conditions that hold for every row of the node.
    held: Vec<Expr>,
}

impl Correlated {
    /// The expression over the rows of the node.
    pub(crate) fn over(&self, expr: &Expr) -> Expr {
        let expr = self.held.iter().fold(expr.clone(), without);
        expr.substitute(&|column| self.substitution.get(column).cloned())
    }
}

impl Lowerer<'_> {
    /// The inner and the outer side of an equality that a join can decide.
    pub(crate) fn equality(
        &self,
        fact: &Expr,
        pairs: NodeId,
        is_outer: &impl Fn(&ColumnName) -> bool,
    ) -> Option<(Expr, Expr)> {
        let ExprKind::Call(Function::Compare(Comparison::Eq, Flavour::Python), sides) = &fact.kind
        else {
            return None;
        };
        let side = |expr: &Expr| {
            let columns = expr.columns();
            let free = expr.relations().is_empty() && !may_raise(expr) && !reads_previous(expr);
            if columns.is_empty() || !free {
                None
            } else if columns.iter().all(is_outer) {
                Some(true)
            } else if columns.iter().any(is_outer) {
                None
            } else {
                Some(false)
            }
        };
        let (outer, inner) = match (side(&sides[0])?, side(&sides[1])?) {
            (true, false) => (&sides[0], &sides[1]),
            (false, true) => (&sides[1], &sides[0]),
            _ => return None,
        };
        let ty = |expr: &Expr| self.type_over(expr, pairs).ok();
        let (a, b) = (ty(outer)?, ty(inner)?);
        (a.base == b.base && joins_exactly(a) && joins_exactly(b))
            .then(|| (outer.clone(), inner.clone()))
    }

    /// The rows of inner loops by what they ask of the outer row. Every row the caller is interested in
    /// satisfies `guard`; `used` is what else it reads. All are over the pairs of the last level.
    pub(crate) fn correlated(
        &mut self,
        row: &RowScope,
        levels: &[Level],
        guard: &[Expr],
        used: &[&Expr],
        span: &Span,
    ) -> Result<Correlated, Refusal> {
        // Pairs with all columns give the types; narrowed ones are made at the end.
        let mut whole = row.node;
        for level in levels {
            whole = self.paired(whole, level, &[], None, span)?;
        }
        let chains: BTreeMap<ColumnName, ColumnName> = self
            .flow
            .node(row.node)
            .schema
            .names()
            .filter_map(|name| Some((last_name(levels, name)?, name.clone())))
            .collect();
        let is_outer = |name: &ColumnName| chains.contains_key(name);
        // What must be equal, over the last pairs.
        let mut equal: Vec<(Expr, Expr, Option<Expr>)> = Vec::new();
        let mut mixed: Vec<Expr> = Vec::new();
        for (index, level) in levels.iter().enumerate() {
            for (outer, inner) in &level.on {
                let outer = carried_on(&levels[index + 1..], outer);
                let inner = carried_on(&levels[index + 1..], &Expr::column(inner.clone()));
                let columns = outer.columns();
                if columns.iter().all(is_outer) {
                    equal.push((outer, inner, None));
                } else {
                    mixed.push(outer);
                }
            }
            if index > 0 {
                for fact in &level.facts {
                    let renamed = carried_on(&levels[index..], fact);
                    mixed.push(renamed);
                }
            }
        }
        for fact in guard {
            match self.equality(fact, whole, &is_outer) {
                Some((outer, inner)) => equal.push((outer, inner, Some(fact.clone()))),
                None => mixed.push(fact.clone()),
            }
        }
        let rest: Vec<Expr> = mixed
            .iter()
            .cloned()
            .chain(used.iter().map(|expr| {
                equal
                    .iter()
                    .filter_map(|(_, _, fact)| fact.as_ref())
                    .fold((*expr).clone(), without)
            }))
            .collect();
        let asked: BTreeSet<ColumnName> = rest
            .iter()
            .flat_map(Expr::columns)
            .filter(|name| is_outer(name))
            .collect();
        let mut substitution: BTreeMap<ColumnName, Expr> = BTreeMap::new();
        for name in &asked {
            let same = equal
                .iter()
                .find(|(outer, _, _)| outer.as_column() == Some(name))
                .filter(|(_, inner, _)| {
                    self.type_over(inner, whole).is_ok_and(|ty| {
                        matches!(ty.base, Base::Int64 | Base::Text | Base::Date | Base::Bool)
                    })
                });
            if let Some((_, inner, _)) = same {
                substitution.insert(name.clone(), inner.clone());
            }
        }
        let free =
            !rest.iter().any(may_raise) && asked.iter().all(|name| substitution.contains_key(name));
        if free {
            self.by_keys(row, levels, &chains, &equal, substitution, &rest, span)
        } else {
            let last_outer: BTreeSet<ColumnName> = levels
                .last()
                .map(|level| level.renames.iter().map(|(_, new)| new.clone()).collect())
                .unwrap_or_default();
            let further = self.join_terms(guard, whole, &last_outer);
            self.by_values(row, levels, &chains, &rest, &equal, &further, span)
        }
    }

    /// Equalities between what comes from outside the last level and its inner rows.
    pub(crate) fn join_terms(
        &self,
        guard: &[Expr],
        pairs: NodeId,
        outer: &BTreeSet<ColumnName>,
    ) -> Vec<(Expr, Expr, Expr)> {
        guard
            .iter()
            .filter_map(|fact| {
                let (outer, inner) = self.equality(fact, pairs, &|name| outer.contains(name))?;
                Some((outer, inner, fact.clone()))
            })
            .collect()
    }

    /// The inner rows alone: the outer row is asked for keys only.
    #[expect(clippy::too_many_arguments, reason = "parts of one question")]
    pub(crate) fn by_keys(
        &mut self,
        row: &RowScope,
        levels: &[Level],
        chains: &BTreeMap<ColumnName, ColumnName>,
        equal: &[(Expr, Expr, Option<Expr>)],
        substitution: BTreeMap<ColumnName, Expr>,
        rest: &[Expr],
        span: &Span,
    ) -> Result<Correlated, Refusal> {
        let mut wanted: BTreeSet<ColumnName> = rest
            .iter()
            .flat_map(Expr::columns)
            .chain(equal.iter().flat_map(|(_, inner, _)| inner.columns()))
            .chain(substitution.values().flat_map(Expr::columns))
            .collect();
        let mut node = levels[0].inner;
        for (index, level) in levels.iter().enumerate().skip(1) {
            let later = &levels[index + 1..];
            let mut level = level.clone();
            // What asks the outermost row is a key, and its columns are no longer there.
            level.on.retain(|(outer, _)| {
                !carried_on(later, outer)
                    .columns()
                    .iter()
                    .all(|name| chains.contains_key(name))
            });
            let replace = |expr: &Expr, levels: &[Level]| {
                let mut back: BTreeMap<ColumnName, Expr> = BTreeMap::new();
                for (name, value) in &substitution {
                    if let (Some(name), Some(value)) =
                        (earlier_name(levels, name), earlier_expr(levels, value))
                    {
                        back.insert(name, value);
                    }
                }
                expr.clone().substitute(&|column| back.get(column).cloned())
            };
            level.on = level
                .on
                .iter()
                .map(|(outer, inner)| (replace(outer, later), inner.clone()))
                .collect();
            level.facts = level
                .facts
                .iter()
                .map(|fact| replace(fact, &levels[index..]))
                .collect();
            let here: BTreeSet<ColumnName> = wanted
                .iter()
                .filter_map(|name| earlier_name(later, name))
                .collect();
            // Columns of later levels' conditions are needed on the way.
            let mut here = here;
            for (next, deeper) in later.iter().enumerate() {
                for name in deeper
                    .on
                    .iter()
                    .flat_map(|(outer, _)| outer.columns())
                    .filter_map(|name| earlier_name(&later[..=next], &name))
                {
                    here.insert(name);
                }
            }
            node = self.paired(node, &level, &[], Some(&here), span)?;
        }
        let mut on = Vec::new();
        let mut computed = Vec::new();
        for (outer, inner, _) in equal {
            let term = Term {
                expr: outer
                    .clone()
                    .substitute(&|column| chains.get(column).map(|old| Expr::column(old.clone()))),
                scope: row.scope,
                numpy: false,
            };
            let column = if let Some(column) = inner.as_column() {
                column.clone()
            } else {
                let schema = &self.flow.node(node).schema;
                let mut column = ColumnName::from("key");
                let mut count = 1;
                while schema.has(&column)
                    || computed.iter().any(|(name, _)| *name == column)
                    || wanted.contains(&column)
                {
                    count += 1;
                    column = ColumnName::from(format!("key_{count}"));
                }
                computed.push((column.clone(), inner.clone()));
                column
            };
            wanted.insert(column.clone());
            on.push((column, term));
        }
        if !computed.is_empty() {
            let mut columns: Vec<(ColumnName, Expr)> = self
                .flow
                .node(node)
                .schema
                .names()
                .map(|name| (name.clone(), Expr::column(name.clone())))
                .collect();
            columns.extend(computed);
            node = self.add(
                Op::Map {
                    input: node,
                    columns,
                },
                span,
                None,
            )?;
        }
        dedup_keys(&mut on);
        Ok(Correlated {
            node,
            on,
            substitution,
            held: equal
                .iter()
                .filter_map(|(_, _, fact)| fact.clone())
                .collect(),
        })
    }

    /// The different values the outer rows have where the inner loops ask for them, paired with inner rows.
    #[expect(clippy::too_many_arguments, reason = "parts of one question")]
    pub(crate) fn by_values(
        &mut self,
        row: &RowScope,
        levels: &[Level],
        chains: &BTreeMap<ColumnName, ColumnName>,
        rest: &[Expr],
        equal: &[(Expr, Expr, Option<Expr>)],
        further: &[(Expr, Expr, Expr)],
        span: &Span,
    ) -> Result<Correlated, Refusal> {
        let mut wanted: BTreeSet<ColumnName> = rest.iter().flat_map(Expr::columns).collect();
        for (outer, inner, _) in equal {
            wanted.extend(outer.columns());
            wanted.extend(inner.columns());
        }
        let mut asked: Vec<(ColumnName, ColumnName)> = chains
            .iter()
            .filter(|(last, _)| wanted.contains(*last))
            .map(|(last, old)| (old.clone(), last.clone()))
            .collect();
        asked.sort();
        let schema = self.flow.node(row.node).schema.clone();
        for (old, _) in &asked {
            if schema
                .ty(old)
                .is_none_or(|ty| ty.missing.nan || !distinguishes(ty))
            {
                return Err(Refusal::new(
                    "nested loop",
                    format!(
                        "what it does depends on \"{old}\", whose values are not told apart exactly"
                    ),
                    Some(span.clone()),
                ));
            }
        }
        let mut first = levels[0].clone();
        let mut outer = row.node;
        let facts = all(std::mem::take(&mut first.facts));
        if !facts.is_true() {
            outer = self.add(
                Op::Filter {
                    input: outer,
                    predicate: facts,
                },
                span,
                None,
            )?;
        }
        outer = self.add(
            Op::Map {
                input: outer,
                columns: asked
                    .iter()
                    .map(|(old, _)| (old.clone(), Expr::column(old.clone())))
                    .collect(),
            },
            span,
            None,
        )?;
        outer = self.add(Op::Distinct { input: outer }, span, None)?;
        let last = levels.len() - 1;
        let mut node = outer;
        for (index, level) in levels.iter().enumerate() {
            let level = if index == 0 { &first } else { level };
            let terms: Vec<(Expr, Expr)> = if index == last {
                further
                    .iter()
                    .map(|(outer, inner, _)| (outer.clone(), inner.clone()))
                    .collect()
            } else {
                Vec::new()
            };
            node = self.paired(node, level, &terms, None, span)?;
        }
        let on = asked
            .into_iter()
            .map(|(old, last)| {
                let term = Term {
                    expr: Expr::column(old),
                    scope: row.scope,
                    numpy: false,
                };
                (last, term)
            })
            .collect();
        Ok(Correlated {
            node,
            on,
            substitution: BTreeMap::new(),
            held: further.iter().map(|(_, _, fact)| fact.clone()).collect(),
        })
    }

    /// A column of the matching row, marked when only a missing match can make it missing.
    pub(crate) fn lookup_of(
        &self,
        node: NodeId,
        keys: &[(ColumnName, Expr)],
        column: &ColumnName,
        span: &Span,
    ) -> Expr {
        let lookup = Expr::new(ExprKind::Lookup {
            relation: node,
            keys: keys.to_vec(),
            value: LookupValue::Column(column.clone()),
        })
        .at(Some(span.clone()));
        let known = self
            .flow
            .node(node)
            .schema
            .ty(column)
            .is_some_and(|ty| !ty.missing.none);
        if known {
            Expr::call(Function::Known, vec![lookup]).at(Some(span.clone()))
        } else {
            lookup
        }
    }

    /// The rows for which the conditions hold.
    pub(crate) fn filtered(
        &mut self,
        rows: &Correlated,
        guard: &[Expr],
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        let predicate = all(guard.iter().map(|fact| rows.over(fact)));
        if predicate.is_true() {
            return Ok(rows.node);
        }
        self.add(
            Op::Filter {
                input: rows.node,
                predicate,
            },
            span,
            None,
        )
    }
}

/// The expression where the fact is known to be true.
pub(crate) fn without(expr: Expr, fact: &Expr) -> Expr {
    let marker = ColumnName::from("\u{1}fact");
    let marked = expr.map(&mut |part| {
        if part == *fact {
            Expr::new(ExprKind::Previous(marker.clone())).at(part.span)
        } else {
            part
        }
    });
    resolve_marker(&marked, &marker, true)
}

pub(crate) fn conjuncts(expr: &Expr) -> Vec<Expr> {
    match &expr.kind {
        ExprKind::Call(Function::And, parts) => parts.iter().flat_map(conjuncts).collect(),
        ExprKind::Literal(relift_dataflow::Literal::Bool(true)) => Vec::new(),
        _ => vec![expr.clone()],
    }
}

pub(crate) fn dedup_keys(on: &mut Vec<(ColumnName, Term)>) {
    let mut kept: Vec<(ColumnName, Term)> = Vec::new();
    for entry in on.drain(..) {
        if !kept.contains(&entry) {
            kept.push(entry);
        }
    }
    *on = kept;
}

/// Whether SQL's equality of these values is Python's.
pub(crate) fn joins_exactly(ty: ColumnType) -> bool {
    !ty.missing.nan
        && match ty.base {
            Base::Int64 | Base::Text | Base::Date | Base::Bool | Base::Decimal { .. } => true,
            Base::Timestamp => !ty.missing.possible(),
            _ => false,
        }
}

/// Whether equal values of this type are the same value.
pub(crate) fn distinguishes(ty: ColumnType) -> bool {
    match ty.base {
        Base::Int64 | Base::Text | Base::Date | Base::Bool | Base::Timestamp => true,
        Base::Decimal { padded, .. } => padded,
        Base::Float64 => ty.from_decimal.is_some(),
        _ => false,
    }
}
