//! What an inner loop changes of things that belong to the outer row.
//!
//! Scalars, lists and dictionaries made in the outer row's turn are changed by the inner rows of that row
//! alone. They become a relation by key, and the outer row looks its own part up.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use relift_dataflow::{
    Comparison, Emit, Expr, ExprKind, Flavour, Fold, FoldKind, FoldState, Function, LookupValue,
    MapSlot, NodeId, Op, Refusal,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::correlation::{conjuncts, without};
use crate::folds::{LoopResult, resolve_marker};
use crate::loops::{Place, get_place, place_marker, set_place};
use crate::lowering::{Lowerer, RowScope, reads_previous};
use crate::pairs::Level;
use crate::state::{State, choose, without_known};
use crate::values::{
    Condition, Content, Mapping, Matching, NO_ROW, ObjectId, Relation, Rest, Segment, SegmentKind,
    Term, Value,
};

/// Names and values.
type Columns = Vec<(ColumnName, Expr)>;

/// A scalar of the outer row that an inner loop changes.
#[derive(Clone, Debug)]
pub(crate) struct OwnScalar {
    pub(crate) place: Place,
    pub(crate) name: ColumnName,
    pub(crate) initial: Expr,
    pub(crate) next: Expr,
    pub(crate) numpy: bool,
}

pub(crate) struct OwnList {
    pub(crate) name: String,
    pub(crate) id: ObjectId,
    pub(crate) element: Value,
    pub(crate) emits: Vec<Emit>,
}

pub(crate) struct OwnDict {
    pub(crate) name: String,
    pub(crate) id: ObjectId,
    pub(crate) key: Value,
    pub(crate) value: Value,
    pub(crate) keys: Vec<(ColumnName, Expr)>,
    pub(crate) creates: Expr,
    pub(crate) slots: Vec<MapSlot>,
}

impl Lowerer<'_> {
    /// Scalars of the outer row that the inner loop changes, each as it begins and as it goes on.
    pub(crate) fn own_scalars(
        result: &LoopResult<'_>,
        finished: &State,
        own_place: &impl Fn(&Place) -> bool,
    ) -> (Vec<OwnScalar>, Vec<(Place, Refusal)>) {
        let mut found: Vec<OwnScalar> = Vec::new();
        let mut lost = Vec::new();
        let mut markers: BTreeMap<ColumnName, ColumnName> = BTreeMap::new();
        let places = result.plan.scalars.keys().filter(|place| own_place(place));
        for place in places.filter(|place| !result.plan.pending.places.contains(place)) {
            let (Some(Value::Scalar(initial)), Some(Value::Scalar(next))) =
                (get_place(result.entry, place), get_place(finished, place))
            else {
                continue;
            };
            let marker = place_marker(result.scope, place);
            if matches!(&next.expr.kind, ExprKind::Previous(name) if *name == marker) {
                continue;
            }
            let base = place.column();
            let mut name = base.clone();
            let mut count = 1;
            while found.iter().any(|other| other.name == name) {
                count += 1;
                name = ColumnName::from(format!("{base}_{count}"));
            }
            markers.insert(marker, name.clone());
            found.push(OwnScalar {
                place: place.clone(),
                name,
                initial: initial.expr.clone(),
                next: next.expr.clone(),
                numpy: next.numpy,
            });
        }
        // One that depends on what cannot be followed cannot be followed either.
        loop {
            let known: Vec<ColumnName> = found.iter().map(|scalar| scalar.name.clone()).collect();
            let own: BTreeMap<ColumnName, ColumnName> = markers
                .iter()
                .filter(|(_, name)| known.contains(name))
                .map(|(marker, name)| (marker.clone(), name.clone()))
                .collect();
            let foreign = found.iter().position(|scalar| {
                reads_previous(&scalar.initial)
                    || crate::folds::rename_markers(&scalar.next, &own).is_none()
            });
            let Some(index) = foreign else {
                for scalar in &mut found {
                    if let Some(next) = crate::folds::rename_markers(&scalar.next, &own) {
                        scalar.next = next;
                    }
                }
                return (found, lost);
            };
            let scalar = found.remove(index);
            lost.push((
                scalar.place,
                Refusal::new(
                    "nested loop",
                    "a running value depends on another running value",
                    scalar.next.span,
                ),
            ));
        }
    }

    /// Gives scalars of the outer row the value the inner loop leaves them with.
    pub(crate) fn look_up_scalars(
        &mut self,
        row: &RowScope,
        levels: &[Level],
        scalars: Vec<OwnScalar>,
        outer: &State,
        span: &Span,
    ) {
        for group in independent(scalars) {
            let places: Vec<Place> = group.iter().map(|scalar| scalar.place.clone()).collect();
            match self.scalar_group(row, levels, &group, outer, span) {
                Ok(values) => {
                    for (place, value) in places.iter().zip(values) {
                        set_place(&mut self.state, place, value);
                    }
                }
                Err(refusal) => {
                    let refusal = Rc::new(refusal);
                    for place in &places {
                        set_place(&mut self.state, place, Value::Unknown(refusal.clone()));
                    }
                }
            }
        }
    }

    pub(crate) fn scalar_group(
        &mut self,
        row: &RowScope,
        levels: &[Level],
        group: &[OwnScalar],
        outer: &State,
        span: &Span,
    ) -> Result<Vec<Value>, Refusal> {
        let initial = |name: &ColumnName| {
            group
                .iter()
                .find(|scalar| scalar.name == *name)
                .map(|scalar| scalar.initial.clone())
        };
        let firsts: Vec<Expr> = group
            .iter()
            .map(|scalar| begun(&scalar.next, &initial))
            .collect();
        let mut guard: Option<Vec<Expr>> = None;
        for scalar in group {
            let own = guard_of(&FoldKind::Scalar {
                name: scalar.name.clone(),
                initial: scalar.initial.clone(),
                next: scalar.next.clone(),
            });
            guard = Some(match guard {
                None => own,
                Some(guard) => guard
                    .into_iter()
                    .filter(|part| own.contains(part))
                    .collect(),
            });
        }
        let guard: Vec<Expr> = guard
            .unwrap_or_default()
            .into_iter()
            .filter(|part| !reads_previous(part))
            .collect();
        let used: Vec<&Expr> = firsts
            .iter()
            .chain(group.iter().map(|scalar| &scalar.next))
            .collect();
        let rows = self.correlated(row, levels, &guard, &used, span)?;
        let input = self.filtered(&rows, &guard, span)?;
        let over = |expr: &Expr| {
            let expr = guard.iter().fold(expr.clone(), without);
            rows.over(&expr)
        };
        let mut keys: Vec<(ColumnName, Expr)> = Vec::new();
        let mut probe: Vec<(ColumnName, Expr)> = Vec::new();
        let mut scope = NO_ROW;
        let taken = |name: &ColumnName, keys: &[(ColumnName, Expr)]| {
            group.iter().any(|scalar| scalar.name == *name)
                || keys.iter().any(|(other, _)| other == name)
        };
        let mut on: Vec<(Expr, Term)> = rows
            .on
            .iter()
            .map(|(column, term)| (Expr::column(column.clone()), term.clone()))
            .collect();
        if on.is_empty() {
            // All outer rows see the same; one entry holds it.
            let one = Term::constant(Expr::int(1));
            on.push((Expr::int(1), one));
        }
        for (column, term) in on {
            let base = column
                .as_column()
                .cloned()
                .unwrap_or_else(|| ColumnName::from("whole"));
            let mut name = base.clone();
            let mut count = 1;
            while taken(&name, &keys) {
                count += 1;
                name = ColumnName::from(format!("{base}_{count}"));
            }
            scope = scope.max(term.scope);
            probe.push((name.clone(), term.expr.clone()));
            keys.push((name, column));
        }
        let state = FoldState {
            name: group
                .first()
                .map_or_else(|| "value".to_owned(), |scalar| scalar.name.to_string()),
            kind: FoldKind::Map {
                keys,
                creates: Expr::bool(true),
                slots: group
                    .iter()
                    .zip(&firsts)
                    .map(|(scalar, first)| MapSlot {
                        name: scalar.name.clone(),
                        first: over(first),
                        next: over(&scalar.next),
                    })
                    .collect(),
            },
            spans: group
                .iter()
                .filter_map(|scalar| scalar.next.span.clone())
                .collect(),
        };
        let node = self.single_state(input, state, span)?;
        let present = Expr::new(ExprKind::Lookup {
            relation: node,
            keys: probe.clone(),
            value: LookupValue::Present,
        })
        .at(Some(span.clone()));
        let mut values = Vec::new();
        for scalar in group {
            let Some(Value::Scalar(before)) = get_place(outer, &scalar.place) else {
                return Err(Refusal::new(
                    "nested loop",
                    "what it starts from is lost",
                    Some(span.clone()),
                ));
            };
            let found = self.lookup_of(node, &probe, &scalar.name, span);
            values.push(Value::Scalar(Term {
                expr: choose(&present, found, before.expr.clone()).at(Some(span.clone())),
                scope: scope.max(before.scope).max(if rows.on.is_empty() {
                    NO_ROW
                } else {
                    row.scope
                }),
                numpy: scalar.numpy || before.numpy,
            }));
        }
        Ok(values)
    }

    /// A fold with one state, and the relation of that state.
    pub(crate) fn single_state(
        &mut self,
        input: NodeId,
        state: FoldState,
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        let name = state.name.clone();
        let spans = state.spans.clone();
        let fold = self.add(
            Op::Fold(Fold {
                input,
                states: vec![state],
            }),
            span,
            None,
        )?;
        let node = self.add(Op::State { fold, state: 0 }, span, Some(&name))?;
        self.flow.add_spans(node, spans);
        Ok(node)
    }

    /// A list of the outer row that the inner loop appends to.
    pub(crate) fn own_list(
        &mut self,
        row: &RowScope,
        levels: &[Level],
        list: OwnList,
        span: &Span,
    ) -> Result<(), Refusal> {
        let kind = FoldKind::Rows(list.emits);
        let guard = guard_of(&kind);
        let FoldKind::Rows(emits) = kind else {
            return Ok(());
        };
        let used: Vec<&Expr> = emits
            .iter()
            .flat_map(|emit| {
                std::iter::once(&emit.guard).chain(emit.columns.iter().map(|(_, value)| value))
            })
            .collect();
        let rows = self.correlated(row, levels, &guard, &used, span)?;
        let input = self.filtered(&rows, &guard, span)?;
        let taken: Vec<ColumnName> = emits
            .iter()
            .flat_map(|emit| emit.columns.iter().map(|(name, _)| name.clone()))
            .collect();
        let (keys, on) = key_columns(&rows.on, &taken);
        let emits = emits
            .into_iter()
            .map(|emit| {
                let over = |expr: &Expr| {
                    let expr = guard.iter().fold(expr.clone(), without);
                    rows.over(&expr)
                };
                Emit {
                    guard: over(&emit.guard),
                    columns: keys
                        .iter()
                        .cloned()
                        .chain(
                            emit.columns
                                .iter()
                                .map(|(name, value)| (name.clone(), over(value))),
                        )
                        .collect(),
                }
            })
            .collect();
        let state = FoldState {
            name: list.name,
            kind: FoldKind::Rows(emits),
            spans: vec![span.clone()],
        };
        let node = self.single_state(input, state, span)?;
        let relation = Relation {
            node,
            element: list.element,
        };
        let path: Vec<Condition> = self.state.path.clone();
        if let Some(object) = self.state.heap.get_mut(&list.id)
            && let Content::List(segments) = &mut object.content
        {
            segments.push(Segment {
                guard: path
                    .into_iter()
                    .filter(|fact| !object.born.contains(fact))
                    .collect(),
                kind: if on.is_empty() {
                    SegmentKind::Rows(relation)
                } else {
                    SegmentKind::Matching(Matching { relation, on })
                },
            });
        }
        Ok(())
    }

    /// A dictionary of the outer row that the inner loop fills.
    pub(crate) fn own_dict(
        &mut self,
        row: &RowScope,
        levels: &[Level],
        dict: OwnDict,
        span: &Span,
    ) -> Result<(), Refusal> {
        let kind = FoldKind::Map {
            keys: dict.keys,
            creates: dict.creates,
            slots: dict.slots,
        };
        let guard: Vec<Expr> = guard_of(&kind)
            .into_iter()
            .filter(|part| !reads_previous(part))
            .collect();
        let used: Vec<&Expr> = kind.exprs();
        let rows = self.correlated(row, levels, &guard, &used, span)?;
        let input = self.filtered(&rows, &guard, span)?;
        let over = |expr: &Expr| {
            let expr = guard.iter().fold(expr.clone(), without);
            rows.over(&expr)
        };
        let FoldKind::Map {
            keys,
            creates,
            slots,
        } = map_kind(kind, &over)
        else {
            return Ok(());
        };
        let taken: Vec<ColumnName> = keys
            .iter()
            .map(|(name, _)| name.clone())
            .chain(slots.iter().map(|slot| slot.name.clone()))
            .collect();
        let (outer_keys, on) = key_columns(&rows.on, &taken);
        let own: Vec<ColumnName> = keys.iter().map(|(name, _)| name.clone()).collect();
        let state = FoldState {
            name: dict.name,
            kind: FoldKind::Map {
                keys: outer_keys.into_iter().chain(keys).collect(),
                creates,
                slots,
            },
            spans: vec![span.clone()],
        };
        let node = self.single_state(input, state, span)?;
        if let Some(object) = self.state.heap.get_mut(&dict.id)
            && let Content::Dict(content) = &mut object.content
        {
            content.rest = Rest::Built(Box::new(Mapping {
                node,
                keys: own,
                key: dict.key,
                value: dict.value,
                outer: on,
            }));
        }
        Ok(())
    }
}

/// Conditions that hold wherever the expression is not what `same` recognises as unchanged.
pub(crate) fn change_guard(expr: &Expr, same: &impl Fn(&Expr) -> bool) -> Option<Vec<Expr>> {
    if same(expr) {
        return None;
    }
    let ExprKind::If { arms, otherwise } = &expr.kind else {
        return Some(Vec::new());
    };
    let mut common: Option<Vec<Expr>> = None;
    let mut meet = |found: Vec<Expr>| {
        common = Some(match common.take() {
            None => found,
            Some(old) => old
                .into_iter()
                .filter(|part| found.contains(part))
                .collect(),
        });
    };
    for (test, value) in arms {
        if let Some(inner) = change_guard(value, same) {
            let mut found = conjuncts(test);
            found.extend(inner);
            meet(found);
        }
    }
    if let Some(inner) = change_guard(otherwise, same) {
        meet(inner);
    }
    common
}

/// Conditions without which no row changes the state.
pub(crate) fn guard_of(kind: &FoldKind) -> Vec<Expr> {
    let meet = |guards: Vec<Vec<Expr>>| {
        let mut guards = guards.into_iter();
        let first = guards.next().unwrap_or_default();
        guards.fold(first, |common, other| {
            common
                .into_iter()
                .filter(|part| other.contains(part))
                .collect()
        })
    };
    let own = |name: &ColumnName, next: &Expr| {
        change_guard(
            next,
            &|part| matches!(&part.kind, ExprKind::Previous(slot) if slot == name),
        )
    };
    match kind {
        FoldKind::Rows(emits) => meet(emits.iter().map(|emit| conjuncts(&emit.guard)).collect()),
        FoldKind::Map { creates, slots, .. } => meet(
            std::iter::once(conjuncts(creates))
                .chain(slots.iter().filter_map(|slot| own(&slot.name, &slot.next)))
                .collect(),
        ),
        FoldKind::Scalar { name, next, .. } => own(name, next).unwrap_or_default(),
    }
}

pub(crate) fn map_kind(kind: FoldKind, change: &impl Fn(&Expr) -> Expr) -> FoldKind {
    let named = |columns: Vec<(ColumnName, Expr)>| {
        columns
            .into_iter()
            .map(|(name, value)| (name, change(&value)))
            .collect::<Vec<_>>()
    };
    match kind {
        FoldKind::Rows(emits) => FoldKind::Rows(
            emits
                .into_iter()
                .map(|emit| Emit {
                    guard: change(&emit.guard),
                    columns: named(emit.columns),
                })
                .collect(),
        ),
        FoldKind::Map {
            keys,
            creates,
            slots,
        } => FoldKind::Map {
            keys: named(keys),
            creates: change(&creates),
            slots: slots
                .into_iter()
                .map(|slot| MapSlot {
                    name: slot.name,
                    first: change(&slot.first),
                    next: change(&slot.next),
                })
                .collect(),
        },
        FoldKind::Scalar {
            name,
            initial,
            next,
        } => FoldKind::Scalar {
            name,
            initial: change(&initial),
            next: change(&next),
        },
    }
}

/// Scalars that read only themselves together, those that read each other in groups of their own.
pub(crate) fn independent(scalars: Vec<OwnScalar>) -> Vec<Vec<OwnScalar>> {
    let reads = |scalar: &OwnScalar| {
        let mut found: BTreeSet<ColumnName> = BTreeSet::new();
        scalar.next.walk(&mut |part| {
            if let ExprKind::Previous(name) = &part.kind {
                found.insert(name.clone());
            }
        });
        found.insert(scalar.name.clone());
        found
    };
    let mut groups: Vec<(BTreeSet<ColumnName>, Vec<OwnScalar>)> = Vec::new();
    for scalar in scalars {
        let mut names = reads(&scalar);
        let mut members = Vec::new();
        let mut others = Vec::new();
        for (seen, group) in groups {
            if seen.is_disjoint(&names) {
                others.push((seen, group));
            } else {
                names.extend(seen);
                members.extend(group);
            }
        }
        members.push(scalar);
        others.push((names, members));
        groups = others;
    }
    let (single, linked): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|(_, group)| group.len() == 1);
    let mut all: Vec<Vec<OwnScalar>> = linked.into_iter().map(|(_, group)| group).collect();
    let single: Vec<OwnScalar> = single.into_iter().flat_map(|(_, group)| group).collect();
    if !single.is_empty() {
        all.insert(0, single);
    }
    all
}

/// The expression with what slots begin as in the place of what they held before.
pub(crate) fn begun(expr: &Expr, initial: &impl Fn(&ColumnName) -> Option<Expr>) -> Expr {
    let started = extremes(expr.clone()).map(&mut |part| match &part.kind {
        ExprKind::Previous(name) => initial(name).unwrap_or(part),
        _ => part,
    });
    resolve_marker(&started, &ColumnName::from("\u{1}none"), true)
}

/// `a if a > b else b` as the larger of the two, so that it is one value and not two cases.
pub(crate) fn extremes(expr: Expr) -> Expr {
    expr.map(&mut |part| {
        let ExprKind::If { arms, otherwise } = &part.kind else {
            return part;
        };
        let [(test, value)] = &arms[..] else {
            return part;
        };
        let ExprKind::Call(Function::Compare(comparison, Flavour::Python), sides) = &test.kind
        else {
            return part;
        };
        let (larger, smaller) = match comparison {
            Comparison::Gt => (&sides[0], &sides[1]),
            Comparison::Lt => (&sides[1], &sides[0]),
            _ => return part,
        };
        let same = |a: &Expr, b: &Expr| without_known(a) == without_known(b);
        // Where both are equal the one that is not taken stays.
        let function = if same(value, larger) && same(otherwise, smaller) {
            Function::Greatest
        } else if same(value, smaller) && same(otherwise, larger) {
            Function::Least
        } else {
            return part;
        };
        let sides = vec![(**otherwise).clone(), value.clone()];
        Expr::call(function, sides).at(part.span)
    })
}

/// Key columns under names not taken, and what the outer row says they equal.
pub(crate) fn key_columns(
    on: &[(ColumnName, Term)],
    taken: &[ColumnName],
) -> (Columns, Vec<(ColumnName, Term)>) {
    let mut keys: Vec<(ColumnName, Expr)> = Vec::new();
    let mut named = Vec::new();
    for (column, term) in on {
        let mut name = column.clone();
        let mut count = 1;
        while taken.contains(&name) || keys.iter().any(|(other, _)| *other == name) {
            count += 1;
            name = ColumnName::from(format!("{column}_{count}"));
        }
        keys.push((name.clone(), Expr::column(column.clone())));
        named.push((name, term.clone()));
    }
    (keys, named)
}
