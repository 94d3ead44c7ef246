//! Scalar expressions and conditions.
//!
//! SQLite has no truth type: a comparison yields 1, 0 or NULL, and a number is true when it is not zero.
//! In a condition the dataflow's own truth values are used; where a comparison is a value it becomes an
//! integer.

use relift_dataflow::{
    Base, Comparison, Expr, ExprKind, Flavour, Function, Literal, Refusal, simplify,
};
use relift_job::ColumnName;
use relift_values::SqliteFunction;
use sqlparser::ast::{self, BinaryOperator, UnaryOperator, Value};

use super::affinity::{Side, SideAffinity};
use super::dialect::GLOB;
use super::functions::trimmed;
use super::query::Lowering;
use super::relation::{NotFound, Relation};
use super::select::unnested;

/// Why a name that no table in scope has is refused.
pub(crate) const NOT_FOUND: &str = "is in none of the tables read here";

/// What names mean where an expression stands.
#[derive(Clone)]
pub(crate) struct Context {
    /// The relation whose rows it is evaluated for.
    pub(crate) relation: Relation,
    /// Items of the SELECT list, for ORDER BY.
    pub(crate) aliases: Vec<(String, Expr)>,
    /// Window function calls and what they are over the relation.
    pub(crate) windows: Vec<(ast::Function, Expr)>,
    /// When `relation` are groups: of what.
    pub(crate) grouping: Option<Grouping>,
}

/// Groups and what they were made of.
#[derive(Clone)]
pub(crate) struct Grouping {
    /// The rows that were grouped.
    pub(crate) input: Relation,
    /// Keys, over `input`.
    pub(crate) keys: Vec<(ColumnName, Expr)>,
    /// Columns that are neither keys nor aggregated, and what they are over the groups.
    pub(crate) bare: Vec<(ColumnName, Expr)>,
    /// Aggregate calls and what they are over the groups.
    pub(crate) calls: Vec<(ast::Function, Expr)>,
}

impl Context {
    /// Rows of a relation.
    pub(crate) fn of(relation: &Relation) -> Self {
        Self {
            relation: relation.clone(),
            aliases: Vec::new(),
            windows: Vec::new(),
            grouping: None,
        }
    }

    /// Whether the rows are groups.
    pub(crate) fn is_grouped(&self) -> bool {
        self.grouping.is_some()
    }

    /// The relation whose columns the text names.
    pub(crate) fn input(&self) -> &Relation {
        self.grouping
            .as_ref()
            .map_or(&self.relation, |grouping| &grouping.input)
    }

    /// Columns of the group keys.
    pub(crate) fn group_keys(&self) -> Vec<ColumnName> {
        self.grouping
            .iter()
            .flat_map(|grouping| grouping.keys.iter().map(|(name, _)| name.clone()))
            .collect()
    }
}

impl Lowering<'_> {
    /// A condition: true, false or NULL.
    pub(crate) fn condition(
        &mut self,
        expr: &ast::Expr,
        context: &Context,
    ) -> Result<Expr, Refusal> {
        let lowered = self.lower(expr, context)?;
        let span = lowered.span.clone();
        match self.type_of(&lowered, context.relation.node)?.base {
            Base::Bool | Base::Nothing => Ok(simplify(lowered)),
            Base::Int64 | Base::Float64 | Base::Number => Ok(simplify(
                Expr::compare(Comparison::Ne, Flavour::Sql, lowered, Expr::int(0)).at(span),
            )),
            // A text counts as the number it begins with.
            Base::Text => {
                let number = Expr::call(Function::SqliteReal, vec![lowered]).at(span.clone());
                Ok(Expr::compare(Comparison::Ne, Flavour::Sql, number, Expr::int(0)).at(span))
            }
            _ => Err(Refusal::new(
                "condition",
                "is not lifted for this type",
                span,
            )),
        }
    }

    /// A value; a truth value becomes 1, 0 or NULL.
    pub(crate) fn value(&mut self, expr: &ast::Expr, context: &Context) -> Result<Expr, Refusal> {
        let lowered = self.lower(expr, context)?;
        let ty = self.type_of(&lowered, context.relation.node)?;
        if ty.base != Base::Bool {
            return Ok(lowered);
        }
        let span = lowered.span.clone();
        let mut arms = vec![(lowered.clone(), Expr::int(1))];
        let otherwise = if ty.missing.possible() {
            arms.push((lowered.negated(), Expr::int(0)));
            Expr::none()
        } else {
            Expr::int(0)
        };
        Ok(Expr::new(ExprKind::If {
            arms,
            otherwise: Box::new(otherwise),
        })
        .at(span))
    }

    /// Values that must not be mixed up are refused; the rest has the dataflow's type.
    fn lower(&mut self, expr: &ast::Expr, context: &Context) -> Result<Expr, Refusal> {
        let expr = unnested(expr);
        let span = Some(self.places.of(expr));
        if let ast::Expr::Function(call) = expr
            && call.over.is_some()
        {
            let found = context.windows.iter().find(|(own, _)| own == call);
            return match found {
                Some((_, value)) => Ok(value.clone().at(span)),
                None => Err(Refusal::new("window function", "cannot stand here", span)),
            };
        }
        if let Some(found) = self.group_value(expr, context)? {
            return Ok(found.at(span));
        }
        let no = |construct: &str, reason: &str| Err(Refusal::new(construct, reason, span.clone()));
        let lowered = match expr {
            ast::Expr::Identifier(name) => {
                if name.quote_style == Some('"')
                    && context.relation.resolve(None, &name.value).is_err()
                {
                    return no(
                        &format!("\"{}\"", name.value),
                        "is no column, so SQLite takes it as a text constant",
                    );
                }
                return Self::name(None, &name.value, context, span);
            }
            ast::Expr::CompoundIdentifier(parts) => match &parts[..] {
                [table, name] => return Self::name(Some(&table.value), &name.value, context, span),
                _ => return no("name", "frames have no schema"),
            },
            ast::Expr::Value(value) => self
                .parameter(&value.value)
                .map_or_else(|| literal(&value.value), Ok)
                .map_err(|reason| Refusal::new("constant", reason, span.clone()))?,
            ast::Expr::UnaryOp { op, expr } => match op {
                UnaryOperator::Plus => self.value(expr, context)?,
                UnaryOperator::Minus => {
                    let value = self.value(expr, context)?;
                    match value.as_literal() {
                        Some(Literal::Int(number)) => match number.checked_neg() {
                            Some(negative) => Expr::int(negative),
                            None => return no("constant", "does not fit 64 bits"),
                        },
                        Some(Literal::Float(number)) => Expr::literal(Literal::Float(-number)),
                        _ => {
                            let value = self.operand(value, None, context)?;
                            Expr::call(Function::Negate, vec![value])
                        }
                    }
                }
                UnaryOperator::Not => {
                    Expr::call(Function::Not, vec![self.condition(expr, context)?])
                }
                _ => return no("operator", "is not lifted"),
            },
            ast::Expr::BinaryOp {
                left,
                op: BinaryOperator::Custom(operator),
                right,
            } if operator == GLOB => {
                let arguments = vec![self.value(left, context)?, self.value(right, context)?];
                matched(SqliteFunction::Glob, arguments)
            }
            ast::Expr::BinaryOp { left, op, right } => {
                return self.binary(left, op, right, context, span);
            }
            ast::Expr::IsNull(inner) => {
                Expr::call(Function::IsMissing, vec![self.value(inner, context)?])
            }
            ast::Expr::IsNotNull(inner) => {
                Expr::call(Function::IsMissing, vec![self.value(inner, context)?]).negated()
            }
            ast::Expr::IsDistinctFrom(left, right) | ast::Expr::IsNotDistinctFrom(left, right) => {
                let comparison = if matches!(expr, ast::Expr::IsDistinctFrom(..)) {
                    Comparison::Ne
                } else {
                    Comparison::Eq
                };
                let (l, r) = (self.side(left, context)?, self.side(right, context)?);
                // In SQLite all missing values are NULL, and here NULL equals NULL.
                self.compared(comparison, Flavour::Python, &l, &r)?
            }
            ast::Expr::Between {
                expr,
                negated,
                low,
                high,
            } => {
                let value = self.side(expr, context)?;
                let (low, high) = (self.side(low, context)?, self.side(high, context)?);
                let within = Expr::all([
                    self.compared(Comparison::Ge, Flavour::Sql, &value, &low)?,
                    self.compared(Comparison::Le, Flavour::Sql, &value, &high)?,
                ]);
                if *negated { within.negated() } else { within }
            }
            ast::Expr::InList {
                expr,
                list,
                negated,
            } => {
                let value = self.side(expr, context)?;
                let mut parts = Vec::new();
                for item in list {
                    // The affinities of the list do not count.
                    let item = Side {
                        affinity: SideAffinity::Absent,
                        ..self.side(item, context)?
                    };
                    let comparison = if *negated {
                        Comparison::Ne
                    } else {
                        Comparison::Eq
                    };
                    parts.push(self.compared(comparison, Flavour::Sql, &value, &item)?);
                }
                match (parts.len(), negated) {
                    (0, negated) => Expr::bool(*negated),
                    (1, _) => parts.remove(0),
                    (_, true) => Expr::call(Function::And, parts),
                    (_, false) => Expr::call(Function::Or, parts),
                }
            }
            ast::Expr::Like {
                negated,
                any: false,
                expr,
                pattern,
                escape_char,
            } => {
                let mut arguments = vec![self.value(expr, context)?, self.value(pattern, context)?];
                for argument in &mut arguments {
                    if self.type_of(argument, context.relation.node)?.base == Base::Int64 {
                        *argument = Expr::call(Function::SqliteText, vec![argument.clone()]);
                    }
                }
                let like = match escape_char {
                    None => Expr::call(Function::SqliteLike, arguments),
                    Some(escape) => {
                        arguments.push(
                            literal(&escape.value)
                                .map_err(|reason| Refusal::new("ESCAPE", reason, span.clone()))?,
                        );
                        matched(SqliteFunction::LikeEscape, arguments)
                    }
                };
                if *negated { like.negated() } else { like }
            }
            ast::Expr::IsTrue(inner) | ast::Expr::IsNotTrue(inner) => {
                let holds = self.condition(inner, context)?;
                let holds = Expr::branch(holds, Expr::bool(true), Expr::bool(false));
                if matches!(expr, ast::Expr::IsTrue(_)) {
                    holds
                } else {
                    holds.negated()
                }
            }
            ast::Expr::IsFalse(inner) | ast::Expr::IsNotFalse(inner) => {
                let fails = self.condition(inner, context)?.negated();
                let fails = Expr::branch(fails, Expr::bool(true), Expr::bool(false));
                if matches!(expr, ast::Expr::IsFalse(_)) {
                    fails
                } else {
                    fails.negated()
                }
            }
            ast::Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => {
                let operand = match operand {
                    Some(operand) => Some(self.side(operand, context)?),
                    None => None,
                };
                let mut arms = Vec::new();
                for arm in conditions {
                    let condition = match &operand {
                        None => self.condition(&arm.condition, context)?,
                        Some(operand) => {
                            let value = self.side(&arm.condition, context)?;
                            self.compared(Comparison::Eq, Flavour::Sql, operand, &value)?
                        }
                    };
                    arms.push((condition, self.value(&arm.result, context)?));
                }
                let otherwise = match else_result {
                    Some(otherwise) => self.value(otherwise, context)?,
                    None => Expr::none(),
                };
                Expr::new(ExprKind::If {
                    arms,
                    otherwise: Box::new(otherwise),
                })
            }
            ast::Expr::Cast {
                expr, data_type, ..
            } => return self.cast(expr, &data_type.to_string(), context, span),
            ast::Expr::Function(call) => return self.call(call, context, span),
            ast::Expr::Trim {
                trim_where: None,
                trim_what: None,
                expr,
                trim_characters,
            } => {
                let mut arguments = vec![self.value(expr, context)?];
                match trim_characters.as_deref() {
                    None => Expr::call(Function::SqliteTrim, arguments),
                    Some([characters]) => {
                        arguments.push(self.value(characters, context)?);
                        trimmed("trim", arguments)
                    }
                    Some(_) => return no("TRIM", "takes two arguments at most"),
                }
            }
            ast::Expr::Substring {
                expr,
                substring_from: Some(from),
                substring_for,
                ..
            } => {
                let mut arguments = vec![self.value(expr, context)?, self.value(from, context)?];
                if let Some(length) = substring_for {
                    arguments.push(self.value(length, context)?);
                }
                Expr::call(Function::SqliteSubstr, arguments)
            }
            ast::Expr::Subquery(query) => self.apart(
                |lowering| lowering.scalar(query),
                |lowering| lowering.correlated_scalar(query, context),
            )?,
            ast::Expr::Exists { subquery, negated } => self.apart(
                |lowering| lowering.exists(subquery, *negated),
                |lowering| lowering.correlated_exists(subquery, *negated, context),
            )?,
            ast::Expr::InSubquery {
                expr,
                subquery,
                negated,
            } => {
                let probe = self.side(expr, context)?;
                self.membership(&probe, subquery, *negated, context)?
            }
            _ => return no("expression", "is not lifted from SQLite"),
        };
        let lowered = lowered.at(span.clone());
        // An ill-typed part is told where it stands, not where it is used.
        self.type_of(&lowered, context.relation.node)?;
        Ok(lowered)
    }

    /// Over groups: a key or an aggregate, as a column.
    fn group_value(
        &mut self,
        expr: &ast::Expr,
        context: &Context,
    ) -> Result<Option<Expr>, Refusal> {
        let Some(grouping) = &context.grouping else {
            return Ok(None);
        };
        if let ast::Expr::Function(call) = expr
            && let Some((_, value)) = grouping.calls.iter().find(|(own, _)| own == call)
        {
            return Ok(Some(value.clone()));
        }
        if matches!(
            expr,
            ast::Expr::Subquery(_) | ast::Expr::Exists { .. } | ast::Expr::Value(_)
        ) {
            return Ok(None);
        }
        let ungrouped = Context::of(&grouping.input);
        match self.lower(expr, &ungrouped) {
            Ok(value) => {
                let key = grouping.keys.iter().find(|(_, key)| *key == value);
                if let Some((name, _)) = key {
                    return Ok(Some(Expr::column(name.clone())));
                }
                let bare = value
                    .as_column()
                    .and_then(|name| grouping.bare.iter().find(|(own, _)| own == name));
                if let Some((_, value)) = bare {
                    return Ok(Some(value.clone()));
                }
                if value.as_column().is_some() {
                    return Err(Refusal::new(
                        format!("column {expr}"),
                        "is neither grouped by nor aggregated, so SQLite takes it from an arbitrary row",
                        Some(self.places.of(expr)),
                    ));
                }
                Ok(None)
            }
            Err(_) => Ok(None),
        }
    }

    fn name(
        qualifier: Option<&str>,
        name: &str,
        context: &Context,
        span: Option<relift_diagnostics::Span>,
    ) -> Result<Expr, Refusal> {
        let whole = match qualifier {
            Some(table) => format!("{table}.{name}"),
            None => name.to_owned(),
        };
        match context.relation.resolve(qualifier, name) {
            Ok(column) => Ok(Expr::column(column.column.clone()).at(span)),
            Err(NotFound::Unknown) => {
                // WHERE may name an alias of the list in SQLite; there it is as good as its expression.
                let alias = context
                    .aliases
                    .iter()
                    .find(|(alias, _)| qualifier.is_none() && alias.eq_ignore_ascii_case(name));
                match alias {
                    Some((_, value)) => Ok(value.clone().at(span)),
                    None => Err(Refusal::new(format!("column {whole}"), NOT_FOUND, span)),
                }
            }
            Err(NotFound::Ambiguous) => Err(Refusal::new(
                format!("column {whole}"),
                "is in several of the tables read here",
                span,
            )),
        }
    }

    fn binary(
        &mut self,
        left: &ast::Expr,
        op: &BinaryOperator,
        right: &ast::Expr,
        context: &Context,
        span: Option<relift_diagnostics::Span>,
    ) -> Result<Expr, Refusal> {
        let connect = match op {
            BinaryOperator::And => Some(Function::And),
            BinaryOperator::Or => Some(Function::Or),
            _ => None,
        };
        if let Some(function) = connect {
            let arguments = vec![
                self.condition(left, context)?,
                self.condition(right, context)?,
            ];
            return Ok(Expr::call(function, arguments).at(span));
        }
        let node = context.relation.node;
        let comparison = match op {
            BinaryOperator::Eq => Some(Comparison::Eq),
            BinaryOperator::NotEq => Some(Comparison::Ne),
            BinaryOperator::Lt => Some(Comparison::Lt),
            BinaryOperator::LtEq => Some(Comparison::Le),
            BinaryOperator::Gt => Some(Comparison::Gt),
            BinaryOperator::GtEq => Some(Comparison::Ge),
            _ => None,
        };
        if let Some(comparison) = comparison {
            let (l, r) = (self.side(left, context)?, self.side(right, context)?);
            return Ok(self.compared(comparison, Flavour::Sql, &l, &r)?.at(span));
        }
        let (l, r) = (self.value(left, context)?, self.value(right, context)?);
        let function = match op {
            BinaryOperator::Plus => Function::Add,
            BinaryOperator::Minus => Function::Subtract,
            BinaryOperator::Multiply => Function::Multiply,
            BinaryOperator::Divide => Function::SqliteDivide,
            BinaryOperator::Modulo => Function::SqliteModulo,
            BinaryOperator::StringConcat => {
                let text = |lowering: &Self, value: Expr| {
                    let base = lowering.type_of(&value, node)?.base;
                    Ok(match base {
                        Base::Text | Base::Nothing => value,
                        Base::Number => {
                            return Err(Refusal::new(
                                "text of a number",
                                "some rows hold an int, others a float, whose texts differ",
                                span.clone(),
                            ));
                        }
                        _ => Expr::call(Function::SqliteText, vec![value]).at(span.clone()),
                    })
                };
                let parts = vec![text(self, l)?, text(self, r)?];
                return Ok(Expr::call(Function::Concat, parts).at(span));
            }
            _ => {
                return Err(Refusal::new(
                    format!("operator {op}"),
                    "is not lifted",
                    span,
                ));
            }
        };
        let other =
            Some(self.type_of(&r, node)?.base).filter(|_| function != Function::SqliteModulo);
        let l = self.operand(l, other, context)?;
        let other =
            Some(self.type_of(&l, node)?.base).filter(|_| function != Function::SqliteModulo);
        let r = self.operand(r, other, context)?;
        if matches!(function, Function::SqliteDivide | Function::SqliteModulo) {
            let bases = [self.type_of(&l, node)?.base, self.type_of(&r, node)?.base];
            let divides = function == Function::SqliteDivide && bases.contains(&Base::Float64);
            if bases.contains(&Base::Number) && !divides {
                return Err(Refusal::new(
                    format!("operator {op}"),
                    "some rows hold an int, others a float, and SQLite divides them differently",
                    span,
                ));
            }
        }
        let lowered = Expr::call(function, vec![l, r]).at(span);
        self.type_of(&lowered, node)?;
        Ok(lowered)
    }
}

/// A function that answers with 1 or 0, as a condition.
fn matched(function: SqliteFunction, arguments: Vec<Expr>) -> Expr {
    let answer = Expr::call(Function::Sqlite(function), arguments);
    Expr::compare(Comparison::Ne, Flavour::Sql, answer, Expr::int(0))
}

impl Lowering<'_> {
    /// The value bound to a parameter.
    fn parameter(&self, value: &Value) -> Option<Expr> {
        match value {
            Value::Placeholder(name) => self.parameters.get(name).cloned(),
            _ => None,
        }
    }
}

fn literal(value: &Value) -> Result<Expr, String> {
    match value {
        Value::Number(text, _) => {
            if let Ok(number) = text.parse::<i64>() {
                return Ok(Expr::int(number));
            }
            match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Expr::literal(Literal::Float(number))),
                _ => Err(format!("the number {text} is not lifted")),
            }
        }
        Value::SingleQuotedString(text) => Ok(Expr::text(text.as_str())),
        // SQLite's TRUE and FALSE are 1 and 0.
        Value::Boolean(value) => Ok(Expr::int(i64::from(*value))),
        Value::Null => Ok(Expr::none()),
        other => Err(format!("{other} is not lifted")),
    }
}
