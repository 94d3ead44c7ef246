//! A copy of a portfolio in which everything its authors could name bears another name.
//!
//! Lifting must not know names. Jobs, frames, tables, columns, record keys, functions, variables and
//! files get names in the reverse alphabetical order of the old ones, so that code that leans on the
//! order of names shows itself too. Texts that are compared with data stay.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, bail};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprContext, Parameter, Stmt};
use ruff_text_size::{Ranged, TextRange};
use serde_json::Value;

/// Old name to new name.
pub type Names = BTreeMap<String, String>;

/// Copies the portfolio `from` to the new folder `to` and returns what was called how.
pub fn rename(from: &Path, to: &Path) -> anyhow::Result<Names> {
    if to.exists() {
        bail!("{} already exists", to.display());
    }
    let jobs = files(&from.join("jobs"), "json")?;
    let modules = files(&from.join("externals"), "py")?;
    let mut found = BTreeSet::new();
    let documents = jobs
        .iter()
        .map(|(stem, text)| {
            let document: Value =
                serde_json::from_str(text).with_context(|| format!("jobs/{stem}.json"))?;
            collect_names(&document, &mut found);
            Ok(document)
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let parsed = modules
        .iter()
        .map(|(stem, text)| PythonNames::of(text).with_context(|| format!("externals/{stem}.py")))
        .collect::<anyhow::Result<Vec<_>>>()?;
    for module in &parsed {
        found.extend(module.bound.iter().cloned());
    }
    found.extend(modules.iter().map(|(stem, _)| stem.clone()));
    found.retain(|name| !KEPT.contains(&name.as_str()) && !BUILTINS.contains(&name.as_str()));

    let total = found.len();
    let names: Names = found
        .into_iter()
        .enumerate()
        .map(|(index, name)| (name, format!("x{:04}", total - index)))
        .collect();

    std::fs::create_dir_all(to.join("jobs"))?;
    std::fs::create_dir_all(to.join("externals"))?;
    std::fs::copy(from.join("relift.toml"), to.join("relift.toml"))?;
    for ((stem, _), mut document) in jobs.iter().zip(documents) {
        rename_document(&mut document, &names);
        let file = to
            .join("jobs")
            .join(format!("{}.json", new_name(&names, stem)));
        std::fs::write(file, serde_json::to_string_pretty(&document)?)?;
    }
    for ((stem, text), module) in modules.iter().zip(&parsed) {
        let file = to
            .join("externals")
            .join(format!("{}.py", new_name(&names, stem)));
        std::fs::write(file, module.renamed(text, &names))?;
    }
    Ok(names)
}

/// Names with a meaning of their own on the platform or in Python.
const KEPT: &[&str] = &[
    "execute",
    "as_of",
    "__etlEffectiveDate",
    "pd",
    "np",
    "_",
    "self",
];

/// Python's own functions: a column may be called `open`, but the function cannot be told from it here.
const BUILTINS: &[&str] = &[
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "ascii",
    "bin",
    "bool",
    "breakpoint",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
];

fn new_name(names: &Names, old: &str) -> String {
    names.get(old).cloned().unwrap_or_else(|| old.to_owned())
}

fn files(folder: &Path, extension: &str) -> anyhow::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == extension) {
            let stem = path
                .file_stem()
                .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
            found.push((stem, std::fs::read_to_string(&path)?));
        }
    }
    found.sort();
    Ok(found)
}

/// Keys whose value is a name, a list of names, or a file name.
const NAME_KEYS: &[&str] = &[
    "jobName",
    "resultName",
    "table",
    "columns",
    "source",
    "targetTable",
    "jobDirName",
    "outputTableDirName",
    "function",
    "module",
    "fileName",
];

const SQL_KEYS: &[&str] = &["sql", "additionalFilter"];

fn collect_names(document: &Value, found: &mut BTreeSet<String>) {
    each_member(document, &mut |key, value| {
        for text in texts(value) {
            if NAME_KEYS.contains(&key) {
                found.insert(stem(text).0.to_owned());
            } else if SQL_KEYS.contains(&key) {
                words(text, |word| {
                    if !SQL_WORDS.contains(&word.to_ascii_uppercase().as_str()) {
                        found.insert(word.to_owned());
                    }
                    None
                });
            }
        }
    });
}

fn each_member<'a>(value: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                visit(key, member);
                each_member(member, visit);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_member(item, visit)),
        _ => {}
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// A file name without and with its extension's dot.
fn stem(name: &str) -> (&str, &str) {
    name.find('.').map_or((name, ""), |at| name.split_at(at))
}

fn rename_document(value: &mut Value, names: &Names) {
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                if NAME_KEYS.contains(&key.as_str()) {
                    rename_texts(member, &|text| {
                        let (name, extension) = stem(text);
                        format!("{}{extension}", new_name(names, name))
                    });
                } else if SQL_KEYS.contains(&key.as_str()) {
                    rename_texts(member, &|sql| words(sql, |word| names.get(word).cloned()));
                }
                rename_document(member, names);
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| rename_document(item, names)),
        _ => {}
    }
}

fn rename_texts(value: &mut Value, rename: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = rename(text),
        Value::Array(items) => items.iter_mut().for_each(|item| rename_texts(item, rename)),
        _ => {}
    }
}

/// Calls `replace` for every word of SQL outside quotes and puts its answers in place.
fn words(sql: &str, mut replace: impl FnMut(&str) -> Option<String>) -> String {
    let mut result = String::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = if first == '\'' {
            rest[1..].find('\'').map_or(rest.len(), |end| end + 2)
        } else if first.is_alphabetic() || first == '_' {
            rest.find(|it: char| !it.is_alphanumeric() && it != '_')
                .unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        let word = first.is_alphabetic() || first == '_';
        result.push_str(
            &word
                .then(|| replace(token))
                .flatten()
                .unwrap_or_else(|| token.to_owned()),
        );
        rest = after;
    }
    result
}

const SQL_WORDS: &[&str] = &[
    "ABS",
    "ALL",
    "AND",
    "AS",
    "ASC",
    "AVG",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "COALESCE",
    "COUNT",
    "CROSS",
    "DATE",
    "DESC",
    "DISTINCT",
    "ELSE",
    "END",
    "EXISTS",
    "FALSE",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "IFNULL",
    "IN",
    "INNER",
    "INTEGER",
    "IS",
    "JOIN",
    "JULIANDAY",
    "LEFT",
    "LENGTH",
    "LIKE",
    "LIMIT",
    "LOWER",
    "MAX",
    "MIN",
    "NOT",
    "NULL",
    "NULLIF",
    "NULLS",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARTITION",
    "REAL",
    "REPLACE",
    "RIGHT",
    "ROUND",
    "ROW_NUMBER",
    "SELECT",
    "STRFTIME",
    "SUBSTR",
    "SUM",
    "TEXT",
    "THEN",
    "TOTAL",
    "TRIM",
    "TRUE",
    "UNION",
    "UPPER",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
];

/// The names of one Python module and every place where one of them stands.
#[derive(Default)]
struct PythonNames {
    bound: BTreeSet<String>,
    places: Vec<Place>,
    /// Places that are no names of the portfolio even when they look like one: texts compared with
    /// data, and methods.
    kept: BTreeSet<(u32, u32)>,
}

struct Place {
    range: TextRange,
    name: String,
    kind: PlaceKind,
}

#[derive(PartialEq, Eq)]
enum PlaceKind {
    Identifier,
    /// Stands in quotes.
    Text,
}

impl PythonNames {
    fn of(text: &str) -> anyhow::Result<Self> {
        let parsed = ruff_python_parser::parse_module(text)?;
        let mut names = Self::default();
        for statement in &parsed.syntax().body {
            names.visit_stmt(statement);
        }
        Ok(names)
    }

    fn place(&mut self, range: TextRange, name: &str, kind: PlaceKind) {
        self.places.push(Place {
            range,
            name: name.to_owned(),
            kind,
        });
    }

    fn renamed(&self, text: &str, names: &Names) -> String {
        let mut places: Vec<&Place> = self.places.iter().collect();
        places.sort_by_key(|place| place.range.start());
        let mut result = String::new();
        let mut done = 0;
        for place in places {
            let (start, end) = (place.range.start().to_usize(), place.range.end().to_usize());
            let Some(new) = names.get(&place.name) else {
                continue;
            };
            let kept = self
                .kept
                .contains(&(place.range.start().to_u32(), place.range.end().to_u32()));
            if kept || start < done {
                continue;
            }
            result.push_str(&text[done..start]);
            match place.kind {
                PlaceKind::Identifier => result.push_str(new),
                PlaceKind::Text => result.extend(["\"", new, "\""]),
            }
            done = end;
        }
        result.push_str(&text[done..]);
        result
    }
}

impl<'a> Visitor<'a> for PythonNames {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::FunctionDef(function) = statement {
            self.bound.insert(function.name.to_string());
            self.place(function.name.range(), &function.name, PlaceKind::Identifier);
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.bound.insert(parameter.name.to_string());
        self.place(
            parameter.name.range(),
            &parameter.name,
            PlaceKind::Identifier,
        );
        visitor::walk_parameter(self, parameter);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) => {
                if name.ctx == ExprContext::Store {
                    self.bound.insert(name.id.to_string());
                }
                self.place(name.range(), &name.id, PlaceKind::Identifier);
            }
            Expr::Attribute(attribute) => self.place(
                attribute.attr.range(),
                &attribute.attr,
                PlaceKind::Identifier,
            ),
            Expr::StringLiteral(text) => {
                self.place(text.range(), text.value.to_str(), PlaceKind::Text);
            }
            Expr::Dict(dict) => {
                for key in dict.items.iter().filter_map(|item| item.key.as_ref()) {
                    if let Expr::StringLiteral(text) = key {
                        self.bound.insert(text.value.to_str().to_owned());
                    }
                }
            }
            Expr::Subscript(subscript) => {
                if let Expr::StringLiteral(text) = &*subscript.slice {
                    self.bound.insert(text.value.to_str().to_owned());
                }
            }
            Expr::Call(call) => {
                if let Expr::Attribute(method) = &*call.func {
                    self.keep(method.attr.range());
                }
                for keyword in call
                    .arguments
                    .keywords
                    .iter()
                    .filter(|it| it.arg.as_deref() == Some("columns"))
                {
                    if let Expr::List(list) = &keyword.value {
                        for item in &list.elts {
                            if let Expr::StringLiteral(text) = item {
                                self.bound.insert(text.value.to_str().to_owned());
                            }
                        }
                    }
                }
            }
            Expr::Compare(compare) => {
                for side in std::iter::once(&*compare.left).chain(&compare.comparators) {
                    self.keep_texts(side);
                }
            }
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }
}

impl PythonNames {
    fn keep(&mut self, range: TextRange) {
        self.kept
            .insert((range.start().to_u32(), range.end().to_u32()));
    }

    fn keep_texts(&mut self, side: &Expr) {
        match side {
            Expr::StringLiteral(text) => {
                self.keep(text.range());
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|item| self.keep_texts(item)),
            Expr::List(list) => list.elts.iter().for_each(|item| self.keep_texts(item)),
            Expr::Set(set) => set.elts.iter().for_each(|item| self.keep_texts(item)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_change_and_compared_texts_stay() -> anyhow::Result<()> {
        let text = "def f(row):\n    if row['status'] == 'open':\n        return {'open': 1}\n";
        let names = PythonNames::of(text)?;
        let map = Names::from([
            ("f".to_owned(), "g".to_owned()),
            ("row".to_owned(), "r".to_owned()),
            ("status".to_owned(), "s".to_owned()),
            ("open".to_owned(), "o".to_owned()),
        ]);
        assert_eq!(
            names.renamed(text, &map),
            "def g(r):\n    if r[\"s\"] == 'open':\n        return {\"o\": 1}\n"
        );
        Ok(())
    }

    #[test]
    fn sql_words_outside_quotes_change() {
        let renamed = words("SELECT a, 'a' FROM t", |word| {
            (word == "a").then(|| "b".to_owned())
        });
        assert_eq!(renamed, "SELECT b, 'a' FROM t");
    }
}
