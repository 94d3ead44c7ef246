//! Types of expressions.

use relift_job::ColumnName;
use relift_values::{PythonFunction, PythonKind, SqliteFunction, SqliteKind};
use thiserror::Error;

use crate::{
    Base, ColumnType, Dataflow, Expr, ExprKind, Function, Literal, LookupValue, Missing, Parameter,
    Schema,
};

/// Most digits a decimal can have in the engine; more is an error there, never a wrong value.
const PRECISION_MAX: u8 = 38;

/// Why an expression or operator has no type. Frontends turn it into a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TypeError {
    /// A column that the input does not have.
    #[error("there is no column \"{0}\" here")]
    UnknownColumn(ColumnName),
    /// An operation on types it is not defined for.
    #[error("`{function}` is not defined for {arguments}")]
    NotDefined {
        /// The operation.
        function: String,
        /// The argument types, as text.
        arguments: String,
    },
    /// Two values of which some rows have one and some the other.
    #[error("some rows hold {0}, others {1}")]
    Mixed(String, String),
    /// The two sides of a join share a column name.
    #[error("both sides of the join have a column \"{0}\"")]
    SameColumn(ColumnName),
    /// A literal is needed there.
    #[error("`{0}` needs a constant as its second argument")]
    NotConstant(String),
}

/// Type of `expr` over the columns of `schema`; `previous` types the slots of an enclosing fold.
pub fn type_of(
    expr: &Expr,
    schema: &Schema,
    previous: &Schema,
    flow: &Dataflow,
) -> Result<ColumnType, TypeError> {
    let of = |part: &Expr| type_of(part, schema, previous, flow);
    match &expr.kind {
        ExprKind::Column(name) => schema
            .ty(name)
            .ok_or_else(|| TypeError::UnknownColumn(name.clone())),
        ExprKind::Previous(name) => previous
            .ty(name)
            .ok_or_else(|| TypeError::UnknownColumn(name.clone())),
        ExprKind::Literal(literal) => Ok(literal_type(literal)),
        ExprKind::Parameter(Parameter::EffectiveDate) => Ok(ColumnType::of(Base::Date)),
        ExprKind::Parameter(Parameter::ProcessingTime) => Ok(ColumnType::of(Base::Timestamp)),
        ExprKind::If { arms, otherwise } => {
            let mut ty = of(otherwise)?;
            for (condition, value) in arms {
                let condition = of(condition)?;
                if condition.base != Base::Bool {
                    return Err(not_defined("if", &[condition]));
                }
                let value = of(value)?;
                ty = value
                    .unify(ty)
                    .ok_or_else(|| TypeError::Mixed(value.to_string(), ty.to_string()))?;
            }
            Ok(ty)
        }
        ExprKind::Lookup {
            relation,
            keys,
            value,
        } => {
            let probed = &flow.node(*relation).schema;
            for (column, key) in keys {
                of(key)?;
                probed
                    .ty(column)
                    .ok_or_else(|| TypeError::UnknownColumn(column.clone()))?;
            }
            match value {
                LookupValue::Present => Ok(ColumnType::of(Base::Bool)),
                LookupValue::Column(name) => probed
                    .ty(name)
                    .map(|ty| ty.with(Missing::NONE))
                    .ok_or_else(|| TypeError::UnknownColumn(name.clone())),
            }
        }
        ExprKind::Scalar { relation, column } => flow
            .node(*relation)
            .schema
            .ty(column)
            .ok_or_else(|| TypeError::UnknownColumn(column.clone())),
        ExprKind::Call(function, arguments) => {
            let types = arguments.iter().map(of).collect::<Result<Vec<_>, _>>()?;
            call_type(*function, arguments, &types)
        }
    }
}

fn literal_type(literal: &Literal) -> ColumnType {
    match literal {
        Literal::None => ColumnType::of(Base::Nothing).with(Missing::NONE),
        Literal::Bool(_) => ColumnType::of(Base::Bool),
        Literal::Int(_) => ColumnType::of(Base::Int64),
        Literal::Float(value) if value.is_nan() => ColumnType::of(Base::Float64).with(Missing::NAN),
        Literal::Float(_) => ColumnType::of(Base::Float64),
        Literal::Decimal { unscaled, scale } => {
            let digits = unscaled
                .unsigned_abs()
                .checked_ilog10()
                .map_or(1, |log| log + 1) as u8;
            let precision = digits.max(u8::try_from(*scale).unwrap_or(0)).max(1);
            ColumnType::of(Base::Decimal {
                precision,
                scale: *scale,
                padded: true,
            })
        }
        Literal::Text(_) => ColumnType::of(Base::Text),
        Literal::Date(_) => ColumnType::of(Base::Date),
    }
}

fn not_defined(function: &str, types: &[ColumnType]) -> TypeError {
    let arguments = types
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    TypeError::NotDefined {
        function: function.to_owned(),
        arguments,
    }
}

fn is_number(base: Base) -> bool {
    matches!(base, Base::Int64 | Base::Float64 | Base::Number)
}

fn call_type(
    function: Function,
    arguments: &[Expr],
    types: &[ColumnType],
) -> Result<ColumnType, TypeError> {
    use Function as F;
    let undefined = || not_defined(&function.name(), types);
    let missing = types
        .iter()
        .fold(Missing::NEVER, |all, ty| all.or(ty.missing));
    let given = |base: Base| Ok(ColumnType::of(base).with(missing));
    let bases: Vec<Base> = types.iter().map(|ty| ty.base).collect();
    let all = |wanted: Base| {
        bases
            .iter()
            .all(|base| *base == wanted || *base == Base::Nothing)
    };
    match function {
        F::Compare(_, flavour) => {
            let [left, right] = types else {
                return Err(undefined());
            };
            let comparable = left.base == right.base
                || left.base == Base::Nothing
                || right.base == Base::Nothing
                || (is_arithmetic(left.base) && is_arithmetic(right.base));
            if !comparable {
                return Err(undefined());
            }
            Ok(match flavour {
                crate::Flavour::Python => ColumnType::of(Base::Bool),
                crate::Flavour::Sql if missing.possible() => {
                    ColumnType::of(Base::Bool).with(Missing::NONE)
                }
                crate::Flavour::Sql => ColumnType::of(Base::Bool),
            })
        }
        F::And | F::Or | F::Not if all(Base::Bool) => given(Base::Bool),
        F::IsNone | F::IsMissing | F::Truthy if types.len() == 1 => Ok(ColumnType::of(Base::Bool)),
        F::Known => match types {
            [ty] => Ok(ColumnType {
                missing: Missing {
                    none: false,
                    ..ty.missing
                },
                ..*ty
            }),
            _ => Err(undefined()),
        },
        F::Add | F::Subtract | F::Multiply | F::Greatest | F::Least => arithmetic(function, types),
        F::Negate | F::Absolute => match types {
            [ty] if is_arithmetic(ty.base) => Ok(*ty),
            _ => Err(undefined()),
        },
        F::Divide if bases.iter().all(|base| is_number(*base)) => given(Base::Float64),
        F::FloorDivide | F::Modulo => match bases[..] {
            [Base::Int64, Base::Int64] => given(Base::Int64),
            [a, b] if is_number(a) && is_number(b) => given(Base::Float64),
            _ => Err(undefined()),
        },
        F::SqliteDivide => match bases[..] {
            [Base::Int64, Base::Int64] => {
                Ok(ColumnType::of(Base::Int64).with(missing.or(Missing::NONE)))
            }
            [a, b] if is_number(a) && is_number(b) => {
                Ok(ColumnType::of(Base::Float64).with(missing.or(Missing::NONE)))
            }
            _ => Err(undefined()),
        },
        F::SqliteModulo => match bases[..] {
            [Base::Int64, Base::Int64] => {
                Ok(ColumnType::of(Base::Int64).with(missing.or(Missing::NONE)))
            }
            _ => Err(undefined()),
        },
        F::PyRound | F::NumpyRound | F::SqliteRound => match bases[..] {
            [Base::Float64, Base::Int64] => given(Base::Float64),
            [Base::Int64 | Base::Number, Base::Int64] if function == F::SqliteRound => {
                given(Base::Float64)
            }
            [Base::Int64, Base::Int64] => given(Base::Int64),
            _ => Err(undefined()),
        },
        F::PyRoundToInt | F::ToInt => match types {
            [ty] if is_arithmetic(ty.base) || matches!(ty.base, Base::Bool) => {
                Ok(ColumnType::of(Base::Int64))
            }
            [ty] if function == F::ToInt && ty.base == Base::Text => {
                Ok(ColumnType::of(Base::Int64))
            }
            _ => Err(undefined()),
        },
        F::Quantize(_) => match (&bases[..], arguments.get(1).and_then(Expr::as_literal)) {
            (
                [
                    Base::Decimal {
                        precision, scale, ..
                    },
                    _,
                ],
                Some(Literal::Int(digits)),
            ) => {
                let scale_new = i8::try_from(*digits).map_err(|_| undefined())?;
                let whole = i16::from(*precision) - i16::from(*scale) + 1;
                let precision =
                    (whole + i16::from(scale_new)).clamp(1, i16::from(PRECISION_MAX)) as u8;
                given(Base::Decimal {
                    precision,
                    scale: scale_new,
                    padded: true,
                })
            }
            ([Base::Decimal { .. }, _], _) => Err(TypeError::NotConstant(function.name())),
            _ => Err(undefined()),
        },
        F::ToFloat | F::SqliteReal => match types {
            // SQLite has no NaN: a frame's NaN arrives there as NULL.
            [ty] if function == F::SqliteReal && ty.base == Base::Float64 => Ok(ColumnType {
                missing: Missing {
                    none: ty.missing.possible(),
                    nan: false,
                },
                ..*ty
            }),
            [ty] if ty.base == Base::Float64 => Ok(*ty),
            [ty] if is_arithmetic(ty.base) || matches!(ty.base, Base::Bool | Base::Text) => {
                given(Base::Float64)
            }
            _ => Err(undefined()),
        },
        F::ToPandasFloat => match types {
            [ty] if is_arithmetic(ty.base) => Ok(ColumnType {
                base: Base::Float64,
                missing: Missing {
                    none: false,
                    nan: missing.possible(),
                },
                from_decimal: match ty.base {
                    Base::Decimal {
                        precision, scale, ..
                    } => Some((precision, scale)),
                    _ => ty.from_decimal,
                },
            }),
            _ => Err(undefined()),
        },
        F::PandasInteger => match types {
            [ty, condition] if ty.base == Base::Int64 && condition.base == Base::Bool => {
                Ok(ColumnType::of(Base::Number).with(Missing {
                    none: false,
                    nan: ty.missing.possible(),
                }))
            }
            _ => Err(undefined()),
        },
        F::NotMissing => match types {
            [ty] => Ok(ColumnType {
                missing: Missing::NEVER,
                ..*ty
            }),
            _ => Err(undefined()),
        },
        F::SquareRoot => match types {
            [ty] if ty.base == Base::Float64 => Ok(ColumnType {
                from_decimal: None,
                missing: Missing {
                    none: ty.missing.none,
                    nan: true,
                },
                ..*ty
            }),
            _ => Err(undefined()),
        },
        F::NullableInteger => match types {
            [ty] if matches!(ty.base, Base::Number | Base::Int64) => {
                Ok(ColumnType::of(Base::Int64).with(Missing {
                    none: ty.missing.possible(),
                    nan: false,
                }))
            }
            _ => Err(undefined()),
        },
        F::MissingAsNan => match types {
            [ty] => Ok(ColumnType {
                missing: Missing {
                    none: false,
                    nan: ty.missing.possible(),
                },
                ..*ty
            }),
            _ => Err(undefined()),
        },
        F::ToText => match types {
            [ty] if matches!(ty.base, Base::Number | Base::Decimal { padded: false, .. }) => {
                Err(undefined())
            }
            [_] => Ok(ColumnType::of(Base::Text)),
            _ => Err(undefined()),
        },
        F::ToDecimal => match bases[..] {
            [Base::Int64] => given(Base::Decimal {
                precision: 19,
                scale: 0,
                padded: true,
            }),
            [Base::Decimal { .. }] => Ok(types[0]),
            _ => Err(undefined()),
        },
        F::DecimalOfFloat => match (&bases[..], arguments) {
            ([Base::Float64, ..], [_, precision, scale]) => {
                match (precision.as_literal(), scale.as_literal()) {
                    (Some(Literal::Int(precision)), Some(Literal::Int(scale))) => {
                        let precision = u8::try_from(*precision).map_err(|_| undefined())?;
                        let scale = i8::try_from(*scale).map_err(|_| undefined())?;
                        given(Base::Decimal {
                            precision,
                            scale,
                            padded: false,
                        })
                    }
                    _ => Err(TypeError::NotConstant(function.name())),
                }
            }
            _ => Err(undefined()),
        },
        F::SqliteInt if types.len() == 1 => given(Base::Int64),
        F::SqliteText if types.len() == 1 => given(Base::Text),
        F::Concat | F::Replace if all(Base::Text) => given(Base::Text),
        F::Upper
        | F::Lower
        | F::SqliteUpper
        | F::SqliteLower
        | F::Strip
        | F::SqliteTrim
        | F::Title
            if all(Base::Text) && types.len() == 1 =>
        {
            given(Base::Text)
        }
        F::Slice | F::SqliteSubstr if bases.first() == Some(&Base::Text) => {
            Ok(ColumnType::of(Base::Text).with(types[0].missing))
        }
        F::Length if all(Base::Text) && types.len() == 1 => given(Base::Int64),
        F::StartsWith | F::EndsWith | F::Contains | F::SqliteLike
            if all(Base::Text) && types.len() == 2 =>
        {
            given(Base::Bool)
        }
        F::FixedText | F::ThousandsText => match bases[..] {
            [base, Base::Int64] if is_arithmetic(base) => given(Base::Text),
            _ => Err(undefined()),
        },
        F::Year | F::Month | F::Day | F::Weekday | F::IsoYear | F::IsoWeek => match bases[..] {
            [Base::Date | Base::Timestamp] => given(Base::Int64),
            _ => Err(undefined()),
        },
        F::DaysBetween => match bases[..] {
            [Base::Date, Base::Date] | [Base::Timestamp, Base::Timestamp] => given(Base::Int64),
            _ => Err(undefined()),
        },
        F::AddDays => match bases[..] {
            [Base::Date, Base::Int64] => given(Base::Date),
            [Base::Timestamp, Base::Int64] => given(Base::Timestamp),
            _ => Err(undefined()),
        },
        F::IsoText => match types {
            [ty] if matches!(ty.base, Base::Date | Base::Timestamp) => Ok(ColumnType {
                base: Base::Text,
                missing: Missing {
                    none: ty.missing.possible(),
                    nan: false,
                },
                from_decimal: None,
            }),
            _ => Err(undefined()),
        },
        F::ToDate => match bases[..] {
            [Base::Date | Base::Timestamp] => given(Base::Date),
            _ => Err(undefined()),
        },
        F::Strftime => match bases[..] {
            [Base::Date | Base::Timestamp, Base::Text] => given(Base::Text),
            _ => Err(undefined()),
        },
        F::LastDayOfMonth => match bases[..] {
            [Base::Date] => given(Base::Date),
            _ => Err(undefined()),
        },
        F::Coalesce => {
            let (first, rest) = types.split_first().ok_or_else(undefined)?;
            let mut ty = *first;
            for other in rest {
                let kept = ColumnType {
                    missing: other.missing,
                    ..ty
                };
                ty = kept
                    .unify(*other)
                    .ok_or_else(|| TypeError::Mixed(ty.to_string(), other.to_string()))?;
            }
            // Missing only when every argument is.
            let possible = types.iter().all(|ty| ty.missing.possible());
            Ok(ColumnType {
                missing: if possible {
                    Missing::NONE
                } else {
                    Missing::NEVER
                },
                ..ty
            })
        }
        F::Sqlite(named) => sqlite_type(named, types).ok_or_else(undefined),
        F::Python(named) => python_type(named, arguments, types).ok_or_else(undefined),
        F::NullIf => match types {
            [ty, _] => Ok(ty.with(Missing::NONE)),
            _ => Err(undefined()),
        },
        _ => Err(undefined()),
    }
}

/// Type of a function of SQLite on single values; nothing when its arguments are not what it takes.
fn sqlite_type(function: SqliteFunction, types: &[ColumnType]) -> Option<ColumnType> {
    let kinds = types
        .iter()
        .map(|ty| match ty.base {
            Base::Nothing => Some(None),
            Base::Int64 => Some(Some(SqliteKind::Integer)),
            Base::Float64 => Some(Some(SqliteKind::Real)),
            Base::Text => Some(Some(SqliteKind::Text)),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()?;
    if !function.accepts(&kinds) {
        return None;
    }
    let base = match function.result() {
        SqliteKind::Integer => Base::Int64,
        SqliteKind::Real => Base::Float64,
        SqliteKind::Text => Base::Text,
    };
    // A format prints NULL as nothing.
    let absent = function.may_be_null()
        || function != SqliteFunction::Format && types.iter().any(|ty| ty.missing.possible());
    Some(ColumnType::of(base).with(Missing {
        none: absent,
        nan: false,
    }))
}

/// Type of an operation of Python on single values; nothing when its arguments are not what it takes.
fn python_type(
    function: PythonFunction,
    arguments: &[Expr],
    types: &[ColumnType],
) -> Option<ColumnType> {
    let takes = |(kind, ty): (&PythonKind, &ColumnType)| match kind {
        _ if ty.base == Base::Nothing => true,
        PythonKind::Bool => ty.base == Base::Bool,
        PythonKind::Int => ty.base == Base::Int64,
        PythonKind::Float => ty.base == Base::Float64,
        PythonKind::Decimal => matches!(ty.base, Base::Decimal { .. }),
        PythonKind::Text => ty.base == Base::Text,
        PythonKind::Date => ty.base == Base::Date,
        PythonKind::Timestamp => ty.base == Base::Timestamp,
        PythonKind::Moment => matches!(ty.base, Base::Date | Base::Timestamp),
    };
    let parameters = function.parameters();
    if parameters.len() != types.len() || !parameters.iter().zip(types).all(takes) {
        return None;
    }
    let base = match function.result() {
        PythonKind::Bool => Base::Bool,
        PythonKind::Int => Base::Int64,
        PythonKind::Float => Base::Float64,
        PythonKind::Text => Base::Text,
        PythonKind::Date => Base::Date,
        PythonKind::Timestamp => Base::Timestamp,
        PythonKind::Moment => return None,
        PythonKind::Decimal => match arguments.get(1).and_then(Expr::as_literal) {
            Some(Literal::Int(scale)) => Base::Decimal {
                precision: PRECISION_MAX,
                scale: i8::try_from(*scale)
                    .ok()
                    .filter(|scale| (0..=28).contains(scale))?,
                padded: true,
            },
            _ => return None,
        },
    };
    let float = base == Base::Float64;
    Some(
        ColumnType::of(base).with(Missing {
            none: types
                .iter()
                .any(|ty| ty.missing.none || (ty.missing.nan && !float)),
            nan: float && types.iter().any(|ty| ty.missing.nan),
        }),
    )
}

fn is_arithmetic(base: Base) -> bool {
    is_number(base) || matches!(base, Base::Decimal { .. })
}

/// Type of a sum, difference, product, greatest or least.
fn arithmetic(function: Function, types: &[ColumnType]) -> Result<ColumnType, TypeError> {
    let undefined = || not_defined(&function.name(), types);
    let (first, rest) = types.split_first().ok_or_else(undefined)?;
    let mut ty = *first;
    if !is_arithmetic(ty.base) {
        // Greatest and least also compare texts and dates.
        let same = rest.iter().all(|other| other.base == ty.base);
        let ordered = matches!(ty.base, Base::Text | Base::Date | Base::Timestamp);
        if same && ordered && matches!(function, Function::Greatest | Function::Least) {
            return Ok(rest.iter().fold(ty, |all, other| all.with(other.missing)));
        }
        return Err(undefined());
    }
    for other in rest {
        let choice = matches!(function, Function::Greatest | Function::Least);
        let base = match (ty.base, other.base) {
            (a, b) if choice => {
                let (a, b) = (ColumnType::of(a), ColumnType::of(b));
                a.unify(b).ok_or_else(undefined)?.base
            }
            (Base::Int64, Base::Int64) => Base::Int64,
            (a, b) if is_number(a) && is_number(b) => {
                if a == Base::Float64 || b == Base::Float64 {
                    Base::Float64
                } else {
                    Base::Number
                }
            }
            (Base::Decimal { .. } | Base::Int64, Base::Decimal { .. } | Base::Int64) => {
                let ((p1, s1, f1), (p2, s2, f2)) = (digits(ty.base), digits(other.base));
                let (precision, scale) = if function == Function::Multiply {
                    (i16::from(p1) + i16::from(p2), i16::from(s1) + i16::from(s2))
                } else {
                    let scale = i16::from(s1.max(s2));
                    (
                        (i16::from(p1) - i16::from(s1)).max(i16::from(p2) - i16::from(s2))
                            + scale
                            + 1,
                        scale,
                    )
                };
                Base::Decimal {
                    precision: precision.clamp(1, i16::from(PRECISION_MAX)) as u8,
                    scale: i8::try_from(scale).map_err(|_| undefined())?,
                    padded: f1 && f2,
                }
            }
            _ => return Err(undefined()),
        };
        let from_decimal = if choice && ty.from_decimal == other.from_decimal {
            ty.from_decimal
        } else {
            None
        };
        ty = ColumnType {
            base,
            missing: ty.missing.or(other.missing),
            from_decimal,
        };
    }
    Ok(ty)
}

/// Precision, scale and paddedness of a decimal or of an integer seen as one.
fn digits(base: Base) -> (u8, i8, bool) {
    match base {
        Base::Decimal {
            precision,
            scale,
            padded,
        } => (precision, scale, padded),
        _ => (19, 0, true),
    }
}
