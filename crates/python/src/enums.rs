//! `Enum`: members as constants with a name and a value.
//!
//! A member is equal to itself alone, unless the class also derives from `str` or `int`: then it is equal to
//! what its value is equal to. What a member is printed as differs between releases of Python and is refused.

use std::rc::Rc;

use relift_dataflow::{Literal, Refusal};
use relift_diagnostics::Span;
use ruff_python_ast::{Expr, Stmt};

use crate::classes::ClassId;
use crate::lowering::Lowerer;
use crate::state::any;
use crate::values::{Condition, Record, RecordKind, Term, Value};

/// What is known of an enumeration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Members {
    /// Names and values, in order.
    pub(crate) all: Vec<(String, Value)>,
    /// Members are equal to their values.
    pub(crate) transparent: bool,
}

/// What deriving from these classes makes of a class: an enumeration, and whether a transparent one.
pub(crate) fn enumeration(bases: &[Value]) -> Option<bool> {
    let path = |value: &Value| match value {
        Value::Global(path) => Some(path.clone()),
        _ => None,
    };
    let paths: Vec<Rc<str>> = bases.iter().map(path).collect::<Option<_>>()?;
    match &paths.iter().map(|path| &**path).collect::<Vec<_>>()[..] {
        ["enum.Enum"] => Some(false),
        ["enum.IntEnum" | "enum.StrEnum"] | ["builtins.str" | "builtins.int", "enum.Enum"] => {
            Some(true)
        }
        _ => None,
    }
}

impl<'a> Lowerer<'a> {
    /// The members that the body of an enumeration lists.
    pub(crate) fn members(
        &mut self,
        body: &'a [Stmt],
        transparent: bool,
        span: &Span,
    ) -> Result<Members, Refusal> {
        let refuse =
            |reason: &str| Err(Refusal::new("class", reason.to_owned(), Some(span.clone())));
        let mut all: Vec<(String, Value)> = Vec::new();
        let mut next = 1;
        for statement in body {
            let assign = match statement {
                Stmt::Pass(_) => continue,
                Stmt::Expr(text) if text.value.is_string_literal_expr() => continue,
                Stmt::FunctionDef(_) => continue,
                Stmt::Assign(assign) => assign,
                _ => return refuse("the body of an enumeration does more than list"),
            };
            let [Expr::Name(name)] = assign.targets.as_slice() else {
                return refuse("a member has no plain name");
            };
            let automatic = matches!(&*assign.value, Expr::Call(call) if matches!(
                &*call.func, Expr::Name(name) if name.id == "auto"
            ));
            let value = if automatic {
                if transparent {
                    return refuse("what `auto` makes here is not lifted");
                }
                Value::int(next)
            } else {
                self.eval(&assign.value)?
            };
            if let Some(number) = value.as_int() {
                next = number + 1;
            }
            if value.as_literal().is_none() {
                return refuse("the value of a member is not constant");
            }
            if all.iter().any(|(_, other)| *other == value) {
                return refuse("two members have one value");
            }
            all.push((name.id.to_string(), value));
        }
        Ok(Members { all, transparent })
    }

    /// A member as a value.
    pub(crate) fn member(class: ClassId, name: &str, value: &Value) -> Value {
        Value::Record(Rc::new(Record {
            kind: RecordKind::Instance(class),
            fields: vec![
                ("name".to_owned(), Value::text(name)),
                ("value".to_owned(), value.clone()),
            ],
        }))
    }

    /// `Enumeration(value)`.
    pub(crate) fn member_of_value(
        &mut self,
        class: ClassId,
        members: &Members,
        value: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let mut tests = Vec::new();
        for (_, other) in &members.all {
            tests.push(self.equal(value, other, span)?);
        }
        let scope = self.scope_of(&tests.iter().collect::<Vec<_>>(), span)?;
        let known = Term {
            expr: any(tests.iter().map(|test| test.expr.clone())),
            scope,
            numpy: false,
        };
        self.require(
            &known,
            "enumeration",
            "a value that no member has raises ValueError",
            span,
        )?;
        let mut found: Option<Value> = None;
        for (test, (name, value)) in tests.into_iter().zip(&members.all).rev() {
            let member = Self::member(class, name, value);
            found = Some(match found {
                None => member,
                Some(rest) => {
                    let condition = Condition {
                        expr: test.expr,
                        scope: test.scope,
                    };
                    self.select(&condition, &member, &rest)
                }
            });
        }
        found.ok_or_else(|| Refusal::new("enumeration", "it has no members", Some(span.clone())))
    }

    /// Whether two values are equal at least one of which is a member; nothing when neither is.
    pub(crate) fn equal_members(
        &mut self,
        left: &Value,
        right: &Value,
        span: &Span,
    ) -> Result<Option<Term>, Refusal> {
        let (a, b) = (self.member_value(left), self.member_value(right));
        let never = Term::literal(Literal::Bool(false));
        match (a, b) {
            (None, None) => Ok(None),
            (Some((first, x, _)), Some((second, y, _))) => {
                if first == second {
                    self.equal(&x, &y, span).map(Some)
                } else {
                    Err(Refusal::new(
                        "comparison",
                        "members of two enumerations are compared",
                        Some(span.clone()),
                    ))
                }
            }
            (Some((_, x, true)), None) => self.equal(&x, right, span).map(Some),
            (None, Some((_, y, true))) => self.equal(left, &y, span).map(Some),
            _ => Ok(Some(never)),
        }
    }

    /// The class, the value and the transparency of a member.
    fn member_value(&self, value: &Value) -> Option<(ClassId, Value, bool)> {
        let Value::Record(record) = value else {
            return None;
        };
        let RecordKind::Instance(class) = record.kind else {
            return None;
        };
        let members = self.members_of(class)?;
        Some((class, record.field("value")?.clone(), members.transparent))
    }
}
