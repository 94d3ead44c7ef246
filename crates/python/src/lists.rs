//! Lists: literal ones, appended ones, and those that are the rows of a relation.

use std::rc::Rc;

use relift_dataflow::{Expr, ExprKind, Function, Literal, LookupValue, Op, Refusal, SortKey};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::iteration::Iteration;
use crate::lowering::Lowerer;
use crate::state::{all, choose};
use crate::values::{
    Condition, Content, Matching, NO_ROW, ObjectId, Relation, Segment, SegmentKind, Term, Value,
};

impl Lowerer<'_> {
    pub(crate) fn list_of(&mut self, items: Vec<Value>) -> Value {
        let segments = items
            .into_iter()
            .map(|item| Segment {
                guard: Vec::new(),
                kind: SegmentKind::Item(item),
            })
            .collect();
        self.object(Content::List(segments))
    }

    pub(crate) fn list(&self, id: ObjectId) -> Result<&Vec<Segment>, Refusal> {
        match self.state.heap.get(&id).map(|object| &object.content) {
            Some(Content::List(segments)) => Ok(segments),
            Some(Content::Poisoned(refusal)) => Err((**refusal).clone()),
            _ => Err(Refusal::new("list", "it is no list", None)),
        }
    }

    pub(crate) fn push(
        &mut self,
        id: ObjectId,
        kind: SegmentKind,
        span: &Span,
    ) -> Result<(), Refusal> {
        self.changeable(id, span)?;
        let path: Vec<Condition> = self.state.path.clone();
        if let Some(object) = self.state.heap.get_mut(&id) {
            let guard = path
                .into_iter()
                .filter(|fact| !object.born.contains(fact))
                .collect();
            if let Content::List(segments) | Content::Members(segments) = &mut object.content {
                segments.push(Segment { guard, kind });
                return Ok(());
            }
        }
        Err(Refusal::new("list", "it is no list", Some(span.clone())))
    }

    /// `list.append(item)`.
    pub(crate) fn append(&mut self, id: ObjectId, item: Value, span: &Span) -> Result<(), Refusal> {
        self.escape(&item, span)?;
        self.push(id, SegmentKind::Item(item), span)
    }

    /// Notes that a value now also stands in a list.
    fn escape(&mut self, item: &Value, span: &Span) -> Result<(), Refusal> {
        if let Value::Object(id) = item {
            let scope = self.loops.last().map_or(NO_ROW, |context| context.scope);
            if let Some(object) = self.state.heap.get_mut(id) {
                if object.scope != scope {
                    return Err(Refusal::new(
                        "list",
                        "an object made outside the loop is appended for several rows",
                        Some(span.clone()),
                    ));
                }
                object.escaped = true;
            }
        }
        Ok(())
    }

    /// `list.extend(items)` and `list += items`.
    pub(crate) fn extend_list(
        &mut self,
        id: ObjectId,
        items: &Value,
        span: &Span,
    ) -> Result<(), Refusal> {
        if let Value::Object(other) = items
            && *other != id
            && let Ok(segments) = self.list(*other)
        {
            for segment in segments.clone() {
                let before = self.state.path.clone();
                self.state.path.extend(segment.guard.iter().cloned());
                let pushed = self.push(id, segment.kind, span);
                self.state.path = before;
                pushed?;
            }
            return Ok(());
        }
        match self.iterate(items, span)? {
            Iteration::Items(items) => {
                for item in items {
                    self.append(id, item, span)?;
                }
                Ok(())
            }
            Iteration::Rows(relation) => self.push(id, SegmentKind::Rows(relation), span),
            Iteration::Matching(rows) => self.push(id, SegmentKind::Matching(rows), span),
        }
    }

    /// The items of something with a fixed number of them.
    pub(crate) fn fixed_items(&self, value: &Value) -> Option<Vec<Value>> {
        match value {
            Value::Tuple(items) | Value::FrozenList(items) => Some(items.clone()),
            Value::Record(record) if record.kind == crate::values::RecordKind::NamedTuple => Some(
                record
                    .fields
                    .iter()
                    .map(|(_, value)| value.clone())
                    .collect(),
            ),
            Value::Object(id) => self
                .list(*id)
                .ok()?
                .iter()
                .map(|segment| match &segment.kind {
                    SegmentKind::Item(item) if segment.guard.is_empty() => Some(item.clone()),
                    _ => None,
                })
                .collect(),
            _ => None,
        }
    }

    /// `list[index] = value`.
    pub(crate) fn set_item(
        &mut self,
        id: ObjectId,
        key: &Value,
        value: Value,
        span: &Span,
    ) -> Result<(), Refusal> {
        self.changeable(id, span)?;
        let length = self
            .fixed_items(&Value::Object(id))
            .map_or(0, |items| items.len());
        let index = key.as_int().and_then(|index| position(index, length));
        let Some(index) = index else {
            return Err(Refusal::new(
                "list",
                "an item is replaced at a place that is not constant",
                Some(span.clone()),
            ));
        };
        if let Some(object) = self.state.heap.get_mut(&id)
            && let Content::List(segments) = &mut object.content
        {
            segments[index].kind = SegmentKind::Item(value);
        }
        Ok(())
    }

    /// The rows of a list, its constant items included.
    pub(crate) fn list_relation(
        &mut self,
        segments: &[Segment],
        name: Option<&str>,
        span: &Span,
    ) -> Result<Relation, Refusal> {
        let mut parts: Vec<Relation> = Vec::new();
        for segment in segments {
            if segment.guard.iter().any(|fact| fact.scope != NO_ROW) {
                return Err(Refusal::new(
                    "list",
                    "it is used while a loop over rows fills it",
                    Some(span.clone()),
                ));
            }
            let mut relation = match &segment.kind {
                SegmentKind::Rows(relation) => relation.clone(),
                SegmentKind::Item(item) => self.one_item(item, span)?,
                SegmentKind::Matching(_) | SegmentKind::Earlier => {
                    return Err(Refusal::new(
                        "list",
                        "it is used while a loop over rows fills it",
                        Some(span.clone()),
                    ));
                }
            };
            let guard = all(segment.guard.iter().map(|fact| fact.expr.clone()));
            relation.node = self.when(relation.node, guard)?;
            parts.push(relation);
        }
        let Some(first) = parts.first().cloned() else {
            return Err(Refusal::new(
                "list",
                "it is always empty",
                Some(span.clone()),
            ));
        };
        if parts.len() == 1 {
            return Ok(first);
        }
        let plain = |value: &Value| {
            value.map_terms(&mut |term| Term {
                numpy: false,
                ..term.clone()
            })
        };
        if parts
            .iter()
            .any(|part| plain(&part.element) != plain(&first.element))
        {
            return Err(Refusal::new(
                "list",
                "its items do not always have the same fields",
                Some(span.clone()),
            ));
        }
        let node = self.add(
            Op::Union {
                inputs: parts.iter().map(|part| part.node).collect(),
            },
            span,
            name,
        )?;
        Ok(Relation {
            node,
            element: first.element,
        })
    }

    fn one_item(&mut self, item: &Value, span: &Span) -> Result<Relation, Refusal> {
        let state = self.state.clone();
        let fields = self.flatten(item, &state, "item")?;
        let mut row = Vec::new();
        for (_, term) in &fields.columns {
            if term.scope != NO_ROW {
                return Err(Refusal::new(
                    "list",
                    "it is used while a loop over rows fills it",
                    Some(span.clone()),
                ));
            }
            row.push(term.expr.clone());
        }
        let node = self.add(
            Op::Values {
                columns: fields
                    .columns
                    .iter()
                    .map(|(name, _)| name.clone())
                    .collect(),
                rows: vec![row],
            },
            span,
            None,
        )?;
        Ok(Relation {
            node,
            element: fields.template,
        })
    }

    /// Number of items.
    pub(crate) fn list_length(&mut self, id: ObjectId, span: &Span) -> Result<Term, Refusal> {
        let segments = self.list(id)?.clone();
        let mut total: Option<Term> = None;
        let mut constant = 0_i64;
        for segment in segments {
            let rows = match &segment.kind {
                SegmentKind::Item(_) if segment.guard.is_empty() => {
                    constant += 1;
                    continue;
                }
                SegmentKind::Item(_) => Term::literal(Literal::Int(1)),
                SegmentKind::Rows(relation) => self.count(relation.node, span)?,
                SegmentKind::Matching(rows) => self.matching_count(rows, span)?,
                SegmentKind::Earlier => {
                    return Err(Refusal::new(
                        "list",
                        "its length is asked while a loop over rows fills it",
                        Some(span.clone()),
                    ));
                }
            };
            let scope = segment
                .guard
                .iter()
                .map(|fact| fact.scope)
                .fold(rows.scope, u32::max);
            let guard = all(segment.guard.iter().map(|fact| fact.expr.clone()));
            let rows = Term {
                expr: choose(&guard, rows.expr, Expr::int(0)),
                scope,
                numpy: false,
            };
            total = Some(match total {
                None => rows,
                Some(total) => self.apply(Function::Add, vec![total, rows], span)?,
            });
        }
        match total {
            None => Ok(Term::literal(Literal::Int(constant))),
            Some(total) if constant == 0 => Ok(total),
            Some(total) => self.apply(
                Function::Add,
                vec![total, Term::literal(Literal::Int(constant))],
                span,
            ),
        }
    }

    /// `item in list` for a list of rows.
    pub(crate) fn list_has(
        &mut self,
        relation: &Relation,
        item: &Value,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let (Value::Scalar(column), Value::Scalar(item)) = (&relation.element, item) else {
            return Err(Refusal::new(
                "comparison",
                "membership in a list of records is not lifted",
                Some(span.clone()),
            ));
        };
        let name = ColumnName::from("item");
        let held = self.type_over(&column.expr, relation.node)?;
        let asked = self.type_of(item)?;
        if held.base != asked.base || held.missing.nan || asked.missing.nan {
            return Err(Refusal::new(
                "comparison",
                format!("a list of {held} is asked for {asked}"),
                Some(span.clone()),
            ));
        }
        let values = self.add(
            Op::Map {
                input: relation.node,
                columns: vec![(name.clone(), column.expr.clone())],
            },
            span,
            None,
        )?;
        let distinct = self.add(Op::Distinct { input: values }, span, None)?;
        Ok(Term {
            expr: Expr::new(ExprKind::Lookup {
                relation: distinct,
                keys: vec![(name, item.expr.clone())],
                value: LookupValue::Present,
            })
            .at(Some(span.clone())),
            scope: item.scope,
            numpy: false,
        })
    }

    /// The rows sorted by keys computed from each element; stable.
    pub(crate) fn sorted_rows(
        &mut self,
        relation: &Relation,
        key: Option<&Value>,
        descending: bool,
        span: &Span,
    ) -> Result<Relation, Refusal> {
        let scope = self.new_scope();
        self.enter_rows(scope, relation.node);
        let element = relation.element.in_scope(scope);
        let keys = match key {
            // Different keys decide before what they lead to is compared.
            None if self.first_is_unique(relation) => match &element {
                Value::Tuple(items) => Ok(items[0].clone()),
                _ => Ok(element),
            },
            None => Ok(element),
            Some(key) => self.call_value(key, vec![element], Vec::new(), span),
        }
        .and_then(|key| self.sort_terms(&key, span));
        self.scopes.pop();
        let by = keys?
            .into_iter()
            .map(|(expr, flip)| SortKey {
                expr,
                descending: descending != flip,
                missing_first: false,
            })
            .collect();
        let name = self.flow.node(relation.node).name.clone();
        let node = self.add(
            Op::Sort {
                input: relation.node,
                by,
            },
            span,
            name.as_deref(),
        )?;
        Ok(Relation {
            node,
            element: relation.element.clone(),
        })
    }

    /// Whether the first part of each element is different for every row, as in `d.items()`.
    fn first_is_unique(&self, relation: &Relation) -> bool {
        let Value::Tuple(items) = &relation.element else {
            return false;
        };
        let Some(first) = items.first() else {
            return false;
        };
        let mut plain = true;
        let mut columns = Vec::new();
        first.map_terms(&mut |term| {
            match term.expr.as_column() {
                Some(column) => columns.push(column.clone()),
                None => plain = false,
            }
            term.clone()
        });
        plain
            && self
                .flow
                .node(relation.node)
                .keys
                .iter()
                .any(|key| key.iter().all(|column| columns.contains(column)))
    }

    /// What a sort key compares, part by part; a negated number sorts the other way round.
    fn sort_terms(&mut self, key: &Value, span: &Span) -> Result<Vec<(Expr, bool)>, Refusal> {
        match key {
            Value::Scalar(term) => {
                let ty = self.type_of(term)?;
                if ty.missing.nan {
                    return Err(Refusal::new(
                        "sort",
                        "a key can be NaN, which has no order",
                        Some(span.clone()),
                    ));
                }
                let term = self.known(term.clone(), "sort", "None cannot be ordered", span)?;
                match term.expr.kind {
                    ExprKind::Call(Function::Negate, mut inner) => {
                        Ok(vec![(inner.remove(0), true)])
                    }
                    _ => Ok(vec![(term.expr, false)]),
                }
            }
            Value::Unknown(refusal) => Err((**refusal).clone()),
            other => match self.fixed_items(other) {
                Some(items) => {
                    let mut all = Vec::new();
                    for item in items {
                        all.extend(self.sort_terms(&item, span)?);
                    }
                    Ok(all)
                }
                None => Err(Refusal::new(
                    "sort",
                    format!("it orders by {}", other.kind()),
                    Some(span.clone()),
                )),
            },
        }
    }

    /// `list.sort(...)`.
    pub(crate) fn sort_list(
        &mut self,
        id: ObjectId,
        key: Option<&Value>,
        descending: bool,
        span: &Span,
    ) -> Result<(), Refusal> {
        self.changeable(id, span)?;
        let segments = self.list(id)?.clone();
        if segments.is_empty() {
            return Ok(());
        }
        if let Some(rows) = self.as_matching(&Value::Object(id)) {
            let relation = self.sorted_rows(&rows.relation, key, descending, span)?;
            if let Some(object) = self.state.heap.get_mut(&id) {
                object.content = Content::List(vec![Segment {
                    guard: Vec::new(),
                    kind: SegmentKind::Matching(Matching {
                        relation,
                        on: rows.on,
                    }),
                }]);
            }
            return Ok(());
        }
        let relation = self.list_relation(&segments, None, span)?;
        let sorted = self.sorted_rows(&relation, key, descending, span)?;
        if let Some(object) = self.state.heap.get_mut(&id) {
            object.content = Content::List(vec![Segment {
                guard: Vec::new(),
                kind: SegmentKind::Rows(sorted),
            }]);
        }
        Ok(())
    }

    /// Forgets a list after an operation that cannot be followed.
    pub(crate) fn lose_list(&mut self, id: ObjectId, refusal: &Refusal) {
        let refusal = Rc::new(refusal.clone());
        self.state.poison(id, &refusal);
    }
}

/// Python's index as a position.
pub(crate) fn position(index: i64, length: usize) -> Option<usize> {
    let length_signed = i64::try_from(length).ok()?;
    let index = if index < 0 {
        index + length_signed
    } else {
        index
    };
    usize::try_from(index).ok().filter(|index| *index < length)
}
