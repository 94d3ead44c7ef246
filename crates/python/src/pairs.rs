//! Pairs of the rows of a loop and of a loop inside it.
//!
//! A pair is a row that holds the columns of both: the inner ones as they are, the outer ones under names
//! that are free. What is known of the outer row is known of the pair, so the state around the inner loop is
//! carried over to it.

use std::collections::BTreeSet;

use relift_dataflow::{Expr, JoinKind, NodeId, Op, Refusal};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::loops::{get_place, set_place};
use crate::lowering::{Lowerer, RowScope, reads_previous};
use crate::nesting::{is_spent, is_waiting, waiting_places};
use crate::state::{State, all};
use crate::values::{Condition, Content, Dict, Matching, NO_ROW, Rest, Scope, SegmentKind, Term};

/// One loop inside another: how outer and inner rows are paired.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Level {
    /// Conditions under which the outer row comes to the inner loop, over its own columns.
    pub(crate) facts: Vec<Expr>,
    /// Columns of the outer rows and what the pairs call them.
    pub(crate) renames: Vec<(ColumnName, ColumnName)>,
    /// What must be equal: over the outer columns as the pairs call them, and a column of the inner rows.
    pub(crate) on: Vec<(Expr, ColumnName)>,
    pub(crate) inner: NodeId,
}

impl Lowerer<'_> {
    /// The state as a row of the pairs sees it.
    pub(crate) fn seen_from_pairs(&self, scope: Scope, row: &RowScope, level: &Level) -> State {
        let term = |term: &Term| {
            if term.scope != row.scope {
                return term.clone();
            }
            Term {
                expr: self.imported_expr(&term.expr, row, level),
                scope,
                numpy: term.numpy,
            }
        };
        let mut state = self.state.clone();
        if let Some(context) = self.loops.last() {
            // What waits starts as it stood before the outer loop.
            for (place, refusal) in waiting_places(&self.state) {
                if !is_spent(&refusal)
                    && let Some(original) = get_place(&context.entry, &place)
                {
                    let original = original.clone();
                    set_place(&mut state, &place, original);
                }
            }
            for id in self.state.heap.differing(&context.entry.heap) {
                if let Some(object) = state.heap.get_mut(&id)
                    && let Content::Poisoned(refusal) = &object.content
                    && is_waiting(refusal)
                    && !is_spent(refusal)
                    && let Some(original) = context.entry.heap.get(&id)
                {
                    object.content = original.content.clone();
                }
            }
        }
        map_state(&state, &mut |part| term(part))
    }

    pub(crate) fn imported_expr(&self, expr: &Expr, row: &RowScope, level: &Level) -> Expr {
        self.expanded(expr.clone(), row.scope)
            .substitute(&|column| {
                level
                    .renames
                    .iter()
                    .find(|(old, _)| old == column)
                    .map(|(_, new)| Expr::column(new.clone()))
            })
    }

    /// How the current row is paired with the rows of an inner loop.
    pub(crate) fn level(
        &self,
        rows: &Matching,
        row: &RowScope,
        span: &Span,
    ) -> Result<Level, Refusal> {
        let outer = self.flow.node(row.node);
        let inner = self.flow.node(rows.relation.node);
        let prefix = outer.name.clone().unwrap_or_else(|| "outer".to_owned());
        let mut renames: Vec<(ColumnName, ColumnName)> = Vec::new();
        for column in outer.schema.names() {
            let mut new = column.clone();
            let mut count = 1;
            while inner.schema.has(&new)
                || (new != *column && outer.schema.has(&new))
                || renames.iter().any(|(_, taken)| *taken == new)
            {
                new = ColumnName::from(if count == 1 {
                    format!("{prefix}_{column}")
                } else {
                    format!("{prefix}_{column}_{count}")
                });
                count += 1;
            }
            renames.push((column.clone(), new));
        }
        let mut facts = Vec::new();
        if let Some(context) = self.loops.last() {
            for fact in &self.state.path {
                if context.entry.path.contains(fact) {
                    continue;
                }
                if reads_previous(&fact.expr) {
                    return Err(Refusal::new(
                        "nested loop",
                        "whether it runs depends on what earlier rows left behind",
                        Some(span.clone()),
                    ));
                }
                facts.push(self.expanded(fact.expr.clone(), row.scope));
            }
        }
        let mut level = Level {
            facts,
            renames,
            on: Vec::new(),
            inner: rows.relation.node,
        };
        for (column, term) in &rows.on {
            if term.scope != row.scope && term.scope != NO_ROW || reads_previous(&term.expr) {
                return Err(Refusal::new(
                    "nested loop",
                    "its rows are chosen by a value of another loop",
                    Some(span.clone()),
                ));
            }
            let expr = self.imported_expr(&term.expr, row, &level);
            level.on.push((expr, column.clone()));
        }
        Ok(level)
    }

    /// Pairs of outer and inner rows with the wanted columns (all when nothing is said).
    pub(crate) fn paired(
        &mut self,
        outer: NodeId,
        level: &Level,
        further: &[(Expr, Expr)],
        wanted: Option<&BTreeSet<ColumnName>>,
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        let mut left = outer;
        let facts = all(level.facts.iter().cloned());
        if !facts.is_true() {
            left = self.add(
                Op::Filter {
                    input: left,
                    predicate: facts,
                },
                span,
                None,
            )?;
        }
        let needed = |new: &ColumnName| {
            wanted.is_none_or(|wanted| wanted.contains(new))
                || level
                    .on
                    .iter()
                    .map(|(expr, _)| expr)
                    .chain(further.iter().map(|(expr, _)| expr))
                    .any(|expr| expr.columns().contains(new))
        };
        let mut columns: Vec<(ColumnName, Expr)> = level
            .renames
            .iter()
            .filter(|(old, new)| needed(new) && self.flow.node(outer).schema.has(old))
            .map(|(old, new)| (new.clone(), Expr::column(old.clone())))
            .collect();
        if columns.is_empty()
            && let Some((old, new)) = level
                .renames
                .iter()
                .find(|(old, _)| self.flow.node(outer).schema.has(old))
        {
            columns.push((new.clone(), Expr::column(old.clone())));
        }
        let renamed = columns
            .iter()
            .any(|(new, old)| old.as_column() != Some(new))
            || columns.len() != self.flow.node(left).schema.columns().len();
        if renamed {
            left = self.add(
                Op::Map {
                    input: left,
                    columns,
                },
                span,
                None,
            )?;
        }
        let mut on: Vec<(Expr, Expr)> = level
            .on
            .iter()
            .map(|(outer, inner)| (outer.clone(), Expr::column(inner.clone())))
            .collect();
        for pair in further {
            if !on.contains(pair) {
                on.push(pair.clone());
            }
        }
        self.add(
            Op::Join {
                left,
                right: level.inner,
                kind: if on.is_empty() {
                    JoinKind::Cross
                } else {
                    JoinKind::Inner
                },
                on,
                null_safe: true,
                condition: None,
                presence: None,
            },
            span,
            None,
        )
    }
}

/// The name a column of the outermost row has in the last pairs.
pub(crate) fn last_name(levels: &[Level], name: &ColumnName) -> Option<ColumnName> {
    let mut name = name.clone();
    for level in levels {
        name = level
            .renames
            .iter()
            .find(|(old, _)| *old == name)
            .map(|(_, new)| new.clone())?;
    }
    Some(name)
}

/// The name before these levels; nothing when one of them brought the column.
pub(crate) fn earlier_name(levels: &[Level], name: &ColumnName) -> Option<ColumnName> {
    let mut name = name.clone();
    for level in levels.iter().rev() {
        name = level
            .renames
            .iter()
            .find(|(_, new)| *new == name)
            .map(|(old, _)| old.clone())?;
    }
    Some(name)
}

pub(crate) fn earlier_expr(levels: &[Level], expr: &Expr) -> Option<Expr> {
    let mut missing = false;
    let earlier = expr
        .clone()
        .substitute(&|column| earlier_name(levels, column).map(Expr::column));
    for column in expr.columns() {
        missing |= earlier_name(levels, &column).is_none();
    }
    (!missing).then_some(earlier)
}

/// The expression as later pairs say it.
pub(crate) fn carried_on(levels: &[Level], expr: &Expr) -> Expr {
    levels.iter().fold(expr.clone(), |expr, level| {
        expr.substitute(&|column| {
            level
                .renames
                .iter()
                .find(|(old, _)| old == column)
                .map(|(_, new)| Expr::column(new.clone()))
        })
    })
}

/// The state with every term changed.
pub(crate) fn map_state(state: &State, change: &mut impl FnMut(&Term) -> Term) -> State {
    let condition = |fact: &Condition, change: &mut dyn FnMut(&Term) -> Term| {
        let term = change(&Term {
            expr: fact.expr.clone(),
            scope: fact.scope,
            numpy: false,
        });
        Condition {
            expr: term.expr,
            scope: term.scope,
        }
    };
    let mut mapped = state.clone();
    for value in mapped
        .locals
        .values_mut()
        .chain(mapped.globals.values_mut())
        .chain(mapped.shared.values_mut())
    {
        *value = value.map_terms(change);
    }
    for fact in &mut mapped.path {
        *fact = condition(fact, change);
    }
    for object in mapped.heap.values_mut() {
        for fact in &mut object.born {
            *fact = condition(fact, change);
        }
        match &mut object.content {
            Content::List(segments) | Content::Members(segments) => {
                for segment in segments {
                    for fact in &mut segment.guard {
                        *fact = condition(fact, change);
                    }
                    match &mut segment.kind {
                        SegmentKind::Item(value) => *value = value.map_terms(change),
                        SegmentKind::Matching(matching) => {
                            for (_, term) in &mut matching.on {
                                *term = change(term);
                            }
                        }
                        SegmentKind::Rows(_) | SegmentKind::Earlier => {}
                    }
                }
            }
            Content::Dict(Dict { entries, rest, .. }) => {
                for (_, value) in entries {
                    *value = value.map_terms(change);
                }
                match rest {
                    Rest::Nothing | Rest::Filling => {}
                    Rest::Part(part) => part.key = part.key.map_terms(change),
                    Rest::Touched(touched) => {
                        let mut scope = NO_ROW;
                        touched.key.map_terms(&mut |term| {
                            scope = scope.max(term.scope);
                            term.clone()
                        });
                        touched.key = touched.key.map_terms(change);
                        touched.value = touched.value.map_terms(change);
                        touched.present = change(&Term {
                            expr: touched.present.clone(),
                            scope,
                            numpy: false,
                        })
                        .expr;
                    }
                    Rest::Built(mapping) => {
                        for (_, term) in &mut mapping.outer {
                            *term = change(term);
                        }
                    }
                }
            }
            Content::Table(table) => {
                for (_, value) in table {
                    *value = value.map_terms(change);
                }
            }
            Content::Frame(_)
            | Content::EmptyFrame(_)
            | Content::Database(_)
            | Content::Cursor(_)
            | Content::Poisoned(_) => {}
        }
    }
    mapped
}
