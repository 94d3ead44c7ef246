//! One value from many: what `sum`, `mean`, `max` and their like make of a column, with pandas' dtypes.

use relift_dataflow::{
    Aggregate, AggregateFunction as A, Base, ColumnType, Expr, ExprKind, Function, GroupOrder,
    NodeId, Op, Refusal, Schema, float_condition,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;

use crate::calls::Arguments;
use crate::lowering::{Lowerer, type_refusal};
use crate::state::{choose, not};
use crate::values::{NO_ROW, Scope, Series, Term, Value};

/// What is computed of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reduction {
    Sum,
    Mean,
    Min,
    Max,
    /// Values that are not missing.
    Count,
    /// All rows.
    Size,
    CountDistinct,
    /// The first value that is not missing.
    First,
    /// The last value that is not missing.
    Last,
    /// The value of the first row.
    FirstRow,
    /// The value of the last row.
    LastRow,
    Median,
    Variance,
    Deviation,
    Any,
    All,
}

impl Reduction {
    /// By the name of the method.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "sum" => Self::Sum,
            "mean" => Self::Mean,
            "min" => Self::Min,
            "max" => Self::Max,
            "count" => Self::Count,
            "size" => Self::Size,
            "nunique" => Self::CountDistinct,
            "first" => Self::First,
            "last" => Self::Last,
            "median" => Self::Median,
            "var" => Self::Variance,
            "std" => Self::Deviation,
            "any" => Self::Any,
            "all" => Self::All,
            _ => return None,
        })
    }
}

/// Whose algorithm adds floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adding {
    /// Methods of a grouped column.
    Grouped,
    /// Methods of a column.
    Column,
}

/// A column and what is asked of it.
pub(crate) struct Asked<'a> {
    pub(crate) node: NodeId,
    /// Nothing for the number of rows.
    pub(crate) expr: Option<Expr>,
    pub(crate) filter: Option<Expr>,
    pub(crate) reduction: Reduction,
    pub(crate) adding: Adding,
    /// Whether there can be no row.
    pub(crate) empty: bool,
    /// Name of the result.
    pub(crate) name: &'a ColumnName,
}

/// Aggregates and what the result is over their columns.
pub(crate) struct Reduced {
    pub(crate) aggregates: Vec<(ColumnName, Aggregate)>,
    pub(crate) result: Expr,
}

/// The rows of one group, while a function of the group is executed.
#[derive(Clone, Debug)]
pub(crate) struct GroupRows {
    /// Rows of all groups.
    pub(crate) node: NodeId,
    pub(crate) keys: Vec<ColumnName>,
    /// The scope in which results are columns.
    pub(crate) scope: Scope,
    pub(crate) aggregates: Vec<(ColumnName, Aggregate)>,
}

impl Lowerer<'_> {
    /// The aggregates that give the value, or why there are none.
    pub(crate) fn reduction(
        &mut self,
        asked: &Asked<'_>,
        arguments: &Arguments,
    ) -> Result<Reduced, Refusal> {
        let column = Expr::column(asked.name.clone());
        let one = |function: A, argument: Option<Expr>, result: Expr| Reduced {
            aggregates: vec![(
                asked.name.clone(),
                Aggregate {
                    function,
                    argument,
                    filter: asked.filter.clone(),
                },
            )],
            result,
        };
        let Some(expr) = asked.expr.clone() else {
            return Ok(one(A::Count, None, column));
        };
        let ty = self.type_over(&expr, asked.node)?;
        let refuse = || Err(arguments.refuse(format!("it is not lifted for a column of {ty}")));
        let float = |expr: Expr| match ty.base {
            Base::Float64 | Base::Int64 => Some(expr),
            Base::Number => Some(Expr::call(Function::ToFloat, vec![expr])),
            Base::Bool if !ty.missing.possible() => Some(choose(&expr, Expr::int(1), Expr::int(0))),
            _ => None,
        };
        let of = |grouped: A, column: A| match asked.adding {
            Adding::Grouped => grouped,
            Adding::Column => column,
        };
        match asked.reduction {
            Reduction::Size => Ok(one(A::Count, None, column)),
            Reduction::Count if !ty.missing.possible() => Ok(one(A::Count, None, column)),
            Reduction::Count => Ok(one(A::CountValues, Some(expr), column)),
            Reduction::CountDistinct => Ok(one(A::CountDistinct, Some(expr), column)),
            Reduction::Sum => match ty.base {
                Base::Int64 if !ty.missing.possible() => Ok(one(A::Sum, Some(expr), column)),
                Base::Bool if !ty.missing.possible() => Ok(one(A::Sum, float(expr), column)),
                Base::Float64 => Ok(one(of(A::PandasGroupSum, A::PandasSum), Some(expr), column)),
                Base::Number => {
                    let Some(floats) = self.column_condition(&expr, asked.node) else {
                        return refuse();
                    };
                    let whole = Expr::call(Function::NullableInteger, vec![expr]);
                    let result = Expr::call(Function::PandasInteger, vec![column, floats]);
                    Ok(one(A::Sum, Some(whole), result))
                }
                _ => refuse(),
            },
            Reduction::Mean | Reduction::Median | Reduction::Variance | Reduction::Deviation => {
                let Some(value) = float(expr) else {
                    return refuse();
                };
                if ty.base == Base::Bool && asked.reduction != Reduction::Mean {
                    return refuse();
                }
                let function = match asked.reduction {
                    Reduction::Mean => of(A::PandasGroupMean, A::PandasMean),
                    Reduction::Median => A::PandasMedian,
                    _ => of(A::PandasGroupVariance, A::PandasVariance),
                };
                let result = if asked.reduction == Reduction::Deviation {
                    Expr::call(Function::SquareRoot, vec![column])
                } else {
                    column
                };
                Ok(one(function, Some(value), result))
            }
            Reduction::Min | Reduction::Max => {
                let function = if asked.reduction == Reduction::Min {
                    A::Min
                } else {
                    A::Max
                };
                let result = self.extreme_result(asked, ty, column, arguments)?;
                Ok(one(function, Some(expr), result))
            }
            Reduction::First | Reduction::Last => {
                if asked.filter.is_some() {
                    return Err(arguments.refuse("the first of some rows only is not lifted"));
                }
                let function = if asked.reduction == Reduction::First {
                    A::First
                } else {
                    A::Last
                };
                let result = match ty.base {
                    Base::Float64 => Expr::call(Function::ToPandasFloat, vec![column]),
                    Base::Number | Base::Timestamp => {
                        Expr::call(Function::MissingAsNan, vec![column])
                    }
                    _ if ty.missing.nan => return refuse(),
                    _ if ty.missing.none => column,
                    _ => Expr::call(Function::Known, vec![column]),
                };
                let mut reduced = one(function, Some(expr.clone()), result);
                if ty.missing.possible() {
                    // Missing values are passed over.
                    let missing = Expr::call(Function::IsMissing, vec![expr]);
                    reduced.aggregates[0].1.filter = Some(not(missing));
                }
                Ok(reduced)
            }
            Reduction::FirstRow | Reduction::LastRow => {
                if asked.filter.is_some() {
                    return Err(arguments.refuse("the first of some rows only is not lifted"));
                }
                let function = if asked.reduction == Reduction::FirstRow {
                    A::First
                } else {
                    A::Last
                };
                // There is a row, so only the row's own value can be missing.
                let result = if ty.missing.none {
                    column
                } else if ty.missing.nan {
                    Expr::call(Function::MissingAsNan, vec![column])
                } else {
                    Expr::call(Function::Known, vec![column])
                };
                Ok(one(function, Some(expr), result))
            }
            Reduction::Any | Reduction::All if ty.base == Base::Bool && !ty.missing.possible() => {
                let function = if asked.reduction == Reduction::Any {
                    A::Any
                } else {
                    A::All
                };
                Ok(one(function, Some(expr), column))
            }
            Reduction::Any | Reduction::All => refuse(),
        }
    }

    /// What the smallest or largest value is where there may be none.
    fn extreme_result(
        &mut self,
        asked: &Asked<'_>,
        ty: ColumnType,
        column: Expr,
        arguments: &Arguments,
    ) -> Result<Expr, Refusal> {
        let none = asked.empty || asked.filter.is_some();
        let grouped = asked.adding == Adding::Grouped;
        Ok(match ty.base {
            Base::Float64 => Expr::call(Function::ToPandasFloat, vec![column]),
            Base::Number | Base::Timestamp => Expr::call(Function::MissingAsNan, vec![column]),
            Base::Int64 if !none => Expr::call(Function::Known, vec![column]),
            // Of no rows it is NaN.
            Base::Int64 if asked.empty => {
                let missing = Expr::call(Function::IsNone, vec![column.clone()]);
                Expr::call(Function::PandasInteger, vec![column, missing])
            }
            Base::Bool | Base::Text | Base::Date
                if !ty.missing.possible() && asked.filter.is_none() && (grouped || !none) =>
            {
                Expr::call(Function::Known, vec![column])
            }
            Base::Text | Base::Date if !ty.missing.possible() && asked.filter.is_none() => {
                self.require_rows(
                    asked.node,
                    &arguments.construct,
                    "of nothing it is NaN",
                    &arguments.span,
                )?;
                Expr::call(Function::Known, vec![column])
            }
            _ => {
                return Err(arguments.refuse(format!("it is not lifted for a column of {ty}")));
            }
        })
    }

    /// When the values of a column are floats, as a condition without columns.
    pub(crate) fn column_condition(&self, expr: &Expr, node: NodeId) -> Option<Expr> {
        float_condition(self.flow, expr, node).filter(|condition| condition.columns().is_empty())
    }

    /// One value of a whole column, or of the rows of a group while a function of groups is executed.
    pub(crate) fn reduced_column(
        &mut self,
        series: &Series,
        reduction: Reduction,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let counted = matches!(reduction, Reduction::Size);
        let expr = (!counted).then(|| series.expr.clone());
        self.reduced_rows(series.frame, expr, reduction, arguments)
    }

    /// One value of the rows of a frame.
    pub(crate) fn reduced_rows(
        &mut self,
        frame: NodeId,
        expr: Option<Expr>,
        reduction: Reduction,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        if let Some(rows) = self.groups.last().cloned()
            && let Some((expr, filter)) = self.within_group(frame, expr.clone(), rows.node)
        {
            return self.reduced_group(&rows, expr, filter, reduction, arguments);
        }
        let name = ColumnName::from(match (&expr, reduction) {
            (Some(expr), _) => expr
                .as_column()
                .map_or_else(|| "value".to_owned(), ToString::to_string),
            (None, _) => "rows".to_owned(),
        });
        if reduction == Reduction::Sum
            && let Some(expr) = &expr
            && self.type_over(expr, frame)?.base != Base::Int64
        {
            self.require_typed(frame, "the sum of no objects is the integer 0", &span);
        }
        if matches!(reduction, Reduction::FirstRow | Reduction::LastRow) {
            self.require_rows(
                frame,
                &arguments.construct,
                "of no rows it raises IndexError",
                &span,
            )?;
        }
        let asked = Asked {
            node: frame,
            expr,
            filter: None,
            reduction,
            adding: Adding::Column,
            empty: true,
            name: &name,
        };
        let reduced = self.reduction(&asked, arguments)?;
        let totals = self.add(
            Op::Aggregate {
                input: frame,
                keys: Vec::new(),
                aggregates: reduced.aggregates,
                order: GroupOrder::Unordered,
            },
            &span,
            None,
        )?;
        let relation = if reduced.result.as_column() == Some(&name) {
            totals
        } else {
            self.add(
                Op::Map {
                    input: totals,
                    columns: vec![(name.clone(), reduced.result)],
                },
                &span,
                None,
            )?
        };
        let expr = Expr::new(ExprKind::Scalar {
            relation,
            column: name,
        })
        .at(Some(span));
        let mut term = Term::constant(expr);
        let ty = self.type_of(&term)?;
        term.numpy = matches!(ty.base, Base::Int64 | Base::Float64 | Base::Number)
            && !matches!(reduction, Reduction::CountDistinct | Reduction::Size);
        Ok(Value::Scalar(term))
    }

    /// The same over the rows of one group: the result is a column of the groups.
    fn reduced_group(
        &mut self,
        rows: &GroupRows,
        expr: Option<Expr>,
        filter: Option<Expr>,
        reduction: Reduction,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let name = ColumnName::from(format!("\u{1}group {}", rows.aggregates.len()));
        let asked = Asked {
            node: rows.node,
            expr,
            filter,
            reduction,
            adding: Adding::Column,
            empty: false,
            name: &name,
        };
        let reduced = self.reduction(&asked, arguments)?;
        let op = Op::Aggregate {
            input: rows.node,
            keys: Vec::new(),
            aggregates: reduced.aggregates.clone(),
            order: GroupOrder::Unordered,
        };
        // Without keys every aggregate may be of no rows; a group has some.
        let typed = match op {
            Op::Aggregate {
                input, aggregates, ..
            } => Op::Aggregate {
                input,
                keys: rows
                    .keys
                    .iter()
                    .map(|key| (key.clone(), Expr::column(key.clone())))
                    .collect(),
                aggregates,
                order: GroupOrder::Unordered,
            },
            other => other,
        };
        let schema: Schema = self
            .flow
            .schema_of(&typed, self.catalog)
            .map_err(|error| type_refusal(&error, Some(arguments.span.clone())))?;
        for (name, _) in &reduced.aggregates {
            if let Some(ty) = schema.ty(name) {
                self.extend_scope(rows.scope, name, ty);
            }
        }
        if let Some(open) = self.groups.last_mut() {
            open.aggregates.extend(reduced.aggregates);
        }
        let mut term = Term {
            expr: reduced.result.at(Some(arguments.span.clone())),
            scope: rows.scope,
            numpy: false,
        };
        let ty = self.type_of(&term)?;
        term.numpy = matches!(ty.base, Base::Int64 | Base::Float64 | Base::Number);
        Ok(Value::Scalar(term))
    }

    /// Whether a relation holds rows of the group whose function is being executed.
    pub(crate) fn of_group(&self, node: NodeId) -> bool {
        let Some(rows) = self.groups.last() else {
            return false;
        };
        let mut waiting = vec![node];
        let mut seen = std::collections::BTreeSet::new();
        while let Some(node) = waiting.pop() {
            if node == rows.node {
                return true;
            }
            // Inputs come before their users.
            if node > rows.node && seen.insert(node) {
                waiting.extend(self.flow.dependencies(node));
            }
        }
        false
    }

    /// Refuses what would be made of the rows of all groups where those of one are meant.
    pub(crate) fn of_one_group(&self, op: &Op, span: &Span) -> Result<(), Refusal> {
        if self.groups.is_empty() || matches!(op, Op::Filter { .. } | Op::Map { .. }) {
            return Ok(());
        }
        let asked = op.exprs().into_iter().flat_map(Expr::relations);
        if op
            .inputs()
            .into_iter()
            .chain(asked)
            .any(|node| self.of_group(node))
        {
            return Err(Refusal::new(
                "function of a group",
                "only values that sum up the group's columns are lifted",
                Some(span.clone()),
            ));
        }
        Ok(())
    }

    /// Number of rows of the group.
    pub(crate) fn group_count(&mut self, node: NodeId, span: &Span) -> Result<Value, Refusal> {
        let arguments = Arguments {
            positional: Vec::new(),
            named: Vec::new(),
            construct: "call of `len`".to_owned(),
            span: span.clone(),
        };
        self.reduced_rows(node, None, Reduction::Size, &arguments)
    }

    /// For rows that are some of a group's: the value over all of its rows, and which rows count.
    fn within_group(
        &self,
        frame: NodeId,
        expr: Option<Expr>,
        group: NodeId,
    ) -> Option<(Option<Expr>, Option<Expr>)> {
        let mut node = frame;
        let mut value = expr;
        let mut filters: Vec<Expr> = Vec::new();
        while node != group {
            match &self.flow.node(node).op {
                Op::Filter { input, predicate } => {
                    filters.insert(0, predicate.clone());
                    node = *input;
                }
                Op::Map { input, columns } => {
                    let below = |expr: Expr| {
                        expr.substitute(&|name| {
                            columns
                                .iter()
                                .find(|(other, _)| other == name)
                                .map(|(_, value)| value.clone())
                        })
                    };
                    value = value.map(below);
                    filters = filters.into_iter().map(below).collect();
                    node = *input;
                }
                _ => return None,
            }
        }
        let filter = (!filters.is_empty()).then(|| Expr::all(filters));
        Some((value, filter))
    }

    /// The scalar when it reads no row.
    pub(crate) fn rowless(
        &mut self,
        value: &Value,
        arguments: &Arguments,
    ) -> Result<Term, Refusal> {
        let term = self.scalar(value, &arguments.construct, &arguments.span)?;
        if term.scope == NO_ROW {
            Ok(term)
        } else {
            Err(arguments.refuse("a whole column is used together with one row"))
        }
    }
}
