//! Column types: a base type crossed with the kinds of missing value it can hold.

use std::fmt;

use relift_job::ColumnName;

/// What the values of a column are, missing ones aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Base {
    /// True or false.
    Bool,
    /// Integer of at most 64 bits.
    Int64,
    /// Binary float.
    Float64,
    /// Some rows hold an int, others a float (Python only); has no text of its own.
    Number,
    /// Exact decimal.
    Decimal {
        /// Total digits.
        precision: u8,
        /// Digits after the point.
        scale: i8,
        /// Whether every value is printed with exactly `scale` digits. `Decimal(str(x))` is not:
        /// it prints as many as the float needed.
        padded: bool,
    },
    /// UTF-8 text.
    Text,
    /// Calendar date.
    Date,
    /// Microseconds without zone.
    Timestamp,
    /// Only missing values: the type of `None`.
    Nothing,
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int64 => f.write_str("int64"),
            Self::Float64 => f.write_str("float64"),
            Self::Number => f.write_str("number"),
            Self::Decimal {
                precision,
                scale,
                padded: true,
            } => write!(f, "decimal({precision},{scale})"),
            Self::Decimal {
                precision,
                scale,
                padded: false,
            } => write!(f, "decimal({precision},<={scale})"),
            Self::Text => f.write_str("text"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

/// Which missing values a column can hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Missing {
    /// SQL NULL or Python None.
    pub none: bool,
    /// Float NaN, or NaT in a timestamp column.
    pub nan: bool,
}

impl Missing {
    /// Holds no missing value.
    pub const NEVER: Self = Self {
        none: false,
        nan: false,
    };
    /// Holds NULL or None.
    pub const NONE: Self = Self {
        none: true,
        nan: false,
    };
    /// Holds NaN.
    pub const NAN: Self = Self {
        none: false,
        nan: true,
    };

    /// Kinds of either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            none: self.none || other.none,
            nan: self.nan || other.nan,
        }
    }

    /// Whether any kind can occur.
    pub fn possible(self) -> bool {
        self.none || self.nan
    }
}

/// Base type and missing kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ColumnType {
    /// Values.
    pub base: Base,
    /// Missing values.
    pub missing: Missing,
    /// For floats: precision and scale of the decimals whose nearest floats all values are. Up to
    /// 15 digits the shortest text of such a float is the decimal again.
    pub from_decimal: Option<(u8, i8)>,
}

impl ColumnType {
    /// A type without missing values.
    pub const fn of(base: Base) -> Self {
        Self {
            base,
            missing: Missing::NEVER,
            from_decimal: None,
        }
    }

    /// The same values with these missing kinds added.
    #[must_use]
    pub fn with(self, missing: Missing) -> Self {
        Self {
            missing: self.missing.or(missing),
            ..self
        }
    }

    /// Least type that holds the values of both; `None` when there is no such type here.
    #[must_use]
    pub fn unify(self, other: Self) -> Option<Self> {
        let base = match (self.base, other.base) {
            (a, b) if a == b => a,
            (Base::Nothing, b) => b,
            (a, Base::Nothing) => a,
            (
                Base::Int64 | Base::Float64 | Base::Number,
                Base::Int64 | Base::Float64 | Base::Number,
            ) => Base::Number,
            (
                Base::Decimal {
                    precision: p1,
                    scale: s1,
                    padded: f1,
                },
                Base::Decimal {
                    precision: p2,
                    scale: s2,
                    padded: f2,
                },
            ) => {
                let scale = s1.max(s2);
                let whole = (i16::from(p1) - i16::from(s1)).max(i16::from(p2) - i16::from(s2));
                let precision = u8::try_from(whole + i16::from(scale)).ok()?;
                Base::Decimal {
                    precision,
                    scale,
                    padded: f1 && f2 && s1 == s2,
                }
            }
            _ => return None,
        };
        let from_decimal = match (self.base, other.base) {
            (Base::Nothing, _) => other.from_decimal,
            (_, Base::Nothing) => self.from_decimal,
            _ if self.from_decimal == other.from_decimal => self.from_decimal,
            _ => None,
        };
        Some(Self {
            base,
            missing: self.missing.or(other.missing),
            from_decimal,
        })
    }
}

impl fmt::Display for ColumnType {
    /// `float64`, `float64<12,2> x {NaN}`, `text x {None}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.base)?;
        if let Some((precision, scale)) = self.from_decimal {
            write!(f, "<{precision},{scale}>")?;
        }
        match self.missing {
            Missing {
                none: false,
                nan: false,
            } => Ok(()),
            Missing {
                none: true,
                nan: false,
            } => f.write_str(" x {None}"),
            Missing {
                none: false,
                nan: true,
            } => f.write_str(" x {NaN}"),
            Missing {
                none: true,
                nan: true,
            } => f.write_str(" x {None, NaN}"),
        }
    }
}

/// A column of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name; unique in its relation.
    pub name: ColumnName,
    /// Its type.
    pub ty: ColumnType,
}

/// Columns of a relation, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    columns: Vec<Column>,
}

impl Schema {
    /// Columns in this order.
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns }
    }

    /// All columns, in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Names, in order.
    pub fn names(&self) -> impl Iterator<Item = &ColumnName> {
        self.columns.iter().map(|column| &column.name)
    }

    /// Type of the named column.
    pub fn ty(&self, name: &ColumnName) -> Option<ColumnType> {
        self.columns
            .iter()
            .find(|column| column.name == *name)
            .map(|column| column.ty)
    }

    /// Whether it has the column.
    pub fn has(&self, name: &ColumnName) -> bool {
        self.ty(name).is_some()
    }
}
