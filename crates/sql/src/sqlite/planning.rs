//! The order in which SQLite's planner nests the loops of a join, where that is a fact.
//!
//! Without statistics and indexes all tables look equally long to the planner, and each table of a join but
//! the first is looked up in an index made for the query. Which table comes first is then decided by what
//! WHERE asks of each; where it asks nothing of any but the first, every order costs the same and the written
//! one wins. Two things would break that: an equality whose sides have different affinities serves as a
//! lookup in one direction only, and a constant that a joined column equals reaches the other table, too.
//! `tests/it/join_order.rs` asks the planner of the linked release; that of the legacy runtime was asked the same.

use std::ops::ControlFlow;

use relift_dataflow::{Expr, JoinKind};
use relift_job::ColumnName;
use sqlparser::ast::{self, BinaryOperator};

use super::affinity::SideAffinity;
use super::grouping::is_aggregate;
use super::query::Lowering;
use super::relation::{Relation, RowOrder};
use super::select::{conjuncts, unnested};

/// Minor releases of SQLite 3 whose planner was asked: that of the legacy runtime and the linked one.
const RELEASES: [&str; 2] = ["40", "54"];

/// Frames that are joined in the order in which they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// How many of the relation's columns are the first frame's.
    first: usize,
    /// Columns that are compared with another frame's.
    joined: Vec<ColumnName>,
}

impl Written {
    /// One frame.
    pub(crate) fn frame(width: usize) -> Self {
        Self {
            first: width,
            joined: Vec::new(),
        }
    }
}

impl Lowering<'_> {
    /// What a join of two relations is, if it is one of frames in the written order.
    pub(crate) fn written(
        &self,
        left: &Relation,
        right: &Relation,
        kind: JoinKind,
        on: &[(Expr, Expr)],
        further: bool,
    ) -> Option<Written> {
        let release = self.flow.sqlite.as_deref()?.split('.').nth(1)?;
        if !RELEASES.contains(&release)
            || further
            || on.is_empty()
            || !matches!(kind, JoinKind::Inner | JoinKind::Left)
        {
            return None;
        }
        let one_frame = right.written.as_ref()?;
        if !one_frame.joined.is_empty() || one_frame.first != right.columns.len() {
            return None;
        }
        let mut written = left.written.clone()?;
        for (l, r) in on {
            let (l_name, r_name) = (l.as_column()?, r.as_column()?);
            let alike = matches!(
                (left.affinity_of(l), right.affinity_of(r)),
                (SideAffinity::Text, SideAffinity::Text)
                    | (SideAffinity::Numeric, SideAffinity::Numeric)
            );
            if !alike {
                return None;
            }
            written.joined.extend([l_name.clone(), r_name.clone()]);
        }
        Some(written)
    }

    /// Whether the planner begins with the first table, as far as WHERE and HAVING decide it.
    pub(crate) fn begins_as_written(
        relation: &Relation,
        selection: Option<&ast::Expr>,
        having: Option<&ast::Expr>,
    ) -> RowOrder {
        let Some(written) = &relation.written else {
            return RowOrder::Unknown;
        };
        // A condition of HAVING on a key counts as one of WHERE.
        let on_groups = having.is_none_or(|having| conjuncts(having).into_iter().all(aggregates));
        let harmless = selection.is_none_or(|selection| {
            conjuncts(selection)
                .into_iter()
                .all(|part| is_harmless(part, relation, written))
        });
        if on_groups && harmless {
            RowOrder::Known
        } else {
            RowOrder::Unknown
        }
    }
}

fn aggregates(condition: &ast::Expr) -> bool {
    let found = ast::visit_expressions(condition, |part| match part {
        ast::Expr::Function(call) if is_aggregate(call) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// Whether a condition is about the first frame alone, and about its joined columns only by comparing them
/// for order.
fn is_harmless(condition: &ast::Expr, relation: &Relation, written: &Written) -> bool {
    let compares_order = match unnested(condition) {
        ast::Expr::BinaryOp { op, .. } => matches!(
            op,
            BinaryOperator::Lt
                | BinaryOperator::LtEq
                | BinaryOperator::Gt
                | BinaryOperator::GtEq
                | BinaryOperator::NotEq
        ),
        ast::Expr::Between { .. } | ast::Expr::IsNotNull(_) | ast::Expr::Like { .. } => true,
        _ => false,
    };
    let first = &relation.columns[..written.first];
    let found = ast::visit_expressions(condition, |part| {
        let (qualifier, name) = match part {
            ast::Expr::Identifier(name) => (None, &name.value),
            ast::Expr::CompoundIdentifier(parts) => match &parts[..] {
                [table, name] => (Some(table.value.as_str()), &name.value),
                _ => return ControlFlow::Break(()),
            },
            ast::Expr::Subquery(_) | ast::Expr::Exists { .. } | ast::Expr::InSubquery { .. } => {
                return ControlFlow::Break(());
            }
            _ => return ControlFlow::Continue(()),
        };
        let harmless = relation.resolve(qualifier, name).is_ok_and(|column| {
            first.iter().any(|own| own.column == column.column)
                && (compares_order || !written.joined.contains(&column.column))
        });
        if harmless {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    found.is_continue()
}
