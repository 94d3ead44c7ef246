//! What can be looped over, and what one turn of the loop sees.

use std::rc::Rc;

use relift_dataflow::{Base, Function, Literal, NodeId, Op, Refusal, SortKey};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::values::{
    Content, Dict, Mapping, Matching, ObjectId, Record, RecordKind, Relation, Rest, SegmentKind,
    Template, Term, Value,
};

/// Constant items, each executed, or rows, executed once for all.
#[derive(Clone, Debug)]
pub(crate) enum Iteration {
    Items(Vec<Value>),
    Rows(Relation),
    /// Rows that belong to the current row of the loop being executed.
    Matching(Matching),
}

impl Iteration {
    /// Rows, whether they belong to the current row or not; constant items otherwise.
    pub(crate) fn into_rows(self) -> Result<Matching, Vec<Value>> {
        match self {
            Self::Items(items) => Err(items),
            Self::Rows(relation) => Ok(Matching::all(relation)),
            Self::Matching(matching) => Ok(matching),
        }
    }
}

impl Lowerer<'_> {
    pub(crate) fn iterate(&mut self, value: &Value, span: &Span) -> Result<Iteration, Refusal> {
        let value = self.resolved(value, "loop", span)?;
        if let Some(items) = self.fixed_items(&value) {
            return Ok(Iteration::Items(items));
        }
        if let Some(matching) = self.as_matching(&value) {
            return self.matching_rows(matching, span);
        }
        if let Some(text) = value.as_text() {
            let characters = text.chars().map(|c| Value::text(&c.to_string()));
            return Ok(Iteration::Items(characters.collect()));
        }
        if let Value::Class(class) = &value
            && let Some(members) = self.members_of(*class)
        {
            let members = members.all.iter();
            return Ok(Iteration::Items(
                members
                    .map(|(name, value)| Self::member(*class, name, value))
                    .collect(),
            ));
        }
        match &value {
            Value::Rows(relation) => Ok(Iteration::Rows((**relation).clone())),
            Value::Object(id) => match self.state.heap.get(id).map(|object| object.content.clone())
            {
                Some(Content::List(segments)) => {
                    if segments
                        .iter()
                        .any(|segment| matches!(segment.kind, SegmentKind::Rows(_)))
                        || segments.iter().all(|segment| {
                            segment
                                .guard
                                .iter()
                                .all(|fact| fact.scope == crate::values::NO_ROW)
                        })
                    {
                        Ok(Iteration::Rows(self.list_relation(&segments, None, span)?))
                    } else {
                        Err(Refusal::new(
                            "loop",
                            "it runs over a list whose length depends on the row",
                            Some(span.clone()),
                        ))
                    }
                }
                Some(Content::Members(_)) => Err(Refusal::new(
                    "loop",
                    "a set has no order",
                    Some(span.clone()),
                )),
                Some(Content::Table(table)) => Ok(Iteration::Items(Self::table_keys(&table))),
                Some(Content::Dict(dict)) if dict.class.is_some() => Err(Refusal::new(
                    "loop",
                    "it runs over an instance of a class",
                    Some(span.clone()),
                )),
                Some(Content::Dict(dict)) => match &dict.rest {
                    Rest::Built(_) if dict.set => Err(Refusal::new(
                        "loop",
                        "a set has no order",
                        Some(span.clone()),
                    )),
                    Rest::Built(mapping) => {
                        let keys = Matching {
                            relation: keys_of(mapping),
                            on: mapping.outer.clone(),
                        };
                        self.matching_rows(keys, span)
                    }
                    Rest::Nothing if dict.set && dict.entries.len() > 1 => Err(Refusal::new(
                        "loop",
                        "a set has no order",
                        Some(span.clone()),
                    )),
                    Rest::Nothing => Ok(Iteration::Items(
                        dict.entries
                            .iter()
                            .map(|(key, _)| Value::literal(key.clone()))
                            .collect(),
                    )),
                    Rest::Touched(_) | Rest::Filling | Rest::Part(_) => Err(filling(span)),
                },
                Some(Content::Frame(node)) => Ok(Iteration::Items(
                    self.flow
                        .node(node)
                        .schema
                        .names()
                        .map(|name| Value::text(name.as_str()))
                        .collect(),
                )),
                Some(Content::EmptyFrame(columns)) => Ok(Iteration::Items(
                    columns
                        .iter()
                        .map(|name| Value::text(name.as_str()))
                        .collect(),
                )),
                Some(Content::Cursor(_)) => Ok(Iteration::Rows(self.cursor_rows(*id, span)?)),
                Some(Content::Database(_)) => Err(Refusal::new(
                    "loop",
                    "it runs over a connection",
                    Some(span.clone()),
                )),
                Some(Content::Poisoned(refusal)) => Err((*refusal).clone()),
                None => Err(Refusal::new(
                    "loop",
                    "the object is lost",
                    Some(span.clone()),
                )),
            },
            Value::Series(series) => {
                let element = self.boxed(series.frame, &series.expr)?;
                Ok(Iteration::Rows(Relation {
                    node: series.frame,
                    element,
                }))
            }
            Value::Record(record) if record.kind == RecordKind::Dict => Ok(Iteration::Items(
                record
                    .fields
                    .iter()
                    .map(|(name, _)| Value::text(name))
                    .collect(),
            )),
            Value::Unknown(refusal) => Err((**refusal).clone()),
            other => Err(Refusal::new(
                "loop",
                format!("it runs over {}", other.kind()),
                Some(span.clone()),
            )),
        }
    }

    /// Rows to loop over; outside of loops those that belong to a constant key.
    fn matching_rows(&mut self, rows: Matching, span: &Span) -> Result<Iteration, Refusal> {
        if rows
            .on
            .iter()
            .all(|(_, term)| term.scope == crate::values::NO_ROW)
        {
            return Ok(Iteration::Rows(self.chosen(&rows, span)?));
        }
        Ok(Iteration::Matching(rows))
    }

    /// A column's value as Python sees it outside pandas.
    fn boxed(&self, node: NodeId, expr: &relift_dataflow::Expr) -> Result<Template, Refusal> {
        self.type_over(expr, node)?;
        Ok(Value::Scalar(Term {
            expr: expr.clone(),
            scope: crate::values::TEMPLATE,
            numpy: false,
        }))
    }

    /// One row of a frame.
    pub(crate) fn frame_row(&self, node: NodeId, kind: RecordKind) -> Template {
        let schema = &self.flow.node(node).schema;
        let numeric = kind == RecordKind::Series
            && !schema.columns().is_empty()
            && schema
                .columns()
                .iter()
                .all(|column| matches!(column.ty.base, Base::Int64 | Base::Float64 | Base::Number));
        let mixed = numeric
            && schema
                .columns()
                .iter()
                .any(|column| column.ty.base == Base::Float64);
        // Columns of integers that are floats on some days make the others floats on those days.
        let dated: Vec<ColumnName> = schema
            .columns()
            .iter()
            .filter(|column| column.ty.base == Base::Number)
            .map(|column| column.name.clone())
            .collect();
        let together = if numeric && !mixed && !dated.is_empty() {
            self.upcast_together(&dated, node)
        } else {
            None
        };
        let fields = schema
            .columns()
            .iter()
            .map(|column| {
                if numeric && !mixed && !dated.is_empty() && together.is_none() {
                    let refusal = Refusal::new(
                        "row of a frame",
                        "whether its numbers are ints or floats depends on the data",
                        None,
                    );
                    return (column.name.to_string(), Value::unknown(refusal));
                }
                let mut term = Term {
                    numpy: numeric,
                    ..Term::template(&column.name)
                };
                // A row of numbers is one numpy array: one float makes all of them floats.
                if mixed && column.ty.base != Base::Float64 {
                    term.expr = relift_dataflow::Expr::call(Function::ToFloat, vec![term.expr]);
                } else if let Some(floats) = &together {
                    let float =
                        relift_dataflow::Expr::call(Function::ToFloat, vec![term.expr.clone()]);
                    term.expr = crate::state::choose(floats, float, term.expr);
                }
                (column.name.to_string(), Value::Scalar(term))
            })
            .collect();
        Value::Record(Rc::new(Record { kind, fields }))
    }

    /// `frame.iterrows()`, `.itertuples()` and `.to_dict("records")`.
    pub(crate) fn frame_rows(&self, node: NodeId, kind: RecordKind, indexed: bool) -> Value {
        let mut row = self.frame_row(node, kind);
        let index = Value::unknown(Refusal::new(
            "index of a row",
            "its labels are not lifted",
            None,
        ));
        if indexed {
            row = match (kind, row) {
                (RecordKind::NamedTuple, Value::Record(record)) => {
                    let mut fields = vec![("Index".to_owned(), index)];
                    fields.extend(record.fields.iter().cloned());
                    Value::Record(Rc::new(Record { kind, fields }))
                }
                (_, row) => Value::Tuple(vec![index, row]),
            };
        }
        Value::Rows(Box::new(Relation { node, element: row }))
    }

    /// `d.items()`, `d.keys()` and `d.values()`.
    pub(crate) fn dict_view(
        &mut self,
        id: ObjectId,
        view: &str,
        span: &Span,
    ) -> Result<Value, Refusal> {
        self.settle_part(id);
        let dict = self.dict(id)?.clone();
        match &dict.rest {
            Rest::Built(mapping) => {
                let element = match view {
                    "items" => Value::Tuple(vec![mapping.key.clone(), mapping.value.clone()]),
                    "keys" => mapping.key.clone(),
                    _ => mapping.value.clone(),
                };
                let relation = Relation {
                    node: mapping.node,
                    element,
                };
                if mapping.outer.is_empty() {
                    return Ok(Value::Rows(Box::new(relation)));
                }
                Ok(Value::Matching(Box::new(Matching {
                    relation,
                    on: mapping.outer.clone(),
                })))
            }
            Rest::Nothing => Ok(Value::Tuple(
                dict.entries
                    .iter()
                    .map(|(key, value)| {
                        let key = Value::literal(key.clone());
                        match view {
                            "items" => Value::Tuple(vec![key, value.clone()]),
                            "keys" => key,
                            _ => value.clone(),
                        }
                    })
                    .collect(),
            )),
            Rest::Touched(_) | Rest::Filling | Rest::Part(_) => Err(filling(span)),
        }
    }

    /// Number of entries.
    pub(crate) fn dict_length(&mut self, id: ObjectId, span: &Span) -> Result<Term, Refusal> {
        self.no_instance(id, "call of `len`", span)?;
        self.settle_part(id);
        let dict = self.dict(id)?.clone();
        match &dict.rest {
            Rest::Built(mapping) => {
                let entries = Matching {
                    relation: keys_of(mapping),
                    on: mapping.outer.clone(),
                };
                self.matching_count(&entries, span)
            }
            Rest::Nothing => {
                if dict
                    .entries
                    .iter()
                    .any(|(_, value)| matches!(value, Value::Choice(_)))
                {
                    return Err(Refusal::new(
                        "dictionary",
                        "its number of entries differs between paths",
                        Some(span.clone()),
                    ));
                }
                Ok(Term::literal(Literal::Int(dict.entries.len() as i64)))
            }
            Rest::Touched(_) | Rest::Filling | Rest::Part(_) => Err(filling(span)),
        }
    }

    /// `zip(a, b)`: columns of one frame, or constants.
    pub(crate) fn zip(&mut self, parts: &[Value], span: &Span) -> Result<Value, Refusal> {
        let mut items = Vec::new();
        let mut rows: Vec<Matching> = Vec::new();
        for part in parts {
            match self.iterate(part, span)?.into_rows() {
                Err(part) => items.push(part),
                Ok(part) => rows.push(part),
            }
        }
        if rows.is_empty() {
            let length = items.iter().map(Vec::len).min().unwrap_or(0);
            return Ok(Value::Tuple(
                (0..length)
                    .map(|index| {
                        Value::Tuple(items.iter().map(|part| part[index].clone()).collect())
                    })
                    .collect(),
            ));
        }
        let (node, on) = (rows[0].relation.node, rows[0].on.clone());
        let paired = |rows: Matching| {
            if rows.on.is_empty() {
                Value::Rows(Box::new(rows.relation))
            } else {
                Value::Matching(Box::new(rows))
            }
        };
        if items.is_empty()
            && let Some(pairs) = self.neighbours(&rows, span)?
        {
            return Ok(paired(pairs));
        }
        if !items.is_empty()
            || rows
                .iter()
                .any(|part| part.relation.node != node || part.on != on)
        {
            return Err(Refusal::new(
                "zip",
                "it pairs rows of different relations by position",
                Some(span.clone()),
            ));
        }
        let element = Value::Tuple(rows.into_iter().map(|part| part.relation.element).collect());
        Ok(paired(Matching {
            relation: Relation { node, element },
            on,
        }))
    }

    /// `enumerate(a)`.
    pub(crate) fn enumerate(
        &mut self,
        value: &Value,
        start: i64,
        span: &Span,
    ) -> Result<Value, Refusal> {
        Ok(match self.iterate(value, span)? {
            Iteration::Items(items) => Value::Tuple(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| Value::Tuple(vec![Value::int(start + index as i64), item]))
                    .collect(),
            ),
            Iteration::Rows(relation) => {
                let rows = self.enumerated(&Matching::all(relation), start, span)?;
                Value::Rows(Box::new(rows.relation))
            }
            Iteration::Matching(rows) => {
                Value::Matching(Box::new(self.enumerated(&rows, start, span)?))
            }
        })
    }

    /// `counter.most_common(n)`: entries by their counts, equal ones as they were first counted.
    pub(crate) fn most_common(
        &mut self,
        id: ObjectId,
        most: Option<&Value>,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let most = match most {
            Some(most) if !most.is_none() => Some(
                most.as_int()
                    .ok_or_else(|| arguments.refuse("how many is not constant"))?
                    .max(0),
            ),
            _ => None,
        };
        let entries = self.dict_view(id, "items", span)?;
        let rows = self
            .iterate(&entries, span)?
            .into_rows()
            .map_err(|_| arguments.refuse("of constant keys it is not lifted"))?;
        let count = match &rows.relation.element {
            Value::Tuple(entry) => entry.get(1).cloned(),
            _ => None,
        };
        let Some(Value::Scalar(count)) = count else {
            return Err(arguments.refuse("its counts are no numbers"));
        };
        let ty = self.type_over(&count.expr, rows.relation.node)?;
        if ty.base != Base::Int64 || ty.missing.possible() {
            return Err(arguments.refuse(format!("its counts are {ty}")));
        }
        let name = self.flow.node(rows.relation.node).name.clone();
        let sorted = self.add(
            Op::Sort {
                input: rows.relation.node,
                by: vec![SortKey {
                    expr: count.expr,
                    descending: true,
                    missing_first: false,
                }],
            },
            span,
            name.as_deref(),
        )?;
        let mut rows = Matching {
            relation: Relation {
                node: sorted,
                element: rows.relation.element,
            },
            on: rows.on,
        };
        if most.is_some() {
            let part = crate::positions::Part {
                lower: None,
                upper: most,
                reversed: false,
            };
            rows = self.part_of(&rows, part, span)?;
        }
        if !rows.on.is_empty() {
            return Ok(Value::Matching(Box::new(rows)));
        }
        let list = self.list_of(Vec::new());
        self.extend_list(
            object_id(&list),
            &Value::Rows(Box::new(rows.relation)),
            span,
        )?;
        Ok(list)
    }

    /// The items for something that their order does not matter to; a set has none.
    pub(crate) fn in_any_order(
        &mut self,
        value: &Value,
        span: &Span,
    ) -> Result<Iteration, Refusal> {
        let value = &self.resolved(value, "loop", span)?;
        let Value::Object(id) = value else {
            return self.iterate(value, span);
        };
        match self.dict(*id) {
            Ok(dict) if dict.set && dict.rest == Rest::Nothing => Ok(Iteration::Items(
                dict.entries
                    .iter()
                    .map(|(key, _)| Value::literal(key.clone()))
                    .collect(),
            )),
            Ok(Dict {
                set: true,
                class: None,
                rest: Rest::Built(mapping),
                ..
            }) => {
                let keys = Matching {
                    relation: keys_of(mapping),
                    on: mapping.outer.clone(),
                };
                if keys.on.is_empty() {
                    return Ok(Iteration::Rows(keys.relation));
                }
                self.matching_rows(keys, span)
            }
            _ => self.iterate(value, span),
        }
    }

    /// `sorted(a, key=…, reverse=…)`, as a new list.
    pub(crate) fn sorted(
        &mut self,
        value: &Value,
        key: Option<&Value>,
        descending: bool,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let iteration = if key.is_none() {
            self.in_any_order(value, span)?
        } else {
            self.iterate(value, span)?
        };
        match iteration {
            Iteration::Matching(rows) => {
                let relation = self.sorted_rows(&rows.relation, key, descending, span)?;
                Ok(Value::Matching(Box::new(Matching {
                    relation,
                    on: rows.on,
                })))
            }
            Iteration::Rows(relation) => {
                let sorted = self.sorted_rows(&relation, key, descending, span)?;
                let list = self.list_of(Vec::new());
                self.extend_list(object_id(&list), &Value::Rows(Box::new(sorted)), span)?;
                Ok(list)
            }
            Iteration::Items(items) => {
                let refuse = || {
                    Refusal::new(
                        "sorted",
                        "it sorts values that are not constant",
                        Some(span.clone()),
                    )
                };
                if key.is_some() {
                    return Err(refuse());
                }
                let mut texts = Vec::new();
                let mut numbers = Vec::new();
                for item in &items {
                    match item.as_literal() {
                        Some(Literal::Text(text)) => texts.push(text.clone()),
                        Some(Literal::Int(number)) => numbers.push(*number),
                        _ => return Err(refuse()),
                    }
                }
                if !texts.is_empty() && !numbers.is_empty() {
                    return Err(refuse());
                }
                texts.sort();
                numbers.sort_unstable();
                let mut sorted: Vec<Value> = texts
                    .iter()
                    .map(|text| Value::text(text))
                    .chain(numbers.into_iter().map(Value::int))
                    .collect();
                if descending {
                    sorted.reverse();
                }
                Ok(self.list_of(sorted))
            }
        }
    }

    /// The first rows of a relation.
    pub(crate) fn first_rows(
        &mut self,
        relation: &Relation,
        count: u64,
        span: &Span,
    ) -> Result<Relation, Refusal> {
        let name = self.flow.node(relation.node).name.clone();
        let node = self.add(
            Op::Limit {
                input: relation.node,
                count,
            },
            span,
            name.as_deref(),
        )?;
        Ok(Relation {
            node,
            element: relation.element.clone(),
        })
    }
}

fn keys_of(mapping: &Mapping) -> Relation {
    Relation {
        node: mapping.node,
        element: mapping.key.clone(),
    }
}

pub(crate) fn filling(span: &Span) -> Refusal {
    Refusal::new(
        "loop",
        "a dictionary is read as a whole while the loop fills it",
        Some(span.clone()),
    )
}

pub(crate) fn object_id(value: &Value) -> ObjectId {
    match value {
        Value::Object(id) => *id,
        _ => 0,
    }
}
