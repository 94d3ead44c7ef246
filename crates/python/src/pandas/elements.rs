//! Methods of columns beyond arithmetic: what becomes of each value, and of missing ones.

use relift_dataflow::{
    Base, ColumnType, Comparison, DatedIntegers, Expr, ExprKind, Flavour, Function, Literal,
    LookupValue, NodeId, Op, Refusal, dated_integers,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use relift_values::PythonFunction;

use crate::calls::Arguments;
use crate::frames::as_column_constant;
use crate::iteration::Iteration;
use crate::lowering::{Lowerer, type_refusal};
use crate::pandas::reduction::Reduction;
use crate::state::{choose, not};
use crate::values::{Content, Rest, Series, Term, Value};

/// Characters with a meaning in regular expressions.
const PATTERN: &[char] = &[
    '.', '^', '$', '*', '+', '?', '{', '}', '[', ']', '\\', '|', '(', ')',
];

pub(crate) fn missing(expr: &Expr) -> Expr {
    Expr::call(Function::IsMissing, vec![expr.clone()])
}

impl Lowerer<'_> {
    pub(crate) fn column_of(
        &self,
        frame: NodeId,
        expr: Expr,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let expr = expr.at(Some(span.clone()));
        self.type_over(&expr, frame)?;
        Ok(Value::Series(Series { frame, expr }))
    }

    /// Methods of columns that `series_method` does not know.
    pub(crate) fn column_method(
        &mut self,
        series: &Series,
        ty: ColumnType,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        let (frame, expr) = (series.frame, series.expr.clone());
        if let Some(reduction) = Reduction::of_name(name)
            && !matches!(
                reduction,
                Reduction::First | Reduction::Last | Reduction::Size
            )
        {
            arguments.only(0, &[])?;
            return self.reduced_column(series, reduction, arguments);
        }
        match name {
            "cumsum" | "cummax" | "cummin" | "shift" | "diff" | "rank" => {
                self.series_around(series, name, arguments)
            }
            "rolling" | "expanding" => Self::rolling(series, name == "expanding", arguments),
            "between" => {
                arguments.only(3, &["left", "right", "inclusive"])?;
                let (low, high) = match arguments.get(2, "inclusive").map(Value::as_text) {
                    None | Some(Some("both")) => {
                        (ruff_python_ast::CmpOp::GtE, ruff_python_ast::CmpOp::LtE)
                    }
                    Some(Some("neither")) => {
                        (ruff_python_ast::CmpOp::Gt, ruff_python_ast::CmpOp::Lt)
                    }
                    Some(Some("left")) => (ruff_python_ast::CmpOp::GtE, ruff_python_ast::CmpOp::Lt),
                    Some(Some("right")) => {
                        (ruff_python_ast::CmpOp::Gt, ruff_python_ast::CmpOp::LtE)
                    }
                    Some(_) => return Err(arguments.refuse("`inclusive` is not constant")),
                };
                let receiver = Value::Series(series.clone());
                let left = arguments.need(0, "left")?.clone();
                let right = arguments.need(1, "right")?.clone();
                let low = self.series_compare(low, &receiver, &left, &span)?;
                let high = self.series_compare(high, &receiver, &right, &span)?;
                self.series_binary(ruff_python_ast::Operator::BitAnd, &low, &high, &span)
            }
            "where" | "mask" => {
                arguments.only(2, &["cond", "other"])?;
                let condition = arguments.need(0, "cond")?.clone();
                let condition = self.series_over(&condition, frame, &span)?;
                let mask = self.type_over(&condition, frame)?;
                if mask.base != Base::Bool || mask.missing.possible() {
                    return Err(arguments.refuse(format!("the condition is {mask}")));
                }
                let keep = if name == "where" {
                    condition
                } else {
                    not(condition)
                };
                match arguments.get(1, "other").cloned() {
                    Some(other) if !is_nan(&other) => {
                        let other = self.beside(&other, ty, frame, arguments)?;
                        self.column_of(frame, choose(&keep, expr, other), &span)
                    }
                    _ => {
                        let value = choose(&keep, expr, Expr::none());
                        let value = self.with_nan(value, ty, frame, arguments)?;
                        self.column_of(frame, value, &span)
                    }
                }
            }
            "clip" => {
                arguments.only(2, &["lower", "upper"])?;
                let mut value = expr;
                for (index, side, comparison) in
                    [(0, "lower", Comparison::Lt), (1, "upper", Comparison::Gt)]
                {
                    let Some(bound) = arguments
                        .get(index, side)
                        .filter(|bound| !bound.is_none())
                        .cloned()
                    else {
                        continue;
                    };
                    if !matches!(ty.base, Base::Int64 | Base::Float64) {
                        return Err(
                            arguments.refuse(format!("it is not lifted for a column of {ty}"))
                        );
                    }
                    let bound = self.beside(&bound, ty, frame, arguments)?;
                    let beyond =
                        Expr::compare(comparison, Flavour::Python, value.clone(), bound.clone());
                    value = choose(&beyond, bound, value);
                }
                self.column_of(frame, value, &span)
            }
            "dropna" => {
                arguments.only(0, &[])?;
                if !ty.missing.possible() {
                    return Ok(Value::Series(series.clone()));
                }
                let node = self.add(
                    Op::Filter {
                        input: frame,
                        predicate: not(missing(&expr)),
                    },
                    &span,
                    None,
                )?;
                self.column_of(node, Expr::call(Function::NotMissing, vec![expr]), &span)
            }
            "unique" | "drop_duplicates" => {
                arguments.only(0, &[])?;
                let (values, column) = self.standing_alone(frame, expr, &span)?;
                let node = self.add(Op::Distinct { input: values }, &span, None)?;
                self.column_of(node, Expr::column(column), &span)
            }
            "sort_values" => {
                arguments.only(0, &["ascending", "kind", "ignore_index"])?;
                let (values, column) = self.standing_alone(frame, expr, &span)?;
                // Equal values are the same value, so their order does not matter.
                let by = self.sort_order(values, std::slice::from_ref(&column), arguments)?;
                let node = self.add(Op::Sort { input: values, by }, &span, None)?;
                self.column_of(node, Expr::column(column), &span)
            }
            "tail" => {
                let frame = self.last_rows(frame, arguments)?;
                self.column_of(frame, expr, &span)
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
                        input: frame,
                        count,
                    },
                    &span,
                    None,
                )?;
                self.column_of(node, expr, &span)
            }
            "reset_index" if arguments.flag("drop", false)? => Ok(Value::Series(series.clone())),
            "to_numpy" | "to_list" => Ok(Value::Series(series.clone())),
            "value_counts" => {
                arguments.only(0, &["sort", "ascending"])?;
                let (rows, column) = self.standing_alone(frame, expr, &span)?;
                self.counted_values(rows, &column, arguments)
            }
            "eq" | "ne" | "gt" | "ge" | "lt" | "le" => {
                use ruff_python_ast::CmpOp;
                arguments.only(1, &["other"])?;
                let operator = match name {
                    "eq" => CmpOp::Eq,
                    "ne" => CmpOp::NotEq,
                    "gt" => CmpOp::Gt,
                    "ge" => CmpOp::GtE,
                    "lt" => CmpOp::Lt,
                    _ => CmpOp::LtE,
                };
                let other = arguments.need(0, "other")?.clone();
                self.series_compare(operator, &Value::Series(series.clone()), &other, &span)
            }
            "add" | "sub" | "mul" | "div" => {
                use ruff_python_ast::Operator;
                arguments.only(1, &["other"])?;
                let operator = match name {
                    "add" => Operator::Add,
                    "sub" => Operator::Sub,
                    "mul" => Operator::Mult,
                    _ => Operator::Div,
                };
                let other = arguments.need(0, "other")?.clone();
                self.series_binary(operator, &Value::Series(series.clone()), &other, &span)
            }
            _ => Err(arguments.refuse("this method of columns is not lifted")),
        }
    }

    /// The values as the only column of a relation, which keeps its name where it has one.
    fn standing_alone(
        &mut self,
        frame: NodeId,
        expr: Expr,
        span: &Span,
    ) -> Result<(NodeId, ColumnName), Refusal> {
        let column = expr
            .as_column()
            .cloned()
            .unwrap_or_else(|| ColumnName::from("value"));
        let columns = vec![(column.clone(), expr)];
        let alone = self.add(
            Op::Map {
                input: frame,
                columns,
            },
            span,
            None,
        )?;
        Ok((alone, column))
    }

    fn counted_values(
        &mut self,
        rows: NodeId,
        column: &ColumnName,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let by = Arguments {
            positional: vec![Value::text(column.as_str())],
            named: vec![("sort".to_owned(), Value::literal(Literal::Bool(false)))],
            ..arguments.clone()
        };
        let Value::Grouped(grouped) = self.group_by(rows, &by)? else {
            return Err(arguments.refuse("its groups are lost"));
        };
        let count = ColumnName::from("count");
        let output = super::groups::Output {
            name: count.clone(),
            of: None,
            how: super::groups::How::By(Reduction::Size),
        };
        let mut node = self.aggregated_groups(&grouped, vec![output], arguments)?;
        if arguments.flag("sort", true)? {
            let ascending = arguments.flag("ascending", false)?;
            let mut sorting = arguments.clone();
            sorting.named = vec![(
                "ascending".to_owned(),
                Value::literal(Literal::Bool(ascending)),
            )];
            let columns = std::slice::from_ref(&count);
            let order = self.sort_order(node, columns, &sorting)?;
            self.stable_or_unique(node, columns, &sorting)?;
            node = self.add(
                Op::Sort {
                    input: node,
                    by: order,
                },
                &arguments.span,
                None,
            )?;
        }
        Ok(Value::Indexed(Box::new(super::indexed::Indexed {
            node,
            index: grouped.keys.clone(),
            columns: vec![count.clone()],
            series: true,
            name: Some(count),
        })))
    }

    /// Another column of the frame or a constant, of the same kind as a column.
    pub(crate) fn beside(
        &mut self,
        other: &Value,
        ty: ColumnType,
        frame: NodeId,
        arguments: &Arguments,
    ) -> Result<Expr, Refusal> {
        let expr = match other {
            Value::Series(_) => self.series_over(other, frame, &arguments.span)?,
            other => {
                let term = self.rowless(other, arguments)?;
                as_column_constant(&term, ty.base)
            }
        };
        let given = self.type_over(&expr, frame)?;
        let whole_to_float = ty.base == Base::Float64 && given.base == Base::Int64;
        if whole_to_float && !given.missing.possible() {
            return Ok(Expr::call(Function::ToFloat, vec![expr]));
        }
        if given.base != ty.base || given.base == Base::Number || given.missing.none {
            return Err(arguments.refuse(format!("{given} takes the place of {ty}")));
        }
        Ok(expr)
    }

    /// A value some of whose rows hold None instead of NaN, as a column of the type holds it.
    pub(crate) fn with_nan(
        &mut self,
        value: Expr,
        ty: ColumnType,
        frame: NodeId,
        arguments: &Arguments,
    ) -> Result<Expr, Refusal> {
        let span = &arguments.span;
        Ok(match ty.base {
            Base::Float64 => Expr::call(Function::ToPandasFloat, vec![value]),
            Base::Int64 if self.of_group(frame) => {
                return Err(arguments.refuse("the dtype depends on the data of the group"));
            }
            Base::Int64 => {
                let name = self.free_column(&[frame], "value");
                let held = self.add(
                    Op::Map {
                        input: frame,
                        columns: vec![(name.clone(), value.clone())],
                    },
                    span,
                    None,
                )?;
                let integers = DatedIntegers {
                    node: held,
                    columns: std::slice::from_ref(&name),
                    module: self.module,
                    spans: std::slice::from_ref(span),
                };
                let made = dated_integers(self.flow, &integers, self.catalog)
                    .map_err(|error| type_refusal(&error, Some(span.clone())))?;
                match made.into_iter().next() {
                    Some((_, made)) => {
                        made.substitute(&|column| (*column == name).then(|| value.clone()))
                    }
                    None => value,
                }
            }
            Base::Text | Base::Date | Base::Timestamp | Base::Bool if !ty.missing.none => {
                Expr::call(Function::MissingAsNan, vec![value])
            }
            _ => return Err(arguments.refuse(format!("{ty} mixed with NaN is not lifted"))),
        })
    }

    /// `series.fillna(value)`.
    pub(crate) fn filled(
        &mut self,
        series: &Series,
        value: &Value,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        let (frame, expr) = (series.frame, series.expr.clone());
        let ty = self.type_over(&expr, frame)?;
        if !ty.missing.possible() {
            return Ok(Value::Series(series.clone()));
        }
        let gap = missing(&expr);
        if ty.base == Base::Number {
            let term = self.rowless(value, arguments)?;
            let floats = self
                .column_condition(&expr, frame)
                .ok_or_else(|| arguments.refuse("the dtype depends on the data"))?;
            let filled = match term.as_literal() {
                Some(Literal::Int(_)) => {
                    let whole = Expr::call(Function::NullableInteger, vec![expr]);
                    let whole = Expr::call(Function::NotMissing, vec![whole]);
                    Expr::call(
                        Function::PandasInteger,
                        vec![choose(&gap, term.expr, whole), floats],
                    )
                }
                Some(Literal::Float(_)) => {
                    let float = Expr::call(Function::ToFloat, vec![expr.clone()]);
                    let float = Expr::call(Function::NotMissing, vec![float]);
                    // On a day of integers there is nothing to fill.
                    choose(
                        &floats,
                        choose(&gap, term.expr, float),
                        Expr::call(Function::NotMissing, vec![expr]),
                    )
                }
                _ => return Err(arguments.refuse("the value is not a constant number")),
            };
            return self.column_of(frame, filled, &span);
        }
        let other = self.beside(value, ty, frame, arguments)?;
        let kept = Expr::call(Function::NotMissing, vec![expr]);
        self.column_of(frame, choose(&gap, other, kept), &span)
    }

    /// `series.map(dictionary)`: a key that is not there gives NaN.
    pub(crate) fn mapped_by_dict(
        &mut self,
        series: &Series,
        id: crate::values::ObjectId,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        let (frame, expr) = (series.frame, series.expr.clone());
        let dict = match self.state.heap.get(&id).map(|object| &object.content) {
            Some(Content::Dict(dict)) if !dict.set && dict.class.is_none() => dict.clone(),
            _ => return Err(arguments.refuse("only a dictionary or a function is lifted")),
        };
        if dict.factory.is_some() {
            return Err(arguments.refuse("a dictionary with a default is not lifted"));
        }
        let value = match &dict.rest {
            Rest::Nothing => {
                let mut value = Expr::none();
                let floats = dict
                    .entries
                    .iter()
                    .any(|(_, value)| matches!(value.as_literal(), Some(Literal::Float(_))));
                for (key, entry) in dict.entries.iter().rev() {
                    let term = self.rowless(entry, arguments)?;
                    let entry = match term.as_literal() {
                        Some(Literal::Int(whole)) if floats => {
                            Expr::literal(Literal::Float(*whole as f64))
                        }
                        Some(Literal::None) | None => {
                            return Err(arguments.refuse("an entry is None or not constant"));
                        }
                        _ => term.expr,
                    };
                    let same = Expr::compare(
                        Comparison::Eq,
                        Flavour::Python,
                        expr.clone(),
                        Expr::literal(key.clone()),
                    );
                    self.type_over(&same, frame)?;
                    value = choose(&same, entry, value);
                }
                value
            }
            Rest::Built(mapping) if !mapping.outer.is_empty() => {
                return Err(arguments.refuse("the dictionary differs from row to row"));
            }
            Rest::Built(mapping) => {
                let ([key], Value::Scalar(term), true) =
                    (&mapping.keys[..], &mapping.value, dict.entries.is_empty())
                else {
                    return Err(arguments.refuse("entries that are not one value are not lifted"));
                };
                let Some(column) = term.expr.as_column() else {
                    return Err(arguments.refuse("entries that are not one value are not lifted"));
                };
                let (a, b) = (
                    self.type_over(&expr, frame)?,
                    self.type_over(&Expr::column(key.clone()), mapping.node)?,
                );
                let held = self.type_over(&Expr::column(column.clone()), mapping.node)?;
                if a.base != b.base
                    || held.missing.possible()
                    || (a.missing.possible() && b.missing.possible())
                {
                    return Err(arguments.refuse(format!("{a} is looked up among {b}")));
                }
                Expr::new(ExprKind::Lookup {
                    relation: mapping.node,
                    keys: vec![(key.clone(), expr.clone())],
                    value: LookupValue::Column(column.clone()),
                })
            }
            Rest::Touched(_) | Rest::Filling | Rest::Part(_) => {
                return Err(arguments.refuse("the dictionary is still being filled"));
            }
        };
        let ty = self.type_over(&value, frame)?;
        if ty.base == Base::Nothing || ty.base == Base::Number {
            return Err(arguments.refuse("the dictionary has values of several kinds"));
        }
        let plain = ColumnType::of(ty.base);
        let value = self.with_nan(value, plain, frame, arguments)?;
        self.column_of(frame, value, &span)
    }

    /// `series.isin(rows)`: whether a value is among those of another column or list.
    pub(crate) fn among_rows(
        &mut self,
        series: &Series,
        values: &Value,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        let Iteration::Rows(relation) = self.set_rows(values, arguments)? else {
            return Err(arguments.refuse("the values are not constant"));
        };
        let Value::Scalar(term) = &relation.element else {
            return Err(arguments.refuse("the values are not scalars"));
        };
        let (a, b) = (
            self.type_over(&series.expr, series.frame)?,
            self.type_over(&term.expr, relation.node)?,
        );
        let both = a.missing.possible() && b.missing.possible();
        if a.base != b.base || a.base == Base::Number || both && a.missing != b.missing {
            return Err(arguments.refuse(format!("{a} is looked up among {b}")));
        }
        let (rows, column) = self.standing_alone(relation.node, term.expr.clone(), &span)?;
        let distinct = self.add(Op::Distinct { input: rows }, &span, None)?;
        let expr = Expr::new(ExprKind::Lookup {
            relation: distinct,
            keys: vec![(column, series.expr.clone())],
            value: LookupValue::Present,
        });
        self.column_of(series.frame, expr, &span)
    }

    /// Items of a list, column or set of rows; the order of a set does not matter here.
    fn set_rows(&mut self, values: &Value, arguments: &Arguments) -> Result<Iteration, Refusal> {
        if let Value::Object(id) = values
            && let Some(Content::Dict(dict)) =
                self.state.heap.get(id).map(|object| object.content.clone())
            && let Rest::Built(mapping) = &dict.rest
            && dict.entries.is_empty()
            && mapping.outer.is_empty()
        {
            return Ok(Iteration::Rows(crate::values::Relation {
                node: mapping.node,
                element: mapping.key.clone(),
            }));
        }
        self.iterate(values, &arguments.span)
    }

    /// Each value that is not missing by what Python does with it.
    pub(crate) fn each_value(
        &mut self,
        series: &Series,
        ty: ColumnType,
        arguments: &Arguments,
        operation: impl FnOnce(&mut Self, &Value) -> Result<Value, Refusal>,
    ) -> Result<Expr, Refusal> {
        let scope = self.new_scope();
        self.enter_rows(scope, series.frame);
        let present = if ty.missing.possible() {
            Expr::call(Function::NotMissing, vec![series.expr.clone()])
        } else {
            series.expr.clone()
        };
        let element = Value::Scalar(crate::values::Term {
            expr: present,
            scope,
            numpy: false,
        });
        let fact = crate::values::Term {
            expr: if ty.missing.possible() {
                not(missing(&series.expr))
            } else {
                Expr::bool(true)
            },
            scope,
            numpy: false,
        };
        let result = self
            .under(fact, |lowerer| operation(lowerer, &element))
            .and_then(|value| self.scalar(&value, &arguments.construct, &arguments.span));
        self.leave_rows();
        Ok(result?.expr)
    }

    /// A value computed of a column's values; missing ones stay missing, as pandas holds them.
    pub(crate) fn spread(
        &mut self,
        series: &Series,
        ty: ColumnType,
        computed: Expr,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        if !ty.missing.possible() {
            return self.column_of(series.frame, computed, &span);
        }
        let made = self.type_over(&computed, series.frame)?;
        let value = choose(&missing(&series.expr), Expr::none(), computed);
        let value = match made.base {
            // None stays None among texts, and NaN stays NaN.
            Base::Text | Base::Date | Base::Bool if !ty.missing.nan => value,
            Base::Text | Base::Date if !ty.missing.none => {
                Expr::call(Function::MissingAsNan, vec![value])
            }
            Base::Int64 | Base::Float64 => self.with_nan(value, made, series.frame, arguments)?,
            Base::Timestamp => Expr::call(Function::MissingAsNan, vec![value]),
            _ => return Err(arguments.refuse("missing values of two kinds are not lifted")),
        };
        self.column_of(series.frame, value, &span)
    }

    /// `series.str.method(…)`.
    pub(crate) fn text_accessor(
        &mut self,
        series: &Series,
        ty: ColumnType,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        if ty.base != Base::Text {
            return Err(arguments.refuse(format!("a column of {ty} has no texts")));
        }
        let mut given = arguments.clone();
        let default = given
            .named
            .iter()
            .position(|(name, _)| name == "na")
            .map(|at| given.named.remove(at).1);
        let span = arguments.span.clone();
        let literal_only = |value: Option<&Value>| {
            value
                .and_then(Value::as_text)
                .is_some_and(|text| !text.contains(PATTERN) && !text.is_empty())
        };
        let computed = match name {
            "len" => {
                given.only(0, &[])?;
                self.each_value(series, ty, arguments, |lowerer, value| {
                    let term = lowerer.scalar(value, "method `len`", &span)?;
                    Ok(Value::Scalar(lowerer.apply(
                        Function::Length,
                        vec![term],
                        &span,
                    )?))
                })?
            }
            "contains" => {
                given.only(1, &["pat", "regex", "case"])?;
                let plain = given.flag("regex", true).is_ok_and(|regex| !regex);
                if !given.flag("case", true)? {
                    return Err(arguments.refuse("letters of either case are not lifted"));
                }
                let part = self.rowless(&given.need(0, "pat")?.clone(), arguments)?;
                let search = if plain || literal_only(given.get(0, "pat")) {
                    Function::Contains
                } else {
                    Function::Python(pattern_search(&part, arguments)?)
                };
                self.each_value(series, ty, arguments, |lowerer, value| {
                    let term = lowerer.scalar(value, "method `contains`", &span)?;
                    let terms = vec![term, part];
                    Ok(Value::Scalar(match search {
                        Function::Python(named) => lowerer.python(named, terms, &span)?,
                        search => lowerer.apply(search, terms, &span)?,
                    }))
                })?
            }
            "replace" => {
                given.only(2, &["pat", "repl", "regex"])?;
                let regex = given.flag("regex", false)?;
                let pattern = given.need(0, "pat")?.clone();
                if regex && !literal_only(Some(&pattern)) {
                    return Err(arguments.refuse("regular expressions are not lifted"));
                }
                if pattern.as_text().is_none_or(str::is_empty) {
                    return Err(arguments.refuse("what is replaced is not a constant text"));
                }
                given.positional = vec![pattern, given.need(1, "repl")?.clone()];
                given.named.clear();
                self.text_by_python(series, ty, name, &given)?
            }
            "slice" => {
                given.only(2, &["start", "stop"])?;
                let bound = |value: Option<&Value>| {
                    value.map_or(Some(None), |value| match value {
                        value if value.is_none() => Some(None),
                        value => value.as_int().map(Some),
                    })
                };
                let (Some(start), Some(stop)) =
                    (bound(given.get(0, "start")), bound(given.get(1, "stop")))
                else {
                    return Err(arguments.refuse("its bounds are not constant"));
                };
                return self.sliced_texts(series, start, stop, arguments);
            }
            "upper" | "lower" | "strip" | "lstrip" | "rstrip" | "title" | "capitalize"
            | "swapcase" | "casefold" | "zfill" | "ljust" | "rjust" | "center" | "startswith"
            | "endswith" | "isdigit" | "isdecimal" | "isnumeric" | "isalpha" | "isalnum"
            | "isspace" | "isupper" | "islower" | "find" | "rfind" | "removeprefix"
            | "removesuffix" => self.text_by_python(series, ty, name, &given)?,
            _ => return Err(arguments.refuse("this method of texts is not lifted")),
        };
        let truth = self.type_over(&computed, series.frame)?.base == Base::Bool;
        match default {
            Some(value) if truth && ty.missing.possible() => {
                let Some(value) = value.as_bool() else {
                    return Err(arguments.refuse("`na` is not a constant truth value"));
                };
                let expr = choose(&missing(&series.expr), Expr::bool(value), computed);
                self.column_of(series.frame, expr, &span)
            }
            Some(_) if !truth => Err(arguments.refuse("the argument `na` is not lifted")),
            _ => self.spread(series, ty, computed, arguments),
        }
    }

    fn text_by_python(
        &mut self,
        series: &Series,
        ty: ColumnType,
        name: &str,
        given: &Arguments,
    ) -> Result<Expr, Refusal> {
        self.each_value(series, ty, given, |lowerer, value| {
            lowerer.call_method(value, name, given)
        })
    }

    /// `series.str[start:stop]`.
    pub(crate) fn sliced_texts(
        &mut self,
        series: &Series,
        start: Option<i64>,
        stop: Option<i64>,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let ty = self.type_over(&series.expr, series.frame)?;
        if ty.base != Base::Text {
            return Err(arguments.refuse(format!("a column of {ty} has no texts")));
        }
        let bound = |bound: Option<i64>| bound.map_or_else(Expr::none, Expr::int);
        let text = if ty.missing.possible() {
            Expr::call(Function::NotMissing, vec![series.expr.clone()])
        } else {
            series.expr.clone()
        };
        let computed = Expr::call(Function::Slice, vec![text, bound(start), bound(stop)]);
        self.spread(series, ty, computed, arguments)
    }

    /// `np.where(condition, yes, no)` over columns.
    pub(crate) fn numpy_where(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(3, &[])?;
        let [condition, yes, no] = &arguments.positional.clone()[..] else {
            return Err(arguments.refuse("only three arguments are lifted"));
        };
        self.chosen_column(&[(condition.clone(), yes.clone())], no, arguments)
    }

    /// `np.select(conditions, choices, default=…)` over columns.
    pub(crate) fn numpy_select(&mut self, arguments: &Arguments) -> Result<Value, Refusal> {
        arguments.only(3, &["condlist", "choicelist", "default"])?;
        let conditions = arguments.need(0, "condlist")?.clone();
        let choices = arguments.need(1, "choicelist")?.clone();
        let (Some(conditions), Some(choices)) =
            (self.fixed_items(&conditions), self.fixed_items(&choices))
        else {
            return Err(arguments.refuse("its conditions and choices are not constant lists"));
        };
        if conditions.len() != choices.len() || conditions.is_empty() {
            return Err(arguments.refuse("there is not one choice for each condition"));
        }
        let default = arguments
            .get(2, "default")
            .cloned()
            .unwrap_or(Value::int(0));
        let arms: Vec<(Value, Value)> = conditions.into_iter().zip(choices).collect();
        self.chosen_column(&arms, &default, arguments)
    }

    fn chosen_column(
        &mut self,
        arms: &[(Value, Value)],
        default: &Value,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = arguments.span.clone();
        let mut frame = None;
        for value in arms
            .iter()
            .flat_map(|(condition, value)| [condition, value])
            .chain([default])
        {
            if let Value::Series(series) = value {
                frame = Some(frame.map_or(series.frame, |frame: NodeId| frame.max(series.frame)));
            }
        }
        let frame = frame.ok_or_else(|| arguments.refuse("it is given no columns"))?;
        let mut values = Vec::new();
        for value in arms.iter().map(|(_, value)| value).chain([default]) {
            values.push(match value {
                Value::Series(_) => self.series_over(value, frame, &span)?,
                other => self.rowless(other, arguments)?.expr,
            });
        }
        let mut bases = Vec::new();
        for value in &values {
            bases.push(self.type_over(value, frame)?);
        }
        let of = |wanted: Base| bases.iter().any(|ty| ty.base == wanted);
        let nothing = of(Base::Nothing);
        if of(Base::Number) {
            return Err(arguments.refuse("the dtype depends on the data"));
        }
        // Numbers are floats as soon as one of them is; other kinds are not mixed.
        if of(Base::Float64) {
            if nothing
                || bases
                    .iter()
                    .any(|ty| !matches!(ty.base, Base::Int64 | Base::Float64))
            {
                return Err(arguments.refuse("values of several kinds are not lifted"));
            }
            values = values
                .into_iter()
                .zip(&bases)
                .map(|(value, ty)| match (ty.base, value.as_literal()) {
                    (Base::Int64, Some(Literal::Int(whole))) => {
                        Expr::literal(Literal::Float(*whole as f64))
                    }
                    (Base::Int64, _) => Expr::call(Function::ToFloat, vec![value]),
                    _ => value,
                })
                .collect();
        } else {
            let mut kinds = bases.iter().filter(|ty| ty.base != Base::Nothing);
            let first = kinds.next().map(|ty| ty.base);
            let same = kinds.all(|ty| Some(ty.base) == first);
            // None among ints or truth values makes objects.
            if !same || nothing && !matches!(first, Some(Base::Text | Base::Date)) {
                return Err(arguments.refuse("values of several kinds are not lifted"));
            }
            if first == Some(Base::Timestamp) {
                return Err(arguments.refuse("timestamps become numbers"));
            }
        }
        let mut chosen = values.pop().unwrap_or_else(Expr::none);
        let mut decided = Vec::new();
        for ((condition, _), value) in arms.iter().zip(values) {
            let condition = self.series_over(condition, frame, &span)?;
            let ty = self.type_over(&condition, frame)?;
            if ty.base != Base::Bool || ty.missing.possible() {
                return Err(arguments.refuse(format!("a condition is {ty}")));
            }
            decided.push((condition, value));
        }
        self.guard_divisions(&decided, &chosen, frame, &span);
        for (condition, value) in decided.into_iter().rev() {
            chosen = choose(&condition, value, chosen);
        }
        self.column_of(frame, chosen, &span)
    }
}

pub(crate) fn is_nan(value: &Value) -> bool {
    match value {
        Value::Global(path) => matches!(&**path, "numpy.nan" | "math.nan" | "pandas.NA"),
        other => {
            other.is_none()
                || matches!(other.as_literal(), Some(Literal::Float(value)) if value.is_nan())
        }
    }
}

/// How a constant regular expression is searched.
fn pattern_search(pattern: &Term, arguments: &Arguments) -> Result<PythonFunction, Refusal> {
    let Some(Literal::Text(pattern)) = pattern.as_literal() else {
        return Err(arguments.refuse("the regular expression is not constant"));
    };
    match relift_values::Pattern::new(pattern) {
        Some(pattern) if pattern.is_plain() => Ok(PythonFunction::HasPattern),
        Some(_) => Ok(PythonFunction::HasPatternOfClasses),
        None => Err(arguments.refuse("this regular expression is not lifted")),
    }
}
