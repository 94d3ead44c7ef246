//! Modules of the portfolio that an External imports.
//!
//! A sibling is executed where it is first imported, under names of its own: a global `RATE` of a module
//! `shared.rates` is kept as `shared.rates.RATE`, so the names of all modules merge at branches and loops
//! as those of one do. Python's own modules are told by name; a file of the portfolio that has the name of
//! one of them may or may not be the one that is imported, so importing it is refused.

use std::collections::BTreeMap;
use std::rc::Rc;

use relift_dataflow::{Literal, Refusal};
use relift_diagnostics::Span;
use ruff_python_ast as ast;

use crate::lowering::Lowerer;
use crate::statements::Exits;
use crate::syntax::ModuleSyntax;
use crate::values::Value;

/// Modules that are loaded before any of the portfolio's, beside those of the standard library.
const INSTALLED: &[&str] = &[
    "dateutil",
    "numpy",
    "pandas",
    "pyarrow",
    "pytz",
    "relift_lake",
    "relift_worker",
    "six",
    "tzdata",
];

/// The modules that can be imported from the portfolio, by dotted name.
#[derive(Clone, Debug, Default)]
pub struct Siblings {
    modules: BTreeMap<String, Sibling>,
}

#[derive(Clone, Debug)]
struct Sibling {
    /// `None` when its text is not Python.
    syntax: Option<ModuleSyntax>,
    package: bool,
}

impl Siblings {
    /// Adds a module, without syntax if it does not parse; that of a package is its `__init__.py`.
    pub fn insert(&mut self, name: &str, syntax: Option<ModuleSyntax>, package: bool) {
        self.modules
            .insert(name.to_owned(), Sibling { syntax, package });
    }

    /// Whether a name is that of a module or of a folder with modules.
    fn knows(&self, name: &str) -> bool {
        self.modules.contains_key(name) || self.is_folder(name)
    }

    /// Whether a name is that of a folder without a module of its own.
    fn is_folder(&self, name: &str) -> bool {
        let inside = format!("{name}.");
        let mut below = self.modules.range(inside.clone()..);
        !self.modules.contains_key(name)
            && below
                .next()
                .is_some_and(|(other, _)| other.starts_with(&inside))
    }
}

/// The module whose code is being executed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Home<'a> {
    /// Its dotted name.
    pub(crate) name: &'a str,
    pub(crate) syntax: &'a ModuleSyntax,
    package: bool,
    /// Whether it is the External itself, whose names stand for themselves.
    main: bool,
}

impl<'a> Home<'a> {
    pub(crate) fn main(name: &'a str, syntax: &'a ModuleSyntax) -> Self {
        Self {
            name,
            syntax,
            package: false,
            main: true,
        }
    }

    /// What one of its global names is kept as.
    pub(crate) fn global(&self, name: &str) -> String {
        if self.main {
            name.to_owned()
        } else {
            format!("{}.{name}", self.name)
        }
    }

    /// The name a kept global has in it, when it is one of its own.
    fn own<'k>(&self, key: &'k str) -> Option<&'k str> {
        let name = if self.main {
            key
        } else {
            key.strip_prefix(self.name)?.strip_prefix('.')?
        };
        (!name.is_empty() && !name.contains('.')).then_some(name)
    }

    /// The package that `level` dots of a relative import stand for.
    fn above(&self, level: u32) -> Option<&'a str> {
        let mut package = if self.package {
            self.name
        } else {
            self.name.rsplit_once('.')?.0
        };
        for _ in 1..level {
            package = package.rsplit_once('.')?.0;
        }
        Some(package)
    }
}

/// Whether Python finds the module before it looks into the portfolio.
fn is_installed(name: &str) -> bool {
    let root = name.split('.').next().unwrap_or(name);
    INSTALLED.contains(&root) || crate::syntax::is_standard_module(root)
}

impl Lowerer<'_> {
    /// `import a.b, c as d`.
    pub(crate) fn import(&mut self, import: &ast::StmtImport, span: &Span) -> Result<(), Refusal> {
        for alias in &import.names {
            let full = alias.name.as_str();
            self.load(full, span)?;
            let (name, path) = if let Some(name) = &alias.asname {
                (name.as_str(), full)
            } else {
                let root = full.split('.').next().unwrap_or(full);
                (root, root)
            };
            let value = Value::Global(Rc::from(path));
            self.state.locals.insert(name.to_owned(), value);
        }
        Ok(())
    }

    /// `from a.b import c as d`, `from . import e`, `from .f import *`.
    pub(crate) fn import_from(
        &mut self,
        import: &ast::StmtImportFrom,
        span: &Span,
    ) -> Result<(), Refusal> {
        let named = import.module.as_ref().map_or("", |module| module.as_str());
        let module = if import.level == 0 {
            named.to_owned()
        } else {
            let package = self.home.above(import.level).ok_or_else(|| {
                Refusal::new(
                    "import",
                    "it is relative, and the module stands in no package",
                    Some(span.clone()),
                )
            })?;
            if named.is_empty() {
                package.to_owned()
            } else {
                format!("{package}.{named}")
            }
        };
        self.load(&module, span)?;
        for alias in &import.names {
            if alias.name.as_str() == "*" {
                self.import_all(&module, span)?;
                continue;
            }
            let name = alias.asname.as_ref().unwrap_or(&alias.name);
            let full = format!("{module}.{}", alias.name);
            if !self.state.globals.contains_key(&full) && self.siblings.knows(&full) {
                self.load(&full, span)?;
            }
            let value = self.of_module(&module, alias.name.as_str(), span)?;
            self.state.locals.insert(name.to_string(), value);
        }
        Ok(())
    }

    fn import_all(&mut self, module: &str, span: &Span) -> Result<(), Refusal> {
        let refuse = |reason: &str| Refusal::new("import", reason, Some(span.clone()));
        if !self.siblings.modules.contains_key(module) || is_installed(module) {
            return Err(refuse("it imports names that are not listed"));
        }
        let listed = self
            .state
            .globals
            .get(&format!("{module}.__all__"))
            .cloned();
        let names: Vec<String> = match listed {
            Some(listed) => {
                let items = self.fixed_items(&listed);
                let names = items.and_then(|items| {
                    let names = items.iter().map(|item| item.as_text().map(str::to_owned));
                    names.collect::<Option<Vec<String>>>()
                });
                names.ok_or_else(|| refuse("what `__all__` lists is not known"))?
            }
            None => {
                let prefix = format!("{module}.");
                let keys = self.state.globals.keys();
                keys.filter_map(|key| key.strip_prefix(&prefix))
                    .filter(|name| {
                        !name.is_empty() && !name.contains('.') && !name.starts_with('_')
                    })
                    .map(str::to_owned)
                    .collect()
            }
        };
        for name in names {
            let value = self.of_module(module, &name, span)?;
            self.state.locals.insert(name, value);
        }
        Ok(())
    }

    /// `module.name`, where the module may be Python's own.
    pub(crate) fn of_module(
        &mut self,
        module: &str,
        name: &str,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let full = format!("{module}.{name}");
        if !self.siblings.knows(module) || is_installed(module) {
            return Ok(Value::Global(Rc::from(full)));
        }
        let refuse = |reason: String| {
            let construct = format!("attribute `{name}`");
            Err(Refusal::new(construct, reason, Some(span.clone())))
        };
        let loaded = self.state.globals.contains_key(&format!("{full}."));
        let itself = Value::Global(Rc::from(full.as_str()));
        match self.state.globals.get(&full) {
            Some(value) if loaded && *value != itself => refuse(format!(
                "module `{module}` has a module and a variable of this name"
            )),
            Some(value) => Ok(crate::merging::resolve(value, &self.state)),
            None if loaded || self.loading.contains(&full.as_str()) => Ok(itself),
            None => refuse(format!("module `{module}` has none of this name here")),
        }
    }

    /// Executes the modules of a dotted name that have not been, the outer ones first. What is not of the
    /// portfolio is left alone.
    fn load(&mut self, name: &str, span: &Span) -> Result<(), Refusal> {
        let ends = name.match_indices('.').map(|(at, _)| at);
        for end in ends.chain([name.len()]) {
            let outer = &name[..end];
            if self.siblings.knows(outer) {
                self.load_one(outer, span)?;
            }
        }
        Ok(())
    }

    fn load_one(&mut self, name: &str, span: &Span) -> Result<(), Refusal> {
        let refuse = |reason: &str| {
            let construct = format!("import of `{name}`");
            Err(Refusal::new(construct, reason, Some(span.clone())))
        };
        // No name ends in a dot, so this key is that of the module itself.
        let key = format!("{name}.");
        let itself = Value::Global(Rc::from(name));
        match self.state.globals.get(&key) {
            Some(known) if *known == itself => return Ok(()),
            Some(Value::Unbound) | None => {}
            Some(_) => return refuse("it has been imported on some paths only"),
        }
        if is_installed(name) {
            return refuse("it has the name of a module that is installed with Python");
        }
        let siblings = self.siblings;
        let Some((name, sibling)) = siblings.modules.get_key_value(name) else {
            self.state.globals.insert(key, itself);
            return Ok(());
        };
        if name == self.main {
            return refuse("it is the External itself");
        }
        // Python finds the part that has been executed, too.
        self.publish();
        if self.loading.contains(&name.as_str()) {
            return Ok(());
        }
        if !self.loops.is_empty() {
            return refuse("it is imported for the first time inside a loop");
        }
        let Some(syntax) = &sibling.syntax else {
            return refuse("it is not valid Python");
        };
        let home = Home {
            name,
            syntax,
            package: sibling.package,
            main: false,
        };
        let outer = std::mem::replace(&mut self.home, home);
        let locals = std::mem::take(&mut self.state.locals);
        let calls = std::mem::take(&mut self.calls);
        let refused = self.refused.len();
        self.loading.push(name);
        let result = self.module_level();
        self.loading.pop();
        self.home = outer;
        self.state.locals = locals;
        self.calls = calls;
        result?;
        if let Some(refusal) = self.refused.get(refused).cloned() {
            self.refused.truncate(refused);
            return Err(refusal);
        }
        self.state.globals.insert(key, itself);
        Ok(())
    }

    /// What importing a module does is known, or the External is not understood.
    pub(crate) fn imported(&mut self, done: Result<(), Refusal>) -> Result<Exits, Refusal> {
        if let Err(refusal) = &done {
            self.refused.push(refusal.clone());
        }
        done.map(|()| Exits::new())
    }

    /// Executes every sibling ahead, so that one that a function imports may be imported inside a loop. One
    /// that is not understood is met again where it is imported.
    pub(crate) fn load_ahead(&mut self, span: &Span) {
        let siblings = self.siblings;
        for name in siblings.modules.keys() {
            let (state, refused) = (self.state.clone(), self.refused.len());
            let flow = self.flow.clone();
            if *name != self.main && (is_installed(name) || self.load(name, span).is_err()) {
                self.state = state;
                self.refused.truncate(refused);
                *self.flow = flow;
            }
        }
    }

    /// Module-level names where functions look for them, while the module is still being executed.
    pub(crate) fn publish(&mut self) {
        if self.calls.is_empty() {
            for (name, value) in self.state.locals.clone() {
                self.state.globals.insert(self.home.global(&name), value);
            }
        }
    }

    /// The reverse: what functions have made of the names.
    pub(crate) fn take_back(&mut self) {
        if self.calls.is_empty() {
            for (key, value) in self.state.globals.clone() {
                if let Some(name) = self.home.own(&key)
                    && self.state.locals.contains_key(name)
                {
                    self.state.locals.insert(name.to_owned(), value);
                }
            }
        }
    }

    /// Name of the module being executed, as `__name__`.
    pub(crate) fn module_name(&self) -> Value {
        Value::literal(Literal::Text(self.home.name.to_owned()))
    }
}
