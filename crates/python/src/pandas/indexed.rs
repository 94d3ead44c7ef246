//! Results whose rows are labelled by something: series and frames that came from groups.

use relift_dataflow::{Expr, Function, JoinKind, NodeId, Op, Refusal, SortKey};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::pandas::reduction::Reduction;
use crate::values::{Content, Dict, Mapping, Relation, Rest, Series, Term, Value};

/// Rows with labels; no two rows have the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Indexed {
    pub(crate) node: NodeId,
    pub(crate) index: Vec<ColumnName>,
    pub(crate) columns: Vec<ColumnName>,
    /// Whether it is a series of one column.
    pub(crate) series: bool,
    /// Name of the series, when it has one.
    pub(crate) name: Option<ColumnName>,
}

impl Lowerer<'_> {
    pub(crate) fn indexed_item(
        &mut self,
        indexed: &Indexed,
        key: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let refuse = |reason: &str| Err(Refusal::new("subscript", reason, Some(span.clone())));
        if indexed.series {
            if let Value::Series(mask) = key {
                let predicate = self.rebased(mask, indexed.node, span)?;
                let node = self.add(
                    Op::Filter {
                        input: indexed.node,
                        predicate,
                    },
                    span,
                    None,
                )?;
                return Ok(Value::Indexed(Box::new(Indexed {
                    node,
                    ..indexed.clone()
                })));
            }
            return refuse("one value by its label is not lifted");
        }
        match key.as_text().map(ColumnName::from) {
            Some(name) if indexed.columns.contains(&name) => {
                Ok(Value::Indexed(Box::new(Indexed {
                    columns: vec![name.clone()],
                    series: true,
                    name: Some(name),
                    ..indexed.clone()
                })))
            }
            _ => refuse("only one of its columns is lifted"),
        }
    }

    /// The values of a series with labels, in their order.
    pub(crate) fn indexed_values(indexed: &Indexed) -> Value {
        Value::Series(Series {
            frame: indexed.node,
            expr: Expr::column(indexed.columns[0].clone()),
        })
    }

    pub(crate) fn indexed_method(
        &mut self,
        indexed: &Indexed,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        match name {
            "reset_index" => self.without_index(indexed, arguments),
            "copy" => {
                arguments.only(0, &[])?;
                Ok(Value::Indexed(Box::new(indexed.clone())))
            }
            "rename" if indexed.series => {
                arguments.only(1, &[])?;
                let name = arguments
                    .need(0, "index")?
                    .as_text()
                    .map(ColumnName::from)
                    .ok_or_else(|| arguments.refuse("the name is not constant"))?;
                self.renamed_series(indexed, name, &span)
            }
            "rename" => {
                arguments.only(0, &["columns"])?;
                let Some(Value::Object(id)) = arguments.named("columns") else {
                    return Err(arguments.refuse("only a dictionary of column names is lifted"));
                };
                let names = self
                    .constant_dict(*id)
                    .ok_or_else(|| arguments.refuse("the names are not constant"))?;
                let new = |old: &ColumnName| {
                    names
                        .iter()
                        .find_map(|(key, value)| match key {
                            relift_dataflow::Literal::Text(key) if key == old.as_str() => {
                                value.as_text()
                            }
                            _ => None,
                        })
                        .map_or_else(|| old.clone(), ColumnName::from)
                };
                let columns: Vec<ColumnName> = indexed.columns.iter().map(new).collect();
                let mut mapped: Vec<(ColumnName, Expr)> = indexed
                    .index
                    .iter()
                    .map(|key| (key.clone(), Expr::column(key.clone())))
                    .collect();
                mapped.extend(
                    columns
                        .iter()
                        .cloned()
                        .zip(indexed.columns.iter().map(|old| Expr::column(old.clone()))),
                );
                let node = self.add(
                    Op::Map {
                        input: indexed.node,
                        columns: mapped,
                    },
                    &span,
                    None,
                )?;
                Ok(Value::Indexed(Box::new(Indexed {
                    node,
                    columns,
                    ..indexed.clone()
                })))
            }
            "to_dict" if indexed.series => {
                arguments.only(0, &[])?;
                self.indexed_dict(indexed, arguments)
            }
            "items" if indexed.series => {
                arguments.only(0, &[])?;
                let key = Self::label(indexed);
                let value = Value::Scalar(Term::template(&indexed.columns[0]));
                Ok(Value::Rows(Box::new(Relation {
                    node: indexed.node,
                    element: Value::Tuple(vec![key, value]),
                })))
            }
            "tolist" | "to_list" if indexed.series => {
                arguments.only(0, &[])?;
                Ok(Self::indexed_values(indexed))
            }
            "sort_values" => self.sorted_indexed(indexed, arguments),
            "sort_index" => {
                arguments.only(0, &["ascending", "kind", "na_position"])?;
                let order = self.sort_order(indexed.node, &indexed.index, arguments)?;
                let node = self.add(
                    Op::Sort {
                        input: indexed.node,
                        by: order,
                    },
                    &span,
                    None,
                )?;
                Ok(Value::Indexed(Box::new(Indexed {
                    node,
                    ..indexed.clone()
                })))
            }
            "head" => {
                arguments.only(1, &["n"])?;
                let count = match arguments.get(0, "n") {
                    None => Some(5),
                    Some(count) => count.as_int().and_then(|count| u64::try_from(count).ok()),
                };
                let count = count.ok_or_else(|| arguments.refuse("the count is not constant"))?;
                let node = self.add(
                    Op::Limit {
                        input: indexed.node,
                        count,
                    },
                    &span,
                    None,
                )?;
                Ok(Value::Indexed(Box::new(Indexed {
                    node,
                    ..indexed.clone()
                })))
            }
            "fillna" | "round" | "astype" | "abs" | "clip" if indexed.series => {
                let values = Self::indexed_values(indexed);
                let changed = self.series_method(&values, name, arguments)?;
                self.with_values(indexed, &changed, arguments)
            }
            _ if indexed.series => {
                let Some(reduction) = Reduction::of_name(name) else {
                    return Err(arguments.refuse("this method of labelled values is not lifted"));
                };
                arguments.only(0, &[])?;
                let series = Series {
                    frame: indexed.node,
                    expr: Expr::column(indexed.columns[0].clone()),
                };
                self.reduced_column(&series, reduction, arguments)
            }
            _ => Err(arguments.refuse("this method of labelled rows is not lifted")),
        }
    }

    fn label(indexed: &Indexed) -> Value {
        match &indexed.index[..] {
            [key] => Value::Scalar(Term::template(key)),
            keys => Value::Tuple(
                keys.iter()
                    .map(|key| Value::Scalar(Term::template(key)))
                    .collect(),
            ),
        }
    }

    /// The same labels with other values.
    fn with_values(
        &mut self,
        indexed: &Indexed,
        values: &Value,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let expr = self.series_over(values, indexed.node, &arguments.span)?;
        let mut columns: Vec<(ColumnName, Expr)> = indexed
            .index
            .iter()
            .map(|key| (key.clone(), Expr::column(key.clone())))
            .collect();
        columns.push((indexed.columns[0].clone(), expr));
        let node = self.add(
            Op::Map {
                input: indexed.node,
                columns,
            },
            &arguments.span,
            None,
        )?;
        Ok(Value::Indexed(Box::new(Indexed {
            node,
            columns: vec![indexed.columns[0].clone()],
            ..indexed.clone()
        })))
    }

    fn renamed_series(
        &mut self,
        indexed: &Indexed,
        name: ColumnName,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let mut columns: Vec<(ColumnName, Expr)> = indexed
            .index
            .iter()
            .map(|key| (key.clone(), Expr::column(key.clone())))
            .collect();
        columns.push((name.clone(), Expr::column(indexed.columns[0].clone())));
        let node = self.add(
            Op::Map {
                input: indexed.node,
                columns,
            },
            span,
            None,
        )?;
        Ok(Value::Indexed(Box::new(Indexed {
            node,
            index: indexed.index.clone(),
            columns: vec![name.clone()],
            series: true,
            name: Some(name),
        })))
    }

    /// `.reset_index()`: the labels become columns.
    fn without_index(
        &mut self,
        indexed: &Indexed,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(0, &["name", "drop"])?;
        let drops = arguments.flag("drop", false)?;
        if drops && indexed.series {
            return Ok(Self::indexed_values(indexed));
        }
        let name = match arguments.named("name") {
            None => None,
            Some(name) => Some(
                name.as_text()
                    .map(ColumnName::from)
                    .ok_or_else(|| arguments.refuse("the name is not constant"))?,
            ),
        };
        let mut columns: Vec<(ColumnName, Expr)> = if drops {
            Vec::new()
        } else {
            indexed
                .index
                .iter()
                .map(|key| (key.clone(), Expr::column(key.clone())))
                .collect()
        };
        for column in &indexed.columns {
            let new = match (&name, &indexed.name, indexed.series) {
                (Some(name), _, true) => name.clone(),
                // Values without a name stand in a column that is called by the number 0.
                (None, None, true) => ColumnName::from("0"),
                (None, Some(name), true) => name.clone(),
                (Some(_), _, false) => {
                    return Err(arguments.refuse("a name for a frame raises TypeError"));
                }
                (None, _, false) => column.clone(),
            };
            if columns.iter().any(|(other, _)| *other == new) {
                return Err(arguments.refuse(format!("two columns would be named \"{new}\"")));
            }
            columns.push((new, Expr::column(column.clone())));
        }
        let node = self.add(
            Op::Map {
                input: indexed.node,
                columns,
            },
            &arguments.span,
            None,
        )?;
        let node = self.freshly_made(node);
        Ok(self.object(Content::Frame(node)))
    }

    /// `.to_dict()`: a dictionary by label.
    fn indexed_dict(&mut self, indexed: &Indexed, arguments: &Arguments) -> Result<Value, Refusal> {
        for key in &indexed.index {
            let ty = self.type_over(&Expr::column(key.clone()), indexed.node)?;
            if ty.missing.possible() {
                return Err(arguments.refuse("a label may be missing"));
            }
        }
        Ok(self.object(Content::Dict(Dict {
            set: false,
            class: None,
            factory: None,
            entries: Vec::new(),
            rest: Rest::Built(Box::new(Mapping {
                node: indexed.node,
                outer: Vec::new(),
                keys: indexed.index.clone(),
                key: Self::label(indexed),
                value: Value::Scalar(Term::template(&indexed.columns[0])),
            })),
        })))
    }

    fn sorted_indexed(
        &mut self,
        indexed: &Indexed,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        let (by, kind): (Vec<ColumnName>, bool) = if indexed.series {
            arguments.only(0, &["ascending", "kind"])?;
            (indexed.columns.clone(), true)
        } else {
            arguments.only(1, &["by", "ascending", "kind"])?;
            (
                self.by(&arguments.need(0, "by")?.clone(), arguments)?,
                false,
            )
        };
        let _ = kind;
        let order = self.sort_order(indexed.node, &by, arguments)?;
        self.stable_or_unique(indexed.node, &by, arguments)?;
        let node = self.add(
            Op::Sort {
                input: indexed.node,
                by: order,
            },
            &span,
            None,
        )?;
        Ok(Value::Indexed(Box::new(Indexed {
            node,
            ..indexed.clone()
        })))
    }

    /// `series.map(labelled)`: each value replaced by what stands under it.
    pub(crate) fn mapped_by_labels(
        &mut self,
        series: &Series,
        indexed: &Indexed,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        let ([key], [value]) = (&indexed.index[..], &indexed.columns[..]) else {
            return Err(arguments.refuse("several labels are not lifted"));
        };
        let (a, b) = (
            self.type_over(&series.expr, series.frame)?,
            self.type_over(&Expr::column(key.clone()), indexed.node)?,
        );
        if a.base != b.base || b.missing.possible() {
            return Err(arguments.refuse(format!("{a} is looked up among {b}")));
        }
        // The column stands beside the frame's own, so that the frame can take it.
        let right_key = self.free_column(&[series.frame], &format!("{key} label"));
        let right_value = self.free_column(&[series.frame], &format!("{value} mapped"));
        let right = self.add(
            Op::Map {
                input: indexed.node,
                columns: vec![
                    (right_key.clone(), Expr::column(key.clone())),
                    (right_value.clone(), Expr::column(value.clone())),
                ],
            },
            span,
            None,
        )?;
        let presence = self.free_column(&[series.frame, right], "matched");
        let joined = self.add(
            Op::Join {
                left: series.frame,
                right,
                kind: JoinKind::Left,
                on: vec![(series.expr.clone(), Expr::column(right_key))],
                null_safe: true,
                condition: None,
                presence: Some(presence.clone()),
            },
            span,
            None,
        )?;
        let some_alone =
            self.any_row(joined, Expr::column(presence).negated(), "unmatched", span)?;
        let ty = self.type_over(&Expr::column(value.clone()), indexed.node)?;
        let taken = Expr::column(right_value);
        let expr = match ty.base {
            relift_dataflow::Base::Int64 => {
                Expr::call(Function::PandasInteger, vec![taken, some_alone])
            }
            relift_dataflow::Base::Float64 => Expr::call(Function::ToPandasFloat, vec![taken]),
            relift_dataflow::Base::Number => {
                return Err(arguments.refuse("the dtype depends on the data"));
            }
            _ if ty.missing.possible() => {
                return Err(arguments.refuse("a value may be missing"));
            }
            _ => Expr::call(Function::MissingAsNan, vec![taken]),
        };
        Ok(Value::Series(Series {
            frame: joined,
            expr,
        }))
    }

    /// The criteria of `by` and `ascending`.
    pub(crate) fn sort_order(
        &mut self,
        node: NodeId,
        columns: &[ColumnName],
        arguments: &Arguments,
    ) -> Result<Vec<SortKey>, Refusal> {
        let first = match arguments.named("na_position").map(Value::as_text) {
            None | Some(Some("last")) => false,
            Some(Some("first")) => true,
            Some(_) => return Err(arguments.refuse("`na_position` is not constant")),
        };
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
        let mut by = Vec::new();
        for (column, ascending) in columns.iter().zip(ascending) {
            let ty = self.type_over(&Expr::column(column.clone()), node)?;
            if ty.missing.possible() && ty.base == relift_dataflow::Base::Bool {
                return Err(arguments.refuse("a column of mixed kinds has no order"));
            }
            by.push(SortKey {
                expr: Expr::column(column.clone()),
                descending: !ascending,
                missing_first: first,
            });
        }
        Ok(by)
    }

    /// pandas' default sort by one column leaves the order of equal values open.
    pub(crate) fn stable_or_unique(
        &mut self,
        node: NodeId,
        columns: &[ColumnName],
        arguments: &Arguments,
    ) -> Result<(), Refusal> {
        let stable = columns.len() > 1
            || match arguments.named("kind") {
                None => false,
                Some(kind) => match kind.as_text() {
                    Some("stable" | "mergesort") => true,
                    Some(_) => false,
                    None => return Err(arguments.refuse("`kind` is not constant")),
                },
            };
        if !stable {
            self.oblige(
                node,
                relift_dataflow::ObligationKind::Unique(columns.to_vec()),
                "pandas' default sort leaves the order of equal keys open",
                &arguments.span,
            );
        }
        Ok(())
    }
}
