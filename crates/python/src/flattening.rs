//! How records, tuples and keys become columns of a relation, and come back from them.

use std::rc::Rc;

use relift_dataflow::{Literal, Refusal};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::lowering::Lowerer;
use crate::mappings::refusal;
use crate::merging::resolve;
use crate::state::{State, without_known};
use crate::values::{
    Content, Dict, Mapping, Matching, Part, Record, RecordKind, Rest, Segment, SegmentKind,
    Template, Term, Value,
};

/// A value as columns, and the template that makes it again from them.
#[derive(Clone, Debug)]
pub(crate) struct Flattened {
    pub(crate) template: Template,
    pub(crate) columns: Vec<(ColumnName, Term)>,
}

impl Lowerer<'_> {
    /// A value as columns. Lists and dictionaries must have a fixed set of items.
    #[expect(
        clippy::unused_self,
        reason = "asked like `flatten_key`, which needs types"
    )]
    pub(crate) fn flatten(
        &self,
        value: &Value,
        state: &State,
        name: &str,
    ) -> Result<Flattened, Refusal> {
        let mut columns = Vec::new();
        let template = Self::flatten_into(value, state, name, true, &mut columns)?;
        Ok(Flattened { template, columns })
    }

    fn flatten_into(
        value: &Value,
        state: &State,
        name: &str,
        top: bool,
        columns: &mut Vec<(ColumnName, Term)>,
    ) -> Result<Template, Refusal> {
        let below = |part: &str| {
            if top {
                part.to_owned()
            } else {
                format!("{name}_{part}")
            }
        };
        let position = |index: usize| format!("{name}_{}", index + 1);
        match &resolve(value, state) {
            Value::Scalar(term) => {
                let column = column_for(term, name, columns);
                Ok(Value::Scalar(Term {
                    numpy: term.numpy,
                    ..Term::template(&column)
                }))
            }
            Value::Days(term) => {
                let column = column_for(term, name, columns);
                Ok(Value::Days(Term::template(&column)))
            }
            Value::Span(term) => {
                let column = column_for(term, name, columns);
                Ok(Value::Span(Term::template(&column)))
            }
            Value::Exact(term) => {
                let column = column_for(term, name, columns);
                Ok(Value::Exact(Term::template(&column)))
            }
            Value::Tuple(items) => Ok(Value::Tuple(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| {
                        Self::flatten_into(item, state, &position(index), false, columns)
                    })
                    .collect::<Result<_, _>>()?,
            )),
            Value::FrozenList(items) => Ok(Value::FrozenList(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| {
                        Self::flatten_into(item, state, &position(index), false, columns)
                    })
                    .collect::<Result<_, _>>()?,
            )),
            Value::Record(record) => Ok(Value::Record(Rc::new(Record {
                kind: record.kind,
                fields: record
                    .fields
                    .iter()
                    .map(|(field, item)| {
                        // What is not known of a row matters where it is asked for.
                        if let Value::Unknown(_) = item
                            && matches!(record.kind, RecordKind::NamedTuple | RecordKind::Series)
                        {
                            return Ok((field.clone(), item.clone()));
                        }
                        let item = Self::flatten_into(item, state, &below(field), false, columns)?;
                        Ok((field.clone(), item))
                    })
                    .collect::<Result<_, Refusal>>()?,
            }))),
            Value::Object(id) => match state.heap.get(id).map(|object| &object.content) {
                Some(Content::List(segments))
                    if matches!(&segments[..], [Segment { guard, kind: SegmentKind::Matching(_) }]
                        if guard.iter().all(|fact| state.known(&fact.expr) == Some(true))) =>
                {
                    let matching = segments.iter().find_map(|segment| match &segment.kind {
                        SegmentKind::Matching(matching) => Some(matching.clone()),
                        _ => None,
                    });
                    let matching = matching
                        .map(|matching| Value::Matching(Box::new(matching)))
                        .ok_or_else(|| refusal("list", "its rows are lost"))?;
                    Self::flatten_into(&matching, state, name, top, columns)
                }
                Some(Content::List(segments)) => {
                    let mut items = Vec::new();
                    for (index, segment) in segments.iter().enumerate() {
                        match &segment.kind {
                            SegmentKind::Item(item) if segment.guard.is_empty() => items.push(
                                Self::flatten_into(item, state, &position(index), false, columns)?,
                            ),
                            _ => {
                                return Err(refusal(
                                    "list",
                                    "a list of changing length is stored as one value",
                                ));
                            }
                        }
                    }
                    Ok(Value::FrozenList(items))
                }
                Some(Content::Dict(Dict {
                    rest: Rest::Part(part),
                    ..
                })) => Ok(Value::Within(Box::new(Part {
                    flat: part.flat,
                    key: Value::Unbound,
                }))),
                Some(Content::Dict(dict)) if !dict.set && dict.rest == Rest::Nothing => {
                    let mut fields = Vec::new();
                    for (key, item) in &dict.entries {
                        let Literal::Text(field) = key else {
                            return Err(refusal(
                                "dictionary",
                                "a record with keys that are not text is stored as one value",
                            ));
                        };
                        let item = Self::flatten_into(item, state, &below(field), false, columns)?;
                        fields.push((field.clone(), item));
                    }
                    Ok(Value::Record(Rc::new(Record {
                        kind: dict.class.map_or(RecordKind::Dict, RecordKind::Instance),
                        fields,
                    })))
                }
                Some(Content::Poisoned(refusal)) => Err((**refusal).clone()),
                _ => Err(refusal(
                    "stored value",
                    "a collection inside a collection is not lifted",
                )),
            },
            Value::Matching(matching) => Ok(Value::Matching(Box::new(Matching {
                relation: matching.relation.clone(),
                on: matching
                    .on
                    .iter()
                    .map(|(key, term)| {
                        let column = column_for(term, &below(key.as_str()), columns);
                        (key.clone(), Term::template(&column))
                    })
                    .collect(),
            }))),
            Value::Members(members) => Ok(Value::Members(Box::new(Mapping {
                outer: members
                    .outer
                    .iter()
                    .map(|(key, term)| {
                        let column = column_for(term, &below(key.as_str()), columns);
                        (key.clone(), Term::template(&column))
                    })
                    .collect(),
                ..(**members).clone()
            }))),
            // A reference to it in a record of its own would have to name its key.
            Value::Within(_) => Err(refusal(
                "stored value",
                "a dictionary inside a dictionary is stored elsewhere, too",
            )),
            Value::Unknown(refusal) => Err((**refusal).clone()),
            Value::Choice(choice)
                if matches!(choice.no, Value::Unbound) || matches!(choice.yes, Value::Unbound) =>
            {
                Err(refusal(
                    "stored value",
                    "a part of it is set on some paths only",
                ))
            }
            other => Err(refusal(
                "stored value",
                &format!("{} is stored for later rows", other.kind()),
            )),
        }
    }

    /// A dictionary key as columns; it must be a scalar or a tuple of scalars.
    pub(crate) fn flatten_key(
        &self,
        key: &Value,
        state: &State,
        span: &Span,
    ) -> Result<Flattened, Refusal> {
        let scalar = |term: &Term, index: Option<usize>, columns: &mut Vec<(ColumnName, Term)>| {
            let ty = self.type_of(term)?;
            if ty.missing.nan {
                return Err(Refusal::new(
                    "dictionary key",
                    "it can be NaN, which is not equal to itself",
                    Some(span.clone()),
                ));
            }
            // A plain column is the key itself, wherever the path knows that it is not None.
            let plain = without_known(&term.expr);
            let term = if plain.as_column().is_some() {
                Term {
                    expr: plain,
                    ..term.clone()
                }
            } else {
                term.clone()
            };
            let name = match (term.expr.as_column(), index) {
                (Some(column), _) => column.to_string(),
                (None, None) => "key".to_owned(),
                (None, Some(index)) => format!("key_{}", index + 1),
            };
            let column = column_for(&term, &name, columns);
            Ok(Value::Scalar(Term {
                numpy: term.numpy,
                ..Term::template(&column)
            }))
        };
        let mut columns = Vec::new();
        let template = match &resolve(key, state) {
            Value::Scalar(term) => scalar(term, None, &mut columns)?,
            Value::Tuple(items) => Value::Tuple(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| match item {
                        Value::Scalar(term) => scalar(term, Some(index), &mut columns),
                        Value::Unknown(refusal) => Err((**refusal).clone()),
                        other => Err(Refusal::new(
                            "dictionary key",
                            format!("it holds {}", other.kind()),
                            Some(span.clone()),
                        )),
                    })
                    .collect::<Result<_, _>>()?,
            ),
            Value::Unknown(refusal) => return Err((**refusal).clone()),
            other => {
                return Err(Refusal::new(
                    "dictionary key",
                    format!("it is {}", other.kind()),
                    Some(span.clone()),
                ));
            }
        };
        Ok(Flattened { template, columns })
    }

    /// A stored record or list as an object of the current row, which may be changed.
    pub(crate) fn thaw(&mut self, value: &Value) -> Value {
        match value {
            Value::FrozenList(items) => {
                let segments = items
                    .iter()
                    .map(|item| Segment {
                        guard: Vec::new(),
                        kind: SegmentKind::Item(self.thaw(item)),
                    })
                    .collect();
                self.object(Content::List(segments))
            }
            Value::Matching(_) if crate::groups::is_placeholder(value) => self.earlier_items(value),
            Value::Within(part) => self.object_of_part(part),
            Value::Record(record)
                if matches!(record.kind, RecordKind::Dict | RecordKind::Instance(_)) =>
            {
                let class = match record.kind {
                    RecordKind::Instance(class) => Some(class),
                    _ => None,
                };
                let entries = record
                    .fields
                    .iter()
                    .map(|(name, item)| (Literal::Text(name.clone()), self.thaw(item)))
                    .collect();
                self.object(Content::Dict(Dict {
                    set: false,
                    class,
                    factory: None,
                    entries,
                    rest: Rest::Nothing,
                }))
            }
            other => other.clone(),
        }
    }

    /// Whether an object that also stands in a list can be reached.
    pub(crate) fn reaches_escaped(value: &Value, state: &State) -> bool {
        match value {
            Value::Object(id) => state.heap.get(id).is_some_and(|object| {
                object.escaped
                    || match &object.content {
                        Content::List(segments) => segments.iter().any(|segment| {
                            matches!(&segment.kind, SegmentKind::Item(item)
                                if Self::reaches_escaped(item, state))
                        }),
                        Content::Dict(dict) => dict
                            .entries
                            .iter()
                            .any(|(_, item)| Self::reaches_escaped(item, state)),
                        _ => false,
                    }
            }),
            Value::Tuple(items) | Value::FrozenList(items) => {
                items.iter().any(|item| Self::reaches_escaped(item, state))
            }
            Value::Choice(choice) => {
                Self::reaches_escaped(&choice.yes, state)
                    || Self::reaches_escaped(&choice.no, state)
            }
            _ => false,
        }
    }
}

/// Adds a column of a name not yet taken.
fn column_for(term: &Term, name: &str, columns: &mut Vec<(ColumnName, Term)>) -> ColumnName {
    let mut column = ColumnName::from(name);
    let mut count = 1;
    while columns.iter().any(|(other, _)| *other == column) {
        count += 1;
        column = ColumnName::from(format!("{name}_{count}"));
    }
    columns.push((column.clone(), term.clone()));
    column
}
