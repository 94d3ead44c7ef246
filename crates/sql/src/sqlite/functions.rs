//! SQLite's scalar functions, as far as their exact meaning has a name in the dataflow.

use relift_dataflow::{Base, Expr, ExprKind, Function, Literal, Refusal};
use relift_diagnostics::Span;
use relift_values::{
    SqliteFunction, SqliteValue, sqlite_format_values, sqlite_knows_moment_format,
};
use sqlparser::ast::{self, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::affinity::Affinity;
use super::expression::Context;
use super::query::Lowering;
use super::relation::IsoText;

impl Lowering<'_> {
    pub(crate) fn call(
        &mut self,
        call: &ast::Function,
        context: &Context,
        span: Option<Span>,
    ) -> Result<Expr, Refusal> {
        let name = call.name.to_string().to_ascii_lowercase();
        let no = |reason: &str| Err(Refusal::new(format!("`{name}`"), reason, span.clone()));
        if super::grouping::is_aggregate(call) {
            return no("an aggregate cannot stand here");
        }
        let FunctionArguments::List(list) = &call.args else {
            return no("is not lifted");
        };
        let mut arguments = Vec::new();
        for argument in &list.args {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument else {
                return no("takes values");
            };
            arguments.push(self.value(argument, context)?);
        }
        let node = context.relation.node;
        let mut bases = Vec::new();
        for argument in &arguments {
            bases.push(self.type_of(argument, node)?.base);
        }
        // These take what a text begins with as a float, whatever it looks like.
        if matches!(name.as_str(), "round" | "abs") && bases.first() == Some(&Base::Text) {
            arguments[0] = Expr::call(Function::SqliteReal, vec![arguments[0].clone()]);
            bases[0] = Base::Float64;
        }
        let lowered = match (name.as_str(), &bases[..]) {
            ("coalesce" | "ifnull", [_, ..]) => self.coalesce(arguments, context)?,
            ("iif", [_, _, _]) => {
                let FunctionArg::Unnamed(FunctionArgExpr::Expr(condition)) = &list.args[0] else {
                    return no("takes values");
                };
                let condition = self.condition(condition, context)?;
                let mut rest = arguments.into_iter().skip(1);
                match (rest.next(), rest.next()) {
                    (Some(value), Some(otherwise)) => Expr::branch(condition, value, otherwise),
                    _ => return no("takes three arguments"),
                }
            }
            ("nullif", [a, b]) if a == b || is_number(*a) && is_number(*b) => {
                Expr::call(Function::NullIf, arguments)
            }
            ("abs", [Base::Int64 | Base::Float64 | Base::Number]) => {
                Expr::call(Function::Absolute, arguments)
            }
            ("round", [Base::Int64 | Base::Float64 | Base::Number]) => {
                arguments.push(Expr::int(0));
                Expr::call(Function::SqliteRound, arguments)
            }
            ("round", [Base::Int64 | Base::Float64 | Base::Number, Base::Int64]) => {
                Expr::call(Function::SqliteRound, arguments)
            }
            ("upper", [Base::Text]) => Expr::call(Function::SqliteUpper, arguments),
            ("lower", [Base::Text]) => Expr::call(Function::SqliteLower, arguments),
            ("length", [Base::Text]) => Expr::call(Function::Length, arguments),
            ("trim", [Base::Text]) => Expr::call(Function::SqliteTrim, arguments),
            ("replace", [Base::Text, Base::Text, Base::Text]) => {
                let searched = arguments[1].as_literal();
                let plain = matches!(searched, Some(Literal::Text(text)) if !text.is_empty());
                let function = if plain {
                    Function::Replace
                } else {
                    Function::Sqlite(SqliteFunction::Replace)
                };
                Expr::call(function, arguments)
            }
            (
                "substr" | "substring",
                [Base::Text, Base::Int64] | [Base::Text, Base::Int64, Base::Int64],
            ) => Expr::call(Function::SqliteSubstr, arguments),
            ("date", [Base::Text]) if context.relation.iso(&arguments[0]).is_some() => {
                match context.relation.iso(&arguments[0]) {
                    Some(IsoText::Timestamp) => part(arguments.remove(0), 1, 10),
                    _ => arguments.remove(0),
                }
            }
            ("strftime", [Base::Text, Base::Text])
                if Self::part_of_iso(&arguments, context).is_some() =>
            {
                match Self::part_of_iso(&arguments, context) {
                    Some((from, length)) => part(arguments.remove(1), from, length),
                    None => return no("this format is not lifted"),
                }
            }
            ("date" | "datetime" | "time" | "julianday" | "strftime" | "unixepoch", _) => {
                Self::moment(&name, arguments, &bases, span.as_ref())?
            }
            ("instr", [Base::Text, Base::Text]) => {
                Expr::call(Function::Sqlite(SqliteFunction::Instr), arguments)
            }
            ("hex", [Base::Text]) => Expr::call(Function::Sqlite(SqliteFunction::Hex), arguments),
            ("ltrim" | "rtrim", [Base::Text]) => {
                arguments.push(Expr::text(" "));
                trimmed(&name, arguments)
            }
            ("ltrim" | "rtrim" | "trim", [Base::Text, Base::Text]) => trimmed(&name, arguments),
            ("glob", [Base::Text, Base::Text]) => {
                arguments.reverse();
                Expr::call(Function::Sqlite(SqliteFunction::Glob), arguments)
            }
            ("length", [Base::Int64]) => {
                let text = Expr::call(Function::SqliteText, arguments);
                Expr::call(Function::Length, vec![text])
            }
            ("typeof", [base @ (Base::Text | Base::Int64 | Base::Float64)]) => {
                let word = match base {
                    Base::Text => "text",
                    Base::Int64 => "integer",
                    _ => "real",
                };
                let missing = Expr::call(Function::IsMissing, arguments);
                Expr::branch(missing, Expr::text("null"), Expr::text(word))
            }
            ("printf" | "format", [Base::Text, ..]) => {
                let Some(Literal::Text(format)) = arguments[0].as_literal() else {
                    return no("needs a constant format");
                };
                if sqlite_format_values(format) != Some(arguments.len() - 1) {
                    return no("this format is not lifted");
                }
                if bases.contains(&Base::Number) {
                    return no("some rows hold an int, others a float");
                }
                let Some(version) = &self.flow.sqlite else {
                    return no("depends on the release of SQLite, which is not known");
                };
                arguments.push(Expr::text(version.as_str()));
                Expr::call(Function::Sqlite(SqliteFunction::Format), arguments)
            }
            ("min" | "max", [first, _, ..])
                if bases.iter().all(|base| base == first)
                    || bases.iter().all(|base| is_number(*base)) =>
            {
                let function = if name == "max" {
                    Function::Greatest
                } else {
                    Function::Least
                };
                // The engine passes over NULL, where SQLite answers NULL.
                let mut missing = Vec::new();
                for argument in &arguments {
                    if self.type_of(argument, node)?.missing.possible() {
                        missing.push(Expr::call(Function::IsMissing, vec![argument.clone()]));
                    }
                }
                let chosen = Expr::call(function, arguments);
                match missing.len() {
                    0 => chosen,
                    1 => Expr::branch(missing.remove(0), Expr::none(), chosen),
                    _ => Expr::branch(Expr::call(Function::Or, missing), Expr::none(), chosen),
                }
            }
            _ => return no("is not lifted from SQLite for these arguments"),
        };
        let lowered = lowered.at(span);
        self.type_of(&lowered, node)?;
        Ok(lowered)
    }

    /// Where the answer of a format stands in ISO text.
    fn part_of_iso(arguments: &[Expr], context: &Context) -> Option<(i64, i64)> {
        match arguments {
            [format, value] => match format.as_literal() {
                Some(Literal::Text(format)) => iso_part(format, context.relation.iso(value)?),
                _ => None,
            },
            _ => None,
        }
    }

    /// A function of dates and times with its modifiers.
    fn moment(
        name: &str,
        mut arguments: Vec<Expr>,
        bases: &[Base],
        span: Option<&Span>,
    ) -> Result<Expr, Refusal> {
        let no = |reason: &str| Err(Refusal::new(format!("`{name}`"), reason, span.cloned()));
        let function = match name {
            "date" => SqliteFunction::Date,
            "time" => SqliteFunction::Time,
            "datetime" => SqliteFunction::DateTime,
            "julianday" => SqliteFunction::JulianDay,
            _ => SqliteFunction::Strftime,
        };
        let formatted = name == "strftime";
        if formatted {
            match arguments.first().and_then(Expr::as_literal) {
                Some(Literal::Text(format)) if sqlite_knows_moment_format(format) => {}
                _ => return no("needs a constant format that every release knows"),
            }
        }
        let first = usize::from(formatted);
        let Some(base) = bases.get(first) else {
            return no("asks the clock, which a job must not");
        };
        if !matches!(
            base,
            Base::Text | Base::Int64 | Base::Float64 | Base::Nothing
        ) {
            return no("is not lifted for this type");
        }
        if bases[first + 1..].iter().any(|base| *base != Base::Text) {
            return no("takes texts as modifiers");
        }
        for (index, argument) in arguments[first..].iter().enumerate() {
            let Some(Literal::Text(text)) = argument.as_literal() else {
                continue;
            };
            let word = text.trim().to_ascii_lowercase();
            match word.as_str() {
                "now" if index == 0 => return no("asks the clock, which a job must not"),
                "localtime" | "utc" if index > 0 => {
                    return no("asks the time zone of the machine, which a job must not");
                }
                "auto" | "julianday" | "subsec" | "subsecond" | "ceiling" | "floor"
                    if index > 0 =>
                {
                    return no("has a modifier that is not lifted");
                }
                _ => {}
            }
        }
        let seconds = name == "unixepoch";
        if seconds {
            arguments.insert(0, Expr::text("%s"));
        }
        let constants: Option<Vec<SqliteValue>> = arguments.iter().map(constant).collect();
        let value = match constants.map(|constants| function.evaluate(&constants)) {
            Some(Ok(SqliteValue::Text(text))) => Expr::text(text),
            Some(Ok(SqliteValue::Null)) => Expr::none(),
            _ => Expr::call(Function::Sqlite(function), arguments),
        };
        Ok(if seconds {
            Expr::call(Function::SqliteInt, vec![value])
        } else {
            value
        })
    }

    /// What stands behind an argument that is never NULL is never returned.
    fn coalesce(&mut self, arguments: Vec<Expr>, context: &Context) -> Result<Expr, Refusal> {
        let mut kept = Vec::new();
        for argument in arguments {
            let ty = self.type_of(&argument, context.relation.node)?;
            if ty.base == Base::Nothing {
                continue;
            }
            kept.push(argument);
            if !ty.missing.possible() {
                break;
            }
        }
        Ok(match kept.len() {
            0 => Expr::none(),
            1 => kept.remove(0),
            _ => Expr::call(Function::Coalesce, kept),
        })
    }

    pub(crate) fn cast(
        &mut self,
        expr: &ast::Expr,
        to: &str,
        context: &Context,
        span: Option<Span>,
    ) -> Result<Expr, Refusal> {
        let value = self.value(expr, context)?;
        let base = self.type_of(&value, context.relation.node)?.base;
        let lowered = match (Affinity::of(to), base) {
            (Affinity::Integer | Affinity::Numeric, Base::Int64)
            | (Affinity::Numeric, Base::Float64 | Base::Number)
            | (Affinity::Text, Base::Text)
            | (Affinity::Real, Base::Float64)
            | (_, Base::Nothing) => value,
            (Affinity::Integer, Base::Float64 | Base::Number | Base::Text) => {
                Expr::call(Function::SqliteInt, vec![value])
            }
            (Affinity::Real, Base::Int64 | Base::Number | Base::Text) => {
                Expr::call(Function::SqliteReal, vec![value])
            }
            (Affinity::Text, Base::Int64 | Base::Float64) => {
                Expr::call(Function::SqliteText, vec![value])
            }
            // A date's text begins with its year.
            (Affinity::Numeric, Base::Text) if context.relation.iso(&value).is_some() => {
                Expr::call(Function::SqliteInt, vec![value])
            }
            (Affinity::Numeric, Base::Text) => {
                return Err(Refusal::new(
                    format!("CAST AS {to}"),
                    "of a text gives ints in some rows and floats in others",
                    span,
                ));
            }
            _ => {
                return Err(Refusal::new(
                    format!("CAST AS {to}"),
                    "is not lifted for this type",
                    span,
                ));
            }
        };
        Ok(lowered.at(span))
    }
}

/// A constant as SQLite holds it.
fn constant(value: &Expr) -> Option<SqliteValue> {
    Some(match value.as_literal()? {
        Literal::None => SqliteValue::Null,
        Literal::Int(value) => SqliteValue::Integer(*value),
        Literal::Float(value) => SqliteValue::Real(*value),
        Literal::Text(text) => SqliteValue::Text(text.clone()),
        _ => return None,
    })
}

/// Characters taken off a text.
pub(crate) fn trimmed(name: &str, arguments: Vec<Expr>) -> Expr {
    let function = match name {
        "ltrim" => SqliteFunction::TrimStart,
        "rtrim" => SqliteFunction::TrimEnd,
        _ => SqliteFunction::TrimBoth,
    };
    Expr::call(Function::Sqlite(function), arguments)
}

fn is_number(base: Base) -> bool {
    matches!(base, Base::Int64 | Base::Float64 | Base::Number)
}

/// `SUBSTR(value, from, length)`; the whole of a date when it asks for that.
fn part(value: Expr, from: i64, length: i64) -> Expr {
    if (from, length) == (1, i64::MAX) {
        return value;
    }
    Expr::new(ExprKind::Call(
        Function::SqliteSubstr,
        vec![value, Expr::int(from), Expr::int(length)],
    ))
}

/// Where in ISO text a format's answer stands.
fn iso_part(format: &str, iso: IsoText) -> Option<(i64, i64)> {
    Some(match (format, iso) {
        ("%Y", _) => (1, 4),
        ("%m", _) => (6, 2),
        ("%d", _) => (9, 2),
        ("%Y-%m", _) => (1, 7),
        ("%m-%d", _) => (6, 5),
        ("%Y-%m-%d", IsoText::Date) => (1, i64::MAX),
        ("%Y-%m-%d", IsoText::Timestamp) => (1, 10),
        ("%H", IsoText::Timestamp) => (12, 2),
        ("%M", IsoText::Timestamp) => (15, 2),
        ("%S", IsoText::Timestamp) => (18, 2),
        ("%H:%M", IsoText::Timestamp) => (12, 5),
        ("%H:%M:%S", IsoText::Timestamp) => (12, 8),
        _ => return None,
    })
}
