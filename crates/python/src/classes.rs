//! Classes that hold data: plain ones, dataclasses and named tuples.
//!
//! An instance is a dictionary of its attributes that carries its class, so everything that is known of
//! dictionaries as records holds for it: it can be changed row by row, stored under a key, kept in a list.
//! What tells the two apart in Python is refused: an instance has no items, no length and no membership,
//! is equal only to itself, and is true. Classes whose behaviour is changed by special methods,
//! inheritance or decorators are not lifted.

use std::collections::BTreeMap;
use std::rc::Rc;

use relift_dataflow::{Expr as Formula, Literal, Op, Refusal};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use ruff_python_ast::{self as ast, Expr, Stmt};

use crate::callables::Made;
use crate::calls::Arguments;
use crate::enums::Members;
use crate::exceptions::library_exception;
use crate::lowering::{Body, Callable, Lowerer};
use crate::values::{Content, Dict, ObjectId, Record, RecordKind, Rest, Value};

/// Index into the lowerer's classes.
pub(crate) type ClassId = usize;

/// A class of the External.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    name: String,
    kind: ClassKind,
    /// Fields of a dataclass or named tuple, with their defaults.
    fields: Vec<(String, Default)>,
    /// What its instances find when they have no such attribute themselves.
    attributes: Vec<(String, Value)>,
    methods: BTreeMap<String, Method>,
    /// The exception of the library it derives from, and those of the External, itself first.
    exception: Option<(Vec<ClassId>, Rc<str>)>,
    members: Option<Members>,
    /// The class of the External it derives from.
    base: Option<ClassId>,
}

/// What a field is when it is not given.
#[derive(Clone, Debug)]
enum Default {
    Missing,
    Value(Value),
    /// Made anew for each instance.
    Made(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClassKind {
    Plain,
    Data,
    NamedTuple,
    /// An exception; nothing is known of its instances but that they are raised.
    Exception,
    Enumeration,
}

#[derive(Clone, Copy, Debug)]
struct Method {
    function: usize,
    role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Method,
    Static,
    /// Its first argument is the class.
    Class,
    Property,
}

impl Class {
    /// Whether it has a method or property of that name.
    pub(crate) fn defines(&self, name: &str) -> bool {
        self.methods.contains_key(name)
    }

    /// What all instances share under that name.
    fn shared(&self, name: &str) -> Option<&Value> {
        let mut attributes = self.attributes.iter();
        attributes
            .find(|(other, _)| other == name)
            .map(|(_, value)| value)
    }
}

impl<'a> Lowerer<'a> {
    /// `class Name: …`.
    pub(crate) fn define_class(
        &mut self,
        definition: &'a ast::StmtClassDef,
    ) -> Result<(), Refusal> {
        let span = self.span(definition);
        let name = definition.name.as_str();
        let refuse = |reason: String| Refusal::new("class", reason, Some(span.clone()));
        let mut kind = ClassKind::Plain;
        let mut exception = None;
        let mut base_class = None;
        let mut enumeration = None;
        if let Some(arguments) = &definition.arguments {
            let mut bases = Vec::new();
            for base in &arguments.args {
                bases.push(self.eval(base)?);
            }
            enumeration = crate::enums::enumeration(&bases);
            if !arguments.keywords.is_empty() {
                return Err(refuse(format!(
                    "`{name}` has a metaclass or class arguments"
                )));
            }
            if enumeration.is_some() {
                kind = ClassKind::Enumeration;
                bases.clear();
            }
            let only = bases.len() == 1;
            for base in bases {
                match base {
                    Value::Global(path) if matches!(&*path, "builtins.object" | "abc.ABC") => {}
                    Value::Class(id)
                        if only
                            && matches!(
                                self.classes[id].kind,
                                ClassKind::Plain | ClassKind::Data
                            ) =>
                    {
                        // A dataclass says so again for its own fields.
                        if self.classes[id].kind == ClassKind::Data
                            && definition.decorator_list.is_empty()
                        {
                            kind = ClassKind::Data;
                        }
                        base_class = Some(id);
                    }
                    Value::Global(path) if &*path == "typing.NamedTuple" => {
                        kind = ClassKind::NamedTuple;
                    }
                    Value::Global(path) if only => {
                        let Some(ancestor) = library_exception(&path) else {
                            return Err(refuse(format!("`{name}` inherits from another class")));
                        };
                        kind = ClassKind::Exception;
                        exception = Some((vec![self.classes.len()], ancestor));
                    }
                    Value::Class(id) if only && self.is_exception(id) => {
                        let (mut own, ancestor) = self.exception_ancestors(id);
                        own.insert(0, self.classes.len());
                        kind = ClassKind::Exception;
                        exception = Some((own, ancestor));
                    }
                    _ => return Err(refuse(format!("`{name}` inherits from another class"))),
                }
            }
        }
        for decorator in &definition.decorator_list {
            let plain = match &decorator.expression {
                Expr::Call(call)
                    if call.arguments.args.is_empty()
                        && call.arguments.keywords.iter().all(|keyword| {
                            keyword.arg.as_ref().is_some_and(|name| {
                                matches!(
                                    name.as_str(),
                                    "frozen" | "slots" | "order" | "eq" | "repr"
                                )
                            })
                        }) =>
                {
                    &*call.func
                }
                other => other,
            };
            match self.eval(plain)? {
                Value::Global(path)
                    if &*path == "dataclasses.dataclass" && kind == ClassKind::Plain =>
                {
                    kind = ClassKind::Data;
                }
                _ => return Err(refuse(format!("`{name}` is decorated"))),
            }
        }
        let mut class = Class {
            name: name.to_owned(),
            kind,
            fields: Vec::new(),
            attributes: Vec::new(),
            methods: BTreeMap::new(),
            exception,
            members: None,
            base: base_class,
        };
        if let Some(base) = base_class {
            let base = self.classes[base].clone();
            class.fields = base.fields;
            class.attributes = base.attributes;
            class.methods = base.methods;
        }
        if let Some(transparent) = enumeration {
            let members = self.members(&definition.body, transparent, &span)?;
            let id = self.classes.len();
            class.attributes = members
                .all
                .iter()
                .map(|(name, value)| (name.clone(), Self::member(id, name, value)))
                .collect();
            class.members = Some(members);
        }
        for statement in &definition.body {
            // How an exception is made and printed shows nowhere.
            if kind == ClassKind::Exception && statement.is_function_def_stmt() {
                continue;
            }
            if kind == ClassKind::Enumeration && !statement.is_function_def_stmt() {
                continue;
            }
            self.class_statement(&mut class, statement)?;
        }
        if kind != ClassKind::Plain && class.methods.contains_key("__init__") {
            return Err(refuse(format!("`{name}` is made in a way of its own")));
        }
        self.classes.push(class);
        let value = Value::Class(self.classes.len() - 1);
        self.state.locals.insert(name.to_owned(), value);
        Ok(())
    }

    fn class_statement(&mut self, class: &mut Class, statement: &'a Stmt) -> Result<(), Refusal> {
        let span = self.span(statement);
        let refuse = |reason: String| Err(Refusal::new("class", reason, Some(span.clone())));
        match statement {
            Stmt::Pass(_) => Ok(()),
            Stmt::Expr(text) if text.value.is_string_literal_expr() => Ok(()),
            Stmt::FunctionDef(function) => {
                let name = function.name.as_str();
                let special = name.starts_with("__") && name.ends_with("__");
                if special && !matches!(name, "__init__" | "__repr__" | "__str__" | "__post_init__")
                {
                    return refuse(format!("`{}` has the special method `{name}`", class.name));
                }
                let role = match function.decorator_list.as_slice() {
                    [] => Role::Method,
                    [decorator] => match self.eval(&decorator.expression)? {
                        Value::Global(path) if &*path == "builtins.property" => Role::Property,
                        Value::Global(path) if &*path == "builtins.staticmethod" => Role::Static,
                        Value::Global(path) if &*path == "builtins.classmethod" => Role::Class,
                        Value::Global(path) if &*path == "abc.abstractmethod" => Role::Method,
                        Value::Global(path)
                            if matches!(
                                &*path,
                                "functools.cached_property" | "functools.lru_cache"
                            ) && class.kind != ClassKind::Plain =>
                        {
                            return refuse(format!("method `{name}` remembers its answers"));
                        }
                        _ => return refuse(format!("method `{name}` is decorated")),
                    },
                    _ => return refuse(format!("method `{name}` is decorated")),
                };
                self.functions.push(Callable {
                    name: Some(name),
                    parameters: Some(&function.parameters),
                    body: Body::Statements(&function.body),
                    frame: (!self.calls.is_empty()).then_some(self.frame),
                    home: self.home,
                });
                let function = self.functions.len() - 1;
                class
                    .methods
                    .insert(name.to_owned(), Method { function, role });
                Ok(())
            }
            Stmt::AnnAssign(field) => {
                let Expr::Name(name) = &*field.target else {
                    return refuse("a field has no plain name".to_owned());
                };
                let default = match &field.value {
                    Some(value) => self.field_default(value, &span)?,
                    None => Default::Missing,
                };
                let shared = name.id.to_string();
                if class.kind == ClassKind::Plain {
                    if let Default::Value(default) = default {
                        class.attributes.retain(|(other, _)| *other != shared);
                        class.attributes.push((shared, default));
                    }
                } else if let Some((_, old)) =
                    class.fields.iter_mut().find(|(other, _)| *other == shared)
                {
                    *old = default;
                } else {
                    class.fields.push((shared, default));
                }
                Ok(())
            }
            Stmt::Assign(assign) => {
                let [Expr::Name(name)] = assign.targets.as_slice() else {
                    return refuse("a class attribute has no plain name".to_owned());
                };
                if name.id.as_str() == "__slots__" {
                    return Ok(());
                }
                let value = self.class_value(&assign.value, &span)?;
                let shared = name.id.to_string();
                class.attributes.retain(|(other, _)| *other != shared);
                class.attributes.push((shared, value));
                Ok(())
            }
            _ => refuse(format!(
                "the body of `{}` does more than define",
                class.name
            )),
        }
    }

    /// `field(default_factory=list)`, `field(default=0)` or a plain value.
    fn field_default(&mut self, expr: &'a Expr, span: &Span) -> Result<Default, Refusal> {
        if let Expr::Call(call) = expr
            && let Value::Global(path) = self.eval(&call.func)?
            && &*path == "dataclasses.field"
        {
            let mut default = Default::Missing;
            for keyword in &call.arguments.keywords {
                let name = keyword.arg.as_ref().map(ast::Identifier::as_str);
                match name {
                    Some("default") => {
                        default = Default::Value(self.class_value(&keyword.value, span)?);
                    }
                    Some("default_factory") => {
                        default = Default::Made(self.eval(&keyword.value)?);
                    }
                    Some("repr" | "compare" | "hash" | "metadata") => {}
                    _ => {
                        return Err(Refusal::new(
                            "class",
                            "this kind of field is not lifted",
                            Some(span.clone()),
                        ));
                    }
                }
            }
            return Ok(default);
        }
        self.class_value(expr, span).map(Default::Value)
    }

    /// A value that all instances share, which therefore must be one that cannot change.
    fn class_value(&mut self, expr: &'a Expr, span: &Span) -> Result<Value, Refusal> {
        let value = self.eval(expr)?;
        match value {
            Value::Scalar(_) | Value::Tuple(_) => Ok(value),
            Value::Record(ref record) if matches!(record.kind, RecordKind::Instance(id) if self.members_of(id).is_some()) => {
                Ok(value)
            }
            other => Err(Refusal::new(
                "class",
                format!("{} is shared by all instances", other.kind()),
                Some(span.clone()),
            )),
        }
    }

    /// `namedtuple("Name", "a b c")` and `namedtuple("Name", ["a", "b"])`.
    pub(crate) fn named_tuple(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(2, &["typename", "field_names"])?;
        let name = arguments.need(0, "typename")?.as_text().map(str::to_owned);
        let fields = arguments.need(1, "field_names")?.clone();
        let words: Option<Vec<String>> = match fields.as_text() {
            Some(text) => Some(
                text.replace(',', " ")
                    .split_whitespace()
                    .map(str::to_owned)
                    .collect(),
            ),
            None => self.fixed_items(&fields).and_then(|items| {
                items
                    .iter()
                    .map(|item| item.as_text().map(str::to_owned))
                    .collect()
            }),
        };
        let (Some(name), Some(words)) = (name, words) else {
            return Err(arguments.refuse("its names are not constant"));
        };
        self.classes.push(Class {
            name,
            kind: ClassKind::NamedTuple,
            fields: words
                .into_iter()
                .map(|word| (word, Default::Missing))
                .collect(),
            attributes: Vec::new(),
            methods: BTreeMap::new(),
            exception: None,
            members: None,
            base: None,
        });
        Ok(Value::Class(self.classes.len() - 1))
    }

    /// `Name(…)`.
    pub(crate) fn instantiate(
        &mut self,
        id: ClassId,
        positional: Vec<Value>,
        named: &[(String, Value)],
        span: &Span,
    ) -> Result<Value, Refusal> {
        let class = self.classes[id].clone();
        let construct = format!("call of `{}`", class.name);
        let refuse = |reason: String| Refusal::new(construct.clone(), reason, Some(span.clone()));
        if class.kind == ClassKind::Exception {
            return Err(refuse(
                "an exception is used other than to be raised".to_owned(),
            ));
        }
        if let Some(members) = &class.members {
            return match (&positional[..], named) {
                ([value], []) => self.member_of_value(id, members, value, span),
                _ => Err(refuse("it is given something else than a value".to_owned())),
            };
        }
        if class.kind == ClassKind::Plain {
            let instance = self.instance(id, Vec::new());
            if let Some(init) = class.methods.get("__init__") {
                let mut given = vec![instance.clone()];
                given.extend(positional);
                self.call_function(init.function, given, named, span)?;
            } else if !positional.is_empty() || !named.is_empty() {
                return Err(refuse("it takes no arguments".to_owned()));
            }
            return Ok(instance);
        }
        if positional.len() > class.fields.len() {
            return Err(refuse("it is given too many arguments".to_owned()));
        }
        if let Some((name, _)) = named.iter().find(|(name, _)| {
            let place = class.fields.iter().position(|(field, _)| field == name);
            place.is_none_or(|place| place < positional.len())
        }) {
            return Err(refuse(format!(
                "the argument `{name}` is not one of its own"
            )));
        }
        let mut positional = positional.into_iter();
        let mut fields = Vec::new();
        for (field, default) in class.fields {
            let given = positional.next().or_else(|| {
                let given = named.iter().find(|(name, _)| *name == field);
                given.map(|(_, value)| value.clone())
            });
            let value = match (given, default) {
                (Some(value), _) | (None, Default::Value(value)) => value,
                (None, Default::Made(factory)) => {
                    self.call_value(&factory, Vec::new(), Vec::new(), span)?
                }
                (None, Default::Missing) => {
                    return Err(refuse(format!("the argument `{field}` is missing")));
                }
            };
            fields.push((field, value));
        }
        if class.kind == ClassKind::NamedTuple {
            return Ok(Value::Record(Rc::new(Record {
                kind: RecordKind::NamedTuple,
                fields,
            })));
        }
        let entries = fields
            .into_iter()
            .map(|(name, value)| (Literal::Text(name), value))
            .collect();
        let instance = self.instance(id, entries);
        if let Some(init) = class.methods.get("__post_init__") {
            self.call_function(init.function, vec![instance.clone()], &[], span)?;
        }
        Ok(instance)
    }

    /// The members of a class that is an enumeration.
    pub(crate) fn members_of(&self, id: ClassId) -> Option<&Members> {
        self.classes[id].members.as_ref()
    }

    /// `super()` in a method.
    pub(crate) fn super_of(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(0, &[])?;
        let current = self.calls.last().copied();
        let class = self.classes.iter().find(|class| {
            let mut methods = class.methods.values();
            let own = |base: &Class, method: &Method| {
                base.methods
                    .values()
                    .any(|other| other.function == method.function)
            };
            methods.any(|method| {
                Some(method.function) == current
                    && class
                        .base
                        .is_none_or(|base| !own(&self.classes[base], method))
            })
        });
        let Some(base) = class.and_then(|class| class.base) else {
            return Err(arguments.refuse("the class has no class above it here"));
        };
        let instance = self.calls.last().and_then(|function| {
            let parameters = self.functions[*function].parameters?;
            let first = parameters.iter_non_variadic_params().next()?;
            self.lookup_name(first.name().as_str())
        });
        match instance {
            Some(instance) => Ok(Value::Made(Rc::new(Made::Super {
                class: base,
                instance,
            }))),
            None => Err(arguments.refuse("there is no instance")),
        }
    }

    /// A method of the class above, for an instance.
    pub(crate) fn attribute_of_super(
        &self,
        class: ClassId,
        instance: &Value,
        name: &str,
        span: &Span,
    ) -> Result<Value, Refusal> {
        match self.classes[class].methods.get(name) {
            Some(method) if method.role == Role::Method => {
                Ok(Value::Made(Rc::new(Made::Partial {
                    function: Value::Function(method.function),
                    positional: vec![instance.clone()],
                    named: Vec::new(),
                })))
            }
            None if name == "__init__" => Ok(Value::Made(Rc::new(Made::Nothing))),
            _ => Err(Refusal::new(
                format!("attribute `{name}`"),
                "the class above has no such method here",
                Some(span.clone()),
            )),
        }
    }

    /// Whether the class is one of exceptions.
    pub(crate) fn is_exception(&self, id: ClassId) -> bool {
        self.classes[id].kind == ClassKind::Exception
    }

    /// The exceptions of the External a class is or derives from, and the one of the library.
    pub(crate) fn exception_ancestors(&self, id: ClassId) -> (Vec<ClassId>, Rc<str>) {
        self.classes[id]
            .exception
            .clone()
            .unwrap_or_else(|| (vec![id], Rc::from("Exception")))
    }

    fn instance(&mut self, class: ClassId, entries: Vec<(Literal, Value)>) -> Value {
        self.object(Content::Dict(Dict {
            set: false,
            class: Some(class),
            factory: None,
            entries,
            rest: Rest::Nothing,
        }))
    }

    /// The class of an object, if it is an instance of one.
    pub(crate) fn class_of(&self, id: ObjectId) -> Option<ClassId> {
        match self.state.heap.get(&id).map(|object| &object.content) {
            Some(Content::Dict(dict)) => dict.class,
            _ => None,
        }
    }

    /// `instance.name`, where the instance is an object.
    pub(crate) fn instance_attribute(
        &mut self,
        id: ObjectId,
        class: ClassId,
        name: &str,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let key = Literal::Text(name.to_owned());
        if self
            .dict(id)?
            .entries
            .iter()
            .any(|(other, _)| *other == key)
        {
            return self.dict_item(id, &Value::literal(key), span);
        }
        self.class_attribute(class, &Value::Object(id), name, span)
    }

    /// What an instance finds in its class.
    pub(crate) fn class_attribute(
        &mut self,
        class: ClassId,
        instance: &Value,
        name: &str,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let class = &self.classes[class];
        if let Some(value) = class.shared(name) {
            return Ok(value.clone());
        }
        match class.methods.get(name).copied() {
            Some(method) if method.role == Role::Property => {
                self.call_function(method.function, vec![instance.clone()], &[], span)
            }
            Some(_) => Ok(Value::Bound(Box::new(instance.clone()), Rc::from(name))),
            None => Err(Refusal::new(
                format!("attribute `{name}`"),
                format!("instances of `{}` have none of this name here", class.name),
                Some(span.clone()),
            )),
        }
    }

    /// `Name.name`: what all instances share, or a function that needs none.
    pub(crate) fn attribute_of_class(
        &self,
        class: ClassId,
        name: &str,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let class = &self.classes[class];
        if let Some(value) = class.shared(name) {
            return Ok(value.clone());
        }
        match class.methods.get(name) {
            Some(method) if method.role == Role::Static => Ok(Value::Function(method.function)),
            Some(method) if method.role == Role::Class => {
                let id = self
                    .classes
                    .iter()
                    .position(|other| std::ptr::eq(other, class));
                Ok(Value::Made(Rc::new(Made::Partial {
                    function: Value::Function(method.function),
                    positional: id.map(Value::Class).into_iter().collect(),
                    named: Vec::new(),
                })))
            }
            _ => Err(Refusal::new(
                format!("attribute `{name}`"),
                format!("`{}` has none of this name without an instance", class.name),
                Some(span.clone()),
            )),
        }
    }

    /// `instance.name(…)`; `None` when the class has no such method.
    pub(crate) fn instance_method(
        &mut self,
        class: ClassId,
        instance: &Value,
        name: &str,
        arguments: &Arguments,
    ) -> Option<Result<Value, Refusal>> {
        let method = self.classes[class].methods.get(name).copied()?;
        let mut positional = arguments.positional.clone();
        match method.role {
            Role::Method => positional.insert(0, instance.clone()),
            Role::Static => {}
            Role::Class => positional.insert(0, Value::Class(class)),
            Role::Property => return Some(Err(arguments.refuse("a property is called"))),
        }
        let span = arguments.span.clone();
        Some(self.call_function(method.function, positional, &arguments.named, &span))
    }

    /// `instance.name = value`.
    pub(crate) fn set_attribute(
        &mut self,
        container: &Value,
        name: &str,
        value: Value,
        span: &Span,
    ) -> Result<(), Refusal> {
        let refuse = |reason: String| Refusal::new("assignment", reason, Some(span.clone()));
        let container = self.resolved(container, "assignment", span)?;
        let Value::Object(id) = container else {
            return match container {
                Value::Unknown(refusal) => Err((*refusal).clone()),
                other => Err(refuse(format!("an attribute of {} is set", other.kind()))),
            };
        };
        match self.class_of(id) {
            Some(class) if self.classes[class].methods.contains_key(name) => {
                Err(refuse("a method or property is replaced".to_owned()))
            }
            Some(_) => {
                self.changeable(id, span)?;
                self.set_entry(id, &Value::text(name), value, span)
            }
            None if name == "columns" => self.name_columns(id, &value, span),
            None => Err(refuse(
                "an attribute of something else than an instance is set".to_owned(),
            )),
        }
    }

    /// `frame.columns = [names]`.
    fn name_columns(&mut self, id: ObjectId, names: &Value, span: &Span) -> Result<(), Refusal> {
        let refuse = |reason: &str| Refusal::new("column names", reason, Some(span.clone()));
        self.changeable(id, span)?;
        let Some(Content::Frame(node)) = self.state.heap.get(&id).map(|object| &object.content)
        else {
            return Err(refuse(
                "an attribute of something else than an instance is set",
            ));
        };
        let node = *node;
        let names: Option<Vec<ColumnName>> = self.fixed_items(names).and_then(|names| {
            names
                .iter()
                .map(|name| name.as_text().map(ColumnName::from))
                .collect()
        });
        let Some(names) = names else {
            return Err(refuse("they are not constant texts"));
        };
        let old: Vec<ColumnName> = self.flow.node(node).schema.names().cloned().collect();
        if names.len() != old.len() {
            return Err(refuse(
                "another number of names than columns raises ValueError",
            ));
        }
        if (1..names.len()).any(|at| names[..at].contains(&names[at])) {
            return Err(refuse("two columns get the same name"));
        }
        let columns = names
            .into_iter()
            .zip(old.into_iter().map(Formula::column))
            .collect();
        let renamed = self.add(
            Op::Map {
                input: node,
                columns,
            },
            span,
            None,
        )?;
        if let Some(object) = self.state.heap.get_mut(&id) {
            object.content = Content::Frame(renamed);
        }
        Ok(())
    }

    /// Refuses what dictionaries can do and instances cannot.
    pub(crate) fn no_instance(
        &self,
        id: ObjectId,
        construct: &str,
        span: &Span,
    ) -> Result<(), Refusal> {
        match self.class_of(id) {
            None => Ok(()),
            Some(class) => Err(Refusal::new(
                construct,
                format!(
                    "it is used on an instance of `{}`",
                    self.classes[class].name
                ),
                Some(span.clone()),
            )),
        }
    }
}
