//! A row, or a record of it, that a variable keeps for the rows after it: `previous = row`.
//!
//! Such a variable holds nothing at first, or a record; what it holds is carried field by field, together
//! with whether it holds anything.

use relift_dataflow::{ColumnType, Expr, ExprKind, Literal, Refusal};
use relift_job::ColumnName;

use crate::loops::{Place, place_marker};
use crate::lowering::Lowerer;
use crate::mappings::Flattened;
use crate::merging::resolve;
use crate::state::{State, choose};
use crate::values::{Choice, Scope, Template, Term, Value};

/// The shape of what a variable keeps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RecordPlan {
    /// Whether it can hold nothing.
    pub(crate) optional: bool,
    pub(crate) value: Template,
    pub(crate) slots: Vec<(ColumnName, ColumnType)>,
}

/// A value that may be nothing: when it is there, and its fields.
pub(crate) struct Kept {
    pub(crate) held: Expr,
    pub(crate) fields: Option<Flattened>,
}

/// Marker of whether the variable held something before the row.
pub(crate) fn held_marker(scope: Scope, place: &Place) -> ColumnName {
    ColumnName::from(format!("{}\u{1}held", place_marker(scope, place).as_str()))
}

/// Marker of a field before the row.
pub(crate) fn field_marker(scope: Scope, place: &Place, field: &ColumnName) -> ColumnName {
    ColumnName::from(format!(
        "{}\u{1}field\u{1}{field}",
        place_marker(scope, place).as_str()
    ))
}

/// The template without numpy's marks.
fn plain(value: &Template) -> Template {
    value.map_terms(&mut |term| Term {
        numpy: false,
        ..term.clone()
    })
}

impl Lowerer<'_> {
    /// A value taken apart; an error when it is neither None nor a record, on some path.
    pub(crate) fn kept(&self, value: &Value, state: &State) -> Result<Kept, Refusal> {
        match resolve(value, state) {
            Value::Scalar(term) if matches!(term.as_literal(), Some(Literal::None)) => Ok(Kept {
                held: Expr::bool(false),
                fields: None,
            }),
            Value::Choice(choice) => {
                let yes = self.kept(&choice.yes, state)?;
                let no = self.kept(&choice.no, state)?;
                let fields = match (yes.fields, no.fields) {
                    (Some(mut one), Some(other)) => {
                        if plain(&one.template) != plain(&other.template) {
                            return Err(Refusal::new(
                                "value kept for later rows",
                                "it does not always have the same fields",
                                None,
                            ));
                        }
                        for ((_, term), (_, otherwise)) in one.columns.iter_mut().zip(other.columns)
                        {
                            term.expr =
                                choose(&choice.condition, term.expr.clone(), otherwise.expr);
                            term.scope = term.scope.max(otherwise.scope).max(choice.scope);
                            term.numpy |= otherwise.numpy;
                        }
                        Some(one)
                    }
                    (one, other) => one.or(other),
                };
                Ok(Kept {
                    held: choose(&choice.condition, yes.held, no.held),
                    fields,
                })
            }
            record @ (Value::Record(_) | Value::Tuple(_) | Value::Object(_)) => Ok(Kept {
                held: Expr::bool(true),
                fields: Some(self.flatten(&record, state, "item")?),
            }),
            other => Err(Refusal::new(
                "value kept for later rows",
                format!("it is {}", other.kind()),
                None,
            )),
        }
    }

    /// The plan for a variable that holds `before` at first and `after` after a row.
    pub(crate) fn record_plan(
        &self,
        before: (&Value, &State),
        after: (&Value, &State),
        known: Option<&RecordPlan>,
    ) -> Option<RecordPlan> {
        let initial = self.kept(before.0, before.1).ok()?;
        let finished = self.kept(after.0, after.1).ok()?;
        let fields = finished.fields?;
        if initial
            .fields
            .as_ref()
            .is_some_and(|own| plain(&own.template) != plain(&fields.template))
            || known.is_some_and(|known| plain(&known.value) != plain(&fields.template))
            || !initial.held.is_true() && !initial.held.is_false()
        {
            return None;
        }
        let slots = fields
            .columns
            .iter()
            .enumerate()
            .map(|(index, (name, term))| {
                let mut ty = self.type_of(term).ok()?;
                if let Some(initial) = &initial.fields {
                    ty = self.type_of(&initial.columns[index].1).ok()?.unify(ty)?;
                }
                Some((name.clone(), ty))
            })
            .collect::<Option<Vec<_>>>()?;
        let stays = initial.held.is_true() && finished.held.is_true();
        Some(RecordPlan {
            optional: !stays || known.is_some_and(|known| known.optional),
            value: fields.template,
            slots,
        })
    }

    /// What the variable holds before a row, over markers.
    pub(crate) fn record_before(&self, place: &Place, plan: &RecordPlan, scope: Scope) -> Value {
        let _ = self;
        let yes = plan.value.map_terms(&mut |term| match &term.expr.kind {
            ExprKind::Column(name) => Term {
                expr: Expr::new(ExprKind::Previous(field_marker(scope, place, name))),
                scope,
                numpy: term.numpy,
            },
            _ => term.clone(),
        });
        if !plan.optional {
            return yes;
        }
        Value::Choice(Box::new(Choice {
            condition: Expr::new(ExprKind::Previous(held_marker(scope, place))),
            scope,
            yes,
            no: Value::none(),
        }))
    }
}
