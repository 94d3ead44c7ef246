//! Whether code can leave something behind that other code of the same process finds.
//!
//! For code that is not understood. The answer "no" is certain as far as the language goes: no variable of
//! the module is rebound, what its variables hold is never changed or handed on, and nothing is stored in
//! what was imported.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, CmpOp, Expr, ExprContext, Stmt};

use super::ModuleSyntax;

/// Ways to change the interpreter or a library for everybody.
const PROCESS_WIDE: &[&str] = &[
    "environ",
    "exec",
    "eval",
    "getcontext",
    "globals",
    "modules",
    "option_context",
    "options",
    "putenv",
    "seed",
    "set_option",
    "setattr",
    "setcontext",
    "seterr",
    "setlocale",
    "setrecursionlimit",
    "signal",
    "sys",
    "vars",
];

/// Methods that tell about a collection without changing it or handing out what is in it.
const READING: &[&str] = &["get", "index", "count", "items", "keys", "values", "copy"];

/// Builtins that read what they are given.
const READERS: &[&str] = &[
    "all",
    "any",
    "dict",
    "enumerate",
    "frozenset",
    "len",
    "list",
    "max",
    "min",
    "set",
    "sorted",
    "sum",
    "tuple",
    "zip",
];

/// Whether running the module's functions may change something that outlives them in the module.
pub fn keeps_state(module: &ModuleSyntax) -> bool {
    let mut finder = StateFinder::default();
    for statement in module.body() {
        finder.top_level(statement);
    }
    for statement in module.body() {
        finder.visit_stmt(statement);
    }
    finder.found
}

/// Whether the module mentions a way to change the interpreter or a library for everybody.
pub fn changes_process(module: &ModuleSyntax) -> bool {
    #[derive(Default)]
    struct Names {
        found: bool,
    }
    impl<'a> Visitor<'a> for Names {
        fn visit_expr(&mut self, expr: &'a Expr) {
            let name = match expr {
                Expr::Name(name) => name.id.as_str(),
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                _ => "",
            };
            self.found |= PROCESS_WIDE.contains(&name);
            visitor::walk_expr(self, expr);
        }

        fn visit_alias(&mut self, alias: &'a ast::Alias) {
            self.found |= alias
                .name
                .split('.')
                .any(|part| PROCESS_WIDE.contains(&part));
        }
    }
    module.visited_by(Names::default()).found
}

#[derive(Default)]
struct StateFinder {
    /// Variables of the module that hold something that can be changed.
    holders: BTreeSet<String>,
    /// Everything the module's top level names.
    names: BTreeSet<String>,
    found: bool,
    depth: u32,
}

/// How much can be changed of what a top-level expression makes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Made {
    Fixed,
    /// A collection of fixed values.
    Flat,
    Anything,
}

fn made(expr: &Expr) -> Made {
    let flat = |items: &[Expr]| {
        if items.iter().all(|item| made(item) == Made::Fixed) {
            Made::Flat
        } else {
            Made::Anything
        }
    };
    match expr {
        Expr::StringLiteral(_)
        | Expr::NumberLiteral(_)
        | Expr::BooleanLiteral(_)
        | Expr::NoneLiteral(_)
        | Expr::BytesLiteral(_)
        | Expr::Lambda(_) => Made::Fixed,
        Expr::UnaryOp(operation) => made(&operation.operand),
        Expr::BinOp(operation) => made(&operation.left).max(made(&operation.right)),
        Expr::Tuple(tuple) if tuple.elts.iter().all(|item| made(item) == Made::Fixed) => {
            Made::Fixed
        }
        Expr::List(list) => flat(&list.elts),
        Expr::Set(set) => flat(&set.elts),
        Expr::Dict(dict) => {
            let fixed = dict.items.iter().all(|item| {
                item.key
                    .as_ref()
                    .is_some_and(|key| made(key) == Made::Fixed)
                    && made(&item.value) == Made::Fixed
            });
            if fixed { Made::Flat } else { Made::Anything }
        }
        // `Decimal("0.01")`, `date(2024, 1, 1)`, `frozenset(…)`, `timedelta(days=1)`
        Expr::Call(call) => {
            let name = match &*call.func {
                Expr::Name(name) => name.id.as_str(),
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                _ => "",
            };
            let fixed = matches!(
                name,
                "Decimal" | "date" | "timedelta" | "frozenset" | "getLogger"
            );
            if fixed { Made::Fixed } else { Made::Anything }
        }
        _ => Made::Anything,
    }
}

impl StateFinder {
    fn top_level(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Import(import) => self.names.extend(import.names.iter().map(|alias| {
                let name = alias.asname.as_ref().unwrap_or(&alias.name);
                name.split('.').next().unwrap_or_default().to_owned()
            })),
            Stmt::ImportFrom(import) => {
                let names = import.names.iter();
                let names = names.map(|alias| alias.asname.as_ref().unwrap_or(&alias.name));
                self.names.extend(names.map(ToString::to_string));
            }
            Stmt::FunctionDef(function) => {
                self.names.insert(function.name.to_string());
            }
            Stmt::ClassDef(class) => {
                self.names.insert(class.name.to_string());
                self.found |= class.body.iter().any(|statement| match statement {
                    Stmt::Assign(assign) => made(&assign.value) != Made::Fixed,
                    Stmt::AnnAssign(assign) => assign
                        .value
                        .as_ref()
                        .is_some_and(|value| made(value) != Made::Fixed),
                    Stmt::FunctionDef(_) | Stmt::Expr(_) | Stmt::Pass(_) => false,
                    _ => true,
                });
            }
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.holder(target, made(&assign.value));
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.holder(&assign.target, made(value));
                }
            }
            Stmt::Expr(text) if text.value.is_string_literal_expr() => {}
            Stmt::If(branch) => {
                let clauses = branch.elif_else_clauses.iter();
                let others = clauses.flat_map(|clause| &clause.body);
                branch
                    .body
                    .iter()
                    .chain(others)
                    .for_each(|inner| self.top_level(inner));
            }
            Stmt::Pass(_) => {}
            _ => self.found = true,
        }
    }

    fn holder(&mut self, target: &Expr, made: Made) {
        let Expr::Name(name) = target else {
            self.found = true;
            return;
        };
        self.names.insert(name.id.to_string());
        match made {
            Made::Fixed => {}
            Made::Flat => {
                self.holders.insert(name.id.to_string());
            }
            Made::Anything => self.found = true,
        }
    }

    fn holds(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Name(name) if self.holders.contains(name.id.as_str()))
    }

    /// A store below something the module or an import owns.
    fn store(&mut self, target: &Expr) {
        let mut inner = target;
        loop {
            inner = match inner {
                Expr::Attribute(attribute) => &attribute.value,
                Expr::Subscript(subscript) => &subscript.value,
                Expr::Name(name) => {
                    let below = !matches!(target, Expr::Name(_));
                    self.found |= below && self.names.contains(name.id.as_str());
                    return;
                }
                _ => return,
            };
        }
    }
}

impl<'a> Visitor<'a> for StateFinder {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Global(_) => self.found = true,
            Stmt::FunctionDef(function) => {
                let changeable = |parameter: &ast::ParameterWithDefault| {
                    let default = parameter.default.as_ref();
                    default.is_some_and(|default| made(default) != Made::Fixed)
                };
                self.found |= function.parameters.posonlyargs.iter().any(changeable)
                    || function.parameters.args.iter().any(changeable)
                    || function.parameters.kwonlyargs.iter().any(changeable)
                    || !function.decorator_list.is_empty() && self.depth == 0;
                self.depth += 1;
                visitor::walk_stmt(self, statement);
                self.depth -= 1;
                return;
            }
            Stmt::Assign(assign) if self.depth > 0 => {
                assign.targets.iter().for_each(|target| self.store(target));
            }
            Stmt::AugAssign(assign) => self.store(&assign.target),
            Stmt::Delete(delete) => delete.targets.iter().for_each(|target| self.store(target)),
            Stmt::For(loop_) if self.holds(&loop_.iter) => {
                loop_
                    .body
                    .iter()
                    .chain(&loop_.orelse)
                    .for_each(|inner| self.visit_stmt(inner));
                return;
            }
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            // Uses that leave what a variable of the module holds as it is.
            Expr::Subscript(subscript)
                if self.holds(&subscript.value) && subscript.ctx == ExprContext::Load =>
            {
                self.visit_expr(&subscript.slice);
                return;
            }
            Expr::Compare(compare)
                if matches!(&*compare.ops, [CmpOp::In | CmpOp::NotIn])
                    && compare.comparators.iter().all(|side| self.holds(side)) =>
            {
                self.visit_expr(&compare.left);
                return;
            }
            Expr::Call(call) => {
                let reads = match &*call.func {
                    Expr::Attribute(attribute) => {
                        self.holds(&attribute.value) && READING.contains(&attribute.attr.as_str())
                    }
                    Expr::Name(name) => {
                        let harmless = READERS.contains(&name.id.as_str());
                        if harmless {
                            for argument in &call.arguments.args {
                                if !self.holds(argument) {
                                    self.visit_expr(argument);
                                }
                            }
                            for keyword in &call.arguments.keywords {
                                self.visit_expr(&keyword.value);
                            }
                            return;
                        }
                        false
                    }
                    _ => false,
                };
                if reads {
                    call.arguments
                        .args
                        .iter()
                        .for_each(|argument| self.visit_expr(argument));
                    call.arguments
                        .keywords
                        .iter()
                        .for_each(|keyword| self.visit_expr(&keyword.value));
                    return;
                }
            }
            Expr::Name(name) if name.ctx == ExprContext::Load => {
                // Anything else may change it, or hand it to what does.
                self.found |= self.holders.contains(name.id.as_str());
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_comprehension(&mut self, comprehension: &'a ast::Comprehension) {
        if !self.holds(&comprehension.iter) {
            self.visit_expr(&comprehension.iter);
        }
        comprehension
            .ifs
            .iter()
            .for_each(|condition| self.visit_expr(condition));
    }
}

#[cfg(test)]
mod tests {
    use relift_diagnostics::SourceFile;

    use super::*;
    use crate::syntax::parse;

    fn keeps(text: &str) -> bool {
        keeps_state(&parse(&SourceFile::new("externals/a.py", text)).expect("valid syntax"))
    }

    #[test]
    fn constants_and_functions_keep_nothing() {
        assert!(!keeps(
            "import pandas as pd\nfrom decimal import Decimal\nRATES = {'a': 1.5, 'b': -2}\nDAYS = ['mon', 'tue']\n\
             CENT = Decimal('0.01')\nEDGES = (1, (2, 3))\n\n\ndef f(s, n=3):\n    seen = {}\n    for day in DAYS:\n\
             \x20       seen[day] = RATES.get(day, 0) + RATES['a']\n    return [k for k, v in RATES.items() if k in DAYS], len(DAYS)\n"
        ));
    }

    #[test]
    fn what_may_last_is_found() {
        for text in [
            "SEEN = {}\ndef f(k):\n    SEEN[k] = 1\n",
            "SEEN = []\ndef f(k):\n    SEEN.append(k)\n",
            "SEEN = []\ndef f(k):\n    g(SEEN)\n",
            "SEEN = []\ndef f(k):\n    s = SEEN\n",
            "N = 0\ndef f():\n    global N\n    N += 1\n",
            "def f(k, seen=[]):\n    pass\n",
            "NESTED = {'a': []}\ndef f():\n    NESTED['a'].append(1)\n",
            "class C:\n    seen = []\n",
            "class C:\n    pass\ndef f():\n    C.x = 1\n",
            "import lib\ndef f():\n    lib.setting = 1\n",
            "if True:\n    SEEN = []\ndef f():\n    SEEN.append(1)\n",
            "def f():\n    f.calls = 1\n",
            "X = make()\n",
            "SEEN = {}\nwhile False:\n    pass\n",
        ] {
            assert!(keeps(text), "{text}");
        }
    }

    #[test]
    fn changes_of_the_process_are_told() {
        let changes = |text: &str| {
            changes_process(&parse(&SourceFile::new("a.py", text)).expect("valid syntax"))
        };
        assert!(changes(
            "import decimal\ndef f():\n    decimal.getcontext().prec = 6\n"
        ));
        assert!(changes("from os import environ\n"));
        assert!(!changes(
            "import hashlib\ndef f(x):\n    return hashlib.md5(x)\n"
        ));
    }
}
