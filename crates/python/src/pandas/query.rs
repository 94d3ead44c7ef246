//! `frame.query(text)`: conditions written as text over the columns of a frame.
//!
//! pandas reads the text as Python with three changes: `&` and `|` bind like `and` and `or`, `@name` is a
//! variable of the function around, and a name between backticks is a column whatever it is called.

use relift_dataflow::{Expr, Literal, NodeId, Refusal};
use relift_job::ColumnName;
use ruff_python_ast::{self as ast, BoolOp, CmpOp, Expr as Syntax, Number, Operator, UnaryOp};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::values::{Content, Series, Value};

/// What stands in the parsed text for `@`.
const LOCAL: &str = "__local_";

/// What stands in the parsed text for a quoted name, before its number.
const QUOTED: &str = "__quoted_";

/// The text as Python, and the names that stood between backticks.
fn as_python(text: &str) -> Option<(String, Vec<String>)> {
    let mut python = String::new();
    let mut names = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\'' | '"' => {
                python.push(character);
                loop {
                    let inside = characters.next()?;
                    python.push(inside);
                    if inside == '\\' {
                        python.push(characters.next()?);
                    } else if inside == character {
                        break;
                    }
                }
            }
            '`' => {
                let mut name = String::new();
                loop {
                    match characters.next()? {
                        '`' => break,
                        inside => name.push(inside),
                    }
                }
                python.push_str(&format!("{QUOTED}{}", names.len()));
                names.push(name);
            }
            '@' => python.push_str(LOCAL),
            '&' => python.push_str(" and "),
            '|' => python.push_str(" or "),
            // Outside of brackets a line would end the expression.
            '\n' | '\r' => python.push(' '),
            other => python.push(other),
        }
    }
    Some((python.trim().to_owned(), names))
}

/// A condition being read.
struct Query<'q> {
    node: NodeId,
    names: Vec<String>,
    arguments: &'q Arguments,
}

impl Lowerer<'_> {
    /// `frame.query(expr)`: the rows for which it is true.
    pub(crate) fn query_frame(
        &mut self,
        node: NodeId,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        arguments.only(1, &["expr", "inplace"])?;
        let Some(text) = arguments.need(0, "expr")?.as_text().map(str::to_owned) else {
            return Err(arguments.refuse("the text is not constant"));
        };
        let unreadable = || arguments.refuse("its text is not one expression of Python");
        let (python, names) = as_python(&text).ok_or_else(unreadable)?;
        let parsed = parse_unchecked(&python, ParseOptions::from(Mode::Expression));
        if !parsed.errors().is_empty() {
            return Err(unreadable());
        }
        let ast::Mod::Expression(parsed) = parsed.into_syntax() else {
            return Err(unreadable());
        };
        let query = Query {
            node,
            names,
            arguments,
        };
        let mask = self.queried(&query, &parsed.body)?;
        if !matches!(mask, Value::Series(_)) {
            return Err(arguments.refuse("its text is no condition on the rows"));
        }
        let node = self.masked(node, &mask, &arguments.span)?;
        Ok(self.object(Content::Frame(node)))
    }

    fn queried(&mut self, query: &Query<'_>, expr: &Syntax) -> Result<Value, Refusal> {
        let span = &query.arguments.span;
        let refuse = |reason: &str| Err(query.arguments.refuse(reason));
        match expr {
            Syntax::Name(name) => self.queried_name(query, name.id.as_str()),
            Syntax::NumberLiteral(number) => match &number.value {
                Number::Int(value) => match value.as_i64() {
                    Some(value) => Ok(Value::int(value)),
                    None => refuse("a number has more than 64 bits"),
                },
                Number::Float(value) => Ok(Value::literal(Literal::Float(*value))),
                Number::Complex { .. } => refuse("complex numbers are not lifted"),
            },
            Syntax::StringLiteral(text) => Ok(Value::text(text.value.to_str())),
            Syntax::BooleanLiteral(value) => Ok(Value::literal(Literal::Bool(value.value))),
            Syntax::List(ast::ExprList { elts, .. })
            | Syntax::Tuple(ast::ExprTuple { elts, .. }) => {
                let items = elts
                    .iter()
                    .map(|item| self.queried(query, item))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(self.list_of(items))
            }
            Syntax::BoolOp(connected) => {
                let operator = match connected.op {
                    BoolOp::And => Operator::BitAnd,
                    BoolOp::Or => Operator::BitOr,
                };
                let mut whole: Option<Value> = None;
                for part in &connected.values {
                    let part = self.queried(query, part)?;
                    if !matches!(part, Value::Series(_)) {
                        return refuse("a part of it is no condition on the rows");
                    }
                    whole = Some(match whole {
                        None => part,
                        Some(before) => self.series_binary(operator, &before, &part, span)?,
                    });
                }
                Ok(whole.unwrap_or(Value::none()))
            }
            Syntax::UnaryOp(unary) => {
                let value = self.queried(query, &unary.operand)?;
                match (&value, unary.op, value.as_literal()) {
                    (Value::Series(_), UnaryOp::Not | UnaryOp::Invert, _) => {
                        self.series_unary(UnaryOp::Invert, &value, span)
                    }
                    (Value::Series(_), UnaryOp::USub, _) => {
                        self.series_unary(UnaryOp::USub, &value, span)
                    }
                    (_, UnaryOp::USub, Some(Literal::Int(whole))) => Ok(Value::int(-whole)),
                    (_, UnaryOp::USub, Some(Literal::Float(float))) => {
                        Ok(Value::literal(Literal::Float(-float)))
                    }
                    _ => refuse("this sign is not lifted"),
                }
            }
            Syntax::BinOp(binary) => {
                let left = self.queried(query, &binary.left)?;
                let right = self.queried(query, &binary.right)?;
                if !matches!(left, Value::Series(_)) && !matches!(right, Value::Series(_)) {
                    return refuse("arithmetic without a column is not lifted");
                }
                self.series_binary(binary.op, &left, &right, span)
            }
            Syntax::Compare(compare) => self.queried_comparison(query, compare),
            Syntax::Call(call) => {
                let Syntax::Attribute(method) = &*call.func else {
                    return refuse("a function in it is not lifted");
                };
                let receiver = self.queried(query, &method.value)?;
                if !matches!(receiver, Value::Series(_) | Value::Bound(..)) {
                    return refuse("only methods of columns are lifted in it");
                }
                let mut given = Arguments {
                    positional: Vec::new(),
                    named: Vec::new(),
                    construct: format!("method `{}`", method.attr),
                    span: span.clone(),
                };
                for argument in &call.arguments.args {
                    given.positional.push(self.queried(query, argument)?);
                }
                for keyword in &call.arguments.keywords {
                    let Some(name) = &keyword.arg else {
                        return refuse("spread arguments are not lifted");
                    };
                    let value = self.queried(query, &keyword.value)?;
                    given.named.push((name.to_string(), value));
                }
                self.call_method(&receiver, method.attr.as_str(), &given)
            }
            Syntax::Attribute(attribute) => {
                let value = self.queried(query, &attribute.value)?;
                if !matches!(value, Value::Series(_) | Value::Bound(..)) {
                    return refuse("only attributes of columns are lifted in it");
                }
                self.attribute(&value, attribute.attr.as_str(), span)
            }
            _ => refuse("a part of its text is not lifted"),
        }
    }

    fn queried_name(&mut self, query: &Query<'_>, name: &str) -> Result<Value, Refusal> {
        if let Some(local) = name.strip_prefix(LOCAL) {
            let value = self.lookup_name(local).ok_or_else(|| {
                query
                    .arguments
                    .refuse(format!("there is no variable `{local}`"))
            })?;
            return match value {
                Value::Unknown(refusal) => Err((*refusal).clone()),
                value => Ok(value),
            };
        }
        let quoted = name
            .strip_prefix(QUOTED)
            .and_then(|place| query.names.get(place.parse::<usize>().ok()?));
        let column = ColumnName::from(quoted.map_or(name, String::as_str));
        if !self.flow.node(query.node).schema.has(&column) {
            return Err(query
                .arguments
                .refuse(format!("there is no column \"{column}\"")));
        }
        Ok(Value::Series(Series {
            frame: query.node,
            expr: Expr::column(column),
        }))
    }

    fn queried_comparison(
        &mut self,
        query: &Query<'_>,
        compare: &ast::ExprCompare,
    ) -> Result<Value, Refusal> {
        let arguments = query.arguments;
        let span = &arguments.span;
        let mut left = self.queried(query, &compare.left)?;
        let mut whole: Option<Value> = None;
        for (operator, right) in compare.ops.iter().zip(&compare.comparators) {
            let right = self.queried(query, right)?;
            let listed = matches!(
                right,
                Value::Object(_) | Value::Tuple(_) | Value::FrozenList(_)
            );
            let part = match (operator, &left) {
                (CmpOp::In | CmpOp::Eq, Value::Series(_)) if listed => {
                    self.among(&left, &right, arguments)?
                }
                (CmpOp::NotIn | CmpOp::NotEq, Value::Series(_)) if listed => {
                    let among = self.among(&left, &right, arguments)?;
                    self.series_unary(UnaryOp::Invert, &among, span)?
                }
                _ if matches!(left, Value::Series(_)) || matches!(right, Value::Series(_)) => {
                    self.series_compare(*operator, &left, &right, span)?
                }
                _ => return Err(arguments.refuse("a comparison without a column is not lifted")),
            };
            whole = Some(match whole {
                None => part,
                Some(before) => self.series_binary(Operator::BitAnd, &before, &part, span)?,
            });
            left = right;
        }
        whole.ok_or_else(|| arguments.refuse("a comparison has nothing to compare with"))
    }

    fn among(
        &mut self,
        column: &Value,
        values: &Value,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let given = Arguments {
            positional: vec![values.clone()],
            named: Vec::new(),
            ..arguments.clone()
        };
        self.series_method(column, "isin", &given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_python() {
        let read = |text: &str| as_python(text).map(|(python, _)| python);
        assert_eq!(
            read("a > 1 & b == 'x & @y'").as_deref(),
            Some("a > 1  and  b == 'x & @y'")
        );
        assert_eq!(
            read("`unit price` < @limit").as_deref(),
            Some("__quoted_0 < __local_limit")
        );
        assert_eq!(read("a == 'x"), None);
    }
}
