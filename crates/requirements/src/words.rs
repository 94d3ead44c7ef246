//! Expressions and names in plain words.

use relift_dataflow::{
    Comparison, Dataflow, Expr, ExprKind, Function, Literal, LookupValue, NodeId, Parameter,
    RoundingMode,
};
use relift_job::DateMode;

/// `customer_id` as "customer id".
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
    words.trim().to_owned()
}

/// What a relation is called.
pub(crate) fn relation_name(flow: &Dataflow, id: NodeId) -> String {
    let mut current = id;
    loop {
        let node = flow.node(current);
        if let Some(name) = &node.name {
            return humanised(name);
        }
        match node.op.inputs().first() {
            Some(input) => current = *input,
            None => return "input".to_owned(),
        }
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
            format!("the effective date and the {days} days before it")
        }
        DateMode::MostRecentPrior => "the latest date before the effective date".to_owned(),
        DateMode::MostRecent => "the latest date up to the effective date".to_owned(),
    }
}

/// An expression as a noun phrase.
pub(crate) fn value_in_words(flow: &Dataflow, expr: &Expr) -> String {
    let of = |part: &Expr| value_in_words(flow, part);
    match &expr.kind {
        ExprKind::Column(name) => humanised(name.as_str()),
        ExprKind::Literal(literal) => literal_in_words(literal),
        ExprKind::Parameter(Parameter::EffectiveDate) => "the effective date".to_owned(),
        ExprKind::Parameter(Parameter::ProcessingTime) => "the processing time".to_owned(),
        ExprKind::Previous(name) => format!("the running {}", humanised(name.as_str())),
        ExprKind::Scalar { relation, column } => format!(
            "the {} of {}",
            humanised(column.as_str()),
            relation_name(flow, *relation)
        ),
        ExprKind::Lookup {
            relation, value, ..
        } => match value {
            LookupValue::Present => {
                format!(
                    "there is a matching entry in {}",
                    relation_name(flow, *relation)
                )
            }
            LookupValue::Column(name) => format!(
                "the {} of the matching entry in {}",
                humanised(name.as_str()),
                relation_name(flow, *relation)
            ),
        },
        ExprKind::If { arms, otherwise } => {
            let mut choices = String::new();
            for (test, value) in arms {
                let value = of(value);
                let condition = condition_in_words(flow, test);
                choices.extend([value.as_str(), " if ", condition.as_str(), ", "]);
            }
            format!("{choices}otherwise {}", of(otherwise))
        }
        ExprKind::Call(function, arguments) => call_in_words(flow, *function, arguments),
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
            relift_values::decimal_text(*unscaled, i32::from(*scale))
        }
        Literal::Text(text) => format!("\"{text}\""),
        Literal::Date(days) => {
            relift_values::date_from_days(*days).map_or_else(String::new, relift_values::iso_date)
        }
    }
}

fn call_in_words(flow: &Dataflow, function: Function, arguments: &[Expr]) -> String {
    use Function as F;
    let words: Vec<String> = arguments
        .iter()
        .map(|argument| match &argument.kind {
            ExprKind::If { .. } => format!("({})", value_in_words(flow, argument)),
            ExprKind::Call(
                F::Add | F::Subtract | F::Multiply | F::Divide | F::FloorDivide | F::Modulo,
                _,
            ) => format!("({})", value_in_words(flow, argument)),
            _ => value_in_words(flow, argument),
        })
        .collect();
    let one = || words.first().cloned().unwrap_or_default();
    let two = || words.get(1).cloned().unwrap_or_default();
    match function {
        F::Compare(..) | F::And | F::Or | F::Not | F::IsNone | F::IsMissing | F::Truthy => {
            let expr = Expr::call(function, arguments.to_vec());
            format!("whether {}", condition_in_words(flow, &expr))
        }
        F::Known | F::ToPandasFloat | F::SqliteReal => arguments
            .first()
            .map_or_else(String::new, |argument| value_in_words(flow, argument)),
        F::Add => words.join(" plus "),
        F::Subtract => words.join(" minus "),
        F::Multiply => words.join(" times "),
        F::Divide | F::SqliteDivide => words.join(" divided by "),
        F::FloorDivide => format!("{} divided by {}, rounded down", one(), two()),
        F::Modulo | F::SqliteModulo => {
            format!("the remainder of {} divided by {}", one(), two())
        }
        F::Negate => format!("minus {}", one()),
        F::Absolute => format!("the magnitude of {}", one()),
        F::Greatest => format!("the larger of {}", listed(&words)),
        F::Least => format!("the smaller of {}", listed(&words)),
        F::PyRound | F::NumpyRound | F::SqliteRound => {
            format!("{} rounded to {} digits", one(), two())
        }
        F::PyRoundToInt => format!("{} rounded to a whole number", one()),
        F::Quantize(mode) => {
            format!(
                "{} rounded to {} digits {}",
                one(),
                two(),
                mode_in_words(mode)
            )
        }
        F::ToText | F::SqliteText => format!("the text of {}", one()),
        F::ToFloat | F::ToInt | F::ToDecimal | F::SqliteInt | F::DecimalOfFloat => {
            format!("{} as a number", one())
        }
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
        F::DaysBetween => format!("the days from {} to {}", two(), one()),
        F::AddDays => format!("{} plus {} days", one(), two()),
        F::LastDayOfMonth => format!("the last day of the month of {}", one()),
        F::Coalesce => format!("the first of {} that has a value", listed(&words)),
        F::NullIf => format!("{}, or no value if it is {}", one(), two()),
        F::IsoText => format!("{} written year-month-day", one()),
        F::ToDate => format!("the date of {}", one()),
        F::FixedText => format!("{} written with {} digits", one(), two()),
        F::ThousandsText => format!("{} written with {} digits and commas", one(), two()),
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

/// A condition as a clause.
pub(crate) fn condition_in_words(flow: &Dataflow, expr: &Expr) -> String {
    let value = |part: &Expr| value_in_words(flow, part);
    match &expr.kind {
        ExprKind::Call(Function::Compare(comparison, _), arguments) => {
            let [left, right] = &arguments[..] else {
                return value(expr);
            };
            let verb = match comparison {
                Comparison::Eq => "is",
                Comparison::Ne => "is not",
                Comparison::Lt => "is less than",
                Comparison::Le => "is at most",
                Comparison::Gt => "is greater than",
                Comparison::Ge => "is at least",
            };
            format!("{} {verb} {}", value(left), value(right))
        }
        ExprKind::Call(function @ (Function::And | Function::Or), parts) => {
            let word = if *function == Function::And {
                " and "
            } else {
                " or "
            };
            let parts: Vec<String> = parts
                .iter()
                .map(|part| {
                    let text = condition_in_words(flow, part);
                    match &part.kind {
                        ExprKind::Call(Function::And | Function::Or, _) => format!("({text})"),
                        _ => text,
                    }
                })
                .collect();
            parts.join(word)
        }
        ExprKind::Call(Function::Not, parts) => match parts.first().map(|part| &part.kind) {
            Some(ExprKind::Call(Function::IsNone | Function::IsMissing, inner)) => {
                format!("{} has a value", value(&inner[0]))
            }
            Some(ExprKind::Call(Function::Truthy, inner)) => {
                format!("{} is empty or zero", value(&inner[0]))
            }
            _ => format!(
                "it does not hold that {}",
                condition_in_words(flow, &parts[0])
            ),
        },
        ExprKind::Call(Function::IsNone | Function::IsMissing, parts) => {
            format!("{} has no value", value(&parts[0]))
        }
        ExprKind::Call(Function::Truthy, parts) => {
            format!("{} is neither empty nor zero", value(&parts[0]))
        }
        ExprKind::Lookup {
            value: LookupValue::Present,
            ..
        } => value(expr),
        ExprKind::Column(name) => format!("{} holds", humanised(name.as_str())),
        ExprKind::Literal(Literal::Bool(true)) => "always".to_owned(),
        ExprKind::Literal(Literal::Bool(false)) => "never".to_owned(),
        _ => value(expr),
    }
}
