//! Frames: their columns, rows and the vectorised methods that are lifted.

use relift_dataflow::{
    Base, Expr, JoinKind, Literal, NodeId, ObligationKind, Op, PickWhich, Refusal, SortKey,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use ruff_python_ast::Expr as Syntax;

use crate::calls::Arguments;
use crate::iteration::{Iteration, object_id};
use crate::lowering::Lowerer;
use crate::values::{Content, NO_ROW, ObjectId, RecordKind, Series, Term, Value};

impl<'a> Lowerer<'a> {
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
            "loc" | "iloc" => Ok(Value::Bound(Box::new(Value::Object(id)), name.into())),
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
            let mask = self.mask(node, key, span)?;
            let name = self.flow.node(node).name.clone();
            let filtered = self.add(
                Op::Filter {
                    input: node,
                    predicate: mask,
                },
                span,
                None,
            )?;
            let _ = name;
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

    fn mask(&mut self, node: NodeId, key: &Value, span: &Span) -> Result<Expr, Refusal> {
        let expr = self.series_over(key, node, span)?;
        let ty = self.type_over(&expr, node)?;
        if ty.base != Base::Bool || ty.missing.possible() {
            return Err(Refusal::new(
                "subscript",
                format!("a frame is filtered by {ty}"),
                Some(span.clone()),
            ));
        }
        Ok(expr)
    }

    /// `frame.loc[mask]` and `frame.loc[mask, columns]`.
    pub(crate) fn located(
        &mut self,
        accessor: &Value,
        slice: &'a Syntax,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let refuse = |reason: &str| Err(Refusal::new("subscript", reason, Some(span.clone())));
        let Value::Bound(receiver, name) = accessor else {
            return refuse("it is not lifted");
        };
        if &**name != "loc" {
            return refuse("rows by their position are not lifted");
        }
        let node = self.frame_node(receiver, span)?;
        let (rows, columns) = match slice {
            Syntax::Tuple(parts) if parts.elts.len() == 2 => {
                let all = matches!(&parts.elts[0], Syntax::Slice(slice)
                    if slice.lower.is_none() && slice.upper.is_none());
                let rows = if all {
                    None
                } else {
                    Some(self.eval(&parts.elts[0])?)
                };
                (rows, Some(self.eval(&parts.elts[1])?))
            }
            other => (Some(self.eval(other)?), None),
        };
        let filtered = match rows {
            None => node,
            Some(mask @ Value::Series(_)) => {
                let predicate = self.mask(node, &mask, span)?;
                self.add(
                    Op::Filter {
                        input: node,
                        predicate,
                    },
                    span,
                    None,
                )?
            }
            Some(_) => return refuse("rows by their label are not lifted"),
        };
        match columns {
            None => Ok(self.frame(filtered)),
            Some(columns) => self.frame_item(filtered, &columns, span),
        }
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
        let expr = match value {
            Value::Series(_) => self.series_over(value, node, span)?,
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
        let expr = self.column_value(&name, expr, node, span)?;
        let mut columns = Vec::new();
        let mut replaced = false;
        for column in self.flow.node(node).schema.names() {
            if *column == name {
                replaced = true;
                columns.push((name.clone(), expr.clone()));
            } else {
                columns.push((column.clone(), Expr::column(column.clone())));
            }
        }
        if !replaced {
            columns.push((name, expr));
        }
        let frame = self.flow.node(node).name.clone();
        self.add(
            Op::Map {
                input: node,
                columns,
            },
            span,
            frame.as_deref(),
        )
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
                Ok(self.frame(node))
            }
            "sort_values" => self.sort_values(node, arguments),
            "drop_duplicates" => self.drop_duplicates(node, arguments),
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
                arguments.only(0, &["columns", "inplace"])?;
                let dropped = match arguments.named("columns") {
                    Some(name) if name.as_text().is_some() => {
                        vec![ColumnName::from(name.as_text().unwrap_or_default())]
                    }
                    Some(names) => self.column_names(&names.clone(), arguments)?,
                    None => return Err(arguments.refuse("only `columns=` is lifted")),
                };
                for name in &dropped {
                    if !self.has_column(node, name.as_str()) {
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
                    changed = self.set_column(changed, &Value::text(name), value, &span)?;
                }
                Ok(self.frame(changed))
            }
            "merge" => self.merge_frames_on(node, arguments),
            "apply" => self.apply_rows(node, arguments),
            _ => {
                let _ = id;
                Err(arguments.refuse("this method of frames is not lifted"))
            }
        }
    }

    fn by(&mut self, value: &Value, arguments: &Arguments) -> Result<Vec<ColumnName>, Refusal> {
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
        if arguments
            .named("na_position")
            .is_some_and(|place| place.as_text() != Some("last"))
        {
            return Err(arguments.refuse("missing values first is not lifted"));
        }
        let columns = self.by(&arguments.need(0, "by")?.clone(), arguments)?;
        let ascending: Vec<bool> = match arguments.named("ascending") {
            None => vec![true; columns.len()],
            Some(flag) => match flag.as_bool() {
                Some(flag) => vec![flag; columns.len()],
                None => self
                    .fixed_items(flag)
                    .unwrap_or_default()
                    .iter()
                    .filter_map(Value::as_bool)
                    .collect(),
            },
        };
        if ascending.len() != columns.len() {
            return Err(arguments.refuse("`ascending` is not constant"));
        }
        let stable = columns.len() > 1
            || matches!(
                arguments.named("kind").and_then(Value::as_text),
                Some("stable" | "mergesort")
            );
        let mut by = Vec::new();
        for (column, ascending) in columns.iter().zip(ascending) {
            let ty = self.type_over(&Expr::column(column.clone()), node)?;
            if ty.missing.possible() && ty.base == Base::Bool {
                return Err(arguments.refuse("a column of mixed kinds has no order"));
            }
            by.push(SortKey {
                expr: Expr::column(column.clone()),
                descending: !ascending,
                missing_first: false,
            });
        }
        if !stable {
            self.oblige(
                node,
                ObligationKind::Unique(columns),
                "pandas' default sort leaves the order of equal keys open",
                &span,
            );
        }
        let node = self.add(Op::Sort { input: node, by }, &span, None)?;
        Ok(self.frame(node))
    }

    fn drop_duplicates(&mut self, node: NodeId, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(1, &["subset", "keep", "ignore_index", "inplace"])?;
        let span = arguments.span.clone();
        let keys = match arguments.get(0, "subset") {
            Some(subset) if !subset.is_none() => self.by(&subset.clone(), arguments)?,
            _ => self.flow.node(node).schema.names().cloned().collect(),
        };
        match arguments
            .named("keep")
            .map(|keep| keep.as_text().unwrap_or(""))
        {
            None | Some("first") => {
                let node = self.add(
                    Op::Pick {
                        input: node,
                        keys,
                        which: PickWhich::First,
                    },
                    &span,
                    None,
                )?;
                Ok(self.frame(node))
            }
            // The last row of a key stays where it stands, not where the key appeared first.
            _ => Err(arguments.refuse("only keeping the first of equal rows is lifted")),
        }
    }

    fn merge_frames_on(&mut self, left: NodeId, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(1, &["right", "on", "how", "left_on", "right_on"])?;
        let span = arguments.span.clone();
        if arguments
            .named("how")
            .is_some_and(|how| how.as_text() != Some("inner"))
        {
            return Err(arguments
                .refuse("only inner merges are lifted: others make dtypes depend on the data"));
        }
        let right = self.frame_node(&arguments.need(0, "right")?.clone(), &span)?;
        let (left_keys, right_keys) = match (
            arguments.named("on"),
            arguments.named("left_on"),
            arguments.named("right_on"),
        ) {
            (Some(on), None, None) => {
                let on = self.by(&on.clone(), arguments)?;
                (on.clone(), on)
            }
            (None, Some(l), Some(r)) => (
                self.by(&l.clone(), arguments)?,
                self.by(&r.clone(), arguments)?,
            ),
            _ => return Err(arguments.refuse("its keys are not named")),
        };
        if left_keys.len() != right_keys.len() {
            return Err(arguments.refuse("the two sides have different numbers of keys"));
        }
        let mut on = Vec::new();
        let mut renamed = Vec::new();
        let mut out: Vec<(ColumnName, Expr)> = Vec::new();
        for column in self.flow.node(right).schema.names() {
            renamed.push((
                ColumnName::from(format!("right.{column}")),
                Expr::column(column.clone()),
            ));
        }
        for (l, r) in left_keys.iter().zip(&right_keys) {
            let a = self.type_over(&Expr::column(l.clone()), left)?;
            let b = self.type_over(&Expr::column(r.clone()), right)?;
            if a.base != b.base {
                return Err(arguments.refuse(format!("it compares {a} with {b}")));
            }
            on.push((
                Expr::column(l.clone()),
                Expr::column(ColumnName::from(format!("right.{r}"))),
            ));
        }
        let shared_key = |name: &ColumnName| {
            left_keys
                .iter()
                .zip(&right_keys)
                .any(|(l, r)| l == r && l == name)
        };
        let left_names: Vec<ColumnName> = self.flow.node(left).schema.names().cloned().collect();
        let right_names: Vec<ColumnName> = self.flow.node(right).schema.names().cloned().collect();
        for name in &left_names {
            let clash = right_names.contains(name) && !shared_key(name);
            let new = if clash {
                ColumnName::from(format!("{name}_x"))
            } else {
                name.clone()
            };
            out.push((new, Expr::column(name.clone())));
        }
        for name in &right_names {
            if shared_key(name) {
                continue;
            }
            let new = if left_names.contains(name) {
                ColumnName::from(format!("{name}_y"))
            } else {
                name.clone()
            };
            out.push((new, Expr::column(ColumnName::from(format!("right.{name}")))));
        }
        let right = self.add(
            Op::Map {
                input: right,
                columns: renamed,
            },
            &span,
            None,
        )?;
        let joined = self.add(
            Op::Join {
                left,
                right,
                kind: JoinKind::Inner,
                on,
                null_safe: true,
                condition: None,
                presence: None,
            },
            &span,
            None,
        )?;
        let node = self.add(
            Op::Map {
                input: joined,
                columns: out,
            },
            &span,
            None,
        )?;
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
