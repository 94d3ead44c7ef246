//! Type affinity: what SQLite makes of the two sides of a comparison before it compares them.
//!
//! A table's columns are declared with a type, and so has what is computed by `CAST`; everything else has
//! none. If one side is numeric, texts on the other become numbers where they are well formed; if one side
//! is TEXT and the other an expression, numbers become texts; otherwise nothing is converted, and every
//! number is less than every text.

use std::cmp::Ordering;

use relift_dataflow::{
    Base, Comparison, Expr, ExprKind, Flavour, Function, Literal, NodeId, Obligation,
    ObligationKind, Refusal,
};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use relift_values::{SqliteFunction, SqliteNumber, sqlite_numeric_of_text, sqlite_operand_of_text};
use sqlparser::ast;

use super::expression::Context;
use super::query::Lowering;
use super::relation::{Relation, ScopeColumn};
use super::select::unnested;

/// SQLite's column affinities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Affinity {
    /// `INTEGER`.
    Integer,
    /// `REAL`.
    Real,
    /// `TEXT`.
    Text,
    /// `BLOB`, or no type.
    Blob,
    /// `NUMERIC`, any other type.
    Numeric,
}

impl Affinity {
    /// The affinity of a declared type, by the words in it; the first that is found counts.
    pub(crate) fn of(declared: &str) -> Self {
        let declared = declared.to_ascii_uppercase();
        let has = |word: &str| declared.contains(word);
        if has("INT") {
            Self::Integer
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Self::Text
        } else if declared.is_empty() || has("BLOB") {
            Self::Blob
        } else if has("REAL") || has("FLOA") || has("DOUB") {
            Self::Real
        } else {
            Self::Numeric
        }
    }
}

/// The affinity of a side of a comparison, as far as it decides anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SideAffinity {
    /// INTEGER, REAL or NUMERIC.
    Numeric,
    /// TEXT.
    Text,
    /// A column declared as BLOB or without a type.
    Blob,
    /// An expression.
    Absent,
    /// A column of a subquery that is an expression there: taken for one or the other of the last two.
    Computed,
    /// Any of them.
    Unsure,
}

impl From<Affinity> for SideAffinity {
    fn from(affinity: Affinity) -> Self {
        match affinity {
            Affinity::Integer | Affinity::Real | Affinity::Numeric => Self::Numeric,
            Affinity::Text => Self::Text,
            Affinity::Blob => Self::Blob,
        }
    }
}

impl SideAffinity {
    /// What pandas declares a column of these values as.
    pub(crate) fn of_base(base: Base) -> Self {
        match base {
            Base::Text | Base::Date | Base::Timestamp | Base::Nothing => Self::Text,
            Base::Int64 | Base::Float64 | Base::Number | Base::Bool | Base::Decimal { .. } => {
                Self::Numeric
            }
        }
    }

    /// As the column of a subquery whose item it is.
    pub(crate) fn selected(self) -> Self {
        match self {
            Self::Absent => Self::Computed,
            other => other,
        }
    }

    /// As the column of a compound query.
    pub(crate) fn united(self, other: Self) -> Self {
        if self == other { self } else { Self::Unsure }
    }
}

/// One side of a comparison.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    /// Its value.
    pub(crate) value: Expr,
    /// Its affinity.
    pub(crate) affinity: SideAffinity,
    /// What it is evaluated over.
    pub(crate) node: NodeId,
    /// Whether its text is a date or a moment, which is no number.
    pub(crate) iso: bool,
}

/// What happens to the sides before they are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Conversion {
    /// Texts that are numbers become numbers.
    ToNumbers,
    /// Numbers become texts.
    ToTexts,
    /// Nothing.
    None,
    /// One of these.
    Unsure,
}

fn conversion(left: SideAffinity, right: SideAffinity) -> Conversion {
    use SideAffinity as A;
    match (left, right) {
        (A::Numeric, _) | (_, A::Numeric) => Conversion::ToNumbers,
        (A::Unsure, _) | (_, A::Unsure) => Conversion::Unsure,
        (A::Text, A::Absent) | (A::Absent, A::Text) => Conversion::ToTexts,
        (A::Text, A::Computed) | (A::Computed, A::Text) => Conversion::Unsure,
        _ => Conversion::None,
    }
}

fn is_number(base: Base) -> bool {
    matches!(
        base,
        Base::Int64 | Base::Float64 | Base::Number | Base::Bool
    )
}

/// What the two sides hold.
enum Bases {
    /// Both texts, or both numbers, or NULL alone on some side.
    Alike,
    /// Texts on both sides, at least one of which counts as a number where it is one.
    TextsAsNumbers,
    /// A number on the left, a text on the right.
    NumberText,
    /// The other way round.
    TextNumber,
}

impl Lowering<'_> {
    /// An expression as a side of a comparison.
    pub(crate) fn side(&mut self, expr: &ast::Expr, context: &Context) -> Result<Side, Refusal> {
        let value = self.value(expr, context)?;
        let affinity = context.affinity_of_expr(expr);
        let iso =
            context.relation.iso(&value).is_some() || self.is_iso(&value, context.relation.node)?;
        Ok(Side {
            value,
            affinity,
            node: context.relation.node,
            iso,
        })
    }

    /// A comparison with what SQLite converts before it.
    pub(crate) fn compared(
        &self,
        comparison: Comparison,
        flavour: Flavour,
        left: &Side,
        right: &Side,
    ) -> Result<Expr, Refusal> {
        let plain = || Expr::compare(comparison, flavour, left.value.clone(), right.value.clone());
        let (number, text, number_first) = match self.bases(left, right)? {
            Bases::Alike => return Ok(plain()),
            Bases::TextsAsNumbers => {
                return match Self::texts_as_numbers(left, right) {
                    Ok(None) => Ok(plain()),
                    Ok(Some(order)) => self.known_order(comparison, flavour, order, left, right),
                    Err(refusal) => Err(refusal),
                };
            }
            Bases::NumberText => (left, right, true),
            Bases::TextNumber => (right, left, false),
        };
        let in_order = |number: Expr, text: Expr| {
            if number_first {
                Expr::compare(comparison, flavour, number, text)
            } else {
                Expr::compare(comparison, flavour, text, number)
            }
        };
        let number_is_less = if number_first {
            Ordering::Less
        } else {
            Ordering::Greater
        };
        match conversion(left.affinity, right.affinity) {
            Conversion::Unsure => Err(unsure(left)),
            Conversion::None => self.known_order(comparison, flavour, number_is_less, left, right),
            Conversion::ToTexts => Ok(in_order(self.number_text(number)?, text.value.clone())),
            Conversion::ToNumbers => {
                if let Some(Literal::Text(written)) = text.value.as_literal() {
                    return match sqlite_numeric_of_text(written) {
                        Some(read) => Ok(in_order(number.value.clone(), number_literal(read))),
                        None => self.known_order(comparison, flavour, number_is_less, left, right),
                    };
                }
                if self.type_of(&number.value, number.node)?.base == Base::Number {
                    return Err(unsure(left));
                }
                let order = Expr::call(
                    Function::Sqlite(SqliteFunction::CompareWithText),
                    vec![number.value.clone(), text.value.clone()],
                );
                let (order, zero) = if number_first {
                    (order, Expr::int(0))
                } else {
                    (Expr::int(0), order)
                };
                let decided = Expr::compare(comparison, Flavour::Sql, order, zero);
                Ok(match flavour {
                    Flavour::Sql => decided,
                    Flavour::Python => self.null_equal(comparison, decided, left, right)?,
                })
            }
        }
    }

    /// What must be equal so that the two sides are, for a join.
    pub(crate) fn equal_pair(&self, left: &Side, right: &Side) -> Result<(Expr, Expr), Refusal> {
        let (number, text, number_first) = match self.bases(left, right)? {
            Bases::Alike => return Ok((left.value.clone(), right.value.clone())),
            Bases::TextsAsNumbers => {
                return match Self::texts_as_numbers(left, right)? {
                    None => Ok((left.value.clone(), right.value.clone())),
                    Some(_) => Err(unsure(left)),
                };
            }
            Bases::NumberText => (left, right, true),
            Bases::TextNumber => (right, left, false),
        };
        let (number, text) = match conversion(left.affinity, right.affinity) {
            Conversion::Unsure => return Err(unsure(left)),
            Conversion::None => {
                return Err(Refusal::new(
                    "equality of text and number",
                    "SQLite converts neither, so it never holds",
                    left.value.span.clone(),
                ));
            }
            Conversion::ToTexts => (self.number_text(number)?, text.value.clone()),
            Conversion::ToNumbers => {
                if self.type_of(&number.value, number.node)?.base != Base::Int64 {
                    return Err(Refusal::new(
                        "equality of text and number",
                        "is lifted in a join for whole numbers only",
                        left.value.span.clone(),
                    ));
                }
                let whole = Expr::call(
                    Function::Sqlite(SqliteFunction::WholeOfText),
                    vec![text.value.clone()],
                );
                (number.value.clone(), whole.at(text.value.span.clone()))
            }
        };
        Ok(if number_first {
            (number, text)
        } else {
            (text, number)
        })
    }

    /// The affinity of a column of a table.
    pub(crate) fn column_affinity(
        &self,
        node: NodeId,
        table: &str,
        column: &ColumnName,
    ) -> SideAffinity {
        if let Some(declared) = self
            .declared
            .get(&(table.to_ascii_lowercase(), column.clone()))
        {
            return (*declared).into();
        }
        let ty = self.flow.node(node).schema.ty(column);
        ty.map_or(SideAffinity::Unsure, |ty| SideAffinity::of_base(ty.base))
    }

    /// Whether some table holds texts in a numeric column.
    fn has_numeric_texts(&self) -> bool {
        let mut declared = self.declared.values();
        declared.any(|affinity| *affinity == Affinity::Numeric)
    }

    fn bases(&self, left: &Side, right: &Side) -> Result<Bases, Refusal> {
        let l = self.type_of(&left.value, left.node)?.base;
        let r = self.type_of(&right.value, right.node)?.base;
        Ok(match (l, r) {
            (Base::Text, Base::Text) => match conversion(left.affinity, right.affinity) {
                Conversion::ToNumbers => Bases::TextsAsNumbers,
                Conversion::Unsure if self.has_numeric_texts() => return Err(unsure(left)),
                _ => Bases::Alike,
            },
            (Base::Text, other) if is_number(other) => Bases::TextNumber,
            (other, Base::Text) if is_number(other) => Bases::NumberText,
            _ => Bases::Alike,
        })
    }

    /// Two texts of which one is in a numeric column, where it stayed a text because it is no number: how
    /// they compare if one becomes a number, and nothing if they stay texts.
    fn texts_as_numbers(left: &Side, right: &Side) -> Result<Option<Ordering>, Refusal> {
        use SideAffinity as A;
        let numeric = |side: &Side| side.affinity == A::Numeric;
        if numeric(left) && numeric(right) {
            return Ok(None);
        }
        let (other, order) = if numeric(left) {
            (right, Ordering::Greater)
        } else {
            (left, Ordering::Less)
        };
        if other.iso {
            return Ok(None);
        }
        match other.value.as_literal() {
            Some(Literal::Text(text)) if sqlite_numeric_of_text(text).is_none() => Ok(None),
            Some(Literal::Text(_)) => Ok(Some(order)),
            _ => Err(unsure(left)),
        }
    }

    /// Whether a value is the text of a date, as a parameter may be.
    fn is_iso(&self, value: &Expr, node: NodeId) -> Result<bool, Refusal> {
        Ok(match &value.kind {
            ExprKind::Call(Function::IsoText, _) => true,
            ExprKind::Call(Function::ToText, arguments) => match &arguments[..] {
                [date] => self.type_of(date, node)?.base == Base::Date,
                _ => false,
            },
            _ => false,
        })
    }

    /// The text of a number as SQLite stores it in a TEXT column.
    fn number_text(&self, number: &Side) -> Result<Expr, Refusal> {
        if let Some(Literal::Int(value)) = number.value.as_literal() {
            return Ok(Expr::text(value.to_string()).at(number.value.span.clone()));
        }
        if self.type_of(&number.value, number.node)?.base == Base::Number {
            return Err(unsure(number));
        }
        let text = Expr::call(Function::SqliteText, vec![number.value.clone()]);
        Ok(text.at(number.value.span.clone()))
    }

    /// A comparison of values whose order is the same whatever they are, unless one is NULL.
    fn known_order(
        &self,
        comparison: Comparison,
        flavour: Flavour,
        order: Ordering,
        left: &Side,
        right: &Side,
    ) -> Result<Expr, Refusal> {
        let holds = match comparison {
            Comparison::Eq => false,
            Comparison::Ne => true,
            Comparison::Lt | Comparison::Le => order == Ordering::Less,
            Comparison::Gt | Comparison::Ge => order == Ordering::Greater,
        };
        if flavour == Flavour::Python {
            return self.null_equal(comparison, Expr::bool(holds), left, right);
        }
        let mut missing = Vec::new();
        for side in [left, right] {
            if self.type_of(&side.value, side.node)?.missing.possible() {
                missing.push(Expr::call(Function::IsMissing, vec![side.value.clone()]));
            }
        }
        Ok(match missing.len() {
            0 => Expr::bool(holds),
            1 => Expr::branch(missing.remove(0), Expr::none(), Expr::bool(holds)),
            _ => Expr::branch(
                Expr::call(Function::Or, missing),
                Expr::none(),
                Expr::bool(holds),
            ),
        })
    }

    /// `IS` and `IS NOT`: NULL equals NULL and nothing else; `decided` counts where neither side is NULL.
    fn null_equal(
        &self,
        comparison: Comparison,
        decided: Expr,
        left: &Side,
        right: &Side,
    ) -> Result<Expr, Refusal> {
        let gap = |side: &Side| -> Result<Option<Expr>, Refusal> {
            let possible = self.type_of(&side.value, side.node)?.missing.possible();
            Ok(possible.then(|| Expr::call(Function::IsMissing, vec![side.value.clone()])))
        };
        let differs = Expr::bool(comparison == Comparison::Ne);
        let both = |other: Expr| {
            if comparison == Comparison::Ne {
                other.negated()
            } else {
                other
            }
        };
        let decided = Expr::call(Function::Coalesce, vec![decided, differs.clone()]);
        Ok(match (gap(left)?, gap(right)?) {
            (Some(left), Some(right)) => Expr::branch(
                left,
                both(right.clone()),
                Expr::branch(right, differs, decided),
            ),
            _ => decided,
        })
    }
}

impl Context {
    /// The affinity of an expression.
    pub(crate) fn affinity_of_expr(&self, expr: &ast::Expr) -> SideAffinity {
        let of_name = |qualifier: Option<&str>, name: &str| {
            if let Ok(column) = self.input().resolve(qualifier, name) {
                return column.affinity;
            }
            let alias = self
                .aliases
                .iter()
                .find(|(alias, _)| qualifier.is_none() && alias.eq_ignore_ascii_case(name));
            match alias {
                Some((_, value)) => self.relation.affinity_of(value),
                None => SideAffinity::Unsure,
            }
        };
        match unnested(expr) {
            ast::Expr::Subquery(query) => match query.body.as_ref() {
                ast::SetExpr::Select(select) => match &select.projection[..] {
                    [
                        ast::SelectItem::UnnamedExpr(item)
                        | ast::SelectItem::ExprWithAlias { expr: item, .. },
                    ] if is_expression(unnested(item)) => SideAffinity::Absent,
                    _ => SideAffinity::Unsure,
                },
                _ => SideAffinity::Unsure,
            },
            ast::Expr::Identifier(name) => of_name(None, &name.value),
            ast::Expr::CompoundIdentifier(parts) => match &parts[..] {
                [table, name] => of_name(Some(&table.value), &name.value),
                _ => SideAffinity::Unsure,
            },
            ast::Expr::Cast { data_type, .. } => Affinity::of(&data_type.to_string()).into(),
            ast::Expr::Collate { expr, .. } => self.affinity_of_expr(expr),
            _ => SideAffinity::Absent,
        }
    }
}

impl Relation {
    /// One of its columns as a side of a comparison.
    pub(crate) fn side(&self, column: &ScopeColumn, span: &Span) -> Side {
        Side {
            value: Expr::column(column.column.clone()).at(Some(span.clone())),
            affinity: column.affinity,
            node: self.node,
            iso: column.iso.is_some(),
        }
    }

    /// One of its columns where nothing is converted.
    pub(crate) fn side_as_it_is(&self, column: &ScopeColumn, span: &Span) -> Side {
        Side {
            affinity: SideAffinity::Blob,
            ..self.side(column, span)
        }
    }

    /// The affinity of a value over the relation: a column's own.
    pub(crate) fn affinity_of(&self, value: &Expr) -> SideAffinity {
        let Some(name) = value.as_column() else {
            return SideAffinity::Unsure;
        };
        let mut found = self.columns.iter().filter(|column| column.column == *name);
        let first = found.next().map(|column: &ScopeColumn| column.affinity);
        first.unwrap_or(SideAffinity::Unsure)
    }
}

impl Lowering<'_> {
    /// A value as an operand of arithmetic, where a text counts as the number it begins with. Beside a float
    /// (`other`) that is a float; otherwise that every text begins with a whole number is proven or an
    /// obligation.
    pub(crate) fn operand(
        &mut self,
        value: Expr,
        other: Option<Base>,
        context: &Context,
    ) -> Result<Expr, Refusal> {
        let node = context.relation.node;
        if self.type_of(&value, node)?.base != Base::Text {
            return Ok(value);
        }
        let span = value.span.clone();
        if let Some(Literal::Text(text)) = value.as_literal() {
            return Ok(number_literal(sqlite_operand_of_text(text)).at(span));
        }
        if other == Some(Base::Float64) {
            return Ok(Expr::call(Function::SqliteReal, vec![value]).at(span));
        }
        if !is_never_fractional(&value, &context.relation) {
            if !value.relations().is_empty() {
                return Err(Refusal::new(
                    "arithmetic with a text",
                    "gives ints in some rows and floats in others",
                    span,
                ));
            }
            let whole = Expr::call(
                Function::Sqlite(SqliteFunction::HasWhole),
                vec![value.clone()],
            );
            let whole = Expr::compare(Comparison::Eq, Flavour::Sql, whole, Expr::int(1));
            let kind = ObligationKind::Holds(if self.type_of(&value, node)?.missing.possible() {
                Expr::branch(
                    Expr::call(Function::IsMissing, vec![value.clone()]),
                    Expr::bool(true),
                    whole,
                )
            } else {
                whole
            });
            let known = self
                .flow
                .obligations
                .iter()
                .any(|other| other.node == node && other.kind == kind);
            if !known {
                self.flow.obligations.push(Obligation {
                    node,
                    kind,
                    why: "SQLite would compute with a float where a text begins with one"
                        .to_owned(),
                    spans: span.iter().cloned().collect(),
                });
            }
        }
        Ok(Expr::call(Function::SqliteInt, vec![value]).at(span))
    }
}

/// Whether a text has neither a point nor an exponent wherever it is computed, so that the number it begins
/// with is an integer.
fn is_never_fractional(value: &Expr, relation: &Relation) -> bool {
    if relation.iso(value).is_some() {
        return true;
    }
    match &value.kind {
        ExprKind::Literal(Literal::Text(text)) => !text.contains(['.', 'e', 'E']),
        ExprKind::Call(Function::IsoText, _) => true,
        ExprKind::Call(Function::SqliteSubstr | Function::SqliteTrim, arguments) => arguments
            .first()
            .is_some_and(|text| is_never_fractional(text, relation)),
        ExprKind::Call(Function::Sqlite(SqliteFunction::Strftime), arguments) => {
            matches!(arguments.first().and_then(Expr::as_literal), Some(Literal::Text(format))
                if !format.contains(['.', 'e', 'E', 'f', 'J', 's']))
        }
        ExprKind::Call(
            Function::Sqlite(
                SqliteFunction::Date | SqliteFunction::Time | SqliteFunction::DateTime,
            ),
            _,
        ) => true,
        _ => false,
    }
}

/// Whether it is computed and neither a column, a subquery nor a CAST.
fn is_expression(expr: &ast::Expr) -> bool {
    matches!(
        expr,
        ast::Expr::Function(_)
            | ast::Expr::Value(_)
            | ast::Expr::BinaryOp { .. }
            | ast::Expr::Case { .. }
    )
}

fn number_literal(number: SqliteNumber) -> Expr {
    match number {
        SqliteNumber::Integer(value) => Expr::int(value),
        SqliteNumber::Real(value) => Expr::literal(Literal::Float(value)),
    }
}

fn unsure(side: &Side) -> Refusal {
    Refusal::new(
        "comparison of text with a number",
        "which of them SQLite converts is not known here",
        side.value.span.clone(),
    )
}
