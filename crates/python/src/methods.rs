//! Methods of texts, dates, decimals, rows, lists and dictionaries.

use std::rc::Rc;

use relift_dataflow::{Base, Expr, Function, Literal, Refusal};
use relift_diagnostics::Span;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::values::{Content, ObjectId, Record, RecordKind, SegmentKind, Term, Value};

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
            Value::Exact(_) => self.decimal_method(receiver, name, arguments),
            Value::Days(_) | Value::Span(_) => self.difference_method(receiver, name, arguments),
            Value::Choice(choice) => {
                // Nothing that can be changed in place has methods that only one side may run.
                let fixed = |value: &Value| {
                    matches!(
                        value,
                        Value::Scalar(_) | Value::Exact(_) | Value::Days(_) | Value::Span(_)
                    )
                };
                if !fixed(&choice.yes) || !fixed(&choice.no) {
                    return Err(arguments.refuse("it is called on one of two things"));
                }
                let condition = Term {
                    expr: choice.condition.clone(),
                    scope: choice.scope,
                    numpy: false,
                };
                let opposite = Term {
                    expr: crate::state::not(condition.expr.clone()),
                    ..condition.clone()
                };
                let yes = self.under(condition.clone(), |lowerer| {
                    lowerer.call_method(&choice.yes, name, arguments)
                })?;
                let no = self.under(opposite, |lowerer| {
                    lowerer.call_method(&choice.no, name, arguments)
                })?;
                let condition = crate::values::Condition {
                    expr: condition.expr,
                    scope: condition.scope,
                };
                Ok(self.select(&condition, &yes, &no))
            }
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
                    Some(Content::Frame(node)) if name == "to_sql" => {
                        self.copied_to_sql(node, arguments)
                    }
                    Some(Content::Database(_)) => self.database_method(id, name, arguments),
                    Some(Content::Cursor(_)) => self.cursor_method(id, name, arguments),
                    Some(Content::Frame(node)) => self.frame_method(id, node, name, arguments),
                    Some(Content::EmptyFrame(_)) => {
                        Err(arguments.refuse("methods of an empty frame are not lifted"))
                    }
                    Some(Content::List(_)) => self.list_method(id, name, arguments),
                    Some(Content::Members(_)) => self.members_method(id, name, arguments),
                    Some(Content::Table(table)) => self.table_method(&table, name, arguments),
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
            Value::Rolling(rolling) => self.rolling_method(rolling, name, arguments),
            Value::Categories(categories) => self.categories_method(categories, name, arguments),
            Value::Grouped(grouped) => self.grouped_method(grouped, name, arguments),
            Value::Indexed(indexed) => self.indexed_method(indexed, name, arguments),
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
            Base::Decimal { .. } => self.decimal_method(&Value::Scalar(term), name, arguments),
            Base::Float64 if name == "is_integer" => {
                arguments.only(0, &[])?;
                let one = Term::literal(Literal::Float(1.0));
                let term = self.known(
                    term,
                    &arguments.construct,
                    "None has no method and raises AttributeError",
                    span,
                )?;
                let rest = self.apply(Function::Modulo, vec![term, one], span)?;
                let zero = Term::literal(Literal::Float(0.0));
                Ok(Value::Scalar(self.compare(
                    relift_dataflow::Comparison::Eq,
                    rest,
                    zero,
                    span,
                )?))
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

    /// A method of a set to which the current row adds.
    fn members_method(
        &mut self,
        id: ObjectId,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        match name {
            "add" => {
                arguments.only(1, &[])?;
                let item = arguments.need(0, "item")?.clone();
                self.push(id, SegmentKind::Item(item), span)?;
                Ok(Value::none())
            }
            "update" => {
                arguments.only(usize::MAX, &[])?;
                for items in &arguments.positional {
                    let Some(items) = self.fixed_items(items) else {
                        return Err(arguments.refuse("what is added has no fixed number of items"));
                    };
                    for item in items {
                        self.push(id, SegmentKind::Item(item), span)?;
                    }
                }
                Ok(Value::none())
            }
            _ => Err(arguments.refuse("it is asked of a set that the loop still fills")),
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
            "most_common" if self.dict(id)?.factory == Some(crate::values::Factory::Zero) => {
                arguments.only(1, &["n"])?;
                let most = arguments.get(0, "n").cloned();
                self.most_common(id, most.as_ref(), arguments)
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
