//! One operator each: how it is merged into the block of its input.

use std::collections::{BTreeMap, BTreeSet};

use relift_dataflow::{
    Base, Cardinality, Expr, ExprKind, JoinKind, Missing, NodeId, Op, Order, PickWhich, Refusal,
    RuleMutant, Schema, SortKey, type_of,
};
use relift_job::ColumnName;

use super::block::{Block, Body, JoinKind as Joined};
use super::compiler::{Compiler, column_of, is_total};
use super::expression::Columns;
use super::fragment::{Existence, OrderKey, Sql, WindowCall};
use super::identifier::refuse;
use super::layout::TableExpression;
use super::truth::needs_order;
use super::windows::different;

impl Compiler<'_> {
    /// The input's block, closed unless rows can still be filtered, joined and grouped in it.
    pub(super) fn plain(&mut self, input: NodeId) -> Result<Block, Refusal> {
        let block = self.block(input)?;
        if block.is_plain() {
            Ok(block)
        } else {
            self.close(block, input, None)
        }
    }

    pub(super) fn values(
        &mut self,
        id: NodeId,
        columns: &[ColumnName],
        rows: &[Vec<Expr>],
    ) -> Result<Block, Refusal> {
        let none = Columns::new();
        let flow = self.flow;
        let needed: Vec<usize> = (0..columns.len())
            .filter(|index| self.needed[id.0 as usize].contains(&columns[*index]))
            .collect();
        let mut cells = Vec::new();
        for row in rows {
            let translator = self.translator(id, &none);
            let row = needed
                .iter()
                .map(|index| translator.value(&row[*index]))
                .collect::<Result<Vec<_>, _>>()?;
            cells.push(row);
        }
        if let [row] = &cells[..] {
            return Ok(Block {
                columns: needed
                    .iter()
                    .zip(row)
                    .map(|(index, sql)| (columns[*index].clone(), sql.clone()))
                    .collect(),
                order: vec![OrderKey::position(
                    Sql::Constant("0".to_owned()),
                    "row_position",
                )],
                ..Block::default()
            });
        }
        let schema = &flow.node(id).schema;
        if cells.is_empty() {
            let null = |name: &ColumnName| {
                let ty = schema.ty(name).map_or(Base::Nothing, |ty| ty.base);
                Sql::Constant(format!("CAST(NULL AS {})", type_text(ty)))
            };
            return Ok(Block {
                columns: needed
                    .iter()
                    .map(|index| (columns[*index].clone(), null(&columns[*index])))
                    .collect(),
                filters: vec![Sql::Constant("FALSE".to_owned())],
                order: vec![OrderKey::position(
                    Sql::Constant("0".to_owned()),
                    "row_position",
                )],
                ..Block::default()
            });
        }
        let aliases = super::fragment::Aliases::default();
        let mut names: Vec<String> = needed
            .iter()
            .map(|index| columns[*index].to_string())
            .collect();
        let position = self.hidden("row_position");
        names.push(position.clone());
        // The engine computes VALUES while it plans, when totals are not known yet: they are put in later.
        let totals = |row: usize, index: usize| !rows[row][index].relations().is_empty();
        let null = |index: usize| {
            let ty = schema
                .ty(&columns[index])
                .map_or(Base::Nothing, |ty| ty.base);
            format!("CAST(NULL AS {})", type_text(ty))
        };
        let texts = cells
            .iter()
            .enumerate()
            .map(|(number, row)| {
                row.iter()
                    .zip(&needed)
                    .map(|(sql, index)| {
                        if totals(number, *index) {
                            null(*index)
                        } else {
                            sql.text(&aliases)
                        }
                    })
                    .chain([number.to_string()])
                    .collect()
            })
            .collect();
        let source = self.new_source();
        let table = self.table_name(id, None);
        self.parts.push(TableExpression {
            name: table.clone(),
            comment: "rows written in the legacy code".to_owned(),
            body: Body::Values {
                columns: names,
                rows: texts,
            },
        });
        Ok(Block {
            columns: needed
                .iter()
                .enumerate()
                .map(|(place, index)| {
                    let name = &columns[*index];
                    let value = Sql::column(source, name.as_str());
                    let put_in: Vec<(Sql, Sql)> = (0..cells.len())
                        .filter(|row| totals(*row, *index))
                        .map(|row| {
                            let number = Sql::Constant(row.to_string());
                            let here = Sql::infix("=", Sql::column(source, &position), number);
                            (here, cells[row][place].clone())
                        })
                        .collect();
                    let value = if put_in.is_empty() {
                        value
                    } else {
                        Sql::Case(put_in, Box::new(value))
                    };
                    (name.clone(), value)
                })
                .collect(),
            order: vec![OrderKey::position(
                Sql::column(source, &position),
                "row_position",
            )],
            ..Self::reading(source, &table)
        })
    }

    pub(super) fn filter(
        &mut self,
        id: NodeId,
        input: NodeId,
        predicate: &Expr,
    ) -> Result<Block, Refusal> {
        let mut block = self.block(input)?;
        let computed = predicate
            .columns()
            .iter()
            .any(|name| block.column(name).is_some_and(|sql| !sql.is_simple()));
        let grouped = block.group.as_ref().is_some_and(|keys| !keys.is_empty());
        let open = block.limit.is_none() && !block.distinct && (block.group.is_none() || grouped);
        let asks = !predicate.relations().is_empty();
        if !open || (computed && !grouped) || (grouped && asks) {
            block = self.close(block, input, None)?;
        }
        let grouped = block.group.is_some();
        let conditions = self
            .translator(input, &block.columns)
            .conjuncts(predicate)?;
        let target = if grouped {
            &mut block.having
        } else {
            &mut block.filters
        };
        if needs_order(predicate) && !target.is_empty() && !RuleMutant::SqlUnguarded.is_on() {
            // The engine may evaluate conjuncts in any order, and this one can fail on rows that an
            // earlier one drops; CASE is evaluated in order.
            let before = Sql::all(std::mem::take(target));
            let then = Sql::all(conditions);
            target.push(Sql::Case(
                vec![(before, then)],
                Box::new(Sql::Constant("FALSE".to_owned())),
            ));
        } else {
            target.extend(conditions);
        }
        if grouped {
            block.tell("only groups that meet a condition");
        } else {
            block.filtered = true;
        }
        Ok(self.narrowed(block, id))
    }

    pub(super) fn when(
        &mut self,
        id: NodeId,
        input: NodeId,
        condition: &Expr,
    ) -> Result<Block, Refusal> {
        let mut block = self.block(input)?;
        let whole = block.group.as_ref().is_some_and(Vec::is_empty);
        if whole || block.limit.is_some() {
            block = self.close(block, input, None)?;
        }
        // No column is read, so no row before grouping is none after it.
        let conditions = self
            .translator(input, &block.columns)
            .conjuncts(condition)?;
        block.filters.extend(conditions);
        Ok(self.narrowed(block, id))
    }

    pub(super) fn map(
        &mut self,
        id: NodeId,
        input: NodeId,
        columns: &[(ColumnName, Expr)],
    ) -> Result<Block, Refusal> {
        let wanted: Vec<&(ColumnName, Expr)> = columns
            .iter()
            .filter(|(name, _)| self.needed[id.0 as usize].contains(name))
            .collect();
        let mut block = self.block(input)?;
        // A computed value that is read twice gets a name, so that it is written once.
        let twice = block.columns.iter().any(|(name, sql)| {
            !sql.is_simple()
                && wanted
                    .iter()
                    .map(|(_, value)| occurrences(value, name))
                    .sum::<usize>()
                    > 1
        });
        if twice || block.distinct {
            block = self.close(block, input, None)?;
        }
        if let Some(block) = self.map_in_two(id, input, &block, &wanted)? {
            return Ok(block);
        }
        let translator = self.translator(input, &block.columns);
        let columns = wanted
            .iter()
            .map(|(name, value)| Ok((name.clone(), translator.value(value)?)))
            .collect::<Result<Columns, Refusal>>()?;
        Ok(Block { columns, ..block })
    }

    /// When a column's whole expression is also part of another column's, computes it first and once.
    fn map_in_two(
        &mut self,
        id: NodeId,
        input: NodeId,
        block: &Block,
        wanted: &[&(ColumnName, Expr)],
    ) -> Result<Option<Block>, Refusal> {
        let size = |expr: &Expr| {
            let mut count = 0;
            expr.walk(&mut |_| count += 1);
            count
        };
        let inside = |part: &Expr, whole: &Expr| {
            let mut count = 0;
            whole.walk(&mut |candidate| count += usize::from(candidate == part));
            part != whole && count > 0
        };
        let shared: Vec<&(ColumnName, Expr)> = wanted
            .iter()
            .copied()
            .filter(|(_, value)| {
                matches!(value.kind, ExprKind::Call(..) | ExprKind::If { .. })
                    && size(value) > 2
                    && wanted.iter().any(|(_, other)| inside(value, other))
            })
            .collect();
        // Only the largest ones: what is inside another shared one is computed there.
        let first: Vec<&(ColumnName, Expr)> = shared
            .iter()
            .copied()
            .filter(|(_, value)| !shared.iter().any(|(_, other)| inside(value, other)))
            .collect();
        if first.is_empty() {
            return Ok(None);
        }
        let schema = &self.flow.node(input).schema;
        let mut inner = block.clone();
        let mut outer: Vec<(ColumnName, Expr)> =
            wanted.iter().map(|part| (*part).clone()).collect();
        let mut computed: BTreeMap<ColumnName, ColumnName> = BTreeMap::new();
        for (name, value) in &first {
            let sql = self.translator(input, &block.columns).value(value)?;
            let own = if schema.has(name) {
                ColumnName::from(self.hidden(name.as_str()))
            } else {
                name.clone()
            };
            computed.insert(name.clone(), own.clone());
            inner.columns.insert(own.clone(), sql);
            outer = outer
                .into_iter()
                .map(|(column, other)| {
                    let other = other.map(&mut |part| {
                        if part == *value {
                            Expr::column(own.clone()).at(part.span)
                        } else {
                            part
                        }
                    });
                    (column, other)
                })
                .collect();
        }
        let read: BTreeSet<ColumnName> = outer
            .iter()
            .flat_map(|(_, value)| value.columns())
            .collect();
        inner.columns.retain(|name, _| read.contains(name));
        let closed = self.close(inner, id, Some("base"))?;
        // Types of the computed columns, for the expressions that read them.
        let mut types = schema.columns().to_vec();
        for (name, value) in &first {
            let ty = type_of(value, schema, &Schema::default(), self.flow).map_err(|error| {
                Refusal::new("expression", error.to_string(), value.span.clone())
            })?;
            types.push(relift_dataflow::Column {
                name: computed[name].clone(),
                ty,
            });
        }
        let types = Schema::new(types);
        let mut translator = self.translator(input, &closed.columns);
        translator.schema = &types;
        let columns = outer
            .iter()
            .map(|(name, value)| Ok((name.clone(), translator.value(value)?)))
            .collect::<Result<Columns, Refusal>>()?;
        Ok(Some(Block { columns, ..closed }))
    }

    pub(super) fn join(&mut self, id: NodeId) -> Result<Block, Refusal> {
        let flow = self.flow;
        let node = flow.node(id);
        let Op::Join {
            left: left_id,
            right: right_id,
            kind,
            on,
            null_safe,
            condition,
            presence,
        } = &node.op
        else {
            return refuse("join", "is none", node.spans.first());
        };
        let mut left = self.plain(*left_id)?;
        if left.sources.is_empty() {
            left = self.close(left, *left_id, None)?;
        }
        let mut right = self.plain(*right_id)?;
        let one_source = right.sources.len() == 1;
        let strict = right.columns.values().all(Sql::is_strict_column);
        let one_sided = matches!(kind, JoinKind::Semi | JoinKind::Anti);
        let mergeable = match kind {
            JoinKind::Inner | JoinKind::Cross => one_source,
            JoinKind::Left => one_source && strict,
            JoinKind::Semi | JoinKind::Anti => one_source,
        };
        let mut found = None;
        let wants_presence = presence
            .as_ref()
            .is_some_and(|name| self.needed[id.0 as usize].contains(name));
        let never_missing = flow
            .node(*right_id)
            .schema
            .columns()
            .iter()
            .find(|column| {
                !column.ty.missing.possible()
                    && right
                        .column(&column.name)
                        .is_some_and(Sql::is_strict_column)
            })
            .map(|column| column.name.clone());
        if wants_presence && never_missing.is_none() {
            let (closed, marks) = self.close_with(
                right,
                *right_id,
                Some("found"),
                &[("found", Sql::Constant("TRUE".to_owned()))],
            )?;
            right = closed;
            found = marks.into_iter().next();
        } else {
            if !mergeable {
                right = self.close(right, *right_id, None)?;
            }
            if wants_presence && let Some(name) = &never_missing {
                found = Some(column_of(&right, name)?);
            }
        }
        let conditions = self.join_conditions(
            (*left_id, &left),
            (*right_id, &right),
            on,
            *null_safe,
            condition.as_ref(),
        )?;
        if one_sided {
            return Ok(self.half_join(id, left, &right, conditions, *kind == JoinKind::Anti));
        }
        let mut source = right.sources[0].clone();
        let right_filters = std::mem::take(&mut right.filters);
        source.join = match kind {
            JoinKind::Left => Joined::Left,
            _ if conditions.is_empty() => Joined::Cross,
            _ => Joined::Inner,
        };
        source.on = conditions;
        if *kind == JoinKind::Left && !RuleMutant::SqlLeftFilter.is_on() {
            // What drops rows of the right side before the join is part of its condition.
            source.on.extend(right_filters);
            if source.on.is_empty() {
                source.on.push(Sql::Constant("TRUE".to_owned()));
            }
        } else {
            left.filters.extend(right_filters);
            left.filtered |= right.filtered;
        }
        left.joined.push(source.table.clone());
        left.sources.push(source);
        left.columns.extend(right.columns);
        if let (Some(name), Some(found)) = (presence, found) {
            left.columns.insert(name.clone(), found_mark(found));
        }
        if self.observed[id.0 as usize] && node.order != flow.node(*left_id).order {
            let optional = *kind == JoinKind::Left;
            let mut order: Vec<OrderKey> = left
                .order
                .into_iter()
                .chain(right.order.into_iter().map(|key| OrderKey {
                    // An unmatched row stands alone, so where its NULL stands is immaterial.
                    nullable: key.nullable || optional,
                    ..key
                }))
                .collect();
            for key in &mut order {
                key.position = false;
            }
            left.order = order;
        }
        Ok(self.narrowed(left, id))
    }

    fn join_conditions(
        &self,
        (left_id, left): (NodeId, &Block),
        (right_id, right): (NodeId, &Block),
        on: &[(Expr, Expr)],
        null_safe: bool,
        condition: Option<&Expr>,
    ) -> Result<Vec<Sql>, Refusal> {
        let flow = self.flow;
        let left_side = self.translator(left_id, &left.columns);
        let right_side = self.translator(right_id, &right.columns);
        let mut conditions = Vec::new();
        for (l, r) in on {
            let (lt, rt) = (left_side.ty(l)?.missing, right_side.ty(r)?.missing);
            let (l_sql, r_sql) = (left_side.value(l)?, right_side.value(r)?);
            let both = lt.possible() && rt.possible();
            conditions.push(if null_safe && both && !RuleMutant::SqlJoinEquals.is_on() {
                let kinds = |missing: Missing| (missing.none, missing.nan);
                if kinds(lt) != kinds(rt) || (lt.none && lt.nan) {
                    return refuse(
                        "join key",
                        "one side may be None where the other may be NaN",
                        l.span.as_ref(),
                    );
                }
                Sql::Distinct(Box::new(r_sql), Box::new(l_sql), true)
            } else {
                Sql::infix("=", r_sql, l_sql)
            });
        }
        if let Some(condition) = condition {
            let mut columns = left.columns.clone();
            columns.extend(right.columns.clone());
            let mut types = flow.node(left_id).schema.columns().to_vec();
            types.extend(flow.node(right_id).schema.columns().iter().cloned());
            let types = Schema::new(types);
            let mut both = self.translator(left_id, &columns);
            both.schema = &types;
            match both.condition(condition)? {
                Sql::And(parts) => conditions.extend(parts),
                one => conditions.push(one),
            }
        }
        Ok(conditions)
    }

    fn half_join(
        &self,
        id: NodeId,
        mut left: Block,
        right: &Block,
        mut conditions: Vec<Sql>,
        negated: bool,
    ) -> Block {
        let source = &right.sources[0];
        conditions.extend(right.filters.iter().cloned());
        left.filters.push(Sql::Exists(Box::new(Existence {
            negated: negated != RuleMutant::SqlHalfJoin.is_on(),
            table: source.table.clone(),
            source: source.id,
            conditions,
        })));
        let word = if negated { "without" } else { "with" };
        left.tell(format!("only rows {word} a match in {}", source.table));
        self.narrowed(left, id)
    }

    pub(super) fn sort(
        &mut self,
        id: NodeId,
        input: NodeId,
        by: &[SortKey],
    ) -> Result<Block, Refusal> {
        let mut block = self.block(input)?;
        if !self.observed[id.0 as usize] {
            return Ok(self.narrowed(block, id));
        }
        if block.limit.is_some() {
            block = self.close(block, input, None)?;
        }
        let mut order = self.sort_keys(input, &block, by)?;
        if !is_total(self.flow, input, by) && !RuleMutant::SqlSortTies.is_on() {
            order.extend(block.order);
            order = different(&[], order);
        }
        block.order = order;
        Ok(self.narrowed(block, id))
    }

    /// Criteria as the engine orders by them.
    pub(super) fn sort_keys(
        &self,
        input: NodeId,
        block: &Block,
        by: &[SortKey],
    ) -> Result<Vec<OrderKey>, Refusal> {
        let translator = self.translator(input, &block.columns);
        let mut order = Vec::new();
        for key in by {
            let ty = translator.ty(&key.expr)?;
            let mut sql = translator.value(&key.expr)?;
            if ty.base == Base::Float64
                && ty.from_decimal.is_none()
                && !RuleMutant::SqlSortZero.is_on()
            {
                // The engine sorts -0.0 before 0.0; Python and SQLite hold them equal.
                sql = Sql::infix("+", sql, Sql::Constant("0.0".to_owned()));
            }
            order.push(OrderKey {
                sql,
                descending: key.descending,
                missing_first: key.missing_first,
                nullable: ty.missing.possible(),
                position: false,
                hint: "sort_key",
            });
        }
        Ok(different(&[], order))
    }

    pub(super) fn limit(
        &mut self,
        id: NodeId,
        input: NodeId,
        count: u64,
    ) -> Result<Block, Refusal> {
        self.require_order(input, id)?;
        let mut block = self.block(input)?;
        if block.limit.is_some() {
            block = self.close(block, input, None)?;
        }
        block.limit = Some(count);
        block.tell(format!("the first {count} rows"));
        Ok(self.narrowed(block, id))
    }

    pub(super) fn distinct(&mut self, id: NodeId, input: NodeId) -> Result<Block, Refusal> {
        let block = self.plain(input)?;
        if !self.observed[id.0 as usize] {
            return Ok(Block {
                distinct: true,
                order: Vec::new(),
                ..block
            });
        }
        self.require_order(input, id)?;
        let mut block = self.positioned(block, input)?;
        if !block
            .columns
            .values()
            .all(|sql| matches!(sql, Sql::Column { .. }))
        {
            block = self.close(block, input, None)?;
        }
        let first = block.order.first().map(|key| key.sql.clone());
        block.group = Some(block.columns.values().cloned().collect());
        block.order = first.into_iter().map(first_seen).collect();
        block.tell("different rows, each where it first appears");
        Ok(block)
    }

    pub(super) fn pick(
        &mut self,
        id: NodeId,
        input: NodeId,
        keys: &[ColumnName],
        which: PickWhich,
    ) -> Result<Block, Refusal> {
        self.require_order(input, id)?;
        let mut block = self.plain(input)?;
        let last = which == PickWhich::Last;
        let observed = self.observed[id.0 as usize];
        if observed && last {
            block = self.positioned(block, input)?;
        }
        let partition = keys
            .iter()
            .map(|key| column_of(&block, key))
            .collect::<Result<Vec<_>, _>>()?;
        let order = if last && !RuleMutant::SqlPickLast.is_on() {
            block.order.iter().map(OrderKey::reversed).collect()
        } else {
            block.order.clone()
        };
        let nth = Sql::Window(Box::new(WindowCall {
            name: "row_number",
            partition: partition.clone(),
            order,
            ..WindowCall::default()
        }));
        self.windows = true;
        let mut extra = vec![("nth", nth)];
        if observed && last {
            // A key keeps the place of its first row though its last row wins.
            let first = block.order.first().map(|key| key.sql.clone());
            extra.extend(first.map(|sql| {
                let place = Sql::Window(Box::new(WindowCall {
                    name: if RuleMutant::SqlPickPlace.is_on() {
                        "max"
                    } else {
                        "min"
                    },
                    arguments: vec![sql],
                    partition,
                    ..WindowCall::default()
                }));
                ("first_seen", place)
            }));
        }
        if last || !observed {
            block.order.clear();
        }
        let named: Vec<String> = keys.iter().map(|key| words(key.as_str())).collect();
        let (word, number) = if last {
            ("last", "from the last")
        } else {
            ("first", "from the first")
        };
        block.tell(format!(
            "the rows of each {} numbered {number}",
            named.join(" and ")
        ));
        let (mut closed, over) = self.close_with(block, id, Some("ranked"), &extra)?;
        let mut over = over.into_iter();
        if let Some(nth) = over.next() {
            closed
                .filters
                .push(Sql::infix("=", nth, Sql::Constant("1".to_owned())));
        }
        if let Some(place) = over.next() {
            closed.order = vec![OrderKey::position(place, "first_seen")];
        }
        closed.tell(format!(
            "the {word} row of each {} wins",
            named.join(" and ")
        ));
        Ok(self.narrowed(closed, id))
    }

    pub(super) fn union(&mut self, id: NodeId, inputs: &[NodeId]) -> Result<Block, Refusal> {
        let flow = self.flow;
        let observed = self.observed[id.0 as usize] && flow.node(id).order != Order::Unordered;
        let schema = &flow.node(id).schema;
        let names: Vec<ColumnName> = schema
            .names()
            .filter(|name| self.needed[id.0 as usize].contains(*name))
            .cloned()
            .collect();
        let (branch_name, position_name) = (self.hidden("branch"), self.hidden("row_position"));
        let mut selects = Vec::new();
        for (number, input) in inputs.iter().enumerate() {
            let mut block = self.block(*input)?;
            if block.limit.is_some() {
                block = self.close(block, *input, None)?;
            }
            if observed {
                block = if flow.node(*input).cardinality == Cardinality::One {
                    Block {
                        order: vec![OrderKey::position(
                            Sql::Constant("0".to_owned()),
                            "row_position",
                        )],
                        ..block
                    }
                } else {
                    self.positioned(block, *input)?
                };
            }
            let types = &flow.node(*input).schema;
            let mut columns = Vec::new();
            for name in &names {
                let sql = column_of(&block, name)?;
                let whole = schema.ty(name).map(|ty| ty.base);
                let own = types.ty(name).map(|ty| ty.base);
                columns.push((name.to_string(), as_branch(sql, own, whole)));
            }
            if observed {
                columns.push((branch_name.clone(), Sql::Constant((number + 1).to_string())));
                let position = block
                    .order
                    .first()
                    .map_or_else(|| Sql::Constant("0".to_owned()), |key| key.sql.clone());
                columns.push((position_name.clone(), position));
            }
            if columns.is_empty() {
                columns.push((self.hidden("row_exists"), Sql::Constant("1".to_owned())));
            }
            selects.push(block.select(columns, Vec::new()));
        }
        let table = self.table_name(id, None);
        self.parts.push(TableExpression {
            name: table.clone(),
            comment: format!("{} parts, one after the other", selects.len()),
            body: Body::Union(selects),
        });
        let source = self.new_source();
        let order = if observed && !RuleMutant::SqlUnionOrder.is_on() {
            [(&branch_name, "branch"), (&position_name, "row_position")]
                .into_iter()
                .map(|(name, hint)| OrderKey {
                    position: false,
                    ..OrderKey::position(Sql::column(source, name), hint)
                })
                .collect()
        } else {
            Vec::new()
        };
        Ok(Block {
            columns: names
                .iter()
                .map(|name| (name.clone(), Sql::column(source, name.as_str())))
                .collect(),
            order,
            ..Self::reading(source, &table)
        })
    }

    /// The block without columns that nobody needs further on.
    pub(super) fn narrowed(&self, mut block: Block, id: NodeId) -> Block {
        if !block.distinct {
            let needed = &self.needed[id.0 as usize];
            block.columns.retain(|name, _| needed.contains(name));
        }
        block
    }
}

/// Whether a left row has a match, by a column that is never NULL in one.
fn found_mark(found: Sql) -> Sql {
    if RuleMutant::SqlPresence.is_on() {
        return Sql::Constant("TRUE".to_owned());
    }
    Sql::IsNull(Box::new(found), true)
}

/// Order by the place where a group first appears.
pub(super) fn first_seen(position: Sql) -> OrderKey {
    if matches!(position, Sql::Constant(_)) {
        return OrderKey::position(position, "first_seen");
    }
    let place = Sql::Aggregate(Box::new(super::fragment::AggregateCall {
        name: "min",
        distinct: false,
        argument: Some(position),
        order: Vec::new(),
        filter: None,
    }));
    OrderKey::position(place, "first_seen")
}

/// How often an expression reads a column.
fn occurrences(expr: &Expr, name: &ColumnName) -> usize {
    let mut count = 0;
    expr.walk(&mut |part| count += usize::from(part.as_column() == Some(name)));
    count
}

/// A branch's column as the union holds it.
fn as_branch(sql: Sql, own: Option<Base>, whole: Option<Base>) -> Sql {
    match (own, whole) {
        (Some(Base::Nothing), Some(base)) if base != Base::Nothing => sql.cast(type_text(base)),
        (Some(Base::Int64), Some(Base::Float64 | Base::Number)) => sql.cast("DOUBLE"),
        _ => sql,
    }
}

/// The engine's name of a type.
pub(super) fn type_text(base: Base) -> String {
    match base {
        Base::Bool => "BOOLEAN".to_owned(),
        Base::Int64 => "BIGINT".to_owned(),
        Base::Float64 | Base::Number => "DOUBLE".to_owned(),
        Base::Decimal {
            precision, scale, ..
        } => format!("DECIMAL({precision}, {scale})"),
        Base::Text | Base::Nothing => "VARCHAR".to_owned(),
        Base::Date => "DATE".to_owned(),
        Base::Timestamp => "TIMESTAMP".to_owned(),
    }
}

/// A name in words.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}
