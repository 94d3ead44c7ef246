//! Statements that are not understood: what they may have changed is unknown from there on.
//!
//! What a statement mentions tells what it may do: names it assigns, objects it may change through a name,
//! calls whose effects outlive the run. Everything else stays as it was.

use std::collections::BTreeSet;
use std::rc::Rc;

use relift_dataflow::Refusal;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Stmt};

use crate::lowering::Lowerer;
use crate::values::{Content, Value};

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
    "contextlib",
    "dataclasses",
    "enum",
    "__future__",
    "numbers",
    "fractions",
    "sys",
    "json",
];

impl<'a> Lowerer<'a> {
    /// Makes everything unknown that a statement not understood may have changed.
    pub(crate) fn give_up(&mut self, statement: &'a Stmt, refusal: Refusal) -> Result<(), Refusal> {
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
        self.guard_shared(statement, &refusal);
        if !self.is_talk(statement) {
            self.given_up.push(refusal.clone());
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
        // A connection can be changed through whatever it is handed to.
        let handed = mentioned.names.iter().filter(|name| {
            let Some(Value::Object(id)) = self.lookup_name(name) else {
                return false;
            };
            let content = self.state.heap.get(&id).map(|object| &object.content);
            matches!(content, Some(Content::Database(_) | Content::Cursor(_)))
        });
        let touched: Vec<String> = touched.into_iter().chain(handed).cloned().collect();
        for name in &touched {
            let value = self.lookup_name(name);
            if let Some(value) = value {
                self.poison_value(&value, &shared);
            }
        }
        Ok(())
    }

    /// Whether a statement only prints or logs: that it cannot be followed says nothing about the job.
    fn is_talk(&self, statement: &Stmt) -> bool {
        let Stmt::Expr(expression) = statement else {
            return false;
        };
        let Expr::Call(call) = &*expression.value else {
            return false;
        };
        let mut root = &*call.func;
        while let Expr::Attribute(attribute) = root {
            root = &attribute.value;
        }
        let Expr::Name(name) = root else {
            return false;
        };
        match self.lookup_name(name.id.as_str()) {
            Some(Value::Global(path)) => path.starts_with("logging"),
            Some(_) => false,
            None => name.id.as_str() == "print",
        }
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
                        match dict.rest {
                            crate::values::Rest::Touched(touched) => {
                                self.poison_value(&touched.value, refusal);
                            }
                            crate::values::Rest::Part(part) => {
                                self.state.poison(part.flat, refusal);
                            }
                            crate::values::Rest::Nothing
                            | crate::values::Rest::Filling
                            | crate::values::Rest::Built(_) => {}
                        }
                    }
                    Content::Table(table) => {
                        for (_, value) in table {
                            self.poison_value(&value, refusal);
                        }
                    }
                    Content::Cursor(cursor) => self.state.poison(cursor.database, refusal),
                    // The items of a set cannot be changed.
                    Content::Members(_)
                    | Content::Frame(_)
                    | Content::EmptyFrame(_)
                    | Content::Database(_)
                    | Content::Poisoned(_) => {}
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
