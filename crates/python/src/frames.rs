//! Frames: their columns, rows and the vectorised methods that are lifted.

use relift_dataflow::{Base, Expr, Literal, NodeId, Op, Refusal};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::calls::Arguments;
use crate::iteration::{Iteration, object_id};
use crate::lowering::Lowerer;
use crate::values::{Content, NO_ROW, ObjectId, RecordKind, Series, Term, Value};

impl Lowerer<'_> {
    /// The relation of a frame.
    pub(crate) fn frame_node(&mut self, value: &Value, span: &Span) -> Result<NodeId, Refusal> {
        let refuse = |reason: String| Err(Refusal::new("frame", reason, Some(span.clone())));
        match self.resolved(value, "frame", span)? {
            Value::Object(id) => match self
                .state
                .heap
                .get(&id)
                .map(|object| object.content.clone())
            {
                Some(Content::Frame(node)) => Ok(node),
                Some(Content::EmptyFrame(columns)) => self.add(
                    Op::Values {
                        columns,
                        rows: Vec::new(),
                    },
                    span,
                    None,
                ),
                Some(Content::Poisoned(refusal)) => Err((*refusal).clone()),
                _ => refuse("it is no frame".to_owned()),
            },
            Value::Unknown(refusal) => Err((*refusal).clone()),
            other => refuse(format!("{} is no frame", other.kind())),
        }
    }

    fn frame(&mut self, node: NodeId) -> Value {
        self.object(Content::Frame(node))
    }

    fn has_column(&self, node: NodeId, name: &str) -> bool {
        self.flow.node(node).schema.has(&ColumnName::from(name))
    }

    pub(crate) fn select_columns(
        &mut self,
        node: NodeId,
        columns: &[ColumnName],
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        if let Some(twice) =
            (1..columns.len()).find(|place| columns[..*place].contains(&columns[*place]))
        {
            return Err(Refusal::new(
                format!("column \"{}\"", columns[twice]),
                "is picked twice",
                Some(span.clone()),
            ));
        }
        let columns = columns
            .iter()
            .map(|name| (name.clone(), Expr::column(name.clone())))
            .collect();
        self.add(
            Op::Map {
                input: node,
                columns,
            },
            span,
            None,
        )
    }

    pub(crate) fn frame_attribute(
        &mut self,
        id: ObjectId,
        node: NodeId,
        name: &str,
        span: &Span,
    ) -> Result<Value, Refusal> {
        match name {
            "empty" => Ok(Value::Scalar(self.empty(node, span)?)),
            "columns" => Ok(Value::Tuple(
                self.flow
                    .node(node)
                    .schema
                    .names()
                    .map(|name| Value::text(name.as_str()))
                    .collect(),
            )),
            "shape" => {
                let rows = self.count(node, span)?;
                let columns = self.flow.node(node).schema.columns().len() as i64;
                Ok(Value::Tuple(vec![Value::Scalar(rows), Value::int(columns)]))
            }
            "loc" | "iloc" | "at" | "iat" => {
                Ok(Value::Bound(Box::new(Value::Object(id)), name.into()))
            }
            _ if self.has_column(node, name) => Ok(series(node, name)),
            _ => Err(Refusal::new(
                format!("attribute `{name}`"),
                "this attribute of frames is not lifted",
                Some(span.clone()),
            )),
        }
    }

    /// `frame[key]`.
    pub(crate) fn frame_item(
        &mut self,
        node: NodeId,
        key: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let missing = |name: &str| {
            Refusal::new(
                "column",
                format!("the frame has no column \"{name}\""),
                Some(span.clone()),
            )
        };
        if let Some(name) = key.as_text() {
            return if self.has_column(node, name) {
                Ok(series(node, name))
            } else {
                Err(missing(name))
            };
        }
        if let Value::Series(_) = key {
            let filtered = self.masked(node, key, span)?;
            return Ok(self.frame(filtered));
        }
        let Some(items) = self.fixed_items(key) else {
            return Err(Refusal::new(
                "subscript",
                "this way to index a frame is not lifted",
                Some(span.clone()),
            ));
        };
        let mut columns = Vec::new();
        for item in &items {
            match item.as_text() {
                Some(name) if self.has_column(node, name) => columns.push(ColumnName::from(name)),
                Some(name) => return Err(missing(name)),
                None => {
                    return Err(Refusal::new(
                        "subscript",
                        "the column names are not constant",
                        Some(span.clone()),
                    ));
                }
            }
        }
        let node = self.select_columns(node, &columns, span)?;
        Ok(self.frame(node))
    }

    /// `frame.head(count)`.
    pub(crate) fn frame_head(
        &mut self,
        node: NodeId,
        count: u64,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let node = self.add(Op::Limit { input: node, count }, span, None)?;
        Ok(self.frame(node))
    }

    /// `frame[key] = value`.
    pub(crate) fn set_column(
        &mut self,
        node: NodeId,
        key: &Value,
        value: &Value,
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        let Some(name) = key.as_text() else {
            return Err(Refusal::new(
                "assignment",
                "only one column with a constant name is lifted",
                Some(span.clone()),
            ));
        };
        let name = ColumnName::from(name);
        let frame = node;
        let mut node = node;
        let expr = match value {
            Value::Series(_) => {
                // Values of the rows around stand beside the rows.
                let (base, expr) = self.placed(value, node, span)?;
                node = base;
                expr
            }
            Value::Indexed(_) => {
                return Err(Refusal::new(
                    "assignment",
                    "labelled values are aligned by their labels",
                    Some(span.clone()),
                ));
            }
            Value::Scalar(term) if term.scope == NO_ROW => term.expr.clone(),
            Value::Object(_) => {
                let Iteration::Rows(relation) = self.iterate(value, span)? else {
                    return Err(Refusal::new(
                        "assignment",
                        "a list of constants as a column is not lifted",
                        Some(span.clone()),
                    ));
                };
                match self.emitted(&relation) {
                    Some((input, guard, value)) if guard.is_true() => self.rebased(
                        &Series {
                            frame: input,
                            expr: value,
                        },
                        node,
                        span,
                    )?,
                    _ => {
                        return Err(Refusal::new(
                            "assignment",
                            "the list is not one value per row of the frame",
                            Some(span.clone()),
                        ));
                    }
                }
            }
            Value::Unknown(refusal) => return Err((**refusal).clone()),
            other => {
                return Err(Refusal::new(
                    "assignment",
                    format!("{} as a column is not lifted", other.kind()),
                    Some(span.clone()),
                ));
            }
        };
        let expr = match value {
            // A column of a frame is held as it is.
            Value::Series(_) => expr,
            _ => self.column_value(&name, expr, node, span)?,
        };
        let names: Vec<ColumnName> = self.flow.node(frame).schema.names().cloned().collect();
        let title = self.flow.node(frame).name.clone();
        self.with_columns(node, &names, &[(name, expr)], title.as_deref(), span)
    }

    pub(crate) fn frame_method(
        &mut self,
        id: ObjectId,
        node: NodeId,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        if arguments
            .named("inplace")
            .is_some_and(|flag| flag.as_bool() != Some(false))
        {
            return Err(arguments.refuse("changing a frame in place is not lifted"));
        }
        match name {
            "copy" => {
                arguments.only(1, &["deep"])?;
                Ok(self.frame(node))
            }
            "iterrows" => {
                arguments.only(0, &[])?;
                Ok(self.frame_rows(node, RecordKind::Series, true))
            }
            "itertuples" => {
                arguments.only(2, &["index", "name"])?;
                let index = match arguments.get(0, "index") {
                    None => true,
                    Some(flag) => flag
                        .as_bool()
                        .ok_or_else(|| arguments.refuse("`index` is not constant"))?,
                };
                if arguments.get(1, "name").is_some_and(Value::is_none) {
                    let row = self.frame_rows(node, RecordKind::NamedTuple, index);
                    return Ok(plain_tuples(row));
                }
                Ok(self.frame_rows(node, RecordKind::NamedTuple, index))
            }
            "to_dict" => {
                arguments.only(1, &["orient"])?;
                match arguments.get(0, "orient").and_then(Value::as_text) {
                    Some("records") => {
                        let rows = self.frame_rows(node, RecordKind::Dict, false);
                        let list = self.list_of(Vec::new());
                        self.extend_list(object_id(&list), &rows, &span)?;
                        Ok(list)
                    }
                    _ => Err(arguments.refuse("only the form \"records\" is lifted")),
                }
            }
            "head" => {
                arguments.only(1, &["n"])?;
                let count = match arguments.get(0, "n") {
                    None => Some(5),
                    Some(count) => count.as_int().and_then(|count| u64::try_from(count).ok()),
                };
                let count = count.ok_or_else(|| arguments.refuse("the count is not constant"))?;
                self.frame_head(node, count, &span)
            }
            "reset_index" => {
                arguments.only(0, &["drop", "inplace"])?;
                if !arguments.flag("drop", false)? {
                    return Err(arguments.refuse("the index as a column is not lifted"));
                }
                let node = self.labelled_anew(node, &span)?;
                Ok(self.frame(node))
            }
            "tail" => {
                let node = self.last_rows(node, arguments)?;
                Ok(self.frame(node))
            }
            "pivot_table" => self.pivot_table(node, arguments),
            "sort_values" => self.sort_values(node, arguments),
            "drop_duplicates" => self.drop_duplicates(node, arguments),
            "nlargest" | "nsmallest" => self.most_rows(node, name == "nlargest", arguments),
            "dropna" => self.drop_missing(node, arguments),
            "fillna" => self.fill_frame(node, arguments),
            "set_index" => self.set_index(node, arguments),
            "melt" => self.melt(node, arguments),
            "query" => self.query_frame(node, arguments),
            "pipe" => {
                let function = arguments.need(0, "func")?.clone();
                let mut given = vec![Value::Object(id)];
                given.extend(arguments.positional.iter().skip(1).cloned());
                self.call_value(&function, given, arguments.named.clone(), &span)
            }
            "rename" => {
                arguments.only(0, &["columns", "inplace"])?;
                let Some(Value::Object(map)) = arguments.named("columns") else {
                    return Err(arguments.refuse("only a dictionary of column names is lifted"));
                };
                let names = self.dict(*map)?.entries.clone();
                let mut columns = Vec::new();
                for column in self.flow.node(node).schema.names() {
                    let renamed = names.iter().find_map(|(key, value)| match key {
                        Literal::Text(old) if old == column.as_str() => value.as_text(),
                        _ => None,
                    });
                    let new = renamed.map_or_else(|| column.clone(), ColumnName::from);
                    columns.push((new, Expr::column(column.clone())));
                }
                let node = self.add(
                    Op::Map {
                        input: node,
                        columns,
                    },
                    &span,
                    None,
                )?;
                Ok(self.frame(node))
            }
            "drop" => {
                arguments.only(1, &["labels", "axis", "columns", "inplace", "errors"])?;
                let columns = arguments.named("axis").is_some_and(|axis| {
                    axis.as_int() == Some(1) || axis.as_text() == Some("columns")
                });
                let named = match arguments.named("columns") {
                    None if columns => arguments.get(0, "labels"),
                    Some(names) if arguments.get(0, "labels").is_none() => Some(names),
                    _ => None,
                };
                let dropped = match named {
                    Some(name) if name.as_text().is_some() => {
                        vec![ColumnName::from(name.as_text().unwrap_or_default())]
                    }
                    Some(names) => self.column_names(&names.clone(), arguments)?,
                    None => return Err(arguments.refuse("only dropping columns is lifted")),
                };
                let lenient = match arguments.named("errors") {
                    None => false,
                    Some(errors) => match errors.as_text() {
                        Some("raise") => false,
                        Some("ignore") => true,
                        _ => return Err(arguments.refuse("the argument `errors` is not constant")),
                    },
                };
                for name in &dropped {
                    if !lenient && !self.has_column(node, name.as_str()) {
                        return Err(arguments.refuse(format!("there is no column \"{name}\"")));
                    }
                }
                let kept: Vec<ColumnName> = self
                    .flow
                    .node(node)
                    .schema
                    .names()
                    .filter(|name| !dropped.contains(name))
                    .cloned()
                    .collect();
                let node = self.select_columns(node, &kept, &span)?;
                Ok(self.frame(node))
            }
            "assign" => {
                arguments.only(
                    0,
                    &arguments
                        .named
                        .iter()
                        .map(|(name, _)| name.as_str())
                        .collect::<Vec<_>>(),
                )?;
                let mut changed = node;
                for (name, value) in &arguments.named {
                    let value = match value {
                        // It sees the columns assigned before it.
                        Value::Function(_) | Value::Made(_) => {
                            let so_far = self.frame(changed);
                            let made =
                                self.call_value(value, vec![so_far.clone()], Vec::new(), &span)?;
                            // What it changes in place stays changed.
                            changed = self.frame_node(&so_far, &span)?;
                            made
                        }
                        value => value.clone(),
                    };
                    changed = self.set_column(changed, &Value::text(name), &value, &span)?;
                }
                Ok(self.frame(changed))
            }
            "merge" => self.merge_frames_on(node, arguments),
            "groupby" => self.group_by(node, arguments),
            "apply" => self.apply_rows(node, arguments),
            _ => {
                let _ = id;
                Err(arguments.refuse("this method of frames is not lifted"))
            }
        }
    }

    pub(crate) fn by(
        &mut self,
        value: &Value,
        arguments: &Arguments,
    ) -> Result<Vec<ColumnName>, Refusal> {
        match value.as_text() {
            Some(name) => Ok(vec![ColumnName::from(name)]),
            None => self.column_names(value, arguments),
        }
    }

    fn sort_values(&mut self, node: NodeId, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(
            1,
            &[
                "by",
                "ascending",
                "kind",
                "ignore_index",
                "inplace",
                "na_position",
            ],
        )?;
        let span = arguments.span.clone();
        let columns = self.by(&arguments.need(0, "by")?.clone(), arguments)?;
        let by = self.sort_order(node, &columns, arguments)?;
        self.stable_or_unique(node, &columns, arguments)?;
        let mut node = self.add(Op::Sort { input: node, by }, &span, None)?;
        if arguments.flag("ignore_index", false)? {
            node = self.freshly_made(node);
        }
        Ok(self.frame(node))
    }

    /// `frame.apply(function, axis=1)` whose result is one scalar per row.
    fn apply_rows(&mut self, node: NodeId, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(1, &["func", "axis"])?;
        let span = arguments.span.clone();
        if arguments.named("axis").and_then(Value::as_int) != Some(1) {
            return Err(arguments.refuse("only `axis=1` is lifted"));
        }
        let function = arguments.need(0, "func")?.clone();
        self.require_rows(
            node,
            &arguments.construct,
            "of no rows it gives a frame instead of a column",
            &span,
        )?;
        let row = self.frame_row(node, RecordKind::Series);
        self.per_row(node, &function, &row, arguments)
    }

    /// One scalar per row by calling a function.
    pub(crate) fn per_row(
        &mut self,
        node: NodeId,
        function: &Value,
        element: &Value,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let scope = self.new_scope();
        self.enter_rows(scope, node);
        let entry = self.state.clone();
        self.loops
            .push(crate::loops::LoopContext::new(scope, entry, false));
        let before = self.state.heap.clone();
        let result = self
            .call_value(
                function,
                vec![element.in_scope(scope)],
                Vec::new(),
                &arguments.span,
            )
            .and_then(|value| {
                let unchanged = before
                    .iter()
                    .all(|(id, object)| self.state.heap.get(id) == Some(object));
                if unchanged {
                    self.scalar(&value, &arguments.construct, &arguments.span)
                } else {
                    Err(arguments.refuse("the function changes things outside itself"))
                }
            });
        let waiting = self.loops.pop().map(|context| context.deferred);
        self.scopes.pop();
        let term = result?;
        if waiting.is_some_and(|waiting| !waiting.is_empty()) {
            return Err(arguments.refuse("the function changes things outside itself"));
        }
        let name = ColumnName::from("value");
        let expr = self.column_value(&name, term.expr, node, &arguments.span)?;
        Ok(Value::Series(Series { frame: node, expr }))
    }
}

fn series(node: NodeId, name: &str) -> Value {
    Value::Series(Series {
        frame: node,
        expr: Expr::column(name),
    })
}

/// Rows of `itertuples(name=None)`.
fn plain_tuples(rows: Value) -> Value {
    match rows {
        Value::Rows(mut relation) => {
            if let Value::Record(record) = &relation.element {
                let items = record
                    .fields
                    .iter()
                    .map(|(_, value)| value.clone())
                    .collect();
                relation.element = Value::Tuple(items);
            }
            Value::Rows(relation)
        }
        other => other,
    }
}

/// A float constant for numeric columns.
pub(crate) fn as_column_constant(term: &Term, base: Base) -> Expr {
    match (term.as_literal(), base) {
        (Some(Literal::Int(value)), Base::Float64) => Expr::literal(Literal::Float(*value as f64)),
        _ => term.expr.clone(),
    }
}
