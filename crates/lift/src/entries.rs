//! What all rules for dictionaries share: the rows that touch entries, keys, and a plan per slot.

use relift_dataflow::{
    Base, Comparison, Expr, Flavour, FoldKind, Function, MapSlot, NodeId, Obligation, Op, Rewriter,
    RuleMutant, simplify, type_of,
};
use relift_job::ColumnName;

use crate::conditions::Scope;
use crate::rule::StateCase;
use crate::slots::{SlotPlan, Start, never_negative_zero, plan};

/// A dictionary built in a loop, taken apart.
pub(crate) struct Entries<'a> {
    pub(crate) keys: &'a [(ColumnName, Expr)],
    pub(crate) creates: Expr,
    pub(crate) slots: &'a [MapSlot],
}

impl<'a> Entries<'a> {
    pub(crate) fn of(case: &StateCase<'a>) -> Option<Self> {
        match case.kind {
            FoldKind::Map {
                keys,
                creates,
                slots,
            } => Some(Self {
                keys,
                creates: simplify(creates.clone()),
                slots,
            }),
            FoldKind::Rows(_) | FoldKind::Scalar { .. } => None,
        }
    }

    /// Plans every slot, or says which one has no form.
    pub(crate) fn plans(
        &self,
        case: &StateCase<'_>,
        rewriter: &Rewriter<'_>,
    ) -> Result<Vec<SlotPlan>, String> {
        let schema = &rewriter.flow.node(case.input).schema;
        let scope = Scope {
            flow: &rewriter.flow,
            input: case.input,
            schema,
            previous: case.schema,
        };
        self.slots
            .iter()
            .map(|slot| {
                let ty = case
                    .schema
                    .ty(&slot.name)
                    .ok_or_else(|| format!("`{}` has no type", slot.name))?;
                let start = Start::First {
                    value: &slot.first,
                    creates: &self.creates,
                };
                plan(&scope, &slot.name, ty, &start, &slot.next)
                    .map_err(|reason| format!("value `{}`: {reason}", slot.name))
            })
            .collect()
    }

    /// The rows that can touch an entry, and what must hold of their keys.
    pub(crate) fn rows(
        &self,
        case: &StateCase<'_>,
        rewriter: &mut Rewriter<'_>,
    ) -> Result<(NodeId, Vec<Obligation>), String> {
        let rows = if self.creates.is_true() || RuleMutant::EntriesUnfiltered.is_on() {
            case.input
        } else {
            let filter = Op::Filter {
                input: case.input,
                predicate: self.creates.clone(),
            };
            rewriter
                .add(case.id, filter)
                .map_err(|error| error.to_string())?
        };
        let mut obligations = Vec::new();
        for (_, key) in self.keys {
            let node = rewriter.flow.node(rows);
            let ty = type_of(key, &node.schema, case.schema, &rewriter.flow)
                .map_err(|error| error.to_string())?;
            if ty.missing.nan && !RuleMutant::KeyNan.is_on() {
                return Err("a NaN key is a key of its own for each row".into());
            }
            match ty.base {
                Base::Number => {
                    return Err("keys are ints on some rows and floats on others".into());
                }
                Base::Float64
                    if !never_negative_zero(&rewriter.flow, rows, key)
                        && !RuleMutant::KeyZeroSign.is_on() =>
                {
                    let shown = Expr::call(Function::ToText, vec![key.clone()]);
                    let test =
                        Expr::compare(Comparison::Ne, Flavour::Python, shown, Expr::text("-0.0"));
                    let why = "0.0 and -0.0 are one key in Python but not in SQL";
                    obligations.push(case.holds(rows, test, why));
                }
                _ => {}
            }
        }
        Ok((rows, obligations))
    }

    /// Key columns by name.
    pub(crate) fn key_names(&self) -> Vec<ColumnName> {
        self.keys.iter().map(|(name, _)| name.clone()).collect()
    }
}

/// The obligations a plan brings, about `rows`.
pub(crate) fn obligations_of(
    plan: &SlotPlan,
    rows: NodeId,
    case: &StateCase<'_>,
) -> Vec<Obligation> {
    plan.holds
        .iter()
        .map(|(condition, why)| case.holds(rows, condition.clone(), why))
        .collect()
}
