//! What holds after a branch: two states become one.
//!
//! A scalar that differs becomes a conditional expression, an object is merged part by part, frames become
//! a union of what either path made. Where no common form exists the value stays a choice, which is only
//! an error where something needs it without knowing which side it is on.

use std::collections::BTreeMap;
use std::rc::Rc;

use relift_dataflow::{
    Comparison, Dataflow, Expr, ExprKind, Flavour, Fold, Function, JoinKind, Literal, NodeId, Op,
    Refusal,
};
use relift_diagnostics::Span;

use crate::lowering::Lowerer;
use crate::shared_map::SharedMap;
use crate::state::{State, all, choose, common_scope, not};
use crate::values::{
    Choice, Condition, Content, Dict, NO_ROW, Object, ObjectId, Record, Rest, Segment, SegmentKind,
    Term, Touched, Value,
};

/// A merge under way.
struct Merge<'m> {
    condition: &'m Condition,
    base: &'m State,
    yes: State,
    no: State,
    merged: State,
    /// Pairs of different objects that became one.
    pairs: BTreeMap<(ObjectId, ObjectId), ObjectId>,
}

impl Lowerer<'_> {
    /// The conditions of a path beyond those of `base`, as one.
    pub(crate) fn beyond(base: &State, state: &State) -> Condition {
        let added = &state.path[base.path.len().min(state.path.len())..];
        let scope = added
            .iter()
            .map(|fact| fact.scope)
            .find(|scope| *scope != NO_ROW)
            .unwrap_or(NO_ROW);
        Condition {
            expr: all(added.iter().map(|fact| fact.expr.clone())),
            scope,
        }
    }

    /// Merges states that split off from `base` on paths that exclude each other and leave nothing out.
    pub(crate) fn join(&mut self, base: &State, mut states: Vec<State>) {
        states.retain(|state| !state.dead);
        let Some(mut merged) = states.pop() else {
            self.state.dead = true;
            return;
        };
        let all_paths = states.is_empty();
        while let Some(state) = states.pop() {
            let condition = Self::beyond(base, &state);
            merged = self.merge(base, &condition, state, merged);
        }
        if !all_paths {
            merged.path.truncate(base.path.len());
        }
        self.state = merged;
        self.recall_settled();
    }

    /// Merges the two sides of a branch.
    pub(crate) fn merge(
        &mut self,
        base: &State,
        condition: &Condition,
        yes: State,
        no: State,
    ) -> State {
        if yes.dead {
            return no;
        }
        if no.dead {
            return yes;
        }
        let mut merged = base.clone();
        // What either side learned beyond the branch itself stays true of its part.
        let rest = |state: &State| {
            all(state
                .path
                .iter()
                .skip(base.path.len() + 1)
                .map(|fact| fact.expr.clone()))
        };
        let learned = choose(&condition.expr, rest(&yes), rest(&no));
        if !learned.is_true() {
            merged.path.push(Condition {
                expr: learned,
                scope: condition.scope,
            });
        }
        let mut merge = Merge {
            condition,
            base,
            yes,
            no,
            merged,
            pairs: BTreeMap::new(),
        };
        self.merge_heaps(&mut merge);
        let (yes, no) = (merge.yes.locals.clone(), merge.no.locals.clone());
        merge.merged.locals = self.merge_names(&mut merge, &yes, &no);
        let (yes, no) = (merge.yes.globals.clone(), merge.no.globals.clone());
        merge.merged.globals = self.merge_names(&mut merge, &yes, &no);
        let (yes, no) = (merge.yes.shared.clone(), merge.no.shared.clone());
        merge.merged.shared = self.merge_names(&mut merge, &yes, &no);
        merge.merged
    }

    /// One of two values of the same state.
    pub(crate) fn select(&mut self, condition: &Condition, yes: &Value, no: &Value) -> Value {
        if let Some(decided) = self.state.known(&condition.expr) {
            return if decided { yes.clone() } else { no.clone() };
        }
        let base = self.state.clone();
        let side = |expr: Expr| {
            let mut state = base.clone();
            state.path.push(Condition {
                expr,
                scope: condition.scope,
            });
            state
        };
        let mut merge = Merge {
            condition,
            base: &base,
            yes: side(condition.expr.clone()),
            no: side(not(condition.expr.clone())),
            merged: base.clone(),
            pairs: BTreeMap::new(),
        };
        let value = self.merge_values(&mut merge, yes, no);
        self.state = merge.merged;
        value
    }

    fn merge_names<K: Ord + Clone>(
        &mut self,
        merge: &mut Merge<'_>,
        yes: &SharedMap<K, Value>,
        no: &SharedMap<K, Value>,
    ) -> SharedMap<K, Value> {
        let mut merged = yes.clone();
        for name in yes.differing(no) {
            let left = yes.get(&name).unwrap_or(&Value::Unbound);
            let right = no.get(&name).unwrap_or(&Value::Unbound);
            let value = self.merge_values(merge, left, right);
            merged.insert(name, value);
        }
        merged
    }

    fn merge_heaps(&mut self, merge: &mut Merge<'_>) {
        let ids: Vec<ObjectId> = merge.yes.heap.differing(&merge.no.heap);
        // Objects are visible to the merge of values before they are merged themselves.
        merge.merged.heap = merge.yes.heap.clone();
        for id in &ids {
            if let (None, Some(object)) = (merge.yes.heap.get(id), merge.no.heap.get(id)) {
                merge.merged.heap.insert(*id, object.clone());
            }
        }
        for id in ids {
            let (Some(yes), Some(no)) = (merge.yes.heap.get(&id), merge.no.heap.get(&id)) else {
                continue;
            };
            if yes == no {
                continue;
            }
            let (yes, no) = (yes.clone(), no.clone());
            let content = self.merge_contents(merge, id, &yes, &no);
            let escaped = yes.escaped || no.escaped;
            // A merge of values may have poisoned it meanwhile.
            if let Some(object) = merge.merged.heap.get_mut(&id)
                && (!matches!(object.content, Content::Poisoned(_))
                    || object.content == yes.content)
            {
                object.content = content;
                object.escaped = escaped;
            }
        }
    }

    fn merge_contents(
        &mut self,
        merge: &mut Merge<'_>,
        id: ObjectId,
        yes: &Object,
        no: &Object,
    ) -> Content {
        if yes.content == no.content {
            return yes.content.clone();
        }
        match (&yes.content, &no.content) {
            (Content::Members(_), _) | (_, Content::Members(_))
                if let (Some(left), Some(right)) =
                    (members(&yes.content), members(&no.content)) =>
            {
                let before = merge
                    .base
                    .heap
                    .get(&id)
                    .and_then(|object| members(&object.content))
                    .unwrap_or_default();
                if !left.starts_with(&before) || !right.starts_with(&before) {
                    return self.cannot_merge("the set is made anew on one of two paths");
                }
                let mut merged = left;
                merged.extend(right.into_iter().skip(before.len()));
                Content::Members(merged)
            }
            (Content::Poisoned(a), Content::Poisoned(b)) => {
                Content::Poisoned(crate::nesting::graver(a, b).clone())
            }
            (Content::Poisoned(refusal), _) | (_, Content::Poisoned(refusal)) => {
                Content::Poisoned(refusal.clone())
            }
            (Content::List(left), Content::List(right)) => {
                let prefix = match merge.base.heap.get(&id).map(|object| &object.content) {
                    Some(Content::List(segments)) => segments.len(),
                    _ => 0,
                };
                if left.len() < prefix || right.len() < prefix {
                    return self.cannot_merge("the list is shortened on one of two paths");
                }
                let mut merged = Vec::new();
                for (a, b) in left.iter().zip(right).take(prefix) {
                    match (&a.kind, &b.kind) {
                        _ if a == b => merged.push(a.clone()),
                        (SegmentKind::Item(x), SegmentKind::Item(y)) if a.guard == b.guard => {
                            merged.push(Segment {
                                guard: a.guard.clone(),
                                kind: SegmentKind::Item(self.merge_values(merge, x, y)),
                            });
                        }
                        _ => {
                            return self.cannot_merge("the list is rearranged on one of two paths");
                        }
                    }
                }
                merged.extend(left[prefix..].iter().cloned());
                merged.extend(right[prefix..].iter().cloned());
                Content::List(merged)
            }
            (Content::Dict(left), Content::Dict(right)) => self.merge_dicts(merge, id, left, right),
            (
                Content::Frame(_) | Content::EmptyFrame(_),
                Content::Frame(_) | Content::EmptyFrame(_),
            ) => self.merge_frames(merge.condition, &yes.content, &no.content),
            _ => self.cannot_merge("it is a different kind of thing on two paths"),
        }
    }

    fn cannot_merge(&self, reason: &str) -> Content {
        let _ = self;
        Content::Poisoned(Rc::new(Refusal::new("branch", reason, None)))
    }

    fn merge_dicts(
        &mut self,
        merge: &mut Merge<'_>,
        id: ObjectId,
        left: &Dict,
        right: &Dict,
    ) -> Content {
        if left.class != right.class {
            return self.cannot_merge("it is a different kind of thing on two paths");
        }
        let mut entries: Vec<(Literal, Value)> = Vec::new();
        for (key, _) in left.entries.iter().chain(&right.entries) {
            if entries.iter().any(|(other, _)| other == key) {
                continue;
            }
            let find = |dict: &Dict| {
                dict.entries
                    .iter()
                    .find(|(other, _)| other == key)
                    .map_or(Value::Unbound, |(_, value)| value.clone())
            };
            let value = self.merge_values(merge, &find(left), &find(right));
            entries.push((key.clone(), value));
        }
        let rest = match (&left.rest, &right.rest) {
            (a, b) if a == b => a.clone(),
            // A path that did not look at the entry does not know its key.
            (Rest::Part(a), Rest::Part(b)) if a.flat == b.flat && a.key == Value::Unbound => {
                right.rest.clone()
            }
            (Rest::Part(a), Rest::Part(b)) if a.flat == b.flat && b.key == Value::Unbound => {
                left.rest.clone()
            }
            (Rest::Touched(a), Rest::Touched(b)) => match self.merge_touched(merge, a, b) {
                Ok(touched) => Rest::Touched(Box::new(touched)),
                Err(refusal) => return Content::Poisoned(Rc::new(refusal)),
            },
            (Rest::Touched(a), Rest::Nothing | Rest::Filling) => {
                let initial = self.untouched(id, &a.key, &a.span);
                match self.merge_touched(merge, a, &initial) {
                    Ok(touched) => Rest::Touched(Box::new(touched)),
                    Err(refusal) => return Content::Poisoned(Rc::new(refusal)),
                }
            }
            (Rest::Nothing | Rest::Filling, Rest::Touched(b)) => {
                let initial = self.untouched(id, &b.key, &b.span);
                match self.merge_touched(merge, &initial, b) {
                    Ok(touched) => Rest::Touched(Box::new(touched)),
                    Err(refusal) => return Content::Poisoned(Rc::new(refusal)),
                }
            }
            (Rest::Built(mapping), Rest::Nothing) | (Rest::Nothing, Rest::Built(mapping)) => {
                let filled = matches!(left.rest, Rest::Built(_));
                let condition = if filled {
                    merge.condition.expr.clone()
                } else {
                    not(merge.condition.expr.clone())
                };
                if merge.condition.scope != NO_ROW {
                    return self.cannot_merge("a dictionary is filled under a condition on rows");
                }
                match self.when(mapping.node, condition) {
                    Ok(node) => {
                        let mut mapping = mapping.clone();
                        mapping.node = node;
                        Rest::Built(mapping)
                    }
                    Err(refusal) => return Content::Poisoned(Rc::new(refusal)),
                }
            }
            _ => {
                return self
                    .cannot_merge("the dictionary is filled in different ways on two paths");
            }
        };
        Content::Dict(Dict {
            set: left.set,
            class: left.class,
            factory: left.factory.clone(),
            entries,
            rest,
        })
    }

    fn merge_touched(
        &mut self,
        merge: &mut Merge<'_>,
        yes: &Touched,
        no: &Touched,
    ) -> Result<Touched, Refusal> {
        if !crate::mappings::same_key(&yes.key, &no.key) {
            return Err(Refusal::new(
                "dictionary",
                "one row touches it under two different keys",
                Some(no.span.clone()),
            ));
        }
        let condition = &merge.condition.expr;
        let value = if yes.present.is_false() {
            no.value.clone()
        } else if no.present.is_false() {
            yes.value.clone()
        } else {
            self.merge_values(merge, &yes.value, &no.value)
        };
        Ok(Touched {
            key: yes.key.clone(),
            present: choose(condition, yes.present.clone(), no.present.clone()),
            value,
            span: yes.span.clone(),
        })
    }

    fn merge_values(&mut self, merge: &mut Merge<'_>, yes: &Value, no: &Value) -> Value {
        if yes == no {
            return yes.clone();
        }
        let condition = merge.condition;
        let resolved_yes = resolve(yes, &merge.yes);
        let resolved_no = resolve(no, &merge.no);
        let (yes, no) = (&resolved_yes, &resolved_no);
        match (yes, no) {
            _ if yes == no => yes.clone(),
            (Value::Unknown(a), Value::Unknown(b)) => {
                Value::Unknown(crate::nesting::graver(a, b).clone())
            }
            (Value::Unknown(_), _) => yes.clone(),
            (_, Value::Unknown(_)) => no.clone(),
            (Value::Scalar(a), Value::Scalar(b)) => {
                let scope = common_scope(condition.scope, a.scope)
                    .and_then(|scope| common_scope(scope, b.scope));
                match scope {
                    Some(scope) => {
                        let merged = Term {
                            expr: choose(
                                &condition.expr,
                                self.refined(a, &merge.yes).expr,
                                self.refined(b, &merge.no).expr,
                            ),
                            scope,
                            numpy: a.numpy || b.numpy,
                        };
                        if self.type_of(&merged).is_ok() {
                            return Value::Scalar(merged);
                        }
                        // Values of different kinds stay apart until someone asks for one.
                        Value::Choice(Box::new(Choice {
                            condition: condition.expr.clone(),
                            scope: condition.scope,
                            yes: yes.clone(),
                            no: no.clone(),
                        }))
                    }
                    None => Value::unknown(Refusal::new(
                        "branch",
                        "values of rows of two loops meet",
                        a.expr.span.clone(),
                    )),
                }
            }
            (Value::Days(a), Value::Days(b)) => {
                let merged =
                    self.merge_values(merge, &Value::Scalar(a.clone()), &Value::Scalar(b.clone()));
                match merged {
                    Value::Scalar(term) => Value::Days(term),
                    other => other,
                }
            }
            (Value::Span(a), Value::Span(b)) => {
                let merged =
                    self.merge_values(merge, &Value::Scalar(a.clone()), &Value::Scalar(b.clone()));
                match merged {
                    Value::Scalar(term) => Value::Span(term),
                    other => other,
                }
            }
            (Value::Exact(a), Value::Exact(b)) => {
                let merged =
                    self.merge_values(merge, &Value::Scalar(a.clone()), &Value::Scalar(b.clone()));
                match merged {
                    Value::Scalar(term) => Value::Exact(term),
                    other => other,
                }
            }
            (Value::Exact(_), Value::Scalar(other)) | (Value::Scalar(other), Value::Exact(_))
                if self.is_decimal(other) =>
            {
                let span = other
                    .expr
                    .span
                    .clone()
                    .unwrap_or_else(|| self.home.syntax.source().whole());
                let exact = self.exact(&Value::Scalar(other.clone()), &span);
                match (exact, yes, no) {
                    (Ok(exact), Value::Exact(_), _) => {
                        self.merge_values(merge, yes, &Value::Exact(exact))
                    }
                    (Ok(exact), ..) => self.merge_values(merge, &Value::Exact(exact), no),
                    (Err(refusal), ..) => Value::unknown(refusal),
                }
            }
            (Value::Tuple(a), Value::Tuple(b)) if a.len() == b.len() => Value::Tuple(
                a.iter()
                    .zip(b)
                    .map(|(x, y)| self.merge_values(merge, x, y))
                    .collect(),
            ),
            (Value::FrozenList(a), Value::FrozenList(b)) if a.len() == b.len() => {
                Value::FrozenList(
                    a.iter()
                        .zip(b)
                        .map(|(x, y)| self.merge_values(merge, x, y))
                        .collect(),
                )
            }
            (Value::Record(a), Value::Record(b))
                if a.kind == b.kind
                    && a.fields
                        .iter()
                        .map(|(name, _)| name)
                        .eq(b.fields.iter().map(|(name, _)| name)) =>
            {
                Value::Record(Rc::new(Record {
                    kind: a.kind,
                    fields: a
                        .fields
                        .iter()
                        .zip(&b.fields)
                        .map(|((name, x), (_, y))| (name.clone(), self.merge_values(merge, x, y)))
                        .collect(),
                }))
            }
            (Value::Object(a), Value::Object(b)) => self.merge_objects(merge, *a, *b),
            _ => Value::Choice(Box::new(Choice {
                condition: condition.expr.clone(),
                scope: condition.scope,
                yes: yes.clone(),
                no: no.clone(),
            })),
        }
    }

    /// Two different objects of which a name holds one or the other become a third.
    fn merge_objects(&mut self, merge: &mut Merge<'_>, a: ObjectId, b: ObjectId) -> Value {
        if let Some(id) = merge.pairs.get(&(a, b)) {
            return Value::Object(*id);
        }
        let (Some(yes), Some(no)) = (
            merge.yes.heap.get(&a).cloned(),
            merge.no.heap.get(&b).cloned(),
        ) else {
            return Value::unknown(Refusal::new("branch", "an object is lost", None));
        };
        let guarded = |segments: &[Segment], condition: Expr| {
            let condition = Condition {
                expr: condition,
                scope: merge.condition.scope,
            };
            segments
                .iter()
                .map(|segment| {
                    let mut guard = segment.guard.clone();
                    if !guard.contains(&condition) {
                        guard.push(condition.clone());
                    }
                    Segment {
                        guard,
                        kind: segment.kind.clone(),
                    }
                })
                .collect::<Vec<_>>()
        };
        let content = match (&yes.content, &no.content) {
            (Content::Members(_), _) | (_, Content::Members(_))
                if let (Some(left), Some(right)) =
                    (members(&yes.content), members(&no.content)) =>
            {
                let mut segments = guarded(&left, merge.condition.expr.clone());
                segments.extend(guarded(&right, not(merge.condition.expr.clone())));
                Content::Members(segments)
            }
            (Content::List(left), Content::List(right))
                if left.len() == right.len() && !left.is_empty() && items_only(left, right) =>
            {
                let mut items = Vec::new();
                for (x, y) in left.iter().zip(right) {
                    if let (SegmentKind::Item(x), SegmentKind::Item(y)) = (&x.kind, &y.kind) {
                        items.push(Segment {
                            guard: Vec::new(),
                            kind: SegmentKind::Item(self.merge_values(merge, x, y)),
                        });
                    }
                }
                Content::List(items)
            }
            (Content::List(left), Content::List(right)) => {
                let mut segments = guarded(left, merge.condition.expr.clone());
                segments.extend(guarded(right, not(merge.condition.expr.clone())));
                Content::List(segments)
            }
            (Content::Dict(left), Content::Dict(right))
                if left.rest == Rest::Nothing && right.rest == Rest::Nothing =>
            {
                self.merge_dicts(merge, a, left, right)
            }
            (
                Content::Frame(_) | Content::EmptyFrame(_),
                Content::Frame(_) | Content::EmptyFrame(_),
            ) => self.merge_frames(merge.condition, &yes.content, &no.content),
            _ => self.cannot_merge("one of two objects of different kinds or origins"),
        };
        let frame = matches!(content, Content::Frame(_) | Content::EmptyFrame(_));
        let id = self.allocate(content.clone());
        self.state.heap.remove(&id);
        merge.merged.heap.insert(
            id,
            Object {
                scope: yes.scope.max(no.scope),
                born: merge.base.path.clone(),
                escaped: frame || yes.escaped || no.escaped,
                content,
            },
        );
        merge.pairs.insert((a, b), id);
        let stale = Rc::new(Refusal::new(
            "branch",
            "an object is used under an old name after a branch gave it a new one",
            None,
        ));
        for old in [a, b] {
            if frame {
                if let Some(object) = merge.merged.heap.get_mut(&old) {
                    object.escaped = true;
                }
            } else {
                merge.merged.poison(old, &stale);
            }
        }
        Value::Object(id)
    }

    fn merge_frames(&mut self, condition: &Condition, yes: &Content, no: &Content) -> Content {
        if condition.scope != NO_ROW {
            return self.cannot_merge("a frame depends on a row");
        }
        let names = |content: &Content| match content {
            Content::Frame(node) => self
                .flow
                .node(*node)
                .schema
                .names()
                .cloned()
                .collect::<Vec<_>>(),
            Content::EmptyFrame(columns) => columns.clone(),
            _ => Vec::new(),
        };
        if names(yes) != names(no) {
            return self.cannot_merge("the frame has different columns on two paths");
        }
        let condition = &condition.expr;
        let merged = match (yes, no) {
            (Content::Frame(node), Content::EmptyFrame(_)) => self.when(*node, condition.clone()),
            (Content::EmptyFrame(_), Content::Frame(node)) => {
                self.when(*node, not(condition.clone()))
            }
            (Content::Frame(a), Content::Frame(b)) => {
                let (a, b) = (*a, *b);
                self.when(a, condition.clone()).and_then(|left| {
                    let right = self.when(b, not(condition.clone()))?;
                    let span = self.node_span(a);
                    self.add(
                        Op::Union {
                            inputs: vec![left, right],
                        },
                        &span,
                        None,
                    )
                })
            }
            _ => return yes.clone(),
        };
        match merged {
            Ok(node) => Content::Frame(node),
            Err(refusal) => Content::Poisoned(Rc::new(refusal)),
        }
    }

    fn node_span(&self, node: NodeId) -> Span {
        self.flow
            .node(node)
            .spans
            .first()
            .cloned()
            .unwrap_or_else(|| self.home.syntax.source().whole())
    }

    /// The relation only where the condition holds. Parts that say no more than that an input has rows
    /// are left out, as the relation has none without it.
    pub(crate) fn when(&mut self, node: NodeId, condition: Expr) -> Result<NodeId, Refusal> {
        let parts = match condition.kind {
            ExprKind::Call(Function::And, parts) => parts,
            kind => vec![Expr {
                kind,
                span: condition.span,
            }],
        };
        let kept: Vec<Expr> = parts
            .into_iter()
            .filter(|part| {
                !counted(self.flow, part)
                    .is_some_and(|relation| vanishes(self.flow, node, relation))
            })
            .collect();
        let condition = all(kept);
        if condition.is_true() {
            return Ok(node);
        }
        let span = condition
            .span
            .clone()
            .unwrap_or_else(|| self.node_span(node));
        let name = self.flow.node(node).name.clone();
        self.add(
            Op::When {
                input: node,
                condition,
            },
            &span,
            name.as_deref(),
        )
    }

    /// A term as the state knows it: marked where the path says that it is not None.
    pub(crate) fn refined(&self, term: &Term, state: &State) -> Term {
        match self.type_of(term) {
            Ok(ty) if ty.missing.none && state.known_not_none(&term.expr) => {
                let span = term.expr.span.clone();
                Term {
                    expr: Expr::call(Function::Known, vec![term.expr.clone()]).at(span),
                    ..term.clone()
                }
            }
            _ => term.clone(),
        }
    }
}

fn items_only(left: &[Segment], right: &[Segment]) -> bool {
    left.iter()
        .chain(right)
        .all(|segment| matches!(segment.kind, SegmentKind::Item(_)))
        && left.iter().zip(right).all(|(a, b)| {
            // Appended before the branch or as part of a literal on either side.
            a.guard.is_empty() && b.guard.is_empty() || a.guard == b.guard
        })
}

/// A choice whose condition the state decides is no choice.
pub(crate) fn resolve(value: &Value, state: &State) -> Value {
    match value {
        Value::Choice(choice) => match state.known(&choice.condition) {
            Some(true) => resolve(&choice.yes, state),
            Some(false) => resolve(&choice.no, state),
            None => value.clone(),
        },
        other => other.clone(),
    }
}

/// The relation of which a condition says that it has rows.
fn counted(flow: &Dataflow, condition: &Expr) -> Option<NodeId> {
    let ExprKind::Call(Function::Compare(Comparison::Ne | Comparison::Gt, Flavour::Python), sides) =
        &condition.kind
    else {
        return None;
    };
    let ExprKind::Scalar { relation, .. } = &sides[0].kind else {
        return None;
    };
    match (&flow.node(*relation).op, sides[1].as_literal()) {
        (
            Op::Aggregate {
                input,
                keys,
                aggregates,
                ..
            },
            Some(Literal::Int(0)),
        ) if keys.is_empty()
            && matches!(
                aggregates[..],
                [(
                    _,
                    relift_dataflow::Aggregate {
                        function: relift_dataflow::AggregateFunction::Count,
                        argument: None,
                        filter: None,
                    }
                )]
            ) =>
        {
            Some(*input)
        }
        _ => None,
    }
}

/// Whether `node` has no rows when `other` has none, by its shape.
fn vanishes(flow: &Dataflow, node: NodeId, other: NodeId) -> bool {
    if node == other {
        return true;
    }
    let below = |input: &NodeId| vanishes(flow, *input, other);
    match &flow.node(node).op {
        Op::Filter { input, .. }
        | Op::Map { input, .. }
        | Op::Pick { input, .. }
        | Op::Sort { input, .. }
        | Op::Limit { input, .. }
        | Op::Distinct { input }
        | Op::When { input, .. }
        | Op::Window { input, .. }
        | Op::Running(relift_dataflow::Running { input, .. }) => below(input),
        Op::Join {
            left, right, kind, ..
        } => match kind {
            JoinKind::Inner | JoinKind::Semi | JoinKind::Cross => below(left) || below(right),
            JoinKind::Left | JoinKind::Anti => below(left),
        },
        Op::Aggregate { input, keys, .. } => !keys.is_empty() && below(input),
        Op::Union { inputs } => inputs.iter().all(below),
        Op::State { fold, state } => match &flow.node(*fold).op {
            Op::Fold(Fold { input, states }) => {
                !matches!(
                    states[*state].kind,
                    relift_dataflow::FoldKind::Scalar { .. }
                ) && below(input)
            }
            _ => false,
        },
        Op::Scan { .. } | Op::Values { .. } | Op::Fold(_) => false,
    }
}

/// What was added to a set in this row, if that is all that is known to be in it.
fn members(content: &Content) -> Option<Vec<Segment>> {
    match content {
        Content::Members(segments) => Some(segments.clone()),
        Content::Dict(dict)
            if dict.set && dict.rest == Rest::Nothing && dict.entries.is_empty() =>
        {
            Some(Vec::new())
        }
        _ => None,
    }
}
