//! Dictionaries whose keys are tuples of constants: looked up, never changed.

use relift_dataflow::{Literal, Refusal};
use relift_diagnostics::Span;

use crate::calls::Arguments;
use crate::lowering::Lowerer;
use crate::state::any;
use crate::values::{Condition, Term, Value};

/// Keys and values, in order.
pub(crate) type Table = Vec<(Vec<Literal>, Value)>;

/// A tuple of constants.
pub(crate) fn constant_key(key: &Value) -> Option<Vec<Literal>> {
    match key {
        Value::Tuple(items) => items
            .iter()
            .map(|item| item.as_literal().cloned())
            .collect(),
        _ => None,
    }
}

fn key_value(key: &[Literal]) -> Value {
    Value::Tuple(key.iter().cloned().map(Value::literal).collect())
}

impl Lowerer<'_> {
    /// Whether the key is there, and its value where it is.
    fn probe_table(
        &mut self,
        table: &Table,
        key: &Value,
        span: &Span,
    ) -> Result<(Term, Option<Value>), Refusal> {
        let key = self.resolved(key, "dictionary", span)?;
        let mut present = Vec::new();
        let mut terms = Vec::new();
        let mut found: Option<Value> = None;
        for (candidate, value) in table.iter().rev() {
            let test = match &key {
                Value::Tuple(items) if items.len() == candidate.len() => {
                    self.equal(&key, &key_value(candidate), span)?
                }
                Value::Tuple(_) | Value::Scalar(_) => Term::literal(Literal::Bool(false)),
                other => {
                    return Err(Refusal::new(
                        "dictionary",
                        format!("it is read under {}", other.kind()),
                        Some(span.clone()),
                    ));
                }
            };
            if test.expr.is_false() {
                continue;
            }
            let condition = Condition {
                expr: test.expr.clone(),
                scope: test.scope,
            };
            found = Some(match found {
                None => value.clone(),
                Some(rest) => self.select(&condition, value, &rest),
            });
            present.insert(0, test.expr.clone());
            terms.push(test);
        }
        let scope = self.scope_of(&terms.iter().collect::<Vec<_>>(), span)?;
        let present = Term {
            expr: any(present).at(Some(span.clone())),
            scope,
            numpy: false,
        };
        Ok((present, found))
    }

    /// `table[key]`.
    pub(crate) fn table_item(
        &mut self,
        table: &Table,
        key: &Value,
        span: &Span,
    ) -> Result<Value, Refusal> {
        let (present, value) = self.probe_table(table, key, span)?;
        self.require(
            &present,
            "dictionary",
            "a missing key raises KeyError",
            span,
        )?;
        value.ok_or_else(|| Refusal::new("dictionary", "there is no such key", Some(span.clone())))
    }

    /// `key in table`.
    pub(crate) fn table_has(
        &mut self,
        table: &Table,
        key: &Value,
        span: &Span,
    ) -> Result<Term, Refusal> {
        self.probe_table(table, key, span)
            .map(|(present, _)| present)
    }

    /// Methods of a table.
    pub(crate) fn table_method(
        &mut self,
        table: &Table,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Value, Refusal> {
        let span = &arguments.span;
        match name {
            "get" => {
                arguments.only(2, &["default"])?;
                let key = arguments.need(0, "key")?.clone();
                let default = arguments
                    .get(1, "default")
                    .cloned()
                    .unwrap_or(Value::none());
                let (present, value) = self.probe_table(table, &key, span)?;
                let Some(value) = value else {
                    return Ok(default);
                };
                let condition = Condition {
                    expr: present.expr,
                    scope: present.scope,
                };
                Ok(self.select(&condition, &value, &default))
            }
            "items" | "keys" | "values" => {
                arguments.only(0, &[])?;
                Ok(Value::Tuple(
                    table
                        .iter()
                        .map(|(key, value)| match name {
                            "items" => Value::Tuple(vec![key_value(key), value.clone()]),
                            "keys" => key_value(key),
                            _ => value.clone(),
                        })
                        .collect(),
                ))
            }
            _ => Err(arguments.refuse("this method of a table is not lifted")),
        }
    }

    /// The keys of a table.
    pub(crate) fn table_keys(table: &Table) -> Vec<Value> {
        table.iter().map(|(key, _)| key_value(key)).collect()
    }
}
