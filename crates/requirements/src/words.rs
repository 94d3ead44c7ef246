//! Expressions and names in plain words.
//!
//! Sentences are for people who know the business, not the code: a column that a lifting made up to hold
//! a looked-up value is called by what it holds, and whether it is there by what that means.

use relift_dataflow::{
    AggregateFunction, Base, ColumnType, Comparison, Dataflow, Expr, ExprKind, Function, Literal,
    LookupValue, NodeId, Op, Parameter, RoundingMode, Schema, type_of,
};
use relift_job::{ColumnName, DateMode};

/// Words after which a noun is missing.
const DANGLING: [&str; 8] = ["of", "by", "for", "in", "to", "with", "from", "per"];

/// `customer_id` as "customer id"; a name that reads as no noun stays code.
pub(crate) fn humanised(name: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        if letter == '_' || letter == '-' || letter == '.' {
            words.push(' ');
        } else if letter.is_uppercase() && before.is_lowercase() {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
        before = letter;
    }
    let words = words.trim();
    match words.rsplit(' ').next() {
        Some(last) if !DANGLING.contains(&last) && !last.is_empty() => words.to_owned(),
        _ => format!("`{name}`"),
    }
}

/// What a relation is called.
pub(crate) fn relation_name(flow: &Dataflow, id: NodeId) -> String {
    let mut current = id;
    loop {
        let node = flow.node(current);
        if let Some(name) = own_name(flow, current) {
            return humanised(name);
        }
        // What groups rows is a new thing, named by what is made of it.
        let made = match &node.op {
            Op::Aggregate { .. } => name_of_use(flow, current),
            _ => None,
        };
        if let Some(name) = made {
            return humanised(name);
        }
        match (&node.op, node.op.inputs().first()) {
            (Op::Scan { frame, .. }, _) => return humanised(frame.as_str()),
            (_, Some(input)) => current = *input,
            (_, None) => return "input".to_owned(),
        }
    }
}

/// The frame a relation fills, or what the code called it; columns added to a frame make no other one.
fn own_name(flow: &Dataflow, id: NodeId) -> Option<&str> {
    let frame = flow.frames.iter().rev().find(|binding| binding.node == id);
    let name = frame
        .map(|binding| binding.frame.as_str())
        .or(flow.node(id).name.as_deref())?;
    Some(
        name.strip_suffix("_prepared")
            .filter(|stem| !stem.is_empty())
            .unwrap_or(name),
    )
}

fn name_of_use(flow: &Dataflow, id: NodeId) -> Option<&str> {
    let mut current = id;
    loop {
        let (user, node) = flow
            .nodes()
            .find(|(_, node)| node.op.inputs().contains(&current))?;
        if let Some(name) = own_name(flow, user) {
            return Some(name);
        }
        if matches!(node.op, Op::Aggregate { .. } | Op::Join { .. }) {
            return None;
        }
        current = user;
    }
}

/// A list with "and" before the last.
pub(crate) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Which dates of a table are read.
pub(crate) fn dates_in_words(dates: &DateMode) -> String {
    match dates {
        DateMode::Exact => "the effective date".to_owned(),
        DateMode::Between(range) => format!("the dates from {} to {}", range.first, range.last),
        DateMode::Lookback(days) => {
            if *days == 1 {
                "the effective date and the day before it".to_owned()
            } else {
                format!("the effective date and the {days} days before it")
            }
        }
        DateMode::MostRecentPrior => "the latest date before the effective date".to_owned(),
        DateMode::MostRecent => "the latest date up to the effective date".to_owned(),
    }
}

/// A list with "or" before the last.
pub(crate) fn alternatives(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// An expression without what only says how its value is held.
pub(crate) fn without_marks(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Call(
            Function::Known | Function::NotMissing | Function::ToPandasFloat | Function::SqliteReal,
            inner,
        ) if inner.len() == 1 => without_marks(&inner[0]),
        ExprKind::Call(
            Function::PandasInteger | Function::NullableInteger | Function::MissingAsNan,
            inner,
        ) if !inner.is_empty() => without_marks(&inner[0]),
        _ => expr,
    }
}

/// What a column stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Meaning {
    /// A column of a relation; when it was looked up, where.
    Column {
        node: NodeId,
        name: ColumnName,
        found_in: Option<NodeId>,
    },
    /// Whether this relation has an entry for the row.
    Present(NodeId),
}

fn meaning(flow: &Dataflow, id: NodeId, name: &ColumnName) -> Meaning {
    let (mut id, mut name, mut found_in) = (id, name, None);
    loop {
        let node = flow.node(id);
        let next = match &node.op {
            Op::Join {
                left,
                right,
                kind,
                presence,
                ..
            } => {
                if presence.as_ref() == Some(name) {
                    return Meaning::Present(*right);
                }
                if flow.node(*left).schema.ty(name).is_some() {
                    Some((*left, name))
                } else if flow.node(*right).schema.ty(name).is_some() {
                    if *kind == relift_dataflow::JoinKind::Left && found_in.is_none() {
                        found_in = Some(*right);
                    }
                    Some((*right, name))
                } else {
                    None
                }
            }
            Op::Filter { input, .. }
            | Op::Sort { input, .. }
            | Op::Limit { input, .. }
            | Op::Distinct { input }
            | Op::Pick { input, .. }
            | Op::When { input, .. } => Some((*input, name)),
            Op::Window {
                input, functions, ..
            } => (!functions.iter().any(|(made, _)| made == name)).then_some((*input, name)),
            Op::Map { input, columns } => columns
                .iter()
                .find(|(column, _)| column == name)
                .and_then(|(_, value)| without_marks(value).as_column())
                .filter(|source| *source == name || renames(flow, id, name, source))
                .map(|source| (*input, source)),
            Op::Aggregate { input, keys, .. } => keys
                .iter()
                .find(|(column, _)| column == name)
                .and_then(|(_, key)| key.as_column())
                .filter(|source| *source == name)
                .map(|source| (*input, source)),
            Op::Scan { .. }
            | Op::Values { .. }
            | Op::Union { .. }
            | Op::Running(_)
            | Op::Fold(_)
            | Op::State { .. } => None,
        };
        match next {
            Some((input, source)) => (id, name) = (input, source),
            None => {
                return Meaning::Column {
                    node: id,
                    name: name.clone(),
                    found_in,
                };
            }
        }
    }
}

/// Whether a map gives a column another name only so that it can be told from another's in a join: with
/// a prefix, or, for the values of a dictionary, the name of the dictionary.
fn renames(flow: &Dataflow, map: NodeId, name: &ColumnName, source: &ColumnName) -> bool {
    let prefixed = name
        .as_str()
        .strip_suffix(source.as_str())
        .is_some_and(|prefix| prefix.ends_with('_'));
    let (mut current, mut named) = (map, false);
    loop {
        named |= flow.node(current).name.as_deref() == Some(name.as_str());
        let Some((user, node)) = flow
            .nodes()
            .find(|(_, node)| node.op.inputs().contains(&current))
        else {
            return false;
        };
        match node.op {
            Op::Join { .. } => return prefixed || named,
            Op::Map { .. }
            | Op::Filter { .. }
            | Op::Sort { .. }
            | Op::Distinct { .. }
            | Op::Pick { .. }
            | Op::When { .. } => current = user,
            _ => return false,
        }
    }
}

/// Whether the name of a carried column is one that a lifting made up.
pub(crate) fn is_made_up(flow: &Dataflow, map: NodeId, column: &(ColumnName, Expr)) -> bool {
    let (name, value) = column;
    let source = without_marks(value).as_column();
    source.is_some_and(|source| renames(flow, map, name, source))
}

/// What a column of a relation is called. One that a lifting numbered has the name it is given later.
pub(crate) fn column_name(flow: &Dataflow, node: NodeId, name: &ColumnName) -> String {
    let numbered = |name: &str| {
        name.strip_prefix("value_")
            .is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
    };
    if !numbered(name.as_str()) {
        return humanised(name.as_str());
    }
    let mut given: Vec<&ColumnName> = Vec::new();
    for (_, user) in flow.nodes() {
        let Op::Map { input, columns } = &user.op else {
            continue;
        };
        for (new, value) in columns {
            let Some(source) = without_conversions(value).as_column() else {
                continue;
            };
            let stands_for = meaning(flow, *input, source);
            let same = matches!(&stands_for, Meaning::Column { node: from, name: own, .. } if *from == node && own == name);
            if same && !numbered(new.as_str()) && !given.contains(&new) {
                given.push(new);
            }
        }
    }
    match given[..] {
        [only] => humanised(only.as_str()),
        _ => humanised(name.as_str()),
    }
}

fn without_conversions(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Call(
            Function::Known
            | Function::ToPandasFloat
            | Function::SqliteReal
            | Function::ToFloat
            | Function::ToInt
            | Function::ToDecimal,
            inner,
        ) if inner.len() == 1 => without_conversions(&inner[0]),
        _ => expr,
    }
}

/// Where an expression stands: what its columns belong to, and values that have a name there.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The graph.
    pub(crate) flow: &'a Dataflow,
    /// Relations whose columns it reads.
    pub(crate) inputs: &'a [NodeId],
    /// Columns computed beside it, called by name where another value repeats them.
    pub(crate) beside: &'a [(ColumnName, Expr)],
}

impl<'a> Scope<'a> {
    /// Over the columns of some relations.
    pub(crate) fn over(flow: &'a Dataflow, inputs: &'a [NodeId]) -> Self {
        Self {
            flow,
            inputs,
            beside: &[],
        }
    }

    fn column(self, name: &ColumnName) -> String {
        let input = self
            .inputs
            .iter()
            .find(|input| self.flow.node(**input).schema.ty(name).is_some());
        let Some(input) = input else {
            return humanised(name.as_str());
        };
        match meaning(self.flow, *input, name) {
            Meaning::Present(relation) => {
                format!("whether {}", self.present(relation))
            }
            Meaning::Column {
                node,
                name,
                found_in: None,
            } => column_name(self.flow, node, &name),
            Meaning::Column {
                node,
                name,
                found_in: Some(relation),
            } => found_value(
                &column_name(self.flow, node, &name),
                &relation_name(self.flow, relation),
            ),
        }
    }

    /// What a column is called, wherever it was found; other values as they are.
    pub(crate) fn bare(self, expr: &Expr) -> String {
        let found = without_marks(expr).as_column().and_then(|name| {
            let input = self
                .inputs
                .iter()
                .find(|input| self.flow.node(**input).schema.ty(name).is_some())?;
            match meaning(self.flow, *input, name) {
                Meaning::Column { node, name, .. } => Some(column_name(self.flow, node, &name)),
                Meaning::Present(_) => None,
            }
        });
        found.unwrap_or_else(|| self.value(expr))
    }

    fn present(self, relation: NodeId) -> String {
        format!(
            "{} has an entry for the row",
            relation_name(self.flow, relation)
        )
    }

    /// The relation a presence column asks about.
    fn asks_for(self, name: &ColumnName) -> Option<NodeId> {
        self.inputs
            .iter()
            .find(|input| self.flow.node(**input).schema.ty(name).is_some())
            .and_then(|input| match meaning(self.flow, *input, name) {
                Meaning::Present(relation) => Some(relation),
                Meaning::Column { .. } => None,
            })
    }

    fn ty(self, expr: &Expr) -> Option<ColumnType> {
        if self.inputs.is_empty() {
            return type_of(expr, &Schema::default(), &Schema::default(), self.flow).ok();
        }
        self.inputs.iter().find_map(|input| {
            let schema = &self.flow.node(*input).schema;
            type_of(expr, schema, &Schema::default(), self.flow).ok()
        })
    }

    /// Whether an expression can have no value; unknown counts as yes.
    pub(crate) fn can_be_missing(self, expr: &Expr) -> bool {
        self.ty(expr).is_none_or(|ty| ty.missing.possible())
    }

    /// An expression as a noun phrase.
    pub(crate) fn value(self, expr: &Expr) -> String {
        let compound = !matches!(
            without_marks(expr).kind,
            ExprKind::Column(_) | ExprKind::Literal(_) | ExprKind::Parameter(_)
        );
        if compound && let Some((name, _)) = self.beside.iter().find(|(_, own)| own == expr) {
            return humanised(name.as_str());
        }
        match &expr.kind {
            ExprKind::Column(name) => self.column(name),
            ExprKind::Literal(literal) => literal_in_words(literal),
            ExprKind::Parameter(Parameter::EffectiveDate) => "the effective date".to_owned(),
            ExprKind::Parameter(Parameter::ProcessingTime) => "the processing time".to_owned(),
            ExprKind::Previous(name) => format!("the running {}", humanised(name.as_str())),
            ExprKind::Scalar { relation, column } => match &self.flow.node(*relation).op {
                Op::Aggregate {
                    input, aggregates, ..
                } if aggregates.iter().any(|(own, aggregate)| {
                    own == column
                        && aggregate.function == AggregateFunction::Count
                        && aggregate.filter.is_none()
                }) =>
                {
                    format!("the number of rows of {}", relation_name(self.flow, *input))
                }
                _ => value_of(
                    &humanised(column.as_str()),
                    &relation_name(self.flow, *relation),
                ),
            },
            ExprKind::Lookup {
                relation, value, ..
            } => match value {
                LookupValue::Present => format!("whether {}", self.present(*relation)),
                LookupValue::Column(name) => found_value(
                    &column_name(self.flow, *relation, name),
                    &relation_name(self.flow, *relation),
                ),
            },
            ExprKind::If { .. } => self.choice(expr),
            ExprKind::Call(function, arguments) => self.call(*function, arguments),
        }
    }

    /// A value something is done with, in brackets unless it is a mere name.
    pub(crate) fn operand(self, expr: &Expr) -> String {
        let text = self.value(expr);
        match &without_marks(expr).kind {
            ExprKind::If { .. } | ExprKind::Call(..) => format!("({text})"),
            _ => text,
        }
    }

    /// Choices one after the other; one inside the last is one of them.
    fn choice(self, expr: &Expr) -> String {
        let mut choices = String::new();
        let mut rest = expr;
        while let ExprKind::If { arms, otherwise } = &rest.kind {
            for (test, value) in arms {
                let (value, condition) = (self.part(value), self.condition(test));
                choices.extend([value.as_str(), " if ", condition.as_str(), ", "]);
            }
            rest = otherwise;
            if self.beside.iter().any(|(_, own)| own == rest) {
                break;
            }
        }
        format!("{choices}otherwise {}", self.value(rest))
    }

    /// A value inside another, in brackets where it would run into it.
    fn part(self, expr: &Expr) -> String {
        let text = self.value(expr);
        let named = self.beside.iter().any(|(_, own)| own == expr);
        match &without_marks(expr).kind {
            ExprKind::If { .. } if !named => format!("({text})"),
            _ => text,
        }
    }

    fn call(self, function: Function, arguments: &[Expr]) -> String {
        use Function as F;
        let words: Vec<String> = arguments
            .iter()
            .map(|argument| {
                let text = self.part(argument);
                let named = self.beside.iter().any(|(_, own)| own == argument);
                match &without_marks(argument).kind {
                    ExprKind::Call(
                        F::Add
                        | F::Subtract
                        | F::Multiply
                        | F::Divide
                        | F::SqliteDivide
                        | F::FloorDivide
                        | F::Modulo
                        | F::SqliteModulo,
                        _,
                    ) if !named => format!("({text})"),
                    _ => text,
                }
            })
            .collect();
        let one = || words.first().cloned().unwrap_or_default();
        let two = || words.get(1).cloned().unwrap_or_default();
        let base = arguments
            .first()
            .and_then(|argument| self.ty(argument))
            .map(|ty| ty.base);
        match function {
            F::Compare(..) | F::And | F::Or | F::Not | F::IsNone | F::IsMissing | F::Truthy => {
                let expr = Expr::call(function, arguments.to_vec());
                format!("whether {}", self.condition(&expr))
            }
            F::Known
            | F::NotMissing
            | F::ToPandasFloat
            | F::SqliteReal
            | F::PandasInteger
            | F::NullableInteger
            | F::MissingAsNan => arguments
                .first()
                .map_or_else(String::new, |argument| self.value(argument)),
            F::Add => words.join(" plus "),
            F::Subtract => words.join(" minus "),
            F::Multiply => words.join(" times "),
            F::Divide | F::SqliteDivide => words.join(" divided by "),
            F::FloorDivide => format!("{} divided by {}, rounded down", one(), two()),
            F::Modulo | F::SqliteModulo => {
                format!("the remainder of {} divided by {}", one(), two())
            }
            F::SquareRoot => format!("the square root of {}", one()),
            F::Negate => format!("minus {}", one()),
            F::Absolute => format!("the magnitude of {}", one()),
            F::Greatest => format!("the larger of {}", listed(&words)),
            F::Least => format!("the smaller of {}", listed(&words)),
            F::PyRound | F::NumpyRound | F::SqliteRound => {
                format!("{} rounded to {}", one(), places(arguments))
            }
            F::PyRoundToInt => format!("{} rounded to a whole number", one()),
            F::Quantize(mode) => {
                format!(
                    "{} rounded to {} {}",
                    one(),
                    places(arguments),
                    mode_in_words(mode)
                )
            }
            F::ToText | F::SqliteText => match base {
                Some(Base::Text) => one(),
                _ => format!("the text of {}", one()),
            },
            F::ToFloat => match base {
                Some(Base::Decimal { .. }) => {
                    format!("{} as a binary floating-point number", one())
                }
                Some(Base::Int64 | Base::Float64 | Base::Number) => one(),
                _ => format!("{} read as a number", one()),
            },
            F::ToInt | F::SqliteInt => match base {
                Some(Base::Int64 | Base::Bool) => one(),
                Some(Base::Float64 | Base::Number | Base::Decimal { .. }) => {
                    format!("the whole part of {}", one())
                }
                _ => format!("{} read as a whole number", one()),
            },
            F::ToDecimal => match base {
                Some(Base::Int64 | Base::Float64 | Base::Number | Base::Decimal { .. }) => one(),
                _ => format!("{} read as a number", one()),
            },
            F::DecimalOfFloat => one(),
            F::Concat => words.join(" followed by "),
            F::Upper | F::SqliteUpper => format!("{} in upper case", one()),
            F::Lower | F::SqliteLower => format!("{} in lower case", one()),
            F::Strip | F::SqliteTrim => format!("{} without surrounding blanks", one()),
            F::Title => format!("{} in title case", one()),
            F::Length => format!("the length of {}", one()),
            F::Year => format!("the year of {}", one()),
            F::Month => format!("the month of {}", one()),
            F::Day => format!("the day of {}", one()),
            F::Weekday => format!("the weekday of {} (Monday being 0)", one()),
            F::IsoYear => format!("the year of the ISO week of {}", one()),
            F::IsoWeek => format!("the ISO week of {}", one()),
            F::DaysBetween => format!("the days from {} to {}", two(), one()),
            F::AddDays => format!("{} plus {} days", one(), two()),
            F::LastDayOfMonth => format!("the last day of the month of {}", one()),
            F::Coalesce => format!("the first of {} that has a value", listed(&words)),
            F::NullIf => format!("{}, or no value if it is {}", one(), two()),
            F::IsoText => format!("{} written year-month-day", one()),
            F::ToDate => format!("the date of {}", one()),
            F::FixedText => format!("{} written with {}", one(), places(arguments)),
            F::ThousandsText => format!("{} written with {} and commas", one(), places(arguments)),
            F::Sqlite(named) => format!("{} of {}", named.summary(), listed(&words)),
            F::Python(named) => format!("{} of {}", named.summary(), listed(&words)),
            F::Slice
            | F::SqliteSubstr
            | F::Replace
            | F::StartsWith
            | F::EndsWith
            | F::Contains
            | F::SqliteLike
            | F::Strftime => {
                let name = humanised(&function.name());
                format!("{name} of {}", listed(&words))
            }
        }
    }

    /// A condition as a clause.
    pub(crate) fn condition(self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Call(Function::Compare(comparison, _), sides) if sides.len() == 2 => {
                self.comparison(*comparison, &sides[0], &sides[1])
            }
            ExprKind::Call(function @ (Function::And | Function::Or), parts) => {
                self.several(*function == Function::And, parts)
            }
            ExprKind::Call(Function::Not, parts) if parts.len() == 1 => self.negation(&parts[0]),
            ExprKind::Call(Function::IsNone | Function::IsMissing, parts) if parts.len() == 1 => {
                format!("{} has no value", self.part(&parts[0]))
            }
            ExprKind::Call(Function::Truthy, parts) if parts.len() == 1 => {
                self.truth(&parts[0], true)
            }
            ExprKind::Call(Function::Known, parts) if parts.len() == 1 => self.condition(&parts[0]),
            ExprKind::Lookup {
                relation,
                value: LookupValue::Present,
                ..
            } => self.present(*relation),
            ExprKind::Column(name) => match self.asks_for(name) {
                Some(relation) => self.present(relation),
                None => format!("{} is true", self.column(name)),
            },
            ExprKind::Literal(Literal::Bool(true)) => "always".to_owned(),
            ExprKind::Literal(Literal::Bool(false)) => "never".to_owned(),
            _ => self.value(expr),
        }
    }

    /// What it means that a condition does not hold, as a clause.
    pub(crate) fn negation(self, expr: &Expr) -> String {
        match &expr.kind {
            // Next to a missing value neither a comparison nor its opposite holds.
            ExprKind::Call(Function::Compare(comparison, _), sides)
                if sides.len() == 2
                    && (matches!(comparison, Comparison::Eq | Comparison::Ne)
                        || !sides.iter().any(|side| self.can_be_missing(side))) =>
            {
                let opposite = match comparison {
                    Comparison::Eq => Comparison::Ne,
                    Comparison::Ne => Comparison::Eq,
                    Comparison::Lt => Comparison::Ge,
                    Comparison::Le => Comparison::Gt,
                    Comparison::Gt => Comparison::Le,
                    Comparison::Ge => Comparison::Lt,
                };
                self.comparison(opposite, &sides[0], &sides[1])
            }
            ExprKind::Call(function @ (Function::And | Function::Or), parts) => {
                let word = if *function == Function::And {
                    " or "
                } else {
                    " and "
                };
                let parts: Vec<String> = parts.iter().map(|part| self.negation(part)).collect();
                parts.join(word)
            }
            ExprKind::Call(Function::Not, parts) if parts.len() == 1 => self.condition(&parts[0]),
            ExprKind::Call(Function::IsNone | Function::IsMissing, parts) if parts.len() == 1 => {
                format!("{} has a value", self.part(&parts[0]))
            }
            ExprKind::Call(Function::Truthy, parts) if parts.len() == 1 => {
                self.truth(&parts[0], false)
            }
            ExprKind::Call(Function::Known, parts) if parts.len() == 1 => self.negation(&parts[0]),
            ExprKind::Lookup {
                relation,
                value: LookupValue::Present,
                ..
            } => self.absent(*relation),
            ExprKind::Column(name) => match self.asks_for(name) {
                Some(relation) => self.absent(relation),
                None => format!("{} is not true", self.column(name)),
            },
            _ => format!("it does not hold that {}", self.condition(expr)),
        }
    }

    fn absent(self, relation: NodeId) -> String {
        format!(
            "{} has no entry for the row",
            relation_name(self.flow, relation)
        )
    }

    fn comparison(self, comparison: Comparison, left: &Expr, right: &Expr) -> String {
        let time = [left, right].into_iter().all(|side| {
            self.ty(side)
                .is_some_and(|ty| matches!(ty.base, Base::Date | Base::Timestamp))
        });
        let verb = match (comparison, time) {
            (Comparison::Eq, _) => "is",
            (Comparison::Ne, _) => "is not",
            (Comparison::Lt, true) => "is earlier than",
            (Comparison::Le, true) => "is not later than",
            (Comparison::Gt, true) => "is later than",
            (Comparison::Ge, true) => "is not earlier than",
            (Comparison::Lt, false) => "is less than",
            (Comparison::Le, false) => "is at most",
            (Comparison::Gt, false) => "is greater than",
            (Comparison::Ge, false) => "is at least",
        };
        format!("{} {verb} {}", self.part(left), self.part(right))
    }

    fn truth(self, expr: &Expr, holds: bool) -> String {
        let value = self.part(expr);
        let Some(ty) = self.ty(expr) else {
            let verb = if holds { "is neither" } else { "is either" };
            let word = if holds { "nor" } else { "or" };
            return format!("{value} {verb} missing, empty {word} zero");
        };
        let nothing = match ty.base {
            Base::Text => "empty",
            Base::Bool => {
                let not = if holds { "" } else { " not" };
                return format!("{value} is{not} true");
            }
            Base::Nothing | Base::Date | Base::Timestamp => {
                let has = if holds { "a" } else { "no" };
                return format!("{value} has {has} value");
            }
            Base::Int64 | Base::Float64 | Base::Number | Base::Decimal { .. } => "zero",
        };
        match (holds, ty.missing.none) {
            (true, true) => format!("{value} is neither missing nor {nothing}"),
            (true, false) => format!("{value} is not {nothing}"),
            (false, true) => format!("{value} is missing or {nothing}"),
            (false, false) => format!("{value} is {nothing}"),
        }
    }

    /// Conditions joined; several answers to one question are listed.
    fn several(self, all: bool, parts: &[Expr]) -> String {
        let wanted = if all { Comparison::Ne } else { Comparison::Eq };
        let sides: Option<Vec<(&Expr, &Expr)>> = parts
            .iter()
            .map(|part| match &part.kind {
                ExprKind::Call(Function::Compare(comparison, _), sides)
                    if *comparison == wanted && sides.len() == 2 =>
                {
                    Some((&sides[0], &sides[1]))
                }
                _ => None,
            })
            .collect();
        if let Some(sides) = sides
            && let Some((subject, _)) = sides.first()
            && sides.iter().all(|(left, _)| left == subject)
        {
            let answers: Vec<String> = sides.iter().map(|(_, right)| self.part(right)).collect();
            let subject = self.part(subject);
            return if all {
                match &answers[..] {
                    [one, other] => format!("{subject} is neither {one} nor {other}"),
                    _ => format!("{subject} is none of {}", listed(&answers)),
                }
            } else {
                format!("{subject} is {}", alternatives(&answers))
            };
        }
        let parts: Vec<String> = parts
            .iter()
            .map(|part| {
                let text = self.condition(part);
                match &part.kind {
                    ExprKind::Call(Function::And | Function::Or, _) => format!("({text})"),
                    _ => text,
                }
            })
            .collect();
        parts.join(if all { " and " } else { " or " })
    }
}

/// A column of a relation; the only one worth a name may be called like the relation.
pub(crate) fn value_of(column: &str, relation: &str) -> String {
    if column == relation {
        format!("the value of {relation}")
    } else {
        format!("{column} of {relation}")
    }
}

fn found_value(column: &str, relation: &str) -> String {
    if column == relation {
        format!("the value in {relation}")
    } else {
        format!("the {column} in {relation}")
    }
}

/// A number of decimal places.
pub(crate) fn places(arguments: &[Expr]) -> String {
    match arguments.get(1).and_then(Expr::as_literal) {
        Some(Literal::Int(1)) => "1 decimal place".to_owned(),
        Some(Literal::Int(places)) => format!("{places} decimal places"),
        _ => "a number of decimal places that depends on the row".to_owned(),
    }
}

fn literal_in_words(literal: &Literal) -> String {
    match literal {
        Literal::None => "no value".to_owned(),
        Literal::Bool(true) => "yes".to_owned(),
        Literal::Bool(false) => "no".to_owned(),
        Literal::Int(value) => value.to_string(),
        Literal::Float(value) => relift_values::python_float_text(*value),
        Literal::Decimal { unscaled, scale } => {
            let text = relift_values::decimal_text(*unscaled, i32::from(*scale));
            match text.split_once('.') {
                Some((whole, rest)) if rest.bytes().all(|digit| digit == b'0') => large(whole),
                Some(_) => text,
                None => large(&text),
            }
        }
        Literal::Text(text) => format!("\"{text}\""),
        Literal::Date(days) => {
            relift_values::date_from_days(*days).map_or_else(String::new, relift_values::iso_date)
        }
    }
}

/// A long power of ten as one.
fn large(digits: &str) -> String {
    match digits.strip_prefix('1') {
        Some(zeros) if zeros.len() > 6 && zeros.bytes().all(|digit| digit == b'0') => {
            format!("10^{}", zeros.len())
        }
        _ => digits.to_owned(),
    }
}

/// How ties and signs are treated.
pub(crate) fn mode_in_words(mode: RoundingMode) -> &'static str {
    match mode {
        RoundingMode::HalfEven => "with ties to the even digit",
        RoundingMode::HalfUp => "with ties away from zero",
        RoundingMode::HalfDown => "with ties towards zero",
        RoundingMode::Up => "away from zero",
        RoundingMode::Down => "towards zero",
        RoundingMode::Floor => "downwards",
        RoundingMode::Ceiling => "upwards",
    }
}
