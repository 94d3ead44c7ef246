//! The syntax of an External: parsing, and the facts that need no understanding of it.
//!
//! Detectors ask here also about modules whose lowering was refused, so nothing in this file depends on
//! lowering.

mod access;
mod imports;
mod lasting;
mod literals;

use std::collections::BTreeMap;

use relift_diagnostics::{Diagnostic, SourceFile, Span};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged, TextRange};

pub use access::{StateAccess, state_access};
pub(crate) use imports::is_standard_module;
pub use imports::{Import, has_computed_imports, imports};
pub use lasting::{changes_process, keeps_state};
pub use literals::{
    EmbeddedSql, NullDefault, NumberLiteral, bare_numbers, comparisons_with, embedded_sql,
    mentions, null_defaults,
};

/// A parsed module with its text.
#[derive(Clone, Debug)]
pub struct ModuleSyntax {
    source: SourceFile,
    module: ast::ModModule,
}

impl ModuleSyntax {
    /// The file it was parsed from.
    pub fn source(&self) -> &SourceFile {
        &self.source
    }

    /// Its top-level statements.
    pub(crate) fn body(&self) -> &[Stmt] {
        &self.module.body
    }

    /// A visitor after it has seen the whole module.
    fn visited_by<'a, V: Visitor<'a>>(&'a self, mut visitor: V) -> V {
        for statement in self.body() {
            visitor.visit_stmt(statement);
        }
        visitor
    }

    /// Place of a range of it.
    pub(crate) fn span(&self, range: TextRange) -> Span {
        span_of(&self.source, range)
    }

    /// The functions it defines at top level, in order.
    pub fn functions(&self) -> Vec<FunctionSyntax> {
        self.body()
            .iter()
            .filter_map(Stmt::as_function_def_stmt)
            .map(|function| FunctionSyntax {
                name: function.name.to_string(),
                span: self.span(function.range()),
            })
            .collect()
    }
}

pub(crate) fn span_of(source: &SourceFile, range: TextRange) -> Span {
    source.span(range.start().to_usize()..range.end().to_usize())
}

/// A function defined at top level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionSyntax {
    /// Its name.
    pub name: String,
    /// The whole definition.
    pub span: Span,
}

/// How a loop gets at the rows of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowLoopKind {
    /// `DataFrame.iterrows`.
    Iterrows,
    /// `DataFrame.itertuples`.
    Itertuples,
    /// `DataFrame.to_dict("records")`.
    ToDict,
    /// `DataFrame.values` or `to_numpy`.
    Values,
    /// `DataFrame.apply(…, axis=1)`.
    ApplyRows,
    /// Indexing by position or label inside a loop over `range(len(frame))` or `frame.index`.
    Index,
}

impl RowLoopKind {
    /// The pandas word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Iterrows => "iterrows",
            Self::Itertuples => "itertuples",
            Self::ToDict => "to_dict",
            Self::Values => "values",
            Self::ApplyRows => "apply(axis=1)",
            Self::Index => "index loop",
        }
    }
}

/// A loop over the rows of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowLoop {
    /// The whole loop.
    pub span: Span,
    /// How it gets at the rows.
    pub kind: RowLoopKind,
    /// Whether it stands inside another loop.
    pub nested: bool,
}

/// A use of a literal key of the shared state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedStateUse {
    /// The key.
    pub key: String,
    /// Whether it is assigned rather than read.
    pub written: bool,
    /// Where.
    pub span: Span,
}

/// Parses a module; syntax errors come with their lines.
pub fn parse(source: &SourceFile) -> Result<ModuleSyntax, Vec<Diagnostic>> {
    let parsed = parse_unchecked(source.text(), ParseOptions::from(Mode::Module));
    let errors: Vec<Diagnostic> = parsed
        .errors()
        .iter()
        .map(|error| {
            Diagnostic::error(format!("python syntax error: {}", error.error))
                .at(span_of(source, error.location))
                .hint("correct the file; Python 3.11 syntax or newer is expected")
        })
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    match parsed.into_syntax() {
        ast::Mod::Module(module) => Ok(ModuleSyntax {
            source: source.clone(),
            module,
        }),
        ast::Mod::Expression(_) => Err(vec![
            Diagnostic::error("the file is not a module").at(source.whole()),
        ]),
    }
}

/// Loops over rows of frames, in the order they stand.
pub fn row_loops(module: &ModuleSyntax) -> Vec<RowLoop> {
    let finder = module.visited_by(LoopFinder {
        module,
        found: Vec::new(),
        depth: 0,
        lists: BTreeMap::new(),
    });
    finder.found
}

/// Whether some key of the shared state is made at run time, so that no list of literal keys is whole.
pub fn has_computed_keys(module: &ModuleSyntax) -> bool {
    let mut finder = StateFinder::new(module);
    finder.visit_functions();
    finder.computed
}

/// Uses of the parameter `shared_state` (the first parameter of any top-level function) with literal keys.
pub fn shared_state_uses(module: &ModuleSyntax) -> Vec<SharedStateUse> {
    let mut finder = StateFinder::new(module);
    finder.visit_functions();
    finder.found
}

/// Every string constant of the module, the fixed parts of f-strings included.
pub fn string_constants(module: &ModuleSyntax) -> Vec<String> {
    let mut finder = StringFinder { found: Vec::new() };
    finder.visit_body(module.body());
    finder.found
}

struct StringFinder {
    found: Vec<String>,
}

impl<'a> Visitor<'a> for StringFinder {
    fn visit_string_literal(&mut self, literal: &'a ast::StringLiteral) {
        self.found.push(literal.value.to_string());
    }

    fn visit_interpolated_string_element(&mut self, element: &'a ast::InterpolatedStringElement) {
        if let ast::InterpolatedStringElement::Literal(literal) = element {
            self.found.push(literal.value.to_string());
        }
        visitor::walk_interpolated_string_element(self, element);
    }
}

struct LoopFinder<'a> {
    module: &'a ModuleSyntax,
    found: Vec<RowLoop>,
    depth: u32,
    /// Names bound to the rows of a frame.
    lists: BTreeMap<String, RowLoopKind>,
}

impl LoopFinder<'_> {
    fn kind(&self, iterated: &Expr) -> Option<RowLoopKind> {
        match iterated {
            Expr::Name(name) => self.lists.get(name.id.as_str()).copied(),
            Expr::Attribute(attribute) => match attribute.attr.as_str() {
                "values" => Some(RowLoopKind::Values),
                "index" => Some(RowLoopKind::Index),
                _ => None,
            },
            Expr::Call(call) => {
                if let Expr::Attribute(attribute) = &*call.func {
                    match attribute.attr.as_str() {
                        "iterrows" => return Some(RowLoopKind::Iterrows),
                        "itertuples" => return Some(RowLoopKind::Itertuples),
                        "to_dict" => return Some(RowLoopKind::ToDict),
                        "to_numpy" => return Some(RowLoopKind::Values),
                        _ => {}
                    }
                }
                let Expr::Name(function) = &*call.func else {
                    return None;
                };
                let argument = call.arguments.args.first()?;
                match function.id.as_str() {
                    "enumerate" | "list" | "iter" | "reversed" | "sorted" | "zip" => {
                        self.kind(argument)
                    }
                    "range" => match argument {
                        Expr::Call(inner) if matches!(&*inner.func, Expr::Name(name) if name.id == "len") => {
                            Some(RowLoopKind::Index)
                        }
                        _ => None,
                    },
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn record(&mut self, range: TextRange, kind: Option<RowLoopKind>) {
        if let Some(kind) = kind {
            self.found.push(RowLoop {
                span: self.module.span(range),
                kind,
                nested: self.depth > 0,
            });
        }
    }
}

impl<'a> Visitor<'a> for LoopFinder<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::For(loop_) => {
                self.record(loop_.range(), self.kind(&loop_.iter));
                self.visit_expr(&loop_.iter);
                self.depth += 1;
                for inner in loop_.body.iter().chain(&loop_.orelse) {
                    self.visit_stmt(inner);
                }
                self.depth -= 1;
            }
            Stmt::While(loop_) => {
                self.depth += 1;
                visitor::walk_stmt(self, statement);
                let _ = loop_;
                self.depth -= 1;
            }
            Stmt::Assign(assign) => {
                let kind = match self.kind(&assign.value) {
                    Some(RowLoopKind::Index) => None,
                    kind => kind,
                };
                for target in &assign.targets {
                    if let Expr::Name(name) = target {
                        match kind {
                            Some(kind) => self.lists.insert(name.id.to_string(), kind),
                            None => self.lists.remove(name.id.as_str()),
                        };
                    }
                }
                visitor::walk_stmt(self, statement);
            }
            Stmt::FunctionDef(_) => {
                let lists = std::mem::take(&mut self.lists);
                visitor::walk_stmt(self, statement);
                self.lists = lists;
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        let generators = match expr {
            Expr::ListComp(comprehension) => &comprehension.generators,
            Expr::SetComp(comprehension) => &comprehension.generators,
            Expr::DictComp(comprehension) => &comprehension.generators,
            Expr::Generator(comprehension) => &comprehension.generators,
            Expr::Call(call) => {
                let rows = call.arguments.keywords.iter().any(|keyword| {
                    keyword
                        .arg
                        .as_ref()
                        .is_some_and(|name| name.as_str() == "axis")
                        && matches!(&keyword.value,
                            Expr::NumberLiteral(number)
                                if matches!(&number.value, ast::Number::Int(one) if one.as_i64() == Some(1)))
                });
                let apply =
                    matches!(&*call.func, Expr::Attribute(attribute) if attribute.attr == *"apply");
                if rows && apply {
                    self.record(call.range(), Some(RowLoopKind::ApplyRows));
                }
                visitor::walk_expr(self, expr);
                return;
            }
            _ => {
                visitor::walk_expr(self, expr);
                return;
            }
        };
        if let Some(kind) = generators
            .iter()
            .find_map(|generator| self.kind(&generator.iter))
        {
            self.record(expr.range(), Some(kind));
        }
        self.depth += 1;
        visitor::walk_expr(self, expr);
        self.depth -= 1;
    }
}

struct StateFinder<'a> {
    module: &'a ModuleSyntax,
    parameter: String,
    found: Vec<SharedStateUse>,
    computed: bool,
}

impl<'a> StateFinder<'a> {
    fn new(module: &'a ModuleSyntax) -> Self {
        Self {
            module,
            parameter: String::new(),
            found: Vec::new(),
            computed: false,
        }
    }

    fn visit_functions(&mut self) {
        let body = self.module.body();
        for function in body.iter().filter_map(Stmt::as_function_def_stmt) {
            let Some(first) = function.parameters.iter_non_variadic_params().next() else {
                continue;
            };
            self.parameter = first.name().to_string();
            for statement in &function.body {
                self.visit_stmt(statement);
            }
        }
    }

    fn record(&mut self, key: &Expr, written: bool, range: TextRange) {
        if let Expr::StringLiteral(text) = key {
            self.found.push(SharedStateUse {
                key: text.value.to_str().to_owned(),
                written,
                span: self.module.span(range),
            });
        } else {
            self.computed = true;
        }
    }

    fn is_state(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Name(name) if name.id.as_str() == self.parameter)
    }
}

impl<'a> Visitor<'a> for StateFinder<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Subscript(subscript) if self.is_state(&subscript.value) => {
                let written = subscript.ctx.is_store();
                self.record(&subscript.slice, written, subscript.range());
            }
            Expr::Call(call) => {
                if let Expr::Attribute(attribute) = &*call.func
                    && self.is_state(&attribute.value)
                {
                    match (attribute.attr.as_str(), call.arguments.args.first()) {
                        ("get" | "pop" | "setdefault", Some(key)) => {
                            self.record(key, attribute.attr == *"setdefault", call.range());
                        }
                        ("items" | "keys" | "values", _) => self.computed = true,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(text: &str) -> ModuleSyntax {
        parse(&SourceFile::new("externals/a.py", text)).expect("valid syntax")
    }

    #[test]
    fn syntax_errors_name_the_line() {
        let errors = parse(&SourceFile::new(
            "externals/a.py",
            "x = 1\ndef f(:\n    pass\n",
        ))
        .expect_err("a syntax error");
        assert!(
            errors[0].to_string().starts_with("externals/a.py:2"),
            "{}",
            errors[0]
        );
    }

    #[test]
    fn string_constants_are_found_wherever_they_stand() {
        let found = string_constants(&module(
            "\"\"\"Doc.\"\"\"\nT = {'a': ['market.' 'orders']}\ndef f(s, d='x'):\n    return f\"FROM {s['t']}.lines {d!r:>{'9'}}\"\n",
        ));
        assert_eq!(
            found,
            [
                "Doc.", "a", "market.", "orders", "x", "FROM ", "t", ".lines ", ">", "9"
            ]
        );
    }

    #[test]
    fn row_loops_are_found_and_plain_loops_are_not() {
        let found = row_loops(&module(
            "def f(s):\n    records = s['a'].to_dict('records')\n    for r in records:\n        for _, x in s['b'].iterrows():\n            pass\n    for k in {}:\n        pass\n    return [t.a for t in s['c'].itertuples()]\n",
        ));
        let kinds: Vec<_> = found
            .iter()
            .map(|found| (found.kind, found.nested))
            .collect();
        assert_eq!(
            kinds,
            [
                (RowLoopKind::ToDict, false),
                (RowLoopKind::Iterrows, true),
                (RowLoopKind::Itertuples, false)
            ]
        );
    }

    #[test]
    fn shared_state_keys_are_told_by_use() {
        let uses = shared_state_uses(&module(
            "def execute(state):\n    a = state['a']\n    state['b'] = state.get('c')\n    return state\n",
        ));
        let found: Vec<_> = uses
            .iter()
            .map(|found| (found.key.as_str(), found.written))
            .collect();
        assert_eq!(found, [("a", false), ("c", false), ("b", true)]);
    }
}
