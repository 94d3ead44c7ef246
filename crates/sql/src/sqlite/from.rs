//! FROM: tables, subqueries and joins, with what is known of the order they come out in.

use std::collections::BTreeSet;

use relift_dataflow::{Expr, JoinKind, Op, Refusal};
use relift_diagnostics::Span;
use relift_job::ColumnName;
use sqlparser::ast::{
    self, BinaryOperator, JoinConstraint, JoinOperator, TableFactor, TableWithJoins,
};

use crate::names::free_name;

use super::expression::Context;
use super::query::{Lowering, Place};
use super::relation::{Relation, RowOrder, ScopeColumn};
use super::select::{all_of, conjuncts, unnested};

impl Lowering<'_> {
    /// FROM with a WHERE. Equalities between a table behind a comma and those before it are what the two are
    /// joined on; the conditions that are left come back.
    pub(crate) fn tables_where<'w>(
        &mut self,
        from: &[TableWithJoins],
        selection: Vec<&'w ast::Expr>,
        span: &Span,
    ) -> Result<(Relation, Vec<&'w ast::Expr>), Refusal> {
        let Some((first, rest)) = from.split_first().filter(|(_, rest)| !rest.is_empty()) else {
            return Ok((self.from(from, span)?, selection));
        };
        let mut left = selection;
        let mut relation = self.joined(first)?;
        for next in rest {
            let right = self.joined(next)?;
            let place = self.places.of(next);
            let mut on = Vec::new();
            let mut others = Vec::new();
            for part in left {
                if !is_equality(part) || !Self::ties(part, &relation, &right) {
                    others.push(part);
                    continue;
                }
                on.push(part);
            }
            left = others;
            relation = match all_of(&on) {
                Some(condition) => {
                    let constraint = JoinConstraint::On(condition);
                    self.join(&relation, right, JoinKind::Inner, &constraint, place)?
                }
                None => {
                    let none = &JoinConstraint::None;
                    let mut pairs = self.join(&relation, right, JoinKind::Cross, none, place)?;
                    // A comma, unlike CROSS JOIN, lets the planner choose.
                    pairs.order = RowOrder::Unknown;
                    pairs.written = None;
                    pairs
                }
            };
        }
        Ok((relation, left))
    }

    /// Whether an equality has one side on each of two relations.
    fn ties(condition: &ast::Expr, left: &Relation, right: &Relation) -> bool {
        let ast::Expr::BinaryOp {
            left: a, right: b, ..
        } = unnested(condition)
        else {
            return false;
        };
        let apart = |a, b| Self::only_reads(a, left, right) && Self::only_reads(b, right, left);
        apart(a, b) || apart(b, a)
    }

    pub(crate) fn from(
        &mut self,
        from: &[TableWithJoins],
        span: &Span,
    ) -> Result<Relation, Refusal> {
        let Some((first, rest)) = from.split_first() else {
            let node = self.add(
                Op::Values {
                    columns: Vec::new(),
                    rows: vec![Vec::new()],
                },
                span.clone(),
                None,
            )?;
            return Ok(Relation {
                node,
                columns: Vec::new(),
                order: RowOrder::Known,
                unique: Vec::new(),
                written: None,
            });
        };
        let mut relation = self.joined(first)?;
        for next in rest {
            let right = self.joined(next)?;
            let place = self.places.of(next);
            relation = self.join(
                &relation,
                right,
                JoinKind::Cross,
                &JoinConstraint::None,
                place,
            )?;
            // A comma, unlike CROSS JOIN, lets the planner choose.
            relation.order = RowOrder::Unknown;
        }
        Ok(relation)
    }

    fn joined(&mut self, table: &TableWithJoins) -> Result<Relation, Refusal> {
        let mut relation = self.factor(&table.relation)?;
        for join in &table.joins {
            let right = self.factor(&join.relation)?;
            let place = self.places.of(join);
            let (kind, constraint) = match &join.join_operator {
                JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => {
                    (JoinKind::Inner, constraint)
                }
                JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
                    (JoinKind::Left, constraint)
                }
                JoinOperator::CrossJoin(constraint) => (JoinKind::Cross, constraint),
                JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => {
                    relation = self.right_join(&relation, &right, constraint, place)?;
                    continue;
                }
                JoinOperator::FullOuter(constraint) => {
                    relation = self.full_join(&relation, right, constraint, place)?;
                    continue;
                }
                _ => {
                    return Err(Refusal::new("join", "is not SQLite's", Some(place)));
                }
            };
            relation = self.join(&relation, right, kind, constraint, place)?;
        }
        Ok(relation)
    }

    /// A RIGHT JOIN: a LEFT JOIN from the other side, whose order is the planner's.
    fn right_join(
        &mut self,
        left: &Relation,
        right: &Relation,
        constraint: &JoinConstraint,
        span: Span,
    ) -> Result<Relation, Refusal> {
        if !matches!(constraint, JoinConstraint::On(_)) {
            return Err(Refusal::new(
                "RIGHT or FULL JOIN",
                "is lifted with ON only",
                Some(span),
            ));
        }
        let width = right.columns.len();
        let mut joined = self.join(right, left.clone(), JoinKind::Left, constraint, span)?;
        joined.columns.rotate_left(width);
        joined.order = RowOrder::Unknown;
        joined.unique.clear();
        Ok(joined)
    }

    /// A FULL JOIN: the LEFT JOIN and the rows of the right side without a match.
    fn full_join(
        &mut self,
        left: &Relation,
        right: Relation,
        constraint: &JoinConstraint,
        span: Span,
    ) -> Result<Relation, Refusal> {
        let no = |reason: &str, span: Span| Err(Refusal::new("FULL JOIN", reason, Some(span)));
        let JoinConstraint::On(condition) = constraint else {
            return no("is lifted with ON only", span);
        };
        let right = self.renamed_apart(left, right, &span)?;
        let mut on = Vec::new();
        for part in conjuncts(condition) {
            match self.equality(part, left, &right)? {
                Some((l, r)) => on.push((r, l)),
                None => {
                    return no(
                        "is lifted on equalities of the two sides only",
                        self.places.of(part),
                    );
                }
            }
        }
        let unmatched = self.add(
            Op::Join {
                left: right.node,
                right: left.node,
                kind: JoinKind::Anti,
                on,
                null_safe: false,
                condition: None,
                presence: None,
            },
            span.clone(),
            None,
        )?;
        let matched = self.join(left, right, JoinKind::Left, constraint, span.clone())?;
        let schema = self.flow.node(matched.node).schema.clone();
        let own = self.flow.node(unmatched).schema.clone();
        let columns = schema
            .names()
            .map(|name| {
                let value = if own.has(name) {
                    Expr::column(name.clone())
                } else {
                    Expr::none()
                };
                (name.clone(), value)
            })
            .collect();
        let unmatched = self.add(
            Op::Map {
                input: unmatched,
                columns,
            },
            span.clone(),
            None,
        )?;
        let node = self.add(
            Op::Union {
                inputs: vec![matched.node, unmatched],
            },
            span,
            None,
        )?;
        Ok(Relation {
            node,
            columns: matched
                .columns
                .into_iter()
                .map(|column| ScopeColumn {
                    optional: true,
                    ..column
                })
                .collect(),
            order: RowOrder::Unknown,
            unique: Vec::new(),
            written: None,
        })
    }

    fn factor(&mut self, factor: &TableFactor) -> Result<Relation, Refusal> {
        let span = self.places.of(factor);
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                ..
            } => {
                let parts: Option<Vec<&str>> = name
                    .0
                    .iter()
                    .map(|part| part.as_ident().map(|ident| ident.value.as_str()))
                    .collect();
                let parts = parts.unwrap_or_default();
                let full = parts.join(".");
                let known = |full: &str| self.has_table(full);
                let Some(own) = parts.last().filter(|_| parts.len() == 1 || known(&full)) else {
                    return Err(Refusal::new(
                        format!("table \"{name}\""),
                        "frames have no schema",
                        Some(span),
                    ));
                };
                let relation = self.table(&full, span)?;
                let alias = alias
                    .as_ref()
                    .map_or_else(|| (*own).to_owned(), |alias| alias.name.value.clone());
                Ok(relation.aliased(&alias))
            }
            TableFactor::Derived {
                lateral: false,
                subquery,
                alias,
                ..
            } => {
                let relation = self.query(subquery, Place::Inner)?;
                match alias {
                    Some(alias) => {
                        self.named(relation.node, &alias.name.value);
                        Ok(relation.aliased(&alias.name.value))
                    }
                    None => Ok(relation.aliased("")),
                }
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } => self.joined(table_with_joins),
            _ => Err(Refusal::new(
                "table expression",
                "is not lifted",
                Some(span),
            )),
        }
    }

    fn join(
        &mut self,
        left: &Relation,
        right: Relation,
        kind: JoinKind,
        constraint: &JoinConstraint,
        span: Span,
    ) -> Result<Relation, Refusal> {
        let right = self.renamed_apart(left, right, &span)?;
        let left_width = left.columns.len();
        let mut columns = left.columns.clone();
        columns.extend(right.columns.iter().map(|column| ScopeColumn {
            optional: column.optional || kind == JoinKind::Left,
            ..column.clone()
        }));
        let order = match kind {
            // The planner may exchange the loops of an inner join.
            JoinKind::Inner => RowOrder::Unknown,
            JoinKind::Left if left.order == RowOrder::AsWritten => RowOrder::Unknown,
            _ if left.order == RowOrder::Known && right.order == RowOrder::Known => RowOrder::Known,
            _ => RowOrder::Unknown,
        };
        let mut on = Vec::new();
        let mut rest = Vec::new();
        match constraint {
            JoinConstraint::None => {}
            JoinConstraint::On(condition) => {
                let both = Relation {
                    node: left.node,
                    columns: columns.clone(),
                    order,
                    unique: Vec::new(),
                    written: None,
                };
                for part in conjuncts(condition) {
                    match self.equality(part, left, &right)? {
                        Some(pair) => on.push(pair),
                        None => rest.push((part, both.clone())),
                    }
                }
            }
            JoinConstraint::Using(names) => {
                for name in names {
                    let text = name.to_string();
                    let text = text.trim_matches(['"', '`', '[', ']']);
                    let (Ok(l), Ok(r)) = (left.resolve(None, text), right.resolve(None, text))
                    else {
                        return Err(Refusal::new(
                            format!("USING ({name})"),
                            "both sides need exactly one column of that name",
                            Some(span),
                        ));
                    };
                    on.push(self.equal_pair(&left.side(l, &span), &right.side(r, &span))?);
                    for column in &mut columns[left_width..] {
                        if column.column == r.column {
                            column.merged = true;
                        }
                    }
                }
            }
            JoinConstraint::Natural => {
                // The tables are as they are, so what they share is known.
                let shared: Vec<(ScopeColumn, ScopeColumn)> = left
                    .columns
                    .iter()
                    .filter(|column| !column.merged)
                    .filter_map(|l| {
                        let r = right.resolve(None, &l.name).ok()?;
                        Some((l.clone(), r.clone()))
                    })
                    .collect();
                for (l, r) in shared {
                    for column in &mut columns[left_width..] {
                        column.merged |= column.column == r.column;
                    }
                    on.push(self.equal_pair(&left.side(&l, &span), &right.side(&r, &span))?);
                }
            }
        }
        let kind = if kind == JoinKind::Cross && !(on.is_empty() && rest.is_empty()) {
            JoinKind::Inner
        } else if kind == JoinKind::Inner && on.is_empty() && rest.is_empty() {
            JoinKind::Cross
        } else {
            kind
        };
        let condition = if rest.is_empty() {
            None
        } else {
            // Conditions are typed over a join of all pairs that exists for that purpose alone.
            let probe = self.pairs(left, &right, &span)?;
            let mut parts = Vec::new();
            for (part, scope) in rest {
                let scope = Relation {
                    node: probe,
                    ..scope
                };
                parts.push(self.condition(part, &Context::of(&scope))?);
            }
            Some(Expr::all(parts).at(Some(span.clone())))
        };
        let mut unique = left.unique.clone();
        unique.extend(right.unique.iter().cloned());
        let mut order = order;
        let written = self.written(left, &right, kind, &on, condition.is_some());
        let was =
            |relation: &Relation| matches!(relation.order, RowOrder::Known | RowOrder::AsWritten);
        if order == RowOrder::Unknown && written.is_some() && was(left) && was(&right) {
            order = RowOrder::AsWritten;
        }
        if matches!(order, RowOrder::Known | RowOrder::AsWritten) && !on.is_empty() {
            // An equality lets SQLite look matches up in an index it makes for the query.
            let probed: Option<Vec<ColumnName>> = on
                .iter()
                .map(|(_, found)| found.as_column().cloned())
                .collect();
            match probed {
                None => order = RowOrder::Unknown,
                Some(columns) => {
                    let proven = self
                        .flow
                        .node(right.node)
                        .keys
                        .iter()
                        .any(|key| key.iter().all(|column| columns.contains(column)));
                    if !proven {
                        unique.push((right.node, columns));
                    }
                }
            }
        }
        let node = self.add(
            Op::Join {
                left: left.node,
                right: right.node,
                kind,
                on,
                null_safe: false,
                condition,
                presence: None,
            },
            span,
            None,
        )?;
        Ok(Relation {
            node,
            columns,
            order,
            unique,
            written,
        })
    }

    /// All pairs of rows of two relations.
    pub(crate) fn pairs(
        &mut self,
        left: &Relation,
        right: &Relation,
        span: &Span,
    ) -> Result<relift_dataflow::NodeId, Refusal> {
        self.add(
            Op::Join {
                left: left.node,
                right: right.node,
                kind: JoinKind::Cross,
                on: Vec::new(),
                null_safe: false,
                condition: None,
                presence: None,
            },
            span.clone(),
            None,
        )
    }

    /// The right side with columns renamed whose names the left side has too.
    pub(crate) fn renamed_apart(
        &mut self,
        left: &Relation,
        mut right: Relation,
        span: &Span,
    ) -> Result<Relation, Refusal> {
        let taken: BTreeSet<ColumnName> =
            self.flow.node(left.node).schema.names().cloned().collect();
        let own: Vec<ColumnName> = self.flow.node(right.node).schema.names().cloned().collect();
        if !own.iter().any(|name| taken.contains(name)) {
            return Ok(right);
        }
        let mut used = taken.clone();
        used.extend(own.iter().filter(|name| !taken.contains(*name)).cloned());
        let mut columns = Vec::new();
        for name in own {
            let mut new = name.clone();
            if taken.contains(&name) {
                let prefix = right
                    .columns
                    .iter()
                    .find(|column| column.column == name)
                    .and_then(|column| column.qualifier.clone())
                    .filter(|qualifier| !qualifier.is_empty())
                    .unwrap_or_else(|| "right".to_owned());
                new = ColumnName::from(free_name(&format!("{prefix}_{name}"), |candidate| {
                    used.iter().any(|other| other.as_str() == candidate)
                }));
                used.insert(new.clone());
            }
            for column in right
                .columns
                .iter_mut()
                .filter(|column| column.column == name)
            {
                column.column = new.clone();
            }
            columns.push((new, Expr::column(name)));
        }
        right.node = self.add(
            Op::Map {
                input: right.node,
                columns,
            },
            span.clone(),
            None,
        )?;
        Ok(right)
    }

    /// An equality between the two sides, as (left, right).
    pub(crate) fn equality(
        &mut self,
        condition: &ast::Expr,
        left: &Relation,
        right: &Relation,
    ) -> Result<Option<(Expr, Expr)>, Refusal> {
        let ast::Expr::BinaryOp {
            left: a,
            op: BinaryOperator::Eq,
            right: b,
        } = unnested(condition)
        else {
            return Ok(None);
        };
        for (l, r) in [(a, b), (b, a)] {
            if !Self::only_reads(l, left, right) || !Self::only_reads(r, right, left) {
                continue;
            }
            let l = self.side(l, &Context::of(left))?;
            let r = self.side(r, &Context::of(right))?;
            return self.equal_pair(&l, &r).map(Some);
        }
        Ok(None)
    }

    /// Whether an expression reads columns of `own`, at least one, and none of `other`.
    pub(crate) fn only_reads(expr: &ast::Expr, own: &Relation, other: &Relation) -> bool {
        let mut reads = false;
        let mut foreign = false;
        let _: std::ops::ControlFlow<()> = ast::visit_expressions(expr, |part| {
            let name = match part {
                ast::Expr::Identifier(name) => Some((None, name.value.as_str())),
                ast::Expr::CompoundIdentifier(parts) => match &parts[..] {
                    [table, name] => Some((Some(table.value.as_str()), name.value.as_str())),
                    _ => None,
                },
                ast::Expr::Subquery(_)
                | ast::Expr::Exists { .. }
                | ast::Expr::InSubquery { .. } => {
                    foreign = true;
                    None
                }
                _ => None,
            };
            if let Some((qualifier, name)) = name {
                let here = own.resolve(qualifier, name).is_ok();
                let there = other.resolve(qualifier, name).is_ok();
                reads |= here;
                foreign |= there || !here;
            }
            std::ops::ControlFlow::Continue(())
        });
        reads && !foreign
    }
}

fn is_equality(condition: &ast::Expr) -> bool {
    matches!(
        unnested(condition),
        ast::Expr::BinaryOp {
            op: BinaryOperator::Eq,
            ..
        }
    )
}
