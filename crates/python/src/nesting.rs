//! Loops inside a loop over rows.
//!
//! The inner body runs once for a row of the pairs of outer and inner rows, so that inside it there is one
//! row again and everything that is known of loops holds. What it changes is of two kinds. Things that live
//! outside of the outer loop are changed by all pairs in order: their change is kept until the outer loop
//! ends and becomes a fold over the pairs. Things that belong to the outer row are changed by the inner
//! rows of that row alone: these become a relation by what the inner loop asks of the outer row (only the
//! key, where both are compared by equality), and the outer row looks its own results up.

use std::collections::BTreeSet;
use std::rc::Rc;

use relift_dataflow::{Expr, FoldKind, FoldState, NodeId, Refusal};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::correlation::without;
use crate::folds::{Builder, LoopResult, Lost, Target};
use crate::loops::{Place, get_place, key_text, set_place};
use crate::lowering::{Lowerer, RowScope};
use crate::own_changes::{OwnDict, OwnList, OwnScalar, guard_of, map_kind};
use crate::pairs::Level;
use crate::running::Carried;
use crate::state::State;
use crate::statements::Exits;
use crate::values::{Content, Matching, ObjectId, Relation, Scope, SegmentKind, Value};

/// Changes that wait for the end of the outer loop.
#[derive(Debug)]
pub(crate) struct Deferred {
    pub(crate) levels: Vec<Level>,
    pub(crate) states: Vec<FoldState>,
    pub(crate) targets: Vec<Target>,
    pub(crate) span: Span,
}

/// What waits for the end of the outer loop, so that nothing in its body may read or change it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Pending {
    pub(crate) places: BTreeSet<Place>,
    pub(crate) objects: BTreeSet<ObjectId>,
}

impl Pending {
    pub(crate) fn extend(&mut self, deferred: &[Deferred]) {
        for target in deferred.iter().flat_map(|deferred| &deferred.targets) {
            match target {
                Target::Scalar { place, .. } => {
                    self.places.insert(place.clone());
                }
                Target::List { id, .. } | Target::Dict { id, .. } | Target::Group { id, .. } => {
                    self.objects.insert(*id);
                }
            }
        }
    }
}

/// Why what an inner loop changes cannot be used before the outer loop ends.
const PENDING: &str = "a loop inside this one changes it";

/// What an inner loop has changed in this row.
const SPENT: &str = "it is used in the same row after a loop inside this one has changed it";

impl Lowerer<'_> {
    /// Whether the body of a loop over rows is being executed.
    pub(crate) fn in_rows(&self) -> bool {
        !self.loops.is_empty()
    }

    /// Hides what loops inside this one change.
    pub(crate) fn mark_pending(&mut self, pending: &Pending) {
        let refusal = waiting(PENDING);
        for place in &pending.places {
            set_place(&mut self.state, place, Value::Unknown(refusal.clone()));
        }
        for id in &pending.objects {
            if let Some(object) = self.state.heap.get_mut(id) {
                object.content = Content::Poisoned(refusal.clone());
            }
        }
    }

    /// Whether everything that waits was left alone by the row itself.
    pub(crate) fn pending_is_untouched(
        deferred: &[Deferred],
        finished: &State,
        span: &Span,
    ) -> Result<(), Refusal> {
        let mut seen: Vec<&Target> = Vec::new();
        for target in deferred.iter().flat_map(|deferred| &deferred.targets) {
            let spent = match target {
                Target::Scalar { place, .. } => matches!(
                    get_place(finished, place),
                    Some(Value::Unknown(refusal)) if is_spent(refusal)
                ),
                Target::List { id, .. } | Target::Dict { id, .. } | Target::Group { id, .. } => {
                    finished.heap.get(id).is_some_and(
                        |object| matches!(&object.content, Content::Poisoned(refusal) if is_spent(refusal)),
                    )
                }
            };
            let again = seen.iter().any(|other| other.is_same_thing(target));
            if !spent || again {
                return Err(Refusal::new(
                    "nested loop",
                    "what it changes is also changed or read by the loop around it",
                    Some(span.clone()),
                ));
            }
            seen.push(target);
        }
        Ok(())
    }

    pub(crate) fn outer_row(&self) -> Option<RowScope> {
        let scope = self.loops.last()?.scope;
        self.scopes
            .iter()
            .rev()
            .find(|row| row.scope == scope)
            .cloned()
    }

    /// Executes the body of a loop inside another for a pair of rows.
    pub(crate) fn inner_rows(
        &mut self,
        rows: &Matching,
        span: &Span,
        body: &mut dyn FnMut(&mut Self, Value) -> Result<Exits, Refusal>,
    ) -> Result<(), Refusal> {
        let Some(row) = self.outer_row() else {
            return Err(Refusal::new(
                "nested loop",
                "the row of the loop around it is lost",
                Some(span.clone()),
            ));
        };
        let snapshot = self.snapshot();
        let outer = self.state.clone();
        let level = self.level(rows, &row, span)?;
        let node = self.paired(row.node, &level, &[], None, span)?;
        let scope = self.new_scope();
        let entry = self.seen_from_pairs(scope, &row, &level);
        let pairs = Relation {
            node,
            element: rows.relation.element.clone(),
        };
        let settled = self.settle(&pairs, scope, &entry, false, span, body);
        let (plan, context) = match settled {
            Ok(settled) => settled,
            Err(refusal) => {
                self.restore(&snapshot);
                self.state = outer;
                return Err(refusal);
            }
        };
        let finished = std::mem::take(&mut self.state);
        let result = LoopResult {
            relation: &pairs,
            scope,
            started: &context.started,
            entry: &entry,
            plan: &plan,
            demands: &context.demands,
            span,
        };
        let carried = Carried::default();
        let outer_started = self
            .loops
            .last()
            .map(|context| context.started.clone())
            .unwrap_or_default();
        let own_place = |place: &Place| match place {
            Place::Local(_) | Place::Global(_) => {
                get_place(&outer_started, place) != get_place(&outer, place)
            }
            Place::Item(id, _) | Place::Entry(id, _) => own_object(&outer, *id, row.scope),
        };
        let gathered =
            Self::pending_is_untouched(&context.deferred, &finished, span).and_then(|()| {
                let pending = plan.pending.clone();
                let mut builder =
                    Builder::collect(self, &result, &finished, &carried, &pending, &|place| {
                        own_place(place)
                    })?;
                builder.lose_uncovered(pending, &context.deferred, span);
                let earlier = Rc::new(Refusal::new(
                    "nested loop",
                    "what it adds to a list depends on what earlier rows left behind",
                    Some(span.clone()),
                ));
                for (id, _) in std::mem::take(&mut builder.direct) {
                    builder.lost.push((Lost::Object(id), earlier.clone()));
                }
                if !context.demands.is_empty() {
                    return Err((*earlier).clone());
                }
                Ok(builder)
            });
        let slots = Self::own_scalars(&result, &finished, &own_place);
        self.scopes.pop();
        self.previous = snapshot.previous();
        let mut gathered = match gathered {
            Ok(gathered) => gathered,
            Err(refusal) => {
                self.restore(&snapshot);
                self.state = outer;
                return Err(refusal);
            }
        };
        self.state = outer.clone();
        for id in self.state.heap.differing(&finished.heap) {
            let escaped = finished.heap.get(&id).is_some_and(|after| after.escaped);
            if escaped && let Some(object) = self.state.heap.get_mut(&id) {
                object.escaped = true;
            }
        }
        let leaked = Rc::new(Refusal::new(
            "for loop",
            "a variable is read after the loop that set it row by row",
            Some(span.clone()),
        ));
        for name in context.started.locals.differing(&finished.locals) {
            let (before, after) = (
                context.started.locals.get(&name),
                finished.locals.get(&name),
            );
            if after.is_some() && before != after {
                let unknown = Value::Unknown(leaked.clone());
                self.state.locals.insert(name, unknown);
            }
        }
        let (slots, lost) = slots;
        for (place, refusal) in lost {
            gathered.lost.push((Lost::Place(place), Rc::new(refusal)));
        }
        for (lost, refusal) in &gathered.lost {
            match lost {
                Lost::Object(id) => self.state.poison(*id, refusal),
                Lost::Place(place) => {
                    set_place(&mut self.state, place, Value::Unknown(refusal.clone()));
                }
            }
        }
        let levels = vec![level.clone()];
        self.look_up_scalars(&row, &levels, slots, &outer, span);
        let mut waiting_here = vec![Deferred {
            levels: Vec::new(),
            states: gathered.states,
            targets: gathered.targets,
            span: span.clone(),
        }];
        waiting_here.extend(context.deferred);
        for deferred in waiting_here {
            let mut levels = levels.clone();
            levels.extend(deferred.levels);
            let mut passed = Deferred {
                levels: levels.clone(),
                states: Vec::new(),
                targets: Vec::new(),
                span: deferred.span.clone(),
            };
            let mut scalars = Vec::new();
            for (state, target) in deferred.states.into_iter().zip(deferred.targets) {
                let own = match &target {
                    Target::Scalar { place, .. } => own_place(place),
                    Target::List { id, .. }
                    | Target::Dict { id, .. }
                    | Target::Group { id, .. } => own_object(&outer, *id, row.scope),
                };
                if !own {
                    passed.states.push(state);
                    passed.targets.push(target);
                    continue;
                }
                match (target, state.kind) {
                    (
                        Target::Scalar { place, .. },
                        FoldKind::Scalar {
                            name,
                            initial,
                            next,
                        },
                    ) => scalars.push(OwnScalar {
                        place,
                        name,
                        initial,
                        next,
                        numpy: false,
                    }),
                    (Target::List { id, element }, FoldKind::Rows(emits)) => {
                        let list = OwnList {
                            name: state.name,
                            id,
                            element,
                            emits,
                        };
                        if let Err(refusal) = self.own_list(&row, &levels, list, span) {
                            self.state.poison(id, &Rc::new(refusal));
                        }
                    }
                    (
                        Target::Dict {
                            id,
                            keys: _,
                            key,
                            value,
                        },
                        FoldKind::Map {
                            keys,
                            creates,
                            slots,
                        },
                    ) => {
                        let dict = OwnDict {
                            name: state.name,
                            id,
                            key,
                            value,
                            keys,
                            creates,
                            slots,
                        };
                        if let Err(refusal) = self.own_dict(&row, &levels, dict, span) {
                            self.state.poison(id, &Rc::new(refusal));
                        }
                    }
                    (Target::Group { id, .. }, _) => {
                        let refusal = Refusal::new(
                            "dictionary",
                            "lists of entries that belong to a row of a loop are not lifted",
                            Some(span.clone()),
                        );
                        self.state.poison(id, &Rc::new(refusal));
                    }
                    _ => {}
                }
            }
            self.look_up_scalars(&row, &levels, scalars, &outer, span);
            if passed.states.is_empty() {
                continue;
            }
            let spent = waiting(SPENT);
            for target in &passed.targets {
                match target {
                    Target::Scalar { place, .. } => {
                        set_place(&mut self.state, place, Value::Unknown(spent.clone()));
                    }
                    Target::List { id, .. }
                    | Target::Dict { id, .. }
                    | Target::Group { id, .. } => {
                        if let Some(object) = self.state.heap.get_mut(id) {
                            object.content = Content::Poisoned(spent.clone());
                        }
                    }
                }
            }
            if let Some(context) = self.loops.last_mut() {
                context.deferred.push(passed);
            }
        }
        Ok(())
    }

    /// The rows a deferred change runs over, when the loop over `outer` ends.
    pub(crate) fn deferred_rows(
        &mut self,
        outer: NodeId,
        deferred: &Deferred,
    ) -> Result<(NodeId, Vec<FoldState>), Refusal> {
        let span = &deferred.span;
        let mut whole = outer;
        for level in &deferred.levels {
            whole = self.paired(whole, level, &[], None, span)?;
        }
        let mut guard: Option<Vec<Expr>> = None;
        for state in &deferred.states {
            let own = guard_of(&state.kind);
            guard = Some(match guard {
                None => own,
                Some(guard) => guard
                    .into_iter()
                    .filter(|part| own.contains(part))
                    .collect(),
            });
        }
        let names: BTreeSet<ColumnName> = deferred
            .levels
            .last()
            .map(|level| level.renames.iter().map(|(_, new)| new.clone()).collect())
            .unwrap_or_default();
        let joined = self.join_terms(&guard.unwrap_or_default(), whole, &names);
        if joined.is_empty() {
            return Ok((whole, deferred.states.clone()));
        }
        let terms: Vec<(Expr, Expr)> = joined
            .iter()
            .map(|(outer, inner, _)| (outer.clone(), inner.clone()))
            .collect();
        let mut node = outer;
        let last = deferred.levels.len() - 1;
        for (index, level) in deferred.levels.iter().enumerate() {
            let terms = if index == last { &terms[..] } else { &[] };
            node = self.paired(node, level, terms, None, span)?;
        }
        let states = deferred
            .states
            .iter()
            .map(|state| FoldState {
                kind: map_kind(state.kind.clone(), &|expr| {
                    joined
                        .iter()
                        .fold(expr.clone(), |expr, (_, _, fact)| without(expr, fact))
                }),
                ..state.clone()
            })
            .collect();
        Ok((node, states))
    }
}

pub(crate) fn is_waiting(refusal: &Refusal) -> bool {
    refusal.construct == "nested loop" && (refusal.reason == PENDING || refusal.reason == SPENT)
}

pub(crate) fn is_spent(refusal: &Refusal) -> bool {
    refusal.construct == "nested loop" && refusal.reason == SPENT
}

/// Which of two refusals holds after a branch. A loop that ran on one side only has changed what waits;
/// anything else is worse than waiting.
pub(crate) fn graver<'r>(a: &'r Rc<Refusal>, b: &'r Rc<Refusal>) -> &'r Rc<Refusal> {
    let grade = |refusal: &Refusal| match (is_waiting(refusal), is_spent(refusal)) {
        (false, _) => 2,
        (true, true) => 1,
        (true, false) => 0,
    };
    if grade(b) > grade(a) { b } else { a }
}

pub(crate) fn waiting(reason: &str) -> Rc<Refusal> {
    Rc::new(Refusal::new("nested loop", reason, None))
}

pub(crate) fn own_object(outer: &State, id: ObjectId, scope: Scope) -> bool {
    outer
        .heap
        .get(&id)
        .is_some_and(|object| object.scope == scope)
}

/// Places that wait for the end of a loop, with why.
pub(crate) fn waiting_places(state: &State) -> Vec<(Place, Rc<Refusal>)> {
    let of = |value: &Value| match value {
        Value::Unknown(refusal) if is_waiting(refusal) => Some(refusal.clone()),
        _ => None,
    };
    let mut found: Vec<(Place, Rc<Refusal>)> = Vec::new();
    for (name, value) in &state.locals {
        found.extend(of(value).map(|refusal| (Place::Local(name.clone()), refusal)));
    }
    for (name, value) in &state.globals {
        found.extend(of(value).map(|refusal| (Place::Global(name.clone()), refusal)));
    }
    for (id, object) in &state.heap {
        match &object.content {
            Content::List(segments) => {
                for (index, segment) in segments.iter().enumerate() {
                    if let SegmentKind::Item(value) = &segment.kind {
                        found.extend(of(value).map(|refusal| (Place::Item(*id, index), refusal)));
                    }
                }
            }
            Content::Dict(dict) => {
                for (key, value) in &dict.entries {
                    found.extend(
                        of(value).map(|refusal| (Place::Entry(*id, key_text(key)), refusal)),
                    );
                }
            }
            Content::Table(_)
            | Content::Members(_)
            | Content::Frame(_)
            | Content::EmptyFrame(_)
            | Content::Database(_)
            | Content::Cursor(_)
            | Content::Poisoned(_) => {}
        }
    }
    found
}
