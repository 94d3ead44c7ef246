//! Columns of frames: vectorised expressions. Their rules for missing values are numpy's, not Python's.

use relift_dataflow::{
    Base, ColumnType, Comparison, Expr, Flavour, Function, Literal, NodeId, Op, Refusal,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use ruff_python_ast::{CmpOp, Operator, UnaryOp};

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::state::{all, any, not};
use crate::values::{Content, NO_ROW, Rest, Series, Term, Value};

impl Lowerer<'_> {
    /// The series as an expression over `node`, whose rows must be those it was made from.
    pub(crate) fn series_over(
        &mut self,
        value: &Value,
        node: NodeId,
        span: &Span,
    ) -> Result<Expr, Refusal> {
        match value {
            Value::Series(series) => self.rebased(series, node, span),
            Value::Unknown(refusal) => Err((**refusal).clone()),
            other => Err(Refusal::new(
                "column",
                format!("{} is not a column", other.kind()),
                Some(span.clone()),
            )),
        }
    }

    pub(crate) fn rebased(
        &self,
        series: &Series,
        node: NodeId,
        span: &Span,
    ) -> Result<Expr, Refusal> {
        if series.frame == node {
            return Ok(series.expr.clone());
        }
        let refuse = || {
            Refusal::new(
                "column",
                "columns of frames with different rows are aligned by index",
                Some(span.clone()),
            )
        };
        // The same rows, picked twice.
        if let (
            Op::Filter { input, predicate },
            Op::Filter {
                input: other,
                predicate: same,
            },
        ) = (&self.flow.node(series.frame).op, &self.flow.node(node).op)
            && input == other
            && predicate == same
        {
            return Ok(series.expr.clone());
        }
        // A loop over the frame may read it through columns of its own.
        if let Op::Map { input, columns } = &self.flow.node(series.frame).op
            && series.frame > node
        {
            let below = Series {
                frame: *input,
                expr: series.expr.clone().substitute(&|name| {
                    columns
                        .iter()
                        .find(|(other, _)| other == name)
                        .map(|(_, value)| value.clone())
                }),
            };
            return self.rebased(&below, node, span);
        }
        // Columns beside the rows leave the others as they are.
        if let Op::Window { input, .. }
        | Op::Join { left: input, .. }
        | Op::Running(relift_dataflow::Running { input, .. }) = &self.flow.node(node).op
            && self.extends(node, *input)
        {
            return self.rebased(series, *input, span);
        }
        // A column assignment keeps the rows and all other columns.
        let Op::Map { input, columns } = &self.flow.node(node).op else {
            return Err(refuse());
        };
        // Rows that were numbered anew are told apart by other labels.
        if self.numbered.contains(&node) && !self.labels_are_places(*input) {
            return Err(refuse());
        }
        let below = self.rebased(series, *input, span)?;
        for column in below.columns() {
            let kept = columns
                .iter()
                .any(|(name, value)| *name == column && value.as_column() == Some(&column));
            if !kept {
                return Err(refuse());
            }
        }
        Ok(below)
    }

    /// Two operands over one frame, at least one of them a series.
    fn operands(
        &mut self,
        left: &Value,
        right: &Value,
        span: &Span,
    ) -> Result<(NodeId, Expr, Expr), Refusal> {
        let node = match (left, right) {
            // The later frame sees the columns of the earlier one.
            (Value::Series(a), Value::Series(b)) => {
                let (earlier, later) = if a.frame <= b.frame { (a, b) } else { (b, a) };
                if self.rebased(earlier, later.frame, span).is_err() {
                    // Values of the rows around stand beside the rows.
                    let placed = self.beside_frame(earlier, later.frame, span)?;
                    let (a, b) = if a.frame <= b.frame {
                        (placed.expr, self.rebased(b, placed.frame, span)?)
                    } else {
                        (self.rebased(a, placed.frame, span)?, placed.expr)
                    };
                    return Ok((placed.frame, a, b));
                }
                later.frame
            }
            (Value::Series(a), _) => a.frame,
            (_, Value::Series(b)) => b.frame,
            _ => {
                return Err(Refusal::new(
                    "column",
                    "no operand is a column",
                    Some(span.clone()),
                ));
            }
        };
        let mut sides = Vec::new();
        for side in [left, right] {
            sides.push(match side {
                Value::Series(series) => self.rebased(series, node, span)?,
                other => {
                    let term = self.scalar(other, "operator", span)?;
                    if term.scope != NO_ROW {
                        return Err(Refusal::new(
                            "column",
                            "a whole column is used together with one row",
                            Some(span.clone()),
                        ));
                    }
                    term.expr
                }
            });
        }
        let right = sides.remove(1);
        Ok((node, sides.remove(0), right))
    }

    fn series(&self, frame: NodeId, expr: Expr, span: &Span) -> Result<Value, Refusal> {
        let expr = expr.at(Some(span.clone()));
        self.type_over(&expr, frame)?;
        Ok(Value::Series(Series { frame, expr }))
    }

    pub(crate) fn series_binary(
        &mut self,
        operator: Operator,
        left: &Value,
        right: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let construct = format!("operator `{}`", operator.as_str());
        let refuse =
            |reason: String| Err(Refusal::new(construct.clone(), reason, Some(span.clone())));
        let (node, a, b) = self.operands(left, right, span)?;
        let (ta, tb) = (self.type_over(&a, node)?, self.type_over(&b, node)?);
        let numbers =
            |ty: ColumnType| matches!(ty.base, Base::Int64 | Base::Float64 | Base::Number);
        let function = match operator {
            Operator::Add if ta.base == Base::Text && tb.base == Base::Text => {
                if ta.missing.possible() || tb.missing.possible() {
                    return refuse("texts that may be missing are joined".to_owned());
                }
                Function::Concat
            }
            Operator::Add | Operator::Sub | Operator::Mult if numbers(ta) && numbers(tb) => {
                match operator {
                    Operator::Add => Function::Add,
                    Operator::Sub => Function::Subtract,
                    _ => Function::Multiply,
                }
            }
            Operator::Div if numbers(ta) && numbers(tb) && b.as_literal().is_none() => {
                self.nonzero(&b, node, span);
                let float = |expr: Expr, ty: ColumnType| match ty.base {
                    Base::Float64 => expr,
                    _ => Expr::call(Function::ToFloat, vec![expr]),
                };
                if ta.missing.none || tb.missing.none {
                    return refuse(format!("it is not lifted for columns of {ta} and {tb}"));
                }
                let quotient = Expr::call(Function::Divide, vec![float(a, ta), b]);
                return self.series(node, quotient, span);
            }
            Operator::FloorDiv | Operator::Mod
                if matches!(ta.base, Base::Int64 | Base::Float64)
                    && match b.as_literal() {
                        Some(Literal::Int(divisor)) => *divisor != 0,
                        Some(Literal::Float(divisor)) => {
                            ta.base == Base::Float64 && *divisor != 0.0 && divisor.is_finite()
                        }
                        _ => false,
                    } =>
            {
                if operator == Operator::Mod {
                    Function::Modulo
                } else {
                    Function::FloorDivide
                }
            }
            Operator::Pow
                if matches!(ta.base, Base::Int64 | Base::Float64)
                    && matches!(b.as_literal(), Some(Literal::Int(2))) =>
            {
                return self.series(
                    node,
                    Expr::call(Function::Multiply, vec![a.clone(), a]),
                    span,
                );
            }
            Operator::Div
                if numbers(ta)
                    && numbers(tb)
                    && b.as_literal()
                        .is_some_and(|literal| !matches!(literal, Literal::Int(0))) =>
            {
                Function::Divide
            }
            Operator::BitAnd | Operator::BitOr
                if ta == ColumnType::of(Base::Bool) && tb == ColumnType::of(Base::Bool) =>
            {
                if operator == Operator::BitAnd {
                    Function::And
                } else {
                    Function::Or
                }
            }
            _ => return refuse(format!("it is not lifted for columns of {ta} and {tb}")),
        };
        if ta.missing.none || tb.missing.none {
            return refuse(format!("it is not lifted for columns of {ta} and {tb}"));
        }
        self.series(node, Expr::call(function, vec![a, b]), span)
    }

    pub(crate) fn series_unary(
        &mut self,
        operator: UnaryOp,
        value: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let Value::Series(series) = value else {
            return Err(Refusal::new(
                "column",
                "it is no column",
                Some(span.clone()),
            ));
        };
        let ty = self.type_over(&series.expr, series.frame)?;
        match (operator, ty.base) {
            (UnaryOp::Invert, Base::Bool) if !ty.missing.possible() => {
                self.series(series.frame, not(series.expr.clone()), span)
            }
            (UnaryOp::USub, Base::Int64 | Base::Float64 | Base::Number) => self.series(
                series.frame,
                Expr::call(Function::Negate, vec![series.expr.clone()]),
                span,
            ),
            _ => Err(Refusal::new(
                "operator",
                format!("it is not lifted for a column of {ty}"),
                Some(span.clone()),
            )),
        }
    }

    pub(crate) fn series_compare(
        &mut self,
        operator: CmpOp,
        left: &Value,
        right: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let refuse = |reason: String| Err(Refusal::new("comparison", reason, Some(span.clone())));
        let comparison = match operator {
            CmpOp::Eq => Comparison::Eq,
            CmpOp::NotEq => Comparison::Ne,
            CmpOp::Lt => Comparison::Lt,
            CmpOp::LtE => Comparison::Le,
            CmpOp::Gt => Comparison::Gt,
            CmpOp::GtE => Comparison::Ge,
            CmpOp::Is | CmpOp::IsNot | CmpOp::In | CmpOp::NotIn => {
                return refuse("it is not lifted for whole columns".to_owned());
            }
        };
        let (node, a, b) = self.operands(left, right, span)?;
        let (ta, tb) = (self.type_over(&a, node)?, self.type_over(&b, node)?);
        let ordering = !matches!(comparison, Comparison::Eq | Comparison::Ne);
        let numbers = |base: Base| matches!(base, Base::Int64 | Base::Float64 | Base::Number);
        let comparable = ta.base == tb.base || numbers(ta.base) && numbers(tb.base);
        if !comparable || (ordering && (ta.missing.none || tb.missing.none)) {
            return refuse(format!("columns of {ta} and {tb} are compared"));
        }
        let compared =
            Expr::compare(comparison, Flavour::Python, a.clone(), b.clone()).at(Some(span.clone()));
        // For pandas a missing value equals nothing, not even another missing one.
        let expr = if ta.missing.none && tb.missing.none {
            let missing = Expr::call(Function::IsMissing, vec![a]);
            match comparison {
                Comparison::Ne => any([compared, missing]),
                _ => all([compared, not(missing)]),
            }
        } else {
            compared
        };
        self.series(node, expr, span)
    }

    /// `series[key]`.
    pub(crate) fn series_item(
        &mut self,
        value: &Value,
        key: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let (Value::Series(series), Value::Series(_)) = (value, key) else {
            return Err(Refusal::new(
                "subscript",
                "one value of a column by its label is not lifted",
                Some(span.clone()),
            ));
        };
        let predicate = self.series_over(key, series.frame, span)?;
        let frame = self.add(
            Op::Filter {
                input: series.frame,
                predicate,
            },
            span,
            None,
        )?;
        Ok(Value::Series(Series {
            frame,
            expr: series.expr.clone(),
        }))
    }

    pub(crate) fn series_method(
        &mut self,
        receiver: &Value,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        let Value::Series(series) = receiver else {
            return Err(arguments.refuse("it is no column"));
        };
        let (frame, expr) = (series.frame, series.expr.clone());
        let ty = self.type_over(&expr, frame)?;
        match name {
            "tolist" | "to_list" | "copy" => {
                arguments.only(0, &[])?;
                Ok(receiver.clone())
            }
            "isna" | "isnull" | "notna" | "notnull" => {
                arguments.only(0, &[])?;
                let missing = if ty.missing.possible() {
                    Expr::call(Function::IsMissing, vec![expr])
                } else {
                    Expr::bool(false)
                };
                let result = if name.starts_with("is") {
                    missing
                } else {
                    not(missing)
                };
                self.series(frame, result, &span)
            }
            "fillna" => {
                arguments.only(1, &["value"])?;
                let series = series.clone();
                let value = arguments.need(0, "value")?.clone();
                self.filled(&series, &value, arguments)
            }
            "isin" => {
                arguments.only(1, &["values"])?;
                let values = arguments.need(0, "values")?.clone();
                let fixed = match &values {
                    Value::Object(id) => {
                        match self.state.heap.get(id).map(|object| object.content.clone()) {
                            Some(Content::Dict(dict)) if dict.rest == Rest::Nothing => Some(
                                dict.entries
                                    .iter()
                                    .map(|(key, _)| Value::literal(key.clone()))
                                    .collect(),
                            ),
                            _ => self.fixed_items(&values),
                        }
                    }
                    _ => self.fixed_items(&values),
                };
                let Some(items) = fixed else {
                    let series = series.clone();
                    return self.among_rows(&series, &values, arguments);
                };
                let mut parts = Vec::new();
                for item in items {
                    let Some(literal) = item.as_literal() else {
                        return Err(arguments.refuse("the values are not constant"));
                    };
                    if *literal == Literal::None {
                        return Err(arguments.refuse("None among the values is not lifted"));
                    }
                    let part = Expr::compare(
                        Comparison::Eq,
                        Flavour::Python,
                        expr.clone(),
                        Expr::literal(literal.clone()),
                    );
                    self.type_over(&part, frame)?;
                    parts.push(part);
                }
                self.series(frame, any(parts), &span)
            }
            "map" | "apply" => {
                arguments.only(1, &["arg", "func"])?;
                let function = arguments
                    .positional
                    .first()
                    .cloned()
                    .ok_or_else(|| arguments.refuse("the argument is missing"))?;
                let series = series.clone();
                match &function {
                    Value::Object(id) if name == "map" => {
                        return self.mapped_by_dict(&series, *id, arguments);
                    }
                    Value::Indexed(indexed) if name == "map" && indexed.series => {
                        return self.mapped_by_labels(&series, indexed, arguments);
                    }
                    _ => {}
                }
                if !matches!(function, Value::Function(_) | Value::Global(_)) {
                    return Err(arguments.refuse("only a function is lifted"));
                }
                let element = Value::Scalar(Term {
                    expr,
                    scope: crate::values::TEMPLATE,
                    numpy: false,
                });
                self.per_row(frame, &function, &element, arguments)
            }
            "round" => {
                arguments.only(1, &["decimals"])?;
                let digits = arguments
                    .get(0, "decimals")
                    .map_or(Some(0), Value::as_int)
                    .ok_or_else(|| arguments.refuse("the number of digits is not constant"))?;
                if digits != 0 || ty.base == Base::Float64 {
                    self.require_typed(frame, "a column of objects raises TypeError", &span);
                }
                match ty.base {
                    Base::Float64 => self.series(
                        frame,
                        Expr::call(Function::NumpyRound, vec![expr, Expr::int(digits)]),
                        &span,
                    ),
                    Base::Int64 if digits >= 0 => Ok(receiver.clone()),
                    Base::Number if digits >= 0 => Ok(receiver.clone()),
                    _ => Err(arguments.refuse(format!("it is not lifted for a column of {ty}"))),
                }
            }
            "abs" if matches!(ty.base, Base::Int64 | Base::Float64) => {
                arguments.only(0, &[])?;
                self.series(frame, Expr::call(Function::Absolute, vec![expr]), &span)
            }
            "astype" => {
                arguments.only(1, &["dtype"])?;
                let target = match arguments.need(0, "dtype")? {
                    Value::Global(path) => path.trim_start_matches("builtins.").to_owned(),
                    other => other.as_text().unwrap_or("").to_owned(),
                };
                match (target.as_str(), ty.base) {
                    ("float" | "float64", Base::Int64) => {
                        self.series(frame, Expr::call(Function::ToFloat, vec![expr]), &span)
                    }
                    ("float" | "float64", Base::Float64) | ("int" | "int64", Base::Int64) => {
                        Ok(receiver.clone())
                    }
                    ("str", Base::Int64) => {
                        self.series(frame, Expr::call(Function::ToText, vec![expr]), &span)
                    }
                    ("int" | "int64", Base::Float64 | Base::Number) => {
                        if ty.missing.possible() {
                            let missing = Expr::call(Function::IsMissing, vec![expr.clone()]);
                            self.oblige(
                                frame,
                                relift_dataflow::ObligationKind::Holds(not(missing)),
                                "a missing value as int raises IntCastingNaNError",
                                &span,
                            );
                        }
                        let known = Expr::call(Function::NotMissing, vec![expr]);
                        self.series(frame, Expr::call(Function::ToInt, vec![known]), &span)
                    }
                    ("int" | "int64", Base::Bool) if !ty.missing.possible() => {
                        let whole = crate::state::choose(&expr, Expr::int(1), Expr::int(0));
                        self.series(frame, whole, &span)
                    }
                    ("float" | "float64", Base::Number) => {
                        self.series(frame, Expr::call(Function::ToFloat, vec![expr]), &span)
                    }
                    ("bool", Base::Int64) if !ty.missing.possible() => {
                        let truth =
                            Expr::compare(Comparison::Ne, Flavour::Python, expr, Expr::int(0));
                        self.series(frame, truth, &span)
                    }
                    ("bool", Base::Bool) if !ty.missing.possible() => Ok(receiver.clone()),
                    ("str", Base::Float64) if !ty.missing.none => {
                        self.series(frame, Expr::call(Function::ToText, vec![expr]), &span)
                    }
                    ("str", Base::Bool | Base::Date) if !ty.missing.possible() => {
                        self.series(frame, Expr::call(Function::ToText, vec![expr]), &span)
                    }
                    ("str", Base::Number) => {
                        let floats = self
                            .column_condition(&expr, frame)
                            .ok_or_else(|| arguments.refuse("the dtype depends on the data"))?;
                        let text = |function| {
                            let number = Expr::call(function, vec![expr.clone()]);
                            Expr::call(Function::ToText, vec![number])
                        };
                        let text = crate::state::choose(
                            &floats,
                            text(Function::ToFloat),
                            text(Function::ToInt),
                        );
                        self.series(frame, text, &span)
                    }
                    ("str", Base::Text) if !ty.missing.possible() => Ok(receiver.clone()),
                    _ => Err(arguments.refuse(format!("{ty} as {target} is not lifted"))),
                }
            }
            _ => {
                let series = series.clone();
                self.column_method(&series, ty, name, arguments)
            }
        }
    }

    /// `series.str.upper()` and `series.dt.…`.
    pub(crate) fn series_accessor(
        &mut self,
        series: &Value,
        accessor: &str,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let Value::Series(series) = series else {
            return Err(arguments.refuse("it is no column"));
        };
        let series = series.clone();
        let ty = self.type_over(&series.expr, series.frame)?;
        if accessor == "dt" {
            return self.date_accessor(&series, name, arguments);
        }
        if ty.base == Base::Text && !self.text_without_rows(&series.expr, series.frame) {
            self.require_rows(
                series.frame,
                &arguments.construct,
                "without rows the column is not known to hold texts, and `.str` raises AttributeError",
                &arguments.span,
            )?;
        }
        self.text_accessor(&series, ty, name, arguments)
    }

    /// Whether pandas takes a column of texts for one where there are no rows too: a column of a source, a
    /// frame of records, or what is computed from one. What `apply` makes of no numbers are numbers.
    fn text_without_rows(&self, expr: &Expr, node: NodeId) -> bool {
        let columns = expr.columns();
        columns.is_empty()
            || columns
                .iter()
                .any(|column| self.column_without_rows(column, node))
    }

    fn column_without_rows(&self, column: &ColumnName, node: NodeId) -> bool {
        let held = &self.flow.node(node);
        if held
            .schema
            .ty(column)
            .is_none_or(|ty| ty.base != Base::Text)
        {
            return false;
        }
        match &held.op {
            Op::Scan { .. } | Op::Values { .. } | Op::State { .. } => true,
            Op::Map { input, columns } => columns
                .iter()
                .find(|(name, _)| name == column)
                .is_some_and(|(_, value)| self.text_without_rows(value, *input)),
            Op::Filter { input, .. }
            | Op::Sort { input, .. }
            | Op::Limit { input, .. }
            | Op::Distinct { input }
            | Op::When { input, .. }
            | Op::Window { input, .. } => self.column_without_rows(column, *input),
            Op::Join { left, right, .. } => {
                self.column_without_rows(column, *left) || self.column_without_rows(column, *right)
            }
            Op::Union { inputs } => inputs
                .iter()
                .all(|input| self.column_without_rows(column, *input)),
            _ => false,
        }
    }
}
