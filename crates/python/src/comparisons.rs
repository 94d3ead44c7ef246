//! Truth, comparison, membership and the connectives.

use relift_dataflow::{Base, Comparison, Expr, ExprKind, Flavour, Function, Literal, Refusal};
use relift_diagnostics::Span;
use ruff_python_ast::{self as ast, BoolOp, CmpOp};

use crate::arithmetic::folded;
use crate::lowering::Lowerer;
use crate::state::{all, any, choose, not};
use crate::values::{
    Condition, Content, NO_ROW, RecordKind, Rest, SegmentKind, Term, Value, may_raise,
};

impl<'a> Lowerer<'a> {
    /// Whether Python takes the value for true.
    pub(crate) fn truth(&mut self, value: &Value, span: &Span) -> Result<Term, Refusal> {
        let constant = |value: bool| Ok(Term::literal(Literal::Bool(value)));
        match crate::merging::resolve(value, &self.state) {
            Value::Scalar(term) => {
                let term = self.refined(&term, &self.state);
                let ty = self.type_of(&term)?;
                if ty.base == Base::Bool && !ty.missing.possible() {
                    return Ok(term);
                }
                if ty.base == Base::Nothing {
                    return constant(false);
                }
                if matches!(ty.base, Base::Date | Base::Timestamp) {
                    if ty.base == Base::Timestamp && ty.missing.possible() {
                        return Err(Refusal::new(
                            "truth value",
                            "the truth of a missing timestamp is not lifted",
                            Some(span.clone()),
                        ));
                    }
                    if !ty.missing.none {
                        return constant(true);
                    }
                    return Ok(Term {
                        expr: not(Expr::call(Function::IsNone, vec![term.expr]))
                            .at(Some(span.clone())),
                        numpy: false,
                        scope: term.scope,
                    });
                }
                Ok(Term {
                    expr: folded(Function::Truthy, vec![term.expr]).at(Some(span.clone())),
                    numpy: false,
                    scope: term.scope,
                })
            }
            Value::Exact(term) => self.exact_truth(&term, span),
            Value::Days(term) | Value::Span(term) => Ok(Term {
                expr: folded(Function::Truthy, vec![term.expr]).at(Some(span.clone())),
                numpy: false,
                scope: term.scope,
            }),
            Value::Parts(parts) => {
                let count = self.part_count(&parts, span)?;
                Ok(nonzero(count, span))
            }
            Value::Tuple(items) | Value::FrozenList(items) => constant(!items.is_empty()),
            Value::Matching(rows) => self.matching_present(&rows, span),
            Value::Record(record)
                if let RecordKind::Instance(class) = record.kind
                    && self
                        .members_of(class)
                        .is_some_and(|members| members.transparent) =>
            {
                let value = record.field("value").cloned().unwrap_or(Value::Unbound);
                self.truth(&value, span)
            }
            Value::Record(record) if matches!(record.kind, RecordKind::Instance(_)) => {
                constant(true)
            }
            Value::Record(record) if record.kind != RecordKind::Series => {
                constant(!record.fields.is_empty())
            }
            Value::Object(id) => match self.state.heap.get(&id).map(|object| &object.content) {
                Some(Content::List(_)) => {
                    let length = self.list_length(id, span)?;
                    Ok(nonzero(length, span))
                }
                Some(Content::Dict(dict)) if dict.class.is_some() => constant(true),
                Some(Content::Dict(_)) => {
                    let length = self.dict_length(id, span)?;
                    Ok(nonzero(length, span))
                }
                Some(Content::Poisoned(refusal)) => Err((**refusal).clone()),
                _ => Err(Refusal::new(
                    "truth value",
                    "the truth of a frame raises ValueError",
                    Some(span.clone()),
                )),
            },
            Value::Choice(choice) => {
                let condition = Term {
                    expr: choice.condition.clone(),
                    scope: choice.scope,
                    numpy: false,
                };
                let yes = self.under(condition.clone(), |lowerer| {
                    lowerer.truth(&choice.yes, span)
                })?;
                let opposite = Term {
                    expr: not(condition.expr.clone()),
                    ..condition.clone()
                };
                let no = self.under(opposite, |lowerer| lowerer.truth(&choice.no, span))?;
                let scope = self.scope_of(&[&condition, &yes, &no], span)?;
                Ok(Term {
                    expr: choose(&condition.expr, yes.expr, no.expr),
                    scope,
                    numpy: false,
                })
            }
            Value::Unknown(refusal) => Err((*refusal).clone()),
            other => Err(Refusal::new(
                "truth value",
                format!("the truth of {} is not lifted", other.kind()),
                Some(span.clone()),
            )),
        }
    }

    pub(crate) fn comparison(&mut self, compare: &'a ast::ExprCompare) -> Result<Value, Refusal> {
        let span = self.span(compare);
        let mut left = self.eval(&compare.left)?;
        let mut parts: Vec<Term> = Vec::new();
        for (operator, right) in compare.ops.iter().zip(&*compare.comparators) {
            let right = self.eval(right)?;
            let part = self.compare_values(*operator, &left, &right, &span)?;
            if compare.ops.len() == 1 {
                return Ok(part);
            }
            parts.push(self.truth(&part, &span)?);
            left = right;
        }
        let scope = self.scope_of(&parts.iter().collect::<Vec<_>>(), &span)?;
        Ok(Value::Scalar(Term {
            expr: all(parts.into_iter().map(|part| part.expr)).at(Some(span)),
            scope,
            numpy: false,
        }))
    }

    pub(crate) fn compare_values(
        &mut self,
        operator: CmpOp,
        left: &Value,
        right: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        if let (Value::Unknown(refusal), _) | (_, Value::Unknown(refusal)) = (left, right) {
            return Err((**refusal).clone());
        }
        if matches!(left, Value::Series(_)) || matches!(right, Value::Series(_)) {
            return self.series_compare(operator, left, right, span);
        }
        let comparison = match operator {
            CmpOp::In | CmpOp::NotIn => {
                let term = self.contains(right, left, span)?;
                let expr = if operator == CmpOp::In {
                    term.expr
                } else {
                    not(term.expr)
                };
                return Ok(Value::Scalar(Term {
                    expr: expr.at(Some(span.clone())),
                    ..term
                }));
            }
            CmpOp::Is | CmpOp::IsNot
                if matches!((left, right), (Value::Record(_), Value::Record(_))) =>
            {
                let Some(term) = self.equal_members(left, right, span)? else {
                    return Err(Refusal::new(
                        "operator `is`",
                        "identity of other things than None is not lifted",
                        Some(span.clone()),
                    ));
                };
                let expr = if operator == CmpOp::Is {
                    term.expr
                } else {
                    not(term.expr)
                };
                return Ok(Value::Scalar(Term { expr, ..term }));
            }
            CmpOp::Is | CmpOp::IsNot => {
                if !right.is_none() && right.as_bool().is_none() {
                    return Err(Refusal::new(
                        "operator `is`",
                        "identity of other things than None is not lifted",
                        Some(span.clone()),
                    ));
                }
                let term = self.same(left, right, span)?;
                let expr = if operator == CmpOp::Is {
                    term.expr
                } else {
                    not(term.expr)
                };
                return Ok(Value::Scalar(Term { expr, ..term }));
            }
            CmpOp::Eq => Comparison::Eq,
            CmpOp::NotEq => Comparison::Ne,
            CmpOp::Lt => Comparison::Lt,
            CmpOp::LtE => Comparison::Le,
            CmpOp::Gt => Comparison::Gt,
            CmpOp::GtE => Comparison::Ge,
        };
        if let Some(term) = self.measured(comparison, left, right, span)? {
            return Ok(Value::Scalar(term));
        }
        if matches!(comparison, Comparison::Eq | Comparison::Ne) {
            let term = if left.is_none() || right.is_none() {
                let value = if left.is_none() { right } else { left };
                self.same(value, &Value::none(), span)?
            } else {
                let left = self.resolved(left, "comparison", span)?;
                let right = self.resolved(right, "comparison", span)?;
                match (&left, &right) {
                    (Value::Choice(_), _) | (_, Value::Choice(_)) => {
                        let a = self.scalar(&left, "comparison", span)?;
                        let b = self.scalar(&right, "comparison", span)?;
                        self.compare(Comparison::Eq, a, b, span)?
                    }
                    (Value::Days(a), Value::Days(b)) => {
                        self.compare(Comparison::Eq, a.clone(), b.clone(), span)?
                    }
                    _ => self.equal(&left, &right, span)?,
                }
            };
            let expr = if comparison == Comparison::Eq {
                term.expr
            } else {
                not(term.expr)
            };
            return Ok(Value::Scalar(Term {
                expr: expr.at(Some(span.clone())),
                ..term
            }));
        }
        if let (Value::Days(a), Value::Days(b)) = (left, right) {
            return Ok(Value::Scalar(self.compare(
                comparison,
                a.clone(),
                b.clone(),
                span,
            )?));
        }
        let a = self.scalar(left, "comparison", span)?;
        let b = self.scalar(right, "comparison", span)?;
        Ok(Value::Scalar(self.compare(comparison, a, b, span)?))
    }

    /// A comparison of time differences, or of decimals one of which has any number of digits.
    fn measured(
        &mut self,
        comparison: Comparison,
        left: &Value,
        right: &Value,
        span: &Span,
    ) -> Result<Option<Term>, Refusal> {
        match (left, right) {
            (Value::Span(_), Value::Days(_) | Value::Span(_))
            | (Value::Days(_), Value::Span(_)) => {
                let a = self.microseconds(left, span)?;
                let b = self.microseconds(right, span)?;
                self.compare(comparison, a, b, span).map(Some)
            }
            (Value::Exact(_), Value::Exact(_)) => {
                self.exact_compare(comparison, left, right, span).map(Some)
            }
            (Value::Exact(_), Value::Scalar(other)) | (Value::Scalar(other), Value::Exact(_)) => {
                let ty = self.type_of(other)?;
                if matches!(ty.base, Base::Int64 | Base::Decimal { .. }) && !ty.missing.none {
                    return self.exact_compare(comparison, left, right, span).map(Some);
                }
                if ty.base == Base::Nothing && matches!(comparison, Comparison::Eq | Comparison::Ne)
                {
                    return Ok(None);
                }
                Err(Refusal::new(
                    "comparison",
                    format!("a Decimal of any number of digits is compared with {ty}"),
                    Some(span.clone()),
                ))
            }
            _ => Ok(None),
        }
    }

    /// `value is None` and its like.
    pub(crate) fn same(
        &mut self,
        value: &Value,
        other: &Value,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let constant = |value: bool| Ok(Term::literal(Literal::Bool(value)));
        let value = crate::merging::resolve(value, &self.state);
        if let Some(wanted) = other.as_bool() {
            let term = self.scalar(&value, "operator `is`", span)?;
            if self.type_of(&term)?.base != Base::Bool || term.numpy {
                return Err(Refusal::new(
                    "operator `is`",
                    "identity with True or False of something else than a bool is not lifted",
                    Some(span.clone()),
                ));
            }
            return self.compare(
                Comparison::Eq,
                term,
                Term::literal(Literal::Bool(wanted)),
                span,
            );
        }
        match value {
            Value::Scalar(term) => {
                let term = self.refined(&term, &self.state);
                let ty = self.type_of(&term)?;
                if ty.base == Base::Nothing {
                    return constant(true);
                }
                // NaN and NaT are not None, but a variable that was set to None before is.
                if ty.base == Base::Timestamp {
                    let expr = self.expanded(term.expr.clone(), term.scope);
                    return Ok(Term {
                        expr: set_to_none(&expr),
                        scope: term.scope,
                        numpy: false,
                    });
                }
                if !ty.missing.none {
                    return constant(false);
                }
                Ok(Term {
                    expr: Expr::call(Function::IsNone, vec![term.expr]).at(Some(span.clone())),
                    scope: term.scope,
                    numpy: false,
                })
            }
            Value::Choice(choice) => {
                let condition = Term {
                    expr: choice.condition.clone(),
                    scope: choice.scope,
                    numpy: false,
                };
                let yes = self.same(&choice.yes, other, span)?;
                let no = self.same(&choice.no, other, span)?;
                let scope = self.scope_of(&[&condition, &yes, &no], span)?;
                Ok(Term {
                    expr: choose(&condition.expr, yes.expr, no.expr),
                    scope,
                    numpy: false,
                })
            }
            Value::Unknown(refusal) => Err((*refusal).clone()),
            Value::Unbound => Err(Refusal::new(
                "operator `is`",
                "the value is not set on every path",
                Some(span.clone()),
            )),
            _ => constant(false),
        }
    }

    /// A comparison of two scalars.
    pub(crate) fn compare(
        &mut self,
        comparison: Comparison,
        a: Term,
        b: Term,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let ordering = !matches!(comparison, Comparison::Eq | Comparison::Ne);
        let (mut a, mut b) = (a, b);
        let (ta, tb) = (self.type_of(&a)?, self.type_of(&b)?);
        if ordering
            || (ta.base == Base::Timestamp && ta.missing.possible())
            || (tb.base == Base::Timestamp && tb.missing.possible())
        {
            a = self.known(
                a,
                "comparison",
                "None cannot be ordered and raises TypeError",
                span,
            )?;
            b = self.known(
                b,
                "comparison",
                "None cannot be ordered and raises TypeError",
                span,
            )?;
        }
        let exact = |base: Base| matches!(base, Base::Decimal { .. });
        if exact(ta.base) && tb.base == Base::Float64 || exact(tb.base) && ta.base == Base::Float64
        {
            return Err(Refusal::new(
                "comparison",
                "a Decimal is compared with a float",
                Some(span.clone()),
            ));
        }
        let nothing = ta.base == Base::Nothing || tb.base == Base::Nothing;
        let numbers =
            |base: Base| exact(base) || matches!(base, Base::Int64 | Base::Float64 | Base::Number);
        let comparable = ta.base == tb.base || nothing || (numbers(ta.base) && numbers(tb.base));
        if !comparable {
            let mixed_bool = ta.base == Base::Bool || tb.base == Base::Bool;
            if ordering || mixed_bool || (ta.missing.none && tb.missing.none) {
                return Err(Refusal::new(
                    "comparison",
                    format!("{ta} is compared with {tb}"),
                    Some(span.clone()),
                ));
            }
            // Values of different kinds are never equal.
            return Ok(Term::literal(Literal::Bool(comparison == Comparison::Ne)));
        }
        let scope = self.scope_of(&[&a, &b], span)?;
        Ok(Term {
            expr: folded(
                Function::Compare(comparison, Flavour::Python),
                vec![a.expr, b.expr],
            )
            .at(Some(span.clone())),
            scope,
            numpy: false,
        })
    }

    /// `item in container`.
    pub(crate) fn contains(
        &mut self,
        container: &Value,
        item: &Value,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let container = self.resolved(container, "operator `in`", span)?;
        if let Some(items) = self.fixed_items(&container) {
            return self.equals_any(item, &items, span);
        }
        match &container {
            Value::Object(id) => match self.state.heap.get(id).map(|object| object.content.clone())
            {
                Some(Content::Table(table)) => self.table_has(&table, item, span),
                Some(Content::Dict(dict)) => {
                    self.no_instance(*id, "operator `in`", span)?;
                    if dict.rest == Rest::Nothing && (!dict.entries.is_empty()) {
                        let keys: Vec<Value> = dict
                            .entries
                            .iter()
                            .map(|(key, _)| Value::literal(key.clone()))
                            .collect();
                        if dict.set {
                            return self.equals_any(item, &keys, span);
                        }
                    }
                    self.dict_has(*id, item, span)
                }
                Some(Content::List(segments)) => {
                    if segments
                        .iter()
                        .all(|segment| matches!(segment.kind, SegmentKind::Item(_)))
                        && segments.is_empty()
                    {
                        return Ok(Term::literal(Literal::Bool(false)));
                    }
                    if !self.loops.is_empty()
                        && segments
                            .iter()
                            .any(|segment| segment.guard.iter().any(|fact| fact.scope != NO_ROW))
                    {
                        return Err(Refusal::new(
                            "operator `in`",
                            "a list is searched while the loop fills it",
                            Some(span.clone()),
                        ));
                    }
                    let relation = self.list_relation(&segments, None, span)?;
                    self.list_has(&relation, item, span)
                }
                Some(Content::Frame(node)) => {
                    let has = item.as_text().map(|name| {
                        self.flow
                            .node(node)
                            .schema
                            .names()
                            .any(|column| column.as_str() == name)
                    });
                    has.map(|has| Term::literal(Literal::Bool(has)))
                        .ok_or_else(|| {
                            Refusal::new(
                                "operator `in`",
                                "a frame is asked for a column that is not constant",
                                Some(span.clone()),
                            )
                        })
                }
                Some(Content::Poisoned(refusal)) => Err((*refusal).clone()),
                _ => Err(Refusal::new(
                    "operator `in`",
                    "membership in this object is not lifted",
                    Some(span.clone()),
                )),
            },
            Value::Record(record) => match (record.kind, item.as_text()) {
                (RecordKind::Dict | RecordKind::Series, Some(name)) => {
                    Ok(Term::literal(Literal::Bool(record.field(name).is_some())))
                }
                _ => Err(Refusal::new(
                    "operator `in`",
                    "membership in a row is not lifted",
                    Some(span.clone()),
                )),
            },
            Value::SharedState => match item.as_text() {
                Some(name) => Ok(Term::literal(Literal::Bool(
                    self.state
                        .shared
                        .contains_key(&relift_job::FrameName::from(name))
                        || name == "__etlEffectiveDate",
                ))),
                None => Err(Refusal::new(
                    "operator `in`",
                    "the shared state is asked for a name that is not constant",
                    Some(span.clone()),
                )),
            },
            Value::Rows(relation) => {
                let relation = (**relation).clone();
                self.list_has(&relation, item, span)
            }
            Value::Parts(parts) => self.has_part(parts, item, span),
            Value::Scalar(text) => {
                let text = self.known(
                    text.clone(),
                    "operator `in`",
                    "None contains nothing and raises TypeError",
                    span,
                )?;
                let part = self.scalar(item, "operator `in`", span)?;
                let part = self.known(part, "operator `in`", "None raises TypeError", span)?;
                self.apply(Function::Contains, vec![text, part], span)
            }
            Value::Unknown(refusal) => Err((**refusal).clone()),
            other => Err(Refusal::new(
                "operator `in`",
                format!("membership in {} is not lifted", other.kind()),
                Some(span.clone()),
            )),
        }
    }

    fn equals_any(
        &mut self,
        item: &Value,
        candidates: &[Value],
        span: &Span,
    ) -> Result<Term, Refusal> {
        let mut parts = Vec::new();
        let mut scope = NO_ROW;
        for candidate in candidates {
            let part = if candidate.is_none() {
                self.same(item, candidate, span)?
            } else {
                self.equal(item, candidate, span)?
            };
            scope = self.scope_of(
                &[
                    &Term {
                        scope,
                        ..part.clone()
                    },
                    &part,
                ],
                span,
            )?;
            parts.push(part.expr);
        }
        Ok(Term {
            expr: any(parts).at(Some(span.clone())),
            scope,
            numpy: false,
        })
    }

    /// `a and b`, `a or b`: the value of one of the operands, the later ones only if reached.
    pub(crate) fn connective(&mut self, bool_op: &'a ast::ExprBoolOp) -> Result<Value, Refusal> {
        let span = self.span(bool_op);
        let (first, rest) = bool_op
            .values
            .split_first()
            .ok_or_else(|| Refusal::new("connective", "it has no operands", Some(span.clone())))?;
        let mut result = self.eval(first)?;
        for operand in rest {
            let test = self.truth(&result, &span)?;
            // The operand is reached only when those before it have not decided.
            let reached = match bool_op.op {
                BoolOp::And => test.clone(),
                BoolOp::Or => Term {
                    expr: not(test.expr.clone()),
                    ..test.clone()
                },
            };
            match self.state.known(&reached.expr) {
                Some(false) => return Ok(result),
                Some(true) => {
                    result = self.eval(operand)?;
                    continue;
                }
                None => {}
            }
            let (value, truth) = self.under(reached.clone(), |lowerer| {
                let value = lowerer.eval(operand)?;
                let truth = lowerer.truth(&value, &span);
                Ok((value, truth))
            })?;
            let boolean = |lowerer: &Self, value: &Value| match value {
                Value::Scalar(term) => lowerer
                    .type_of(term)
                    .is_ok_and(|ty| ty.base == Base::Bool && !ty.missing.possible()),
                _ => false,
            };
            if boolean(self, &result) && boolean(self, &value) {
                let truth = truth?;
                let scope = self.scope_of(&[&test, &truth], &span)?;
                let expr = if may_raise(&truth.expr) {
                    match bool_op.op {
                        BoolOp::And => Expr::branch(test.expr, truth.expr, Expr::bool(false)),
                        BoolOp::Or => Expr::branch(test.expr, Expr::bool(true), truth.expr),
                    }
                } else {
                    match bool_op.op {
                        BoolOp::And => all([test.expr, truth.expr]),
                        BoolOp::Or => any([test.expr, truth.expr]),
                    }
                };
                result = Value::Scalar(Term {
                    expr: expr.at(Some(span.clone())),
                    scope,
                    numpy: false,
                });
                continue;
            }
            let condition = Condition {
                expr: reached.expr,
                scope: reached.scope,
            };
            let before = result.clone();
            result = self.select(&condition, &value, &before);
        }
        Ok(result)
    }
}

/// When a timestamp is the constant None rather than a missing timestamp.
fn set_to_none(expr: &Expr) -> Expr {
    match &expr.kind {
        ExprKind::Literal(Literal::None) => Expr::bool(true),
        ExprKind::If { arms, otherwise } => arms
            .iter()
            .rev()
            .fold(set_to_none(otherwise), |rest, (condition, value)| {
                choose(condition, set_to_none(value), rest)
            }),
        _ => Expr::bool(false),
    }
}

fn nonzero(length: Term, span: &Span) -> Term {
    Term {
        expr: folded(
            Function::Compare(Comparison::Ne, Flavour::Python),
            vec![length.expr, Expr::int(0)],
        )
        .at(Some(span.clone())),
        ..length
    }
}
