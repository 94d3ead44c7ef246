//! Expressions: from syntax to values.

use std::rc::Rc;

use relift_dataflow::{Base, Expr as FlowExpr, ExprKind, Literal, Parameter, Refusal};
use relift_diagnostics::Span;
use relift_job::FrameName;
use relift_values::PythonFunction;
use ruff_python_ast::{self as ast, Expr, Number};

use crate::iteration::Iteration;
use crate::lists::position;
use crate::lowering::{Body, Callable, Lowerer};
use crate::state::not;
use crate::values::{Condition, Content, Dict, Mapping, Record, RecordKind, Rest, Term, Value};

impl<'a> Lowerer<'a> {
    pub(crate) fn eval(&mut self, expr: &'a Expr) -> Result<Value, Refusal> {
        let value = self.eval_stored(expr)?;
        Ok(match value {
            Value::Members(members) => self.set_of_members(*members),
            value => value,
        })
    }

    /// A set that was stored, as an object.
    fn set_of_members(&mut self, members: Mapping) -> Value {
        self.object(Content::Dict(Dict {
            set: true,
            class: None,
            factory: None,
            entries: Vec::new(),
            rest: Rest::Built(Box::new(members)),
        }))
    }

    fn eval_stored(&mut self, expr: &'a Expr) -> Result<Value, Refusal> {
        let span = self.span(expr);
        let refuse = |construct: &str, reason: &str| {
            Err(Refusal::new(construct, reason, Some(span.clone())))
        };
        match expr {
            Expr::Name(name) => Ok(self.name(name.id.as_str(), &span)),
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(value) => match value.as_i64() {
                    Some(value) => Ok(at(Value::int(value), &span)),
                    None => refuse("number", "it has more than 64 bits"),
                },
                Number::Float(value) => Ok(at(Value::literal(Literal::Float(*value)), &span)),
                Number::Complex { .. } => refuse("number", "complex numbers are not lifted"),
            },
            Expr::StringLiteral(text) => Ok(at(Value::text(text.value.to_str()), &span)),
            Expr::BooleanLiteral(literal) => {
                Ok(at(Value::literal(Literal::Bool(literal.value)), &span))
            }
            Expr::NoneLiteral(_) => Ok(at(Value::none(), &span)),
            Expr::FString(text) => self.f_string(text),
            Expr::Tuple(tuple) => Ok(Value::Tuple(self.eval_items(&tuple.elts)?)),
            Expr::List(list) => {
                let items = self.eval_items(&list.elts)?;
                Ok(self.list_of(items))
            }
            Expr::Set(set) => {
                let items = self.eval_items(&set.elts)?;
                let value = self.empty_dict(true);
                for item in items {
                    if item.as_literal().is_none() {
                        return refuse(
                            "set",
                            "a set of values that are not constant is not lifted",
                        );
                    }
                    let id = crate::iteration::object_id(&value);
                    self.set_entry(id, &item, Value::Tuple(Vec::new()), &span)?;
                }
                Ok(value)
            }
            Expr::Dict(dict) => {
                let mut entries: Vec<(Literal, Value)> = Vec::new();
                let mut table = crate::tables::Table::new();
                for item in &dict.items {
                    let Some(key) = &item.key else {
                        let spread = self.eval(&item.value)?;
                        let Iteration::Items(pairs) = self.pairs(&spread, &span)? else {
                            return refuse("dictionary", "it is spread from rows");
                        };
                        for pair in pairs {
                            if let Value::Tuple(pair) = pair
                                && let [key, value] = &pair[..]
                                && let Some(key) = key.as_literal()
                            {
                                entries.retain(|(other, _)| other != key);
                                entries.push((key.clone(), value.clone()));
                            }
                        }
                        continue;
                    };
                    let key = self.eval(key)?;
                    let value = self.eval(&item.value)?;
                    if let Some(key) = crate::tables::constant_key(&key) {
                        match table.iter_mut().find(|(other, _)| *other == key) {
                            Some((_, old)) => *old = value,
                            None => table.push((key, value)),
                        }
                        continue;
                    }
                    let Some(key) = key.as_literal() else {
                        return refuse("dictionary", "a literal with a key that is not constant");
                    };
                    match entries.iter_mut().find(|(other, _)| other == key) {
                        Some((_, old)) => *old = value,
                        None => entries.push((key.clone(), value)),
                    }
                }
                if !table.is_empty() {
                    if !entries.is_empty() {
                        return refuse("dictionary", "some keys are tuples, some are not");
                    }
                    return Ok(self.object(Content::Table(table)));
                }
                Ok(self.object(Content::Dict(crate::values::Dict {
                    set: false,
                    class: None,
                    factory: None,
                    entries,
                    rest: Rest::Nothing,
                })))
            }
            Expr::BinOp(operation) => {
                let left = self.eval(&operation.left)?;
                let right = self.eval(&operation.right)?;
                self.binary(operation.op, &left, &right, &span)
            }
            Expr::UnaryOp(operation) => {
                let value = self.eval(&operation.operand)?;
                if let Value::Unknown(refusal) = value {
                    return Err((*refusal).clone());
                }
                self.unary(operation.op, &value, &span)
            }
            Expr::BoolOp(operation) => self.connective(operation),
            Expr::Compare(compare) => self.comparison(compare),
            Expr::If(branch) => self.conditional(branch, &span),
            Expr::Call(call) => match self.next_call(call) {
                Some((items, default)) => {
                    let items = self.eval(items)?;
                    let default = default.map(|default| self.eval(default)).transpose()?;
                    self.next_of(&items, default.as_ref(), &span)
                }
                None => self.call(call),
            },
            Expr::Attribute(attribute) => {
                let value = self.eval(&attribute.value)?;
                self.attribute(&value, attribute.attr.as_str(), &span)
            }
            Expr::Subscript(subscript) => {
                let value = self.eval(&subscript.value)?;
                self.subscript(&value, &subscript.slice, &span)
            }
            Expr::ListComp(comprehension) => {
                self.list_comprehension(&comprehension.elt, &comprehension.generators, &span)
            }
            Expr::Generator(comprehension) => {
                self.list_comprehension(&comprehension.elt, &comprehension.generators, &span)
            }
            Expr::SetComp(comprehension) => {
                self.set_comprehension(&comprehension.elt, &comprehension.generators, &span)
            }
            Expr::DictComp(comprehension) => match &comprehension.key {
                Some(key) => self.dict_comprehension(
                    key,
                    &comprehension.value,
                    &comprehension.generators,
                    &span,
                ),
                None => refuse("comprehension", "a spread in a comprehension is not lifted"),
            },
            Expr::Lambda(lambda) => {
                self.functions.push(Callable {
                    name: None,
                    parameters: lambda.parameters.as_deref(),
                    body: Body::Expression(&lambda.body),
                    frame: (!self.calls.is_empty()).then_some(self.frame),
                    home: self.home,
                });
                Ok(Value::Function(self.functions.len() - 1))
            }
            Expr::Named(named) => {
                let value = self.eval(&named.value)?;
                self.assign(&named.target, value.clone())?;
                Ok(value)
            }
            Expr::Starred(_) => refuse("starred expression", "it is not lifted"),
            Expr::Slice(_) => refuse("slice", "it stands outside a subscript"),
            Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => {
                refuse("expression", "generators and coroutines are not lifted")
            }
            Expr::TString(_)
            | Expr::BytesLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => refuse("expression", "it is not lifted"),
        }
    }

    /// `next(… for …)` and its default: a generator of which nothing else sees how far it was read.
    fn next_call(&self, call: &'a ast::ExprCall) -> Option<(&'a Expr, Option<&'a Expr>)> {
        let Expr::Name(name) = &*call.func else {
            return None;
        };
        if name.id != "next"
            || self.lookup_name("next").is_some()
            || !call.arguments.keywords.is_empty()
        {
            return None;
        }
        match &call.arguments.args[..] {
            [items @ Expr::Generator(_)] => Some((items, None)),
            [items @ Expr::Generator(_), default] => Some((items, Some(default))),
            _ => None,
        }
    }

    fn eval_items(&mut self, items: &'a [Expr]) -> Result<Vec<Value>, Refusal> {
        let mut values = Vec::new();
        for item in items {
            if let Expr::Starred(starred) = item {
                let span = self.span(item);
                let spread = self.eval(&starred.value)?;
                match self.iterate(&spread, &span)? {
                    Iteration::Items(items) => values.extend(items),
                    Iteration::Rows(_) | Iteration::Matching(_) => {
                        return Err(Refusal::new(
                            "starred expression",
                            "it spreads rows",
                            Some(span),
                        ));
                    }
                }
            } else {
                values.push(self.eval(item)?);
            }
        }
        Ok(values)
    }

    fn pairs(&mut self, value: &Value, span: &Span) -> Result<Iteration, Refusal> {
        let items = match value {
            Value::Object(id) => self.dict_view(*id, "items", span)?,
            Value::Record(record) if record.kind == RecordKind::Dict => Value::Tuple(
                record
                    .fields
                    .iter()
                    .map(|(name, value)| Value::Tuple(vec![Value::text(name), value.clone()]))
                    .collect(),
            ),
            other => other.clone(),
        };
        self.iterate(&items, span)
    }

    fn name(&mut self, name: &str, span: &Span) -> Value {
        match self.lookup_name(name) {
            Some(Value::Unbound) => Value::unknown(Refusal::new(
                format!("variable `{name}`"),
                "it is not set on every path",
                Some(span.clone()),
            )),
            Some(Value::Scalar(term)) => {
                // A use stands where it is used; a constant keeps its own place.
                if term.expr.as_literal().is_some() {
                    Value::Scalar(term)
                } else {
                    Value::Scalar(self.refined(&term, &self.state))
                }
            }
            Some(Value::Global(path)) => library_constant(&path).unwrap_or(Value::Global(path)),
            Some(value) => crate::merging::resolve(&value, &self.state),
            None if name == "__name__" => self.module_name(),
            None => Value::Global(Rc::from(format!("builtins.{name}"))),
        }
    }

    /// The present value of a target that is about to be updated.
    pub(crate) fn eval_target(&mut self, target: &'a Expr) -> Result<Value, Refusal> {
        self.eval(target)
    }

    fn conditional(&mut self, branch: &'a ast::ExprIf, span: &Span) -> Result<Value, Refusal> {
        let test = self.eval(&branch.test)?;
        let test = self.truth(&test, span)?;
        match self.state.known(&test.expr) {
            Some(true) => return self.eval(&branch.body),
            Some(false) => return self.eval(&branch.orelse),
            None => {}
        }
        let refined = |lowerer: &mut Self, expr: &'a Expr| {
            let value = lowerer.eval(expr)?;
            Ok(match value {
                Value::Scalar(term) => Value::Scalar(lowerer.refined(&term, &lowerer.state)),
                other => other,
            })
        };
        let yes = self.under(test.clone(), |lowerer| refined(lowerer, &branch.body))?;
        let opposite = Term {
            expr: not(test.expr.clone()),
            ..test.clone()
        };
        let no = self.under(opposite, |lowerer| refined(lowerer, &branch.orelse))?;
        let condition = Condition {
            expr: test.expr,
            scope: test.scope,
        };
        Ok(at(self.select(&condition, &yes, &no), span))
    }

    /// `value.name`.
    pub(crate) fn attribute(
        &mut self,
        value: &Value,
        name: &str,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let construct = format!("attribute `{name}`");
        let value = self.resolved(value, &construct, span)?;
        match &value {
            Value::Global(path) => match library_constant(&format!("{path}.{name}")) {
                Some(constant) => Ok(at(constant, span)),
                None => self.of_module(path, name, span),
            },
            Value::Class(class) => self.attribute_of_class(*class, name, span),
            Value::Made(made) => match &**made {
                crate::callables::Made::Super { class, instance } => {
                    self.attribute_of_super(*class, instance, name, span)
                }
                _ => Ok(Value::Bound(Box::new(value.clone()), Rc::from(name))),
            },
            Value::Record(record) if record.kind != RecordKind::Dict => {
                match (record.field(name), record.kind) {
                    (Some(field), _) => Ok(at(field.clone(), span)),
                    (None, RecordKind::Instance(class)) => {
                        self.class_attribute(class, &value, name, span)
                    }
                    (None, _) => Ok(Value::Bound(Box::new(value.clone()), Rc::from(name))),
                }
            }
            Value::Scalar(term) => {
                let ty = self.type_of(term)?;
                let function = match ty.base {
                    Base::Date | Base::Timestamp => Self::moment_attribute(ty.base, name),
                    _ => None,
                };
                let Some(function) = function else {
                    return Ok(Value::Bound(Box::new(value), Rc::from(name)));
                };
                let term = self.known(
                    term.clone(),
                    &construct,
                    "None has no dates and raises AttributeError",
                    span,
                )?;
                Ok(Value::Scalar(self.apply(function, vec![term], span)?))
            }
            Value::Series(series) => match name {
                "values" => Ok(value.clone()),
                "empty" => Ok(Value::Scalar(self.empty(series.frame, span)?)),
                "size" => Ok(Value::Scalar(self.count(series.frame, span)?)),
                _ => Ok(Value::Bound(Box::new(value.clone()), Rc::from(name))),
            },
            Value::Bound(series, accessor)
                if &**accessor == "dt" && matches!(**series, Value::Series(_)) =>
            {
                match name {
                    "strftime" | "normalize" | "day_name" | "month_name" => {
                        Ok(Value::Bound(Box::new(value.clone()), Rc::from(name)))
                    }
                    _ => {
                        let arguments = crate::calls::Arguments {
                            positional: Vec::new(),
                            named: Vec::new(),
                            construct,
                            span: span.clone(),
                        };
                        self.series_accessor(series, "dt", name, &arguments)
                    }
                }
            }
            Value::Grouped(grouped)
                if self
                    .flow
                    .node(grouped.node)
                    .schema
                    .has(&relift_job::ColumnName::from(name)) =>
            {
                self.grouped_item(grouped, &Value::text(name), span)
            }
            Value::Days(_) | Value::Span(_) => {
                match self.difference_attribute(&value, name, span) {
                    Some(done) => done,
                    None => Ok(Value::Bound(Box::new(value), Rc::from(name))),
                }
            }
            Value::Object(id) => {
                let id = *id;
                if let Some(class) = self.class_of(id) {
                    return Ok(at(self.instance_attribute(id, class, name, span)?, span));
                }
                match self
                    .state
                    .heap
                    .get(&id)
                    .map(|object| object.content.clone())
                {
                    Some(Content::Frame(node)) => self.frame_attribute(id, node, name, span),
                    Some(Content::EmptyFrame(_)) if name == "empty" => {
                        Ok(Value::literal(Literal::Bool(true)))
                    }
                    Some(Content::Poisoned(refusal)) => Err((*refusal).clone()),
                    _ => Ok(Value::Bound(Box::new(value), Rc::from(name))),
                }
            }
            Value::Unknown(refusal) => Err((**refusal).clone()),
            Value::Unbound => Err(Refusal::new(
                construct,
                "the value is not set on every path",
                Some(span.clone()),
            )),
            _ => Ok(Value::Bound(Box::new(value), Rc::from(name))),
        }
    }

    fn subscript(&mut self, value: &Value, slice: &'a Expr, span: &Span) -> Result<Value, Refusal> {
        let value = self.resolved(value, "subscript", span)?;
        if let Value::Bound(receiver, name) = &value {
            match &**name {
                "loc" | "iloc" => {
                    if &**name == "iloc"
                        && let Some(found) = self.by_place(receiver, slice, span)?
                    {
                        return Ok(found);
                    }
                    return self.located(&value, slice, span);
                }
                "at" | "iat" => {
                    let key = self.eval(slice)?;
                    return self.cell(receiver, name, &key, span);
                }
                _ => {}
            }
        }
        if let Expr::Slice(bounds) = slice {
            return self.slice(&value, bounds, span);
        }
        let key = self.eval(slice)?;
        if let Value::Unknown(refusal) = key {
            return Err((*refusal).clone());
        }
        self.item(&value, &key, span)
    }

    /// `value[key]`.
    pub(crate) fn item(
        &mut self,
        value: &Value,
        key: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let refuse = |reason: String| Err(Refusal::new("subscript", reason, Some(span.clone())));
        match value {
            Value::SharedState => {
                let Some(name) = key.as_text() else {
                    return refuse(
                        "the shared state is read under a name that is not constant".to_owned(),
                    );
                };
                self.shared_item(name, span)
            }
            Value::Record(record) => match (record.kind, key.as_text(), key.as_int()) {
                (RecordKind::Dict | RecordKind::Series, Some(name), _) => {
                    match record.field(name) {
                        Some(field) => Ok(at(field.clone(), span)),
                        None => refuse(format!("the row has no column \"{name}\"")),
                    }
                }
                (RecordKind::NamedTuple, _, Some(index)) => {
                    match position(index, record.fields.len()) {
                        Some(index) => Ok(at(record.fields[index].1.clone(), span)),
                        None => refuse(format!("the row has no item {index}")),
                    }
                }
                _ => refuse("a row is read under a name that is not constant".to_owned()),
            },
            Value::Tuple(items) | Value::FrozenList(items) => {
                match key.as_int().and_then(|index| position(index, items.len())) {
                    Some(index) => Ok(at(items[index].clone(), span)),
                    None => refuse("an item is read at a place that is not constant".to_owned()),
                }
            }
            Value::Matching(rows) => {
                let rows = (**rows).clone();
                self.item_of_rows(&rows, key, span)
            }
            Value::Object(id) => {
                let id = *id;
                match self
                    .state
                    .heap
                    .get(&id)
                    .map(|object| object.content.clone())
                {
                    Some(Content::Dict(_)) => {
                        self.no_instance(id, "subscript", span)?;
                        let value = self.dict_item(id, key, span)?;
                        Ok(at(value, span))
                    }
                    Some(Content::Table(table)) => {
                        let value = self.table_item(&table, key, span)?;
                        Ok(at(value, span))
                    }
                    Some(Content::List(_)) => match self.fixed_items(value) {
                        Some(items) => self.item(&Value::Tuple(items), key, span),
                        None => match self.iterate(value, span)?.into_rows() {
                            Ok(rows) => self.item_of_rows(&rows, key, span),
                            Err(items) => self.item(&Value::Tuple(items), key, span),
                        },
                    },
                    Some(Content::Members(_)) => refuse("a set has no items by place".to_owned()),
                    Some(Content::Frame(node)) => self.frame_item(node, key, span),
                    Some(Content::EmptyFrame(_)) => {
                        refuse("a column of an empty frame is read".to_owned())
                    }
                    Some(Content::Database(_) | Content::Cursor(_)) => {
                        refuse("a connection has no items".to_owned())
                    }
                    Some(Content::Poisoned(refusal)) => Err((*refusal).clone()),
                    None => refuse("the object is lost".to_owned()),
                }
            }
            Value::Series(_) => self.series_item(value, key, span),
            Value::Parts(parts) => match key.as_int() {
                Some(index) => self.part(parts, index, span),
                None => refuse("a part is read at a place that is not constant".to_owned()),
            },
            Value::Global(path) => match self.calendar_name(path, key, span) {
                Some(name) => name,
                None => refuse(format!("`{path}` has no items here")),
            },
            Value::Grouped(grouped) => self.grouped_item(grouped, key, span),
            Value::Indexed(indexed) => self.indexed_item(indexed, key, span),
            Value::Scalar(term) => {
                let term = term.clone();
                self.character(&term, key, span)
            }
            Value::Choice(choice) => {
                let condition = Condition {
                    expr: choice.condition.clone(),
                    scope: choice.scope,
                };
                let term = Term {
                    expr: choice.condition.clone(),
                    scope: choice.scope,
                    numpy: false,
                };
                let opposite = Term {
                    expr: not(term.expr.clone()),
                    ..term.clone()
                };
                let yes = self.under(term, |lowerer| lowerer.item(&choice.yes, key, span))?;
                let no = self.under(opposite, |lowerer| lowerer.item(&choice.no, key, span))?;
                Ok(self.select(&condition, &yes, &no))
            }
            Value::Class(class) => {
                let member = self.members_of(*class).and_then(|members| {
                    let name = key.as_text()?;
                    let mut all = members.all.iter();
                    let (_, value) = all.find(|(other, _)| other == name)?;
                    Some(Self::member(*class, name, value))
                });
                match member {
                    Some(member) => Ok(member),
                    None => refuse("a class is read under a name that is not constant".to_owned()),
                }
            }
            Value::Unknown(refusal) => Err((**refusal).clone()),
            other => refuse(format!("{} has no items", other.kind())),
        }
    }

    /// `rows[index]`.
    fn item_of_rows(
        &mut self,
        rows: &crate::values::Matching,
        key: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        match (key.as_int(), key) {
            (Some(index), _) => self.item_at(rows, index, span),
            (None, Value::Scalar(index)) => self.row_by_index(rows, &index.clone(), span),
            (None, _) => Err(Refusal::new(
                "subscript",
                "an item of a list of rows is read at a place that is not constant",
                Some(span.clone()),
            )),
        }
    }

    /// `shared_state["name"]`.
    pub(crate) fn shared_item(&mut self, name: &str, span: &Span) -> Result<Value, Refusal> {
        if name == "__etlEffectiveDate" {
            return Ok(Value::Scalar(
                Term::constant(FlowExpr::new(ExprKind::Parameter(Parameter::EffectiveDate)))
                    .at(span),
            ));
        }
        let name = FrameName::from(name);
        match self.state.shared.get(&name).cloned() {
            Some(value) => {
                if let Value::Object(id) = value
                    && let Some(Content::Frame(node)) =
                        self.state.heap.get(&id).map(|object| &object.content)
                {
                    let node = *node;
                    if !self.frames_read.iter().any(|(other, _)| *other == name) {
                        self.frames_read.push((name, node));
                    }
                }
                Ok(value)
            }
            None => Err(Refusal::new(
                format!("shared_state[\"{name}\"]"),
                "no earlier module sets it",
                Some(span.clone()),
            )),
        }
    }

    fn slice(
        &mut self,
        value: &Value,
        bounds: &'a ast::ExprSlice,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let refuse = |reason: &str| Err(Refusal::new("slice", reason, Some(span.clone())));
        if let Value::Scalar(term) = value {
            let mut given = Vec::new();
            for bound in [&bounds.lower, &bounds.upper, &bounds.step] {
                let bound = match bound {
                    Some(bound) => Some(self.eval(bound)?),
                    None => None,
                };
                given.push(bound.filter(|bound| !bound.is_none()));
            }
            let step = given[2].as_ref().map(Value::as_int);
            let (lower, upper) = (given[0].as_ref(), given[1].as_ref());
            return match step {
                None | Some(Some(1)) => self.cut(term, (lower, upper), span),
                Some(Some(-1)) if lower.is_none() && upper.is_none() => {
                    let text = self.known(term.clone(), "slice", "None raises TypeError", span)?;
                    Ok(Value::Scalar(self.python(
                        PythonFunction::Reversed,
                        vec![text],
                        span,
                    )?))
                }
                _ => refuse("a slice with a step is not lifted"),
            };
        }
        let mut reversed = false;
        if let Some(step) = &bounds.step {
            let step = self.eval(step)?;
            match (step.as_int(), &bounds.lower, &bounds.upper) {
                (Some(1), _, _) => {}
                (Some(-1), None, None) => reversed = true,
                _ => return refuse("a slice with a step is not lifted"),
            }
        }
        let mut ends = Vec::new();
        for bound in [&bounds.lower, &bounds.upper] {
            let end = match bound {
                None => None,
                Some(bound) => {
                    let value = self.eval(bound)?;
                    if value.is_none() {
                        None
                    } else {
                        match value.as_int() {
                            Some(value) => Some(value),
                            None => return refuse("its bounds are not constant"),
                        }
                    }
                }
            };
            ends.push(end);
        }
        let (lower, upper) = (ends[0], ends[1]);
        if let Some(items) = self.fixed_items(value) {
            let length = items.len() as i64;
            let clamp = |end: i64| (if end < 0 { end + length } else { end }).clamp(0, length);
            let from = clamp(lower.unwrap_or(0)) as usize;
            let to = (clamp(upper.unwrap_or(length)) as usize).max(from);
            let mut part = items[from..to].to_vec();
            if reversed {
                part.reverse();
            }
            return Ok(match value {
                Value::Tuple(_) | Value::Record(_) => Value::Tuple(part),
                _ => self.list_of(part),
            });
        }
        let part = crate::positions::Part {
            lower,
            upper,
            reversed,
        };
        if let Some(rows) = self.as_matching(value) {
            let rows = self.part_of(&rows, part, span)?;
            return Ok(Value::Matching(Box::new(rows)));
        }
        if reversed && !matches!(value, Value::Object(_)) {
            return refuse("a slice with a step is not lifted");
        }
        match value {
            Value::Object(id) => {
                match self.state.heap.get(id).map(|object| object.content.clone()) {
                    Some(Content::List(segments)) => {
                        let relation = self.list_relation(&segments, None, span)?;
                        let rows =
                            self.part_of(&crate::values::Matching::all(relation), part, span)?;
                        let list = self.list_of(Vec::new());
                        let id = crate::iteration::object_id(&list);
                        self.extend_list(id, &Value::Rows(Box::new(rows.relation)), span)?;
                        Ok(list)
                    }
                    Some(Content::Frame(node)) => {
                        let node = self.frame_part(node, part, span)?;
                        Ok(self.object(Content::Frame(node)))
                    }
                    Some(Content::Poisoned(refusal)) => Err((*refusal).clone()),
                    _ => refuse("it is not lifted for this object"),
                }
            }
            Value::Bound(series, accessor) if &**accessor == "str" => match &**series {
                Value::Series(series) => {
                    let arguments = crate::calls::Arguments {
                        positional: Vec::new(),
                        named: Vec::new(),
                        construct: "slice".to_owned(),
                        span: span.clone(),
                    };
                    self.sliced_texts(series, lower, upper, &arguments)
                }
                _ => refuse("it is not lifted for this value"),
            },
            Value::Unknown(refusal) => Err((**refusal).clone()),
            _ => refuse("it is not lifted for this value"),
        }
    }
}

/// Numbers that Python's library names.
pub(crate) fn library_constant(path: &str) -> Option<Value> {
    Some(Value::literal(match path {
        "math.pi" | "numpy.pi" => Literal::Float(std::f64::consts::PI),
        "math.e" => Literal::Float(std::f64::consts::E),
        "math.tau" => Literal::Float(std::f64::consts::TAU),
        "math.inf" | "numpy.inf" => Literal::Float(f64::INFINITY),
        "sys.maxsize" => Literal::Int(i64::MAX),
        "string.digits" => Literal::Text("0123456789".to_owned()),
        "string.ascii_lowercase" => Literal::Text("abcdefghijklmnopqrstuvwxyz".to_owned()),
        "string.ascii_uppercase" => Literal::Text("ABCDEFGHIJKLMNOPQRSTUVWXYZ".to_owned()),
        _ => return None,
    }))
}

/// The value with a place, where it has none yet.
pub(crate) fn at(value: Value, span: &Span) -> Value {
    match value {
        Value::Scalar(term) => Value::Scalar(term.at(span)),
        other => other,
    }
}

/// A record of a single value per name.
pub(crate) fn dict_record(fields: Vec<(String, Value)>) -> Value {
    Value::Record(Rc::new(Record {
        kind: RecordKind::Dict,
        fields,
    }))
}
