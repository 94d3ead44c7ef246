//! Every row agrees and the names or types of columns do not.

use super::{CauseKind, Hypothesis};

pub(super) const HEADER_LINE: CauseKind = CauseKind {
    name: "columns",
    summary: "columns have other names or types, or stand in another order",
    test: |case| {
        if case.legacy.header == case.rewrite.header && case.legacy.columns == case.rewrite.columns
        {
            return None;
        }
        if case.rows_in_order() {
            let assumption = "only names or types of columns differ".into();
            return Some(Hypothesis {
                assumption,
                agreeing: case.rows(),
            });
        }
        if case.legacy.columns.len() != case.rewrite.columns.len() {
            let (legacy, rewrite) = (case.legacy.columns.len(), case.rewrite.columns.len());
            let assumption =
                format!("nothing but that legacy has {legacy} columns and the rewrite {rewrite}");
            return Some(Hypothesis {
                assumption,
                agreeing: case.pairing.matched.len(),
            });
        }
        // The same values under other types: compare what a reader sees.
        let (agreeing, names) = case.with_cells(|a, b| {
            a.text() == b.text()
                || a.decimal().is_some_and(|x| {
                    b.decimal()
                        .is_some_and(|y| x.normalized() == y.normalized())
                })
        })?;
        let typed = names.iter().all(|name| {
            let at = |columns: &[crate::Column]| {
                columns.iter().find(|column| &column.name == name).cloned()
            };
            at(&case.legacy.columns) != at(&case.rewrite.columns)
        });
        typed.then(|| Hypothesis {
            assumption: format!("only the types of {} differ", super::in_columns(&names)),
            agreeing,
        })
    },
};
