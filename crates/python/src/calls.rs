//! Calls: arguments, and who is called.

use relift_dataflow::Refusal;
use relift_diagnostics::Span;
use ruff_python_ast::{self as ast, Expr};

use crate::lowering::Lowerer;
use crate::values::Value;

/// Evaluated arguments of a call.
#[derive(Clone, Debug)]
pub(crate) struct Arguments {
    pub(crate) positional: Vec<Value>,
    pub(crate) named: Vec<(String, Value)>,
    pub(crate) construct: String,
    pub(crate) span: Span,
}

impl Arguments {
    pub(crate) fn refuse(&self, reason: impl Into<String>) -> Refusal {
        Refusal::new(self.construct.clone(), reason, Some(self.span.clone()))
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Value> {
        self.named
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value)
    }

    /// The argument at a position or under a name.
    pub(crate) fn get(&self, index: usize, name: &str) -> Option<&Value> {
        self.positional.get(index).or_else(|| self.named(name))
    }

    pub(crate) fn need(&self, index: usize, name: &str) -> Result<&Value, Refusal> {
        self.get(index, name)
            .ok_or_else(|| self.refuse(format!("the argument `{name}` is missing")))
    }

    /// Refuses arguments beyond those that are understood.
    pub(crate) fn only(&self, positional: usize, names: &[&str]) -> Result<(), Refusal> {
        if self.positional.len() > positional {
            return Err(self.refuse("it has more arguments than are lifted"));
        }
        match self
            .named
            .iter()
            .find(|(name, _)| !names.contains(&name.as_str()))
        {
            Some((name, _)) => Err(self.refuse(format!("the argument `{name}` is not lifted"))),
            None => Ok(()),
        }
    }

    /// A truth value that must be constant.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        match self.named(name) {
            None => Ok(default),
            Some(value) => value
                .as_bool()
                .ok_or_else(|| self.refuse(format!("the argument `{name}` is not constant"))),
        }
    }
}

impl<'a> Lowerer<'a> {
    pub(crate) fn call(&mut self, call: &'a ast::ExprCall) -> Result<Value, Refusal> {
        let span = self.span(call);
        let function = match &*call.func {
            Expr::Attribute(attribute) => {
                let receiver = self.eval(&attribute.value)?;
                let attribute_span = self.span(attribute);
                match self.resolved(&receiver, "call", &span)? {
                    // Methods are looked up by what they are called on.
                    receiver @ (Value::Object(_)
                    | Value::Series(_)
                    | Value::Grouped(_)
                    | Value::Indexed(_)
                    | Value::Categories(_)
                    | Value::Rolling(_)
                    | Value::SharedState
                    | Value::Bound(..)) => Value::Bound(
                        Box::new(receiver),
                        std::rc::Rc::from(attribute.attr.as_str()),
                    ),
                    Value::Record(record) if record.field(attribute.attr.as_str()).is_none() => {
                        Value::Bound(
                            Box::new(Value::Record(record)),
                            std::rc::Rc::from(attribute.attr.as_str()),
                        )
                    }
                    other => self.attribute(&other, attribute.attr.as_str(), &attribute_span)?,
                }
            }
            other => self.eval(other)?,
        };
        let mut positional = Vec::new();
        for argument in &call.arguments.args {
            if let Expr::Starred(starred) = argument {
                let spread = self.eval(&starred.value)?;
                match self.iterate(&spread, &span)? {
                    crate::iteration::Iteration::Items(items) => positional.extend(items),
                    _ => {
                        return Err(Refusal::new(
                            "call",
                            "its arguments are spread from something of unknown length",
                            Some(span.clone()),
                        ));
                    }
                }
            } else {
                positional.push(self.eval(argument)?);
            }
        }
        let mut named = Vec::new();
        for keyword in &call.arguments.keywords {
            let Some(name) = &keyword.arg else {
                let spread = self.eval(&keyword.value)?;
                named.extend(self.spread_named(&spread, &span)?);
                continue;
            };
            named.push((name.to_string(), self.eval(&keyword.value)?));
        }
        self.call_value(&function, positional, named, &span)
    }

    pub(crate) fn call_value(
        &mut self,
        function: &Value,
        positional: Vec<Value>,
        named: Vec<(String, Value)>,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let mut arguments = Arguments {
            positional,
            named,
            construct: String::new(),
            span: span.clone(),
        };
        match function {
            Value::Function(index) => {
                self.call_function(*index, arguments.positional, &arguments.named, span)
            }
            Value::Made(made) => {
                "call".clone_into(&mut arguments.construct);
                self.call_made(&made.clone(), arguments)
            }
            Value::Class(class) => {
                self.instantiate(*class, arguments.positional, &arguments.named, span)
            }
            Value::Global(path) if &**path == "collections.namedtuple" => {
                "call of `namedtuple`".clone_into(&mut arguments.construct);
                self.named_tuple(&arguments)
            }
            Value::Global(path) => {
                arguments.construct = format!("call of `{}`", path.trim_start_matches("builtins."));
                if matches!(&**path, "relift_lake.connect" | "sqlite3.connect") {
                    return self.connect(path, &arguments);
                }
                self.call_global(path, &arguments)
            }
            Value::Bound(receiver, name) => {
                arguments.construct = format!("method `{name}`");
                self.call_method(receiver, name, &arguments)
            }
            Value::Unknown(refusal) => Err((**refusal).clone()),
            other => Err(Refusal::new(
                "call",
                format!("{} is called", other.kind()),
                Some(span.clone()),
            )),
        }
    }
}
