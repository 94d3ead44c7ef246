//! Pieces of SQL with their precedence, so that parentheses stand where they must and nowhere else.
//!
//! Columns name the source they come from by number; its alias is chosen when the SELECT around them
//! is complete.

use std::collections::BTreeMap;

use crate::names::free_name;

use super::identifier::quoted;

/// A number for one table in one FROM clause.
pub(crate) type SourceId = u32;

/// A scalar SQL expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sql {
    /// A column of a source.
    Column {
        /// Which source.
        source: SourceId,
        /// Its name there.
        name: String,
        /// A lake's own DOUBLE column, which may hold NaN beside NULL.
        lake_float: bool,
    },
    /// A constant or parameter, as text.
    Constant(String),
    /// A function call.
    Call(&'static str, Vec<Sql>),
    /// An aggregate call.
    Aggregate(Box<AggregateCall>),
    /// A window function.
    Window(Box<WindowCall>),
    /// An infix operator.
    Infix(&'static str, Box<Sql>, Box<Sql>),
    /// Conjunction.
    And(Vec<Sql>),
    /// Disjunction.
    Or(Vec<Sql>),
    /// Negation.
    Not(Box<Sql>),
    /// Sign change.
    Negate(Box<Sql>),
    /// `IS NULL`, or `IS NOT NULL` when negated.
    IsNull(Box<Sql>, bool),
    /// `IS DISTINCT FROM`, or `IS NOT DISTINCT FROM` when the flag says equal.
    Distinct(Box<Sql>, Box<Sql>, bool),
    /// `IN` a list of constants, or `NOT IN` when negated.
    In(Box<Sql>, Vec<Sql>, bool),
    /// `CASE WHEN … END`.
    Case(Vec<(Sql, Sql)>, Box<Sql>),
    /// `CAST(… AS …)`.
    Cast(Box<Sql>, String),
    /// The float nearest to a decimal of that precision and scale.
    DoubleOfDecimal(Box<Sql>, u8, i8),
    /// ISO text of a date.
    IsoDate(Box<Sql>),
    /// `EXISTS (SELECT 1 FROM table WHERE …)`, or `NOT EXISTS` when negated. Only in WHERE.
    Exists(Box<Existence>),
    /// `(SELECT column FROM table)` of a one-row table.
    Scalar {
        /// The table.
        table: String,
        /// Its column.
        column: String,
    },
}

/// An aggregate call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AggregateCall {
    /// Function.
    pub(crate) name: &'static str,
    /// `DISTINCT`.
    pub(crate) distinct: bool,
    /// Argument; `None` is `*`.
    pub(crate) argument: Option<Sql>,
    /// `ORDER BY` inside the call.
    pub(crate) order: Vec<OrderKey>,
    /// `FILTER (WHERE …)`.
    pub(crate) filter: Option<Sql>,
}

/// A window function.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WindowCall {
    /// Function.
    pub(crate) name: &'static str,
    /// Arguments.
    pub(crate) arguments: Vec<Sql>,
    /// `IGNORE NULLS`.
    pub(crate) skips_nulls: bool,
    /// `PARTITION BY`.
    pub(crate) partition: Vec<Sql>,
    /// `ORDER BY`.
    pub(crate) order: Vec<OrderKey>,
    /// The frame as it is written; the default when empty.
    pub(crate) frame: String,
}

/// The question whether rows exist.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Existence {
    /// `NOT EXISTS`.
    pub(crate) negated: bool,
    /// The table asked.
    pub(crate) table: String,
    /// Its number in `conditions`.
    pub(crate) source: SourceId,
    /// Conditions, over it and the sources around.
    pub(crate) conditions: Vec<Sql>,
}

/// One criterion of an order.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent properties of a criterion"
)]
pub(crate) struct OrderKey {
    /// By what.
    pub(crate) sql: Sql,
    /// Largest first.
    pub(crate) descending: bool,
    /// NULL before all others.
    pub(crate) missing_first: bool,
    /// Whether it can be NULL.
    pub(crate) nullable: bool,
    /// Whether it is a never missing ascending whole number that alone tells all rows apart.
    pub(crate) position: bool,
    /// What its column is called when it must be one.
    pub(crate) hint: &'static str,
}

impl OrderKey {
    /// A position.
    pub(crate) fn position(sql: Sql, hint: &'static str) -> Self {
        Self {
            sql,
            descending: false,
            missing_first: false,
            nullable: false,
            position: true,
            hint,
        }
    }

    /// The same criterion from the other end.
    #[must_use]
    pub(crate) fn reversed(&self) -> Self {
        Self {
            descending: !self.descending,
            missing_first: !self.missing_first,
            position: false,
            ..self.clone()
        }
    }

    /// The same criterion over a column that holds its value.
    #[must_use]
    pub(crate) fn over(&self, sql: Sql) -> Self {
        Self {
            sql,
            ..self.clone()
        }
    }
}

/// Aliases of the sources in sight. With one source and nothing around it columns stand bare.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aliases {
    pub(crate) names: BTreeMap<SourceId, String>,
    pub(crate) qualify: bool,
}

// Binding strength, weakest first.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARE: u8 = 4;
const CONCAT: u8 = 5;
const ADD: u8 = 6;
const MULTIPLY: u8 = 7;
const UNARY: u8 = 8;
const ATOM: u8 = 9;

fn strength(operator: &str) -> u8 {
    match operator {
        "*" | "/" | "%" => MULTIPLY,
        "+" | "-" => ADD,
        "||" => CONCAT,
        _ => COMPARE,
    }
}

impl Sql {
    /// A column.
    pub(crate) fn column(source: SourceId, name: &str) -> Self {
        Self::Column {
            source,
            name: name.to_owned(),
            lake_float: false,
        }
    }

    /// An infix operation.
    pub(crate) fn infix(operator: &'static str, left: Self, right: Self) -> Self {
        Self::Infix(operator, Box::new(left), Box::new(right))
    }

    /// A cast.
    pub(crate) fn cast(self, to: impl Into<String>) -> Self {
        Self::Cast(Box::new(self), to.into())
    }

    /// `coalesce(self, otherwise)`.
    pub(crate) fn or_else(self, otherwise: &str) -> Self {
        Self::Call("coalesce", vec![self, Self::Constant(otherwise.to_owned())])
    }

    /// A comparison, made on dates and decimals themselves where that decides alike: ISO texts sort as
    /// their dates, and decimals of up to 15 digits as their nearest floats.
    pub(crate) fn comparison(operator: &'static str, left: Self, right: Self) -> Self {
        match (left, right) {
            (Self::IsoDate(a), Self::IsoDate(b)) => Self::infix(operator, *a, *b),
            (Self::IsoDate(a), Self::Constant(text)) if is_date_text(&text) => {
                Self::infix(operator, *a, Self::Constant(format!("DATE {text}")))
            }
            (Self::Constant(text), Self::IsoDate(b)) if is_date_text(&text) => {
                Self::infix(operator, Self::Constant(format!("DATE {text}")), *b)
            }
            (Self::DoubleOfDecimal(a, precision, _), Self::Constant(text))
                if precision <= 15 && is_short_integer(&text) =>
            {
                Self::infix(operator, *a, Self::Constant(text))
            }
            (Self::Constant(text), Self::DoubleOfDecimal(b, precision, _))
                if precision <= 15 && is_short_integer(&text) =>
            {
                Self::infix(operator, Self::Constant(text), *b)
            }
            (Self::DoubleOfDecimal(a, p, _), Self::DoubleOfDecimal(b, q, _))
                if p <= 15 && q <= 15 =>
            {
                Self::infix(operator, *a, *b)
            }
            (left, right) => Self::infix(operator, left, right),
        }
    }

    /// `IS NULL`, asked of what the value is made of when that decides alike.
    pub(crate) fn null_test(self) -> Self {
        match self {
            Self::IsoDate(inner) | Self::DoubleOfDecimal(inner, ..) => inner.null_test(),
            other => Self::IsNull(Box::new(other), false),
        }
    }

    /// Conjunction without nesting; true parts vanish.
    pub(crate) fn all(parts: Vec<Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::And(inner) => kept.extend(inner),
                Self::Constant(text) if text == "TRUE" => {}
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Self::Constant("TRUE".to_owned()),
            1 => kept.remove(0),
            _ => Self::And(kept),
        }
    }

    /// Whether it is a column or a constant, which may be repeated without harm to the reader.
    pub(crate) fn is_simple(&self) -> bool {
        match self {
            Self::Column { .. } | Self::Constant(_) => true,
            Self::Cast(inner, _) | Self::DoubleOfDecimal(inner, ..) | Self::IsoDate(inner) => {
                inner.is_simple()
            }
            _ => false,
        }
    }

    /// Whether it is NULL whenever the one column it reads is.
    pub(crate) fn is_strict_column(&self) -> bool {
        match self {
            Self::Column { .. } => true,
            Self::Cast(inner, _) | Self::DoubleOfDecimal(inner, ..) | Self::IsoDate(inner) => {
                inner.is_strict_column()
            }
            _ => false,
        }
    }

    /// Direct parts.
    fn children(&self) -> Vec<&Sql> {
        match self {
            Self::Column { .. } | Self::Constant(_) | Self::Scalar { .. } => Vec::new(),
            Self::Call(_, parts) | Self::And(parts) | Self::Or(parts) => parts.iter().collect(),
            Self::Aggregate(call) => call
                .argument
                .iter()
                .chain(call.order.iter().map(|key| &key.sql))
                .chain(&call.filter)
                .collect(),
            Self::Window(call) => call
                .arguments
                .iter()
                .chain(&call.partition)
                .chain(call.order.iter().map(|key| &key.sql))
                .collect(),
            Self::Infix(_, a, b) | Self::Distinct(a, b, _) => vec![a, b],
            Self::Not(a)
            | Self::Negate(a)
            | Self::IsNull(a, _)
            | Self::Cast(a, _)
            | Self::IsoDate(a)
            | Self::DoubleOfDecimal(a, ..) => vec![a],
            Self::In(a, list, _) => std::iter::once(a.as_ref()).chain(list).collect(),
            Self::Case(arms, otherwise) => arms
                .iter()
                .flat_map(|(condition, value)| [condition, value])
                .chain([otherwise.as_ref()])
                .collect(),
            Self::Exists(existence) => existence.conditions.iter().collect(),
        }
    }

    /// Whether `test` holds for it or something in it.
    pub(crate) fn any(&self, test: &impl Fn(&Sql) -> bool) -> bool {
        test(self) || self.children().into_iter().any(|child| child.any(test))
    }

    /// Whether it reads some column of that name.
    pub(crate) fn reads_name(&self, wanted: &str) -> bool {
        self.any(&|part| matches!(part, Sql::Column { name, .. } if name == wanted))
    }

    /// The same with sources renumbered.
    #[must_use]
    pub(crate) fn renumbered(&self, new: &BTreeMap<SourceId, SourceId>) -> Self {
        let one = |sql: &Sql| sql.renumbered(new);
        let boxed = |sql: &Sql| Box::new(sql.renumbered(new));
        let keys = |keys: &[OrderKey]| keys.iter().map(|key| key.over(one(&key.sql))).collect();
        match self {
            Self::Column {
                source,
                name,
                lake_float,
            } => Self::Column {
                source: new.get(source).copied().unwrap_or(*source),
                name: name.clone(),
                lake_float: *lake_float,
            },
            Self::Constant(_) | Self::Scalar { .. } => self.clone(),
            Self::Call(name, parts) => Self::Call(name, parts.iter().map(one).collect()),
            Self::And(parts) => Self::And(parts.iter().map(one).collect()),
            Self::Or(parts) => Self::Or(parts.iter().map(one).collect()),
            Self::Aggregate(call) => Self::Aggregate(Box::new(AggregateCall {
                name: call.name,
                distinct: call.distinct,
                argument: call.argument.as_ref().map(one),
                order: keys(&call.order),
                filter: call.filter.as_ref().map(one),
            })),
            Self::Window(call) => Self::Window(Box::new(WindowCall {
                name: call.name,
                arguments: call.arguments.iter().map(one).collect(),
                skips_nulls: call.skips_nulls,
                partition: call.partition.iter().map(one).collect(),
                order: keys(&call.order),
                frame: call.frame.clone(),
            })),
            Self::Infix(operator, a, b) => Self::Infix(operator, boxed(a), boxed(b)),
            Self::Distinct(a, b, equal) => Self::Distinct(boxed(a), boxed(b), *equal),
            Self::Not(a) => Self::Not(boxed(a)),
            Self::Negate(a) => Self::Negate(boxed(a)),
            Self::IsNull(a, negated) => Self::IsNull(boxed(a), *negated),
            Self::Cast(a, to) => Self::Cast(boxed(a), to.clone()),
            Self::IsoDate(a) => Self::IsoDate(boxed(a)),
            Self::DoubleOfDecimal(a, precision, scale) => {
                Self::DoubleOfDecimal(boxed(a), *precision, *scale)
            }
            Self::In(a, list, negated) => {
                Self::In(boxed(a), list.iter().map(one).collect(), *negated)
            }
            Self::Case(arms, otherwise) => Self::Case(
                arms.iter()
                    .map(|(condition, value)| (one(condition), one(value)))
                    .collect(),
                boxed(otherwise),
            ),
            Self::Exists(existence) => Self::Exists(Box::new(Existence {
                conditions: existence.conditions.iter().map(one).collect(),
                ..existence.as_ref().clone()
            })),
        }
    }

    /// Its text.
    pub(crate) fn text(&self, aliases: &Aliases) -> String {
        match self {
            Self::Column { source, name, .. } => match aliases.names.get(source) {
                Some(alias) if aliases.qualify => format!("{}.{}", quoted(alias), quoted(name)),
                _ => quoted(name),
            },
            Self::Constant(text) => text.clone(),
            Self::Call(name, arguments) => format!("{name}({})", list(arguments, aliases)),
            Self::Aggregate(call) => {
                let argument = call
                    .argument
                    .as_ref()
                    .map_or_else(|| "*".to_owned(), |argument| argument.text(aliases));
                let distinct = if call.distinct { "DISTINCT " } else { "" };
                let order = if call.order.is_empty() {
                    String::new()
                } else {
                    format!(" ORDER BY {}", order_text(&call.order, aliases))
                };
                let filter = call.filter.as_ref().map_or_else(String::new, |filter| {
                    format!(" FILTER (WHERE {})", filter.text(aliases))
                });
                format!("{}({distinct}{argument}{order}){filter}", call.name)
            }
            Self::Window(call) => {
                let arguments = list(&call.arguments, aliases);
                let mut over = Vec::new();
                if !call.partition.is_empty() {
                    over.push(format!("PARTITION BY {}", list(&call.partition, aliases)));
                }
                if !call.order.is_empty() {
                    over.push(format!("ORDER BY {}", order_text(&call.order, aliases)));
                }
                if !call.frame.is_empty() {
                    over.push(call.frame.clone());
                }
                let skips = if call.skips_nulls {
                    " IGNORE NULLS"
                } else {
                    ""
                };
                format!(
                    "{}({arguments}){skips} OVER ({})",
                    call.name,
                    over.join(" ")
                )
            }
            Self::Infix(operator, left, right) => {
                let own = strength(operator);
                // Floats do not associate, and comparisons do not chain.
                let left = left.inside(if own == COMPARE { own + 1 } else { own }, aliases);
                format!("{left} {operator} {}", right.inside(own + 1, aliases))
            }
            Self::And(parts) => joined(parts, " AND ", AND, aliases),
            Self::Or(parts) => joined(parts, " OR ", OR, aliases),
            Self::Not(inner) => format!("NOT {}", inner.inside(ATOM, aliases)),
            Self::Negate(inner) => match inner.as_ref() {
                // `--` would begin a comment.
                Self::Constant(text) if text.starts_with('-') => format!("-({text})"),
                inner => format!("-{}", inner.inside(ATOM, aliases)),
            },
            Self::IsNull(inner, negated) => {
                let not = if *negated { " NOT" } else { "" };
                format!("{} IS{not} NULL", inner.inside(CONCAT, aliases))
            }
            // Always in parentheses: the parser reads `a IS DISTINCT FROM b AND c` as one comparison.
            Self::Distinct(left, right, equal) => {
                let not = if *equal { " NOT" } else { "" };
                format!(
                    "({} IS{not} DISTINCT FROM {})",
                    left.inside(CONCAT, aliases),
                    right.inside(CONCAT, aliases)
                )
            }
            Self::In(left, values, negated) => {
                let not = if *negated { " NOT" } else { "" };
                format!(
                    "{}{not} IN ({})",
                    left.inside(CONCAT, aliases),
                    list(values, aliases)
                )
            }
            Self::Case(arms, otherwise) => {
                let arms: Vec<String> = arms
                    .iter()
                    .map(|(condition, value)| {
                        format!(
                            " WHEN {} THEN {}",
                            condition.text(aliases),
                            value.text(aliases)
                        )
                    })
                    .collect();
                format!("CASE{} ELSE {} END", arms.concat(), otherwise.text(aliases))
            }
            Self::Cast(inner, to) => format!("CAST({} AS {to})", inner.text(aliases)),
            Self::IsoDate(inner) => format!("CAST({} AS VARCHAR)", inner.text(aliases)),
            // With 15 digits or fewer the quotient of two exact floats is the nearest float; with
            // more the text, which is parsed to the nearest float, is the way that rounds once.
            Self::DoubleOfDecimal(inner, precision, _) => {
                if *precision <= 15 {
                    format!("CAST({} AS DOUBLE)", inner.text(aliases))
                } else {
                    format!("CAST(CAST({} AS VARCHAR) AS DOUBLE)", inner.text(aliases))
                }
            }
            Self::Exists(existence) => existence.text(aliases),
            Self::Scalar { table, column } => {
                format!("(SELECT {} FROM {})", quoted(column), quoted(table))
            }
        }
    }

    fn strength(&self) -> u8 {
        match self {
            Self::And(_) => AND,
            Self::Or(_) => OR,
            Self::Not(_) => NOT,
            Self::Infix(operator, ..) => strength(operator),
            Self::IsNull(..) | Self::In(..) => COMPARE,
            Self::Negate(_) => UNARY,
            Self::Constant(text) if text.starts_with('-') => UNARY,
            _ => ATOM,
        }
    }

    /// Its text, in parentheses when it binds weaker than what is around.
    fn inside(&self, around: u8, aliases: &Aliases) -> String {
        let text = self.text(aliases);
        if self.strength() < around {
            format!("({text})")
        } else {
            text
        }
    }
}

impl Existence {
    fn text(&self, around: &Aliases) -> String {
        let not = if self.negated { "NOT " } else { "" };
        let table = quoted(&self.table);
        if self.conditions.is_empty() {
            return format!("{not}EXISTS (SELECT 1 FROM {table})");
        }
        let taken = |alias: &str| around.names.values().any(|name| name == alias);
        let alias = free_name(&self.table, taken);
        let from = if alias == self.table {
            table
        } else {
            format!("{table} AS {}", quoted(&alias))
        };
        let mut aliases = around.clone();
        aliases.names.insert(self.source, alias);
        aliases.qualify = true;
        let conditions = joined(&self.conditions, " AND ", AND, &aliases);
        format!("{not}EXISTS (SELECT 1 FROM {from} WHERE {conditions})")
    }
}

/// Whether a constant is the text of a date that exists.
fn is_date_text(constant: &str) -> bool {
    let text = constant.trim_matches('\'');
    constant.len() == 12
        && text.len() == 10
        && relift_job::EffectiveDate::parse(text).is_some_and(|date| date.to_string() == text)
}

fn is_short_integer(constant: &str) -> bool {
    constant.len() <= 15
        && constant
            .strip_prefix('-')
            .unwrap_or(constant)
            .bytes()
            .all(|byte| byte.is_ascii_digit())
}

fn list(parts: &[Sql], aliases: &Aliases) -> String {
    let parts: Vec<String> = parts.iter().map(|part| part.text(aliases)).collect();
    parts.join(", ")
}

fn joined(parts: &[Sql], with: &str, own: u8, aliases: &Aliases) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| part.inside(own + 1, aliases))
        .collect();
    parts.join(with)
}

/// Criteria as they stand behind ORDER BY.
pub(crate) fn order_text(keys: &[OrderKey], aliases: &Aliases) -> String {
    let keys: Vec<String> = keys
        .iter()
        .map(|key| {
            let direction = if key.descending { " DESC" } else { "" };
            let missing = match (key.nullable, key.missing_first) {
                (false, _) => "",
                (true, true) => " NULLS FIRST",
                (true, false) => " NULLS LAST",
            };
            format!("{}{direction}{missing}", key.sql.text(aliases))
        })
        .collect();
    keys.join(", ")
}

/// A condition as it stands among others behind WHERE.
pub(crate) fn conjunct_text(condition: &Sql, aliases: &Aliases) -> String {
    condition.inside(AND + 1, aliases)
}
