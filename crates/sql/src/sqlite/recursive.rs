//! Recursive WITH over constants: calendars and number series, worked out here and written down as rows.
//!
//! SQLite takes one row after the other off a queue and puts what the recursive SELECT makes of it at the
//! queue's end. What reads a table is refused, and so is what does not end soon.

use std::collections::{BTreeMap, VecDeque};

use relift_dataflow::interpret::{Parameters, Value, interpret};
use relift_dataflow::{Dataflow, Expr, Literal, Op, Refusal};
use relift_diagnostics::Span;
use relift_job::{ColumnName, EffectiveDate};
use relift_values::SqliteRelease;
use sqlparser::ast::{Cte, LimitClause, SetExpr, SetOperator, SetQuantifier};

use super::affinity::SideAffinity;
use super::query::{Lowering, Place, unique_names};
use super::relation::{IsoText, Relation, RowOrder, ScopeColumn};
use super::select::unnested;

/// A series longer than this is no calendar.
const ROWS_MAX: usize = 4_000;

impl Lowering<'_> {
    /// The rows of a recursive common table expression.
    pub(crate) fn recursive(&mut self, cte: &Cte) -> Result<Relation, Refusal> {
        let span = self.places.of(cte);
        let no = |reason: &str| Err(Refusal::new("recursive WITH", reason, Some(span.clone())));
        let SetExpr::SetOperation {
            op: SetOperator::Union,
            set_quantifier: SetQuantifier::All,
            left,
            right,
        } = cte.query.body.as_ref()
        else {
            return no("is lifted as one UNION ALL of constants and a SELECT from itself");
        };
        if cte.query.order_by.is_some() || cte.query.with.is_some() {
            return no("with an order or a WITH of its own is not lifted");
        }
        let most = match &cte.query.limit_clause {
            None => None,
            Some(LimitClause::LimitOffset {
                limit: Some(limit),
                offset: None,
                limit_by,
            }) if limit_by.is_empty() => {
                let sqlparser::ast::Expr::Value(count) = unnested(limit) else {
                    return no("needs a constant LIMIT");
                };
                match count.value.to_string().parse::<usize>() {
                    Ok(count) => Some(count),
                    Err(_) => return no("needs a constant LIMIT"),
                }
            }
            Some(_) => return no("needs a constant LIMIT"),
        };
        let Some(release) = self
            .flow
            .sqlite
            .as_deref()
            .and_then(SqliteRelease::of_version)
        else {
            return no("is worked out by a release of SQLite that is not known");
        };
        let (first, names) = self.worked_out(left, None, release, &span)?;
        let mut columns: Vec<ScopeColumn> = names
            .iter()
            .map(|name| ScopeColumn {
                qualifier: None,
                name: name.clone(),
                column: ColumnName::from(name.as_str()),
                iso: None,
                affinity: SideAffinity::Unsure,
                merged: false,
                optional: false,
            })
            .collect();
        if !cte.alias.columns.is_empty() {
            if cte.alias.columns.len() != columns.len() {
                return no("its column list is not as long as its query's");
            }
            for (column, named) in columns.iter_mut().zip(&cte.alias.columns) {
                column.name.clone_from(&named.name.value);
            }
        }
        for (column, name) in unique_names(&columns).into_iter().enumerate() {
            columns[column].column = name;
        }
        let most_rows = most.unwrap_or(ROWS_MAX + 1);
        let mut rows: Vec<Vec<Literal>> = Vec::new();
        let mut queue: VecDeque<Vec<Literal>> = first.into();
        while let Some(row) = queue.pop_front() {
            if rows.len() >= most_rows {
                break;
            }
            rows.push(row.clone());
            if rows.len() > ROWS_MAX {
                return no("makes more rows than a calendar has");
            }
            let own = (cte.alias.name.value.as_str(), &columns[..], row);
            let (next, _) = self.worked_out(right, Some(own), release, &span)?;
            if next.iter().any(|row| row.len() != columns.len()) {
                return no("its sides have different numbers of columns");
            }
            queue.extend(next);
        }
        for (at, column) in columns.iter_mut().enumerate() {
            column.iso = rows
                .iter()
                .all(|row| matches!(&row[at], Literal::Text(text) if is_date(text)))
                .then_some(IsoText::Date);
        }
        let node = self.add(
            Op::Values {
                columns: columns.iter().map(|column| column.column.clone()).collect(),
                rows: rows
                    .into_iter()
                    .map(|row| row.into_iter().map(Expr::literal).collect())
                    .collect(),
            },
            span,
            None,
        )?;
        Ok(Relation {
            node,
            columns,
            order: RowOrder::Known,
            unique: Vec::new(),
            written: None,
        })
    }

    /// The rows of a SELECT over nothing, or over one row of the expression itself; and its names.
    fn worked_out(
        &self,
        body: &SetExpr,
        own: Option<(&str, &[ScopeColumn], Vec<Literal>)>,
        release: SqliteRelease,
        span: &Span,
    ) -> Result<(Vec<Vec<Literal>>, Vec<String>), Refusal> {
        let mut scratch = Dataflow::new(self.flow.job.clone());
        scratch.sqlite.clone_from(&self.flow.sqlite);
        let frames = BTreeMap::new();
        let mut lowering = Lowering::new(
            &mut scratch,
            self.places,
            &frames,
            self.module,
            self.catalog,
        );
        if let Some((name, columns, row)) = own {
            let node = lowering.add(
                Op::Values {
                    columns: columns.iter().map(|column| column.column.clone()).collect(),
                    rows: vec![row.into_iter().map(Expr::literal).collect()],
                },
                span.clone(),
                None,
            )?;
            let relation = Relation {
                node,
                columns: columns.to_vec(),
                order: RowOrder::Known,
                unique: Vec::new(),
                written: None,
            };
            lowering
                .tables
                .push((name.to_ascii_lowercase(), Ok(relation)));
        }
        let relation = lowering.body(body, None, None, Place::Inner)?;
        let names = relation
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect();
        let wanted: Vec<ColumnName> = relation
            .columns
            .iter()
            .map(|column| column.column.clone())
            .collect();
        let node = relation.node;
        let failed = |reason: String| Refusal::new("recursive WITH", reason, Some(span.clone()));
        let epoch = EffectiveDate::parse("1970-01-01")
            .ok_or_else(|| failed("has no date to be worked out on".to_owned()))?;
        let parameters = Parameters {
            sqlite: release,
            ..Parameters::on(epoch)
        };
        let table = interpret(&scratch, node, &|_, _| None, parameters)
            .map_err(|raised| failed(format!("cannot be worked out: {}", raised.cause)))?;
        let mut rows = Vec::new();
        for row in &table.rows {
            let mut cells = Vec::new();
            for name in &wanted {
                let value = table.index(name).and_then(|at| row.get(at));
                cells.push(match value {
                    Some(Value::None) => Literal::None,
                    Some(Value::Int(value)) => Literal::Int(*value),
                    Some(Value::Float(value)) => Literal::Float(*value),
                    Some(Value::Text(text)) => Literal::Text(text.clone()),
                    _ => {
                        return Err(failed(
                            "holds values that cannot be written down".to_owned(),
                        ));
                    }
                });
            }
            rows.push(cells);
        }
        Ok((rows, names))
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && EffectiveDate::parse(text).is_some_and(|date| date.to_string() == text)
}
