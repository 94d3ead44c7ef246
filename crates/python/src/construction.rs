//! `pd.DataFrame(...)` and `pd.concat(...)`: how Python values become columns, dtypes included.

use relift_dataflow::{
    Aggregate, AggregateFunction, Base, Column, ColumnType, Comparison, Expr, ExprKind, Flavour,
    Fold, FoldKind, Function, GroupOrder, Literal, NodeId, ObligationKind, Op, Refusal,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::state::{all, any, choose, not};
use crate::values::{Content, RecordKind, Relation, Rest, Segment, SegmentKind, Value};

impl Lowerer<'_> {
    /// `pd.DataFrame(data, columns=…)`.
    pub(crate) fn data_frame(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(1, &["data", "columns"])?;
        let span = arguments.span.clone();
        let columns = match arguments.named("columns") {
            None => None,
            Some(value) if value.is_none() => None,
            Some(value) => Some(self.column_names(&value.clone(), arguments)?),
        };
        let data = match arguments.get(0, "data") {
            Some(data) if !data.is_none() => self.resolved(&data.clone(), "DataFrame", &span)?,
            _ => return Ok(self.object(Content::EmptyFrame(columns.unwrap_or_default()))),
        };
        match &data {
            Value::Object(id) => match self.state.heap.get(id).map(|object| object.content.clone())
            {
                Some(Content::List(segments)) if segments.is_empty() => {
                    Ok(self.object(Content::EmptyFrame(columns.unwrap_or_default())))
                }
                Some(Content::List(segments)) => {
                    let relation = self.list_relation(&segments, None, &span)?;
                    self.frame_of_rows(&relation, columns, arguments)
                }
                Some(Content::Dict(dict)) if dict.rest == Rest::Nothing && dict.class.is_none() => {
                    self.frame_of_columns(&dict.entries, columns, arguments)
                }
                Some(Content::Frame(node)) => {
                    let columns = columns
                        .unwrap_or_else(|| self.flow.node(node).schema.names().cloned().collect());
                    let node = self.select_columns(node, &columns, &span)?;
                    Ok(self.object(Content::Frame(node)))
                }
                Some(Content::Poisoned(refusal)) => Err((*refusal).clone()),
                _ => Err(arguments.refuse("this kind of data is not lifted")),
            },
            Value::Rows(relation) => {
                let relation = (**relation).clone();
                self.frame_of_rows(&relation, columns, arguments)
            }
            Value::Unknown(refusal) => Err((**refusal).clone()),
            other => Err(arguments.refuse(format!("data that is {} is not lifted", other.kind()))),
        }
    }

    /// `pd.DataFrame.from_records(rows, columns=…)`, which makes of a list of rows what the constructor does.
    pub(crate) fn frame_of_records(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(1, &["data", "columns", "coerce_float"])?;
        if arguments.flag("coerce_float", false)? {
            return Err(arguments.refuse("Decimals that become floats are not lifted"));
        }
        let data = arguments.need(0, "data")?.clone();
        let list = match self.resolved(&data, "DataFrame", &arguments.span)? {
            Value::Object(id) => self.list(id).map(|_| true)?,
            Value::Rows(_) => true,
            Value::Unknown(refusal) => return Err((*refusal).clone()),
            _ => false,
        };
        if !list {
            return Err(arguments.refuse("data that is no list of rows is not lifted"));
        }
        let mut named = arguments.named.clone();
        named.retain(|(name, _)| name != "coerce_float");
        self.data_frame(&Arguments {
            named,
            ..arguments.clone()
        })
    }

    /// Constant column names.
    pub(crate) fn column_names(
        &mut self,
        value: &Value,
        arguments: &Arguments,
    ) -> Result<Vec<ColumnName>, Refusal> {
        let items = match self.fixed_items(value) {
            Some(items) => items,
            None => match self.iterate(value, &arguments.span)? {
                crate::iteration::Iteration::Items(items) => items,
                crate::iteration::Iteration::Rows(_) | crate::iteration::Iteration::Matching(_) => {
                    return Err(arguments.refuse("the column names are not constant"));
                }
            },
        };
        items
            .iter()
            .map(|item| {
                item.as_text()
                    .map(ColumnName::from)
                    .ok_or_else(|| arguments.refuse("the column names are not constant"))
            })
            .collect()
    }

    fn frame_of_rows(
        &mut self,
        relation: &Relation,
        columns: Option<Vec<ColumnName>>,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let fields: Vec<(ColumnName, Value)> = match (&relation.element, columns) {
            (Value::Record(record), _) if matches!(record.kind, RecordKind::Instance(_)) => {
                return Err(arguments.refuse("a frame of instances of a class is not lifted"));
            }
            (Value::Record(record), columns) => {
                let names = if let Some(names) = columns {
                    names
                } else {
                    self.need_columns(relation.node, span)?;
                    record
                        .fields
                        .iter()
                        .map(|(name, _)| ColumnName::from(name.as_str()))
                        .collect()
                };
                if record.kind == RecordKind::NamedTuple && names.len() != record.fields.len() {
                    return Err(arguments.refuse("the number of columns is not that of the rows"));
                }
                names
                    .into_iter()
                    .enumerate()
                    .map(|(index, name)| {
                        let field = if record.kind == RecordKind::NamedTuple {
                            record.fields.get(index).map(|(_, value)| value)
                        } else {
                            record.field(name.as_str())
                        };
                        match field {
                            Some(value) => Ok((name, value.clone())),
                            None => Err(arguments.refuse(format!("the rows have no \"{name}\""))),
                        }
                    })
                    .collect::<Result<_, _>>()?
            }
            (Value::Tuple(items) | Value::FrozenList(items), Some(names)) => {
                if items.len() != names.len() {
                    return Err(arguments.refuse(format!(
                        "{} columns are named for rows of {}",
                        names.len(),
                        items.len()
                    )));
                }
                names.into_iter().zip(items.iter().cloned()).collect()
            }
            (value @ Value::Scalar(_), Some(names)) if names.len() == 1 => {
                names.into_iter().zip([value.clone()]).collect()
            }
            (Value::Unknown(refusal), _) => return Err((**refusal).clone()),
            _ => {
                return Err(arguments.refuse("columns without names are not lifted"));
            }
        };
        let mut mapped = Vec::new();
        for (name, value) in fields {
            let Value::Scalar(term) = &value else {
                return Err(match value {
                    Value::Unknown(refusal) => (*refusal).clone(),
                    other => arguments
                        .refuse(format!("the column \"{name}\" would hold {}", other.kind())),
                });
            };
            let expr = self.column_value(&name, term.expr.clone(), relation.node, span)?;
            mapped.push((name, expr));
        }
        let mut names: Vec<&ColumnName> = mapped.iter().map(|(name, _)| name).collect();
        names.sort();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(arguments.refuse("two columns have one name"));
        }
        let node = self.add(
            Op::Map {
                input: relation.node,
                columns: mapped,
            },
            span,
            None,
        )?;
        let node = self.freshly_made(node);
        Ok(self.object(Content::Frame(node)))
    }

    fn need_columns(&mut self, node: NodeId, span: &Span) -> Result<(), Refusal> {
        self.require_rows(
            node,
            "DataFrame",
            "a frame of no records and no named columns has no columns",
            span,
        )
    }

    /// A column of Python values as pandas stores it.
    pub(crate) fn column_value(
        &mut self,
        name: &ColumnName,
        expr: Expr,
        node: NodeId,
        span: &Span,
    ) -> Result<Expr, Refusal> {
        let ty = self.type_over(&expr, node)?;
        let place = expr.span.clone().or(Some(span.clone()));
        match ty.base {
            Base::Int64 if ty.missing.none => {
                let column = self.held(&expr, name, node, span)?;
                Ok(self.integers_or_none(&expr, column, span)?.at(place))
            }
            Base::Float64 if ty.missing.none => {
                Ok(Expr::call(Function::ToPandasFloat, vec![expr]).at(place))
            }
            Base::Number => {
                let dated = relift_dataflow::float_condition(self.flow, &expr, node);
                if !ty.missing.none && dated.is_some() {
                    return Ok(expr);
                }
                self.need_float(name, &expr, node, span)?;
                Ok(Expr::call(Function::ToPandasFloat, vec![expr]).at(place))
            }
            Base::Text if ty.missing.nan => Err(Refusal::new(
                format!("column \"{name}\""),
                "texts mixed with NaN are not lifted",
                place,
            )),
            _ => Ok(expr),
        }
    }

    /// The relation and column in which an expression's values stand.
    fn held(
        &mut self,
        expr: &Expr,
        name: &ColumnName,
        node: NodeId,
        span: &Span,
    ) -> Result<(NodeId, ColumnName), Refusal> {
        if let Some(column) = expr.as_column() {
            return Ok((node, column.clone()));
        }
        let held = self.add(
            Op::Map {
                input: node,
                columns: vec![(name.clone(), expr.clone())],
            },
            span,
            None,
        )?;
        Ok((held, name.clone()))
    }

    /// Demands that a column of ints and floats holds at least one float, which makes all of them floats.
    fn need_float(
        &mut self,
        name: &ColumnName,
        expr: &Expr,
        node: NodeId,
        span: &Span,
    ) -> Result<(), Refusal> {
        let refuse = || {
            Refusal::new(
                format!("column \"{name}\""),
                "some rows hold an int, others a float: its dtype depends on the data",
                expr.span.clone().or(Some(span.clone())),
            )
        };
        let column = expr.as_column().ok_or_else(refuse)?;
        let (input, parts): (NodeId, Vec<(Expr, Expr)>) = match &self.flow.node(node).op {
            Op::State { fold, state } => {
                let Op::Fold(Fold { input, states }) = &self.flow.node(*fold).op else {
                    return Err(refuse());
                };
                let FoldKind::Rows(emits) = &states[*state].kind else {
                    return Err(refuse());
                };
                let parts = emits
                    .iter()
                    .filter_map(|emit| {
                        let (_, value) = emit.columns.iter().find(|(other, _)| other == column)?;
                        Some((emit.guard.clone(), value.clone()))
                    })
                    .collect();
                (*input, parts)
            }
            _ => return Err(refuse()),
        };
        let mut floats = Vec::new();
        let mut rows = Vec::new();
        for (guard, value) in parts {
            let float = self.is_float(&value, input).ok_or_else(refuse)?;
            floats.push(all([guard.clone(), float]));
            rows.push(guard);
        }
        let aggregate = |argument: Expr| Aggregate {
            function: AggregateFunction::Any,
            argument: Some(argument),
            filter: None,
        };
        let facts = self.add(
            Op::Aggregate {
                input,
                keys: Vec::new(),
                aggregates: vec![
                    (ColumnName::from("rows"), aggregate(any(rows))),
                    (ColumnName::from("floats"), aggregate(any(floats))),
                ],
                order: GroupOrder::Unordered,
            },
            span,
            None,
        )?;
        self.oblige(
            facts,
            ObligationKind::Holds(any([not(Expr::column("rows")), Expr::column("floats")])),
            "without a float among them the column would hold integers",
            span,
        );
        Ok(())
    }

    /// When the value is a float rather than an int: exactly, or at least then.
    fn is_float(&self, expr: &Expr, node: NodeId) -> Option<Expr> {
        match &expr.kind {
            ExprKind::If { arms, otherwise } => {
                let mut result = self.is_float(otherwise, node)?;
                for (condition, value) in arms.iter().rev() {
                    result = choose(condition, self.is_float(value, node)?, result);
                }
                Some(result)
            }
            ExprKind::Call(Function::Known, inner) => self.is_float(&inner[0], node),
            _ => match (self.type_over(expr, node).ok()?.base, &expr.kind) {
                (Base::Float64, _) => Some(Expr::bool(true)),
                (Base::Int64, _) => Some(Expr::bool(false)),
                (Base::Number, ExprKind::Column(name)) => Some(
                    self.is_float_of_parts(name, node)
                        .unwrap_or_else(|| has_fraction(expr)),
                ),
                _ => None,
            },
        }
    }

    /// When a variable of the loop body is a float, by its parts, which stand beside it.
    fn is_float_of_parts(&self, name: &ColumnName, node: NodeId) -> Option<Expr> {
        let Op::Map { input, columns } = &self.flow.node(node).op else {
            return None;
        };
        let (_, value) = columns.iter().find(|(other, _)| other == name)?;
        let float = self.is_float(value, *input)?;
        let kept = |column: &ColumnName| {
            columns
                .iter()
                .any(|(other, value)| other == column && value.as_column() == Some(column))
        };
        float.columns().iter().all(kept).then_some(float)
    }

    /// `pd.DataFrame({"a": [...], "b": [...]})`: lists filled by one loop, or constants.
    fn frame_of_columns(
        &mut self,
        entries: &[(Literal, Value)],
        columns: Option<Vec<ColumnName>>,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let mut named: Vec<(ColumnName, Value)> = Vec::new();
        for (key, value) in entries {
            let Literal::Text(name) = key else {
                return Err(arguments.refuse("a column name is not text"));
            };
            named.push((ColumnName::from(name.as_str()), value.clone()));
        }
        if let Some(columns) = columns {
            named = columns
                .into_iter()
                .map(|column| {
                    named
                        .iter()
                        .find(|(name, _)| *name == column)
                        .cloned()
                        .ok_or_else(|| arguments.refuse(format!("there is no \"{column}\"")))
                })
                .collect::<Result<_, _>>()?;
        }
        if named.is_empty() {
            return Ok(self.object(Content::EmptyFrame(Vec::new())));
        }
        let mut empty = true;
        let mut fixed: Vec<Option<Vec<Value>>> = Vec::new();
        for (_, value) in &named {
            let items = self.fixed_items(value);
            empty &= items.as_ref().is_some_and(Vec::is_empty);
            fixed.push(items);
        }
        if empty {
            let columns = named.into_iter().map(|(name, _)| name).collect();
            return Ok(self.object(Content::EmptyFrame(columns)));
        }
        if fixed.iter().all(Option::is_some) {
            return self.frame_of_constants(&named, fixed, arguments);
        }
        self.frame_of_parallel_lists(&named, arguments, span)
    }

    fn frame_of_constants(
        &mut self,
        named: &[(ColumnName, Value)],
        fixed: Vec<Option<Vec<Value>>>,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let parts: Vec<Vec<Value>> = fixed.into_iter().flatten().collect();
        let length = parts.first().map_or(0, Vec::len);
        if parts.iter().any(|part| part.len() != length) {
            return Err(arguments.refuse("its lists have different lengths"));
        }
        let mut rows = Vec::new();
        for index in 0..length {
            let mut row = Vec::new();
            for part in &parts {
                let term = self.scalar(&part[index], &arguments.construct, span)?;
                if term.scope != crate::values::NO_ROW {
                    return Err(arguments.refuse("a frame is made inside a loop over rows"));
                }
                row.push(term.expr);
            }
            rows.push(row);
        }
        let node = self.add(
            Op::Values {
                columns: named.iter().map(|(name, _)| name.clone()).collect(),
                rows,
            },
            span,
            None,
        )?;
        let mut mapped = Vec::new();
        for (name, _) in named {
            let value = self.column_value(name, Expr::column(name.clone()), node, span)?;
            mapped.push((name.clone(), value));
        }
        let node = self.add(
            Op::Map {
                input: node,
                columns: mapped,
            },
            span,
            None,
        )?;
        Ok(self.object(Content::Frame(node)))
    }

    fn frame_of_parallel_lists(
        &mut self,
        named: &[(ColumnName, Value)],
        arguments: &Arguments,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let unrelated = || arguments.refuse("its lists are not filled together by one loop");
        if let [(name, Value::Object(id))] = named {
            let segments = self.list(*id)?.clone();
            let relation = self.list_relation(&segments, None, span)?;
            return self.frame_of_rows(&relation, Some(vec![name.clone()]), arguments);
        }
        let mut source: Option<(NodeId, Expr)> = None;
        let mut columns: Vec<(ColumnName, Expr)> = Vec::new();
        for (name, value) in named {
            let Value::Object(id) = value else {
                return Err(unrelated());
            };
            let segments = self.list(*id)?.clone();
            let [
                Segment {
                    kind: SegmentKind::Rows(relation),
                    guard: outer,
                },
            ] = &segments[..]
            else {
                return Err(unrelated());
            };
            if !outer.is_empty() {
                return Err(unrelated());
            }
            let (input, guard, value) = self.emitted(relation).ok_or_else(unrelated)?;
            match &source {
                None => source = Some((input, guard)),
                Some(first) if *first == (input, guard) => {}
                Some(_) => return Err(unrelated()),
            }
            columns.push((name.clone(), value));
        }
        let (input, guard) = source.ok_or_else(unrelated)?;
        let filtered = if guard.is_true() {
            input
        } else {
            self.add(
                Op::Filter {
                    input,
                    predicate: guard,
                },
                span,
                None,
            )?
        };
        let mut mapped = Vec::new();
        for (name, value) in columns {
            let value = self.column_value(&name, value, filtered, span)?;
            mapped.push((name, value));
        }
        let node = self.add(
            Op::Map {
                input: filtered,
                columns: mapped,
            },
            span,
            None,
        )?;
        let node = self.freshly_made(node);
        Ok(self.object(Content::Frame(node)))
    }

    /// For a list filled once per row: the rows, the condition and the value.
    pub(crate) fn emitted(&self, relation: &Relation) -> Option<(NodeId, Expr, Expr)> {
        let Value::Scalar(term) = &relation.element else {
            return None;
        };
        let column = term.expr.as_column()?;
        let Op::State { fold, state } = &self.flow.node(relation.node).op else {
            return None;
        };
        let Op::Fold(Fold { input, states }) = &self.flow.node(*fold).op else {
            return None;
        };
        let FoldKind::Rows(emits) = &states[*state].kind else {
            return None;
        };
        let [emit] = &emits[..] else {
            return None;
        };
        let (_, value) = emit.columns.iter().find(|(name, _)| name == column)?;
        Some((*input, emit.guard.clone(), value.clone()))
    }

    /// `pd.concat([a, b])`.
    pub(crate) fn concat(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(1, &["ignore_index", "axis", "sort"])?;
        if arguments
            .named("axis")
            .is_some_and(|axis| axis.as_int() != Some(0))
        {
            return Err(arguments.refuse("frames side by side are not lifted"));
        }
        let parts = arguments.need(0, "objs")?.clone();
        let Some(parts) = self.fixed_items(&parts) else {
            return Err(arguments.refuse("it joins a list of changing length"));
        };
        let mut inputs = Vec::new();
        let mut first: Option<Vec<Column>> = None;
        for part in &parts {
            let node = self.frame_node(part, &arguments.span)?;
            let columns = self.flow.node(node).schema.columns().to_vec();
            match &first {
                None => first = Some(columns),
                Some(first) => {
                    let same = first.len() == columns.len()
                        && first.iter().all(|a| {
                            columns
                                .iter()
                                .any(|b| a.name == b.name && concatenates(a.ty, b.ty))
                        });
                    if !same {
                        return Err(arguments.refuse(
                            "the frames have different columns or types, so that dtypes depend on the data",
                        ));
                    }
                }
            }
            inputs.push(node);
        }
        if inputs.is_empty() {
            return Err(arguments.refuse("of nothing it raises ValueError"));
        }
        let mut node = self.add(Op::Union { inputs }, &arguments.span, None)?;
        if arguments.flag("ignore_index", false)? {
            node = self.freshly_made(node);
        }
        Ok(self.object(Content::Frame(node)))
    }
}

fn concatenates(a: ColumnType, b: ColumnType) -> bool {
    a.base == b.base && a.base != Base::Bool || a == b
}

/// Where a number is an int or a float, one with a fraction, like one that is missing, is a float.
fn has_fraction(number: &Expr) -> Expr {
    let float = Expr::call(Function::ToFloat, vec![number.clone()]);
    let rest = Expr::call(
        Function::Modulo,
        vec![float, Expr::literal(Literal::Float(1.0))],
    );
    any([
        Expr::call(Function::IsMissing, vec![number.clone()]),
        Expr::compare(
            Comparison::Ne,
            Flavour::Sql,
            rest,
            Expr::literal(Literal::Float(0.0)),
        ),
    ])
}
