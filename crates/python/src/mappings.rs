//! Dictionaries and sets: where a key leads, and what is stored there.

use relift_dataflow::{
    Base, Comparison, Expr, ExprKind, FoldKind, Function, Literal, LookupValue, NodeId, Op, Refusal,
};
use relift_diagnostics::Span;
use relift_job::{ColumnName, FrameName};

pub(crate) use crate::flattening::Flattened;
use crate::lowering::Lowerer;
use crate::merging::resolve;
use crate::state::{any, common_scope, not, without_known};
use crate::values::{
    Choice, Condition, Content, Dict, Factory, Mapping, NO_ROW, ObjectId, Rest, SegmentKind, Term,
    Value,
};

/// Where a key leads in a dictionary.
enum Slot {
    /// An entry with a constant key.
    Constant(usize),
    /// Nowhere: the dictionary is known not to have it.
    Absent,
    /// The entry the current row touches.
    Touched,
    /// One of the constant entries.
    Chain,
    /// A dictionary a loop has built.
    Built(Box<Mapping>),
}

pub(crate) fn same_key(a: &Value, b: &Value) -> bool {
    let plain = |value: &Value| {
        value.map_terms(&mut |term| Term {
            expr: without_known(&term.expr),
            ..term.clone()
        })
    };
    plain(a) == plain(b)
}

impl Lowerer<'_> {
    pub(crate) fn dict(&self, id: ObjectId) -> Result<&Dict, Refusal> {
        match self.state.heap.get(&id).map(|object| &object.content) {
            Some(Content::Dict(dict)) => Ok(dict),
            Some(Content::Poisoned(refusal)) => Err((**refusal).clone()),
            _ => Err(refusal("dictionary", "it is no dictionary")),
        }
    }

    fn dict_mut(&mut self, id: ObjectId, span: &Span) -> Result<&mut Dict, Refusal> {
        self.changeable(id, span)?;
        match self
            .state
            .heap
            .get_mut(&id)
            .map(|object| &mut object.content)
        {
            Some(Content::Dict(dict)) => Ok(dict),
            _ => Err(refusal("dictionary", "it is no dictionary")),
        }
    }

    /// Refuses to change an object of which a copy stands elsewhere.
    pub(crate) fn changeable(&self, id: ObjectId, span: &Span) -> Result<(), Refusal> {
        match self.state.heap.get(&id) {
            Some(object) if object.escaped => Err(Refusal::new(
                "assignment",
                "it changes something that also stands in a list or under another name",
                Some(span.clone()),
            )),
            Some(object) => match &object.content {
                Content::Poisoned(refusal) => Err((**refusal).clone()),
                _ => Ok(()),
            },
            None => Err(Refusal::new(
                "assignment",
                "the object is lost",
                Some(span.clone()),
            )),
        }
    }

    /// Whether the object was made in the loop body being executed, or no loop is.
    fn is_local(&self, id: ObjectId) -> bool {
        let scope = self.loops.last().map_or(NO_ROW, |context| context.scope);
        self.state
            .heap
            .get(&id)
            .is_some_and(|object| object.scope == scope)
    }

    fn slot(&mut self, id: ObjectId, key: &Value, span: &Span) -> Result<Slot, Refusal> {
        let dict = self.dict(id)?;
        match &dict.rest {
            Rest::Built(mapping) => return Ok(Slot::Built(mapping.clone())),
            Rest::Touched(touched) => {
                if same_key(&touched.key, key) {
                    return Ok(Slot::Touched);
                }
                return Err(Refusal::new(
                    "dictionary",
                    "one row touches it under two different keys",
                    Some(span.clone()),
                ));
            }
            Rest::Part(_) => {
                return Err(Refusal::new(
                    "dictionary",
                    "its entries are kept by another",
                    Some(span.clone()),
                ));
            }
            Rest::Nothing | Rest::Filling => {}
        }
        let literal = key.as_literal();
        if !dict.entries.is_empty() || self.is_local(id) {
            return Ok(match literal {
                Some(literal) => dict
                    .entries
                    .iter()
                    .position(|(other, _)| other == literal)
                    .map_or(Slot::Absent, Slot::Constant),
                None if dict.entries.is_empty() => Slot::Absent,
                None => Slot::Chain,
            });
        }
        // The key must be one that can be grouped by.
        let state = self.state.clone();
        self.flatten_key(key, &state, span)?;
        let touched = self.untouched(id, key, span);
        self.key_of_part(&touched.value, key);
        if let Some(object) = self.state.heap.get_mut(&id)
            && let Content::Dict(dict) = &mut object.content
        {
            dict.rest = Rest::Touched(Box::new(touched));
        }
        Ok(Slot::Touched)
    }

    /// Whether the dictionary has the key, and its value if it has.
    fn probe(&mut self, id: ObjectId, key: &Value, span: &Span) -> Result<(Term, Value), Refusal> {
        self.settle_part(id);
        if let Some(part) = self.part_of_pairs(&Value::Object(id)) {
            let (flat, pair) = (part.flat, Self::pair_key(part, key, span)?);
            return self.probe(flat, &pair, span);
        }
        match self.slot(id, key, span)? {
            Slot::Constant(index) => {
                let value = self.dict(id)?.entries[index].1.clone();
                match resolve(&value, &self.state) {
                    Value::Unbound => Ok((Term::literal(Literal::Bool(false)), Value::Unbound)),
                    Value::Choice(choice) if choice.no == Value::Unbound => Ok((
                        Term {
                            expr: choice.condition.clone(),
                            scope: choice.scope,
                            numpy: false,
                        },
                        choice.yes.clone(),
                    )),
                    Value::Choice(choice) if choice.yes == Value::Unbound => Ok((
                        Term {
                            expr: not(choice.condition.clone()),
                            scope: choice.scope,
                            numpy: false,
                        },
                        choice.no.clone(),
                    )),
                    value => Ok((Term::literal(Literal::Bool(true)), value)),
                }
            }
            Slot::Absent => Ok((Term::literal(Literal::Bool(false)), Value::Unbound)),
            Slot::Touched => {
                let scope = self.loops.last().map_or(NO_ROW, |context| context.scope);
                let Rest::Touched(touched) = &self.dict(id)?.rest else {
                    return Err(refusal("dictionary", "its entry is lost"));
                };
                let present = Term {
                    expr: touched.present.clone(),
                    scope,
                    numpy: false,
                };
                Ok((present, touched.value.clone()))
            }
            Slot::Chain => {
                let entries = self.dict(id)?.entries.clone();
                let mut present = Vec::new();
                let mut value: Option<Value> = None;
                let mut scope = NO_ROW;
                for (literal, entry) in entries.iter().rev() {
                    let test = self.equal(&Value::literal(literal.clone()), key, span)?;
                    scope = scope.max(test.scope);
                    present.insert(0, test.expr.clone());
                    let condition = Condition {
                        expr: test.expr,
                        scope: test.scope,
                    };
                    value = Some(match value {
                        None => entry.clone(),
                        Some(rest) => self.select(&condition, entry, &rest),
                    });
                }
                let present = Term {
                    expr: any(present).at(Some(span.clone())),
                    scope,
                    numpy: false,
                };
                Ok((present, value.unwrap_or(Value::Unbound)))
            }
            Slot::Built(mapping) => self.look_up(&mapping, key, span),
        }
    }

    /// Probes a dictionary that a loop has built.
    pub(crate) fn look_up(
        &mut self,
        mapping: &Mapping,
        key: &Value,
        span: &Span,
    ) -> Result<(Term, Value), Refusal> {
        let state = self.state.clone();
        let probe = self.flatten_key(key, &state, span)?;
        let arity = |value: &Value| match value {
            Value::Tuple(items) => Some(items.len()),
            _ => None,
        };
        if arity(&probe.template) != arity(&mapping.key)
            || probe.columns.len() != mapping.keys.len()
        {
            return Err(Refusal::new(
                "dictionary",
                "it is asked for a key of another shape than it was filled with",
                Some(span.clone()),
            ));
        }
        let terms: Vec<&Term> = probe.columns.iter().map(|(_, term)| term).collect();
        let scope = self.scope_of(&terms, span)?;
        let mut keys = Vec::new();
        for (column, (_, term)) in mapping.keys.iter().zip(&probe.columns) {
            let asked = self.type_of(term)?.base;
            let held = self
                .type_over(&Expr::column(column.clone()), mapping.node)?
                .base;
            if asked != held && asked != Base::Nothing && held != Base::Nothing {
                return Err(Refusal::new(
                    "dictionary",
                    format!("its keys are {held}, it is asked for {asked}"),
                    Some(span.clone()),
                ));
            }
            keys.push((column.clone(), term.expr.clone()));
        }
        let scope = mapping
            .outer
            .iter()
            .try_fold(scope, |scope, (_, term)| common_scope(scope, term.scope))
            .ok_or_else(|| {
                Refusal::new(
                    "dictionary",
                    "it belongs to a row of another loop",
                    Some(span.clone()),
                )
            })?;
        for (column, term) in &mapping.outer {
            keys.push((column.clone(), term.expr.clone()));
        }
        let own_key = mapping.outer.is_empty()
            && keys
                .iter()
                .all(|(column, key)| key.as_column() == Some(column));
        let row = self
            .scopes
            .iter()
            .find(|row| row.scope == scope)
            .map(|row| row.node);
        if let Some(row) = row
            && own_key
        {
            let origin = self.origin(row);
            if origin == self.origin(mapping.node) && self.passes_unchanged(row, mapping.node) {
                return Ok((
                    Term::literal(Literal::Bool(true)),
                    mapping.value.in_scope(scope),
                ));
            }
            if self.same_entries(origin, mapping.node) {
                let value = self.looked_up(mapping, &keys, scope, span);
                return Ok((Term::literal(Literal::Bool(true)), value));
            }
        }
        let present = Term {
            expr: Expr::new(ExprKind::Lookup {
                relation: mapping.node,
                keys: keys.clone(),
                value: LookupValue::Present,
            })
            .at(Some(span.clone())),
            scope,
            numpy: false,
        };
        let value = self.looked_up(mapping, &keys, scope, span);
        Ok((present, value))
    }

    fn looked_up(
        &self,
        mapping: &Mapping,
        keys: &[(ColumnName, Expr)],
        scope: u32,
        span: &Span,
    ) -> Value {
        let schema = &self.flow.node(mapping.node).schema;
        mapping.value.substitute(scope, &|column| {
            // A key is what is asked for, whether there is an entry or not.
            if let Some((_, key)) = keys.iter().find(|(name, _)| name == column) {
                return Some(key.clone());
            }
            let lookup = Expr::new(ExprKind::Lookup {
                relation: mapping.node,
                keys: keys.to_vec(),
                value: LookupValue::Column(column.clone()),
            })
            .at(Some(span.clone()));
            let known = schema.ty(column).is_some_and(|ty| !ty.missing.none);
            Some(if known {
                Expr::call(Function::Known, vec![lookup]).at(Some(span.clone()))
            } else {
                lookup
            })
        })
    }

    /// The relation that only lost rows or changed order on the way to this one.
    fn origin(&self, node: NodeId) -> NodeId {
        match &self.flow.node(node).op {
            Op::Filter { input, .. }
            | Op::Sort { input, .. }
            | Op::Limit { input, .. }
            | Op::When { input, .. } => self.origin(*input),
            _ => node,
        }
    }

    /// Whether every row of `node` is a row of `of`.
    fn passes_unchanged(&self, node: NodeId, of: NodeId) -> bool {
        node == of
            || match &self.flow.node(node).op {
                Op::Filter { input, .. }
                | Op::Sort { input, .. }
                | Op::Limit { input, .. }
                | Op::When { input, .. } => self.passes_unchanged(*input, of),
                _ => false,
            }
    }

    /// Whether two dictionaries of one loop have entries for the same keys.
    fn same_entries(&self, a: NodeId, b: NodeId) -> bool {
        let (
            Op::State { fold, state },
            Op::State {
                fold: other,
                state: other_state,
            },
        ) = (&self.flow.node(a).op, &self.flow.node(b).op)
        else {
            return false;
        };
        let Op::Fold(parts) = &self.flow.node(*fold).op else {
            return false;
        };
        if fold != other {
            return false;
        }
        match (&parts.states[*state].kind, &parts.states[*other_state].kind) {
            (
                FoldKind::Map {
                    keys: k1,
                    creates: c1,
                    ..
                },
                FoldKind::Map {
                    keys: k2,
                    creates: c2,
                    ..
                },
            ) => {
                c1 == c2
                    && k1
                        .iter()
                        .map(|(_, key)| key)
                        .eq(k2.iter().map(|(_, key)| key))
                    && k1
                        .iter()
                        .map(|(name, _)| name)
                        .eq(k2.iter().map(|(name, _)| name))
            }
            _ => false,
        }
    }

    /// `d[key]`.
    pub(crate) fn dict_item(
        &mut self,
        id: ObjectId,
        key: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let (present, value) = self.probe(id, key, span)?;
        match self.dict(id)?.factory.clone() {
            None => {
                self.require(
                    &present,
                    "dictionary",
                    "a missing key raises KeyError",
                    span,
                )?;
                Ok(value)
            }
            Some(Factory::Zero) => Ok(self.either(&present, &value, &Value::int(0))),
            Some(Factory::Call(factory)) => {
                if self.state.known(&present.expr) == Some(true) {
                    return Ok(value);
                }
                if matches!(self.dict(id)?.rest, Rest::Built(_)) {
                    return Err(Refusal::new(
                        "defaultdict",
                        "reading it after its loop may add an entry",
                        Some(span.clone()),
                    ));
                }
                let fresh = self.call_value(&factory, Vec::new(), Vec::new(), span)?;
                if let Some(inner) = self.as_inner(id, key, &fresh) {
                    return self.kept_inner(id, key, &value, inner, span);
                }
                let value = self.either_object(&present, &value, &fresh);
                self.set_entry(id, key, value.clone(), span)?;
                Ok(value)
            }
        }
    }

    /// The value if present, else the other; entries that are objects become new ones.
    fn either_object(&mut self, present: &Term, value: &Value, otherwise: &Value) -> Value {
        if *value == Value::Unbound || present.expr.is_false() {
            return otherwise.clone();
        }
        let condition = Condition {
            expr: present.expr.clone(),
            scope: present.scope,
        };
        self.select(&condition, value, otherwise)
    }

    /// The value if present, else the other, without touching either.
    fn either(&mut self, present: &Term, value: &Value, otherwise: &Value) -> Value {
        match self.state.known(&present.expr) {
            Some(true) => return value.clone(),
            Some(false) => return otherwise.clone(),
            None => {}
        }
        if *value == Value::Unbound {
            return otherwise.clone();
        }
        // Without the key there are no rows, either.
        if matches!(value, Value::Matching(_))
            && self
                .fixed_items(otherwise)
                .is_some_and(|items| items.is_empty())
        {
            return value.clone();
        }
        if let (Value::Members(_), Value::Object(other)) = (value, otherwise)
            && self
                .dict(*other)
                .is_ok_and(|dict| dict.set && dict.rest == Rest::Nothing && dict.entries.is_empty())
        {
            return value.clone();
        }
        if let (Value::Object(_), _) | (_, Value::Object(_)) = (value, otherwise) {
            return Value::Choice(Box::new(Choice {
                condition: present.expr.clone(),
                scope: present.scope,
                yes: value.clone(),
                no: otherwise.clone(),
            }));
        }
        self.either_object(present, value, otherwise)
    }

    /// `d.get(key, default)`.
    pub(crate) fn dict_get(
        &mut self,
        id: ObjectId,
        key: &Value,
        default: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let (present, value) = self.probe(id, key, span)?;
        Ok(self.either(&present, &value, default))
    }

    /// `d.setdefault(key, default)`.
    pub(crate) fn dict_setdefault(
        &mut self,
        id: ObjectId,
        key: &Value,
        default: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let (present, value) = self.probe(id, key, span)?;
        if self.state.known(&present.expr) == Some(true) {
            return Ok(value);
        }
        if let Some(inner) = self.as_inner(id, key, default) {
            return self.kept_inner(id, key, &value, inner, span);
        }
        let value = self.either_object(&present, &value, default);
        self.set_entry(id, key, value.clone(), span)?;
        Ok(value)
    }

    /// The inner dictionary of a key, which is there from now on.
    fn kept_inner(
        &mut self,
        id: ObjectId,
        key: &Value,
        before: &Value,
        fresh: Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let kept = if self.part_of_pairs(before).is_some() {
            before.clone()
        } else {
            fresh
        };
        match self.slot(id, key, span)? {
            Slot::Touched => {
                if let Rest::Touched(touched) = &mut self.dict_mut(id, span)?.rest {
                    touched.present = Expr::bool(true);
                    touched.value = kept.clone();
                }
                Ok(kept)
            }
            _ => Err(Refusal::new(
                "dictionary",
                "a dictionary inside it is given to a key that is not the row's",
                Some(span.clone()),
            )),
        }
    }

    /// `key in d`.
    pub(crate) fn dict_has(
        &mut self,
        id: ObjectId,
        key: &Value,
        span: &Span,
    ) -> Result<Term, Refusal> {
        Ok(self.probe(id, key, span)?.0)
    }

    /// `d[key] = value`.
    pub(crate) fn set_entry(
        &mut self,
        id: ObjectId,
        key: &Value,
        value: Value,
        span: &Span,
    ) -> Result<(), Refusal> {
        if let Value::Object(other) = &value
            && !self.is_local(*other)
        {
            return Err(Refusal::new(
                "assignment",
                "an object made outside the loop is stored for several rows",
                Some(span.clone()),
            ));
        }
        if let Some(part) = self.part_of_pairs(&Value::Object(id)) {
            let (flat, pair) = (part.flat, Self::pair_key(part, key, span)?);
            return self.set_entry(flat, &pair, value, span);
        }
        if self.inner.contains_key(&id)
            && key.as_literal().is_none()
            && self.part_of_pairs(&value).is_none()
        {
            let (present, before) = self.probe(id, key, span)?;
            if let Some(inner) = self.as_inner(id, key, &value) {
                if !present.expr.is_false() && self.state.known(&present.expr) != Some(false) {
                    return Err(Refusal::new(
                        "dictionary",
                        "a dictionary inside it may be replaced by an empty one",
                        Some(span.clone()),
                    ));
                }
                return self.kept_inner(id, key, &before, inner, span).map(|_| ());
            }
        }
        let literal = key.as_literal().cloned();
        match self.slot(id, key, span)? {
            Slot::Constant(index) => self.dict_mut(id, span)?.entries[index].1 = value,
            Slot::Absent => match literal {
                None if self.dict(id)?.set && !self.loops.is_empty() => {
                    self.changeable(id, span)?;
                    if let Some(object) = self.state.heap.get_mut(&id) {
                        object.content = Content::Members(Vec::new());
                    }
                    self.push(id, SegmentKind::Item(key.clone()), span)?;
                }
                Some(literal) => self.dict_mut(id, span)?.entries.push((literal, value)),
                None => {
                    self.note_inner(id);
                    return Err(Refusal::new(
                        "dictionary",
                        "it is given a key that is not constant outside a loop over rows",
                        Some(span.clone()),
                    ));
                }
            },
            Slot::Touched => {
                if let Rest::Touched(touched) = &mut self.dict_mut(id, span)?.rest {
                    touched.present = Expr::bool(true);
                    touched.value = value;
                }
            }
            Slot::Chain => {
                return Err(Refusal::new(
                    "dictionary",
                    "it has entries with constant keys and is given one that depends on the row",
                    Some(span.clone()),
                ));
            }
            Slot::Built(_) => {
                return Err(Refusal::new(
                    "dictionary",
                    "it is changed again after the loop that built it",
                    Some(span.clone()),
                ));
            }
        }
        Ok(())
    }

    /// `container[key] = value`.
    pub(crate) fn store(
        &mut self,
        container: &Value,
        key: &Value,
        value: Value,
        span: &Span,
    ) -> Result<(), Refusal> {
        let container = self.resolved(container, "assignment", span)?;
        match &container {
            Value::SharedState => {
                let Some(name) = key.as_text() else {
                    return Err(Refusal::new(
                        "shared state",
                        "it is set under a name that is not constant",
                        Some(span.clone()),
                    ));
                };
                self.state.shared.insert(FrameName::from(name), value);
                Ok(())
            }
            Value::Object(id) => {
                self.changeable(*id, span)?;
                match self.state.heap.get(id).map(|object| &object.content) {
                    Some(Content::Dict(_)) => {
                        self.no_instance(*id, "assignment", span)?;
                        self.set_entry(*id, key, value, span)
                    }
                    Some(Content::List(_)) => self.set_item(*id, key, value, span),
                    Some(Content::Frame(node)) => {
                        let node = *node;
                        let changed = self.set_column(node, key, &value, span)?;
                        if let Some(object) = self.state.heap.get_mut(id) {
                            object.content = Content::Frame(changed);
                        }
                        Ok(())
                    }
                    _ => Err(Refusal::new(
                        "assignment",
                        "this object cannot be assigned to",
                        Some(span.clone()),
                    )),
                }
            }
            Value::Unknown(refusal) => Err((**refusal).clone()),
            other => Err(Refusal::new(
                "assignment",
                format!("{} is changed in place", other.kind()),
                Some(span.clone()),
            )),
        }
    }

    /// Equality of two keys or scalars.
    pub(crate) fn equal(&mut self, a: &Value, b: &Value, span: &Span) -> Result<Term, Refusal> {
        match (a, b) {
            (Value::Tuple(x), Value::Tuple(y)) => {
                if x.len() != y.len() {
                    return Ok(Term::literal(Literal::Bool(false)));
                }
                let mut parts = Vec::new();
                let mut scope = NO_ROW;
                for (left, right) in x.iter().zip(y) {
                    let part = self.equal(left, right, span)?;
                    scope = scope.max(part.scope);
                    parts.push(part.expr);
                }
                Ok(Term {
                    expr: crate::state::all(parts),
                    scope,
                    numpy: false,
                })
            }
            (Value::Scalar(x), Value::Scalar(y)) => {
                self.compare(Comparison::Eq, x.clone(), y.clone(), span)
            }
            (Value::Unknown(refusal), _) | (_, Value::Unknown(refusal)) => Err((**refusal).clone()),
            (Value::Record(_), _) | (_, Value::Record(_))
                if let Some(term) = self.equal_members(a, b, span)? =>
            {
                Ok(term)
            }
            _ => Err(Refusal::new(
                "comparison",
                format!("{} is compared with {}", a.kind(), b.kind()),
                Some(span.clone()),
            )),
        }
    }
}

pub(crate) fn refusal(construct: &str, reason: &str) -> Refusal {
    Refusal::new(construct, reason, None)
}
