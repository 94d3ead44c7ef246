//! Statements: what each does to the state, and how paths leave a block.

use relift_dataflow::Refusal;
use ruff_python_ast::{self as ast, Expr, Stmt};

use crate::lowering::{Body, Callable, Lowerer};
use crate::state::{State, not};
use crate::values::{Condition, Content, Value};

/// How a path leaves a block before its end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Exit {
    Return(Value),
    Continue,
    Break,
}

/// States in which a block was left.
pub(crate) type Exits = Vec<(State, Exit)>;

impl<'a> Lowerer<'a> {
    /// Executes the module's own statements.
    pub(crate) fn module_level(&mut self) -> Result<(), Refusal> {
        for statement in self.home.syntax.body() {
            if let Stmt::If(_) = statement
                && self.is_main_guard(statement)
            {
                continue;
            }
            let exits = self.statement(statement)?;
            if !exits.is_empty() {
                return Err(Refusal::new(
                    "module",
                    "it leaves its own top level",
                    Some(self.span(statement)),
                ));
            }
        }
        for (name, value) in std::mem::take(&mut self.state.locals) {
            self.state.globals.insert(self.home.global(&name), value);
        }
        Ok(())
    }

    fn is_main_guard(&self, statement: &Stmt) -> bool {
        let Stmt::If(branch) = statement else {
            return false;
        };
        matches!(&*branch.test, Expr::Compare(compare)
            if matches!(&*compare.left, Expr::Name(name) if name.id == "__name__")
                && matches!(*compare.ops, [ast::CmpOp::Eq])
                && matches!(&*compare.comparators, [Expr::StringLiteral(text)] if text.value.to_str() == "__main__")
                && branch.elif_else_clauses.is_empty())
            && self.calls.is_empty()
    }

    /// Executes statements one after the other; `self.state` is the state of the path that reaches the end.
    pub(crate) fn block(&mut self, statements: &'a [Stmt]) -> Result<Exits, Refusal> {
        let mut exits = Vec::new();
        for statement in statements {
            if self.state.dead {
                break;
            }
            exits.extend(self.statement(statement)?);
        }
        Ok(exits)
    }

    fn statement(&mut self, statement: &'a Stmt) -> Result<Exits, Refusal> {
        let before = self.state.clone();
        let outcome = self.execute(statement);
        // A handler has taken over on every way.
        let left = self.state.path.iter().any(|fact| fact.expr.is_false());
        self.state.dead |= left;
        match outcome {
            Ok(exits) => Ok(exits),
            Err(_) if left => Ok(Vec::new()),
            Err(mut refusal) => {
                refusal.span.get_or_insert_with(|| self.span(statement));
                // What is not understood must not be half done.
                self.state = before;
                self.give_up(statement, refusal)?;
                Ok(Vec::new())
            }
        }
    }

    fn execute(&mut self, statement: &'a Stmt) -> Result<Exits, Refusal> {
        let span = self.span(statement);
        let refuse = |construct: &str, reason: &str| {
            Err(Refusal::new(construct, reason, Some(span.clone())))
        };
        match statement {
            Stmt::Expr(expression) => {
                if !matches!(
                    &*expression.value,
                    Expr::StringLiteral(_) | Expr::EllipsisLiteral(_)
                ) {
                    let value = self.eval(&expression.value)?;
                    if let Value::Unknown(refusal) = value {
                        return Err((*refusal).clone());
                    }
                }
                Ok(Vec::new())
            }
            Stmt::Assign(assign) => {
                let value = self.eval(&assign.value)?;
                self.name_frame(&assign.targets, &value);
                for target in &assign.targets {
                    self.assign(target, value.clone())?;
                }
                Ok(Vec::new())
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let value = self.eval(value)?;
                    self.assign(&assign.target, value)?;
                }
                Ok(Vec::new())
            }
            Stmt::AugAssign(assign) => {
                let left = self.eval_target(&assign.target)?;
                let right = self.eval(&assign.value)?;
                if let Value::Object(id) = left
                    && matches!(
                        self.state.heap.get(&id).map(|object| &object.content),
                        Some(Content::List(_))
                    )
                {
                    if assign.op != ast::Operator::Add {
                        return refuse("augmented assignment", "not an operation of lists");
                    }
                    self.extend_list(id, &right, &span)?;
                    return Ok(Vec::new());
                }
                let value = self.binary(assign.op, &left, &right, &span)?;
                self.assign(&assign.target, value)?;
                Ok(Vec::new())
            }
            Stmt::Return(return_) => {
                let value = match &return_.value {
                    Some(value) => self.eval(value)?,
                    None => Value::none(),
                };
                Ok(self.leave(Exit::Return(value)))
            }
            Stmt::Continue(_) => Ok(self.leave(Exit::Continue)),
            Stmt::Break(_) => Ok(self.leave(Exit::Break)),
            Stmt::Pass(_) => Ok(Vec::new()),
            Stmt::If(branch) => self.branch_statement(branch),
            Stmt::For(loop_) => self.for_statement(loop_),
            Stmt::FunctionDef(function) => {
                if function.is_async {
                    return refuse("function definition", "it is asynchronous");
                }
                for decorator in &function.decorator_list {
                    let plain = match &decorator.expression {
                        Expr::Call(call) => &*call.func,
                        other => other,
                    };
                    match self.eval(plain)? {
                        // What a function of values answers does not change by being remembered.
                        Value::Global(path)
                            if matches!(
                                &*path,
                                "functools.lru_cache" | "functools.cache" | "typing.overload"
                            ) => {}
                        _ => return refuse("function definition", "it is decorated"),
                    }
                }
                self.functions.push(Callable {
                    name: Some(function.name.as_str()),
                    parameters: Some(&function.parameters),
                    body: Body::Statements(&function.body),
                    frame: (!self.calls.is_empty()).then_some(self.frame),
                    home: self.home,
                });
                if !function.decorator_list.is_empty() {
                    self.remembering.push(self.functions.len() - 1);
                }
                let value = Value::Function(self.functions.len() - 1);
                self.state.locals.insert(function.name.to_string(), value);
                Ok(Vec::new())
            }
            Stmt::Import(import) => {
                let done = self.import(import, &span);
                self.imported(done)
            }
            Stmt::ImportFrom(import) => {
                let done = self.import_from(import, &span);
                self.imported(done)
            }
            Stmt::Raise(raise) => {
                self.raise_statement(raise)?;
                Ok(Vec::new())
            }
            Stmt::Assert(assert) => {
                let test = self.eval(&assert.test)?;
                let test = self.truth(&test, &span)?;
                self.require(
                    &test,
                    "assert",
                    "the assertion fails with AssertionError",
                    &span,
                )?;
                Ok(Vec::new())
            }
            Stmt::Delete(statement) => {
                for target in &statement.targets {
                    let Expr::Name(name) = target else {
                        return refuse("del", "removing entries is not lifted");
                    };
                    self.state
                        .locals
                        .insert(name.id.to_string(), Value::Unbound);
                }
                Ok(Vec::new())
            }
            Stmt::While(loop_) => self.while_statement(loop_),
            Stmt::Try(statement) => self.try_statement(statement),
            Stmt::With(statement) => self.with_statement(statement),
            Stmt::Match(statement) => self.match_statement(statement),
            Stmt::ClassDef(definition) => {
                self.define_class(definition)?;
                Ok(Vec::new())
            }
            Stmt::Global(_) | Stmt::Nonlocal(_) => refuse(
                "global statement",
                "state that outlives a call is not lifted",
            ),
            Stmt::TypeAlias(_) | Stmt::IpyEscapeCommand(_) => {
                refuse("statement", "it is not lifted")
            }
        }
    }

    /// `with contextlib.suppress(…): …` and contexts that only concern messages.
    fn with_statement(&mut self, statement: &'a ast::StmtWith) -> Result<Exits, Refusal> {
        let span = self.span(statement);
        let refuse = || {
            Err(Refusal::new(
                "with statement",
                "this context manager is not lifted",
                Some(span.clone()),
            ))
        };
        let [item] = &statement.items[..] else {
            return refuse();
        };
        let Expr::Call(call) = &item.context_expr else {
            return refuse();
        };
        match self.eval(&call.func)? {
            Value::Global(path) if &*path == "contextlib.suppress" => {
                self.suppressing(&statement.body, &call.arguments.args, &span)
            }
            Value::Global(path)
                if matches!(&*path, "warnings.catch_warnings" | "contextlib.nullcontext")
                    && item.optional_vars.is_none() =>
            {
                self.block(&statement.body)
            }
            _ => refuse(),
        }
    }

    pub(crate) fn leave(&mut self, exit: Exit) -> Exits {
        let state = self.state.clone();
        self.state.dead = true;
        vec![(state, exit)]
    }

    fn branch_statement(&mut self, branch: &'a ast::StmtIf) -> Result<Exits, Refusal> {
        self.branch_clauses(&branch.test, &branch.body, &branch.elif_else_clauses)
    }

    fn branch_clauses(
        &mut self,
        test: &'a Expr,
        body: &'a [Stmt],
        clauses: &'a [ast::ElifElseClause],
    ) -> Result<Exits, Refusal> {
        let span = self.span(test);
        let value = self.eval(test)?;
        let condition = self.truth(&value, &span)?;
        let otherwise = |lowerer: &mut Self| match clauses.split_first() {
            None => Ok(Vec::new()),
            Some((clause, rest)) => match &clause.test {
                Some(test) => lowerer.branch_clauses(test, &clause.body, rest),
                None => lowerer.block(&clause.body),
            },
        };
        match self.state.known(&condition.expr) {
            Some(true) => return self.block(body),
            Some(false) => return otherwise(self),
            None => {}
        }
        let condition = Condition {
            expr: condition.expr,
            scope: condition.scope,
        };
        let base = self.state.clone();
        self.state.path.push(condition.clone());
        let mut exits = self.block(body)?;
        let yes = std::mem::replace(&mut self.state, base.clone());
        self.state.path.push(Condition {
            expr: not(condition.expr.clone()),
            scope: condition.scope,
        });
        exits.extend(otherwise(self)?);
        let no = std::mem::take(&mut self.state);
        self.state = self.merge(&base, &condition, yes, no);
        Ok(exits)
    }

    /// Binds a target to a value.
    pub(crate) fn assign(&mut self, target: &'a Expr, value: Value) -> Result<(), Refusal> {
        let span = self.span(target);
        match target {
            Expr::Name(name) => {
                let value = match value {
                    Value::Scalar(term) => Value::Scalar(self.defined(name.id.as_str(), term)),
                    other => other,
                };
                self.state.locals.insert(name.id.to_string(), value);
                Ok(())
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                if let Value::Unknown(_) = value {
                    for target in elts {
                        self.assign(target, value.clone())?;
                    }
                    return Ok(());
                }
                let star = elts.iter().position(Expr::is_starred_expr);
                let Some(star) = star else {
                    let items = self.unpack(&value, elts.len(), &span)?;
                    for (target, item) in elts.iter().zip(items) {
                        self.assign(target, item)?;
                    }
                    return Ok(());
                };
                let resolved = self.resolved(&value, "unpacking", &span)?;
                let items = self
                    .fixed_items(&resolved)
                    .filter(|items| items.len() + 1 >= elts.len());
                let Some(mut items) = items else {
                    return Err(Refusal::new(
                        "unpacking",
                        format!("{} has no fixed number of items", resolved.kind()),
                        Some(span),
                    ));
                };
                let last = items.split_off(items.len() + star + 1 - elts.len());
                let middle = items.split_off(star);
                let middle = self.list_of(middle);
                let values = items.into_iter().chain([middle]).chain(last);
                for (target, item) in elts.iter().zip(values) {
                    match target {
                        Expr::Starred(starred) => self.assign(&starred.value, item)?,
                        target => self.assign(target, item)?,
                    }
                }
                Ok(())
            }
            Expr::Subscript(subscript) => {
                let container = self.eval(&subscript.value)?;
                if let Value::Bound(frame, accessor) = &container
                    && &**accessor == "loc"
                    && let Value::Object(id) = &**frame
                {
                    self.changeable(*id, &span)?;
                    let changed = self.set_located(frame, &subscript.slice, &value, &span)?;
                    if let Some(object) = self.state.heap.get_mut(id) {
                        object.content = Content::Frame(changed);
                    }
                    return Ok(());
                }
                let key = self.eval(&subscript.slice)?;
                self.store(&container, &key, value, &span)
            }
            Expr::Attribute(attribute) => {
                let container = self.eval(&attribute.value)?;
                self.set_attribute(&container, attribute.attr.as_str(), value, &span)
            }
            _ => Err(Refusal::new(
                "assignment",
                "this kind of target is not lifted",
                Some(span),
            )),
        }
    }

    /// The items of something that is unpacked.
    pub(crate) fn unpack(
        &mut self,
        value: &Value,
        count: usize,
        span: &relift_diagnostics::Span,
    ) -> Result<Vec<Value>, Refusal> {
        let value = self.resolved(value, "unpacking", span)?;
        if let Value::Parts(parts) = &value {
            return self.unpacked_parts(parts, count, span);
        }
        if let Value::Choice(choice) = &value {
            let condition = Condition {
                expr: choice.condition.clone(),
                scope: choice.scope,
            };
            let yes = self.under(condition.term(), |lowerer| {
                lowerer.unpack(&choice.yes, count, span)
            })?;
            let opposite = Condition {
                expr: not(condition.expr.clone()),
                scope: condition.scope,
            };
            let no = self.under(opposite.term(), |lowerer| {
                lowerer.unpack(&choice.no, count, span)
            })?;
            return Ok(yes
                .iter()
                .zip(&no)
                .map(|(yes, no)| self.select(&condition, yes, no))
                .collect());
        }
        let items = self.fixed_items(&value).ok_or_else(|| {
            Refusal::new(
                "unpacking",
                format!("{} has no fixed number of items", value.kind()),
                Some(span.clone()),
            )
        })?;
        if items.len() == count {
            return Ok(items);
        }
        Err(Refusal::new(
            "unpacking",
            format!("{count} names stand for {} items", items.len()),
            Some(span.clone()),
        ))
    }

    fn name_frame(&mut self, targets: &[Expr], value: &Value) {
        if let ([Expr::Name(name)], Value::Object(id)) = (targets, value)
            && let Some(Content::Frame(node)) =
                self.state.heap.get(id).map(|object| &object.content)
            && self.flow.node(*node).name.is_none()
        {
            let node = *node;
            self.flow.rename(node, name.id.as_str());
        }
    }

    pub(crate) fn lookup_name(&self, name: &str) -> Option<Value> {
        self.state
            .locals
            .get(name)
            .or_else(|| self.state.globals.get(&self.home.global(name)))
            .cloned()
    }
}
