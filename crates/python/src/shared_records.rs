//! Records that stand in a list and are changed later, row by row.
//!
//! A record of a list is columns of a relation, so changing it means another relation in the list's place.
//! That is right only where nothing else holds the same records, which is asked of the relations: what was
//! made from the list, from what the list was made of, or by the same loop may share its records.

use std::collections::BTreeSet;

use relift_dataflow::{Literal, NodeId, Op, Refusal};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Stmt};

use crate::iteration::object_id;
use crate::lowering::Lowerer;
use crate::state::State;
use crate::statements::{Exit, Exits};
use crate::values::{
    Content, Matching, ObjectId, RecordKind, Relation, Rest, SegmentKind, Term, Value,
};

impl<'a> Lowerer<'a> {
    /// A loop over the records of a list that may change them; tells whether it does.
    pub(crate) fn over_records(
        &mut self,
        id: ObjectId,
        relation: &Relation,
        span: &Span,
        body: &mut dyn FnMut(&mut Self, Value) -> Result<Exits, Refusal>,
    ) -> Result<bool, Refusal> {
        let rows = Matching::all(relation.clone());
        let before = self.state.clone();
        let snapshot = self.snapshot();
        if !self.run_over_records(&rows, None, span, body)?.1 {
            return Ok(false);
        }
        // The records do change: nothing may look at the list meanwhile, or share its records.
        self.restore(&snapshot);
        self.state = before;
        let reason = if self.in_rows() {
            Some("they are changed inside another loop")
        } else if self.shares_records(id, relation.node) {
            Some("they may also stand in another list")
        } else {
            None
        };
        if let Some(reason) = reason {
            // Other lists would go on with the records as they were.
            let refusal = refuse(reason, span);
            self.refused.push(refusal.clone());
            return Err(refusal);
        }
        let hidden = refuse("the list is looked at while its records change", span);
        let hidden = Content::Poisoned(std::rc::Rc::new(hidden));
        if let Some(object) = self.state.heap.get_mut(&id) {
            object.content = hidden.clone();
        }
        let list = self.run_over_records(&rows, Some(id), span, body)?.0;
        let changed = self.state.heap.remove(&object_id(&list));
        if let (Some(changed), Some(object)) = (changed, self.state.heap.get_mut(&id)) {
            if object.content != hidden {
                return Err(refuse("the list is changed while its records change", span));
            }
            object.content = changed.content;
        }
        Ok(true)
    }

    /// Executes the body for records that belong to the row, and collects them as they are afterwards.
    /// Tells whether that differs from what they were.
    fn run_over_records(
        &mut self,
        rows: &Matching,
        original: Option<ObjectId>,
        span: &Span,
        body: &mut dyn FnMut(&mut Self, Value) -> Result<Exits, Refusal>,
    ) -> Result<(Value, bool), Refusal> {
        let list = self.list_of(Vec::new());
        let mut changed = false;
        self.over(rows, span, &mut |lowerer, element| {
            let record = lowerer.thaw(&element);
            let Value::Object(record_id) = record else {
                return Err(refuse("they are no records", span));
            };
            let fresh = lowerer.as_it_is(record_id);
            let base = lowerer.state.clone();
            let mut states: Vec<State> = Vec::new();
            for (state, exit) in body(lowerer, record.clone())? {
                match exit {
                    Exit::Continue => states.push(state),
                    Exit::Break | Exit::Return(_) => {
                        return Err(refuse("the loop is left before the last of them", span));
                    }
                }
            }
            states.push(std::mem::take(&mut lowerer.state));
            lowerer.state.dead = true;
            lowerer.join(&base, states);
            let now = lowerer.as_it_is(record_id);
            if now != fresh {
                changed = true;
            }
            if original.is_some() {
                lowerer.append(object_id(&list), record, span)?;
            }
            Ok(Vec::new())
        })?;
        Ok((list, changed))
    }

    /// A record with everything in it, or its own content where that cannot be written down.
    fn as_it_is(&self, id: ObjectId) -> (Option<Vec<(ColumnName, Term)>>, Option<Content>) {
        match self.flatten(&Value::Object(id), &self.state, "item") {
            Ok(fields) => (Some(fields.columns), None),
            Err(_) => {
                let content = self
                    .state
                    .heap
                    .get(&id)
                    .map(|object| object.content.clone());
                (None, content)
            }
        }
    }

    /// Whether anything but the list may hold its records.
    fn shares_records(&self, id: ObjectId, node: NodeId) -> bool {
        let own = self.made_from(node);
        let related = |other: NodeId| {
            other == node
                || own.contains(&other)
                || self.made_from(other).contains(&node)
                || self.same_loop(node, other)
                || self.made_from(other).iter().any(|part| {
                    own.contains(part) && matches!(self.flow.node(*part).op, Op::State { .. })
                })
        };
        let mut found = false;
        let mut see = |value: &Value| found |= holds_records_of(value, &related);
        for value in self
            .state
            .locals
            .values()
            .chain(self.state.globals.values())
        {
            see(value);
        }
        for (other, object) in &self.state.heap {
            if *other == id {
                continue;
            }
            match &object.content {
                Content::List(segments) | Content::Members(segments) => {
                    for segment in segments {
                        match &segment.kind {
                            SegmentKind::Item(value) => see(value),
                            SegmentKind::Rows(relation) => {
                                see(&Value::Rows(Box::new(relation.clone())));
                            }
                            SegmentKind::Matching(rows) => {
                                see(&Value::Matching(Box::new(rows.clone())));
                            }
                            SegmentKind::Earlier => {}
                        }
                    }
                }
                Content::Dict(dict) => {
                    for (_, value) in &dict.entries {
                        see(value);
                    }
                    if let Rest::Built(mapping) = &dict.rest {
                        see(&Value::Rows(Box::new(Relation {
                            node: mapping.node,
                            element: mapping.value.clone(),
                        })));
                    }
                }
                Content::Table(table) => {
                    for (_, value) in table {
                        see(value);
                    }
                }
                Content::Frame(_)
                | Content::EmptyFrame(_)
                | Content::Database(_)
                | Content::Cursor(_)
                | Content::Poisoned(_) => {}
            }
        }
        found
    }

    /// Everything a relation is made from.
    fn made_from(&self, node: NodeId) -> BTreeSet<NodeId> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            for input in self.flow.dependencies(node) {
                if found.insert(input) {
                    waiting.push(input);
                }
            }
        }
        found
    }

    /// Whether two relations are what one loop left.
    fn same_loop(&self, a: NodeId, b: NodeId) -> bool {
        match (&self.flow.node(a).op, &self.flow.node(b).op) {
            (Op::State { fold: x, .. }, Op::State { fold: y, .. }) => x == y,
            _ => false,
        }
    }

    /// Refuses altogether when a statement that is not understood may change something that several names
    /// or lists hold and that is known by its columns only.
    pub(crate) fn guard_shared(&mut self, statement: &'a Stmt, refusal: &Refusal) {
        let mut changes = Changes::default();
        changes.visit_stmt(statement);
        for name in &changes.names {
            let shared = match self.lookup_name(name) {
                Some(Value::Unbound | Value::Unknown(_)) | None => {
                    self.has_records_beyond(&changes.mentioned)
                }
                // A record in it may stand elsewhere, too.
                Some(Value::Object(id)) if self.holds_records(id) => {
                    self.has_records_beyond(&changes.mentioned)
                }
                Some(value) => is_shared(&value),
            };
            if shared && changes.stores {
                self.refused.push(refusal.clone());
                return;
            }
        }
    }

    /// Whether a list of records is known that none of the names leads to.
    fn has_records_beyond(&self, names: &BTreeSet<String>) -> bool {
        let named: Vec<ObjectId> = names
            .iter()
            .filter_map(|name| match self.lookup_name(name) {
                Some(Value::Object(id)) => Some(id),
                _ => None,
            })
            .collect();
        self.state
            .heap
            .keys()
            .any(|id| !named.contains(id) && self.holds_records(*id))
    }

    fn holds_records(&self, id: ObjectId) -> bool {
        match self.state.heap.get(&id).map(|object| &object.content) {
            Some(Content::List(segments)) => segments.iter().any(|segment| match &segment.kind {
                SegmentKind::Rows(relation) => has_record(&relation.element),
                SegmentKind::Matching(rows) => has_record(&rows.relation.element),
                SegmentKind::Item(_) | SegmentKind::Earlier => false,
            }),
            Some(Content::Dict(dict)) => {
                matches!(&dict.rest, Rest::Built(mapping) if has_record(&mapping.value))
            }
            _ => false,
        }
    }

    /// Lists and dictionaries a loop walks through, so that it must not change them.
    pub(crate) fn walked(&self, iterated: &Expr) -> Vec<(ObjectId, Content)> {
        let mut found = Vec::new();
        self.walked_into(iterated, &mut found);
        found
    }

    fn walked_into(&self, iterated: &Expr, found: &mut Vec<(ObjectId, Content)>) {
        match iterated {
            Expr::Name(_) | Expr::Subscript(_) | Expr::Attribute(_) => {
                if let Some(id) = self.object_at(iterated)
                    && let Some(object) = self.state.heap.get(&id)
                    && matches!(object.content, Content::List(_) | Content::Dict(_))
                {
                    found.push((id, object.content.clone()));
                }
            }
            Expr::Call(call) => match &*call.func {
                Expr::Name(name) if READING.contains(&name.id.as_str()) => {
                    for argument in &call.arguments.args {
                        self.walked_into(argument, found);
                    }
                }
                Expr::Attribute(attribute) if attribute.attr.as_str() != "copy" => {
                    self.walked_into(&attribute.value, found);
                }
                _ => {}
            },
            Expr::Generator(generator) => {
                for part in &generator.generators {
                    self.walked_into(&part.iter, found);
                }
            }
            _ => {}
        }
    }

    /// The object an expression names, or the one around it that is known.
    fn object_at(&self, expr: &Expr) -> Option<ObjectId> {
        let (around, key) = match expr {
            Expr::Name(name) => {
                return match self.lookup_name(name.id.as_str()) {
                    Some(Value::Object(id)) => Some(id),
                    _ => None,
                };
            }
            Expr::Subscript(subscript) if matches!(&*subscript.slice, Expr::Slice(_)) => {
                return None;
            }
            Expr::Subscript(subscript) => match &*subscript.slice {
                Expr::StringLiteral(key) => (&*subscript.value, Some(key.value.to_str())),
                _ => (&*subscript.value, None),
            },
            Expr::Attribute(attribute) => (&*attribute.value, Some(attribute.attr.as_str())),
            _ => return None,
        };
        let around = self.object_at(around)?;
        let Content::Dict(dict) = &self.state.heap.get(&around)?.content else {
            return Some(around);
        };
        let inner = dict
            .entries
            .iter()
            .find_map(|(name, value)| match (name, value) {
                (Literal::Text(name), Value::Object(id)) if Some(name.as_str()) == key => Some(*id),
                _ => None,
            });
        Some(inner.unwrap_or(around))
    }
}

/// Functions that read what they are given as the loop goes on.
const READING: &[&str] = &["enumerate", "zip", "reversed", "iter", "map", "filter"];

fn refuse(reason: &str, span: &Span) -> Refusal {
    Refusal::new("records of a list", reason, Some(span.clone()))
}

fn holds_records_of(value: &Value, related: &impl Fn(NodeId) -> bool) -> bool {
    match value {
        Value::Rows(relation) => related(relation.node) && has_record(&relation.element),
        Value::Matching(rows) => related(rows.relation.node) && has_record(&rows.relation.element),
        Value::Tuple(items) | Value::FrozenList(items) => {
            items.iter().any(|item| holds_records_of(item, related))
        }
        Value::Choice(choice) => {
            holds_records_of(&choice.yes, related) || holds_records_of(&choice.no, related)
        }
        // One record that was taken out of a list.
        Value::Record(record) => record.kind == RecordKind::Dict,
        _ => false,
    }
}

/// Whether a template makes records that can be changed in place.
fn has_record(element: &Value) -> bool {
    match element {
        Value::Record(record) => {
            record.kind == RecordKind::Dict
                || record.fields.iter().any(|(_, item)| has_record(item))
        }
        Value::Tuple(items) | Value::FrozenList(items) => items.iter().any(has_record),
        Value::Matching(_) => true,
        _ => false,
    }
}

fn is_shared(value: &Value) -> bool {
    match value {
        Value::Record(record) => record.kind == RecordKind::Dict,
        Value::FrozenList(_) | Value::Matching(_) => true,
        Value::Choice(choice) => is_shared(&choice.yes) || is_shared(&choice.no),
        _ => false,
    }
}

/// Names whose values a statement changes in place or hands to something that may.
#[derive(Default)]
struct Changes {
    names: BTreeSet<String>,
    mentioned: BTreeSet<String>,
    /// Whether anything is changed in place or handed on at all.
    stores: bool,
}

impl Changes {
    fn base(&mut self, mut expr: &Expr) {
        loop {
            match expr {
                Expr::Subscript(subscript) => expr = &subscript.value,
                Expr::Attribute(attribute) => expr = &attribute.value,
                Expr::Name(name) => {
                    self.stores = true;
                    self.names.insert(name.id.to_string());
                    return;
                }
                _ => return,
            }
        }
    }
}

/// Functions that change nothing they are given.
const HARMLESS: &[&str] = &[
    "len",
    "sum",
    "min",
    "max",
    "sorted",
    "list",
    "set",
    "dict",
    "tuple",
    "str",
    "int",
    "float",
    "round",
    "abs",
    "bool",
    "any",
    "all",
    "enumerate",
    "zip",
    "range",
    "print",
    "isinstance",
    "Decimal",
    "reversed",
    "map",
    "filter",
    "repr",
    "format",
    "frozenset",
    "Counter",
];

/// Methods that change what they are called on.
const CHANGING: &[&str] = &[
    "append",
    "extend",
    "insert",
    "remove",
    "pop",
    "popitem",
    "clear",
    "sort",
    "reverse",
    "update",
    "setdefault",
    "add",
    "discard",
];

impl<'a> Visitor<'a> for Changes {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                self.mentioned.insert(name.id.to_string());
            }
            Expr::Subscript(ast::ExprSubscript { ctx, value, .. }) if !ctx.is_load() => {
                self.base(value);
            }
            Expr::Attribute(ast::ExprAttribute { ctx, value, .. }) if !ctx.is_load() => {
                self.base(value);
            }
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(attribute) if CHANGING.contains(&attribute.attr.as_str()) => {
                    self.base(&attribute.value);
                }
                Expr::Name(called) => {
                    for argument in &call.arguments.args {
                        if let Expr::Name(name) = argument
                            && !HARMLESS.contains(&called.id.as_str())
                        {
                            self.stores = true;
                            self.names.insert(name.id.to_string());
                        }
                    }
                }
                _ => {}
            },
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::AugAssign(assign) = statement
            && !assign.target.is_name_expr()
        {
            self.base(&assign.target);
        }
        visitor::walk_stmt(self, statement);
    }
}
