//! Expressions: what is evaluated only as far as needed, and probes of other relations.

use relift_job::ColumnName;

use super::functions::apply;
use super::relations::key;
use super::{Cause, Interpreter, Raised, Value};
use crate::{Expr, ExprKind, Function, LookupValue, NodeId, Parameter};

/// Column names and a row under them.
type Side<'a> = (&'a [ColumnName], &'a [Value]);

/// What the names of an expression stand for.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The row; a join condition sees two.
    sides: [Side<'a>; 2],
    /// Slots before this row, in a fold.
    previous: Side<'a>,
}

impl<'a> Scope<'a> {
    pub(super) const EMPTY: Scope<'static> = Scope {
        sides: [(&[], &[]); 2],
        previous: (&[], &[]),
    };

    pub(super) fn of(columns: &'a [ColumnName], row: &'a [Value]) -> Self {
        Self {
            sides: [(columns, row), (&[], &[])],
            ..Scope::EMPTY
        }
    }

    pub(super) fn pair(left: Side<'a>, right: Side<'a>) -> Self {
        Self {
            sides: [left, right],
            ..Scope::EMPTY
        }
    }

    pub(super) fn with_previous(self, names: &'a [ColumnName], values: &'a [Value]) -> Self {
        Self {
            previous: (names, values),
            ..self
        }
    }
}

fn find(sides: &[Side<'_>], name: &ColumnName) -> Result<Value, Cause> {
    sides
        .iter()
        .find_map(|(columns, row)| {
            let at = columns.iter().position(|column| column == name)?;
            row.get(at).cloned()
        })
        .ok_or_else(|| Cause::UnknownColumn(name.to_string()))
}

impl Interpreter<'_> {
    pub(super) fn eval(&self, expr: &Expr, scope: Scope<'_>) -> Result<Value, Raised> {
        self.eval_kind(&expr.kind, scope)
            .map_err(|raised| raised.at(expr.span.as_ref()))
    }

    pub(super) fn holds(&self, condition: &Expr, scope: Scope<'_>) -> Result<bool, Raised> {
        Ok(self.eval(condition, scope)?.is_true())
    }

    fn eval_kind(&self, kind: &ExprKind, scope: Scope<'_>) -> Result<Value, Raised> {
        match kind {
            ExprKind::Column(name) => Ok(find(&scope.sides, name)?),
            ExprKind::Previous(name) => Ok(find(&[scope.previous], name)?),
            ExprKind::Literal(literal) => Ok(Value::from(literal)),
            ExprKind::Parameter(Parameter::EffectiveDate) => {
                Ok(Value::Date(self.parameters.effective_date))
            }
            ExprKind::Parameter(Parameter::ProcessingTime) => {
                Ok(Value::Timestamp(self.parameters.processing_time))
            }
            ExprKind::If { arms, otherwise } => {
                for (condition, value) in arms {
                    if self.holds(condition, scope)? {
                        return self.eval(value, scope);
                    }
                }
                self.eval(otherwise, scope)
            }
            ExprKind::Call(Function::And, arguments) => self.connect(arguments, false, scope),
            ExprKind::Call(Function::Or, arguments) => self.connect(arguments, true, scope),
            ExprKind::Call(Function::Coalesce, arguments) => {
                for argument in arguments {
                    let value = self.eval(argument, scope)?;
                    if !value.is_missing() {
                        return Ok(value);
                    }
                }
                Ok(Value::None)
            }
            ExprKind::Call(function, arguments) => {
                let values = arguments
                    .iter()
                    .map(|argument| self.eval(argument, scope))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(apply(*function, &values, &self.parameters)?)
            }
            ExprKind::Lookup {
                relation,
                keys,
                value,
            } => self.lookup(*relation, keys, value, scope),
            ExprKind::Scalar { relation, column } => {
                let table = self.table(*relation)?;
                if table.rows.len() != 1 {
                    return Err(Cause::Rows {
                        relation: *relation,
                        rows: table.rows.len(),
                        wanted: "exactly one is read",
                    }
                    .into());
                }
                let value = table.value(0, column).cloned();
                Ok(value.ok_or_else(|| Cause::UnknownColumn(column.to_string()))?)
            }
        }
    }

    /// Kleene's and, or: the first argument that is `decisive` decides; otherwise a missing one does.
    fn connect(
        &self,
        arguments: &[Expr],
        decisive: bool,
        scope: Scope<'_>,
    ) -> Result<Value, Raised> {
        let mut result = Value::Bool(!decisive);
        for argument in arguments {
            match self.eval(argument, scope)? {
                Value::Bool(value) if value == decisive => return Ok(Value::Bool(decisive)),
                Value::Bool(_) => {}
                Value::None => result = Value::None,
                other => {
                    return Err(Cause::Undefined {
                        function: if decisive { "or" } else { "and" }.to_owned(),
                        arguments: other.kind().to_owned(),
                    }
                    .into());
                }
            }
        }
        Ok(result)
    }

    fn lookup(
        &self,
        relation: NodeId,
        keys: &[(ColumnName, Expr)],
        value: &LookupValue,
        scope: Scope<'_>,
    ) -> Result<Value, Raised> {
        let wanted = keys
            .iter()
            .map(|(_, expr)| self.eval(expr, scope))
            .collect::<Result<Vec<_>, _>>()?;
        let wanted = key(wanted);
        let table = self.table(relation)?;
        let names: Vec<ColumnName> = keys.iter().map(|(name, _)| name.clone()).collect();
        let columns = super::relations::indices(&table, &names)?;
        let matching: Vec<&Vec<Value>> = table
            .rows
            .iter()
            .filter(|row| key(columns.iter().map(|at| row[*at].clone())) == wanted)
            .collect();
        match value {
            LookupValue::Present => Ok(Value::Bool(!matching.is_empty())),
            LookupValue::Column(name) => {
                let at = table
                    .index(name)
                    .ok_or_else(|| Cause::UnknownColumn(name.to_string()))?;
                match matching[..] {
                    [] => Ok(Value::None),
                    [row] => Ok(row[at].clone()),
                    _ => Err(Cause::Rows {
                        relation,
                        rows: matching.len(),
                        wanted: "at most one has the key looked up",
                    }
                    .into()),
                }
            }
        }
    }
}
