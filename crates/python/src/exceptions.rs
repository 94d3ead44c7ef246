//! `try`, `raise` and which handler catches what.
//!
//! Wherever execution would raise, [`Lowerer::require`] names the condition under which it does not. Inside a
//! `try` whose handler catches the exception that condition splits the path: the handler goes on from the
//! state at the point of raising, the rest of the body goes on knowing that the condition holds. Where a
//! split is impossible, because the raising happens for a row of a loop inside the `try`, or where it is not
//! certain which handler would catch, the condition stays an obligation: then nothing is raised at all.

use std::rc::Rc;

use relift_dataflow::{Expr, Literal, Refusal};
use relift_diagnostics::Span;
use ruff_python_ast::{self as ast, Expr as Syntax, Stmt};

use crate::classes::ClassId;
use crate::lowering::Lowerer;
use crate::state::{State, all, any, not};
use crate::statements::{Exit, Exits};
use crate::values::{Condition, NO_ROW, Term, Value};

/// What is raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Raised {
    /// An exception of Python or its library, by the last part of its name.
    Library(Rc<str>),
    /// An exception class of the External.
    Own(ClassId),
    /// An exception whose class is not known here.
    Foreign,
    /// It may not be an exception at all, but something that must not happen.
    Uncertain,
}

/// What a handler catches.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Catch {
    Everything,
    Library(Rc<str>),
    Own(ClassId),
}

/// A `try` whose body is being executed.
#[derive(Clone, Debug)]
pub(crate) struct Handlers {
    catches: Vec<Vec<Catch>>,
    /// Handlers that do nothing but raise again: the exception goes on.
    transparent: Vec<bool>,
    scopes: usize,
    loops: usize,
    /// Conditions of the path when it began.
    path: usize,
    raised: Vec<RaisedState>,
}

/// The state at a point of raising.
#[derive(Clone, Debug)]
struct RaisedState {
    handler: usize,
    state: State,
    /// What holds of the body from there on because of it.
    settled: Expr,
}

/// Which handler of a `try` goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caught {
    By(usize),
    Nowhere,
    Uncertain,
}

/// Exceptions of Python and `decimal` and the class each derives from.
const PARENTS: &[(&str, &str)] = &[
    ("KeyError", "LookupError"),
    ("IndexError", "LookupError"),
    ("LookupError", "Exception"),
    ("ZeroDivisionError", "ArithmeticError"),
    ("OverflowError", "ArithmeticError"),
    ("FloatingPointError", "ArithmeticError"),
    ("DecimalException", "ArithmeticError"),
    ("InvalidOperation", "DecimalException"),
    ("ArithmeticError", "Exception"),
    ("ValueError", "Exception"),
    ("UnicodeError", "ValueError"),
    ("TypeError", "Exception"),
    ("AttributeError", "Exception"),
    ("AssertionError", "Exception"),
    ("RuntimeError", "Exception"),
    ("NotImplementedError", "RuntimeError"),
    ("NameError", "Exception"),
    ("StopIteration", "Exception"),
    ("OSError", "Exception"),
    ("Exception", "BaseException"),
    ("BaseException", "BaseException"),
];

/// The name of an exception of Python, if it is one whose ancestors are known.
pub(crate) fn library_exception(path: &str) -> Option<Rc<str>> {
    let name = path
        .strip_prefix("builtins.")
        .or_else(|| path.strip_prefix("decimal."))?;
    PARENTS
        .iter()
        .any(|(known, _)| *known == name)
        .then(|| Rc::from(name))
}

impl Raised {
    /// An exception by its name.
    pub(crate) fn named(name: &str) -> Self {
        Self::Library(Rc::from(name))
    }

    /// The exception a reason speaks of: reasons name it where it is certain, as in "None raises TypeError".
    pub(crate) fn told_by(why: &str) -> Self {
        let mut words = why
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| PARENTS.iter().any(|(known, _)| known == word));
        match (words.next(), words.next()) {
            (Some(name), None) => Self::named(name),
            _ => Self::Uncertain,
        }
    }
}

impl Handlers {
    /// The handler that catches the exception.
    fn catching(&self, raised: &Raised, lowerer: &Lowerer<'_>) -> Caught {
        if *raised == Raised::Uncertain {
            return Caught::Uncertain;
        }
        for (index, catches) in self.catches.iter().enumerate() {
            for catch in catches {
                let caught = match (catch, raised) {
                    (Catch::Everything, _) => true,
                    (_, Raised::Foreign | Raised::Uncertain) => return Caught::Uncertain,
                    (Catch::Library(name), Raised::Library(raised)) => derives(raised, name),
                    (Catch::Own(class), Raised::Own(raised)) => {
                        lowerer.exception_ancestors(*raised).0.contains(class)
                    }
                    (Catch::Library(name), Raised::Own(raised)) => {
                        derives(&lowerer.exception_ancestors(*raised).1, name)
                    }
                    (Catch::Own(_), Raised::Library(_)) => false,
                };
                if caught {
                    return if self.transparent[index] {
                        Caught::Nowhere
                    } else {
                        Caught::By(index)
                    };
                }
            }
        }
        Caught::Nowhere
    }
}

/// Whether one exception of the library is or derives from the other.
fn derives(name: &str, ancestor: &str) -> bool {
    let mut current = name;
    loop {
        if current == ancestor {
            return true;
        }
        match PARENTS.iter().find(|(known, _)| *known == current) {
            Some((_, parent)) if *parent != current => current = parent,
            _ => return false,
        }
    }
}

impl<'a> Lowerer<'a> {
    /// Leaves for the handler that catches the exception where the condition does not hold; says whether
    /// there is one. The rest of the path knows the condition.
    pub(crate) fn leave_for_handler(&mut self, condition: &Term, raised: &Raised) -> bool {
        let mut found = None;
        for (index, frame) in self.handlers.iter().enumerate().rev() {
            match frame.catching(raised, self) {
                Caught::Uncertain => return false,
                Caught::Nowhere => {}
                Caught::By(handler) => {
                    found = Some((index, handler));
                    break;
                }
            }
        }
        let Some((index, handler)) = found else {
            return false;
        };
        let frame = &self.handlers[index];
        if frame.scopes != self.scopes.len() || frame.loops != self.loops.len() {
            return false;
        }
        let of_row = condition.scope != NO_ROW
            || self.state.path[frame.path.min(self.state.path.len())..]
                .iter()
                .any(|fact| fact.scope != NO_ROW);
        // Of a whole run the data tell whether it ever happens.
        if !of_row && !condition.expr.is_false() {
            return false;
        }
        let mut state = self.state.clone();
        state.path.push(Condition {
            expr: not(condition.expr.clone()),
            scope: condition.scope,
        });
        let begun = self.handlers[index].path.min(state.path.len());
        // Nothing goes on where the path up to here holds and the condition does not.
        let settled = any(state.path[begun..]
            .iter()
            .map(|fact| not(fact.expr.clone())));
        let scope = Self::beyond_path(&state.path[begun..]);
        self.handlers[index].raised.push(RaisedState {
            handler,
            state,
            settled: settled.clone(),
        });
        self.state.path.push(Condition {
            expr: condition.expr.clone(),
            scope: condition.scope,
        });
        self.settled.push(Condition {
            expr: settled,
            scope,
        });
        self.recall_settled();
        true
    }

    fn beyond_path(path: &[Condition]) -> crate::values::Scope {
        path.iter()
            .map(|fact| fact.scope)
            .find(|scope| *scope != NO_ROW)
            .unwrap_or(NO_ROW)
    }

    /// Tells the path again what is settled, after it was cut back to an earlier length.
    pub(crate) fn recall_settled(&mut self) {
        for fact in &self.settled {
            if !self.state.path.contains(fact) {
                self.state.path.push(fact.clone());
            }
        }
    }

    /// How many states each open `try` has seen raising; for [`Lowerer::return_raised_to`].
    pub(crate) fn raised_so_far(&self) -> Vec<usize> {
        self.handlers
            .iter()
            .map(|frame| frame.raised.len())
            .collect()
    }

    /// What a called function has raised leaves it: its variables are gone.
    pub(crate) fn return_raised_to(
        &mut self,
        before: &[usize],
        locals: &crate::shared_map::SharedMap<String, Value>,
    ) {
        for (frame, before) in self.handlers.iter_mut().zip(before) {
            for raised in frame.raised.iter_mut().skip(*before) {
                raised.state.locals.clone_from(locals);
            }
        }
    }

    /// `raise …`
    pub(crate) fn raise_statement(&mut self, raise: &'a ast::StmtRaise) -> Result<(), Refusal> {
        let span = self.span(raise);
        let raised = match raise.exc.as_deref() {
            None => Raised::Uncertain,
            Some(Syntax::Call(call)) => {
                let class = self.eval(&call.func)?;
                for argument in &call.arguments.args {
                    // Only what it may raise itself counts.
                    let _ = self.eval(argument);
                }
                self.raised_by(&class)
            }
            Some(other) => {
                let class = self.eval(other)?;
                self.raised_by(&class)
            }
        };
        if !self.leave_for_handler(&Term::literal(Literal::Bool(false)), &raised) {
            self.require(
                &Term::literal(Literal::Bool(false)),
                "raise",
                "the job raises here",
                &span,
            )?;
        }
        self.state.dead = true;
        Ok(())
    }

    fn raised_by(&self, class: &Value) -> Raised {
        match class {
            Value::Global(path) => library_exception(path).map_or(Raised::Foreign, Raised::Library),
            Value::Class(id) if self.is_exception(*id) => Raised::Own(*id),
            _ => Raised::Uncertain,
        }
    }

    /// `try: … except …: … else: … finally: …`
    pub(crate) fn try_statement(&mut self, statement: &'a ast::StmtTry) -> Result<Exits, Refusal> {
        let span = self.span(statement);
        if statement.is_star {
            return Err(Refusal::new(
                "try statement",
                "groups of exceptions are not lifted",
                Some(span),
            ));
        }
        let mut catches = Vec::new();
        let mut transparent = Vec::new();
        let mut bodies = Vec::new();
        for ast::ExceptHandler::ExceptHandler(handler) in &statement.handlers {
            catches.push(match &handler.type_ {
                None => vec![Catch::Everything],
                Some(class) => self.caught_by(class)?,
            });
            transparent.push(raises_again(&handler.body));
            let name = handler.name.as_ref().map(ToString::to_string);
            bodies.push((name, &handler.body[..]));
        }
        let exits = self.attempt(
            &statement.body,
            (catches, transparent),
            &bodies,
            &statement.orelse,
            &span,
        )?;
        self.finally(&statement.finalbody, exits, &span)
    }

    /// `with contextlib.suppress(…): …`
    pub(crate) fn suppressing(
        &mut self,
        body: &'a [Stmt],
        classes: &'a [Syntax],
        span: &Span,
    ) -> Result<Exits, Refusal> {
        let mut caught = Vec::new();
        for class in classes {
            caught.extend(self.caught_by(class)?);
        }
        self.attempt(body, (vec![caught], vec![false]), &[(None, &[])], &[], span)
    }

    fn caught_by(&mut self, class: &'a Syntax) -> Result<Vec<Catch>, Refusal> {
        let span = self.span(class);
        let value = self.eval(class)?;
        let classes = match &value {
            Value::Tuple(classes) => classes.clone(),
            other => vec![other.clone()],
        };
        classes
            .iter()
            .map(|class| match class {
                Value::Global(path) => match &**path {
                    "builtins.Exception" | "builtins.BaseException" => Ok(Catch::Everything),
                    // An exception that is not known here is raised by nothing that is.
                    path => Ok(Catch::Library(
                        library_exception(path).unwrap_or_else(|| Rc::from(path)),
                    )),
                },
                Value::Class(id) => Ok(Catch::Own(*id)),
                _ => Err(Refusal::new(
                    "try statement",
                    "what a handler catches is not a plain class",
                    Some(span.clone()),
                )),
            })
            .collect()
    }

    /// Executes a body under handlers and puts the ways through it together.
    fn attempt(
        &mut self,
        body: &'a [Stmt],
        (catches, transparent): (Vec<Vec<Catch>>, Vec<bool>),
        handlers: &[(Option<String>, &'a [Stmt])],
        otherwise: &'a [Stmt],
        span: &Span,
    ) -> Result<Exits, Refusal> {
        let base = self.state.clone();
        let understood = self.given_up.len();
        let settled = self.settled.len();
        let all_transparent = transparent.iter().all(|again| *again);
        self.handlers.push(Handlers {
            catches,
            transparent,
            scopes: self.scopes.len(),
            loops: self.loops.len(),
            path: base.path.len(),
            raised: Vec::new(),
        });
        let exits = self.block(body);
        let frame = self.handlers.pop();
        // Where a handler goes on the opposite holds.
        self.settled.truncate(settled);
        let mut exits = exits?;
        if !all_transparent && let Some(refusal) = self.given_up.get(understood) {
            // What is not understood may raise, and then the handler would decide what happens.
            return Err(refusal.clone());
        }
        let raised = frame.map(|frame| frame.raised).unwrap_or_default();
        if raised.is_empty() {
            exits.extend(self.block(otherwise)?);
            return Ok(exits);
        }
        let normal = std::mem::take(&mut self.state);
        let conditions: Vec<Condition> = raised
            .iter()
            .map(|raised| Self::beyond(&base, &raised.state))
            .collect();
        let mut ways: Vec<(Condition, State)> = Vec::new();
        for (handler, (name, body)) in handlers.iter().enumerate() {
            let Some((condition, state)) = self.at_handler(handler, &raised, &conditions, &base)
            else {
                continue;
            };
            self.state = state;
            if let Some(name) = name {
                let refusal = Refusal::new(
                    format!("variable `{name}`"),
                    "what an exception says is not lifted",
                    Some(span.clone()),
                );
                self.state
                    .locals
                    .insert(name.clone(), Value::unknown(refusal));
            }
            exits.extend(self.block(body)?);
            if let Some(name) = name {
                self.state.locals.insert(name.clone(), Value::Unbound);
            }
            ways.push((condition, std::mem::take(&mut self.state)));
        }
        let caught = any(ways.iter().map(|(condition, _)| condition.expr.clone()));
        let scope = ways
            .iter()
            .map(|(condition, _)| condition.scope)
            .find(|scope| *scope != NO_ROW)
            .unwrap_or(NO_ROW);
        self.state = normal;
        if !self.state.dead {
            let begun = base.path.len().min(self.state.path.len());
            let learned = self.state.path.split_off(begun);
            self.state.path.push(Condition {
                expr: not(caught),
                scope,
            });
            let implied =
                |fact: &Condition| raised.iter().any(|raised| raised.settled == fact.expr);
            self.state
                .path
                .extend(learned.into_iter().filter(|fact| !implied(fact)));
            exits.extend(self.block(otherwise)?);
        }
        let mut merged = std::mem::take(&mut self.state);
        for (condition, state) in ways.into_iter().rev() {
            if !merged.dead && merged.path.len() >= base.path.len() {
                // A merge takes the first condition beyond the base for its own.
                merged.path.insert(
                    base.path.len(),
                    Condition {
                        expr: not(condition.expr.clone()),
                        scope: condition.scope,
                    },
                );
            }
            merged = self.merge(&base, &condition, state, merged);
        }
        self.state = merged;
        Ok(exits)
    }

    /// When a handler is reached, and in which state.
    fn at_handler(
        &mut self,
        handler: usize,
        raised: &[RaisedState],
        conditions: &[Condition],
        base: &State,
    ) -> Option<(Condition, State)> {
        let mut reached = Vec::new();
        let mut scope = NO_ROW;
        let mut found: Option<State> = None;
        // The first point that raises decides, so the later ones are merged first.
        for (index, raised_state) in raised.iter().enumerate().rev() {
            if raised_state.handler != handler {
                continue;
            }
            let own = &conditions[index];
            let earlier = raised[..index]
                .iter()
                .zip(conditions)
                .filter(|(other, _)| other.handler != handler)
                .map(|(_, condition)| not(condition.expr.clone()));
            reached.push(all(earlier.chain([own.expr.clone()])));
            if own.scope != NO_ROW {
                scope = own.scope;
            }
            let mut state = raised_state.state.clone();
            state.path.truncate(base.path.len());
            state.path.push(own.clone());
            found = Some(match found {
                None => state,
                Some(later) => self.merge(base, own, state, later),
            });
        }
        let mut state = found?;
        reached.reverse();
        let condition = Condition {
            expr: any(reached),
            scope,
        };
        state.path.truncate(base.path.len());
        state.path.push(condition.clone());
        Some((condition, state))
    }

    /// Executes the last block of a `try` on every way out of it.
    fn finally(&mut self, body: &'a [Stmt], exits: Exits, span: &Span) -> Result<Exits, Refusal> {
        if body.is_empty() {
            return Ok(exits);
        }
        let refuse = || {
            Refusal::new(
                "try statement",
                "its last block leaves it",
                Some(span.clone()),
            )
        };
        let normal = std::mem::take(&mut self.state);
        let mut left: Vec<(State, Exit)> = Vec::new();
        for (state, exit) in exits {
            self.state = state;
            if !self.block(body)?.is_empty() {
                return Err(refuse());
            }
            left.push((std::mem::take(&mut self.state), exit));
        }
        self.state = normal;
        if !self.state.dead && !self.block(body)?.is_empty() {
            return Err(refuse());
        }
        Ok(left)
    }
}

/// Whether a handler does nothing but raise the same exception again; what it prints does not count.
fn raises_again(body: &[Stmt]) -> bool {
    let Some((last, before)) = body.split_last() else {
        return false;
    };
    matches!(last, Stmt::Raise(raise) if raise.exc.is_none())
        && before.iter().all(|statement| {
            matches!(statement, Stmt::Expr(expression) if expression.value.is_call_expr())
        })
}
