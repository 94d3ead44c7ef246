//! Constants in the code of an External: what stands in for missing values, bare numbers, SQL.

use relift_diagnostics::Span;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, CmpOp, Expr, Stmt};
use ruff_text_size::Ranged;

use super::ModuleSyntax;

/// What stands in where a named value is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NullDefault {
    /// The column or key.
    pub name: String,
    /// The constant, as it is written.
    pub default: String,
    /// Where.
    pub span: Span,
}

/// A number in a condition or a computation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberLiteral {
    /// As it is written.
    pub text: String,
    /// The function it stands in.
    pub function: String,
    /// Where.
    pub span: Span,
}

/// SQL in a string of the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddedSql {
    /// The value of the string.
    pub text: String,
    /// The string.
    pub span: Span,
}

/// Constants that stand in for missing values: `x["a"] or "?"`, `x.get("a", 0)`,
/// `df["a"].fillna(0)`, `df.fillna({"a": 0})`, `0 if pd.isna(x["a"]) else …`.
pub fn null_defaults(module: &ModuleSyntax) -> Vec<NullDefault> {
    let mut finder = module.visited_by(Defaults {
        module,
        found: Vec::new(),
    });
    finder.found.sort_by(|a, b| a.span.cmp(&b.span));
    finder.found
}

/// Numbers in comparisons and computations inside functions, other than -1, 0, 1 and 2: constants with a
/// name (assigned at top level) and places of rounding are not among them.
pub fn bare_numbers(module: &ModuleSyntax) -> Vec<NumberLiteral> {
    let finder = module.visited_by(Numbers {
        module,
        function: None,
        found: Vec::new(),
    });
    finder.found
}

/// Places where the column `name` of a row or frame is compared with something.
pub fn comparisons_with(module: &ModuleSyntax, name: &str) -> Vec<Span> {
    let finder = module.visited_by(Comparisons {
        module,
        name,
        found: Vec::new(),
    });
    finder.found
}

/// Strings that begin like a query.
pub fn embedded_sql(module: &ModuleSyntax) -> Vec<EmbeddedSql> {
    let finder = module.visited_by(Strings {
        module,
        found: Vec::new(),
    });
    finder
        .found
        .into_iter()
        .filter(|found| {
            let mut words = found.text.split_whitespace();
            let first = words.next().map(str::to_ascii_uppercase);
            matches!(first.as_deref(), Some("SELECT" | "WITH")) && words.next().is_some()
        })
        .collect()
}

/// How often a word stands in string constants, those that are queries included, and as an attribute.
pub fn mentions(module: &ModuleSyntax, word: &str) -> usize {
    let finder = module.visited_by(Strings {
        module,
        found: Vec::new(),
    });
    let part = |letter: char| letter.is_alphanumeric() || letter == '_';
    finder
        .found
        .iter()
        .flat_map(|found| found.text.split(|letter| !part(letter)))
        .filter(|found| *found == word)
        .count()
}

/// The column an expression takes from a row or frame: `x["a"]`, `x.a`, `x.get("a")`.
fn column(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Subscript(subscript) => match &*subscript.slice {
            Expr::StringLiteral(text) => Some(text.value.to_str()),
            _ => None,
        },
        Expr::Attribute(attribute) if attribute.value.is_name_expr() => {
            Some(attribute.attr.as_str())
        }
        Expr::Call(call) => {
            let attribute = call.func.as_attribute_expr()?;
            let first = call.arguments.args.first()?.as_string_literal_expr()?;
            (attribute.attr.as_str() == "get").then(|| first.value.to_str())
        }
        _ => None,
    }
}

fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::StringLiteral(_) | Expr::NumberLiteral(_) => true,
        Expr::UnaryOp(operation) => operation.operand.is_number_literal_expr(),
        _ => false,
    }
}

struct Defaults<'a> {
    module: &'a ModuleSyntax,
    found: Vec<NullDefault>,
}

impl Defaults<'_> {
    fn record(&mut self, name: &str, default: &Expr, whole: &Expr) {
        if !is_constant(default) {
            return;
        }
        let span = self.module.span(default.range());
        self.found.push(NullDefault {
            name: name.to_owned(),
            default: self.module.source().snippet(&span).replace('\'', "\""),
            span: self.module.span(whole.range()),
        });
    }

    /// The column tested for being missing, and whether the test is true when it is.
    fn missing_test(test: &Expr) -> Option<(&str, bool)> {
        match test {
            Expr::Compare(compare) => {
                let [right] = &*compare.comparators else {
                    return None;
                };
                let is = match &*compare.ops {
                    [CmpOp::Is | CmpOp::Eq] => true,
                    [CmpOp::IsNot | CmpOp::NotEq] => false,
                    _ => return None,
                };
                right.is_none_literal_expr().then_some(())?;
                Some((column(&compare.left)?, is))
            }
            Expr::Call(call) => {
                let name = match &*call.func {
                    Expr::Attribute(attribute) => attribute.attr.as_str(),
                    Expr::Name(name) => name.id.as_str(),
                    _ => return None,
                };
                let is = match name {
                    "isnull" | "isna" | "isnan" => true,
                    "notnull" | "notna" => false,
                    _ => return None,
                };
                Some((column(call.arguments.args.first()?)?, is))
            }
            Expr::UnaryOp(operation) if operation.op == ast::UnaryOp::Not => {
                Self::missing_test(&operation.operand)
                    .map(|(name, is)| (name, !is))
                    .or_else(|| Some((column(&operation.operand)?, true)))
            }
            other => Some((column(other)?, false)),
        }
    }
}

impl<'a> Visitor<'a> for Defaults<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::BoolOp(operation) if operation.op == ast::BoolOp::Or => {
                if let [first, last] = operation.values.as_slice()
                    && let Some(name) = column(first)
                {
                    self.record(name, last, expr);
                }
            }
            Expr::If(choice) => {
                if let Some((name, missing)) = Self::missing_test(&choice.test) {
                    let default = if missing {
                        &choice.body
                    } else {
                        &choice.orelse
                    };
                    self.record(name, default, expr);
                }
            }
            Expr::Call(call) => {
                if let Expr::Attribute(attribute) = &*call.func {
                    match (attribute.attr.as_str(), &*call.arguments.args) {
                        ("get", [Expr::StringLiteral(key), default]) => {
                            self.record(key.value.to_str(), default, expr);
                        }
                        ("fillna", [Expr::Dict(defaults)]) => {
                            for item in &defaults.items {
                                if let Some(Expr::StringLiteral(key)) = &item.key {
                                    self.record(key.value.to_str(), &item.value, expr);
                                }
                            }
                        }
                        ("fillna", [default]) => {
                            if let Some(name) = column(&attribute.value) {
                                self.record(name, default, expr);
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        // if x["a"] is None: y = "?"
        if let Stmt::If(choice) = statement
            && let Some((name, true)) = Self::missing_test(&choice.test)
            && let [Stmt::Assign(assign)] = choice.body.as_slice()
        {
            self.record(name, &assign.value, &assign.value);
        }
        visitor::walk_stmt(self, statement);
    }
}

struct Numbers<'a> {
    module: &'a ModuleSyntax,
    function: Option<String>,
    found: Vec<NumberLiteral>,
}

impl Numbers<'_> {
    fn record(&mut self, expr: &Expr) {
        let Some(function) = &self.function else {
            return;
        };
        let number = match expr {
            Expr::UnaryOp(operation) => &operation.operand,
            other => other,
        };
        let plain = match number {
            Expr::NumberLiteral(literal) => match &literal.value {
                ast::Number::Int(whole) => matches!(whole.as_i64(), Some(0..=2)),
                ast::Number::Float(float) => *float == 0.0 || (*float - 1.0).abs() < f64::EPSILON,
                ast::Number::Complex { .. } => true,
            },
            // Decimal("19.90")
            Expr::Call(call) => {
                let name = call.func.as_name_expr().map(|name| name.id.as_str());
                let [Expr::StringLiteral(text)] = &*call.arguments.args else {
                    return;
                };
                let digits = text.value.to_str();
                name != Some("Decimal") || matches!(digits, "0" | "1" | "2" | "0.0" | "1.0")
            }
            _ => true,
        };
        if plain {
            return;
        }
        let span = self.module.span(expr.range());
        self.found.push(NumberLiteral {
            text: self.module.source().snippet(&span).to_owned(),
            function: function.clone(),
            span,
        });
    }
}

impl<'a> Visitor<'a> for Numbers<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::FunctionDef(function) = statement {
            let outer = self.function.replace(function.name.to_string());
            visitor::walk_body(self, &function.body);
            self.function = outer;
        } else {
            visitor::walk_stmt(self, statement);
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Compare(compare) => {
                self.record(&compare.left);
                compare.comparators.iter().for_each(|part| match part {
                    Expr::Tuple(tuple) => tuple.elts.iter().for_each(|item| self.record(item)),
                    Expr::List(list) => list.elts.iter().for_each(|item| self.record(item)),
                    Expr::Set(set) => set.elts.iter().for_each(|item| self.record(item)),
                    other => self.record(other),
                });
            }
            Expr::BinOp(operation) if !operation.left.is_string_literal_expr() => {
                self.record(&operation.left);
                self.record(&operation.right);
            }
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}

struct Comparisons<'a> {
    module: &'a ModuleSyntax,
    name: &'a str,
    found: Vec<Span>,
}

impl<'a> Visitor<'a> for Comparisons<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Compare(compare) = expr
            && std::iter::once(&*compare.left)
                .chain(&*compare.comparators)
                .any(|side| column(side) == Some(self.name))
        {
            self.found.push(self.module.span(compare.range()));
        }
        visitor::walk_expr(self, expr);
    }
}

struct Strings<'a> {
    module: &'a ModuleSyntax,
    found: Vec<EmbeddedSql>,
}

impl<'a> Visitor<'a> for Strings<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        let text = match expr {
            Expr::StringLiteral(text) => Some(text.value.to_str()),
            Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
            _ => None,
        };
        if let Some(text) = text {
            self.found.push(EmbeddedSql {
                text: text.to_owned(),
                span: self.module.span(expr.range()),
            });
        }
        visitor::walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use relift_diagnostics::SourceFile;

    use super::super::parse;
    use super::*;

    fn module(text: &str) -> ModuleSyntax {
        parse(&SourceFile::new("externals/a.py", text)).expect("valid syntax")
    }

    #[test]
    fn what_stands_in_for_missing_values_is_found() {
        let found = null_defaults(&module(
            "def f(r, df):\n    a = r['m'] or 'none'\n    b = r.get('m', 'n/a')\n    c = df['m'].fillna(0)\n    d = '?' if r['m'] is None else r['m']\n    if pd.isnull(r['m']):\n        e = -1\n    g = r['m'] or other\n",
        ));
        let defaults: Vec<_> = found.iter().map(|found| found.default.as_str()).collect();
        assert_eq!(defaults, ["\"none\"", "\"n/a\"", "0", "\"?\"", "-1"]);
        assert!(found.iter().all(|found| found.name == "m"));
    }

    #[test]
    fn numbers_with_a_name_and_small_ones_are_not_bare() {
        let found = bare_numbers(&module(
            "LIMIT = 50\ndef f(x):\n    if Decimal('7.5') < x or x > 25 or x in (7, 8):\n        return round(x * 0.19, 4) + x[3]\n    return x > LIMIT and x == 1\n",
        ));
        let texts: Vec<_> = found.iter().map(|found| found.text.as_str()).collect();
        assert_eq!(texts, ["Decimal('7.5')", "25", "7", "8", "0.19"]);
        assert!(found.iter().all(|found| found.function == "f"));
    }

    #[test]
    fn comparisons_of_a_column_and_queries_are_found() {
        let module = module(
            "def f(s):\n    t = s['d']\n    a = t[t['as_of'] == today]\n    for r in t.itertuples():\n        if r.as_of != today:\n            continue\n    return con.execute('select 1 from t')\n",
        );
        assert_eq!(comparisons_with(&module, "as_of").len(), 2);
        assert_eq!(embedded_sql(&module)[0].text, "select 1 from t");
        assert!(
            mentions(&module, "d") == 1
                && mentions(&module, "t") == 1
                && mentions(&module, "e") == 0
        );
    }
}
