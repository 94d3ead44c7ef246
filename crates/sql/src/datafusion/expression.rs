//! Expressions in the engine's words, with exactly the meaning the dataflow gives them.
//!
//! A missing value is NULL here, whatever kind it was. Where the kinds behave differently (None
//! equals None, NaN equals nothing) the type tells which one a NULL stands for; where it may stand
//! for both and that matters, the expression is refused.

use std::collections::BTreeMap;

use relift_dataflow::{
    Base, ColumnType, Dataflow, Expr, ExprKind, Function, Literal, NodeId, Parameter, Refusal,
    RoundingMode, Schema, type_of,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use relift_values::SqliteFunction;

use super::fragment::Sql;
use super::identifier::{refuse, text_literal};
use super::truth::needs_order;

/// What the columns of an input are in SQL, by name.
pub(crate) type Columns = BTreeMap<ColumnName, Sql>;

/// Translates the expressions of one operator.
pub(crate) struct Translator<'a> {
    pub(crate) flow: &'a Dataflow,
    /// Types of the input's columns.
    pub(crate) schema: &'a Schema,
    /// The input's columns.
    pub(crate) columns: &'a Columns,
    /// Tables that hold the one-row relations expressions ask.
    pub(crate) one_row: &'a BTreeMap<NodeId, String>,
    /// Tables that hold the relations whose emptiness is asked.
    pub(crate) tables: &'a BTreeMap<NodeId, String>,
}

impl Translator<'_> {
    /// The version of SQLite as a constant, for functions whose answers depend on it.
    fn sqlite_release(&self, function: Function, span: Option<&Span>) -> Result<Sql, Refusal> {
        match &self.flow.sqlite {
            Some(version) => Ok(Sql::Constant(text_literal(version))),
            None => refuse(
                format!("`{function}`"),
                "depends on the release of SQLite that runs the legacy job, which is not known",
                span,
            ),
        }
    }

    /// Type of an expression.
    pub(crate) fn ty(&self, expr: &Expr) -> Result<ColumnType, Refusal> {
        type_of(expr, self.schema, &Schema::default(), self.flow)
            .map_err(|error| Refusal::new("expression", error.to_string(), expr.span.clone()))
    }

    /// A value; a condition among them is exact.
    pub(crate) fn value(&self, expr: &Expr) -> Result<Sql, Refusal> {
        let span = expr.span.as_ref();
        match &expr.kind {
            ExprKind::Column(name) => self.columns.get(name).cloned().ok_or_else(|| {
                Refusal::new(
                    format!("column \"{name}\""),
                    "is not computed where it is read",
                    span.cloned(),
                )
            }),
            ExprKind::Literal(literal) => literal_text(literal),
            ExprKind::Parameter(Parameter::EffectiveDate) => Ok(Sql::Constant(
                "(SELECT effective_date FROM run_parameters)".to_owned(),
            )),
            ExprKind::Parameter(Parameter::ProcessingTime) => Ok(Sql::Constant(
                "(SELECT processing_time FROM run_parameters)".to_owned(),
            )),
            ExprKind::If { arms, otherwise } => self.choice(expr, arms, otherwise),
            ExprKind::Scalar { relation, column } => match self.one_row.get(relation) {
                Some(table) => Ok(Sql::Scalar {
                    table: table.clone(),
                    column: column.to_string(),
                }),
                None => refuse(
                    "one-row value",
                    "is read where its relation is not available",
                    span,
                ),
            },
            ExprKind::Lookup { .. } => refuse("lookup", "was not turned into a join", span),
            ExprKind::Previous(_) => {
                refuse("running state", "was not turned into an aggregate", span)
            }
            ExprKind::Call(function, arguments) => match function {
                Function::Compare(..)
                | Function::And
                | Function::Or
                | Function::Not
                | Function::Truthy => self.truth(expr, false),
                _ => self.call(*function, arguments, expr),
            },
        }
    }

    /// Whether two of some floats can be zeros of different sign, which SQL tells apart.
    fn zeros_may_differ(&self, arguments: &[Expr]) -> Result<bool, Refusal> {
        let (mut zeros, mut signed) = (0, false);
        for argument in arguments {
            let literal = argument.as_literal();
            if matches!(literal, Some(Literal::Float(value)) if *value != 0.0) {
                continue;
            }
            zeros += 1;
            let ty = self.ty(argument)?;
            let column_of_decimals = argument.as_column().is_some() && ty.from_decimal.is_some();
            let positive =
                matches!(literal, Some(Literal::Float(value)) if value.is_sign_positive());
            signed |= ty.base == Base::Float64 && !column_of_decimals && !positive;
        }
        Ok(zeros > 1 && signed)
    }

    fn choice(&self, expr: &Expr, arms: &[(Expr, Expr)], otherwise: &Expr) -> Result<Sql, Refusal> {
        let ty = self.ty(expr)?;
        let mut typed = Vec::new();
        for (condition, value) in arms {
            typed.push((self.condition(condition)?, self.branch(value, ty)?));
        }
        let otherwise = self.branch(otherwise, ty)?;
        // Branches can differ in what a NULL stands for alone.
        let plain = arms.iter().all(|(condition, _)| !needs_order(condition));
        if plain && typed.iter().all(|(_, value)| *value == otherwise) {
            return Ok(otherwise);
        }
        Ok(Sql::Case(typed, Box::new(otherwise)))
    }

    /// A value of a choice; texts of numbers would differ if ints were silently made floats elsewhere.
    fn branch(&self, value: &Expr, ty: ColumnType) -> Result<Sql, Refusal> {
        let sql = self.value(value)?;
        if ty.base == Base::Number && self.ty(value)?.base == Base::Int64 {
            return Ok(match value.as_literal() {
                Some(Literal::Int(whole)) => Sql::Constant(format!("{whole}.0")),
                _ => sql.cast("DOUBLE"),
            });
        }
        Ok(sql)
    }

    fn call(&self, function: Function, arguments: &[Expr], expr: &Expr) -> Result<Sql, Refusal> {
        use Function as F;
        let span = expr.span.as_ref();
        let no = |reason: &str| refuse(format!("`{function}`"), reason, span);
        let Some(first) = arguments.first() else {
            return no("needs an argument");
        };
        let ty = self.ty(first)?;
        let value = |index: usize| match arguments.get(index) {
            Some(argument) => self.value(argument),
            None => no("lacks an argument"),
        };
        let int = |index: usize| match arguments.get(index).and_then(Expr::as_literal) {
            Some(Literal::Int(value)) => Some(*value),
            _ => None,
        };
        let text = |index: usize| match arguments.get(index).and_then(Expr::as_literal) {
            Some(Literal::Text(value)) => Some(value.as_str()),
            _ => None,
        };
        let constant = |text: &str| Sql::Constant(text.to_owned());
        let all = || {
            arguments
                .iter()
                .map(|argument| self.value(argument))
                .collect::<Result<Vec<_>, _>>()
        };
        // Rows with ints and rows with floats are printed as floats; -0.0 is no int.
        if matches!(
            function,
            F::Multiply | F::Negate | F::FloorDivide | F::Modulo
        ) {
            let bases = arguments
                .iter()
                .map(|argument| self.ty(argument).map(|ty| ty.base))
                .collect::<Result<Vec<_>, _>>()?;
            if bases.contains(&Base::Number)
                && bases
                    .iter()
                    .all(|base| matches!(base, Base::Number | Base::Int64))
            {
                return no("the sign of a zero depends on which rows hold ints");
            }
        }
        Ok(match function {
            F::IsNone => self.is_none(first)?,
            F::IsMissing => self.is_missing(first)?,
            F::Known | F::NotMissing => value(0)?,
            F::Add => Sql::infix("+", value(0)?, value(1)?),
            F::Subtract => match (value(0)?, value(1)?) {
                // Between two days lie whole days.
                (Sql::Call(JULIAN_DAY, left), Sql::Call(JULIAN_DAY, right))
                    if matches!(
                        (&left[..], &right[..]),
                        ([Sql::IsoDate(_)], [Sql::IsoDate(_)])
                    ) =>
                {
                    let day = |parts: Vec<Sql>| {
                        parts.into_iter().next().map_or_else(
                            || constant("NULL"),
                            |part| match part {
                                Sql::IsoDate(day) => *day,
                                other => other,
                            },
                        )
                    };
                    Sql::infix("-", day(left), day(right)).cast("DOUBLE")
                }
                (left, right) => Sql::infix("-", left, right),
            },
            F::Multiply => Sql::infix("*", value(0)?, value(1)?),
            F::Negate => Sql::Negate(Box::new(value(0)?)),
            F::Absolute => Sql::Call("abs", vec![value(0)?]),
            F::Divide => {
                let float = |base| matches!(base, Base::Float64 | Base::Number);
                let divisor_ty = self.ty(&arguments[1])?;
                let dividend = if float(ty.base) || float(divisor_ty.base) {
                    value(0)?
                } else {
                    value(0)?.cast("DOUBLE")
                };
                Sql::infix("/", dividend, value(1)?)
            }
            F::FloorDivide | F::Modulo => {
                let name = if function == F::Modulo {
                    "py_mod"
                } else {
                    "py_floordiv"
                };
                let other = self.ty(&arguments[1])?;
                let as_double = |sql: Sql, base: Base| {
                    if base == Base::Int64 && ty.base != other.base {
                        sql.cast("DOUBLE")
                    } else {
                        sql
                    }
                };
                Sql::Call(
                    name,
                    vec![
                        as_double(value(0)?, ty.base),
                        as_double(value(1)?, other.base),
                    ],
                )
            }
            F::SqliteDivide | F::SqliteModulo => {
                let operator = if function == F::SqliteDivide {
                    "/"
                } else {
                    "%"
                };
                let never_zero = match arguments[1].as_literal() {
                    Some(Literal::Int(divisor)) => *divisor != 0,
                    Some(Literal::Float(divisor)) => *divisor != 0.0,
                    _ => false,
                };
                let divisor = if never_zero {
                    value(1)?
                } else {
                    Sql::Call("nullif", vec![value(1)?, constant("0")])
                };
                Sql::infix(operator, value(0)?, divisor)
            }
            F::Greatest | F::Least => {
                for argument in arguments {
                    if self.ty(argument)?.missing.nan {
                        return no("with NaN the result depends on the order of the arguments");
                    }
                }
                let largest = function == F::Greatest;
                if ty.base == Base::Float64 && self.zeros_may_differ(arguments)? {
                    let name = if largest { "py_max" } else { "py_min" };
                    let mut values = all()?.into_iter();
                    let first = values.next().expect("it has arguments");
                    return Ok(
                        values.fold(first, |chosen, value| Sql::Call(name, vec![chosen, value]))
                    );
                }
                Sql::Call(if largest { "greatest" } else { "least" }, all()?)
            }
            F::PyRound => match (ty.base, int(1)) {
                (Base::Float64, _) => Sql::Call("py_round", all()?),
                (Base::Int64, Some(0..)) => value(0)?,
                (Base::Int64, _) => Sql::Call("py_round", all()?),
                _ => return no("is not available for this type"),
            },
            F::PyRoundToInt => match ty.base {
                Base::Int64 => value(0)?,
                Base::Bool => value(0)?.cast("BIGINT"),
                Base::Float64 => Sql::Call("py_round", vec![value(0)?]),
                Base::Decimal { .. } => {
                    Sql::Call("round_half_even", vec![value(0)?, constant("0")]).cast("BIGINT")
                }
                _ => return no("is not available for this type"),
            },
            F::NumpyRound => match (ty.base, int(1)) {
                (Base::Float64, _) => Sql::Call("numpy_round", all()?),
                (Base::Int64, Some(0..)) => value(0)?,
                _ => return no("is not available for ints rounded to tens"),
            },
            F::SqliteRound => {
                let rounded = if ty.base == Base::Int64 {
                    value(0)?.cast("DOUBLE")
                } else {
                    value(0)?
                };
                let release = self.sqlite_release(function, span)?;
                Sql::Call("sqlite_round", vec![rounded, value(1)?, release])
            }
            F::Quantize(mode) => match (mode, ty.base, int(1)) {
                // Keeps the precision, so only for dropping digits.
                (RoundingMode::HalfEven, Base::Decimal { scale, .. }, Some(digits))
                    if digits <= i64::from(scale) =>
                {
                    Sql::Call("round_half_even", vec![value(0)?, value(1)?])
                }
                _ => {
                    let mode = format!("ROUND_{}", mode.word().to_ascii_uppercase());
                    let mode = constant(&text_literal(&mode));
                    Sql::Call("quantize", vec![value(0)?, value(1)?, mode])
                }
            },
            F::ToFloat | F::ToPandasFloat | F::SqliteReal => {
                let sql = value(0)?;
                match ty.base {
                    Base::Float64 | Base::Number if function == F::ToFloat => sql,
                    Base::Float64 => match sql {
                        Sql::Column {
                            lake_float: true, ..
                        } => Sql::Call("nanvl", vec![sql, constant("NULL")]),
                        sql => sql,
                    },
                    Base::Number => sql,
                    Base::Int64 => sql.cast("DOUBLE"),
                    Base::Bool => sql.cast("BIGINT").cast("DOUBLE"),
                    Base::Decimal {
                        precision, scale, ..
                    } => Sql::DoubleOfDecimal(Box::new(sql), precision, scale),
                    Base::Nothing => constant("NULL").cast("DOUBLE"),
                    Base::Text if function == F::SqliteReal => {
                        Sql::Call(SqliteFunction::RealOfText.name(), vec![sql])
                    }
                    Base::Text if function == F::ToFloat => {
                        Sql::Call("py_float_of_text", vec![sql])
                    }
                    _ => return no("is not available for this type"),
                }
            }
            F::SquareRoot => Sql::Call("sqrt", vec![value(0)?]),
            F::PandasInteger => value(0)?.cast("DOUBLE"),
            F::MissingAsNan => value(0)?,
            F::NullableInteger => match (ty.base, &first.kind) {
                (_, ExprKind::Call(F::PandasInteger, inner)) => self.value(&inner[0])?,
                (Base::Int64, _) => value(0)?,
                _ => value(0)?.cast("BIGINT"),
            },
            F::ToInt => match (ty.base, &first.kind) {
                // The column as it was before pandas chose its dtype.
                (_, ExprKind::Call(F::PandasInteger, inner)) => self.value(&inner[0])?,
                (Base::Int64, _) => value(0)?,
                (Base::Bool | Base::Float64 | Base::Number | Base::Decimal { .. }, _) => {
                    value(0)?.cast("BIGINT")
                }
                (Base::Text, _) => Sql::Call("py_int_of_text", vec![value(0)?]),
                _ => return no("is not available for this type"),
            },
            F::SqliteInt => match ty.base {
                Base::Int64 => value(0)?,
                Base::Bool => value(0)?.cast("BIGINT"),
                // Beyond 64 bits the engine fails where SQLite takes the nearest; never a wrong value.
                Base::Float64 | Base::Number => value(0)?.cast("BIGINT"),
                Base::Text => Sql::Call(SqliteFunction::IntegerOfText.name(), vec![value(0)?]),
                _ => return no("is not available for this type"),
            },
            F::SqliteText => match ty.base {
                Base::Text => value(0)?,
                Base::Int64 => value(0)?.cast("VARCHAR"),
                Base::Float64 => {
                    let release = self.sqlite_release(function, span)?;
                    Sql::Call("sqlite_text", vec![value(0)?, release])
                }
                _ => return no("is not available for this type"),
            },
            F::ToText => Self::python_text(ty, value(0)?, span)?,
            F::ToDecimal => match ty.base {
                Base::Int64 => value(0)?.cast("DECIMAL(19, 0)"),
                _ => value(0)?,
            },
            F::DecimalOfFloat => {
                let (Some(precision), Some(scale)) = (int(1), int(2)) else {
                    return no("needs a known precision and scale");
                };
                match value(0)? {
                    // Up to 15 digits a decimal survives the way through a float.
                    Sql::DoubleOfDecimal(inner, p, s) if p <= 15 => {
                        if i64::from(p) == precision && i64::from(s) == scale {
                            *inner
                        } else {
                            inner.cast(format!("DECIMAL({precision}, {scale})"))
                        }
                    }
                    float => Sql::Call("decimal_of_double", vec![float, value(1)?, value(2)?]),
                }
            }
            F::Concat => {
                let mut parts = all()?.into_iter();
                let one = parts.next().unwrap_or_else(|| constant("''"));
                parts.fold(one, |before, part| Sql::infix("||", before, part))
            }
            F::Upper => Sql::Call("upper", all()?),
            F::Lower => Sql::Call("lower", all()?),
            F::SqliteUpper | F::SqliteLower => {
                let (from, to) = if function == F::SqliteUpper {
                    (LOWER, UPPER)
                } else {
                    (UPPER, LOWER)
                };
                Sql::Call(
                    "translate",
                    vec![
                        value(0)?,
                        constant(&text_literal(from)),
                        constant(&text_literal(to)),
                    ],
                )
            }
            F::Strip => Sql::Call("py_strip", all()?),
            F::SqliteTrim => Sql::Call("btrim", all()?),
            F::Title => Sql::Call("py_title", all()?),
            F::Length => Sql::Call("character_length", all()?),
            F::Slice => {
                let bound = |index: usize| match arguments.get(index).and_then(Expr::as_literal) {
                    None | Some(Literal::None) => Some(None),
                    Some(Literal::Int(value)) => Some(Some(*value)),
                    Some(_) => None,
                };
                let number = |value: i64| constant(&value.to_string());
                match (bound(1), bound(2)) {
                    (Some(None | Some(0)), Some(None)) => value(0)?,
                    (Some(None | Some(0)), Some(Some(end))) if end != 0 => {
                        Sql::Call("left", vec![value(0)?, number(end)])
                    }
                    (Some(Some(start @ 1..)), Some(None)) => {
                        Sql::Call("substr", vec![value(0)?, number(start.saturating_add(1))])
                    }
                    (Some(Some(start @ ..=-1)), Some(None)) => {
                        Sql::Call("right", vec![value(0)?, number(start.saturating_neg())])
                    }
                    (Some(Some(start @ 0..)), Some(Some(end))) if end >= 0 => Sql::Call(
                        "substr",
                        vec![
                            value(0)?,
                            number(start.saturating_add(1)),
                            number((end - start).max(0)),
                        ],
                    ),
                    _ => return no("with these bounds has no counterpart in the engine"),
                }
            }
            F::SqliteSubstr => match (int(1), int(2), arguments.len()) {
                (Some(1..), None, 2) | (Some(1..), Some(0..), 3) => Sql::Call("substr", all()?),
                _ => Sql::Call(SqliteFunction::Substr.name(), all()?),
            },
            F::Replace if text(1).is_some_and(|searched| !searched.is_empty()) => {
                Sql::Call("replace", all()?)
            }
            F::Replace => return no("needs a constant text to search for"),
            F::StartsWith => Sql::Call("starts_with", all()?),
            F::EndsWith => Sql::Call("ends_with", all()?),
            F::Contains => Sql::Call("contains", all()?),
            F::FixedText => {
                let sql = match ty.base {
                    Base::Float64 | Base::Number => {
                        Sql::Call("fixed_text", vec![value(0)?, value(1)?])
                    }
                    Base::Int64 => {
                        Sql::Call("fixed_text", vec![value(0)?.cast("DOUBLE"), value(1)?])
                    }
                    Base::Decimal { scale, .. } => match int(1) {
                        Some(digits) if i64::from(scale) == digits => value(0)?.cast("VARCHAR"),
                        Some(digits @ 0..=18) if i64::from(scale) > digits => {
                            Sql::Call("round_half_even", vec![value(0)?, value(1)?])
                                .cast(format!("DECIMAL(38, {digits})"))
                                .cast("VARCHAR")
                        }
                        Some(digits @ 0..=18) => value(0)?
                            .cast(format!("DECIMAL(38, {digits})"))
                            .cast("VARCHAR"),
                        _ => return no("needs a constant number of digits"),
                    },
                    _ => return no("is not available for this type"),
                };
                if ty.missing.nan {
                    sql.or_else("'nan'")
                } else {
                    sql
                }
            }
            F::ThousandsText => {
                let number = match ty.base {
                    Base::Float64 | Base::Number => value(0)?,
                    Base::Int64 => value(0)?.cast("DOUBLE"),
                    _ => return no("of a decimal is not available"),
                };
                let text = Sql::Call("grouped_text", vec![number, value(1)?]);
                if ty.missing.nan {
                    text.or_else("'nan'")
                } else {
                    text
                }
            }
            F::SqliteLike => match text(1) {
                Some(pattern) if pattern.contains('\\') => {
                    return no("a backslash in the pattern is an escape in the engine");
                }
                Some(pattern) if !pattern.contains(|c: char| c.is_ascii_alphabetic()) => {
                    Sql::infix("LIKE", value(0)?, value(1)?)
                }
                Some(pattern) => {
                    let folded = Sql::Call(
                        "translate",
                        vec![
                            value(0)?,
                            constant(&text_literal(UPPER)),
                            constant(&text_literal(LOWER)),
                        ],
                    );
                    let pattern = text_literal(&pattern.to_ascii_lowercase());
                    Sql::infix("LIKE", folded, constant(&pattern))
                }
                None => return no("needs a constant pattern"),
            },
            F::Year => Sql::Call("date_part", vec![constant("'year'"), value(0)?]),
            F::Month => Sql::Call("date_part", vec![constant("'month'"), value(0)?]),
            F::Day => Sql::Call("date_part", vec![constant("'day'"), value(0)?]),
            F::IsoYear => Sql::Call("date_part", vec![constant("'isoyear'"), value(0)?]),
            F::IsoWeek => Sql::Call("date_part", vec![constant("'week'"), value(0)?]),
            F::Weekday => {
                let from_sunday = Sql::Call("date_part", vec![constant("'dow'"), value(0)?]);
                let shifted = Sql::infix("+", from_sunday, constant("6"));
                Sql::infix("%", shifted, constant("7"))
            }
            F::DaysBetween if ty.base == Base::Date => Sql::infix("-", value(0)?, value(1)?),
            F::DaysBetween => return no("of timestamps rounds down, which the engine does not"),
            F::AddDays if ty.base == Base::Date => Sql::infix("+", value(0)?, value(1)?),
            F::AddDays => return no("of a timestamp has no exact form here"),
            F::IsoText if ty.base == Base::Date => Sql::IsoDate(Box::new(value(0)?)),
            F::IsoText => Sql::Call("to_char", vec![value(0)?, constant("'%Y-%m-%dT%H:%M:%S'")]),
            F::ToDate if ty.base == Base::Date => value(0)?,
            F::ToDate => value(0)?.cast("DATE"),
            F::Strftime => match text(1) {
                Some(format) if printable_date_format(format) => Sql::Call("to_char", all()?),
                _ => return no("this date format is not known to print alike in the engine"),
            },
            F::LastDayOfMonth => {
                let month = Sql::Call("date_trunc", vec![constant("'month'"), value(0)?]);
                let next = Sql::infix("+", month, constant("INTERVAL '1 month'"));
                Sql::infix("-", next, constant("INTERVAL '1 day'")).cast("DATE")
            }
            F::Coalesce => Sql::Call("coalesce", all()?),
            F::NullIf => Sql::Call("nullif", all()?),
            F::Python(named) => Sql::Call(named.name(), all()?),
            F::Sqlite(named) => self.sqlite_call(named, arguments)?,
            F::Compare(..) | F::And | F::Or | F::Not | F::Truthy => self.truth(expr, false)?,
        })
    }

    /// A function of SQLite; the engine's own where it says the same. Days are not added there, because
    /// behind the year 9999 SQLite answers NULL.
    fn sqlite_call(&self, function: SqliteFunction, arguments: &[Expr]) -> Result<Sql, Refusal> {
        let parts = arguments
            .iter()
            .map(|argument| self.value(argument))
            .collect::<Result<Vec<_>, _>>()?;
        let modifiers: Option<Vec<&str>> = arguments
            .iter()
            .skip(1)
            .map(|argument| match argument.as_literal() {
                Some(Literal::Text(text)) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        if function == SqliteFunction::Date
            && let Some(Sql::IsoDate(day)) = parts.first()
            && let Some(modifiers) = modifiers
            && modifiers == ["start of month"]
        {
            let month = vec![Sql::Constant("'month'".to_owned()), day.as_ref().clone()];
            let first = Sql::Call("date_trunc", month).cast("DATE");
            return Ok(Sql::IsoDate(Box::new(first)));
        }
        Ok(Sql::Call(function.name(), parts))
    }

    /// Python's `str(x)`.
    fn python_text(
        ty: ColumnType,
        sql: Sql,
        span: Option<&relift_diagnostics::Span>,
    ) -> Result<Sql, Refusal> {
        let missing_text = match (ty.missing.none, ty.missing.nan) {
            (false, false) => None,
            (true, false) => Some("'None'"),
            (false, true) => Some("'nan'"),
            (true, true) => {
                return refuse("`to_text`", "the value may be None or NaN", span);
            }
        };
        let text = match ty.base {
            Base::Text => sql,
            Base::Int64 | Base::Date => sql.cast("VARCHAR"),
            Base::Float64 => Sql::Call("py_repr", vec![sql]),
            // With more than six digits after the point Python may turn to an exponent.
            Base::Decimal {
                padded: true,
                scale: 0..=6,
                ..
            } => sql.cast("VARCHAR"),
            Base::Bool => {
                let text = |text: &str| Sql::Constant(text_literal(text));
                if missing_text.is_some() {
                    return Ok(Sql::Case(
                        vec![
                            (sql.clone(), text("True")),
                            (Sql::IsNull(Box::new(sql), false), text("None")),
                        ],
                        Box::new(text("False")),
                    ));
                }
                return Ok(Sql::Case(
                    vec![(sql, text("True"))],
                    Box::new(text("False")),
                ));
            }
            Base::Nothing => return Ok(Sql::Constant("'None'".to_owned())),
            _ => return refuse("`to_text`", "the text of this type is not modelled", span),
        };
        Ok(match missing_text {
            Some(missing) => text.or_else(missing),
            None => text,
        })
    }
}

const JULIAN_DAY: &str = "sqlite_julianday";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn printable_date_format(format: &str) -> bool {
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        let directive = &rest[at + 1..];
        let length = [
            "-m", "-d", "Y", "m", "d", "H", "M", "S", "j", "y", "B", "b", "%",
        ]
        .iter()
        .find(|known| directive.starts_with(*known))
        .map(|known| known.len());
        match length {
            Some(length) => rest = &directive[length..],
            None => return false,
        }
    }
    true
}

/// A constant.
pub(crate) fn literal_text(literal: &Literal) -> Result<Sql, Refusal> {
    Ok(Sql::Constant(match literal {
        Literal::None => "NULL".to_owned(),
        Literal::Bool(true) => "TRUE".to_owned(),
        Literal::Bool(false) => "FALSE".to_owned(),
        Literal::Int(value) => value.to_string(),
        Literal::Float(value) if value.is_nan() => "CAST(NULL AS DOUBLE)".to_owned(),
        Literal::Float(value) if value.is_infinite() => {
            let sign = if *value < 0.0 { "-" } else { "" };
            format!("CAST('{sign}Infinity' AS DOUBLE)")
        }
        Literal::Float(value) => format!("{value:?}"),
        Literal::Decimal { unscaled, scale } => decimal_literal(*unscaled, *scale)?,
        Literal::Text(text) => text_literal(text),
        Literal::Date(days) => match relift_values::date_from_days(*days) {
            Some(date) => format!("DATE '{}'", relift_values::iso_date(date)),
            None => return refuse("date", "lies outside the calendar", None),
        },
    }))
}

fn decimal_literal(unscaled: i128, scale: i8) -> Result<String, Refusal> {
    if scale < 0 {
        return refuse(
            "decimal",
            "with an exponent has no constant in the engine",
            None,
        );
    }
    let text = relift_values::decimal_text(unscaled, i32::from(scale));
    let digits = text.chars().filter(char::is_ascii_digit).count().max(1);
    // Up to 15 digits the number survives the way through a float literal.
    Ok(if digits <= 15 {
        format!("CAST({text} AS DECIMAL({digits}, {scale}))")
    } else {
        format!("CAST('{text}' AS DECIMAL({digits}, {scale}))")
    })
}
