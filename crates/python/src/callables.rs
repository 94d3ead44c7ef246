//! Functions made from functions: `partial`, `itemgetter`, methods named through their class, `super()`.

use std::rc::Rc;

use relift_dataflow::{Literal, Refusal};
use relift_diagnostics::Span;

use crate::calls::Arguments;
use crate::iteration::Iteration;
use crate::lowering::Lowerer;
use crate::values::{Content, Record, RecordKind, Rest, Term, Value};

/// Something that can be called.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Made {
    /// `functools.partial(function, …)`, and a method of a class with the class as its first argument.
    Partial {
        function: Value,
        positional: Vec<Value>,
        named: Vec<(String, Value)>,
    },
    /// `operator.itemgetter(…)`.
    Items(Vec<Value>),
    /// `operator.attrgetter(…)`.
    Attributes(Vec<String>),
    /// The `__init__` of `object`: it does nothing.
    Nothing,
    /// `super()`: the class in which a method is looked up, and the instance it is called on.
    Super {
        class: crate::classes::ClassId,
        instance: Value,
    },
}

impl Made {
    /// Rebuilds it with every term changed.
    pub(crate) fn map_terms(&self, change: &mut impl FnMut(&Term) -> Term) -> Self {
        match self {
            Self::Partial {
                function,
                positional,
                named,
            } => Self::Partial {
                function: function.clone(),
                positional: positional
                    .iter()
                    .map(|value| value.map_terms(change))
                    .collect(),
                named: named
                    .iter()
                    .map(|(name, value)| (name.clone(), value.map_terms(change)))
                    .collect(),
            },
            Self::Super { class, instance } => Self::Super {
                class: *class,
                instance: instance.map_terms(change),
            },
            other => other.clone(),
        }
    }
}

impl Lowerer<'_> {
    /// Calls something that was made of functions.
    pub(crate) fn call_made(
        &mut self,
        made: &Made,
        arguments: Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        match made {
            Made::Partial {
                function,
                positional,
                named,
            } => {
                let positional = positional
                    .iter()
                    .cloned()
                    .chain(arguments.positional)
                    .collect();
                let mut all: Vec<(String, Value)> = named
                    .iter()
                    .filter(|(name, _)| !arguments.named.iter().any(|(other, _)| other == name))
                    .cloned()
                    .collect();
                all.extend(arguments.named);
                self.call_value(function, positional, all, &span)
            }
            Made::Items(keys) => {
                let value = arguments.need(0, "object")?.clone();
                let value = self.resolved(&value, "itemgetter", &span)?;
                let items = keys
                    .iter()
                    .map(|key| self.item(&value, key, &span))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(one_or_tuple(items))
            }
            Made::Attributes(names) => {
                let value = arguments.need(0, "object")?.clone();
                let mut items = Vec::new();
                for name in names {
                    let mut value = value.clone();
                    for part in name.split('.') {
                        value = self.attribute(&value, part, &span)?;
                    }
                    items.push(value);
                }
                Ok(one_or_tuple(items))
            }
            Made::Nothing => {
                arguments.only(0, &[])?;
                Ok(Value::none())
            }
            Made::Super { .. } => Err(arguments.refuse("`super()` is called")),
        }
    }

    /// Functions of `functools` and `operator`; nothing when it is not one of them.
    pub(crate) fn functional(
        &mut self,
        path: &str,
        arguments: &Arguments,
    ) -> Option<Result<Value, Refusal>> {
        Some(match path {
            "functools.partial" => Self::partial(arguments),
            "functools.reduce" => self.reduced(arguments),
            "operator.itemgetter" => {
                if arguments.positional.is_empty() {
                    Err(arguments.refuse("it gets nothing"))
                } else {
                    Ok(Value::Made(Rc::new(Made::Items(
                        arguments.positional.clone(),
                    ))))
                }
            }
            "operator.attrgetter" => {
                let names: Option<Vec<String>> = arguments
                    .positional
                    .iter()
                    .map(|name| name.as_text().map(str::to_owned))
                    .collect();
                match names {
                    Some(names) if !names.is_empty() => {
                        Ok(Value::Made(Rc::new(Made::Attributes(names))))
                    }
                    _ => Err(arguments.refuse("its names are not constant")),
                }
            }
            "operator.add" | "operator.sub" | "operator.mul" | "operator.truediv" => {
                use ruff_python_ast::Operator;
                let operator = match path {
                    "operator.add" => Operator::Add,
                    "operator.sub" => Operator::Sub,
                    "operator.mul" => Operator::Mult,
                    _ => Operator::Div,
                };
                match &arguments.positional[..] {
                    [left, right] => self.binary(operator, left, right, &arguments.span),
                    _ => Err(arguments.refuse("it takes two arguments")),
                }
            }
            _ => return None,
        })
    }

    fn partial(arguments: &Arguments) -> Result<Value, Refusal> {
        let Some((function, positional)) = arguments.positional.split_first() else {
            return Err(arguments.refuse("the function is missing"));
        };
        let fixed = |value: &Value| {
            matches!(
                value,
                Value::Scalar(_)
                    | Value::Exact(_)
                    | Value::Days(_)
                    | Value::Span(_)
                    | Value::Function(_)
                    | Value::Class(_)
                    | Value::Global(_)
            )
        };
        if !positional.iter().all(fixed) || !arguments.named.iter().all(|(_, value)| fixed(value)) {
            return Err(arguments.refuse("what it keeps may change later"));
        }
        Ok(Value::Made(Rc::new(Made::Partial {
            function: function.clone(),
            positional: positional.to_vec(),
            named: arguments.named.clone(),
        })))
    }

    fn reduced(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(3, &[])?;
        let span = &arguments.span;
        let function = arguments.need(0, "function")?.clone();
        let iterable = arguments.need(1, "iterable")?.clone();
        let Iteration::Items(items) = self.iterate(&iterable, span)? else {
            return Err(arguments.refuse("over rows it is not lifted"));
        };
        let mut items = items.into_iter();
        let mut result = match arguments.positional.get(2) {
            Some(initial) => initial.clone(),
            None => items
                .next()
                .ok_or_else(|| arguments.refuse("of nothing it raises TypeError"))?,
        };
        for item in items {
            result = self.call_value(&function, vec![result, item], Vec::new(), span)?;
        }
        Ok(result)
    }

    /// `map(function, items)` and `filter(function, items)` over a fixed number of items.
    pub(crate) fn mapped(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let function = arguments.need(0, "function")?.clone();
        let mut columns = Vec::new();
        for iterable in &arguments.positional[1..] {
            match self.iterate(iterable, span)? {
                Iteration::Items(items) => columns.push(items),
                _ => return Err(arguments.refuse("over rows it is not lifted")),
            }
        }
        let length = columns.iter().map(Vec::len).min().unwrap_or(0);
        let mut results = Vec::new();
        for index in 0..length {
            let given = columns.iter().map(|column| column[index].clone()).collect();
            results.push(self.call_value(&function, given, Vec::new(), span)?);
        }
        Ok(Value::Tuple(results))
    }

    /// The keyword arguments a dictionary with constant text keys stands for.
    pub(crate) fn spread_named(
        &mut self,
        value: &Value,
        span: &Span,
    ) -> Result<Vec<(String, Value)>, Refusal> {
        let refuse = || {
            Refusal::new(
                "call",
                "its arguments are spread from something else than a dictionary of constant names",
                Some(span.clone()),
            )
        };
        let value = self.resolved(value, "call", span)?;
        match &value {
            Value::Record(record) if record.kind == RecordKind::Dict => Ok(record.fields.clone()),
            Value::Object(id) => {
                let dict = match self.state.heap.get(id).map(|object| &object.content) {
                    Some(Content::Dict(dict)) if dict.class.is_none() && !dict.set => dict,
                    _ => return Err(refuse()),
                };
                if dict.rest != Rest::Nothing {
                    return Err(refuse());
                }
                dict.entries
                    .iter()
                    .map(|(key, value)| match (key, value) {
                        (Literal::Text(name), value)
                            if !matches!(value, Value::Unbound | Value::Choice(_)) =>
                        {
                            Ok((name.clone(), value.clone()))
                        }
                        _ => Err(refuse()),
                    })
                    .collect()
            }
            _ => Err(refuse()),
        }
    }

    /// A dictionary of what a function was given under names of its own choice.
    pub(crate) fn dict_of_named(&mut self, named: Vec<(String, Value)>) -> Value {
        let record = Value::Record(Rc::new(Record {
            kind: RecordKind::Dict,
            fields: named,
        }));
        self.thaw(&record)
    }
}

fn one_or_tuple(mut items: Vec<Value>) -> Value {
    if items.len() == 1 {
        items.remove(0)
    } else {
        Value::Tuple(items)
    }
}
