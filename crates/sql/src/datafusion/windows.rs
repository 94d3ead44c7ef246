//! Columns computed over the rows of a partition.
//!
//! Each window operator has a table expression to itself: beside a window that sorts the other way the
//! engine evaluates a running sum from the other end, with other bits. Filters are written as CASE, which
//! every window function understands.

use relift_dataflow::interpret::LoopProgram;
use relift_dataflow::{
    Aggregate, AggregateFunction as A, Base, Bound, ColumnType, Expr, ExprKind, Frame, NodeId,
    Refusal, RuleMutant, Running, RunningSlot, SortKey, WindowFunction,
};
use relift_job::ColumnName;

use super::block::Block;
use super::compiler::Compiler;
use super::fragment::{OrderKey, Sql, WindowCall};
use super::identifier::refuse;
use super::operators::{type_text, words};

/// The frame of a running aggregate.
pub(super) const RUNNING: &str = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW";

impl Compiler<'_> {
    pub(super) fn window(
        &mut self,
        id: NodeId,
        input: NodeId,
        partition: &[Expr],
        order: &[SortKey],
        functions: &[(ColumnName, WindowFunction)],
    ) -> Result<Block, Refusal> {
        let wanted: Vec<&(ColumnName, WindowFunction)> = functions
            .iter()
            .filter(|(name, _)| self.needed[id.0 as usize].contains(name))
            .collect();
        if wanted.is_empty() {
            let block = self.block(input)?;
            return Ok(self.narrowed(block, id));
        }
        if wanted.iter().any(|(_, function)| function.observes_order()) {
            self.require_order(input, id)?;
        }
        let mut block = self.plain(input)?;
        let mut place = self.place(input, &block, partition, order)?;
        let sums = self.running_floats(input, &block, &place, &wanted)?;
        let mut running = vec![None; wanted.len()];
        if sums.iter().any(Option::is_some) {
            let extra: Vec<(String, Sql)> = sums
                .iter()
                .zip(&wanted)
                .filter_map(|(sum, (name, _))| Some((format!("running_{name}"), sum.clone()?)))
                .collect();
            let extra: Vec<(&str, Sql)> = extra
                .iter()
                .map(|(name, sql)| (name.as_str(), sql.clone()))
                .collect();
            block.tell("float sums, added row by row");
            let (closed, over) = self.close_with(block, id, Some("running"), &extra)?;
            let mut over = over.into_iter();
            for (place, sum) in running.iter_mut().zip(&sums) {
                *place = sum.as_ref().and_then(|_| over.next());
            }
            block = closed;
            place = self.place(input, &block, partition, order)?;
        }
        let mut made = Vec::new();
        for ((name, function), running) in wanted.iter().zip(running) {
            let sql = self.windowed(input, &block, &place, function, running.as_ref())?;
            made.push((name.clone(), sql));
        }
        block.columns.extend(made);
        self.windows = true;
        let by: Vec<String> = partition
            .iter()
            .filter_map(Expr::as_column)
            .map(|key| words(key.as_str()))
            .collect();
        block.tell(if by.is_empty() {
            "each row with what stands around it".to_owned()
        } else {
            format!(
                "each row with what stands around it among those of its {}",
                by.join(" and ")
            )
        });
        let block = self.narrowed(block, id);
        self.close(block, id, None)
    }

    fn place(
        &self,
        input: NodeId,
        block: &Block,
        partition: &[Expr],
        order: &[SortKey],
    ) -> Result<Place, Refusal> {
        let translator = self.translator(input, &block.columns);
        let partition = partition
            .iter()
            .map(|key| translator.value(key))
            .collect::<Result<Vec<_>, _>>()?;
        let peers = different(&partition, self.sort_keys(input, block, order)?);
        // Ties stand in the input's order.
        let rows = if RuleMutant::SqlWindowTies.is_on() {
            peers.clone()
        } else {
            let all = peers.iter().chain(&block.order).cloned().collect();
            different(&partition, all)
        };
        Ok(Place {
            rows,
            partition: if RuleMutant::SqlWindowWhole.is_on() {
                Vec::new()
            } else {
                partition
            },
            peers,
        })
    }

    /// The running sums of those float sums that end behind the current row: the engine adds several
    /// rows at once in an order of its own, so they are added one by one first.
    fn running_floats(
        &self,
        input: NodeId,
        block: &Block,
        place: &Place,
        wanted: &[&(ColumnName, WindowFunction)],
    ) -> Result<Vec<Option<Sql>>, Refusal> {
        let mut sums = Vec::new();
        for (_, function) in wanted {
            let WindowFunction::Over { aggregate, frame } = function else {
                sums.push(None);
                continue;
            };
            let translator = self.translator(input, &block.columns);
            let float = match (aggregate.function, &aggregate.argument) {
                (A::FloatSum | A::SqlFloatSum, Some(_)) => true,
                (A::SqlAverage, Some(argument)) => translator.ty(argument)?.base == Base::Float64,
                _ => false,
            };
            let behind = matches!(frame.end, Bound::Peers | Bound::Unbounded);
            sums.push(if float && behind && frame.start == Bound::Unbounded {
                let running = Aggregate {
                    function: A::SqlFloatSum,
                    ..aggregate.clone()
                };
                let frame = Frame::RUNNING;
                Some(self.framed(input, block, place, &running, frame, None)?)
            } else {
                None
            });
        }
        Ok(sums)
    }

    fn windowed(
        &self,
        input: NodeId,
        block: &Block,
        place: &Place,
        function: &WindowFunction,
        running: Option<&Sql>,
    ) -> Result<Sql, Refusal> {
        let translator = self.translator(input, &block.columns);
        Ok(match function {
            WindowFunction::RowNumber => place.by_rows("row_number", Vec::new()).cast("BIGINT"),
            WindowFunction::Rank => place.by_peers("rank").cast("BIGINT"),
            WindowFunction::DenseRank => place.by_peers("dense_rank").cast("BIGINT"),
            WindowFunction::Tile(tiles) => place
                .by_rows("ntile", vec![Sql::Constant(tiles.to_string())])
                .cast("BIGINT"),
            WindowFunction::Offset {
                value,
                rows,
                default,
            } => {
                let ahead = (*rows < 0) != RuleMutant::SqlWindowDirection.is_on();
                let name = if ahead { "lead" } else { "lag" };
                let (ty, other) = (translator.ty(value)?, translator.ty(default)?);
                let count = Sql::Constant(rows.unsigned_abs().to_string());
                let mut arguments = vec![translator.value(value)?, count];
                if other.base == Base::Nothing {
                    return Ok(place.by_rows(name, arguments));
                }
                if default.as_literal().is_none() || ty.base != other.base {
                    // The engine's default must be a constant of the value's type.
                    let number = place.by_rows("row_number", Vec::new());
                    if *rows != 1 || !default.columns().is_empty() && ty.base != other.base {
                        return refuse(
                            "window",
                            "a default that depends on the row stands for rows that are not there",
                            default.span.as_ref(),
                        );
                    }
                    let first = Sql::infix("=", number, Sql::Constant("1".to_owned()));
                    let before = place.by_rows(name, arguments);
                    return Ok(Sql::Case(
                        vec![(first, translator.value(default)?)],
                        Box::new(before),
                    ));
                }
                arguments.push(translator.value(default)?);
                place.by_rows(name, arguments)
            }
            WindowFunction::Over { aggregate, frame } => {
                self.framed(input, block, place, aggregate, *frame, running)?
            }
        })
    }

    fn framed(
        &self,
        input: NodeId,
        block: &Block,
        place: &Place,
        aggregate: &Aggregate,
        frame: Frame,
        running: Option<&Sql>,
    ) -> Result<Sql, Refusal> {
        let translator = self.translator(input, &block.columns);
        let span = aggregate
            .argument
            .as_ref()
            .and_then(|argument| argument.span.as_ref());
        let name = aggregate.function.name();
        let filter = aggregate
            .filter
            .as_ref()
            .map(|filter| translator.condition(filter))
            .transpose()?;
        let among = |sql: Sql| match &filter {
            Some(_) if RuleMutant::SqlWindowFilter.is_on() => sql,
            None => sql,
            Some(filter) => match sql {
                // The value is guarded by the same test already.
                Sql::Case(arms, otherwise)
                    if matches!(&arms[..], [(test, _)] if test == filter)
                        && *otherwise == Sql::Constant("NULL".to_owned()) =>
                {
                    Sql::Case(arms, otherwise)
                }
                sql => Sql::Case(
                    vec![(filter.clone(), sql)],
                    Box::new(Sql::Constant("NULL".to_owned())),
                ),
            },
        };
        let over = |name: &'static str, argument: Sql| place.over(name, argument, frame, span);
        if aggregate.function == A::Count {
            return over("count", among(Sql::Constant("1".to_owned())));
        }
        let Some(argument) = aggregate.argument.as_ref() else {
            return refuse(name, "needs an argument", span);
        };
        let ty = translator.ty(argument)?;
        let floats = ty.base == Base::Float64;
        let summed = || {
            let sql = translator.value(argument)?;
            Ok::<_, Refusal>(among(if ty.base == Base::Int64 {
                sql.cast("DOUBLE")
            } else {
                sql
            }))
        };
        let sum_of_floats = || match running.cloned() {
            // Where the frame ends, the running sum is the sum.
            Some(running) => Ok(place.end_of_frame("last_value", running, frame)),
            None => over("sum", summed()?),
        };
        let adds_floats = match aggregate.function {
            A::FloatSum | A::SqlFloatSum => true,
            A::SqlAverage => floats,
            _ => false,
        };
        if adds_floats && frame.start != Bound::Unbounded {
            return refuse(
                name,
                "adds floats over rows that leave the frame again, which the engine subtracts",
                span,
            );
        }
        if adds_floats && aggregate.function != A::FloatSum && self.compensates() {
            return refuse(
                name,
                "adds floats with a correction term from SQLite 3.43 on, which the engine cannot",
                span,
            );
        }
        Ok(match aggregate.function {
            A::Count | A::CountValues => over("count", among(translator.value(argument)?))?,
            A::CountDistinct => {
                return refuse(
                    name,
                    "of the rows around a row has no form in the engine",
                    span,
                );
            }
            A::Sum => over("sum", among(translator.value(argument)?))?.or_else("0"),
            A::SqlSum => over("sum", among(translator.value(argument)?))?,
            A::FloatSum => {
                let mut sum = sum_of_floats()?.or_else("0.0");
                if ty.from_decimal.is_none() {
                    // Python starts from 0.0, so a sum of nothing but -0.0 is 0.0.
                    sum = Sql::infix("+", sum, Sql::Constant("0.0".to_owned()));
                }
                if ty.missing.nan {
                    // One NaN makes the sum NaN, where SQL passes over NULL.
                    let missing = Sql::IsNull(Box::new(translator.value(argument)?), false);
                    let some = over("bool_or", among(missing))?;
                    let null = Sql::Constant("NULL".to_owned());
                    sum = Sql::Case(vec![(some, null)], Box::new(sum));
                }
                sum
            }
            A::SqlFloatSum => sum_of_floats()?,
            A::SqlAverage => {
                let sum = if floats {
                    sum_of_floats()?
                } else {
                    over("sum", among(translator.value(argument)?))?.cast("DOUBLE")
                };
                Sql::infix("/", sum, over("count", among(translator.value(argument)?))?)
            }
            A::PandasGroupSum
            | A::PandasGroupMean
            | A::PandasGroupVariance
            | A::PandasSum
            | A::PandasMean
            | A::PandasVariance
            | A::PandasMedian => {
                return refuse(
                    name,
                    "of the rows around a row has no form in the engine",
                    span,
                );
            }
            A::Min => over("min", among(translator.value(argument)?))?,
            A::Max => over("max", among(translator.value(argument)?))?,
            A::First | A::Last => {
                let name = if aggregate.function == A::First {
                    "first_value"
                } else {
                    "last_value"
                };
                if filter.is_some() && ty.missing.possible() {
                    return refuse(
                        name,
                        "of some rows cannot tell a missing value from a row that is left out",
                        span,
                    );
                }
                let sql = among(translator.value(argument)?);
                let edge = if aggregate.function == A::First {
                    (frame.start, frame.end)
                } else {
                    (frame.end, frame.start)
                };
                // Peers are equal to the engine; here they stand in order.
                if filter.is_none()
                    && matches!(edge.0, Bound::Peers | Bound::Unbounded)
                    && matches!(edge.1, Bound::Peers | Bound::Unbounded)
                {
                    let partition = if edge.0 == Bound::Peers {
                        Frame {
                            start: Bound::Unbounded,
                            end: Bound::Peers,
                        }
                    } else {
                        Frame::WHOLE
                    };
                    return Ok(place.end_of_frame(name, sql, partition));
                }
                if [frame.start, frame.end].contains(&Bound::Peers) {
                    return refuse(
                        name,
                        "of some rows in a frame that ends with peers is not available",
                        span,
                    );
                }
                place.call(WindowCall {
                    name,
                    arguments: vec![sql],
                    skips_nulls: filter.is_some(),
                    frame: frame_text(frame, span)?,
                    ..WindowCall::default()
                })
            }
            A::Any | A::All => {
                let any = aggregate.function == A::Any;
                // NULL would be passed over where FALSE counts.
                let mut condition = translator.value(argument)?;
                if ty.missing.possible() {
                    condition = condition.or_else("FALSE");
                }
                let function = if any { "bool_or" } else { "bool_and" };
                over(function, among(condition))?.or_else(if any { "FALSE" } else { "TRUE" })
            }
        })
    }
}

impl Compiler<'_> {
    /// A loop for which SQL has no form: the engine runs it over the rows in order, and returns what it
    /// holds before and after each.
    pub(super) fn running(&mut self, id: NodeId, running: &Running) -> Result<Block, Refusal> {
        self.require_order(running.input, id)?;
        let span = self.flow.node(id).spans.first();
        let mut block = self.plain(running.input)?;
        let read: Vec<ColumnName> = running
            .slots
            .iter()
            .flat_map(|slot| [&slot.first, &slot.next])
            .chain(&running.keys)
            .chain([&running.creates])
            .flat_map(Expr::columns)
            .collect();
        let computed = |(name, sql): (&ColumnName, &Sql)| {
            read.contains(name) && !matches!(sql, Sql::Column { .. } | Sql::Constant(_))
        };
        if block.columns.iter().any(computed) {
            // What is computed twice beside the loop gets a name that the engine may give again after it.
            block = self.close(block, running.input, None)?;
        }
        let translator = self.translator(running.input, &block.columns);
        let mut given = Given::default();
        let mut slots = Vec::new();
        for slot in &running.slots {
            slots.push(RunningSlot {
                first: given.over_columns(&slot.first),
                next: given.over_columns(&slot.next),
                ..slot.clone()
            });
        }
        let creates = given.over_columns(&running.creates);
        let mut columns = Vec::new();
        let mut nan = Vec::new();
        let mut values = Vec::new();
        for (name, expr) in &given.columns {
            let ty = translator.ty(expr)?;
            if ty.base == Base::Number || ty.missing.none && ty.missing.nan {
                return refuse(
                    "value carried from row to row",
                    format!("it reads `{name}`, whose values the engine cannot hold as they are"),
                    span,
                );
            }
            if ty.missing.nan {
                nan.push(name.clone());
            }
            columns.push(name.clone());
            values.push(translator.value(expr)?);
        }
        // What the answer holds, by a value of its type.
        let own = &self.flow.node(id).schema;
        let mut shape = Vec::new();
        for slot in &running.slots {
            for name in [&slot.before, &slot.after] {
                let ty = own.ty(name).unwrap_or(ColumnType::of(Base::Nothing));
                if ty.base == Base::Number || ty.missing.nan {
                    return refuse(
                        "value carried from row to row",
                        format!("`{name}` holds {ty}, which the engine cannot"),
                        span,
                    );
                }
                shape.push(Sql::Constant(format!(
                    "'{}'",
                    name.as_str().replace('\'', "''")
                )));
                shape.push(Sql::Constant(format!(
                    "CAST(NULL AS {})",
                    type_text(ty.base)
                )));
            }
        }
        let program = LoopProgram {
            columns,
            nan,
            running: Running {
                input: NodeId(0),
                keys: Vec::new(),
                creates,
                presence: running.presence.clone(),
                slots,
            },
        };
        let partition = running
            .keys
            .iter()
            .map(|key| translator.value(key))
            .collect::<Result<Vec<_>, _>>()?;
        let mut arguments = vec![
            Sql::Constant(format!("'{}'", program.to_string().replace('\'', "''"))),
            Sql::Call("named_struct", shape),
        ];
        arguments.extend(values);
        let call = Sql::Window(Box::new(WindowCall {
            name: "run_loop",
            arguments,
            partition,
            order: block
                .order
                .iter()
                .filter(|key| !matches!(key.sql, Sql::Constant(_)))
                .cloned()
                .collect(),
            ..WindowCall::default()
        }));
        self.windows = true;
        block.tell("each row with what a loop over them in order carries along");
        let (mut closed, over) =
            self.close_with(block, running.input, Some("carried"), &[("carried", call)])?;
        let Some(carried) = over.into_iter().next() else {
            return refuse("value carried from row to row", "has no column", span);
        };
        for slot in &running.slots {
            for name in [&slot.before, &slot.after] {
                let field = Sql::Constant(format!("'{}'", name.as_str().replace('\'', "''")));
                let value = Sql::Call("get_field", vec![carried.clone(), field]);
                closed.columns.insert(name.clone(), value);
            }
        }
        Ok(self.narrowed(closed, id))
    }
}

/// Columns a loop is given: those it reads, and what only the query can tell.
#[derive(Default)]
struct Given {
    columns: Vec<(ColumnName, Expr)>,
}

impl Given {
    fn over_columns(&mut self, expr: &Expr) -> Expr {
        expr.clone().map(&mut |part| match &part.kind {
            ExprKind::Column(name) => {
                if !self.columns.iter().any(|(own, _)| own == name) {
                    self.columns.push((name.clone(), part.clone()));
                }
                part
            }
            ExprKind::Scalar { .. } | ExprKind::Parameter(_) => {
                let known = self.columns.iter().find(|(_, own)| *own == part);
                if let Some((name, _)) = known {
                    return Expr::column(name.clone()).at(part.span);
                }
                let name = ColumnName::from(format!("given_{}", self.columns.len() + 1));
                self.columns.push((name.clone(), part.clone()));
                Expr::column(name).at(part.span)
            }
            _ => part,
        })
    }
}

/// Where the rows of a window stand.
struct Place {
    partition: Vec<Sql>,
    /// Criteria that tell all rows apart.
    rows: Vec<OrderKey>,
    /// Criteria by which rows are peers.
    peers: Vec<OrderKey>,
}

impl Place {
    fn call(&self, call: WindowCall) -> Sql {
        let order = if call.frame.starts_with("RANGE") {
            &self.peers
        } else {
            &self.rows
        };
        Sql::Window(Box::new(WindowCall {
            partition: self.partition.clone(),
            order: order
                .iter()
                .filter(|key| !matches!(key.sql, Sql::Constant(_)))
                .cloned()
                .collect(),
            ..call
        }))
    }

    fn by_rows(&self, name: &'static str, arguments: Vec<Sql>) -> Sql {
        self.call(WindowCall {
            name,
            arguments,
            ..WindowCall::default()
        })
    }

    /// The first or last row of the whole partition, or of the current row's peers, in row order.
    fn end_of_frame(&self, name: &'static str, argument: Sql, frame: Frame) -> Sql {
        let mut partition = self.partition.clone();
        if frame.end == Bound::Peers {
            partition.extend(self.peers.iter().map(|key| key.sql.clone()));
        }
        Sql::Window(Box::new(WindowCall {
            name,
            arguments: vec![argument],
            order: different(&partition, self.rows.clone())
                .into_iter()
                .filter(|key| !matches!(key.sql, Sql::Constant(_)))
                .collect(),
            partition,
            frame: "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING".to_owned(),
            ..WindowCall::default()
        }))
    }

    fn by_peers(&self, name: &'static str) -> Sql {
        Sql::Window(Box::new(WindowCall {
            name,
            partition: self.partition.clone(),
            order: self.peers.clone(),
            ..WindowCall::default()
        }))
    }

    fn over(
        &self,
        name: &'static str,
        argument: Sql,
        frame: Frame,
        span: Option<&relift_diagnostics::Span>,
    ) -> Result<Sql, Refusal> {
        Ok(self.call(WindowCall {
            name,
            arguments: vec![argument],
            frame: frame_text(frame, span)?,
            ..WindowCall::default()
        }))
    }
}

/// Criteria without those that earlier ones, or the partition, already settle.
pub(super) fn different(partition: &[Sql], keys: Vec<OrderKey>) -> Vec<OrderKey> {
    let mut kept: Vec<OrderKey> = Vec::new();
    for key in keys {
        if !partition.contains(&key.sql) && !kept.iter().any(|other| other.sql == key.sql) {
            kept.push(key);
        }
    }
    kept
}

/// The frame as SQL writes it.
fn frame_text(frame: Frame, span: Option<&relift_diagnostics::Span>) -> Result<String, Refusal> {
    let unit = match (frame.start, frame.end) {
        (Bound::Peers, Bound::Peers | Bound::Unbounded) | (Bound::Unbounded, Bound::Peers) => {
            "RANGE"
        }
        (Bound::Peers, _) | (_, Bound::Peers) => {
            return refuse(
                "window",
                "its frame counts rows at one end and peers at the other",
                span,
            );
        }
        _ => "ROWS",
    };
    let text = |bound: Bound, unbounded: &str| match bound {
        Bound::Unbounded => format!("UNBOUNDED {unbounded}"),
        Bound::Preceding(rows) => format!("{rows} PRECEDING"),
        Bound::CurrentRow if RuleMutant::SqlWindowFrame.is_on() => "1 PRECEDING".to_owned(),
        Bound::CurrentRow | Bound::Peers => "CURRENT ROW".to_owned(),
        Bound::Following(rows) => format!("{rows} FOLLOWING"),
    };
    Ok(format!(
        "{unit} BETWEEN {} AND {}",
        text(frame.start, "PRECEDING"),
        text(frame.end, "FOLLOWING")
    ))
}
