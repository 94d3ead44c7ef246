//! Loops over rows: the body runs once for a row of which only the columns are known.
//!
//! Which variables the loop carries from row to row is found by running: a first run starts with what
//! stands before the loop, later ones with markers for everything that was seen to change, until nothing
//! new changes. A dictionary is first run with the entry absent, which gives the shape of its entries, and
//! then with an entry whose presence is a condition like any other.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::{Base, ColumnType, Expr, ExprKind, Literal, Refusal, Schema};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast};

use crate::folds::{self, LoopResult};
use crate::iteration::Iteration;
use crate::kept::{RecordPlan, field_marker, held_marker};
use crate::lowering::Lowerer;
use crate::nesting::{Deferred, Pending};
use crate::state::State;
use crate::statements::{Exit, Exits};
use crate::values::{
    Content, Dict, Matching, ObjectId, Relation, Rest, Scope, Segment, SegmentKind, Template, Term,
    Touched, Value,
};

/// A scalar that lives outside the loop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Local(String),
    Global(String),
    Item(ObjectId, usize),
    Entry(ObjectId, String),
}

impl Place {
    /// Name of the column that holds it.
    pub(crate) fn column(&self) -> ColumnName {
        match self {
            Self::Local(name) | Self::Global(name) => ColumnName::from(name.as_str()),
            Self::Item(_, index) => ColumnName::from(format!("item_{index}")),
            Self::Entry(_, key) => {
                let text = key.trim_start_matches("Text(\"").trim_end_matches("\")");
                let word = |c: char| if c.is_alphanumeric() { c } else { '_' };
                ColumnName::from(text.chars().map(word).collect::<String>())
            }
        }
    }
}

/// What a loop is known to change.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    pub(crate) scalars: BTreeMap<Place, ColumnType>,
    pub(crate) dicts: BTreeMap<ObjectId, DictPlan>,
    /// Places that keep a record for the next row.
    pub(crate) records: BTreeMap<Place, RecordPlan>,
    /// Places that hold something else for the next row.
    pub(crate) carried: BTreeSet<Place>,
    /// What loops inside this one change over all of its rows.
    pub(crate) pending: Pending,
    /// Lists to which rows append.
    pub(crate) grown: BTreeSet<ObjectId>,
    /// Other objects that rows change, and why they are not followed.
    pub(crate) lost: BTreeMap<ObjectId, std::rc::Rc<Refusal>>,
}

/// The shape of a dictionary's entries.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DictPlan {
    pub(crate) value: Template,
    pub(crate) slots: Vec<(ColumnName, ColumnType)>,
}

/// A loop being executed.
#[derive(Debug)]
pub(crate) struct LoopContext {
    pub(crate) scope: Scope,
    /// Whether variables of the body may become columns of the rows.
    pub(crate) defines: bool,
    /// Values that entries of planned dictionaries have before the row.
    pub(crate) entries: BTreeMap<ObjectId, Value>,
    /// Conditions on what earlier rows left behind, and why they must hold.
    pub(crate) demands: Vec<(Expr, String)>,
    /// The state before the first row.
    pub(crate) entry: State,
    /// The state in which the row began.
    pub(crate) started: State,
    /// What loops inside this one do to what is outside of it.
    pub(crate) deferred: Vec<Deferred>,
}

impl LoopContext {
    pub(crate) fn new(scope: Scope, entry: State, defines: bool) -> Self {
        Self {
            scope,
            defines,
            entries: BTreeMap::new(),
            demands: Vec::new(),
            started: entry.clone(),
            entry,
            deferred: Vec::new(),
        }
    }
}

/// Name of a slot before the row, different for every place.
pub(crate) fn place_marker(scope: Scope, place: &Place) -> ColumnName {
    ColumnName::from(match place {
        Place::Local(name) => format!("{scope}\u{1}local\u{1}{name}"),
        Place::Global(name) => format!("{scope}\u{1}global\u{1}{name}"),
        Place::Item(id, index) => format!("{scope}\u{1}item\u{1}{id}\u{1}{index}"),
        Place::Entry(id, key) => format!("{scope}\u{1}entry\u{1}{id}\u{1}{key}"),
    })
}

pub(crate) fn slot_marker(scope: Scope, dict: ObjectId, slot: &str) -> ColumnName {
    ColumnName::from(format!("{scope}\u{1}slot\u{1}{dict}\u{1}{slot}"))
}

pub(crate) fn presence_marker(scope: Scope, dict: ObjectId) -> ColumnName {
    ColumnName::from(format!("{scope}\u{1}present\u{1}{dict}"))
}

pub(crate) fn key_text(key: &Literal) -> String {
    format!("{key:?}")
}

const ROUNDS_MAX: usize = 12;

/// Iterations of a constant list that are executed one by one.
const UNROLLED_MAX: usize = 256;

impl<'a> Lowerer<'a> {
    pub(crate) fn for_statement(&mut self, loop_: &'a ast::StmtFor) -> Result<Exits, Refusal> {
        let span = self.span(loop_);
        if loop_.is_async {
            return Err(Refusal::new(
                "for loop",
                "an asynchronous loop is not lifted",
                Some(span),
            ));
        }
        self.with_inner_dicts(&mut |lowerer| lowerer.walked_through(loop_, &span))
    }

    fn walked_through(&mut self, loop_: &'a ast::StmtFor, span: &Span) -> Result<Exits, Refusal> {
        let walked = self.walked(&loop_.iter);
        let (exits, records_of) = self.walk(loop_, span)?;
        let unchanged = |state: &State| {
            state.dead
                || walked.iter().all(|(id, content)| {
                    records_of == Some(*id)
                        || state
                            .heap
                            .get(id)
                            .is_none_or(|object| object.content == *content)
                })
        };
        if !unchanged(&self.state) || !exits.iter().all(|(state, _)| unchanged(state)) {
            return Err(Refusal::new(
                "for loop",
                "what it runs over changes meanwhile",
                Some(span.clone()),
            ));
        }
        Ok(exits)
    }

    fn walk(
        &mut self,
        loop_: &'a ast::StmtFor,
        span: &Span,
    ) -> Result<(Exits, Option<ObjectId>), Refusal> {
        let span = span.clone();
        let iterated = self.eval(&loop_.iter)?;
        let iter_span = self.span(&*loop_.iter);
        match self.iterate(&iterated, &iter_span)? {
            Iteration::Items(items) => {
                if !loop_.orelse.is_empty() {
                    return Ok((self.unrolled_or_else(items, loop_, &span)?, None));
                }
                let exits = self.unrolled(items, &span, &mut |lowerer, item| {
                    lowerer.assign(&loop_.target, item)?;
                    lowerer.block(&loop_.body)
                })?;
                Ok((exits, None))
            }
            Iteration::Rows(relation) => {
                let all = Matching {
                    relation,
                    on: Vec::new(),
                };
                let records_of = match (&iterated, &all.relation.element) {
                    (Value::Object(id), Value::Record(record))
                        if record.kind == crate::values::RecordKind::Dict =>
                    {
                        Some(*id)
                    }
                    _ => None,
                };
                self.for_rows(loop_, &all, records_of, &span)
            }
            Iteration::Matching(matching) => {
                Ok((self.for_rows(loop_, &matching, None, &span)?.0, None))
            }
        }
    }

    /// A loop over constants with an `else` that only paths without a `break` execute.
    fn unrolled_or_else(
        &mut self,
        items: Vec<Value>,
        loop_: &'a ast::StmtFor,
        span: &Span,
    ) -> Result<Exits, Refusal> {
        let broken = format!("\u{1}broken{}", span.start);
        let start = self.state.clone();
        let flag = |state: &mut State, value: bool| {
            let value = Value::literal(Literal::Bool(value));
            state.locals.insert(broken.clone(), value);
        };
        flag(&mut self.state, false);
        let exits = self.unrolled(items, span, &mut |lowerer, item| {
            lowerer.assign(&loop_.target, item)?;
            let mut exits = lowerer.block(&loop_.body)?;
            for (state, exit) in &mut exits {
                if *exit == Exit::Break {
                    flag(state, true);
                }
            }
            Ok(exits)
        })?;
        if self.state.dead {
            return Ok(exits);
        }
        let left = self.state.locals.remove(&broken);
        let Some(Value::Scalar(left)) = left else {
            self.state = start;
            return Err(Refusal::new(
                "for loop",
                "whether it was left early is not known",
                Some(span.clone()),
            ));
        };
        let mut all = exits;
        all.extend(
            self.branched(&left, &mut |_| Ok(Vec::new()), &mut |lowerer| {
                lowerer.block(&loop_.orelse)
            })?,
        );
        Ok(all)
    }

    fn for_rows(
        &mut self,
        loop_: &'a ast::StmtFor,
        rows: &Matching,
        records_of: Option<ObjectId>,
        span: &Span,
    ) -> Result<(Exits, Option<ObjectId>), Refusal> {
        let fresh = is_fresh_records(&loop_.iter);
        let mut body = |lowerer: &mut Self, element: Value| {
            let element = if fresh {
                lowerer.thaw(&element)
            } else {
                element
            };
            lowerer.assign(&loop_.target, element)?;
            lowerer.block(&loop_.body)
        };
        if leaves_early(&loop_.body) {
            let mut otherwise = |lowerer: &mut Self| lowerer.block(&loop_.orelse);
            let exits = self.until_left(rows, span, &mut body, &mut otherwise)?;
            return Ok((exits, None));
        }
        let mut changed = None;
        if let Some(id) = records_of
            && rows.on.is_empty()
        {
            if self.over_records(id, &rows.relation, span, &mut body)? {
                changed = Some(id);
            }
        } else {
            self.over(rows, span, &mut body)?;
        }
        Ok((self.block(&loop_.orelse)?, changed))
    }

    /// Executes the body for the rows of a relation, or for those that belong to the current row.
    pub(crate) fn over(
        &mut self,
        rows: &Matching,
        span: &Span,
        body: &mut dyn FnMut(&mut Self, Value) -> Result<Exits, Refusal>,
    ) -> Result<(), Refusal> {
        if self.in_rows() {
            return self.inner_rows(rows, span, body);
        }
        let relation = self.chosen(rows, span)?;
        self.over_rows(&relation, span, body)
    }

    /// Executes the body once per item of a constant list.
    pub(crate) fn unrolled(
        &mut self,
        items: Vec<Value>,
        span: &Span,
        body: &mut dyn FnMut(&mut Self, Value) -> Result<Exits, Refusal>,
    ) -> Result<Exits, Refusal> {
        if items.len() > UNROLLED_MAX {
            return Err(Refusal::new(
                "for loop",
                format!("it runs over {} constants", items.len()),
                Some(span.clone()),
            ));
        }
        let start = self.state.clone();
        let mut returns = Vec::new();
        let mut broken = Vec::new();
        for item in items {
            if self.state.dead {
                break;
            }
            let base = self.state.clone();
            let exits = body(self, item)?;
            let mut on = Vec::new();
            for (state, exit) in exits {
                match exit {
                    Exit::Continue => on.push(state),
                    Exit::Break => broken.push(state),
                    Exit::Return(_) => returns.push((state, exit)),
                }
            }
            if !on.is_empty() {
                on.push(std::mem::take(&mut self.state));
                self.state.dead = true;
                self.join(&base, on);
            }
        }
        if !broken.is_empty() {
            broken.push(std::mem::take(&mut self.state));
            self.state.dead = true;
            self.join(&start, broken);
        }
        Ok(returns)
    }

    /// Executes the body for a row of the relation and makes a fold of what it changes.
    pub(crate) fn over_rows(
        &mut self,
        relation: &Relation,
        span: &Span,
        body: &mut dyn FnMut(&mut Self, Value) -> Result<Exits, Refusal>,
    ) -> Result<(), Refusal> {
        if self.in_rows() {
            let all = Matching {
                relation: relation.clone(),
                on: Vec::new(),
            };
            return self.inner_rows(&all, span, body);
        }
        let entry = self.state.clone();
        let snapshot = self.snapshot();
        let scope = self.new_scope();
        let (plan, context) = self.settle(relation, scope, &entry, true, span, body)?;
        let result = LoopResult {
            relation,
            scope,
            started: &context.started,
            entry: &entry,
            plan: &plan,
            demands: &context.demands,
            span,
        };
        let finished = std::mem::take(&mut self.state);
        let built = folds::build(self, &result, &finished, context.deferred);
        self.scopes.pop();
        self.previous = snapshot.previous();
        built
    }

    /// Executes the body for a row until what it carries to the next one is known. The state is then the
    /// one after the row, and the row is still entered.
    pub(crate) fn settle(
        &mut self,
        relation: &Relation,
        scope: Scope,
        entry: &State,
        defines: bool,
        span: &Span,
        body: &mut dyn FnMut(&mut Self, Value) -> Result<Exits, Refusal>,
    ) -> Result<(Plan, LoopContext), Refusal> {
        let before = self.state.clone();
        let snapshot = self.snapshot();
        let mut plan = Plan::default();
        for _ in 0..ROUNDS_MAX {
            self.restore(&snapshot);
            self.state = entry.clone();
            self.enter_rows(scope, relation.node);
            self.loops
                .push(LoopContext::new(scope, entry.clone(), defines));
            self.mark(&plan, scope);
            let started = self.state.clone();
            if let Some(context) = self.loops.last_mut() {
                context.started = started.clone();
            }
            let outcome = self.one_row(relation, scope, span, body);
            let observed = outcome.and_then(|()| {
                let finished = self.state.clone();
                self.observe(entry, &started, &finished, &plan, scope)
            });
            let context = self.loops.pop();
            match (observed, context) {
                (Ok(observed), Some(context)) if observed == plan => return Ok((plan, context)),
                (Ok(observed), _) => {
                    self.scopes.pop();
                    plan = observed;
                }
                (Err(refusal), _) => {
                    self.scopes.pop();
                    self.restore(&snapshot);
                    self.state = before;
                    return Err(refusal);
                }
            }
        }
        self.restore(&snapshot);
        self.state = before;
        Err(Refusal::new(
            "for loop",
            "the types of what it carries from row to row do not settle",
            Some(span.clone()),
        ))
    }

    fn one_row(
        &mut self,
        relation: &Relation,
        scope: Scope,
        span: &Span,
        body: &mut dyn FnMut(&mut Self, Value) -> Result<Exits, Refusal>,
    ) -> Result<(), Refusal> {
        let base = self.state.clone();
        let element = relation.element.in_scope(scope);
        let exits = body(self, element)?;
        let mut states = Vec::new();
        for (state, exit) in exits {
            match exit {
                Exit::Continue => states.push(state),
                Exit::Break => {
                    return Err(Refusal::new(
                        "for loop",
                        "it stops before the last row",
                        Some(span.clone()),
                    ));
                }
                Exit::Return(_) => {
                    return Err(Refusal::new(
                        "for loop",
                        "the function returns from inside it",
                        Some(span.clone()),
                    ));
                }
            }
        }
        states.push(std::mem::take(&mut self.state));
        self.state.dead = true;
        self.join(&base, states);
        self.state.dead = false;
        Ok(())
    }

    /// Replaces what the plan says is carried by markers for the value before the row.
    fn mark(&mut self, plan: &Plan, scope: Scope) {
        let mut columns = self.previous.columns().to_vec();
        let marker = |name: ColumnName| Term {
            expr: Expr::new(ExprKind::Previous(name)),
            scope,
            numpy: false,
        };
        for (place, ty) in &plan.scalars {
            if plan.pending.places.contains(place) {
                continue;
            }
            let name = place_marker(scope, place);
            columns.push(relift_dataflow::Column {
                name: name.clone(),
                ty: *ty,
            });
            set_place(&mut self.state, place, Value::Scalar(marker(name)));
        }
        for (place, record) in &plan.records {
            if plan.pending.places.contains(place) {
                continue;
            }
            columns.push(relift_dataflow::Column {
                name: held_marker(scope, place),
                ty: ColumnType::of(Base::Bool),
            });
            for (slot, ty) in &record.slots {
                columns.push(relift_dataflow::Column {
                    name: field_marker(scope, place, slot),
                    ty: *ty,
                });
            }
            let value = self.record_before(place, record, scope);
            set_place(&mut self.state, place, value);
        }
        self.mark_pending(&plan.pending);
        for place in &plan.carried {
            if plan.pending.places.contains(place) {
                continue;
            }
            let refusal = Refusal::new(
                "for loop",
                "a value is carried from one row to the next in a way that is not lifted",
                None,
            );
            set_place(&mut self.state, place, Value::unknown(refusal));
        }
        self.mark_objects(plan);
        for (id, dict) in &plan.dicts {
            columns.push(relift_dataflow::Column {
                name: presence_marker(scope, *id),
                ty: ColumnType::of(relift_dataflow::Base::Bool),
            });
            for (slot, ty) in &dict.slots {
                columns.push(relift_dataflow::Column {
                    name: slot_marker(scope, *id, slot.as_str()),
                    ty: *ty,
                });
            }
        }
        self.previous = Schema::new(columns);
        for (id, dict) in &plan.dicts {
            let value = dict.value.map_terms(&mut |term| match &term.expr.kind {
                ExprKind::Column(name) => Term {
                    numpy: term.numpy,
                    ..marker(slot_marker(scope, *id, name.as_str()))
                },
                _ => term.clone(),
            });
            let value = self.thaw(&value);
            if let Some(context) = self.loops.last_mut() {
                context.entries.insert(*id, value);
            }
        }
    }

    /// Notes in objects that rows change that they hold more than before the first row, so that nobody
    /// reads them as a whole.
    fn mark_objects(&mut self, plan: &Plan) {
        for id in plan.dicts.keys() {
            if let Some(object) = self.state.heap.get_mut(id)
                && let Content::Dict(dict) = &mut object.content
                && dict.rest == Rest::Nothing
            {
                dict.rest = Rest::Filling;
            }
        }
        for id in &plan.grown {
            if let Some(object) = self.state.heap.get_mut(id)
                && let Content::List(segments) = &mut object.content
            {
                segments.push(Segment {
                    guard: Vec::new(),
                    kind: SegmentKind::Earlier,
                });
            }
        }
        for (id, refusal) in &plan.lost {
            self.state.poison(*id, refusal);
        }
    }

    /// The entry of a dictionary before the row touched it.
    pub(crate) fn untouched(&self, id: ObjectId, key: &Value, span: &Span) -> Touched {
        let planned = self
            .loops
            .last()
            .and_then(|context| Some((context.scope, context.entries.get(&id)?)));
        match planned {
            Some((scope, value)) => Touched {
                key: key.clone(),
                present: Expr::new(ExprKind::Previous(presence_marker(scope, id))),
                value: value.clone(),
                span: span.clone(),
            },
            None => Touched {
                key: key.clone(),
                present: Expr::bool(false),
                value: Value::Unbound,
                span: span.clone(),
            },
        }
    }

    /// What has changed since the row began, as the plan of the next run.
    /// Objects that may be others than before the outermost loop, in order: what a loop touches is among
    /// them.
    pub(crate) fn changed_objects(&self, entry: &State, finished: &State) -> Vec<ObjectId> {
        let outermost = self.loops.first().map_or(entry, |context| &context.entry);
        outermost.heap.differing(&finished.heap)
    }

    fn observe(
        &self,
        entry: &State,
        started: &State,
        finished: &State,
        plan: &Plan,
        scope: Scope,
    ) -> Result<Plan, Refusal> {
        let mut next = plan.clone();
        if let Some(context) = self.loops.last() {
            next.pending.extend(&context.deferred);
        }
        for place in changed_places(started, finished, plan) {
            let (Some(before), Some(after)) =
                (get_place(started, &place), get_place(finished, &place))
            else {
                continue;
            };
            if next.pending.places.contains(&place)
                || before == after
                    && !next.scalars.contains_key(&place)
                    && !next.records.contains_key(&place)
                || matches!(before, Value::Unknown(_) | Value::Unbound)
            {
                continue;
            }
            let ty = match (get_place(entry, &place), after) {
                (Some(Value::Scalar(initial)), Value::Scalar(after)) => self
                    .type_of(initial)
                    .ok()
                    .zip(self.type_of(after).ok())
                    .and_then(|(initial, ty)| widen(initial, ty, &after.expr)),
                _ => None,
            };
            let record = || {
                let initial = get_place(entry, &place)?;
                let known = plan.records.get(&place);
                self.record_plan((initial, entry), (after, finished), known)
            };
            if let Some(ty) = ty {
                next.scalars.insert(place, ty);
            } else if let Some(record) = record().filter(|_| !next.carried.contains(&place)) {
                next.records.insert(place, record);
            } else {
                next.scalars.remove(&place);
                next.records.remove(&place);
                next.carried.insert(place);
            }
        }
        for id in started.heap.differing(&finished.heap) {
            let content =
                |state: &'_ State| state.heap.get(&id).map(|object| object.content.clone());
            let (Some(before), Some(after)) = (content(started), content(finished)) else {
                continue;
            };
            if before == after
                || !entry.heap.contains_key(&id)
                || next.pending.objects.contains(&id)
            {
                continue;
            }
            match (&before, &after) {
                (Content::List(old), Content::List(new)) if new.len() > old.len() => {
                    next.grown.insert(id);
                }
                (Content::List(old), Content::List(new)) if new.len() == old.len() => {}
                (Content::Dict(old), Content::Dict(new))
                    if old.entries.len() == new.entries.len() => {}
                (_, Content::Poisoned(refusal)) => {
                    next.lost.insert(id, refusal.clone());
                }
                _ => {
                    let refusal = Refusal::new(
                        "for loop",
                        "an object is changed row by row in a way that is not lifted",
                        None,
                    );
                    next.lost.insert(id, refusal.into());
                }
            }
        }
        for id in &self.changed_objects(entry, finished) {
            let Some(Content::Dict(Dict {
                rest: Rest::Touched(touched),
                ..
            })) = finished.heap.get(id).map(|object| &object.content)
            else {
                continue;
            };
            if !started.heap.contains_key(id) || touched.present.is_false() {
                continue;
            }
            let before = self.untouched(*id, &touched.key, &touched.span);
            let (fields, grown) = match self.flatten_entry(&touched.value, finished) {
                Ok(fields) => fields,
                Err(_) if touched.present == before.present && touched.value == before.value => {
                    continue;
                }
                Err(refusal) => return Err(refusal),
            };
            // A list is seen to grow when there is an entry to find it in.
            if let Some(known) = plan.dicts.get(id)
                && !same_shape(&known.value, &fields.template)
                && (grown.is_empty() || crate::groups::has_placeholder(&known.value))
            {
                return Err(Refusal::new(
                    "dictionary",
                    "its entries do not always have the same shape",
                    Some(touched.span.clone()),
                ));
            }
            let marker = presence_marker(scope, *id);
            let mut slots = Vec::new();
            for (name, term) in &fields.columns {
                let own = |slot: &ColumnName| {
                    slot.as_str()
                        .starts_with(&format!("{scope}\u{1}slot\u{1}{id}\u{1}"))
                };
                let resolved = folds::resolve_marker(&term.expr, &marker, false);
                let first = Term {
                    expr: folds::first_value(resolved, &own).ok_or_else(|| {
                        Refusal::new(
                            "dictionary",
                            "an entry is read before it is there",
                            Some(touched.span.clone()),
                        )
                    })?,
                    ..term.clone()
                };
                let next_value = Term {
                    expr: folds::resolve_marker(&term.expr, &marker, true),
                    ..term.clone()
                };
                let first_type = self.type_of(&first)?;
                let next_type = self.type_of(&next_value)?;
                let ty = widen(first_type, next_type, &next_value.expr).ok_or_else(|| {
                    Refusal::new(
                        "dictionary",
                        format!("an entry holds {first_type} at first and {next_type} later"),
                        Some(touched.span.clone()),
                    )
                })?;
                slots.push((name.clone(), ty));
            }
            next.dicts.insert(
                *id,
                DictPlan {
                    value: fields.template,
                    slots,
                },
            );
        }
        Ok(next)
    }
}

/// Type of a slot that begins as `first` and becomes `next`, as the dataflow types it.
fn widen(first: ColumnType, next: ColumnType, expr: &Expr) -> Option<ColumnType> {
    match (first.base, next.base) {
        (
            Base::Decimal {
                scale: a,
                padded: f,
                ..
            },
            Base::Decimal {
                scale: b,
                padded: g,
                ..
            },
        ) => Some(ColumnType {
            base: Base::Decimal {
                precision: 38,
                scale: a.max(b),
                padded: f && g && a <= b,
            },
            missing: first.missing.or(next.missing),
            from_decimal: None,
        }),
        (Base::Int64, Base::Float64) if matches!(expr.kind, ExprKind::Call(..)) => Some(next),
        _ => first.unify(next),
    }
}

/// Whether two templates have the same structure and columns.
fn same_shape(a: &Template, b: &Template) -> bool {
    let plain = |value: &Template| {
        value.map_terms(&mut |term| Term {
            numpy: false,
            ..term.clone()
        })
    };
    plain(a) == plain(b)
}

/// Places of scalars that may hold something else than before, and those known to be carried.
fn changed_places(started: &State, finished: &State, plan: &Plan) -> BTreeSet<Place> {
    let mut found: BTreeSet<Place> = plan.scalars.keys().cloned().collect();
    let locals = started.locals.differing(&finished.locals);
    found.extend(locals.into_iter().map(Place::Local));
    let globals = started.globals.differing(&finished.globals);
    found.extend(globals.into_iter().map(Place::Global));
    for id in started.heap.differing(&finished.heap) {
        match started.heap.get(&id).map(|object| &object.content) {
            Some(Content::List(segments)) => {
                found.extend((0..segments.len()).map(|index| Place::Item(id, index)));
            }
            Some(Content::Dict(dict)) => found.extend(
                dict.entries
                    .iter()
                    .map(|(key, _)| Place::Entry(id, key_text(key))),
            ),
            // A table does not change, and what is in a set is no place.
            Some(
                Content::Table(_)
                | Content::Members(_)
                | Content::Frame(_)
                | Content::EmptyFrame(_)
                | Content::Database(_)
                | Content::Cursor(_)
                | Content::Poisoned(_),
            )
            | None => {}
        }
    }
    found
}

pub(crate) fn get_place<'s>(state: &'s State, place: &Place) -> Option<&'s Value> {
    match place {
        Place::Local(name) => state.locals.get(name),
        Place::Global(name) => state.globals.get(name),
        Place::Item(id, index) => match &state.heap.get(id)?.content {
            Content::List(segments) => match &segments.get(*index)?.kind {
                SegmentKind::Item(value) => Some(value),
                SegmentKind::Rows(_) | SegmentKind::Matching(_) | SegmentKind::Earlier => None,
            },
            _ => None,
        },
        Place::Entry(id, key) => match &state.heap.get(id)?.content {
            Content::Dict(dict) => dict
                .entries
                .iter()
                .find(|(other, _)| key_text(other) == *key)
                .map(|(_, value)| value),
            _ => None,
        },
    }
}

pub(crate) fn set_place(state: &mut State, place: &Place, value: Value) {
    match place {
        Place::Local(name) => {
            state.locals.insert(name.clone(), value);
        }
        Place::Global(name) => {
            state.globals.insert(name.clone(), value);
        }
        Place::Item(id, index) => {
            if let Some(object) = state.heap.get_mut(id)
                && let Content::List(segments) = &mut object.content
                && let Some(segment) = segments.get_mut(*index)
            {
                segment.kind = SegmentKind::Item(value);
            }
        }
        Place::Entry(id, key) => {
            if let Some(object) = state.heap.get_mut(id)
                && let Content::Dict(dict) = &mut object.content
                && let Some((_, old)) = dict
                    .entries
                    .iter_mut()
                    .find(|(other, _)| key_text(other) == *key)
            {
                *old = value;
            }
        }
    }
}

/// Whether a statement leaves the loop whose body this is before its last row.
pub(crate) fn leaves_early(body: &[ast::Stmt]) -> bool {
    struct Leaving {
        found: bool,
        loops: u32,
    }
    impl<'a> Visitor<'a> for Leaving {
        fn visit_stmt(&mut self, statement: &'a ast::Stmt) {
            match statement {
                ast::Stmt::Return(_) => self.found = true,
                ast::Stmt::Break(_) if self.loops == 0 => self.found = true,
                ast::Stmt::FunctionDef(_) | ast::Stmt::ClassDef(_) => {}
                ast::Stmt::For(_) | ast::Stmt::While(_) => {
                    self.loops += 1;
                    visitor::walk_stmt(self, statement);
                    self.loops -= 1;
                }
                _ => visitor::walk_stmt(self, statement),
            }
        }
    }
    let mut leaving = Leaving {
        found: false,
        loops: 0,
    };
    for statement in body {
        leaving.visit_stmt(statement);
    }
    leaving.found
}

/// Whether the loop makes its records itself, so that changing them is seen nowhere else.
fn is_fresh_records(iterated: &ast::Expr) -> bool {
    matches!(iterated, ast::Expr::Call(call)
        if matches!(&*call.func, ast::Expr::Attribute(attribute) if attribute.attr == *"to_dict"))
}
