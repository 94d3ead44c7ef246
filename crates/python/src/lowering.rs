//! The lowerer: one symbolic execution of an External, from its module level to the returned state.

use std::collections::BTreeMap;

use relift_dataflow::{
    Aggregate, AggregateFunction, ColumnType, Comparison, Dataflow, Expr, ExprKind, Flavour,
    Function, NodeId, Obligation, ObligationKind, Op, Refusal, Schema, TypeError, type_of,
};
use relift_diagnostics::{SourceFile, Span};
use relift_job::{Catalog, ColumnName, FrameName};
use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};

use crate::classes::Class;
use crate::databases::SqlFrontend;
use crate::shared_map::SharedMap;
use crate::siblings::{Home, Siblings};
use crate::state::{State, common_scope, not};
use crate::statements::Exits;
use crate::syntax::{ModuleSyntax, parse};
use crate::values::{Condition, Content, NO_ROW, Object, ObjectId, Scope, Term, Value};

/// What an External does to the frames of the shared state.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalLowered {
    /// Frames it sets or changes, by name.
    pub frames_set: Vec<(FrameName, NodeId)>,
    /// Frames it reads, in order of first reading.
    pub frames_read: Vec<(FrameName, NodeId)>,
    /// Frames of `frames_set` that some paths leave unset, with what must hold should a later module read
    /// them: there the legacy job would not find them.
    pub frames_conditional: Vec<(FrameName, Obligation)>,
    /// Whether it changes something of its modules, which a later External of the job would find changed.
    pub remembers: bool,
}

/// An External with the code around it.
#[derive(Clone, Copy, Debug)]
pub struct ExternalCode<'s> {
    /// Its file.
    pub source: &'s SourceFile,
    /// The function that is called.
    pub function: &'s str,
    /// The dotted name under which Python knows the file.
    pub name: &'s str,
    /// Modules it can import.
    pub siblings: &'s Siblings,
    /// Who understands SQL that it runs.
    pub sql: Option<&'s dyn SqlFrontend>,
}

/// Lowers the called function of an External. On refusal the graph is left as it was.
pub fn lower_external(
    flow: &mut Dataflow,
    code: &ExternalCode<'_>,
    frames: &BTreeMap<FrameName, NodeId>,
    module: usize,
    catalog: &Catalog,
) -> Result<ExternalLowered, Vec<Refusal>> {
    let syntax = parse(code.source).map_err(|errors| {
        errors
            .into_iter()
            .map(|error| Refusal::new("module", error.message, error.span))
            .collect::<Vec<_>>()
    })?;
    let before = flow.clone();
    let lowered =
        Lowerer::new(flow, code, &syntax, module, catalog).external(code.function, frames);
    if lowered.is_err() {
        *flow = before;
    }
    lowered
}

/// A function or lambda and where its free variables live.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Callable<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) parameters: Option<&'a ast::Parameters>,
    pub(crate) body: Body<'a>,
    /// The call in which it was defined; `None` at module level.
    pub(crate) frame: Option<u32>,
    /// The module in which it stands.
    pub(crate) home: Home<'a>,
}

/// What a callable executes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body<'a> {
    Statements(&'a [ast::Stmt]),
    Expression(&'a ast::Expr),
}

/// Expressions of fewer parts are repeated rather than given a column.
const DEFINED_SIZE_MIN: usize = 4;

fn size(expr: &Expr) -> usize {
    let mut parts = 0;
    expr.walk(&mut |_| parts += 1);
    parts
}

/// A loop being executed: its scope and the relation whose rows it reads.
#[derive(Clone, Debug)]
pub(crate) struct RowScope {
    pub(crate) scope: Scope,
    pub(crate) node: NodeId,
    /// Columns of the relation and of `defined`.
    pub(crate) schema: Schema,
    /// Variables of the loop body that became columns, each over the columns before it.
    pub(crate) defined: Vec<(ColumnName, Expr)>,
}

pub(crate) struct Lowerer<'a> {
    pub(crate) flow: &'a mut Dataflow,
    pub(crate) catalog: &'a Catalog,
    /// The module whose code is being executed.
    pub(crate) home: Home<'a>,
    pub(crate) siblings: &'a Siblings,
    pub(crate) sql: Option<&'a dyn SqlFrontend>,
    /// Dotted name of the External.
    pub(crate) main: &'a str,
    /// Siblings whose execution is under way.
    pub(crate) loading: Vec<&'a str>,
    pub(crate) module: usize,
    pub(crate) state: State,
    pub(crate) functions: Vec<Callable<'a>>,
    pub(crate) classes: Vec<Class>,
    pub(crate) scopes: Vec<RowScope>,
    pub(crate) loops: Vec<crate::loops::LoopContext>,
    /// Types of what slots hold before the current row.
    pub(crate) previous: Schema,
    /// Calls under way, to refuse recursion.
    pub(crate) calls: Vec<usize>,
    /// The call being executed.
    pub(crate) frame: u32,
    /// Functions that answer the same arguments only once.
    pub(crate) remembering: Vec<usize>,
    /// The variables of the functions whose calls are under way, as they were when each called the next.
    pub(crate) enclosing: Vec<(u32, SharedMap<String, Value>)>,
    /// The `try` statements whose bodies are being executed, the innermost last.
    pub(crate) handlers: Vec<crate::exceptions::Handlers>,
    /// Conditions that hold in the bodies of the open `try` statements because otherwise a handler would
    /// have been reached.
    pub(crate) settled: Vec<Condition>,
    /// Why statements were given up so far.
    pub(crate) given_up: Vec<Refusal>,
    /// Effects that can be neither lowered nor left out.
    pub(crate) refused: Vec<Refusal>,
    pub(crate) frames_read: Vec<(FrameName, NodeId)>,
    /// One-row relations holding the number of rows of others.
    pub(crate) counts: BTreeMap<NodeId, NodeId>,
    /// The relation of exactly one row and no columns.
    pub(crate) run: Option<NodeId>,
    /// The dictionaries that hold dictionaries, and what keeps those by pairs.
    pub(crate) inner: BTreeMap<ObjectId, crate::inner_dicts::Inner>,
    /// Frames whose rows are labelled by their places.
    pub(crate) numbered: std::collections::BTreeSet<NodeId>,
    /// Functions of groups being executed.
    pub(crate) groups: Vec<crate::pandas::reduction::GroupRows>,
    objects: ObjectId,
    scopes_made: Scope,
    frames_made: u32,
    none: Schema,
}

/// What is put back before a loop body is executed again.
pub(crate) struct Snapshot {
    flow: Dataflow,
    counts: BTreeMap<NodeId, NodeId>,
    run: Option<NodeId>,
    refused: usize,
    given_up: usize,
    previous: Schema,
}

impl Snapshot {
    pub(crate) fn previous(&self) -> Schema {
        self.previous.clone()
    }
}

impl<'a> Lowerer<'a> {
    fn new(
        flow: &'a mut Dataflow,
        code: &ExternalCode<'a>,
        syntax: &'a ModuleSyntax,
        module: usize,
        catalog: &'a Catalog,
    ) -> Self {
        Self {
            flow,
            catalog,
            home: Home::main(code.name, syntax),
            siblings: code.siblings,
            sql: code.sql,
            main: code.name,
            loading: Vec::new(),
            module,
            state: State::default(),
            functions: Vec::new(),
            classes: Vec::new(),
            scopes: Vec::new(),
            loops: Vec::new(),
            previous: Schema::default(),
            calls: Vec::new(),
            frame: 0,
            remembering: Vec::new(),
            enclosing: Vec::new(),
            handlers: Vec::new(),
            settled: Vec::new(),
            given_up: Vec::new(),
            refused: Vec::new(),
            frames_read: Vec::new(),
            counts: BTreeMap::new(),
            run: None,
            inner: BTreeMap::new(),
            numbered: std::collections::BTreeSet::new(),
            groups: Vec::new(),
            objects: 0,
            scopes_made: NO_ROW,
            frames_made: 0,
            none: Schema::default(),
        }
    }

    fn external(
        mut self,
        function: &str,
        frames: &BTreeMap<FrameName, NodeId>,
    ) -> Result<ExternalLowered, Vec<Refusal>> {
        for (name, node) in frames {
            let id = self.allocate(Content::Frame(*node));
            self.state.shared.insert(name.clone(), Value::Object(id));
        }
        self.module_level().map_err(|refusal| vec![refusal])?;
        let whole = self.home.syntax.source().whole();
        self.load_ahead(&whole);
        let (globals, objects) = (self.state.globals.clone(), self.state.heap.clone());
        let Some(Value::Function(callable)) = self.state.globals.get(function).cloned() else {
            return Err(vec![Refusal::new(
                format!("function `{function}`"),
                "the module does not define it",
                Some(whole),
            )]);
        };
        let returned = self
            .call_function(callable, vec![Value::SharedState], &[], &whole)
            .map_err(|refusal| vec![refusal])?;
        match returned {
            Value::SharedState => {}
            Value::Unknown(refusal) => return Err(vec![(*refusal).clone()]),
            other => {
                return Err(vec![Refusal::new(
                    format!("function `{function}`"),
                    format!("it returns {} instead of the shared state", other.kind()),
                    Some(whole),
                )]);
            }
        }
        let given = frames.len() as ObjectId;
        let own = objects.iter().filter(|(id, _)| **id > given);
        let remembers = self.state.globals != globals
            || own.into_iter().any(|(id, object)| {
                let now = self.state.heap.get(id).map(|now| &now.content);
                now != Some(&object.content)
            });
        let mut set = Vec::new();
        let mut conditional = Vec::new();
        let mut refused = std::mem::take(&mut self.refused);
        let shared = self.state.shared.clone();
        for (name, value) in &shared {
            let (value, when) = always(value);
            if let Some(condition) = when {
                match self.run_node(&whole) {
                    Ok(node) => conditional.push((
                        name.clone(),
                        Obligation {
                            node,
                            kind: ObligationKind::Holds(condition),
                            why: format!("where it does not hold no frame \"{name}\" is set"),
                            spans: Vec::new(),
                        },
                    )),
                    Err(refusal) => refused.push(refusal),
                }
            }
            match self.final_frame(name, value) {
                Ok(node) if frames.get(name) == Some(&node) => {}
                Ok(node) => set.push((name.clone(), node)),
                Err(refusal) => {
                    if !refused.contains(&refusal) {
                        refused.push(refusal);
                    }
                }
            }
        }
        if !refused.is_empty() {
            refused.dedup();
            return Err(refused);
        }
        Ok(ExternalLowered {
            frames_set: set,
            frames_read: self.frames_read,
            frames_conditional: conditional,
            remembers,
        })
    }

    fn final_frame(&mut self, name: &FrameName, value: &Value) -> Result<NodeId, Refusal> {
        let span = self.home.syntax.source().whole();
        if let Value::Choice(_) | Value::Unbound = value {
            return Err(Refusal::new(
                format!("shared_state[\"{name}\"]"),
                "it is set on some paths only",
                Some(span),
            ));
        }
        let node = self.frame_node(value, &span)?;
        if self.flow.node(node).name.is_none() {
            self.flow.rename(node, name.as_str());
        }
        Ok(node)
    }

    pub(crate) fn span(&self, node: &impl Ranged) -> Span {
        self.span_of(node.range())
    }

    pub(crate) fn span_of(&self, range: TextRange) -> Span {
        self.home.syntax.span(range)
    }

    /// A new object, made in the loop being executed.
    pub(crate) fn allocate(&mut self, content: Content) -> ObjectId {
        self.objects += 1;
        let scope = self.loops.last().map_or(NO_ROW, |context| context.scope);
        self.state.heap.insert(
            self.objects,
            Object {
                scope,
                born: self.state.path.clone(),
                escaped: false,
                content,
            },
        );
        self.objects
    }

    /// The number of an object that is yet to be made.
    pub(crate) fn reserve(&mut self) -> ObjectId {
        self.objects += 1;
        self.objects
    }

    pub(crate) fn object(&mut self, content: Content) -> Value {
        Value::Object(self.allocate(content))
    }

    pub(crate) fn new_scope(&mut self) -> Scope {
        self.scopes_made += 1;
        self.scopes_made
    }

    pub(crate) fn new_frame(&mut self) -> u32 {
        self.frames_made += 1;
        self.frames_made
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            flow: self.flow.clone(),
            counts: self.counts.clone(),
            run: self.run,
            refused: self.refused.len(),
            given_up: self.given_up.len(),
            previous: self.previous.clone(),
        }
    }

    pub(crate) fn restore(&mut self, snapshot: &Snapshot) {
        *self.flow = snapshot.flow.clone();
        self.counts = snapshot.counts.clone();
        self.run = snapshot.run;
        // Their numbers are given anew.
        let last = self.flow.nodes().next_back().map(|(node, _)| node);
        self.numbered.retain(|node| Some(*node) <= last);
        self.refused.truncate(snapshot.refused);
        self.given_up.truncate(snapshot.given_up);
        self.previous = snapshot.previous.clone();
    }

    /// Adds a relation; a type error is a refusal at the span.
    pub(crate) fn add(
        &mut self,
        op: Op,
        span: &Span,
        name: Option<&str>,
    ) -> Result<NodeId, Refusal> {
        self.of_one_group(&op, span)?;
        self.flow
            .add(op, self.module, vec![span.clone()], name, self.catalog)
            .map_err(|error| type_refusal(&error, Some(span.clone())))
    }

    pub(crate) fn schema_of(&self, scope: Scope) -> &Schema {
        self.scopes
            .iter()
            .rev()
            .find(|row| row.scope == scope)
            .map_or(&self.none, |row| &row.schema)
    }

    /// Enters the rows of a relation.
    pub(crate) fn enter_rows(&mut self, scope: Scope, node: NodeId) {
        self.scopes.push(RowScope {
            scope,
            node,
            schema: self.flow.node(node).schema.clone(),
            defined: Vec::new(),
        });
    }

    /// Enters rows of which only these columns are known.
    pub(crate) fn enter_schema(&mut self, scope: Scope, node: NodeId, schema: Schema) {
        self.scopes.push(RowScope {
            scope,
            node,
            schema,
            defined: Vec::new(),
        });
    }

    /// Leaves the rows entered last.
    pub(crate) fn leave_rows(&mut self) {
        self.scopes.pop();
    }

    /// Makes a column known of the rows of a scope.
    pub(crate) fn extend_scope(&mut self, scope: Scope, name: &ColumnName, ty: ColumnType) {
        if let Some(row) = self.scopes.iter_mut().find(|row| row.scope == scope) {
            let mut columns = row.schema.columns().to_vec();
            columns.push(relift_dataflow::Column {
                name: name.clone(),
                ty,
            });
            row.schema = Schema::new(columns);
        }
    }

    /// A variable of a loop body as a column of its own, so that what it is made from is computed once
    /// and can be read under its name. Only what cannot raise: a column is computed for every row.
    pub(crate) fn defined(&mut self, name: &str, term: Term) -> Term {
        let in_loop = self
            .loops
            .last()
            .is_some_and(|context| context.defines && context.scope == term.scope);
        if !in_loop
            || size(&term.expr) < DEFINED_SIZE_MIN
            || reads_previous(&term.expr)
            || !self.never_raises(&term)
        {
            return term;
        }
        let Ok(ty) = self.type_of(&term) else {
            return term;
        };
        let Some(row) = self.scopes.last_mut().filter(|row| row.scope == term.scope) else {
            return term;
        };
        let column =
            if let Some((column, _)) = row.defined.iter().find(|(_, expr)| *expr == term.expr) {
                column.clone()
            } else {
                let mut column = ColumnName::from(name);
                let mut count = 1;
                while row.schema.has(&column) {
                    count += 1;
                    column = ColumnName::from(format!("{name}_{count}"));
                }
                let mut columns = row.schema.columns().to_vec();
                columns.push(relift_dataflow::Column {
                    name: column.clone(),
                    ty,
                });
                row.schema = Schema::new(columns);
                row.defined.push((column.clone(), term.expr.clone()));
                column
            };
        Term {
            expr: Expr::column(column).at(term.expr.span),
            ..term
        }
    }

    fn never_raises(&self, term: &Term) -> bool {
        let schema = self.schema_of(term.scope);
        let mut safe = !crate::values::may_raise(&term.expr);
        term.expr.walk(&mut |part| {
            if let ExprKind::Call(Function::DecimalOfFloat | Function::Quantize(_), arguments) =
                &part.kind
                && !type_of(&arguments[0], schema, &self.previous, self.flow)
                    .is_ok_and(|ty| !ty.missing.possible())
            {
                safe = false;
            }
        });
        safe
    }

    /// The expression over the columns of the relation alone.
    pub(crate) fn expanded(&self, expr: Expr, scope: Scope) -> Expr {
        let Some(row) = self.scopes.iter().find(|row| row.scope == scope) else {
            return expr;
        };
        row.defined.iter().rev().fold(expr, |expr, (name, value)| {
            expr.substitute(&|column| (column == name).then(|| value.clone()))
        })
    }

    pub(crate) fn type_of(&self, term: &Term) -> Result<ColumnType, Refusal> {
        type_of(
            &term.expr,
            self.schema_of(term.scope),
            &self.previous,
            self.flow,
        )
        .map_err(|error| type_refusal(&error, term.expr.span.clone()))
    }

    /// Type of an expression over the columns of a relation.
    pub(crate) fn type_over(&self, expr: &Expr, node: NodeId) -> Result<ColumnType, Refusal> {
        type_of(
            expr,
            &self.flow.node(node).schema,
            &self.previous,
            self.flow,
        )
        .map_err(|error| type_refusal(&error, expr.span.clone()))
    }

    /// The row that all of these read.
    #[expect(
        clippy::unused_self,
        reason = "asked like every other question about terms"
    )]
    pub(crate) fn scope_of(&self, terms: &[&Term], span: &Span) -> Result<Scope, Refusal> {
        let mut scope = NO_ROW;
        for term in terms {
            scope = common_scope(scope, term.scope).ok_or_else(|| {
                Refusal::new(
                    "nested loop",
                    "a value of an outer loop's row is used together with one of an inner loop's row",
                    Some(span.clone()),
                )
            })?;
        }
        Ok(scope)
    }

    /// A call of a dataflow function.
    pub(crate) fn apply(
        &self,
        function: Function,
        terms: Vec<Term>,
        span: &Span,
    ) -> Result<Term, Refusal> {
        let scope = self.scope_of(&terms.iter().collect::<Vec<_>>(), span)?;
        let numpy = terms.iter().any(|term| term.numpy);
        let term = Term {
            expr: Expr::call(function, terms.into_iter().map(|term| term.expr).collect())
                .at(Some(span.clone())),
            scope,
            numpy,
        };
        self.type_of(&term)?;
        Ok(term)
    }

    /// Number of rows of a relation.
    pub(crate) fn count(&mut self, node: NodeId, span: &Span) -> Result<Term, Refusal> {
        if self.of_group(node)
            && let Value::Scalar(count) = self.group_count(node, span)?
        {
            return Ok(count);
        }
        let column = ColumnName::from("rows");
        let relation = if let Some(relation) = self.counts.get(&node) {
            *relation
        } else {
            let name = self
                .flow
                .node(node)
                .name
                .as_ref()
                .map(|name| format!("{name}_count"));
            let relation = self.add(
                Op::Aggregate {
                    input: node,
                    keys: Vec::new(),
                    aggregates: vec![(
                        column.clone(),
                        Aggregate {
                            function: AggregateFunction::Count,
                            argument: None,
                            filter: None,
                        },
                    )],
                    order: relift_dataflow::GroupOrder::Unordered,
                },
                span,
                name.as_deref(),
            )?;
            self.counts.insert(node, relation);
            relation
        };
        Ok(Term::constant(
            Expr::new(ExprKind::Scalar { relation, column }).at(Some(span.clone())),
        ))
    }

    /// Whether a relation has no rows.
    pub(crate) fn empty(&mut self, node: NodeId, span: &Span) -> Result<Term, Refusal> {
        let rows = self.count(node, span)?;
        Ok(Term::constant(
            Expr::compare(Comparison::Eq, Flavour::Python, rows.expr, Expr::int(0))
                .at(Some(span.clone())),
        ))
    }

    /// Runs `body` in a state where `condition` holds, and forgets it afterwards.
    pub(crate) fn under<T>(
        &mut self,
        condition: Term,
        body: impl FnOnce(&mut Self) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let length = self.state.path.len();
        self.state.path.push(Condition {
            expr: condition.expr,
            scope: condition.scope,
        });
        let result = body(self);
        self.state.path.truncate(length);
        self.recall_settled();
        result
    }

    /// Calls a function of the module by executing its body here.
    pub(crate) fn call_function(
        &mut self,
        index: usize,
        positional: Vec<Value>,
        named: &[(String, Value)],
        span: &Span,
    ) -> Result<Value, Refusal> {
        let callable = self.functions[index];
        let construct = callable
            .name
            .map_or_else(|| "lambda".to_owned(), |name| format!("call of `{name}`"));
        let refuse = |reason: &str| Refusal::new(construct.clone(), reason, Some(span.clone()));
        if self.calls.contains(&index) {
            return Err(refuse("it calls itself"));
        }
        let enclosing = match callable.frame {
            Some(frame) if frame != self.frame => {
                let found = self
                    .enclosing
                    .iter()
                    .rev()
                    .find(|(other, _)| *other == frame);
                let Some((_, locals)) = found else {
                    return Err(refuse(
                        "a function defined inside another is called from elsewhere",
                    ));
                };
                Some(locals.clone())
            }
            _ => None,
        };
        self.publish();
        let caller = self.state.locals.clone();
        let caller_frame = self.frame;
        let caller_home = std::mem::replace(&mut self.home, callable.home);
        if callable.frame.is_none() {
            self.state.locals.clear();
        }
        if let Some(locals) = enclosing {
            // What stands around its definition, not around its call.
            self.state.locals = locals;
        }
        self.enclosing.push((caller_frame, caller.clone()));
        let arguments = self.bind_arguments(callable, positional, named, &construct, span);
        let arguments = match arguments {
            Ok(arguments) => arguments,
            Err(refusal) => {
                self.home = caller_home;
                self.enclosing.pop();
                self.state.locals = caller;
                return Err(refusal);
            }
        };
        self.state.locals.extend(arguments);
        self.frame = self.new_frame();
        self.calls.push(index);
        let base = self.state.clone();
        let raised = self.raised_so_far();
        let result = match callable.body {
            Body::Expression(expr) => {
                if callable.frame.is_some() {
                    // A lambda may use further lambdas of its own function.
                    self.frame = caller_frame;
                }
                self.eval(expr)
            }
            Body::Statements(statements) => self
                .block(statements)
                .and_then(|exits| self.join_returns(&base, exits, &construct, span)),
        };
        let result = if self.remembering.contains(&index) && self.changed_since(&base) {
            Err(refuse(
                "it remembers its answers and changes something beside",
            ))
        } else {
            result
        };
        self.calls.pop();
        self.enclosing.pop();
        self.frame = caller_frame;
        self.home = caller_home;
        self.return_raised_to(&raised, &caller);
        self.state.locals = caller;
        self.recall_settled();
        self.take_back();
        result
    }

    /// Whether anything that was there before is different.
    fn changed_since(&self, before: &State) -> bool {
        let object = |id: &ObjectId| self.state.heap.get(id);
        before.globals != self.state.globals
            || before.shared != self.state.shared
            || before
                .heap
                .iter()
                .any(|(id, old)| object(id).map(|new| &new.content) != Some(&old.content))
    }

    fn bind_arguments(
        &mut self,
        callable: Callable<'a>,
        positional: Vec<Value>,
        named: &[(String, Value)],
        construct: &str,
        span: &Span,
    ) -> Result<Vec<(String, Value)>, Refusal> {
        let refuse = |reason: String| Refusal::new(construct, reason, Some(span.clone()));
        let Some(parameters) = callable.parameters else {
            return if positional.is_empty() && named.is_empty() {
                Ok(Vec::new())
            } else {
                Err(refuse("it takes no arguments".to_owned()))
            };
        };
        let mut bound: Vec<(String, Value)> = Vec::new();
        let mut positional = positional.into_iter();
        for parameter in parameters.iter_non_variadic_params() {
            let name = parameter.name().as_str();
            let keyword_only = parameters
                .kwonlyargs
                .iter()
                .any(|other| other.name().as_str() == name);
            let given = if keyword_only {
                None
            } else {
                positional.next()
            };
            let given = given.or_else(|| {
                named
                    .iter()
                    .find(|(other, _)| other == name)
                    .map(|(_, value)| value.clone())
            });
            let value = match (given, parameter.default()) {
                (Some(value), _) => value,
                (None, Some(default)) => {
                    let value = self.eval(default)?;
                    if matches!(value, Value::Object(_)) {
                        return Err(refuse(format!(
                            "the default of `{name}` is shared by all calls"
                        )));
                    }
                    value
                }
                (None, None) => return Err(refuse(format!("the argument `{name}` is missing"))),
            };
            bound.push((name.to_owned(), value));
        }
        let surplus: Vec<Value> = positional.collect();
        let unnamed: Vec<(String, Value)> = named
            .iter()
            .filter(|(name, _)| !bound.iter().any(|(other, _)| other == name))
            .cloned()
            .collect();
        let too_many = !surplus.is_empty() && parameters.vararg.is_none();
        if too_many || (!unnamed.is_empty() && parameters.kwarg.is_none()) {
            return Err(refuse(
                "it is given an argument it does not have".to_owned(),
            ));
        }
        if let Some(rest) = &parameters.vararg {
            bound.push((rest.name.to_string(), Value::Tuple(surplus)));
        }
        if let Some(rest) = &parameters.kwarg {
            let given = self.dict_of_named(unnamed);
            bound.push((rest.name.to_string(), given));
        }
        Ok(bound)
    }

    /// Merges the states in which a function returned; its value is the merged value.
    fn join_returns(
        &mut self,
        base: &State,
        exits: Exits,
        construct: &str,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let result = "\u{1}result";
        let mut states = Vec::new();
        for (mut state, exit) in exits {
            match exit {
                crate::statements::Exit::Return(value) => {
                    state.locals.clear();
                    state.locals.insert(result.to_owned(), value);
                    states.push(state);
                }
                crate::statements::Exit::Continue | crate::statements::Exit::Break => {
                    return Err(Refusal::new(
                        construct,
                        "a loop is left in an unforeseen way",
                        Some(span.clone()),
                    ));
                }
            }
        }
        if !self.state.dead {
            let mut state = self.state.clone();
            state.locals.clear();
            state.locals.insert(result.to_owned(), Value::none());
            states.push(state);
        }
        self.join(base, states);
        if self.state.dead {
            return Err(Refusal::new(
                construct,
                "it never returns",
                Some(span.clone()),
            ));
        }
        Ok(self.state.locals.remove(result).unwrap_or(Value::Unbound))
    }
}

/// A frame that is set on some paths only, and the condition of those paths.
fn always(value: &Value) -> (&Value, Option<Expr>) {
    match value {
        Value::Choice(choice) if choice.scope == NO_ROW && choice.no == Value::Unbound => {
            (&choice.yes, Some(choice.condition.clone()))
        }
        Value::Choice(choice) if choice.scope == NO_ROW && choice.yes == Value::Unbound => {
            (&choice.no, Some(not(choice.condition.clone())))
        }
        other => (other, None),
    }
}

/// Whether an expression reads what earlier rows of a loop left behind.
pub(crate) fn reads_previous(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| found |= matches!(part.kind, ExprKind::Previous(_)));
    found
}

pub(crate) fn type_refusal(error: &TypeError, span: Option<Span>) -> Refusal {
    Refusal::new("expression", error.to_string(), span)
}
