//! Text of a module under construction, and the values its code can use at each place.

use std::collections::BTreeSet;

use super::lookups::Probe;
use super::tables::{Field, Generated, Role};
use crate::chance::Chance;

/// What a value is, as far as templates care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Float,
    Text,
    Bool,
    Date,
    Moment,
}

impl Kind {
    /// What Python makes of a column: pandas holds integers with NULLs as floats.
    pub(super) fn of(field: &Field) -> Self {
        match field.role {
            Role::Id | Role::Place | Role::Count if field.nullable => Self::Float,
            Role::Id | Role::Place | Role::Count => Self::Int,
            Role::Money | Role::Measure => Self::Float,
            Role::Kind | Role::Note => Self::Text,
            Role::Flag => Self::Bool,
            Role::Day => Self::Date,
            Role::Moment => Self::Moment,
        }
    }
}

/// A value that code can name.
#[derive(Clone, Debug)]
pub(super) struct Var {
    pub(super) expr: String,
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    /// Whether it is a key: few different values.
    pub(super) repeats: bool,
}

/// A module being written.
pub(super) struct Writer<'a> {
    pub(super) chance: &'a mut Chance,
    pub(super) tables: &'a [Generated],
    pub(super) used: BTreeSet<&'static str>,
    imports: BTreeSet<&'static str>,
    definitions: Vec<String>,
    pub(super) code: Vec<String>,
    pub(super) indent: usize,
    /// Where lines go that must stand before the innermost loop, and how deep.
    before: Vec<(usize, usize)>,
    pub(super) vars: Vec<Var>,
    /// Expressions that must show in the result.
    pub(super) shown: Vec<Var>,
    /// Lookups the main loop can probe.
    pub(super) probes: Vec<Probe>,
    /// Columns of the result rows, in order, and whether they may be missing.
    pub(super) columns: Vec<(Kind, bool)>,
    names: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(chance: &'a mut Chance, tables: &'a [Generated]) -> Self {
        Self {
            chance,
            tables,
            used: BTreeSet::new(),
            imports: BTreeSet::new(),
            definitions: Vec::new(),
            code: Vec::new(),
            indent: 1,
            before: Vec::new(),
            vars: Vec::new(),
            shown: Vec::new(),
            probes: Vec::new(),
            columns: Vec::new(),
            names: 0,
        }
    }

    /// Notes that a construct of the table occurs.
    pub(super) fn mark(&mut self, construct: &'static str) {
        self.used.insert(construct);
    }

    pub(super) fn import(&mut self, line: &'static str) {
        self.imports.insert(line);
    }

    /// Lines of the module itself: constants, functions, classes.
    pub(super) fn define(&mut self, text: String) {
        if !self.definitions.contains(&text) {
            self.definitions.push(text);
        }
    }

    /// A line at the present depth.
    pub(super) fn line(&mut self, text: impl AsRef<str>) {
        self.code
            .push(format!("{}{}", "    ".repeat(self.indent), text.as_ref()));
    }

    /// A line that opens a block.
    pub(super) fn open(&mut self, text: impl AsRef<str>) {
        self.line(text);
        self.indent += 1;
    }

    pub(super) fn close(&mut self) {
        self.indent -= 1;
    }

    /// A line before the innermost loop.
    pub(super) fn before(&mut self, text: &str) {
        let Some((at, indent)) = self.before.last().copied() else {
            return self.line(text);
        };
        self.code
            .insert(at, format!("{}{text}", "    ".repeat(indent)));
        for (place, _) in &mut self.before {
            if *place >= at {
                *place += 1;
            }
        }
    }

    pub(super) fn enter_loop(&mut self) {
        self.before.push((self.code.len(), self.indent));
    }

    pub(super) fn leave_loop(&mut self) {
        self.before.pop();
    }

    /// A name nothing else has.
    pub(super) fn name(&mut self, stems: &[&str]) -> String {
        self.names += 1;
        let stem = *self.chance.pick(stems);
        if self.names < 2 {
            stem.to_owned()
        } else {
            format!("{stem}{}", self.names)
        }
    }

    /// Makes a value known and shown; often under a name of its own.
    pub(super) fn give(&mut self, stems: &[&str], expr: &str, kind: Kind, nullable: bool) {
        let expr = if self.chance.percent(60) {
            let name = self.name(stems);
            self.line(format!("{name} = {expr}"));
            name
        } else if expr.contains(' ') {
            format!("({expr})")
        } else {
            expr.to_owned()
        };
        self.show(expr, kind, nullable);
    }

    /// Makes an expression known and shown.
    pub(super) fn show(&mut self, expr: String, kind: Kind, nullable: bool) {
        let var = Var {
            expr,
            kind,
            nullable,
            repeats: false,
        };
        self.vars.push(var.clone());
        self.shown.push(var);
    }

    /// A value of a kind that may be missing; `None` when no value of it is known.
    pub(super) fn maybe(&mut self, kind: Kind) -> Option<Var> {
        let fitting: Vec<Var> = self
            .vars
            .iter()
            .filter(|var| var.kind == kind)
            .cloned()
            .collect();
        (!fitting.is_empty()).then(|| self.chance.pick(&fitting).clone())
    }

    /// A value that is there: one that cannot be missing, or one with something in its place.
    pub(super) fn solid(&mut self, kind: Kind) -> String {
        let Some(var) = self.maybe(kind) else {
            return self.constant(kind);
        };
        if var.nullable {
            self.filled(&var)
        } else {
            var.expr
        }
    }

    pub(super) fn constant(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Int => self.chance.between(-2, 9).to_string(),
            Kind::Float => {
                (*self.chance.pick(&["0.5", "2.675", "1.1", "-0.05", "10.0"])).to_owned()
            }
            Kind::Text => (*self
                .chance
                .pick(&["\"gold\"", "\"A-1\"", "\"north\"", "\"it's\""]))
            .to_owned(),
            Kind::Bool => (*self.chance.pick(&["True", "False"])).to_owned(),
            Kind::Date => {
                self.import("from datetime import date, timedelta");
                "date(2024, 1, 31)".to_owned()
            }
            Kind::Moment => {
                self.import("from datetime import datetime");
                "datetime(2024, 1, 31, 23, 59)".to_owned()
            }
        }
    }

    /// The value or something in its place, in the ways people write it.
    pub(super) fn filled(&mut self, var: &Var) -> String {
        let expr = &var.expr;
        let constant = self.constant(var.kind);
        match var.kind {
            Kind::Float | Kind::Int => {
                self.mark("NaN test");
                match self.chance.below(4) {
                    0 => format!("({expr} if {expr} == {expr} else {constant})"),
                    1 => {
                        self.import("import pandas as pd");
                        format!("({constant} if pd.isna({expr}) else {expr})")
                    }
                    2 => {
                        self.import("import math");
                        format!("(0.0 if math.isnan({expr}) else {expr})")
                    }
                    _ => {
                        self.import("import pandas as pd");
                        format!("({expr} if pd.notna({expr}) else 0)")
                    }
                }
            }
            Kind::Text | Kind::Bool => match self.chance.below(3) {
                0 => {
                    self.mark("truthiness");
                    format!("({expr} or {constant})")
                }
                1 => {
                    self.mark("is None");
                    format!("({expr} if {expr} is not None else {constant})")
                }
                _ => {
                    self.mark("is None");
                    format!("({constant} if {expr} is None else {expr})")
                }
            },
            Kind::Date => {
                self.mark("is None");
                format!("({expr} if {expr} is not None else {constant})")
            }
            Kind::Moment => {
                self.import("import pandas as pd");
                self.mark("NaN test");
                format!("({expr} if pd.notna({expr}) else {constant})")
            }
        }
    }

    /// The whole module.
    pub(super) fn finished(self, function: &str) -> String {
        let mut text: String = self
            .imports
            .iter()
            .map(|line| format!("{line}\n"))
            .collect();
        for definition in &self.definitions {
            text.push_str(&format!("\n\n{}\n", definition.trim_end()));
        }
        text.push_str(&format!("\n\ndef {function}(shared_state):\n"));
        for line in &self.code {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}
