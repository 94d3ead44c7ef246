//! Values that depend on the rows around a row: running totals, earlier rows, ranks, and what a group has in
//! common, each beside the row it belongs to.

use relift_dataflow::{
    Aggregate, AggregateFunction as A, Base, Bound, Cardinality, ColumnType, Comparison, Expr,
    Frame, Function, JoinKind, NodeId, ObligationKind, Op, Refusal, Running, SortKey,
    WindowFunction,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::pandas::groups::{Grouped, How, Output, Selected};
use crate::pandas::reduction::Reduction;
use crate::state::{choose, not};
use crate::values::{Content, Series, Value};

/// Among which rows a row looks around.
struct Among {
    frame: NodeId,
    keys: Vec<ColumnName>,
}

impl Lowerer<'_> {
    /// Methods of groups that keep the rows.
    pub(crate) fn grouped_rows(
        &mut self,
        grouped: &Grouped,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        match name {
            "head" | "tail" | "nth" => return self.rows_of_groups(grouped, name, arguments),
            "ngroup" => return Err(arguments.refuse("this method of groups is not lifted")),
            _ => {}
        }
        if grouped.node != grouped.frame {
            self.oblige(
                grouped.frame,
                ObligationKind::NeverMissing(grouped.keys.clone()),
                "a row without a key has no group and so no value",
                &span,
            );
        }
        let among = Among {
            frame: grouped.frame,
            keys: grouped.keys.clone(),
        };
        if name == "cumcount" {
            arguments.only(0, &[])?;
            let (frame, place) = self.beside_rows(
                &among,
                Vec::new(),
                WindowFunction::RowNumber,
                "place",
                &span,
            )?;
            return Ok(Value::Series(Series {
                frame,
                expr: Expr::call(Function::Subtract, vec![place, Expr::int(1)]),
            }));
        }
        let Selected::One(column) = &grouped.selected else {
            return Err(arguments.refuse("only one column at a time is lifted"));
        };
        let series = Series {
            frame: grouped.frame,
            expr: Expr::column(column.clone()),
        };
        self.around(&among, &series, name, true, arguments)
    }

    /// `series.cumsum()`, `.shift()`, `.diff()`, `.rank()` and their like.
    pub(crate) fn series_around(
        &mut self,
        series: &Series,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let among = Among {
            frame: series.frame,
            keys: Vec::new(),
        };
        self.around(&among, series, name, false, arguments)
    }

    fn around(
        &mut self,
        among: &Among,
        series: &Series,
        name: &str,
        grouped: bool,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let ty = self.type_over(&series.expr, series.frame)?;
        if grouped && matches!(name, "cumsum" | "cummax" | "cummin") {
            self.require_typed(
                series.frame,
                "a column of objects raises TypeError",
                &arguments.span,
            );
        }
        let (frame, expr) = match name {
            "cumsum" => self.running_sum(among, series, ty, grouped, arguments)?,
            "cummax" | "cummin" => {
                arguments.only(0, &[])?;
                if !matches!(ty.base, Base::Int64 | Base::Float64) || ty.missing.none {
                    return Err(arguments.refuse(format!("it is not lifted for a column of {ty}")));
                }
                let gap = if ty.missing.possible() {
                    Expr::call(Function::IsMissing, vec![series.expr.clone()])
                } else {
                    Expr::bool(false)
                };
                if ty.base == Base::Float64 && ty.from_decimal.is_none() {
                    self.no_negative_zero(series.frame, &series.expr, &gap, &arguments.span);
                }
                let function = if name == "cummax" { A::Max } else { A::Min };
                let total = WindowFunction::Over {
                    aggregate: Aggregate {
                        function,
                        argument: Some(series.expr.clone()),
                        filter: (!gap.is_false()).then(|| not(gap.clone())),
                    },
                    frame: Frame::RUNNING,
                };
                let (frame, value) =
                    self.beside_rows(among, Vec::new(), total, name, &arguments.span)?;
                let value = Expr::call(Function::Known, vec![value]);
                let nan = Expr::literal(relift_dataflow::Literal::Float(f64::NAN));
                (frame, choose(&gap, nan, value))
            }
            "shift" => self.shifted(among, series, ty, grouped, arguments)?,
            "diff" => {
                arguments.only(1, &["periods"])?;
                let float = match ty.base {
                    Base::Int64 => Expr::call(Function::ToFloat, vec![series.expr.clone()]),
                    Base::Float64 => series.expr.clone(),
                    Base::Number => Expr::call(Function::ToFloat, vec![series.expr.clone()]),
                    _ => {
                        return Err(
                            arguments.refuse(format!("it is not lifted for a column of {ty}"))
                        );
                    }
                };
                let periods = periods(arguments)?;
                let offset = WindowFunction::Offset {
                    value: float.clone(),
                    rows: periods,
                    default: Expr::none(),
                };
                let (frame, before) =
                    self.beside_rows(among, Vec::new(), offset, "earlier", &arguments.span)?;
                let before = Expr::call(Function::ToPandasFloat, vec![before]);
                (frame, Expr::call(Function::Subtract, vec![float, before]))
            }
            "rank" => self.ranked(among, series, ty, arguments)?,
            _ => return Err(arguments.refuse("this method of columns is not lifted")),
        };
        self.type_over(&expr, frame)?;
        Ok(Value::Series(Series {
            frame,
            expr: expr.at(Some(arguments.span.clone())),
        }))
    }

    /// Adds one window column beside the rows; returns the rows and the column.
    fn beside_rows(
        &mut self,
        among: &Among,
        order: Vec<SortKey>,
        function: WindowFunction,
        name: &str,
        span: &Span,
    ) -> Result<(NodeId, Expr), Refusal> {
        let column = self.free_column(&[among.frame], name);
        let partition = self.group_terms(among.frame, &among.keys)?;
        let title = self.flow.node(among.frame).name.clone();
        let node = self.add(
            Op::Window {
                input: among.frame,
                partition,
                order,
                functions: vec![(column.clone(), function)],
            },
            span,
            title.as_deref(),
        )?;
        Ok((node, Expr::column(column)))
    }

    fn running_sum(
        &mut self,
        among: &Among,
        series: &Series,
        ty: ColumnType,
        grouped: bool,
        arguments: &Arguments,
    ) -> Result<(NodeId, Expr), Refusal> {
        arguments.only(0, &[])?;
        let span = arguments.span.clone();
        match ty.base {
            Base::Int64 if !ty.missing.possible() => {
                let total = over(A::Sum, &series.expr, Frame::RUNNING);
                self.beside_rows(among, Vec::new(), total, "running_total", &span)
            }
            Base::Bool if !ty.missing.possible() => {
                let ones = choose(&series.expr, Expr::int(1), Expr::int(0));
                let total = over(A::Sum, &ones, Frame::RUNNING);
                self.beside_rows(among, Vec::new(), total, "running_count", &span)
            }
            Base::Float64 if !grouped && !ty.missing.none => {
                if ty.from_decimal.is_none() {
                    // A leading -0.0 stays one; values read from decimals hold none.
                    let gap = Expr::call(Function::IsMissing, vec![series.expr.clone()]);
                    self.no_negative_zero(series.frame, &series.expr, &gap, &span);
                }
                let present = not(Expr::call(Function::IsMissing, vec![series.expr.clone()]));
                let filter = ty.missing.possible().then_some(present);
                let over = WindowFunction::Over {
                    aggregate: Aggregate {
                        function: A::FloatSum,
                        argument: Some(series.expr.clone()),
                        filter,
                    },
                    frame: Frame::RUNNING,
                };
                let (node, sum) =
                    self.beside_rows(among, Vec::new(), over, "running_total", &span)?;
                let expr = if ty.missing.possible() {
                    let missing = Expr::call(Function::IsMissing, vec![series.expr.clone()]);
                    choose(
                        &missing,
                        Expr::literal(relift_dataflow::Literal::Float(f64::NAN)),
                        sum,
                    )
                } else {
                    sum
                };
                Ok((node, expr))
            }
            Base::Float64 if grouped => {
                let keys = self.group_terms(among.frame, &among.keys)?;
                self.compensated_total(series, &keys, &span)
            }
            _ => Err(arguments.refuse(format!("it is not lifted for a column of {ty}"))),
        }
    }

    fn shifted(
        &mut self,
        among: &Among,
        series: &Series,
        ty: ColumnType,
        grouped: bool,
        arguments: &Arguments,
    ) -> Result<(NodeId, Expr), Refusal> {
        arguments.only(1, &["periods", "fill_value"])?;
        let span = arguments.span.clone();
        let rows = periods(arguments)?;
        let mut fill = match arguments.get(1, "fill_value").cloned() {
            None => None,
            Some(value) => Some(self.rowless(&value, arguments)?.expr),
        };
        let filled = fill.is_some();
        if let Some(fill) = &mut fill {
            let mut other = self.type_over(fill, among.frame)?;
            // An int among floats is a float.
            if ty.base == Base::Float64
                && let Some(relift_dataflow::Literal::Int(whole)) = fill.as_literal()
            {
                *fill = Expr::literal(relift_dataflow::Literal::Float(*whole as f64));
                other = self.type_over(fill, among.frame)?;
            }
            if fill.as_literal().is_none() || other.base != ty.base || other.missing.possible() {
                return Err(arguments.refuse(format!("a column of {ty} is filled with {other}")));
            }
        }
        let offset = WindowFunction::Offset {
            value: series.expr.clone(),
            rows,
            default: fill.unwrap_or_else(Expr::none),
        };
        let (node, value) = self.beside_rows(among, Vec::new(), offset, "earlier", &span)?;
        if filled {
            let expr = if ty.missing.possible() {
                value
            } else {
                Expr::call(Function::Known, vec![value])
            };
            return Ok((node, expr));
        }
        let expr = match ty.base {
            // Some row has none before it, so the integers become floats.
            Base::Int64 | Base::Number | Base::Float64 => {
                Expr::call(Function::ToPandasFloat, vec![value])
            }
            Base::Timestamp => Expr::call(Function::MissingAsNan, vec![value]),
            Base::Text | Base::Date if !grouped && !ty.missing.nan => value,
            Base::Text | Base::Date if grouped && !ty.missing.possible() => {
                Expr::call(Function::MissingAsNan, vec![value])
            }
            _ => return Err(arguments.refuse(format!("it is not lifted for a column of {ty}"))),
        };
        Ok((node, expr))
    }

    fn ranked(
        &mut self,
        among: &Among,
        series: &Series,
        ty: ColumnType,
        arguments: &Arguments,
    ) -> Result<(NodeId, Expr), Refusal> {
        arguments.only(0, &["method", "ascending"])?;
        let span = arguments.span.clone();
        let numbers = matches!(ty.base, Base::Int64 | Base::Float64 | Base::Number);
        if !numbers && (among.keys.is_empty() || ty.base != Base::Timestamp) {
            return Err(arguments.refuse(format!("it is not lifted for a column of {ty}")));
        }
        let method = match arguments.named("method") {
            None => "average",
            Some(method) => method
                .as_text()
                .ok_or_else(|| arguments.refuse("the argument `method` is not constant"))?,
        };
        let order = vec![SortKey {
            expr: series.expr.clone(),
            descending: !arguments.flag("ascending", true)?,
            missing_first: false,
        }];
        let up_to_peers = WindowFunction::Over {
            aggregate: Aggregate {
                function: A::Count,
                argument: None,
                filter: None,
            },
            frame: Frame {
                start: Bound::Unbounded,
                end: Bound::Peers,
            },
        };
        let (node, place) = match method {
            "min" => self.beside_rows(among, order, WindowFunction::Rank, "rank", &span)?,
            "dense" => self.beside_rows(among, order, WindowFunction::DenseRank, "rank", &span)?,
            "first" => self.beside_rows(among, order, WindowFunction::RowNumber, "rank", &span)?,
            "max" => self.beside_rows(among, order, up_to_peers, "rank", &span)?,
            "average" => {
                let (least, most) = (
                    self.free_column(&[among.frame], "rank_least"),
                    self.free_column(&[among.frame], "rank_most"),
                );
                let partition = self.group_terms(among.frame, &among.keys)?;
                let node = self.add(
                    Op::Window {
                        input: among.frame,
                        partition,
                        order,
                        functions: vec![
                            (least.clone(), WindowFunction::Rank),
                            (most.clone(), up_to_peers),
                        ],
                    },
                    &span,
                    None,
                )?;
                let both = Expr::call(Function::Add, vec![Expr::column(least), Expr::column(most)]);
                (node, Expr::call(Function::Divide, vec![both, Expr::int(2)]))
            }
            _ => return Err(arguments.refuse("this method of ranking is not lifted")),
        };
        let place = if method == "average" {
            place
        } else {
            Expr::call(Function::ToFloat, vec![place])
        };
        let expr = if ty.missing.possible() {
            let missing = Expr::call(Function::IsMissing, vec![series.expr.clone()]);
            choose(
                &missing,
                Expr::literal(relift_dataflow::Literal::Float(f64::NAN)),
                place,
            )
        } else {
            place
        };
        Ok((node, expr))
    }

    /// `groups.head(n)`, `.tail(n)` and `.nth(n)`: rows of the frame, in its order.
    fn rows_of_groups(
        &mut self,
        grouped: &Grouped,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(1, &["n"])?;
        let span = arguments.span.clone();
        let count = match (arguments.get(0, "n"), name) {
            (None, "nth") => None,
            (None, _) => Some(5),
            (Some(count), _) => count.as_int(),
        };
        let count = count
            .filter(|count| *count >= 0)
            .ok_or_else(|| arguments.refuse("the count is not a constant number"))?;
        if grouped.selected != Selected::All {
            return Err(arguments.refuse("only whole rows are lifted"));
        }
        let among = Among {
            frame: grouped.node,
            keys: grouped.keys.clone(),
        };
        let names: Vec<ColumnName> = self
            .flow
            .node(grouped.node)
            .schema
            .names()
            .cloned()
            .collect();
        let compare = |comparison, left: Expr, right: i64| {
            Expr::compare(
                comparison,
                relift_dataflow::Flavour::Python,
                left,
                Expr::int(right),
            )
        };
        let (node, kept) = if name == "tail" {
            let (place, rows) = (
                self.free_column(&[grouped.node], "place"),
                self.free_column(&[grouped.node], "rows"),
            );
            let all = WindowFunction::Over {
                aggregate: Aggregate {
                    function: A::Count,
                    argument: None,
                    filter: None,
                },
                frame: Frame::WHOLE,
            };
            let partition = self.group_terms(grouped.node, &among.keys)?;
            let node = self.add(
                Op::Window {
                    input: grouped.node,
                    partition,
                    order: Vec::new(),
                    functions: vec![
                        (place.clone(), WindowFunction::RowNumber),
                        (rows.clone(), all),
                    ],
                },
                &span,
                None,
            )?;
            let left = Expr::call(
                Function::Subtract,
                vec![Expr::column(rows), Expr::column(place)],
            );
            (node, compare(Comparison::Lt, left, count))
        } else {
            let (node, place) = self.beside_rows(
                &among,
                Vec::new(),
                WindowFunction::RowNumber,
                "place",
                &span,
            )?;
            let kept = if name == "nth" {
                compare(Comparison::Eq, place, count + 1)
            } else {
                compare(Comparison::Le, place, count)
            };
            (node, kept)
        };
        let kept = self.add(
            Op::Filter {
                input: node,
                predicate: kept,
            },
            &span,
            None,
        )?;
        let node = self.select_columns(kept, &names, &span)?;
        Ok(self.object(Content::Frame(node)))
    }

    /// `groups["x"].transform(…)`: what the group has in common, beside each of its rows.
    pub(crate) fn grouped_transform(
        &mut self,
        grouped: &Grouped,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(1, &["func"])?;
        let span = arguments.span.clone();
        let Selected::One(column) = &grouped.selected else {
            return Err(arguments.refuse("only one column at a time is lifted"));
        };
        let how = match arguments.need(0, "func")?.clone() {
            function @ Value::Function(_) => How::Call(function),
            Value::Global(path) => match path.rsplit_once('.') {
                Some(("builtins" | "numpy", name)) => How::By(
                    Reduction::of_name(name)
                        .ok_or_else(|| arguments.refuse("this function is not lifted"))?,
                ),
                _ => return Err(arguments.refuse("this function is not lifted")),
            },
            other => How::By(
                other
                    .as_text()
                    .and_then(Reduction::of_name)
                    .ok_or_else(|| arguments.refuse("this function is not lifted"))?,
            ),
        };
        let terms = self.group_terms(grouped.frame, &grouped.keys)?;
        if terms.iter().any(|term| term.as_column().is_none()) {
            return Err(arguments.refuse("groups by computed floats are not lifted"));
        }
        if grouped.node != grouped.frame {
            self.oblige(
                grouped.frame,
                ObligationKind::NeverMissing(grouped.keys.clone()),
                "a row without a key has no group and so no value",
                &span,
            );
        }
        let value = self.free_column(&[grouped.frame], &format!("{column} of group"));
        let output = Output {
            name: value.clone(),
            of: Some(column.clone()),
            how,
        };
        let groups = self.aggregated_groups(
            &Grouped {
                sorted: true,
                ..grouped.clone()
            },
            vec![output],
            arguments,
        )?;
        let mut right = Vec::new();
        let mut on = Vec::new();
        for key in &grouped.keys {
            let name = self.free_column(&[grouped.frame], &format!("{key} of its group"));
            on.push((Expr::column(key.clone()), Expr::column(name.clone())));
            right.push((name, Expr::column(key.clone())));
        }
        right.push((value.clone(), Expr::column(value.clone())));
        let right = self.add(
            Op::Map {
                input: groups,
                columns: right,
            },
            &span,
            None,
        )?;
        let ty = self.type_over(&Expr::column(value.clone()), right)?;
        let title = self.flow.node(grouped.frame).name.clone();
        let frame = self.add(
            Op::Join {
                left: grouped.frame,
                right,
                kind: JoinKind::Left,
                on,
                null_safe: true,
                condition: None,
                presence: None,
            },
            &span,
            title.as_deref(),
        )?;
        // Every row finds its group, so nothing becomes missing.
        let held = Expr::column(value);
        let expr = if ty.missing.none {
            return Err(arguments.refuse("a value that may be None is not lifted"));
        } else if ty.missing.nan {
            Expr::call(Function::MissingAsNan, vec![held])
        } else {
            Expr::call(Function::Known, vec![held])
        };
        Ok(Value::Series(Series { frame, expr }))
    }

    /// Whether the rows of `frame` are those of `node`, with further columns beside them.
    pub(crate) fn extends(&self, frame: NodeId, node: NodeId) -> bool {
        let mut frame = frame;
        while frame != node {
            frame = match &self.flow.node(frame).op {
                Op::Window { input, .. } | Op::Running(Running { input, .. }) => *input,
                // Columns were only added.
                Op::Map { input, columns } => {
                    let kept = self.flow.node(*input).schema.names().all(|name| {
                        columns
                            .iter()
                            .any(|(other, value)| other == name && value.as_column() == Some(name))
                    });
                    if !kept || *input < node || self.numbered.contains(&frame) {
                        return false;
                    }
                    *input
                }
                Op::Join {
                    left,
                    right,
                    kind: JoinKind::Left,
                    on,
                    ..
                } => {
                    let matched: Option<Vec<ColumnName>> =
                        on.iter().map(|(_, key)| key.as_column().cloned()).collect();
                    let right = self.flow.node(*right);
                    let one = right.cardinality == Cardinality::One
                        || matched.is_some_and(|matched| {
                            right
                                .keys
                                .iter()
                                .any(|key| key.iter().all(|column| matched.contains(column)))
                        });
                    if !one {
                        return false;
                    }
                    *left
                }
                _ => return false,
            };
        }
        true
    }
}

/// How many rows away.
fn periods(arguments: &Arguments) -> Result<i64, Refusal> {
    match arguments.get(0, "periods") {
        None => Ok(1),
        Some(periods) => periods
            .as_int()
            .filter(|periods| *periods != 0)
            .ok_or_else(|| arguments.refuse("the number of rows is not constant")),
    }
}

/// An aggregate over rows around a row.
fn over(function: A, argument: &Expr, frame: Frame) -> WindowFunction {
    WindowFunction::Over {
        aggregate: Aggregate {
            function,
            argument: Some(argument.clone()),
            filter: None,
        },
        frame,
    }
}
