//! `groupby`: groups of rows by equal keys, and what is computed of each.
//!
//! Groups stand sorted by their keys unless `sort=False`, then as they first appear; rows with a missing
//! key belong to no group unless `dropna=False`, then to the last. Float sums are pandas' compensated ones.

use relift_dataflow::{
    Aggregate, AggregateFunction, Base, Column, Expr, Function, GroupOrder, Literal, NodeId, Op,
    Refusal, Schema, SortKey,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::pandas::reduction::{Adding, Asked, GroupRows, Reduction};
use crate::state::not;
use crate::values::{Content, RecordKind, Rest, Value};

/// `frame.groupby(keys)`, perhaps with columns selected.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grouped {
    /// The rows, those of no group left out.
    pub(crate) node: NodeId,
    /// The frame that was grouped.
    pub(crate) frame: NodeId,
    pub(crate) keys: Vec<ColumnName>,
    pub(crate) sorted: bool,
    /// Whether the keys become the index.
    pub(crate) indexed: bool,
    pub(crate) selected: Selected,
}

/// Columns taken of the groups.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Selected {
    All,
    One(ColumnName),
    Many(Vec<ColumnName>),
}

/// One computed column of a group.
pub(crate) struct Output {
    pub(crate) name: ColumnName,
    /// The column it is computed of; nothing for the number of rows.
    pub(crate) of: Option<ColumnName>,
    pub(crate) how: How,
}

/// How an output is computed.
pub(crate) enum How {
    By(Reduction),
    /// A function of the group's column.
    Call(Value),
}

impl Lowerer<'_> {
    /// `frame.groupby(by, …)`.
    pub(crate) fn group_by(
        &mut self,
        frame: NodeId,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(
            1,
            &["by", "as_index", "sort", "dropna", "observed", "group_keys"],
        )?;
        let span = arguments.span.clone();
        let by = arguments.need(0, "by")?.clone();
        let keys = self.by(&by, arguments)?;
        let mut kept = Vec::new();
        let drops = arguments.flag("dropna", true)?;
        for key in &keys {
            if !self.flow.node(frame).schema.has(key) {
                return Err(arguments.refuse(format!("there is no column \"{key}\"")));
            }
            let ty = self.type_over(&Expr::column(key.clone()), frame)?;
            if ty.missing.possible() {
                let missing = Expr::call(Function::IsMissing, vec![Expr::column(key.clone())]);
                kept.push(not(missing));
            }
        }
        let node = if kept.is_empty() || !drops {
            frame
        } else {
            let name = self.flow.node(frame).name.clone();
            self.add(
                Op::Filter {
                    input: frame,
                    predicate: Expr::all(kept),
                },
                &span,
                name.as_deref(),
            )?
        };
        Ok(Value::Grouped(Box::new(Grouped {
            node,
            frame,
            keys,
            sorted: arguments.flag("sort", true)?,
            indexed: arguments.flag("as_index", true)?,
            selected: Selected::All,
        })))
    }

    /// The values by which rows are grouped: 0.0 and -0.0 are one key.
    pub(crate) fn group_terms(
        &self,
        node: NodeId,
        keys: &[ColumnName],
    ) -> Result<Vec<Expr>, Refusal> {
        keys.iter()
            .map(|key| {
                let column = Expr::column(key.clone());
                let ty = self.type_over(&column, node)?;
                Ok(if ty.base == Base::Float64 && ty.from_decimal.is_none() {
                    let zero = Expr::literal(Literal::Float(0.0));
                    Expr::call(Function::Add, vec![column, zero])
                } else {
                    column
                })
            })
            .collect()
    }

    /// `groups["column"]` and `groups[["a", "b"]]`.
    pub(crate) fn grouped_item(
        &mut self,
        grouped: &Grouped,
        key: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let refuse = |reason: String| Refusal::new("subscript", reason, Some(span.clone()));
        let known = |name: &str| {
            let column = ColumnName::from(name);
            if self.flow.node(grouped.node).schema.has(&column) {
                Ok(column)
            } else {
                Err(refuse(format!("the frame has no column \"{name}\"")))
            }
        };
        let selected = if let Some(name) = key.as_text() {
            Selected::One(known(name)?)
        } else {
            let items = self
                .fixed_items(key)
                .ok_or_else(|| refuse("the column names are not constant".to_owned()))?;
            let names = items
                .iter()
                .map(|item| {
                    item.as_text()
                        .ok_or_else(|| refuse("the column names are not constant".to_owned()))
                        .and_then(known)
                })
                .collect::<Result<_, _>>()?;
            Selected::Many(names)
        };
        Ok(Value::Grouped(Box::new(Grouped {
            selected,
            ..grouped.clone()
        })))
    }

    pub(crate) fn grouped_method(
        &mut self,
        grouped: &Grouped,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        match name {
            "size" => {
                arguments.only(0, &[])?;
                let output = Output {
                    name: ColumnName::from("size"),
                    of: None,
                    how: How::By(Reduction::Size),
                };
                let node = self.aggregated_groups(grouped, vec![output], arguments)?;
                // As a column it is called "size", as a series it has no name.
                Ok(self.groups_result(grouped, node, true, None))
            }
            "agg" | "aggregate" => self.grouped_agg(grouped, arguments),
            "apply" => self.grouped_apply(grouped, arguments),
            "transform" => self.grouped_transform(grouped, arguments),
            "cumsum" | "cumcount" | "cummax" | "cummin" | "shift" | "diff" | "rank" | "head"
            | "tail" | "nth" | "ngroup" => self.grouped_rows(grouped, name, arguments),
            _ => {
                let Some(reduction) = Reduction::of_name(name) else {
                    return Err(arguments.refuse("this method of groups is not lifted"));
                };
                let known = match reduction {
                    Reduction::Sum
                    | Reduction::Mean
                    | Reduction::Min
                    | Reduction::Max
                    | Reduction::Median
                    | Reduction::Variance
                    | Reduction::Deviation => &["numeric_only"][..],
                    _ => &[],
                };
                arguments.only(0, known)?;
                let numeric = arguments.flag("numeric_only", false)?;
                let (columns, one) = self.grouped_columns(grouped, numeric);
                let outputs = columns
                    .into_iter()
                    .map(|column| Output {
                        name: column.clone(),
                        of: Some(column),
                        how: How::By(reduction),
                    })
                    .collect();
                let node = self.aggregated_groups(grouped, outputs, arguments)?;
                let named = match &grouped.selected {
                    Selected::One(column) => Some(column.clone()),
                    _ => None,
                };
                Ok(self.groups_result(grouped, node, one, named))
            }
        }
    }

    /// The columns a method without names works on, and whether its result is a series.
    fn grouped_columns(&self, grouped: &Grouped, numeric: bool) -> (Vec<ColumnName>, bool) {
        let schema = &self.flow.node(grouped.node).schema;
        match &grouped.selected {
            Selected::One(column) => (vec![column.clone()], true),
            Selected::Many(columns) => (columns.clone(), false),
            Selected::All => (
                schema
                    .columns()
                    .iter()
                    .filter(|column| !grouped.keys.contains(&column.name))
                    .filter(|column| {
                        !numeric
                            || matches!(
                                column.ty.base,
                                Base::Int64 | Base::Float64 | Base::Number | Base::Bool
                            )
                    })
                    .map(|column| column.name.clone())
                    .collect(),
                false,
            ),
        }
    }

    /// One row per group: keys, then outputs.
    pub(crate) fn aggregated_groups(
        &mut self,
        grouped: &Grouped,
        outputs: Vec<Output>,
        arguments: &Arguments,
    ) -> Result<NodeId, Refusal> {
        let mut aggregates = Vec::new();
        let mut columns: Vec<(ColumnName, Expr)> = grouped
            .keys
            .iter()
            .map(|key| (key.clone(), Expr::column(key.clone())))
            .collect();
        for output in outputs {
            if columns.iter().any(|(name, _)| *name == output.name) {
                return Err(
                    arguments.refuse(format!("two columns would be named \"{}\"", output.name))
                );
            }
            let result = match output.how {
                How::By(reduction) => {
                    let asked = Asked {
                        node: grouped.node,
                        expr: output.of.map(Expr::column),
                        filter: None,
                        reduction,
                        adding: Adding::Grouped,
                        empty: false,
                        name: &output.name,
                    };
                    let reduced = self.reduction(&asked, arguments)?;
                    aggregates.extend(reduced.aggregates);
                    reduced.result
                }
                How::Call(function) => {
                    let column = output
                        .of
                        .ok_or_else(|| arguments.refuse("it has no column"))?;
                    let series = Value::Series(crate::values::Series {
                        frame: grouped.node,
                        expr: Expr::column(column),
                    });
                    let prefix = output.name.to_string();
                    let (made, value) =
                        self.called_for_group(grouped, &function, series, &prefix, arguments)?;
                    let Value::Scalar(term) = value else {
                        return Err(arguments.refuse("its function does not give one value"));
                    };
                    aggregates.extend(made);
                    term.expr
                }
            };
            columns.push((output.name, result));
        }
        self.grouped_relation(grouped, aggregates, columns, arguments)
    }

    /// Aggregates the groups, then computes the columns over them.
    fn grouped_relation(
        &mut self,
        grouped: &Grouped,
        aggregates: Vec<(ColumnName, relift_dataflow::Aggregate)>,
        columns: Vec<(ColumnName, Expr)>,
        arguments: &Arguments,
    ) -> Result<NodeId, Refusal> {
        let span = arguments.span.clone();
        let terms = self.group_terms(grouped.node, &grouped.keys)?;
        let mut aggregates = aggregates;
        let mut columns = columns;
        for (key, term) in grouped.keys.iter().zip(&terms) {
            let ty = self.type_over(&Expr::column(key.clone()), grouped.node)?;
            let shown = columns
                .iter_mut()
                .find(|(name, value)| name == key && value.as_column() == Some(key));
            let Some((_, shown)) = shown else {
                continue;
            };
            if term.as_column().is_none() {
                // A key is shown as it first appears.
                let first = self.free_column(&[grouped.node], &format!("{key} as first seen"));
                aggregates.push((
                    first.clone(),
                    Aggregate {
                        function: AggregateFunction::First,
                        argument: Some(Expr::column(key.clone())),
                        filter: None,
                    },
                ));
                let first = Expr::column(first);
                *shown = if ty.missing.possible() {
                    Expr::call(Function::ToPandasFloat, vec![first])
                } else {
                    Expr::call(Function::Known, vec![first])
                };
            } else if ty.missing.none && grouped.node == grouped.frame {
                // The key None is NaN as a label.
                *shown = Expr::call(Function::MissingAsNan, vec![shown.clone()]);
            }
        }
        let made = self.add(
            Op::Aggregate {
                input: grouped.node,
                keys: grouped.keys.iter().cloned().zip(terms).collect(),
                aggregates,
                order: if grouped.sorted {
                    GroupOrder::Unordered
                } else {
                    GroupOrder::FirstSeen
                },
            },
            &span,
            None,
        )?;
        let node = if grouped.sorted {
            let by = grouped
                .keys
                .iter()
                .map(|key| SortKey {
                    expr: Expr::column(key.clone()),
                    descending: false,
                    missing_first: false,
                })
                .collect();
            self.add(Op::Sort { input: made, by }, &span, None)?
        } else {
            made
        };
        self.add(
            Op::Map {
                input: node,
                columns,
            },
            &span,
            None,
        )
    }

    /// Executes a function of one group; its aggregates and its result over them.
    fn called_for_group(
        &mut self,
        grouped: &Grouped,
        function: &Value,
        element: Value,
        prefix: &str,
        arguments: &Arguments,
    ) -> Result<(Vec<(ColumnName, relift_dataflow::Aggregate)>, Value), Refusal> {
        let scope = self.new_scope();
        let schema = &self.flow.node(grouped.node).schema;
        let keys: Vec<Column> = grouped
            .keys
            .iter()
            .filter_map(|key| {
                Some(Column {
                    name: key.clone(),
                    ty: schema.ty(key)?,
                })
            })
            .collect();
        self.enter_schema(scope, grouped.node, Schema::new(keys));
        self.groups.push(GroupRows {
            node: grouped.node,
            keys: grouped.keys.clone(),
            scope,
            aggregates: Vec::new(),
        });
        let before = self.state.heap.clone();
        let result = self
            .call_value(function, vec![element], Vec::new(), &arguments.span)
            .and_then(|value| {
                let unchanged = before
                    .iter()
                    .all(|(id, object)| self.state.heap.get(id) == Some(object));
                if unchanged {
                    self.settled(&value, arguments)
                } else {
                    Err(arguments.refuse("the function changes things outside itself"))
                }
            });
        self.leave_rows();
        let rows = self.groups.pop();
        let value = result?;
        let rows = rows.ok_or_else(|| arguments.refuse("its groups are lost"))?;
        // Several functions of one call have aggregates of their own.
        let own = |name: &ColumnName| {
            ColumnName::from(
                name.as_str()
                    .replace("\u{1}group", &format!("{prefix} part")),
            )
        };
        let renames: Vec<ColumnName> = rows
            .aggregates
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        let value = value.map_terms(&mut |term| crate::values::Term {
            expr: term
                .expr
                .clone()
                .substitute(&|name| renames.contains(name).then(|| Expr::column(own(name)))),
            ..term.clone()
        });
        let aggregates = rows
            .aggregates
            .into_iter()
            .map(|(name, aggregate)| (own(&name), aggregate))
            .collect();
        Ok((aggregates, value))
    }

    /// What a function of a group gave: a scalar, or a row of named scalars.
    fn settled(&mut self, value: &Value, arguments: &Arguments) -> Result<Value, Refusal> {
        let span = &arguments.span;
        match self.resolved(value, &arguments.construct, span)? {
            Value::Record(record) if record.kind == RecordKind::Series => Ok(Value::Record(record)),
            other => Ok(Value::Scalar(self.scalar(
                &other,
                &arguments.construct,
                span,
            )?)),
        }
    }

    fn groups_result(
        &mut self,
        grouped: &Grouped,
        node: NodeId,
        series: bool,
        name: Option<ColumnName>,
    ) -> Value {
        if !grouped.indexed {
            return self.object(Content::Frame(node));
        }
        let columns = self
            .flow
            .node(node)
            .schema
            .names()
            .skip(grouped.keys.len())
            .cloned()
            .collect();
        Value::Indexed(Box::new(super::indexed::Indexed {
            node,
            index: grouped.keys.clone(),
            columns,
            series,
            name,
        }))
    }

    /// `groups.agg(…)`.
    fn grouped_agg(&mut self, grouped: &Grouped, arguments: &Arguments) -> Result<Value, Refusal> {
        if arguments.positional.len() > 1 {
            return Err(arguments.refuse("it has more arguments than are lifted"));
        }
        let mut outputs = Vec::new();
        let mut series = false;
        let mut named_after = None;
        match (arguments.positional.first().cloned(), &arguments.named[..]) {
            (None, named) if !named.is_empty() => {
                for (name, spec) in named {
                    let (of, how) = match (&grouped.selected, self.aggregate_pair(spec)) {
                        (Selected::All, Some((of, how))) => (ColumnName::from(of), how),
                        (Selected::One(column), None) => (column.clone(), spec.clone()),
                        _ => {
                            return Err(arguments
                                .refuse("an output is not described by a column and a function"));
                        }
                    };
                    let how = how_of(&how, arguments)?;
                    outputs.push(self.output(grouped, name, of, how, arguments)?);
                }
            }
            (Some(Value::Object(id)), []) if self.constant_dict(id).is_some() => {
                for (key, how) in self.constant_dict(id).unwrap_or_default() {
                    let Literal::Text(column) = &key else {
                        return Err(arguments.refuse("a column name is not text"));
                    };
                    let how = how_of(&how, arguments)?;
                    let of = ColumnName::from(column.as_str());
                    outputs.push(self.output(grouped, column, of, how, arguments)?);
                }
            }
            (Some(spec), []) => {
                let columns = self.grouped_columns(grouped, false);
                if let Some(items) = self.fixed_items(&spec).filter(|_| columns.1) {
                    // A list of names gives a column for each.
                    for item in items {
                        let Some(name) = item.as_text().map(str::to_owned) else {
                            return Err(arguments.refuse("only names of functions are lifted here"));
                        };
                        let how = how_of(&item, arguments)?;
                        let of = columns.0[0].clone();
                        outputs.push(self.output(grouped, &name, of, how, arguments)?);
                    }
                } else {
                    for column in columns.0 {
                        let how = how_of(&spec, arguments)?;
                        let name = column.to_string();
                        outputs.push(self.output(grouped, &name, column, how, arguments)?);
                    }
                    series = columns.1;
                    if let Selected::One(column) = &grouped.selected {
                        named_after = Some(column.clone());
                    }
                }
            }
            _ => return Err(arguments.refuse("it is not described by columns and functions")),
        }
        let node = self.aggregated_groups(grouped, outputs, arguments)?;
        Ok(self.groups_result(grouped, node, series, named_after))
    }

    fn output(
        &self,
        grouped: &Grouped,
        name: &str,
        of: ColumnName,
        how: How,
        arguments: &Arguments,
    ) -> Result<Output, Refusal> {
        if !self.flow.node(grouped.node).schema.has(&of) {
            return Err(arguments.refuse(format!("there is no column \"{of}\"")));
        }
        Ok(Output {
            name: ColumnName::from(name),
            of: Some(of),
            how,
        })
    }

    /// `("column", function)`, also as `pd.NamedAgg`.
    fn aggregate_pair(&mut self, spec: &Value) -> Option<(String, Value)> {
        let items = self.fixed_items(spec)?;
        match &items[..] {
            [column, how] => Some((column.as_text()?.to_owned(), how.clone())),
            _ => None,
        }
    }

    /// Entries of a dictionary that is the same for every row.
    pub(crate) fn constant_dict(
        &self,
        id: crate::values::ObjectId,
    ) -> Option<Vec<(Literal, Value)>> {
        match &self.state.heap.get(&id)?.content {
            Content::Dict(dict)
                if !dict.set && dict.class.is_none() && dict.rest == Rest::Nothing =>
            {
                Some(dict.entries.clone())
            }
            _ => None,
        }
    }

    /// `groups.apply(function)` whose result is one value, or one row, per group.
    fn grouped_apply(
        &mut self,
        grouped: &Grouped,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(1, &["func", "include_groups"])?;
        let span = arguments.span.clone();
        let function = arguments.need(0, "func")?.clone();
        self.require_rows(
            grouped.node,
            &arguments.construct,
            "of no groups it gives a frame without the columns",
            &span,
        )?;
        let element = match &grouped.selected {
            Selected::One(column) => Value::Series(crate::values::Series {
                frame: grouped.node,
                expr: Expr::column(column.clone()),
            }),
            Selected::Many(_) => {
                return Err(arguments.refuse("a function of some columns is not lifted"));
            }
            Selected::All => self.object(Content::Frame(grouped.node)),
        };
        let (aggregates, value) =
            self.called_for_group(grouped, &function, element, "group", arguments)?;
        let mut columns: Vec<(ColumnName, Expr)> = grouped
            .keys
            .iter()
            .map(|key| (key.clone(), Expr::column(key.clone())))
            .collect();
        let named = match &grouped.selected {
            Selected::One(column) => Some(column.clone()),
            _ => None,
        };
        let series = match value {
            Value::Scalar(term) => {
                let name = match &named {
                    Some(column) if !grouped.keys.contains(column) => column.clone(),
                    _ => ColumnName::from("0"),
                };
                columns.push((name, term.expr));
                true
            }
            Value::Record(record) => {
                for (name, value) in &record.fields {
                    let term = self.scalar(value, &arguments.construct, &span)?;
                    columns.push((ColumnName::from(name.as_str()), term.expr));
                }
                false
            }
            _ => return Err(arguments.refuse("its function does not give one value per group")),
        };
        let node = self.grouped_relation(grouped, aggregates, columns, arguments)?;
        let node = if series {
            self.uniform(node, grouped.keys.len(), arguments)?
        } else {
            self.one_dtype(node, grouped.keys.len(), arguments)?
        };
        let named = named.filter(|_| series);
        Ok(self.groups_result(grouped, node, series, named))
    }

    /// A series of results has one dtype.
    fn uniform(
        &mut self,
        node: NodeId,
        keys: usize,
        arguments: &Arguments,
    ) -> Result<NodeId, Refusal> {
        let schema = self.flow.node(node).schema.clone();
        for column in &schema.columns()[keys..] {
            if column.ty.base == Base::Number || column.ty.missing.none {
                return Err(arguments.refuse("the dtype of the results depends on the data"));
            }
        }
        Ok(node)
    }

    /// A row made of several values is one array: with a float among them numbers are floats.
    fn one_dtype(
        &mut self,
        node: NodeId,
        keys: usize,
        arguments: &Arguments,
    ) -> Result<NodeId, Refusal> {
        let schema = self.flow.node(node).schema.clone();
        let results = &schema.columns()[keys..];
        let base = |wanted: Base| results.iter().any(|column| column.ty.base == wanted);
        let certain = results.iter().all(|column| {
            matches!(
                column.ty.base,
                Base::Int64 | Base::Float64 | Base::Text | Base::Date
            ) && (!column.ty.missing.possible() || column.ty.base == Base::Float64)
        });
        let objects = base(Base::Text) || base(Base::Date);
        if !certain {
            return Err(arguments.refuse("the dtypes of the results depend on the data"));
        }
        if objects || !base(Base::Float64) || !base(Base::Int64) {
            return Ok(node);
        }
        let columns = schema
            .columns()
            .iter()
            .enumerate()
            .map(|(place, column)| {
                let value = Expr::column(column.name.clone());
                let value = if place >= keys && column.ty.base == Base::Int64 {
                    Expr::call(Function::ToFloat, vec![value])
                } else {
                    value
                };
                (column.name.clone(), value)
            })
            .collect();
        self.add(
            Op::Map {
                input: node,
                columns,
            },
            &arguments.span,
            None,
        )
    }
}

/// The function an aggregation names.
fn how_of(spec: &Value, arguments: &Arguments) -> Result<How, Refusal> {
    let named = |name: &str| {
        Reduction::of_name(name)
            .map(How::By)
            .ok_or_else(|| arguments.refuse(format!("the function \"{name}\" is not lifted")))
    };
    match spec {
        Value::Function(_) => Ok(How::Call(spec.clone())),
        Value::Global(path) => match path.rsplit_once('.') {
            Some(("builtins", name @ ("sum" | "min" | "max"))) => named(name),
            Some(("builtins", "len")) => Ok(How::By(Reduction::Size)),
            Some(("numpy", name @ ("sum" | "min" | "max" | "mean" | "median" | "std" | "var"))) => {
                named(name)
            }
            _ => Err(arguments.refuse("this function is not lifted")),
        },
        other => match other.as_text() {
            Some(name) => named(name),
            None => Err(arguments.refuse("the function is not constant")),
        },
    }
}
