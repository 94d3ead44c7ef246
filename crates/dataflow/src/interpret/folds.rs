//! Loops over rows, run as loops.

use std::collections::BTreeMap;

use relift_job::ColumnName;

use super::expression::Scope;
use super::relations::key;
use super::value::Key;
use super::{Interpreter, Raised, Table, Value};
use crate::{Emit, Expr, FoldKind, MapSlot};

impl Interpreter<'_> {
    /// What a state variable holds after the last row.
    pub(super) fn fold(&self, input: &Table, kind: &FoldKind) -> Result<Vec<Vec<Value>>, Raised> {
        match kind {
            FoldKind::Rows(emits) => self.emissions(input, emits),
            FoldKind::Map {
                keys,
                creates,
                slots,
            } => self.dictionary(input, keys, creates, slots),
            FoldKind::Scalar {
                name,
                initial,
                next,
            } => {
                let names = std::slice::from_ref(name);
                let mut value = self.eval(initial, Scope::EMPTY)?;
                for row in &input.rows {
                    let before = std::slice::from_ref(&value);
                    let scope = Scope::of(&input.columns, row).with_previous(names, before);
                    value = self.eval(next, scope)?;
                }
                Ok(vec![vec![value]])
            }
        }
    }

    fn emissions(&self, input: &Table, emits: &[Emit]) -> Result<Vec<Vec<Value>>, Raised> {
        let names: Vec<&ColumnName> = emits
            .first()
            .map(|emit| emit.columns.iter().map(|(name, _)| name).collect())
            .unwrap_or_default();
        let mut list = Vec::new();
        for row in &input.rows {
            let scope = Scope::of(&input.columns, row);
            for emit in emits {
                if self.holds(&emit.guard, scope)? {
                    // Emissions may name the columns in different orders; the first one's leads.
                    let record = names
                        .iter()
                        .filter_map(|name| emit.columns.iter().find(|(other, _)| other == *name))
                        .map(|(_, expr)| self.eval(expr, scope))
                        .collect::<Result<Vec<_>, _>>()?;
                    list.push(record);
                }
            }
        }
        Ok(list)
    }

    fn dictionary(
        &self,
        input: &Table,
        keys: &[(ColumnName, Expr)],
        creates: &Expr,
        slots: &[MapSlot],
    ) -> Result<Vec<Vec<Value>>, Raised> {
        let names: Vec<ColumnName> = slots.iter().map(|slot| slot.name.clone()).collect();
        let mut entry_of: BTreeMap<Vec<Key>, usize> = BTreeMap::new();
        // Keys as first inserted, and the slots' values.
        let mut entries: Vec<(Vec<Value>, Vec<Value>)> = Vec::new();
        for row in &input.rows {
            let scope = Scope::of(&input.columns, row);
            let values = keys
                .iter()
                .map(|(_, expr)| self.eval(expr, scope))
                .collect::<Result<Vec<_>, _>>()?;
            let wanted = key(values.iter().cloned());
            if let Some(entry) = entry_of.get(&wanted) {
                let (_, before) = &entries[*entry];
                let scope = scope.with_previous(&names, before);
                let after = slots
                    .iter()
                    .map(|slot| self.eval(&slot.next, scope))
                    .collect::<Result<Vec<_>, _>>()?;
                entries[*entry].1 = after;
            } else if self.holds(creates, scope)? {
                let first = slots
                    .iter()
                    .map(|slot| self.eval(&slot.first, scope))
                    .collect::<Result<Vec<_>, _>>()?;
                entry_of.insert(wanted, entries.len());
                entries.push((values, first));
            }
        }
        Ok(entries
            .into_iter()
            .map(|(keys, slots)| keys.into_iter().chain(slots).collect())
            .collect())
    }
}
