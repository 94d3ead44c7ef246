//! What a module imports.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};

use super::ModuleSyntax;

/// Top-level modules of Python's standard library; names that begin with an underscore are left out.
const STANDARD: &str = "\
    abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb \
    binascii bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop \
    collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg \
    crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email \
    encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib \
    functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac \
    html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword \
    lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap \
    modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers \
    opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil \
    platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr \
    pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy \
    sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket \
    socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string \
    stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib \
    tempfile termios textwrap this threading time timeit tkinter token tokenize tomllib trace \
    traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid \
    venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp \
    zipfile zipimport zlib zoneinfo";

/// Whether the standard library has a top-level module of that name.
pub(crate) fn is_standard_module(name: &str) -> bool {
    name.starts_with('_') || STANDARD.split(' ').any(|standard| standard == name)
}

/// An import statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Dots before the name: how many packages above the module it begins.
    pub level: u32,
    /// The dotted name; empty in `from . import x`.
    pub module: String,
    /// What is taken from it; each may be a module as well.
    pub names: Vec<String>,
}

/// Import statements wherever they stand, each once.
pub fn imports(module: &ModuleSyntax) -> Vec<Import> {
    module.visited_by(ImportFinder::default()).found
}

/// Whether modules are imported, or code is read, by names that are made at run time.
pub fn has_computed_imports(module: &ModuleSyntax) -> bool {
    const WAYS: &[&str] = &[
        "__import__",
        "importlib",
        "runpy",
        "pkgutil",
        "exec",
        "eval",
    ];
    let names = module.visited_by(ImportFinder::default()).names;
    WAYS.iter().any(|way| names.contains(*way))
}

#[derive(Default)]
struct ImportFinder {
    found: Vec<Import>,
    names: BTreeSet<String>,
}

impl ImportFinder {
    fn record(&mut self, import: Import) {
        self.names.insert(
            import
                .module
                .split('.')
                .next()
                .unwrap_or_default()
                .to_owned(),
        );
        if !self.found.contains(&import) {
            self.found.push(import);
        }
    }
}

impl<'a> Visitor<'a> for ImportFinder {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                for alias in &import.names {
                    self.record(Import {
                        level: 0,
                        module: alias.name.to_string(),
                        names: Vec::new(),
                    });
                }
            }
            Stmt::ImportFrom(import) => self.record(Import {
                level: import.level,
                module: import
                    .module
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string),
                names: import
                    .names
                    .iter()
                    .map(|alias| alias.name.to_string())
                    .collect(),
            }),
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            self.names.insert(name.id.to_string());
        }
        visitor::walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use relift_diagnostics::SourceFile;

    use super::*;
    use crate::syntax::parse;

    fn module(text: &str) -> ModuleSyntax {
        parse(&SourceFile::new("externals/a.py", text)).expect("valid syntax")
    }

    #[test]
    fn imports_are_found_wherever_they_stand() {
        let found = imports(&module(
            "import os, shared.rates as r\ndef f(s):\n    from .. import x\n    from .y import (a,\n        b)\n",
        ));
        let written: Vec<String> = found
            .iter()
            .map(|import| {
                format!(
                    "{} {} {}",
                    import.level,
                    import.module,
                    import.names.join("+")
                )
            })
            .collect();
        assert_eq!(written, ["0 os ", "0 shared.rates ", "2  x", "1 y a+b"]);
    }

    #[test]
    fn computed_imports_are_told() {
        assert!(has_computed_imports(&module("import importlib\n")));
        assert!(has_computed_imports(&module("m = __import__('a')\n")));
        assert!(!has_computed_imports(&module("import shared.rates\n")));
        assert!(is_standard_module("zlib") && is_standard_module("abc"));
        assert!(!is_standard_module("rates") && !is_standard_module("argparse array"));
    }
}
