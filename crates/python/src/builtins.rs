//! Functions of Python and its library that an External calls by name.

use std::rc::Rc;

use relift_dataflow::{
    Aggregate, AggregateFunction, Base, Expr, ExprKind, Function, GroupOrder, Literal, Op,
    Parameter, PickWhich, Refusal,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::calls::Arguments;
use crate::iteration::{Iteration, object_id};
use crate::lowering::Lowerer;
use crate::state::{choose, not};
use crate::values::{
    Content, Dict, Factory, Mapping, Matching, ObjectId, Relation, Rest, Term, Value,
};

impl Lowerer<'_> {
    pub(crate) fn call_global(
        &mut self,
        path: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        if let Some(name) = path.strip_prefix("builtins.") {
            return self.call_builtin(name, arguments);
        }
        if let Some(done) = self.moment_function(path, arguments) {
            return done;
        }
        if let Some(done) = self.mathematics(path, arguments) {
            return done;
        }
        if let Some(done) = self.functional(path, arguments) {
            return done;
        }
        match path {
            "datetime.datetime.min.time" => Ok(Value::Global(Rc::from("datetime.time.min"))),
            "pandas.DataFrame" => self.data_frame(arguments),
            "pandas.DataFrame.from_records" => self.frame_of_records(arguments),
            "pandas.isna" | "pandas.isnull" | "pandas.notna" | "pandas.notnull" => {
                arguments.only(1, &["obj"])?;
                let value = arguments.need(0, "obj")?.clone();
                let missing = path.contains("isn");
                if let Value::Series(_) = value {
                    let name = if missing { "isna" } else { "notna" };
                    let none = Arguments {
                        positional: Vec::new(),
                        named: Vec::new(),
                        ..arguments.clone()
                    };
                    return self.series_method(&value, name, &none);
                }
                let term = self.is_missing(&value, &span)?;
                let expr = if missing { term.expr } else { not(term.expr) };
                Ok(Value::Scalar(Term { expr, ..term }))
            }
            "pandas.Series" => self.series_of_dict(arguments),
            "pandas.NamedAgg" => {
                arguments.only(2, &["column", "aggfunc"])?;
                let column = arguments.need(0, "column")?.clone();
                let function = arguments.need(1, "aggfunc")?.clone();
                Ok(Value::Tuple(vec![column, function]))
            }
            "pandas.to_datetime" => self.datetime_column(arguments),
            "pandas.cut" => self.cut_column(arguments),
            "pandas.pivot_table" => {
                let mut rest = arguments.clone();
                if rest.positional.is_empty() {
                    return Err(arguments.refuse("its frame is given by name"));
                }
                let frame = rest.positional.remove(0);
                self.call_method(&frame, "pivot_table", &rest)
            }
            "numpy.where" => self.numpy_where(arguments),
            "numpy.select" => self.numpy_select(arguments),
            "pandas.concat" => self.concat(arguments),
            "pandas.read_sql_query" | "pandas.read_sql" => self.read_sql(arguments),
            "pandas.merge" => {
                let mut rest = arguments.clone();
                if rest.positional.is_empty() {
                    return Err(arguments.refuse("its frames are given by name"));
                }
                let left = rest.positional.remove(0);
                self.call_method(&left, "merge", &rest)
            }
            "numpy.isnan" => {
                arguments.only(1, &[])?;
                let term = self.scalar(
                    &arguments.need(0, "x")?.clone(),
                    &arguments.construct,
                    &span,
                )?;
                let term =
                    self.known(term, &arguments.construct, "None raises TypeError", &span)?;
                Ok(Value::Scalar(self.apply(
                    Function::IsMissing,
                    vec![term],
                    &span,
                )?))
            }
            "decimal.Decimal" => {
                arguments.only(1, &[])?;
                match arguments.positional.first().cloned() {
                    None => Ok(Value::literal(Literal::Decimal {
                        unscaled: 0,
                        scale: 0,
                    })),
                    Some(value) => self.decimal(&value, &span),
                }
            }
            "decimal.getcontext"
            | "decimal.setcontext"
            | "decimal.localcontext"
            | "locale.setlocale" => {
                let refusal = arguments.refuse("changing the decimal context is not lifted");
                self.refused.push(refusal.clone());
                Err(refusal)
            }
            "datetime.datetime.now" | "datetime.datetime.today" | "datetime.datetime.utcnow" => {
                arguments.only(0, &[])?;
                Ok(Value::Scalar(
                    Term::constant(Expr::new(ExprKind::Parameter(Parameter::ProcessingTime)))
                        .at(&span),
                ))
            }
            "datetime.date.today" => {
                arguments.only(0, &[])?;
                let now = Term::constant(Expr::new(ExprKind::Parameter(Parameter::ProcessingTime)));
                Ok(Value::Scalar(self.apply(
                    Function::ToDate,
                    vec![now],
                    &span,
                )?))
            }
            "collections.defaultdict" => {
                arguments.only(1, &[])?;
                let factory = arguments.positional.first().map(|factory| match factory {
                    Value::Global(name) if &**name == "builtins.int" => {
                        Factory::Call(factory.clone())
                    }
                    other => Factory::Call(other.clone()),
                });
                Ok(self.object(Content::Dict(Dict {
                    set: false,
                    class: None,
                    factory,
                    entries: Vec::new(),
                    rest: Rest::Nothing,
                })))
            }
            "collections.Counter" => {
                arguments.only(0, &[])?;
                Ok(self.object(Content::Dict(Dict {
                    set: false,
                    class: None,
                    factory: Some(Factory::Zero),
                    entries: Vec::new(),
                    rest: Rest::Nothing,
                })))
            }
            "collections.OrderedDict" => {
                arguments.only(0, &[])?;
                Ok(self.empty_dict(false))
            }
            "logging.getLogger" => Ok(Value::Global(Rc::from("logging.logger"))),
            _ if path.starts_with("logging.") || path == "warnings.warn" => Ok(Value::none()),
            _ => Err(arguments.refuse("what it does is not known here")),
        }
    }

    /// `pd.isna(x)`.
    pub(crate) fn is_missing(&mut self, value: &Value, span: &Span) -> Result<Term, Refusal> {
        let term = self.scalar(value, "call of `isna`", span)?;
        if self.state.known_not_missing(&term.expr) || !self.type_of(&term)?.missing.possible() {
            return Ok(Term::literal(Literal::Bool(false)));
        }
        Ok(Term {
            expr: Expr::call(Function::IsMissing, vec![term.expr]).at(Some(span.clone())),
            scope: term.scope,
            numpy: false,
        })
    }

    fn call_builtin(&mut self, name: &str, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        let first = arguments.positional.first().cloned();
        let need = || {
            first
                .clone()
                .ok_or_else(|| arguments.refuse("an argument is missing"))
        };
        let scalar = |term: Term| Ok(Value::Scalar(term));
        if let Some(Value::Unknown(refusal)) = &first
            && name != "print"
        {
            return Err((**refusal).clone());
        }
        match name {
            "print" => Ok(Value::none()),
            "str" => {
                arguments.only(1, &[])?;
                match &first {
                    None => Ok(Value::text("")),
                    Some(value) => scalar(self.text_of_value(value, &span)?),
                }
            }
            "int" => {
                arguments.only(1, &[])?;
                match &first {
                    None => Ok(Value::int(0)),
                    Some(value) => scalar(self.integer_of(value, &span)?),
                }
            }
            "float" => {
                arguments.only(1, &[])?;
                match &first {
                    None => Ok(Value::literal(Literal::Float(0.0))),
                    Some(value) => scalar(self.float_of(value, &span)?),
                }
            }
            "bool" => {
                arguments.only(1, &[])?;
                match &first {
                    None => Ok(Value::literal(Literal::Bool(false))),
                    Some(value) => scalar(self.truth(value, &span)?),
                }
            }
            "round" => {
                arguments.only(2, &["ndigits"])?;
                let value = need()?;
                let digits = arguments.get(1, "ndigits").cloned();
                self.round(&value, digits.as_ref(), &span)
            }
            "map" => self.mapped(arguments),
            "filter" => {
                arguments.only(2, &[])?;
                self.filtered_items(arguments)
            }
            "getattr" => {
                arguments.only(2, &[])?;
                let value = need()?;
                match arguments.need(1, "name")?.as_text() {
                    Some(name) => {
                        let name = name.to_owned();
                        self.attribute(&value, &name, &span)
                    }
                    None => Err(arguments.refuse("the name is not constant")),
                }
            }
            "super" => self.super_of(arguments),
            _ if name.starts_with("str.") => {
                let mut rest = arguments.clone();
                if rest.positional.is_empty() {
                    return Err(arguments.refuse("an argument is missing"));
                }
                let receiver = rest.positional.remove(0);
                self.call_method(&receiver, &name["str.".len()..], &rest)
            }
            "repr" => {
                arguments.only(1, &[])?;
                let value = need()?;
                scalar(self.repr_of_value(&value, &span)?)
            }
            "pow" => {
                arguments.only(2, &[])?;
                let (base, exponent) = (need()?, arguments.need(1, "exp")?.clone());
                self.binary(ruff_python_ast::Operator::Pow, &base, &exponent, &span)
            }
            "divmod" => {
                arguments.only(2, &[])?;
                let (a, b) = (need()?, arguments.need(1, "b")?.clone());
                let quotient = self.binary(ruff_python_ast::Operator::FloorDiv, &a, &b, &span)?;
                let rest = self.binary(ruff_python_ast::Operator::Mod, &a, &b, &span)?;
                Ok(Value::Tuple(vec![quotient, rest]))
            }
            "abs" => {
                arguments.only(1, &[])?;
                let value = need()?;
                self.absolute(&value, &span)
            }
            "isinstance" => {
                arguments.only(2, &[])?;
                let value = need()?;
                let kind = arguments.need(1, "type")?.clone();
                scalar(self.is_instance(&value, &kind, &span)?)
            }
            "len" => {
                arguments.only(1, &[])?;
                let value = need()?;
                scalar(self.length(&value, arguments)?)
            }
            "min" | "max" => self.extreme_call(name == "max", arguments),
            "sum" => {
                arguments.only(2, &["start"])?;
                let value = need()?;
                let start = arguments.get(1, "start").cloned();
                self.sum(&value, start.as_ref(), arguments)
            }
            "any" | "all" => {
                arguments.only(1, &[])?;
                let value = need()?;
                self.quantified(name == "any", &value, arguments)
            }
            "sorted" => {
                arguments.only(1, &["key", "reverse"])?;
                let value = need()?;
                let descending = arguments.flag("reverse", false)?;
                let key = arguments.named("key").filter(|key| !key.is_none()).cloned();
                self.sorted(&value, key.as_ref(), descending, &span)
            }
            "list" => {
                arguments.only(1, &[])?;
                let list = self.list_of(Vec::new());
                if let Some(value) = &first {
                    match self.iterate(value, &span)? {
                        Iteration::Items(items) => return Ok(self.list_of(items)),
                        Iteration::Matching(rows) => self.extend_list(
                            object_id(&list),
                            &Value::Matching(Box::new(rows)),
                            &span,
                        )?,
                        Iteration::Rows(relation) => self.extend_list(
                            object_id(&list),
                            &Value::Rows(Box::new(relation)),
                            &span,
                        )?,
                    }
                }
                Ok(list)
            }
            "tuple" => {
                arguments.only(1, &[])?;
                match &first {
                    None => Ok(Value::Tuple(Vec::new())),
                    Some(value) => match self.iterate(value, &span)? {
                        Iteration::Items(items) => Ok(Value::Tuple(items)),
                        Iteration::Matching(rows) => Ok(Value::Matching(Box::new(rows))),
                        Iteration::Rows(_) => {
                            Err(arguments.refuse("a tuple of rows is not lifted"))
                        }
                    },
                }
            }
            "set" | "frozenset" => {
                arguments.only(1, &[])?;
                match &first {
                    None => Ok(self.empty_dict(true)),
                    Some(value) => self.set_of(value, arguments),
                }
            }
            "dict" => {
                let dict = self.empty_dict(false);
                let id = object_id(&dict);
                arguments.only(
                    1,
                    &arguments
                        .named
                        .iter()
                        .map(|(name, _)| name.as_str())
                        .collect::<Vec<_>>(),
                )?;
                if let Some(Value::Object(other)) = &first
                    && self.dict(*other).is_ok()
                {
                    self.no_instance(*other, "call of `dict`", &arguments.span)?;
                    let copied = self.dict(*other)?.clone();
                    if let Some(object) = self.state.heap.get_mut(&id) {
                        object.content = Content::Dict(copied);
                    }
                } else if let Some(Value::Record(_)) = &first {
                    return Ok(self.thaw(&need()?));
                } else if let Some(pairs) = &first {
                    self.fill_with_pairs(id, pairs, arguments)?;
                }
                for (name, value) in &arguments.named {
                    self.set_entry(id, &Value::text(name), value.clone(), &span)?;
                }
                Ok(dict)
            }
            "reversed" => {
                arguments.only(1, &[])?;
                let value = need()?;
                self.reversed(&value, &span)
            }
            "zip" => {
                arguments.only(usize::MAX, &[])?;
                self.zip(&arguments.positional, &span)
            }
            "enumerate" => {
                arguments.only(2, &["start"])?;
                let value = need()?;
                let start = match arguments.get(1, "start") {
                    None => 0,
                    Some(start) => start
                        .as_int()
                        .ok_or_else(|| arguments.refuse("the start is not constant"))?,
                };
                self.enumerate(&value, start, &span)
            }
            "range" => {
                arguments.only(3, &[])?;
                let numbers: Option<Vec<i64>> =
                    arguments.positional.iter().map(Value::as_int).collect();
                let (from, to, step) = match numbers.as_deref() {
                    Some([to]) => (0, *to, 1),
                    Some([from, to]) => (*from, *to, 1),
                    Some([from, to, step]) if *step > 0 => (*from, *to, *step),
                    _ => {
                        let bounds = arguments.positional.clone();
                        return match self.range_of_rows(&bounds, &span)? {
                            Some(rows) => Ok(rows),
                            None => Err(arguments.refuse("its bounds are not constant")),
                        };
                    }
                };
                if (to - from) / step > 1000 {
                    return Err(arguments.refuse("it counts further than is unrolled"));
                }
                Ok(Value::Tuple(
                    (from..to)
                        .step_by(usize::try_from(step).unwrap_or(1))
                        .map(Value::int)
                        .collect(),
                ))
            }
            "format" => {
                arguments.only(2, &[])?;
                let value = need()?;
                let spec = match arguments.positional.get(1) {
                    None => String::new(),
                    Some(spec) => spec
                        .as_text()
                        .ok_or_else(|| arguments.refuse("the format is not constant"))?
                        .to_owned(),
                };
                scalar(self.formatted(&value, &spec, &span)?)
            }
            _ => Err(arguments.refuse("it is not lifted")),
        }
    }

    /// `filter(function, items)` where the items decide at once.
    fn filtered_items(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let function = arguments.need(0, "function")?.clone();
        let iterable = arguments.need(1, "iterable")?.clone();
        let Iteration::Items(items) = self.iterate(&iterable, span)? else {
            return Err(arguments.refuse("over rows it is not lifted"));
        };
        let mut kept = Vec::new();
        for item in items {
            let tested = if function.is_none() {
                item.clone()
            } else {
                self.call_value(&function, vec![item.clone()], Vec::new(), span)?
            };
            let truth = self.truth(&tested, span)?;
            match self.state.known(&truth.expr) {
                Some(true) => kept.push(item),
                Some(false) => {}
                None => return Err(arguments.refuse("how many items are left depends on the row")),
            }
        }
        Ok(Value::Tuple(kept))
    }

    fn length(&mut self, value: &Value, arguments: &Arguments) -> Result<Term, Refusal> {
        let span = &arguments.span;
        let value = self.resolved(value, &arguments.construct, span)?;
        match &value {
            Value::Tuple(items) | Value::FrozenList(items) => {
                Ok(Term::literal(Literal::Int(items.len() as i64)))
            }
            Value::Record(record) => Ok(Term::literal(Literal::Int(record.fields.len() as i64))),
            Value::Series(series) => self.count(series.frame, span),
            Value::Parts(parts) => self.part_count(parts, span),
            Value::Rows(relation) => self.count(relation.node, span),
            Value::Matching(rows) => self.matching_count(rows, span),
            Value::Object(id) => {
                match self.state.heap.get(id).map(|object| object.content.clone()) {
                    Some(Content::List(_)) => self.list_length(*id, span),
                    Some(Content::Dict(_)) => self.dict_length(*id, span),
                    Some(Content::Members(_)) => Err(crate::iteration::filling(span)),
                    Some(Content::Table(table)) => {
                        Ok(Term::literal(Literal::Int(table.len() as i64)))
                    }
                    Some(Content::Frame(node)) => self.count(node, span),
                    Some(Content::EmptyFrame(_)) => Ok(Term::literal(Literal::Int(0))),
                    Some(Content::Database(_) | Content::Cursor(_)) => {
                        Err(arguments.refuse("a connection has no length"))
                    }
                    Some(Content::Poisoned(refusal)) => Err((*refusal).clone()),
                    None => Err(arguments.refuse("the object is lost")),
                }
            }
            Value::Scalar(term) => {
                let term = self.known(
                    term.clone(),
                    &arguments.construct,
                    "None raises TypeError",
                    span,
                )?;
                self.apply(Function::Length, vec![term], span)
            }
            other => Err(arguments.refuse(format!("the length of {} is not lifted", other.kind()))),
        }
    }

    /// The one scalar a relation's element is.
    fn element_scalar(relation: &Relation, arguments: &Arguments) -> Result<Expr, Refusal> {
        match &relation.element {
            Value::Scalar(term) => Ok(term.expr.clone()),
            Value::Unknown(refusal) => Err((**refusal).clone()),
            other => Err(arguments.refuse(format!("it is given rows that are {}", other.kind()))),
        }
    }

    fn aggregated(
        &mut self,
        rows: &Matching,
        function: AggregateFunction,
        argument: Expr,
        span: &Span,
    ) -> Result<Term, Refusal> {
        if !rows.on.is_empty() {
            let none = match function {
                AggregateFunction::Any => Expr::bool(false),
                AggregateFunction::All => Expr::bool(true),
                AggregateFunction::Sum => Expr::int(0),
                _ => {
                    let (present, value) =
                        self.matching_aggregate(rows, function, Some(argument), span)?;
                    return Ok(Term {
                        expr: value,
                        ..present
                    });
                }
            };
            return self.matching_or(rows, function, Some(argument), none, span);
        }
        let column = ColumnName::from(function.name());
        let node = self.add(
            Op::Aggregate {
                input: rows.relation.node,
                keys: Vec::new(),
                aggregates: vec![(
                    column.clone(),
                    Aggregate {
                        function,
                        argument: Some(argument),
                        filter: None,
                    },
                )],
                order: GroupOrder::Unordered,
            },
            span,
            None,
        )?;
        Ok(Term::constant(
            Expr::new(ExprKind::Scalar {
                relation: node,
                column,
            })
            .at(Some(span.clone())),
        ))
    }

    /// Demands that there are rows wherever execution comes here.
    fn require_some(
        &mut self,
        rows: &Matching,
        construct: &str,
        why: &str,
        span: &Span,
    ) -> Result<(), Refusal> {
        if rows.on.is_empty() {
            return self.require_rows(rows.relation.node, construct, why, span);
        }
        let present = self.matching_present(rows, span)?;
        self.require(&present, construct, why, span)
    }

    /// The first or the last of the rows, which must be there.
    pub(crate) fn end_of(
        &mut self,
        rows: &Matching,
        which: PickWhich,
        construct: &str,
        why: &str,
        span: &Span,
    ) -> Result<Value, Refusal> {
        self.require_some(rows, construct, why, span)?;
        let (_, element) = self.matching_end(rows, which, span)?;
        Ok(element)
    }

    /// `next(generator, default)` of a generator that nothing else reads.
    pub(crate) fn next_of(
        &mut self,
        value: &Value,
        default: Option<&Value>,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let construct = "call of `next`";
        let rows = match self.iterate(value, span)?.into_rows() {
            Ok(rows) => rows,
            Err(items) => {
                return match (items.first(), default) {
                    (Some(first), _) => Ok(first.clone()),
                    (None, Some(default)) => Ok(default.clone()),
                    (None, None) => Err(Refusal::new(
                        construct,
                        "of nothing it raises StopIteration",
                        Some(span.clone()),
                    )),
                };
            }
        };
        let Some(default) = default else {
            return self.end_of(
                &rows,
                PickWhich::First,
                construct,
                "of nothing it raises StopIteration",
                span,
            );
        };
        let (found, element) = self.matching_end(&rows, PickWhich::First, span)?;
        let condition = crate::values::Condition {
            expr: found.expr,
            scope: found.scope,
        };
        Ok(self.select(&condition, &element, default))
    }

    fn sum(
        &mut self,
        value: &Value,
        start: Option<&Value>,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let start = start.cloned().unwrap_or(Value::int(0));
        let rows = match self.iterate(value, span)? {
            Iteration::Items(items) => {
                let mut total = start;
                for item in items {
                    if let Value::Scalar(term) = &item
                        && self.type_of(term)?.base == Base::Float64
                    {
                        return Err(arguments.refuse(FLOAT_SUM));
                    }
                    total = self.binary(ruff_python_ast::Operator::Add, &total, &item, span)?;
                }
                return Ok(total);
            }
            Iteration::Rows(relation) => Matching::all(relation),
            Iteration::Matching(rows) => rows,
        };
        let relation = rows.relation.clone();
        let argument = Self::element_scalar(&relation, arguments)?;
        let ty = self.type_over(&argument, relation.node)?;
        if ty.missing.possible() {
            return Err(arguments.refuse("some of the values may be missing"));
        }
        let (argument, exact) = match ty.base {
            Base::Int64 => (argument, true),
            Base::Bool => (choose(&argument, Expr::int(1), Expr::int(0)), true),
            Base::Decimal { .. } => (argument, true),
            Base::Float64 => return Err(arguments.refuse(FLOAT_SUM)),
            _ => (argument, false),
        };
        if !exact {
            return Err(arguments.refuse(format!("a sum of {ty} is not lifted")));
        }
        if matches!(ty.base, Base::Decimal { .. }) {
            self.require_some(
                &rows,
                &arguments.construct,
                "the sum of nothing is the integer 0",
                span,
            )?;
        }
        let total = self.aggregated(&rows, AggregateFunction::Sum, argument, span)?;
        if start.as_int() == Some(0) {
            return Ok(Value::Scalar(total));
        }
        self.binary(
            ruff_python_ast::Operator::Add,
            &start,
            &Value::Scalar(total),
            span,
        )
    }

    fn quantified(
        &mut self,
        any: bool,
        value: &Value,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        match self.iterate(value, span)? {
            Iteration::Items(items) => {
                let mut parts = Vec::new();
                for item in &items {
                    parts.push(self.truth(item, span)?);
                }
                let scope = self.scope_of(&parts.iter().collect::<Vec<_>>(), span)?;
                let exprs = parts.into_iter().map(|part| part.expr);
                let expr = if any {
                    crate::state::any(exprs)
                } else {
                    crate::state::all(exprs)
                };
                Ok(Value::Scalar(Term {
                    expr,
                    scope,
                    numpy: false,
                }))
            }
            iteration => {
                let Ok(rows) = iteration.into_rows() else {
                    return Err(arguments.refuse("its rows are lost"));
                };
                let scope = self.new_scope();
                self.enter_rows(scope, rows.relation.node);
                let truth = self.truth(&rows.relation.element.in_scope(scope), span);
                self.scopes.pop();
                let function = if any {
                    AggregateFunction::Any
                } else {
                    AggregateFunction::All
                };
                let term = self.aggregated(&rows, function, truth?.expr, span)?;
                Ok(Value::Scalar(term))
            }
        }
    }

    fn extreme_call(&mut self, largest: bool, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        if arguments.positional.len() > 1 {
            arguments.only(usize::MAX, &[])?;
            let values = arguments.positional.clone();
            return Ok(Value::Scalar(self.extreme(largest, &values, span)?));
        }
        arguments.only(1, &["default", "key"])?;
        let value = arguments.need(0, "iterable")?.clone();
        if let Some(key) = arguments.named("key").filter(|key| !key.is_none()).cloned() {
            return self.extreme_row(largest, &value, &key, arguments);
        }
        match self.in_any_order(&value, span)? {
            Iteration::Items(items) => {
                if items.is_empty() {
                    return arguments
                        .named("default")
                        .cloned()
                        .ok_or_else(|| arguments.refuse("of nothing it raises ValueError"));
                }
                Ok(Value::Scalar(self.extreme(largest, &items, span)?))
            }
            iteration => {
                let Ok(rows) = iteration.into_rows() else {
                    return Err(arguments.refuse("its rows are lost"));
                };
                let relation = &rows.relation;
                let argument = Self::element_scalar(relation, arguments)?;
                let ty = self.type_over(&argument, relation.node)?;
                if ty.missing.possible() {
                    return Err(arguments.refuse("some of the values may be missing"));
                }
                let function = if largest {
                    AggregateFunction::Max
                } else {
                    AggregateFunction::Min
                };
                let default = arguments.named("default").cloned();
                if default.is_none() {
                    self.require_some(
                        &rows,
                        &arguments.construct,
                        "of nothing it raises ValueError",
                        span,
                    )?;
                }
                let term = self.aggregated(&rows, function, argument, span)?;
                let known = Term {
                    expr: Expr::call(Function::Known, vec![term.expr.clone()])
                        .at(Some(span.clone())),
                    ..term
                };
                match default {
                    None => Ok(Value::Scalar(known)),
                    Some(default) => {
                        let some = self.matching_present(&rows, span)?;
                        let condition = crate::values::Condition {
                            expr: not(some.expr),
                            scope: some.scope,
                        };
                        Ok(self.select(&condition, &default, &Value::Scalar(known)))
                    }
                }
            }
        }
    }

    /// `max(rows, key=…)`: the first of the rows whose key is the largest.
    fn extreme_row(
        &mut self,
        largest: bool,
        value: &Value,
        key: &Value,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let rows = self
            .iterate(value, span)?
            .into_rows()
            .map_err(|_| arguments.refuse("it compares constants by a key"))?;
        let relation = self.sorted_rows(&rows.relation, Some(key), largest, span)?;
        let sorted = Matching {
            relation,
            on: rows.on.clone(),
        };
        let Some(default) = arguments.named("default").cloned() else {
            return self.end_of(
                &sorted,
                PickWhich::First,
                &arguments.construct,
                "of nothing it raises ValueError",
                span,
            );
        };
        let (found, element) = self.matching_end(&sorted, PickWhich::First, span)?;
        let condition = crate::values::Condition {
            expr: found.expr,
            scope: found.scope,
        };
        Ok(self.select(&condition, &element, &default))
    }

    /// `set(items)`.
    fn set_of(&mut self, value: &Value, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        match self.iterate(value, span)? {
            Iteration::Items(items) => {
                let set = self.empty_dict(true);
                for item in items {
                    if item.as_literal().is_none() {
                        return Err(arguments.refuse("its items are not constant"));
                    }
                    self.set_entry(object_id(&set), &item, Value::Tuple(Vec::new()), span)?;
                }
                Ok(set)
            }
            Iteration::Matching(rows) => self.set_of_matching(&rows, arguments),
            Iteration::Rows(relation) => {
                let argument = Self::element_scalar(&relation, arguments)?;
                if self.type_over(&argument, relation.node)?.missing.nan {
                    return Err(
                        arguments.refuse("an item can be NaN, which is not equal to itself")
                    );
                }
                let column = match argument.as_column() {
                    Some(column) => column.clone(),
                    None => ColumnName::from("item"),
                };
                let values = self.add(
                    Op::Map {
                        input: relation.node,
                        columns: vec![(column.clone(), argument)],
                    },
                    span,
                    None,
                )?;
                let node = self.add(Op::Distinct { input: values }, span, None)?;
                let key = Value::Scalar(Term::template(&column));
                Ok(self.object(Content::Dict(Dict {
                    set: true,
                    class: None,
                    factory: None,
                    entries: Vec::new(),
                    rest: Rest::Built(Box::new(Mapping {
                        node,
                        keys: vec![column],
                        key,
                        value: Value::Tuple(Vec::new()),
                        outer: Vec::new(),
                    })),
                })))
            }
        }
    }
}

impl Lowerer<'_> {
    /// `dict(pairs)`: every pair is a key and its value.
    fn fill_with_pairs(
        &mut self,
        dict: ObjectId,
        pairs: &Value,
        arguments: &Arguments,
    ) -> Result<(), Refusal> {
        let span = &arguments.span;
        let mut enter = |lowerer: &mut Self, pair: Value| match lowerer.resolved(
            &pair,
            &arguments.construct,
            span,
        )? {
            Value::Tuple(parts) | Value::FrozenList(parts) if parts.len() == 2 => {
                lowerer.set_entry(dict, &parts[0], parts[1].clone(), span)?;
                Ok(Vec::new())
            }
            _ => Err(arguments.refuse("what it is made of are not pairs")),
        };
        match self.iterate(pairs, span)?.into_rows() {
            Err(items) => self.unrolled(items, span, &mut enter).map(|_| ()),
            Ok(rows) => self.over(&rows, span, &mut enter),
        }
    }

    /// `set(items)` of the rows that belong to the current row.
    fn set_of_matching(
        &mut self,
        rows: &Matching,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let argument = Self::element_scalar(&rows.relation, arguments)?;
        if self.type_over(&argument, rows.relation.node)?.missing.nan {
            return Err(arguments.refuse("an item can be NaN, which is not equal to itself"));
        }
        let mut column = argument
            .as_column()
            .cloned()
            .unwrap_or_else(|| ColumnName::from("item"));
        while rows.on.iter().any(|(key, _)| *key == column) {
            column = ColumnName::from(format!("{column}_item"));
        }
        let mut columns: Vec<(ColumnName, Expr)> = rows
            .on
            .iter()
            .map(|(key, _)| (key.clone(), Expr::column(key.clone())))
            .collect();
        columns.push((column.clone(), argument));
        let values = self.add(
            Op::Map {
                input: rows.relation.node,
                columns,
            },
            span,
            None,
        )?;
        let node = self.add(Op::Distinct { input: values }, span, None)?;
        Ok(self.object(Content::Dict(Dict {
            set: true,
            class: None,
            factory: None,
            entries: Vec::new(),
            rest: Rest::Built(Box::new(Mapping {
                node,
                keys: vec![column.clone()],
                key: Value::Scalar(Term::template(&column)),
                value: Value::Tuple(Vec::new()),
                outer: rows.on.clone(),
            })),
        })))
    }
}

const FLOAT_SUM: &str =
    "from Python 3.12 on `sum` of floats compensates its rounding, before it does not";
