//! `match` statements: patterns as conditions and the names they bind.

use relift_dataflow::{Expr, Literal, Refusal};
use relift_diagnostics::Span;
use ruff_python_ast::{self as ast, CmpOp, Pattern, Singleton};

use crate::lowering::Lowerer;
use crate::state::{all, any, not};
use crate::statements::Exits;
use crate::values::{Condition, Term, Value};

/// Names a pattern binds.
type Bindings = Vec<(String, Value)>;

impl<'a> Lowerer<'a> {
    pub(crate) fn match_statement(
        &mut self,
        statement: &'a ast::StmtMatch,
    ) -> Result<Exits, Refusal> {
        let span = self.span(statement);
        let subject = self.eval(&statement.subject)?;
        let subject = self.resolved(&subject, "match statement", &span)?;
        if let Value::Unknown(refusal) = subject {
            return Err((*refusal).clone());
        }
        self.match_cases(&subject, &statement.cases)
    }

    fn match_cases(
        &mut self,
        subject: &Value,
        cases: &'a [ast::MatchCase],
    ) -> Result<Exits, Refusal> {
        let Some((case, rest)) = cases.split_first() else {
            return Ok(Vec::new());
        };
        let span = self.span(case);
        let mut bindings = Bindings::new();
        let mut test = self.pattern(&case.pattern, subject, &mut bindings)?;
        if let Some(guard) = &case.guard {
            let before = self.state.locals.clone();
            let inside = bindings.clone();
            let guarded = self.under(test.clone(), |lowerer| {
                lowerer.state.locals.extend(inside);
                let value = lowerer.eval(guard)?;
                lowerer.truth(&value, &span)
            })?;
            // The names stay bound when the guard fails, and are not when the pattern does.
            let matched = Condition {
                expr: test.expr.clone(),
                scope: test.scope,
            };
            for (name, value) in &bindings {
                let old = before.get(name).cloned().unwrap_or(Value::Unbound);
                let value = self.select(&matched, value, &old);
                self.state.locals.insert(name.clone(), value);
            }
            let scope = self.scope_of(&[&test, &guarded], &span)?;
            test = Term {
                expr: all([test.expr, guarded.expr]),
                scope,
                numpy: false,
            };
        }
        let bind = |lowerer: &mut Self, bindings: Bindings| {
            for (name, value) in bindings {
                lowerer.state.locals.insert(name, value);
            }
        };
        match self.state.known(&test.expr) {
            Some(true) => {
                bind(self, bindings);
                return self.block(&case.body);
            }
            Some(false) => return self.match_cases(subject, rest),
            None => {}
        }
        let condition = Condition {
            expr: test.expr,
            scope: test.scope,
        };
        let base = self.state.clone();
        self.state.path.push(condition.clone());
        bind(self, bindings);
        let mut exits = self.block(&case.body)?;
        let yes = std::mem::replace(&mut self.state, base.clone());
        self.state.path.push(Condition {
            expr: not(condition.expr.clone()),
            scope: condition.scope,
        });
        exits.extend(self.match_cases(subject, rest)?);
        let no = std::mem::take(&mut self.state);
        self.state = self.merge(&base, &condition, yes, no);
        Ok(exits)
    }

    /// When the pattern matches.
    fn pattern(
        &mut self,
        pattern: &'a Pattern,
        subject: &Value,
        bindings: &mut Bindings,
    ) -> Result<Term, Refusal> {
        let span = self.span(pattern);
        let constant = |value: bool| Ok(Term::literal(Literal::Bool(value)));
        let refuse =
            |reason: &str| Err(Refusal::new("match statement", reason, Some(span.clone())));
        match pattern {
            Pattern::MatchValue(pattern) => {
                let value = self.eval(&pattern.value)?;
                self.matches_value(subject, &value, &span)
            }
            Pattern::MatchSingleton(pattern) => {
                let value = match pattern.value {
                    Singleton::None => Value::none(),
                    Singleton::True => Value::literal(Literal::Bool(true)),
                    Singleton::False => Value::literal(Literal::Bool(false)),
                };
                self.same(subject, &value, &span)
            }
            Pattern::MatchAs(pattern) => {
                let test = match &pattern.pattern {
                    None => Term::literal(Literal::Bool(true)),
                    Some(inner) => self.pattern(inner, subject, bindings)?,
                };
                if let Some(name) = &pattern.name {
                    bindings.push((name.to_string(), subject.clone()));
                }
                Ok(test)
            }
            Pattern::MatchOr(pattern) => {
                let mut tests = Vec::new();
                for alternative in &pattern.patterns {
                    let before = bindings.len();
                    tests.push(self.pattern(alternative, subject, bindings)?);
                    if bindings.len() > before {
                        return refuse("alternatives that bind names are not lifted");
                    }
                }
                let scope = self.scope_of(&tests.iter().collect::<Vec<_>>(), &span)?;
                Ok(Term {
                    expr: any(tests.into_iter().map(|test| test.expr)).at(Some(span.clone())),
                    scope,
                    numpy: false,
                })
            }
            Pattern::MatchSequence(pattern) => {
                if let Value::Scalar(_) = subject {
                    // A text is no sequence to a pattern.
                    return constant(false);
                }
                let items = match subject {
                    Value::Tuple(_) | Value::FrozenList(_) | Value::Object(_) => {
                        self.fixed_items(subject)
                    }
                    _ => None,
                };
                let Some(items) = items else {
                    return refuse("a sequence is matched against something of unknown length");
                };
                self.sequence(&pattern.patterns, &items, bindings, &span)
            }
            Pattern::MatchClass(pattern) => {
                let class = self.eval(&pattern.cls)?;
                let own_type = matches!(
                    &class,
                    Value::Global(path) if matches!(
                        &**path,
                        "builtins.str" | "builtins.int" | "builtins.float" | "builtins.bool"
                    )
                );
                let inner = match &pattern.arguments.patterns[..] {
                    [] => None,
                    [inner] if own_type => Some(inner),
                    _ => return refuse("parts of an instance are not matched here"),
                };
                if !pattern.arguments.keywords.is_empty() {
                    return refuse("attributes of an instance are not matched here");
                }
                let test = self.is_instance(subject, &class, &span)?;
                match inner {
                    None => Ok(test),
                    Some(_) if test.expr.is_false() => Ok(test),
                    Some(inner) => {
                        let inside = self.under(test.clone(), |lowerer| {
                            lowerer.pattern(inner, subject, bindings)
                        })?;
                        self.both(test, inside, &span)
                    }
                }
            }
            Pattern::MatchMapping(_) => refuse("mappings are not matched here"),
            Pattern::MatchStar(_) => refuse("a starred pattern stands alone"),
        }
    }

    fn sequence(
        &mut self,
        patterns: &'a [Pattern],
        items: &[Value],
        bindings: &mut Bindings,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let star = patterns
            .iter()
            .position(|pattern| matches!(pattern, Pattern::MatchStar(_)));
        let fits = match star {
            None => patterns.len() == items.len(),
            Some(_) => patterns.len() <= items.len() + 1,
        };
        if !fits {
            return Ok(Term::literal(Literal::Bool(false)));
        }
        let surplus = items.len() + 1 - patterns.len().min(items.len() + 1);
        let mut test = Term::literal(Literal::Bool(true));
        let mut at = 0;
        for (index, pattern) in patterns.iter().enumerate() {
            if let (Pattern::MatchStar(pattern), true) = (pattern, Some(index) == star) {
                let taken = items[at..at + surplus].to_vec();
                if let Some(name) = &pattern.name {
                    let list = self.list_of(taken);
                    bindings.push((name.to_string(), list));
                }
                at += surplus;
                continue;
            }
            let item = items[at].clone();
            at += 1;
            let inside = self.under(test.clone(), |lowerer| {
                lowerer.pattern(pattern, &item, bindings)
            })?;
            test = self.both(test, inside, span)?;
        }
        Ok(test)
    }

    fn both(&mut self, a: Term, b: Term, span: &Span) -> Result<Term, Refusal> {
        let scope = self.scope_of(&[&a, &b], span)?;
        Ok(Term {
            expr: all([a.expr, b.expr]),
            scope,
            numpy: false,
        })
    }

    fn matches_value(
        &mut self,
        subject: &Value,
        value: &Value,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let equal = self.compare_values(CmpOp::Eq, subject, value, span)?;
        let mut term = self.truth(&equal, span)?;
        term.expr = Expr {
            span: Some(span.clone()),
            ..term.expr
        };
        Ok(term)
    }
}
