//! Methods of texts, dates, decimals, rows, lists and dictionaries.

use std::rc::Rc;

use relift_dataflow::{Base, Expr, Function, Literal, Refusal};
use relift_diagnostics::Span;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::state::any;
use crate::values::{Content, ObjectId, Record, RecordKind, Term, Value};

impl Lowerer<'_> {
    pub(crate) fn call_method(
        &mut self,
        receiver: &Value,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        match receiver {
            Value::Scalar(term) => self.scalar_method(term.clone(), name, arguments),
            Value::Record(record) => match (record.kind, name) {
                (RecordKind::Dict | RecordKind::Series, "get") => {
                    arguments.only(2, &["default"])?;
                    let Some(field) = arguments.need(0, "key")?.as_text() else {
                        return Err(arguments.refuse("the name is not constant"));
                    };
                    match record.field(field) {
                        Some(value) => Ok(value.clone()),
                        None => Ok(arguments
                            .get(1, "default")
                            .cloned()
                            .unwrap_or(Value::none())),
                    }
                }
                (RecordKind::Dict, "items" | "keys" | "values") => {
                    arguments.only(0, &[])?;
                    Ok(Value::Tuple(
                        record
                            .fields
                            .iter()
                            .map(|(field, value)| match name {
                                "items" => Value::Tuple(vec![Value::text(field), value.clone()]),
                                "keys" => Value::text(field),
                                _ => value.clone(),
                            })
                            .collect(),
                    ))
                }
                (RecordKind::Dict, "copy") => Ok(self.thaw(receiver)),
                (RecordKind::Series, "to_dict") => {
                    let fields = record.fields.clone();
                    Ok(self.thaw(&crate::expressions::dict_record(fields)))
                }
                (RecordKind::NamedTuple, "_asdict") => {
                    let fields = record.fields.clone();
                    Ok(self.thaw(&crate::expressions::dict_record(fields)))
                }
                (RecordKind::NamedTuple, "_replace") => {
                    arguments.only(0, &field_names(record))?;
                    let fields = record.fields.iter().map(|(field, value)| {
                        let value = arguments.named(field).unwrap_or(value);
                        (field.clone(), value.clone())
                    });
                    Ok(Value::Record(Rc::new(Record {
                        kind: RecordKind::NamedTuple,
                        fields: fields.collect(),
                    })))
                }
                (RecordKind::Instance(class), _) => self
                    .instance_method(class, receiver, name, arguments)
                    .unwrap_or_else(|| Err(arguments.refuse("the class has none"))),
                _ => Err(arguments.refuse("this method of a row is not lifted")),
            },
            Value::Object(id) => {
                let id = *id;
                match self
                    .state
                    .heap
                    .get(&id)
                    .map(|object| object.content.clone())
                {
                    Some(Content::Frame(node)) => self.frame_method(id, node, name, arguments),
                    Some(Content::EmptyFrame(_)) => {
                        Err(arguments.refuse("methods of an empty frame are not lifted"))
                    }
                    Some(Content::List(_)) => self.list_method(id, name, arguments),
                    Some(Content::Dict(dict)) => match dict.class {
                        Some(class) => self
                            .instance_method(class, receiver, name, arguments)
                            .unwrap_or_else(|| Err(arguments.refuse("the class has none"))),
                        None => self.dict_method(id, name, arguments),
                    },
                    Some(Content::Poisoned(refusal)) => Err((*refusal).clone()),
                    None => Err(arguments.refuse("the object is lost")),
                }
            }
            Value::Series(_) => self.series_method(receiver, name, arguments),
            Value::Bound(inner, accessor) => match (&**inner, &**accessor) {
                (Value::Series(_), "str" | "dt") => {
                    self.series_accessor(inner, accessor, name, arguments)
                }
                _ => Err(arguments.refuse("it is not lifted")),
            },
            Value::SharedState => match name {
                "get" => {
                    arguments.only(2, &[])?;
                    let Some(frame) = arguments.need(0, "key")?.as_text() else {
                        return Err(arguments.refuse("the name is not constant"));
                    };
                    let known = frame == "__etlEffectiveDate"
                        || self
                            .state
                            .shared
                            .contains_key(&relift_job::FrameName::from(frame));
                    if known {
                        return self.shared_item(frame, &span);
                    }
                    Ok(arguments
                        .positional
                        .get(1)
                        .cloned()
                        .unwrap_or(Value::none()))
                }
                _ => Err(arguments.refuse("this use of the shared state is not lifted")),
            },
            Value::Tuple(_) | Value::FrozenList(_) => {
                Err(arguments.refuse("this method of a sequence is not lifted"))
            }
            Value::Global(path) => {
                let path = format!("{path}.{name}");
                self.call_global(&path, arguments)
            }
            Value::Unknown(refusal) => Err((**refusal).clone()),
            other => Err(arguments.refuse(format!("{} has no such method", other.kind()))),
        }
    }

    fn scalar_method(
        &mut self,
        term: Term,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let ty = self.type_of(&term)?;
        match ty.base {
            Base::Text => self.text_method(term, name, arguments),
            Base::Date | Base::Timestamp => {
                let term = self.known(
                    term,
                    &arguments.construct,
                    "None has no method and raises AttributeError",
                    span,
                )?;
                self.date_method(term, ty.base, name, arguments)
            }
            Base::Decimal { .. } if name == "quantize" => {
                Ok(Value::Scalar(self.quantize(term, arguments)?))
            }
            Base::Int64 | Base::Float64 if name == "item" && term.numpy => {
                Ok(Value::Scalar(Term {
                    numpy: false,
                    ..term
                }))
            }
            _ => Err(arguments.refuse(format!("it is not lifted for {ty}"))),
        }
    }

    fn text_method(
        &mut self,
        term: Term,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let literal_receiver = term.as_literal().cloned();
        let term = self.known(
            term,
            &arguments.construct,
            "None has no method and raises AttributeError",
            span,
        )?;
        let plain = match name {
            "upper" => Some(Function::Upper),
            "lower" => Some(Function::Lower),
            "title" => Some(Function::Title),
            "strip" if arguments.positional.is_empty() => Some(Function::Strip),
            _ => None,
        };
        if let Some(function) = plain {
            arguments.only(0, &[])?;
            return Ok(Value::Scalar(self.apply(function, vec![term], span)?));
        }
        match name {
            "startswith" | "endswith" => {
                arguments.only(1, &[])?;
                let function = if name == "startswith" {
                    Function::StartsWith
                } else {
                    Function::EndsWith
                };
                let affix = arguments.need(0, "prefix")?.clone();
                let affixes = match self.fixed_items(&affix) {
                    Some(items) => items,
                    None => vec![affix],
                };
                let mut parts = Vec::new();
                let mut terms = vec![term.clone()];
                for affix in affixes {
                    let affix = self.scalar(&affix, &arguments.construct, span)?;
                    let part = self.apply(function, vec![term.clone(), affix.clone()], span)?;
                    terms.push(affix);
                    parts.push(part.expr);
                }
                let scope = self.scope_of(&terms.iter().collect::<Vec<_>>(), span)?;
                Ok(Value::Scalar(Term {
                    expr: any(parts).at(Some(span.clone())),
                    scope,
                    numpy: false,
                }))
            }
            "replace" => {
                arguments.only(2, &[])?;
                let from = arguments.need(0, "old")?;
                if from.as_text().is_none_or(str::is_empty) {
                    return Err(arguments.refuse("what is replaced is not a constant text"));
                }
                let from = self.scalar(&from.clone(), &arguments.construct, span)?;
                let to = self.scalar(
                    &arguments.need(1, "new")?.clone(),
                    &arguments.construct,
                    span,
                )?;
                let to = self.known(to, &arguments.construct, "None raises TypeError", span)?;
                Ok(Value::Scalar(self.apply(
                    Function::Replace,
                    vec![term, from, to],
                    span,
                )?))
            }
            "join" => {
                arguments.only(1, &[])?;
                let parts = arguments.need(0, "iterable")?.clone();
                let (Some(Literal::Text(separator)), Some(items)) =
                    (literal_receiver, self.fixed_items(&parts))
                else {
                    return Err(arguments.refuse("it joins a list of changing length"));
                };
                let mut terms = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        terms.push(Term::literal(Literal::Text(separator.clone())));
                    }
                    let item = self.scalar(item, &arguments.construct, span)?;
                    terms.push(self.known(
                        item,
                        &arguments.construct,
                        "None raises TypeError",
                        span,
                    )?);
                }
                self.concatenated(terms, span)
            }
            "format" => self.format_method(literal_receiver.as_ref(), arguments),
            _ => Err(arguments.refuse("this method of text is not lifted")),
        }
    }

    /// `"{} {:.2f}".format(a, b)`.
    fn format_method(
        &mut self,
        receiver: Option<&Literal>,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let Some(Literal::Text(template)) = receiver else {
            return Err(arguments.refuse("the format is not constant"));
        };
        let mut parts = Vec::new();
        let mut rest = template.as_str();
        let mut next = 0;
        while let Some(at) = rest.find(['{', '}']) {
            if rest[at..].starts_with("{{") || rest[at..].starts_with("}}") {
                parts.push(Term::literal(Literal::Text(rest[..=at].to_owned())));
                rest = &rest[at + 2..];
                continue;
            }
            parts.push(Term::literal(Literal::Text(rest[..at].to_owned())));
            let end = rest[at..]
                .find('}')
                .ok_or_else(|| arguments.refuse("the format is not closed"))?;
            let field = &rest[at + 1..at + end];
            let (name, spec) = field.split_once(':').unwrap_or((field, ""));
            let value = if name.is_empty() {
                next += 1;
                arguments.positional.get(next - 1)
            } else if let Ok(index) = name.parse::<usize>() {
                arguments.positional.get(index)
            } else {
                arguments.named(name)
            };
            let value = value
                .cloned()
                .ok_or_else(|| arguments.refuse(format!("the field `{name}` is not lifted")))?;
            parts.push(self.formatted(&value, spec, &arguments.span)?);
            rest = &rest[at + end + 1..];
        }
        parts.push(Term::literal(Literal::Text(rest.to_owned())));
        self.concatenated(parts, &arguments.span)
    }

    /// Monday is 1.
    fn iso_weekday(&mut self, date: Term, span: &Span) -> Result<Term, Refusal> {
        let weekday = self.apply(Function::Weekday, vec![date], span)?;
        let one = Term::literal(Literal::Int(1));
        self.apply(Function::Add, vec![weekday, one], span)
    }

    fn date_method(
        &mut self,
        term: Term,
        base: Base,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let simple = match name {
            "weekday" => Some(Function::Weekday),
            "isoformat" if base == Base::Date => Some(Function::IsoText),
            "date" if base == Base::Timestamp => Some(Function::ToDate),
            _ => None,
        };
        if let Some(function) = simple {
            arguments.only(0, &[])?;
            return Ok(Value::Scalar(self.apply(function, vec![term], span)?));
        }
        match name {
            "isoweekday" => {
                arguments.only(0, &[])?;
                Ok(Value::Scalar(self.iso_weekday(term, span)?))
            }
            "isocalendar" => {
                arguments.only(0, &[])?;
                let year = self.apply(Function::IsoYear, vec![term.clone()], span)?;
                let week = self.apply(Function::IsoWeek, vec![term.clone()], span)?;
                let weekday = self.iso_weekday(term, span)?;
                let fields = [("year", year), ("week", week), ("weekday", weekday)];
                Ok(Value::Record(Rc::new(Record {
                    kind: RecordKind::NamedTuple,
                    fields: fields
                        .map(|(name, field)| (name.to_owned(), Value::Scalar(field)))
                        .into(),
                })))
            }
            "strftime" => {
                arguments.only(1, &[])?;
                let format = arguments.need(0, "format")?.clone();
                if format.as_text().is_none() {
                    return Err(arguments.refuse("the format is not constant"));
                }
                let format = self.scalar(&format, &arguments.construct, span)?;
                Ok(Value::Scalar(self.apply(
                    Function::Strftime,
                    vec![term, format],
                    span,
                )?))
            }
            "replace" if base == Base::Date => {
                arguments.only(0, &["day"])?;
                if arguments.named("day").and_then(Value::as_int) != Some(1) {
                    return Err(arguments.refuse("only the first day of the month is lifted"));
                }
                let day = self.apply(Function::Day, vec![term.clone()], span)?;
                let back = self.apply(
                    Function::Subtract,
                    vec![Term::literal(Literal::Int(1)), day],
                    span,
                )?;
                Ok(Value::Scalar(self.apply(
                    Function::AddDays,
                    vec![term, back],
                    span,
                )?))
            }
            _ => Err(arguments.refuse("this method of dates is not lifted")),
        }
    }

    fn list_method(
        &mut self,
        id: ObjectId,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        match name {
            "append" => {
                arguments.only(1, &[])?;
                let item = arguments.need(0, "item")?.clone();
                self.append(id, item, span)?;
                Ok(Value::none())
            }
            "extend" => {
                arguments.only(1, &[])?;
                let items = arguments.need(0, "items")?.clone();
                self.extend_list(id, &items, span)?;
                Ok(Value::none())
            }
            "sort" => {
                arguments.only(0, &["key", "reverse"])?;
                let descending = arguments.flag("reverse", false)?;
                let key = arguments.named("key").filter(|key| !key.is_none()).cloned();
                self.sort_list(id, key.as_ref(), descending, span)?;
                Ok(Value::none())
            }
            "copy" => {
                arguments.only(0, &[])?;
                let copy = self.list_of(Vec::new());
                self.extend_list(crate::iteration::object_id(&copy), &Value::Object(id), span)?;
                Ok(copy)
            }
            _ => {
                let refusal = arguments.refuse("this method of lists is not lifted");
                self.lose_list(id, &refusal);
                Err(refusal)
            }
        }
    }

    fn dict_method(
        &mut self,
        id: ObjectId,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let set = self.dict(id)?.set;
        match name {
            "get" if !set => {
                arguments.only(2, &["default"])?;
                let key = arguments.need(0, "key")?.clone();
                let default = arguments
                    .get(1, "default")
                    .cloned()
                    .unwrap_or(Value::none());
                self.dict_get(id, &key, &default, span)
            }
            "setdefault" if !set => {
                arguments.only(2, &["default"])?;
                let key = arguments.need(0, "key")?.clone();
                let default = arguments
                    .get(1, "default")
                    .cloned()
                    .unwrap_or(Value::none());
                self.dict_setdefault(id, &key, &default, span)
            }
            "add" if set => {
                arguments.only(1, &[])?;
                let key = arguments.need(0, "item")?.clone();
                self.set_entry(id, &key, Value::Tuple(Vec::new()), span)?;
                Ok(Value::none())
            }
            "items" | "keys" | "values" if !set => {
                arguments.only(0, &[])?;
                self.dict_view(id, name, span)
            }
            _ => Err(arguments.refuse("this method of dictionaries is not lifted")),
        }
    }

    /// `isinstance(value, type)`, where the column's type decides it.
    pub(crate) fn is_instance(
        &mut self,
        value: &Value,
        kind: &Value,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let term = self.scalar(value, "call of `isinstance`", span)?;
        let refuse = |reason: &str| {
            Err(Refusal::new(
                "call of `isinstance`",
                reason,
                Some(span.clone()),
            ))
        };
        let kinds = self.fixed_items(kind).unwrap_or_else(|| vec![kind.clone()]);
        if term.numpy {
            return refuse("the type of a numpy scalar is not lifted");
        }
        let ty = self.type_of(&term)?;
        let mut matched = false;
        for kind in kinds {
            let Value::Global(path) = kind else {
                return refuse("the type is not a plain name");
            };
            matched |= match (&*path, ty.base) {
                ("builtins.str", Base::Text) => true,
                ("builtins.int", Base::Int64 | Base::Bool) => true,
                ("builtins.float", Base::Float64) => true,
                ("builtins.bool", Base::Bool) => true,
                ("decimal.Decimal", Base::Decimal { .. }) => true,
                ("datetime.date", Base::Date | Base::Timestamp) => true,
                ("datetime.datetime", Base::Timestamp) => true,
                (
                    "builtins.str" | "builtins.int" | "builtins.float" | "builtins.bool"
                    | "decimal.Decimal" | "datetime.date" | "datetime.datetime",
                    base,
                ) if base != Base::Number => false,
                _ => return refuse("this type is not lifted"),
            };
        }
        if !matched {
            return Ok(Term::literal(Literal::Bool(false)));
        }
        if ty.missing.none {
            return Ok(Term {
                expr: crate::state::not(Expr::call(Function::IsNone, vec![term.expr]))
                    .at(Some(span.clone())),
                scope: term.scope,
                numpy: false,
            });
        }
        Ok(Term::literal(Literal::Bool(true)))
    }
}

fn field_names(record: &Record) -> Vec<&str> {
    record
        .fields
        .iter()
        .map(|(name, _)| name.as_str())
        .collect()
}
