//! From one symbolic row to a fold: the change of every variable in normal form.

use std::collections::BTreeMap;
use std::rc::Rc;

use relift_dataflow::{
    Base, Emit, Expr, ExprKind, Fold, FoldKind, FoldState, MapSlot, NodeId, ObligationKind, Op,
    Refusal,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::appearances::first_appearances;
use crate::loops::{Place, Plan, get_place, place_marker, presence_marker, set_place, slot_marker};
use crate::lowering::{Lowerer, RowScope, reads_previous};
use crate::mappings::Flattened;
pub(crate) use crate::markers::{first_value, rename_markers, resolve_marker};
use crate::nesting::{Deferred, Pending};
use crate::running::{Carried, Carrier, carried};
use crate::state::{State, all};
use crate::values::{
    Condition, Content, Mapping, NO_ROW, ObjectId, Relation, Rest, Scope, Segment, SegmentKind,
    Template, Term, Touched, Value,
};

/// A loop whose body was executed with a settled plan.
pub(crate) struct LoopResult<'r> {
    pub(crate) relation: &'r Relation,
    pub(crate) scope: Scope,
    /// The state in which the row began, markers included.
    pub(crate) started: &'r State,
    /// The state before the loop.
    pub(crate) entry: &'r State,
    pub(crate) plan: &'r Plan,
    /// Conditions on what earlier rows left behind, and why they must hold.
    pub(crate) demands: &'r [(Expr, String)],
    pub(crate) span: &'r Span,
}

/// What becomes of a fold's state once its relation exists.
#[derive(Debug)]
pub(crate) enum Target {
    Scalar {
        place: Place,
        column: ColumnName,
        grows_float: bool,
    },
    List {
        id: ObjectId,
        element: Template,
    },
    Dict {
        id: ObjectId,
        keys: Vec<ColumnName>,
        key: Template,
        value: Template,
    },
    /// Rows of the growing lists in the entries of the dictionary before.
    Group {
        id: ObjectId,
        index: usize,
        element: Template,
        /// Columns that hold the key, and what the dictionary calls them.
        on: Vec<(ColumnName, ColumnName)>,
        /// They are sets.
        set: bool,
    },
}

impl Target {
    /// Whether both stand for the same variable or object.
    pub(crate) fn is_same_thing(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Scalar { place: a, .. }, Self::Scalar { place: b, .. }) => a == b,
            (
                Self::List { id: a, .. } | Self::Dict { id: a, .. },
                Self::List { id: b, .. } | Self::Dict { id: b, .. },
            ) => a == b,
            (
                Self::Group {
                    id: a, index: i, ..
                },
                Self::Group {
                    id: b, index: j, ..
                },
            ) => a == b && i == j,
            _ => false,
        }
    }
}

pub(crate) struct Builder<'c> {
    carried: &'c Carried,
    pub(crate) states: Vec<FoldState>,
    pub(crate) targets: Vec<Target>,
    /// Objects and places that hold nothing known after the loop.
    pub(crate) lost: Vec<(Lost, Rc<Refusal>)>,
    /// Lists whose relation stands outside the fold.
    pub(crate) direct: Vec<(ObjectId, Relation)>,
}

pub(crate) enum Lost {
    Object(ObjectId),
    Place(Place),
}

/// Builds the fold and sets the state after the loop.
pub(crate) fn build(
    lowerer: &mut Lowerer<'_>,
    result: &LoopResult<'_>,
    finished: &State,
    deferred: Vec<Deferred>,
) -> Result<(), Refusal> {
    Lowerer::pending_is_untouched(&deferred, finished, result.span)?;
    // What cannot be known per row is lost where it is read.
    let carried = carried(lowerer, result, finished).unwrap_or_default();
    demand(lowerer, result, &carried)?;
    let pending = result.plan.pending.clone();
    let mut builder = Builder::collect(lowerer, result, finished, &carried, &pending, &|_| false)?;
    builder.lose_uncovered(pending, &deferred, result.span);
    builder.finish(lowerer, result, finished, deferred)
}

impl<'c> Builder<'c> {
    /// The changes a loop makes, apart from scalars that are followed elsewhere.
    pub(crate) fn collect(
        lowerer: &mut Lowerer<'_>,
        result: &LoopResult<'_>,
        finished: &State,
        carried: &'c Carried,
        pending: &Pending,
        elsewhere: &dyn Fn(&Place) -> bool,
    ) -> Result<Self, Refusal> {
        let refuse =
            |reason: &str| Err(Refusal::new("for loop", reason, Some(result.span.clone())));
        if finished.shared != result.started.shared {
            return refuse("it sets frames of the shared state row by row");
        }
        let mut builder = Builder {
            carried,
            states: Vec::new(),
            targets: Vec::new(),
            lost: Vec::new(),
            direct: Vec::new(),
        };
        for place in result.plan.scalars.keys() {
            if !elsewhere(place) && !pending.places.contains(place) {
                builder.scalar(lowerer, result, finished, place);
            }
        }
        for place in &result.plan.carried {
            if pending.places.contains(place) {
                continue;
            }
            let refusal = Refusal::new(
                "for loop",
                "a value is carried from one row to the next in a way that is not lifted",
                Some(result.span.clone()),
            );
            builder
                .lost
                .push((Lost::Place(place.clone()), Rc::new(refusal)));
        }
        for (id, refusal) in &result.plan.lost {
            builder.lost.push((Lost::Object(*id), refusal.clone()));
        }
        for id in &result.started.heap.differing(&finished.heap) {
            if !result.entry.heap.contains_key(id) || pending.objects.contains(id) {
                continue;
            }
            let (Some(before), Some(after)) = (result.started.heap.get(id), finished.heap.get(id))
            else {
                continue;
            };
            match (&before.content, &after.content) {
                (a, b) if std::ptr::eq(a, b) || a == b => {}
                (Content::List(old), Content::List(new)) if new.len() > old.len() => {
                    if let Err(refusal) =
                        builder.list(lowerer, result, finished, *id, &new[old.len()..])
                    {
                        builder.lost.push((Lost::Object(*id), Rc::new(refusal)));
                    }
                }
                (Content::List(old), Content::List(new)) if new.len() == old.len() => {}
                (Content::Dict(old), Content::Dict(new)) => {
                    if old.entries.len() != new.entries.len() {
                        let refusal = Refusal::new(
                            "dictionary",
                            "the loop adds entries with constant keys to it",
                            Some(result.span.clone()),
                        );
                        builder.lost.push((Lost::Object(*id), Rc::new(refusal)));
                    } else if let (Rest::Nothing | Rest::Filling, Rest::Touched(touched)) =
                        (&old.rest, &new.rest)
                    {
                        builder.dict(lowerer, result, finished, *id, touched)?;
                    } else if old.rest != new.rest {
                        return refuse("a dictionary built earlier is changed by it");
                    }
                }
                (_, Content::Poisoned(refusal)) => {
                    builder.lost.push((Lost::Object(*id), refusal.clone()));
                }
                _ => {
                    let refusal = Refusal::new(
                        "for loop",
                        "an object is changed row by row in a way that is not lifted",
                        Some(result.span.clone()),
                    );
                    builder.lost.push((Lost::Object(*id), Rc::new(refusal)));
                }
            }
        }
        Ok(builder)
    }

    /// What once waited for the end of the loop and is not among what does in the end is lost.
    pub(crate) fn lose_uncovered(&mut self, pending: Pending, deferred: &[Deferred], span: &Span) {
        let refusal = Rc::new(Refusal::new(
            "nested loop",
            "how a loop inside this one changes it is not known",
            Some(span.clone()),
        ));
        let mut covered = Pending::default();
        covered.extend(deferred);
        for place in pending.places {
            if !covered.places.contains(&place) {
                self.lost.push((Lost::Place(place), refusal.clone()));
            }
        }
        for id in pending.objects {
            if !covered.objects.contains(&id) {
                self.lost.push((Lost::Object(id), refusal.clone()));
            }
        }
    }

    fn scalar(
        &mut self,
        lowerer: &Lowerer<'_>,
        result: &LoopResult<'_>,
        finished: &State,
        place: &Place,
    ) {
        let (Some(Value::Scalar(initial)), Some(Value::Scalar(next))) =
            (get_place(result.entry, place), get_place(finished, place))
        else {
            return;
        };
        let marker = place_marker(result.scope, place);
        if matches!(&next.expr.kind, ExprKind::Previous(name) if *name == marker) {
            return;
        }
        let column = place.column();
        let own = BTreeMap::from([(marker, column.clone())]);
        let lose = |builder: &mut Self, reason: &str| {
            let refusal = Refusal::new("for loop", reason, next.expr.span.clone());
            builder
                .lost
                .push((Lost::Place(place.clone()), Rc::new(refusal)));
        };
        let carrier = Carrier::Place(place.clone());
        let expr = rename_markers(&self.carried.resolve(&next.expr, Some(&carrier)), &own);
        let Some(expr) = expr else {
            lose(self, "a running value depends on another running value");
            return;
        };
        if initial.scope != NO_ROW || reads_previous(&initial.expr) {
            lose(self, "it starts from a value of an outer row");
            return;
        }
        let types = (lowerer.type_of(initial), lowerer.type_of(next));
        let grows_float = matches!(types, (Ok(a), Ok(b))
            if a.base == Base::Int64 && b.base != Base::Int64);
        self.states.push(FoldState {
            name: column.to_string(),
            kind: FoldKind::Scalar {
                name: column.clone(),
                initial: initial.expr.clone(),
                next: expr,
            },
            spans: next.expr.span.clone().into_iter().collect(),
        });
        self.targets.push(Target::Scalar {
            place: place.clone(),
            column,
            grows_float,
        });
    }

    fn list(
        &mut self,
        lowerer: &mut Lowerer<'_>,
        result: &LoopResult<'_>,
        finished: &State,
        id: ObjectId,
        added: &[Segment],
    ) -> Result<(), Refusal> {
        let name = name_of(result.entry, id);
        let mut emits = Vec::new();
        let mut element: Option<Template> = None;
        let mut spans = Vec::new();
        for segment in added {
            let SegmentKind::Item(value) = &segment.kind else {
                return Err(Refusal::new(
                    "nested loop",
                    "a loop inside another adds to a list",
                    Some(result.span.clone()),
                ));
            };
            let guard = all(segment
                .guard
                .iter()
                .filter(|fact| !result.entry.path.contains(fact))
                .map(|fact| self.carried.resolve(&fact.expr, None)));
            let fields = lowerer.flatten(value, finished, "item")?;
            for (_, term) in &fields.columns {
                spans.extend(term.expr.span.clone());
            }
            match &element {
                None => element = Some(fields.template),
                Some(first) if same_columns(first, &fields.template) => {
                    element = Some(with_numpy(first, &fields.template));
                }
                Some(_) => {
                    return Err(Refusal::new(
                        "list",
                        "its items do not always have the same fields",
                        Some(result.span.clone()),
                    ));
                }
            }
            emits.push(Emit {
                guard,
                columns: fields
                    .columns
                    .into_iter()
                    .map(|(name, term)| (name, self.carried.resolve(&term.expr, None)))
                    .collect(),
            });
        }
        let Some(element) = element else {
            return Ok(());
        };
        if emits.iter().any(|emit| {
            reads_previous(&emit.guard)
                || emit.columns.iter().any(|(_, value)| reads_previous(value))
        }) {
            let node = first_appearances(lowerer, result, finished, &emits, name.as_deref())?;
            self.direct.push((id, Relation { node, element }));
            return Ok(());
        }
        self.states.push(FoldState {
            name: name.unwrap_or_else(|| "rows".to_owned()),
            kind: FoldKind::Rows(emits),
            spans: merged_spans(spans),
        });
        self.targets.push(Target::List { id, element });
        Ok(())
    }

    fn dict(
        &mut self,
        lowerer: &Lowerer<'_>,
        result: &LoopResult<'_>,
        finished: &State,
        id: ObjectId,
        touched: &Touched,
    ) -> Result<(), Refusal> {
        let marker = presence_marker(result.scope, id);
        let before = Touched {
            present: Expr::new(ExprKind::Previous(marker.clone())),
            ..touched.clone()
        };
        if touched.present.is_false() || !result.plan.dicts.contains_key(&id) {
            return Ok(());
        }
        let refuse = |reason: &str| Refusal::new("dictionary", reason, Some(touched.span.clone()));
        let name = name_of(result.entry, id);
        let (entry, grown) = lowerer.flatten_entry(&touched.value, finished)?;
        if grown.is_empty() && Lowerer::reaches_escaped(&touched.value, finished) {
            return Err(refuse("its entries also stand in a list"));
        }
        let carrier = Carrier::Dict(id);
        let columns_only = |mut fields: Flattened| {
            for (_, term) in &mut fields.columns {
                term.expr = self.carried.resolve(&term.expr, Some(&carrier));
            }
            fields
        };
        let value = columns_only(entry);
        let key = columns_only(lowerer.flatten_key(&touched.key, finished, &touched.span)?);
        let present = self.carried.resolve(&touched.present, Some(&carrier));
        let mut taken: Vec<ColumnName> =
            value.columns.iter().map(|(name, _)| name.clone()).collect();
        // A scalar entry is called as the dictionary; keys make room for the names of the entry.
        let renames: BTreeMap<ColumnName, ColumnName> = match (&value.columns[..], &name) {
            ([(only, _)], Some(name)) if only.as_str() == "value" => {
                taken = vec![ColumnName::from(name.as_str())];
                BTreeMap::from([(only.clone(), taken[0].clone())])
            }
            _ => BTreeMap::new(),
        };
        let new_name = |column: &ColumnName| renames.get(column).unwrap_or(column).clone();
        let mut key_names: BTreeMap<ColumnName, ColumnName> = BTreeMap::new();
        for (column, _) in &key.columns {
            let mut fresh = column.clone();
            let mut count = 1;
            while taken.contains(&fresh) {
                count += 1;
                fresh = ColumnName::from(format!("{column}_{count}"));
            }
            taken.push(fresh.clone());
            key_names.insert(column.clone(), fresh);
        }
        let own: BTreeMap<ColumnName, ColumnName> = value
            .columns
            .iter()
            .map(|(column, _)| {
                (
                    slot_marker(result.scope, id, column.as_str()),
                    new_name(column),
                )
            })
            .collect();
        let foreign =
            || refuse("its entries depend on what another variable was left with by earlier rows");
        let mut slots = Vec::new();
        for (column, term) in &value.columns {
            let next = resolve_marker(&term.expr, &marker, true);
            let first = first_value(resolve_marker(&term.expr, &marker, false), &|name| {
                own.contains_key(name)
            })
            .filter(|first| !reads_previous(first))
            .ok_or_else(foreign)?;
            slots.push(MapSlot {
                name: new_name(column),
                first,
                next: rename_markers(&next, &own).ok_or_else(foreign)?,
            });
        }
        let creates = resolve_marker(&present, &marker, false);
        let stays = resolve_marker(&present, &marker, true);
        if reads_previous(&creates) || !stays.is_true() {
            return Err(foreign());
        }
        if grown.is_empty()
            && touched.present == before.present
            && slots.iter().all(
                |slot| matches!(&slot.next.kind, ExprKind::Previous(name) if *name == slot.name),
            )
        {
            return Ok(());
        }
        let mut keys = Vec::new();
        for (column, term) in &key.columns {
            if reads_previous(&term.expr) {
                return Err(foreign());
            }
            keys.push((key_names[column].clone(), term.expr.clone()));
        }
        let rename_template = |template: &Template, names: &BTreeMap<ColumnName, ColumnName>| {
            template.map_terms(&mut |term| match term.expr.as_column() {
                Some(column) => Term {
                    numpy: term.numpy,
                    ..Term::template(names.get(column).unwrap_or(column))
                },
                None => term.clone(),
            })
        };
        self.targets.push(Target::Dict {
            id,
            keys: keys.iter().map(|(name, _)| name.clone()).collect(),
            key: rename_template(&key.template, &key_names),
            value: rename_template(&value.template, &renames),
        });
        let name = name.unwrap_or_else(|| "mapping".to_owned());
        let mut groups = Vec::new();
        for (index, one) in grown.iter().enumerate() {
            let own = format!("{name}_rows");
            let entry = crate::groups::Entry {
                path: &result.entry.path,
                marker: &marker,
                keys: &keys,
                name: &own,
                span: &touched.span,
            };
            groups.push((index, lowerer.grown_rows(one, finished, &entry)?));
        }
        self.states.push(FoldState {
            name,
            kind: FoldKind::Map {
                keys,
                creates,
                slots,
            },
            spans: merged_spans(
                value
                    .columns
                    .iter()
                    .filter_map(|(_, term)| term.expr.span.clone())
                    .chain([touched.span.clone()])
                    .collect(),
            ),
        });
        for (index, rows) in groups {
            self.states.push(rows.state);
            self.targets.push(Target::Group {
                id,
                index,
                element: rows.element,
                on: rows.on,
                set: rows.set,
            });
        }
        Ok(())
    }

    fn finish(
        self,
        lowerer: &mut Lowerer<'_>,
        result: &LoopResult<'_>,
        finished: &State,
        deferred: Vec<Deferred>,
    ) -> Result<(), Refusal> {
        let mut state = result.entry.clone();
        for id in state.heap.differing(&finished.heap) {
            let escaped = finished.heap.get(&id).is_some_and(|after| after.escaped);
            if escaped && let Some(object) = state.heap.get_mut(&id) {
                object.escaped = true;
            }
        }
        let leaked = Rc::new(Refusal::new(
            "for loop",
            "a variable is read after the loop that set it row by row",
            Some(result.span.clone()),
        ));
        for name in result.started.locals.differing(&finished.locals) {
            let (before, after) = (result.started.locals.get(&name), finished.locals.get(&name));
            if after.is_some()
                && before != after
                && !result
                    .plan
                    .scalars
                    .contains_key(&Place::Local(name.clone()))
            {
                state
                    .locals
                    .insert(name.clone(), Value::Unknown(leaked.clone()));
            }
        }
        lowerer.state = state;
        // The fold stands outside its own row.
        let row = lowerer.scopes.pop();
        let outcome = self
            .place(lowerer, result, row.as_ref())
            .and_then(|()| place_deferred(lowerer, result, deferred));
        lowerer.scopes.extend(row);
        outcome
    }

    fn place(
        self,
        lowerer: &mut Lowerer<'_>,
        result: &LoopResult<'_>,
        row: Option<&RowScope>,
    ) -> Result<(), Refusal> {
        let spans = result.span;
        for (lost, refusal) in &self.lost {
            match lost {
                Lost::Object(id) => lowerer.state.poison(*id, refusal),
                Lost::Place(place) => {
                    set_place(&mut lowerer.state, place, Value::Unknown(refusal.clone()));
                }
            }
        }
        for (id, relation) in self.direct {
            append_rows(lowerer, id, relation);
        }
        // Variables that read nothing carried along stay folds over the rows as they are.
        let reads: Vec<bool> = self
            .states
            .iter()
            .map(|state| {
                let exprs = state.kind.exprs();
                exprs.into_iter().any(|expr| self.carried.reads(expr))
            })
            .collect();
        let mut folded: Vec<(FoldState, Target)> = Vec::new();
        let mut placed: Vec<Placed> = Vec::new();
        let mut states: Vec<(FoldState, Target, bool)> = self
            .states
            .into_iter()
            .zip(self.targets)
            .zip(reads)
            .map(|((state, target), reads)| (state, target, reads))
            .collect();
        for wanted in [false, true] {
            let (own, rest): (Vec<_>, Vec<_>) = states
                .into_iter()
                .partition(|(_, _, reads)| *reads == wanted);
            states = rest;
            folded.extend(own.into_iter().map(|(state, target, _)| (state, target)));
            let rows = match (wanted, self.carried.rows) {
                (true, Some(rows)) => rows,
                _ => result.relation.node,
            };
            placed.extend(fold_over(
                lowerer,
                rows,
                row,
                std::mem::take(&mut folded),
                spans,
            )?);
        }
        settle_targets(lowerer, placed, result.relation.node, spans);
        Ok(())
    }
}

/// A variable's relation, its change and what becomes of it.
type Placed = (Result<NodeId, Refusal>, FoldState, Target);

/// What loops inside this one changed of things outside of it.
fn place_deferred(
    lowerer: &mut Lowerer<'_>,
    result: &LoopResult<'_>,
    deferred: Vec<Deferred>,
) -> Result<(), Refusal> {
    for deferred in deferred {
        let (input, states) = lowerer.deferred_rows(result.relation.node, &deferred)?;
        let states = states.into_iter().zip(deferred.targets).collect();
        let placed = fold_over(lowerer, input, None, states, result.span)?;
        settle_targets(lowerer, placed, input, result.span);
    }
    Ok(())
}

/// Gives what a loop changes the value it has after the last row.
fn settle_targets(lowerer: &mut Lowerer<'_>, mut placed: Vec<Placed>, rows: NodeId, spans: &Span) {
    // Lists of entries belong to a dictionary that must be there.
    placed.sort_by_key(|(_, _, target)| matches!(target, Target::Group { .. }));
    for (node, state, target) in placed {
        if let Ok(node) = &node {
            lowerer.flow.add_spans(*node, state.spans.clone());
        }
        match target {
            Target::Scalar {
                place,
                column,
                grows_float,
            } => {
                let value = node.and_then(|node| {
                    if grows_float {
                        lowerer.require_rows(
                            rows,
                            "for loop",
                            "over no rows the sum would stay the integer it starts as",
                            spans,
                        )?;
                    }
                    Ok(Value::Scalar(Term::constant(
                        Expr::new(ExprKind::Scalar {
                            relation: node,
                            column,
                        })
                        .at(Some(spans.clone())),
                    )))
                });
                let value = value.unwrap_or_else(Value::unknown);
                set_place(&mut lowerer.state, &place, value);
            }
            Target::Group {
                id,
                index,
                element,
                on,
                set,
            } => match node
                .map(|node| Relation { node, element })
                .and_then(|rows| {
                    if set {
                        lowerer.different(&rows, &on, spans)
                    } else {
                        Ok(rows)
                    }
                }) {
                Ok(rows) => lowerer.bind_group(id, index, &rows, &on),
                Err(refusal) => lowerer.state.poison(id, &Rc::new(refusal)),
            },
            Target::List { id, element } => match node {
                Ok(node) => append_rows(lowerer, id, Relation { node, element }),
                Err(refusal) => lowerer.state.poison(id, &Rc::new(refusal)),
            },
            Target::Dict {
                id,
                keys,
                key,
                value,
            } => match node {
                Ok(node) => {
                    if let Some(object) = lowerer.state.heap.get_mut(&id)
                        && let Content::Dict(dict) = &mut object.content
                    {
                        let value = crate::inner_dicts::with_own_key(&value, &key);
                        dict.rest = Rest::Built(Box::new(Mapping {
                            node,
                            keys,
                            key,
                            value,
                            outer: Vec::new(),
                        }));
                    }
                }
                Err(refusal) => lowerer.state.poison(id, &Rc::new(refusal)),
            },
        }
    }
}

/// Lays down the conditions on what earlier rows left behind.
fn demand(
    lowerer: &mut Lowerer<'_>,
    result: &LoopResult<'_>,
    carried: &Carried,
) -> Result<(), Refusal> {
    for (holds, why) in result.demands {
        let holds = lowerer.expanded(carried.resolve(holds, None), result.scope);
        let span = holds.span.clone().unwrap_or_else(|| result.span.clone());
        match carried.rows {
            Some(rows) if !reads_previous(&holds) => {
                lowerer.oblige(rows, ObligationKind::Holds(holds), why, &span);
            }
            _ => {
                return Err(Refusal::new(
                    "for loop",
                    format!("{why}, which depends on what earlier rows left behind"),
                    Some(span),
                ));
            }
        }
    }
    Ok(())
}

/// The relation of each variable after a loop over these rows.
fn fold_over(
    lowerer: &mut Lowerer<'_>,
    rows: NodeId,
    row: Option<&RowScope>,
    states: Vec<(FoldState, Target)>,
    span: &Span,
) -> Result<Vec<Placed>, Refusal> {
    if states.is_empty() {
        return Ok(Vec::new());
    }
    let used: Vec<ColumnName> = states
        .iter()
        .flat_map(|(state, _)| state.kind.exprs())
        .flat_map(Expr::columns)
        .collect();
    let input = with_definitions(lowerer, rows, row, used, span)?;
    let fold = Op::Fold(Fold {
        input,
        states: states.iter().map(|(state, _)| state.clone()).collect(),
    });
    let fold = lowerer.add(fold, span, None)?;
    Ok(states
        .into_iter()
        .enumerate()
        .map(|(index, (state, target))| {
            let op = Op::State { fold, state: index };
            (lowerer.add(op, span, Some(&state.name)), state, target)
        })
        .collect())
}

/// The rows with the variables of the loop body that are used as further columns.
pub(crate) fn with_definitions(
    lowerer: &mut Lowerer<'_>,
    node: NodeId,
    row: Option<&RowScope>,
    mut used: Vec<ColumnName>,
    span: &Span,
) -> Result<NodeId, Refusal> {
    let Some(row) = row else {
        return Ok(node);
    };
    let mut kept: Vec<&(ColumnName, Expr)> = Vec::new();
    let there = lowerer.flow.node(node).schema.clone();
    for definition in row.defined.iter().rev() {
        if used.contains(&definition.0) && !there.has(&definition.0) {
            used.extend(definition.1.columns());
            kept.insert(0, definition);
        }
    }
    let mut input = node;
    while !kept.is_empty() {
        // A column cannot read its neighbours, so each layer holds what reads earlier layers only.
        let waiting: Vec<&ColumnName> = kept.iter().map(|(name, _)| name).collect();
        let (ready, later): (Vec<_>, Vec<_>) = kept.iter().partition(|(_, expr)| {
            !expr
                .columns()
                .iter()
                .any(|column| waiting.contains(&column))
        });
        let mut columns: Vec<(ColumnName, Expr)> = lowerer
            .flow
            .node(input)
            .schema
            .names()
            .map(|name| (name.clone(), Expr::column(name.clone())))
            .collect();
        columns.extend(ready.into_iter().cloned());
        let name = lowerer
            .flow
            .node(node)
            .name
            .as_ref()
            .map(|name| format!("{name}_prepared"));
        input = lowerer.add(Op::Map { input, columns }, span, name.as_deref())?;
        kept = later;
    }
    Ok(input)
}

fn append_rows(lowerer: &mut Lowerer<'_>, id: ObjectId, relation: Relation) {
    let path: Vec<Condition> = lowerer.state.path.clone();
    if let Some(object) = lowerer.state.heap.get_mut(&id) {
        let born = object.born.clone();
        if let Content::List(segments) = &mut object.content {
            segments.push(Segment {
                guard: path
                    .into_iter()
                    .filter(|fact| !born.contains(fact))
                    .collect(),
                kind: SegmentKind::Rows(relation),
            });
        }
    }
}

/// The variable that holds the object.
pub(crate) fn name_of(state: &State, id: ObjectId) -> Option<String> {
    state
        .locals
        .iter()
        .find(|(name, value)| **value == Value::Object(id) && !name.contains('\u{1}'))
        .map(|(name, _)| name.clone())
}

fn merged_spans(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    spans.dedup();
    spans
}

pub(crate) fn same_columns(a: &Template, b: &Template) -> bool {
    with_numpy(a, b) == with_numpy(b, a)
}

/// The template with numpy's mark wherever either has it.
pub(crate) fn with_numpy(a: &Template, b: &Template) -> Template {
    let mut marks = Vec::new();
    b.map_terms(&mut |term| {
        marks.push(term.numpy);
        term.clone()
    });
    let mut marks = marks.into_iter();
    a.map_terms(&mut |term| Term {
        numpy: term.numpy || marks.next().unwrap_or(false),
        ..term.clone()
    })
}
