//! Statements: what each does to the state, and how paths leave a block.

use std::collections::BTreeSet;
use std::rc::Rc;

use relift_dataflow::{Literal, Refusal};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Stmt};

use crate::lowering::{Body, Callable, Lowerer};
use crate::state::{State, not};
use crate::values::{Condition, Content, Term, Value};

/// How a path leaves a block before its end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Exit {
    Return(Value),
    Continue,
    Break,
}

/// States in which a block was left.
pub(crate) type Exits = Vec<(State, Exit)>;

/// Modules whose use has no effect that outlives the run.
const HARMLESS_MODULES: &[&str] = &[
    "pandas",
    "numpy",
    "datetime",
    "decimal",
    "math",
    "collections",
    "calendar",
    "builtins",
    "logging",
    "typing",
    "itertools",
    "functools",
    "operator",
    "re",
    "time",
    "statistics",
    "string",
    "copy",
    "warnings",
    "dataclasses",
    "enum",
    "__future__",
    "numbers",
    "fractions",
    "sys",
    "json",
];

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
        match self.execute(statement) {
            Ok(exits) => Ok(exits),
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
                if !function.decorator_list.is_empty() || function.is_async {
                    return refuse("function definition", "it is decorated or asynchronous");
                }
                self.functions.push(Callable {
                    name: Some(function.name.as_str()),
                    parameters: Some(&function.parameters),
                    body: Body::Statements(&function.body),
                    frame: (!self.calls.is_empty()).then_some(self.frame),
                    home: self.home,
                });
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
            Stmt::Raise(_) => {
                self.require(
                    &Term::literal(Literal::Bool(false)),
                    "raise",
                    "the job raises here",
                    &span,
                )?;
                self.state.dead = true;
                Ok(Vec::new())
            }
            Stmt::Assert(assert) => {
                let test = self.eval(&assert.test)?;
                let test = self.truth(&test, &span)?;
                self.require(&test, "assert", "the assertion fails", &span)?;
                Ok(Vec::new())
            }
            Stmt::Delete(_) => refuse("del", "removing names or entries is not lifted"),
            Stmt::While(_) => refuse(
                "while loop",
                "how often it runs is not known before it does",
            ),
            Stmt::Try(_) => refuse("try statement", "exceptions as control flow are not lifted"),
            Stmt::With(_) => refuse("with statement", "context managers are not lifted"),
            Stmt::Match(_) => refuse("match statement", "pattern matching is not lifted"),
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

    fn leave(&mut self, exit: Exit) -> Exits {
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
                if elts.iter().any(Expr::is_starred_expr) {
                    return Err(Refusal::new(
                        "assignment",
                        "a starred target is not lifted",
                        Some(span),
                    ));
                }
                if let Value::Unknown(_) = value {
                    for target in elts {
                        self.assign(target, value.clone())?;
                    }
                    return Ok(());
                }
                let items = self.unpack(&value, elts.len(), &span)?;
                for (target, item) in elts.iter().zip(items) {
                    self.assign(target, item)?;
                }
                Ok(())
            }
            Expr::Subscript(subscript) => {
                let container = self.eval(&subscript.value)?;
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

    /// Makes everything unknown that a statement not understood may have changed.
    fn give_up(&mut self, statement: &'a Stmt, refusal: Refusal) -> Result<(), Refusal> {
        let mut mentioned = Mentioned::default();
        mentioned.visit_stmt(statement);
        mentioned.expose_own_methods(self);
        let compound = matches!(
            statement,
            Stmt::If(_)
                | Stmt::For(_)
                | Stmt::While(_)
                | Stmt::Try(_)
                | Stmt::With(_)
                | Stmt::Match(_)
        );
        // A `while` may never end, and then nothing after it happens.
        let ends = !statement.is_while_stmt();
        if !ends || mentioned.leaves && (compound || statement.is_return_stmt()) {
            return Err(refusal);
        }
        let shared = Rc::new(refusal);
        if let Stmt::Assign(assign) = statement
            && let [Expr::Subscript(target)] = &assign.targets[..]
            && let Expr::Name(name) = &*target.value
            && self.lookup_name(name.id.as_str()) == Some(Value::SharedState)
            && let Expr::StringLiteral(key) = &*target.slice
        {
            let frame = relift_job::FrameName::from(key.value.to_str());
            self.state
                .shared
                .insert(frame, Value::Unknown(shared.clone()));
            mentioned.exposed.remove(name.id.as_str());
        }
        let mut effects = mentioned.unknown_calls(self);
        effects.sort();
        effects.dedup();
        for construct in effects {
            self.refused.push(Refusal::new(
                construct,
                "what it does outside the frames is not known",
                Some(self.span(statement)),
            ));
        }
        for name in &mentioned.assigned {
            self.state
                .locals
                .insert(name.clone(), Value::Unknown(shared.clone()));
        }
        // Objects can be changed through any name that is mentioned beside a call or a store.
        let touched: Vec<&String> = if compound {
            mentioned.names.iter().collect()
        } else {
            mentioned.exposed.iter().collect()
        };
        for name in touched {
            let value = self.lookup_name(name);
            if let Some(value) = value {
                self.poison_value(&value, &shared);
            }
        }
        Ok(())
    }

    /// Poisons everything reachable.
    pub(crate) fn poison_value(&mut self, value: &Value, refusal: &Rc<Refusal>) {
        match value {
            Value::Object(id) => {
                let Some(object) = self.state.heap.get(id).cloned() else {
                    return;
                };
                self.state.poison(*id, refusal);
                match object.content {
                    Content::List(segments) => {
                        for segment in segments {
                            if let crate::values::SegmentKind::Item(item) = segment.kind {
                                self.poison_value(&item, refusal);
                            }
                        }
                    }
                    Content::Dict(dict) => {
                        for (_, value) in dict.entries {
                            self.poison_value(&value, refusal);
                        }
                        if let crate::values::Rest::Touched(touched) = dict.rest {
                            self.poison_value(&touched.value, refusal);
                        }
                    }
                    Content::Frame(_) | Content::EmptyFrame(_) | Content::Poisoned(_) => {}
                }
            }
            Value::Tuple(items) | Value::FrozenList(items) => {
                for item in items {
                    self.poison_value(item, refusal);
                }
            }
            Value::Choice(choice) => {
                self.poison_value(&choice.yes, refusal);
                self.poison_value(&choice.no, refusal);
            }
            Value::SharedState => {
                for value in self.state.shared.values_mut() {
                    *value = Value::Unknown(refusal.clone());
                }
                self.refused.push((**refusal).clone());
            }
            _ => {}
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

/// Names a statement mentions, by what it may do to them.
#[derive(Default)]
struct Mentioned<'a> {
    names: BTreeSet<String>,
    assigned: BTreeSet<String>,
    /// Names whose objects it may change.
    exposed: BTreeSet<String>,
    calls: Vec<&'a Expr>,
    attributes: Vec<&'a ast::ExprAttribute>,
    leaves: bool,
    loops: u32,
}

/// Methods that leave their receiver and arguments as they are.
const HARMLESS_METHODS: &[&str] = &[
    "get",
    "items",
    "keys",
    "values",
    "copy",
    "iterrows",
    "itertuples",
    "to_dict",
    "tolist",
    "head",
    "tail",
    "sort_values",
    "reset_index",
    "set_index",
    "drop_duplicates",
    "drop",
    "rename",
    "merge",
    "groupby",
    "agg",
    "sum",
    "mean",
    "count",
    "size",
    "min",
    "max",
    "median",
    "std",
    "nunique",
    "unique",
    "value_counts",
    "apply",
    "map",
    "isin",
    "fillna",
    "astype",
    "dropna",
    "assign",
    "query",
    "pivot",
    "pivot_table",
    "melt",
    "join",
    "transform",
    "cumsum",
    "shift",
    "rank",
    "diff",
    "describe",
    "info",
    "upper",
    "lower",
    "strip",
    "split",
    "replace",
    "format",
    "startswith",
    "endswith",
    "title",
    "isoformat",
    "strftime",
    "date",
    "weekday",
    "quantize",
    "round",
    "abs",
    "nlargest",
    "nsmallest",
    "isna",
    "isnull",
    "notna",
    "notnull",
    "between",
    "where",
    "mask",
    "duplicated",
    "first",
    "last",
    "index",
    "zfill",
    "ljust",
    "rjust",
    "lstrip",
    "rstrip",
    "join",
    "contains",
    "total_seconds",
    "to_numpy",
    "filter",
    "any",
    "all",
    "cumcount",
    "ngroup",
    "most_common",
    "union",
    "intersection",
    "difference",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "add",
    "sub",
    "mul",
    "div",
    "clip",
    "explode",
];

impl<'a> Visitor<'a> for Mentioned<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Return(_) => self.leaves = true,
            Stmt::ClassDef(definition) => {
                self.assigned.insert(definition.name.to_string());
            }
            Stmt::FunctionDef(definition) => {
                self.assigned.insert(definition.name.to_string());
            }
            Stmt::Import(import) => {
                let names = import.names.iter().map(|alias| match &alias.asname {
                    Some(name) => name.as_str(),
                    None => alias.name.split('.').next().unwrap_or_default(),
                });
                self.assigned.extend(names.map(str::to_owned));
            }
            Stmt::ImportFrom(import) => {
                let names = import.names.iter();
                let names = names.map(|alias| alias.asname.as_ref().unwrap_or(&alias.name));
                self.assigned.extend(names.map(ToString::to_string));
            }
            Stmt::Break(_) | Stmt::Continue(_) if self.loops == 0 => self.leaves = true,
            _ => {}
        }
        let is_loop = statement.is_for_stmt() || statement.is_while_stmt();
        self.loops += u32::from(is_loop);
        visitor::walk_stmt(self, statement);
        self.loops -= u32::from(is_loop);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                self.names.insert(name.id.to_string());
                if name.ctx.is_store() {
                    self.assigned.insert(name.id.to_string());
                }
            }
            Expr::Subscript(subscript) if subscript.ctx.is_store() => {
                self.expose(&subscript.value);
            }
            Expr::Attribute(attribute) => {
                self.attributes.push(attribute);
                if attribute.ctx.is_store() {
                    self.expose(&attribute.value);
                }
            }
            Expr::Call(call) => {
                self.calls.push(expr);
                let harmless = match &*call.func {
                    Expr::Attribute(attribute) => {
                        let inplace = call.arguments.keywords.iter().any(|keyword| {
                            keyword
                                .arg
                                .as_ref()
                                .is_some_and(|name| name.as_str() == "inplace")
                        });
                        if inplace || !HARMLESS_METHODS.contains(&attribute.attr.as_str()) {
                            self.expose(&attribute.value);
                        }
                        // Methods take lists and frames without changing them.
                        true
                    }
                    Expr::Name(name) => matches!(
                        name.id.as_str(),
                        "len"
                            | "sum"
                            | "min"
                            | "max"
                            | "sorted"
                            | "list"
                            | "set"
                            | "dict"
                            | "tuple"
                            | "str"
                            | "int"
                            | "float"
                            | "round"
                            | "abs"
                            | "bool"
                            | "any"
                            | "all"
                            | "enumerate"
                            | "zip"
                            | "range"
                            | "print"
                            | "isinstance"
                            | "Decimal"
                            | "reversed"
                            | "map"
                            | "filter"
                    ),
                    _ => false,
                };
                if !harmless {
                    for argument in call
                        .arguments
                        .args
                        .iter()
                        .chain(call.arguments.keywords.iter().map(|keyword| &keyword.value))
                    {
                        self.expose(argument);
                    }
                }
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

impl Mentioned<'_> {
    /// Methods and properties of the External's own classes may change whatever they are given, whatever
    /// they are called.
    fn expose_own_methods(&mut self, lowerer: &Lowerer<'_>) {
        let own = |attribute: &ast::ExprAttribute| {
            lowerer
                .classes
                .iter()
                .any(|class| class.defines(attribute.attr.as_str()))
        };
        let attributes: Vec<_> = self
            .attributes
            .iter()
            .copied()
            .filter(|found| own(found))
            .collect();
        for attribute in attributes {
            self.expose(&attribute.value);
        }
        let calls: Vec<_> = self
            .calls
            .iter()
            .filter_map(|call| call.as_call_expr())
            .collect();
        for call in calls {
            if call.func.as_attribute_expr().is_some_and(own) {
                for argument in &call.arguments.args {
                    self.expose(argument);
                }
                for keyword in &call.arguments.keywords {
                    self.expose(&keyword.value);
                }
            }
        }
    }

    fn expose(&mut self, expr: &Expr) {
        let mut inner = Mentioned::default();
        inner.visit_expr(expr);
        self.exposed.extend(inner.names);
    }

    /// Calls of things outside that may do anything.
    fn unknown_calls(&self, lowerer: &Lowerer<'_>) -> Vec<String> {
        let mut found = Vec::new();
        for call in &self.calls {
            let Expr::Call(call) = call else { continue };
            let mut root = &*call.func;
            let mut path = Vec::new();
            while let Expr::Attribute(attribute) = root {
                path.push(attribute.attr.as_str());
                root = &attribute.value;
            }
            path.reverse();
            if let Some(last) = path.last()
                && last.starts_with("to_")
                && matches!(
                    *last,
                    "to_csv"
                        | "to_parquet"
                        | "to_sql"
                        | "to_excel"
                        | "to_json"
                        | "to_pickle"
                        | "to_feather"
                )
                && !call.arguments.args.is_empty()
            {
                found.push(format!("call of `{last}`"));
            }
            let Expr::Name(name) = root else { continue };
            match lowerer.lookup_name(name.id.as_str()) {
                Some(Value::Global(global)) => {
                    let module = global.split('.').next().unwrap_or("");
                    if !HARMLESS_MODULES.contains(&module) {
                        found.push(format!("call of `{global}`"));
                    }
                }
                None if matches!(
                    name.id.as_str(),
                    "open"
                        | "exec"
                        | "eval"
                        | "compile"
                        | "__import__"
                        | "input"
                        | "setattr"
                        | "exit"
                ) =>
                {
                    found.push(format!("call of `{}`", name.id));
                }
                _ => {}
            }
        }
        found
    }
}
