//! Grouping, with sums of floats to the last bit.
//!
//! A float sum depends on the order of its additions. `sum` promises none, not even when its argument
//! is sorted, so the sum is a running window over the row order and the group takes its last value.
//! The window has a table expression to itself: beside a descending window the engine evaluates it
//! from the other end, with other bits.

use relift_dataflow::{
    Aggregate, AggregateFunction as A, Base, Expr, GroupOrder, NodeId, Refusal, RuleMutant,
};
use relift_job::ColumnName;
use relift_values::SqliteRelease;

use super::block::Block;
use super::compiler::Compiler;
use super::expression::Columns;
use super::fragment::{AggregateCall, OrderKey, Sql, WindowCall};
use super::identifier::refuse;
use super::operators::{first_seen, words};
use super::windows::RUNNING;

impl Compiler<'_> {
    pub(super) fn aggregate(
        &mut self,
        id: NodeId,
        input: NodeId,
        keys: &[(ColumnName, Expr)],
        aggregates: &[(ColumnName, Aggregate)],
        order: GroupOrder,
    ) -> Result<Block, Refusal> {
        let wanted: Vec<&(ColumnName, Aggregate)> = aggregates
            .iter()
            .filter(|(name, _)| self.needed[id.0 as usize].contains(name))
            .collect();
        let by_first =
            order == GroupOrder::FirstSeen && self.observed[id.0 as usize] && !keys.is_empty();
        let inside = wanted.iter().any(|(_, one)| one.function.observes_order());
        if by_first || inside {
            self.require_order(input, id)?;
        }
        let mut block = self.plain(input)?;
        if by_first {
            block = self.positioned(block, input)?;
        }
        let (mut block, key_sqls) = self.grouping_keys(block, id, input, keys)?;
        let sums = if inside {
            self.running_sums(&mut block, id, input, &key_sqls, &wanted)?
        } else {
            (key_sqls, vec![None; wanted.len()])
        };
        let (key_sqls, running) = sums;
        let mut columns = Columns::new();
        for ((name, _), sql) in keys.iter().zip(&key_sqls) {
            columns.insert(name.clone(), sql.clone());
        }
        for ((name, aggregate), running) in wanted.iter().zip(running) {
            let sql = self.call(input, &block, aggregate, running, keys.is_empty())?;
            columns.insert(name.clone(), sql);
        }
        let group_order = if keys.is_empty() {
            vec![OrderKey::position(
                Sql::Constant("0".to_owned()),
                "row_position",
            )]
        } else if by_first {
            let position = block.order.first().map(|key| key.sql.clone());
            position.into_iter().map(first_seen).collect()
        } else if order == GroupOrder::ByKey {
            let translator = self.translator(input, &block.columns);
            keys.iter()
                .zip(&key_sqls)
                .map(|((_, expr), sql)| {
                    // Typed over the input; a key that was computed before has the same type.
                    let nullable = translator.ty(expr)?.missing.possible();
                    Ok(OrderKey {
                        sql: sql.clone(),
                        descending: false,
                        missing_first: true,
                        nullable,
                        position: false,
                        hint: "sort_key",
                    })
                })
                .collect::<Result<Vec<_>, Refusal>>()?
        } else {
            Vec::new()
        };
        block.columns = columns;
        block.order = group_order;
        let named: Vec<String> = keys.iter().map(|(name, _)| words(name.as_str())).collect();
        block.tell(if named.is_empty() {
            "totals in one row".to_owned()
        } else {
            format!("one row per {}", named.join(" and "))
        });
        block.group = Some(key_sqls);
        Ok(self.narrowed(block, id))
    }

    /// Keys as columns of the input: computed ones are computed one table expression before, so that
    /// grouping names them.
    fn grouping_keys(
        &mut self,
        block: Block,
        id: NodeId,
        input: NodeId,
        keys: &[(ColumnName, Expr)],
    ) -> Result<(Block, Vec<Sql>), Refusal> {
        let translator = self.translator(input, &block.columns);
        let sqls = keys
            .iter()
            .map(|(_, key)| translator.value(key))
            .collect::<Result<Vec<_>, _>>()?;
        // A cast is written as it is. Constants are computed before: as a key, a number is a place.
        let plain = |sql: &Sql| sql.is_strict_column();
        if sqls.iter().all(plain) {
            return Ok((block, sqls));
        }
        let extra: Vec<(&str, Sql)> = keys
            .iter()
            .zip(&sqls)
            .map(|((name, _), sql)| (name.as_str(), sql.clone()))
            .collect();
        let named = self.flow.node(input).name.is_some();
        if named {
            self.close_with(block, input, None, &extra)
        } else {
            self.close_with(block, id, Some("rows"), &extra)
        }
    }

    /// Adds a running sum for each float sum; returns the keys and the sums over the new block.
    fn running_sums(
        &mut self,
        block: &mut Block,
        id: NodeId,
        input: NodeId,
        keys: &[Sql],
        wanted: &[&(ColumnName, Aggregate)],
    ) -> Result<(Vec<Sql>, Vec<Option<Sql>>), Refusal> {
        let translator = self.translator(input, &block.columns);
        let mut windows: Vec<(String, Sql)> = Vec::new();
        let mut places = Vec::new();
        for (name, aggregate) in wanted {
            let Some(argument) = aggregate.argument.as_ref() else {
                places.push(None);
                continue;
            };
            let float = match aggregate.function {
                A::FloatSum | A::SqlFloatSum => true,
                A::SqlAverage => translator.ty(argument)?.base == Base::Float64,
                _ => false,
            };
            if float && self.compensates() && aggregate.function != A::FloatSum {
                return refuse(
                    format!("`{}`", aggregate.function.name()),
                    "adds floats with a correction term from SQLite 3.43 on, which the engine cannot",
                    argument.span.as_ref(),
                );
            }
            if !float {
                places.push(None);
                continue;
            }
            let mut summed = translator.value(argument)?;
            if translator.ty(argument)?.base == Base::Int64 {
                summed = summed.cast("DOUBLE");
            }
            if let Some(filter) = &aggregate.filter {
                let null = Sql::Constant("NULL".to_owned());
                summed = Sql::Case(
                    vec![(translator.condition(filter)?, summed)],
                    Box::new(null),
                );
            }
            let window = Sql::Window(Box::new(WindowCall {
                name: "sum",
                arguments: vec![summed],
                partition: keys.to_vec(),
                order: if RuleMutant::SqlSumUnordered.is_on() {
                    Vec::new()
                } else {
                    block.order.clone()
                },
                frame: running_frame(),
                ..WindowCall::default()
            }));
            let place = windows
                .iter()
                .position(|(_, other)| *other == window)
                .unwrap_or_else(|| {
                    windows.push((format!("running_{name}"), window));
                    windows.len() - 1
                });
            places.push(Some(place));
        }
        if windows.is_empty() {
            return Ok((keys.to_vec(), vec![None; wanted.len()]));
        }
        // Whatever the other aggregates read passes through.
        let mut read: Vec<ColumnName> = Vec::new();
        for ((_, aggregate), place) in wanted.iter().zip(&places) {
            let passes = place.is_none()
                || aggregate.function == A::SqlAverage
                || aggregate
                    .argument
                    .as_ref()
                    .is_some_and(|argument| translator.ty(argument).is_ok_and(|ty| ty.missing.nan));
            if passes {
                let exprs = aggregate.argument.iter().chain(&aggregate.filter);
                read.extend(exprs.flat_map(Expr::columns));
            }
        }
        self.windows = true;
        let mut inner = block.clone();
        inner.columns.retain(|name, _| read.contains(name));
        inner.tell("float sums, added row by row in stored order");
        let key_count = keys.len();
        let key_names: Vec<String> = keys
            .iter()
            .enumerate()
            .map(|(index, sql)| match sql {
                Sql::Column { name, .. } => name.clone(),
                _ => format!("key_{}", index + 1),
            })
            .collect();
        let extra: Vec<(&str, Sql)> = key_names
            .iter()
            .map(String::as_str)
            .zip(keys.iter().cloned())
            .chain(
                windows
                    .iter()
                    .map(|(name, sql)| (name.as_str(), sql.clone())),
            )
            .collect();
        let (closed, over) = self.close_with(inner, id, Some("running"), &extra)?;
        *block = closed;
        let (keys, windows) = over.split_at(key_count);
        let sums = places
            .into_iter()
            .map(|place| place.map(|place| windows[place].clone()))
            .collect();
        Ok((keys.to_vec(), sums))
    }

    /// Whether the legacy SQLite adds floats with a correction term.
    pub(super) fn compensates(&self) -> bool {
        let release = self.flow.sqlite.as_deref();
        release.and_then(SqliteRelease::of_version) == Some(SqliteRelease::Since343)
    }

    /// One aggregate over the block.
    fn call(
        &self,
        input: NodeId,
        block: &Block,
        aggregate: &Aggregate,
        running: Option<Sql>,
        whole: bool,
    ) -> Result<Sql, Refusal> {
        let translator = self.translator(input, &block.columns);
        let span = aggregate
            .argument
            .as_ref()
            .and_then(|argument| argument.span.as_ref());
        let name = aggregate.function.name();
        let simple = |function: &'static str, argument: Option<Sql>, filter: Option<Sql>| {
            Sql::Aggregate(Box::new(AggregateCall {
                name: function,
                distinct: false,
                argument,
                order: Vec::new(),
                filter,
            }))
        };
        let ordered = |function: &'static str, argument: Sql, filter: Option<Sql>| {
            Sql::Aggregate(Box::new(AggregateCall {
                name: function,
                distinct: false,
                argument: Some(argument),
                order: block
                    .order
                    .iter()
                    .filter(|key| !matches!(key.sql, Sql::Constant(_)))
                    .cloned()
                    .collect(),
                filter,
            }))
        };
        if let Some(running) = running {
            let Some(argument) = aggregate.argument.as_ref() else {
                return refuse(name, "needs an argument", span);
            };
            let total = ordered("last_value", running, None);
            let ty = translator.ty(argument)?;
            return Ok(match aggregate.function {
                A::SqlAverage => {
                    let filter = self.filter_of(input, block, aggregate)?;
                    let count = simple("count", Some(translator.value(argument)?), filter);
                    Sql::infix("/", total, count)
                }
                A::SqlFloatSum => total,
                _ => {
                    let empty = whole || aggregate.filter.is_some() || ty.missing.possible();
                    let mut sum = if empty { total.or_else("0.0") } else { total };
                    if ty.from_decimal.is_none() {
                        // Python starts from 0.0, so a sum of nothing but -0.0 is 0.0.
                        sum = Sql::infix("+", sum, Sql::Constant("0.0".to_owned()));
                    }
                    if ty.missing.nan && !RuleMutant::SqlSumNan.is_on() {
                        // One NaN makes the sum NaN, where SQL passes over NULL.
                        let missing = Sql::IsNull(Box::new(translator.value(argument)?), false);
                        let filter = self.filter_of(input, block, aggregate)?;
                        let some = simple("bool_or", Some(missing), filter);
                        let null = Sql::Constant("NULL".to_owned());
                        sum = Sql::Case(vec![(some, null)], Box::new(sum));
                    }
                    sum
                }
            });
        }
        let filter = self.filter_of(input, block, aggregate)?;
        let filtered = filter.is_some();
        if aggregate.function == A::Count {
            return Ok(simple("count", None, filter));
        }
        let Some(argument) = aggregate.argument.as_ref() else {
            return refuse(name, "needs an argument", span);
        };
        if aggregate.function == A::Any && argument.is_true() {
            let zero = Sql::Constant("0".to_owned());
            return Ok(Sql::infix(">", simple("count", None, filter), zero));
        }
        let ty = translator.ty(argument)?;
        // Also a flag is exact: NULL would be passed over where FALSE counts.
        let sql = translator.value(argument)?;
        let maybe_none = whole || filtered || ty.missing.possible();
        Ok(match aggregate.function {
            A::Count => simple("count", None, filter),
            A::CountValues => simple("count", Some(sql), filter),
            A::CountDistinct => Sql::Aggregate(Box::new(AggregateCall {
                name: "count",
                distinct: true,
                argument: Some(sql),
                order: Vec::new(),
                filter,
            })),
            A::Sum => {
                let sum = simple("sum", Some(sql), filter);
                if maybe_none && !RuleMutant::SqlSumEmpty.is_on() {
                    sum.or_else("0")
                } else {
                    sum
                }
            }
            A::SqlSum => simple("sum", Some(sql), filter),
            A::SqlAverage => {
                let sum = simple("sum", Some(sql.clone()), filter.clone()).cast("DOUBLE");
                Sql::infix("/", sum, simple("count", Some(sql), filter))
            }
            A::PandasGroupSum
            | A::PandasGroupMean
            | A::PandasGroupVariance
            | A::PandasSum
            | A::PandasMean
            | A::PandasVariance
            | A::PandasMedian => {
                let double = if ty.base == Base::Int64 {
                    sql.cast("DOUBLE")
                } else {
                    sql
                };
                let values = if aggregate.function == A::PandasMedian {
                    simple("array_agg", Some(double), filter)
                } else {
                    ordered("array_agg", double, filter)
                };
                let result = Sql::Call(name, vec![values]);
                let sum = matches!(aggregate.function, A::PandasGroupSum | A::PandasSum);
                if sum && (whole || filtered) {
                    result.or_else("0.0")
                } else {
                    result
                }
            }
            A::Min => simple("min", Some(sql), filter),
            A::Max => simple("max", Some(sql), filter),
            A::First => ordered("first_value", sql, filter),
            A::Last => ordered("last_value", sql, filter),
            A::Any | A::All => {
                let any = aggregate.function == A::Any;
                let function = if any { "bool_or" } else { "bool_and" };
                let exact = if ty.missing.possible() {
                    sql.or_else("FALSE")
                } else {
                    sql
                };
                let all = simple(function, Some(exact), filter);
                if (whole || filtered) && !RuleMutant::SqlFlagEmpty.is_on() {
                    all.or_else(if any { "FALSE" } else { "TRUE" })
                } else {
                    all
                }
            }
            A::FloatSum | A::SqlFloatSum => {
                return refuse(name, "needs rows in order", span);
            }
        })
    }

    fn filter_of(
        &self,
        input: NodeId,
        block: &Block,
        aggregate: &Aggregate,
    ) -> Result<Option<Sql>, Refusal> {
        aggregate
            .filter
            .as_ref()
            .filter(|_| !RuleMutant::SqlAggregateFilter.is_on())
            .map(|filter| self.translator(input, &block.columns).condition(filter))
            .transpose()
    }
}

/// The frame of a running sum.
fn running_frame() -> String {
    if RuleMutant::SqlFrame.is_on() {
        return "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING".to_owned();
    }
    RUNNING.to_owned()
}
