//! Queries made of several: UNION, EXCEPT and INTERSECT, and rows that are written out.
//!
//! UNION ALL puts rows one after the other. The others keep one of each different row, NULL being equal
//! to NULL, and hand them on sorted by their columns from left to right, which is how SQLite finds
//! duplicates; an ORDER BY sorts them once more.

use relift_dataflow::{Base, Expr, JoinKind, NodeId, Op, Refusal, SortKey};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use sqlparser::ast::{SetOperator, SetQuantifier, Values};

use super::affinity::SideAffinity;
use super::expression::Context;
use super::query::{Lowering, unique_names};
use super::relation::{Relation, RowOrder, ScopeColumn};

impl Lowering<'_> {
    /// Two queries as one.
    pub(crate) fn compound(
        &mut self,
        op: SetOperator,
        quantifier: SetQuantifier,
        left: &Relation,
        right: &Relation,
        span: &Span,
    ) -> Result<Relation, Refusal> {
        let name = op.to_string();
        let no = |reason: &str| Err(Refusal::new(name.clone(), reason, Some(span.clone())));
        if left.columns.len() != right.columns.len() {
            return no("its sides have different numbers of columns");
        }
        match (op, quantifier) {
            (SetOperator::Union, SetQuantifier::All) => self.union_all(left, right, span.clone()),
            (SetOperator::Union, SetQuantifier::None) => {
                let all = self.union_all(left, right, span.clone())?;
                self.different_rows(all, &name, span)
            }
            (SetOperator::Except | SetOperator::Intersect, SetQuantifier::None) => {
                let node = self.with_equals(op, left, right, span)?;
                let kept = Relation {
                    node,
                    ..left.clone()
                };
                self.different_rows(kept, &name, span)
            }
            _ => no("this form is not SQLite's"),
        }
    }

    /// Rows of the left side that have an equal one on the right, or have none.
    fn with_equals(
        &mut self,
        op: SetOperator,
        left: &Relation,
        right: &Relation,
        span: &Span,
    ) -> Result<NodeId, Refusal> {
        let mut on = Vec::new();
        for (l, r) in left.columns.iter().zip(&right.columns) {
            // Rows of compound queries are compared as they are, without any affinity.
            on.push(self.equal_pair(&left.side_as_it_is(l, span), &right.side_as_it_is(r, span))?);
        }
        self.add(
            Op::Join {
                left: left.node,
                right: right.node,
                kind: if op == SetOperator::Except {
                    JoinKind::Anti
                } else {
                    JoinKind::Semi
                },
                on,
                null_safe: true,
                condition: None,
                presence: None,
            },
            span.clone(),
            None,
        )
    }

    /// Each different row once, sorted by all columns.
    fn different_rows(
        &mut self,
        relation: Relation,
        name: &str,
        span: &Span,
    ) -> Result<Relation, Refusal> {
        let schema = self.flow.node(relation.node).schema.clone();
        for column in &relation.columns {
            if schema.ty(&column.column).map(|ty| ty.base) == Some(Base::Number) {
                return Err(Refusal::new(
                    name,
                    format!(
                        "column \"{}\" holds ints in some rows and floats in others, and which of \
                         two equal ones is kept depends on the data",
                        column.name
                    ),
                    Some(span.clone()),
                ));
            }
        }
        // Only what is selected counts.
        let names = unique_names(&relation.columns);
        let columns = names
            .iter()
            .zip(&relation.columns)
            .map(|(name, column)| (name.clone(), Expr::column(column.column.clone())))
            .collect();
        let input = self.add(
            Op::Map {
                input: relation.node,
                columns,
            },
            span.clone(),
            None,
        )?;
        let different = self.add(Op::Distinct { input }, span.clone(), None)?;
        let by = names
            .iter()
            .map(|name| SortKey {
                expr: Expr::column(name.clone()),
                descending: false,
                missing_first: true,
            })
            .collect();
        let node = self.add(
            Op::Sort {
                input: different,
                by,
            },
            span.clone(),
            None,
        )?;
        Ok(Relation {
            node,
            columns: relation
                .columns
                .into_iter()
                .zip(names)
                .map(|(column, name)| ScopeColumn {
                    qualifier: None,
                    column: name,
                    merged: false,
                    optional: false,
                    ..column
                })
                .collect(),
            order: RowOrder::Known,
            unique: Vec::new(),
            written: None,
        })
    }

    fn union_all(
        &mut self,
        left: &Relation,
        right: &Relation,
        span: Span,
    ) -> Result<Relation, Refusal> {
        if left.columns.len() != right.columns.len() {
            return Err(Refusal::new(
                "UNION ALL",
                "its sides have different numbers of columns",
                Some(span),
            ));
        }
        let mut inputs = Vec::new();
        let names: Vec<ColumnName> = unique_names(&left.columns);
        for side in [left, right] {
            let columns = names
                .iter()
                .zip(&side.columns)
                .map(|(name, column)| (name.clone(), Expr::column(column.column.clone())))
                .collect();
            inputs.push(self.add(
                Op::Map {
                    input: side.node,
                    columns,
                },
                span.clone(),
                None,
            )?);
        }
        let node = self.add(Op::Union { inputs }, span, None)?;
        let columns = names
            .into_iter()
            .zip(left.columns.iter().zip(&right.columns))
            .map(|(column, (l, r))| ScopeColumn {
                qualifier: None,
                name: l.name.clone(),
                column,
                iso: l.iso.filter(|iso| r.iso == Some(*iso)),
                affinity: l.affinity.united(r.affinity),
                merged: false,
                optional: false,
            })
            .collect();
        let known = [left, right]
            .iter()
            .all(|side| side.order == RowOrder::Known);
        Ok(Relation {
            node,
            columns,
            order: if known {
                RowOrder::Known
            } else {
                RowOrder::Unknown
            },
            unique: left.unique.iter().chain(&right.unique).cloned().collect(),
            written: None,
        })
    }

    /// The rows of VALUES; their columns are column1, column2 and so on.
    pub(crate) fn written_rows(&mut self, values: &Values) -> Result<Relation, Refusal> {
        let nothing = self.from(&[], &self.places.whole())?;
        let context = Context::of(&nothing);
        let mut rows = Vec::new();
        let mut span: Option<Span> = None;
        for row in &values.rows {
            let mut cells = Vec::new();
            for cell in row.iter() {
                let place = self.places.of(cell);
                span = Some(span.map_or(place.clone(), |span| span.to(&place)));
                cells.push(self.value(cell, &context)?);
            }
            rows.push(cells);
        }
        let span = span.unwrap_or_else(|| self.places.whole());
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            return Err(Refusal::new(
                "VALUES",
                "its rows have different numbers of values",
                Some(span),
            ));
        }
        let columns: Vec<ColumnName> = (1..=width)
            .map(|number| ColumnName::from(format!("column{number}")))
            .collect();
        let node = self.add(
            Op::Values {
                columns: columns.clone(),
                rows,
            },
            span,
            None,
        )?;
        Ok(Relation {
            node,
            columns: columns
                .into_iter()
                .map(|column| ScopeColumn {
                    qualifier: None,
                    name: column.to_string(),
                    column,
                    iso: None,
                    affinity: SideAffinity::Computed,
                    merged: false,
                    optional: false,
                })
                .collect(),
            order: RowOrder::Known,
            unique: Vec::new(),
            written: None,
        })
    }
}
