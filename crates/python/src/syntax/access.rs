//! Which frames an External can read and set, told from its text, for one that is not understood.
//!
//! The answer holds whatever else the code does, or there is none: the shared state is followed into the
//! functions of the module it is handed to, and as soon as it goes anywhere else nothing can be said.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, CmpOp, Expr, ExprContext, Stmt};

use super::ModuleSyntax;

/// Keys of the shared state by what can happen to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateAccess {
    /// Those that may be read.
    pub reads: BTreeSet<String>,
    /// Those that may be set, replaced or removed, and those of frames that are plainly changed in place.
    pub writes: BTreeSet<String>,
}

/// What the function does with the keys of the shared state, which is its first argument; `None` when the
/// text does not tell.
pub fn state_access(module: &ModuleSyntax, function: &str) -> Option<StateAccess> {
    let mut finder = AccessFinder {
        functions: BTreeMap::new(),
        constants: constants(module),
        asked: BTreeSet::new(),
        state: String::new(),
        frames: BTreeMap::new(),
        found: StateAccess::default(),
        lost: false,
    };
    for statement in module.body() {
        if let Stmt::FunctionDef(definition) = statement {
            let name = definition.name.as_str();
            // A name that is defined twice could be either.
            finder.lost |= finder.functions.insert(name, definition).is_some();
        }
    }
    let called = *finder.functions.get(function)?;
    finder.lost |= !called.decorator_list.is_empty() || !returns_its_state(called);
    finder.follow(function, 0);
    (!finder.lost).then_some(finder.found)
}

/// Names of the module that are bound once, to a text.
fn constants(module: &ModuleSyntax) -> BTreeMap<String, String> {
    #[derive(Default)]
    struct Stores {
        count: BTreeMap<String, usize>,
    }
    impl<'a> Visitor<'a> for Stores {
        fn visit_expr(&mut self, expr: &'a Expr) {
            if let Expr::Name(name) = expr
                && name.ctx != ExprContext::Load
            {
                *self.count.entry(name.id.to_string()).or_default() += 1;
            }
            visitor::walk_expr(self, expr);
        }

        fn visit_parameter(&mut self, parameter: &'a ast::Parameter) {
            *self.count.entry(parameter.name.to_string()).or_default() += 1;
        }
    }
    let stores = module.visited_by(Stores::default());
    let mut found = BTreeMap::new();
    for statement in module.body() {
        if let Stmt::Assign(assign) = statement
            && let [Expr::Name(name)] = assign.targets.as_slice()
            && let Expr::StringLiteral(text) = &*assign.value
            && stores.count.get(name.id.as_str()) == Some(&1)
        {
            found.insert(name.id.to_string(), text.value.to_str().to_owned());
        }
    }
    found
}

/// Whether each way out of the function hands the shared state on.
fn returns_its_state(function: &ast::StmtFunctionDef) -> bool {
    struct Returns<'a> {
        state: &'a str,
        only: bool,
    }
    impl<'a> Visitor<'a> for Returns<'_> {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            match statement {
                Stmt::Return(return_) => {
                    self.only &= return_.value.as_deref().is_some_and(
                        |value| matches!(value, Expr::Name(name) if name.id.as_str() == self.state),
                    );
                }
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                _ => visitor::walk_stmt(self, statement),
            }
        }
    }
    let Some(state) = parameter(function, 0) else {
        return false;
    };
    let mut returns = Returns { state, only: true };
    function
        .body
        .iter()
        .for_each(|statement| returns.visit_stmt(statement));
    returns.only
}

fn parameter(function: &ast::StmtFunctionDef, at: usize) -> Option<&str> {
    let parameters = &function.parameters;
    if parameters.vararg.is_some() || parameters.kwarg.is_some() {
        return None;
    }
    let positional = parameters.posonlyargs.iter().chain(&parameters.args);
    positional
        .map(|parameter| parameter.name().as_str())
        .nth(at)
}

struct AccessFinder<'a> {
    functions: BTreeMap<&'a str, &'a ast::StmtFunctionDef>,
    constants: BTreeMap<String, String>,
    asked: BTreeSet<(String, usize)>,
    /// What the function being read calls the shared state.
    state: String,
    /// Names it gives to frames of the shared state.
    frames: BTreeMap<String, String>,
    found: StateAccess,
    /// The shared state went where it cannot be followed.
    lost: bool,
}

impl<'a> AccessFinder<'a> {
    fn follow(&mut self, function: &str, at: usize) {
        if !self.asked.insert((function.to_owned(), at)) {
            return;
        }
        let Some(definition) = self.functions.get(function).copied() else {
            self.lost = true;
            return;
        };
        let Some(state) = parameter(definition, at) else {
            self.lost = true;
            return;
        };
        let outer = std::mem::replace(&mut self.state, state.to_owned());
        let frames = std::mem::take(&mut self.frames);
        for statement in &definition.body {
            self.visit_stmt(statement);
        }
        self.state = outer;
        self.frames = frames;
    }

    fn is_state(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Name(name) if name.id.as_str() == self.state)
    }

    fn key(&mut self, expr: &Expr) -> Option<String> {
        let key = match expr {
            Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
            Expr::Name(name) => self.constants.get(name.id.as_str()).cloned(),
            _ => None,
        };
        self.lost |= key.is_none();
        key
    }

    fn read(&mut self, key: &'a Expr) {
        let read = self.key(key);
        self.found.reads.extend(read);
    }

    fn write(&mut self, key: &'a Expr) {
        let written = self.key(key);
        self.found.writes.extend(written);
    }

    /// The key of the frame that an expression plainly is.
    fn frame(&self, expr: &Expr) -> Option<String> {
        let key = match expr {
            Expr::Name(name) => return self.frames.get(name.id.as_str()).cloned(),
            Expr::Subscript(subscript) if self.is_state(&subscript.value) => &*subscript.slice,
            Expr::Call(call) => {
                let attribute = call.func.as_attribute_expr()?;
                let get = attribute.attr.as_str() == "get" && self.is_state(&attribute.value);
                call.arguments.args.first().filter(|_| get)?
            }
            _ => return None,
        };
        match key {
            Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
            Expr::Name(name) => self.constants.get(name.id.as_str()).cloned(),
            _ => None,
        }
    }

    /// A store into something: one into a frame changes it in place.
    fn store(&mut self, target: &Expr) {
        let mut inner = match target {
            Expr::Subscript(subscript) => &*subscript.value,
            Expr::Attribute(attribute) => &*attribute.value,
            _ => return,
        };
        loop {
            if let Some(key) = self.frame(inner) {
                self.found.writes.insert(key);
                return;
            }
            inner = match inner {
                Expr::Subscript(subscript) => &*subscript.value,
                Expr::Attribute(attribute) => &*attribute.value,
                _ => return,
            };
        }
    }

    /// A method that changes the frame it is called on.
    fn method(&mut self, call: &ast::ExprCall) {
        let Some(attribute) = call.func.as_attribute_expr() else {
            return;
        };
        let inplace = call.arguments.keywords.iter().any(|keyword| {
            let name = keyword.arg.as_ref().map(ast::Identifier::as_str);
            name == Some("inplace")
        });
        let changes = matches!(
            attribute.attr.as_str(),
            "insert" | "pop" | "update" | "isetitem"
        );
        if (inplace || changes)
            && let Some(key) = self.frame(&attribute.value)
        {
            self.found.writes.insert(key);
        }
    }

    /// A call that concerns the shared state; `false` when it does not.
    fn call(&mut self, call: &'a ast::ExprCall) -> bool {
        let arguments = &call.arguments;
        if let Expr::Attribute(attribute) = &*call.func
            && self.is_state(&attribute.value)
        {
            let Some(key) = arguments.args.first() else {
                self.lost = true;
                return true;
            };
            match attribute.attr.as_str() {
                "get" => self.read(key),
                "pop" | "setdefault" => {
                    self.read(key);
                    self.write(key);
                }
                _ => self.lost = true,
            }
            arguments.args[1..]
                .iter()
                .for_each(|rest| self.visit_expr(rest));
            arguments
                .keywords
                .iter()
                .for_each(|keyword| self.visit_expr(&keyword.value));
            return true;
        }
        let Expr::Name(function) = &*call.func else {
            return false;
        };
        let handed = arguments
            .args
            .iter()
            .position(|argument| self.is_state(argument));
        let Some(at) = handed else {
            return false;
        };
        let spread = arguments.args.iter().any(Expr::is_starred_expr);
        if spread || !self.functions.contains_key(function.id.as_str()) {
            return false;
        }
        self.follow(function.id.as_str(), at);
        for (other, argument) in arguments.args.iter().enumerate() {
            if other != at {
                self.visit_expr(argument);
            }
        }
        arguments
            .keywords
            .iter()
            .for_each(|keyword| self.visit_expr(&keyword.value));
        true
    }
}

impl<'a> Visitor<'a> for AccessFinder<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Return(return_)
                if return_
                    .value
                    .as_deref()
                    .is_some_and(|value| self.is_state(value)) => {}
            Stmt::Assign(assign) => {
                let frame = self.frame(&assign.value);
                for target in &assign.targets {
                    self.store(target);
                    if let (Expr::Name(name), Some(key)) = (target, &frame) {
                        self.frames.insert(name.id.to_string(), key.clone());
                    }
                }
                visitor::walk_stmt(self, statement);
            }
            Stmt::AugAssign(assign) => {
                self.store(&assign.target);
                if let Expr::Subscript(target) = &*assign.target
                    && self.is_state(&target.value)
                {
                    self.read(&target.slice);
                }
                visitor::walk_stmt(self, statement);
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Subscript(subscript) if self.is_state(&subscript.value) => {
                match subscript.ctx {
                    ExprContext::Load => self.read(&subscript.slice),
                    _ => self.write(&subscript.slice),
                }
                return;
            }
            Expr::Compare(compare) => {
                if let ([CmpOp::In | CmpOp::NotIn], [state]) =
                    (&*compare.ops, &*compare.comparators)
                    && self.is_state(state)
                {
                    self.read(&compare.left);
                    return;
                }
            }
            Expr::Call(call) => {
                self.method(call);
                if self.call(call) {
                    return;
                }
            }
            // The shared state itself, in a place that was not foreseen.
            Expr::Name(name) if name.id.as_str() == self.state => self.lost = true,
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use relift_diagnostics::SourceFile;

    use super::*;
    use crate::syntax::parse;

    fn access(body: &str) -> Option<String> {
        let text = format!("OUT = 'made'\nTWICE = 'a'\nTWICE = 'b'\n{body}");
        let module = parse(&SourceFile::new("externals/a.py", &text)).expect("valid syntax");
        let found = state_access(&module, "execute")?;
        let list = |keys: &BTreeSet<String>| keys.iter().cloned().collect::<Vec<_>>().join(",");
        Some(format!("{} > {}", list(&found.reads), list(&found.writes)))
    }

    #[test]
    fn keys_are_followed_through_functions() {
        let found = access(
            "def load(when, state, name='x'):\n    if 'day' not in state:\n        return None\n    return state['a']\n\
             def execute(s):\n    frame = load(1, s)\n    s[OUT] = frame\n    s['n'] += 1\n    s.pop('old', None)\n    return s\n",
        );
        assert_eq!(found.as_deref(), Some("a,day,n,old > made,n,old"));
    }

    #[test]
    fn frames_that_are_plainly_changed_in_place_are_told() {
        let found = access(
            "def execute(s):\n    a = s['a']\n    a['x'] = 1\n    s['b'].loc[0, 'y'] = 2\n    c = s.get('c')\n\
             \x20   c.drop(columns=['z'], inplace=True)\n    d = s['d'].copy()\n    d['x'] = 1\n    e = s['e']\n    e.columns = ['q']\n    return s\n",
        );
        assert_eq!(found.as_deref(), Some("a,b,c,d,e > a,b,c,e"));
    }

    #[test]
    fn a_state_that_goes_elsewhere_is_lost() {
        for body in [
            "def execute(s):\n    s[TWICE] = 1\n    return s\n",
            "def execute(s):\n    for name in s:\n        pass\n    return s\n",
            "def execute(s):\n    t = s\n    return s\n",
            "def execute(s):\n    return {'a': s['a']}\n",
            "def execute(s):\n    s.update(a=1)\n    return s\n",
            "import b\ndef execute(s):\n    b.run(s)\n    return s\n",
            "def execute(s):\n    run(s)\n    return s\n",
            "def execute(*s):\n    return s\n",
            "def execute(s):\n    s[s['key']] = 1\n    return s\n",
            "def f(*all):\n    pass\ndef execute(s):\n    f(s)\n    return s\n",
            "def f(a, b):\n    pass\ndef execute(s):\n    f(s, s)\n    return s\n",
        ] {
            assert_eq!(access(body), None, "{body}");
        }
    }
}
